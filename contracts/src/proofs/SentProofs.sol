// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {QuorumGateway} from "../QuorumGateway.sol";
import {IStateProofs, StateProof} from "./IStateProofs.sol";

/// @title Whether a gateway sent a message, shown by its storage
/// @notice The gateway stands at one address on all chains, with one layout: what it is asked here holds there.
abstract contract SentProofs is IStateProofs {
    /// @notice Most that the two chains' clocks may differ, seconds.
    uint256 public constant CLOCK_SKEW = 1 hours;

    /// @notice The proof shows neither that another message has the nonce, nor that none had it when this one was delivered.
    error SentNotRefuted(bytes32 messageId, uint256 nonce);
    /// @notice The gateway gave the nonce to another message.
    error SentOther(bytes32 messageId, bytes32 sent);

    /// @inheritdoc IStateProofs
    function requireSent(address gateway, QuorumGateway.Message calldata m, StateProof calldata p)
        external
        view
        returns (bytes32 id)
    {
        id = QuorumGateway(gateway).messageId(m);
        (bytes32 sent,,) = this.valueAt(m.sourceChainId, p, gateway, _slotOf(gateway, m.nonce));
        require(sent == id, SentOther(id, sent));
    }

    /// @inheritdoc IStateProofs
    function requireNotSent(
        address gateway,
        QuorumGateway.Message calldata m,
        StateProof calldata p,
        uint256 deliveredAt
    ) external view returns (bytes32 id, uint256 number) {
        id = QuorumGateway(gateway).messageId(m);
        // Nonces count from 1.
        if (m.nonce == 0) return (id, 0);
        try this.valueAt(m.sourceChainId, p, gateway, _slotOf(gateway, m.nonce)) returns (
            bytes32 sent, uint256, uint256 block_
        ) {
            require(sent != id && sent != 0, SentNotRefuted(id, m.nonce));
            number = block_;
        } catch {
            bytes32 next;
            uint256 timestamp;
            (next, timestamp, number) = this.valueAt(m.sourceChainId, p, gateway, QuorumGateway(gateway).NONCE_SLOT());
            require(m.nonce >= uint256(next) && timestamp >= deliveredAt + CLOCK_SKEW, SentNotRefuted(id, m.nonce));
        }
    }

    /// @dev Of the mapping from nonce to message id.
    function _slotOf(address gateway, uint256 nonce) private view returns (bytes32) {
        return keccak256(abi.encode(nonce, QuorumGateway(gateway).SENT_SLOT()));
    }
}
