package org.mandate.deploy;

import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.mandate.gateway.WindowTable;

/**
 * Everything that decides what is deployed. The same parameters and the same deployer key give the
 * same addresses on every chain, and the same code up to the chain's own id.
 *
 * @param homeChainId EIP-155 id of the chain where registry, policy and accounting are used
 * @param otherChainIds the other chains that mandates may name, distinct, at most 15
 * @param relayers addresses that attest messages and publish audit batches; stored ascending
 * @param threshold signatures that deliver a message: more than half of the relayers
 * @param guardians addresses that may dispute, freeze, suspend and tighten: watchdogs and people
 * @param disputeWindow how long a delivered intent waits, 5 s to 3 days
 * @param resolutionWindow how long governance may uphold a disputed intent, at most 30 days, and an
 *     hour longer than governance takes to decide, at least
 * @param governance who holds every privileged role in the end
 * @param testToken a worthless ERC-20 for demonstrations; absent on real chains
 * @param acrossChains what holds for intents that go to other chains
 */
public record DeploymentParameters(
    long homeChainId,
    List<Long> otherChainIds,
    List<String> relayers,
    int threshold,
    List<String> guardians,
    Duration disputeWindow,
    Duration resolutionWindow,
    Governance governance,
    Optional<TokenGrant> testToken,
    AcrossChains acrossChains) {

  private static final int MAX_CHAINS = 16;
  private static final int MAX_RELAYERS = 64;
  private static final Duration MIN_DISPUTE_WINDOW = Duration.ofSeconds(5);
  private static final Duration MAX_DISPUTE_WINDOW = Duration.ofDays(3);
  private static final Duration MAX_RESOLUTION_WINDOW = Duration.ofDays(30);
  private static final Duration MAX_PAUSE = Duration.ofDays(7);
  private static final Duration MIN_UNBONDING = Duration.ofDays(7);
  private static final Duration MAX_UNBONDING = Duration.ofDays(90);
  private static final Duration MIN_ORDER_DELAY = Duration.ofDays(3);
  private static final Duration MAX_ORDER_DELAY = Duration.ofDays(14);
  private static final Duration MAX_POST_WAIT = Duration.ofDays(3);
  private static final int MAX_BOND_BITS = 96;

  /** To notice a dispute, to propose, and to execute: none of it happens in the same second. */
  private static final Duration SLACK = Duration.ofHours(1);

  /** Who may change what in the end. */
  public sealed interface Governance {}

  /**
   * A DAO of its own: token, Governor and timelock are deployed too.
   *
   * @param timelockDelay between queueing and executing a proposal, at least 1 s
   * @param votingDelay between proposal and vote
   * @param votingPeriod length of the vote, at least 1 s
   * @param proposalThreshold votes needed to propose, 10^-18 tokens: at least 1, at most the supply
   * @param quorumPercent share of the supply that must vote, 1 to 100
   * @param votes who gets the whole supply of the voting token
   */
  public record OwnGovernance(
      Duration timelockDelay,
      Duration votingDelay,
      Duration votingPeriod,
      BigInteger proposalThreshold,
      int quorumPercent,
      TokenGrant votes)
      implements Governance {
    public OwnGovernance {
      require(
          timelockDelay.toSeconds() >= 1,
          "timelock delay %s is shorter than 1 s: what loosens must wait",
          timelockDelay);
      require(!votingDelay.isNegative(), "voting delay %s is negative", votingDelay);
      require(votingPeriod.toSeconds() >= 1, "voting period %s is shorter than 1 s", votingPeriod);
      require(
          proposalThreshold.signum() > 0 && proposalThreshold.compareTo(votes.supply()) <= 0,
          "proposal threshold %s is not within 1 to the supply of %s votes: below, anybody proposes"
              + " anything at any time; above, nobody ever can",
          proposalThreshold,
          votes.supply());
      require(
          quorumPercent >= 1 && quorumPercent <= 100,
          "quorum of %s %% is not within 1 to 100",
          quorumPercent);
    }

    /** From a proposal to its execution, at least: the token's clock counts seconds, not blocks. */
    Duration cycle() {
      return votingDelay.plus(votingPeriod).plus(timelockDelay);
    }
  }

  /**
   * A contract that exists already on every chain: a Safe, another DAO's timelock.
   *
   * @param executionDelay what it decides waits that long in the AccessManager, between {@code
   *     schedule} and {@code execute}: at least 1 s, less than 2^32 s. Empty only when the
   *     authority delays by itself, which nobody else can check.
   */
  public record ExistingAuthority(String authority, Optional<Duration> executionDelay)
      implements Governance {
    /** Where nothing else is said. */
    public static final Duration DEFAULT_DELAY = Duration.ofDays(1);

    public ExistingAuthority {
      authority = address("authority", authority);
      executionDelay.ifPresent(
          delay ->
              require(
                  delay.toSeconds() >= 1 && delay.toSeconds() < 1L << 32,
                  "execution delay %s of the authority is not within 1 s to 2^32 s: what loosens must"
                      + " wait; say that the authority delays itself if it does",
                  delay));
    }

    /** Its decisions wait in the AccessManager. */
    public static ExistingAuthority delayedBy(String authority, Duration executionDelay) {
      return new ExistingAuthority(authority, Optional.of(executionDelay));
    }

    /** Its decisions have waited already when it makes them: a timelock. */
    public static ExistingAuthority delayingItself(String authority) {
      return new ExistingAuthority(authority, Optional.empty());
    }

    /** As the AccessManager keeps it; 0 when the authority delays itself. */
    Duration delay() {
      return executionDelay.orElse(Duration.ZERO);
    }
  }

  /**
   * The supply of a token and who gets it.
   *
   * @param supply in the token's smallest unit, above 0
   */
  public record TokenGrant(String holder, BigInteger supply) {
    public TokenGrant {
      holder = address("token holder", holder);
      require(supply.signum() > 0, "token supply %s is not above 0", supply);
    }
  }

  /**
   * What holds for intents that go to other chains.
   *
   * @param pause how long a guardian's pause lasts, 1 s to 7 days
   * @param unbonding how long a relayer's bond can still be slashed after it was called back, 7 to
   *     90 days
   * @param disputeBond wei that a dispute costs who is no guardian; 0: only guardians dispute
   * @param windows how long payments wait at their destination, by asset; without any, for the
   *     dispute window
   * @param remote home's governance governs the other chains too; empty: each chain has its own
   * @param proofs somebody shows home's storage to the other chains; empty: nobody does
   */
  public record AcrossChains(
      Duration pause,
      Duration unbonding,
      BigInteger disputeBond,
      List<AssetWindows> windows,
      Optional<Remote> remote,
      Optional<HashOracle> proofs) {
    /** Where nothing else is said. */
    public static final AcrossChains DEFAULT =
        new AcrossChains(
            Duration.ofDays(1),
            Duration.ofDays(14),
            BigInteger.ZERO,
            List.of(),
            Optional.empty(),
            Optional.empty());

    public AcrossChains {
      within("pause", pause, Duration.ofSeconds(1), MAX_PAUSE);
      within("unbonding of relayers' bonds", unbonding, MIN_UNBONDING, MAX_UNBONDING);
      require(
          disputeBond.signum() >= 0 && disputeBond.bitLength() <= MAX_BOND_BITS,
          "dispute bond %s is not within 0 to 2^96 - 1 wei",
          disputeBond);
      windows = List.copyOf(windows);
      require(
          windows.stream().map(AssetWindows::asset).distinct().count() == windows.size(),
          "an asset has two tables of windows");
    }
  }

  /**
   * How long payments of one asset wait at their destination.
   *
   * @param asset ERC-20 contract, zero for the chain's own coin, or {@link #TEST_TOKEN}
   */
  public record AssetWindows(String asset, WindowTable table) {
    /** The deployment's own token, whose address nobody knows before. */
    public static final String TEST_TOKEN = "TestToken";

    public AssetWindows {
      asset = asset.equals(TEST_TOKEN) ? asset : asset.toLowerCase(Locale.ROOT);
      require(
          asset.equals(TEST_TOKEN) || asset.matches("0x[0-9a-f]{40}"),
          "asset %s of a table of windows is not a 20-byte address in hex, nor %s",
          asset,
          TEST_TOKEN);
      require(!table.steps().isEmpty(), "the table of windows of %s has no steps", asset);
    }
  }

  /**
   * Home's governance governs the other chains.
   *
   * @param delay how long an order waits there for guardians' veto, 3 to 14 days
   * @param recovery who may order where home is dead, after 30 days more; empty: nobody
   */
  public record Remote(Duration delay, Optional<String> recovery) {
    public Remote {
      within("delay of orders", delay, MIN_ORDER_DELAY, MAX_ORDER_DELAY);
      recovery = recovery.map(one -> address("recovery authority", one));
    }
  }

  /**
   * Who tells the other chains about home's blocks.
   *
   * @param oracles may post hashes
   * @param delay before a posted hash counts, so that guardians can take back a false one
   */
  public record HashOracle(List<String> oracles, Duration delay) {
    public HashOracle {
      oracles = addresses("oracle", oracles);
      require(!oracles.isEmpty(), "without an oracle nobody posts home's block hashes");
      within("delay of posted block hashes", delay, Duration.ZERO, MAX_POST_WAIT);
    }
  }

  /** With what is usual across chains. */
  public DeploymentParameters(
      long homeChainId,
      List<Long> otherChainIds,
      List<String> relayers,
      int threshold,
      List<String> guardians,
      Duration disputeWindow,
      Duration resolutionWindow,
      Governance governance,
      Optional<TokenGrant> testToken) {
    this(
        homeChainId,
        otherChainIds,
        relayers,
        threshold,
        guardians,
        disputeWindow,
        resolutionWindow,
        governance,
        testToken,
        AcrossChains.DEFAULT);
  }

  public DeploymentParameters {
    require(homeChainId > 0, "home chain id %s is not above 0", homeChainId);
    otherChainIds = List.copyOf(otherChainIds);
    var others = otherChainIds.size();
    require(others < MAX_CHAINS, "%s other chains are more than %s", others, MAX_CHAINS - 1);
    var chains = new HashSet<>(otherChainIds);
    require(
        chains.size() == otherChainIds.size(),
        "other chain ids %s are not distinct",
        otherChainIds);
    require(
        !chains.contains(homeChainId),
        "home chain %s stands among the other chains too",
        homeChainId);
    for (var id : otherChainIds) {
      require(id > 0, "chain id %s is not above 0", id);
    }
    relayers = addresses("relayer", relayers);
    require(
        !relayers.isEmpty() && relayers.size() <= MAX_RELAYERS,
        "%s relayers are not within 1 to %s",
        relayers.size(),
        MAX_RELAYERS);
    require(
        threshold > relayers.size() / 2 && threshold <= relayers.size(),
        "threshold %s is not more than half of %s relayers, or more than all",
        threshold,
        relayers.size());
    guardians = addresses("guardian", guardians);
    require(
        !guardians.isEmpty(),
        "without a guardian (watchdog) nobody can dispute: name at least one");
    for (var guardian : guardians) {
      require(
          !relayers.contains(guardian),
          "%s is relayer and guardian: the watchdog must not trust itself",
          guardian);
    }
    require(
        disputeWindow.compareTo(MIN_DISPUTE_WINDOW) >= 0
            && disputeWindow.compareTo(MAX_DISPUTE_WINDOW) <= 0,
        "dispute window %s is not within %s to %s",
        disputeWindow,
        MIN_DISPUTE_WINDOW,
        MAX_DISPUTE_WINDOW);
    require(
        resolutionWindow.toSeconds() >= 1 && resolutionWindow.compareTo(MAX_RESOLUTION_WINDOW) <= 0,
        "resolution window %s is not within 1 s to %s",
        resolutionWindow,
        MAX_RESOLUTION_WINDOW);
    requireTimeToUphold(
        resolutionWindow,
        governance,
        acrossChains.remote().map(Remote::delay).orElse(Duration.ZERO));
    require(
        testToken.isPresent()
            || acrossChains.windows().stream()
                .noneMatch(one -> one.asset().equals(AssetWindows.TEST_TOKEN)),
        "a table of windows is for the test token, and there is none");
    var watchers = guardians;
    acrossChains
        .proofs()
        .ifPresent(
            proofs -> {
              for (var oracle : proofs.oracles()) {
                require(
                    !watchers.contains(oracle),
                    "%s is guardian and oracle of block hashes: nobody takes back his own lie",
                    oracle);
              }
            });
  }

  /**
   * Who sees to it that home's vote reaches that chain; empty at home, and where each has its own.
   */
  Optional<Remote> remoteOn(long chainId) {
    return acrossChains.remote().filter(remote -> chainId != homeChainId);
  }

  /** A dispute that governance is too slow to overrule is a veto. */
  private static void requireTimeToUphold(Duration window, Governance governance, Duration orders) {
    require(
        orders.isZero() || window.compareTo(orders.plus(SLACK)) >= 0,
        "resolution window %s is shorter than %s: the %s that home's orders wait and an hour for"
            + " people; no dispute could be overruled; make the resolution window longer",
        window,
        orders.plus(SLACK),
        orders);
    switch (governance) {
      case OwnGovernance own ->
          require(
              window.compareTo(own.cycle().plus(orders).plus(SLACK)) >= 0,
              "resolution window %s is shorter than %s: the %s that governance needs (voting delay %s"
                  + " + voting period %s + timelock delay %s) and an hour for people; no dispute"
                  + " could be overruled; make the resolution window longer, or those delays shorter",
              window,
              own.cycle().plus(orders).plus(SLACK),
              own.cycle().plus(orders),
              own.votingDelay(),
              own.votingPeriod(),
              own.timelockDelay());
      // How long an authority delays itself nobody here knows.
      case ExistingAuthority existing ->
          existing
              .executionDelay()
              .ifPresent(
                  delay ->
                      require(
                          window.compareTo(delay.plus(SLACK)) >= 0,
                          "resolution window %s is shorter than %s: the authority's execution delay"
                              + " %s and an hour for people; no dispute could be overruled; make"
                              + " the resolution window longer, or the delay shorter",
                          window,
                          delay.plus(SLACK),
                          delay));
    }
  }

  /** Home first, then the others. */
  public List<Long> allChainIds() {
    var all = new ArrayList<Long>();
    all.add(homeChainId);
    all.addAll(otherChainIds);
    return List.copyOf(all);
  }

  private static List<String> addresses(String what, List<String> given) {
    var sorted = given.stream().map(a -> address(what, a)).sorted().distinct().toList();
    require(sorted.size() == given.size(), "a %s is listed twice", what);
    return sorted;
  }

  private static void within(String what, Duration value, Duration least, Duration most) {
    require(
        value.compareTo(least) >= 0 && value.compareTo(most) <= 0,
        "%s of %s is not within %s to %s",
        what,
        value,
        least,
        most);
  }

  private static String address(String what, String value) {
    require(
        value.matches("0x[0-9a-fA-F]{40}") && !value.matches("0x0{40}"),
        "%s %s is not a 20-byte address in hex, or zero",
        what,
        value);
    return value.toLowerCase(Locale.ROOT);
  }

  private static void require(boolean holds, String message, Object... values) {
    if (!holds) {
      throw new IllegalArgumentException(
          "deployment parameters: " + String.format(message, values));
    }
  }
}
