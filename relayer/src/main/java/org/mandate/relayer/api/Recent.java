package org.mandate.relayer.api;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** Answers that are given again for a moment, so that whoever asks often costs little. */
final class Recent<K, V> {
  private static final int MOST = 1_000;

  private record Known<V>(V value, Instant until) {}

  private final Duration keeps;
  private final Clock clock;
  private final Map<K, Known<V>> known = new ConcurrentHashMap<>();

  Recent(Duration keeps, Clock clock) {
    this.keeps = keeps;
    this.clock = clock;
  }

  /** The answer, at most that old. A failure is not kept. */
  V get(K key, Supplier<V> question) {
    Instant now = clock.instant();
    Known<V> old = known.get(key);
    if (old != null && now.isBefore(old.until())) return old.value();
    V fresh = question.get();
    if (known.size() >= MOST) known.clear();
    known.put(key, new Known<>(fresh, now.plus(keeps)));
    return fresh;
  }
}
