package org.mandate.policy;

import java.math.BigInteger;

/**
 * The part of a mandate that holds for one asset, over all chains.
 *
 * @param perTransaction most per intent, in the asset's smallest unit, below 2^104
 * @param cap most in any window, same unit and range; 0: the asset may not be spent
 * @param window seconds of the rolling window, below 2^24
 */
public record AssetLimit(BigInteger perTransaction, BigInteger cap, int window) {
  /** Of an asset that the mandate does not name. */
  public static final AssetLimit NONE = new AssetLimit(BigInteger.ZERO, BigInteger.ZERO, 0);

  public AssetLimit {
    Bounds.require("perTransaction", perTransaction, 104);
    Bounds.require("cap", cap, 104);
    Bounds.require("window", window, 24);
  }

  /** Whether no field of this is looser than in {@code current} (L5). */
  public boolean loosensNothingOf(AssetLimit current) {
    return perTransaction.compareTo(current.perTransaction) <= 0
        && cap.compareTo(current.cap) <= 0
        && window >= current.window;
  }
}
