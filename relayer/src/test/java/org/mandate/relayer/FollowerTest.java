package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
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
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.JsonRpcClient;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.HomeExecutor;
import org.mandate.contracts.QuorumGateway;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.relayer.follow.Disagreement;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.follow.Follower;
import org.mandate.relayer.follow.NodeReport;
import org.mandate.relayer.follow.SeveralNodes;
import org.mandate.relayer.store.Blocks;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.relayer.store.StoreException;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.StoredIntent;
import org.mandate.relayer.store.Task;
import org.web3j.abi.EventEncoder;
import org.web3j.abi.datatypes.generated.Bytes32;
import org.web3j.abi.datatypes.generated.Uint256;
import org.web3j.abi.datatypes.generated.Uint64;

/** Follows a real chain through nodes of which some lie, round by round. */
class FollowerTest {
  private static final long CHAIN = 31337;
  private static final Address EXECUTOR = Address.of("0x" + "e0".repeat(20));
  private static final Address GATEWAY = Address.of("0x" + "9a".repeat(20));
  private static final Hash DELIVERED =
      Hash.of(EventEncoder.encode(QuorumGateway.MESSAGEDELIVERED_EVENT));
  private static final Hash MESSAGE = Hash.keccak("message");
  private static final long DELIVERED_AT = 7;

  @TempDir Path directory;
  private Anvil anvil;
  private EmbeddedServer server;
  private Database database;

  @BeforeEach
  void start() {
    anvil = Anvil.start(CHAIN, "--no-mining");
    server = EmbeddedServer.start(directory.resolve("postgres"));
    database = Database.open(server.jdbcUrl());
    database.run(tx -> ChainRow.register(tx, CHAIN, EXECUTOR, GATEWAY));
    mine(6);
  }

  @AfterEach
  void stop() {
    database.close();
    server.close();
    anvil.close();
  }

  /** It tells of a head far away and answers nothing of it; when others are doubted, it stops. */
  @Test
  void L10_shouldDoubtWhoToldOfTheHeadAndNobodyElse() {
    AtomicBoolean boasts = new AtomicBoolean(true);
    Block stuck = anvil.client().head();
    long far = stuck.number() + 1_000_000;
    ChainClient liar =
        answering(
            anvil.client(),
            (method, arguments, real) -> {
              if (method.equals("head")) {
                return boasts.get()
                    ? new Block(far, Hash.keccak("far"), Hash.keccak("farther"), Instant.now())
                    : stuck;
              }
              if (method.equals("blocks")) throw new NodeException("not now");
              return real.call();
            });
    Follower follower = follower(anvil.client(), anvil.client(), liar);
    for (int i = 0; i < 8; i++) round(follower);
    assertEquals(stuck.number(), top());
    boasts.set(false);
    for (int i = 0; i < 3; i++) {
      mine(1);
      round(follower);
      assertEquals(anvil.client().head().number(), top(), "two honest nodes lead on");
    }
  }

  /** It shows as many blocks as it likes above the true ones. */
  @Test
  void L10_shouldFollowNobodyFarAboveTheOthers() {
    Block fork = anvil.client().head();
    long far = fork.number() + 1_000_000;
    ChainClient liar =
        answering(
            anvil.client(),
            (method, arguments, real) -> {
              if (method.equals("head")) return madeUp(far, fork);
              if (method.equals("logs")) return List.of();
              if (method.equals("block") && arguments[0] instanceof Long number)
                return Optional.of(madeUp(number, fork));
              return method.equals("blocks")
                  ? LongStream.rangeClosed((long) arguments[0], (long) arguments[1])
                      .mapToObj(number -> madeUp(number, fork))
                      .toList()
                  : real.call();
            });
    Follower follower = follower(liar, anvil.client(), anvil.client());
    for (int i = 0; i < 7; i++) round(follower);
    assertEquals(fork.number() + 200, top());
    assertEquals(fork.number() + 200, follower.seenHead());
  }

  private Block madeUp(long number, Block fork) {
    return number <= fork.number()
        ? anvil.client().block(number).orElseThrow()
        : own(new Block(number, Hash.ZERO, fork.hash(), Instant.EPOCH), fork.number());
  }

  /** All nodes tell the same: more than is compared at once, less in fewer blocks. */
  @Test
  void L10_shouldCompareFewerBlocksWhenTheirLogsAreTooMuchAtOnce() {
    String data = "0x" + "00".repeat(10 << 20);
    List<Block> blocks = anvil.client().blocks(1, 3);
    ChainClient node =
        answering(
            anvil.client(),
            (method, arguments, real) -> {
              if (!method.equals("logs")) return real.call();
              return blocks.stream()
                  .filter(
                      b ->
                          arguments[0] instanceof Hash hash
                              ? b.hash().equals(hash)
                              : b.number() >= (long) arguments[0]
                                  && b.number() <= (long) arguments[1])
                  .map(b -> strangers(b, data))
                  .toList();
            });
    Follower follower = follower(node, node);
    for (int i = 0; i < 10; i++) round(follower);
    assertEquals(Optional.of(anvil.client().finalized().number()), finalized());
  }

  private static Log strangers(Block block, String data) {
    return new Log(
        block.hash(),
        block.number(),
        Hash.keccak("transaction"),
        0,
        Address.ZERO,
        List.of(MESSAGE),
        data);
  }

  /** A log of our own contract that nobody can read. */
  @Test
  void L10_shouldLeaveWhoTellsWhatCannotBeRead() {
    ChainClient liar =
        answering(
            anvil.client(),
            (method, arguments, real) ->
                method.equals("logs") && arguments[0] instanceof Hash hash
                    ? List.of(
                        new Log(
                            hash,
                            anvil.client().block(hash).orElseThrow().number(),
                            Hash.keccak("transaction"),
                            0,
                            GATEWAY,
                            List.of(Hash.of(EventEncoder.encode(QuorumGateway.MESSAGESENT_EVENT))),
                            "0x"))
                    : real.call());
    Follower follower = follower(liar, anvil.client(), anvil.client());
    assertThrows(RuntimeException.class, follower::round);
    round(follower);
    assertEquals(anvil.client().head().number(), top());
  }

  /** It tells of it in each block as the one that is followed. */
  private ChainClient adding(Function<Block, List<Log>> madeUp) {
    return answering(
        anvil.client(),
        (method, arguments, real) ->
            method.equals("logs") && arguments[0] instanceof Hash hash
                ? madeUp.apply(anvil.client().block(hash).orElseThrow())
                : real.call());
  }

  /** Work whose time the database cannot hold. */
  @Test
  void L9_shouldGoOnWhenOneNodeTellsOfATimeThatNoYearReaches() {
    for (long far : List.of(10_000_000_000_000L, Long.MAX_VALUE)) {
      Follower follower =
          follower(adding(b -> List.of(hastened(b, far))), anvil.client(), anvil.client());
      for (int i = 0; i < 3; i++) {
        mine(1);
        round(follower);
      }
      assertEquals(anvil.client().head().number(), top(), "work at " + far);
    }
  }

  /** What the database refuses, whatever it is, the node is to blame for that told of it. */
  @Test
  void L9_shouldLeaveWhoTellsWhatCannotBeStored() {
    ChainClient liar =
        adding(block -> List.of(madeUp(block), hastened(block, 1))); // both with the index 0
    Follower follower = follower(liar, anvil.client(), anvil.client());
    assertThrows(StoreException.class, follower::round);
    round(follower);
    assertEquals(anvil.client().head().number(), top());
  }

  private static Log hastened(Block block, long executableAt) {
    return new Log(
        block.hash(),
        block.number(),
        Hash.keccak("transaction"),
        0,
        EXECUTOR,
        List.of(
            Hash.of(EventEncoder.encode(DestinationExecutor.INTENTHASTENED_EVENT)),
            Hash.keccak("intent " + block.number()),
            Hash.of(Abi.encode(new Uint256(1)))),
        Bytes.of(Abi.encode(new Uint256(1), new Uint64(BigInteger.valueOf(executableAt)))).hex());
  }

  /** What is stored of an intent is what work is done by, whoever told of it first. */
  @Test
  void L9_shouldLeaveWhoTellsOfAnotherIntentUnderAnId() {
    Hash id = Hash.keccak("an intent that is signed");
    Intent other =
        new Intent(
            BigInteger.ONE,
            EXECUTOR,
            BigInteger.valueOf(CHAIN),
            EXECUTOR,
            EXECUTOR,
            BigInteger.TEN,
            Bytes.EMPTY,
            BigInteger.ONE,
            BigInteger.TWO.pow(40));
    ChainClient liar =
        answering(
            anvil.client(),
            (method, arguments, real) ->
                method.equals("logs") && arguments[0] instanceof Hash hash
                    ? List.of(
                        new Log(
                            hash,
                            anvil.client().block(hash).orElseThrow().number(),
                            Hash.keccak("transaction"),
                            0,
                            EXECUTOR,
                            List.of(
                                Hash.of(EventEncoder.encode(HomeExecutor.INTENTDISPATCHED_EVENT)),
                                id,
                                Hash.of(Abi.encode(new Uint256(1)))),
                            Bytes.of(
                                    Abi.encode(
                                        IntentAbi.toContract(other), new Bytes32(id.bytes())))
                                .hex()))
                    : real.call());
    Follower follower = follower(liar, anvil.client(), anvil.client());
    assertThrows(IllegalArgumentException.class, follower::round);
    round(follower);
    assertEquals(Optional.empty(), database.inTransaction(tx -> StoredIntent.of(tx, id)));
    assertEquals(anvil.client().head().number(), top());
  }

  @Test
  void L3_shouldNotTakeOneNodesWordForALogThatAnotherDenies() {
    AtomicBoolean isDown = new AtomicBoolean(true);
    Follower follower = follower(anvil.client(), inventing(2), down(isDown));
    for (int i = 0; i < 3; i++) round(follower);
    assertEquals(List.of(), events());
    assertTrue(finalized().orElse(0L) < 2, "nobody decides: " + finalized());
    isDown.set(false);
    for (int i = 0; i < 3; i++) round(follower);
    assertEquals(List.of(), events());
    assertEquals(Optional.of(anvil.client().finalized().number()), finalized());
  }

  /** Who answers late rests, and is asked once for all of them. */
  @Test
  void L9_shouldAskWhoRestsOnceAboutWhateverANodeMakesUp() {
    AtomicBoolean isLate = new AtomicBoolean(true);
    AtomicInteger single = new AtomicInteger();
    ChainClient rests =
        answering(
            anvil.client(),
            (method, arguments, real) -> {
              if (method.equals("head") && isLate.getAndSet(false)) Thread.sleep(2_500);
              return real.call();
            });
    Follower follower = follower(anvil.client(), rests, inventing(2, 500, single));
    for (int i = 0; i < 3; i++) round(follower);
    assertEquals(0, single.get(), "single logs were asked about");
    assertEquals(List.of(), events());
    assertEquals(Optional.of(anvil.client().finalized().number()), finalized());
  }

  /** Where one of three does not tell all that was logged, of single logs it may. */
  @Test
  void L9_shouldGoOnFollowingHoweverMuchANodeMakesUp() {
    AtomicInteger single = new AtomicInteger();
    AtomicBoolean isShort = new AtomicBoolean(true);
    Follower follower = follower(anvil.client(), ofFewWords(isShort), inventing(2, 500, single));
    for (int i = 0; i < 3; i++) {
      mine(1);
      int before = single.get();
      round(follower);
      assertEquals(anvil.client().head().number(), top(), "it goes on");
      int asked = single.get() - before;
      assertTrue(asked > 0 && asked <= 16, asked + " single logs were asked about in one round");
    }
    assertTrue(finalized().orElse(0L) < 2, "it is not known of all: " + finalized());
    isShort.set(false);
    for (int i = 0; i < 5; i++) round(follower);
    assertEquals(List.of(), events());
    assertEquals(Optional.of(anvil.client().finalized().number()), finalized());
  }

  /** It tells of single blocks what was logged, not of many. */
  private ChainClient ofFewWords(AtomicBoolean isShort) {
    return answering(
        anvil.client(),
        (method, arguments, real) -> {
          if (method.equals("logs") && arguments[0] instanceof Long && isShort.get())
            throw new NodeException("too many");
          return real.call();
        });
  }

  /** It is known of more in each round. */
  @Test
  void L9_shouldComeToAnEndWithWhatANodeMakesUp() {
    AtomicInteger single = new AtomicInteger();
    Follower follower =
        follower(anvil.client(), ofFewWords(new AtomicBoolean(true)), inventing(2, 40, single));
    for (int i = 0; i < 8; i++) round(follower);
    assertEquals(40, single.get(), "of each once");
    assertEquals(List.of(), events());
    assertEquals(Optional.of(anvil.client().finalized().number()), finalized());
  }

  /** What it made up may have put work off. */
  @Test
  void L3_shouldTakeOutWhatTheNodeThatIsFollowedMadeUp() {
    AtomicBoolean isDown = new AtomicBoolean(true);
    Follower follower = follower(inventing(2), anvil.client(), down(isDown));
    for (int i = 0; i < 3; i++) round(follower);
    assertEquals(1, events().size());
    assertTrue(finalized().orElse(0L) < 2, "nobody decides: " + finalized());
    Instant now = Instant.now();
    Instant far = now.plus(Duration.ofDays(9));
    Task claimed =
        database.inTransaction(
            tx -> {
              Task.open(tx, Task.Kind.EXECUTE, CHAIN, MESSAGE, now, now);
              Task.open(tx, Task.Kind.EXECUTE, CHAIN, Hash.keccak("other"), far, now);
              return Task.claim(tx, "test", now, Duration.ofDays(1)).orElseThrow();
            });
    isDown.set(false);
    for (int i = 0; i < 3; i++) round(follower);
    assertEquals(List.of(), events());
    assertEquals(Optional.of(anvil.client().finalized().number()), finalized());
    database.run(
        tx -> {
          assertFalse(claimed.putOff(tx, far, Optional.empty()), "concluded from what is not so");
          claimed.close(tx);
          assertTrue(
              Task.claim(tx, "test", Instant.now(), Duration.ofDays(1)).isPresent()
                  && Task.claim(tx, "test", Instant.now(), Duration.ofDays(1)).isPresent(),
              "both are looked at now");
        });
  }

  /**
   * It does so in each block that it is asked for as the one that is followed, and denies it
   * whenever all are asked.
   */
  @Test
  void L10_shouldFollowAnotherNodeThanOneThatMakesUpWhatWasLogged() {
    ChainClient liar =
        answering(
            anvil.client(),
            (method, arguments, real) -> {
              boolean isFollowed =
                  method.equals("logs")
                      && arguments[0] instanceof Hash
                      && ((Collection<?>) arguments[1]).size() > 1;
              if (!isFollowed) return real.call();
              Block block = anvil.client().block((Hash) arguments[0]).orElseThrow();
              return List.of(madeUp(block));
            });
    SeveralNodes nodes = new SeveralNodes(List.of(liar, anvil.client(), anvil.client()));
    Follower follower = follower(0, nodes);
    round(follower);
    NodeReport told = nodes.reports().getFirst();
    assertEquals("DOUBTED", told.state());
    assertTrue(told.disagreements().get(Disagreement.LOGS) >= 1, "people are told");
    assertEquals("UP", nodes.reports().get(1).state());
    int before = events().size(); // of blocks that are not final yet
    mine(6);
    for (int i = 0; i < 3; i++) round(follower);
    assertTrue(events().size() <= before, "another one is followed");
    assertEquals("DOUBTED", nodes.reports().getFirst().state(), "its blocks are true, it is not");
    mine(6);
    for (int i = 0; i < 3; i++) round(follower);
    assertEquals(List.of(), events());
    assertEquals(Optional.of(anvil.client().finalized().number()), finalized());
  }

  /** It tells the truth as the one that is followed, and of nothing when all are asked. */
  @Test
  void L10_shouldNotFollowANodeThatMostContradictAboutWhatWasLogged() {
    deliver();
    ChainClient liar =
        answering(
            anvil.client(),
            (method, arguments, real) ->
                method.equals("logs") && arguments[0] instanceof Long ? List.of() : real.call());
    SeveralNodes nodes = new SeveralNodes(List.of(anvil.client(), liar, anvil.client()));
    Follower follower = follower(0, nodes);
    for (int i = 0; i < 2; i++) round(follower);
    mine(6);
    for (int i = 0; i < 2; i++) round(follower);
    assertEquals(1, events().size());
    assertEquals("DOUBTED", nodes.reports().get(1).state());
  }

  /** All that is stored is built on it. */
  @Test
  void L10_shouldBuildOnNoFirstBlockThatOneNodeTellsOf() {
    Block lie = new Block(3, Hash.keccak("three"), Hash.keccak("two"), Instant.EPOCH);
    ChainClient liar =
        answering(
            anvil.client(),
            (method, arguments, real) ->
                method.equals("block") && Long.valueOf(3).equals(arguments[0])
                    ? Optional.of(lie)
                    : real.call());
    AtomicBoolean isDown = new AtomicBoolean(true);
    Follower follower = follower(4, liar, anvil.client(), down(isDown));
    for (int i = 0; i < 2; i++) round(follower);
    assertEquals(
        Optional.empty(),
        database.inTransaction(tx -> Blocks.atOrBelow(tx, CHAIN, 3)),
        "one says this, one that");
    isDown.set(false);
    for (int i = 0; i < 2; i++) round(follower);
    assertEquals(
        anvil.client().block(3), database.inTransaction(tx -> Blocks.atOrBelow(tx, CHAIN, 3)));
    assertEquals(anvil.client().head().number(), top());
  }

  /** Each time it is asked it tells of another branch, of blocks that nobody else has. */
  @Test
  void L9_shouldLeaveWhoTellsOfAnotherHeadAgainAndAgain() {
    AtomicLong branch = new AtomicLong();
    ChainClient restless =
        answering(
            anvil.client(),
            (method, arguments, real) -> {
              Block head = anvil.client().head();
              return switch (method) {
                case "head" -> {
                  branch.incrementAndGet();
                  yield branched(branch.get(), head.number() + 3, head);
                }
                case "block" ->
                    arguments[0] instanceof Long number
                        ? Optional.of(branched(branch.get(), number, head))
                        : real.call();
                case "blocks" ->
                    LongStream.rangeClosed((long) arguments[0], (long) arguments[1])
                        .mapToObj(number -> branched(branch.get(), number, head))
                        .toList();
                case "logs" -> List.of();
                default -> real.call();
              };
            });
    SeveralNodes nodes = new SeveralNodes(List.of(restless, anvil.client(), anvil.client()));
    Follower follower = follower(0, nodes);
    for (int i = 0; i < 4; i++) round(follower);
    assertEquals("DOUBTED", nodes.reports().getFirst().state());
    round(follower);
    assertEquals(anvil.client().head(), topBlock(), "another one is followed");
  }

  /** Above the true head, and different in each branch. */
  private Block branched(long branch, long number, Block head) {
    if (number <= head.number()) return anvil.client().block(number).orElseThrow();
    Hash parent =
        number == head.number() + 1
            ? head.hash()
            : Hash.keccak("branch %d %d".formatted(branch, number - 1));
    return new Block(
        number, Hash.keccak("branch %d %d".formatted(branch, number)), parent, head.timestamp());
  }

  /** It has a block of its own in the place of one that the two others have. */
  @Test
  void L9_shouldUndoNothingThatMostNodesHaveByOneNodesWord() {
    AtomicLong fork = new AtomicLong(Long.MAX_VALUE);
    SeveralNodes nodes = new SeveralNodes(List.of(forked(fork), anvil.client(), anvil.client()));
    Follower follower = follower(0, nodes);
    round(follower);
    Block top = topBlock();
    fork.set(top.number() - 1);
    round(follower);
    assertEquals(top, topBlock());
    assertEquals("DOUBTED", nodes.reports().getFirst().state());
  }

  private Block topBlock() {
    return database.inTransaction(tx -> Blocks.atOrBelow(tx, CHAIN, Long.MAX_VALUE)).orElseThrow();
  }

  /** It was not final yet: nothing that is stored is common. */
  @Test
  void L10_shouldBeginAnewWhenAReorgTookTheFirstBlock() {
    Follower follower = follower(6, anvil.client());
    round(follower);
    Block first = database.inTransaction(tx -> Blocks.atOrBelow(tx, CHAIN, 5)).orElseThrow();
    assertTrue(finalized().isEmpty(), "the first one is not final: " + finalized());
    anvil.reorg(3);
    mine(2);
    for (int i = 0; i < 3; i++) round(follower);
    assertEquals(
        anvil.client().block(5), database.inTransaction(tx -> Blocks.atOrBelow(tx, CHAIN, 5)));
    assertNotEquals(first.hash(), anvil.client().block(5).orElseThrow().hash());
    assertEquals(anvil.client().head().number(), top());
  }

  /** Number, parent and time are the hash's, whoever tells of them first. */
  @Test
  void L10_shouldTakeNoNodesWordForTheTimeOfABlock() throws Exception {
    try (LyingNode liar = LyingNode.before(anvil.url())) {
      liar.tell(LyingNode.Lie.OLD_TIMES);
      ChainClient checked =
          JsonRpcClient.checkingHeaders(liar.url(), Duration.ofSeconds(5), "so it is said");
      NodeException refused = assertThrows(NodeException.class, () -> checked.block(2));
      assertTrue(
          refused.getMessage().contains("block 2:")
              && refused.getMessage().contains("so it is said"),
          refused.getMessage());
      assertThrows(NodeException.class, checked::head);
      assertThrows(NodeException.class, checked::finalized);
      assertThrows(NodeException.class, () -> checked.blocks(1, 3));
      Follower follower = follower(checked, anvil.client(), anvil.client());
      for (int i = 0; i < 3; i++) round(follower);
      Block head = anvil.client().head();
      assertEquals(
          Optional.of(head),
          database.inTransaction(tx -> Blocks.atOrBelow(tx, CHAIN, Long.MAX_VALUE)));
    }
  }

  /** It has blocks of its own above what is final, and calls none of them final. */
  @Test
  void L10_shouldLeaveWhoWentAnotherWayThanWhatMostCallFinal() {
    AtomicLong fork = new AtomicLong(Long.MAX_VALUE);
    Follower follower = follower(forked(fork), anvil.client(), anvil.client());
    for (int i = 0; i < 2; i++) round(follower);
    fork.set(finalized().orElseThrow());
    mine(6);
    for (int i = 0; i < 4; i++) round(follower);
    assertEquals(Optional.of(anvil.client().finalized().number()), finalized());
  }

  /** One that is gone once called more final than there was; one still does, the third does not. */
  @Test
  void L10_shouldNotMoveTheFinalityMarkToWhatOneNodeCallsFinalNow() {
    AtomicBoolean isDown = new AtomicBoolean();
    Block far = new Block(9, Hash.keccak("far"), Hash.ZERO, Instant.EPOCH);
    ChainClient gone =
        answering(
            down(isDown),
            (method, arguments, real) ->
                method.equals("finalized") && !isDown.get() ? far : real.call());
    ChainClient hasty =
        answering(
            anvil.client(),
            (method, arguments, real) ->
                method.equals("finalized") ? anvil.client().head() : real.call());
    Block fourth = anvil.client().block(4).orElseThrow();
    ChainClient slow =
        answering(
            anvil.client(),
            (method, arguments, real) -> method.equals("finalized") ? fourth : real.call());
    Follower follower = follower(hasty, gone, slow);
    round(follower);
    assertEquals(Optional.of(6L), finalized(), "two of three say so");
    isDown.set(true);
    mine(6);
    for (int i = 0; i < 2; i++) round(follower);
    assertEquals(12, top());
    assertEquals(Optional.of(6L), finalized(), "one of three says more");
  }

  /** As who went another way; what it calls final lies below the deployment. */
  @Test
  void L10_shouldLeaveWhoWentAnotherWayAndCallsOnlyOldBlocksFinal() {
    Follower follower = follower(4, forked(new AtomicLong(3)), anvil.client(), anvil.client());
    assertTrue(anvil.client().finalized().number() >= 4);
    for (int i = 0; i < 4; i++) round(follower);
    assertEquals(Optional.of(anvil.client().finalized().number()), finalized());
  }

  @Test
  void L3_shouldStoreWhatWasLeftOutOnceMostNodesTellOfIt() {
    deliver();
    ChainClient silent =
        answering(
            anvil.client(),
            (method, arguments, real) -> method.equals("logs") ? List.of() : real.call());
    AtomicBoolean isDown = new AtomicBoolean(true);
    Follower follower = follower(silent, anvil.client(), down(isDown));
    for (int i = 0; i < 3; i++) round(follower);
    assertTrue(finalized().orElse(0L) < DELIVERED_AT, "nobody decides: " + finalized());
    isDown.set(false);
    for (int i = 0; i < 3; i++) round(follower);
    assertEquals(1, events().size());
    assertEquals(Optional.of(anvil.client().finalized().number()), finalized());
  }

  /** A block of another hash in place of the one that holds it, and the true ones around. */
  @Test
  void L3_shouldStoreWhatOneNodeHidesInABlockThatIsNone() {
    deliver();
    Hash none = Hash.keccak("none");
    ChainClient liar =
        answering(
            anvil.client(),
            (method, arguments, real) ->
                switch (method) {
                  case "block" ->
                      arguments[0] instanceof Hash
                          ? real.call()
                          : ((Optional<?>) real.call()).map(b -> around(none, (Block) b));
                  case "blocks" ->
                      ((List<?>) real.call()).stream().map(b -> around(none, (Block) b)).toList();
                  case "logs" -> none.equals(arguments[0]) ? List.of() : real.call();
                  default -> real.call();
                });
    AtomicBoolean isDown = new AtomicBoolean(true);
    Follower follower = follower(liar, anvil.client(), down(isDown));
    for (int i = 0; i < 3; i++) round(follower);
    assertTrue(finalized().orElse(0L) < DELIVERED_AT, "nobody decides: " + finalized());
    isDown.set(false);
    for (int i = 0; i < 5; i++) round(follower);
    assertEquals(1, events().size());
    assertEquals(Optional.of(anvil.client().finalized().number()), finalized());
  }

  private static Block around(Hash none, Block real) {
    if (real.number() == DELIVERED_AT)
      return new Block(DELIVERED_AT, none, real.parent(), real.timestamp());
    return real.number() == DELIVERED_AT + 1
        ? new Block(real.number(), real.hash(), none, real.timestamp())
        : real;
  }

  /** Has the message delivered in the next block, and five on top of it. */
  private void deliver() {
    anvil.ask(
        "anvil_setCode",
        GATEWAY.hex(),
        "0x7f" + MESSAGE.hex().substring(2) + "7f" + DELIVERED.hex().substring(2) + "60006000a200");
    anvil.ask(
        "eth_sendTransaction",
        Map.of("from", Town.credentials(0).getAddress(), "to", GATEWAY.hex()));
    mine(6);
  }

  private void mine(int blocks) {
    for (int i = 0; i < blocks; i++) anvil.ask("evm_mine");
  }

  /** One that fails is tried again by who runs it. */
  private static void round(Follower follower) {
    try {
      follower.round();
    } catch (NodeException e) {
      // a node's failure
    }
  }

  private long top() {
    return database
        .inTransaction(tx -> Blocks.atOrBelow(tx, CHAIN, Long.MAX_VALUE))
        .orElseThrow()
        .number();
  }

  private Optional<Long> finalized() {
    return database.inTransaction(tx -> ChainRow.of(tx, CHAIN)).finalized();
  }

  private List<StoredEvent> events() {
    return database.inTransaction(tx -> StoredEvent.about(tx, MESSAGE));
  }

  private Follower follower(ChainClient... nodes) {
    return follower(0, nodes);
  }

  private Follower follower(long start, ChainClient... nodes) {
    return follower(start, new SeveralNodes(List.of(nodes)));
  }

  private Follower follower(long start, SeveralNodes nodes) {
    FollowedChain chain =
        new FollowedChain(
            CHAIN,
            nodes,
            Finality.of("finalized"),
            start,
            CHAIN,
            EXECUTOR,
            EXECUTOR,
            GATEWAY,
            EXECUTOR,
            EXECUTOR);
    return new Follower(
        chain,
        Set.of(),
        database,
        new SigningGate(),
        new Bell(),
        Duration.ofSeconds(1),
        Clock.systemUTC());
  }

  private ChainClient down(AtomicBoolean isDown) {
    return answering(
        anvil.client(),
        (method, arguments, real) -> {
          if (isDown.get()) throw new NodeException("down");
          return real.call();
        });
  }

  /** One that tells of a delivery in that block which there was none of. */
  private ChainClient inventing(long number) {
    Block block = anvil.client().block(number).orElseThrow();
    Log madeUp = madeUp(block);
    return answering(
        anvil.client(),
        (method, arguments, real) -> {
          if (!method.equals("logs")) return real.call();
          List<Object> all = new ArrayList<>((List<?>) real.call());
          boolean within =
              arguments[0] instanceof Hash hash
                  ? hash.equals(block.hash())
                  : (long) arguments[0] <= number && (long) arguments[1] >= number;
          if (within) all.add(madeUp);
          return all;
        });
  }

  /**
   * One that tells of that many deliveries in that block.
   *
   * @param single how often it was asked about the block alone
   */
  private ChainClient inventing(long number, int many, AtomicInteger single) {
    Block block = anvil.client().block(number).orElseThrow();
    List<Log> madeUp =
        IntStream.range(0, many)
            .mapToObj(
                i ->
                    new Log(
                        block.hash(),
                        number,
                        Hash.keccak("transaction"),
                        i,
                        GATEWAY,
                        List.of(DELIVERED, Hash.keccak("message " + i)),
                        "0x"))
            .toList();
    return answering(
        anvil.client(),
        (method, arguments, real) -> {
          if (!method.equals("logs")) return real.call();
          if (arguments[0] instanceof Hash hash) {
            if (!hash.equals(block.hash())) return real.call();
            if (((Collection<?>) arguments[1]).size() == 1) single.incrementAndGet();
            return madeUp;
          }
          boolean within = (long) arguments[0] <= number && (long) arguments[1] >= number;
          return within ? madeUp : real.call();
        });
  }

  private static Log madeUp(Block block) {
    return new Log(
        block.hash(),
        block.number(),
        Hash.keccak("transaction"),
        0,
        GATEWAY,
        List.of(DELIVERED, MESSAGE),
        "0x");
  }

  /** One with blocks of its own above that number, which calls final what lies two below it. */
  private ChainClient forked(AtomicLong above) {
    return answering(
        anvil.client(),
        (method, arguments, real) ->
            switch (method) {
              case "head" -> own((Block) real.call(), above.get());
              case "finalized" ->
                  anvil
                      .client()
                      .block(Math.min(above.get() - 2, ((Block) real.call()).number()))
                      .orElseThrow();
              case "block" ->
                  arguments[0] instanceof Hash
                      ? real.call()
                      : ((Optional<?>) real.call()).map(b -> own((Block) b, above.get()));
              case "blocks" ->
                  ((List<?>) real.call()).stream().map(b -> own((Block) b, above.get())).toList();
              case "logs" -> List.of();
              default -> real.call();
            });
  }

  private static Block own(Block real, long above) {
    if (real.number() <= above) return real;
    Hash parent =
        real.number() == above + 1 ? real.parent() : Hash.keccak("own " + (real.number() - 1));
    return new Block(real.number(), Hash.keccak("own " + real.number()), parent, real.timestamp());
  }

  private interface Answer {
    Object to(String method, Object[] arguments, Callable<Object> real) throws Exception;
  }

  /** A node that answers so, in place of the real one. */
  private static ChainClient answering(ChainClient real, Answer answer) {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) ->
                answer.to(
                    method.getName(),
                    arguments,
                    () -> {
                      try {
                        return method.invoke(real, arguments);
                      } catch (InvocationTargetException e) {
                        throw (Exception) e.getCause();
                      }
                    }));
  }
}
