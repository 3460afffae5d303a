package org.mandate.relayer.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is asked at the same time goes together, and nothing spoils another's answer. */
class GathererTest {
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Error> broken = Collections.synchronizedList(new ArrayList<>());
  private final CompletableFuture<Void> go = new CompletableFuture<>();

  @AfterEach
  void end() {
    go.complete(null);
    threads.close();
  }

  private Gatherer<Integer, Integer> gatherer(
      int waiting, Gatherer.Together<Integer, Integer> together) {
    return new Gatherer<>(
        "test", waiting, 100, 1, together, () -> new IllegalStateException("full"), broken::add);
  }

  private static List<Supplier<Integer>> twice(List<Integer> numbers) {
    return numbers.stream().<Supplier<Integer>>map(n -> () -> twice(n)).toList();
  }

  private static int twice(int number) {
    if (number < 0) throw new IllegalArgumentException("below zero");
    return 2 * number;
  }

  private static int answer(Future<Integer> future) throws Exception {
    return future.get(20, TimeUnit.SECONDS);
  }

  @Test
  void shouldAnswerEachWithItsOwn() throws Exception {
    try (Gatherer<Integer, Integer> gatherer = gatherer(1000, GathererTest::twice)) {
      List<Future<Integer>> answers =
          IntStream.range(0, 500).mapToObj(i -> threads.submit(() -> gatherer.ask(i))).toList();
      for (int i = 0; i < 500; i++) assertEquals(2 * i, answer(answers.get(i)));
      assertThrows(IllegalArgumentException.class, () -> gatherer.ask(-1));
    }
  }

  @Test
  void shouldTakeAlongWhatComesWhileAGroupIsAnswered() throws Exception {
    CompletableFuture<Void> first = new CompletableFuture<>();
    List<Integer> groups = new ArrayList<>();
    try (Gatherer<Integer, Integer> gatherer =
        gatherer(
            1000,
            all -> {
              groups.add(all.size());
              first.complete(null);
              go.join();
              return twice(all);
            })) {
      List<Future<Integer>> answers = new ArrayList<>();
      answers.add(threads.submit(() -> gatherer.ask(0)));
      first.get(20, TimeUnit.SECONDS);
      for (int i = 1; i <= 50; i++) {
        int number = i;
        answers.add(threads.submit(() -> gatherer.ask(number)));
      }
      while (gatherer.waiting() < 50) Thread.sleep(5);
      go.complete(null);
      for (int i = 0; i <= 50; i++) assertEquals(2 * i, answer(answers.get(i)));
      assertEquals(List.of(1, 50), groups);
    }
  }

  @Test
  void shouldAnswerTheOthersWhenOneSpoilsTheGroup() throws Exception {
    try (Gatherer<Integer, Integer> gatherer =
        gatherer(
            1000,
            all -> {
              if (all.contains(13)) throw new IllegalStateException("poison");
              return twice(all);
            })) {
      List<Future<Integer>> answers =
          IntStream.range(0, 100).mapToObj(i -> threads.submit(() -> gatherer.ask(i))).toList();
      for (int i = 0; i < 100; i++) {
        Future<Integer> future = answers.get(i);
        if (i != 13) assertEquals(2 * i, answer(future));
        else assertEquals("poison", failure(future));
      }
    }
  }

  private static String failure(Future<Integer> future) {
    return assertThrows(ExecutionException.class, () -> answer(future)).getCause().getMessage();
  }

  /** Else it would take questions for ever that nobody answers. */
  @Test
  void L9_shouldTellThatTheMachineIsBrokenAndNotOfAnInputThatOverflowsAStack() throws Exception {
    AtomicReference<Error> thrown = new AtomicReference<>(new StackOverflowError());
    try (Gatherer<Integer, Integer> gatherer =
        gatherer(
            1000,
            numbers -> {
              throw thrown.get();
            })) {
      assertThrows(RuntimeException.class, () -> gatherer.ask(1));
      assertEquals(List.of(), broken);
      thrown.set(new OutOfMemoryError());
      assertThrows(RuntimeException.class, () -> gatherer.ask(2));
      for (int i = 0; i < 1000 && broken.isEmpty(); i++) Thread.sleep(10);
      assertEquals(List.of(thrown.get()), broken);
    }
  }

  @Test
  void shouldRefuseWhatNoLongerFitsAndLeaveNobodyWaitingWhenItCloses() throws Exception {
    CompletableFuture<Void> first = new CompletableFuture<>();
    Gatherer<Integer, Integer> gatherer =
        gatherer(
            1,
            all -> {
              first.complete(null);
              go.join();
              return twice(all);
            });
    threads.submit(() -> gatherer.ask(1));
    first.get(20, TimeUnit.SECONDS);
    Future<Integer> waits = threads.submit(() -> gatherer.ask(2));
    while (gatherer.waiting() < 1) Thread.sleep(5);
    assertEquals("full", failure(threads.submit(() -> gatherer.ask(3))));
    gatherer.close();
    assertEquals("full", failure(waits));
  }
}
