package org.mandate.intent;

/**
 * Where an intent stands on one chain; ordinals are those of {@code State} in {@code
 * CrossChainExecutor.sol}.
 */
public enum IntentState {
  NONE,
  DENIED,
  ADMITTED,
  DISPATCHED,
  QUEUED,
  DISPUTED,
  EXECUTED,
  CANCELLED,
  EXPIRED,
  /** Its deadline passed, and when it was tried it could not execute. */
  FAILED,
  /** At home: dispatched, and what became of it elsewhere is settled. */
  SETTLED;

  private static final IntentState[] ALL = values();

  /**
   * @throws IllegalArgumentException if no state has that number
   */
  public static IntentState of(int number) {
    if (number < 0 || number >= ALL.length) {
      throw new IllegalArgumentException("no intent is in state " + number);
    }
    return ALL[number];
  }

  /** Whether a destination may tell home that this became of an intent. */
  public boolean isOutcome() {
    return this == EXECUTED || this == CANCELLED || this == EXPIRED || this == FAILED;
  }
}
