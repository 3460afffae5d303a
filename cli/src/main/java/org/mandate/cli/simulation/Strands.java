package org.mandate.cli.simulation;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
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
  /** Several that do the same beside each other: who wakes them wakes one. */
  final class Crew {
    private final List<Strand> members = new ArrayList<>();
    private boolean woken;

    /** Ends the rest of one of them, or lets the next rest not begin. */
    void wake() {
      if (members.stream().anyMatch(s -> s.resting && s.wakesAt <= now))
        return; // one is on its way
      members.stream()
          .filter(s -> s.resting)
          .findFirst()
          .ifPresentOrElse(s -> reschedule(s, now), () -> woken = true);
    }
  }

  /** One thing that goes on. */
  final class Strand {
    private final String name;
    private final Runnable body;
    private final Crew crew;
    private final Semaphore turn = new Semaphore(0);
    private long wakesAt;
    private long order;
    private boolean resting;
    private boolean started;
    private boolean ended;

    private Strand(String name, Crew crew, Runnable body) {
      this.name = name;
      this.crew = crew;
      crew.members.add(this);
      this.body = body;
    }

    String name() {
      return name;
    }

    boolean hasEnded() {
      return ended;
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
    return begin(new Crew(), name, after, body);
  }

  /** As above, one of a crew. */
  Strand begin(Crew crew, String name, long after, Runnable body) {
    Strand strand = new Strand(name, crew, body);
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

  /** As {@link #sleep}, and whoever wakes its crew may end it. */
  void rest(long millis) {
    if (running.crew.woken) {
      running.crew.woken = false;
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
