package org.mandate.audit;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentState;

/**
 * Compares what home settled with what the destinations' trails show. A quorum of relayers that
 * lies can tell home that nothing was spent, and the budget is there once more: only the
 * destination knows better.
 */
final class Settlements {
  private final List<ChainEvidence> evidence;

  Settlements(List<ChainEvidence> evidence) {
    this.evidence = List.copyOf(evidence);
  }

  /** Only home settles. Of a destination that is not audited {@link Coverage} tells. */
  List<Finding> on(ChainEvidence home) {
    List<Finding> found = new ArrayList<>();
    for (AuditRecord record : home.records()) {
      if (record.detail() instanceof Detail.Settled settled) {
        destination(record).flatMap(there -> judge(record, settled, there)).ifPresent(found::add);
      }
    }
    return found;
  }

  private Optional<ChainEvidence> destination(AuditRecord record) {
    return record
        .intent()
        .map(Intent::chainId)
        .flatMap(id -> evidence.stream().filter(chain -> chain.chainId().equals(id)).findFirst());
  }

  private static Optional<Finding> judge(
      AuditRecord record, Detail.Settled settled, ChainEvidence there) {
    Optional<AuditRecord> last =
        there.records().stream()
            .filter(one -> one.intentId().equals(record.intentId()))
            .reduce((first, second) -> second);
    if (last.map(AuditRecord::detail).filter(one -> agrees(settled, one)).isPresent()) {
      return Optional.empty();
    }
    Instant at = Instant.ofEpochSecond(record.anchor().blockTimestamp());
    boolean over = last.map(AuditRecord::detail).filter(Settlements::isEnd).isPresent();
    if (!over && there.block().timestamp().isBefore(at)) {
      return Optional.of(
          new Finding.OutcomeUnknown(
              record.chainId(), record.index(), record.intentId(), at, there.chainId()));
    }
    return Optional.of(
        new Finding.FalseSettlement(
            record.chainId(),
            record.index(),
            record.intentId(),
            settled.outcome() + ", " + settled.moved() + " spent",
            last.map(one -> shown(one.detail())).orElse("that it never came")));
  }

  private static boolean agrees(Detail.Settled settled, Detail end) {
    return switch (end) {
      case Detail.Executed d ->
          settled.outcome() == IntentState.EXECUTED && settled.moved().equals(d.moved());
      case Detail.Cancelled d -> unspent(settled, IntentState.CANCELLED);
      case Detail.Expired d -> unspent(settled, IntentState.EXPIRED);
      case Detail.Failed d -> unspent(settled, IntentState.FAILED);
      default -> false;
    };
  }

  private static boolean unspent(Detail.Settled settled, IntentState outcome) {
    return settled.outcome() == outcome && settled.moved().signum() == 0;
  }

  private static boolean isEnd(Detail detail) {
    return switch (detail.action()) {
      case EXECUTED, CANCELLED, EXPIRED, FAILED -> true;
      default -> false;
    };
  }

  private static String shown(Detail detail) {
    return detail instanceof Detail.Executed d
        ? "EXECUTED, " + d.moved() + " spent"
        : detail.action().name();
  }
}
