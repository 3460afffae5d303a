package org.mandate.policy;

import java.math.BigInteger;
import org.mandate.intent.Intent;

/**
 * Judges intents by the rules of {@code PolicyEngine.sol}, in their order: the first that refuses
 * decides. A payment that the agent's key asks for directly is judged as the intent that says the
 * same.
 */
public final class PolicyEvaluator {
  private PolicyEvaluator() {}

  /** The verdict that {@link #consume} would give, without its effects. */
  public static Verdict preview(Mandate mandate, Standing standing, Intent intent, long now) {
    Rule stopped = stopped(mandate, standing);
    if (stopped != Rule.NONE) {
      return Verdict.deny(stopped);
    }
    if (now > mandate.terms().expiry()) {
      return Verdict.deny(
          Rule.EXPIRY, BigInteger.valueOf(mandate.terms().expiry()), BigInteger.ZERO, 0);
    }
    AssetMandate asset = mandate.asset(intent.asset());
    Rule refused = place(mandate, asset, standing, intent);
    if (refused != Rule.NONE) {
      return Verdict.deny(refused);
    }
    Verdict amount = judgeAmount(asset, intent.amount(), now);
    if (!amount.allowed()) {
      return amount;
    }
    Verdict frequency = judgeFrequency(mandate, now);
    if (!frequency.allowed()) {
      return frequency;
    }
    if (standing.unpublishedRecords() > mandate.terms().maxAuditLag()) {
      return Verdict.deny(
          Rule.AUDIT_LAG, BigInteger.valueOf(mandate.terms().maxAuditLag()), BigInteger.ZERO, 0);
    }
    return Verdict.allow(now);
  }

  /**
   * Judges {@code intent} and counts it.
   *
   * @param mandate the agent's mandate before
   * @param now the block's timestamp, unix seconds; not before any time that the mandate has seen
   */
  public static Judgement consume(Mandate mandate, Standing standing, Intent intent, long now) {
    Verdict verdict = preview(mandate, standing, intent, now);
    if (verdict.allowed()) {
      return new Judgement(verdict, mandate.counting(intent.asset(), intent.amount(), now));
    }
    return new Judgement(verdict, verdict.tripped() ? mandate.withFrozen(true) : mandate);
  }

  /** The breaker that stops the agent, or its status. */
  private static Rule stopped(Mandate mandate, Standing standing) {
    if (standing.status() != AgentStatus.ACTIVE) {
      return Rule.AGENT_STATUS;
    }
    if (mandate.frozen()) {
      return Rule.AGENT_BREAKER;
    }
    if (standing.breakers().everything()) {
      return Rule.GLOBAL_BREAKER;
    }
    return standing.breakers().chain(standing.homeChainId()) ? Rule.CHAIN_BREAKER : Rule.NONE;
  }

  /** What the rules say that ask neither how much nor how often. */
  private static Rule place(Mandate mandate, AssetMandate asset, Standing standing, Intent intent) {
    if (asset.limit().cap().signum() == 0) {
      return Rule.ASSET;
    }
    if (standing.breakers().asset(intent.asset())) {
      return Rule.ASSET_BREAKER;
    }
    if (!asset.chains().contains(intent.chainId())) {
      return Rule.CHAIN;
    }
    if (standing.breakers().chain(intent.chainId())) {
      return Rule.CHAIN_BREAKER;
    }
    if (!mandate.recipients().contains(new Recipient(intent.chainId(), intent.to()))) {
      return Rule.RECIPIENT;
    }
    if (!intent.data().isEmpty()) {
      return Rule.SELECTOR;
    }
    return intent.amount().signum() == 0 ? Rule.AMOUNT : Rule.NONE;
  }

  private static Verdict judgeAmount(AssetMandate asset, BigInteger amount, long now) {
    AssetLimit limit = asset.limit();
    Usage usage = asset.usage().at(now);
    BigInteger left = usage.left(limit.cap());
    if (amount.compareTo(limit.perTransaction()) > 0) {
      return Verdict.deny(
          Rule.PER_TRANSACTION, limit.perTransaction(), left.min(limit.perTransaction()), 0);
    }
    BigInteger units = usage.units(amount);
    BigInteger capUnits = usage.units(limit.cap());
    BigInteger excess = usage.used().add(units).subtract(capUnits);
    if (excess.signum() > 0) {
      boolean neverFits = units.compareTo(capUnits) > 0;
      long availableAt = neverFits ? 0 : usage.window().freedAt(excess.longValueExact());
      return Verdict.deny(Rule.WINDOW, limit.cap(), left, availableAt);
    }
    return Verdict.allow(now);
  }

  private static Verdict judgeFrequency(Mandate mandate, long now) {
    int max = mandate.terms().maxTransactions();
    RollingWindow transactions = mandate.transactions().at(now);
    long count = transactions.sum();
    if (count >= max) {
      long availableAt = max == 0 ? 0 : transactions.freedAt(count + 1 - max);
      return Verdict.deny(Rule.FREQUENCY, BigInteger.valueOf(max), BigInteger.ZERO, availableAt);
    }
    return Verdict.allow(now);
  }
}
