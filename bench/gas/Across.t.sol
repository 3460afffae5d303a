// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {Intent} from "../../contracts/src/Intent.sol";
import {PolicyEngine} from "../../contracts/src/PolicyEngine.sol";
import {QuorumGateway} from "../../contracts/src/QuorumGateway.sol";
import {TestToken} from "../../contracts/src/demo/TestToken.sol";
import {Deployed} from "../../contracts/test/lib/Deployed.sol";
import {HyperlaneFixture} from "../../contracts/test/lib/HyperlaneFixture.sol";
import {Measured} from "./Measured.sol";

/// @notice What a payment costs on the chain where it is made when another chain decides it: delivered as two of three relayers
///         attest, queued while guardians may dispute it, executed. And what it costs at home to decide and to send it.
contract OursAcrossBench is Deployed, Measured {
    uint256 private constant _AMOUNT = 1e6;
    uint256 private constant _BATCH = 32;

    uint160 private _nextPayee = 1000;

    function setUp() public {
        deployAll();
        PolicyEngine.Terms memory t = terms();
        (t.maxTransactions, t.maxAuditLag) = (100, 100);
        vm.prank(address(timelock));
        vault.setTerms(agentId, t);
    }

    function test_across() public {
        (Intent[] memory list, Intent[] memory two) = (_intents(_BATCH), _intents(2));
        uint256 number = _submit(list, two);
        switchTo(REMOTE);
        (uint256 delivered, uint256 deliveredEach) = _deliver(list, two, number);
        skip(DISPUTE_WINDOW);
        (uint256 executed, uint256 executedEach) = _execute(list, two);
        oursIs("Mandate across chains: deliver and execute, ERC-20", delivered + executed, 174_000);
        oursIs("Mandate across chains: deliver and execute, each of 32 at once", deliveredEach + executedEach, 88_000);
    }

    /// @dev So many payments for the other chain, each to somebody else, who has some of the token.
    function _intents(uint256 count) private returns (Intent[] memory list) {
        list = new Intent[](count);
        for (uint256 i; i < count; ++i) {
            list[i] = remotePayment(address(token), _AMOUNT);
            list[i].to = address(_nextPayee++);
            vm.prank(address(timelock));
            vault.setRecipient(agentId, REMOTE, list[i].to, true);
            token.transfer(list[i].to, 1);
            share(executor.idOf(list[i]));
        }
    }

    /// @return number of the first message of `list`; those of `two` come right before it
    function _submit(Intent[] memory list, Intent[] memory two) private returns (uint256 number) {
        for (uint256 i; i < 2; ++i) {
            bytes memory proof = sign(two[i]);
            atHome.submit(two[i], proof);
        }
        uint256 alone_ = ours("Mandate across chains: submit, every rule, audit chain, sent to another chain");
        bytes[] memory proofs = new bytes[](list.length);
        for (uint256 i; i < list.length; ++i) {
            proofs[i] = sign(list[i]);
        }
        number = gateway.nextNonce();
        atHome.submitMany(list, proofs);
        uint256 each = lastCall() / list.length;
        assertLe(each, alone_ * 60 / 100, "60 % of one alone");
        oursIs("Mandate across chains: submit, each of 32 at once; at most 60 % of one alone", each, 102_900);
    }

    function _deliver(Intent[] memory list, Intent[] memory two, uint256 number)
        private
        returns (uint256 alone_, uint256 each)
    {
        for (uint256 i; i < 2; ++i) {
            QuorumGateway.Message memory m = messageOf(two[i], number - 2 + i);
            bytes memory signatures = attest(m, 2);
            gateway.deliver(m, alone(), signatures);
        }
        alone_ = ours("Mandate across chains: deliver, 2 of 3 relayers attest it, audit chain");
        QuorumGateway.Message[] memory messages = new QuorumGateway.Message[](list.length);
        bytes32[] memory nodes = new bytes32[](list.length);
        for (uint256 i; i < list.length; ++i) {
            messages[i] = messageOf(list[i], number + i);
            nodes[i] = gateway.messageId(messages[i]);
        }
        for (uint256 width = list.length / 2; width > 0; width /= 2) {
            for (uint256 i; i < width; ++i) {
                nodes[i] = Hashes.commutativeKeccak256(nodes[2 * i], nodes[2 * i + 1]);
            }
        }
        bool[] memory flags = new bool[](list.length - 1); // all leaves are there, so every node is known
        for (uint256 i; i < flags.length; ++i) {
            flags[i] = true;
        }
        bytes memory all = attestRoot(nodes[0], 2);
        gateway.deliverMany(messages, alone(), flags, all);
        each = lastCall() / list.length;
        assertLe(each, alone_ * 60 / 100, "60 % of one alone");
        oursIs("Mandate across chains: deliver, each of 32 at once; at most 60 % of one alone", each, 60_300);
    }

    function _execute(Intent[] memory list, Intent[] memory two) private returns (uint256 alone_, uint256 each) {
        for (uint256 i; i < 2; ++i) {
            abroad.execute(two[i]);
        }
        alone_ = ours("Mandate across chains: execute what was delivered, ERC-20, audit chain");
        abroad.executeMany(list);
        each = lastCall() / list.length;
        assertLe(each, alone_ * 60 / 100, "60 % of one alone");
        oursIs("Mandate across chains: execute, each of 32 at once; at most 60 % of one alone", each, 43_300);
        for (uint256 i; i < list.length; ++i) {
            assertEq(token.balanceOf(list[i].to), _AMOUNT + 1, "paid");
        }
    }
}

/// @notice Takes what one sender of one chain sent over Hyperlane; it has a timelock do it, or nothing.
contract HyperlaneRecipient {
    address public immutable interchainSecurityModule;
    address private immutable _MAILBOX;
    uint32 private immutable _ORIGIN;
    bytes32 private immutable _SENDER;
    TimelockController private immutable _TIMELOCK;

    constructor(Hyperlane memory here, uint32 origin, address sender, TimelockController timelock) {
        (_MAILBOX, interchainSecurityModule) = (here.mailbox, here.module);
        (_ORIGIN, _SENDER, _TIMELOCK) = (origin, bytes32(uint256(uint160(sender))), timelock);
    }

    struct Hyperlane {
        address mailbox;
        address module;
    }

    function handle(uint32 origin, bytes32 sender, bytes calldata body) external payable {
        require(msg.sender == _MAILBOX && origin == _ORIGIN && sender == _SENDER, "not the sender");
        if (body.length == 0) return;
        (address asset, address to, uint256 amount, bytes32 salt) =
            abi.decode(body, (address, address, uint256, bytes32));
        _TIMELOCK.schedule(asset, 0, abi.encodeCall(IERC20.transfer, (to, amount)), 0, salt, 1 hours);
    }
}

/// @notice The same with contracts of others: a Hyperlane Mailbox whose module two of three validators convince, and OpenZeppelin's
///         timelock to hold what came for a while. In their favour: no proxy in front of the Mailbox, and what comes is scheduled
///         in the transaction that delivers it.
contract PeersAcrossBench is HyperlaneFixture, Measured {
    uint256 private constant _AMOUNT = 1e6;
    uint32 private constant _HERE = 2;
    uint32 private constant _THERE = 1;

    address private immutable _PAYEE = vm.addr(0xFAE);

    Hyperlane private _origin;
    Hyperlane private _destination;
    TestToken private _token;
    TimelockController private _timelock;
    HyperlaneRecipient private _recipient;

    function setUp() public {
        vm.warp(1_800_000_000);
        vm.deal(address(this), 100 ether);
        _origin = deployHyperlane(_THERE, _HERE);
        _destination = deployHyperlane(_HERE, _THERE);
        address[] memory roles = new address[](1);
        _timelock = new TimelockController(1 hours, roles, roles, address(this)); // anybody executes
        _recipient = new HyperlaneRecipient(
            HyperlaneRecipient.Hyperlane(address(_destination.mailbox), _destination.module),
            _THERE,
            address(this),
            _timelock
        );
        _timelock.grantRole(_timelock.PROPOSER_ROLE(), address(_recipient));
        _token = new TestToken(address(_timelock), 1_000_000e6);
        vm.prank(address(_timelock));
        _token.transfer(_PAYEE, 1);
    }

    /// @dev Sends it, and has two validators sign it.
    function _send(bytes memory body) private returns (bytes memory signed, bytes memory message) {
        vm.recordLogs();
        bytes32 to = bytes32(uint256(uint160(address(_recipient))));
        _origin.mailbox.dispatch{value: 1 ether}(_HERE, to, body, "");
        message = dispatched(vm.getRecordedLogs(), _origin)[0];
        signed = metadata(checkpoint(_origin, message), validators2(0, 1));
    }

    function _process(bytes memory body) private {
        (bytes memory signed, bytes memory message) = _send(body);
        _destination.mailbox.process(signed, message);
    }

    function test_process() public {
        for (uint256 i; i < 2; ++i) {
            _process("");
        }
        peers("Hyperlane Mailbox: process an empty message that 2 of 3 validators signed, nothing done with it");
    }

    function test_processAndWait() public {
        for (uint256 i; i < 2; ++i) {
            _process(abi.encode(_token, _PAYEE, _AMOUNT, bytes32(i)));
        }
        uint256 processed = peers(
            "Hyperlane Mailbox and OpenZeppelin TimelockController: process what 2 of 3 validators signed, schedule an ERC-20 transfer"
        );
        skip(1 hours);
        bytes memory data = abi.encodeCall(IERC20.transfer, (_PAYEE, _AMOUNT));
        for (uint256 i; i < 2; ++i) {
            _timelock.execute(address(_token), 0, data, 0, bytes32(i));
        }
        peersIs(
            "Hyperlane Mailbox and OpenZeppelin TimelockController: process, schedule and execute, ERC-20",
            processed + lastCall()
        );
        assertEq(_token.balanceOf(_PAYEE), 2 * _AMOUNT + 1, "paid");
    }

    receive() external payable {}
}
