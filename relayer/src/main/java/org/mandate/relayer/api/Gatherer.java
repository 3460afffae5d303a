package org.mandate.relayer.api;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.mandate.relayer.Loop;

/**
 * Answers together what is asked at the same time. Whoever asks alone is served at once; what comes
 * while earlier questions are being answered goes along with the next ones, so that the groups grow
 * with the load and nobody waits for a timer.
 */
final class Gatherer<Q, A> implements AutoCloseable {
  /** Answers each of them, in their order. What it throws is the answer to none of them yet. */
  @FunctionalInterface
  interface Together<Q, A> {
    List<Supplier<A>> answer(List<Q> questions);
  }

  private record Asked<Q, A>(Q question, CompletableFuture<A> answer) {}

  private final BlockingQueue<Asked<Q, A>> waiting;
  private final int most;
  private final Together<Q, A> together;
  private final Supplier<RuntimeException> full;
  private final Consumer<Error> broken;
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean closed;

  /**
   * @param waiting most questions that wait; what comes beyond them is refused
   * @param most at a time
   * @param groups how many are answered at the same time: while one waits for the disk, the next
   *     one may ask a node
   * @param full what is thrown to whom is refused
   * @param broken is told when the virtual machine itself is: this one answers no more
   */
  Gatherer(
      String name,
      int waiting,
      int most,
      int groups,
      Together<Q, A> together,
      Supplier<RuntimeException> full,
      Consumer<Error> broken) {
    this.waiting = new ArrayBlockingQueue<>(waiting);
    this.most = most;
    this.together = together;
    this.full = full;
    this.broken = broken;
    for (int i = 0; i < groups; i++) {
      threads.add(Thread.ofVirtual().name(name + "-" + i).start(this::run));
    }
  }

  /** Waits for the answer, or throws what stands in its place. */
  A ask(Q question) {
    Asked<Q, A> asked = new Asked<>(question, new CompletableFuture<>());
    if (closed || !waiting.offer(asked)) throw full.get();
    try {
      return asked.answer().get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) throw failure;
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for an answer", e);
    }
  }

  /** How many wait. */
  int waiting() {
    return waiting.size();
  }

  private void run() {
    while (!closed) {
      List<Asked<Q, A>> group = new ArrayList<>();
      try {
        group.add(waiting.take());
      } catch (InterruptedException e) {
        break;
      }
      waiting.drainTo(group, most - 1);
      try {
        answer(group);
      } catch (Error e) {
        broken.accept(e);
        break;
      }
    }
  }

  /** What fails together is tried one by one: one that cannot be answered spoils no other. */
  private void answer(List<Asked<Q, A>> group) {
    try {
      List<Supplier<A>> answers = together.answer(group.stream().map(Asked::question).toList());
      for (int i = 0; i < group.size(); i++) complete(group.get(i), answers.get(i));
    } catch (RuntimeException | Error e) {
      if (group.size() == 1 || Loop.isFatal(e)) {
        group.forEach(asked -> asked.answer().completeExceptionally(e));
        if (Loop.isFatal(e)) throw e;
      } else {
        group.forEach(asked -> answer(List.of(asked)));
      }
    }
  }

  private static <Q, A> void complete(Asked<Q, A> asked, Supplier<A> answer) {
    try {
      asked.answer().complete(answer.get());
    } catch (RuntimeException e) {
      asked.answer().completeExceptionally(e);
    }
  }

  @Override
  public void close() {
    closed = true;
    threads.forEach(Thread::interrupt);
    List<Asked<Q, A>> left = new ArrayList<>();
    waiting.drainTo(left);
    left.forEach(asked -> asked.answer().completeExceptionally(full.get()));
  }
}
