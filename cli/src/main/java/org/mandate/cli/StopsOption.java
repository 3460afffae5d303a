package org.mandate.cli;

import java.math.BigInteger;
import java.util.Optional;
import picocli.CommandLine.Option;

/**
 * The stops that a decision knows of. A thaw and an activation name them, so that they never undo a
 * stop that came later.
 */
public final class StopsOption {
  @Option(
      names = "--stops",
      paramLabel = "N",
      description =
          "How often the agent had been stopped when this was decided (default: what the chain says now).")
  private Optional<BigInteger> known = Optional.empty();

  public boolean given() {
    return known.isPresent();
  }

  /**
   * The number to put into the proposal.
   *
   * @param now what the contract counts now
   * @throws Failure when the agent was stopped since: the contract would refuse the proposal
   */
  public BigInteger expected(BigInteger agentId, BigInteger now) {
    if (known.isPresent() && !known.get().equals(now)) {
      throw new Failure(
          ExitCode.REFUSED,
          "agent %s was stopped %s times so far, not %s: look at the last stop, then decide again with --stops %s"
              .formatted(agentId, now, known.get(), now));
    }
    return now;
  }
}
