package org.mandate.relayer.store;

import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.Message;
import org.mandate.signer.Signature;

/**
 * One relayer's signature that attests a message which its source never sent.
 *
 * @param proof from the message to the root that was signed
 * @param chainId where it was delivered
 * @param transaction that delivered it
 * @param other what else the same relayer signed under that number, if that is known
 */
public record StoredEvidence(
    Hash messageId,
    Message message,
    List<Hash> proof,
    Address signer,
    Attestation attestation,
    long chainId,
    Hash transaction,
    Optional<Other> other) {
  private static final int HASH = 32;
  private static final String SELECT =
      """
      SELECT e.*, c.other_id, c.signature AS other_signature, c.root AS other_root, c.proof AS other_proof,
             c.sender AS other_sender, c.recipient AS other_recipient, c.payload AS other_payload
        FROM evidence e LEFT JOIN contradiction c USING (message_id, signer)
      """;

  public StoredEvidence {
    proof = List.copyOf(proof);
  }

  /** Another content of the same number, as far as it was signed. */
  public record Other(Hash messageId, Message message, List<Hash> proof, Attestation attestation) {
    public Other {
      proof = List.copyOf(proof);
    }
  }

  public void save(Tx tx, Instant now) {
    tx.update(
        """
        INSERT INTO evidence (message_id, signer, signature, root, proof, source_chain, nonce, sender, recipient, payload,
                              chain_id, transaction, found_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """,
        messageId,
        signer,
        attestation.signature().bytes(),
        attestation.root(),
        way(proof),
        message.sourceChainId(),
        message.nonce(),
        message.sender(),
        message.recipient(),
        message.payload(),
        chainId,
        transaction,
        now);
  }

  /** Stores what else its signer signed under the same number. */
  public void contradict(Tx tx, Other contradiction, Instant now) {
    tx.update(
        """
        INSERT INTO contradiction (message_id, signer, other_id, signature, root, proof, sender, recipient, payload, found_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """,
        messageId,
        signer,
        contradiction.messageId(),
        contradiction.attestation().signature().bytes(),
        contradiction.attestation().root(),
        way(contradiction.proof()),
        contradiction.message().sender(),
        contradiction.message().recipient(),
        contradiction.message().payload(),
        now);
  }

  /**
   * A piece of evidence in its place.
   *
   * @param number the newest have the highest
   */
  public record Numbered(long number, StoredEvidence evidence) {}

  /** The newest before that number. */
  public static Optional<Numbered> before(Tx tx, long number) {
    return tx.one(
        SELECT + " WHERE e.number < ? ORDER BY e.number DESC LIMIT 1",
        row -> new Numbered(row.number("number"), read(row)),
        number);
  }

  /**
   * Evidence from deliveries on a chain, found since {@code since}, without anything else that its
   * signer signed under the number; the newest first.
   */
  public static List<StoredEvidence> alone(Tx tx, long chainId, Instant since, int limit) {
    return tx.list(
        SELECT
            + """
               WHERE e.chain_id = ? AND e.found_at > ? AND c.other_id IS NULL
               ORDER BY e.number DESC LIMIT ?
              """,
        StoredEvidence::read,
        chainId,
        since,
        limit);
  }

  /** Other evidence against the same signer under the same number. */
  public Optional<StoredEvidence> alike(Tx tx) {
    return tx.one(
        SELECT
            + """
               WHERE e.source_chain = ? AND e.nonce = ? AND e.signer = ? AND e.message_id <> ?
               ORDER BY e.number LIMIT 1
              """,
        StoredEvidence::read,
        message.sourceChainId(),
        message.nonce(),
        signer,
        messageId);
  }

  /** Final deliveries on a chain that were not compared with what their source sent. */
  public static List<StoredEvent> uncompared(Tx tx, long chainId, int limit) {
    return StoredEvent.where(
        tx,
        """
         WHERE e.kind = 'DELIVERED' AND e.chain_id = ? AND e.block_number <= c.finalized
           AND NOT EXISTS (SELECT 1 FROM compared_delivery d
                            WHERE d.chain_id = e.chain_id AND d.block_number = e.block_number AND d.log_index = e.log_index)
         ORDER BY e.block_number, e.log_index LIMIT ?
        """,
        chainId,
        limit);
  }

  /** The delivery need not be looked at again. */
  public static void compared(Tx tx, StoredEvent delivery) {
    tx.update(
        "INSERT INTO compared_delivery (chain_id, block_number, log_index) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        delivery.chainId(),
        delivery.log().blockNumber(),
        delivery.log().index());
  }

  private static byte[] way(List<Hash> proof) {
    byte[] way = new byte[proof.size() * HASH];
    for (int i = 0; i < proof.size(); i++)
      System.arraycopy(proof.get(i).bytes(), 0, way, i * HASH, HASH);
    return way;
  }

  private static List<Hash> proof(byte[] way) {
    List<Hash> proof = new ArrayList<>();
    for (int i = 0; i < way.length; i += HASH)
      proof.add(Hash.of(Arrays.copyOfRange(way, i, i + HASH)));
    return proof;
  }

  private static StoredEvidence read(Row row) throws SQLException {
    Message message =
        new Message(
            row.big("source_chain"),
            row.big("nonce"),
            row.bytes("sender"),
            row.bytes("recipient"),
            row.bytes("payload"));
    return new StoredEvidence(
        row.hash("message_id"),
        message,
        proof(row.bytes("proof").bytes()),
        row.address("signer"),
        new Attestation(row.hash("root"), Signature.of(row.bytes("signature"))),
        row.number("chain_id"),
        row.hash("transaction"),
        row.optionalHash("other_id").isEmpty()
            ? Optional.empty()
            : Optional.of(other(row, message)));
  }

  private static Other other(Row row, Message like) throws SQLException {
    return new Other(
        row.hash("other_id"),
        new Message(
            like.sourceChainId(),
            like.nonce(),
            row.bytes("other_sender"),
            row.bytes("other_recipient"),
            row.bytes("other_payload")),
        proof(row.bytes("other_proof").bytes()),
        new Attestation(row.hash("other_root"), Signature.of(row.bytes("other_signature"))));
  }
}
