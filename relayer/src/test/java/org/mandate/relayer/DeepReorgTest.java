package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mandate.chain.Address;
import org.mandate.chain.BlockTag;
import org.mandate.chain.Hash;
import org.mandate.contracts.HomeExecutor;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.relayer.follow.ReorgAcceptance;
import org.mandate.relayer.store.EmbeddedServer;

/** Home reorganizes blocks that were final, with all that the relayer did in them. */
class DeepReorgTest {
  private static final Duration SOON = Duration.ofSeconds(120);

  @Test
  void L9_shouldLoseNothingWhenADeepReorgIsAccepted() throws Exception {
    try (Town town = Town.build(1, 1)) {
      RelayerConfig config = town.config(0, List.of());
      BigInteger before = town.received(town.home);
      Hash here;
      Hash there;
      Hash meanwhile;
      long first;
      try (Relayer relayer = start(config)) {
        here = town.submit(relayer.port(), town.payment(Town.HOME, town.token, 71));
        first = block(isFinal(town, relayer, here));
        there = town.submit(relayer.port(), town.payment(Town.REMOTE, town.token, 13));
        isFinal(town, relayer, there);
        town.home.ask("evm_setIntervalMining", 0);
        long head = town.home.client().head().number();
        town.home.reorg((int) (head - first + 1));
        assertEquals(before, town.received(town.home), "the payment is gone");
        awaitHalt(town, relayer.port());
        meanwhile = town.submit(relayer.port(), town.payment(Town.HOME, town.token, 5));
      }
      try (Relayer relayer = start(config)) { // a restart alone allows nothing
        awaitHalt(town, relayer.port());
        Thread.sleep(3000);
        assertEquals(0, town.intent(relayer.port(), meanwhile).getJsonArray("transactions").size());
      }
      long last = first - 1;
      IllegalArgumentException refused =
          assertThrows(IllegalArgumentException.class, () -> accept(config, last + 1));
      assertTrue(refused.getMessage().contains("block " + last), refused.getMessage());
      ReorgAcceptance.Accepted accepted = accept(config, last);
      assertEquals(last, accepted.ancestor().number());
      assertThrows(IllegalArgumentException.class, () -> accept(config, last), "only once");
      town.home.ask("evm_setIntervalMining", 1);
      try (Relayer relayer = start(config)) {
        for (Hash id : List.of(here, there, meanwhile)) isFinal(town, relayer, id);
        assertEquals(before.add(BigInteger.valueOf(76)), town.received(town.home));
        assertEquals(BigInteger.valueOf(13), town.received(town.remote), "never twice");
        // Whatever else it has to send goes out: no nonce is left out.
        Hash after = town.submit(relayer.port(), town.payment(Town.HOME, town.token, 1));
        isFinal(town, relayer, after);
        awaitNothingOpen(town);
      }
    }
  }

  /** It publishes something now and then, so one look may come in between. */
  private static void awaitNothingOpen(Town town) throws Exception {
    Address self = Town.relayer(0).address();
    Instant end = Instant.now().plus(SOON);
    while (town.home.client().nonce(self, BlockTag.LATEST)
        != town.home.client().nonce(self, BlockTag.PENDING)) {
      assertTrue(Instant.now().isBefore(end), "its transactions are not mined");
      Thread.sleep(100);
    }
  }

  /** Whatever it got done of stopping: what is started after it signs nothing. */
  @ParameterizedTest
  @EnumSource(
      value = Failpoint.class,
      names = {"AFTER_GATE_CLOSED", "AFTER_HALT_STORED", "BEFORE_HALT_TOLD"})
  void L9_shouldSignNothingWhenItIsKilledWhileItStops(Failpoint failpoint) throws Exception {
    try (Town town = Town.build(1, 1)) {
      try (RelayerProcess relayer =
          RelayerProcess.start(town, 0, List.of(), Optional.of(failpoint.label()))) {
        Hash id = town.submit(relayer.port(), town.payment(Town.HOME, town.token, 3));
        long begin = block(isFinal(town, relayer.port(), id));
        // No deeper than the payment: before it the agent was activated.
        town.home.ask("evm_setIntervalMining", 0);
        town.home.reorg((int) (town.home.client().head().number() - begin + 1));
        town.home.ask("evm_setIntervalMining", 1);
        relayer.awaitStop(failpoint.label());
        relayer.kill();
      }
      try (RelayerProcess relayer = RelayerProcess.start(town, 0, List.of(), Optional.empty())) {
        Hash id = town.submit(relayer.port(), town.payment(Town.HOME, town.token, 5));
        awaitHalt(town, relayer.port());
        Thread.sleep(3000);
        JsonObject view = town.intent(relayer.port(), id);
        assertEquals(0, view.getJsonArray("transactions").size(), view.encodePrettily());
      }
    }
  }

  /**
   * It attested one message, and a deep reorg gave another one its number: the relayer never signs
   * two of one number, wherever it is killed, and the other one arrives under another.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {"before-commit/StoredMessage.refuse", "after-commit/StoredMessage.refuse"})
  void L9_shouldSignNoOtherMessageOfANumberThatADeepReorgGaveAway(String failpoint)
      throws Exception {
    try (Town town = Town.build(1, 1)) {
      Intent second = town.payment(Town.REMOTE, town.token, 17);
      Hash first;
      try (RelayerProcess relayer = RelayerProcess.start(town, 0, List.of(), Optional.empty())) {
        first = town.submit(relayer.port(), town.payment(Town.REMOTE, town.token, 13));
        long begin = block(isFinal(town, relayer.port(), first));
        town.home.ask("evm_setIntervalMining", 0);
        town.home.reorg((int) (town.home.client().head().number() - begin + 1));
        awaitHalt(town, relayer.port());
        relayer.awaitLog("\"ancestor\":\"" + (begin - 1) + "\"");
        relayer.stop();
        Relayer.acceptReorg(relayer.config(), Map.of(), Town.HOME, begin - 1);
      }
      town.home.ask("evm_setIntervalMining", 1);
      submitDirectly(town, second); // before the first is there again: the number is this one's
      try (RelayerProcess relayer =
          RelayerProcess.start(town, 0, List.of(), Optional.of(failpoint))) {
        relayer.awaitStop(failpoint, SOON);
        relayer.kill();
      }
      Hash id = second.id(town.domain());
      RelayerProcess again = RelayerProcess.start(town, 0, List.of(), Optional.empty());
      try (again) {
        isFinal(town, again.port(), first);
        again.awaitLog("another message was attested under its number");
        assertEquals("DISPATCHED", town.intent(again.port(), id).getString("state"));
        sendAgain(town, second);
        isFinal(town, again.port(), id);
        assertEquals(BigInteger.valueOf(30), town.received(town.remote), "each once");
        again.stop();
      }
      try (EmbeddedServer server = EmbeddedServer.start(again.database())) {
        assertEquals(
            1, count(server, "SELECT count(*) FROM refused_message"), "the second's first message");
        assertEquals(
            0,
            count(
                server,
                "SELECT count(*) FROM (SELECT 1 FROM message GROUP BY source_chain, nonce HAVING"
                    + " count(*) > 1) AS twice"),
            "numbers of which it signed two");
      }
    }
  }

  private static void submitDirectly(Town town, Intent intent) {
    Sender sender = town.home.sender(Town.credentials(2));
    byte[] signature = town.signed(intent).signature().bytes();
    sender.send(
        Call.of(
            "submit",
            town.atHome.executor().hex(),
            executor(town, sender).submit(IntentAbi.toHome(intent), signature)));
  }

  private static void sendAgain(Town town, Intent intent) {
    Sender sender = town.home.sender(Town.credentials(2));
    sender.send(
        Call.of(
            "resend",
            town.atHome.executor().hex(),
            executor(town, sender).resend(IntentAbi.toHome(intent))));
  }

  private static HomeExecutor executor(Town town, Sender sender) {
    return HomeExecutor.load(
        town.atHome.executor().hex(), sender.web3j(), sender.reader(), Sender.NO_GAS);
  }

  private static long count(EmbeddedServer server, String sql) throws SQLException {
    try (var connection = DriverManager.getConnection(server.jdbcUrl());
        var statement = connection.createStatement();
        var result = statement.executeQuery(sql)) {
      result.next();
      return result.getLong(1);
    }
  }

  private static ReorgAcceptance.Accepted accept(RelayerConfig config, long block) {
    return Relayer.acceptReorg(config, Town.HOME, block, Clock.systemUTC());
  }

  private static Relayer start(RelayerConfig config) {
    return Relayer.start(config, Town.relayer(0), Clock.systemUTC());
  }

  private static JsonObject isFinal(Town town, Relayer relayer, Hash id) throws Exception {
    return isFinal(town, relayer.port(), id);
  }

  private static JsonObject isFinal(Town town, int port, Hash id) throws Exception {
    JsonObject view = town.await(port, id, SOON, v -> v.getBoolean("final"));
    assertEquals("EXECUTED", view.getString("state"), view.encodePrettily());
    return view;
  }

  private static void awaitHalt(Town town, int port) throws Exception {
    Instant end = Instant.now().plus(SOON);
    while (!town.get(port, "/health/ready").body().contains("reorganized a final block")) {
      assertTrue(Instant.now().isBefore(end), "signing did not stop");
      Thread.sleep(200);
    }
  }

  /** Number of the first block at home that tells of it. */
  private static long block(JsonObject view) {
    JsonObject first = view.getJsonObject("home").getJsonArray("events").getJsonObject(0);
    return Long.parseLong(first.getJsonObject("block").getString("number"));
  }
}
