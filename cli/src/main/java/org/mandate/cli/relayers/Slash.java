package org.mandate.cli.relayers;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.cli.Chain;
import org.mandate.cli.ChainOptions;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.KeyOptions;
import org.mandate.cli.Output;
import org.mandate.cli.Words;
import org.mandate.cli.bond.BondCommand;
import org.mandate.contracts.RelayerBonds;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;
import org.mandate.gateway.AttestationDomain;
import org.mandate.gateway.MessageAbi;
import org.mandate.signer.Signature;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Takes the bonds of relayers who vouched for what home never sent. */
@Command(
    name = "slash",
    description = {
      "Takes the bonds of relayers who vouched for a message that home never sent: with any key.",
      "The evidence is the transaction that delivered it, on any chain: who signed is read from it."
          + " Half goes to",
      "--payee, half to the treasury. Give a node of home and one of that chain.",
      "Exit code 1: home sent every message in it, or whoever vouched has nothing bonded."
    })
public final class Slash implements Callable<ExitCode> {
  @Mixin private Output output;
  @Mixin private ChainOptions at;
  @Mixin private KeyOptions key;

  @Option(
      names = "--transaction",
      required = true,
      paramLabel = "HASH",
      description = "That delivered the message.")
  private String transaction;

  @Option(
      names = "--payee",
      paramLabel = "ADDRESS",
      description = "Who gets the half; that of --key when nothing is said.")
  private Optional<String> payee = Optional.empty();

  @Override
  public ExitCode call() {
    var hash = Hash.of(transaction);
    var signer = key.open();
    var chains = at.open();
    try {
      var home =
          chains.stream()
              .filter(chain -> chain.deployment().isHome())
              .findFirst()
              .orElseThrow(
                  () ->
                      new Failure(
                          ExitCode.USAGE, "bonds lie at home: give --rpc of a node of home too"));
      var delivery = Delivery.read(AttestationDomain.of(home.deployment()), input(chains, hash));
      var lie =
          delivery.messages().stream()
              .filter(one -> isLie(home, one))
              .findFirst()
              .orElseThrow(
                  () ->
                      new Failure(
                          ExitCode.NO,
                          "home sent each of the %d messages that the transaction delivered: nobody lied"
                              .formatted(delivery.messages().size())));
      return slash(
          home,
          delivery,
          lie,
          chain -> chain.sender(signer),
          payee.map(Address::of).orElse(signer.address()));
    } finally {
      chains.forEach(Chain::close);
    }
  }

  private static String input(List<Chain> chains, Hash hash) {
    return chains.stream()
        .flatMap(
            chain ->
                Sender.read(
                    "transaction", () -> chain.web3j().ethGetTransactionByHash(hash.hex()).send())
                    .getTransaction()
                    .stream())
        .map(found -> found.getInput())
        .findFirst()
        .orElseThrow(
            () ->
                new Failure(
                    ExitCode.CONFIGURATION,
                    "no node that was given has transaction %s: give --rpc of its chain"
                        .formatted(hash)));
  }

  private static boolean isLie(Chain home, Delivery.Carried one) {
    if (!one.message().sourceChainId().equals(home.deployment().chainId())) {
      return false;
    }
    var sent = Sender.read("message", () -> home.gateway().sent(one.message().nonce()).send());
    return !Hash.of(sent).equals(one.id());
  }

  private interface AsSender {
    Sender on(Chain chain);
  }

  private ExitCode slash(
      Chain home, Delivery delivery, Delivery.Carried lie, AsSender as, Address to) {
    var bonds = home.relayerBonds();
    var json = Output.object().put("messageId", lie.id().hex()).put("payee", to.hex());
    var list = json.putArray("relayers");
    output.line("message %s was never sent by home", lie.id());
    var slashed = 0;
    for (int i = 0; i < delivery.signers().size(); i++) {
      var relayer = delivery.signers().get(i);
      var before = BondCommand.State.of(bonds, relayer);
      var all = before.bonded().add(before.unbonding());
      var one = list.addObject().put("relayer", relayer.hex()).put("lost", all.toString());
      if (all.signum() == 0) {
        output.line("  %s vouched for it and has nothing bonded", relayer.checksummed());
        continue;
      }
      var receipt =
          as.on(home)
              .send(
                  Call.of(
                      "slash " + relayer,
                      home.deployment().relayerBonds().orElseThrow().hex(),
                      bonds.slashUndispatched(
                          MessageAbi.toBonds(lie.message()),
                          MessageAbi.toContract(lie.proof()),
                          signature(delivery, i),
                          to.hex())));
      var reward =
          RelayerBonds.getSlashedEvents(receipt).stream()
              .map(event -> event.reward)
              .reduce(BigInteger.ZERO, BigInteger::add);
      slashed++;
      one.put("reward", reward.toString()).put("transaction", receipt.getTransactionHash());
      output.line(
          "  %s vouched for it and lost %s, %s of it to %s; transaction %s",
          relayer.checksummed(),
          Words.amount(Address.ZERO, all),
          Words.amount(Address.ZERO, reward),
          to.checksummed(),
          receipt.getTransactionHash());
    }
    output.json(json.put("slashed", slashed));
    return slashed > 0 ? ExitCode.OK : ExitCode.NO;
  }

  private static byte[] signature(Delivery delivery, int index) {
    var from = index * Signature.COMPACT_SIZE;
    return Arrays.copyOfRange(delivery.signatures().bytes(), from, from + Signature.COMPACT_SIZE);
  }
}
