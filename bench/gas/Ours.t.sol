// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Intent} from "../../contracts/src/Intent.sol";
import {MandateAccount} from "../../contracts/src/MandateAccount.sol";
import {PolicyEngine} from "../../contracts/src/PolicyEngine.sol";
import {AccountFixture, OwnedAccount} from "../../contracts/test/lib/AccountFixture.sol";
import {Custody} from "../../contracts/test/lib/Custody.sol";
import {Recorder} from "../../contracts/test/lib/Recorder.sol";
import {ISafe, SafeFixture} from "../../contracts/test/lib/SafeFixture.sol";
import {Measured} from "./Measured.sol";

/// @notice What a payment under a mandate costs. A row is a function: prepare, call once, call again, `ours(path, bound)`.
contract OursBench is Custody, SafeFixture, AccountFixture, Measured {
    uint256 private constant _AMOUNT = 100e6;
    uint256 private constant _BATCH = 32;

    function setUp() public {
        deployAll();
    }

    // ------------------------------------------------------------------ the agent pays at once

    function test_vaultToken() public {
        _vaultToken();
        ours("Mandate vault: ERC-20 by the agent, every rule, audit chain", 62_000);
        assertEq(token.balanceOf(PAYEE), 2 * _AMOUNT, "both moved");
    }

    function test_vaultEther() public {
        for (uint256 i; i < 2; ++i) {
            skip(1 minutes);
            vm.prank(AGENT);
            vault.pay(ETH, 0.1 ether, PAYEE, agentId);
        }
        ours("Mandate vault: ETH by the agent, every rule, audit chain");
        assertEq(PAYEE.balance, 0.2 ether, "both moved");
    }

    function _vaultToken() private {
        for (uint256 i; i < 2; ++i) {
            skip(1 minutes);
            vm.prank(AGENT);
            vault.pay(address(token), _AMOUNT, PAYEE, agentId);
        }
    }

    function test_vaultBatch() public {
        MandateAccount.Payment[] memory payments = new MandateAccount.Payment[](_BATCH);
        PolicyEngine.Terms memory t = terms();
        (t.maxTransactions, t.maxAuditLag) = (100, 100);
        vm.prank(address(timelock));
        vault.setTerms(agentId, t);
        for (uint160 i; i < _BATCH; ++i) {
            payments[i] = MandateAccount.Payment(address(token), address(1000 + i), 1e6);
            vm.prank(address(timelock));
            vault.setRecipient(agentId, HOME, payments[i].to, true);
            token.transfer(payments[i].to, 1);
        }
        _vaultToken();
        uint256 alone = lastCall();
        vm.prank(AGENT);
        vault.payMany(agentId, payments);
        uint256 each = ours("Mandate vault: 32 ERC-20 payments by the agent at once, each to somebody else") / _BATCH;
        assertLe(each, alone * 60 / 100, "60 % of one alone");
        oursIs("Mandate vault: one of these 32; at most 60 % of one alone", each, 37_200);
        assertEq(token.balanceOf(address(1000)), 1e6 + 1, "the first");
        assertEq(token.balanceOf(payments[_BATCH - 1].to), 1e6 + 1, "the last");
    }

    function test_safe141() public {
        _safe(
            SafeVersion.V1_4_1, 75_000, "Mandate module of a Safe 1.4.1: ERC-20 by the agent, every rule, audit chain"
        );
    }

    /// @notice A Safe of this version looks for a guard of its modules: one more cold slot, and its bound is that much higher.
    function test_safe150() public {
        _safe(
            SafeVersion.V1_5_0, 77_500, "Mandate module of a Safe 1.5.0: ERC-20 by the agent, every rule, audit chain"
        );
    }

    function _safe(SafeVersion version, uint256 bound, string memory path) private {
        ISafe safe = newSafe2of3(version);
        admitModuleAgent(deploySafeModule("SafeAgentModule", address(safe)), address(safe));
        enableSafeModule(safe, safeKeys(2), address(module));
        _module();
        ours(path, bound);
        _assertModulePaid();
    }

    function test_account() public {
        OwnedAccount account = newAccount();
        admitModuleAgent(deployAccountModule("ERC7579AgentModule", address(account)), address(account));
        installExecutor(account, address(module), "");
        _module();
        ours("Mandate module of an ERC-7579 account: ERC-20 by the agent, every rule, audit chain");
        _assertModulePaid();
    }

    function _assertModulePaid() private view {
        assertEq(token.balanceOf(PAYEE), 2 * _AMOUNT, "both moved");
        assertEq(token.balanceOf(holder), VAULT_TOKENS - 2 * _AMOUNT, "out of the holder");
    }

    function _module() private {
        for (uint256 i; i < 2; ++i) {
            skip(1 minutes);
            vm.prank(MODULE_AGENT);
            module.pay(address(token), _AMOUNT, PAYEE, moduleAgentId);
        }
    }

    // ------------------------------------------------------------------ anybody submits what the agent signed

    function test_submit() public {
        for (uint256 i; i < 2; ++i) {
            Intent memory intent = payment(address(token), _AMOUNT);
            bytes memory proof = sign(intent);
            atHome.submit(intent, proof);
        }
        ours("Mandate vault: ERC-20 by an intent that anybody submits");
        assertEq(token.balanceOf(PAYEE), 2 * _AMOUNT, "both moved");
    }

    // ------------------------------------------------------------------ a guardian freezes

    function test_freeze() public {
        vm.prank(WATCHDOG);
        policy.freeze(agentId);
        thaw();
        vm.prank(WATCHDOG);
        policy.freeze(agentId);
        ours("Mandate: a guardian freezes an agent", 45_000);
    }

    // ------------------------------------------------------------------ the audit part

    /// @notice What it costs more to record a payment than only to say that it was made.
    function test_audit() public {
        Recorder recorder = new Recorder(address(authority));
        for (uint256 i; i < 2; ++i) {
            recorder.record(agentId, address(token), PAYEE, _AMOUNT);
        }
        uint256 recorded = lastCall();
        recorder.announce(agentId, address(token), PAYEE, _AMOUNT);
        oursIs("Audit part of a payment: hash chain, and the record's number in the event", recorded - lastCall(), 7500);
    }
}
