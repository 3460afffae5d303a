// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentRegistry} from "../../../src/AgentRegistry.sol";
import {Tier} from "../../../src/Verdict.sol";
import {PriceFeeds} from "../../../src/rules/PriceFeeds.sol";
import {Tiers} from "../../../src/rules/Tiers.sol";
import {Setters} from "../Powers.sol";

/// @notice Prices that are whatever they were told to be.
contract Prices {
    bool private _ok;
    uint256 private _value;

    function answer(bool ok, uint256 value) external {
        (_ok, _value) = (ok, value);
    }

    function usd(uint256, address, uint256) external view returns (bool, uint256) {
        return (_ok, _value);
    }
}

/// @title How an amount proceeds, proved for every value (scripts/prove)
contract TiersProof is Setters {
    address private constant ASSET = address(0xA55E7);
    address private constant USD = address(840);

    Prices private immutable _PRICES = new Prices();
    Tiers private immutable _TIERS =
        new Tiers(address(POWERS), AgentRegistry(address(POWERS)), PriceFeeds(address(_PRICES)));

    /// @notice Thresholds change at the word of who may tighten exactly when none is higher and the delay not shorter; the dollars' too.
    function check_L5_setThresholds_tightensOnly(
        Tiers.Thresholds memory old,
        Tiers.Thresholds memory next,
        bool dollars,
        address caller
    ) public {
        address asset = dollars ? USD : ASSET;
        if (!_byGovernance(address(_TIERS), abi.encodeCall(Tiers.setThresholds, (ID, asset, old)))) return;
        bool looser = next.notifyAbove > old.notifyAbove || next.delayAbove > old.delayAbove
            || next.delaySeconds < old.delaySeconds || next.approvalAbove > old.approvalAbove;
        bytes memory data = abi.encodeCall(Tiers.setThresholds, (ID, asset, next));
        bool done = _tightensOnly(address(_TIERS), data, caller, next.delaySeconds <= 14 days, looser);
        Tiers.Thresholds memory now_ = _TIERS.thresholdsOf(ID, asset);
        assert(keccak256(abi.encode(now_)) == keccak256(abi.encode(done ? next : old)));
    }

    /// @notice By tighter thresholds no amount proceeds more easily, nor sooner, at any of the four risk levels.
    /// @custom:halmos --solver z3
    function deep_L5_tighterThresholds_nothingIsEasier(
        Tiers.Thresholds memory old,
        Tiers.Thresholds memory next,
        uint256 amount,
        uint8 risk
    ) public view {
        if (old.delaySeconds > 14 days || next.delaySeconds > 14 days || !_TIERS.isTighter(next, old)) return;
        for (uint8 i; i < 4; ++i) {
            if (risk == i) return _nothingIsEasier(old, i, next, i, amount);
        }
    }

    /// @notice Nor does any at the next higher risk level.
    function deep_L5_higherRisk_nothingIsEasier(Tiers.Thresholds memory t, uint256 amount, uint8 risk) public view {
        if (t.delaySeconds > 14 days) return;
        for (uint8 i; i < 3; ++i) {
            if (risk == i) return _nothingIsEasier(t, i, t, i + 1, amount);
        }
    }

    function _nothingIsEasier(
        Tiers.Thresholds memory old,
        uint8 risk,
        Tiers.Thresholds memory next,
        uint8 nextRisk,
        uint256 amount
    ) private view {
        (Tier tier, uint32 delay) = _TIERS.judge(old, amount, risk);
        (Tier then, uint32 delayThen) = _TIERS.judge(next, amount, nextRisk);
        assert(then >= tier && delayThen >= delay);
    }

    /// @notice Of the asset's and the dollars' answers the stricter counts, and a price that is not known is beyond every threshold: so
    ///         whatever makes one of the two no easier makes the whole no easier.
    function check_L11_tierOf_isTheStricterOfBoth(
        Tiers.Thresholds memory own,
        Tiers.Thresholds memory dollars,
        bool priced,
        uint256 value,
        uint256 amount
    ) public {
        uint8 risk = 1;
        if (!_byGovernance(address(_TIERS), abi.encodeCall(Tiers.setThresholds, (ID, ASSET, own)))) return;
        if (!_byGovernance(address(_TIERS), abi.encodeCall(Tiers.setThresholds, (ID, USD, dollars)))) return;
        _PRICES.answer(priced, value);
        (Tier tier, uint32 delay) = _TIERS.tierOf(ID, block.chainid, ASSET, amount, risk);
        (Tier ownTier, uint32 ownDelay) = _TIERS.judge(own, amount, risk);
        uint112 never = type(uint112).max;
        if (dollars.notifyAbove == never && dollars.delayAbove == never && dollars.approvalAbove == never) {
            assert(tier == ownTier && delay == ownDelay);
            return;
        }
        (Tier usdTier, uint32 usdDelay) = _TIERS.judge(dollars, priced ? value : type(uint256).max, risk);
        assert(tier == (usdTier > ownTier ? usdTier : ownTier));
        assert(delay == (usdDelay > ownDelay ? usdDelay : ownDelay));
    }

    /// @notice Dollar thresholds that are not asked, since all are "never", are as those that are: setting them to that is not tighter than
    ///         anything else, and nothing is looser.
    function check_L5_never_isTheLoosest(Tiers.Thresholds memory t, uint32 delay, uint256 amount, uint8 risk)
        public
        view
    {
        uint112 never = type(uint112).max;
        if (risk > 3) return;
        Tiers.Thresholds memory unasked = Tiers.Thresholds(never, never, delay, never);
        if (_TIERS.isTighter(unasked, t)) {
            assert(t.notifyAbove == never && t.delayAbove == never && t.approvalAbove == never);
        }
        (Tier tier,) = _TIERS.judge(unasked, amount, risk);
        assert(tier == Tier.INSTANT || amount > never);
    }

    /// @notice Thresholds that nobody set ask for approvals of every amount.
    function check_L11_unset_needsApprovals(
        uint256 agentId,
        address asset,
        uint256 amount,
        bool priced,
        uint256 value,
        uint8 risk
    ) public {
        if (amount == 0) return; // refused by itself
        _PRICES.answer(priced, value);
        (Tier tier,) = _TIERS.tierOf(agentId, block.chainid, asset, amount, risk);
        assert(tier == Tier.APPROVAL);
    }

    function check_L7_strangersWriteNothing(Tiers.Thresholds memory old, address caller) public {
        _byGovernance(address(_TIERS), abi.encodeCall(Tiers.setThresholds, (ID, ASSET, old)));
        _strangersWriteNothing(address(_TIERS), caller);
    }
}
