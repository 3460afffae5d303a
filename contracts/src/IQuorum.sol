// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What a gateway tells of the relayers that vouch for a message
/// @notice A recipient may wait the shorter, the more of them do. A gateway without relayers does not have these functions.
interface IQuorum {
    /// @notice How the message that is being delivered right now was attested. Zeros for every other message.
    /// @param id the message's id, as the recipient receives it
    /// @return signatures how many relayers signed, all of one set
    /// @return threshold how many of that set must
    /// @return relayers how many that set had when governance named it: who was taken out since counts here, so that nobody who
    ///         takes relayers out makes fewer signatures look like all of them
    function attested(bytes32 id) external view returns (uint256 signatures, uint256 threshold, uint256 relayers);

    /// @notice The same of signatures at hand, by the relayers of now. Reverts if they are no quorum.
    /// @param id a message's id
    /// @param proof from the id to the root that was signed, empty if that is the id itself
    /// @param signatures 64 bytes each (ERC-2098), signers ascending
    function verify(bytes32 id, bytes32[] calldata proof, bytes calldata signatures)
        external
        view
        returns (uint256 count, uint256 threshold, uint256 relayers);
}
