package org.mandate.intent;

import java.math.BigInteger;
import java.util.List;

/**
 * How long a delivered payment of one asset waits at its destination, by what it is worth and by
 * how many relayers vouch for it: the contracts' {@code WindowTable}, step by step.
 *
 * @param steps ascending, at most {@link #STEPS}; none: everything waits for the dispute window
 */
public record WindowTable(List<Step> steps) {
  /** Most steps. */
  public static final int STEPS = 4;

  /** Bounds of every window, seconds. */
  public static final long MIN = 5;

  public static final long MAX = 259_200;

  private static final BigInteger MANTISSAS = BigInteger.ONE.shiftLeft(14);
  private static final BigInteger MOST_UP_TO =
      MANTISSAS.subtract(BigInteger.ONE).multiply(BigInteger.TEN.pow(31));
  private static final int MOST_RISK = 16;

  /**
   * How long payments of at most {@code upTo} wait.
   *
   * @param upTo in the asset's smallest unit; four significant digits
   * @param bare seconds with no more signatures than a quorum needs
   * @param full seconds with every relayer's signature
   */
  public record Step(BigInteger upTo, long bare, long full) {}

  public WindowTable {
    steps = List.copyOf(steps);
    require(steps.size() <= STEPS, "%s steps are more than %s", steps.size(), STEPS);
    Step before = new Step(BigInteger.ZERO, 0, 0);
    for (Step step : steps) {
      require(
          step.upTo().compareTo(before.upTo()) > 0,
          "a step up to %s stands behind one up to %s",
          step.upTo(),
          before.upTo());
      require(
          step.upTo().equals(exact(step.upTo())),
          "a step up to %s has more digits than are kept: the nearest below is %s",
          step.upTo(),
          exact(step.upTo()));
      require(
          MIN <= step.full() && step.full() <= step.bare() && step.bare() <= MAX,
          "a step waits %s s, with all signatures %s s: not within %s to %s s, or the wrong way round",
          step.bare(),
          step.full(),
          MIN,
          MAX);
      require(
          step.bare() >= before.bare() && step.full() >= before.full(),
          "the step up to %s waits less than the one before it, which is for less",
          step.upTo());
      before = step;
    }
  }

  /** The largest {@code upTo} that is not above {@code value} and can be kept. */
  public static BigInteger exact(BigInteger value) {
    if (value.compareTo(MOST_UP_TO) > 0) {
      return MOST_UP_TO;
    }
    BigInteger unit = BigInteger.ONE;
    while (value.divide(unit).compareTo(MANTISSAS) >= 0) {
      unit = unit.multiply(BigInteger.TEN);
    }
    return value.divide(unit).multiply(unit);
  }

  /**
   * Seconds that a payment waits.
   *
   * @param risk the agent's risk level when the intent was dispatched
   * @param signatures how many relayers vouch for it
   * @param threshold how many must; 0: of a gateway that does not tell
   * @param relayers how many there are
   * @param disputeWindow seconds that wait what no step covers
   */
  public long window(
      BigInteger amount,
      int risk,
      long signatures,
      long threshold,
      long relayers,
      long disputeWindow) {
    if (steps.isEmpty()) {
      return disputeWindow;
    }
    long duration = Math.max(steps.getLast().bare(), disputeWindow);
    for (Step step : steps) {
      if (amount.compareTo(step.upTo()) <= 0) {
        duration = step.bare();
        if (threshold > 0 && signatures >= threshold) {
          duration =
              signatures >= relayers
                  ? step.full()
                  : duration
                      - (duration - step.full())
                          * (signatures - threshold)
                          / (relayers - threshold);
        }
        break;
      }
    }
    duration = Math.max(duration, MIN);
    return duration > MAX || risk > MOST_RISK ? MAX : Math.min(duration << risk, MAX);
  }

  private static void require(boolean holds, String message, Object... values) {
    if (!holds) {
      throw new IllegalArgumentException("windows: " + message.formatted(values));
    }
  }
}
