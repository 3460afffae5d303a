// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {Deployed} from "./lib/Deployed.sol";

/// @notice What wallets and voting sites ask of the governor, its votes and the demo's token.
contract VotesTest is Deployed {
    function setUp() public {
        deployAll();
    }

    function test_governor_tellsItsSettings() public view {
        assertEq(governor.proposalThreshold(), 1000e18, "threshold");
        assertEq(votes.CLOCK_MODE(), "mode=timestamp", "clock");
        assertEq(votes.clock(), time(), "clock");
        assertEq(votes.nonces(DELEGATE), 0, "nonce");
        assertEq(token.decimals(), 6, "decimals");
    }

    /// @notice Who proposed may take it back before the vote begins, and nobody else.
    function test_governor_cancel_byTheProposer() public {
        address[] memory targets = new address[](1);
        bytes[] memory calls = new bytes[](1);
        targets[0] = address(policy);
        vm.prank(DELEGATE);
        uint256 id = governor.propose(targets, new uint256[](1), calls, "Taken back");
        assertTrue(governor.proposalNeedsQueuing(id), "everything waits for the timelock");
        vm.prank(THIEF);
        (bool done,) = address(governor).call(abi.encodeWithSignature("cancel(uint256)", id));
        assertFalse(done, "a stranger cancelled");
        vm.prank(DELEGATE);
        governor.cancel(targets, new uint256[](1), calls, keccak256("Taken back"));
        assertEq(uint8(governor.state(id)), uint8(IGovernor.ProposalState.Canceled), "cancelled");
    }
}
