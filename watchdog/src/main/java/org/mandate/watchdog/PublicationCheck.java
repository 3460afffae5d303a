package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.mandate.audit.AlteredBlobException;
import org.mandate.audit.AuditRecord;
import org.mandate.audit.Batch;
import org.mandate.audit.BlobSource;
import org.mandate.audit.BlobStoreUnavailableException;
import org.mandate.audit.Cid;
import org.mandate.audit.MalformedBlobException;
import org.mandate.chain.Block;
import org.mandate.event.AuditEvent.Published;

/**
 * Fetches each published batch, manifest and blobs, and compares it with the records that the
 * executor's events give. What is altered is told at once, what is missing after {@link #GRACE}:
 * blobs may take a moment to spread.
 */
final class PublicationCheck {
  static final Duration GRACE = Duration.ofSeconds(60);
  private static final Duration RETRY = Duration.ofSeconds(3);
  private static final int AT_ONCE = 4;

  /** So many faults, or blobs that cannot be fetched, are enough for a person to look. */
  private static final int ENOUGH = 10;

  /** How long to look for more, once a fault is found. */
  private static final Duration FURTHER = Duration.ofSeconds(10);

  private final BlobSource blobs;
  private final Findings findings;
  private final Clock clock;
  private final Semaphore slots = new Semaphore(AT_ONCE);

  /** The records as the watchdog knows them. */
  interface Records {
    Optional<AuditRecord> of(BigInteger agentId, long index);
  }

  PublicationCheck(BlobSource blobs, Findings findings, Clock clock) {
    this.blobs = blobs;
    this.findings = findings;
    this.clock = clock;
  }

  /** Checks a batch on an own thread. */
  Thread start(BigInteger chainId, Published batch, Block block, Records records) {
    return Errand.start(
        "publication-" + batch.root(),
        RETRY,
        () -> {
          slots.acquire();
          try {
            check(chainId, batch, block, records);
            return true;
          } finally {
            slots.release();
          }
        });
  }

  private void check(BigInteger chainId, Published batch, Block block, Records records) {
    Instant end = clock.instant().plus(GRACE);
    try {
      Optional<byte[]> manifest = fetch(new Cid(batch.manifestDigest()), end);
      if (manifest.isEmpty()) {
        found(
            chainId,
            batch,
            block,
            Severity.WARNING,
            "the manifest " + new Cid(batch.manifestDigest()),
            "nothing under that name");
        return;
      }
      Batch content = Batch.parse(manifest.get());
      List<String> faults = new ArrayList<>();
      if (!content.chainId().equals(chainId) || !content.agentId().equals(batch.agentId())) {
        faults.add(
            "the manifest is of agent %s on chain %s"
                .formatted(content.agentId(), content.chainId()));
      }
      if (!BigInteger.valueOf(content.from()).equals(batch.from())
          || !BigInteger.valueOf(content.to()).equals(batch.to())) {
        faults.add("the manifest has records %d to %d".formatted(content.from(), content.to()));
      }
      if (!content.root().equals(batch.root())) {
        faults.add("the manifest's root is " + content.root());
      }
      List<String> unanswered = new ArrayList<>();
      for (Batch.Entry entry : content.records()) {
        if (faults.size() >= ENOUGH || unanswered.size() >= ENOUGH) {
          break;
        }
        if (!faults.isEmpty()) {
          Instant now = clock.instant();
          Instant soon = now.plus(FURTHER);
          end = soon.isBefore(end) ? soon : end;
          if (now.isAfter(end)) {
            break;
          }
        }
        try {
          record(entry, batch, records, end).ifPresent(faults::add);
        } catch (BlobStoreUnavailableException e) {
          // Whoever withholds one blob must not hide what is wrong with the others.
          unanswered.add("record %d: %s".formatted(entry.index(), e.getMessage()));
        }
      }
      String expected =
          "records %s to %s of agent %s under root %s"
              .formatted(batch.from(), batch.to(), batch.agentId(), batch.root());
      if (!faults.isEmpty()) {
        faults.addAll(unanswered);
        found(chainId, batch, block, Severity.CRITICAL, expected, String.join("; ", faults));
      } else if (!unanswered.isEmpty()) {
        found(chainId, batch, block, Severity.WARNING, expected, String.join("; ", unanswered));
      }
    } catch (MalformedBlobException e) {
      found(
          chainId, batch, block, Severity.CRITICAL, "a manifest", "the blob is " + e.getMessage());
    } catch (AlteredBlobException e) {
      found(
          chainId,
          batch,
          block,
          Severity.CRITICAL,
          "the bytes that the manifest's digest names",
          e.getMessage());
    } catch (BlobStoreUnavailableException e) {
      found(
          chainId, batch, block, Severity.WARNING, "an answer of the blob gateway", e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Optional<String> record(Batch.Entry entry, Published batch, Records records, Instant end)
      throws InterruptedException {
    Optional<AuditRecord> own = records.of(batch.agentId(), entry.index());
    if (own.isPresent() && !own.get().recordHash().equals(entry.recordHash())) {
      return Optional.of(
          "record %d is %s in the manifest, %s by the executor's event"
              .formatted(entry.index(), entry.recordHash(), own.get().recordHash()));
    }
    try {
      Optional<byte[]> blob = fetch(entry.cid(), end);
      if (blob.isEmpty()) {
        return Optional.of("record %d: blob %s is missing".formatted(entry.index(), entry.cid()));
      }
      AuditRecord record = AuditRecord.parse(blob.get());
      if (!record.recordHash().equals(entry.recordHash()) || record.index() != entry.index()) {
        return Optional.of(
            "record %d: blob %s is of another record".formatted(entry.index(), entry.cid()));
      }
      if (own.isPresent() && !own.get().equals(record)) {
        return Optional.of(
            "record %d: blob %s and the chain's events differ in %s"
                .formatted(entry.index(), entry.cid(), differences(record, own.get())));
      }
      return Optional.empty();
    } catch (AlteredBlobException e) {
      return Optional.of("record %d: %s".formatted(entry.index(), e.getMessage()));
    } catch (MalformedBlobException e) {
      return Optional.of(
          "record %d: blob %s is %s".formatted(entry.index(), entry.cid(), e.getMessage()));
    }
  }

  // Its hash covers neither the intent's fields nor where on chain the record can be seen.
  private static String differences(AuditRecord blob, AuditRecord own) {
    List<String> fields = new ArrayList<>();
    if (!blob.chainId().equals(own.chainId())) {
      fields.add("chainId " + blob.chainId() + ", not " + own.chainId());
    }
    if (!blob.agentId().equals(own.agentId())) {
      fields.add("agentId " + blob.agentId() + ", not " + own.agentId());
    }
    if (blob.index() != own.index()) {
      fields.add("index " + blob.index() + ", not " + own.index());
    }
    if (!blob.intentId().equals(own.intentId())) {
      fields.add("intentId " + blob.intentId() + ", not " + own.intentId());
    }
    if (!blob.intent().equals(own.intent())) {
      fields.add("the intent's fields");
    }
    if (!blob.detail().equals(own.detail())) {
      fields.add("detail " + blob.detail() + ", not " + own.detail());
    }
    if (!blob.anchor().equals(own.anchor())) {
      fields.add("anchor " + blob.anchor() + ", not " + own.anchor());
    }
    return String.join(", ", fields);
  }

  private Optional<byte[]> fetch(Cid cid, Instant end) throws InterruptedException {
    while (true) {
      try {
        Optional<byte[]> blob = blobs.get(cid);
        if (blob.isPresent() || clock.instant().isAfter(end)) {
          return blob;
        }
      } catch (BlobStoreUnavailableException e) {
        if (clock.instant().isAfter(end)) {
          throw e;
        }
      }
      Thread.sleep(RETRY);
    }
  }

  private void found(
      BigInteger chainId,
      Published batch,
      Block block,
      Severity severity,
      String expected,
      String seen) {
    findings.report(
        new Finding(
            "publication:%s:%s:%s".formatted(chainId, batch.agentId(), batch.from()),
            Check.PUBLICATION,
            severity,
            chainId.longValueExact(),
            block.number(),
            Optional.of(batch.agentId()),
            Optional.empty(),
            expected,
            seen,
            "Published by %s in transaction %s. Ask the other stores for the blobs; if nobody has them, the publisher must explain, or lose the PUBLISHER role."
                .formatted(batch.publisher(), batch.log().transaction()),
            clock.instant(),
            Finding.Status.OPEN,
            List.of()));
  }
}
