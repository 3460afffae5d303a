package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.sql.DriverManager;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.contracts.TestToken;
import org.mandate.deploy.Sender;
import org.mandate.intent.Intent;
import org.mandate.relayer.store.EmbeddedServer;

/**
 * What many ask at once goes into few transactions, and one that cannot be carried out holds up
 * none.
 */
class ManyAtOnceTest {
  private static final Duration SOON = Duration.ofSeconds(120);
  private static final int GOOD = 60;
  private static final int POOR = 3;

  @Test
  void L3_L9_shouldExecuteEachOnceInFewTransactionsAndParkWhatFails() throws Exception {
    try (Town town = Town.build(1, 1);
        EmbeddedServer server = EmbeddedServer.start(town.directory.resolve("pg"))) {
      // Payments of ether fail until the account has some.
      town.home.ask("anvil_setBalance", town.vault.hex(), "0x0");
      List<Intent> intents = new ArrayList<>();
      for (int i = 0; i < GOOD; i++) intents.add(town.payment(Town.HOME, town.token, 100 + i));
      for (int i = 0; i < POOR; i++)
        intents.add(20 * i + 10, town.payment(Town.HOME, Address.ZERO, 7));
      BigInteger before = balance(town);
      try (Relayer relayer =
          Relayer.start(town.config(0, List.of(), server), Town.relayer(0), Clock.systemUTC())) {
        List<Hash> ids = submitAll(town, relayer.port(), intents);
        List<Hash> poor = new ArrayList<>();
        for (int i = 0; i < intents.size(); i++) {
          if (intents.get(i).asset().equals(Address.ZERO)) {
            poor.add(ids.get(i));
          } else {
            JsonObject done =
                town.await(
                    relayer.port(), ids.get(i), SOON, v -> v.getString("state").equals("EXECUTED"));
            assertEquals(1, done.getJsonArray("transactions").size(), done.encodePrettily());
          }
        }
        assertEquals(
            BigInteger.valueOf(GOOD * 100L + GOOD * (GOOD - 1) / 2),
            balance(town).subtract(before));
        for (Hash id : poor) {
          JsonObject parked =
              town.await(relayer.port(), id, SOON, v -> v.getString("state").equals("PARKED"));
          assertTrue(parked.getJsonObject("parked").getString("message").contains("would revert"));
        }
        long transactions =
            count(server, "SELECT count(*) FROM transaction WHERE purpose = 'SUBMIT'");
        assertTrue(transactions < GOOD / 2, transactions + " transactions for " + GOOD);

        // Once again, while they are known: nothing more happens to them.
        assertEquals(ids, submitAll(town, relayer.port(), intents));

        town.home.ask("anvil_setBalance", town.vault.hex(), "0xffff");
        for (Hash id : poor)
          town.await(relayer.port(), id, SOON, v -> v.getString("state").equals("EXECUTED"));
        assertEquals(
            intents.size(),
            count(server, "SELECT count(DISTINCT subject) FROM event WHERE kind = 'EXECUTED'"));
        assertEquals(
            intents.size(), count(server, "SELECT count(*) FROM event WHERE kind = 'EXECUTED'"));
        assertEquals(
            BigInteger.valueOf(GOOD * 100L + GOOD * (GOOD - 1) / 2),
            balance(town).subtract(before));
      }
    }
  }

  /** As where there are millions of intents, and few in the state that is asked for. */
  @Test
  void L9_shouldServeOthersWhileListsTakeLong() throws Exception {
    try (Town town = Town.build(1, 1);
        EmbeddedServer server = EmbeddedServer.start(town.directory.resolve("pg"));
        Relayer relayer =
            Relayer.start(town.config(0, List.of(), server), Town.relayer(0), Clock.systemUTC());
        var connection = DriverManager.getConnection(server.jdbcUrl());
        var statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("LOCK TABLE event IN ACCESS EXCLUSIVE MODE");
      List<CompletableFuture<Integer>> lists = new ArrayList<>();
      for (int i = 0; i < 6; i++) lists.add(list(town, relayer.port()));
      List<CompletableFuture<Integer>> refused = List.of();
      while (refused.size() < 4) {
        Thread.sleep(20);
        refused = lists.stream().filter(CompletableFuture::isDone).toList();
      }
      for (CompletableFuture<Integer> each : refused) assertEquals(503, each.get());
      assertEquals(200, town.get(relayer.port(), "/health/ready").statusCode());
      assertEquals(2, lists.stream().filter(one -> !one.isDone()).count());
      connection.rollback();
      lists.removeAll(refused);
      for (CompletableFuture<Integer> each : lists) assertEquals(200, each.get());
    }
  }

  private static CompletableFuture<Integer> list(Town town, int port) {
    CompletableFuture<Integer> status = new CompletableFuture<>();
    Thread.startVirtualThread(
        () -> {
          try {
            status.complete(town.get(port, "/v1/intents?state=RECEIVED").statusCode());
          } catch (Exception e) {
            status.completeExceptionally(e);
          }
        });
    return status;
  }

  private static List<Hash> submitAll(Town town, int port, List<Intent> intents) throws Exception {
    List<Callable<Hash>> calls =
        intents.stream().<Callable<Hash>>map(i -> () -> town.submit(port, i)).toList();
    List<Hash> ids = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Hash> id : threads.invokeAll(calls)) ids.add(id.get());
    }
    return ids;
  }

  private static BigInteger balance(Town town) throws Exception {
    Sender reader = town.home.sender(Town.credentials(1));
    return TestToken.load(town.token.hex(), reader.web3j(), reader.reader(), Sender.NO_GAS)
        .balanceOf(town.recipient.hex())
        .send();
  }

  private static long count(EmbeddedServer server, String sql) throws Exception {
    try (var connection = DriverManager.getConnection(server.jdbcUrl());
        var statement = connection.createStatement();
        var result = statement.executeQuery(sql)) {
      result.next();
      return result.getLong(1);
    }
  }
}
