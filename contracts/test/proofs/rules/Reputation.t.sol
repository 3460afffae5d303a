// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentRegistry} from "../../../src/AgentRegistry.sol";
import {Intent} from "../../../src/Intent.sol";
import {ReputationRule} from "../../../src/rules/ReputationRule.sol";
import {Setters} from "../Powers.sol";
import {Answers} from "./Answers.sol";

/// @title Requirements of reputation, proved for every answer of the registry (scripts/prove)
/// @notice With one client and tags of up to one byte.
contract ReputationProof is Setters {
    ReputationRule private immutable _RULE = new ReputationRule(address(POWERS), AgentRegistry(address(POWERS)));
    Answers private immutable _REPUTATION = new Answers();

    function _set(ReputationRule.Requirement memory r) private pure returns (bytes memory) {
        return abi.encodeCall(ReputationRule.setRequirement, (ID, r));
    }

    /// @notice Who may tighten stops the agent, or raises the least count and average while all else stays.
    /// @custom:halmos --array-lengths old.tag1={0,1},old.tag2=0,old.clients={0,1},next.tag1={0,1},next.tag2=0,next.clients={0,1}
    function check_L5_setRequirement_tightensOnly(
        ReputationRule.Requirement memory old,
        ReputationRule.Requirement memory next,
        address caller
    ) public {
        if (!_byGovernance(address(_RULE), _set(old))) return;
        bool valid = next.registry == address(0)
            ? next.minCount == 0 && next.identity == 0 && next.minValue == 0 && bytes(next.tag1).length == 0
                && bytes(next.tag2).length == 0 && next.clients.length == 0
            : next.minCount > 0 && next.clients.length > 0 && next.clients[0] != address(0);
        bool same = next.registry == old.registry && next.identity == old.identity
            && keccak256(bytes(next.tag1)) == keccak256(bytes(old.tag1))
            && keccak256(bytes(next.tag2)) == keccak256(bytes(old.tag2))
            && keccak256(abi.encode(next.clients)) == keccak256(abi.encode(old.clients));
        bool looser =
            next.registry != address(0) && !(same && next.minCount >= old.minCount && next.minValue >= old.minValue);
        _tightensOnly(address(_RULE), _set(next), caller, valid, looser);
    }

    /// @notice What a tighter requirement admits meets the one before: of whole averages, and of those with 18 decimals.
    /// @custom:halmos --array-lengths old.tag1=0,old.tag2=0,old.clients=1 --solver z3
    function deep_L5_tighterRequirement_admitsNoMore(
        ReputationRule.Requirement memory old,
        uint64 minCount,
        int128 minValue,
        uint256[5] memory answer,
        uint8 count,
        bool reverts
    ) public {
        old.registry = address(_REPUTATION);
        answer[2] = answer[2] & 1 == 1 ? 18 : 0; // decimals: a power of ten is a number only where this is
        _REPUTATION.set(answer, count, reverts);
        if (!_byGovernance(address(_RULE), _set(old))) return;
        (uint64 oldCount, int128 oldValue) = (old.minCount, old.minValue);
        (old.minCount, old.minValue) = (minCount, minValue);
        if (!_byTightener(address(_RULE), _set(old))) return;
        Intent memory intent;
        intent.agentId = ID;
        if (_admits(intent)) _isEnough(oldCount, oldValue, answer, count, reverts);
    }

    /// @notice Without a requirement nothing is admitted; nor by an answer that is not what the interface says, or too low.
    /// @custom:halmos --array-lengths r.tag1=0,r.tag2=0,r.clients=1 --solver z3
    function deep_L11_judge_admitsOnlyEnough(
        ReputationRule.Requirement memory r,
        uint256[5] memory answer,
        uint8 count,
        bool reverts
    ) public {
        answer[2] = answer[2] & 1 == 1 ? 18 : answer[2] & 2 == 2 ? 19 : 0;
        _REPUTATION.set(answer, count, reverts);
        if (r.registry != address(0)) r.registry = address(_REPUTATION);
        bool set = _byGovernance(address(_RULE), _set(r));
        Intent memory intent;
        intent.agentId = ID;
        if (!_admits(intent)) return;
        assert(set);
        _isEnough(r.minCount, r.minValue, answer, count, reverts);
    }

    function _isEnough(uint64 minCount, int128 minValue, uint256[5] memory answer, uint8 count, bool reverts)
        private
        pure
    {
        assert(count == 3 && !reverts && answer[0] >= minCount && answer[0] <= type(uint64).max);
        int256 value = int256(answer[1]);
        assert(answer[2] != 19 && value == int128(value));
        unchecked {
            assert((answer[2] == 18 ? value : value * 1e18) >= minValue);
        }
    }

    /// @dev A rule that fails denies ({RuleBook}); this one does where what gas is left runs out between two questions for it.
    function _admits(Intent memory intent) private view returns (bool) {
        try _RULE.judge(intent, 0) returns (bool admitted, uint256, uint256, uint64) {
            return admitted;
        } catch {
            return false;
        }
    }
}
