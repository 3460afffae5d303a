package org.mandate.cli.order;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.cli.ChainOptions;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Output;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Tells of orders, on the chain that is to do them. */
@Command(
    name = "show",
    description =
        "Shows an order on the chain that is to do it, and its calls; without an id, all of"
            + " them.")
final class Show implements Callable<ExitCode> {
  @Mixin private Output output;
  @Mixin private ChainOptions at;

  @Parameters(arity = "0..1", paramLabel = "ID", description = "The order's id.")
  private Optional<String> which = Optional.empty();

  @Override
  public ExitCode call() {
    try (var chain = at.openElsewhere()) {
      var orders = new Orders(chain);
      var wanted = which.map(Hash::of);
      var told =
          wanted.map(id -> List.of(orders.received(id))).orElseGet(() -> List.copyOf(orders.all()));
      var json = Output.object();
      var list = json.putArray("orders");
      for (var one : told) {
        var standing = orders.standing(one.id());
        output.line("%s", Orders.words(one.id(), standing));
        var node = orders.json(one.id(), standing);
        list.add(node);
        var calls = node.putArray("calls");
        for (var call : one.calls()) {
          output.line(
              "  calls %s with %s wei: %s", call.target, call.value, brief(Bytes.of(call.data)));
          calls.add(Orders.json(call));
        }
      }
      if (told.isEmpty()) {
        output.line("no order came to chain %s", chain.deployment().chainId());
      }
      output.json(json);
      return ExitCode.OK;
    }
  }

  private static String brief(Bytes data) {
    final int shown = 200;
    var hex = data.hex();
    return hex.length() <= shown ? hex : hex.substring(0, shown) + "… (--json has all of it)";
  }
}
