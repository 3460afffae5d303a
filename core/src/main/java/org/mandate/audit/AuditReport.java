package org.mandate.audit;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.util.List;
import java.util.stream.Stream;
import org.mandate.audit.ChainEvidence.FinalBlock;

/**
 * The verdict on an agent's audit trail.
 *
 * @param chains the chains that were audited, at least one
 * @param gaps what is missing from the audit: an incomplete audit is never in order, unless who
 *     audits left the rest out
 */
public record AuditReport(BigInteger agentId, List<ChainReport> chains, List<Finding> gaps) {
  /**
   * The verdict on one chain.
   *
   * @param block up to where it holds
   * @param chain the agent's chain as its events give it
   * @param published how many records are in batches
   * @param batches how many batches there are
   * @param verifiedBlobs how many records' blobs were read, hashed and found equal to what the
   *     chain says
   * @param findings what is wrong or worth knowing
   */
  public record ChainReport(
      BigInteger chainId,
      FinalBlock block,
      HashChain chain,
      long published,
      int batches,
      int verifiedBlobs,
      List<Finding> findings) {
    public ChainReport {
      findings = List.copyOf(findings);
    }

    /**
     * Whether every record up to the final block is in its chain, every published one is proven by
     * its blob, and all that was executed here began at home.
     */
    public boolean ok() {
      return findings.stream().noneMatch(Finding::fails);
    }
  }

  public AuditReport {
    chains = List.copyOf(chains);
    gaps = List.copyOf(gaps);
    if (chains.isEmpty()) {
      throw new IllegalArgumentException(
          "no chain was audited: there is no verdict on agent " + agentId);
    }
  }

  /** Whether every chain that could hide something was audited, or left out, and is in order. */
  public boolean ok() {
    return gaps.stream().noneMatch(Finding::fails) && chains.stream().allMatch(ChainReport::ok);
  }

  /** Whether nothing is wrong with what was seen, and something that is needed was not seen. */
  public boolean incomplete() {
    return !ok() && findings().stream().filter(Finding::fails).allMatch(Finding::isUnknown);
  }

  /** Records on all chains. */
  public long records() {
    return chains.stream().mapToLong(chain -> chain.chain().count()).sum();
  }

  /** The gaps, and what was found on each chain. */
  public List<Finding> findings() {
    return Stream.concat(gaps.stream(), chains.stream().flatMap(chain -> chain.findings().stream()))
        .toList();
  }

  /** For machines. */
  public ObjectNode toJson() {
    ObjectNode json = CanonicalJson.object();
    json.put("ok", ok());
    json.put("incomplete", incomplete());
    json.put("agentId", agentId.toString());
    ArrayNode list = json.putArray("chains");
    for (ChainReport chain : chains) {
      ObjectNode one = list.addObject();
      one.put("chainId", chain.chainId().toString());
      one.put("ok", chain.ok());
      one.putObject("block")
          .put("number", chain.block().number())
          .put("hash", chain.block().hash().hex())
          .put("timestamp", Long.toString(chain.block().timestamp().getEpochSecond()));
      one.put("head", chain.chain().head());
      one.put("records", chain.chain().count());
      one.put("published", chain.published());
      one.put("batches", chain.batches());
      one.put("verifiedBlobs", chain.verifiedBlobs());
      write(one.putArray("findings"), chain.findings());
    }
    write(json.putArray("gaps"), gaps);
    return json;
  }

  private static void write(ArrayNode list, List<Finding> findings) {
    for (Finding finding : findings) {
      list.addObject()
          .put("kind", finding.kind())
          .put("fails", finding.fails())
          .put("words", finding.words());
    }
  }
}
