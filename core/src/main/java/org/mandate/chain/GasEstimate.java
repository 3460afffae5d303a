package org.mandate.chain;

/** What a node expects of a call. */
public sealed interface GasEstimate {
  /**
   * @param gas as the node says, without any margin
   */
  record Estimated(long gas) implements GasEstimate {}

  /**
   * @param reason the revert, in words (see {@link RevertReason})
   * @param data what it reverted with; empty when the node does not tell
   */
  record Reverted(String reason, Bytes data) implements GasEstimate {}
}
