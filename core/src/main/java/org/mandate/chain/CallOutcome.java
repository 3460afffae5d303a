package org.mandate.chain;

/** What became of one call of several. */
public sealed interface CallOutcome {
  /** The contract answered. */
  record Returned(Bytes data) implements CallOutcome {}

  /** The contract refused, with what the exception says. */
  record Reverted(CallRevertedException why) implements CallOutcome {}

  /**
   * The answer.
   *
   * @throws CallRevertedException when it reverted
   */
  default byte[] bytes() {
    return switch (this) {
      case Returned returned -> returned.data().bytes();
      case Reverted reverted -> throw reverted.why();
    };
  }
}
