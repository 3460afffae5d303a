// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {QuorumGateway} from "../QuorumGateway.sol";

/// @notice What shows one storage slot of another chain. The proofs are those of `eth_getProof` (EIP-1186) at the header's block.
/// @param header the block's header, RLP-encoded
/// @param accountProof nodes of the state trie from the root to the account
/// @param storageProof nodes of the account's storage trie from the root to the slot
struct StateProof {
    bytes header;
    bytes[] accountProof;
    bytes[] storageProof;
}

/// @title Reads another chain's storage by proof
interface IStateProofs {
    /// @notice The value of `slot` of `account` on `chainId` in the proof's block. Reverts if the proof does not show it.
    /// @return value never zero: that a slot is empty is not shown
    /// @return timestamp of the block, Unix seconds of that chain
    /// @return number of the block
    function valueAt(uint256 chainId, StateProof calldata proof, address account, bytes32 slot)
        external
        view
        returns (bytes32 value, uint256 timestamp, uint256 number);

    /// @notice Reverts unless the proof shows that `gateway`, which stands at one address on all chains, sent the message.
    /// @param proof of the slot of the gateway on the message's source chain where that number's message is
    /// @return id of the message
    function requireSent(address gateway, QuorumGateway.Message calldata message, StateProof calldata proof)
        external
        view
        returns (bytes32 id);

    /// @notice Reverts unless the proof shows that `gateway` never sent the message: its nonce is another message's, or was nobody's yet
    ///         on a block that is an hour later, by the other chain's clock, than it was delivered.
    /// @param proof of the slot where that number's message is, or of the one with the next number
    /// @param deliveredAt Unix seconds, here
    /// @return id of the message
    /// @return number of the block; 0 for a nonce that no message has
    function requireNotSent(
        address gateway,
        QuorumGateway.Message calldata message,
        StateProof calldata proof,
        uint256 deliveredAt
    ) external view returns (bytes32 id, uint256 number);
}
