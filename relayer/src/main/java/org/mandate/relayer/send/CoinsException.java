package org.mandate.relayer.send;

import java.math.BigInteger;
import org.mandate.chain.Address;
import org.mandate.chain.Wei;

/**
 * The key has fewer coins than nodes ask for in advance, which is the whole gas at the highest bid:
 * signed all the same, it would hold up every later nonce.
 */
public final class CoinsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CoinsException(Address key, long chain, BigInteger has, BigInteger needs) {
    super(
        "key %s has %s on chain %d, and nodes ask for %s in advance: send coins to it"
            .formatted(key, new Wei(has), chain, new Wei(needs)));
  }
}
