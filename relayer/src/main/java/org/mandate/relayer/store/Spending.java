package org.mandate.relayer.store;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.relayer.store.TransactionRow.Purpose;

/**
 * What intents cost this relayer, counted from its transactions: what each really cost, or, as long
 * as that is not known, the most that it can cost.
 */
public final class Spending {
  private Spending() {}

  /** The intents that messages tell of, by message; absent: one that tells of none. */
  public static Map<Hash, List<Hash>> intents(Tx tx, Collection<Hash> messages) {
    Map<Hash, List<Hash>> intents = new LinkedHashMap<>();
    if (messages.isEmpty()) return intents;
    tx.list(
        "SELECT message_id, intent_id FROM message_intent WHERE message_id IN (%s) ORDER BY intent_id"
            .formatted(marks(messages)),
        row ->
            intents
                .computeIfAbsent(row.hash("message_id"), id -> new ArrayList<>())
                .add(row.hash("intent_id")),
        messages.toArray());
    return intents;
  }

  /**
   * What each of them cost on that chain so far, wei; absent: nothing.
   *
   * @param but a transaction that is not counted; 0: all are
   */
  public static Map<Hash, BigInteger> soFar(
      Tx tx, long chainId, Collection<Hash> intents, long but) {
    Map<Hash, BigInteger> spent = new LinkedHashMap<>();
    if (intents.isEmpty()) return spent;
    List<Object> parameters = new ArrayList<>(List.of(chainId, but));
    parameters.addAll(intents);
    tx.list(
        "SELECT intent_id, sum(share) AS spent FROM intent_share WHERE chain_id = ? AND transaction_id <> ? AND intent_id IN (%s) GROUP BY 1"
            .formatted(marks(intents)),
        row -> spent.put(row.hash("intent_id"), row.big("spent")),
        parameters.toArray());
    return spent;
  }

  /**
   * How a key's coins go on a chain.
   *
   * @param perTransaction wei that one of its last hundred mined transactions cost, on average
   * @param perDay wei that those of the last 24 hours cost
   */
  public record Pace(Optional<BigInteger> perTransaction, BigInteger perDay) {
    /** For how long anything lasts is not known. */
    public static final Pace UNKNOWN = new Pace(Optional.empty(), BigInteger.ZERO);

    /** For how many transactions that lasts; empty: nothing was mined yet. */
    public Optional<BigInteger> transactionsLeft(BigInteger balance) {
      return perTransaction.filter(cost -> cost.signum() > 0).map(balance::divide);
    }

    /** For how many days that lasts; empty: nothing was spent today. */
    public Optional<BigInteger> daysLeft(BigInteger balance) {
      return Optional.of(perDay).filter(cost -> cost.signum() > 0).map(balance::divide);
    }
  }

  public static Pace pace(Tx tx, long chainId, Address signer, Instant now) {
    return tx.one(
            """
            SELECT (SELECT ceil(avg(l.cost)) FROM (
                     SELECT cost FROM transaction WHERE chain_id = ? AND signer = ? AND gas_used IS NOT NULL
                      ORDER BY nonce DESC LIMIT 100) l) AS one,
                   (SELECT coalesce(sum(cost), 0) FROM transaction
                     WHERE chain_id = ? AND signer = ? AND gas_used IS NOT NULL AND created_at > ?) AS day
            """,
            row -> new Pace(row.optionalBig("one"), row.big("day")),
            chainId,
            signer,
            chainId,
            signer,
            now.minus(Duration.ofDays(1)))
        .orElseThrow();
  }

  /**
   * Coins that may have been sent for that purpose within that time, wei, by whatever key: another
   * one is no new allowance. What is not settled counts however old it is; the rest by the
   * database's clock, which all processes share.
   */
  public static BigInteger sent(Tx tx, long chainId, Purpose purpose, Duration within) {
    return tx.one(
            """
            SELECT coalesce(sum(value), 0) AS n FROM transaction
             WHERE chain_id = ? AND purpose = ?
               AND (state = 'OPEN' OR state <> 'DISPLACED'
                    AND coalesce(counted_from, settled_at) > clock_timestamp() - ? * interval '1 second')
            """,
            row -> row.big("n"),
            chainId,
            purpose.name(),
            within.toSeconds())
        .orElseThrow();
  }

  private static String marks(Collection<?> values) {
    return String.join(", ", Collections.nCopies(values.size(), "?"));
  }
}
