// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {PolicyEngine} from "./PolicyEngine.sol";
import {Rule} from "./Verdict.sol";

/// @title Custody that agents spend from, within the mandates that it holds
/// @notice The agent's key asks here directly, or the executor orders what it admitted or received. The account believes nobody and
///         measures what left.
abstract contract MandateAccount is PolicyEngine {
    /// @notice One payment of a batch: `amount` of `asset` (zero: the native coin) to `to`, asset's smallest unit.
    struct Payment {
        address asset;
        address to;
        uint256 amount;
    }

    /// @notice Nothing is paid: a breaker above the agents is tripped.
    error AccountStopped(Rule rule);
    /// @notice Another amount left than was declared: the account held `before`, and `then`.
    error AccountMovedOther(address asset, uint256 declared, uint256 before, uint256 then);
    error AccountInsufficient(address asset, uint256 asked, uint256 held);

    /// @notice Pays within the caller's mandate, at once, on the home chain. The agent's key only. A payment that waits or crosses
    ///         chains is an intent for the executor.
    /// @param asset ERC-20 contract, or the zero address for the native coin
    /// @param amount in the asset's smallest unit
    /// @return rule NONE when it was paid; else the rule that refused: the refusal is recorded, and {Refused} tells the rest
    /// @dev The order of the parameters gives it a low selector, which is found early: 500 gas less than in another order.
    function pay(address asset, uint256 amount, address to, uint256 agentId) external returns (Rule rule) {
        rule = _spend(agentId, asset, to, amount);
        if (rule == Rule.NONE) _move(agentId, asset, to, amount);
    }

    /// @notice Makes several payments, each judged for itself, in their order. A payment that cannot be made reverts all of them.
    /// @return rules per payment what {pay} returns; once the agent is frozen the rest is not looked at: AGENT_BREAKER
    function payMany(uint256 agentId, Payment[] calldata payments) external returns (Rule[] memory rules) {
        rules = new Rule[](payments.length);
        bool tripped;
        for (uint256 i; i < payments.length; ++i) {
            Payment calldata p = payments[i];
            if (tripped) {
                rules[i] = Rule.AGENT_BREAKER;
                continue;
            }
            rules[i] = _spend(agentId, p.asset, p.to, p.amount);
            if (rules[i] == Rule.NONE) _move(agentId, p.asset, p.to, p.amount);
            else tripped = _trips(rules[i]);
        }
    }

    /// @notice Pays what the executor carries out on behalf of an agent. Executor only.
    /// @return moved what left, asset's smallest unit: exactly `amount`, or it reverts
    function payOut(uint256 agentId, address asset, address to, uint256 amount)
        external
        onlyExecutor
        returns (uint256 moved)
    {
        Rule rule = _stoppedFor(asset);
        require(rule == Rule.NONE, AccountStopped(rule));
        _move(agentId, asset, to, amount);
        return amount;
    }

    /// @dev Moves exactly `amount`, or reverts (L1).
    function _move(uint256 agentId, address asset, address to, uint256 amount) internal virtual;
}
