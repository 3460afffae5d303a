package org.mandate.policy;

import java.math.BigInteger;

/** The ranges that the contracts' integer types have. */
final class Bounds {
  private Bounds() {}

  static void require(String name, long value, int bits) {
    require(name, BigInteger.valueOf(value), bits);
  }

  static void requireWindow(String name, int seconds) {
    if (seconds < 0 || seconds > Terms.MAX_WINDOW) {
      throw new IllegalArgumentException(
          name + " must be in 0 to " + Terms.MAX_WINDOW + " seconds, not " + seconds);
    }
  }

  static void require(String name, BigInteger value, int bits) {
    if (value.signum() < 0 || value.bitLength() > bits) {
      throw new IllegalArgumentException(name + " must be in 0 to 2^" + bits + "-1, not " + value);
    }
  }
}
