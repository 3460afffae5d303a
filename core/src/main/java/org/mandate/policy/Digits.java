package org.mandate.policy;

import java.math.BigInteger;

/**
 * Amounts as people write them: a few digits and a power of ten. The contract keeps a limit only
 * when it can keep it exactly.
 */
enum Digits {
  /** Of a window's cap: below 2^19-1, so five significant digits always and often six. */
  CAP(BigInteger.TWO.pow(19).subtract(BigInteger.ONE)),
  /** Of a per-transaction cap: below 2^14, so four significant digits always and often five. */
  PER_TRANSACTION(BigInteger.TWO.pow(14));

  private final BigInteger limit;

  Digits(BigInteger limit) {
    this.limit = limit;
  }

  /** The largest amount that is not above {@code amount} and can be kept. */
  BigInteger nearest(BigInteger amount) {
    BigInteger unit = BigInteger.ONE;
    while (amount.divide(unit).compareTo(limit) >= 0) {
      unit = unit.multiply(BigInteger.TEN);
    }
    return amount.divide(unit).multiply(unit);
  }

  void require(String name, BigInteger amount) {
    BigInteger nearest = nearest(amount);
    if (!nearest.equals(amount)) {
      throw new IllegalArgumentException(
          "%s %s has more digits than the contract keeps: at most %s times a power of ten; the nearest below is %s"
              .formatted(name, amount, limit.subtract(BigInteger.ONE), nearest));
    }
  }

  /** Decimal logarithm of the smallest unit in which {@code amount}, rounded up, can be kept. */
  int exponent(BigInteger amount) {
    int exponent = 0;
    while (units(amount, BigInteger.TEN.pow(exponent)).compareTo(limit) >= 0) {
      exponent++;
    }
    return exponent;
  }

  /** {@code amount} in units, rounded up. */
  static BigInteger units(BigInteger amount, BigInteger unit) {
    return amount.add(unit).subtract(BigInteger.ONE).divide(unit);
  }
}
