// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Step, WindowTable} from "../src/WindowTable.sol";
import {Test} from "./lib/Test.sol";

/// @notice The library, as contracts that use it would call it: what it refuses must revert in a call.
contract WindowTableCaller {
    function pack(Step[] memory steps) external pure returns (uint256) {
        return WindowTable.pack(steps);
    }
}

contract WindowTableTest is Test {
    uint256 private constant MIN = WindowTable.MIN;
    uint256 private constant MAX = WindowTable.MAX;
    uint256 private constant MOST = 16_383e31; // the largest that a step says
    uint256 private constant TOP = 1800;

    WindowTableCaller private _caller;

    struct Quorum {
        uint256 signatures;
        uint256 threshold;
        uint256 relayers;
    }

    function setUp() public {
        _caller = new WindowTableCaller();
    }

    /// @dev 50 coins for ten seconds, 1,000 for 30 to 60, 20,000 for 120 to 600.
    function _table() private pure returns (Step[] memory steps) {
        steps = new Step[](3);
        steps[0] = Step(50e6, 10, 10);
        steps[1] = Step(1000e6, 60, 30);
        steps[2] = Step(20_000e6, 600, 120);
    }

    function _duration(
        uint256 word,
        uint256 amount,
        uint8 risk,
        uint256 signatures,
        uint256 threshold,
        uint256 relayers,
        uint256 top
    ) private pure returns (uint256 duration) {
        uint256 shortest;
        (duration, shortest) = WindowTable.windows(word, amount, risk, signatures, threshold, relayers, top);
        // Every relayer's signature is worth what it is said to be.
        (uint256 all,) = WindowTable.windows(word, amount, risk, 1, 1, 1, top);
        assertEq(shortest, all, "shortest");
    }

    function _window(uint256 word, uint256 amount, uint8 risk, Quorum memory q)
        private
        pure
        returns (uint256 duration)
    {
        uint256 shortest;
        (duration, shortest) = WindowTable.windows(word, amount, risk, q.signatures, q.threshold, q.relayers, TOP);
        assertLe(shortest, duration, "all signatures are worth most");
    }

    // ------------------------------------------------------------------ what a table says

    function test_L7_window_byAmountAndSignatures() public pure {
        uint256 t = WindowTable.pack(_table());
        Quorum memory two = Quorum(2, 2, 4);
        Quorum memory three = Quorum(3, 2, 4);
        Quorum memory four = Quorum(4, 2, 4);
        assertEq(_window(t, 1, 0, two), 10, "first step");
        assertEq(_window(t, 50e6, 0, two), 10, "its last unit");
        assertEq(_window(t, 50e6 + 1, 0, two), 60, "one more, bare");
        assertEq(_window(t, 1000e6, 0, three), 45, "half way");
        assertEq(_window(t, 1000e6, 0, four), 30, "everybody");
        assertEq(_window(t, 20_000e6, 0, two), 600, "last step, bare");
        assertEq(_window(t, 20_000e6, 0, four), 120, "last step, everybody");
        assertEq(_window(t, 20_000e6 + 1, 0, four), TOP, "beyond, whoever signs");
        assertEq(_window(t, type(uint256).max, 0, four), TOP, "anything");
        assertEq(_window(t, 1000e6, 2, four), 120, "doubled by each risk level");
        assertEq(_window(t, 20_000e6 + 1, 3, four), 8 * TOP, "what no step covers, too");
    }

    /// @notice What no step covers never waits less than what the last one covers.
    function test_L7_window_beyondIsNeverLessThanTheLastStep() public pure {
        uint256 t = WindowTable.pack(_table());
        assertEq(_duration(t, 20_000e6 + 1, 0, 4, 2, 4, 5), 600, "the last step's");
        assertEq(_duration(t, 20_000e6, 0, 2, 2, 4, MAX), 600, "what is covered does not wait for the rest");
    }

    function test_L7_window_withoutATable() public pure {
        assertEq(_duration(0, 0, 0, 4, 2, 4, TOP), TOP, "nothing");
        assertEq(_duration(0, 1, 1, 4, 2, 4, TOP), 2 * TOP, "risk");
        assertEq(_duration(0, 1, 0, 4, 2, 4, 0), MIN, "never less than the least");
        assertEq(_duration(0, 1, 0, 4, 2, 4, type(uint256).max), MAX, "never more than the most");
        assertEq(_duration(0, 1, 1, 4, 2, 4, type(uint256).max), MAX, "doubled or not");
        assertEq(_duration(0, 1, type(uint8).max, 4, 2, 4, 0), MAX, "whatever the risk");
    }

    /// @notice Who knows no quorum, or has none, gets no shorter window for it.
    function test_L7_window_withoutAQuorumIsBare() public pure {
        uint256 t = WindowTable.pack(_table());
        assertEq(_window(t, 1000e6, 0, Quorum(0, 0, 0)), 60, "unknown");
        assertEq(_window(t, 1000e6, 0, Quorum(7, 0, 7)), 60, "no threshold");
        assertEq(_window(t, 1000e6, 0, Quorum(1, 2, 3)), 60, "too few");
        assertEq(_window(t, 1000e6, 0, Quorum(0, 2, 3)), 60, "none");
        uint256 most = type(uint256).max;
        assertEq(_window(t, 1000e6, 0, Quorum(most, most, most)), 60, "absurd");
        assertEq(_window(t, 1000e6, 0, Quorum(most - 1, 1, most)), 60, "absurd and many");
        assertEq(_window(t, 1000e6, 0, Quorum(3, 3, 3)), 30, "all of them are the threshold");
        assertEq(_window(t, 1000e6, 0, Quorum(1, 1, 1)), 30, "one of one");
        assertEq(_window(t, 1000e6, 0, Quorum(9, 2, 3)), 30, "more than there are count as all");
    }

    // ------------------------------------------------------------------ laws

    /// @notice L7: more of an amount, more risk or fewer signatures never shorten a window, whatever table, quorum and rest.
    function testFuzz_L7_window_isMonotoneInAmount(uint256 seed, uint256 a, uint256 b, uint8 risk, uint256 top)
        public
        pure
    {
        (uint256 t, Quorum memory q) = (WindowTable.pack(_steps(seed)), _quorum(seed));
        (a, b) = (_amount(t, a), _amount(t, b));
        if (a > b) (a, b) = (b, a);
        uint256 less = _duration(t, a, risk % 6, q.signatures, q.threshold, q.relayers, top % (2 * MAX));
        uint256 more = _duration(t, b, risk % 6, q.signatures, q.threshold, q.relayers, top % (2 * MAX));
        assertLe(less, more, "more waits less");
    }

    function testFuzz_L7_window_isMonotoneInRisk(uint256 seed, uint256 amount, uint8 a, uint8 b, uint256 top)
        public
        pure
    {
        (uint256 t, Quorum memory q) = (WindowTable.pack(_steps(seed)), _quorum(seed));
        amount = _amount(t, amount);
        if (a > b) (a, b) = (b, a);
        uint256 less = _duration(t, amount, a, q.signatures, q.threshold, q.relayers, top % (2 * MAX));
        uint256 more = _duration(t, amount, b, q.signatures, q.threshold, q.relayers, top % (2 * MAX));
        assertLe(less, more, "more risk waits less");
    }

    function testFuzz_L7_window_isMonotoneInSignatures(uint256 seed, uint256 amount, uint8 risk, uint256 s, uint256 top)
        public
        pure
    {
        (uint256 t, Quorum memory q) = (WindowTable.pack(_steps(seed)), _quorum(seed));
        (amount, s) = (_amount(t, amount), bound(s, 0, q.signatures));
        uint256 fewer = _duration(t, amount, risk % 6, s, q.threshold, q.relayers, top % (2 * MAX));
        uint256 more = _duration(t, amount, risk % 6, q.signatures, q.threshold, q.relayers, top % (2 * MAX));
        assertLe(more, fewer, "more signatures wait longer");
    }

    /// @notice Never out of bounds, never a revert: whatever the word, also one that {WindowTable-pack} would not make.
    function testFuzz_L11_window_staysInBounds(uint256 word, uint256 amount, uint8 risk, Quorum memory q, uint256 top)
        public
        pure
    {
        uint256 w = _duration(word, amount, risk, q.signatures, q.threshold, q.relayers, top);
        assertGe(w, MIN, "below the least");
        assertLe(w, MAX, "above the most");
    }

    /// @notice Against what docs/contracts.md says, written the slow way.
    function testFuzz_window_isThatOfTheSteps(uint256 seed, uint256 amount, uint8 risk, uint256 top) public pure {
        Step[] memory steps = _steps(seed);
        Quorum memory q = _quorum(seed);
        uint256 t = WindowTable.pack(steps);
        (amount, top) = (_amount(t, amount), top % (2 * MAX));
        risk %= 4;
        uint256 expected = top;
        uint256 i;
        while (i < steps.length && amount > steps[i].upTo) ++i;
        if (i < steps.length) {
            expected = steps[i].bare;
            if (q.threshold > 0 && q.signatures >= q.relayers && q.signatures >= q.threshold) {
                expected = steps[i].full;
            } else if (q.threshold > 0 && q.signatures > q.threshold) {
                uint256 span = steps[i].bare - steps[i].full;
                expected -= span * (q.signatures - q.threshold) / (q.relayers - q.threshold);
            }
        } else if (steps.length > 0 && steps[steps.length - 1].bare > top) {
            expected = steps[steps.length - 1].bare;
        }
        expected = expected < MIN ? MIN : expected;
        expected = expected * 2 ** risk > MAX ? MAX : expected * 2 ** risk;
        assertEq(_windowWith(t, amount, risk, q, top), expected, "window");
    }

    function _windowWith(uint256 t, uint256 amount, uint8 risk, Quorum memory q, uint256 top)
        private
        pure
        returns (uint256)
    {
        return _duration(t, amount, risk, q.signatures, q.threshold, q.relayers, top);
    }

    // ------------------------------------------------------------------ one word

    function testFuzz_pack_roundTrip(uint256 seed) public pure {
        Step[] memory steps = _steps(seed);
        Step[] memory read = WindowTable.unpack(WindowTable.pack(steps));
        assertEq(keccak256(abi.encode(read)), keccak256(abi.encode(steps)), "steps");
    }

    function test_pack_extremes() public pure {
        assertEq(WindowTable.pack(new Step[](0)), 0, "no steps");
        assertEq(WindowTable.unpack(0).length, 0, "none read");
        Step[] memory steps = new Step[](4);
        steps[0] = Step(1, uint32(MIN), uint32(MIN));
        steps[1] = Step(2, uint32(MAX), uint32(MIN));
        steps[2] = Step(3, uint32(MAX), uint32(MAX));
        steps[3] = Step(uint128(MOST), uint32(MAX), uint32(MAX));
        Step[] memory read = WindowTable.unpack(WindowTable.pack(steps));
        assertEq(keccak256(abi.encode(read)), keccak256(abi.encode(steps)), "steps");
    }

    function test_pack_revert_tooMany() public {
        Step[] memory steps = new Step[](5);
        for (uint32 i; i < 5; ++i) {
            steps[i] = Step(i + 1, 10, 10);
        }
        _assertRefused(steps, abi.encodeWithSelector(WindowTable.WindowStepsTooMany.selector, 5, 4));
    }

    function test_pack_revert_unsorted() public {
        Step[] memory steps = _table();
        steps[2].upTo = 1000e6;
        _assertRefused(steps, abi.encodeWithSelector(WindowTable.WindowStepsUnsorted.selector, 2, 1000e6, 1000e6));
        steps[2].upTo = 999e6;
        _assertRefused(steps, abi.encodeWithSelector(WindowTable.WindowStepsUnsorted.selector, 2, 999e6, 1000e6));
        steps = _table();
        steps[0].upTo = 0;
        _assertRefused(steps, abi.encodeWithSelector(WindowTable.WindowStepsUnsorted.selector, 0, 0, 0));
    }

    function test_pack_revert_inexact() public {
        Step[] memory steps = _table();
        steps[2].upTo = 16_384;
        steps[1].upTo = 16_383;
        steps[0].upTo = 1;
        _assertRefused(steps, abi.encodeWithSelector(WindowTable.WindowStepsInexact.selector, 2, 16_384, 16_380));
        steps[2].upTo = type(uint128).max;
        _assertRefused(
            steps, abi.encodeWithSelector(WindowTable.WindowStepsInexact.selector, 2, type(uint128).max, MOST)
        );
        steps[2].upTo = uint128(MOST + 1e31);
        _assertRefused(steps, abi.encodeWithSelector(WindowTable.WindowStepsInexact.selector, 2, MOST + 1e31, MOST));
    }

    function testFuzz_pack_revert_bounds(uint32 bare, uint32 full) public {
        bool fits = full >= MIN && full <= bare && bare <= MAX;
        Step[] memory steps = new Step[](1);
        steps[0] = Step(1, bare, full);
        if (fits) assertEq(WindowTable.unpack(_caller.pack(steps))[0].bare, bare, "bare");
        else _assertOutOfBounds(steps);
    }

    function test_pack_revert_bounds() public {
        Step[] memory steps = new Step[](1);
        steps[0] = Step(1, uint32(MAX) + 1, 10);
        _assertOutOfBounds(steps);
        steps[0] = Step(1, 10, 11);
        _assertOutOfBounds(steps);
        steps[0] = Step(1, 10, uint32(MIN) - 1);
        _assertOutOfBounds(steps);
    }

    function test_L7_pack_revert_descending() public {
        Step[] memory steps = _table();
        steps[2] = Step(20_000e6, 59, 30);
        _assertRefused(steps, abi.encodeWithSelector(WindowTable.WindowStepsDescending.selector, 2, 59, 30, 60, 30));
        steps[2] = Step(20_000e6, 60, 29);
        _assertRefused(steps, abi.encodeWithSelector(WindowTable.WindowStepsDescending.selector, 2, 60, 29, 60, 30));
    }

    function _assertOutOfBounds(Step[] memory steps) private {
        _assertRefused(
            steps,
            abi.encodeWithSelector(WindowTable.WindowStepsBounds.selector, 0, steps[0].bare, steps[0].full, MIN, MAX)
        );
    }

    function _assertRefused(Step[] memory steps, bytes memory reason) private {
        vm.expectRevert(reason);
        _caller.pack(steps);
    }

    // ------------------------------------------------------------------ anything

    /// @notice The same cases as WindowTableTest.java: one hash over all of their tables and windows, the same on both sides (L8).
    function test_L8_window_asOffChain() public pure {
        bytes32 all;
        for (uint256 i; i < 1000; ++i) {
            uint256 seed = _next(i);
            uint256 t = WindowTable.pack(_steps(seed));
            uint256 r = _next(_next(seed));
            uint256 w = _windowWith(t, _amount(t, r), uint8(seed >> 240) % 20, _quorum(seed), (r >> 200) % (2 * MAX));
            all = keccak256(abi.encode(all, t, w));
        }
        assertEq(all, 0xa2c96ba8bb65ff3b8d25298611e3dc3a687403ed53cabf63c71c4a1b81c43148, "tables and windows");
    }

    function _next(uint256 seed) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed)));
    }

    /// @dev Zero to four steps that {WindowTable-pack} takes, small and large.
    function _steps(uint256 seed) private pure returns (Step[] memory steps) {
        steps = new Step[](seed % 5);
        (uint256 upTo, uint256 bare, uint256 full) = (0, MIN, MIN);
        for (uint256 i; i < steps.length; ++i) {
            seed = _next(seed);
            uint256 next = WindowTable.exact(upTo + 1 + ((seed >> 8) % 2 ** (seed % 100)));
            upTo = next > upTo ? next : WindowTable.exact(upTo + 1 + upTo / 2);
            full += (seed >> 128) % (2 ** ((seed >> 32) % 15));
            if (bare < full) bare = full;
            bare += (seed >> 160) % (2 ** ((seed >> 40) % 15));
            steps[i] = Step(uint128(upTo), uint32(bare), uint32(full));
        }
    }

    function _quorum(uint256 seed) private pure returns (Quorum memory q) {
        seed = _next(~seed);
        if (seed % 10 == 0) return q;
        q.relayers = 1 + (seed >> 8) % 64;
        q.threshold = q.relayers / 2 + 1;
        q.signatures = (seed >> 16) % (q.relayers + 2);
    }

    /// @dev Near a step's end, or anywhere.
    function _amount(uint256 t, uint256 seed) private pure returns (uint256) {
        Step[] memory steps = WindowTable.unpack(t);
        if (seed % 3 == 0 || steps.length == 0) return seed >> ((seed >> 8) % 256);
        return steps[(seed >> 8) % steps.length].upTo + (seed >> 16) % 3 - 1;
    }
}
