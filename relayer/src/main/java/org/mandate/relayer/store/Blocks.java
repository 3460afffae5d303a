package org.mandate.relayer.store;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.mandate.chain.Block;

/**
 * The canonical blocks of a chain as they were seen; what was derived from a block goes with it.
 */
public final class Blocks {
  /** Of so many blocks the time between them is known well enough. */
  private static final int MEASURED = 17;

  private Blocks() {}

  /** Stores the block on top of what is there. */
  public static void append(Tx tx, long chainId, Block block) {
    append(tx, chainId, List.of(block));
  }

  /**
   * Stores the blocks on top of what is there.
   *
   * @param blocks at least one, each the child of the one before
   */
  public static void append(Tx tx, long chainId, List<Block> blocks) {
    tx.updateAll(
        "INSERT INTO block (chain_id, number, hash, parent_hash, time) SELECT * FROM unnest(?, ?, ?, ?, ?)",
        List.of("bigint", "bigint", "bytea", "bytea", "bigint"),
        blocks.stream()
            .map(
                block ->
                    new Object[] {
                      chainId,
                      block.number(),
                      block.hash(),
                      block.parent(),
                      block.timestamp().getEpochSecond()
                    })
            .toList());
    tx.update(
        "UPDATE chain SET head = ?, head_time = ? WHERE chain_id = ?",
        blocks.getLast().number(),
        blocks.getLast().timestamp().getEpochSecond(),
        chainId);
  }

  /**
   * Removes the newest blocks from {@code number} on, with everything that was derived from them.
   */
  public static void undoFrom(Tx tx, long chainId, long number, Instant now) {
    // What was concluded from what these blocks say is not written any more.
    Task.lookAnew(tx, chainId, DeepReorg.subjects(tx, chainId, number - 1), now);
    tx.update("DELETE FROM block WHERE chain_id = ? AND number >= ?", chainId, number);
    tx.update(
        """
        UPDATE chain c SET (head, head_time) =
               (SELECT b.number, b.time FROM block b WHERE b.chain_id = c.chain_id ORDER BY b.number DESC LIMIT 1)
         WHERE c.chain_id = ?
        """,
        chainId);
    // A receipt of a removed block proves nothing any more.
    tx.update(
        """
        UPDATE transaction SET block_number = NULL, block_hash = NULL, mined_hash = NULL, gas_used = NULL, gas_price = NULL, data_fee = NULL
         WHERE chain_id = ? AND state = 'OPEN' AND block_number >= ?
        """,
        chainId,
        number);
    // What was put off because of an event that is gone must not wait for that event's time.
    Task.wake(tx, chainId, now);
  }

  /** The newest stored block at or below {@code number}. */
  public static Optional<Block> atOrBelow(Tx tx, long chainId, long number) {
    return tx.one(
        "SELECT * FROM block WHERE chain_id = ? AND number <= ? ORDER BY number DESC LIMIT 1",
        Blocks::read,
        chainId,
        number);
  }

  /** Between the newest blocks that are stored, on average; empty while there are too few. */
  public static Optional<Duration> interval(Tx tx, long chainId) {
    return tx.one(
            """
            SELECT (max(time) - min(time)) * 1000 / (count(*) - 1) AS millis
              FROM (SELECT time FROM block WHERE chain_id = ? ORDER BY number DESC LIMIT ?) newest
            HAVING count(*) > 1
            """,
            row -> row.number("millis"),
            chainId,
            MEASURED)
        .map(Duration::ofMillis);
  }

  /** The stored blocks from {@code from} to {@code to}, both included. */
  public static List<Block> within(Tx tx, long chainId, long from, long to) {
    return tx.list(
        "SELECT * FROM block WHERE chain_id = ? AND number BETWEEN ? AND ? ORDER BY number",
        Blocks::read,
        chainId,
        from,
        to);
  }

  private static Block read(Row row) throws SQLException {
    return new Block(
        row.number("number"),
        row.hash("hash"),
        row.hash("parent_hash"),
        Instant.ofEpochSecond(row.number("time")));
  }
}
