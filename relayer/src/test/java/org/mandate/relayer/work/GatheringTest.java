package org.mandate.relayer.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.audit.EmbeddedBlobStore;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.gateway.InteroperableAddress;
import org.mandate.gateway.Message;
import org.mandate.relayer.Bell;
import org.mandate.relayer.SigningGate;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.follow.SeveralNodes;
import org.mandate.relayer.send.Desk;
import org.mandate.relayer.send.FeeLimit;
import org.mandate.relayer.send.FeePolicy;
import org.mandate.relayer.store.Blocks;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.relayer.store.StoredMessage;
import org.mandate.relayer.store.Task;
import org.mandate.signer.PrivateKeySigner;

/** Other relayers that never answer: what needs nobody's answer goes on. */
class GatheringTest {
  private static final Address ANY = new Address("0x" + "0a".repeat(20));
  private static final long HOME = 1;
  private static final long REMOTE = 2;
  private static final PrivateKeySigner SELF = new PrivateKeySigner(BigInteger.TWO);
  private static final PrivateKeySigner SILENT = new PrivateKeySigner(BigInteger.TEN);
  private static final int THREADS = Worker.workers(2) - 1;

  @TempDir Path directory;
  private EmbeddedServer server;
  private Database database;

  @BeforeEach
  void start() {
    server = EmbeddedServer.start(directory.resolve("postgres"));
    database = Database.open(server.jdbcUrl());
    database.run(
        tx -> {
          for (long chain : List.of(HOME, REMOTE)) {
            ChainRow.register(tx, chain, ANY, ANY);
            Blocks.append(
                tx,
                chain,
                new Block(1, Hash.keccak("1"), Hash.keccak("0"), Instant.now().minusSeconds(60)));
          }
        });
  }

  @AfterEach
  void stop() {
    database.close();
    server.close();
  }

  @Test
  void L9_shouldPayAtHomeWhileNobodyAnswersWhatIsAskedForElsewhere() throws Exception {
    CountDownLatch asked = new CountDownLatch(THREADS);
    CountDownLatch over = new CountDownLatch(1);
    Worker worker =
        worker(
            (root, taker, until) -> {
              asked.countDown();
              over.await();
            });
    for (int i = 0; i < 3 * THREADS; i++) waiting(i);
    Instant now = Instant.now();
    for (String payment : List.of("a payment at home", "another one"))
      database.run(tx -> Task.open(tx, Task.Kind.SUBMIT, HOME, Hash.keccak(payment), now, now));
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) threads.add(Thread.startVirtualThread(() -> ask(worker)));
    try {
      asked.await();
      assertTimeoutPreemptively(
          Duration.ofMinutes(1),
          () -> {
            assertTrue(worker.round(), "the payments are looked after");
            assertEquals(0, open(Task.Kind.SUBMIT));
            assertFalse(worker.round(), "and nothing that waits for others' answers");
          });
      assertEquals(3 * THREADS, open(Task.Kind.DELIVER));
    } finally {
      over.countDown();
      for (Thread thread : threads) thread.join();
    }
  }

  @Test
  void L9_shouldLeaveSomebodyForOtherChainsWhereverTheOthersAreHeldUp() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    CountDownLatch over = new CountDownLatch(1);
    Worker worker =
        worker(
            (root, taker, until) -> {
              asked.incrementAndGet();
              over.await();
            });
    for (int i = 0; i < 3 * THREADS; i++) waiting(i);
    List<Thread> threads = new ArrayList<>();
    try {
      for (int i = 0; i < THREADS; i++) threads.add(Thread.startVirtualThread(() -> ask(worker)));
      await(() -> asked.get() == THREADS);
      Thread last = Thread.startVirtualThread(() -> ask(worker));
      threads.add(last);
      assertTrue(last.join(Duration.ofSeconds(20)), "enough are at that chain");
      waiting(REMOTE, HOME, 0);
      threads.add(Thread.startVirtualThread(() -> ask(worker)));
      await(() -> asked.get() == THREADS + 1);
    } finally {
      over.countDown();
      for (Thread thread : threads) thread.join();
    }
  }

  /** They might all have found something at the same chain, and found nothing. */
  @Test
  void L9_shouldWakeSomebodyForWhomThereWasNoRoom() throws Exception {
    Worker worker = worker((root, taker, until) -> {});
    AtomicInteger woken = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    try {
      database.run(
          tx -> {
            tx.update("LOCK TABLE task IN ACCESS EXCLUSIVE MODE");
            for (int i = 0; i < THREADS; i++)
              threads.add(Thread.startVirtualThread(() -> ask(worker, woken::incrementAndGet)));
            await(() -> waitingForLocks() == THREADS);
            ask(worker, woken::incrementAndGet);
            assertEquals(0, woken.get());
          });
    } finally {
      for (Thread thread : threads) thread.join();
    }
    assertEquals(1, woken.get());
  }

  private long waitingForLocks() {
    return database
        .inTransaction(
            tx ->
                tx.one(
                    "SELECT count(*) AS n FROM pg_locks WHERE NOT granted AND relation ="
                        + " 'task'::regclass",
                    row -> row.number("n")))
        .orElseThrow();
  }

  private static void await(BooleanSupplier so) {
    assertTimeoutPreemptively(
        Duration.ofMinutes(1),
        () -> {
          while (!so.getAsBoolean()) Thread.sleep(10);
        });
  }

  /** Whoever is woken while another one gathers may not: that one looks again, or nobody does. */
  @Test
  void L9_shouldWakeSomebodyForWhatCameWhileOneGathered() throws Exception {
    Worker worker = worker((root, taker, until) -> {});
    Instant now = Instant.now();
    database.run(tx -> Task.open(tx, Task.Kind.SUBMIT, HOME, Hash.keccak("first"), now, now));
    AtomicInteger woken = new AtomicInteger();
    Runnable meanwhile =
        () -> {
          if (woken.incrementAndGet() > 1) return;
          database.run(tx -> Task.open(tx, Task.Kind.SUBMIT, HOME, Hash.keccak("next"), now, now));
          assertFalse(round(worker), "it is for the next group");
        };
    assertTrue(worker.round(meanwhile));
    assertEquals(2, woken.get(), "once for what else there may be, once for what was refused");
    assertTrue(worker.round());
    assertEquals(0, open(Task.Kind.SUBMIT));
  }

  @Test
  void shouldGatherASecondGroupOnceAWholeOneWaits() throws Exception {
    Worker worker = worker((root, taker, until) -> {});
    submissions(0, 1);
    AtomicInteger looked = new AtomicInteger();
    Runnable meanwhile =
        () -> {
          if (looked.incrementAndGet() > 1) return;
          submissions(1, SubmitWork.AT_ONCE);
          assertFalse(round(worker), "one is missing");
          submissions(SubmitWork.AT_ONCE, SubmitWork.AT_ONCE + 1);
          assertTrue(round(worker));
          assertEquals(1, open(Task.Kind.SUBMIT), "what is gathered already");
        };
    assertTrue(worker.round(meanwhile));
    assertEquals(0, open(Task.Kind.SUBMIT));
  }

  @Test
  void L9_shouldWakeWhoeverGathersOnceForAllThatIsHandedOver() throws Exception {
    Worker worker = worker((root, taker, until) -> {});
    AtomicInteger woken = new AtomicInteger();
    worker.handed(1, woken::incrementAndGet);
    assertEquals(1, woken.get(), "nobody gathers");
    submissions(0, 1);
    AtomicInteger looked = new AtomicInteger();
    Runnable meanwhile =
        () -> {
          if (looked.incrementAndGet() > 1) return;
          for (int i = 1; i < SubmitWork.AT_ONCE; i++) worker.handed(1, woken::incrementAndGet);
          assertEquals(1, woken.get(), "whoever gathers sees to it");
          worker.handed(1, woken::incrementAndGet);
          assertEquals(2, woken.get(), "a whole group waits for nobody");
        };
    assertTrue(worker.round(meanwhile));
    assertEquals(2, looked.get(), "once for what else there may be, once for what was handed over");
    assertFalse(worker.round(looked::incrementAndGet));
    assertEquals(2, looked.get());
  }

  private void submissions(int from, int to) {
    Instant now = Instant.now();
    database.run(
        tx -> {
          for (int i = from; i < to; i++)
            Task.open(tx, Task.Kind.SUBMIT, HOME, Hash.keccak("payment " + i), now, now);
        });
  }

  private static boolean round(Worker worker) {
    try {
      return worker.round();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void ask(Worker worker) {
    ask(worker, () -> {});
  }

  private static void ask(Worker worker, Runnable wake) {
    try {
      worker.asking(wake);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private long open(Task.Kind kind) {
    return database
        .inTransaction(
            tx ->
                tx.one(
                    "SELECT count(*) AS n FROM task WHERE kind = ?",
                    row -> row.number("n"),
                    kind.name()))
        .orElseThrow();
  }

  /** A message that this relayer attested, and nobody else. */
  private void waiting(int number) {
    waiting(HOME, REMOTE, number);
  }

  private void waiting(long from, long to, int number) {
    Message message =
        new Message(
            BigInteger.valueOf(from),
            BigInteger.valueOf(number),
            new InteroperableAddress(BigInteger.valueOf(from), ANY).encode(),
            new InteroperableAddress(BigInteger.valueOf(to), ANY).encode(),
            Bytes.EMPTY);
    Hash id = message.id(ANY);
    Instant before = Instant.now().minusSeconds(10);
    database.run(
        tx -> {
          new StoredMessage(id, message, id, 0, before).save(tx, List.of());
          Task.open(tx, Task.Kind.DELIVER, to, id, before, before);
        });
  }

  private Worker worker(AttestationSource peers) {
    return new Worker(
        "test",
        database,
        Map.of(HOME, place(HOME), REMOTE, place(REMOTE)),
        peers,
        new EmbeddedBlobStore(directory.resolve("blobs"), Clock.systemUTC()),
        Duration.ofSeconds(1),
        Duration.ZERO,
        Duration.ofSeconds(1),
        Clock.systemUTC());
  }

  private Workplace place(long id) {
    FollowedChain chain =
        new FollowedChain(
            id,
            new SeveralNodes(List.of(QuorumNode.of(List.of(SELF.address(), SILENT.address()), 2))),
            Finality.of("finalized"),
            0,
            HOME,
            ANY,
            ANY,
            ANY,
            ANY,
            ANY);
    Desk desk =
        new Desk(
            chain,
            database,
            FeePolicy.upTo(FeeLimit.ofGwei(500, 50)),
            SELF,
            new SigningGate(),
            new Bell(),
            Clock.systemUTC());
    return new Workplace(chain, desk, database, Duration.ofSeconds(1), Clock.systemUTC());
  }
}
