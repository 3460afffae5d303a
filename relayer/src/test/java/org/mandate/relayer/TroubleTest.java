package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.mandate.chain.BlockTag;
import org.mandate.chain.Bytes;
import org.mandate.chain.Fees;
import org.mandate.chain.Hash;
import org.mandate.chain.SendOutcome;
import org.mandate.signer.Transactions;

/**
 * One relayer behind a node that lies, on a chain that reorganizes, with a key that somebody else
 * uses too.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TroubleTest {
  private static final Duration METRICS_KEEP = Duration.ofSeconds(4);
  private static final Duration SOON = Duration.ofSeconds(120);
  private static final BigInteger GWEI = BigInteger.TEN.pow(9);
  private static Town town;
  private static LyingNode node;
  private static Relayer relayer;

  @BeforeAll
  static void start() throws Exception {
    town = Town.build(1, 1);
    node = LyingNode.before(town.home.url());
    relayer =
        Relayer.start(
            town.config(0, List.of(), node.url(), town.remote.url(), 0),
            Town.relayer(0),
            Clock.systemUTC());
    // The key's first transaction is somebody else's.
    assertTrue(foreign(0, 3) instanceof SendOutcome.Accepted);
  }

  @AfterAll
  static void stop() throws Exception {
    relayer.close();
    node.close();
    town.close();
  }

  @Test
  @Order(1)
  void shouldGoOnWhenSomebodyElseUsesTheKey() throws Exception {
    pays(11);
    long next = town.home.client().nonce(Town.relayer(0).address(), BlockTag.PENDING);
    foreign(next, 3);
    pays(12);
  }

  @Test
  @Order(2)
  void shouldSignAgainWhenAnotherTransactionTookTheNonce() throws Exception {
    settled();
    BigInteger before = town.received(town.home);
    mining(0);
    Hash id = town.submit(relayer.port(), town.payment(Town.HOME, town.token, 21));
    JsonObject sent = town.await(relayer.port(), id, SOON, v -> inPool(v));
    long nonce = sent.getJsonArray("transactions").getJsonObject(0).getLong("nonce");
    assertTrue(foreign(nonce, 50) instanceof SendOutcome.Accepted);
    town.home.ask("evm_mine"); // at once: the relayer would raise its own bid above that one
    mining(1);
    JsonObject end = town.await(relayer.port(), id, SOON, v -> v.getBoolean("final"));
    assertEquals(
        "DISPLACED",
        end.getJsonArray("transactions").getJsonObject(0).getString("state"),
        end.encodePrettily());
    assertEquals(2, end.getJsonArray("transactions").size());
    assertEquals(before.add(BigInteger.valueOf(21)), town.received(town.home));
  }

  @Test
  @Order(3)
  void shouldSendTheSameBytesAgainWhenTheNodeDroppedThem() throws Exception {
    settled();
    mining(0);
    Hash id = town.submit(relayer.port(), town.payment(Town.HOME, town.token, 31));
    String hash = hash(town.await(relayer.port(), id, SOON, v -> inPool(v)));
    town.home.ask("anvil_dropTransaction", hash);
    mining(1);
    JsonObject end = town.await(relayer.port(), id, SOON, v -> v.getBoolean("final"));
    assertEquals(hash, hash(end), end.encodePrettily());
    assertEquals(1, end.getJsonArray("transactions").size());
  }

  @Test
  @Order(4)
  void shouldRaiseTheBidWhenBlocksPassItOver() throws Exception {
    settled();
    mining(0);
    Hash id = town.submit(relayer.port(), town.payment(Town.HOME, town.token, 41));
    town.await(relayer.port(), id, SOON, v -> inPool(v));
    town.home.ask(
        "anvil_setNextBlockBaseFeePerGas",
        "0x" + GWEI.multiply(BigInteger.valueOf(400)).toString(16));
    mining(1);
    JsonObject end = town.await(relayer.port(), id, SOON, v -> v.getBoolean("final"));
    JsonObject transaction = end.getJsonArray("transactions").getJsonObject(0);
    assertTrue(transaction.getInteger("attempts") > 1, end.encodePrettily());
    assertEquals(1, end.getJsonArray("transactions").size());
  }

  @Test
  @Order(5)
  void L10_shouldNotCallItFailedWhenTheNodeHidesReceipts() throws Exception {
    settled();
    BigInteger before = town.received(town.home);
    node.tell(LyingNode.Lie.NO_RECEIPTS);
    Hash id = town.submit(relayer.port(), town.payment(Town.HOME, town.token, 51));
    town.await(relayer.port(), id, SOON, v -> v.getBoolean("final"));
    Thread.sleep(6000);
    JsonObject view = town.intent(relayer.port(), id);
    assertEquals(
        "OPEN",
        view.getJsonArray("transactions").getJsonObject(0).getString("state"),
        view.encodePrettily());
    node.tell(LyingNode.Lie.NONE);
    town.await(
        relayer.port(),
        id,
        SOON,
        v ->
            "SUCCEEDED".equals(v.getJsonArray("transactions").getJsonObject(0).getString("state")));
    assertEquals(before.add(BigInteger.valueOf(51)), town.received(town.home));
  }

  @Test
  @Order(6)
  void shouldRecoverWhenTheNodeAnswersGarbageForAWhile() throws Exception {
    settled();
    BigInteger before = town.received(town.home);
    Hash id = town.submit(relayer.port(), town.payment(Town.HOME, town.token, 61));
    for (LyingNode.Lie lie :
        List.of(LyingNode.Lie.GARBAGE, LyingNode.Lie.ERRORS, LyingNode.Lie.ENDLESS)) {
      node.tell(lie);
      Thread.sleep(2500);
    }
    node.tell(LyingNode.Lie.NONE);
    town.await(relayer.port(), id, SOON, v -> v.getBoolean("final"));
    assertEquals(before.add(BigInteger.valueOf(61)), town.received(town.home));
  }

  @Test
  @Order(7)
  void L3_shouldPayOnceWhenAReorgRemovesThePayment() throws Exception {
    BigInteger before;
    Hash id;
    JsonObject view;
    long depth;
    do { // until no block that was on its way comes so late that the payment is final
      mining(1);
      settled();
      mining(0);
      before = town.received(town.home);
      id = town.submit(relayer.port(), town.payment(Town.HOME, town.token, 71));
      town.await(relayer.port(), id, SOON, v -> inPool(v));
      town.home.ask("evm_mine");
      view = town.awaitState(relayer.port(), id, "EXECUTED", SOON);
      depth = standing() - number(view) + 1;
    } while (depth > 2);
    String block = block(view);
    town.home.reorg((int) depth);
    assertEquals(before, town.received(town.home), "the reorg did not remove the payment");
    mining(1);
    JsonObject end = town.await(relayer.port(), id, SOON, v -> v.getBoolean("final"));
    assertNotEquals(block, block(end));
    assertEquals(before.add(BigInteger.valueOf(71)), town.received(town.home));
    assertEquals(hash(view), hash(end), "the same bytes were sent again");
  }

  @Test
  @Order(8)
  void shouldStopSigningWhenAReorgGoesDeeperThanFinality() throws Exception {
    settled();
    long head = town.home.client().head().number();
    town.home.reorg(6);
    Instant end = Instant.now().plus(SOON);
    while (town.get(relayer.port(), "/health/ready").statusCode() != 503) {
      assertTrue(Instant.now().isBefore(end), "still ready after a deep reorg at " + head);
      Thread.sleep(200);
    }
    assertTrue(
        town.get(relayer.port(), "/health/ready").body().contains("reorganized a final block"));
    Hash id = town.submit(relayer.port(), town.payment(Town.HOME, town.token, 81));
    Thread.sleep(4000);
    JsonObject view = town.intent(relayer.port(), id);
    assertEquals(0, view.getJsonArray("transactions").size(), view.encodePrettily());
  }

  // ------------------------------------------------------------------ steps

  private static void pays(long amount) throws Exception {
    BigInteger before = town.received(town.home);
    Hash id = town.submit(relayer.port(), town.payment(Town.HOME, town.token, amount));
    town.await(relayer.port(), id, SOON, v -> v.getBoolean("final"));
    assertEquals(before.add(BigInteger.valueOf(amount)), town.received(town.home));
  }

  /**
   * Waits until nothing of the relayer is on its way, such as a batch of audit records: twice,
   * since its metrics may be a few seconds old.
   */
  private static void settled() throws Exception {
    Instant end = Instant.now().plus(SOON);
    Optional<Instant> since = Optional.empty();
    while (true) {
      JsonObject trail =
          new JsonObject(
              town.get(relayer.port(), "/v1/agents/" + town.agentId + "/audit?limit=500").body());
      String metrics = town.get(relayer.port(), "/metrics").body();
      boolean open =
          metrics
              .lines()
              .anyMatch(
                  l ->
                      l.startsWith("mandate_transactions{chain=\"31337\"")
                          && l.contains("state=\"OPEN\""));
      boolean done = !open && trail.getLong("published") == trail.getJsonArray("records").size();
      if (!done) since = Optional.empty();
      else if (since.isEmpty()) since = Optional.of(Instant.now());
      else if (since.get().plus(METRICS_KEEP).isBefore(Instant.now())) return;
      assertTrue(
          Instant.now().isBefore(end), trail.getLong("published") + " published\n" + metrics);
      Thread.sleep(200);
    }
  }

  private static void mining(int seconds) throws Exception {
    town.home.ask("evm_setIntervalMining", seconds);
  }

  /** The head's number, once it stands still: a block may be on its way when mining is stopped. */
  private static long standing() throws Exception {
    long before;
    long head = town.home.client().head().number();
    do {
      before = head;
      Thread.sleep(300);
      head = town.home.client().head().number();
    } while (head != before);
    return head;
  }

  private static boolean inPool(JsonObject view) {
    if (view.getJsonArray("transactions").isEmpty()) return false;
    return town.home.client().transactionKnown(Hash.of(hash(view)));
  }

  private static String hash(JsonObject view) {
    return view.getJsonArray("transactions").getJsonObject(0).getString("hash");
  }

  private static String block(JsonObject view) {
    return executed(view).getString("hash");
  }

  private static long number(JsonObject view) {
    return Long.parseLong(executed(view).getString("number"));
  }

  private static JsonObject executed(JsonObject view) {
    return view.getJsonObject("home")
        .getJsonArray("events")
        .getJsonObject(0)
        .getJsonObject("block");
  }

  /** A transaction of the relayer's key that the relayer knows nothing of. */
  private static SendOutcome foreign(long nonce, long gwei) {
    BigInteger bid = GWEI.multiply(BigInteger.valueOf(gwei));
    Transactions.Signed signed =
        Town.relayer(0)
            .sign(
                new Transactions.Request(
                    BigInteger.valueOf(Town.HOME),
                    nonce,
                    new Fees(BigInteger.ZERO, bid, bid),
                    21_000,
                    town.recipient,
                    BigInteger.ONE,
                    Bytes.EMPTY));
    return town.home.client().send(signed.raw().bytes());
  }
}
