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
import org.mandate.event.ExecutorEvent;
import org.mandate.intent.Intent;
import org.mandate.policy.Rule;
import org.mandate.policy.Tier;
import org.mandate.relayer.Bell;
import org.mandate.relayer.Failpoint;
import org.mandate.relayer.Journal;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.store.Database;
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
    ExecutorEvent event = ContractEvents.executor(cause.log()).orElseThrow();
    Optional<Intent> intent =
        database
            .inTransaction(tx -> StoredIntent.of(tx, appended.intentId()))
            .map(StoredIntent::intent);
    AuditRecord record =
        new AuditRecord(
            chain.bigId(),
            appended.agentId(),
            appended.index().longValueExact(),
            appended.intentId(),
            AuditRecord.shownBy(event).or(() -> intent), // an event before showed it, at the latest
            detail(event),
            new AuditRecord.Anchor(
                cause.log().blockNumber(),
                cause.log().blockHash(),
                cause.time(),
                cause.log().transaction(),
                cause.log().index()));
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

  private static Detail detail(ExecutorEvent event) {
    return switch (event) {
      case ExecutorEvent.Admitted e -> new Detail.Admitted(Tier.values()[e.tier()], e.eta());
      case ExecutorEvent.Denied e ->
          new Detail.Denied(
              Rule.values()[e.rule()], e.tripped(), e.limit(), e.left(), e.availableAt());
      case ExecutorEvent.Dispatched e -> new Detail.Dispatched(e.messageId());
      case ExecutorEvent.Queued e -> new Detail.Queued(e.messageId(), e.executableAt());
      case ExecutorEvent.Executed e ->
          new Detail.Executed(e.intent().account(), e.intent().asset(), e.moved());
      case ExecutorEvent.Cancelled e -> new Detail.Cancelled(e.by());
      case ExecutorEvent.Disputed e -> new Detail.Disputed(e.by(), e.resolveBy());
      case ExecutorEvent.Upheld e -> new Detail.Upheld(e.by(), e.executableAt());
      case ExecutorEvent.Expired e -> new Detail.Expired();
    };
  }
}
