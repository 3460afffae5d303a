package org.mandate.cli.bond;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.mandate.chain.Address;
import org.mandate.cli.Chain;
import org.mandate.cli.ChainOptions;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.Group;
import org.mandate.cli.KeyOptions;
import org.mandate.cli.Output;
import org.mandate.cli.Words;
import org.mandate.contracts.RelayerBonds;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows, adds and takes back what relayers lose when they lie. */
@Command(
    name = "bond",
    description = {
      "Show, add and take back relayers' bonds, in home's coin.",
      "Whoever shows a relayer's signature under a message that home never sent takes the whole"
          + " bond, half for",
      "himself, half for the treasury; also what is on its way back, until it is withdrawn."
    },
    subcommands = {
      BondCommand.Status.class,
      BondCommand.Add.class,
      BondCommand.Unbond.class,
      BondCommand.Withdraw.class,
      BondCommand.Rebond.class
    })
public final class BondCommand extends Group {

  @Command(
      name = "status",
      description = "Says what relayers have bonded; of all, or of those given.")
  static final class Status implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;

    @Parameters(paramLabel = "RELAYER", arity = "0..*", description = "Relayers' addresses.")
    private List<String> relayers = List.of();

    @Override
    public ExitCode call() {
      try (var chain = at.openHome()) {
        var bonds = chain.relayerBonds();
        var json = Output.object();
        var seconds = Sender.read("unbonding", () -> bonds.UNBONDING().send());
        var owed = Sender.read("owed to the treasury", () -> bonds.owedToTreasury().send());
        var list =
            json.put("bonds", chain.deployment().relayerBonds().orElseThrow().hex())
                .put("unbondingSeconds", seconds.toString())
                .put("owedToTreasury", owed.toString())
                .putArray("relayers");
        var asked =
            relayers.isEmpty() ? chain.relayers() : relayers.stream().map(Address::of).toList();
        for (var relayer : asked) {
          var state = State.of(bonds, relayer);
          output.line("%s", state.words());
          list.add(state.json());
        }
        output.line(
            "what is called back can be taken for %s; the treasury has %s to collect",
            Words.seconds(seconds.longValueExact()), coins(owed));
        output.json(json);
        return ExitCode.OK;
      }
    }
  }

  @Command(name = "add", description = "Adds to a relayer's bond: with any key, for any relayer.")
  static final class Add implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private KeyOptions key;

    @Option(
        names = "--amount",
        required = true,
        paramLabel = "WEI",
        description = "How much, in wei.")
    private BigInteger amount;

    @Option(
        names = "--relayer",
        paramLabel = "ADDRESS",
        description = "Whose bond; that of --key when nothing is said.")
    private Optional<String> relayer = Optional.empty();

    @Override
    public ExitCode call() {
      positive(amount);
      var signer = key.open();
      try (var chain = at.openHome()) {
        var whose = relayer.map(Address::of).orElse(signer.address());
        var bonds = chain.relayerBonds();
        var call = Call.of("bond", address(chain), bonds.bond(whose.hex(), BigInteger.ZERO));
        var receipt =
            chain.sender(signer).send(new Call(call.what(), call.to(), amount, call.data()));
        return show(output, State.of(bonds, whose), receipt.getTransactionHash());
      }
    }
  }

  @Command(
      name = "unbond",
      description = {
        "Calls part of the relayer's own bond back: it can be withdrawn after a while, and slashed"
            + " until then.",
        "To call back more begins that while anew for all of it."
      })
  static final class Unbond implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private KeyOptions key;

    @Option(
        names = "--amount",
        required = true,
        paramLabel = "WEI",
        description = "How much, in wei.")
    private BigInteger amount;

    @Override
    public ExitCode call() {
      positive(amount);
      var signer = key.open();
      try (var chain = at.openHome()) {
        var bonds = chain.relayerBonds();
        var before = State.of(bonds, signer.address());
        if (amount.compareTo(before.bonded()) > 0) {
          throw new Failure(
              ExitCode.REFUSED,
              "%s is more than is bonded: %s".formatted(coins(amount), before.words()));
        }
        requireLeft(chain, signer.address());
        var receipt =
            chain.sender(signer).send(Call.of("unbond", address(chain), bonds.unbond(amount)));
        return show(output, State.of(bonds, signer.address()), receipt.getTransactionHash());
      }
    }
  }

  @Command(
      name = "withdraw",
      description = "Pays out what the relayer called back, when it has waited.")
  static final class Withdraw implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private KeyOptions key;

    @Option(
        names = "--to",
        paramLabel = "ADDRESS",
        description = "Who gets it; the relayer itself when nothing is said.")
    private Optional<String> to = Optional.empty();

    @Override
    public ExitCode call() {
      var signer = key.open();
      try (var chain = at.openHome()) {
        var bonds = chain.relayerBonds();
        var before = State.of(bonds, signer.address());
        if (before.unbonding().signum() == 0) {
          throw new Failure(
              ExitCode.NO,
              "%s: nothing was called back (mandate bond unbond)".formatted(before.words()));
        }
        if (chain.client().head().timestamp().getEpochSecond() < before.withdrawableAt()) {
          throw new Failure(ExitCode.REFUSED, "%s; wait until then".formatted(before.words()));
        }
        requireLeft(chain, signer.address());
        var payee = to.map(Address::of).orElse(signer.address());
        var receipt =
            chain
                .sender(signer)
                .send(Call.of("withdraw", address(chain), bonds.withdraw(payee.hex())));
        return show(output, State.of(bonds, signer.address()), receipt.getTransactionHash());
      }
    }
  }

  @Command(
      name = "rebond",
      description = {
        "Puts into a relayer's bond again what it called back before it was named: with any key.",
        "Watchdogs do so by themselves."
      })
  static final class Rebond implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private KeyOptions key;

    @Option(
        names = "--relayer",
        required = true,
        paramLabel = "ADDRESS",
        description = "Whose bond.")
    private String relayer;

    @Override
    public ExitCode call() {
      var signer = key.open();
      try (var chain = at.openHome()) {
        var whose = Address.of(relayer);
        var bonds = chain.relayerBonds();
        var before = State.of(bonds, whose);
        if (before.unbonding().signum() == 0) {
          throw new Failure(ExitCode.NO, "%s: nothing was called back".formatted(before.words()));
        }
        if (!isRelayer(chain, whose)) {
          throw new Failure(
              ExitCode.REFUSED,
              "%s is no relayer at home: what it called back is its own"
                  .formatted(whose.checksummed()));
        }
        var receipt =
            chain.sender(signer).send(Call.of("rebond", address(chain), bonds.rebond(whose.hex())));
        return show(output, State.of(bonds, whose), receipt.getTransactionHash());
      }
    }
  }

  private static ExitCode show(Output output, State state, String transaction) {
    output.line("%s; transaction %s", state.words(), transaction);
    output.json(state.json().put("transaction", transaction));
    return ExitCode.OK;
  }

  private static String address(Chain chain) {
    return chain.deployment().relayerBonds().orElseThrow().hex();
  }

  /** A relayer's lie of the last moment must cost what lay here all the time. */
  private static void requireLeft(Chain chain, Address relayer) {
    if (isRelayer(chain, relayer)) {
      throw new Failure(
          ExitCode.REFUSED,
          "%s is a relayer at home, or was one whose signature still counts: its bond stays until governance has replaced it (mandate relayer rotate) and the overlap is over"
              .formatted(relayer.checksummed()));
    }
  }

  private static boolean isRelayer(Chain chain, Address relayer) {
    return Sender.read(
        "whether it is a relayer", () -> chain.gateway().isRelayer(relayer.hex()).send());
  }

  private static void positive(BigInteger amount) {
    if (amount.signum() <= 0) {
      throw new Failure(ExitCode.USAGE, "--amount %s is not above 0 wei".formatted(amount));
    }
  }

  private static String coins(BigInteger wei) {
    return Words.amount(Address.ZERO, wei);
  }

  /**
   * A relayer's bond.
   *
   * @param unbonding wei that were called back
   * @param withdrawableAt unix seconds; of what was called back
   */
  public record State(
      Address relayer, BigInteger bonded, BigInteger unbonding, long withdrawableAt) {
    public static State of(RelayerBonds bonds, Address relayer) {
      var answer = Sender.read("bond of " + relayer, () -> bonds.bondOf(relayer.hex()).send());
      return new State(
          relayer, answer.component1(), answer.component2(), answer.component3().longValueExact());
    }

    public String words() {
      return "%s has bonded %s%s"
          .formatted(
              relayer.checksummed(),
              coins(bonded),
              unbonding.signum() == 0
                  ? ""
                  : ", and called back %s, from %s on"
                      .formatted(coins(unbonding), Words.time(withdrawableAt)));
    }

    public ObjectNode json() {
      return Output.object()
          .put("relayer", relayer.hex())
          .put("bonded", bonded.toString())
          .put("unbonding", unbonding.toString())
          .put("withdrawableAt", Long.toString(withdrawableAt));
    }
  }
}
