package org.mandate.relayer.store;

import java.math.BigInteger;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.Message;
import org.mandate.signer.Signature;

/**
 * A message that is final at its source and attested by this relayer.
 *
 * @param root that was signed: of all messages of its block
 * @param leaf its place among them
 */
public record StoredMessage(Hash id, Message message, Hash root, int leaf, Instant attestedAt) {

  /**
   * Stores the message.
   *
   * @param intents that it tells of
   */
  public void save(Tx tx, List<Hash> intents) {
    tx.update(
        """
        INSERT INTO message (message_id, source_chain, destination, nonce, sender, recipient, payload, root, leaf, attested_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """,
        id,
        message.sourceChainId().longValueExact(),
        message.destination().chainId(),
        message.nonce(),
        message.sender(),
        message.recipient(),
        message.payload(),
        root,
        leaf,
        attestedAt);
    for (Hash intent : intents) {
      tx.update(
          "INSERT INTO message_intent (message_id, intent_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
          id,
          intent);
    }
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
    WaitingBlocks.takeInRefused(tx);
    tx.update("DELETE FROM refused_message");
  }

  public static Optional<StoredMessage> of(Tx tx, Hash id) {
    return tx.one("SELECT * FROM message WHERE message_id = ?", StoredMessage::read, id);
  }

  /** The chains that sent those messages, as far as they are stored. */
  public static List<Long> sources(Tx tx, List<Hash> ids) {
    return tx.list(
        "SELECT DISTINCT source_chain FROM message WHERE message_id = ANY (?)",
        row -> row.number("source_chain"),
        Tx.column("bytea", ids));
  }

  /** Those that a chain sent under that number: one, unless a deep reorg made it another. */
  public static List<StoredMessage> numbered(Tx tx, BigInteger sourceChain, BigInteger nonce) {
    return tx.list(
        "SELECT * FROM message WHERE source_chain = ? AND nonce = ? ORDER BY message_id",
        StoredMessage::read,
        sourceChain,
        nonce);
  }

  /** All messages under a root, in order. */
  public static List<StoredMessage> under(Tx tx, Hash root) {
    return tx.list("SELECT * FROM message WHERE root = ? ORDER BY leaf", StoredMessage::read, root);
  }

  /**
   * Messages of a chain that wait to be delivered since before {@code before}, and that {@code
   * signer} did not sign for themselves yet, oldest first.
   */
  public static List<Hash> undelivered(
      Tx tx, long sourceChain, Address signer, Instant before, int limit) {
    return tx.list(
        """
        SELECT m.message_id FROM task t JOIN message m ON m.message_id = t.subject AND m.destination = t.chain_id
         WHERE t.kind = 'DELIVER' AND m.source_chain = ? AND m.attested_at < ? AND m.root <> m.message_id
           AND NOT EXISTS (SELECT 1 FROM event e WHERE e.kind = 'DELIVERED' AND e.subject = m.message_id)
           AND NOT EXISTS (SELECT 1 FROM attestation a WHERE a.root = m.message_id AND a.signer = ?)
         ORDER BY m.attested_at LIMIT ?
        """,
        row -> row.hash("message_id"),
        sourceChain,
        before,
        signer,
        limit);
  }

  /** The messages from a chain that tell of an intent, in the order of their numbers. */
  public static List<StoredMessage> about(Tx tx, long sourceChain, Hash intentId) {
    return tx.list(
        """
        SELECT m.* FROM message m JOIN message_intent i USING (message_id)
         WHERE m.source_chain = ? AND i.intent_id = ? ORDER BY m.nonce
        """,
        StoredMessage::read,
        sourceChain,
        intentId);
  }

  /**
   * Messages of the same root and to the same chain that may be delivered together with one: open
   * work, nothing on its way for them, not delivered.
   */
  public static List<StoredMessage> companions(Tx tx, StoredMessage with, int limit) {
    return tx.list(
        """
        SELECT m.* FROM message m
          JOIN task t ON t.kind = 'DELIVER' AND t.subject = m.message_id AND t.chain_id = m.destination
         WHERE m.root = ? AND m.destination = ? AND m.message_id <> ?
           AND NOT EXISTS (SELECT 1 FROM event e WHERE e.kind = 'DELIVERED' AND e.subject = m.message_id)
           AND NOT EXISTS (SELECT 1 FROM transaction_item s
                            WHERE s.chain_id = t.chain_id AND s.subject = m.message_id AND s.open)
         ORDER BY m.leaf LIMIT ?
        """,
        StoredMessage::read,
        with.root,
        with.message.destination().chainId(),
        with.id,
        limit);
  }

  /** The intents that a message tells of. */
  public static List<Hash> intents(Tx tx, Hash id) {
    return tx.list(
        "SELECT intent_id FROM message_intent WHERE message_id = ? ORDER BY intent_id",
        row -> row.hash("intent_id"),
        id);
  }

  /** Stores a signature that was checked. */
  public static void attest(Tx tx, Address signer, Attestation attestation) {
    tx.update(
        "INSERT INTO attestation (root, signer, signature) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        attestation.root(),
        signer,
        attestation.signature().bytes());
  }

  /** A signature with who made it, as it was checked when it was stored. */
  public record Signed(Address signer, Attestation attestation) {}

  /** Everybody's signatures under the root that are known here, signers ascending. */
  public static List<Signed> attestations(Tx tx, Hash root) {
    return tx.list(
        "SELECT * FROM attestation WHERE root = ? ORDER BY signer",
        row ->
            new Signed(
                row.address("signer"), new Attestation(root, Signature.of(row.bytes("signature")))),
        root);
  }

  public static Optional<Attestation> attestation(Tx tx, Hash root, Address signer) {
    return attestations(tx, root).stream()
        .filter(s -> s.signer().equals(signer))
        .map(Signed::attestation)
        .findFirst();
  }

  /** Whether anything is stored that it signed: only relayers' signatures are. */
  public static boolean isKnown(Tx tx, Address signer) {
    return tx.one("SELECT 1 FROM attestation WHERE signer = ? LIMIT 1", row -> true, signer)
        .isPresent();
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
        row.hash("message_id"),
        message,
        row.hash("root"),
        (int) row.number("leaf"),
        row.time("attested_at"));
  }
}
