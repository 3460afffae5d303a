package org.mandate.policy;

/** How an admitted intent proceeds; ordinals are those on chain ({@code Verdict.sol}). */
public enum Tier {
  /** At once. */
  INSTANT,
  /** At once, and the owner is told. */
  NOTIFY,
  /** After a delay in which the owner may cancel. */
  DELAY,
  /** After enough approvers agreed. */
  APPROVAL
}
