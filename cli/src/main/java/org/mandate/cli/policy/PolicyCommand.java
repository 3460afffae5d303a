package org.mandate.cli.policy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.mandate.chain.Address;
import org.mandate.cli.AgentOption;
import org.mandate.cli.Chain;
import org.mandate.cli.ChainOptions;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.Group;
import org.mandate.cli.KeyOptions;
import org.mandate.cli.Output;
import org.mandate.cli.ProposalOptions;
import org.mandate.cli.StopsOption;
import org.mandate.cli.Tightener;
import org.mandate.cli.Words;
import org.mandate.cli.intent.IntentOptions;
import org.mandate.contracts.MandateLens;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;
import org.mandate.intent.IntentAbi;
import org.mandate.policy.AgentStatus;
import org.mandate.policy.Mandate;
import org.mandate.policy.Recipient;
import org.mandate.policy.Tempo;
import org.mandate.relayer.work.ContractCalls;
import org.mandate.relayer.work.VerdictWords;
import org.web3j.protocol.core.methods.response.TransactionReceipt;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows and changes what an agent may do. */
@Command(
    name = "policy",
    description = {
      "Show, compare, propose and tighten an agent's mandate.",
      "What tightens applies at once; what loosens goes through governance."
    },
    subcommands = {
      PolicyCommand.Show.class,
      PolicyCommand.Headroom.class,
      PolicyCommand.Preview.class,
      PolicyCommand.Propose.class,
      PolicyCommand.Tighten.class,
      PolicyCommand.Freeze.class,
      PolicyCommand.Thaw.class,
      PolicyCommand.Sample.class
    })
public final class PolicyCommand extends Group {

  @Command(name = "show", description = "Shows the mandate that is on chain.")
  static final class Show implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private AgentOption agent;

    @Override
    public ExitCode call() {
      try (var chain = at.openHome()) {
        var reader = new MandateReader(chain, agent.id());
        var mandate = reader.read();
        var status = AgentStatus.values()[reader.headroom(Address.ZERO).status.intValueExact()];
        var terms = mandate.terms();
        output.line("agent %s: %s%s", agent.id(), status, mandate.frozen() ? ", FROZEN" : "");
        output.line("expiry            %s", Words.time(terms.expiry()));
        output.line(
            "transactions      %d in any %s",
            terms.maxTransactions(), Words.seconds(terms.frequencyWindow()));
        output.line("audit lag         at most %d unpublished records", terms.maxAuditLag());
        var json =
            Output.object()
                .put("agentId", agent.id().toString())
                .put("status", status.name())
                .put("frozen", mandate.frozen())
                .put("stops", stops(chain, agent.id()).toString());
        json.putObject("terms")
            .put("expiry", terms.expiry())
            .put("frequencyWindow", terms.frequencyWindow())
            .put("maxTransactions", terms.maxTransactions())
            .put("maxAuditLag", terms.maxAuditLag())
            .put("basic", terms.basic())
            .put("open", terms.open());
        var tempo = mandate.tempo();
        json.putObject("tempo")
            .put("burst", tempo.burst())
            .put("burstWindow", tempo.burstWindow())
            .put("cooldown", tempo.cooldown());
        output.line("basic             %s", terms.basic() ? "yes: no tiers, no rule book" : "no");
        if (terms.open()) {
          output.line("open              recipients are not held against a list");
        }
        if (!tempo.equals(Tempo.NEVER_SET)) {
          output.line(
              "tempo             %s, at least %s between two transactions",
              tempo.burst() == 0
                  ? "no burst rule"
                  : "at most %d in any %s"
                      .formatted(tempo.burst(), Words.seconds(tempo.burstWindow())),
              Words.seconds(tempo.cooldown()));
        }
        assets(mandate, json);
        recipients(mandate, json);
        output.json(json);
        return ExitCode.OK;
      }
    }

    private void assets(Mandate mandate, ObjectNode json) {
      var list = json.putArray("assets");
      for (var asset : mandate.assets().keySet().stream().sorted().toList()) {
        var limit = mandate.limit(asset);
        var chains = mandate.chains(asset).stream().sorted().map(BigInteger::toString).toList();
        output.line(
            "%s: %s per transaction, %s in any %s, on chains %s",
            Words.asset(asset),
            Words.amount(asset, limit.perTransaction()),
            Words.amount(asset, limit.cap()),
            Words.seconds(limit.window()),
            String.join(", ", chains));
        var one =
            list.addObject()
                .put("asset", asset.hex())
                .put("perTransaction", limit.perTransaction().toString())
                .put("cap", limit.cap().toString())
                .put("window", limit.window());
        var on = one.putArray("chains");
        chains.forEach(on::add);
      }
    }

    private void recipients(Mandate mandate, ObjectNode json) {
      var list = json.putArray("recipients");
      mandate.recipients().stream()
          .sorted(Comparator.comparing(Recipient::chainId).thenComparing(Recipient::address))
          .forEach(
              one -> {
                output.line("may pay %s on chain %s", one.address().checksummed(), one.chainId());
                list.addObject()
                    .put("chainId", one.chainId().toString())
                    .put("address", one.address().hex());
              });
    }
  }

  @Command(name = "headroom", description = "Shows what is left of an asset's limits now.")
  static final class Headroom implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private AgentOption agent;

    @Option(
        names = "--asset",
        paramLabel = "ADDRESS",
        description = "ERC-20 contract; without it the chain's coin.")
    private String asset = Address.ZERO.hex();

    @Override
    public ExitCode call() {
      var which = Address.of(asset);
      try (var chain = at.openHome()) {
        MandateLens.Headroom now = new MandateReader(chain, agent.id()).headroom(which);
        output.line("%s of agent %s", Words.asset(which), agent.id());
        output.line("left now          %s", Words.amount(which, now.left));
        output.line(
            "used              %s of %s in %s",
            Words.amount(which, now.used),
            Words.amount(which, now.limit.cap),
            Words.seconds(now.limit.window.longValueExact()));
        if (now.moreAt.signum() > 0) {
          output.line("more from         %s", Words.time(now.moreAt.longValueExact()));
        }
        output.line("transactions left %s of %s", now.transactionsLeft, now.terms.maxTransactions);
        output.line("audit records     %s more may be unpublished", now.recordsLeft);
        if (now.frozen) {
          output.line(
              "FROZEN: nothing is admitted until governance thaws the agent (mandate policy thaw)");
        }
        output.json(
            Output.object()
                .put("agentId", agent.id().toString())
                .put("asset", which.hex())
                .put("left", now.left.toString())
                .put("used", now.used.toString())
                .put("perTransaction", now.limit.perTransaction.toString())
                .put("cap", now.limit.cap.toString())
                .put("window", now.limit.window.longValueExact())
                .put("moreAt", now.moreAt.toString())
                .put("transactionsLeft", now.transactionsLeft.toString())
                .put("transactionAt", now.transactionAt.toString())
                .put("recordsLeft", now.recordsLeft.toString())
                .put("frozen", now.frozen));
        return ExitCode.OK;
      }
    }
  }

  @Command(
      name = "preview",
      description = {
        "Says what the mandate would answer to an intent now, without any effect.",
        "Exit code 0: admitted; 5: refused, with the rule, its limit, what is left and what to do."
      })
  static final class Preview implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private IntentOptions wanted;

    @Override
    public ExitCode call() {
      try (var chain = at.openHome()) {
        var intent = wanted.intent(chain.deployment());
        var answer =
            Sender.read(
                "verdict", () -> chain.homeExecutor().preview(IntentAbi.toHome(intent)).send());
        var verdict = ContractCalls.verdict(answer);
        // The words of a refusal that happened say that it froze the agent; this one has not
        // happened.
        var unharmed = verdict.untripped();
        var message = VerdictWords.message(unharmed);
        var next = VerdictWords.next(unharmed);
        if (verdict.allowed()) {
          output.line("ADMITTED, tier %s", verdict.tier());
        } else {
          output.line("REFUSED by %s: %s", verdict.rule(), message);
          output.line("next: %s", next);
          if (verdict.tripped()) {
            output.line("A real attempt would freeze the agent until governance thaws it.");
          }
        }
        output.json(
            Output.object()
                .put("admitted", verdict.allowed())
                .put("rule", verdict.rule().name())
                .put("wouldTrip", verdict.tripped())
                .put("tier", verdict.tier().name())
                .put("limit", verdict.limit().toString())
                .put("left", verdict.left().toString())
                .put("availableAt", Long.toString(verdict.availableAt()))
                .put("message", message)
                .put("next", next));
        return verdict.allowed() ? ExitCode.OK : ExitCode.REFUSED;
      }
    }
  }

  @Command(
      name = "propose",
      description = {
        "Compares a mandate file with the chain, shows the difference and the calls, and with --send proposes them.",
        "mandate policy sample-file shows what the file looks like."
      })
  static final class Propose implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private AgentOption agent;
    @Mixin private ProposalOptions proposal;

    @Option(
        names = "--file",
        required = true,
        paramLabel = "FILE",
        description = "The mandate that shall be, YAML.")
    private Path file;

    @Option(names = "--activate", description = "Activate the agent in the same proposal.")
    private boolean activate;

    @Mixin private StopsOption stops;

    @Override
    public ExitCode call() {
      if (stops.given() && !activate) {
        throw new Failure(ExitCode.USAGE, "--stops belongs to --activate");
      }
      var wanted = MandateFile.read(file);
      try (var chain = at.openHome()) {
        var diff = compare(chain, agent.id(), wanted);
        var json = show(output, agent.id(), diff);
        var calls = new ArrayList<>(diff.calls(chain.account(), agent.id()));
        if (activate) {
          var known =
              stops.expected(
                  "agent " + agent.id(),
                  Sender.read("stops", () -> chain.registry().stops(agent.id()).send()));
          json.put("stops", known.toString());
          calls.add(
              Call.of(
                  "activate agent %s, stopped %s times so far".formatted(agent.id(), known),
                  chain.deployment().registry().hex(),
                  chain
                      .registry()
                      .activate(agent.id(), chain.deployment().account().hex(), known)));
        }
        if (calls.isEmpty()) {
          output.line("The chain says the same as the file: there is nothing to propose.");
        } else {
          proposal.proceed(chain, calls, "Mandate of agent " + agent.id(), output, json);
        }
        output.json(json);
        return ExitCode.OK;
      }
    }
  }

  @Command(
      name = "tighten",
      description = {
        "Makes the mandate what the file says, at once: only when no field of it is looser than the chain's.",
        "For a guardian, the agent's owner or the agent itself. What loosens is refused by name: propose it."
      })
  static final class Tighten implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private AgentOption agent;
    @Mixin private KeyOptions key;

    @Option(
        names = "--file",
        required = true,
        paramLabel = "FILE",
        description = "The mandate that shall be, YAML.")
    private Path file;

    @Override
    public ExitCode call() {
      var wanted = MandateFile.read(file);
      try (var chain = at.openHome()) {
        var diff = compare(chain, agent.id(), wanted);
        if (!diff.tightens()) {
          throw new Failure(
              ExitCode.REFUSED,
              "what loosens waits for governance, and this does: %s. Use mandate policy propose, or leave it out"
                  .formatted(
                      diff.looser().stream()
                          .map(
                              line ->
                                  "%s %s -> %s"
                                      .formatted(line.field(), line.before(), line.after()))
                          .collect(Collectors.joining("; "))));
        }
        var json = show(output, agent.id(), diff);
        var sent = json.putArray("transactions");
        if (diff.isEmpty()) {
          output.line("The chain says the same as the file: there is nothing to tighten.");
        } else {
          var signer = key.open();
          Tightener.require(chain, agent.id(), signer.address());
          for (var receipt :
              chain.sender(signer).sendAll(diff.calls(chain.account(), agent.id()))) {
            output.line("done in transaction %s", receipt.getTransactionHash());
            sent.add(receipt.getTransactionHash());
          }
        }
        output.json(json);
        return ExitCode.OK;
      }
    }
  }

  @Command(
      name = "freeze",
      description =
          "Stops the agent at once: for a guardian, its owner or its own key. Only governance thaws it.")
  static final class Freeze implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private AgentOption agent;
    @Mixin private KeyOptions key;

    @Override
    public ExitCode call() {
      try (var chain = at.openHome()) {
        var signer = key.open();
        Tightener.require(chain, agent.id(), signer.address());
        TransactionReceipt receipt =
            chain
                .sender(signer)
                .send(
                    Call.of(
                        "freeze agent " + agent.id(),
                        chain.deployment().account().hex(),
                        chain.account().freeze(agent.id())));
        if (!Sender.read("breaker", () -> chain.account().frozen(agent.id()).send())) {
          throw new Failure(
              ExitCode.UNREACHABLE,
              "the node does not show agent %s frozen: ask another node".formatted(agent.id()));
        }
        output.line(
            "agent %s is FROZEN since transaction %s", agent.id(), receipt.getTransactionHash());
        output.json(
            Output.object()
                .put("agentId", agent.id().toString())
                .put("frozen", true)
                .put("stops", stops(chain, agent.id()).toString())
                .put("transaction", receipt.getTransactionHash()));
        return ExitCode.OK;
      }
    }
  }

  @Command(
      name = "thaw",
      description = {
        "Proposes to reset the agent's breaker: only governance may.",
        "The proposal names the stops so far: when the agent is stopped again before it is executed, it has no effect."
      })
  static final class Thaw implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private AgentOption agent;
    @Mixin private StopsOption stops;
    @Mixin private ProposalOptions proposal;

    @Override
    public ExitCode call() {
      try (var chain = at.openHome()) {
        if (!Sender.read("breaker", () -> chain.account().frozen(agent.id()).send())) {
          throw new Failure(
              ExitCode.NO,
              "agent %s is not frozen: there is nothing to thaw".formatted(agent.id()));
        }
        var known = stops.expected("agent " + agent.id(), stops(chain, agent.id()));
        var json =
            Output.object().put("agentId", agent.id().toString()).put("stops", known.toString());
        var call =
            Call.of(
                "thaw agent %s, stopped %s times so far".formatted(agent.id(), known),
                chain.deployment().account().hex(),
                chain.account().thaw(agent.id(), known));
        // The block tells one thaw from the next: the same calls with the same words cannot be
        // proposed twice.
        var words =
            "Thaw agent %s, stopped %s times as of block %d"
                .formatted(agent.id(), known, chain.client().head().number());
        proposal.proceed(chain, List.of(call), words, output, json);
        json.put("frozen", Sender.read("breaker", () -> chain.account().frozen(agent.id()).send()));
        output.json(json);
        return ExitCode.OK;
      }
    }
  }

  @Command(
      name = "sample-file",
      description = "Prints a mandate file that shows and explains every key.")
  static final class Sample implements Callable<ExitCode> {
    @Mixin private Output output;

    @Override
    public ExitCode call() {
      output.document("mandate.sample.yaml", PolicyCommand.class);
      return ExitCode.OK;
    }
  }

  private static BigInteger stops(Chain chain, BigInteger agentId) {
    return Sender.read("stops", () -> chain.account().stops(agentId).send());
  }

  // ------------------------------------------------------------------ comparing

  private static Diff compare(Chain chain, BigInteger agentId, MandateFile file) {
    var reader = new MandateReader(chain, agentId);
    var wanted = file.mandate();
    var known = reader.chainIds();
    for (var asset : wanted.assets().keySet()) {
      for (var id : wanted.chains(asset)) {
        if (!known.contains(id)) {
          throw new Failure(
              ExitCode.CONFIGURATION,
              "chain %s of asset %s is not among those that mandates can name, %s: governance registers chains"
                  .formatted(id, asset, known));
        }
      }
    }
    return Diff.between(reader.read(), wanted).with(RuleChanges.of(chain, agentId, file));
  }

  private static ObjectNode show(Output output, BigInteger agentId, Diff diff) {
    var json =
        Output.object()
            .put("agentId", agentId.toString())
            .put("tightens", diff.tightens())
            .put("same", diff.isEmpty());
    var list = json.putArray("changes");
    for (var line : diff.lines()) {
      output.line("%-8s %s: %s -> %s", line.direction(), line.field(), line.before(), line.after());
      list.addObject()
          .put("field", line.field())
          .put("before", line.before())
          .put("after", line.after())
          .put("direction", line.direction().name());
    }
    return json;
  }
}
