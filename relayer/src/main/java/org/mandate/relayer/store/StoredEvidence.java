package org.mandate.relayer.store;

import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
 */
public record StoredEvidence(
    Hash messageId,
    Message message,
    List<Hash> proof,
    Address signer,
    Attestation attestation,
    long chainId,
    Hash transaction) {
  private static final int HASH = 32;

  public StoredEvidence {
    proof = List.copyOf(proof);
  }

  public void save(Tx tx, Instant now) {
    byte[] way = new byte[proof.size() * HASH];
    for (int i = 0; i < proof.size(); i++)
      System.arraycopy(proof.get(i).bytes(), 0, way, i * HASH, HASH);
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
        way,
        message.sourceChainId(),
        message.nonce(),
        message.sender(),
        message.recipient(),
        message.payload(),
        chainId,
        transaction,
        now);
  }

  /** The newest first. */
  public static List<StoredEvidence> newest(Tx tx, int limit) {
    return tx.list(
        "SELECT * FROM evidence ORDER BY number DESC LIMIT ?", StoredEvidence::read, limit);
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

  private static StoredEvidence read(Row row) throws SQLException {
    byte[] way = row.bytes("proof").bytes();
    List<Hash> proof = new ArrayList<>();
    for (int i = 0; i < way.length; i += HASH)
      proof.add(Hash.of(Arrays.copyOfRange(way, i, i + HASH)));
    return new StoredEvidence(
        row.hash("message_id"),
        new Message(
            row.big("source_chain"),
            row.big("nonce"),
            row.bytes("sender"),
            row.bytes("recipient"),
            row.bytes("payload")),
        proof,
        row.address("signer"),
        new Attestation(row.hash("root"), Signature.of(row.bytes("signature"))),
        row.number("chain_id"),
        row.hash("transaction"));
  }
}
