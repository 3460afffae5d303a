package org.mandate.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The laws hold in every order of events. */
class ScopesTest {
  static List<Scope> scopes() {
    return Scope.small();
  }

  @ParameterizedTest
  @MethodSource("scopes")
  void L2_L3_L7_shouldHoldInEveryOrderOfEventsAndEveryIntentEnds(Scope scope) {
    var outcome = Explorer.explore(scope);
    assertEquals(Optional.empty(), outcome.counterexample());
    assertTrue(outcome.states() > 5_000, () -> "hardly anything happens: " + outcome);
  }
}
