package org.mandate.relayer.lead;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Address;
import org.mandate.relayer.Loop;
import org.mandate.relayer.SigningGate;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.relayer.store.Lease;
import org.mandate.relayer.store.StoredInstance;

/** Several instances in one process, each with its own connections. */
class InstanceTest {
  private static final Address SIGNER = new Address("0x" + "11".repeat(20));
  private static final List<String> NAMES =
      IntStream.range(0, 12).mapToObj(i -> "line-" + i).toList();

  @TempDir private Path directory;
  private EmbeddedServer server;
  private Database database;
  private final List<Instance> instances = new ArrayList<>();
  private final List<Led<Object>> workflows = new ArrayList<>();
  private final List<AutoCloseable> parts = new ArrayList<>();

  @BeforeEach
  void start() {
    server = EmbeddedServer.start(directory.resolve("postgres"));
    database = Database.open(server.jdbcUrl());
    database.run(tx -> ChainRow.register(tx, 1, SIGNER, SIGNER));
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable part : parts.reversed()) part.close();
    database.close();
    server.close();
  }

  /**
   * An instance with workflows that do nothing; what closes its connections is in {@code parts}.
   */
  private Instance join(String id, SigningGate gate) {
    Database own = database.forHeartbeat();
    Instance instance =
        new Instance(
            new StoredInstance(id, SIGNER, "same", "same"),
            NAMES,
            Set.of(1L),
            own,
            gate,
            Clock.systemUTC());
    instance.join(false);
    parts.add(own);
    parts.add(instance::close);
    for (String name : NAMES) {
      Led<Object> led =
          new Led<>(instance.line(name), database, fenced -> new Object(), workflow -> false);
      workflows.add(led);
      parts.add(Loop.start(name, Duration.ofMillis(50), led));
    }
    instances.add(instance);
    return instance;
  }

  private static Set<String> leads(Instance instance) {
    Set<String> leads = new HashSet<>();
    for (Line line : instance.lines()) if (line.lease().isPresent()) leads.add(line.name());
    return leads;
  }

  private static void await(Callable<Boolean> condition) throws Exception {
    Instant end = Instant.now().plusSeconds(60);
    while (!condition.call()) {
      assertTrue(Instant.now().isBefore(end), "not within a minute");
      Thread.sleep(50);
    }
  }

  private boolean isShared(List<Instance> among) {
    int each = NAMES.size() / among.size();
    Set<String> all = new HashSet<>();
    among.forEach(instance -> all.addAll(leads(instance)));
    return all.size() == NAMES.size() && among.stream().allMatch(i -> leads(i).size() == each);
  }

  @Test
  void shouldShareTheLinesAsInstancesComeAndGo() throws Exception {
    Instance first = join("first", new SigningGate());
    assertEquals(NAMES.size(), leads(first).size(), "one that is alone leads at once");
    Instance second = join("second", new SigningGate());
    await(() -> isShared(List.of(first, second)));
    Instance third = join("third", new SigningGate());
    await(() -> isShared(List.of(first, second, third)));
    assertEquals(3, third.count());
    for (Line line : first.lines()) assertEquals(0, line.refused(), "given back between rounds");
    second.close();
    await(() -> isShared(List.of(first, third)));
  }

  /** Nothing tells that it died: its connections are just silent. */
  @Test
  void L9_shouldTakeOverFromOneThatIsSilent() throws Exception {
    Instance first = join("first", new SigningGate());
    Led<Object> stale = workflows.getFirst();
    stale.run();
    Object workflow = stale.present().orElseThrow();
    Lease former = first.line(NAMES.getFirst()).lease().orElseThrow();
    first.heartbeat().orElseThrow().close();
    Instance second = join("second", new SigningGate());
    await(() -> leads(second).size() == NAMES.size());
    // The silent one still believes that it leads. The database does not.
    assertEquals(former, first.line(NAMES.getFirst()).lease().orElseThrow());
    assertSame(workflow, stale.present().orElseThrow());
    Led<Database> writing =
        new Led<>(
            first.line(NAMES.getFirst()),
            database,
            fenced -> fenced,
            fenced -> {
              fenced.run(tx -> ChainRow.halt(tx, 1, "stale"));
              return false;
            });
    assertFalse(writing.run());
    assertEquals(1, first.line(NAMES.getFirst()).refused());
    assertTrue(first.line(NAMES.getFirst()).lease().isEmpty());
    assertTrue(stale.present().isEmpty());
    assertTrue(database.inTransaction(ChainRow::halts).isEmpty());
  }

  @Test
  void shouldBeginAnewWithEachLease() throws Exception {
    Instance first = join("first", new SigningGate());
    Led<Object> led = workflows.getFirst();
    led.run();
    Object former = led.present().orElseThrow();
    led.run();
    assertSame(former, led.present().orElseThrow());
    Line line = first.line(NAMES.getFirst());
    Lease lease = line.lease().orElseThrow();
    line.resign();
    await(() -> line.lease().filter(l -> l.epoch() > lease.epoch()).isPresent());
    await(() -> led.present().isPresent());
    assertNotSame(former, led.present().orElseThrow());
  }

  /** Nobody would compare it: it was configured once, and others go on. */
  @Test
  void L9_shouldDistrustTheChainsThatAreConfigured() {
    database.run(tx -> ChainRow.register(tx, 2, SIGNER, SIGNER));
    database.run(tx -> ChainRow.distrust(tx, 2)); // its nodes did not answer any more
    join("first", new SigningGate());
    assertEquals(
        List.of(false, true),
        database.inTransaction(ChainRow::all).stream().map(ChainRow::isCompared).toList());
    // Nothing is for one that comes later to say.
    database.run(tx -> ChainRow.distrust(tx, 2));
    join("second", new SigningGate());
    assertTrue(database.inTransaction(ChainRow::all).stream().noneMatch(ChainRow::isCompared));
  }

  @Test
  void L10_shouldStopSigningInAllInstances() throws Exception {
    SigningGate gate = new SigningGate();
    join("first", gate);
    assertTrue(gate.closedBecause().isEmpty());
    database.run(tx -> ChainRow.halt(tx, 1, "reorganized"));
    await(() -> gate.closedBecause().isPresent());
    assertThrows(IllegalStateException.class, gate::check);
  }

  @Test
  void shouldComeBackAfterItWasTakenForDead() throws Exception {
    Instance first = join("first", new SigningGate());
    database.run(tx -> tx.update("DELETE FROM instance"));
    await(() -> database.inTransaction(tx -> StoredInstance.alive(tx, Instance.LEASE)).size() == 1);
    assertEquals(NAMES.size(), leads(first).size());
  }
}
