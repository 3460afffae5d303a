package org.mandate.relayer.work;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.audit.Batch;
import org.mandate.audit.Cid;
import org.mandate.audit.EmbeddedBlobStore;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.contracts.AgentVault;
import org.mandate.intent.IntentDomain;
import org.mandate.relayer.store.Blocks;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.relayer.store.EventKind;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.StoredRecord;
import org.mandate.relayer.store.Unpinned;
import org.web3j.abi.EventEncoder;

/** What others published, compared with this relayer's own records. */
class ManifestsTest {
  private static final long CHAIN = 1;
  private static final Address AUDIT_LOG = new Address("0x" + "22".repeat(20));
  private static final Address PUBLISHER = new Address("0x" + "33".repeat(20));
  private static final Hash WRONG = Hash.keccak("wrong");

  @TempDir Path directory;
  private EmbeddedServer server;
  private Database database;
  private EmbeddedBlobStore blobs;
  private Manifests manifests;

  @BeforeEach
  void start() {
    server = EmbeddedServer.start(directory.resolve("postgres"));
    database = Database.open(server.jdbcUrl());
    blobs = new EmbeddedBlobStore(directory.resolve("blobs"), Clock.systemUTC());
    manifests = new Manifests(CHAIN, database, blobs, Clock.systemUTC());
    database.run(
        tx -> {
          ChainRow.register(tx, CHAIN, AUDIT_LOG, AUDIT_LOG);
          for (int i = 1; i <= 2; i++) Blocks.append(tx, CHAIN, block(i));
          ChainRow.finalize(tx, CHAIN, 1, block(1).hash());
        });
  }

  @AfterEach
  void stop() {
    database.close();
    server.close();
  }

  @Test
  void L6_shouldStoreTheManifestThatAnotherRelayerPublished() {
    Batch batch = archived(1, 0, 3);
    publish(2, 0, batch, batch.root(), batch.toBlob()); // its block is not final yet
    manifests.round();
    Cid cid = Cid.of(batch.toBlob());
    assertArrayEquals(batch.toBlob(), blobs.get(cid).orElseThrow());
    assertEquals(List.of(cid.toString()), manifestsToMirror());
  }

  @Test
  void L6_shouldNameThePublisherAndStoreNothingWhenTheBatchIsFalse() {
    Batch one = archived(1, 0, 2);
    Batch two = archived(2, 0, 2);
    Batch three = archived(3, 1, 3);
    publish(1, 0, one, WRONG, one.toBlob());
    publish(1, 1, two, two.root(), three.toBlob());
    publish(1, 2, three, three.root(), three.toBlob()); // and after them a true one
    String told = told(manifests);
    for (String agent : List.of("1", "2")) {
      assertTrue(
          told.lines()
              .anyMatch(
                  line ->
                      line.contains("\"level\":\"alarm\"")
                          && line.contains("false batch published")
                          && line.contains("\"publisher\":\"" + PUBLISHER + "\"")
                          && line.contains("\"agent\":" + agent)),
          told);
    }
    assertEquals(2, told.lines().count(), told);
    assertTrue(blobs.get(Cid.of(one.toBlob())).isEmpty());
    assertTrue(blobs.get(Cid.of(two.toBlob())).isEmpty());
    assertEquals(List.of(Cid.of(three.toBlob()).toString()), manifestsToMirror());
    assertEquals("", told(manifests), "told once");
  }

  @Test
  void L10_shouldCallABatchFalseOnlyWhenItIsFinal() {
    Batch batch = archived(1, 0, 2);
    publish(2, 0, batch, WRONG, batch.toBlob());
    assertEquals("", told(manifests));
    database.run(tx -> ChainRow.finalize(tx, CHAIN, 2, block(2).hash()));
    assertTrue(told(later()).contains("false batch published"));
  }

  @Test
  void L6_shouldWaitForTheRecordsWithoutHoldingUpOtherAgents() {
    List<StoredRecord> missing = records(1, 0, 2);
    Batch waits = batch(missing);
    for (int i = 0; i < 150; i++) publish(1, i, waits, waits.root(), waits.toBlob());
    Batch other = archived(2, 0, 1);
    publish(1, 200, other, other.root(), other.toBlob());
    while (manifests.round()) Thread.onSpinWait();
    assertTrue(blobs.get(Cid.of(other.toBlob())).isPresent());
    assertTrue(blobs.get(Cid.of(waits.toBlob())).isEmpty());
    database.run(tx -> missing.forEach(r -> r.save(tx)));
    assertEquals("", told(later()));
    assertTrue(blobs.get(Cid.of(waits.toBlob())).isPresent());
  }

  @Test
  void shouldCallABatchFalseWhenItClaimsMoreThanAManifestHolds() {
    Batch batch = archived(1, 0, 1);
    publish(1, 0, 1, 0, 1L << 39, batch.root(), Cid.of(batch.toBlob()).digest());
    assertTrue(told(manifests).contains("false batch published"));
  }

  @Test
  void shouldForgetABatchThatAReorgRemoved() {
    Batch batch = archived(1, 0, 1);
    publish(2, 0, batch, batch.root(), batch.toBlob());
    manifests.round();
    database.run(tx -> Blocks.undoFrom(tx, CHAIN, 2, Instant.now()));
    assertTrue(manifestsToMirror().isEmpty());
    assertFalse(manifests.round());
  }

  // ------------------------------------------------------------------ steps

  /** As after a restart: nothing waits for its next look. */
  private Manifests later() {
    return new Manifests(CHAIN, database, blobs, Clock.systemUTC());
  }

  private List<String> manifestsToMirror() {
    return database.inTransaction(
        tx ->
            Unpinned.after(tx, "", 100).stream()
                .filter(cid -> blobs.get(Cid.parse(cid)).isPresent())
                .toList());
  }

  private static String told(Manifests manifests) {
    PrintStream before = System.err;
    ByteArrayOutputStream told = new ByteArrayOutputStream();
    System.setErr(new PrintStream(told, true, StandardCharsets.UTF_8));
    try {
      manifests.round();
    } finally {
      System.setErr(before);
    }
    // Relayers of other tests may still be talking.
    return told.toString(StandardCharsets.UTF_8)
        .lines()
        .filter(line -> line.contains("\"component\":\"manifests\""))
        .filter(line -> line.contains("\"chain\":" + CHAIN + ","))
        .collect(Collectors.joining("\n"));
  }

  /** Their blobs don't matter here. */
  private static List<StoredRecord> records(long agent, long from, long to) {
    List<StoredRecord> records = new ArrayList<>();
    for (long i = from; i < to; i++) {
      String name = "record " + agent + " " + i;
      records.add(
          new StoredRecord(
              CHAIN,
              BigInteger.valueOf(agent),
              i,
              Hash.keccak("intent"),
              "EXPIRED",
              Hash.keccak(name),
              Cid.of(name.getBytes(StandardCharsets.UTF_8)).toString(),
              1,
              Hash.keccak("transaction"),
              (int) i,
              0));
    }
    return records;
  }

  private static Batch batch(List<StoredRecord> records) {
    return new Batch(
        BigInteger.valueOf(CHAIN),
        records.getFirst().agentId(),
        records.stream()
            .map(r -> new Batch.Entry(r.index(), r.recordHash(), Cid.parse(r.cid())))
            .toList());
  }

  private Batch archived(long agent, long from, long to) {
    List<StoredRecord> records = records(agent, from, to);
    database.run(tx -> records.forEach(r -> r.save(tx)));
    return batch(records);
  }

  private void publish(long block, int logIndex, Batch batch, Hash root, byte[] manifest) {
    publish(
        block,
        logIndex,
        batch.agentId().longValueExact(),
        batch.from(),
        batch.to(),
        root,
        Cid.of(manifest).digest());
  }

  private void publish(
      long block, int logIndex, long agent, long from, long to, Hash root, Hash digest) {
    List<Hash> topics =
        List.of(
            Hash.of(EventEncoder.encode(AgentVault.PUBLISHED_EVENT)),
            new Hash("0x" + word(agent)),
            new Hash("0x" + "0".repeat(24) + PUBLISHER.hex().substring(2)));
    String data = word(from) + word(to) + root.hex().substring(2) + digest.hex().substring(2);
    Log log =
        new Log(
            block(block).hash(),
            block,
            Hash.keccak("publication"),
            logIndex,
            AUDIT_LOG,
            topics,
            "0x" + data);
    database.run(
        tx ->
            StoredEvent.insert(
                tx,
                CHAIN,
                EventKind.PUBLISHED,
                log,
                new IntentDomain(BigInteger.valueOf(CHAIN), AUDIT_LOG)));
  }

  private static Block block(long number) {
    return new Block(
        number,
        Hash.keccak("block " + number),
        Hash.keccak("block " + (number - 1)),
        Instant.ofEpochSecond(1_800_000_000 + number));
  }

  private static String word(long value) {
    return "%064x".formatted(value);
  }
}
