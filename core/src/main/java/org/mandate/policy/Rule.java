package org.mandate.policy;

/** Which rule decided; ordinals are those on chain ({@code Verdict.sol}). */
public enum Rule {
  /** Every rule admitted. */
  NONE,
  /** The agent is not ACTIVE in the registry. */
  AGENT_STATUS,
  /** The agent's breaker is tripped. */
  AGENT_BREAKER,
  /** The mandate has expired, or was never set. */
  EXPIRY,
  /** The mandate has no limit for the asset. */
  ASSET,
  /** The asset may not be spent on that chain. */
  CHAIN,
  /** The recipient is not on that chain's allowlist. */
  RECIPIENT,
  /** The call has no permission, or does not meet its conditions. */
  SELECTOR,
  /** The amount is zero. */
  AMOUNT,
  /** Above the per-transaction cap. */
  PER_TRANSACTION,
  /** Above what is left in the rolling window. */
  WINDOW,
  /** Too many transactions in the rolling window. */
  FREQUENCY,
  /** Too many actions without a published record. */
  AUDIT_LAG,
  /** Everything's breaker is tripped. */
  GLOBAL_BREAKER,
  /** The breaker of home, or of that chain, is tripped. */
  CHAIN_BREAKER,
  /** The asset's breaker is tripped. */
  ASSET_BREAKER,
  /** A rule of the agent's rule book does not admit it, or fails. */
  RULE_BOOK,
  /** Too soon after the transaction before. */
  COOLDOWN,
  /** Too many transactions in the burst window. */
  BURST,
  /** The mandate is not basic: the agent asks with an intent instead of paying directly. */
  INTENT_NEEDED;

  /**
   * Whether a breach freezes the agent: what an agent within its mandate never asks for. Waiting,
   * or somebody else's doing, trips nothing.
   */
  public boolean trips() {
    return switch (this) {
      case ASSET, CHAIN, RECIPIENT, SELECTOR, PER_TRANSACTION, WINDOW, BURST -> true;
      case NONE,
          AGENT_STATUS,
          AGENT_BREAKER,
          EXPIRY,
          AMOUNT,
          FREQUENCY,
          AUDIT_LAG,
          GLOBAL_BREAKER,
          CHAIN_BREAKER,
          ASSET_BREAKER,
          RULE_BOOK,
          COOLDOWN,
          INTENT_NEEDED ->
          false;
    };
  }
}
