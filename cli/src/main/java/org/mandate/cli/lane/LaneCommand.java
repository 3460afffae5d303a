package org.mandate.cli.lane;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.mandate.chain.Deployment;
import org.mandate.cli.Chain;
import org.mandate.cli.ChainOptions;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.Group;
import org.mandate.cli.Guardian;
import org.mandate.cli.KeyOptions;
import org.mandate.cli.Output;
import org.mandate.cli.ProposalOptions;
import org.mandate.cli.StopsOption;
import org.mandate.cli.Words;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows, pauses and resumes what goes from one chain to another. */
@Command(
    name = "lane",
    description = {
      "Show, pause and resume what goes from one chain to another.",
      "A lane has the number of the chain at its other end; 0 is all of them. A pause ends by itself, and a",
      "guardian can pause a lane only once until governance arms it again. Paused, home submits, dispatches and",
      "settles nothing of that lane; the other chains execute nothing. Governance's own messages go on."
    },
    subcommands = {
      LaneCommand.Status.class,
      LaneCommand.Pause.class,
      LaneCommand.Unpause.class,
      LaneCommand.Rearm.class
    })
public final class LaneCommand extends Group {

  /** Which one. */
  static final class Which {
    @Option(
        names = "--lane",
        paramLabel = "CHAIN",
        defaultValue = "0",
        description = "The chain at the other end; 0, as when nothing is said: all lanes.")
    private BigInteger lane;
  }

  @Command(
      name = "status",
      description =
          "Says of each chain given which lanes are paused, until when, and which can still be paused.")
  static final class Status implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;

    @Override
    public ExitCode call() {
      var json = Output.object();
      var list = json.putArray("chains");
      for (var open : at.open()) {
        try (var chain = open) {
          var lanes =
              list.addObject()
                  .put("chainId", chain.deployment().chainId().toString())
                  .put("pauseSeconds", seconds(chain).toString())
                  .putArray("lanes");
          for (var lane : lanes(chain)) {
            var state = State.of(chain, lane);
            output.line("chain %s, %s", chain.deployment().chainId(), state.words());
            lanes.add(state.json());
          }
        }
      }
      output.json(json);
      return ExitCode.OK;
    }

    /** All that home's policy knows of; the other chains have one other side, home. */
    private static List<BigInteger> lanes(Chain chain) {
      var lanes = new ArrayList<>(List.of(BigInteger.ZERO));
      if (chain.deployment().isHome()) {
        List<?> known = Sender.read("chains", () -> chain.account().chainIds().send());
        for (var id : known) {
          if (!id.equals(chain.deployment().chainId())) {
            lanes.add((BigInteger) id);
          }
        }
      }
      return lanes;
    }
  }

  @Command(
      name = "pause",
      description =
          "Pauses at once, on each chain given: for a guardian. It ends by itself after what lane status shows.")
  static final class Pause implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private KeyOptions key;
    @Mixin private Which which;

    @Override
    public ExitCode call() {
      var signer = key.open();
      var json = Output.object();
      var list = json.putArray("chains");
      for (var open : at.open()) {
        try (var chain = open) {
          Guardian.require(chain, signer.address());
          var before = State.of(chain, which.lane);
          if (!before.armed()) {
            throw new Failure(
                ExitCode.REFUSED,
                "chain %s, %s: a guardian has paused it since governance armed it last; governance can arm it again (mandate lane rearm)"
                    .formatted(chain.deployment().chainId(), before.words()));
          }
          var receipt =
              chain
                  .sender(signer)
                  .send(
                      Call.of(
                          "pause " + name(which.lane),
                          chain.deployment().executor().hex(),
                          chain.executor().pause(which.lane)));
          var state = State.of(chain, which.lane);
          output.line(
              "chain %s, %s; transaction %s",
              chain.deployment().chainId(), state.words(), receipt.getTransactionHash());
          list.add(
              state
                  .json()
                  .put("chainId", chain.deployment().chainId().toString())
                  .put("transaction", receipt.getTransactionHash()));
        }
      }
      output.json(json);
      return ExitCode.OK;
    }
  }

  @Command(
      name = "unpause",
      description =
          "Proposes to end a pause on one chain before it ends by itself: only governance may.")
  static final class Unpause implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private Which which;
    @Mixin private StopsOption stops;
    @Mixin private ProposalOptions proposal;

    @Override
    public ExitCode call() {
      try (var chain = only(at)) {
        var state = State.of(chain, which.lane);
        if (!state.paused()) {
          throw new Failure(
              ExitCode.NO,
              "chain %s, %s: there is nothing to end"
                  .formatted(chain.deployment().chainId(), state.words()));
        }
        var known =
            stops.expected(
                "the executor of chain " + chain.deployment().chainId(),
                Sender.read("stops", () -> chain.executor().stops().send()));
        return propose(
            chain,
            which.lane,
            Call.of(
                "end the pause of " + name(which.lane),
                chain.deployment().executor().hex(),
                chain.executor().unpause(which.lane, known)),
            proposal,
            output);
      }
    }
  }

  @Command(
      name = "rearm",
      description = "Proposes that guardians may pause a lane once more: only governance may.")
  static final class Rearm implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private Which which;
    @Mixin private ProposalOptions proposal;

    @Override
    public ExitCode call() {
      try (var chain = only(at)) {
        var state = State.of(chain, which.lane);
        if (state.armed()) {
          throw new Failure(
              ExitCode.NO,
              "chain %s, %s: it is armed already"
                  .formatted(chain.deployment().chainId(), state.words()));
        }
        return propose(
            chain,
            which.lane,
            Call.of(
                "let guardians pause %s once more".formatted(name(which.lane)),
                chain.deployment().executor().hex(),
                chain.executor().rearm(which.lane)),
            proposal,
            output);
      }
    }
  }

  private static ExitCode propose(
      Chain chain, BigInteger lane, Call call, ProposalOptions proposal, Output output) {
    var json = Output.object();
    // The block tells one from the next: the same words cannot be proposed twice.
    var text =
        "Chain %s: %s, as of block %d"
            .formatted(chain.deployment().chainId(), call.what(), chain.client().head().number());
    proposal.proceed(chain, List.of(call), text, output, json);
    output.json(json.setAll(State.of(chain, lane).json()));
    return ExitCode.OK;
  }

  private static Chain only(ChainOptions at) {
    var chains = at.open();
    if (chains.size() > 1) {
      chains.forEach(Chain::close);
      throw new Failure(ExitCode.USAGE, "each chain has lanes of its own: give one --rpc");
    }
    return chains.getFirst();
  }

  private static BigInteger seconds(Chain chain) {
    return Sender.read("length of a pause", () -> chain.executor().PAUSE().send());
  }

  /**
   * How a lane stands.
   *
   * @param until unix seconds; in the past, or 0: not paused
   * @param now unix seconds of the chain
   * @param armed whether a guardian can pause it
   */
  private record State(BigInteger lane, long until, long now, boolean armed) {
    static State of(Chain chain, BigInteger lane) {
      var here = chain.deployment();
      if (here.isHome() ? lane.equals(here.chainId()) : !isKnownElsewhere(here, lane)) {
        throw new Failure(
            ExitCode.USAGE,
            "chain %s has no lane %s: %s"
                .formatted(
                    here.chainId(),
                    lane,
                    here.isHome()
                        ? "payments at home go over none"
                        : "the other side is home, chain " + here.homeChainId()));
      }
      var until = Sender.read("pause of a lane", () -> chain.executor().pausedUntil(lane).send());
      var armed = Sender.read("whether a lane is armed", () -> chain.executor().armed(lane).send());
      return new State(
          lane, until.longValueExact(), chain.client().head().timestamp().getEpochSecond(), armed);
    }

    private static boolean isKnownElsewhere(Deployment here, BigInteger lane) {
      return lane.signum() == 0 || lane.equals(here.homeChainId());
    }

    boolean paused() {
      return now < until;
    }

    String words() {
      return "%s: %s, %s"
          .formatted(
              name(lane),
              paused() ? "PAUSED until " + Words.time(until) : "not paused",
              armed ? "a guardian can pause it" : "no guardian can pause it until it is armed");
    }

    ObjectNode json() {
      return Output.object()
          .put("lane", lane.toString())
          .put("paused", paused())
          .put("until", Long.toString(until))
          .put("armed", armed);
    }
  }

  private static String name(BigInteger lane) {
    return lane.signum() == 0 ? "all lanes" : "lane " + lane;
  }
}
