package org.mandate.relayer.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.AttestationDomain;
import org.mandate.gateway.Message;
import org.mandate.intent.Intent;
import org.mandate.relayer.store.TransactionRow.Purpose;
import org.mandate.signer.PrivateKeySigner;

/** What the statements promise, on a real server. */
class StoreTest {
  private static final long CHAIN = 1;
  private static final Address SIGNER = new Address("0x" + "11".repeat(20));
  private static final Address OTHER = new Address("0x" + "22".repeat(20));
  private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
  private static final Duration LEASE = Duration.ofSeconds(30);

  @TempDir private static Path directory;
  private static EmbeddedServer server;
  private static Database database;

  @BeforeAll
  static void start() {
    server = EmbeddedServer.start(directory.resolve("postgres"));
    database = Database.open(server.jdbcUrl());
    database.run(tx -> ChainRow.register(tx, CHAIN, OTHER, OTHER));
  }

  @AfterAll
  static void stop() {
    database.close();
    server.close();
  }

  @BeforeEach
  void empty() {
    database.run(
        tx -> {
          tx.update("DELETE FROM task");
          tx.update("DELETE FROM attempt");
          tx.update("DELETE FROM transaction");
          tx.update("UPDATE chain SET head = NULL, finalized = NULL");
          tx.update("DELETE FROM block");
          tx.update("DELETE FROM intent");
        });
  }

  @Test
  void L11_evidenceIsReadPieceByPieceTheNewestFirst() {
    List<Hash> ids = List.of(Hash.keccak("1"), Hash.keccak("2"), Hash.keccak("3"));
    for (Hash id : ids) {
      Message message =
          new Message(BigInteger.ONE, BigInteger.TWO, Bytes.EMPTY, Bytes.EMPTY, Bytes.EMPTY);
      StoredEvidence piece =
          new StoredEvidence(
              id,
              message,
              List.of(),
              Address.ZERO,
              Attestation.sign(
                  new AttestationDomain(BigInteger.ONE, Address.ZERO),
                  id,
                  new PrivateKeySigner(BigInteger.TWO)),
              1,
              id,
              Optional.empty());
      database.run(tx -> piece.save(tx, Instant.EPOCH));
    }
    List<Hash> read = new ArrayList<>();
    long before = Long.MAX_VALUE;
    while (true) {
      long below = before;
      var next = database.inTransaction(tx -> StoredEvidence.before(tx, below));
      if (next.isEmpty()) break;
      read.add(next.get().evidence().messageId());
      before = next.get().number();
    }
    assertEquals(ids.reversed(), read);
  }

  @Test
  void shouldLetNobodyElseReplaceTheServersPrograms() throws IOException {
    Path programs = EmbeddedServer.programs();
    assertTrue(Files.isDirectory(programs));
    assertEquals(
        "rwx------",
        PosixFilePermissions.toString(Files.getPosixFilePermissions(programs.getParent())));
  }

  @Test
  void shouldLetNobodyInWithoutThePassword() throws IOException {
    String url = server.jdbcUrl();
    assertThrows(
        SQLException.class,
        () -> DriverManager.getConnection(url.substring(0, url.indexOf("&password"))).close());
    assertThrows(SQLException.class, () -> DriverManager.getConnection(url + "0").close());
    Path file = directory.resolve("postgres.password");
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    String rules = Files.readString(directory.resolve("postgres/pg_hba.conf"));
    assertTrue(rules.lines().noneMatch(l -> !l.startsWith("#") && l.contains("trust")), rules);
  }

  @Test
  void shouldWakeTheChainsWorkWhenAReorgRemovesBlocks() {
    Hash subject = Hash.keccak("intent");
    database.run(
        tx -> {
          Blocks.append(tx, CHAIN, block(1));
          Blocks.append(tx, CHAIN, block(2));
          Task.open(tx, Task.Kind.PROCEED, CHAIN, subject, NOW.plus(Duration.ofDays(2)), NOW);
          assertTrue(Task.claim(tx, NOW, LEASE).isEmpty());
          Blocks.undoFrom(tx, CHAIN, 2, NOW);
          assertEquals(subject, Task.claim(tx, NOW, LEASE).orElseThrow().subject());
        });
  }

  @Test
  void shouldKeepWorkThatANewEventMovedWhileItWasClaimed() {
    Hash subject = Hash.keccak("intent");
    database.run(
        tx -> {
          Task.open(tx, Task.Kind.EXECUTE, CHAIN, subject, NOW, NOW);
          Task claimed = Task.claim(tx, NOW, LEASE).orElseThrow();
          Task.open(tx, Task.Kind.EXECUTE, CHAIN, subject, NOW.plusSeconds(1), NOW); // upheld, say
          claimed.close(tx);
          claimed.putOff(tx, NOW.plus(Duration.ofDays(1)), Optional.empty());
          Task again = Task.claim(tx, NOW.plusSeconds(1), LEASE).orElseThrow();
          again.close(tx);
          assertTrue(Task.nextDue(tx).isEmpty());
        });
  }

  @Test
  void shouldFindWhatToSendWhenHundredsWaitForFinality() {
    database.run(
        tx -> {
          Blocks.append(tx, CHAIN, block(1));
          Blocks.append(tx, CHAIN, block(2));
          ChainRow.finalize(tx, CHAIN, 1, block(1).hash());
          for (int nonce = 0; nonce < 300; nonce++) mined(tx, nonce, 2);
          mined(tx, 300, 1);
          long unknown = transaction(tx, SIGNER, 301);
          long next = transaction(tx, SIGNER, 302);
          transaction(tx, OTHER, 302);
          assertEquals(List.of(next), ids(TransactionRow.toSend(tx, CHAIN, SIGNER, 302)));
          List<TransactionRow> settle = TransactionRow.toSettle(tx, CHAIN, SIGNER, 302);
          assertEquals(List.of(300L, 301L), settle.stream().map(TransactionRow::nonce).toList());
          assertEquals(unknown, settle.getLast().id());
        });
  }

  @Test
  void shouldKeepTheNewestSignature() {
    Intent intent =
        new Intent(
            BigInteger.ONE,
            OTHER,
            BigInteger.ONE,
            OTHER,
            OTHER,
            BigInteger.ONE,
            Bytes.EMPTY,
            BigInteger.ONE,
            BigInteger.valueOf(NOW.getEpochSecond()));
    Hash id = Hash.keccak("signed twice");
    database.run(
        tx -> {
          assertTrue(StoredIntent.save(tx, id, intent, Optional.of(new Bytes("0x01")), NOW));
          StoredIntent.save(tx, id, intent, Optional.empty(), NOW);
          StoredIntent.save(tx, id, intent, Optional.of(new Bytes("0x02")), NOW);
          assertEquals(
              Optional.of(new Bytes("0x02")), StoredIntent.of(tx, id).orElseThrow().signature());
        });
  }

  @Test
  void shouldPageByStateInTheDatabase() {
    Intent intent =
        new Intent(
            BigInteger.ONE,
            OTHER,
            BigInteger.ONE,
            OTHER,
            OTHER,
            BigInteger.ONE,
            Bytes.EMPTY,
            BigInteger.ONE,
            BigInteger.valueOf(NOW.getEpochSecond()));
    Hash lapsed = Hash.keccak("lapsed");
    database.run(
        tx -> {
          StoredIntent.save(tx, lapsed, intent, Optional.empty(), NOW);
          StoredIntent.lapse(tx, lapsed);
          StoredIntent.save(tx, Hash.keccak("fresh"), intent, Optional.empty(), NOW);
          assertEquals(
              2,
              StoredIntent.page(
                      tx, Optional.of(BigInteger.ONE), Optional.empty(), Optional.empty(), 10)
                  .size());
          assertEquals(
              2,
              StoredIntent.page(tx, Optional.empty(), Optional.of("RECEIVED"), Optional.empty(), 10)
                  .size());
          assertEquals(
              List.of(lapsed),
              StoredIntent.page(tx, Optional.empty(), Optional.of("EXPIRED"), Optional.empty(), 10)
                  .stream()
                  .map(StoredIntent::id)
                  .toList());
          for (String state :
              List.of(
                  "DENIED",
                  "ADMITTED",
                  "DISPATCHED",
                  "QUEUED",
                  "DISPUTED",
                  "EXECUTED",
                  "CANCELLED")) {
            assertTrue(
                StoredIntent.page(tx, Optional.empty(), Optional.of(state), Optional.empty(), 10)
                    .isEmpty(),
                state);
          }
        });
  }

  @Test
  void shouldPassOverAgentsAndRefusedMessages() {
    database.run(
        tx -> {
          assertTrue(StoredEvent.unarchived(tx, CHAIN, Set.of(), 10).isEmpty());
          assertTrue(
              StoredEvent.unarchived(tx, CHAIN, Set.of(BigInteger.ONE, BigInteger.TWO.pow(255)), 10)
                  .isEmpty());
          assertTrue(Unpinned.after(tx, "", 10).isEmpty());
          StoredMessage.refuse(tx, Hash.keccak("message"), "foreign", NOW);
          StoredMessage.refuse(tx, Hash.keccak("message"), "foreign", NOW);
          StoredMessage.forgetRefusals(tx);
        });
  }

  private static List<Long> ids(List<TransactionRow> rows) {
    return rows.stream().map(TransactionRow::id).toList();
  }

  private static void mined(Tx tx, long nonce, long block) {
    long id = transaction(tx, SIGNER, nonce);
    tx.update("UPDATE transaction SET block_number = ? WHERE transaction_id = ?", block, id);
  }

  private static long transaction(Tx tx, Address signer, long nonce) {
    List<Hash> subject = List.of(Hash.keccak("subject " + signer + nonce));
    return TransactionRow.insert(
            tx, CHAIN, signer, nonce, Purpose.SUBMIT, subject, OTHER, Bytes.EMPTY, 21_000, NOW)
        .orElseThrow();
  }

  private static Block block(long number) {
    return new Block(
        number,
        Hash.keccak("block " + number),
        Hash.keccak("block " + (number - 1)),
        NOW.plusSeconds(number));
  }
}
