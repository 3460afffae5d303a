// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Action} from "../src/AuditLog.sol";
import {CallKind} from "../src/CallKind.sol";
import {State} from "../src/CrossChainExecutor.sol";
import {Headroom} from "../src/MandateLens.sol";
import {Intent} from "../src/Intent.sol";
import {MandateAccount} from "../src/MandateAccount.sol";
import {PolicyEngine} from "../src/PolicyEngine.sol";
import {Rule, Tier, Verdict} from "../src/Verdict.sol";
import {CallRules} from "../src/rules/CallRules.sol";
import {Finding} from "../src/rules/MandateRules.sol";
import {Tiers} from "../src/rules/Tiers.sol";
import {Deployed} from "./lib/Deployed.sol";

/// @notice Takes money on behalf of whom the caller names.
contract Till {
    mapping(address => uint256) public credit;

    function topUp(address whom) external payable {
        credit[whom] += msg.value;
    }
}

/// @notice What the direct path and the signed path each ask, of whom, and whom they believe.
contract PolicyPathsTest is Deployed {
    Till private _till;

    function setUp() public {
        deployAll();
        _till = new Till();
    }

    function _setTerms(bool basic, bool open) private {
        PolicyEngine.Terms memory t = terms();
        (t.basic, t.open) = (basic, open);
        vm.prank(address(timelock));
        policy.setTerms(agentId, t);
    }

    function _pay(address asset, address to, uint256 amount) private returns (Rule) {
        vm.prank(AGENT);
        return vault.pay(asset, amount, to, agentId);
    }

    /// @dev All that judging could change.
    function _state() private view returns (bytes32) {
        (bytes32 head, uint256 count, uint256 published) = auditLog.chain(agentId);
        return keccak256(
            abi.encode(
                lens.headroom(agentId, ETH),
                lens.headroom(agentId, address(token)),
                policy.stops(agentId),
                head,
                count,
                published
            )
        );
    }

    // ------------------------------------------------------------------ the direct path

    /// @notice Tiers, rules and pace are asked of intents only, so a mandate that has them is not spent from without one.
    function test_direct_notBasicNeedsAnIntent() public {
        grade(ETH, Tiers.Thresholds(NEVER, NEVER, 0, NEVER));
        uint256[3] memory amounts = [uint256(1), 1 ether, 2 ether]; // also what is above every cap
        for (uint256 i; i < 3; ++i) {
            Headroom memory before = lens.headroom(agentId, ETH);
            (, uint256 count,) = auditLog.chain(agentId);
            Verdict memory v;
            v.rule = Rule.INTENT_NEEDED;
            vm.expectEmit(address(policy));
            emit PolicyEngine.Refused(agentId, ETH, PAYEE, amounts[i], count, v);
            assertEq(uint8(_pay(ETH, PAYEE, amounts[i])), uint8(Rule.INTENT_NEEDED), "rule");
            (, uint256 then,) = auditLog.chain(agentId);
            assertEq(then, count + 1, "recorded");
            Headroom memory h = lens.headroom(agentId, ETH);
            assertEq(h.recordsLeft, before.recordsLeft - 1, "a record");
            h.recordsLeft = before.recordsLeft;
            assertEq(abi.encode(h), abi.encode(before), "counted or tripped");
        }
        assertEq(policy.stops(agentId), 0, "stops");
        assertEq(PAYEE.balance, 0, "paid");
        submitAdmitted(payment(ETH, 1 ether)); // the way that it names is open
    }

    function test_direct_notBasicNeedsAnIntentForEachOfABatch() public {
        _setTerms(false, true);
        MandateAccount.Payment[] memory batch = new MandateAccount.Payment[](3);
        for (uint256 i; i < 3; ++i) {
            batch[i] = MandateAccount.Payment(ETH, THIEF, 1 + i * 2 ether);
        }
        vm.prank(AGENT);
        Rule[] memory said = vault.payMany(agentId, batch);
        for (uint256 i; i < 3; ++i) {
            assertEq(uint8(said[i]), uint8(Rule.INTENT_NEEDED), "rule");
        }
        (, uint256 count,) = auditLog.chain(agentId);
        assertEq(count, 3, "recorded");
        assertEq(policy.stops(agentId), 0, "stops");
    }

    /// @notice What stops the agent comes first, and an asset without a limit is a breach either way.
    function test_direct_notBasicAfterWhatStops() public {
        _setTerms(false, false);
        vm.prank(WATCHDOG);
        policy.stop(PolicyEngine.Scope.ASSET, 0);
        assertEq(uint8(_pay(ETH, PAYEE, 1)), uint8(Rule.ASSET_BREAKER), "asset");
        vm.prank(WATCHDOG);
        policy.stop(PolicyEngine.Scope.ALL, 0);
        assertEq(uint8(_pay(ETH, PAYEE, 1)), uint8(Rule.GLOBAL_BREAKER), "all");
        vm.prank(address(timelock));
        policy.restart(PolicyEngine.Scope.ALL, 0, 1);
        assertEq(uint8(_pay(DELEGATE, PAYEE, 1)), uint8(Rule.ASSET), "no such asset");
        assertTrue(policy.frozen(agentId), "tripped");
        assertEq(uint8(_pay(ETH, PAYEE, 1)), uint8(Rule.AGENT_BREAKER), "frozen");
    }

    /// @notice Whoever does not hold the agent's key leaves no trace, whatever the mandate is (L4).
    function testFuzz_L4_direct_revert_notTheAgent(address caller, bool basic, bool open, uint256 amount) public {
        vm.assume(caller != AGENT);
        _setTerms(basic, open);
        bytes32 before = _state();
        vm.prank(caller);
        vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyNotAgent.selector, agentId, caller));
        vault.pay(ETH, amount, PAYEE, agentId);
        assertEq(_state(), before, "changed");
    }

    // ------------------------------------------------------------------ open mandates

    function testFuzz_open_anyRecipientOnEitherPath(address to, bool basic) public {
        vm.assume(uint160(to) > 0xffff && to.code.length == 0 && to.balance == 0);
        _setTerms(basic, true);
        Intent memory intent = payment(ETH, 1);
        intent.to = to;
        if (!basic) grade(ETH, Tiers.Thresholds(NEVER, NEVER, 0, NEVER));
        assertState(submitAdmitted(intent), State.EXECUTED);
        assertEq(to.balance, 1, "paid");
        intent = remotePayment(ETH, 1);
        intent.to = to;
        assertState(submitAdmitted(intent), State.DISPATCHED);
        assertEq(uint8(_pay(ETH, to, 1)), uint8(basic ? Rule.NONE : Rule.INTENT_NEEDED), "direct");
        _setTerms(basic, false);
        assertEq(uint8(_pay(ETH, to, 1)), uint8(basic ? Rule.RECIPIENT : Rule.INTENT_NEEDED), "closed, direct");
        if (basic) thaw();
        intent = payment(ETH, 1);
        intent.to = to;
        submitDenied(intent, Rule.RECIPIENT);
        assertTrue(policy.frozen(agentId), "a breach");
    }

    /// @notice Nobody is a recipient like every other: a payment to the zero address burns what is not the agent's to burn (L11).
    function test_L11_recipient_nobodyIsNotOnTheList() public {
        for (uint256 i; i < 4; ++i) {
            _setTerms(i % 2 == 0, false);
            Intent memory intent = i < 2 ? payment(ETH, 1) : remotePayment(ETH, 1);
            intent.to = address(0);
            Verdict memory v = submitDenied(intent, Rule.RECIPIENT);
            assertTrue(v.tripped, "tripped");
            thaw();
        }
        _setTerms(true, false);
        assertEq(uint8(_pay(ETH, address(0), 1)), uint8(Rule.RECIPIENT), "direct");
    }

    /// @notice Also when it waited: {PolicyEngine-review} asks the same.
    function test_L11_recipient_nobodyIsNotOnTheListLater() public {
        Intent memory intent = payment(ETH, 1);
        intent.to = address(0);
        assertEq(uint8(policy.review(intent, plain(intent)).rule), uint8(Rule.RECIPIENT), "review");
        _setTerms(true, true);
        assertEq(uint8(policy.review(intent, plain(intent)).rule), uint8(Rule.NONE), "open");
    }

    function _topUp(address whom) private returns (Intent memory intent) {
        intent = payment(ETH, 5);
        intent.to = address(_till);
        intent.data = abi.encodeCall(Till.topUp, (whom));
    }

    function _permit(bool listed) private {
        vm.prank(address(timelock));
        calls.setPermission(
            agentId,
            HOME,
            address(_till),
            Till.topUp.selector,
            CallRules.Permission(CallKind.SEND, type(uint8).max, 0, type(uint8).max, listed)
        );
    }

    /// @notice Whom a call names is held against the list, unless the mandate is open; whom it is sent to by its permission.
    function test_open_callsThatNameARecipient() public {
        for (uint256 i; i < 2; ++i) {
            bool basic = i == 0;
            if (!basic) grade(ETH, Tiers.Thresholds(NEVER, NEVER, 0, NEVER));
            _permit(true);
            _setTerms(basic, false);
            assertState(submitAdmitted(_topUp(PAYEE)), State.EXECUTED);
            assertEq(_till.credit(PAYEE), 5 * (i + 1), "credit");
            submitDenied(_topUp(THIEF), Rule.RECIPIENT);
            assertTrue(policy.frozen(agentId), "a breach");
            thaw();
            submitDenied(_topUp(address(0)), Rule.SELECTOR);
            thaw();
            _setTerms(basic, true);
            assertState(submitAdmitted(_topUp(THIEF)), State.EXECUTED);
            submitDenied(_topUp(address(0)), Rule.SELECTOR); // open or not
            thaw();
            Intent memory other = _topUp(PAYEE);
            other.to = DELEGATE; // open or not, a call needs its permission
            submitDenied(other, Rule.SELECTOR);
            thaw();
            // A permission that names nobody asks for nobody.
            _permit(false);
            _setTerms(basic, false);
            assertState(submitAdmitted(_topUp(THIEF)), State.EXECUTED);
            skip(2 hours);
        }
    }

    /// @notice A call that waits stops with its permission, and with whom it names (L5).
    function test_L5_waitingCall_stopsWhenItIsPermittedNoMore() public {
        grade(ETH, Tiers.Thresholds(NEVER, 0, 600, NEVER));
        _permit(true);
        Intent memory intent = _topUp(PAYEE);
        bytes32 id = submitAdmitted(intent);
        assertState(id, State.ADMITTED);
        skip(600);
        vm.prank(OWNER);
        policy.setRecipient(agentId, HOME, PAYEE, false);
        vm.expectRevert(refused(id, Rule.RECIPIENT));
        atHome.proceed(intent);
        CallRules.Permission memory none;
        vm.prank(OWNER);
        calls.setPermission(agentId, HOME, address(_till), Till.topUp.selector, none);
        vm.expectRevert(refused(id, Rule.SELECTOR));
        atHome.proceed(intent);
        _permit(true);
        vm.prank(address(timelock));
        policy.setRecipient(agentId, HOME, PAYEE, true);
        atHome.proceed(intent);
        assertEq(_till.credit(PAYEE), 5, "credit");
    }

    // ------------------------------------------------------------------ whom the account believes

    /// @dev Anything, true or not.
    function _finding(uint256 seed) private pure returns (Finding memory) {
        uint256 more = uint256(keccak256(abi.encode(seed)));
        return Finding(
            Rule(seed % 3 == 0 ? 0 : (seed >> 8) % (uint256(type(Rule).max) + 1)),
            address(uint160(more)),
            more,
            seed,
            uint64(more >> 64),
            Tier((seed >> 16) % 4),
            uint32(seed >> 24),
            seed % 2 == 0 ? address(0) : address(uint160(seed >> 96))
        );
    }

    /// @notice What other rules say is the executor's to tell.
    function testFuzz_L1_executorOnly(address caller, uint256 seed, uint256 amount) public {
        vm.assume(caller != address(executor));
        Finding memory f = _finding(seed);
        _assertExecutorOnly(caller, f, amount);
        address[7] memory known =
            [AGENT, OWNER, WATCHDOG, address(timelock), address(vault), address(rules), address(lens)];
        for (uint256 i; i < known.length; ++i) {
            _assertExecutorOnly(known[i], f, amount);
        }
    }

    function _assertExecutorOnly(address caller, Finding memory f, uint256 amount) private {
        Intent memory intent = payment(ETH, amount);
        bytes32 before = _state();
        bytes memory no = abi.encodeWithSelector(PolicyEngine.PolicyNotExecutor.selector, caller);
        vm.startPrank(caller);
        vm.expectRevert(no);
        policy.consume(f, idFor(intent), intent);
        vm.expectRevert(no);
        policy.append(Action.ADMITTED, agentId, bytes32(0), 0);
        vm.expectRevert(no);
        vault.payOut(bytes32(0), agentId, ETH, PAYEE, 1);
        vm.expectRevert(no);
        vault.callOut(intent);
        vm.stopPrank();
        assertEq(_state(), before, "changed");
    }

    /// @notice Anyone may ask {PolicyEngine-preview} and {PolicyEngine-review} with lies: it always gets an answer, nothing
    ///         changes, and the executor, which asks the rules itself, is told none of it.
    function testFuzz_L1_previewWithLies(address caller, uint256 seed, Intent memory intent, uint8 way) public {
        Finding memory f = _finding(seed);
        f.rule = [Rule.NONE, Rule.SELECTOR, Rule.RULE_BOOK][seed % 3]; // what a finding can be
        grade(ETH, Tiers.Thresholds(0, 0, 600, NEVER));
        if (way & 1 == 0) intent.agentId = agentId;
        if (way & 2 == 0) intent.asset = ETH;
        if (way & 4 == 0) intent.chainId = HOME;
        if (way & 8 == 0) (intent.amount, intent.to) = (1, PAYEE);
        if (way & 16 == 0) intent.data = "";
        if (way & 32 == 0) f.recipient = intent.to;
        Intent memory honest = payment(ETH, 1);
        honest.nonce = uint256(keccak256("honest"));
        bytes32 before = _state();
        bytes memory expected = abi.encode(atHome.preview(honest));
        vm.startPrank(caller);
        Verdict memory v = policy.preview(intent, f);
        policy.review(intent, f);
        vm.stopPrank();
        if (v.rule == Rule.NONE) assertEq(uint8(v.tier), uint8(f.tier), "what is told is said");
        assertEq(_state(), before, "changed");
        assertEq(abi.encode(atHome.preview(honest)), expected, "the executor was told");
        (bytes32 id, Verdict memory given) = submit(honest);
        assertEq(abi.encode(given), expected, "as previewed");
        assertEq(uint8(given.tier), uint8(Tier.DELAY), "tier");
        assertState(id, State.ADMITTED);
    }
}
