package org.mandate.watchdog;

/** What the watchdog checks; a finding names the check that failed. */
public enum Check {
  /** A queued intent was dispatched by home, under that message id. */
  FORGERY,
  /** Home could be asked about a queued intent before its window ran out. */
  HOME_UNREACHABLE,
  /** The dispatch of a queued intent was final at home before its window ran out. */
  HOME_NOT_FINAL,
  /** A decision at home is the one that the mandate gives. */
  POLICY,
  /** What a message says became of an intent elsewhere is so. */
  RESULT,
  /** An order that waits at a destination was sent by home. */
  ORDER,
  /** What is posted at a destination as the hash of a block of home's is it. */
  HASH,
  /** No relayer signed two contents of one message number. */
  EQUIVOCATION,
  /** Nothing of the bond of a relayer whose signature counts is on its way back to it. */
  BOND,
  /** An intent that executed at a destination was dispatched by home. */
  EXECUTION,
  /**
   * What left the account left it for an executed intent, a direct payment, an approval or its
   * owner.
   */
  OUTFLOW,
  /**
   * A submitted intent carries the signature of the agent's wallet, a direct payment is its own
   * transaction.
   */
  SIGNATURE,
  /** The audit chain has one record for each action, and its hashes follow. */
  RECORD,
  /** A published batch is complete and unaltered. */
  PUBLICATION,
  /** The watchdog itself can see and act. */
  SELF
}
