package org.mandate.relayer.store;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.mandate.chain.Hash;
import org.mandate.contracts.AgentVault;
import org.mandate.contracts.CrossChainExecutor;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.HomeExecutor;
import org.mandate.contracts.QuorumGateway;
import org.web3j.abi.EventEncoder;
import org.web3j.abi.datatypes.Event;

/**
 * The events that the relayer follows, by contract. The names are those of the table {@code event}.
 */
public enum EventKind {
  ADMITTED(Contract.EXECUTOR, HomeExecutor.INTENTADMITTED_EVENT),
  /** Above a threshold from which the owner wants to know: told beside what happens. */
  NOTIFIED(Contract.EXECUTOR, HomeExecutor.INTENTNOTIFIED_EVENT),
  DENIED(Contract.EXECUTOR, HomeExecutor.INTENTDENIED_EVENT),
  DISPATCHED(Contract.EXECUTOR, HomeExecutor.INTENTDISPATCHED_EVENT),
  /** Dispatched before, and sent once more. */
  RESENT(Contract.EXECUTOR, HomeExecutor.INTENTRESENT_EVENT),
  QUEUED(Contract.EXECUTOR, DestinationExecutor.INTENTQUEUED_EVENT),
  /** More relayers vouch for it than when it came: it waits less long. */
  HASTENED(Contract.EXECUTOR, DestinationExecutor.INTENTHASTENED_EVENT),
  EXECUTED(Contract.EXECUTOR, CrossChainExecutor.INTENTEXECUTED_EVENT),
  CANCELLED(Contract.EXECUTOR, CrossChainExecutor.INTENTCANCELLED_EVENT),
  DISPUTED(Contract.EXECUTOR, DestinationExecutor.INTENTDISPUTED_EVENT),
  UPHELD(Contract.EXECUTOR, DestinationExecutor.INTENTUPHELD_EVENT),
  /** Home never sent what brought it: beside CANCELLED, and it may still come. */
  REFUTED(Contract.EXECUTOR, DestinationExecutor.INTENTREFUTED_EVENT),
  EXPIRED(Contract.EXECUTOR, CrossChainExecutor.INTENTEXPIRED_EVENT),
  /** Its deadline passed, and it could not execute when it was tried. */
  FAILED(Contract.EXECUTOR, DestinationExecutor.INTENTGIVENUP_EVENT),
  /** At home: a destination says what became of it. */
  RESULT(Contract.EXECUTOR, HomeExecutor.RESULTRECEIVED_EVENT),
  /** At home: what was said is not believed. */
  DROPPED(Contract.EXECUTOR, HomeExecutor.RESULTDROPPED_EVENT),
  SETTLED(Contract.EXECUTOR, HomeExecutor.INTENTSETTLED_EVENT),
  /** The agent's key had the account pay directly: EXECUTED, in one step. */
  PAID(Contract.ACCOUNT, AgentVault.PAID_EVENT),
  /** The agent's key asked the account to pay directly, and was refused: DENIED, in one step. */
  REFUSED(Contract.ACCOUNT, AgentVault.REFUSED_EVENT),
  APPENDED(Contract.ACCOUNT, AgentVault.APPENDED_EVENT),
  PUBLISHED(Contract.ACCOUNT, AgentVault.PUBLISHED_EVENT),
  SENT(Contract.GATEWAY, QuorumGateway.MESSAGESENT_EVENT),
  NUMBERED(Contract.GATEWAY, QuorumGateway.NONCEASSIGNED_EVENT),
  DELIVERED(Contract.GATEWAY, QuorumGateway.MESSAGEDELIVERED_EVENT),
  /** Home is told in that message what became of intents. */
  REPORTED(Contract.EXECUTOR, DestinationExecutor.RESULTSREPORTED_EVENT);

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
