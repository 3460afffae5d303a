package org.mandate.relayer.send;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
import org.mandate.chain.Block;
import org.mandate.chain.BlockTag;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.mandate.chain.Receipt;
import org.mandate.chain.SendOutcome;
import org.mandate.contracts.HomeExecutor;
import org.mandate.intent.Intent;
import org.mandate.relayer.Bell;
import org.mandate.relayer.SigningGate;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.follow.Follower;
import org.mandate.relayer.follow.SeveralNodes;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.relayer.store.Lease;
import org.mandate.relayer.store.StaleLeaseException;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.StoredIntent;
import org.mandate.relayer.store.Task;
import org.mandate.relayer.store.TransactionRow;
import org.mandate.relayer.store.TransactionRow.Attempt;
import org.mandate.relayer.store.TransactionRow.Purpose;
import org.mandate.signer.PrivateKeySigner;
import org.mandate.testing.Anvil;
import org.web3j.abi.EventEncoder;

/**
 * From the decision to a final receipt, one step at a time: a real chain that mines when it is
 * told, behind three nodes of which each may have a mood; a real database.
 */
class SendingTest {
  private static final Address TARGET = new Address("0x" + "7a".repeat(20));
  private static final Hash PAYMENT = Hash.keccak("payment");

  /** What a node does apart from telling the truth. */
  private enum Mood {
    HONEST,
    /** It has no receipt of anything. */
    FORGETS,
    /** It takes no transaction, and does not say why. */
    MUTE,
    DOWN,
    /** The head is final. */
    HASTY,
    /** The first block is the last that is final. */
    IDLE,
    /** A receipt of the newest block for each transaction, mined or not. */
    ENDS_IT,
    /** All receipts say that it reverted. */
    REVERTS_IT,
    COUNTS_MORE,
    COUNTS_LESS,
    /** It takes each transaction, knows it, and does nothing with it. */
    DROPS,
    /** Each block holds two logs at one place, of the executor. */
    INVENTS
  }

  @TempDir static Path directory;
  private static EmbeddedServer server;
  private static Database database;
  private static long lastId = 100;

  private final long id = ++lastId;
  private final Mood[] moods = {Mood.HONEST, Mood.HONEST, Mood.HONEST};
  private final SigningGate gate = new SigningGate();
  private Anvil anvil;
  private FollowedChain chain;
  private Desk desk;
  private Sender sender;
  private Follower follower;

  @BeforeAll
  static void startDatabase() {
    server = EmbeddedServer.start(directory.resolve("postgres"));
    database = Database.open(server.jdbcUrl());
  }

  @AfterAll
  static void stopDatabase() {
    database.close();
    server.close();
  }

  @BeforeEach
  void start() {
    anvil = anvil();
    database.run(tx -> ChainRow.register(tx, id, TARGET, TARGET));
    work(new SeveralNodes(List.of(node(0), node(1), node(2))));
  }

  @AfterEach
  void stop() {
    anvil.close();
  }

  // ------------------------------------------------------------------ L9

  @Test
  void L9_shouldTakeNoNonceWhenTheTransactionIsNotStored() {
    gate.close("a test stops it between nonce and signature");
    assertThrows(IllegalStateException.class, () -> write(Purpose.SUBMIT, PAYMENT));
    assertEquals(
        Optional.empty(),
        database.inTransaction(tx -> TransactionRow.nextNonce(tx, id, desk.self())));
    assertEquals(List.of(), open());
  }

  /** Its worker was paused, and another one has the work. */
  @Test
  void L9_shouldWriteNothingForWorkThatSomebodyElseHas() {
    assertFalse(
        desk.write(Purpose.SUBMIT, List.of(PAYMENT), TARGET, Bytes.EMPTY, 21_000, tx -> false));
    assertEquals(List.of(), open());
    write(Purpose.SUBMIT, PAYMENT);
    assertEquals(0, open().getFirst().nonce(), "it took no nonce either");
  }

  /** What stands for it is undone with it: the work is not taken for being on its way. */
  @Test
  void L9_shouldLeaveWorkDueForWhichNothingIsWritten() {
    write(Purpose.SUBMIT, PAYMENT);
    Instant now = Instant.now();
    Task task =
        database.inTransaction(
            tx -> {
              Task.open(tx, Task.Kind.SUBMIT, id, PAYMENT, now, now);
              return Task.claim(tx, "worker", now, Duration.ofMinutes(1)).orElseThrow();
            });
    Instant later = now.plusSeconds(30);
    Desk.Claim claim = tx -> task.putOff(tx, later, Optional.empty());
    assertFalse(
        desk.write(Purpose.SUBMIT, List.of(PAYMENT), TARGET, Bytes.EMPTY, 21_000, claim),
        "one is on its way");
    boolean held = database.inTransaction(tx -> task.putOff(tx, now, Optional.empty()));
    assertTrue(held, "the work is still who claimed it's, to be looked at again soon");
    database.run(tx -> tx.update("DELETE FROM task"));
  }

  /** It was paused, and still believes that it leads. */
  @Test
  void L9_shouldSendNothingOnceAnotherInstanceLeads() {
    Lease former = lead("former");
    Sender paused = new Sender(chain, database.fenced(former), desk, new Bell(), Clock.systemUTC());
    write(Purpose.SUBMIT, PAYMENT);
    lead("present");
    assertThrows(StaleLeaseException.class, paused::round);
    Attempt stored = attempts(open().getFirst()).getFirst();
    assertFalse(anvil.client().transactionKnown(stored.hash()));
    sender.round();
    assertTrue(anvil.client().transactionKnown(stored.hash()));
    assertThrows(
        StaleLeaseException.class,
        () -> desk.cancel(database.fenced(former), open().getFirst(), 2, desk.bid()));
    assertEquals(1, attempts(open().getFirst()).size(), "nothing is replaced by who led before");
  }

  private Lease lead(String holder) {
    List<String> line = List.of("send-" + id);
    return database.inTransaction(
        tx -> {
          Lease.open(tx, line);
          return Lease.take(tx, holder, line, Duration.ZERO, 1, Duration.ZERO).getFirst();
        });
  }

  @Test
  void L9_shouldSendNothingBeforeItIsStored() {
    write(Purpose.SUBMIT, PAYMENT);
    Attempt stored = attempts(open().getFirst()).getFirst();
    assertFalse(anvil.client().transactionKnown(stored.hash()), "sent while it was being stored");
    sender.round();
    assertTrue(anvil.client().transactionKnown(stored.hash()), "what is stored is what is sent");
  }

  /** A final block is gone, and with it, maybe, what a transaction rests on. */
  @Test
  void L9_shouldKeepBackWhatWasNeverSentWhileSigningIsStopped() {
    write(Purpose.SUBMIT, PAYMENT);
    Attempt stored = attempts(open().getFirst()).getFirst();
    database.run(tx -> ChainRow.halt(tx, id, "a final block is gone"));
    try {
      sender.round();
      assertFalse(anvil.client().transactionKnown(stored.hash()), "another instance saw it");
    } finally {
      database.run(tx -> tx.update("UPDATE chain SET halted = NULL"));
    }
    sender.round();
    assertTrue(anvil.client().transactionKnown(stored.hash()), "somebody accepted it");
    write(Purpose.SUBMIT, Hash.keccak("another"));
    gate.close("this one saw it");
    sender.round();
    assertEquals(1, sent(), "the other stays here");
  }

  private long sent() {
    return open().stream().filter(t -> attempts(t).getFirst().sentAt().isPresent()).count();
  }

  @Test
  void L9_shouldSendTheSameBytesAgainWhenItWasKilledBeforeItKnewThatTheyWereSent() {
    write(Purpose.SUBMIT, PAYMENT);
    sender.round();
    database.run(tx -> tx.update("UPDATE attempt SET sent_at = NULL, sent_block = NULL"));
    work(chain.client()); // as after a restart
    sender.round();
    TransactionRow transaction = open().getFirst();
    assertEquals(1, attempts(transaction).size(), "nothing is signed anew");
    assertTrue(attempts(transaction).getFirst().sentAt().isPresent(), "a node has it");
  }

  /** The operator gave it another key on the same database. */
  @Test
  void L9_shouldBringToAnEndWhatAFormerKeySigned() {
    write(Purpose.SUBMIT, PAYMENT);
    write(Purpose.PUBLISH, Hash.keccak("agent"));
    List<TransactionRow> former = open();
    changeKey();
    assertFalse(
        desk.write(Purpose.SUBMIT, List.of(PAYMENT), TARGET, Bytes.EMPTY, 21_000, tx -> true));
    for (int i = 0; i < 7; i++) {
      mine(1);
      formerKeys().round();
    }
    for (TransactionRow transaction : former) {
      assertEquals("SUCCEEDED", state(transaction.nonce()));
      assertEquals(1, attempts(transaction).size(), "nothing is signed for it");
    }
    assertTrue(
        desk.write(Purpose.EXECUTE, List.of(PAYMENT), TARGET, Bytes.EMPTY, 21_000, tx -> true));
  }

  /** It has no coins left, or bid too little. */
  @Test
  void L9_shouldTryAgainWhatAFormerKeySignedAndNobodyMines() {
    write(Purpose.SUBMIT, PAYMENT);
    anvil.rpc("anvil_setBalance", desk.self().hex(), "0x0");
    changeKey();
    FormerKeys former = formerKeys();
    for (int i = 0; i < Sender.FORMER_PATIENCE_BLOCKS; i++) {
      former.round();
      mine(1);
    }
    assertFalse(
        desk.write(Purpose.SUBMIT, List.of(PAYMENT), TARGET, Bytes.EMPTY, 21_000, tx -> true));
    former.round();
    assertTrue(
        desk.write(Purpose.SUBMIT, List.of(PAYMENT), TARGET, Bytes.EMPTY, 21_000, tx -> true));
    sender.round();
    for (int i = 0; i < 5; i++) mine(1);
    assertEquals(List.of(), open());
  }

  private void changeKey() {
    PrivateKeySigner next = new PrivateKeySigner(BigInteger.valueOf(0x5ec0 + id));
    anvil.rpc("anvil_setBalance", next.address().hex(), "0xde0b6b3a7640000");
    FeePolicy policy = FeePolicy.upTo(FeeLimit.ofGwei(500, 50));
    Clock clock = Clock.systemUTC();
    desk = new Desk(chain, database, policy, next, gate, new Bell(), clock);
    sender = new Sender(chain, database, desk, new Bell(), clock);
  }

  private FormerKeys formerKeys() {
    return new FormerKeys(
        chain, database, desk, Set.of(desk.self()), new Bell(), Clock.systemUTC());
  }

  @Test
  void L9_shouldUseEveryNonceOnceEvenOneThatIsLost() {
    database.run(tx -> TransactionRow.takeNonce(tx, id, desk.self(), 0)); // by a former program
    write(Purpose.SUBMIT, PAYMENT);
    write(Purpose.SUBMIT, Hash.keccak("another"));
    assertEquals(List.of(1L, 2L), open().stream().map(TransactionRow::nonce).toList());
    Hash payment = attempts(open().getFirst()).getFirst().hash();
    sender.round();
    assertEquals(List.of(0L, 1L, 2L), open().stream().map(TransactionRow::nonce).toList());
    anvil.mine(1);
    assertTrue(anvil.client().receipt(payment).isPresent(), "the lost nonce holds up nobody");
  }

  // ------------------------------------------------------------------ L3

  /** The chain takes one of them, and this relayer would pay for both. */
  @Test
  void L3_shouldHaveOneTransactionOnItsWayForOneNonce() {
    Hash first = signed("first of a nonce", 77, 1);
    Hash second = signed("second of a nonce", 77, 2);
    Hash other = signed("another nonce", 78, 2);
    write(Purpose.SUBMIT, first);
    assertFalse(
        desk.write(
            Purpose.SUBMIT, List.of(other, second), TARGET, Bytes.EMPTY, 21_000, tx -> true));
    assertEquals(1, open().size());
    write(Purpose.SUBMIT, other);
    assertEquals(2, open().size());
  }

  private Hash signed(String name, long nonce, long amount) {
    Hash intentId = Hash.keccak(name);
    Intent intent =
        new Intent(
            BigInteger.ONE,
            TARGET,
            BigInteger.valueOf(id),
            TARGET,
            TARGET,
            BigInteger.valueOf(amount),
            Bytes.EMPTY,
            BigInteger.valueOf(nonce),
            BigInteger.valueOf(4_000_000_000L));
    Instant now = Instant.now();
    database.run(
        tx -> StoredIntent.save(tx, intentId, intent, Optional.of(new Bytes("0x5a")), now));
    return intentId;
  }

  @Test
  void L3_shouldHaveOneTransactionOnItsWayForOneThing() {
    write(Purpose.SUBMIT, PAYMENT);
    write(Purpose.SUBMIT, PAYMENT);
    write(Purpose.EXECUTE, PAYMENT);
    assertEquals(1, open().size());
  }

  /** As two workers do, or two processes of one key: nobody fails, and each thing is tried once. */
  @Test
  void L3_shouldLetManyComeAtOnceWithTheSameThingsInSilence() throws Exception {
    List<Hash> things = List.of(Hash.keccak("a"), Hash.keccak("b"), Hash.keccak("c"));
    List<Future<Boolean>> written = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 24; i++) {
        Hash one = things.get(i % 3);
        Hash next = things.get((i + 1) % 3);
        Desk own = desk();
        written.add(
            threads.submit(
                () ->
                    own.write(
                        Purpose.DELIVER,
                        List.of(one, next),
                        TARGET,
                        Bytes.EMPTY,
                        21_000,
                        tx -> true)));
      }
    }
    int count = 0;
    for (Future<Boolean> one : written) if (one.get()) count++;
    assertEquals(1, count, "any two of them have something in common");
    assertEquals(1, open().size());
    assertEquals(0L, open().getFirst().nonce());
  }

  // ------------------------------------------------------------------ L10

  @Test
  void L10_shouldSayHowItEndedOnlyWhenThatIsFinal() {
    write(Purpose.SUBMIT, PAYMENT);
    sender.round();
    mine(1);
    assertEquals("OPEN", state());
    assertTrue(open().getFirst().blockNumber().isPresent(), "its block is known");
    mine(4);
    assertEquals("SUCCEEDED", state());
  }

  @Test
  void L10_shouldNotInferAnEndFromAMissingReceipt() {
    Arrays.fill(moods, Mood.FORGETS);
    write(Purpose.SUBMIT, PAYMENT);
    sender.round();
    mine(1);
    mine(1);
    assertEquals("OPEN", state(), "no block that it is missing from is final");
    Arrays.fill(moods, Mood.HONEST);
    mine(4);
    assertEquals("SUCCEEDED", state());
  }

  @Test
  void L10_shouldNotInferAnEndWhenOneNodeDoesNotAnswer() {
    Arrays.fill(moods, Mood.FORGETS);
    moods[2] = Mood.DOWN;
    write(Purpose.SUBMIT, PAYMENT);
    sender.round();
    mine(1);
    mine(5);
    mine(1);
    assertEquals("OPEN", state(), "the third node may have the receipt");
    moods[2] = Mood.HONEST;
    mine(1);
    assertEquals("OPEN", state(), "two say that there is none, one that there is");
    moods[1] = Mood.HONEST;
    mine(1);
    assertEquals("SUCCEEDED", state());
  }

  /** A receipt of a real block for what never was mined; a reverted one for what succeeded. */
  @Test
  void L10_shouldNotSayHowItEndedByWhatOneNodeTells() {
    for (Mood lie : List.of(Mood.ENDS_IT, Mood.REVERTS_IT)) {
      for (int liar = 0; liar < 3; liar++) {
        Hash subject = Hash.keccak(lie + " " + liar);
        moods[liar] = lie;
        write(Purpose.SUBMIT, subject);
        mine(1); // before it is sent, so that nothing mines it
        long nonce = open().getLast().nonce();
        assertEquals("OPEN", state(nonce), lie + " by node " + liar);
        for (int i = 0; i < 6; i++) mine(1);
        assertEquals("SUCCEEDED", state(nonce), lie + " by node " + liar);
        assertTrue(
            chain.client().reports().get(liar).contradictions() > 0, "it is told who says so");
        moods[liar] = Mood.HONEST;
      }
    }
  }

  /** Whatever it says of how many transactions there are. */
  @Test
  void L10_shouldNotBelieveOneNodeAboutNonces() {
    for (Mood lie : List.of(Mood.COUNTS_MORE, Mood.COUNTS_LESS)) {
      for (int liar = 0; liar < 3; liar++) {
        moods[liar] = lie;
        write(Purpose.SUBMIT, Hash.keccak(lie + " " + liar));
        long nonce = open().getLast().nonce();
        for (int i = 0; i < 7; i++) mine(1);
        assertEquals("SUCCEEDED", state(nonce), lie + " by node " + liar);
        moods[liar] = Mood.HONEST;
      }
    }
    assertEquals(
        Optional.of(6L),
        database.inTransaction(tx -> TransactionRow.nextNonce(tx, id, desk.self())));
  }

  /** It says that it took it, and knows it, and tells nobody. */
  @Test
  void L9_shouldNotDependOnANodeThatTakesTransactionsAndDropsThem() {
    for (int liar = 0; liar < 3; liar++) {
      moods[liar] = Mood.DROPS;
      write(Purpose.SUBMIT, Hash.keccak("by " + liar));
      long nonce = open().getLast().nonce();
      sender.round();
      mine(1);
      assertTrue(
          anvil.client().nonce(desk.self(), BlockTag.LATEST) > nonce, "mined in the next block");
      for (int i = 0; i < 4; i++) mine(1);
      assertEquals("SUCCEEDED", state(nonce));
      moods[liar] = Mood.HONEST;
    }
  }

  @Test
  void L10_shouldCallItDisplacedWhenAFinalBlockHasAnotherOneInItsPlace() {
    write(Purpose.SUBMIT, PAYMENT);
    anvil.rpc(
        "eth_sendTransaction",
        Map.of("from", desk.self().hex(), "to", TARGET.hex(), "nonce", "0x0", "gas", "0x5208"));
    mine(1);
    assertEquals("OPEN", state());
    mine(5);
    assertEquals("DISPLACED", state());
  }

  @Test
  void L10_shouldGiveUpNothingThatNodesDoNotAnswerTo() {
    Arrays.fill(moods, Mood.MUTE);
    write(Purpose.SUBMIT, PAYMENT);
    sender.round();
    sender.round();
    assertEquals(1, attempts(open().getFirst()).size(), "it may be on its way");
    Arrays.fill(moods, Mood.HONEST);
    sender.round();
    mine(5);
    assertEquals("SUCCEEDED", state());
  }

  @Test
  void L10_shouldMoveTheFinalityMarkByTheMajorityAlone() {
    try (Anvil liar = anvil("--timestamp", "1700000000")) {
      anvil.mine(6);
      liar.mine(6);
      work(new SeveralNodes(List.of(liar.client(), node(0))));
      assertThrows(NodeException.class, this::follow, "one of two is no majority");
      assertEquals(Optional.empty(), row().head(), "nothing is built on what one of them tells");
      assertEquals(Optional.empty(), row().finalized());
    }
  }

  @Test
  void L10_shouldNotMoveTheFinalityMarkToWhatOneNodeAloneCallsFinal() {
    for (int liar = 0; liar < 3; liar++) {
      moods[liar] = Mood.HASTY;
      anvil.mine(6);
      follow();
      assertEquals(Optional.of(anvil.client().head().number()), row().head());
      assertEquals(
          Optional.of(anvil.client().finalized().number()),
          row().finalized(),
          "two of three say so, whichever is asked first");
      moods[liar] = Mood.HONEST;
    }
  }

  @Test
  void L10_shouldMoveTheFinalityMarkWhenTheNodeThatIsAskedFirstCallsNothingFinal() {
    moods[0] = Mood.IDLE;
    anvil.mine(6);
    follow();
    assertEquals(Optional.of(anvil.client().finalized().number()), row().finalized());
  }

  @Test
  void L10_shouldStoreNothingThatOneNodeMadeUpAndWaitWhileItIsOneWordAgainstAnother() {
    moods[1] = Mood.INVENTS;
    anvil.mine(6);
    follow();
    Optional<Long> last = Optional.of(anvil.client().finalized().number());
    assertEquals(last, row().finalized());
    assertEquals(List.of(), stored(), "two of three say that nothing was logged");
    moods[2] = Mood.DOWN; // now it is one's word against another's
    anvil.mine(6);
    follow();
    assertEquals(last, row().finalized(), "nothing is final until most say what was logged");
    assertEquals(List.of(), stored(), "nor is anything stored");
    moods[2] = Mood.HONEST;
    follow();
    assertEquals(Optional.of(anvil.client().finalized().number()), row().finalized());
    assertEquals(List.of(), stored(), "two of three say that nothing was logged");
  }

  private List<Log> stored() {
    return database.inTransaction(tx -> StoredEvent.within(tx, id, 0, 1000));
  }

  private static List<Log> invented(ChainClient real, long from, long to) {
    List<Log> all = new ArrayList<>();
    for (Block block : real.blocks(from, to)) {
      for (String agent : List.of("one", "another")) {
        all.add(
            new Log(
                block.hash(),
                block.number(),
                Hash.keccak("nowhere"),
                0,
                TARGET,
                List.of(
                    Hash.of(EventEncoder.encode(HomeExecutor.INTENTRESENT_EVENT)),
                    Hash.keccak("intent"),
                    Hash.keccak(agent)),
                Hash.keccak("message").hex()));
      }
    }
    return all;
  }

  // ------------------------------------------------------------------ steps

  private Anvil anvil(String... more) {
    List<String> options = new ArrayList<>(List.of("--no-mining", "--slots-in-an-epoch", "1"));
    options.addAll(List.of(more));
    return Anvil.start(id, options.toArray(String[]::new));
  }

  /** A process that starts, with what is stored and nothing else. */
  private void work(SeveralNodes nodes) {
    chain =
        new FollowedChain(
            id, nodes, Finality.of("finalized"), 0, id, TARGET, TARGET, TARGET, TARGET, TARGET);
    Clock clock = Clock.systemUTC();
    desk = desk();
    sender = new Sender(chain, database, desk, new Bell(), clock);
    follower = new Follower(chain, Set.of(), database, gate, new Bell(), Duration.ZERO, clock);
  }

  private Desk desk() {
    FeePolicy policy = FeePolicy.upTo(FeeLimit.ofGwei(500, 50));
    return new Desk(chain, database, policy, Anvil.RICH, gate, new Bell(), Clock.systemUTC());
  }

  private ChainClient node(int number) {
    ChainClient real = anvil.client();
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) -> {
              boolean sends = method.getName().equals("send");
              switch (moods[number]) {
                case DOWN, MUTE -> {
                  if (sends) return new SendOutcome.Unreachable("no answer");
                  if (moods[number] == Mood.DOWN) throw new NodeException("down");
                }
                case FORGETS -> {
                  if (method.getName().equals("receipts")) return Map.of();
                }
                case ENDS_IT, REVERTS_IT -> {
                  if (method.getName().equals("receipts"))
                    return ends(real, (Collection<?>) arguments[0], moods[number]);
                }
                case COUNTS_MORE -> {
                  if (method.getName().equals("nonce")) return 40L;
                }
                case COUNTS_LESS -> {
                  if (method.getName().equals("nonce")) return 0L;
                }
                case DROPS -> {
                  if (sends) return new SendOutcome.Accepted(Hash.keccak((byte[]) arguments[0]));
                  if (method.getName().equals("transactionKnown")) return true;
                }
                case HASTY -> {
                  if (method.getName().equals("finalized")) return real.head();
                }
                case IDLE -> {
                  if (method.getName().equals("finalized")) return real.block(0).orElseThrow();
                }
                case INVENTS -> {
                  if (method.getName().equals("logs") && arguments[0] instanceof Long from)
                    return invented(real, from, (long) arguments[1]);
                  if (method.getName().equals("logs") && arguments[0] instanceof Hash block)
                    return invented(real, 1, real.head().number()).stream()
                        .filter(log -> log.blockHash().equals(block))
                        .toList();
                }
                case HONEST -> {}
              }
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private static Map<Hash, Receipt> ends(ChainClient real, Collection<?> asked, Mood mood) {
    Map<Hash, Receipt> all = new HashMap<>();
    Block head = real.head();
    for (Object one : asked) {
      Hash hash = (Hash) one;
      Receipt truth =
          real.receipt(hash)
              .orElse(
                  new Receipt(
                      hash,
                      true,
                      head.hash(),
                      head.number(),
                      21_000,
                      BigInteger.ONE,
                      Optional.empty(),
                      TARGET,
                      Optional.of(TARGET),
                      Optional.empty(),
                      List.of()));
      all.put(
          hash,
          new Receipt(
              hash,
              mood == Mood.ENDS_IT && truth.succeeded(),
              truth.blockHash(),
              truth.blockNumber(),
              truth.gasUsed() + 1,
              truth.effectiveGasPrice(),
              truth.dataFee(),
              truth.from(),
              truth.to(),
              truth.created(),
              truth.logs()));
    }
    return all;
  }

  private void write(Purpose purpose, Hash subject) {
    desk.write(purpose, List.of(subject), TARGET, Bytes.EMPTY, 21_000, tx -> true);
  }

  /** Mines, follows, and looks after what was sent. */
  private void mine(int blocks) {
    anvil.mine(blocks);
    follow();
    sender.round();
    sender.round();
  }

  private void follow() {
    while (follower.round()) Thread.onSpinWait();
  }

  private ChainRow row() {
    return database.inTransaction(tx -> ChainRow.of(tx, id));
  }

  private List<TransactionRow> open() {
    return database.inTransaction(tx -> TransactionRow.toSend(tx, id, desk.self(), 0));
  }

  private static List<Attempt> attempts(TransactionRow transaction) {
    return database.inTransaction(transaction::attempts);
  }

  private String state() {
    return state(0);
  }

  private String state(long nonce) {
    return database
        .inTransaction(
            tx ->
                tx.one(
                    "SELECT state FROM transaction WHERE chain_id = ? AND nonce = ?",
                    row -> row.text("state"),
                    id,
                    nonce))
        .orElseThrow();
  }
}
