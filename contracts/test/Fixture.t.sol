// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Intent} from "../src/Intent.sol";
import {State} from "../src/CrossChainExecutor.sol";
import {Deployed} from "./lib/Deployed.sol";

/// @notice The fixture does what it says, so that the tests that stand on it can be believed.
contract FixtureTest is Deployed {
    function setUp() public {
        deployAll();
    }

    function test_home_paymentMovesFunds() public {
        submitAdmitted(payment(address(token), 100e6));
        submitAdmitted(payment(ETH, 1 ether));
        assertEq(token.balanceOf(PAYEE), 100e6, "tokens");
        assertEq(PAYEE.balance, 1 ether, "ether");
    }

    function test_remote_paymentMovesFundsAfterTheWindow() public {
        Intent memory intent = remotePayment(address(token), 100e6);
        bytes32 intentId = deliver(intent);
        skip(DISPUTE_WINDOW);
        abroad.execute(intent);
        assertState(intentId, State.EXECUTED);
        assertEq(token.balanceOf(PAYEE), 100e6, "tokens");
    }

    function test_switchTo_keepsTheSidesApart() public {
        Intent memory intent = remotePayment(ETH, 1 ether);
        bytes32 intentId = deliver(intent);
        (bytes26 remoteHead, uint256 remoteCount,) = auditLog.chain(agentId);
        switchTo(HOME);
        assertEq(block.chainid, HOME, "chain id");
        assertState(intentId, State.DISPATCHED);
        (bytes26 homeHead, uint256 homeCount,) = auditLog.chain(agentId);
        assertEq(homeCount, 1, "home count");
        assertEq(remoteCount, 1, "remote count");
        assertTrue(homeHead != remoteHead, "one chain for both sides");
        switchTo(REMOTE);
        assertState(intentId, State.QUEUED);
    }

    function test_slots_areTheContractsOwn() public {
        bytes32 intentId = submitAdmitted(payment(ETH, 1 ether));
        assertTrue(vm.load(address(executor), keccak256(abi.encode(intentId, PROGRESS_SLOT))) != 0, "progress");
        assertTrue(vm.load(address(auditLog), keccak256(abi.encode(agentId, 1))) != 0, "chain");
        assertEq(PROGRESS_SLOT, executor.PROGRESS_SLOT(), "as it says");
        vm.prank(PUBLISHER);
        auditLog.publish(agentId, 0, 1, 0, 0);
        assertEq(uint256(vm.load(address(auditLog), keccak256(abi.encode(agentId, 2)))), 1, "published");
    }
}
