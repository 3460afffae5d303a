package org.mandate.relayer.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;

/** Who asks often, or many at once, makes the database no more work. */
class TalliesTest {
  @TempDir Path directory;
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private EmbeddedServer server;
  private Database database;
  private Tallies tallies;

  @BeforeEach
  void start() {
    server = EmbeddedServer.start(directory.resolve("postgres"));
    database = Database.open(server.jdbcUrl());
    database.run(tx -> tx.update("CREATE SEQUENCE asked"));
    tallies = new Tallies(registry, database);
  }

  @AfterEach
  void stop() {
    database.close();
    server.close();
  }

  @Test
  void L9_shouldAddUpOnceHoweverManyAsk() throws Exception {
    tallies.add("asked", "", "SELECT nextval('asked') AS n");
    tallies.refresh();
    awaitAsked(2); // the first time takes longer
    Instant begin = Instant.now();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 500; i++) threads.submit(tallies::refresh);
    }
    for (int i = 0; i < 500; i++) tallies.refresh();
    assertTrue(Duration.between(begin, Instant.now()).toMillis() < 2_000, "or it is due again");
    assertEquals(2, asked());
    awaitAsked(3); // and anew after a while
  }

  @Test
  void L9_shouldAddUpMoreSeldomWhatTakesLonger() throws Exception {
    tallies.add("asked", "", "SELECT nextval('asked') AS n FROM pg_sleep(0.3)");
    tallies.refresh();
    assertEquals(1, asked());
    Instant end = Instant.now().plusSeconds(5);
    while (Instant.now().isBefore(end)) {
      tallies.refresh();
      Thread.sleep(100);
    }
    assertEquals(1, asked(), "a twentieth of the time");
    awaitAsked(2);
  }

  /** What takes too long, as it may one day, leaves the others as they are. */
  @Test
  void L9_shouldKeepWhatWasCountedAndGoOnWithTheOthersWhenOneFails() throws Exception {
    database.run(tx -> tx.update("CREATE TABLE there (n bigint)"));
    database.run(tx -> tx.update("INSERT INTO there VALUES (7)"));
    tallies.add("there", "", "SELECT n FROM there");
    tallies.add("asked", "", "SELECT nextval('asked') AS n");
    tallies.refresh();
    assertEquals(1, asked());
    database.run(tx -> tx.update("DROP TABLE there"));
    awaitAsked(2);
    assertEquals(7, value("there"), "as it was");
    assertTrue(age("there") > age("asked") + 2, "and how old it is: " + age("there"));
  }

  private void awaitAsked(int times) throws InterruptedException {
    Instant end = Instant.now().plusSeconds(120);
    while (asked() < times) {
      assertTrue(Instant.now().isBefore(end), "asked " + asked() + " times");
      Thread.sleep(50);
      tallies.refresh();
    }
    assertEquals(times, asked());
  }

  private long asked() {
    return value("asked");
  }

  private long value(String name) {
    return (long) registry.get(name).gauge().value();
  }

  private double age(String name) {
    return registry.get("mandate.counted.ago").tag("what", name).gauge().value();
  }
}
