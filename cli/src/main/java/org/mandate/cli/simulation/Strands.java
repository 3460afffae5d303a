package org.mandate.cli.simulation;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;

/**
 * Virtual time, and what goes on in it. Each strand has a thread of its own, but only one runs at a
 * time, and hands over only where it sleeps: which one goes on is decided by when each wakes, and
 * among equals by who lay down first. Nothing here looks at the machine's clock.
 */
final class Strands {
  /** One thing that goes on. */
  final class Strand {
    private final String name;
    private final Runnable body;
    private final Semaphore turn = new Semaphore(0);
    private long wakesAt;
    private long order;
    private boolean resting;
    private boolean woken;
    private boolean started;
    private boolean ended;

    private Strand(String name, Runnable body) {
      this.name = name;
      this.body = body;
    }

    String name() {
      return name;
    }

    boolean hasEnded() {
      return ended;
    }

    /** Ends its rest, or lets the next one not begin. */
    void wake() {
      if (resting) reschedule(this, now);
      else woken = true;
    }

    /** Whatever it waits for: it goes on at once. */
    void hurry() {
      if (!ended && due.remove(this)) put(this, now);
    }
  }

  private final TreeSet<Strand> due =
      new TreeSet<>(
          Comparator.<Strand>comparingLong(s -> s.wakesAt).thenComparingLong(s -> s.order));
  private final Semaphore back = new Semaphore(0);
  private long now;
  private long orders;
  private Strand running;
  private Throwable failure;

  /**
   * @param now milliseconds since 1970
   */
  Strands(long now) {
    this.now = now;
  }

  long now() {
    return now;
  }

  /** Virtual time as code reads it that takes a clock. */
  Clock clock(Duration skew) {
    return new Clock() {
      @Override
      public ZoneId getZone() {
        return ZoneOffset.UTC;
      }

      @Override
      public Clock withZone(ZoneId zone) {
        throw new UnsupportedOperationException("virtual time is UTC");
      }

      @Override
      public Instant instant() {
        return Instant.ofEpochMilli(now).plus(skew);
      }
    };
  }

  /** Begins after that many milliseconds. */
  Strand begin(String name, long after, Runnable body) {
    Strand strand = new Strand(name, body);
    put(strand, now + after);
    return strand;
  }

  /** Who runs; empty outside of all strands. */
  Optional<String> running() {
    return Optional.ofNullable(running).map(Strand::name);
  }

  /** Lets the running strand sleep, and others go on. */
  void sleep(long millis) {
    pause(millis, false);
  }

  /** As {@link #sleep}, and whoever wakes it ends it. */
  void rest(long millis) {
    if (running.woken) {
      running.woken = false;
      pause(0, false);
    } else {
      pause(millis, true);
    }
  }

  private void pause(long millis, boolean resting) {
    Strand self = running;
    if (self == null) throw new IllegalStateException("nobody runs");
    self.resting = resting;
    put(self, now + millis);
    back.release();
    self.turn.acquireUninterruptibly();
    self.resting = false;
  }

  private void put(Strand strand, long at) {
    strand.wakesAt = at;
    strand.order = orders++;
    due.add(strand);
  }

  private void reschedule(Strand strand, long at) {
    if (strand.wakesAt <= at || !due.remove(strand)) return;
    put(strand, at);
  }

  /** When the next one wakes. */
  long next() {
    return due.isEmpty() ? Long.MAX_VALUE : due.first().wakesAt;
  }

  /** Nobody did anything until then: whoever would have woken before wakes late. */
  void leap(long to) {
    now = Math.max(now, to);
  }

  /**
   * Runs one after the other as long as there are any and it shall go on.
   *
   * @throws Throwable what a strand threw
   */
  void run(BooleanSupplier goOn) throws Throwable {
    while (!due.isEmpty() && failure == null && goOn.getAsBoolean()) {
      Strand next = due.pollFirst();
      now = Math.max(now, next.wakesAt);
      running = next;
      if (next.started) next.turn.release();
      else start(next);
      back.acquireUninterruptibly();
      running = null;
    }
    if (failure != null) throw failure;
  }

  private void start(Strand strand) {
    strand.started = true;
    Thread thread =
        new Thread(
            () -> {
              try {
                strand.body.run();
              } catch (Crash e) {
                // A process that ended.
              } catch (Throwable e) {
                if (failure == null) failure = e;
              } finally {
                strand.ended = true;
                back.release();
              }
            },
            strand.name);
    thread.setDaemon(true);
    thread.start();
  }
}
