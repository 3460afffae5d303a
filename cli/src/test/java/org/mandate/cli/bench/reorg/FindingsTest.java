package org.mandate.cli.bench.reorg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.mandate.intent.IntentState;

/** One thing that is wrong is enough. */
class FindingsTest {
  @Test
  void shouldBeOkWhereNothingIsWrong() {
    assertTrue(good().figures().ok());
  }

  @Test
  void shouldNotBeOkWhereOneThingIsWrong() {
    for (Consumer<Findings> wrong :
        List.<Consumer<Findings>>of(
            f -> f.unfinished(1),
            f -> f.openTransactions(1),
            f -> f.toldWrong(),
            f -> f.settledWrongly(),
            f -> f.nonceGaps(1),
            f -> f.balance(1),
            f -> f.balance(-1),
            f -> f.compared(false),
            f -> f.refused(Kind.LATE, "SIGNATURE"),
            f -> f.ended(Kind.HOME, IntentState.EXECUTED, 2),
            f -> f.ended(Kind.HOME, IntentState.EXPIRED, 0),
            f -> f.ended(Kind.DISPUTED, IntentState.CANCELLED, 1))) {
      var findings = good();
      wrong.accept(findings);
      assertFalse(findings.figures().ok());
    }
  }

  @Test
  void shouldCountARefusalThatDoesNotFit() {
    var findings = new Findings();
    findings.refused(Kind.BREACH, "AGENT_BREAKER");
    findings.refused(Kind.LATE, "DEADLINE");
    assertEquals(0, findings.figures().values().path("refusedWrongly").asInt());
    findings.refused(Kind.LATE, "SIGNATURE");
    assertEquals(1, findings.figures().values().path("refusedWrongly").asInt());
    assertEquals(1, findings.figures().values().path("refused").path("LATE DEADLINE").asInt());
  }

  private static Findings good() {
    var findings = new Findings();
    findings.ended(Kind.HOME, IntentState.EXECUTED, 1);
    findings.ended(Kind.DISPUTED, IntentState.CANCELLED, 0);
    findings.compared(true);
    return findings;
  }
}
