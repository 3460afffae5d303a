package org.mandate.signer;

import org.mandate.chain.Address;

/**
 * A key, and what it is for: whatever else it is asked to sign is refused here, at the last step.
 */
public final class GuardedSigner implements Signer {
  private final Key key;
  private final SigningPolicy policy;

  public GuardedSigner(Key key, SigningPolicy policy) {
    this.key = key;
    this.policy = policy;
  }

  @Override
  public Address address() {
    return key.address();
  }

  @Override
  public Transactions.Signed sign(Transactions.Request transaction) {
    policy.check(key.address(), transaction);
    return Transactions.sign(transaction, key);
  }

  @Override
  public Signature sign(TypedData.Message message) {
    policy.check(key.address(), message);
    return key.sign(message.preimage());
  }

  @Override
  public String toString() {
    return "signer " + address();
  }
}
