package org.mandate.relayer;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * A workflow that runs again and again on a virtual thread of its own: at once when woken, else after its interval. A failure
 * is logged once per kind and never ends the loop; what failed is still in the database and is tried again.
 */
public final class Loop implements AutoCloseable {
  /** One round. Answers whether there is more to do right away. */
  @FunctionalInterface
  public interface Round {
    boolean run() throws InterruptedException;
  }

  private static final Journal LOG = Journal.of("loop");
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration MOST_BACKOFF = Duration.ofSeconds(10);

  private final String name;
  private final Duration interval;
  private final Round round;
  private final Semaphore wake = new Semaphore(0);
  private final Thread thread;
  private volatile boolean closed;

  private Loop(String name, Duration interval, Round round) {
    this.name = name;
    this.interval = interval;
    this.round = round;
    this.thread = Thread.ofVirtual().name(name).unstarted(this::run);
  }

  public static Loop start(String name, Duration interval, Round round) {
    Loop loop = new Loop(name, interval, round);
    loop.thread.start();
    return loop;
  }

  /** There is something to do. */
  public void wake() {
    if (wake.availablePermits() == 0) wake.release();
  }

  private void run() {
    String lastFailure = "";
    Duration pause = interval;
    while (!closed) {
      Failpoint.stopIfReached();
      try {
        boolean more = round.run();
        if (!lastFailure.isEmpty()) LOG.info("recovered", "loop", name);
        lastFailure = "";
        pause = more ? Duration.ZERO : interval;
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException | Error e) {
        // An Error too: a loop that ends in silence would be the jam that needs a person.
        if (closed) return;
        String failure = Journal.reason(e);
        if (!failure.equals(lastFailure)) LOG.warn("round failed, will be tried again", "loop", name, "reason", failure);
        lastFailure = failure;
        pause = pause.isZero() ? interval : min(pause.multipliedBy(2), MOST_BACKOFF);
      }
      try {
        if (!pause.isZero() && wake.tryAcquire(pause.toMillis(), TimeUnit.MILLISECONDS)) wake.drainPermits();
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  @Override
  public void close() {
    closed = true;
    wake();
    try {
      // An interrupt would tear a database connection in the middle of a round: only for one that does not end.
      if (!thread.join(PATIENCE)) {
        thread.interrupt();
        thread.join(PATIENCE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
