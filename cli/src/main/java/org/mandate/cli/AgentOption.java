package org.mandate.cli;

import java.math.BigInteger;
import picocli.CommandLine.Option;

/** Which agent a command is about. */
public final class AgentOption {
  @Option(
      names = "--agent",
      required = true,
      paramLabel = "ID",
      description = "The agent's number in the registry.")
  private BigInteger id;

  public BigInteger id() {
    if (id.signum() <= 0 || id.bitLength() > 256) {
      throw new Failure(ExitCode.USAGE, "agent %s: numbers begin at 1".formatted(id));
    }
    return id;
  }
}
