// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Decimal} from "./Decimal.sol";
import {RollingWindow} from "./RollingWindow.sol";

/// @title What an agent may spend of one asset, and what it spent in the last window: one word
/// @notice Lowest bits first: usage, eight buckets of 19 bits (152); number of the newest bucket (32); cap (19) and exponent of
///         its unit (5); per-transaction cap, mantissa (14) and exponent (5); window in force, seconds (25); flags (4).
/// @dev Usage and cap count units of 10^exponent, the smallest in which the cap fits. An amount is rounded up to units; the
///      cap is exact. A bucket that cannot say in a new unit what it held is FULL, which is more than any cap, and stays so
///      until it falls out of the window: a change of limits never lets anything be spent twice (L2).
type Budget is uint256;

using BudgetWord for Budget global;

library BudgetWord {
    uint256 private constant _WIDTH = 19;
    uint256 private constant _FULL = (1 << _WIDTH) - 1;
    uint256 private constant _USAGE_MASK = (1 << (_WIDTH * RollingWindow.BUCKETS)) - 1;
    uint256 private constant _INDEX_AT = 152;
    uint256 private constant _CAP_AT = 184;
    uint256 private constant _UNIT_AT = 203;
    uint256 private constant _MOST_AT = 208;
    uint256 private constant _MOST_EXPONENT_AT = 222;
    uint256 private constant _WINDOW_AT = 227;
    uint256 private constant _MOST_LIMIT = 1 << 14;
    uint256 private constant _WINDOW_MASK = (1 << 25) - 1;
    uint256 private constant _HOME = 1 << 252;
    uint256 private constant _HALTED = 1 << 253;

    // ------------------------------------------------------------------ reading

    /// @notice Most that may be spent in any window, asset's smallest unit; 0: nothing.
    function cap(Budget b) internal pure returns (uint256) {
        return _units(b) * unit(b);
    }

    /// @notice Most per payment, asset's smallest unit.
    function perTransaction(Budget b) internal pure returns (uint256) {
        uint256 word = Budget.unwrap(b);
        // Below 2^14 * 10^31.
        unchecked {
            return ((word >> _MOST_AT) & (_MOST_LIMIT - 1)) * 10 ** ((word >> _MOST_EXPONENT_AT) & Decimal.MAX_EXPONENT);
        }
    }

    /// @notice Seconds of the window in force: the one that was set, doubled by each risk level.
    function window(Budget b) internal pure returns (uint256) {
        return (Budget.unwrap(b) >> _WINDOW_AT) & _WINDOW_MASK;
    }

    /// @notice Whether there is no cap: nothing may be spent.
    function isEmpty(Budget b) internal pure returns (bool) {
        return _units(b) == 0;
    }

    /// @notice Whether the asset may be spent on the home chain.
    function home(Budget b) internal pure returns (bool) {
        return Budget.unwrap(b) & _HOME != 0;
    }

    /// @notice Whether the asset's breaker is tripped.
    function halted(Budget b) internal pure returns (bool) {
        return Budget.unwrap(b) & _HALTED != 0;
    }

    /// @notice What counts as used now, asset's smallest unit, and how much of the cap is left.
    function usage(Budget b) internal view returns (uint256 used, uint256 left) {
        (uint256 buckets,,) = _now(b);
        uint256 units = RollingWindow.sum(buckets, _WIDTH);
        uint256 most = _units(b);
        return (units * unit(b), most > units ? (most - units) * unit(b) : 0);
    }

    /// @notice First second at which `amount`, at most the per-transaction cap, fits, or with `amount` 0 at which anything of what is used falls out; 0: never.
    function freeAt(Budget b, uint256 amount) internal view returns (uint256) {
        (uint256 buckets, uint256 index, uint256 length) = _now(b);
        uint256 asked = Decimal.toUnits(amount, unit(b));
        uint256 most = _units(b);
        if (asked > most) return 0;
        uint256 total = RollingWindow.sum(buckets, _WIDTH) + asked;
        uint256 needed = amount == 0 ? 1 : total - most;
        return RollingWindow.freedAt(buckets, _WIDTH, index, length, needed);
    }

    // ------------------------------------------------------------------ spending

    /// @notice The budget with `amount` spent, or that it does not fit. `amount` is at most the per-transaction cap.
    function spend(Budget b, uint256 amount) internal view returns (bool fits, Budget spent) {
        (uint256 buckets, uint256 index,) = _now(b);
        unchecked {
            // An amount is below 2^14 * 10^31, so nothing here is near 2^256; a bucket never exceeds the cap.
            uint256 units = Decimal.toUnits(amount, unit(b));
            fits = RollingWindow.sum(buckets, _WIDTH) + units <= _units(b);
            spent = Budget.wrap(((Budget.unwrap(b) >> _CAP_AT) << _CAP_AT) | (index << _INDEX_AT) | (buckets + units));
        }
    }

    /// @notice The budget with `amount`, which was spent at `spentAt` (unix seconds) but did not leave, given back, and how much of it was:
    ///         whole units, at most what is counted of that time, and nothing where that is FULL or out of the window.
    /// @dev The caller made sure that the window is the one that it was spent in. An amount was rounded up when it was spent, and what
    ///      is given back is rounded down: what was not given back stays counted, whatever the unit became meanwhile (L2).
    function refund(Budget b, uint256 amount, uint256 spentAt) internal view returns (Budget refunded, uint256 given) {
        uint256 length = RollingWindow.length(window(b));
        uint256 at = spentAt / length;
        uint256 newest = (Budget.unwrap(b) >> _INDEX_AT) & type(uint32).max;
        // What is subtracted comes after what it is subtracted from, and what is given back is at most what the bucket holds.
        unchecked {
            if (spentAt > block.timestamp || at > newest) return (b, 0);
            if (block.timestamp / length - at >= RollingWindow.BUCKETS) return (b, 0);
            uint256 shift = _WIDTH * (newest - at);
            uint256 held = (Budget.unwrap(b) >> shift) & _FULL;
            if (held == _FULL) return (b, 0);
            uint256 units = amount / unit(b);
            if (units > held) units = held;
            return (Budget.wrap(Budget.unwrap(b) - (units << shift)), units * unit(b));
        }
    }

    /// @notice The budget with nothing spent.
    function unused(Budget b) internal pure returns (Budget) {
        return Budget.wrap((Budget.unwrap(b) >> _INDEX_AT) << _INDEX_AT);
    }

    // ------------------------------------------------------------------ setting

    /// @notice The budget with other limits; what was spent stays counted, and counts as spent now when the window changes.
    /// @dev The caller checked that both caps are {isExact}.
    function withLimit(Budget b, uint256 perTransaction_, uint256 cap_, uint256 window_)
        internal
        view
        returns (Budget)
    {
        uint256 exponent = Decimal.exponentOf(cap_, _FULL);
        uint256 newUnit = 10 ** exponent;
        uint256 mostExponent = Decimal.exponentOf(perTransaction_, _MOST_LIMIT);
        uint256 word = _carryOver(b, newUnit, window_) | ((cap_ / newUnit) << _CAP_AT) | (exponent << _UNIT_AT);
        word |= (perTransaction_ / 10 ** mostExponent) << _MOST_AT;
        word |= (mostExponent << _MOST_EXPONENT_AT) | (window_ << _WINDOW_AT);
        return Budget.wrap(word | (Budget.unwrap(b) & (_HOME | _HALTED)));
    }

    function withHome(Budget b, bool on) internal pure returns (Budget) {
        return Budget.wrap(on ? Budget.unwrap(b) | _HOME : Budget.unwrap(b) & ~_HOME);
    }

    function withHalted(Budget b, bool on) internal pure returns (Budget) {
        return Budget.wrap(on ? Budget.unwrap(b) | _HALTED : Budget.unwrap(b) & ~_HALTED);
    }

    /// @notice The largest cap that is not above `value` and can be kept exactly: five significant digits and more.
    function exactCap(uint256 value) internal pure returns (uint256) {
        return Decimal.exact(value, _FULL);
    }

    /// @notice The largest per-transaction cap that is not above `value` and can be kept exactly: four digits and more.
    function exactPerTransaction(uint256 value) internal pure returns (uint256) {
        return Decimal.exact(value, _MOST_LIMIT);
    }

    // ------------------------------------------------------------------ internals

    function unit(Budget b) internal pure returns (uint256) {
        unchecked {
            return 10 ** ((Budget.unwrap(b) >> _UNIT_AT) & Decimal.MAX_EXPONENT);
        }
    }

    function _units(Budget b) private pure returns (uint256) {
        return (Budget.unwrap(b) >> _CAP_AT) & _FULL;
    }

    function _now(Budget b) private view returns (uint256 buckets, uint256 index, uint256 length) {
        length = RollingWindow.length(window(b));
        index = block.timestamp / length;
        uint256 newest = (Budget.unwrap(b) >> _INDEX_AT) & type(uint32).max;
        buckets = RollingWindow.advance(Budget.unwrap(b) & _USAGE_MASK, _WIDTH, newest, index);
    }

    /// @dev Index and usage in new units and a new window.
    function _carryOver(Budget b, uint256 newUnit, uint256 window_) private view returns (uint256 word) {
        (uint256 buckets, uint256 index,) = _now(b);
        uint256 oldUnit = unit(b);
        if (window_ != window(b)) {
            index = block.timestamp / RollingWindow.length(window_);
            uint256 units;
            for (uint256 i; i < RollingWindow.BUCKETS; ++i) {
                units = _plus(units, _converted((buckets >> (_WIDTH * i)) & _FULL, oldUnit, newUnit));
            }
            return (index << _INDEX_AT) | units;
        }
        word = index;
        for (uint256 i = RollingWindow.BUCKETS; i > 0; --i) {
            word = (word << _WIDTH) | _converted((buckets >> (_WIDTH * (i - 1))) & _FULL, oldUnit, newUnit);
        }
    }

    function _converted(uint256 units, uint256 oldUnit, uint256 newUnit) private pure returns (uint256) {
        if (units == _FULL) return _FULL;
        uint256 converted = Decimal.toUnits(units * oldUnit, newUnit);
        return converted < _FULL ? converted : _FULL;
    }

    function _plus(uint256 a, uint256 b) private pure returns (uint256) {
        return a + b < _FULL ? a + b : _FULL;
    }
}
