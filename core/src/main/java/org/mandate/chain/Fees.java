package org.mandate.chain;

import java.math.BigInteger;

/**
 * What an EIP-1559 transaction should bid now; wei per gas.
 *
 * @param baseFee of the next block
 * @param maxPriorityFee the tip, never above {@code maxFee}
 * @param maxFee covers some blocks of rising base fee
 */
public record Fees(BigInteger baseFee, BigInteger maxPriorityFee, BigInteger maxFee) {
  public Fees {
    if (baseFee.signum() < 0 || maxPriorityFee.signum() < 0 || maxFee.signum() < 0) {
      throw new IllegalArgumentException("a fee is negative");
    }
    if (maxPriorityFee.compareTo(maxFee) > 0) {
      throw new IllegalArgumentException(
          "tip " + maxPriorityFee + " is above the maximal fee " + maxFee);
    }
  }
}
