package org.mandate.relayer.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.audit.EmbeddedBlobStore;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.chain.Wei;
import org.mandate.intent.Intent;
import org.mandate.relayer.Bell;
import org.mandate.relayer.SigningGate;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.follow.SeveralNodes;
import org.mandate.relayer.send.DataFee;
import org.mandate.relayer.send.Desk;
import org.mandate.relayer.send.FeeLimit;
import org.mandate.relayer.send.FeePolicy;
import org.mandate.relayer.send.Overrun;
import org.mandate.relayer.store.Blocks;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.relayer.store.StoredIntent;
import org.mandate.relayer.store.Task;
import org.mandate.relayer.store.TransactionRow;
import org.mandate.relayer.store.TransactionRow.Settled;
import org.mandate.relayer.store.Tx;
import org.mandate.testing.Anvil;
import org.mandate.testing.HandClock;
import org.web3j.abi.datatypes.Bool;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.generated.Bytes32;

/**
 * Intents that keep failing beside others that do not, on a real chain: its executor takes every
 * intent but those of an odd amount. The clock stands unless a test moves it: rounds are counted.
 */
class PoisonTest {
  private static final long HOME = 1;
  private static final Address EXECUTOR = new Address("0x" + "e7".repeat(20));
  private static final int MANY = 40;
  private static final int FEW = 5;

  /**
   * Takes no groups, and reverts with GatewaySameChain() when the amount is odd: at 228 of submit's
   * call data.
   */
  private static final String TAKES_EVEN_AMOUNTS =
      "0x60003560e01c63"
          + selector(
              "submit((uint256,address,uint256,address,address,uint256,bytes,uint256,uint64),bytes)")
          + "14601357600080fd5b60e43560011660"
          + "1e"
          + "57005b63"
          + selector("GatewaySameChain()")
          + "6000526004601cfd";

  /** Answers any call as submitMany answers for two intents that went well. */
  private static final String TAKES_TWO =
      "0x604060005260a06020526002604052600260a052600160c052600160e0526101006000f3";

  /**
   * Reverts with GatewaySameChain() unless gas costs nothing, as in a trial that names no price.
   */
  private static final String TAKES_NO_PRICE =
      "0x3a1560125763" + selector("GatewaySameChain()") + "6000526004601cfd5b00";

  @TempDir Path directory;
  private final HandClock clock =
      new HandClock(Instant.now().truncatedTo(ChronoUnit.MILLIS)); // as the database does
  private final AtomicBoolean down = new AtomicBoolean();
  private final AtomicBoolean spoilsTrials = new AtomicBoolean();
  private final AtomicBoolean goesWell = new AtomicBoolean();
  private Anvil anvil;
  private EmbeddedServer server;
  private Database database;
  private Worker worker;
  private int last;

  @BeforeEach
  void start() {
    anvil = Anvil.start(HOME);
    anvil.rpc("anvil_setCode", EXECUTOR.hex(), TAKES_EVEN_AMOUNTS);
    anvil.mine(1);
    server = EmbeddedServer.start(directory.resolve("postgres"));
    database = Database.open(server.jdbcUrl());
    database.run(
        tx -> {
          ChainRow.register(tx, HOME, EXECUTOR, EXECUTOR);
          Blocks.append(tx, HOME, anvil.client().block(1).orElseThrow());
        });
    worker = worker(Optional.empty());
  }

  @AfterEach
  void stop() {
    database.close();
    server.close();
    anvil.close();
  }

  @Test
  void L9_shouldCarryOutGoodOnesAsIfThereWereNoPoisonedOnes() throws Exception {
    for (int i = 0; i < MANY; i++) {
      intent(false);
      intent(true);
    }
    rounds(2 * MANY + FEW);
    assertEquals(MANY, signed(), "each was looked at once, after a few looks at many together");
    over();
    clock.advance(Duration.ofMinutes(5)); // the poisoned ones are due again
    for (int i = 0; i < MANY; i++) intent(true);
    rounds(MANY + FEW);
    assertEquals(2 * MANY, signed(), "what is fresh goes ahead of what failed");
  }

  @Test
  void L12_shouldParkAPoisonedOneInWordsAndLookMoreAndMoreRarely() throws Exception {
    Hash poisoned = intent(false);
    Instant before = clock.instant();
    Duration pause = Duration.ZERO;
    for (int i = 0; i < 5; i++) {
      rounds(1);
      assertEquals("CONTRACT", parked(poisoned, "rule"));
      assertTrue(
          parked(poisoned, "message").contains("GatewaySameChain()"), parked(poisoned, "message"));
      Duration next = Duration.between(clock.instant(), due(poisoned));
      assertTrue(next.compareTo(pause) > 0, next + " after " + pause);
      pause = next;
      clock.advance(next);
    }
    assertTrue(pause.compareTo(Duration.ofSeconds(30)) <= 0, "it is never given up: " + pause);
    assertTrue(before.isBefore(clock.instant()));
  }

  /** A node that fails for an hour makes no work look as if it were to blame. */
  @Test
  void L9_shouldNeitherPutBackNorSlowDownWhatANodeFailsFor() throws Exception {
    for (int i = 0; i < 5; i++) intent(true);
    down.set(true);
    for (int hour = 0; hour < 3600; hour += 60) {
      rounds(5);
      clock.advance(Duration.ofSeconds(60));
    }
    assertEquals(0, signed());
    assertEquals(
        0L,
        database
            .inTransaction(
                tx -> tx.one("SELECT max(attempts) AS n FROM task", row -> row.number("n")))
            .orElseThrow(),
        "none counts as failing");
    down.set(false);
    rounds(5 + FEW);
    assertEquals(5, signed());
  }

  /** The only node answers each trial of a group with garbage. */
  @Test
  void L9_shouldTryEachAloneWhenNoTrialCanBeRead() throws Exception {
    spoilsTrials.set(true);
    for (int i = 0; i < 3; i++) intent(true);
    rounds(3 + FEW);
    assertEquals(3, signed());
  }

  /** It goes well in each trial, is mined, and nothing comes of it. */
  @Test
  void L9_shouldTryMoreAndMoreRarelyWhatIsMinedAndDoesNothing() throws Exception {
    Hash vain = intent(true);
    rounds(1);
    inVain(Settled.REVERTED);
    rounds(1);
    assertEquals(2, signed(), "once may be chance");
    Duration pause = Duration.ZERO;
    for (int times = 2; times < 6; times++) {
      inVain(times % 2 == 0 ? Settled.REVERTED : Settled.SUCCEEDED);
      rounds(2);
      assertEquals(times, signed());
      assertEquals("NO_EFFECT", parked(vain, "rule"));
      String message = parked(vain, "message");
      assertTrue(message.startsWith(times + " transactions for it were mined"), message);
      Duration next = Duration.between(clock.instant(), due(vain));
      assertTrue(next.compareTo(pause) > 0, next + " after " + pause);
      assertEquals(Long.toString(due(vain).getEpochSecond()), parked(vain, "availableAt"));
      pause = next;
      Hash good = intent(true);
      rounds(1);
      assertEquals(times + 1, signed(), "what is fresh does not wait");
      delete(good);
      clock.advance(next);
      rounds(1);
      assertEquals(times + 1, signed(), "it is tried again then");
    }
    assertTrue(pause.compareTo(Duration.ofSeconds(90)) > 0, "it costs gas each time: " + pause);
  }

  @Test
  void L9_shouldPutNothingIntoAGroupThatDidNothingBefore() throws Exception {
    anvil.rpc("anvil_setCode", EXECUTOR.hex(), TAKES_TWO);
    intent(true);
    intent(true);
    rounds(1);
    assertEquals(1, signed());
    assertEquals(2, items());
    inVain(Settled.SUCCEEDED);
    assertEquals(1, leastAttempts(), "none of them is fresh any more");
    database.run(tx -> tx.update("UPDATE task SET attempts = 0")); // as after a wait for something
    rounds(3);
    assertEquals(3, signed());
    assertEquals(4, items(), "each has its own");
  }

  /** Its trials go well, which name no price; at a price it reverts. */
  @Test
  void L12_shouldSayWhatATrialAtThePriceRevertsWithAndSendNothing() throws Exception {
    anvil.rpc("anvil_setCode", EXECUTOR.hex(), TAKES_NO_PRICE);
    Hash vain = intent(true);
    rounds(1);
    assertEquals(1, signed());
    inVain(Settled.REVERTED);
    Duration pause = Duration.ZERO;
    for (int i = 0; i < 5; i++) {
      rounds(1);
      assertEquals(1, signed());
      assertEquals("NO_EFFECT", parked(vain, "rule"));
      String message = parked(vain, "message");
      assertTrue(message.startsWith("1 transaction for it was mined"), message);
      assertTrue(message.contains("GatewaySameChain()"), message);
      Duration next = Duration.between(clock.instant(), due(vain));
      assertTrue(next.compareTo(pause) > 0, next + " after " + pause);
      pause = next;
      clock.advance(next);
    }
    anvil.rpc("anvil_setCode", EXECUTOR.hex(), TAKES_EVEN_AMOUNTS);
    rounds(1);
    assertEquals(2, signed(), "once the cause is gone");
  }

  /** What once did what it was for starts anew. */
  @Test
  void shouldForgetWhatWasInVainBeforeOneThatWasNot() throws Exception {
    Hash subject = intent(true);
    for (int i = 0; i < 2; i++) {
      rounds(1);
      inVain(Settled.REVERTED);
    }
    rounds(1);
    assertEquals("NO_EFFECT", parked(subject, "rule"));
    clock.advance(Duration.ofMinutes(1));
    rounds(1);
    assertEquals(3, signed());
    inVain(Settled.SUCCEEDED);
    database.run(
        tx ->
            tx.update(
                "UPDATE transaction_item SET vain = false WHERE transaction_id = (SELECT"
                    + " max(transaction_id) FROM transaction_item)"));
    rounds(1);
    assertEquals(4, signed(), "it may be needed again, by a reorg or for the next batch");
  }

  @Test
  void L9_shouldParkInWordsWhatNodesRefusedTwiceAndTryItMoreAndMoreRarely() throws Exception {
    Hash refused = intent(true);
    rounds(1);
    cancelled("intrinsic gas too low");
    rounds(1);
    assertEquals(2, signed(), "once may be chance");
    Duration pause = Duration.ZERO;
    for (int times = 2; times < 6; times++) {
      cancelled("transaction type not supported");
      rounds(2);
      assertEquals(times, signed());
      assertEquals("NODES_REFUSE", parked(refused, "rule"));
      String message = parked(refused, "message");
      assertTrue(message.startsWith(times + " times no node took it"), message);
      assertTrue(message.endsWith("transaction type not supported"), message);
      Duration next = Duration.between(clock.instant(), due(refused));
      assertTrue(next.compareTo(pause) > 0, next + " after " + pause);
      pause = next;
      clock.advance(next);
      rounds(1);
      assertEquals(times + 1, signed(), "it is tried again then");
    }
    assertTrue(pause.compareTo(Duration.ofSeconds(90)) > 0, "it costs gas each time: " + pause);
  }

  @Test
  void L12_shouldSayWhyAnIntentsBudgetStopsItAndLetTheOthersGoOn() throws Exception {
    worker = worker(Optional.empty(), new Wei(BigInteger.ONE));
    Hash dear = intent(true);
    rounds(1);
    assertEquals("BUDGET", parked(dear, "rule"));
    assertEquals("1", parked(dear, "limit"));
    assertEquals("1", parked(dear, "left"));
    assertEquals(0, signed());
    clock.advance(Duration.ofMinutes(1));
    worker = worker(Optional.empty());
    rounds(1);
    assertEquals(1, signed(), "once the budget is higher");
  }

  /** A group's gas at the highest bid is more than the key has. */
  @Test
  void L9_shouldSubmitAsManyTogetherAsTheKeyCanPay() throws Exception {
    goesWell.set(true);
    for (int i = 0; i < 4; i++) intent(true);
    BigInteger price = anvil.client().fees().maxFee();
    coins(price.multiply(BigInteger.valueOf(1_000_000)));
    rounds(1);
    assertEquals(1, signed());
    assertEquals(3, items());
    for (int i = 0; i < 4; i++) intent(true);
    clock.advance(Duration.ofSeconds(6));
    rounds(3);
    assertEquals(1, signed(), "what is promised is nobody else's");
    coins(price.multiply(BigInteger.valueOf(3_000_000)));
    clock.advance(Duration.ofSeconds(6));
    rounds(1);
    assertEquals(2, signed(), "with more coins they go together");
    assertEquals(8, items());
  }

  @Test
  void L12_shouldSayThatTheKeyHasTooFewCoinsAndGoOnWhenItHasMore() throws Exception {
    BigInteger rich = anvil.client().balance(Anvil.RICH.address());
    Hash poor = intent(true);
    coins(BigInteger.ONE);
    rounds(1);
    assertEquals("COINS", parked(poor, "rule"));
    assertEquals(0, signed());
    coins(rich);
    clock.advance(Duration.ofSeconds(6));
    rounds(1);
    assertEquals(1, signed());
  }

  private void coins(BigInteger wei) {
    anvil.rpc("anvil_setBalance", Anvil.RICH.address().hex(), "0x" + wei.toString(16));
  }

  /** Who claimed it was paused before it found that it costs too much. */
  @Test
  void L9_shouldParkNothingThatSomebodyElseClaimed() throws Exception {
    Hash dear = intent(true);
    Task former = claim("former");
    database.run(tx -> Task.release(tx, "former", clock.instant()));
    Task present = claim("present");
    Wei one = new Wei(BigInteger.ONE);
    List<Overrun> tooMuch = List.of(new Overrun(dear, dear, HOME, one, one, one));
    worker.exhausted(former, tooMuch);
    assertEquals(0, parked(), "it is the other one's");
    assertEquals(present.lease(), due(dear));
    assertEquals(1, worker.overtaken());
    worker.exhausted(present, tooMuch);
    assertEquals("BUDGET", parked(dear, "rule"));
  }

  private long parked() {
    return database
        .inTransaction(
            tx ->
                tx.one(
                    "SELECT count(*) AS n FROM task WHERE parked IS NOT NULL",
                    row -> row.number("n")))
        .orElseThrow();
  }

  private Task claim(String holder) {
    return database
        .inTransaction(tx -> Task.claim(tx, holder, clock.instant(), Worker.LEASE))
        .orElseThrow();
  }

  @Test
  void L12_shouldWaitForCheaperGasAsLongAsConfiguredAndSayUntilWhen() throws Exception {
    worker = worker(Optional.of(new FeePolicy.Patience(Wei.of("1 wei"), Duration.ofMinutes(5))));
    Hash held = intent(true);
    Instant since = clock.instant();
    rounds(1);
    assertEquals("GAS_PRICE", parked(held, "rule"));
    assertEquals(
        Long.toString(since.plus(Duration.ofMinutes(5)).getEpochSecond()),
        parked(held, "availableAt"));
    for (int i = 0; i < 4; i++) {
      clock.advance(Duration.ofMinutes(1));
      worker = worker(Optional.of(new FeePolicy.Patience(Wei.of("1 wei"), Duration.ofMinutes(5))));
      rounds(1); // as after a restart, each time: it is remembered since when it waits
      assertEquals(0, signed());
    }
    clock.advance(Duration.ofSeconds(61));
    rounds(1);
    assertEquals(1, signed());
  }

  @Test
  void shouldSendAsSoonAsGasIsCheap() throws Exception {
    worker = worker(Optional.of(new FeePolicy.Patience(Wei.of("1 wei"), Duration.ofHours(5))));
    intent(true);
    rounds(1);
    assertEquals(0, signed());
    clock.advance(Duration.ofSeconds(5));
    worker = worker(Optional.of(new FeePolicy.Patience(Wei.of("100 gwei"), Duration.ofHours(5))));
    rounds(1);
    assertEquals(1, signed());
  }

  @Test
  void shouldNotWaitLongerThanHalfOfTheTimeToTheDeadline() throws Exception {
    worker = worker(Optional.of(new FeePolicy.Patience(Wei.of("1 wei"), Duration.ofDays(1))));
    Hash held = intent(true); // an hour
    rounds(1);
    assertEquals("GAS_PRICE", parked(held, "rule"));
    clock.advance(Duration.ofMinutes(31));
    rounds(1);
    assertEquals(1, signed());
  }

  // ------------------------------------------------------------------ steps

  private void rounds(int many) throws InterruptedException {
    for (int i = 0; i < many; i++) worker.round();
  }

  /** What was signed is done. */
  private void over() {
    database.run(
        tx -> {
          tx.update("UPDATE transaction SET state = 'DISPLACED', settled_at = now()");
          tx.update("UPDATE transaction_item SET open = false");
          tx.update("DELETE FROM task WHERE parked IS NULL");
        });
  }

  /** What was signed is mined and final, and logged nothing. */
  private void inVain(Settled how) {
    end(
        (tx, transaction) -> {
          mined(tx, transaction, transaction.attempts(tx).getFirst().hash());
          transaction.settle(tx, how, clock.instant());
        });
  }

  /** No node took what was signed, and an empty transaction was mined in its place. */
  private void cancelled(String reason) {
    end(
        (tx, transaction) -> {
          transaction.refused(tx, transaction.attempts(tx).getFirst(), reason);
          Hash empty = Hash.keccak("empty " + transaction.id());
          TransactionRow.addAttempt(
              tx,
              transaction.id(),
              new TransactionRow.Signed(
                  2,
                  empty,
                  new Bytes("0x00"),
                  BigInteger.ONE,
                  BigInteger.ONE,
                  BigInteger.ZERO,
                  BigInteger.ONE,
                  true),
              clock.instant());
          mined(tx, transaction, empty);
          transaction.release(tx, clock.instant());
          transaction.settle(tx, Settled.DISPLACED, clock.instant());
        });
  }

  private void end(BiConsumer<Tx, TransactionRow> how) {
    database.run(
        tx ->
            TransactionRow.toSend(tx, HOME, Anvil.RICH.address(), 0)
                .forEach(transaction -> how.accept(tx, transaction)));
  }

  private static void mined(Tx tx, TransactionRow transaction, Hash hash) {
    tx.update(
        """
        UPDATE transaction SET mined_hash = ?, gas_used = 21000, gas_price = 1, block_number = b.number, block_hash = b.hash
          FROM block b WHERE b.chain_id = ? AND b.number = 1 AND transaction_id = ?
        """,
        hash,
        HOME,
        transaction.id());
  }

  /** It is done with, and counts as signed no more. */
  private void delete(Hash subject) {
    database.run(
        tx -> {
          tx.update(
              "DELETE FROM transaction WHERE transaction_id IN (SELECT transaction_id FROM"
                  + " transaction_item WHERE subject = ?)",
              subject);
          tx.update("DELETE FROM task WHERE subject = ?", subject);
        });
  }

  private long items() {
    return number("SELECT count(*) AS n FROM transaction_item");
  }

  private long leastAttempts() {
    return number("SELECT min(attempts) AS n FROM task");
  }

  private long number(String sql) {
    return database.inTransaction(tx -> tx.one(sql, row -> row.number("n"))).orElseThrow();
  }

  private Hash intent(boolean good) {
    int number = ++last;
    Hash id = Hash.keccak("intent " + number);
    Intent intent =
        new Intent(
            BigInteger.ONE,
            EXECUTOR,
            BigInteger.valueOf(HOME),
            Address.ZERO,
            EXECUTOR,
            BigInteger.valueOf(good ? 2 : 3),
            Bytes.EMPTY,
            BigInteger.valueOf(number),
            BigInteger.valueOf(clock.instant().plus(Duration.ofHours(1)).getEpochSecond()));
    Instant now = clock.instant();
    database.run(
        tx -> {
          StoredIntent.save(tx, id, intent, Optional.of(new Bytes("0x" + "5a".repeat(65))), now);
          Task.open(tx, Task.Kind.SUBMIT, HOME, id, now, now);
        });
    return id;
  }

  private long signed() {
    return database
        .inTransaction(tx -> tx.one("SELECT count(*) AS n FROM transaction", r -> r.number("n")))
        .orElseThrow();
  }

  private String parked(Hash subject, String field) {
    return database
        .inTransaction(
            tx ->
                tx.one(
                    "SELECT parked ->> '" + field + "' AS it FROM task WHERE subject = ?",
                    row -> row.text("it"),
                    subject))
        .orElseThrow();
  }

  private Instant due(Hash subject) {
    return database
        .inTransaction(
            tx ->
                tx.one(
                    "SELECT not_before FROM task WHERE subject = ?",
                    row -> row.time("not_before"),
                    subject))
        .orElseThrow();
  }

  private Worker worker(Optional<FeePolicy.Patience> patience) {
    return worker(patience, Wei.of("1 ether"));
  }

  private Worker worker(Optional<FeePolicy.Patience> patience, Wei budget) {
    FollowedChain chain =
        new FollowedChain(
            HOME,
            new SeveralNodes(List.of(node())),
            Finality.of("finalized"),
            0,
            HOME,
            EXECUTOR,
            EXECUTOR,
            EXECUTOR,
            EXECUTOR,
            EXECUTOR);
    Desk desk =
        new Desk(
            chain,
            database,
            new FeePolicy(FeeLimit.ofGwei(500, 50), budget, DataFee.NONE, patience),
            Anvil.RICH,
            new SigningGate(),
            new Bell(),
            clock);
    return new Worker(
        "test",
        database,
        Map.of(HOME, new Workplace(chain, desk, database, Duration.ofSeconds(1), clock)),
        new Peers(List.of()),
        new EmbeddedBlobStore(directory.resolve("blobs"), clock),
        Duration.ofSeconds(1),
        Duration.ZERO,
        Duration.ofSeconds(1),
        clock);
  }

  private ChainClient node() {
    ChainClient real = anvil.client();
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) -> {
              if (down.get()) throw new NodeException("down");
              boolean isTrial = method.getName().equals("call") && arguments.length == 5;
              if (isTrial && spoilsTrials.get()) return new byte[] {1, 2, 3};
              if (isTrial && goesWell.get()) {
                int many = many((byte[]) arguments[2]);
                if (many > 1) return goesWell(many);
              }
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** Length of the first list that a call is given. */
  private static int many(byte[] call) {
    ByteBuffer words = ByteBuffer.wrap(call, 4, call.length - 4).slice();
    return words.getInt(words.getInt(28) + 28);
  }

  /** As the executor answers for a group: ids, and whether each went well. */
  private static byte[] goesWell(int many) {
    return Abi.encode(
        new DynamicArray<>(
            Bytes32.class,
            Collections.nCopies(many, new Bytes32(new byte[Bytes32.DEFAULT.getValue().length]))),
        new DynamicArray<>(Bool.class, Collections.nCopies(many, new Bool(true))));
  }

  private static String selector(String error) {
    return Hash.keccak(error).hex().substring(2, 10);
  }
}
