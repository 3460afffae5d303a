package org.mandate.relayer.send;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.chain.Wei;
import org.mandate.intent.Intent;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.relayer.store.NotComparedException;
import org.mandate.relayer.store.StoredIntent;
import org.mandate.relayer.store.TransactionRow;
import org.mandate.relayer.store.TransactionRow.Attempt;
import org.mandate.relayer.store.TransactionRow.Purpose;

/** What one intent may cost in its life, on a real chain whose gas gets dear when it is told. */
class BudgetTest {
  private static final Hash PAYMENT = Hash.keccak("payment");
  private static final Hash OTHER = Hash.keccak("other");

  @TempDir static Path directory;
  private static EmbeddedServer server;
  private static Database database;
  private Counter counter;

  @BeforeAll
  static void startDatabase() {
    server = Counter.server(directory);
    database = Counter.database(server);
  }

  @AfterAll
  static void stopDatabase() {
    database.close();
    server.close();
  }

  @BeforeEach
  void start() {
    counter = new Counter(database);
  }

  @AfterEach
  void stop() {
    counter.close();
  }

  @Test
  void L2_shouldReserveTheMostBeforeSigningAndCountWhatItReallyCost() {
    assertTrue(counter.write(Purpose.SUBMIT, PAYMENT));
    Attempt attempt = counter.attempts(0).getFirst();
    BigInteger most = attempt.maxFee().multiply(BigInteger.valueOf(26_250));
    assertEquals(most, counter.spent(PAYMENT));
    counter.look();
    counter.mine(5);
    assertEquals("SUCCEEDED", counter.state(0));
    BigInteger real =
        new BigInteger(counter.one("gas_price", 0).orElseThrow())
            .multiply(BigInteger.valueOf(21_000));
    assertEquals(real, counter.spent(PAYMENT));
    assertTrue(real.compareTo(most) < 0);
  }

  @Test
  void L2_shouldReserveAgainWhenAReorgTakesTheReceiptBack() {
    counter.write(Purpose.SUBMIT, PAYMENT);
    BigInteger most = counter.spent(PAYMENT);
    counter.look();
    counter.mine(1);
    assertTrue(counter.spent(PAYMENT).compareTo(most) < 0, "its receipt is known");
    counter.anvil.reorg(1);
    counter.mine(1);
    counter.anvil.rpc("anvil_dropAllTransactions");
    assertEquals(most, counter.spent(PAYMENT));
  }

  @Test
  void L12_shouldSignNothingThatCouldCostMoreThanAnIntentMayAndSayWhy() {
    budget(new Wei(price().multiply(BigInteger.valueOf(26_250)).subtract(BigInteger.ONE)));
    BudgetException e =
        assertThrows(BudgetException.class, () -> counter.write(Purpose.SUBMIT, PAYMENT));
    assertEquals(List.of(), counter.open());
    assertEquals(
        Optional.empty(),
        database.inTransaction(tx -> TransactionRow.nextNonce(tx, counter.id, counter.desk.self())),
        "no nonce was taken");
    Overrun overrun = e.overruns().getFirst();
    assertEquals(PAYMENT, overrun.subject());
    assertEquals(overrun.limit(), overrun.left());
    assertTrue(overrun.message().contains(PAYMENT.hex()), overrun.message());
  }

  @Test
  void L2_shouldCountEarlierTransactionsOfTheSameIntent() {
    BigInteger one = price().multiply(BigInteger.valueOf(26_250));
    budget(new Wei(one.multiply(BigInteger.TWO)));
    counter.write(Purpose.SUBMIT, PAYMENT);
    counter.look();
    counter.mine(5);
    counter.write(Purpose.PROCEED, PAYMENT);
    counter.look();
    counter.mine(5);
    BigInteger left = price().multiply(BigInteger.valueOf(26_250));
    budget(new Wei(counter.spent(PAYMENT).add(left).subtract(BigInteger.ONE)));
    assertThrows(BudgetException.class, () -> counter.write(Purpose.SETTLE, PAYMENT));
    assertTrue(counter.write(Purpose.SUBMIT, OTHER), "another one's budget is its own");
    budget(new Wei(counter.spent(PAYMENT).add(left)));
    assertTrue(counter.write(Purpose.SETTLE, PAYMENT), "just within it");
  }

  /** As workers of several processes with one key do. */
  @Test
  void L2_shouldNotExceedTheBudgetWhenManyComeAtOnce() throws Exception {
    BigInteger one = price().multiply(BigInteger.valueOf(26_250));
    List<Hash> messages = new ArrayList<>();
    for (int i = 0; i < 12; i++) messages.add(message("message " + i, PAYMENT));
    budget(new Wei(one.multiply(BigInteger.valueOf(4))));
    List<Future<Boolean>> written = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Hash message : messages)
        written.add(threads.submit(() -> counter.write(Purpose.DELIVER, message)));
    }
    long signed = written.stream().filter(f -> f.state() == Future.State.SUCCESS).count();
    assertEquals(4, signed);
    assertEquals(4, counter.open().size());
    assertTrue(counter.spent(PAYMENT).compareTo(one.multiply(BigInteger.valueOf(4))) <= 0);
  }

  @Test
  void L2_shouldLetThoseThatGoTogetherBearTheSamePart() {
    Hash two = message("of two", PAYMENT, OTHER);
    counter.write(Purpose.DELIVER, two, Hash.keccak("an order"));
    BigInteger most = new BigInteger(counter.one("most", 0).orElseThrow());
    assertEquals(quarter(most), counter.spent(PAYMENT));
    assertEquals(quarter(most), counter.spent(OTHER));
  }

  @Test
  void L9_shouldFreeTheNonceWithAnEmptyTransactionWhenTheBudgetDoesNotBearAHigherBid() {
    BigInteger first = price().multiply(BigInteger.valueOf(26_250));
    budget(new Wei(first.add(first.divide(BigInteger.valueOf(20)))));
    counter.write(Purpose.SUBMIT, PAYMENT);
    counter.write(Purpose.SUBMIT, OTHER);
    counter.look();
    counter.baseFee(100);
    counter.mine(2);
    counter.mine(1);
    assertTrue(counter.attempts(0).getFirst().cancels(), "a tenth more is too much for it");
    counter.mine(3);
    assertTrue(counter.state(0).equals("DISPLACED") || counter.one("gas_used", 0).isPresent());
    counter.mine(6);
    assertEquals("DISPLACED", counter.state(0), "the empty one took the nonce");
    assertTrue(counter.open().isEmpty(), "nothing is stuck behind it: " + counter.open());
    assertTrue(counter.spent(PAYMENT).signum() > 0, "what it cost counts");
    assertFalse(counter.spent(PAYMENT).compareTo(first.multiply(BigInteger.valueOf(1_000))) > 0);
  }

  @Test
  void L9_shouldPublishAndFillWhateverWasSpent() {
    budget(new Wei(BigInteger.ONE));
    assertTrue(counter.write(Purpose.PUBLISH, PAYMENT), "the audit trail is no intent's");
    database.run(tx -> TransactionRow.takeNonce(tx, counter.id, counter.desk.self(), 0));
    counter.look();
    counter.mine(5);
    assertEquals("SUCCEEDED", counter.state(0));
    assertEquals("SUCCEEDED", counter.state(1), "a lost nonce was filled");
  }

  private void budget(Wei wei) {
    counter.pays(new FeePolicy(FeeLimit.ofGwei(500, 50), wei, DataFee.NONE, Optional.empty()));
  }

  private BigInteger price() {
    return counter.desk.bid().max();
  }

  /** What another chain told is acted on once it was compared; what goes nowhere else, at once. */
  @Test
  void L9_shouldSignNothingThatRestsOnAChainThatWasNotComparedYet() {
    long other = counter.id + 1_000_000;
    Address any = Counter.TARGET;
    BigInteger one = BigInteger.ONE;
    Intent intent =
        new Intent(
            one, any, BigInteger.valueOf(other), any, any, one, Bytes.EMPTY, one, BigInteger.TEN);
    Hash told = message("told", PAYMENT);
    Hash result = Hash.keccak("result" + other);
    database.run(
        tx -> {
          ChainRow.register(tx, other, any, any);
          tx.update("UPDATE message SET source_chain = ? WHERE message_id = ?", other, told);
          StoredIntent.save(tx, Map.of(result, intent), Instant.now());
          ChainRow.distrust(tx, other);
        });
    assertThrows(NotComparedException.class, () -> counter.write(Purpose.DELIVER, told));
    assertThrows(NotComparedException.class, () -> counter.write(Purpose.SETTLE, result));
    assertThrows(NotComparedException.class, () -> counter.write(Purpose.RESEND, result));
    assertEquals(List.of(), counter.open(), "and no nonce is taken");
    assertTrue(counter.write(Purpose.SUBMIT, result), "what starts here waits for nobody");
    database.run(tx -> ChainRow.compared(tx, other));
    assertTrue(counter.write(Purpose.DELIVER, told));
    database.run(tx -> ChainRow.distrust(tx, counter.id));
    assertThrows(NotComparedException.class, () -> counter.write(Purpose.SUBMIT, OTHER));
  }

  private Hash message(String name, Hash... intents) {
    Hash id = Hash.keccak(name + counter.id);
    database.run(
        tx -> {
          tx.update(
              """
              INSERT INTO message (message_id, source_chain, destination, nonce, sender, recipient, payload, attested_at, root, leaf)
              VALUES (?, ?, ?, 0, ?, ?, ?, now(), ?, 0)
              """,
              id,
              counter.id,
              BigInteger.ONE,
              Bytes.EMPTY,
              Bytes.EMPTY,
              Bytes.EMPTY,
              id);
          for (Hash intent : intents)
            tx.update(
                "INSERT INTO message_intent (message_id, intent_id) VALUES (?, ?)", id, intent);
        });
    return id;
  }

  private static BigInteger quarter(BigInteger value) {
    return value.add(BigInteger.valueOf(3)).divide(BigInteger.valueOf(4));
  }
}
