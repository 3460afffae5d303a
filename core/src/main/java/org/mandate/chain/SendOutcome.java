package org.mandate.chain;

/**
 * What a node said to a signed transaction. All but {@link Unreachable} are facts about the
 * transaction and never count against the node; after {@link Unreachable} the transaction may or
 * may not be on its way, and the same bytes are sent again.
 */
public sealed interface SendOutcome {
  /** The node took it. */
  record Accepted(Hash transaction) implements SendOutcome {}

  /** The node, or the chain, has it already: as good as {@link Accepted}. */
  record AlreadyKnown(Hash transaction) implements SendOutcome {}

  /** A transaction of that nonce is mined; perhaps this very one: look for its receipt. */
  record NonceTooLow() implements SendOutcome {}

  /** Below the base fee, the pool's minimum, or the bid that it would replace: bid more. */
  record Underpriced(String reason) implements SendOutcome {}

  /** The sender's balance does not cover value and fees. */
  record InsufficientFunds(String reason) implements SendOutcome {}

  /**
   * The node will never take these bytes: malformed, wrong chain, above the gas limit, reverting.
   */
  record Refused(String reason) implements SendOutcome {}

  /** No answer, or none that makes sense: says nothing about the transaction. */
  record Unreachable(String reason) implements SendOutcome {}
}
