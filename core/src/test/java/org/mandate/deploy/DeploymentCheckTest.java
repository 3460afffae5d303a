package org.mandate.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
import org.mandate.contracts.HomeExecutor;
import org.mandate.contracts.RelayerBonds;
import org.mandate.deploy.DeploymentParameters.ExistingAuthority;
import org.mandate.deploy.DeploymentParameters.TokenGrant;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.AttestationDomain;
import org.mandate.gateway.InteroperableAddress;
import org.mandate.gateway.Message;
import org.mandate.gateway.MessageAbi;
import org.mandate.signer.PrivateKeySigner;
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

  private static final Optional<TokenGrant> TOKENS =
      Optional.of(new TokenGrant(GUARDIAN, BigInteger.TEN));

  private static DevChain chain;
  private static Wallet safe;
  private static Deployment deployment;
  private static AccessManager manager;

  @BeforeAll
  static void deploy() throws Exception {
    chain = DevChain.start(HOME);
    safe = Wallet.create(chain, DevChain.RICH);
    var deployer = chain.deployer(DevChain.RICH);
    deployment = deployer.deploy(parameters());
    chain.bond(deployment);
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

  /** Who attests for nothing lies for nothing. */
  @Test
  void L7_namesRelayersWithoutABond() throws Exception {
    var before = chain.anvil().rpc("evm_snapshot");
    var relayer = key(2).getAddress();
    var bonds = deployment.relayerBonds().orElseThrow().hex();
    // Its bond was taken, for it signed what home never sent.
    var lie =
        new Message(
            BigInteger.valueOf(HOME),
            BigInteger.TEN,
            new InteroperableAddress(BigInteger.valueOf(HOME), deployment.executor()).encode(),
            new InteroperableAddress(BigInteger.TWO, deployment.executor()).encode(),
            Bytes.EMPTY);
    var signed =
        Attestation.sign(
            AttestationDomain.of(deployment),
            lie.id(deployment.gateway()),
            new PrivateKeySigner(key(2).getEcKeyPair().getPrivateKey()));
    var sender = chain.sender(DevChain.RICH);
    sender.send(
        Call.of(
            "slash",
            bonds,
            RelayerBonds.load(bonds, chain.web3j(), sender.reader(), Sender.NO_GAS)
                .slashUndispatched(
                    MessageAbi.toBonds(lie), List.of(), signed.signature().compact(), STRANGER)));
    var found = check().findings();
    assertEquals(List.of("bond of relayer " + relayer), what(found));
    assertEquals(Deviation.Weight.CHANGED, found.getFirst().weight());
    assertEquals(List.of(), check().findings(parameters()), "it is nothing of the deployment's");
    chain.anvil().rpc("evm_revert", before);
  }

  @Test
  void L5_namesWhatGuardiansPaused() throws Exception {
    var before = chain.anvil().rpc("evm_snapshot");
    chain.sender(DevChain.RICH).send(new Call("fund", GUARDIAN, BigInteger.TEN.pow(18), "0x"));
    var guardian = chain.sender(key(11));
    var executor = deployment.executor().hex();
    var home = HomeExecutor.load(executor, chain.web3j(), guardian.reader(), Sender.NO_GAS);
    guardian.send(Call.of("pause", executor, home.pause(BigInteger.valueOf(31338))));
    var found = check().findings();
    assertEquals(
        List.of(
            "pause of the lane of chain 31338", "guardians' next pause of the lane of chain 31338"),
        what(found));
    assertTrue(found.getFirst().found().startsWith("until time "), found.toString());
    chain.anvil().rpc("evm_increaseTime", 86_401);
    chain.anvil().mine(1);
    assertEquals(
        List.of("guardians' next pause of the lane of chain 31338"), what(check().findings()));
    chain.anvil().rpc("evm_revert", before);
  }

  /** What governance may change across chains is named when it did. */
  @Test
  void L5_namesGatewaysAndRoutesThatWereChanged() throws Exception {
    var executor = deployment.executor().hex();
    var home =
        HomeExecutor.load(
            executor, chain.web3j(), chain.sender(DevChain.RICH).reader(), Sender.NO_GAS);
    for (var change :
        Map.of(
                "gateways of the executor", home.setGateway(STRANGER, true, BigInteger.ZERO),
                "routes of messages", home.setRoute(BigInteger.TEN, STRANGER))
            .entrySet()) {
      var before = chain.anvil().rpc("evm_snapshot");
      safe.send(Call.of("change", executor, change.getValue()));
      assertEquals(List.of(change.getKey()), what(check().findings()));
      assertEquals(Deviation.Weight.CHANGED, check().findings().getFirst().weight());
      assertEquals(List.of(change.getKey()), what(check().findings(parameters())));
      assertEquals(Deviation.Weight.WRONG, check().findings(parameters()).getFirst().weight());
      chain.anvil().rpc("evm_revert", before);
    }
  }

  @Test
  void L7_namesAFunctionThatWasOpened() throws Exception {
    for (var role : List.of(Role.GUARDIAN, Role.PUBLISHER, Role.PUBLIC)) {
      named(
          "role for function 0x01020304 of AgentVault",
          manager.setTargetFunctionRole(deployment.account().hex(), List.of(SELECTOR), role));
    }
  }

  @Test
  void L6_namesThatRelayersMayNotPublishAnyMore() throws Exception {
    named(
        "role for function publish of AgentVault",
        manager.setTargetFunctionRole(
            deployment.account().hex(), List.of(Deployer.publishSelector()), Role.ADMIN));
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
    named("calls of HomeExecutor", manager.setTargetClosed(deployment.executor().hex(), true));
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
  void L7_namesCodeThatIsNotThisBuildsWhateverTheFileSays() throws Exception {
    // The deployer's key creates what it likes where nothing stands yet.
    var before = chain.anvil().rpc("evm_snapshot");
    var backdoored = planted(runtime("TestToken") + "5b00");
    assertEquals(
        List.of("code of TestToken", "creation of TestToken"),
        what(chain.check(backdoored).findings()));
    assertEquals(
        List.of("code of TestToken", "creation of TestToken"),
        what(chain.check(backdoored).findings(parameters(TOKENS))));
    chain.anvil().rpc("evm_revert", before);

    // However it came there: here the chain itself was changed.
    before = chain.anvil().rpc("evm_snapshot");
    var code = runtime("AgentVault") + "00";
    chain.anvil().rpc("anvil_setCode", deployment.account().hex(), code);
    var changed = new TreeMap<>(deployment.contracts());
    changed.computeIfPresent(
        "AgentVault",
        (name, c) ->
            new Deployment.Contract(c.address(), Hash.of(Deployer.hash(code)), c.arguments()));
    assertEquals(List.of("code of AgentVault"), what(chain.check(with(changed)).findings()));
    chain.anvil().rpc("evm_revert", before);
  }

  @Test
  void L7_namesOurCodeThatAnotherConstructorLeftBehind() throws Exception {
    // It could have approved tokens to somebody, or written roles, before it returned our code.
    var before = chain.anvil().rpc("evm_snapshot");
    var found = chain.check(planted(runtime("TestToken"))).findings();
    assertEquals(List.of("creation of TestToken"), what(found));
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
    contracts.put("Stranger", contracts.get("AgentRegistry"));
    found = chain.check(with(contracts)).findings();
    assertTrue(what(found).contains("code of Stranger"), found.toString());
  }

  @Test
  void L7_namesContractsThatDoNotReferToEachOther() throws Exception {
    var rich = chain.sender(DevChain.RICH);
    rich.send(new Call("fund", key(77).getAddress(), BigInteger.TEN.pow(18), "0x"));
    var other = Wallet.create(chain, DevChain.RICH).address();
    var foreign = chain.deployer(key(77)).deploy(parameters(other, Optional.empty()));
    for (var name :
        List.of(
            "AgentRegistry",
            "AgentVault",
            "Approvers",
            "CallGuard",
            "CallRules",
            "CategoryRule",
            "HomeExecutor",
            "HoursRule",
            "MandateLens",
            "MandateRules",
            "PriceFeeds",
            "QuorumGateway",
            "RelayerBonds",
            "ReputationRule",
            "RuleBook",
            "Tiers")) {
      var contracts = new TreeMap<>(deployment.contracts());
      contracts.put(name, foreign.contracts().get(name));
      var found = what(chain.check(with(contracts)).findings());
      if (!Set.of("MandateLens", "MandateRules", "RelayerBonds").contains(name)) {
        assertTrue(found.contains("authority of " + name), found.toString());
      }
      var referring =
          switch (name) {
            case "AgentRegistry" -> List.of("REGISTRY of AgentVault", "REGISTRY of HomeExecutor");
            case "AgentVault" ->
                List.of(
                    "OWNER of AgentVault",
                    "REGISTRY of AgentVault",
                    "EXECUTOR of AgentVault",
                    "accounts of the executor");
            case "QuorumGateway" ->
                List.of(
                    "GATEWAY of HomeExecutor",
                    "GATEWAY of RelayerBonds",
                    "gateways of the executor");
            case "RelayerBonds" -> List.of("GATEWAY of RelayerBonds", "TREASURY of RelayerBonds");
            case "Approvers" -> List.of("APPROVERS of HomeExecutor", "REGISTRY of Approvers");
            case "CallGuard" -> List.of("GUARD of AgentVault", "RULES of CallGuard");
            case "CallRules" -> List.of("RULES of CallGuard", "CALLS of MandateRules");
            case "CategoryRule", "HoursRule", "ReputationRule" -> List.of("REGISTRY of " + name);
            case "MandateLens" -> List.of("EXECUTOR of MandateLens", "REGISTRY of MandateLens");
            case "MandateRules" ->
                List.of(
                    "RULES of HomeExecutor",
                    "CALLS of MandateRules",
                    "BOOK of MandateRules",
                    "TIERS of MandateRules");
            case "PriceFeeds" -> List.of("PRICES of Tiers");
            case "RuleBook" -> List.of("BOOK of MandateRules", "REGISTRY of RuleBook");
            case "Tiers" -> List.of("TIERS of MandateRules", "PRICES of Tiers");
            default ->
                List.of(
                    "EXECUTOR of AgentVault",
                    "EXECUTOR of MandateLens",
                    "accounts of the executor");
          };
      assertTrue(found.containsAll(referring), name + ": " + found);
    }
    var elsewhere =
        new Deployment(
            deployment.chainId(), BigInteger.TWO, deployment.block(), deployment.contracts());
    var refused = assertThrows(IllegalArgumentException.class, chain.check(elsewhere)::findings);
    assertTrue(refused.getMessage().contains("no DestinationExecutor"), refused.getMessage());
  }

  // ------------------------------------------------------------------ parts

  /** The code that a genuine contract of that name has. */
  private static String runtime(String name) {
    var genuine = creation(name);
    return new StateOverrideCall(chain.service())
        .construct(genuine.address(), genuine.initCode(), DefaultBlockParameterName.LATEST);
  }

  private static Plan.Creation creation(String name) {
    return Plan.of(DevChain.RICH.getAddress(), parameters(TOKENS), HOME).contracts().stream()
        .filter(one -> one.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** The deployer puts code in the test token's place, and it into the deployment file. */
  private static Deployment planted(String code) {
    var token = creation("TestToken");
    var length = (code.length() - 2) / 2;
    // PUSH2 length, DUP1, PUSH1 12, PUSH1 0, CODECOPY, PUSH1 0, RETURN
    var initCode = "61%04x80600c6000396000f3%s".formatted(length, code.substring(2));
    var rich = chain.sender(DevChain.RICH);
    rich.send(
        Call.of(
            "plant",
            Create3.factory(),
            Create3Factory.load(Create3.factory(), chain.web3j(), rich.reader(), Sender.NO_GAS)
                .create(Create3.salt(token.name()), Numeric.hexStringToByteArray(initCode))));
    var contracts = new TreeMap<>(deployment.contracts());
    contracts.put(
        token.name(),
        new Deployment.Contract(
            Address.of(token.address()),
            Hash.of(Deployer.hash(code)),
            Bytes.of("0x" + token.arguments())));
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
    return parameters(Optional.empty());
  }

  private static DeploymentParameters parameters(Optional<TokenGrant> testToken) {
    return parameters(safe.address(), testToken);
  }

  private static DeploymentParameters parameters(String authority, Optional<TokenGrant> testToken) {
    return new DeploymentParameters(
        HOME,
        List.of(31338L),
        List.of(key(1).getAddress(), key(2).getAddress(), key(3).getAddress()),
        2,
        List.of(GUARDIAN),
        Duration.ofSeconds(5),
        Duration.ofHours(1),
        ExistingAuthority.delayingItself(authority),
        testToken);
  }

  private static Credentials key(int number) {
    return Credentials.create(
        Numeric.toHexStringWithPrefixZeroPadded(BigInteger.valueOf(number), 64));
  }
}
