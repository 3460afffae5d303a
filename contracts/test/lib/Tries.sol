// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {IBlockHashes} from "../../src/proofs/IBlockHashes.sol";
import {StateProof} from "../../src/proofs/IStateProofs.sol";

/// @dev Believes what a test tells it.
contract ToldHashes is IBlockHashes {
    mapping(uint256 chainId => mapping(uint256 number => bytes32)) public hashOf;

    function tell(uint256 chainId, uint256 number, bytes32 hash) external {
        hashOf[chainId][number] = hash;
    }
}

/// @title Blocks of one account with one slot, and the proofs of it
/// @notice For tests of what is done with a proof; StateProofs.t.sol has those that nodes gave.
library Tries {
    /// @dev A block whose state is `slot` of `account` holding `value`, which is not zero, and nothing else.
    function prove(address account, bytes32 slot, bytes32 value, uint256 number, uint256 timestamp)
        internal
        pure
        returns (StateProof memory p, bytes32 blockHash)
    {
        bytes32 root;
        (root, p.storageProof) = _leaf(abi.encode(slot), RLP.encode(uint256(value)));
        bytes[] memory fields = new bytes[](4);
        fields[0] = RLP.encode(uint256(1));
        fields[1] = RLP.encode(uint256(0));
        fields[2] = RLP.encode(root);
        fields[3] = RLP.encode(keccak256("code"));
        (root, p.accountProof) = _leaf(abi.encodePacked(account), RLP.encode(fields));
        p.header = _header(root, number, timestamp);
        blockHash = keccak256(p.header);
    }

    function _leaf(bytes memory key, bytes memory value) private pure returns (bytes32 root, bytes[] memory nodes) {
        bytes[] memory items = new bytes[](2);
        items[0] = RLP.encode(abi.encodePacked(hex"20", keccak256(key)));
        items[1] = RLP.encode(value);
        nodes = new bytes[](1);
        nodes[0] = RLP.encode(items);
        root = keccak256(nodes[0]);
    }

    function _header(bytes32 stateRoot, uint256 number, uint256 timestamp) private pure returns (bytes memory) {
        bytes[] memory fields = new bytes[](21);
        for (uint256 i; i < fields.length; ++i) {
            fields[i] = RLP.encode(i);
        }
        fields[3] = RLP.encode(stateRoot);
        fields[8] = RLP.encode(number);
        fields[11] = RLP.encode(timestamp);
        return RLP.encode(fields);
    }
}
