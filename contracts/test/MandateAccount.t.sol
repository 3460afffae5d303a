// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Headroom} from "../src/MandateLens.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {AgentVault} from "../src/AgentVault.sol";
import {Action} from "../src/AuditLog.sol";
import {Intent} from "../src/Intent.sol";
import {MandateAccount} from "../src/MandateAccount.sol";
import {PolicyEngine} from "../src/PolicyEngine.sol";
import {Rule, Verdict} from "../src/Verdict.sol";
import {FalseToken, FeeToken, HookToken, MintableToken, SilentToken} from "./lib/BadTokens.sol";
import {Deployed} from "./lib/Deployed.sol";

/// @notice The direct path: the agent's key asks the account itself. One call is judged, paid and recorded.
contract MandateAccountTest is Deployed {
    bytes26 private _head; // the agent's chain, recomputed here
    uint256 private _count;

    function setUp() public {
        deployAll();
    }

    // ------------------------------------------------------------------ helpers

    function _pay(address asset, uint256 amount, address to) private returns (Rule) {
        vm.prank(AGENT);
        return vault.pay(asset, amount, to, agentId);
    }

    function _payMany(MandateAccount.Payment[] memory payments) private returns (Rule[] memory) {
        vm.prank(AGENT);
        return vault.payMany(agentId, payments);
    }

    function _assertPays(address asset, uint256 amount) private {
        uint256 before = _held(asset, PAYEE);
        vm.expectEmit(address(vault));
        emit PolicyEngine.Paid(agentId, asset, PAYEE, amount, _count);
        assertEq(uint8(_pay(asset, amount, PAYEE)), uint8(Rule.NONE), "refused");
        assertEq(_held(asset, PAYEE), before + amount, "arrived");
        _recorded(asset, PAYEE, amount, Action.EXECUTED, abi.encode(vault, asset, amount));
    }

    /// @dev Refused by `rule`, with the words that the same intent would get, recorded, and nothing moved; the trip stands.
    function _assertRefuses(address asset, uint256 amount, address to, Rule rule) private {
        Intent memory same = payment(asset, amount);
        same.to = to;
        Verdict memory v = atHome.preview(same);
        assertEq(uint8(v.rule), uint8(rule), "the intent's rule");
        (bool frozen, uint256 stops) = (policy.frozen(agentId), policy.stops(agentId));
        uint256 native = address(vault).balance;
        uint256 tokens = token.balanceOf(address(vault));
        uint256 used = lens.headroom(agentId, asset).used;
        if (v.tripped) {
            vm.expectEmit(address(vault));
            emit PolicyEngine.Tripped(agentId, AGENT, rule, _idOf(asset, to, amount, _count), amount, v.left);
        }
        vm.expectEmit(address(vault));
        emit PolicyEngine.Refused(agentId, asset, to, amount, _count, v);
        assertEq(uint8(_pay(asset, amount, to)), uint8(rule), "rule");
        assertEq(address(vault).balance, native, "ether left");
        assertEq(token.balanceOf(address(vault)), tokens, "tokens left");
        assertEq(lens.headroom(agentId, asset).used, used, "counted");
        assertTrue(policy.frozen(agentId) == (frozen || v.tripped), "breaker");
        assertEq(policy.stops(agentId), stops + (v.tripped ? 1 : 0), "stops");
        _recorded(asset, to, amount, Action.DENIED, abi.encode(v));
        if (!v.tripped) return;
        assertEq(uint8(_pay(ETH, 1, PAYEE)), uint8(Rule.AGENT_BREAKER), "not frozen");
        _recorded(ETH, PAYEE, 1, Action.DENIED, abi.encode(Rule.AGENT_BREAKER, false, 0, 0, 0, 0, 0, address(0)));
        thaw();
    }

    /// @dev Of the intent that says the same, with the record's number as nonce and no deadline.
    function _idOf(address asset, address to, uint256 amount, uint256 index) private view returns (bytes32) {
        return executor.idOf(Intent(agentId, address(vault), HOME, asset, to, amount, "", index, 0));
    }

    /// @dev The chain is one record longer, and that record is as docs/architecture.md says.
    function _recorded(address asset, address to, uint256 amount, Action action, bytes memory detail) private {
        bytes32 id = _idOf(asset, to, amount, _count);
        bytes32 recordHash = keccak256(abi.encode(HOME, agentId, action, id, keccak256(detail)));
        _head = bytes26(keccak256(abi.encodePacked(_head, recordHash)));
        ++_count;
        _assertChain();
    }

    function _assertChain() private view {
        (bytes26 head, uint256 count,) = auditLog.chain(agentId);
        assertEq(count, _count, "records");
        assertEq(bytes32(head), bytes32(_head), "head");
    }

    function _held(address asset, address who) private view returns (uint256) {
        return asset == ETH ? who.balance : MintableToken(asset).balanceOf(who);
    }

    function _payment(address asset, uint256 amount) private view returns (MandateAccount.Payment memory) {
        return MandateAccount.Payment(asset, PAYEE, amount);
    }

    function _payments(uint256 count, uint256 amount) private view returns (MandateAccount.Payment[] memory list) {
        list = new MandateAccount.Payment[](count);
        for (uint256 i; i < count; ++i) {
            list[i] = _payment(ETH, amount);
        }
    }

    function _assertRules(Rule[] memory rules, Rule a, Rule b, Rule c) private pure {
        assertEq(rules.length, 3, "one answer each");
        assertEq(uint8(rules[0]), uint8(a), "first");
        assertEq(uint8(rules[1]), uint8(b), "second");
        assertEq(uint8(rules[2]), uint8(c), "third");
    }

    /// @dev Governance lets the agent spend another asset.
    function _allow(address asset) private {
        vm.startPrank(address(timelock));
        policy.setLimit(agentId, asset, limit(1000, 2500));
        policy.setAssetChain(agentId, asset, HOME, true);
        vm.stopPrank();
    }

    // ------------------------------------------------------------------ pay

    function test_L6_pay_movesCountsAndRecords() public {
        _assertPays(ETH, 1 ether);
        _assertPays(address(token), 100e6);
        _assertPays(ETH, 1);
        Headroom memory h = lens.headroom(agentId, address(token));
        assertEq(h.used, 100e6, "used");
        assertEq(h.transactionsLeft, 7, "transactions");
        assertEq(h.recordsLeft, 48, "records");
    }

    function testFuzz_L1_pay_movesExactlyTheAmount(uint256 amount, bool native) public {
        amount = bound(amount, 1, native ? 1 ether : 1000e6);
        _assertPays(native ? ETH : address(token), amount);
    }

    /// @notice The direct path, intents at home and intents for another chain draw on one cap.
    function test_L2_pay_sharesTheCapWithIntents() public {
        _assertPays(ETH, 1 ether);
        submitAdmitted(payment(ETH, 1 ether));
        submitAdmitted(remotePayment(ETH, 0.5 ether));
        assertEq(lens.headroom(agentId, ETH).left, 0.5 ether, "left");
        assertEq(uint8(_pay(ETH, 0.5 ether + 1, PAYEE)), uint8(Rule.WINDOW), "more than is left");
        thaw();
        assertEq(uint8(_pay(ETH, 0.5 ether, PAYEE)), uint8(Rule.NONE), "what is left");
        submitDenied(payment(ETH, 1), Rule.WINDOW);
    }

    /// @notice Two payments that say the same are two records: the record's number tells them apart.
    function test_L3_pay_sameAgainIsAnotherRecord() public {
        _assertPays(ETH, 5);
        _assertPays(ETH, 5);
        assertTrue(_idOf(ETH, PAYEE, 5, 0) != _idOf(ETH, PAYEE, 5, 1), "one id");
    }

    /// @notice No intent that is signed has the id of a direct payment: its deadline would be over for a long time.
    function test_L3_pay_idIsNoSignedIntents() public {
        Intent memory intent = Intent(agentId, address(vault), HOME, ETH, PAYEE, 5, "", 0, 0);
        bytes memory proof = sign(intent);
        vm.expectRevert();
        atHome.submit(intent, proof);
        _assertPays(ETH, 5);
    }

    // ------------------------------------------------------------------ refusals

    /// @notice Each rule: the call returns, says why, records it, trips when it is a breach, and pays nothing.
    function test_L4_pay_refusedByEachRule() public {
        PolicyEngine.Terms memory t = terms();
        t.maxTransactions = 1000;
        vm.prank(address(timelock));
        policy.setTerms(agentId, t);
        _assertRefuses(address(votes), 1, PAYEE, Rule.ASSET);
        _assertRefuses(ETH, 1, THIEF, Rule.RECIPIENT);
        _assertRefuses(ETH, 0, PAYEE, Rule.AMOUNT);
        _assertRefuses(ETH, 1 ether + 1, PAYEE, Rule.PER_TRANSACTION);
        _assertRefuses(ETH, type(uint256).max, PAYEE, Rule.PER_TRANSACTION);
        for (uint256 i; i < 3; ++i) {
            _assertPays(ETH, 0.9 ether);
        }
        _assertRefuses(ETH, 0.3 ether + 1, PAYEE, Rule.WINDOW);
        _assertPays(ETH, 0.3 ether);
        vm.prank(OWNER);
        policy.setAssetChain(agentId, ETH, HOME, false);
        _assertRefuses(ETH, 1, PAYEE, Rule.CHAIN);
        t.maxTransactions = 4;
        vm.prank(OWNER);
        policy.setTerms(agentId, t);
        _assertRefuses(address(token), 1, PAYEE, Rule.FREQUENCY);
        t.maxTransactions = 5;
        t.maxAuditLag = uint16(_count);
        vm.prank(address(timelock));
        policy.setTerms(agentId, t);
        _assertPays(address(token), 1);
        t.maxTransactions = 6;
        vm.prank(address(timelock));
        policy.setTerms(agentId, t);
        _assertRefuses(address(token), 1, PAYEE, Rule.AUDIT_LAG);
        vm.warp(uint256(t.expiry) + 1);
        _assertRefuses(address(token), 1, PAYEE, Rule.EXPIRY);
    }

    function test_L4_pay_refusedByEachBreaker() public {
        vm.prank(WATCHDOG);
        policy.freeze(agentId);
        _assertRefuses(ETH, 1, PAYEE, Rule.AGENT_BREAKER);
        thaw();
        vm.startPrank(WATCHDOG);
        policy.stop(PolicyEngine.Scope.ASSET, uint160(ETH));
        vm.stopPrank();
        _assertRefuses(ETH, 1, PAYEE, Rule.ASSET_BREAKER);
        _assertPays(address(token), 1);
        vm.prank(WATCHDOG);
        policy.stop(PolicyEngine.Scope.CHAIN, HOME);
        _assertRefuses(address(token), 1, PAYEE, Rule.CHAIN_BREAKER);
        vm.prank(WATCHDOG);
        policy.stop(PolicyEngine.Scope.ALL, 0);
        _assertRefuses(address(token), 1, PAYEE, Rule.GLOBAL_BREAKER);
    }

    /// @notice A key that lost its standing can still be told so, and is recorded; nothing moves.
    function test_pay_refusedForASuspendedAndARevokedAgent() public {
        vm.prank(OWNER);
        registry.suspend(agentId);
        _assertRefuses(ETH, 1, PAYEE, Rule.AGENT_STATUS);
        vm.prank(OWNER);
        registry.revoke(agentId);
        _assertStranger(AGENT, agentId);
    }

    /// @notice An agent that is a contract and does not look at the answer: the trip stands when the transaction ends.
    function test_L4_pay_tripOutlivesACareless() public {
        Careless careless = new Careless();
        vm.prank(address(registry));
        policy.sync(agentId, address(careless), true, 0);
        careless.call(address(vault), abi.encodeCall(vault.pay, (ETH, 2 ether, PAYEE, agentId)));
        assertTrue(policy.frozen(agentId), "not frozen");
    }

    // ------------------------------------------------------------------ whose key

    /// @notice Whoever does not hold the agent's key gets no answer, leaves no record, and freezes nobody.
    function test_L1_pay_revert_strangers() public {
        address[9] memory strangers = [
            THIEF, OWNER, WATCHDOG, PUBLISHER, DEPLOYER, PAYEE, address(timelock), address(executor), address(registry)
        ];
        for (uint256 i; i < strangers.length; ++i) {
            _assertStranger(strangers[i], agentId);
        }
    }

    function testFuzz_L4_pay_revert_anyStranger(address who, uint256 id) public {
        if (who == AGENT && id == agentId) return;
        _assertStranger(who, id);
    }

    function _assertStranger(address who, uint256 id) private {
        bytes memory stranger = abi.encodeWithSelector(PolicyEngine.PolicyNotAgent.selector, id, who);
        vm.expectRevert(stranger);
        vm.prank(who);
        vault.pay(ETH, 2 ether, PAYEE, id);
        vm.expectRevert(stranger);
        vm.prank(who);
        vault.payMany(id, _payments(2, 2 ether));
        assertFalse(policy.frozen(agentId), "froze somebody else's agent");
        assertEq(policy.stops(agentId), 0, "counted");
        _assertChain();
    }

    /// @notice One agent's key is nobody for another agent.
    function test_L1_pay_revert_anotherAgentsKey() public {
        vm.prank(THIEF);
        uint256 other = registry.register();
        proveWallet(other, THIEF, 0xD6);
        activate(other);
        vm.prank(address(timelock));
        policy.setTerms(other, terms());
        _assertStranger(THIEF, agentId);
        vm.prank(THIEF);
        assertEq(uint8(vault.pay(ETH, 1, PAYEE, other)), uint8(Rule.ASSET), "its own mandate");
        assertTrue(policy.frozen(other), "its own breach");
        assertFalse(policy.frozen(agentId), "not of the other");
    }

    /// @notice A new key takes over what was counted; the old one is nobody from that transaction on.
    function test_L2_pay_keyThatWasReplaced() public {
        _assertPays(ETH, 1 ether);
        Headroom memory before = lens.headroom(agentId, ETH);
        proveWallet(agentId, OWNER, 0xA2);
        assertEq(abi.encode(lens.headroom(agentId, ETH)), abi.encode(before), "the mandate changed with the key");
        _assertStranger(AGENT, agentId);
        address fresh = vm.addr(0xA2);
        vm.startPrank(fresh);
        assertEq(uint8(vault.pay(ETH, 1 ether, PAYEE, agentId)), uint8(Rule.NONE), "the new key");
        assertEq(uint8(vault.pay(ETH, 1 ether, PAYEE, agentId)), uint8(Rule.NONE), "the new key");
        assertEq(uint8(vault.pay(ETH, 1, PAYEE, agentId)), uint8(Rule.WINDOW), "one cap for both");
        vm.stopPrank();
        assertKeyLost(agentId, OWNER, AGENT_KEY);
        proveWallet(agentId, OWNER, 0xA3);
        vm.prank(vm.addr(0xA3));
        assertEq(uint8(vault.pay(ETH, 1, PAYEE, agentId)), uint8(Rule.AGENT_BREAKER), "no key thaws");
    }

    function test_L7_pay_revert_keyOfATransferredAgent() public {
        vm.prank(OWNER);
        registry.transferFrom(OWNER, THIEF, agentId);
        _assertStranger(AGENT, agentId);
        _assertStranger(address(0), agentId + 1);
    }

    function test_pay_revert_keyThatWasUnset() public {
        vm.prank(OWNER);
        registry.unsetAgentWallet(agentId);
        _assertStranger(AGENT, agentId);
    }

    /// @notice Away from home no agent is live, whoever says so.
    function test_L11_pay_revert_awayFromHome() public {
        vm.chainId(REMOTE);
        AgentVault remote = new AgentVault(
            address(authority), address(timelock), registry, address(executor), guard, HOME, new uint256[](0)
        );
        vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyNotHome.selector, HOME));
        vm.prank(address(registry));
        remote.sync(agentId, AGENT, true, 0);
        vm.deal(address(remote), 1 ether);
        vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyNotHome.selector, HOME));
        vm.prank(AGENT);
        remote.pay(ETH, 1, PAYEE, agentId);
    }

    /// @notice A fork of home with another chain id has every mandate and every balance, but no stop there reaches an agent's words.
    ///         So nothing is paid there, nor held against the agent.
    function test_L3_pay_revert_onAFork() public {
        PolicyEngine.Terms memory t = terms();
        t.open = true;
        vm.prank(address(timelock));
        policy.setTerms(agentId, t);
        vm.chainId(99);
        vm.prank(WATCHDOG);
        policy.stop(PolicyEngine.Scope.ALL, 0);
        MandateAccount.Payment[] memory batch = new MandateAccount.Payment[](1);
        batch[0] = MandateAccount.Payment(ETH, PAYEE, 1);
        vm.startPrank(AGENT);
        vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyNotHome.selector, HOME));
        vault.pay(ETH, 1, PAYEE, agentId);
        vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyNotHome.selector, HOME));
        vault.payMany(agentId, batch);
        vm.stopPrank();
        assertFalse(policy.frozen(agentId), "frozen");
    }

    function test_L7_sync_revert_notTheRegistry() public {
        address[6] memory others = [THIEF, AGENT, OWNER, WATCHDOG, address(timelock), address(executor)];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyNotRegistry.selector, others[i]));
            vm.prank(others[i]);
            policy.sync(agentId, others[i], true, 0);
        }
    }

    // ------------------------------------------------------------------ a batch

    function test_L6_payMany_eachIsJudgedPaidAndRecorded() public {
        MandateAccount.Payment[] memory list = new MandateAccount.Payment[](3);
        list[0] = _payment(ETH, 1 ether);
        list[1] = _payment(address(token), 7e6);
        list[2] = _payment(ETH, 1);
        _assertRules(_payMany(list), Rule.NONE, Rule.NONE, Rule.NONE);
        assertEq(PAYEE.balance, 1 ether + 1, "ether");
        assertEq(token.balanceOf(PAYEE), 7e6, "tokens");
        assertEq(lens.headroom(agentId, ETH).transactionsLeft, 7, "transactions");
        bytes26 head;
        for (uint256 i; i < 3; ++i) {
            bytes32 id = _idOf(list[i].asset, PAYEE, list[i].amount, i);
            bytes32 detail = keccak256(abi.encode(vault, list[i].asset, list[i].amount));
            head = bytes26(
                keccak256(abi.encodePacked(head, keccak256(abi.encode(HOME, agentId, Action.EXECUTED, id, detail))))
            );
        }
        (_head, _count) = (head, 3);
        _assertChain();
    }

    /// @notice Not under cover of a batch: what one of it spends is gone for the next.
    function test_L2_payMany_oneCapForAll() public {
        Rule[] memory rules = _payMany(_payments(5, 1 ether));
        for (uint256 i; i < 5; ++i) {
            assertEq(uint8(rules[i]), uint8(i < 3 ? Rule.NONE : i == 3 ? Rule.WINDOW : Rule.AGENT_BREAKER), "rule");
        }
        assertEq(PAYEE.balance, 3 ether, "the cap");
    }

    /// @notice A breach in a batch: what was before it is paid, the trip stands, nothing after it is even looked at.
    function test_L4_payMany_breachStopsTheRest() public {
        MandateAccount.Payment[] memory list = _payments(3, 1);
        list[1].amount = 2 ether;
        list[2].amount = VAULT_ETH + 1; // could not be paid: looked at, it would undo the trip
        _assertRules(_payMany(list), Rule.NONE, Rule.PER_TRANSACTION, Rule.AGENT_BREAKER);
        assertTrue(policy.frozen(agentId), "not frozen");
        assertEq(policy.stops(agentId), 1, "stops");
        assertEq(PAYEE.balance, 1, "paid");
        (, uint256 count,) = auditLog.chain(agentId);
        assertEq(count, 2, "records");
        submitDenied(payment(ETH, 1), Rule.AGENT_BREAKER);
    }

    /// @notice What is refused without a breach holds up nothing.
    function test_payMany_refusalWithoutBreachGoesOn() public {
        MandateAccount.Payment[] memory list = _payments(3, 1);
        list[1].amount = 0;
        _assertRules(_payMany(list), Rule.NONE, Rule.AMOUNT, Rule.NONE);
        assertEq(PAYEE.balance, 2, "paid");
        (, uint256 count,) = auditLog.chain(agentId);
        assertEq(count, 3, "records");
    }

    /// @notice What was admitted and can't be paid reverts all of it: no payment, no count, no record.
    function test_L1_payMany_revert_oneCannotBePaid() public {
        vm.prank(address(timelock));
        vault.withdraw(ETH, DELEGATE, VAULT_ETH - 5);
        MandateAccount.Payment[] memory list = _payments(3, 2);
        vm.expectRevert(abi.encodeWithSelector(MandateAccount.AccountInsufficient.selector, ETH, 2, 1));
        _payMany(list);
        assertEq(PAYEE.balance, 0, "paid");
        assertEq(lens.headroom(agentId, ETH).used, 0, "counted");
        _assertChain();
    }

    function test_payMany_nothing() public {
        assertEq(_payMany(new MandateAccount.Payment[](0)).length, 0, "answers");
        _assertChain();
    }

    function test_L4_payMany_tripOutlivesACareless() public {
        Careless careless = new Careless();
        vm.prank(address(registry));
        policy.sync(agentId, address(careless), true, 0);
        careless.call(address(vault), abi.encodeCall(vault.payMany, (agentId, _payments(4, 2 ether))));
        assertTrue(policy.frozen(agentId), "not frozen");
    }

    // ------------------------------------------------------------------ bad tokens, bad recipients

    /// @dev Reverts for `reason`, and nothing was counted or recorded.
    function _assertReverts(address asset, uint256 amount, address to, bytes memory reason) private {
        bytes memory before = abi.encode(lens.headroom(agentId, asset));
        if (reason.length == 0) vm.expectRevert();
        else vm.expectRevert(reason);
        vm.prank(AGENT);
        vault.pay(asset, amount, to, agentId);
        assertEq(abi.encode(lens.headroom(agentId, asset)), before, "counted");
        _assertChain();
    }

    function test_pay_revert_tokenReturnsFalse() public {
        FalseToken t = new FalseToken();
        t.mint(address(vault), 100);
        _allow(address(t));
        _assertReverts(
            address(t), 40, PAYEE, abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(t))
        );
    }

    function test_pay_tokenReturnsNothing() public {
        SilentToken t = new SilentToken();
        t.mint(address(vault), 100);
        _allow(address(t));
        _assertPays(address(t), 40);
    }

    /// @notice What a token keeps from the recipient left for the recipient: no more left than was declared and counted.
    function test_L1_pay_tokenKeepsAFeeFromTheRecipient() public {
        FeeToken t = new FeeToken();
        t.mint(address(vault), 1000);
        _allow(address(t));
        assertEq(uint8(_pay(address(t), 400, PAYEE)), uint8(Rule.NONE), "rule");
        assertEq(t.balanceOf(address(vault)), 600, "left");
        assertEq(t.balanceOf(PAYEE), 396, "arrived");
        assertEq(lens.headroom(agentId, address(t)).used, 400, "counted");
    }

    /// @notice A token that calls back is a stranger; and one that holds the agent's key can't hide a second payment in the first.
    function test_L1_pay_tokenReenters() public {
        HookToken t = new HookToken();
        t.mint(address(vault), 100);
        _allow(address(t));
        bytes[3] memory calls = [
            abi.encodeCall(vault.pay, (address(t), 10, PAYEE, agentId)),
            abi.encodeCall(vault.payMany, (agentId, _payments(1, 1))),
            abi.encodeCall(vault.payOut, (bytes32(0), agentId, ETH, THIEF, 1))
        ];
        for (uint256 i; i < calls.length; ++i) {
            t.hook(address(vault), calls[i]);
            _assertPays(address(t), 10);
            assertFalse(t.succeeded(), "paid within a payment");
        }
        vm.prank(address(registry));
        policy.sync(agentId, address(t), true, 0);
        t.hook(address(vault), calls[1]); // ether, within a payment of the token
        vm.expectRevert(
            abi.encodeWithSelector(MandateAccount.AccountMovedOther.selector, ETH, uint256(0), VAULT_ETH, VAULT_ETH - 1)
        );
        vm.prank(address(t));
        vault.pay(address(t), 10, PAYEE, agentId);
        assertEq(lens.headroom(agentId, ETH).used, 0, "counted");
        _assertChain();
    }

    function test_pay_revert_recipientRefusesEther() public {
        vm.prank(address(timelock));
        policy.setRecipient(agentId, HOME, address(token), true);
        _assertReverts(ETH, 1, address(token), "");
    }

    function test_pay_revert_vaultHasLess() public {
        vm.prank(address(timelock));
        vault.withdraw(ETH, DELEGATE, VAULT_ETH - 5);
        _assertReverts(ETH, 6, PAYEE, abi.encodeWithSelector(MandateAccount.AccountInsufficient.selector, ETH, 6, 5));
    }

    /// @notice A payment from the vault to itself moves nothing, which is not what was declared.
    function test_L1_pay_revert_toTheVaultItself() public {
        vm.prank(address(timelock));
        policy.setRecipient(agentId, HOME, address(vault), true);
        bytes memory moved =
            abi.encodeWithSelector(MandateAccount.AccountMovedOther.selector, ETH, uint256(1), VAULT_ETH, VAULT_ETH);
        _assertReverts(ETH, 1, address(vault), moved);
    }
}

/// @notice Acts for an agent, and does not look at what it is told.
contract Careless {
    function call(address target, bytes calldata data) external {
        (bool ok,) = target.call(data);
        require(ok);
    }
}
