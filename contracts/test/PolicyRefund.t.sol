// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BudgetWord} from "../src/Budget.sol";
import {Intent} from "../src/Intent.sol";
import {Headroom} from "../src/MandateLens.sol";
import {PolicyEngine} from "../src/PolicyEngine.sol";
import {RollingWindow} from "../src/RollingWindow.sol";
import {Rule, Verdict} from "../src/Verdict.sol";
import {Deployed} from "./lib/Deployed.sol";

/// @notice What the executor gives back of what intents were counted for and did not move: never more than was counted for them, and
///         nothing that is told apart no more. In every window what was admitted and not given back is within the cap (L2).
contract PolicyRefundTest is Deployed {
    uint104 private constant MOST = 2028e28; // the largest that is exact both as a cap and per transaction
    uint256 private constant FULL = (1 << 19) - 1; // of a bucket
    uint256 private constant BUCKET = 12_343; // seconds, of a window of a day
    address private _a; // the token, short

    event Refunded(uint256 indexed agentId, address indexed asset, uint256 amount, uint256 consumedAt);

    struct Use {
        uint256 when;
        uint256 amount;
        uint256 back; // of the amount, so far
        bool direct;
    }

    Use[] private _uses;
    Use[] private _gone; // out of the window when it changed: counted nowhere any more, by then or since

    function setUp() public {
        deployAll();
        _a = address(token);
        PolicyEngine.Terms memory t = terms();
        (t.maxTransactions, t.maxAuditLag) = (type(uint16).max, type(uint16).max - 1);
        vm.prank(address(timelock));
        policy.setTerms(agentId, t);
        // A bucket's first second.
        vm.warp((START / BUCKET + 10) * BUCKET);
        _setLimit(1000, 1000, WINDOW);
    }

    function _setLimit(uint256 perTransaction, uint256 cap, uint256 window) private {
        vm.prank(address(timelock));
        policy.setLimit(agentId, _a, PolicyEngine.Limit(uint104(perTransaction), uint104(cap), uint24(window)));
    }

    function _setRisk(uint8 level) private {
        vm.prank(address(timelock));
        registry.setRiskLevel(agentId, level);
    }

    /// @dev Judged and counted, but not paid: the vault need not have it.
    function _consume(uint256 amount) private returns (Rule) {
        Intent memory intent = payment(_a, amount);
        vm.prank(address(executor));
        return policy.consume(plain(intent), idFor(intent), intent).rule;
    }

    function _spend(uint256 amount) private returns (uint256 at) {
        assertEq(uint8(_consume(amount)), uint8(Rule.NONE), "admitted");
        return time();
    }

    function _refund(uint256 amount, uint256 consumedAt) private returns (uint256) {
        vm.prank(address(executor));
        return policy.refund(agentId, _a, amount, consumedAt);
    }

    function _used() private view returns (uint256) {
        return lens.headroom(agentId, _a).used;
    }

    function _assertRefunds(uint256 amount, uint256 consumedAt, uint256 refunded, string memory why) private {
        uint256 used = _used();
        assertEq(_refund(amount, consumedAt), refunded, why);
        assertEq(_used(), used - refunded, why);
    }

    // ------------------------------------------------------------------ what is given back

    function test_refund_executorOnly() public {
        uint256 at = _spend(100);
        address[4] memory callers = [THIEF, AGENT, WATCHDOG, address(timelock)];
        for (uint256 i; i < 4; ++i) {
            vm.prank(callers[i]);
            vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyNotExecutor.selector, callers[i]));
            policy.refund(agentId, _a, 1, at);
        }
    }

    function test_refund_isGivenBackWhenItWasCounted() public {
        uint256 at = _spend(700);
        skip(3 * BUCKET);
        _spend(200);
        vm.expectEmit(address(policy));
        emit Refunded(agentId, _a, 600, at);
        _assertRefunds(600, at, 600, "given back");
        assertEq(lens.headroom(agentId, _a).left, 700, "and may be spent again");
        _spend(700);
        assertEq(uint8(_consume(1)), uint8(Rule.WINDOW), "and no more");
        // What was spent again counts from when it was.
        vm.warp(at + 8 * BUCKET);
        assertEq(_used(), 900, "the rest of the first is out");
    }

    function test_L2_refund_transactionsStayCounted() public {
        uint256 before = lens.headroom(agentId, _a).transactionsLeft;
        uint256 at = _spend(700);
        _refund(700, at);
        assertEq(lens.headroom(agentId, _a).transactionsLeft, before - 1, "a transaction given back");
    }

    function test_L2_refund_nothingElseOfTheWordChanges() public {
        uint256 at = _spend(700);
        vm.prank(WATCHDOG);
        policy.stop(PolicyEngine.Scope.ASSET, uint160(_a));
        Headroom memory before = lens.headroom(agentId, _a);
        _assertRefunds(300, at, 300, "a halted asset's, too");
        Headroom memory then = lens.headroom(agentId, _a);
        assertTrue(then.assetHalted && policy.isAssetOnChain(agentId, _a, HOME), "flags");
        assertTrue(policy.isAssetOnChain(agentId, _a, REMOTE), "chains");
        assertEq(keccak256(abi.encode(then.limit)), keccak256(abi.encode(before.limit)), "limits");
    }

    /// @notice Another asset's, another agent's, or of no mandate at all: there is nothing.
    function test_L2_refund_ofNothing() public {
        uint256 at = _spend(700);
        vm.startPrank(address(executor));
        assertEq(policy.refund(agentId, ETH, 700, at), 0, "another asset");
        assertEq(policy.refund(agentId, THIEF, 700, at), 0, "no asset of the mandate");
        assertEq(policy.refund(agentId + 1, _a, 700, at), 0, "another agent");
        assertEq(policy.refund(agentId, _a, 0, at), 0, "nothing");
        vm.stopPrank();
        assertEq(_used(), 700, "used");
    }

    // ------------------------------------------------------------------ never more than was counted then

    function test_L2_refund_roundsDown() public {
        _setLimit(1000, 524_290, WINDOW); // counted in tens
        skip(1);
        uint256 at = _spend(15);
        assertEq(_used(), 20, "rounded up");
        _assertRefunds(9, at, 0, "less than one");
        _assertRefunds(15, at, 10, "rounded down");
        assertEq(_used(), 10, "what is not given back");
    }

    function test_L2_refund_atMostWhatIsCountedThen() public {
        uint256 first = _spend(300);
        skip(BUCKET);
        uint256 second = _spend(200);
        skip(BUCKET);
        _spend(100);
        _assertRefunds(type(uint256).max, second, 200, "no more than the bucket");
        _assertRefunds(1, second, 0, "and once");
        assertEq(_used(), 400, "the others are there");
        _assertRefunds(1000, first + BUCKET - 1, 300, "of the bucket's last second");
        _assertRefunds(1000, first + 2 * BUCKET - 1, 0, "of the next, which holds nothing any more");
    }

    function test_L2_refund_ofTimesWithoutAnything() public {
        uint256 at = _spend(300);
        skip(3 * BUCKET);
        _assertRefunds(300, at + BUCKET, 0, "a bucket after");
        _assertRefunds(300, at - 1, 0, "a bucket before");
        _assertRefunds(300, time(), 0, "now");
        _assertRefunds(300, 0, 0, "never");
    }

    function test_L2_refund_ofTheFuture() public {
        _spend(300);
        _assertRefunds(300, time() + 1, 0, "of the same bucket");
        _assertRefunds(300, time() + BUCKET, 0, "of the next");
        _assertRefunds(300, type(uint40).max, 0, "far");
        _assertRefunds(300, type(uint256).max, 0, "farthest");
        _assertRefunds(300, uint256(1) << 40, 0, "beyond what is remembered");
    }

    function test_L2_refund_outOfTheWindow() public {
        uint256 at = _spend(300);
        vm.warp(at + 8 * BUCKET - 1);
        uint256 later = _spend(400);
        _assertRefunds(100, at, 100, "in its last second");
        vm.warp(at + 8 * BUCKET);
        _assertRefunds(100, at, 0, "out of the window");
        vm.warp(at + 9 * BUCKET);
        _assertRefunds(100, at, 0, "nor of what took its place");
        assertEq(_used(), 400, "the other");
        _assertRefunds(400, later, 400, "is given back as it should");
    }

    /// @notice One bucket of several intents and direct payments: each gets back its own, and what was not given back stays.
    function test_L2_refund_severalInOneBucket() public {
        _setLimit(1000, 524_290, WINDOW); // in tens
        skip(1);
        uint256 first = _spend(11);
        skip(1);
        vm.prank(AGENT);
        assertEq(uint8(vault.pay(_a, 101, PAYEE, agentId)), uint8(Rule.NONE), "paid");
        skip(1);
        uint256 second = _spend(12);
        assertEq(_used(), 150, "20, 110 and 20");
        _assertRefunds(11, first, 10, "the first");
        _assertRefunds(12, second, 10, "the second");
        assertEq(_used(), 130, "at least what was paid");
    }

    // ------------------------------------------------------------------ what was dated anew

    /// @notice The attack: in a window that was lengthened, old usage and what was spent since share a bucket, so giving back the old
    ///         would free the new.
    function test_L2_refund_intoALengthenedWindow() public {
        uint256 at = _spend(600);
        vm.warp(at + 8 * BUCKET - 1);
        uint256 between = _spend(100);
        _setLimit(1000, 1000, LONGEST_WINDOW);
        skip(1);
        assertEq(_used(), 700, "dated anew");
        uint256 since = _spend(300);
        skip(2 days);
        _assertRefunds(600, at, 0, "of before");
        _assertRefunds(100, between, 0, "of the second of the change");
        assertEq(uint8(_consume(1)), uint8(Rule.WINDOW), "nothing is free again");
        _assertRefunds(300, since, 300, "what was spent since is");
        assertEq(_used(), 700, "and the rest stays");
    }

    function test_L2_refund_windowThereAndBack() public {
        uint256 at = _spend(600);
        skip(1);
        _setLimit(1000, 1000, WINDOW - 1);
        _setLimit(1000, 1000, WINDOW);
        _assertRefunds(600, at, 0, "of before");
        _assertRefunds(600, time(), 0, "of the second of the change");
        skip(1);
        uint256 then = _spend(400);
        _assertRefunds(1000, at, 0, "of before, still");
        _assertRefunds(400, then, 400, "what was spent since");
    }

    function test_L2_refund_riskLevelThereAndBack() public {
        uint256 at = _spend(600);
        skip(1);
        _setRisk(2);
        skip(1);
        uint256 between = _spend(100);
        _assertRefunds(600, at, 0, "of a lower risk level");
        skip(1);
        _setRisk(0);
        _assertRefunds(600, at, 0, "of before");
        _assertRefunds(100, between, 0, "of between");
        skip(1);
        _setRisk(0);
        uint256 then = _spend(300);
        _assertRefunds(300, then, 300, "the same risk level dates nothing anew");
    }

    /// @notice Caps and what may be paid at a time change, and the window does not: nothing is dated anew, in another unit neither.
    function test_L2_refund_capsThatChangeDateNothingAnew() public {
        _setLimit(1000, 10_000, WINDOW);
        skip(1);
        uint256 at = _spend(903);
        skip(2 * BUCKET);
        _setLimit(1000, 5_242_900, WINDOW); // in hundreds
        assertEq(_used(), 1000, "rounded up");
        _assertRefunds(903, at, 900, "rounded down");
        _setLimit(1000, 1000, WINDOW);
        _assertRefunds(903, at, 100, "no more than is held, in ones again");
    }

    function test_L2_refund_ofAFullBucket() public {
        _setLimit(1e18, 1e18, WINDOW);
        skip(1);
        uint256 at = _spend(1e18);
        skip(BUCKET);
        uint256 other = time();
        _setLimit(1e18, 1, WINDOW); // in ones: 1e18 is beyond any bucket
        assertEq(_used(), FULL, "full");
        _assertRefunds(1e18, at, 0, "full");
        _assertRefunds(1, at, 0, "not even one");
        _setLimit(MOST, MOST, WINDOW);
        _assertRefunds(1e18, at, 0, "in another unit");
        _assertRefunds(1e18, other, 0, "another bucket");
        assertEq(uint8(_consume(1)), uint8(Rule.WINDOW), "and nothing is free");
    }

    /// @notice Dropped and put in again, with a window that reaches back to what was spent before.
    function test_L2_refund_ofADroppedAsset() public {
        uint256 at = _spend(600);
        _setLimit(1000, 0, WINDOW);
        skip(8 * BUCKET);
        vm.prank(address(timelock));
        policy.dropAsset(agentId, _a);
        _assertRefunds(600, at, 0, "not in the mandate");
        _setLimit(1000, 1000, LONGEST_WINDOW);
        vm.startPrank(address(timelock));
        policy.setAssetChain(agentId, _a, HOME, true);
        vm.stopPrank();
        uint256 same = _spend(500);
        skip(1);
        uint256 then = _spend(500);
        _assertRefunds(600, at, 0, "of before");
        _assertRefunds(500, same, 0, "of the second of the change");
        _assertRefunds(500, then, 500, "what was spent since");
    }

    /// @notice What is remembered beside the chains that an asset may be spent on changes none of them, nor do they change it.
    function test_L2_refund_chainsAreApart() public {
        uint256 at = _spend(600);
        vm.startPrank(address(timelock));
        policy.setAssetChain(agentId, _a, REMOTE, false);
        assertFalse(policy.isAssetOnChain(agentId, _a, REMOTE), "forbidden");
        policy.setAssetChain(agentId, _a, REMOTE, true);
        vm.stopPrank();
        _assertRefunds(100, at, 100, "not dated anew by it");
        skip(1);
        _setLimit(1000, 1000, WINDOW - 1);
        assertTrue(policy.isAssetOnChain(agentId, _a, REMOTE), "still allowed");
        vm.prank(address(timelock));
        policy.setAssetChain(agentId, _a, REMOTE, false);
        _assertRefunds(600, at, 0, "still remembered");
    }

    // ------------------------------------------------------------------ every window

    /// @notice Anything in any order: intents, direct payments, what comes back of intents (all at once or in parts, early, late, also
    ///         of times that never were), other limits, windows and risk levels. In every window, whenever something is admitted, what
    ///         was admitted in it and not given back is within the cap, by a list of all of it.
    function testFuzz_L2_refund_everyWindowIsWithinTheCap(uint256 seed) public {
        (uint256 cap, uint256 window, uint8 risk) = (1000, WINDOW, 0);
        for (uint256 i; i < 60; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 what = seed % 16;
            uint256 r = seed >> 8;
            if (what < 5) {
                _trySpend(1 + r % (cap / 2 + 2), (r >> 200) % 3 == 0, cap, window << risk);
            } else if (what < 10) {
                _tryRefund(r);
            } else if (what < 14) {
                skip(r % 4 == 0 ? 0 : (r >> 8) % ((window << risk) / (1 + (r >> 48) % 20) + 2));
            } else if (what == 14) {
                uint256 next = (r >> 40) % 3 > 0 ? window : _window(r >> 48);
                if (next != window) _forget(window << risk);
                window = next;
                cap = BudgetWord.exactCap(1 + (r % 3 == 0 ? (r >> 8) % 2000 : (r >> 8) % 1e7));
                _setLimit(BudgetWord.exactPerTransaction(cap), cap, window);
            } else if (r % 3 == 0) {
                _forget(window << risk);
                risk = uint8((r >> 8) % 4);
                _setRisk(risk);
            }
        }
    }

    /// @dev From seconds to the longest; now and then one whose buckets are as long as those of another.
    function _window(uint256 r) private pure returns (uint256) {
        return r % 5 == 0 ? WINDOW - (r >> 8) % 7 : 1 + (r >> 8) % (2 ** (3 + (r >> 32) % 19));
    }

    function _trySpend(uint256 amount, bool direct, uint256 cap, uint256 window) private {
        bool admitted;
        if (direct) {
            vm.prank(AGENT);
            admitted = vault.pay(_a, amount, PAYEE, agentId) == Rule.NONE;
        } else {
            admitted = _consume(amount) == Rule.NONE;
        }
        if (!admitted) return thaw();
        _uses.push(Use(time(), amount, 0, direct));
        uint256 total;
        for (uint256 i; i < _uses.length; ++i) {
            if (_uses[i].when + window > time()) total += _uses[i].amount - _uses[i].back;
        }
        assertLe(total, cap, "more than the cap in a window");
    }

    function _tryRefund(uint256 r) private {
        if (_uses.length == 0 || r % 16 == 0) {
            // Of what never was there is nothing to be known; of what was, only that it is not more than was counted then.
            assertEq(_refund(r >> 8, time() + 1 + (r >> 16) % 1000), 0, "of the future");
            return;
        }
        if (_gone.length > 0 && r % 3 == 0) {
            // Nobody misses it: whatever were given back of it would be somebody else's.
            Use storage gone = _gone[(r >> 8) % _gone.length];
            _refund(gone.amount, gone.when);
            return;
        }
        Use storage use = _uses[(r >> 8) % _uses.length];
        if (use.direct) return;
        uint256 most = use.amount - use.back;
        uint256 asked = (r >> 16) % 2 == 0 ? most : (r >> 32) % (most + 1);
        uint256 used = _used();
        uint256 back = _refund(asked, use.when);
        assertLe(back, asked, "more than was asked");
        assertEq(_used(), used - back, "another amount than was said");
        use.back += back;
    }

    /// @dev The window changes: what had left the one before is counted nowhere any more.
    function _forget(uint256 window) private {
        for (uint256 i; i < _uses.length;) {
            if (_uses[i].when + window > time()) {
                ++i;
            } else {
                _gone.push(_uses[i]);
                _uses[i] = _uses[_uses.length - 1];
                _uses.pop();
            }
        }
    }

    /// @notice Where nothing is rounded or dated anew all of it is given back, until its bucket is out: not a unit less.
    function testFuzz_refund_isExactInUnitsOfOne(uint256 seed) public {
        _setLimit(FULL / 50, FULL - 1, WINDOW);
        skip(1);
        for (uint256 i; i < 40; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            skip(seed % 4000);
            _uses.push(Use(_spend(1 + (seed >> 16) % (FULL / 100)), 0, 0, false));
            uint256 pick = (seed >> 64) % _uses.length;
            _uses[_uses.length - 1].amount = 1 + (seed >> 16) % (FULL / 100);
            Use storage use = _uses[pick];
            uint256 asked = use.amount - use.back;
            bool isIn = time() / BUCKET - use.when / BUCKET < RollingWindow.BUCKETS;
            _assertRefunds(asked, use.when, isIn ? asked : 0, "all of it while it counts");
            if (isIn) use.back += asked;
        }
    }
}
