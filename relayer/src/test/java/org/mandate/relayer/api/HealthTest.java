package org.mandate.relayer.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Address;
import org.mandate.relayer.SigningGate;
import org.mandate.relayer.lead.Instance;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.relayer.store.Lease;
import org.mandate.relayer.store.StoredInstance;
import org.mandate.testing.HandClock;

/** What keeps a relayer from being ready. */
class HealthTest {
  private static final Address SELF = new Address("0x" + "11".repeat(20));
  private static final Instant START = Instant.ofEpochSecond(1_800_000_000);

  @TempDir private Path directory;

  /** What was taken out of the configuration has no leader, and needs none. */
  @Test
  void L9_shouldWantLeadersOfTheLinesThatAreConfigured() {
    try (EmbeddedServer server = EmbeddedServer.start(directory.resolve("postgres"));
        Database database = Database.open(server.jdbcUrl())) {
      Instance instance =
          new Instance(
              new StoredInstance("own", SELF, "same", "same"),
              List.of("follow-1"),
              Set.of(1L),
              database,
              new SigningGate(),
              Clock.systemUTC());
      database.run(tx -> Lease.open(tx, List.of("follow-1", "mirror", "treasury-1", "send-2")));
      assertEquals(List.of(), problems(database, instance, Duration.ZERO));
      database.run(
          tx -> Lease.take(tx, "own", List.of("follow-1"), Duration.ZERO, 1, Duration.ofHours(1)));
      assertEquals(List.of(), problems(database, instance, Duration.ofMinutes(1)));
      database.run(tx -> Lease.giveBackAll(tx, "own"));
      List<?> unled = problems(database, instance, Duration.ofMinutes(1));
      assertEquals(1, unled.size(), unled.toString());
      assertTrue(unled.getFirst().toString().startsWith("follow-1: no instance leads it"));
    }
  }

  /** What is told after having been asked twice, that long apart. */
  private static List<?> problems(Database database, Instance instance, Duration between) {
    var clock = new HandClock(START);
    var health =
        new Health(
            database, instance, Map.of(), Map.of(), List.of(), SELF, new SigningGate(), clock);
    health.report();
    clock.advance(between);
    JsonObject report = health.report();
    assertEquals(Set.of("follow-1"), report.getJsonObject("lines").fieldNames());
    return report.getJsonArray("problems").getList();
  }
}
