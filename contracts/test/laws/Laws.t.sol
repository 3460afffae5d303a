// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Action, AuditLog} from "../../src/AuditLog.sol";
import {CrossChainExecutor, State} from "../../src/CrossChainExecutor.sol";
import {Intent} from "../../src/Intent.sol";
import {PolicyEngine} from "../../src/PolicyEngine.sol";
import {QuorumGateway} from "../../src/QuorumGateway.sol";
import {Rule, Verdict} from "../../src/Verdict.sol";
import {Deployed} from "../lib/Deployed.sol";
import {Vm} from "../lib/Test.sol";

/// @notice The laws as stories through the whole system; the parts' tests carry the law in their names too.
contract LawsTest is Deployed {
    function setUp() public {
        deployAll();
    }

    // ------------------------------------------------------------------ L1 leash, L7 no single key

    /// @notice All relayers lie together; one watchdog that looks at home in time is enough, for every vault's coin.
    function test_L7_lyingQuorum_isStoppedByOneHonestWatchdog() public {
        Intent memory forged = remotePayment(ETH, VAULT_ETH);
        forged.to = THIEF;
        bytes32 id = forge(forged);
        assertState(id, State.QUEUED);
        skip(DISPUTE_WINDOW - 1); // the last second of the window
        vm.expectRevert();
        abroad.execute(forged);
        vm.prank(WATCHDOG);
        abroad.dispute(forged);
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(CrossChainExecutor.ExecutorState.selector, id, State.DISPUTED));
        abroad.execute(forged);
        skip(RESOLUTION_WINDOW);
        abroad.resolve(forged);
        assertState(id, State.CANCELLED);
        assertEq(THIEF.balance, 0, "the thief got something");
        assertEq(address(vault).balance, VAULT_ETH, "the vault lost something");
    }

    /// @notice The agent's key in hostile hands, with everything else asleep: what leaves within a window is the cap.
    function test_L7_stolenAgentKey_losesAtMostTheMandate() public {
        uint256 lost;
        for (uint256 i; i < 10; ++i) {
            Intent memory intent = payment(ETH, 1 ether);
            uint256 left = lens.headroom(agentId, ETH).left;
            if (left == 0) break;
            intent.amount = left;
            submitAdmitted(intent);
            lost += left;
        }
        assertLe(lost, 3 ether, "above the cap");
        submitDenied(payment(ETH, 1 ether), Rule.WINDOW);
        Intent memory toThief = payment(ETH, 1);
        toThief.to = THIEF;
        submitDenied(toThief, Rule.AGENT_BREAKER);
        assertEq(VAULT_ETH - address(vault).balance, lost, "left otherwise");
    }

    /// @notice Agent, all relayers and a guardian together still cannot loosen, thaw or take more at home.
    function test_L7_agentRelayersAndGuardianTogether_atHome() public {
        submitDenied(payment(ETH, 2 ether), Rule.PER_TRANSACTION);
        vm.startPrank(WATCHDOG2);
        vm.expectRevert();
        policy.thaw(agentId, 1);
        vm.expectRevert();
        policy.setLimit(agentId, ETH, limit(2 ether, 3 ether));
        vm.stopPrank();
        Intent memory forged = payment(ETH, 2 ether);
        QuorumGateway.Message memory message = messageOf(forged, 0);
        bytes memory signatures = attest(message, 3);
        vm.expectRevert();
        gateway.deliver(message, alone(), signatures);
        assertEq(address(vault).balance, VAULT_ETH, "something left");
    }

    // ------------------------------------------------------------------ L2 cap

    /// @notice Not at midnight: the cap spent in the last second of a bucket stays spent a whole window long.
    function test_L2_noDoubleSpendingAtABoundary() public {
        uint256 length = 12_343;
        vm.warp((time() / length + 1) * length - 1);
        uint256 first = time();
        for (uint256 i; i < 3; ++i) {
            submitAdmitted(payment(ETH, lens.headroom(agentId, ETH).left));
        }
        assertEq(lens.headroom(agentId, ETH).left, 0, "all is spent");
        uint256[4] memory later = [first + 1, first + WINDOW / 2, first + WINDOW - 1, first + WINDOW];
        for (uint256 i; i < later.length; ++i) {
            vm.warp(later[i]);
            assertEq(lens.headroom(agentId, ETH).left, 0, "freed within the window");
        }
        vm.warp(first + WINDOW + WINDOW / 7 + 10);
        assertEq(lens.headroom(agentId, ETH).left, 1 ether, "never freed");
    }

    // ------------------------------------------------------------------ L4 trip

    /// @notice Each rule that trips: the call returns, the transaction ends, the agent is frozen; only governance thaws.
    function test_L4_breach_freezesWhenTheTransactionEnds() public {
        Intent[6] memory breaches;
        for (uint256 i; i < 6; ++i) {
            breaches[i] = payment(ETH, 0.5 ether);
        }
        breaches[0].asset = address(votes);
        breaches[1].chainId = 5;
        breaches[2].to = THIEF;
        breaches[3].data = hex"00";
        breaches[4].amount = 1 ether + 1;
        for (uint256 i; i < 5; ++i) {
            submitAdmitted(payment(ETH, 0.5 ether));
        }
        breaches[5].amount = 0.6 ether;
        Rule[6] memory rules =
            [Rule.ASSET, Rule.CHAIN, Rule.RECIPIENT, Rule.SELECTOR, Rule.PER_TRANSACTION, Rule.WINDOW];
        for (uint256 i; i < 6; ++i) {
            bytes memory proof = sign(breaches[i]);
            (bool ok, bytes memory answer) = address(executor).call(abi.encodeCall(atHome.submit, (breaches[i], proof)));
            assertTrue(ok, "the denial reverted its own trip");
            (, Verdict memory v) = abi.decode(answer, (bytes32, Verdict));
            assertEq(uint8(v.rule), uint8(rules[i]), "rule");
            assertTrue(v.tripped && policy.frozen(agentId), "not frozen");
            submitDenied(payment(ETH, 1), Rule.AGENT_BREAKER);
            thaw();
        }
    }

    /// @notice The engine alone: what consume denied stays frozen.
    function test_consume_tripOutlivesTheDenial() public {
        Intent memory intent = payment(ETH, 1 ether + 1);
        vm.prank(address(executor));
        policy.consume(plain(intent), idFor(intent), intent);
        assertTrue(policy.frozen(agentId), "not frozen");
    }

    function test_L4_unauthenticatedAttemptsFreezeNobody() public {
        Intent memory intent = payment(ETH, 100 ether);
        bytes memory byThief = signature(0xD6, executor.idOf(intent));
        vm.startPrank(THIEF);
        vm.expectRevert();
        atHome.submit(intent, byThief);
        vm.expectRevert();
        policy.consume(plain(intent), idFor(intent), intent);
        vm.expectRevert();
        policy.freeze(agentId);
        vm.expectRevert();
        registry.suspend(agentId);
        vm.stopPrank();
        // Another agent's breach trips that agent only.
        vm.prank(THIEF);
        uint256 other = registry.register();
        proveWallet(other, THIEF, 0xD6);
        vm.startPrank(address(timelock));
        registry.activate(other, address(vault), 0);
        policy.setTerms(other, terms());
        vm.stopPrank();
        Intent memory breach = payment(ETH, 1);
        breach.agentId = other;
        bytes memory proof = signature(0xD6, executor.idOf(breach));
        atHome.submit(breach, proof);
        assertTrue(policy.frozen(other), "the breacher is not frozen");
        assertFalse(policy.frozen(agentId), "somebody else is frozen");
        submitAdmitted(payment(ETH, 1));
    }

    /// @notice What is no breach (nothing asked, too often, too late) denies and does not freeze.
    function test_L4_denialsWithoutBreachDoNotFreeze() public {
        submitDenied(payment(ETH, 0), Rule.AMOUNT);
        for (uint256 i; i < 10; ++i) {
            submitAdmitted(payment(ETH, 1));
        }
        submitDenied(payment(ETH, 1), Rule.FREQUENCY);
        vm.warp(START + 366 days);
        submitDenied(payment(ETH, 1), Rule.EXPIRY);
        assertFalse(policy.frozen(agentId), "frozen");
    }

    // ------------------------------------------------------------------ L6 record

    /// @notice A story with every kind of action: each left one record, with the documented detail, in its transaction.
    function test_L6_everyActionOfAStoryIsOneRecord() public {
        bytes26 head;
        // home: executed, denied, cancelled, dispatched
        Intent memory intent = payment(ETH, 1);
        head = _step(head, submitCall(intent), intent, Action.EXECUTED, abi.encode(vault, ETH, 1));
        intent = payment(ETH, 0);
        bytes memory denial = abi.encode(Rule.AMOUNT, false, 0, 0, 0, 0, 0, address(0));
        head = _step(head, submitCall(intent), intent, Action.DENIED, denial);
        intent = payment(ETH, 1);
        bytes memory cancel = abi.encodeCall(atHome.cancel, (intent));
        head = _step(head, cancel, intent, Action.CANCELLED, abi.encode(OWNER));
        intent = remotePayment(ETH, 1);
        bytes32 messageId = gateway.messageId(messageOf(intent, 1));
        head = _step(head, submitCall(intent), intent, Action.DISPATCHED, abi.encode(messageId));

        // destination: queued, disputed, upheld, executed, expired
        switchTo(REMOTE);
        bytes26 remote;
        bytes memory receive_ =
            abi.encodeCall(gateway.deliver, (messageOf(intent, 1), alone(), attest(messageOf(intent, 1), 2)));
        remote = _step(remote, receive_, intent, Action.QUEUED, abi.encode(messageId, time() + DISPUTE_WINDOW));
        bytes memory call_ = abi.encodeCall(abroad.dispute, (intent));
        remote = _step(remote, call_, intent, Action.DISPUTED, abi.encode(WATCHDOG, time() + RESOLUTION_WINDOW));
        call_ = abi.encodeCall(abroad.uphold, (intent));
        remote = _step(remote, call_, intent, Action.UPHELD, abi.encode(timelock, time()));
        call_ = abi.encodeCall(abroad.execute, (intent));
        remote = _step(remote, call_, intent, Action.EXECUTED, abi.encode(vault, ETH, 1));
        intent = remotePayment(ETH, 1);
        forge(intent);
        (remote,,) = auditLog.chain(agentId);
        vm.warp(intent.deadline + 1);
        call_ = abi.encodeCall(executor.expire, (intent));
        remote = _step(remote, call_, intent, Action.EXPIRED, "");
    }

    function submitCall(Intent memory intent) private returns (bytes memory) {
        share(executor.idOf(intent));
        return abi.encodeCall(atHome.submit, (intent, sign(intent)));
    }

    /// @dev Calls, and expects exactly one record of that content on top of `head`.
    function _step(bytes26 head, bytes memory call_, Intent memory intent, Action action, bytes memory detail)
        private
        returns (bytes26)
    {
        bytes32 id = executor.idOf(intent);
        (, uint256 count,) = auditLog.chain(agentId);
        bytes32 recordHash = keccak256(abi.encode(block.chainid, agentId, action, id, keccak256(detail)));
        head = bytes26(keccak256(abi.encodePacked(head, recordHash)));
        vm.recordLogs();
        if (action == Action.CANCELLED) vm.prank(OWNER);
        if (action == Action.DISPUTED) vm.prank(WATCHDOG);
        if (action == Action.UPHELD) vm.prank(address(timelock));
        (bool ok,) = (action == Action.QUEUED ? address(gateway) : address(executor)).call(call_);
        assertTrue(ok, "the step failed");
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 records;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] == AuditLog.Appended.selector) ++records;
        }
        assertEq(records, 1, "records");
        (bytes26 head_, uint256 count_,) = auditLog.chain(agentId);
        assertEq(count_, count + 1, "count");
        assertEq(bytes32(head_), bytes32(head), "head");
        return head;
    }

    /// @notice No audit, no spending, and a publication is all it takes to go on.
    function test_L6_unpublishedRecordsStopTheAgent() public {
        PolicyEngine.Terms memory t = terms();
        t.maxAuditLag = 3;
        t.maxTransactions = 100;
        vm.prank(address(timelock));
        policy.setTerms(agentId, t);
        for (uint256 i; i < 4; ++i) {
            submitAdmitted(payment(ETH, 1));
        }
        submitDenied(payment(ETH, 1), Rule.AUDIT_LAG);
        (, uint256 count,) = auditLog.chain(agentId);
        vm.prank(PUBLISHER);
        auditLog.publish(agentId, 0, count, bytes32(uint256(1)), bytes32(uint256(2)));
        submitAdmitted(payment(ETH, 1));
    }
}
