package org.mandate.relayer;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;

/**
 * Steps of a start that do not need each other, each on a thread of its own. Who needs the outcome
 * of one asks for it, and gets what it threw. Nobody is left behind: closing waits for all, and
 * interrupts those that can be.
 */
final class Together implements AutoCloseable {
  private final List<Thread> threads = new ArrayList<>();
  private final List<Thread> waiting = new ArrayList<>();

  /** Begins a step that goes to its end whatever becomes of the others. */
  <T> Supplier<T> begin(String name, Callable<T> step) {
    FutureTask<T> task = new FutureTask<>(step);
    threads.add(Thread.ofPlatform().name("start-" + name).daemon().start(task));
    return () -> outcome(task);
  }

  /** Begins a step that waits for somebody, and does not when the others came to nothing. */
  <T> Supplier<T> beginWaiting(String name, Callable<T> step) {
    Supplier<T> outcome = begin(name, step);
    waiting.add(threads.getLast());
    return outcome;
  }

  private static <T> T outcome(FutureTask<T> task) {
    try {
      return task.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        case Throwable cause -> throw new IllegalStateException(cause);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while starting", e);
    }
  }

  @Override
  public void close() {
    waiting.forEach(Thread::interrupt);
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) Thread.currentThread().interrupt();
  }
}
