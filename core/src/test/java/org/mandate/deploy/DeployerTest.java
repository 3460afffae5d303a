package org.mandate.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Deployment;
import org.mandate.contracts.AccessManager;
import org.mandate.contracts.AgentRegistry;
import org.mandate.contracts.AgentVault;
import org.mandate.contracts.HomeExecutor;
import org.mandate.contracts.MandateGovernor;
import org.mandate.contracts.MandateToken;
import org.mandate.contracts.PolicyEngine;
import org.mandate.contracts.QuorumGateway;
import org.mandate.contracts.TimelockController;
import org.mandate.deploy.DeploymentParameters.AcrossChains;
import org.mandate.deploy.DeploymentParameters.ExistingAuthority;
import org.mandate.deploy.DeploymentParameters.OwnGovernance;
import org.mandate.deploy.DeploymentParameters.TokenGrant;
import org.mandate.signer.PrivateKeySigner;
import org.web3j.crypto.Credentials;
import org.web3j.protocol.core.DefaultBlockParameterName;
import org.web3j.protocol.core.RemoteFunctionCall;
import org.web3j.utils.Numeric;

class DeployerTest {
  private static final long HOME = 31337;
  private static final long REMOTE = 31338;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** A busy machine must see that a vote is open, and cast one, before it is over. */
  private static final Duration VOTING_PERIOD = Duration.ofSeconds(20);

  private static final BigInteger TOKEN = BigInteger.TEN.pow(18);
  private static final Credentials AGENT = key(0xa1);
  private static final List<String> RELAYERS =
      List.of(key(1).getAddress(), key(2).getAddress(), key(3).getAddress());
  private static final List<String> GUARDIANS = List.of(key(11).getAddress(), key(12).getAddress());

  @Test
  void L7_everyRoleIsHeldAsDocumentedAndNoneByTheDeployer() throws Exception {
    try (var home = DevChain.start(HOME)) {
      var deployment = home.deployer(DevChain.RICH).deploy(parameters(1));

      var timelock = Contracts.timelock(deployment).orElseThrow().hex();
      var governor = Contracts.governor(deployment).orElseThrow().hex();
      var holders = home.check(deployment).holders();
      assertEquals(
          Map.of(
              Role.ADMIN,
              Set.of(timelock),
              Role.GUARDIAN,
              Set.copyOf(GUARDIANS),
              Role.PUBLISHER,
              Set.copyOf(RELAYERS)),
          holders.accessManager());
      assertEquals(
          Map.of(
              "ADMIN", Set.of(timelock),
              "PROPOSER", Set.of(governor),
              "CANCELLER", Set.of(governor),
              "EXECUTOR", Set.of("0x" + "0".repeat(40))),
          holders.timelock());
      home.bond(deployment);
      assertEquals(List.of(), home.check(deployment).findings());
    }
  }

  @Test
  void L7_deployerCannotCallWhatIsRestrictedAnyMore() throws Exception {
    try (var home = DevChain.start(HOME)) {
      var deployment = home.deployer(DevChain.RICH).deploy(parameters(1));
      var deployer = home.sender(DevChain.RICH);
      var policy =
          PolicyEngine.load(
              deployment.account().hex(), home.web3j(), deployer.reader(), Sender.NO_GAS);
      var manager =
          AccessManager.load(
              Contracts.accessManager(deployment).hex(),
              home.web3j(),
              deployer.reader(),
              Sender.NO_GAS);

      var refused =
          assertThrows(
              DeploymentException.class,
              () ->
                  deployer.send(
                      Call.of(
                          "thaw",
                          deployment.account().hex(),
                          policy.thaw(BigInteger.ONE, BigInteger.ZERO))));
      assertTrue(refused.getMessage().contains("AccessManagedUnauthorized"), refused.getMessage());
      assertThrows(
          DeploymentException.class,
          () ->
              deployer.send(
                  Call.of(
                      "grant",
                      Contracts.accessManager(deployment).hex(),
                      manager.grantRole(BigInteger.ZERO, deployer.address(), BigInteger.ZERO))));
    }
  }

  @Test
  void L7_checkNamesAForeignHolderOfARoleEvenBeforeItTakesEffect() throws Exception {
    try (var home = DevChain.start(HOME)) {
      var deployment = home.deployer(DevChain.RICH).deploy(parameters(1));
      var sender = home.sender(DevChain.RICH);
      GovernanceProposal.delegateToSelf(
          sender, Contracts.votingToken(deployment).orElseThrow().hex());
      var manager =
          AccessManager.load(
              Contracts.accessManager(deployment).hex(),
              home.web3j(),
              sender.reader(),
              Sender.NO_GAS);
      var stranger = key(99).getAddress();
      mineEverySecond(home);
      new GovernanceProposal(
              Contracts.governor(deployment).orElseThrow().hex(),
              List.of(
                  Call.of(
                      "grant delay",
                      Contracts.accessManager(deployment).hex(),
                      manager.setGrantDelay(BigInteger.ZERO, BigInteger.valueOf(86_400))),
                  Call.of(
                      "grant",
                      Contracts.accessManager(deployment).hex(),
                      manager.grantRole(BigInteger.ONE, stranger, BigInteger.ZERO))),
              "let a stranger in",
              Address.of(sender.address()))
          .pass(sender, PATIENCE);

      var findings = home.check(deployment).findings(parameters(1));
      assertEquals(2, findings.size(), findings.toString());
      assertTrue(findings.getFirst().found().contains(stranger), findings.toString());
      assertTrue(
          findings.getLast().what().startsWith("delay of a grant of role ADMIN"),
          findings.toString());
    }
  }

  @Test
  void shouldStandAtTheSameAddressesOnEveryChain() throws Exception {
    try (var home = DevChain.start(HOME);
        var remote = DevChain.start(REMOTE)) {
      var here = home.deployer(DevChain.RICH).deploy(parameters(1));
      // Another number of transactions before: addresses depend on key and name only.
      remote
          .sender(DevChain.RICH)
          .send(new Call("noise", key(5).getAddress(), BigInteger.ONE, "0x"));
      var there = remote.deployer(DevChain.RICH).deploy(parameters(1));

      var both = new TreeSet<>(here.contracts().keySet());
      both.retainAll(there.contracts().keySet());
      both.forEach(name -> assertEquals(here.address(name), there.address(name), name));
      assertEquals(Set.of("HomeExecutor", "RelayerBonds"), without(here, both));
      assertEquals(Set.of("DestinationExecutor"), without(there, both));
      assertEquals(here.executor(), there.executor());
      assertTrue(here.isHome());
      assertFalse(there.isHome());

      var reader = home.sender(DevChain.RICH).reader();
      var vault = AgentVault.load(here.account().hex(), home.web3j(), reader, Sender.NO_GAS);
      assertEquals(Contracts.timelock(here).orElseThrow().hex(), vault.OWNER().send());
      assertEquals(here.executor().hex(), vault.EXECUTOR().send());
      var executor = HomeExecutor.load(here.executor().hex(), home.web3j(), reader, Sender.NO_GAS);
      assertTrue(executor.isAccount(here.account().hex()).send());
    }
  }

  @Test
  void shouldLeaveAloneWhatStandsWhenRunAgain() throws Exception {
    try (var home = DevChain.start(HOME)) {
      var first = home.deployer(DevChain.RICH).deploy(parameters(1));
      var block = home.web3j().ethBlockNumber().send().getBlockNumber();
      var second = home.deployer(DevChain.RICH).deploy(parameters(1));
      assertEquals(first, second);
      assertEquals(block, home.web3j().ethBlockNumber().send().getBlockNumber());
    }
  }

  @Test
  void shouldFinishWhatWasInterrupted() throws Exception {
    try (var home = DevChain.start(HOME)) {
      // Stops after the first contracts: the deployer's balance runs out on the way.
      var poor = key(77);
      home.sender(DevChain.RICH)
          .send(new Call("fund", poor.getAddress(), new BigInteger("13000000000000000"), "0x"));
      assertThrows(DeploymentException.class, () -> home.deployer(poor).deploy(parameters(1)));
      assertNotEquals("0x", codeOf(home, Create3.addressOf(poor.getAddress(), "AccessManager")));
      assertEquals("0x", codeOf(home, Create3.addressOf(poor.getAddress(), "MandateGovernor")));
      home.sender(DevChain.RICH).send(new Call("fund", poor.getAddress(), TOKEN, "0x"));
      var deployment = home.deployer(poor).deploy(parameters(1));
      assertEquals(List.of(), home.check(deployment).findings(parameters(1)));
    }
  }

  @Test
  void shouldRefuseWhenOtherParametersStandAtTheAddresses() throws Exception {
    try (var home = DevChain.start(HOME)) {
      home.deployer(DevChain.RICH).deploy(parameters(1));
      // A value in storage: found when the settings are read back.
      var delay =
          assertThrows(
              DeploymentException.class, () -> home.deployer(DevChain.RICH).deploy(parameters(2)));
      assertTrue(
          delay.getMessage().contains("delay of the timelock: must be 2, is 1"),
          delay.getMessage());
      // An immutable value: found in the code.
      var p = parameters(1);
      var usual = AcrossChains.DEFAULT;
      var longer =
          new DeploymentParameters(
              p.homeChainId(),
              p.otherChainIds(),
              p.relayers(),
              p.threshold(),
              p.guardians(),
              p.disputeWindow(),
              p.resolutionWindow(),
              p.governance(),
              p.testToken(),
              new AcrossChains(
                  usual.pause().plusSeconds(1),
                  usual.unbonding(),
                  usual.disputeBond(),
                  usual.windows(),
                  usual.remote(),
                  usual.proofs()));
      var code =
          assertThrows(
              DeploymentException.class, () -> home.deployer(DevChain.RICH).deploy(longer));
      assertTrue(code.getMessage().startsWith("HomeExecutor"), code.getMessage());
    }
  }

  @Test
  void L7_shouldRefuseVotesThatSomebodyElseGotAndWriteTheArgumentsOfThen() throws Exception {
    try (var home = DevChain.start(HOME)) {
      var deployer = home.deployer(DevChain.RICH);
      var first = deployer.deploy(parameters(1));
      var stranger = key(99).getAddress();
      var holder =
          assertThrows(
              DeploymentException.class,
              () -> deployer.deploy(parameters(own(1, new TokenGrant(stranger, TOKEN)))));
      assertTrue(
          holder
              .getMessage()
              .contains(
                  "who got the whole supply of the voting token: must be %s, is %s"
                      .formatted(stranger, DevChain.RICH.getAddress())),
          holder.getMessage());
      var twice = TOKEN.shiftLeft(1);
      var supply =
          assertThrows(
              DeploymentException.class,
              () ->
                  deployer.deploy(
                      parameters(own(1, new TokenGrant(DevChain.RICH.getAddress(), twice)))));
      assertTrue(
          supply
              .getMessage()
              .contains("supply of the voting token: must be %s, is %s".formatted(twice, TOKEN)),
          supply.getMessage());

      // Governance changed a setting, and the parameters follow it; the constructor's argument
      // stays what it was.
      asTimelock(home, first, timelock(home, first).updateDelay(BigInteger.TWO));
      assertEquals(first, deployer.deploy(parameters(2)));
    }
  }

  @Test
  void L5_checkWarnsOfSettingsThatChangedAndRefusesADelayOfNothing() throws Exception {
    try (var home = DevChain.start(HOME)) {
      var deployment = home.deployer(DevChain.RICH).deploy(parameters(1));
      var sender = home.sender(DevChain.RICH);
      var executor =
          HomeExecutor.load(
              deployment.executor().hex(), home.web3j(), sender.reader(), Sender.NO_GAS);
      var gateway =
          QuorumGateway.load(
              deployment.gateway().hex(), home.web3j(), sender.reader(), Sender.NO_GAS);
      home.bond(deployment);
      asTimelock(home, deployment, timelock(home, deployment).updateDelay(BigInteger.TEN));
      asTimelock(
          home,
          deployment,
          Call.of(
              "window",
              deployment.executor().hex(),
              executor.setDisputeWindow(BigInteger.valueOf(6), BigInteger.ZERO)));
      asTimelock(
          home,
          deployment,
          Call.of(
              "relayers",
              deployment.gateway().hex(),
              gateway.setRelayers(
                  RELAYERS.subList(0, 1), BigInteger.ONE, BigInteger.ZERO, BigInteger.ZERO)));
      asTimelock(
          home,
          deployment,
          Call.of(
              "account",
              deployment.executor().hex(),
              executor.setAccount(key(98).getAddress(), true)));
      var changed = home.check(deployment).findings();
      assertEquals(
          List.of(
              "relayers of the gateway",
              "threshold of the gateway",
              "accounts of the executor",
              "dispute window",
              "delay of the timelock"),
          changed.stream().map(Deviation::what).toList());
      for (var one : changed) {
        assertEquals(Deviation.Weight.CHANGED, one.weight(), one.toString());
        assertTrue(one.next().startsWith("governance may have changed it"), one.toString());
      }
      // To whom the parameters say what must be, it is wrong.
      for (var one : home.check(deployment).findings(parameters(1))) {
        assertEquals(Deviation.Weight.WRONG, one.weight(), one.toString());
      }

      asTimelock(home, deployment, timelock(home, deployment).updateDelay(BigInteger.ZERO));
      var nothing =
          home.check(deployment).findings().stream()
              .filter(one -> one.weight() == Deviation.Weight.WRONG)
              .toList();
      assertEquals(1, nothing.size(), nothing.toString());
      assertEquals("delay of the timelock: must be 1, is 0", nothing.getFirst().words());
    }
  }

  @Test
  void L5_checkWarnsOfAGovernorThatVotesOtherwise() throws Exception {
    try (var home = DevChain.start(HOME)) {
      var deployment = home.deployer(DevChain.RICH).deploy(parameters(1));
      var sender = home.sender(DevChain.RICH);
      var address = Contracts.governor(deployment).orElseThrow().hex();
      GovernanceProposal.delegateToSelf(
          sender, Contracts.votingToken(deployment).orElseThrow().hex());
      var governor = MandateGovernor.load(address, home.web3j(), sender.reader(), Sender.NO_GAS);
      mineEverySecond(home);
      new GovernanceProposal(
              address,
              List.of(
                  Call.of("delay", address, governor.setVotingDelay(BigInteger.TWO)),
                  Call.of("period", address, governor.setVotingPeriod(BigInteger.TWO)),
                  Call.of("quorum", address, governor.updateQuorumNumerator(BigInteger.ONE)),
                  Call.of("threshold", address, governor.setProposalThreshold(BigInteger.ONE)),
                  Call.of("timelock", address, governor.updateTimelock(key(99).getAddress()))),
              "vote otherwise",
              Address.of(sender.address()))
          .pass(sender, PATIENCE);
      home.bond(deployment);
      var changed = home.check(deployment).findings();
      assertEquals(
          List.of(
              "timelock of the governor",
              "voting delay",
              "voting period",
              "quorum percent",
              "proposal threshold"),
          changed.stream().map(Deviation::what).toList());
      assertTrue(
          changed.stream().allMatch(one -> one.weight() == Deviation.Weight.CHANGED),
          changed.toString());
    }
  }

  @Test
  void shouldRefuseAChainThatTheParametersDoNotName() throws Exception {
    try (var other = DevChain.start(5)) {
      var refused =
          assertThrows(
              DeploymentException.class, () -> other.deployer(DevChain.RICH).deploy(parameters(1)));
      assertTrue(refused.getMessage().contains("chain 5"), refused.getMessage());
    }
  }

  @Test
  void L7_shouldRefuseADeployerThatWouldKeepARole() throws Exception {
    try (var home = DevChain.start(HOME)) {
      var p = parameters(1);
      var deployer = home.deployer(DevChain.RICH);
      var parameters =
          new DeploymentParameters(
              p.homeChainId(),
              p.otherChainIds(),
              p.relayers(),
              p.threshold(),
              List.of(DevChain.RICH.getAddress()),
              p.disputeWindow(),
              p.resolutionWindow(),
              p.governance(),
              Optional.empty());
      var refused = assertThrows(DeploymentException.class, () -> deployer.deploy(parameters));
      assertTrue(refused.getMessage().contains("keeps no role"), refused.getMessage());
      assertEquals(0, home.web3j().ethBlockNumber().send().getBlockNumber().signum());
    }
  }

  @Test
  void L7_shouldHandOverToAnExistingAuthority() throws Exception {
    try (var home = DevChain.start(HOME)) {
      var safe = Wallet.create(home, DevChain.RICH).address();
      var p = parameters(1);
      var parameters =
          new DeploymentParameters(
              p.homeChainId(),
              p.otherChainIds(),
              p.relayers(),
              p.threshold(),
              p.guardians(),
              p.disputeWindow(),
              p.resolutionWindow(),
              ExistingAuthority.delayedBy(safe, Duration.ofMinutes(30)),
              Optional.empty());
      var deployment = home.deployer(DevChain.RICH).deploy(parameters);
      assertEquals(Optional.empty(), Contracts.governor(deployment));
      assertEquals(Optional.empty(), Contracts.testToken(deployment));
      assertEquals(Set.of(safe), home.check(deployment).holders().accessManager().get(Role.ADMIN));
    }
  }

  @Test
  void shouldActivateAnAgentByAProposal() throws Exception {
    try (var home = DevChain.start(HOME)) {
      var deployment = home.deployer(DevChain.RICH).deploy(parameters(1));
      var sender = home.sender(DevChain.RICH);
      GovernanceProposal.delegateToSelf(
          sender, Contracts.votingToken(deployment).orElseThrow().hex());
      var setup = new AgentSetup(deployment.registry().hex());
      var agentId = setup.register(sender, "https://example.org/agent.json");
      setup.setWallet(sender, agentId, new PrivateKeySigner(AGENT.getEcKeyPair().getPrivateKey()));
      var registry =
          AgentRegistry.load(
              deployment.registry().hex(), home.web3j(), sender.reader(), Sender.NO_GAS);
      assertEquals(AGENT.getAddress(), registry.getAgentWallet(agentId).send());

      mineEverySecond(home);
      var proposal =
          new GovernanceProposal(
              Contracts.governor(deployment).orElseThrow().hex(),
              List.of(
                  Call.of(
                      "activate",
                      deployment.registry().hex(),
                      registry.activate(agentId, deployment.account().hex(), BigInteger.ZERO))),
              "Admit the agent",
              Address.of(sender.address()));
      assertEquals(Optional.empty(), proposal.state(home.web3j()));
      proposal.pass(sender, PATIENCE);
      assertEquals(BigInteger.ONE, registry.agent(agentId).send().component2());
    }
  }

  @Test
  void L7_nobodyElseMakesTheProposalFirst() throws Exception {
    try (var home = DevChain.start(HOME)) {
      var deployment = home.deployer(DevChain.RICH).deploy(parameters(1));
      var sender = home.sender(DevChain.RICH);
      var token = Contracts.votingToken(deployment).orElseThrow().hex();
      GovernanceProposal.delegateToSelf(sender, token);
      var rival = key(55);
      var votes =
          MandateToken.load(token, home.web3j(), sender.reader(), Sender.NO_GAS)
              .transfer(rival.getAddress(), TOKEN.divide(BigInteger.TWO));
      sender.send(Call.of("give half of the votes", token, votes));
      sender.send(new Call("fund", rival.getAddress(), TOKEN, "0x"));
      GovernanceProposal.delegateToSelf(home.sender(rival), token);
      mineEverySecond(home);

      var address = Contracts.governor(deployment).orElseThrow().hex();
      var call = new Call("nothing", key(8).getAddress(), BigInteger.ZERO, "0x");
      var proposer = Address.of(sender.address());
      var proposal = new GovernanceProposal(address, List.of(call), "Do nothing", proposer);
      assertTrue(
          proposal.description().endsWith("#proposer=" + proposer.hex()), proposal.description());
      assertThrows(DeploymentException.class, () -> proposal.propose(home.sender(rival)));
      var governor = MandateGovernor.load(address, home.web3j(), sender.reader(), Sender.NO_GAS);
      var copied =
          Call.of(
              "propose the same",
              address,
              governor.propose(
                  List.of(call.to()),
                  List.of(BigInteger.ZERO),
                  List.of(new byte[0]),
                  proposal.description()));
      var refused = assertThrows(DeploymentException.class, () -> home.sender(rival).send(copied));
      assertTrue(refused.getMessage().contains("GovernorRestrictedProposer"), refused.toString());
      proposal.propose(sender);
      assertTrue(proposal.state(home.web3j()).isPresent());
      // As somebody else's it is another proposal.
      var theirs =
          new GovernanceProposal(
              address, List.of(call), "Do nothing", Address.of(rival.getAddress()));
      assertNotEquals(proposal.id(home.web3j()), theirs.id(home.web3j()));
      assertThrows(
          IllegalArgumentException.class,
          () ->
              new GovernanceProposal(
                  address, List.of(call), "Do nothing #proposer=" + rival.getAddress(), proposer));

      var poor = home.sender(key(56));
      var powerless =
          assertThrows(
              DeploymentException.class,
              () ->
                  new GovernanceProposal(
                          address, List.of(call), "Do nothing", Address.of(poor.address()))
                      .propose(poor));
      assertTrue(powerless.getMessage().contains("has 0 votes"), powerless.getMessage());
    }
  }

  @Test
  void L7_disputeCanBeOverruledInTime() {
    // 1 s + 20 s of vote, 1 s in the timelock, and people are no machines.
    var hour = Duration.ofHours(1);
    resolvedWithin(hour.plusSeconds(22), own(1));
    var own =
        assertThrows(
            IllegalArgumentException.class, () -> resolvedWithin(hour.plusSeconds(21), own(1)));
    assertTrue(
        own.getMessage()
            .contains(
                "resolution window PT1H21S is shorter than PT1H22S: the PT22S that governance"),
        own.getMessage());
    var safe = ExistingAuthority.delayedBy(key(42).getAddress(), Duration.ofDays(1));
    resolvedWithin(Duration.ofHours(25), safe);
    var late =
        assertThrows(
            IllegalArgumentException.class,
            () -> resolvedWithin(Duration.ofHours(25).minusSeconds(1), safe));
    assertTrue(late.getMessage().contains("execution delay PT24H"), late.getMessage());
    // How long it delays itself is not for us to know.
    resolvedWithin(Duration.ofSeconds(1), ExistingAuthority.delayingItself(key(42).getAddress()));
    var month =
        assertThrows(
            IllegalArgumentException.class,
            () -> resolvedWithin(Duration.ofDays(30).plusSeconds(1), safe));
    assertTrue(month.getMessage().contains("1 s to PT720H"), month.getMessage());
  }

  private static void resolvedWithin(Duration window, DeploymentParameters.Governance governance) {
    new DeploymentParameters(
        1,
        List.of(),
        RELAYERS,
        2,
        GUARDIANS,
        Duration.ofSeconds(5),
        window,
        governance,
        Optional.empty());
  }

  @Test
  void shouldSayWhatIsWrongWithParameters() {
    var threshold =
        assertThrows(
            IllegalArgumentException.class, () -> small(1, GUARDIANS, Duration.ofSeconds(5)));
    assertTrue(threshold.getMessage().contains("threshold 1"), threshold.getMessage());
    var delay = assertThrows(IllegalArgumentException.class, () -> own(0));
    assertTrue(delay.getMessage().contains("timelock delay"), delay.getMessage());
    for (var votes : List.of(BigInteger.ZERO, TOKEN.add(BigInteger.ONE))) {
      var one = own(1);
      var anybody =
          assertThrows(
              IllegalArgumentException.class,
              () ->
                  new OwnGovernance(
                      one.timelockDelay(),
                      one.votingDelay(),
                      one.votingPeriod(),
                      votes,
                      one.quorumPercent(),
                      one.votes()));
      assertTrue(anybody.getMessage().contains("proposal threshold " + votes), anybody.toString());
    }
    var window =
        assertThrows(
            IllegalArgumentException.class, () -> small(2, GUARDIANS, Duration.ofSeconds(4)));
    assertTrue(window.getMessage().contains("dispute window"), window.getMessage());
    var judge =
        assertThrows(
            IllegalArgumentException.class, () -> small(2, RELAYERS, Duration.ofSeconds(5)));
    assertTrue(judge.getMessage().contains("relayer and guardian"), judge.getMessage());
  }

  private static Set<String> without(Deployment deployment, Set<String> names) {
    var rest = new TreeSet<>(deployment.contracts().keySet());
    rest.removeAll(names);
    return rest;
  }

  private static String codeOf(DevChain chain, String address) throws Exception {
    return chain.web3j().ethGetCode(address, DefaultBlockParameterName.LATEST).send().getCode();
  }

  /** And nobody waits for more votes once one is cast. */
  private static void mineEverySecond(DevChain chain) throws Exception {
    chain.anvil().rpc("evm_setIntervalMining", 1);
    chain.anvil().leapAfter("VoteCast(address,uint256,uint8,uint256,string)", VOTING_PERIOD);
  }

  /** As if the timelock had waited. */
  private static void asTimelock(DevChain chain, Deployment deployment, Call call) {
    var timelock = Contracts.timelock(deployment).orElseThrow().hex();
    chain.anvil().rpc("anvil_impersonateAccount", timelock);
    chain.anvil().rpc("anvil_setBalance", timelock, "0xde0b6b3a7640000");
    var receipt =
        chain.anvil().transact(Map.of("from", timelock, "to", call.to(), "data", call.data()));
    chain.anvil().rpc("anvil_stopImpersonatingAccount", timelock);
    assertTrue(receipt.succeeded(), call.what());
  }

  private static void asTimelock(
      DevChain chain, Deployment deployment, RemoteFunctionCall<?> call) {
    asTimelock(
        chain,
        deployment,
        Call.of("timelock", Contracts.timelock(deployment).orElseThrow().hex(), call));
  }

  private static TimelockController timelock(DevChain chain, Deployment deployment) {
    return TimelockController.load(
        Contracts.timelock(deployment).orElseThrow().hex(),
        chain.web3j(),
        chain.sender(DevChain.RICH).reader(),
        Sender.NO_GAS);
  }

  private static DeploymentParameters parameters(long timelockDelay) {
    return parameters(own(timelockDelay));
  }

  private static DeploymentParameters parameters(OwnGovernance governance) {
    return new DeploymentParameters(
        HOME,
        List.of(REMOTE),
        RELAYERS,
        2,
        GUARDIANS,
        Duration.ofSeconds(5),
        Duration.ofHours(2),
        governance,
        Optional.of(new TokenGrant(DevChain.RICH.getAddress(), BigInteger.TEN.pow(12))));
  }

  private static DeploymentParameters small(
      int threshold, List<String> guardians, Duration window) {
    return new DeploymentParameters(
        1,
        List.of(),
        RELAYERS,
        threshold,
        guardians,
        window,
        Duration.ofHours(2),
        own(1),
        Optional.empty());
  }

  private static OwnGovernance own(long timelockDelay) {
    return own(timelockDelay, new TokenGrant(DevChain.RICH.getAddress(), TOKEN));
  }

  private static OwnGovernance own(long timelockDelay, TokenGrant votes) {
    return new OwnGovernance(
        Duration.ofSeconds(timelockDelay),
        Duration.ofSeconds(1),
        VOTING_PERIOD,
        TOKEN.divide(BigInteger.valueOf(100)),
        4,
        votes);
  }

  private static Credentials key(int number) {
    return Credentials.create(
        Numeric.toHexStringWithPrefixZeroPadded(BigInteger.valueOf(number), 64));
  }
}
