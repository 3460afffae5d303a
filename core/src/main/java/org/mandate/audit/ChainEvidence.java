package org.mandate.audit;

import java.math.BigInteger;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Hash;
import org.mandate.intent.IntentDomain;

/**
 * All that one chain says about one agent, up to a final block. Whoever doubts it asks any node of
 * that chain.
 *
 * @param account whose audit chain it is
 * @param block the final block
 * @param state the agent's chain as the contract stores it at that block
 * @param published how many records the contract counts as published at that block
 * @param records what the events of executor and account say, in order
 * @param links what the account says of its audit chain, in order; of a payment that the agent's
 *     key asked for directly it says nothing but the payment
 * @param publications the published batches, in order
 * @param resends at home: the messages in which it sent dispatched intents once more
 * @param registeredChains at home: every chain that the account was ever told of, home among them;
 *     elsewhere empty
 * @param gateways elsewhere: what governance and guardians did to gateways; empty at home, and
 *     where an older document does not tell
 */
public record ChainEvidence(
    BigInteger chainId,
    BigInteger agentId,
    IntentDomain domain,
    Address account,
    FinalBlock block,
    HashChain state,
    long published,
    List<AuditRecord> records,
    List<Link> links,
    List<Publication> publications,
    List<Resend> resends,
    List<BigInteger> registeredChains,
    Optional<Gateways> gateways) {

  /** Up to where the evidence reaches. */
  public record FinalBlock(long number, Hash hash, Instant timestamp) {
    static FinalBlock of(Block block) {
      return new FinalBlock(block.number(), block.hash(), block.timestamp());
    }
  }

  /**
   * One {@code Appended} event.
   *
   * @param chain the agent's chain after it
   */
  public record Link(Action action, Hash intentId, Hash recordHash, HashChain chain) {}

  /**
   * One {@code Published} event: records {@code [from, to)}.
   *
   * @param root RFC 6962 Merkle root
   * @param manifest the manifest blob
   */
  public record Publication(long from, long to, Hash root, Cid manifest) {}

  /** One {@code IntentResent} event: this message is as genuine as the one of the dispatch. */
  public record Resend(Hash intentId, Hash messageId) {}

  public ChainEvidence {
    resends = List.copyOf(resends);
    records = List.copyOf(records);
    links = List.copyOf(links);
    publications = List.copyOf(publications);
    registeredChains = List.copyOf(registeredChains);
    if (isHome(chainId, domain)
        ? !registeredChains.contains(chainId)
            || new HashSet<>(registeredChains).size() != registeredChains.size()
        : !registeredChains.isEmpty()) {
      throw new IllegalArgumentException(
          "chain "
              + chainId
              + " of the system with home chain "
              + domain.homeChainId()
              + " registers the chains "
              + registeredChains
              + "; home registers each chain once, itself among them, and no other chain does");
    }
    for (int i = 0; i < records.size(); i++) {
      AuditRecord record = records.get(i);
      if (record.index() != i
          || !record.chainId().equals(chainId)
          || !record.agentId().equals(agentId)) {
        throw new IllegalArgumentException(
            "record "
                + i
                + " of agent "
                + agentId
                + " on chain "
                + chainId
                + " stands as record "
                + record.index()
                + " of agent "
                + record.agentId()
                + " on chain "
                + record.chainId());
      }
    }
  }

  /** Whether it is of the chain where every intent begins. */
  boolean isHome() {
    return isHome(chainId, domain);
  }

  private static boolean isHome(BigInteger chainId, IntentDomain domain) {
    return chainId.equals(domain.homeChainId());
  }
}
