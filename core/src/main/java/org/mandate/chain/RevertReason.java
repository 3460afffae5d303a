package org.mandate.chain;

/** What a revert says, in words. */
public final class RevertReason {
  private RevertReason() {}

  /** @param data what the contract reverted with; may be empty or anything */
  public static String decode(byte[] data) {
    throw new UnsupportedOperationException();
  }
}
