package org.mandate.event;

import java.math.BigInteger;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentState;

/**
 * A step in an intent's life on one chain. Each extends the agent's audit chain once, in the same
 * transaction and order. The executor tells of intents that were signed; of a payment that the
 * agent's key asked for directly, which is an intent that lives and ends at once, the account does.
 */
public sealed interface IntentEvent {
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
      implements IntentEvent {}

  /**
   * The contracts' {@code Verdict} in a denial: amounts and limits in the rule's own unit.
   *
   * @param rule number of the contracts' {@code Rule}
   * @param tripped the agent is frozen
   * @param tier number of the contracts' {@code Tier}
   * @param eta unix seconds
   * @param availableAt unix seconds; 0 when time alone changes nothing
   * @param source the rule contract that refused, or zero
   */
  record Refusal(
      int rule,
      boolean tripped,
      int tier,
      long eta,
      BigInteger limit,
      BigInteger left,
      long availableAt,
      Address source) {}

  /** Refused by policy. */
  record Denied(Log log, Hash intentId, BigInteger agentId, Intent intent, Refusal refusal)
      implements IntentEvent {}

  /** Sent to its destination. */
  record Dispatched(Log log, Hash intentId, BigInteger agentId, Intent intent, Hash messageId)
      implements IntentEvent {}

  /**
   * Arrived at its destination, open to dispute.
   *
   * @param executableAt unix seconds
   */
  record Queued(
      Log log, Hash intentId, BigInteger agentId, Intent intent, Hash messageId, long executableAt)
      implements IntentEvent {}

  /**
   * @param moved what left the account, as the account measured it
   */
  record Executed(Log log, Hash intentId, BigInteger agentId, Intent intent, BigInteger moved)
      implements IntentEvent {}

  record Cancelled(Log log, Hash intentId, BigInteger agentId, Intent intent, Address by)
      implements IntentEvent {}

  /**
   * @param resolveBy unix seconds until which governance may uphold it
   */
  record Disputed(Log log, Hash intentId, BigInteger agentId, Address by, long resolveBy)
      implements IntentEvent {}

  /**
   * @param executableAt unix seconds
   */
  record Upheld(Log log, Hash intentId, BigInteger agentId, Address by, long executableAt)
      implements IntentEvent {}

  record Expired(Log log, Hash intentId, BigInteger agentId) implements IntentEvent {}

  /** Its deadline passed, and when it was tried it could not execute. */
  record Failed(Log log, Hash intentId, BigInteger agentId) implements IntentEvent {}

  /**
   * At home: what became of it elsewhere is settled.
   *
   * @param outcome what its destination said
   * @param moved what was spent there
   * @param refunded how much of the rest may be spent again
   */
  record Settled(
      Log log,
      Hash intentId,
      BigInteger agentId,
      IntentState outcome,
      BigInteger moved,
      BigInteger refunded)
      implements IntentEvent {}

  /**
   * The agent's key had the account pay, at home.
   *
   * @param intent the one that says the same: its nonce is {@code index}, its deadline 0
   * @param index of the record in the agent's chain, from 0
   */
  record Paid(Log log, Hash intentId, BigInteger agentId, Intent intent, BigInteger index)
      implements IntentEvent {}

  /**
   * The agent's key asked the account to pay, and was refused by policy.
   *
   * @param intent as for {@link Paid}
   * @param index as for {@link Paid}
   */
  record Refused(
      Log log, Hash intentId, BigInteger agentId, Intent intent, BigInteger index, Refusal refusal)
      implements IntentEvent {}
}
