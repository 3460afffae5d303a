// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {AgentRegistry} from "../AgentRegistry.sol";

/// @title Who may change what holds for an agent, in which direction (L5)
/// @notice A change that loosens nothing may come, at once, from whoever may tighten the agent's mandate: a guardian, the
///         agent's owner, or the agent's own key. Everything else is the authority's, after its delay.
/// @dev A setter decides by itself whether it loosens, field by field, and says so to {_authorize} before it writes.
abstract contract Tightening is AccessManaged {
    /// @notice Knows the agents' owners and keys; under the same authority as this contract, which knows the guardians.
    AgentRegistry public immutable REGISTRY;

    error TighteningAgentUnknown(uint256 agentId);

    /// @param authority_ the AccessManager; also that of `registry`
    constructor(address authority_, AgentRegistry registry) AccessManaged(authority_) {
        REGISTRY = registry;
    }

    /// @dev For setters only, in the call that entered the contract: the authority judges `msg.data`.
    /// @param tighter whether no field of the change is looser than what holds now
    function _authorize(uint256 agentId, bool tighter) internal {
        require(agentId != 0, TighteningAgentUnknown(agentId));
        if (!tighter || !REGISTRY.isTightener(agentId, msg.sender)) _checkCanCall(msg.sender, msg.data);
    }
}
