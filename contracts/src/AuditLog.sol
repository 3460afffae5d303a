// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Hash} from "./Hash.sol";

/// @notice What happened to an intent; the numbers are part of the record hash, append only.
enum Action {
    NONE,
    ADMITTED,
    DENIED,
    DISPATCHED,
    QUEUED,
    EXECUTED,
    CANCELLED,
    DISPUTED,
    UPHELD,
    EXPIRED,
    FAILED,
    SETTLED
}

/// @notice An agent's hash chain in one word, lowest bits first: records that are not published yet (16, stays at its most),
///         number of records (32), head (208): the top of a Keccak-256 hash. A second preimage costs 2^208, a collision 2^104.
type Trail is uint256;

using TrailWord for Trail global;

library TrailWord {
    uint256 private constant _COUNT_AT = 16;
    uint256 private constant _HEAD_AT = 48;

    function unpublished(Trail t) internal pure returns (uint256) {
        return Trail.unwrap(t) & type(uint16).max;
    }

    function count(Trail t) internal pure returns (uint256) {
        return (Trail.unwrap(t) >> _COUNT_AT) & type(uint32).max;
    }

    function head(Trail t) internal pure returns (bytes26) {
        return bytes26(bytes32(Trail.unwrap(t)));
    }

    /// @notice The chain with one more record.
    function extended(Trail t, bytes32 recordHash) internal pure returns (Trail) {
        bytes32 next = Hash.chained(head(t), recordHash);
        uint256 open = unpublished(t);
        unchecked {
            // A chain of 2^32 records is out of any chain's reach.
            uint256 counts = ((count(t) + 1) << _COUNT_AT) | (open < type(uint16).max ? open + 1 : open);
            return Trail.wrap(((uint256(next) >> _HEAD_AT) << _HEAD_AT) | counts);
        }
    }

    function withPublished(Trail t, uint256 published) internal pure returns (Trail) {
        uint256 open = count(t) - published;
        uint256 kept = (Trail.unwrap(t) >> _COUNT_AT) << _COUNT_AT;
        return Trail.wrap(kept | (open < type(uint16).max ? open : type(uint16).max));
    }
}

/// @title A hash chain per agent, and the batches that publish it
/// @notice Every action extends its agent's chain in its own transaction, so that omitting one is visible. Relayers
///         publish the records' blobs in Merkle batches; the policy stops an agent whose records stay unpublished.
abstract contract AuditLog is AccessManaged {
    /// @dev A word with a place: what reads and writes it looks for it once.
    struct TrailSlot {
        Trail word;
    }

    mapping(uint256 agentId => TrailSlot) private _trails;
    mapping(uint256 agentId => uint256) private _published;

    /// @notice Record `index` (from 0) of the agent's chain was appended; `head` is the chain's head after it.
    event Appended(
        uint256 indexed agentId,
        bytes32 indexed intentId,
        uint256 index,
        Action action,
        bytes32 recordHash,
        bytes26 head
    );
    /// @notice Records `[from, to)` of the agent's chain were published.
    /// @param root RFC 6962 Merkle root over the batch
    /// @param manifestDigest SHA-256 of the manifest blob, which is its raw CIDv1
    event Published(
        uint256 indexed agentId,
        uint256 from,
        uint256 to,
        bytes32 root,
        bytes32 manifestDigest,
        address indexed publisher
    );

    error AuditPublisherUnnamed();
    error AuditRangeStart(uint256 agentId, uint256 from, uint256 published);
    error AuditRangeEnd(uint256 agentId, uint256 to, uint256 count);

    /// @notice Commits to the published records `[from, to)`. Publishers (relayers) only.
    /// @dev The contract checks the range, auditors check the content: a false batch is visible to everyone.
    function publish(uint256 agentId, uint256 from, uint256 to, bytes32 root, bytes32 manifestDigest)
        external
        restricted
    {
        // Through the manager's `execute` the event would name the manager instead of who vouches for the batch.
        require(msg.sender != authority(), AuditPublisherUnnamed());
        uint256 published_ = _published[agentId];
        Trail trail = _trails[agentId].word;
        require(from == published_, AuditRangeStart(agentId, from, published_));
        require(to > from && to <= trail.count(), AuditRangeEnd(agentId, to, trail.count()));
        _published[agentId] = to;
        _trails[agentId].word = trail.withPublished(to);
        emit Published(agentId, from, to, root, manifestDigest, msg.sender);
    }

    /// @notice The agent's chain: head, number of records, number of published records.
    function chain(uint256 agentId) external view returns (bytes26 head, uint256 count, uint256 published) {
        Trail trail = _trails[agentId].word;
        return (trail.head(), trail.count(), _published[agentId]);
    }

    /// @notice How many of the agent's records are not published yet.
    function unpublished(uint256 agentId) external view returns (uint256) {
        return _trails[agentId].word.count() - _published[agentId];
    }

    function _trail(uint256 agentId) internal view returns (TrailSlot storage) {
        return _trails[agentId];
    }

    /// @dev Extends the agent's chain by one record and says so.
    /// @param detailHash Keccak-256 of the action's facts, ABI-encoded
    function _append(uint256 agentId, bytes32 intentId, Action action, bytes32 detailHash) internal {
        TrailSlot storage slot = _trails[agentId];
        Trail before = slot.word;
        bytes32 recordHash = _recordHash(agentId, intentId, action, detailHash);
        Trail trail = before.extended(recordHash);
        slot.word = trail;
        emit Appended(agentId, intentId, before.count(), action, recordHash, trail.head());
    }

    function _recordHash(uint256 agentId, bytes32 intentId, Action action, bytes32 detailHash)
        internal
        view
        returns (bytes32)
    {
        return Hash.words(bytes32(block.chainid), bytes32(agentId), bytes32(uint256(action)), intentId, detailHash);
    }
}
