package org.mandate.policy;

/**
 * How fast an agent acted lately.
 *
 * @param transactions of the burst window in force; none are counted without a burst rule
 * @param last when the last transaction was admitted, unix seconds
 */
public record Pace(RollingWindow transactions, long last) {
  static final Pace NONE = new Pace(RollingWindow.starting(0, 0, 0), 0);

  /** First second at which another transaction is not too soon. */
  long restedAt(Tempo tempo, int riskLevel) {
    return last + cooldown(tempo, riskLevel);
  }

  static long cooldown(Tempo tempo, int riskLevel) {
    return (long) tempo.cooldown() << riskLevel;
  }

  boolean isBurst(Tempo tempo, long now) {
    return tempo.burst() > 0 && transactions.at(now).sum() >= tempo.burst();
  }

  Pace ticked(Tempo tempo, long now) {
    RollingWindow counted = transactions.at(now);
    return new Pace(tempo.burst() > 0 ? counted.plus(1) : counted, now);
  }

  /** With another burst window in force, seconds: what was counted is taken as done now. */
  Pace under(int window, int previous, long now) {
    return window == previous
        ? this
        : new Pace(RollingWindow.starting(window, now, transactions.at(now).sum()), last);
  }
}
