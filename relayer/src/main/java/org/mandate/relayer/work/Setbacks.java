package org.mandate.relayer.work;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.NodeException;
import org.mandate.relayer.Journal;
import org.mandate.relayer.send.Bid;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.Task;
import org.mandate.relayer.store.TransactionRow;

/**
 * What went well in its trial and came to nothing all the same: no node took it, so that an empty
 * transaction had to take its place, or it was mined and did nothing. Each time costs gas, so it is
 * tried more and more rarely, and says why.
 */
final class Setbacks {
  private static final Journal LOG = Journal.of("worker");

  /** How long it waits after the second time; twice as long each time, up to about an hour. */
  private static final Duration FIRST = Duration.ofSeconds(15);

  private static final int MOST_DOUBLINGS = 8;
  private static final Duration REMEMBERED = Duration.ofDays(1);

  private final Database database;

  Setbacks(Database database) {
    this.database = database;
  }

  /** Why it is not sent now; empty: it is. */
  Optional<Decision> notNow(Task task, Decision.Send send, Workplace place) {
    Optional<TransactionRow.Setbacks> found =
        database.inTransaction(
            tx ->
                TransactionRow.setbacks(
                    tx,
                    task.chainId(),
                    send.purpose(),
                    task.subject(),
                    place.now().minus(REMEMBERED)));
    return found.flatMap(
        setbacks -> blocked(setbacks, send, place).or(() -> early(setbacks, send, place)));
  }

  /**
   * A trial names no price of gas: nodes would refuse it of a key with few coins. What did nothing
   * when it was paid for is tried once more with the price that it pays.
   */
  private static Optional<Decision> blocked(
      TransactionRow.Setbacks setbacks, Decision.Send send, Workplace place) {
    if (setbacks.vain() == 0) return Optional.empty();
    ContractCalls.Call call = send.call();
    return place
        .chain()
        .client()
        .revertOfMost(
            place.desk().self(),
            call.to(),
            call.data().bytes(),
            send.gas(),
            place.desk().market().fees())
        .map(
            reason ->
                new Decision.Blocked(
                    Refusal.of(
                        "NO_EFFECT",
                        "%s: at the price of gas that it pays, %s on chain %d reverts: %s"
                            .formatted(
                                mined(setbacks.vain()),
                                send.purpose().name().toLowerCase(Locale.ROOT),
                                place.chain().id(),
                                reason),
                        "remove the cause; it is tried again until the intent's deadline")));
  }

  private static Optional<Decision> early(
      TransactionRow.Setbacks setbacks, Decision.Send send, Workplace place) {
    if (setbacks.times() < 2) return Optional.empty();
    long doublings = Math.min(setbacks.times() - 2, MOST_DOUBLINGS);
    Instant until = setbacks.last().plus(FIRST.multipliedBy(1L << doublings));
    if (!place.now().isBefore(until)) return Optional.empty();
    return Optional.of(
        new Decision.Later(
            until,
            Optional.of(
                new Refusal(
                    setbacks.vain() > 0 ? "NO_EFFECT" : "NODES_REFUSE",
                    setbacks
                        .mined()
                        .map(mined -> mined(setbacks.vain()) + vain(mined, send, place))
                        .orElseGet(() -> refused(setbacks)),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of(Long.toString(until.getEpochSecond())),
                    "find out why; it is tried again then"))));
  }

  /** Only told: one node's word will do, and a node may keep no state that old. */
  private static String vain(TransactionRow.Mined last, Decision.Send send, Workplace place) {
    ContractCalls.Call call = send.call();
    try {
      place
          .chain()
          .client()
          .call(
              place.desk().self(),
              call.to(),
              call.data().bytes(),
              send.gas(),
              new Bid(last.maxFee(), last.maxTip()).fees(),
              last.block());
    } catch (CallRevertedException e) {
      return ": tried where the last of them was mined, it reverts: " + e.reason();
    } catch (NodeException e) {
      LOG.info("no trial where it was mined", "block", last.block(), "reason", Journal.reason(e));
    }
    return ", and no trial says why: look at transaction " + last.transaction();
  }

  private static String mined(long times) {
    return times == 1
        ? "1 transaction for it was mined and did nothing"
        : times + " transactions for it were mined and did nothing";
  }

  private static String refused(TransactionRow.Setbacks setbacks) {
    return "%d times no node took it and an empty transaction had to take its place: %s"
        .formatted(
            setbacks.times(),
            setbacks.reason().orElse("it would have cost more than it may, or than the key had"));
  }
}
