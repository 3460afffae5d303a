package org.mandate.relayer.work;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.gateway.Attestation;
import org.mandate.relayer.Journal;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EventKind;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.StoredIntent;
import org.mandate.relayer.store.StoredMessage;
import org.mandate.relayer.store.Task;
import org.mandate.relayer.store.TransactionRow.Purpose;

/**
 * A message that is final at home: gather a quorum of attestations and deliver it, once, when it is
 * this relayer's turn.
 */
final class DeliverWork {
  private static final Journal LOG = Journal.of("deliver");
  private static final Duration LOOK_AGAIN = Duration.ofMillis(500);
  private static final Duration UNATTESTED = Duration.ofSeconds(30);

  private final Database database;
  private final long home;
  private final Peers peers;

  /**
   * @param home id of the home chain
   */
  DeliverWork(Database database, long home, Peers peers) {
    this.database = database;
    this.home = home;
    this.peers = peers;
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
      // A reorg removed it at home: the event that brings it back opens this work again.
      boolean sent =
          !database.inTransaction(tx -> StoredEvent.about(tx, id, home, EventKind.SENT)).isEmpty();
      // Not final there yet, or refused: attesting it wakes this work.
      return sent ? Decision.later(destination.now().plus(UNATTESTED)) : new Decision.Over();
    }
    StoredMessage message = found.get();
    Optional<StoredIntent> intent =
        database.inTransaction(tx -> StoredIntent.of(tx, message.intentId()));
    ChainRow row = destination.row();
    if (intent.isPresent()
        && intent.get().intent().expiredAt(Instant.ofEpochSecond(row.finalizedTime()))) {
      return new Decision.Over(); // too late to execute: delivering it would only make work
    }
    Map<Address, Attestation> known = gather(id, destination);
    int needed = destination.quorum().threshold();
    if (known.size() < needed) {
      LOG.info("waiting for attestations", "messageId", id, "have", known.size(), "need", needed);
      // The longer peers are silent, the less often they are asked.
      long age = Duration.between(message.attestedAt(), destination.now()).toMillis();
      Duration pause =
          Duration.ofMillis(Math.clamp(age / 8, LOOK_AGAIN.toMillis(), UNATTESTED.toMillis()));
      return Decision.later(destination.now().plus(pause));
    }
    Instant turn = destination.turn(id, message.attestedAt());
    if (destination.now().isBefore(turn)) return Decision.later(turn);
    List<Bytes> signatures =
        Attestation.forDelivery(new ArrayList<>(known.values()).subList(0, needed));
    return destination.attempt(
        Purpose.DELIVER, id, destination.calls().deliver(message.message(), signatures));
  }

  /** Valid attestations by signer: those known, and, as long as they are too few, the peers'. */
  private Map<Address, Attestation> gather(Hash id, Workplace destination)
      throws InterruptedException {
    ContractCalls.Quorum quorum = destination.quorum();
    Map<Address, Attestation> valid = new LinkedHashMap<>();
    database
        .inTransaction(tx -> StoredMessage.attestations(tx, id))
        .forEach(a -> keep(valid, a, quorum));
    if (valid.size() >= quorum.threshold()) return valid;
    peers.attestations(
        id,
        attestation -> {
          if (keep(valid, attestation, quorum)) {
            database.run(
                tx -> StoredMessage.attest(tx, attestation.signer().orElseThrow(), attestation));
          }
          return valid.size() >= quorum.threshold();
        });
    return valid;
  }

  private static boolean keep(
      Map<Address, Attestation> valid, Attestation attestation, ContractCalls.Quorum quorum) {
    return attestation
        .signer()
        .filter(quorum.relayers()::contains)
        .filter(signer -> valid.putIfAbsent(signer, attestation) == null)
        .isPresent();
  }
}
