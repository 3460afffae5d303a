package org.mandate.policy;

import java.math.BigInteger;
import java.util.Collections;

/**
 * What was spent of one asset in its rolling window, in units of 10^{@code exponent} of its
 * smallest unit: the finest in which the cap fits the 19 bits that the contract keeps per bucket.
 * The cap is exact in units, an amount is rounded up, so whatever rounding costs, it costs the
 * agent (L2). A bucket that cannot say in a new unit what it held is full, which is more than any
 * cap, and stays so until it falls out of the window.
 *
 * @param exponent decimal logarithm of the unit
 * @param window the units spent
 */
public record Usage(int exponent, RollingWindow window) {
  /** What a bucket holds that cannot say what it held; also more than any cap's units. */
  static final long FULL = (1L << 19) - 1;

  /** Nothing spent, of an asset without a limit. */
  public static final Usage NONE =
      new Usage(0, new RollingWindow(1, 0, Collections.nCopies(RollingWindow.BUCKETS, 0L)));

  Usage at(long now) {
    return new Usage(exponent, window.at(now));
  }

  /** {@code amount} in units, rounded up. */
  BigInteger units(BigInteger amount) {
    return Digits.units(amount, unit());
  }

  /** What counts now, in units. */
  BigInteger used() {
    return BigInteger.valueOf(window.sum());
  }

  /** What is left under {@code cap}, in the asset's smallest unit, whole units. */
  BigInteger left(BigInteger cap) {
    return units(cap).subtract(used()).max(BigInteger.ZERO).multiply(unit());
  }

  /**
   * The same usage under a new limit. Nothing is forgotten: with another window, all that counts is
   * taken as spent now.
   *
   * @param cap the new one
   * @param next seconds of the window in force from now on
   * @param previous seconds of the window in force before
   * @param now unix seconds
   */
  Usage under(BigInteger cap, int next, int previous, long now) {
    RollingWindow current = window.at(now);
    int nextExponent = Digits.CAP.exponent(cap);
    RollingWindow recounted =
        current.holding(
            current.buckets().stream().map(units -> recounted(units, nextExponent)).toList());
    return new Usage(
        nextExponent,
        next == previous
            ? recounted
            : RollingWindow.starting(next, now, Math.min(FULL, recounted.sum())));
  }

  private long recounted(long units, int nextExponent) {
    if (units == FULL) {
      return FULL;
    }
    BigInteger amount = BigInteger.valueOf(units).multiply(unit());
    return Digits.units(amount, BigInteger.TEN.pow(nextExponent))
        .min(BigInteger.valueOf(FULL))
        .longValueExact();
  }

  private BigInteger unit() {
    return BigInteger.TEN.pow(exponent);
  }
}
