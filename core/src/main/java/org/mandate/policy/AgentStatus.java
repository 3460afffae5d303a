package org.mandate.policy;

/** Whether an agent may act; ordinals are those of {@code Status} in {@code AgentRegistry.sol}. */
public enum AgentStatus {
  /** Registered, not yet admitted by governance. */
  PENDING,
  ACTIVE,
  /** Stopped by a guardian, the owner or the agent's own key; governance reactivates. */
  SUSPENDED,
  /** For good. */
  REVOKED
}
