package org.mandate.relayer.send;

import java.math.BigInteger;
import org.mandate.chain.Address;
import org.mandate.chain.Wei;

/**
 * The key has fewer coins than nodes ask for in advance, beside what it signed before: the whole
 * gas at the highest bid. Signed all the same, it would hold up every later nonce.
 */
public final class CoinsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final BigInteger left;
  private final BigInteger needs;

  /**
   * @param left wei that are not promised yet
   */
  CoinsException(Address key, long chain, BigInteger left, BigInteger needs) {
    super(
        "key %s has %s left on chain %d, and nodes ask for %s in advance: send coins to it"
            .formatted(key, new Wei(left), chain, new Wei(needs)));
    this.left = left;
    this.needs = needs;
  }

  /** How many of so many that were to go together it can pay: fewer than all, perhaps none. */
  public int affords(int many) {
    return left.multiply(BigInteger.valueOf(many))
        .divide(needs)
        .min(BigInteger.valueOf(many - 1L))
        .intValueExact();
  }
}
