package org.mandate.relayer.store;

import java.math.BigInteger;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.mandate.chain.Block;
import org.mandate.chain.Hash;

/**
 * A reorganisation that went deeper than the declared finality.
 *
 * @param number of the highest final block that is gone
 * @param stored its hash
 * @param told of the block that a node has in its place
 * @param ancestor number of the highest stored block that most nodes still have; empty: of none
 * @param nodes how many there are
 * @param different how many of them said that the block is gone
 */
public record DeepReorg(
    long chainId,
    long number,
    Hash stored,
    Hash told,
    Optional<Long> ancestor,
    int nodes,
    int different,
    Instant foundAt) {

  /** Stores it, unless one is open for that chain. */
  public void save(Tx tx) {
    tx.update(
        """
        INSERT INTO deep_reorg (chain_id, number, stored_hash, told_hash, ancestor, nodes, different, found_at)
        SELECT ?, ?, ?, ?, ?::bigint, ?, ?, ?
         WHERE NOT EXISTS (SELECT 1 FROM deep_reorg WHERE chain_id = ? AND accepted_at IS NULL)
        """,
        chainId,
        number,
        stored,
        told,
        ancestor,
        nodes,
        different,
        foundAt,
        chainId);
  }

  /** The one that nobody accepted yet. */
  public static Optional<DeepReorg> open(Tx tx, long chainId) {
    return tx.one(
        "SELECT * FROM deep_reorg WHERE chain_id = ? AND accepted_at IS NULL",
        DeepReorg::read,
        chainId);
  }

  /** The intents and messages of which something was logged above a block. */
  public static Set<Hash> subjects(Tx tx, long chainId, long above) {
    return Set.copyOf(
        tx.list(
            """
            SELECT subject FROM event WHERE chain_id = ? AND block_number > ? AND subject IS NOT NULL
            UNION SELECT intent_id FROM reported_intent WHERE chain_id = ? AND block_number > ?
            UNION SELECT i.intent_id FROM event e JOIN message_intent i ON i.message_id = e.subject
                   WHERE e.chain_id = ? AND e.block_number > ?
            """,
            row -> row.hash("subject"),
            chainId,
            above,
            chainId,
            above,
            chainId,
            above));
  }

  /** The agents of which something was logged above a block. */
  public static Set<BigInteger> agents(Tx tx, long chainId, long above) {
    return Set.copyOf(
        tx.list(
            "SELECT DISTINCT agent_id FROM event WHERE chain_id = ? AND block_number > ? AND agent_id IS NOT NULL",
            row -> row.big("agent_id"),
            chainId,
            above));
  }

  /**
   * Forgets what was derived from the blocks above one, final or not, and moves the finality mark
   * down to it. What this relayer signed it keeps: transactions of which such a block was the end
   * are open again, with the same bytes and nonces, and messages that it attested stay known, so
   * that it signs no other one under the same number.
   *
   * @param ancestor a stored block
   * @return how many transactions are open again
   */
  public static int undo(Tx tx, long chainId, Block ancestor, Instant now) {
    long above = ancestor.number();
    tx.update(
        """
        DELETE FROM task t USING event e
         WHERE t.kind = 'DELIVER' AND t.subject = e.subject AND e.kind = 'SENT' AND e.chain_id = ? AND e.block_number > ?
        """,
        chainId,
        above);
    tx.update("DELETE FROM audit_record WHERE chain_id = ? AND block_number > ?", chainId, above);
    DoneUntil.undo(tx, chainId, above);
    int reopened = reopen(tx, chainId, ancestor);
    tx.update(
        "UPDATE chain SET finalized = ?, finalized_time = ? WHERE chain_id = ? AND finalized > ?",
        above,
        ancestor.timestamp().getEpochSecond(),
        chainId,
        above);
    Blocks.undoFrom(tx, chainId, above + 1, now);
    return reopened;
  }

  private static int reopen(Tx tx, long chainId, Block ancestor) {
    // What another transaction displaced has no block: by when that was found out.
    tx.update(
        """
        UPDATE transaction SET state = 'OPEN', settled_at = NULL, block_number = NULL, block_hash = NULL, mined_hash = NULL,
               gas_used = NULL, gas_price = NULL
         WHERE chain_id = ? AND state <> 'OPEN'
           AND (block_number > ? OR (block_number IS NULL AND settled_at >= to_timestamp(?)))
        """,
        chainId,
        ancestor.number(),
        ancestor.timestamp().getEpochSecond());
    tx.update(
        """
        UPDATE attempt a SET sent_block = NULL FROM transaction t
         WHERE t.transaction_id = a.transaction_id AND t.chain_id = ? AND t.state = 'OPEN'
        """,
        chainId);
    tx.update(
        """
        UPDATE transaction_item i SET vain = false FROM transaction t
         WHERE t.transaction_id = i.transaction_id AND i.vain AND i.chain_id = ? AND t.state = 'OPEN'
        """,
        chainId);
    // At most one open transaction at a time is for the same thing: the one with the lowest nonce,
    // of several keys' the one that was signed first.
    tx.update(
        """
        UPDATE transaction_item i SET open = true FROM transaction t
         WHERE t.transaction_id = i.transaction_id AND t.chain_id = ? AND t.state = 'OPEN' AND NOT i.open
           AND NOT EXISTS (
             SELECT 1 FROM transaction_item o JOIN transaction u ON u.transaction_id = o.transaction_id
              WHERE o.purpose = i.purpose AND o.chain_id = i.chain_id AND o.subject = i.subject
                AND u.state = 'OPEN' AND o.transaction_id <> i.transaction_id AND (o.open OR (u.nonce, u.transaction_id) < (t.nonce, t.transaction_id)))
        """,
        chainId);
    return tx.one(
            "SELECT count(*) AS n FROM transaction WHERE chain_id = ? AND state = 'OPEN'",
            row -> (int) row.number("n"),
            chainId)
        .orElseThrow();
  }

  /**
   * A person accepts it: signing is allowed again, once what is stored was compared with the chain.
   * An instance that was paused all the while, and not seen when it was asked whether all have
   * stopped, leads nothing and has claimed nothing any more.
   */
  public static void accept(Tx tx, long chainId, Instant now) {
    Lease.revokeAll(tx);
    Task.releaseAll(tx, now);
    tx.update(
        "UPDATE deep_reorg SET accepted_at = ? WHERE chain_id = ? AND accepted_at IS NULL",
        now,
        chainId);
    tx.update("UPDATE chain SET halted = NULL, compared = false WHERE chain_id = ?", chainId);
  }

  private static DeepReorg read(Row row) throws SQLException {
    return new DeepReorg(
        row.number("chain_id"),
        row.number("number"),
        row.hash("stored_hash"),
        row.hash("told_hash"),
        row.optionalNumber("ancestor"),
        (int) row.number("nodes"),
        (int) row.number("different"),
        row.time("found_at"));
  }
}
