package org.mandate.relayer.send;

/** Blocks cost more than the operator is ready to pay. */
public final class FeeLimitException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  FeeLimitException(String message) {
    super(message + ": wait, or raise max-fee-gwei and max-tip-gwei of the chain");
  }
}
