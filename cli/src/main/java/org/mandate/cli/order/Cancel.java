package org.mandate.cli.order;

import java.math.BigInteger;
import java.util.List;
import java.util.concurrent.Callable;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.cli.ChainOptions;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Output;
import org.mandate.cli.ProposalOptions;
import org.mandate.contracts.RemoteGovernance;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Proposes at home to stop an order for good. */
@Command(
    name = "cancel",
    description = {
      "Proposes at home to stop an order for good, also before it came, which only home's vote may.",
      "It may be the recovery authority's, too. The cancellation is an order itself and waits like one."
    })
final class Cancel implements Callable<ExitCode> {
  @Mixin private Output output;
  @Mixin private ChainOptions at;
  @Mixin private DestinationOption where;
  @Mixin private ProposalOptions proposal;

  @Parameters(paramLabel = "ID", description = "The order's id.")
  private String which;

  @Override
  public ExitCode call() {
    var id = Hash.of(which);
    try (var home = at.openHome()) {
      var orders = new Orders(home);
      var cancel =
          new RemoteGovernance.Call(
              orders.address().hex(),
              BigInteger.ZERO,
              Bytes.of(orders.contract().cancel(id.bytes()).encodeFunctionCall()).bytes());
      return Ordering.propose(
          home,
          where.chainId(),
          List.of(cancel),
          id.bytes(),
          "cancellation of order " + id,
          proposal,
          output);
    }
  }
}
