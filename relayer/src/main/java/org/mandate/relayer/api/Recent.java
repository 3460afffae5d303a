package org.mandate.relayer.api;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;

/** Answers that are given again for a moment, so that whoever asks often costs little. */
final class Recent<K, V> {
  private static final int MOST = 1_000;

  private record Known<V>(FutureTask<V> value, Instant until) {}

  private final Duration keeps;
  private final Clock clock;
  private final Map<K, Known<V>> known = new ConcurrentHashMap<>();

  Recent(Duration keeps, Clock clock) {
    this.keeps = keeps;
    this.clock = clock;
  }

  /**
   * The answer, at most that old; whoever asks while it is being found out waits for it. A failure
   * is its own asker's, and is not kept.
   */
  V get(K key, Supplier<V> question) {
    Instant now = clock.instant();
    Known<V> own = new Known<>(new FutureTask<>(question::get), now.plus(keeps));
    if (known.size() >= MOST) known.clear();
    Known<V> found =
        known.compute(key, (k, old) -> old != null && now.isBefore(old.until()) ? old : own);
    if (found == own) own.value().run();
    try {
      return found.value().get();
    } catch (ExecutionException e) {
      known.remove(key, found);
      if (found != own) return question.get();
      if (e.getCause() instanceof RuntimeException failure) throw failure;
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for an answer", e);
    }
  }

  /** The answer is asked for anew. */
  void forget(K key) {
    known.remove(key);
  }
}
