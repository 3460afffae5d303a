package org.mandate.relayer.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.audit.EmbeddedBlobStore;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.JsonRpcClient;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.gateway.InteroperableAddress;
import org.mandate.gateway.Message;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentDomain;
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
import org.mandate.relayer.store.EventKind;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.StoredIntent;
import org.mandate.relayer.store.StoredMessage;
import org.mandate.relayer.store.Task;
import org.mandate.testing.Anvil;
import org.mandate.testing.HandClock;
import org.web3j.abi.EventEncoder;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.generated.Bytes32;
import org.web3j.abi.datatypes.generated.Uint256;
import org.web3j.abi.datatypes.generated.Uint64;

/**
 * What ends work: only what is final, or what most nodes say of a final block. The node that is
 * followed may make up any event, and leave out any, above what is final.
 */
class EndOfWorkTest {
  private static final Address OURS = new Address("0x" + "0a".repeat(20));
  private static final long HOME = 1;
  private static final long REMOTE = 2;
  private static final long START = 1_800_000_000;
  private static final long DEADLINE = START + 24 * 3600;
  private static final BigInteger HOME_ID = BigInteger.valueOf(HOME);
  private static final Intent INTENT = SampleIntent.of(REMOTE, 0, DEADLINE);
  private static final Hash ID = INTENT.id(new IntentDomain(HOME_ID, OURS));
  private static final Message MESSAGE =
      new Message(
          HOME_ID,
          BigInteger.ONE,
          new InteroperableAddress(HOME_ID, OURS).encode(),
          new InteroperableAddress(BigInteger.valueOf(REMOTE), OURS).encode(),
          IntentAbi.encode(INTENT, 0));

  @TempDir Path directory;
  private final HandClock clock = new HandClock(Instant.ofEpochSecond(START + 60));
  private EmbeddedServer server;
  private Database database;

  @BeforeEach
  void start() {
    server = EmbeddedServer.start(directory.resolve("postgres"));
    database = Database.open(server.jdbcUrl());
    database.run(
        tx -> {
          ChainRow.register(tx, HOME, OURS, OURS);
          ChainRow.register(tx, REMOTE, OURS, OURS);
          for (int i = 1; i <= 4; i++) Blocks.append(tx, HOME, block(i));
          StoredIntent.save(tx, ID, INTENT, Optional.empty(), clock.instant());
        });
  }

  @AfterEach
  void stop() {
    database.close();
    server.close();
  }

  // ------------------------------------------------------------------ reports

  @Test
  void L10_shouldKeepAReportWhoseEndAMadeUpEventHides() throws Exception {
    remoteBlocks();
    event(HOME, 1, EventKind.DISPATCHED);
    event(REMOTE, 1, EventKind.EXECUTED);
    Log madeUp = event(REMOTE, 2, EventKind.QUEUED);
    isFinal(HOME, 1);
    isFinal(REMOTE, 1);
    open(Task.Kind.REPORT, REMOTE);
    look();
    assertTrue(isOpen(), "most nodes did not say so yet");
    database.run(tx -> StoredEvent.remove(tx, REMOTE, madeUp));
    isFinal(REMOTE, 2);
    look();
    assertTrue(isOpen(), "home has to be told");
  }

  @Test
  void L10_shouldEndAReportOnceItIsFinalThatThereIsNothingToTell() throws Exception {
    remoteBlocks();
    event(REMOTE, 1, EventKind.EXECUTED);
    event(REMOTE, 2, EventKind.QUEUED);
    isFinal(REMOTE, 2);
    open(Task.Kind.REPORT, REMOTE);
    look();
    assertFalse(isOpen());
  }

  /** Home's nodes are down for a day: that says nothing of what home sent. */
  @Test
  void L10_shouldKeepAReportUntilHomeIsFinalBeyondTheDeadline() throws Exception {
    remoteBlocks();
    event(REMOTE, 1, EventKind.EXECUTED);
    isFinal(HOME, 1);
    isFinal(REMOTE, 1);
    open(Task.Kind.REPORT, REMOTE);
    clock.advance(Duration.ofHours(30));
    look();
    assertTrue(isOpen(), "home may still show that it sent it");
    Block late =
        new Block(5, Hash.keccak("5"), block(4).hash(), Instant.ofEpochSecond(DEADLINE + 1));
    database.run(tx -> Blocks.append(tx, HOME, late));
    clock.advance(Duration.ofHours(2));
    look();
    assertTrue(isOpen(), "not final yet");
    database.run(tx -> ChainRow.finalize(tx, HOME, 5, late.hash()));
    clock.advance(Duration.ofHours(2));
    look();
    assertFalse(isOpen(), "home never sent it");
  }

  /** Above what home finally sent, the node that is followed made something up. */
  @Test
  void L10_shouldReportThoughAMadeUpEventHidesThatHomeSentIt() throws Exception {
    remoteBlocks();
    event(HOME, 1, EventKind.DISPATCHED);
    event(REMOTE, 1, EventKind.EXECUTED);
    isFinal(REMOTE, 1);
    Block late =
        new Block(5, block(5).hash(), block(4).hash(), Instant.ofEpochSecond(DEADLINE + 1));
    Block above = new Block(6, block(6).hash(), late.hash(), Instant.ofEpochSecond(DEADLINE + 2));
    database.run(
        tx -> {
          Blocks.append(tx, HOME, late);
          Blocks.append(tx, HOME, above);
        });
    Log madeUp = event(HOME, 6, EventKind.ADMITTED);
    isFinal(HOME, 5);
    open(Task.Kind.REPORT, REMOTE);
    AtomicInteger asked = new AtomicInteger();
    look(answering(method -> broken(asked)));
    assertTrue(isOpen(), "home has to be told");
    assertTrue(asked.get() > 0, "whose turn it is to tell it");
    database.run(tx -> StoredEvent.remove(tx, HOME, madeUp));
    int before = asked.get();
    clock.advance(Duration.ofHours(2));
    look(answering(method -> broken(asked)));
    assertTrue(isOpen() && asked.get() > before, "and so it goes on");
  }

  // ------------------------------------------------------------------ settlements

  @Test
  void L10_shouldKeepASettlementUntilItIsFinalThatItWasDropped() throws Exception {
    event(HOME, 1, EventKind.DISPATCHED);
    event(HOME, 2, EventKind.RESULT);
    event(HOME, 3, EventKind.DROPPED);
    isFinal(HOME, 2);
    open(Task.Kind.SETTLE, HOME);
    look();
    assertTrue(isOpen(), "a node may have made it up");
    isFinal(HOME, 3);
    look();
    assertFalse(isOpen());
  }

  @Test
  void L10_shouldKeepASettlementWhoseDispatchANodeLeftOut() throws Exception {
    event(HOME, 1, EventKind.ADMITTED);
    event(HOME, 3, EventKind.RESULT);
    isFinal(HOME, 1);
    open(Task.Kind.SETTLE, HOME);
    look();
    assertTrue(isOpen(), "the dispatch is in block 2");
    event(HOME, 2, EventKind.DISPATCHED);
    isFinal(HOME, 3);
    look();
    assertTrue(isOpen(), "it has to be settled");
  }

  @Test
  void L10_shouldEndASettlementOnceItIsFinalThatNothingWasSent() throws Exception {
    event(HOME, 1, EventKind.ADMITTED);
    event(HOME, 3, EventKind.RESULT);
    isFinal(HOME, 3);
    open(Task.Kind.SETTLE, HOME);
    look();
    assertFalse(isOpen());
  }

  // ------------------------------------------------------------------ sending once more

  @Test
  void L10_shouldKeepWhatHasToBeSentAgainUntilItIsFinalThatItArrived() throws Exception {
    remoteBlocks();
    event(HOME, 1, EventKind.DISPATCHED);
    event(REMOTE, 2, EventKind.EXECUTED);
    isFinal(HOME, 1);
    isFinal(REMOTE, 1);
    open(Task.Kind.RESEND, HOME);
    look();
    assertTrue(isOpen(), "a node may have made it up");
    isFinal(REMOTE, 2);
    look();
    assertFalse(isOpen());
  }

  /** Of three nodes the first one says otherwise: in both directions. */
  @Test
  void L10_shouldBelieveMostNodesAboutANumberThatIsTaken() throws Exception {
    for (boolean isTaken : List.of(true, false)) {
      try (Anvil remote = Anvil.start(REMOTE)) {
        remote.rpc(
            "anvil_setCode", OURS.hex(), isTaken ? "0x600160005260206000f3" : "0x60206000f3");
        remote.mine(1);
        database.run(
            tx -> {
              tx.update("DELETE FROM block WHERE chain_id = ?", REMOTE);
              tx.update("UPDATE chain SET finalized = NULL WHERE chain_id = ?", REMOTE);
              Block block = remote.client().block(1).orElseThrow();
              Blocks.append(tx, REMOTE, block);
              ChainRow.finalize(tx, REMOTE, 1, block.hash());
            });
        SeveralNodes nodes =
            new SeveralNodes(
                List.of(saying(remote.client(), !isTaken), remote.client(), remote.client()));
        Workplace there = place(REMOTE, nodes);
        ResultWork results =
            new ResultWork(database, HOME, Map.of(REMOTE, there), Duration.ofSeconds(1));
        assertEquals(isTaken, results.isTaken(message(), there));
        assertEquals(1, nodes.reports().getFirst().contradictions());
      }
    }
  }

  /** The node that is asked first hides that another message took the number. */
  @Test
  void L10_shouldKeepWhatHasToBeSentAgainWhateverOneNodeSaysOfItsNumber() throws Exception {
    try (Anvil remote = Anvil.start(REMOTE)) {
      remote.rpc("anvil_setCode", OURS.hex(), "0x60206000f3");
      remote.mine(1);
      Block block = remote.client().block(1).orElseThrow();
      event(HOME, 1, EventKind.DISPATCHED);
      isFinal(HOME, 1);
      database.run(
          tx -> {
            Blocks.append(tx, REMOTE, block);
            ChainRow.finalize(tx, REMOTE, 1, block.hash());
            message().save(tx, List.of(ID));
          });
      open(Task.Kind.RESEND, HOME);
      look(new SeveralNodes(List.of(remote.client())));
      assertTrue(isOpen(), "whatever is said of it: only its arrival ends it");
    }
  }

  /** Each second anew: it has its own pace, and may be somebody's just now. */
  @Test
  void L9_shouldNotMoveWhatIsSentAgainEachTimeThatItIsAskedFor() throws Exception {
    remoteBlocks();
    insert(REMOTE, EventKind.UPHELD, upheld());
    Instant later = clock.instant().plus(Duration.ofHours(1));
    database.run(tx -> Task.open(tx, Task.Kind.RESEND, HOME, ID, later, clock.instant()));
    open(Task.Kind.EXECUTE, REMOTE);
    // The gateway that brought it was closed, and takes messages again.
    AtomicInteger asked = new AtomicInteger();
    look(
        answering(
            method -> {
              if (asked.getAndIncrement() == 0)
                throw new CallRevertedException(OURS, "ExecutorGatewayClosed(1)");
              return Abi.encode(new Uint256(1));
            }));
    assertTrue(failure(Task.Kind.EXECUTE).orElseThrow().contains("GATEWAY_CLOSED"));
    Instant due =
        database
            .inTransaction(
                tx ->
                    tx.one(
                        "SELECT not_before FROM task WHERE kind = 'RESEND'",
                        row -> row.time("not_before")))
            .orElseThrow();
    assertEquals(later, due);
  }

  private Optional<String> failure(Task.Kind kind) {
    return database
        .inTransaction(
            tx ->
                tx.one(
                    "SELECT parked FROM task WHERE kind = ?",
                    row -> row.optionalText("parked"),
                    kind.name()))
        .orElseThrow();
  }

  /** Its dispatch is final, and this relayer did not attest it yet. */
  @Test
  void L10_shouldWaitWithSendingAgainForWhatWasSentAtAll() throws Exception {
    remoteBlocks();
    event(HOME, 1, EventKind.DISPATCHED);
    isFinal(HOME, 1);
    open(Task.Kind.RESEND, HOME);
    look();
    assertTrue(isOpen());
    assertEquals(Optional.empty(), failure(), "that is no failure");
  }

  // ------------------------------------------------------------------ signatures

  @Test
  void L10_shouldGoOnHasteningWhatAMadeUpEventEnds() throws Exception {
    remoteBlocks();
    event(REMOTE, 2, EventKind.EXECUTED);
    isFinal(REMOTE, 1);
    open(Task.Kind.HASTEN, REMOTE);
    look();
    assertTrue(isOpen(), "taken out, it leaves an intent that waits");
    isFinal(REMOTE, 2);
    look();
    assertFalse(isOpen());
  }

  /** One that waits no longer, and one with calls: neither needs to be hastened. */
  @Test
  void L10_shouldGoOnHasteningWhatAMadeUpQueueingEnds() throws Exception {
    Intent calls =
        new Intent(
            INTENT.agentId(),
            INTENT.account(),
            INTENT.chainId(),
            INTENT.asset(),
            INTENT.to(),
            INTENT.amount(),
            Bytes.of("0x01"),
            INTENT.nonce(),
            INTENT.deadline());
    for (Log madeUp : List.of(queued(INTENT, START), queued(calls, DEADLINE))) {
      database.run(
          tx -> {
            tx.update("UPDATE chain SET finalized = NULL WHERE chain_id = ?", REMOTE);
            tx.update("DELETE FROM event WHERE chain_id = ?", REMOTE);
            tx.update("DELETE FROM block WHERE chain_id = ?", REMOTE);
          });
      remoteBlocks();
      insert(REMOTE, EventKind.QUEUED, madeUp);
      isFinal(REMOTE, 1);
      open(Task.Kind.HASTEN, REMOTE);
      look();
      assertTrue(isOpen(), "taken out, it leaves an intent that waits");
      isFinal(REMOTE, 2);
      look();
      assertFalse(isOpen());
    }
  }

  /** The node that is asked first says that the asset's payments have no windows. */
  @Test
  void L10_shouldHastenByTheWindowsThatMostNodesTellOf() throws Exception {
    remoteBlocks();
    insert(REMOTE, EventKind.QUEUED, queued(INTENT, DEADLINE));
    isFinal(REMOTE, 2);
    open(Task.Kind.HASTEN, REMOTE);
    byte[] none = windows();
    byte[] some =
        windows(
            new DestinationExecutor.Step(
                BigInteger.valueOf(100), BigInteger.valueOf(600), BigInteger.valueOf(60)));
    look(new SeveralNodes(List.of(saying(none), saying(some), saying(some))));
    Instant due = database.inTransaction(Task::nextDue).orElseThrow();
    assertTrue(due.isBefore(clock.instant().plusSeconds(60)), "it is put off for minutes: " + due);
  }

  private static byte[] windows(DestinationExecutor.Step... steps) {
    return Abi.encode(new DynamicArray<>(DestinationExecutor.Step.class, List.of(steps)));
  }

  // ------------------------------------------------------------------ whose work it is

  @Test
  void L9_shouldCallNothingLapsedForWorkThatSomebodyElseClaimed() throws Exception {
    Block late =
        new Block(5, Hash.keccak("5"), block(4).hash(), Instant.ofEpochSecond(DEADLINE + 1));
    database.run(
        tx -> {
          Blocks.append(tx, HOME, late);
          ChainRow.finalize(tx, HOME, 5, late.hash());
        });
    String lapsed = "SELECT count(*) AS n FROM intent WHERE lapsed";
    requireStoredByItsHolderAlone(Task.Kind.SUBMIT, HOME, nowhere(), lapsed, Worker::alone);
    database.run(tx -> tx.update("UPDATE intent SET lapsed = false, signature = '\\x01'"));
    requireStoredByItsHolderAlone(
        Task.Kind.SUBMIT,
        HOME,
        nowhere(),
        lapsed,
        (worker, task) -> worker.together(List.of(task)));
  }

  @Test
  void L9_shouldCallNothingSupersededForWorkThatSomebodyElseClaimed() throws Exception {
    Hash rival = Hash.keccak("another one with the nonce");
    database.run(tx -> StoredIntent.save(tx, rival, INTENT, Optional.empty(), clock.instant()));
    insert(
        HOME,
        EventKind.EXECUTED,
        new Log(
            block(1).hash(),
            1,
            Hash.keccak("transaction 1"),
            0,
            OURS,
            List.of(
                Hash.keccak("EXECUTED"), rival, Hash.of(Abi.encode(new Uint256(INTENT.agentId())))),
            "0x"));
    isFinal(HOME, 1);
    requireStoredByItsHolderAlone(
        Task.Kind.SUBMIT,
        HOME,
        nowhere(),
        "SELECT count(*) AS n FROM intent WHERE superseded_by IS NOT NULL",
        Worker::alone);
  }

  /** The gateway that brought it was closed, and takes messages again. */
  @Test
  void L9_shouldSendNothingAgainForWorkThatSomebodyElseClaimed() throws Exception {
    remoteBlocks();
    insert(REMOTE, EventKind.UPHELD, upheld());
    isFinal(REMOTE, 2);
    AtomicInteger asked = new AtomicInteger();
    SeveralNodes closed =
        answering(
            method -> {
              if (asked.getAndIncrement() % 2 == 1) return Abi.encode(new Uint256(1));
              throw new CallRevertedException(OURS, "ExecutorGatewayClosed(" + ID + ")");
            });
    requireStoredByItsHolderAlone(
        Task.Kind.EXECUTE,
        REMOTE,
        closed,
        "SELECT count(*) AS n FROM task WHERE kind = 'RESEND'",
        Worker::alone);
  }

  private interface Look {
    void at(Worker worker, Task task) throws InterruptedException;
  }

  /**
   * Who claimed it was paused, and somebody else claimed it since.
   *
   * @param count how much is stored because of the work
   */
  private void requireStoredByItsHolderAlone(
      Task.Kind kind, long chain, SeveralNodes remote, String count, Look look)
      throws InterruptedException {
    open(kind, chain);
    Worker worker = worker(remote);
    Task former = claim("former");
    database.run(tx -> Task.release(tx, "former", clock.instant()));
    Task present = claim("present");
    look.at(worker, former);
    assertEquals(0, count(count), "of who has it no more");
    assertEquals(List.of(present), List.of(claimed()), "it is whose it was");
    look.at(worker, present);
    assertEquals(1, count(count), "of who has it");
  }

  private Task claim(String holder) {
    return database
        .inTransaction(tx -> Task.claim(tx, holder, clock.instant(), Worker.LEASE))
        .orElseThrow();
  }

  /** What is open, with whose claim it is. */
  private Task claimed() {
    return database
        .inTransaction(
            tx ->
                tx.one(
                    "SELECT * FROM task",
                    row ->
                        new Task(
                            Task.Kind.valueOf(row.text("kind")),
                            row.number("chain_id"),
                            row.hash("subject"),
                            (int) row.number("attempts"),
                            row.text("claimed_by"),
                            row.time("not_before"),
                            row.optionalTime("held_since"))))
        .orElseThrow();
  }

  private long count(String sql) {
    return database.inTransaction(tx -> tx.one(sql, row -> row.number("n"))).orElseThrow();
  }

  // ------------------------------------------------------------------ nodes that hang

  /** Tens of pieces of work of a chain whose nodes hang, each for a worker's three seconds. */
  @Test
  void L9_shouldLookAfterOtherChainsWhileOnesNodesHang() throws Exception {
    remoteBlocks();
    isFinal(HOME, 1);
    AtomicInteger asked = new AtomicInteger();
    SeveralNodes hanging =
        answering(
            method -> {
              asked.incrementAndGet();
              pause(Duration.ofSeconds(3));
              return broken(new AtomicInteger());
            });
    Instant due = Instant.now();
    for (int i = 0; i < 60; i++) {
      Intent intent = SampleIntent.of(REMOTE, i, DEADLINE);
      Log log = queued(intent, DEADLINE, i);
      insert(REMOTE, EventKind.QUEUED, log);
      database.run(tx -> Task.open(tx, Task.Kind.HASTEN, REMOTE, log.topics().get(1), due, due));
    }
    Worker worker = worker(hanging, Clock.systemUTC());
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      AtomicBoolean stopped = new AtomicBoolean();
      for (int i = 0; i < 4; i++)
        threads.submit(
            () -> {
              while (!stopped.get()) {
                worker.asking(() -> {});
                Thread.sleep(100);
              }
              return true;
            });
      try {
        pause(Duration.ofSeconds(1));
        for (int i = 0; i < 4; i++) {
          // Nothing is known of it there, so a look ends it.
          Instant now = Instant.now();
          database.run(tx -> Task.open(tx, Task.Kind.HASTEN, HOME, ID, now, now));
          while (isOpen(HOME)) {
            Duration waited = Duration.between(now, Instant.now());
            assertTrue(waited.compareTo(Duration.ofSeconds(10)) < 0, "waits since " + now);
            pause(Duration.ofMillis(50));
          }
        }
        int before = asked.get();
        pause(Duration.ofSeconds(10));
        assertTrue(asked.get() - before <= 4, "one at a time: " + (asked.get() - before));
        assertTrue(asked.get() > before || asked.get() > 4, "and again and again");
      } finally {
        stopped.set(true);
      }
    }
  }

  /** It is home's work, and asks the nodes of the chain that it is for. */
  @Test
  void L9_shouldLookAfterHomeWhileTheNodesHangThatAreAskedWhatToSendAgain() throws Exception {
    remoteBlocks();
    for (int i = 0; i < 8; i++) {
      Intent intent = SampleIntent.of(REMOTE, i, DEADLINE);
      Hash id = intent.id(new IntentDomain(HOME_ID, OURS));
      insert(HOME, EventKind.DISPATCHED, log(1, EventKind.DISPATCHED, id, i));
      insert(REMOTE, EventKind.QUEUED, queued(intent, DEADLINE, i));
      Instant now = clock.instant();
      database.run(
          tx -> {
            StoredIntent.save(tx, id, intent, Optional.empty(), now);
            Task.open(tx, Task.Kind.RESEND, HOME, id, now, now);
          });
    }
    isFinal(HOME, 1);
    isFinal(REMOTE, 2);
    AtomicInteger hanging = new AtomicInteger();
    CountDownLatch over = new CountDownLatch(1);
    Worker worker =
        worker(
            answering(
                method -> {
                  hanging.incrementAndGet();
                  await(over);
                  hanging.decrementAndGet();
                  return broken(new AtomicInteger());
                }));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      AtomicBoolean stopped = new AtomicBoolean();
      for (int i = 0; i < Worker.workers(2); i++)
        threads.submit(
            () -> {
              while (!stopped.get()) if (!worker.round()) Thread.sleep(20);
              return true;
            });
      try {
        while (hanging.get() < Worker.workers(2) - 1) pause(Duration.ofMillis(20));
        Instant now = clock.instant();
        Hash payment = Hash.keccak("nothing is known of it, so a look ends it");
        database.run(tx -> Task.open(tx, Task.Kind.SUBMIT, HOME, payment, now, now));
        for (int i = 0; i < 100 && count(SUBMISSIONS) > 0; i++) pause(Duration.ofMillis(20));
        assertEquals(0, count(SUBMISSIONS), "home has somebody left");
        assertEquals(Worker.workers(2) - 1, hanging.get());
      } finally {
        stopped.set(true);
        over.countDown();
      }
    }
  }

  private static final String SUBMISSIONS = "SELECT count(*) AS n FROM task WHERE kind = 'SUBMIT'";

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new NodeException("interrupted", e);
    }
  }

  private boolean isOpen(long chain) {
    return database
        .inTransaction(tx -> tx.one("SELECT 1 FROM task WHERE chain_id = ?", row -> true, chain))
        .isPresent();
  }

  private static void pause(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      throw new NodeException("interrupted", e);
    }
  }

  // ------------------------------------------------------------------ steps

  /** The destination says, in its second block, that a dispute of the intent was turned down. */
  private static Log upheld() {
    return new Log(
        block(2).hash(),
        2,
        Hash.keccak("transaction 2"),
        0,
        OURS,
        List.of(
            Hash.of(EventEncoder.encode(DestinationExecutor.INTENTUPHELD_EVENT)),
            ID,
            Hash.of(Abi.encode(new Uint256(INTENT.agentId())))),
        Bytes.of(Abi.encode(new org.web3j.abi.datatypes.Address(OURS.hex()), new Uint64(START)))
            .hex());
  }

  private void remoteBlocks() {
    database.run(
        tx -> {
          for (int i = 1; i <= 4; i++) Blocks.append(tx, REMOTE, block(i));
        });
  }

  /** Only what kind of event it is, of which intent, and where it stands. */
  private Log event(long chain, long block, EventKind kind) {
    Log log = log(block, kind, ID, 0);
    insert(chain, kind, log);
    return log;
  }

  private static Log log(long block, EventKind kind, Hash id, int index) {
    return new Log(
        block(block).hash(),
        block,
        Hash.keccak("transaction " + block),
        index,
        OURS,
        List.of(Hash.keccak(kind.name()), id, Hash.of(Abi.encode(new Uint256(INTENT.agentId())))),
        "0x");
  }

  private void insert(long chain, EventKind kind, Log log) {
    database.run(
        tx ->
            StoredEvent.insert(
                tx, chain, List.of(new StoredEvent.Logged(kind, log, Optional.empty()))));
  }

  /** Under the one intent's id, in block 2. */
  private static Log queued(Intent intent, long executableAt) {
    return queued(ID, intent, executableAt, 0);
  }

  private static Log queued(Intent intent, long executableAt, int index) {
    Hash id = intent.id(new IntentDomain(HOME_ID, OURS));
    return queued(id, intent, executableAt, index);
  }

  private static Log queued(Hash id, Intent intent, long executableAt, int index) {
    return new Log(
        block(2).hash(),
        2,
        Hash.keccak("transaction 2"),
        index,
        OURS,
        List.of(
            Hash.of(EventEncoder.encode(DestinationExecutor.INTENTQUEUED_EVENT)),
            id,
            Hash.of(Abi.encode(new Uint256(intent.agentId())))),
        Bytes.of(
                Abi.encode(
                    IntentAbi.toContract(intent),
                    new Bytes32(MESSAGE.id(OURS).bytes()),
                    new Uint64(executableAt)))
            .hex());
  }

  private Optional<String> failure() {
    return database
        .inTransaction(tx -> tx.one("SELECT parked FROM task", row -> row.optionalText("parked")))
        .orElseThrow();
  }

  private void isFinal(long chain, long number) {
    database.run(tx -> ChainRow.finalize(tx, chain, number, block(number).hash()));
  }

  private void open(Task.Kind kind, long chain) {
    Instant now = clock.instant();
    database.run(tx -> Task.open(tx, kind, chain, ID, now, now));
  }

  private boolean isOpen() {
    return database.inTransaction(Task::nextDue).isPresent();
  }

  /** Later, when it is due again. */
  private void look() throws InterruptedException {
    look(nowhere());
  }

  private void look(SeveralNodes remote) throws InterruptedException {
    clock.advance(Duration.ofMinutes(5));
    Worker worker = worker(remote);
    assertTrue(worker.round() || worker.asking(() -> {}), "it is due");
  }

  private Worker worker(SeveralNodes remote) {
    return worker(remote, clock);
  }

  private Worker worker(SeveralNodes remote, Clock time) {
    return new Worker(
        "test",
        database,
        Map.of(HOME, place(HOME, nowhere(), time), REMOTE, place(REMOTE, remote, time)),
        new Peers(List.of()),
        new EmbeddedBlobStore(directory.resolve("blobs"), time),
        Duration.ofSeconds(1),
        Duration.ZERO,
        Duration.ofSeconds(1),
        time);
  }

  private Workplace place(long id, SeveralNodes nodes) {
    return place(id, nodes, clock);
  }

  private Workplace place(long id, SeveralNodes nodes, Clock time) {
    FollowedChain chain =
        new FollowedChain(
            id, nodes, Finality.of("finalized"), 0, HOME, OURS, OURS, OURS, OURS, OURS);
    Desk desk =
        new Desk(
            chain,
            database,
            FeePolicy.upTo(FeeLimit.ofGwei(500, 50)),
            Anvil.RICH,
            new SigningGate(),
            new Bell(),
            time);
    return new Workplace(chain, desk, database, Duration.ofSeconds(1), time);
  }

  private static SeveralNodes nowhere() {
    return new SeveralNodes(
        List.of(new JsonRpcClient(URI.create("http://127.0.0.1:1"), Duration.ofSeconds(1))));
  }

  private static SeveralNodes answering(Function<String, Object> answer) {
    return new SeveralNodes(List.of(node(answer)));
  }

  private static ChainClient saying(byte[] word) {
    return node(method -> method.equals("call") ? word : broken(new AtomicInteger()));
  }

  private static Object broken(AtomicInteger asked) {
    asked.incrementAndGet();
    throw new NodeException("it does not answer");
  }

  private static ChainClient node(Function<String, Object> answer) {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) -> answer.apply(method.getName()));
  }

  /** A node that answers each call with that. */
  private static ChainClient saying(ChainClient real, boolean word) {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("call")) return Abi.encode(new Uint256(word ? 1 : 0));
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private StoredMessage message() {
    return new StoredMessage(
        MESSAGE.id(OURS), MESSAGE, MESSAGE.id(OURS), 0, Instant.ofEpochSecond(START));
  }

  private static Block block(long number) {
    return new Block(
        number,
        Hash.keccak("block " + number),
        Hash.keccak("block " + (number - 1)),
        Instant.ofEpochSecond(START + number));
  }
}
