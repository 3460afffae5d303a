package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.NodeException;
import org.web3j.abi.FunctionEncoder;
import org.web3j.abi.datatypes.Function;
import org.web3j.abi.datatypes.generated.Uint256;

/**
 * Freezes agents in home's policy engine, and notes on the finding what came of it. A finding is
 * stopped when a final block of home has the stop.
 */
final class Freezer {
  private static final Duration WAIT = Duration.ofMillis(200);

  private final long chainId;
  private final ChainClient home;
  private final Finality finality;
  private final Address policy;
  private final Enforcer enforcer;
  private final Trips trips;
  private final BooleanSupplier homeIsRead;
  private final Findings findings;
  private final Clock clock;
  private final Map<BigInteger, ReentrantLock> turns = new ConcurrentHashMap<>();

  /**
   * @param homeIsRead whether home's events were read up to its head, so that every stop is known
   */
  Freezer(
      long chainId,
      ChainClient home,
      Finality finality,
      Address policy,
      Enforcer enforcer,
      Trips trips,
      BooleanSupplier homeIsRead,
      Findings findings,
      Clock clock) {
    this.chainId = chainId;
    this.home = home;
    this.finality = finality;
    this.policy = policy;
    this.enforcer = enforcer;
    this.trips = trips;
    this.homeIsRead = homeIsRead;
    this.findings = findings;
    this.clock = clock;
  }

  /**
   * Reports the finding and, if it is new, freezes its agent, also when it is frozen already: a
   * thaw that was decided for what was found before must not let it go. Unless the agent was
   * stopped since: a watchdog that starts again must not overrule what governance decided knowing
   * the finding. Returns at once.
   *
   * @param seenAt timestamp of the block where it was found
   */
  void freezeFor(Finding finding, BigInteger agentId, Instant seenAt) {
    if (findings.report(finding)) {
      Errand.start("freeze-" + agentId, WAIT, new Stop(agentId, finding.id(), seenAt)::round);
    }
  }

  /**
   * One finding's way to a stop that no reorg undoes any more (L10): looks until a final block has
   * it, and freezes again when it is gone before.
   */
  private final class Stop {
    private final BigInteger agentId;
    private final String findingId;
    private final Instant seenAt;

    /** How many stops the agent has had with this one; empty: it is still to be made. */
    private Optional<BigInteger> made = Optional.empty();

    private Optional<Deed> somebodyElses = Optional.empty();

    private Stop(BigInteger agentId, String findingId, Instant seenAt) {
      this.agentId = agentId;
      this.findingId = findingId;
      this.seenAt = seenAt;
    }

    /**
     * @return whether it is over
     */
    private boolean round() {
      if (isWithdrawn()) {
        return true;
      }
      if (!homeIsRead.getAsBoolean()) {
        return false;
      }
      if (made.isEmpty()) {
        make();
      }
      if (made.isEmpty()) {
        return true; // the watchdog closes
      }
      Optional<Block> highest = finality.highest(home);
      if (highest.isPresent()
          && stops(question -> home.call(policy, question, highest.get().hash()))
                  .compareTo(made.get())
              >= 0) {
        findings.update(findingId, this::stopped);
        return true;
      }
      if (stops(question -> home.call(policy, question)).compareTo(made.get()) < 0) {
        made = Optional.empty(); // a reorg undid it
        somebodyElses = Optional.empty();
      }
      return false;
    }

    private boolean isWithdrawn() {
      return findings
          .find(findingId)
          .filter(found -> found.status() != Finding.Status.WITHDRAWN)
          .isEmpty();
    }

    private void make() {
      // One after the other: what is found together needs one stop.
      ReentrantLock turn = turns.computeIfAbsent(agentId, id -> new ReentrantLock());
      turn.lock();
      try {
        Optional<Trips.Trip> last = trips.last(agentId);
        long before = last.map(Trips.Trip::count).orElse(0L);
        Optional<Instant> since = last.map(Trips.Trip::at).filter(at -> !at.isBefore(seenAt));
        if (since.isPresent()) {
          made = Optional.of(BigInteger.valueOf(before));
          somebodyElses =
              Optional.of(
                  new Deed(
                      "nothing",
                      chainId,
                      Optional.empty(),
                      "the agent was stopped after that, at %s: only a thaw decided since lets it go"
                          .formatted(since.get()),
                      clock.instant()));
          return;
        }
        Optional<Enforcer.Done> end = enforcer.bringAbout(new Freeze(agentId, before));
        if (end.isPresent()) {
          made = Optional.of(BigInteger.valueOf(before + 1));
          Deed deed =
              new Deed(
                  "freeze agent " + agentId,
                  chainId,
                  end.get().transaction(),
                  end.get().settled().outcome(),
                  clock.instant());
          findings.update(findingId, found -> found.with(deed));
        }
      } finally {
        turn.unlock();
      }
    }

    private Finding stopped(Finding found) {
      return somebodyElses.map(found::with).orElse(found).with(Finding.Status.STOPPED);
    }

    private BigInteger stops(UnaryOperator<byte[]> chain) {
      return number("stops", chain.apply(call("stops", agentId).bytes()));
    }
  }

  private final class Freeze implements Remedy {
    private final BigInteger agentId;
    private final BigInteger stopsBefore;

    private Freeze(BigInteger agentId, long stopsBefore) {
      this.agentId = agentId;
      this.stopsBefore = BigInteger.valueOf(stopsBefore);
    }

    @Override
    public String what() {
      return "freeze of agent " + agentId;
    }

    @Override
    public Address to() {
      return policy;
    }

    @Override
    public Bytes data() {
      return call("freeze", agentId);
    }

    @Override
    public Optional<Settled> settled() {
      return read("frozen").signum() != 0 && read("stops").compareTo(stopsBefore) > 0
          ? Optional.of(new Settled("the agent is frozen; it may be undone until that is final"))
          : Optional.empty();
    }

    private BigInteger read(String name) {
      return number(name, home.call(policy, call(name, agentId).bytes()));
    }
  }

  private static BigInteger number(String name, byte[] answer) {
    if (answer.length != 32) {
      throw new NodeException("%s() answered %d bytes, expected 32".formatted(name, answer.length));
    }
    return new BigInteger(1, answer);
  }

  private static Bytes call(String name, BigInteger agentId) {
    return Bytes.of(
        FunctionEncoder.encode(new Function(name, List.of(new Uint256(agentId)), List.of())));
  }
}
