package org.mandate.relayer.follow;

import java.time.Duration;
import java.time.Instant;

/** How many blocks are stored per second, over the last few seconds. */
final class Pace {
  private static final Duration SPAN = Duration.ofSeconds(5);

  private Instant began;
  private long blocks;
  private double last;

  Pace(Instant now) {
    this.began = now;
  }

  /** So many more were stored. */
  synchronized void add(long more, Instant now) {
    perSecond(now); // ends a span that is over
    blocks += more;
  }

  /** Blocks per second of the last span that is over. */
  synchronized double perSecond(Instant now) {
    Duration passed = Duration.between(began, now);
    if (passed.compareTo(SPAN) >= 0) {
      last = blocks * 1000.0 / passed.toMillis();
      began = now;
      blocks = 0;
    }
    return last;
  }
}
