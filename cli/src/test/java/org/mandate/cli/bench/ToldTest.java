package org.mandate.cli.bench;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.mandate.intent.IntentState;

class ToldTest {
  @Test
  void L10_shouldTakeForTrueOnlyWhatTheChainsSay() {
    for (IntentState end : IntentState.values()) {
      if (end == IntentState.NONE) continue;
      for (IntentState told : IntentState.values())
        assertTrue(Told.isTrue(told.name(), end, false) == (told == end), told + " of " + end);
      assertFalse(Told.isTrue("SUPERSEDED", end, true), "it is there itself");
    }
  }

  @Test
  void L10_shouldTakeForOverWhatNeverCameOnlyWhenItCannot() {
    assertTrue(Told.isTrue("EXPIRED", IntentState.NONE, false));
    assertTrue(Told.isTrue("SUPERSEDED", IntentState.NONE, true));
    assertFalse(Told.isTrue("SUPERSEDED", IntentState.NONE, false), "by nobody");
    assertFalse(Told.isTrue("EXECUTED", IntentState.NONE, false));
  }
}
