package org.mandate.cli.bench.reorg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.mandate.cli.local.Town;
import org.mandate.intent.IntentState;

/** What nobody pays, or no chain tells of, no reorg takes back. */
class KindTest {
  @Test
  void shouldMakePaymentsOfEachKind() {
    assertEquals(EnumSet.allOf(Kind.class), EnumSet.copyOf(Clients.KINDS));
  }

  @Test
  void shouldMakePaymentsThatEndInEachWay() {
    var ends =
        Set.of(
            IntentState.EXECUTED,
            IntentState.DENIED,
            IntentState.CANCELLED,
            IntentState.EXPIRED,
            IntentState.FAILED);
    for (var end : ends)
      assertTrue(Clients.KINDS.stream().anyMatch(kind -> kind.mayBe(end)), end.name());
  }

  @Test
  void shouldLetNothingBeRefusedThatMustBePaid() {
    for (var kind : Clients.KINDS)
      for (var rule : Set.of("NONCE", "DEADLINE", "AGENT_BREAKER", "SIGNATURE", ""))
        assertFalse(kind.mustBePaid() && kind.mayBeRefusedBy(rule), kind + " " + rule);
  }

  @Test
  void shouldExecuteOnceWhatIsExecutedAndNothingElse() {
    assertTrue(Findings.isRight(Kind.DISPUTED, IntentState.EXECUTED, 1));
    assertTrue(Findings.isRight(Kind.DISPUTED, IntentState.CANCELLED, 0));
    assertFalse(Findings.isRight(Kind.DISPUTED, IntentState.EXECUTED, 0));
    assertFalse(Findings.isRight(Kind.DISPUTED, IntentState.EXECUTED, 2));
    assertFalse(Findings.isRight(Kind.DISPUTED, IntentState.CANCELLED, 1));
    assertFalse(Findings.isRight(Kind.DISPUTED, IntentState.DENIED, 0));
  }

  @Test
  void shouldDemandStagesOfBothChains() {
    Set<Boolean> sides =
        Stages.DEMANDED.stream()
            .map(stage -> Stages.isOf(Town.HOME, stage))
            .collect(Collectors.toSet());
    assertEquals(Set.of(true, false), sides);
    assertTrue(
        Stages.DEMANDED.stream()
            .allMatch(stage -> Stages.isOf(Town.HOME, stage) != Stages.isOf(Town.REMOTE, stage)));
  }
}
