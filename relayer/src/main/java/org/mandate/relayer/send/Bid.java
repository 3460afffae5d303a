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
      throw new IllegalArgumentException(
          "tip of " + tip + " wei per gas is not within 0 and the maximum fee of " + max);
    }
  }

  /** What the chain's last blocks suggest. */
  public static Bid of(Fees fees) {
    return new Bid(fees.maxFee(), fees.maxPriorityFee());
  }

  /**
   * The bid of a replacement: both parts at least a tenth more than the last ones, as nodes demand
   * even when the market asks more of one part only; what it asks when that is more. The same bid
   * when both parts are beyond three times what the market asks already: then it is not the bid
   * that keeps the transaction out of blocks.
   */
  public Bid replacedBy(Bid estimate) {
    boolean enough =
        max.compareTo(estimate.max.multiply(THREE)) >= 0
            && tip.compareTo(estimate.tip.multiply(THREE)) >= 0;
    if (enough) return this;
    Bid tenthMore = tenthMore();
    BigInteger newTip = tenthMore.tip.max(estimate.tip);
    return new Bid(tenthMore.max.max(estimate.max).max(newTip), newTip);
  }

  /** The least that nodes take in place of this. */
  public Bid tenthMore() {
    return new Bid(tenthMore(max), tenthMore(tip));
  }

  /**
   * What to bid when a node refuses this one although blocks paid less: twice the tip, which is
   * what pools have a minimum of, and a tenth more in all.
   */
  Bid afterRefusal() {
    BigInteger twice = tip.shiftLeft(1).add(BigInteger.ONE);
    return new Bid(tenthMore(max).max(twice), twice);
  }

  /** The higher of both parts. */
  Bid atLeast(Bid other) {
    BigInteger higher = tip.max(other.tip);
    return new Bid(max.max(other.max).max(higher), higher);
  }

  /** Whether nodes take {@code next} in place of this: both parts a tenth more. */
  public boolean isReplaceableBy(Bid next) {
    return isTenthMore(max, next.max) && isTenthMore(tip, next.tip);
  }

  private static BigInteger tenthMore(BigInteger value) {
    return value.multiply(ELEVEN).add(TEN).subtract(BigInteger.ONE).divide(TEN); // rounded up
  }

  private static boolean isTenthMore(BigInteger old, BigInteger next) {
    return next.compareTo(tenthMore(old)) >= 0;
  }
}
