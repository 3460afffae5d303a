package org.mandate.relayer.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.gateway.InteroperableAddress;
import org.mandate.gateway.Message;

/** A long history, of which little is new: what a round reads of it, in a real database. */
class WaitingBlocksTest {
  private static final long CHAIN = 1;
  private static final int HISTORY = 2_000;
  private static final Address ANY = new Address("0x" + "0a".repeat(20));

  @TempDir Path directory;
  private EmbeddedServer server;
  private Database database;

  @BeforeEach
  void start() {
    server = EmbeddedServer.start(directory.resolve("postgres"));
    database = Database.open(server.jdbcUrl());
    database.run(tx -> ChainRow.register(tx, CHAIN, ANY, ANY));
    add(1, HISTORY, "a");
  }

  @AfterEach
  void stop() {
    database.close();
    server.close();
  }

  @Test
  void L9_shouldReadOfALongHistoryOnlyWhatIsNew() {
    finish(HISTORY);
    doAll();
    assertEquals(0, (int) database.inTransaction(this::sent));
    assertEquals(0, (int) database.inTransaction(this::delivered));
    database.run(tx -> tx.update("ANALYZE"));
    add(HISTORY + 1, HISTORY + 1, "a");
    finish(HISTORY + 1);
    for (Function<Tx, Integer> round :
        List.<Function<Tx, Integer>>of(this::sent, this::delivered)) {
      long[] read = {0};
      int due =
          database.inTransaction(
              tx -> {
                long before = rowsRead(tx);
                int found = round.apply(tx);
                read[0] = rowsRead(tx) - before;
                return found;
              });
      assertEquals(1, due);
      assertTrue(read[0] < 50, read[0] + " rows were read to find one");
    }
  }

  /** Two that cannot be decided yet hold up nothing, and are found however much is done above. */
  @Test
  void L9_shouldKeepWhatIsNotDoneHoweverFarTheMarkIs() {
    finish(HISTORY);
    List<Long> left = List.of(3L, 700L);
    doAll(left);
    finish(HISTORY);
    assertEquals(left, sentIn());
    assertEquals(2, (int) database.inTransaction(this::delivered));
    doAll();
    assertEquals(List.of(), sentIn());
  }

  @Test
  void L9_shouldLookAgainAtWhatADeepReorgChanged() {
    finish(HISTORY);
    doAll();
    long common = HISTORY - 10;
    Instant now = Instant.now();
    database.run(tx -> DeepReorg.undo(tx, CHAIN, block(common, "a"), now));
    add(common + 1, HISTORY, "b");
    finish(HISTORY);
    assertEquals(LongStream.rangeClosed(common + 1, HISTORY).boxed().toList(), sentIn());
    assertEquals(10, (int) database.inTransaction(this::delivered));
  }

  @Test
  void L9_shouldLookAgainAtWhatWasRefusedBeforeTheStart() {
    finish(HISTORY);
    Hash refused = message(5, "a").id(ANY);
    database.run(tx -> StoredMessage.refuse(tx, refused, "of this version", Instant.now()));
    doAll(List.of(5L));
    assertEquals(List.of(), sentIn());
    database.run(StoredMessage::forgetRefusals);
    assertEquals(List.of(5L), sentIn());
  }

  /** Of a message that was refused, too: what stands above the mark may be made up. */
  @Test
  void L10_shouldAttestNothingThatIsNotFinal() {
    finish(HISTORY);
    doAll();
    add(HISTORY + 1, HISTORY + 1, "a");
    Hash refused = message(HISTORY + 1, "a").id(ANY);
    database.run(
        tx -> {
          StoredMessage.refuse(tx, refused, "of this version", Instant.now());
          StoredMessage.forgetRefusals(tx);
        });
    assertEquals(List.of(), sentIn());
    finish(HISTORY + 1);
    assertEquals(List.of(HISTORY + 1L), sentIn());
  }

  // ------------------------------------------------------------------ steps

  private int sent(Tx tx) {
    return StoredEvent.unattested(tx, CHAIN, -1, 100).size();
  }

  private int delivered(Tx tx) {
    return StoredEvidence.uncompared(tx, CHAIN, -1, -1, 100).size();
  }

  private List<Long> sentIn() {
    return database.inTransaction(tx -> StoredEvent.unattested(tx, CHAIN, -1, 100)).stream()
        .map(e -> e.log().blockNumber())
        .toList();
  }

  /** By this connection, not long ago. */
  private static long rowsRead(Tx tx) {
    return tx.one(
            "SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) AS n FROM"
                + " pg_stat_xact_user_tables",
            row -> row.number("n"))
        .orElseThrow();
  }

  private void doAll() {
    doAll(List.of());
  }

  /** Everything is attested and compared, but what is in those blocks. */
  private void doAll(List<Long> but) {
    database.run(
        tx -> {
          sent(tx);
          delivered(tx);
          for (long number = 1; number <= HISTORY; number++) {
            if (but.contains(number)) continue;
            Message message = message(number, "a");
            Hash id = message.id(ANY);
            new StoredMessage(id, message, id, 0, Instant.now()).save(tx, List.of());
          }
          tx.update(
              "INSERT INTO compared_delivery SELECT chain_id, block_number, log_index FROM event"
                  + " WHERE kind = 'DELIVERED' AND block_number <> ALL (?) ON CONFLICT DO NOTHING",
              Tx.column("bigint", but));
        });
  }

  private void finish(long number) {
    database.run(
        tx ->
            ChainRow.finalize(
                tx, CHAIN, number, Blocks.atOrBelow(tx, CHAIN, number).orElseThrow().hash()));
  }

  /** Blocks of a branch, in each of which a message was sent and another one delivered. */
  private void add(long from, long to, String branch) {
    List<Block> blocks = LongStream.rangeClosed(from, to).mapToObj(n -> block(n, branch)).toList();
    List<StoredEvent.Logged> events = new ArrayList<>();
    for (Block block : blocks) {
      events.add(logged(block, 0, EventKind.SENT, message(block.number(), branch).id(ANY)));
      events.add(logged(block, 1, EventKind.DELIVERED, Hash.keccak("delivered " + block.hash())));
    }
    database.run(
        tx -> {
          Blocks.append(tx, CHAIN, blocks);
          StoredEvent.insert(tx, CHAIN, events);
        });
  }

  private static StoredEvent.Logged logged(Block block, int index, EventKind kind, Hash subject) {
    Log log =
        new Log(
            block.hash(),
            block.number(),
            Hash.keccak("transaction " + block.hash()),
            index,
            ANY,
            List.of(Hash.keccak(kind.name()), subject),
            "0x");
    return new StoredEvent.Logged(kind, log, Optional.empty());
  }

  private static Message message(long number, String branch) {
    return new Message(
        BigInteger.valueOf(CHAIN),
        BigInteger.valueOf(number),
        new InteroperableAddress(BigInteger.valueOf(CHAIN), ANY).encode(),
        new InteroperableAddress(BigInteger.valueOf(CHAIN), ANY).encode(),
        Bytes.of(branch.getBytes(StandardCharsets.US_ASCII)));
  }

  private static Block block(long number, String branch) {
    return new Block(
        number,
        Hash.keccak("block " + number + branch),
        Hash.keccak("block " + (number - 1) + branch),
        Instant.ofEpochSecond(1_800_000_000 + number));
  }
}
