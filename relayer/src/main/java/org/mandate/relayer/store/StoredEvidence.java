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

  /** Each is stored with the message, and whoever delivers makes as many as it likes. */
  private static final int MOST_STRANGERS = 64;

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

  /**
   * Stores it, once; of one message at most 64 strangers'. Answers whether it was stored now.
   *
   * @param named whether its signer is known as a relayer; strangers share one place in what is
   *     handed out
   */
  public boolean save(Tx tx, boolean named, Instant now) {
    if (!named && strangers(tx) >= MOST_STRANGERS) return false;
    return tx.update(
            """
        INSERT INTO evidence (message_id, signer, signature, root, proof, source_chain, nonce, sender, recipient, payload,
                              chain_id, transaction, named, found_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
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
            named,
            now)
        > 0;
  }

  private long strangers(Tx tx) {
    return tx.one(
            "SELECT count(*) AS n FROM evidence WHERE message_id = ? AND NOT named",
            row -> row.number("n"),
            messageId)
        .orElseThrow();
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
   * In which order it is handed out, as numbers: in turns, one piece of each relayer and source
   * chain in each, so that nobody's many hide another's few. Of theirs what takes a bond by itself
   * comes first (a lie about home, or two contents of one number), then what is small, then what is
   * new: whoever wants to hide a piece has to put better ones before it. Who was never known as a
   * relayer has a turn together with all such.
   *
   * @param home id of the chain where bonds are
   * @param skipped how many of them to leave out, from the first on
   */
  public static List<Long> inTurns(Tx tx, long home, long skipped, int limit) {
    return tx.list(
        """
        WITH ranked AS (
          SELECT e.number, e.named, e.signer, e.source_chain,
                 row_number() OVER (
                   PARTITION BY CASE WHEN e.named THEN e.signer END, e.source_chain
                   ORDER BY e.source_chain = ? OR c.other_id IS NOT NULL DESC,
                            octet_length(e.payload) + octet_length(e.sender) + octet_length(e.recipient)
                              + coalesce(octet_length(c.payload), 0),
                            e.number DESC) AS turn
            FROM evidence e LEFT JOIN contradiction c USING (message_id, signer))
        SELECT number FROM ranked ORDER BY turn, named DESC, signer, source_chain, number OFFSET ? LIMIT ?
        """,
        row -> row.number("number"),
        home,
        skipped,
        limit);
  }

  /** The piece that was stored under that number. */
  public static Optional<StoredEvidence> numbered(Tx tx, long number) {
    return tx.one(SELECT + " WHERE e.number = ?", StoredEvidence::read, number);
  }

  /**
   * A piece of evidence in its place.
   *
   * @param number the newest have the highest
   */
  public record Numbered(long number, StoredEvidence evidence) {}

  /**
   * Evidence against relayers from deliveries on a chain, found since {@code since}, without
   * anything else that its signer signed under the number, while something else of that number is
   * known; the newest before {@code before} first. Strangers have nothing to lose, and whatever
   * they sign makes nobody look for more.
   */
  public static List<Numbered> alone(Tx tx, long chainId, Instant since, long before, int limit) {
    return tx.list(
        SELECT
            + """
               WHERE e.chain_id = ? AND e.found_at > ? AND e.number < ? AND c.other_id IS NULL AND e.named
                 AND (EXISTS (SELECT 1 FROM evidence o
                               WHERE o.source_chain = e.source_chain AND o.nonce = e.nonce AND o.signer = e.signer
                                 AND o.message_id <> e.message_id)
                   OR EXISTS (SELECT 1 FROM message m
                               WHERE m.source_chain = e.source_chain AND m.nonce = e.nonce
                                 AND m.message_id <> e.message_id))
               ORDER BY e.number DESC LIMIT ?
              """,
        row -> new Numbered(row.number("number"), read(row)),
        chainId,
        since,
        before,
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

  /**
   * A final delivery that was not compared with what its source sent.
   *
   * @param source the chain that it says it comes from, once that was read
   */
  public record Due(long block, int index, Optional<Long> source) {
    /** The event that tells of it. */
    public StoredEvent event(Tx tx, long chainId) {
      return StoredEvent.where(
              tx,
              " WHERE e.chain_id = ? AND e.block_number = ? AND e.log_index = ?",
              chainId,
              block,
              index)
          .getFirst();
    }
  }

  /**
   * Deliveries on a chain to compare, oldest first: of each source chain at most {@code limit}, and
   * as many of which the source was not read yet.
   *
   * @param block of the last one without a source that was tried; -1: from the first on
   * @param index of the same
   */
  public static List<Due> uncompared(Tx tx, long chainId, long block, int index, int limit) {
    WaitingBlocks.update(tx, DoneUntil.Work.COMPARE, chainId);
    return tx.list(
        """
        WITH due AS (
          SELECT e.block_number, e.log_index, s.source_chain,
                 row_number() OVER (PARTITION BY s.source_chain ORDER BY e.block_number, e.log_index) AS place
            FROM waiting_block w
            CROSS JOIN LATERAL (
              SELECT e.* FROM event e WHERE e.chain_id = w.chain_id AND e.block_number = w.block_number AND
        """
            + WaitingBlocks.left(DoneUntil.Work.COMPARE)
            + """
              OFFSET 0) e -- block by block
            LEFT JOIN delivery_source s
              ON s.chain_id = e.chain_id AND s.block_number = e.block_number AND s.log_index = e.log_index
           WHERE w.work = 'COMPARE' AND w.chain_id = ?
             AND (s.source_chain IS NOT NULL OR (e.block_number, e.log_index) > (?, ?)))
        SELECT * FROM due WHERE place <= ? ORDER BY block_number, log_index
        """,
        row ->
            new Due(
                row.number("block_number"),
                (int) row.number("log_index"),
                row.optionalNumber("source_chain")),
        chainId,
        block,
        index,
        limit);
  }

  /** Stores which chain the delivery says that it comes from. */
  public static void readSource(Tx tx, StoredEvent delivery, long source) {
    tx.update(
        """
        INSERT INTO delivery_source (chain_id, block_number, log_index, source_chain) VALUES (?, ?, ?, ?)
        ON CONFLICT DO NOTHING
        """,
        delivery.chainId(),
        delivery.log().blockNumber(),
        delivery.log().index(),
        source);
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
