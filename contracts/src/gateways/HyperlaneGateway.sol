// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC7786GatewaySource, IERC7786Recipient} from "@openzeppelin/contracts/interfaces/draft-IERC7786.sol";
import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {IMailbox} from "./IMailbox.sol";
import {Prepaid} from "./Prepaid.sol";

/// @title Messages between chains, carried by Hyperlane
/// @notice ERC-7786 source and destination over a Hyperlane Mailbox. Messages are verified by the security module (ISM) that
///         governance names here, never by the Mailbox's default one, which is its owner's to change.
/// @dev Stands at the same address on every chain, and takes messages from itself alone. It does not know what a message
///      means: a false one that a lying set of validators signs is the recipient's to dispute (L7). Neither Mailbox nor module
///      can have a message delivered twice (L3).
contract HyperlaneGateway is IERC7786GatewaySource, Prepaid, AccessManaged {
    using InteroperableAddress for bytes;

    /// @dev What the message says to the gateway on the other chain.
    struct Body {
        uint256 nonce;
        address sender;
        address recipient;
        bytes payload;
    }

    /// @dev What the Mailbox is told.
    struct Outgoing {
        bytes32 id;
        uint32 domain;
        bytes body;
        bytes metadata;
    }

    bytes32 public constant MESSAGE_TYPEHASH = keccak256(
        "HyperlaneMessage(uint256 sourceChainId,uint256 destinationChainId,address gateway,uint256 nonce,address sender,address recipient,bytes payload)"
    );
    /// @notice Gas that is paid for at the destination: so much, and so much for each byte of the payload. Hyperlane's own
    ///         default, 50,000, would queue no intent.
    uint256 public constant GAS = 250_000;
    uint256 public constant GAS_PER_BYTE = 200;

    IMailbox public immutable MAILBOX;
    /// @dev What the Mailbox asks its recipients for: who verifies messages for this gateway.
    address public interchainSecurityModule;
    /// @notice Messages sent from here so far.
    uint256 public nonce;
    mapping(uint256 chainId => uint32) private _domains;
    mapping(uint32 domain => uint256) private _chainIds;
    mapping(bytes32 id => bool) private _delivered;

    /// @notice Message `id` is Hyperlane's message `hyperlaneId`.
    event MessageDispatched(bytes32 indexed id, bytes32 indexed hyperlaneId, uint256 nonce, uint256 fee);
    /// @notice The message was handed to its recipient.
    event MessageDelivered(bytes32 indexed receiveId, address indexed recipient, address indexed by);
    event DomainSet(uint256 indexed chainId, uint32 domain, address indexed by);
    event SecurityModuleSet(address module, address indexed by);

    error GatewaySameChain();
    error GatewayChainUnknown(uint256 chainId);
    error GatewayDomainUnknown(uint32 domain);
    error GatewayDomainTaken(uint32 domain, uint256 chainId);
    error GatewayModuleInvalid(address module);
    error GatewayUnauthorized(address caller);
    error GatewaySenderUnknown(bytes32 sender);
    error GatewayNoValue(uint256 value);
    error GatewayDelivered(bytes32 messageId);
    error GatewayNotAccepted(bytes32 messageId);

    /// @param mailbox this chain's
    /// @param module verifies what comes from other chains; a contract
    constructor(address authority_, IMailbox mailbox, address module) AccessManaged(authority_) {
        MAILBOX = mailbox;
        _setSecurityModule(module);
    }

    // ------------------------------------------------------------------ source

    /// @inheritdoc IERC7786GatewaySource
    function supportsAttribute(bytes4) external pure returns (bool) {
        return false;
    }

    /// @inheritdoc IERC7786GatewaySource
    /// @dev Hyperlane's fee comes from the value and from what was paid in advance for the caller.
    function sendMessage(bytes calldata recipient, bytes calldata payload, bytes[] calldata attributes)
        external
        payable
        returns (bytes32 sendId)
    {
        if (attributes.length > 0) revert UnsupportedAttribute(bytes4(attributes[0]));
        Outgoing memory o = _outgoing(++nonce, recipient, payload);
        uint256 fee = _quote(o);
        _charge(fee);
        bytes32 hyperlaneId = MAILBOX.dispatch{value: fee}(o.domain, _bytes32(address(this)), o.body, o.metadata);
        emit MessageDispatched(o.id, hyperlaneId, nonce, fee);
        emit MessageSent(
            o.id, InteroperableAddress.formatEvmV1(block.chainid, msg.sender), recipient, payload, 0, attributes
        );
        return o.id;
    }

    /// @notice Wei that sending this costs the caller now.
    function price(bytes calldata recipient, bytes calldata payload) external view returns (uint256) {
        return _quote(_outgoing(nonce + 1, recipient, payload));
    }

    // ------------------------------------------------------------------ destination

    /// @notice The Mailbox hands over a message that the security module verified. What the recipient refuses may be
    ///         delivered again.
    /// @param origin Hyperlane's number of the chain it comes from
    /// @param sender the gateway there
    function handle(uint32 origin, bytes32 sender, bytes calldata body) external payable {
        require(msg.sender == address(MAILBOX), GatewayUnauthorized(msg.sender));
        require(msg.value == 0, GatewayNoValue(msg.value));
        require(sender == _bytes32(address(this)), GatewaySenderUnknown(sender));
        uint256 source = _chainIds[origin];
        require(source != 0, GatewayDomainUnknown(origin));
        Body memory b = abi.decode(body, (Body));
        bytes32 id = messageId(source, block.chainid, b);
        require(!_delivered[id], GatewayDelivered(id));
        _delivered[id] = true;
        bytes4 answer = IERC7786Recipient(b.recipient)
            .receiveMessage(id, InteroperableAddress.formatEvmV1(source, b.sender), b.payload);
        require(answer == IERC7786Recipient.receiveMessage.selector, GatewayNotAccepted(id));
        emit MessageDelivered(id, b.recipient, msg.sender);
    }

    /// @notice A message's id, the same on both chains.
    function messageId(uint256 sourceChainId, uint256 destinationChainId, Body memory body)
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
                body.nonce,
                body.sender,
                body.recipient,
                keccak256(body.payload)
            )
        );
    }

    /// @notice Whether the message was delivered here.
    function delivered(bytes32 id) external view returns (bool) {
        return _delivered[id];
    }

    // ------------------------------------------------------------------ settings

    /// @notice Hyperlane's number of a chain; 0: messages go neither there nor come from there.
    function domainOf(uint256 chainId) external view returns (uint32) {
        return _domains[chainId];
    }

    /// @notice Says which number Hyperlane has for a chain, or with 0 cuts the chain off. Governance only; guardians close the
    ///         gateway where messages arrive.
    function setDomain(uint256 chainId, uint32 domain) external restricted {
        require(chainId != block.chainid && domain != MAILBOX.localDomain(), GatewaySameChain());
        require(chainId != 0, GatewayChainUnknown(chainId));
        uint256 taken = _chainIds[domain];
        require(taken == 0 || taken == chainId, GatewayDomainTaken(domain, taken));
        delete _chainIds[_domains[chainId]];
        _domains[chainId] = domain;
        if (domain != 0) _chainIds[domain] = chainId;
        emit DomainSet(chainId, domain, msg.sender);
    }

    /// @notice Sets who verifies messages. Governance only.
    /// @param module a Hyperlane security module; a contract
    function setSecurityModule(address module) external restricted {
        _setSecurityModule(module);
    }

    // ------------------------------------------------------------------ internals

    /// @dev What the Mailbox is asked to send for the caller.
    function _outgoing(uint256 number, bytes calldata recipient, bytes calldata payload)
        private
        view
        returns (Outgoing memory o)
    {
        (uint256 chainId, address to) = recipient.parseEvmV1Calldata();
        require(chainId != block.chainid, GatewaySameChain());
        o.domain = _domains[chainId];
        require(o.domain != 0, GatewayChainUnknown(chainId));
        Body memory body = Body(number, msg.sender, to, payload);
        o.id = messageId(block.chainid, chainId, body);
        o.body = abi.encode(body);
        // Hyperlane's standard hook metadata, variant 1: value for the recipient, gas limit, who gets back what is too much.
        o.metadata = abi.encodePacked(uint16(1), uint256(0), GAS + GAS_PER_BYTE * payload.length, msg.sender);
    }

    function _quote(Outgoing memory o) private view returns (uint256) {
        return MAILBOX.quoteDispatch(o.domain, _bytes32(address(this)), o.body, o.metadata);
    }

    function _setSecurityModule(address module) private {
        // The Mailbox takes its own default for the zero address, and for what is no contract fails at each message.
        require(module.code.length > 0, GatewayModuleInvalid(module));
        interchainSecurityModule = module;
        emit SecurityModuleSet(module, msg.sender);
    }

    function _bytes32(address a) private pure returns (bytes32) {
        return bytes32(uint256(uint160(a)));
    }
}
