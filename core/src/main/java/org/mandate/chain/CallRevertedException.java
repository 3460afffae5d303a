package org.mandate.chain;

import java.io.Serial;

/** A read-only call reverted: the contract's answer, not the node's failure. */
public final class CallRevertedException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;
  private final String reason;

  /**
   * @param reason the revert in words, see {@link RevertReason}
   */
  public CallRevertedException(Address to, String reason) {
    super("call of " + to + " reverted: " + reason);
    this.reason = reason;
  }

  public String reason() {
    return reason;
  }
}
