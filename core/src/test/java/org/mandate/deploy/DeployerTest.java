package org.mandate.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.contracts.AccessManager;
import org.mandate.contracts.AgentRegistry;
import org.mandate.contracts.AgentVault;
import org.mandate.contracts.PolicyEngine;
import org.mandate.deploy.DeploymentParameters.ExistingAuthority;
import org.mandate.deploy.DeploymentParameters.OwnGovernance;
import org.mandate.deploy.DeploymentParameters.TokenGrant;
import org.web3j.crypto.Credentials;
import org.web3j.protocol.core.DefaultBlockParameterName;
import org.web3j.protocol.core.Request;
import org.web3j.protocol.core.methods.response.VoidResponse;
import org.web3j.utils.Numeric;

class DeployerTest {
  private static final long HOME = 31337;
  private static final long REMOTE = 31338;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final BigInteger TOKEN = BigInteger.TEN.pow(18);
  private static final Credentials AGENT = key(0xa1);
  private static final List<String> RELAYERS = List.of(key(1).getAddress(), key(2).getAddress(), key(3).getAddress());
  private static final List<String> GUARDIANS = List.of(key(11).getAddress(), key(12).getAddress());

  @Test
  void L7_everyRoleIsHeldAsDocumentedAndNoneByTheDeployer() throws Exception {
    try (var home = DevChain.start(HOME)) {
      var deployment = home.deployer(DevChain.RICH).deploy(parameters(1));

      var timelock = deployment.timelock().orElseThrow();
      var governor = deployment.governor().orElseThrow();
      var holders = new DeploymentCheck(home.web3j(), deployment).holders();
      assertEquals(
          Map.of(0L, Set.of(timelock), 1L, Set.copyOf(GUARDIANS), 2L, Set.copyOf(RELAYERS)), holders.accessManager());
      assertEquals(
          Map.of(
              "ADMIN", Set.of(timelock),
              "PROPOSER", Set.of(governor),
              "CANCELLER", Set.of(governor),
              "EXECUTOR", Set.of("0x" + "0".repeat(40))),
          holders.timelock());
      assertEquals(List.of(), new DeploymentCheck(home.web3j(), deployment).findings());
    }
  }

  @Test
  void L7_deployerCannotCallWhatIsRestrictedAnyMore() throws Exception {
    try (var home = DevChain.start(HOME)) {
      var deployment = home.deployer(DevChain.RICH).deploy(parameters(1));
      var deployer = home.sender(DevChain.RICH);
      var policy = PolicyEngine.load(deployment.policy(), home.web3j(), deployer.reader(), Sender.NO_GAS);
      var manager = AccessManager.load(deployment.accessManager(), home.web3j(), deployer.reader(), Sender.NO_GAS);

      var refused =
          assertThrows(
              DeploymentException.class,
              () -> deployer.send(Call.of("thaw", deployment.policy(), policy.thaw(BigInteger.ONE))));
      assertTrue(refused.getMessage().contains("AccessManagedUnauthorized"), refused.getMessage());
      assertThrows(
          DeploymentException.class,
          () ->
              deployer.send(
                  Call.of(
                      "grant",
                      deployment.accessManager(),
                      manager.grantRole(BigInteger.ZERO, deployer.address(), BigInteger.ZERO))));
    }
  }

  @Test
  void L7_checkNamesAForeignHolderOfARoleEvenBeforeItTakesEffect() throws Exception {
    try (var home = DevChain.start(HOME)) {
      var deployment = home.deployer(DevChain.RICH).deploy(parameters(1));
      var sender = home.sender(DevChain.RICH);
      GovernanceProposal.delegateToSelf(sender, deployment.votingToken().orElseThrow());
      var manager = AccessManager.load(deployment.accessManager(), home.web3j(), sender.reader(), Sender.NO_GAS);
      var stranger = key(99).getAddress();
      mineEverySecond(home);
      new GovernanceProposal(
              deployment.governor().orElseThrow(),
              List.of(
                  Call.of(
                      "grant delay",
                      deployment.accessManager(),
                      manager.setGrantDelay(BigInteger.ZERO, BigInteger.valueOf(86_400))),
                  Call.of(
                      "grant",
                      deployment.accessManager(),
                      manager.grantRole(BigInteger.ONE, stranger, BigInteger.ZERO))),
              "let a stranger in")
          .pass(sender, PATIENCE);

      var findings = new DeploymentCheck(home.web3j(), deployment).findings(parameters(1));
      assertEquals(1, findings.size(), findings.toString());
      assertTrue(findings.getFirst().contains(stranger), findings.getFirst());
    }
  }

  @Test
  void shouldStandAtTheSameAddressesOnEveryChain(@TempDir Path dir) throws Exception {
    try (var home = DevChain.start(HOME);
        var remote = DevChain.start(REMOTE)) {
      var here = home.deployer(DevChain.RICH).deployVault(home.deployer(DevChain.RICH).deploy(parameters(1)), 1);
      // Another number of transactions before: addresses depend on key and name only.
      remote.sender(DevChain.RICH).send(new Call("noise", key(5).getAddress(), BigInteger.ONE, "0x"));
      var there = remote.deployer(DevChain.RICH).deployVault(remote.deployer(DevChain.RICH).deploy(parameters(1)), 1);

      assertEquals(here.contracts().keySet(), there.contracts().keySet());
      here.contracts().forEach((name, c) -> assertEquals(c.address(), there.contracts().get(name).address(), name));
      assertTrue(here.isHome());
      assertFalse(there.isHome());
      assertEquals(here, Deployment.read(here.write(dir)));
      assertEquals(there, Deployment.read(there.write(dir)));

      var reader = home.sender(DevChain.RICH).reader();
      var vault = AgentVault.load(here.vault(1).orElseThrow(), home.web3j(), reader, Sender.NO_GAS);
      assertEquals(here.timelock().orElseThrow(), vault.OWNER().send());
      assertEquals(here.executor(), vault.EXECUTOR().send());
      assertEquals(BigInteger.ONE, vault.AGENT_ID().send());
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
      home.sender(DevChain.RICH).send(new Call("fund", poor.getAddress(), new BigInteger("13000000000000000"), "0x"));
      assertThrows(DeploymentException.class, () -> home.deployer(poor).deploy(parameters(1)));
      assertNotEquals("0x", codeOf(home, Create3.addressOf(poor.getAddress(), "AccessManager")));
      assertEquals("0x", codeOf(home, Create3.addressOf(poor.getAddress(), "MandateGovernor")));
      home.sender(DevChain.RICH).send(new Call("fund", poor.getAddress(), TOKEN, "0x"));
      var deployment = home.deployer(poor).deploy(parameters(1));
      assertEquals(List.of(), new DeploymentCheck(home.web3j(), deployment).findings(parameters(1)));
    }
  }

  @Test
  void shouldRefuseWhenOtherParametersStandAtTheAddresses() throws Exception {
    try (var home = DevChain.start(HOME)) {
      home.deployer(DevChain.RICH).deploy(parameters(1));
      // A value in storage: found when the settings are read back.
      var delay = assertThrows(DeploymentException.class, () -> home.deployer(DevChain.RICH).deploy(parameters(2)));
      assertTrue(delay.getMessage().contains("delay of the timelock: must be 2, is 1"), delay.getMessage());
      // An immutable value: found in the code.
      var p = parameters(1);
      var longer =
          new DeploymentParameters(
              p.homeChainId(),
              p.otherChainIds(),
              p.relayers(),
              p.threshold(),
              p.guardians(),
              p.disputeWindow(),
              Duration.ofHours(2),
              p.governance(),
              p.testToken());
      var code = assertThrows(DeploymentException.class, () -> home.deployer(DevChain.RICH).deploy(longer));
      assertTrue(code.getMessage().startsWith("CrossChainExecutor"), code.getMessage());
    }
  }

  @Test
  void shouldRefuseAChainThatTheParametersDoNotName() throws Exception {
    try (var other = DevChain.start(5)) {
      var refused = assertThrows(DeploymentException.class, () -> other.deployer(DevChain.RICH).deploy(parameters(1)));
      assertTrue(refused.getMessage().contains("chain 5"), refused.getMessage());
    }
  }

  @Test
  void L7_shouldHandOverToAnExistingAuthority() throws Exception {
    try (var home = DevChain.start(HOME)) {
      var safe = key(42).getAddress();
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
              new ExistingAuthority(safe),
              Optional.empty());
      var deployment = home.deployer(DevChain.RICH).deploy(parameters);
      assertEquals(safe, deployment.authority());
      assertEquals(Optional.empty(), deployment.governor());
      assertEquals(Optional.empty(), deployment.testToken());
      assertEquals(Set.of(safe), new DeploymentCheck(home.web3j(), deployment).holders().accessManager().get(0L));
    }
  }

  @Test
  void shouldActivateAnAgentByAProposal() throws Exception {
    try (var home = DevChain.start(HOME)) {
      var deployment = home.deployer(DevChain.RICH).deploy(parameters(1));
      var sender = home.sender(DevChain.RICH);
      GovernanceProposal.delegateToSelf(sender, deployment.votingToken().orElseThrow());
      var setup = new AgentSetup(deployment.registry());
      var agentId = setup.register(sender, "https://example.org/agent.json");
      setup.setWallet(sender, agentId, AGENT);
      var registry = AgentRegistry.load(deployment.registry(), home.web3j(), sender.reader(), Sender.NO_GAS);
      assertEquals(AGENT.getAddress(), registry.getAgentWallet(agentId).send());

      mineEverySecond(home);
      var proposal =
          new GovernanceProposal(
              deployment.governor().orElseThrow(),
              List.of(Call.of("activate", deployment.registry(), registry.activate(agentId))),
              "Admit the agent");
      assertEquals(Optional.empty(), proposal.state(sender));
      proposal.pass(sender, PATIENCE);
      assertEquals(BigInteger.ONE, registry.agent(agentId).send().component2());
    }
  }

  @Test
  void shouldSayWhatIsWrongWithParameters() {
    var threshold =
        assertThrows(
            IllegalArgumentException.class,
            () -> small(1, GUARDIANS, Duration.ofSeconds(5)));
    assertTrue(threshold.getMessage().contains("threshold 1"), threshold.getMessage());
    var window =
        assertThrows(
            IllegalArgumentException.class,
            () -> small(2, GUARDIANS, Duration.ofSeconds(4)));
    assertTrue(window.getMessage().contains("dispute window"), window.getMessage());
    var judge =
        assertThrows(
            IllegalArgumentException.class,
            () -> small(2, RELAYERS, Duration.ofSeconds(5)));
    assertTrue(judge.getMessage().contains("relayer and guardian"), judge.getMessage());
  }

  private static String codeOf(DevChain chain, String address) throws Exception {
    return chain.web3j().ethGetCode(address, DefaultBlockParameterName.LATEST).send().getCode();
  }

  private static void mineEverySecond(DevChain chain) throws Exception {
    new Request<>("evm_setIntervalMining", List.of(1), chain.service(), VoidResponse.class).send();
  }

  private static DeploymentParameters parameters(long timelockDelay) {
    return new DeploymentParameters(
        HOME,
        List.of(REMOTE),
        RELAYERS,
        2,
        GUARDIANS,
        Duration.ofSeconds(5),
        Duration.ofHours(1),
        own(timelockDelay),
        Optional.of(new TokenGrant(DevChain.RICH.getAddress(), BigInteger.TEN.pow(12))));
  }

  private static DeploymentParameters small(int threshold, List<String> guardians, Duration window) {
    return new DeploymentParameters(
        1, List.of(), RELAYERS, threshold, guardians, window, Duration.ofHours(1), own(1), Optional.empty());
  }

  private static OwnGovernance own(long timelockDelay) {
    return new OwnGovernance(
        Duration.ofSeconds(timelockDelay),
        Duration.ofSeconds(1),
        Duration.ofSeconds(3),
        BigInteger.ZERO,
        4,
        new TokenGrant(DevChain.RICH.getAddress(), TOKEN));
  }

  private static Credentials key(int number) {
    return Credentials.create(Numeric.toHexStringWithPrefixZeroPadded(BigInteger.valueOf(number), 64));
  }
}
