package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What others cause for little. */
class BudgetTest {
  private Instant now = Instant.EPOCH;
  private final Findings findings = new Findings(finding -> {});
  private final Budget budget = new Budget(3, 5, "retraction", findings, clock());

  @Test
  void L7_shouldSpendSoManyAnHourAndTellWhenMoreAreCalledFor() {
    for (int i = 0; i < 3; i++) {
      assertTrue(budget.take());
      now = now.plus(Duration.ofMinutes(10));
    }
    assertEquals(List.of(), findings.all());
    assertFalse(budget.take());
    assertFalse(budget.take());
    assertEquals(1, findings.all().size(), "once");
    assertEquals(Check.SELF, findings.all().getFirst().check());
    now = now.plus(Duration.ofMinutes(31));
    assertTrue(budget.take(), "the first is an hour ago");
    assertFalse(budget.take());
    now = now.plus(Duration.ofMinutes(25));
    assertTrue(budget.take());
    assertTrue(budget.take());
    assertFalse(budget.take());
  }

  @Test
  void shouldHaveBackWhatWasNotNeededAndSayThatThereIsSomeAgain() {
    for (int i = 0; i < 3; i++) {
      assertTrue(budget.take());
    }
    assertFalse(budget.take());
    budget.giveBack();
    assertTrue(budget.take());
    assertFalse(budget.take());
    now = now.plus(Duration.ofHours(2));
    assertTrue(budget.take());
    assertEquals(Finding.Status.WITHDRAWN, findings.all().getFirst().status());
  }

  private Clock clock() {
    return new Clock() {
      @Override
      public ZoneId getZone() {
        throw new UnsupportedOperationException();
      }

      @Override
      public Clock withZone(ZoneId zone) {
        throw new UnsupportedOperationException();
      }

      @Override
      public Instant instant() {
        return now;
      }
    };
  }
}
