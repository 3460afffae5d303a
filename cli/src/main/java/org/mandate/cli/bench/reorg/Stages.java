package org.mandate.cli.bench.reorg;

import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mandate.cli.local.Town;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EventKind;
import org.mandate.relayer.store.TransactionRow.Purpose;
import org.mandate.relayer.store.Tx;

/** How far payments are on their way, in words, as the relayer stored it. */
final class Stages {
  /**
   * What many reorgs must have met at least once: each stage of a payment. What somebody must lie
   * for, or stop, is not among them: messages that are sent once more, refuted, or dropped.
   */
  static final Set<String> DEMANDED =
      Stream.of(
              Stream.of(
                      EventKind.ADMITTED,
                      EventKind.DENIED,
                      EventKind.EXECUTED,
                      EventKind.CANCELLED,
                      EventKind.EXPIRED,
                      EventKind.DISPATCHED,
                      EventKind.SENT,
                      EventKind.DELIVERED,
                      EventKind.RESULT,
                      EventKind.SETTLED,
                      EventKind.APPENDED,
                      EventKind.PUBLISHED)
                  .map(kind -> in(Town.HOME, kind.name())),
              Stream.of(
                      EventKind.DELIVERED,
                      EventKind.QUEUED,
                      EventKind.HASTENED,
                      EventKind.DISPUTED,
                      EventKind.UPHELD,
                      EventKind.EXECUTED,
                      EventKind.CANCELLED,
                      EventKind.EXPIRED,
                      EventKind.FAILED,
                      EventKind.REPORTED,
                      EventKind.SENT)
                  .map(kind -> in(Town.REMOTE, kind.name())),
              Stream.of(Purpose.SUBMIT, Purpose.PROCEED, Purpose.DELIVER, Purpose.SETTLE)
                  .map(purpose -> onItsWay(Town.HOME, purpose.name())),
              Stream.of(Purpose.DELIVER, Purpose.EXECUTE, Purpose.REPORT)
                  .map(purpose -> onItsWay(Town.REMOTE, purpose.name())))
          .flatMap(stages -> stages)
          .collect(Collectors.toUnmodifiableSet());

  private Stages() {}

  /** What stands in a chain's blocks above that one, or was sent there and is not mined. */
  static Set<String> above(Database database, long chainId, long above) {
    return database.inTransaction(tx -> above(tx, chainId, above));
  }

  private static Set<String> above(Tx tx, long chainId, long above) {
    var stages =
        new TreeSet<>(
            tx.list(
                "SELECT DISTINCT kind FROM event WHERE chain_id = ? AND block_number > ?",
                row -> in(chainId, row.text("kind")),
                chainId,
                above));
    stages.addAll(
        tx.list(
            "SELECT DISTINCT purpose FROM transaction WHERE chain_id = ? AND state = 'OPEN' AND"
                + " block_number IS NULL",
            row -> onItsWay(chainId, row.text("purpose")),
            chainId));
    return stages;
  }

  /** Whether it is one of that chain's. */
  static boolean isOf(long chainId, String stage) {
    return stage.startsWith(in(chainId, ""));
  }

  private static String in(long chainId, String kind) {
    return (chainId == Town.HOME ? "home " : "destination ") + kind;
  }

  private static String onItsWay(long chainId, String purpose) {
    return in(chainId, purpose) + " sent, not mined";
  }
}
