package org.mandate.policy;

import java.math.BigInteger;
import org.mandate.intent.Intent;

/**
 * Judges intents by the rules of {@code PolicyEngine.sol}, in their order: the first that refuses
 * decides.
 */
public final class PolicyEvaluator {
  private PolicyEvaluator() {}

  /** The verdict that {@link #consume} would give, without its effects. */
  public static Verdict preview(
      Mandate mandate, AgentStatus status, long unpublishedRecords, Intent intent, long now) {
    if (status != AgentStatus.ACTIVE) {
      return Verdict.deny(Rule.AGENT_STATUS, false);
    }
    if (mandate.frozen()) {
      return Verdict.deny(Rule.AGENT_BREAKER, false);
    }
    if (now > mandate.terms().expiry()) {
      return Verdict.deny(
          Rule.EXPIRY, false, BigInteger.valueOf(mandate.terms().expiry()), BigInteger.ZERO, 0);
    }
    AssetMandate asset = mandate.asset(intent.asset());
    if (asset.limit().cap().signum() == 0) {
      return Verdict.deny(Rule.ASSET, true);
    }
    if (!asset.chains().contains(intent.chainId())) {
      return Verdict.deny(Rule.CHAIN, true);
    }
    if (!mandate.recipients().contains(new Recipient(intent.chainId(), intent.to()))) {
      return Verdict.deny(Rule.RECIPIENT, true);
    }
    if (!intent.data().isEmpty()) {
      return Verdict.deny(Rule.SELECTOR, true);
    }
    if (intent.amount().signum() == 0) {
      return Verdict.deny(Rule.AMOUNT, false);
    }
    Verdict amount = judgeAmount(asset, intent.amount(), now);
    if (!amount.allowed()) {
      return amount;
    }
    Verdict frequency = judgeFrequency(mandate, now);
    if (!frequency.allowed()) {
      return frequency;
    }
    if (unpublishedRecords > mandate.terms().maxAuditLag()) {
      return Verdict.deny(
          Rule.AUDIT_LAG,
          false,
          BigInteger.valueOf(mandate.terms().maxAuditLag()),
          BigInteger.ZERO,
          0);
    }
    return Verdict.allow(now);
  }

  /**
   * Judges {@code intent} and counts it.
   *
   * @param mandate the agent's mandate before
   * @param status the agent's status in the registry
   * @param unpublishedRecords records of the agent on the home chain that no batch has published
   * @param now the block's timestamp, unix seconds; not before any time that the mandate has seen
   */
  public static Judgement consume(
      Mandate mandate, AgentStatus status, long unpublishedRecords, Intent intent, long now) {
    Verdict verdict = preview(mandate, status, unpublishedRecords, intent, now);
    if (verdict.allowed()) {
      return new Judgement(verdict, mandate.counting(intent.asset(), intent.amount(), now));
    }
    return new Judgement(verdict, verdict.tripped() ? mandate.withFrozen(true) : mandate);
  }

  private static Verdict judgeAmount(AssetMandate asset, BigInteger amount, long now) {
    AssetLimit limit = asset.limit();
    Usage usage = asset.usage().at(now);
    BigInteger left = usage.left(limit.cap());
    if (amount.compareTo(limit.perTransaction()) > 0) {
      return Verdict.deny(
          Rule.PER_TRANSACTION, true, limit.perTransaction(), left.min(limit.perTransaction()), 0);
    }
    BigInteger units = usage.units(amount);
    BigInteger capUnits = usage.capUnits(limit.cap());
    BigInteger excess = usage.used().add(units).subtract(capUnits);
    if (excess.signum() > 0) {
      boolean neverFits = units.compareTo(capUnits) > 0;
      long availableAt = neverFits ? 0 : usage.window().freedAt(excess.longValueExact());
      return Verdict.deny(Rule.WINDOW, true, limit.cap(), left, availableAt);
    }
    return Verdict.allow(now);
  }

  private static Verdict judgeFrequency(Mandate mandate, long now) {
    int max = mandate.terms().maxTransactions();
    RollingWindow transactions = mandate.transactions().at(now);
    long count = transactions.sum();
    if (count >= max) {
      long availableAt = max == 0 ? 0 : transactions.freedAt(count + 1 - max);
      return Verdict.deny(
          Rule.FREQUENCY, false, BigInteger.valueOf(max), BigInteger.ZERO, availableAt);
    }
    return Verdict.allow(now);
  }
}
