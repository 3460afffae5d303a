package org.mandate.relayer.store;

/**
 * What is stored of a chain was not compared with it since a relayer was started, or since somebody
 * else follows it: nothing is signed yet that relies on it. It ends by itself once the chain's
 * nodes answer.
 */
public final class NotComparedException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  NotComparedException(String reason) {
    super(reason);
  }
}
