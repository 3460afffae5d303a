package org.mandate.relayer.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;

/** Leases, claims and the checks that go with them, on a real server with two processes' pools. */
class LeaseTest {
  private static final String LINE = "send-1";
  private static final Duration LONG = Duration.ofHours(1);
  private static final Duration OVER = Duration.ZERO;
  private static final long CHAIN = 1;
  private static final Address SIGNER = new Address("0x" + "11".repeat(20));
  private static final Hash SUBJECT = Hash.keccak("subject");

  @TempDir private static Path directory;
  private static EmbeddedServer server;
  private static Database one;
  private static Database two;

  @BeforeAll
  static void start() {
    server = EmbeddedServer.start(directory.resolve("postgres"));
    one = Database.open(server.jdbcUrl(), "one");
    two = Database.open(server.jdbcUrl(), "two");
    one.run(tx -> ChainRow.register(tx, CHAIN, SIGNER, SIGNER));
  }

  @AfterAll
  static void stop() {
    one.close();
    two.close();
    server.close();
  }

  @BeforeEach
  void empty() {
    one.run(
        tx -> {
          tx.update("DELETE FROM lease");
          tx.update("DELETE FROM instance");
          tx.update("DELETE FROM task");
          tx.update("UPDATE chain SET halted = NULL, compared = true");
          Lease.open(tx, List.of(LINE));
        });
  }

  private static Lease take(Database database, String holder, Duration length) {
    return tryTake(database, holder, length).orElseThrow();
  }

  private static Optional<Lease> tryTake(Database database, String holder, Duration length) {
    return database
        .inTransaction(tx -> Lease.take(tx, holder, List.of(LINE), Duration.ZERO, 1, length))
        .stream()
        .findFirst();
  }

  private static void write(Tx tx) {
    Instant now = Instant.now();
    Task.open(tx, Task.Kind.SUBMIT, CHAIN, SUBJECT, now, now);
  }

  private static int cutOff(String id, Duration age) {
    return two.inTransaction(tx -> StoredInstance.cutOff(tx, id, age));
  }

  private static boolean putOff(Database database, Task task, Instant until) {
    return database.inTransaction(tx -> task.putOff(tx, until, Optional.empty()));
  }

  private static boolean bury(String id) {
    return two.inTransaction(tx -> StoredInstance.bury(tx, id));
  }

  private static long tasks() {
    return one.inTransaction(
        tx -> tx.one("SELECT count(*) AS n FROM task", row -> row.number("n")).orElseThrow());
  }

  @Test
  void L9_shouldRefuseEveryWriteOfAFormerEpoch() {
    Lease former = take(one, "one", OVER);
    Database fenced = one.fenced(former);
    fenced.run(LeaseTest::write); // run out, and nobody took it: nobody else writes
    fenced.requireLead();
    Lease present = take(two, "two", LONG);
    assertEquals(former.epoch() + 1, present.epoch());
    List<Consumer<Tx>> writes =
        List.of(
            LeaseTest::write,
            tx -> Task.claim(tx, "one", Instant.now(), LONG),
            tx -> Task.releaseAll(tx, Instant.EPOCH),
            tx -> TransactionRow.lock(tx, CHAIN, SIGNER, 0),
            tx -> TransactionRow.takeNonce(tx, CHAIN, SIGNER, 0),
            tx -> ChainRow.halt(tx, CHAIN, "stale"),
            former::giveBack,
            tx -> {
              assertEquals(1, ChainRow.all(tx).size()); // reads first
              write(tx);
            });
    for (Consumer<Tx> stale : writes)
      assertThrows(StaleLeaseException.class, () -> fenced.run(stale));
    assertThrows(StaleLeaseException.class, fenced::requireLead);
    two.fenced(present).run(LeaseTest::write);
    assertTrue(fenced.inTransaction(ChainRow::halts).isEmpty());
  }

  /** One puts a group off in the order it has it, another one wakes the same. */
  @Test
  void L9_shouldBlockNobodyWhoChangesTheSameWork() throws Exception {
    List<Hash> subjects = IntStream.range(0, 300).mapToObj(i -> Hash.keccak("work " + i)).toList();
    Instant now = Instant.now();
    one.run(tx -> subjects.forEach(s -> Task.open(tx, Task.Kind.SUBMIT, CHAIN, s, now, now)));
    Random random = new Random(1);
    AtomicInteger changed = new AtomicInteger();
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Future<?> wakes =
          threads.submit(
              () -> {
                // Of no consequence: all of it is due before.
                for (int i = 0; i < 50; i++)
                  two.run(tx -> Task.lookAnew(tx, CHAIN, subjects, now.plus(LONG)));
              });
      while (!wakes.isDone()) {
        List<Task> claimed =
            one.inTransaction(
                tx -> Task.claimSubmissions(tx, "one", now, Duration.ofMinutes(1), Set.of(), 300));
        List<Task> group = new ArrayList<>(claimed);
        Collections.shuffle(group, random);
        changed.addAndGet(
            one.inTransaction(tx -> Task.putOffAll(tx, group, now, 0, Optional.empty())));
      }
      wakes.get();
    }
    assertTrue(changed.get() > 300, "they came across each other");
  }

  @Test
  void L9_shouldNotLeadAgainUnderAFormerEpoch() {
    Lease former = take(one, "one", OVER);
    take(two, "two", OVER);
    Lease again = take(one, "one", LONG);
    assertEquals(former.epoch() + 2, again.epoch());
    assertThrows(StaleLeaseException.class, () -> one.fenced(former).run(LeaseTest::write));
    assertEquals(0, tasks());
    one.fenced(again).run(LeaseTest::write);
    assertEquals(1, tasks());
  }

  @Test
  void shouldTakeWhatIsGivenBackAtOnce() {
    Lease first = take(one, "one", LONG);
    assertTrue(tryTake(two, "two", LONG).isEmpty());
    one.run(first::giveBack);
    assertEquals(first.epoch() + 1, take(two, "two", LONG).epoch());
    one.run(first::giveBack); // somebody else's by now
    assertTrue(tryTake(one, "one", LONG).isEmpty());
  }

  @Test
  void L9_shouldNotBeTakenInTheMiddleOfAWrite() throws Exception {
    Lease lease = take(one, "one", OVER);
    try (Paused write = new Paused(one.fenced(lease))) {
      assertTrue(tryTake(two, "two", LONG).isEmpty());
      assertEquals(
          List.of(lease),
          one.inTransaction(tx -> Lease.renew(tx, "one", OVER)),
          "renewing waits for none of its own writes");
      write.end();
      assertEquals(1, tasks());
      assertEquals(lease.epoch() + 1, take(two, "two", LONG).epoch());
    }
  }

  /** The server ends a transaction whose process is paused: what it held, others get. */
  @Test
  void L9_shouldGoOnWithoutAProcessThatIsPausedInATransaction() throws Exception {
    Lease lease = take(one, "one", OVER);
    try (Paused write = new Paused(one.fenced(lease))) {
      awaitTrue(() -> tryTake(two, "two", LONG).isPresent());
      assertThrows(StoreException.class, write::end);
      assertEquals(0, tasks());
    }
    assertThrows(StaleLeaseException.class, () -> one.fenced(lease).run(LeaseTest::write));
  }

  /** Even one that the server would not end by itself. */
  @Test
  void L9_shouldCutOffTransactionsOfADeadInstance() throws Exception {
    Lease lease = take(one, "one", OVER);
    try (Paused write =
        new Paused(
            one.fenced(lease), tx -> tx.update("SET idle_in_transaction_session_timeout = 0"))) {
      assertEquals(0, cutOff("one", LONG));
      assertEquals(0, cutOff("two", OVER));
      assertTrue(tryTake(two, "two", LONG).isEmpty());
      assertEquals(1, cutOff("one", OVER));
      awaitTrue(() -> tryTake(two, "two", LONG).isPresent());
      assertThrows(StoreException.class, write::end);
    }
  }

  @Test
  void L9_shouldPutOffNothingThatSomebodyElseClaimed() {
    Instant now = Instant.now();
    one.run(LeaseTest::write);
    Task claimed =
        one.inTransaction(tx -> Task.claim(tx, "one", now.plusSeconds(1), LONG)).orElseThrow();
    Instant later = now.plusSeconds(2);
    two.run(tx -> Task.release(tx, "other", later));
    assertTrue(two.inTransaction(tx -> Task.claim(tx, "two", later, LONG)).isEmpty());
    two.run(tx -> Task.release(tx, "one", later));
    Task taken = two.inTransaction(tx -> Task.claim(tx, "two", later, LONG)).orElseThrow();
    assertFalse(putOff(one, claimed, later));
    one.run(claimed::close);
    assertEquals(1, tasks());
    // What was put off is nobody's claim any more.
    assertTrue(putOff(two, taken, now.plus(LONG)));
    one.run(tx -> Task.release(tx, "two", later));
    assertTrue(one.inTransaction(tx -> Task.claim(tx, "one", later, LONG)).isEmpty());
  }

  @Test
  void L9_shouldBuryTheDeadOnlyWithoutClaims() throws Exception {
    StoredInstance dead = instance("one", SIGNER, "same", "blobs");
    one.run(tx -> dead.join(tx, LONG));
    one.run(LeaseTest::write);
    Instant now = Instant.now().plusSeconds(1);
    Task claimed = one.inTransaction(tx -> Task.claim(tx, "one", now, LONG)).orElseThrow();
    try (Paused write =
        new Paused(one, tx -> claimed.putOff(tx, now.plus(LONG), Optional.empty()))) {
      two.run(tx -> Task.release(tx, "one", now)); // does not wait for the write
      assertFalse(bury("one"));
      write.rollBack();
    }
    two.run(tx -> Task.release(tx, "one", now));
    assertTrue(bury("one"));
    boolean seen = one.inTransaction(dead::seen);
    assertFalse(seen);
    assertEquals(
        "two", two.inTransaction(tx -> Task.claim(tx, "two", now, LONG)).orElseThrow().holder());
  }

  @Test
  void shouldRefuseInstancesThatDoNotGoTogether() {
    one.run(tx -> instance("one", SIGNER, "finality 5", "blobs").join(tx, LONG));
    two.run(tx -> instance("two", SIGNER, "finality 5", "blobs").join(tx, LONG));
    Address other = new Address("0x" + "22".repeat(20));
    for (StoredInstance bad :
        List.of(
            instance("bad", other, "finality 5", "blobs"),
            instance("bad", SIGNER, "finality 6", "blobs"),
            instance("bad", SIGNER, "finality 5", "elsewhere"))) {
      assertThrows(IllegalStateException.class, () -> one.run(tx -> bad.join(tx, LONG)));
      one.run(tx -> assertEquals(2, StoredInstance.alive(tx, LONG).size()));
    }
    // A key may be changed, and a setting, when nobody works with the old one.
    one.run(tx -> tx.update("UPDATE instance SET seen_at = seen_at - interval '1 minute'"));
    one.run(
        tx -> instance("new", other, "finality 6", "elsewhere").join(tx, Duration.ofSeconds(30)));
  }

  /** Stopping for good waits for signatures that are being stored, and none comes after it. */
  @Test
  void L10_shouldStoreNoSignatureAfterSigningWasStopped() throws Exception {
    try (Paused signing = new Paused(one, tx -> ChainRow.requireSigning(tx, Set.of(CHAIN)));
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      AtomicInteger stored = new AtomicInteger();
      Future<?> halting =
          threads.submit(
              () -> {
                two.run(tx -> ChainRow.halt(tx, CHAIN, "reorganized"));
                assertEquals(1, stored.get(), "it waited for the one that signs");
              });
      two.run(
          tx ->
              tx.update(
                  "UPDATE chain SET head = 7 WHERE chain_id = ?", CHAIN)); // others do not wait
      Thread.sleep(200);
      stored.incrementAndGet();
      signing.end();
      halting.get(30, TimeUnit.SECONDS);
    }
    assertThrows(
        IllegalStateException.class, () -> one.run(tx -> ChainRow.requireSigning(tx, Set.of())));
    assertEquals(Set.of("reorganized"), Set.copyOf(one.inTransaction(ChainRow::halts)));
  }

  /** A chain whose nodes are down holds up what relies on it; one that went another way, all. */
  @Test
  void L9_shouldSignOnOneChainWhileAnotherOneIsNotCompared() {
    long other = 2;
    Set<Long> both = Set.of(CHAIN, other);
    one.run(tx -> ChainRow.register(tx, other, SIGNER, SIGNER));
    try {
      one.run(tx -> ChainRow.distrust(tx, other));
      one.run(tx -> ChainRow.requireSigning(tx, Set.of(CHAIN)));
      assertThrows(
          NotComparedException.class, () -> one.run(tx -> ChainRow.requireSigning(tx, both)));
      assertEquals(
          Set.of(other), one.inTransaction(tx -> ChainRow.closed(tx, both, CHAIN)), "not home");
      assertEquals(
          both, one.inTransaction(tx -> ChainRow.closed(tx, both, other)), "all rely on home");
      Instant later = Instant.now().plusSeconds(1);
      one.run(tx -> Task.open(tx, Task.Kind.EXECUTE, other, SUBJECT, Instant.now(), later));
      one.run(tx -> Task.open(tx, Task.Kind.SUBMIT, CHAIN, SUBJECT, Instant.now(), later));
      Set<Long> closed = Set.of(other);
      List<Task> claimed =
          one.inTransaction(tx -> Task.claimSubmissions(tx, "one", later, LONG, closed, 9));
      assertEquals(List.of(CHAIN), claimed.stream().map(Task::chainId).toList());
      assertTrue(
          one.inTransaction(tx -> Task.claimOther(tx, "one", later, LONG, Task.Share.ANY, closed))
              .isEmpty());
      one.run(tx -> ChainRow.halt(tx, other, "reorganized"));
      assertThrows(
          IllegalStateException.class,
          () -> one.run(tx -> ChainRow.requireSigning(tx, Set.of(CHAIN))));
      assertEquals(both, one.inTransaction(tx -> ChainRow.closed(tx, both, CHAIN)));
    } finally {
      one.run(
          tx -> {
            tx.update("DELETE FROM task WHERE chain_id = ?", other);
            tx.update("DELETE FROM chain WHERE chain_id = ?", other);
          });
    }
  }

  /** Who was paused is not seen when a person asks whether all have stopped. */
  @Test
  void L10_shouldStoreNothingOfWhoWasPausedWhileADeepReorgWasAccepted() throws Exception {
    Lease lease = take(one, "one", LONG);
    Database paused = one.fenced(lease);
    paused.run(LeaseTest::write);
    Instant now = Instant.now().plusSeconds(1);
    Task claimed = one.inTransaction(tx -> Task.claim(tx, "one", now, LONG)).orElseThrow();
    one.run(tx -> ChainRow.halt(tx, CHAIN, "reorganized"));
    two.run(tx -> DeepReorg.accept(tx, CHAIN, now));
    assertThrows(StaleLeaseException.class, () -> paused.run(LeaseTest::write));
    assertThrows(StaleLeaseException.class, paused::requireLead);
    assertTrue(one.inTransaction(tx -> Lease.renew(tx, "one", LONG)).isEmpty(), "nobody's");
    assertFalse(putOff(one, claimed, now.plus(LONG)), "nor is what it claimed");
    assertEquals(lease.epoch() + 2, take(one, "one", LONG).epoch(), "it leads anew");
  }

  @Test
  void L10_shouldAcceptADeepReorgOnlyBetweenWrites() throws Exception {
    Lease lease = take(one, "one", LONG);
    one.run(tx -> ChainRow.halt(tx, CHAIN, "reorganized"));
    try (Paused write = new Paused(one.fenced(lease));
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> accepting =
          threads.submit(
              () ->
                  two.run(
                      tx -> {
                        DeepReorg.accept(tx, CHAIN, Instant.now());
                        long seen =
                            tx.one("SELECT count(*) AS n FROM task", row -> row.number("n"))
                                .orElseThrow();
                        assertEquals(1, seen, "it waited for the write, and sees it");
                      }));
      Thread.sleep(200);
      assertFalse(accepting.isDone());
      write.end();
      accepting.get(30, TimeUnit.SECONDS);
    }
  }

  private static StoredInstance instance(String id, Address signer, String set, String blobs) {
    return new StoredInstance(id, signer, set, blobs);
  }

  private interface Condition {
    boolean isTrue();
  }

  private static void awaitTrue(Condition condition) throws InterruptedException {
    Instant end = Instant.now().plusSeconds(60);
    while (!condition.isTrue()) {
      assertTrue(Instant.now().isBefore(end));
      Thread.sleep(100);
    }
  }

  /** A transaction that stands still after its first write. */
  private static final class Paused implements AutoCloseable {
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final CountDownLatch go = new CountDownLatch(1);
    private final Future<?> future;
    private volatile boolean rollsBack;

    Paused(Database database) throws InterruptedException {
      this(database, tx -> {});
    }

    Paused(Database database, Consumer<Tx> before) throws InterruptedException {
      CountDownLatch wrote = new CountDownLatch(1);
      this.future =
          threads.submit(
              () ->
                  database.run(
                      tx -> {
                        before.accept(tx);
                        write(tx);
                        wrote.countDown();
                        try {
                          go.await();
                        } catch (InterruptedException e) {
                          throw new IllegalStateException(e);
                        }
                        if (rollsBack) throw new IllegalStateException("rolled back");
                      }));
      assertTrue(wrote.await(30, TimeUnit.SECONDS));
    }

    void end() throws Exception {
      go.countDown();
      try {
        future.get(30, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        throw (Exception) e.getCause();
      }
    }

    void rollBack() {
      rollsBack = true;
      assertThrows(IllegalStateException.class, this::end);
    }

    @Override
    public void close() {
      go.countDown();
      threads.close();
    }
  }
}
