// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC7786Recipient} from "@openzeppelin/contracts/crosschain/ERC7786Recipient.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {CrossChainExecutor, State} from "../src/CrossChainExecutor.sol";
import {DisputeBonds} from "../src/DisputeBonds.sol";
import {DestinationExecutor} from "../src/DestinationExecutor.sol";
import {ExecutorSettings} from "../src/ExecutorSettings.sol";
import {Intent} from "../src/Intent.sol";
import {PolicyEngine} from "../src/PolicyEngine.sol";
import {QuorumGateway} from "../src/QuorumGateway.sol";
import {Deployed} from "./lib/Deployed.sol";

/// @notice What happens to an intent where it is to be paid: queue, dispute, uphold, resolve, execute, expire.
contract ExecutorDestinationTest is Deployed {
    Intent private _intent;
    bytes32 private _id;

    function setUp() public {
        deployAll();
        _intent = remotePayment(address(token), 100e6);
        _id = executor.idOf(_intent);
    }

    // ------------------------------------------------------------------ receiveMessage

    function test_receive_queuesForTheDisputeWindow() public {
        QuorumGateway.Message memory message = dispatch(_intent);
        bytes memory signatures = attest(message, 2);
        switchTo(REMOTE);
        uint64 executableAt = uint64(time()) + DISPUTE_WINDOW;
        vm.expectEmit(address(executor));
        emit DestinationExecutor.IntentQueued(_id, agentId, _intent, gateway.messageId(message), executableAt);
        gateway.deliver(message, alone(), signatures);
        (State state, bool upheld, uint64 due,) = executor.progress(_id);
        assertEq(uint8(state), uint8(State.QUEUED), "state");
        assertFalse(upheld, "upheld");
        assertEq(due, executableAt, "due");
    }

    function test_receive_revert_notFromTheGateway() public {
        switchTo(REMOTE);
        bytes memory sender = InteroperableAddress.formatEvmV1(HOME, address(executor));
        vm.expectRevert(
            abi.encodeWithSelector(ERC7786Recipient.ERC7786RecipientUnauthorizedGateway.selector, address(this), sender)
        );
        executor.receiveMessage(bytes32(uint256(1)), sender, payloadOf(_intent));
    }

    function test_receive_revert_notFromHomesExecutor() public {
        switchTo(REMOTE);
        _refusedSender(InteroperableAddress.formatEvmV1(HOME, THIEF));
        _refusedSender(InteroperableAddress.formatEvmV1(REMOTE, address(executor)));
        _refusedSender(InteroperableAddress.formatEvmV1(HOME + 2, address(executor)));
        _refusedSender("");
    }

    function _refusedSender(bytes memory sender) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                ERC7786Recipient.ERC7786RecipientUnauthorizedGateway.selector, address(gateway), sender
            )
        );
        vm.prank(address(gateway));
        executor.receiveMessage(bytes32(uint256(1)), sender, payloadOf(_intent));
    }

    function test_L3_receive_revert_intentForAnotherChain() public {
        switchTo(REMOTE);
        Intent memory other = _intent;
        other.chainId = REMOTE + 1;
        _receive(
            payloadOf(other), abi.encodeWithSelector(CrossChainExecutor.ExecutorWrongChain.selector, REMOTE + 1, REMOTE)
        );
        other.chainId = HOME;
        _receive(payloadOf(other), abi.encodeWithSelector(CrossChainExecutor.ExecutorWrongChain.selector, HOME, REMOTE));
    }

    function test_receive_revert_payloadIsNoIntent() public {
        switchTo(REMOTE);
        bytes memory sender = InteroperableAddress.formatEvmV1(HOME, address(executor));
        vm.expectRevert();
        vm.prank(address(gateway));
        executor.receiveMessage(bytes32(uint256(1)), sender, hex"00");
    }

    /// @notice Home sends, it never receives: a message there can only be forged, and it would go round the policy.
    function test_L3_home_refusesEveryMessage() public {
        Intent memory intent = payment(address(token), 100e6);
        QuorumGateway.Message memory message = messageOf(intent, 0);
        bytes memory signatures = attest(message, 3);
        vm.expectRevert(
            abi.encodeWithSelector(
                ERC7786Recipient.ERC7786RecipientUnauthorizedGateway.selector, address(gateway), message.sender
            )
        );
        gateway.deliver(message, alone(), signatures);
        assertState(executor.idOf(intent), State.NONE);
    }

    /// @notice A quorum that delivers at home what the agent signed must not make it execute a second time.
    function test_L3_home_forgedDeliveryDoesNotExecuteTwice() public {
        Intent memory intent = payment(address(token), 100e6);
        QuorumGateway.Message memory message = messageOf(intent, 0);
        bytes memory signatures = attest(message, 3);
        (bool queued,) = address(gateway).call(abi.encodeCall(gateway.deliver, (message, alone(), signatures)));
        skip(DISPUTE_WINDOW);
        if (queued) abroad.execute(intent);
        bytes memory proof = sign(intent);
        (bool submitted,) = address(executor).call(abi.encodeCall(atHome.submit, (intent, proof)));
        assertTrue(submitted || queued, "the honest way is closed");
        assertEq(token.balanceOf(PAYEE), 100e6, "executed twice");
    }

    function test_receive_revert_intentAlreadyQueued() public {
        deliver(_intent);
        QuorumGateway.Message memory again = messageOf(_intent, 77);
        bytes memory signatures = attest(again, 2);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorState.selector, _id, State.QUEUED));
        gateway.deliver(again, alone(), signatures);
    }

    function test_L3_receive_revert_inEveryOtherState() public {
        deliver(_intent);
        vm.prank(WATCHDOG);
        abroad.dispute(_intent);
        _receive(payloadOf(_intent), _state(State.DISPUTED));
        vm.prank(address(timelock));
        abroad.uphold(_intent);
        abroad.execute(_intent);
        _receive(payloadOf(_intent), _state(State.EXECUTED));
    }

    function _receive(bytes memory payload, bytes memory refusal) private {
        bytes memory sender = InteroperableAddress.formatEvmV1(HOME, address(executor));
        vm.expectRevert(refusal);
        vm.prank(address(gateway));
        executor.receiveMessage(bytes32(uint256(1)), sender, payload);
    }

    // ------------------------------------------------------------------ execute

    function test_execute_afterTheWindow() public {
        deliver(_intent);
        skip(DISPUTE_WINDOW);
        vm.expectEmit(address(executor));
        emit CrossChainExecutor.IntentExecuted(_id, agentId, _intent, 100e6);
        vm.prank(THIEF); // anyone may
        assertEq(abroad.execute(_intent), _id, "id");
        assertEq(token.balanceOf(PAYEE), 100e6, "paid");
        assertEq(token.balanceOf(address(vault)), VAULT_TOKENS - 100e6, "from the vault");
    }

    function test_execute_revert_withinTheWindow() public {
        deliver(_intent);
        uint64 due = uint64(time()) + DISPUTE_WINDOW;
        skip(DISPUTE_WINDOW - 1);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorTooEarly.selector, _id, due, due - 1));
        abroad.execute(_intent);
    }

    function test_L3_execute_untilTheDeadlineAndNotAfter() public {
        deliver(_intent);
        vm.warp(_intent.deadline + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                CrossChainExecutor.ExecutorPastDeadline.selector, _intent.deadline, _intent.deadline + 1
            )
        );
        abroad.execute(_intent);
        vm.warp(_intent.deadline);
        abroad.execute(_intent);
    }

    function test_L3_execute_revert_twice() public {
        deliver(_intent);
        skip(DISPUTE_WINDOW);
        abroad.execute(_intent);
        vm.expectRevert(_state(State.EXECUTED));
        abroad.execute(_intent);
    }

    /// @notice An account that the forger made up would keep the forgery out of the records: nothing is queued for it.
    function test_L6_receive_revert_accountUnknown() public {
        Intent memory intent = _intent;
        intent.account = THIEF;
        QuorumGateway.Message memory message = messageOf(intent, 77);
        switchTo(REMOTE);
        bytes memory signatures = attest(message, 3);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorAccountUnknown.selector, THIEF));
        gateway.deliver(message, alone(), signatures);
        assertState(executor.idOf(intent), State.NONE);
    }

    /// @notice Governance says which accounts intents may name.
    /// @notice What is queued stops with its account.
    function test_L5_execute_revert_accountTakenOutMeanwhile() public {
        Intent memory intent = remotePayment(ETH, 1);
        deliver(intent);
        skip(DISPUTE_WINDOW);
        vm.prank(address(timelock));
        executor.setAccount(address(vault), false);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorAccountUnknown.selector, vault));
        abroad.execute(intent);
        vm.prank(address(timelock));
        executor.setAccount(address(vault), true);
        abroad.execute(intent);
        assertState(executor.idOf(intent), State.EXECUTED);
    }

    function test_L5_setAccount_byGovernanceOnly() public {
        address[5] memory others = [THIEF, AGENT, OWNER, WATCHDOG, DEPLOYER];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, others[i]));
            vm.prank(others[i]);
            executor.setAccount(others[i], true);
        }
        vm.expectEmit(address(executor));
        emit ExecutorSettings.AccountSet(THIEF, true, address(timelock));
        vm.prank(address(timelock));
        executor.setAccount(THIEF, true);
        assertTrue(executor.isAccount(THIEF), "allowed");
        vm.prank(address(timelock));
        executor.setAccount(THIEF, false);
        assertFalse(executor.isAccount(THIEF), "no longer");
    }

    function test_L3_execute_revert_anyFieldAltered() public {
        deliver(_intent);
        skip(DISPUTE_WINDOW);
        for (uint256 field; field < 9; ++field) {
            Intent memory altered = _intent;
            if (field == 0) altered.agentId = 2;
            if (field == 1) altered.account = THIEF;
            if (field == 2) altered.chainId = HOME;
            if (field == 3) altered.asset = ETH;
            if (field == 4) altered.to = THIEF;
            if (field == 5) altered.amount += 1;
            if (field == 6) altered.data = hex"00";
            if (field == 7) altered.nonce += 1;
            if (field == 8) altered.deadline += 1;
            bytes32 id = executor.idOf(altered);
            vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorState.selector, id, State.NONE));
            abroad.execute(altered);
        }
    }

    function test_execute_failsAsAWholeWhenTheVaultCannotPay() public {
        deliver(_intent);
        skip(DISPUTE_WINDOW);
        vm.prank(address(timelock));
        vault.stop(PolicyEngine.Scope.ALL, 0);
        vm.expectRevert();
        abroad.execute(_intent);
        assertState(_id, State.QUEUED);
        vm.prank(address(timelock));
        vault.restart(PolicyEngine.Scope.ALL, 0, 1);
        abroad.execute(_intent);
    }

    /// @notice A guardian who needs more time gets it for what is queued already, too.
    function test_L7_disputeWindow_lengtheningCoversWhatIsQueued() public {
        deliver(_intent);
        uint64 queuedAt = uint64(time());
        skip(DISPUTE_WINDOW - 1);
        vm.prank(WATCHDOG);
        executor.lengthenDisputeWindow(600);
        (State state,, uint64 due,) = executor.progress(_id);
        assertEq(uint8(state), uint8(State.QUEUED), "state");
        assertEq(due, queuedAt + 600, "due");
        vm.warp(queuedAt + 599);
        vm.expectRevert(
            abi.encodeWithSelector(CrossChainExecutor.ExecutorTooEarly.selector, _id, queuedAt + 600, queuedAt + 599)
        );
        abroad.execute(_intent);
        skip(1);
        abroad.execute(_intent);
    }

    function test_L7_disputeWindow_shorteningLeavesWhatIsQueued() public {
        deliver(_intent);
        uint64 due = uint64(time()) + DISPUTE_WINDOW;
        vm.prank(address(timelock));
        executor.setDisputeWindow(5, 0);
        (,, uint64 still,) = executor.progress(_id);
        assertEq(still, due, "due");
        vm.warp(due - 1);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorTooEarly.selector, _id, due, due - 1));
        abroad.execute(_intent);
        skip(1);
        abroad.execute(_intent);
    }

    /// @notice What governance upheld executes at once, however long the window is now.
    function test_disputeWindow_lengtheningSparesWhatWasUpheld() public {
        deliver(_intent);
        vm.startPrank(WATCHDOG);
        abroad.dispute(_intent);
        uint64 resolveBy = uint64(time()) + RESOLUTION_WINDOW;
        executor.lengthenDisputeWindow(3 days);
        vm.stopPrank();
        (,, uint64 due,) = executor.progress(_id);
        assertEq(due, resolveBy, "a dispute's end is not moved");
        vm.prank(address(timelock));
        abroad.uphold(_intent);
        (,, due,) = executor.progress(_id);
        assertEq(due, time(), "due");
        abroad.execute(_intent);
    }

    // ------------------------------------------------------------------ dispute, uphold, resolve

    function test_dispute_stopsTheIntent() public {
        deliver(_intent);
        uint64 resolveBy = uint64(time()) + RESOLUTION_WINDOW;
        vm.expectEmit(address(executor));
        emit DestinationExecutor.IntentDisputed(_id, agentId, WATCHDOG, resolveBy);
        vm.prank(WATCHDOG);
        abroad.dispute(_intent);
        (State state,, uint64 due,) = executor.progress(_id);
        assertEq(uint8(state), uint8(State.DISPUTED), "state");
        assertEq(due, resolveBy, "due");
        skip(DISPUTE_WINDOW);
        vm.expectRevert(_state(State.DISPUTED));
        abroad.execute(_intent);
    }

    function test_dispute_evenAfterTheWindowWhileNotExecuted() public {
        deliver(_intent);
        skip(DISPUTE_WINDOW + 1);
        vm.prank(WATCHDOG2);
        abroad.dispute(_intent);
        assertState(_id, State.DISPUTED);
    }

    function test_dispute_revert_notAGuardian() public {
        deliver(_intent);
        address[5] memory others = [THIEF, AGENT, OWNER, PUBLISHER, address(timelock)];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorUnauthorized.selector, others[i]));
            vm.prank(others[i]);
            abroad.dispute(_intent);
        }
    }

    function test_dispute_revert_unknownIntent() public {
        switchTo(REMOTE);
        vm.expectRevert(_state(State.NONE));
        vm.prank(WATCHDOG);
        abroad.dispute(_intent);
    }

    function test_uphold_letsItExecuteAtOnceAndForGood() public {
        deliver(_intent);
        vm.prank(WATCHDOG);
        abroad.dispute(_intent);
        skip(10);
        uint64 now_ = uint64(time());
        vm.expectEmit(address(executor));
        emit DestinationExecutor.IntentUpheld(_id, agentId, address(timelock), now_);
        vm.prank(address(timelock));
        abroad.uphold(_intent);
        (, bool upheld, uint64 due,) = executor.progress(_id);
        assertTrue(upheld, "upheld");
        assertEq(due, now_, "due");
        vm.expectRevert(abi.encodeWithSelector(DestinationExecutor.ExecutorUpheld.selector, _id));
        vm.prank(WATCHDOG);
        abroad.dispute(_intent);
        abroad.execute(_intent);
        assertState(_id, State.EXECUTED);
    }

    function test_uphold_revert_notGovernance() public {
        deliver(_intent);
        vm.prank(WATCHDOG);
        abroad.dispute(_intent);
        address[5] memory others = [THIEF, AGENT, OWNER, WATCHDOG, DEPLOYER];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, others[i]));
            vm.prank(others[i]);
            abroad.uphold(_intent);
        }
    }

    function test_uphold_untilTheWindowEndsThenOnlyResolve() public {
        deliver(_intent);
        vm.prank(WATCHDOG);
        abroad.dispute(_intent);
        uint64 resolveBy = uint64(time()) + RESOLUTION_WINDOW;
        vm.warp(resolveBy);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorTooEarly.selector, _id, resolveBy, resolveBy));
        abroad.resolve(_intent);
        vm.warp(resolveBy + 1);
        vm.expectRevert(_state(State.DISPUTED));
        vm.prank(address(timelock));
        abroad.uphold(_intent);
        vm.expectEmit(address(executor));
        emit CrossChainExecutor.IntentCancelled(_id, agentId, _intent, THIEF);
        vm.prank(THIEF); // anyone may
        abroad.resolve(_intent);
        assertState(_id, State.CANCELLED);
    }

    function test_uphold_atTheLastSecond() public {
        deliver(_intent);
        vm.prank(WATCHDOG);
        abroad.dispute(_intent);
        skip(RESOLUTION_WINDOW);
        vm.prank(address(timelock));
        abroad.uphold(_intent);
        assertState(_id, State.QUEUED);
    }

    /// @notice A dispute must not be a veto where votes take long: an agent may sign a deadline behind the slowest resolution.
    function test_L7_deadline_mayLieBehindTheSlowestResolution() public {
        switchTo(REMOTE);
        assertGe(executor.MAX_LIFETIME(), abroad.MAX_RESOLUTION_WINDOW(), "room");
        _intent.deadline = uint64(time() + abroad.MAX_RESOLUTION_WINDOW());
        _id = deliver(_intent);
        vm.prank(WATCHDOG);
        abroad.dispute(_intent);
        skip(RESOLUTION_WINDOW);
        vm.prank(address(timelock));
        abroad.uphold(_intent);
        vm.warp(_intent.deadline);
        abroad.execute(_intent);
        assertState(_id, State.EXECUTED);
    }

    // ------------------------------------------------------------------ expire

    function test_expire_aQueuedIntentPastItsDeadline() public {
        deliver(_intent);
        vm.warp(_intent.deadline);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorNotExpired.selector, _id, _intent.deadline));
        executor.expire(_intent);
        vm.warp(_intent.deadline + 1);
        vm.expectEmit(address(executor));
        emit CrossChainExecutor.IntentExpired(_id, agentId);
        executor.expire(_intent);
        assertState(_id, State.EXPIRED);
    }

    // ------------------------------------------------------------------ forbidden transitions

    /// @notice From every state every function that does not belong there is refused.
    function test_L3_transitions_everyForbiddenOne() public {
        deliver(_intent);
        _onlyFrom(State.QUEUED, "execute dispute expire");
        vm.prank(WATCHDOG);
        abroad.dispute(_intent);
        _onlyFrom(State.DISPUTED, "uphold resolve");
        skip(RESOLUTION_WINDOW + 1);
        abroad.resolve(_intent);
        _onlyFrom(State.CANCELLED, "");

        Intent memory second = remotePayment(address(token), 100e6);
        bytes32 secondId = deliver(second);
        skip(DISPUTE_WINDOW);
        abroad.execute(second);
        (_intent, _id) = (second, secondId);
        _onlyFrom(State.EXECUTED, "");

        Intent memory third = remotePayment(address(token), 100e6);
        bytes32 thirdId = deliver(third);
        vm.warp(third.deadline + 1);
        executor.expire(third);
        (_intent, _id) = (third, thirdId);
        _onlyFrom(State.EXPIRED, "");

        (_intent, _id) = (payment(ETH, 1), executor.idOf(payment(ETH, 1)));
        _id = executor.idOf(_intent);
        _onlyFrom(State.NONE, "");
    }

    function _onlyFrom(State state, string memory allowed) private {
        assertState(_id, state);
        string[5] memory names = ["execute", "dispute", "uphold", "resolve", "expire"];
        bytes[5] memory calls = [
            abi.encodeCall(abroad.execute, (_intent)),
            abi.encodeCall(abroad.dispute, (_intent)),
            abi.encodeCall(abroad.uphold, (_intent)),
            abi.encodeCall(abroad.resolve, (_intent)),
            abi.encodeCall(executor.expire, (_intent))
        ];
        for (uint256 i; i < calls.length; ++i) {
            if (_contains(allowed, names[i])) continue;
            if (i == 1) vm.prank(WATCHDOG);
            else if (i == 2) vm.prank(address(timelock));
            (bool ok, bytes memory answer) = address(executor).call(calls[i]);
            assertFalse(ok, names[i]);
            assertEq(answer, _state(state), names[i]);
        }
        assertState(_id, state);
    }

    function _contains(string memory words, string memory word) private pure returns (bool) {
        bytes memory a = bytes(words);
        bytes memory b = bytes(word);
        for (uint256 i; i + b.length <= a.length; ++i) {
            bool same = true;
            for (uint256 j; j < b.length && same; ++j) {
                same = a[i + j] == b[j];
            }
            if (same) return true;
        }
        return false;
    }

    // ------------------------------------------------------------------ dispute window

    function test_L5_disputeWindow_guardianLengthensOnly() public {
        vm.expectEmit(address(executor));
        emit ExecutorSettings.DisputeWindowSet(60, WATCHDOG);
        vm.startPrank(WATCHDOG);
        executor.lengthenDisputeWindow(60);
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorWindowShorter.selector, uint64(59), uint64(60)));
        executor.lengthenDisputeWindow(59);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, WATCHDOG));
        executor.setDisputeWindow(60, 1);
        vm.stopPrank();
        vm.prank(address(timelock));
        executor.setDisputeWindow(5, 1);
        assertEq(executor.disputeWindow(), 5, "governance shortens");
    }

    /// @notice A shorter window that was decided before takes nothing back of the time that a guardian bought since.
    function test_L5_disputeWindow_revert_lengthenedMeanwhile() public {
        deliver(_intent);
        vm.prank(WATCHDOG);
        executor.lengthenDisputeWindow(3 days);
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorStopsDiffer.selector, uint256(0), uint256(1)));
        vm.prank(address(timelock));
        executor.setDisputeWindow(30, 0);
        assertEq(executor.disputeWindow(), 3 days, "bought");
        assertEq(executor.stops(), 1, "stops");
    }

    function test_L5_disputeWindow_revert_others() public {
        address[4] memory others = [THIEF, AGENT, OWNER, PUBLISHER];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, others[i]));
            vm.prank(others[i]);
            executor.setDisputeWindow(60, 0);
            vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorUnauthorized.selector, others[i]));
            vm.prank(others[i]);
            executor.lengthenDisputeWindow(60);
        }
    }

    function test_disputeWindow_bounds() public {
        bytes memory tooShort = abi.encodeWithSelector(
            ExecutorSettings.ExecutorDisputeWindow.selector, uint64(4), uint64(5), uint64(3 days)
        );
        bytes memory tooLong = abi.encodeWithSelector(
            ExecutorSettings.ExecutorDisputeWindow.selector, uint64(3 days + 1), uint64(5), uint64(3 days)
        );
        vm.startPrank(address(timelock));
        vm.expectRevert(tooShort);
        executor.setDisputeWindow(4, 0);
        vm.expectRevert(tooLong);
        executor.setDisputeWindow(3 days + 1, 0);
        executor.setDisputeWindow(5, 0);
        executor.setDisputeWindow(3 days, 0);
        vm.stopPrank();
        vm.expectRevert(tooLong);
        vm.prank(WATCHDOG);
        executor.lengthenDisputeWindow(3 days + 1);
    }

    // ------------------------------------------------------------------ lifetime

    /// @notice Home admits no deadline beyond its limit: a message with one is a forgery that would wait for its day.
    function test_L3_receive_revert_deadlineBeyondWhatHomeAdmits() public {
        Intent memory forged = _intent;
        uint64 latest = uint64(time() + 30 days + 1 hours); // a clock may differ by an hour
        forged.deadline = latest + 1;
        switchTo(REMOTE);
        QuorumGateway.Message memory message = messageOf(forged, 1_000_000);
        bytes memory signatures = attest(message, 2);
        vm.expectRevert(
            abi.encodeWithSelector(CrossChainExecutor.ExecutorDeadlineTooFar.selector, latest + 1, uint256(latest))
        );
        gateway.deliver(message, alone(), signatures);
        forged.deadline = latest;
        assertState(forge(forged), State.QUEUED);
    }

    // ------------------------------------------------------------------ deployment

    /// @notice A resolution window so long that adding it to the time overflows would make every dispute revert.
    function test_L7_constructor_revert_resolutionWindowTooLong() public {
        switchTo(REMOTE);
        uint64 max = abroad.MAX_RESOLUTION_WINDOW();
        vm.expectRevert(
            abi.encodeWithSelector(DestinationExecutor.ExecutorResolutionWindow.selector, type(uint64).max, max)
        );
        this.create(type(uint64).max, address(timelock));
        this.create(max, address(timelock));
    }

    function test_constructor_revert_nobodyGetsTheBonds() public {
        switchTo(REMOTE);
        vm.expectRevert(DisputeBonds.ExecutorTreasuryMissing.selector);
        this.create(RESOLUTION_WINDOW, address(0));
    }

    function test_constructor_revert_atHome() public {
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorHome.selector, HOME));
        this.create(RESOLUTION_WINDOW, address(timelock));
    }

    function create(uint64 resolutionWindow, address treasury) external {
        new DestinationExecutor(
            address(authority),
            HOME,
            registry,
            address(gateway),
            new address[](0),
            30,
            resolutionWindow,
            PAUSE,
            treasury
        );
    }

    function _state(State state) private view returns (bytes memory) {
        return abi.encodeWithSelector(CrossChainExecutor.ExecutorState.selector, _id, state);
    }
}
