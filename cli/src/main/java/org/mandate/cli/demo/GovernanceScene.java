package org.mandate.cli.demo;

import static org.mandate.cli.demo.Stage.async;

import java.math.BigInteger;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.mandate.chain.Address;
import org.mandate.cli.local.Ledger;
import org.mandate.deploy.Contracts;

/** A DAO puts an agent on a leash: deployment, roles, proposal, identity, funds. */
final class GovernanceScene implements Story.Scene {
  private final Play play;

  GovernanceScene(Play play) {
    this.play = play;
  }

  @Override
  public void play() throws Exception {
    var story = play.story();
    play.deploy();
    var addresses = new TreeMap<String, String>();
    play.home()
        .deployment()
        .contracts()
        .forEach((name, c) -> addresses.put(name, c.address().hex()));
    // What each chain has of its own kind has another name; the executor's place is one.
    story.mustEqual(
        play.home().deployment().executor(),
        play.remote().deployment().executor(),
        "address of the executor on the remote chain");
    var shared = 1;
    for (var there : play.remote().deployment().contracts().entrySet()) {
      var here = addresses.get(there.getKey());
      if (here != null) {
        shared++;
        story.mustEqual(
            here,
            there.getValue().address().hex(),
            "address of " + there.getKey() + " on the remote chain");
      }
    }
    story.say(
        "%d contracts at home, %d of them at the same address on both chains: look at AgentVault"
            + " %s",
        addresses.size(), shared, addresses.get("AgentVault"));
    story.fact("contracts", addresses);
    var rolesAtRemote = async(() -> check(play.remote()));
    var deployerRoles = check(play.home()) + rolesAtRemote.join();
    story.mustEqual(0L, deployerRoles, "number of roles that the deployer holds");
    story.say(
        "every privileged role read back on both chains: the timelock has them, the deployer has"
            + " none");
    story.fact("admin", Contracts.timelock(play.home().deployment()).orElseThrow().hex());
    story.fact("deployerRoles", deployerRoles);

    play.bondRelayers();
    for (var relayer : play.stage().cast().relayers()) {
      story.mustEqual(Stage.BOND, play.home().bond(Play.address(relayer)), "bond of a relayer");
    }
    story.say(
        "each relayer bonds %s at home: who vouches for what home never sent loses it",
        Play.coinWords(Stage.BOND));
    story.fact("bondOfEachRelayer", Stage.BOND.toString());
    play.stage().write(List.of(play.home().deployment(), play.remote().deployment()));
    play.stage().startServices();
    story.say("three relayers and two watchdogs start, each its own process with its own key");
    var votes =
        async(
            () -> {
              play.delegateVotes();
              return true;
            });
    play.registerAgent();
    votes.join();
    story.say("agent %d is registered by its owner; it may do nothing yet", play.agentId());
    story.say(
        "the DAO proposes its mandate: 1 ETH and 500 TUSD per payment, 2 ETH and 1000 TUSD a day,"
            + " one payee; above 0.5 ETH it waits, above 300 TUSD a Safe must agree");
    var calls = play.mandate();
    var outcome = async(() -> play.pass("Mandate for agent " + play.agentId(), calls));
    var vaults =
        async(
            () -> {
              play.fundVaults();
              return true;
            });
    play.proveAgentKey();
    var registered = play.home().registry().agent(BigInteger.valueOf(play.agentId())).send();
    story.mustEqual(
        Play.address(play.stage().cast().agent()),
        Address.of(registered.component1()),
        "agent's key");
    story.mustEqual(BigInteger.ZERO, registered.component2(), "agent's status (pending)");
    story.say(
        "the agent's key %s has proved itself by a signature", Address.of(registered.component1()));
    story.fact("agentId", play.agentId());
    story.fact("agentKey", Address.of(registered.component1()).hex());

    vaults.join();
    var proposal = outcome.join();
    story.say(
        "proposed, voted, queued, executed: proposal %s in transaction %s",
        Play.brief("0x" + proposal.id().toString(16)),
        Play.brief(proposal.executed().getTransactionHash()));
    story.fact("proposalId", proposal.id().toString());
    story.fact("proposalExecuted", proposal.executed().getTransactionHash());

    var coin =
        play.home().lens().headroom(BigInteger.valueOf(play.agentId()), Address.ZERO.hex()).send();
    var dollars =
        play.home()
            .lens()
            .headroom(BigInteger.valueOf(play.agentId()), play.home().token().hex())
            .send();
    story.mustEqual(
        Play.COIN_PER_TRANSACTION, coin.limit.perTransaction, "ETH per payment on chain");
    story.mustEqual(Play.COIN_CAP, coin.limit.cap, "ETH cap on chain");
    story.mustEqual(Play.DOLLARS_CAP, dollars.limit.cap, "TUSD cap on chain");
    story.mustEqual(BigInteger.ONE, coin.status, "agent's status (active)");
    story.fact("coinCap", coin.limit.cap.toString());
    story.fact("dollarCap", dollars.limit.cap.toString());
    var findingsAtRemote = async(() -> play.findings(play.remote()));
    story.mustEqual(List.of(), play.findings(play.home()), "findings of the check");
    story.mustEqual(List.of(), findingsAtRemote.join(), "findings of the check");
    for (var ledger : List.of(play.home(), play.remote())) {
      var vault = ledger.vault();
      story.must(
          ledger.coin(vault).signum() > 0,
          "the vault on chain %d has no ETH",
          ledger.chain().chainId());
      story.must(
          ledger.dollars(vault).signum() > 0,
          "the vault on chain %d has no TUSD",
          ledger.chain().chainId());
    }
    var vault = play.home().vault();
    story.mustEqual(vault, play.remote().vault(), "address of the vault");
    story.say(
        "vault %s holds %s and %s on each chain; its owner is the timelock",
        vault,
        Play.coinWords(play.home().coin(vault)),
        Play.dollarWords(play.home().dollars(vault)));
    story.fact("vault", vault.hex());
    var safe = play.safe();
    story.mustEqual("1.4.1", safe.version(), "version of the Safe");
    story.mustEqual(Cast.SAFE_OWNERS, safe.owners(), "owners of the Safe");
    story.mustEqual(Play.SAFE_THRESHOLD, safe.threshold(), "threshold of the Safe");
    var panel = play.home().approvers().approversOf(BigInteger.valueOf(play.agentId())).send();
    story.mustEqual(BigInteger.ONE, panel.component1(), "approvals that are needed");
    story.mustEqual(List.of(safe.address().hex()), panel.component2(), "approvers on chain");
    story.say(
        "the Safe %s (%s, %d of %d owners) is the agent's one approver: its code is the published"
            + " one",
        safe.address(), safe.version(), safe.threshold(), safe.owners());
    story.fact("safe", safe.address().hex());
    play.stage().awaitServices();
    story.say(
        "relayers and watchdogs are ready: look at %s/health/ready",
        play.stage().relayers().getFirst().url());
    story.fact("processes", play.stage().relayers().size() + play.stage().watchdogs().size());
    story.fact(
        "evidence",
        "%d contracts on both chains, proposal %s executed, deployer without a role"
            .formatted(shared, Play.brief("0x" + proposal.id().toString(16))));
  }

  /** Everything privileged on one chain, read back; answers how many roles the deployer has. */
  private long check(Ledger ledger) {
    var story = play.story();
    var timelock = Contracts.timelock(ledger.deployment()).orElseThrow().hex();
    story.mustEqual(List.of(), play.findings(ledger), "findings of the deployment check");
    story.mustEqual(
        Set.of(timelock), play.admins(ledger), "admins of chain " + ledger.chain().chainId());
    return play.deployerRoles(ledger);
  }
}
