package org.mandate.cli.order;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.mandate.chain.Hash;
import org.mandate.cli.Chain;
import org.mandate.cli.ChainOptions;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.HomePair;
import org.mandate.cli.HomeProofs;
import org.mandate.cli.KeyOptions;
import org.mandate.cli.Output;
import org.mandate.cli.relayers.Delivery;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;
import org.mandate.gateway.Message;
import org.mandate.gateway.MessageAbi;
import org.mandate.proof.ProofAbi;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Shows by home's storage that it never sent what brought an order. */
@Command(
    name = "refute",
    description = {
      "Shows by home's storage that it never sent the message that brought an order, with any"
          + " key: it ends.",
      "Give a node of home and one of the chain that would do it, to which home's block hashes"
          + " are posted."
    })
final class Refute implements Callable<ExitCode> {
  /** The contracts want a younger block for what home has not sent: clocks differ. */
  private static final Duration SKEW = Duration.ofHours(1);

  @Mixin private Output output;
  @Mixin private ChainOptions at;
  @Mixin private KeyOptions key;

  @Parameters(paramLabel = "ID", description = "The order's id.")
  private String which;

  @Override
  public ExitCode call() {
    var id = Hash.of(which);
    try (var pair = HomePair.open(at)) {
      var orders = new Orders(pair.there());
      var standing =
          orders.require(id, Set.of(Orders.State.WAITING), "only what waits can be refuted");
      requireDoubtful(id, standing);
      var received = orders.received(id);
      var message =
          Delivery.in(pair.there(), received.log().transaction())
              .carried(standing.messageId())
              .message();
      requireNotSent(pair.home(), message, standing.messageId());
      var late = Instant.ofEpochSecond(standing.since()).plus(SKEW);
      var proofs = new HomeProofs(pair.home(), pair.there());
      var evidence =
          proofs.newest(
              "that home never sent message %s as its number %s (another one under it, or, from %s on, that it had not come to it)"
                  .formatted(standing.messageId(), message.nonce(), late),
              block ->
                  proofs
                      .sent(message.nonce(), block)
                      .or(
                          () ->
                              block.timestamp().isBefore(late)
                                  ? Optional.empty()
                                  : proofs.notYetSent(message.nonce(), block)));
      var receipt =
          pair.there()
              .sender(key.open())
              .send(
                  Call.of(
                      "refute order " + id,
                      orders.address().hex(),
                      orders
                          .contract()
                          .refute(
                              id.bytes(),
                              MessageAbi.toRemote(message),
                              ProofAbi.toRemote(evidence.shown().proof()))));
      output.line("block %d of home shows that it never sent the order", evidence.block().number());
      return orders.tell(id, receipt.getTransactionHash(), output);
    }
  }

  private static void requireNotSent(Chain home, Message message, Hash messageId) {
    var sent = Sender.read("message", () -> home.gateway().sent(message.nonce()).send());
    if (Hash.of(sent).equals(messageId)) {
      throw new Failure(
          ExitCode.REFUSED,
          "home did send message %s: there is nothing to refute (mandate order confirm shows it)"
              .formatted(messageId));
    }
  }

  private static void requireDoubtful(Hash id, Orders.Standing standing) {
    if (standing.proven()) {
      throw new Failure(
          ExitCode.REFUSED,
          "order %s is proven to be home's: home cancels it (mandate order cancel), or two guardians veto it (mandate order veto)"
              .formatted(id));
    }
    standing.requireByMessage(id);
  }
}
