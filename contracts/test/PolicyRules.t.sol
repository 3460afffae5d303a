// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Headroom} from "../src/MandateLens.sol";
import {PolicyEngine} from "../src/PolicyEngine.sol";
import {Action} from "../src/AuditLog.sol";
import {Status} from "../src/AgentRegistry.sol";
import {HomeExecutor} from "../src/HomeExecutor.sol";
import {Intent} from "../src/Intent.sol";
import {Rule, Tier, Verdict} from "../src/Verdict.sol";
import {Deployed} from "./lib/Deployed.sol";

/// @notice Every rule of the engine: what it refuses, in which order, with which limit, rest and time.
contract PolicyRulesTest is Deployed {
    uint256 private constant LENGTH = 12_343; // seconds of a bucket of a day's window
    uint256 private constant HOUR_LENGTH = 515; // seconds of a bucket of an hour's window

    function setUp() public {
        deployAll();
        vm.warp((START / LENGTH + 1) * LENGTH); // the first second of a bucket
    }

    function _assertVerdict(
        Verdict memory v,
        Rule rule,
        bool tripped,
        uint256 limit_,
        uint256 left,
        uint256 availableAt
    ) private pure {
        assertEq(uint8(v.rule), uint8(rule), "rule");
        assertTrue(v.tripped == tripped, "tripped");
        assertEq(uint8(v.tier), uint8(Tier.INSTANT), "tier");
        assertEq(v.eta, 0, "eta");
        assertEq(v.limit, limit_, "limit");
        assertEq(v.left, left, "left");
        assertEq(v.availableAt, availableAt, "availableAt");
    }

    /// @dev What preview says is what consume does, and the breaker is as the verdict says.
    function _judge(Intent memory intent) private returns (Verdict memory verdict) {
        Verdict memory previewed = atHome.preview(intent);
        bool before = policy.frozen(agentId);
        (, verdict) = submit(intent);
        assertEq(abi.encode(previewed), abi.encode(verdict), "preview differs");
        assertTrue(policy.frozen(agentId) == (before || verdict.tripped), "breaker");
    }

    // ------------------------------------------------------------------ rule by rule

    function test_admits() public {
        Verdict memory v = _judge(payment(ETH, 1 ether));
        assertEq(uint8(v.rule), uint8(Rule.NONE), "rule");
        assertEq(v.eta, time(), "eta");
    }

    function test_status_everyOneButActive() public {
        vm.prank(OWNER);
        registry.suspend(agentId);
        _assertVerdict(_judge(payment(ETH, 1)), Rule.AGENT_STATUS, false, 0, 0, 0);
        vm.prank(OWNER);
        registry.revoke(agentId);
        _assertVerdict(atHome.preview(payment(ETH, 1)), Rule.AGENT_STATUS, false, 0, 0, 0);
        Intent memory intent = payment(ETH, 1);
        bytes memory proof = sign(intent);
        vm.expectRevert(abi.encodeWithSelector(HomeExecutor.ExecutorSignatureInvalid.selector, agentId, address(0)));
        atHome.submit(intent, proof);
    }

    function test_L11_status_pendingAgentWithAKey() public {
        vm.prank(THIEF);
        uint256 id = registry.register();
        proveWallet(id, THIEF, AGENT_KEY);
        Intent memory intent = payment(ETH, 1);
        intent.agentId = id;
        _assertVerdict(atHome.preview(intent), Rule.AGENT_STATUS, false, 0, 0, 0);
    }

    function test_breaker() public {
        vm.prank(WATCHDOG);
        policy.freeze(agentId);
        _assertVerdict(_judge(payment(ETH, 1)), Rule.AGENT_BREAKER, false, 0, 0, 0);
    }

    function test_expiry_theLastSecondCounts() public {
        PolicyEngine.Terms memory t = terms();
        vm.warp(t.expiry);
        submitAdmitted(payment(ETH, 1));
        vm.warp(uint256(t.expiry) + 1);
        _assertVerdict(_judge(payment(ETH, 1)), Rule.EXPIRY, false, t.expiry, 0, 0);
    }

    function test_L11_asset_unknown() public {
        _assertVerdict(_judge(payment(address(votes), 1)), Rule.ASSET, true, 0, 0, 0);
    }

    function test_L11_chain_unknownToTheEngine() public {
        Intent memory intent = payment(ETH, 1);
        intent.chainId = 5;
        _assertVerdict(_judge(intent), Rule.CHAIN, true, 0, 0, 0);
    }

    function test_chain_notForThisAsset() public {
        vm.prank(OWNER);
        policy.setAssetChain(agentId, ETH, REMOTE, false);
        _assertVerdict(_judge(remotePayment(ETH, 1)), Rule.CHAIN, true, 0, 0, 0);
        thaw();
        submitAdmitted(payment(ETH, 1));
    }

    function test_L11_recipient_notOnTheList() public {
        Intent memory intent = payment(ETH, 1);
        intent.to = THIEF;
        _assertVerdict(_judge(intent), Rule.RECIPIENT, true, 0, 0, 0);
    }

    function test_recipient_ofAnotherChain() public {
        vm.prank(OWNER);
        policy.setRecipient(agentId, REMOTE, PAYEE, false);
        _assertVerdict(_judge(remotePayment(ETH, 1)), Rule.RECIPIENT, true, 0, 0, 0);
        thaw();
        submitAdmitted(payment(ETH, 1));
    }

    function test_L11_selector_anyCallData() public {
        Intent memory intent = payment(ETH, 1);
        intent.data = hex"00";
        _assertVerdict(_judge(intent), Rule.SELECTOR, true, 0, 0, 0);
    }

    function test_amount_zero() public {
        _assertVerdict(_judge(payment(ETH, 0)), Rule.AMOUNT, false, 0, 0, 0);
    }

    function test_perTransaction_exactlyTheCapAndOneMore() public {
        submitAdmitted(payment(address(token), 1000e6));
        _assertVerdict(_judge(payment(address(token), 1000e6 + 1)), Rule.PER_TRANSACTION, true, 1000e6, 1000e6, 0);
    }

    /// @notice `left` is what a next request may ask for: the smaller of both caps.
    function test_L12_perTransaction_leftIsWhatTheWindowStillAdmits() public {
        submitAdmitted(payment(address(token), 1000e6));
        submitAdmitted(payment(address(token), 1000e6));
        uint256 left = lens.headroom(agentId, address(token)).left;
        _assertVerdict(_judge(payment(address(token), 1001e6)), Rule.PER_TRANSACTION, true, 1000e6, left, 0);
        assertEq(left, 500e6, "left");
        thaw();
        submitAdmitted(payment(address(token), left));
    }

    function testFuzz_perTransaction_hugeAmountsDoNotOverflow(uint256 amount) public {
        amount = bound(amount, 1000e6 + 1, type(uint256).max);
        _assertVerdict(_judge(payment(address(token), amount)), Rule.PER_TRANSACTION, true, 1000e6, 1000e6, 0);
    }

    function test_L12_window_leftAndTheFirstSecondItFits() public {
        uint256 first = time();
        submitAdmitted(payment(address(token), 1000e6));
        skip(LENGTH);
        submitAdmitted(payment(address(token), 1000e6));
        uint256 left = lens.headroom(agentId, address(token)).left;
        // The first use falls out with its bucket, eight buckets later.
        uint256 availableAt = first + 8 * LENGTH;
        _assertVerdict(_judge(payment(address(token), left + 1)), Rule.WINDOW, true, 2500e6, left, availableAt);
        thaw();
        vm.warp(availableAt - 1);
        assertEq(uint8(atHome.preview(payment(address(token), left + 1)).rule), uint8(Rule.WINDOW), "a second early");
        vm.warp(availableAt);
        submitAdmitted(payment(address(token), left + 1));
    }

    /// @notice Whatever was spent and when: before `availableAt` never, from then on yes.
    function testFuzz_L12_window_availableAtIsExact(uint256 seed) public {
        for (uint256 i; i < 6; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            skip(seed % 20_000);
            Intent memory intent = payment(address(token), 1 + (seed >> 128) % 1000e6);
            Verdict memory v = atHome.preview(intent);
            if (v.rule == Rule.WINDOW) {
                assertGe(v.availableAt, time() + 1, "in the past");
                vm.warp(v.availableAt - 1);
                intent.deadline = uint64(time() + 60);
                assertEq(uint8(atHome.preview(intent).rule), uint8(Rule.WINDOW), "a second early");
                vm.warp(v.availableAt);
            }
            intent.deadline = uint64(time() + 60);
            submitAdmitted(intent);
        }
    }

    /// @notice `left` in the verdict and in the headroom: exactly this is admitted, one more is not.
    function testFuzz_L12_left_isExact(uint256 seed) public {
        for (uint256 i; i < 4; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            skip(seed % 10_000);
            uint256 left = lens.headroom(agentId, address(token)).left;
            if (left == 0) break;
            assertEq(uint8(atHome.preview(payment(address(token), left)).rule), uint8(Rule.NONE), "left is admitted");
            Verdict memory more = atHome.preview(payment(address(token), left + 1));
            assertTrue(more.rule == Rule.WINDOW || more.rule == Rule.PER_TRANSACTION, "one more is not");
            assertEq(more.left, left, "left in the verdict");
            submitAdmitted(payment(address(token), 1 + (seed >> 128) % left));
        }
    }

    function test_window_moreThanTheCapIsNeverAvailable() public {
        vm.prank(address(timelock));
        policy.setLimit(agentId, address(token), limit(5000e6, 2500e6));
        _assertVerdict(_judge(payment(address(token), 2501e6)), Rule.WINDOW, true, 2500e6, 2500e6, 0);
    }

    function test_window_countsPerAsset() public {
        for (uint256 i; i < 3; ++i) {
            submitAdmitted(payment(ETH, 0.9 ether));
        }
        submitAdmitted(payment(address(token), 1000e6));
        submitDenied(payment(ETH, 0.9 ether), Rule.WINDOW);
    }

    function test_L2_window_countsAllChainsTogether() public {
        submitAdmitted(remotePayment(ETH, 1 ether));
        submitAdmitted(payment(ETH, 1 ether));
        submitAdmitted(remotePayment(ETH, 0.9 ether));
        submitDenied(payment(ETH, 0.2 ether), Rule.WINDOW);
    }

    function test_L12_frequency_leftAndTheFirstSecondItFits() public {
        uint256 bucketStart = time() / HOUR_LENGTH * HOUR_LENGTH;
        for (uint256 i; i < 10; ++i) {
            submitAdmitted(payment(ETH, 1));
        }
        uint256 availableAt = bucketStart + 8 * HOUR_LENGTH;
        _assertVerdict(_judge(payment(ETH, 1)), Rule.FREQUENCY, false, 10, 0, availableAt);
        Intent memory late = payment(ETH, 1);
        late.deadline = uint64(availableAt + 60);
        vm.warp(availableAt - 1);
        assertEq(uint8(atHome.preview(late).rule), uint8(Rule.FREQUENCY), "a second early");
        vm.warp(availableAt);
        submitAdmitted(late);
    }

    function test_frequency_noneAllowed() public {
        PolicyEngine.Terms memory t = terms();
        t.maxTransactions = 0;
        vm.prank(OWNER);
        policy.setTerms(agentId, t);
        _assertVerdict(_judge(payment(ETH, 1)), Rule.FREQUENCY, false, 0, 0, 0);
    }

    function test_frequency_denialsDoNotCount() public {
        for (uint256 i; i < 20; ++i) {
            submitDenied(payment(ETH, 0), Rule.AMOUNT);
        }
        submitAdmitted(payment(ETH, 1));
        assertEq(lens.headroom(agentId, ETH).transactionsLeft, 9, "left");
    }

    function test_L6_auditLag_stopsUntilRecordsArePublished() public {
        PolicyEngine.Terms memory t = terms();
        t.maxAuditLag = 2;
        vm.prank(OWNER);
        policy.setTerms(agentId, t);
        for (uint256 i; i < 3; ++i) {
            submitAdmitted(payment(ETH, 1));
        }
        _assertVerdict(_judge(payment(ETH, 1)), Rule.AUDIT_LAG, false, 2, 0, 0);
        vm.prank(PUBLISHER);
        auditLog.publish(agentId, 0, 2, bytes32(0), bytes32(0));
        submitAdmitted(payment(ETH, 1)); // 4 records, 2 published: two unpublished are admitted
        _assertVerdict(_judge(payment(ETH, 1)), Rule.AUDIT_LAG, false, 2, 0, 0);
    }

    function test_consume_revert_notTheExecutor() public {
        Intent memory intent = payment(ETH, 1);
        address[5] memory others = [THIEF, AGENT, OWNER, WATCHDOG, address(timelock)];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyNotExecutor.selector, others[i]));
            vm.prank(others[i]);
            policy.consume(plain(intent), idFor(intent), intent);
        }
    }

    function test_consume_emitsTheTrip() public {
        Intent memory intent = payment(ETH, 1 ether + 1);
        bytes32 id = executor.idOf(intent);
        bytes memory proof = sign(intent);
        vm.expectEmit(address(policy));
        emit PolicyEngine.Tripped(agentId, address(executor), Rule.PER_TRANSACTION, id, 1 ether + 1, 1 ether);
        atHome.submit(intent, proof);
    }

    // ------------------------------------------------------------------ order

    /// @notice An intent that breaks every rule is refused by the first; each time the first is mended, by the next.
    function test_order_firstRuleDecides() public {
        vm.startPrank(OWNER);
        registry.suspend(agentId);
        policy.freeze(agentId);
        PolicyEngine.Terms memory t = terms();
        t.maxTransactions = 0;
        t.expiry = uint32(time() - 1);
        t.maxAuditLag = 0;
        policy.setTerms(agentId, t);
        vm.stopPrank();
        vm.prank(address(executor));
        _appendRecord();

        Intent memory intent = payment(address(votes), 0);
        intent.chainId = 5;
        intent.to = THIEF;
        intent.data = hex"00";
        _first(intent, Rule.AGENT_STATUS);
        vm.startPrank(address(timelock));
        registry.activate(agentId, address(vault), registry.stops(agentId));
        _first(intent, Rule.AGENT_BREAKER);
        policy.thaw(agentId, policy.stops(agentId));
        policy.stop(PolicyEngine.Scope.ASSET, uint160(address(token)));
        policy.stop(PolicyEngine.Scope.CHAIN, REMOTE);
        policy.stop(PolicyEngine.Scope.CHAIN, HOME);
        policy.stop(PolicyEngine.Scope.ALL, 0);
        _first(intent, Rule.GLOBAL_BREAKER);
        policy.restart(PolicyEngine.Scope.ALL, 0, 1);
        _first(intent, Rule.CHAIN_BREAKER);
        policy.restart(PolicyEngine.Scope.CHAIN, HOME, 1);
        _first(intent, Rule.EXPIRY);
        t.expiry = uint32(time());
        policy.setTerms(agentId, t);
        _first(intent, Rule.ASSET);
        intent.asset = address(token);
        _first(intent, Rule.ASSET_BREAKER);
        policy.restart(PolicyEngine.Scope.ASSET, uint160(address(token)), 1);
        _first(intent, Rule.CHAIN);
        intent.chainId = REMOTE;
        _first(intent, Rule.CHAIN_BREAKER);
        intent.chainId = HOME;
        _first(intent, Rule.SELECTOR);
        intent.data = "";
        _first(intent, Rule.RECIPIENT);
        intent.to = PAYEE;
        _first(intent, Rule.AMOUNT);
        intent.amount = 3000e6;
        _first(intent, Rule.PER_TRANSACTION);
        policy.setLimit(agentId, address(token), limit(5000e6, 2500e6));
        _first(intent, Rule.WINDOW);
        intent.amount = 1e6;
        _first(intent, Rule.FREQUENCY);
        t.maxTransactions = 1;
        policy.setTerms(agentId, t);
        _first(intent, Rule.AUDIT_LAG);
        t.maxAuditLag = 1;
        policy.setTerms(agentId, t);
        _first(intent, Rule.NONE);
    }

    function _appendRecord() private {
        policy.append(Action.DENIED, agentId, bytes32(uint256(1)), 0);
    }

    function _first(Intent memory intent, Rule rule) private view {
        assertEq(uint8(atHome.preview(intent).rule), uint8(rule), "first rule");
    }

    // ------------------------------------------------------------------ default deny

    /// @notice An active agent with no mandate at all: nothing is admitted, whatever it asks for.
    function testFuzz_L11_emptyMandateDeniesEverything(address asset, address to, uint256 amount, bool remote) public {
        vm.prank(THIEF);
        uint256 id = registry.register();
        activate(id);
        Intent memory intent = remote ? remotePayment(asset, amount) : payment(asset, amount);
        intent.agentId = id;
        intent.to = to;
        assertEq(uint8(atHome.preview(intent).rule), uint8(Rule.EXPIRY), "empty mandate");
    }

    /// @notice Each part of a mandate is needed: without any one of them nothing is admitted.
    function test_L11_everyPartIsNeeded() public {
        vm.prank(THIEF);
        uint256 id = registry.register();
        Intent memory intent = payment(ETH, 1);
        intent.agentId = id;
        vm.startPrank(address(timelock));
        registry.activate(id, address(vault), registry.stops(id));
        _first(intent, Rule.EXPIRY);
        policy.setTerms(id, terms());
        _first(intent, Rule.ASSET);
        policy.setAssetChain(id, ETH, HOME, true);
        _first(intent, Rule.ASSET);
        policy.setLimit(id, ETH, limit(1, 1));
        _first(intent, Rule.RECIPIENT);
        policy.setRecipient(id, HOME, PAYEE, true);
        _first(intent, Rule.NONE);
        policy.setAssetChain(id, ETH, HOME, false);
        _first(intent, Rule.CHAIN);
    }

    // ------------------------------------------------------------------ headroom

    function test_headroom_tellsEverything() public {
        uint256 start = time();
        submitAdmitted(payment(address(token), 600e6));
        Headroom memory h = lens.headroom(agentId, address(token));
        assertEq(abi.encode(h.limit), abi.encode(limit(1000e6, 2500e6)), "limit");
        assertEq(abi.encode(h.terms), abi.encode(terms()), "terms");
        assertEq(h.used, 600e6, "used");
        assertEq(h.left, 1000e6, "left: the per-transaction cap");
        assertEq(h.moreAt, start + 8 * LENGTH, "moreAt");
        assertEq(h.transactionsLeft, 9, "transactions");
        assertEq(h.transactionAt, 0, "transactionAt");
        assertEq(h.recordsLeft, 50, "records");
        assertFalse(h.frozen, "frozen");
        assertEq(uint8(h.status), uint8(Status.ACTIVE), "status");
        vm.warp(h.moreAt);
        assertEq(lens.headroom(agentId, address(token)).used, 0, "gone");
        assertEq(lens.headroom(agentId, address(token)).moreAt, 0, "nothing used");
    }

    function test_headroom_unknownAgentOrAsset() public view {
        Headroom memory h = lens.headroom(99, address(votes));
        assertEq(h.left, 0, "left");
        assertEq(h.transactionsLeft, 0, "transactions");
        assertEq(h.transactionAt, 0, "never");
    }

    function test_headroom_whenTheNextTransactionFits() public {
        for (uint256 i; i < 10; ++i) {
            submitAdmitted(payment(ETH, 1));
        }
        Headroom memory h = lens.headroom(agentId, ETH);
        assertEq(h.transactionsLeft, 0, "transactions");
        assertEq(h.transactionAt, atHome.preview(payment(ETH, 1)).availableAt, "as the verdict says");
    }
}
