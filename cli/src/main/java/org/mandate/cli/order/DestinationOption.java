package org.mandate.cli.order;

import java.math.BigInteger;
import picocli.CommandLine.Option;

/** For which chain an order is. */
final class DestinationOption {
  @Option(
      names = "--chain",
      required = true,
      paramLabel = "ID",
      description = "The chain that is to do it.")
  private BigInteger chainId;

  BigInteger chainId() {
    return chainId;
  }
}
