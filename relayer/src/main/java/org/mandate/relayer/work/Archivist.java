package org.mandate.relayer.work;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.mandate.audit.AuditRecord;
import org.mandate.audit.BlobStore;
import org.mandate.audit.BlobTooLargeException;
import org.mandate.audit.Cid;
import org.mandate.audit.Detail;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.event.AuditEvent;
import org.mandate.event.ContractEvents;
import org.mandate.event.IntentEvent;
import org.mandate.intent.Intent;
import org.mandate.relayer.Bell;
import org.mandate.relayer.Failpoint;
import org.mandate.relayer.Journal;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.DoneUntil;
import org.mandate.relayer.store.EventKind;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.StoredIntent;
import org.mandate.relayer.store.StoredRecord;
import org.mandate.relayer.store.Tx;

/**
 * Writes the blob of every final audit record. The bytes follow from public data alone, so every
 * relayer stores the same blob under the same CID. A record whose hash is not the one on chain is
 * never written.
 */
public final class Archivist {
  private static final Journal LOG = Journal.of("archivist");
  private static final int AT_ONCE = 1_000;
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
    Due due = database.inTransaction(tx -> due(tx, left));
    List<Ready> ready = due.records().stream().flatMap(r -> alone(r, due, now).stream()).toList();
    if (!ready.isEmpty()) {
      store(ready);
      archived.ring();
    }
    boolean more = due.records().size() == AT_ONCE;
    // Only over what is stored: a record that cannot be is looked at again.
    if (blocked.isEmpty()) {
      long done = more ? due.records().getLast().log().blockNumber() - 1 : due.finalized();
      if (done > due.after())
        database.run(tx -> DoneUntil.move(tx, DoneUntil.Work.ARCHIVE, chain.id(), done));
    }
    return more;
  }

  /**
   * What is to be stored, and what it follows from.
   *
   * @param after everything up to this block is stored
   * @param finalized the last final block
   * @param steps in the lives of the records' intents, by intent, in order
   */
  private record Due(
      long after,
      long finalized,
      List<StoredEvent> records,
      Map<Hash, List<StoredEvent>> steps,
      Map<Hash, StoredIntent> intents) {}

  private Due due(Tx tx, Set<BigInteger> without) {
    long after = DoneUntil.of(tx, DoneUntil.Work.ARCHIVE, chain.id());
    long finalized = ChainRow.of(tx, chain.id()).finalized().orElse(-1L);
    List<StoredEvent> records =
        finalized <= after
            ? List.of()
            : StoredEvent.unarchived(tx, chain.id(), after, without, AT_ONCE);
    if (records.isEmpty()) return new Due(after, finalized, records, Map.of(), Map.of());
    Set<Hash> subjects =
        records.stream().flatMap(r -> subject(r).stream()).collect(Collectors.toSet());
    Map<Hash, List<StoredEvent>> steps =
        StoredEvent.steps(
                tx,
                chain.id(),
                records.getFirst().log().blockNumber(),
                records.getLast().log().blockNumber(),
                subjects)
            .stream()
            .collect(Collectors.groupingBy(e -> e.log().topics().get(1)));
    return new Due(after, finalized, records, steps, StoredIntent.of(tx, subjects));
  }

  /** The intent that a record is of, where its event names it. */
  private static Optional<Hash> subject(StoredEvent record) {
    return record.kind() == EventKind.APPENDED
        ? Optional.of(record.log().topics().get(2))
        : Optional.empty();
  }

  /** A record and its blob. */
  private record Ready(StoredEvent event, AuditRecord record, byte[] blob) {}

  /**
   * One record that cannot be archived holds up its own agent only, which may then not spend for
   * long (L6).
   */
  private Optional<Ready> alone(StoredEvent event, Due due, Instant now) {
    BigInteger agentId = StoredEvent.agent(event.kind(), event.log()).orElseThrow();
    if (blocked.containsKey(agentId)) return Optional.empty();
    try {
      AuditRecord record =
          event.kind() == EventKind.APPENDED ? appended(event, due) : direct(event, due);
      byte[] blob = record.toBlob();
      BlobTooLargeException.check(blob);
      return Optional.of(new Ready(event, record, blob));
    } catch (RuntimeException e) {
      blocked.put(agentId, now.plus(BLOCKED));
      LOG.alarm(
          "record not archived: the agent's audit trail stands still",
          "chain",
          chain.id(),
          "agent",
          agentId,
          "transaction",
          event.log().transaction(),
          "reason",
          Journal.reason(e));
      return Optional.empty();
    }
  }

  private void store(List<Ready> ready) {
    List<Cid> cids = blobs.putAll(ready.stream().map(Ready::blob).toList());
    Failpoint.AFTER_BLOB_STORED.reach();
    long now = clock.instant().getEpochSecond();
    List<StoredRecord> records = new ArrayList<>();
    for (int i = 0; i < ready.size(); i++) {
      AuditRecord record = ready.get(i).record();
      Log log = ready.get(i).event().log();
      records.add(
          new StoredRecord(
              chain.id(),
              record.agentId(),
              record.index(),
              record.intentId(),
              record.action().name(),
              record.recordHash(),
              cids.get(i).toString(),
              log.blockNumber(),
              log.transaction(),
              log.index(),
              now));
    }
    database.run(tx -> StoredRecord.saveAll(tx, records));
  }

  /** Of the event that the account's own word on its chain follows. */
  private AuditRecord appended(StoredEvent stored, Due due) {
    AuditEvent.Appended appended =
        ContractEvents.auditLog(stored.log())
            .filter(AuditEvent.Appended.class::isInstance)
            .map(AuditEvent.Appended.class::cast)
            .orElseThrow(() -> new IllegalStateException("stored audit event is not readable"));
    StoredEvent cause =
        due.steps().getOrDefault(appended.intentId(), List.of()).stream()
            .filter(e -> isRightBefore(e.log(), stored.log()))
            .reduce((before, after) -> after)
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "no event belongs to record " + appended.recordHash()));
    AuditRecord record = record(cause, step(cause), appended.index(), due);
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

  private static boolean isRightBefore(Log cause, Log record) {
    return cause.blockNumber() == record.blockNumber()
        && cause.transaction().equals(record.transaction())
        && cause.index() < record.index();
  }

  /** Of a payment that the agent's key asked for: one event says all, the record's number too. */
  private AuditRecord direct(StoredEvent stored, Due due) {
    IntentEvent event = step(stored);
    return record(stored, event, AuditRecord.shownBy(event).orElseThrow().nonce(), due);
  }

  private IntentEvent step(StoredEvent stored) {
    return stored
        .step(chain.domain())
        .orElseThrow(() -> new IllegalStateException("stored event is not readable"));
  }

  private AuditRecord record(StoredEvent cause, IntentEvent event, BigInteger index, Due due) {
    Optional<Intent> intent =
        Optional.ofNullable(due.intents().get(event.intentId())).map(StoredIntent::intent);
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
