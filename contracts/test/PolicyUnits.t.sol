// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Intent} from "../src/Intent.sol";
import {Headroom} from "../src/MandateLens.sol";
import {BudgetWord} from "../src/Budget.sol";
import {PolicyEngine} from "../src/PolicyEngine.sol";
import {Rule, Verdict} from "../src/Verdict.sol";
import {Deployed} from "./lib/Deployed.sol";

/// @notice What a cap is counted in: people write decimal amounts, and these fill a decimal cap exactly.
contract PolicyUnitsTest is Deployed {
    uint104 private constant MOST = 2028e28; // the largest that is exact both as a cap and per transaction
    uint256 private constant FULL = (1 << 19) - 1; // of a bucket
    address private _a; // the token, short

    function setUp() public {
        deployAll();
        _a = address(token);
        PolicyEngine.Terms memory t = terms();
        t.maxTransactions = type(uint16).max;
        vm.prank(address(timelock));
        policy.setTerms(agentId, t);
    }

    function _setLimit(uint256 perTransaction, uint256 cap, uint256 window) private {
        vm.prank(address(timelock));
        policy.setLimit(agentId, _a, PolicyEngine.Limit(uint104(perTransaction), uint104(cap), uint24(window)));
    }

    /// @dev Judged and counted, but not paid: the vault need not have it.
    function _consume(uint256 amount) private returns (Verdict memory) {
        Intent memory intent = payment(_a, amount);
        vm.prank(address(executor));
        return policy.consume(plain(intent), idFor(intent), intent);
    }

    function _assertAdmitted(uint256 amount) private {
        assertEq(uint8(_consume(amount).rule), uint8(Rule.NONE), "admitted");
    }

    function _headroom() private view returns (Headroom memory) {
        return lens.headroom(agentId, _a);
    }

    function test_L2_units_threeThirdsFitExactly() public {
        for (uint256 i; i < 3; ++i) {
            submitAdmitted(payment(ETH, 1 ether));
        }
        Headroom memory h = lens.headroom(agentId, ETH);
        assertEq(h.used, 3 ether, "used");
        assertEq(h.left, 0, "left");
        submitDenied(payment(ETH, 1), Rule.WINDOW);
    }

    /// @notice Amounts with as many decimals as the cap, up to five significant digits, in any order and on either chain.
    function testFuzz_L2_units_decimalAmountsFillADecimalCap(uint256 digits, uint256 zeros, uint256 seed) public {
        digits = bound(digits, 1, 99_999);
        zeros = bound(zeros, 0, 23);
        uint256 cap = digits * 10 ** zeros;
        _setLimit(MOST, cap, WINDOW);
        uint256 rest = digits;
        for (uint256 i; i < 12 && rest > 0; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 part = i == 11 ? rest : 1 + seed % rest;
            skip((seed >> 128) % 2000); // the window outlasts all of them
            _assertAdmitted(part * 10 ** zeros);
            rest -= part;
            assertEq(_headroom().used, (digits - rest) * 10 ** zeros, "used");
            assertEq(_headroom().left, rest * 10 ** zeros, "left");
        }
        assertEq(uint8(_consume(1).rule), uint8(Rule.WINDOW), "and not one more");
    }

    /// @notice The finest unit in which a cap fits, and what more digits cost.
    function test_L2_units_changeBelowTwoToThe19() public {
        _setLimit(MOST, FULL - 1, WINDOW);
        assertEq(_headroom().left, 524_286, "counted in ones");
        _assertInexact(MOST, FULL, FULL, 524_280);
        _setLimit(MOST, 524_290, WINDOW);
        assertEq(_headroom().left, 524_290, "in tens");
        assertEq(uint8(atHome.preview(payment(_a, 524_291)).rule), uint8(Rule.WINDOW), "and not one more");
        _assertAdmitted(1);
        assertEq(_headroom().used, 10, "the amount rounded up");
        assertEq(_headroom().left, 524_280, "left");
        _setLimit(MOST, MOST, WINDOW);
        assertEq(_headroom().used, 1e26, "what was used, rounded up again");
        assertEq(_headroom().left, MOST - 1e26, "in 1e26, at the largest cap");
    }

    /// @dev The exact limit below is named, and nothing was changed.
    function _assertInexact(uint256 perTransaction, uint256 cap, uint256 asked, uint256 nearest) private {
        bytes32 before = keccak256(abi.encode(_headroom()));
        vm.prank(address(timelock));
        vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyInexact.selector, asked, nearest));
        policy.setLimit(agentId, _a, PolicyEngine.Limit(uint104(perTransaction), uint104(cap), WINDOW));
        assertEq(keccak256(abi.encode(_headroom())), before, "changed");
    }

    /// @notice A limit is kept exactly as it was decided, or refused with the nearest lower one that can be.
    function testFuzz_L12_setLimit_revert_inexact(uint104 perTransaction, uint104 cap, uint256 digits) public {
        perTransaction = uint104(perTransaction >> (digits % 104));
        cap = uint104(cap >> ((digits >> 8) % 104));
        (uint256 lessPer, uint256 lessCap) = (_nearest(perTransaction, 1 << 14), _nearest(cap, FULL));
        if (lessPer != perTransaction) _assertInexact(perTransaction, cap, perTransaction, lessPer);
        if (lessCap != cap) _assertInexact(lessPer, cap, cap, lessCap);
        _setLimit(lessPer, lessCap, WINDOW);
        PolicyEngine.Limit memory l = _headroom().limit;
        assertEq(l.perTransaction, lessPer, "per transaction");
        assertEq(l.cap, lessCap, "cap");
        assertLe(perTransaction - lessPer, uint256(perTransaction) / 1638, "three digits and more are kept");
        assertLe(cap - lessCap, uint256(cap) / 52_428, "four digits and more are kept");
    }

    /// @dev The largest m * 10^e up to `value` with m below `limit`, found the slow way: from the coarsest exponent down.
    function _nearest(uint256 value, uint256 limit) private pure returns (uint256 most) {
        for (uint256 e = 32; e > 0; --e) {
            uint256 unit = 10 ** (e - 1);
            if (value / unit < limit && value / unit * unit > most) most = value / unit * unit;
        }
    }

    /// @notice The most digits that a per-transaction cap always has are four, a cap's five.
    function testFuzz_L12_setLimit_decimalLimitsAreExact(uint256 perDigits, uint256 digits, uint256 zeros) public {
        zeros = bound(zeros, 0, 26);
        uint256 perTransaction = bound(perDigits, 0, 9_999) * 10 ** zeros;
        uint256 cap = bound(digits, 0, 99_999) * 10 ** zeros;
        _setLimit(perTransaction, cap, WINDOW);
        assertEq(_headroom().limit.perTransaction, perTransaction, "per transaction");
        assertEq(_headroom().limit.cap, cap, "cap");
    }

    /// @notice The largest of everything neither overflows nor is forgotten, whatever the limits become: a bucket that can't say
    ///         in a finer unit what it held is full, which is more than any cap, until it falls out.
    function test_L2_units_largestUsageSurvivesEveryChange() public {
        _setLimit(MOST, MOST, 7);
        uint256 step = _headroom().left / 8e26 * 1e26;
        for (uint256 i; i < 8; ++i) {
            if (i > 0) skip(1);
            _assertAdmitted(step); // eight buckets in use
        }
        uint256 used = _headroom().used;
        assertEq(used, 8 * step, "counted");
        uint256[4] memory caps = [uint256(1), 3e18, 0, MOST];
        uint256[3] memory windows = [uint256(7), 1, LONGEST_WINDOW];
        for (uint256 w; w < 3; ++w) {
            for (uint256 c; c < 4; ++c) {
                _setLimit(MOST, caps[c], windows[w]);
                assertEq(_headroom().left, 0, "spent again");
                assertGe(_headroom().used, caps[c], "less is used than the cap");
            }
        }
        skip(uint256(LONGEST_WINDOW) * 8 / 7 + 8);
        assertEq(_headroom().left, MOST, "and nothing is left of it when the window is over");
    }

    /// @notice In the very second, too: what was full in one unit is full in every other.
    function test_L2_units_fullBucketsStayFull() public {
        _setLimit(1e18, 1e18, WINDOW);
        _assertAdmitted(1e18);
        _setLimit(1e18, 1, WINDOW); // in ones: 1e18 is beyond any bucket
        assertEq(_headroom().used, FULL, "full");
        _setLimit(MOST, MOST, WINDOW);
        assertEq(_headroom().left, 0, "a full bucket was converted");
        assertEq(uint8(atHome.preview(payment(_a, 1)).rule), uint8(Rule.WINDOW), "and admits nothing");
        uint256 freedAt = _headroom().moreAt;
        vm.warp(freedAt - 1);
        assertEq(_headroom().left, 0, "a second early");
        vm.warp(freedAt);
        assertEq(_headroom().left, MOST, "then");
    }

    /// @notice Units that go up and down again cost one rounding, not one each time.
    function testFuzz_L2_units_roundingDoesNotAddUp(uint256 digits, uint256 zeros, uint256 amount) public {
        zeros = bound(zeros, 0, 20);
        uint256 cap = bound(digits, 1, 99_999) * 10 ** zeros;
        _setLimit(MOST, cap, WINDOW);
        amount = bound(amount, 1, cap);
        _assertAdmitted(amount);
        _setLimit(MOST, 10 * cap, WINDOW);
        uint256 used = _headroom().used;
        assertGe(used, amount, "forgotten");
        for (uint256 i; i < 6; ++i) {
            _setLimit(MOST, i % 2 == 0 ? cap : 10 * cap, WINDOW);
            assertEq(_headroom().used, used, "used");
        }
    }

    /// @notice `left` in the headroom and in a refusal: exactly this is admitted as asked and one more is not, under any
    ///         limit, whatever was spent and however the limit changed meanwhile.
    function testFuzz_L12_headroom_leftIsExactUnderAnyLimit(uint256 seed) public {
        for (uint256 i; i < 10; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            if (i % 3 == 0) {
                uint256 cap = seed % 2 == 0 ? (seed >> 8) % 1e5 * 10 ** ((seed >> 40) % 27) : (seed >> 8) % MOST;
                if (cap == 0) cap = 1;
                uint256 perTransaction = (seed >> 60) % 4 == 0 ? (seed >> 120) % MOST : cap / (1 + (seed >> 62) % 4);
                (cap, perTransaction) = (BudgetWord.exactCap(cap), BudgetWord.exactPerTransaction(perTransaction));
                _setLimit(perTransaction, cap, 1 + (seed >> 200) % 100_000);
            }
            skip((seed >> 180) % 5000);
            Headroom memory h = _headroom();
            if (h.left > 0) {
                assertEq(uint8(atHome.preview(payment(_a, h.left)).rule), uint8(Rule.NONE), "left is admitted");
            }
            Verdict memory more = atHome.preview(payment(_a, h.left + 1));
            assertTrue(more.rule == Rule.WINDOW || more.rule == Rule.PER_TRANSACTION, "one more is not");
            assertEq(more.left, h.left, "left in the refusal");
            if (h.left == 0) continue;
            uint256 asked = (seed >> 130) % 3 == 0 ? h.left : 1 + (seed >> 130) % h.left;
            _assertAdmitted(asked);
            assertLe(_headroom().used, h.limit.cap > h.used ? h.limit.cap : h.used, "above the cap");
        }
    }

    /// @notice What the headroom says of transactions: so many fit, one more does at `transactionAt` and not before.
    function testFuzz_L12_headroom_transactionsAreExact(uint256 seed) public {
        _setLimit(1, 1e8, WINDOW);
        PolicyEngine.Terms memory t = terms();
        t.maxTransactions = uint16(1 + seed % 6);
        t.frequencyWindow = uint24(1 + (seed >> 16) % 10_000);
        vm.prank(address(timelock));
        policy.setTerms(agentId, t);
        for (uint256 i; i < 8; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            skip(seed % t.frequencyWindow);
            uint256 fit = _headroom().transactionsLeft;
            if (seed >> 255 == 0 && fit > 0) fit = 1;
            for (uint256 j; j < fit; ++j) {
                assertEq(_headroom().transactionAt, 0, "now");
                _assertAdmitted(1);
            }
            if (_headroom().transactionsLeft > 0) continue;
            uint256 first = _headroom().transactionAt;
            Verdict memory v = atHome.preview(payment(_a, 1));
            assertEq(uint8(v.rule), uint8(Rule.FREQUENCY), "one more");
            assertEq(v.availableAt, first, "as the verdict says");
            vm.warp(first - 1);
            assertEq(_headroom().transactionsLeft, 0, "a second early");
            vm.warp(first);
            assertGe(_headroom().transactionsLeft, 1, "then");
        }
    }

    /// @notice `moreAt` is the first second at which less is used.
    function testFuzz_L12_headroom_moreAtIsExact(uint256 seed) public {
        for (uint256 i; i < 5; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            skip(seed % 30_000);
            uint256 left = _headroom().left;
            if (left > 0) _assertAdmitted(1 + (seed >> 128) % left);
            Headroom memory h = _headroom();
            uint256 now_ = time();
            vm.warp(h.moreAt - 1);
            assertEq(_headroom().used, h.used, "a second early");
            vm.warp(h.moreAt);
            assertLe(_headroom().used + 1, h.used, "then");
            vm.warp(now_);
        }
    }
}
