package org.mandate.relayer.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.audit.AlteredBlobException;
import org.mandate.audit.BlobStore;
import org.mandate.audit.BlobStoreUnavailableException;
import org.mandate.audit.BlobTooLargeException;
import org.mandate.audit.Cid;
import org.mandate.audit.EmbeddedBlobStore;

/** A blob is under its name whole or not at all, and nothing else ever is. */
class DatabaseBlobStoreTest {
  @TempDir private Path directory;

  private static byte[] blob(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void L6_shouldKeepBlobsUnderTheirNamesAndTellThoseThatWereAltered() {
    EmbeddedBlobStore before = new EmbeddedBlobStore(directory.resolve("blobs"), Clock.systemUTC());
    Cid old = before.put(blob("before"));
    try (EmbeddedServer server = EmbeddedServer.start(directory.resolve("pg"));
        Database database = Database.open(server.jdbcUrl())) {
      BlobStore blobs = new DatabaseBlobStore(database, before);
      byte[] large = new byte[BlobStore.MAX_BYTES];
      List<byte[]> all = List.of(blob("one"), blob(""), large, blob("one"));
      List<Cid> names = blobs.putAll(all);
      assertEquals(all.stream().map(Cid::of).toList(), names);
      for (int i = 0; i < all.size(); i++)
        assertArrayEquals(all.get(i), blobs.get(names.get(i)).orElseThrow());
      assertEquals(names, blobs.putAll(all), "storing is idempotent");
      assertArrayEquals(blob("before"), blobs.get(old).orElseThrow());

      Cid absent = Cid.of(blob("absent"));
      assertFalse(blobs.has(absent));
      assertThrows(BlobStoreUnavailableException.class, () -> blobs.pin(absent));
      blobs.pin(old);

      // One that is too large keeps the others out: nobody takes part of a batch for all of it.
      assertThrows(
          BlobTooLargeException.class,
          () -> blobs.putAll(List.of(blob("two"), new byte[BlobStore.MAX_BYTES + 1])));
      assertFalse(blobs.has(Cid.of(blob("two"))));

      Cid one = names.getFirst();
      int changed =
          database.inTransaction(
              tx -> tx.update("UPDATE blob SET content = 'none' WHERE digest = ?", one.digest()));
      assertEquals(1, changed);
      assertThrows(AlteredBlobException.class, () -> blobs.get(one));
      blobs.put(blob("one"));
      assertTrue(blobs.has(one), "the true bytes heal it");
    }
  }
}
