package org.mandate.relayer.work;

import java.time.Duration;
import java.time.Instant;

/**
 * That the nodes of one chain do not answer. Each question to them then takes a worker as long as
 * the connection allows, so nobody works there for a while, twice as long each time that it turns
 * out to be so again; and after that one worker at a time, until it has gone well for a while.
 */
final class Outage {
  /** Who fails sooner takes nobody's time: the work itself is put off. */
  private static final Duration SLOW = Duration.ofSeconds(2);

  private static final Duration FIRST = Duration.ofSeconds(1);
  private static final Duration MOST = Duration.ofSeconds(15);

  /** How long one worker at a time is there: longer than one question can take. */
  private static final Duration TRIAL = Duration.ofSeconds(15);

  private static final Duration MEMORY = Duration.ofMinutes(5);

  /** How a worker may work on the chain. */
  enum Entry {
    FREE,
    /** Nobody else may until {@link #leave}. */
    ALONE,
    CLOSED
  }

  private Duration length = Duration.ZERO;
  private Instant end = Instant.MIN;
  private boolean isTaken;

  /** Whether a worker that comes now may look for work there. */
  synchronized Entry enter(Instant now) {
    if (now.isBefore(end) || isTaken) return Entry.CLOSED;
    if (length.isZero() || !now.isBefore(end.plus(TRIAL))) return Entry.FREE;
    isTaken = true;
    return Entry.ALONE;
  }

  /** Whoever entered alone found nothing, or is done. */
  synchronized void leave() {
    isTaken = false;
  }

  /** Whether nobody works there now. */
  synchronized boolean isOn(Instant now) {
    return now.isBefore(end);
  }

  /**
   * A node's failure ended some work.
   *
   * @param began when the work began: what began before it was known tells nothing new
   */
  synchronized void failed(Instant began, Instant now) {
    if (now.isBefore(began.plus(SLOW)) || began.isBefore(end)) return;
    boolean again = !length.isZero() && now.isBefore(end.plus(MEMORY));
    Duration twice = length.multipliedBy(2);
    length = again ? (twice.compareTo(MOST) < 0 ? twice : MOST) : FIRST;
    end = now.plus(length);
  }
}
