package org.mandate.cli.order;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.cli.Chain;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.Output;
import org.mandate.cli.Words;
import org.mandate.contracts.RemoteGovernance;
import org.mandate.deploy.Sender;
import org.mandate.event.ContractEvents;
import org.web3j.abi.EventEncoder;
import org.web3j.abi.datatypes.Event;

/** The orders of one chain that home's vote governs. */
final class Orders {
  private static final Hash SENT = topic(RemoteGovernance.ORDERSENT_EVENT);
  private static final Hash RECEIVED = topic(RemoteGovernance.ORDERRECEIVED_EVENT);
  private static final Hash PROPOSED = topic(RemoteGovernance.ORDERPROPOSED_EVENT);

  private final Chain chain;
  private final Address address;

  /**
   * @throws Failure where no such contract is deployed
   */
  Orders(Chain chain) {
    this.chain = chain;
    this.address =
        chain
            .deployment()
            .remoteGovernance()
            .orElseThrow(
                () ->
                    new Failure(
                        ExitCode.CONFIGURATION,
                        "the deployment file of chain %s names no RemoteGovernance: that chain is governed by itself"
                            .formatted(chain.deployment().chainId())));
  }

  /** Where an order stands, as the contract's enum has it. */
  enum State {
    NONE,
    WAITING,
    VETOED,
    REFUTED,
    CANCELLED,
    EXECUTED;

    static State of(BigInteger value) {
      var states = values();
      if (value.signum() < 0 || value.compareTo(BigInteger.valueOf(states.length)) >= 0) {
        throw new Failure(
            ExitCode.UNREACHABLE, "the chain says that an order is in state " + value);
      }
      return states[value.intValueExact()];
    }
  }

  /**
   * What an order calls, as an event told it.
   *
   * @param messageId what brought it, or home sent it by; empty: the recovery authority ordered it
   */
  record Told(
      Hash id, Optional<Hash> messageId, List<RemoteGovernance.Call> calls, byte[] salt, Log log) {}

  /**
   * Where it stands.
   *
   * @param from unix seconds from which it may be executed
   * @param deadline unix seconds until which it may
   * @param doubtedBy the guardian whose veto of a proven order waits for a second one's; zero: none
   */
  record Standing(
      State state,
      boolean proven,
      Address doubtedBy,
      Address gateway,
      Hash messageId,
      long since,
      long from,
      long deadline) {
    /** Whether one guardian says that it is a lie although it is proven, and no second one yet. */
    boolean isDoubted() {
      return state == State.WAITING && proven && !doubtedBy.equals(Address.ZERO);
    }

    boolean isRecovery() {
      return gateway.equals(Address.ZERO);
    }

    /**
     * @throws Failure if no message brought it
     */
    void requireByMessage(Hash id) {
      if (isRecovery()) {
        throw new Failure(
            ExitCode.REFUSED,
            "order %s is of the recovery authority: only home stops it (mandate order cancel)"
                .formatted(id));
      }
    }
  }

  Address address() {
    return address;
  }

  RemoteGovernance contract() {
    return RemoteGovernance.load(address.hex(), chain.web3j(), chain.reader(), Sender.NO_GAS);
  }

  Standing standing(Hash id) {
    var order = Sender.read("order " + id, () -> contract().orderOf(id.bytes()).send());
    var times =
        Sender.read("times of order " + id, () -> contract().executableAt(id.bytes()).send());
    return new Standing(
        State.of(order.state),
        order.proven,
        Address.of(Sender.read("doubt", () -> contract().doubtedBy(id.bytes()).send())),
        Address.of(order.gateway),
        Hash.of(order.messageId),
        order.since.longValueExact(),
        times.component1().longValueExact(),
        order.deadline.longValueExact());
  }

  /**
   * Refuses before anything is sent.
   *
   * @throws Failure when it is in another state
   */
  Standing require(Hash id, Set<State> states, String why) {
    var standing = standing(id);
    if (!states.contains(standing.state())) {
      throw new Failure(
          ExitCode.REFUSED,
          "order %s is %s on chain %s: %s"
              .formatted(id, standing.state(), chain.deployment().chainId(), why));
    }
    return standing;
  }

  /** Every order that came to this chain, or was proposed here; of each the last that was told. */
  Collection<Told> all() {
    Map<Hash, Told> orders = new LinkedHashMap<>();
    logs(Set.of(RECEIVED, PROPOSED), Optional.empty()).stream()
        .map(Orders::told)
        .forEach(one -> orders.put(one.id(), one));
    return orders.values();
  }

  /**
   * What came to this chain last under that id.
   *
   * @throws Failure when nothing did
   */
  Told received(Hash id) {
    return logs(Set.of(RECEIVED, PROPOSED), Optional.of(id)).stream()
        .map(Orders::told)
        .reduce((first, second) -> second)
        .orElseThrow(
            () ->
                new Failure(
                    ExitCode.CONFIGURATION,
                    "no order %s came to chain %s".formatted(id, chain.deployment().chainId())));
  }

  /**
   * What home sent last under that id.
   *
   * @throws Failure when it sent nothing
   */
  Told sent(Hash id) {
    return logs(Set.of(SENT), Optional.of(id)).stream()
        .map(Orders::told)
        .reduce((first, second) -> second)
        .orElseThrow(
            () ->
                new Failure(
                    ExitCode.REFUSED,
                    "home, chain %s, sent no order %s: there is nothing to show"
                        .formatted(chain.deployment().chainId(), id)));
  }

  private List<Log> logs(Set<Hash> topics, Optional<Hash> id) {
    return chain
        .client()
        .logs(
            chain.deployment().block(),
            chain.client().head().number(),
            List.of(address),
            List.of(topics, id.map(Set::of).orElse(Set.of())));
  }

  private static Told told(Log log) {
    var topic = log.topics().getFirst();
    var raw = ContractEvents.web3j(log);
    if (topic.equals(SENT)) {
      var e = RemoteGovernance.getOrderSentEventFromLog(raw);
      return new Told(Hash.of(e.orderId), Optional.of(Hash.of(e.messageId)), e.calls, e.salt, log);
    }
    if (topic.equals(RECEIVED)) {
      var e = RemoteGovernance.getOrderReceivedEventFromLog(raw);
      return new Told(Hash.of(e.orderId), Optional.of(Hash.of(e.messageId)), e.calls, e.salt, log);
    }
    var e = RemoteGovernance.getOrderProposedEventFromLog(raw);
    return new Told(Hash.of(e.orderId), Optional.empty(), e.calls, e.salt, log);
  }

  /** An order, for machines. */
  ObjectNode json(Hash id, Standing standing) {
    var json = Output.object();
    if (standing.isDoubted()) {
      json.put("doubtedBy", standing.doubtedBy().hex());
    }
    return json.put("orderId", id.hex())
        .put("chainId", chain.deployment().chainId().toString())
        .put("state", standing.state().name())
        .put("proven", standing.proven())
        .put("recovery", standing.isRecovery())
        .put("messageId", standing.messageId().hex())
        .put("executableAt", Long.toString(standing.from()))
        .put("deadline", Long.toString(standing.deadline()));
  }

  static ObjectNode json(RemoteGovernance.Call call) {
    return Output.object()
        .put("to", call.target.toLowerCase(Locale.ROOT))
        .put("value", call.value.toString())
        .put("data", Bytes.of(call.data).hex());
  }

  static String words(Hash id, Standing standing) {
    return "order %s: %s%s, %s"
        .formatted(
            id,
            standing.state(),
            standing.proven()
                ? standing.isDoubted()
                    ? ", proven, and vetoed by guardian %s: a second guardian's veto ends it"
                        .formatted(standing.doubtedBy().checksummed())
                    : ", proven"
                : standing.isRecovery() ? ", of the recovery authority" : "",
            "executable from %s until %s"
                .formatted(Words.time(standing.from()), Words.time(standing.deadline())));
  }

  /** Tells where the order stands after a transaction. */
  ExitCode tell(Hash id, String transaction, Output output) {
    var standing = standing(id);
    output.line("%s; transaction %s", words(id, standing), transaction);
    output.json(json(id, standing).put("transaction", transaction));
    return ExitCode.OK;
  }

  private static Hash topic(Event event) {
    return Hash.of(EventEncoder.encode(event));
  }
}
