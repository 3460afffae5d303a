package org.mandate.deploy;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.mandate.chain.Address;
import org.mandate.contracts.MandateGovernor;
import org.mandate.contracts.MandateToken;
import org.web3j.crypto.Hash;
import org.web3j.protocol.Web3j;
import org.web3j.protocol.core.DefaultBlockParameterName;
import org.web3j.protocol.core.methods.response.TransactionReceipt;
import org.web3j.tx.ReadonlyTransactionManager;
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
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private static final String SUFFIX = "#proposer=";

  private final String governor;
  private final List<Call> calls;
  private final String description;
  private final Address proposer;

  /**
   * The Governor lets nobody but the proposer make it: the description ends in {@code
   * #proposer=0x…}, which OpenZeppelin's Governor enforces. Else whoever sees it wait could make it
   * first, and cancel it.
   *
   * @param governor address of the Governor
   * @param calls what the timelock executes, in order, at least one
   * @param words what voters read; a proposal with the same calls, words and proposer cannot be
   *     made twice
   * @param proposer who sends it
   */
  public GovernanceProposal(String governor, List<Call> calls, String words, Address proposer) {
    if (calls.isEmpty()) {
      throw new IllegalArgumentException("a proposal needs at least one call");
    }
    if (words.contains(SUFFIX)) {
      throw new IllegalArgumentException(
          "the words of a proposal must not contain %s: it is added for the proposer %s"
              .formatted(SUFFIX, proposer));
    }
    this.governor = governor;
    this.calls = List.copyOf(calls);
    this.description = words + " " + SUFFIX + proposer.hex();
    this.proposer = proposer;
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

  /** The words and who proposes. */
  public String description() {
    return description;
  }

  /** The Governor's own number for it; depends on the proposer. */
  public BigInteger id(Web3j web3j) {
    return Sender.read(
        "proposal id",
        () ->
            contract(web3j)
                .hashProposal(targets(), values(), calldatas(), descriptionHash())
                .send());
  }

  /** Where the proposal stands; empty when it was not made. */
  public Optional<State> state(Web3j web3j) {
    var id = id(web3j);
    var proposer = Sender.read("proposer", () -> contract(web3j).proposalProposer(id).send());
    if (Numeric.toBigInt(proposer).signum() == 0) {
      return Optional.empty();
    }
    var state = Sender.read("proposal's state", () -> contract(web3j).state(id).send());
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

  /**
   * Makes the proposal, as soon as the sender's votes count.
   *
   * @throws DeploymentException when the sender is not the proposer, or has too few votes
   */
  public TransactionReceipt propose(Sender sender) {
    if (!proposer.hex().equals(sender.address())) {
      throw new DeploymentException(
          "only %s may make this proposal, this key is %s: use that key, or propose as this one"
              .formatted(proposer, sender.address()));
    }
    awaitVotes(sender.web3j());
    return sender.send(
        Call.of(
            "propose '" + description + "'",
            governor,
            contract(sender.web3j()).propose(targets(), values(), calldatas(), description)));
  }

  /** The Governor counts the votes that the proposer had a second ago. */
  private void awaitVotes(Web3j web3j) {
    var governor = contract(web3j);
    var threshold = Sender.read("proposal threshold", () -> governor.proposalThreshold().send());
    var token =
        MandateToken.load(
            Sender.read("voting token", () -> governor.token().send()),
            web3j,
            reader(web3j),
            Sender.NO_GAS);
    var votes = Sender.read("votes", () -> token.getVotes(proposer.hex()).send());
    if (votes.compareTo(threshold) < 0) {
      throw new DeploymentException(
          "%s has %s votes, proposing needs %s: have more tokens delegated to it (undelegated ones do not count)"
              .formatted(proposer, votes, threshold));
    }
    await(
        "the votes of " + proposer + " to count",
        PATIENCE,
        () -> {
          var before = now(web3j).subtract(BigInteger.ONE);
          return Sender.read("votes", () -> governor.getVotes(proposer.hex(), before).send())
                  .compareTo(threshold)
              >= 0;
        });
  }

  /** Votes for the proposal, which must be open for votes. */
  public TransactionReceipt voteFor(Sender sender) {
    return sender.send(
        Call.of(
            "vote for '" + description + "'",
            governor,
            contract(sender.web3j()).castVote(id(sender.web3j()), FOR)));
  }

  public TransactionReceipt queue(Sender sender) {
    return sender.send(
        Call.of(
            "queue '" + description + "'",
            governor,
            contract(sender.web3j()).queue(targets(), values(), calldatas(), descriptionHash())));
  }

  public TransactionReceipt execute(Sender sender) {
    return sender.send(
        Call.of(
            "execute '" + description + "'",
            governor,
            contract(sender.web3j())
                .execute(targets(), values(), calldatas(), descriptionHash(), BigInteger.ZERO)));
  }

  /**
   * Proposes, votes, queues and executes with one key that holds enough votes.
   *
   * @param timeout longest wait for each of the three delays (voting delay, vote, timelock)
   */
  public Outcome pass(Sender sender, Duration timeout) {
    var proposed = propose(sender);
    var id = id(sender.web3j());
    awaitState(sender, State.ACTIVE, Set.of(State.PENDING), timeout);
    voteFor(sender);
    awaitState(sender, State.SUCCEEDED, Set.of(State.ACTIVE), timeout);
    queue(sender);
    var eta = Sender.read("eta", () -> contract(sender.web3j()).proposalEta(id).send());
    await("the timelock", timeout, () -> now(sender.web3j()).compareTo(eta) >= 0);
    var executed = execute(sender);
    var end = state(sender.web3j());
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
          var state = state(sender.web3j()).orElseThrow();
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

  private static BigInteger now(Web3j web3j) {
    return Sender.answer(
            "latest block",
            () -> web3j.ethGetBlockByNumber(DefaultBlockParameterName.LATEST, false).send())
        .getBlock()
        .getTimestamp();
  }

  private MandateGovernor contract(Web3j web3j) {
    return MandateGovernor.load(governor, web3j, reader(web3j), Sender.NO_GAS);
  }

  private ReadonlyTransactionManager reader(Web3j web3j) {
    return new ReadonlyTransactionManager(web3j, proposer.hex());
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
