// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {AgentVault} from "../src/AgentVault.sol";
import {CallGuard} from "../src/CallGuard.sol";
import {CallKind} from "../src/CallKind.sol";
import {CrossChainExecutor, State} from "../src/CrossChainExecutor.sol";
import {Holding} from "../src/Holding.sol";
import {Intent} from "../src/Intent.sol";
import {MandateAccount} from "../src/MandateAccount.sol";
import {PolicyEngine} from "../src/PolicyEngine.sol";
import {Rule} from "../src/Verdict.sol";
import {Roles} from "../src/governance/Roles.sol";
import {CallRules} from "../src/rules/CallRules.sol";
import {LoudToken, NoZeroToken, PlainToken, Shares, TetherToken, WrappedCoin} from "./lib/AllowanceTokens.sol";
import {HookToken, MintableToken} from "./lib/BadTokens.sol";
import {Deployed} from "./lib/Deployed.sol";
import {Puppet} from "./lib/Puppet.sol";

/// @notice Contract calls of a whole system: what is measured, who takes approvals back, what stops calls, and calls within payments.
contract AccountCallsTest is Deployed {
    bytes internal constant ASK = "play"; // what the puppet is called with
    uint8 private constant ANY = type(uint8).max;

    /// @dev To the guard this is an account at home.
    uint256 public constant HOME_CHAIN_ID = HOME;

    Puppet private _puppet;
    bytes32 private _nextSalt;

    function setUp() public {
        deployAll();
        _puppet = new Puppet();
    }

    // ------------------------------------------------------------------ helpers

    function _call(address asset, uint256 amount, address to, bytes memory data)
        private
        returns (Intent memory intent)
    {
        intent = payment(asset, amount);
        (intent.to, intent.data) = (to, data);
    }

    /// @dev The executor orders a call that was admitted.
    function _order(address asset, uint256 amount, address to, bytes memory data) private returns (uint256) {
        Intent memory intent = _call(asset, amount, to, data);
        vm.prank(address(executor));
        return vault.callOut(intent);
    }

    function _approve(address asset, address spender, uint256 amount) private returns (uint256) {
        return _order(asset, amount, asset, abi.encodeCall(IERC20.approve, (spender, amount)));
    }

    function _permit(uint256 chainId, address target, bytes4 selector, CallRules.Permission memory p) private {
        vm.prank(address(timelock));
        calls.setPermission(agentId, chainId, target, selector, p);
    }

    function _allowance(address asset, address spender) private view returns (uint256) {
        return IERC20(asset).allowance(address(vault), spender);
    }

    /// @dev The agent's mandate gets another asset, and the vault some of it.
    function _add(MintableToken t) private {
        vm.startPrank(address(timelock));
        policy.setLimit(agentId, address(t), limit(1000, 100_000));
        policy.setAssetChain(agentId, address(t), HOME, true);
        vm.stopPrank();
        t.mint(address(vault), 1_000_000);
    }

    /// @dev The puppet holds the agent's key for direct payments, may be paid and called, and is heard of as AGENT's signature says.
    function _collude() private {
        vm.prank(address(registry));
        policy.sync(agentId, address(_puppet), true, 0);
        vm.prank(address(timelock));
        policy.setRecipient(agentId, HOME, address(_puppet), true);
        _permit(HOME, address(_puppet), bytes4(ASK), CallRules.Permission(CallKind.PULL, ANY, ANY, ANY, false));
    }

    function _willPull(address asset, uint256 amount) private {
        _puppet.then(asset, 0, abi.encodeCall(IERC20.transferFrom, (address(vault), address(_puppet), amount)), true);
    }

    function _willPay(address asset, uint256 amount) private {
        _puppet.then(address(vault), 0, abi.encodeCall(vault.pay, (asset, amount, address(_puppet), agentId)), true);
    }

    /// @dev Passed by governance, and ready: anybody may have it done now.
    function _decided(address target, bytes memory data) private returns (bytes32 id, bytes memory execute) {
        (id, execute) = _schedule(target, data);
        skip(TIMELOCK_DELAY);
    }

    function _schedule(address target, bytes memory data) private returns (bytes32 id, bytes memory execute) {
        bytes32 salt = _nextSalt;
        _nextSalt = keccak256(abi.encode(salt));
        vm.prank(address(governor));
        timelock.schedule(target, 0, data, 0, salt, TIMELOCK_DELAY);
        id = timelock.hashOperation(target, 0, data, 0, salt);
        execute = abi.encodeCall(timelock.execute, (target, 0, data, 0, salt));
    }

    function _movedMore(address asset, uint256 declared, uint256 left) private pure returns (bytes memory) {
        return abi.encodeWithSelector(CallGuard.CallMovedMore.selector, asset, declared, left);
    }

    function _used(address asset) private view returns (uint256) {
        return lens.headroom(agentId, asset).used;
    }

    // ------------------------------------------------------------------ what is measured

    /// @notice An account has the assets of its mandates measured by itself, each once, and never the native coin.
    function test_L1_setLimit_measuresTheAsset() public {
        address[] memory measured = guard.measured(address(vault));
        assertEq(measured.length, 1, "ether isn't listed");
        assertEq(measured[0], address(token), "the token");
        PlainToken t = new PlainToken();
        vm.expectEmit(address(guard));
        emit CallGuard.MeasuredSet(address(vault), address(t), true, address(vault));
        _add(t);
        vm.prank(OWNER);
        uint256 second = registry.register();
        activate(second);
        vm.prank(address(timelock));
        policy.setLimit(second, address(t), limit(1, 1));
        measured = guard.measured(address(vault));
        assertEq(measured.length, 2, "each once");
        assertEq(measured[1], address(t), "the other token");
        // The mandate that ends leaves what it held measured.
        vm.prank(OWNER);
        policy.setLimit(agentId, address(t), PolicyEngine.Limit(0, 0, WINDOW));
        assertEq(guard.measured(address(vault)).length, 2, "still");
    }

    function test_measure_onlyOnesOwnList() public {
        vm.recordLogs();
        guard.measure(ETH);
        assertEq(guard.measured(address(this)).length, 0, "ether isn't listed");
        guard.measure(address(votes));
        guard.measure(address(votes));
        assertEq(vm.getRecordedLogs().length, 1, "told once");
        assertEq(guard.measured(address(this)).length, 1, "once");
        assertEq(guard.measured(address(vault)).length, 1, "the vault's");
        vm.expectRevert(abi.encodeWithSelector(CallGuard.CallAssetUnknown.selector, votes));
        _order(address(votes), 1, address(_puppet), ASK);
    }

    /// @notice Who measures for an account is the caller: a stranger learns nothing and changes nothing.
    function test_L11_begin_byTheCallersList() public {
        Intent memory intent = _call(address(token), 1, address(_puppet), ASK);
        vm.expectRevert(abi.encodeWithSelector(CallGuard.CallAssetUnknown.selector, token));
        guard.begin(address(vault), intent);
    }

    function test_measure_revert_full() public {
        uint256 max = guard.MAX_MEASURED();
        assertEq(max, 32, "max");
        for (uint160 i = 1; i <= max; ++i) {
            guard.measure(address(i));
        }
        bytes memory full = abi.encodeWithSelector(CallGuard.CallMeasuredFull.selector, max);
        vm.expectRevert(full);
        guard.measure(address(33));
        vm.expectRevert(full);
        vm.prank(address(timelock));
        guard.setMeasured(address(this), address(33), true);
        guard.measure(address(32)); // is there
        guard.measure(ETH);
        vm.prank(address(timelock));
        guard.setMeasured(address(this), address(1), false);
        guard.measure(address(33));
        assertEq(guard.measured(address(this)).length, max, "full again");
    }

    function test_L5_setMeasured_governanceOnly() public {
        address[7] memory others = [THIEF, AGENT, OWNER, WATCHDOG, PUBLISHER, address(vault), address(executor)];
        for (uint256 i; i < others.length; ++i) {
            vm.startPrank(others[i]);
            bytes memory refusal = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, others[i]);
            vm.expectRevert(refusal);
            guard.setMeasured(address(vault), address(token), false);
            vm.expectRevert(refusal);
            guard.setMeasured(address(vault), address(votes), true);
            vm.stopPrank();
        }
        vm.startPrank(address(timelock));
        vm.expectEmit(address(guard));
        emit CallGuard.MeasuredSet(address(vault), address(token), false, address(timelock));
        guard.setMeasured(address(vault), address(token), false);
        vm.recordLogs();
        guard.setMeasured(address(vault), address(token), false);
        guard.setMeasured(address(vault), ETH, true);
        guard.setMeasured(address(vault), ETH, false);
        vm.stopPrank();
        assertEq(vm.getRecordedLogs().length, 0, "nothing changed");
        assertEq(guard.measured(address(vault)).length, 0, "none");
        vm.expectRevert(abi.encodeWithSelector(CallGuard.CallAssetUnknown.selector, token));
        _order(address(token), 1, address(_puppet), ASK);
    }

    /// @notice Whatever is listed and taken from the list, in whatever order: each asset's own allowance is read.
    function testFuzz_setMeasured_eachHasItsOwnPlace(uint8[24] memory changes) public {
        PlainToken[5] memory tokens;
        bool[5] memory expected;
        for (uint256 i; i < 5; ++i) {
            tokens[i] = new PlainToken();
            tokens[i].mint(address(this), 1);
            tokens[i].approve(address(_puppet), 100 + i);
        }
        uint256 count;
        for (uint256 i; i < changes.length; ++i) {
            uint256 which = changes[i] % 5;
            bool on = changes[i] >= 110;
            vm.prank(address(timelock));
            guard.setMeasured(address(this), address(tokens[which]), on);
            if (expected[which] != on) count = on ? count + 1 : count - 1;
            expected[which] = on;
            assertEq(guard.measured(address(this)).length, count, "count");
            for (uint256 j; j < 5; ++j) {
                _assertMeasured(tokens[j], 100 + j, expected[j]);
            }
        }
    }

    function _assertMeasured(PlainToken t, uint256 stands, bool measured) private {
        try guard.begin(address(this), _call(address(t), 1, address(_puppet), ASK)) returns (
            CallKind, address, uint256 allowance, bytes memory
        ) {
            assertTrue(measured, "measured");
            assertEq(allowance, stands, "its own allowance");
        } catch (bytes memory reason) {
            assertFalse(measured, "not measured");
            assertEq(reason, abi.encodeWithSelector(CallGuard.CallAssetUnknown.selector, t), "reason");
        }
    }

    // ------------------------------------------------------------------ revoke

    function test_L5_revoke_guardianOwnerAndGovernance() public {
        AgentVault other =
            new AgentVault(address(authority), DELEGATE, registry, address(executor), guard, HOME, new uint256[](0));
        address[4] memory may = [WATCHDOG, WATCHDOG2, DELEGATE, address(timelock)];
        vm.prank(address(other));
        guard.measure(address(token));
        Intent memory intent = _call(address(token), 5, address(token), abi.encodeCall(IERC20.approve, (PAYEE, 5)));
        intent.account = address(other);
        for (uint256 i; i < may.length; ++i) {
            vm.prank(address(executor));
            other.callOut(intent);
            vm.expectEmit(address(other));
            emit MandateAccount.ApprovalRevoked(address(token), PAYEE, may[i]);
            vm.prank(may[i]);
            other.revoke(address(token), PAYEE);
            assertEq(token.allowance(address(other), PAYEE), 0, "allowance");
        }
        vm.prank(address(timelock));
        authority.grantRole(Roles.GUARDIAN, DEPLOYER, 1 hours); // who must wait is no guardian
        vm.prank(address(executor));
        other.callOut(intent);
        address[7] memory others = [THIEF, AGENT, OWNER, PUBLISHER, PAYEE, address(executor), DEPLOYER];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, others[i]));
            vm.prank(others[i]);
            other.revoke(address(token), PAYEE);
        }
        assertEq(token.allowance(address(other), PAYEE), 5, "allowance");
    }

    /// @notice At once, stopped or not, and the cap does not get it back.
    function test_L2_revoke_whatWasApprovedStaysSpent() public {
        _permit(HOME, address(token), IERC20.approve.selector, CallRules.Permission(CallKind.APPROVE, 1, 0, ANY, true));
        submitAdmitted(_call(address(token), 900e6, address(token), abi.encodeCall(IERC20.approve, (PAYEE, 900e6))));
        assertEq(_allowance(address(token), PAYEE), 900e6, "approved");
        vm.startPrank(WATCHDOG);
        policy.stop(PolicyEngine.Scope.ALL, 0);
        vault.revoke(address(token), PAYEE);
        vm.stopPrank();
        assertEq(_allowance(address(token), PAYEE), 0, "revoked");
        assertEq(_used(address(token)), 900e6, "counted");
    }

    function test_revoke_oneSpenderOfOneAsset() public {
        _approve(address(token), PAYEE, 5);
        _approve(address(token), THIEF, 6);
        vm.prank(WATCHDOG);
        vault.revoke(address(token), PAYEE);
        assertEq(_allowance(address(token), THIEF), 6, "another spender's");
        vm.expectRevert(_noApproval(address(token)));
        vm.prank(WATCHDOG);
        vault.revoke(address(token), PAYEE); // what somebody else approves from now on is not an agent's
        _approve(address(token), PAYEE, 7);
        vm.prank(WATCHDOG);
        vault.revoke(address(token), PAYEE);
        assertEq(_allowance(address(token), PAYEE), 0, "approved again, revoked again");
        _approve(address(token), PAYEE, 1);
        vm.prank(WATCHDOG);
        vault.revoke(address(token), PAYEE);
        assertEq(_allowance(address(token), PAYEE), 0, "the smallest");
    }

    function test_revoke_tether() public {
        TetherToken t = new TetherToken();
        vm.prank(address(timelock));
        guard.setMeasured(address(vault), address(t), true);
        _approve(address(t), PAYEE, 100);
        _approve(address(t), PAYEE, 200); // by way of zero
        assertEq(t.allowance(address(vault), PAYEE), 200, "approved anew");
        vm.prank(WATCHDOG);
        vault.revoke(address(t), PAYEE);
        assertEq(t.allowance(address(vault), PAYEE), 0, "allowance");
    }

    /// @notice A token that cannot be told to stop is not said to have stopped.
    function test_revoke_revert_tokenThatRefusesZero() public {
        NoZeroToken t = new NoZeroToken();
        _add(t);
        _approve(address(t), PAYEE, 100);
        vm.expectRevert(abi.encodeWithSelector(MandateAccount.AccountApprovalRefused.selector, t, PAYEE, 0, 100));
        vm.prank(WATCHDOG);
        vault.revoke(address(t), PAYEE);
    }

    function test_L11_revoke_revert_whatNoAgentApproved() public {
        address[3] memory assets = [THIEF, ETH, address(registry)]; // the last has an approve of its own
        for (uint256 i; i < assets.length; ++i) {
            vm.expectRevert(_noApproval(assets[i]));
            vm.prank(WATCHDOG);
            vault.revoke(assets[i], PAYEE);
        }
    }

    function _noApproval(address asset) private view returns (bytes memory) {
        return abi.encodeWithSelector(MandateAccount.AccountApprovalUnknown.selector, asset, PAYEE);
    }

    /// @notice What governance decided is done by anybody, within a call too: it stays done when the call ends.
    function test_L5_revoke_withinACallStaysDone() public {
        _approve(address(token), address(_puppet), 500);
        (bytes32 id, bytes memory execute) =
            _decided(address(vault), abi.encodeCall(vault.revoke, (address(token), address(_puppet))));
        _puppet.then(address(timelock), 0, execute, false);
        _order(address(token), 100, address(_puppet), ASK);
        assertTrue(timelock.isOperationDone(id), "done");
        assertEq(_allowance(address(token), address(_puppet)), 0, "undone");
    }

    // ------------------------------------------------------------------ what stops calls

    function test_L1_callOut_revert_notTheExecutor() public {
        Intent memory intent = _call(address(token), 100, address(_puppet), ASK);
        address[7] memory others = [THIEF, AGENT, OWNER, WATCHDOG, address(timelock), address(guard), address(vault)];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyNotExecutor.selector, others[i]));
            vm.prank(others[i]);
            vault.callOut(intent);
        }
    }

    /// @notice Whoever orders an account is approved by none of its agents, also where it is under another authority.
    function test_L1_callOut_revert_approvesWhoOrders() public {
        AgentVault other =
            new AgentVault(address(authority), DELEGATE, registry, address(this), guard, HOME, new uint256[](0));
        vm.prank(address(timelock));
        guard.setMeasured(address(other), address(token), true);
        Intent memory intent =
            _call(address(token), 5, address(token), abi.encodeCall(IERC20.approve, (address(this), 5)));
        vm.expectRevert(abi.encodeWithSelector(MandateAccount.AccountCallForbidden.selector, address(this)));
        other.callOut(intent);
    }

    function test_callOut_revert_longReasonsAreCutToNothing() public {
        _puppet.end(257, true);
        vm.expectRevert(abi.encodeWithSelector(MandateAccount.AccountCallFailed.selector, _puppet, ""));
        _order(address(token), 100, address(_puppet), ASK);
        _puppet.end(256, true);
        vm.expectRevert(abi.encodeWithSelector(MandateAccount.AccountCallFailed.selector, _puppet, new bytes(256)));
        _order(address(token), 100, address(_puppet), ASK);
        _puppet.end(256, false);
        assertEq(_order(address(token), 100, address(_puppet), ASK), 0, "what it returns counts for nothing");
    }

    function test_L4_callOut_revert_eachBreaker() public {
        WrappedCoin w = new WrappedCoin();
        _add(w);
        _assertStops(PolicyEngine.Scope.ALL, 0, Rule.GLOBAL_BREAKER, true);
        _assertStops(PolicyEngine.Scope.CHAIN, HOME, Rule.CHAIN_BREAKER, true);
        _assertStops(PolicyEngine.Scope.CHAIN, REMOTE, Rule.NONE, false);
        _assertStops(PolicyEngine.Scope.ASSET, uint160(address(token)), Rule.ASSET_BREAKER, false);
        _assertStops(PolicyEngine.Scope.ASSET, uint160(address(w)), Rule.NONE, false);
    }

    /// @param rule which stops a call that takes the token, an approval of it too; NONE: it is made
    /// @param coin whether the same stops a call that takes the coin
    function _assertStops(PolicyEngine.Scope scope, uint256 what, Rule rule, bool coin) private {
        vm.prank(WATCHDOG);
        vault.stop(scope, what);
        bytes memory stopped = abi.encodeWithSelector(MandateAccount.AccountStopped.selector, rule);
        if (rule != Rule.NONE) vm.expectRevert(stopped);
        _order(address(token), 100, address(_puppet), ASK);
        if (rule != Rule.NONE) vm.expectRevert(stopped);
        _approve(address(token), PAYEE, 100);
        if (coin) vm.expectRevert(stopped);
        _order(ETH, 100, address(_puppet), ASK);
        (, uint256 stops) = vault.breaker(scope, what);
        vm.prank(address(timelock));
        vault.restart(scope, what, stops);
        _order(address(token), 100, address(_puppet), ASK);
    }

    // ------------------------------------------------------------------ from the agent's signature to the call

    /// @dev What the executor says was carried out.
    function _assertCarriesOut(Intent memory intent, uint256 moved) private {
        bytes32 id = executor.idOf(intent);
        bytes memory proof = sign(intent);
        uint256 used = _used(intent.asset);
        vm.expectEmit(address(executor));
        emit CrossChainExecutor.IntentExecuted(id, agentId, intent, moved);
        atHome.submit(intent, proof);
        assertState(id, State.EXECUTED);
        assertEq(_used(intent.asset), used + intent.amount, "what was declared counts");
    }

    function test_L1_home_pull() public {
        Shares s = new Shares(IERC20(address(token)));
        bytes memory deposit = abi.encodeCall(s.deposit, (100e6, address(vault)));
        submitDenied(_call(address(token), 100e6, address(s), deposit), Rule.SELECTOR);
        thaw();
        _permit(HOME, address(s), s.deposit.selector, CallRules.Permission(CallKind.PULL, 0, 1, ANY, true));
        submitDenied(_call(address(token), 100e6, address(s), deposit), Rule.RECIPIENT);
        thaw();
        vm.prank(address(timelock));
        policy.setRecipient(agentId, HOME, address(vault), true);
        submitDenied(_call(address(token), 99e6, address(s), deposit), Rule.SELECTOR);
        thaw();
        _assertCarriesOut(_call(address(token), 100e6, address(s), deposit), 100e6);
        assertEq(s.balanceOf(address(vault)), 100e6, "shares");
        assertEq(token.balanceOf(address(vault)), VAULT_TOKENS - 100e6, "tokens");
        assertEq(_allowance(address(token), address(s)), 0, "allowance");
    }

    /// @notice What a call leaves counts all the same: the cap holds for what was declared.
    function test_L2_home_pullOfLess() public {
        _permit(HOME, address(_puppet), bytes4(ASK), CallRules.Permission(CallKind.PULL, ANY, ANY, ANY, false));
        _willPull(address(token), 40e6);
        _assertCarriesOut(_call(address(token), 100e6, address(_puppet), ASK), 40e6);
        assertEq(_allowance(address(token), address(_puppet)), 0, "allowance");
    }

    function test_L1_home_send() public {
        WrappedCoin w = new WrappedCoin();
        bytes memory deposit = abi.encodeCall(w.deposit, ());
        submitDenied(_call(ETH, 1 ether, address(w), deposit), Rule.SELECTOR);
        thaw();
        _permit(HOME, address(w), w.deposit.selector, CallRules.Permission(CallKind.SEND, ANY, ANY, ANY, false));
        submitDenied(_call(address(token), 1, address(w), deposit), Rule.SELECTOR); // of another kind
        thaw();
        _assertCarriesOut(_call(ETH, 1 ether, address(w), deposit), 1 ether);
        assertEq(w.balanceOf(address(vault)), 1 ether, "wrapped");
        assertEq(address(vault).balance, VAULT_ETH - 1 ether, "ether");
    }

    function test_L1_home_approve() public {
        bytes memory approve = abi.encodeCall(IERC20.approve, (PAYEE, 100e6));
        submitDenied(_call(address(token), 100e6, address(token), approve), Rule.SELECTOR);
        thaw();
        _permit(HOME, address(token), IERC20.approve.selector, CallRules.Permission(CallKind.APPROVE, 1, 0, ANY, true));
        _assertCarriesOut(_call(address(token), 100e6, address(token), approve), 100e6);
        assertEq(_allowance(address(token), PAYEE), 100e6, "allowance");
        assertEq(token.balanceOf(address(vault)), VAULT_TOKENS, "tokens");
        submitDenied(
            _call(address(token), 100e6, address(token), abi.encodeCall(IERC20.approve, (THIEF, 100e6))), Rule.RECIPIENT
        );
    }

    /// @notice What the owner approved is used where it suffices, and never replaced; what an agent approved is, once.
    function test_L5_home_pullOverASmallerApproval() public {
        _ownerApproves(99);
        vm.expectRevert(_stands(99));
        _order(address(token), 100, address(_puppet), ASK);
        _willPull(address(token), 99);
        assertEq(_order(address(token), 99, address(_puppet), ASK), 99, "exactly as much as stands");

        _puppet = new Puppet();
        _approve(address(token), address(_puppet), 99);
        _willPull(address(token), 50);
        assertEq(_order(address(token), 100, address(_puppet), ASK), 50, "an agent's is replaced");
        assertEq(_allowance(address(token), address(_puppet)), 0, "and gone");
        _ownerApproves(1);
        vm.expectRevert(_stands(1));
        _order(address(token), 100, address(_puppet), ASK);
    }

    /// @notice A token is told once, and not what it has been told already; nor to allow nothing in between, if it does without.
    function test_home_approvesOnce() public {
        vm.expectCall(address(token), abi.encodeCall(IERC20.approve, (PAYEE, 100)), 1);
        vm.expectCall(address(token), abi.encodeCall(IERC20.approve, (PAYEE, 0)), 0);
        _approve(address(token), PAYEE, 100);
        _approve(address(token), PAYEE, 100);
        assertEq(_allowance(address(token), PAYEE), 100, "allowance");
    }

    function _ownerApproves(uint256 amount) private {
        vm.prank(address(timelock));
        vault.execute(address(token), 0, abi.encodeCall(IERC20.approve, (address(_puppet), amount)));
    }

    function _stands(uint256 allowance) private view returns (bytes memory) {
        return abi.encodeWithSelector(
            MandateAccount.AccountAllowanceStands.selector, address(token), address(_puppet), allowance
        );
    }

    /// @notice A call that fails, or takes more, is as if it had never been asked for.
    function test_L1_home_revert_callThatTakesMore() public {
        _permit(HOME, address(_puppet), bytes4(ASK), CallRules.Permission(CallKind.PULL, ANY, ANY, ANY, false));
        PlainToken t = new PlainToken();
        _add(t);
        vm.prank(address(vault));
        t.approve(address(_puppet), 1);
        _willPull(address(t), 1);
        Intent memory intent = _call(address(token), 100e6, address(_puppet), ASK);
        bytes memory proof = sign(intent);
        vm.expectRevert(_movedMore(address(t), 0, 1));
        atHome.submit(intent, proof);
        assertEq(_used(address(token)), 0, "counted");
        assertFalse(atHome.nonceUsed(agentId, intent.nonce), "nonce");
        assertEq(_allowance(address(token), address(_puppet)), 0, "allowance");
    }

    /// @notice Elsewhere nothing is measured until governance says what.
    function test_L11_remote_pullOnceGovernanceNamedTheAsset() public {
        _permit(REMOTE, address(_puppet), bytes4(ASK), CallRules.Permission(CallKind.PULL, ANY, ANY, ANY, false));
        Intent memory intent = _call(address(token), 100e6, address(_puppet), ASK);
        intent.chainId = REMOTE;
        bytes32 id = deliver(intent);
        // Nor does the account make an agent's calls there until governance says so.
        skip(DISPUTE_WINDOW);
        vm.expectRevert(_notServed());
        abroad.execute(intent);
        _serve(true);
        // The guard over there is another one, which nobody told yet: what home's vault told home's is taken out here.
        vm.prank(address(timelock));
        guard.setMeasured(address(vault), address(token), false);
        _willPull(address(token), 60e6);
        vm.expectRevert(abi.encodeWithSelector(CallGuard.CallAssetUnknown.selector, token));
        abroad.execute(intent);
        assertState(id, State.QUEUED);
        vm.prank(address(timelock));
        guard.setMeasured(address(vault), address(token), true);
        vm.expectEmit(address(executor));
        emit CrossChainExecutor.IntentExecuted(id, agentId, intent, 60e6);
        abroad.execute(intent);
        assertState(id, State.EXECUTED);
        assertEq(token.balanceOf(address(vault)), VAULT_TOKENS - 60e6, "tokens");
        assertEq(_allowance(address(token), address(_puppet)), 0, "allowance");
    }

    /// @notice What no mandate may call is not called because a message says so.
    function test_L7_remote_revert_forgedCalls() public {
        _assertForged(address(token), 100e6, address(token), abi.encodeCall(IERC20.transfer, (THIEF, 100e6)));
        _assertForged(address(token), 100e6, address(token), abi.encodeCall(IERC20.approve, (THIEF, 100e6)));
        _assertForged(ETH, 1, address(_puppet), ASK);
        _assertForged(ETH, 1, address(guard), abi.encodeCall(guard.measure, (THIEF)));
        _assertForged(ETH, 1, address(executor), abi.encodeWithSelector(executor.expire.selector));
        _assertForged(ETH, 1, address(timelock), abi.encodeWithSelector(timelock.cancel.selector, bytes32(0)));
        _assertForged(ETH, 1, address(tiers), abi.encodeWithSelector(tiers.setThresholds.selector));
        _assertForged(ETH, 1, address(vault), abi.encodeCall(vault.withdraw, (ETH, THIEF, 1)));
    }

    /// @notice What is permitted there is held to its conditions there, and to the list of recipients.
    function test_L11_remote_permittedCallsOnly() public {
        CallRules.Permission memory approve = CallRules.Permission(CallKind.APPROVE, 1, 0, ANY, true);
        vm.prank(address(timelock));
        guard.setMeasured(address(vault), address(token), true);
        _permit(REMOTE, address(token), IERC20.approve.selector, approve);
        Intent memory intent = _forged(address(token), 100e6, abi.encodeCall(IERC20.approve, (PAYEE, 100e6)));
        vm.expectRevert(_notServed());
        abroad.execute(intent);
        _serve(true);
        vm.prank(address(timelock));
        policy.setRecipient(agentId, REMOTE, PAYEE, false);
        vm.expectRevert(abi.encodeWithSelector(CallGuard.CallRecipientUnknown.selector, PAYEE));
        abroad.execute(intent);
        vm.prank(address(timelock));
        policy.setRecipient(agentId, REMOTE, PAYEE, true);
        abroad.execute(intent);
        assertEq(_allowance(address(token), PAYEE), 100e6, "approved");

        intent = _forged(address(token), 200e6, abi.encodeCall(IERC20.approve, (PAYEE, 100e6)));
        vm.expectRevert(_notPermitted(address(token), IERC20.approve.selector));
        abroad.execute(intent);

        uint256 held = token.balanceOf(address(vault));
        intent = _forged(address(token), held + 1, abi.encodeCall(IERC20.approve, (PAYEE, held + 1)));
        vm.expectRevert(abi.encodeWithSelector(CallGuard.CallInsufficient.selector, held + 1, held));
        abroad.execute(intent);
        intent = _forged(address(token), held, abi.encodeCall(IERC20.approve, (PAYEE, held)));
        abroad.execute(intent);
        assertEq(_allowance(address(token), PAYEE), held, "as much as a payment would take");

        vm.prank(address(timelock));
        policy.setRecipient(agentId, REMOTE, address(gateway), true);
        intent = _forged(address(token), 100e6, abi.encodeCall(IERC20.approve, (address(gateway), 100e6)));
        vm.expectRevert(abi.encodeWithSelector(CallGuard.CallForbidden.selector, gateway, IERC20.approve.selector));
        abroad.execute(intent);
    }

    /// @notice Which account makes an agent's calls away from home is governance's to say, and a guardian's to end.
    function test_L5_setServed_guardiansOnlyEndIt() public {
        address[5] memory others = [OWNER, AGENT, THIEF, address(vault), WATCHDOG];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, others[i]));
            vm.prank(others[i]);
            guard.setServed(address(vault), agentId, true, 0);
        }
        vm.expectEmit(address(guard));
        emit CallGuard.ServedSet(address(vault), agentId, true, address(timelock));
        _serve(true);
        _assertServed(true, 0);
        (bool on,) = guard.served(address(vault), agentId + 1);
        assertFalse(on, "another agent");
        (on,) = guard.served(OWNER, agentId);
        assertFalse(on, "another account");
        for (uint256 i; i < 4; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, others[i]));
            vm.prank(others[i]);
            guard.setServed(address(vault), agentId, false, 0);
        }
        vm.expectEmit(address(guard));
        emit CallGuard.ServedSet(address(vault), agentId, false, WATCHDOG);
        _end(0);
        _assertServed(false, 1);
        _serve(true);
        _serve(false);
        _assertServed(false, 2);
    }

    /// @notice A vote from before a no, a guardian's or governance's own, does not undo it.
    function test_L5_setServed_revert_endedSinceItWasDecided() public {
        _end(99);
        _assertServed(false, 1);
        vm.expectRevert(abi.encodeWithSelector(CallGuard.CallStopsDiffer.selector, 0, 1));
        vm.prank(address(timelock));
        guard.setServed(address(vault), agentId, true, 0);
        vm.prank(address(timelock));
        guard.setServed(address(vault), agentId, false, 0);
        _assertServed(false, 2);
        vm.expectRevert(abi.encodeWithSelector(CallGuard.CallStopsDiffer.selector, 1, 2));
        vm.prank(address(timelock));
        guard.setServed(address(vault), agentId, true, 1);
        _serve(true);
        _assertServed(true, 2);
        vm.prank(address(timelock));
        guard.setServed(address(vault), agentId + 1, true, 0);
    }

    function _serve(bool on) private {
        (, uint256 stops) = guard.served(address(vault), agentId);
        vm.prank(address(timelock));
        guard.setServed(address(vault), agentId, on, stops);
    }

    function _end(uint256 expectedStops) private {
        vm.prank(WATCHDOG);
        guard.setServed(address(vault), agentId, false, expectedStops);
    }

    function _assertServed(bool served, uint256 times) private view {
        (bool on, uint256 stops) = guard.served(address(vault), agentId);
        assertTrue(on == served, "served");
        assertEq(stops, times, "stops");
    }

    function _notServed() private view returns (bytes memory) {
        return abi.encodeWithSelector(CallGuard.CallAgentUnknown.selector, vault, agentId);
    }

    function _notPermitted(address target, bytes4 selector) private pure returns (bytes memory) {
        return abi.encodeWithSelector(CallGuard.CallNotPermitted.selector, target, selector);
    }

    function _forged(address asset, uint256 amount, bytes memory data) private returns (Intent memory intent) {
        intent = _call(asset, amount, asset, data);
        intent.chainId = REMOTE;
        forge(intent);
        skip(DISPUTE_WINDOW);
    }

    function _assertForged(address asset, uint256 amount, address to, bytes memory data) private {
        Intent memory intent = _call(asset, amount, to, data);
        intent.chainId = REMOTE;
        forge(intent);
        skip(DISPUTE_WINDOW);
        vm.expectRevert(_notPermitted(to, bytes4(data)));
        abroad.execute(intent);
    }

    // ------------------------------------------------------------------ within each other

    /// @notice What the agent's key has paid within a call counts as the call's too.
    function test_L1_callOut_revert_paymentWithin() public {
        _collude();
        _willPay(address(token), 50);
        _willPull(address(token), 51);
        vm.expectRevert(_movedMore(address(token), 100, 101));
        _order(address(token), 100, address(_puppet), ASK);
    }

    function test_L1_callOut_paymentWithinWhatIsDeclared() public {
        _collude();
        _willPay(address(token), 50e4);
        _willPull(address(token), 50e4);
        assertEq(_order(address(token), 100e4, address(_puppet), ASK), 100e4, "moved");
        assertEq(token.balanceOf(address(vault)), VAULT_TOKENS - 100e4, "left");
        assertEq(_used(address(token)), 50e4, "the payment is counted; the call was before");
    }

    function test_L1_callOut_revert_paymentsOfSeveralAssetsWithin() public {
        _collude();
        MandateAccount.Payment[] memory list = new MandateAccount.Payment[](2);
        list[0] = MandateAccount.Payment(address(token), address(_puppet), 1);
        list[1] = MandateAccount.Payment(ETH, address(_puppet), 1);
        _puppet.then(address(vault), 0, abi.encodeCall(vault.payMany, (agentId, list)), true);
        vm.expectRevert(_movedMore(ETH, 0, 1));
        _order(address(token), 100, address(_puppet), ASK);
        vm.expectRevert(_movedMore(ETH, 100, 101));
        _order(ETH, 100, address(_puppet), ASK);
    }

    /// @notice The executor is not entered again: no intent is carried out within another one's call.
    function test_L1_submit_revert_callWithinACall() public {
        _collude();
        Intent memory inner = _call(address(token), 50e4, address(_puppet), ASK);
        _puppet.then(address(executor), 0, abi.encodeCall(atHome.submit, (inner, sign(inner))), false);
        submitAdmitted(_call(address(token), 100e4, address(_puppet), ASK));
        assertFalse(_puppet.succeeded(), "entered");
        assertEq(
            _puppet.answer(),
            abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector),
            "reason"
        );
        assertEq(_used(address(token)), 100e4, "counted");
    }

    /// @notice A payment's token has a signed intent submitted meanwhile: of another asset each is measured for itself.
    function test_L1_pay_callOfAnotherAssetWithin() public {
        _collude();
        HookToken t = new HookToken();
        _add(t);
        _willPull(address(token), 50e4);
        Intent memory inner = _call(address(token), 50e4, address(_puppet), ASK);
        t.hook(address(executor), abi.encodeCall(atHome.submit, (inner, sign(inner))));
        vm.prank(address(_puppet));
        vault.pay(address(t), 10, address(_puppet), agentId);
        assertTrue(t.succeeded(), "within");
        assertEq(token.balanceOf(address(_puppet)), 50e4, "the call's");
        assertEq(t.balanceOf(address(_puppet)), 10, "the payment's");
        assertEq(_used(address(token)), 50e4, "counted");
        assertEq(_used(address(t)), 10, "counted");
    }

    function test_L1_pay_revert_callOfTheSameAssetWithin() public {
        _collude();
        HookToken t = new HookToken();
        _add(t);
        _willPull(address(t), 50);
        Intent memory inner = _call(address(t), 50, address(_puppet), ASK);
        t.hook(address(executor), abi.encodeCall(atHome.submit, (inner, sign(inner))));
        vm.expectRevert(
            abi.encodeWithSelector(MandateAccount.AccountMovedOther.selector, t, 10, 1_000_000, 1_000_000 - 60)
        );
        vm.prank(address(_puppet));
        vault.pay(address(t), 10, address(_puppet), agentId);
        assertEq(_used(address(t)), 0, "counted");
    }

    /// @notice The owner's withdrawal within a call undoes both: it stays ready, and is made afterwards.
    function test_L1_callOut_revert_withdrawalWithin() public {
        (bytes32 id, bytes memory execute) =
            _decided(address(vault), abi.encodeCall(vault.withdraw, (address(token), DELEGATE, 7)));
        _puppet.then(address(timelock), 0, execute, true);
        vm.expectRevert(_movedMore(address(token), 0, 7));
        _order(ETH, 100, address(_puppet), ASK);
        _willPull(address(token), 94);
        vm.expectRevert(_movedMore(address(token), 100, 101));
        _order(address(token), 100, address(_puppet), ASK);
        assertFalse(timelock.isOperationDone(id), "done");
        (bool ok,) = address(timelock).call(execute);
        assertTrue(ok, "afterwards");
        assertEq(token.balanceOf(DELEGATE), 7, "withdrawn");
    }

    /// @notice A stop within a call holds from the next thing on; a batch that is under way pays no more.
    function test_L4_payMany_stoppedWithinAPayment() public {
        _collude();
        (, bytes memory execute) = _decided(address(vault), abi.encodeCall(vault.stop, (PolicyEngine.Scope.ALL, 0)));
        HookToken t = new HookToken();
        _add(t);
        t.hook(address(timelock), execute);
        MandateAccount.Payment[] memory list = new MandateAccount.Payment[](2);
        list[0] = MandateAccount.Payment(address(t), address(_puppet), 10);
        list[1] = MandateAccount.Payment(address(token), address(_puppet), 10);
        vm.prank(address(_puppet));
        Rule[] memory rules = vault.payMany(agentId, list);
        assertTrue(t.succeeded(), "stopped");
        assertEq(uint8(rules[0]), uint8(Rule.NONE), "was under way");
        assertEq(uint8(rules[1]), uint8(Rule.GLOBAL_BREAKER), "after it");
    }

    // ------------------------------------------------------------------ for all

    /// @notice An accomplice who holds the agent's key, is paid and called, hears of every transfer and approval, has signed intents to
    ///         submit and decisions of governance to carry out, and does some of that within the rest, in whatever order: what
    ///         left and what others may still take is never more than what was declared and counted.
    function testFuzz_L1_neverMoreThanWasDeclared(uint256[16] memory seeds) public {
        Accomplice accomplice = new Accomplice();
        Puppet friend = new Puppet();
        address[3] memory assets = [ETH, address(new LoudToken()), address(new LoudToken())];
        _open(accomplice, friend, assets);
        for (uint256 i; i < seeds.length; ++i) {
            _plan(accomplice, friend, assets, seeds[i]);
        }
        skip(TIMELOCK_DELAY);
        while (accomplice.left() > 0) {
            accomplice.act(1);
            for (uint256 i; i < 3; ++i) {
                _assertWithin(assets[i], address(accomplice), address(friend));
            }
        }
        assertFalse(policy.frozen(agentId), "stopped short by a breach");
    }

    function _open(Accomplice accomplice, Puppet friend, address[3] memory assets) private {
        vm.prank(address(registry));
        policy.sync(agentId, address(accomplice), true, 0);
        PolicyEngine.Terms memory t = terms();
        (t.maxTransactions, t.maxAuditLag) = (1000, 1000);
        vm.startPrank(address(timelock));
        policy.setTerms(agentId, t);
        policy.setLimit(agentId, ETH, limit(1000, 100_000)); // counted to the last wei
        policy.setRecipient(agentId, HOME, address(accomplice), true);
        policy.setRecipient(agentId, HOME, address(friend), true);
        vm.stopPrank();
        _permit(HOME, address(accomplice), bytes4(ASK), CallRules.Permission(CallKind.PULL, ANY, ANY, ANY, false));
        bytes4 hello = bytes4("take");
        _permit(HOME, address(accomplice), hello, CallRules.Permission(CallKind.SEND, ANY, ANY, ANY, false));
        for (uint256 i = 1; i < 3; ++i) {
            _permit(HOME, assets[i], IERC20.approve.selector, CallRules.Permission(CallKind.APPROVE, 1, 0, ANY, true));
            _add(MintableToken(assets[i]));
            LoudToken(assets[i]).tell(address(accomplice), "");
            // What is taken by a standing allowance of the friend: whoever calls the friend has it taken.
            friend.then(assets[i], 0, abi.encodeCall(IERC20.transferFrom, (address(vault), address(friend), 10)), false);
        }
    }

    /// @dev One more thing to do, and how many of the next ones within it.
    function _plan(Accomplice accomplice, Puppet friend, address[3] memory assets, uint256 seed) private {
        uint256 what = seed % 13;
        address asset = assets[(seed >> 8) % 3];
        address coin = asset == ETH ? assets[1] : asset; // a token in any case
        uint256 amount = 1 + (seed >> 16) % 200;
        uint256 within = (seed >> 32) % 4;
        address me = address(accomplice);
        address to = address(vault);
        bytes memory data;
        if (what < 2) {
            data = abi.encodeCall(vault.pay, (asset, amount, me, agentId));
        } else if (what == 2) {
            MandateAccount.Payment[] memory list = new MandateAccount.Payment[](2);
            list[0] = MandateAccount.Payment(asset, me, amount);
            list[1] = MandateAccount.Payment(assets[(seed >> 40) % 3], me, amount / 2 + 1);
            data = abi.encodeCall(vault.payMany, (agentId, list));
        } else if (what < 7) {
            Intent memory intent = _call(coin, amount, me, ASK);
            intent.deadline += uint64(TIMELOCK_DELAY);
            if (what == 5) (intent.asset, intent.data) = (ETH, "take");
            address spender = (seed >> 48) % 2 == 0 ? me : address(friend);
            if (what == 6) (intent.to, intent.data) = (coin, abi.encodeCall(IERC20.approve, (spender, amount)));
            (to, data) = (address(executor), abi.encodeCall(atHome.submit, (intent, sign(intent))));
        } else if (what < 10) {
            (to, data) = (coin, abi.encodeCall(IERC20.transferFrom, (address(vault), me, amount / 8 + 1)));
        } else if (what == 10) {
            (to, data) = (coin, abi.encodeCall(IERC20.transfer, (address(vault), amount)));
        } else if (what == 11) {
            (to, data) = (address(friend), ASK);
        } else {
            to = address(timelock);
            (, data) = (seed >> 48) % 2 == 0
                ? _schedule(address(vault), abi.encodeCall(vault.withdraw, (asset, DELEGATE, amount)))
                : _schedule(address(vault), abi.encodeCall(vault.revoke, (coin, me)));
        }
        accomplice.then(to, data, within);
    }

    function _assertWithin(address asset, address accomplice, address friend) private view {
        uint256 had = asset == ETH ? VAULT_ETH : 1_000_000;
        uint256 withdrawn = asset == ETH ? DELEGATE.balance : IERC20(asset).balanceOf(DELEGATE);
        uint256 holds = asset == ETH ? address(vault).balance : IERC20(asset).balanceOf(address(vault));
        uint256 allowed = asset == ETH ? 0 : _allowance(asset, accomplice) + _allowance(asset, friend);
        assertLe(had + allowed, holds + withdrawn + _used(asset), "more than was declared");
    }
}

/// @notice Does what it was told to, one thing after the other, and some of it within others: as soon as it is called, paid or told of
///         something.
contract Accomplice {
    struct Step {
        address to;
        bytes data;
        uint256 within;
    }

    Step[] private _steps;
    uint256 private _next;
    uint256 private _now;

    function then(address to, bytes calldata data, uint256 within) external {
        _steps.push(Step(to, data, within));
    }

    function left() external view returns (uint256) {
        return _steps.length - _next;
    }

    function act(uint256 count) public {
        for (uint256 i; i < count && _next < _steps.length; ++i) {
            Step memory step = _steps[_next++];
            _now = step.within;
            LowLevelCall.callNoReturn(step.to, 0, step.data);
            _now = 0;
        }
    }

    receive() external payable {
        _do();
    }

    fallback() external payable {
        _do();
    }

    function _do() private {
        uint256 count = _now;
        _now = 0;
        act(count);
    }
}
