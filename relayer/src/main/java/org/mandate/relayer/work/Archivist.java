package org.mandate.relayer.work;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.mandate.audit.Action;
import org.mandate.audit.AuditRecord;
import org.mandate.audit.BlobStore;
import org.mandate.audit.BlobStoreUnavailableException;
import org.mandate.audit.Cid;
import org.mandate.audit.Detail;
import org.mandate.event.AuditEvent;
import org.mandate.event.ContractEvents;
import org.mandate.event.IntentEvent;
import org.mandate.intent.Intent;
import org.mandate.relayer.Bell;
import org.mandate.relayer.Failpoint;
import org.mandate.relayer.Journal;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EventKind;
import org.mandate.relayer.store.StoreException;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.StoredIntent;
import org.mandate.relayer.store.StoredRecord;

/**
 * Writes the blob of every final audit record. The bytes follow from public data alone, so every
 * relayer stores the same blob under the same CID. A record whose hash is not the one on chain is
 * never written.
 */
public final class Archivist {
  private static final Journal LOG = Journal.of("archivist");
  private static final int AT_ONCE = 100;
  private static final Duration BLOCKED = Duration.ofMinutes(1);

  private final FollowedChain chain;
  private final Database database;
  private final BlobStore blobs;
  private final Bell archived;
  private final Clock clock;
  private final Map<BigInteger, Instant> blocked = new ConcurrentHashMap<>();

  /**
   * @param blobs where blobs must be before they are published
   */
  public Archivist(
      FollowedChain chain, Database database, BlobStore blobs, Bell archived, Clock clock) {
    this.chain = chain;
    this.database = database;
    this.blobs = blobs;
    this.archived = archived;
    this.clock = clock;
  }

  /** Stores the blobs of records that became final. */
  public boolean round() {
    Instant now = clock.instant();
    blocked.values().removeIf(until -> until.isBefore(now));
    Set<BigInteger> left = Set.copyOf(blocked.keySet());
    List<StoredEvent> records =
        database.inTransaction(tx -> StoredEvent.unarchived(tx, chain.id(), left, AT_ONCE));
    boolean any = false;
    for (StoredEvent record : records) any |= archiveAlone(record, now);
    if (any) archived.ring();
    return records.size() == AT_ONCE;
  }

  /**
   * One record that cannot be archived holds up its own agent only, which may then not spend for
   * long (L6).
   */
  private boolean archiveAlone(StoredEvent record, Instant now) {
    BigInteger agentId = StoredEvent.agent(record.kind(), record.log()).orElseThrow();
    if (blocked.containsKey(agentId)) return false;
    try {
      archive(record);
      return true;
    } catch (StoreException | BlobStoreUnavailableException e) {
      throw e; // nothing about this record
    } catch (RuntimeException e) {
      blocked.put(agentId, now.plus(BLOCKED));
      LOG.alarm(
          "record not archived: the agent's audit trail stands still",
          "chain",
          chain.id(),
          "agent",
          agentId,
          "transaction",
          record.log().transaction(),
          "reason",
          Journal.reason(e));
      return false;
    }
  }

  private void archive(StoredEvent stored) {
    AuditRecord record = stored.kind() == EventKind.APPENDED ? appended(stored) : direct(stored);
    Cid cid = blobs.put(record.toBlob());
    Failpoint.AFTER_BLOB_STORED.reach();
    Action action = record.action();
    database.run(
        tx ->
            new StoredRecord(
                    chain.id(),
                    record.agentId(),
                    record.index(),
                    record.intentId(),
                    action.name(),
                    record.recordHash(),
                    cid.toString(),
                    stored.log().blockNumber(),
                    stored.log().transaction(),
                    stored.log().index(),
                    clock.instant().getEpochSecond())
                .save(tx));
  }

  /** Of the event that the account's own word on its chain follows. */
  private AuditRecord appended(StoredEvent stored) {
    AuditEvent.Appended appended =
        ContractEvents.auditLog(stored.log())
            .filter(AuditEvent.Appended.class::isInstance)
            .map(AuditEvent.Appended.class::cast)
            .orElseThrow(() -> new IllegalStateException("stored audit event is not readable"));
    StoredEvent cause =
        database
            .inTransaction(tx -> StoredEvent.before(tx, stored, appended.intentId()))
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "no event belongs to record " + appended.recordHash()));
    AuditRecord record = record(cause, step(cause), appended.index());
    if (!record.recordHash().equals(appended.recordHash())) {
      throw new IllegalStateException(
          "record %d of agent %s on chain %d hashes to %s, on chain it is %s: not archived"
              .formatted(
                  record.index(),
                  record.agentId(),
                  chain.id(),
                  record.recordHash(),
                  appended.recordHash()));
    }
    return record;
  }

  /** Of a payment that the agent's key asked for: one event says all, the record's number too. */
  private AuditRecord direct(StoredEvent stored) {
    IntentEvent event = step(stored);
    return record(stored, event, AuditRecord.shownBy(event).orElseThrow().nonce());
  }

  private IntentEvent step(StoredEvent stored) {
    return stored
        .step(chain.domain())
        .orElseThrow(() -> new IllegalStateException("stored event is not readable"));
  }

  private AuditRecord record(StoredEvent cause, IntentEvent event, BigInteger index) {
    Optional<Intent> intent =
        database
            .inTransaction(tx -> StoredIntent.of(tx, event.intentId()))
            .map(StoredIntent::intent);
    return new AuditRecord(
        chain.bigId(),
        event.agentId(),
        index.longValueExact(),
        event.intentId(),
        AuditRecord.shownBy(event).or(() -> intent), // an event before showed it, at the latest
        Detail.of(event),
        new AuditRecord.Anchor(
            cause.log().blockNumber(),
            cause.log().blockHash(),
            cause.time(),
            cause.log().transaction(),
            cause.log().index()));
  }
}
