// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Decimal} from "./Decimal.sol";

/// @notice How long payments of at most `upTo` wait at their destination, where guardians may dispute them.
/// @param upTo asset's smallest unit, above 0; at most four significant digits, as a per-transaction cap
/// @param bare seconds to wait with no more signatures than a quorum needs
/// @param full seconds to wait with every relayer's signature; at most `bare`
struct Step {
    uint128 upTo;
    uint32 bare;
    uint32 full;
}

/// @title How long a delivered payment waits, by what it is worth and by how many relayers vouch for it: one word for an asset
/// @notice Up to four steps of 64 bits, the first in the lowest. Lowest bits of a step first: `upTo`, mantissa (14) and exponent (5);
///         `bare` (18) and `full` (18), seconds. Zeros above the last step are none.
/// @dev More of an amount or of risk never waits less, and more signatures never wait longer: nobody gains by splitting up what a
///      step covers beyond what the step says, and signatures that somebody holds back cost time, never safety.
library WindowTable {
    /// @notice Most steps of a table.
    uint256 internal constant STEPS = 4;
    /// @notice Bounds of every window, seconds.
    uint256 internal constant MIN = 5;
    uint256 internal constant MAX = 3 days;

    uint256 private constant _STEP_BITS = 64;
    uint256 private constant _EXPONENT_AT = 14;
    uint256 private constant _BARE_AT = 19;
    uint256 private constant _FULL_AT = 37;
    uint256 private constant _MANTISSAS = 1 << _EXPONENT_AT;
    uint256 private constant _SECONDS = (1 << (_FULL_AT - _BARE_AT)) - 1;
    /// @dev Relayers of any quorum; more than that is none that is known here.
    uint256 private constant _MOST_RELAYERS = type(uint32).max;
    /// @dev The shortest window is longer than the longest when it is doubled that often.
    uint256 private constant _MOST_RISK = 16;

    error WindowStepsTooMany(uint256 steps, uint256 max);
    /// @notice `upTo` of step `index` is not above that of the one before it, or above 0 if it is the first.
    error WindowStepsUnsorted(uint256 index, uint256 upTo, uint256 before);
    /// @notice `upTo` of step `index` has more digits than are kept; `nearest` is the largest below it that has not.
    error WindowStepsInexact(uint256 index, uint256 upTo, uint256 nearest);
    /// @notice Of step `index` not `min <= full <= bare <= max`, seconds.
    error WindowStepsBounds(uint256 index, uint256 bare, uint256 full, uint256 min, uint256 max);
    /// @notice Step `index` waits less than the one before it, which is for less: `bare` and `full` are at least those of that step, seconds.
    error WindowStepsDescending(uint256 index, uint256 bare, uint256 full, uint256 bareBefore, uint256 fullBefore);

    /// @notice The table of these steps, ascending; 0 without any.
    function pack(Step[] memory steps) internal pure returns (uint256 word) {
        require(steps.length <= STEPS, WindowStepsTooMany(steps.length, STEPS));
        Step memory before;
        for (uint256 i; i < steps.length; ++i) {
            Step memory s = steps[i];
            require(s.upTo > before.upTo, WindowStepsUnsorted(i, s.upTo, before.upTo));
            uint256 nearest = exact(s.upTo);
            require(nearest == s.upTo, WindowStepsInexact(i, s.upTo, nearest));
            require(MIN <= s.full && s.full <= s.bare && s.bare <= MAX, WindowStepsBounds(i, s.bare, s.full, MIN, MAX));
            require(
                s.bare >= before.bare && s.full >= before.full,
                WindowStepsDescending(i, s.bare, s.full, before.bare, before.full)
            );
            uint256 exponent = Decimal.exponentOf(s.upTo, _MANTISSAS);
            uint256 step = (s.upTo / 10 ** exponent) | (exponent << _EXPONENT_AT);
            step |= (uint256(s.bare) << _BARE_AT) | (uint256(s.full) << _FULL_AT);
            word |= step << (_STEP_BITS * i);
            before = s;
        }
    }

    /// @notice The steps of a table.
    function unpack(uint256 word) internal pure returns (Step[] memory steps) {
        uint256 count;
        while (count < STEPS && word >> (_STEP_BITS * count) != 0) ++count;
        steps = new Step[](count);
        for (uint256 i; i < count; ++i) {
            uint256 step = word >> (_STEP_BITS * i);
            // At most 2^14 * 10^31, and 18 bits each.
            // forge-lint: disable-next-item(unsafe-typecast)
            steps[i] = Step(
                uint128(_upTo(step)), uint32((step >> _BARE_AT) & _SECONDS), uint32((step >> _FULL_AT) & _SECONDS)
            );
        }
    }

    /// @notice Seconds that a payment waits: those of the first step that covers it, fewer the more of the relayers vouch for it; with
    ///         no such step `top`, or the last step's `bare` if that is more, however many vouch. Doubled by each risk level.
    /// @param word a table, as {pack} makes it
    /// @param amount asset's smallest unit
    /// @param risk the agent's risk level
    /// @param signatures how many relayers vouch for the payment
    /// @param threshold how many must
    /// @param relayers how many there are; with fewer signatures than the threshold, or without a threshold, none of it counts
    /// @param top seconds for what no step covers
    /// @return duration seconds, {MIN} to {MAX}
    /// @return shortest what it would be if every relayer vouched for it
    function windows(
        uint256 word,
        uint256 amount,
        uint8 risk,
        uint256 signatures,
        uint256 threshold,
        uint256 relayers,
        uint256 top
    ) internal pure returns (uint256 duration, uint256 shortest) {
        // Seconds are 18 bits, and counts 32.
        unchecked {
            for (; word != 0; word >>= _STEP_BITS) {
                duration = (word >> _BARE_AT) & _SECONDS;
                if (amount > _upTo(word)) continue;
                shortest = (word >> _FULL_AT) & _SECONDS;
                if (threshold != 0 && signatures >= threshold && relayers <= _MOST_RELAYERS) {
                    if (signatures >= relayers) duration = shortest;
                    else duration -= (duration - shortest) * (signatures - threshold) / (relayers - threshold);
                }
                return (_atRisk(duration, risk), _atRisk(shortest, risk));
            }
            duration = _atRisk(duration < top ? top : duration, risk);
            return (duration, duration);
        }
    }

    /// @dev A window is doubled only when it stays near {MAX}.
    function _atRisk(uint256 duration, uint8 risk) private pure returns (uint256) {
        unchecked {
            if (duration < MIN) duration = MIN;
            if (duration > MAX || risk > _MOST_RISK) return MAX;
            duration <<= risk;
            return duration > MAX ? MAX : duration;
        }
    }

    /// @notice The largest `upTo` that is not above `value` and can be kept: four digits and more.
    function exact(uint256 value) internal pure returns (uint256) {
        uint256 most = (_MANTISSAS - 1) * 10 ** Decimal.MAX_EXPONENT;
        return value > most ? most : Decimal.exact(value, _MANTISSAS);
    }

    function _upTo(uint256 step) private pure returns (uint256) {
        unchecked {
            return (step & (_MANTISSAS - 1)) * 10 ** ((step >> _EXPONENT_AT) & Decimal.MAX_EXPONENT);
        }
    }
}
