package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mandate.chain.BlockTag;
import org.mandate.chain.Hash;
import org.mandate.relayer.follow.ReorgAcceptance;

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
        assertEquals(
            town.home.client().nonce(Town.relayer(0).address(), BlockTag.LATEST),
            town.home.client().nonce(Town.relayer(0).address(), BlockTag.PENDING));
      }
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
        town.await(relayer.port(), id, SOON, v -> v.getBoolean("final"));
        town.home.reorg(8);
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

  private static ReorgAcceptance.Accepted accept(RelayerConfig config, long block) {
    return Relayer.acceptReorg(config, Town.HOME, block, Clock.systemUTC());
  }

  private static Relayer start(RelayerConfig config) {
    return Relayer.start(config, Town.relayer(0), Clock.systemUTC());
  }

  private static JsonObject isFinal(Town town, Relayer relayer, Hash id) throws Exception {
    JsonObject view = town.await(relayer.port(), id, SOON, v -> v.getBoolean("final"));
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
