package org.mandate.relayer.work;

import java.math.BigInteger;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.mandate.chain.Hash;
import org.mandate.event.ContractEvents;
import org.mandate.event.GatewayEvent;
import org.mandate.event.IntentEvent;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.InteroperableAddress;
import org.mandate.gateway.Message;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentDomain;
import org.mandate.relayer.Bell;
import org.mandate.relayer.Failpoint;
import org.mandate.relayer.Journal;
import org.mandate.relayer.SigningGate;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.follow.SeveralNodes;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EventKind;
import org.mandate.relayer.store.StoreException;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.StoredMessage;
import org.mandate.relayer.store.Task;
import org.mandate.signer.Signer;

/**
 * Attests what home sent, and nothing else: the message is in a final block, our gateway logged it,
 * our executor sent it for an intent that it dispatched in the same transaction, and its id is what
 * its parts hash to.
 */
public final class Attestor {
  private static final Journal LOG = Journal.of("attestor");
  private static final int AT_ONCE = 50;

  private final FollowedChain home;
  private final Set<Long> destinations;
  private final Database database;
  private final Signer signer;
  private final SigningGate gate;
  private final Bell attested;
  private final Clock clock;
  private final Set<Hash> doubted = ConcurrentHashMap.newKeySet();

  public Attestor(
      FollowedChain home,
      Set<Long> destinations,
      Database database,
      Signer signer,
      SigningGate gate,
      Bell attested,
      Clock clock) {
    this.home = home;
    this.destinations = Set.copyOf(destinations);
    this.database = database;
    this.signer = signer;
    this.gate = gate;
    this.attested = attested;
    this.clock = clock;
  }

  /** Attests what became final. */
  public boolean round() {
    List<StoredEvent> sent =
        database.inTransaction(tx -> StoredEvent.unattested(tx, home.id(), AT_ONCE));
    boolean any = false;
    for (StoredEvent event : sent) any |= attest(event);
    if (any) attested.ring();
    return any && sent.size() == AT_ONCE;
  }

  /** Answers whether the message is done with. */
  private boolean attest(StoredEvent stored) {
    Hash id = stored.log().topics().get(1);
    Optional<StoredMessage> message;
    try {
      message = rebuild(stored, id);
    } catch (StoreException e) {
      throw e; // nothing about this message
    } catch (RuntimeException e) {
      return refuse(stored, id, "not readable: " + Journal.reason(e));
    }
    if (message.isEmpty())
      return refuse(
          stored, id, "not a message that our executor dispatched to a chain served here");
    if (!isConfirmed(stored)) return false;
    gate.check();
    Attestation attestation = Attestation.sign(id, signer);
    Failpoint.BEFORE_ATTESTATION_STORED.reach();
    long destination = message.get().message().destination().chainId().longValueExact();
    database.run(
        tx -> {
          if (ChainRow.of(tx, home.id()).halted().isPresent())
            throw new IllegalStateException("nothing is signed");
          StoredMessage.save(tx, message.get(), destination, signer.address(), attestation);
          Task.open(tx, Task.Kind.DELIVER, destination, id, clock.instant(), clock.instant());
        });
    LOG.info("attested", "messageId", id, "intent", message.get().intentId());
    return true;
  }

  /**
   * Whether the majority of the nodes has that log in that block: one node that lies must not get a
   * signature.
   */
  private boolean isConfirmed(StoredEvent stored) {
    SeveralNodes.Agreement agreement = home.client().agreement(stored.log());
    Hash id = stored.log().topics().get(1);
    if ((agreement.different() > 0 || !agreement.isConfirmed()) && doubted.add(id)) {
      LOG.alarm(
          agreement.isConfirmed()
              ? "nodes disagree about a final message"
              : "not attested yet: too few nodes have the message",
          "messageId",
          id,
          "block",
          stored.log().blockNumber(),
          "nodes",
          agreement.nodes(),
          "same",
          agreement.same(),
          "different",
          agreement.different());
    }
    if (agreement.isConfirmed()) doubted.remove(id);
    return agreement.isConfirmed();
  }

  private boolean refuse(StoredEvent stored, Hash id, String reason) {
    database.run(tx -> StoredMessage.refuse(tx, id, reason, clock.instant()));
    LOG.alarm(
        "not attested", "messageId", id, "block", stored.log().blockNumber(), "reason", reason);
    return true;
  }

  private Optional<StoredMessage> rebuild(StoredEvent stored, Hash id) {
    Optional<GatewayEvent> event = ContractEvents.gateway(stored.log());
    if (!(event.orElse(null) instanceof GatewayEvent.MessageSent sent)) return Optional.empty();
    Optional<BigInteger> nonce = nonce(stored, id);
    Optional<IntentEvent.Dispatched> dispatched = dispatched(stored, id);
    if (nonce.isEmpty() || dispatched.isEmpty()) return Optional.empty();
    InteroperableAddress executorAtHome = new InteroperableAddress(home.bigId(), home.executor());
    InteroperableAddress executorThere =
        new InteroperableAddress(dispatched.get().intent().chainId(), home.executor());
    IntentDomain domain = new IntentDomain(home.bigId(), home.executor());
    Message message =
        new Message(home.bigId(), nonce.get(), sent.sender(), sent.recipient(), sent.payload());
    boolean ours =
        sent.sender().equals(executorAtHome.encode())
            && sent.recipient().equals(executorThere.encode())
            && sent.payload().equals(IntentAbi.encode(dispatched.get().intent()))
            && dispatched.get().intentId().equals(dispatched.get().intent().id(domain))
            && destinations.stream()
                .map(BigInteger::valueOf)
                .anyMatch(dispatched.get().intent().chainId()::equals)
            && message.id(home.gateway()).equals(id);
    if (!ours) return Optional.empty();
    return Optional.of(
        new StoredMessage(id, message, dispatched.get().intentId(), clock.instant()));
  }

  private Optional<BigInteger> nonce(StoredEvent sent, Hash id) {
    return database
        .inTransaction(tx -> StoredEvent.about(tx, id, home.id(), EventKind.NUMBERED))
        .stream()
        .filter(e -> e.log().transaction().equals(sent.log().transaction()))
        .flatMap(e -> ContractEvents.gateway(e.log()).stream())
        .filter(GatewayEvent.NonceAssigned.class::isInstance)
        .map(e -> ((GatewayEvent.NonceAssigned) e).nonce())
        .findFirst();
  }

  /** The dispatch of the same transaction that names this message. */
  private Optional<IntentEvent.Dispatched> dispatched(StoredEvent sent, Hash id) {
    return database
        .inTransaction(
            tx ->
                StoredEvent.ofTransaction(
                    tx, home.id(), sent.log().transaction(), EventKind.DISPATCHED))
        .stream()
        .flatMap(e -> IntentWork.dispatched(e, id).stream())
        .findFirst();
  }
}
