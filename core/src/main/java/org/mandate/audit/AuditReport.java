package org.mandate.audit;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.util.List;
import org.mandate.audit.ChainEvidence.FinalBlock;

/** The verdict on an agent's audit trail. */
public record AuditReport(BigInteger agentId, List<ChainReport> chains) {
  /**
   * The verdict on one chain.
   *
   * @param block up to where it holds
   * @param chain the agent's chain as its events give it
   * @param published how many records are in batches
   * @param batches how many batches there are
   * @param verifiedBlobs how many records' blobs were read, hashed and found equal to what the chain says
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

    /** Whether every record up to the final block is in its chain, and every published one is proven by its blob. */
    public boolean ok() {
      return findings.stream().noneMatch(Finding::fails);
    }
  }

  public AuditReport {
    chains = List.copyOf(chains);
  }

  public boolean ok() {
    return chains.stream().allMatch(ChainReport::ok);
  }

  /** Records on all chains. */
  public long records() {
    return chains.stream().mapToLong(chain -> chain.chain().count()).sum();
  }

  public List<Finding> findings() {
    return chains.stream().flatMap(chain -> chain.findings().stream()).toList();
  }

  /** For machines. */
  public ObjectNode toJson() {
    ObjectNode json = CanonicalJson.object();
    json.put("ok", ok());
    json.put("agentId", agentId.toString());
    ArrayNode list = json.putArray("chains");
    for (ChainReport chain : chains) {
      ObjectNode one = list.addObject();
      one.put("chainId", chain.chainId().toString());
      one.put("ok", chain.ok());
      one.putObject("block").put("number", chain.block().number()).put("hash", chain.block().hash().hex());
      one.put("head", chain.chain().head());
      one.put("records", chain.chain().count());
      one.put("published", chain.published());
      one.put("batches", chain.batches());
      one.put("verifiedBlobs", chain.verifiedBlobs());
      ArrayNode findings = one.putArray("findings");
      for (Finding finding : chain.findings()) {
        findings
            .addObject()
            .put("kind", finding.kind())
            .put("fails", finding.fails())
            .put("words", finding.words());
      }
    }
    return json;
  }
}
