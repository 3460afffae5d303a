package org.mandate.relayer;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * A workflow that runs again and again on a virtual thread of its own: at once when woken, else
 * after its interval. A failure is logged once per kind and never ends the loop; what failed is
 * still in the database and is tried again. A broken virtual machine ends the process: half a
 * relayer is worse than one that is started again.
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
  private static final int SOFTWARE_FAILURE = 70; // sysexits.h, EX_SOFTWARE

  private final String name;
  private final Duration interval;
  private final Round round;
  private final Semaphore wake;
  private final Duration mostBackoff;
  private final Runnable fatal;
  private final Thread thread;
  private volatile boolean closed;
  private volatile Instant lastSuccess = Instant.now();
  private volatile String failure = "";

  private Loop(
      String name,
      Duration interval,
      Duration mostBackoff,
      Round round,
      Runnable fatal,
      Semaphore wake) {
    this.name = name;
    this.wake = wake;
    this.mostBackoff = mostBackoff;
    this.fatal = fatal;
    this.interval = interval;
    this.round = round;
    this.thread = Thread.ofVirtual().name(name).unstarted(this::run);
  }

  public static Loop start(String name, Duration interval, Round round) {
    // Without shutdown hooks: they would wait for memory that is not there, and a crash loses
    // nothing (L9).
    return start(name, interval, MOST_BACKOFF, round, Loop::halt);
  }

  /**
   * Several that do the same work beside each other. {@link #wake} of any of them wakes one that
   * waits, or else the next one that is done.
   */
  public static List<Loop> crew(String name, Duration interval, Round round, int many) {
    Semaphore wake = new Semaphore(0);
    List<Loop> crew =
        IntStream.range(0, many)
            .mapToObj(
                i -> new Loop(name + "-" + i, interval, MOST_BACKOFF, round, Loop::halt, wake))
            .toList();
    crew.forEach(loop -> loop.thread.start());
    return crew;
  }

  /** As {@link #start(String, Duration, Round)}, but tries again after the interval, always. */
  public static Loop steady(String name, Duration interval, Round round) {
    return start(name, interval, interval, round, Loop::halt);
  }

  private static void halt() {
    Runtime.getRuntime().halt(SOFTWARE_FAILURE);
  }

  /**
   * @param fatal what ends the process
   */
  static Loop start(String name, Duration interval, Round round, Runnable fatal) {
    return start(name, interval, MOST_BACKOFF, round, fatal);
  }

  private static Loop start(
      String name, Duration interval, Duration mostBackoff, Round round, Runnable fatal) {
    Loop loop = new Loop(name, interval, mostBackoff, round, fatal, new Semaphore(0));
    loop.thread.start();
    return loop;
  }

  public String name() {
    return name;
  }

  /** When a round last ended well; before the first, when the loop was started. */
  public Instant lastSuccess() {
    return lastSuccess;
  }

  /** Why the last round failed; empty when it did not. */
  public String failure() {
    return failure;
  }

  /** There is something to do. */
  public void wake() {
    if (wake.availablePermits() == 0) wake.release();
  }

  private void run() {
    Duration pause = interval;
    while (!closed) {
      Trap.stopIfReached();
      try {
        boolean more = round.run();
        if (!failure.isEmpty()) LOG.info("recovered", "loop", name);
        failure = "";
        lastSuccess = Instant.now();
        pause = more ? Duration.ZERO : interval;
      } catch (InterruptedException e) {
        return;
      } catch (Throwable e) {
        // An Error too: a loop that ends in silence would be the jam that needs a person.
        if (isFatal(e)) {
          broken(name, e, fatal);
          return;
        }
        if (closed) return;
        String reason = Journal.reason(e);
        if (!reason.equals(failure))
          LOG.warn("round failed, will be tried again", "loop", name, "reason", reason);
        failure = reason;
        pause = pause.isZero() ? interval : min(pause.multipliedBy(2), mostBackoff);
      }
      try {
        if (!pause.isZero() && wake.tryAcquire(pause.toMillis(), TimeUnit.MILLISECONDS))
          wake.drainPermits();
      } catch (InterruptedException e) {
        return;
      }
    }
    wake(); // the others of a crew are to end, too
  }

  /**
   * Whether the virtual machine itself is broken. Input can overflow a stack: that breaks the round
   * only.
   */
  public static boolean isFatal(Throwable failure) {
    return failure instanceof VirtualMachineError && !(failure instanceof StackOverflowError);
  }

  /**
   * Ends the process: it goes on with no thread less.
   *
   * @param name of what cannot go on
   */
  public static void broken(String name, Throwable e) {
    broken(name, e, Loop::halt);
  }

  private static void broken(String name, Throwable e, Runnable fatal) {
    try {
      LOG.alarm(
          "the virtual machine is broken: the process ends",
          "loop",
          name,
          "reason",
          Journal.reason(e));
    } finally {
      fatal.run();
    }
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  /** Ends them together: none begins another round while another one's is waited for. */
  public static void closeAll(List<Loop> loops) {
    loops.forEach(Loop::stop);
    loops.forEach(Loop::close);
  }

  private void stop() {
    closed = true;
    wake();
  }

  @Override
  public void close() {
    stop();
    try {
      // An interrupt would tear a database connection in the middle of a round: only for one that
      // does not end.
      if (!thread.join(PATIENCE)) {
        thread.interrupt();
        thread.join(PATIENCE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
