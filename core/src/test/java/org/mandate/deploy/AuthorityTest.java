package org.mandate.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Deployment;
import org.mandate.contracts.AccessManager;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.PolicyEngine;
import org.mandate.contracts.QuorumGateway;
import org.mandate.deploy.DeploymentParameters.ExistingAuthority;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.AttestationDomain;
import org.mandate.gateway.InteroperableAddress;
import org.mandate.gateway.Message;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentDomain;
import org.mandate.signer.PrivateKeySigner;
import org.web3j.crypto.Credentials;
import org.web3j.protocol.core.DefaultBlockParameterName;
import org.web3j.utils.Numeric;

/**
 * An authority that existed before: what loosens waits, whether it has a delay of its own or not.
 */
class AuthorityTest {
  private static final long HOME = 31337;
  private static final long REMOTE = 31338;
  private static final Duration DELAY = Duration.ofDays(1);
  private static final BigInteger AGENT = BigInteger.ONE;
  private static final List<Credentials> RELAYERS = List.of(key(1), key(2), key(3));
  private static final Credentials GUARDIAN = key(11);

  @Test
  void L5_shouldRefuseAnAuthorityThatIsNoContract() throws Exception {
    try (var chain = DevChain.start(HOME)) {
      var nobody = key(42).getAddress();
      var refused = assertThrows(DeploymentException.class, () -> deploy(chain, delayed(nobody)));
      assertTrue(
          refused.getMessage().contains("is no contract on chain 31337"), refused.toString());

      // EIP-7702: there is code, and still it is one key.
      chain.anvil().rpc("anvil_setCode", nobody, "0xef0100" + "11".repeat(20));
      var key = assertThrows(DeploymentException.class, () -> deploy(chain, delayed(nobody)));
      assertTrue(key.getMessage().contains("a key that delegates"), key.getMessage());
      assertEquals(
          BigInteger.ZERO,
          chain
              .web3j()
              .ethGetTransactionCount(DevChain.RICH.getAddress(), DefaultBlockParameterName.LATEST)
              .send()
              .getTransactionCount(),
          "nothing was sent");
    }
  }

  @Test
  void L5_mandateOfAnExistingAuthorityWaitsForItsDelay() throws Exception {
    try (var chain = DevChain.start(HOME)) {
      var safe = Wallet.create(chain, DevChain.RICH);
      var deployment = deploy(chain, delayed(safe.address()));
      var policy =
          PolicyEngine.load(
              deployment.account().hex(),
              chain.web3j(),
              chain.sender(DevChain.RICH).reader(),
              Sender.NO_GAS);
      var loosens =
          Call.of(
              "set a limit",
              deployment.account().hex(),
              policy.setLimit(
                  AGENT,
                  Address.ZERO.hex(),
                  new PolicyEngine.Limit(
                      BigInteger.ONE, BigInteger.TEN, BigInteger.valueOf(86_400))));
      passesOnlyAfterTheDelay(chain, safe, deployment, loosens);
      var budget = policy.words(AGENT, Address.ZERO.hex()).send().component2();
      assertTrue(budget.signum() > 0, "the limit is set");

      // Its own delay cannot be shortened at once either.
      var shorter =
          Call.of(
              "shorten its own delay",
              Contracts.accessManager(deployment).hex(),
              manager(chain, deployment).grantRole(Role.ADMIN, safe.address(), BigInteger.ZERO));
      var refused = assertThrows(DeploymentException.class, () -> safe.send(shorter));
      assertTrue(refused.getMessage().contains("AccessManagerNotScheduled"), refused.toString());
    }
  }

  @Test
  void L5_disputeIsUpheldByAnExistingAuthorityAfterItsDelay() throws Exception {
    try (var chain = DevChain.start(REMOTE)) {
      var safe = Wallet.create(chain, DevChain.RICH);
      var deployment = deploy(chain, delayed(safe.address()));
      var rich = chain.sender(DevChain.RICH);
      var executor =
          DestinationExecutor.load(
              deployment.executor().hex(), chain.web3j(), rich.reader(), Sender.NO_GAS);
      var intent = queued(chain, deployment);
      rich.send(new Call("fund guardian", GUARDIAN.getAddress(), BigInteger.TEN.pow(18), "0x"));
      // Guardians have no delay: their direct checks refuse a member who has one.
      chain
          .sender(GUARDIAN)
          .send(
              Call.of(
                  "dispute",
                  deployment.executor().hex(),
                  executor.dispute(IntentAbi.toDestination(intent), BigInteger.ZERO)));

      passesOnlyAfterTheDelay(
          chain,
          safe,
          deployment,
          Call.of(
              "uphold",
              deployment.executor().hex(),
              executor.uphold(IntentAbi.toDestination(intent))));
      var id = intent.id(new IntentDomain(BigInteger.valueOf(HOME), deployment.executor()));
      assertTrue(executor.progress(id.bytes()).send().component2(), "upheld");
    }
  }

  @Test
  void L5_checkNamesAnAuthorityWhoseDelayIsNotTheOneThatWasSet() throws Exception {
    try (var chain = DevChain.start(HOME)) {
      var safe = Wallet.create(chain, DevChain.RICH);
      var itself = ExistingAuthority.delayingItself(safe.address());
      var deployment = deploy(chain, itself);
      var check = chain.check(deployment);
      assertEquals(List.of(), check.findings(parameters(itself)));
      var found = check.findings(parameters(delayed(safe.address())));
      assertEquals(1, found.size(), found.toString());
      assertTrue(found.getFirst().toString().contains("86400"), found.toString());
    }
  }

  @Test
  void L5_shouldRefuseADelayOfNothing() {
    var refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> ExistingAuthority.delayedBy(key(42).getAddress(), Duration.ofMillis(999)));
    assertTrue(refused.getMessage().contains("execution delay"), refused.getMessage());
  }

  // ------------------------------------------------------------------ parts

  /** Neither directly nor too early; then, scheduled and late enough, it works. */
  private static void passesOnlyAfterTheDelay(
      DevChain chain, Wallet safe, Deployment deployment, Call call) throws Exception {
    var atOnce = assertThrows(DeploymentException.class, () -> safe.send(call));
    assertTrue(atOnce.getMessage().contains("AccessManagerNotScheduled"), atOnce.getMessage());

    var manager = manager(chain, deployment);
    var data = Numeric.hexStringToByteArray(call.data());
    var address = Contracts.accessManager(deployment).hex();
    safe.send(Call.of("schedule", address, manager.schedule(call.to(), data, BigInteger.ZERO)));
    var execute = Call.of("execute", address, manager.execute(call.to(), data, BigInteger.ZERO));
    warp(chain, DELAY.minusMinutes(1));
    var early = assertThrows(DeploymentException.class, () -> safe.send(execute));
    assertTrue(early.getMessage().contains("AccessManagerNotReady"), early.getMessage());
    warp(chain, Duration.ofMinutes(1));
    safe.send(execute);
  }

  /** An intent that a quorum delivered. */
  private static Intent queued(DevChain chain, Deployment deployment) {
    var now = chain.sender(DevChain.RICH);
    var intent =
        new Intent(
            AGENT,
            deployment.account(),
            BigInteger.valueOf(REMOTE),
            Address.ZERO,
            Address.of(key(8).getAddress()),
            BigInteger.ONE,
            Bytes.EMPTY,
            BigInteger.ONE,
            BigInteger.valueOf(System.currentTimeMillis() / 1000 + 6 * 86_400));
    var message =
        new Message(
            BigInteger.valueOf(HOME),
            BigInteger.ONE,
            new InteroperableAddress(BigInteger.valueOf(HOME), deployment.executor()).encode(),
            new InteroperableAddress(BigInteger.valueOf(REMOTE), deployment.executor()).encode(),
            IntentAbi.encode(intent, 0));
    var id = message.id(deployment.gateway());
    var signatures =
        Attestation.forDelivery(
            AttestationDomain.of(deployment),
            RELAYERS.stream()
                .limit(2)
                .map(
                    key ->
                        Attestation.sign(
                            AttestationDomain.of(deployment),
                            id,
                            new PrivateKeySigner(key.getEcKeyPair().getPrivateKey())))
                .toList());
    var gateway =
        QuorumGateway.load(deployment.gateway().hex(), chain.web3j(), now.reader(), Sender.NO_GAS);
    now.send(
        Call.of(
            "deliver",
            deployment.gateway().hex(),
            gateway.deliver(
                new QuorumGateway.Message(
                    message.sourceChainId(),
                    message.nonce(),
                    message.sender().bytes(),
                    message.recipient().bytes(),
                    message.payload().bytes()),
                List.of(),
                signatures.bytes())));
    return intent;
  }

  private static AccessManager manager(DevChain chain, Deployment deployment) {
    return AccessManager.load(
        Contracts.accessManager(deployment).hex(),
        chain.web3j(),
        chain.sender(DevChain.RICH).reader(),
        Sender.NO_GAS);
  }

  private static void warp(DevChain chain, Duration time) throws Exception {
    chain.anvil().rpc("evm_increaseTime", time.toSeconds());
    chain.anvil().rpc("evm_mine");
  }

  private static ExistingAuthority delayed(String address) {
    return ExistingAuthority.delayedBy(address, DELAY);
  }

  private static Deployment deploy(DevChain chain, ExistingAuthority authority) {
    return chain.deployer(DevChain.RICH).deploy(parameters(authority));
  }

  private static DeploymentParameters parameters(ExistingAuthority authority) {
    return new DeploymentParameters(
        HOME,
        List.of(REMOTE),
        RELAYERS.stream().map(Credentials::getAddress).toList(),
        2,
        Stream.of(GUARDIAN).map(Credentials::getAddress).toList(),
        Duration.ofSeconds(5),
        Duration.ofDays(2),
        authority,
        Optional.empty());
  }

  private static Credentials key(int number) {
    return Credentials.create(
        Numeric.toHexStringWithPrefixZeroPadded(BigInteger.valueOf(number), 64));
  }
}
