package org.mandate.audit;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.mandate.audit.AuditReport.ChainReport;
import org.mandate.audit.ChainEvidence.Link;
import org.mandate.audit.ChainEvidence.Publication;
import org.mandate.audit.Finding.Subject;
import org.mandate.chain.Hash;
import org.mandate.intent.Intent;

/** Compares what one chain says about an agent with itself, with home and with the blobs. */
final class EvidenceCheck {
  private final ChainEvidence evidence;
  private final BigInteger chainId;
  private final BlobSource blobs;
  private final List<Finding> findings = new ArrayList<>();
  private int verifiedBlobs;

  private EvidenceCheck(ChainEvidence evidence, Forgeries forgeries, BlobSource blobs) {
    this.evidence = evidence;
    this.chainId = evidence.chainId();
    this.blobs = blobs;
    this.findings.addAll(forgeries.on(evidence));
  }

  static ChainReport run(ChainEvidence evidence, Forgeries forgeries, BlobSource blobs) {
    return new EvidenceCheck(evidence, forgeries, blobs).run();
  }

  private ChainReport run() {
    HashChain chain = checkChain();
    long published = checkPublications(chain.count());
    if (published < chain.count()) {
      findings.add(new Finding.Unpublished(chainId, published, chain.count()));
    }
    return new ChainReport(
        chainId,
        evidence.block(),
        chain,
        published,
        evidence.publications().size(),
        verifiedBlobs,
        findings);
  }

  // ------------------------------------------------------------------ the hash chain

  private HashChain checkChain() {
    List<AuditRecord> records = evidence.records();
    List<Link> links = evidence.links();
    HashChain chain = HashChain.EMPTY;
    int next = 0;
    for (AuditRecord record : records) {
      chain = chain.append(record.recordHash());
      if (record.isDirect()) {
        checkDirect(record);
      } else if (next >= links.size()) {
        findings.add(
            new Finding.Omitted(chainId, record.index(), record.action(), record.intentId()));
      } else {
        checkLink(record, links.get(next++), chain);
      }
    }
    for (Link link : links.subList(next, links.size())) {
      findings.add(
          new Finding.Unexplained(
              chainId, link.chain().count() - 1, link.action(), link.intentId()));
    }
    mismatch("the number of records in the audit chain", chain.count(), evidence.state().count());
    mismatch("the chain's head in the audit chain", chain.head(), evidence.state().head());
    return chain;
  }

  /** Nothing but the payment's own event tells of it: the chain's head and count hold it. */
  private void checkDirect(AuditRecord record) {
    Intent intent = record.intent().orElseThrow();
    String at = " of the direct payment in record " + record.index();
    mismatch("the number" + at, BigInteger.valueOf(record.index()), intent.nonce());
    mismatch("the agent" + at, evidence.agentId(), intent.agentId());
    mismatch("the account" + at, evidence.account(), intent.account());
    mismatch("the chain" + at, chainId, intent.chainId());
    mismatch("the id of intent" + at, intent.id(evidence.domain()), record.intentId());
  }

  private void checkLink(AuditRecord record, Link link, HashChain chain) {
    String at = " of record " + record.index() + " in the audit chain";
    mismatch("the action" + at, record.action(), link.action());
    mismatch("the intent" + at, record.intentId(), link.intentId());
    mismatch("the hash" + at, record.recordHash(), link.recordHash());
    mismatch("the chain's head" + at, chain.head(), link.chain().head());
    mismatch("the number" + at, chain.count(), link.chain().count());
    record
        .intent()
        .ifPresent(
            intent ->
                mismatch("the id of intent" + at, intent.id(evidence.domain()), record.intentId()));
  }

  private void mismatch(String what, Object expected, Object found) {
    if (!expected.equals(found)) {
      findings.add(new Finding.ChainMismatch(chainId, what, expected.toString(), found.toString()));
    }
  }

  // ------------------------------------------------------------------ the batches

  private long checkPublications(long count) {
    long published = 0;
    for (Publication publication : evidence.publications()) {
      if (publication.from() != published
          || publication.to() <= publication.from()
          || publication.to() > count) {
        findings.add(
            new Finding.WrongRange(
                chainId, publication.from(), publication.to(), published, count));
      }
      checkBatch(publication);
      published = Math.max(published, publication.to());
    }
    mismatch("the number of published records in the audit chain", published, evidence.published());
    return Math.min(published, count);
  }

  private void checkBatch(Publication publication) {
    Subject subject = new Subject.OfBatch(publication.from(), publication.to());
    Optional<byte[]> blob = read(subject, publication.manifest());
    if (blob.isEmpty()) {
      return;
    }
    Batch batch;
    try {
      batch = Batch.parse(blob.get());
    } catch (MalformedBlobException e) {
      findings.add(
          new Finding.MalformedBlob(chainId, subject, publication.manifest(), e.getMessage()));
      return;
    }
    Facts facts = new Facts(subject, publication.manifest());
    boolean same =
        facts.same("chainId", batch.chainId(), chainId)
            & facts.same("agentId", batch.agentId(), evidence.agentId())
            & facts.same("from", batch.from(), publication.from())
            & facts.same("to", batch.to(), publication.to());
    if (!same) {
      return;
    }
    List<byte[]> leaves = new ArrayList<>();
    for (Batch.Entry entry : batch.records()) {
      Optional<AuditRecord> record = record(entry.index());
      Hash recordHash = record.map(AuditRecord::recordHash).orElse(entry.recordHash());
      facts.same("recordHash of record " + entry.index(), entry.recordHash(), recordHash);
      record.ifPresent(expected -> checkBlob(expected, entry.cid()));
      leaves.add(AuditRecord.leafInput(entry.index(), recordHash, entry.cid()));
    }
    // The leaves hold the chain's hashes and the blobs' digests: an equal root includes each of
    // them.
    Hash root = MerkleTree.over(leaves).root();
    if (!root.equals(publication.root())) {
      findings.add(
          new Finding.WrongRoot(
              chainId, publication.from(), publication.to(), publication.root(), root));
    }
  }

  private Optional<AuditRecord> record(long index) {
    return index < evidence.records().size()
        ? Optional.of(evidence.records().get((int) index))
        : Optional.empty();
  }

  // ------------------------------------------------------------------ the blobs

  private void checkBlob(AuditRecord expected, Cid cid) {
    Subject subject = new Subject.OfRecord(expected.index());
    Optional<byte[]> blob = read(subject, cid);
    if (blob.isEmpty()) {
      return;
    }
    if (Arrays.equals(blob.get(), expected.toBlob())) {
      verifiedBlobs++;
      return;
    }
    AuditRecord found;
    try {
      found = AuditRecord.parse(blob.get());
    } catch (MalformedBlobException e) {
      findings.add(new Finding.MalformedBlob(chainId, subject, cid, e.getMessage()));
      return;
    }
    Facts facts = new Facts(subject, cid);
    boolean same =
        facts.same("chainId", found.chainId(), expected.chainId())
            & facts.same("agentId", found.agentId(), expected.agentId())
            & facts.same("index", found.index(), expected.index())
            & facts.same("action", found.action(), expected.action())
            & facts.same("intentId", found.intentId(), expected.intentId())
            & facts.same("detail", found.detail(), expected.detail())
            & facts.same("intent", found.intent(), expected.intent())
            & facts.same(
                "block.number", found.anchor().blockNumber(), expected.anchor().blockNumber())
            & facts.same("block.hash", found.anchor().blockHash(), expected.anchor().blockHash())
            & facts.same(
                "block.timestamp",
                found.anchor().blockTimestamp(),
                expected.anchor().blockTimestamp())
            & facts.same(
                "transaction", found.anchor().transaction(), expected.anchor().transaction())
            & facts.same("logIndex", found.anchor().logIndex(), expected.anchor().logIndex());
    if (same) {
      verifiedBlobs++;
    }
  }

  private Optional<byte[]> read(Subject subject, Cid cid) {
    try {
      Optional<byte[]> blob = blobs.get(cid);
      if (blob.isEmpty()) {
        findings.add(new Finding.MissingBlob(chainId, subject, cid));
      }
      return blob;
    } catch (AlteredBlobException e) {
      findings.add(new Finding.AlteredBlob(chainId, subject, cid, e.getMessage()));
    } catch (BlobStoreException e) {
      findings.add(new Finding.UnreadBlob(chainId, subject, cid, e.getMessage()));
    }
    return Optional.empty();
  }

  /** What a blob says, against what the chain says. */
  private final class Facts {
    private final Subject subject;
    private final Cid cid;

    Facts(Subject subject, Cid cid) {
      this.subject = subject;
      this.cid = cid;
    }

    boolean same(String field, Object says, Object chainSays) {
      if (Objects.equals(says, chainSays)) {
        return true;
      }
      findings.add(
          new Finding.FalseBlob(
              chainId, subject, cid, field, String.valueOf(says), String.valueOf(chainSays)));
      return false;
    }
  }
}
