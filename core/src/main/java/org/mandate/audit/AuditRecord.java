package org.mandate.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import org.mandate.chain.Block;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.event.IntentEvent;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentJson;

/**
 * One link of an agent's audit chain, complete: what happened, to which intent, and where on chain
 * it can be seen.
 *
 * @param chainId EIP-155 id of the chain where it happened
 * @param agentId whose chain it extends
 * @param index position in that chain, from 0
 * @param intentId the intent's EIP-712 digest
 * @param intent the intent itself, which an event of the chain showed; a blob without it is false
 * @param detail the action and its facts
 * @param anchor the event
 */
public record AuditRecord(
    BigInteger chainId,
    BigInteger agentId,
    long index,
    Hash intentId,
    Optional<Intent> intent,
    Detail detail,
    Anchor anchor) {
  private static final String SCHEMA = "mandate.record.v1";

  /**
   * Where a record's event is on chain.
   *
   * @param blockTimestamp unix seconds
   * @param logIndex position of the event in its block
   */
  public record Anchor(
      long blockNumber, Hash blockHash, long blockTimestamp, Hash transaction, int logIndex) {}

  /**
   * The record of an event.
   *
   * @param index how many records the agent has on this chain before it
   * @param seen the intent when an earlier event of this chain showed it; events that show it
   *     themselves don't need it
   * @param block the event's block
   */
  public static AuditRecord of(
      BigInteger chainId, IntentEvent event, long index, Optional<Intent> seen, Block block) {
    Log log = event.log();
    if (!block.hash().equals(log.blockHash())) {
      throw new IllegalArgumentException(
          "block " + block.hash() + " is not the event's, " + log.blockHash());
    }
    return new AuditRecord(
        chainId,
        event.agentId(),
        index,
        event.intentId(),
        shownBy(event).or(() -> seen),
        Detail.of(event),
        new Anchor(
            log.blockNumber(),
            log.blockHash(),
            block.timestamp().getEpochSecond(),
            log.transaction(),
            log.index()));
  }

  /** The intent, when the event shows it. */
  public static Optional<Intent> shownBy(IntentEvent event) {
    return switch (event) {
      case IntentEvent.Admitted e -> Optional.of(e.intent());
      case IntentEvent.Denied e -> Optional.of(e.intent());
      case IntentEvent.Dispatched e -> Optional.of(e.intent());
      case IntentEvent.Queued e -> Optional.of(e.intent());
      case IntentEvent.Executed e -> Optional.of(e.intent());
      case IntentEvent.Cancelled e -> Optional.of(e.intent());
      case IntentEvent.Paid e -> Optional.of(e.intent());
      case IntentEvent.Refused e -> Optional.of(e.intent());
      case IntentEvent.Disputed e -> Optional.empty();
      case IntentEvent.Upheld e -> Optional.empty();
      case IntentEvent.Expired e -> Optional.empty();
      case IntentEvent.Failed e -> Optional.empty();
      case IntentEvent.Settled e -> Optional.empty();
    };
  }

  public Action action() {
    return detail.action();
  }

  /**
   * Whether the agent's key asked the account for it directly: it is of an intent that nobody can
   * have signed. The account says so in one event and in no {@code Appended}.
   */
  public boolean isDirect() {
    return (action() == Action.EXECUTED || action() == Action.DENIED)
        && intent.filter(one -> one.deadline().signum() == 0).isPresent();
  }

  /** What the audit chain is made of. */
  public Hash recordHash() {
    return Hash.keccak(
        AbiWords.encode(
            AbiWords.of(chainId),
            AbiWords.of(agentId),
            AbiWords.of(action().ordinal()),
            intentId,
            Hash.keccak(detail.encode())));
  }

  /** The record as a blob: canonical JSON, schema {@code mandate.record.v1}. */
  public byte[] toBlob() {
    ObjectNode json = CanonicalJson.object();
    json.put("schema", SCHEMA);
    json.put("chainId", chainId.toString());
    json.put("agentId", agentId.toString());
    json.put("index", index);
    json.put("action", action().name());
    json.put("intentId", intentId.hex());
    intent.ifPresent(value -> json.set("intent", IntentJson.write(value)));
    json.set("detail", DetailJson.write(detail));
    json.put("recordHash", recordHash().hex());
    json.set(
        "block",
        CanonicalJson.object()
            .put("number", Long.toString(anchor.blockNumber()))
            .put("hash", anchor.blockHash().hex())
            .put("timestamp", Long.toString(anchor.blockTimestamp())));
    json.put("transaction", anchor.transaction().hex());
    json.put("logIndex", anchor.logIndex());
    return CanonicalJson.bytes(json);
  }

  /**
   * Reads a blob.
   *
   * @throws MalformedBlobException when it is anything but what {@link #toBlob} writes for some
   *     record
   */
  public static AuditRecord parse(byte[] blob) {
    Fields fields = new Fields(CanonicalJson.parseObject(blob));
    fields.constant("schema", SCHEMA);
    Fields block = fields.object("block");
    AuditRecord record =
        new AuditRecord(
            fields.decimal("chainId", 256),
            fields.decimal("agentId", 256),
            fields.number("index"),
            fields.hash("intentId"),
            fields.has("intent")
                ? Optional.of(fields.json("intent", IntentJson::read))
                : Optional.empty(),
            DetailJson.read(fields.constant("action", Action.class), fields.object("detail")),
            new Anchor(
                block.decimalLong("number"),
                block.hash("hash"),
                block.decimalLong("timestamp"),
                fields.hash("transaction"),
                Math.toIntExact(Math.min(Integer.MAX_VALUE, fields.number("logIndex")))));
    block.end();
    if (!fields.hash("recordHash").equals(record.recordHash())) {
      throw fields.wrong(
          "recordHash", "is not the hash of the other fields, " + record.recordHash());
    }
    fields.end();
    // Whatever reads more leniently than it writes would let one record have two blobs.
    if (!Arrays.equals(record.toBlob(), blob)) {
      throw new MalformedBlobException("not the only spelling of this record");
    }
    return record;
  }

  /** The record's leaf in a batch: {@code uint64 index ‖ recordHash ‖ SHA-256 of the blob}. */
  static byte[] leafInput(long index, Hash recordHash, Cid cid) {
    return ByteBuffer.allocate(72)
        .putLong(index)
        .put(recordHash.bytes())
        .put(cid.digest().bytes())
        .array();
  }
}
