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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Deployment;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.PostedHashes;
import org.mandate.contracts.RemoteGovernance;
import org.mandate.deploy.DeploymentParameters.AcrossChains;
import org.mandate.deploy.DeploymentParameters.AssetWindows;
import org.mandate.deploy.DeploymentParameters.HashOracle;
import org.mandate.deploy.DeploymentParameters.OwnGovernance;
import org.mandate.deploy.DeploymentParameters.Remote;
import org.mandate.deploy.DeploymentParameters.TokenGrant;
import org.mandate.gateway.WindowTable;
import org.web3j.crypto.Credentials;
import org.web3j.protocol.core.RemoteFunctionCall;
import org.web3j.utils.Numeric;

/** A destination that home's vote governs, with windows by stake and proofs of home's storage. */
class AcrossChainsTest {
  private static final long HOME = 31337;
  private static final long REMOTE = 31338;
  private static final String GUARDIAN = key(11).getAddress();
  private static final String ORACLE = key(12).getAddress();
  private static final String RECOVERY = key(13).getAddress();
  private static final String STRANGER = key(99).getAddress();
  private static final BigInteger BOND = BigInteger.TEN.pow(15);
  private static final WindowTable COINS =
      new WindowTable(List.of(new WindowTable.Step(BigInteger.TEN.pow(18), 600, 5)));
  private static final WindowTable TOKENS =
      new WindowTable(
          List.of(
              new WindowTable.Step(BigInteger.valueOf(1_000), 60, 5),
              new WindowTable.Step(BigInteger.valueOf(5_000_000), 3_600, 30)));

  private static DevChain chain;
  private static Deployment deployment;

  @BeforeAll
  static void deploy() {
    chain = DevChain.start(REMOTE);
    deployment = chain.deployer(DevChain.RICH).deploy(parameters());
  }

  @AfterAll
  static void stop() {
    chain.close();
  }

  @Test
  void shouldFindNothingInWhatWasDeployed() {
    assertEquals(List.of(), check().findings(parameters()));
    assertEquals(List.of(), check().findings());
    assertEquals(deployment, chain.deployer(DevChain.RICH).deploy(parameters()), "run again");
  }

  @Test
  void L7_homesVoteHoldsEveryRoleHereAndNobodyElseAny() throws Exception {
    var governance = deployment.remoteGovernance().orElseThrow().hex();
    var holders = check().holders();
    assertEquals(Set.of(governance), holders.accessManager().get(Role.ADMIN));
    assertEquals(Set.of(ORACLE), holders.accessManager().get(Role.ORACLE));
    assertEquals(Map.of(), holders.timelock());
    assertEquals(Optional.empty(), Contracts.governor(deployment));
    assertEquals(Optional.empty(), deployment.relayerBonds());
    assertEquals(governance, executor().BOND_TREASURY().send());
  }

  @Test
  void shouldSetWindowsBondAndProofs() throws Exception {
    List<?> steps = executor().windows(Contracts.testToken(deployment).orElseThrow().hex()).send();
    assertEquals(2, steps.size());
    assertEquals(BOND, executor().disputeBond().send());
    var proofs = deployment.stateProofs().orElseThrow().hex();
    assertEquals(proofs, executor().stateProofs().send());
    assertEquals(proofs, governance().stateProofs().send());
  }

  /** The oracle posts, and nobody else, the admin neither. */
  @Test
  void L7_onlyTheOraclePostsHashes() throws Exception {
    var address = deployment.postedHashes().orElseThrow().hex();
    var before = chain.anvil().rpc("evm_snapshot");
    var rich = chain.sender(DevChain.RICH);
    var hashes = PostedHashes.load(address, chain.web3j(), rich.reader(), Sender.NO_GAS);
    var hash = new byte[32];
    hash[0] = 1;
    var post = Call.of("post", address, hashes.post(BigInteger.ONE, hash));
    var refused = assertThrows(DeploymentException.class, () -> rich.send(post));
    assertTrue(refused.getMessage().contains("AccessManagedUnauthorized"), refused.getMessage());
    rich.send(new Call("fund", ORACLE, BigInteger.TEN.pow(18), "0x"));
    chain.sender(key(12)).send(post);
    chain.anvil().rpc("evm_revert", before);
  }

  @Test
  void L5_namesWhatGovernanceChanged() throws Exception {
    var executor = deployment.executor().hex();
    var none = BigInteger.ZERO;
    var step =
        new DestinationExecutor.Step(BigInteger.TEN, BigInteger.valueOf(9), BigInteger.valueOf(8));
    named("windows of payments", executor, executor().setWindows(STRANGER, List.of(step), none));
    named(
        "windows of payments",
        executor,
        executor().setWindows("0x" + "0".repeat(40), List.of(), none));
    named("least window", executor, executor().setFloor(BigInteger.TEN, none));
    named("bond of a dispute", executor, executor().setDisputeBond(none));
    named("gateway of results", executor, executor().setReportGateway(STRANGER));
    named("proofs that the executor takes", executor, executor().setStateProofs(STRANGER));
    named("gateways of the executor", executor, executor().setGateway(STRANGER, true, none));
    named(
        "gateways of the executor",
        executor,
        executor().setGateway(deployment.gateway().hex(), false, none));
    var governance = deployment.remoteGovernance().orElseThrow().hex();
    var longer = BigInteger.valueOf(5 * 86_400);
    named("delay of home's orders", governance, governance().setDelay(longer));
    named("recovery authority", governance, governance().setRecovery(STRANGER));
    named("proofs that orders take", governance, governance().setStateProofs(STRANGER));
    named(
        "gateway of orders",
        governance,
        governance().setGateway(deployment.gateway().hex(), false, none));
  }

  @Test
  void shouldSayWhatIsWrongWithParameters() {
    wrong("pause", () -> with(Duration.ofDays(8), Duration.ofDays(14), COINS));
    wrong("unbonding", () -> with(Duration.ofDays(1), Duration.ofDays(6), COINS));
    wrong("unbonding", () -> with(Duration.ofDays(1), Duration.ofDays(91), COINS));
    wrong("no steps", () -> with(Duration.ofDays(1), Duration.ofDays(14), WindowTable.NONE));
    wrong("delay of orders", () -> new Remote(Duration.ofDays(2), Optional.empty()));
    wrong("recovery authority", () -> new Remote(Duration.ofDays(3), Optional.of("0x12")));
    wrong("without an oracle", () -> new HashOracle(List.of(), Duration.ofHours(1)));
    wrong("oracle", () -> new HashOracle(List.of(ORACLE, ORACLE), Duration.ofHours(1)));
    wrong("posted block hashes", () -> new HashOracle(List.of(ORACLE), Duration.ofDays(4)));
    wrong("asset", () -> new AssetWindows("0x12", COINS));
    wrong(
        "guardian and oracle",
        () ->
            parameters(
                Optional.of(new HashOracle(List.of(GUARDIAN), Duration.ZERO)),
                Duration.ofDays(30)));
    wrong("no dispute could be overruled", () -> parameters(Optional.empty(), Duration.ofDays(3)));
  }

  // ------------------------------------------------------------------ parts

  private static void wrong(String word, Runnable parameters) {
    var refused = assertThrows(IllegalArgumentException.class, parameters::run);
    assertTrue(refused.getMessage().contains(word), refused.getMessage());
  }

  private static AcrossChains with(Duration pause, Duration unbonding, WindowTable table) {
    return new AcrossChains(
        pause,
        unbonding,
        BOND,
        List.of(new AssetWindows("0x" + "0".repeat(40), table)),
        Optional.empty(),
        Optional.empty());
  }

  /** Has governance do it, looks, and takes it back. */
  private static void named(String what, String contract, RemoteFunctionCall<?> call) {
    var before = chain.anvil().rpc("evm_snapshot");
    var governance = deployment.remoteGovernance().orElseThrow().hex();
    chain.anvil().rpc("anvil_impersonateAccount", governance);
    chain.anvil().rpc("anvil_setBalance", governance, "0xde0b6b3a7640000");
    var receipt =
        chain
            .anvil()
            .transact(
                Map.of("from", governance, "to", contract, "data", call.encodeFunctionCall()));
    assertTrue(receipt.succeeded(), what);
    var found = new ArrayList<>(List.of(check().findings(), check().findings(parameters())));
    chain.anvil().rpc("evm_revert", before);
    for (var each : found) {
      assertEquals(1, each.size(), what + ": " + each);
      assertEquals(what, each.getFirst().what());
      assertFalse(each.getFirst().next().isBlank());
    }
    assertEquals(Deviation.Weight.CHANGED, found.get(0).getFirst().weight());
    assertEquals(Deviation.Weight.WRONG, found.get(1).getFirst().weight());
  }

  private static DestinationExecutor executor() {
    return DestinationExecutor.load(
        deployment.executor().hex(),
        chain.web3j(),
        chain.sender(DevChain.RICH).reader(),
        Sender.NO_GAS);
  }

  private static RemoteGovernance governance() {
    return RemoteGovernance.load(
        deployment.remoteGovernance().orElseThrow().hex(),
        chain.web3j(),
        chain.sender(DevChain.RICH).reader(),
        Sender.NO_GAS);
  }

  private static DeploymentCheck check() {
    return chain.check(deployment);
  }

  private static DeploymentParameters parameters() {
    return parameters(
        Optional.of(new HashOracle(List.of(ORACLE), Duration.ofHours(1))), Duration.ofDays(30));
  }

  private static DeploymentParameters parameters(
      Optional<HashOracle> oracle, Duration resolutionWindow) {
    var holder = DevChain.RICH.getAddress();
    return new DeploymentParameters(
        HOME,
        List.of(REMOTE),
        List.of(key(1).getAddress(), key(2).getAddress(), key(3).getAddress()),
        2,
        List.of(GUARDIAN),
        Duration.ofMinutes(10),
        resolutionWindow,
        new OwnGovernance(
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            Duration.ofSeconds(20),
            BigInteger.ONE,
            4,
            new TokenGrant(holder, BigInteger.TEN)),
        Optional.of(new TokenGrant(holder, BigInteger.TEN)),
        new AcrossChains(
            Duration.ofDays(1),
            Duration.ofDays(14),
            BOND,
            List.of(
                new AssetWindows("0x" + "0".repeat(40), COINS),
                new AssetWindows(AssetWindows.TEST_TOKEN, TOKENS)),
            Optional.of(new Remote(Duration.ofDays(4), Optional.of(RECOVERY))),
            oracle));
  }

  private static Credentials key(int number) {
    return Credentials.create(
        Numeric.toHexStringWithPrefixZeroPadded(BigInteger.valueOf(number), 64));
  }
}
