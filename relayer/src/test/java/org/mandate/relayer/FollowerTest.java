package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
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

/** Follows a real chain through nodes of which some lie, round by round. */
class FollowerTest {
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

  @Test
  void L3_shouldNotTakeOneNodesWordForALogThatAnotherDenies() {
    AtomicBoolean lies = new AtomicBoolean(true);
    Block block = anvil.client().block(2).orElseThrow();
    Log madeUp =
        new Log(
            block.hash(),
            block.number(),
            Hash.keccak("transaction"),
            0,
            GATEWAY,
            List.of(DELIVERED, MESSAGE),
            "0x");
    ChainClient liar =
        answering(
            anvil.client(),
            (method, arguments, real) -> {
              if (!method.equals("logs") || !lies.get()) return real.call();
              List<Object> all = new ArrayList<>((List<?>) real.call());
              boolean within =
                  arguments[0] instanceof Hash hash
                      ? hash.equals(block.hash())
                      : (long) arguments[0] <= 2 && (long) arguments[1] >= 2;
              if (within) all.add(madeUp);
              return all;
            });
    AtomicBoolean isDown = new AtomicBoolean(true);
    Follower follower = follower(anvil.client(), liar, down(isDown));
    for (int i = 0; i < 3; i++) round(follower);
    assertEquals(List.of(), events());
    assertTrue(finalized().orElse(0L) < block.number(), "nobody decides: " + finalized());
    isDown.set(false);
    for (int i = 0; i < 3; i++) round(follower);
    assertEquals(List.of(), events());
    assertEquals(Optional.of(anvil.client().finalized().number()), finalized());
  }

  @Test
  void L3_shouldStoreWhatWasLeftOutOnceMostNodesTellOfIt() {
    anvil.ask(
        "anvil_setCode",
        GATEWAY.hex(),
        "0x7f" + MESSAGE.hex().substring(2) + "7f" + DELIVERED.hex().substring(2) + "60006000a200");
    anvil.ask(
        "eth_sendTransaction",
        Map.of("from", Town.credentials(0).getAddress(), "to", GATEWAY.hex()));
    mine(6);
    ChainClient silent =
        answering(
            anvil.client(),
            (method, arguments, real) -> method.equals("logs") ? List.of() : real.call());
    AtomicBoolean isDown = new AtomicBoolean(true);
    Follower follower = follower(silent, anvil.client(), down(isDown));
    for (int i = 0; i < 3; i++) round(follower);
    assertTrue(finalized().orElse(0L) < 7, "nobody decides: " + finalized());
    isDown.set(false);
    for (int i = 0; i < 3; i++) round(follower);
    assertEquals(1, events().size());
    assertEquals(Optional.of(anvil.client().finalized().number()), finalized());
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

  private ChainClient down(AtomicBoolean isDown) {
    return answering(
        anvil.client(),
        (method, arguments, real) -> {
          if (isDown.get()) throw new NodeException("down");
          return real.call();
        });
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
