// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Hash} from "./Hash.sol";

/// @notice What an agent asks for: move at most `amount` of `asset` out of `account` on chain `chainId`.
/// @dev Signed by the agent's key as EIP-712 typed data under the domain
///      ("Mandate", "1", home chain id, executor); that digest is the intent's id everywhere.
/// @param agentId ERC-721 token id of the agent in the {AgentRegistry} of the home chain
/// @param account custody account (vault) on the destination chain
/// @param chainId EIP-155 id of the destination chain, the only one where the intent may execute
/// @param asset ERC-20 contract, or the zero address for the chain's native coin
/// @param to who receives the payment; with `data`, the contract that is called
/// @param amount most that may leave the account, in the asset's smallest unit; a payment moves exactly this
/// @param data call data for `to`; empty for a payment
/// @param nonce any unused 256-bit number; nonces are unordered and per agent
/// @param deadline unix seconds; nothing happens with the intent after it
struct Intent {
    uint256 agentId;
    address account;
    uint256 chainId;
    address asset;
    address to;
    uint256 amount;
    bytes data;
    uint256 nonce;
    uint64 deadline;
}

/// @title EIP-712 hashing of intents
library IntentHash {
    bytes32 internal constant INTENT_TYPEHASH = keccak256(
        "Intent(uint256 agentId,address account,uint256 chainId,address asset,address to,uint256 amount,bytes data,uint256 nonce,uint64 deadline)"
    );
    bytes32 internal constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 internal constant NAME_HASH = keccak256("Mandate");
    bytes32 internal constant VERSION_HASH = keccak256("1");
    /// @dev keccak256 of nothing
    bytes32 private constant _NO_DATA_HASH = 0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470;

    /// @notice Domain separator of the executor `executor` whose home chain is `homeChainId`.
    /// @dev Every chain uses the home chain's id, so that an intent has one id wherever it is looked at.
    function domainSeparator(uint256 homeChainId, address executor) internal pure returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, NAME_HASH, VERSION_HASH, homeChainId, executor));
    }

    /// @notice The intent's id: its EIP-712 digest under `domain`.
    function id(Intent memory intent, bytes32 domain) internal pure returns (bytes32) {
        bytes32 structHash = keccak256(
            abi.encode(
                INTENT_TYPEHASH,
                intent.agentId,
                intent.account,
                intent.chainId,
                intent.asset,
                intent.to,
                intent.amount,
                keccak256(intent.data),
                intent.nonce,
                intent.deadline
            )
        );
        return MessageHashUtils.toTypedDataHash(domain, structHash);
    }

    /// @notice As {id}, of an intent that is read where it is. Reverts if a field has more bits than its type.
    function idOf(Intent calldata intent, bytes32 domain) internal pure returns (bytes32) {
        bytes32 typeHash = INTENT_TYPEHASH;
        bytes32 structHash;
        bytes32 dataHash = Hash.ofCalldata(intent.data);
        bool sound;
        // Call data has the fields in the order in which they are hashed, but for where the data begins in place of their hash.
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore(p, typeHash)
            calldatacopy(add(p, 0x20), intent, 0x120)
            mstore(add(p, 0xe0), dataHash)
            structHash := keccak256(p, 0x140)
            sound := iszero(
                or(
                    shr(160, or(or(mload(add(p, 0x40)), mload(add(p, 0x80))), mload(add(p, 0xa0)))),
                    shr(64, mload(add(p, 0x120)))
                )
            )
        }
        if (!sound) revert(); // as the compiler's own look at each field would
        return MessageHashUtils.toTypedDataHash(domain, structHash);
    }

    /// @notice The id of a payment that the agent's key asked for directly: that of the intent which says the same, with the number
    ///         of its record as nonce and deadline 0, which no signed intent can have.
    function paymentId(
        uint256 agentId,
        address account,
        address asset,
        address to,
        uint256 amount,
        uint256 recordIndex,
        bytes32 domain
    ) internal view returns (bytes32) {
        bytes32 typeHash = INTENT_TYPEHASH;
        bytes32 noData = _NO_DATA_HASH;
        bytes32 structHash;
        // As abi.encode(typeHash, agentId, account, block.chainid, asset, to, amount, noData, recordIndex, 0), which costs three
        // times as much: every payment pays for it.
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore(p, typeHash)
            mstore(add(p, 0x20), agentId)
            mstore(add(p, 0x40), account)
            mstore(add(p, 0x60), chainid())
            mstore(add(p, 0x80), asset)
            mstore(add(p, 0xa0), to)
            mstore(add(p, 0xc0), amount)
            mstore(add(p, 0xe0), noData)
            mstore(add(p, 0x100), recordIndex)
            mstore(add(p, 0x120), 0)
            structHash := keccak256(p, 0x140)
        }
        return MessageHashUtils.toTypedDataHash(domain, structHash);
    }
}
