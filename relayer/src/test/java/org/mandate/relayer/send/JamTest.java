package org.mandate.relayer.send;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mandate.chain.Block;
import org.mandate.chain.BlockTag;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Fees;
import org.mandate.chain.Hash;
import org.mandate.chain.JsonRpcClient;
import org.mandate.chain.NodeException;
import org.mandate.chain.Receipt;
import org.mandate.chain.SendOutcome;
import org.mandate.relayer.store.Blocks;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.DeepReorg;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.relayer.store.TransactionRow;
import org.mandate.relayer.store.TransactionRow.Attempt;
import org.mandate.relayer.store.TransactionRow.Purpose;

/**
 * Whatever becomes of one transaction, all are mined within three blocks once the cause is gone, or
 * from when it happened where it stays: by the same process, without a pause. Blocks are mined one
 * by one, and what looks after transactions runs once for each.
 */
class JamTest {
  private static final int BLOCKS = 3;
  private static final List<Hash> PAYMENTS =
      List.of(Hash.keccak("first"), Hash.keccak("second"), Hash.keccak("third"));

  @TempDir static Path directory;
  private static EmbeddedServer server;
  private static Database database;
  private Counter counter;
  private FaultyNode node;

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

  /** Whichever of three nodes says that a block costs more than the limit. */
  @Test
  void L9_shouldSendThoughOneNodeCallsGasTooDear() {
    start();
    BigInteger dear = Counter.GWEI.multiply(BigInteger.valueOf(501));
    ChainClient liar = counter.lying("fees", new Fees(dear, BigInteger.ONE, dear.shiftLeft(1)));
    ChainClient honest = counter.anvil.client();
    counter.behind(List.of(liar, honest, honest));
    assertTrue(counter.write(Purpose.SUBMIT, PAYMENTS.getFirst()));
    counter.look();
    counter.mine(BLOCKS);
    assertEquals("SUCCEEDED", counter.state(0));
  }

  private void start(String... options) {
    counter = new Counter(database, options);
    node = FaultyNode.before(counter.anvil.url());
    counter.behind(List.of(node.client()));
  }

  @AfterEach
  void stop() {
    node.close();
    counter.close();
  }

  @Test
  void L9_nonceTooLow_aForeignTransactionOfTheSameKeyWasMined() {
    start();
    write();
    foreign(0, 300);
    counter.anvil.mine(1); // before ours are sent: the first is refused, "nonce too low"
    heals();
  }

  @Test
  void L9_foreignTransactionOfTheSameKeyIsMinedAfterOursWasSent() {
    start();
    write();
    counter.look();
    foreign(0, 300);
    counter.anvil.mine(1);
    heals();
  }

  /** One of three nodes is away, or tells of a receipt of whatever it is asked. */
  @ParameterizedTest
  @ValueSource(strings = {"dead", "invents receipts", "invents receipts and comes last"})
  void L9_foreignTransactionOfTheSameKeyBehindABadNode(String which) {
    start();
    ChainClient honest = counter.anvil.client();
    counter.behind(
        switch (which) {
          case "dead" -> List.of(dead(), honest, honest);
          case "invents receipts" -> List.of(inventsReceipts(), honest, honest);
          default -> List.of(honest, honest, inventsReceipts());
        });
    write();
    counter.look();
    foreign(0, 300);
    counter.anvil.mine(1);
    heals();
  }

  /** Two of three: one is behind, the other lies. The third one has the receipt. */
  @Test
  void L3_shouldReleaseNothingThatAnHonestNodeHasAReceiptOf() {
    start();
    ChainClient honest = counter.anvil.client();
    AtomicBoolean isStuck = new AtomicBoolean();
    Block early = honest.head();
    ChainClient behind =
        changed(
            (method, arguments) -> {
              if (!isStuck.get()) return Optional.empty();
              return switch (method) {
                case "receipts" -> Optional.of(Map.of());
                case "head" -> Optional.of(early);
                case "block" -> Optional.of(Optional.empty());
                case "nonce" -> Optional.of(0L);
                default -> Optional.empty();
              };
            });
    ChainClient liar =
        changed(
            (method, arguments) ->
                method.equals("receipts") ? Optional.of(Map.of()) : Optional.empty());
    counter.behind(List.of(honest, behind, liar));
    write();
    counter.look();
    isStuck.set(true);
    for (int i = 0; i < 4; i++) counter.mine(1);
    assertEquals(
        3,
        database
            .inTransaction(
                tx ->
                    tx.one(
                        "SELECT count(*) AS n FROM transaction_item WHERE chain_id = ? AND open",
                        row -> row.number("n"),
                        counter.id))
            .orElseThrow());
    isStuck.set(false);
    counter.behind(List.of(honest));
    heals();
  }

  @Test
  void L9_nonceTooLow_foreignTransactionsTookAllNonces() {
    start();
    write();
    for (int nonce = 0; nonce < 3; nonce++) foreign(nonce, 300);
    counter.anvil.mine(1);
    heals();
  }

  @Test
  void L9_nonceTooHigh_aNodeForgotAllThatItHadAndTakesNoGaps() {
    start();
    node.does(this::strict);
    write();
    counter.look();
    counter.anvil.rpc("anvil_dropAllTransactions");
    heals();
  }

  @Test
  void L9_nonceTooHigh_aNonceWasTakenAndItsTransactionIsNotThere() {
    start();
    node.does(this::strict);
    database.run(tx -> TransactionRow.takeNonce(tx, counter.id, counter.desk.self(), 0));
    write();
    heals();
  }

  @Test
  void L9_alreadyKnown_aNodeSaysThatItHasItAndDoesNot() {
    start();
    write();
    counter.look();
    String first = counter.attempts(0).getFirst().raw().hex();
    counter.anvil.rpc("anvil_dropTransaction", counter.attempts(0).getFirst().hash().hex());
    node.does(
        sent ->
            sent.raw().equals(first) ? FaultyNode.says(-32000, "already known") : Optional.empty());
    heals();
  }

  @Test
  void L9_alreadyKnown_aNodeHasItIndeed() {
    start();
    write();
    counter.look();
    database.run(tx -> tx.update("UPDATE attempt SET sent_at = NULL, sent_block = NULL"));
    heals();
    assertEquals(1, Integer.parseInt(attemptCount(0)), "nothing was signed anew");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "transaction underpriced: gas tip cap 1000000, minimum needed 1000000000",
        "transaction underpriced",
        "FeeTooLow, EffectivePriorityFeePerGas too low 1 < 1000000000",
        "Gas price below configured minimum gas price"
      })
  void L9_underpriced_aNodeWantsMoreThanTheMarketAsks(String words) {
    start();
    node.does(
        sent ->
            sent.transaction().getMaxPriorityFeePerGas().compareTo(Counter.GWEI) < 0
                ? FaultyNode.says(-32000, words)
                : Optional.empty());
    write();
    heals();
  }

  @Test
  void L9_replacementUnderpriced_aForeignTransactionWithAHigherBidWaits() {
    start();
    foreign(0, 40);
    write();
    heals();
  }

  @Test
  void L9_underpriced_blocksPassItOverSinceTheBaseFeeRose() {
    start();
    write();
    counter.look();
    counter.baseFee(100);
    counter.anvil.mine(1); // with too low a bid
    counter.look();
    counter.anvil.mine(1);
    counter.look();
    heals();
  }

  /**
   * One block may pass it over by chance. The node keeps what bids too little, or drops it as Anvil
   * does.
   */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void L9_shouldReplaceOnlyWhatTwoBlocksPassedOver(boolean keeps) {
    start();
    if (keeps) counter.behind(List.of(counter.lying("transactionKnown", true)));
    write();
    counter.look();
    counter.baseFee(100);
    counter.mine(1); // with too low a bid
    counter.look();
    assertEquals("1", attemptCount(0), "after one block");
    counter.mine(1);
    counter.look();
    assertEquals("2", attemptCount(0), "after two");
    if (keeps) assertEquals("1", attemptCount(1), "its own bid holds up none that is not next");
    heals();
  }

  /** Its blocks pass over what it says that it has. */
  @Test
  void L9_shouldNotBidHigherEachTimeThatANodeForgets() {
    start();
    node.does(sent -> FaultyNode.takes());
    write();
    counter.look();
    counter.mine(6);
    int signed = Integer.parseInt(attemptCount(0));
    assertTrue(signed > 1 && signed <= 1 + 6 / 2, signed + " bids in six blocks");
    node.does(sent -> Optional.empty());
    heals();
  }

  /** Whatever a pool says that it asks: beyond three times the market it is one bid a block. */
  @Test
  void L9_underpriced_shouldGoBeyondThreeTimesTheMarketOnlyBlockByBlock() {
    start();
    node.does(
        sent ->
            sent.nonce() == 0
                ? FaultyNode.says(-32000, "transaction underpriced")
                : Optional.empty());
    write();
    BigInteger most = counter.desk.market().max().multiply(BigInteger.valueOf(3));
    for (int i = 0; i < 4; i++) counter.look();
    Attempt newest = counter.attempts(0).getFirst();
    assertTrue(newest.number() > 1, "it tries what the market may ask");
    assertTrue(newest.maxFee().compareTo(most) <= 0, newest.maxFee() + " of " + most);
    counter.mine(3);
    int more = counter.attempts(0).getFirst().number() - newest.number();
    assertTrue(more > 0 && more <= 3, more + " bids in three blocks");
    node.does(sent -> Optional.empty());
    heals();
  }

  @Test
  void L9_insufficientFunds_untilTheKeyIsFilledUp() {
    start();
    write();
    counter.anvil.rpc("anvil_setBalance", counter.desk.self().hex(), "0x1");
    for (int i = 0; i < 5; i++) counter.mine(1);
    assertEquals(0, counter.anvil.client().nonce(counter.desk.self(), BlockTag.LATEST));
    counter.anvil.rpc("anvil_setBalance", counter.desk.self().hex(), "0xde0b6b3a7640000");
    heals();
  }

  /** What came before it was dearer than it could be: there is less left than it asks for. */
  @Test
  void L9_insufficientFunds_ofOneAloneThatIsDearerThanAllOthers() {
    start();
    Hash dear = PAYMENTS.getFirst();
    Desk.Claim any = tx -> true;
    assertTrue(
        counter.desk.write(
            Purpose.SUBMIT, List.of(dear), Counter.TARGET, Bytes.EMPTY, 10_000_000, any));
    BigInteger half = counter.desk.bid().max().multiply(BigInteger.valueOf(5_000_000));
    counter.anvil.rpc("anvil_setBalance", counter.desk.self().hex(), "0x" + half.toString(16));
    write();
    heals();
  }

  /** Its first bytes stay in the pools, which take no other nonce of theirs before it. */
  @Test
  void L9_insufficientFunds_ofTheBidThatBlocksAskForByNow() {
    start();
    counter.behind(List.of(counter.lying("transactionKnown", true)));
    Hash dear = PAYMENTS.getFirst();
    Desk.Claim any = tx -> true;
    BigInteger bid = counter.desk.bid().max();
    assertTrue(
        counter.desk.write(
            Purpose.SUBMIT, List.of(dear), Counter.TARGET, Bytes.EMPTY, 10_000_000, any));
    write();
    counter.look();
    BigInteger most = bid.multiply(BigInteger.valueOf(12_500_000));
    BigInteger has = most.add(most.shiftRight(4));
    counter.anvil.rpc("anvil_setBalance", counter.desk.self().hex(), "0x" + has.toString(16));
    counter.baseFee(bid.divide(Counter.GWEI).longValueExact() + 1);
    counter.anvil.mine(1); // with too low a bid
    counter.look();
    counter.anvil.mine(1);
    counter.look();
    heals();
  }

  @Test
  void L9_insufficientFunds_promisesNoMoreThanTheKeyHas() {
    start();
    Hash dear = PAYMENTS.getFirst();
    Desk.Claim any = tx -> true;
    BigInteger most = counter.desk.bid().max().multiply(BigInteger.valueOf(12_500_000));
    BigInteger has = most.add(most.shiftRight(4));
    counter.anvil.rpc("anvil_setBalance", counter.desk.self().hex(), "0x" + has.toString(16));
    assertTrue(
        counter.desk.write(
            Purpose.SUBMIT, List.of(dear), Counter.TARGET, Bytes.EMPTY, 10_000_000, any));
    assertThrows(
        CoinsException.class,
        () ->
            counter.desk.write(
                Purpose.SUBMIT,
                List.of(PAYMENTS.getLast()),
                Counter.TARGET,
                Bytes.EMPTY,
                10_000_000,
                any));
    assertEquals(1, counter.open().size());
    heals();
  }

  @Test
  void L9_insufficientFunds_isNotSigned() {
    start();
    counter.anvil.rpc("anvil_setBalance", counter.desk.self().hex(), "0x1");
    CoinsException poor = assertThrows(CoinsException.class, this::write);
    assertTrue(poor.getMessage().contains(counter.desk.self().hex()), poor.getMessage());
    assertEquals(List.of(), counter.open());
    counter.anvil.rpc("anvil_setBalance", counter.desk.self().hex(), "0xde0b6b3a7640000");
    write();
    heals();
  }

  @Test
  void L9_aNodeTakesAndDropsForAWhile() {
    start();
    node.does(sent -> FaultyNode.takes());
    write();
    counter.look();
    node.does(sent -> Optional.empty());
    heals();
  }

  @Test
  void L9_oneNodeTakesAndDropsForEver() {
    start();
    counter.behind(List.of(node.client(), counter.anvil.client(), counter.anvil.client()));
    node.does(sent -> FaultyNode.takes());
    write();
    counter.look();
    heals();
  }

  /** As geth does since 1.15.5 with what is too cheap for its pool. */
  @Test
  void L9_aNodeTakesAndDropsWhatIsTooCheapForIt() {
    start();
    Set<String> cheap = ConcurrentHashMap.newKeySet();
    node.does(
        sent -> {
          if (cheap.isEmpty() || cheap.contains(sent.raw())) {
            cheap.add(sent.raw());
            return FaultyNode.takes();
          }
          return Optional.empty();
        });
    write();
    counter.look();
    heals();
  }

  @Test
  void L9_aNodeDroppedIt() {
    start();
    write();
    counter.look();
    counter.anvil.rpc("anvil_dropTransaction", counter.attempts(0).getFirst().hash().hex());
    heals();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "txpool is full",
        "transaction pool is full",
        "in-flight transaction limit reached for delegated accounts",
        "account limit exceeded: pooled 64 txs",
        "Internal error"
      })
  void L9_notNow_aNodeTakesNothingForAWhile(String words) {
    start();
    node.does(sent -> FaultyNode.says(-32000, words));
    write();
    for (int i = 0; i < 4; i++) counter.mine(1);
    node.does(sent -> Optional.empty());
    heals();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "intrinsic gas too low: gas 1000, minimum needed 21000",
        "exceeds block gas limit",
        "Plugin has marked the transaction as invalid",
        "transaction type not supported",
        "transaction gas limit too high (cap: 16777216, tx: 20000000)",
        "execution reverted"
      })
  void L9_refused_noNodeEverTakesThoseBytes(String words) {
    start();
    write();
    String first = counter.attempts(0).getFirst().raw().hex();
    node.does(sent -> sent.raw().equals(first) ? FaultyNode.says(-32000, words) : Optional.empty());
    heals();
  }

  /** Neither of the transaction, as far as anybody can tell, nor of the node; and for ever. */
  @Test
  void L9_refused_inWordsThatNobodyKnows() {
    start();
    write();
    String first = counter.attempts(0).getFirst().raw().hex();
    node.does(
        sent ->
            sent.raw().equals(first)
                ? FaultyNode.says(-32000, "the moon is full")
                : Optional.empty());
    for (int i = 0; i < 12; i++) counter.mine(1);
    heals();
  }

  @Test
  void L9_refused_byARealNodeForTooMuchGas() {
    start("--gas-limit", "1000000");
    counter.desk.write(
        Purpose.SUBMIT,
        List.of(PAYMENTS.getFirst()),
        Counter.TARGET,
        Bytes.EMPTY,
        2_000_000,
        tx -> true);
    write();
    heals();
  }

  /** One of three says that it has what the others refuse, whenever it is asked. */
  @Test
  void L9_refused_byMostAndTakenByALiar() {
    start("--gas-limit", "1000000");
    ChainClient liar =
        changed(
            (method, arguments) ->
                switch (method) {
                  case "send" ->
                      Optional.<Object>of(new SendOutcome.Accepted(Hash.keccak("taken")));
                  case "transactionKnown" -> Optional.<Object>of(true);
                  default -> Optional.empty();
                });
    ChainClient mute =
        changed(
            (method, arguments) -> {
              if (method.equals("send")) throw new NodeException("not now");
              return Optional.empty();
            });
    ChainClient honest = counter.anvil.client();
    counter.behind(List.of(liar, mute, mute));
    counter.desk.write(
        Purpose.SUBMIT,
        List.of(PAYMENTS.getFirst()),
        Counter.TARGET,
        Bytes.EMPTY,
        2_000_000,
        tx -> true);
    write();
    counter.look();
    assertTrue(counter.attempts(0).getFirst().sentAt().isPresent(), "one took it");
    counter.behind(List.of(liar, honest, honest));
    database.run(tx -> tx.update("UPDATE attempt SET sent_at = sent_at - interval '1 hour'"));
    heals();
  }

  /** The gas that was reckoned for an empty one turns out to be too little. */
  @Test
  void L9_refused_evenWhatIsEmpty() {
    start();
    write();
    Set<String> refused = ConcurrentHashMap.newKeySet();
    node.does(
        sent -> {
          if (sent.nonce() == 0 && (refused.size() < 2 || refused.contains(sent.raw()))) {
            refused.add(sent.raw());
            return FaultyNode.says(-32000, "intrinsic gas too low");
          }
          return Optional.empty();
        });
    heals();
  }

  /** The bid comes to its limit, and what would be signed next are the very same bytes. */
  @Test
  void L9_refused_evenWhatIsEmptyForEver() {
    start();
    counter.pays(FeePolicy.upTo(FeeLimit.ofGwei(3, 1)));
    write();
    node.does(
        sent ->
            sent.nonce() == 0
                ? FaultyNode.says(-32000, "intrinsic gas too low")
                : Optional.empty());
    for (int i = 0; i < 90; i++) counter.mine(1);
    for (long nonce : List.of(1L, 2L))
      assertTrue(
          counter.anvil.client().transactionKnown(counter.attempts(nonce).getFirst().hash()),
          "nonce " + nonce + " was sent");
    int signed = Integer.parseInt(attemptCount(0));
    assertTrue(signed < 90, "the bid came to its limit: " + signed);
    counter.mine(3);
    assertEquals(signed, Integer.parseInt(attemptCount(0)), "nothing is signed for nothing");
    node.does(sent -> Optional.empty());
    heals();
  }

  /** What the database refuses of one transaction holds up none of the others. */
  @Test
  void L9_aRowOfOneIsRefused() {
    start();
    write();
    database.run(
        tx -> {
          tx.update(
              "ALTER TABLE attempt ADD CONSTRAINT broken CHECK (sent_at IS NULL OR transaction_id"
                  + " <> "
                  + counter.open().getFirst().id()
                  + ")");
        });
    try {
      counter.look();
      for (long nonce : List.of(1L, 2L))
        assertTrue(
            counter.anvil.client().transactionKnown(counter.attempts(nonce).getFirst().hash()),
            "nonce " + nonce + " was sent");
    } finally {
      database.run(tx -> tx.update("ALTER TABLE attempt DROP CONSTRAINT broken"));
    }
    heals();
  }

  /** As {@link #L9_aRowOfOneIsRefused()}, of what is stored together. */
  @Test
  void L9_aReceiptOfOneIsRefused() {
    start();
    write();
    counter.look();
    database.run(
        tx -> {
          tx.update(
              "ALTER TABLE transaction ADD CONSTRAINT broken CHECK (block_number IS NULL OR"
                  + " transaction_id <> "
                  + counter.open().getFirst().id()
                  + ")");
        });
    try {
      counter.mine(1);
      assertEquals(
          List.of(false, true, true),
          counter.open().stream().map(t -> t.blockNumber().isPresent()).toList());
    } finally {
      database.run(tx -> tx.update("ALTER TABLE transaction DROP CONSTRAINT broken"));
    }
    heals();
  }

  /** What was mined waits for receipts; what was not does not wait for them. */
  @Test
  void L9_noReceiptsAreToBeHad() {
    start();
    counter.write(Purpose.SUBMIT, PAYMENTS.get(0));
    counter.look();
    counter.anvil.mine(1);
    counter.write(Purpose.SUBMIT, PAYMENTS.get(1));
    counter.behind(
        List.of(
            counter.lying(
                "receipts",
                () -> {
                  throw new NodeException("it does not keep them");
                })));
    assertThrows(NodeException.class, counter.sender::round);
    assertTrue(
        counter.anvil.client().transactionKnown(counter.attempts(1).getFirst().hash()),
        "it was sent all the same");
    counter.behind(List.of(node.client()));
    heals();
  }

  /** A person accepted a deep reorg since it looked at what is stored, and asked nodes. */
  @Test
  void L10_shouldNotSayHowItEndedInABlockThatIsGone() {
    start();
    counter.write(Purpose.SUBMIT, PAYMENTS.getFirst());
    counter.look();
    counter.mine(1);
    TransactionRow mined = counter.open().getFirst();
    counter.follow(4);
    List<Attempt> attempts = counter.attempts(0);
    Map<Hash, Receipt> told =
        counter.anvil.client().receipts(attempts.stream().map(Attempt::hash).toList());
    Receipts receipts = new Receipts(counter.id, database, counter.desk, Clock.systemUTC());
    Receipts.Found found = Receipts.find(mined, attempts, told).orElseThrow();
    assertEquals(List.of(found), receipts.store(List.of(found)).ended());
    database.run(
        tx -> {
          long below = mined.blockNumber().orElseThrow() - 1;
          Block ancestor = Blocks.atOrBelow(tx, counter.id, below).orElseThrow();
          DeepReorg.undo(tx, counter.id, ancestor, Instant.now());
        });
    assertFalse(receipts.settle(found));
    assertEquals("OPEN", counter.state(0));
    counter.look();
    assertEquals("SUCCEEDED", counter.state(0), "its block is there after all");
    assertFalse(receipts.settle(found), "once");
  }

  /** A node says that the key used nonces which it did not: nothing is signed for them. */
  @Test
  void L9_shouldFillNothingBeforeItsNumberingBegan() {
    start();
    for (int nonce = 0; nonce < 5; nonce++) foreign(nonce, 40);
    counter.anvil.mine(1);
    write();
    try (org.mandate.testing.Anvil fresh = org.mandate.testing.Anvil.start(counter.id)) {
      counter.behind(List.of(fresh.client()));
      counter.sender.round();
      assertEquals(
          List.of(5L, 6L, 7L), counter.open().stream().map(TransactionRow::nonce).toList());
    }
    counter.behind(List.of(node.client()));
    heals();
  }

  /** However long it says so, and makes blocks: they are not those that are stored. */
  @Test
  void L9_shouldFillNothingForANodeThatForgotAll() {
    start();
    for (int nonce = 0; nonce < 5; nonce++) foreign(nonce, 40);
    counter.anvil.mine(1);
    counter.look();
    write();
    try (org.mandate.testing.Anvil fresh = org.mandate.testing.Anvil.start(counter.id)) {
      fresh.mine(5);
      counter.behind(List.of(fresh.client()));
      for (int i = 0; i < 4; i++) counter.sender.round();
      assertEquals(
          List.of(5L, 6L, 7L), counter.open().stream().map(TransactionRow::nonce).toList());
    }
  }

  /** Another process of the key sent it, nobody has its bytes, and a reorg took it back. */
  @Test
  void L9_whatTheKeyUsedBeforeItsNumberingBeganIsGone() {
    start();
    for (int nonce = 0; nonce < 3; nonce++) foreign(nonce, 40);
    counter.anvil.mine(1);
    counter.look();
    write();
    counter.look();
    counter.anvil.rpc("anvil_reorg", 1, List.of());
    assertEquals(0, counter.anvil.client().nonce(counter.desk.self(), BlockTag.LATEST));
    heals();
  }

  // ------------------------------------------------------------------ steps

  /** As workers do: what is not done and not on its way is written anew. */
  private void write() {
    for (Hash payment : PAYMENTS) {
      boolean done =
          database
                  .inTransaction(
                      tx ->
                          tx.one(
                              """
                              SELECT count(*) AS n FROM transaction t JOIN transaction_item s USING (transaction_id)
                               WHERE t.chain_id = ? AND s.subject = ? AND t.gas_used IS NOT NULL AND t.mined_hash IN
                                     (SELECT a.hash FROM attempt a WHERE a.transaction_id = t.transaction_id AND NOT a.cancels)
                              """,
                              row -> row.number("n"),
                              counter.id,
                              payment))
                  .orElseThrow()
              > 0;
      if (!done) counter.write(Purpose.SUBMIT, payment);
    }
  }

  private void heals() {
    long start = counter.anvil.client().head().number();
    counter.look();
    while (!isDone()) {
      long blocks = counter.anvil.client().head().number() - start;
      assertTrue(blocks < BLOCKS, "after " + blocks + " blocks: " + counter.open());
      counter.mine(1);
      write();
      counter.look();
    }
  }

  /** Each payment was made by one transaction, and no nonce is left open. */
  private boolean isDone() {
    return PAYMENTS.stream().allMatch(p -> made(p) == 1)
        && counter.anvil.client().nonce(counter.desk.self(), BlockTag.LATEST)
            == database
                .inTransaction(tx -> TransactionRow.nextNonce(tx, counter.id, counter.desk.self()))
                .orElseThrow();
  }

  private long made(Hash payment) {
    return database
        .inTransaction(
            tx ->
                tx.list(
                    """
                    SELECT a.hash FROM attempt a JOIN transaction t USING (transaction_id) JOIN transaction_item s USING (transaction_id)
                     WHERE t.chain_id = ? AND s.subject = ? AND NOT a.cancels
                    """,
                    row -> row.hash("hash"),
                    counter.id,
                    payment))
        .stream()
        .filter(hash -> counter.anvil.client().receipt(hash).isPresent())
        .count();
  }

  private String attemptCount(long nonce) {
    return database
        .inTransaction(
            tx ->
                tx.one(
                    "SELECT count(*) AS n FROM attempt a JOIN transaction t USING (transaction_id)"
                        + " WHERE t.chain_id = ? AND t.nonce = ?",
                    row -> row.text("n"),
                    counter.id,
                    nonce))
        .orElseThrow();
  }

  private static ChainClient dead() {
    return new JsonRpcClient(URI.create("http://127.0.0.1:1"), Duration.ofSeconds(5));
  }

  /** Of the newest block, for each transaction, mined or not. */
  private ChainClient inventsReceipts() {
    return changed(
        (method, arguments) -> {
          if (!method.equals("receipts")) return Optional.empty();
          Block head = counter.anvil.client().head();
          Map<Hash, Receipt> all = new HashMap<>();
          for (Object one : (Collection<?>) arguments[0])
            all.put(
                (Hash) one,
                new Receipt(
                    (Hash) one,
                    true,
                    head.hash(),
                    head.number(),
                    21_000,
                    BigInteger.ONE,
                    Optional.empty(),
                    Counter.TARGET,
                    Optional.of(Counter.TARGET),
                    Optional.empty(),
                    List.of()));
          return Optional.of(all);
        });
  }

  /**
   * @param lie its answer to some questions; empty: what the real node says
   */
  private ChainClient changed(BiFunction<String, Object[], Optional<Object>> lie) {
    ChainClient real = counter.anvil.client();
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) -> {
              Optional<Object> own = lie.apply(method.getName(), arguments);
              if (own.isPresent()) return own.get();
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** Takes nothing behind a gap. */
  private Optional<FaultyNode.Answer> strict(FaultyNode.Sent sent) {
    long next = counter.anvil.client().nonce(counter.desk.self(), BlockTag.PENDING);
    return sent.nonce() > next ? FaultyNode.says(-32000, "nonce too high") : Optional.empty();
  }

  private void foreign(long nonce, long gwei) {
    counter.anvil.rpc(
        "eth_sendTransaction",
        Map.of(
            "from",
            counter.desk.self().hex(),
            "to",
            "0x" + "f0".repeat(20),
            "nonce",
            "0x" + Long.toHexString(nonce),
            "gas",
            "0x5208",
            "maxFeePerGas",
            hex(gwei),
            "maxPriorityFeePerGas",
            hex(gwei)));
  }

  private static String hex(long gwei) {
    return "0x" + Counter.GWEI.multiply(BigInteger.valueOf(gwei)).toString(16);
  }
}
