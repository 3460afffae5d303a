package org.mandate.cli.bench.reorg;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import org.junit.jupiter.api.Test;
import org.mandate.intent.IntentState;

/** Home gives back only what the destination did not pay. */
class SettledTest {
  private static final BigInteger AMOUNT = BigInteger.TEN;

  @Test
  void shouldBeWhatTheDestinationDid() {
    assertTrue(settled(IntentState.EXECUTED, 10, 0).isRight(IntentState.EXECUTED, AMOUNT));
    assertTrue(settled(IntentState.CANCELLED, 0, 10).isRight(IntentState.CANCELLED, AMOUNT));
    assertTrue(settled(IntentState.EXPIRED, 0, 0).isRight(IntentState.EXPIRED, AMOUNT));
  }

  @Test
  void shouldTellWhatTheDestinationDidNot() {
    assertFalse(settled(IntentState.CANCELLED, 0, 10).isRight(IntentState.EXECUTED, AMOUNT));
    assertFalse(settled(IntentState.EXECUTED, 0, 10).isRight(IntentState.EXECUTED, AMOUNT));
    assertFalse(settled(IntentState.EXECUTED, 10, 1).isRight(IntentState.EXECUTED, AMOUNT));
    assertFalse(settled(IntentState.EXPIRED, 0, 11).isRight(IntentState.EXPIRED, AMOUNT));
    assertFalse(settled(IntentState.EXPIRED, 10, 0).isRight(IntentState.EXPIRED, AMOUNT));
  }

  private static Settled settled(IntentState outcome, long moved, long refunded) {
    return new Settled(outcome, BigInteger.valueOf(moved), BigInteger.valueOf(refunded));
  }
}
