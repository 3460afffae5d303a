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
import org.mandate.audit.Batch;
import org.mandate.audit.BlobStore;
import org.mandate.audit.BlobStoreUnavailableException;
import org.mandate.audit.Cid;
import org.mandate.event.AuditEvent.Published;
import org.mandate.event.ContractEvents;
import org.mandate.relayer.Journal;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.DoneUntil;
import org.mandate.relayer.store.StoreException;
import org.mandate.relayer.store.StoredBatch;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.StoredRecord;
import org.mandate.relayer.store.Tx;

/**
 * Rebuilds the manifest of every published batch, whoever published it, from this relayer's own
 * final records, so that every relayer serves the whole trail. A batch that they do not lead to is
 * false: an alarm once it is final, and nothing is stored under its name.
 */
public final class Manifests {
  private static final Journal LOG = Journal.of("manifests");
  private static final int AT_ONCE = 100;
  private static final Duration FINALITY_AWAITED = Duration.ofSeconds(2);
  private static final Duration BLOCKED = Duration.ofMinutes(1);

  private final long chainId;
  private final Database database;
  private final BlobStore blobs;
  private final Clock clock;
  private final Map<BigInteger, Instant> waiting = new ConcurrentHashMap<>();

  public Manifests(long chainId, Database database, BlobStore blobs, Clock clock) {
    this.chainId = chainId;
    this.database = database;
    this.blobs = blobs;
    this.clock = clock;
  }

  /** Looks at the batches that were published. Answers whether there is more to do right away. */
  public boolean round() {
    Instant now = clock.instant();
    waiting.values().removeIf(until -> until.isBefore(now));
    Set<BigInteger> without = Set.copyOf(waiting.keySet());
    Due due = database.inTransaction(tx -> due(tx, without));
    for (StoredEvent event : due.events()) checkAlone(event, now);
    boolean more = due.events().size() == AT_ONCE;
    if (!more && waiting.isEmpty() && due.finalized() > due.after())
      database.run(
          tx -> DoneUntil.move(tx, DoneUntil.Work.CHECK_BATCHES, chainId, due.finalized()));
    return more;
  }

  /**
   * @param after every batch up to this block is settled
   * @param finalized the last final block
   */
  private record Due(long after, long finalized, List<StoredEvent> events) {}

  private Due due(Tx tx, Set<BigInteger> without) {
    long after = DoneUntil.of(tx, DoneUntil.Work.CHECK_BATCHES, chainId);
    return new Due(
        after,
        ChainRow.of(tx, chainId).finalized().orElse(-1L),
        StoredEvent.unchecked(tx, chainId, after, without, AT_ONCE));
  }

  /** One batch that cannot be checked holds up its own agent only. */
  private void checkAlone(StoredEvent event, Instant now) {
    BigInteger agentId = StoredEvent.agent(event.kind(), event.log()).orElseThrow();
    if (waiting.containsKey(agentId)) return;
    try {
      if (!check(published(event), event.isFinal()))
        waiting.put(agentId, now.plus(FINALITY_AWAITED));
    } catch (StoreException | BlobStoreUnavailableException e) {
      throw e; // nothing about this batch
    } catch (RuntimeException e) {
      waiting.put(agentId, now.plus(BLOCKED));
      LOG.alarm(
          "published batch could not be checked",
          "chain",
          chainId,
          "agent",
          agentId,
          "transaction",
          event.log().transaction(),
          "reason",
          Journal.reason(e));
    }
  }

  /** Answers whether that is settled: the records, or a false batch, may not be final yet. */
  private boolean check(Published published, boolean isFinal) {
    long from = published.from().longValueExact();
    long records = published.to().subtract(published.from()).longValueExact();
    if (records < 1) throw new IllegalStateException("batch of " + records + " records");
    if (records > Batch.MAX_RECORDS) { // no manifest can list them
      return settle(published, isFinal, Optional.empty());
    }
    List<Batch.Entry> entries =
        database
            .inTransaction(
                tx -> StoredRecord.from(tx, chainId, published.agentId(), from, (int) records))
            .stream()
            .map(r -> new Batch.Entry(r.index(), r.recordHash(), Cid.parse(r.cid())))
            .toList();
    if (entries.size() < records
        || entries.getFirst().index() != from
        || entries.getLast().index() + 1 != from + records) {
      return false;
    }
    return settle(
        published,
        isFinal,
        Optional.of(new Batch(BigInteger.valueOf(chainId), published.agentId(), entries)));
  }

  private boolean settle(Published published, boolean isFinal, Optional<Batch> own) {
    Cid named = new Cid(published.manifestDigest());
    Optional<Batch> same =
        own.filter(b -> b.root().equals(published.root()))
            .filter(b -> Cid.of(b.toBlob()).equals(named));
    if (same.isEmpty() && !isFinal) return false;
    same.ifPresent(batch -> blobs.put(batch.toBlob()));
    database.run(
        tx -> new StoredBatch(chainId, published, named.toString(), same.isPresent()).save(tx));
    if (same.isEmpty()) alarm(published, named, own);
    return true;
  }

  private void alarm(Published published, Cid named, Optional<Batch> own) {
    LOG.alarm(
        "false batch published: take the publisher's role away",
        "chain",
        chainId,
        "agent",
        published.agentId(),
        "publisher",
        published.publisher(),
        "transaction",
        published.log().transaction(),
        "from",
        published.from(),
        "to",
        published.to(),
        "root",
        published.root(),
        "manifest",
        named,
        "expectedRoot",
        own.map(b -> b.root().toString()).orElse("none: too many records for one batch"),
        "expectedManifest",
        own.map(b -> Cid.of(b.toBlob()).toString()).orElse("none"));
  }

  private static Published published(StoredEvent event) {
    return ContractEvents.auditLog(event.log())
        .filter(Published.class::isInstance)
        .map(Published.class::cast)
        .orElseThrow(() -> new IllegalStateException("stored audit event is not readable"));
  }
}
