package org.mandate.cli.agent;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.util.List;
import java.util.concurrent.Callable;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallRevertedException;
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
import org.mandate.deploy.AgentSetup;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;
import org.mandate.policy.AgentStatus;
import org.mandate.signer.Signer;
import org.web3j.protocol.core.RemoteFunctionCall;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Registers, shows and stops agents. */
@Command(
    name = "agent",
    description = "Register, show, suspend and revoke agents; propose to activate them.",
    subcommands = {
      AgentCommand.Register.class,
      AgentCommand.Show.class,
      AgentCommand.Wallet.class,
      AgentCommand.Suspend.class,
      AgentCommand.Revoke.class,
      AgentCommand.Activate.class
    })
public final class AgentCommand extends Group {

  @Command(
      name = "register",
      description = {
        "Registers an agent owned by --key, pending: governance activates it.",
        "With --agent-key the agent's key proves itself at once; else do it later with mandate agent wallet set."
      })
  static final class Register implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private KeyOptions key;
    @Mixin private AgentKeyOptions agentKey;

    @Option(
        names = "--uri",
        paramLabel = "URI",
        description = "Where the agent describes itself (ERC-8004).")
    private String uri = "";

    @Override
    public ExitCode call() {
      try (var chain = at.openHome()) {
        // Both keys open before anything is sent.
        var owner = chain.sender(key.open());
        var wallet = agentKey.open();
        var setup = new AgentSetup(chain.deployment().registry().hex());
        var id = setup.register(owner, uri);
        output.line("agent %s registered, owner %s, pending", id, owner.address());
        wallet.ifPresent(
            signer -> {
              setup.setWallet(owner, id, signer);
              output.line("its key %s proved itself", signer.address().checksummed());
            });
        output.json(describe(chain, id));
        return ExitCode.OK;
      }
    }
  }

  @Command(name = "show", description = "Shows an agent: key, owner, status, account, audit chain.")
  static final class Show implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private AgentOption agent;

    @Override
    public ExitCode call() {
      try (var chain = at.openHome()) {
        var json = describe(chain, agent.id());
        json.fields()
            .forEachRemaining(
                field -> output.line("%-18s %s", field.getKey(), field.getValue().asText()));
        output.json(json);
        return ExitCode.OK;
      }
    }
  }

  @Command(
      name = "wallet",
      description = "Set or take away the key that the agent acts with.",
      subcommands = {Wallet.Set.class, Wallet.Unset.class})
  static final class Wallet extends Group {
    @Command(
        name = "set",
        description =
            "Sets the agent's key, which proves itself by a signature. --key is the owner's.")
    static final class Set implements Callable<ExitCode> {
      @Mixin private Output output;
      @Mixin private ChainOptions at;
      @Mixin private AgentOption agent;
      @Mixin private KeyOptions key;
      @Mixin private AgentKeyOptions agentKey;

      @Override
      public ExitCode call() {
        try (var chain = at.openHome()) {
          require(chain, agent.id());
          var owner = chain.sender(key.open());
          var wallet =
              agentKey
                  .open()
                  .orElseThrow(
                      () -> new Failure(ExitCode.USAGE, "no new key: give --agent-key FILE"));
          new AgentSetup(chain.deployment().registry().hex()).setWallet(owner, agent.id(), wallet);
          output.line("agent %s acts with %s", agent.id(), wallet.address().checksummed());
          output.json(describe(chain, agent.id()));
          return ExitCode.OK;
        }
      }
    }

    @Command(
        name = "unset",
        description = "Takes the agent's key away: for its owner or the key itself.")
    static final class Unset implements Callable<ExitCode> {
      @Mixin private Output output;
      @Mixin private ChainOptions at;
      @Mixin private AgentOption agent;
      @Mixin private KeyOptions key;

      @Override
      public ExitCode call() {
        try (var chain = at.openHome()) {
          var id = agent.id();
          return send(
              output,
              chain,
              id,
              key.open(),
              "take the key away",
              chain.registry().unsetAgentWallet(id));
        }
      }
    }
  }

  @Command(
      name = "suspend",
      description =
          "Suspends an agent at once: for a guardian, its owner or its own key. Governance reactivates it.")
  static final class Suspend implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private AgentOption agent;
    @Mixin private KeyOptions key;

    @Override
    public ExitCode call() {
      try (var chain = at.openHome()) {
        var id = agent.id();
        var signer = key.open();
        Tightener.require(chain, id, signer.address());
        Tightener.requireAdmitted(chain, id);
        return send(output, chain, id, signer, "suspend", chain.registry().suspend(id));
      }
    }
  }

  @Command(
      name = "revoke",
      description = "Revokes an agent for good: for its owner or its own key.")
  static final class Revoke implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private AgentOption agent;
    @Mixin private KeyOptions key;

    @Option(
        names = "--for-good",
        required = true,
        description = "Says that you know that nobody can undo it.")
    private boolean forGood;

    @Override
    public ExitCode call() {
      try (var chain = at.openHome()) {
        Tightener.requireAdmitted(chain, agent.id());
        return send(
            output, chain, agent.id(), key.open(), "revoke", chain.registry().revoke(agent.id()));
      }
    }
  }

  @Command(
      name = "activate",
      description = {
        "Proposes to activate a pending or suspended agent: only governance may.",
        "The proposal names the stops so far: when the agent is suspended or changes hands before it is executed, it has no effect."
      })
  static final class Activate implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private AgentOption agent;
    @Mixin private StopsOption stops;
    @Mixin private ProposalOptions proposal;

    @Override
    public ExitCode call() {
      try (var chain = at.openHome()) {
        var id = agent.id();
        var status = require(chain, id);
        switch (status) {
          case PENDING, SUSPENDED -> {}
          case ACTIVE -> throw new Failure(ExitCode.NO, "agent %s is active already".formatted(id));
          case REVOKED ->
              throw new Failure(
                  ExitCode.REFUSED,
                  "agent %s is revoked, for good: register another".formatted(id));
        }
        var known =
            stops.expected(
                "agent " + id, Sender.read("stops", () -> chain.registry().stops(id).send()));
        var json =
            Output.object()
                .put("agentId", id.toString())
                .put("statusBefore", status.name())
                .put("stops", known.toString());
        var call =
            Call.of(
                "activate agent %s, stopped %s times so far".formatted(id, known),
                chain.deployment().registry().hex(),
                chain.registry().activate(id, chain.deployment().account().hex(), known));
        // The block tells one activation from the next: the same words cannot be proposed twice.
        var words =
            "Activate agent %s, %s and stopped %s times as of block %d"
                .formatted(id, status, known, chain.client().head().number());
        proposal.proceed(chain, List.of(call), words, output, json);
        json.put("status", require(chain, id).name());
        output.json(json);
        return ExitCode.OK;
      }
    }
  }

  // ------------------------------------------------------------------ shared

  private static ExitCode send(
      Output output,
      Chain chain,
      BigInteger id,
      Signer key,
      String what,
      RemoteFunctionCall<?> call) {
    require(chain, id);
    var receipt =
        chain
            .sender(key)
            .send(Call.of(what + " agent " + id, chain.deployment().registry().hex(), call));
    var json = describe(chain, id);
    output.line(
        "%s agent %s: done in transaction %s; it is %s now",
        what, id, receipt.getTransactionHash(), json.get("status").asText());
    output.json(json.put("transaction", receipt.getTransactionHash()));
    return ExitCode.OK;
  }

  /**
   * The agent's status; refuses an agent that does not exist, which the registry shows as pending.
   */
  private static AgentStatus require(Chain chain, BigInteger id) {
    try {
      chain
          .client()
          .call(
              chain.deployment().registry(),
              Bytes.of(chain.registry().ownerOf(id).encodeFunctionCall()).bytes());
    } catch (CallRevertedException e) {
      throw new Failure(
          ExitCode.REFUSED,
          "there is no agent %s on chain %s: mandate agent register makes one"
              .formatted(id, chain.deployment().chainId()));
    }
    var agent = Sender.read("agent " + id, () -> chain.registry().agent(id).send());
    return AgentStatus.values()[agent.component2().intValueExact()];
  }

  private static ObjectNode describe(Chain chain, BigInteger id) {
    var status = require(chain, id);
    var agent = Sender.read("agent " + id, () -> chain.registry().agent(id).send());
    var trail = Sender.read("audit chain", () -> chain.account().chain(id).send());
    var json =
        Output.object()
            .put("agentId", id.toString())
            .put("status", status.name())
            .put("stops", Sender.read("stops", () -> chain.registry().stops(id).send()).toString())
            .put("frozen", Sender.read("breaker", () -> chain.account().frozen(id).send()))
            .put("trips", Sender.read("trips", () -> chain.account().stops(id).send()).toString())
            .put(
                "owner",
                Address.of(Sender.read("owner", () -> chain.registry().ownerOf(id).send())).hex())
            .put("wallet", Address.of(agent.component1()).hex())
            .put("riskLevel", agent.component3().intValueExact())
            .put("uri", Sender.read("URI", () -> chain.registry().tokenURI(id).send()))
            .put("records", trail.component2().longValueExact())
            .put("published", trail.component3().longValueExact());
    var account = Address.of(Sender.read("account", () -> chain.registry().accountOf(id).send()));
    if (!account.equals(Address.ZERO)) {
      json.put("account", account.hex());
    }
    return json;
  }
}
