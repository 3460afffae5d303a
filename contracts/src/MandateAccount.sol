// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Custody that the executor can spend from
interface MandateAccount {
    /// @notice Pays `amount` of `asset` to `to` on behalf of agent `agentId`. Executor only.
    /// @dev Measures its own balances and reverts unless exactly what was declared has left (L1).
    /// @param asset ERC-20 contract, or the zero address for the native coin
    /// @param amount in the asset's smallest unit
    /// @return moved what left the account, same unit
    function pay(uint256 agentId, address asset, address to, uint256 amount) external returns (uint256 moved);
}
