package org.mandate.watchdog;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/** What is said of those who give no usable answers: now and then a line, however often they do. */
final class Complaints<T> {
  static final Duration PAUSE = Duration.ofMinutes(10);

  /** Characters: they choose the words. */
  static final int MOST_LENGTH = 200;

  private final LongSupplier nanos;
  private final Map<T, Told> all = new HashMap<>();

  private static final class Told {
    private long at;
    private long unsaid;
  }

  Complaints() {
    this(System::nanoTime);
  }

  Complaints(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /**
   * One more.
   *
   * @return what is to be said now; empty: nothing, it was said not long ago
   */
  synchronized Optional<String> add(T about, String what) {
    Told told = all.get(about);
    long now = nanos.getAsLong();
    if (told != null && now - told.at < PAUSE.toNanos()) {
      told.unsaid++;
      return Optional.empty();
    }
    String text = String.valueOf(what);
    String cut = text.length() > MOST_LENGTH ? text.substring(0, MOST_LENGTH) + "..." : text;
    long unsaid = told == null ? 0 : told.unsaid;
    Told next = new Told();
    next.at = now;
    all.put(about, next);
    return Optional.of(unsaid == 0 ? cut : "%s (and %d more since)".formatted(cut, unsaid));
  }
}
