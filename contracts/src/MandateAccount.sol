// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Action} from "./AuditLog.sol";
import {CallGuard} from "./CallGuard.sol";
import {CallKind} from "./CallKind.sol";
import {Holding} from "./Holding.sol";
import {Intent} from "./Intent.sol";
import {PolicyEngine} from "./PolicyEngine.sol";
import {Rule} from "./Verdict.sol";

/// @title Custody that agents spend from, within the mandates that it holds
/// @notice The agent's key asks here directly, or the executor orders what it admitted or received. The account believes nobody and
///         measures what left.
/// @dev Tokens whose transfers take another amount than asked (fees on top, rebasing within the transfer) are refused. State is
///      written before anything is called, and what is called cannot pay from here unseen: a payment of the same
///      asset within a payment makes the outer one's measure wrong, which reverts both; one of another asset is judged and counted
///      like any.
abstract contract MandateAccount is PolicyEngine {
    /// @notice One payment of a batch: `amount` of `asset` (zero: the native coin) to `to`, asset's smallest unit.
    struct Payment {
        address asset;
        address to;
        uint256 amount;
    }

    /// @dev Bytes of a revert reason that are passed on.
    uint256 internal constant MAX_REASON = 256;

    /// @notice Measures what calls take.
    CallGuard public immutable GUARD;
    /// @dev What agents approved, the last time for each spender, and nobody took back since.
    mapping(address asset => mapping(address spender => uint256)) private _given;

    /// @notice The spender may take nothing of `asset` any more.
    event ApprovalRevoked(address indexed asset, address indexed spender, address indexed by);

    /// @notice Nothing is paid: a breaker above the agents is tripped.
    error AccountStopped(Rule rule);
    /// @notice Another amount left than was declared: the account held `before`, and `then`.
    error AccountMovedOther(address asset, uint256 declared, uint256 before, uint256 then);
    error AccountInsufficient(address asset, uint256 asked, uint256 held);
    /// @notice The contract that was called refused. `reason` is what it said, empty when that was more than 256 bytes.
    error AccountCallFailed(address target, bytes reason);
    /// @notice No agent has the account call, or approve, what orders the account.
    error AccountCallForbidden(address target);
    /// @notice Another approval stands than the call gives or needs, and no agent gave it, or not so much: who gave it takes it back before.
    error AccountAllowanceStands(address asset, address spender, uint256 allowance);
    /// @notice No agent approved the spender that much: what the owners of the funds approved is theirs to take back.
    error AccountApprovalUnknown(address asset, address spender);
    /// @notice A token does not set an allowance to what was asked.
    error AccountApprovalRefused(address token, address spender, uint256 asked, uint256 allowance);

    constructor(CallGuard guard) {
        GUARD = guard;
    }

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

    /// @notice Pays what the executor carries out on behalf of an agent, and extends the agent's audit chain by it. Executor only.
    /// @param intentId of the intent that is executed
    /// @return moved what left, asset's smallest unit: exactly `amount`, or it reverts
    /// @dev The record comes first: what the payment calls finds it made, and a payment that reverts takes it along. A low selector,
    ///      as that of {pay}.
    function payOut(bytes32 intentId, uint256 agentId, address asset, address to, uint256 amount)
        external
        onlyExecutor
        returns (uint256 moved)
    {
        _requireRunning(asset);
        _append(agentId, intentId, Action.EXECUTED, _paymentHash(asset, amount));
        _move(asset, to, amount);
        return amount;
    }

    /// @notice Makes the contract call that the executor carries out on behalf of an agent. Executor only.
    /// @param intent with call data; {callKind} says how the amount is taken
    /// @return moved what left, asset's smallest unit, at most the amount; of an approval the amount, which counts as spent
    /// @dev An approval that suffices is used as it is. Another is replaced if an agent gave it, and refused if it may be the owners'.
    ///      None is given again after the call: whatever is taken back meanwhile, by whomever, stays taken back (L5). And what is approved
    ///      meanwhile of the asset to that spender ends with the call.
    function callOut(Intent calldata intent) external onlyExecutor returns (uint256 moved) {
        _requireRunning(intent.asset);
        (CallKind kind, address spender, uint256 allowance, bytes memory before) = GUARD.begin(_holder(), intent);
        require(spender != EXECUTOR, AccountCallForbidden(spender));
        bool gives = kind == CallKind.APPROVE;
        bool changes = gives ? allowance != intent.amount : kind == CallKind.PULL && allowance < intent.amount;
        if (changes) {
            // An agent's, then, which was counted when it was approved. What a call is lent ends with it.
            require(
                allowance <= _given[intent.asset][spender], AccountAllowanceStands(intent.asset, spender, allowance)
            );
            _given[intent.asset][spender] = gives ? intent.amount : 0;
            _approve(intent.asset, spender, intent.amount);
        }
        if (!gives) {
            (bool success, bytes memory reason) =
                _callAs(intent.to, kind == CallKind.SEND ? intent.amount : 0, intent.data);
            require(success, AccountCallFailed(intent.to, reason));
            if (changes) _approve(intent.asset, spender, 0);
        }
        return GUARD.end(before);
    }

    /// @notice Takes an approval back that an agent gave. At once, for guardians and who owns the funds, or governance.
    /// @dev Of a spender that may take more than an agent approved last, the owners' approval stands. Up to as much theirs looks like an
    ///      agent's: an allowance does not tell who gave it.
    function revoke(address asset, address spender) external {
        _checkStopper();
        uint256 given = _given[asset][spender];
        require(
            given > 0 && Holding.allowance(asset, _holder(), spender) <= given, AccountApprovalUnknown(asset, spender)
        );
        _given[asset][spender] = 0;
        _approve(asset, spender, 0);
        emit ApprovalRevoked(asset, spender, msg.sender);
    }

    // ------------------------------------------------------------------ moving

    /// @dev A call by the holder.
    /// @return success whether it returned; what it returned does not count
    /// @return reason with which it reverted, empty when that was longer than {MAX_REASON}
    function _callAs(address target, uint256 value, bytes memory data)
        internal
        virtual
        returns (bool success, bytes memory reason);

    function _onAsset(address asset) internal override {
        GUARD.measure(asset);
    }

    /// @dev Sets the allowance. Some tokens return nothing, some false: only what is then allowed counts. Some change no
    ///      allowance that is not zero into another (USDT), some refuse zero (BNB), so zero comes between only if it must.
    function _approve(address token, address spender, uint256 amount) private {
        for (uint256 i; i < 3; ++i) {
            if (Holding.allowance(token, _holder(), spender) == amount) return;
            _callAs(token, 0, abi.encodeCall(IERC20.approve, (spender, i == 1 ? 0 : amount)));
        }
        uint256 allowed = Holding.allowance(token, _holder(), spender);
        require(allowed == amount, AccountApprovalRefused(token, spender, amount, allowed));
    }

    function _requireRunning(address asset) private view {
        Rule rule = _stoppedFor(asset);
        require(rule == Rule.NONE, AccountStopped(rule));
    }

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
