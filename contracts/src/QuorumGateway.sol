// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC7786GatewaySource, IERC7786Recipient} from "@openzeppelin/contracts/interfaces/draft-IERC7786.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {Roles} from "./governance/Roles.sol";

/// @title Messages between chains, attested by M of N relayers
/// @notice ERC-7786 source and destination. A message's id is its EIP-712 digest under the destination's domain, so an
///         attestation holds for one message on one chain and one gateway only. Each message is delivered once (L3).
/// @dev The gateway has the same address on every chain. It does not know what a message means: a false message that
///      a lying quorum delivers is the recipient's to dispute (L7).
contract QuorumGateway is IERC7786GatewaySource, AccessManaged {
    using InteroperableAddress for bytes;

    /// @notice A message on its way.
    /// @param nonce number of the message at its source gateway
    /// @param sender ERC-7930 address of the contract that sent it
    /// @param recipient ERC-7930 address of the contract that receives it
    struct Message {
        uint256 sourceChainId;
        uint256 nonce;
        bytes sender;
        bytes recipient;
        bytes payload;
    }

    /// @notice Most relayers that a set may have.
    uint256 public constant MAX_RELAYERS = 64;
    bytes32 public constant MESSAGE_TYPEHASH =
        keccak256("Message(uint256 sourceChainId,uint256 nonce,bytes sender,bytes recipient,bytes payload)");
    bytes32 private constant _DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant _NAME_HASH = keccak256("MandateQuorumGateway");
    bytes32 private constant _VERSION_HASH = keccak256("1");

    uint256 private _nonce;
    uint256 private _threshold;
    /// @notice How often guardians tightened the relayer set.
    uint256 public stops;
    address[] private _relayers;
    mapping(address relayer => bool) private _isRelayer;
    mapping(bytes32 messageId => bool) private _delivered;

    /// @notice The source gateway gave message `sendId` the number `nonce`.
    event NonceAssigned(bytes32 indexed sendId, uint256 nonce);
    /// @notice The message was handed to its recipient.
    event MessageDelivered(bytes32 indexed receiveId, address indexed recipient, address indexed by);
    event RelayersSet(address[] relayers, uint256 threshold, address indexed by);

    error GatewayNoValue(uint256 value);
    error GatewayNotForThisChain(uint256 chainId);
    error GatewaySameChain();
    error GatewayDelivered(bytes32 messageId);
    error GatewaySignatures(uint256 given, uint256 threshold);
    error GatewaySignerOrder(address previous, address signer);
    error GatewayNotRelayer(address signer);
    error GatewayNotAccepted(bytes32 messageId);
    error GatewayThreshold(uint256 threshold, uint256 relayers);
    error GatewayRelayerCount(uint256 relayers, uint256 max);
    error GatewayRelayerInvalid(address relayer);
    error GatewayLooser(uint256 threshold, uint256 present);
    error GatewayStopsDiffer(uint256 expectedStops, uint256 stops);

    /// @param relayers ascending and distinct, 1 to MAX_RELAYERS
    /// @param threshold signatures that deliver a message, more than half of the relayers
    constructor(address authority_, address[] memory relayers, uint256 threshold) AccessManaged(authority_) {
        _setRelayers(relayers, threshold);
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
        (uint256 destination,) = recipient.parseEvmV1Calldata();
        require(destination != block.chainid, GatewaySameChain());
        uint256 nonce = _nonce++;
        bytes memory sender = InteroperableAddress.formatEvmV1(block.chainid, msg.sender);
        sendId = messageId(Message(block.chainid, nonce, sender, recipient, payload));
        emit NonceAssigned(sendId, nonce);
        emit MessageSent(sendId, sender, recipient, payload, 0, attributes);
    }

    // ------------------------------------------------------------------ destination

    /// @notice Delivers a message that a quorum attests.
    /// @param signatures 65-byte ECDSA signatures of the message's id, signers ascending
    function deliver(Message calldata message, bytes[] calldata signatures) external {
        (uint256 destination, address recipient) = message.recipient.parseEvmV1Calldata();
        require(destination == block.chainid, GatewayNotForThisChain(destination));
        bytes32 id = messageId(message);
        require(!_delivered[id], GatewayDelivered(id));
        _checkQuorum(id, signatures);
        _delivered[id] = true;
        bytes4 answer = IERC7786Recipient(recipient).receiveMessage(id, message.sender, message.payload);
        require(answer == IERC7786Recipient.receiveMessage.selector, GatewayNotAccepted(id));
        emit MessageDelivered(id, recipient, msg.sender);
    }

    /// @notice The message's id: its EIP-712 digest under the domain of its destination.
    function messageId(Message memory message) public view returns (bytes32) {
        (uint256 destination,) = message.recipient.parseEvmV1();
        bytes32 structHash = keccak256(
            abi.encode(
                MESSAGE_TYPEHASH,
                message.sourceChainId,
                message.nonce,
                keccak256(message.sender),
                keccak256(message.recipient),
                keccak256(message.payload)
            )
        );
        bytes32 domain = keccak256(abi.encode(_DOMAIN_TYPEHASH, _NAME_HASH, _VERSION_HASH, destination, address(this)));
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    /// @notice Whether the message was delivered here.
    function delivered(bytes32 id) external view returns (bool) {
        return _delivered[id];
    }

    // ------------------------------------------------------------------ relayers

    /// @notice The relayers and how many of them must sign.
    function quorum() external view returns (address[] memory relayers, uint256 threshold) {
        return (_relayers, _threshold);
    }

    /// @notice Replaces the relayer set. Governance only.
    /// @param relayers ascending and distinct, 1 to MAX_RELAYERS
    /// @param threshold signatures that deliver a message, more than half of the relayers
    /// @param expectedStops what {stops} said when this was decided: a decision never puts back a key that was taken out
    ///        after it
    function setRelayers(address[] calldata relayers, uint256 threshold, uint256 expectedStops) external restricted {
        require(stops == expectedStops, GatewayStopsDiffer(expectedStops, stops));
        _setRelayers(relayers, threshold);
    }

    /// @notice Takes relayers out and raises the threshold at once, so that a stolen key attests no more: whoever could not
    ///         deliver before cannot afterwards (L5). Guardians only.
    /// @param relayers some or all of the present ones, ascending
    /// @param threshold not lower than the present one, more than half of the relayers
    function tightenRelayers(address[] calldata relayers, uint256 threshold) external {
        require(Roles.isGuardian(authority(), msg.sender), AccessManagedUnauthorized(msg.sender));
        require(threshold >= _threshold, GatewayLooser(threshold, _threshold));
        for (uint256 i; i < relayers.length; ++i) {
            require(_isRelayer[relayers[i]], GatewayNotRelayer(relayers[i]));
        }
        ++stops;
        _setRelayers(relayers, threshold);
    }

    function _checkQuorum(bytes32 id, bytes[] calldata signatures) private view {
        require(signatures.length >= _threshold, GatewaySignatures(signatures.length, _threshold));
        address previous;
        for (uint256 i; i < signatures.length; ++i) {
            address signer = ECDSA.recover(id, signatures[i]);
            require(signer > previous, GatewaySignerOrder(previous, signer));
            require(_isRelayer[signer], GatewayNotRelayer(signer));
            previous = signer;
        }
    }

    function _setRelayers(address[] memory relayers, uint256 threshold) private {
        require(
            relayers.length > 0 && relayers.length <= MAX_RELAYERS, GatewayRelayerCount(relayers.length, MAX_RELAYERS)
        );
        require(
            threshold > relayers.length / 2 && threshold <= relayers.length,
            GatewayThreshold(threshold, relayers.length)
        );
        uint256 removed = _relayers.length;
        for (uint256 i; i < removed; ++i) {
            _isRelayer[_relayers[i]] = false;
        }
        address previous;
        for (uint256 i; i < relayers.length; ++i) {
            require(relayers[i] > previous, GatewayRelayerInvalid(relayers[i]));
            _isRelayer[relayers[i]] = true;
            previous = relayers[i];
        }
        _relayers = relayers;
        _threshold = threshold;
        emit RelayersSet(relayers, threshold, msg.sender);
    }
}
