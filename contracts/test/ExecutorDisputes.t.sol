// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {CrossChainExecutor, State} from "../src/CrossChainExecutor.sol";
import {DestinationExecutor} from "../src/DestinationExecutor.sol";
import {DisputeBonds} from "../src/DisputeBonds.sol";
import {ExecutorSettings, GatewayStatus} from "../src/ExecutorSettings.sol";
import {Intent} from "../src/Intent.sol";
import {IntentPayload} from "../src/IntentPayload.sol";
import {Place} from "../src/Place.sol";
import {PolicyEngine} from "../src/PolicyEngine.sol";
import {QuorumGateway} from "../src/QuorumGateway.sol";
import {SequencerClock} from "../src/SequencerClock.sol";
import {Step} from "../src/WindowTable.sol";
import {IStateProofs, StateProof} from "../src/proofs/IStateProofs.sol";
import {SentProofs} from "../src/proofs/SentProofs.sol";
import {Deployed} from "./lib/Deployed.sol";
import {UptimeFeed, Witness} from "./lib/Witness.sol";

/// @notice Who can stop a delivered intent, for how long, at what cost; and who cannot.
contract ExecutorDisputesTest is Deployed {
    uint96 private constant BOND = 0.1 ether;

    Intent private _intent;
    bytes32 private _id;
    QuorumGateway.Message private _message;
    Witness private _witness;
    UptimeFeed private _feed;
    StateProof private _proof;

    function setUp() public {
        deployAll();
        _intent = remotePayment(address(token), 100e6);
        _id = executor.idOf(_intent);
        _message = dispatch(_intent);
        switchTo(REMOTE);
        _witness = new Witness(HOME);
        _feed = new UptimeFeed();
        vm.prank(address(timelock));
        abroad.setStateProofs(_witness);
        vm.deal(THIEF, 1 ether);
    }

    function _deliver(uint256 signatures) private {
        gateway.deliver(_message, alone(), attest(_message, signatures));
    }

    function _due() private view returns (uint64 due) {
        (,, due,) = executor.progress(_id);
    }

    function _setBond() private {
        vm.prank(address(timelock));
        abroad.setDisputeBond(BOND);
    }

    function _disputeWithBond() private {
        _setBond();
        vm.prank(THIEF);
        abroad.dispute{value: BOND}(_intent);
        (address by, uint256 bond) = abroad.disputeOf(_id);
        assertEq(by, THIEF, "by");
        assertEq(bond, BOND, "bond");
    }

    /// @dev What home's executor keeps of an intent that it dispatched at `at`.
    function _dispatched(uint256 at) private pure returns (bytes32) {
        return bytes32(uint256(State.DISPATCHED) | at << 32);
    }

    function _progressSlot() private view returns (bytes32) {
        return keccak256(abi.encode(_id, PROGRESS_SLOT));
    }

    function _sentSlot(uint256 nonce) private view returns (bytes32) {
        return keccak256(abi.encode(nonce, gateway.SENT_SLOT()));
    }

    // ------------------------------------------------------------------ who disputes

    function test_L7_dispute_guardiansSoManyAnHour() public {
        uint256 limit = abroad.DISPUTES_PER_HOUR();
        uint256 start = time();
        for (uint256 i; i <= limit; ++i) {
            Intent memory intent = remotePayment(address(token), 1e6);
            forge(intent);
            if (i == limit) {
                bytes memory used = abi.encodeWithSelector(
                    DisputeBonds.ExecutorDisputesUsed.selector, WATCHDOG, limit, start + 1 hours
                );
                vm.expectRevert(used);
                vm.prank(WATCHDOG);
                abroad.dispute(intent);
                vm.warp(start + 1 hours - 1);
                vm.expectRevert(used);
                vm.prank(WATCHDOG);
                abroad.dispute(intent);
                vm.warp(start + 1 hours);
            }
            vm.prank(WATCHDOG);
            abroad.dispute(intent);
            skip(1);
            if (i == limit) {
                // The second of them was a second later.
                forge(_intent);
                vm.prank(WATCHDOG);
                abroad.dispute(_intent);
            }
        }
    }

    function test_L7_dispute_oneGuardiansQuotaIsNotTheOthers() public {
        for (uint256 i; i < 32; ++i) {
            Intent memory intent = remotePayment(address(token), 1e6);
            forge(intent);
            vm.prank(WATCHDOG);
            abroad.dispute(intent);
        }
        _deliver(2);
        vm.prank(WATCHDOG2);
        abroad.dispute(_intent);
        assertState(_id, State.DISPUTED);
    }

    function test_dispute_anyoneWithExactlyTheBond() public {
        _deliver(2);
        vm.startPrank(THIEF);
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorUnauthorized.selector, THIEF));
        abroad.dispute(_intent);
        vm.expectRevert(abi.encodeWithSelector(DisputeBonds.ExecutorDisputeBond.selector, 1, 0));
        abroad.dispute{value: 1}(_intent);
        vm.stopPrank();
        _setBond();
        vm.startPrank(THIEF);
        vm.expectRevert(abi.encodeWithSelector(DisputeBonds.ExecutorDisputeBond.selector, BOND - 1, BOND));
        abroad.dispute{value: BOND - 1}(_intent);
        vm.expectRevert(abi.encodeWithSelector(DisputeBonds.ExecutorDisputeBond.selector, BOND + 1, BOND));
        abroad.dispute{value: BOND + 1}(_intent);
        abroad.dispute{value: BOND}(_intent);
        vm.stopPrank();
        assertState(_id, State.DISPUTED);
    }

    // ------------------------------------------------------------------ whose the bond is

    function test_bond_backToTheDisputerWhenNobodyDecided() public {
        _deliver(2);
        _disputeWithBond();
        skip(RESOLUTION_WINDOW + 1);
        abroad.resolve(_intent);
        _assertBond(THIEF);
    }

    function test_bond_theTreasurysWhenGovernanceUpheld() public {
        _deliver(2);
        _disputeWithBond();
        vm.prank(address(timelock));
        abroad.uphold(_intent);
        _assertBond(address(timelock));
        assertEq(abroad.bondsOf(THIEF), 0, "disputer");
    }

    function test_bond_halfTheProversWhenHomeDidDispatch() public {
        _deliver(2);
        _disputeWithBond();
        // When it came, home had dispatched it.
        _witness.tell(address(executor), _progressSlot(), _dispatched(time()), time());
        vm.prank(PAYEE);
        abroad.confirm(_intent, _proof);
        assertEq(abroad.bondsOf(address(timelock)), BOND / 2, "treasury");
        _assertBond(PAYEE, BOND / 2);
        abroad.execute(_intent);
        assertState(_id, State.EXECUTED);
    }

    /// @notice Whoever disputes what is genuine, only to hold it up, pays for it although he proves it himself.
    function test_L7_bond_neverWholeForWhoProvesHisOwnDisputeWrong() public {
        _deliver(2);
        _disputeWithBond();
        _witness.tell(address(executor), _progressSlot(), _dispatched(time()), time());
        vm.prank(THIEF);
        abroad.confirm(_intent, _proof);
        assertEq(abroad.bondsOf(THIEF), BOND / 2, "half");
        assertEq(abroad.bondsOf(address(timelock)), BOND - BOND / 2, "treasury");
    }

    /// @notice Of a bond of one wei the half is nothing; the treasury has it.
    function test_bond_ofOneWeiIsTheTreasurys() public {
        _deliver(2);
        vm.prank(address(timelock));
        abroad.setDisputeBond(1);
        vm.prank(THIEF);
        abroad.dispute{value: 1}(_intent);
        _witness.tell(address(executor), _progressSlot(), _dispatched(time()), time());
        vm.prank(PAYEE);
        abroad.confirm(_intent, _proof);
        assertEq(abroad.bondsOf(PAYEE), 0, "prover");
        assertEq(abroad.bondsOf(address(timelock)), 1, "treasury");
    }

    /// @notice A lying quorum delivers what home dispatches only afterwards: who disputed it was right.
    function test_L7_bond_backToTheDisputerWhenHomeDispatchedItLater() public {
        _deliver(2);
        skip(1);
        _disputeWithBond();
        _witness.tell(address(executor), _progressSlot(), _dispatched(time()), time());
        vm.prank(PAYEE);
        abroad.confirm(_intent, _proof);
        _assertBond(THIEF);
        abroad.execute(_intent);
    }

    /// @notice A dispute that no proof can decide would cost nothing, and hold up everybody's intents.
    function test_L7_bond_revert_whereNothingProves() public {
        _deliver(2);
        _setBond();
        vm.prank(address(timelock));
        abroad.setStateProofs(IStateProofs(address(0)));
        vm.expectRevert(DestinationExecutor.ExecutorNoProofs.selector);
        vm.prank(THIEF);
        abroad.dispute{value: BOND}(_intent);
        vm.prank(WATCHDOG);
        abroad.dispute(_intent);
    }

    /// @notice Nor would the smallest bond there is.
    function test_L7_bond_revert_oneWeiWhereNothingProves() public {
        _deliver(2);
        vm.startPrank(address(timelock));
        abroad.setDisputeBond(1);
        abroad.setStateProofs(IStateProofs(address(0)));
        vm.stopPrank();
        vm.expectRevert(DestinationExecutor.ExecutorNoProofs.selector);
        vm.prank(THIEF);
        abroad.dispute{value: 1}(_intent);
        vm.prank(address(timelock));
        abroad.setStateProofs(_witness);
        vm.prank(THIEF);
        abroad.dispute{value: 1}(_intent);
        (address by, uint256 bond) = abroad.disputeOf(_id);
        assertEq(by, THIEF, "by");
        assertEq(bond, 1, "bond");
    }

    function test_bond_backToTheDisputerWhenHomeDidNotSend() public {
        _deliver(2);
        _disputeWithBond();
        _witness.tell(address(gateway), _sentSlot(_message.nonce), bytes32(uint256(1)), time());
        vm.prank(PAYEE);
        abroad.refute(_message, _proof);
        _assertBond(THIEF);
    }

    function _assertBond(address owner) private {
        _assertBond(owner, BOND);
    }

    function _assertBond(address owner, uint256 amount) private {
        (address by, uint256 bond) = abroad.disputeOf(_id);
        assertEq(by, address(0), "closed");
        assertEq(bond, 0, "bond");
        assertEq(abroad.bondsOf(owner), amount, "credited");
        assertEq(address(executor).balance, BOND, "held");
        vm.startPrank(owner);
        abroad.withdrawBonds(payable(address(0xB0)));
        assertEq(address(0xB0).balance, amount, "paid");
        vm.expectRevert(abi.encodeWithSelector(DisputeBonds.ExecutorNoBonds.selector, owner));
        abroad.withdrawBonds(payable(address(0xB0)));
        vm.stopPrank();
    }

    // ------------------------------------------------------------------ proofs

    function test_L7_confirm_executesAtOnceAndNobodyDisputesIt() public {
        _deliver(2);
        _witness.tell(address(executor), _progressSlot(), _dispatched(time()), time());
        abroad.confirm(_intent, _proof);
        vm.expectRevert(abi.encodeWithSelector(DestinationExecutor.ExecutorUpheld.selector, _id));
        vm.prank(WATCHDOG);
        abroad.dispute(_intent);
        vm.prank(WATCHDOG);
        executor.lengthenDisputeWindow(3 days);
        abroad.execute(_intent);
    }

    function test_L7_confirm_revert_whatHomeDidNotDispatch() public {
        _deliver(2);
        for (uint256 state; state <= uint256(State.SETTLED); ++state) {
            if (state == uint256(State.DISPATCHED)) continue;
            // The rest of the slot says nothing.
            bytes32 value = bytes32(state | (uint256(State.DISPATCHED) << 8) | ((type(uint256).max >> 72) << 16));
            _witness.tell(address(executor), _progressSlot(), value, time());
            vm.expectRevert(
                abi.encodeWithSelector(DestinationExecutor.ExecutorNotDispatched.selector, _id, state, State.NONE)
            );
            abroad.confirm(_intent, _proof);
        }
    }

    /// @notice What home was told the outcome of, true or not, may have its budget back: it is not let through as well.
    function test_L2_confirm_revert_whatHomeKnowsAnOutcomeOf() public {
        _deliver(2);
        for (uint256 outcome = uint256(State.EXECUTED); outcome <= uint256(State.FAILED); ++outcome) {
            _witness.tell(address(executor), _progressSlot(), _dispatched(time()) | bytes32(outcome << 200), time());
            vm.expectRevert(
                abi.encodeWithSelector(
                    DestinationExecutor.ExecutorNotDispatched.selector, _id, State.DISPATCHED, outcome
                )
            );
            abroad.confirm(_intent, _proof);
        }
    }

    /// @notice A block of before the dispute does not tell what home knows since.
    function test_L2_confirm_revert_byABlockThatIsTooOld() public {
        _deliver(2);
        uint256 came = time();
        _witness.tell(address(executor), _progressSlot(), _dispatched(came - 1), came - 1);
        vm.expectRevert(abi.encodeWithSelector(DestinationExecutor.ExecutorProofOld.selector, came - 1, came));
        abroad.confirm(_intent, _proof);
        skip(20);
        vm.prank(WATCHDOG);
        abroad.dispute(_intent);
        _witness.tell(address(executor), _progressSlot(), _dispatched(came - 1), came + 19);
        vm.expectRevert(abi.encodeWithSelector(DestinationExecutor.ExecutorProofOld.selector, came + 19, came + 20));
        abroad.confirm(_intent, _proof);
        _witness.tell(address(executor), _progressSlot(), _dispatched(came - 1), came + 20);
        abroad.confirm(_intent, _proof);
    }

    /// @notice The time of dispatch and the outcome are where destinations look for them.
    function test_L7_confirm_readsWhatHomeWrites() public {
        switchTo(HOME);
        skip(100);
        Intent memory intent = remotePayment(address(token), 100e6);
        bytes32 id = executor.idOf(intent);
        dispatch(intent);
        (,, uint64 due,) = executor.progress(id);
        assertEq(due, 0, "no result yet");
        bytes32 word = vm.load(address(executor), keccak256(abi.encode(id, PROGRESS_SLOT)));
        assertEq(uint256(word) & 0xff, uint256(State.DISPATCHED), "state");
        assertEq(uint32(uint256(word) >> 32), time(), "when");
        assertEq(uint8(uint256(word) >> 200), uint256(State.NONE), "outcome");
    }

    function test_L7_confirm_revert_noProofOrNoneBelieved() public {
        _deliver(2);
        vm.expectRevert();
        abroad.confirm(_intent, _proof);
        vm.prank(address(timelock));
        abroad.setStateProofs(IStateProofs(address(0)));
        vm.expectRevert(DestinationExecutor.ExecutorNoProofs.selector);
        abroad.confirm(_intent, _proof);
        vm.expectRevert(DestinationExecutor.ExecutorNoProofs.selector);
        abroad.refute(_message, _proof);
    }

    function test_L7_refute_anotherMessageHadThatNumber() public {
        _deliver(3);
        _witness.tell(address(gateway), _sentSlot(_message.nonce), gateway.messageId(_message), time());
        vm.expectRevert(
            abi.encodeWithSelector(SentProofs.SentNotRefuted.selector, gateway.messageId(_message), _message.nonce)
        );
        abroad.refute(_message, _proof);
        // An old block shows it as well.
        _witness.tell(address(gateway), _sentSlot(_message.nonce), bytes32(uint256(1)), 1);
        abroad.refute(_message, _proof);
        assertState(_id, State.NONE);
        // The intent itself may still come.
        QuorumGateway.Message memory again = messageOf(_intent, 77);
        gateway.deliver(again, alone(), attest(again, 2));
        assertState(_id, State.QUEUED);
    }

    function test_L7_refute_theNumberHadNotComeYet() public {
        _deliver(2);
        uint256 young = time() + 1 hours;
        bytes memory refusal =
            abi.encodeWithSelector(SentProofs.SentNotRefuted.selector, gateway.messageId(_message), _message.nonce);
        bytes32 slot = gateway.NONCE_SLOT();
        _witness.tell(address(gateway), slot, bytes32(_message.nonce), young - 1);
        vm.expectRevert(refusal);
        abroad.refute(_message, _proof);
        _witness.tell(address(gateway), slot, bytes32(_message.nonce + 1), young);
        vm.expectRevert(refusal);
        abroad.refute(_message, _proof);
        _witness.tell(address(gateway), slot, bytes32(_message.nonce), young);
        abroad.refute(_message, _proof);
        assertState(_id, State.NONE);
    }

    function test_L7_refute_alsoOfAClosedGateway() public {
        _deliver(2);
        _witness.tell(address(gateway), _sentSlot(_message.nonce), bytes32(uint256(1)), time());
        QuorumGateway.Message memory other = messageOf(_intent, 78);
        _witness.tell(address(gateway), _sentSlot(78), bytes32(uint256(1)), time());
        vm.expectRevert(
            abi.encodeWithSelector(DestinationExecutor.ExecutorMessageOther.selector, gateway.messageId(other))
        );
        abroad.refute(other, _proof);
        vm.prank(WATCHDOG);
        executor.closeGateway(address(gateway));
        abroad.refute(_message, _proof);
    }

    /// @notice What another gateway says of itself proves nothing: governance may have opened one whose code changes.
    function test_L7_proofs_anotherGatewayIsNotAsked() public {
        vm.prank(address(timelock));
        executor.setGateway(PAYEE, true, 0);
        bytes32 id = gateway.messageId(_message);
        vm.prank(PAYEE);
        executor.receiveMessage(id, _message.sender, _message.payload); // it may say any id
        _witness.tell(address(gateway), _sentSlot(_message.nonce), bytes32(uint256(1)), time());
        vm.expectRevert(abi.encodeWithSelector(DestinationExecutor.ExecutorMessageOther.selector, id));
        abroad.refute(_message, _proof);
    }

    /// @notice Whoever has a message that home never sent, whose id begins as that of a genuine one, refutes nothing with it.
    function test_L7_refute_revert_aMessageWhoseIdBeginsAlike() public {
        _deliver(2);
        _disputeWithBond();
        QuorumGateway.Message memory other = _message;
        other.nonce = 0; // no gateway gives it
        other.sender = Place.format(HOME, PAYEE);
        bytes32 id = gateway.messageId(other);
        _alike(id);
        vm.expectRevert(abi.encodeWithSelector(DestinationExecutor.ExecutorMessageOther.selector, id));
        abroad.refute(other, _proof);
        Intent memory intent = _intent;
        ++intent.nonce;
        other = messageOf(intent, 0);
        _alike(gateway.messageId(other));
        bytes32 none = executor.idOf(intent);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorState.selector, none, State.NONE));
        abroad.refute(other, _proof);
        assertState(_id, State.DISPUTED);
    }

    function test_L7_upheldIsNeitherRefutedNorConfirmed() public {
        _deliver(2);
        vm.prank(WATCHDOG);
        abroad.dispute(_intent);
        vm.prank(address(timelock));
        abroad.uphold(_intent);
        _witness.tell(address(gateway), _sentSlot(_message.nonce), bytes32(uint256(1)), time());
        bytes memory upheld = abi.encodeWithSelector(DestinationExecutor.ExecutorUpheld.selector, _id);
        vm.expectRevert(upheld);
        abroad.refute(_message, _proof);
        vm.expectRevert(upheld);
        abroad.confirm(_intent, _proof);
    }

    // ------------------------------------------------------------------ windows

    function _setWindows() private {
        Step[] memory steps = new Step[](2);
        steps[0] = Step(100e6, 600, 10);
        steps[1] = Step(1000e6, 3600, 100);
        vm.prank(address(timelock));
        abroad.setWindows(address(token), steps, 0);
    }

    function test_L7_window_byAmountAndSignatures() public {
        _setWindows();
        _deliver(2);
        assertEq(_due(), time() + 600, "bare quorum");
        _intent = remotePayment(address(token), 100e6);
        (_id, _message) = (executor.idOf(_intent), dispatch(_intent));
        switchTo(REMOTE);
        _deliver(3);
        assertEq(_due(), time() + 10, "all of them");
        skip(10);
        abroad.execute(_intent);
    }

    /// @notice Governance takes the table of one asset back: those of the others stay in force, and it may have one again.
    function test_L7_window_ofOneAssetOutlivesAnothers() public {
        _setWindows();
        vm.startPrank(address(timelock));
        abroad.setWindows(ETH, abroad.windows(address(token)), 0);
        abroad.setWindows(ETH, new Step[](0), 0);
        vm.stopPrank();
        _deliver(2);
        assertEq(_due(), time() + 600, "the table of the token");
        assertEq(_dueOf(remotePayment(ETH, 1)), time() + DISPUTE_WINDOW, "no table any more");
        vm.startPrank(address(timelock));
        abroad.setWindows(ETH, abroad.windows(address(token)), 0);
        abroad.setWindows(address(token), new Step[](0), 0);
        vm.stopPrank();
        assertEq(_dueOf(remotePayment(ETH, 1)), time() + 600, "one again");
        assertEq(_dueOf(remotePayment(address(token), 1)), time() + DISPUTE_WINDOW, "the token has none now");
    }

    /// @dev Until when an intent waits that a bare quorum delivers.
    function _dueOf(Intent memory intent) private returns (uint64 due) {
        (,, due,) = executor.progress(forge(intent));
    }

    function test_L7_window_callsWaitForTheDisputeWindow() public {
        _setWindows();
        Intent memory call_ = remotePayment(address(token), 1e6);
        call_.data = hex"12345678";
        bytes32 id = executor.idOf(call_);
        QuorumGateway.Message memory m = messageOf(call_, 99);
        gateway.deliver(m, alone(), attest(m, 3));
        (,, uint64 due,) = executor.progress(id);
        assertEq(due, time() + DISPUTE_WINDOW, "of a call");
    }

    function test_L7_hasten_toWhatAllSignaturesAreWorthAndNeverLonger() public {
        _setWindows();
        _deliver(2);
        uint256 since = time();
        bytes32 id = gateway.messageId(_message);
        bytes memory all = attest(_message, 3);
        bytes memory two = attest(_message, 2);
        skip(5);
        vm.expectRevert(abi.encodeWithSelector(DestinationExecutor.ExecutorSignaturesMissing.selector, 2, 3));
        abroad.hasten(_message, alone(), two);
        abroad.hasten(_message, alone(), all);
        assertEq(_due(), since + 10, "from when it came");
        vm.warp(since + 9);
        vm.expectRevert(
            abi.encodeWithSelector(CrossChainExecutor.ExecutorTooEarly.selector, _id, since + 10, since + 9)
        );
        abroad.execute(_intent);
        vm.warp(since + 10);
        abroad.execute(_intent);
    }

    /// @notice What it waits at least was decided when it came: no later table, window or relayer set shortens it.
    function test_L5_hasten_notBySettingsOfNow() public {
        _setWindows();
        _deliver(2);
        uint256 since = time();
        Step[] memory steps = new Step[](1);
        steps[0] = Step(1000e6, 5, 5);
        vm.startPrank(address(timelock));
        abroad.setWindows(address(token), steps, 0);
        abroad.setDisputeWindow(5, 0);
        vm.stopPrank();
        bytes memory all = attest(_message, 3);
        abroad.hasten(_message, alone(), all);
        assertEq(_due(), since + 10, "as it was");
    }

    /// @notice Payments that no step covers, and calls, wait the same whoever vouches for them.
    function test_L7_hasten_whatNoStepCovers() public {
        _deliver(2);
        bytes memory all = attest(_message, 3);
        abroad.hasten(_message, alone(), all);
        assertEq(_due(), time() + DISPUTE_WINDOW, "without a table");
    }

    function test_L7_hasten_revert_anotherMessageOrGateway() public {
        _setWindows();
        _deliver(2);
        QuorumGateway.Message memory other = messageOf(_intent, 79);
        bytes memory all = attest(other, 3);
        bytes memory refusal =
            abi.encodeWithSelector(DestinationExecutor.ExecutorMessageOther.selector, gateway.messageId(other));
        vm.expectRevert(refusal);
        abroad.hasten(other, alone(), all);
        bytes memory one = attest(_message, 1);
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewaySignatures.selector, 1, 2));
        abroad.hasten(_message, alone(), one);
        vm.prank(WATCHDOG);
        executor.closeGateway(address(gateway));
        all = attest(_message, 3);
        vm.expectRevert(abi.encodeWithSelector(DestinationExecutor.ExecutorGatewayClosed.selector, _id));
        abroad.hasten(_message, alone(), all);
    }

    /// @notice Whoever has two messages whose ids begin alike cannot have the signatures of one count for the other.
    function test_L7_hasten_revert_aMessageWhoseIdBeginsAlike() public {
        _setWindows();
        _deliver(2);
        QuorumGateway.Message memory other = _message;
        other.sender = Place.format(HOME, PAYEE); // anybody at home sends what he likes
        bytes32 id = gateway.messageId(other);
        _alike(id);
        bytes memory all = attest(other, 3);
        vm.expectRevert(abi.encodeWithSelector(DestinationExecutor.ExecutorMessageOther.selector, id));
        abroad.hasten(other, alone(), all);
        // Another intent's is not the one that waits, whatever its message's id.
        Intent memory intent = _intent;
        ++intent.nonce;
        other = messageOf(intent, 79);
        _alike(gateway.messageId(other));
        all = attest(other, 3);
        bytes32 none = executor.idOf(intent);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorState.selector, none, State.NONE));
        abroad.hasten(other, alone(), all);
    }

    /// @dev As if the intent had come by a message with that id.
    function _alike(bytes32 id) private {
        bytes32 slot = _progressSlot();
        uint256 word = uint256(vm.load(address(executor), slot));
        uint256 mask = uint256(type(uint104).max) << 96;
        vm.store(address(executor), slot, bytes32((word & ~mask) | uint256(uint104(uint256(id) >> 152)) << 96));
    }

    /// @notice Relayers who sign an id of another gateway's message do not shorten what that one brought.
    function test_L7_hasten_revert_whatAnotherGatewayBrought() public {
        _setWindows();
        vm.prank(address(timelock));
        executor.setGateway(PAYEE, true, 0);
        bytes32 id = gateway.messageId(_message);
        vm.prank(PAYEE);
        executor.receiveMessage(id, _message.sender, _message.payload);
        bytes memory all = attest(_message, 3);
        vm.expectRevert(abi.encodeWithSelector(DestinationExecutor.ExecutorGatewayClosed.selector, _id));
        abroad.hasten(_message, alone(), all);
    }

    function test_L5_floor_holdsWhateverTheSignatures() public {
        _setWindows();
        _deliver(3);
        vm.prank(WATCHDOG);
        executor.lengthenDisputeWindow(1 hours);
        assertEq(_due(), time() + 1 hours, "queued");
        bytes memory all = attest(_message, 3);
        abroad.hasten(_message, alone(), all);
        assertEq(_due(), time() + 1 hours, "hastened");
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorStopsDiffer.selector, 0, 1));
        vm.prank(address(timelock));
        abroad.setFloor(0, 0);
        vm.prank(address(timelock));
        abroad.setFloor(0, 1);
        assertEq(_due(), time() + 10, "governance takes it back");
    }

    // ------------------------------------------------------------------ gateways

    function test_L5_gateway_closedByAGuardianDeliversNothing() public {
        vm.prank(WATCHDOG);
        executor.closeGateway(address(gateway));
        assertEq(uint8(executor.gatewayStatus(address(gateway))), uint8(GatewayStatus.CLOSED), "closed");
        bytes memory signatures = attest(_message, 3);
        vm.expectRevert();
        gateway.deliver(_message, alone(), signatures);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, WATCHDOG));
        vm.prank(WATCHDOG);
        executor.setGateway(address(gateway), true, 1);
        // What was decided before a guardian closed it, does not open it.
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorStopsDiffer.selector, 0, 1));
        vm.prank(address(timelock));
        executor.setGateway(address(gateway), true, 0);
        vm.prank(address(timelock));
        executor.setGateway(address(gateway), true, 1);
        gateway.deliver(_message, alone(), signatures);
    }

    /// @notice A lying quorum delivers more than guardians can dispute: closing its gateway stops all of it, for good.
    function test_L7_gateway_closingStopsAllThatItBrought() public {
        Intent[] memory forged = new Intent[](40);
        for (uint256 i; i < forged.length; ++i) {
            forged[i] = remotePayment(address(token), 1e6);
            forge(forged[i]);
        }
        vm.prank(WATCHDOG);
        executor.closeGateway(address(gateway));
        skip(DISPUTE_WINDOW);
        uint256 before = token.balanceOf(address(vault));
        bytes memory closed =
            abi.encodeWithSelector(DestinationExecutor.ExecutorGatewayClosed.selector, executor.idOf(forged[39]));
        vm.expectRevert(closed);
        abroad.execute(forged[39]);
        vm.prank(address(timelock));
        executor.setGateway(address(gateway), true, 1);
        vm.expectRevert(closed);
        abroad.execute(forged[39]);
        bool[] memory ok = abroad.executeMany(forged);
        for (uint256 i; i < ok.length; ++i) {
            assertFalse(ok[i], "paid");
            assertFalse(abroad.failed(executor.idOf(forged[i])), "it did not fail");
        }
        assertEq(token.balanceOf(address(vault)), before, "moved");
    }

    /// @notice What was genuine comes through by a proof.
    function test_L7_gateway_closedWhatIsConfirmedExecutes() public {
        _deliver(2);
        vm.prank(WATCHDOG);
        executor.closeGateway(address(gateway));
        _witness.tell(address(executor), _progressSlot(), _dispatched(time()), time());
        abroad.confirm(_intent, _proof);
        abroad.execute(_intent);
        assertState(_id, State.EXECUTED);
    }

    /// @notice Or home sends it again, once the gateway is open: then it waits anew, and executes once.
    function test_L3_gateway_closedWhatHomeSendsAgainExecutesOnce() public {
        _deliver(2);
        skip(10);
        QuorumGateway.Message memory again = messageOf(_intent, 80);
        bytes memory signatures = attest(again, 2);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorState.selector, _id, State.QUEUED));
        gateway.deliver(again, alone(), signatures);
        vm.prank(WATCHDOG);
        executor.closeGateway(address(gateway));
        vm.prank(address(timelock));
        executor.setGateway(address(gateway), true, 1);
        gateway.deliver(again, alone(), signatures);
        assertEq(_due(), time() + DISPUTE_WINDOW, "waits anew");
        bytes32 first = gateway.messageId(_message);
        _witness.tell(address(gateway), _sentSlot(_message.nonce), bytes32(uint256(1)), time());
        vm.expectRevert(abi.encodeWithSelector(DestinationExecutor.ExecutorMessageOther.selector, first));
        abroad.refute(_message, _proof);
        skip(DISPUTE_WINDOW);
        abroad.execute(_intent);
        QuorumGateway.Message memory third = messageOf(_intent, 81);
        signatures = attest(third, 2);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorState.selector, _id, State.EXECUTED));
        gateway.deliver(third, alone(), signatures);
    }

    /// @notice Or it expires, and its budget comes back.
    function test_L2_gateway_closedTheRestExpires() public {
        _deliver(2);
        vm.prank(WATCHDOG);
        executor.closeGateway(address(gateway));
        vm.warp(_intent.deadline + 1);
        executor.expire(_intent);
        assertState(_id, State.EXPIRED);
    }

    /// @notice A disputed or upheld intent is decided already: closing changes nothing.
    function test_L7_gateway_closingLeavesWhatIsDecided() public {
        _deliver(2);
        vm.startPrank(WATCHDOG);
        abroad.dispute(_intent);
        executor.closeGateway(address(gateway));
        vm.stopPrank();
        vm.prank(address(timelock));
        executor.setGateway(address(gateway), true, 1);
        QuorumGateway.Message memory again = messageOf(_intent, 82);
        bytes memory signatures = attest(again, 2);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorState.selector, _id, State.DISPUTED));
        gateway.deliver(again, alone(), signatures);
        vm.prank(address(timelock));
        abroad.uphold(_intent);
        abroad.execute(_intent);
    }

    /// @notice Each of two gateways only stops what it brought itself.
    function test_L7_gateway_closingOneLeavesTheOther() public {
        vm.startPrank(address(timelock));
        executor.setGateway(PAYEE, true, 0);
        executor.setGateway(OWNER, true, 0);
        vm.stopPrank();
        vm.prank(PAYEE);
        executor.receiveMessage(bytes32(uint256(1)), _message.sender, _message.payload);
        vm.prank(WATCHDOG);
        executor.closeGateway(address(gateway));
        skip(DISPUTE_WINDOW);
        abroad.ready(_intent);
        vm.prank(WATCHDOG);
        executor.closeGateway(PAYEE);
        vm.expectRevert(abi.encodeWithSelector(DestinationExecutor.ExecutorGatewayClosed.selector, _id));
        abroad.execute(_intent);
    }

    function test_L7_gateway_anotherThatGovernanceOpened() public {
        vm.prank(address(timelock));
        executor.setGateway(PAYEE, true, 0);
        vm.prank(PAYEE);
        executor.receiveMessage(bytes32(uint256(1)), _message.sender, _message.payload);
        assertEq(_due(), time() + DISPUTE_WINDOW, "it tells of no relayers");
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorGatewayUnknown.selector, THIEF));
        vm.prank(address(timelock));
        executor.setGateway(THIEF, false, 0);
    }

    function testFuzz_L3_receive_revert_payloadOfAnotherForm(uint256 at, uint256 word) public {
        bytes memory payload = _message.payload;
        at = bound(at, 0, 12);
        if (at != 0 && at != 8 && at != 11) at = 0; // offset of the intent, of its data, length of its data
        uint256 place = 0x20 + 0x20 * at;
        uint256 was;
        assembly ("memory-safe") {
            was := mload(add(payload, place))
            mstore(add(payload, place), word)
        }
        vm.assume(word != was);
        vm.expectRevert(abi.encodeWithSelector(IntentPayload.ExecutorPayload.selector, payload.length));
        vm.prank(address(gateway));
        executor.receiveMessage(bytes32(uint256(1)), _message.sender, payload);
    }

    // ------------------------------------------------------------------ pauses

    function test_L7_pause_endsByItselfAndIsNotRenewed() public {
        _deliver(2);
        uint64 until = uint64(time()) + PAUSE;
        vm.prank(WATCHDOG);
        executor.pause(HOME);
        assertEq(executor.pausedUntil(0), until, "until");
        assertFalse(executor.armed(HOME), "armed");
        _intent.deadline = 0;
        skip(DISPUTE_WINDOW);
        Intent memory intent = remotePayment(address(token), 1e6);
        intent.deadline = uint64(time() + 20 days);
        forge(intent);
        skip(DISPUTE_WINDOW);
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorPaused.selector, 0, until));
        abroad.execute(intent);
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorPauseUsed.selector, 0));
        vm.prank(WATCHDOG2);
        executor.pause(0);
        vm.warp(until);
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorPauseUsed.selector, 0));
        vm.prank(WATCHDOG2);
        executor.pause(HOME);
        abroad.execute(intent);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, WATCHDOG));
        vm.prank(WATCHDOG);
        executor.rearm(0);
        vm.prank(address(timelock));
        executor.rearm(0);
        vm.prank(WATCHDOG);
        executor.pause(0);
        uint256 stops = executor.stops();
        // Nor does it end a pause that began after it.
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorStopsDiffer.selector, stops - 1, stops));
        vm.prank(address(timelock));
        executor.unpause(0, stops - 1);
        vm.prank(address(timelock));
        executor.unpause(0, stops);
        assertEq(executor.pausedUntil(0), 0, "unpaused");
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorLaneUnknown.selector, 5));
        vm.prank(WATCHDOG);
        executor.pause(5);
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorUnauthorized.selector, THIEF));
        vm.prank(THIEF);
        executor.pause(0);
    }

    // ------------------------------------------------------------------ the sequencer

    function _watch(uint32 grace) private {
        vm.prank(address(timelock));
        abroad.setUptimeFeed(address(_feed), grace);
    }

    function _early(uint256 due) private view returns (bytes memory) {
        return abi.encodeWithSelector(CrossChainExecutor.ExecutorTooEarly.selector, _id, uint64(due), time());
    }

    function test_L7_sequencer_downOrUnreadableNothingExecutes() public {
        _feed.set(0, time() - 1 days);
        _watch(60);
        _deliver(2);
        skip(DISPUTE_WINDOW);
        bytes memory down = abi.encodeWithSelector(SequencerClock.ExecutorSequencerDown.selector, address(_feed));
        _feed.silence(true);
        vm.expectRevert(down);
        abroad.execute(_intent);
        _feed.silence(false);
        _feed.set(1, time());
        vm.expectRevert(down);
        abroad.execute(_intent);
        // It was down when the window was over already: nothing is left to wait for.
        skip(100);
        _feed.set(0, time());
        abroad.execute(_intent);
    }

    function test_L7_sequencer_downBeforeItCame() public {
        _feed.set(1, time() - 1000);
        _feed.set(0, time() - 10);
        _watch(60);
        _deliver(2);
        uint256 due = time() + 50 + DISPUTE_WINDOW; // 50 seconds of grace are left
        vm.warp(due - 1);
        vm.expectRevert(_early(due));
        abroad.execute(_intent);
        vm.warp(due);
        abroad.execute(_intent);
    }

    function test_L7_sequencer_downWithinTheWindow() public {
        _feed.set(0, time() - 1 days);
        _watch(60);
        _deliver(2);
        skip(10);
        _feed.set(1, time());
        skip(500);
        _feed.set(0, time());
        uint256 due = time() + 60 + DISPUTE_WINDOW - 10;
        vm.warp(due - 1);
        vm.expectRevert(_early(due));
        abroad.execute(_intent);
        vm.warp(due);
        abroad.execute(_intent);
    }

    /// @notice Two outages count both, and a past that is not told counts as one.
    function test_L7_sequencer_severalOutages() public {
        _feed.set(0, time() - 1 days);
        _watch(5);
        _deliver(2);
        for (uint256 i; i < 2; ++i) {
            skip(10); // 10 of the window's 30 seconds the first time, 5 the second
            _feed.set(1, time());
            skip(100);
            _feed.set(0, time());
        }
        uint256 due = time() + 5 + DISPUTE_WINDOW - 15;
        vm.warp(due - 1);
        vm.expectRevert(_early(due));
        abroad.execute(_intent);
        _feed.forget();
        due += 15;
        vm.warp(due - 1);
        vm.expectRevert(_early(due));
        abroad.execute(_intent);
        vm.warp(due);
        abroad.execute(_intent);
    }

    // ------------------------------------------------------------------ failing

    function _stopVault(bool stopped) private {
        vm.prank(address(timelock));
        if (stopped) vault.stop(PolicyEngine.Scope.ALL, 0);
        else vault.restart(PolicyEngine.Scope.ALL, 0, 1);
    }

    function _one(Intent memory intent) private pure returns (Intent[] memory list) {
        list = new Intent[](1);
        list[0] = intent;
    }

    function test_L10_failed_onlyAfterTheDeadlineAndOnlyWhatWasTried() public {
        _deliver(2);
        assertFalse(abroad.executeMany(_one(_intent))[0], "too early");
        assertFalse(abroad.failed(_id), "what is not due does not fail");
        skip(DISPUTE_WINDOW);
        _stopVault(true);
        assertFalse(abroad.executeMany(_one(_intent))[0], "stopped");
        assertTrue(abroad.failed(_id), "failed");
        assertState(_id, State.QUEUED);
        _stopVault(false);
        assertTrue(abroad.executeMany(_one(_intent))[0], "tried again");
        assertState(_id, State.EXECUTED);
    }

    function test_L10_failed_endsAsFailedAfterItsDeadline() public {
        _deliver(2);
        skip(DISPUTE_WINDOW);
        _stopVault(true);
        abroad.executeMany(_one(_intent));
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorNotExpired.selector, _id, _intent.deadline));
        executor.expire(_intent);
        vm.warp(_intent.deadline + 1);
        executor.expire(_intent);
        assertState(_id, State.FAILED);
    }

    function test_L10_failed_notForWantOfGas() public {
        _deliver(2);
        skip(DISPUTE_WINDOW);
        Intent[] memory list = _one(_intent);
        for (uint256 gas_ = 100_000; gas_ <= 1_000_000; gas_ += 50_000) {
            try abroad.executeMany{gas: gas_}(list) returns (bool[] memory ok) {
                if (ok[0]) break;
                assertFalse(abroad.failed(_id), "starved");
            } catch {}
        }
        assertState(_id, State.EXECUTED);
    }

    /// @notice An intent in every state that does not execute, among ones that do.
    function test_L7_executeMany_aBadOneLeavesTheOthers() public {
        Intent[] memory list = new Intent[](5);
        for (uint256 i; i < 5; ++i) {
            list[i] = remotePayment(address(token), 10e6 + i);
            if (i != 3) forge(list[i]); // one that never came
        }
        vm.prank(WATCHDOG);
        abroad.dispute(list[1]);
        skip(DISPUTE_WINDOW);
        list[0].amount += 1; // one that was altered
        bool[] memory ok = abroad.executeMany(list);
        for (uint256 i; i < 5; ++i) {
            assertTrue(ok[i] == (i == 2 || i == 4), "executed");
        }
        assertEq(token.balanceOf(PAYEE), 20e6 + 6, "paid");
        ok = abroad.executeMany(list);
        for (uint256 i; i < 5; ++i) {
            assertFalse(ok[i], "twice");
        }
    }

    // ------------------------------------------------------------------ reporting

    function test_report_onlyWhatIsFinal() public {
        _deliver(2);
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = _id;
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorState.selector, _id, State.QUEUED));
        abroad.report(ids);
        skip(DISPUTE_WINDOW);
        abroad.execute(_intent);
        assertTrue(abroad.report(ids) != 0, "told");
        assertTrue(abroad.report(ids) != 0, "again");
        vm.expectRevert(abi.encodeWithSelector(DestinationExecutor.ExecutorResults.selector, 65, 64));
        abroad.report(new bytes32[](65));
        vm.expectRevert(abi.encodeWithSelector(DestinationExecutor.ExecutorResults.selector, 0, 64));
        abroad.report(new bytes32[](0));
    }
}
