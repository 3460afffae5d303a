package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class TogetherTest {
  @Test
  void shouldTakeStepsAtTheSameTime() {
    CountDownLatch both = new CountDownLatch(2);
    try (Together steps = new Together()) {
      Supplier<Integer> one = steps.begin("one", () -> met(both, 1));
      Supplier<Integer> two = steps.beginWaiting("two", () -> met(both, 2));
      assertEquals(3, one.get() + two.get());
    }
  }

  private static int met(CountDownLatch both, int answer) throws InterruptedException {
    both.countDown();
    both.await();
    return answer;
  }

  @Test
  void shouldSayWhatAStepThrewAndLeaveNobodyBehind() {
    AtomicBoolean gaveUp = new AtomicBoolean();
    AtomicBoolean ended = new AtomicBoolean();
    IllegalArgumentException thrown =
        assertThrows(
            IllegalArgumentException.class,
            () -> {
              try (Together steps = new Together()) {
                Supplier<Boolean> wrong =
                    steps.begin(
                        "wrong",
                        () -> {
                          throw new IllegalArgumentException("another key");
                        });
                steps.beginWaiting(
                    "waiting",
                    () -> {
                      try {
                        new CountDownLatch(1).await();
                      } finally {
                        gaveUp.set(true);
                      }
                      return true;
                    });
                steps.begin(
                    "working",
                    () -> {
                      Thread.sleep(500); // an interrupt would end it before
                      ended.set(true);
                      return true;
                    });
                wrong.get();
              }
            });
    assertEquals("another key", thrown.getMessage());
    assertTrue(gaveUp.get());
    assertTrue(ended.get());
  }
}
