package org.mandate.watchdog;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * How many transactions an hour the watchdog spends on one kind of thing that others cause for
 * little: what it keeps is for disputes. People are told when it is used up.
 */
final class Budget {
  private static final Duration HOUR = Duration.ofHours(1);

  private final int most;
  private final long chainId;
  private final String what;
  private final Findings findings;
  private final Clock clock;
  private final Deque<Instant> spent = new ArrayDeque<>();

  /**
   * @param most transactions within an hour
   * @param what they do, in words
   */
  Budget(int most, long chainId, String what, Findings findings, Clock clock) {
    this.most = most;
    this.chainId = chainId;
    this.what = what;
    this.findings = findings;
    this.clock = clock;
  }

  /**
   * @return whether there was one left
   */
  synchronized boolean take() {
    Instant since = clock.instant().minus(HOUR);
    while (!spent.isEmpty() && !spent.getFirst().isAfter(since)) {
      spent.removeFirst();
    }
    if (spent.size() >= most) {
      findings.report(finding());
      return false;
    }
    spent.addLast(clock.instant());
    if (spent.size() < most) {
      findings.withdrawIf(found -> found.id().equals(findingId()));
    }
    return true;
  }

  /** The last one that was taken was not needed: nothing was sent. */
  synchronized void giveBack() {
    spent.pollLast();
  }

  private String findingId() {
    return "budget:%d:%s".formatted(chainId, what);
  }

  private Finding finding() {
    return new Finding(
        findingId(),
        Check.SELF,
        Severity.CRITICAL,
        chainId,
        -1,
        Optional.empty(),
        Optional.empty(),
        "at most %d transactions an hour for the %s".formatted(most, what),
        "more are called for: somebody causes them, and they wait",
        "Do it by hand, the ones that count first, with another guardian's key, and take the role"
            + " from who causes them. The watchdog goes on as the hour passes, and keeps its coins"
            + " for disputes, which this does not limit.",
        clock.instant(),
        Finding.Status.OPEN,
        List.of());
  }
}
