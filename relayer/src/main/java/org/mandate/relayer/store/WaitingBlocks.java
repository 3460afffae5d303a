package org.mandate.relayer.store;

import org.mandate.relayer.store.DoneUntil.Work;

/**
 * Final blocks in which something is left to be done. What became final is looked at once, and
 * after that only what waits is: however long the history is.
 */
final class WaitingBlocks {
  /** What is left of the event {@code e}. */
  private static final String UNATTESTED =
      """
      e.kind = 'SENT'
        AND NOT EXISTS (SELECT 1 FROM message m WHERE m.message_id = e.subject)
        AND NOT EXISTS (SELECT 1 FROM refused_message r WHERE r.message_id = e.subject)
      """;

  private static final String UNCOMPARED =
      """
      e.kind = 'DELIVERED'
        AND NOT EXISTS (SELECT 1 FROM compared_delivery d
                         WHERE d.chain_id = e.chain_id AND d.block_number = e.block_number AND d.log_index = e.log_index)
      """;

  private static final int AT_ONCE = 5_000;

  private WaitingBlocks() {}

  /** What is left to be done of the event {@code e}, in SQL. */
  static String left(Work work) {
    return switch (work) {
      case ATTEST -> UNATTESTED;
      case COMPARE -> UNCOMPARED;
      case ARCHIVE, CHECK_BATCHES ->
          throw new IllegalArgumentException("no block waits for " + work);
    };
  }

  /** Takes in the blocks that became final, and leaves out those that are done with. */
  static void update(Tx tx, Work work, long chainId) {
    if (isAny(tx, work, chainId)) leaveOut(tx, work, chainId);
    takeIn(tx, work, chainId);
  }

  private static boolean isAny(Tx tx, Work work, long chainId) {
    return tx.one(
            "SELECT 1 FROM waiting_block WHERE work = ? AND chain_id = ? LIMIT 1",
            row -> true,
            work.name(),
            chainId)
        .isPresent();
  }

  /** Block by block: a plan for all of them together may be one over the whole history. */
  private static void leaveOut(Tx tx, Work work, long chainId) {
    tx.update(
        """
        DELETE FROM waiting_block w
         WHERE w.work = ? AND w.chain_id = ?
           AND (SELECT count(*) FROM event e
                 WHERE e.chain_id = w.chain_id AND e.block_number = w.block_number AND
        """
            + left(work)
            + ") = 0",
        work.name(),
        chainId);
  }

  private static void takeIn(Tx tx, Work work, long chainId) {
    long done = DoneUntil.of(tx, work, chainId);
    long finalized = ChainRow.of(tx, chainId).finalized().orElse(-1L);
    if (finalized <= done) return;
    long until = until(tx, work, chainId, done, finalized);
    tx.update(
        """
        INSERT INTO waiting_block (work, chain_id, block_number)
        SELECT DISTINCT ?, e.chain_id, e.block_number FROM event e
         WHERE e.chain_id = ? AND e.block_number > ? AND e.block_number <= ? AND
        """
            + left(work)
            + " ON CONFLICT DO NOTHING",
        work.name(),
        chainId,
        done,
        until);
    DoneUntil.move(tx, work, chainId, until);
  }

  /** As far as it is looked at in one go: there may be years of it. */
  private static long until(Tx tx, Work work, long chainId, long done, long finalized) {
    return tx.one(
            """
            SELECT block_number FROM event
             WHERE kind = ? AND chain_id = ? AND block_number > ? AND block_number <= ?
             ORDER BY block_number OFFSET ? LIMIT 1
            """,
            row -> row.number("block_number"),
            kind(work).name(),
            chainId,
            done,
            finalized,
            AT_ONCE)
        .orElse(finalized);
  }

  private static EventKind kind(Work work) {
    return work == Work.ATTEST ? EventKind.SENT : EventKind.DELIVERED;
  }

  /** Refused messages are to be looked at again, wherever they stand. */
  static void takeInRefused(Tx tx) {
    tx.update(
        """
        INSERT INTO waiting_block (work, chain_id, block_number)
        SELECT DISTINCT 'ATTEST', e.chain_id, e.block_number
          FROM refused_message r JOIN event e ON e.subject = r.message_id AND e.kind = 'SENT'
        ON CONFLICT DO NOTHING
        """);
  }
}
