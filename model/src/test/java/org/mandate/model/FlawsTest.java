package org.mandate.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Wrong rules are found out: each has a way to break a law, and the model shows it. */
class FlawsTest {
  private static final String NO_END = "from here no intent ever ends";

  static List<Arguments> flaws() {
    return List.of(
        Arguments.of(Flaw.NO_WINDOW, Scope.life(), "L7 what home never dispatched executes"),
        Arguments.of(Flaw.WATCHDOG_SLEEPS, Scope.life(), "L7 what home never dispatched executes"),
        Arguments.of(
            Flaw.WATCHDOG_TRUSTS_BARE_WINDOW,
            Scope.life(),
            "L7 what home never dispatched executes"),
        Arguments.of(
            Flaw.HASTEN_ENDS_WINDOW, Scope.life(), "L7 what home never dispatched executes"),
        Arguments.of(Flaw.CONFIRM_UNFINAL, Scope.life(), "L7 what home never dispatched executes"),
        Arguments.of(Flaw.ATTEST_UNFINAL, Scope.honest(), "L7 what home never dispatched executes"),
        Arguments.of(Flaw.REFUND_WITHOUT_WINDOW, Scope.two(), "L2 what was executed is given back"),
        Arguments.of(Flaw.RESULT_REPLACED, Scope.two(), "L2 what was executed is given back"),
        Arguments.of(Flaw.SETTLE_FORGETS, Scope.life(), "L2 what was counted is given back twice"),
        Arguments.of(Flaw.BOND_STAYS, Scope.life(), "a bond was returned and is still on record"),
        Arguments.of(
            Flaw.EXECUTE_PAST_DEADLINE, Scope.honest(), "L3 an intent executes past its deadline"),
        Arguments.of(Flaw.EXECUTE_FORGETS, Scope.honest(), "L3 an intent executes twice"),
        Arguments.of(Flaw.REFUTE_EXECUTED, Scope.life(), "L3 an intent executes twice"),
        Arguments.of(
            Flaw.REFUTE_BY_OLD_PROOF, Scope.life(), "L7 what home sent is taken for false"),
        Arguments.of(Flaw.REFUTE_CANCELS, Scope.proven(), "L7 what home dispatched is cancelled"),
        Arguments.of(
            Flaw.MIXED_SETS,
            Scope.minorities(),
            "L7 a message was delivered that no quorum of one set attested"),
        Arguments.of(
            Flaw.OVERLAP_WITHOUT_END,
            Scope.rotation(),
            "L7 a message was delivered that no quorum of one set attested"),
        Arguments.of(
            Flaw.PAUSE_AGAIN, Scope.rogue(), "L7 a rogue guardian kept an intent from executing"),
        Arguments.of(
            Flaw.DISPUTE_CONFIRMED, Scope.rogue(), "a dispute begins again after it was decided"),
        Arguments.of(Flaw.NO_RESOLVE, Scope.unproven(), NO_END),
        Arguments.of(Flaw.NO_RESEND, Scope.life(), NO_END),
        Arguments.of(Flaw.RESEND_UNTIL_DEADLINE, Scope.life(), NO_END),
        Arguments.of(
            Flaw.CLOSING_ENDS_NOTHING, Scope.closing(), "L7 what home never dispatched executes"),
        Arguments.of(
            Flaw.REOPENING_REVIVES, Scope.closing(), "L7 what home never dispatched executes"),
        Arguments.of(
            Flaw.REPLACEMENT_WAITS_NO_MORE,
            Scope.closing(),
            "L7 what home never dispatched executes"),
        Arguments.of(Flaw.NO_DELIVERY_AFTER_DEADLINE, Scope.honest(), NO_END));
  }

  @ParameterizedTest
  @MethodSource("flaws")
  void shouldFindWhatAWrongRuleLeadsTo(Flaw flaw, Scope scope, String law) {
    var found = Explorer.explore(scope.with(flaw)).counterexample();
    assertTrue(found.isPresent(), "nothing found");
    assertTrue(found.get().law().startsWith(law), found.get()::toString);
    assertFalse(found.get().events().isEmpty());
  }

  @Test
  void shouldTryEveryFlaw() {
    Set<Object> tried = new HashSet<>();
    flaws().forEach(f -> tried.add(f.get()[0]));
    assertEquals(new HashSet<>(Arrays.asList((Object[]) Flaw.values())), tried);
  }

  /**
   * A proof of absence needs a block of home that is younger than the delivery: a resolution window
   * that ends before there is one lets a forged copy, disputed, cancel the intent that comes later.
   */
  @Test
  void shouldFindThatTheResolutionWindowMustOutlastAProof() {
    var scope = Scope.proven();
    scope.resolutionWindow = 0;
    var found = Explorer.explore(scope).counterexample().orElseThrow();
    assertTrue(found.law().startsWith("L7 what home dispatched is cancelled"), found::toString);
  }

  /** A reorg takes a dispute back: who acts at the last moment acts too late. */
  @Test
  void shouldFindThatAReorgNeedsALongerWindow() {
    var scope = Scope.reorgs();
    scope.fullWindow = 1;
    scope.bareWindow = 1;
    var found = Explorer.explore(scope).counterexample().orElseThrow();
    assertTrue(found.law().startsWith("L7 what home never dispatched executes"), found::toString);
  }

  @Test
  void shouldTellACounterexampleInWords() {
    var found = Explorer.explore(Scope.life().with(Flaw.NO_WINDOW)).counterexample().orElseThrow();
    assertEquals(
        """
        L7 what home never dispatched executes
          1. there relayers    deliver(message 1, intent 1, FORGED)     home NONE, there QUEUED (by message 1, due in 0)
          2. there anyone      execute(intent 1)                        home NONE, there EXECUTED
        """,
        found.toString());
  }
}
