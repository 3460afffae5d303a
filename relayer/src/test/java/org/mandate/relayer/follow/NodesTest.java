package org.mandate.relayer.follow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.BlockTag;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Fees;
import org.mandate.chain.GasEstimate;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.chain.NodeException.Fault;
import org.mandate.chain.Receipt;
import org.mandate.chain.SendOutcome;
import org.mandate.relayer.follow.NodeReport.Reason;
import org.web3j.abi.datatypes.generated.Uint256;

/** What several nodes say together, and what is held against one of them. */
class NodesTest {
  private static final Address SELF = Address.of("0x" + "5e".repeat(20));
  private static final Hash SENT = Hash.keccak("sent");
  private static final byte[] RAW = {1};

  private final AtomicLong now = new AtomicLong();

  // ------------------------------------------------------------------ how it ended

  @Test
  void L10_shouldHaveMostNodesSayHowATransactionEnded() {
    Receipt truth = receipt(true, "block", 7);
    for (Receipt lie :
        List.of(
            receipt(false, "block", 7), receipt(true, "another", 7), receipt(true, "block", 8))) {
      for (int liar = 0; liar < 3; liar++) {
        SeveralNodes nodes = telling(liar, lie, truth, truth);
        assertEquals(Map.of(SENT, truth), nodes.receipts(Set.of(SENT)), "whoever comes first");
        assertEquals(1, contradictions(nodes, liar), "it is told who lied");
        assertEquals(1, contradictions(nodes), "and nobody else");
      }
    }
    assertEquals(Map.of(), telling(0, truth, null, null).receipts(Set.of(SENT)), "one's word");
    assertEquals(
        Map.of(), telling(0, truth, receipt(false, "block", 7), null).receipts(Set.of(SENT)));
    assertEquals(Map.of(SENT, truth), telling(0, null, truth, truth).receipts(Set.of(SENT)));
    assertEquals(Map.of(SENT, truth), telling(0, truth).receipts(Set.of(SENT)), "the only node");
    assertEquals(Map.of(), telling(0, truth, (Receipt) null).receipts(Set.of(SENT)), "two of two");
  }

  @Test
  void L10_shouldSayNothingOfReceiptsWhenMostNodesDoNotAnswer() {
    Receipt truth = receipt(true, "block", 7);
    SeveralNodes nodes =
        nodes(
            method -> method.equals("receipts") ? Map.of(SENT, truth) : fail(),
            method -> fail(),
            method -> fail());
    assertThrows(NodeException.class, () -> nodes.receipts(Set.of(SENT)));
  }

  @Test
  void L10_aNodeThatLacksTheReceiptOfABlockThatItToldOfIsNamed() {
    Receipt truth = receipt(true, "block", 7);
    for (long height : List.of(8L, 9L)) {
      SeveralNodes nodes =
          nodes(
              method -> method.equals("head") ? block(height) : Map.of(),
              method -> method.equals("head") ? block(9) : Map.of(SENT, truth),
              method -> method.equals("head") ? block(9) : Map.of(SENT, truth));
      nodes.newest();
      nodes.receipts(Set.of(SENT));
      assertEquals(height == 9 ? 1 : 0, contradictions(nodes, 0), "a little behind is no lie");
    }
  }

  // ------------------------------------------------------------------ counts

  /** Whatever one of them says: what is believed lies within what the honest ones say. */
  @Test
  void L10_oneNodeMovesNoCountOutOfWhatTheOthersSay() {
    Random random = new Random(11);
    for (int i = 0; i < 300; i++) {
      int count = 1 + 2 * random.nextInt(1, 4);
      int liars = random.nextInt((count + 1) / 2);
      long lowest = Long.MAX_VALUE;
      long highest = Long.MIN_VALUE;
      List<Function<String, Object>> all = new ArrayList<>();
      for (int n = 0; n < count; n++) {
        boolean lies = n < liars;
        long told = lies ? random.nextLong(0, Long.MAX_VALUE) : 1000 + random.nextLong(3);
        if (!lies) lowest = Math.min(lowest, told);
        if (!lies) highest = Math.max(highest, told);
        all.add(method -> told);
      }
      java.util.Collections.shuffle(all, random);
      long believed = nodes(all).nonce(SELF, BlockTag.LATEST);
      assertTrue(believed >= lowest && believed <= highest, believed + " of " + liars + " liars");
    }
  }

  /** Its answer comes first, each time. */
  @Test
  void L9_oneNodeThatCountsTooLittleHoldsNothingUp() {
    Function<String, Object> honest =
        method -> {
          sleep(Duration.ofMillis(20));
          return 7L;
        };
    for (int i = 0; i < 20; i++)
      assertEquals(7, nodes(method -> 0L, honest, honest).nonce(SELF, BlockTag.LATEST));
  }

  @Test
  void L10_shouldNotTakeANonceForUsedByOneNodesWord() {
    SeveralNodes nodes = nodes(method -> 9L, method -> 3L, method -> 3L);
    assertEquals(3, nodes.nonce(SELF, 12));
    assertEquals(1, contradictions(nodes, 0));
    assertEquals(3, nodes(method -> 9L, method -> 3L, method -> fail()).nonce(SELF, 12));
    SeveralNodes alone = nodes(method -> 9L, method -> fail(), method -> fail());
    assertThrows(NodeException.class, () -> alone.nonce(SELF, 12));
  }

  /** Whatever one of them says of the market: each part lies within what the honest ones say. */
  @Test
  void L9_oneNodeMovesNoFeeOutOfWhatTheOthersSay() {
    Fees low = fees(30, 2, 62);
    Fees high = fees(31, 1, 63);
    for (Fees lie : List.of(fees(0, 0, 0), fees(9_000, 8_000, 20_000), fees(0, 9_000, 9_000)))
      for (int liar = 0; liar < 3; liar++) {
        List<Fees> all = new ArrayList<>(List.of(low, high));
        all.add(liar, lie);
        Fees told = nodes(all.stream().<Function<String, Object>>map(f -> m -> f).toList()).fees();
        assertTrue(told.baseFee().longValue() >= 30 && told.baseFee().longValue() <= 31);
        assertTrue(told.maxPriorityFee().longValue() >= 1);
        assertTrue(told.maxPriorityFee().longValue() <= 2);
        assertTrue(told.maxFee().longValue() >= 62 && told.maxFee().longValue() <= 63);
      }
    AtomicInteger asked = new AtomicInteger();
    nodes(
            method -> {
              asked.incrementAndGet();
              return low;
            })
        .fees();
    assertEquals(1, asked.get(), "the only one is asked once");
  }

  private static Fees fees(long base, long tip, long most) {
    return new Fees(BigInteger.valueOf(base), BigInteger.valueOf(tip), BigInteger.valueOf(most));
  }

  // ------------------------------------------------------------------ sending

  @Test
  void L9_shouldSendToAllNodesThoughTheFirstOneTakesIt() throws Exception {
    CountDownLatch got = new CountDownLatch(3);
    Function<String, Object> takes =
        method -> {
          got.countDown();
          return new SendOutcome.Accepted(SENT);
        };
    assertInstanceOf(SendOutcome.Accepted.class, nodes(takes, takes, takes).send(RAW));
    assertTrue(got.await(10, TimeUnit.SECONDS), "one may take it and drop it");
  }

  @Test
  void L10_oneNodesWordAboutATransactionIsNotAllNodes() {
    SendOutcome taken = new SendOutcome.Accepted(SENT);
    SendOutcome low = new SendOutcome.NonceTooLow();
    SendOutcome refused = new SendOutcome.Refused("no");
    SendOutcome poor = new SendOutcome.InsufficientFunds("no");
    SendOutcome gone = new SendOutcome.Unreachable("no");
    for (SendOutcome lie : List.of(low, refused, poor, new SendOutcome.Underpriced("no"), gone))
      assertEquals(taken, sent(lie, taken, taken));
    for (SendOutcome truth : List.of(low, refused, poor, new SendOutcome.Underpriced("no")))
      assertEquals(truth, sent(taken, truth, truth), "it takes what it will drop");
    assertEquals(taken, sent(taken, gone, gone));
    assertEquals(taken, sent(refused, gone, taken));
    assertInstanceOf(SendOutcome.Unreachable.class, sent(refused, gone, gone));
    assertTrue(Sends.isTaken(sent(new SendOutcome.AlreadyKnown(SENT), taken, refused)));
  }

  private SendOutcome sent(SendOutcome... outcomes) {
    return Sends.of(List.of(outcomes), outcomes.length);
  }

  /** It is asked again and again, and nobody waits for it. */
  @Test
  void L9_shouldNotWaitWithSendingForANodeThatHangs() {
    SeveralNodes nodes =
        nodes(
            method -> {
              sleep(Duration.ofSeconds(30));
              return fail();
            },
            method -> new SendOutcome.Accepted(SENT),
            method -> new SendOutcome.Accepted(SENT));
    Instant start = Instant.now();
    for (int i = 0; i < 20; i++) assertInstanceOf(SendOutcome.Accepted.class, nodes.send(RAW));
    assertTrue(
        Duration.between(start, Instant.now()).toSeconds() < 20, "it waited for one of them");
  }

  // ------------------------------------------------------------------ estimates

  @Test
  void L9_shouldNotBlockWorkWhenOneNodeSaysThatItReverts() {
    GasEstimate reverts = new GasEstimate.Reverted("so", Bytes.EMPTY);
    assertEquals(gas(110), estimate(reverts, gas(100), gas(110)));
    assertEquals(gas(110), estimate(gas(1), gas(100), gas(110)), "too little is a lie, too");
    assertEquals(gas(110), estimate(gas(Long.MAX_VALUE), gas(100), gas(110)));
    assertEquals(reverts, estimate(gas(100), reverts, reverts));
    assertEquals(gas(100), estimate(gas(100)));
    assertEquals(reverts, estimate(reverts));
  }

  private GasEstimate estimate(GasEstimate... told) {
    List<Function<String, Object>> all = new ArrayList<>();
    for (GasEstimate one : told) all.add(method -> one);
    return nodes(all).estimateGas(SELF, SELF, BigInteger.ZERO, RAW);
  }

  private static GasEstimate gas(long gas) {
    return new GasEstimate.Estimated(gas);
  }

  // ------------------------------------------------------------------ calls

  /** An empty answer, garbage, another length: the next one is asked, and people see who it was. */
  @Test
  void L9_shouldAskTheNextNodeWhenAnAnswerMakesNoSense() {
    for (byte[] nonsense : List.of(new byte[0], new byte[] {1, 2, 3}, new byte[64])) {
      SeveralNodes nodes = nodes(method -> nonsense, method -> word(7), method -> word(7));
      assertEquals(BigInteger.valueOf(7), nodes.read(n -> n.call(SELF, RAW), NodesTest::number));
      assertEquals(Map.of(Fault.NONSENSE, 1L), nodes.reports().getFirst().failures());
      assertEquals(Map.of(), nodes.reports().get(1).failures());
      NodeException alone =
          assertThrows(
              NodeException.class,
              () -> nodes(method -> nonsense).read(n -> n.call(SELF, RAW), NodesTest::number));
      assertEquals(Fault.NONSENSE, alone.fault());
    }
  }

  /** Its client stumbles over what it answers: that is no failure of those who are asked too. */
  @Test
  void L9_shouldHearTheOthersWhateverIsThrownAboutOneNode() {
    Fees fees = new Fees(BigInteger.TEN, BigInteger.ONE, BigInteger.valueOf(21));
    SeveralNodes nodes =
        nodes(
            method -> {
              throw new NullPointerException("a part is missing");
            },
            method -> fees,
            method -> fees);
    for (int i = 0; i < 20; i++) assertEquals(fees, nodes.fees());
    assertTrue(nodes.reports().getFirst().failures().get(Fault.NONSENSE) > 0);
  }

  @Test
  void L9_shouldAskASingleNodeNoMoreThanOnce() {
    AtomicInteger asked = new AtomicInteger();
    SeveralNodes nodes =
        nodes(
            method -> {
              asked.incrementAndGet();
              return word(7);
            });
    nodes.read(n -> n.call(SELF, RAW), NodesTest::number);
    assertEquals(1, asked.get());
    nodes.callOfMost(SELF, RAW, NodesTest::number);
    assertEquals(2, asked.get());
  }

  /** It keeps one state, and a block came between finding it and reading it. */
  @Test
  void L9_shouldAskOnceMoreWhereTheNewestBlockWasReplaced() {
    AtomicInteger asked = new AtomicInteger();
    SeveralNodes nodes =
        nodes(
            method -> {
              if (asked.getAndIncrement() % 2 == 0)
                throw new NodeException(Fault.NONE, "height is 68, not 67", null);
              return word(7);
            });
    assertEquals(BigInteger.valueOf(7), nodes.read(n -> n.call(SELF, RAW), NodesTest::number));
    assertEquals(2, asked.get());
    AtomicInteger down = new AtomicInteger();
    SeveralNodes both =
        nodes(
            method -> {
              if (asked.getAndIncrement() % 2 == 0)
                throw new NodeException(Fault.NONE, "height is 69, not 68", null);
              return word(8);
            },
            method -> {
              down.incrementAndGet();
              throw new NodeException(Fault.SILENT, "down", null);
            });
    assertEquals(BigInteger.valueOf(8), both.read(n -> n.call(SELF, RAW), NodesTest::number));
    assertEquals(1, down.get(), "that one does not have it either");
    for (Fault fault : List.of(Fault.SILENT, Fault.BUSY, Fault.BROKEN)) {
      asked.set(0);
      SeveralNodes failing =
          nodes(
              method -> {
                asked.incrementAndGet();
                throw new NodeException(fault, "that helps nobody", null);
              });
      assertThrows(
          NodeException.class, () -> failing.read(n -> n.call(SELF, RAW), NodesTest::number));
      assertEquals(1, asked.get());
    }
  }

  /** A group of intents is one round trip, however many they are. */
  @Test
  void L9_shouldAskForManyCallsInOneQuestion() {
    List<String> asked = new ArrayList<>();
    SeveralNodes nodes =
        nodes(
            method -> {
              asked.add(method);
              return List.of();
            });
    nodes.read(n -> n.calls(List.of()), List::size);
    nodes.calls(List.of());
    assertEquals(List.of("calls", "calls"), asked);
  }

  @Test
  void L10_shouldTakeMostNodesWordForWhatAContractAnswers() {
    Function<String, Object> reverts =
        method -> {
          throw new CallRevertedException(SELF, "no");
        };
    for (Function<String, Object> liar :
        List.<Function<String, Object>>of(method -> word(1), method -> new byte[0], reverts)) {
      SeveralNodes nodes = nodes(liar, method -> word(7), method -> word(7));
      assertEquals(BigInteger.valueOf(7), nodes.callOfMost(SELF, RAW, NodesTest::number));
      assertThrows(
          NodeException.class,
          () ->
              nodes(liar, method -> word(7), method -> fail())
                  .callOfMost(SELF, RAW, NodesTest::number),
          "nobody decides");
    }
    CallRevertedException said =
        assertThrows(
            CallRevertedException.class,
            () ->
                nodes(method -> word(1), reverts, reverts)
                    .callOfMost(SELF, RAW, NodesTest::number));
    assertEquals("no", said.reason());
    Function<String, Object> otherwise =
        method -> {
          throw new CallRevertedException(SELF, "ExecutorGatewayClosed(1)");
        };
    assertFalse(
        assertThrows(
                CallRevertedException.class,
                () ->
                    nodes(otherwise, reverts, method -> word(7))
                        .callOfMost(SELF, RAW, NodesTest::number))
            .reason()
            .contains("Closed"),
        "one node's words");
    assertEquals(0, contradictions(nodes(method -> word(1))));
  }

  /** Whatever one of them says, it is within what the honest ones say. */
  @Test
  void L2_oneNodeMovesNoNumberOutOfWhatTheOthersSay() {
    BigInteger huge = BigInteger.ONE.shiftLeft(255);
    for (Object lie : List.of(word(0), Abi.encode(new Uint256(huge)), new byte[0])) {
      assertEquals(
          Optional.of(BigInteger.valueOf(100)),
          nodes(method -> lie, method -> word(100), method -> word(100))
              .numberOfMost(SELF, RAW, NodesTest::number));
    }
    assertEquals(
        Optional.empty(),
        nodes(method -> word(100), method -> new byte[0], method -> new byte[0])
            .numberOfMost(SELF, RAW, NodesTest::number));
    assertThrows(
        NodeException.class,
        () ->
            nodes(method -> word(1), method -> fail(), method -> fail())
                .numberOfMost(SELF, RAW, NodesTest::number));
  }

  private static byte[] word(long number) {
    return Abi.encode(new Uint256(number));
  }

  private static BigInteger number(byte[] answer) {
    if (answer.length != 32) throw new IllegalArgumentException(answer.length + " bytes");
    return new BigInteger(1, answer);
  }

  // ------------------------------------------------------------------ another chain's

  /** It is asked before anything else, once it answers, and believed about nothing. */
  @Test
  void L10_shouldNotHearANodeThatSaysItIsOfAnotherChain() {
    AtomicInteger identified = new AtomicInteger();
    Block truth = block(5);
    Function<String, Object> honest =
        method -> {
          if (!method.equals("chainId")) return Optional.of(truth);
          identified.incrementAndGet();
          return BigInteger.valueOf(7);
        };
    Function<String, Object> other =
        method -> method.equals("chainId") ? BigInteger.valueOf(8) : Optional.of(block(9));
    SeveralNodes nodes =
        new SeveralNodes(7, List.of("other", "one"), List.of(node(other), node(honest)));
    for (int i = 0; i < 5; i++) assertEquals(Optional.of(truth), nodes.block(5));
    assertEquals(1, identified.get(), "once is enough");
    String words = nodes.reports().getFirst().lastFailure();
    assertTrue(words.contains("of chain 8, configured is 7"), words);
    assertThrows(
        NodeException.class,
        () -> new SeveralNodes(7, List.of("other"), List.of(node(other))).blockOfMost(5));
  }

  // ------------------------------------------------------------------ health

  @Test
  void L10_noErrorOfATransactionOrACallCountsAgainstANode() {
    List<SendOutcome> outcomes =
        List.of(
            new SendOutcome.NonceTooLow(),
            new SendOutcome.Underpriced("no"),
            new SendOutcome.InsufficientFunds("no"),
            new SendOutcome.Refused("no"),
            new SendOutcome.AlreadyKnown(SENT),
            new SendOutcome.Unreachable("txpool is full", Fault.NONE));
    AtomicInteger next = new AtomicInteger();
    SeveralNodes nodes =
        nodes(
            method ->
                switch (method) {
                  case "send" -> outcomes.get(next.getAndIncrement() % outcomes.size());
                  case "estimateGas" -> new GasEstimate.Reverted("no", Bytes.EMPTY);
                  case "call" -> throw new CallRevertedException(SELF, "no");
                  default -> throw new NodeException(Fault.NONE, "block 7 is not known", null);
                });
    for (int i = 0; i < 60; i++) {
      nodes.send(RAW);
      nodes.estimateGas(SELF, SELF, BigInteger.ZERO, RAW);
      assertThrows(CallRevertedException.class, () -> nodes.call(SELF, RAW));
      assertThrows(NodeException.class, () -> nodes.balance(SELF));
    }
    NodeReport report = nodes.reports().getFirst();
    assertEquals("UP", report.state());
    assertEquals(Map.of(), report.failures());
    assertEquals(180, report.answers());
  }

  @Test
  void L10_shouldLeaveANodeAloneThatFailsAgainAndAgainAndAskItAgain() {
    AtomicInteger asked = new AtomicInteger();
    AtomicInteger isDown = new AtomicInteger(1);
    SeveralNodes nodes =
        nodes(
            method -> {
              asked.incrementAndGet();
              return isDown.get() == 1 ? fail() : block(5);
            },
            method -> block(5),
            method -> block(5));
    for (int i = 0; i < 10; i++) nodes.newest();
    assertEquals(3, asked.get(), "the others suffice");
    NodeReport report = nodes.reports().getFirst();
    assertEquals("BACKING_OFF", report.state());
    assertEquals(Map.of(Fault.BROKEN, 3L), report.failures());
    assertTrue(report.lastFailure().contains("down"));
    now.addAndGet(Duration.ofMillis(1100).toNanos());
    nodes.newest();
    assertEquals(4, asked.get());
    now.addAndGet(Duration.ofMillis(1100).toNanos());
    nodes.newest();
    assertEquals(4, asked.get(), "each time it is left alone for longer");
    isDown.set(0);
    now.addAndGet(Duration.ofMillis(1100).toNanos());
    nodes.newest();
    assertEquals("UP", nodes.reports().getFirst().state());
  }

  /** For as long as it wants; unless nobody else is there. */
  @Test
  void L10_shouldLeaveABusyNodeAloneForAsLongAsItWants() {
    AtomicInteger asked = new AtomicInteger();
    ChainClient busy =
        node(
            method -> {
              asked.incrementAndGet();
              return new SendOutcome.Unreachable(
                  "429", Fault.BUSY, Optional.of(Duration.ofSeconds(60)));
            });
    ChainClient takes = node(method -> new SendOutcome.Accepted(SENT));
    SeveralNodes nodes = several(List.of(busy, takes, takes));
    for (int i = 0; i < 5; i++) nodes.send(RAW);
    now.addAndGet(Duration.ofSeconds(59).toNanos());
    nodes.send(RAW);
    assertEquals(1, asked.get());
    assertEquals(
        Optional.of(Reason.BACKING_OFF),
        nodes.reports().getFirst().left().map(NodeReport.LeftOut::reason));
    now.addAndGet(Duration.ofSeconds(2).toNanos());
    nodes.send(RAW);
    await(() -> asked.get() == 2);
    several(List.of(busy)).send(RAW);
    several(List.of(busy)).send(RAW);
    assertEquals(4, asked.get(), "the only one is asked all the same");
  }

  @Test
  void shouldPreferANodeThatIsMuchQuicker() {
    AtomicInteger slow = new AtomicInteger();
    Function<String, Object> other = method -> method.equals("head") ? block(5) : BigInteger.TWO;
    Function<String, Object> first =
        method -> {
          slow.incrementAndGet();
          sleep(Duration.ofMillis(300));
          return method.equals("head") ? block(5) : BigInteger.ONE;
        };
    SeveralNodes nodes = new SeveralNodes(List.of(node(first), node(other), node(other)));
    assertEquals(BigInteger.ONE, nodes.chainId(), "the first one is preferred");
    for (int i = 0; i < 20; i++) nodes.newest();
    assertEquals(BigInteger.TWO, nodes.chainId());
    assertTrue(nodes.reports().getFirst().meanMillis() > 100);
  }

  @Test
  void L10_whoContradictsMostOthersAboutABlockIsNamedAndWhoLagsIsNot() {
    Block truth = block(5);
    SeveralNodes nodes =
        nodes(
            method -> Optional.of(new Block(5, Hash.keccak("made up"), Hash.ZERO, Instant.EPOCH)),
            method -> Optional.of(truth),
            method -> Optional.of(truth),
            method -> Optional.of(truth),
            method -> Optional.empty());
    assertTrue(nodes.agreement(5, truth.hash()).isConfirmed());
    assertEquals(1, contradictions(nodes, 0));
    assertEquals(1, contradictions(nodes));
    assertFalse(nodes.reports().getFirst().disagreements().isEmpty());
  }

  // ------------------------------------------------------------------ nodes

  private static long contradictions(SeveralNodes nodes, int index) {
    return nodes.reports().get(index).contradictions();
  }

  private static long contradictions(SeveralNodes nodes) {
    return nodes.reports().stream().mapToLong(NodeReport::contradictions).sum();
  }

  private static Object fail() {
    throw new NodeException("down");
  }

  private static void sleep(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void await(java.util.function.BooleanSupplier met) {
    Instant end = Instant.now().plusSeconds(60);
    while (!met.getAsBoolean()) {
      assertTrue(Instant.now().isBefore(end), "never");
      sleep(Duration.ofMillis(20));
    }
  }

  /** The liar's place among the others is chosen. */
  private SeveralNodes telling(int place, Receipt lie, Receipt... others) {
    List<Receipt> all = new ArrayList<>(java.util.Arrays.asList(others));
    all.add(place, lie);
    return nodes(
        all.stream()
            .<Function<String, Object>>map(
                own -> method -> own == null ? Map.of() : Map.of(SENT, own))
            .toList());
  }

  @SafeVarargs
  @SuppressWarnings("varargs") // they are only read
  private SeveralNodes nodes(Function<String, Object>... answers) {
    return nodes(List.of(answers));
  }

  private SeveralNodes nodes(List<Function<String, Object>> answers) {
    return several(answers.stream().map(NodesTest::node).toList());
  }

  private SeveralNodes several(List<ChainClient> nodes) {
    return new SeveralNodes(nodes, now::get);
  }

  private static ChainClient node(Function<String, Object> answer) {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) -> answer.apply(method.getName()));
  }

  private static Block block(long number) {
    return new Block(number, Hash.keccak("block " + number), Hash.ZERO, Instant.EPOCH);
  }

  private static Receipt receipt(boolean succeeded, String block, long number) {
    return new Receipt(
        SENT,
        succeeded,
        Hash.keccak(block),
        number,
        21_000,
        BigInteger.ONE,
        Optional.empty(),
        SELF,
        Optional.of(SELF),
        Optional.empty(),
        List.of());
  }
}
