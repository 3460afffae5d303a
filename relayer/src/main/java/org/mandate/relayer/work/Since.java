package org.mandate.relayer.work;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.mandate.chain.Hash;

/** Since when something is so of each subject; of the oldest of very many it is forgotten. */
final class Since {
  private final Map<Hash, Instant> times;

  /**
   * @param most of how many subjects it is remembered
   */
  Since(int most) {
    this.times =
        new LinkedHashMap<>() {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<Hash, Instant> eldest) {
            return size() > most;
          }
        };
  }

  /** When this was first called for the subject: {@code now}, if it was not before. */
  synchronized Instant first(Hash subject, Instant now) {
    return times.computeIfAbsent(subject, s -> now);
  }
}
