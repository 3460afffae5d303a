// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentRegistry} from "../../../src/AgentRegistry.sol";
import {Intent} from "../../../src/Intent.sol";
import {CategoryRule} from "../../../src/rules/CategoryRule.sol";
import {Setters} from "../Powers.sol";

/// @title Categories and their limits, proved for every value (scripts/prove)
contract CategoryProof is Setters {
    CategoryRule private immutable _RULE = new CategoryRule(address(POWERS), AgentRegistry(address(POWERS)));

    function _sort(uint256 chainId, address target, bytes32 category) private pure returns (bytes memory) {
        return abi.encodeCall(CategoryRule.setCategory, (ID, chainId, target, category));
    }

    function _cap(bytes32 category, address asset, uint256 limit) private pure returns (bytes memory) {
        return abi.encodeCall(CategoryRule.setLimit, (ID, category, asset, limit));
    }

    /// @notice Who may tighten takes targets out of their category, and puts none into another.
    function check_L5_setCategory_tightensOnly(
        uint256 chainId,
        address target,
        bytes32 old,
        bytes32 next,
        address caller
    ) public {
        _byGovernance(address(_RULE), _sort(chainId, target, old));
        bool done = _tightensOnly(address(_RULE), _sort(chainId, target, next), caller, true, next != 0 && next != old);
        assert(_RULE.categoryOf(ID, chainId, target) == (done ? next : old));
    }

    function check_L5_setLimit_tightensOnly(bytes32 category, address asset, uint256 old, uint256 next, address caller)
        public
    {
        if (!_byGovernance(address(_RULE), _cap(category, asset, old))) return; // zero is no category
        bool done = _tightensOnly(address(_RULE), _cap(category, asset, next), caller, true, next > old);
        assert(_RULE.limitOf(ID, category, asset) == (done ? next : old));
    }

    /// @notice After either, made by who may tighten and about whatever target, category and asset, no intent is admitted that was not before.
    /// @custom:halmos --array-lengths intent.data={0,36}
    function check_L5_tightened_admitsNoMore(
        Intent memory intent,
        bytes32 category,
        uint256 limit,
        bytes32[2] memory changed,
        uint256 chainId,
        address target,
        address asset,
        uint256 newLimit,
        uint8 risk
    ) public {
        intent.agentId = ID;
        _byGovernance(address(_RULE), _sort(intent.chainId, intent.to, category));
        _byGovernance(address(_RULE), _cap(category, intent.asset, limit));
        (bool before,,,) = _RULE.judge(intent, risk);
        _byTightener(address(_RULE), _sort(chainId, target, changed[0]));
        _byTightener(address(_RULE), _cap(changed[1], asset, newLimit));
        (bool then,,,) = _RULE.judge(intent, risk);
        assert(before || !then);
    }

    /// @notice It admits exactly what has a category with a limit that is not lower, and never reverts.
    /// @custom:halmos --array-lengths intent.data={0,36}
    function check_L11_judge_admitsWhatHasALimit(Intent memory intent, bytes32 category, uint256 limit, uint8 risk)
        public
    {
        intent.agentId = ID;
        _byGovernance(address(_RULE), _sort(intent.chainId, intent.to, category));
        bool capped = _byGovernance(address(_RULE), _cap(category, intent.asset, limit));
        (bool admitted,,,) = _RULE.judge(intent, risk);
        assert(admitted == (capped && limit > 0 && intent.amount <= limit));
    }

    function check_L7_strangersWriteNothing(bytes32 category, address caller) public {
        _byGovernance(address(_RULE), _sort(1, address(1), category));
        _strangersWriteNothing(address(_RULE), caller);
    }
}
