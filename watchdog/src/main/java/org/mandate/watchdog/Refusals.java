package org.mandate.watchdog;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How often a node must say that the watchdog may not do something before that is believed: one
 * answer may be of a node that lags behind the vote that made it a guardian, or that lies.
 */
final class Refusals {
  static final int LEAST = 10;
  static final Duration TIME = Duration.ofSeconds(20);

  private final LongSupplier nanos;
  private int count;
  private long first;

  Refusals() {
    this(System::nanoTime);
  }

  Refusals(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** One more in a row. */
  synchronized void add() {
    if (count++ == 0) {
      first = nanos.getAsLong();
    }
  }

  /** It was refused for another reason. */
  synchronized void end() {
    if (!areEnough()) {
      count = 0;
    }
  }

  synchronized boolean areEnough() {
    return count >= LEAST && nanos.getAsLong() - first >= TIME.toNanos();
  }
}
