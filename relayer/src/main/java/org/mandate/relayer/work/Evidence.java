package org.mandate.relayer.work;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Hash;
import org.mandate.chain.Transaction;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.Deliveries;
import org.mandate.relayer.Journal;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EventKind;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.StoredEvidence;
import org.mandate.relayer.store.StoredMessage;

/**
 * Compares what was delivered on one chain with what its source sent, both in final blocks. A
 * message that was never sent is kept with the signatures under it, and with what else their makers
 * signed under the same number, for which peers are asked too: so anybody can have their bonds
 * taken, whatever chain they lied about.
 */
public final class Evidence {
  private static final Journal LOG = Journal.of("evidence");
  private static final int AT_ONCE = 50;

  /** How long what else a liar signed is looked for, and how often peers are asked for it. */
  private static final Duration LOOKED_FOR = Duration.ofDays(1);

  private static final Duration ASK_AGAIN = Duration.ofSeconds(30);
  private static final Duration ANSWER = Duration.ofSeconds(4);

  private final Workplace here;
  private final Map<Long, Workplace> places;
  private final Database database;
  private final Peers peers;
  private final Clock clock;
  private Instant asked = Instant.MIN;

  public Evidence(
      Workplace here, Map<Long, Workplace> places, Database database, Peers peers, Clock clock) {
    this.here = here;
    this.places = Map.copyOf(places);
    this.database = database;
    this.peers = peers;
    this.clock = clock;
  }

  /** Looks at deliveries that became final, and for what contradicts those that are lies. */
  public boolean round() throws InterruptedException {
    List<StoredEvent> deliveries =
        database.inTransaction(tx -> StoredEvidence.uncompared(tx, here.chain().id(), AT_ONCE));
    boolean any = false;
    for (StoredEvent delivery : deliveries) any |= compare(delivery);
    contradict();
    return any && deliveries.size() == AT_ONCE;
  }

  /** Answers whether the delivery is done with. */
  private boolean compare(StoredEvent delivery) {
    Hash id = delivery.log().topics().get(1);
    boolean sent =
        database.inTransaction(tx -> StoredEvent.about(tx, id)).stream()
            .anyMatch(e -> e.kind() == EventKind.SENT && e.isFinal());
    if (sent) return done(delivery);
    Optional<Transaction> transaction =
        here.chain().client().transaction(delivery.log().transaction());
    if (transaction.isEmpty()) return false; // a node that lags
    Optional<Deliveries.Delivery> found =
        Deliveries.in(transaction.get().input(), here.chain().gateway(), id);
    if (found.isEmpty()) {
      LOG.warn(
          "who attested what was delivered cannot be read in its transaction",
          "messageId",
          id,
          "chain",
          here.chain().id(),
          "transaction",
          delivery.log().transaction());
      return done(delivery);
    }
    BigInteger from = found.get().message().sourceChainId();
    Workplace source = from.bitLength() < 64 ? places.get(from.longValue()) : null;
    if (source == null) return done(delivery); // what it sent is not known here
    // What was sent before this was delivered is final there by then.
    if (source.row().finalizedTime() <= delivery.time()) return false;
    Optional<Block> block = source.finalBlock();
    if (block.isEmpty()) return false;
    Hash there = source.calls().sent(found.get().message().nonce(), block.get().hash());
    if (!there.equals(id)) keep(delivery, id, found.get());
    return done(delivery);
  }

  private void keep(StoredEvent delivery, Hash id, Deliveries.Delivery found) {
    for (Attestation attestation : found.attestations()) {
      attestation
          .signer(here.chain().attestations())
          .ifPresent(
              signer -> {
                StoredEvidence evidence =
                    new StoredEvidence(
                        id,
                        found.message(),
                        found.proof(),
                        signer,
                        attestation,
                        here.chain().id(),
                        delivery.log().transaction(),
                        Optional.empty());
                database.run(tx -> evidence.save(tx, clock.instant()));
                LOG.alarm(
                    "a relayer attested what was never sent: its bond can be taken",
                    "relayer",
                    signer,
                    "messageId",
                    id,
                    "chain",
                    here.chain().id());
              });
    }
  }

  private void contradict() throws InterruptedException {
    Instant now = clock.instant();
    List<StoredEvidence> alone =
        database.inTransaction(
            tx -> StoredEvidence.alone(tx, here.chain().id(), now.minus(LOOKED_FOR), AT_ONCE));
    boolean ask = !now.isBefore(asked.plus(ASK_AGAIN));
    if (ask) asked = now;
    for (StoredEvidence one : alone) {
      Optional<StoredEvidence.Other> other = other(one, ask);
      if (other.isEmpty()) continue;
      database.run(tx -> one.contradict(tx, other.get(), clock.instant()));
      LOG.alarm(
          "a relayer signed two contents of one message's number: its bond can be taken",
          "relayer",
          one.signer(),
          "messageId",
          one.messageId(),
          "other",
          other.get().messageId());
    }
  }

  /** What else the same relayer signed under that number. */
  private Optional<StoredEvidence.Other> other(StoredEvidence lie, boolean ask)
      throws InterruptedException {
    Optional<StoredEvidence> alike = database.inTransaction(lie::alike);
    if (alike.isPresent()) {
      StoredEvidence found = alike.get();
      return Optional.of(
          new StoredEvidence.Other(
              found.messageId(), found.message(), found.proof(), found.attestation()));
    }
    List<StoredMessage> sent =
        database.inTransaction(
            tx -> StoredMessage.numbered(tx, lie.message().sourceChainId(), lie.message().nonce()));
    for (StoredMessage message : sent) {
      if (message.id().equals(lie.messageId())) continue;
      for (Hash root : new LinkedHashSet<>(List.of(message.root(), message.id()))) {
        Optional<Attestation> signed = signed(root, lie.signer(), ask);
        if (signed.isPresent()) {
          return Optional.of(
              new StoredEvidence.Other(
                  message.id(),
                  message.message(),
                  DeliverWork.proof(database, message, root),
                  signed.get()));
        }
      }
    }
    return Optional.empty();
  }

  private Optional<Attestation> signed(Hash root, Address signer, boolean ask)
      throws InterruptedException {
    Optional<Attestation> known =
        database.inTransaction(tx -> StoredMessage.attestation(tx, root, signer));
    if (known.isPresent() || !ask) return known;
    AtomicReference<Optional<Attestation>> found = new AtomicReference<>(Optional.empty());
    Instant end = clock.instant().plus(ANSWER);
    peers.attestations(
        root,
        attestation ->
            attestation
                .signer(here.chain().attestations())
                .filter(signer::equals)
                .ifPresent(
                    by -> {
                      database.run(tx -> StoredMessage.attest(tx, by, attestation));
                      found.set(Optional.of(attestation));
                    }),
        () -> found.get().isPresent() ? Instant.EPOCH : end);
    return found.get();
  }

  private boolean done(StoredEvent delivery) {
    database.run(tx -> StoredEvidence.compared(tx, delivery));
    return true;
  }
}
