package org.mandate.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Deployment;
import org.mandate.chain.Hash;
import org.mandate.contracts.AccessManager;
import org.mandate.contracts.Create3Factory;
import org.mandate.deploy.DeploymentParameters.ExistingAuthority;
import org.web3j.crypto.Credentials;
import org.web3j.protocol.core.DefaultBlockParameterName;
import org.web3j.protocol.core.RemoteFunctionCall;
import org.web3j.utils.Numeric;

/**
 * Everything that the authority could change at the AccessManager is changed, and must be named.
 */
class DeploymentCheckTest {
  private static final long HOME = 31337;
  private static final BigInteger DAY = BigInteger.valueOf(86_400);
  private static final String STRANGER = key(99).getAddress();
  private static final String GUARDIAN = key(11).getAddress();
  private static final byte[] SELECTOR = {1, 2, 3, 4};

  private static DevChain chain;
  private static Wallet safe;
  private static Deployment deployment;
  private static AccessManager manager;

  @BeforeAll
  static void deploy() throws Exception {
    chain = DevChain.start(HOME);
    safe = Wallet.create(chain, DevChain.RICH);
    var deployer = chain.deployer(DevChain.RICH);
    deployment = deployer.deployVault(deployer.deploy(parameters()), Address.of(safe.address()), 1);
    manager =
        AccessManager.load(
            Contracts.accessManager(deployment).hex(),
            chain.web3j(),
            chain.sender(DevChain.RICH).reader(),
            Sender.NO_GAS);
  }

  @AfterAll
  static void stop() {
    chain.close();
  }

  @Test
  void shouldFindNothingInWhatWasDeployed() {
    assertEquals(List.of(), check().findings(parameters()));
    assertEquals(List.of(), check().findings());
  }

  @Test
  void L7_namesAFunctionThatWasOpened() throws Exception {
    for (var role : List.of(Role.GUARDIAN, Role.PUBLISHER, Role.PUBLIC)) {
      named(
          "role for function 0x01020304 of PolicyEngine",
          manager.setTargetFunctionRole(deployment.policy().hex(), List.of(SELECTOR), role));
    }
  }

  @Test
  void L6_namesThatRelayersMayNotPublishAnyMore() throws Exception {
    named(
        "role for function publish of AuditLog",
        manager.setTargetFunctionRole(
            deployment.auditLog().hex(), List.of(Deployer.publishSelector()), Role.ADMIN));
  }

  @Test
  void L7_namesARoleThatAnotherRoleGrantsOrCancels() throws Exception {
    named(
        "role that grants and revokes GUARDIAN",
        manager.setRoleAdmin(Role.GUARDIAN, Role.PUBLISHER));
    named(
        "role that cancels what PUBLISHER scheduled",
        manager.setRoleGuardian(Role.PUBLISHER, Role.GUARDIAN));
  }

  @Test
  void L7_namesAContractThatWasClosed() throws Exception {
    named(
        "calls of CrossChainExecutor", manager.setTargetClosed(deployment.executor().hex(), true));
  }

  @Test
  void L5_namesDelaysThatWereChangedEvenBeforeTheyTakeEffect() throws Exception {
    named("delay of a grant of role GUARDIAN", manager.setGrantDelay(Role.GUARDIAN, DAY));
    named(
        "delay of changes to the settings of QuorumGateway",
        manager.setTargetAdminDelay(deployment.gateway().hex(), DAY));
  }

  @Test
  void L7_namesAGuardianWhoCannotActAtOnce() throws Exception {
    named(
        "execution delay of " + GUARDIAN + " as GUARDIAN",
        manager.grantRole(Role.GUARDIAN, GUARDIAN, BigInteger.valueOf(60)));
  }

  @Test
  void L5_namesADelayOfTheAuthorityThatWasChanged() throws Exception {
    named(
        "execution delay of " + safe.address() + " as ADMIN",
        manager.grantRole(Role.ADMIN, safe.address(), DAY));
  }

  @Test
  void L7_namesEverybodyWhoWasLetIn() throws Exception {
    named("holders of role ADMIN", manager.grantRole(Role.ADMIN, STRANGER, DAY));
    named(
        "holders of role GUARDIAN",
        manager.grantRole(Role.GUARDIAN, Contracts.deployer(deployment).hex(), BigInteger.ZERO));
    // Role numbers are 64 bits without sign.
    for (var role : List.of(BigInteger.valueOf(7), Role.PUBLIC.subtract(BigInteger.ONE))) {
      named("holders of role role " + role, manager.grantRole(role, STRANGER, BigInteger.ZERO));
    }
  }

  @Test
  void L7_namesAContractThatAnotherManagerGoverns() throws Exception {
    // Any contract will do.
    named(
        "authority of QuorumGateway",
        manager.updateAuthority(deployment.gateway().hex(), safe.address()));
  }

  @Test
  void L7_namesAVaultOfSomebodyElse() {
    var deployed = chain.deployer(DevChain.RICH).deployVault(deployment, Address.of(STRANGER), 2);
    var check = chain.check(deployed);
    for (var found : List.of(check.findings(), check.findings(parameters()))) {
      assertEquals(1, found.size(), found.toString());
      assertEquals("OWNER of AgentVault-2", found.getFirst().what());
      assertEquals(STRANGER, found.getFirst().found());
    }
    // The same vault under another agent's name.
    var contracts = new TreeMap<>(deployed.contracts());
    contracts.put("AgentVault-3", contracts.remove("AgentVault-1"));
    contracts.remove("AgentVault-2");
    var found = chain.check(with(contracts)).findings();
    assertEquals(List.of("creation of AgentVault-3", "AGENT_ID of AgentVault-3"), what(found));
  }

  @Test
  void L7_namesCodeThatIsNotThisBuildsWhateverTheFileSays() throws Exception {
    // The deployer's key creates what it likes at an address that waits for a vault.
    var before = chain.anvil().rpc("evm_snapshot");
    var genuine = runtime(5);
    var backdoored = planted(5, genuine + "5b00");
    assertEquals(
        List.of("code of AgentVault-5", "creation of AgentVault-5"),
        what(chain.check(backdoored).findings()));
    assertEquals(
        List.of("code of AgentVault-5", "creation of AgentVault-5"),
        what(chain.check(backdoored).findings(parameters())));
    chain.anvil().rpc("evm_revert", before);

    // However it came there: here the chain itself was changed.
    var vault = Contracts.vault(deployment, 1).orElseThrow().hex();
    before = chain.anvil().rpc("evm_snapshot");
    var code = runtime(1) + "00";
    chain.anvil().rpc("anvil_setCode", vault, code);
    var changed = new TreeMap<>(deployment.contracts());
    changed.computeIfPresent(
        "AgentVault-1",
        (name, c) ->
            new Deployment.Contract(c.address(), Hash.of(Deployer.hash(code)), c.arguments()));
    assertEquals(List.of("code of AgentVault-1"), what(chain.check(with(changed)).findings()));
    chain.anvil().rpc("evm_revert", before);
  }

  @Test
  void L7_namesOurCodeThatAnotherConstructorLeftBehind() throws Exception {
    // It could have approved tokens to somebody, or written roles, before it returned our code.
    var before = chain.anvil().rpc("evm_snapshot");
    var found = chain.check(planted(6, runtime(6))).findings();
    assertEquals(List.of("creation of AgentVault-6"), what(found));
    assertTrue(found.getFirst().found().startsWith("otherwise, in transaction 0x"));
    chain.anvil().rpc("evm_revert", before);
  }

  @Test
  void L7_namesArgumentsThatNobodyGaveAndCreationsThatCannotBeSeen() {
    var contracts = new TreeMap<>(deployment.contracts());
    contracts.computeIfPresent(
        "QuorumGateway",
        (name, c) ->
            new Deployment.Contract(
                c.address(), c.codeHash(), Bytes.of(c.arguments().hex().replace("0002", "0003"))));
    var found = chain.check(with(contracts)).findings();
    assertTrue(what(found).contains("creation of QuorumGateway"), found.toString());

    // A file that hides the first events, in which anybody could have got a role.
    var late =
        new Deployment(
            deployment.chainId(),
            deployment.homeChainId(),
            deployment.block() + 4,
            deployment.contracts());
    assertTrue(
        what(chain.check(late).findings()).contains("creation of AccessManager"), late.toString());

    contracts = new TreeMap<>(deployment.contracts());
    contracts.put("Stranger", contracts.get("AuditLog"));
    found = chain.check(with(contracts)).findings();
    assertTrue(what(found).contains("code of Stranger"), found.toString());
  }

  @Test
  void L7_namesContractsThatDoNotReferToEachOther() {
    var rich = chain.sender(DevChain.RICH);
    rich.send(new Call("fund", key(77).getAddress(), BigInteger.TEN.pow(18), "0x"));
    var foreign = chain.deployer(key(77)).deploy(parameters());
    for (var name :
        List.of(
            "AgentRegistry", "AuditLog", "PolicyEngine", "QuorumGateway", "CrossChainExecutor")) {
      var contracts = new TreeMap<>(deployment.contracts());
      contracts.put(name, foreign.contracts().get(name));
      var found = what(chain.check(with(contracts)).findings());
      assertTrue(found.contains("authority of " + name), found.toString());
      var referring =
          switch (name) {
            case "AgentRegistry" ->
                List.of("REGISTRY of PolicyEngine", "REGISTRY of CrossChainExecutor");
            case "AuditLog" ->
                List.of(
                    "EXECUTOR of AuditLog",
                    "AUDIT_LOG of PolicyEngine",
                    "AUDIT_LOG of CrossChainExecutor");
            case "PolicyEngine" ->
                List.of("REGISTRY of PolicyEngine", "POLICY of CrossChainExecutor");
            case "QuorumGateway" -> List.of("GATEWAY of CrossChainExecutor");
            default -> List.of("EXECUTOR of PolicyEngine", "EXECUTOR of AgentVault-1");
          };
      assertTrue(found.containsAll(referring), name + ": " + found);
    }
    var elsewhere =
        new Deployment(
            deployment.chainId(), BigInteger.TWO, deployment.block(), deployment.contracts());
    assertEquals(
        List.of("HOME_CHAIN_ID of CrossChainExecutor"), what(chain.check(elsewhere).findings()));
  }

  // ------------------------------------------------------------------ parts

  /** The code that a genuine vault of that agent has. */
  private static String runtime(long agent) {
    var vault = vault(agent);
    return new StateOverrideCall(chain.service())
        .construct(vault.address(), vault.initCode(), DefaultBlockParameterName.LATEST);
  }

  private static Plan.Creation vault(long agent) {
    return Plan.vault(
        DevChain.RICH.getAddress(), safe.address(), deployment.executor().hex(), agent);
  }

  /** The deployer puts code in a vault's place, and it into the deployment file. */
  private static Deployment planted(long agent, String code) {
    var vault = vault(agent);
    var length = (code.length() - 2) / 2;
    // PUSH2 length, DUP1, PUSH1 12, PUSH1 0, CODECOPY, PUSH1 0, RETURN
    var initCode = "61%04x80600c6000396000f3%s".formatted(length, code.substring(2));
    var rich = chain.sender(DevChain.RICH);
    rich.send(
        Call.of(
            "plant",
            Create3.factory(),
            Create3Factory.load(Create3.factory(), chain.web3j(), rich.reader(), Sender.NO_GAS)
                .create(Create3.salt(vault.name()), Numeric.hexStringToByteArray(initCode))));
    var contracts = new TreeMap<>(deployment.contracts());
    contracts.put(
        vault.name(),
        new Deployment.Contract(
            Address.of(vault.address()),
            Hash.of(Deployer.hash(code)),
            Bytes.of("0x" + vault.arguments())));
    return with(contracts);
  }

  /** Has the authority do it, looks, and takes it back. */
  private static void named(String what, RemoteFunctionCall<?> call) throws Exception {
    var before = chain.anvil().rpc("evm_snapshot");
    safe.send(Call.of("tamper", Contracts.accessManager(deployment).hex(), call));
    var found = new ArrayList<>(List.of(check().findings(), check().findings(parameters())));
    chain.anvil().rpc("evm_revert", before);
    for (var each : found) {
      assertEquals(1, each.size(), what + ": " + each);
      var one = each.getFirst();
      assertTrue(one.what().startsWith(what), one.toString());
      assertFalse(one.next().isBlank(), one.toString());
    }
  }

  private static DeploymentCheck check() {
    return chain.check(deployment);
  }

  private static List<String> what(List<Deviation> found) {
    return found.stream().map(Deviation::what).toList();
  }

  private static Deployment with(TreeMap<String, Deployment.Contract> contracts) {
    return new Deployment(
        deployment.chainId(), deployment.homeChainId(), deployment.block(), contracts);
  }

  private static DeploymentParameters parameters() {
    return new DeploymentParameters(
        HOME,
        List.of(31338L),
        List.of(key(1).getAddress(), key(2).getAddress(), key(3).getAddress()),
        2,
        List.of(GUARDIAN),
        Duration.ofSeconds(5),
        Duration.ofHours(1),
        ExistingAuthority.delayingItself(safe.address()),
        Optional.empty());
  }

  private static Credentials key(int number) {
    return Credentials.create(
        Numeric.toHexStringWithPrefixZeroPadded(BigInteger.valueOf(number), 64));
  }
}
