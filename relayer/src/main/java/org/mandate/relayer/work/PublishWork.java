package org.mandate.relayer.work;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.mandate.audit.Batch;
import org.mandate.audit.BlobStore;
import org.mandate.audit.Cid;
import org.mandate.chain.Hash;
import org.mandate.event.AuditEvent;
import org.mandate.event.ContractEvents;
import org.mandate.relayer.Failpoint;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.StoredRecord;
import org.mandate.relayer.store.Task;
import org.mandate.relayer.store.TransactionRow.Purpose;

/**
 * An agent's audit trail on one chain: commits to the final records that no batch holds yet, when
 * it is this relayer's turn.
 */
final class PublishWork {
  private static final int MOST = Batch.MAX_RECORDS;

  private final Database database;
  private final BlobStore blobs;
  private final Duration interval;

  PublishWork(Database database, BlobStore blobs, Duration interval) {
    this.database = database;
    this.blobs = blobs;
    this.interval = interval;
  }

  /** Never over: the agent's next action continues it. */
  Decision publish(Task task, Workplace place) {
    BigInteger agentId = new BigInteger(1, task.subject().bytes());
    long chainId = place.chain().id();
    long published =
        database
            .inTransaction(tx -> StoredEvent.lastPublished(tx, chainId, agentId))
            .flatMap(e -> ContractEvents.auditLog(e.log()))
            .filter(AuditEvent.Published.class::isInstance)
            .map(e -> ((AuditEvent.Published) e).to().longValueExact())
            .orElse(0L);
    List<StoredRecord> records =
        database.inTransaction(tx -> StoredRecord.from(tx, chainId, agentId, published, MOST));
    List<Batch.Entry> entries = new ArrayList<>();
    for (StoredRecord record : records) {
      if (record.index() != published + entries.size()) break;
      entries.add(new Batch.Entry(record.index(), record.recordHash(), Cid.parse(record.cid())));
    }
    Instant next = place.now().plus(interval);
    if (entries.isEmpty()) return Decision.later(next);
    Hash turnOf = Hash.keccak("publish " + chainId + " " + agentId + " " + published);
    Instant turn = place.turn(turnOf, Instant.ofEpochSecond(records.getFirst().archivedAt()));
    if (place.now().isBefore(turn)) return Decision.later(turn);
    Batch batch = new Batch(place.chain().bigId(), agentId, entries);
    byte[] manifest = batch.toBlob();
    Cid cid = blobs.put(manifest);
    Failpoint.AFTER_MANIFEST_STORED.reach();
    return place.attempt(
        Purpose.PUBLISH,
        task.subject(),
        place.calls().publish(agentId, batch.from(), batch.to(), batch.root(), cid.digest()));
  }
}
