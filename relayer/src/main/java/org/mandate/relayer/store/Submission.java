package org.mandate.relayer.store;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.mandate.chain.Hash;

/**
 * What is known of an intent whose submission is open work.
 *
 * @param stored the intent; empty when it is not stored
 * @param isOpen whether a transaction is on its way for it
 * @param progress whether home's chain has it, and then whether that is final
 * @param rival another intent that took its nonce or is about to
 */
public record Submission(
    Hash id,
    Optional<StoredIntent> stored,
    boolean isOpen,
    Optional<Boolean> progress,
    Optional<Rival> rival) {

  /**
   * Another intent of the same agent with the same nonce, of which the chain takes one.
   *
   * @param isFinal whether a final block holds it; if not, it may still be on its way
   */
  public record Rival(Hash id, boolean isFinal) {}

  /** What happens at home to an intent that was submitted, or cancelled before that. */
  private static final String NONCE_USED =
      "('ADMITTED', 'DENIED', 'DISPATCHED', 'EXECUTED', 'CANCELLED')";

  private static final String ON_ITS_WAY =
      "EXISTS (SELECT 1 FROM transaction_item s WHERE s.chain_id = ? AND s.subject = o.intent_id AND"
          + " s.purpose = 'SUBMIT' AND s.open)";

  /**
   * In the order of the ids.
   *
   * @param home id of the chain that intents are submitted to
   */
  public static List<Submission> of(Tx tx, long home, List<Hash> ids) {
    return tx.list(
        """
        SELECT w.id AS wanted, i.*,
               EXISTS (SELECT 1 FROM transaction_item s WHERE s.chain_id = ? AND s.subject = w.id AND s.open) AS is_open,
               (SELECT p.final FROM intent_progress p WHERE p.intent_id = w.id AND p.chain_id = ?) AS is_final,
               r.intent_id AS rival, coalesce(r.used_at <= c.finalized, false) AS rival_final
          FROM unnest(?::bytea[]) WITH ORDINALITY AS w (id, place)
          LEFT JOIN intent i ON i.intent_id = w.id
          LEFT JOIN chain c ON c.chain_id = ?
          LEFT JOIN LATERAL (
            SELECT o.intent_id, u.used_at
              FROM intent o
             CROSS JOIN LATERAL (SELECT min(e.block_number) AS used_at FROM event e
                                  WHERE e.subject = o.intent_id AND e.chain_id = ? AND e.kind IN %s) u
             WHERE o.agent_id = i.agent_id AND o.nonce = i.nonce AND o.intent_id <> i.intent_id
               AND (u.used_at IS NOT NULL OR %s)
             ORDER BY u.used_at LIMIT 1) r ON true
         ORDER BY w.place
        """
            .formatted(NONCE_USED, ON_ITS_WAY),
        row ->
            new Submission(
                row.hash("wanted"),
                row.optionalHash("intent_id").isPresent()
                    ? Optional.of(StoredIntent.read(row))
                    : Optional.empty(),
                row.flag("is_open"),
                row.optionalFlag("is_final"),
                rival(row)),
        home,
        home,
        Tx.column("bytea", ids),
        home,
        home,
        home);
  }

  private static Optional<Rival> rival(Row row) throws SQLException {
    boolean isFinal = row.flag("rival_final");
    return row.optionalHash("rival").map(id -> new Rival(id, isFinal));
  }

  /**
   * Whether a transaction is on its way for another intent with the nonce of one of these. Whoever
   * holds the lock of the key's nonces ({@link TransactionRow#lock}) can rely on it: all
   * submissions of this relayer are that key's.
   */
  public static boolean areContested(Tx tx, long home, List<Hash> ids) {
    return tx.one(
            """
            SELECT count(*) AS n FROM intent i
             CROSS JOIN LATERAL (
               SELECT 1 FROM intent o
                WHERE o.agent_id = i.agent_id AND o.nonce = i.nonce AND o.intent_id <> i.intent_id AND %s LIMIT 1) rival
             WHERE i.intent_id = ANY (?)
            """
                .formatted(ON_ITS_WAY),
            row -> row.number("n"),
            home,
            Tx.column("bytea", ids))
        .filter(n -> n > 0)
        .isPresent();
  }
}
