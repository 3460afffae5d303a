// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {PolicyEngine} from "../src/PolicyEngine.sol";
import {Rule, Verdict} from "../src/Verdict.sol";
import {Deployed} from "./lib/Deployed.sol";

/// @notice What a cap is counted in: people write decimal amounts, and these fill a decimal cap exactly.
contract PolicyUnitsTest is Deployed {
    uint104 private constant MOST = type(uint104).max;
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
        vm.prank(address(executor));
        return policy.consume(payment(_a, amount));
    }

    function _assertAdmitted(uint256 amount) private {
        assertEq(uint8(_consume(amount).rule), uint8(Rule.NONE), "admitted");
    }

    function _headroom() private view returns (PolicyEngine.Headroom memory) {
        return policy.headroom(agentId, _a);
    }

    function test_L2_units_threeThirdsFitExactly() public {
        for (uint256 i; i < 3; ++i) {
            submitAdmitted(payment(ETH, 1 ether));
        }
        PolicyEngine.Headroom memory h = policy.headroom(agentId, ETH);
        assertEq(h.used, 3 ether, "used");
        assertEq(h.left, 0, "left");
        submitDenied(payment(ETH, 1), Rule.WINDOW);
    }

    /// @notice Amounts with as many decimals as the cap, up to eight significant digits, in any order and on either chain.
    function testFuzz_L2_units_decimalAmountsFillADecimalCap(uint256 digits, uint256 zeros, uint256 seed) public {
        digits = bound(digits, 1, 1e8 - 1);
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
    function test_L2_units_changeAtTwoToThe27() public {
        _setLimit(MOST, (1 << 27) - 1, WINDOW);
        assertEq(_headroom().left, 134_217_727, "counted in ones");
        _setLimit(MOST, 1 << 27, WINDOW);
        assertEq(_headroom().left, 134_217_720, "in tens, the cap rounded down");
        assertEq(uint8(policy.preview(payment(_a, 134_217_721)).rule), uint8(Rule.WINDOW), "and not one more");
        _assertAdmitted(1);
        assertEq(_headroom().used, 10, "the amount rounded up");
        _setLimit(MOST, MOST, WINDOW);
        assertEq(_headroom().left, 20_282_408e24, "in 1e24, at the largest cap");
        assertEq(_headroom().used, 1e24, "what was used, rounded up again");
    }

    /// @notice The largest of everything neither overflows nor is forgotten, whatever the limits become.
    function test_L2_units_largestUsageSurvivesEveryChange() public {
        _setLimit(MOST, MOST, 7);
        uint256 step = _headroom().left / 8e24 * 1e24;
        for (uint256 i; i < 8; ++i) {
            if (i > 0) skip(1);
            _assertAdmitted(step); // eight buckets in use
        }
        uint256 used = _headroom().used;
        assertGe(used, 8 * step, "counted");
        uint256[4] memory caps = [uint256(0), 1, 3e18, MOST];
        uint256[3] memory windows = [uint256(7), 1, type(uint24).max];
        for (uint256 w; w < 3; ++w) {
            for (uint256 c; c < 4; ++c) {
                _setLimit(MOST, caps[c], windows[w]);
                assertGe(_headroom().used, used, "forgotten");
                assertLe(_headroom().used, used + 8e24, "more than rounding");
                if (c < 3) assertEq(_headroom().left, 0, "left");
            }
        }
    }

    /// @notice Units that go up and down again cost one rounding, not one each time.
    function testFuzz_L2_units_roundingDoesNotAddUp(uint256 amount, uint256 caps) public {
        amount = bound(amount, 1, MOST / 2);
        _setLimit(MOST, MOST / 2, WINDOW);
        if (_consume(amount).rule != Rule.NONE) return;
        _setLimit(MOST, MOST, WINDOW);
        uint256 used = _headroom().used;
        assertGe(used, amount, "forgotten");
        for (uint256 i; i < 6; ++i) {
            _setLimit(MOST, uint104(caps >> (i * 30)), WINDOW);
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
                _setLimit(perTransaction, cap, 1 + (seed >> 200) % 100_000);
            }
            skip((seed >> 180) % 5000);
            PolicyEngine.Headroom memory h = _headroom();
            if (h.left > 0) {
                assertEq(uint8(policy.preview(payment(_a, h.left)).rule), uint8(Rule.NONE), "left is admitted");
            }
            Verdict memory more = policy.preview(payment(_a, h.left + 1));
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
            Verdict memory v = policy.preview(payment(_a, 1));
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
            PolicyEngine.Headroom memory h = _headroom();
            uint256 now_ = time();
            vm.warp(h.moreAt - 1);
            assertEq(_headroom().used, h.used, "a second early");
            vm.warp(h.moreAt);
            assertLe(_headroom().used + 1, h.used, "then");
            vm.warp(now_);
        }
    }
}
