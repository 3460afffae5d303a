package org.mandate.relayer.store;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import org.mandate.chain.Hash;

/**
 * What a relayer derived from one chain up to a block, as two SHA-256 digests. Whoever followed the
 * same chain has the same, whatever happened on the way there: reorgs, crashes, other nodes, other
 * times. What it learned elsewhere (signatures, requests, its own transactions) and when is not in
 * it; numbers that the database gave out are not either.
 *
 * @param to number of the last block that is in it
 * @param block its hash
 * @param followed of the blocks, what was logged in them, and the intents that they tell of: where
 *     each intent stands follows from that
 * @param carried of the messages that were attested, the audit records that were archived, and the
 *     published batches that were compared: only what is final gets there, and a while later
 */
public record StateHash(long chainId, long to, Hash block, Hash followed, Hash carried) {
  private static final String BLOCKS =
      """
      SELECT concat_ws(' ', 'block', number, encode(hash, 'hex'), encode(parent_hash, 'hex'), time)
        FROM block WHERE chain_id = ? AND number <= ? ORDER BY number
      """;
  private static final String EVENTS =
      """
      SELECT concat_ws(' ', 'event', block_number, log_index, encode(transaction, 'hex'), kind,
                       coalesce(encode(subject, 'hex'), '-'), coalesce(agent_id::text, '-'), encode(address, 'hex'),
                       encode(topics, 'hex'), encode(data, 'hex') || '.')
        FROM event WHERE chain_id = ? AND block_number <= ? ORDER BY block_number, log_index
      """;
  private static final String REPORTS =
      """
      SELECT concat_ws(' ', 'reported', block_number, log_index, encode(intent_id, 'hex'))
        FROM reported_intent WHERE chain_id = ? AND block_number <= ? ORDER BY block_number, log_index, intent_id
      """;
  private static final String INTENTS =
      """
      SELECT concat_ws(' ', 'intent', encode(i.intent_id, 'hex'), i.agent_id, encode(i.account, 'hex'), i.chain_id,
                       encode(i.asset, 'hex'), encode(i.recipient, 'hex'), i.amount, encode(i.data, 'hex') || '.',
                       i.nonce, i.deadline)
        FROM intent i
       WHERE EXISTS (SELECT 1 FROM event e WHERE e.subject = i.intent_id AND e.chain_id = ? AND e.block_number <= ?)
       ORDER BY i.intent_id
      """;
  private static final String MESSAGES =
      """
      SELECT concat_ws(' ', 'message', encode(m.message_id, 'hex'), m.destination, m.nonce, encode(m.sender, 'hex'),
                       encode(m.recipient, 'hex'), encode(m.payload, 'hex') || '.', encode(m.root, 'hex'), m.leaf,
                       (SELECT coalesce(string_agg(encode(i.intent_id, 'hex'), ',' ORDER BY i.intent_id), '-')
                          FROM message_intent i WHERE i.message_id = m.message_id))
        FROM event e JOIN message m ON m.message_id = e.subject
       WHERE e.kind = 'SENT' AND e.chain_id = ? AND e.block_number <= ? ORDER BY e.block_number, e.log_index
      """;
  private static final String RECORDS =
      """
      SELECT concat_ws(' ', 'record', agent_id, index, encode(intent_id, 'hex'), action, encode(record_hash, 'hex'), cid,
                       block_number, encode(transaction, 'hex'), log_index)
        FROM audit_record WHERE chain_id = ? AND block_number <= ? ORDER BY agent_id, index
      """;
  private static final String BATCHES =
      """
      SELECT concat_ws(' ', 'batch', block_number, log_index, agent_id, first_index, next_index, cid,
                       encode(publisher, 'hex'), truthful)
        FROM audit_batch WHERE chain_id = ? AND block_number <= ? ORDER BY block_number, log_index
      """;

  /**
   * Computes it, row by row: it takes time, and no memory to speak of.
   *
   * @param to number of a stored block
   * @throws IllegalArgumentException when that block is not stored
   */
  public static StateHash of(Tx tx, long chainId, long to) {
    Hash block =
        Blocks.atOrBelow(tx, chainId, to)
            .filter(b -> b.number() == to)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "block %d of chain %d is not stored".formatted(to, chainId)))
            .hash();
    return new StateHash(
        chainId,
        to,
        block,
        digest(tx, chainId, to, List.of(BLOCKS, EVENTS, REPORTS, INTENTS)),
        digest(tx, chainId, to, List.of(MESSAGES, RECORDS, BATCHES)));
  }

  /** Of each chain, up to its newest final block; chains without one are left out. */
  public static List<StateHash> ofAll(Tx tx) {
    List<StateHash> all = new ArrayList<>();
    for (ChainRow row : ChainRow.all(tx))
      row.finalized().ifPresent(to -> all.add(of(tx, row.chainId(), to)));
    return all;
  }

  private static Hash digest(Tx tx, long chainId, long to, List<String> queries) {
    MessageDigest digest = sha256();
    for (String query : queries) {
      tx.each(
          query,
          row -> {
            digest.update(row.only().getBytes(StandardCharsets.UTF_8));
            digest.update((byte) '\n');
          },
          chainId,
          to);
    }
    return Hash.of(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
