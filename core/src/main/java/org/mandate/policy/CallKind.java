package org.mandate.policy;

import org.mandate.chain.Address;
import org.mandate.intent.Intent;

/** How a contract call takes the amount that its intent declares ({@code CallKind.sol}). */
public enum CallKind {
  /** Not at all: such a call is never made. */
  NONE,
  /** The contract takes a token by itself, with an approval that ends with the call. */
  PULL,
  /** The amount goes with the call, in the chain's native coin. */
  SEND,
  /** A spender may take the amount from now on: it counts as spent. */
  APPROVE;

  private static final String APPROVE_SELECTOR = "0x095ea7b3";

  /** The kind follows from the call alone, so that a destination makes it as home judged it. */
  public static CallKind of(Intent intent) {
    if (intent.data().size() < 4) {
      return NONE;
    }
    boolean coin = intent.asset().equals(Address.ZERO);
    if (intent.data().hex().startsWith(APPROVE_SELECTOR)) {
      // The asset's own approve(spender, amount) and nothing behind it.
      boolean plain = !coin && intent.to().equals(intent.asset()) && intent.data().size() == 68;
      return plain ? APPROVE : NONE;
    }
    return coin ? SEND : PULL;
  }
}
