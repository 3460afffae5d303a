package org.mandate.watchdog;

/**
 * Where an intent stands on one chain; ordinals are those of {@code State} in {@code
 * CrossChainExecutor.sol}.
 */
enum IntentState {
  NONE,
  DENIED,
  ADMITTED,
  DISPATCHED,
  QUEUED,
  DISPUTED,
  EXECUTED,
  CANCELLED,
  EXPIRED
}
