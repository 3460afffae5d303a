// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Blockhash} from "@openzeppelin/contracts/utils/Blockhash.sol";
import {IBlockHashes} from "./IBlockHashes.sol";

/// @title A chain's own block hashes
/// @notice Of the last 8,191 blocks where the chain keeps them (EIP-2935), of the last 256 elsewhere. Nobody can add or take away.
/// @dev Not for chains whose `block.number` counts another chain's blocks, as Arbitrum's does: no header fits there, so every
///      proof is refused.
contract OwnHashes is IBlockHashes {
    /// @inheritdoc IBlockHashes
    function hashOf(uint256 chainId, uint256 number) external view returns (bytes32) {
        return chainId == block.chainid ? Blockhash.blockHash(number) : bytes32(0);
    }
}
