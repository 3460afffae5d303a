package org.mandate.cli.relayers;

import java.math.BigInteger;
import java.util.List;
import java.util.concurrent.Callable;
import org.mandate.chain.Address;
import org.mandate.cli.Chain;
import org.mandate.cli.ChainOptions;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.Guardian;
import org.mandate.cli.Output;
import org.mandate.cli.ProposalOptions;
import org.mandate.cli.StopsOption;
import org.mandate.cli.Words;
import org.mandate.cli.bond.BondCommand;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Who attests messages: shown, and replaced. */
public final class RelayerSet {
  private static final long LONGEST_OVERLAP = 7 * 86_400;

  private RelayerSet() {}

  @Command(
      name = "show",
      description =
          "Shows of each chain given who attests its messages, who did before, and what they bonded.")
  public static final class Show implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;

    @Override
    public ExitCode call() {
      var json = Output.object();
      var list = json.putArray("chains");
      for (var open : at.open()) {
        try (var chain = open) {
          var gateway = chain.gateway();
          var quorum = Sender.read("relayers", () -> gateway.quorum().send());
          var former = Sender.read("former relayers", () -> gateway.previousQuorum().send());
          var stops = Sender.read("stops", () -> gateway.stops().send());
          var one =
              list.addObject()
                  .put("chainId", chain.deployment().chainId().toString())
                  .put("gateway", chain.deployment().gateway().hex())
                  .put("threshold", quorum.component2().intValueExact())
                  .put("stops", stops.toString());
          output.line(
              "chain %s: %s of %s relayers deliver",
              chain.deployment().chainId(), quorum.component2(), quorum.component1().size());
          var relayers = one.putArray("relayers");
          for (var relayer : quorum.component1().stream().map(Address::of).toList()) {
            var node = relayers.addObject().put("relayer", relayer.hex());
            if (chain.deployment().relayerBonds().isPresent()) {
              var bond = BondCommand.State.of(chain.relayerBonds(), relayer);
              output.line("  %s", bond.words());
              node.setAll(bond.json());
            } else {
              output.line("  %s", relayer.checksummed());
            }
          }
          if (!former.component1().isEmpty()) {
            var before =
                one.putObject("former")
                    .put("threshold", former.component2().intValueExact())
                    .put("until", former.component3().toString())
                    .putArray("relayers");
            output.line(
                "  until %s as well %s of the %s before:",
                Words.time(former.component3().longValueExact()),
                former.component2(),
                former.component1().size());
            for (var relayer : former.component1().stream().map(Address::of).toList()) {
              output.line("    %s", relayer.checksummed());
              before.add(relayer.hex());
            }
          }
        }
      }
      output.json(json);
      return ExitCode.OK;
    }
  }

  @Command(
      name = "rotate",
      description = {
        "Proposes other relayers for one chain: only governance may.",
        "With an overlap, those before count as well for that long, so that nothing on its way is lost. The proposal",
        "names the stops so far: when a guardian takes a relayer out before it is executed, it has no effect."
      })
  public static final class Rotate implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private StopsOption stops;
    @Mixin private ProposalOptions proposal;

    @Option(
        names = "--relayer",
        required = true,
        paramLabel = "ADDRESS",
        description = "One of them; once for each.")
    private List<String> relayers;

    @Option(
        names = "--threshold",
        required = true,
        paramLabel = "N",
        description = "How many deliver a message: more than half.")
    private int threshold;

    @Option(
        names = "--overlap",
        paramLabel = "SECONDS",
        defaultValue = "86400",
        description =
            "How long those before count as well, at most 604800 (default: ${DEFAULT-VALUE}).")
    private long overlap;

    @Override
    public ExitCode call() {
      var set = relayers.stream().map(Address::of).distinct().sorted().toList();
      if (set.size() != relayers.size()) {
        throw new Failure(ExitCode.USAGE, "a relayer is named twice");
      }
      if (threshold <= set.size() / 2 || threshold > set.size()) {
        throw new Failure(
            ExitCode.USAGE,
            "threshold %d is not more than half of %d relayers, or more than all"
                .formatted(threshold, set.size()));
      }
      if (overlap < 0 || overlap > LONGEST_OVERLAP) {
        throw new Failure(
            ExitCode.USAGE,
            "overlap %d s is not within 0 to %d s".formatted(overlap, LONGEST_OVERLAP));
      }
      var chains = at.open();
      try (var chain = chains.getFirst()) {
        if (chains.size() > 1) {
          throw new Failure(ExitCode.USAGE, "each chain has relayers of its own: give one --rpc");
        }
        return propose(chain, set);
      }
    }

    private ExitCode propose(Chain chain, List<Address> set) {
      var before = chain.relayers();
      for (var address : set) {
        if (Guardian.is(chain, address)) {
          throw new Failure(
              ExitCode.REFUSED,
              "%s is a guardian on chain %s: who watches must not be who is watched"
                  .formatted(address, chain.deployment().chainId()));
        }
      }
      var gateway = chain.gateway();
      var known =
          stops.expected("the set of relayers", Sender.read("stops", () -> gateway.stops().send()));
      var come = set.stream().filter(one -> !before.contains(one)).toList();
      var go = before.stream().filter(one -> !set.contains(one)).toList();
      come.forEach(one -> output.line("  comes: %s", one.checksummed()));
      go.forEach(one -> output.line("  goes: %s", one.checksummed()));
      var call =
          Call.of(
              "%d of %d relayers deliver, those before count for %s more"
                  .formatted(threshold, set.size(), Words.seconds(overlap)),
              chain.deployment().gateway().hex(),
              gateway.setRelayers(
                  set.stream().map(Address::hex).toList(),
                  BigInteger.valueOf(threshold),
                  BigInteger.valueOf(overlap),
                  known));
      var json = Output.object().put("stops", known.toString());
      var comes = json.putArray("comes");
      come.forEach(one -> comes.add(one.hex()));
      var goes = json.putArray("goes");
      go.forEach(one -> goes.add(one.hex()));
      var text =
          "Chain %s: %s, as of block %d"
              .formatted(chain.deployment().chainId(), call.what(), chain.client().head().number());
      proposal.proceed(chain, List.of(call), text, output, json);
      output.json(json);
      return ExitCode.OK;
    }
  }
}
