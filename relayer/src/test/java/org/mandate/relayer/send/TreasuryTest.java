package org.mandate.relayer.send;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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
import org.mandate.chain.ChainClient;
import org.mandate.chain.Fees;
import org.mandate.chain.Wei;
import org.mandate.relayer.Bell;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.signer.GuardedSigner;
import org.mandate.signer.PrivateKey;
import org.mandate.signer.Signer;
import org.mandate.signer.SigningRefusedException;
import org.mandate.signer.Transactions;

/** A relayer's key that runs low, and a treasury's that fills it up, on a real chain. */
class TreasuryTest {
  private static final PrivateKey TREASURY = new PrivateKey(BigInteger.valueOf(0x7ea5));
  private static final Address RELAYER = new Address("0x" + "1e".repeat(20));
  private static final TopUp TOP_UP =
      new TopUp(Wei.of("0.5 ether"), Wei.of("0.2 ether"), Wei.of("0.6 ether"));

  @TempDir static Path directory;
  private static EmbeddedServer server;
  private static Database database;
  private Counter counter;
  private Desk desk;
  private Sender sender;

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
    desk = desk();
    sender = new Sender(counter.chain, database, desk, new Bell(), Clock.systemUTC());
    balance(TREASURY.address(), Wei.of("10 ether"));
    balance(RELAYER, Wei.of("0.49 ether"));
  }

  @AfterEach
  void stop() {
    counter.close();
  }

  @Test
  void L2_shouldFillUpWhatRunsLowAndNothingElse() {
    watch().round();
    mine(5);
    assertEquals(Wei.of("0.69 ether"), balance());
    watch().round();
    mine(5);
    assertEquals(Wei.of("0.69 ether"), balance(), "it is not below the limit any more");
  }

  /** The first of three nodes calls whoever is asked about rich, or poor. */
  @Test
  void L9_shouldFillUpThoughOneNodeSaysOtherwiseOfWhatKeysHave() {
    ChainClient honest = counter.anvil.client();
    for (Wei lie : List.of(Wei.of("1000 ether"), Wei.ZERO)) {
      balance(RELAYER, Wei.of("0.49 ether"));
      counter.behind(List.of(counter.lying("balance", lie.value()), honest, honest));
      desk = desk();
      sender = new Sender(counter.chain, database, desk, new Bell(), Clock.systemUTC());
      watch().round();
      mine(5);
      assertEquals(Wei.of("0.69 ether"), balance());
      watch().round();
      mine(5);
      assertEquals(Wei.of("0.69 ether"), balance(), "it is not below the limit any more");
    }
  }

  @Test
  void L2_shouldHaveOneOnItsWayAtATime() {
    for (int i = 0; i < 5; i++) watch().round(); // as after a restart, each time
    mine(5);
    assertEquals(Wei.of("0.69 ether"), balance());
  }

  /** As several processes do that share the key. */
  @Test
  void L2_shouldNotExceedADaysLimitWhenManyComeAtOnce() throws Exception {
    for (int day = 0; day < 3; day++) {
      for (int i = 0; i < 6; i++) {
        List<Future<Boolean>> rounds = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
          for (int k = 0; k < 4; k++) rounds.add(threads.submit(() -> watch().round()));
        }
        for (Future<Boolean> round : rounds) round.get();
        mine(4);
        balance(RELAYER, Wei.ZERO); // spent
      }
      assertEquals(
          new BigInteger("600000000000000000").multiply(BigInteger.valueOf(day + 1)), sent());
      age(Duration.ofHours(25));
    }
  }

  @Test
  void L2_shouldCountADayFromWhenItWasOver() {
    for (int i = 0; i < 3; i++) {
      watch().round();
      mine(4);
      balance(RELAYER, Wei.ZERO);
    }
    age(Duration.ofHours(23));
    assertEquals(Desk.ToppedUp.DAY_USED_UP, desk.topUp(database, RELAYER, TOP_UP));
    age(Duration.ofHours(2));
    assertEquals(Desk.ToppedUp.SIGNED, desk.topUp(database, RELAYER, TOP_UP));
  }

  /** Another treasury's key on the same database. */
  @Test
  void L2_shouldCountADayWhateverTheKey() {
    assertEquals(Desk.ToppedUp.SIGNED, desk.topUp(database, RELAYER, TOP_UP));
    mine(5);
    Desk other = other();
    int signed = 1;
    while (other.topUp(database, RELAYER, TOP_UP) == Desk.ToppedUp.SIGNED) {
      signed++;
      mine(5);
    }
    assertEquals(3, signed);
    assertEquals(Desk.ToppedUp.DAY_USED_UP, other.topUp(database, RELAYER, TOP_UP));
    assertEquals(TOP_UP.perDay().value(), sent());
  }

  @Test
  void L9_shouldGoOnWithAnotherKeyWhateverTheFormerOneLeftOpen() {
    assertEquals(Desk.ToppedUp.SIGNED, desk.topUp(database, RELAYER, TOP_UP)); // and not sent
    Desk other = other();
    assertEquals(Desk.ToppedUp.ON_ITS_WAY, other.topUp(database, RELAYER, TOP_UP));
    FormerKeys former = former(other);
    for (int i = 0; i < 6; i++) {
      former.round();
      mine(1);
    }
    assertEquals(Wei.of("0.69 ether"), balance(), "the stored bytes were sent");
    assertEquals(Desk.ToppedUp.SIGNED, other.topUp(database, RELAYER, TOP_UP));
  }

  /** The former key cannot pay what it signed: that counts for as long as it is open. */
  @Test
  void L2_shouldCountWhatAFormerKeySignedAndNobodyMines() {
    assertEquals(Desk.ToppedUp.SIGNED, desk.topUp(database, RELAYER, TOP_UP));
    balance(TREASURY.address(), Wei.ZERO);
    Desk other = other();
    FormerKeys former = former(other);
    for (int i = 0; i <= Sender.FORMER_PATIENCE_BLOCKS; i++) {
      former.round();
      mine(1);
    }
    age(Duration.ofHours(25));
    for (int i = 0; i < 2; i++) {
      assertEquals(Desk.ToppedUp.SIGNED, other.topUp(database, RELAYER, TOP_UP));
      mine(5);
    }
    assertEquals(Desk.ToppedUp.DAY_USED_UP, other.topUp(database, RELAYER, TOP_UP));
  }

  private Desk other() {
    PrivateKey key = new PrivateKey(BigInteger.valueOf(0x7ea6));
    balance(key.address(), Wei.of("10 ether"));
    Desk other = desk(key, Clock.systemUTC());
    sender = new Sender(counter.chain, database, other, new Bell(), Clock.systemUTC());
    return other;
  }

  private FormerKeys former(Desk present) {
    return new FormerKeys(
        counter.chain, database, present, Set.of(present.self()), new Bell(), Clock.systemUTC());
  }

  @Test
  void L2_shouldCountADayByTheDatabasesClock() {
    for (int i = 0; i < 3; i++) {
      assertEquals(Desk.ToppedUp.SIGNED, desk.topUp(database, RELAYER, TOP_UP));
      mine(5);
    }
    Clock ahead = Clock.offset(Clock.systemUTC(), Duration.ofHours(25));
    assertEquals(Desk.ToppedUp.DAY_USED_UP, desk(TREASURY, ahead).topUp(database, RELAYER, TOP_UP));
  }

  /** Who settles it has a clock that is behind. */
  @Test
  void L2_shouldCountWhatIsSettledByTheDatabasesClock() {
    Clock behind = Clock.offset(Clock.systemUTC(), Duration.ofHours(-25));
    sender = new Sender(counter.chain, database, desk, new Bell(), behind);
    for (int i = 0; i < 3; i++) {
      assertEquals(Desk.ToppedUp.SIGNED, desk.topUp(database, RELAYER, TOP_UP));
      mine(5);
    }
    assertEquals(Desk.ToppedUp.DAY_USED_UP, desk.topUp(database, RELAYER, TOP_UP));
  }

  @Test
  void shouldSignNothingThatTheTreasuryCannotPay() {
    balance(TREASURY.address(), Wei.of("0.2 ether")); // not the gas
    assertEquals(Desk.ToppedUp.TREASURY_EMPTY, desk.topUp(database, RELAYER, TOP_UP));
    balance(TREASURY.address(), Wei.ZERO);
    assertEquals(Desk.ToppedUp.TREASURY_EMPTY, desk.topUp(database, RELAYER, TOP_UP));
    balance(TREASURY.address(), Wei.of("1 ether"));
    assertEquals(Desk.ToppedUp.SIGNED, desk.topUp(database, RELAYER, TOP_UP));
  }

  @Test
  void L9_shouldRaiseABidWithTheSameCoins() {
    watch().round();
    sender.round();
    counter.baseFee(100);
    mine(4);
    assertEquals(Wei.of("0.69 ether"), balance());
  }

  @Test
  void L7_shouldSignOnlyTransfersToTheRelayerOfAtMostTheAmount() {
    Signer signer = signer();
    BigInteger amount = TOP_UP.amount().value();
    signer.sign(request(RELAYER, amount, Bytes.EMPTY, 500));
    signer.sign(request(TREASURY.address(), BigInteger.ZERO, Bytes.EMPTY, 500));
    for (Transactions.Request other :
        List.of(
            request(RELAYER, amount.add(BigInteger.ONE), Bytes.EMPTY, 500),
            request(RELAYER, amount, new Bytes("0xa9059cbb"), 500),
            request(Counter.TARGET, amount, Bytes.EMPTY, 500),
            request(Counter.TARGET, BigInteger.ZERO, Bytes.EMPTY, 500),
            request(TREASURY.address(), BigInteger.ONE, Bytes.EMPTY, 500),
            request(RELAYER, amount, Bytes.EMPTY, 501))) {
      assertThrows(SigningRefusedException.class, () -> signer.sign(other), other::toString);
    }
  }

  @Test
  void shouldRefuseTheRelayersOwnKeyAsItsTreasury() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new Treasury(counter.chain, desk, TREASURY.address(), TOP_UP));
    assertThrows(
        IllegalArgumentException.class,
        () -> new TopUp(Wei.of("1 ether"), Wei.of("2 ether"), Wei.of("1 ether")));
  }

  private Transactions.Request request(Address to, BigInteger value, Bytes data, long gwei) {
    BigInteger max = Counter.GWEI.multiply(BigInteger.valueOf(gwei));
    return new Transactions.Request(
        BigInteger.valueOf(counter.id),
        0,
        new Fees(BigInteger.ZERO, BigInteger.ONE, max),
        26_250,
        to,
        value,
        data);
  }

  private Signer signer() {
    return signer(TREASURY);
  }

  private Signer signer(PrivateKey key) {
    var own =
        new TreasuryPolicy.OnChain(
            BigInteger.valueOf(counter.id), FeeLimit.ofGwei(500, 50), TOP_UP);
    return new GuardedSigner(key, TreasuryPolicy.of(List.of(own), RELAYER));
  }

  private Desk desk() {
    return desk(TREASURY, Clock.systemUTC());
  }

  private Desk desk(PrivateKey key, Clock clock) {
    return new Desk(
        counter.chain,
        database,
        FeePolicy.upTo(FeeLimit.ofGwei(500, 50)),
        signer(key),
        counter.gate,
        new Bell(),
        clock);
  }

  private BalanceWatch watch() {
    return new BalanceWatch(
        counter.chain,
        database,
        RELAYER,
        new BalanceWatch.Limits(Wei.of("1 ether"), Wei.of("0.1 ether")),
        Optional.of(new Treasury(counter.chain, desk(), RELAYER, TOP_UP)),
        Clock.systemUTC());
  }

  private void mine(int blocks) {
    for (int i = 0; i < blocks; i++) {
      sender.round();
      sender.round();
      counter.mine(1);
    }
    sender.round();
  }

  private void balance(Address of, Wei wei) {
    counter.anvil.rpc("anvil_setBalance", of.hex(), "0x" + wei.value().toString(16));
  }

  private Wei balance() {
    return new Wei(counter.anvil.client().balance(RELAYER));
  }

  private BigInteger sent() {
    return database
        .inTransaction(
            tx ->
                tx.one(
                    "SELECT sum(value) AS n FROM transaction WHERE chain_id = ? AND purpose ="
                        + " 'TOP_UP'",
                    row -> row.big("n"),
                    counter.id))
        .orElseThrow();
  }

  /** As if all that happened on this chain had happened that much earlier. */
  private void age(Duration time) {
    database.run(
        tx ->
            tx.update(
                "UPDATE transaction SET created_at = created_at - ?::interval, settled_at ="
                    + " settled_at - ?::interval, counted_from = counted_from - ?::interval WHERE"
                    + " chain_id = ?",
                time.toSeconds() + " seconds",
                time.toSeconds() + " seconds",
                time.toSeconds() + " seconds",
                counter.id));
  }
}
