package org.mandate.cli.windows;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.util.List;
import java.util.concurrent.Callable;
import org.mandate.chain.Address;
import org.mandate.cli.Chain;
import org.mandate.cli.ChainOptions;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.Group;
import org.mandate.cli.Output;
import org.mandate.cli.ProposalOptions;
import org.mandate.cli.StopsOption;
import org.mandate.cli.Words;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.deploy.Call;
import org.mandate.deploy.Contracts;
import org.mandate.deploy.Sender;
import org.mandate.gateway.WindowTable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows and changes how long what was delivered waits. */
@Command(
    name = "windows",
    description = {
      "Show how long what was delivered waits, open to dispute, and propose to change it.",
      "Payments of an asset wait by their amount: with every relayer's signature the shorter time, with as many as",
      "deliver the longer, twice as long for each level of the agent's risk. What no step covers, and every call,",
      "waits for the dispute window or longer."
    },
    subcommands = {WindowsCommand.Show.class, WindowsCommand.Propose.class})
public final class WindowsCommand extends Group {

  @Command(
      name = "show",
      description =
          "Shows of each chain given the dispute window, the floor that guardians set, and the steps of assets.")
  static final class Show implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;

    @Option(
        names = "--asset",
        paramLabel = "ADDRESS",
        description =
            "ERC-20, zero for the chain's coin; once for each. Else the coin and the test token.")
    private List<String> assets = List.of();

    @Override
    public ExitCode call() {
      var json = Output.object();
      var list = json.putArray("chains");
      for (var open : at.open()) {
        try (var chain = open) {
          list.add(chain.deployment().isHome() ? home(chain) : elsewhere(chain));
        }
      }
      output.json(json);
      return ExitCode.OK;
    }

    private ObjectNode home(Chain chain) {
      var window = Sender.read("dispute window", () -> chain.executor().disputeWindow().send());
      output.line(
          "chain %s (home): a result waits %s before it is settled",
          chain.deployment().chainId(), Words.seconds(window.longValueExact()));
      return Output.object()
          .put("chainId", chain.deployment().chainId().toString())
          .put("home", true)
          .put("disputeWindow", window.toString());
    }

    private ObjectNode elsewhere(Chain chain) {
      var executor = chain.destinationExecutor();
      var window = Sender.read("dispute window", () -> executor.disputeWindow().send());
      var floor = Sender.read("floor", () -> executor.floor().send());
      var stops = Sender.read("stops", () -> executor.stops().send());
      output.line(
          "chain %s: what no step covers waits %s%s",
          chain.deployment().chainId(),
          Words.seconds(window.longValueExact()),
          floor.signum() == 0
              ? ""
              : ", everything at least " + Words.seconds(floor.longValueExact()));
      var json =
          Output.object()
              .put("chainId", chain.deployment().chainId().toString())
              .put("home", false)
              .put("disputeWindow", window.toString())
              .put("floor", floor.toString())
              .put("stops", stops.toString());
      var list = json.putArray("assets");
      for (var asset : asked(chain)) {
        var table = table(executor, asset);
        output.line("  %s: %s", Words.asset(asset), table.isEmpty() ? "no steps" : "");
        var one = list.addObject().put("asset", asset.hex());
        var steps = one.putArray("steps");
        for (var step : table) {
          output.line(
              "    up to %s: %s with all signatures, %s with as many as deliver",
              Words.amount(asset, step.upTo()),
              Words.seconds(step.full()),
              Words.seconds(step.bare()));
          steps
              .addObject()
              .put("upTo", step.upTo().toString())
              .put("bare", step.bare())
              .put("full", step.full());
        }
      }
      return json;
    }

    private List<Address> asked(Chain chain) {
      if (!assets.isEmpty()) {
        return assets.stream().map(Address::of).toList();
      }
      return Contracts.testToken(chain.deployment())
          .map(token -> List.of(Address.ZERO, token))
          .orElse(List.of(Address.ZERO));
    }
  }

  @Command(
      name = "propose",
      description = {
        "Proposes the steps of one asset on one chain: only governance may.",
        "The proposal names the stops so far: when a guardian lengthens windows before it is executed, it has no effect."
      })
  static final class Propose implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private StopsOption stops;
    @Mixin private ProposalOptions proposal;

    @Option(
        names = "--asset",
        required = true,
        paramLabel = "ADDRESS",
        description = "ERC-20; zero for the chain's coin.")
    private String asset;

    @Option(
        names = "--step",
        paramLabel = "UPTO:BARE:FULL",
        description =
            "Payments of at most UPTO wait BARE seconds, with all signatures FULL; once for each, at most four, from small to large. Without any: for the dispute window.")
    private List<String> steps = List.of();

    @Override
    public ExitCode call() {
      var table = new WindowTable(steps.stream().map(Propose::step).toList());
      var chains = at.open();
      try (var chain = chains.getFirst()) {
        if (chains.size() > 1) {
          throw new Failure(ExitCode.USAGE, "each chain has windows of its own: give one --rpc");
        }
        var executor = chain.destinationExecutor();
        var of = Address.of(asset);
        if (table(executor, of).equals(table.steps())) {
          throw new Failure(ExitCode.NO, "that is what the chain has already");
        }
        var known =
            stops.expected(
                "the executor of chain " + chain.deployment().chainId(),
                Sender.read("stops", () -> executor.stops().send()));
        var call =
            Call.of(
                "%d steps of windows of %s".formatted(table.steps().size(), Words.asset(of)),
                chain.deployment().executor().hex(),
                executor.setWindows(
                    of.hex(),
                    table.steps().stream()
                        .map(
                            step ->
                                new DestinationExecutor.Step(
                                    step.upTo(),
                                    BigInteger.valueOf(step.bare()),
                                    BigInteger.valueOf(step.full())))
                        .toList(),
                    known));
        var json = Output.object().put("stops", known.toString());
        var text =
            "Chain %s: %s, as of block %d"
                .formatted(
                    chain.deployment().chainId(), call.what(), chain.client().head().number());
        proposal.proceed(chain, List.of(call), text, output, json);
        output.json(json);
        return ExitCode.OK;
      }
    }

    private static WindowTable.Step step(String text) {
      var parts = text.split(":");
      if (parts.length != 3 || !text.matches("[0-9:]+")) {
        throw new Failure(
            ExitCode.USAGE,
            "--step %s is not UPTO:BARE:FULL, such as 300000000:60:10".formatted(text));
      }
      return new WindowTable.Step(
          new BigInteger(parts[0]), Long.parseLong(parts[1]), Long.parseLong(parts[2]));
    }
  }

  private static List<WindowTable.Step> table(DestinationExecutor executor, Address asset) {
    List<?> steps = Sender.read("windows", () -> executor.windows(asset.hex()).send());
    return steps.stream()
        .map(DestinationExecutor.Step.class::cast)
        .map(
            step ->
                new WindowTable.Step(
                    step.upTo, step.bare.longValueExact(), step.full.longValueExact()))
        .toList();
  }
}
