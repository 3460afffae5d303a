// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IERC7786Recipient} from "@openzeppelin/contracts/interfaces/draft-IERC7786.sol";
import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {HyperlaneGateway} from "../../src/gateways/HyperlaneGateway.sol";
import {HyperlaneFixture} from "./HyperlaneFixture.sol";
import {Vm} from "./Test.sol";

/// @notice Receives messages, and refuses them when it is told to.
contract Listener is IERC7786Recipient {
    uint256 public count;
    bytes32 public last;
    bytes public sender;
    bytes public payload;
    address public gateway;
    bool public refusing;
    bytes4 public answer = IERC7786Recipient.receiveMessage.selector;

    error Refused();

    function refuse(bool refusing_) external {
        refusing = refusing_;
    }

    function answerWith(bytes4 answer_) external {
        answer = answer_;
    }

    function receiveMessage(bytes32 receiveId, bytes calldata sender_, bytes calldata payload_)
        external
        payable
        returns (bytes4)
    {
        if (refusing) revert Refused();
        ++count;
        (last, sender, payload, gateway) = (receiveId, sender_, payload_, msg.sender);
        return answer;
    }
}

/// @title Two chains in one EVM with a Hyperlane each, and the gateway over them
/// @notice The gateway has one address and a Mailbox per chain: {switchTo} exchanges the code at that address, where the Mailbox
///         is written. Its storage is the settings, which are the same on both chains, the counter of one and the deliveries of
///         the other.
abstract contract Transports is HyperlaneFixture {
    uint256 internal constant HOME = 31337;
    uint256 internal constant REMOTE = 31338;
    uint32 internal constant HOME_DOMAIN = 1001;
    uint32 internal constant REMOTE_DOMAIN = 1002;
    address internal immutable STRANGER = vm.addr(0xE1);
    address internal immutable SENDER = vm.addr(0xE2);

    AccessManager internal authority;
    Hyperlane internal homeHyperlane;
    Hyperlane internal remoteHyperlane;
    HyperlaneGateway internal gateway;
    Listener internal listener;
    mapping(uint256 chain => bytes) private _code;

    /// @dev A message that Hyperlane carries, and what its validators saw.
    struct Carried {
        bytes message;
        Checkpoint seen;
    }

    function deployTransports() internal {
        vm.chainId(HOME);
        authority = new AccessManager(address(this));
        homeHyperlane = deployHyperlane(HOME_DOMAIN, REMOTE_DOMAIN);
        remoteHyperlane = deployHyperlane(REMOTE_DOMAIN, HOME_DOMAIN);
        HyperlaneGateway there =
            new HyperlaneGateway(address(authority), remoteHyperlane.mailbox, remoteHyperlane.module);
        gateway = new HyperlaneGateway(address(authority), homeHyperlane.mailbox, homeHyperlane.module);
        _code[HOME] = address(gateway).code;
        _code[REMOTE] = address(there).code;
        gateway.setDomain(REMOTE, REMOTE_DOMAIN);
        switchTo(REMOTE);
        gateway.setDomain(HOME, HOME_DOMAIN);
        gateway.setSecurityModule(remoteHyperlane.module);
        switchTo(HOME);
        listener = new Listener();
        vm.deal(SENDER, 100 ether);
    }

    function switchTo(uint256 chain) internal {
        vm.chainId(chain);
        vm.etch(address(gateway), _code[chain]);
    }

    /// @dev Where messages of these tests go.
    function recipient() internal view returns (bytes memory) {
        return InteroperableAddress.formatEvmV1(REMOTE, address(listener));
    }

    /// @dev The only message that left home through Hyperlane among the logs.
    function carried(Vm.Log[] memory logs) internal view returns (Carried memory c) {
        bytes[] memory messages = dispatched(logs, homeHyperlane);
        assertEq(messages.length, 1, "messages through Hyperlane");
        c.message = messages[0];
        c.seen = checkpoint(homeHyperlane, c.message);
    }

    /// @dev Brings it to the other chain, where the test then is, with signatures of these validators.
    function process(Carried memory c, uint256[] memory keys) internal {
        switchTo(REMOTE);
        bytes memory signed = metadata(c.seen, keys);
        remoteHyperlane.mailbox.process(signed, c.message);
    }
}
