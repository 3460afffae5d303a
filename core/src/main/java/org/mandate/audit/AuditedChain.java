package org.mandate.audit;

import org.mandate.chain.Address;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.intent.IntentDomain;

/**
 * One chain to audit.
 *
 * @param finality up to where; what is above may still change
 * @param domain names the executor, which stands at the same address on every chain
 * @param account holds the agent's mandate and its audit chain, at the same address on every chain
 * @param fromBlock block of the deployment: there are no events before it
 */
public record AuditedChain(
    ChainClient client, Finality finality, IntentDomain domain, Address account, long fromBlock) {
  /** Whether every intent begins there. */
  boolean isHome() {
    return client.chainId().equals(domain.homeChainId());
  }
}
