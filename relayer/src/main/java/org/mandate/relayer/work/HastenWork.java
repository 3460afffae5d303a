package org.mandate.relayer.work;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallRevertedException;
import org.mandate.event.IntentEvent;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.WindowTable;
import org.mandate.intent.IntentAbi;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.StoredMessage;
import org.mandate.relayer.store.Task;
import org.mandate.relayer.store.TransactionRow.Purpose;

/**
 * An intent that was delivered with fewer signatures than there are by now waits longer than it
 * must: show them, if that saves more than it costs.
 */
final class HastenWork {
  /** Not worth a transaction. */
  private static final long LITTLE = 30; // seconds

  private static final Duration LOOK_AGAIN = Duration.ofSeconds(10);
  private static final Duration SELDOM = Duration.ofMinutes(5);

  private final Database database;
  private final Signatures signatures;

  HastenWork(Database database, Signatures signatures) {
    this.database = database;
    this.signatures = signatures;
  }

  Decision hasten(Task task, Workplace here) throws InterruptedException {
    Optional<StoredEvent> last = here.progress(task.subject());
    if (last.isEmpty()) return new Decision.Over(); // it opens this again when it comes back
    Optional<IntentEvent> event = last.get().step(here.chain().domain());
    if (!(event.orElse(null) instanceof IntentEvent.Queued queued)) {
      // A reorg, or most nodes, may take that out: then it is queued as before.
      return closing(last.get(), here);
    }
    // Calls wait for all of it. What is said here may be made up, above what is final.
    boolean isVain =
        queued.intent().data().size() > 0
            || queued.executableAt() - here.now().getEpochSecond() <= LITTLE;
    if (isVain) return closing(last.get(), here);
    WindowTable table = here.callsOfMost().windows(queued.intent().asset());
    if (table.steps().isEmpty())
      return here.hasNoWindows(queued.intent().asset()) ? new Decision.Over() : seldom(here);
    // Only what home finally sent is helped on: then this relayer attested it.
    Optional<StoredMessage> message =
        database.inTransaction(tx -> StoredMessage.of(tx, queued.messageId()));
    if (message.isEmpty()) return Decision.later(here.now().plus(LOOK_AGAIN));
    return hasten(task, here, queued, message.get(), table, last.get().time());
  }

  private static Decision closing(StoredEvent last, Workplace here) {
    return last.isFinal() ? new Decision.Over() : Decision.later(here.lookAgain());
  }

  /** One node's word ends nothing: what is left of the wait does. */
  private static Decision seldom(Workplace here) {
    return Decision.later(here.now().plus(SELDOM));
  }

  private Decision hasten(
      Task task,
      Workplace here,
      IntentEvent.Queued queued,
      StoredMessage message,
      WindowTable table,
      long since)
      throws InterruptedException {
    Signatures.Known known = signatures.gather(message.root(), here);
    if (known.best().isEmpty()) return Decision.later(here.now().plus(LOOK_AGAIN));
    Bytes signed = Attestation.forDelivery(here.chain().attestations(), known.best());
    var proof = DeliverWork.proof(database, message, message.root());
    WindowTable.Quorum attested;
    try {
      attested = here.callsOfMost().verify(message.id(), proof, signed);
    } catch (CallRevertedException e) {
      return Decision.later(here.now().plus(LOOK_AGAIN)); // the relayers were changed just now
    }
    if (attested.signatures().compareTo(attested.relayers()) < 0) {
      return Decision.later(here.now().plus(LOOK_AGAIN)); // only all of them hasten it
    }
    long window =
        table.window(
            queued.intent().amount(),
            IntentAbi.decode(message.message().payload()).riskLevel(),
            attested,
            here.callsOfMost().disputeWindow());
    long sooner = since + Math.max(window, here.callsOfMost().floor());
    long now = here.now().getEpochSecond();
    long due = here.callsOfMost().due(task.subject());
    if (due - Math.max(sooner, now) <= LITTLE) return seldom(here);
    Instant turn = here.turn(task.subject(), Instant.ofEpochSecond(since).plus(LOOK_AGAIN));
    if (here.now().isBefore(turn)) return Decision.later(turn);
    return here.attempt(
        Purpose.HASTEN, task.subject(), here.calls().hasten(message.message(), proof, signed));
  }
}
