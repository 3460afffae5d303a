package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How often and when last each agent was stopped at home, by a breach or by hand. A thaw names the
 * stops that it knows of, so what was found before the last one was there to see for whoever
 * decided it.
 */
final class Trips implements Examiner {
  private final Map<BigInteger, Trip> last = new ConcurrentHashMap<>();

  /**
   * An agent's last stop.
   *
   * @param count the stops so far, it included
   * @param at its block's timestamp
   */
  record Trip(long count, Instant at) {}

  Optional<Trip> last(BigInteger agentId) {
    return Optional.ofNullable(last.get(agentId));
  }

  @Override
  public void examine(Page page) {
    for (Entry entry : page.entries()) {
      if (entry instanceof Entry.Policy(var log)
          && log.topics().getFirst().equals(Topics.TRIPPED)) {
        last.merge(
            LogWords.of(log).topicNumber(1),
            new Trip(1, page.block().timestamp()),
            (before, one) -> new Trip(before.count() + 1, one.at()));
      }
    }
  }

  @Override
  public void reset() {
    last.clear();
  }
}
