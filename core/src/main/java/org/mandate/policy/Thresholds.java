package org.mandate.policy;

import java.math.BigInteger;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * From which amounts on an admitted intent waits ({@code Tiers.sol}), of one asset in its smallest
 * unit, or of all together in US dollars of 8 decimals. All amounts below 2^112.
 *
 * @param notifyAbove larger amounts are told to the owner
 * @param delayAbove larger amounts wait {@code delaySeconds}
 * @param delaySeconds at risk level 0; each level doubles it
 * @param approvalAbove larger amounts need the agent's approvers
 */
public record Thresholds(
    BigInteger notifyAbove, BigInteger delayAbove, int delaySeconds, BigInteger approvalAbove) {
  /** Never: what an amount is not compared with. */
  public static final BigInteger NEVER = BigInteger.TWO.pow(112).subtract(BigInteger.ONE);

  /** Most seconds of a delay, at any risk level. */
  public static final int MAX_DELAY = 14 * 86_400;

  /** Every amount needs approvals (L11). */
  public static final Thresholds NEVER_SET =
      new Thresholds(BigInteger.ZERO, BigInteger.ZERO, 0, BigInteger.ZERO);

  /** Nothing is asked of any amount. */
  public static final Thresholds NOTHING = new Thresholds(NEVER, NEVER, 0, NEVER);

  /** How an amount proceeds. */
  public record Answer(Tier tier, long delay) {
    private Answer stricter(Answer other) {
      return new Answer(
          tier.compareTo(other.tier) >= 0 ? tier : other.tier, Math.max(delay, other.delay));
    }
  }

  public Thresholds {
    Bounds.require("notifyAbove", notifyAbove, 112);
    Bounds.require("delayAbove", delayAbove, 112);
    Bounds.require("approvalAbove", approvalAbove, 112);
    if (delaySeconds < 0 || delaySeconds > MAX_DELAY) {
      throw new IllegalArgumentException(
          "delaySeconds must be in 0 to " + MAX_DELAY + ", not " + delaySeconds);
    }
  }

  /** Whether no amount proceeds more easily by this than by {@code current} (L5). */
  public boolean loosensNothingOf(Thresholds current) {
    return notifyAbove.compareTo(current.notifyAbove) <= 0
        && delayAbove.compareTo(current.delayAbove) <= 0
        && delaySeconds >= current.delaySeconds
        && approvalAbove.compareTo(current.approvalAbove) <= 0;
  }

  /** How {@code amount} proceeds by these thresholds alone. */
  Answer judge(BigInteger amount, int riskLevel) {
    boolean waits = amount.compareTo(delayAbove) > 0;
    Tier tier =
        amount.compareTo(approvalAbove) > 0
            ? Tier.APPROVAL
            : waits ? Tier.DELAY : amount.compareTo(notifyAbove) > 0 ? Tier.NOTIFY : Tier.INSTANT;
    return new Answer(tier, waits ? scaled(riskLevel) : 0);
  }

  private long scaled(int riskLevel) {
    return Math.min((long) delaySeconds << riskLevel, MAX_DELAY);
  }

  /**
   * How {@code amount} proceeds by both.
   *
   * @param dollars thresholds of all assets together
   * @param value says what the amount is worth, in dollars of 8 decimals; empty when that is not
   *     known, which is more than any threshold. Asked only if some threshold in dollars is set
   */
  public static Answer judge(
      Thresholds asset,
      BigInteger amount,
      Thresholds dollars,
      Supplier<Optional<BigInteger>> value,
      int riskLevel) {
    Answer own = asset.judge(amount, riskLevel);
    return dollars.isAsked()
        ? own.stricter(dollars.judge(value.get().orElse(PriceFeed.BEYOND), riskLevel))
        : own;
  }

  /** Whether there is an amount that these thresholds slow down. */
  private boolean isAsked() {
    return !notifyAbove.equals(NEVER) || !delayAbove.equals(NEVER) || !approvalAbove.equals(NEVER);
  }
}
