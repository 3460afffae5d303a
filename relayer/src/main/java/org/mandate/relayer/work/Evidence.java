package org.mandate.relayer.work;

import java.math.BigInteger;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mandate.chain.Block;
import org.mandate.chain.Hash;
import org.mandate.chain.Transaction;
import org.mandate.gateway.Attestation;
import org.mandate.relayer.Journal;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EventKind;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.StoredEvidence;

/**
 * Compares what was delivered on one chain with what its source sent, both in final blocks. A
 * message that was never sent is kept with the signatures under it, so that anybody can have their
 * makers' bonds taken.
 */
public final class Evidence {
  private static final Journal LOG = Journal.of("evidence");
  private static final int AT_ONCE = 50;

  private final Workplace here;
  private final Map<Long, Workplace> places;
  private final Database database;
  private final Clock clock;

  public Evidence(Workplace here, Map<Long, Workplace> places, Database database, Clock clock) {
    this.here = here;
    this.places = Map.copyOf(places);
    this.database = database;
    this.clock = clock;
  }

  /** Looks at deliveries that became final. */
  public boolean round() {
    List<StoredEvent> deliveries =
        database.inTransaction(tx -> StoredEvidence.uncompared(tx, here.chain().id(), AT_ONCE));
    boolean any = false;
    for (StoredEvent delivery : deliveries) any |= compare(delivery);
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
        Deliveries.find(transaction.get().input(), id, here.chain().gateway());
    if (found.isEmpty()) {
      LOG.warn(
          "delivered by another contract: who attested it is not seen here",
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
                        delivery.log().transaction());
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

  private boolean done(StoredEvent delivery) {
    database.run(tx -> StoredEvidence.compared(tx, delivery));
    return true;
  }
}
