// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Meter} from "../../src/Meter.sol";
import {Test} from "../lib/Test.sol";

/// @title The meter's word, proved for every content (scripts/prove)
contract MeterProof is Test {
    uint256 private constant FLAGS_AT = 249;
    uint256 private constant WINDOW_AT = 192;

    /// @notice What is packed is what is read, and flags and count are not touched by it.
    function check_terms_areKept(
        uint256 word,
        uint32 expiry,
        uint24 window,
        uint16 maxTransactions,
        uint16 maxAuditLag,
        uint32 now_
    ) public {
        vm.warp(now_);
        Meter before = Meter.wrap(word);
        // What no meter holds: more transactions than its largest most ever was, 16 bits.
        if (before.count() > type(uint16).max) return;
        Meter m = before.withTerms(expiry, window, maxTransactions, maxAuditLag);
        assert(m.expiry() == expiry);
        assert(m.window() == window);
        assert(m.maxTransactions() == maxTransactions);
        assert(m.maxAuditLag() == maxAuditLag);
        assert(m.count() == before.count());
        assert(Meter.unwrap(m) >> FLAGS_AT == word >> FLAGS_AT);
    }

    /// @notice A flag is set or cleared and read, and nothing else changes.
    function check_flags_areApart(uint256 word, bool on) public pure {
        Meter m = Meter.wrap(word);
        _isOneBit(word, Meter.unwrap(m.withLive(on)), FLAGS_AT, on);
        _isOneBit(word, Meter.unwrap(m.withFrozen(on)), FLAGS_AT + 1, on);
        _isOneBit(word, Meter.unwrap(m.withHalted(on)), FLAGS_AT + 2, on);
        _isOneBit(word, Meter.unwrap(m.withBasic(on)), FLAGS_AT + 3, on);
        _isOneBit(word, Meter.unwrap(m.withOpen(on)), FLAGS_AT + 4, on);
        assert(m.withLive(on).live() == on && m.withFrozen(on).frozen() == on && m.withHalted(on).halted() == on);
        assert(m.withBasic(on).basic() == on && m.withOpen(on).open() == on);
        assert(m.running() == (m.live() && !m.frozen() && !m.halted()));
    }

    /// @notice A transaction is counted once, only while fewer than the most were, and changes nothing but the count (L2).
    function check_L2_tick_countsOneAndNeverAboveTheMost(uint256 word, uint32 now_) public {
        vm.warp(now_);
        Meter m = Meter.wrap(word);
        (bool fits, Meter ticked) = m.tick();
        assert(fits == (m.count() < m.maxTransactions()));
        if (!fits) return;
        assert(ticked.count() == m.count() + 1);
        assert(ticked.count() <= m.maxTransactions());
        assert(Meter.unwrap(ticked) >> 160 == word >> 160);
    }

    /// @notice Terms of which no field is looser admit nothing that the old ones refused (L5).
    function check_L5_tighterTerms_admitNoMore(
        uint256 word,
        uint32 expiry,
        uint24 window,
        uint16 maxTransactions,
        uint16 maxAuditLag,
        uint32 now_
    ) public {
        vm.warp(now_);
        Meter before = Meter.wrap(word);
        if (before.count() > type(uint16).max) return;
        if (expiry > before.expiry() || window < before.window()) return;
        if (maxTransactions > before.maxTransactions() || maxAuditLag > before.maxAuditLag()) return;
        Meter m = before.withTerms(expiry, window, maxTransactions, maxAuditLag);
        (bool fitsNow,) = m.tick();
        (bool fitted,) = before.tick();
        assert(!fitsNow || fitted);
        assert(m.expiry() <= before.expiry() && m.maxAuditLag() <= before.maxAuditLag());
        assert(m.running() == before.running());
    }

    /// @notice A higher risk level admits no more, and its windows are as many times longer; all else is what it was (L5).
    function check_L5_higherRisk_admitsNoMore(uint256 word, uint8 level, uint32 now_) public {
        vm.warp(now_);
        Meter before = Meter.wrap(word);
        if (before.count() > type(uint16).max || level > 3 || level < before.riskLevel()) return;
        // What no meter holds: a window that is not a multiple of what its risk level makes of it, or longer.
        uint256 set = before.window() >> before.riskLevel();
        if (set << before.riskLevel() != before.window() || set >= 1 << 22) return;
        Meter m = before.withRiskLevel(level);
        (bool fitsNow,) = m.tick();
        (bool fitted,) = before.tick();
        assert(!fitsNow || fitted);
        assert(m.riskLevel() == level && m.window() == set << level);
        assert(m.expiry() == before.expiry() && m.maxTransactions() == before.maxTransactions());
        assert(m.maxAuditLag() == before.maxAuditLag() && m.running() == before.running());
        assert(m.basic() == before.basic() && m.open() == before.open());
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
        Meter before = Meter.wrap((word & ~(uint256((1 << 25) - 1) << WINDOW_AT)) | (old << WINDOW_AT));
        if (before.count() > type(uint16).max || later < now_ || later - now_ > window) return;
        Meter then = before.withTerms(before.expiry(), window, before.maxTransactions(), before.maxAuditLag());
        uint256 counted = before.count();
        vm.warp(later);
        assert(then.count() == counted);
    }

    /// @notice When it says when one more transaction will fit, it does not revert, whatever the word (L4).
    function check_L4_freeAt_neverReverts(uint256 word, uint32 now_) public {
        vm.warp(now_);
        Meter m = Meter.wrap(word);
        if (m.count() < m.maxTransactions()) return; // asked only when none fits
        m.freeAt();
    }

    function _isOneBit(uint256 before, uint256 then, uint256 bit, bool on) private pure {
        assert(then == (before & ~(uint256(1) << bit)) | (on ? uint256(1) << bit : 0));
    }
}
