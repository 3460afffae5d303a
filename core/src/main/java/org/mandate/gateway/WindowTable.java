package org.mandate.gateway;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/**
 * How long a delivered payment of one asset waits at its destination, open to dispute, by its
 * amount and by how many relayers vouch for it: what {@code WindowTable.sol} keeps in one word.
 * More of an amount or of risk never waits less, and more signatures never wait longer.
 *
 * @param steps at most four, ascending in every field
 */
public record WindowTable(List<Step> steps) {
  /** Of an asset without steps. */
  public static final WindowTable NONE = new WindowTable(List.of());

  /** Bounds of every window, seconds. */
  public static final long MIN = 5;

  public static final long MAX = 3 * 86_400;

  private static final int STEPS = 4;
  private static final int STEP_BITS = 64;
  private static final int EXPONENT_AT = 14;
  private static final int BARE_AT = 19;
  private static final int FULL_AT = 37;
  private static final BigInteger MANTISSAS = BigInteger.TWO.pow(EXPONENT_AT);
  private static final int MAX_EXPONENT = 31;
  private static final BigInteger MOST_RELAYERS = BigInteger.TWO.pow(32).subtract(BigInteger.ONE);
  private static final int MOST_RISK = 16;

  /**
   * Payments of at most {@code upTo}.
   *
   * @param upTo in the asset's smallest unit, above 0; below 2^14 times a power of ten
   * @param bare seconds to wait with no more signatures than a quorum needs
   * @param full seconds to wait with every relayer's signature; at most {@code bare}
   */
  public record Step(BigInteger upTo, long bare, long full) {
    /**
     * @throws IllegalArgumentException when the contract does not keep it
     */
    public Step {
      BigInteger nearest = exact(upTo);
      if (upTo.signum() <= 0 || !nearest.equals(upTo)) {
        throw new IllegalArgumentException(
            "upTo must be above 0 and of few digits, not %s; the nearest below is %s"
                .formatted(upTo, nearest));
      }
      if (full < MIN || bare < full || bare > MAX) {
        throw new IllegalArgumentException(
            "a step needs %d <= full <= bare <= %d seconds, not full %d and bare %d"
                .formatted(MIN, MAX, full, bare));
      }
    }
  }

  /**
   * How many relayers vouch for a message, how many must, and how many there are, as a gateway
   * says; all zero when it does not.
   */
  public record Quorum(BigInteger signatures, BigInteger threshold, BigInteger relayers) {
    public static final Quorum UNKNOWN =
        new Quorum(BigInteger.ZERO, BigInteger.ZERO, BigInteger.ZERO);

    public static Quorum of(long signatures, long threshold, long relayers) {
      return new Quorum(
          BigInteger.valueOf(signatures),
          BigInteger.valueOf(threshold),
          BigInteger.valueOf(relayers));
    }

    private boolean isOne() {
      return threshold.signum() > 0
          && signatures.compareTo(threshold) >= 0
          && relayers.compareTo(MOST_RELAYERS) <= 0;
    }
  }

  /**
   * @throws IllegalArgumentException when the contract does not keep such steps
   */
  public WindowTable {
    steps = List.copyOf(steps);
    if (steps.size() > STEPS) {
      throw new IllegalArgumentException("at most " + STEPS + " steps, not " + steps.size());
    }
    for (int i = 1; i < steps.size(); i++) {
      Step before = steps.get(i - 1);
      Step step = steps.get(i);
      if (step.upTo().compareTo(before.upTo()) <= 0
          || step.bare() < before.bare()
          || step.full() < before.full()) {
        throw new IllegalArgumentException(step + " must be for more than " + before);
      }
    }
  }

  /**
   * The table that a contract keeps as {@code word}.
   *
   * @throws IllegalArgumentException when no contract does
   */
  public static WindowTable of(BigInteger word) {
    List<Step> steps = new ArrayList<>();
    for (BigInteger rest = word; rest.signum() != 0; rest = rest.shiftRight(STEP_BITS)) {
      BigInteger mantissa = bits(rest, 0, EXPONENT_AT);
      int exponent = bits(rest, EXPONENT_AT, BARE_AT - EXPONENT_AT).intValueExact();
      steps.add(
          new Step(
              mantissa.multiply(BigInteger.TEN.pow(exponent)),
              bits(rest, BARE_AT, FULL_AT - BARE_AT).longValueExact(),
              bits(rest, FULL_AT, FULL_AT - BARE_AT).longValueExact()));
    }
    return new WindowTable(steps);
  }

  /** As a contract keeps it. */
  public BigInteger word() {
    BigInteger word = BigInteger.ZERO;
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      int exponent = 0;
      BigInteger mantissa = step.upTo();
      while (mantissa.compareTo(MANTISSAS) >= 0) {
        mantissa = mantissa.divide(BigInteger.TEN);
        exponent++;
      }
      BigInteger packed =
          mantissa
              .or(BigInteger.valueOf(exponent).shiftLeft(EXPONENT_AT))
              .or(BigInteger.valueOf(step.bare()).shiftLeft(BARE_AT))
              .or(BigInteger.valueOf(step.full()).shiftLeft(FULL_AT));
      word = word.or(packed.shiftLeft(STEP_BITS * i));
    }
    return word;
  }

  /**
   * Seconds that a payment waits, {@link #MIN} to {@link #MAX}.
   *
   * @param amount in the asset's smallest unit
   * @param risk the agent's risk level, which doubles the window each
   * @param top seconds for what no step covers, which wait at least as long as the last step's
   */
  public long window(BigInteger amount, int risk, Quorum quorum, BigInteger top) {
    long least = top.min(BigInteger.valueOf(MAX)).longValueExact();
    long seconds =
        steps.stream()
            .filter(step -> amount.compareTo(step.upTo()) <= 0)
            .findFirst()
            .map(step -> covered(step, quorum))
            .orElse(Math.max(least, steps.isEmpty() ? 0 : steps.getLast().bare()));
    return risk > MOST_RISK ? MAX : Math.min(MAX, Math.max(MIN, seconds) << risk);
  }

  private static long covered(Step step, Quorum quorum) {
    if (!quorum.isOne()) {
      return step.bare();
    }
    if (quorum.signatures().compareTo(quorum.relayers()) >= 0) {
      return step.full();
    }
    return BigInteger.valueOf(step.bare() - step.full())
        .multiply(quorum.signatures().subtract(quorum.threshold()))
        .divide(quorum.relayers().subtract(quorum.threshold()))
        .negate()
        .add(BigInteger.valueOf(step.bare()))
        .longValueExact();
  }

  /** The largest {@code upTo} that is not above {@code value} and can be kept. */
  public static BigInteger exact(BigInteger value) {
    BigInteger most = MANTISSAS.subtract(BigInteger.ONE).multiply(BigInteger.TEN.pow(MAX_EXPONENT));
    if (value.compareTo(most) > 0) {
      return most;
    }
    BigInteger unit = BigInteger.ONE;
    while (value.divide(unit).compareTo(MANTISSAS) >= 0) {
      unit = unit.multiply(BigInteger.TEN);
    }
    return value.divide(unit).multiply(unit);
  }

  private static BigInteger bits(BigInteger word, int from, int count) {
    return word.shiftRight(from).and(BigInteger.TWO.pow(count).subtract(BigInteger.ONE));
  }
}
