package org.mandate.relayer.send;

import java.math.BigInteger;
import org.mandate.chain.Fees;

/**
 * What a transaction bids (EIP-1559), wei per gas.
 *
 * @param max most it pays in all
 * @param tip most of that which goes to the block's proposer, at most {@code max}
 */
public record Bid(BigInteger max, BigInteger tip) {
  private static final BigInteger TEN = BigInteger.TEN;
  private static final BigInteger ELEVEN = BigInteger.valueOf(11);
  private static final BigInteger THREE = BigInteger.valueOf(3);

  public Bid {
    if (tip.signum() < 0 || tip.compareTo(max) > 0) {
      throw new IllegalArgumentException("tip of " + tip + " wei per gas is not within 0 and the maximum fee of " + max);
    }
  }

  /** What the chain's last blocks suggest. */
  public static Bid of(Fees fees) {
    return new Bid(fees.maxFee(), fees.maxPriorityFee());
  }

  /**
   * The bid of a replacement: at least a tenth more than the last one, as nodes demand; what the market asks when that is more;
   * never beyond three times what it asks; never below the last bid.
   */
  public Bid replacedBy(Bid estimate) {
    BigInteger newTip = raise(tip, estimate.tip);
    return new Bid(raise(max, estimate.max).max(newTip), newTip);
  }

  /** Whether nodes take {@code next} in place of this: both parts a tenth more. */
  public boolean isReplaceableBy(Bid next) {
    return isTenthMore(max, next.max) && isTenthMore(tip, next.tip);
  }

  private static BigInteger raise(BigInteger old, BigInteger estimate) {
    return tenthMore(old).max(estimate).min(estimate.multiply(THREE)).max(old);
  }

  private static BigInteger tenthMore(BigInteger value) {
    return value.multiply(ELEVEN).add(TEN).subtract(BigInteger.ONE).divide(TEN); // rounded up
  }

  private static boolean isTenthMore(BigInteger old, BigInteger next) {
    return next.compareTo(tenthMore(old)) >= 0;
  }
}
