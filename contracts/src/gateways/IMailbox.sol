// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What this project asks of a Hyperlane Mailbox, version 3
interface IMailbox {
    /// @notice Hyperlane's number of this chain.
    function localDomain() external view returns (uint32);

    /// @param metadata what the hooks are told: here a gas limit and who gets back what was too much
    /// @return messageId Hyperlane's own id
    function dispatch(uint32 domain, bytes32 recipient, bytes calldata body, bytes calldata metadata)
        external
        payable
        returns (bytes32 messageId);

    /// @return fee wei that {dispatch} of the same asks for now
    function quoteDispatch(uint32 domain, bytes32 recipient, bytes calldata body, bytes calldata metadata)
        external
        view
        returns (uint256 fee);
}
