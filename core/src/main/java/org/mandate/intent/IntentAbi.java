package org.mandate.intent;

import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.contracts.CrossChainExecutor;
import org.web3j.abi.TypeReference;

/** Intents as the contracts encode them. */
public final class IntentAbi {
  private IntentAbi() {}

  /** For the executor's wrapper. */
  public static CrossChainExecutor.Intent toContract(Intent intent) {
    return new CrossChainExecutor.Intent(
        intent.agentId(),
        intent.account().hex(),
        intent.chainId(),
        intent.asset().hex(),
        intent.to().hex(),
        intent.amount(),
        intent.data().bytes(),
        intent.nonce(),
        intent.deadline());
  }

  /** From the executor's wrapper. */
  public static Intent fromContract(CrossChainExecutor.Intent intent) {
    return new Intent(
        intent.agentId,
        Address.of(intent.account),
        intent.chainId,
        Address.of(intent.asset),
        Address.of(intent.to),
        intent.amount,
        Bytes.of(intent.data),
        intent.nonce,
        intent.deadline);
  }

  /** {@code abi.encode(intent)}: a message's payload. */
  public static Bytes encode(Intent intent) {
    return Bytes.of(Abi.encode(toContract(intent)));
  }

  /**
   * Reads a message's payload.
   *
   * @throws IllegalArgumentException if it is not an intent
   */
  public static Intent decode(Bytes payload) {
    try {
      return fromContract(
          (CrossChainExecutor.Intent)
              Abi.decode(payload.bytes(), new TypeReference<CrossChainExecutor.Intent>() {})
                  .getFirst());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "the payload (" + payload.size() + " bytes) is not an intent", e);
    }
  }
}
