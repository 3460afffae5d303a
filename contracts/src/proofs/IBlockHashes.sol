// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Block hashes that are believed
interface IBlockHashes {
    /// @notice The hash of block `number` of chain `chainId`; zero: unknown.
    function hashOf(uint256 chainId, uint256 number) external view returns (bytes32);
}
