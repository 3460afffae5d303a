// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {Intent} from "../src/Intent.sol";
import {MandateAccount} from "../src/MandateAccount.sol";
import {PolicyEngine} from "../src/PolicyEngine.sol";
import {QuorumGateway} from "../src/QuorumGateway.sol";
import {Deployed} from "./lib/Deployed.sol";
import {Recorder} from "./lib/Recorder.sol";

/// @notice What each call costs as a whole transaction, the second time it happens (contracts/snapshots/gas.json;
///         scripts/check-contracts compares, scripts/check-contracts --update rewrites).
contract GasTest is Deployed {
    uint160 private _nextPayee = 1000;

    function setUp() public {
        deployAll();
        // The agent, its window and the payee's balance are in use.
        submitAdmitted(payment(ETH, 0.1 ether));
    }

    /// @dev A payment whose nonce shares its word with one that was used.
    function _next(bool remote, address asset, uint256 amount)
        private
        returns (Intent memory intent, bytes memory proof)
    {
        for (uint256 i; i < 2; ++i) {
            intent = remote ? remotePayment(asset, amount) : payment(asset, amount);
            proof = sign(intent);
            if (i == 0) submit(intent);
        }
    }

    function _snapshot(string memory name) private returns (uint256 gas) {
        return vm.snapshotGasLastCall("gas", name);
    }

    /// @dev Whether a call is a whole transaction (forge's `--isolate`): else it costs less, and its bound says nothing.
    function _isolated() private returns (bool) {
        (bool ok,) = PAYEE.call("");
        return ok && vm.lastCallGas().gasTotalUsed >= 21_000;
    }

    function _assertBound(uint256 gas, uint256 most, string memory what) private {
        if (_isolated()) assertLe(gas, most, what);
    }

    function test_snapshot_payToken() public {
        for (uint256 i; i < 2; ++i) {
            vm.prank(AGENT);
            vault.pay(address(token), 100e6, PAYEE, agentId);
        }
        _assertBound(_snapshot("pay, ERC-20"), 62_000, "pay");
    }

    function test_snapshot_payEther() public {
        for (uint256 i; i < 2; ++i) {
            vm.prank(AGENT);
            vault.pay(ETH, 0.1 ether, PAYEE, agentId);
        }
        _snapshot("pay, ether");
    }

    function test_snapshot_payRefused() public {
        for (uint256 i; i < 2; ++i) {
            vm.prank(AGENT);
            vault.pay(ETH, 0, PAYEE, agentId);
        }
        _snapshot("pay, refused");
    }

    function test_snapshot_payBreach() public {
        vm.startPrank(AGENT);
        vault.pay(ETH, 0, PAYEE, agentId);
        vault.pay(ETH, 2 ether, PAYEE, agentId);
        vm.stopPrank();
        _snapshot("pay, refused and frozen");
    }

    /// @notice A payment of a batch of 32, each to somebody else, costs at most 60 % of one alone.
    function test_snapshot_payMany() public {
        MandateAccount.Payment[] memory list = new MandateAccount.Payment[](32);
        PolicyEngine.Terms memory t = terms();
        t.maxTransactions = 100;
        t.maxAuditLag = 100;
        vm.startPrank(address(timelock));
        policy.setTerms(agentId, t);
        for (uint160 i; i < list.length; ++i) {
            list[i] = MandateAccount.Payment(address(token), address(1000 + i), 1e6);
            policy.setRecipient(agentId, HOME, list[i].to, true);
        }
        vm.stopPrank();
        for (uint256 i; i < list.length; ++i) {
            token.transfer(list[i].to, 1);
        }
        for (uint256 i; i < 2; ++i) {
            vm.prank(AGENT);
            vault.pay(address(token), 1e6, PAYEE, agentId);
        }
        uint256 one = vm.lastCallGas().gasTotalUsed;
        vm.prank(AGENT);
        vault.payMany(agentId, list);
        _assertBound(_snapshot("pay 32 at once, ERC-20") * 100, 32 * 60 * one, "per payment of a batch");
    }

    /// @notice What it costs more to record a payment than only to say that it was made.
    function test_snapshot_record() public {
        Recorder recorder = new Recorder(address(authority));
        for (uint256 i; i < 2; ++i) {
            recorder.record(agentId, address(token), PAYEE, 100e6);
        }
        uint256 gas = vm.lastCallGas().gasTotalUsed;
        recorder.announce(agentId, address(token), PAYEE, 100e6);
        _assertBound(gas - vm.lastCallGas().gasTotalUsed, 7_500, "the record");
    }

    function test_snapshot_submitToken() public {
        (Intent memory intent, bytes memory proof) = _next(false, address(token), 100e6);
        atHome.submit(intent, proof);
        _snapshot("submit, ERC-20 from the vault, instant");
    }

    function test_snapshot_submitEther() public {
        (Intent memory intent, bytes memory proof) = _next(false, ETH, 0.1 ether);
        atHome.submit(intent, proof);
        _snapshot("submit, ether from the vault, instant");
    }

    function test_snapshot_submitDenied() public {
        (Intent memory intent, bytes memory proof) = _next(false, ETH, 0);
        atHome.submit(intent, proof);
        _snapshot("submit, denied");
    }

    function test_snapshot_submitBreach() public {
        (Intent memory intent, bytes memory proof) = _next(false, ETH, 0.1 ether);
        intent.amount = 2 ether;
        proof = sign(intent);
        atHome.submit(intent, proof);
        _snapshot("submit, denied and frozen");
    }

    function test_snapshot_dispatch() public {
        (Intent memory intent, bytes memory proof) = _next(true, address(token), 100e6);
        atHome.submit(intent, proof);
        _snapshot("submit, dispatched to another chain");
    }

    function test_snapshot_destination() public {
        Intent memory first = remotePayment(address(token), 100e6);
        deliver(first);
        Intent memory second = remotePayment(address(token), 100e6);
        QuorumGateway.Message memory message = dispatch(second);
        bytes memory signatures = attest(message, 2);
        switchTo(REMOTE);
        gateway.deliver(message, alone(), signatures);
        _snapshot("deliver, 2 of 3 signatures");
        skip(DISPUTE_WINDOW);
        abroad.execute(first);
        abroad.execute(second);
        _snapshot("execute, ERC-20");
    }

    /// @notice An intent of a batch of 32, each to somebody else, costs at most 60 % of one alone to submit, to deliver and to execute.
    function test_snapshot_batches() public {
        (Intent[] memory list, Intent[] memory two) = (_toMany(32), _toMany(2));
        uint256 number = _submitMany(list, two);
        switchTo(REMOTE);
        _deliverMany(list, two, number);
        skip(DISPUTE_WINDOW);
        for (uint256 i; i < 2; ++i) {
            abroad.execute(two[i]);
        }
        uint256 one = vm.lastCallGas().gasTotalUsed;
        bool[] memory ok = abroad.executeMany(list);
        _assertBatch("execute 32 at once, ERC-20", one, 60);
        _assertAll(ok);
    }

    /// @dev So many intents for the other chain, each to somebody else, who has some of the token there.
    function _toMany(uint256 count) private returns (Intent[] memory list) {
        PolicyEngine.Terms memory t = terms();
        t.maxTransactions = 100;
        t.maxAuditLag = 100;
        vm.prank(address(timelock));
        policy.setTerms(agentId, t);
        list = new Intent[](count);
        for (uint256 i; i < count; ++i) {
            list[i] = remotePayment(address(token), 1e6);
            list[i].to = address(_nextPayee++);
            vm.prank(address(timelock));
            policy.setRecipient(agentId, REMOTE, list[i].to, true);
            token.transfer(list[i].to, 1);
            share(executor.idOf(list[i]));
        }
    }

    /// @return number of the first message of `list`; those of `two` come right before it
    function _submitMany(Intent[] memory list, Intent[] memory two) private returns (uint256 number) {
        for (uint256 i; i < 2; ++i) {
            bytes memory proof = sign(two[i]);
            atHome.submit(two[i], proof);
        }
        uint256 one = vm.lastCallGas().gasTotalUsed;
        bytes[] memory proofs = new bytes[](list.length);
        for (uint256 i; i < list.length; ++i) {
            proofs[i] = sign(list[i]);
        }
        number = gateway.nextNonce();
        (, bool[] memory ok) = atHome.submitMany(list, proofs);
        _assertBatch("submit 32 at once, dispatched to another chain", one, 60);
        _assertAll(ok);
    }

    function _deliverMany(Intent[] memory list, Intent[] memory two, uint256 number) private {
        for (uint256 i; i < 2; ++i) {
            QuorumGateway.Message memory m = messageOf(two[i], number - 2 + i);
            bytes memory signatures = attest(m, 2);
            gateway.deliver(m, alone(), signatures);
        }
        uint256 one = vm.lastCallGas().gasTotalUsed;
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
        bool[] memory accepted = gateway.deliverMany(messages, alone(), flags, all);
        _assertBatch("deliver 32 at once, 2 of 3 signatures", one, 60);
        _assertAll(accepted);
    }

    /// @dev That one of the 32 costs at most so many percent of one alone.
    function _assertBatch(string memory name, uint256 one, uint256 percent) private {
        _assertBound(_snapshot(name) * 100, 32 * percent * one, name);
    }

    function _assertAll(bool[] memory ok) private pure {
        for (uint256 i; i < ok.length; ++i) {
            assertTrue(ok[i], "one of the batch");
        }
    }

    function test_snapshot_dispute() public {
        Intent memory intent = remotePayment(address(token), 100e6);
        deliver(intent);
        vm.prank(WATCHDOG);
        abroad.dispute(intent);
        _snapshot("dispute");
        vm.prank(address(timelock));
        abroad.uphold(intent);
        _snapshot("uphold");
    }

    function test_snapshot_cancel() public {
        Intent memory intent = payment(ETH, 1);
        vm.prank(OWNER);
        atHome.cancel(intent);
        _snapshot("cancel before submission");
    }

    function test_snapshot_freeze() public {
        vm.prank(WATCHDOG);
        policy.freeze(agentId);
        _assertBound(_snapshot("freeze"), 45_000, "freeze");
    }

    /// @dev Guardians are looked for first: whoever else may freeze pays for that, and for the registry's answer.
    function test_snapshot_freezeByTheOwner() public {
        vm.prank(OWNER);
        policy.freeze(agentId);
        _snapshot("freeze, by the agent's owner");
    }

    function test_snapshot_publish() public {
        submit(payment(ETH, 1));
        vm.prank(PUBLISHER);
        auditLog.publish(agentId, 0, 1, bytes32(uint256(1)), bytes32(uint256(1)));
        vm.prank(PUBLISHER);
        auditLog.publish(agentId, 1, 2, bytes32(uint256(1)), bytes32(uint256(1)));
        _snapshot("publish");
    }

    function test_snapshot_setLimit() public {
        vm.prank(OWNER);
        policy.setLimit(agentId, ETH, limit(0.5 ether, 2 ether));
        _snapshot("setLimit, tightened by the owner");
    }
}
