package org.mandate.cli.bench;

import org.mandate.intent.IntentState;

/** What a relayer calls the end of a payment, against what the chains say of it. */
public final class Told {
  private Told() {}

  /**
   * Whether it tells the truth.
   *
   * @param told the state that its API calls final
   * @param end where the payment stands where it is paid, or else at home
   * @param isRivalExecuted whether another intent of the same nonce was executed
   */
  public static boolean isTrue(String told, IntentState end, boolean isRivalExecuted) {
    if (end != IntentState.NONE) return told.equals(end.name());
    // Of one with a rival the deadline may have passed before that one was final.
    return told.equals(IntentState.EXPIRED.name())
        || (isRivalExecuted && told.equals("SUPERSEDED"));
  }
}
