package org.mandate.relayer.follow;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.mandate.chain.ChainClient;
import org.mandate.chain.NodeException;

/**
 * One question to all nodes at once.
 *
 * <p>Nodes that rest are not asked at first, and who has not answered when the patience is over is
 * not waited for any more, and rests from then on: both only once the answers that are there
 * suffice. As long as they do not, those that rest are asked, too, and everybody is waited for as
 * long as the connection allows. So leaving nodes out takes time off a question and never an answer
 * that was needed.
 */
final class Poll<T> {
  /** What one node is asked. */
  @FunctionalInterface
  interface Question<T> {
    /**
     * @param index the node's place among all
     */
    T ask(int index, ChainClient node);
  }

  /**
   * What came back.
   *
   * @param byNode of those that answered, by their place among all
   * @param failure of one that did not, if there is any
   */
  record Answers<T>(Map<Integer, T> byNode, NodeException failure) {}

  private record Reply<T>(int node, T answer, Throwable failure, long nanos) {}

  private final List<? extends ChainClient> nodes;
  private final Roster roster;
  private final Question<T> question;
  private final Predicate<Collection<T>> enough;
  private final long patience;
  private final Executor threads;
  private final LongSupplier clock;
  private final BlockingQueue<Reply<T>> replies = new LinkedBlockingQueue<>();
  private final Map<Integer, Future<?>> open = new HashMap<>();
  private final Map<Integer, T> answers = new TreeMap<>();
  private NodeException failure = new NodeException("no node was asked");
  private boolean lateCounts;
  private boolean goesOn;
  private Predicate<Collection<T>> sure = known -> false;

  /**
   * @param enough whether those answers suffice
   * @param patience how long more answers are waited for when those that are there suffice
   * @param threads carries out what is asked, each question by itself
   * @param clock nanoseconds, from anywhere
   */
  Poll(
      List<? extends ChainClient> nodes,
      Roster roster,
      Question<T> question,
      Predicate<Collection<T>> enough,
      Duration patience,
      Executor threads,
      LongSupplier clock) {
    this.nodes = nodes;
    this.roster = roster;
    this.question = question;
    this.enough = enough;
    this.patience = patience.toNanos();
    this.threads = threads;
    this.clock = clock;
  }

  /** The question itself remembers what is answered: also what comes when nobody waits any more. */
  Poll<T> whereLateCounts() {
    lateCounts = true;
    return this;
  }

  /**
   * Once the answers suffice and the patience is over, nobody is waited for, and nobody is late:
   * the others are asked to the end all the same.
   *
   * @param isSure whether no other answer would change anything: then the patience is over
   */
  Poll<T> whereOthersGoOn(Predicate<Collection<T>> isSure) {
    goesOn = true;
    lateCounts = true;
    sure = isSure;
    return this;
  }

  /** Asks. Failures of nodes are no answers; whatever else goes wrong is thrown. */
  Answers<T> take() {
    List<Integer> awake = new ArrayList<>();
    List<Integer> resting = new ArrayList<>();
    IntStream.range(0, nodes.size()).forEach(i -> (roster.isResting(i) ? resting : awake).add(i));
    try {
      ask(awake);
      if (!enough.test(answers.values())) ask(resting);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NodeException("interrupted while nodes were asked", e);
    } finally {
      if (!lateCounts) abandon();
    }
    return new Answers<>(answers, failure);
  }

  private void ask(List<Integer> some) throws InterruptedException {
    long start = clock.getAsLong();
    for (int node : some) {
      FutureTask<Boolean> asking = new FutureTask<>(() -> replies.add(reply(node)));
      open.put(node, asking);
      threads.execute(asking);
    }
    while (!open.isEmpty()) {
      Reply<T> reply = replies.poll();
      if (reply == null) {
        long left = patience - (clock.getAsLong() - start);
        if (!enough.test(answers.values())) reply = replies.take();
        else if (left > 0 && !sure.test(answers.values()))
          reply = replies.poll(left, TimeUnit.NANOSECONDS);
        if (reply == null) break;
      }
      note(reply);
    }
    if (!goesOn) open.keySet().forEach(roster::late);
  }

  /** Nobody reads what comes now, and it may be large. */
  private void abandon() {
    open.values().forEach(question -> question.cancel(true));
  }

  private Reply<T> reply(int node) {
    long start = clock.getAsLong();
    T answer = null;
    Throwable thrown = null;
    try {
      answer = question.ask(node, nodes.get(node));
    } catch (Throwable e) {
      thrown = e;
    }
    return new Reply<>(node, answer, thrown, clock.getAsLong() - start);
  }

  private void note(Reply<T> reply) {
    open.remove(reply.node());
    switch (reply.failure()) {
      case null -> {
        answers.put(reply.node(), reply.answer());
        if (!goesOn && reply.nanos() < patience) roster.prompt(reply.node());
      }
      case NodeException e -> {
        failure = e;
        if (!goesOn && reply.nanos() >= patience) roster.late(reply.node());
      }
      case Error e -> throw e;
      case RuntimeException e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
    }
  }
}
