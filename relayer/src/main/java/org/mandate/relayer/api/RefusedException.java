package org.mandate.relayer.api;

import org.mandate.relayer.work.Refusal;

/** A request that is refused, with the status and the words that the client gets. */
public final class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final int status;
  private final transient Refusal refusal;

  RefusedException(int status, Refusal refusal) {
    super(refusal.message());
    this.status = status;
    this.refusal = refusal;
  }

  RefusedException(int status, String rule, String message, String next) {
    this(status, Refusal.of(rule, message, next));
  }

  public int status() {
    return status;
  }

  public Refusal refusal() {
    return refusal;
  }
}
