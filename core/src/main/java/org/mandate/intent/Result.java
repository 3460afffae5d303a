package org.mandate.intent;

import java.math.BigInteger;
import org.mandate.chain.Hash;

/**
 * What became of an intent at its destination, as a message tells home.
 *
 * @param outcome any state: whoever forges a message chooses
 * @param moved what left the account there, uint104, in the asset's smallest unit; 0 unless
 *     executed
 */
public record Result(Hash intentId, IntentState outcome, BigInteger moved) {
  public Result {
    if (moved.signum() < 0 || moved.bitLength() > 104) {
      throw new IllegalArgumentException("result.moved: " + moved + " is not from 0 to 2^104 - 1");
    }
  }
}
