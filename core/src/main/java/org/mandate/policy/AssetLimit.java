package org.mandate.policy;

import java.math.BigInteger;

/**
 * The part of a mandate that holds for one asset, over all chains.
 *
 * @param perTransaction most per intent, in the asset's smallest unit, below 2^104; below 2^14
 *     times a power of ten
 * @param cap most in any window, same unit and range; below 2^19-1 times a power of ten; 0: the
 *     asset may not be spent
 * @param window seconds of the rolling window, at most {@link Terms#MAX_WINDOW}; each risk level
 *     doubles it
 */
public record AssetLimit(BigInteger perTransaction, BigInteger cap, int window) {
  /** Of an asset that the mandate does not name. */
  public static final AssetLimit NONE = new AssetLimit(BigInteger.ZERO, BigInteger.ZERO, 0);

  /** Most assets that the limits of one mandate may name. */
  public static final int MAX_ASSETS = 16;

  /**
   * @throws IllegalArgumentException when a value is out of range, or cannot be kept exactly;
   *     naming the nearest that can
   */
  public AssetLimit {
    Bounds.require("perTransaction", perTransaction, 104);
    Bounds.require("cap", cap, 104);
    Bounds.requireWindow("window", window);
    Digits.PER_TRANSACTION.require("perTransaction", perTransaction);
    Digits.CAP.require("cap", cap);
  }

  /** The largest cap not above {@code value} that can be kept. */
  public static BigInteger nearestCap(BigInteger value) {
    return Digits.CAP.nearest(value);
  }

  /** The largest per-transaction cap not above {@code value} that can be kept. */
  public static BigInteger nearestPerTransaction(BigInteger value) {
    return Digits.PER_TRANSACTION.nearest(value);
  }

  /** Whether no field of this is looser than in {@code current} (L5). */
  public boolean loosensNothingOf(AssetLimit current) {
    return perTransaction.compareTo(current.perTransaction) <= 0
        && cap.compareTo(current.cap) <= 0
        && window >= current.window;
  }
}
