// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC7786Recipient} from "@openzeppelin/contracts/crosschain/ERC7786Recipient.sol";
import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {CrossChainExecutor, Result, State} from "../src/CrossChainExecutor.sol";
import {DestinationExecutor} from "../src/DestinationExecutor.sol";
import {ExecutorSettings} from "../src/ExecutorSettings.sol";
import {HomeExecutor} from "../src/HomeExecutor.sol";
import {Intent} from "../src/Intent.sol";
import {PolicyEngine} from "../src/PolicyEngine.sol";
import {QuorumGateway} from "../src/QuorumGateway.sol";
import {Deployed} from "./lib/Deployed.sol";

/// @notice What other chains say became of an intent, at home: believed after a while, once, and only of that chain's own.
contract ExecutorResultsTest is Deployed {
    Intent private _intent;
    bytes32 private _id;
    uint256 private _consumedAt;

    function setUp() public {
        deployAll();
        _intent = remotePayment(address(token), 100e6);
        _id = executor.idOf(_intent);
        skip(1); // What is spent in the second of its budget's setting is not given back
        dispatch(_intent);
        _consumedAt = time();
        skip(100);
        // The account gives back what it is asked to.
        vm.mockCall(address(vault), abi.encodeWithSelector(PolicyEngine.refund.selector), abi.encode(uint256(7)));
    }

    function _tell(bytes32 id, State outcome, uint256 moved) private {
        _tellFrom(REMOTE, id, outcome, moved);
    }

    function _tellFrom(uint256 chainId, bytes32 id, State outcome, uint256 moved) private {
        Result[] memory results = new Result[](1);
        results[0] = Result(id, outcome, uint104(moved));
        _receive(chainId, results);
    }

    function _receive(uint256 chainId, Result[] memory results) private {
        bytes memory sender = InteroperableAddress.formatEvmV1(chainId, address(executor));
        vm.prank(address(gateway));
        executor.receiveMessage(bytes32(uint256(1)), sender, abi.encode(results));
    }

    function _assertResult(bytes32 id, State outcome, uint256 moved) private view {
        (State o, uint256 m,) = atHome.resultOf(id);
        assertEq(uint8(o), uint8(outcome), "outcome");
        assertEq(m, moved, "moved");
    }

    function _list() private view returns (Intent[] memory list) {
        list = new Intent[](1);
        list[0] = _intent;
    }

    function _refundOf(uint256 amount) private view returns (bytes memory) {
        return abi.encodeCall(PolicyEngine.refund, (agentId, address(token), amount, _consumedAt));
    }

    // ------------------------------------------------------------------ settling

    function test_L2_settle_givesBackWhatWasNotSpentOnce() public {
        _tell(_id, State.EXPIRED, 0);
        uint64 due = uint64(time()) + DISPUTE_WINDOW;
        (,, uint64 settleAt) = atHome.resultOf(_id);
        assertEq(settleAt, due, "settleAt");
        vm.warp(due - 1);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorTooEarly.selector, _id, due, due - 1));
        atHome.settleOne(_intent);
        vm.warp(due);
        vm.expectCall(address(vault), _refundOf(100e6), 1);
        vm.expectEmit(address(executor));
        emit HomeExecutor.IntentSettled(_id, agentId, State.EXPIRED, 0, 7);
        assertTrue(atHome.settle(_list())[0], "settled");
        assertState(_id, State.SETTLED);
        assertFalse(atHome.settle(_list())[0], "twice");
        _tell(_id, State.EXPIRED, 0);
        skip(DISPUTE_WINDOW);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorState.selector, _id, State.SETTLED));
        atHome.settleOne(_intent);
    }

    /// @notice The budget itself: what expired elsewhere may be spent again, and not more.
    function test_L2_settle_theBudgetIsFreeAgainOnce() public {
        vm.clearMockedCalls();
        assertEq(lens.headroom(agentId, address(token)).used, 100e6, "counted");
        _tell(_id, State.EXPIRED, 0);
        skip(DISPUTE_WINDOW);
        assertEq(atHome.settleOne(_intent), 100e6, "refunded");
        assertEq(lens.headroom(agentId, address(token)).used, 0, "used");
        assertFalse(atHome.settle(_list())[0], "twice");
        assertEq(lens.headroom(agentId, address(token)).used, 0, "used");
    }

    function test_L2_settle_ofAnExecutedOneTheRest() public {
        _tell(_id, State.EXECUTED, 60e6);
        skip(DISPUTE_WINDOW);
        vm.expectCall(address(vault), _refundOf(40e6), 1);
        atHome.settleOne(_intent);
        _assertResult(_id, State.EXECUTED, 60e6);
    }

    function test_L2_settle_ofAllThatMovedNothing() public {
        _tell(_id, State.EXECUTED, 100e6);
        skip(DISPUTE_WINDOW);
        vm.expectCall(address(vault), abi.encodeWithSelector(PolicyEngine.refund.selector), 0);
        assertEq(atHome.settleOne(_intent), 0, "refunded");
        assertState(_id, State.SETTLED);
    }

    /// @notice More than was asked for cannot have moved: who says so is not believed, and may say it again.
    function test_L2_settle_moreThanTheAmountIsDropped() public {
        _tell(_id, State.EXECUTED, 100e6 + 1);
        skip(DISPUTE_WINDOW);
        vm.expectCall(address(vault), abi.encodeWithSelector(PolicyEngine.refund.selector), 0);
        vm.expectEmit(address(executor));
        emit HomeExecutor.ResultDropped(_id, address(this));
        atHome.settleOne(_intent);
        assertState(_id, State.DISPATCHED);
        _tell(_id, State.EXECUTED, 100e6);
        _assertResult(_id, State.EXECUTED, 100e6);
    }

    function test_L3_settle_anotherIntentIsNotSettled() public {
        _tell(_id, State.CANCELLED, 0);
        skip(DISPUTE_WINDOW);
        _intent.amount += 1;
        assertFalse(atHome.settle(_list())[0], "an altered one");
    }

    function test_L7_settle_aBadOneLeavesTheOthers() public {
        Intent[] memory list = new Intent[](3);
        (list[1], list[2]) = (remotePayment(address(token), 1e6), _intent);
        list[0] = remotePayment(address(token), 2e6); // never submitted
        dispatch(list[1]); // nothing is said of it
        _tell(_id, State.FAILED, 0);
        skip(DISPUTE_WINDOW);
        bool[] memory ok = atHome.settle(list);
        assertFalse(ok[0] || ok[1], "bad ones");
        assertTrue(ok[2], "the good one");
    }

    // ------------------------------------------------------------------ what is believed

    function test_L7_result_aGuardianDropsAFalseOne() public {
        _tell(_id, State.EXPIRED, 0);
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorUnauthorized.selector, THIEF));
        vm.prank(THIEF);
        atHome.dropResult(_id);
        vm.prank(WATCHDOG);
        atHome.dropResult(_id);
        skip(DISPUTE_WINDOW);
        vm.expectRevert(abi.encodeWithSelector(HomeExecutor.ExecutorNoResult.selector, _id));
        atHome.settleOne(_intent);
        vm.expectRevert(abi.encodeWithSelector(HomeExecutor.ExecutorNoResult.selector, _id));
        vm.prank(WATCHDOG);
        atHome.dropResult(_id);
        _tell(_id, State.EXECUTED, 100e6);
        skip(DISPUTE_WINDOW);
        atHome.settleOne(_intent);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorState.selector, _id, State.SETTLED));
        vm.prank(WATCHDOG);
        atHome.dropResult(_id);
    }

    function test_L7_result_theFirstStandsUntilItIsDropped() public {
        _tell(_id, State.EXECUTED, 100e6);
        (,, uint64 settleAt) = atHome.resultOf(_id);
        skip(10);
        _tell(_id, State.EXPIRED, 0);
        _assertResult(_id, State.EXECUTED, 100e6);
        (,, uint64 then) = atHome.resultOf(_id);
        assertEq(then, settleAt, "nor does it begin anew");
    }

    /// @notice However many results a lying quorum brought, closing its gateway stops all of them: they are reported again.
    function test_L2_settle_notWhatAClosedGatewayBrought() public {
        _tell(_id, State.EXPIRED, 0);
        skip(DISPUTE_WINDOW);
        vm.prank(WATCHDOG);
        executor.closeGateway(address(gateway));
        bytes memory stale = abi.encodeWithSelector(HomeExecutor.ExecutorResultStale.selector, _id, time());
        vm.expectRevert(stale);
        atHome.settleOne(_intent);
        vm.prank(address(timelock));
        executor.setGateway(address(gateway), true, 1);
        skip(DISPUTE_WINDOW);
        vm.expectRevert(stale);
        atHome.settleOne(_intent);
        _tell(_id, State.EXECUTED, 60e6);
        _assertResult(_id, State.EXECUTED, 60e6);
        skip(DISPUTE_WINDOW);
        vm.expectCall(address(vault), _refundOf(40e6), 1);
        atHome.settleOne(_intent);
    }

    function test_L7_result_ofAnotherLaneIsIgnored() public {
        _tellFrom(REMOTE + 1, _id, State.EXPIRED, 0);
        _assertResult(_id, State.NONE, 0);
    }

    function test_L7_result_revert_fromNoExecutor() public {
        Result[] memory results = new Result[](1);
        results[0] = Result(_id, State.EXPIRED, 0);
        bytes[3] memory senders = [
            InteroperableAddress.formatEvmV1(REMOTE, THIEF),
            InteroperableAddress.formatEvmV1(HOME, address(executor)),
            bytes("")
        ];
        for (uint256 i; i < senders.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    ERC7786Recipient.ERC7786RecipientUnauthorizedGateway.selector, address(gateway), senders[i]
                )
            );
            vm.prank(address(gateway));
            executor.receiveMessage(bytes32(uint256(1)), senders[i], abi.encode(results));
        }
        bytes memory sender = InteroperableAddress.formatEvmV1(REMOTE, address(executor));
        vm.expectRevert(
            abi.encodeWithSelector(ERC7786Recipient.ERC7786RecipientUnauthorizedGateway.selector, THIEF, sender)
        );
        vm.prank(THIEF);
        executor.receiveMessage(bytes32(uint256(1)), sender, abi.encode(results));
    }

    /// @notice Of one batch each is looked at for itself: outcomes that are none, intents that nobody dispatched, ones that came early.
    function test_L7_result_eachOfABatchForItself() public {
        Intent memory early = remotePayment(address(token), 1e6);
        Intent memory home = payment(address(token), 1e6);
        submitAdmitted(home);
        Result[] memory results = new Result[](7);
        results[0] = Result(bytes32(uint256(5)), State.EXPIRED, 0);
        results[1] = Result(executor.idOf(early), State.EXPIRED, 0);
        results[2] = Result(executor.idOf(home), State.EXPIRED, 0);
        results[3] = Result(_id, State.SETTLED, 0);
        results[4] = Result(_id, State.NONE, 0);
        results[5] = Result(_id, State.EXPIRED, 1); // what expired moved nothing
        results[6] = Result(_id, State.EXECUTED, 100e6);
        _receive(REMOTE, results);
        _assertResult(_id, State.EXECUTED, 100e6);
        _assertResult(executor.idOf(early), State.NONE, 0);
        assertState(executor.idOf(home), State.EXECUTED);
        dispatch(early);
        _assertResult(executor.idOf(early), State.NONE, 0);
        _tell(executor.idOf(early), State.EXPIRED, 0);
        _assertResult(executor.idOf(early), State.EXPIRED, 0);
    }

    function test_L5_result_guardiansLengthenTheWindowOfWhatWaits() public {
        _tell(_id, State.EXPIRED, 0);
        uint64 came = uint64(time());
        vm.prank(WATCHDOG);
        executor.lengthenDisputeWindow(1 hours);
        skip(1 hours - 1);
        vm.expectRevert(
            abi.encodeWithSelector(CrossChainExecutor.ExecutorTooEarly.selector, _id, came + 1 hours, time())
        );
        atHome.settleOne(_intent);
        skip(1);
        atHome.settleOne(_intent);
    }

    /// @notice From the destination's own report to the budget at home, through the gateway.
    function test_result_wayHome() public {
        switchTo(REMOTE);
        forge(_intent);
        vm.warp(_intent.deadline + 1);
        executor.expire(_intent);
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = _id;
        bytes32 messageId = abroad.report(ids);
        Result[] memory results = new Result[](1);
        results[0] = Result(_id, State.EXPIRED, 0);
        QuorumGateway.Message memory m = QuorumGateway.Message(
            REMOTE,
            gateway.nextNonce() - 1,
            InteroperableAddress.formatEvmV1(REMOTE, address(executor)),
            InteroperableAddress.formatEvmV1(HOME, address(executor)),
            abi.encode(results)
        );
        assertEq(gateway.messageId(m), messageId, "the message");
        switchTo(HOME);
        gateway.deliver(m, alone(), attest(m, 2));
        _assertResult(_id, State.EXPIRED, 0);
    }

    // ------------------------------------------------------------------ sending again

    function test_L3_resend_onlyWhatIsDispatched() public {
        bytes32 first = gateway.sent(gateway.nextNonce() - 1);
        bytes32 again = atHome.resend(_intent);
        assertTrue(again != first && gateway.sent(gateway.nextNonce() - 1) == again, "a message of its own");
        Intent memory other = payment(address(token), 1e6);
        submitAdmitted(other);
        vm.expectRevert(
            abi.encodeWithSelector(CrossChainExecutor.ExecutorState.selector, executor.idOf(other), State.EXECUTED)
        );
        atHome.resend(other);
        vm.prank(WATCHDOG);
        registry.suspend(agentId);
        vm.expectRevert(abi.encodeWithSelector(HomeExecutor.ExecutorAgentInactive.selector, agentId));
        atHome.resend(_intent);
    }

    /// @notice A lost message's budget comes back all the same: past its deadline anyone has it sent again, whatever became of the agent,
    ///         and it expires there.
    function test_L2_resend_afterTheDeadlineItExpiresAndComesBack() public {
        vm.prank(WATCHDOG);
        registry.suspend(agentId);
        vm.warp(_intent.deadline);
        vm.expectRevert(abi.encodeWithSelector(HomeExecutor.ExecutorAgentInactive.selector, agentId));
        atHome.resend(_intent);
        // By the other chain's clock it may not be over.
        vm.warp(_intent.deadline + 1 hours);
        vm.expectRevert(abi.encodeWithSelector(HomeExecutor.ExecutorAgentInactive.selector, agentId));
        atHome.resend(_intent);
        skip(1);
        atHome.resend(_intent);
        QuorumGateway.Message memory again = messageOf(_intent, gateway.nextNonce() - 1);
        switchTo(REMOTE);
        gateway.deliver(again, alone(), attest(again, 2));
        skip(DISPUTE_WINDOW);
        vm.expectRevert(
            abi.encodeWithSelector(CrossChainExecutor.ExecutorPastDeadline.selector, _intent.deadline, time())
        );
        DestinationExecutor(address(executor)).execute(_intent);
        executor.expire(_intent);
        assertState(_id, State.EXPIRED);
        switchTo(HOME);
        _tell(_id, State.EXPIRED, 0);
        skip(DISPUTE_WINDOW);
        vm.expectCall(address(vault), _refundOf(_intent.amount), 1);
        atHome.settleOne(_intent);
    }

    function test_L5_dispatch_revert_throughAClosedGateway() public {
        vm.prank(WATCHDOG);
        executor.closeGateway(address(gateway));
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorGatewayNotOpen.selector, address(gateway)));
        atHome.resend(_intent);
    }

    // ------------------------------------------------------------------ pauses

    /// @notice However guardians follow each other, no lane stands still for longer than a pause.
    function test_L7_pause_ofALaneAndOfAll() public {
        vm.startPrank(WATCHDOG);
        executor.pause(REMOTE);
        uint64 until = uint64(time()) + PAUSE;
        Intent memory intent = remotePayment(address(token), 1e6);
        bytes memory proof = sign(intent);
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorPaused.selector, REMOTE, until));
        atHome.submit(intent, proof);
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorPaused.selector, REMOTE, until));
        atHome.resend(_intent);
        vm.stopPrank();
        submitAdmitted(payment(address(token), 1e6));
        skip(10);
        vm.prank(WATCHDOG2);
        executor.pause(0);
        assertEq(executor.pausedUntil(REMOTE), until, "not longer by the pause of all");
        assertEq(executor.pausedUntil(77), until + 10, "all others");
        Intent memory home = payment(address(token), 1e6);
        bytes memory signed = sign(home);
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorPaused.selector, 0, until + 10));
        atHome.submit(home, signed);
        vm.warp(until);
        assertFalse(executor.armed(REMOTE), "used");
        assertFalse(executor.armed(77), "by the pause of all");
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorPauseUsed.selector, 77));
        vm.prank(WATCHDOG);
        executor.pause(77);
        submitAdmitted(remotePayment(address(token), 1e6));
        vm.startPrank(address(timelock));
        executor.rearm(0);
        executor.rearm(REMOTE);
        vm.stopPrank();
        assertTrue(executor.armed(REMOTE) && executor.armed(77), "armed");
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorLaneUnknown.selector, HOME));
        vm.prank(WATCHDOG);
        executor.pause(HOME);
    }

    function test_L7_pause_stopsSettling() public {
        _tell(_id, State.EXPIRED, 0);
        skip(DISPUTE_WINDOW);
        vm.prank(WATCHDOG);
        executor.pause(REMOTE);
        vm.expectRevert(
            abi.encodeWithSelector(ExecutorSettings.ExecutorPaused.selector, REMOTE, uint64(time()) + PAUSE)
        );
        atHome.settleOne(_intent);
        vm.prank(address(timelock));
        executor.unpause(REMOTE, 1);
        atHome.settleOne(_intent);
    }

    // ------------------------------------------------------------------ batches

    function test_L7_submitMany_aBadOneLeavesTheOthers() public {
        Intent[] memory list = new Intent[](5);
        bytes[] memory proofs = new bytes[](5);
        for (uint256 i; i < 5; ++i) {
            list[i] = payment(address(token), 1e6);
        }
        list[1].deadline = uint64(time() - 1);
        list[3].nonce = list[0].nonce;
        for (uint256 i; i < 5; ++i) {
            proofs[i] = sign(list[i]);
        }
        proofs[2] = new bytes(65);
        (bytes32[] memory ids, bool[] memory ok) = atHome.submitMany(list, proofs);
        for (uint256 i; i < 5; ++i) {
            assertEq(ids[i], executor.idOf(list[i]), "id");
            assertTrue(ok[i] == (i == 0 || i == 4), "submitted");
        }
        assertEq(token.balanceOf(PAYEE), 2e6, "paid");
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorLengths.selector, 5, 1));
        atHome.submitMany(list, new bytes[](1));
    }

    /// @notice Whoever gives little gas has intents refused, and uses up nothing of theirs.
    function test_L7_submitMany_starvedUsesNothingUp() public {
        Intent[] memory list = new Intent[](2);
        bytes[] memory proofs = new bytes[](2);
        for (uint256 i; i < 2; ++i) {
            list[i] = payment(address(token), 1e6);
            proofs[i] = sign(list[i]);
        }
        for (uint256 gas_ = 100_000; gas_ <= 400_000; gas_ += 25_000) {
            try atHome.submitMany{gas: gas_}(list, proofs) returns (bytes32[] memory ids, bool[] memory ok) {
                for (uint256 i; i < 2; ++i) {
                    bool used = atHome.nonceUsed(agentId, list[i].nonce);
                    assertTrue(used == (stateOf(ids[i]) == State.EXECUTED) && (used || !ok[i]), "half done");
                }
            } catch {}
        }
        atHome.submitMany(list, proofs);
        assertEq(token.balanceOf(PAYEE), 2e6, "once each");
    }
}
