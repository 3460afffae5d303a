package org.mandate.relayer.follow;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.mandate.chain.NodeException.Fault;

/**
 * How one node serves, since this process began.
 *
 * @param node scheme, host and port
 * @param left why it is asked only when the others do not suffice; empty: it is asked like any
 * @param answers how often it answered; errors of a transaction are answers
 * @param failures how often it did not, by what was wrong
 * @param inARow how often it failed since it last answered
 * @param failingSince when the first of those was
 * @param lastFailure in words; empty: it never failed
 * @param meanMillis smoothed time of an answer
 * @param slowMillis within which 95 % of its last answers came
 * @param behind blocks behind the newest that any node told of; empty: it told of none yet
 * @param disagreements how often it contradicted more than half of all nodes
 */
public record NodeReport(
    String node,
    Optional<LeftOut> left,
    long answers,
    Map<Fault, Long> failures,
    int inARow,
    Optional<Instant> failingSince,
    String lastFailure,
    double meanMillis,
    double slowMillis,
    Optional<Long> behind,
    Map<Disagreement, Long> disagreements) {

  /** Why a node is asked last. */
  public enum Reason {
    /** It did not answer in time. */
    LATE,
    /** It failed again and again, or wants to be left alone. */
    BACKING_OFF,
    /** What it said did not hold. */
    DOUBTED
  }

  /**
   * Why, and for how long.
   *
   * @param left until it is asked like any other
   */
  public record LeftOut(Reason reason, Duration left) {}

  /** In one word: {@code UP}, or why it is asked last, or {@code FAILING}. */
  public String state() {
    if (left.isPresent()) return left.get().reason().name();
    return inARow > 0 ? "FAILING" : "UP";
  }

  /** How often it contradicted most others, about anything. */
  public long contradictions() {
    return disagreements.values().stream().mapToLong(Long::longValue).sum();
  }
}
