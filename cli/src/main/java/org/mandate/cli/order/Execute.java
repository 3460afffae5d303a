package org.mandate.cli.order;

import java.math.BigInteger;
import java.util.Set;
import java.util.concurrent.Callable;
import org.mandate.chain.Hash;
import org.mandate.cli.ChainOptions;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.KeyOptions;
import org.mandate.cli.Output;
import org.mandate.cli.Words;
import org.mandate.deploy.Call;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes the calls of an order that has waited. */
@Command(
    name = "execute",
    description = {
      "Makes the calls of an order that has waited, with any key: all of them, or none when one"
          + " fails.",
      "Native coin that they send along is what the contract there holds, or what --value adds."
    })
final class Execute implements Callable<ExitCode> {
  @Mixin private Output output;
  @Mixin private ChainOptions at;
  @Mixin private KeyOptions key;

  @Parameters(paramLabel = "ID", description = "The order's id.")
  private String which;

  @Option(
      names = "--value",
      paramLabel = "WEI",
      defaultValue = "0",
      description = "Native coin to hand along (default: none).")
  private BigInteger value;

  @Override
  public ExitCode call() {
    var id = Hash.of(which);
    if (value.signum() < 0) {
      throw new Failure(ExitCode.USAGE, "--value %s is below 0 wei".formatted(value));
    }
    try (var chain = at.openElsewhere()) {
      var orders = new Orders(chain);
      var standing =
          orders.require(id, Set.of(Orders.State.WAITING), "only what waits can be executed");
      var now = chain.client().head().timestamp().getEpochSecond();
      if (now < standing.from() || now > standing.deadline()) {
        throw new Failure(
            ExitCode.REFUSED,
            "%s; it is %s".formatted(Orders.words(id, standing), Words.time(now)));
      }
      var told = orders.received(id);
      var contract = orders.contract();
      var call =
          Call.of(
              "execute order " + id,
              orders.address().hex(),
              told.messageId().isPresent()
                  ? contract.execute(told.calls(), told.salt(), BigInteger.ZERO)
                  : contract.recover(told.calls(), told.salt(), BigInteger.ZERO));
      var receipt =
          chain.sender(key.open()).send(new Call(call.what(), call.to(), value, call.data()));
      return orders.tell(id, receipt.getTransactionHash(), output);
    }
  }
}
