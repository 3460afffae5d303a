// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RollingWindow} from "./RollingWindow.sol";

/// @title An agent's standing, terms and transactions of the last window: one word
/// @notice Lowest bits first: transactions, eight buckets of 16 bits (128); number of the newest bucket (32); expiry, unix
///         seconds (32); frequency window in force, seconds (25); most transactions in it (16); most unpublished records
///         (16); flags (5); risk level (2).
/// @dev The window in force is the one that was set, doubled by each risk level.
type Meter is uint256;

using MeterWord for Meter global;

library MeterWord {
    uint256 private constant _WIDTH = 16;
    uint256 private constant _INDEX_AT = 128;
    uint256 private constant _EXPIRY_AT = 160;
    uint256 private constant _WINDOW_AT = 192;
    uint256 private constant _MOST_AT = 217;
    uint256 private constant _LAG_AT = 233;
    uint256 private constant _FLAGS_AT = 249;
    uint256 private constant _RISK_AT = 254;
    uint256 private constant _WINDOW_MASK = (1 << 25) - 1;
    uint256 private constant _LIVE = 1 << _FLAGS_AT;
    uint256 private constant _FROZEN = 2 << _FLAGS_AT;
    uint256 private constant _HALTED = 4 << _FLAGS_AT;
    uint256 private constant _BASIC = 8 << _FLAGS_AT;
    uint256 private constant _OPEN = 16 << _FLAGS_AT;
    uint256 private constant _STANDING = _LIVE | _FROZEN | _HALTED;

    // ------------------------------------------------------------------ reading

    /// @notice Live, and neither frozen nor halted: one comparison for what is almost always so.
    function running(Meter m) internal pure returns (bool) {
        return Meter.unwrap(m) & _STANDING == _LIVE;
    }

    /// @notice Whether the registry calls the agent ACTIVE.
    function live(Meter m) internal pure returns (bool) {
        return Meter.unwrap(m) & _LIVE != 0;
    }

    /// @notice Whether the agent's own breaker is tripped.
    function frozen(Meter m) internal pure returns (bool) {
        return Meter.unwrap(m) & _FROZEN != 0;
    }

    /// @notice Whether a breaker above the agent is tripped: everything's, or the home chain's.
    function halted(Meter m) internal pure returns (bool) {
        return Meter.unwrap(m) & _HALTED != 0;
    }

    function expiry(Meter m) internal pure returns (uint256) {
        return (Meter.unwrap(m) >> _EXPIRY_AT) & type(uint32).max;
    }

    /// @notice Seconds of the frequency window in force.
    function window(Meter m) internal pure returns (uint256) {
        return (Meter.unwrap(m) >> _WINDOW_AT) & _WINDOW_MASK;
    }

    /// @notice Whether only the basic rules are asked: no tiers, no rule book, no pace.
    function basic(Meter m) internal pure returns (bool) {
        return Meter.unwrap(m) & _BASIC != 0;
    }

    /// @notice Whether the recipients are not held against a list.
    function open(Meter m) internal pure returns (bool) {
        return Meter.unwrap(m) & _OPEN != 0;
    }

    /// @notice The agent's risk level, 0 to 3.
    function riskLevel(Meter m) internal pure returns (uint8) {
        // Two bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint8(Meter.unwrap(m) >> _RISK_AT);
    }

    function maxTransactions(Meter m) internal pure returns (uint256) {
        return (Meter.unwrap(m) >> _MOST_AT) & type(uint16).max;
    }

    function maxAuditLag(Meter m) internal pure returns (uint256) {
        return (Meter.unwrap(m) >> _LAG_AT) & type(uint16).max;
    }

    /// @notice Transactions that count now.
    function count(Meter m) internal view returns (uint256) {
        (uint256 buckets,,) = _now(m);
        return RollingWindow.sum(buckets, _WIDTH);
    }

    /// @notice First second at which one more transaction fits, when none fits now; 0: never.
    function freeAt(Meter m) internal view returns (uint256) {
        (uint256 buckets, uint256 index, uint256 length) = _now(m);
        uint256 most = maxTransactions(m);
        if (most == 0) return 0;
        return RollingWindow.freedAt(buckets, _WIDTH, index, length, RollingWindow.sum(buckets, _WIDTH) + 1 - most);
    }

    // ------------------------------------------------------------------ counting

    /// @notice The meter with one more transaction, or that none fits.
    function tick(Meter m) internal view returns (bool fits, Meter ticked) {
        (uint256 buckets, uint256 index,) = _now(m);
        fits = RollingWindow.sum(buckets, _WIDTH) < maxTransactions(m);
        unchecked {
            // When it fits, the bucket is below the most, 16 bits.
            ticked = Meter.wrap(((Meter.unwrap(m) >> _EXPIRY_AT) << _EXPIRY_AT) | (index << _INDEX_AT) | (buckets + 1));
        }
    }

    /// @notice The meter without any transactions.
    function unused(Meter m) internal pure returns (Meter) {
        return Meter.wrap((Meter.unwrap(m) >> _INDEX_AT) << _INDEX_AT);
    }

    // ------------------------------------------------------------------ setting

    /// @notice The meter with other terms. Transactions stay counted, as if made now when the window changes.
    function withTerms(Meter m, uint256 expiry_, uint256 window_, uint256 maxTransactions_, uint256 maxAuditLag_)
        internal
        view
        returns (Meter)
    {
        (uint256 buckets, uint256 index,) = _now(m);
        if (window_ != window(m)) {
            // The sum is at most the largest number of transactions that was ever admitted in a window, 16 bits.
            (buckets, index) = (RollingWindow.sum(buckets, _WIDTH), block.timestamp / RollingWindow.length(window_));
        }
        uint256 flags = Meter.unwrap(m) >> _FLAGS_AT;
        return Meter.wrap(
            (flags << _FLAGS_AT) | (maxAuditLag_ << _LAG_AT) | (maxTransactions_ << _MOST_AT) | (window_ << _WINDOW_AT)
                | (expiry_ << _EXPIRY_AT) | (index << _INDEX_AT) | buckets
        );
    }

    /// @notice The meter at another risk level: the window in force grows or shrinks with it.
    function withRiskLevel(Meter m, uint8 level) internal view returns (Meter) {
        uint256 old = riskLevel(m);
        if (level == old) return m;
        m = m.withTerms(m.expiry(), (m.window() >> old) << level, m.maxTransactions(), m.maxAuditLag());
        return Meter.wrap(((Meter.unwrap(m) << 2) >> 2) | (uint256(level) << _RISK_AT));
    }

    function withBasic(Meter m, bool on) internal pure returns (Meter) {
        return _with(m, _BASIC, on);
    }

    function withOpen(Meter m, bool on) internal pure returns (Meter) {
        return _with(m, _OPEN, on);
    }

    function withLive(Meter m, bool on) internal pure returns (Meter) {
        return _with(m, _LIVE, on);
    }

    function withFrozen(Meter m, bool on) internal pure returns (Meter) {
        return _with(m, _FROZEN, on);
    }

    function withHalted(Meter m, bool on) internal pure returns (Meter) {
        return _with(m, _HALTED, on);
    }

    // ------------------------------------------------------------------ internals

    function _with(Meter m, uint256 flag, bool on) private pure returns (Meter) {
        return Meter.wrap(on ? Meter.unwrap(m) | flag : Meter.unwrap(m) & ~flag);
    }

    function _now(Meter m) private view returns (uint256 buckets, uint256 index, uint256 length) {
        length = RollingWindow.length(window(m));
        index = block.timestamp / length;
        uint256 newest = (Meter.unwrap(m) >> _INDEX_AT) & type(uint32).max;
        buckets = RollingWindow.advance(Meter.unwrap(m) & type(uint128).max, _WIDTH, newest, index);
    }
}
