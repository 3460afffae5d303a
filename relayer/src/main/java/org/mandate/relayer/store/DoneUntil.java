package org.mandate.relayer.store;

/**
 * Up to which final block some work over all events of a chain is done: what is final does not
 * change, and need not be looked at again.
 */
public final class DoneUntil {
  /** What is done. */
  public enum Work {
    /** Every audit record's blob is stored. */
    ARCHIVE,
    /** Every published batch was compared with the records. */
    CHECK_BATCHES,
    /** Every message was attested or refused, or its block waits ({@link WaitingBlocks}). */
    ATTEST,
    /** Every delivery was compared with what its source sent, or its block waits. */
    COMPARE
  }

  private DoneUntil() {}

  /** The last such block; -1 before the first. */
  public static long of(Tx tx, Work work, long chainId) {
    return tx.one(
            "SELECT block_number FROM done_until WHERE work = ? AND chain_id = ?",
            row -> row.number("block_number"),
            work.name(),
            chainId)
        .orElse(-1L);
  }

  /** What was done above that block is to be done again: it was of blocks that are gone. */
  static void undo(Tx tx, long chainId, long above) {
    tx.update(
        "UPDATE done_until SET block_number = ? WHERE chain_id = ? AND block_number > ?",
        above,
        chainId,
        above);
  }

  /** Moves it up; never down. */
  public static void move(Tx tx, Work work, long chainId, long block) {
    tx.update(
        """
        INSERT INTO done_until (work, chain_id, block_number) VALUES (?, ?, ?)
        ON CONFLICT (work, chain_id) DO UPDATE SET block_number = greatest(done_until.block_number, excluded.block_number)
        """,
        work.name(),
        chainId,
        block);
  }
}
