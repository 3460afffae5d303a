// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {PriceFeeds} from "../../src/rules/PriceFeeds.sol";
import {Tiers} from "../../src/rules/Tiers.sol";
import {Tightening} from "../../src/rules/Tightening.sol";
import {Tier} from "../../src/Verdict.sol";
import {Governed} from "../lib/Governed.sol";
import {HostileFeed} from "./Feeds.sol";

contract TiersTest is Governed {
    address private constant ETH = address(0);
    address private constant USD = address(840);
    uint112 private constant NEVER = type(uint112).max;

    PriceFeeds private _prices;
    HostileFeed private _eth;
    Tiers private _tiers;

    function setUp() public {
        govern();
        _prices = new PriceFeeds(address(authority));
        _tiers = new Tiers(address(authority), registry, _prices);
        _eth = new HostileFeed();
        _eth.willAnswer(7, 2_000e8, START, START, 7);
        vm.prank(GOVERNANCE);
        _prices.setFeed(HOME, ETH, PriceFeeds.Feed(address(_eth), 1 days, 100, 10_000, 8, 18, 8, false), 0);
        _set(ETH, _inEther());
        _set(USD, _never());
    }

    /// @dev Told above 1 ether, an hour's wait above 2, approvals above 3.
    function _inEther() private pure returns (Tiers.Thresholds memory) {
        return Tiers.Thresholds(1 ether, 2 ether, 1 hours, 3 ether);
    }

    /// @dev The same, half as large, twice as slow, if ether is at 2,000 dollars.
    function _inDollars() private pure returns (Tiers.Thresholds memory) {
        return Tiers.Thresholds(1_000e8, 2_000e8, 2 hours, 3_000e8);
    }

    function _never() private pure returns (Tiers.Thresholds memory) {
        return Tiers.Thresholds(NEVER, NEVER, 0, NEVER);
    }

    function _set(address asset, Tiers.Thresholds memory thresholds) private {
        vm.prank(GOVERNANCE);
        _tiers.setThresholds(agentId, asset, thresholds);
    }

    function _assertTier(uint256 amount, Tier tier, uint256 delay) private view {
        _assertTier(amount, 0, tier, delay);
    }

    function _assertTier(uint256 amount, uint8 riskLevel, Tier tier, uint256 delay) private view {
        (Tier tier_, uint32 delay_) = _tiers.tierOf(agentId, HOME, ETH, amount, riskLevel);
        assertEq(uint8(tier_), uint8(tier), "tier");
        assertEq(delay_, delay, "delay");
    }

    // ------------------------------------------------------------------ amounts

    function test_tierOf_eachThresholdIsTheLastAmountBelow() public view {
        _assertTier(0, Tier.INSTANT, 0);
        _assertTier(1 ether, Tier.INSTANT, 0);
        _assertTier(1 ether + 1, Tier.NOTIFY, 0);
        _assertTier(2 ether, Tier.NOTIFY, 0);
        _assertTier(2 ether + 1, Tier.DELAY, 1 hours);
        _assertTier(3 ether, Tier.DELAY, 1 hours);
        _assertTier(3 ether + 1, Tier.APPROVAL, 1 hours);
        _assertTier(type(uint256).max, Tier.APPROVAL, 1 hours);
    }

    function test_L11_tierOf_beyondNeverNeedsApprovals() public {
        _set(ETH, _never());
        _assertTier(NEVER, Tier.INSTANT, 0);
        _assertTier(uint256(NEVER) + 1, Tier.APPROVAL, 0);
    }

    function test_L11_tierOf_neverSetNeedsApprovals() public {
        Tiers fresh = new Tiers(address(authority), registry, _prices);
        (Tier tier, uint32 delay) = fresh.tierOf(agentId, HOME, ETH, 1, 0);
        assertEq(uint8(tier), uint8(Tier.APPROVAL), "nothing set");
        assertEq(delay, 0, "no delay is known");
        // An asset of which nobody spoke, with thresholds in dollars.
        _set(USD, _inDollars());
        (tier,) = _tiers.tierOf(agentId, HOME, address(0xA5), 1, 0);
        assertEq(uint8(tier), uint8(Tier.APPROVAL), "another asset");
        (tier,) = _tiers.tierOf(agentId + 1, HOME, ETH, 1, 0);
        assertEq(uint8(tier), uint8(Tier.APPROVAL), "another agent");
        // Thresholds in dollars that nobody set.
        vm.prank(GOVERNANCE);
        fresh.setThresholds(agentId, ETH, _never());
        (tier,) = fresh.tierOf(agentId, HOME, ETH, 1, 0);
        assertEq(uint8(tier), uint8(Tier.APPROVAL), "dollars not set");
    }

    function test_tierOf_thresholdsInAnyOrder() public {
        // Approvals from the first wei, a wait only above 2 ether.
        _set(ETH, Tiers.Thresholds(NEVER, 2 ether, 1 hours, 0));
        _assertTier(1, Tier.APPROVAL, 0);
        _assertTier(2 ether + 1, Tier.APPROVAL, 1 hours);
        // A wait for everything, nobody is told of less.
        _set(ETH, Tiers.Thresholds(5 ether, 0, 1 hours, NEVER));
        _assertTier(1, Tier.DELAY, 1 hours);
        _assertTier(6 ether, Tier.DELAY, 1 hours);
    }

    // ------------------------------------------------------------------ dollars

    function test_tierOf_theStricterCounts() public {
        _set(USD, _inDollars());
        _assertTier(0.5 ether, Tier.INSTANT, 0);
        _assertTier(0.5 ether + 1, Tier.NOTIFY, 0);
        _assertTier(1 ether + 1, Tier.DELAY, 2 hours);
        _assertTier(1.5 ether, Tier.DELAY, 2 hours);
        _assertTier(1.5 ether + 1, Tier.APPROVAL, 2 hours);
        // Ether falls to a tenth: now its own thresholds are the stricter ones.
        _eth.willAnswer(8, 200e8, START, START, 8);
        _assertTier(1 ether, Tier.INSTANT, 0);
        _assertTier(2 ether + 1, Tier.DELAY, 1 hours);
        _assertTier(3 ether + 1, Tier.APPROVAL, 1 hours);
    }

    /// @dev One is stricter in the tier, the other in the delay.
    function test_tierOf_tierAndDelayEachTheStricter() public {
        _set(ETH, Tiers.Thresholds(0, 0, 5 hours, NEVER));
        _set(USD, Tiers.Thresholds(0, 0, 1 hours, 0));
        _assertTier(1 ether, Tier.APPROVAL, 5 hours);
        _set(ETH, Tiers.Thresholds(0, 0, 1 hours, 0));
        _set(USD, Tiers.Thresholds(0, 0, 5 hours, NEVER));
        _assertTier(1 ether, Tier.APPROVAL, 5 hours);
    }

    function test_L11_tierOf_unknownPriceNeedsApprovals() public {
        _set(USD, _inDollars());
        _eth.will(HostileFeed.Deed.REVERT);
        _assertTier(1, Tier.APPROVAL, 2 hours);
        _assertTier(1, 3, Tier.APPROVAL, 16 hours);
        // Also where only one of the thresholds in dollars can be passed.
        _set(USD, Tiers.Thresholds(1, NEVER, 0, NEVER));
        _assertTier(1, Tier.APPROVAL, 0);
        _set(USD, Tiers.Thresholds(NEVER, 1, 0, NEVER));
        _assertTier(1, Tier.APPROVAL, 0);
        _set(USD, Tiers.Thresholds(NEVER, NEVER, 0, NEVER - 1));
        _assertTier(1, Tier.APPROVAL, 0);
    }

    function test_tierOf_asksNoPriceForThresholdsThatAreNever() public {
        _eth.will(HostileFeed.Deed.REVERT);
        _assertTier(1 ether, Tier.INSTANT, 0);
        _assertTier(2 ether + 1, Tier.DELAY, 1 hours);
    }

    function testFuzz_L4_tierOf_noStarvedPriceIsUnknown(uint256 gas_) public {
        _set(USD, _inDollars());
        gas_ = bound(gas_, 0, 200_000);
        (bool answered, bytes memory answer) =
            address(_tiers).staticcall{gas: gas_}(abi.encodeCall(_tiers.tierOf, (agentId, HOME, ETH, 0.5 ether, 0)));
        if (answered) {
            assertEq(answer, abi.encode(Tier.INSTANT, 0), "starved");
        }
    }

    function testFuzz_L11_tierOf_neverFails(
        Tiers.Thresholds memory t,
        Tiers.Thresholds memory inUsd,
        uint256 amount,
        uint8 riskLevel,
        bytes calldata price
    ) public {
        t.delaySeconds = uint32(bound(t.delaySeconds, 0, 14 days));
        inUsd.delaySeconds = uint32(bound(inUsd.delaySeconds, 0, 14 days));
        _set(ETH, t);
        _set(USD, inUsd);
        _tiers.tierOf(agentId, HOME, ETH, amount, riskLevel);
        _eth.willAnswer(price);
        _tiers.tierOf(agentId, HOME, ETH, amount, riskLevel);
    }

    // ------------------------------------------------------------------ risk

    function test_risk_doublesTheDelay() public {
        _set(USD, _inDollars());
        for (uint8 level; level <= 3; ++level) {
            _assertTier(1 ether, level, Tier.NOTIFY, 0);
            _assertTier(1 ether + 1, level, Tier.DELAY, 2 hours * 2 ** level);
        }
    }

    function test_risk_delayIsBounded() public {
        _set(ETH, Tiers.Thresholds(0, 0, 7 days, NEVER));
        _assertTier(1, 0, Tier.DELAY, 7 days);
        _assertTier(1, 1, Tier.DELAY, 14 days);
        _assertTier(1, 2, Tier.DELAY, 14 days);
        _assertTier(1, 255, Tier.DELAY, 14 days);
        _set(ETH, Tiers.Thresholds(0, 0, 1, NEVER));
        _assertTier(1, 31, Tier.DELAY, 14 days);
        _assertTier(1, 32, Tier.DELAY, 14 days);
        _set(ETH, Tiers.Thresholds(0, 0, 0, NEVER));
        _assertTier(1, 255, Tier.DELAY, 0);
    }

    function testFuzz_risk_higherIsNeverFaster(uint32 delaySeconds, uint8 low, uint8 high) public view {
        if (low > high) (low, high) = (high, low);
        assertLe(_tiers.scaled(delaySeconds, low), _tiers.scaled(delaySeconds, high), "faster");
        assertLe(_tiers.scaled(delaySeconds, high), 14 days, "too long");
        if (delaySeconds <= 14 days) assertGe(_tiers.scaled(delaySeconds, low), delaySeconds, "shorter");
    }

    // ------------------------------------------------------------------ direction

    function test_L5_tightenedAtOnceByEach() public {
        Tiers.Thresholds memory t = _inEther();
        for (uint256 i; i < 3; ++i) {
            t = Tiers.Thresholds(t.notifyAbove - 1, t.delayAbove - 1, t.delaySeconds + 1, t.approvalAbove - 1);
            vm.expectEmit(address(_tiers));
            emit Tiers.ThresholdsSet(agentId, ETH, t, tighteners()[i]);
            vm.prank(tighteners()[i]);
            _tiers.setThresholds(agentId, ETH, t);
            assertEq(abi.encode(_tiers.thresholdsOf(agentId, ETH)), abi.encode(t), "in force at once");
        }
    }

    function test_L5_looserInOneFieldIsGovernances() public {
        for (uint256 field; field < 4; ++field) {
            // Tighter in the rest.
            Tiers.Thresholds memory t = Tiers.Thresholds(0, 0, 2 hours, 0);
            if (field == 0) t.notifyAbove = 1 ether + 1;
            if (field == 1) t.delayAbove = 2 ether + 1;
            if (field == 2) t.delaySeconds = 1 hours - 1;
            if (field == 3) t.approvalAbove = 3 ether + 1;
            assertGovernanceOnly(address(_tiers), abi.encodeCall(_tiers.setThresholds, (agentId, ETH, t)));
            _set(ETH, t);
            assertEq(abi.encode(_tiers.thresholdsOf(agentId, ETH)), abi.encode(t), "governance");
            _set(ETH, _inEther());
        }
    }

    /// @dev Nothing is looser than what was never set, so the first thresholds are governance's.
    function test_L5_firstThresholdsAreGovernances() public {
        Tiers.Thresholds memory t = Tiers.Thresholds(0, 0, 1 days, 1);
        assertGovernanceOnly(address(_tiers), abi.encodeCall(_tiers.setThresholds, (agentId, address(0xA5), t)));
        t.approvalAbove = 0;
        vm.prank(OWNER);
        _tiers.setThresholds(agentId, address(0xA5), t);
    }

    /// @dev No way around through several steps: lower, then "as it was".
    function test_L5_noWayBackInTwoSteps() public {
        vm.startPrank(OWNER);
        _tiers.setThresholds(agentId, ETH, Tiers.Thresholds(0, 0, 1 hours, 0));
        vm.stopPrank();
        assertGovernanceOnly(address(_tiers), abi.encodeCall(_tiers.setThresholds, (agentId, ETH, _inEther())));
    }

    function test_L5_setThresholds_strangersAreRefused() public {
        assertRefused(
            THIEF,
            address(_tiers),
            abi.encodeCall(_tiers.setThresholds, (agentId, ETH, Tiers.Thresholds(0, 0, 1 hours, 0)))
        );
    }

    function test_setThresholds_revert() public {
        vm.startPrank(GOVERNANCE);
        vm.expectRevert(abi.encodeWithSelector(Tiers.TierDelayTooLong.selector, 14 days + 1, 14 days));
        _tiers.setThresholds(agentId, ETH, Tiers.Thresholds(0, 0, 14 days + 1, 0));
        vm.expectRevert(abi.encodeWithSelector(Tightening.TighteningAgentUnknown.selector, 0));
        _tiers.setThresholds(0, ETH, _inEther());
        vm.stopPrank();
    }

    function testFuzz_L5_isTighter_fieldByField(Tiers.Thresholds memory next, Tiers.Thresholds memory old, uint8 swap)
        public
        view
    {
        // Two random structs are rarely tighter in all: turn some fields that way.
        if (swap & 1 == 0 && next.notifyAbove > old.notifyAbove) next.notifyAbove = old.notifyAbove;
        if (swap & 2 == 0 && next.delayAbove > old.delayAbove) next.delayAbove = old.delayAbove;
        if (swap & 4 == 0 && next.delaySeconds < old.delaySeconds) next.delaySeconds = old.delaySeconds;
        if (swap & 8 == 0 && next.approvalAbove > old.approvalAbove) next.approvalAbove = old.approvalAbove;
        bool looser;
        if (next.notifyAbove > old.notifyAbove) looser = true;
        if (next.delayAbove > old.delayAbove) looser = true;
        if (next.delaySeconds < old.delaySeconds) looser = true;
        if (next.approvalAbove > old.approvalAbove) looser = true;
        assertTrue(_tiers.isTighter(next, old) == !looser, "isTighter");
    }

    /// @dev What the word means: no amount gets a lower tier or a shorter delay, at any risk.
    function testFuzz_L5_isTighter_noAmountProceedsMoreEasily(
        Tiers.Thresholds memory next,
        Tiers.Thresholds memory old,
        uint256 amount,
        uint8 which,
        uint8 riskLevel
    ) public view {
        if (next.notifyAbove > old.notifyAbove) next.notifyAbove = old.notifyAbove;
        if (next.delayAbove > old.delayAbove) next.delayAbove = old.delayAbove;
        if (next.delaySeconds < old.delaySeconds) next.delaySeconds = old.delaySeconds;
        if (next.approvalAbove > old.approvalAbove) next.approvalAbove = old.approvalAbove;
        assertTrue(_tiers.isTighter(next, old), "tighter");
        // Around the thresholds, where it matters.
        if (which == 0) amount = uint256(old.notifyAbove) + 1;
        if (which == 1) amount = uint256(next.delayAbove) + 1;
        if (which == 2) amount = uint256(old.delayAbove) + 1;
        if (which == 3) amount = uint256(next.approvalAbove) + 1;
        (Tier oldTier, uint32 oldDelay) = _tiers.judge(old, amount, riskLevel);
        (Tier nextTier, uint32 nextDelay) = _tiers.judge(next, amount, riskLevel);
        assertGe(uint8(nextTier), uint8(oldTier), "a lower tier");
        assertGe(nextDelay, oldDelay, "a shorter delay");
    }
}
