package org.mandate.event;

import java.math.BigInteger;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.intent.Intent;

/**
 * A step in an intent's life on one chain. Each extends the agent's audit chain once, in the same
 * transaction and order.
 */
public sealed interface ExecutorEvent {
  /** Where it was said. */
  Log log();

  Hash intentId();

  BigInteger agentId();

  /**
   * Waits at home.
   *
   * @param tier number of the contracts' {@code Tier}
   * @param eta unix seconds from which it may proceed
   */
  record Admitted(Log log, Hash intentId, BigInteger agentId, Intent intent, int tier, long eta)
      implements ExecutorEvent {}

  /**
   * Refused by policy.
   *
   * @param rule number of the contracts' {@code Rule}
   * @param tripped the agent is frozen
   * @param availableAt unix seconds; 0 when time alone changes nothing
   */
  record Denied(
      Log log,
      Hash intentId,
      BigInteger agentId,
      Intent intent,
      int rule,
      boolean tripped,
      BigInteger limit,
      BigInteger left,
      long availableAt)
      implements ExecutorEvent {}

  /** Sent to its destination. */
  record Dispatched(Log log, Hash intentId, BigInteger agentId, Intent intent, Hash messageId)
      implements ExecutorEvent {}

  /**
   * Arrived at its destination, open to dispute.
   *
   * @param executableAt unix seconds
   */
  record Queued(
      Log log, Hash intentId, BigInteger agentId, Intent intent, Hash messageId, long executableAt)
      implements ExecutorEvent {}

  /**
   * @param moved what left the account, as the account measured it
   */
  record Executed(Log log, Hash intentId, BigInteger agentId, Intent intent, BigInteger moved)
      implements ExecutorEvent {}

  record Cancelled(Log log, Hash intentId, BigInteger agentId, Intent intent, Address by)
      implements ExecutorEvent {}

  /**
   * @param resolveBy unix seconds until which governance may uphold it
   */
  record Disputed(Log log, Hash intentId, BigInteger agentId, Address by, long resolveBy)
      implements ExecutorEvent {}

  /**
   * @param executableAt unix seconds
   */
  record Upheld(Log log, Hash intentId, BigInteger agentId, Address by, long executableAt)
      implements ExecutorEvent {}

  record Expired(Log log, Hash intentId, BigInteger agentId) implements ExecutorEvent {}
}
