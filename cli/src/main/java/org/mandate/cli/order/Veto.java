package org.mandate.cli.order;

import java.util.Set;
import java.util.concurrent.Callable;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.cli.ChainOptions;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.Guardian;
import org.mandate.cli.KeyOptions;
import org.mandate.cli.Output;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** A guardian's no to an order that waits. */
@Command(
    name = "veto",
    description = {
      "Stops an order at once, for a guardian: one that home never sent, above all.",
      "A proof that home did send it lifts the veto (mandate order confirm); what is proven ends",
      "when a second guardian vetoes it, too."
    })
final class Veto implements Callable<ExitCode> {
  @Mixin private Output output;
  @Mixin private ChainOptions at;
  @Mixin private KeyOptions key;

  @Parameters(paramLabel = "ID", description = "The order's id.")
  private String which;

  @Override
  public ExitCode call() {
    var id = Hash.of(which);
    try (var chain = at.openElsewhere()) {
      var orders = new Orders(chain);
      var standing =
          orders.require(id, Set.of(Orders.State.WAITING), "only what waits can be vetoed");
      standing.requireByMessage(id);
      var signer = key.open();
      Guardian.require(chain, signer.address());
      if (standing.proven()) {
        requireSecond(orders, id, signer.address());
      }
      var receipt =
          chain
              .sender(signer)
              .send(
                  Call.of(
                      "veto order " + id,
                      orders.address().hex(),
                      orders.contract().veto(id.bytes())));
      if (orders.standing(id).state() == Orders.State.WAITING) {
        output.line("it is proven to be home's: it ends when a second guardian vetoes it, too");
      }
      return orders.tell(id, receipt.getTransactionHash(), output);
    }
  }

  private static void requireSecond(Orders orders, Hash id, Address guardian) {
    var first =
        Sender.read("veto of a proven order", () -> orders.contract().doubtedBy(id.bytes()).send());
    if (Address.of(first).equals(guardian)) {
      throw new Failure(
          ExitCode.REFUSED,
          "order %s is proven to be home's, and %s vetoed it already: another guardian's veto ends it, or home (mandate order cancel)"
              .formatted(id, guardian));
    }
  }
}
