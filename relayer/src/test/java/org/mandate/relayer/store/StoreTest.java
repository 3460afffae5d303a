package org.mandate.relayer.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.AttestationDomain;
import org.mandate.gateway.Message;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentDomain;
import org.mandate.relayer.store.TransactionRow.Purpose;
import org.mandate.signer.PrivateKeySigner;

/** What the statements promise, on a real server. */
class StoreTest {
  private static final Attestation SIGNED =
      Attestation.sign(
          new AttestationDomain(BigInteger.ONE, Address.ZERO),
          Hash.keccak("root"),
          new PrivateKeySigner(BigInteger.TWO));
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
          tx.update("DELETE FROM contradiction");
          tx.update("DELETE FROM evidence");
          tx.update("DELETE FROM task");
          tx.update("DELETE FROM attempt");
          tx.update("DELETE FROM transaction");
          tx.update("UPDATE chain SET head = NULL, finalized = NULL");
          tx.update("DELETE FROM block");
          tx.update("DELETE FROM intent");
        });
  }

  /** Each relayer's pieces have their turns, whatever others pile up. */
  @Test
  void L7_evidenceAgainstOneRelayerIsNotHiddenByOthers() {
    Address few = new Address("0x" + "f0".repeat(20));
    Address flooding = new Address("0x" + "f1".repeat(20));
    Hash other = evidence("of another chain", few, 31338, 0, true);
    Hash home = evidence("of home", few, CHAIN, 5000, true);
    for (int i = 0; i < 300; i++) evidence("flood" + i, flooding, CHAIN, 3, true);
    for (int i = 0; i < 300; i++) {
      String name = "%040x".formatted(BigInteger.valueOf(i + 1));
      evidence("stranger" + i, new Address("0x" + name), CHAIN, 0, false);
    }
    assertEquals(
        List.of(home, other, Hash.keccak("flood299"), Hash.keccak("stranger299")),
        handedOut(0, 4),
        "one of each relayer and chain, the newest first, and one of all strangers");
    assertEquals(602, Set.copyOf(handedOut(0, 1000)).size());
    List<Hash> paged = new ArrayList<>();
    for (int i = 0; i < 7; i++) paged.addAll(handedOut(paged.size(), 100));
    assertEquals(handedOut(0, 1000), paged);
  }

  /** Of one relayer's, what takes its bond comes first, and then what is small. */
  @Test
  void L7_evidenceThatTakesABondIsNotHiddenByWhatDoesNot() {
    Address liar = new Address("0x" + "f2".repeat(20));
    Hash small = evidence("small", liar, 31338, 10, true);
    Hash alone = evidence("alone", liar, 31338, 0, true);
    Hash large = evidence("large", liar, 31338, 100_000, true);
    for (Hash one : List.of(small, large)) {
      database.run(
          tx -> {
            StoredEvidence lie =
                StoredEvidence.inTurns(tx, CHAIN, 0, 1000).stream()
                    .map(n -> StoredEvidence.numbered(tx, n).orElseThrow())
                    .filter(e -> e.messageId().equals(one))
                    .findFirst()
                    .orElseThrow();
            lie.contradict(
                tx,
                new StoredEvidence.Other(
                    Hash.keccak("truth"), lie.message(), List.of(), lie.attestation()),
                NOW);
          });
    }
    List<Hash> ofLiar =
        handedOut(0, 1000).stream().filter(List.of(small, alone, large)::contains).toList();
    assertEquals(List.of(small, large, alone), ofLiar);
  }

  /** Each is stored with what was delivered, which may be large. */
  @Test
  void L7_strangersSignaturesFillNoDisk() {
    for (int i = 0; i < 80; i++)
      evidence("crowded", new Address("0x" + "%040x".formatted(i + 1)), 31339, 10, false);
    evidence("crowded", new Address("0x" + "f3".repeat(20)), 31339, 10, true);
    Hash id = Hash.keccak("crowded");
    assertEquals(65, handedOut(0, 100_000).stream().filter(id::equals).count());
  }

  /** A chain that does not answer has many deliveries waiting: they hold up no other chain's. */
  @Test
  void L7_deliveriesOfADeadChainDoNotHideOthers() {
    database.run(
        tx -> {
          Blocks.append(tx, CHAIN, block(1));
          ChainRow.finalize(tx, CHAIN, 1, block(1).hash());
        });
    for (int i = 0; i < 200; i++) delivered(i);
    assertEquals(50, due(-1, -1).size());
    for (StoredEvidence.Due one : due(-1, -1))
      database.run(tx -> StoredEvidence.readSource(tx, one.event(tx, CHAIN), 7));
    List<StoredEvidence.Due> next = due(-1, -1);
    assertEquals(100, next.size(), "those of the dead chain, and as many others");
    assertEquals(50, next.stream().filter(d -> d.source().isEmpty()).count());
    StoredEvidence.Due last = next.getLast();
    assertEquals(149, due(last.block(), last.index()).getLast().index(), "then those after them");
    database.run(tx -> StoredEvidence.compared(tx, next.getFirst().event(tx, CHAIN)));
    assertFalse(due(-1, -1).contains(next.getFirst()));
  }

  private List<StoredEvidence.Due> due(long block, int index) {
    return database.inTransaction(tx -> StoredEvidence.uncompared(tx, CHAIN, block, index, 50));
  }

  private void delivered(int index) {
    Log log =
        new Log(
            block(1).hash(),
            1,
            Hash.keccak("delivers " + index),
            index,
            Address.ZERO,
            List.of(Hash.keccak("delivered"), Hash.keccak("message " + index)),
            "0x");
    database.run(
        tx ->
            StoredEvent.insert(
                tx,
                CHAIN,
                EventKind.DELIVERED,
                log,
                new IntentDomain(BigInteger.ONE, Address.ZERO)));
  }

  private List<Hash> handedOut(int skipped, int limit) {
    return database.inTransaction(
        tx ->
            StoredEvidence.inTurns(tx, CHAIN, skipped, limit).stream()
                .map(n -> StoredEvidence.numbered(tx, n).orElseThrow().messageId())
                .toList());
  }

  private Hash evidence(String what, Address signer, long source, int size, boolean named) {
    Hash id = Hash.keccak(what);
    StoredEvidence piece =
        new StoredEvidence(
            id,
            new Message(
                BigInteger.valueOf(source),
                BigInteger.TWO,
                Bytes.EMPTY,
                Bytes.EMPTY,
                Bytes.of(new byte[size])),
            List.of(),
            signer,
            SIGNED,
            1,
            id,
            Optional.empty());
    database.run(tx -> piece.save(tx, named, NOW));
    return id;
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
          assertTrue(Task.claim(tx, "test", NOW, LEASE).isEmpty());
          Blocks.undoFrom(tx, CHAIN, 2, NOW);
          assertEquals(subject, Task.claim(tx, "test", NOW, LEASE).orElseThrow().subject());
        });
  }

  /** Else a reorg of one block would make a backlog of all that is not final yet. */
  @Test
  void L9_shouldLeaveSubmissionsOnTheirWayAloneInAReorgAndAtAStart() {
    Instant soon = NOW.plusSeconds(30);
    Hash claimed = Hash.keccak("claimed by somebody who is gone");
    database.run(
        tx -> {
          for (int i = 1; i <= 2; i++) Blocks.append(tx, CHAIN, block(i));
          Task.open(tx, Task.Kind.SUBMIT, CHAIN, claimed, NOW, NOW);
          assertTrue(Task.claim(tx, "gone", NOW, LEASE).isPresent());
          for (int i = 0; i < 10; i++)
            Task.open(tx, Task.Kind.SUBMIT, CHAIN, Hash.keccak("intent " + i), soon, NOW);
          Blocks.undoFrom(tx, CHAIN, 2, NOW);
          assertFalse(Task.areDue(tx, NOW, 1));
        });
    Task.takeUp(database, NOW);
    database.run(
        tx -> {
          assertFalse(Task.areDue(tx, NOW, 1));
          assertEquals(claimed, Task.claim(tx, "test", NOW, LEASE).orElseThrow().subject());
          assertTrue(Task.claim(tx, "test", NOW, LEASE).isEmpty());
          assertTrue(Task.areDue(tx, soon, 10), "they look by themselves");
        });
  }

  /** However much was left behind: in more than one portion. */
  @Test
  void L9_shouldTakeUpALargeBacklogInPortions() {
    database.run(
        tx ->
            tx.update(
                "INSERT INTO task (kind, chain_id, subject, not_before, created_at) SELECT 'PROCEED', ?,"
                    + " decode(lpad(to_hex(n), 64, '0'), 'hex'), ?, ? FROM generate_series(1, 25000) n",
                CHAIN,
                NOW.plus(Duration.ofDays(1)),
                NOW));
    Task.takeUp(database, NOW);
    assertEquals(
        0L,
        database
            .inTransaction(
                tx ->
                    tx.one(
                        "SELECT count(*) AS n FROM task WHERE not_before > ?",
                        row -> row.number("n"),
                        NOW))
            .orElseThrow());
  }

  @Test
  void shouldKeepWorkThatANewEventMovedWhileItWasClaimed() {
    Hash subject = Hash.keccak("intent");
    database.run(
        tx -> {
          Task.open(tx, Task.Kind.EXECUTE, CHAIN, subject, NOW, NOW);
          Task claimed = Task.claim(tx, "test", NOW, LEASE).orElseThrow();
          Task.open(tx, Task.Kind.EXECUTE, CHAIN, subject, NOW.plusSeconds(1), NOW); // upheld, say
          claimed.close(tx);
          claimed.putOff(tx, NOW.plus(Duration.ofDays(1)), Optional.empty());
          Task again = Task.claim(tx, "test", NOW.plusSeconds(1), LEASE).orElseThrow();
          again.close(tx);
          assertTrue(Task.nextDue(tx).isEmpty());
        });
  }

  /** Whoever can make news often must not keep slow work from being done. */
  @Test
  void L9_shouldLeaveAClaimToWhoeverHasItWhateverNewsThereIs() {
    Hash subject = Hash.keccak("intent");
    Instant later = NOW.plus(Duration.ofDays(1));
    List<Consumer<Tx>> news =
        List.of(
            tx -> Task.wake(tx, Task.Kind.EXECUTE, CHAIN, subject, NOW.plusSeconds(1)),
            tx -> Task.wake(tx, CHAIN, NOW.plusSeconds(1)),
            tx ->
                Task.open(
                    tx, Task.Kind.EXECUTE, CHAIN, subject, NOW.plusSeconds(1), NOW.plusSeconds(1)),
            tx ->
                Task.open(
                    tx,
                    Map.of(new Task.Key(Task.Kind.EXECUTE, CHAIN, subject), NOW.plusSeconds(1)),
                    NOW.plusSeconds(1)),
            tx -> Blocks.undoFrom(tx, CHAIN, 2, NOW.plusSeconds(1)));
    List<BiFunction<Tx, Task, Boolean>> ends =
        List.of(
            (tx, task) -> task.putOff(tx, later, Optional.empty()),
            (tx, task) -> {
              task.suspend(tx, later, "{}");
              return true;
            },
            (tx, task) -> {
              task.close(tx);
              return true;
            },
            (tx, task) -> Task.putOffAll(tx, List.of(task), later, 0, Optional.empty()) == 1);
    database.run(
        tx -> {
          Blocks.append(tx, CHAIN, block(1));
          for (Consumer<Tx> comes : news) {
            for (BiFunction<Tx, Task, Boolean> end : ends) {
              Blocks.append(tx, CHAIN, block(2));
              Task.open(tx, Task.Kind.EXECUTE, CHAIN, subject, NOW, NOW);
              Task claimed = Task.claim(tx, "test", NOW, LEASE).orElseThrow();
              comes.accept(tx);
              comes.accept(tx);
              assertTrue(
                  Task.claim(tx, "test", NOW.plusSeconds(2), LEASE).isEmpty(), "nobody else's");
              assertTrue(end.apply(tx, claimed), "it is still this claim's");
              assertEquals(
                  Optional.of(NOW.plusSeconds(1)),
                  Task.nextDue(tx),
                  "looked at again for the news");
              Task again = Task.claim(tx, "test", NOW.plusSeconds(2), LEASE).orElseThrow();
              assertTrue(again.putOff(tx, later, Optional.empty()));
              assertEquals(Optional.of(later), Task.nextDue(tx), "once");
              tx.update("DELETE FROM task");
              Blocks.undoFrom(tx, CHAIN, 2, NOW);
            }
          }
        });
  }

  @Test
  void L9_shouldWakeWhatWasPutOffUntilItsClaimWouldHaveEnded() {
    Hash subject = Hash.keccak("intent");
    database.run(
        tx -> {
          Task.open(tx, Task.Kind.EXECUTE, CHAIN, subject, NOW, NOW);
          Task claimed = Task.claim(tx, "test", NOW, LEASE).orElseThrow();
          assertTrue(claimed.putOff(tx, claimed.lease(), Optional.empty()));
          Task.wake(tx, Task.Kind.EXECUTE, CHAIN, subject, NOW);
          assertEquals(Optional.of(NOW), Task.nextDue(tx));
        });
  }

  @Test
  void L9_shouldWriteNothingThatWasConcludedFromABlockThatIsGone() {
    Hash touched = Hash.keccak("touched");
    Hash other = Hash.keccak("other");
    Instant later = NOW.plus(Duration.ofDays(1));
    database.run(
        tx -> {
          Blocks.append(tx, CHAIN, block(1));
          Blocks.append(tx, CHAIN, block(2));
          event(tx, 2, touched);
          for (Hash subject : List.of(touched, other))
            Task.open(tx, Task.Kind.EXECUTE, CHAIN, subject, NOW, NOW);
          Task one = Task.claim(tx, "test", NOW, LEASE).orElseThrow();
          Task two = Task.claim(tx, "test", NOW, LEASE).orElseThrow();
          Blocks.undoFrom(tx, CHAIN, 2, NOW);
          for (Task each : List.of(one, two))
            assertEquals(each.subject().equals(other), each.putOff(tx, later, Optional.empty()));
        });
  }

  @Test
  void L9_shouldLookAtWhatArrivedOnceHomeFinallySentIt() {
    Hash subject = Hash.keccak("intent");
    Instant later = NOW.plus(Duration.ofDays(1));
    database.run(
        tx -> {
          Blocks.append(tx, CHAIN, block(1));
          event(tx, 1, subject);
          tx.update("UPDATE event SET kind = 'DISPATCHED'");
          Task.open(tx, Task.Kind.EXECUTE, CHAIN, subject, later, NOW);
          Task.wakeDispatched(tx, Set.of(CHAIN), CHAIN, 1, 1, NOW);
          Task.wakeDispatched(tx, Set.of(CHAIN + 1), CHAIN, 0, 1, NOW);
          assertEquals(Optional.of(later), Task.nextDue(tx));
          Task.wakeDispatched(tx, Set.of(CHAIN), CHAIN, 0, 1, NOW);
          assertEquals(Optional.of(NOW), Task.nextDue(tx));
        });
  }

  @Test
  void L9_shouldNotHoldUpWhatFailedOnceWhileFreshWorkKeepsComing() {
    Hash failed = Hash.keccak("failed once");
    database.run(
        tx -> {
          Task.open(tx, Task.Kind.SUBMIT, CHAIN, failed, NOW, NOW);
          Task.claim(tx, "test", NOW, LEASE).orElseThrow().putOff(tx, NOW, FAILED);
          Task.open(tx, Task.Kind.SUBMIT, CHAIN, Hash.keccak("fresh"), NOW, NOW);
          Task.open(tx, Task.Kind.PUBLISH, CHAIN, Hash.keccak("fresh"), NOW, NOW);
        });
    database.run(
        tx -> {
          // Whoever leaves submissions to others finds the failed one all the same, in either
          // order.
          assertEquals(
              failed,
              Task.claimFailed(tx, "test", NOW, LEASE, Task.Share.OWN, Set.of())
                  .orElseThrow()
                  .subject());
          assertEquals(
              Task.Kind.PUBLISH,
              Task.claimOther(tx, "test", NOW, LEASE, Task.Share.OWN, Set.of())
                  .orElseThrow()
                  .kind());
          assertTrue(Task.claimOther(tx, "test", NOW, LEASE, Task.Share.OWN, Set.of()).isEmpty());
          assertEquals(
              List.of(Hash.keccak("fresh")),
              Task.claimSubmissions(tx, "test", NOW, LEASE, Set.of(), 10).stream()
                  .map(Task::subject)
                  .toList());
        });
  }

  @Test
  void L9_shouldNotTakeWhatFailsForABacklog() {
    database.run(
        tx -> {
          Task.open(tx, Task.Kind.SUBMIT, CHAIN, Hash.keccak("bad"), NOW, NOW);
          Task.claim(tx, "test", NOW, LEASE).orElseThrow().putOff(tx, NOW, FAILED);
          assertFalse(Task.areDue(tx, NOW, 1));
          Task.open(tx, Task.Kind.SUBMIT, CHAIN, Hash.keccak("good"), NOW, NOW);
          assertTrue(Task.areDue(tx, NOW, 1));
          assertFalse(Task.areDue(tx, NOW, 2));
        });
  }

  private static final Optional<String> FAILED = Optional.of("{\"reason\": \"it failed\"}");

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
          List<TransactionRow> settle = TransactionRow.toSettle(tx, CHAIN, SIGNER, 302, -1);
          assertEquals(List.of(300L, 301L), settle.stream().map(TransactionRow::nonce).toList());
          assertEquals(unknown, settle.getLast().id());
        });
  }

  /** Somebody else used their nonces, and a node that would have to say so is away for ever. */
  @Test
  void L9_shouldLookForAllInTurnThoughHundredsAreNeverFound() {
    database.run(
        tx -> {
          for (int nonce = 0; nonce < 450; nonce++) transaction(tx, SIGNER, nonce);
          Set<Long> seen = new HashSet<>();
          long after = -1;
          for (int round = 0; round < 3; round++) {
            List<TransactionRow> settle = TransactionRow.toSettle(tx, CHAIN, SIGNER, 450, after);
            settle.forEach(row -> seen.add(row.nonce()));
            after = settle.getLast().nonce();
          }
          assertEquals(450, seen.size());
        });
  }

  /**
   * A node that is away for ever keeps them open: as many as go along would keep all others out.
   */
  @Test
  void L9_shouldNotCountAsUnderWayWhoseWorkIsTriedAgain() {
    database.run(
        tx -> {
          for (int nonce = 0; nonce < 3; nonce++) transaction(tx, SIGNER, nonce);
          assertEquals(3, TransactionRow.underWay(tx, CHAIN, SIGNER));
          TransactionRow.toSend(tx, CHAIN, SIGNER, 0).getFirst().release(tx, NOW);
          assertEquals(2, TransactionRow.underWay(tx, CHAIN, SIGNER));
        });
  }

  @Test
  void L9_shouldLookAtOnceAtWhatAnEndedTransactionWasFor() {
    Instant muchLater = NOW.plusSeconds(3600);
    database.run(
        tx -> {
          long id = transaction(tx, SIGNER, 7);
          Hash subject = Hash.keccak("subject " + SIGNER + 7);
          Task.open(tx, Task.Kind.SUBMIT, CHAIN, subject, muchLater, NOW);
          Task.open(tx, Task.Kind.SUBMIT, CHAIN, Hash.keccak("other"), muchLater, NOW);
          TransactionRow row = TransactionRow.toSend(tx, CHAIN, SIGNER, 7).getFirst();
          assertEquals(id, row.id());
          assertTrue(Task.claim(tx, "test", NOW, LEASE).isEmpty());
          row.settle(tx, TransactionRow.Settled.DISPLACED, NOW);
          assertEquals(subject, Task.claim(tx, "test", NOW, LEASE).orElseThrow().subject());
          assertTrue(Task.claim(tx, "test", NOW, LEASE).isEmpty());
        });
  }

  @Test
  void L9_shouldCloseSubmissionsOnceAFinalBlockTellsOfThem() {
    database.run(
        tx -> {
          for (int number = 1; number <= 3; number++) {
            Blocks.append(tx, CHAIN, block(number));
            Hash subject = Hash.keccak("in block " + number);
            event(tx, number, subject);
            Task.open(tx, Task.Kind.SUBMIT, CHAIN, subject, NOW, NOW);
            Task.open(tx, Task.Kind.PROCEED, CHAIN, subject, NOW, NOW);
          }
          Task.open(tx, Task.Kind.SUBMIT, CHAIN, Hash.keccak("in none"), NOW, NOW);
          Task.closeSubmitted(tx, CHAIN, 1, 2);
          List<Hash> left =
              tx.list("SELECT subject FROM task WHERE kind = 'SUBMIT'", row -> row.hash("subject"));
          assertEquals(
              Set.of(Hash.keccak("in block 1"), Hash.keccak("in block 3"), Hash.keccak("in none")),
              Set.copyOf(left));
          assertEquals(6, tx.list("SELECT 1 FROM task", row -> true).size());
        });
  }

  /** What waits is found over an index, whatever else is in the table and was when it was new. */
  @Test
  void L9_shouldFindDueWorkWithoutLookingAtAllOfIt() {
    database.run(
        tx -> {
          for (String which :
              List.of(
                  "attempts = 0 AND submits",
                  "attempts = 0 AND NOT submits AND NOT asks",
                  "attempts = 0 AND NOT submits AND asks",
                  "attempts > 0 AND NOT asks",
                  "attempts > 0 AND asks")) {
            String plan =
                String.join(
                    "\n",
                    tx.list(
                        "EXPLAIN SELECT 1 FROM task WHERE not_before <= now() AND "
                            + which
                            + " ORDER BY not_before LIMIT 1",
                        row -> row.text("QUERY PLAN")));
            assertTrue(plan.contains("Index"), plan);
            assertFalse(plan.contains("Sort"), plan);
          }
        });
  }

  private static void event(Tx tx, long block, Hash subject) {
    tx.update(
        "INSERT INTO event (chain_id, block_number, log_index, transaction, kind, subject, address,"
            + " topics, data) VALUES (?, ?, 0, ?, 'EXECUTED', ?, ?, ?, ?)",
        CHAIN,
        block,
        Hash.keccak("transaction"),
        subject,
        OTHER,
        subject,
        Bytes.EMPTY);
  }

  @Test
  void L9_shouldKeepTheSignatureThatIsThere() {
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
          assertTrue(StoredIntent.save(tx, id, intent, Optional.empty(), NOW));
          for (String signature : List.of("0x01", "0x02"))
            StoredIntent.save(tx, id, intent, Optional.of(new Bytes(signature)), NOW);
          StoredIntent.Handed other = new StoredIntent.Handed(id, intent, new Bytes("0x03"));
          assertEquals(Map.of(), StoredIntent.takeAll(tx, 1, List.of(other), NOW).rivals());
          assertEquals(
              Optional.of(new Bytes("0x01")), StoredIntent.of(tx, id).orElseThrow().signature());
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
          assertTrue(StoredEvent.unarchived(tx, CHAIN, -1, Set.of(), 10).isEmpty());
          assertTrue(
              StoredEvent.unarchived(
                      tx, CHAIN, -1, Set.of(BigInteger.ONE, BigInteger.TWO.pow(255)), 10)
                  .isEmpty());
          assertTrue(Unpinned.after(tx, "", 10).isEmpty());
          StoredMessage.refuse(tx, Hash.keccak("message"), "foreign", NOW);
          StoredMessage.refuse(tx, Hash.keccak("message"), "foreign", NOW);
          StoredMessage.forgetRefusals(tx);
        });
  }

  /** Such as a treasury's former key and its present one, whose top-ups are for the same. */
  @Test
  void L9_shouldOpenOneOfTwoKeysTransactionsAgainAfterADeepReorg() {
    List<Long> both =
        database.inTransaction(
            tx -> {
              Blocks.append(tx, CHAIN, List.of(block(1), block(2)));
              List<Long> ids = new ArrayList<>();
              for (Address signer : List.of(SIGNER, OTHER)) {
                long id = transaction(tx, signer, 7, Hash.keccak("for both"));
                tx.update(
                    "UPDATE transaction SET state = 'DISPLACED', settled_at = now(), block_number = 2 WHERE transaction_id = ?",
                    id);
                tx.update("UPDATE transaction_item SET open = false");
                ids.add(id);
              }
              return ids;
            });
    int opened = database.inTransaction(tx -> DeepReorg.undo(tx, CHAIN, block(1), NOW));
    assertEquals(both.size(), opened);
    assertEquals(
        1L,
        database
            .inTransaction(
                tx ->
                    tx.one(
                        "SELECT count(*) AS n FROM transaction_item WHERE open",
                        row -> row.number("n")))
            .orElseThrow());
  }

  /** Its own event, or one of those that name no intent; nothing that went along with it. */
  @Test
  void L9_shouldTellWhatDidSomethingFromWhatWasInVain() {
    Hash other = Hash.keccak("went along");
    database.run(tx -> Blocks.append(tx, CHAIN, List.of(block(1), block(2))));
    assertFalse(isVain(1, Purpose.SUBMIT, "EXECUTED", Optional.of(subject(1))));
    assertTrue(isVain(2, Purpose.SUBMIT, "EXECUTED", Optional.of(other)));
    assertTrue(isVain(3, Purpose.EXECUTE, "PUBLISHED", Optional.empty()));
    assertTrue(isVain(4, Purpose.EXECUTE, "REPORTED", Optional.of(other)));
    assertFalse(isVain(5, Purpose.PUBLISH, "PUBLISHED", Optional.empty()));
    assertFalse(isVain(6, Purpose.REPORT, "REPORTED", Optional.of(other)));
    assertTrue(isVain(7, Purpose.REPORT, "EXECUTED", Optional.of(other)));
    assertFalse(isVain(8, Purpose.TOP_UP, "EXECUTED", Optional.of(other)), "coins log nothing");
    assertEquals(
        List.of(subject(2)),
        database.inTransaction(
            tx ->
                TransactionRow.inVain(
                    tx, CHAIN, Purpose.SUBMIT, List.of(subject(1), subject(2), subject(3)))));
    database.run(tx -> DeepReorg.undo(tx, CHAIN, block(1), NOW));
    assertEquals(
        List.of(),
        database.inTransaction(
            tx -> TransactionRow.inVain(tx, CHAIN, Purpose.SUBMIT, List.of(subject(2)))),
        "the block in which it did nothing is gone");
  }

  private static Hash subject(long number) {
    return Hash.keccak("in vain " + number);
  }

  /** Of a transaction in whose block that was logged. */
  private static boolean isVain(long number, Purpose purpose, String event, Optional<Hash> about) {
    Hash mined = Hash.keccak("mined " + number);
    return database.inTransaction(
        tx -> {
          long id = transaction(tx, SIGNER, number, subject(number));
          tx.update(
              "UPDATE transaction SET purpose = ?, mined_hash = ?, block_number = 2, block_hash = ?, gas_used ="
                  + " 1 WHERE transaction_id = ?",
              purpose.name(),
              mined,
              block(2).hash(),
              id);
          tx.update(
              "UPDATE transaction_item SET purpose = ? WHERE transaction_id = ?",
              purpose.name(),
              id);
          tx.update(
              "INSERT INTO event (chain_id, block_number, log_index, transaction, kind, subject, address,"
                  + " topics, data) VALUES (?, 2, ?, ?, ?, ?, ?, ?, ?)",
              CHAIN,
              number,
              mined,
              event,
              about,
              OTHER,
              mined,
              Bytes.EMPTY);
          TransactionRow.toSend(tx, CHAIN, SIGNER, number)
              .getFirst()
              .settle(tx, TransactionRow.Settled.SUCCEEDED, NOW);
          return tx.one(
                  "SELECT vain FROM transaction_item WHERE transaction_id = ?",
                  row -> row.flag("vain"),
                  id)
              .orElseThrow();
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
    return transaction(tx, signer, nonce, Hash.keccak("subject " + signer + nonce));
  }

  private static long transaction(Tx tx, Address signer, long nonce, Hash subject) {
    return TransactionRow.insert(
            tx,
            CHAIN,
            signer,
            nonce,
            Purpose.SUBMIT,
            List.of(subject),
            OTHER,
            BigInteger.ZERO,
            Bytes.EMPTY,
            21_000,
            NOW)
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
