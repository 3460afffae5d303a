// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Which rule decided. `NONE` means that every rule admitted.
/// @dev Append only: numbers are on chain. {PolicyEngine} says in which order they are asked; the first that refuses decides.
enum Rule {
    NONE, // admitted
    AGENT_STATUS, // the agent is not ACTIVE in the registry
    AGENT_BREAKER, // the agent's breaker is tripped (frozen)
    EXPIRY, // the mandate has expired, or was never set
    ASSET, // the mandate has no limit for that asset
    CHAIN, // the asset may not be spent on that chain
    RECIPIENT, // the recipient is not on the allowlist of that chain
    SELECTOR, // the call has no permission, or does not meet its conditions
    AMOUNT, // zero
    PER_TRANSACTION, // above the per-transaction cap
    WINDOW, // above what is left in the rolling window
    FREQUENCY, // too many transactions in the rolling window
    AUDIT_LAG, // too many actions without a published record
    GLOBAL_BREAKER, // everything's breaker is tripped
    CHAIN_BREAKER, // the breaker of home, or of that chain, is tripped
    ASSET_BREAKER, // the asset's breaker is tripped
    RULE_BOOK, // a rule of the agent's rule book does not admit it, or fails
    COOLDOWN, // too soon after the transaction before
    BURST, // too many transactions in the burst window
    INTENT_NEEDED // the mandate is not basic: ask with an intent, through the executor
}

/// @notice How an admitted intent proceeds.
enum Tier {
    INSTANT, // at once
    NOTIFY, // at once, and the owner is told
    DELAY, // after a delay in which the owner may cancel
    APPROVAL // after k of n approvers agreed
}

/// @notice What the policy says about one intent. A denial is returned, never reverted, so that its trip persists (L4).
/// @param rule the rule that refused, or NONE
/// @param tripped the refusal froze the agent: its breaker is tripped when the transaction ends
/// @param tier how an admitted intent proceeds; INSTANT in a denial
/// @param eta unix seconds from which an admitted intent may proceed; 0 in a denial
/// @param limit the limit that refused, in the rule's unit (asset's smallest unit, transactions, seconds, records); 0 if it has none
/// @param left what is left of it now, same unit
/// @param availableAt unix seconds when the same request could be admitted if nothing else is spent; 0 if time alone changes nothing
/// @param source the rule contract that refused, in a denial by RULE_BOOK; else zero
struct Verdict {
    Rule rule;
    bool tripped;
    Tier tier;
    uint64 eta;
    uint256 limit;
    uint256 left;
    uint64 availableAt;
    address source;
}
