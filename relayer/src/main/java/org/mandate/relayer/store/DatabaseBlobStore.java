package org.mandate.relayer.store;

import java.util.List;
import java.util.Optional;
import org.mandate.audit.AlteredBlobException;
import org.mandate.audit.BlobSource;
import org.mandate.audit.BlobStore;
import org.mandate.audit.BlobStoreUnavailableException;
import org.mandate.audit.BlobTooLargeException;
import org.mandate.audit.Cid;
import org.mandate.chain.Bytes;

/**
 * Blobs in the relayer's database: instances of one operator share them, and many that come at once
 * are durable with one write to the disk. Nothing is ever deleted; every blob is pinned.
 */
public final class DatabaseBlobStore implements BlobStore {
  private final Database database;
  private final BlobSource older;

  /**
   * @param older where blobs were kept before; asked for what is not in the database
   */
  public DatabaseBlobStore(Database database, BlobSource older) {
    this.database = database;
    this.older = older;
  }

  @Override
  public Cid put(byte[] blob) {
    return putAll(List.of(blob)).getFirst();
  }

  @Override
  public List<Cid> putAll(List<byte[]> blobs) {
    blobs.forEach(BlobTooLargeException::check);
    List<Cid> cids = blobs.stream().map(Cid::of).toList();
    if (blobs.isEmpty()) return cids;
    try {
      database.run(
          tx ->
              // What was altered is healed.
              tx.update(
                  """
                  INSERT INTO blob (digest, content)
                  SELECT DISTINCT ON (1) b.* FROM unnest(?::bytea[], ?::bytea[]) b ORDER BY 1
                  ON CONFLICT (digest) DO UPDATE SET content = excluded.content WHERE blob.content <> excluded.content
                  """,
                  Tx.column("bytea", cids.stream().map(Cid::digest).toList()),
                  Tx.column("bytea", blobs)));
    } catch (StoreException e) {
      throw new BlobStoreUnavailableException("blobs can't be written: " + e.getMessage(), e);
    }
    return cids;
  }

  @Override
  public Optional<byte[]> get(Cid cid) {
    Optional<Bytes> content;
    try {
      content =
          database.inTransaction(
              tx ->
                  tx.one(
                      "SELECT content FROM blob WHERE digest = ?",
                      row -> row.bytes("content"),
                      cid.digest()));
    } catch (StoreException e) {
      throw new BlobStoreUnavailableException("blob " + cid + " can't be read", e);
    }
    if (content.isEmpty()) return older.get(cid);
    return Optional.of(AlteredBlobException.check(cid, content.get().bytes()));
  }

  @Override
  public void pin(Cid cid) {
    if (!has(cid)) {
      throw new BlobStoreUnavailableException(
          "blob " + cid + " can't be pinned: it is not in the database");
    }
  }
}
