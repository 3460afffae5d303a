package org.mandate.relayer.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
  private static final Intent INTENT =
      new Intent(
          BigInteger.ONE,
          new Address("0x" + "0b".repeat(20)),
          BigInteger.valueOf(REMOTE),
          new Address("0x" + "0c".repeat(20)),
          new Address("0x" + "0d".repeat(20)),
          BigInteger.TEN,
          Bytes.EMPTY,
          BigInteger.ZERO,
          BigInteger.TWO.pow(40));
  private static final long HOME = 1;
  private static final BigInteger HOME_ID = BigInteger.valueOf(HOME);
  private static final IntentDomain DOMAIN = new IntentDomain(HOME_ID, OURS);
  private static final Hash ID = INTENT.id(DOMAIN);
  private static final Message MESSAGE =
      new Message(
          HOME_ID,
          BigInteger.ONE,
          new InteroperableAddress(HOME_ID, OURS).encode(),
          new InteroperableAddress(INTENT.chainId(), OURS).encode(),
          IntentAbi.encode(INTENT, 0));
  private static final Hash MESSAGE_ID = MESSAGE.id(OURS);

  /** An event as our contracts log it. */
  private record Said(EventKind kind, List<Hash> topics, Bytes data) {
    static Said of(EventKind kind, Event event, List<Hash> indexed, Type<?>... values) {
      Hash first = Hash.of(EventEncoder.encode(event));
      List<Hash> topics = Stream.concat(Stream.of(first), indexed.stream()).toList();
      return new Said(kind, topics, Bytes.of(Abi.encode(values)));
    }
  }

  private static final List<Said> DISPATCH =
      List.of(
          Said.of(
              EventKind.NUMBERED,
              QuorumGateway.NONCEASSIGNED_EVENT,
              List.of(MESSAGE_ID),
              new Uint256(MESSAGE.nonce())),
          Said.of(
              EventKind.SENT,
              QuorumGateway.MESSAGESENT_EVENT,
              List.of(MESSAGE_ID),
              new DynamicBytes(MESSAGE.sender().bytes()),
              new DynamicBytes(MESSAGE.recipient().bytes()),
              new DynamicBytes(MESSAGE.payload().bytes()),
              new Uint256(0),
              new DynamicArray<>(DynamicBytes.class, List.of())),
          Said.of(
              EventKind.DISPATCHED,
              HomeExecutor.INTENTDISPATCHED_EVENT,
              List.of(ID, Hash.of(Abi.encode(new Uint256(INTENT.agentId())))),
              IntentAbi.toContract(INTENT),
              new Bytes32(MESSAGE_ID.bytes())));
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

  @Test
  void L10_shouldNotHelpToExecuteBeforeTheDispatchIsFinal() throws Exception {
    assertEquals("NOT_DISPATCHED", whyNotExecuted());
    makeFinal();
    // Now it goes on to the destination's contracts, which this chain does not have.
    assertEquals("UNAVAILABLE", whyNotExecuted());
  }

  // ------------------------------------------------------------------ steps

  private void makeFinal() {
    Block block = with.client().block(1).orElseThrow();
    database.run(tx -> ChainRow.finalize(tx, HOME, block.number(), block.hash()));
  }

  /** This relayer's signature after it asked these nodes. */
  private Optional<Attestation> signedBehind(Anvil... nodes) {
    new Attestor(
            chain(HOME, nodes),
            Set.of(REMOTE),
            database,
            Anvil.RICH,
            new SigningGate(),
            new Bell(),
            Clock.systemUTC())
        .round();
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
    return new Worker(
        database,
        Map.of(HOME, place(HOME, with), REMOTE, place(REMOTE, remote)),
        new Peers(List.of()),
        new EmbeddedBlobStore(directory.resolve("blobs"), Clock.systemUTC()),
        Duration.ofSeconds(1),
        Duration.ZERO,
        Duration.ofSeconds(1),
        Clock.systemUTC());
  }

  private Workplace place(long id, Anvil node) {
    FollowedChain chain = chain(id, node);
    Desk desk =
        new Desk(
            chain,
            database,
            FeeLimit.ofGwei(500, 50),
            Anvil.RICH,
            new SigningGate(),
            new Bell(),
            Clock.systemUTC());
    return new Workplace(chain, desk, database, Duration.ofSeconds(1), Clock.systemUTC());
  }

  private static FollowedChain chain(long id, Anvil... nodes) {
    SeveralNodes client = new SeveralNodes(Stream.of(nodes).map(Anvil::client).toList());
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
