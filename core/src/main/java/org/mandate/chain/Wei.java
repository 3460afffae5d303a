package org.mandate.chain;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An amount of a chain's own coin.
 *
 * @param value in its smallest unit, 0 or more
 */
public record Wei(BigInteger value) implements Comparable<Wei> {
  public static final Wei ZERO = new Wei(BigInteger.ZERO);

  private static final Pattern WORDS =
      Pattern.compile("([0-9]{1,60}(?:\\.[0-9]{1,18})?) ?(wei|gwei|ether)");

  public Wei {
    if (value.signum() < 0) {
      throw new IllegalArgumentException(value + " wei is below zero");
    }
  }

  /**
   * @param text such as {@code 0.5 ether}, {@code 20 gwei} or {@code 1 wei}
   * @throws IllegalArgumentException for anything else, a part of a wei too
   */
  public static Wei of(String text) {
    Matcher parts = WORDS.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "not an amount with its unit, such as 0.5 ether, 20 gwei or 1000 wei");
    }
    try {
      return new Wei(
          new BigDecimal(parts.group(1))
              .movePointRight(decimals(parts.group(2)))
              .toBigIntegerExact());
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("less than a wei is no amount: " + text, e);
    }
  }

  private static int decimals(String unit) {
    return switch (unit) {
      case "ether" -> 18;
      case "gwei" -> 9;
      default -> 0;
    };
  }

  @Override
  public int compareTo(Wei other) {
    return value.compareTo(other.value);
  }

  /** In ether from a millionth of one on, else in gwei from a thousandth on, else in wei. */
  @Override
  public String toString() {
    for (String unit : new String[] {"ether", "gwei"}) {
      BigDecimal amount = new BigDecimal(value).movePointLeft(decimals(unit));
      int least = unit.equals("ether") ? 6 : 3;
      if (amount.compareTo(BigDecimal.ONE.movePointLeft(least)) >= 0) {
        return amount.stripTrailingZeros().toPlainString() + " " + unit;
      }
    }
    return value + " wei";
  }
}
