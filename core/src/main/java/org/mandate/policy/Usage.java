package org.mandate.policy;

import java.math.BigInteger;
import java.util.Collections;
import java.util.OptionalInt;

/**
 * What was spent of one asset in its rolling window, in units of 10^{@code exponent} of its
 * smallest unit: the finest in which the cap fits the 19 bits that the contract keeps per bucket.
 * The cap is exact in units, an amount is rounded up, so whatever rounding costs, it costs the
 * agent (L2). A bucket that cannot say in a new unit what it held is full, which is more than any
 * cap, and stays so until it falls out of the window.
 *
 * @param exponent decimal logarithm of the unit
 * @param window the units spent
 * @param redatedAt unix seconds when the window last changed: what was spent until then counts as
 *     spent then
 */
public record Usage(int exponent, RollingWindow window, long redatedAt) {
  /** What a bucket holds that cannot say what it held; also more than any cap's units. */
  static final long FULL = (1L << 19) - 1;

  /** Nothing spent, of an asset without a limit. */
  public static final Usage NONE =
      new Usage(0, new RollingWindow(1, 0, Collections.nCopies(RollingWindow.BUCKETS, 0L)), 0);

  Usage at(long now) {
    return with(window.at(now));
  }

  /** With other contents, of the same times and in the same unit. */
  Usage with(RollingWindow next) {
    return new Usage(exponent, next, redatedAt);
  }

  /**
   * What counts at {@code now} when {@code amount}, which was spent at {@code spentAt}, is given
   * back: whole units, at most what its bucket holds, and nothing of what is not told apart any
   * more, since it was dated anew, is out of the window, or its bucket is full (L2).
   */
  Usage refunded(BigInteger amount, long spentAt, long now) {
    RollingWindow current = window.at(now);
    OptionalInt bucket = current.bucketOf(spentAt);
    if (spentAt <= redatedAt || spentAt > now || bucket.isEmpty()) {
      return with(current);
    }
    long held = current.buckets().get(bucket.getAsInt());
    long units = amount.divide(unit()).min(BigInteger.valueOf(held)).longValueExact();
    return with(held == FULL ? current : current.minus(bucket.getAsInt(), units));
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
            : RollingWindow.starting(next, now, Math.min(FULL, recounted.sum())),
        next == previous ? redatedAt : now);
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

  BigInteger unit() {
    return BigInteger.TEN.pow(exponent);
  }
}
