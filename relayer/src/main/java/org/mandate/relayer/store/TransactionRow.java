package org.mandate.relayer.store;

import java.math.BigInteger;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.chain.Receipt;

/**
 * A transaction of this relayer that is not settled.
 *
 * @param purpose what it is for
 * @param subject intent, message or agent, the first if it is for several; absent for a filler
 * @param value wei that go with it
 * @param blockNumber where it was mined, as far as is known
 */
public record TransactionRow(
    long id,
    long chainId,
    Address signer,
    long nonce,
    Purpose purpose,
    Optional<Hash> subject,
    Address target,
    BigInteger value,
    Bytes data,
    long gasLimit,
    Optional<Long> blockNumber,
    Optional<Hash> blockHash) {

  private static final int AT_ONCE = 200;

  /** What a transaction is for. */
  public enum Purpose {
    SUBMIT(3_000_000),
    PROCEED(3_000_000),
    DELIVER(3_000_000),
    EXECUTE(3_000_000),
    EXPIRE(1_000_000),
    RESOLVE(1_000_000),
    PUBLISH(1_000_000),
    HASTEN(1_000_000),
    REPORT(2_000_000),
    SETTLE(3_000_000),
    RESEND(1_000_000),
    /** Coins for the relayer's key, from a treasury's. */
    TOP_UP(100_000),
    /** Uses up a nonce that was left open, so that the ones after it can be mined. */
    FILL(2_000_000);

    private final long mostGas;

    Purpose(long mostGas) {
      this.mostGas = mostGas;
    }

    /**
     * Most gas that this relayer pays for: many times what the contracts need ({@code
     * contracts/snapshots/gas.json}). The rest is code of others, such as a wallet that checks a
     * signature or a token, and theirs to keep cheap.
     */
    public long mostGas() {
      return mostGas;
    }
  }

  /** How a transaction ended, in a finalized block. */
  public enum Settled {
    SUCCEEDED,
    REVERTED,
    DISPLACED
  }

  /**
   * Signed bytes.
   *
   * @param number from 1, one more for every replacement
   * @param sentAt when a node last took it
   * @param sentBlock the head when a node first took it
   */
  public record Attempt(
      int number,
      Hash hash,
      Bytes raw,
      BigInteger maxFee,
      BigInteger maxTip,
      Optional<Instant> sentAt,
      Optional<Long> sentBlock,
      boolean cancels) {}

  /**
   * Locks the key's numbering until the database transaction ends: what is looked up after this,
   * nobody else who signs with the key changes meanwhile.
   *
   * @param count the key's transaction count on chain: where the numbering starts
   */
  public static void lock(Tx tx, long chainId, Address signer, long count) {
    tx.update(
        "INSERT INTO signer_nonce (chain_id, signer, next, first) VALUES (?, ?, ?, ?) ON CONFLICT"
            + " DO NOTHING",
        chainId,
        signer,
        count,
        count);
    tx.list(
        "SELECT 1 FROM signer_nonce WHERE chain_id = ? AND signer = ? FOR UPDATE",
        row -> true,
        chainId,
        signer);
  }

  /**
   * Takes the next nonce of the key. Its row stays locked until the transaction ends, so nonces are
   * taken one after another, and one that is not stored with its signed bytes was not taken.
   *
   * @param count as for {@link #lock}: it catches up with it when somebody else used the key
   */
  public static long takeNonce(Tx tx, long chainId, Address signer, long count) {
    return tx.one(
            """
            INSERT INTO signer_nonce AS s (chain_id, signer, next, first) VALUES (?, ?, ?, ?)
            ON CONFLICT (chain_id, signer) DO UPDATE SET next = greatest(s.next, ?) + 1
            RETURNING s.next - 1 AS nonce
            """,
            row -> row.number("nonce"),
            chainId,
            signer,
            count + 1,
            count,
            count)
        .orElseThrow();
  }

  /** Below which all nonces are taken; absent before the first transaction. */
  public static Optional<Long> nextNonce(Tx tx, long chainId, Address signer) {
    return tx.one(
        "SELECT next FROM signer_nonce WHERE chain_id = ? AND signer = ?",
        row -> row.number("next"),
        chainId,
        signer);
  }

  /** Where the numbering began: 0 before the first transaction. */
  public static long firstNonce(Tx tx, long chainId, Address signer) {
    return tx.one(
            "SELECT first FROM signer_nonce WHERE chain_id = ? AND signer = ?",
            row -> row.number("first"),
            chainId,
            signer)
        .orElse(0L);
  }

  /** Nonces from {@code from} to below {@code to} that no transaction uses. */
  public static List<Long> gaps(
      Tx tx, long chainId, Address signer, long from, long to, int limit) {
    return tx.list(
        """
        SELECT n FROM signer_nonce s, generate_series(?::bigint, ?::bigint - 1) n
         WHERE s.chain_id = ? AND s.signer = ?
           AND NOT EXISTS (SELECT 1 FROM transaction t
                            WHERE t.chain_id = s.chain_id AND t.signer = s.signer AND t.nonce = n)
         ORDER BY n LIMIT ?
        """,
        row -> row.number("n"),
        from,
        to,
        chainId,
        signer,
        limit);
  }

  /** Whether a transaction for this is on its way. */
  public static boolean isOpen(Tx tx, long chainId, Hash subject) {
    return areOpen(tx, chainId, List.of(subject));
  }

  /** Whether a transaction for one of these is on its way. */
  public static boolean areOpen(Tx tx, long chainId, List<Hash> subjects) {
    return tx.one(
            "SELECT count(*) AS n FROM transaction_item WHERE chain_id = ? AND subject = ANY (?)"
                + " AND open",
            row -> row.number("n"),
            chainId,
            Tx.column("bytea", subjects))
        .filter(n -> n > 0)
        .isPresent();
  }

  /**
   * Stores the transaction.
   *
   * @param subjects what it is for; none for a filler. Empty answer, and nothing is stored: one of
   *     them is on its way already
   */
  public static Optional<Long> insert(
      Tx tx,
      long chainId,
      Address signer,
      long nonce,
      Purpose purpose,
      List<Hash> subjects,
      Address target,
      BigInteger value,
      Bytes data,
      long gasLimit,
      Instant now) {
    long id =
        insertRow(
            tx, chainId, signer, nonce, purpose, subjects, target, value, data, gasLimit, now);
    if (subjects.isEmpty()) return Optional.of(id);
    int stored =
        tx.update(
            """
            INSERT INTO transaction_item (transaction_id, chain_id, purpose, subject, open)
            SELECT ?, ?, ?, subject, true FROM unnest(?::bytea[]) AS s (subject) ORDER BY subject
            ON CONFLICT DO NOTHING
            """,
            id,
            chainId,
            purpose.name(),
            Tx.column("bytea", subjects));
    if (stored < subjects.size()) {
      tx.update("DELETE FROM transaction WHERE transaction_id = ?", id);
      return Optional.empty();
    }
    return Optional.of(id);
  }

  private static long insertRow(
      Tx tx,
      long chainId,
      Address signer,
      long nonce,
      Purpose purpose,
      List<Hash> subjects,
      Address target,
      BigInteger value,
      Bytes data,
      long gasLimit,
      Instant now) {
    return tx.one(
            """
            INSERT INTO transaction (chain_id, signer, nonce, purpose, subject, subjects, target, value, data, gas_limit, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING transaction_id
            """,
            row -> row.number("transaction_id"),
            chainId,
            signer,
            nonce,
            purpose.name(),
            subjects.stream().findFirst(),
            Math.max(1, subjects.size()),
            target,
            value,
            data,
            gasLimit,
            now)
        .orElseThrow();
  }

  /**
   * Bytes that were signed just now.
   *
   * @param number from 1, one more for every replacement
   * @param dataFee the most that they are expected to pay beside their gas, wei
   * @param most that they can cost in all, wei
   * @param cancels whether they are empty, to free the nonce
   */
  public record Signed(
      int number,
      Hash hash,
      Bytes raw,
      BigInteger maxFee,
      BigInteger maxTip,
      BigInteger dataFee,
      BigInteger most,
      boolean cancels) {}

  /** Stores signed bytes, and what they can cost: one attempt of a transaction is mined at most. */
  public static void addAttempt(Tx tx, long id, Signed signed, Instant now) {
    tx.update(
        """
        INSERT INTO attempt (transaction_id, attempt, hash, raw, max_fee, max_tip, data_fee, cancels, signed_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        id,
        signed.number(),
        signed.hash(),
        signed.raw(),
        signed.maxFee(),
        signed.maxTip(),
        signed.dataFee(),
        signed.cancels(),
        now);
    tx.update(
        "UPDATE transaction SET most = greatest(most, ?) WHERE transaction_id = ?",
        signed.most(),
        id);
  }

  /**
   * Transactions whose nonce is not used yet, in the order of their nonces.
   *
   * @param count the key's transaction count
   */
  public static List<TransactionRow> toSend(Tx tx, long chainId, Address signer, long count) {
    return tx.list(
        "SELECT * FROM transaction WHERE chain_id = ? AND signer = ? AND state = 'OPEN' AND nonce"
            + " >= ? ORDER BY nonce LIMIT "
            + AT_ONCE,
        TransactionRow::read,
        chainId,
        signer,
        count);
  }

  /**
   * Transactions whose nonce is used and whose end may be known now: those in a final block first,
   * then those whose block is not known. What is in a block that is not final yet only has to wait.
   *
   * @param after of those whose block is not known the ones with higher nonces come before the
   *     others
   */
  public static List<TransactionRow> toSettle(
      Tx tx, long chainId, Address signer, long count, long after) {
    return tx.list(
        """
        SELECT t.* FROM transaction t JOIN chain c ON c.chain_id = t.chain_id
         WHERE t.chain_id = ? AND t.signer = ? AND t.state = 'OPEN' AND t.nonce < ?
           AND (t.block_number IS NULL OR t.block_number <= c.finalized)
         ORDER BY t.block_number NULLS LAST, t.block_number IS NULL AND t.nonce <= ?, t.nonce LIMIT
        """
            + AT_ONCE,
        TransactionRow::read,
        chainId,
        signer,
        count,
        after);
  }

  /** The keys that have transactions which are not settled. */
  public static List<Address> signers(Tx tx, long chainId) {
    return tx.list(
        "SELECT DISTINCT signer FROM transaction WHERE chain_id = ? AND state = 'OPEN' ORDER BY 1",
        row -> row.address("signer"),
        chainId);
  }

  /** All that it is for; none for a filler. */
  public List<Hash> subjects(Tx tx) {
    return tx.list(
        "SELECT subject FROM transaction_item WHERE transaction_id = ? ORDER BY subject",
        row -> row.hash("subject"),
        id);
  }

  /**
   * Signed and not known to be mined, but for those whose place another one took: how they ended
   * may be unknown for as long as one node does not answer.
   */
  private static final String UNDER_WAY =
      """
       FROM transaction t WHERE chain_id = ? AND signer = ? AND state = 'OPEN' AND block_number IS NULL
        AND EXISTS (SELECT 1 FROM transaction_item i WHERE i.transaction_id = t.transaction_id AND i.open)
      """;

  /** How many are signed and not known to be mined. */
  public static long underWay(Tx tx, long chainId, Address signer) {
    return tx.one("SELECT count(*) AS n" + UNDER_WAY, row -> row.number("n"), chainId, signer)
        .orElseThrow();
  }

  /** The most, wei, that those can take which are signed and not known to be mined. */
  public static BigInteger promised(Tx tx, long chainId, Address signer) {
    return tx.one(
            "SELECT coalesce(sum(most + value), 0) AS n" + UNDER_WAY,
            row -> row.big("n"),
            chainId,
            signer)
        .orElseThrow();
  }

  /** All signed bytes of the transaction, newest first. */
  public List<Attempt> attempts(Tx tx) {
    return tx.list(
        "SELECT * FROM attempt WHERE transaction_id = ? ORDER BY attempt DESC",
        TransactionRow::attempt,
        id);
  }

  /** As {@link #attempts(Tx)}, of each of them, in their order. */
  public static Map<TransactionRow, List<Attempt>> attempts(Tx tx, List<TransactionRow> of) {
    Map<TransactionRow, List<Attempt>> attempts = new LinkedHashMap<>();
    if (of.isEmpty()) return attempts;
    Map<Long, TransactionRow> byId = new HashMap<>();
    for (TransactionRow transaction : of) {
      byId.put(transaction.id, transaction);
      attempts.put(transaction, new ArrayList<>());
    }
    tx.list(
        "SELECT * FROM attempt WHERE transaction_id = ANY (?) ORDER BY transaction_id, attempt DESC",
        row -> attempts.get(byId.get(row.number("transaction_id"))).add(attempt(row)),
        Tx.column("bigint", List.copyOf(byId.keySet())));
    return attempts;
  }

  private static Attempt attempt(Row row) throws SQLException {
    return new Attempt(
        (int) row.number("attempt"),
        row.hash("hash"),
        row.bytes("raw"),
        row.big("max_fee"),
        row.big("max_tip"),
        row.optionalTime("sent_at"),
        row.optionalNumber("sent_block"),
        row.flag("cancels"));
  }

  public void sent(Tx tx, Attempt attempt, Instant now, long head) {
    tx.update(
        """
        UPDATE attempt SET sent_at = ?, sent_block = coalesce(sent_block, ?) WHERE transaction_id = ? AND attempt = ?
        """,
        now,
        head,
        id,
        attempt.number());
  }

  /**
   * @param reason why no node takes it
   */
  public void refused(Tx tx, Attempt attempt, String reason) {
    tx.update(
        "UPDATE attempt SET refused = ? WHERE transaction_id = ? AND attempt = ?",
        reason,
        id,
        attempt.number());
  }

  /**
   * How often transactions for a subject came to nothing since the last one that did not.
   *
   * @param cancelled how often an empty one took its place
   * @param vain how often it was mined, and nothing of what it was for came of it
   * @param last when the last of them was cancelled, or was final
   * @param reason why no node took the last that was cancelled, where that was why
   * @param mined the last one in vain
   */
  public record Setbacks(
      long cancelled, long vain, Instant last, Optional<String> reason, Optional<Mined> mined) {
    public long times() {
      return cancelled + vain;
    }
  }

  /**
   * What was mined, and where.
   *
   * @param maxFee wei per gas that it bid in all
   * @param maxTip wei per gas of that for the block's proposer
   */
  public record Mined(Hash transaction, Hash block, BigInteger maxFee, BigInteger maxTip) {}

  /** Since then; empty: never. */
  public static Optional<Setbacks> setbacks(
      Tx tx, long chainId, Purpose purpose, Hash subject, Instant since) {
    return tx.one(
            """
            SELECT count(*) FILTER (WHERE NOT s.vain) AS cancelled, count(*) FILTER (WHERE s.vain) AS vain,
                   max(CASE WHEN s.vain THEN t.settled_at ELSE t.created_at END) AS last,
                   (array_agg(r.refused ORDER BY t.transaction_id DESC) FILTER (WHERE NOT s.vain))[1] AS reason,
                   (array_agg(t.mined_hash ORDER BY t.transaction_id DESC) FILTER (WHERE s.vain))[1] AS mined,
                   (array_agg(t.block_hash ORDER BY t.transaction_id DESC) FILTER (WHERE s.vain))[1] AS block,
                   (array_agg(a.max_fee ORDER BY t.transaction_id DESC) FILTER (WHERE s.vain))[1] AS max_fee,
                   (array_agg(a.max_tip ORDER BY t.transaction_id DESC) FILTER (WHERE s.vain))[1] AS max_tip
              FROM transaction_item s
              JOIN transaction t ON t.transaction_id = s.transaction_id
              JOIN attempt a ON a.transaction_id = t.transaction_id AND a.hash = t.mined_hash
              LEFT JOIN attempt r ON r.transaction_id = t.transaction_id AND r.attempt = 1
             WHERE s.chain_id = ? AND s.subject = ? AND s.purpose = ? AND t.created_at > ? AND (a.cancels OR s.vain)
               AND s.transaction_id > coalesce((
                     SELECT max(d.transaction_id) FROM transaction_item d JOIN transaction e ON e.transaction_id = d.transaction_id
                      WHERE d.chain_id = s.chain_id AND d.subject = s.subject AND d.purpose = s.purpose
                        AND e.state = 'SUCCEEDED' AND NOT d.vain), 0)
            """,
            row -> setbacks(row),
            chainId,
            subject,
            purpose.name(),
            since)
        .flatMap(found -> found);
  }

  private static Optional<Setbacks> setbacks(Row row) throws SQLException {
    Optional<Instant> last = row.optionalTime("last");
    if (last.isEmpty()) return Optional.empty();
    Optional<Hash> mined = row.optionalHash("mined");
    return Optional.of(
        new Setbacks(
            row.number("cancelled"),
            row.number("vain"),
            last.get(),
            row.optionalText("reason"),
            mined.isEmpty()
                ? Optional.empty()
                : Optional.of(
                    new Mined(
                        mined.get(), row.hash("block"), row.big("max_fee"), row.big("max_tip")))));
  }

  /** Those of them for which a transaction was mined and did nothing. */
  public static List<Hash> inVain(Tx tx, long chainId, Purpose purpose, List<Hash> subjects) {
    return tx.list(
        "SELECT DISTINCT subject FROM transaction_item WHERE chain_id = ? AND subject = ANY (?) AND"
            + " purpose = ? AND vain",
        row -> row.hash("subject"),
        chainId,
        Tx.column("bytea", subjects),
        purpose.name());
  }

  /** No node has it any more: blocks count anew from when one takes it again. */
  public void lost(Tx tx, Attempt attempt) {
    tx.update(
        "UPDATE attempt SET sent_block = NULL WHERE transaction_id = ? AND attempt = ?",
        id,
        attempt.number());
  }

  /**
   * Stores where it was mined, only while that very block is stored: a receipt of another branch is
   * not taken.
   *
   * @param dataFee wei that it is told to have paid beside its gas; counted up to what was reserved
   *     for it when it was signed, all of which counts where nobody can tell
   */
  public boolean mined(Tx tx, Receipt receipt, Optional<BigInteger> dataFee) {
    return tx.update(
            """
            UPDATE transaction SET block_number = ?, block_hash = ?, mined_hash = ?, gas_used = ?, gas_price = ?,
                   data_fee = least(?, (SELECT a.data_fee FROM attempt a WHERE a.transaction_id = ? AND a.hash = ?))
             WHERE transaction_id = ? AND EXISTS (SELECT 1 FROM block b WHERE b.chain_id = ? AND b.number = ? AND b.hash = ?)
            """,
            receipt.blockNumber(),
            receipt.blockHash(),
            receipt.transaction(),
            receipt.gasUsed(),
            receipt.effectiveGasPrice(),
            dataFee,
            id,
            receipt.transaction(),
            id,
            chainId,
            receipt.blockNumber(),
            receipt.blockHash())
        > 0;
  }

  /**
   * Whether that is still where it was mined, as far as is known, and how it ended is not stored;
   * nobody changes it meanwhile.
   */
  public boolean isMinedIn(Tx tx, Hash block) {
    return tx.one(
            "SELECT 1 FROM transaction WHERE transaction_id = ? AND block_hash = ? AND state ="
                + " 'OPEN' FOR UPDATE",
            row -> true,
            id,
            block)
        .isPresent();
  }

  /**
   * What it is for is on its way no more, as far as is known: whoever is to do it looks again, at
   * each by itself, in case that one of them was to blame.
   */
  public void release(Tx tx, Instant now) {
    tx.update("UPDATE transaction_item SET open = false WHERE transaction_id = ?", id);
    tx.update(
        """
        UPDATE task t SET not_before = least(t.not_before, ?), attempts = greatest(t.attempts, 1) FROM transaction_item s
         WHERE s.transaction_id = ? AND t.chain_id = s.chain_id AND t.subject = s.subject
        """,
        now,
        id);
  }

  /**
   * It is over: what it was for is looked at, if it is open still. Where nothing of that came of
   * it, as the events of its block say, it counts as failing.
   */
  public void settle(Tx tx, Settled state, Instant now) {
    tx.update(
        "UPDATE transaction SET state = ?, settled_at = ?, counted_from = clock_timestamp() WHERE"
            + " transaction_id = ? AND state = 'OPEN'",
        state.name(),
        now,
        id);
    tx.update("UPDATE transaction_item SET open = false WHERE transaction_id = ?", id);
    Task.lookAnew(tx, chainId, subjects(tx), now);
    if (state != Settled.DISPLACED) Task.countFailure(tx, chainId, vain(tx));
  }

  /** Marks that for which it did nothing. A transfer of coins logs nothing. */
  private List<Hash> vain(Tx tx) {
    return tx.list(
        """
        UPDATE transaction_item s SET vain = true FROM transaction t
         WHERE s.transaction_id = ? AND t.transaction_id = s.transaction_id AND t.purpose <> 'TOP_UP'
           AND NOT EXISTS (SELECT 1 FROM event e
                            WHERE e.chain_id = s.chain_id AND e.transaction = t.mined_hash AND e.subject = s.subject)
           AND NOT EXISTS (SELECT 1 FROM event e -- these name no intent, and are of all or none that it is for
                            WHERE e.chain_id = s.chain_id AND e.transaction = t.mined_hash
                              AND e.kind = CASE t.purpose WHEN 'PUBLISH' THEN 'PUBLISHED' WHEN 'REPORT' THEN 'REPORTED' END)
        RETURNING s.subject
        """,
        row -> row.hash("subject"),
        id);
  }

  private static TransactionRow read(Row row) throws SQLException {
    return new TransactionRow(
        row.number("transaction_id"),
        row.number("chain_id"),
        row.address("signer"),
        row.number("nonce"),
        Purpose.valueOf(row.text("purpose")),
        row.optionalHash("subject"),
        row.address("target"),
        row.big("value"),
        row.bytes("data"),
        row.number("gas_limit"),
        row.optionalNumber("block_number"),
        row.optionalHash("block_hash"));
  }
}
