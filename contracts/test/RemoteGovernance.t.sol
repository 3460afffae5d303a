// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {ERC7786Recipient} from "@openzeppelin/contracts/crosschain/ERC7786Recipient.sol";
import {GatewayStatus} from "../src/ExecutorSettings.sol";
import {QuorumGateway} from "../src/QuorumGateway.sol";
import {Call, OrderState, RemoteGovernance} from "../src/governance/RemoteGovernance.sol";
import {Roles} from "../src/governance/Roles.sol";
import {SentProofs} from "../src/proofs/SentProofs.sol";
import {StateProof} from "../src/proofs/IStateProofs.sol";
import {StateProofs} from "../src/proofs/StateProofs.sol";
import {LyingGateway, OrderChains, Target} from "./lib/OrderChains.sol";

/// @dev Orders itself executed while it is.
contract Reenterer {
    RemoteGovernance private immutable _REMOTE;
    bytes private _call;
    bytes public answer;

    constructor(RemoteGovernance remote) {
        _REMOTE = remote;
    }

    function prepare(bytes calldata call) external {
        _call = call;
    }

    function run() external {
        bool ok;
        (ok, answer) = address(_REMOTE).call(_call);
        require(!ok, "it went in");
    }
}

/// @notice Home's vote, and nothing else, configures another chain; and nothing but time stands in its way.
contract RemoteGovernanceTest is OrderChains {
    bytes32 private constant SALT = "salt";

    function setUp() public {
        deployChains();
    }

    function unauthorized(address caller) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, caller);
    }

    function veto(bytes32 orderId) private {
        vm.prank(GUARDIAN);
        remote.veto(orderId);
    }

    function execute(uint256 value) private {
        remote.execute(setting(value), SALT);
    }

    // ------------------------------------------------------------------ the whole way

    function test_order_happensAfterTheDelay() public {
        bytes32 orderId = bring(setting(7), SALT);
        assertOrder(orderId, OrderState.WAITING);
        (uint64 from, uint64 deadline) = remote.executableAt(orderId);
        assertEq(from, START + DELAY, "from");
        assertEq(deadline, START + 45 days, "deadline");
        skip(DELAY - 1);
        vm.expectRevert(
            abi.encodeWithSelector(RemoteGovernance.RemoteTooEarly.selector, orderId, START + DELAY, time())
        );
        execute(7);
        skip(1);
        vm.expectEmit(address(remote));
        emit RemoteGovernance.OrderExecuted(orderId, THIEF);
        vm.prank(THIEF); // anyone
        execute(7);
        assertEq(target.value(), 7, "value");
        assertOrder(orderId, OrderState.EXECUTED);
    }

    function test_order_tellsEverything() public {
        Call[] memory calls = setting(7);
        bytes32 orderId = remote.idOf(REMOTE, calls, SALT);
        uint64 deadline = uint64(START) + 45 days;
        QuorumGateway.Message memory m = forged(calls, SALT, 1, deadline);
        bytes32 messageId = gateway.messageId(m);
        vm.expectEmit(address(remote));
        emit RemoteGovernance.OrderSent(orderId, REMOTE, messageId, address(gateway), calls, SALT, deadline);
        assertEq(gateway.messageId(send(calls, SALT)), messageId, "message");
        skip(5 minutes);
        goTo(REMOTE);
        vm.expectEmit(address(remote));
        emit RemoteGovernance.OrderReceived(
            orderId, messageId, address(gateway), calls, SALT, uint64(START + 5 minutes) + DELAY, deadline
        );
        gateway.deliver(m);
    }

    /// @notice Roles of the destination's AccessManager are set by home's vote: a guardian comes and another goes.
    function test_order_setsRolesThere() public {
        Call[] memory calls = new Call[](2);
        calls[0] = Call(address(authority), 0, abi.encodeCall(authority.grantRole, (Roles.GUARDIAN, THIEF, 0)));
        calls[1] = Call(address(authority), 0, abi.encodeCall(authority.revokeRole, (Roles.GUARDIAN, GUARDIAN)));
        bring(calls, SALT);
        skip(DELAY);
        remote.execute(calls, SALT);
        assertTrue(Roles.isGuardian(address(authority), THIEF), "granted");
        assertFalse(Roles.isGuardian(address(authority), GUARDIAN), "revoked");
    }

    function test_order_configuresItself() public {
        Call[] memory calls = new Call[](4);
        calls[0] = Call(address(remote), 0, abi.encodeCall(remote.setGateway, (address(gateway2), true, 0)));
        calls[1] = Call(address(remote), 0, abi.encodeCall(remote.setGateway, (address(gateway), false, 0)));
        calls[2] = Call(address(remote), 0, abi.encodeCall(remote.setDelay, (5 days)));
        calls[3] = Call(address(remote), 0, abi.encodeCall(remote.setRecovery, (address(0))));
        bring(calls, SALT);
        skip(DELAY);
        remote.execute(calls, SALT);
        assertEq(uint8(remote.gatewayStatus(address(gateway2))), uint8(GatewayStatus.OPEN), "opened");
        assertEq(uint8(remote.gatewayStatus(address(gateway))), uint8(GatewayStatus.CLOSED), "closed");
        assertEq(remote.delay(), 5 days, "delay");
        assertEq(remote.recovery(), address(0), "recovery");
    }

    // ------------------------------------------------------------------ at home

    function test_L7_order_revert_forOthers() public {
        address[4] memory others = [GUARDIAN, THIEF, RECOVERY, address(remote)];
        for (uint256 i; i < 4; ++i) {
            vm.expectRevert(unauthorized(others[i]));
            vm.prank(others[i]);
            remote.order(REMOTE, setting(7), SALT);
        }
        vm.expectRevert(unauthorized(THIEF));
        vm.prank(THIEF);
        remote.setRoute(REMOTE, address(gateway2));
    }

    function test_order_revert_notFromElsewhereNorToHome() public {
        goTo(REMOTE);
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteNotHome.selector, HOME));
        vm.prank(address(remote));
        remote.order(OTHER, setting(7), SALT);
        goTo(HOME);
        vm.startPrank(TIMELOCK);
        vm.expectRevert(RemoteGovernance.RemoteHomeItself.selector);
        remote.order(HOME, setting(7), SALT);
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteCalls.selector, 0, 64));
        remote.order(REMOTE, new Call[](0), SALT);
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteCalls.selector, 65, 64));
        remote.order(REMOTE, new Call[](65), SALT);
        vm.stopPrank();
    }

    function test_setRoute_sendsThroughAnotherGateway() public {
        assertEq(remote.gatewayTo(REMOTE), address(gateway), "before");
        vm.prank(TIMELOCK);
        remote.setRoute(REMOTE, address(gateway2));
        assertEq(remote.gatewayTo(REMOTE), address(gateway2), "routed");
        assertEq(remote.gatewayTo(OTHER), address(gateway), "another chain");
        send(setting(7), SALT);
        assertEq(gateway2.nextNonce(), 2, "sent by the other");
        vm.prank(TIMELOCK);
        remote.setRoute(REMOTE, address(0));
        assertEq(remote.gatewayTo(REMOTE), address(gateway), "back");
    }

    /// @notice Home takes no orders: a lying quorum has nothing to say there.
    function test_L7_home_takesNoOrders() public {
        QuorumGateway.Message memory m = forged(setting(7), SALT, 1, uint64(START + 10 days));
        m.recipient = at(HOME, address(remote));
        vm.expectRevert(
            abi.encodeWithSelector(
                ERC7786Recipient.ERC7786RecipientUnauthorizedGateway.selector, address(gateway), m.sender
            )
        );
        gateway.deliver(m);
        StateProof memory p = proveSent(gateway, 0);
        vm.expectRevert(RemoteGovernance.RemoteAtHome.selector);
        remote.confirm(m, p);
        vm.expectRevert(RemoteGovernance.RemoteAtHome.selector);
        vm.prank(RECOVERY);
        remote.propose(setting(7), SALT);
    }

    // ------------------------------------------------------------------ who may bring an order

    function test_L7_receive_revert_otherGatewayOrSender() public {
        goTo(REMOTE);
        QuorumGateway.Message memory m = forged(setting(7), SALT, 1, uint64(START + 10 days));
        vm.expectRevert(
            abi.encodeWithSelector(
                ERC7786Recipient.ERC7786RecipientUnauthorizedGateway.selector, address(gateway2), m.sender
            )
        );
        gateway2.deliver(m);
        vm.expectRevert();
        vm.prank(THIEF);
        remote.receiveMessage(keccak256("id"), m.sender, m.payload);
        bytes[3] memory senders = [at(HOME, THIEF), at(OTHER, address(remote)), abi.encodePacked(m.sender, hex"00")];
        for (uint256 i; i < 3; ++i) {
            m.sender = senders[i];
            vm.expectRevert(
                abi.encodeWithSelector(
                    ERC7786Recipient.ERC7786RecipientUnauthorizedGateway.selector, address(gateway), m.sender
                )
            );
            gateway.deliver(m);
        }
    }

    function test_receive_revert_deadlines() public {
        goTo(REMOTE);
        uint64 now_ = uint64(time());
        QuorumGateway.Message memory m = forged(setting(7), SALT, 1, now_ + DELAY - 1);
        vm.expectRevert(
            abi.encodeWithSelector(RemoteGovernance.RemoteDeadlineTooNear.selector, now_ + DELAY - 1, now_ + DELAY)
        );
        gateway.deliver(m);
        uint64 latest = now_ + 45 days + 1 hours;
        m = forged(setting(7), SALT, 1, latest + 1);
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteDeadlineTooFar.selector, latest + 1, latest));
        gateway.deliver(m);
        m = forged(setting(7), SALT, 1, type(uint64).max);
        vm.expectRevert();
        gateway.deliver(m);
        gateway.deliver(forged(setting(7), SALT, 1, latest));
    }

    function test_receive_revert_malformed() public {
        goTo(REMOTE);
        bytes[5] memory payloads = [
            bytes(""),
            hex"01",
            abi.encode(setting(7), SALT),
            abi.encode(setting(7), SALT, uint256(type(uint64).max) + 1),
            abi.encode(new Call[](0), SALT, uint64(START + 10 days))
        ];
        QuorumGateway.Message memory m = forged(setting(7), SALT, 1, 0);
        for (uint256 i; i < 5; ++i) {
            m.payload = payloads[i];
            vm.expectRevert();
            gateway.deliver(m);
        }
    }

    // ------------------------------------------------------------------ a lying quorum

    /// @notice All relayers lie and one guardian looks: the order never happens.
    function test_L7_veto_stopsAForgery() public {
        Call[] memory calls = one(address(authority), abi.encodeCall(authority.grantRole, (0, THIEF, 0)));
        (bytes32 orderId,) = forge(calls, SALT, 1);
        vm.expectEmit(address(remote));
        emit RemoteGovernance.OrderVetoed(orderId, GUARDIAN);
        veto(orderId);
        assertOrder(orderId, OrderState.VETOED);
        uint256[4] memory waits = [uint256(0), DELAY, 20 days, 60 days];
        for (uint256 i; i < 4; ++i) {
            skip(waits[i]);
            vm.expectRevert(state(orderId, OrderState.VETOED));
            remote.execute(calls, SALT);
        }
        // The quorum sends it again, under another number: it waits again, and is vetoed again.
        gateway.deliver(forged(calls, SALT, 2, uint64(time() + 10 days)));
        vm.expectRevert();
        remote.execute(calls, SALT);
        veto(orderId);
        skip(DELAY);
        vm.expectRevert(state(orderId, OrderState.VETOED));
        remote.execute(calls, SALT);
        (bool admin,) = authority.hasRole(0, THIEF);
        assertFalse(admin, "the thief governs");
    }

    function test_veto_revert_forOthers() public {
        bytes32 orderId = bring(setting(7), SALT);
        address[4] memory others = [TIMELOCK, THIEF, RECOVERY, address(remote)];
        for (uint256 i; i < 4; ++i) {
            vm.expectRevert(unauthorized(others[i]));
            vm.prank(others[i]);
            remote.veto(orderId);
        }
    }

    function test_veto_revert_notWaiting() public {
        goTo(REMOTE);
        bytes32 orderId = remote.idOf(REMOTE, setting(7), SALT);
        vm.expectRevert(state(orderId, OrderState.NONE));
        veto(orderId);
        bring(setting(7), SALT);
        veto(orderId);
        vm.expectRevert(state(orderId, OrderState.VETOED));
        veto(orderId);
    }

    /// @notice A veto ends what one message brought, for good; home orders it again, and it waits anew.
    function test_veto_homeOrdersAgain() public {
        QuorumGateway.Message memory m = send(setting(7), SALT);
        goTo(REMOTE);
        gateway.deliver(m);
        bytes32 orderId = remote.idOf(REMOTE, setting(7), SALT);
        veto(orderId);
        vm.expectRevert(state(orderId, OrderState.VETOED));
        gateway.deliver(m);
        skip(DELAY);
        bring(setting(7), SALT);
        vm.expectRevert(
            abi.encodeWithSelector(RemoteGovernance.RemoteTooEarly.selector, orderId, time() + DELAY, time())
        );
        execute(7);
        skip(DELAY);
        execute(7);
        assertEq(target.value(), 7, "value");
    }

    // ------------------------------------------------------------------ proofs

    /// @notice A rogue guardian vetoes what home decided: a proof lifts it, and no guardian stops it again.
    function test_L7_confirm_liftsTheVetoForGood() public {
        QuorumGateway.Message memory m = send(setting(7), SALT);
        StateProof memory p = proveSent(gateway, m.nonce);
        goTo(REMOTE);
        gateway.deliver(m);
        bytes32 orderId = remote.idOf(REMOTE, setting(7), SALT);
        veto(orderId);
        skip(1 days);
        vm.expectEmit(address(remote));
        emit RemoteGovernance.OrderConfirmed(orderId, gateway.messageId(m), THIEF);
        vm.prank(THIEF); // anyone
        remote.confirm(m, p);
        assertOrder(orderId, OrderState.WAITING);
        vm.expectEmit(address(remote));
        emit RemoteGovernance.OrderDoubted(orderId, GUARDIAN);
        veto(orderId);
        assertOrder(orderId, OrderState.WAITING);
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteProven.selector, orderId));
        veto(orderId);
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteProven.selector, orderId));
        remote.confirm(m, p);
        StateProof memory late = proveNextNonce(gateway, time() + 1 days);
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteProven.selector, orderId));
        remote.refute(orderId, m, late);
        vm.prank(GUARDIAN);
        remote.closeGateway(address(gateway));
        skip(DELAY - 1 days);
        execute(7);
        assertEq(target.value(), 7, "value");
    }

    /// @notice An oracle that lies proves what home never sent, with no relayer's help: two guardians stop it, for good, and home's own
    ///         order of the same comes all the same, and waits.
    function test_L7_veto_twoGuardiansStopWhatIsProven() public {
        goTo(REMOTE);
        QuorumGateway.Message memory lie = forged(setting(7), SALT, 77, uint64(time()) + remote.LIFETIME());
        bytes32 slot = keccak256(abi.encode(uint256(77), gateway.SENT_SLOT()));
        StateProof memory p = proveSlot(address(gateway), slot, gateway.messageId(lie), time());
        remote.confirm(lie, p);
        bytes32 orderId = remote.idOf(REMOTE, setting(7), SALT);
        veto(orderId);
        vm.expectEmit(address(remote));
        emit RemoteGovernance.OrderVetoed(orderId, GUARDIAN2);
        vm.prank(GUARDIAN2);
        remote.veto(orderId);
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteProven.selector, orderId));
        remote.confirm(lie, p);
        skip(DELAY);
        vm.expectRevert(state(orderId, OrderState.VETOED));
        execute(7);
        QuorumGateway.Message memory m = send(setting(7), SALT);
        StateProof memory own = proveSent(gateway, m.nonce);
        goTo(REMOTE);
        remote.confirm(m, own);
        vm.expectRevert(
            abi.encodeWithSelector(RemoteGovernance.RemoteTooEarly.selector, orderId, time() + DELAY, time())
        );
        execute(7);
        skip(DELAY);
        // The doubt was about the other one.
        assertEq(remote.doubtedBy(orderId), address(0), "doubted");
        execute(7);
    }

    /// @notice Home sent an order twice: who shows the second message while the first one waits does not make it wait anew.
    function test_L7_confirm_revert_whatWaitsBeginsOnce() public {
        QuorumGateway.Message memory m = send(setting(7), SALT);
        goTo(REMOTE);
        gateway.deliver(m);
        bytes32 orderId = remote.idOf(REMOTE, setting(7), SALT);
        skip(DELAY - 1);
        QuorumGateway.Message memory again = send(setting(7), SALT);
        StateProof memory p = proveSent(gateway, again.nonce);
        goTo(REMOTE);
        vm.expectRevert(
            abi.encodeWithSelector(
                RemoteGovernance.RemoteMessageOther.selector, orderId, gateway.messageId(m), gateway.messageId(again)
            )
        );
        remote.confirm(again, p);
        skip(1);
        execute(7);
    }

    /// @notice A guardian who closes every gateway does not hold the chain either: the proof brings the order itself.
    function test_L7_confirm_bringsWhatNoGatewayDoes() public {
        QuorumGateway.Message memory m = send(setting(7), SALT);
        StateProof memory p = proveSent(gateway, m.nonce);
        goTo(REMOTE);
        vm.prank(GUARDIAN);
        remote.closeGateway(address(gateway));
        vm.expectRevert();
        gateway.deliver(m);
        skip(1 hours);
        remote.confirm(m, p);
        bytes32 orderId = remote.idOf(REMOTE, setting(7), SALT);
        veto(orderId);
        assertEq(remote.doubtedBy(orderId), GUARDIAN, "one alone");
        vm.expectRevert(
            abi.encodeWithSelector(RemoteGovernance.RemoteTooEarly.selector, orderId, START + 1 hours + DELAY, time())
        );
        execute(7);
        skip(DELAY);
        execute(7);
        assertEq(target.value(), 7, "value");
    }

    /// @notice Proofs of anything else confirm nothing.
    function test_L7_confirm_revert_notProven() public {
        QuorumGateway.Message memory genuine = send(setting(7), SALT);
        StateProof memory ofGenuine = proveSent(gateway, genuine.nonce);
        Call[] memory theft = one(address(authority), abi.encodeCall(authority.grantRole, (0, THIEF, 0)));
        (bytes32 orderId, QuorumGateway.Message memory m) = forge(theft, SALT, genuine.nonce);
        veto(orderId);
        vm.expectRevert(
            abi.encodeWithSelector(SentProofs.SentOther.selector, gateway.messageId(m), gateway.messageId(genuine))
        );
        remote.confirm(m, ofGenuine);
        // A number that home has not given yet.
        m.nonce = 9;
        vm.expectRevert();
        remote.confirm(m, ofGenuine);
        // Of a block that nobody vouches for.
        hashes.tell(HOME, 101, 0);
        vm.expectRevert(abi.encodeWithSelector(StateProofs.StateProofsBlockUnknown.selector, HOME, 101));
        remote.confirm(genuine, ofGenuine);
        assertOrder(orderId, OrderState.VETOED);
    }

    /// @notice What another gateway brought no proof decides: what that one says of itself, of its storage too, governance only believed
    ///         as far as the wait goes.
    function test_L7_refute_revert_whatAnotherGatewayBrought() public {
        goTo(REMOTE);
        byItself(abi.encodeCall(remote.setGateway, (THIEF, true, 0)));
        QuorumGateway.Message memory m = forged(setting(7), SALT, 5, uint64(time() + 45 days));
        vm.prank(THIEF);
        remote.receiveMessage(keccak256("any"), m.sender, m.payload);
        bytes32 orderId = remote.idOf(REMOTE, setting(7), SALT);
        StateProof memory p = proveNextNonce(gateway, START + 1 hours);
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteGatewayUnknown.selector, THIEF));
        remote.refute(orderId, m, p);
    }

    /// @notice Each field of the message that says whose order it is, for whom.
    function test_L3_confirm_revert_notAnOrderForHere() public {
        QuorumGateway.Message memory m = sendTo(OTHER, setting(7), SALT);
        StateProof memory p = proveSent(gateway, m.nonce);
        goTo(REMOTE);
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteNotAnOrder.selector, HOME, m.sender, m.recipient));
        remote.confirm(m, p);
        m = send(setting(7), SALT);
        p = proveSent(gateway, m.nonce);
        goTo(REMOTE);
        bytes memory sender = m.sender;
        m.sender = at(HOME, THIEF);
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteNotAnOrder.selector, HOME, m.sender, m.recipient));
        remote.confirm(m, p);
        m.sender = sender;
        m.sourceChainId = OTHER;
        vm.expectRevert(
            abi.encodeWithSelector(RemoteGovernance.RemoteNotAnOrder.selector, OTHER, m.sender, m.recipient)
        );
        remote.confirm(m, p);
        m.sourceChainId = HOME;
        remote.confirm(m, p);
    }

    function test_confirm_revert_withoutProofs() public {
        QuorumGateway.Message memory m = send(setting(7), SALT);
        StateProof memory p = proveSent(gateway, m.nonce);
        goTo(REMOTE);
        byItself(abi.encodeCall(remote.setStateProofs, (address(0))));
        vm.expectRevert(RemoteGovernance.RemoteNoProofs.selector);
        remote.confirm(m, p);
    }

    /// @notice An old message of home's does not shorten the life of the same order sent again.
    function test_confirm_theLaterMessageHolds() public {
        QuorumGateway.Message memory first = send(setting(7), SALT);
        skip(41 days);
        QuorumGateway.Message memory second = send(setting(7), SALT);
        (StateProof memory p1, StateProof memory p2) =
            (proveSent(gateway, first.nonce), proveSent(gateway, second.nonce));
        goTo(REMOTE);
        gateway.deliver(first);
        remote.confirm(first, p1);
        remote.confirm(second, p2);
        vm.expectRevert();
        remote.confirm(first, p1);
        skip(10 days);
        execute(7);
        assertEq(target.value(), 7, "value");
    }

    /// @notice What a forged copy waited does not count for the order that home then sends.
    function test_L5_confirm_theWaitOfACopyDoesNotCount() public {
        (bytes32 orderId,) = forge(setting(7), SALT, 9);
        veto(orderId);
        skip(DELAY);
        QuorumGateway.Message memory m = send(setting(7), SALT);
        StateProof memory p = proveSent(gateway, m.nonce);
        goTo(REMOTE);
        remote.confirm(m, p);
        vm.expectRevert(
            abi.encodeWithSelector(RemoteGovernance.RemoteTooEarly.selector, orderId, time() + DELAY, time())
        );
        execute(7);
        skip(DELAY);
        execute(7);
        assertEq(target.value(), 7, "value");
    }

    function test_confirm_revert_longAgo() public {
        QuorumGateway.Message memory m = send(setting(7), SALT);
        StateProof memory p = proveSent(gateway, m.nonce);
        goTo(REMOTE);
        skip(45 days - DELAY + 1);
        vm.expectRevert(
            abi.encodeWithSelector(RemoteGovernance.RemoteDeadlineTooNear.selector, START + 45 days, time() + DELAY)
        );
        remote.confirm(m, p);
    }

    // ------------------------------------------------------------------ refutation

    /// @notice The number is another message's: the order was never sent.
    function test_L7_refute_otherMessageHasTheNumber() public {
        send(setting(1), SALT);
        StateProof memory p = proveSent(gateway, 1);
        (bytes32 orderId, QuorumGateway.Message memory m) = forge(setting(7), SALT, 1);
        vm.expectEmit(address(remote));
        emit RemoteGovernance.OrderRefuted(orderId, gateway.messageId(m), THIEF);
        vm.prank(THIEF); // anyone
        remote.refute(orderId, m, p);
        assertOrder(orderId, OrderState.REFUTED);
        skip(DELAY);
        vm.expectRevert(state(orderId, OrderState.REFUTED));
        execute(7);
        vm.expectRevert(state(orderId, OrderState.REFUTED));
        gateway.deliver(m);
        // Home's own is not kept out by it.
        bring(setting(7), SALT);
        skip(DELAY);
        execute(7);
        assertEq(target.value(), 7, "value");
    }

    /// @notice Nobody had the number an hour after the message came.
    function test_L7_refute_numberNotYetGiven() public {
        send(setting(1), SALT);
        (bytes32 orderId, QuorumGateway.Message memory m) = forge(setting(7), SALT, 2);
        StateProof memory early = proveNextNonce(gateway, START + 1 hours - 1);
        bytes memory notRefuted = abi.encodeWithSelector(SentProofs.SentNotRefuted.selector, gateway.messageId(m), 2);
        vm.expectRevert(notRefuted);
        remote.refute(orderId, m, early);
        remote.refute(orderId, m, proveNextNonce(gateway, START + 1 hours));
        assertOrder(orderId, OrderState.REFUTED);
    }

    function test_L7_refute_numberThatNobodyHas() public {
        (bytes32 orderId, QuorumGateway.Message memory m) = forge(setting(7), SALT, 0);
        StateProof memory none;
        remote.refute(orderId, m, none);
        assertOrder(orderId, OrderState.REFUTED);
    }

    /// @notice What home sent is not refuted by anything that can be proven.
    function test_refute_revert_genuine() public {
        QuorumGateway.Message memory m = send(setting(7), SALT);
        StateProof memory before = proveSlot(address(gateway), 0, bytes32(uint256(1)), START);
        goTo(REMOTE);
        gateway.deliver(m);
        bytes32 orderId = remote.idOf(REMOTE, setting(7), SALT);
        bytes memory notRefuted = abi.encodeWithSelector(SentProofs.SentNotRefuted.selector, gateway.messageId(m), 1);
        StateProof memory p = proveSent(gateway, 1);
        vm.expectRevert(notRefuted);
        remote.refute(orderId, m, p);
        p = proveNextNonce(gateway, START + 2 hours);
        vm.expectRevert(notRefuted);
        remote.refute(orderId, m, p);
        // A block from before it was sent.
        vm.expectRevert(notRefuted);
        remote.refute(orderId, m, before);
        // Another slot.
        p = proveSlot(address(gateway), bytes32(uint256(5)), bytes32(uint256(1)), START + 2 hours);
        vm.expectRevert();
        remote.refute(orderId, m, p);
        // Another message, which is refuted.
        QuorumGateway.Message memory other = forged(setting(8), SALT, 1, uint64(START + 45 days));
        p = proveSent(gateway, 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                RemoteGovernance.RemoteMessageOther.selector, orderId, gateway.messageId(m), gateway.messageId(other)
            )
        );
        remote.refute(orderId, other, p);
        skip(DELAY);
        execute(7);
    }

    /// @notice A forgery that copies what home will order, and is refuted, does not keep home from it: the proof does.
    function test_refute_thenConfirm() public {
        (bytes32 orderId, QuorumGateway.Message memory m) = forge(setting(7), SALT, 5);
        remote.refute(orderId, m, proveNextNonce(gateway, START + 1 hours));
        QuorumGateway.Message memory genuine = send(setting(7), SALT);
        StateProof memory p = proveSent(gateway, genuine.nonce);
        goTo(REMOTE);
        remote.confirm(genuine, p);
        skip(DELAY);
        execute(7);
        assertEq(target.value(), 7, "value");
    }

    // ------------------------------------------------------------------ once

    function test_L3_execute_once() public {
        QuorumGateway.Message memory m = send(setting(7), SALT);
        StateProof memory p = proveSent(gateway, m.nonce);
        goTo(REMOTE);
        gateway.deliver(m);
        bytes32 orderId = remote.idOf(REMOTE, setting(7), SALT);
        vm.expectRevert(state(orderId, OrderState.WAITING));
        gateway.deliver(m);
        skip(DELAY);
        execute(7);
        vm.expectRevert(state(orderId, OrderState.EXECUTED));
        execute(7);
        vm.expectRevert(state(orderId, OrderState.EXECUTED));
        gateway.deliver(m);
        vm.expectRevert(state(orderId, OrderState.EXECUTED));
        remote.confirm(m, p);
        vm.expectRevert(state(orderId, OrderState.EXECUTED));
        vm.prank(address(remote));
        remote.cancel(orderId);
        // Nor when home sends it again, by whatever gateway.
        byItself(abi.encodeCall(remote.setGateway, (address(gateway2), true, 0)));
        QuorumGateway.Message memory again = send(setting(7), SALT);
        goTo(REMOTE);
        vm.expectRevert(state(orderId, OrderState.EXECUTED));
        gateway.deliver(again);
        vm.expectRevert(state(orderId, OrderState.EXECUTED));
        gateway2.deliver(again);
    }

    /// @notice The salt tells two orders of the same calls apart.
    function test_L3_salt() public {
        bring(setting(7), SALT);
        bytes32 second = bring(setting(7), "second");
        skip(DELAY);
        execute(7);
        assertOrder(second, OrderState.WAITING);
        target.set(0);
        remote.execute(setting(7), "second");
        assertEq(target.value(), 7, "value");
    }

    /// @notice An order for one chain is none on another, and different calls are another order.
    function test_L3_execute_revert_elsewhereOrOtherwise() public {
        bring(setting(7), SALT);
        skip(DELAY);
        goTo(OTHER);
        vm.expectRevert(state(remote.idOf(OTHER, setting(7), SALT), OrderState.NONE));
        execute(7);
        goTo(REMOTE);
        vm.expectRevert(state(remote.idOf(REMOTE, setting(8), SALT), OrderState.NONE));
        execute(8);
        Call[] memory calls = setting(7);
        calls[0].value = 1;
        vm.expectRevert(state(remote.idOf(REMOTE, calls, SALT), OrderState.NONE));
        remote.execute(calls, SALT);
        execute(7);
    }

    function testFuzz_L3_idOf_isOneOrdersAlone(uint256 chain, uint256 value, bytes32 salt, uint8 part) public view {
        bytes32 id = remote.idOf(chain, setting(value), salt);
        bytes32 other;
        Call[] memory calls = setting(value);
        if (part % 5 == 0) other = remote.idOf(chain ^ 1, calls, salt);
        if (part % 5 == 1) other = remote.idOf(chain, calls, ~salt);
        if (part % 5 == 2) other = remote.idOf(chain, setting(value ^ 1), salt);
        if (part % 5 == 3) other = remote.recoveryIdOf(calls, salt);
        if (part % 5 == 4) {
            Call[] memory two = new Call[](2);
            two[0] = calls[0];
            other = remote.idOf(chain, two, salt);
        }
        assertTrue(id != other, "two orders with one name");
    }

    function test_L3_execute_revert_expired() public {
        bytes32 orderId = bring(setting(7), SALT);
        skip(45 days + 1);
        vm.expectRevert(
            abi.encodeWithSelector(RemoteGovernance.RemoteExpired.selector, orderId, START + 45 days, time())
        );
        execute(7);
        // Home sends it again, and it waits anew.
        bring(setting(7), SALT);
        vm.expectRevert();
        execute(7);
        skip(DELAY);
        execute(7);
    }

    function test_execute_lastSecond() public {
        bring(setting(7), SALT);
        skip(45 days);
        execute(7);
        assertEq(target.value(), 7, "value");
    }

    // ------------------------------------------------------------------ closed gateways

    /// @notice What a gateway brought ends with it, and does not wake when it is opened again.
    function test_L5_closeGateway_stopsWhatItBrought() public {
        (bytes32 orderId,) = forge(setting(7), SALT, 1);
        (bytes32 second,) = forge(setting(8), SALT, 2);
        vm.expectEmit(address(remote));
        emit RemoteGovernance.GatewaySet(address(gateway), GatewayStatus.CLOSED, GUARDIAN);
        vm.prank(GUARDIAN);
        remote.closeGateway(address(gateway));
        skip(DELAY);
        bytes memory closed =
            abi.encodeWithSelector(RemoteGovernance.RemoteGatewayClosed.selector, orderId, address(gateway));
        vm.expectRevert(closed);
        execute(7);
        // What was decided before a guardian closed it does not open it.
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteStopsDiffer.selector, 0, 1));
        vm.prank(address(remote));
        remote.setGateway(address(gateway), true, 0);
        byItself(abi.encodeCall(remote.setGateway, (address(gateway), true, 1)));
        vm.expectRevert(closed);
        execute(7);
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteGatewayClosed.selector, second, address(gateway)));
        execute(8);
        // Home's own order of the same calls is not kept out by it, and waits its own time.
        bring(setting(7), SALT);
        vm.expectRevert(
            abi.encodeWithSelector(
                RemoteGovernance.RemoteTooEarly.selector, orderId, START + 2 * uint256(DELAY), time()
            )
        );
        execute(7);
        skip(DELAY);
        execute(7);
        assertEq(target.value(), 7, "value");
    }

    function test_closeGateway_provenOrdersGoOn() public {
        QuorumGateway.Message memory m = send(setting(7), SALT);
        StateProof memory p = proveSent(gateway, m.nonce);
        goTo(REMOTE);
        gateway.deliver(m);
        vm.prank(GUARDIAN);
        remote.closeGateway(address(gateway));
        skip(DELAY);
        vm.expectRevert();
        execute(7);
        remote.confirm(m, p);
        execute(7);
        assertEq(target.value(), 7, "value");
    }

    function test_closeGateway_revert() public {
        goTo(REMOTE);
        address[3] memory others = [THIEF, RECOVERY, address(remote)];
        for (uint256 i; i < 3; ++i) {
            vm.expectRevert(unauthorized(others[i]));
            vm.prank(others[i]);
            remote.closeGateway(address(gateway));
        }
        vm.startPrank(GUARDIAN);
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteNotOpen.selector, address(gateway2)));
        remote.closeGateway(address(gateway2));
        remote.closeGateway(address(gateway));
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteNotOpen.selector, address(gateway)));
        remote.closeGateway(address(gateway));
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteGatewayUnknown.selector, address(gateway2)));
        vm.prank(address(remote));
        remote.setGateway(address(gateway2), false, 0);
    }

    /// @notice Everything that loosens is the order's alone: not a guardian's, nor the recovery's, nor anyone's.
    function test_L5_settings_revert_forOthers() public {
        goTo(REMOTE);
        bytes[6] memory calls = [
            abi.encodeCall(remote.setGateway, (address(gateway2), true, 0)),
            abi.encodeCall(remote.setDelay, (3 days)),
            abi.encodeCall(remote.setRecovery, (THIEF)),
            abi.encodeCall(remote.setStateProofs, (THIEF)),
            abi.encodeCall(remote.setRoute, (REMOTE, THIEF)),
            abi.encodeCall(remote.cancel, (bytes32(0)))
        ];
        address[4] memory others = [GUARDIAN, THIEF, RECOVERY, TIMELOCK];
        for (uint256 c; c < 6; ++c) {
            for (uint256 i; i < 4; ++i) {
                vm.prank(others[i]);
                (bool ok, bytes memory answer) = address(remote).call(calls[c]);
                assertFalse(ok, "went through");
                assertEq(answer, unauthorized(others[i]), "refused for another reason");
            }
        }
    }

    // ------------------------------------------------------------------ delays

    /// @notice A shorter delay waits for the longer one, and hastens nothing that came before it.
    function test_L5_setDelay_shorterWaitsForTheLonger() public {
        goTo(REMOTE);
        byItself(abi.encodeCall(remote.setDelay, (10 days)));
        Call[] memory shorter = one(address(remote), abi.encodeCall(remote.setDelay, (3 days)));
        bring(shorter, SALT);
        skip(2 days);
        bytes32 orderId = bring(setting(7), SALT);
        skip(5 days);
        vm.expectRevert();
        remote.execute(shorter, SALT);
        skip(3 days);
        remote.execute(shorter, SALT);
        assertEq(remote.delay(), 3 days, "delay");
        vm.expectRevert(
            abi.encodeWithSelector(RemoteGovernance.RemoteTooEarly.selector, orderId, START + 12 days, START + 10 days)
        );
        execute(7);
        skip(2 days);
        execute(7);
    }

    /// @notice A longer one holds in the same block, for what waits too.
    function test_L5_setDelay_longerHoldsAtOnce() public {
        bytes32 orderId = bring(setting(7), SALT);
        skip(DELAY);
        byItself(abi.encodeCall(remote.setDelay, (14 days)));
        vm.expectRevert(
            abi.encodeWithSelector(RemoteGovernance.RemoteTooEarly.selector, orderId, START + 14 days, time())
        );
        execute(7);
        skip(11 days);
        execute(7);
    }

    function test_setDelay_bounds() public {
        goTo(REMOTE);
        uint64[2] memory bad = [uint64(3 days) - 1, 14 days + 1];
        for (uint256 i; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteDelay.selector, bad[i], 3 days, 14 days));
            vm.prank(address(remote));
            remote.setDelay(bad[i]);
            vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteDelay.selector, bad[i], 3 days, 14 days));
            this.create(bad[i]);
        }
    }

    function create(uint64 delay) external {
        new RemoteGovernance(address(authority), HOME, address(gateway), delay, RECOVERY);
    }

    // ------------------------------------------------------------------ batches

    /// @notice One call that fails undoes the others; the order may be tried again until its deadline.
    function test_execute_allOrNothing() public {
        Target second = new Target();
        Call[] memory calls = new Call[](2);
        calls[0] = Call(address(target), 0, abi.encodeCall(Target.set, (7)));
        calls[1] = Call(address(second), 0, abi.encodeCall(Target.set, (8)));
        bytes32 orderId = bring(calls, SALT);
        skip(DELAY);
        second.breakDown(true);
        vm.expectRevert(
            abi.encodeWithSelector(
                RemoteGovernance.RemoteCallFailed.selector,
                1,
                address(second),
                abi.encodeWithSelector(Target.TargetBroken.selector)
            )
        );
        remote.execute(calls, SALT);
        assertEq(target.value(), 0, "half an order");
        assertOrder(orderId, OrderState.WAITING);
        second.breakDown(false);
        remote.execute(calls, SALT);
        assertEq(target.value() + second.value(), 15, "values");
    }

    function test_execute_revert_noCode() public {
        Call[] memory calls = one(THIEF, abi.encodeCall(Target.set, (7)));
        bring(calls, SALT);
        skip(DELAY);
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteNoCode.selector, 0, THIEF));
        remote.execute(calls, SALT);
    }

    function test_execute_value() public {
        Call[] memory calls = new Call[](2);
        calls[0] = Call(address(target), 1 ether, abi.encodeCall(Target.set, (7)));
        calls[1] = Call(THIEF, 2 ether, "");
        bring(calls, SALT);
        skip(DELAY);
        vm.deal(address(this), 3 ether);
        (bool funded,) = address(remote).call{value: 1 ether}("");
        assertTrue(funded, "funded");
        vm.expectRevert();
        remote.execute{value: 1 ether}(calls, SALT);
        remote.execute{value: 2 ether}(calls, SALT);
        assertEq(address(target).balance, 1 ether, "target");
        assertEq(THIEF.balance, 2 ether, "recipient");
        assertEq(address(remote).balance, 0, "rest");
    }

    function test_L3_execute_notFromWithin() public {
        Reenterer reenterer = new Reenterer(remote);
        Call[] memory calls = one(address(reenterer), abi.encodeCall(Reenterer.run, ()));
        bytes32 orderId = bring(calls, SALT);
        reenterer.prepare(abi.encodeCall(remote.execute, (calls, SALT)));
        skip(DELAY);
        remote.execute(calls, SALT);
        assertEq(reenterer.answer(), state(orderId, OrderState.EXECUTED), "refused for another reason");
    }

    // ------------------------------------------------------------------ recovery

    function propose(uint256 value) private returns (bytes32 orderId) {
        goTo(REMOTE);
        vm.prank(RECOVERY);
        return remote.propose(setting(value), SALT);
    }

    /// @notice Home is dead: the recovery authority governs, after thirty days.
    function test_recovery_afterItsDelay() public {
        goTo(REMOTE);
        bytes32 id = remote.recoveryIdOf(setting(7), SALT);
        vm.expectEmit(address(remote));
        emit RemoteGovernance.OrderProposed(
            id, setting(7), SALT, uint64(START) + 30 days, uint64(START) + 60 days, RECOVERY
        );
        vm.prank(RECOVERY);
        remote.propose(setting(7), SALT);
        skip(30 days - 1);
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteTooEarly.selector, id, START + 30 days, time()));
        remote.recover(setting(7), SALT);
        skip(1);
        // It is no order of home's.
        vm.expectRevert(state(remote.idOf(REMOTE, setting(7), SALT), OrderState.NONE));
        execute(7);
        remote.recover(setting(7), SALT);
        assertEq(target.value(), 7, "value");
        vm.expectRevert(state(id, OrderState.EXECUTED));
        remote.recover(setting(7), SALT);
        vm.expectRevert(state(id, OrderState.EXECUTED));
        vm.prank(RECOVERY);
        remote.propose(setting(7), SALT);
    }

    function test_recovery_expires() public {
        bytes32 id = propose(7);
        skip(60 days + 1);
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteExpired.selector, id, START + 60 days, time()));
        remote.recover(setting(7), SALT);
    }

    /// @notice Guardians do not stop it: a rogue one with a dead home would hold the chain for ever.
    function test_L7_recovery_guardiansDoNotStopIt() public {
        bytes32 id = propose(7);
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteNotByMessage.selector, id));
        veto(id);
        vm.expectRevert(unauthorized(GUARDIAN));
        vm.prank(GUARDIAN);
        remote.cancel(id);
        vm.prank(GUARDIAN);
        remote.closeGateway(address(gateway));
        StateProof memory none;
        QuorumGateway.Message memory m = forged(setting(7), SALT, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteNotByMessage.selector, id));
        remote.refute(id, m, none);
        skip(30 days);
        remote.recover(setting(7), SALT);
    }

    /// @notice Home lives: its order cancels what the recovery authority proposed, in time.
    function test_L7_recovery_homeCancels() public {
        bytes32 id = propose(7);
        skip(20 days);
        Call[] memory calls = one(address(remote), abi.encodeCall(remote.cancel, (id)));
        bring(calls, "cancel");
        skip(DELAY);
        vm.expectEmit(address(remote));
        emit RemoteGovernance.OrderCancelled(id);
        remote.execute(calls, "cancel");
        skip(10 days);
        vm.expectRevert(state(id, OrderState.CANCELLED));
        remote.recover(setting(7), SALT);
        vm.expectRevert(state(id, OrderState.CANCELLED));
        vm.prank(RECOVERY);
        remote.propose(setting(7), SALT);
    }

    /// @notice Or takes the authority away, with everything that it proposed, also if it gets it back.
    function test_L7_recovery_endsWithItsAuthority() public {
        bytes32 id = propose(7);
        byItself(abi.encodeCall(remote.setRecovery, (THIEF)));
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteNotRecovery.selector, RECOVERY, THIEF));
        vm.prank(RECOVERY);
        remote.propose(setting(8), SALT);
        byItself(abi.encodeCall(remote.setRecovery, (RECOVERY)));
        skip(30 days);
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteRecoveryEnded.selector, id));
        remote.recover(setting(7), SALT);
    }

    function test_recovery_revert_forOthers() public {
        goTo(REMOTE);
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteNotRecovery.selector, THIEF, RECOVERY));
        vm.prank(THIEF);
        remote.propose(setting(7), SALT);
        byItself(abi.encodeCall(remote.setRecovery, (address(0))));
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteNotRecovery.selector, address(0), address(0)));
        vm.prank(address(0));
        remote.propose(setting(7), SALT);
    }

    /// @notice A lying quorum cannot act as the recovery authority, nor execute its proposals before their time.
    function test_L7_recovery_isNotAnOrder() public {
        bytes32 id = propose(7);
        forge(setting(7), SALT, 1);
        skip(DELAY);
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteTooEarly.selector, id, START + 30 days, time()));
        remote.recover(setting(7), SALT);
    }

    // ------------------------------------------------------------------ cancelled by home

    /// @notice What home takes back stays back, whatever was proven of it, and also when it has not come yet.
    function test_cancel_forGood() public {
        QuorumGateway.Message memory m = send(setting(7), SALT);
        StateProof memory p = proveSent(gateway, m.nonce);
        goTo(REMOTE);
        bytes32 orderId = remote.idOf(REMOTE, setting(7), SALT);
        byItself(abi.encodeCall(remote.cancel, (orderId)));
        vm.expectRevert(state(orderId, OrderState.CANCELLED));
        gateway.deliver(m);
        vm.expectRevert(state(orderId, OrderState.CANCELLED));
        remote.confirm(m, p);
        vm.expectRevert(state(orderId, OrderState.CANCELLED));
        execute(7);
    }

    // ------------------------------------------------------------------ copies

    /// @notice A liar that copies home's order before it comes blocks nothing: vetoed or not, what home ordered happens.
    function test_L7_copyOfAnOrder() public {
        QuorumGateway.Message memory m = send(setting(7), SALT);
        (bytes32 orderId,) = forge(setting(7), SALT, 9);
        vm.expectRevert(state(orderId, OrderState.WAITING));
        gateway.deliver(m);
        // It is what home ordered. A guardian who looks at messages alone stops it, and home's own comes.
        veto(orderId);
        gateway.deliver(m);
        skip(DELAY);
        execute(7);
        assertEq(target.value(), 7, "value");
    }

    /// @notice A copy with a near deadline is out of the way when that has passed.
    function test_L7_copyThatExpires() public {
        goTo(REMOTE);
        gateway.deliver(forged(setting(7), SALT, 9, uint64(START) + DELAY));
        bytes32 orderId = remote.idOf(REMOTE, setting(7), SALT);
        skip(DELAY + 1);
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteExpired.selector, orderId, START + DELAY, time()));
        execute(7);
        bring(setting(7), SALT);
        skip(DELAY);
        execute(7);
        assertEq(target.value(), 7, "value");
    }
}
