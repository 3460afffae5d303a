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

  /** As a signature and a trial take it, to which the base fee is no matter. */
  public Fees fees() {
    return new Fees(BigInteger.ZERO, tip, max);
  }

  /** What the chain's last blocks suggest. */
  public static Bid of(Fees fees) {
    return new Bid(fees.maxFee(), fees.maxPriorityFee());
  }

  /**
   * The bid of a replacement: {@code max(min(max(old * 1.1, estimate), 3 * estimate), old)} of each
   * part. Nodes demand a tenth more of both parts at once. So where one part is at three times what
   * the market asks, none rises: it is not the bid that keeps the transaction out of blocks. But
   * where the market asks more of a part than is bid, it gets that, and the other part rises by its
   * tenth even beyond three times.
   *
   * @return this very bid when nothing is to be gained by another one
   */
  public Bid replacedBy(Bid estimate) {
    Bid tenthMore = tenthMore();
    boolean isBelowMarket = max.compareTo(estimate.max) < 0 || tip.compareTo(estimate.tip) < 0;
    boolean isWithin =
        !tenthMore.isBeyond(estimate) && tenthMore.tip.compareTo(estimate.tip.multiply(THREE)) <= 0;
    return isBelowMarket || isWithin ? tenthMore.atLeast(estimate) : this;
  }

  /** Whether it is more in all than three times what the market asks. */
  boolean isBeyond(Bid estimate) {
    return max.compareTo(estimate.max.multiply(THREE)) > 0;
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
