package org.mandate.relayer.work;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.mandate.audit.AlteredBlobException;
import org.mandate.audit.BlobStore;
import org.mandate.audit.BlobStoreUnavailableException;
import org.mandate.audit.BlobTooLargeException;
import org.mandate.audit.Cid;
import org.mandate.relayer.Journal;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.Unpinned;

/** Hands blobs to an IPFS daemon, which may be away for as long as it likes. */
public final class Mirror {
  private static final Journal LOG = Journal.of("mirror");
  private static final int AT_ONCE = 100;

  private final Database database;
  private final BlobStore blobs;
  private final BlobStore daemon;
  private final Set<String> lost = ConcurrentHashMap.newKeySet();
  private volatile String last = "";

  public Mirror(Database database, BlobStore blobs, BlobStore daemon) {
    this.database = database;
    this.blobs = blobs;
    this.daemon = daemon;
  }

  /**
   * Goes once through the blobs that the daemon does not have and then rests, so that those which
   * cannot be handed over hold up neither the others nor the processor. Answers whether there is
   * more to do right away.
   */
  public boolean round() {
    List<String> cids = database.inTransaction(tx -> Unpinned.after(tx, last, AT_ONCE));
    for (String cid : cids) {
      last = cid;
      try {
        handOver(Cid.parse(cid));
      } catch (BlobStoreUnavailableException e) {
        LOG.warn("IPFS daemon did not take a blob", "cid", cid, "reason", Journal.reason(e));
        return false;
      }
    }
    if (cids.size() == AT_ONCE) return true;
    last = "";
    return false;
  }

  private void handOver(Cid cid) {
    try {
      var blob = blobs.get(cid);
      if (blob.isPresent()) {
        daemon.pin(daemon.put(blob.get()));
        database.run(tx -> Unpinned.pinned(tx, cid.toString()));
      } else if (lost.add(cid.toString())) {
        LOG.alarm("blob is gone from the store", "cid", cid);
      }
    } catch (AlteredBlobException | BlobTooLargeException e) {
      if (lost.add(cid.toString())) {
        LOG.alarm("blob cannot be mirrored", "cid", cid, "reason", Journal.reason(e));
      }
    }
  }
}
