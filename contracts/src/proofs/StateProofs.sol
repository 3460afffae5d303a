// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BlockHeader} from "@openzeppelin/contracts/utils/BlockHeader.sol";
import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";
import {Memory} from "@openzeppelin/contracts/utils/Memory.sol";
import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {IBlockHashes} from "./IBlockHashes.sol";
import {IStateProofs, StateProof} from "./IStateProofs.sol";
import {SentProofs} from "./SentProofs.sol";

/// @title Storage of another chain, shown by a block hash that is believed
/// @notice Header to state root, state root to account, account to slot: each step is a hash, so whoever brings the proof decides
///         nothing. Whom it trusts is {HASHES}.
/// @dev Shows what is there and never what is not: OpenZeppelin's TrieProof follows a key to its value and knows no proof that a
///      key is absent. A slot that holds zero is absent from the trie, so no proof of it is taken, not even of an account whose
///      whole storage is empty. Users ask for slots that hold something in either case.
///      Headers may have more fields than the ones that are read (they grew with London, Shanghai, Cancun and Prague), since all
///      of them are under the hash.
contract StateProofs is SentProofs {
    /// @notice Whose block hashes are believed.
    IBlockHashes public immutable HASHES;

    /// @dev An account in the state trie: nonce, balance, storage root, code hash.
    uint256 private constant _ACCOUNT_FIELDS = 4;
    uint256 private constant _STORAGE_ROOT = 2;

    /// @notice The block's hash is not known (yet, any more), or its number is not one of that chain.
    error StateProofsBlockUnknown(uint256 chainId, uint256 number);
    /// @notice The header is not the one of the block that it says it is.
    error StateProofsHeaderOther(uint256 chainId, uint256 number, bytes32 given, bytes32 known);
    /// @notice The account proof does not lead to the account.
    error StateProofsAccount(address account, TrieProof.ProofError reason);
    /// @notice What the account proof leads to is no account.
    error StateProofsAccountInvalid(address account, uint256 fields);
    /// @notice The storage proof does not lead to the slot, or the slot is empty.
    error StateProofsSlot(address account, bytes32 slot, TrieProof.ProofError reason);

    constructor(IBlockHashes hashes) {
        HASHES = hashes;
    }

    /// @inheritdoc IStateProofs
    /// @dev A node that is no RLP reverts with `RLPInvalidEncoding`.
    function valueAt(uint256 chainId, StateProof calldata proof, address account, bytes32 slot)
        external
        view
        returns (bytes32 value, uint256 timestamp, uint256 number)
    {
        bytes32 stateRoot;
        (stateRoot, timestamp, number) = _header(chainId, proof.header);
        bytes32 storageRoot = _storageRoot(stateRoot, proof.accountProof, account);
        (bytes memory encoded, TrieProof.ProofError reason) =
            TrieProof.tryTraverse(storageRoot, abi.encodePacked(keccak256(abi.encode(slot))), proof.storageProof);
        require(reason == TrieProof.ProofError.NO_ERROR, StateProofsSlot(account, slot, reason));
        value = RLP.decodeBytes32(encoded);
        // No chain stores a zero, so this is no trie of one.
        require(value != 0, StateProofsSlot(account, slot, TrieProof.ProofError.EMPTY_VALUE));
    }

    function _header(uint256 chainId, bytes memory header)
        private
        view
        returns (bytes32 stateRoot, uint256 timestamp, uint256 number)
    {
        Memory.Slice[] memory fields = BlockHeader.parseHeader(header);
        number = BlockHeader.getNumber(fields);
        bytes32 known = HASHES.hashOf(chainId, number);
        require(known != 0, StateProofsBlockUnknown(chainId, number));
        bytes32 given = keccak256(header);
        require(given == known, StateProofsHeaderOther(chainId, number, given, known));
        return (BlockHeader.getStateRoot(fields), BlockHeader.getTimestamp(fields), number);
    }

    function _storageRoot(bytes32 stateRoot, bytes[] memory proof, address account) private pure returns (bytes32) {
        (bytes memory encoded, TrieProof.ProofError reason) =
            TrieProof.tryTraverse(stateRoot, abi.encodePacked(keccak256(abi.encodePacked(account))), proof);
        require(reason == TrieProof.ProofError.NO_ERROR, StateProofsAccount(account, reason));
        Memory.Slice[] memory fields = RLP.decodeList(encoded);
        require(fields.length == _ACCOUNT_FIELDS, StateProofsAccountInvalid(account, fields.length));
        return RLP.readBytes32(fields[_STORAGE_ROOT]);
    }
}
