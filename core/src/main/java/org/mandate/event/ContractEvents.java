package org.mandate.event;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.contracts.AuditLog;
import org.mandate.contracts.CrossChainExecutor;
import org.mandate.contracts.PolicyEngine;
import org.mandate.contracts.QuorumGateway;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentDomain;
import org.web3j.abi.EventEncoder;
import org.web3j.abi.datatypes.Event;

/** Reads our contracts' logs. The caller has checked that the log's address is the contract's. */
public final class ContractEvents {
  private ContractEvents() {}

  private static final Map<Hash, Function<Log, IntentEvent>> EXECUTOR =
      Map.of(
          topic(CrossChainExecutor.INTENTADMITTED_EVENT), ContractEvents::admitted,
          topic(CrossChainExecutor.INTENTDENIED_EVENT), ContractEvents::denied,
          topic(CrossChainExecutor.INTENTDISPATCHED_EVENT), ContractEvents::dispatched,
          topic(CrossChainExecutor.INTENTQUEUED_EVENT), ContractEvents::queued,
          topic(CrossChainExecutor.INTENTEXECUTED_EVENT), ContractEvents::executed,
          topic(CrossChainExecutor.INTENTCANCELLED_EVENT), ContractEvents::cancelled,
          topic(CrossChainExecutor.INTENTDISPUTED_EVENT), ContractEvents::disputed,
          topic(CrossChainExecutor.INTENTUPHELD_EVENT), ContractEvents::upheld,
          topic(CrossChainExecutor.INTENTEXPIRED_EVENT), ContractEvents::expired);

  private static final Hash PAID = topic(PolicyEngine.PAID_EVENT);
  private static final Hash REFUSED = topic(PolicyEngine.REFUSED_EVENT);

  private static final Map<Hash, Function<Log, AuditEvent>> AUDIT_LOG =
      Map.of(
          topic(AuditLog.APPENDED_EVENT), ContractEvents::appended,
          topic(AuditLog.PUBLISHED_EVENT), ContractEvents::published);

  private static final Map<Hash, Function<Log, GatewayEvent>> GATEWAY =
      Map.of(
          topic(QuorumGateway.NONCEASSIGNED_EVENT), ContractEvents::nonceAssigned,
          topic(QuorumGateway.MESSAGESENT_EVENT), ContractEvents::messageSent,
          topic(QuorumGateway.MESSAGEDELIVERED_EVENT), ContractEvents::messageDelivered);

  /**
   * Empty: another event.
   *
   * @throws IllegalArgumentException if a log has an event's first topic and is not that event
   */
  public static Optional<IntentEvent> executor(Log log) {
    return read(EXECUTOR, log);
  }

  /**
   * What an account says of a payment that the agent's key asked for directly.
   *
   * @param domain under which the payment has its id
   * @param chainId EIP-155 id of the log's chain
   * @throws IllegalArgumentException as for {@link #executor}
   */
  public static Optional<IntentEvent> payment(Log log, IntentDomain domain, BigInteger chainId) {
    return read(
        Map.of(
            PAID, (Log one) -> paid(one, domain, chainId),
            REFUSED, (Log one) -> refused(one, domain, chainId)),
        log);
  }

  /** As {@link #executor}: what an account says of its agents' audit chains. */
  public static Optional<AuditEvent> auditLog(Log log) {
    return read(AUDIT_LOG, log);
  }

  /** As {@link #executor}. */
  public static Optional<GatewayEvent> gateway(Log log) {
    return read(GATEWAY, log);
  }

  /** The first topics of all events that {@link #executor} reads. */
  public static Set<Hash> executorTopics() {
    return EXECUTOR.keySet();
  }

  /** The first topics of all events that {@link #payment} reads. */
  public static Set<Hash> paymentTopics() {
    return Set.of(PAID, REFUSED);
  }

  /** The first topics of all events that {@link #auditLog} reads. */
  public static Set<Hash> auditLogTopics() {
    return AUDIT_LOG.keySet();
  }

  private static <E> Optional<E> read(Map<Hash, Function<Log, E>> readers, Log log) {
    if (log.topics().isEmpty()) {
      return Optional.empty();
    }
    Function<Log, E> reader = readers.get(log.topics().getFirst());
    if (reader == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(reader.apply(log));
    } catch (RuntimeException e) { // web3j throws what it likes at malformed data
      throw new IllegalArgumentException(
          "log "
              + log.index()
              + " of block "
              + log.blockHash()
              + " is not the event that its topic names",
          e);
    }
  }

  private static IntentEvent admitted(Log log) {
    var e = CrossChainExecutor.getIntentAdmittedEventFromLog(web3j(log));
    return new IntentEvent.Admitted(
        log,
        Hash.of(e.intentId),
        e.agentId,
        IntentAbi.fromContract(e.intent),
        e.tier.intValueExact(),
        e.eta.longValueExact());
  }

  private static IntentEvent denied(Log log) {
    var e = CrossChainExecutor.getIntentDeniedEventFromLog(web3j(log));
    return new IntentEvent.Denied(
        log,
        Hash.of(e.intentId),
        e.agentId,
        IntentAbi.fromContract(e.intent),
        new IntentEvent.Refusal(
            e.verdict.rule.intValueExact(),
            e.verdict.tripped,
            e.verdict.tier.intValueExact(),
            e.verdict.eta.longValueExact(),
            e.verdict.limit,
            e.verdict.left,
            e.verdict.availableAt.longValueExact(),
            Address.of(e.verdict.source)));
  }

  private static IntentEvent dispatched(Log log) {
    var e = CrossChainExecutor.getIntentDispatchedEventFromLog(web3j(log));
    return new IntentEvent.Dispatched(
        log,
        Hash.of(e.intentId),
        e.agentId,
        IntentAbi.fromContract(e.intent),
        Hash.of(e.messageId));
  }

  private static IntentEvent queued(Log log) {
    var e = CrossChainExecutor.getIntentQueuedEventFromLog(web3j(log));
    return new IntentEvent.Queued(
        log,
        Hash.of(e.intentId),
        e.agentId,
        IntentAbi.fromContract(e.intent),
        Hash.of(e.messageId),
        e.executableAt.longValueExact());
  }

  private static IntentEvent executed(Log log) {
    var e = CrossChainExecutor.getIntentExecutedEventFromLog(web3j(log));
    return new IntentEvent.Executed(
        log, Hash.of(e.intentId), e.agentId, IntentAbi.fromContract(e.intent), e.moved);
  }

  private static IntentEvent cancelled(Log log) {
    var e = CrossChainExecutor.getIntentCancelledEventFromLog(web3j(log));
    return new IntentEvent.Cancelled(
        log, Hash.of(e.intentId), e.agentId, IntentAbi.fromContract(e.intent), Address.of(e.by));
  }

  private static IntentEvent disputed(Log log) {
    var e = CrossChainExecutor.getIntentDisputedEventFromLog(web3j(log));
    return new IntentEvent.Disputed(
        log, Hash.of(e.intentId), e.agentId, Address.of(e.by), e.resolveBy.longValueExact());
  }

  private static IntentEvent upheld(Log log) {
    var e = CrossChainExecutor.getIntentUpheldEventFromLog(web3j(log));
    return new IntentEvent.Upheld(
        log, Hash.of(e.intentId), e.agentId, Address.of(e.by), e.executableAt.longValueExact());
  }

  private static IntentEvent expired(Log log) {
    var e = CrossChainExecutor.getIntentExpiredEventFromLog(web3j(log));
    return new IntentEvent.Expired(log, Hash.of(e.intentId), e.agentId);
  }

  private static IntentEvent paid(Log log, IntentDomain domain, BigInteger chainId) {
    var e = PolicyEngine.getPaidEventFromLog(web3j(log));
    Intent intent = asked(log, chainId, e.agentId, e.asset, e.to, e.amount, e.index);
    return new IntentEvent.Paid(log, intent.id(domain), e.agentId, intent, e.index);
  }

  private static IntentEvent refused(Log log, IntentDomain domain, BigInteger chainId) {
    var e = PolicyEngine.getRefusedEventFromLog(web3j(log));
    Intent intent = asked(log, chainId, e.agentId, e.asset, e.to, e.amount, e.index);
    return new IntentEvent.Refused(
        log,
        intent.id(domain),
        e.agentId,
        intent,
        e.index,
        new IntentEvent.Refusal(
            e.verdict.rule.intValueExact(),
            e.verdict.tripped,
            e.verdict.tier.intValueExact(),
            e.verdict.eta.longValueExact(),
            e.verdict.limit,
            e.verdict.left,
            e.verdict.availableAt.longValueExact(),
            Address.of(e.verdict.source)));
  }

  /** The intent that says the same; no signed one has deadline 0. */
  private static Intent asked(
      Log log,
      BigInteger chainId,
      BigInteger agentId,
      String asset,
      String to,
      BigInteger amount,
      BigInteger index) {
    return new Intent(
        agentId,
        log.address(),
        chainId,
        Address.of(asset),
        Address.of(to),
        amount,
        Bytes.EMPTY,
        index,
        BigInteger.ZERO);
  }

  private static AuditEvent appended(Log log) {
    var e = AuditLog.getAppendedEventFromLog(web3j(log));
    return new AuditEvent.Appended(
        log,
        e.agentId,
        Hash.of(e.intentId),
        e.index,
        e.action.intValueExact(),
        Hash.of(e.recordHash),
        Bytes.of(e.head));
  }

  private static AuditEvent published(Log log) {
    var e = AuditLog.getPublishedEventFromLog(web3j(log));
    return new AuditEvent.Published(
        log,
        e.agentId,
        e.from,
        e.to,
        Hash.of(e.root),
        Hash.of(e.manifestDigest),
        Address.of(e.publisher));
  }

  private static GatewayEvent nonceAssigned(Log log) {
    var e = QuorumGateway.getNonceAssignedEventFromLog(web3j(log));
    return new GatewayEvent.NonceAssigned(log, Hash.of(e.sendId), e.nonce);
  }

  private static GatewayEvent messageSent(Log log) {
    var e = QuorumGateway.getMessageSentEventFromLog(web3j(log));
    if (e.value.signum() != 0 || !e.attributes.isEmpty()) {
      throw new IllegalArgumentException("our gateway sends neither value nor attributes");
    }
    return new GatewayEvent.MessageSent(
        log, Hash.of(e.sendId), Bytes.of(e.sender), Bytes.of(e.recipient), Bytes.of(e.payload));
  }

  private static GatewayEvent messageDelivered(Log log) {
    var e = QuorumGateway.getMessageDeliveredEventFromLog(web3j(log));
    return new GatewayEvent.MessageDelivered(
        log, Hash.of(e.receiveId), Address.of(e.recipient), Address.of(e.by));
  }

  private static Hash topic(Event event) {
    return Hash.of(EventEncoder.encode(event));
  }

  /** The log as the contracts' wrappers read it. */
  public static org.web3j.protocol.core.methods.response.Log web3j(Log log) {
    var out = new org.web3j.protocol.core.methods.response.Log();
    out.setAddress(log.address().hex());
    out.setTopics(List.copyOf(log.topics().stream().map(Hash::hex).toList()));
    out.setData(log.data());
    out.setBlockHash(log.blockHash().hex());
    out.setBlockNumber(BigInteger.valueOf(log.blockNumber()).toString());
    out.setTransactionHash(log.transaction().hex());
    return out;
  }
}
