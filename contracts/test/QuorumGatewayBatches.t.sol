// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC7786Recipient} from "@openzeppelin/contracts/interfaces/draft-IERC7786.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {Attestation} from "../src/IQuorum.sol";
import {QuorumGateway} from "../src/QuorumGateway.sol";
import {GatewayFixture, Listener} from "./lib/GatewayFixture.sol";
import {Vm} from "./lib/Test.sol";

/// @notice Many messages under one signature: each stands or falls alone.
contract QuorumGatewayBatchesTest is GatewayFixture {
    uint256 private constant _COUNT = 5;

    Listener private _bad;
    QuorumGateway.Message[] private _messages;

    function setUp() public {
        deployGateway();
        _bad = new Listener();
        for (uint256 i; i < _COUNT; ++i) {
            _messages.push(messageTo(address(listener), i + 1));
        }
    }

    function _deliverAll() private returns (bool[] memory) {
        QuorumGateway.Message[] memory messages = _messages;
        (bytes32[] memory proof, bool[] memory flags, bytes memory signatures) = batch(messages, 3);
        vm.chainId(REMOTE);
        return gateway.deliverMany(messages, proof, flags, signatures);
    }

    function _assertAllBut(bool[] memory accepted, uint256 bad) private view {
        assertEq(accepted.length, _COUNT, "length");
        for (uint256 i; i < _COUNT; ++i) {
            assertTrue(accepted[i] == (i != bad), "accepted");
            if (i != bad) assertTrue(gateway.isDelivered(HOME, i + 1), "delivered");
        }
        assertEq(listener.count(), bad < _COUNT ? _COUNT - 1 : _COUNT, "received");
    }

    function test_deliverMany_all() public {
        _assertAllBut(_deliverAll(), _COUNT);
        assertEq(listener.attestedBefore(0), 2, "signatures");
        assertEq(listener.attestedBefore(2), 3, "relayers");
    }

    function test_deliverMany_namesWhoDelivers() public {
        QuorumGateway.Message[] memory messages = _messages;
        (bytes32[] memory proof, bool[] memory flags, bytes memory signatures) = batch(messages, 3);
        vm.chainId(REMOTE);
        for (uint256 i; i < _COUNT; ++i) {
            vm.expectEmit(address(gateway));
            emit QuorumGateway.MessageDelivered(gateway.messageId(messages[i]));
        }
        vm.recordLogs();
        vm.prank(ANYBODY);
        gateway.deliverMany(messages, proof, flags, signatures);
        uint256 told;
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].emitter == address(gateway)) ++told;
        }
        assertEq(told, _COUNT, "of each once, and of none that it was refused");
    }

    /// @notice Each is handed on as it came, to the byte, whatever the lengths of its parts.
    function testFuzz_deliverMany_anyLengths(bytes calldata payload, uint256 from, uint256 number) public {
        _handsOn(payload, bound(from, 1, type(uint256).max), number);
    }

    /// @notice A sender and a payload that fill their words to the last byte.
    function test_deliverMany_lengthsOfWholeWords() public {
        bytes memory payload = bytes.concat(keccak256("one"), keccak256("two"));
        assertEq(InteroperableAddress.formatEvmV1(1 << 47, THIEF).length, 32, "sender");
        _handsOn(payload, 1 << 47, 7);
    }

    function _handsOn(bytes memory payload, uint256 from, uint256 number) private {
        QuorumGateway.Message[] memory messages = new QuorumGateway.Message[](2);
        for (uint256 i; i < 2; ++i) {
            messages[i] = messageTo(address(listener), i == 0 ? number : ~number);
            (messages[i].sourceChainId, messages[i].sender) = (from, InteroperableAddress.formatEvmV1(from, THIEF));
        }
        messages[0].payload = payload;
        (bytes32[] memory proof, bool[] memory flags, bytes memory signatures) = batch(messages, 3);
        uint256 attestation = Attestation.pack(2, 2, 3);
        for (uint256 i; i < 2; ++i) {
            bytes32 id = gateway.messageId(messages[i]);
            vm.expectCall(address(gateway), abi.encodeCall(gateway.deliverAttested, (messages[i], id, attestation)), 1);
            vm.expectCall(
                address(listener),
                bytes.concat(
                    abi.encodeCall(listener.receiveMessage, (id, messages[i].sender, messages[i].payload)),
                    bytes32(attestation)
                ),
                1
            );
        }
        vm.chainId(REMOTE);
        bool[] memory accepted = gateway.deliverMany(messages, proof, flags, signatures);
        assertTrue(accepted[0] && accepted[1], "accepted");
    }

    /// @notice Any part of a tree, in the tree's order.
    function testFuzz_deliverMany_anyPartOfATree(uint256 mask) public {
        mask = mask % 31 + 1;
        QuorumGateway.Message[] memory all = _messages;
        bytes32[] memory tree = treeOf(idsOf(all));
        (bytes32[] memory proof, bool[] memory flags) = multiproofOf(tree, mask);
        QuorumGateway.Message[] memory some = new QuorumGateway.Message[](_COUNT);
        uint256 count;
        for (uint256 i; i < _COUNT; ++i) {
            if ((mask >> i) & 1 == 1) some[count++] = all[i];
        }
        assembly ("memory-safe") {
            mstore(some, count)
        }
        vm.chainId(REMOTE);
        gateway.deliverMany(some, proof, flags, signed(tree[0], 3));
        for (uint256 i; i < _COUNT; ++i) {
            assertTrue(gateway.isDelivered(HOME, i + 1) == ((mask >> i) & 1 == 1), "others than those");
        }
    }

    function _refuses(uint256 bad, Listener.Mood mood, bytes memory reason) private {
        _messages[bad].recipient = InteroperableAddress.formatEvmV1(REMOTE, address(_bad));
        _bad.become(mood);
        bytes32 id = gateway.messageId(_messages[bad]);
        if (reason.length > 0) {
            vm.expectEmit(address(gateway));
            emit QuorumGateway.MessageRefused(id, reason);
        }
        _assertAllBut(_deliverAll(), bad);
        assertEq(_bad.count(), 0, "what it did is undone");
        assertFalse(gateway.isDelivered(HOME, bad + 1), "it can be delivered later");
        _bad.become(Listener.Mood.ACCEPT);
        QuorumGateway.Message memory m = _messages[bad];
        gateway.deliver(m, alone(), attest(m, 3));
        assertEq(_bad.count(), 1, "later");
    }

    function test_deliverMany_recipientReverts() public {
        _refuses(0, Listener.Mood.REVERT, abi.encodeWithSelector(Listener.ListenerRefused.selector, uint256(7)));
    }

    function test_deliverMany_recipientAnswersWrong() public {
        bytes32 id;
        {
            QuorumGateway.Message memory m = _messages[2];
            m.recipient = InteroperableAddress.formatEvmV1(REMOTE, address(_bad));
            id = gateway.messageId(m);
        }
        _refuses(2, Listener.Mood.ANSWER_WRONG, abi.encodeWithSelector(QuorumGateway.GatewayNotAccepted.selector, id));
    }

    /// @notice A reason is kept as far as 256 bytes.
    function test_deliverMany_recipientRevertsWithMuch() public {
        bytes memory reason = new bytes(256);
        for (uint256 i; i < 32; ++i) {
            reason[i] = 0xff;
        }
        _refuses(4, Listener.Mood.REVERT_LONG, reason);
    }

    function test_deliverMany_recipientThrowsABomb() public {
        _refuses(1, Listener.Mood.RETURN_BOMB, "");
    }

    /// @notice Who burns all gas that it gets takes its own part only.
    function test_deliverMany_recipientBurnsAllGas() public {
        _messages[0].recipient = InteroperableAddress.formatEvmV1(REMOTE, address(_bad));
        _bad.become(Listener.Mood.BURN);
        QuorumGateway.Message[] memory messages = _messages;
        (bytes32[] memory proof, bool[] memory flags, bytes memory signatures) = batch(messages, 3);
        vm.chainId(REMOTE);
        bool[] memory accepted = gateway.deliverMany{gas: 6_000_000}(messages, proof, flags, signatures);
        _assertAllBut(accepted, 0);
    }

    /// @notice What the ones before did not use is the later ones'.
    function test_deliverMany_theLastHasAllThatIsLeft() public {
        Scale scale = new Scale();
        _messages[_COUNT - 1].recipient = InteroperableAddress.formatEvmV1(REMOTE, address(scale));
        QuorumGateway.Message[] memory messages = _messages;
        (bytes32[] memory proof, bool[] memory flags, bytes memory signatures) = batch(messages, 3);
        vm.chainId(REMOTE);
        gateway.deliverMany{gas: 10_000_000}(messages, proof, flags, signatures);
        assertTrue(scale.left() > 8_000_000, "gas");
    }

    function test_deliverMany_recipientHasNoCode() public {
        _messages[3].recipient = InteroperableAddress.formatEvmV1(REMOTE, ANYBODY);
        _assertAllBut(_deliverAll(), 3);
    }

    function test_deliverMany_messageForAnotherChain() public {
        _messages[1].recipient = InteroperableAddress.formatEvmV1(REMOTE + 1, address(listener));
        bytes memory reason = abi.encodeWithSelector(QuorumGateway.GatewayNotForThisChain.selector, REMOTE + 1);
        vm.expectEmit(address(gateway));
        emit QuorumGateway.MessageRefused(gateway.messageId(_messages[1]), reason);
        _assertAllBut(_deliverAll(), 1);
    }

    function test_L7_deliverMany_messageOfAnotherSource() public {
        _messages[1].sourceChainId = HOME + 2;
        _assertAllBut(_deliverAll(), 1);
        assertFalse(gateway.isDelivered(HOME + 2, 2), "its own number neither");
    }

    function test_L3_deliverMany_deliveredAlready() public {
        QuorumGateway.Message memory m = _messages[2];
        vm.chainId(REMOTE);
        gateway.deliver(m, alone(), attest(m, 3));
        vm.expectEmit(address(gateway));
        bytes32 id = gateway.messageId(m);
        emit QuorumGateway.MessageRefused(id, abi.encodeWithSelector(QuorumGateway.GatewayDelivered.selector, id));
        bool[] memory accepted = _deliverAll();
        assertFalse(accepted[2], "again");
        assertEq(listener.count(), _COUNT, "each once");
        accepted = _deliverAll();
        for (uint256 i; i < _COUNT; ++i) {
            assertFalse(accepted[i], "again");
        }
        assertEq(listener.count(), _COUNT, "each once");
    }

    /// @notice A root that has a message twice, or two of one number, delivers one.
    function test_L3_deliverMany_oneNumberTwice() public {
        _messages[1] = _messages[0];
        _messages[3].nonce = 1;
        bool[] memory accepted = _deliverAll();
        assertTrue(accepted[0] && !accepted[1] && accepted[2] && !accepted[3] && accepted[4], "accepted");
        assertEq(listener.count(), 3, "received");
    }

    function test_L7_deliverMany_revert_withoutAQuorum() public {
        QuorumGateway.Message[] memory messages = _messages;
        (bytes32[] memory proof, bool[] memory flags, bytes memory signatures) = batch(messages, 1);
        vm.chainId(REMOTE);
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewaySignatures.selector, uint256(1), uint256(2)));
        gateway.deliverMany(messages, proof, flags, signatures);
        (,, signatures) = batch(messages, 3);
        messages[4].payload = "not under the root";
        vm.expectRevert();
        gateway.deliverMany(messages, proof, flags, signatures);
    }

    /// @notice No messages and any root as proof is a valid multiproof of nothing.
    function test_L7_deliverMany_revert_badProofs() public {
        QuorumGateway.Message[] memory messages = _messages;
        (bytes32[] memory proof, bool[] memory flags, bytes memory signatures) = batch(messages, 3);
        bytes32[] memory root = new bytes32[](1);
        root[0] = treeOf(idsOf(messages))[0];
        vm.chainId(REMOTE);
        vm.expectRevert(QuorumGateway.GatewayNoMessages.selector);
        gateway.deliverMany(new QuorumGateway.Message[](0), root, new bool[](0), signatures);
        vm.expectRevert(MerkleProof.MerkleProofInvalidMultiproof.selector);
        gateway.deliverMany(messages, root, flags, signatures);
        vm.expectRevert(MerkleProof.MerkleProofInvalidMultiproof.selector);
        gateway.deliverMany(messages, proof, new bool[](flags.length + 1), signatures);
    }

    function test_L7_deliverAttested_revert_notByItself() public {
        QuorumGateway.Message memory m = _messages[0];
        bytes32 id = gateway.messageId(m);
        vm.chainId(REMOTE);
        vm.expectRevert(abi.encodeWithSelector(QuorumGateway.GatewayNotItself.selector, ANYBODY));
        vm.prank(ANYBODY);
        gateway.deliverAttested(m, id, 0x030202);
    }

    // ------------------------------------------------------------------ calls within calls

    /// @notice A recipient that delivers another message meanwhile: each is told of its own signatures, whichever is inner.
    function test_attested_insideNestedDeliveries() public {
        QuorumGateway.Message memory inner = messageTo(address(listener), 50);
        QuorumGateway.Message memory outer = messageTo(address(_bad), 51);
        _bad.callOut(address(gateway), abi.encodeCall(gateway.deliver, (inner, alone(), attest(inner, 7))));
        vm.chainId(REMOTE);
        gateway.deliver(outer, alone(), attest(outer, 3));
        assertTrue(_bad.answered(), "inner");
        assertEq(listener.attestedBefore(0), 3, "inner");
        assertEq(_bad.attestedBefore(0), 2, "outer, before");
        assertEq(_bad.attestedAfter(0), 2, "outer, after");
    }

    /// @notice A recipient that delivers the batch it came with: each is delivered once, and the rest of the outer one finds them so.
    function test_L3_deliverMany_reentered() public {
        _messages[0].recipient = InteroperableAddress.formatEvmV1(REMOTE, address(_bad));
        QuorumGateway.Message[] memory messages = _messages;
        (bytes32[] memory proof, bool[] memory flags, bytes memory signatures) = batch(messages, 3);
        _bad.callOut(address(gateway), abi.encodeCall(gateway.deliverMany, (messages, proof, flags, signatures)));
        bool[] memory accepted = _deliverAll();
        assertTrue(_bad.answered(), "re-entered");
        bool[] memory within = abi.decode(_bad.answer(), (bool[]));
        for (uint256 i; i < _COUNT; ++i) {
            assertTrue(accepted[i] == (i == 0) && within[i] == (i != 0), "each once");
        }
        assertEq(listener.count() + _bad.count(), _COUNT, "each once");
    }

    /// @notice With whatever gas: what was not accepted was not marked, and is delivered when there is enough.
    function testFuzz_L3_deliverMany_noGasMakesARefusalFinal(uint256 gas_) public {
        gas_ = bound(gas_, 60_000, 2_000_000);
        QuorumGateway.Message[] memory messages = _messages;
        (bytes32[] memory proof, bool[] memory flags, bytes memory signatures) = batch(messages, 3);
        vm.chainId(REMOTE);
        (bool ok, bytes memory said) =
            address(gateway).call{gas: gas_}(abi.encodeCall(gateway.deliverMany, (messages, proof, flags, signatures)));
        bool[] memory accepted = ok ? abi.decode(said, (bool[])) : new bool[](_COUNT);
        for (uint256 i; i < _COUNT; ++i) {
            assertTrue(gateway.isDelivered(HOME, i + 1) == accepted[i], "marked");
        }
        _deliverAll();
        assertEq(listener.count(), _COUNT, "all in the end, once");
    }
}

/// @notice Notes how much gas it was given.
contract Scale is IERC7786Recipient {
    uint256 public left;

    function receiveMessage(bytes32, bytes calldata, bytes calldata) external payable returns (bytes4) {
        left = gasleft();
        return IERC7786Recipient.receiveMessage.selector;
    }
}
