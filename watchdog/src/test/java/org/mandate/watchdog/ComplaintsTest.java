package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Relayers that answer with a thousand different errors. */
class ComplaintsTest {
  private final AtomicLong nanos = new AtomicLong();
  private final Complaints<String> complaints = new Complaints<>(nanos::get);

  @Test
  void L11_shouldSayOneLineNowAndThenHoweverManyWordsAreUsed() {
    assertEquals(Optional.of("error 0"), complaints.add("hostile", "error 0"));
    for (int i = 1; i <= 1000; i++) {
      assertEquals(Optional.empty(), complaints.add("hostile", "error " + i));
    }
    assertEquals(Optional.of("silent"), complaints.add("another", "silent"));
    nanos.addAndGet(Complaints.PAUSE.toNanos());
    assertEquals(
        Optional.of("error x (and 1000 more since)"), complaints.add("hostile", "error x"));
    assertEquals(Optional.empty(), complaints.add("hostile", "error y"));
  }

  @Test
  void L11_shouldCutWhatIsLong() {
    String said = complaints.add("hostile", "x".repeat(1 << 20)).orElseThrow();
    assertTrue(said.length() <= Complaints.MOST_LENGTH + 3, said.length() + " characters");
    assertEquals(Optional.of("null"), complaints.add("another", null));
  }
}
