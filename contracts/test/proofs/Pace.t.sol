// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Pace} from "../../src/Pace.sol";
import {RollingWindow} from "../../src/RollingWindow.sol";
import {Test} from "../lib/Test.sol";

/// @title The pace's word, proved for every content (scripts/prove)
contract PaceProof is Test {
    uint256 private constant WINDOW_AT = 96;

    /// @notice What is packed is what is read, and what was counted stays, the last transaction too.
    function check_limits_areKept(uint256 word, uint8 burst, uint24 window, uint24 cooldown, uint8 risk, uint32 now_)
        public
    {
        if (risk > 3) return;
        vm.warp(now_);
        Pace before = _held(word);
        Pace p = before.withLimits(burst, window, cooldown);
        assert(p.burst() == burst && p.window() == window && p.cooldown() == cooldown);
        assert(p.restedAt(risk) == before.restedAt(0) - before.cooldown() + (uint256(cooldown) << risk));
        assert(p.count() == before.count());
    }

    /// @notice A transaction is counted once while there is a burst rule, only while fewer than the most were, and the next one is too soon
    ///         until the cooldown is over (L2). The limits stay.
    function check_L2_tick_countsOneAndNeverAboveTheMost(uint256 word, uint8 risk, uint32 now_) public {
        if (risk > 3) return;
        vm.warp(now_);
        Pace p = _held(word);
        (bool fits, Pace ticked) = p.tick();
        assert(fits == (p.burst() == 0 || p.count() < p.burst()));
        if (!fits) return;
        assert(ticked.burst() == p.burst() && ticked.window() == p.window() && ticked.cooldown() == p.cooldown());
        uint256 index = now_ / RollingWindow.length(p.window());
        uint256 newest = (Pace.unwrap(p) >> 64) & type(uint32).max;
        uint256 buckets = RollingWindow.advance(Pace.unwrap(p) & type(uint64).max, 8, newest, index);
        assert(Pace.unwrap(ticked) & type(uint64).max == buckets + (p.burst() > 0 ? 1 : 0));
        assert((Pace.unwrap(ticked) >> 64) & type(uint32).max == index);
        assert(ticked.restedAt(risk) == now_ + (p.cooldown() << risk));
    }

    /// @notice A tempo of which no field is looser admits nothing that the old one refused (L5), at any risk level that is not lower.
    function check_L5_tighterTempo_admitsNoMore(
        uint256 word,
        uint8 burst,
        uint24 window,
        uint24 cooldown,
        uint8 risk,
        uint8 higher,
        uint32 now_
    ) public {
        if (risk > higher || higher > 3) return;
        vm.warp(now_);
        Pace before = _held(word);
        if (before.burst() > 0 && (burst == 0 || burst > before.burst() || window < before.window())) return;
        if (cooldown < before.cooldown()) return;
        Pace p = before.withLimits(burst, window, cooldown);
        (bool fitsNow,) = p.tick();
        (bool fitted,) = before.tick();
        assert(!fitsNow || fitted);
        assert(p.restedAt(higher) >= before.restedAt(risk));
    }

    /// @notice For a whole new window after a longer one was set, nothing that counted then falls out of it: later, what is dated anew may be
    ///         free up to one bucket earlier than it would have been. Of windows of about an hour, a day and three weeks, whose buckets are a power
    ///         of two seconds long, so that the solver need not divide; of any window it is
    ///         {RollingWindowProof-deep_L2_window_isWithinEightBuckets}'s.
    function deep_L5_longerWindow_forgetsNothingForAWindow(uint256 word, bool longest, uint32 now_, uint32 later)
        public
    {
        if (longest) _forgetsNothing(word, 7 << 14, 7 << 18, now_, later);
        else _forgetsNothing(word, 7 << 9, 7 << 14, now_, later);
    }

    function _forgetsNothing(uint256 word, uint256 old, uint256 window, uint32 now_, uint32 later) private {
        vm.warp(now_);
        Pace before = Pace.wrap((word & ~(uint256((1 << 25) - 1) << WINDOW_AT)) | (old << WINDOW_AT));
        if (before.count() > type(uint8).max || later < now_ || later - now_ > window) return;
        Pace then = before.withLimits(before.burst(), window, before.cooldown());
        uint256 counted = before.count();
        vm.warp(later);
        assert(then.count() == counted);
    }

    /// @dev What no pace holds: more transactions than its largest burst ever was, 8 bits.
    function _held(uint256 word) private view returns (Pace p) {
        p = Pace.wrap(word & ((1 << 185) - 1));
        vm.assume(p.count() <= type(uint8).max);
    }
}
