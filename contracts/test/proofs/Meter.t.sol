// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Meter} from "../../src/Meter.sol";
import {Test} from "../lib/Test.sol";

/// @title The meter's word, proved for every content (scripts/prove)
contract MeterProof is Test {
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
        assert(Meter.unwrap(m) >> 248 == word >> 248);
    }

    /// @notice A flag is set or cleared and read, and nothing else changes.
    function check_flags_areApart(uint256 word, bool on) public pure {
        Meter m = Meter.wrap(word);
        _isOneBit(word, Meter.unwrap(m.withLive(on)), 248, on);
        _isOneBit(word, Meter.unwrap(m.withFrozen(on)), 249, on);
        _isOneBit(word, Meter.unwrap(m.withHalted(on)), 250, on);
        assert(m.withLive(on).live() == on);
        assert(m.withFrozen(on).frozen() == on);
        assert(m.running() == (m.live() && !m.frozen() && (word >> 250) & 1 == 0));
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
