// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

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
    EXPIRED
}

/// @title A hash chain per agent, and the batches that publish it
/// @notice Every action extends its agent's chain in its own transaction, so that omitting one is visible. Relayers
///         publish the records' blobs in Merkle batches; the policy stops an agent whose records stay unpublished.
contract AuditLog is AccessManaged {
    /// @dev One slot. The head is the top 216 bits of a Keccak-256 hash: a second preimage costs 2^216, a collision 2^108.
    struct Chain {
        bytes27 head;
        uint40 count;
    }

    /// @notice The only contract that may extend chains.
    address public immutable EXECUTOR;

    mapping(uint256 agentId => Chain) private _chains;
    mapping(uint256 agentId => uint256) private _published;

    /// @notice Record `index` (from 0) of the agent's chain was appended; `head` is the chain's head after it.
    event Appended(
        uint256 indexed agentId,
        bytes32 indexed intentId,
        uint256 index,
        Action action,
        bytes32 recordHash,
        bytes27 head
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

    error AuditNotExecutor(address caller);
    error AuditPublisherUnnamed();
    error AuditRangeStart(uint256 agentId, uint256 from, uint256 published);
    error AuditRangeEnd(uint256 agentId, uint256 to, uint256 count);

    constructor(address authority_, address executor) AccessManaged(authority_) {
        EXECUTOR = executor;
    }

    /// @notice Extends the agent's chain by one record. Executor only.
    /// @param detail the action's facts, ABI-encoded as docs/architecture.md lists them
    function append(uint256 agentId, bytes32 intentId, Action action, bytes calldata detail) external {
        require(msg.sender == EXECUTOR, AuditNotExecutor(msg.sender));
        bytes32 recordHash = keccak256(abi.encode(block.chainid, agentId, action, intentId, keccak256(detail)));
        Chain memory chain_ = _chains[agentId];
        bytes27 head_ = bytes27(keccak256(abi.encodePacked(chain_.head, recordHash)));
        _chains[agentId] = Chain(head_, chain_.count + 1);
        emit Appended(agentId, intentId, chain_.count, action, recordHash, head_);
    }

    /// @notice Commits to the published records `[from, to)`. Publishers (relayers) only.
    /// @dev The contract checks the range, auditors check the content: a false batch is visible to everyone.
    function publish(uint256 agentId, uint256 from, uint256 to, bytes32 root, bytes32 manifestDigest)
        external
        restricted
    {
        // Through the manager's `execute` the event would name the manager instead of who vouches for the batch.
        require(msg.sender != authority(), AuditPublisherUnnamed());
        uint256 published_ = _published[agentId];
        uint256 count_ = _chains[agentId].count;
        require(from == published_, AuditRangeStart(agentId, from, published_));
        require(to > from && to <= count_, AuditRangeEnd(agentId, to, count_));
        _published[agentId] = to;
        emit Published(agentId, from, to, root, manifestDigest, msg.sender);
    }

    /// @notice The agent's chain: head, number of records, number of published records.
    function chain(uint256 agentId) external view returns (bytes27 head, uint256 count, uint256 published) {
        Chain storage c = _chains[agentId];
        return (c.head, c.count, _published[agentId]);
    }

    /// @notice How many of the agent's records are not published yet.
    function unpublished(uint256 agentId) external view returns (uint256) {
        return _chains[agentId].count - _published[agentId];
    }
}
