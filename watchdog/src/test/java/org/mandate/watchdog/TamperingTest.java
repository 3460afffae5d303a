package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.contracts.AgentVault;
import org.mandate.deploy.DeploymentException;
import org.mandate.deploy.Sender;
import org.mandate.intent.Intent;
import org.web3j.crypto.Credentials;
import org.web3j.utils.Numeric;

/**
 * What honest contracts never do, done by force: the watchdog believes the contracts no more than
 * the relayers.
 */
class TamperingTest {
  private static final Duration PATIENCE = World.PATIENCE;
  private static final BigInteger AMOUNT = BigInteger.TEN.pow(15);

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

  /** Governance votes to thaw for what it knows; what is found meanwhile must hold the agent. */
  @Test
  void L4_newerFindingStopsAnAgentThatIsFrozenAlreadyOnce() throws Exception {
    world.governance(world.account().freeze(World.AGENT));
    BigInteger decided = world.stops();
    BigInteger once = decided.add(BigInteger.ONE);
    Intent intent = world.payment(World.REMOTE, AMOUNT);
    replaceWallet(World.AGENT_KEY.address(), World.STRANGER.address());
    long found;
    try (Watchdog watchdog = world.watchdog(0)) {
      world.submit(intent, World.STRANGER);
      stopped(watchdog, finding -> isSignatureOf(finding, intent) && hasTransaction(finding));
      assertEquals(once, world.stops());
      assertThrows(
          DeploymentException.class,
          () -> world.governance(world.account().thaw(World.AGENT, decided)));
      assertTrue(world.frozen());
      Thread.sleep(3000);
      assertEquals(once, world.stops(), "a finding stops the agent once");
      found = stoppedSignatures(watchdog);
    }
    try (Watchdog again = world.watchdog(0)) {
      World.await("it found all of it again", PATIENCE, () -> stoppedSignatures(again) == found);
      Thread.sleep(2000);
      assertEquals(once, world.stops(), "a restarted watchdog stopped the agent again");
    } finally {
      replaceWallet(World.STRANGER.address(), World.AGENT_KEY.address());
      thaw();
    }
  }

  private static boolean isSignatureOf(Finding finding, Intent intent) {
    return finding.check() == Check.SIGNATURE
        && finding.intentId().equals(Optional.of(intent.id(world.domain)));
  }

  private static boolean hasTransaction(Finding finding) {
    return finding.deeds().stream().anyMatch(deed -> deed.transaction().isPresent());
  }

  private static long stoppedSignatures(Watchdog watchdog) {
    return watchdog.findings().stream()
        .filter(f -> f.check() == Check.SIGNATURE && f.status() == Finding.Status.STOPPED)
        .count();
  }

  @Test
  void L1_paymentWithoutAnIntentStopsEverything() throws Exception {
    AgentVault account =
        AgentVault.load(
            world.remoteDeployment.account().hex(),
            world.remote.web3j,
            new Sender(world.remote.web3j, Credentials.create("0x1")).reader(),
            Sender.NO_GAS);
    try (Watchdog watchdog = world.watchdog(0)) {
      World.await(
          "it reads the remote chain",
          PATIENCE,
          () -> watchdog.findings().stream().noneMatch(f -> f.check() == Check.OUTFLOW));
      Thread.sleep(3000);
      world.as(
          world.remote,
          world.domain.executor(),
          world.remoteDeployment.account(),
          account.payOut(
              new byte[32], World.AGENT, Address.ZERO.hex(), World.RECIPIENT.hex(), AMOUNT));
      stopped(watchdog, finding -> isOutflow(finding) && hasTransaction(finding));
      assertTrue(account.breaker(BigInteger.ZERO, BigInteger.ZERO).send().component1());
      assertTrue(!world.frozen(), "who pays without an intent is no agent");
    }
    BigInteger stops = account.breaker(BigInteger.ZERO, BigInteger.ZERO).send().component2();
    world.governance(world.remote, account.restart(BigInteger.ZERO, BigInteger.ZERO, stops));
    try (Watchdog again = world.watchdog(0)) {
      Thread.sleep(5000);
      assertTrue(
          !account.breaker(BigInteger.ZERO, BigInteger.ZERO).send().component1(),
          "a restarted watchdog overruled governance: " + again.findings());
    }
  }

  private static boolean isOutflow(Finding finding) {
    return finding.check() == Check.OUTFLOW && finding.chainId() == World.REMOTE;
  }

  @Test
  void shouldStayQuietWhenEverythingThatLeavesIsDeclared() throws Exception {
    try (Watchdog watchdog = world.watchdog(0)) {
      Thread.sleep(3000);
      long start = world.home.client.head().number();
      world.pay(AMOUNT);
      world.submit(world.payment(World.HOME, AMOUNT));
      world.governance(world.account().withdraw(Address.ZERO.hex(), World.RECIPIENT.hex(), AMOUNT));
      world.pay(World.CAP.add(BigInteger.ONE)); // refused: the agent is frozen
      assertTrue(world.frozen());
      Thread.sleep(4000);
      List<Check> quiet = List.of(Check.OUTFLOW, Check.POLICY, Check.RECORD);
      assertEquals(
          List.of(),
          watchdog.findings().stream()
              .filter(f -> f.chainId() == World.HOME && quiet.contains(f.check()))
              .filter(f -> f.block() > start) // what other tests did is found, too
              .toList());
    } finally {
      thaw();
    }
  }

  @Test
  void L1_executionOfAForgedIntentFreezesTheAgent() throws Exception {
    // Nobody watches while it happens.
    Intent forged = world.payment(World.REMOTE, AMOUNT);
    world.deliver(world.forged(forged));
    world.awaitDue(forged);
    world.execute(forged);
    try (Watchdog watchdog = world.watchdog(0)) {
      stopped(
          watchdog,
          finding ->
              finding.check() == Check.EXECUTION
                  && finding.intentId().equals(Optional.of(forged.id(world.domain))));
      assertTrue(world.frozen());
    } finally {
      thaw();
    }
    // Governance knew the finding when it thawed: a restart must not overrule it.
    try (Watchdog again = world.watchdog(0)) {
      stopped(again, finding -> finding.check() == Check.EXECUTION);
      Thread.sleep(3000);
      assertTrue(!world.frozen(), "a restarted watchdog froze an agent that governance had thawed");
      assertEquals(
          List.of("nothing"),
          again.findings().stream()
              .filter(f -> f.check() == Check.EXECUTION)
              .flatMap(f -> f.deeds().stream())
              .map(Deed::what)
              .toList());
    }
  }

  @Test
  void L1_intentOfAKeyThatIsNotTheAgentsFreezesTheAgent() throws Exception {
    try (Watchdog watchdog = world.watchdog(0)) {
      replaceWallet(World.AGENT_KEY.address(), World.STRANGER.address());
      Intent intent = world.payment(World.REMOTE, AMOUNT);
      world.submit(intent, World.STRANGER);
      stopped(
          watchdog,
          finding ->
              finding.check() == Check.SIGNATURE
                  && finding.intentId().equals(Optional.of(intent.id(world.domain))));
      assertTrue(world.frozen());
    } finally {
      replaceWallet(World.STRANGER.address(), World.AGENT_KEY.address());
      thaw();
    }
  }

  @Test
  void L1_directPaymentOfAKeyThatIsNotTheAgentsFreezesTheAgent() throws Exception {
    Address registry = world.homeDeployment.registry();
    Address account = world.homeDeployment.account();
    try (Watchdog watchdog = world.watchdog(0)) {
      // Behind the registry's back: no event tells of it.
      String stranger = World.STRANGER.address().hex();
      world.as(
          world.home,
          registry,
          account,
          world.account().sync(World.AGENT, stranger, true, BigInteger.ZERO));
      world.pay(AMOUNT, World.STRANGER_KEY);
      stopped(
          watchdog,
          finding ->
              finding.check() == Check.SIGNATURE && finding.seen().contains("a transaction of"));
      assertTrue(world.frozen());
    } finally {
      String agent = World.AGENT_KEY.address().hex();
      world.as(
          world.home,
          registry,
          account,
          world.account().sync(World.AGENT, agent, true, BigInteger.ZERO));
      thaw();
    }
  }

  @Test
  void L6_recordWithoutAnActionIsToldAndBatchThatIsAltered() throws Exception {
    HttpServer gateway =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    gateway.createContext(
        "/",
        exchange -> {
          byte[] body = "not what was asked for".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    List<String> posted = new CopyOnWriteArrayList<>();
    HttpServer pager =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    pager.createContext(
        "/",
        exchange -> {
          posted.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    gateway.start();
    pager.start();
    Path secret = Files.writeString(directory.resolve("secret"), "s3cret\n");
    WatchdogConfig config =
        world.config(
            1,
            world.home.url,
            Optional.of(
                new WatchdogConfig.WebhookSettings(
                    url(pager), Optional.of(secret), Optional.empty())),
            Optional.of(url(gateway)));
    try (Watchdog watchdog = Watchdog.start(config)) {
      AgentVault log =
          AgentVault.load(
              world.homeDeployment.account().hex(),
              world.home.web3j,
              new Sender(world.home.web3j, Credentials.create("0x1")).reader(),
              Sender.NO_GAS);
      BigInteger count = log.chain(World.AGENT).send().component2();
      world.as(
          world.home,
          world.domain.executor(),
          world.homeDeployment.account(),
          log.append(BigInteger.valueOf(5), World.AGENT, new byte[32], new byte[32]));
      World.await(
          "a record finding",
          PATIENCE,
          () -> watchdog.findings().stream().anyMatch(finding -> finding.check() == Check.RECORD));

      world.publish(
          log.chain(World.AGENT).send().component3(),
          count.add(BigInteger.ONE),
          Hash.keccak("root"),
          Hash.keccak("manifest"));
      World.await(
          "a publication finding",
          PATIENCE,
          () ->
              watchdog.findings().stream()
                  .anyMatch(finding -> finding.check() == Check.PUBLICATION));
      // What other tests did is posted, too.
      for (String rule : List.of("RECORD", "PUBLICATION")) {
        World.await(
            "an alert with rule " + rule,
            PATIENCE,
            () -> posted.stream().anyMatch(body -> body.contains("\"rule\":\"" + rule + "\"")));
      }
      assertTrue(!world.frozen(), "audit findings freeze nobody");
    } finally {
      gateway.stop(0);
      pager.stop(0);
    }
  }

  private static URI url(HttpServer server) {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
  }

  private static void stopped(Watchdog watchdog, Predicate<Finding> which)
      throws InterruptedException {
    World.await(
        "the finding is stopped",
        PATIENCE,
        () ->
            watchdog.findings().stream()
                .anyMatch(f -> which.test(f) && f.status() == Finding.Status.STOPPED));
  }

  private static void thaw() {
    world.thaw();
  }

  private static void replaceWallet(Address from, Address to) {
    String registry = world.homeDeployment.registry().hex();
    BigInteger mask = BigInteger.ONE.shiftLeft(160).subtract(BigInteger.ONE);
    for (int slot = 0; slot < 32; slot++) {
      byte[] key = Numeric.toBytesPadded(World.AGENT, 64);
      key[31] = 0;
      System.arraycopy(Numeric.toBytesPadded(World.AGENT, 32), 0, key, 0, 32);
      System.arraycopy(Numeric.toBytesPadded(BigInteger.valueOf(slot), 32), 0, key, 32, 32);
      String place = Numeric.toHexString(org.web3j.crypto.Hash.sha3(key));
      BigInteger word =
          Numeric.toBigInt(world.home.rpc("eth_getStorageAt", registry, place, "latest").asText());
      if (word.and(mask).equals(Numeric.toBigInt(from.hex()))) {
        BigInteger replaced = word.andNot(mask).or(Numeric.toBigInt(to.hex()));
        // The owner's slot holds an address too, but nothing above it; the agent's slot holds its
        // status.
        if (word.shiftRight(160).signum() != 0) {
          world.home.rpc(
              "anvil_setStorageAt",
              registry,
              place,
              Numeric.toHexStringWithPrefixZeroPadded(replaced, 64));
          return;
        }
      }
    }
    throw new AssertionError("the agent's slot was not found");
  }
}
