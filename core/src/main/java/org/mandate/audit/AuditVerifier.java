package org.mandate.audit;

import java.math.BigInteger;
import java.util.List;

/**
 * Re-derives an agent's audit trail from public data: what the chains say and the published blobs.
 * Nobody is believed: the records are recomputed from the executor's events, the chain from the
 * records, the batches' roots from both, and every blob is hashed and compared with the chain field
 * by field. Calls block; make them on a virtual thread.
 */
public final class AuditVerifier {
  private final List<AuditedChain> chains;
  private final BlobSource blobs;

  public AuditVerifier(List<AuditedChain> chains, BlobSource blobs) {
    this.chains = List.copyOf(chains);
    this.blobs = blobs;
  }

  /**
   * The verdict on the agent's trail on all chains, up to their final blocks.
   *
   * @throws org.mandate.chain.NodeException when a node does not answer sensibly: there is no
   *     verdict then
   */
  public AuditReport verify(BigInteger agentId) {
    return verify(agentId, evidence(agentId));
  }

  /**
   * What the chains say, for {@link #verify(BigInteger, List)} and {@link #export}. Fails like
   * {@link #verify}.
   */
  public List<ChainEvidence> evidence(BigInteger agentId) {
    return chains.stream().map(chain -> new EvidenceReader(chain).read(agentId)).toList();
  }

  /**
   * The verdict on evidence that was read before.
   *
   * @throws IllegalArgumentException when there is none
   */
  public AuditReport verify(BigInteger agentId, List<ChainEvidence> evidence) {
    return verify(agentId, evidence, blobs);
  }

  /**
   * One document with everything that {@link #verifyExport} needs: the evidence and the blobs that
   * could be read.
   */
  public AuditExport export(BigInteger agentId, List<ChainEvidence> evidence) {
    return AuditExport.of(agentId, evidence, blobs);
  }

  /**
   * The verdict on an export, from nothing else. What remains to be believed is what {@link
   * ChainEvidence} quotes from the chains; its final blocks say where to ask.
   */
  public static AuditReport verifyExport(AuditExport export) {
    return verify(export.agentId(), export.chains(), export.source());
  }

  private static AuditReport verify(
      BigInteger agentId, List<ChainEvidence> evidence, BlobSource blobs) {
    return new AuditReport(
        agentId,
        evidence.stream().map(one -> EvidenceCheck.run(one, blobs)).toList(),
        Coverage.gaps(evidence));
  }
}
