// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RollingWindow} from "../src/RollingWindow.sol";
import {Test} from "./lib/Test.sol";

/// @notice The library alone against a list of all uses.
contract RollingWindowTest is Test {
    uint256 private constant WIDTH = 27;

    struct Use {
        uint256 when;
        uint256 amount;
    }

    Use[] private _uses;
    uint256 private _buckets;
    uint256 private _index;

    function test_length_isAtLeastASeventhRoundedUp() public pure {
        assertEq(RollingWindow.length(0), 1, "0");
        assertEq(RollingWindow.length(1), 1, "1");
        assertEq(RollingWindow.length(7), 1, "7");
        assertEq(RollingWindow.length(8), 2, "8");
        assertEq(RollingWindow.length(86_400), 12_343, "a day");
        assertEq(RollingWindow.length(type(uint24).max), 2_396_745, "the largest");
    }

    function testFuzz_length_coversTheWindow(uint24 window) public pure {
        assertGe(7 * RollingWindow.length(window), window, "shorter than the window");
        assertLe(7 * RollingWindow.length(window), uint256(window) + 7, "longer than rounding needs");
    }

    function test_advance_dropsTheOldest() public pure {
        uint256 full;
        for (uint256 i; i < 8; ++i) {
            full = (full << WIDTH) | (i + 1);
        }
        assertEq(RollingWindow.sum(full, WIDTH), 36, "all");
        assertEq(RollingWindow.sum(RollingWindow.advance(full, WIDTH, 5, 5), WIDTH), 36, "no step");
        assertEq(RollingWindow.sum(RollingWindow.advance(full, WIDTH, 5, 6), WIDTH), 35, "one step");
        assertEq(RollingWindow.sum(RollingWindow.advance(full, WIDTH, 5, 12), WIDTH), 8, "seven steps");
        assertEq(RollingWindow.advance(full, WIDTH, 5, 13), 0, "eight steps");
        assertEq(RollingWindow.advance(full, WIDTH, 5, type(uint256).max), 0, "very many");
        assertEq(RollingWindow.advance(full, WIDTH, 5, 4), full, "time that goes back");
    }

    /// @notice All at once is what one after the other gives, at every width that is admitted, full buckets too.
    function testFuzz_sum_isThatOfTheBuckets(uint256 buckets, uint256 width, bool full) public pure {
        width = bound(width, 3, 27);
        if (full) buckets = type(uint256).max;
        buckets &= (1 << (8 * width)) - 1;
        uint256 expected;
        for (uint256 i; i < 8; ++i) {
            expected += (buckets >> (width * i)) & ((1 << width) - 1);
        }
        assertEq(RollingWindow.sum(buckets, width), expected, "sum");
    }

    /// @notice L2 for the library: what it counts covers every window of that length that ends now, and what it counts
    ///         is not older than a window and a seventh (plus rounding to whole seconds).
    function testFuzz_L2_sum_coversEveryWindowAndNotMuchMore(uint24 window, uint256 seed) public {
        window = uint24(bound(window, 1, type(uint24).max));
        uint256 length = RollingWindow.length(window);
        uint256 now_ = 1_800_000_000 + (seed % 1_000_000);
        _index = now_ / length;
        for (uint256 i; i < 24; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            now_ += seed % (window / 3 + 3);
            _advanceTo(now_ / length);
            uint256 amount = (seed >> 128) % 1000;
            _buckets += amount;
            _uses.push(Use(now_, amount));
            uint256 counted = RollingWindow.sum(_buckets, WIDTH);
            assertGe(counted, _sumSince(now_ - window), "a window holds more than was counted");
            assertLe(counted, _sumSince(now_ - 8 * length + 1), "counted what is long over");
            assertLe(8 * length, uint256(window) + window / 7 + 8, "early by more than a seventh");
        }
    }

    function test_L12_freedAt_neverWhenLessIsHeld() public pure {
        assertEq(RollingWindow.freedAt(5, WIDTH, 100, 60, 5), (100 + RollingWindow.BUCKETS) * 60, "all that is held");
        assertEq(RollingWindow.freedAt(5, WIDTH, 100, 60, 6), 0, "more than is held");
    }

    /// @notice `freedAt` is exact: one second earlier too little has fallen out, then enough.
    function testFuzz_L12_freedAt_isTheFirstSecond(uint256 buckets, uint24 window, uint256 needed, uint32 start)
        public
        pure
    {
        buckets &= (1 << (WIDTH * 8)) - 1;
        uint256 length = RollingWindow.length(bound(window, 1, type(uint24).max));
        uint256 index = uint256(start) / length;
        uint256 total = RollingWindow.sum(buckets, WIDTH);
        needed = bound(needed, 1, total + 10);
        uint256 freedAt = RollingWindow.freedAt(buckets, WIDTH, index, length, needed);
        if (needed > total) {
            assertEq(freedAt, 0, "never");
            return;
        }
        assertGe(freedAt, (index + 1) * length, "in the past");
        assertGe(total - _sumAt(buckets, index, length, freedAt), needed, "too early");
        assertLe(total - _sumAt(buckets, index, length, freedAt - 1), needed - 1, "too late");
    }

    function _sumAt(uint256 buckets, uint256 index, uint256 length, uint256 when) private pure returns (uint256) {
        return RollingWindow.sum(RollingWindow.advance(buckets, WIDTH, index, when / length), WIDTH);
    }

    function _advanceTo(uint256 index) private {
        _buckets = RollingWindow.advance(_buckets, WIDTH, _index, index);
        _index = index;
    }

    function _sumSince(uint256 from) private view returns (uint256 total) {
        for (uint256 i; i < _uses.length; ++i) {
            if (_uses[i].when >= from) total += _uses[i].amount;
        }
    }
}
