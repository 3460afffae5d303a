package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.mandate.contracts.QuorumGateway;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.follow.Follower;
import org.mandate.relayer.follow.SeveralNodes;
import org.mandate.relayer.store.Blocks;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.relayer.store.StoredEvent;
import org.web3j.abi.EventEncoder;

/** A relayer that is hundreds of blocks behind reads them in pages, mostly by number. */
class CatchUpTest {
  private static final long CHAIN = 31337;
  private static final Address EXECUTOR = Address.of("0x" + "e0".repeat(20));
  private static final Address GATEWAY = Address.of("0x" + "9a".repeat(20));
  private static final Hash DELIVERED =
      Hash.of(EventEncoder.encode(QuorumGateway.MESSAGEDELIVERED_EVENT));
  private static final Hash MESSAGE = Hash.keccak("message");

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
    anvil.ask(
        "anvil_setCode",
        GATEWAY.hex(),
        "0x7f" + MESSAGE.hex().substring(2) + "7f" + DELIVERED.hex().substring(2) + "60006000a200");
  }

  @AfterEach
  void stop() {
    database.close();
    server.close();
    anvil.close();
  }

  /** Three messages, one in each third of 1,500 blocks; only the last few are asked for by hash. */
  @Test
  void shouldStoreWhatIsFarBehindByNumber() throws Exception {
    for (int i = 0; i < 3; i++) deliverWithin(500);
    AtomicInteger byHash = new AtomicInteger();
    AtomicInteger byNumber = new AtomicInteger();
    ChainClient node =
        answering(
            (method, arguments, real) -> {
              if (method.equals("logs")) {
                (arguments[0] instanceof Hash ? byHash : byNumber).incrementAndGet();
              }
              return real.call();
            });
    catchUp(follower(node));
    assertEquals(
        List.of(250L, 750L, 1250L),
        events().stream().map(event -> event.log().blockNumber()).toList());
    Block head = anvil.client().head();
    assertEquals(
        anvil.client().blocks(0, head.number()),
        database.inTransaction(tx -> Blocks.within(tx, CHAIN, 0, head.number())));
    assertEquals(Optional.of(anvil.client().finalized().number()), finalized());
    assertTrue(
        byHash.get() <= 40 && byNumber.get() <= 12,
        byHash + " questions by hash, " + byNumber + " by number");
  }

  /** What a range of numbers brings says nothing about which chain it is of. */
  @Test
  void L3_shouldTakeNoLogOfAnotherChain() throws Exception {
    deliverWithin(200);
    AtomicBoolean lies = new AtomicBoolean(true);
    ChainClient node =
        answering(
            (method, arguments, real) ->
                method.equals("logs") && arguments[0] instanceof Long && lies.get()
                    ? ((List<?>) real.call()).stream().map(log -> ofAnother((Log) log)).toList()
                    : real.call());
    Follower follower = follower(node);
    for (int i = 0; i < 3; i++) assertThrows(NodeException.class, () -> catchUp(follower));
    assertEquals(List.of(), events());
    lies.set(false);
    catchUp(follower);
    assertEquals(1, events().size());
  }

  private static Log ofAnother(Log log) {
    return new Log(
        Hash.keccak("another"),
        log.blockNumber(),
        log.transaction(),
        log.index(),
        log.address(),
        log.topics(),
        log.data());
  }

  /** The chain that logged nothing there was gone again before and after. */
  @Test
  void L3_shouldNotBelieveThatNothingWasLoggedWhenTheChainChangedMeanwhile() throws Exception {
    deliverWithin(200);
    AtomicBoolean changed = new AtomicBoolean();
    ChainClient node =
        answering(
            (method, arguments, real) -> {
              if (method.equals("logs") && arguments[0] instanceof Long) {
                changed.set(true);
                return List.of();
              }
              if (method.equals("block") && arguments[0] instanceof Long && changed.get()) {
                return ((Optional<?>) real.call())
                    .map(
                        b ->
                            new Block(
                                ((Block) b).number(),
                                Hash.keccak("another"),
                                ((Block) b).parent(),
                                ((Block) b).timestamp()));
              }
              return real.call();
            });
    assertThrows(NodeException.class, () -> catchUp(follower(node)));
    assertTrue(finalized().orElse(0L) < 100, "not passed over: " + finalized());
    catchUp(follower(anvil.client()));
    assertEquals(1, events().size());
  }

  /** Whatever a node holds, what is read and not stored stays below two pages. */
  @Test
  void shouldReadOnePageAheadAndNoMore() throws Exception {
    deliverWithin(600);
    String data = "0x" + "00".repeat(1 << 20);
    AtomicLong most = new AtomicLong();
    ChainClient node =
        answering(
            (method, arguments, real) -> {
              if (!method.equals("logs")) return real.call();
              if (arguments[0] instanceof Hash hash) {
                Block block = anvil.client().block(hash).orElseThrow();
                most.accumulateAndGet(block.number() - top(), Math::max);
                return List.of(strangers(block, data));
              }
              long from = (long) arguments[0];
              long to = (long) arguments[1];
              if (to - from >= 4) throw new NodeException("more than this node gives at once");
              most.accumulateAndGet(to - top(), Math::max);
              return anvil.client().blocks(from, to).stream().map(b -> strangers(b, data)).toList();
            });
    catchUp(follower(node));
    assertEquals(anvil.client().head().number(), top());
    // A page is full with the fifth of these logs, of 2 Mi characters each, and ends with the
    // question that brought it.
    assertTrue(most.get() <= 2 * 8, most + " blocks were read above the stored ones");
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

  /** Mines so many blocks, with a delivery in the middle one. */
  private void deliverWithin(int blocks) {
    anvil.ask("anvil_mine", "0x" + Integer.toHexString(blocks / 2 - 1));
    anvil.ask(
        "eth_sendTransaction",
        Map.of("from", Town.credentials(0).getAddress(), "to", GATEWAY.hex()));
    anvil.ask("anvil_mine", "0x" + Integer.toHexString(blocks - blocks / 2 + 1));
  }

  private static void catchUp(Follower follower) {
    while (follower.round()) {
      // more to do
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
    FollowedChain chain =
        new FollowedChain(
            CHAIN,
            new SeveralNodes(List.of(nodes)),
            Finality.of("finalized"),
            0,
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

  private interface Answer {
    Object to(String method, Object[] arguments, Callable<Object> real) throws Exception;
  }

  /** A node that answers so, in place of the real one. */
  private ChainClient answering(Answer answer) {
    ChainClient real = anvil.client();
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
