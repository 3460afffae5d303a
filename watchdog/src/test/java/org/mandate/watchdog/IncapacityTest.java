package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.watchdog.Enforcer.Trouble.Kind;

class IncapacityTest {
  private static final Kind FUNDS = new Kind(Kind.ANY, "funds");

  private final List<Finding> told = new ArrayList<>();
  private final Findings findings = new Findings(told::add);
  private final Incapacity incapacity =
      new Incapacity(1, Address.ZERO, findings, Clock.systemUTC());

  @Test
  void L7_shouldTellOneTroubleOnceWhateverNumbersItsWordsHave() {
    for (int block = 0; block < 100; block++) {
      incapacity.accept(FUNDS, "balance " + (1_000 - block) + ", queued cost " + block);
    }
    assertEquals(1, told.size());
    incapacity.accept(new Kind("dispute of intent 0x1", "would revert"), "no role");
    assertEquals(2, told.size(), "another kind is told");
  }

  @Test
  void L7_shouldNotWithdrawWhatAnotherIntentNeeds() {
    findings.report(caseAlarm());
    incapacity.accept(FUNDS, "balance 3");
    incapacity.accept(new Kind("freeze of agent 1", "would revert"), "no role");
    incapacity.accept(new Kind("freeze of agent 12", "would revert"), "no role");
    incapacity.over("freeze of agent 1", true);
    assertEquals(
        List.of("case:1:0x2", "self:1:freeze of agent 12:would revert"),
        findings.all().stream()
            .filter(found -> found.status() == Finding.Status.OPEN)
            .map(Finding::id)
            .toList());
  }

  @Test
  void shouldKeepWhatTheAccountLacksWhenSomebodyElseWasFaster() {
    incapacity.accept(FUNDS, "balance 3");
    incapacity.over("freeze of agent 1", false);
    assertEquals(Finding.Status.OPEN, findings.all().getFirst().status());
    incapacity.over("freeze of agent 1", true);
    assertEquals(Finding.Status.WITHDRAWN, findings.all().getFirst().status());
  }

  private static Finding caseAlarm() {
    return new Finding(
        "case:1:0x2",
        Check.SELF,
        Severity.CRITICAL,
        1,
        5,
        Optional.of(BigInteger.ONE),
        Optional.of(Hash.keccak("intent")),
        "the watchdog can judge it",
        "an Error",
        "compare it by hand",
        Instant.EPOCH,
        Finding.Status.OPEN,
        List.of());
  }
}
