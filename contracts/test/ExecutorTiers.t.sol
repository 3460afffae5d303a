// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CrossChainExecutor, State} from "../src/CrossChainExecutor.sol";
import {ExecutorSettings} from "../src/ExecutorSettings.sol";
import {Approvals, HomeExecutor} from "../src/HomeExecutor.sol";
import {Intent} from "../src/Intent.sol";
import {PolicyEngine} from "../src/PolicyEngine.sol";
import {Rule, Tier, Verdict} from "../src/Verdict.sol";
import {PriceFeeds} from "../src/rules/PriceFeeds.sol";
import {Tiers} from "../src/rules/Tiers.sol";
import {Deployed} from "./lib/Deployed.sol";
import {FixedRule} from "./lib/HostileRules.sol";
import {ISafe, SafeFixture} from "./lib/SafeFixture.sol";
import {Vm} from "./lib/Test.sol";
import {HostileFeed} from "./rules/Feeds.sol";

/// @notice How an admitted intent proceeds: at once, told to the owner, after a delay, or with approvals; and what tightening
///         does to what waits.
contract ExecutorTiersTest is Deployed, SafeFixture {
    uint256 private constant INSTANT = 0.1 ether;
    uint256 private constant NOTIFY = 0.2 ether;
    uint256 private constant DELAY = 0.5 ether;
    uint256 private constant APPROVAL = 1 ether;
    uint32 private constant WAIT = 600;

    uint256[] private _keys; // of three approvers, ascending by address
    address[] private _panel;

    function setUp() public {
        deployAll();
        grade(ETH, _graded());
        for (uint256 key = 0xB1; key <= 0xB3; ++key) {
            _keys.push(key);
            for (uint256 i = _keys.length - 1; i > 0 && vm.addr(_keys[i - 1]) > vm.addr(_keys[i]); --i) {
                (_keys[i - 1], _keys[i]) = (_keys[i], _keys[i - 1]);
            }
        }
        for (uint256 i; i < 3; ++i) {
            _panel.push(vm.addr(_keys[i]));
        }
        vm.prank(address(timelock));
        approvers.setApprovers(agentId, 2, _panel);
    }

    /// @dev Exactly the amounts above are each the last of their tier.
    function _graded() private pure returns (Tiers.Thresholds memory) {
        return Tiers.Thresholds(uint112(INSTANT), uint112(NOTIFY), WAIT, uint112(DELAY));
    }

    function _waiting(uint256 amount, Tier tier) private returns (Intent memory intent, bytes32 id) {
        intent = payment(ETH, amount);
        Verdict memory verdict;
        (id, verdict) = submit(intent);
        assertEq(uint8(verdict.rule), uint8(Rule.NONE), "admitted");
        assertEq(uint8(verdict.tier), uint8(tier), "tier");
        assertState(id, State.ADMITTED);
    }

    /// @dev Approvals by the approvers with these places in the panel.
    function _approvals(bytes32 intentId, uint256 first, uint256 second) private view returns (Approvals memory a) {
        a = Approvals(new address[](2), new bytes[](2), new uint64[](2));
        uint256[2] memory places = [first, second];
        for (uint256 i; i < 2; ++i) {
            a.signers[i] = _panel[places[i]];
            a.deadlines[i] = uint64(time() + 1 days);
            bytes32 digest = approvers.approvalDigest(agentId, intentId, a.signers[i], a.deadlines[i]);
            a.signatures[i] = signature(_keys[places[i]], digest);
        }
    }

    function _assertNotApproved(Intent memory intent, Approvals memory a) private {
        bytes32 id = executor.idOf(intent);
        vm.expectRevert(abi.encodeWithSelector(HomeExecutor.ExecutorNotApproved.selector, id));
        atHome.proceedApproved(intent, a);
    }

    function _assertNeedsApproval(Intent memory intent) private {
        bytes32 id = executor.idOf(intent);
        vm.expectRevert(abi.encodeWithSelector(HomeExecutor.ExecutorNotApproved.selector, id));
        atHome.proceed(intent);
    }

    function _assertTooEarly(Intent memory intent, uint256 due) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                CrossChainExecutor.ExecutorTooEarly.selector, executor.idOf(intent), uint64(due), time()
            )
        );
        atHome.proceed(intent);
    }

    function _assertRefused(Intent memory intent, Rule rule) private returns (Verdict memory v) {
        Approvals memory a = _approvals(executor.idOf(intent), 0, 1);
        (bool went, bytes memory answer) = address(executor).call(abi.encodeCall(atHome.proceed, (intent)));
        assertFalse(went, "carried out");
        v = this.verdictOf(executor.idOf(intent), answer);
        assertEq(uint8(v.rule), uint8(rule), "rule");
        assertFalse(v.tripped, "said to trip");
        bytes memory call = abi.encodeCall(atHome.proceedApproved, (intent, a));
        (went, answer) = address(executor).call(call);
        assertFalse(went, "carried out with approvals");
        assertEq(abi.encode(this.verdictOf(executor.idOf(intent), answer)), abi.encode(v), "the same");
    }

    function verdictOf(bytes32 id, bytes calldata answer) external pure returns (Verdict memory v) {
        assertEq(bytes4(answer), HomeExecutor.ExecutorRefused.selector, "reason");
        bytes32 named;
        (named, v) = abi.decode(answer[4:], (bytes32, Verdict));
        assertEq(named, id, "intent");
    }

    /// @dev How often the executor told of the intent with tier NOTIFY.
    function _notices() private returns (uint256 count) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].emitter == address(executor) && logs[i].topics[0] == HomeExecutor.IntentNotified.selector) {
                ++count;
            }
        }
    }

    // ------------------------------------------------------------------ at once

    function test_instant_paysAtOnceAndTellsNobody() public {
        vm.recordLogs();
        bytes32 id = submitAdmitted(payment(ETH, INSTANT));
        assertState(id, State.EXECUTED);
        assertEq(PAYEE.balance, INSTANT, "paid");
        assertEq(_notices(), 0, "told");
    }

    function test_notify_paysAtOnceAndTellsTheOwner() public {
        uint256[2] memory amounts = [INSTANT + 1, NOTIFY];
        for (uint256 i; i < 2; ++i) {
            Intent memory intent = payment(ETH, amounts[i]);
            bytes memory proof = sign(intent);
            bytes32 id = executor.idOf(intent);
            vm.expectEmit(address(executor));
            emit HomeExecutor.IntentNotified(id, agentId, intent);
            vm.expectEmit(address(executor));
            emit CrossChainExecutor.IntentExecuted(id, agentId, intent, amounts[i]);
            (, Verdict memory v) = atHome.submit(intent, proof);
            assertEq(uint8(v.tier), uint8(Tier.NOTIFY), "tier");
            assertEq(v.eta, time(), "eta");
            assertState(id, State.EXECUTED);
        }
    }

    function test_notify_alsoOfWhatLeavesForAnotherChain() public {
        Intent memory intent = remotePayment(ETH, NOTIFY);
        vm.recordLogs();
        assertState(submitAdmitted(intent), State.DISPATCHED);
        assertEq(_notices(), 1, "told");
    }

    /// @notice A delay of no seconds is a tier above NOTIFY: it does not make what the owner wants to know of a secret. Lowering
    ///         `delayAbove` is tightening, so the agent itself may do it.
    function test_L5_notify_notSilencedByADelayOfNothing() public {
        grade(ETH, Tiers.Thresholds(uint112(INSTANT), NEVER, 0, uint112(DELAY)));
        vm.prank(AGENT);
        tiers.setThresholds(agentId, ETH, Tiers.Thresholds(uint112(INSTANT), 0, 0, uint112(DELAY)));
        vm.recordLogs();
        assertState(submitAdmitted(payment(ETH, NOTIFY)), State.EXECUTED);
        assertEq(_notices(), 1, "told");
    }

    // ------------------------------------------------------------------ after a delay

    function test_delay_paysWhenItsTimeHasCome() public {
        Intent memory intent = payment(ETH, NOTIFY + 1);
        bytes memory proof = sign(intent);
        bytes32 id = executor.idOf(intent);
        uint64 due = uint64(time() + WAIT);
        vm.expectEmit(address(executor));
        emit HomeExecutor.IntentAdmitted(id, agentId, intent, Tier.DELAY, due);
        atHome.submit(intent, proof);
        (State state, bool upheld, uint64 eta, bool approval) = executor.progress(id);
        assertEq(uint8(state), uint8(State.ADMITTED), "state");
        assertFalse(upheld, "upheld");
        assertEq(eta, due, "eta");
        assertFalse(approval, "approval");
        vm.warp(due - 1);
        _assertTooEarly(intent, due);
        vm.warp(due);
        vm.prank(THIEF); // anyone may
        atHome.proceed(intent);
        assertEq(PAYEE.balance, NOTIFY + 1, "paid");
    }

    function test_delay_revert_deadlineBeforeEta() public {
        Intent memory intent = payment(ETH, DELAY);
        uint64 eta = uint64(time() + WAIT);
        intent.deadline = eta - 1;
        bytes memory proof = sign(intent);
        vm.expectRevert(abi.encodeWithSelector(HomeExecutor.ExecutorDeadlineBeforeEta.selector, intent.deadline, eta));
        atHome.submit(intent, proof);
        assertFalse(atHome.nonceUsed(agentId, intent.nonce), "nonce");
        assertEq(lens.headroom(agentId, ETH).used, 0, "counted");
        intent.deadline = eta;
        bytes32 id = submitAdmitted(intent);
        vm.warp(eta);
        atHome.proceed(intent);
        assertState(id, State.EXECUTED);
    }

    function test_L3_delay_revert_pastTheDeadline() public {
        (Intent memory intent, bytes32 id) = _waiting(DELAY, Tier.DELAY);
        vm.warp(intent.deadline + 1);
        vm.expectRevert(
            abi.encodeWithSelector(CrossChainExecutor.ExecutorPastDeadline.selector, intent.deadline, time())
        );
        atHome.proceed(intent);
        executor.expire(intent);
        assertState(id, State.EXPIRED);
    }

    /// @notice What waits is counted from the day that it was admitted: it can't be admitted twice over (L2).
    function test_L2_delay_whatWaitsIsSpent() public {
        vm.prank(address(timelock));
        policy.setLimit(agentId, ETH, limit(1 ether, 1 ether));
        _waiting(DELAY, Tier.DELAY);
        _waiting(DELAY, Tier.DELAY);
        submitDenied(payment(ETH, 1), Rule.WINDOW);
    }

    function test_cancel_whileItWaitsByEach() public {
        address[3] memory by = [OWNER, AGENT, WATCHDOG];
        uint256[2] memory amounts = [DELAY, APPROVAL];
        Tier[2] memory tier = [Tier.DELAY, Tier.APPROVAL];
        vm.prank(address(timelock));
        policy.setLimit(agentId, ETH, limit(1 ether, 100 ether));
        for (uint256 i; i < 3; ++i) {
            for (uint256 j; j < 2; ++j) {
                (Intent memory intent, bytes32 id) = _waiting(amounts[j], tier[j]);
                Approvals memory a = _approvals(id, 0, 1);
                vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorUnauthorized.selector, THIEF));
                vm.prank(THIEF);
                atHome.cancel(intent);
                vm.expectEmit(address(executor));
                emit CrossChainExecutor.IntentCancelled(id, agentId, intent, by[i]);
                vm.prank(by[i]);
                atHome.cancel(intent);
                skip(WAIT);
                bytes memory over =
                    abi.encodeWithSelector(CrossChainExecutor.ExecutorState.selector, id, State.CANCELLED);
                vm.expectRevert(over);
                atHome.proceed(intent);
                vm.expectRevert(over);
                atHome.proceedApproved(intent, a);
            }
        }
        assertEq(PAYEE.balance, 0, "paid");
    }

    // ------------------------------------------------------------------ with approvals

    /// @dev Half an ether and more waits as long as a DELAY, too.
    function test_approval_kOfNAndTheDelay() public {
        (Intent memory intent, bytes32 id) = _waiting(DELAY + 1, Tier.APPROVAL);
        (,, uint64 due, bool approval) = executor.progress(id);
        assertTrue(approval, "approval");
        assertEq(due, time() + WAIT, "due");
        Approvals memory a = _approvals(id, 0, 2);
        vm.warp(due - 1);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorTooEarly.selector, id, due, due - 1));
        atHome.proceedApproved(intent, a);
        vm.warp(due);
        _assertNeedsApproval(intent);
        vm.prank(THIEF);
        atHome.proceedApproved(intent, a);
        assertState(id, State.EXECUTED);
        assertEq(PAYEE.balance, DELAY + 1, "paid");
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorState.selector, id, State.EXECUTED));
        atHome.proceedApproved(intent, a); // used once
    }

    function test_approval_withoutADelayOnceItIsApproved() public {
        grade(ETH, Tiers.Thresholds(NEVER, NEVER, 0, 0));
        (Intent memory intent, bytes32 id) = _waiting(1, Tier.APPROVAL);
        _assertNeedsApproval(intent);
        atHome.proceedApproved(intent, _approvals(id, 1, 2));
        assertState(id, State.EXECUTED);
    }

    function test_approval_ofWhatLeavesForAnotherChain() public {
        grade(ETH, Tiers.Thresholds(NEVER, NEVER, 0, 0));
        Intent memory intent = remotePayment(ETH, 1);
        bytes32 id = submitAdmitted(intent);
        atHome.proceedApproved(intent, _approvals(id, 1, 2));
        assertState(id, State.DISPATCHED);
    }

    function test_L7_approval_boundToOneIntentAndNotTheAgents() public {
        (Intent memory one, bytes32 id) = _waiting(APPROVAL, Tier.APPROVAL);
        (Intent memory other, bytes32 otherId) = _waiting(APPROVAL, Tier.APPROVAL);
        skip(WAIT);
        _assertNotApproved(other, _approvals(id, 0, 1));
        Approvals memory a = _approvals(otherId, 0, 1);
        (a.signers[0], a.signers[1]) = (a.signers[1], a.signers[0]);
        (a.signatures[0], a.signatures[1]) = (a.signatures[1], a.signatures[0]);
        _assertNotApproved(other, a);
        a = _approvals(otherId, 0, 1);
        a.signers[1] = a.signers[0]; // one who signs twice
        (a.signatures[1], a.deadlines[1]) = (a.signatures[0], a.deadlines[0]);
        _assertNotApproved(other, a);
        a = _approvals(otherId, 0, 1);
        a.signatures[1] = _approvals(id, 0, 1).signatures[1];
        _assertNotApproved(other, a);
        _assertNotApproved(other, Approvals(new address[](0), new bytes[](0), new uint64[](0)));
        a = _approvals(otherId, 0, 1);
        a.deadlines[0] = uint64(time() - 1);
        a.signatures[0] = signature(_keys[0], approvers.approvalDigest(agentId, otherId, a.signers[0], a.deadlines[0]));
        _assertNotApproved(other, a);
        atHome.proceedApproved(other, _approvals(otherId, 0, 1));
        atHome.proceedApproved(one, _approvals(id, 1, 2));
    }

    function test_approval_disapproved() public {
        (Intent memory intent, bytes32 id) = _waiting(APPROVAL, Tier.APPROVAL);
        skip(WAIT);
        vm.prank(_panel[1]);
        approvers.disapprove(id);
        _assertNotApproved(intent, _approvals(id, 0, 1));
        atHome.proceedApproved(intent, _approvals(id, 0, 2));
        assertState(id, State.EXECUTED);
    }

    /// @notice Who may agree is what holds when the intent proceeds.
    function test_L5_approval_panelTightenedMeanwhile() public {
        (Intent memory intent, bytes32 id) = _waiting(APPROVAL, Tier.APPROVAL);
        skip(WAIT);
        vm.prank(OWNER);
        approvers.setApprovers(agentId, 3, _panel);
        _assertNotApproved(intent, _approvals(id, 0, 1));
        vm.prank(WATCHDOG);
        approvers.setApprovers(agentId, 0, new address[](0));
        _assertNotApproved(intent, _approvals(id, 0, 1));
    }

    /// @notice Two of a real Safe's three owners agree in its own way (ERC-1271): with what they signed for this intent only.
    function test_approval_byARealSafe() public {
        SafeVersion[2] memory versions = [SafeVersion.V1_4_1, SafeVersion.V1_5_0];
        for (uint256 i; i < 2; ++i) {
            ISafe safe = newSafe2of3(versions[i]);
            address[] memory panel = new address[](1);
            panel[0] = address(safe);
            vm.prank(address(timelock));
            approvers.setApprovers(agentId, 1, panel);
            (Intent memory intent, bytes32 id) = _waiting(APPROVAL, Tier.APPROVAL);
            Approvals memory a = Approvals(panel, new bytes[](1), new uint64[](1));
            a.deadlines[0] = uint64(time() + 1 hours);
            bytes32 digest = approvers.approvalDigest(agentId, id, address(safe), a.deadlines[0]);
            a.signatures[0] = safeMessageSignature(safe, safeKeys(2), digest);
            skip(WAIT);
            _assertNeedsApproval(intent);
            bytes memory both = a.signatures[0];
            a.signatures[0] = safeMessageSignature(safe, safeKeys(1), digest);
            _assertNotApproved(intent, a);
            a.signatures[0] = safeSignatures(safeKeys(2), digest); // for themselves, not for their Safe
            _assertNotApproved(intent, a);
            a.signatures[0] = both;
            uint256 before = PAYEE.balance;
            atHome.proceedApproved(intent, a);
            assertEq(PAYEE.balance - before, APPROVAL, "paid");

            (intent, id) = _waiting(APPROVAL, Tier.APPROVAL);
            skip(WAIT);
            _assertNotApproved(intent, a); // what they signed for the one before
            vm.prank(OWNER);
            atHome.cancel(intent);
            skip(2 * WINDOW);
        }
    }

    /// @notice Approvals are for what needs them, and hinder nothing that doesn't.
    function test_proceedApproved_ofWhatNeedsNone() public {
        (Intent memory intent, bytes32 id) = _waiting(DELAY, Tier.DELAY);
        skip(WAIT);
        _assertNotApproved(intent, Approvals(new address[](0), new bytes[](0), new uint64[](0)));
        atHome.proceedApproved(intent, _approvals(id, 0, 1));
        assertState(id, State.EXECUTED);
    }

    // ------------------------------------------------------------------ dollars

    /// @notice Home's coin is worth a dollar, the other chain's, at the same address zero, something else: what is not known for a chain
    ///         is not known.
    function test_L11_usd_homesPriceSaysNothingOfAnotherChain() public {
        HostileFeed feed = new HostileFeed();
        feed.willAnswer(7, 1e8, time(), time(), 7);
        grade(ETH, Tiers.Thresholds(NEVER, NEVER, 0, NEVER));
        PriceFeeds.Feed memory f = PriceFeeds.Feed(address(feed), 1 days, 1, 10_000, 8, 18, 8, false);
        vm.startPrank(address(timelock));
        prices.setFeed(HOME, ETH, f, 0);
        tiers.setThresholds(agentId, tiers.USD(), Tiers.Thresholds(NEVER, NEVER, 0, 100e8));
        vm.stopPrank();
        _assertTier(1 ether, Tier.INSTANT, 0);
        Verdict memory v = atHome.preview(remotePayment(ETH, 1 ether));
        assertEq(uint8(v.tier), uint8(Tier.APPROVAL), "a price that nobody knows");
        vm.prank(address(timelock));
        prices.setFeed(REMOTE, ETH, f, 0);
        v = atHome.preview(remotePayment(ETH, 1 ether));
        assertEq(uint8(v.tier), uint8(Tier.INSTANT), "a price for that chain");
    }

    function test_L11_usd_withoutAPriceNeedsApprovals() public {
        HostileFeed feed = new HostileFeed();
        feed.willAnswer(7, 2_000e8, time(), time(), 7);
        grade(ETH, Tiers.Thresholds(NEVER, NEVER, 0, NEVER));
        address usd = tiers.USD();
        vm.startPrank(address(timelock));
        policy.setLimit(agentId, ETH, limit(1 ether, 100 ether));
        prices.setFeed(HOME, ETH, PriceFeeds.Feed(address(feed), 1 days, 100, 10_000, 8, 18, 8, false), 0);
        tiers.setThresholds(agentId, usd, Tiers.Thresholds(200e8, 400e8, WAIT, 1_000e8));
        vm.stopPrank();
        _assertTier(0.1 ether, Tier.INSTANT, 0);
        _assertTier(0.2 ether, Tier.NOTIFY, 0);
        _assertTier(0.5 ether, Tier.DELAY, WAIT);
        _assertTier(0.5 ether + 1, Tier.APPROVAL, WAIT);

        feed.willAnswer(8, 4_000e8, time(), time(), 8);
        _assertTier(0.1 ether, Tier.NOTIFY, 0);
        Intent memory waiting = payment(ETH, 0.2 ether);
        waiting.deadline = uint64(time() + 20 days);
        bytes32 id = submitAdmitted(waiting);
        skip(WAIT);

        HostileFeed.Deed[5] memory deeds = [
            HostileFeed.Deed.REVERT,
            HostileFeed.Deed.REVERT_LONG,
            HostileFeed.Deed.BURN,
            HostileFeed.Deed.ANSWER_LONG,
            HostileFeed.Deed.WRITE
        ];
        for (uint256 i; i < deeds.length; ++i) {
            feed.will(deeds[i]);
            _assertTier(1, Tier.APPROVAL, WAIT);
            _assertNeedsApproval(waiting); // what waits, too
        }
        feed.willAnswer(9, 0, time(), time(), 9);
        _assertTier(1, Tier.APPROVAL, WAIT);
        feed.willAnswer(9, type(uint256).max, time(), time(), 9);
        _assertTier(1, Tier.APPROVAL, WAIT);
        feed.willAnswer(9, 20_000e8, time(), time(), 9);
        _assertTier(1, Tier.APPROVAL, WAIT);
        feed.willAnswer(9, 2_000e8, time() - 1 days - 1, time() - 1 days - 1, 9);
        _assertTier(1, Tier.APPROVAL, WAIT);
        feed.willAnswer(9, 2_000e8, time(), time(), 9);
        _assertTier(1, Tier.INSTANT, 0);
        atHome.proceed(waiting);
        assertState(id, State.EXECUTED);
    }

    function _assertTier(uint256 amount, Tier tier, uint256 delay) private {
        Intent memory intent = payment(ETH, amount);
        Verdict memory previewed = atHome.preview(intent);
        (bytes32 id, Verdict memory v) = submit(intent);
        assertEq(abi.encode(previewed), abi.encode(v), "preview");
        assertEq(uint8(v.tier), uint8(tier), "tier");
        assertEq(v.eta, time() + delay, "eta");
        assertState(id, tier < Tier.DELAY ? State.EXECUTED : State.ADMITTED);
        skip(WINDOW / 8); // the transactions of an hour are limited
    }

    // ------------------------------------------------------------------ tightened while it waits

    function test_L5_waiting_stopsWhenItsPlaceIsTakenOut() public {
        (Intent memory intent, bytes32 id) = _waiting(DELAY, Tier.DELAY);
        skip(WAIT);
        vm.prank(OWNER);
        policy.setRecipient(agentId, HOME, PAYEE, false);
        _assertRefused(intent, Rule.RECIPIENT);
        vm.prank(address(timelock));
        policy.setRecipient(agentId, HOME, PAYEE, true);
        vm.prank(OWNER);
        policy.setAssetChain(agentId, ETH, HOME, false);
        _assertRefused(intent, Rule.CHAIN);
        assertFalse(policy.frozen(agentId), "what waits trips nothing");
        vm.prank(address(timelock));
        policy.setAssetChain(agentId, ETH, HOME, true);
        atHome.proceed(intent);
        assertState(id, State.EXECUTED);
    }

    function test_L5_waiting_stopsWhenItsChainIsTakenOut() public {
        Intent memory intent = remotePayment(ETH, DELAY);
        bytes32 id = submitAdmitted(intent);
        skip(WAIT);
        vm.prank(OWNER);
        policy.setAssetChain(agentId, ETH, REMOTE, false);
        _assertRefused(intent, Rule.CHAIN);
        vm.prank(address(timelock));
        policy.setAssetChain(agentId, ETH, REMOTE, true);
        atHome.proceed(intent);
        assertState(id, State.DISPATCHED);
    }

    function test_L5_waiting_stopsWhenACapIsLower() public {
        (Intent memory intent, bytes32 id) = _waiting(DELAY, Tier.DELAY);
        skip(WAIT);
        vm.prank(OWNER);
        policy.setLimit(agentId, ETH, limit(DELAY, DELAY));
        uint256 here_ = time();
        _assertStillProceeds(intent);
        vm.prank(OWNER);
        policy.setLimit(agentId, ETH, limit(DELAY - 1e17, DELAY));
        Verdict memory v = _assertRefused(intent, Rule.PER_TRANSACTION);
        assertEq(v.limit, DELAY - 1e17, "limit");
        assertEq(v.left, DELAY - 1e17, "left");
        vm.prank(address(timelock));
        policy.setLimit(agentId, ETH, limit(DELAY, DELAY - 1e17));
        v = _assertRefused(intent, Rule.WINDOW);
        assertEq(v.limit, DELAY - 1e17, "limit");
        assertEq(v.left, DELAY - 1e17, "left, without what it took itself");
        assertEq(v.availableAt, 0, "time alone changes nothing");
        vm.prank(OWNER);
        policy.setLimit(agentId, ETH, limit(0, 0));
        _assertRefused(intent, Rule.ASSET);
        assertEq(time(), here_, "time");
        vm.prank(address(timelock));
        policy.setLimit(agentId, ETH, limit(1 ether, 3 ether));
        atHome.proceed(intent);
        assertState(id, State.EXECUTED);
    }

    function _assertStillProceeds(Intent memory intent) private {
        // The executor's question, without its effects.
        (, bytes memory answer) = address(this).call(abi.encodeCall(this.tryProceed, (intent)));
        assertEq(answer, abi.encodeWithSelector(Undone.selector), "refused");
    }

    error Undone();

    function tryProceed(Intent calldata intent) external {
        atHome.proceed(intent);
        revert Undone();
    }

    function test_L5_waiting_stopsWhenTheTermsEnd() public {
        (Intent memory intent,) = _waiting(DELAY, Tier.DELAY);
        PolicyEngine.Terms memory t = terms();
        t.basic = false;
        t.expiry = uint32(time() + WAIT);
        vm.prank(OWNER);
        policy.setTerms(agentId, t);
        skip(WAIT);
        _assertStillProceeds(intent); // the last second
        skip(1);
        _assertRefused(intent, Rule.EXPIRY);
        t.expiry += 1;
        vm.prank(address(timelock));
        policy.setTerms(agentId, t);
        _assertStillProceeds(intent);
        t.maxTransactions = 0;
        vm.prank(OWNER);
        policy.setTerms(agentId, t);
        _assertRefused(intent, Rule.FREQUENCY);
    }

    /// @notice An open mandate that is closed holds what waits against the list.
    function test_L5_waiting_stopsWhenTheMandateIsNotOpenAnyMore() public {
        PolicyEngine.Terms memory t = terms();
        (t.basic, t.open) = (false, true);
        vm.prank(address(timelock));
        policy.setTerms(agentId, t);
        Intent memory intent = payment(ETH, DELAY);
        intent.to = THIEF;
        submitAdmitted(intent);
        skip(WAIT);
        _assertStillProceeds(intent);
        t.open = false;
        vm.prank(OWNER);
        policy.setTerms(agentId, t);
        _assertRefused(intent, Rule.RECIPIENT);
    }

    function test_L5_waiting_stopsWithEachBreaker() public {
        (Intent memory intent,) = _waiting(DELAY, Tier.DELAY);
        skip(WAIT);
        vm.prank(WATCHDOG);
        policy.freeze(agentId);
        _assertRefused(intent, Rule.AGENT_BREAKER);
        thaw();
        PolicyEngine.Scope[3] memory scopes =
            [PolicyEngine.Scope.ALL, PolicyEngine.Scope.CHAIN, PolicyEngine.Scope.ASSET];
        uint256[3] memory what = [uint256(0), HOME, uint160(ETH)];
        Rule[3] memory stopped = [Rule.GLOBAL_BREAKER, Rule.CHAIN_BREAKER, Rule.ASSET_BREAKER];
        for (uint256 i; i < 3; ++i) {
            vm.prank(WATCHDOG);
            policy.stop(scopes[i], what[i]);
            _assertRefused(intent, stopped[i]);
            vm.prank(address(timelock));
            policy.restart(scopes[i], what[i], 1);
        }
        vm.prank(OWNER);
        registry.suspend(agentId);
        _assertRefused(intent, Rule.AGENT_STATUS);
    }

    /// @notice Governance may take an account out: then nothing more leaves through it, admitted or not.
    function test_L5_waiting_stopsWhenItsAccountIsTakenOut() public {
        (Intent memory intent, bytes32 id) = _waiting(DELAY, Tier.DELAY);
        skip(WAIT);
        vm.prank(address(timelock));
        executor.setAccount(address(vault), false);
        bytes memory unknown = abi.encodeWithSelector(CrossChainExecutor.ExecutorAccountUnknown.selector, vault);
        vm.expectRevert(unknown);
        atHome.proceed(intent);
        Approvals memory a = _approvals(id, 0, 1);
        vm.expectRevert(unknown);
        atHome.proceedApproved(intent, a);
        vm.prank(address(timelock));
        executor.setAccount(address(vault), true);
        atHome.proceed(intent);
    }

    /// @notice Whoever may cancel is not shut out by that: the account may be let in again.
    function test_L5_cancel_alsoFromAnAccountThatWasTakenOut() public {
        (Intent memory intent, bytes32 id) = _waiting(DELAY, Tier.DELAY);
        vm.prank(address(timelock));
        executor.setAccount(address(vault), false);
        vm.prank(OWNER);
        atHome.cancel(intent);
        assertState(id, State.CANCELLED);
    }

    /// @notice What is carried out is spent: not while too many records are unpublished, however many waited for it.
    function test_L6_waiting_stopsWhileRecordsAreUnpublished() public {
        (Intent memory one,) = _waiting(DELAY, Tier.DELAY);
        (Intent memory two,) = _waiting(DELAY, Tier.DELAY);
        skip(WAIT);
        PolicyEngine.Terms memory t = terms();
        (t.basic, t.maxAuditLag) = (false, 1);
        vm.prank(OWNER);
        policy.setTerms(agentId, t);
        _assertRefused(one, Rule.AUDIT_LAG);
        vm.prank(PUBLISHER);
        auditLog.publish(agentId, 0, 1, bytes32(0), bytes32(0));
        atHome.proceed(one);
        _assertRefused(two, Rule.AUDIT_LAG);
        vm.prank(PUBLISHER);
        auditLog.publish(agentId, 1, 3, bytes32(0), bytes32(0));
        atHome.proceed(two);
    }

    /// @notice A key that the agent lost has nothing more done: not by what it signed in time, not when the agent is active again with
    ///         another key, and not when it has the same key again.
    function test_L1_waiting_stopsWithTheKeyThatSigned() public {
        (Intent memory intent, bytes32 id) = _waiting(DELAY, Tier.DELAY);
        skip(WAIT);
        Approvals memory a = _approvals(id, 0, 1);
        vm.prank(OWNER);
        registry.transferFrom(OWNER, DELEGATE, agentId);
        _assertKeyLost(intent, id, a);
        proveWallet(agentId, DELEGATE, 0xA2);
        activate(agentId);
        _assertKeyLost(intent, id, a);
        assertKeyLost(agentId, DELEGATE, AGENT_KEY);
        vm.prank(DELEGATE);
        atHome.cancel(intent);
    }

    /// @notice What is done against a thief is freeze, a new key, thaw: what the thief had submitted stays.
    function test_L1_waiting_notWhatAThiefSignedBeforeTheKeyWasReplaced() public {
        (Intent memory intent, bytes32 id) = _waiting(DELAY, Tier.DELAY);
        vm.prank(WATCHDOG);
        policy.freeze(agentId);
        proveWallet(agentId, OWNER, 0xA2);
        thaw();
        skip(WAIT);
        _assertKeyLost(intent, id, _approvals(id, 0, 1));
    }

    function test_L5_waiting_stopsWhenTheAgentDropsItsKey() public {
        (Intent memory intent, bytes32 id) = _waiting(DELAY, Tier.DELAY);
        vm.prank(AGENT);
        registry.unsetAgentWallet(agentId);
        skip(WAIT);
        _assertKeyLost(intent, id, _approvals(id, 0, 1));
    }

    /// @notice Who spends does not agree to it as well, neither with the key that the agent had.
    function test_L7_approval_notByTheKeyThatSigned() public {
        grade(ETH, Tiers.Thresholds(0, 0, 0, 0));
        address[] memory panel = new address[](1);
        panel[0] = AGENT;
        vm.prank(address(timelock));
        approvers.setApprovers(agentId, 1, panel);
        Intent memory intent = payment(ETH, 1 ether);
        bytes32 id = submitAdmitted(intent);
        Approvals memory a = Approvals(panel, new bytes[](1), new uint64[](1));
        a.deadlines[0] = intent.deadline;
        a.signatures[0] = signature(AGENT_KEY, approvers.approvalDigest(agentId, id, AGENT, intent.deadline));
        vm.expectRevert(abi.encodeWithSelector(HomeExecutor.ExecutorNotApproved.selector, id));
        atHome.proceedApproved(intent, a);
        proveWallet(agentId, OWNER, 0xA2);
        _assertKeyLost(intent, id, a);
    }

    function _assertKeyLost(Intent memory intent, bytes32 id, Approvals memory a) private {
        bytes memory lost = abi.encodeWithSelector(HomeExecutor.ExecutorKeyChanged.selector, id);
        vm.expectRevert(lost);
        atHome.proceed(intent);
        vm.expectRevert(lost);
        atHome.proceedApproved(intent, a);
    }

    function test_L5_waiting_needsApprovalsWhenThresholdsAreLower() public {
        (Intent memory intent, bytes32 id) = _waiting(DELAY, Tier.DELAY);
        skip(WAIT);
        Tiers.Thresholds memory t = _graded();
        t.approvalAbove = uint112(DELAY) - 1;
        vm.prank(OWNER);
        tiers.setThresholds(agentId, ETH, t);
        _assertNeedsApproval(intent);
        atHome.proceedApproved(intent, _approvals(id, 0, 1));
        assertState(id, State.EXECUTED);
    }

    function test_L5_waiting_waitsLongerWhenTheDelayIsLonger() public {
        (Intent memory intent, bytes32 id) = _waiting(DELAY, Tier.DELAY);
        uint256 since = time();
        Tiers.Thresholds memory t = _graded();
        t.delaySeconds = WAIT + 100;
        vm.prank(OWNER);
        tiers.setThresholds(agentId, ETH, t);
        vm.warp(since + WAIT);
        _assertTooEarly(intent, since + WAIT + 100);
        vm.prank(OWNER);
        registry.setRiskLevel(agentId, 1);
        _assertTooEarly(intent, since + 2 * (WAIT + 100));
        vm.warp(since + 2 * (WAIT + 100));
        atHome.proceed(intent);
        assertState(id, State.EXECUTED);
    }

    function test_L5_waiting_waitsLongerWhenTheRiskIsHigher() public {
        (Intent memory intent,) = _waiting(DELAY, Tier.DELAY);
        uint256 since = time();
        for (uint8 level = 1; level <= 2; ++level) {
            vm.prank(WATCHDOG);
            registry.setRiskLevel(agentId, level);
            uint256 due = since + (uint256(WAIT) << level);
            vm.warp(due - 1);
            _assertTooEarly(intent, due);
        }
        skip(1);
        _assertStillProceeds(intent);
        vm.prank(WATCHDOG);
        registry.setRiskLevel(agentId, 3);
        vm.warp(intent.deadline);
        _assertTooEarly(intent, since + 8 * WAIT);
        skip(1);
        vm.expectRevert(
            abi.encodeWithSelector(CrossChainExecutor.ExecutorPastDeadline.selector, intent.deadline, time())
        );
        atHome.proceed(intent); // past the deadline of an hour it only expires
    }

    function test_L5_waiting_stopsWhenANewRuleRefuses() public {
        (Intent memory intent, bytes32 id) = _waiting(DELAY, Tier.DELAY);
        skip(WAIT);
        FixedRule rule = new FixedRule(false, 1, 2, 3);
        vm.prank(WATCHDOG);
        book.addRule(agentId, address(rule));
        _assertRefused(intent, Rule.RULE_BOOK);
        rule.set(true);
        atHome.proceed(intent);
        assertState(id, State.EXECUTED);
    }

    function test_L12_ruleBook_theWordsOfTheRuleThatRefused() public {
        FixedRule rule = new FixedRule(false, 1, 2, 3);
        vm.prank(WATCHDOG);
        book.addRule(agentId, address(rule));
        (, Verdict memory v) = submit(payment(ETH, 1));
        assertEq(uint8(v.rule), uint8(Rule.RULE_BOOK), "rule");
        assertEq(v.source, address(rule), "source");
        assertEq(v.limit, 1, "limit");
        assertEq(v.left, 2, "left");
        assertEq(v.availableAt, 3, "available at");
    }

    /// @notice Whatever governance loosens, what waits goes on to wait for what it was admitted with.
    function test_L5_waiting_notShortenedByLoosening() public {
        (Intent memory delayed,) = _waiting(DELAY, Tier.DELAY);
        (Intent memory approved, bytes32 id) = _waiting(APPROVAL, Tier.APPROVAL);
        uint256 due = time() + WAIT;
        vm.prank(OWNER);
        registry.setRiskLevel(agentId, 1); // and back: then what it was admitted with
        PolicyEngine.Terms memory t = terms();
        t.open = true; // and basic
        vm.startPrank(address(timelock));
        registry.setRiskLevel(agentId, 0);
        tiers.setThresholds(agentId, ETH, Tiers.Thresholds(NEVER, NEVER, 0, NEVER));
        policy.setTerms(agentId, t);
        vm.stopPrank();
        vm.warp(due - 1);
        _assertTooEarly(delayed, due);
        _assertTooEarly(approved, due);
        vm.warp(due);
        _assertNeedsApproval(approved);
        atHome.proceed(delayed);
        atHome.proceedApproved(approved, _approvals(id, 0, 1));
    }

    /// @notice Any change of thresholds and risk: what waits proceeds exactly when both what it was admitted with and what
    ///         holds now are met.
    function testFuzz_L5_waiting_theStricterOfThenAndNow(Tiers.Thresholds memory now_, uint8 level, uint32 later)
        public
    {
        (Intent memory intent, bytes32 id) = _waiting(DELAY, Tier.DELAY);
        uint256 since = time();
        now_.delaySeconds = uint32(bound(now_.delaySeconds, 0, 3 * WAIT));
        now_.delayAbove = uint112(bound(now_.delayAbove, 0, 2 * DELAY));
        now_.approvalAbove = uint112(bound(now_.approvalAbove, 0, 2 * DELAY));
        level = uint8(bound(level, 0, 3));
        vm.startPrank(address(timelock));
        tiers.setThresholds(agentId, ETH, now_);
        registry.setRiskLevel(agentId, level);
        vm.stopPrank();
        skip(bound(later, 0, 3600));
        uint256 due = since + WAIT;
        if (DELAY > now_.delayAbove && since + (uint256(now_.delaySeconds) << level) > due) {
            due = since + (uint256(now_.delaySeconds) << level);
        }
        if (time() < due) return _assertTooEarly(intent, due);
        if (DELAY > now_.approvalAbove) {
            _assertNeedsApproval(intent);
            atHome.proceedApproved(intent, _approvals(id, 0, 2));
        } else {
            atHome.proceed(intent);
        }
        assertState(id, State.EXECUTED);
    }

    // ------------------------------------------------------------------ records

    /// @notice Every step of what waits is a record (L6).
    function test_L6_waiting_admittedAndExecutedAreRecorded() public {
        (Intent memory intent, bytes32 id) = _waiting(APPROVAL, Tier.APPROVAL);
        (, uint256 count,) = auditLog.chain(agentId);
        assertEq(count, 1, "admitted");
        skip(WAIT);
        atHome.proceedApproved(intent, _approvals(id, 0, 1));
        (, count,) = auditLog.chain(agentId);
        assertEq(count, 2, "executed");
    }
}
