package org.mandate.relayer.work;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.JsonRpcClient;
import org.mandate.chain.Log;
import org.mandate.contracts.CrossChainExecutor;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.HomeExecutor;
import org.mandate.contracts.QuorumGateway;
import org.mandate.gateway.InteroperableAddress;
import org.mandate.gateway.Message;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentDomain;
import org.mandate.intent.IntentState;
import org.mandate.intent.Result;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.follow.SeveralNodes;
import org.mandate.relayer.store.Blocks;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.relayer.store.EventKind;
import org.mandate.relayer.store.StoredEvent;
import org.web3j.abi.EventEncoder;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.DynamicBytes;
import org.web3j.abi.datatypes.Event;
import org.web3j.abi.datatypes.Type;
import org.web3j.abi.datatypes.generated.Bytes32;
import org.web3j.abi.datatypes.generated.Uint256;

/** Which messages are signed: what they say must be what our contracts did. */
class GenuineTest {
  private static final long HOME = 1;
  private static final long REMOTE = 2;
  private static final Address OURS = new Address("0x" + "0a".repeat(20));
  private static final Address ELSE = new Address("0x" + "0e".repeat(20));
  private static final Address GOVERNANCE = new Address("0x" + "09".repeat(20));
  private static final Hash OTHER = Hash.keccak("another intent");
  private static final IntentDomain DOMAIN = new IntentDomain(BigInteger.valueOf(HOME), OURS);
  private static final Intent INTENT = SampleIntent.of(REMOTE, 0, 1L << 40);
  private static final Hash ID = INTENT.id(DOMAIN);
  private static final Result TRUTH = new Result(ID, IntentState.EXECUTED, BigInteger.TEN);

  @TempDir Path directory;
  private EmbeddedServer server;
  private Database database;
  private int logs;

  @BeforeEach
  void start() {
    server = EmbeddedServer.start(directory.resolve("postgres"));
    database = Database.open(server.jdbcUrl());
    database.run(
        tx -> {
          for (long chain : List.of(HOME, REMOTE)) {
            ChainRow.register(tx, chain, OURS, OURS);
            Blocks.append(tx, chain, block());
            ChainRow.finalize(tx, chain, 1, block().hash());
          }
        });
  }

  @AfterEach
  void stop() {
    database.close();
    server.close();
  }

  @Test
  void L7_shouldAttestAReportThatIsTrue() {
    executed("execute");
    assertEquals(Optional.of(List.of(ID)), attested(REMOTE, report("t", List.of(TRUTH), true)));
  }

  @Test
  void L7_shouldNotAttestAReportThatIsFalse() {
    executed("execute");
    BigInteger nine = BigInteger.valueOf(9);
    List<Result> lies =
        List.of(
            new Result(ID, IntentState.EXECUTED, nine),
            new Result(ID, IntentState.CANCELLED, BigInteger.ZERO),
            new Result(ID, IntentState.FAILED, BigInteger.ZERO),
            new Result(ID, IntentState.QUEUED, BigInteger.ZERO),
            new Result(OTHER, IntentState.EXPIRED, BigInteger.ZERO));
    for (Result lie : lies) {
      assertEquals(
          Optional.empty(), attested(REMOTE, report("a" + lie, List.of(lie), true)), lie + "");
      assertEquals(
          Optional.empty(),
          attested(REMOTE, report("b" + lie, List.of(TRUTH, lie), true)),
          "one lie among truths: " + lie);
    }
  }

  @Test
  void L7_shouldNotAttestWhatTheExecutorDidNotReportThere() {
    executed("execute");
    assertEquals(Optional.empty(), attested(REMOTE, report("t", List.of(TRUTH), false)));
  }

  @Test
  void L7_shouldNotAttestAReportOfWhatCameAfterIt() {
    StoredEvent early = report("t", List.of(TRUTH), true);
    executed("execute");
    assertEquals(Optional.empty(), attested(REMOTE, early));
  }

  @Test
  void L7_shouldAttestNoIntentThatHomeOnlySaysItSent() {
    Message message = message(HOME, REMOTE, OURS, IntentAbi.encode(INTENT, 3));
    assertEquals(Optional.empty(), attested(HOME, send("no dispatch", message)));
    // Dispatched, in another message.
    dispatched("other", Hash.keccak("other message"));
    assertEquals(Optional.empty(), attested(HOME, send("other", message)));
    dispatched("same", message.id(OURS));
    assertEquals(Optional.of(List.of(ID)), attested(HOME, send("same", message)));
  }

  @Test
  void shouldAttestWhatIsSentOnceMore() {
    Message message = message(HOME, REMOTE, OURS, IntentAbi.encode(INTENT, 3));
    resent("again", OTHER, message.id(OURS));
    assertEquals(Optional.empty(), attested(HOME, send("again", message)), "another intent's");
    resent("again too", ID, message.id(OURS));
    assertEquals(Optional.of(List.of(ID)), attested(HOME, send("again too", message)));
  }

  @Test
  void L7_shouldAttestOrdersOfHomesGovernanceOnly() {
    Bytes order = new Bytes("0x0123");
    assertEquals(
        Optional.of(List.of()),
        attested(HOME, send("order", message(HOME, REMOTE, GOVERNANCE, order))));
    assertEquals(
        Optional.empty(),
        attested(REMOTE, send("not home", message(REMOTE, HOME, GOVERNANCE, order))));
    assertEquals(
        Optional.empty(), attested(HOME, send("stranger", message(HOME, REMOTE, ELSE, order))));
  }

  // ------------------------------------------------------------------ steps

  private Optional<List<Hash>> attested(long chain, StoredEvent sent) {
    return new Genuine(chain(chain), database).read(sent).map(Genuine.Told::intents);
  }

  private static FollowedChain chain(long id) {
    SeveralNodes nowhere =
        new SeveralNodes(
            List.of(new JsonRpcClient(URI.create("http://127.0.0.1:1"), Duration.ofSeconds(1))));
    return new FollowedChain(
        id,
        nowhere,
        Finality.of("finalized"),
        0,
        HOME,
        OURS,
        OURS,
        OURS,
        OURS,
        OURS,
        Optional.of(GOVERNANCE));
  }

  private static Message message(long from, long to, Address contract, Bytes payload) {
    return new Message(
        BigInteger.valueOf(from),
        BigInteger.ONE,
        new InteroperableAddress(BigInteger.valueOf(from), contract).encode(),
        new InteroperableAddress(BigInteger.valueOf(to), contract).encode(),
        payload);
  }

  /** The destination's executor tells home, in that transaction. */
  private StoredEvent report(String transaction, List<Result> results, boolean logged) {
    Message message = message(REMOTE, HOME, OURS, IntentAbi.encodeResults(results));
    List<Bytes32> ids = results.stream().map(r -> new Bytes32(r.intentId().bytes())).toList();
    if (logged) {
      say(
          REMOTE,
          transaction,
          EventKind.REPORTED,
          DestinationExecutor.RESULTSREPORTED_EVENT,
          List.of(message.id(OURS)),
          new DynamicArray<>(Bytes32.class, ids));
    }
    return send(transaction, message);
  }

  private StoredEvent send(String transaction, Message message) {
    long from = message.sourceChainId().longValueExact();
    Hash id = message.id(OURS);
    say(
        from,
        transaction,
        EventKind.NUMBERED,
        QuorumGateway.NONCEASSIGNED_EVENT,
        List.of(id),
        new Uint256(message.nonce()));
    return say(
        from,
        transaction,
        EventKind.SENT,
        QuorumGateway.MESSAGESENT_EVENT,
        List.of(id),
        new DynamicBytes(message.sender().bytes()),
        new DynamicBytes(message.recipient().bytes()),
        new DynamicBytes(message.payload().bytes()),
        new Uint256(0),
        new DynamicArray<>(DynamicBytes.class, List.of()));
  }

  private void executed(String transaction) {
    say(
        REMOTE,
        transaction,
        EventKind.EXECUTED,
        CrossChainExecutor.INTENTEXECUTED_EVENT,
        List.of(ID, agent()),
        IntentAbi.toContract(INTENT),
        new Uint256(10));
  }

  private void dispatched(String transaction, Hash message) {
    say(
        HOME,
        transaction,
        EventKind.DISPATCHED,
        HomeExecutor.INTENTDISPATCHED_EVENT,
        List.of(ID, agent()),
        IntentAbi.toContract(INTENT),
        new Bytes32(message.bytes()));
  }

  private void resent(String transaction, Hash intent, Hash message) {
    say(
        HOME,
        transaction,
        EventKind.RESENT,
        HomeExecutor.INTENTRESENT_EVENT,
        List.of(intent, agent()),
        new Bytes32(message.bytes()));
  }

  private static Hash agent() {
    return Hash.of(Abi.encode(new Uint256(INTENT.agentId())));
  }

  private StoredEvent say(
      long chain,
      String transaction,
      EventKind kind,
      Event event,
      List<Hash> indexed,
      Type<?>... values) {
    List<Hash> topics =
        Stream.concat(Stream.of(Hash.of(EventEncoder.encode(event))), indexed.stream()).toList();
    Log log =
        new Log(
            block().hash(),
            1,
            Hash.keccak(transaction),
            logs++,
            OURS,
            topics,
            Bytes.of(Abi.encode(values)).hex());
    database.run(tx -> StoredEvent.insert(tx, chain, kind, log, DOMAIN));
    return new StoredEvent(kind, chain, log, 0, true);
  }

  private static Block block() {
    return new Block(1, Hash.keccak("1"), Hash.keccak("0"), Instant.ofEpochSecond(1_800_000_000));
  }
}
