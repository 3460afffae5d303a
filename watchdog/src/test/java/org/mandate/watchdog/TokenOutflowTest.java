package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.contracts.TestToken;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;
import org.mandate.event.ContractEvents;
import org.mandate.event.IntentEvent;
import org.mandate.policy.Breaker;
import org.web3j.crypto.Credentials;
import org.web3j.protocol.core.methods.response.TransactionReceipt;

/** What leaves an account without a payment: by approvals, by its owner's calls, by neither. */
class TokenOutflowTest {
  private static final Duration PATIENCE = World.PATIENCE;
  private static final BigInteger SUPPLY = BigInteger.valueOf(1000);
  private static final Credentials SPENDER = Credentials.create("0x5be2de2");
  private static final Address SPENDER_ADDRESS = Address.of(SPENDER.getAddress());

  @TempDir static Path directory;
  private static World world;

  @BeforeAll
  static void start() throws Exception {
    world = World.start(directory);
    world.home.rpc("anvil_setBalance", SPENDER.getAddress(), "0x" + World.ETHER.toString(16));
  }

  @AfterAll
  static void stop() {
    world.close();
  }

  @Test
  void L4_approvalThatIsUsedLaterStopsNothing() throws Exception {
    TestToken token = world.token(SUPPLY);
    world.permitApproval(token, SPENDER_ADDRESS);
    approve(token, 100);
    try (Watchdog watchdog = world.watchdog(0)) {
      take(token, 60);
      take(token, 40);
      approve(token, 50);
      approve(token, 70);
      take(token, 69);
      takeWithoutAWord(token, 1); // though as much may still be taken by the approval
      awaitStopped(token);
      assertEquals(List.of("1 left account " + account()), seen(watchdog, token));
      assertEquals(
          List.of(), watchdog.findings().stream().filter(f -> f.check() == Check.POLICY).toList());
    }
  }

  /** Nothing leaves by giving an approval. */
  @Test
  void L1_whatLeavesInTheBlockOfAnApprovalStopsTheAsset() throws Exception {
    TestToken token = world.token(SUPPLY);
    world.permitApproval(token, SPENDER_ADDRESS);
    try (Watchdog watchdog = world.watchdog(0)) {
      inOneBlock(() -> approve(token, 100), () -> takeWithoutAWord(token, 60));
      assertEquals(100, token.allowance(account(), SPENDER.getAddress()).send().intValueExact());
      awaitStopped(token);
      assertEquals(List.of("60 left account " + account()), seen(watchdog, token));
    }
  }

  @Test
  void L4_whatTheOwnerCallsOutOfTheVaultIsToldAndStopsNothing() throws Exception {
    TestToken token = world.token(SUPPLY);
    String contract = token.getContractAddress();
    Address asset = Address.of(contract);
    try (Watchdog watchdog = world.watchdog(0)) {
      byte[] transfer =
          bytes(token.transfer(SPENDER.getAddress(), BigInteger.valueOf(70)).encodeFunctionCall());
      world.governance(world.account().execute(contract, BigInteger.ZERO, transfer));
      BigInteger coin = BigInteger.valueOf(5);
      world.governance(world.account().execute(world.authority().hex(), coin, new byte[0]));
      World.await(
          "both are told",
          PATIENCE,
          () -> of(watchdog, asset).size() == 1 && of(watchdog, Address.ZERO).size() == 1);
      Finding told = of(watchdog, asset).getFirst();
      assertEquals(Severity.INFO, told.severity());
      assertEquals("70 left account " + account(), told.seen());
      assertTrue(told.expected().contains(contract), told.expected());
      assertEquals(List.of(), told.deeds());
      Thread.sleep(3000);
      assertFalse(isStopped(new Breaker.OfAsset(asset)));
      assertFalse(isStopped(new Breaker.Everything()));

      takeWithoutAWord(token, 1);
      awaitStopped(token);
    }
  }

  /** An approval that the owner gave is the owner's word for what is taken by it. */
  @Test
  void L4_whatTheOwnerApprovedStopsNothing() throws Exception {
    TestToken token = world.token(SUPPLY);
    try (Watchdog watchdog = world.watchdog(0)) {
      byte[] approval =
          bytes(token.approve(SPENDER.getAddress(), BigInteger.valueOf(30)).encodeFunctionCall());
      world.governance(
          world.account().execute(token.getContractAddress(), BigInteger.ZERO, approval));
      take(token, 30);
      takeWithoutAWord(token, 2);
      awaitStopped(token);
      assertEquals(List.of("2 left account " + account()), seen(watchdog, token));
    }
  }

  @Test
  void L1_anApprovalThatWasTakenBackExcusesNothing() throws Exception {
    TestToken token = world.token(SUPPLY);
    world.permitApproval(token, SPENDER_ADDRESS);
    try (Watchdog watchdog = world.watchdog(0)) {
      approve(token, 50);
      world.governance(world.account().revoke(token.getContractAddress(), SPENDER.getAddress()));
      takeWithoutAWord(token, 50);
      awaitStopped(token);
      assertEquals(List.of("50 left account " + account()), seen(watchdog, token));
    }
  }

  // ------------------------------------------------------------------ what happens

  private static void approve(TestToken token, long amount) {
    TransactionReceipt receipt =
        world.submit(world.approval(token, SPENDER_ADDRESS, BigInteger.valueOf(amount)));
    List<IntentEvent> said =
        world
            .home
            .client
            .receipt(Hash.of(receipt.getTransactionHash()))
            .orElseThrow()
            .logs()
            .stream()
            .filter(log -> log.address().equals(world.domain.executor()))
            .flatMap(log -> ContractEvents.executor(log).stream())
            .toList();
    assertTrue(said.stream().anyMatch(IntentEvent.Executed.class::isInstance), said.toString());
  }

  private static void inOneBlock(Runnable one, Runnable other) throws InterruptedException {
    world.home.rpc("evm_setIntervalMining", 0);
    try {
      CompletableFuture<Void> both =
          CompletableFuture.allOf(
              CompletableFuture.runAsync(one, Thread::startVirtualThread),
              CompletableFuture.runAsync(other, Thread::startVirtualThread));
      World.await(
          "both wait",
          PATIENCE,
          () ->
              both.isDone()
                  || world.home.rpc("txpool_status").get("pending").asText().equals("0x2"));
      world.home.rpc("evm_mine");
      both.join();
    } finally {
      world.home.mineEverySecond();
    }
  }

  private static void take(TestToken token, long amount) {
    new Sender(world.home.web3j, SPENDER)
        .send(
            Call.of(
                "take",
                token.getContractAddress(),
                token.transferFrom(account(), SPENDER.getAddress(), BigInteger.valueOf(amount))));
  }

  /** As if the executor were another: no event tells of it. */
  private static void takeWithoutAWord(TestToken token, long amount) {
    world.as(
        world.home,
        world.domain.executor(),
        world.homeDeployment.account(),
        world
            .account()
            .payOut(
                new byte[32],
                World.AGENT,
                token.getContractAddress(),
                World.RECIPIENT.hex(),
                BigInteger.valueOf(amount)));
  }

  private static List<String> seen(Watchdog watchdog, TestToken token) {
    return of(watchdog, Address.of(token.getContractAddress())).stream()
        .map(Finding::seen)
        .toList();
  }

  private static List<Finding> of(Watchdog watchdog, Address asset) {
    return watchdog.findings().stream()
        .filter(f -> f.check() == Check.OUTFLOW && f.id().endsWith(asset.hex()))
        .toList();
  }

  private static void awaitStopped(TestToken token) throws InterruptedException {
    Breaker breaker = new Breaker.OfAsset(Address.of(token.getContractAddress()));
    World.await("the asset is stopped", PATIENCE, () -> isStopped(breaker));
  }

  private static boolean isStopped(Breaker breaker) {
    try {
      return world
          .account()
          .breaker(BigInteger.valueOf(breaker.scope()), breaker.what())
          .send()
          .component1();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static String account() {
    return world.homeDeployment.account().hex();
  }

  private static byte[] bytes(String hex) {
    return Bytes.of(hex).bytes();
  }
}
