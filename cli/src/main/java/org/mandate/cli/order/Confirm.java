package org.mandate.cli.order;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.cli.Chain;
import org.mandate.cli.ChainOptions;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.HomePair;
import org.mandate.cli.HomeProofs;
import org.mandate.cli.KeyOptions;
import org.mandate.cli.Output;
import org.mandate.contracts.QuorumGateway;
import org.mandate.deploy.Call;
import org.mandate.event.ContractEvents;
import org.mandate.event.GatewayEvent;
import org.mandate.gateway.Message;
import org.mandate.gateway.MessageAbi;
import org.mandate.proof.ProofAbi;
import org.web3j.abi.EventEncoder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Shows by home's storage that it sent an order. */
@Command(
    name = "confirm",
    description = {
      "Shows by home's storage that it sent an order, with any key: one guardian's veto ends.",
      "Neither one guardian nor the closing of a gateway stops it after that. What never came is",
      "received by the proof, and begins to wait.",
      "Give a node of home and one of the chain that is to do it, to which home's block hashes"
          + " are posted."
    })
final class Confirm implements Callable<ExitCode> {
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
      orders.require(
          id,
          Set.of(
              Orders.State.NONE, Orders.State.WAITING, Orders.State.VETOED, Orders.State.REFUTED),
          "it is over");
      var message = message(pair.home(), new Orders(pair.home()).sent(id));
      var messageId = message.id(pair.home().deployment().gateway());
      var proofs = new HomeProofs(pair.home(), pair.there());
      var evidence =
          proofs.newest(
              "message %s sent".formatted(messageId),
              block ->
                  proofs
                      .sent(message.nonce(), block)
                      .filter(shown -> shown.proven().value().equals(messageId)));
      var receipt =
          pair.there()
              .sender(key.open())
              .send(
                  Call.of(
                      "confirm order " + id,
                      orders.address().hex(),
                      orders
                          .contract()
                          .confirm(
                              MessageAbi.toRemote(message),
                              ProofAbi.toRemote(evidence.shown().proof()))));
      output.line("block %d of home shows that it sent the order", evidence.block().number());
      return orders.tell(id, receipt.getTransactionHash(), output);
    }
  }

  /** What home's gateway sent, out of its own events. */
  private static Message message(Chain home, Orders.Told sent) {
    var messageId = sent.messageId().orElseThrow();
    var logs =
        home.client()
            .logs(
                sent.log().blockHash(),
                List.of(home.deployment().gateway()),
                List.of(
                    Set.of(
                        Hash.of(EventEncoder.encode(QuorumGateway.NONCEASSIGNED_EVENT)),
                        Hash.of(EventEncoder.encode(QuorumGateway.MESSAGESENT_EVENT))),
                    Set.of(messageId)));
    var events = new ArrayList<GatewayEvent>();
    for (Log log : logs) {
      ContractEvents.gateway(log).ifPresent(events::add);
    }
    Optional<BigInteger> nonce =
        events.stream()
            .filter(GatewayEvent.NonceAssigned.class::isInstance)
            .map(one -> ((GatewayEvent.NonceAssigned) one).nonce())
            .findFirst();
    return events.stream()
        .filter(GatewayEvent.MessageSent.class::isInstance)
        .map(GatewayEvent.MessageSent.class::cast)
        .filter(one -> nonce.isPresent())
        .map(
            one ->
                new Message(
                    home.deployment().chainId(),
                    nonce.get(),
                    one.sender(),
                    one.recipient(),
                    one.payload()))
        .filter(one -> one.id(home.deployment().gateway()).equals(messageId))
        .findFirst()
        .orElseThrow(
            () ->
                new Failure(
                    ExitCode.REFUSED,
                    "message %s was not sent by gateway %s of home: only that one's can be shown"
                        .formatted(messageId, home.deployment().gateway())));
  }
}
