// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Intent} from "../src/Intent.sol";
import {Headroom} from "../src/MandateLens.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {BudgetWord} from "../src/Budget.sol";
import {PolicyEngine} from "../src/PolicyEngine.sol";
import {Rule, Verdict} from "../src/Verdict.sol";
import {Deployed} from "./lib/Deployed.sol";

/// @notice Who may change a mandate in which direction (L5), and what a change does to what was counted (L2).
contract PolicyMandateTest is Deployed {
    address private _a; // the token, short

    function setUp() public {
        deployAll();
        _a = address(token);
    }

    function _unauthorized(address caller) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, caller);
    }

    function _tighteners() private view returns (address[3] memory) {
        return [AGENT, OWNER, WATCHDOG];
    }

    // ------------------------------------------------------------------ L5, field by field

    function test_L5_terms_eachFieldLoosenedIsGovernances() public {
        for (uint256 field; field < 4; ++field) {
            PolicyEngine.Terms memory looser = terms();
            if (field == 0) looser.expiry += 1;
            if (field == 1) looser.frequencyWindow -= 1;
            if (field == 2) looser.maxTransactions += 1;
            if (field == 3) looser.maxAuditLag += 1;
            for (uint256 i; i < 3; ++i) {
                vm.expectRevert(_unauthorized(_tighteners()[i]));
                vm.prank(_tighteners()[i]);
                policy.setTerms(agentId, looser);
            }
        }
    }

    function test_L5_terms_looserInOneTighterInTheRestIsGovernances() public {
        for (uint256 field; field < 4; ++field) {
            PolicyEngine.Terms memory mixed = PolicyEngine.Terms(1, 2 hours, 1, 1, true, false);
            if (field == 0) mixed.expiry = terms().expiry + 1;
            if (field == 1) mixed.frequencyWindow = 1 hours - 1;
            if (field == 2) mixed.maxTransactions = 11;
            if (field == 3) mixed.maxAuditLag = 51;
            vm.expectRevert(_unauthorized(OWNER));
            vm.prank(OWNER);
            policy.setTerms(agentId, mixed);
        }
    }

    function test_L5_terms_tightenedAtOnceByEach() public {
        PolicyEngine.Terms memory t = terms();
        for (uint256 i; i < 3; ++i) {
            t = PolicyEngine.Terms(
                t.expiry - 1, t.frequencyWindow + 1, t.maxTransactions - 1, t.maxAuditLag - 1, true, false
            );
            vm.expectEmit(address(policy));
            emit PolicyEngine.TermsSet(agentId, t, _tighteners()[i]);
            vm.prank(_tighteners()[i]);
            policy.setTerms(agentId, t);
            assertEq(abi.encode(lens.headroom(agentId, ETH).terms), abi.encode(t), "in force at once");
        }
    }

    function test_L5_limit_eachFieldLoosenedIsGovernances() public {
        for (uint256 field; field < 3; ++field) {
            PolicyEngine.Limit memory looser = limit(1000e6, 2500e6);
            if (field == 0) looser.perTransaction += 1e5;
            if (field == 1) looser.cap += 1e4;
            if (field == 2) looser.window -= 1;
            for (uint256 i; i < 3; ++i) {
                vm.expectRevert(_unauthorized(_tighteners()[i]));
                vm.prank(_tighteners()[i]);
                policy.setLimit(agentId, _a, looser);
            }
        }
    }

    function test_L5_limit_looserInOneTighterInTheRestIsGovernances() public {
        for (uint256 field; field < 3; ++field) {
            PolicyEngine.Limit memory mixed = PolicyEngine.Limit(1, 1, 2 days);
            if (field == 0) mixed.perTransaction = 1000e6 + 1e5;
            if (field == 1) mixed.cap = 2500e6 + 1e4;
            if (field == 2) mixed.window = WINDOW - 1;
            vm.expectRevert(_unauthorized(OWNER));
            vm.prank(OWNER);
            policy.setLimit(agentId, _a, mixed);
        }
    }

    function test_L5_limit_tightenedAtOnceByEach() public {
        PolicyEngine.Limit memory l = limit(1000e6, 2500e6);
        for (uint256 i; i < 3; ++i) {
            l = PolicyEngine.Limit(l.perTransaction - 1e5, l.cap - 1e4, l.window + 1);
            vm.expectEmit(address(policy));
            emit PolicyEngine.LimitSet(agentId, _a, l, _tighteners()[i]);
            vm.prank(_tighteners()[i]);
            policy.setLimit(agentId, _a, l);
            assertEq(abi.encode(lens.headroom(agentId, _a).limit), abi.encode(l), "in force at once");
        }
    }

    function test_L5_chainAndRecipient_forbiddenAtOnceAllowedByGovernance() public {
        for (uint256 i; i < 3; ++i) {
            address who = _tighteners()[i];
            vm.expectEmit(address(policy));
            emit PolicyEngine.AssetChainSet(agentId, _a, HOME, false, who);
            vm.prank(who);
            policy.setAssetChain(agentId, _a, HOME, false);
            assertFalse(policy.isAssetOnChain(agentId, _a, HOME), "chain");
            vm.expectEmit(address(policy));
            emit PolicyEngine.RecipientSet(agentId, HOME, PAYEE, false, who);
            vm.prank(who);
            policy.setRecipient(agentId, HOME, PAYEE, false);
            assertFalse(policy.isRecipient(agentId, HOME, PAYEE), "recipient");

            vm.expectRevert(_unauthorized(who));
            vm.prank(who);
            policy.setAssetChain(agentId, _a, HOME, true);
            vm.expectRevert(_unauthorized(who));
            vm.prank(who);
            policy.setRecipient(agentId, HOME, PAYEE, true);

            vm.startPrank(address(timelock));
            policy.setAssetChain(agentId, _a, HOME, true);
            policy.setRecipient(agentId, HOME, PAYEE, true);
            vm.stopPrank();
            assertTrue(policy.isAssetOnChain(agentId, _a, HOME), "chain");
            assertTrue(policy.isRecipient(agentId, HOME, PAYEE), "recipient");
        }
    }

    function test_L5_nothingByStrangers() public {
        address[4] memory strangers = [THIEF, PUBLISHER, DEPLOYER, PAYEE];
        for (uint256 i; i < strangers.length; ++i) {
            vm.startPrank(strangers[i]);
            vm.expectRevert(_unauthorized(strangers[i]));
            policy.setTerms(agentId, PolicyEngine.Terms(1, 2 hours, 1, 1, true, false));
            vm.expectRevert(_unauthorized(strangers[i]));
            policy.setLimit(agentId, _a, PolicyEngine.Limit(0, 0, WINDOW));
            vm.expectRevert(_unauthorized(strangers[i]));
            policy.setAssetChain(agentId, _a, HOME, false);
            vm.expectRevert(_unauthorized(strangers[i]));
            policy.setRecipient(agentId, HOME, PAYEE, false);
            vm.expectRevert(_unauthorized(strangers[i]));
            policy.freeze(agentId);
            vm.expectRevert(_unauthorized(strangers[i]));
            policy.registerChain(7);
            vm.stopPrank();
        }
    }

    /// @notice The owner of one agent has no say over another.
    function test_L5_ownerOfAnotherAgent() public {
        vm.prank(THIEF);
        uint256 id = registry.register();
        vm.expectRevert(_unauthorized(THIEF)); // nobody admitted it
        vm.prank(THIEF);
        policy.freeze(id);
        vm.prank(address(timelock));
        registry.activate(id, address(vault), 0);
        vm.prank(THIEF);
        policy.freeze(id);
        vm.expectRevert(_unauthorized(THIEF));
        vm.prank(THIEF);
        policy.freeze(agentId);
    }

    /// @notice Two tightenings that could undo each other: none gives back what the first took.
    function test_L5_twoStepBypasses() public {
        vm.startPrank(OWNER);
        // cap down, then up to what governance had allowed
        policy.setLimit(agentId, _a, limit(1000e6, 100e6));
        vm.expectRevert(_unauthorized(OWNER));
        policy.setLimit(agentId, _a, limit(1000e6, 2500e6));
        // window up, then back
        policy.setLimit(agentId, _a, PolicyEngine.Limit(1000e6, 100e6, 2 days));
        vm.expectRevert(_unauthorized(OWNER));
        policy.setLimit(agentId, _a, limit(1000e6, 100e6));
        // asset ended, then a new one
        policy.setLimit(agentId, _a, PolicyEngine.Limit(0, 0, 2 days));
        vm.expectRevert(_unauthorized(OWNER));
        policy.setLimit(agentId, _a, PolicyEngine.Limit(1, 1, 2 days));
        // frequency
        policy.setTerms(agentId, PolicyEngine.Terms(terms().expiry, 2 hours, 0, 0, true, false));
        vm.expectRevert(_unauthorized(OWNER));
        policy.setTerms(agentId, PolicyEngine.Terms(terms().expiry, 2 hours, 1, 0, true, false));
        vm.expectRevert(_unauthorized(OWNER));
        policy.setTerms(agentId, PolicyEngine.Terms(terms().expiry, 1 hours, 0, 0, true, false));
        vm.stopPrank();
        // frozen, then unfrozen by the same
        vm.startPrank(WATCHDOG);
        policy.freeze(agentId);
        vm.expectRevert(_unauthorized(WATCHDOG));
        policy.thaw(agentId, 1);
        vm.stopPrank();
    }

    /// @notice An asset that governance never allowed cannot be opened by tightening it.
    function test_L5_unsetAssetStaysClosed() public {
        vm.startPrank(OWNER);
        vm.expectRevert(_unauthorized(OWNER)); // nor is the list of assets filled up with such
        policy.setLimit(agentId, address(votes), PolicyEngine.Limit(0, 0, 1));
        vm.expectRevert(_unauthorized(OWNER));
        policy.setLimit(agentId, address(votes), PolicyEngine.Limit(0, 1, 1));
        vm.expectRevert(_unauthorized(OWNER));
        policy.setLimit(agentId, address(votes), PolicyEngine.Limit(1, 0, 1));
        vm.stopPrank();
        submitDenied(payment(address(votes), 1), Rule.ASSET);
    }

    function test_setTerms_revert_windowOutOfRangeOrAgentZero() public {
        PolicyEngine.Terms memory t = terms();
        uint24 longest = uint24(policy.MAX_WINDOW());
        vm.startPrank(address(timelock));
        uint24[2] memory wrong = [0, longest + 1];
        for (uint256 i; i < wrong.length; ++i) {
            t.frequencyWindow = wrong[i];
            bytes memory refusal = abi.encodeWithSelector(PolicyEngine.PolicyWindow.selector, wrong[i], longest);
            vm.expectRevert(refusal);
            policy.setTerms(agentId, t);
            vm.expectRevert(refusal);
            policy.setLimit(agentId, _a, PolicyEngine.Limit(1, 1, wrong[i]));
        }
        vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyAgentUnknown.selector, uint256(0)));
        policy.setTerms(0, terms());
        vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyAgentUnknown.selector, uint256(0)));
        policy.setLimit(0, _a, limit(1, 1));
        vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyAgentUnknown.selector, uint256(0)));
        policy.setAssetChain(0, _a, HOME, true);
        vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyAgentUnknown.selector, uint256(0)));
        policy.setRecipient(0, HOME, PAYEE, true);
    }

    // ------------------------------------------------------------------ breaker

    function test_freeze_byEachTightenerAndThawByGovernance() public {
        address[4] memory allowed = [AGENT, OWNER, WATCHDOG, address(timelock)];
        for (uint256 i; i < allowed.length; ++i) {
            vm.expectEmit(address(policy));
            emit PolicyEngine.Tripped(agentId, allowed[i], Rule.NONE, bytes32(0), 0, 0);
            vm.prank(allowed[i]);
            policy.freeze(agentId);
            assertTrue(policy.frozen(agentId), "frozen");
            vm.expectEmit(address(policy));
            emit PolicyEngine.Thawed(agentId, address(timelock));
            thaw();
            assertFalse(policy.frozen(agentId), "thawed");
        }
    }

    function test_L4_thaw_revert_everybodyElse() public {
        vm.prank(WATCHDOG);
        policy.freeze(agentId);
        address[7] memory others = [AGENT, OWNER, WATCHDOG, THIEF, PUBLISHER, DEPLOYER, address(executor)];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(_unauthorized(others[i]));
            vm.prank(others[i]);
            policy.thaw(agentId, 1);
        }
    }

    /// @notice Frozen again: nothing changes but the counter, so that a thaw decided before no longer fits.
    function test_L4_freeze_countsAgainWhenFrozen() public {
        address[3] memory allowed = [WATCHDOG, OWNER, AGENT];
        for (uint256 i; i < 3; ++i) {
            assertEq(policy.stops(agentId), i, "stops");
            vm.expectEmit(address(policy));
            emit PolicyEngine.Tripped(agentId, allowed[i], Rule.NONE, bytes32(0), 0, 0);
            vm.prank(allowed[i]);
            policy.freeze(agentId);
            assertTrue(policy.frozen(agentId), "frozen");
        }
    }

    function test_L4_breach_counts() public {
        submitDenied(payment(ETH, 2 ether), Rule.PER_TRANSACTION);
        assertEq(policy.stops(agentId), 1, "stops");
        submitDenied(payment(ETH, 2 ether), Rule.AGENT_BREAKER);
        assertEq(policy.stops(agentId), 1, "a frozen agent's attempt is no breach");
        thaw();
        submitDenied(payment(ETH, 2 ether), Rule.PER_TRANSACTION);
        assertEq(policy.stops(agentId), 2, "stops");
    }

    /// @notice Only what was decided knowing of every stop so far, neither fewer nor more.
    function test_L4_thaw_revert_stoppedSinceItWasDecided() public {
        submitDenied(payment(ETH, 2 ether), Rule.PER_TRANSACTION);
        vm.prank(WATCHDOG);
        policy.freeze(agentId);
        vm.startPrank(address(timelock));
        uint256[4] memory others = [uint256(0), 1, 3, type(uint256).max];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(PolicyEngine.PolicyStopsDiffer.selector, agentId, others[i], uint256(2))
            );
            policy.thaw(agentId, others[i]);
        }
        policy.thaw(agentId, 2);
        assertFalse(policy.frozen(agentId), "thawed");
        assertEq(policy.stops(agentId), 2, "a thaw is no stop");
    }

    /// @notice A stop before the first terms is not forgotten by them; tightening is no stop.
    function test_L4_stops_surviveTermsAndIgnoreTightening() public {
        vm.prank(THIEF);
        uint256 id = registry.register();
        vm.prank(WATCHDOG);
        policy.freeze(id);
        vm.startPrank(address(timelock));
        registry.activate(id, address(vault), 0);
        policy.setTerms(id, terms());
        assertEq(policy.stops(id), 1, "kept");
        policy.thaw(id, 1);
        vm.stopPrank();
        vm.startPrank(THIEF);
        policy.setTerms(id, PolicyEngine.Terms(terms().expiry, 2 hours, 1, 0, true, false));
        policy.setRecipient(id, HOME, PAYEE, false);
        assertEq(policy.stops(id), 1, "tightening");
        policy.freeze(id);
        assertEq(policy.stops(id), 2, "counted on");
        vm.stopPrank();
    }

    // ------------------------------------------------------------------ chains

    function test_chains_sixteenAndNoMore() public {
        vm.startPrank(address(timelock));
        for (uint256 id = 100; id < 114; ++id) {
            vm.expectEmit(address(policy));
            emit PolicyEngine.ChainRegistered(id, id - 98);
            policy.registerChain(id);
        }
        assertEq(policy.chainIds().length, 16, "chains");
        vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyChainsFull.selector, uint256(16)));
        policy.registerChain(114);
        vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyChainKnown.selector, HOME));
        policy.registerChain(HOME);

        // Each has a bit of its own.
        for (uint256 i; i < 16; ++i) {
            uint256 chain = policy.chainIds()[i];
            policy.setAssetChain(agentId, ETH, HOME, false);
            policy.setAssetChain(agentId, ETH, REMOTE, false);
            policy.setAssetChain(agentId, ETH, chain, true);
            for (uint256 j; j < 16; ++j) {
                assertTrue(policy.isAssetOnChain(agentId, ETH, policy.chainIds()[j]) == (i == j), "one bit each");
            }
            policy.setAssetChain(agentId, ETH, chain, false);
        }
        vm.stopPrank();
    }

    function test_setAssetChain_revert_unknownChain() public {
        vm.startPrank(address(timelock));
        vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyChainUnknown.selector, uint256(5)));
        policy.setAssetChain(agentId, ETH, 5, true);
    }

    // ------------------------------------------------------------------ usage through changes (L2)

    function _used() private view returns (uint256) {
        return lens.headroom(agentId, _a).used;
    }

    /// @notice In the finer unit of a tiny cap the bucket is full, and stays so under the old cap: nothing is spent again.
    function test_L2_usage_survivesACapThatGoesDownAndUp() public {
        uint256 freedAt = time() / 12_343 * 12_343 + 8 * 12_343;
        submitAdmitted(payment(_a, 1000e6));
        vm.startPrank(address(timelock));
        uint104[4] memory caps = [uint104(1), 0, 2028e28, 2500e6];
        for (uint256 i; i < caps.length; ++i) {
            policy.setLimit(agentId, _a, PolicyEngine.Limit(1000e6, caps[i], WINDOW));
            assertGe(_used(), caps[i], "forgotten");
            assertEq(lens.headroom(agentId, _a).left, 0, "left");
        }
        vm.stopPrank();
        vm.warp(freedAt - 1);
        assertEq(lens.headroom(agentId, _a).left, 0, "a second early");
        vm.warp(freedAt);
        assertEq(lens.headroom(agentId, _a).left, 1000e6, "then");
    }

    /// @notice Between caps of like size nothing is lost: what was spent is carried over to the unit.
    function test_L2_usage_isCarriedOverBetweenCapsOfLikeSize() public {
        submitAdmitted(payment(_a, 1000e6));
        vm.startPrank(address(timelock));
        uint104[3] memory caps = [uint104(25_000e6), 1200e6, 2500e6];
        for (uint256 i; i < caps.length; ++i) {
            policy.setLimit(agentId, _a, limit(1000e6, caps[i]));
            assertEq(_used(), 1000e6, "used");
        }
        vm.stopPrank();
        submitAdmitted(payment(_a, 1000e6));
        submitAdmitted(payment(_a, 500e6));
        submitDenied(payment(_a, 1), Rule.WINDOW);
    }

    function test_L2_usage_survivesAWindowThatGoesDownAndUp() public {
        submitAdmitted(payment(_a, 1000e6));
        vm.startPrank(address(timelock));
        policy.setLimit(agentId, _a, PolicyEngine.Limit(1000e6, 2500e6, 1));
        assertGe(_used(), 1000e6, "forgotten");
        policy.setLimit(agentId, _a, PolicyEngine.Limit(1000e6, 2500e6, LONGEST_WINDOW));
        assertGe(_used(), 1000e6, "forgotten");
        vm.stopPrank();
        skip(LONGEST_WINDOW);
        assertGe(_used(), 1000e6, "counted for the whole new window");
        skip(LONGEST_WINDOW / 7 + 10);
        assertEq(_used(), 0, "and then no more");
    }

    function test_L2_frequency_survivesWindowChanges() public {
        for (uint256 i; i < 7; ++i) {
            submitAdmitted(payment(ETH, 1));
            skip(60);
        }
        PolicyEngine.Terms memory t = terms();
        t.frequencyWindow = 2 hours;
        vm.prank(OWNER);
        policy.setTerms(agentId, t);
        assertEq(lens.headroom(agentId, ETH).transactionsLeft, 3, "counted");
        t.frequencyWindow = 7; // buckets of one second
        vm.prank(address(timelock));
        policy.setTerms(agentId, t);
        assertEq(lens.headroom(agentId, ETH).transactionsLeft, 3, "counted");
        skip(7);
        assertEq(lens.headroom(agentId, ETH).transactionsLeft, 3, "for a whole window");
        skip(1);
        assertEq(lens.headroom(agentId, ETH).transactionsLeft, 10, "and then no more");
    }

    /// @notice Any sequence of limit changes, by governance even: what fits right after is never more than the new cap admits
    ///         beside what was spent within the shortest window that there was.
    function testFuzz_L2_usage_neverFreedByAnyChange(uint256 seed) public {
        uint256 shortest = WINDOW;
        uint256[8] memory times;
        uint256[8] memory amounts;
        for (uint256 i; i < 8; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            skip(seed % 30_000);
            Headroom memory h = lens.headroom(agentId, _a);
            uint256 vaultHas = token.balanceOf(address(vault));
            if (h.left > vaultHas) h.left = vaultHas;
            if (h.left > 0 && h.transactionsLeft > 0) {
                (times[i], amounts[i]) = (time(), 1 + (seed >> 128) % h.left);
                submitAdmitted(payment(_a, amounts[i]));
            }
            PolicyEngine.Limit memory l = PolicyEngine.Limit(
                uint104(BudgetWord.exactPerTransaction(uint104(seed >> 32))),
                uint104(BudgetWord.exactCap(uint104((seed >> 100) >> (seed % 104)))),
                seed % 3 == 0 ? h.limit.window : uint24(bound(seed >> 7, 1, LONGEST_WINDOW))
            );
            vm.prank(address(timelock));
            policy.setLimit(agentId, _a, l);
            if (l.window < shortest) shortest = l.window;
            uint256 spent;
            for (uint256 j; j <= i; ++j) {
                if (times[j] + shortest >= time()) spent += amounts[j];
            }
            h = lens.headroom(agentId, _a);
            assertTrue(h.left == 0 || h.left + spent <= l.cap, "more fits than the cap admits");
        }
    }

    /// @notice Whatever the cap: `left` is what fits, and what is spent counts in full.
    function testFuzz_L2_rounding_errsTowardsLess(uint104 cap, uint104 amount) public {
        cap = uint104(BudgetWord.exactCap(bound(cap, 1, type(uint104).max)));
        amount = uint104(bound(amount, 1, cap));
        vm.prank(address(timelock));
        policy.setLimit(agentId, _a, PolicyEngine.Limit(2028e28, cap, WINDOW));
        Verdict memory v = atHome.preview(payment(_a, amount));
        uint256 left = lens.headroom(agentId, _a).left;
        assertEq(left, cap < 2028e28 ? cap : 2028e28, "the whole cap");
        assertTrue((v.rule == Rule.NONE) == (amount <= left), "left is exact");
        if (v.rule == Rule.NONE) {
            vm.prank(address(executor));
            Intent memory intent = payment(_a, amount);
            policy.consume(plain(intent), idFor(intent), intent);
            assertGe(_used(), amount, "counted less than spent");
            assertLe(_used(), cap, "counted more than the cap");
        }
    }
}
