// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Budget} from "../src/Budget.sol";
import {Headroom} from "../src/MandateLens.sol";
import {PolicyEngine} from "../src/PolicyEngine.sol";
import {Rule} from "../src/Verdict.sol";
import {Deployed} from "./lib/Deployed.sol";

/// @notice The smallest numbers and the rarest orders, each of which a changed line was once not noticed at.
contract PolicyEdgesTest is Deployed {
    function setUp() public {
        deployAll();
    }

    /// @notice One of the smallest unit is used, and falls out again.
    function test_L12_headroom_oneIsUsed() public {
        vm.prank(address(timelock));
        policy.setLimit(agentId, ETH, limit(10, 10));
        vm.prank(AGENT);
        assertEq(uint8(vault.pay(ETH, 1, PAYEE, agentId)), uint8(Rule.NONE), "paid");
        Headroom memory h = lens.headroom(agentId, ETH);
        assertEq(h.used, 1, "used");
        assertGe(h.moreAt, time() + WINDOW, "when it falls out");
        vm.warp(h.moreAt);
        assertEq(lens.headroom(agentId, ETH).used, 0, "it fell out");
    }

    /// @notice A breaker stops an asset also where its window is a second.
    function test_L4_stop_assetOfTheShortestWindow() public {
        vm.prank(address(timelock));
        policy.setLimit(agentId, ETH, PolicyEngine.Limit(10, 10, 1));
        vm.prank(WATCHDOG);
        policy.stop(PolicyEngine.Scope.ASSET, uint160(ETH));
        vm.prank(AGENT);
        assertEq(uint8(vault.pay(ETH, 1, PAYEE, agentId)), uint8(Rule.ASSET_BREAKER), "stopped");
    }

    /// @notice Every address may be an asset's, the last one too.
    function test_L4_stop_assetOfTheLastAddress() public {
        vm.startPrank(WATCHDOG);
        policy.stop(PolicyEngine.Scope.ASSET, type(uint160).max);
        (bool tripped,) = policy.breaker(PolicyEngine.Scope.ASSET, type(uint160).max);
        assertTrue(tripped, "stopped");
        uint256 none = uint256(type(uint160).max) + 1;
        vm.expectRevert(
            abi.encodeWithSelector(PolicyEngine.PolicyBreakerUnknown.selector, PolicyEngine.Scope.ASSET, none)
        );
        policy.stop(PolicyEngine.Scope.ASSET, none);
        vm.stopPrank();
    }

    /// @notice A new key of an agent that may not act makes it no live one.
    function test_live_newKeyOfASuspendedAgent() public {
        vm.prank(OWNER);
        registry.suspend(agentId);
        assertEq(policy.live().length, 0, "suspended");
        proveWallet(agentId, OWNER, 0xA2);
        assertEq(policy.live().length, 0, "still suspended");
        activate(agentId);
        assertEq(policy.live().length, 1, "active again");
    }

    /// @notice What would not fit its word is refused, naming the bound.
    function test_set_revert_beyondTheWords() public {
        vm.startPrank(address(timelock));
        PolicyEngine.Terms memory t = terms();
        t.maxAuditLag = type(uint16).max;
        vm.expectRevert(
            abi.encodeWithSelector(PolicyEngine.PolicyLagTooLong.selector, type(uint16).max, type(uint16).max - 1)
        );
        policy.setTerms(agentId, t);
        uint256 chainId = uint256(type(uint96).max) + 1;
        vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyChainUnknown.selector, chainId));
        policy.setRecipient(agentId, chainId, PAYEE, true);
        vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyChainUnknown.selector, chainId));
        policy.registerChain(chainId);
        policy.registerChain(chainId - 1);
        policy.setRecipient(agentId, chainId - 1, PAYEE, true);
        vm.stopPrank();
        assertTrue(policy.isRecipient(agentId, chainId - 1, PAYEE), "the largest id");
        assertFalse(policy.isRecipient(agentId, chainId, PAYEE), "no place");
        assertTrue(policy.isRecipient(agentId, HOME, PAYEE), "home's");
        assertFalse(policy.isRecipient(agentId, chainId + HOME, PAYEE), "whose lower bits are home's");
        assertFalse(policy.isRecipient(agentId, (1 << 95) + HOME, PAYEE), "nor the last bit but one");
    }

    /// @notice An asset without a cap, of which nothing counts any more, makes room for another; one that counts is not forgotten (L2).
    function test_L2_dropAsset_onlyWhatCountsForNothing() public {
        submitAdmitted(payment(ETH, 1 ether));
        _assertInUse(ETH, 3 ether, 1 ether);
        vm.prank(OWNER);
        policy.setLimit(agentId, ETH, limit(0, 0));
        (bool went,) = _drop(address(timelock), ETH);
        assertFalse(went, "what was spent is forgotten");
        skip(2 * uint256(WINDOW));
        address[4] memory others = [AGENT, OWNER, WATCHDOG, THIEF];
        for (uint256 i; i < others.length; ++i) {
            (went,) = _drop(others[i], ETH);
            assertFalse(went, "governance's");
        }
        vm.expectEmit(address(policy));
        emit PolicyEngine.AssetDropped(agentId, ETH, address(timelock));
        (went,) = _drop(address(timelock), ETH);
        assertTrue(went, "dropped");
        address[] memory left = policy.assetsOf(agentId);
        assertEq(left.length, 1, "assets");
        assertEq(left[0], address(token), "the other");
        assertFalse(policy.isAssetOnChain(agentId, ETH, HOME), "at home");
        assertFalse(policy.isAssetOnChain(agentId, ETH, REMOTE), "elsewhere");
        assertEq(uint8(atHome.preview(payment(ETH, 1)).rule), uint8(Rule.ASSET), "spent");
        _assertInUse(ETH, 0, 0); // it is not there
        vm.prank(WATCHDOG);
        policy.stop(PolicyEngine.Scope.ASSET, uint160(ETH));
        vm.startPrank(address(timelock));
        policy.setLimit(agentId, ETH, limit(1 ether, 3 ether));
        policy.setAssetChain(agentId, ETH, HOME, true);
        vm.stopPrank();
        assertEq(policy.assetsOf(agentId).length, 2, "again");
        assertEq(uint8(atHome.preview(payment(ETH, 1)).rule), uint8(Rule.ASSET_BREAKER), "stopped meanwhile");
    }

    /// @notice The asset that is named goes, wherever it stands in the list, and whatever its window; one with a cap stays.
    function test_L2_dropAsset_thatOneAndNoOther() public {
        address third = address(0xA3);
        _assertInUse(address(token), 2500e6, 0); // a cap, of which nothing is used
        vm.startPrank(address(timelock));
        policy.setLimit(agentId, third, PolicyEngine.Limit(0, 0, 1));
        policy.setLimit(agentId, address(token), PolicyEngine.Limit(0, 0, WINDOW));
        policy.setAssetChain(agentId, address(token), REMOTE, true);
        vm.stopPrank();
        (bool went,) = _drop(address(timelock), address(token));
        assertTrue(went, "in the middle");
        address[] memory left = policy.assetsOf(agentId);
        assertEq(left.length, 2, "assets");
        assertEq(left[0], ETH, "the first");
        assertEq(left[1], third, "the last, in its place");
        (, Budget budget,,) = policy.words(agentId, address(token));
        assertEq(Budget.unwrap(budget), 0, "nothing is left of it");
        assertFalse(policy.isAssetOnChain(agentId, address(token), REMOTE), "nor of its chains");
        (went,) = _drop(address(timelock), third);
        assertTrue(went, "with a window of a second");
        assertEq(policy.assetsOf(agentId).length, 1, "one");
        assertEq(lens.headroom(agentId, ETH).limit.cap, 3 ether, "untouched");
    }

    /// @notice The shortest window shows as well as any other that the asset has a limit, which its owner may tighten.
    function test_L5_setLimit_tightenedInAWindowOfASecond() public {
        vm.prank(address(timelock));
        policy.setLimit(agentId, address(0xA3), PolicyEngine.Limit(10, 10, 1));
        vm.prank(OWNER);
        policy.setLimit(agentId, address(0xA3), PolicyEngine.Limit(9, 10, 1));
        assertEq(lens.headroom(agentId, address(0xA3)).limit.perTransaction, 9, "tightened");
        assertEq(policy.assetsOf(agentId).length, 3, "once in the list");
    }

    function _drop(address by, address asset) private returns (bool went, bytes memory answer) {
        vm.prank(by);
        return address(policy).call(abi.encodeCall(policy.dropAsset, (agentId, asset)));
    }

    function _assertInUse(address asset, uint256 cap, uint256 used) private {
        (bool went, bytes memory answer) = _drop(address(timelock), asset);
        assertFalse(went, "dropped");
        assertEq(answer, abi.encodeWithSelector(PolicyEngine.PolicyAssetInUse.selector, asset, cap, used), "reason");
    }
}
