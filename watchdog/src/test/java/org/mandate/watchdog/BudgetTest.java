package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** What others cause for little. */
class BudgetTest {
  private Instant now = Instant.EPOCH;
  private boolean rich;
  private final Findings findings = new Findings(finding -> {});
  private final Budget budget = new Budget(3, 5, "retraction", () -> rich, findings, clock());

  @Test
  void L7_shouldSpendSoManyAnHourAndTellWhenMoreAreCalledFor() {
    for (int i = 0; i < 3; i++) {
      assertTrue(budget.take(true));
      now = now.plus(Duration.ofMinutes(10));
    }
    assertEquals(List.of(), findings.all());
    assertFalse(budget.take(true));
    assertFalse(budget.take(true));
    assertEquals(1, findings.all().size(), "once");
    assertEquals(Check.SELF, findings.all().getFirst().check());
    now = now.plus(Duration.ofMinutes(31));
    assertTrue(budget.take(true), "the first is an hour ago");
    assertFalse(budget.take(true));
    now = now.plus(Duration.ofMinutes(25));
    assertTrue(budget.take(true));
    assertTrue(budget.take(true));
    assertFalse(budget.take(true));
  }

  @Test
  void shouldHaveBackWhatWasNotNeededAndSayThatThereIsSomeAgain() {
    for (int i = 0; i < 3; i++) {
      assertTrue(budget.take(true));
    }
    assertFalse(budget.take(true));
    budget.giveBack();
    assertTrue(budget.take(true));
    assertFalse(budget.take(true));
    now = now.plus(Duration.ofHours(2));
    assertTrue(budget.take(true));
    assertEquals(Finding.Status.WITHDRAWN, findings.all().getFirst().status());
  }

  @Test
  void L7_shouldHaveWhatCannotWaitTakeMoreThanThatUnlessDisputesNeedIt() {
    rich = true;
    for (int i = 0; i < 3; i++) {
      assertTrue(budget.take(false));
    }
    assertFalse(budget.take(false), "it can wait");
    for (int i = 0; i < 100; i++) {
      assertTrue(budget.take(true), "it cannot");
    }
    assertEquals(1, findings.all().size(), "people are told");
    rich = false;
    assertFalse(budget.take(true), "the rest is for disputes");
    now = now.plus(Duration.ofHours(2));
    assertFalse(budget.take(false), "what is left in the hour is for what cannot wait");
    for (int i = 0; i < 3; i++) {
      assertTrue(budget.take(true));
    }
    assertFalse(budget.take(true));
  }

  @Test
  void L7_shouldNotGiveTheSameToManyAtOnce() throws Exception {
    Budget slow =
        new Budget(
            3,
            5,
            "retraction",
            () -> {
              LockSupport.parkNanos(100_000_000);
              return true;
            },
            findings,
            clock());
    AtomicInteger taken = new AtomicInteger();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 100; i++) {
        threads.submit(() -> slow.take(false) ? taken.incrementAndGet() : 0);
      }
    }
    assertEquals(3, taken.get());
  }

  @Test
  void L7_eachTransactionOfARemedyNeedsOneMore() {
    try (Ration ration = new Ration(budget)) {
      for (int i = 0; i < 3; i++) {
        assertTrue(ration.isTaken(true));
        assertTrue(ration.isTaken(true), "it is asked again before it is sent");
        ration.spend();
      }
      assertFalse(ration.isTaken(true));
    }
    now = now.plus(Duration.ofHours(2));
    try (Ration unused = new Ration(budget)) {
      assertTrue(unused.isTaken(true));
    }
    for (int i = 0; i < 3; i++) {
      assertTrue(budget.take(true), "what was not sent is given back");
    }
    assertFalse(budget.take(true));
  }

  private Clock clock() {
    InstantSource source = () -> now;
    return source.withZone(ZoneOffset.UTC);
  }
}
