// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Holding} from "./Holding.sol";
import {PolicyEngine} from "./PolicyEngine.sol";
import {Rule} from "./Verdict.sol";

/// @title Custody that agents spend from, within the mandates that it holds
/// @notice The agent's key asks here directly, or the executor orders what it admitted or received. The account believes nobody and
///         measures what left.
/// @dev Tokens whose transfers take another amount than asked (fees on top, rebasing within the transfer) are refused. State is
///      written before anything is called, and what is called cannot pay from here unseen: a payment within a payment
///      makes the outer one's measure wrong, which reverts both.
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
        if (rule == Rule.NONE) _move(asset, to, amount);
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
            if (rules[i] == Rule.NONE) _move(p.asset, p.to, p.amount);
            else tripped = _trips(rules[i]);
        }
    }

    /// @notice Pays what the executor carries out on behalf of an agent. Executor only.
    /// @return moved what left, asset's smallest unit: exactly `amount`, or it reverts
    function payOut(uint256, address asset, address to, uint256 amount) external onlyExecutor returns (uint256 moved) {
        Rule rule = _stoppedFor(asset);
        require(rule == Rule.NONE, AccountStopped(rule));
        _move(asset, to, amount);
        return amount;
    }

    // ------------------------------------------------------------------ moving

    /// @dev Moves exactly `amount`, or reverts (L1).
    function _move(address asset, address to, uint256 amount) private {
        address holder = _holder();
        uint256 native = holder.balance;
        if (asset == address(0)) {
            require(native >= amount, AccountInsufficient(asset, amount, native));
            _sendCoin(to, amount);
            _requireMoved(asset, amount, native, holder.balance);
        } else {
            uint256 held = Holding.balance(asset, holder);
            require(held >= amount, AccountInsufficient(asset, amount, held));
            _sendToken(asset, to, amount);
            _requireMoved(asset, amount, held, Holding.balance(asset, holder));
            uint256 then = holder.balance;
            require(then >= native, AccountMovedOther(address(0), 0, native, then));
        }
    }

    function _requireMoved(address asset, uint256 declared, uint256 before, uint256 then) private pure {
        // At least `declared` was there, so a balance that went up never looks as if it went down by that much.
        unchecked {
            require(before - then == declared, AccountMovedOther(asset, declared, before, then));
        }
    }

    /// @dev Who holds the funds.
    function _holder() internal view virtual returns (address);

    /// @dev Has the holder send `amount` of the native coin, or reverts.
    function _sendCoin(address to, uint256 amount) internal virtual;

    /// @dev Has the holder call `transfer`, or reverts; also when the token returns anything but true or nothing.
    function _sendToken(address token, address to, uint256 amount) internal virtual;
}
