package org.mandate.relayer.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.audit.EmbeddedBlobStore;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.JsonRpcClient;
import org.mandate.chain.Log;
import org.mandate.contracts.QuorumGateway;
import org.mandate.gateway.InteroperableAddress;
import org.mandate.gateway.Message;
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
import org.mandate.relayer.store.StoredMessage;
import org.mandate.relayer.store.Task;
import org.mandate.testing.Anvil;
import org.web3j.abi.EventEncoder;

/** Messages that never get attested: refused ones, and those that a reorg took away. */
class MessagesTest {
  private static final long HOME = 1;
  private static final long REMOTE = 2;
  private static final Address ANY = new Address("0x" + "11".repeat(20));
  private static final Hash MESSAGE = Hash.keccak("message");

  @TempDir Path directory;
  private EmbeddedServer server;
  private Database database;

  @BeforeEach
  void start() {
    server = EmbeddedServer.start(directory.resolve("postgres"));
    database = Database.open(server.jdbcUrl());
    database.run(
        tx -> {
          ChainRow.register(tx, HOME, ANY, ANY);
          ChainRow.register(tx, REMOTE, ANY, ANY);
          for (int i = 1; i <= 3; i++) Blocks.append(tx, HOME, block(i));
          ChainRow.finalize(tx, HOME, 2, block(2).hash());
        });
  }

  @AfterEach
  void stop() {
    database.close();
    server.close();
  }

  @Test
  void shouldLookAtEveryMessageWhenManyBeforeItAreRefused() {
    // More than two pages that no dispatch belongs to.
    for (int i = 0; i < 120; i++) sent(1, i, Hash.keccak("foreign " + i));
    sent(2, 0, MESSAGE);
    Attestor attestor = attestor();
    int rounds = 0;
    while (attestor.round()) assertFalse(++rounds > 10, "it comes to an end");
    assertEquals(List.of(), unattested(), "each is refused once and makes room for the next");
    database.run(StoredMessage::forgetRefusals);
    assertEquals(121, unattested().size(), "the next start looks at them again");
  }

  @Test
  void L10_shouldLookOnlyAtMessagesThatAreFinal() {
    sent(3, 0, MESSAGE);
    assertEquals(List.of(), unattested());
    database.run(tx -> ChainRow.finalize(tx, HOME, 3, block(3).hash()));
    assertEquals(1, unattested().size());
  }

  @Test
  void shouldCloseADeliveryWhoseDispatchAReorgRemoved() throws Exception {
    sent(3, 0, MESSAGE);
    open();
    Worker worker = worker();
    worker.asking(() -> {});
    assertTrue(isOpen(), "waits: not final at home yet");
    database.run(tx -> Blocks.undoFrom(tx, HOME, 3, Instant.now()));
    database.run(tx -> Task.wake(tx, REMOTE, Instant.now()));
    worker.asking(() -> {});
    assertFalse(isOpen(), "home shows no such message any more");
    // The reorg brings the dispatch back in another block, and with it the work.
    database.run(tx -> Blocks.append(tx, HOME, block(3)));
    sent(3, 0, MESSAGE);
    open();
    worker.asking(() -> {});
    assertTrue(isOpen(), "waits again");
  }

  @Test
  void shouldSignAMessageAloneWhenItsRootFindsNoQuorum() {
    Instant now = Instant.now();
    attested(MESSAGE, now.minusSeconds(10));
    Hash late = Hash.keccak("late");
    attested(late, now.minusSeconds(60));
    attestor().round();
    assertFalse(isSigned(MESSAGE), "the others have some time");
    assertTrue(isSigned(late), "relayers that saw its block differently sign the same now");
    database.run(tx -> tx.update("DELETE FROM task"));
    Hash over = Hash.keccak("over");
    attested(over, now.minusSeconds(60));
    database.run(tx -> tx.update("DELETE FROM task"));
    attestor().round();
    assertFalse(isSigned(over), "nobody waits for it");
  }

  // ------------------------------------------------------------------ steps

  /** Signed under a root that it is not alone under, and not delivered. */
  private void attested(Hash id, Instant at) {
    Message message =
        new Message(
            BigInteger.valueOf(HOME),
            BigInteger.ONE,
            new InteroperableAddress(BigInteger.valueOf(HOME), ANY).encode(),
            new InteroperableAddress(BigInteger.valueOf(REMOTE), ANY).encode(),
            Bytes.EMPTY);
    database.run(
        tx -> {
          new StoredMessage(id, message, Hash.keccak("root"), 0, at).save(tx, List.of());
          Task.open(tx, Task.Kind.DELIVER, REMOTE, id, at, at);
        });
  }

  private boolean isSigned(Hash id) {
    return database
        .inTransaction(tx -> StoredMessage.attestation(tx, id, Anvil.RICH.address()))
        .isPresent();
  }

  private List<StoredEvent> unattested() {
    return database.inTransaction(tx -> StoredEvent.unattested(tx, HOME, -1, 1000));
  }

  private void open() {
    Instant now = Instant.now();
    database.run(tx -> Task.open(tx, Task.Kind.DELIVER, REMOTE, MESSAGE, now, now));
  }

  private boolean isOpen() {
    return database.inTransaction(Task::nextDue).isPresent();
  }

  private Attestor attestor() {
    return new Attestor(
        chain(HOME),
        Set.of(REMOTE),
        database,
        Anvil.RICH,
        new SigningGate(),
        new Bell(),
        Clock.systemUTC());
  }

  private Worker worker() {
    return new Worker(
        "test",
        database,
        Map.of(HOME, place(HOME), REMOTE, place(REMOTE)),
        new Peers(List.of()),
        new EmbeddedBlobStore(directory.resolve("blobs"), Clock.systemUTC()),
        Duration.ofSeconds(1),
        Duration.ZERO,
        Duration.ofSeconds(1),
        Clock.systemUTC());
  }

  private Workplace place(long id) {
    Desk desk =
        new Desk(
            chain(id),
            database,
            FeePolicy.upTo(FeeLimit.ofGwei(500, 50)),
            Anvil.RICH,
            new SigningGate(),
            new Bell(),
            Clock.systemUTC());
    return new Workplace(chain(id), desk, database, Duration.ofSeconds(1), Clock.systemUTC());
  }

  private static FollowedChain chain(long id) {
    SeveralNodes nowhere =
        new SeveralNodes(
            List.of(new JsonRpcClient(URI.create("http://127.0.0.1:1"), Duration.ofSeconds(1))));
    return new FollowedChain(
        id, nowhere, Finality.of("finalized"), 0, HOME, ANY, ANY, ANY, ANY, ANY);
  }

  private void sent(long block, int logIndex, Hash message) {
    List<Hash> topics =
        List.of(Hash.of(EventEncoder.encode(QuorumGateway.MESSAGESENT_EVENT)), message);
    Log log =
        new Log(
            block(block).hash(),
            block,
            Hash.keccak("transaction " + message),
            logIndex,
            ANY,
            topics,
            "0x");
    database.run(
        tx ->
            StoredEvent.insert(
                tx, HOME, EventKind.SENT, log, new IntentDomain(BigInteger.valueOf(HOME), ANY)));
  }

  private static Block block(long number) {
    return new Block(
        number,
        Hash.keccak("block " + number),
        Hash.keccak("block " + (number - 1)),
        Instant.ofEpochSecond(1_800_000_000 + number));
  }
}
