package org.mandate.intent;

import java.math.BigInteger;
import org.mandate.chain.Address;
import org.mandate.signer.TypedData;

/**
 * Where intents count: the executor of one home chain. Every chain uses home's id, so an intent has
 * one id everywhere.
 */
public record IntentDomain(BigInteger homeChainId, Address executor) {
  /** As EIP-712 has it. */
  public TypedData.Domain typedData() {
    return new TypedData.Domain("Mandate", "1", homeChainId, executor);
  }
}
