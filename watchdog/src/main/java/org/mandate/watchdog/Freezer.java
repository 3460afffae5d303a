package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
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
  private final Thaws thaws;
  private final BooleanSupplier homeIsRead;
  private final Findings findings;
  private final Clock clock;

  /**
   * @param homeIsRead whether home's events were read up to its head, so that every thaw is known
   */
  Freezer(
      long chainId,
      ChainClient home,
      Address policy,
      Enforcer enforcer,
      Thaws thaws,
      BooleanSupplier homeIsRead,
      Findings findings,
      Clock clock) {
    this.chainId = chainId;
    this.home = home;
    this.policy = policy;
    this.enforcer = enforcer;
    this.thaws = thaws;
    this.homeIsRead = homeIsRead;
    this.findings = findings;
    this.clock = clock;
  }

  /**
   * Reports the finding and, if it is new, freezes its agent, unless governance thawed the agent
   * since: a watchdog that starts again must not overrule what governance decided knowing the
   * finding. Returns at once.
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
    Optional<Instant> thawed = thaws.last(agentId).filter(at -> at.isAfter(seenAt));
    if (thawed.isPresent()) {
      done(
          findingId,
          new Deed(
              "nothing",
              chainId,
              Optional.empty(),
              "governance thawed the agent afterwards, at " + thawed.get(),
              clock.instant()));
      return;
    }
    enforcer
        .bringAbout(new Freeze(agentId))
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

    private Freeze(BigInteger agentId) {
      this.agentId = agentId;
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
      byte[] answer = home.call(policy, call("frozen").bytes());
      if (answer.length != 32) {
        throw new NodeException("frozen() answered " + answer.length + " bytes, expected 32");
      }
      boolean frozen = new BigInteger(1, answer).signum() != 0;
      return frozen ? Optional.of(new Settled(true, "the agent is frozen")) : Optional.empty();
    }

    private Bytes call(String name) {
      return Bytes.of(
          FunctionEncoder.encode(new Function(name, List.of(new Uint256(agentId)), List.of())));
    }
  }
}
