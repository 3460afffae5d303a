package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Hash;
import org.mandate.contracts.HomeExecutor;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.SignedIntent;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.relayer.store.StoredIntent;
import org.mandate.relayer.store.Task;
import org.mandate.relayer.store.Tx;

/**
 * An agent that signs many intents under one nonce has one of them carried out, and this relayer
 * pays for that one.
 */
class SameNonceTest {
  private static final Duration SOON = Duration.ofSeconds(120);
  private static final int MANY = 6;

  private static Town town;
  private static EmbeddedServer server;
  private static Database database;
  private static Relayer relayer;

  @BeforeAll
  static void start() throws Exception {
    town = Town.build(1, 1);
    server = EmbeddedServer.start(town.directory.resolve("pg"));
    relayer = Relayer.start(town.config(0, List.of(), server), Town.relayer(0), Clock.systemUTC());
    database = Database.open(server.jdbcUrl());
  }

  @AfterAll
  static void stop() throws Exception {
    relayer.close();
    database.close();
    server.close();
    town.close();
  }

  @Test
  void L3_shouldRefuseASecondIntentOfANonceAtOnce() throws Exception {
    town.home.ask("evm_setIntervalMining", 0);
    try {
      List<Intent> intents = underOneNonce();
      Hash first = town.submit(relayer.port(), intents.getFirst());
      for (Intent other : intents.subList(1, MANY)) {
        HttpResponse<String> answer =
            town.post(relayer.port(), "/v1/intents", town.body(town.signed(other)).encode());
        assertEquals(409, answer.statusCode(), answer.body());
        JsonObject error = new JsonObject(answer.body()).getJsonObject("error");
        assertEquals("NONCE", error.getString("rule"));
        assertTrue(error.getString("message").contains(first.hex()), answer.body());
        assertEquals(404, town.get(relayer.port(), "/v1/intents/" + id(other)).statusCode());
      }
      assertEquals(first, town.submit(relayer.port(), intents.getFirst()), "it is taken");
    } finally {
      town.home.ask("evm_setIntervalMining", 1);
    }
  }

  /** As a relayer took them before one intent held its nonce, or after a deep reorganisation. */
  @Test
  void L3_shouldPayForOneOfSeveralIntentsOfANonceThatAreThere() throws Exception {
    BigInteger before = town.received(town.home);
    List<Intent> intents = underOneNonce();
    store(intents);
    Map<Hash, BigInteger> executed = new HashMap<>();
    Set<String> by = new HashSet<>();
    for (Intent intent : intents) {
      JsonObject end =
          town.await(relayer.port(), id(intent), SOON, view -> view.getBoolean("final"));
      if (end.getString("state").equals("EXECUTED")) {
        executed.put(id(intent), intent.amount());
        continue;
      }
      assertEquals("SUPERSEDED", end.getString("state"), end.encodePrettily());
      assertEquals(0, end.getJsonArray("transactions").size(), end.encodePrettily());
      by.add(end.getString("supersededBy"));
    }
    assertEquals(1, executed.size(), executed.toString());
    assertEquals(Set.of(executed.keySet().iterator().next().hex()), by);
    assertEquals(
        before.add(executed.values().iterator().next()), town.received(town.home), "it alone");
    awaitNoWork(intents);
  }

  /** What somebody else used is never signed for, and its work ends when that is final. */
  @Test
  void L3_shouldEndWhatAnotherRelayersIntentCameBeforeWithoutPaying() throws Exception {
    List<Intent> intents = underOneNonce();
    SignedIntent others = town.signed(intents.getLast());
    Sender sender = town.home.sender(Town.credentials(2));
    HomeExecutor home =
        HomeExecutor.load(
            town.atHome.executor().hex(), sender.web3j(), sender.reader(), Sender.NO_GAS);
    sender.send(
        Call.of(
            "submit",
            town.atHome.executor().hex(),
            home.submit(IntentAbi.toHome(others.intent()), others.signature().bytes())));
    store(intents.subList(0, MANY - 1));
    for (Intent mine : intents.subList(0, MANY - 1)) {
      JsonObject end = town.awaitState(relayer.port(), id(mine), "SUPERSEDED", SOON);
      assertEquals(id(others.intent()).hex(), end.getString("supersededBy"));
      assertEquals(0, end.getJsonArray("transactions").size(), end.encodePrettily());
    }
    awaitNoWork(intents);
    JsonObject listed =
        new JsonObject(town.get(relayer.port(), "/v1/intents?state=SUPERSEDED").body());
    assertTrue(listed.encode().contains(id(intents.getFirst()).hex()), listed.encode());
  }

  // ------------------------------------------------------------------ steps

  private static List<Intent> underOneNonce() {
    Intent first = town.payment(Town.HOME, town.token, 100);
    List<Intent> all = new ArrayList<>(List.of(first));
    for (int i = 1; i < MANY; i++) {
      all.add(
          new Intent(
              first.agentId(),
              first.account(),
              first.chainId(),
              first.asset(),
              first.to(),
              BigInteger.valueOf(100 + i),
              first.data(),
              first.nonce(),
              first.deadline()));
    }
    return all;
  }

  private static Hash id(Intent intent) {
    return intent.id(town.domain());
  }

  private static void store(List<Intent> intents) {
    Instant now = Instant.now();
    database.run(
        tx ->
            intents.forEach(
                i -> {
                  StoredIntent.save(tx, id(i), i, Optional.of(town.signed(i).signature()), now);
                  Task.open(tx, Task.Kind.SUBMIT, Town.HOME, id(i), now, now);
                }));
  }

  /** Whether nothing is left to be done for them. */
  private static void awaitNoWork(List<Intent> intents) throws Exception {
    List<Hash> ids = intents.stream().map(SameNonceTest::id).toList();
    Instant end = Instant.now().plus(SOON);
    while (database.inTransaction(
        tx ->
            tx.one(
                    "SELECT count(*) AS n FROM task WHERE kind = 'SUBMIT' AND subject = ANY (?)",
                    row -> row.number("n") > 0,
                    Tx.column("bytea", ids))
                .orElseThrow())) {
      assertTrue(Instant.now().isBefore(end), "work is left");
      Thread.sleep(100);
    }
  }
}
