package org.mandate.cli.breaker;

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
import org.mandate.cli.ProposalOptions;
import org.mandate.cli.StopsOption;
import org.mandate.cli.Words;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;
import org.mandate.policy.Breaker;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows, trips and resets what stops all agents together. */
@Command(
    name = "breaker",
    description = {
      "Show, trip and reset the breakers above the agents: everything, a chain, an asset.",
      "Each chain's account has its own: at home they stop what is judged, elsewhere what is paid."
    },
    subcommands = {
      BreakerCommand.Show.class,
      BreakerCommand.Trip.class,
      BreakerCommand.Reset.class
    })
public final class BreakerCommand extends Group {

  /** Which one. */
  static final class Which {
    @Option(names = "--everything", required = true, description = "All agents, all that leaves.")
    private boolean everything;

    @Option(
        names = "--of-chain",
        required = true,
        paramLabel = "ID",
        description = "What is spent on that chain.")
    private Optional<BigInteger> chain = Optional.empty();

    @Option(
        names = "--of-asset",
        required = true,
        paramLabel = "ADDRESS",
        description = "One asset, on all chains; zero is the chain's coin.")
    private Optional<String> asset = Optional.empty();

    Breaker breaker() {
      return chain
          .<Breaker>map(Breaker.OfChain::new)
          .or(() -> asset.map(Address::of).map(Breaker.OfAsset::new))
          .orElseGet(Breaker.Everything::new);
    }
  }

  @Command(name = "show", description = "Says whether a breaker is tripped on each chain given.")
  static final class Show implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;

    @ArgGroup(exclusive = true, multiplicity = "1")
    private Which which;

    @Override
    public ExitCode call() {
      var json = Output.object();
      var list = json.putArray("chains");
      for (var open : at.open()) {
        try (var chain = open) {
          var state = State.of(chain, which.breaker());
          output.line(
              "chain %s, %s: %s, tripped %s times so far",
              chain.deployment().chainId(),
              words(which.breaker()),
              state.tripped() ? "TRIPPED" : "not tripped",
              state.stops());
          list.add(state.json(chain));
        }
      }
      output.json(json);
      return ExitCode.OK;
    }
  }

  @Command(
      name = "trip",
      description =
          "Stops at once, on each chain given: for a guardian or the owner of the funds. Only governance resets it.")
  static final class Trip implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private KeyOptions key;

    @ArgGroup(exclusive = true, multiplicity = "1")
    private Which which;

    /** Refuses before anything is sent. No agent has the number 0: guardians are asked for. */
    private static void requireStopper(Chain chain, Address account) {
      var owner = Sender.read("owner", () -> chain.account().OWNER().send());
      var guardian =
          Sender.read(
              "whether " + account + " is a guardian",
              () -> chain.registry().isTightener(BigInteger.ZERO, account.hex()).send());
      if (!guardian && !Address.of(owner).equals(account)) {
        throw new Failure(
            ExitCode.REFUSED,
            "%s is neither a guardian on chain %s nor the owner of its funds, who alone may stop it at once: use one of their keys, or have governance do it"
                .formatted(account, chain.deployment().chainId()));
      }
    }

    @Override
    public ExitCode call() {
      var signer = key.open();
      var json = Output.object();
      var list = json.putArray("chains");
      for (var open : at.open()) {
        try (var chain = open) {
          var breaker = which.breaker();
          requireStopper(chain, signer.address());
          var receipt =
              chain
                  .sender(signer)
                  .send(
                      Call.of(
                          "stop " + words(breaker),
                          chain.deployment().account().hex(),
                          chain
                              .account()
                              .stop(BigInteger.valueOf(breaker.scope()), breaker.what())));
          var state = State.of(chain, breaker);
          if (!state.tripped()) {
            throw new Failure(
                ExitCode.UNREACHABLE,
                "the node of chain %s does not show the breaker tripped: ask another node"
                    .formatted(chain.deployment().chainId()));
          }
          output.line(
              "chain %s: %s STOPPED since transaction %s",
              chain.deployment().chainId(), words(breaker), receipt.getTransactionHash());
          list.add(state.json(chain).put("transaction", receipt.getTransactionHash()));
        }
      }
      output.json(json);
      return ExitCode.OK;
    }
  }

  @Command(
      name = "reset",
      description = {
        "Proposes to reset a breaker on one chain: only governance may.",
        "The proposal names the stops so far: when it is tripped again before it is executed, it has no effect."
      })
  static final class Reset implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private StopsOption stops;
    @Mixin private ProposalOptions proposal;

    @ArgGroup(exclusive = true, multiplicity = "1")
    private Which which;

    @Override
    public ExitCode call() {
      var chains = at.open();
      try (var chain = chains.getFirst()) {
        if (chains.size() > 1) {
          throw new Failure(
              ExitCode.USAGE, "each chain has a governance of its own: give one --rpc");
        }
        var breaker = which.breaker();
        var state = State.of(chain, breaker);
        if (!state.tripped()) {
          throw new Failure(
              ExitCode.NO,
              "%s is not stopped on chain %s: there is nothing to reset"
                  .formatted(words(breaker), chain.deployment().chainId()));
        }
        var known = stops.expected(words(breaker), state.stops());
        var call =
            Call.of(
                "reset the breaker of %s, tripped %s times so far".formatted(words(breaker), known),
                chain.deployment().account().hex(),
                chain
                    .account()
                    .restart(BigInteger.valueOf(breaker.scope()), breaker.what(), known));
        var json = Output.object().put("stops", known.toString());
        // The block tells one reset from the next: the same words cannot be proposed twice.
        var text =
            "Reset the breaker of %s, tripped %s times as of block %d"
                .formatted(words(breaker), known, chain.client().head().number());
        proposal.proceed(chain, List.of(call), text, output, json);
        output.json(json.put("tripped", State.of(chain, breaker).tripped()));
        return ExitCode.OK;
      }
    }
  }

  /** How a breaker stands. */
  private record State(boolean tripped, BigInteger stops) {
    static State of(Chain chain, Breaker breaker) {
      var answer =
          Sender.read(
              "breaker",
              () ->
                  chain
                      .account()
                      .breaker(BigInteger.valueOf(breaker.scope()), breaker.what())
                      .send());
      return new State(answer.component1(), answer.component2());
    }

    ObjectNode json(Chain chain) {
      return Output.object()
          .put("chainId", chain.deployment().chainId().toString())
          .put("tripped", tripped)
          .put("stops", stops.toString());
    }
  }

  private static String words(Breaker breaker) {
    return switch (breaker) {
      case Breaker.Everything all -> "everything";
      case Breaker.OfChain(BigInteger id) -> "chain " + id;
      case Breaker.OfAsset(Address asset) -> Words.asset(asset);
    };
  }
}
