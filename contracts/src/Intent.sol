// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

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
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }
}
