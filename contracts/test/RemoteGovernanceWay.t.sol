// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {State} from "../src/CrossChainExecutor.sol";
import {GatewayStatus} from "../src/ExecutorSettings.sol";
import {Intent} from "../src/Intent.sol";
import {QuorumGateway} from "../src/QuorumGateway.sol";
import {Step} from "../src/WindowTable.sol";
import {Call, OrderState, RemoteGovernance} from "../src/governance/RemoteGovernance.sol";
import {Roles} from "../src/governance/Roles.sol";
import {StateProof} from "../src/proofs/IStateProofs.sol";
import {StateProofs} from "../src/proofs/StateProofs.sol";
import {Deployed} from "./lib/Deployed.sol";
import {Vm} from "./lib/Test.sol";
import {ToldHashes, Tries} from "./lib/Tries.sol";

/// @notice The whole way on the deployed system: home's token holders vote, the timelock orders, relayers attest, the order waits at
///         the destination and configures gateway, executor and itself there.
/// @dev The destination has an AccessManager of its own, whose only ADMIN is RemoteGovernance.
contract RemoteGovernanceWayTest is Deployed {
    uint64 private constant DELAY = 3 days;
    bytes32 private constant SALT = "rotation";

    RemoteGovernance private remote;
    AccessManager private away;
    QuorumGateway private second; // another gateway that the order opens
    ToldHashes private hashes;
    uint256 private _proofs = 100;

    function setUp() public {
        deployAll();
        away = new AccessManager(address(this));
        remote = RemoteGovernance(payable(_createRemote()));
        hashes = new ToldHashes();
        away.grantRole(Roles.GUARDIAN, WATCHDOG, 0);
        away.grantRole(Roles.GUARDIAN, WATCHDOG2, 0);
        away.grantRole(0, address(remote), 0);
        away.renounceRole(0, address(this));
        second = new QuorumGateway(address(away), HOME, relayers(), 3);
        StateProofs proofs = new StateProofs(hashes);
        _goTo(REMOTE);
        vm.prank(address(remote));
        remote.setStateProofs(address(proofs));
        _goTo(HOME);
    }

    function _createRemote() private returns (address) {
        vm.prank(DEPLOYER);
        return _create(
            "RemoteGovernance",
            abi.encodePacked(
                type(RemoteGovernance).creationCode, abi.encode(authority, HOME, gateway, DELAY, address(0))
            )
        );
    }

    /// @dev Each chain has its own authority.
    function _goTo(uint256 chain) private {
        switchTo(chain);
        address[3] memory governed = [address(remote), address(gateway), address(executor)];
        for (uint256 i; i < 3; ++i) {
            uint256 rest = uint256(vm.load(governed[i], 0)) >> 160;
            uint160 there = uint160(chain == HOME ? address(authority) : address(away));
            vm.store(governed[i], 0, bytes32(rest << 160 | there));
        }
        assertEq(gateway.authority(), chain == HOME ? address(authority) : address(away), "authority");
        assertEq(executor.authority(), gateway.authority(), "the executor's");
    }

    // ------------------------------------------------------------------ what is voted for

    function _newRelayers() private view returns (address[] memory set) {
        set = relayers();
        set[2] = address(uint160(set[2]) + 1); // still ascending
    }

    function _steps() private pure returns (Step[] memory steps) {
        steps = new Step[](1);
        steps[0] = Step(1 ether, 1 hours, 10);
    }

    function _configuration() private view returns (Call[] memory calls_) {
        calls_ = new Call[](4);
        calls_[0] = Call(address(gateway), 0, abi.encodeCall(gateway.setRelayers, (_newRelayers(), 2, 1 days, 0)));
        calls_[1] = Call(address(executor), 0, abi.encodeCall(abroad.setWindows, (ETH, _steps(), 0)));
        calls_[2] = Call(address(executor), 0, abi.encodeCall(abroad.setGateway, (address(second), true, 0)));
        calls_[3] = Call(address(remote), 0, abi.encodeCall(remote.setGateway, (address(second), true, 0)));
    }

    function _takeover() private view returns (Call[] memory calls_) {
        calls_ = new Call[](1);
        calls_[0] = Call(address(away), 0, abi.encodeCall(away.grantRole, (0, THIEF, 0)));
    }

    /// @dev A proposal of {RemoteGovernance-order} passes, and the timelock carries it out. Returns what left.
    function _vote(Call[] memory calls_) private returns (QuorumGateway.Message memory m) {
        address[] memory targets = new address[](1);
        uint256[] memory values = new uint256[](1);
        bytes[] memory data = new bytes[](1);
        targets[0] = address(remote);
        data[0] = abi.encodeCall(remote.order, (REMOTE, calls_, SALT));
        vm.prank(DELEGATE);
        uint256 id = governor.propose(targets, values, data, "Configure the other chain");
        skip(1 minutes + 1);
        vm.prank(DELEGATE);
        governor.castVote(id, 1);
        skip(1 hours);
        governor.queue(targets, values, data, keccak256("Configure the other chain"));
        skip(TIMELOCK_DELAY);
        vm.recordLogs();
        governor.execute(targets, values, data, keccak256("Configure the other chain"));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        m.sourceChainId = HOME;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].emitter != address(gateway)) continue;
            if (logs[i].topics[0] == QuorumGateway.NonceAssigned.selector) {
                m.nonce = abi.decode(logs[i].data, (uint256));
            } else {
                (m.sender, m.recipient, m.payload,,) = abi.decode(logs[i].data, (bytes, bytes, bytes, uint256, bytes[]));
            }
        }
        assertEq(gateway.sent(m.nonce), gateway.messageId(m), "what left");
    }

    /// @dev All relayers sign an order that home never sent.
    function _forge(Call[] memory calls_, uint256 nonce) private returns (QuorumGateway.Message memory m) {
        _goTo(REMOTE);
        m = QuorumGateway.Message(
            HOME,
            nonce,
            InteroperableAddress.formatEvmV1(HOME, address(remote)),
            InteroperableAddress.formatEvmV1(REMOTE, address(remote)),
            abi.encode(calls_, SALT, uint64(time()) + remote.LIFETIME())
        );
        gateway.deliver(m, alone(), attest(m, 3));
    }

    /// @dev Of a slot of home's gateway, as it is.
    function _prove(bytes32 slot, uint256 timestamp) private returns (StateProof memory p) {
        bytes32 hash;
        (p, hash) = Tries.prove(address(gateway), slot, vm.load(address(gateway), slot), ++_proofs, timestamp);
        hashes.tell(HOME, _proofs, hash);
    }

    function _proveSent(uint256 nonce) private returns (StateProof memory) {
        return _prove(keccak256(abi.encode(nonce, gateway.SENT_SLOT())), time());
    }

    // ------------------------------------------------------------------ the whole way

    function test_L5_oneVoteAtHomeConfiguresTheOtherChain() public {
        Call[] memory calls_ = _configuration();
        bytes32 orderId = remote.idOf(REMOTE, calls_, SALT);
        QuorumGateway.Message memory m = _vote(calls_);
        Intent memory inFlight = remotePayment(ETH, 0.5 ether);
        QuorumGateway.Message memory flying = dispatch(inFlight);

        _goTo(REMOTE);
        gateway.deliver(m, alone(), attest(m, 2));
        assertTrue(gateway.isDelivered(HOME, m.nonce), "delivered");
        (uint64 from,) = remote.executableAt(orderId);
        assertEq(from, time() + DELAY, "waits longer than any dispute window");
        skip(DELAY - 1);
        vm.expectRevert();
        remote.execute(calls_, SALT);
        (address[] memory set,) = gateway.quorum();
        assertEq(abi.encode(set), abi.encode(relayers()), "nothing yet");
        skip(1);
        remote.execute(calls_, SALT);

        (set,) = gateway.quorum();
        assertEq(abi.encode(set), abi.encode(_newRelayers()), "relayers");
        (set,, from) = gateway.previousQuorum();
        assertEq(abi.encode(set), abi.encode(relayers()), "relayers before");
        assertEq(from, time() + 1 days, "overlap");
        assertEq(abi.encode(abroad.windows(ETH)), abi.encode(_steps()), "windows");
        assertEq(uint8(abroad.gatewayStatus(address(second))), uint8(GatewayStatus.OPEN), "executor's gateway");
        assertEq(uint8(remote.gatewayStatus(address(second))), uint8(GatewayStatus.OPEN), "own gateway");

        // What all of the former relayers attested still arrives, and is queued by the new table.
        inFlight.deadline = uint64(time() + 1 hours);
        flying = messageOf(inFlight, 77);
        gateway.deliver(flying, alone(), attest(flying, 3));
        assertState(executor.idOf(inFlight), State.QUEUED);
        vm.expectRevert();
        abroad.execute(inFlight);
        skip(10);
        uint256 before = PAYEE.balance;
        abroad.execute(inFlight);
        assertEq(PAYEE.balance - before, 0.5 ether, "paid after the window of all signatures");
        skip(1 days);
        inFlight.deadline = uint64(time() + 1 hours);
        flying = messageOf(inFlight, 78);
        bytes memory former = attest(flying, 3);
        vm.expectRevert();
        gateway.deliver(flying, alone(), former);
    }

    /// @notice Of the roles at the destination nothing is home's timelock's but through the order.
    function test_L7_onlyTheOrderGovernsTheOtherChain() public {
        _goTo(REMOTE);
        address[5] memory others = [address(timelock), address(governor), DEPLOYER, WATCHDOG, THIEF];
        for (uint256 i; i < 5; ++i) {
            vm.expectRevert();
            vm.prank(others[i]);
            gateway.setRelayers(_newRelayers(), 2, 1 days, 0);
            vm.expectRevert();
            vm.prank(others[i]);
            abroad.setWindows(ETH, _steps(), 0);
        }
    }

    // ------------------------------------------------------------------ against liars

    /// @notice All relayers sign a takeover, and one watchdog looks.
    function test_L7_allRelayersLie_oneGuardianVetoes() public {
        _forge(_takeover(), 1);
        bytes32 orderId = remote.idOf(REMOTE, _takeover(), SALT);
        skip(DELAY - 1);
        vm.prank(WATCHDOG);
        remote.veto(orderId);
        skip(30 days);
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteState.selector, orderId, OrderState.VETOED));
        remote.execute(_takeover(), SALT);
        (bool admin,) = away.hasRole(0, THIEF);
        assertFalse(admin, "the thief governs");
    }

    /// @notice Or anybody proves by the gateway's storage at home that it never sent it.
    function test_L7_allRelayersLie_anyoneRefutes() public {
        QuorumGateway.Message memory m = _forge(_takeover(), 1);
        bytes32 orderId = remote.idOf(REMOTE, _takeover(), SALT);
        StateProof memory p = _prove(gateway.NONCE_SLOT(), time() + 1 hours);
        vm.prank(THIEF);
        remote.refute(orderId, m, p);
        skip(DELAY);
        vm.expectRevert(abi.encodeWithSelector(RemoteGovernance.RemoteState.selector, orderId, OrderState.REFUTED));
        remote.execute(_takeover(), SALT);
    }

    /// @notice The takeover under the number of home's own order: home's storage tells which it was. Home sends its own again.
    function test_L7_forgeryUnderAGenuineNumber() public {
        Call[] memory calls_ = _configuration();
        QuorumGateway.Message memory m = _vote(calls_);
        QuorumGateway.Message memory lie = _forge(_takeover(), m.nonce);
        bytes memory attestations = attest(m, 3);
        bytes memory delivered = abi.encodeWithSelector(QuorumGateway.GatewayDelivered.selector, gateway.messageId(m));
        vm.expectRevert(delivered);
        gateway.deliver(m, alone(), attestations);
        StateProof memory p = _proveSent(m.nonce);
        vm.expectRevert();
        remote.confirm(lie, p);
        remote.refute(remote.idOf(REMOTE, _takeover(), SALT), lie, p);
        // The proof brings it although its number is used up.
        remote.confirm(m, p);
        skip(DELAY);
        remote.execute(calls_, SALT);
        assertEq(uint8(abroad.gatewayStatus(address(second))), uint8(GatewayStatus.OPEN), "configured");
    }

    /// @notice A guardian gone rogue vetoes what home voted for and closes the gateway; home's vote takes its role away.
    function test_L7_rogueGuardianDoesNotHoldTheChain() public {
        Call[] memory calls_ = new Call[](2);
        calls_[0] = Call(address(away), 0, abi.encodeCall(away.revokeRole, (Roles.GUARDIAN, WATCHDOG)));
        // It names the one stop that is to be expected of the guardian.
        calls_[1] = Call(address(remote), 0, abi.encodeCall(remote.setGateway, (address(gateway), true, 1)));
        QuorumGateway.Message memory m = _vote(calls_);
        StateProof memory p = _proveSent(m.nonce);
        _goTo(REMOTE);
        gateway.deliver(m, alone(), attest(m, 2));
        bytes32 orderId = remote.idOf(REMOTE, calls_, SALT);
        vm.startPrank(WATCHDOG);
        remote.veto(orderId);
        remote.closeGateway(address(gateway));
        vm.stopPrank();
        remote.confirm(m, p);
        vm.prank(WATCHDOG);
        remote.veto(orderId); // it takes two
        skip(DELAY);
        remote.execute(calls_, SALT);
        assertFalse(Roles.isGuardian(address(away), WATCHDOG), "still a guardian");
        assertEq(uint8(remote.gatewayStatus(address(gateway))), uint8(GatewayStatus.OPEN), "open again");
    }
}
