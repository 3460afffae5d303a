// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentRegistry} from "../../../src/AgentRegistry.sol";
import {Approvers} from "../../../src/rules/Approvers.sol";
import {Setters} from "../Powers.sol";

/// @title Who must agree, proved for every value (scripts/prove)
/// @notice Of panels of up to two (full set: up to four) approvers. An intent is approved when at least the threshold, not 0, of signers was
///         given, all of them are in the panel, and each signed: of these only the first two depend on the panel, and {Approvers-isTighter}
///         with a threshold of 0 is the second.
contract ApproversProof is Setters {
    Approvers private immutable _APPROVERS = new Approvers(address(POWERS), AgentRegistry(address(POWERS)));

    /// @notice Whoever is enough for the tighter panel was enough for the old one.
    /// @custom:halmos --array-lengths signers={0,1,2},next={0,1,2},old={0,1,2}
    function check_L5_tighterPanel_needsNoFewer(
        address[] memory signers,
        uint8 nextThreshold,
        address[] memory next,
        uint8 oldThreshold,
        address[] memory old
    ) public view {
        _needsNoFewer(signers, nextThreshold, next, oldThreshold, old);
    }

    /// @custom:halmos --array-lengths signers={1,3,4},next={3,4},old={3,4}
    function deep_L5_tighterPanel_needsNoFewer(
        address[] memory signers,
        uint8 nextThreshold,
        address[] memory next,
        uint8 oldThreshold,
        address[] memory old
    ) public view {
        _needsNoFewer(signers, nextThreshold, next, oldThreshold, old);
    }

    function _needsNoFewer(
        address[] memory signers,
        uint8 nextThreshold,
        address[] memory next,
        uint8 oldThreshold,
        address[] memory old
    ) private view {
        if (!_ascends(signers) || !_ascends(next) || !_ascends(old)) return; // others are refused
        bool enough = nextThreshold > 0 && signers.length >= nextThreshold && _within(signers, next);
        if (!enough || !_APPROVERS.isTighter(nextThreshold, next, oldThreshold, old)) return;
        assert(oldThreshold > 0 && signers.length >= oldThreshold && _within(signers, old));
    }

    /// @notice {Approvers-isTighter} with a threshold of 0 says whether each of the first list is in the second.
    /// @custom:halmos --array-lengths part={0,1,2},whole={0,1,2,3} --solver z3
    function check_L7_within_meansEach(address[] memory part, address[] memory whole) public view {
        if (!_ascends(part) || !_ascends(whole)) return;
        assert(_APPROVERS.isTighter(0, part, 0, whole) == _within(part, whole));
    }

    /// @notice The panel changes at the word of who may tighten exactly when approvers are only taken away and no fewer must agree.
    /// @custom:halmos --array-lengths old={0,1,2},next={0,1,2}
    function check_L5_setApprovers_tightensOnly(
        uint8 oldThreshold,
        address[] memory old,
        uint8 nextThreshold,
        address[] memory next,
        address caller
    ) public {
        bytes memory data = abi.encodeCall(Approvers.setApprovers, (ID, oldThreshold, old));
        if (!_byGovernance(address(_APPROVERS), data)) {
            assert(!_ascends(old));
            return;
        }
        bool looser = !_within(next, old) || (nextThreshold > 0 && (oldThreshold == 0 || nextThreshold < oldThreshold));
        data = abi.encodeCall(Approvers.setApprovers, (ID, nextThreshold, next));
        _tightensOnly(address(_APPROVERS), data, caller, _ascends(next), looser);
    }

    /// @notice Without approvers, or with a threshold of 0 or above their number, nothing is approved, whoever signs.
    /// @custom:halmos --array-lengths signers={0,1,2},signatures={0,1,2},deadlines={0,1,2},panel={0,1}
    function check_L11_approved_neverWithout(
        uint8 threshold,
        address[] memory panel,
        bytes32 intentId,
        address[] memory signers,
        uint64[] memory deadlines
    ) public {
        bool set = _byGovernance(address(_APPROVERS), abi.encodeCall(Approvers.setApprovers, (ID, threshold, panel)));
        if (set && threshold > 0 && threshold <= panel.length) return;
        assert(!_APPROVERS.approved(ID, intentId, signers, new bytes[](signers.length), deadlines));
    }
}
