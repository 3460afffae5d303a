package org.mandate.model;

/** Ways to get the rules wrong. The model must find what each of them leads to. */
enum Flaw {
  /** What is delivered may execute at once. */
  NO_WINDOW,
  /** Nobody disputes, refutes or drops in time. */
  WATCHDOG_SLEEPS,
  /** The watchdog counts with the window for few signatures, though more may be shown any time. */
  WATCHDOG_TRUSTS_BARE_WINDOW,
  /** To show more signatures ends the window, instead of cutting it to the one they are worth. */
  HASTEN_ENDS_WINDOW,
  /** A result is settled as soon as it is received. */
  REFUND_WITHOUT_WINDOW,
  /** A later report takes the place of the one that waits, and its time. */
  RESULT_REPLACED,
  /** What is settled may be settled again. */
  SETTLE_FORGETS,
  /** A message shown to be false ends its intent for good. */
  REFUTE_CANCELS,
  /** A proof of any age shows that home did not send a message. */
  REFUTE_BY_OLD_PROOF,
  /** Whatever state the intent is in, a false message takes it back. */
  REFUTE_EXECUTED,
  /** A proof of a block that may still vanish confirms. */
  CONFIRM_UNFINAL,
  /** Home sends each message once, and a forged one may have taken its number. */
  NO_RESEND,
  /** Home sends nothing again past the deadline, when it could only expire. */
  RESEND_UNTIL_DEADLINE,
  /** What a closed gateway brought executes all the same. */
  CLOSING_ENDS_NOTHING,
  /** What a gateway brought before it was closed executes once it is open again. */
  REOPENING_REVIVES,
  /** A message that takes the place of what a closed gateway brought waits what that had left. */
  REPLACEMENT_WAITS_NO_MORE,
  /** What arrives past its deadline is refused. */
  NO_DELIVERY_AFTER_DEADLINE,
  /** An intent executes at any time. */
  EXECUTE_PAST_DEADLINE,
  /** A paid intent stays queued. */
  EXECUTE_FORGETS,
  /** Honest relayers attest what may still vanish. */
  ATTEST_UNFINAL,
  /** Signatures of two relayer sets count together. */
  MIXED_SETS,
  /** The relayer set before stays good for ever. */
  OVERLAP_WITHOUT_END,
  /** A guardian pauses as often as he likes. */
  PAUSE_AGAIN,
  /** A guardian disputes what was confirmed. */
  DISPUTE_CONFIRMED,
  /** A dispute ends only when governance upholds the intent. */
  NO_RESOLVE,
  /** A guardian's dispute leaves the bond of the one before on record. */
  BOND_STAYS,
}
