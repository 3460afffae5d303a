package org.mandate.relayer.work;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.MessageTree;
import org.mandate.relayer.Bell;
import org.mandate.relayer.Failpoint;
import org.mandate.relayer.Journal;
import org.mandate.relayer.SigningGate;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.follow.SeveralNodes;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.StoreException;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.StoredMessage;
import org.mandate.relayer.store.Task;
import org.mandate.signer.Signer;

/**
 * Attests what one chain sent, and nothing else ({@link Genuine}), once it is final and most nodes
 * have it: one signature for all genuine messages of a block, whatever chains they go to. What is
 * genuine follows from the chain alone, so all relayers sign the same root.
 */
public final class Attestor {
  private static final Journal LOG = Journal.of("attestor");
  private static final int BLOCKS_AT_ONCE = 50;
  private static final int ALONE_AT_ONCE = 50;

  /** When nodes are asked again about a message that most of them do not have, at first. */
  static final Duration AGAIN_AFTER = Duration.ofMinutes(5);

  private static final Duration AGAIN_AT_LAST = Duration.ofDays(1);

  /** Relayers that saw a block differently have no root in common: each message is one, too. */
  private static final Duration ALONE_AFTER = Duration.ofSeconds(20);

  private final FollowedChain source;
  private final Set<Long> served;
  private final Database database;
  private final Genuine genuine;
  private final Signer signer;
  private final SigningGate gate;
  private final Bell attested;
  private final Clock clock;
  private final Set<Hash> doubted = ConcurrentHashMap.newKeySet();
  private final Map<Log, Denial> denied = new ConcurrentHashMap<>();
  private long passed = -1;

  /**
   * @param source whose messages are attested
   * @param served chains that this relayer delivers to
   */
  public Attestor(
      FollowedChain source,
      Set<Long> served,
      Database database,
      Signer signer,
      SigningGate gate,
      Bell attested,
      Clock clock) {
    this.source = source;
    this.served = Set.copyOf(served);
    this.database = database;
    this.genuine = new Genuine(source, database);
    this.signer = signer;
    this.gate = gate;
    this.attested = attested;
    this.clock = clock;
  }

  /** Attests what became final. Later blocks do not wait for those about which nodes disagree. */
  public boolean round() {
    List<StoredEvent> sent =
        database.inTransaction(
            tx -> StoredEvent.unattested(tx, source.id(), passed, BLOCKS_AT_ONCE));
    Map<Long, List<StoredEvent>> blocks = new LinkedHashMap<>();
    for (StoredEvent event : sent)
      blocks.computeIfAbsent(event.log().blockNumber(), n -> new ArrayList<>()).add(event);
    boolean any = false;
    for (List<StoredEvent> block : blocks.values()) any |= attest(block);
    any |= attestAlone();
    if (any) attested.ring();
    boolean more = blocks.size() == BLOCKS_AT_ONCE;
    passed = more ? sent.getLast().log().blockNumber() : -1;
    return more;
  }

  /** Answers whether any message of the block is done with. */
  private boolean attest(List<StoredEvent> block) {
    List<Genuine.Told> told = new ArrayList<>();
    boolean refused = false;
    boolean waits = false;
    for (StoredEvent event : block) {
      Optional<Genuine.Told> one;
      try {
        one = genuine.read(event);
      } catch (StoreException e) {
        throw e; // nothing about this message
      } catch (RuntimeException e) {
        refused |= refuse(event, "not readable: " + Journal.reason(e));
        continue;
      }
      if (one.isEmpty()) {
        refused |= refuse(event, "not a message that our contracts send");
        continue;
      }
      if (isTaken(one.get())) {
        refused |=
            refuse(
                event,
                "another message was attested under its number, which a deep reorg removed: a"
                    + " second one would cost the bond; have home send it again (mandate intent"
                    + " resend)");
        continue;
      }
      switch (opinion(event)) {
        case CONFIRMED -> told.add(one.get());
        case CONTRADICTED -> {} // most nodes' block does not hold it: its neighbours need not wait
        case UNKNOWN -> waits = true;
      }
    }
    if (waits || told.isEmpty()) return refused;
    sign(told);
    return true;
  }

  /** Whether this relayer signed another content of the message's number: that stays signed. */
  private boolean isTaken(Genuine.Told one) {
    return database
        .inTransaction(
            tx -> StoredMessage.numbered(tx, one.message().sourceChainId(), one.message().nonce()))
        .stream()
        .anyMatch(other -> !other.id().equals(one.id()));
  }

  private void sign(List<Genuine.Told> told) {
    MessageTree tree = MessageTree.over(told.stream().map(Genuine.Told::id).toList());
    gate.check();
    Attestation attestation = Attestation.sign(source.attestations(), tree.root(), signer);
    Failpoint.BEFORE_ATTESTATION_STORED.reach();
    List<Hash> leaves = tree.ids();
    Instant now = clock.instant();
    database.run(
        tx -> {
          ChainRow.requireSigning(tx, reliesOn());
          for (Genuine.Told one : told) {
            new StoredMessage(one.id(), one.message(), tree.root(), leaves.indexOf(one.id()), now)
                .save(tx, one.intents());
            var destination = one.message().destination().chainId();
            if (destination.bitLength() < 64 && served.contains(destination.longValue()))
              Task.open(tx, Task.Kind.DELIVER, destination.longValue(), one.id(), now, now);
          }
          StoredMessage.attest(tx, signer.address(), attestation);
        });
    LOG.info("attested", "chain", source.id(), "root", tree.root(), "messages", leaves);
  }

  /** The chains whose facts it attests. */
  private Set<Long> reliesOn() {
    return source.isHome() ? Set.of(source.id()) : Set.of(source.id(), source.homeId());
  }

  /** Signs messages one by one whose root did not gather a quorum for a while. */
  private boolean attestAlone() {
    Instant before = clock.instant().minus(ALONE_AFTER);
    List<Hash> waiting =
        database.inTransaction(
            tx ->
                StoredMessage.undelivered(
                    tx, source.id(), signer.address(), before, ALONE_AT_ONCE));
    for (Hash id : waiting) {
      gate.check();
      Attestation attestation = Attestation.sign(source.attestations(), id, signer);
      database.run(
          tx -> {
            ChainRow.requireSigning(tx, reliesOn());
            StoredMessage.attest(tx, signer.address(), attestation);
          });
      LOG.warn("attested alone: no quorum signed its block's root", "messageId", id);
    }
    return !waiting.isEmpty();
  }

  /**
   * That most nodes did not have a message in its block.
   *
   * @param again when they are asked again, after having waited for {@code waited}
   */
  private record Denial(Instant again, Duration waited) {}

  private enum Opinion {
    CONFIRMED,
    CONTRADICTED,
    UNKNOWN
  }

  /**
   * Whether the majority of the nodes has that log in that block: one node that lies must not get a
   * signature.
   */
  private Opinion opinion(StoredEvent stored) {
    Optional<Denial> before = Optional.ofNullable(denied.get(stored.log()));
    if (before.filter(d -> clock.instant().isBefore(d.again())).isPresent())
      return Opinion.CONTRADICTED;
    SeveralNodes.Agreement agreement = source.client().agreement(stored.log());
    Hash id = stored.log().topics().get(1);
    if ((agreement.different() > 0 || !agreement.isConfirmed()) && doubted.add(id)) {
      LOG.alarm(
          agreement.isConfirmed()
              ? "nodes disagree about a final message"
              : "not attested yet: too few nodes have the message",
          "messageId",
          id,
          "chain",
          source.id(),
          "block",
          stored.log().blockNumber(),
          "nodes",
          agreement.nodes(),
          "same",
          agreement.same(),
          "different",
          agreement.different());
    }
    if (agreement.isConfirmed()) {
      doubted.remove(id);
      denied.remove(stored.log());
      return Opinion.CONFIRMED;
    }
    if (agreement.isContradicted()) {
      Duration wait = before.map(d -> d.waited().multipliedBy(2)).orElse(AGAIN_AFTER);
      if (wait.compareTo(AGAIN_AT_LAST) > 0) wait = AGAIN_AT_LAST;
      denied.put(stored.log(), new Denial(clock.instant().plus(wait), wait));
    }
    return agreement.isContradicted() ? Opinion.CONTRADICTED : Opinion.UNKNOWN;
  }

  private boolean refuse(StoredEvent stored, String reason) {
    Hash id = stored.log().topics().get(1);
    database.run(tx -> StoredMessage.refuse(tx, id, reason, clock.instant()));
    LOG.alarm(
        "not attested",
        "messageId",
        id,
        "chain",
        source.id(),
        "block",
        stored.log().blockNumber(),
        "reason",
        reason);
    return true;
  }
}
