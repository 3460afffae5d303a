// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentRegistry} from "../AgentRegistry.sol";
import {Tier} from "../Verdict.sol";
import {PriceFeeds} from "./PriceFeeds.sol";
import {Tightening} from "./Tightening.sol";

/// @title How an admitted amount proceeds: at once, told to the owner, after a delay, or with approvals
/// @notice Thresholds per agent in each asset's own unit, and for all assets together in US dollars; the stricter answer
///         counts. Thresholds that were never set are zero: every amount needs approvals (L11). 2^112-1 means "never"
///         (an amount beyond even that still counts as larger).
/// @dev A dollar amount that is not known counts as larger than every threshold.
contract Tiers is Tightening {
    /// @notice What is asked of amounts above which thresholds. Two storage slots.
    /// @dev The delay is waited whatever else is asked: a lower approval threshold makes nothing faster.
    /// @param notifyAbove larger amounts are told to the owner
    /// @param delayAbove larger amounts wait `delaySeconds`
    /// @param delaySeconds at risk level 0, at most {MAX_DELAY}; each level doubles it
    /// @param approvalAbove larger amounts need the agent's approvers
    struct Thresholds {
        uint112 notifyAbove;
        uint112 delayAbove;
        uint32 delaySeconds;
        uint112 approvalAbove;
    }

    /// @notice Stands for all assets together, with amounts in US dollars of 8 decimals (ISO 4217 number of the dollar).
    address public constant USD = address(840);
    /// @notice Most seconds of a delay, at any risk level: an intent lives for 30 days at most, and must still execute.
    uint32 public constant MAX_DELAY = 14 days;
    uint112 private constant _NEVER = type(uint112).max;

    PriceFeeds public immutable PRICES;

    mapping(uint256 agentId => mapping(address asset => Thresholds)) private _thresholds;

    event ThresholdsSet(uint256 indexed agentId, address indexed asset, Thresholds thresholds, address indexed by);

    error TierDelayTooLong(uint32 delaySeconds, uint32 max);

    constructor(address authority_, AgentRegistry registry, PriceFeeds prices) Tightening(authority_, registry) {
        PRICES = prices;
    }

    // ------------------------------------------------------------------ judging

    /// @notice How `amount` of `asset` proceeds, by the asset's thresholds and by those in dollars.
    /// @dev Reverts only with too little gas: a price is not made unknown by starving its feed.
    /// @param chainId where the asset is: an asset that has no price for that chain has none
    /// @param asset ERC-20 contract, or the zero address for the native coin
    /// @param amount in the asset's smallest unit
    /// @param riskLevel of the agent; each level doubles the delay
    /// @return tier the stricter of both
    /// @return delay seconds to wait, also with approvals; the longer of both
    function tierOf(uint256 agentId, uint256 chainId, address asset, uint256 amount, uint8 riskLevel)
        external
        view
        returns (Tier tier, uint32 delay)
    {
        (tier, delay) = judge(_thresholds[agentId][asset], amount, riskLevel);
        Thresholds memory inUsd = _thresholds[agentId][USD];
        if (inUsd.notifyAbove == _NEVER && inUsd.delayAbove == _NEVER && inUsd.approvalAbove == _NEVER) {
            return (tier, delay);
        }
        (bool ok, uint256 value) = PRICES.usd(chainId, asset, amount);
        (Tier usdTier, uint32 usdDelay) = judge(inUsd, ok ? value : type(uint256).max, riskLevel);
        if (usdTier > tier) tier = usdTier;
        if (usdDelay > delay) delay = usdDelay;
    }

    /// @notice How `amount` proceeds by these thresholds alone.
    function judge(Thresholds memory t, uint256 amount, uint8 riskLevel) public pure returns (Tier tier, uint32 delay) {
        if (amount > t.approvalAbove) tier = Tier.APPROVAL;
        else if (amount > t.delayAbove) tier = Tier.DELAY;
        else if (amount > t.notifyAbove) tier = Tier.NOTIFY;
        if (amount > t.delayAbove) delay = scaled(t.delaySeconds, riskLevel);
    }

    /// @notice The delay at a risk level: doubled by each, {MAX_DELAY} at most.
    function scaled(uint32 delaySeconds, uint8 riskLevel) public pure returns (uint32) {
        // Beyond 32 levels even a second is longer than MAX_DELAY.
        uint256 delay = uint256(delaySeconds) << (riskLevel < 32 ? riskLevel : 32);
        // forge-lint: disable-next-line(unsafe-typecast)
        return delay < MAX_DELAY ? uint32(delay) : MAX_DELAY;
    }

    // ------------------------------------------------------------------ thresholds

    /// @notice The agent's thresholds for an asset, or with {USD} for all of them together.
    function thresholdsOf(uint256 agentId, address asset) external view returns (Thresholds memory) {
        return _thresholds[agentId][asset];
    }

    /// @notice Sets the thresholds for an asset, or with {USD} for all together. At once when no field is looser, else by
    ///         governance only.
    function setThresholds(uint256 agentId, address asset, Thresholds calldata thresholds) external {
        require(thresholds.delaySeconds <= MAX_DELAY, TierDelayTooLong(thresholds.delaySeconds, MAX_DELAY));
        _authorize(agentId, isTighter(thresholds, _thresholds[agentId][asset]));
        _thresholds[agentId][asset] = thresholds;
        emit ThresholdsSet(agentId, asset, thresholds, msg.sender);
    }

    /// @notice Whether no amount proceeds more easily by `next` than by `old` (L5).
    function isTighter(Thresholds memory next, Thresholds memory old) public pure returns (bool) {
        return next.notifyAbove <= old.notifyAbove && next.delayAbove <= old.delayAbove
            && next.delaySeconds >= old.delaySeconds && next.approvalAbove <= old.approvalAbove;
    }
}
