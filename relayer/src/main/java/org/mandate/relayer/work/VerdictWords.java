package org.mandate.relayer.work;

import java.time.Instant;
import java.util.Optional;
import org.mandate.policy.Rule;
import org.mandate.policy.Verdict;

/**
 * A verdict of the policy in words (L12): which rule refused, its limit, what is left, when there
 * is more, what to do.
 */
public final class VerdictWords {
  private VerdictWords() {}

  /** What the rule says, with its numbers; amounts are in the asset's smallest unit. */
  public static String message(Verdict verdict) {
    String words =
        switch (verdict.rule()) {
          case NONE -> "admitted";
          case AGENT_STATUS -> "the agent is not active";
          case AGENT_BREAKER -> "the agent is frozen: its breaker is tripped";
          case GLOBAL_BREAKER -> "all spending is stopped: the breaker above all agents is tripped";
          case CHAIN_BREAKER ->
              "spending is stopped on home or on this chain: the chain's breaker is tripped";
          case ASSET_BREAKER -> "this asset is stopped for all agents: its breaker is tripped";
          case EXPIRY -> "the mandate has expired, or was never set";
          case ASSET -> "the mandate has no limit for this asset";
          case CHAIN -> "the asset may not be spent on this chain";
          case RECIPIENT -> "the recipient is not on this chain's allowlist";
          case SELECTOR ->
              "the mandate has no permission for this call, or the call does not meet its"
                  + " conditions";
          case AMOUNT -> "the amount is zero";
          case PER_TRANSACTION ->
              "the amount is above the per-transaction cap of %s; %s could be spent now"
                  .formatted(verdict.limit(), verdict.left());
          case WINDOW ->
              "the amount is above what is left in the rolling window: %s of %s"
                  .formatted(verdict.left(), verdict.limit());
          case FREQUENCY ->
              "all %s transactions of the rolling window are used".formatted(verdict.limit());
          case AUDIT_LAG ->
              "more than %s audit records are not published yet: no audit, no spending"
                  .formatted(verdict.limit());
          case RULE_BOOK ->
              "rule %s of the agent's rule book refuses (its limit %s, left %s), or fails"
                  .formatted(verdict.source(), verdict.limit(), verdict.left());
          case COOLDOWN ->
              "too soon after the transaction before: the cooldown is %s seconds"
                  .formatted(verdict.limit());
          case BURST ->
              "all %s transactions of the burst window are used".formatted(verdict.limit());
          case INTENT_NEEDED ->
              "the mandate is not basic: its account takes no direct payment, only intents";
        };
    String tripped = verdict.tripped() ? "; the attempt froze the agent" : "";
    String when =
        verdict.availableAt() > 0
            ? "; available at " + Instant.ofEpochSecond(verdict.availableAt())
            : "";
    return words + tripped + when;
  }

  /** What to do about it. */
  public static String next(Verdict verdict) {
    String thaw = verdict.tripped() ? " The agent stays frozen until governance thaws it." : "";
    return switch (verdict.rule()) {
          case NONE -> "nothing: it proceeds by itself";
          case AGENT_STATUS -> "ask governance to activate the agent";
          case AGENT_BREAKER -> "ask governance to thaw the agent";
          case GLOBAL_BREAKER, CHAIN_BREAKER, ASSET_BREAKER ->
              "wait until governance resets the breaker";
          case EXPIRY -> "ask governance for a new mandate";
          case ASSET, CHAIN, RECIPIENT -> "ask governance to add it to the mandate.";
          case SELECTOR ->
              "send a payment, or ask governance for a permission for exactly this call.";
          case AMOUNT -> "ask for more than zero";
          case PER_TRANSACTION -> "ask for less, or ask governance for a higher cap.";
          case WINDOW ->
              verdict.availableAt() > 0
                  ? "ask for at most what is left, or wait until then."
                  : "ask for at most what is left, or ask governance for a higher cap.";
          case FREQUENCY ->
              verdict.availableAt() > 0
                  ? "wait until then"
                  : "ask governance for more transactions";
          case AUDIT_LAG ->
              "wait until the relayers have published the records; if that lasts, tell their"
                  + " operators";
          case RULE_BOOK ->
              verdict.availableAt() > 0
                  ? "wait until then, or ask for what the rule admits"
                  : "ask for what the rule admits, or ask governance to change its settings";
          case COOLDOWN -> "wait until then";
          case BURST -> "ask more slowly, or ask governance for a higher burst.";
          case INTENT_NEEDED -> "sign an intent and submit it (mandate intent submit)";
        }
        + thaw;
  }

  /** A denial as a refusal. */
  public static Refusal refusal(Verdict verdict) {
    boolean hasLimit =
        switch (verdict.rule()) {
          case PER_TRANSACTION, WINDOW, FREQUENCY, AUDIT_LAG, EXPIRY, RULE_BOOK, COOLDOWN, BURST ->
              true;
          case NONE,
              AGENT_STATUS,
              AGENT_BREAKER,
              GLOBAL_BREAKER,
              CHAIN_BREAKER,
              ASSET_BREAKER,
              ASSET,
              CHAIN,
              RECIPIENT,
              SELECTOR,
              AMOUNT,
              INTENT_NEEDED ->
              false;
        };
    return new Refusal(
        verdict.rule().name(),
        message(verdict),
        hasLimit ? Optional.of(verdict.limit().toString()) : Optional.empty(),
        hasLimit ? Optional.of(verdict.left().toString()) : Optional.empty(),
        verdict.availableAt() > 0
            ? Optional.of(Long.toString(verdict.availableAt()))
            : Optional.empty(),
        next(verdict));
  }

  /** Why an intent that waited does not proceed: the mandate is tighter than when it began to. */
  public static Refusal refusalOfWaiting(Verdict verdict) {
    // A refusal there reverts, and with it whatever it would have tripped.
    Refusal now =
        refusal(
            new Verdict(
                verdict.rule(),
                false,
                verdict.tier(),
                verdict.eta(),
                verdict.limit(),
                verdict.left(),
                verdict.availableAt(),
                verdict.source()));
    return new Refusal(
        now.rule(),
        "the mandate admitted this and does not any more: " + now.message(),
        now.limit(),
        now.left(),
        now.availableAt(),
        now.next() + "; it is tried again until the intent's deadline, unless it is cancelled");
  }

  /** Whether the policy itself refused. */
  public static boolean isDenial(Verdict verdict) {
    return verdict.rule() != Rule.NONE;
  }
}
