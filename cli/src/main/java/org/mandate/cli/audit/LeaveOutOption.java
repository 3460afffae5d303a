package org.mandate.cli.audit;

import java.math.BigInteger;
import java.util.Set;
import picocli.CommandLine.Option;

/** Chains that an audit does without, which its verdict then says. */
final class LeaveOutOption {
  @Option(
      names = "--leave-out",
      paramLabel = "CHAIN",
      description =
          "Id of a chain that home registers and that need not be looked at, repeatable; the verdict then says nothing of it. Home can't be left out.")
  private Set<BigInteger> chains = Set.of();

  Set<BigInteger> chains() {
    return Set.copyOf(chains);
  }
}
