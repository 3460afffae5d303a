package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Address;
import org.mandate.contracts.AgentVault;
import org.mandate.deploy.DeploymentException;
import org.mandate.gateway.Message;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentState;

/** The watchdog on two real chains, against relayers that lie. */
class WatchdogTest {
  private static final BigInteger AMOUNT = World.ETHER.divide(BigInteger.valueOf(100));
  private static final Duration PATIENCE = World.PATIENCE;

  @TempDir static Path directory;
  private static World world;

  @BeforeAll
  static void start() throws Exception {
    world = World.start(directory);
  }

  @AfterAll
  static void stop() {
    world.close();
  }

  @Test
  void L7_forgedMessageOfALyingQuorumIsDisputedWithinTwoBlocksAndNothingMoves() throws Exception {
    try (Watchdog watchdog = ready(world.watchdog(0))) {
      BigInteger before = world.received();
      Intent forged = world.payment(World.REMOTE, World.ETHER.multiply(BigInteger.TWO));
      // Two seconds would be the machine's limit; two blocks are the watchdog's.
      world.remote.mineEvery(5);
      try {
        long queued = world.deliver(world.forged(forged));
        awaitState(forged, IntentState.DISPUTED);
        assertTrue(
            world.disputedIn(forged) <= queued + 2,
            "queued in " + queued + ", disputed in " + world.disputedIn(forged));
      } finally {
        world.remote.mineEverySecond();
      }

      Finding finding = finding(watchdog, forged, Finding.Status.STOPPED);
      assertEquals(Check.FORGERY, finding.check());
      assertEquals(1, finding.deeds().size());
      assertTrue(finding.deeds().getFirst().transaction().isPresent());
      Thread.sleep(World.WINDOW.plusSeconds(2));
      assertThrows(DeploymentException.class, () -> world.execute(forged));
      assertEquals(before, world.received());
    }
  }

  @Test
  void L7_alteredMessageIsDisputedAndTheRealOneIsNot() throws Exception {
    try (Watchdog watchdog = ready(world.watchdog(0))) {
      Intent real = world.payment(World.REMOTE, AMOUNT);
      Message message = world.sent(world.submit(real));
      Intent altered =
          new Intent(
              real.agentId(),
              real.account(),
              real.chainId(),
              real.asset(),
              real.to(),
              AMOUNT.multiply(BigInteger.TWO),
              real.data(),
              real.nonce(),
              real.deadline());
      Message alteredMessage =
          new Message(
              message.sourceChainId(),
              message.nonce(),
              message.sender(),
              message.recipient(),
              org.mandate.intent.IntentAbi.encode(altered, 0));
      world.deliver(alteredMessage);
      awaitState(altered, IntentState.DISPUTED);
      finding(watchdog, altered, Finding.Status.STOPPED);

      // The number is taken: home sends the intent once more.
      BigInteger before = world.received();
      world.deliver(world.sent(world.resend(real)));
      world.awaitDue(real);
      assertEquals(IntentState.QUEUED, world.state(real));
      world.execute(real);
      assertEquals(before.add(AMOUNT), world.received());
      Thread.sleep(2000);
      assertEquals(List.of(), about(watchdog, real));
      List<Check> quiet =
          List.of(Check.EXECUTION, Check.OUTFLOW, Check.SIGNATURE, Check.RECORD, Check.SELF);
      assertEquals(
          List.of(), watchdog.findings().stream().filter(f -> quiet.contains(f.check())).toList());
    }
  }

  @Test
  void L2_whatComesBackToABudgetIsNoFinding() throws Exception {
    try (Watchdog watchdog = ready(world.watchdog(0))) {
      Intent intent = world.payment(World.REMOTE, AMOUNT, World.WINDOW.multipliedBy(2));
      world.deliver(world.sent(world.submit(intent)));
      World.await(
          "its deadline is over",
          World.PATIENCE,
          () -> intent.expiredAt(world.remote.client.head().timestamp()));
      world.expire(intent);
      world.deliverHome(world.report(intent));
      world.awaitSettleable(intent);
      assertEquals(AMOUNT, world.settle(intent).refunded());
      world.submit(world.payment(World.HOME, AMOUNT));
      Thread.sleep(3000);
      assertEquals(
          List.of(),
          watchdog.findings().stream()
              .filter(found -> found.intentId().filter(intent.id(world.domain)::equals).isPresent())
              .toList());
      assertEquals(0, watchdog.findings().stream().filter(f -> f.check() == Check.POLICY).count());
    }
  }

  @Test
  void L7_dispatchedIntentInAnotherMessageIsDisputed() throws Exception {
    try (Watchdog watchdog = ready(world.watchdog(0))) {
      Intent real = world.payment(World.REMOTE, AMOUNT);
      world.submit(real);
      world.deliver(world.forged(real));
      awaitState(real, IntentState.DISPUTED);
      assertTrue(
          finding(watchdog, real, Finding.Status.STOPPED)
              .expected()
              .contains("which home dispatched"));
    }
  }

  @Test
  void L7_honestIntentIsNotDisputedByAWatchdogThatReadsHomeSlowly() throws Exception {
    WatchdogConfig usual = world.config(0, world.home.url, Optional.empty());
    WatchdogConfig.ChainSettings home = usual.chains().getFirst();
    // One look a minute: the follower never reads the dispatch before the window ends.
    WatchdogConfig slow =
        new WatchdogConfig(
            List.of(
                new WatchdogConfig.ChainSettings(
                    home.id(),
                    home.rpcUrls(),
                    home.deployment(),
                    home.finality(),
                    Duration.ofMinutes(1),
                    home.timeout(),
                    home.maxHeadAge()),
                usual.chains().getLast()),
            usual.key(),
            usual.http(),
            usual.webhook(),
            usual.blobGateway(),
            usual.homeLag(),
            usual.safetyMargin(),
            usual.whenHomeIsSilent(),
            usual.maxFeePerGas(),
            usual.maxTipPerGas(),
            usual.minimumBalance(),
            usual.disputeBonds(),
            usual.relayers());
    try (Watchdog watchdog = ready(Watchdog.start(slow))) {
      Intent real = world.payment(World.REMOTE, AMOUNT);
      Message message = world.sent(world.submit(real));
      Thread.sleep(3000);
      world.deliver(message);
      Intent forged = world.payment(World.REMOTE, AMOUNT);
      world.deliver(world.forged(forged));
      awaitState(forged, IntentState.DISPUTED);
      world.awaitDue(real);
      assertEquals(IntentState.QUEUED, world.state(real));
      world.execute(real);
      assertEquals(List.of(), about(watchdog, real));
    }
  }

  @Test
  void L7_watchdogThatCannotSeeHomeDisputesBeforeTheWindowEnds() throws Exception {
    // It disputes when half of the window is over: the other half must be enough for a busy
    // machine.
    Duration window = World.WINDOW.multipliedBy(3);
    world.setWindow(window);
    // Nobody listens on the discard port.
    try (Watchdog watchdog =
        Watchdog.start(world.config(0, URI.create("http://127.0.0.1:9"), Optional.empty()))) {
      Intent forged = world.payment(World.REMOTE, AMOUNT);
      long queued = world.deliver(world.forged(forged));
      Instant due = world.due(forged);
      awaitState(forged, IntentState.DISPUTED);
      assertTrue(
          world.disputedIn(forged) < queued + window.toSeconds(),
          "disputed in block " + world.disputedIn(forged));
      assertTrue(world.disputedAt(forged).isBefore(due), "the window was over at " + due);
      assertEquals(
          Check.HOME_UNREACHABLE, finding(watchdog, forged, Finding.Status.STOPPED).check());
    } finally {
      world.setWindow(World.WINDOW);
    }
  }

  @Test
  void L7_twoWatchdogsAtOnceBothSucceed() throws Exception {
    try (Watchdog one = ready(world.watchdog(0));
        Watchdog two = ready(world.watchdog(1))) {
      List<Intent> forged =
          List.of(
              world.payment(World.REMOTE, AMOUNT),
              world.payment(World.REMOTE, AMOUNT),
              world.payment(World.REMOTE, AMOUNT));
      for (Intent intent : forged) {
        world.deliver(world.forged(intent));
      }
      for (Intent intent : forged) {
        awaitState(intent, IntentState.DISPUTED);
        finding(one, intent, Finding.Status.STOPPED);
        finding(two, intent, Finding.Status.STOPPED);
      }
    }
  }

  @Test
  void L9_watchdogThatWasKilledDisputesWhatWasQueuedMeanwhile() throws Exception {
    WatchdogProcess process = WatchdogProcess.start(world, directory);
    process.awaitReady();
    process.kill();
    Intent forged = world.payment(World.REMOTE, AMOUNT);
    world.deliver(world.forged(forged));
    WatchdogProcess again = WatchdogProcess.start(world, directory);
    try {
      awaitState(forged, IntentState.DISPUTED);
      World.await(
          "the finding is stopped",
          PATIENCE,
          () ->
              again.log().contains("\"STOPPED\"")
                  && again.log().contains(forged.id(world.domain).hex()));
      assertTrue(
          again.log().lines().allMatch(line -> line.startsWith("{") || line.startsWith("READY ")),
          again.log());
      assertTrue(!again.log().contains("correct horse"), "a secret is in the log");
    } finally {
      again.kill();
    }
  }

  @Test
  void L4_agentIsFrozenWhenTheEngineAdmitsWhatTheMandateRefuses() throws Exception {
    try (Watchdog watchdog = ready(world.watchdog(0))) {
      // Behind governance's back: no event tells of it.
      raiseCapsInStorage();
      Intent tooMuch = world.payment(World.REMOTE, World.CAP.multiply(BigInteger.valueOf(3)));
      Message message = world.sent(world.submit(tooMuch));
      World.await("the agent is frozen", PATIENCE, world::frozen);
      World.await(
          "a policy finding",
          PATIENCE,
          () ->
              about(watchdog, tooMuch).stream()
                  .anyMatch(
                      f ->
                          f.check() == Check.POLICY
                              && f.status() == Finding.Status.STOPPED
                              && f.expected().contains("PER_TRANSACTION")));
      world.deliver(message);
      awaitState(tooMuch, IntentState.DISPUTED);
    } finally {
      setCaps();
      world.thaw();
    }
  }

  @Test
  void shouldStayQuietAboutDenialsThatTheMandateExplains() throws Exception {
    try (Watchdog watchdog = ready(world.watchdog(0))) {
      Intent tooMuch = world.payment(World.HOME, World.CAP.add(BigInteger.ONE));
      world.submit(tooMuch);
      assertTrue(world.frozen());
      world.thaw();
      Intent fine = world.payment(World.HOME, AMOUNT);
      world.submit(fine);
      Thread.sleep(3000);
      assertEquals(List.of(), about(watchdog, tooMuch));
      assertEquals(List.of(), about(watchdog, fine));
    }
  }

  @Test
  void shouldShowHealthMetricsAndFindings() throws Exception {
    try (Watchdog watchdog = ready(world.watchdog(0))) {
      assertEquals(200, get(watchdog, "/health/live").statusCode());
      assertTrue(
          get(watchdog, "/metrics")
              .body()
              .contains("mandate_watchdog_head_block{chain=\"31337\"}"));
      assertTrue(get(watchdog, "/v1/findings").body().startsWith("{\"findings\":["));
      assertEquals(404, get(watchdog, "/").statusCode());
    }
  }

  /** Ten times the caps of native coin: both exponents in the budget's word, one higher. */
  private static void raiseCapsInStorage() {
    String account = world.homeDeployment.account().hex();
    for (int slot = 0; slot < 32; slot++) {
      // mapping(agentId => Mandate), and in it mapping(asset => word): found by what it holds.
      byte[] mandate =
          org.web3j.crypto.Hash.sha3(concat(uint(World.AGENT), uint(BigInteger.valueOf(slot))));
      for (int member = 0; member < 8; member++) {
        BigInteger budgets = new BigInteger(1, mandate).add(BigInteger.valueOf(member));
        byte[] inner = concat(uint(BigInteger.ZERO), uint(budgets));
        BigInteger place = new BigInteger(1, org.web3j.crypto.Hash.sha3(inner));
        BigInteger word =
            new BigInteger(
                world
                    .home
                    .rpc("eth_getStorageAt", account, hex(place), "latest")
                    .asText()
                    .substring(2),
                16);
        if (perTransaction(word).equals(World.CAP)) {
          BigInteger raised =
              word.add(BigInteger.ONE.shiftLeft(203)).add(BigInteger.ONE.shiftLeft(222));
          world.home.rpc("anvil_setStorageAt", account, hex(place), hex(raised));
          return;
        }
      }
    }
    throw new AssertionError("the mandate's slot was not found");
  }

  private static BigInteger perTransaction(BigInteger budget) {
    BigInteger mantissa = budget.shiftRight(208).and(BigInteger.valueOf(0x3fff));
    return mantissa.multiply(
        BigInteger.TEN.pow(budget.shiftRight(222).and(BigInteger.valueOf(31)).intValue()));
  }

  private static void setCaps() {
    world.governance(
        world
            .account()
            .setLimit(
                World.AGENT,
                Address.ZERO.hex(),
                new AgentVault.Limit(
                    World.CAP,
                    World.CAP.multiply(BigInteger.valueOf(20)),
                    BigInteger.valueOf(3600))));
  }

  private static Watchdog ready(Watchdog watchdog) throws Exception {
    World.await("ready", PATIENCE, () -> get(watchdog, "/health/ready").statusCode() == 200);
    return watchdog;
  }

  private static HttpResponse<String> get(Watchdog watchdog, String path) {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + watchdog.httpPort() + path))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (java.io.IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static void awaitState(Intent intent, IntentState state) throws InterruptedException {
    World.await("intent is " + state, PATIENCE, () -> world.state(intent) == state);
  }

  private static List<Finding> about(Watchdog watchdog, Intent intent) {
    return watchdog.findings().stream()
        .filter(finding -> finding.intentId().equals(Optional.of(intent.id(world.domain))))
        .toList();
  }

  private static Finding finding(Watchdog watchdog, Intent intent, Finding.Status status)
      throws InterruptedException {
    World.await(
        "a finding that is " + status,
        PATIENCE,
        () -> about(watchdog, intent).stream().anyMatch(finding -> finding.status() == status));
    return about(watchdog, intent).getFirst();
  }

  private static byte[] uint(BigInteger value) {
    return org.web3j.utils.Numeric.toBytesPadded(value, 32);
  }

  private static byte[] concat(byte[] left, byte[] right) {
    byte[] both = java.util.Arrays.copyOf(left, left.length + right.length);
    System.arraycopy(right, 0, both, left.length, right.length);
    return both;
  }

  private static String hex(BigInteger value) {
    return org.web3j.utils.Numeric.toHexStringWithPrefixZeroPadded(value, 64);
  }
}
