package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Hash;

/** What the log, the webhook and the API say of a finding. */
class AlertTest {
  private static final Hash INTENT = Hash.keccak("intent");
  private static final Instant AT = Instant.ofEpochSecond(1_800_000_000);

  @Test
  void L12_shouldSayWhatWasExpectedSeenAndDoneAndWhatToDo() {
    Deed deed = new Deed("dispute", 2, Optional.of(INTENT), "DISPUTED", AT);
    JsonNode alert = FindingJson.of(finding().with(deed));
    assertEquals("FORGERY", alert.path("rule").asText());
    assertEquals("CRITICAL", alert.path("severity").asText());
    assertEquals("OPEN", alert.path("status").asText());
    assertEquals("a dispatch at home", alert.path("expected").asText());
    assertEquals("none", alert.path("seen").asText());
    assertEquals("change the quorum", alert.path("next").asText());
    assertEquals("7", alert.path("agentId").asText());
    assertEquals(INTENT.hex(), alert.path("intentId").asText());
    assertEquals("DISPUTED", alert.path("done").path(0).path("outcome").asText());
    assertEquals(INTENT.hex(), alert.path("done").path(0).path("transaction").asText());
  }

  @Test
  void L12_shouldTellEveryChangeOfAFindingOnce() {
    List<Finding> told = new ArrayList<>();
    Findings findings = new Findings(told::add);
    findings.report(finding());
    findings.report(finding());
    findings.update("id", found -> found.with(Finding.Status.STOPPED));
    findings.update("id", found -> found.with(Finding.Status.STOPPED));
    assertEquals(
        List.of(Finding.Status.OPEN, Finding.Status.STOPPED),
        told.stream().map(Finding::status).toList());
    assertFalse(told.getLast().next().isBlank());
  }

  private static Finding finding() {
    return new Finding(
        "id",
        Check.FORGERY,
        Severity.CRITICAL,
        2,
        9,
        Optional.of(BigInteger.valueOf(7)),
        Optional.of(INTENT),
        "a dispatch at home",
        "none",
        "change the quorum",
        AT,
        Finding.Status.OPEN,
        List.of());
  }
}
