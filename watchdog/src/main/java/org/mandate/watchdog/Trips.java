package org.mandate.watchdog;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.mandate.policy.Breaker;

/**
 * How often and when last each agent, and everybody, was stopped on one chain, by a breach or by
 * hand. A thaw or a restart names the stops that it knows of, so what was found before the last one
 * was there to see for whoever decided it.
 */
final class Trips implements Examiner {
  private final Map<Stoppable, Trip> last = new ConcurrentHashMap<>();

  /**
   * The last stop.
   *
   * @param count the stops so far, it included
   * @param at its block's timestamp
   */
  record Trip(long count, Instant at) {}

  Optional<Trip> last(Stoppable what) {
    return Optional.ofNullable(last.get(what));
  }

  @Override
  public void examine(Page page) {
    for (Entry entry : page.entries()) {
      if (entry instanceof Entry.Policy(var log)) {
        stopped(LogWords.of(log))
            .ifPresent(
                what ->
                    last.merge(
                        what,
                        new Trip(1, page.block().timestamp()),
                        (before, one) -> new Trip(before.count() + 1, one.at())));
      }
    }
  }

  private static Optional<Stoppable> stopped(LogWords log) {
    if (log.topic(0).equals(Topics.TRIPPED)) {
      return Optional.of(new Stoppable.Agent(log.topicNumber(1)));
    }
    return log.topic(0).equals(Topics.STOPPED)
        ? Optional.of(new Stoppable.Everybody(breaker(log)))
        : Optional.empty();
  }

  /** The breaker above the agents that a log of the account names. */
  static Breaker breaker(LogWords log) {
    return Breaker.of(log.topicNumber(1).intValueExact(), log.topicNumber(2));
  }

  @Override
  public void reset() {
    last.clear();
  }
}
