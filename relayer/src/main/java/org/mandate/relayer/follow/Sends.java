package org.mandate.relayer.follow;

import java.util.Collection;
import java.util.List;
import org.mandate.chain.SendOutcome;

/**
 * What became of a transaction that was sent to several nodes. What more than half of them say, is
 * so; else one that took it suffices: no other node's word takes that back.
 */
final class Sends {
  /** What is believed first when nodes contradict each other. */
  private static final List<Class<? extends SendOutcome>> ORDER =
      List.of(
          SendOutcome.Accepted.class,
          SendOutcome.AlreadyKnown.class,
          SendOutcome.NonceTooLow.class,
          SendOutcome.Underpriced.class,
          SendOutcome.InsufficientFunds.class);

  private Sends() {}

  /** Whether a node took it. */
  static boolean isTaken(SendOutcome outcome) {
    return switch (outcome) {
      case SendOutcome.Accepted yes -> true;
      case SendOutcome.AlreadyKnown known -> true;
      case SendOutcome.NonceTooLow low -> false;
      case SendOutcome.Underpriced underpriced -> false;
      case SendOutcome.InsufficientFunds poor -> false;
      case SendOutcome.Refused no -> false;
      case SendOutcome.Unreachable gone -> false;
    };
  }

  /** Whether more than half of all nodes say the same about it. */
  static boolean isSure(Collection<SendOutcome> outcomes, int nodes) {
    return outcomes.stream().anyMatch(one -> isOfMost(one, outcomes, nodes));
  }

  private static boolean isOfMost(SendOutcome one, Collection<SendOutcome> all, int nodes) {
    return !(one instanceof SendOutcome.Unreachable)
        && Most.are(all, other -> isAlike(one, other), nodes);
  }

  private static boolean isAlike(SendOutcome one, SendOutcome other) {
    return one.getClass() == other.getClass() || isTaken(one) && isTaken(other);
  }

  /** One for all. What none takes is refused only when all said so, or more than half did. */
  static SendOutcome of(Collection<SendOutcome> outcomes, int nodes) {
    SendOutcome refused = first(outcomes, SendOutcome.Refused.class);
    if (refused != null && isOfMost(refused, outcomes, nodes)) return refused;
    List<SendOutcome> ordered =
        ORDER.stream().flatMap(kind -> outcomes.stream().filter(kind::isInstance)).toList();
    for (SendOutcome one : ordered) if (isOfMost(one, outcomes, nodes)) return one;
    if (!ordered.isEmpty()) return ordered.getFirst();
    SendOutcome gone = first(outcomes, SendOutcome.Unreachable.class);
    if (refused instanceof SendOutcome.Refused no && (gone != null || outcomes.size() < nodes))
      return new SendOutcome.Unreachable(
          "refused by some (" + no.reason() + "), others do not answer");
    if (refused != null) return refused;
    return gone != null ? gone : new SendOutcome.Unreachable("no node was asked");
  }

  private static SendOutcome first(
      Collection<SendOutcome> outcomes, Class<? extends SendOutcome> kind) {
    return outcomes.stream().filter(kind::isInstance).findFirst().orElse(null);
  }
}
