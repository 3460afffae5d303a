package org.mandate.relayer.work;

import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.Test;

class RefusalTest {
  /** PostgreSQL takes no NUL in a JSON text: the work would stay claimed, and nobody would see. */
  @Test
  void L9_shouldBeStorableWhateverANodeSaid() {
    String json = Refusal.of("CONTRACT", "it says \0", "ask \0").json().encode();
    assertFalse(json.contains("\\u0000"), json);
  }
}
