package org.mandate.cli;

import java.math.BigInteger;
import java.util.Optional;
import picocli.CommandLine.Option;

/**
 * The stops that a decision knows of. A thaw, an activation and the reset of a breaker name them,
 * so that they never undo a stop that came later.
 */
public final class StopsOption {
  @Option(
      names = "--stops",
      paramLabel = "N",
      description =
          "How often it had been stopped when this was decided (default: what the chain says now).")
  private Optional<BigInteger> known = Optional.empty();

  public boolean given() {
    return known.isPresent();
  }

  /**
   * The number to put into the proposal.
   *
   * @param what was stopped, in words
   * @param now what the contract counts now
   * @throws Failure when it was stopped since: the contract would refuse the proposal
   */
  public BigInteger expected(String what, BigInteger now) {
    if (known.isPresent() && !known.get().equals(now)) {
      throw new Failure(
          ExitCode.REFUSED,
          "%s was stopped %s times so far, not %s: look at the last stop, then decide again with --stops %s"
              .formatted(what, now, known.get(), now));
    }
    return now;
  }
}
