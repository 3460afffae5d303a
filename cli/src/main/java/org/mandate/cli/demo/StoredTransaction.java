package org.mandate.cli.demo;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;

/**
 * The transaction by which a relayer submits an intent, as it stands in that relayer's database:
 * read with our own SQL, so that no code of the relayer vouches for it.
 *
 * @param attempts the signed bytes, the first ones first; each further one replaces those before it
 *     at the same nonce
 */
record StoredTransaction(long chainId, Address signer, long nonce, List<Attempt> attempts) {
  /**
   * Signed bytes.
   *
   * @param hash of the transaction, as the relayer stored it beside the bytes
   * @param sent whether a node ever took them, as far as the relayer knows
   */
  record Attempt(Hash hash, Bytes raw, boolean sent) {}

  private static final String QUERY =
      """
      SELECT t.transaction_id, t.chain_id, t.signer, t.nonce, a.hash, a.raw, a.sent_at
        FROM transaction t JOIN attempt a USING (transaction_id)
       WHERE t.purpose = 'SUBMIT' AND t.subject = ?
       ORDER BY t.transaction_id, a.attempt
      """;

  /**
   * @throws Story.Broken when there is more than one: an intent is submitted at one nonce only
   */
  static Optional<StoredTransaction> read(Connection connection, Hash intentId)
      throws SQLException {
    var transactions = new ArrayList<StoredTransaction>();
    try (var query = connection.prepareStatement(QUERY)) {
      query.setBytes(1, intentId.bytes());
      try (var row = query.executeQuery()) {
        var last = 0L;
        while (row.next()) {
          if (transactions.isEmpty() || row.getLong("transaction_id") != last) {
            last = row.getLong("transaction_id");
            transactions.add(
                new StoredTransaction(
                    row.getLong("chain_id"),
                    Address.of(row.getBytes("signer")),
                    row.getLong("nonce"),
                    new ArrayList<>()));
          }
          transactions
              .getLast()
              .attempts
              .add(
                  new Attempt(
                      Hash.of(row.getBytes("hash")),
                      Bytes.of(row.getBytes("raw")),
                      row.getTimestamp("sent_at") != null));
        }
      }
    }
    if (transactions.size() > 1) {
      throw new Story.Broken(
          "%d transactions of one relayer submit intent %s"
              .formatted(transactions.size(), intentId));
    }
    return transactions.stream().findFirst();
  }
}
