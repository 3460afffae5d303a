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
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.NodeException;
import org.web3j.abi.FunctionEncoder;
import org.web3j.abi.datatypes.Function;
import org.web3j.abi.datatypes.generated.Uint256;

/** Freezes agents in home's policy engine, and notes on the finding what came of it. */
final class Freezer {
  private static final Duration WAIT = Duration.ofMillis(200);

  private final long chainId;
  private final ChainClient home;
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
      Address policy,
      Enforcer enforcer,
      Trips trips,
      BooleanSupplier homeIsRead,
      Findings findings,
      Clock clock) {
    this.chainId = chainId;
    this.home = home;
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
      Thread.ofVirtual()
          .name("freeze-" + agentId)
          .start(() -> freeze(agentId, finding.id(), seenAt));
    }
  }

  private void freeze(BigInteger agentId, String findingId, Instant seenAt) {
    while (!homeIsRead.getAsBoolean()) {
      if (!Pause.of(WAIT)) {
        return;
      }
    }
    // One after the other: what is found together needs one stop.
    ReentrantLock turn = turns.computeIfAbsent(agentId, id -> new ReentrantLock());
    turn.lock();
    try {
      stop(agentId, findingId, seenAt);
    } finally {
      turn.unlock();
    }
  }

  private void stop(BigInteger agentId, String findingId, Instant seenAt) {
    Optional<Trips.Trip> last = trips.last(agentId);
    Optional<Instant> stopped = last.map(Trips.Trip::at).filter(at -> !at.isBefore(seenAt));
    if (stopped.isPresent()) {
      done(
          findingId,
          new Deed(
              "nothing",
              chainId,
              Optional.empty(),
              "the agent was stopped after that, at %s: only a thaw decided since lets it go"
                  .formatted(stopped.get()),
              clock.instant()));
      return;
    }
    enforcer
        .bringAbout(new Freeze(agentId, last.map(Trips.Trip::count).orElse(0L)))
        .ifPresent(
            end ->
                done(
                    findingId,
                    new Deed(
                        "freeze agent " + agentId,
                        chainId,
                        end.transaction(),
                        end.settled().outcome(),
                        clock.instant())));
  }

  private void done(String findingId, Deed deed) {
    findings.update(findingId, found -> found.with(deed).with(Finding.Status.STOPPED));
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
      return call("freeze");
    }

    @Override
    public Optional<Settled> settled() {
      return read("frozen").signum() != 0 && read("stops").compareTo(stopsBefore) > 0
          ? Optional.of(new Settled(true, "the agent is frozen"))
          : Optional.empty();
    }

    private BigInteger read(String name) {
      byte[] answer = home.call(policy, call(name).bytes());
      if (answer.length != 32) {
        throw new NodeException(
            "%s() answered %d bytes, expected 32".formatted(name, answer.length));
      }
      return new BigInteger(1, answer);
    }

    private Bytes call(String name) {
      return Bytes.of(
          FunctionEncoder.encode(new Function(name, List.of(new Uint256(agentId)), List.of())));
    }
  }
}
