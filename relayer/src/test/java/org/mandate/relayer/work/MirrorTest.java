package org.mandate.relayer.work;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.audit.Cid;
import org.mandate.audit.EmbeddedBlobStore;
import org.mandate.audit.KuboBlobStore;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.relayer.store.StoredRecord;
import org.mandate.relayer.store.Unpinned;

/** Against a real IPFS daemon: {@code MANDATE_IPFS_API=$(scripts/ipfs-daemon start)}. */
class MirrorTest {
  private static final Optional<String> API =
      Optional.ofNullable(
          System.getProperty("mandate.ipfs.api", System.getenv("MANDATE_IPFS_API")));
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Address ANY = new Address("0x" + "11".repeat(20));

  @TempDir Path directory;
  private final List<Cid> cids = new ArrayList<>();
  private URI api;
  private Cable cable;
  private EmbeddedServer server;
  private Database database;
  private EmbeddedBlobStore blobs;
  private Mirror mirror;

  @BeforeEach
  void start() throws IOException {
    assumeTrue(
        API.isPresent(),
        "no IPFS daemon: set MANDATE_IPFS_API=$(scripts/ipfs-daemon start) to run this");
    api = URI.create(API.orElseThrow());
    cable = Cable.to(api);
    server = EmbeddedServer.start(directory.resolve("postgres"));
    database = Database.open(server.jdbcUrl());
    database.run(tx -> ChainRow.register(tx, 1, ANY, ANY));
    blobs = new EmbeddedBlobStore(directory.resolve("blobs"), Clock.systemUTC());
    mirror = new Mirror(database, blobs, new KuboBlobStore(cable.url(), PATIENCE));
  }

  @AfterEach
  void stop() {
    if (database != null) database.close();
    if (server != null) server.close();
    if (cable != null) cable.close();
  }

  @Test
  void shouldHandOverWhatWasWrittenWhileTheDaemonWasDown() {
    store(120);
    cable.unplug();
    for (int round = 0; round < 3; round++) {
      assertFalse(mirror.round(), "it rests instead of asking a dead daemon for every blob");
    }
    assertEquals(120, unpinned());
    cable.plug();
    rounds();
    assertEquals(0, unpinned());
    for (Cid cid : cids) assertArrayEquals(blobs.get(cid).orElseThrow(), inDaemon(cid), "" + cid);
  }

  @Test
  void shouldPassOverBlobsThatAreLostOrAltered() throws IOException {
    store(110);
    List<Cid> sorted = cids.stream().sorted((a, b) -> ("" + a).compareTo("" + b)).toList();
    for (Cid lost : sorted.subList(0, 102)) Files.delete(blobs.file(lost)); // more than a page
    Files.writeString(blobs.file(sorted.get(105)), "altered");
    rounds();
    assertEquals(103, unpinned());
    assertArrayEquals(blobs.get(sorted.get(109)).orElseThrow(), inDaemon(sorted.get(109)));
    // What comes back is handed over too.
    blobs.put(content(cids.indexOf(sorted.getFirst())));
    rounds();
    assertEquals(102, unpinned());
  }

  private void rounds() {
    for (int i = 0; i < 2; i++) {
      int most = 20;
      while (mirror.round()) assertTrue(most-- > 0, "it comes to an end");
    }
  }

  private int unpinned() {
    return database.inTransaction(tx -> Unpinned.after(tx, "", 1000)).size();
  }

  private byte[] inDaemon(Cid cid) {
    return new KuboBlobStore(api, PATIENCE).get(cid).orElseThrow();
  }

  private byte[] content(int i) {
    return (directory + " " + i).getBytes(StandardCharsets.UTF_8);
  }

  private void store(int records) {
    for (int i = 0; i < records; i++) cids.add(blobs.put(content(i)));
    database.run(
        tx -> {
          for (int i = 0; i < records; i++) {
            new StoredRecord(
                    1,
                    BigInteger.ONE,
                    i,
                    Hash.keccak("intent"),
                    "EXPIRED",
                    Hash.keccak("record " + i),
                    cids.get(i).toString(),
                    1,
                    Hash.keccak("transaction"),
                    i,
                    0)
                .save(tx);
          }
        });
  }
}
