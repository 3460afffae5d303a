// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {AgentVault} from "../src/AgentVault.sol";
import {CallKind} from "../src/CallKind.sol";
import {CrossChainExecutor, State} from "../src/CrossChainExecutor.sol";
import {DestinationExecutor} from "../src/DestinationExecutor.sol";
import {ExecutorSettings} from "../src/ExecutorSettings.sol";
import {HomeExecutor} from "../src/HomeExecutor.sol";
import {Intent} from "../src/Intent.sol";
import {MandateAccount} from "../src/MandateAccount.sol";
import {PolicyEngine} from "../src/PolicyEngine.sol";
import {Rule, Tier, Verdict} from "../src/Verdict.sol";
import {CallRules} from "../src/rules/CallRules.sol";
import {Tiers} from "../src/rules/Tiers.sol";
import {Deployed} from "./lib/Deployed.sol";
import {ContractWallet} from "./lib/Recipients.sol";

/// @notice What happens to an intent at home: submit, wait, proceed, cancel, dispatch.
contract ExecutorHomeTest is Deployed {
    function setUp() public {
        deployAll();
    }

    // ------------------------------------------------------------------ submit

    function test_submit_paysAtOnce() public {
        Intent memory intent = payment(address(token), 100e6);
        bytes32 id = executor.idOf(intent);
        bytes memory proof = sign(intent);
        vm.expectEmit(address(policy));
        emit PolicyEngine.Consumed(agentId, id, address(token), 100e6);
        vm.expectEmit(address(executor));
        emit CrossChainExecutor.IntentExecuted(id, agentId, intent, 100e6);
        vm.prank(THIEF); // anyone may submit what the agent signed
        (bytes32 intentId, Verdict memory verdict) = atHome.submit(intent, proof);
        assertEq(intentId, id, "id");
        assertEq(uint8(verdict.tier), uint8(Tier.INSTANT), "tier");
        assertEq(verdict.eta, time(), "eta");
        assertState(id, State.EXECUTED);
        assertTrue(atHome.nonceUsed(agentId, intent.nonce), "nonce");
    }

    function test_submit_dispatchesToAnotherChain() public {
        Intent memory intent = remotePayment(address(token), 100e6);
        bytes32 id = executor.idOf(intent);
        bytes32 messageId = gateway.messageId(messageOf(intent, 1));
        bytes memory proof = sign(intent);
        vm.expectEmit(address(executor));
        emit HomeExecutor.IntentDispatched(id, agentId, intent, messageId);
        atHome.submit(intent, proof);
        assertState(id, State.DISPATCHED);
        assertEq(token.balanceOf(PAYEE), 0, "nothing is paid at home");
    }

    function test_submit_recordsADenial() public {
        Intent memory intent = payment(address(token), 1001e6);
        bytes32 id = executor.idOf(intent);
        bytes memory proof = sign(intent);
        Verdict memory expected = Verdict(Rule.PER_TRANSACTION, true, Tier.INSTANT, 0, 1000e6, 1000e6, 0, address(0));
        vm.expectEmit(address(executor));
        emit HomeExecutor.IntentDenied(id, agentId, intent, expected);
        atHome.submit(intent, proof);
        assertState(id, State.DENIED);
        assertTrue(atHome.nonceUsed(agentId, intent.nonce), "a denial uses the nonce up");
        vm.expectRevert(abi.encodeWithSelector(HomeExecutor.ExecutorNonceUsed.selector, agentId, intent.nonce));
        atHome.submit(intent, proof);
    }

    function test_submit_revert_pastDeadline() public {
        Intent memory intent = payment(ETH, 1);
        bytes memory proof = sign(intent);
        vm.warp(intent.deadline + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                CrossChainExecutor.ExecutorPastDeadline.selector, intent.deadline, intent.deadline + 1
            )
        );
        atHome.submit(intent, proof);
        vm.warp(intent.deadline);
        atHome.submit(intent, proof);
    }

    /// @notice What governance never admitted leaves no record: publishing it would cost the relayers, and anybody can
    ///         register.
    function test_L6_pendingAgentLeavesNoRecord() public {
        vm.prank(THIEF);
        uint256 id = registry.register();
        proveWallet(id, THIEF, 0xD6);
        Intent memory intent = payment(ETH, 1);
        intent.agentId = id;
        bytes memory proof = signature(0xD6, executor.idOf(intent));
        bytes memory pending = abi.encodeWithSelector(HomeExecutor.ExecutorAgentPending.selector, id);
        vm.expectRevert(pending);
        atHome.submit(intent, proof);
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorUnauthorized.selector, THIEF));
        vm.prank(THIEF);
        atHome.cancel(intent);
        vm.expectRevert(pending);
        vm.prank(WATCHDOG);
        atHome.cancel(intent);
        (, uint256 count,) = auditLog.chain(id);
        assertEq(count, 0, "recorded");
        vm.prank(address(timelock));
        registry.activate(id, address(vault), 0);
        atHome.submit(intent, proof);
        (, count,) = auditLog.chain(id);
        assertEq(count, 1, "an admitted agent's denial is recorded");
    }

    function test_submit_revert_deadlineTooFar() public {
        Intent memory intent = payment(ETH, 1);
        uint64 latest = uint64(time() + executor.MAX_LIFETIME());
        intent.deadline = latest + 1;
        bytes memory proof = sign(intent);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorDeadlineTooFar.selector, latest + 1, latest));
        atHome.submit(intent, proof);
        intent.deadline = latest;
        submitAdmitted(intent);
    }

    function test_L6_submit_revert_dataTooLongToPublish() public {
        Intent memory intent = payment(address(token), 1);
        intent.data = new bytes(8193);
        bytes memory proof = sign(intent);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorDataTooLong.selector, 8193, 8192));
        atHome.submit(intent, proof);
        intent.data = new bytes(8192);
        proof = sign(intent);
        (, Verdict memory verdict) = atHome.submit(intent, proof);
        assertEq(uint8(verdict.rule), uint8(Rule.SELECTOR), "judged");
    }

    function test_submit_revert_nobodysSignature() public {
        Intent memory intent = payment(ETH, 1);
        bytes32 id = executor.idOf(intent);
        bytes memory invalid = abi.encodeWithSelector(HomeExecutor.ExecutorSignatureInvalid.selector, agentId, AGENT);
        bytes memory byThief = signature(0xD6, id);
        vm.expectRevert(invalid);
        atHome.submit(intent, byThief);
        bytes memory byOwner = signature(0xD2, id);
        vm.expectRevert(invalid);
        atHome.submit(intent, byOwner);
        vm.expectRevert(invalid);
        atHome.submit(intent, "");
        vm.expectRevert(invalid);
        atHome.submit(intent, new bytes(65));
        assertFalse(atHome.nonceUsed(agentId, intent.nonce), "an unproven attempt uses nothing up");
    }

    function test_submit_revert_malleableSignature() public {
        Intent memory intent = payment(ETH, 1);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(AGENT_KEY, executor.idOf(intent));
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        bytes memory twin = abi.encodePacked(r, bytes32(order - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        vm.expectRevert(abi.encodeWithSelector(HomeExecutor.ExecutorSignatureInvalid.selector, agentId, AGENT));
        atHome.submit(intent, twin);
    }

    function test_L1_submit_revert_anyFieldAltered() public {
        Intent memory signed = payment(address(token), 100e6);
        bytes memory proof = sign(signed);
        for (uint256 field = 1; field < 9; ++field) {
            Intent memory altered = payment(address(token), 100e6);
            altered.nonce = signed.nonce;
            if (field == 1) altered.account = THIEF;
            if (field == 2) altered.chainId = REMOTE;
            if (field == 3) altered.asset = ETH;
            if (field == 4) altered.to = THIEF;
            if (field == 5) altered.amount += 1;
            if (field == 6) altered.data = hex"00";
            if (field == 7) altered.nonce += 1000;
            if (field == 8) altered.deadline += 1;
            vm.expectRevert(
                field == 1
                    ? abi.encodeWithSelector(HomeExecutor.ExecutorAccountOther.selector, agentId, THIEF, vault)
                    : abi.encodeWithSelector(HomeExecutor.ExecutorSignatureInvalid.selector, agentId, AGENT)
            );
            atHome.submit(altered, proof);
        }
        vm.prank(OWNER);
        uint256 second = registry.register();
        vm.prank(address(timelock));
        registry.activate(second, address(vault), 0);
        signed.agentId = second;
        vm.expectRevert(abi.encodeWithSelector(HomeExecutor.ExecutorSignatureInvalid.selector, second, address(0)));
        atHome.submit(signed, proof);
    }

    /// @notice The agent without a key is nobody: the recovered zero address of a broken signature must not match it.
    function test_L1_submit_revert_agentWithoutKey() public {
        vm.prank(OWNER);
        registry.unsetAgentWallet(agentId);
        Intent memory intent = payment(ETH, 1);
        bytes memory proof = sign(intent);
        bytes memory invalid =
            abi.encodeWithSelector(HomeExecutor.ExecutorSignatureInvalid.selector, agentId, address(0));
        vm.expectRevert(invalid);
        atHome.submit(intent, proof);
        vm.expectRevert(invalid);
        atHome.submit(intent, new bytes(65));
    }

    /// @notice A signature for another deployment, home chain or version is not one for this.
    function test_L3_submit_revert_signedForAnotherDomain() public {
        Intent memory intent = payment(ETH, 1);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "Intent(uint256 agentId,address account,uint256 chainId,address asset,address to,uint256 amount,bytes data,uint256 nonce,uint64 deadline)"
                ),
                intent.agentId,
                intent.account,
                intent.chainId,
                intent.asset,
                intent.to,
                intent.amount,
                keccak256(intent.data),
                intent.nonce,
                intent.deadline
            )
        );
        assertEq(_digest("Mandate", "1", HOME, address(executor), structHash), executor.idOf(intent), "documented id");
        bytes32[4] memory wrong = [
            _digest("Mandat", "1", HOME, address(executor), structHash),
            _digest("Mandate", "2", HOME, address(executor), structHash),
            _digest("Mandate", "1", REMOTE, address(executor), structHash),
            _digest("Mandate", "1", HOME, THIEF, structHash)
        ];
        for (uint256 i; i < wrong.length; ++i) {
            bytes memory proof = signature(AGENT_KEY, wrong[i]);
            vm.expectRevert(abi.encodeWithSelector(HomeExecutor.ExecutorSignatureInvalid.selector, agentId, AGENT));
            atHome.submit(intent, proof);
        }
    }

    function _digest(string memory name, string memory version, uint256 chain, address place, bytes32 structHash)
        private
        pure
        returns (bytes32)
    {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256(bytes(version)),
                chain,
                place
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function test_L3_submit_revert_twice() public {
        Intent memory intent = payment(ETH, 1);
        bytes memory proof = sign(intent);
        atHome.submit(intent, proof);
        vm.expectRevert(abi.encodeWithSelector(HomeExecutor.ExecutorNonceUsed.selector, agentId, intent.nonce));
        atHome.submit(intent, proof);
    }

    function test_L3_submit_revert_anotherIntentWithAUsedNonce() public {
        Intent memory first = payment(ETH, 1);
        submitAdmitted(first);
        Intent memory second = payment(ETH, 2);
        second.nonce = first.nonce;
        bytes memory proof = sign(second);
        vm.expectRevert(abi.encodeWithSelector(HomeExecutor.ExecutorNonceUsed.selector, agentId, first.nonce));
        atHome.submit(second, proof);
    }

    function test_submit_noncesAreUnorderedAndWide() public {
        uint256[5] memory nonces = [type(uint256).max, 255, 256, 0, 1 << 200];
        for (uint256 i; i < nonces.length; ++i) {
            Intent memory intent = payment(ETH, 1);
            intent.nonce = nonces[i];
            assertFalse(atHome.nonceUsed(agentId, nonces[i]), "fresh");
            submitAdmitted(intent);
            assertTrue(atHome.nonceUsed(agentId, nonces[i]), "used");
        }
        assertFalse(atHome.nonceUsed(agentId, 1), "neighbour");
        assertFalse(atHome.nonceUsed(agentId, 254), "neighbour");
        assertFalse(atHome.nonceUsed(agentId + 1, 255), "another agent's");
    }

    /// @notice What the vault cannot pay does not count as spent, and its nonce stays free.
    function test_submit_revert_vaultCannotPay() public {
        Intent memory intent = payment(address(token), 100e6);
        bytes memory proof = sign(intent);
        vm.prank(address(timelock));
        vault.withdraw(address(token), OWNER, VAULT_TOKENS);
        vm.expectRevert(
            abi.encodeWithSelector(
                MandateAccount.AccountInsufficient.selector, address(token), uint256(100e6), uint256(0)
            )
        );
        atHome.submit(intent, proof);
        assertEq(lens.headroom(agentId, address(token)).used, 0, "nothing was counted");
        assertFalse(atHome.nonceUsed(agentId, intent.nonce), "nonce stays free");
    }

    /// @notice An agent has one account: what it spends from any other would be counted nowhere.
    function test_L2_submit_revert_accountThatIsNotTheAgents() public {
        uint256[] memory none = new uint256[](0);
        AgentVault other = new AgentVault(address(authority), OWNER, registry, address(executor), guard, HOME, none);
        vm.deal(address(other), 1 ether);
        Intent memory intent = payment(ETH, 1);
        intent.account = address(other);
        bytes memory proof = sign(intent);
        vm.expectRevert(abi.encodeWithSelector(HomeExecutor.ExecutorAccountOther.selector, agentId, other, vault));
        atHome.submit(intent, proof);
        vm.expectRevert(abi.encodeWithSelector(HomeExecutor.ExecutorAccountOther.selector, agentId, other, vault));
        vm.prank(OWNER);
        atHome.cancel(intent);
    }

    function test_L1_submit_revert_accountThatGovernanceTookOut() public {
        vm.prank(address(timelock));
        executor.setAccount(address(vault), false);
        Intent memory intent = payment(ETH, 1);
        bytes memory proof = sign(intent);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorAccountUnknown.selector, vault));
        atHome.submit(intent, proof);
    }

    function test_L1_submit_revert_accountReportsAnotherAmount() public {
        vm.mockCall(address(vault), abi.encodeWithSelector(vault.payOut.selector), abi.encode(uint256(2)));
        Intent memory intent = payment(ETH, 1);
        bytes memory proof = sign(intent);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorMovedOther.selector, uint256(1), uint256(2)));
        atHome.submit(intent, proof);
        vm.clearMockedCalls();
    }

    /// @notice Of a call less may leave than is declared, and no more.
    function test_L1_submit_revert_accountReportsMoreOfACall() public {
        Intent memory intent = payment(ETH, 2);
        (intent.to, intent.data) = (address(new ContractWallet(AGENT)), hex"12345678");
        uint8 any = calls.ANY();
        CallRules.Permission memory p = CallRules.Permission(CallKind.SEND, any, any, any, false);
        vm.prank(address(timelock));
        calls.setPermission(agentId, HOME, intent.to, bytes4(hex"12345678"), p);
        bytes memory proof = sign(intent);
        vm.mockCall(address(vault), abi.encodeWithSelector(vault.callOut.selector), abi.encode(uint256(3)));
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorMovedOther.selector, uint256(2), uint256(3)));
        atHome.submit(intent, proof);
        vm.mockCall(address(vault), abi.encodeWithSelector(vault.callOut.selector), abi.encode(uint256(1)));
        atHome.submit(intent, proof);
        vm.clearMockedCalls();
        assertState(executor.idOf(intent), State.EXECUTED);
    }

    function test_submit_byAContractWallet() public {
        ContractWallet wallet = new ContractWallet(AGENT);
        bytes memory accepted = wallet.accepted();
        vm.prank(OWNER);
        registry.setAgentWallet(agentId, address(wallet), time() + 60, accepted);
        Intent memory intent = payment(ETH, 1);
        bytes memory refused = sign(intent);
        vm.expectRevert(
            abi.encodeWithSelector(HomeExecutor.ExecutorSignatureInvalid.selector, agentId, address(wallet))
        );
        atHome.submit(intent, refused);
        atHome.submit(intent, accepted);
        assertState(executor.idOf(intent), State.EXECUTED);
    }

    /// @notice A payee cannot use the executor's own call to submit or execute more.
    function test_L3_submit_revert_reentered() public {
        ReenteringPayee payee = new ReenteringPayee(executor);
        vm.prank(address(timelock));
        policy.setRecipient(agentId, HOME, address(payee), true);
        Intent memory inner = payment(address(token), 10e6);
        payee.prepare(inner, sign(inner));
        Intent memory outer = payment(ETH, 1);
        outer.to = address(payee);
        submitAdmitted(outer);
        assertEq(
            payee.answer(),
            abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector),
            "re-entered"
        );
        assertState(executor.idOf(inner), State.NONE);
    }

    // ------------------------------------------------------------------ waiting (a tier with a delay)

    function _submitDelayed(Intent memory intent) private returns (bytes32 intentId) {
        grade(intent.asset, Tiers.Thresholds(NEVER, 0, 600, NEVER));
        bytes memory proof = sign(intent);
        intentId = executor.idOf(intent);
        vm.expectEmit(address(executor));
        emit HomeExecutor.IntentAdmitted(intentId, agentId, intent, Tier.DELAY, uint64(time() + 600));
        atHome.submit(intent, proof);
        assertState(intentId, State.ADMITTED);
    }

    function test_proceed_afterTheDelay() public {
        Intent memory intent = payment(ETH, 1);
        bytes32 id = _submitDelayed(intent);
        uint64 due = uint64(time() + 600);
        vm.warp(due - 1);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorTooEarly.selector, id, due, due - 1));
        atHome.proceed(intent);
        vm.warp(due);
        atHome.proceed(intent);
        assertState(id, State.EXECUTED);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorState.selector, id, State.EXECUTED));
        atHome.proceed(intent);
    }

    function test_proceed_dispatchesToAnotherChain() public {
        Intent memory intent = remotePayment(ETH, 1);
        bytes32 id = _submitDelayed(intent);
        skip(600);
        atHome.proceed(intent);
        assertState(id, State.DISPATCHED);
    }

    function test_L1_proceed_revert_agentStoppedMeanwhile() public {
        Intent memory intent = payment(ETH, 1);
        bytes32 id = _submitDelayed(intent);
        skip(600);
        vm.prank(WATCHDOG);
        policy.freeze(agentId);
        vm.expectRevert(refused(id, Rule.AGENT_BREAKER));
        atHome.proceed(intent);
        thaw();
        vm.prank(OWNER);
        registry.suspend(agentId);
        vm.expectRevert(refused(id, Rule.AGENT_STATUS));
        atHome.proceed(intent);
    }

    /// @notice What waits stops with everything that it would leave through: it was admitted before, it leaves now.
    function test_L4_proceed_revert_breakerTrippedMeanwhile() public {
        PolicyEngine.Scope[4] memory scopes =
            [PolicyEngine.Scope.ALL, PolicyEngine.Scope.CHAIN, PolicyEngine.Scope.CHAIN, PolicyEngine.Scope.ASSET];
        uint256[4] memory what = [uint256(0), HOME, REMOTE, uint160(ETH)];
        Rule[4] memory stopped = [Rule.GLOBAL_BREAKER, Rule.CHAIN_BREAKER, Rule.CHAIN_BREAKER, Rule.ASSET_BREAKER];
        Intent memory intent = remotePayment(ETH, 1);
        bytes32 id = _submitDelayed(intent);
        skip(600);
        for (uint256 i; i < scopes.length; ++i) {
            vm.prank(WATCHDOG);
            policy.stop(scopes[i], what[i]);
            vm.expectRevert(refused(id, stopped[i]));
            atHome.proceed(intent);
            vm.prank(address(timelock));
            policy.restart(scopes[i], what[i], 1);
        }
        vm.prank(WATCHDOG);
        policy.stop(PolicyEngine.Scope.ASSET, uint160(address(token))); // another asset's
        atHome.proceed(intent);
        assertState(id, State.DISPATCHED);
    }

    function test_L3_proceed_revert_pastDeadlineThenExpires() public {
        Intent memory intent = payment(ETH, 1);
        bytes32 id = _submitDelayed(intent);
        vm.warp(intent.deadline);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorNotExpired.selector, id, intent.deadline));
        executor.expire(intent);
        vm.warp(intent.deadline + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                CrossChainExecutor.ExecutorPastDeadline.selector, intent.deadline, intent.deadline + 1
            )
        );
        atHome.proceed(intent);
        executor.expire(intent);
        assertState(id, State.EXPIRED);
    }

    /// @notice Not on a chain that forked from home either, where the other executor stands.
    function test_L3_execute_revert_admittedIsNotQueued() public {
        Intent memory intent = payment(ETH, 1);
        bytes32 id = _submitDelayed(intent);
        skip(600);
        becomes(REMOTE);
        bytes memory wrongState = abi.encodeWithSelector(CrossChainExecutor.ExecutorState.selector, id, State.ADMITTED);
        vm.expectRevert(wrongState);
        abroad.execute(intent);
        vm.expectRevert(wrongState);
        vm.prank(WATCHDOG);
        abroad.dispute(intent);
    }

    // ------------------------------------------------------------------ cancel

    function test_cancel_whatWaits() public {
        Intent memory intent = payment(ETH, 1);
        bytes32 id = _submitDelayed(intent);
        vm.expectEmit(address(executor));
        emit CrossChainExecutor.IntentCancelled(id, agentId, intent, OWNER);
        vm.prank(OWNER);
        atHome.cancel(intent);
        assertState(id, State.CANCELLED);
        skip(600);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorState.selector, id, State.CANCELLED));
        atHome.proceed(intent);
    }

    function test_cancel_beforeSubmission() public {
        address[3] memory allowed = [AGENT, OWNER, WATCHDOG];
        for (uint256 i; i < allowed.length; ++i) {
            Intent memory intent = payment(ETH, 1);
            bytes memory proof = sign(intent);
            vm.expectEmit(address(executor)); // nothing else would ever show the intent and its nonce
            emit CrossChainExecutor.IntentCancelled(executor.idOf(intent), agentId, intent, allowed[i]);
            vm.prank(allowed[i]);
            atHome.cancel(intent);
            assertState(executor.idOf(intent), State.CANCELLED);
            vm.expectRevert(abi.encodeWithSelector(HomeExecutor.ExecutorNonceUsed.selector, agentId, intent.nonce));
            atHome.submit(intent, proof);
        }
    }

    /// @notice The record of a cancellation holds the intent too: what is too long to publish is not cancelled either.
    function test_L6_cancel_revert_dataTooLongToPublish() public {
        Intent memory intent = payment(address(token), 1);
        intent.data = new bytes(8193);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorDataTooLong.selector, 8193, 8192));
        vm.prank(OWNER);
        atHome.cancel(intent);
        intent.data = new bytes(8192);
        vm.prank(OWNER);
        atHome.cancel(intent);
    }

    function test_cancel_revert_unauthorized() public {
        Intent memory intent = payment(ETH, 1);
        address[3] memory others = [THIEF, PUBLISHER, DEPLOYER];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorUnauthorized.selector, others[i]));
            vm.prank(others[i]);
            atHome.cancel(intent);
        }
    }

    function test_cancel_revert_whatIsOver() public {
        Intent memory intent = payment(ETH, 1);
        bytes32 id = submitAdmitted(intent);
        vm.startPrank(OWNER);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorState.selector, id, State.EXECUTED));
        atHome.cancel(intent);
        vm.stopPrank();
        Intent memory away = remotePayment(ETH, 1);
        bytes32 awayId = submitAdmitted(away);
        vm.startPrank(OWNER);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorState.selector, awayId, State.DISPATCHED));
        atHome.cancel(away);
        vm.stopPrank();
    }

    /// @notice Nothing is carried out past its deadline, so there is nothing to cancel; and what a direct payment did has deadline 0.
    function test_L3_cancel_revert_pastTheDeadline() public {
        Intent memory intent = payment(ETH, 1);
        bytes32 id = _submitDelayed(intent);
        vm.warp(intent.deadline + 1);
        _expectPastDeadline(intent);
        assertState(id, State.ADMITTED);
        vm.prank(AGENT);
        vault.pay(ETH, 1, PAYEE, agentId);
        intent.deadline = 0;
        for (intent.nonce = 0; intent.nonce < 3; ++intent.nonce) {
            _expectPastDeadline(intent);
        }
        intent.deadline = uint64(time());
        vm.prank(OWNER);
        atHome.cancel(intent);
    }

    function _expectPastDeadline(Intent memory intent) private {
        vm.expectRevert(
            abi.encodeWithSelector(CrossChainExecutor.ExecutorPastDeadline.selector, intent.deadline, time())
        );
        vm.prank(OWNER);
        atHome.cancel(intent);
    }

    /// @notice Cancelling one intent must not give back the nonce of another that ran with it.
    function test_L3_cancel_revert_anotherIntentWithAUsedNonce() public {
        Intent memory ran = payment(ETH, 1);
        submitAdmitted(ran);
        Intent memory other = payment(ETH, 2);
        other.nonce = ran.nonce;
        vm.expectRevert(abi.encodeWithSelector(HomeExecutor.ExecutorNonceUsed.selector, agentId, ran.nonce));
        vm.prank(OWNER);
        atHome.cancel(other);
    }

    function test_constructor_revert_disputeWindowOutOfBounds() public {
        vm.expectRevert(
            abi.encodeWithSelector(
                ExecutorSettings.ExecutorDisputeWindow.selector, uint64(0), uint64(5), uint64(3 days)
            )
        );
        this.create(0, PAUSE);
    }

    function test_constructor_revert_pauseTooLong() public {
        uint64 max = executor.MAX_PAUSE();
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorPauseTooLong.selector, max + 1, max));
        this.create(30, max + 1);
    }

    function test_constructor_revert_notAtHome() public {
        vm.chainId(REMOTE);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorNotHome.selector, HOME));
        this.create(30, PAUSE);
    }

    function create(uint64 disputeWindow, uint64 pause) external {
        new HomeExecutor(
            address(authority),
            HOME,
            registry,
            address(gateway),
            rules,
            approvers,
            new address[](0),
            disputeWindow,
            pause
        );
    }
}

contract ReenteringPayee {
    CrossChainExecutor private immutable _EXECUTOR;
    Intent private _inner;
    bytes private _proof;
    bytes public answer;

    constructor(CrossChainExecutor executor) {
        _EXECUTOR = executor;
    }

    function prepare(Intent calldata inner, bytes calldata proof) external {
        _inner = inner;
        _proof = proof;
    }

    receive() external payable {
        (, answer) = address(_EXECUTOR).call(abi.encodeCall(HomeExecutor.submit, (_inner, _proof)));
    }
}
