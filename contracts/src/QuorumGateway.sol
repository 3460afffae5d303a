// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC7786GatewaySource, IERC7786Recipient} from "@openzeppelin/contracts/interfaces/draft-IERC7786.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Hash} from "./Hash.sol";
import {Attestation, IQuorum} from "./IQuorum.sol";
import {Place} from "./Place.sol";
import {Roles} from "./governance/Roles.sol";

/// @title Messages between chains, attested by M of N relayers
/// @notice ERC-7786 source and destination. A message's id is its EIP-712 digest under the destination's domain. Relayers sign
///         the root of a Merkle tree of ids, so that one signature attests one message or many, of any chains. Each number of a
///         source is delivered once (L3).
/// @dev The gateway has the same address on every chain. It does not know what a message means: a false message that
///      a lying quorum delivers is the recipient's to dispute (L7). Every signature is an ECDSA one, so that it stays evidence
///      against its signer ({RelayerBonds}).
contract QuorumGateway is IERC7786GatewaySource, IQuorum, AccessManaged {
    /// @notice A message on its way.
    /// @param sourceChainId the chain of its sender
    /// @param nonce number of the message at its source gateway, from 1 up
    /// @param sender ERC-7930 address of the contract that sent it
    /// @param recipient ERC-7930 address of the contract that receives it
    struct Message {
        uint256 sourceChainId;
        uint256 nonce;
        bytes sender;
        bytes recipient;
        bytes payload;
    }

    /// @dev One slot. The former set counts while the time is before `formerUntil`.
    struct Sets {
        uint8 threshold;
        uint8 named; // how many relayers governance named
        uint8 formerThreshold;
        uint8 formerNamed;
        uint64 formerUntil; // unix seconds
        uint64 stops;
    }

    /// @dev One slot. What a relayer's signature counts for, and what {Sets} says of its sets: a delivery reads nothing else. Whatever
    ///      changes a set writes the seats of all its relayers anew.
    struct Seat {
        bool present; // in the present set
        uint8 threshold;
        uint8 named;
        uint8 formerThreshold;
        uint8 formerNamed;
        uint64 formerUntil; // unix seconds, until then also in the former set; 0: it is not
    }

    /// @dev How many signers belong to which set, and what their seats say of it.
    struct Tally {
        uint256 ofPresent;
        uint256 ofFormer;
        uint256 threshold;
        uint256 named;
        uint256 formerThreshold;
        uint256 formerNamed;
    }

    /// @notice Most relayers that a set may have.
    uint256 public constant MAX_RELAYERS = 64;
    /// @notice Most seconds that a set counts beside the one that replaced it.
    uint64 public constant MAX_OVERLAP = 7 days;
    /// @notice Storage slot of {nextNonce}, for proofs of a chain's state.
    bytes32 public constant NONCE_SLOT = bytes32(uint256(1));
    /// @notice Storage slot of the mapping {sent}: number `n` is in `keccak256(abi.encode(n, SENT_SLOT))`.
    bytes32 public constant SENT_SLOT = bytes32(uint256(2));
    bytes32 public constant MESSAGE_TYPEHASH =
        keccak256("Message(uint256 sourceChainId,uint256 nonce,bytes sender,bytes recipient,bytes payload)");
    bytes32 public constant ATTESTATION_TYPEHASH = keccak256("Attestation(bytes32 root)");
    bytes32 private constant _DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant _NAME_HASH = keccak256("MandateQuorumGateway");
    bytes32 private constant _VERSION_HASH = keccak256("1");
    uint256 private constant _SIGNATURE_LENGTH = 64;
    /// @dev Most bytes that are kept of why a message was refused.
    uint256 private constant _MAX_REASON = 256;

    /// @notice The chain under whose domain relayers sign, wherever they deliver: a signature that was given to a deployment with
    ///         another home is no evidence against anybody here, though the contracts stand at the same addresses.
    uint256 public immutable HOME_CHAIN_ID;

    /// @notice The number that the next message will have.
    uint256 public nextNonce = 1;
    /// @notice The id of the message that this chain sent under the number. Zero: none yet.
    mapping(uint256 nonce => bytes32 id) public sent;
    Sets private _sets;
    mapping(address relayer => Seat) private _seats;
    mapping(uint256 sourceChainId => mapping(uint256 word => uint256)) private _delivered;
    address[] private _relayers;
    address[] private _former;
    bytes32 private immutable _ATTESTATION_DOMAIN;

    /// @notice The source gateway gave message `sendId` the number `nonce`.
    event NonceAssigned(bytes32 indexed sendId, uint256 nonce);
    /// @notice The message was handed to its recipient.
    event MessageDelivered(bytes32 indexed receiveId);
    /// @notice A message of a batch was not delivered, which it still can be.
    /// @param reason the first 256 bytes of what its recipient, or this contract, reverted with
    event MessageRefused(bytes32 indexed id, bytes reason);
    /// @notice Who attests from here on, and how many must.
    /// @param previousUntil the set before counts until then, unix seconds. Past: no more
    event RelayersSet(address[] relayers, uint256 threshold, uint64 previousUntil, address indexed by);

    error GatewayNoValue(uint256 value);
    error GatewayNotForThisChain(uint256 chainId);
    error GatewaySameChain();
    error GatewaySourceDiffers(uint256 sourceChainId, uint256 senderChainId);
    error GatewayDelivered(bytes32 messageId);
    error GatewayNoMessages();
    error GatewayNotItself(address caller);
    error GatewaySignatureLength(uint256 length);
    error GatewaySignatures(uint256 given, uint256 threshold);
    error GatewaySignerOrder(address previous, address signer);
    error GatewayNotRelayer(address signer);
    /// @notice All signers must belong to one set.
    error GatewayMixedSets(uint256 ofPresent, uint256 ofFormer, uint256 given);
    error GatewayNotAccepted(bytes32 messageId);
    error GatewayThreshold(uint256 threshold, uint256 relayers);
    error GatewayRelayerCount(uint256 relayers, uint256 max);
    error GatewayRelayerInvalid(address relayer);
    error GatewayLooser(uint256 threshold, uint256 present);
    error GatewayOverlap(uint64 overlap, uint64 max);
    error GatewayStopsDiffer(uint256 expectedStops, uint256 stops);

    /// @param homeChainId the deployment's home, the same on every chain
    /// @param relayers ascending and distinct, 1 to MAX_RELAYERS
    /// @param threshold signatures that deliver a message, more than half of the relayers
    constructor(address authority_, uint256 homeChainId, address[] memory relayers, uint256 threshold)
        AccessManaged(authority_)
    {
        HOME_CHAIN_ID = homeChainId;
        _ATTESTATION_DOMAIN = _domain(homeChainId);
        _replaceRelayers(relayers, threshold, 0);
    }

    // ------------------------------------------------------------------ source

    /// @inheritdoc IERC7786GatewaySource
    function supportsAttribute(bytes4) external pure returns (bool) {
        return false;
    }

    /// @inheritdoc IERC7786GatewaySource
    /// @dev Takes neither value nor attributes: it would have to drop them silently.
    function sendMessage(bytes calldata recipient, bytes calldata payload, bytes[] calldata attributes)
        external
        payable
        returns (bytes32 sendId)
    {
        require(msg.value == 0, GatewayNoValue(msg.value));
        if (attributes.length > 0) revert UnsupportedAttribute(bytes4(attributes[0]));
        (uint256 destination,) = Place.parse(recipient);
        require(destination != block.chainid, GatewaySameChain());
        uint256 nonce = nextNonce;
        // No chain sends 2^256 messages.
        unchecked {
            nextNonce = nonce + 1;
        }
        bytes memory sender = Place.format(block.chainid, msg.sender);
        sendId = _id(
            block.chainid, nonce, keccak256(sender), Hash.ofCalldata(recipient), Hash.ofCalldata(payload), destination
        );
        sent[nonce] = sendId;
        emit NonceAssigned(sendId, nonce);
        _emitSent(sendId, sender, recipient, payload);
    }

    // ------------------------------------------------------------------ destination

    /// @notice Delivers a message that a quorum attests. Anyone may. Reverts as a whole if the recipient refuses it.
    /// @param proof from the message's id to the root that was signed, empty if that is the id itself
    /// @param signatures 64 bytes each (ERC-2098) over {attestationDigest} of the root, signers ascending
    function deliver(Message calldata message, bytes32[] calldata proof, bytes calldata signatures) external {
        (uint256 destination, address recipient) = Place.parse(message.recipient);
        bytes32 id = _idOf(message, destination);
        _claim(message, id, destination);
        (uint256 count, uint256 threshold, uint256 named) =
            _checkQuorum(MerkleProof.processProofCalldata(proof, id), signatures);
        _handOver(message, id, recipient, Attestation.pack(count, threshold, named));
    }

    /// @notice Delivers messages of one root. One that is for another chain, was delivered, or that its recipient refuses,
    ///         leaves the others alone and can be delivered later. Anyone may.
    /// @dev Each has at most an equal part of the gas that is left, so that none uses up what the others need. Too little gas
    ///      looks like a refusal: whoever calls this chooses the gas himself instead of asking a node for the least.
    /// @param messages at least one, in the order of the tree's leaves from the last to the first, as {MerkleProof} takes them
    /// @param proof the siblings that the messages do not give
    /// @param flags of each step of the proof: whether both sides are known already
    /// @param signatures as in {deliver}
    /// @return accepted of each message: whether it was handed to its recipient
    function deliverMany(
        Message[] calldata messages,
        bytes32[] calldata proof,
        bool[] calldata flags,
        bytes calldata signatures
    ) external returns (bool[] memory accepted) {
        uint256 length = messages.length;
        require(length > 0, GatewayNoMessages());
        bytes32[] memory ids = new bytes32[](length);
        for (uint256 i; i < length; ++i) {
            ids[i] = messageId(messages[i]);
        }
        uint256 attestation;
        {
            (uint256 count, uint256 threshold, uint256 named) =
                _checkQuorum(MerkleProof.processMultiProofCalldata(proof, flags, ids), signatures);
            attestation = Attestation.pack(count, threshold, named);
        }
        accepted = new bool[](length);
        for (uint256 i; i < length; ++i) {
            bytes memory call_ = abi.encodeCall(this.deliverAttested, (messages[i], ids[i], attestation));
            (accepted[i],) = address(this).call{gas: gasleft() / (length - i)}(call_);
            if (!accepted[i]) emit MessageRefused(ids[i], _reason());
        }
    }

    /// @notice One message of a batch, in a call that can fail alone. For {deliverMany}, nobody else.
    function deliverAttested(Message calldata message, bytes32 id, uint256 attestation) external {
        require(msg.sender == address(this), GatewayNotItself(msg.sender));
        (uint256 destination, address recipient) = Place.parse(message.recipient);
        _claim(message, id, destination);
        _handOver(message, id, recipient, attestation);
    }

    /// @notice The message's id: its EIP-712 digest under the domain of its destination.
    function messageId(Message calldata message) public view returns (bytes32) {
        (uint256 destination,) = Place.parse(message.recipient);
        return _idOf(message, destination);
    }

    /// @notice What relayers sign to attest the messages under `root`: its EIP-712 digest under home's domain on every chain, because
    ///         the messages name theirs.
    function attestationDigest(bytes32 root) public view returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(_ATTESTATION_DOMAIN, Hash.words(ATTESTATION_TYPEHASH, root));
    }

    /// @notice Whether the source's message of that number was delivered here.
    function isDelivered(uint256 sourceChainId, uint256 nonce) external view returns (bool) {
        return (_delivered[sourceChainId][nonce >> 8] >> (nonce & 0xff)) & 1 == 1;
    }

    /// @inheritdoc IQuorum
    function verify(bytes32 id, bytes32[] calldata proof, bytes calldata signatures)
        external
        view
        returns (uint256 count, uint256 threshold, uint256 relayers)
    {
        return _checkQuorum(MerkleProof.processProofCalldata(proof, id), signatures);
    }

    // ------------------------------------------------------------------ relayers

    /// @notice The relayers and how many of them must sign.
    function quorum() external view returns (address[] memory relayers, uint256 threshold) {
        return (_relayers, _sets.threshold);
    }

    /// @notice The set before, while it counts beside the present one: a quorum of either delivers, never of both together.
    /// @return relayers empty if it counts no more
    /// @return threshold how many of them must sign; not less than of the present ones
    /// @return until unix seconds, when it ceases to count
    function previousQuorum() external view returns (address[] memory relayers, uint256 threshold, uint64 until) {
        Sets memory s = _sets;
        if (block.timestamp < s.formerUntil) return (_former, s.formerThreshold, s.formerUntil);
    }

    /// @notice Whether the relayer's signature counts: it belongs to the present set, or to the one before while that counts too.
    function isRelayer(address relayer) external view returns (bool) {
        Seat memory seat = _seats[relayer];
        return seat.present || block.timestamp < seat.formerUntil;
    }

    /// @notice How often guardians tightened the relayer set.
    function stops() external view returns (uint256) {
        return _sets.stops;
    }

    /// @notice Replaces the relayer set. Governance only.
    /// @param relayers ascending and distinct, 1 to MAX_RELAYERS
    /// @param threshold signatures that deliver a message, more than half of the relayers
    /// @param overlap seconds that the set of now counts beside the new one, so that what it attested arrives; at most MAX_OVERLAP.
    ///        A set that still counts beside the one of now ceases to
    /// @param expectedStops what {stops} said when this was decided: a decision never puts back a key that was taken out
    ///        after it
    function setRelayers(address[] calldata relayers, uint256 threshold, uint64 overlap, uint256 expectedStops)
        external
        restricted
    {
        require(_sets.stops == expectedStops, GatewayStopsDiffer(expectedStops, _sets.stops));
        require(overlap <= MAX_OVERLAP, GatewayOverlap(overlap, MAX_OVERLAP));
        _replaceRelayers(relayers, threshold, overlap);
    }

    /// @notice Takes relayers out and raises the threshold at once, of the set before too, so that a stolen key attests no more:
    ///         whoever could not deliver before cannot afterwards (L5). Guardians only.
    /// @param relayers some or all of the present ones, ascending
    /// @param threshold not lower than the present one, more than half of the relayers
    function tightenRelayers(address[] calldata relayers, uint256 threshold) external {
        require(Roles.isGuardian(authority(), msg.sender), AccessManagedUnauthorized(msg.sender));
        Sets memory s = _sets;
        require(threshold >= s.threshold, GatewayLooser(threshold, s.threshold));
        _checkSet(relayers, threshold);
        // Both ascend: who is not met again is taken out, who was not met never was in.
        uint256 kept;
        uint256 present = _relayers.length;
        for (uint256 i; i < present; ++i) {
            address relayer = _relayers[i];
            if (kept < relayers.length && relayers[kept] == relayer) {
                ++kept;
                _seats[relayer].threshold = uint8(threshold);
            } else {
                delete _seats[relayer];
            }
        }
        if (kept < relayers.length) revert GatewayNotRelayer(relayers[kept]);
        _relayers = relayers;
        s.threshold = uint8(threshold);
        ++s.stops;
        if (s.formerThreshold < threshold) s.formerThreshold = uint8(threshold);
        _sets = s;
        _tightenFormer(s.formerThreshold);
        emit RelayersSet(relayers, threshold, s.formerUntil, msg.sender);
    }

    /// @notice The set before counts no more from now on. Guardians only: a key that governance replaced may be a stolen one.
    function endOverlap() external {
        require(Roles.isGuardian(authority(), msg.sender), AccessManagedUnauthorized(msg.sender));
        ++_sets.stops;
        _sets.formerUntil = 0;
        for (uint256 i; i < _former.length; ++i) {
            _seats[_former[i]].formerUntil = 0;
        }
        delete _former;
        emit RelayersSet(_relayers, _sets.threshold, 0, msg.sender);
    }

    // ------------------------------------------------------------------ internals

    /// @dev `emit MessageSent(sendId, sender, recipient, payload, 0, attributes)` without attributes. Written by hand because every message
    ///      pays for the copying.
    function _emitSent(bytes32 sendId, bytes memory sender, bytes calldata recipient, bytes calldata payload) private {
        bytes32 selector = MessageSent.selector;
        assembly ("memory-safe") {
            let data := mload(0x40)
            // Each after the one before it: its length, and its bytes, of which the last word is zeros up to its end.
            let second := add(0xc0, and(add(mload(sender), 0x1f), not(0x1f)))
            let third := add(add(second, 0x20), and(add(recipient.length, 0x1f), not(0x1f)))
            let last := add(add(third, 0x20), and(add(payload.length, 0x1f), not(0x1f)))
            mstore(data, 0xa0)
            mstore(add(data, 0x20), second)
            mstore(add(data, 0x40), third)
            mstore(add(data, 0x60), 0)
            mstore(add(data, 0x80), last)
            mstore(add(data, sub(second, 0x20)), 0)
            mcopy(add(data, 0xa0), sender, add(mload(sender), 0x20))
            mstore(add(data, sub(third, 0x20)), 0)
            mstore(add(data, second), recipient.length)
            calldatacopy(add(data, add(second, 0x20)), recipient.offset, recipient.length)
            mstore(add(data, sub(last, 0x20)), 0)
            mstore(add(data, third), payload.length)
            calldatacopy(add(data, add(third, 0x20)), payload.offset, payload.length)
            mstore(add(data, last), 0)
            log2(data, add(last, 0x20), selector, sendId)
        }
    }

    /// @dev Marks the message as delivered, before anything else happens: what fails afterwards reverts that too.
    function _claim(Message calldata message, bytes32 id, uint256 destination) private {
        require(destination == block.chainid, GatewayNotForThisChain(destination));
        // Who lies about one chain cannot answer for it under the number of another.
        (uint256 senderChainId,) = Place.parse(message.sender);
        require(senderChainId == message.sourceChainId, GatewaySourceDiffers(message.sourceChainId, senderChainId));
        mapping(uint256 word => uint256) storage words = _delivered[message.sourceChainId];
        uint256 bit = 1 << (message.nonce & 0xff);
        uint256 word = words[message.nonce >> 8];
        require(word & bit == 0, GatewayDelivered(id));
        words[message.nonce >> 8] = word | bit;
    }

    /// @dev What the recipient reverts with is passed on.
    function _handOver(Message calldata message, bytes32 id, address recipient, uint256 attestation) private {
        bytes memory call_ = _encoded(id, message.sender, message.payload, attestation);
        bytes4 selector = IERC7786Recipient.receiveMessage.selector;
        bool accepted;
        assembly ("memory-safe") {
            if iszero(call(gas(), recipient, 0, add(call_, 0x20), mload(call_), 0, 0x20)) {
                let free := mload(0x40)
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
            accepted := and(gt(returndatasize(), 0x1f), eq(mload(0), selector))
        }
        require(accepted, GatewayNotAccepted(id));
        emit MessageDelivered(id);
    }

    /// @dev abi.encodeCall(IERC7786Recipient.receiveMessage, (id, sender, payload)) and the attestation behind it ({IQuorum}). Written by
    ///      hand because every message pays for the copying.
    function _encoded(bytes32 id, bytes calldata sender, bytes calldata payload, uint256 attestation)
        private
        pure
        returns (bytes memory call_)
    {
        bytes4 selector = IERC7786Recipient.receiveMessage.selector;
        assembly ("memory-safe") {
            call_ := mload(0x40)
            let arguments := add(call_, 0x24)
            let second := add(0x80, and(add(sender.length, 0x1f), not(0x1f)))
            let size := add(add(second, 0x20), and(add(payload.length, 0x1f), not(0x1f)))
            mstore(call_, add(size, 0x24))
            mstore(add(call_, 0x20), selector)
            mstore(arguments, id)
            mstore(add(arguments, 0x20), 0x60)
            mstore(add(arguments, 0x40), second)
            // The last words of both are zeros up to their ends.
            mstore(add(arguments, sub(second, 0x20)), 0)
            mstore(add(arguments, 0x60), sender.length)
            calldatacopy(add(arguments, 0x80), sender.offset, sender.length)
            mstore(add(arguments, sub(size, 0x20)), 0)
            mstore(add(arguments, second), payload.length)
            calldatacopy(add(add(arguments, second), 0x20), payload.offset, payload.length)
            mstore(add(arguments, size), attestation)
            mstore(0x40, and(add(add(arguments, size), 0x3f), not(0x1f)))
        }
    }

    /// @dev All signers belong to the present set and are enough of it, or all to the former one and are enough of that.
    function _checkQuorum(bytes32 root, bytes calldata signatures)
        private
        view
        returns (uint256 count, uint256 threshold, uint256 named)
    {
        require(signatures.length % _SIGNATURE_LENGTH == 0, GatewaySignatureLength(signatures.length));
        count = signatures.length / _SIGNATURE_LENGTH;
        // Not by `require`, which would read the threshold every time.
        if (count == 0) revert GatewaySignatures(0, _sets.threshold);
        Tally memory t = _count(attestationDigest(root), signatures);
        if (t.ofPresent == count) {
            require(count >= t.threshold, GatewaySignatures(count, t.threshold));
            return (count, t.threshold, t.named);
        }
        require(t.ofFormer == count, GatewayMixedSets(t.ofPresent, t.ofFormer, count));
        require(count >= t.formerThreshold, GatewaySignatures(count, t.formerThreshold));
        return (count, t.formerThreshold, t.formerNamed);
    }

    /// @dev How many of the signers belong to which set, and what their seats say of it.
    function _count(bytes32 digest, bytes calldata signatures) private view returns (Tally memory t) {
        address previous;
        for (uint256 offset; offset < signatures.length; offset += _SIGNATURE_LENGTH) {
            bytes32 r;
            bytes32 vs;
            // Within them: their length is a multiple of that of one.
            assembly ("memory-safe") {
                r := calldataload(add(signatures.offset, offset))
                vs := calldataload(add(add(signatures.offset, offset), 0x20))
            }
            address signer = ECDSA.recover(digest, r, vs);
            require(signer > previous, GatewaySignerOrder(previous, signer));
            Seat memory seat = _seats[signer];
            bool former = block.timestamp < seat.formerUntil;
            require(seat.present || former, GatewayNotRelayer(signer));
            // As many as there are relayers.
            unchecked {
                if (seat.present) {
                    ++t.ofPresent;
                    (t.threshold, t.named) = (seat.threshold, seat.named);
                }
                if (former) {
                    ++t.ofFormer;
                    (t.formerThreshold, t.formerNamed) = (seat.formerThreshold, seat.formerNamed);
                }
            }
            previous = signer;
        }
    }

    function _replaceRelayers(address[] memory relayers, uint256 threshold, uint64 overlap) private {
        _checkSet(relayers, threshold);
        Sets memory s = _sets;
        address[] memory present = _relayers;
        for (uint256 i; i < _former.length; ++i) {
            delete _seats[_former[i]];
        }
        Seat memory before; // of who was in the present set until now; nothing, if that ceases to count
        if (overlap > 0) {
            _former = present;
            s.formerThreshold = s.threshold > threshold ? s.threshold : uint8(threshold);
            s.formerNamed = s.named;
            s.formerUntil = uint64(block.timestamp) + overlap;
            (before.formerThreshold, before.formerNamed, before.formerUntil) =
            (s.formerThreshold, s.formerNamed, s.formerUntil);
        } else {
            delete _former;
            s.formerUntil = 0;
        }
        for (uint256 i; i < present.length; ++i) {
            _seats[present[i]] = before;
        }
        s.threshold = uint8(threshold);
        s.named = uint8(relayers.length);
        for (uint256 i; i < relayers.length; ++i) {
            Seat storage seat = _seats[relayers[i]];
            (seat.present, seat.threshold, seat.named) = (true, s.threshold, s.named);
        }
        _relayers = relayers;
        _sets = s;
        emit RelayersSet(relayers, threshold, s.formerUntil, msg.sender);
    }

    /// @dev The former set without those who no longer belong to it, with that threshold.
    function _tightenFormer(uint8 threshold) private {
        address[] memory former = _former;
        uint256 kept;
        for (uint256 i; i < former.length; ++i) {
            Seat storage seat = _seats[former[i]];
            if (seat.formerUntil == 0) continue; // a guardian took it out
            seat.formerThreshold = threshold;
            former[kept++] = former[i];
        }
        if (kept == former.length) return;
        assembly ("memory-safe") {
            mstore(former, kept)
        }
        _former = former;
    }

    function _checkSet(address[] memory relayers, uint256 threshold) private pure {
        require(
            relayers.length > 0 && relayers.length <= MAX_RELAYERS, GatewayRelayerCount(relayers.length, MAX_RELAYERS)
        );
        require(
            threshold > relayers.length / 2 && threshold <= relayers.length,
            GatewayThreshold(threshold, relayers.length)
        );
        address previous;
        for (uint256 i; i < relayers.length; ++i) {
            require(relayers[i] > previous, GatewayRelayerInvalid(relayers[i]));
            previous = relayers[i];
        }
    }

    function _idOf(Message calldata message, uint256 destination) private view returns (bytes32) {
        return _id(
            message.sourceChainId,
            message.nonce,
            Hash.ofCalldata(message.sender),
            Hash.ofCalldata(message.recipient),
            Hash.ofCalldata(message.payload),
            destination
        );
    }

    function _id(
        uint256 sourceChainId,
        uint256 nonce,
        bytes32 senderHash,
        bytes32 recipientHash,
        bytes32 payloadHash,
        uint256 destination
    ) private view returns (bytes32) {
        bytes32 structHash = Hash.words(
            MESSAGE_TYPEHASH, bytes32(sourceChainId), bytes32(nonce), senderHash, recipientHash, payloadHash
        );
        return MessageHashUtils.toTypedDataHash(_domain(destination), structHash);
    }

    function _domain(uint256 chainId) private view returns (bytes32) {
        return Hash.words(
            _DOMAIN_TYPEHASH, _NAME_HASH, _VERSION_HASH, bytes32(chainId), bytes32(uint256(uint160(address(this))))
        );
    }

    /// @dev What the last call reverted with, cut off.
    function _reason() private pure returns (bytes memory reason) {
        assembly ("memory-safe") {
            let length := returndatasize()
            if gt(length, _MAX_REASON) { length := _MAX_REASON }
            reason := mload(0x40)
            mstore(reason, length)
            returndatacopy(add(reason, 0x20), 0, length)
            mstore(0x40, add(reason, and(add(length, 0x3f), not(0x1f))))
        }
    }
}
