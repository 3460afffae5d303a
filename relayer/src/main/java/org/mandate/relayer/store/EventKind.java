package org.mandate.relayer.store;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.mandate.chain.Hash;
import org.mandate.contracts.AgentVault;
import org.mandate.contracts.CrossChainExecutor;
import org.mandate.contracts.QuorumGateway;
import org.web3j.abi.EventEncoder;
import org.web3j.abi.datatypes.Event;

/**
 * The events that the relayer follows, by contract. The names are those of the table {@code event}.
 */
public enum EventKind {
  ADMITTED(Contract.EXECUTOR, CrossChainExecutor.INTENTADMITTED_EVENT),
  /** Above a threshold from which the owner wants to know: told beside what happens. */
  NOTIFIED(Contract.EXECUTOR, CrossChainExecutor.INTENTNOTIFIED_EVENT),
  DENIED(Contract.EXECUTOR, CrossChainExecutor.INTENTDENIED_EVENT),
  DISPATCHED(Contract.EXECUTOR, CrossChainExecutor.INTENTDISPATCHED_EVENT),
  QUEUED(Contract.EXECUTOR, CrossChainExecutor.INTENTQUEUED_EVENT),
  EXECUTED(Contract.EXECUTOR, CrossChainExecutor.INTENTEXECUTED_EVENT),
  CANCELLED(Contract.EXECUTOR, CrossChainExecutor.INTENTCANCELLED_EVENT),
  DISPUTED(Contract.EXECUTOR, CrossChainExecutor.INTENTDISPUTED_EVENT),
  UPHELD(Contract.EXECUTOR, CrossChainExecutor.INTENTUPHELD_EVENT),
  EXPIRED(Contract.EXECUTOR, CrossChainExecutor.INTENTEXPIRED_EVENT),
  /** The agent's key had the account pay directly: EXECUTED, in one step. */
  PAID(Contract.ACCOUNT, AgentVault.PAID_EVENT),
  /** The agent's key asked the account to pay directly, and was refused: DENIED, in one step. */
  REFUSED(Contract.ACCOUNT, AgentVault.REFUSED_EVENT),
  APPENDED(Contract.ACCOUNT, AgentVault.APPENDED_EVENT),
  PUBLISHED(Contract.ACCOUNT, AgentVault.PUBLISHED_EVENT),
  SENT(Contract.GATEWAY, QuorumGateway.MESSAGESENT_EVENT),
  NUMBERED(Contract.GATEWAY, QuorumGateway.NONCEASSIGNED_EVENT),
  DELIVERED(Contract.GATEWAY, QuorumGateway.MESSAGEDELIVERED_EVENT);

  /** Whose event it is. */
  public enum Contract {
    EXECUTOR,
    ACCOUNT,
    GATEWAY
  }

  private static final Map<Hash, EventKind> BY_TOPIC =
      Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(k -> k.topic, k -> k));

  private final Contract contract;
  private final Hash topic;

  EventKind(Contract contract, Event event) {
    this.contract = contract;
    this.topic = Hash.of(EventEncoder.encode(event));
  }

  /**
   * The kind of an event with this first topic, logged by that contract; empty for one that is not
   * followed.
   */
  public static Optional<EventKind> of(Contract contract, Hash topic) {
    return Optional.ofNullable(BY_TOPIC.get(topic)).filter(k -> k.contract == contract);
  }
}
