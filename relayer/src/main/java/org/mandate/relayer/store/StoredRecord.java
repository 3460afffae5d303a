package org.mandate.relayer.store;

import java.math.BigInteger;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Function;
import org.mandate.chain.Hash;

/**
 * An audit record whose blob is stored.
 *
 * @param cid the blob's name
 * @param archivedAt unix seconds
 */
public record StoredRecord(
    long chainId,
    BigInteger agentId,
    long index,
    Hash intentId,
    String action,
    Hash recordHash,
    String cid,
    long blockNumber,
    Hash transaction,
    int logIndex,
    long archivedAt) {

  public void save(Tx tx) {
    saveAll(tx, List.of(this));
  }

  /** Stores them, unless they are there. */
  public static void saveAll(Tx tx, List<StoredRecord> all) {
    tx.update(
        """
        INSERT INTO audit_record
          (chain_id, agent_id, index, intent_id, action, record_hash, cid, block_number, transaction, log_index, archived_at)
        SELECT * FROM unnest(?::bigint[], ?::numeric[], ?::bigint[], ?::bytea[], ?::text[], ?::bytea[], ?::text[], ?::bigint[],
                             ?::bytea[], ?::integer[], ?::bigint[])
        ON CONFLICT DO NOTHING
        """,
        column("bigint", all, StoredRecord::chainId),
        column("numeric", all, StoredRecord::agentId),
        column("bigint", all, StoredRecord::index),
        column("bytea", all, StoredRecord::intentId),
        column("text", all, StoredRecord::action),
        column("bytea", all, StoredRecord::recordHash),
        column("text", all, StoredRecord::cid),
        column("bigint", all, StoredRecord::blockNumber),
        column("bytea", all, StoredRecord::transaction),
        column("integer", all, StoredRecord::logIndex),
        column("bigint", all, StoredRecord::archivedAt));
  }

  private static Tx.Column column(
      String type, List<StoredRecord> all, Function<StoredRecord, ?> value) {
    return Tx.column(type, all.stream().map(value).toList());
  }

  /** The agent's records from an index on, in order. */
  public static List<StoredRecord> from(
      Tx tx, long chainId, BigInteger agentId, long from, int limit) {
    return tx.list(
        "SELECT * FROM audit_record WHERE chain_id = ? AND agent_id = ? AND index >= ? ORDER BY"
            + " index LIMIT ?",
        StoredRecord::read,
        chainId,
        agentId,
        from,
        limit);
  }

  private static StoredRecord read(Row row) throws SQLException {
    return new StoredRecord(
        row.number("chain_id"),
        row.big("agent_id"),
        row.number("index"),
        row.hash("intent_id"),
        row.text("action"),
        row.hash("record_hash"),
        row.text("cid"),
        row.number("block_number"),
        row.hash("transaction"),
        (int) row.number("log_index"),
        row.number("archived_at"));
  }
}
