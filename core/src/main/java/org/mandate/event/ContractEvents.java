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
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.HomeExecutor;
import org.mandate.contracts.PolicyEngine;
import org.mandate.contracts.QuorumGateway;
import org.mandate.contracts.RelayerBonds;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentDomain;
import org.mandate.intent.IntentState;
import org.web3j.abi.EventEncoder;
import org.web3j.abi.datatypes.Event;

/** Reads our contracts' logs. The caller has checked that the log's address is the contract's. */
public final class ContractEvents {
  private ContractEvents() {}

  private static final Map<Hash, Function<Log, IntentEvent>> EXECUTOR =
      Map.ofEntries(
          Map.entry(topic(HomeExecutor.INTENTADMITTED_EVENT), ContractEvents::admitted),
          Map.entry(topic(HomeExecutor.INTENTDENIED_EVENT), ContractEvents::denied),
          Map.entry(topic(HomeExecutor.INTENTDISPATCHED_EVENT), ContractEvents::dispatched),
          Map.entry(topic(HomeExecutor.INTENTSETTLED_EVENT), ContractEvents::settled),
          Map.entry(topic(CrossChainExecutor.INTENTEXECUTED_EVENT), ContractEvents::executed),
          Map.entry(topic(CrossChainExecutor.INTENTCANCELLED_EVENT), ContractEvents::cancelled),
          Map.entry(topic(CrossChainExecutor.INTENTEXPIRED_EVENT), ContractEvents::expired),
          Map.entry(topic(DestinationExecutor.INTENTQUEUED_EVENT), ContractEvents::queued),
          Map.entry(topic(DestinationExecutor.INTENTDISPUTED_EVENT), ContractEvents::disputed),
          Map.entry(topic(DestinationExecutor.INTENTUPHELD_EVENT), ContractEvents::upheld),
          Map.entry(topic(DestinationExecutor.INTENTGIVENUP_EVENT), ContractEvents::failed));

  private static final Map<Hash, Function<Log, IntentNotice>> NOTICES =
      Map.of(
          topic(HomeExecutor.INTENTRESENT_EVENT), ContractEvents::resent,
          topic(HomeExecutor.INTENTREFUSED_EVENT), ContractEvents::refusedElement,
          topic(HomeExecutor.RESULTRECEIVED_EVENT), ContractEvents::resultReceived,
          topic(HomeExecutor.RESULTDROPPED_EVENT), ContractEvents::resultDropped,
          topic(DestinationExecutor.RESULTSREPORTED_EVENT), ContractEvents::reported,
          topic(DestinationExecutor.INTENTFAILED_EVENT), ContractEvents::failedNow,
          topic(DestinationExecutor.INTENTHASTENED_EVENT), ContractEvents::hastened,
          topic(DestinationExecutor.INTENTCONFIRMED_EVENT), ContractEvents::confirmed,
          topic(DestinationExecutor.INTENTREFUTED_EVENT), ContractEvents::refuted);

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
          topic(QuorumGateway.MESSAGEDELIVERED_EVENT), ContractEvents::messageDelivered,
          topic(QuorumGateway.MESSAGEREFUSED_EVENT), ContractEvents::messageRefused);

  private static final Map<Hash, Function<Log, BondEvent>> BONDS =
      Map.of(
          topic(RelayerBonds.BONDED_EVENT), ContractEvents::bonded,
          topic(RelayerBonds.UNBONDING_EVENT), ContractEvents::unbonding,
          topic(RelayerBonds.WITHDRAWN_EVENT), ContractEvents::withdrawn,
          topic(RelayerBonds.SLASHED_EVENT), ContractEvents::slashed);

  /**
   * A step in an intent's life, of the executor of any chain. Empty: another event.
   *
   * @throws IllegalArgumentException if a log has an event's first topic and is not that event
   */
  public static Optional<IntentEvent> executor(Log log) {
    return read(EXECUTOR, log);
  }

  /** As {@link #executor}: what else executors tell of intents. */
  public static Optional<IntentNotice> notice(Log log) {
    return read(NOTICES, log);
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

  /** As {@link #executor}: what happens to relayers' bonds. */
  public static Optional<BondEvent> bonds(Log log) {
    return read(BONDS, log);
  }

  /** The first topics of all events that {@link #executor} reads. */
  public static Set<Hash> executorTopics() {
    return EXECUTOR.keySet();
  }

  /** The first topics of all events that {@link #notice} reads. */
  public static Set<Hash> noticeTopics() {
    return NOTICES.keySet();
  }

  /** The first topics of all events that {@link #gateway} reads. */
  public static Set<Hash> gatewayTopics() {
    return GATEWAY.keySet();
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
    var e = HomeExecutor.getIntentAdmittedEventFromLog(web3j(log));
    return new IntentEvent.Admitted(
        log,
        Hash.of(e.intentId),
        e.agentId,
        IntentAbi.fromContract(e.intent),
        e.tier.intValueExact(),
        e.eta.longValueExact());
  }

  private static IntentEvent denied(Log log) {
    var e = HomeExecutor.getIntentDeniedEventFromLog(web3j(log));
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
    var e = HomeExecutor.getIntentDispatchedEventFromLog(web3j(log));
    return new IntentEvent.Dispatched(
        log,
        Hash.of(e.intentId),
        e.agentId,
        IntentAbi.fromContract(e.intent),
        Hash.of(e.messageId));
  }

  private static IntentEvent queued(Log log) {
    var e = DestinationExecutor.getIntentQueuedEventFromLog(web3j(log));
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
    var e = DestinationExecutor.getIntentDisputedEventFromLog(web3j(log));
    return new IntentEvent.Disputed(
        log, Hash.of(e.intentId), e.agentId, Address.of(e.by), e.resolveBy.longValueExact());
  }

  private static IntentEvent upheld(Log log) {
    var e = DestinationExecutor.getIntentUpheldEventFromLog(web3j(log));
    return new IntentEvent.Upheld(
        log, Hash.of(e.intentId), e.agentId, Address.of(e.by), e.executableAt.longValueExact());
  }

  private static IntentEvent expired(Log log) {
    var e = CrossChainExecutor.getIntentExpiredEventFromLog(web3j(log));
    return new IntentEvent.Expired(log, Hash.of(e.intentId), e.agentId);
  }

  private static IntentEvent failed(Log log) {
    var e = DestinationExecutor.getIntentGivenUpEventFromLog(web3j(log));
    return new IntentEvent.Failed(log, Hash.of(e.intentId), e.agentId);
  }

  private static IntentEvent settled(Log log) {
    var e = HomeExecutor.getIntentSettledEventFromLog(web3j(log));
    return new IntentEvent.Settled(
        log,
        Hash.of(e.intentId),
        e.agentId,
        IntentState.of(e.outcome.intValueExact()),
        e.moved,
        e.refunded);
  }

  private static IntentNotice resent(Log log) {
    var e = HomeExecutor.getIntentResentEventFromLog(web3j(log));
    return new IntentNotice.Resent(log, Hash.of(e.intentId), e.agentId, Hash.of(e.messageId));
  }

  private static IntentNotice refusedElement(Log log) {
    var e = HomeExecutor.getIntentRefusedEventFromLog(web3j(log));
    return new IntentNotice.Refused(log, e.index, Bytes.of(e.reason));
  }

  private static IntentNotice resultReceived(Log log) {
    var e = HomeExecutor.getResultReceivedEventFromLog(web3j(log));
    return new IntentNotice.ResultReceived(
        log,
        Hash.of(e.intentId),
        IntentState.of(e.outcome.intValueExact()),
        e.moved,
        e.settleAt.longValueExact());
  }

  private static IntentNotice resultDropped(Log log) {
    var e = HomeExecutor.getResultDroppedEventFromLog(web3j(log));
    return new IntentNotice.ResultDropped(log, Hash.of(e.intentId), Address.of(e.by));
  }

  private static IntentNotice reported(Log log) {
    var e = DestinationExecutor.getResultsReportedEventFromLog(web3j(log));
    return new IntentNotice.Reported(
        log, Hash.of(e.messageId), e.intentIds.stream().map(Hash::of).toList());
  }

  private static IntentNotice failedNow(Log log) {
    var e = DestinationExecutor.getIntentFailedEventFromLog(web3j(log));
    return new IntentNotice.Failed(log, Hash.of(e.intentId), e.agentId, Bytes.of(e.reason));
  }

  private static IntentNotice hastened(Log log) {
    var e = DestinationExecutor.getIntentHastenedEventFromLog(web3j(log));
    return new IntentNotice.Hastened(
        log, Hash.of(e.intentId), e.agentId, e.signatures, e.executableAt.longValueExact());
  }

  private static IntentNotice confirmed(Log log) {
    var e = DestinationExecutor.getIntentConfirmedEventFromLog(web3j(log));
    return new IntentNotice.Confirmed(
        log, Hash.of(e.intentId), e.agentId, Address.of(e.by), e.number);
  }

  private static IntentNotice refuted(Log log) {
    var e = DestinationExecutor.getIntentRefutedEventFromLog(web3j(log));
    return new IntentNotice.Refuted(
        log, Hash.of(e.intentId), e.agentId, Hash.of(e.messageId), Address.of(e.by), e.number);
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
    return new GatewayEvent.MessageDelivered(log, Hash.of(e.receiveId));
  }

  private static GatewayEvent messageRefused(Log log) {
    var e = QuorumGateway.getMessageRefusedEventFromLog(web3j(log));
    return new GatewayEvent.MessageRefused(log, Hash.of(e.id), Bytes.of(e.reason));
  }

  private static BondEvent bonded(Log log) {
    var e = RelayerBonds.getBondedEventFromLog(web3j(log));
    return new BondEvent.Bonded(log, Address.of(e.relayer), Address.of(e.by), e.amount, e.bonded);
  }

  private static BondEvent unbonding(Log log) {
    var e = RelayerBonds.getUnbondingEventFromLog(web3j(log));
    return new BondEvent.Unbonding(
        log, Address.of(e.relayer), e.amount, e.unbonding, e.withdrawableAt.longValueExact());
  }

  private static BondEvent withdrawn(Log log) {
    var e = RelayerBonds.getWithdrawnEventFromLog(web3j(log));
    return new BondEvent.Withdrawn(log, Address.of(e.relayer), Address.of(e.to), e.amount);
  }

  private static BondEvent slashed(Log log) {
    var e = RelayerBonds.getSlashedEventFromLog(web3j(log));
    return new BondEvent.Slashed(
        log,
        Address.of(e.relayer),
        Hash.of(e.messageId),
        Address.of(e.payee),
        e.reward,
        e.toTreasury);
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
