package org.mandate.cli.policy;

import java.time.DateTimeException;
import java.time.Instant;

/**
 * When a mandate ends.
 *
 * @param seconds unix seconds, below 2^32
 */
public record Expiry(long seconds) {
  private static final long MAX = (1L << 32) - 1;

  public Expiry {
    if (seconds <= 0 || seconds > MAX) {
      throw new IllegalArgumentException(
          "expiry " + seconds + " is not within 1 and " + MAX + " unix seconds");
    }
  }

  /** {@code 2027-01-31T00:00:00Z}, or unix seconds. */
  public static Expiry of(String text) {
    try {
      return new Expiry(
          text.matches("[0-9]{1,10}")
              ? Long.parseLong(text)
              : Instant.parse(text).getEpochSecond());
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          "\"%.40s\" is no time such as 2027-01-31T00:00:00Z, and not unix seconds"
              .formatted(text));
    }
  }
}
