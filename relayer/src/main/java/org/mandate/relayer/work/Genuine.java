package org.mandate.relayer.work;

import java.math.BigInteger;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.mandate.chain.Hash;
import org.mandate.event.ContractEvents;
import org.mandate.event.GatewayEvent;
import org.mandate.event.IntentEvent;
import org.mandate.event.IntentNotice;
import org.mandate.gateway.InteroperableAddress;
import org.mandate.gateway.Message;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentState;
import org.mandate.intent.Result;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EventKind;
import org.mandate.relayer.store.StoredEvent;

/**
 * Which messages of a chain are true: our gateway logged it with that number, one of our contracts
 * sent it to the same contract elsewhere, its id is what its parts hash to, and what it says is
 * what that contract did. Home's executor sends intents that it dispatched in the same transaction,
 * another chain's executor sends home what became of intents there, and home's governance sends
 * orders.
 */
final class Genuine {
  private final FollowedChain source;
  private final Database database;

  Genuine(FollowedChain source, Database database) {
    this.source = source;
    this.database = database;
  }

  /**
   * A genuine message.
   *
   * @param intents that it tells of
   */
  record Told(Hash id, Message message, List<Hash> intents) {}

  /** The message that was sent; empty when it is not one of ours. */
  Optional<Told> read(StoredEvent stored) {
    Hash id = stored.log().topics().get(1);
    Optional<GatewayEvent> event = ContractEvents.gateway(stored.log());
    if (!(event.orElse(null) instanceof GatewayEvent.MessageSent sent)) return Optional.empty();
    Optional<BigInteger> nonce = nonce(stored, id);
    if (nonce.isEmpty()) return Optional.empty();
    Message message =
        new Message(source.bigId(), nonce.get(), sent.sender(), sent.recipient(), sent.payload());
    if (!message.id(source.gateway()).equals(id)) return Optional.empty();
    if (isToItself(message, source.executor())) {
      Optional<List<Hash>> intents =
          source.isHome() ? dispatched(stored, message, id) : reported(stored, message, id);
      return intents.map(i -> new Told(id, message, i));
    }
    boolean ordered =
        source.isHome()
            && source.remoteGovernance().filter(g -> isToItself(message, g)).isPresent();
    return ordered ? Optional.of(new Told(id, message, List.of())) : Optional.empty();
  }

  /** From that contract on this chain to the one at the same address on another. */
  private boolean isToItself(Message message, org.mandate.chain.Address contract) {
    return message.sender().equals(new InteroperableAddress(source.bigId(), contract).encode())
        && message.destination().address().equals(contract)
        && !message.destination().chainId().equals(source.bigId());
  }

  /** The intent that home's executor dispatched, or sent once more, in the same transaction. */
  private Optional<List<Hash>> dispatched(StoredEvent sent, Message message, Hash id) {
    IntentAbi.Payload payload = IntentAbi.decode(message.payload());
    Hash intentId = payload.intent().id(source.domain());
    boolean exact =
        message.payload().equals(IntentAbi.encode(payload))
            && payload.intent().chainId().equals(message.destination().chainId());
    boolean first =
        in(sent, EventKind.DISPATCHED).stream()
            .flatMap(e -> IntentWork.dispatched(e, id).stream())
            .anyMatch(d -> d.intentId().equals(intentId) && d.intent().equals(payload.intent()));
    boolean again =
        in(sent, EventKind.RESENT).stream()
            .flatMap(e -> IntentWork.resent(e, id).stream())
            .anyMatch(r -> r.intentId().equals(intentId));
    return exact && (first || again) ? Optional.of(List.of(intentId)) : Optional.empty();
  }

  /** The intents whose ends the executor told in the same transaction, and told right. */
  private Optional<List<Hash>> reported(StoredEvent sent, Message message, Hash id) {
    List<Result> results = IntentAbi.decodeResults(message.payload());
    List<Hash> intents = results.stream().map(Result::intentId).toList();
    boolean told =
        message.destination().chainId().equals(BigInteger.valueOf(source.homeId()))
            && in(sent, EventKind.REPORTED).stream()
                .flatMap(e -> e.notice().stream())
                .filter(IntentNotice.Reported.class::isInstance)
                .map(IntentNotice.Reported.class::cast)
                .anyMatch(r -> r.messageId().equals(id) && r.intentIds().equals(intents));
    return told && results.stream().allMatch(r -> isTrue(r, sent))
        ? Optional.of(intents)
        : Optional.empty();
  }

  /** Whether the last that happened to the intent before the report is what the report says. */
  private boolean isTrue(Result result, StoredEvent report) {
    return database.inTransaction(tx -> StoredEvent.about(tx, result.intentId())).stream()
        .filter(e -> e.chainId() == source.id() && e.isFinal() && isBefore(e, report))
        .flatMap(e -> e.step(source.domain()).stream())
        .reduce((before, after) -> after)
        .filter(last -> isOutcome(last, result))
        .isPresent();
  }

  /** Whether that result is what came of an intent whose last step is that one. */
  static boolean isOutcome(IntentEvent last, Result result) {
    return switch (last) {
      case IntentEvent.Executed e ->
          result.outcome() == IntentState.EXECUTED && e.moved().equals(result.moved());
      case IntentEvent.Cancelled e -> isUnspent(result, IntentState.CANCELLED);
      case IntentEvent.Expired e -> isUnspent(result, IntentState.EXPIRED);
      case IntentEvent.Failed e -> isUnspent(result, IntentState.FAILED);
      case IntentEvent.Admitted e -> false;
      case IntentEvent.Denied e -> false;
      case IntentEvent.Dispatched e -> false;
      case IntentEvent.Queued e -> false;
      case IntentEvent.Disputed e -> false;
      case IntentEvent.Upheld e -> false;
      case IntentEvent.Settled e -> false;
      case IntentEvent.Paid e -> false;
      case IntentEvent.Refused e -> false;
    };
  }

  private static boolean isUnspent(Result result, IntentState outcome) {
    return result.outcome() == outcome && result.moved().signum() == 0;
  }

  private static boolean isBefore(StoredEvent one, StoredEvent other) {
    return Comparator.<StoredEvent>comparingLong(e -> e.log().blockNumber())
            .thenComparingInt(e -> e.log().index())
            .compare(one, other)
        < 0;
  }

  private Optional<BigInteger> nonce(StoredEvent sent, Hash id) {
    return in(sent, EventKind.NUMBERED).stream()
        .flatMap(e -> ContractEvents.gateway(e.log()).stream())
        .filter(GatewayEvent.NonceAssigned.class::isInstance)
        .map(GatewayEvent.NonceAssigned.class::cast)
        .filter(e -> e.messageId().equals(id))
        .map(GatewayEvent.NonceAssigned::nonce)
        .findFirst();
  }

  private List<StoredEvent> in(StoredEvent sent, EventKind kind) {
    return database.inTransaction(
        tx -> StoredEvent.ofTransaction(tx, source.id(), sent.log().transaction(), kind));
  }
}
