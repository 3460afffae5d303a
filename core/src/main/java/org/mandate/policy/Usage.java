package org.mandate.policy;

import java.math.BigInteger;
import java.util.Collections;

/**
 * What was spent of one asset in its rolling window, in units of 2^{@code shift} of its smallest
 * unit, rounded up: the contract keeps 27 bits per bucket, and whatever rounding costs, it costs
 * the agent (L2).
 *
 * @param shift binary logarithm of the unit
 * @param window the units spent
 */
public record Usage(int shift, RollingWindow window) {
  private static final int BUCKET_BITS = 27;

  /** Nothing spent, of an asset without a limit. */
  public static final Usage NONE =
      new Usage(0, new RollingWindow(1, 0, Collections.nCopies(RollingWindow.BUCKETS, 0L)));

  Usage at(long now) {
    return new Usage(shift, window.at(now));
  }

  /** {@code amount} in units, rounded up. */
  BigInteger units(BigInteger amount) {
    return unitsOf(amount, shift);
  }

  /** Largest number of whole units below {@code cap}. */
  BigInteger capUnits(BigInteger cap) {
    return cap.shiftRight(shift);
  }

  /** What counts now, in units. */
  BigInteger used() {
    return BigInteger.valueOf(window.sum());
  }

  /** What is left under {@code cap}, in the asset's smallest unit, rounded down to whole units. */
  BigInteger left(BigInteger cap) {
    return capUnits(cap).subtract(used()).max(BigInteger.ZERO).shiftLeft(shift);
  }

  /**
   * The same usage under a new limit. Nothing is forgotten: with another window, all that counts is
   * taken as spent now.
   *
   * @param now unix seconds
   */
  Usage under(AssetLimit next, AssetLimit previous, long now) {
    RollingWindow current = window.at(now);
    if (next.window() != previous.window()) {
      BigInteger total = BigInteger.valueOf(current.sum()).shiftLeft(shift);
      int nextShift = shiftFor(next.cap().max(total));
      return new Usage(
          nextShift,
          RollingWindow.starting(next.window(), now, unitsOf(total, nextShift).longValueExact()));
    }
    long fullest = Collections.max(current.buckets());
    int nextShift = shiftFor(next.cap().max(BigInteger.valueOf(fullest).shiftLeft(shift)));
    return new Usage(
        nextShift,
        current.holding(
            current.buckets().stream()
                .map(
                    units ->
                        unitsOf(BigInteger.valueOf(units).shiftLeft(shift), nextShift)
                            .longValueExact())
                .toList()));
  }

  /** The smallest unit in which {@code amount} fits a bucket. */
  private static int shiftFor(BigInteger amount) {
    int shift = Math.max(0, amount.bitLength() - BUCKET_BITS);
    return unitsOf(amount, shift).bitLength() > BUCKET_BITS ? shift + 1 : shift;
  }

  private static BigInteger unitsOf(BigInteger amount, int shift) {
    BigInteger whole = amount.shiftRight(shift);
    return whole.shiftLeft(shift).equals(amount) ? whole : whole.add(BigInteger.ONE);
  }
}
