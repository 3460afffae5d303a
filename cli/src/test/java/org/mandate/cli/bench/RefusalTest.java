package org.mandate.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class RefusalTest {
  @Test
  void shouldReadTheRule() {
    assertEquals("NONCE", Refusal.rule("{\"error\":{\"rule\":\"NONCE\",\"message\":\"used\"}}"));
  }

  @Test
  void shouldReadNoRuleWhereThereIsNone() {
    assertEquals("", Refusal.rule("{}"));
    assertEquals("", Refusal.rule(""));
    assertEquals("", Refusal.rule("<html>"));
  }
}
