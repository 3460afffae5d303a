// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RollingWindow} from "./RollingWindow.sol";

/// @title How fast an agent may act: one word
/// @notice Lowest bits first: transactions of the burst window, eight buckets of 8 bits (64); number of the newest bucket (32);
///         burst window in force, seconds (25); most transactions in it (8), 0: no such rule; cooldown, seconds (24); time of the
///         last transaction, unix seconds (32).
/// @dev The window in force and the cooldown are those that were set, doubled by each risk level: the window here, the cooldown
///      where it is asked for.
type Pace is uint256;

using PaceWord for Pace global;

library PaceWord {
    uint256 private constant _WIDTH = 8;
    uint256 private constant _INDEX_AT = 64;
    uint256 private constant _WINDOW_AT = 96;
    uint256 private constant _MOST_AT = 121;
    uint256 private constant _COOLDOWN_AT = 129;
    uint256 private constant _LAST_AT = 153;

    /// @notice Seconds of the burst window in force.
    function window(Pace p) internal pure returns (uint256) {
        return (Pace.unwrap(p) >> _WINDOW_AT) & ((1 << 25) - 1);
    }

    /// @notice Most transactions in the burst window; 0: no such rule.
    function burst(Pace p) internal pure returns (uint256) {
        return (Pace.unwrap(p) >> _MOST_AT) & type(uint8).max;
    }

    /// @notice Seconds between two transactions, at risk level 0.
    function cooldown(Pace p) internal pure returns (uint256) {
        return (Pace.unwrap(p) >> _COOLDOWN_AT) & type(uint24).max;
    }

    /// @notice First second at which another transaction is not too soon, at that risk level.
    function restedAt(Pace p, uint256 riskLevel) internal pure returns (uint256) {
        return ((Pace.unwrap(p) >> _LAST_AT) & type(uint32).max) + (cooldown(p) << riskLevel);
    }

    /// @notice Transactions that count in the burst window now.
    function count(Pace p) internal view returns (uint256) {
        (uint256 buckets,) = _now(p);
        return RollingWindow.sum(buckets, _WIDTH);
    }

    /// @notice The pace with one more transaction, or that it would be a burst.
    function tick(Pace p) internal view returns (bool fits, Pace ticked) {
        (uint256 buckets, uint256 index) = _now(p);
        uint256 most = burst(p);
        fits = most == 0 || RollingWindow.sum(buckets, _WIDTH) < most;
        // Without the rule nothing is counted, so a bucket never holds more than the most.
        if (most > 0) ++buckets;
        uint256 limits = (Pace.unwrap(p) >> _WINDOW_AT) & ((1 << (_LAST_AT - _WINDOW_AT)) - 1);
        ticked = Pace.wrap((block.timestamp << _LAST_AT) | (limits << _WINDOW_AT) | (index << _INDEX_AT) | buckets);
    }

    /// @notice The pace with other limits. Transactions stay counted, as if made now when the window changes.
    function withLimits(Pace p, uint256 burst_, uint256 window_, uint256 cooldown_) internal view returns (Pace) {
        (uint256 buckets, uint256 index) = _now(p);
        if (window_ != window(p)) {
            // At most the largest burst that was ever allowed, 8 bits.
            (buckets, index) = (RollingWindow.sum(buckets, _WIDTH), block.timestamp / RollingWindow.length(window_));
        }
        uint256 last = Pace.unwrap(p) >> _LAST_AT;
        return Pace.wrap(
            (last << _LAST_AT) | (cooldown_ << _COOLDOWN_AT) | (burst_ << _MOST_AT) | (window_ << _WINDOW_AT)
                | (index << _INDEX_AT) | buckets
        );
    }

    function _now(Pace p) private view returns (uint256 buckets, uint256 index) {
        index = block.timestamp / RollingWindow.length(window(p));
        uint256 newest = (Pace.unwrap(p) >> _INDEX_AT) & type(uint32).max;
        buckets = RollingWindow.advance(Pace.unwrap(p) & type(uint64).max, _WIDTH, newest, index);
    }
}
