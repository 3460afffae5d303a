package org.mandate.relayer.work;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.mandate.chain.Hash;
import org.mandate.chain.Wei;
import org.mandate.relayer.send.Desk;
import org.mandate.relayer.send.FeePolicy.Patience;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.Spending;
import org.mandate.relayer.store.StoredIntent;
import org.mandate.relayer.store.Task;
import org.mandate.relayer.store.TransactionRow.Purpose;

/**
 * Work that could be sent, and waits until gas is cheap: as long as was configured, and never
 * longer than half of the time that an intent has left. The audit trail does not wait: its lag
 * stops spending.
 */
final class GasWait {
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(3);

  private final Database database;

  GasWait(Database database) {
    this.database = database;
  }

  /**
   * @param since since when it waits
   * @param until when it is sent anyway
   */
  record Held(Instant since, Instant until, Instant look, Refusal why) {}

  /** Whether that has to wait now, and why. */
  Optional<Held> held(Task task, Decision.Send send, Workplace place) {
    Optional<Patience> configured = place.desk().patience();
    if (configured.isEmpty() || send.purpose() == Purpose.PUBLISH) return Optional.empty();
    Patience patience = configured.get();
    Instant now = place.now();
    Instant since = task.heldSince().orElse(now);
    Instant until = until(send.subjects(), since, patience);
    if (!now.isBefore(until)) return Optional.empty();
    Wei price = place.desk().price();
    if (price.compareTo(patience.below()) <= 0) return Optional.empty();
    Instant look = now.plus(LOOK_AGAIN);
    return Optional.of(
        new Held(
            since,
            until,
            look.isBefore(until) ? look : until,
            why(place.desk(), price, patience, until)));
  }

  private Instant until(List<Hash> subjects, Instant since, Patience patience) {
    Instant latest = since.plus(patience.atMost());
    return database
        .inTransaction(
            tx -> {
              var intents = Spending.intents(tx, subjects);
              return subjects.stream()
                  .flatMap(s -> intents.getOrDefault(s, List.of(s)).stream())
                  .flatMap(id -> StoredIntent.of(tx, id).stream())
                  .map(stored -> stored.intent().deadline().longValueExact())
                  .min(Long::compare);
            })
        .map(
            deadline ->
                since.plus(Duration.between(since, Instant.ofEpochSecond(deadline)).dividedBy(2)))
        .filter(half -> half.isBefore(latest))
        .orElse(latest);
  }

  private static Refusal why(Desk desk, Wei price, Patience patience, Instant until) {
    return new Refusal(
        "GAS_PRICE",
        "a unit of gas costs %s on chain %d; it waits until that is at most %s, at the longest until %s"
            .formatted(price, desk.chainId(), patience.below(), until),
        Optional.of(patience.below().value().toString()),
        Optional.empty(),
        Optional.of(Long.toString(until.getEpochSecond())),
        "nothing: it is sent then; or raise fees.wait-below of the chain");
  }
}
