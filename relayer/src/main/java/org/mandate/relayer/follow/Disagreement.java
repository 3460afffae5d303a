package org.mandate.relayer.follow;

import java.util.Locale;

/** About what a node said otherwise than more than half of all nodes. */
public enum Disagreement {
  /** Which block stands at a number. */
  BLOCK,
  /** What was logged in a block. */
  LOGS,
  /** How a transaction ended, in a block that it has. */
  RECEIPT,
  /** How many transactions an account sent by the end of a block. */
  NONCE,
  /** What a contract answers at the end of a block. */
  CALL;

  /** As metrics and reports name it. */
  public String shown() {
    return name().toLowerCase(Locale.ROOT);
  }
}
