package org.mandate.deploy;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.mandate.contracts.MandateGovernor;
import org.mandate.contracts.MandateToken;
import org.web3j.crypto.Hash;
import org.web3j.protocol.core.DefaultBlockParameterName;
import org.web3j.protocol.core.methods.response.TransactionReceipt;
import org.web3j.utils.Numeric;

/**
 * One proposal of the DAO: what it would do, and its way through the Governor and the timelock. The
 * steps are separate, because different people take them; {@link #pass} takes them all with one
 * key. Waits end by the chain's clock, not by ours.
 */
public final class GovernanceProposal {
  /** The Governor's own states, in its numbering. */
  public enum State {
    PENDING,
    ACTIVE,
    CANCELED,
    DEFEATED,
    SUCCEEDED,
    QUEUED,
    EXPIRED,
    EXECUTED
  }

  private static final BigInteger FOR = BigInteger.ONE;

  private final String governor;
  private final List<Call> calls;
  private final String description;

  /**
   * @param governor address of the Governor
   * @param calls what the timelock executes, in order, at least one
   * @param description in words; a proposal with the same calls and description cannot be made
   *     twice
   */
  public GovernanceProposal(String governor, List<Call> calls, String description) {
    if (calls.isEmpty()) {
      throw new IllegalArgumentException("a proposal needs at least one call");
    }
    this.governor = governor;
    this.calls = List.copyOf(calls);
    this.description = description;
  }

  /**
   * What came out of a proposal that was carried through.
   *
   * @param id the Governor's id
   * @param proposed receipt of the proposal
   * @param executed receipt of its execution
   */
  public record Outcome(BigInteger id, TransactionReceipt proposed, TransactionReceipt executed) {}

  public List<Call> calls() {
    return calls;
  }

  public String description() {
    return description;
  }

  public BigInteger id(Sender sender) {
    return Sender.read(
        "proposal id",
        () ->
            contract(sender)
                .hashProposal(targets(), values(), calldatas(), descriptionHash())
                .send());
  }

  /** Where the proposal stands; empty when it was not made. */
  public Optional<State> state(Sender sender) {
    var id = id(sender);
    var proposer = Sender.read("proposer", () -> contract(sender).proposalProposer(id).send());
    if (Numeric.toBigInt(proposer).signum() == 0) {
      return Optional.empty();
    }
    var state = Sender.read("proposal's state", () -> contract(sender).state(id).send());
    return Optional.of(State.values()[state.intValueExact()]);
  }

  /** Gives the sender's votes to itself: without that nobody's tokens count. */
  public static void delegateToSelf(Sender sender, String votingToken) {
    var token = MandateToken.load(votingToken, sender.web3j(), sender.reader(), Sender.NO_GAS);
    var delegate = Sender.read("delegate", () -> token.delegates(sender.address()).send());
    if (!delegate.equalsIgnoreCase(sender.address())) {
      sender.send(Call.of("delegate votes", votingToken, token.delegate(sender.address())));
    }
  }

  public TransactionReceipt propose(Sender sender) {
    return sender.send(
        Call.of(
            "propose '" + description + "'",
            governor,
            contract(sender).propose(targets(), values(), calldatas(), description)));
  }

  /** Votes for the proposal, which must be open for votes. */
  public TransactionReceipt voteFor(Sender sender) {
    return sender.send(
        Call.of(
            "vote for '" + description + "'",
            governor,
            contract(sender).castVote(id(sender), FOR)));
  }

  public TransactionReceipt queue(Sender sender) {
    return sender.send(
        Call.of(
            "queue '" + description + "'",
            governor,
            contract(sender).queue(targets(), values(), calldatas(), descriptionHash())));
  }

  public TransactionReceipt execute(Sender sender) {
    return sender.send(
        Call.of(
            "execute '" + description + "'",
            governor,
            contract(sender)
                .execute(targets(), values(), calldatas(), descriptionHash(), BigInteger.ZERO)));
  }

  /**
   * Proposes, votes, queues and executes with one key that holds enough votes.
   *
   * @param timeout longest wait for each of the three delays (voting delay, vote, timelock)
   */
  public Outcome pass(Sender sender, Duration timeout) {
    var proposed = propose(sender);
    var id = id(sender);
    awaitState(sender, State.ACTIVE, Set.of(State.PENDING), timeout);
    voteFor(sender);
    awaitState(sender, State.SUCCEEDED, Set.of(State.ACTIVE), timeout);
    queue(sender);
    var eta = Sender.read("eta", () -> contract(sender).proposalEta(id).send());
    await("the timelock", timeout, () -> now(sender).compareTo(eta) >= 0);
    var executed = execute(sender);
    var end = state(sender);
    if (!end.equals(Optional.of(State.EXECUTED))) {
      throw new DeploymentException("proposal %s is %s after its execution".formatted(id, end));
    }
    return new Outcome(id, proposed, executed);
  }

  private void awaitState(Sender sender, State wanted, Set<State> before, Duration timeout) {
    await(
        "proposal to be " + wanted,
        timeout,
        () -> {
          var state = state(sender).orElseThrow();
          if (state != wanted && !before.contains(state)) {
            throw new DeploymentException(
                "proposal '%s' is %s instead of %s".formatted(description, state, wanted));
          }
          return state == wanted;
        });
  }

  private static void await(String what, Duration timeout, Supplier<Boolean> done) {
    var end = System.nanoTime() + timeout.toNanos();
    while (!done.get()) {
      if (System.nanoTime() > end) {
        throw new DeploymentException("waited %s for %s".formatted(timeout, what));
      }
      Sender.pause();
    }
  }

  private static BigInteger now(Sender sender) {
    return Sender.answer(
            "latest block",
            () ->
                sender.web3j().ethGetBlockByNumber(DefaultBlockParameterName.LATEST, false).send())
        .getBlock()
        .getTimestamp();
  }

  private MandateGovernor contract(Sender sender) {
    return MandateGovernor.load(governor, sender.web3j(), sender.reader(), Sender.NO_GAS);
  }

  private List<String> targets() {
    return calls.stream().map(Call::to).toList();
  }

  private List<BigInteger> values() {
    return calls.stream().map(Call::value).toList();
  }

  private List<byte[]> calldatas() {
    return calls.stream().map(c -> Numeric.hexStringToByteArray(c.data())).toList();
  }

  private byte[] descriptionHash() {
    return Hash.sha3(description.getBytes(StandardCharsets.UTF_8));
  }
}
