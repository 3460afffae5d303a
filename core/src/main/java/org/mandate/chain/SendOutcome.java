package org.mandate.chain;

import java.time.Duration;
import java.util.Optional;
import org.mandate.chain.NodeException.Fault;

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

  /**
   * No answer, or none that makes sense: says nothing about the transaction.
   *
   * @param fault what is wrong with the node; {@link Fault#NONE} where its answer is well formed
   *     and neither refuses the transaction nor speaks of the node, such as "txpool is full"
   * @param retryAfter how long the node wants to be left alone, when it says so
   */
  record Unreachable(String reason, Fault fault, Optional<Duration> retryAfter)
      implements SendOutcome {
    public Unreachable(String reason, Fault fault) {
      this(reason, fault, Optional.empty());
    }

    public Unreachable(String reason) {
      this(reason, Fault.SILENT);
    }
  }
}
