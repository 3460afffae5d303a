package org.mandate.policy;

import java.math.BigInteger;
import java.util.Collections;

/**
 * What was spent of one asset in its rolling window, in units of 10^{@code exponent} of its
 * smallest unit: the finest in which the cap fits the 27 bits that the contract keeps per bucket.
 * People write decimal amounts, and up to eight significant digits are counted exactly; beyond
 * these an amount is rounded up and the cap down, so whatever rounding costs, it costs the agent
 * (L2).
 *
 * @param exponent decimal logarithm of the unit
 * @param window the units spent
 */
public record Usage(int exponent, RollingWindow window) {
  private static final int BUCKET_BITS = 27;

  /** Nothing spent, of an asset without a limit. */
  public static final Usage NONE =
      new Usage(0, new RollingWindow(1, 0, Collections.nCopies(RollingWindow.BUCKETS, 0L)));

  Usage at(long now) {
    return new Usage(exponent, window.at(now));
  }

  /** {@code amount} in units, rounded up. */
  BigInteger units(BigInteger amount) {
    return unitsOf(amount, exponent);
  }

  /** {@code cap} in units, rounded down. */
  BigInteger capUnits(BigInteger cap) {
    return cap.divide(unit());
  }

  /** What counts now, in units. */
  BigInteger used() {
    return BigInteger.valueOf(window.sum());
  }

  /** What is left under {@code cap}, in the asset's smallest unit, rounded down to whole units. */
  BigInteger left(BigInteger cap) {
    return capUnits(cap).subtract(used()).max(BigInteger.ZERO).multiply(unit());
  }

  /**
   * The same usage under a new limit. Nothing is forgotten: with another window, all that counts is
   * taken as spent now.
   *
   * @param now unix seconds
   */
  Usage under(AssetLimit next, AssetLimit previous, long now) {
    RollingWindow current = window.at(now);
    int nextExponent = exponentFor(next.cap().max(amountOf(current.sum())));
    return new Usage(
        nextExponent,
        next.window() == previous.window()
            ? current.holding(
                current.buckets().stream().map(units -> recounted(units, nextExponent)).toList())
            : RollingWindow.starting(next.window(), now, recounted(current.sum(), nextExponent)));
  }

  private long recounted(long units, int nextExponent) {
    return unitsOf(amountOf(units), nextExponent).longValueExact();
  }

  private BigInteger amountOf(long units) {
    return BigInteger.valueOf(units).multiply(unit());
  }

  private BigInteger unit() {
    return BigInteger.TEN.pow(exponent);
  }

  /** Of the smallest power of ten in which {@code amount}, rounded up, fits a bucket. */
  private static int exponentFor(BigInteger amount) {
    int exponent = 0;
    while (unitsOf(amount, exponent).bitLength() > BUCKET_BITS) {
      exponent++;
    }
    return exponent;
  }

  private static BigInteger unitsOf(BigInteger amount, int exponent) {
    BigInteger[] units = amount.divideAndRemainder(BigInteger.TEN.pow(exponent));
    return units[1].signum() == 0 ? units[0] : units[0].add(BigInteger.ONE);
  }
}
