// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RollingWindow} from "../../src/RollingWindow.sol";

/// @title The rolling window, proved for every value (scripts/prove; docs/proofs.md says what this adds up to)
/// @notice A plain list of eight numbers is the reference: the word is packed from it, so whatever eight values the buckets
///         hold is covered. That the sum never misses a use (L2) follows in three steps, each a proof here: what was added to
///         the newest bucket is in the sum; moving on keeps every bucket that is younger than eight; a use that a window still
///         holds is in a bucket younger than eight.
contract RollingWindowProof {
    uint256 private constant BUCKETS = 8;
    // The widths of a budget and of a meter, and the extremes that the library admits.
    uint256 private constant AMOUNTS = 19;
    uint256 private constant COUNTS = 16;
    uint256 private constant WIDEST = 27;
    uint256 private constant NARROWEST = 3;

    // ------------------------------------------------------------------ the reference

    /// @dev Values of `width` bits, the newest first.
    function _cut(uint32[8] memory values, uint256 width) private pure returns (uint256[8] memory cut) {
        for (uint256 i; i < BUCKETS; ++i) {
            cut[i] = uint256(values[i]) & ((1 << width) - 1);
        }
    }

    function _pack(uint256[8] memory values, uint256 width) private pure returns (uint256 word) {
        for (uint256 i; i < BUCKETS; ++i) {
            word |= values[i] << (width * i);
        }
    }

    // ------------------------------------------------------------------ sum and advance

    function check_L2_sum_amounts(uint32[8] memory values) public pure {
        _sumIsExact(values, AMOUNTS);
    }

    function check_L2_sum_counts(uint32[8] memory values) public pure {
        _sumIsExact(values, COUNTS);
    }

    function check_L2_sum_widest(uint32[8] memory values) public pure {
        _sumIsExact(values, WIDEST);
    }

    function check_L2_sum_narrowest(uint32[8] memory values) public pure {
        _sumIsExact(values, NARROWEST);
    }

    function check_L2_advance_amounts(uint32[8] memory values, uint256 newest, uint256 index) public pure {
        _advanceShifts(values, newest, index, AMOUNTS);
    }

    function check_L2_advance_counts(uint32[8] memory values, uint256 newest, uint256 index) public pure {
        _advanceShifts(values, newest, index, COUNTS);
    }

    function check_L2_advance_widest(uint32[8] memory values, uint256 newest, uint256 index) public pure {
        _advanceShifts(values, newest, index, WIDEST);
    }

    /// @notice A use that fits the newest bucket is added to it, and the other buckets are what they were.
    function check_L2_use_isAddedToTheNewest(uint32[8] memory values, uint32 amount) public pure {
        uint256[8] memory cut = _cut(values, AMOUNTS);
        uint256 word = _pack(cut, AMOUNTS);
        uint256 newest = cut[0] + amount;
        if (newest >= 1 << AMOUNTS) return; // callers admit no more than a cap, which is below 2^width
        cut[0] = newest;
        assert(word + amount == _pack(cut, AMOUNTS));
    }

    // ------------------------------------------------------------------ length

    /// @notice Seven buckets cover the window, and not more than rounding to whole seconds needs.
    function check_L2_length_coversTheWindow(uint24 window) public pure {
        uint256 length = RollingWindow.length(window);
        assert(length > 0);
        assert(7 * length >= window);
        assert(7 * length <= uint256(window) + 7);
    }

    /// @notice Nothing counts longer than eight buckets, which is at most a seventh of the window (and whole seconds' rounding)
    ///         more than the window: that much too early, at most, is anything denied.
    function check_L2_length_countsAtMostASeventhLonger(uint24 window) public pure {
        if (window == 0) return; // setters refuse it
        assert(8 * RollingWindow.length(window) <= uint256(window) + window / 7 + 7);
    }

    /// @notice What happened at most a window ago is in one of the eight newest buckets. Seconds are written as
    ///         `bucket * length + rest`, so that no division has to be reasoned about.
    function deep_L2_window_isWithinEightBuckets(uint24 window, uint24 older, uint24 rest, uint24 restNow) public pure {
        uint256 length = RollingWindow.length(window);
        if (older < BUCKETS || rest >= length || restNow >= length) return;
        unchecked {
            // `older` buckets lie between the use, `rest` seconds into its bucket, and now.
            uint256 ago = older * length + restNow - rest;
            assert(ago > window);
        }
    }

    // ------------------------------------------------------------------ freedAt

    /// @notice In buckets of a second: the bucket's number. Other lengths: {deep_L12_freedAt_inSeconds}.
    function check_L12_freedAt_amounts(uint32[8] memory values, uint32 index, uint32 needed) public pure {
        _freedAtIsTheFirst(values, index, 1, needed, AMOUNTS);
    }

    function check_L12_freedAt_counts(uint32[8] memory values, uint32 index, uint32 needed) public pure {
        _freedAtIsTheFirst(values, index, 1, needed, COUNTS);
    }

    /// @notice In seconds, for every length of a bucket: it is the boundary that {check_L12_freedAt_amounts} names by its number, and 0 where
    ///         that is 0.
    function deep_L12_freedAt_inSeconds(uint32[8] memory values, uint32 index, uint24 length, uint32 needed)
        public
        pure
    {
        uint256 word = _pack(_cut(values, AMOUNTS), AMOUNTS);
        unchecked {
            uint256 boundary = RollingWindow.freedAt(word, AMOUNTS, index, 1, needed);
            assert(RollingWindow.freedAt(word, AMOUNTS, index, length, needed) == boundary * length);
        }
    }

    // ------------------------------------------------------------------ what is claimed

    /// @dev One bucket after the other: the sum of all from the n-th on is that of all after it and the n-th. What is equal otherwise
    ///      are sums in another order, which solvers find hard; one question at the end, because each before it would make the next harder.
    function _sumIsExact(uint32[8] memory values, uint256 width) private pure {
        uint256[8] memory cut = _cut(values, width);
        uint256 word;
        uint256 sumAfter = RollingWindow.sum(0, width);
        uint256 differs = sumAfter;
        unchecked {
            for (uint256 n = BUCKETS; n > 0; --n) {
                word |= cut[n - 1] << (width * (n - 1));
                uint256 sum = RollingWindow.sum(word, width);
                differs |= sum ^ (sumAfter + cut[n - 1]);
                sumAfter = sum;
            }
        }
        assert(differs == 0);
    }

    /// @dev Memory is addressed by concrete numbers only, so the steps that matter are gone through one by one.
    function _advanceShifts(uint32[8] memory values, uint256 newest, uint256 index, uint256 width) private pure {
        uint256[8] memory cut = _cut(values, width);
        uint256 advanced = RollingWindow.advance(_pack(cut, width), width, newest, index);
        uint256 steps = index > newest ? index - newest : 0;
        if (steps >= BUCKETS) {
            assert(advanced == 0);
            return;
        }
        for (uint256 n; n < BUCKETS; ++n) {
            if (n != steps) continue;
            uint256[8] memory expected;
            for (uint256 i; i + n < BUCKETS; ++i) {
                expected[i + n] = cut[i];
            }
            assert(advanced == _pack(expected, width));
        }
    }

    /// @dev Of the bucket boundaries ahead, `freedAt` names the first at which enough has fallen out, 0 if none is.
    function _freedAtIsTheFirst(uint32[8] memory values, uint256 index, uint256 length, uint256 needed, uint256 width)
        private
        pure
    {
        if (needed == 0 || length == 0) return; // nothing is asked for only when it fits already
        uint256[8] memory cut = _cut(values, width);
        uint256 freedAt = RollingWindow.freedAt(_pack(cut, width), width, index, length, needed);
        // Nothing here comes near 2^256, and every check for it would be one more question to the solver.
        unchecked {
            uint256 fallen;
            for (uint256 steps = 1; steps <= BUCKETS; ++steps) {
                bool before = fallen >= needed;
                fallen += cut[BUCKETS - steps];
                bool enough = fallen >= needed;
                uint256 boundary = (index + steps) * length;
                if (freedAt == boundary) assert(enough && !before);
                else assert(before || !enough);
            }
            assert((freedAt == 0) == (fallen < needed));
        }
    }
}
