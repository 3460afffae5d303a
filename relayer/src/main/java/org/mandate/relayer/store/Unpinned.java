package org.mandate.relayer.store;

import java.util.List;

/** The blobs of records and batches that an IPFS daemon does not have yet. */
public final class Unpinned {
  private Unpinned() {}

  /** Their names, those that sort after one. */
  public static List<String> after(Tx tx, String cid, int limit) {
    return tx.list(
        """
        SELECT cid FROM audit_record WHERE NOT pinned AND cid > ?
        UNION
        SELECT cid FROM audit_batch WHERE truthful AND NOT pinned AND cid > ?
        ORDER BY cid LIMIT ?
        """,
        row -> row.text("cid"),
        cid,
        cid,
        limit);
  }

  /** The daemon has it. */
  public static void pinned(Tx tx, String cid) {
    tx.update("UPDATE audit_record SET pinned = true WHERE NOT pinned AND cid = ?", cid);
    tx.update(
        "UPDATE audit_batch SET pinned = true WHERE truthful AND NOT pinned AND cid = ?", cid);
  }
}
