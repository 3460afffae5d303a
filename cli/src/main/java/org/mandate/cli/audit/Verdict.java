package org.mandate.cli.audit;

import org.mandate.audit.AuditReport;
import org.mandate.audit.Finding;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Output;

/** Shows an audit's report to people and machines. */
final class Verdict {
  private Verdict() {}

  static ExitCode show(Output output, AuditReport report) {
    for (var chain : report.chains()) {
      output.line(
          "chain %s up to block %d of %s: %d records, %d published in %d batches, %d blobs verified",
          chain.chainId(),
          chain.block().number(),
          chain.block().timestamp(),
          chain.chain().count(),
          chain.published(),
          chain.batches(),
          chain.verifiedBlobs());
      for (var finding : chain.findings()) {
        output.line(
            "  %s  %s: %s", finding.fails() ? "BAD " : "note", finding.kind(), finding.words());
      }
    }
    for (var gap : report.gaps()) {
      output.line("BAD   %s: %s", gap.kind(), gap.words());
    }
    output.line("agent %s: %s", report.agentId(), words(report));
    output.json(report.toJson());
    return report.ok() ? ExitCode.OK : ExitCode.NO;
  }

  /** The verdict in one line. */
  static String words(AuditReport report) {
    if (!report.ok()) {
      return "NOT in order: %d findings"
          .formatted(report.findings().stream().filter(Finding::fails).count());
    }
    return report.records() == 0
        ? "no records: it has done nothing up to these blocks, and nothing claims that it did"
        : "in order: no record is missing, altered or invented";
  }
}
