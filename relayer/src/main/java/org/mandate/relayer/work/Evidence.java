package org.mandate.relayer.work;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.Deliveries;
import org.mandate.gateway.Message;
import org.mandate.relayer.Journal;
import org.mandate.relayer.follow.SeveralNodes;
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
  private static final Duration MOST_ASKING = Duration.ofSeconds(20);
  private static final StoredEvidence.Due FROM_THE_FIRST =
      new StoredEvidence.Due(-1, -1, Optional.empty());

  private final Workplace here;
  private final Map<Long, Workplace> places;
  private final Database database;
  private final AttestationSource peers;
  private final Clock clock;
  private final Set<Long> unanswered = new HashSet<>();
  private Instant asked = Instant.MIN;
  private long looked = Long.MAX_VALUE;
  private long askedUpTo = Long.MAX_VALUE;
  private StoredEvidence.Due unread = FROM_THE_FIRST;

  public Evidence(
      Workplace here,
      Map<Long, Workplace> places,
      Database database,
      AttestationSource peers,
      Clock clock) {
    this.here = here;
    this.places = Map.copyOf(places);
    this.database = database;
    this.peers = peers;
    this.clock = clock;
  }

  /** Looks for what contradicts lies, and at deliveries that became final. */
  public boolean round() throws InterruptedException {
    Instant now = clock.instant();
    looked = contradict(looked, false, now);
    if (!now.isBefore(asked.plus(ASK_AGAIN))) {
      asked = now;
      askedUpTo = contradict(askedUpTo, true, now);
    }
    return compareAll();
  }

  /** Each source chain's deliveries by themselves: one that does not answer holds up no others. */
  private boolean compareAll() {
    List<StoredEvidence.Due> due =
        database.inTransaction(
            tx ->
                StoredEvidence.uncompared(
                    tx, here.chain().id(), unread.block(), unread.index(), AT_ONCE));
    Set<Long> silent = new HashSet<>();
    boolean any = false;
    for (StoredEvidence.Due one : due) {
      if (one.source().filter(silent::contains).isPresent()) continue;
      any |= compare(database.inTransaction(tx -> one.event(tx, here.chain().id())), one, silent);
    }
    List<StoredEvidence.Due> unknown = due.stream().filter(d -> d.source().isEmpty()).toList();
    unread = unknown.size() == AT_ONCE ? unknown.getLast() : FROM_THE_FIRST;
    return any && due.size() >= AT_ONCE;
  }

  /**
   * Answers whether the delivery is done with.
   *
   * @param silent chains that did not answer now
   */
  private boolean compare(StoredEvent delivery, StoredEvidence.Due due, Set<Long> silent) {
    Hash id = delivery.log().topics().get(1);
    boolean sent =
        database.inTransaction(tx -> StoredEvent.about(tx, id)).stream()
            .anyMatch(e -> e.kind() == EventKind.SENT && e.isFinal());
    if (sent) return done(delivery);
    // What was sent before this was delivered is final there by then.
    if (due.source().filter(source -> !isPast(source, delivery)).isPresent()) return false;
    SeveralNodes.Shown shown = here.chain().client().shown(delivery.log().transaction());
    List<Deliveries.Delivery> found =
        shown.inputs().stream().flatMap(input -> deliveries(input, id).stream()).toList();
    if (found.isEmpty()) {
      if (!shown.isAgreed()) return false; // nodes lag, or one of them shows something else
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
    Message message = found.getFirst().message();
    BigInteger from = message.sourceChainId();
    Workplace source = from.bitLength() < 64 ? places.get(from.longValue()) : null;
    if (source == null) return done(delivery); // what it sent is not known here
    if (due.source().isEmpty())
      database.run(tx -> StoredEvidence.readSource(tx, delivery, from.longValue()));
    if (silent.contains(from.longValue()) || !isPast(from.longValue(), delivery)) return false;
    Optional<Block> block = source.finalBlock();
    if (block.isEmpty()) return false;
    Hash there;
    try {
      there = source.calls().sent(message.nonce(), block.get().hash());
      unanswered.remove(from.longValue());
    } catch (NodeException | CallRevertedException e) {
      silent.add(from.longValue());
      if (unanswered.add(from.longValue()))
        LOG.warn("what a chain sent is not known now", "chain", from, "reason", e.getMessage());
      return false;
    }
    if (there.equals(id)) return done(delivery);
    found.forEach(one -> keep(delivery, id, one));
    // One node alone may have left signatures out.
    return shown.isAgreed() && done(delivery);
  }

  private List<Deliveries.Delivery> deliveries(Bytes input, Hash id) {
    return Deliveries.in(
        input,
        here.chain().gateway(),
        id,
        attestation -> attestation.signer(here.chain().attestations()).filter(this::isNamed));
  }

  /** Whether the source is final beyond the time of the delivery. */
  private boolean isPast(long source, StoredEvent delivery) {
    Workplace place = places.get(source);
    return place == null || place.row().finalizedTime() > delivery.time();
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
                boolean named = isNamed(signer);
                boolean isNew =
                    database.inTransaction(tx -> evidence.save(tx, named, clock.instant()));
                if (!named || !isNew) return;
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

  /** Whether it is one of the relayers, or was one as far as is known here. */
  private boolean isNamed(Address signer) {
    return here.quorum().relayers().contains(signer)
        || here.previousQuorum().filter(q -> q.relayers().contains(signer)).isPresent()
        || database.inTransaction(tx -> StoredMessage.isKnown(tx, signer));
  }

  /**
   * Looks for what contradicts one page of lies, in turns through all of them. Answers where the
   * next page begins.
   */
  private long contradict(long before, boolean ask, Instant now) throws InterruptedException {
    List<StoredEvidence.Numbered> alone =
        database.inTransaction(
            tx ->
                StoredEvidence.alone(
                    tx, here.chain().id(), now.minus(LOOKED_FOR), before, AT_ONCE));
    Instant end = clock.instant().plus(MOST_ASKING);
    for (StoredEvidence.Numbered one : alone) {
      contradict(one.evidence(), ask);
      if (clock.instant().isAfter(end)) return one.number();
    }
    return alone.size() == AT_ONCE ? alone.getLast().number() : Long.MAX_VALUE;
  }

  private void contradict(StoredEvidence one, boolean ask) throws InterruptedException {
    Optional<StoredEvidence.Other> other = other(one, ask);
    if (other.isEmpty()) return;
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
                      if (isNamed(by))
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
