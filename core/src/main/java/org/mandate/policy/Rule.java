package org.mandate.policy;

/**
 * Which rule decided, in the order of evaluation; ordinals are those on chain ({@code
 * Verdict.sol}).
 */
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
  /** Call data: no contract call is admitted. */
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
  AUDIT_LAG
}
