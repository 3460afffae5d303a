package org.mandate.policy;

import java.math.BigInteger;
import java.util.List;
import org.mandate.intent.Intent;

/**
 * When an agent may act, in UTC ({@code HoursRule.sol}). Without a window: never.
 *
 * @param windows any of which admits
 */
public record Hours(List<Window> windows) implements BookRule {
  public static final Hours NEVER_SET = new Hours(List.of());

  private static final long DAY = 86_400;
  private static final int WEEK = 7;

  /** Days are counted from the last Monday before the epoch, which was a Thursday. */
  private static final long DAYS_TO_EPOCH = 3;

  /**
   * A span of time; it may run past midnight.
   *
   * @param weekdays on which it begins, bit 0: Monday, to bit 6: Sunday
   * @param opens second of the day
   * @param duration seconds, 1 to 86,400
   */
  public record Window(int weekdays, int opens, int duration) {
    public Window {
      if (weekdays <= 0
          || weekdays >= 1 << WEEK
          || opens < 0
          || opens >= DAY
          || duration <= 0
          || duration > DAY) {
        throw new IllegalArgumentException(
            "weekdays must be in 1 to 127, opens in 0 to 86399, duration in 1 to 86400, not %d, %d, %d"
                .formatted(weekdays, opens, duration));
      }
    }

    /** The first second, from {@code time} on, at which it is open. */
    private long openAt(long time) {
      long shifted = time + DAYS_TO_EPOCH * DAY - opens;
      long day = shifted / DAY;
      if (isOn(day) && shifted % DAY < duration) {
        return time;
      }
      do {
        day++;
      } while (!isOn(day));
      return (day - DAYS_TO_EPOCH) * DAY + opens;
    }

    private boolean isOn(long day) {
      return (weekdays >> (day % WEEK) & 1) == 1;
    }
  }

  public Hours {
    windows = List.copyOf(windows);
  }

  @Override
  public Answer judge(Intent intent, int riskLevel, long now, Answers answers) {
    long next = windows.stream().mapToLong(window -> window.openAt(now)).min().orElse(0);
    return !windows.isEmpty() && next <= now
        ? Answer.ADMITTED
        : new Answer(false, BigInteger.ZERO, BigInteger.ZERO, next);
  }
}
