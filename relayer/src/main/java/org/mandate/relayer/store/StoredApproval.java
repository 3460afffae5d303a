package org.mandate.relayer.store;

import java.sql.SQLException;
import java.util.List;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;

/**
 * An approver's signature under an intent.
 *
 * @param deadline unix seconds after which it approves nothing
 */
public record StoredApproval(Hash intentId, Address approver, Bytes signature, long deadline) {

  /**
   * Stores what was checked; the latest of an approver counts. Answers whether it was not there
   * already.
   */
  public static boolean save(Tx tx, StoredApproval approval) {
    return tx.update(
            """
            INSERT INTO approval AS a (intent_id, approver, signature, deadline) VALUES (?, ?, ?, ?)
            ON CONFLICT (intent_id, approver) DO UPDATE SET signature = EXCLUDED.signature, deadline = EXCLUDED.deadline
             WHERE (a.signature, a.deadline) IS DISTINCT FROM (EXCLUDED.signature, EXCLUDED.deadline)
            """,
            approval.intentId,
            approval.approver,
            approval.signature,
            approval.deadline)
        > 0;
  }

  /** All of an intent, approvers ascending. */
  public static List<StoredApproval> of(Tx tx, Hash intentId) {
    return tx.list(
        "SELECT * FROM approval WHERE intent_id = ? ORDER BY approver",
        StoredApproval::read,
        intentId);
  }

  private static StoredApproval read(Row row) throws SQLException {
    return new StoredApproval(
        row.hash("intent_id"),
        row.address("approver"),
        row.bytes("signature"),
        row.number("deadline"));
  }
}
