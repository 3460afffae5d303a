// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {BlockHeader} from "@openzeppelin/contracts/utils/BlockHeader.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Roles} from "../governance/Roles.sol";
import {IBlockHashes} from "./IBlockHashes.sol";

/// @title Another chain's block hashes, posted by an oracle
/// @notice A posted hash counts after {WAIT}. Until then and afterwards one guardian suspends it at once, for {SUSPENSION} and no
///         longer, and two take it back for good: an oracle that lies, together with every relayer, is stopped by one guardian for
///         as long as the other needs (L7), and one guardian that lies does not hold up what proofs decide. Whoever has the headers
///         adds the blocks below a posted one.
/// @dev The oracle posts final blocks only. What it posts never changes: a hash that contradicts one that stands is refused, and
///      a guardian decides by taking back the false one, with all that was added below it.
contract PostedHashes is IBlockHashes, AccessManaged {
    using SafeCast for uint256;

    /// @dev `post` is the posted hash that this one stands on: itself or one of a later block. Zero: not known.
    struct Known {
        bytes32 hash;
        uint256 post;
    }

    /// @dev When what stands on a post begins to count, Unix seconds (zero: taken back), and which guardian suspended it.
    struct Post {
        uint64 countsFrom;
        address suspendedBy;
    }

    /// @notice Most that the wait may be, seconds.
    uint64 public constant MAX_WAIT = 3 days;
    /// @notice Seconds for which one guardian's word suspends a hash.
    uint64 public constant SUSPENSION = 7 days;

    /// @notice The chain whose blocks these are.
    uint256 public immutable CHAIN_ID;
    /// @notice Seconds until a posted hash counts.
    uint64 public immutable WAIT;

    /// @dev From 1 up.
    uint256 private _lastPost;
    mapping(uint256 number => Known) private _known;
    mapping(uint256 post => Post) private _posts;

    event HashPosted(uint256 indexed number, bytes32 hash, uint64 countsFrom, address indexed by);
    /// @notice The block stands on a posted later one, and counts from when that one does.
    event AncestorAdded(uint256 indexed number, bytes32 hash, uint64 countsFrom);
    /// @notice Neither the hash nor any other that stands on the same post counts before `countsFrom`, Unix seconds.
    event HashSuspended(uint256 indexed number, bytes32 hash, uint64 countsFrom, address indexed by);
    /// @notice The hash no longer counts, nor any other that stands on the same post.
    event HashRetracted(uint256 indexed number, bytes32 hash, address indexed by);

    error PostedWait(uint64 wait, uint64 max);
    error PostedZero(uint256 number);
    error PostedUnknown(uint256 number);
    error PostedContradicts(uint256 number, bytes32 given, bytes32 known);
    error PostedHeaderOther(uint256 number, bytes32 given, bytes32 known);
    error PostedGenesis();
    /// @notice It takes another guardian to take the hash back.
    error PostedSuspended(uint256 number, address by);

    /// @param chainId the chain whose blocks are posted
    /// @param wait seconds until a posted hash counts, at most MAX_WAIT: as long as a guardian needs to look and to act. 0 only
    ///        where the oracle is a contract that proves what it posts.
    constructor(address authority_, uint256 chainId, uint64 wait) AccessManaged(authority_) {
        require(wait <= MAX_WAIT, PostedWait(wait, MAX_WAIT));
        CHAIN_ID = chainId;
        WAIT = wait;
    }

    /// @inheritdoc IBlockHashes
    function hashOf(uint256 chainId, uint256 number) external view returns (bytes32) {
        Known storage k = _known[number];
        uint64 from = _posts[k.post].countsFrom;
        return chainId == CHAIN_ID && from != 0 && block.timestamp >= from ? k.hash : bytes32(0);
    }

    /// @notice What is known of a block: its hash, and when it begins to count, Unix seconds. Zeros: nothing, or taken back.
    function known(uint256 number) external view returns (bytes32 hash, uint64 countsFrom) {
        Known storage k = _known[number];
        countsFrom = _posts[k.post].countsFrom;
        if (countsFrom != 0) hash = k.hash;
    }

    /// @notice Posts the hash of a final block. Role ORACLE. The same hash once more changes nothing.
    function post(uint256 number, bytes32 hash) external restricted {
        require(hash != 0, PostedZero(number));
        if (_stands(number, hash)) return;
        uint256 id = ++_lastPost;
        uint64 from = (block.timestamp + WAIT).toUint64();
        _posts[id].countsFrom = from;
        _known[number] = Known(hash, id);
        emit HashPosted(number, hash, from, msg.sender);
    }

    /// @notice Adds the parent of a known block. Anyone.
    /// @param header the known block's header, RLP-encoded
    function addAncestor(bytes calldata header) external {
        uint256 number = BlockHeader.getNumber(header);
        Known storage child = _known[number];
        uint64 from = _posts[child.post].countsFrom;
        require(from != 0, PostedUnknown(number));
        bytes32 given = keccak256(header);
        require(given == child.hash, PostedHeaderOther(number, given, child.hash));
        require(number > 0, PostedGenesis());
        bytes32 parent = BlockHeader.getParentHash(header);
        if (_stands(number - 1, parent)) return;
        _known[number - 1] = Known(parent, child.post);
        emit AncestorAdded(number - 1, parent, from);
    }

    /// @notice Suspends a hash, and all that stands on the same post, for {SUSPENSION}; called by a second guardian, takes them back.
    ///         Guardians only, at once.
    function retract(uint256 number) external {
        require(Roles.isGuardian(authority(), msg.sender), AccessManagedUnauthorized(msg.sender));
        Known storage k = _known[number];
        Post storage p = _posts[k.post];
        require(p.countsFrom != 0, PostedUnknown(number));
        address first = p.suspendedBy;
        require(first != msg.sender, PostedSuspended(number, first));
        if (first == address(0)) {
            p.suspendedBy = msg.sender;
            uint64 until = uint64(block.timestamp) + SUSPENSION;
            p.countsFrom = until;
            emit HashSuspended(number, k.hash, until, msg.sender);
        } else {
            p.countsFrom = 0;
            emit HashRetracted(number, k.hash, msg.sender);
        }
    }

    /// @dev Whether this hash stands already. Reverts if another one does.
    function _stands(uint256 number, bytes32 hash) private view returns (bool) {
        Known storage k = _known[number];
        if (_posts[k.post].countsFrom == 0) return false;
        require(k.hash == hash, PostedContradicts(number, hash, k.hash));
        return true;
    }
}
