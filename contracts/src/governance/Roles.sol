// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Roles of the AccessManager
/// @dev Role 0 is the AccessManager's own ADMIN_ROLE: the authority (timelock, Safe, another DAO) and nobody else.
library Roles {
    /// @notice May dispute, freeze, suspend and tighten; never thaw, loosen or move value.
    uint64 internal constant GUARDIAN = 1;
    /// @notice May publish audit batches; held by relayers.
    uint64 internal constant PUBLISHER = 2;
}
