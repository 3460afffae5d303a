package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LoopTest {
  private static final Duration INTERVAL = Duration.ofMillis(5);

  @Test
  void shouldGoOnWhenARoundEndsWithAnError() throws Exception {
    AtomicInteger rounds = new AtomicInteger();
    CountDownLatch fourth = new CountDownLatch(1);
    Loop.Round round =
        () -> {
          switch (rounds.incrementAndGet()) {
            case 1 -> throw new AssertionError("first");
            case 2 -> throw new StackOverflowError();
            case 3 -> {}
            default -> fourth.countDown(); // the third has been accounted for
          }
          return false;
        };
    Instant started = Instant.now();
    try (Loop loop = Loop.start("test", INTERVAL, round, () -> {})) {
      assertTrue(fourth.await(60, TimeUnit.SECONDS));
      assertEquals("", loop.failure());
      assertTrue(loop.lastSuccess().isAfter(started));
    }
  }

  @Test
  void shouldEndTheProcessWhenTheVirtualMachineIsBroken() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    AtomicInteger rounds = new AtomicInteger();
    Loop.Round round =
        () -> {
          rounds.incrementAndGet();
          throw new OutOfMemoryError("test");
        };
    try (Loop loop = Loop.start("test", INTERVAL, round, ended::countDown)) {
      assertTrue(ended.await(60, TimeUnit.SECONDS));
      Thread.sleep(50);
      assertEquals(1, rounds.get(), loop.name());
    }
  }

  /** Work for one wakes one; each is told that it is to end, which waits for hours. */
  @Test
  void L9_shouldWakeOneOfACrewAndEndAllOfIt() throws Exception {
    AtomicInteger rounds = new AtomicInteger();
    CountDownLatch begun = new CountDownLatch(3);
    CountDownLatch woken = new CountDownLatch(1);
    Loop.Round round =
        () -> {
          if (rounds.incrementAndGet() > 3) woken.countDown();
          begun.countDown();
          return false;
        };
    List<Loop> crew = Loop.crew("test", Duration.ofHours(1), round, 3);
    try {
      assertTrue(begun.await(60, TimeUnit.SECONDS));
      crew.getFirst().wake();
      assertTrue(woken.await(60, TimeUnit.SECONDS));
      Thread.sleep(50);
      assertEquals(4, rounds.get(), "one was woken");
    } finally {
      Instant asked = Instant.now();
      Loop.closeAll(crew);
      // An interrupt after ten seconds would end them, and tear what they are at.
      assertTrue(Duration.between(asked, Instant.now()).toSeconds() < 9, "each was told");
    }
  }
}
