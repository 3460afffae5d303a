package org.mandate.cli.audit;

import org.mandate.audit.AuditReport;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Output;

/** Shows an audit's report to people and machines. */
final class Verdict {
  private Verdict() {}

  static ExitCode show(Output output, AuditReport report) {
    for (var chain : report.chains()) {
      output.line(
          "chain %s up to block %d: %d records, %d published in %d batches, %d blobs verified",
          chain.chainId(),
          chain.block().number(),
          chain.chain().count(),
          chain.published(),
          chain.batches(),
          chain.verifiedBlobs());
      for (var finding : chain.findings()) {
        output.line("  %s  %s: %s", finding.fails() ? "BAD " : "note", finding.kind(), finding.words());
      }
    }
    output.line(
        "agent %s: %s",
        report.agentId(),
        report.ok()
            ? "in order: no record is missing, altered or invented"
            : "NOT in order: %d findings".formatted(report.findings().stream().filter(f -> f.fails()).count()));
    output.json(report.toJson());
    return report.ok() ? ExitCode.OK : ExitCode.NO;
  }
}
