// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Budget} from "../../src/Budget.sol";
import {Decimal} from "../../src/Decimal.sol";
import {RollingWindow} from "../../src/RollingWindow.sol";
import {Test} from "../lib/Test.sol";

/// @title The budget's word, proved for every content (scripts/prove)
/// @notice A power of ten is a number only where its exponent is: so exponents are gone through where amounts are counted, all of them
///         in the full set, some in CI's; limits are set in units of one. Everything else of a word is open.
contract BudgetProof is Test {
    uint256 private constant FULL = (1 << 19) - 1;
    uint256 private constant START = 1_800_000_000;

    /// @dev The word with the exponents of cap and per-transaction cap put into it.
    function _with(uint256 word, uint256 unitExponent, uint256 mostExponent) private pure returns (Budget) {
        uint256 holes = (uint256(31) << 203) | (uint256(31) << 222);
        return Budget.wrap((word & ~holes) | (unitExponent << 203) | (mostExponent << 222));
    }

    // ------------------------------------------------------------------ spending

    /// @notice A payment fits exactly when it and what is used are at most the cap; it is added to the newest bucket, and the rest of
    ///         the word stays as it was (L2). What the buckets hold is then counted as {RollingWindowProof} says.
    function check_L2_spend_neverAboveTheCap(uint256 word, uint128 amount, uint32 now_) public {
        _spendCounts(word, 0, amount, now_);
        _spendCounts(word, 18, amount, now_);
    }

    function deep_L2_spend_neverAboveTheCap(uint256 word, uint8 unit, uint128 amount, uint32 now_) public {
        for (uint256 exponent; exponent < 32; ++exponent) {
            if (unit == exponent) return _spendCounts(word, exponent, amount, now_);
        }
    }

    function _spendCounts(uint256 word, uint256 exponent, uint128 amount, uint32 now_) private {
        vm.warp(now_);
        Budget b = _with(word, exponent, 0);
        (bool fits, Budget spent) = b.spend(amount);
        uint256 index = now_ / RollingWindow.length(b.window());
        uint256 buckets = RollingWindow.advance(word & ((1 << 152) - 1), 19, (word >> 152) & type(uint32).max, index);
        unchecked {
            uint256 units = Decimal.toUnits(amount, 10 ** exponent);
            assert(fits == (RollingWindow.sum(buckets, 19) + units <= (word >> 184) & FULL));
            if (!fits) return;
            assert(Budget.unwrap(spent) & ((1 << 152) - 1) == buckets + units);
            assert((Budget.unwrap(spent) >> 152) & type(uint32).max == index);
            assert(Budget.unwrap(spent) >> 184 == Budget.unwrap(b) >> 184);
        }
    }

    /// @notice When it says when an amount fits, it does not revert, whatever the word (L4).
    function check_L4_freeAt_neverReverts(uint256 word, uint128 amount, uint32 now_) public {
        _freeAtAnswers(word, 0, amount, now_);
    }

    function deep_L4_freeAt_neverReverts(uint256 word, uint8 unit, uint128 amount, uint32 now_) public {
        for (uint256 exponent = 1; exponent < 32; ++exponent) {
            if (unit == exponent) return _freeAtAnswers(word, exponent, amount, now_);
        }
    }

    function _freeAtAnswers(uint256 word, uint256 exponent, uint128 amount, uint32 now_) private {
        vm.warp(now_);
        Budget b = _with(word, exponent, 0);
        (bool fits,) = b.spend(amount);
        if (fits && amount > 0) return; // asked only when it does not fit, or for what falls out next
        b.freeAt(amount);
    }

    /// @notice What is given back is at most what was asked for and what its bucket holds, of a time that the window still holds and that is
    ///         not to come; nothing else of the word changes (L2). In units of one; the newest bucket is of now or before, as it always is.
    function check_L2_refund_ofItsBucketAlone(uint256 word, uint256 amount, uint256 spentAt, uint32 now_) public {
        vm.warp(now_);
        Budget b = _with(word, 0, 0);
        uint256 length = RollingWindow.length(b.window());
        (uint256 newest, uint256 at) = ((word >> 152) & type(uint32).max, spentAt / length);
        if (newest > now_ / length) return;
        (Budget then, uint256 given) = b.refund(amount, spentAt);
        if (given == 0) return assert(Budget.unwrap(then) == Budget.unwrap(b));
        assert(given <= amount && spentAt <= now_ && at <= newest && now_ / length - at < 8);
        for (uint256 age; age < 8; ++age) {
            if (newest - at != age) continue;
            uint256 held = (word >> (19 * age)) & FULL;
            assert(given <= held && held != FULL);
            assert(Budget.unwrap(then) == Budget.unwrap(b) - (given << (19 * age)));
            return;
        }
        assert(false);
    }

    // ------------------------------------------------------------------ setting

    /// @notice A cap of less than FULL units is kept and read as it is, with all else that is packed beside it; the flags stay. Of a
    ///         budget that is new: what becomes of what was spent is {check_L5_tighterLimit_admitsNoMore}'s.
    function check_limit_capIsKept(bool home, bool halted, uint24 cap) public {
        if (cap >= FULL) return;
        vm.warp(START);
        Budget fresh = Budget.wrap(0).withHome(home).withHalted(halted);
        uint256 then = Budget.unwrap(fresh.withLimit(7000, cap, 1 days));
        uint256 index = START / RollingWindow.length(1 days);
        assert(
            then
                == (index << 152) | (uint256(cap) << 184) | (7000 << 208) | (uint256(1 days) << 227)
                    | Budget.unwrap(fresh)
        );
        Budget b = _with(then, 0, 0);
        assert(b.cap() == cap && b.perTransaction() == 7000 && b.window() == 1 days);
        assert(b.home() == home && b.halted() == halted);
    }

    /// @notice A flag is set or cleared and read, and nothing else changes.
    function check_flags_areApart(uint256 word, bool on) public pure {
        Budget b = Budget.wrap(word);
        assert(Budget.unwrap(b.withHome(on)) == (word & ~(uint256(1) << 252)) | (on ? uint256(1) << 252 : 0));
        assert(Budget.unwrap(b.withHalted(on)) == (word & ~(uint256(1) << 253)) | (on ? uint256(1) << 253 : 0));
        assert(b.withHome(on).home() == on && b.withHalted(on).halted() == on);
    }

    /// @notice A limit of which no field is looser admits nothing that the old one refused (L5), so nothing that was spent is
    ///         forgotten by it (L2). Three of the buckets hold something, in units of one.
    function check_L5_tighterLimit_admitsNoMore(uint256 word, uint24 cap, bool longer, uint128 amount) public {
        if (cap >= FULL) return;
        vm.warp(START);
        // The first two buckets and the last; a window of a day.
        uint256 held = word & (((uint256(1) << 38) - 1) | (FULL << 133));
        uint256 rest = (word >> 184) << 184 & ~(uint256((1 << 25) - 1) << 227);
        uint256 index = (START / RollingWindow.length(1 days)) << 152;
        Budget before = _with(held | rest | index | (uint256(1 days) << 227), 0, 0);
        if (cap > before.cap()) return;
        Budget then = before.withLimit(0, cap, longer ? 2 days : 1 days);
        Budget b = _with(Budget.unwrap(then), 0, 0);
        assert(Budget.unwrap(then) == Budget.unwrap(b));
        (bool fitsNow,) = b.spend(amount);
        (bool fitted,) = before.spend(amount);
        if (amount > 0) assert(!fitsNow || fitted);
    }
}
