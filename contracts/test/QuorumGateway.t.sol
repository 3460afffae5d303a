// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC7786GatewaySource} from "@openzeppelin/contracts/interfaces/draft-IERC7786.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {Attestation} from "../src/IQuorum.sol";
import {QuorumGateway} from "../src/QuorumGateway.sol";
import {GatewayFixture, Listener} from "./lib/GatewayFixture.sol";

/// @notice One message: sending, its id, who attests it, delivering it once.
contract QuorumGatewayTest is GatewayFixture {
    function setUp() public {
        deployGateway();
    }

    function _message() private view returns (QuorumGateway.Message memory) {
        return messageTo(address(listener), 7);
    }

    // ------------------------------------------------------------------ source

    function test_sendMessage_numbersAnnouncesAndRemembers() public {
        bytes memory recipient = InteroperableAddress.formatEvmV1(REMOTE, ANYBODY);
        bytes memory sender = InteroperableAddress.formatEvmV1(HOME, THIEF);
        for (uint256 nonce = 1; nonce <= 2; ++nonce) {
            assertEq(gateway.nextNonce(), nonce, "next");
            bytes32 id = gateway.messageId(QuorumGateway.Message(HOME, nonce, sender, recipient, "hello"));
            vm.expectEmit(address(gateway));
            emit QuorumGateway.NonceAssigned(id, nonce);
            vm.expectEmit(address(gateway));
            emit IERC7786GatewaySource.MessageSent(id, sender, recipient, "hello", 0, new bytes[](0));
            vm.prank(THIEF);
            assertEq(gateway.sendMessage(recipient, "hello", new bytes[](0)), id, "id");
            assertEq(gateway.sent(nonce), id, "sent");
        }
    }

    /// @notice The event is what the compiler would make of it, to the byte: whoever reads it takes nothing for another thing.
    function testFuzz_sendMessage_announcesAnyLengths(
        bytes calldata payload,
        uint64 from,
        uint64 to,
        address recipient,
        uint256 dirty
    ) public {
        from = uint64(bound(from, 1, type(uint64).max - 1));
        to = uint64(bound(to, 1, type(uint64).max - 1));
        vm.assume(from != to);
        vm.chainId(from);
        bytes memory place = InteroperableAddress.formatEvmV1(to, recipient);
        bytes memory sender = InteroperableAddress.formatEvmV1(from, address(this));
        bytes32 id = gateway.messageId(QuorumGateway.Message(from, 1, sender, place, payload));
        vm.expectEmit(address(gateway));
        emit QuorumGateway.NonceAssigned(id, 1);
        vm.expectEmit(address(gateway));
        emit IERC7786GatewaySource.MessageSent(id, sender, place, payload, 0, new bytes[](0));
        // What comes behind the arguments is nobody's.
        bytes memory call_ = abi.encodeCall(gateway.sendMessage, (place, payload, new bytes[](0)));
        (bool ok, bytes memory answer) = address(gateway).call(bytes.concat(call_, bytes32(dirty)));
        assertTrue(ok, "sent");
        assertEq(abi.decode(answer, (bytes32)), id, "id");
    }

    /// @notice What was hashed before lies where the event is written.
    function test_sendMessage_announcesWhatIsLong() public {
        bytes memory payload = new bytes(1001);
        for (uint256 i; i < payload.length; ++i) {
            payload[i] = 0xff;
        }
        bytes memory place = InteroperableAddress.formatEvmV1(REMOTE, ANYBODY);
        bytes memory sender = InteroperableAddress.formatEvmV1(HOME, address(this));
        bytes32 id = gateway.messageId(QuorumGateway.Message(HOME, 1, sender, place, payload));
        vm.expectEmit(address(gateway));
        emit QuorumGateway.NonceAssigned(id, 1);
        vm.expectEmit(address(gateway));
        emit IERC7786GatewaySource.MessageSent(id, sender, place, payload, 0, new bytes[](0));
        gateway.sendMessage(place, payload, new bytes[](0));
    }

    /// @notice Proofs of a chain's state read these slots: they are part of the interface.
    function test_L7_slots_areTheDocumentedOnes() public {
        assertEq(vm.load(address(gateway), gateway.NONCE_SLOT()), bytes32(uint256(1)), "numbers begin at one");
        bytes memory recipient = InteroperableAddress.formatEvmV1(REMOTE, ANYBODY);
        for (uint256 nonce = 1; nonce <= 3; ++nonce) {
            bytes32 slot = keccak256(abi.encode(nonce, gateway.SENT_SLOT()));
            assertEq(vm.load(address(gateway), slot), 0, "not sent");
            bytes32 id = gateway.sendMessage(recipient, abi.encode(nonce), new bytes[](0));
            assertEq(vm.load(address(gateway), slot), id, "sent");
            assertEq(vm.load(address(gateway), gateway.NONCE_SLOT()), bytes32(nonce + 1), "next");
        }
    }

    function test_sendMessage_revert_value() public {
        bytes memory recipient = InteroperableAddress.formatEvmV1(REMOTE, ANYBODY);
        vm.deal(address(this), 1 ether);
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayNoValue.selector, uint256(1)));
        gateway.sendMessage{value: 1}(recipient, "", new bytes[](0));
    }

    function test_sendMessage_revert_attributes() public {
        bytes memory recipient = InteroperableAddress.formatEvmV1(REMOTE, ANYBODY);
        bytes[] memory attributes = new bytes[](1);
        attributes[0] = hex"aabbccdd00";
        assertFalse(gateway.supportsAttribute(0xaabbccdd), "supports none");
        vm.expectRevert(abi.encodeWithSelector(IERC7786GatewaySource.UnsupportedAttribute.selector, bytes4(0xaabbccdd)));
        gateway.sendMessage(recipient, "", attributes);
    }

    function test_sendMessage_revert_toTheSameChain() public {
        bytes memory recipient = InteroperableAddress.formatEvmV1(HOME, ANYBODY);
        vm.expectRevert(QuorumGateway.GatewaySameChain.selector);
        gateway.sendMessage(recipient, "", new bytes[](0));
    }

    function test_sendMessage_revert_recipientIsNoEvmAddress() public {
        bytes[3] memory recipients = [bytes(""), hex"0001000002", hex"00010002027a6914aabb"];
        for (uint256 i; i < recipients.length; ++i) {
            vm.expectRevert();
            gateway.sendMessage(recipients[i], "", new bytes[](0));
        }
        assertEq(gateway.nextNonce(), 1, "no number is lost");
    }

    /// @notice Nobody can speak for another: the sender in the message is who called.
    function test_L7_sendMessage_senderIsTheCaller() public {
        QuorumGateway.Message memory m = messageTo(ANYBODY, 1); // of the thief
        bytes32 id = gateway.sendMessage(m.recipient, m.payload, new bytes[](0));
        assertTrue(id != gateway.messageId(m), "spoke for somebody else");
    }

    // ------------------------------------------------------------------ identifiers

    function test_messageId_isTheDocumentedDigest() public view {
        QuorumGateway.Message memory m = _message();
        assertEq(gateway.messageId(m), _digest(m, "MandateQuorumGateway", "1", REMOTE, address(gateway)), "id");
    }

    function test_attestationDigest_isTheDocumentedOneOnEveryChain() public {
        bytes32 expected =
            _attestation("Attestation(bytes32 root)", "MandateQuorumGateway", "1", HOME, address(gateway), "x");
        assertEq(gateway.attestationDigest("x"), expected, "at home");
        vm.chainId(REMOTE);
        assertEq(gateway.attestationDigest("x"), expected, "elsewhere");
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

    function _attestation(
        string memory type_,
        string memory name,
        string memory version,
        uint256 chain,
        address place,
        bytes32 root
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
        return keccak256(abi.encodePacked(hex"1901", domain, keccak256(abi.encode(keccak256(bytes(type_)), root))));
    }

    // ------------------------------------------------------------------ deliver

    function test_deliver_withAQuorum() public {
        QuorumGateway.Message memory m = _message();
        bytes32 id = gateway.messageId(m);
        vm.chainId(REMOTE);
        bytes memory signatures = signed(id, 3);
        vm.expectEmit(address(gateway));
        emit QuorumGateway.MessageDelivered(id);
        vm.prank(ANYBODY);
        gateway.deliver(m, alone(), signatures);
        assertTrue(gateway.isDelivered(HOME, 7), "delivered");
        assertEq(listener.last(), id, "received");
        assertEq(listener.sender(), m.sender, "sender");
        assertEq(listener.payload(), m.payload, "payload");
        assertEq(listener.attestedBefore(0), 2, "signatures");
        assertEq(listener.attestedBefore(1), 2, "threshold");
        assertEq(listener.attestedBefore(2), 3, "relayers");
    }

    /// @notice It is handed on as it came, to the byte, whatever the lengths of its parts, and whatever was hashed there before.
    function testFuzz_deliver_handsOnAnyLengths(bytes calldata payload, uint256 from) public {
        _handsOn(payload, bound(from, 1, type(uint256).max));
    }

    function test_deliver_handsOnWhatIsLong() public {
        bytes memory payload = new bytes(1001);
        for (uint256 i; i < payload.length; ++i) {
            payload[i] = 0xff;
        }
        _handsOn(payload, HOME);
    }

    function _handsOn(bytes memory payload, uint256 from) private {
        QuorumGateway.Message memory m = _message();
        (m.sourceChainId, m.sender) = (from, InteroperableAddress.formatEvmV1(from, THIEF));
        m.payload = payload;
        bytes memory signatures = attest(m, 3);
        vm.expectCall(
            address(listener),
            bytes.concat(
                abi.encodeCall(listener.receiveMessage, (gateway.messageId(m), m.sender, payload)),
                bytes32(Attestation.pack(2, 2, 3))
            ),
            1
        );
        vm.chainId(REMOTE);
        gateway.deliver(m, alone(), signatures);
    }

    function test_deliver_withMoreThanTheThreshold() public {
        QuorumGateway.Message memory m = _message();
        vm.chainId(REMOTE);
        gateway.deliver(m, alone(), attest(m, 7));
        assertEq(listener.attestedBefore(0), 3, "signatures");
        assertEq(listener.count(), 1, "once");
    }

    function test_deliver_withAProofFromALargeTree() public {
        bytes32[] memory leaves = new bytes32[](1000);
        for (uint256 i; i < leaves.length; ++i) {
            leaves[i] = gateway.messageId(messageTo(address(listener), i));
        }
        bytes32[] memory tree = treeOf(leaves);
        bytes memory signatures = signed(tree[0], 3);
        vm.chainId(REMOTE);
        uint256[4] memory some = [uint256(0), 255, 256, 999];
        for (uint256 i; i < some.length; ++i) {
            gateway.deliver(messageTo(address(listener), some[i]), proofOf(tree, some[i]), signatures);
            assertEq(listener.last(), leaves[some[i]], "received");
        }
        bytes32[] memory proof = proofOf(tree, 1);
        for (uint256 i; i < proof.length; ++i) {
            bytes32 right = proof[i];
            proof[i] ^= bytes32(uint256(1));
            vm.expectRevert();
            gateway.deliver(messageTo(address(listener), 1), proof, signatures);
            proof[i] = right;
        }
        bytes32[] memory another = proofOf(tree, 2);
        vm.expectRevert();
        gateway.deliver(messageTo(address(listener), 1), another, signatures);
        gateway.deliver(messageTo(address(listener), 1), proof, signatures);
    }

    function test_L3_deliver_revert_twice() public {
        QuorumGateway.Message memory m = _message();
        bytes32 id = gateway.messageId(m);
        vm.chainId(REMOTE);
        gateway.deliver(m, alone(), signed(id, 3));
        bytes memory others = signed(id, 6); // by others too
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayDelivered.selector, id));
        gateway.deliver(m, alone(), others);
    }

    /// @notice A source has one message of a number: a second one with other contents comes too late.
    function test_L3_deliver_revert_anotherMessageOfTheNumber() public {
        QuorumGateway.Message memory m = _message();
        QuorumGateway.Message memory other = _message();
        other.payload = "another payload";
        vm.chainId(REMOTE);
        gateway.deliver(m, alone(), attest(m, 3));
        bytes memory signatures = attest(other, 7);
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayDelivered.selector, gateway.messageId(other)));
        gateway.deliver(other, alone(), signatures);
    }

    /// @notice A number is used once, and no other one with it: neither its neighbours nor the same of another source.
    function testFuzz_L3_isDelivered_oneNumberOfOneSource(uint256 nonce, uint256 other, uint64 chain) public {
        vm.assume(nonce != other && chain != HOME);
        QuorumGateway.Message memory m = messageTo(address(listener), nonce);
        vm.chainId(REMOTE);
        gateway.deliver(m, alone(), attest(m, 3));
        assertTrue(gateway.isDelivered(HOME, nonce), "delivered");
        assertFalse(gateway.isDelivered(HOME, other), "another number");
        assertFalse(gateway.isDelivered(chain, nonce), "another source");
        unchecked {
            assertFalse(gateway.isDelivered(HOME, nonce + 1), "the next");
            assertFalse(gateway.isDelivered(HOME, nonce - 1), "the one before");
            assertFalse(gateway.isDelivered(HOME, nonce + 256), "the same bit of the next word");
        }
    }

    function test_L3_deliver_revert_reentered() public {
        QuorumGateway.Message memory m = _message();
        bytes32 id = gateway.messageId(m);
        bytes memory signatures = signed(id, 3);
        listener.callOut(address(gateway), abi.encodeCall(gateway.deliver, (m, alone(), signatures)));
        vm.chainId(REMOTE);
        gateway.deliver(m, alone(), signatures);
        assertEq(listener.answer(), abi.encodeWithSelector(QuorumGateway.GatewayDelivered.selector, id), "re-entered");
        assertEq(listener.count(), 1, "once");
    }

    /// @notice The signatures hold for this message only: with any field altered they are somebody else's.
    function test_L3_deliver_revert_anyFieldAltered() public {
        QuorumGateway.Message memory m = _message();
        bytes memory signatures = attest(m, 3);
        vm.chainId(REMOTE);
        for (uint256 field; field < 8; ++field) {
            QuorumGateway.Message memory altered = _message();
            if (field == 0) {
                altered.sourceChainId = HOME + 2;
                altered.sender = InteroperableAddress.formatEvmV1(HOME + 2, THIEF);
            }
            if (field == 1) altered.nonce += 1;
            if (field == 2) altered.sender = InteroperableAddress.formatEvmV1(HOME, ANYBODY);
            if (field == 3) altered.recipient = InteroperableAddress.formatEvmV1(REMOTE, address(new Listener()));
            if (field == 4) altered.payload = "another payload";
            if (field == 5) altered.payload = bytes.concat(m.payload, hex"00");
            if (field == 6) altered.recipient = bytes.concat(m.recipient, hex"00"); // names the same contract
            if (field == 7) altered.sender = bytes.concat(m.sender, hex"00");
            vm.expectRevert(); // of a signer that is no relayer, or out of order
            gateway.deliver(altered, alone(), signatures);
        }
        gateway.deliver(m, alone(), signatures);
    }

    /// @notice Whatever bit of an attestation is altered: refused.
    function test_L7_deliver_revert_anyBitOfTheAttestationAltered() public {
        QuorumGateway.Message memory m = _message();
        bytes memory signatures = attest(m, 3);
        vm.chainId(REMOTE);
        for (uint256 bit; bit < 8 * 128; ++bit) {
            bytes1 mask = bytes1(uint8(1 << (bit % 8)));
            signatures[bit / 8] ^= mask;
            (bool ok,) = address(gateway).call(abi.encodeCall(gateway.deliver, (m, alone(), signatures)));
            assertFalse(ok, string.concat("bit ", vm.toString(bit)));
            signatures[bit / 8] ^= mask;
        }
        gateway.deliver(m, alone(), signatures);
    }

    function test_deliver_revert_messageForAnotherChain() public {
        QuorumGateway.Message memory m = _message();
        bytes memory signatures = attest(m, 3);
        bytes memory refusal = abi.encodeWithSelector(QuorumGateway.GatewayNotForThisChain.selector, REMOTE);
        vm.expectRevert(refusal);
        gateway.deliver(m, alone(), signatures); // at home
        vm.chainId(REMOTE + 1);
        vm.expectRevert(refusal);
        gateway.deliver(m, alone(), signatures);
    }

    /// @notice Who lies about home under another chain's number could not be slashed at home.
    function test_L7_deliver_revert_senderOfAnotherChain() public {
        QuorumGateway.Message memory m = _message();
        m.sourceChainId = HOME + 2;
        bytes memory signatures = attest(m, 7);
        vm.chainId(REMOTE);
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewaySourceDiffers.selector, HOME + 2, HOME));
        gateway.deliver(m, alone(), signatures);
    }

    /// @notice Attested for another destination, gateway, name or version, or with another type: not for this.
    function test_L3_deliver_revert_attestedForAnotherDomain() public {
        QuorumGateway.Message memory m = _message();
        bytes32 id = gateway.messageId(m);
        QuorumGateway other = new QuorumGateway(address(authority), HOME, range(0, 3), 2);
        assertTrue(other.messageId(m) != id, "another deployment");
        string memory type_ = "Attestation(bytes32 root)";
        string memory name = "MandateQuorumGateway";
        bytes32[11] memory wrong = [
            other.attestationDigest(id),
            gateway.attestationDigest(other.messageId(m)),
            gateway.attestationDigest(_digest(m, name, "1", HOME, address(gateway))),
            gateway.attestationDigest(_digest(m, name, "2", REMOTE, address(gateway))),
            _attestation(type_, name, "1", HOME, THIEF, id),
            _attestation(type_, name, "1", REMOTE, address(gateway), id),
            _attestation(type_, name, "2", HOME, address(gateway), id),
            _attestation(type_, "Mandate", "1", HOME, address(gateway), id),
            _attestation("Attestation(bytes32 id)", name, "1", HOME, address(gateway), id),
            id, // the message's own digest, which is no attestation of it
            keccak256(abi.encodePacked("\x19Ethereum Signed Message:\n32", id))
        ];
        vm.chainId(REMOTE);
        for (uint256 i; i < wrong.length; ++i) {
            bytes memory signatures = bytes.concat(compact(keys[0], wrong[i]), compact(keys[1], wrong[i]));
            vm.expectRevert();
            gateway.deliver(m, alone(), signatures);
        }
        bytes memory elsewhere = attest(m, 3);
        vm.expectRevert();
        other.deliver(m, alone(), elsewhere);
    }

    // ------------------------------------------------------------------ signatures

    function test_L7_deliver_revert_belowTheThreshold() public {
        QuorumGateway.Message memory m = _message();
        vm.chainId(REMOTE);
        for (uint256 count; count < 2; ++count) {
            bytes memory signatures = attest(m, count);
            vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewaySignatures.selector, count, uint256(2)));
            gateway.deliver(m, alone(), signatures);
        }
    }

    function test_L7_deliver_revert_duplicateOrUnsortedSigners() public {
        QuorumGateway.Message memory m = _message();
        (bytes memory first, bytes memory second) = (attest(m, 1), attest(m, 2));
        vm.chainId(REMOTE);
        bytes4 order = QuorumGateway.GatewaySignerOrder.selector;
        vm.expectRevert(abi.encodeWithSelector(order, relayer(0), relayer(0)));
        gateway.deliver(m, alone(), bytes.concat(first, first));
        vm.expectRevert(abi.encodeWithSelector(order, relayer(1), relayer(0)));
        gateway.deliver(m, alone(), bytes.concat(second, first));
        vm.expectRevert(abi.encodeWithSelector(order, relayer(1), relayer(0)));
        gateway.deliver(m, alone(), bytes.concat(first, second, first));
    }

    /// @notice Two relayers are enough; a stranger who signs as well spoils it, whatever his place.
    function test_L7_deliver_revert_signerIsNoRelayer() public {
        QuorumGateway.Message memory m = _message();
        for (uint256 i = 3; i < keys.length; ++i) {
            bytes memory signatures = attest(m, 3 | 1 << i);
            vm.chainId(REMOTE);
            vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayNotRelayer.selector, relayer(i)));
            gateway.deliver(m, alone(), signatures);
        }
    }

    function test_L7_deliver_revert_malleableOrMalformedSignature() public {
        QuorumGateway.Message memory m = _message();
        bytes32 digest = gateway.attestationDigest(gateway.messageId(m));
        bytes memory second = attest(m, 2);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[0], digest);
        uint256 high = ORDER - uint256(s); // as good a signature as the other, were it taken
        vm.chainId(REMOTE);
        // A compact signature keeps 255 bits of s: the high one fits only without its topmost bit, and is refused as high.
        uint256 other = high | uint256(v == 27 ? 1 : 0) << 255;
        vm.expectRevert();
        gateway.deliver(m, alone(), bytes.concat(abi.encodePacked(r, other), second));
        uint256 inOrder = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A1;
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureS.selector, inOrder));
        gateway.deliver(m, alone(), bytes.concat(abi.encodePacked(r, inOrder), second));
        vm.expectRevert(ECDSA.ECDSAInvalidSignature.selector);
        gateway.deliver(m, alone(), bytes.concat(new bytes(64), second));
        bytes[4] memory wrong = [
            abi.encodePacked(r, s, v), // 65 bytes each, as elsewhere
            abi.encodePacked(r, s, v, uint8(0)),
            abi.encodePacked(r, bytes31(s)),
            bytes(hex"00")
        ];
        for (uint256 i; i < wrong.length; ++i) {
            bytes memory signatures = bytes.concat(wrong[i], second);
            vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewaySignatureLength.selector, signatures.length));
            gateway.deliver(m, alone(), signatures);
        }
    }

    /// @notice A contract's signature is no evidence that lasts: a relayer that is a contract, also one with a key's address, counts by
    ///         its key or not at all.
    function test_L7_deliver_revert_signatureOfAContract() public {
        QuorumGateway.Message memory m = _message();
        Yes yes = new Yes();
        address[] memory set = new address[](1);
        set[0] = address(yes);
        setRelayers(set, 1, 0);
        bytes32 id = gateway.messageId(m);
        assertEq(bytes32(yes.isValidSignature(id, "")), bytes32(bytes4(0x1626ba7e)), "it would say yes");
        vm.chainId(REMOTE);
        vm.expectRevert(ECDSA.ECDSAInvalidSignature.selector);
        gateway.deliver(m, alone(), abi.encode(address(yes), uint256(0)));
        bytes memory signatures = signed(id, 1);
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayNotRelayer.selector, relayer(0)));
        gateway.deliver(m, alone(), signatures);
    }

    function test_deliver_oneRelayer() public {
        setRelayers(range(2, 3), 1, 0);
        QuorumGateway.Message memory m = _message();
        vm.chainId(REMOTE);
        bytes memory other = attest(m, 1);
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayNotRelayer.selector, relayer(0)));
        gateway.deliver(m, alone(), other);
        gateway.deliver(m, alone(), attest(m, 4));
        assertEq(listener.attestedBefore(2), 1, "relayers");
    }

    function test_deliver_sixtyFourRelayers() public {
        _makeKeys(65);
        for (uint256 threshold = 33; threshold <= 64; threshold += 31) {
            setRelayers(range(0, 64), threshold, 0);
            QuorumGateway.Message memory m = messageTo(address(listener), threshold);
            vm.chainId(REMOTE);
            bytes memory fewer = attest(m, (1 << (threshold - 1)) - 1);
            vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewaySignatures.selector, threshold - 1, threshold));
            gateway.deliver(m, alone(), fewer);
            gateway.deliver(m, alone(), attest(m, (1 << 64) - 1));
            assertEq(listener.attestedBefore(0), 64, "signatures");
            assertEq(listener.attestedBefore(1), threshold, "threshold");
            assertEq(listener.attestedBefore(2), 64, "relayers");
            m.nonce += 1000;
            bytes memory more = attest(m, (1 << 65) - 1);
            vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayNotRelayer.selector, relayer(64)));
            gateway.deliver(m, alone(), more);
        }
    }

    /// @notice What {verify} says is what a delivery would say.
    function testFuzz_verify_isWhatDeliverSays(uint256 mask) public {
        mask %= 16;
        QuorumGateway.Message memory m = _message();
        bytes32 id = gateway.messageId(m);
        bytes memory signatures = signed(id, mask);
        (bool verified, bytes memory said) =
            address(gateway).call(abi.encodeCall(gateway.verify, (id, alone(), signatures)));
        vm.chainId(REMOTE);
        (bool delivered, bytes memory saidToo) =
            address(gateway).call(abi.encodeCall(gateway.deliver, (m, alone(), signatures)));
        assertTrue(verified == delivered, "verified what is not delivered, or the other way round");
        if (!delivered) return assertEq(said, saidToo, "reason");
        (uint256 count, uint256 threshold, uint256 set) = abi.decode(said, (uint256, uint256, uint256));
        assertEq(count, listener.attestedBefore(0), "signatures");
        assertEq(threshold, listener.attestedBefore(1), "threshold");
        assertEq(set, listener.attestedBefore(2), "relayers");
    }

    // ------------------------------------------------------------------ recipients

    function test_deliver_revert_recipientDoesNotAccept() public {
        QuorumGateway.Message memory m = _message();
        bytes32 id = gateway.messageId(m);
        bytes memory signatures = signed(id, 3);
        vm.chainId(REMOTE);
        listener.become(Listener.Mood.ANSWER_WRONG);
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayNotAccepted.selector, id));
        gateway.deliver(m, alone(), signatures);
        assertFalse(gateway.isDelivered(HOME, 7), "may be delivered later");
        listener.become(Listener.Mood.REVERT);
        vm.expectRevert(abi.encodeWithSelector(Listener.ListenerRefused.selector, uint256(7)));
        gateway.deliver(m, alone(), signatures);
        listener.become(Listener.Mood.ACCEPT);
        gateway.deliver(m, alone(), signatures);
    }

    function test_deliver_revert_recipientHasNoCode() public {
        QuorumGateway.Message memory m = messageTo(ANYBODY, 1);
        bytes memory signatures = attest(m, 3);
        vm.chainId(REMOTE);
        vm.expectRevert();
        gateway.deliver(m, alone(), signatures);
    }
}

/// @notice A contract that says yes to every signature.
contract Yes {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return 0x1626ba7e;
    }
}
