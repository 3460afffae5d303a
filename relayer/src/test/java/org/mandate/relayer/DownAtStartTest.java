package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Hash;

/** A relayer that is started while the nodes of one of its chains are down. */
class DownAtStartTest {
  private static final Duration SOON = Duration.ofSeconds(90);
  private static final String REMOTE = Long.toString(Town.REMOTE);

  @Test
  void L9_shouldStartWithoutTheNodesOfAnotherChainAndTakeItUpWhenTheyAreBack() throws Exception {
    try (Town town = Town.build(1, 1);
        LyingNode remote = LyingNode.before(town.remote.url(), town.home.url())) {
      remote.tell(LyingNode.Lie.REFUSAL);
      Instant before = Instant.now();
      try (Relayer relayer = start(town, remote)) {
        long taken = Duration.between(before, Instant.now()).toSeconds();
        assertTrue(taken < 25, "it waited for them: " + taken + " s");
        JsonObject health =
            await(town, relayer, report -> report.getString("status").equals("DEGRADED"));
        assertEquals("DOWN", chain(health).getString("status"));
        assertEquals(-1, chain(health).getInteger("head"));
        Hash id = town.submit(relayer.port(), town.payment(Town.HOME, town.token, 3));
        town.awaitState(relayer.port(), id, "EXECUTED", SOON);
        remote.tell(LyingNode.Lie.NONE);
        await(town, relayer, report -> report.getString("status").equals("UP"));
        Hash across = town.submit(relayer.port(), town.payment(Town.REMOTE, town.token, 3));
        town.awaitState(relayer.port(), across, "EXECUTED", SOON);
      }
    }
  }

  /** What a node of another chain tells would be stored as that chain's. */
  @Test
  void L10_shouldNotHearANodeThatTurnsOutToBeOfAnotherChain() throws Exception {
    try (Town town = Town.build(1, 1);
        LyingNode remote = LyingNode.before(town.remote.url(), town.home.url())) {
      remote.tell(LyingNode.Lie.REFUSAL);
      try (Relayer relayer = start(town, remote)) {
        remote.tell(LyingNode.Lie.OTHER_CHAIN);
        JsonObject health =
            await(
                town,
                relayer,
                report ->
                    chain(report).getJsonArray("nodes").encode().contains("configured is 31338"));
        assertEquals(-1, chain(health).getInteger("head"), health.encodePrettily());
        assertTrue(
            chain(health).getJsonArray("nodes").encode().contains("of chain 31337"),
            health.encodePrettily());
        remote.tell(LyingNode.Lie.NONE);
        await(town, relayer, report -> report.getString("status").equals("UP"));
      }
    }
  }

  private static Relayer start(Town town, LyingNode remote) {
    return Relayer.start(
        town.config(0, List.of(), List.<URI>of(town.home.url()), List.of(remote.url()), 0),
        Town.relayer(0),
        Clock.systemUTC());
  }

  private static JsonObject await(Town town, Relayer relayer, Predicate<JsonObject> wanted)
      throws Exception {
    Instant end = Instant.now().plus(SOON);
    JsonObject report = health(town, relayer);
    while (!wanted.test(report)) {
      assertTrue(Instant.now().isBefore(end), report.encodePrettily());
      Thread.sleep(200);
      report = health(town, relayer);
    }
    return report;
  }

  private static JsonObject health(Town town, Relayer relayer) throws Exception {
    return new JsonObject(town.get(relayer.port(), "/health/ready").body());
  }

  private static JsonObject chain(JsonObject health) {
    return health.getJsonObject("chains").getJsonObject(REMOTE);
  }
}
