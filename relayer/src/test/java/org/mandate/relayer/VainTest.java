package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.sql.DriverManager;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Hash;
import org.mandate.intent.Intent;
import org.mandate.relayer.store.EmbeddedServer;

/**
 * Intents that go well in a trial and do nothing on chain, on the real contracts: the agent's
 * wallet is a contract which takes some signatures only where gas costs nothing (ERC-1271), as in a
 * trial that names no price.
 */
class VainTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  /** Beyond which finality moved on several times. */
  private static final Duration LONG = Duration.ofSeconds(12);

  private static final String WALLET = "0x" + "c0de".repeat(10);

  /**
   * A signature that begins with 0xbb is valid where the price of gas is zero; any other always.
   */
  private static final String CODE =
      "0x60643560f81c60bb143a15151615601657600060" + "00fd5b631626ba7e60e01b60005260206000f3";

  private static final String GOOD = "0xaa";
  private static final String POISON = "0xbb";

  private static Town town;
  private static EmbeddedServer server;
  private static Relayer relayer;

  @BeforeAll
  static void start() throws Exception {
    town = Town.build(1, 1);
    town.contractWallet(WALLET, CODE);
    server = EmbeddedServer.start(town.directory.resolve("pg"));
    relayer = Relayer.start(town.config(0, List.of(), server), Town.relayer(0), Clock.systemUTC());
  }

  @AfterAll
  static void stop() throws Exception {
    relayer.close();
    server.close();
    town.close();
  }

  @Test
  void L9_shouldIsolateAndParkWhatRevertsOnlyOnChain() throws Exception {
    Hash poison = hand(POISON);
    saysWhy(poison);
    Hash good = hand(GOOD);
    town.awaitState(relayer.port(), good, "EXECUTED", SOON);
    Thread.sleep(LONG);
    assertEquals(1, transactions(poison), "it costs nothing more");
  }

  @Test
  void L9_shouldIsolateAndParkWhatFailsInAGroupOnlyOnChain() throws Exception {
    List<Callable<Hash>> calls = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      String signature = i % 4 == 3 ? POISON : GOOD;
      calls.add(() -> hand(signature));
    }
    List<Hash> good = new ArrayList<>();
    List<Hash> poison = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Hash>> ids = threads.invokeAll(calls);
      for (int i = 0; i < ids.size(); i++) (i % 4 == 3 ? poison : good).add(ids.get(i).get());
    }
    for (Hash id : good) town.awaitState(relayer.port(), id, "EXECUTED", SOON);
    for (Hash id : poison) saysWhy(id);
    assertTrue(
        count(
                "SELECT count(*) FROM transaction_item i JOIN transaction t USING (transaction_id)"
                    + " WHERE i.vain AND t.state = 'SUCCEEDED' AND t.subjects > 1")
            > 0,
        "some went along with good ones");
    Thread.sleep(LONG);
    for (Hash id : poison) assertEquals(1, transactions(id), "it costs nothing more");
    for (Hash id : good) assertEquals(1, transactions(id), "none was held up");
  }

  private static void saysWhy(Hash id) throws Exception {
    JsonObject parked = town.awaitParked(relayer.port(), id, "NO_EFFECT", SOON);
    String message = parked.getJsonObject("parked").getString("message");
    assertTrue(message.startsWith("1 transaction for it was mined"), message);
    assertTrue(message.contains("ExecutorSignatureInvalid("), message);
  }

  private static Hash hand(String signature) throws Exception {
    Intent intent = town.payment(Town.HOME, town.token, 3);
    JsonObject body = town.body(town.signed(intent)).put("signature", signature);
    HttpResponse<String> answer = town.post(relayer.port(), "/v1/intents", body.encode());
    assertEquals(202, answer.statusCode(), answer.body());
    return Hash.of(new JsonObject(answer.body()).getString("intentId"));
  }

  private static long transactions(Hash subject) throws Exception {
    return count(
        "SELECT count(*) FROM transaction_item WHERE subject = '\\x"
            + subject.hex().substring(2)
            + "'");
  }

  private static long count(String sql) throws Exception {
    try (var connection = DriverManager.getConnection(server.jdbcUrl());
        var statement = connection.createStatement();
        var result = statement.executeQuery(sql)) {
      result.next();
      return result.getLong(1);
    }
  }
}
