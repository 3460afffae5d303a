// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC7786GatewaySource, IERC7786Recipient} from "@openzeppelin/contracts/interfaces/draft-IERC7786.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {QuorumGateway} from "../src/QuorumGateway.sol";
import {Deployed} from "./lib/Deployed.sol";

contract QuorumGatewayTest is Deployed {
    Listener private _listener;

    function setUp() public {
        deployAll();
        _listener = new Listener();
    }

    /// @dev A message from `THIEF` at home to a listener here (on the other chain).
    function _message() private view returns (QuorumGateway.Message memory) {
        return QuorumGateway.Message(
            HOME,
            7,
            InteroperableAddress.formatEvmV1(HOME, THIEF),
            InteroperableAddress.formatEvmV1(REMOTE, address(_listener)),
            "payload"
        );
    }

    // ------------------------------------------------------------------ source

    function test_sendMessage_numbersAndAnnounces() public {
        bytes memory recipient = InteroperableAddress.formatEvmV1(REMOTE, PAYEE);
        bytes memory sender = InteroperableAddress.formatEvmV1(HOME, THIEF);
        for (uint256 nonce; nonce < 2; ++nonce) {
            bytes32 id = gateway.messageId(QuorumGateway.Message(HOME, nonce, sender, recipient, "hello"));
            vm.expectEmit(address(gateway));
            emit QuorumGateway.NonceAssigned(id, nonce);
            vm.expectEmit(address(gateway));
            emit IERC7786GatewaySource.MessageSent(id, sender, recipient, "hello", 0, new bytes[](0));
            vm.prank(THIEF);
            assertEq(gateway.sendMessage(recipient, "hello", new bytes[](0)), id, "id");
        }
    }

    function test_sendMessage_revert_value() public {
        bytes memory recipient = InteroperableAddress.formatEvmV1(REMOTE, PAYEE);
        vm.deal(address(this), 1 ether);
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayNoValue.selector, uint256(1)));
        gateway.sendMessage{value: 1}(recipient, "", new bytes[](0));
    }

    function test_sendMessage_revert_attributes() public {
        bytes memory recipient = InteroperableAddress.formatEvmV1(REMOTE, PAYEE);
        bytes[] memory attributes = new bytes[](1);
        attributes[0] = hex"aabbccdd00";
        assertFalse(gateway.supportsAttribute(0xaabbccdd), "supports none");
        vm.expectRevert(abi.encodeWithSelector(IERC7786GatewaySource.UnsupportedAttribute.selector, bytes4(0xaabbccdd)));
        gateway.sendMessage(recipient, "", attributes);
    }

    function test_sendMessage_revert_toTheSameChain() public {
        bytes memory recipient = InteroperableAddress.formatEvmV1(HOME, PAYEE);
        vm.expectRevert(QuorumGateway.GatewaySameChain.selector);
        gateway.sendMessage(recipient, "", new bytes[](0));
    }

    function test_sendMessage_revert_recipientIsNoEvmAddress() public {
        bytes[3] memory recipients = [bytes(""), hex"0001000002", hex"00010002027a6914aabb"];
        for (uint256 i; i < recipients.length; ++i) {
            vm.expectRevert();
            gateway.sendMessage(recipients[i], "", new bytes[](0));
        }
    }

    /// @notice Nobody can speak for another: the sender in the message is who called.
    function test_L7_sendMessage_senderIsTheCaller() public {
        bytes memory recipient = InteroperableAddress.formatEvmV1(REMOTE, address(executor));
        vm.prank(THIEF);
        bytes32 id = gateway.sendMessage(recipient, abi.encode(remotePayment(ETH, 1 ether)), new bytes[](0));
        QuorumGateway.Message memory asHome = messageOf(remotePayment(ETH, 1 ether), 0);
        assertTrue(id != gateway.messageId(asHome), "spoke for the executor");
    }

    // ------------------------------------------------------------------ identifiers

    function test_messageId_isTheDocumentedDigest() public view {
        QuorumGateway.Message memory m = _message();
        assertEq(gateway.messageId(m), _digest(m, "MandateQuorumGateway", "1", REMOTE, address(gateway)), "id");
    }

    function _digest(
        QuorumGateway.Message memory m,
        string memory name,
        string memory version,
        uint256 chain,
        address place
    ) private pure returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256(bytes(version)),
                chain,
                place
            )
        );
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Message(uint256 sourceChainId,uint256 nonce,bytes sender,bytes recipient,bytes payload)"),
                m.sourceChainId,
                m.nonce,
                keccak256(m.sender),
                keccak256(m.recipient),
                keccak256(m.payload)
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    // ------------------------------------------------------------------ deliver

    function test_deliver_withAQuorum() public {
        QuorumGateway.Message memory m = _message();
        bytes32 id = gateway.messageId(m);
        vm.chainId(REMOTE);
        vm.expectEmit(address(gateway));
        emit QuorumGateway.MessageDelivered(id, address(_listener), PAYEE);
        vm.prank(PAYEE); // anyone may
        gateway.deliver(m, attestId(id, 2));
        assertTrue(gateway.delivered(id), "delivered");
        assertEq(_listener.last(), id, "received");
        assertEq(_listener.sender(), m.sender, "sender");
        assertEq(_listener.payload(), "payload", "payload");
    }

    function test_deliver_withMoreThanTheThreshold() public {
        QuorumGateway.Message memory m = _message();
        vm.chainId(REMOTE);
        gateway.deliver(m, attest(m, 3));
        assertEq(_listener.count(), 1, "once");
    }

    function test_L3_deliver_revert_twice() public {
        QuorumGateway.Message memory m = _message();
        bytes32 id = gateway.messageId(m);
        vm.chainId(REMOTE);
        gateway.deliver(m, attestId(id, 2));
        bytes[] memory others = new bytes[](2); // with other signatures too
        others[0] = signature(relayerKeys[1], id);
        others[1] = signature(relayerKeys[2], id);
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayDelivered.selector, id));
        gateway.deliver(m, others);
    }

    function test_L3_deliver_revert_reentered() public {
        QuorumGateway.Message memory m = _message();
        bytes32 id = gateway.messageId(m);
        bytes[] memory signatures = attestId(id, 2);
        _listener.reenter(address(gateway), abi.encodeCall(gateway.deliver, (m, signatures)));
        vm.chainId(REMOTE);
        gateway.deliver(m, signatures);
        assertEq(_listener.answer(), abi.encodeWithSelector(QuorumGateway.GatewayDelivered.selector, id), "re-entered");
        assertEq(_listener.count(), 1, "once");
    }

    /// @notice The signatures hold for this message only: with any field altered they are somebody else's.
    function test_L3_deliver_revert_anyFieldAltered() public {
        QuorumGateway.Message memory m = _message();
        bytes[] memory signatures = attest(m, 2);
        vm.chainId(REMOTE);
        for (uint256 field; field < 5; ++field) {
            QuorumGateway.Message memory altered = _message();
            if (field == 0) altered.sourceChainId = HOME + 2;
            if (field == 1) altered.nonce += 1;
            if (field == 2) altered.sender = InteroperableAddress.formatEvmV1(HOME, address(executor));
            if (field == 3) altered.recipient = InteroperableAddress.formatEvmV1(REMOTE, address(executor));
            if (field == 4) altered.payload = "another payload";
            vm.expectRevert(); // of a signer that is no relayer, or out of order
            gateway.deliver(altered, signatures);
        }
    }

    function test_deliver_revert_messageForAnotherChain() public {
        QuorumGateway.Message memory m = _message();
        bytes[] memory signatures = attest(m, 2);
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayNotForThisChain.selector, REMOTE));
        gateway.deliver(m, signatures); // at home
        vm.chainId(REMOTE + 1);
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayNotForThisChain.selector, REMOTE));
        gateway.deliver(m, signatures);
    }

    /// @notice Attested for another destination, gateway, name or version: not for this.
    function test_L3_deliver_revert_attestedForAnotherDomain() public {
        QuorumGateway.Message memory m = _message();
        QuorumGateway other = new QuorumGateway(address(authority), relayers(), 2);
        assertTrue(other.messageId(m) != gateway.messageId(m), "another deployment");
        bytes32[5] memory wrong = [
            other.messageId(m),
            _digest(m, "MandateQuorumGateway", "1", HOME, address(gateway)),
            _digest(m, "MandateQuorumGateway", "1", REMOTE, THIEF),
            _digest(m, "MandateQuorumGateway", "2", REMOTE, address(gateway)),
            _digest(m, "Mandate", "1", REMOTE, address(gateway))
        ];
        vm.chainId(REMOTE);
        for (uint256 i; i < wrong.length; ++i) {
            bytes[] memory signatures = attestId(wrong[i], 2);
            vm.expectRevert();
            gateway.deliver(m, signatures);
        }
    }

    function test_L7_deliver_revert_belowTheThreshold() public {
        QuorumGateway.Message memory m = _message();
        vm.chainId(REMOTE);
        for (uint256 count; count < 2; ++count) {
            bytes[] memory signatures = attest(m, count);
            vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewaySignatures.selector, count, uint256(2)));
            gateway.deliver(m, signatures);
        }
    }

    function test_L7_deliver_revert_oneRelayerTwice() public {
        QuorumGateway.Message memory m = _message();
        bytes[] memory signatures = attest(m, 2);
        signatures[1] = signatures[0];
        address first = vm.addr(relayerKeys[0]);
        vm.chainId(REMOTE);
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewaySignerOrder.selector, first, first));
        gateway.deliver(m, signatures);
    }

    function test_deliver_revert_signersNotAscending() public {
        QuorumGateway.Message memory m = _message();
        bytes[] memory signatures = attest(m, 2);
        (signatures[0], signatures[1]) = (signatures[1], signatures[0]);
        vm.chainId(REMOTE);
        vm.expectRevert(
            abi.encodeWithSelector(
                QuorumGateway.GatewaySignerOrder.selector, vm.addr(relayerKeys[1]), vm.addr(relayerKeys[0])
            )
        );
        gateway.deliver(m, signatures);
    }

    function test_L7_deliver_revert_signerIsNoRelayer() public {
        QuorumGateway.Message memory m = _message();
        bytes32 id = gateway.messageId(m);
        uint256 stranger = 0xD00D;
        bytes[] memory signatures = new bytes[](2);
        bool above = vm.addr(stranger) > vm.addr(relayerKeys[0]);
        signatures[above ? 0 : 1] = signature(relayerKeys[0], id);
        signatures[above ? 1 : 0] = signature(stranger, id);
        vm.chainId(REMOTE);
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayNotRelayer.selector, vm.addr(stranger)));
        gateway.deliver(m, signatures);
    }

    function test_deliver_revert_malleableOrMalformedSignature() public {
        QuorumGateway.Message memory m = _message();
        bytes32 id = gateway.messageId(m);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(relayerKeys[0], id);
        bytes32 high = bytes32(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141 - uint256(s));
        bytes[] memory signatures = attestId(id, 2);
        vm.chainId(REMOTE);
        signatures[0] = abi.encodePacked(r, high, v == 27 ? uint8(28) : uint8(27));
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureS.selector, high));
        gateway.deliver(m, signatures);
        signatures[0] = abi.encodePacked(r, s);
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureLength.selector, uint256(64)));
        gateway.deliver(m, signatures);
        signatures[0] = abi.encodePacked(r, s, v, uint8(0));
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureLength.selector, uint256(66)));
        gateway.deliver(m, signatures);
        signatures[0] = new bytes(65);
        vm.expectRevert(ECDSA.ECDSAInvalidSignature.selector);
        gateway.deliver(m, signatures);
    }

    function test_deliver_revert_recipientDoesNotAccept() public {
        QuorumGateway.Message memory m = _message();
        bytes32 id = gateway.messageId(m);
        bytes[] memory signatures = attestId(id, 2);
        vm.chainId(REMOTE);
        _listener.answerWith(0xffffffff);
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayNotAccepted.selector, id));
        gateway.deliver(m, signatures);
        assertFalse(gateway.delivered(id), "may be delivered later");
        _listener.answerWith(IERC7786Recipient.receiveMessage.selector);
        gateway.deliver(m, signatures);
    }

    function test_deliver_revert_recipientHasNoCode() public {
        QuorumGateway.Message memory m = _message();
        m.recipient = InteroperableAddress.formatEvmV1(REMOTE, PAYEE);
        bytes[] memory signatures = attest(m, 2);
        vm.chainId(REMOTE);
        vm.expectRevert();
        gateway.deliver(m, signatures);
    }

    // ------------------------------------------------------------------ relayers

    function test_quorum() public view {
        (address[] memory set, uint256 threshold) = gateway.quorum();
        assertEq(abi.encode(set), abi.encode(relayers()), "relayers");
        assertEq(threshold, 2, "threshold");
    }

    function test_setRelayers_byGovernanceOnly() public {
        address[] memory set = new address[](1);
        set[0] = THIEF;
        address[6] memory others = [THIEF, AGENT, OWNER, WATCHDOG, DEPLOYER, vm.addr(relayerKeys[0])];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, others[i]));
            vm.prank(others[i]);
            gateway.setRelayers(set, 1, 0);
        }
        vm.expectEmit(address(gateway));
        emit QuorumGateway.RelayersSet(set, 1, address(timelock));
        vm.prank(address(timelock));
        gateway.setRelayers(set, 1, 0);
    }

    /// @notice A stolen key is taken out, and the threshold raised, in one transaction of a guardian.
    function test_L5_tightenRelayers_guardianAtOnce() public {
        address[] memory set = relayers();
        vm.expectEmit(address(gateway));
        emit QuorumGateway.RelayersSet(set, 3, WATCHDOG);
        vm.prank(WATCHDOG);
        gateway.tightenRelayers(set, 3);
        vm.prank(address(timelock));
        gateway.setRelayers(set, 2, 1);

        address[] memory fewer = new address[](2);
        (fewer[0], fewer[1]) = (set[0], set[2]);
        vm.prank(WATCHDOG);
        gateway.tightenRelayers(fewer, 2);
        QuorumGateway.Message memory m = _message();
        bytes[] memory signatures = attest(m, 2); // with the stolen key
        vm.chainId(REMOTE);
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayNotRelayer.selector, set[1]));
        gateway.deliver(m, signatures);
    }

    /// @notice A relayer set that was decided before puts no key back that a guardian took out since.
    function test_L5_setRelayers_revert_tightenedMeanwhile() public {
        address[] memory set = relayers();
        address[] memory fewer = new address[](2);
        (fewer[0], fewer[1]) = (set[0], set[2]);
        vm.prank(WATCHDOG);
        gateway.tightenRelayers(fewer, 2);
        assertEq(gateway.stops(), 1, "stops");
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayStopsDiffer.selector, uint256(0), uint256(1)));
        vm.prank(address(timelock));
        gateway.setRelayers(set, 2, 0);
        vm.prank(address(timelock));
        gateway.setRelayers(set, 2, 1);
        assertEq(gateway.stops(), 1, "governance stops nothing");
    }

    function test_L5_tightenRelayers_loosensNothing() public {
        address[] memory set = relayers();
        vm.prank(address(timelock));
        gateway.setRelayers(set, 3, 0);
        vm.startPrank(WATCHDOG);
        bytes memory looser = abi.encodeWithSelector(QuorumGateway.GatewayLooser.selector, uint256(2), uint256(3));
        vm.expectRevert(looser);
        gateway.tightenRelayers(set, 2); // a lower threshold
        address[] memory fewer = new address[](2);
        (fewer[0], fewer[1]) = (set[0], set[1]);
        vm.expectRevert(looser);
        gateway.tightenRelayers(fewer, 2); // fewer relayers do not earn it
        set[WATCHDOG > set[1] ? 2 : 0] = WATCHDOG;
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayNotRelayer.selector, WATCHDOG));
        gateway.tightenRelayers(set, 3); // his own key in the place of another
        vm.stopPrank();
        vm.prank(address(timelock));
        authority.grantRole(1, THIEF, 60);
        skip(1);
        address[2] memory others = [THIEF, address(timelock)]; // a guardian with a delay does nothing at once
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, others[i]));
            vm.prank(others[i]);
            gateway.tightenRelayers(relayers(), 3);
        }
    }

    /// @notice Whatever guardians do, in whatever order: who could not deliver before cannot afterwards.
    function testFuzz_L5_tightenRelayers_guardiansGiveNobodyMore(uint256 seed) public {
        (address[] memory all, uint256[] memory keys) = _six();
        vm.prank(address(timelock));
        gateway.setRelayers(_chosen(all, 31), 3, 0); // the sixth stays outside
        uint256 signers = seed % 64;
        bool could = _couldDeliver(all, signers);
        for (uint256 i = 1; i <= 8; ++i) {
            uint256 call_ = uint256(keccak256(abi.encode(seed, i)));
            bool[64] memory before;
            for (uint256 q; q < 64; ++q) {
                before[q] = _couldDeliver(all, q);
            }
            // Mostly one key less than there is, or everything at random.
            (address[] memory set, uint256 threshold) = gateway.quorum();
            uint256 mask = call_ % 2 == 0 ? call_ >> 8 : _mask(all, set) & ~(1 << ((call_ >> 8) % 6));
            vm.prank(i % 2 == 0 ? WATCHDOG : WATCHDOG2);
            (bool ok,) = address(gateway)
                .call(
                    abi.encodeCall(
                        gateway.tightenRelayers, (_chosen(all, mask), call_ % 3 == 0 ? (call_ >> 16) % 7 : threshold)
                    )
                );
            for (uint256 q; ok && q < 64; ++q) {
                assertTrue(before[q] || !_couldDeliver(all, q), "a set of signers gained");
            }
        }
        QuorumGateway.Message memory m = _message();
        bytes32 id = gateway.messageId(m);
        uint256 count;
        bytes[] memory signatures = new bytes[](6);
        for (uint256 i; i < 6; ++i) {
            if ((signers >> i) & 1 == 1) signatures[count++] = signature(keys[i], id);
        }
        assembly ("memory-safe") {
            mstore(signatures, count)
        }
        vm.chainId(REMOTE);
        (bool delivered,) = address(gateway).call(abi.encodeCall(gateway.deliver, (m, signatures)));
        assertTrue(could || !delivered, "delivered what its signers could not deliver before");
    }

    function _couldDeliver(address[] memory all, uint256 signers) private view returns (bool) {
        (address[] memory set, uint256 threshold) = gateway.quorum();
        uint256 count;
        for (uint256 members = _mask(all, set) & signers; members > 0; members &= members - 1) {
            ++count;
        }
        return count >= threshold;
    }

    function _mask(address[] memory all, address[] memory set) private pure returns (uint256 mask) {
        for (uint256 i; i < all.length; ++i) {
            for (uint256 j; j < set.length; ++j) {
                if (all[i] == set[j]) mask |= 1 << i;
            }
        }
    }

    function _chosen(address[] memory all, uint256 mask) private pure returns (address[] memory set) {
        set = new address[](all.length);
        uint256 count;
        for (uint256 i; i < all.length; ++i) {
            if ((mask >> i) & 1 == 1) set[count++] = all[i];
        }
        assembly ("memory-safe") {
            mstore(set, count)
        }
    }

    /// @dev Six keys, ascending by address.
    function _six() private pure returns (address[] memory all, uint256[] memory keys) {
        (all, keys) = (new address[](6), new uint256[](6));
        for (uint256 n; n < 6; ++n) {
            uint256 key = 0xF00 + n;
            uint256 i = n;
            for (; i > 0 && all[i - 1] > vm.addr(key); --i) {
                (all[i], keys[i]) = (all[i - 1], keys[i - 1]);
            }
            (all[i], keys[i]) = (vm.addr(key), key);
        }
    }

    /// @notice Who left the set attests no more, also what he signed before.
    function test_L7_setRelayers_removedOnesAreRefused() public {
        QuorumGateway.Message memory m = _message();
        bytes[] memory signatures = attest(m, 2);
        address[] memory set = new address[](2);
        (set[0], set[1]) = (vm.addr(relayerKeys[1]), vm.addr(relayerKeys[2]));
        vm.prank(address(timelock));
        gateway.setRelayers(set, 2, 0);
        vm.chainId(REMOTE);
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayNotRelayer.selector, vm.addr(relayerKeys[0])));
        gateway.deliver(m, signatures);
    }

    function test_setRelayers_revert_badSets() public {
        vm.startPrank(address(timelock));
        address[] memory set = relayers();
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayThreshold.selector, uint256(1), uint256(3)));
        gateway.setRelayers(set, 1, 0); // no majority: two disjoint quorums
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayThreshold.selector, uint256(4), uint256(3)));
        gateway.setRelayers(set, 4, 0);
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayThreshold.selector, uint256(0), uint256(3)));
        gateway.setRelayers(set, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayRelayerCount.selector, uint256(0), uint256(64)));
        gateway.setRelayers(new address[](0), 0, 0);
        set[1] = set[0];
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayRelayerInvalid.selector, set[0]));
        gateway.setRelayers(set, 2, 0);
        set[0] = address(0);
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayRelayerInvalid.selector, address(0)));
        gateway.setRelayers(set, 2, 0);
        set = new address[](65);
        for (uint160 i; i < 65; ++i) {
            set[i] = address(i + 1);
        }
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayRelayerCount.selector, uint256(65), uint256(64)));
        gateway.setRelayers(set, 33, 0);
        vm.stopPrank();
        (address[] memory still,) = gateway.quorum();
        assertEq(abi.encode(still), abi.encode(relayers()), "unchanged");
    }

    function test_setRelayers_evenSetNeedsMoreThanHalf() public {
        address[] memory set = new address[](4);
        for (uint160 i; i < 4; ++i) {
            set[i] = address(i + 1);
        }
        vm.startPrank(address(timelock));
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayThreshold.selector, uint256(2), uint256(4)));
        gateway.setRelayers(set, 2, 0);
        gateway.setRelayers(set, 3, 0);
    }
}

/// @notice Receives messages, perhaps refuses, perhaps calls somebody meanwhile.
contract Listener is IERC7786Recipient {
    bytes32 public last;
    bytes public sender;
    bytes public payload;
    uint256 public count;
    bytes public answer;
    bytes4 private _with = IERC7786Recipient.receiveMessage.selector;
    address private _target;
    bytes private _call;

    function answerWith(bytes4 with) external {
        _with = with;
    }

    function reenter(address target, bytes calldata call) external {
        (_target, _call) = (target, call);
    }

    function receiveMessage(bytes32 receiveId, bytes calldata sender_, bytes calldata payload_)
        external
        payable
        returns (bytes4)
    {
        (last, sender, payload) = (receiveId, sender_, payload_);
        ++count;
        if (_target != address(0)) {
            address target = _target;
            _target = address(0);
            (, answer) = target.call(_call);
        }
        return _with;
    }
}
