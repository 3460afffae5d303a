package org.mandate.policy;

import java.math.BigInteger;
import org.mandate.chain.Address;
import org.mandate.intent.Intent;

/**
 * Judges intents by the rules of {@code PolicyEngine.sol}, in their order: the first that refuses
 * decides.
 */
public final class PolicyEvaluator {
  private PolicyEvaluator() {}

  /**
   * The verdict that {@link #consume} would give, without its effects.
   *
   * @param found what the rules beyond the basic ones say about the intent
   */
  public static Verdict preview(
      Mandate mandate, Standing standing, Intent intent, Finding found, long now) {
    AssetMandate asset = mandate.asset(intent.asset());
    Verdict basic =
        basic(
            mandate, asset, standing, place(mandate, asset, standing, intent, found), intent, now);
    if (!basic.allowed()) {
      return basic;
    }
    return mandate.terms().basic() ? allowed(found, now) : beyond(mandate, found, now);
  }

  /**
   * Judges {@code intent} and counts it.
   *
   * @param mandate the agent's mandate before
   * @param found as for {@link #preview}
   * @param now the block's timestamp, unix seconds; not before any time that the mandate has seen
   */
  public static Judgement consume(
      Mandate mandate, Standing standing, Intent intent, Finding found, long now) {
    return judged(mandate, intent, preview(mandate, standing, intent, found, now), now);
  }

  /**
   * Judges and counts a payment that the agent's key asks the account for directly.
   *
   * @param payment the intent that says the same
   * @param now as for {@link #consume}
   */
  public static Judgement pay(Mandate mandate, Standing standing, Intent payment, long now) {
    AssetMandate asset = mandate.asset(payment.asset());
    Rule place =
        mandate.terms().basic()
            ? place(mandate, asset, standing, payment, Finding.ofPayment(payment.to()))
            : Rule.INTENT_NEEDED;
    return judged(mandate, payment, basic(mandate, asset, standing, place, payment, now), now);
  }

  /**
   * Gives back what an intent was counted for and did not move. Transactions stay counted.
   *
   * @param amount in the asset's smallest unit, at most what the intent was counted for
   * @param consumedAt unix seconds when it was counted
   * @param now as for {@link #consume}
   */
  public static Refund refund(
      Mandate mandate, Address asset, BigInteger amount, long consumedAt, long now) {
    AssetMandate current = mandate.asset(asset);
    Usage before = current.usage().at(now);
    Usage after = before.refunded(amount, consumedAt, now);
    return new Refund(
        before.used().subtract(after.used()).multiply(before.unit()),
        mandate.withAsset(asset, current.withUsage(after)));
  }

  /**
   * What the mandate says now of an intent that it admitted and counted before, and that waited: as
   * if nothing else had been spent (L5). A refusal trips nothing.
   *
   * @param found as for {@link #preview}
   */
  public static Verdict review(
      Mandate mandate, Standing standing, Intent intent, Finding found, long now) {
    AssetMandate unused = mandate.asset(intent.asset()).unused();
    Mandate idle = mandate.unused();
    Verdict basic =
        basic(idle, unused, standing, place(idle, unused, standing, intent, found), intent, now);
    if (!basic.allowed()) {
      return basic.untripped();
    }
    return found.rule() == Rule.NONE ? allowed(found, now) : Verdict.deny(found).untripped();
  }

  /**
   * What becomes of an intent that waits when somebody asks the executor to carry it out.
   *
   * @param found as for {@link #preview}
   */
  public static Release release(
      Mandate mandate,
      Standing standing,
      Intent intent,
      Finding found,
      Waiting waiting,
      Agreement agreement,
      long now) {
    Verdict verdict = review(mandate, standing, intent, found, now);
    if (!verdict.allowed()) {
      return new Release.Refused(verdict);
    }
    long due = Math.max(waiting.due(), waiting.since() + found.delay());
    if (now < due) {
      return new Release.TooEarly(due);
    }
    boolean free = !waiting.approval() && found.tier() != Tier.APPROVAL;
    boolean agreed =
        switch (agreement) {
          case GIVEN -> true;
          case NOT_ASKED -> free;
          case LACKING -> false;
        };
    return agreed ? new Release.Granted() : new Release.NotApproved();
  }

  private static Judgement judged(Mandate mandate, Intent intent, Verdict verdict, long now) {
    if (verdict.allowed()) {
      return new Judgement(verdict, mandate.counting(intent.asset(), intent.amount(), now));
    }
    return new Judgement(verdict, verdict.tripped() ? mandate.withFrozen(true) : mandate);
  }

  /** The basic rules in order. */
  private static Verdict basic(
      Mandate mandate, AssetMandate asset, Standing standing, Rule place, Intent intent, long now) {
    Rule stopped = stopped(mandate, standing);
    if (stopped != Rule.NONE) {
      return Verdict.deny(stopped);
    }
    if (now > mandate.terms().expiry()) {
      return Verdict.deny(
          Rule.EXPIRY, BigInteger.valueOf(mandate.terms().expiry()), BigInteger.ZERO, 0);
    }
    Rule refused = refused(asset, standing, place, intent);
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
    return Verdict.allow(Tier.INSTANT, now);
  }

  /** What a mandate that is not basic asks when the basic rules admit. */
  private static Verdict beyond(Mandate mandate, Finding found, long now) {
    if (found.rule() != Rule.NONE) {
      return Verdict.deny(found);
    }
    long restedAt = mandate.pace().restedAt(mandate.tempo(), mandate.riskLevel());
    if (now < restedAt) {
      long cooldown = Pace.cooldown(mandate.tempo(), mandate.riskLevel());
      return Verdict.deny(Rule.COOLDOWN, BigInteger.valueOf(cooldown), BigInteger.ZERO, restedAt);
    }
    return mandate.pace().isBurst(mandate.tempo(), now)
        ? Verdict.deny(Rule.BURST, BigInteger.valueOf(mandate.tempo().burst()), BigInteger.ZERO, 0)
        : allowed(found, now);
  }

  private static Verdict allowed(Finding found, long now) {
    return Verdict.allow(found.tier(), now + found.delay());
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

  /** What the rules about the asset itself say, and those about the place. */
  private static Rule refused(AssetMandate asset, Standing standing, Rule place, Intent intent) {
    if (asset.limit().cap().signum() == 0) {
      return Rule.ASSET;
    }
    if (standing.breakers().asset(intent.asset())) {
      return Rule.ASSET_BREAKER;
    }
    if (place != Rule.NONE) {
      return place;
    }
    return intent.amount().signum() == 0 ? Rule.AMOUNT : Rule.NONE;
  }

  /** CHAIN, CHAIN_BREAKER, SELECTOR, RECIPIENT or NONE. */
  private static Rule place(
      Mandate mandate, AssetMandate asset, Standing standing, Intent intent, Finding found) {
    if (!asset.chains().contains(intent.chainId())) {
      return Rule.CHAIN;
    }
    if (standing.breakers().chain(intent.chainId())) {
      return Rule.CHAIN_BREAKER;
    }
    if (found.rule() == Rule.SELECTOR) {
      return Rule.SELECTOR;
    }
    // Only a call may name nobody.
    if (found.recipient().equals(Address.ZERO) && !intent.data().isEmpty()) {
      return Rule.NONE;
    }
    Recipient recipient = new Recipient(intent.chainId(), found.recipient());
    return mandate.terms().open() || mandate.recipients().contains(recipient)
        ? Rule.NONE
        : Rule.RECIPIENT;
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
    return Verdict.allow(Tier.INSTANT, now);
  }

  private static Verdict judgeFrequency(Mandate mandate, long now) {
    int max = mandate.terms().maxTransactions();
    RollingWindow transactions = mandate.transactions().at(now);
    long count = transactions.sum();
    if (count >= max) {
      long availableAt = max == 0 ? 0 : transactions.freedAt(count + 1 - max);
      return Verdict.deny(Rule.FREQUENCY, BigInteger.valueOf(max), BigInteger.ZERO, availableAt);
    }
    return Verdict.allow(Tier.INSTANT, now);
  }
}
