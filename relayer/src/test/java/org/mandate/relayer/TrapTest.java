package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class TrapTest {
  @Test
  void shouldReadAPointAndWhichTime() {
    assertEquals(new Trap.Armed("after-intent-stored", 1), Trap.parse("after-intent-stored"));
    assertEquals(
        new Trap.Armed("before-commit/Task.claim", 17), Trap.parse("before-commit/Task.claim:17"));
  }

  @Test
  void shouldRefuseWhatIsNoPointAndSayWhichThereAre() {
    for (String wrong :
        new String[] {
          "",
          "@/somewhere",
          "no-such-point",
          "after-intent-stored:0",
          "after-intent-stored:-1",
          ":2"
        }) {
      String words =
          assertThrows(IllegalArgumentException.class, () -> Trap.parse(wrong), wrong).getMessage();
      assertTrue(words.contains(Trap.VARIABLE) && words.contains("after-intent-stored"), words);
    }
  }

  @Test
  void shouldHaveNoTrapUnlessTheEnvironmentSaysSo() {
    assertFalse(Trap.isSet());
    Failpoint.AFTER_INTENT_STORED.reach(); // or this test never ends
    Trap.reach("before-commit/Task.claim");
    Trap.stopIfReached();
  }
}
