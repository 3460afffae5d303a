package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mandate.chain.Address;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.contracts.QuorumGateway;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.follow.Follower;
import org.mandate.relayer.follow.SeveralNodes;
import org.mandate.relayer.store.Blocks;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.DeepReorg;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.relayer.store.StateHash;
import org.mandate.relayer.store.StoredEvent;
import org.web3j.abi.EventEncoder;

/** What is derived from a chain that was reorganised is what is derived from the chain that is. */
class ReorgTest {
  private static final long CHAIN = 31337;
  private static final int FINALITY = 70;
  private static final int DEEPEST = 64;
  private static final Address EXECUTOR = Address.of("0x" + "e0".repeat(20));
  private static final Address GATEWAY = Address.of("0x" + "9a".repeat(20));
  private static final Hash DELIVERED =
      Hash.of(EventEncoder.encode(QuorumGateway.MESSAGEDELIVERED_EVENT));

  @TempDir Path directory;
  private Anvil anvil;
  private EmbeddedServer server;
  private Database database;

  @BeforeEach
  void start() {
    anvil = Anvil.start(CHAIN, "--no-mining");
    server = EmbeddedServer.start(directory.resolve("postgres"));
    database = opened(server.jdbcUrl());
    // Logs what it is told to: a message's delivery, with the message's id as its call data.
    anvil.ask(
        "anvil_setCode",
        GATEWAY.hex(),
        "0x6000357f" + DELIVERED.hex().substring(2) + "60006000a200");
  }

  private static Database opened(String url) {
    Database opened = Database.open(url);
    opened.run(tx -> ChainRow.register(tx, CHAIN, EXECUTOR, GATEWAY));
    return opened;
  }

  /** A database of its own, on the same server. */
  private Database fresh(String name) {
    try (Connection connection = DriverManager.getConnection(server.jdbcUrl());
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return opened(server.jdbcUrl(name));
  }

  @AfterEach
  void stop() {
    database.close();
    server.close();
    anvil.close();
  }

  /** Ten times as many blocks are added as the reorg before took, with and without events. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void L3_shouldHoldWhatAReplayHoldsAfterAnyReorgs(long seed) {
    Random random = new Random(seed);
    Follower follower = follower(database);
    mine(80, random);
    catchUp(follower);
    for (int i = 0; i < 12; i++) {
      int depth = i == 0 ? DEEPEST : 1 + random.nextInt(DEEPEST);
      anvil.reorg(depth);
      // Sometimes it is seen at once, sometimes when the other branch is longer, or reorganised
      // again.
      if (random.nextBoolean()) follower.round();
      mine(random.nextInt(8), random);
      if (random.nextInt(4) == 0) anvil.reorg(1 + random.nextInt(5));
      catchUp(follower);
      if (i % 3 == 2) assertReplayHoldsTheSame();
    }
  }

  /** Every start distrusts what is stored: whoever saw the block go may have died with that. */
  @Test
  void L9_shouldSignNothingWhenItDiedBeforeItStoredThatAFinalBlockIsGone() {
    mine(FINALITY + 30, new Random(1));
    catchUp(follower(database));
    assertEquals(Optional.empty(), closed());
    long head = anvil.client().head().number();
    anvil.reorg(FINALITY + 10);
    database.run(tx -> ChainRow.distrust(tx, CHAIN));
    assertTrue(closed().orElseThrow().contains("not compared"), closed().orElseThrow());
    SigningGate gate = new SigningGate();
    follower(database, gate).round();
    assertTrue(gate.closedBecause().orElseThrow().contains("reorganized a final block"));
    assertEquals(gate.closedBecause(), closed(), "durably");
    DeepReorg found = database.inTransaction(tx -> DeepReorg.open(tx, CHAIN)).orElseThrow();
    assertEquals(Optional.of(head - FINALITY - 10), found.ancestor());
    assertEquals(head - FINALITY, found.number());
    // Another start changes nothing.
    database.run(tx -> ChainRow.distrust(tx, CHAIN));
    follower(database, new SigningGate()).round();
    assertEquals(gate.closedBecause(), closed());
    assertEquals(
        found,
        database.inTransaction(tx -> DeepReorg.open(tx, CHAIN)).orElseThrow(),
        "stored once");
  }

  @Test
  void L9_shouldSignAgainAfterAStartOnceItIsCompared() {
    mine(5, new Random(1));
    Follower follower = follower(database);
    catchUp(follower);
    database.run(tx -> ChainRow.distrust(tx, CHAIN));
    assertTrue(closed().isPresent());
    assertThrows(
        IllegalStateException.class,
        () -> database.run(tx -> ChainRow.requireSigning(tx, Set.of(CHAIN))));
    follower.round();
    assertEquals(Optional.empty(), closed());
    database.run(tx -> ChainRow.requireSigning(tx, Set.of(CHAIN)));
  }

  private Optional<String> closed() {
    return database.inTransaction(tx -> ChainRow.closedBecause(tx, Set.of(CHAIN)));
  }

  @Test
  void shouldTellStatesApart() {
    mine(10, new Random(1));
    Follower follower = follower(database);
    catchUp(follower);
    long head = anvil.client().head().number();
    StateHash before = database.inTransaction(tx -> StateHash.of(tx, CHAIN, head));
    assertEquals(before, database.inTransaction(tx -> StateHash.of(tx, CHAIN, head)));
    deliver(head);
    anvil.ask("evm_mine");
    catchUp(follower);
    StateHash after = database.inTransaction(tx -> StateHash.of(tx, CHAIN, head + 1));
    assertNotEquals(before.followed(), after.followed());
    // The same blocks, without what was logged in one.
    List<StoredEvent> events = database.inTransaction(tx -> StoredEvent.about(tx, message(head)));
    assertEquals(1, events.size());
    database.run(tx -> StoredEvent.remove(tx, CHAIN, events.getFirst().log()));
    StateHash less = database.inTransaction(tx -> StateHash.of(tx, CHAIN, head + 1));
    assertEquals(after.block(), less.block());
    assertNotEquals(after.followed(), less.followed());
  }

  private void assertReplayHoldsTheSame() {
    long head = anvil.client().head().number();
    StateHash here = database.inTransaction(tx -> StateHash.of(tx, CHAIN, head));
    try (Database fresh = fresh("replay" + head)) {
      catchUp(follower(fresh));
      assertEquals(fresh.inTransaction(tx -> StateHash.of(tx, CHAIN, head)), here);
    }
    assertTrue(
        database
            .inTransaction(tx -> ChainRow.of(tx, CHAIN))
            .finalized()
            .filter(mark -> mark == head - FINALITY)
            .isPresent());
    assertEquals(
        head,
        database
            .inTransaction(tx -> Blocks.atOrBelow(tx, CHAIN, Long.MAX_VALUE))
            .orElseThrow()
            .number());
  }

  /** Mines so many blocks; in one of three something is logged. */
  private void mine(int blocks, Random random) {
    for (int i = 0; i < blocks; i++) {
      if (random.nextInt(3) == 0) deliver(random.nextLong(Long.MAX_VALUE));
      anvil.ask("evm_mine");
    }
  }

  private Hash deliver(long number) {
    Hash message = message(number);
    anvil.ask(
        "eth_sendTransaction",
        Map.of(
            "from",
            Town.credentials(0).getAddress(),
            "to",
            GATEWAY.hex(),
            "input",
            message.hex(),
            "gas",
            "0x30d40"));
    return message;
  }

  private static Hash message(long number) {
    return Hash.keccak("message " + number);
  }

  private static void catchUp(Follower follower) {
    int rounds = 0;
    while (follower.round() || rounds < 2) rounds++;
  }

  private Follower follower(Database where) {
    return follower(where, new SigningGate());
  }

  private Follower follower(Database where, SigningGate gate) {
    FollowedChain chain =
        new FollowedChain(
            CHAIN,
            new SeveralNodes(List.of(anvil.client())),
            Finality.of(Integer.toString(FINALITY)),
            0,
            CHAIN,
            EXECUTOR,
            EXECUTOR,
            GATEWAY,
            EXECUTOR,
            EXECUTOR);
    return new Follower(
        chain, Set.of(), where, gate, new Bell(), Duration.ofSeconds(1), Clock.systemUTC());
  }
}
