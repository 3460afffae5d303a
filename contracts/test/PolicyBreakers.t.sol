// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {AgentVault} from "../src/AgentVault.sol";
import {Intent} from "../src/Intent.sol";
import {MandateAccount} from "../src/MandateAccount.sol";
import {PolicyEngine} from "../src/PolicyEngine.sol";
import {Rule} from "../src/Verdict.sol";
import {Deployed} from "./lib/Deployed.sol";

/// @notice The breakers above the agents: what each stops, who trips, who resets, and that they reach the words of every live
///         agent, which is all that a payment reads.
contract PolicyBreakersTest is Deployed {
    PolicyEngine.Scope private constant ALL = PolicyEngine.Scope.ALL;
    PolicyEngine.Scope private constant CHAIN = PolicyEngine.Scope.CHAIN;
    PolicyEngine.Scope private constant ASSET = PolicyEngine.Scope.ASSET;
    uint256 private _tokens; // the token's number

    function setUp() public {
        deployAll();
        _tokens = uint160(address(token));
    }

    function _stop(PolicyEngine.Scope scope, uint256 what) private {
        vm.prank(WATCHDOG);
        policy.stop(scope, what);
    }

    function _restart(PolicyEngine.Scope scope, uint256 what) private {
        (, uint256 stops) = policy.breaker(scope, what);
        vm.prank(address(timelock));
        policy.restart(scope, what, stops);
    }

    /// @dev What the agent's payments of 1 are told: directly, at home, to the other chain. None of it trips.
    function _assertRules(address asset, Rule direct, Rule homeRule, Rule remote) private {
        assertEq(uint8(atHome.preview(payment(asset, 1)).rule), uint8(homeRule), "at home");
        assertEq(uint8(atHome.preview(remotePayment(asset, 1)).rule), uint8(remote), "to the other chain");
        uint256 stops = policy.stops(agentId);
        vm.prank(AGENT);
        assertEq(uint8(vault.pay(asset, 1, PAYEE, agentId)), uint8(direct), "directly");
        assertEq(policy.stops(agentId), stops, "somebody else's breaker tripped the agent's");
    }

    function _assertPayOut(address asset, Rule rule) private {
        if (rule != Rule.NONE) {
            vm.expectRevert(abi.encodeWithSelector(MandateAccount.AccountStopped.selector, rule));
        }
        vm.prank(address(executor));
        vault.payOut(bytes32(0), agentId, asset, PAYEE, 1);
    }

    // ------------------------------------------------------------------ what each stops

    function test_L4_all_stopsEverything() public {
        _stop(ALL, 0);
        Rule stopped = Rule.GLOBAL_BREAKER;
        _assertRules(ETH, stopped, stopped, stopped);
        _assertRules(address(token), stopped, stopped, stopped);
        _assertPayOut(ETH, stopped);
        _restart(ALL, 0);
        _assertRules(ETH, Rule.NONE, Rule.NONE, Rule.NONE);
        _assertRules(address(token), Rule.NONE, Rule.NONE, Rule.NONE);
        _assertPayOut(ETH, Rule.NONE);
    }

    /// @notice Home is where all is judged: while it is stopped nothing leaves for elsewhere either.
    function test_L4_home_stopsWhatIsJudgedThere() public {
        _stop(CHAIN, HOME);
        Rule stopped = Rule.CHAIN_BREAKER;
        _assertRules(ETH, stopped, stopped, stopped);
        _assertPayOut(address(token), stopped);
        _restart(CHAIN, HOME);
        _assertRules(ETH, Rule.NONE, Rule.NONE, Rule.NONE);
    }

    function test_L4_otherChain_stopsWhatLeavesForItOnly() public {
        _stop(CHAIN, REMOTE);
        _assertRules(ETH, Rule.NONE, Rule.NONE, Rule.CHAIN_BREAKER);
        submitDenied(remotePayment(address(token), 1), Rule.CHAIN_BREAKER);
        assertFalse(policy.frozen(agentId), "frozen");
        _assertPayOut(ETH, Rule.NONE);
        _restart(CHAIN, REMOTE);
        submitAdmitted(remotePayment(address(token), 1));
    }

    function test_L4_asset_stopsItOnEveryChainAndNoOther() public {
        _stop(ASSET, _tokens);
        Rule stopped = Rule.ASSET_BREAKER;
        _assertRules(address(token), stopped, stopped, stopped);
        _assertRules(ETH, Rule.NONE, Rule.NONE, Rule.NONE);
        _assertPayOut(address(token), stopped);
        _assertPayOut(ETH, Rule.NONE);
        _restart(ASSET, _tokens);
        _assertRules(address(token), Rule.NONE, Rule.NONE, Rule.NONE);
        _stop(ASSET, uint160(ETH)); // the native coin is asset 0
        _assertRules(ETH, stopped, stopped, stopped);
        _assertRules(address(token), Rule.NONE, Rule.NONE, Rule.NONE);
    }

    /// @notice At a destination the account stops what was delivered, whoever attested it; it goes on when it is restarted.
    function test_L4_destination_paysNothingWhileStopped() public {
        Intent memory intent = remotePayment(address(token), 5);
        deliver(intent);
        skip(DISPUTE_WINDOW);
        PolicyEngine.Scope[3] memory scopes = [ALL, CHAIN, ASSET];
        uint256[3] memory what = [uint256(0), REMOTE, _tokens];
        Rule[3] memory rules = [Rule.GLOBAL_BREAKER, Rule.CHAIN_BREAKER, Rule.ASSET_BREAKER];
        for (uint256 i; i < 3; ++i) {
            _stop(scopes[i], what[i]);
            vm.expectRevert(abi.encodeWithSelector(MandateAccount.AccountStopped.selector, rules[i]));
            abroad.execute(intent);
            _restart(scopes[i], what[i]);
        }
        abroad.execute(intent);
        assertEq(token.balanceOf(PAYEE), 5, "arrived");
    }

    /// @notice However often which breakers are tripped and reset, what the executor orders is paid exactly while none of them holds it.
    function testFuzz_L4_payOut_whileNoneOfThemHolds(uint256 seed) public {
        PolicyEngine.Scope[5] memory scopes = [ALL, CHAIN, CHAIN, ASSET, ASSET];
        uint256[5] memory what = [uint256(0), HOME, REMOTE, _tokens, uint160(ETH)];
        bool[5] memory on;
        for (uint256 step; step < 12; ++step) {
            uint256 i = (seed & 0xff) % 5;
            on[i] = (seed >> 8) & 3 != 0; // more stops than restarts, also of what is stopped
            seed >>= 10;
            if (on[i]) _stop(scopes[i], what[i]);
            else _restart(scopes[i], what[i]);
            for (uint256 chain; chain < 2; ++chain) {
                vm.chainId(chain == 0 ? HOME : REMOTE);
                Rule all = on[0] ? Rule.GLOBAL_BREAKER : on[1 + chain] ? Rule.CHAIN_BREAKER : Rule.NONE;
                _assertPayOut(address(token), all == Rule.NONE && on[3] ? Rule.ASSET_BREAKER : all);
                _assertPayOut(ETH, all == Rule.NONE && on[4] ? Rule.ASSET_BREAKER : all);
            }
            vm.chainId(HOME);
        }
    }

    /// @notice Two breakers over one agent: one that is reset leaves the other.
    function test_L4_restart_leavesTheOthers() public {
        _stop(ALL, 0);
        _stop(CHAIN, HOME);
        _stop(ASSET, uint160(ETH));
        _restart(ALL, 0);
        _assertRules(ETH, Rule.CHAIN_BREAKER, Rule.CHAIN_BREAKER, Rule.CHAIN_BREAKER);
        _stop(ALL, 0);
        _restart(CHAIN, HOME);
        _assertRules(ETH, Rule.GLOBAL_BREAKER, Rule.GLOBAL_BREAKER, Rule.GLOBAL_BREAKER);
        _restart(ALL, 0);
        _assertRules(ETH, Rule.ASSET_BREAKER, Rule.ASSET_BREAKER, Rule.ASSET_BREAKER);
        _restart(ASSET, uint160(ETH));
        _assertRules(ETH, Rule.NONE, Rule.NONE, Rule.NONE);
    }

    /// @notice A breaker that is reset thaws no agent, and a thaw resets no breaker.
    function test_L4_restart_thawsNobody() public {
        _stop(ALL, 0);
        vm.prank(WATCHDOG);
        policy.freeze(agentId);
        _restart(ALL, 0);
        assertTrue(policy.frozen(agentId), "thawed by a restart");
        _stop(ALL, 0);
        thaw();
        _assertRules(ETH, Rule.GLOBAL_BREAKER, Rule.GLOBAL_BREAKER, Rule.GLOBAL_BREAKER);
    }

    // ------------------------------------------------------------------ who

    function test_L5_stop_byGuardiansAndGovernance() public {
        address[3] memory allowed = [WATCHDOG, WATCHDOG2, address(timelock)];
        for (uint256 i; i < 3; ++i) {
            vm.expectEmit(address(policy));
            emit PolicyEngine.Stopped(CHAIN, REMOTE, allowed[i]);
            vm.prank(allowed[i]);
            policy.stop(CHAIN, REMOTE);
            (bool tripped, uint256 stops) = policy.breaker(CHAIN, REMOTE);
            assertTrue(tripped, "not tripped");
            assertEq(stops, i + 1, "each counts, tripped or not");
        }
    }

    function test_L4_stop_revert_everybodyElse() public {
        address[7] memory others = [AGENT, OWNER, THIEF, PUBLISHER, DEPLOYER, address(executor), address(registry)];
        for (uint256 i; i < others.length; ++i) {
            _assertUnauthorized(others[i], abi.encodeCall(policy.stop, (ALL, 0)));
        }
    }

    function test_L5_restart_revert_everybodyButGovernance() public {
        _stop(ALL, 0);
        address[8] memory others =
            [WATCHDOG, WATCHDOG2, AGENT, OWNER, THIEF, PUBLISHER, address(executor), address(registry)];
        for (uint256 i; i < others.length; ++i) {
            _assertUnauthorized(others[i], abi.encodeCall(policy.restart, (ALL, 0, 1)));
        }
    }

    /// @notice Who owns the funds stops everything at once, also under somebody else's authority; restarting is governance's.
    function test_L5_stop_byTheOwnerOfTheFunds() public {
        AgentVault other =
            new AgentVault(address(authority), DELEGATE, registry, address(executor), guard, HOME, new uint256[](0));
        vm.startPrank(DELEGATE);
        other.stop(ALL, 0);
        (bool tripped,) = other.breaker(ALL, 0);
        assertTrue(tripped, "not tripped");
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, DELEGATE));
        other.restart(ALL, 0, 1);
        vm.stopPrank();
    }

    function _assertUnauthorized(address who, bytes memory call_) private {
        vm.prank(who);
        (bool ok, bytes memory answer) = address(policy).call(call_);
        assertFalse(ok, "went through");
        assertEq(
            answer, abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, who), "another reason"
        );
    }

    // ------------------------------------------------------------------ what was decided

    /// @notice An asset has one number. Under another, which was never stopped, a decision of before the stop would fit.
    function test_L4_restart_revert_underAnotherName() public {
        _stop(ASSET, _tokens);
        uint256[2] memory names = [(1 << 160) | _tokens, (1 << 255) | _tokens];
        for (uint256 i; i < names.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyBreakerUnknown.selector, ASSET, names[i]));
            vm.prank(address(timelock));
            policy.restart(ASSET, names[i], 0);
        }
        vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyBreakerUnknown.selector, ALL, uint256(1)));
        vm.prank(address(timelock));
        policy.restart(ALL, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyBreakerUnknown.selector, CHAIN, uint256(99)));
        vm.prank(address(timelock));
        policy.restart(CHAIN, 99, 0);
        Rule stopped = Rule.ASSET_BREAKER;
        _assertRules(address(token), stopped, stopped, stopped);
    }

    /// @notice A restart fits the stops that it was decided for, neither fewer nor more.
    function test_L4_restart_revert_stoppedSinceItWasDecided() public {
        _stop(ASSET, _tokens);
        _stop(ASSET, _tokens);
        vm.startPrank(address(timelock));
        uint256[4] memory others = [uint256(0), 1, 3, type(uint256).max];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    PolicyEngine.PolicyBreakerStopsDiffer.selector, ASSET, _tokens, others[i], uint256(2)
                )
            );
            policy.restart(ASSET, _tokens, others[i]);
        }
        vm.expectEmit(address(policy));
        emit PolicyEngine.Restarted(ASSET, _tokens, address(timelock));
        policy.restart(ASSET, _tokens, 2);
        (bool tripped, uint256 stops) = policy.breaker(ASSET, _tokens);
        assertFalse(tripped, "tripped");
        assertEq(stops, 2, "a restart is no stop");
        vm.stopPrank();
    }

    function test_L11_stop_revert_nothingOfThatName() public {
        PolicyEngine.Scope[5] memory scopes = [ALL, CHAIN, CHAIN, ASSET, ASSET];
        uint256[5] memory what = [uint256(1), 0, 5, 1 << 160, type(uint256).max];
        for (uint256 i; i < 5; ++i) {
            vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyBreakerUnknown.selector, scopes[i], what[i]));
            vm.prank(WATCHDOG);
            policy.stop(scopes[i], what[i]);
        }
    }

    // ------------------------------------------------------------------ agents that come and go

    /// @dev An agent with a key and the fixture's mandate for ETH, live or not yet.
    function _another(bool limitFirst) private returns (uint256 id) {
        vm.prank(OWNER);
        id = registry.register();
        proveWallet(id, OWNER, 0xA2);
        if (limitFirst) _mandate(id);
        activate(id);
        if (!limitFirst) _mandate(id);
    }

    function _mandate(uint256 id) private {
        vm.startPrank(address(timelock));
        policy.setTerms(id, terms());
        policy.setLimit(id, ETH, limit(1 ether, 3 ether));
        policy.setAssetChain(id, ETH, HOME, true);
        policy.setRecipient(id, HOME, PAYEE, true);
        vm.stopPrank();
    }

    function _assertRule(uint256 id, Rule rule) private {
        address wallet = registry.getAgentWallet(id);
        vm.prank(wallet);
        assertEq(uint8(vault.pay(ETH, 1, PAYEE, id)), uint8(rule), "rule");
    }

    /// @notice Who becomes live while a breaker is tripped is under it, and is released with the others.
    function test_L4_laterAgent_inheritsWhatIsTripped() public {
        _assertInherits(ALL, 0, Rule.GLOBAL_BREAKER, true);
        _assertInherits(CHAIN, HOME, Rule.CHAIN_BREAKER, true);
        _assertInherits(ASSET, uint160(ETH), Rule.ASSET_BREAKER, true);
        _assertInherits(ASSET, uint160(ETH), Rule.ASSET_BREAKER, false);
    }

    function _assertInherits(PolicyEngine.Scope scope, uint256 what, Rule rule, bool limitFirst) private {
        _stop(scope, what);
        uint256 id = _another(limitFirst);
        _assertRule(id, rule);
        // No change of the mandate, of the key or of the standing gets around it.
        _mandate(id);
        proveWallet(id, OWNER, 0xA3);
        vm.prank(OWNER);
        registry.suspend(id);
        activate(id);
        _assertRule(id, rule);
        _restart(scope, what);
        _assertRule(id, Rule.NONE);
    }

    /// @notice What happened while an agent was not live reaches it when it is again.
    function test_L4_suspendedAgent_catchesUp() public {
        uint256 id = _another(true);
        vm.prank(OWNER);
        registry.suspend(id);
        _stop(ALL, 0);
        _stop(ASSET, uint160(ETH));
        activate(id);
        _assertRule(id, Rule.GLOBAL_BREAKER);
        vm.prank(OWNER);
        registry.suspend(id);
        _restart(ALL, 0);
        activate(id);
        _assertRule(id, Rule.ASSET_BREAKER);
        vm.prank(OWNER);
        registry.suspend(id);
        _restart(ASSET, uint160(ETH));
        activate(id);
        _assertRule(id, Rule.NONE);
    }

    // ------------------------------------------------------------------ bounds

    function test_setLimit_sixteenAssetsAndNoMore() public {
        vm.startPrank(address(timelock));
        uint256 most = policy.MAX_ASSETS();
        assertEq(most, 16, "most");
        for (uint160 i = 2; i < most; ++i) {
            policy.setLimit(agentId, address(i + 1000), limit(1, 1));
        }
        assertEq(policy.assetsOf(agentId).length, most, "assets");
        vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyAssetsFull.selector, most));
        policy.setLimit(agentId, address(1), limit(1, 1));
        policy.setLimit(agentId, address(1002), limit(0, 0)); // ended: it keeps its place
        vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyAssetsFull.selector, most));
        policy.setLimit(agentId, address(1), limit(1, 1));
        policy.setLimit(agentId, address(1002), limit(1, 1)); // and takes it again
        assertEq(policy.assetsOf(agentId).length, most, "assets");
        vm.stopPrank();
    }

    /// @notice Whoever comes and goes in whatever order: the list is those who are live, each once.
    function testFuzz_live_isWhoIsLive(uint256 seed) public {
        uint256[6] memory ids;
        bool[6] memory on;
        for (uint256 i; i < 6; ++i) {
            vm.prank(OWNER);
            ids[i] = registry.register();
        }
        for (uint256 step; step < 20; ++step) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 i = seed % 6;
            if (on[i]) {
                vm.prank(OWNER);
                registry.suspend(ids[i]);
            } else {
                activate(ids[i]);
            }
            on[i] = !on[i];
            uint256[] memory live = policy.live();
            uint256 expected = 1; // the fixture's
            for (uint256 j; j < 6; ++j) {
                uint256 found;
                for (uint256 k; k < live.length; ++k) {
                    if (live[k] == ids[j]) ++found;
                }
                assertEq(found, on[j] ? 1 : 0, "in the list");
                if (on[j]) ++expected;
            }
            assertEq(live.length, expected, "and nobody else");
        }
    }
}

/// @notice With as many live agents as there may be: every breaker is tripped within one transaction.
contract PolicyBreakersFullTest is Deployed {
    uint256 private constant MOST_GAS = 16_777_216; // of a transaction, EIP-7825

    uint256 private _last;

    function setUp() public {
        deployAll();
        for (uint256 i = policy.live().length; i < policy.MAX_LIVE(); ++i) {
            vm.prank(OWNER);
            _last = registry.register();
            vm.startPrank(address(timelock));
            registry.activate(_last, address(vault), 0);
            policy.setTerms(_last, terms());
            policy.setLimit(_last, ETH, limit(1 ether, 3 ether));
            vm.stopPrank();
        }
    }

    function _assertFits(PolicyEngine.Scope scope, uint256 what, Rule rule) private {
        vm.prank(WATCHDOG);
        uint256 before = gasleft();
        policy.stop(scope, what);
        assertLe(before - gasleft() + 21_000, MOST_GAS, "more than a transaction may use");
        Intent memory intent = payment(ETH, 1);
        assertEq(uint8(atHome.preview(intent).rule), uint8(rule), "the first");
        intent.agentId = _last;
        assertEq(uint8(atHome.preview(intent).rule), uint8(rule), "the last");
    }

    function test_stop_everythingFitsATransaction() public {
        assertEq(policy.live().length, 1024, "live");
        _assertFits(PolicyEngine.Scope.ALL, 0, Rule.GLOBAL_BREAKER);
    }

    function test_stop_assetFitsATransaction() public {
        _assertFits(PolicyEngine.Scope.ASSET, uint160(ETH), Rule.ASSET_BREAKER);
    }

    /// @notice One more is not activated; it is when another made room.
    function test_activate_revert_oneMoreThanCanBeStopped() public {
        vm.prank(OWNER);
        uint256 id = registry.register();
        vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyAgentsFull.selector, uint256(1024)));
        vm.prank(address(timelock));
        registry.activate(id, address(vault), 0);
        vm.prank(OWNER);
        registry.suspend(_last);
        activate(id);
        assertEq(policy.live().length, 1024, "live");
        vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyAgentsFull.selector, uint256(1024)));
        vm.prank(address(timelock));
        registry.activate(_last, address(vault), 1);
    }
}
