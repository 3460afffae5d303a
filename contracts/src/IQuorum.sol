// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What a gateway tells of the relayers that vouch for a message
/// @notice A recipient may wait the shorter, the more of them do. A gateway without relayers does not have these functions.
/// @dev Of the message that it delivers such a gateway tells it in one word behind the arguments of {IERC7786Recipient-receiveMessage},
///      which is read there, instead of being asked: {Attestation}.
interface IQuorum {
    /// @notice How the message is attested by signatures at hand, by the relayers of now. Reverts if they are no quorum.
    /// @param id a message's id
    /// @param proof from the id to the root that was signed, empty if that is the id itself
    /// @param signatures 64 bytes each (ERC-2098), signers ascending
    /// @return count how many relayers signed, all of one set
    /// @return threshold how many of that set must
    /// @return relayers how many that set had when governance named it: who was taken out since counts here, so that nobody who
    ///         takes relayers out makes fewer signatures look like all of them
    function verify(bytes32 id, bytes32[] calldata proof, bytes calldata signatures)
        external
        view
        returns (uint256 count, uint256 threshold, uint256 relayers);
}

/// @title How a message is attested, in the word that follows its payload
/// @notice Lowest bits first: signatures (8), threshold (8), relayers.
library Attestation {
    function pack(uint256 signatures, uint256 threshold, uint256 relayers) internal pure returns (uint256) {
        return signatures | threshold << 8 | relayers << 16;
    }

    /// @notice What the gateway said that makes this call, right behind `payload`, the call's last argument. Zeros if it said nothing.
    function read(bytes calldata payload)
        internal
        pure
        returns (uint256 signatures, uint256 threshold, uint256 relayers)
    {
        uint256 word;
        assembly ("memory-safe") {
            let end := add(payload.offset, and(add(payload.length, 0x1f), not(0x1f)))
            if eq(calldatasize(), add(end, 0x20)) { word := calldataload(end) }
        }
        return (word & 0xff, (word >> 8) & 0xff, word >> 16);
    }
}
