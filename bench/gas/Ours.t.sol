// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Intent} from "../../contracts/src/Intent.sol";
import {MandateAccount} from "../../contracts/src/MandateAccount.sol";
import {PolicyEngine} from "../../contracts/src/PolicyEngine.sol";
import {Deployed} from "../../contracts/test/lib/Deployed.sol";
import {Recorder} from "../../contracts/test/lib/Recorder.sol";
import {Measured} from "./Measured.sol";

/// @notice What a payment under a mandate costs. A row is a function: prepare, call once, call again, `ours(path, bound)`.
contract OursBench is Deployed, Measured {
    function setUp() public {
        deployAll();
    }

    function test_pay() public {
        for (uint256 i; i < 2; ++i) {
            vm.prank(AGENT);
            vault.pay(address(token), 100e6, PAYEE, agentId);
        }
        ours("Mandate: ERC-20 from the vault, by the agent's key", 62_000);
        assertEq(token.balanceOf(PAYEE), 200e6, "both moved");
    }

    /// @notice 32 payments in one call, each to somebody else, who holds some of the token already.
    function test_payMany() public {
        MandateAccount.Payment[] memory list = new MandateAccount.Payment[](32);
        PolicyEngine.Terms memory t = terms();
        (t.maxTransactions, t.maxAuditLag) = (100, 100);
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
        vm.prank(AGENT);
        vault.pay(address(token), 1e6, PAYEE, agentId);
        vm.prank(AGENT);
        vault.payMany(agentId, list);
        uint256 each = vm.lastCallGas().gasTotalUsed / list.length;
        oursIs("Mandate: the same, each of 32 in one call", each, 37_200); // 60 % of one alone at its bound
        assertEq(token.balanceOf(list[31].to), 1e6 + 1, "the last moved");
    }

    function test_record() public {
        Recorder recorder = new Recorder(address(authority));
        for (uint256 i; i < 2; ++i) {
            recorder.record(agentId, address(token), PAYEE, 100e6);
        }
        uint256 gas = vm.lastCallGas().gasTotalUsed;
        recorder.nothing(agentId, address(token), PAYEE, 100e6);
        oursIs("Mandate: the audit record in it", gas - vm.lastCallGas().gasTotalUsed, 7_500);
    }

    function test_freeze() public {
        vm.prank(WATCHDOG);
        policy.freeze(agentId);
        thaw();
        vm.prank(WATCHDOG);
        policy.freeze(agentId);
        ours("Mandate: a guardian freezes an agent", 45_000);
    }

    function test_submit() public {
        for (uint256 i; i < 2; ++i) {
            Intent memory intent = payment(address(token), 100e6);
            bytes memory proof = sign(intent);
            executor.submit(intent, proof);
        }
        ours("Mandate: ERC-20 from the vault, by an intent that anybody submits");
        assertEq(token.balanceOf(PAYEE), 200e6, "both moved");
    }
}
