package org.mandate.relayer.work;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.MessageTree;
import org.mandate.relayer.Journal;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EventKind;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.StoredIntent;
import org.mandate.relayer.store.StoredMessage;
import org.mandate.relayer.store.Task;
import org.mandate.relayer.store.TransactionRow.Purpose;

/**
 * A message that is final at its source: gather attestations and deliver it, once, when it is this
 * relayer's turn.
 */
final class DeliverWork {
  private static final Journal LOG = Journal.of("deliver");
  private static final Duration LOOK_AGAIN = Duration.ofMillis(500);
  private static final Duration UNATTESTED = Duration.ofSeconds(30);

  private final Database database;
  private final Signatures signatures;

  DeliverWork(Database database, Signatures signatures) {
    this.database = database;
    this.signatures = signatures;
  }

  Decision deliver(Task task, Workplace destination) throws InterruptedException {
    Hash id = task.subject();
    List<StoredEvent> delivered =
        database.inTransaction(
            tx -> StoredEvent.about(tx, id, destination.chain().id(), EventKind.DELIVERED));
    if (!delivered.isEmpty()) {
      return delivered.getLast().isFinal()
          ? new Decision.Over()
          : Decision.later(destination.lookAgain());
    }
    Optional<StoredMessage> found = database.inTransaction(tx -> StoredMessage.of(tx, id));
    if (found.isEmpty()) {
      // A reorg removed it at its source: the event that brings it back opens this work again.
      boolean sent =
          database.inTransaction(tx -> StoredEvent.about(tx, id)).stream()
              .anyMatch(e -> e.kind() == EventKind.SENT);
      // Not final there yet, or refused: attesting it wakes this work.
      return sent ? Decision.later(destination.now().plus(UNATTESTED)) : new Decision.Over();
    }
    StoredMessage message = found.get();
    // Too late to execute: delivering it would only make work.
    if (!destination.chain().isHome() && isPast(id, destination)) return new Decision.Over();
    Hash root = message.root();
    Signatures.Known known = signatures.gather(root, destination);
    if (known.best().isEmpty() && !root.equals(id) && isSignedAlone(id, destination)) {
      root = id;
      known = signatures.gather(root, destination);
    }
    if (known.best().isEmpty()) {
      LOG.info(
          "waiting for attestations", "messageId", id, "have", known.have(), "need", known.need());
      // The longer peers are silent, the less often they are asked.
      long age = Duration.between(message.attestedAt(), destination.now()).toMillis();
      Duration pause =
          Duration.ofMillis(Math.clamp(age / 8, LOOK_AGAIN.toMillis(), UNATTESTED.toMillis()));
      return Decision.later(destination.now().plus(pause));
    }
    if (destination.now().isBefore(known.ready())) {
      Instant look = destination.now().plus(LOOK_AGAIN);
      return Decision.later(look.isBefore(known.ready()) ? look : known.ready());
    }
    Instant turn = destination.turn(message.root(), message.attestedAt());
    if (destination.now().isBefore(turn)) return Decision.later(turn);
    Bytes signed = Attestation.forDelivery(destination.chain().gateway(), known.best());
    return destination.attempt(
        Purpose.DELIVER,
        id,
        destination.calls().deliver(message.message(), proof(message, root), signed));
  }

  /** Whether all that it tells of is past its deadline, finally. Orders have none here. */
  private boolean isPast(Hash id, Workplace destination) {
    Instant now = Instant.ofEpochSecond(destination.row().finalizedTime());
    List<StoredIntent> intents =
        database.inTransaction(
            tx ->
                StoredMessage.intents(tx, id).stream()
                    .flatMap(intent -> StoredIntent.of(tx, intent).stream())
                    .toList());
    return !intents.isEmpty() && intents.stream().allMatch(i -> i.intent().expiredAt(now));
  }

  private boolean isSignedAlone(Hash id, Workplace destination) {
    return database
        .inTransaction(tx -> StoredMessage.attestation(tx, id, destination.desk().self()))
        .isPresent();
  }

  /** The way from the message to the root that is used: its block's, or itself. */
  private List<Hash> proof(StoredMessage message, Hash root) {
    if (root.equals(message.id())) return List.of();
    List<Hash> leaves =
        database.inTransaction(tx -> StoredMessage.under(tx, root)).stream()
            .map(StoredMessage::id)
            .toList();
    return MessageTree.over(leaves).proof(message.id());
  }
}
