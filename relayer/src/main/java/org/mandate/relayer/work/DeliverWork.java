package org.mandate.relayer.work;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.Message;
import org.mandate.gateway.MessageTree;
import org.mandate.relayer.Journal;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EventKind;
import org.mandate.relayer.store.StoredEvent;
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
  private static final Duration SOON = Duration.ofMillis(150);

  /** Within which all relayers see a message final. */
  private static final Duration EXPECTED = Duration.ofSeconds(1);

  private static final Duration UNATTESTED = Duration.ofSeconds(30);

  private static final int AT_ONCE = 32;
  private static final long BATCH_GAS = 200_000;
  private static final long GAS_PER_SIGNATURE = 8_000;
  private static final long GAS_PER_MESSAGE = 300_000;
  private static final long GAS_PER_BYTE = 150;

  private final Database database;
  private final Signatures signatures;
  private final ResultWork results;

  DeliverWork(Database database, Signatures signatures, ResultWork results) {
    this.database = database;
    this.results = results;
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
    Hash root = message.root();
    Signatures.Known known = signatures.gather(root, destination);
    if (known.best().isEmpty() && !root.equals(id) && isSignedAlone(id, destination)) {
      root = id;
      known = signatures.gather(root, destination);
    }
    if (known.best().isEmpty()) {
      long age = Duration.between(message.attestedAt(), destination.now()).toMillis();
      if (age >= EXPECTED.toMillis())
        LOG.info(
            "waiting for attestations",
            "messageId",
            id,
            "have",
            known.have(),
            "need",
            known.need());
      // Peers see it final a moment sooner or later; the longer it takes, the less often they are
      // asked.
      Duration pause =
          Duration.ofMillis(Math.clamp(age / 8, SOON.toMillis(), UNATTESTED.toMillis()));
      return Decision.later(destination.now().plus(pause));
    }
    if (destination.now().isBefore(known.ready())) {
      Instant look = destination.now().plus(LOOK_AGAIN);
      return Decision.later(look.isBefore(known.ready()) ? look : known.ready());
    }
    Instant turn = destination.turn(message.root(), known.ready(), known.latest());
    if (destination.now().isBefore(turn)) return Decision.later(turn);
    Bytes signed = Attestation.forDelivery(destination.chain().attestations(), known.best());
    if (!root.equals(id)) {
      Optional<Decision> together = deliverMany(message, signed, known.best().size(), destination);
      if (together.isPresent()) return together.get();
    }
    Decision alone =
        destination.attempt(
            Purpose.DELIVER,
            id,
            destination.calls().deliver(message.message(), proof(database, message, root), signed));
    return alone instanceof Decision.Blocked ? refused(message, destination, alone) : alone;
  }

  /** What goes to the same chain under the same root goes along. */
  private Optional<Decision> deliverMany(
      StoredMessage message, Bytes signed, int signatureCount, Workplace destination) {
    Map<Hash, Message> messages = new TreeMap<>(); // in the order in which a proof names them
    messages.put(message.id(), message.message());
    database.inTransaction(tx -> StoredMessage.companions(tx, message, AT_ONCE - 1)).stream()
        .forEach(m -> messages.put(m.id(), m.message()));
    if (messages.size() == 1) return Optional.empty();
    MessageTree tree = tree(database, message.root());
    return Batch.of(
        destination,
        Purpose.DELIVER,
        message.id(),
        List.copyOf(messages.keySet()),
        some -> {
          MessageTree.Multiproof proof = tree.multiproof(some);
          return destination
              .calls()
              .deliverMany(proof.ids().stream().map(messages::get).toList(), proof, signed);
        },
        some ->
            BATCH_GAS
                + GAS_PER_SIGNATURE * signatureCount
                + some.stream()
                    .mapToLong(
                        id -> GAS_PER_MESSAGE + GAS_PER_BYTE * messages.get(id).payload().size())
                    .sum());
  }

  /**
   * A message that reverts: when another one was delivered under its number, it never will be, and
   * home must send what it says once more.
   */
  private Decision refused(StoredMessage message, Workplace destination, Decision blocked) {
    if (destination.chain().isHome() || !isTaken(message, destination)) return blocked;
    LOG.alarm(
        "another message was delivered under this one's number",
        "messageId",
        message.id(),
        "nonce",
        message.message().nonce(),
        "chain",
        destination.chain().id());
    long home = destination.chain().homeId();
    Instant now = destination.now();
    return new Decision.Over(
        tx ->
            StoredMessage.intents(tx, message.id())
                .forEach(intent -> Task.open(tx, Task.Kind.RESEND, home, intent, now, now)));
  }

  /** Where nodes do not agree, or keep no state that old, the refusal is all that is known. */
  private boolean isTaken(StoredMessage message, Workplace destination) {
    try {
      return results.isTaken(message, destination);
    } catch (NodeException | CallRevertedException e) {
      return false;
    }
  }

  private boolean isSignedAlone(Hash id, Workplace destination) {
    return database
        .inTransaction(tx -> StoredMessage.attestation(tx, id, destination.desk().self()))
        .isPresent();
  }

  /** The way from the message to the root that is used: its block's, or itself. */
  static List<Hash> proof(Database database, StoredMessage message, Hash root) {
    return root.equals(message.id()) ? List.of() : tree(database, root).proof(message.id());
  }

  private static MessageTree tree(Database database, Hash root) {
    return MessageTree.over(
        database.inTransaction(tx -> StoredMessage.under(tx, root)).stream()
            .map(StoredMessage::id)
            .toList());
  }
}
