// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC7786Recipient} from "@openzeppelin/contracts/crosschain/ERC7786Recipient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {AgentRegistry} from "./AgentRegistry.sol";
import {Action} from "./AuditLog.sol";
import {ExecutorSettings} from "./ExecutorSettings.sol";
import {Intent, IntentHash} from "./Intent.sol";
import {IntentPayload} from "./IntentPayload.sol";
import {MandateAccount} from "./MandateAccount.sol";
import {Verdict} from "./Verdict.sol";

/// @notice Where an intent stands on one chain. Append only: other chains read it from proofs.
enum State {
    NONE,
    DENIED,
    ADMITTED,
    DISPATCHED,
    QUEUED,
    DISPUTED,
    EXECUTED,
    CANCELLED,
    EXPIRED,
    FAILED, // its deadline passed, and when it was tried it could not execute
    SETTLED // home: dispatched, and what became of it has been settled
}

/// @notice What became of an intent at its destination, as it is told at home.
/// @param outcome EXECUTED, CANCELLED, EXPIRED or FAILED
/// @param moved what left the account there, asset's smallest unit; 0 unless EXECUTED
struct Result {
    bytes32 intentId;
    State outcome;
    uint104 moved;
}

/// @title What an intent's life has in common at home and at its destination
/// @notice Ids, states, payments and records. {HomeExecutor} stands on the home chain, {DestinationExecutor} at the same address on every
///         other.
/// @dev Every state change extends the agent's audit chain in the same transaction (L6). Holds neither funds nor policy.
abstract contract CrossChainExecutor is ERC7786Recipient, ExecutorSettings, ReentrancyGuardTransient {
    using SafeCast for uint256;

    /// @dev One slot, `state` in its lowest byte: destinations read home's from proofs. Unix seconds.
    struct Progress {
        State state;
        bool upheld; // governance or a proof decided: it cannot be disputed again
        bool approval; // admitted if approved
        bool failed; // it was tried when it was due, and could not execute
        // eta of an ADMITTED, executableAt of a QUEUED, resolveBy of a DISPUTED one; of a DISPATCHED one when it was dispatched, or its
        // result came
        uint32 due;
        uint32 since; // when it was submitted here, or queued here
        // Of an ADMITTED one: how often the agent's wallet had changed when it was submitted. Of a QUEUED or DISPUTED one: the first 13
        // bytes of its message's id. Of an EXECUTED one, and with an outcome: what moved.
        uint104 extra;
        State outcome; // of a DISPATCHED one: what its destination says, not settled yet; of a SETTLED one: what was settled
        uint48 route; // lowest bits of the chain id of a DISPATCHED one; how a QUEUED or DISPUTED one came
    }

    /// @notice Storage slot of the mapping from intents' ids to where they stand: what stands at keccak256(id ‖ this) has the {State}
    ///         in its lowest byte.
    bytes32 public constant PROGRESS_SLOT = bytes32(uint256(5));
    /// @notice An intent's deadline may lie at most this many seconds ahead: as long as the longest resolution window, since an
    ///         upheld intent must still execute before its own deadline. Sign short ones where votes are quick.
    uint256 public constant MAX_LIFETIME = 30 days;
    /// @notice An intent's call data may be at most this long: every record of it is published whole, by everyone's relayers.
    uint256 public constant MAX_DATA_LENGTH = 8192;
    /// @dev Most that two chains' clocks may differ, seconds.
    uint256 internal constant _CLOCK_SKEW = 1 hours;
    /// @dev Bytes of a revert reason that are passed on.
    uint256 private constant _MAX_REASON = 256;
    /// @dev Gas that is kept back for what comes after each element of a batch.
    uint256 private constant _AFTERWARDS_GAS = 60_000;

    AgentRegistry public immutable REGISTRY;
    bytes32 internal immutable _DOMAIN;

    mapping(bytes32 intentId => Progress) internal _progress;

    event IntentExecuted(bytes32 indexed intentId, uint256 indexed agentId, Intent intent, uint256 moved);
    event IntentCancelled(bytes32 indexed intentId, uint256 indexed agentId, Intent intent, address by);
    event IntentExpired(bytes32 indexed intentId, uint256 indexed agentId);

    error ExecutorNotHome(uint256 homeChainId);
    error ExecutorHome(uint256 homeChainId);
    error ExecutorWrongChain(uint256 chainId, uint256 here);
    error ExecutorPastDeadline(uint64 deadline, uint256 now_);
    error ExecutorDeadlineTooFar(uint64 deadline, uint256 latest);
    error ExecutorDataTooLong(uint256 length, uint256 max);
    error ExecutorState(bytes32 intentId, State state);
    error ExecutorTooEarly(bytes32 intentId, uint64 due, uint256 now_);
    error ExecutorNotExpired(bytes32 intentId, uint64 deadline);
    error ExecutorAccountUnknown(address account);
    error ExecutorMovedOther(uint256 declared, uint256 moved);
    error ExecutorLengths(uint256 first, uint256 second);

    constructor(
        address authority_,
        uint256 homeChainId,
        AgentRegistry registry,
        address gateway,
        address[] memory accounts,
        uint64 disputeWindow_,
        uint64 pause_
    ) AccessManaged(authority_) ExecutorSettings(homeChainId, gateway, accounts, disputeWindow_, pause_) {
        REGISTRY = registry;
        _DOMAIN = IntentHash.domainSeparator(homeChainId, address(this));
    }

    /// @notice Closes an intent that waited past its deadline. Anyone may.
    function expire(Intent calldata intent) external virtual returns (bytes32 intentId);

    /// @notice Lengthens the dispute window at once, for what waits, too (L5). Guardians only.
    function lengthenDisputeWindow(uint64 disputeWindow_) external virtual;

    /// @notice Where the intent stands on this chain.
    /// @return state the state
    /// @return upheld governance overruled a dispute, or a proof did, so it cannot be disputed again
    /// @return due eta of an ADMITTED, executableAt of a QUEUED, resolveBy of a DISPUTED intent, when the result of a DISPATCHED one may
    ///         settle (0: there is none); unix seconds. Of a QUEUED one and of a result it moves when guardians lengthen the window
    /// @return approval it was admitted if approved
    function progress(bytes32 intentId) external view returns (State state, bool upheld, uint64 due, bool approval) {
        Progress memory p = _progressOf(intentId);
        return (p.state, p.upheld, _due(p), p.approval);
    }

    /// @notice The intent's id: its EIP-712 digest.
    function idOf(Intent calldata intent) external view returns (bytes32) {
        return _idOf(intent);
    }

    // ------------------------------------------------------------------ internals

    /// @dev `_progress[intentId]`, read at once. Every message pays for it.
    function _progressOf(bytes32 intentId) internal view returns (Progress memory p) {
        Progress storage kept = _progress[intentId];
        assembly ("memory-safe") {
            let word := sload(kept.slot)
            mstore(p, and(word, 0xff))
            mstore(add(p, 0x20), and(shr(8, word), 0xff))
            mstore(add(p, 0x40), and(shr(16, word), 0xff))
            mstore(add(p, 0x60), and(shr(24, word), 0xff))
            mstore(add(p, 0x80), and(shr(32, word), 0xffffffff))
            mstore(add(p, 0xa0), and(shr(64, word), 0xffffffff))
            mstore(add(p, 0xc0), and(shr(96, word), 0xffffffffffffffffffffffffff))
            mstore(add(p, 0xe0), and(shr(200, word), 0xff))
            mstore(add(p, 0x100), shr(208, word))
        }
    }

    /// @dev `_progress[intentId] = p`, written at once.
    function _keep(bytes32 intentId, Progress memory p) internal {
        Progress storage kept = _progress[intentId];
        assembly ("memory-safe") {
            let word := or(mload(p), shl(8, mload(add(p, 0x20))))
            word := or(word, or(shl(16, mload(add(p, 0x40))), shl(24, mload(add(p, 0x60)))))
            word := or(word, or(shl(32, mload(add(p, 0x80))), shl(64, mload(add(p, 0xa0)))))
            word := or(word, or(shl(96, mload(add(p, 0xc0))), shl(200, mload(add(p, 0xe0)))))
            sstore(kept.slot, or(word, shl(208, mload(add(p, 0x100)))))
        }
    }

    function _due(Progress memory p) internal view virtual returns (uint64);

    function _idOf(Intent calldata intent) internal view returns (bytes32) {
        return IntentHash.idOf(intent, _DOMAIN);
    }

    function _pay(Intent calldata intent, bytes32 intentId, Progress memory p) internal {
        (p.state, p.extra) = (State.EXECUTED, intent.amount.toUint104());
        _keep(intentId, p);
        MandateAccount account = MandateAccount(intent.account);
        uint256 moved;
        if (intent.data.length > 0) {
            moved = account.callOut(intent);
            require(moved <= intent.amount, ExecutorMovedOther(intent.amount, moved));
            // At most the amount, which has 104 bits.
            // forge-lint: disable-next-line(unsafe-typecast)
            if (moved != intent.amount) _progress[intentId].extra = uint104(moved);
            _emit(IntentExecuted.selector, intentId, intent, IntentPayload.encode(intent, moved));
            _record(intent, intentId, Action.EXECUTED, abi.encode(intent.account, intent.asset, moved));
        } else {
            // The account records it, before it pays, and so does the event come before whatever the payment calls.
            _emit(IntentExecuted.selector, intentId, intent, IntentPayload.encode(intent, intent.amount));
            moved = account.payOut(intentId, intent.agentId, intent.asset, intent.to, intent.amount);
            require(moved == intent.amount, ExecutorMovedOther(intent.amount, moved));
        }
    }

    function _cancelled(Intent calldata intent, bytes32 intentId) internal {
        _progress[intentId].state = State.CANCELLED;
        _tellCancelled(intent, intentId);
    }

    function _tellCancelled(Intent calldata intent, bytes32 intentId) internal {
        _emit(IntentCancelled.selector, intentId, intent, IntentPayload.encode(intent, uint160(msg.sender)));
        _record(intent, intentId, Action.CANCELLED, abi.encode(msg.sender));
    }

    /// @dev `emit TheEvent(intentId, intent.agentId, intent, ...)`: the compiler would read and write the intent field by field, and
    ///      every payment pays for it.
    /// @param data of the event, {IntentPayload-encode}
    function _emit(bytes32 selector, bytes32 intentId, Intent calldata intent, bytes memory data) internal {
        uint256 agentId = intent.agentId;
        assembly ("memory-safe") {
            log3(add(data, 0x20), mload(data), selector, intentId, agentId)
        }
    }

    function _record(Intent calldata intent, bytes32 intentId, Action action, bytes memory detail) internal {
        _recordHash(intent, intentId, action, keccak256(detail));
    }

    function _recordHash(Intent calldata intent, bytes32 intentId, Action action, bytes32 detailHash) internal {
        MandateAccount(intent.account).append(action, intent.agentId, intentId, detailHash);
    }

    function _checkData(uint256 length) internal pure {
        require(length <= MAX_DATA_LENGTH, ExecutorDataTooLong(length, MAX_DATA_LENGTH));
    }

    function _checkLifetime(uint64 deadline, uint256 skew) internal view {
        uint256 latest;
        unchecked {
            latest = block.timestamp + MAX_LIFETIME + skew;
        }
        require(deadline <= latest, ExecutorDeadlineTooFar(deadline, latest));
    }

    function _checkDeadline(Intent calldata intent) internal view {
        require(block.timestamp <= intent.deadline, ExecutorPastDeadline(intent.deadline, block.timestamp));
    }

    function _checkExpired(Intent calldata intent, bytes32 intentId) internal view {
        require(block.timestamp > intent.deadline, ExecutorNotExpired(intentId, intent.deadline));
    }

    /// @dev Calls this contract itself, as the caller of a batch for one of its elements: it gets its share of the gas that is left, so
    ///      that none takes what the others need, and what it did is undone if it reverts.
    /// @param arguments of the function, encoded, which are overwritten
    /// @param others elements that come after this one
    /// @return ok whether it returned
    /// @return answer the first word of what it returned; nothing, if it reverted
    /// @return given gas that it was given
    /// @return reason the first {_MAX_REASON} bytes of what it reverted with
    function _attempt(bytes4 selector, bytes memory arguments, uint256 others)
        internal
        returns (bool ok, bytes32 answer, uint256 given, bytes memory reason)
    {
        // There are fewer elements than a block has gas.
        unchecked {
            uint256 left = gasleft();
            uint256 kept = _AFTERWARDS_GAS * (others + 1);
            given = left > kept ? (left - kept) / (others + 1) : 0;
        }
        assembly ("memory-safe") {
            // The selector comes right before the arguments, where their length is.
            let size := add(mload(arguments), 0x04)
            mstore(arguments, shr(224, selector))
            ok := call(given, address(), 0, add(arguments, 0x1c), size, 0, 0x20)
            if iszero(ok) {
                let length := returndatasize()
                if gt(length, _MAX_REASON) { length := _MAX_REASON }
                reason := mload(0x40)
                mstore(reason, length)
                returndatacopy(add(reason, 0x20), 0, length)
                mstore(0x40, add(reason, and(add(length, 0x3f), not(0x1f))))
            }
            if ok {
                answer := mload(0)
                reason := 0x60
            }
        }
    }
}
