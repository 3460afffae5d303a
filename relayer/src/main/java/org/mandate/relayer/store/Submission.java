package org.mandate.relayer.store;

import java.util.List;
import java.util.Optional;
import org.mandate.chain.Hash;

/**
 * What is known of an intent whose submission is open work.
 *
 * @param stored the intent; empty when it is not stored
 * @param isOpen whether a transaction is on its way for it
 * @param progress whether home's chain has it, and then whether that is final
 */
public record Submission(
    Hash id, Optional<StoredIntent> stored, boolean isOpen, Optional<Boolean> progress) {

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
               (SELECT p.final FROM intent_progress p WHERE p.intent_id = w.id AND p.chain_id = ?) AS is_final
          FROM unnest(?::bytea[]) WITH ORDINALITY AS w (id, place)
          LEFT JOIN intent i ON i.intent_id = w.id
         ORDER BY w.place
        """,
        row ->
            new Submission(
                row.hash("wanted"),
                row.optionalHash("intent_id").isPresent()
                    ? Optional.of(StoredIntent.read(row))
                    : Optional.empty(),
                row.flag("is_open"),
                row.optionalFlag("is_final")),
        home,
        home,
        Tx.column("bytea", ids));
  }
}
