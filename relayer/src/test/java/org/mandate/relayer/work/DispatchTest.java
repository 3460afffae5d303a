package org.mandate.relayer.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.audit.EmbeddedBlobStore;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.HomeExecutor;
import org.mandate.contracts.QuorumGateway;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.InteroperableAddress;
import org.mandate.gateway.Message;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentDomain;
import org.mandate.relayer.Bell;
import org.mandate.relayer.SigningGate;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.follow.SeveralNodes;
import org.mandate.relayer.send.Desk;
import org.mandate.relayer.send.FeeLimit;
import org.mandate.relayer.send.FeePolicy;
import org.mandate.relayer.store.Blocks;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.relayer.store.EventKind;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.StoredIntent;
import org.mandate.relayer.store.StoredMessage;
import org.mandate.relayer.store.Task;
import org.mandate.testing.Anvil;
import org.web3j.abi.EventEncoder;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.DynamicBytes;
import org.web3j.abi.datatypes.Event;
import org.web3j.abi.datatypes.Type;
import org.web3j.abi.datatypes.generated.Bytes32;
import org.web3j.abi.datatypes.generated.Uint256;
import org.web3j.abi.datatypes.generated.Uint64;

/**
 * What home's dispatch must be before this relayer acts on it: seen by most of the nodes, and
 * final. The dispatch is perfect in every other respect; only some nodes' chain holds it.
 */
class DispatchTest {
  private static final Address OURS = new Address("0x" + "0a".repeat(20));
  private static final long REMOTE = 2;
  private static final long HOME = 1;
  private static final Intent INTENT = intent(0);
  private static final BigInteger HOME_ID = BigInteger.valueOf(HOME);
  private static final IntentDomain DOMAIN = new IntentDomain(HOME_ID, OURS);
  private static final Hash ID = INTENT.id(DOMAIN);
  private static final Message MESSAGE = message(INTENT);
  private static final Hash MESSAGE_ID = MESSAGE.id(OURS);

  /** An event as our contracts log it. */
  private record Said(EventKind kind, List<Hash> topics, Bytes data) {
    static Said of(EventKind kind, Event event, List<Hash> indexed, Type<?>... values) {
      Hash first = Hash.of(EventEncoder.encode(event));
      List<Hash> topics = Stream.concat(Stream.of(first), indexed.stream()).toList();
      return new Said(kind, topics, Bytes.of(Abi.encode(values)));
    }
  }

  private static final List<Said> DISPATCH = dispatch(INTENT);

  private static Message message(Intent intent) {
    return new Message(
        HOME_ID,
        intent.nonce().add(BigInteger.ONE),
        new InteroperableAddress(HOME_ID, OURS).encode(),
        new InteroperableAddress(intent.chainId(), OURS).encode(),
        IntentAbi.encode(intent, 0));
  }

  private static List<Said> dispatch(Intent intent) {
    Message message = message(intent);
    Hash id = message.id(OURS);
    return List.of(
        Said.of(
            EventKind.NUMBERED,
            QuorumGateway.NONCEASSIGNED_EVENT,
            List.of(id),
            new Uint256(message.nonce())),
        Said.of(
            EventKind.SENT,
            QuorumGateway.MESSAGESENT_EVENT,
            List.of(id),
            new DynamicBytes(message.sender().bytes()),
            new DynamicBytes(message.recipient().bytes()),
            new DynamicBytes(message.payload().bytes()),
            new Uint256(0),
            new DynamicArray<>(DynamicBytes.class, List.of())),
        Said.of(
            EventKind.DISPATCHED,
            HomeExecutor.INTENTDISPATCHED_EVENT,
            List.of(intent.id(DOMAIN), Hash.of(Abi.encode(new Uint256(intent.agentId())))),
            IntentAbi.toContract(intent),
            new Bytes32(id.bytes())));
  }

  private static final Said QUEUED =
      Said.of(
          EventKind.QUEUED,
          DestinationExecutor.INTENTQUEUED_EVENT,
          List.of(ID, Hash.of(Abi.encode(new Uint256(INTENT.agentId())))),
          IntentAbi.toContract(INTENT),
          new Bytes32(MESSAGE_ID.bytes()),
          new Uint64(1));

  @TempDir Path directory;
  private EmbeddedServer server;
  private Database database;
  private Anvil with;
  private Anvil without;
  private Anvil remote;

  @BeforeEach
  void start() {
    server = EmbeddedServer.start(directory.resolve("postgres"));
    database = Database.open(server.jdbcUrl());
    with = Anvil.start(HOME);
    without = Anvil.start(HOME);
    without.mine(1);
    remote = Anvil.start(REMOTE);
    say(with, HOME, DISPATCH);
    say(remote, REMOTE, List.of(QUEUED));
    database.run(tx -> StoredIntent.save(tx, ID, INTENT, Optional.empty(), Instant.now()));
  }

  @AfterEach
  void stop() {
    remote.close();
    without.close();
    with.close();
    database.close();
    server.close();
  }

  @Test
  void L7_shouldSignOnlyWhatMostNodesHave() {
    makeFinal();
    assertEquals(Optional.empty(), signedBehind(with, without, without), "one node made it up");
    assertEquals(Optional.empty(), signedBehind(with, without), "half of them is not most");
    assertTrue(signedBehind(with, with, without).isPresent(), "nothing else was wrong with it");
  }

  /** In more blocks than are looked at together, all before the true one, which is told twice. */
  @Test
  void L10_shouldSignWhatIsTrueBehindWhateverOneNodeMadeUp() {
    try (Anvil honest = Anvil.start(HOME)) {
      tellAfterLies(honest);
      Attestor attestor = attestor(nodes(with, honest, honest), Clock.systemUTC());
      for (int rounds = 0; attestor.round(); rounds++) assertTrue(rounds < 10, "it ends");
      assertTrue(signature().isPresent(), "most nodes deny what stands before it");
    }
  }

  @Test
  void L10_shouldAskAgainAfterAWhileForWhatMostNodesDidNotHave() {
    makeFinal();
    Instant[] now = {Instant.now()};
    InstantSource time = () -> now[0];
    List<ChainClient> nodes = new ArrayList<>(List.of(without.client(), without.client()));
    ChainClient turning =
        (ChainClient)
            Proxy.newProxyInstance(
                ChainClient.class.getClassLoader(),
                new Class<?>[] {ChainClient.class},
                (proxy, method, arguments) -> method.invoke(nodes.getFirst(), arguments));
    Attestor attestor =
        attestor(
            new SeveralNodes(List.of(with.client(), turning, without.client())),
            time.withZone(ZoneOffset.UTC));
    attestor.round();
    nodes.set(0, with.client());
    attestor.round();
    assertEquals(Optional.empty(), signature(), "they were asked a moment ago");
    now[0] = now[0].plus(Attestor.AGAIN_AFTER);
    attestor.round();
    assertTrue(signature().isPresent(), "now most have it");
  }

  @Test
  void L10_shouldNotHelpToExecuteBeforeTheDispatchIsFinal() throws Exception {
    assertEquals("NOT_DISPATCHED", whyNotExecuted());
    makeFinal();
    // Now it goes on to the destination's contracts, which this chain does not have.
    assertEquals("UNAVAILABLE", whyNotExecuted());
  }

  /** Home never sends it: each look costs a commit, and there may be any number of them. */
  @Test
  void L9_shouldLookSeldomAtWhatHomeNeverSentAndNotForEver() throws Exception {
    AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
    InstantSource time = now::get;
    Worker worker = worker(time.withZone(ZoneOffset.UTC));
    database.run(tx -> Task.open(tx, Task.Kind.EXECUTE, REMOTE, ID, now.get(), now.get()));
    int looks = 0;
    for (int second = 0; second < 1200; second++) {
      if (worker.round()) looks++;
      now.set(now.get().plusSeconds(1));
    }
    assertTrue(looks > 3 && looks < 15, "in 20 minutes " + looks + " times");
    past(REMOTE);
    now.set(now.get().plusSeconds(3600));
    assertTrue(worker.round());
    assertTrue(isOpen(), "home is only final up to before the deadline: it may still show it");
    past(HOME);
    now.set(now.get().plusSeconds(3600));
    assertTrue(worker.round());
    assertFalse(isOpen(), "no final block of home holds it, and none ever will");
  }

  /** That chain is final beyond the deadline. */
  private void past(long chain) {
    Block top =
        database.inTransaction(tx -> Blocks.atOrBelow(tx, chain, Long.MAX_VALUE)).orElseThrow();
    Block late =
        new Block(
            top.number() + 1,
            Hash.keccak("late"),
            top.hash(),
            Instant.ofEpochSecond(INTENT.deadline().longValueExact() + 1));
    if (chain == HOME) database.run(tx -> tx.update("DELETE FROM event WHERE chain_id = ?", HOME));
    database.run(
        tx -> {
          Blocks.append(tx, chain, late);
          ChainRow.finalize(tx, chain, late.number(), late.hash());
        });
  }

  private boolean isOpen() {
    return database.inTransaction(Task::nextDue).isPresent();
  }

  // ------------------------------------------------------------------ steps

  private void makeFinal() {
    Block block = with.client().block(1).orElseThrow();
    database.run(tx -> ChainRow.finalize(tx, HOME, block.number(), block.hash()));
  }

  /**
   * Has the chain dispatch in its 61st block, and stores what a node made up in each of those
   * before.
   */
  private void tellAfterLies(Anvil honest) {
    honest.mine(60);
    honest.rpc("anvil_setCode", OURS.hex(), sayer(DISPATCH).hex());
    honest.send(OURS, Bytes.EMPTY);
    for (int number = 2; number <= 61; number++) {
      Block block = honest.client().block(number).orElseThrow();
      List<Said> lie = dispatch(intent(number));
      List<Log> logs =
          number == 61 ? honest.client().logs(block.hash(), List.of(OURS)) : logs(block, lie);
      database.run(
          tx -> {
            Blocks.append(tx, HOME, block);
            for (int i = 0; i < logs.size(); i++)
              StoredEvent.insert(tx, HOME, lie.get(i).kind(), logs.get(i), DOMAIN);
            ChainRow.finalize(tx, HOME, block.number(), block.hash());
          });
    }
  }

  private static List<Log> logs(Block block, List<Said> events) {
    return IntStream.range(0, events.size())
        .mapToObj(
            i ->
                new Log(
                    block.hash(),
                    block.number(),
                    Hash.keccak("lie " + block.number()),
                    i,
                    OURS,
                    events.get(i).topics(),
                    events.get(i).data().hex()))
        .toList();
  }

  private static Intent intent(long nonce) {
    return SampleIntent.of(REMOTE, nonce, 1L << 40);
  }

  /** This relayer's signature after it asked these nodes. */
  private Optional<Attestation> signedBehind(Anvil... nodes) {
    attestor(nodes(nodes), Clock.systemUTC()).round();
    return signature();
  }

  private Attestor attestor(SeveralNodes nodes, Clock clock) {
    return new Attestor(
        chain(HOME, nodes),
        Set.of(REMOTE),
        database,
        Anvil.RICH,
        new SigningGate(),
        new Bell(),
        clock);
  }

  private Optional<Attestation> signature() {
    return database.inTransaction(
        tx -> StoredMessage.attestation(tx, MESSAGE_ID, Anvil.RICH.address()));
  }

  private String whyNotExecuted() throws InterruptedException {
    Instant now = Instant.now();
    database.run(tx -> Task.open(tx, Task.Kind.EXECUTE, REMOTE, ID, now, now));
    assertTrue(worker().round());
    return database
        .inTransaction(
            tx -> tx.one("SELECT parked ->> 'rule' AS rule FROM task", row -> row.text("rule")))
        .orElseThrow();
  }

  private Worker worker() {
    return worker(Clock.systemUTC());
  }

  private Worker worker(Clock clock) {
    return new Worker(
        "test",
        database,
        Map.of(HOME, place(HOME, with, clock), REMOTE, place(REMOTE, remote, clock)),
        new Peers(List.of()),
        new EmbeddedBlobStore(directory.resolve("blobs"), Clock.systemUTC()),
        Duration.ofSeconds(1),
        Duration.ZERO,
        Duration.ofSeconds(1),
        clock);
  }

  private Workplace place(long id, Anvil node, Clock clock) {
    FollowedChain chain = chain(id, nodes(node));
    Desk desk =
        new Desk(
            chain,
            database,
            FeePolicy.upTo(FeeLimit.ofGwei(500, 50)),
            Anvil.RICH,
            new SigningGate(),
            new Bell(),
            clock);
    return new Workplace(chain, desk, database, Duration.ofSeconds(1), clock);
  }

  private static SeveralNodes nodes(Anvil... nodes) {
    return new SeveralNodes(Stream.of(nodes).map(Anvil::client).toList());
  }

  private static FollowedChain chain(long id, SeveralNodes client) {
    return new FollowedChain(
        id, client, Finality.of("finalized"), 0, HOME, OURS, OURS, OURS, OURS, OURS);
  }

  /**
   * Has a chain log these events in block 1, and stores that block as a relayer that follows it.
   */
  private void say(Anvil anvil, long id, List<Said> events) {
    anvil.rpc("anvil_setCode", OURS.hex(), sayer(events).hex());
    anvil.send(OURS, Bytes.EMPTY);
    Block block = anvil.client().block(1).orElseThrow();
    List<Log> logs = anvil.client().logs(block.hash(), List.of(OURS));
    assertEquals(events.size(), logs.size());
    database.run(
        tx -> {
          ChainRow.register(tx, id, OURS, OURS);
          Blocks.append(tx, id, block);
          for (int i = 0; i < logs.size(); i++)
            StoredEvent.insert(tx, id, events.get(i).kind(), logs.get(i), DOMAIN);
        });
  }

  /** Code of a contract that logs these events whenever it is called; their data stands behind. */
  private static Bytes sayer(List<Said> events) {
    int at = events.stream().mapToInt(said -> 15 + 33 * said.topics().size()).sum() + 1;
    StringBuilder code = new StringBuilder("0x");
    for (Said said : events) {
      int size = said.data().size();
      // PUSH2 size, PUSH2 from, PUSH1 to, CODECOPY; PUSH32 each topic, PUSH2 size, PUSH1 from, LOG
      code.append("61%04x61%04x600039".formatted(size, at));
      said.topics().reversed().forEach(topic -> code.append("7f").append(topic.hex(), 2, 66));
      code.append("61%04x6000%02x".formatted(size, 0xa0 + said.topics().size()));
      at += size;
    }
    code.append("00");
    events.forEach(said -> code.append(said.data().hex().substring(2)));
    return Bytes.of(code.toString());
  }
}
