package org.mandate.watchdog;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.mandate.chain.NodeException;

/**
 * How many transactions an hour the watchdog spends on one kind of thing that others cause for
 * little: what it keeps is for disputes. What cannot wait may have more, as long as the account
 * holds enough for those; when it does not, what can wait has none. People are told when it is used
 * up.
 */
final class Budget {
  private static final Duration HOUR = Duration.ofHours(1);

  private final int most;
  private final long chainId;
  private final String what;
  private final BooleanSupplier holdsEnough;
  private final Findings findings;
  private final Clock clock;
  private final Deque<Instant> spent = new ArrayDeque<>();

  /**
   * @param most transactions within an hour
   * @param what they do, in words
   * @param holdsEnough whether the account has more than what is kept for disputes
   */
  Budget(
      int most,
      long chainId,
      String what,
      BooleanSupplier holdsEnough,
      Findings findings,
      Clock clock) {
    this.most = most;
    this.chainId = chainId;
    this.what = what;
    this.holdsEnough = holdsEnough;
    this.findings = findings;
    this.clock = clock;
  }

  /**
   * Takes one.
   *
   * @param urgent whether it would be too late when it waits
   * @return whether there was one
   */
  boolean take(boolean urgent) {
    boolean enough = isKnownToHoldEnough();
    synchronized (this) {
      Instant since = clock.instant().minus(HOUR);
      while (!spent.isEmpty() && !spent.getFirst().isAfter(since)) {
        spent.removeFirst();
      }
      boolean isLeft = spent.size() < most;
      if (!isLeft) {
        findings.report(finding());
      }
      boolean may = isLeft ? urgent || enough : urgent && enough;
      if (may) {
        charge();
      }
      return may;
    }
  }

  private boolean isKnownToHoldEnough() {
    try {
      return holdsEnough.getAsBoolean();
    } catch (NodeException e) {
      return false;
    }
  }

  private void charge() {
    spent.addLast(clock.instant());
    if (spent.size() < most) {
      findings.withdrawIf(found -> found.id().equals(findingId()));
    }
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
        "more are called for: somebody causes them, and they wait as long as they can",
        "Do it by hand, the ones that count first, with another guardian's key, and take the role"
            + " from who causes them. The watchdog goes on as the hour passes, and with what is"
            + " urgent at once, as long as its account holds minimum-balance: that is kept for"
            + " disputes, which this does not limit. Keep the account filled.",
        clock.instant(),
        Finding.Status.OPEN,
        List.of());
  }
}
