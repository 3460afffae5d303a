package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Address;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Deployment;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.contracts.AgentVault;
import org.mandate.contracts.AuditLog;
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
  private static final Duration PATIENCE = Duration.ofSeconds(20);
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
    world.governance(world.policy().freeze(World.AGENT));
    BigInteger decided = world.stops();
    Instant frozenAt = world.home.client.head().timestamp();
    World.await(
        "the other chain's clock passes the freeze",
        Duration.ofMinutes(2),
        () -> world.remote.client.head().timestamp().isAfter(frozenAt));
    BigInteger once = decided.add(BigInteger.ONE);
    long found;
    try (Watchdog watchdog = world.watchdog(0)) {
      payWithoutIntent();
      stopped(watchdog, TamperingTest::frozeForOutflow);
      assertEquals(once, world.stops());
      assertThrows(
          DeploymentException.class,
          () -> world.governance(world.policy().thaw(World.AGENT, decided)));
      assertTrue(world.frozen());
      Thread.sleep(3000);
      assertEquals(once, world.stops(), "a finding stops the agent once");
      found = stoppedOutflows(watchdog);
    }
    try (Watchdog again = world.watchdog(0)) {
      World.await("it found all of it again", PATIENCE, () -> stoppedOutflows(again) == found);
      Thread.sleep(2000);
      assertEquals(once, world.stops(), "a restarted watchdog stopped the agent again");
    } finally {
      thaw();
    }
  }

  /** Not one of another test's, which it finds too and does nothing about. */
  private static boolean frozeForOutflow(Finding finding) {
    return finding.check() == Check.OUTFLOW
        && finding.deeds().stream().anyMatch(deed -> deed.transaction().isPresent());
  }

  private static long stoppedOutflows(Watchdog watchdog) {
    return watchdog.findings().stream()
        .filter(f -> f.check() == Check.OUTFLOW && f.status() == Finding.Status.STOPPED)
        .count();
  }

  private static void payWithoutIntent() throws Exception {
    AgentVault vault =
        AgentVault.load(
            world.vault().hex(),
            world.remote.web3j,
            new Sender(world.remote.web3j, Credentials.create("0x1")).reader(),
            Sender.NO_GAS);
    world.as(
        world.remote,
        world.domain.executor(),
        world.vault(),
        vault.pay(World.AGENT, Address.ZERO.hex(), World.RECIPIENT.hex(), AMOUNT));
  }

  @Test
  void L1_paymentOfAVaultWithoutAnIntentFreezesTheAgent() throws Exception {
    try (Watchdog watchdog = world.watchdog(0)) {
      payWithoutIntent();
      stopped(watchdog, TamperingTest::frozeForOutflow);
      assertTrue(world.frozen());
    } finally {
      thaw();
    }
  }

  @Test
  void L1_executionOfAForgedIntentFreezesTheAgent() throws Exception {
    // Nobody watches while it happens.
    Intent forged = world.payment(World.REMOTE, AMOUNT);
    world.deliver(world.forged(forged));
    Thread.sleep(World.WINDOW.plusSeconds(2));
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
      AuditLog log =
          AuditLog.load(
              world.homeDeployment.auditLog().hex(),
              world.home.web3j,
              new Sender(world.home.web3j, Credentials.create("0x1")).reader(),
              Sender.NO_GAS);
      BigInteger count = log.chain(World.AGENT).send().component2();
      world.as(
          world.home,
          world.domain.executor(),
          world.homeDeployment.auditLog(),
          log.append(World.AGENT, new byte[32], BigInteger.valueOf(5), new byte[0]));
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
      World.await("both alerts", PATIENCE, () -> posted.size() >= 2);
      assertTrue(
          posted.stream().anyMatch(body -> body.contains("\"rule\":\"PUBLICATION\"")),
          posted.toString());
      assertTrue(!world.frozen(), "audit findings freeze nobody");
    } finally {
      gateway.stop(0);
      pager.stop(0);
    }
  }

  @Test
  void L1_strangersAccountDoesNotHideWhatAVaultPaid() {
    Address hostile = Address.of("0x00000000000000000000000000000000000bad01");
    // Returns the amount that it was asked to pay, and pays nothing.
    world.home.rpc("anvil_setCode", hostile.hex(), "0x60643560005260206000f3");
    Intent real = world.payment(World.HOME, AMOUNT);
    Intent strange = world.payment(World.HOME, BigInteger.ONE);
    world.submit(
        new Intent(
            strange.agentId(),
            hostile,
            strange.chainId(),
            strange.asset(),
            strange.to(),
            strange.amount(),
            strange.data(),
            strange.nonce(),
            strange.deadline()));
    long block = world.submit(real).getBlockNumber().longValueExact();

    // The vault was made after this deployment file was written: it is known by use only.
    Map<String, Deployment.Contract> contracts = new HashMap<>(world.homeDeployment.contracts());
    contracts.remove("AgentVault-1");
    Deployment older =
        new Deployment(
            world.homeDeployment.chainId(),
            world.homeDeployment.homeChainId(),
            world.homeDeployment.block(),
            contracts);
    Reader reader = new Reader(withoutLogsOf(hostile, world.home.client), older);
    reader.read(older.block(), block);
    assertTrue(
        reader.paid(older.block(), block, Reader.Vaults.MET).stream()
            .flatMap(page -> page.entries().stream())
            .anyMatch(
                entry ->
                    entry instanceof Entry.Paid paid
                        && paid.vault().equals(world.vault())
                        && paid.log().blockNumber() == block));
  }

  /** A node to which one account's logs are too many. */
  private static ChainClient withoutLogsOf(Address account, ChainClient node) {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("logs")
                  && Arrays.stream(arguments)
                      .anyMatch(a -> a instanceof Collection<?> all && all.contains(account))) {
                throw new NodeException("too many logs");
              }
              return method.invoke(node, arguments);
            });
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
