// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC7786Recipient} from "@openzeppelin/contracts/crosschain/ERC7786Recipient.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {CrossChainExecutor, Result, State} from "../src/CrossChainExecutor.sol";
import {DestinationExecutor} from "../src/DestinationExecutor.sol";
import {DisputeBonds} from "../src/DisputeBonds.sol";
import {ExecutorSettings} from "../src/ExecutorSettings.sol";
import {HomeExecutor} from "../src/HomeExecutor.sol";
import {Intent} from "../src/Intent.sol";
import {QuorumGateway} from "../src/QuorumGateway.sol";
import {SequencerClock} from "../src/SequencerClock.sol";
import {Tiers} from "../src/rules/Tiers.sol";
import {Step} from "../src/WindowTable.sol";
import {IStateProofs, StateProof} from "../src/proofs/IStateProofs.sol";
import {SentProofs} from "../src/proofs/SentProofs.sol";
import {Deployed} from "./lib/Deployed.sol";
import {UptimeFeed, Witness} from "./lib/Witness.sol";

/// @notice What governance alone sets of the executors, its bounds, and what hardly ever happens.
contract ExecutorEdgesTest is Deployed {
    event RouteSet(uint256 indexed chainId, address indexed gateway, address indexed by);

    Intent private _intent;
    bytes32 private _id;

    function setUp() public {
        deployAll();
        _intent = remotePayment(address(token), 100e6);
        _id = executor.idOf(_intent);
        vm.deal(address(this), 1 ether);
    }

    function _steps(uint32 bare) private pure returns (Step[] memory steps) {
        steps = new Step[](1);
        steps[0] = Step(1000e6, bare, bare);
    }

    function _govern() private {
        vm.prank(address(timelock));
    }

    // ------------------------------------------------------------------ settings

    /// @notice Everything that could loosen is governance's: nobody else's, guardians' neither.
    function test_L5_settings_revert_forOthers() public {
        address[4] memory others = [THIEF, WATCHDOG, AGENT, OWNER];
        bytes[7] memory abroad_ = [
            abi.encodeCall(abroad.setWindows, (address(token), _steps(5), 0)),
            abi.encodeCall(abroad.setFloor, (0, 0)),
            abi.encodeCall(abroad.setReportGateway, (THIEF)),
            abi.encodeCall(abroad.setStateProofs, (IStateProofs(THIEF))),
            abi.encodeCall(abroad.setUptimeFeed, (THIEF, 0)),
            abi.encodeCall(abroad.setDisputeBond, (1)),
            abi.encodeCall(executor.unpause, (0, 0))
        ];
        for (uint256 i; i < others.length; ++i) {
            switchTo(HOME);
            _refused(others[i], abi.encodeCall(atHome.setRoute, (REMOTE, THIEF)));
            switchTo(REMOTE);
            for (uint256 j; j < abroad_.length; ++j) {
                _refused(others[i], abroad_[j]);
            }
        }
    }

    function _refused(address who, bytes memory call_) private {
        vm.prank(who);
        (bool ok, bytes memory answer) = address(executor).call(call_);
        assertFalse(ok, "went through");
        assertEq(answer, abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, who), "reason");
    }

    /// @notice Shorter windows that were decided before a guardian stopped something do not come into force.
    function test_L5_setWindows_revert_tightenedMeanwhile() public {
        switchTo(REMOTE);
        _govern();
        abroad.setWindows(address(token), _steps(600), 0);
        vm.prank(WATCHDOG);
        executor.lengthenDisputeWindow(1 hours);
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorStopsDiffer.selector, 0, 1));
        _govern();
        abroad.setWindows(address(token), _steps(5), 0);
        Step[] memory steps = abroad.windows(address(token));
        assertEq(keccak256(abi.encode(steps)), keccak256(abi.encode(_steps(600))), "as they were");
        assertEq(abroad.floor(), 1 hours, "floor");
    }

    function test_L5_setFloor_bounds() public {
        switchTo(REMOTE);
        _govern();
        abroad.setFloor(3 days, 0);
        assertEq(abroad.floor(), 3 days, "most");
        bytes memory refusal = abi.encodeWithSelector(
            ExecutorSettings.ExecutorDisputeWindow.selector, uint64(3 days + 1), uint64(0), uint64(3 days)
        );
        vm.expectRevert(refusal);
        _govern();
        abroad.setFloor(3 days + 1, 0);
        vm.expectRevert(refusal);
        vm.prank(WATCHDOG);
        executor.lengthenDisputeWindow(3 days + 1);
    }

    /// @notice A guardian who lengthens by less than the dispute window already is raises the floor alone, and never lowers it.
    function test_L5_lengthen_theFloorBelowTheWindow() public {
        switchTo(REMOTE);
        vm.prank(WATCHDOG);
        executor.lengthenDisputeWindow(DISPUTE_WINDOW - 1);
        assertEq(abroad.floor(), DISPUTE_WINDOW - 1, "floor");
        assertEq(executor.disputeWindow(), DISPUTE_WINDOW, "window");
        vm.expectRevert(
            abi.encodeWithSelector(
                ExecutorSettings.ExecutorWindowShorter.selector, DISPUTE_WINDOW - 2, DISPUTE_WINDOW - 1
            )
        );
        vm.prank(WATCHDOG);
        executor.lengthenDisputeWindow(DISPUTE_WINDOW - 2);
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorUnauthorized.selector, THIEF));
        vm.prank(THIEF);
        executor.lengthenDisputeWindow(DISPUTE_WINDOW + 1);
        vm.prank(WATCHDOG);
        executor.lengthenDisputeWindow(DISPUTE_WINDOW + 1);
        assertEq(abroad.floor(), DISPUTE_WINDOW + 1, "both");
        assertEq(executor.disputeWindow(), DISPUTE_WINDOW + 1, "both");
    }

    function test_L5_home_guardianLengthensOnly() public {
        vm.prank(WATCHDOG);
        executor.lengthenDisputeWindow(1 hours);
        vm.expectRevert(
            abi.encodeWithSelector(
                ExecutorSettings.ExecutorWindowShorter.selector, uint64(1 hours - 1), uint64(1 hours)
            )
        );
        vm.prank(WATCHDOG);
        executor.lengthenDisputeWindow(1 hours - 1);
        assertEq(executor.stops(), 1, "stops");
    }

    /// @notice Messages to one chain go by another gateway; not by one that nobody opened.
    function test_setRoute_byChain() public {
        QuorumGateway other = new QuorumGateway(address(authority), HOME, relayers(), 2);
        vm.expectEmit(address(executor));
        emit RouteSet(REMOTE, address(other), address(timelock));
        _govern();
        atHome.setRoute(REMOTE, address(other));
        assertEq(atHome.gatewayTo(REMOTE), address(other), "routed");
        assertEq(atHome.gatewayTo(REMOTE + 1), address(gateway), "the rest");
        bytes memory proof = sign(_intent);
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorGatewayNotOpen.selector, address(other)));
        atHome.submit(_intent, proof);
        _govern();
        executor.setGateway(address(other), true, 0);
        submitAdmitted(_intent);
        assertEq(other.nextNonce(), 2, "sent by it");
        _govern();
        atHome.setRoute(REMOTE, address(0));
        assertEq(atHome.gatewayTo(REMOTE), address(gateway), "back");
    }

    function test_setReportGateway_wayHome() public {
        QuorumGateway other = new QuorumGateway(address(authority), HOME, relayers(), 2);
        deliver(_intent);
        skip(DISPUTE_WINDOW);
        abroad.execute(_intent);
        assertEq(abroad.reportGateway(), address(gateway), "before");
        _govern();
        abroad.setReportGateway(address(other));
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = _id;
        bytes32 messageId = abroad.report(ids);
        assertEq(other.sent(1), messageId, "by the other");
        _govern();
        abroad.setReportGateway(address(0));
        assertEq(abroad.reportGateway(), address(gateway), "back");
    }

    function test_L5_setGateway_unknownIsNotClosed() public {
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorGatewayNotOpen.selector, THIEF));
        vm.prank(WATCHDOG);
        executor.closeGateway(THIEF);
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorUnauthorized.selector, THIEF));
        vm.prank(THIEF);
        executor.closeGateway(address(gateway));
    }

    // ------------------------------------------------------------------ waiting

    /// @notice What waits at home proceeds in a batch; one that does not leaves the others.
    function test_L7_proceedMany_aBadOneLeavesTheOthers() public {
        grade(address(token), Tiers.Thresholds(0, 0, 60, NEVER));
        Intent[] memory list = new Intent[](3);
        for (uint256 i; i < 3; ++i) {
            list[i] = payment(address(token), 1e6);
            if (i != 1) submit(list[i]);
        }
        bool[] memory ok = atHome.proceedMany(list);
        assertFalse(ok[0] || ok[1] || ok[2], "too early");
        skip(60);
        vm.expectEmit(address(executor));
        emit HomeExecutor.IntentRefused(
            1, abi.encodeWithSelector(CrossChainExecutor.ExecutorState.selector, executor.idOf(list[1]), State.NONE)
        );
        ok = atHome.proceedMany(list);
        assertTrue(ok[0] && !ok[1] && ok[2], "the ones that waited");
        assertEq(token.balanceOf(PAYEE), 2e6, "paid");
    }

    /// @notice Of a long reason the beginning is told, and no more: what says a lot does not cost the others.
    function test_L12_proceedMany_theBeginningOfALongReason() public {
        grade(address(token), Tiers.Thresholds(0, 0, 60, NEVER));
        Intent[] memory list = new Intent[](1);
        list[0] = payment(address(token), 1e6);
        submit(list[0]);
        skip(60);
        vm.prank(WATCHDOG);
        policy.freeze(agentId);
        (, bytes memory all) = address(executor).call(abi.encodeCall(atHome.proceed, (list[0])));
        assertTrue(all.length > 256, "a long reason");
        assembly ("memory-safe") {
            mstore(all, 256)
        }
        vm.expectEmit(address(executor));
        emit HomeExecutor.IntentRefused(0, all);
        assertFalse(atHome.proceedMany(list)[0], "proceeds");
    }

    function test_L3_home_expire_revert_whatWasNeverAdmitted() public {
        Intent memory intent = payment(address(token), 1e6);
        vm.expectRevert(
            abi.encodeWithSelector(CrossChainExecutor.ExecutorState.selector, executor.idOf(intent), State.NONE)
        );
        executor.expire(intent);
    }

    function test_L7_hasten_revert_whatIsDisputedOrOver() public {
        QuorumGateway.Message memory m = dispatch(_intent);
        bytes32 id = gateway.messageId(m);
        switchTo(REMOTE);
        bytes memory all = attest(m, 3);
        gateway.deliver(m, alone(), all);
        vm.prank(WATCHDOG);
        abroad.dispute(_intent);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorState.selector, _id, State.DISPUTED));
        abroad.hasten(m, alone(), all);
        _govern();
        abroad.uphold(_intent);
        vm.expectRevert(abi.encodeWithSelector(DestinationExecutor.ExecutorUpheld.selector, _id));
        abroad.hasten(m, alone(), all);
        abroad.execute(_intent);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorState.selector, _id, State.EXECUTED));
        abroad.hasten(m, alone(), all);
        StateProof memory proof;
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorState.selector, _id, State.EXECUTED));
        abroad.confirm(_intent, proof);
    }

    /// @notice Numbers begin with 1: nobody sent number 0, which only a forged message has.
    function test_L7_refute_theNumberThatNobodyHas() public {
        switchTo(REMOTE);
        Witness witness = new Witness(HOME);
        _govern();
        abroad.setStateProofs(witness);
        QuorumGateway.Message memory m = messageOf(_intent, 0);
        gateway.deliver(m, alone(), attest(m, 2));
        StateProof memory proof;
        witness.tell(address(gateway), gateway.NONCE_SLOT(), bytes32(uint256(1000)), time() + 1 hours);
        abroad.refute(m, proof);
        assertState(_id, State.NONE);
    }

    /// @notice A slot that holds nothing shows nothing: what shows it is no {IStateProofs}.
    function test_L7_refute_notByAnEmptySlot() public {
        switchTo(REMOTE);
        Witness witness = new Witness(HOME);
        _govern();
        abroad.setStateProofs(witness);
        QuorumGateway.Message memory m = messageOf(_intent, 9);
        gateway.deliver(m, alone(), attest(m, 2));
        StateProof memory proof;
        bytes32 slot = keccak256(abi.encode(uint256(9), gateway.SENT_SLOT()));
        witness.tell(address(gateway), slot, 0, time() + 1 hours);
        vm.expectRevert(abi.encodeWithSelector(SentProofs.SentNotRefuted.selector, gateway.messageId(m), m.nonce));
        abroad.refute(m, proof);
    }

    // ------------------------------------------------------------------ the sequencer

    function test_setUptimeFeed_bounds() public {
        switchTo(REMOTE);
        _govern();
        abroad.setUptimeFeed(THIEF, 1 days);
        (address feed, uint32 grace) = abroad.uptimeFeed();
        assertEq(feed, THIEF, "feed");
        assertEq(grace, 1 days, "grace");
        uint32 most = 1 days;
        vm.expectRevert(abi.encodeWithSelector(SequencerClock.ExecutorGraceTooLong.selector, most + 1, most));
        _govern();
        abroad.setUptimeFeed(THIEF, most + 1);
    }

    /// @notice So many outages that not all are looked at: what was before counts as down, and at last it executes all the same.
    function test_L7_sequencer_moreOutagesThanAreLookedAt() public {
        UptimeFeed feed = new UptimeFeed();
        feed.set(0, time() - 1 days);
        deliver(_intent);
        _govern();
        abroad.setUptimeFeed(address(feed), 0);
        for (uint256 i; i < 20; ++i) {
            skip(2);
            feed.set(1, time());
            skip(1);
            feed.set(0, time());
        }
        // 40 seconds ran, of which the last 16 rounds tell 14: from each of seven times that it was up, and of now.
        vm.expectRevert(
            abi.encodeWithSelector(CrossChainExecutor.ExecutorTooEarly.selector, _id, uint64(time() + 16), time())
        );
        abroad.execute(_intent);
        skip(16);
        abroad.execute(_intent);
        assertState(_id, State.EXECUTED);
    }

    /// @notice What governance upheld does not wait for the grace after an outage.
    function test_L7_sequencer_upheldWaitsForNoGrace() public {
        UptimeFeed feed = new UptimeFeed();
        deliver(_intent);
        feed.set(1, time());
        vm.prank(WATCHDOG);
        abroad.dispute(_intent);
        vm.startPrank(address(timelock));
        abroad.setUptimeFeed(address(feed), 1 hours);
        abroad.uphold(_intent);
        vm.stopPrank();
        skip(100);
        vm.expectRevert(abi.encodeWithSelector(SequencerClock.ExecutorSequencerDown.selector, address(feed)));
        abroad.execute(_intent);
        feed.set(0, time());
        abroad.execute(_intent);
        assertState(_id, State.EXECUTED);
    }

    /// @notice A feed that says it came up in the future is none.
    function test_L7_sequencer_upInTheFuture() public {
        UptimeFeed feed = new UptimeFeed();
        feed.set(0, time() + 1 days);
        deliver(_intent);
        _govern();
        abroad.setUptimeFeed(address(feed), 0);
        skip(DISPUTE_WINDOW);
        vm.expectRevert(abi.encodeWithSelector(SequencerClock.ExecutorSequencerDown.selector, address(feed)));
        abroad.execute(_intent);
    }

    // ------------------------------------------------------------------ bonds

    /// @notice Who takes no coins holds up nothing but his own.
    function test_bond_revert_whoTakesNothing() public {
        deliver(_intent);
        _govern();
        abroad.setDisputeBond(1 ether);
        _govern();
        abroad.setStateProofs(IStateProofs(THIEF));
        abroad.dispute{value: 1 ether}(_intent);
        skip(RESOLUTION_WINDOW + 1);
        abroad.resolve(_intent);
        assertEq(abroad.bondsOf(address(this)), 1 ether, "credited");
        vm.expectRevert(abi.encodeWithSelector(DisputeBonds.ExecutorBondsRefused.selector, address(registry), 1 ether));
        abroad.withdrawBonds(payable(address(registry)));
        assertEq(abroad.bondsOf(address(this)), 1 ether, "still");
        abroad.withdrawBonds(payable(PAYEE));
        assertEq(PAYEE.balance, 1 ether, "paid");
    }

    // ------------------------------------------------------------------ forks

    /// @notice On a chain that forked from home there is neither submitting nor settling, and nothing is heard there.
    function test_L3_home_notOnAFork() public {
        dispatch(_intent);
        Intent memory second = payment(ETH, 1);
        bytes memory proof = sign(second);
        vm.chainId(HOME + 1_000_000);
        bytes memory away = abi.encodeWithSelector(CrossChainExecutor.ExecutorNotHome.selector, HOME);
        vm.expectRevert(away);
        atHome.submit(second, proof);
        vm.expectRevert(away);
        atHome.settleOne(_intent);
        vm.expectRevert(away);
        atHome.resend(_intent);
        bytes memory sender = InteroperableAddress.formatEvmV1(REMOTE, address(executor));
        vm.expectRevert(
            abi.encodeWithSelector(
                ERC7786Recipient.ERC7786RecipientUnauthorizedGateway.selector, address(gateway), sender
            )
        );
        vm.prank(address(gateway));
        executor.receiveMessage(bytes32(uint256(1)), sender, abi.encode(new Result[](0)));
        vm.expectRevert(away);
        vm.prank(OWNER);
        atHome.cancel(second);
    }
}
