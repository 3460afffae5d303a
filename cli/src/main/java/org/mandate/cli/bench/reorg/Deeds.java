package org.mandate.cli.bench.reorg;

import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.cli.local.Town;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.AttestationDomain;
import org.mandate.gateway.Deliveries;
import org.mandate.gateway.MessageAbi;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentState;
import org.mandate.signer.Signer;

/** What somebody does about a payment of some kind, where it stands there. */
final class Deeds {
  /** With less the executor counts no failure, and a node's estimate would be less. */
  private static final long GAS_OF_AN_ATTEMPT = 3_000_000;

  private final Town town;
  private final Address executor; // at the same address on every chain
  private final Person guardianAtHome;
  private final Person guardianAway;
  private final Person governanceAtHome;
  private final Person governanceAway;
  private final Person anybody;

  /**
   * @param anybody a key with coins at the destination, and no role
   */
  Deeds(Town town, Signer anybody) {
    this.town = town;
    this.executor = town.home().deployment().executor();
    this.guardianAtHome = new Person(town.home(), town.guardian());
    this.guardianAway = new Person(town.remote(), town.guardian());
    this.governanceAtHome = new Person(town.home(), town.governance());
    this.governanceAway = new Person(town.remote(), town.governance());
    this.anybody = new Person(town.remote(), anybody);
  }

  /** What is done; answers whether a node took it. */
  interface Step {
    boolean isSent() throws Exception;
  }

  /**
   * @param what in a word
   */
  record Deed(String what, Step step) {}

  /** What is to be done now; empty: nothing. */
  Optional<Deed> of(Payment payment, IntentState state) {
    return switch (payment.kind()) {
      case WITHDRAWN, REJECTED ->
          when(state == IntentState.ADMITTED, "cancel", () -> cancel(payment));
      case DISPUTED -> when(state == IntentState.QUEUED, "dispute", () -> dispute(payment));
      case UPHELD ->
          // Nobody can dispute it once more when it was upheld.
          when(state == IntentState.QUEUED, "dispute", () -> dispute(payment))
              .or(() -> when(state == IntentState.DISPUTED, "uphold", () -> uphold(payment)));
      case HASTENED -> when(state == IntentState.QUEUED, "hasten", () -> hasten(payment));
      case UNPAYABLE -> when(state == IntentState.QUEUED, "attempt", () -> attempt(payment));
      case BREACH -> when(state == IntentState.DENIED, "thaw", () -> thaw(payment));
      case HOME, DELAYED, APPROVED, ACROSS, FORGOTTEN, LATE -> Optional.empty();
    };
  }

  private static Optional<Deed> when(boolean isTime, String what, Step step) {
    return isTime ? Optional.of(new Deed(what, step)) : Optional.empty();
  }

  private boolean cancel(Payment payment) {
    var call = town.home().homeExecutor().cancel(IntentAbi.toHome(payment.intent()));
    return guardianAtHome.calls(executor, call.encodeFunctionCall());
  }

  /** For nothing, as guardians do. */
  private boolean dispute(Payment payment) {
    var call = away().dispute(IntentAbi.toDestination(payment.intent()), BigInteger.ZERO);
    return guardianAway.calls(executor, call.encodeFunctionCall());
  }

  private boolean uphold(Payment payment) {
    var call = away().uphold(IntentAbi.toDestination(payment.intent()));
    return governanceAway.calls(executor, call.encodeFunctionCall());
  }

  /**
   * Shows once more what the delivery carried: the only relayer's signature is all there are. It
   * waits no less long for it, and the chain tells of it all the same.
   */
  private boolean hasten(Payment payment) {
    var ledger = town.remote();
    if (!ledger.events(DestinationExecutor.INTENTHASTENED_EVENT, payment.id()).isEmpty())
      return false;
    var queued = ledger.events(DestinationExecutor.INTENTQUEUED_EVENT, payment.id());
    if (queued.isEmpty()) return false;
    var log = queued.getLast();
    var message = Hash.of(DestinationExecutor.getIntentQueuedEventFromLog(log).messageId);
    var gateway = ledger.deployment().gateway();
    return ledger
        .transaction(Hash.of(log.getTransactionHash()))
        .flatMap(
            transaction ->
                Deliveries.in(Bytes.of(transaction.getInput()), gateway, message).stream()
                    .findFirst())
        .filter(delivery -> anybody.calls(executor, hasten(delivery)))
        .isPresent();
  }

  private String hasten(Deliveries.Delivery delivery) {
    var domain = AttestationDomain.of(town.home().deployment());
    return away()
        .hasten(
            MessageAbi.toDestination(delivery.message()),
            MessageAbi.toContract(delivery.proof()),
            Attestation.forDelivery(domain, delivery.attestations()).bytes())
        .encodeFunctionCall();
  }

  /** Tries once what is due and cannot be paid: relayers send nothing that would fail. */
  private boolean attempt(Payment payment) throws Exception {
    var intent = IntentAbi.toDestination(payment.intent());
    if (away().failed(payment.id().bytes()).send()
        || !anybody.mayCall(executor, away().ready(intent).encodeFunctionCall())) return false;
    var call = away().executeMany(List.of(intent));
    return anybody.calls(executor, call.encodeFunctionCall(), GAS_OF_AN_ATTEMPT);
  }

  /** So that its agent may breach its mandate once more. */
  private boolean thaw(Payment payment) throws Exception {
    var agent = payment.intent().agentId();
    var account = town.home().account();
    if (!account.frozen(agent).send()) return false;
    var call = account.thaw(agent, account.stops(agent).send());
    return governanceAtHome.calls(town.home().vault(), call.encodeFunctionCall());
  }

  private DestinationExecutor away() {
    return town.remote().destinationExecutor();
  }
}
