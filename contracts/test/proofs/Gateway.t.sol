// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {QuorumGateway} from "../../src/QuorumGateway.sol";
import {Setters} from "./Powers.sol";

/// @title The relayers, proved for every set of up to two (full set: three) (scripts/prove)
contract GatewayProof is Setters {
    /// @notice Guardians take relayers out and raise the threshold, and do nothing else; governance replaces them, knowing of each time.
    ///         Whoever was not enough before is not enough afterwards: the new set is part of the old, and its threshold not lower.
    /// @custom:halmos --array-lengths old={1,2},next={1,2}
    function check_L5_relayers_guardiansTightenOnly(
        address[] memory old,
        uint256 oldThreshold,
        address[] memory next,
        uint256 threshold,
        bool replaces,
        uint256 expectedStops,
        address caller
    ) public {
        _guardiansTightenOnly(old, oldThreshold, next, threshold, replaces, expectedStops, caller);
    }

    /// @custom:halmos --array-lengths old={3},next={1,2,3}
    function deep_L5_relayers_guardiansTightenOnly(
        address[] memory old,
        uint256 oldThreshold,
        address[] memory next,
        uint256 threshold,
        bool replaces,
        uint256 expectedStops,
        address caller
    ) public {
        _guardiansTightenOnly(old, oldThreshold, next, threshold, replaces, expectedStops, caller);
    }

    function _guardiansTightenOnly(
        address[] memory old,
        uint256 oldThreshold,
        address[] memory next,
        uint256 threshold,
        bool replaces,
        uint256 expectedStops,
        address caller
    ) private {
        try new QuorumGateway(address(POWERS), block.chainid, old, oldThreshold) returns (QuorumGateway gateway) {
            bytes memory data = replaces
                ? abi.encodeCall(QuorumGateway.setRelayers, (next, threshold, 0, expectedStops))
                : abi.encodeCall(QuorumGateway.tightenRelayers, (next, threshold));
            vm.prank(caller);
            (bool done,) = address(gateway).call(data);
            bool valid = _ascends(next) && threshold > next.length / 2 && threshold <= next.length;
            bool tighter = threshold >= oldThreshold && _within(next, old);
            if (replaces) assert(done == (caller == GOVERNANCE && expectedStops == 0 && valid));
            else assert(done == (caller == GUARDIAN && tighter && valid) && gateway.stops() == (done ? 1 : 0));
        } catch {
            assert(!_ascends(old) || oldThreshold <= old.length / 2 || oldThreshold > old.length);
        }
    }
}
