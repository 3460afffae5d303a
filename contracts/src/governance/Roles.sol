// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

/// @title Roles of the AccessManager
/// @dev Role 0 is the AccessManager's own ADMIN_ROLE: the authority (timelock, Safe, another DAO) and nobody else.
library Roles {
    /// @notice May dispute, freeze, suspend and tighten; never thaw, loosen or move value.
    uint64 internal constant GUARDIAN = 1;
    /// @notice May publish audit batches; held by relayers.
    uint64 internal constant PUBLISHER = 2;
    /// @notice May post block hashes of another chain ({PostedHashes}).
    uint64 internal constant ORACLE = 3;

    /// @dev Only who may act at once is a guardian: a role with an execution delay stops nothing.
    function isGuardian(address manager, address caller) internal view returns (bool) {
        (bool member, uint32 delay) = IAccessManager(manager).hasRole(GUARDIAN, caller);
        return member && delay == 0;
    }
}
