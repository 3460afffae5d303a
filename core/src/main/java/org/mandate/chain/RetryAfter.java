package org.mandate.chain;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;

/** How long a server wants to be left alone: seconds, or a time (RFC 9110, 10.2.3). */
final class RetryAfter {
  /** A server that says more is asked again after this all the same. */
  static final Duration MOST = Duration.ofMinutes(10);

  private RetryAfter() {}

  /** Empty: it cannot be read. Never below zero or above ten minutes. */
  static Optional<Duration> parse(String value) {
    String trimmed = value.trim();
    try {
      if (trimmed.matches("[0-9]{1,9}")) return Optional.of(clamped(Long.parseLong(trimmed)));
      Instant until =
          ZonedDateTime.parse(trimmed, DateTimeFormatter.RFC_1123_DATE_TIME.withLocale(Locale.ROOT))
              .toInstant();
      return Optional.of(clamped(Duration.between(Instant.now(), until).toSeconds()));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  private static Duration clamped(long seconds) {
    return Duration.ofSeconds(Math.clamp(seconds, 0, MOST.toSeconds()));
  }
}
