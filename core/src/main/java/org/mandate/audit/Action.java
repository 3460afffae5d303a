package org.mandate.audit;

/** What happened to an intent; ordinals are the numbers on chain ({@code AuditLog.sol}). */
public enum Action {
  /** Never recorded. */
  NONE,
  ADMITTED,
  DENIED,
  DISPATCHED,
  QUEUED,
  EXECUTED,
  CANCELLED,
  DISPUTED,
  UPHELD,
  EXPIRED,
  FAILED,
  SETTLED
}
