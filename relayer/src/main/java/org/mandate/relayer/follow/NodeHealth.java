package org.mandate.relayer.follow;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.mandate.chain.NodeException.Fault;
import org.mandate.relayer.Journal;

/**
 * How one node serves: whether and how fast it answers, how often it failed and why, and how often
 * it contradicted most others. Errors of a transaction are answers.
 */
final class NodeHealth {
  private static final Journal LOG = Journal.of("nodes");

  /** Answers whose times are kept for the percentile. */
  private static final int KEPT = 128;

  /** How much the newest answer counts in the mean. */
  private static final double WEIGHT = 0.1;

  /** How long the same kind of disagreement is told once. */
  private static final Duration TOLD_AGAIN = Duration.ofMinutes(10);

  private static final int MOST_WORDS = 300;

  private final long chain;
  private final String name;
  private final Clock clock;
  private final long[] times = new long[KEPT];
  private final Map<Fault, Long> failures = new EnumMap<>(Fault.class);
  private final Map<Disagreement, Long> disagreements = new EnumMap<>(Disagreement.class);
  private final Map<Disagreement, Instant> told = new EnumMap<>(Disagreement.class);
  private long answers;
  private double mean;
  private int inARow;
  private Optional<Instant> failingSince = Optional.empty();
  private String lastFailure = "";
  private long height = -1;

  /**
   * @param name as people may see it
   */
  NodeHealth(long chain, String name, Clock clock) {
    this.chain = chain;
    this.name = name;
    this.clock = clock;
  }

  String name() {
    return name;
  }

  synchronized void answered(long nanos) {
    times[(int) (answers % KEPT)] = nanos;
    answers++;
    mean += Math.max(WEIGHT, 1.0 / answers) * (nanos - mean);
    if (inARow > 0) LOG.info("node answers again", "chain", chain, "node", name, "after", inARow);
    inARow = 0;
    failingSince = Optional.empty();
  }

  /**
   * Answers how often it failed in a row.
   *
   * @param words what happened; without the node's credentials
   */
  synchronized int failed(Fault fault, String words) {
    failures.merge(fault, 1L, Long::sum);
    if (inARow++ == 0) failingSince = Optional.of(clock.instant());
    lastFailure = words.length() > MOST_WORDS ? words.substring(0, MOST_WORDS) + "…" : words;
    if (inARow == Roster.FAILURES)
      LOG.warn("node fails", "chain", chain, "node", name, "fault", fault, "reason", lastFailure);
    return inARow;
  }

  /** It said otherwise than most nodes: counted, and told to people. */
  synchronized void dissented(Disagreement kind, String about) {
    long count = disagreements.merge(kind, 1L, Long::sum);
    Instant now = clock.instant();
    Instant before = told.get(kind);
    if (before != null && now.isBefore(before.plus(TOLD_AGAIN))) return;
    told.put(kind, now);
    LOG.alarm(
        "a node contradicts most others",
        "chain",
        chain,
        "node",
        name,
        "kind",
        kind.shown(),
        "about",
        about,
        "times",
        count);
  }

  synchronized void isAt(long number) {
    height = number;
  }

  /** Number of the newest block that it told of; -1: of none yet. */
  synchronized long height() {
    return height;
  }

  /** Smoothed time of an answer in nanoseconds; empty while too few are known. */
  synchronized Optional<Double> pace() {
    return answers < KEPT / 8 ? Optional.empty() : Optional.of(mean);
  }

  /**
   * For people.
   *
   * @param newest number of the newest block that any node told of
   * @param left why and how long it is left out, when it is
   */
  synchronized NodeReport report(long newest, Optional<NodeReport.LeftOut> left) {
    int known = (int) Math.min(answers, KEPT);
    long[] sorted = Arrays.copyOf(times, known);
    Arrays.sort(sorted);
    double slow = known == 0 ? 0 : sorted[Math.min(known - 1, known * 95 / 100)];
    return new NodeReport(
        name,
        left,
        answers,
        Map.copyOf(failures),
        inARow,
        failingSince,
        lastFailure,
        mean / 1e6,
        slow / 1e6,
        height < 0 ? Optional.empty() : Optional.of(Math.max(0, newest - height)),
        Map.copyOf(disagreements));
  }
}
