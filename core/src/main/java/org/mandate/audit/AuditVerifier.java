package org.mandate.audit;

import java.math.BigInteger;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Re-derives an agent's audit trail from public data: what the chains say and the published blobs.
 * Nobody is believed: the records are recomputed from the events of executor and account, the chain
 * from the records, the batches' roots from both, every blob is hashed and compared with the chain
 * field by field, and what a destination received is compared with what home dispatched. Calls
 * block; make them on a virtual thread.
 */
public final class AuditVerifier {
  private final List<AuditedChain> chains;
  private final BlobSource blobs;
  private final Set<BigInteger> leftOut;

  public AuditVerifier(List<AuditedChain> chains, BlobSource blobs) {
    this(chains, blobs, Set.of());
  }

  /**
   * @param leftOut ids of chains that may be missing: the verdict then says nothing about them.
   *     Home is needed whatever this says
   */
  public AuditVerifier(List<AuditedChain> chains, BlobSource blobs, Set<BigInteger> leftOut) {
    this.chains = List.copyOf(chains);
    this.blobs = blobs;
    this.leftOut = Set.copyOf(leftOut);
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
    // Home is read last: what is queued elsewhere by then was final at home before.
    Map<AuditedChain, ChainEvidence> read = new HashMap<>();
    chains.stream()
        .sorted(Comparator.comparing(AuditedChain::isHome))
        .forEach(chain -> read.put(chain, new EvidenceReader(chain).read(agentId)));
    return chains.stream().map(read::get).toList();
  }

  /**
   * The verdict on evidence that was read before.
   *
   * @throws IllegalArgumentException when there is none
   */
  public AuditReport verify(BigInteger agentId, List<ChainEvidence> evidence) {
    return verify(agentId, evidence, blobs, leftOut);
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
    return verifyExport(export, Set.of());
  }

  /**
   * The same.
   *
   * @param leftOut as for the constructor
   */
  public static AuditReport verifyExport(AuditExport export, Set<BigInteger> leftOut) {
    return verify(export.agentId(), export.chains(), export.source(), leftOut);
  }

  private static AuditReport verify(
      BigInteger agentId, List<ChainEvidence> evidence, BlobSource blobs, Set<BigInteger> leftOut) {
    if (evidence.isEmpty()) {
      throw new IllegalArgumentException(
          "no chain was audited: there is no verdict on agent " + agentId);
    }
    Forgeries forgeries = new Forgeries(evidence);
    return new AuditReport(
        agentId,
        evidence.stream().map(one -> EvidenceCheck.run(one, forgeries, blobs)).toList(),
        Coverage.gaps(evidence, leftOut));
  }
}
