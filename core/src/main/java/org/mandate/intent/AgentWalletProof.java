package org.mandate.intent;

import java.math.BigInteger;
import org.mandate.chain.Address;
import org.mandate.signer.TypedData;

/**
 * What a key signs to become an agent's wallet in the registry (ERC-8004 {@code setAgentWallet}).
 *
 * @param owner of the agent's identity token, who sends the transaction
 * @param nonce the registry's current proof nonce of that agent
 * @param deadline unix seconds
 */
public record AgentWalletProof(
    BigInteger agentId, Address newWallet, Address owner, BigInteger nonce, BigInteger deadline) {
  /** What the key signs. */
  public TypedData.Message message(BigInteger chainId, Address registry) {
    return TypedData.struct(
            "AgentWalletSet(uint256 agentId,address newWallet,address owner,uint256 nonce,uint256"
                + " deadline)")
        .uint(agentId)
        .address(newWallet)
        .address(owner)
        .uint(nonce)
        .uint(deadline)
        .in(new TypedData.Domain("AgentRegistry", "1", chainId, registry));
  }
}
