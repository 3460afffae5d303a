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
      chain.findings().forEach(finding -> output.line("  %s", line(finding)));
    }
    report.gaps().forEach(gap -> output.line("%s", line(gap)));
    output.line("agent %s: %s", report.agentId(), words(report));
    output.json(report.toJson());
    return code(report);
  }

  static ExitCode code(AuditReport report) {
    if (report.ok()) {
      return ExitCode.OK;
    }
    return report.incomplete() ? ExitCode.INCOMPLETE : ExitCode.NO;
  }

  /** A finding with its weight. */
  static String line(Finding finding) {
    var weight = finding.fails() ? (finding.isUnknown() ? "open" : "BAD ") : "note";
    return "%s  %s: %s".formatted(weight, finding.kind(), finding.words());
  }

  /** The verdict in one line. */
  static String words(AuditReport report) {
    var failing = report.findings().stream().filter(Finding::fails).count();
    if (report.incomplete()) {
      return "NO VERDICT: nothing is wrong with what was looked at, %d things are open; give what they name, or say --leave-out CHAIN"
          .formatted(failing);
    }
    if (!report.ok()) {
      return "NOT in order: %d findings".formatted(failing);
    }
    return (report.records() == 0
            ? "no records: it has done nothing up to these blocks, and nothing claims that it did"
            : "in order: no record is missing, altered or invented, and home dispatched whatever a destination executed")
        + stopped(report)
        + leftOut(report);
  }

  private static String stopped(AuditReport report) {
    var count = report.findings().stream().filter(Finding.StoppedForgery.class::isInstance).count();
    return count == 0 ? "" : "; forged messages queued and stopped: " + count;
  }

  private static String leftOut(AuditReport report) {
    var chains =
        report.gaps().stream()
            .filter(Finding.ChainLeftOut.class::isInstance)
            .map(gap -> gap.chainId().toString())
            .toList();
    return chains.isEmpty()
        ? ""
        : "; this says nothing of what was left out: chain " + String.join(", ", chains);
  }
}
