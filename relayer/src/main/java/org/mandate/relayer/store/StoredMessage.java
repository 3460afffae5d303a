package org.mandate.relayer.store;

import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.Message;
import org.mandate.signer.Signature;

/** A message that is final at its source and attested by this relayer. */
public record StoredMessage(Hash id, Message message, Hash intentId, Instant attestedAt) {

  /** Stores the message and this relayer's attestation, together. */
  public static void save(
      Tx tx, StoredMessage stored, long destination, Address signer, Attestation attestation) {
    Message message = stored.message;
    tx.update(
        """
        INSERT INTO message (message_id, source_chain, destination, nonce, sender, recipient, payload, intent_id, attested_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """,
        stored.id,
        message.sourceChainId().longValueExact(),
        destination,
        message.nonce(),
        message.sender(),
        message.recipient(),
        message.payload(),
        stored.intentId,
        stored.attestedAt);
    attest(tx, signer, attestation);
  }

  /** Stores that the message is not attested, and why. */
  public static void refuse(Tx tx, Hash id, String reason, Instant now) {
    tx.update(
        "INSERT INTO refused_message (message_id, reason, refused_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        id,
        reason,
        now);
  }

  /** Makes refused messages be looked at again. */
  public static void forgetRefusals(Tx tx) {
    tx.update("DELETE FROM refused_message");
  }

  public static Optional<StoredMessage> of(Tx tx, Hash id) {
    return tx.one("SELECT * FROM message WHERE message_id = ?", StoredMessage::read, id);
  }

  /** Stores a signature that was checked. */
  public static void attest(Tx tx, Address signer, Attestation attestation) {
    tx.update(
        "INSERT INTO attestation (message_id, signer, signature) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        attestation.messageId(),
        signer,
        attestation.signature().bytes());
  }

  /** Everybody's signatures under the message that are known here. */
  public static List<Attestation> attestations(Tx tx, Hash id) {
    return tx.list(
        "SELECT * FROM attestation WHERE message_id = ?",
        row -> new Attestation(id, Signature.of(row.bytes("signature"))),
        id);
  }

  public static Optional<Attestation> attestation(Tx tx, Hash id, Address signer) {
    return tx.one(
        "SELECT * FROM attestation WHERE message_id = ? AND signer = ?",
        row -> new Attestation(id, Signature.of(row.bytes("signature"))),
        id,
        signer);
  }

  private static StoredMessage read(Row row) throws SQLException {
    Message message =
        new Message(
            row.big("source_chain"),
            row.big("nonce"),
            row.bytes("sender"),
            row.bytes("recipient"),
            row.bytes("payload"));
    return new StoredMessage(
        row.hash("message_id"), message, row.hash("intent_id"), row.time("attested_at"));
  }
}
