// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC7786Recipient} from "@openzeppelin/contracts/crosschain/ERC7786Recipient.sol";
import {IERC7786GatewaySource, IERC7786Recipient} from "@openzeppelin/contracts/interfaces/draft-IERC7786.sol";
import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {IPriced, Prepaid} from "./Prepaid.sol";

/// @title Messages between chains that several transports must agree on
/// @notice n of n: a message is passed on when every gateway delivered the very same one. Who would forge one must control all of
///         them, and each one alone can stop the traffic.
/// @dev Stands at the same address on every chain, with the same gateways. What a message is, its id included, is computed of its
///      content: what a gateway calls it counts for nothing. No keys and no settings: other gateways are another contract.
contract CompositeGateway is IERC7786GatewaySource, ERC7786Recipient, Prepaid {
    using InteroperableAddress for bytes;

    /// @dev What is sent through each gateway.
    struct Envelope {
        uint256 nonce;
        address sender;
        address recipient;
        bytes payload;
    }

    /// @dev What the gateways are told.
    struct Outgoing {
        bytes32 id;
        bytes peer;
        bytes envelope;
    }

    bytes32 public constant MESSAGE_TYPEHASH = keccak256(
        "CompositeMessage(uint256 sourceChainId,uint256 destinationChainId,address gateway,uint256 nonce,address sender,address recipient,bytes payload)"
    );
    /// @notice Most gateways that may be composed; the fewest are two.
    uint256 public constant MAX_GATEWAYS = 8;

    /// @notice Messages sent from here so far.
    uint256 public nonce;
    address[] private _gateways;
    /// @dev From 1 up, in the order of {gateways}; 0: none of them.
    mapping(address gateway => uint256) private _places;
    /// @dev A bit per gateway that delivered the message.
    mapping(bytes32 id => uint256) private _deliveries;

    /// @notice One of the gateways delivered the message, as its message `receiveId`.
    event MessageConfirmed(bytes32 indexed id, address indexed gateway, bytes32 receiveId, uint256 missing);
    /// @notice All gateways delivered the message, and it was handed to its recipient.
    event MessageDelivered(bytes32 indexed receiveId, address indexed recipient, address indexed by);

    error GatewayCount(uint256 gateways, uint256 min, uint256 max);
    error GatewayInvalid(address gateway);
    error GatewaySameChain();
    error GatewayNoValue(uint256 value);
    error GatewayConfirmed(bytes32 messageId, address gateway);
    error GatewayNotAccepted(bytes32 messageId);

    /// @param gateways_ two to MAX_GATEWAYS, ascending and distinct; the same on every chain
    constructor(address[] memory gateways_) {
        uint256 count = gateways_.length;
        require(count >= 2 && count <= MAX_GATEWAYS, GatewayCount(count, 2, MAX_GATEWAYS));
        for (uint256 i; i < count; ++i) {
            require(gateways_[i] > (i == 0 ? address(0) : gateways_[i - 1]), GatewayInvalid(gateways_[i]));
            _places[gateways_[i]] = i + 1;
        }
        _gateways = gateways_;
    }

    // ------------------------------------------------------------------ source

    /// @inheritdoc IERC7786GatewaySource
    function supportsAttribute(bytes4) external pure returns (bool) {
        return false;
    }

    /// @inheritdoc IERC7786GatewaySource
    /// @dev The gateways' fees come from the value and from what was paid in advance for the caller.
    function sendMessage(bytes calldata recipient, bytes calldata payload, bytes[] calldata attributes)
        external
        payable
        returns (bytes32 sendId)
    {
        if (attributes.length > 0) revert UnsupportedAttribute(bytes4(attributes[0]));
        Outgoing memory o = _outgoing(++nonce, recipient, payload);
        (address[] memory all, uint256[] memory prices, uint256 sum) = _prices(o);
        _charge(sum);
        emit MessageSent(
            o.id, InteroperableAddress.formatEvmV1(block.chainid, msg.sender), recipient, payload, 0, attributes
        );
        for (uint256 i; i < all.length; ++i) {
            IERC7786GatewaySource(all[i]).sendMessage{value: prices[i]}(o.peer, o.envelope, new bytes[](0));
        }
        return o.id;
    }

    /// @notice Wei that sending this costs the caller now: all gateways' prices.
    function price(bytes calldata recipient, bytes calldata payload) external view returns (uint256 sum) {
        (,, sum) = _prices(_outgoing(nonce + 1, recipient, payload));
    }

    // ------------------------------------------------------------------ destination

    /// @notice A message's id, the same on both chains.
    function messageId(uint256 sourceChainId, uint256 destinationChainId, Envelope memory envelope)
        public
        view
        returns (bytes32)
    {
        return keccak256(
            abi.encode(
                MESSAGE_TYPEHASH,
                sourceChainId,
                destinationChainId,
                address(this),
                envelope.nonce,
                envelope.sender,
                envelope.recipient,
                keccak256(envelope.payload)
            )
        );
    }

    /// @notice The gateways that must agree.
    function gateways() external view returns (address[] memory) {
        return _gateways;
    }

    /// @notice Whether `gateway` delivered the message here.
    function confirmed(bytes32 id, address gateway) external view returns (bool) {
        uint256 place = _places[gateway];
        return place != 0 && (_deliveries[id] >> place) & 1 == 1;
    }

    /// @notice Whether the message was passed on here.
    function delivered(bytes32 id) external view returns (bool) {
        return _deliveries[id] == _all();
    }

    // ------------------------------------------------------------------ internals

    /// @dev Each of the gateways vouches for the sender; only this contract on another chain counts.
    function _isAuthorizedGateway(address gateway, bytes calldata sender) internal view override returns (bool) {
        if (_places[gateway] == 0) return false;
        (bool parsed, uint256 source, address from) = sender.tryParseEvmV1Calldata();
        // What two parsers may read in two ways is refused.
        return parsed && from == address(this) && source != block.chainid
            && keccak256(sender) == keccak256(InteroperableAddress.formatEvmV1(source, from));
    }

    /// @dev When the recipient refuses, the last gateway's delivery fails with it, and may be tried again.
    function _processMessage(address gateway, bytes32 receiveId, bytes calldata sender, bytes calldata envelope)
        internal
        override
    {
        require(msg.value == 0, GatewayNoValue(msg.value));
        (uint256 source,) = sender.parseEvmV1Calldata();
        Envelope memory e = abi.decode(envelope, (Envelope));
        bytes32 id = messageId(source, block.chainid, e);
        uint256 deliveries = _deliveries[id];
        uint256 bit = uint256(1) << _places[gateway];
        require(deliveries & bit == 0, GatewayConfirmed(id, gateway));
        deliveries |= bit;
        _deliveries[id] = deliveries;
        emit MessageConfirmed(id, gateway, receiveId, _all() ^ deliveries);
        if (deliveries != _all()) return;
        bytes4 answer = IERC7786Recipient(e.recipient)
            .receiveMessage(id, InteroperableAddress.formatEvmV1(source, e.sender), e.payload);
        require(answer == IERC7786Recipient.receiveMessage.selector, GatewayNotAccepted(id));
        emit MessageDelivered(id, e.recipient, gateway);
    }

    /// @dev What each gateway is asked to send for the caller.
    function _outgoing(uint256 number, bytes calldata recipient, bytes calldata payload)
        private
        view
        returns (Outgoing memory o)
    {
        (uint256 chainId, address to) = recipient.parseEvmV1Calldata();
        require(chainId != block.chainid, GatewaySameChain());
        Envelope memory envelope = Envelope(number, msg.sender, to, payload);
        o.id = messageId(block.chainid, chainId, envelope);
        o.peer = InteroperableAddress.formatEvmV1(chainId, address(this));
        o.envelope = abi.encode(envelope);
    }

    /// @dev A gateway that names no price asks for none.
    function _prices(Outgoing memory o)
        private
        view
        returns (address[] memory all, uint256[] memory prices, uint256 sum)
    {
        all = _gateways;
        prices = new uint256[](all.length);
        for (uint256 i; i < all.length; ++i) {
            try IPriced(all[i]).price(o.peer, o.envelope) returns (uint256 amount) {
                prices[i] = amount;
                sum += amount;
            } catch {}
        }
    }

    /// @dev A bit for each gateway's place.
    function _all() private view returns (uint256) {
        return (uint256(1) << (_gateways.length + 1)) - 2;
    }
}
