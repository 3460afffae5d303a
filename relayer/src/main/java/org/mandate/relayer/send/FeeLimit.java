package org.mandate.relayer.send;

import java.math.BigInteger;
import org.mandate.chain.Fees;

/**
 * The most that a relayer pays on one chain, whatever its nodes say that the market asks; wei per
 * gas.
 *
 * @param max in all
 * @param tip of that, to the block's proposer
 */
public record FeeLimit(BigInteger max, BigInteger tip) {
  private static final BigInteger GWEI = BigInteger.TEN.pow(9);
  private static final BigInteger TWO = BigInteger.TWO;
  private static final BigInteger FOUR = BigInteger.valueOf(4);
  private static final BigInteger FIVE = BigInteger.valueOf(5);

  public FeeLimit {
    if (tip.signum() < 0 || max.compareTo(tip) < 0) {
      throw new IllegalArgumentException(
          "a tip limit of " + tip + " wei per gas is not within 0 and the fee limit of " + max);
    }
  }

  /** A limit in gwei per gas. */
  public static FeeLimit ofGwei(long max, long tip) {
    return new FeeLimit(
        BigInteger.valueOf(max).multiply(GWEI), BigInteger.valueOf(tip).multiply(GWEI));
  }

  /**
   * What to bid at those prices.
   *
   * @throws FeeLimitException when no block takes a transaction within the limit
   */
  Bid bid(Fees fees) {
    if (fees.baseFee().compareTo(max) > 0) {
      throw new FeeLimitException(
          "the base fee of %s wei per gas is above the limit of %s".formatted(fees.baseFee(), max));
    }
    return market(fees);
  }

  /**
   * What the market asks, with room below the limit for replacements, each of which must bid a
   * tenth more of both parts: a node's inflated estimate must not take it all at once.
   */
  Bid market(Fees fees) {
    BigInteger cutTip = fees.maxPriorityFee().min(tip.divide(TWO));
    BigInteger needed = fees.baseFee().multiply(FIVE).divide(FOUR).add(cutTip);
    return cut(new Bid(fees.maxFee().min(max.divide(TWO).max(needed)).max(cutTip), cutTip));
  }

  /** The bid, or as much of it as the limit allows. */
  Bid cut(Bid bid) {
    BigInteger cutMax = bid.max().min(max);
    return new Bid(cutMax, bid.tip().min(tip).min(cutMax));
  }

  /**
   * @throws FeeLimitException when the bid is above the limit
   */
  void check(Bid bid) {
    if (!cut(bid).equals(bid)) {
      throw new FeeLimitException(
          "a bid of %s with a tip of %s wei per gas is above the limits of %s and %s"
              .formatted(bid.max(), bid.tip(), max, tip));
    }
  }
}
