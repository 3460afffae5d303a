package org.mandate.relayer.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentDomain;
import org.mandate.intent.SignedIntent;
import org.mandate.relayer.Bell;
import org.mandate.relayer.SigningGate;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.follow.SeveralNodes;
import org.mandate.relayer.send.Desk;
import org.mandate.relayer.send.FeeLimit;
import org.mandate.relayer.send.FeePolicy;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.relayer.store.StoredApproval;
import org.mandate.relayer.store.StoredIntent;
import org.mandate.relayer.store.StoredIntent.Handed;
import org.mandate.relayer.store.Task;
import org.mandate.relayer.work.Workplace;
import org.mandate.signer.PrivateKeySigner;
import org.mandate.testing.Anvil;
import org.mandate.testing.HandClock;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.generated.Uint256;

/**
 * What several instances take of what agents hand over: of one nonce one intent, and of one agent
 * no more than its share.
 */
class IntentDeskTest {
  private static final long HOME = 1;
  private static final Address OURS = new Address("0x" + "0a".repeat(20));

  /** Answers zero to everything: no nonce is used. */
  private static final String ZERO = "0x60206000f3";

  /** Calls every nonce used, and of an intent's progress says what its storage has under the id. */
  private static final String SPENT =
      "0x3660241460115760016000526080" + "6000f35b6004355460005260806000f3";

  private static final Address REGISTRY = new Address("0x" + "0b".repeat(20));
  private static final PrivateKeySigner AGENT = signer("11");
  private static final PrivateKeySigner STRANGER = signer("22");

  private static final int PER_AGENT = 5;

  @TempDir static Path directory;
  private static EmbeddedServer server;
  private static Database database;
  private static Database another;
  private static Anvil anvil;

  private final HandClock clock = new HandClock(Instant.now().truncatedTo(ChronoUnit.MILLIS));
  private IntentDesk desk;
  private IntentDesk anothersDesk;

  @BeforeAll
  static void start() {
    anvil = Anvil.start(HOME);
    anvil.rpc("anvil_setCode", OURS.hex(), ZERO);
    names(anvil, AGENT.address());
    server = EmbeddedServer.start(directory.resolve("postgres"));
    database = Database.open(server.jdbcUrl(), "one");
    another = Database.open(server.jdbcUrl(), "another");
    database.run(tx -> ChainRow.register(tx, HOME, OURS, OURS));
  }

  @AfterAll
  static void stop() {
    another.close();
    database.close();
    server.close();
    anvil.close();
  }

  @BeforeEach
  void empty() {
    database.run(
        tx -> {
          tx.update("DELETE FROM task");
          tx.update("DELETE FROM approval");
          tx.update("DELETE FROM intent");
        });
    desk = desk(database, 100);
    anothersDesk = desk(another, 100);
  }

  @Test
  void L3_shouldTakeOneIntentOfANonceWhileItIsBeingSubmitted() {
    Handed first = handed(7, 1, 100);
    Handed second = handed(7, 1, 200);
    List<Supplier<IntentDesk.Taken>> group = desk.takeAll(List.of(first, second, handed(7, 2, 1)));
    assertTrue(group.get(0).get().isNew());
    RefusedException refused = assertThrows(RefusedException.class, () -> group.get(1).get());
    assertEquals(409, refused.status());
    assertEquals("NONCE", refused.refusal().rule());
    assertTrue(refused.refusal().message().contains(first.id().hex()), refused.getMessage());
    assertTrue(group.get(2).get().isNew(), "another nonce");
    assertEquals(409, refusal(desk, second).status());
    assertEquals(409, refusal(anothersDesk, second).status(), "whoever is asked");
    assertTrue(take(anothersDesk, handed(8, 1, 200)).isNew(), "another agent's");
    assertEquals(3, count("SELECT count(*) AS n FROM intent"), "what is refused is not stored");
    assertEquals(3, count("SELECT count(*) AS n FROM task"));
  }

  @Test
  void L3_shouldGoOnAnsweringForWhatWasTaken() {
    Handed first = handed(7, 1, 100);
    assertTrue(take(desk, first).isNew());
    assertFalse(take(desk, first).isNew());
    assertFalse(take(anothersDesk, first).isNew());
    Handed signedAnew = new Handed(first.id(), first.intent(), new Bytes("0x" + "5b".repeat(65)));
    database.run(tx -> tx.update("UPDATE task SET attempts = 3"));
    assertFalse(take(anothersDesk, signedAnew).isNew());
    assertEquals(0, count("SELECT max(attempts) AS n FROM task"), "it is tried at once");
    assertEquals(signedAnew.signature(), signatureOf(first.id()), "no key's gives way");
    assertEquals(1, count("SELECT count(*) AS n FROM task"));
  }

  @Test
  void L3_shouldGiveANonceBackThatWasNeverUsed() {
    Handed first = handed(7, 1, 100);
    Handed second = handed(7, 1, 200);
    take(desk, first);
    database.run(
        tx -> {
          StoredIntent.lapse(tx, first.id());
          tx.update("DELETE FROM task");
        });
    assertTrue(take(desk, second).isNew());
    assertEquals(409, refusal(desk, signed(first, "5c")).status(), "now it is that one's");
  }

  /** Whatever two instances see of each other: the database decides. */
  @Test
  void L3_shouldTakeOneOfANonceOfManyThatComeAtTheSameTime() throws Exception {
    for (int round = 0; round < 10; round++) {
      int nonce = 100 + round;
      List<Callable<Integer>> asked = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        // Each intent comes twice, to either instance.
        Handed handed = handed(7, nonce, 1 + i / 2);
        IntentDesk asks = i % 2 == 0 ? desk : anothersDesk;
        asked.add(() -> taken(asks, List.of(handed, handed(7, 1_000 + nonce, handed))));
      }
      int taken = 0;
      try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        for (Future<Integer> one : threads.invokeAll(asked)) taken += one.get();
      }
      assertEquals(2, taken, "one of each nonce");
    }
    assertEquals(20, count("SELECT count(*) AS n FROM task"));
    assertEquals(20, count("SELECT count(*) AS n FROM intent"));
  }

  @Test
  void L9_shouldKeepOneAgentFromFillingTheBacklog() {
    IntentDesk small = desk(database, PER_AGENT);
    List<Handed> many = IntStream.range(0, 8).mapToObj(n -> handed(7, n, 1)).toList();
    List<Supplier<IntentDesk.Taken>> answers = small.takeAll(many.subList(0, 7));
    for (int i = 0; i < PER_AGENT; i++) assertTrue(answers.get(i).get().isNew());
    for (int i = PER_AGENT; i < 7; i++) assertThrows(RefusedException.class, answers.get(i)::get);
    RefusedException refused = refusal(small, many.getLast());
    assertEquals(429, refused.status());
    assertEquals("AGENT_BACKLOG", refused.refusal().rule());
    assertEquals("5", refused.refusal().limit().orElseThrow());
    assertEquals("0", refused.refusal().left().orElseThrow());
    assertTrue(refused.again().isPresent());
    assertTrue(take(small, handed(8, 1, 1)).isNew(), "the others have theirs");
    for (int i = 0; i < PER_AGENT; i++)
      assertFalse(take(small, many.get(i)).isNew(), "what was taken is taken");
    // Another instance, or the same one after a restart, counts what is stored.
    assertEquals(429, refusal(desk(another, PER_AGENT), many.getLast()).status());
    // What failed still waits; what is on its way or waits to be final does not.
    database.run(
        tx -> tx.update("UPDATE task SET not_before = ?", clock.instant().plusSeconds(60)));
    database.run(tx -> tx.update("UPDATE task SET attempts = 2 WHERE nonce < 3 AND agent_id = 7"));
    clock.advance(Duration.ofSeconds(2));
    for (int i = 0; i < PER_AGENT; i++) assertFalse(take(small, many.get(i)).isNew());
    List<Supplier<IntentDesk.Taken>> later = small.takeAll(many.subList(5, 8));
    assertTrue(later.get(0).get().isNew());
    assertTrue(later.get(1).get().isNew());
    assertThrows(RefusedException.class, later.get(2)::get);
  }

  /** Else a stranger's intents hold the agent's nonces and fill its room. */
  @Test
  void L9_shouldTakeNoOneNodesWordForWhoseTheAgentIs() {
    try (Anvil liar = Anvil.start(HOME)) {
      names(liar, STRANGER.address());
      IntentDesk asksLiarFirst =
          desk(database, 100, List.of(liar.client(), anvil.client(), anvil.client()));
      long soon = clock.instant().plusSeconds(600).getEpochSecond();
      Intent forged = intent(7, 1, 100, soon);
      RefusedException refused =
          assertThrows(
              RefusedException.class, () -> asksLiarFirst.take(forged, by(STRANGER, forged)));
      assertEquals("SIGNATURE", refused.refusal().rule());
      assertTrue(
          refused.refusal().message().contains(AGENT.address().toString()), refused.getMessage());
    }
  }

  @Test
  void L9_shouldKeepAGoodSignatureWhateverComesAfterIt() {
    Intent intent = handed(7, 1, 100).intent();
    Handed good = new Handed(desk.idOf(intent), intent, by(AGENT, intent));
    Handed strangers = new Handed(good.id(), intent, by(STRANGER, intent));
    assertTrue(take(desk, good).isNew());
    assertFalse(take(desk, strangers).isNew());
    assertEquals(good.signature(), signatureOf(good.id()));
    names(anvil, STRANGER.address());
    try {
      clock.advance(Duration.ofSeconds(2));
      assertFalse(take(desk, strangers).isNew());
      assertEquals(strangers.signature(), signatureOf(good.id()), "it is the agent's key now");
    } finally {
      names(anvil, AGENT.address());
    }
  }

  /** One of several approvers must not keep the others' payment from being looked after. */
  @Test
  void L9_shouldWakeNobodyForAnApprovalThatIsThere() {
    Intent intent = intent(7, 1, 100, 4_000_000_000L);
    Hash id = desk.idOf(intent);
    Instant now = clock.instant();
    Instant later = now.plusSeconds(600);
    database.run(
        tx -> {
          StoredIntent.save(tx, id, intent, Optional.empty(), now);
          Task.open(tx, Task.Kind.PROCEED, HOME, id, later, now);
        });
    IntentDesk asks = desk(database, 100, List.of(withAnApprover(OURS)));
    StoredApproval approval = new StoredApproval(id, OURS, new Bytes("0x01"), 4_000_000_000L);
    asks.approve(approval);
    Task claimed =
        database
            .inTransaction(tx -> Task.claim(tx, "one", now, Duration.ofSeconds(30)))
            .orElseThrow();
    asks.approve(approval);
    assertTrue(putOff(claimed, later), "the claim holds");
    assertEquals(later, database.inTransaction(Task::nextDue).orElseThrow(), "nothing is new");
    asks.approve(new StoredApproval(id, OURS, new Bytes("0x02"), 4_000_000_000L));
    assertEquals(now, database.inTransaction(Task::nextDue).orElseThrow(), "this is");
  }

  private static boolean putOff(Task task, Instant until) {
    return database.inTransaction(tx -> task.putOff(tx, until, Optional.empty()));
  }

  /**
   * A node of a chain where that contract approves for each agent, and finds each signature good.
   */
  private static ChainClient withAnApprover(Address approver) {
    Map<String, byte[]> words =
        Map.of(
            selector("APPROVERS()"),
            Abi.encode(new org.web3j.abi.datatypes.Address(approver.hex())),
            selector("approversOf(uint256)"),
            Abi.encode(
                new Uint256(1),
                new DynamicArray<>(
                    org.web3j.abi.datatypes.Address.class,
                    new org.web3j.abi.datatypes.Address(approver.hex()))),
            selector("isValidSignature(bytes32,bytes)"),
            Bytes.of("0x1626ba7e" + "00".repeat(28)).bytes());
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "code" -> Bytes.of("0x00");
                  case "call" ->
                      words.getOrDefault(
                          Bytes.of((byte[]) arguments[1]).hex().substring(0, 10), new byte[32]);
                  default -> throw new NodeException(method.getName());
                });
  }

  private static String selector(String signature) {
    return Hash.keccak(signature).hex().substring(0, 10);
  }

  /** What was there before one intent held its nonce. */
  @Test
  void L3_shouldKeepWhatWasTakenUnderOneNonceBefore() throws Exception {
    try (EmbeddedServer older = EmbeddedServer.start(directory.resolve("older"))) {
      Flyway.configure()
          .dataSource(older.jdbcUrl(), null, null)
          .locations("classpath:db/migration")
          .target("21")
          .load()
          .migrate();
      try (var connection = java.sql.DriverManager.getConnection(older.jdbcUrl());
          var statement = connection.createStatement()) {
        statement.execute(
            """
            INSERT INTO chain (chain_id, gateway, executor) VALUES (1, decode(repeat('0a', 20), 'hex'), decode(repeat('0a', 20), 'hex'));
            INSERT INTO intent (intent_id, agent_id, account, chain_id, asset, recipient, amount, data, nonce, deadline, signature, received_at)
            SELECT decode(repeat(lpad(n::text, 2, '0'), 32), 'hex'), 7, decode(repeat('0a', 20), 'hex'), 1, decode(repeat('0a', 20), 'hex'),
                   decode(repeat('0a', 20), 'hex'), n, '', 5, 4000000000, '\\x5a', now() FROM generate_series(1, 3) n;
            INSERT INTO task (kind, chain_id, subject, not_before, created_at) SELECT 'SUBMIT', 1, intent_id, now(), now() FROM intent;
            """);
      }
      try (Database upgraded = Database.open(older.jdbcUrl())) {
        assertEquals(3, count(upgraded, "SELECT count(*) AS n FROM task WHERE agent_id = 7"));
        assertEquals(1, count(upgraded, "SELECT count(*) AS n FROM task WHERE nonce = 5"));
        assertEquals(409, refusal(desk(upgraded, 100), handed(7, 5, 900)).status());
      }
    }
  }

  /** After a deep reorganisation that a person accepted. */
  @Test
  void L9_shouldSubmitAgainWhatWasSupersededByWhatIsGone() {
    Handed winner = handed(7, 1, 100);
    Handed loser = handed(7, 1, 200);
    Instant now = clock.instant();
    database.run(
        tx -> {
          for (Handed each : List.of(winner, loser))
            StoredIntent.save(tx, each.id(), each.intent(), Optional.of(each.signature()), now);
          StoredIntent.supersede(tx, Map.of(loser.id(), winner.id()));
          assertEquals(
              Optional.of(winner.id()),
              StoredIntent.of(tx, loser.id()).orElseThrow().supersededBy());
          assertEquals(List.of(), StoredIntent.unsupersede(tx, Set.of(loser.id())));
          assertEquals(List.of(loser.id()), StoredIntent.unsupersede(tx, Set.of(winner.id())));
          assertEquals(
              Optional.empty(), StoredIntent.of(tx, loser.id()).orElseThrow().supersededBy());
          for (Handed each : List.of(winner, loser, loser))
            StoredIntent.reopen(tx, HOME, each.id(), now);
        });
    assertEquals(2, count("SELECT count(*) AS n FROM task WHERE agent_id = 7"));
    assertEquals(1, count("SELECT count(*) AS n FROM task WHERE nonce = 1"));
    assertEquals(409, refusal(desk, handed(7, 1, 300)).status(), "and no other one");
    assertFalse(take(desk, signed(loser, "5c")).isNew(), "it is there, and was signed anew");
  }

  // ------------------------------------------------------------------ steps

  /** The node's registry answers this wallet for each agent. */
  private static void names(Anvil node, Address wallet) {
    node.rpc(
        "anvil_setCode", REGISTRY.hex(), "0x73" + wallet.hex().substring(2) + "6000526101006000f3");
  }

  private static PrivateKeySigner signer(String key) {
    return new PrivateKeySigner(new BigInteger(key.repeat(32), 16));
  }

  private Bytes by(PrivateKeySigner signer, Intent intent) {
    return SignedIntent.sign(intent, new IntentDomain(BigInteger.valueOf(HOME), OURS), signer)
        .signature();
  }

  private static Bytes signatureOf(Hash id) {
    return database
        .inTransaction(tx -> StoredIntent.of(tx, id))
        .flatMap(StoredIntent::signature)
        .orElseThrow();
  }

  private IntentDesk desk(Database at, int perAgent) {
    return desk(at, perAgent, List.of(anvil.client()));
  }

  private IntentDesk desk(Database at, int perAgent, List<? extends ChainClient> nodes) {
    FollowedChain chain =
        new FollowedChain(
            HOME,
            new SeveralNodes(nodes),
            Finality.of("finalized"),
            0,
            HOME,
            REGISTRY,
            OURS,
            OURS,
            OURS,
            OURS);
    Desk signs =
        new Desk(
            chain,
            at,
            FeePolicy.upTo(FeeLimit.ofGwei(500, 50)),
            Anvil.RICH,
            new SigningGate(),
            new Bell(),
            clock);
    Workplace home = new Workplace(chain, signs, at, Duration.ofSeconds(1), clock);
    return new IntentDesk(home, Set.of(HOME), at, new Bell(), many -> {}, perAgent, clock);
  }

  private static IntentDesk.Taken take(IntentDesk desk, Handed handed) {
    return desk.takeAll(List.of(handed)).getFirst().get();
  }

  /**
   * The first relayer submitted it and died before it answered, and the client asks this one. Told
   * to sign it again with another nonce, it would pay twice.
   */
  @Test
  void L3_shouldTakeWhatUsedItsNonceItself() {
    Handed submitted = handed(7, 1, 100);
    Handed another = handed(7, 1, 200);
    anvil.rpc("anvil_setCode", OURS.hex(), SPENT);
    anvil.rpc("anvil_setStorageAt", OURS.hex(), submitted.id().hex(), "0x" + "0".repeat(63) + "2");
    try {
      List<Supplier<IntentDesk.Taken>> group = desk.takeAll(List.of(submitted, another));
      assertTrue(group.get(0).get().isNew(), "this relayer did not know it");
      RefusedException refused = assertThrows(RefusedException.class, () -> group.get(1).get());
      assertEquals(409, refused.status());
      assertEquals("NONCE", refused.refusal().rule());
      assertFalse(take(desk, submitted).isNew());
      assertEquals(1, count("SELECT count(*) AS n FROM intent"));
    } finally {
      anvil.rpc("anvil_setCode", OURS.hex(), ZERO);
    }
  }

  /** An event tells of it without its signature, and a reorg may take the event away. */
  @Test
  void L9_shouldKeepTheSignatureOfWhatAnotherRelayerSubmitted() {
    Handed submitted = handed(7, 1, 100);
    database.run(
        tx ->
            StoredIntent.save(
                tx, submitted.id(), submitted.intent(), Optional.empty(), clock.instant()));
    anvil.rpc("anvil_setCode", OURS.hex(), SPENT);
    anvil.rpc("anvil_setStorageAt", OURS.hex(), submitted.id().hex(), "0x" + "0".repeat(63) + "2");
    try {
      assertFalse(take(desk, submitted).isNew());
      assertEquals(submitted.signature(), signatureOf(submitted.id()));
      assertEquals(1, count("SELECT count(*) AS n FROM task WHERE kind = 'SUBMIT'"));
    } finally {
      anvil.rpc("anvil_setCode", OURS.hex(), ZERO);
    }
  }

  /**
   * The chain shows everybody what agents signed: handed over again, it must not fill their room.
   */
  @Test
  void L9_shouldGiveNoPlaceToWhatIsSubmittedAlready() {
    IntentDesk small = desk(database, PER_AGENT);
    List<Handed> submitted =
        IntStream.range(0, 2 * PER_AGENT).mapToObj(i -> handed(7, i, 1)).toList();
    anvil.rpc("anvil_setCode", OURS.hex(), SPENT);
    for (Handed each : submitted)
      anvil.rpc("anvil_setStorageAt", OURS.hex(), each.id().hex(), "0x" + "0".repeat(63) + "6");
    try {
      small.takeAll(submitted).forEach(Supplier::get);
      assertEquals(2 * PER_AGENT, count("SELECT count(*) AS n FROM intent"));
    } finally {
      anvil.rpc("anvil_setCode", OURS.hex(), ZERO);
    }
    clock.advance(Duration.ofSeconds(2));
    assertTrue(take(small, handed(7, 100, 1)).isNew(), "there is room for what is new");
  }

  /**
   * One node lies, one is a block behind and one is right: of each two questions asked alone the
   * liar would have a majority.
   */
  @Test
  void L3_shouldRefuseNothingThatOneNodeMadeUp() {
    Handed submitted = handed(7, 1, 100);
    try (Anvil behind = Anvil.start(HOME);
        Anvil liar = Anvil.start(HOME)) {
      behind.rpc("anvil_setCode", OURS.hex(), ZERO);
      liar.rpc("anvil_setCode", OURS.hex(), SPENT);
      anvil.rpc("anvil_setCode", OURS.hex(), SPENT);
      anvil.rpc(
          "anvil_setStorageAt", OURS.hex(), submitted.id().hex(), "0x" + "0".repeat(63) + "2");
      IntentDesk asks =
          desk(database, 100, List.of(liar.client(), behind.client(), anvil.client()));
      assertThrows(NodeException.class, () -> take(asks, submitted), "asked again, it is taken");
    } finally {
      anvil.rpc("anvil_setCode", OURS.hex(), ZERO);
    }
  }

  private static RefusedException refusal(IntentDesk desk, Handed handed) {
    return assertThrows(RefusedException.class, () -> take(desk, handed));
  }

  /** How many of them are new here; what is refused is refused for its nonce. */
  private static int taken(IntentDesk desk, List<Handed> group) {
    int taken = 0;
    for (Supplier<IntentDesk.Taken> answer : desk.takeAll(group)) {
      try {
        if (answer.get().isNew()) taken++;
      } catch (RefusedException e) {
        assertEquals("NONCE", e.refusal().rule());
      }
    }
    return taken;
  }

  private Handed handed(long agentId, long nonce, Handed other) {
    return handed(agentId, nonce, other.intent().amount().longValueExact());
  }

  private Handed handed(long agentId, long nonce, long amount) {
    return new Handed(
        Hash.keccak("%d %d %d".formatted(agentId, nonce, amount)),
        intent(agentId, nonce, amount, 4_000_000_000L),
        new Bytes("0x" + "5a".repeat(65)));
  }

  private static Intent intent(long agentId, long nonce, long amount, long deadline) {
    return new Intent(
        BigInteger.valueOf(agentId),
        OURS,
        BigInteger.valueOf(HOME),
        Address.ZERO,
        OURS,
        BigInteger.valueOf(amount),
        Bytes.EMPTY,
        BigInteger.valueOf(nonce),
        BigInteger.valueOf(deadline));
  }

  private static Handed signed(Handed handed, String signature) {
    return new Handed(handed.id(), handed.intent(), new Bytes("0x" + signature.repeat(65)));
  }

  private static long count(String sql) {
    return count(database, sql);
  }

  private static long count(Database at, String sql) {
    return at.inTransaction(tx -> tx.one(sql, row -> row.number("n"))).orElseThrow();
  }
}
