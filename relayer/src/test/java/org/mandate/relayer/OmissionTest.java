package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Hash;

/** Three nodes on each chain; the one that is asked first leaves out whatever was logged. */
class OmissionTest {
  private static final Duration SOON = Duration.ofSeconds(180);

  @Test
  void L3_shouldCarryWhatTheFirstNodeLeavesOutOfItsBlocks() throws Exception {
    try (Town town = Town.build(1, 1);
        LyingNode home = LyingNode.before(town.home.url());
        LyingNode remote = LyingNode.before(town.remote.url())) {
      home.tell(LyingNode.Lie.NO_LOGS);
      remote.tell(LyingNode.Lie.NO_LOGS);
      RelayerConfig config =
          town.config(0, List.of(), nodes(home, town.home), nodes(remote, town.remote), 0);
      try (Relayer relayer = Relayer.start(config, Town.relayer(0), Clock.systemUTC())) {
        BigInteger before = town.received(town.remote);
        Hash id = town.submit(relayer.port(), town.payment(Town.REMOTE, town.token, 100));
        JsonObject view = town.await(relayer.port(), id, SOON, v -> v.getBoolean("final"));
        assertEquals("EXECUTED", view.getString("state"), view.encodePrettily());
        assertEquals(before.add(BigInteger.valueOf(100)), town.received(town.remote));
        assertTrue(town.get(relayer.port(), "/v1/evidence").body().contains("\"evidence\":[]"));
      }
    }
  }

  private static List<URI> nodes(LyingNode first, Anvil real) {
    return List.of(first.url(), real.url(), real.url());
  }
}
