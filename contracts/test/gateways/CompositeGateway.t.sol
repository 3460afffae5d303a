// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC7786Recipient} from "@openzeppelin/contracts/crosschain/ERC7786Recipient.sol";
import {IERC7786GatewaySource} from "@openzeppelin/contracts/interfaces/draft-IERC7786.sol";
import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {QuorumGateway} from "../../src/QuorumGateway.sol";
import {CompositeGateway} from "../../src/gateways/CompositeGateway.sol";
import {HyperlaneGateway} from "../../src/gateways/HyperlaneGateway.sol";
import {Prepaid} from "../../src/gateways/Prepaid.sol";
import {Vm} from "../lib/Test.sol";
import {Listener, Transports} from "../lib/Transports.sol";

/// @notice Our relayers and Hyperlane's validators must agree: two of three relayers and two of three validators.
contract CompositeGatewayTest is Transports {
    /// @dev One message of the composition, on both ways.
    struct Both {
        bytes32 id;
        QuorumGateway.Message attested;
        Carried carried;
    }

    QuorumGateway private _quorum;
    CompositeGateway private _composite;
    uint256[] private _relayerKeys; // ascending by address
    bytes[] private _none;
    uint256 private _forged = 1000;

    function setUp() public {
        deployTransports();
        uint256[3] memory keys = [uint256(0x5E1), 0x5E2, 0x5E3];
        for (uint256 i; i < 3; ++i) {
            for (uint256 j; j < 2; ++j) {
                if (vm.addr(keys[j]) > vm.addr(keys[j + 1])) (keys[j], keys[j + 1]) = (keys[j + 1], keys[j]);
            }
        }
        address[] memory relayers = new address[](3);
        for (uint256 i; i < 3; ++i) {
            _relayerKeys.push(keys[i]);
            relayers[i] = vm.addr(keys[i]);
        }
        _quorum = new QuorumGateway(address(authority), HOME, relayers, 2);
        _composite = new CompositeGateway(_pair(address(_quorum), address(gateway)));
    }

    function _pair(address a, address b) private pure returns (address[] memory pair) {
        pair = new address[](2);
        (pair[0], pair[1]) = a < b ? (a, b) : (b, a);
    }

    function _send(bytes memory payload) private returns (Both memory both) {
        switchTo(HOME);
        vm.recordLogs();
        vm.startPrank(SENDER);
        both.id = _composite.sendMessage{value: _composite.price(recipient(), payload)}(recipient(), payload, _none);
        vm.stopPrank();
        Vm.Log[] memory logs = vm.getRecordedLogs();
        both.attested = _attested(logs);
        both.carried = carried(logs);
    }

    /// @dev The message that left through the quorum's gateway, whose number its id tells.
    function _attested(Vm.Log[] memory logs) private view returns (QuorumGateway.Message memory m) {
        for (uint256 i; i < logs.length; ++i) {
            bool sent = logs[i].topics[0] == IERC7786GatewaySource.MessageSent.selector;
            if (!sent || logs[i].emitter != address(_quorum)) continue;
            m.sourceChainId = HOME;
            (m.sender, m.recipient, m.payload,,) = abi.decode(logs[i].data, (bytes, bytes, bytes, uint256, bytes[]));
            while (_quorum.messageId(m) != logs[i].topics[1]) {
                assertTrue(m.nonce++ < 100, "number");
            }
            return m;
        }
        assertTrue(false, "nothing through the quorum's gateway");
    }

    // ------------------------------------------------------------------ both ways

    /// @dev Two relayers attest and deliver; the test is on the other chain then.
    function _attest(QuorumGateway.Message memory m) private {
        switchTo(REMOTE);
        bytes memory signatures = _signatures(m);
        _quorum.deliver(m, new bytes32[](0), signatures);
    }

    function _attestReverts(QuorumGateway.Message memory m, bytes memory reason) private {
        switchTo(REMOTE);
        bytes memory signatures = _signatures(m);
        vm.expectRevert(reason);
        _quorum.deliver(m, new bytes32[](0), signatures);
    }

    function _signatures(QuorumGateway.Message memory m) private view returns (bytes memory signatures) {
        bytes32 digest = _quorum.attestationDigest(_quorum.messageId(m));
        for (uint256 i; i < 2; ++i) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(_relayerKeys[i], digest);
            signatures = abi.encodePacked(signatures, r, s | bytes32(uint256(v - 27) << 255));
        }
    }

    function _carry(Carried memory c) private {
        process(c, validators2(0, 1));
    }

    function _carryReverts(Carried memory c, bytes memory reason) private {
        switchTo(REMOTE);
        bytes memory signed = metadata(c.seen, validators2(0, 1));
        vm.expectRevert(reason);
        remoteHyperlane.mailbox.process(signed, c.message);
    }

    /// @dev What a lying quorum delivers, as if the composition had sent this under this number.
    function _lie(CompositeGateway.Envelope memory e) private returns (QuorumGateway.Message memory) {
        return QuorumGateway.Message(
            HOME,
            _forged++,
            InteroperableAddress.formatEvmV1(HOME, address(_composite)),
            InteroperableAddress.formatEvmV1(REMOTE, address(_composite)),
            abi.encode(e)
        );
    }

    /// @dev What lying validators deliver.
    function _lieThroughHyperlane(CompositeGateway.Envelope memory e) private returns (Carried memory c) {
        c.message = abi.encodePacked(
            uint8(3),
            uint32(_forged),
            HOME_DOMAIN,
            bytes32(uint256(uint160(address(gateway)))),
            REMOTE_DOMAIN,
            bytes32(uint256(uint160(address(gateway)))),
            abi.encode(HyperlaneGateway.Body(_forged++, address(_composite), address(_composite), abi.encode(e)))
        );
        c.seen = Checkpoint(HOME_DOMAIN, bytes32(uint256(1)), bytes32(0), 0, keccak256(c.message));
    }

    function _envelope(uint256 nonce, bytes memory payload) private view returns (CompositeGateway.Envelope memory) {
        return CompositeGateway.Envelope(nonce, SENDER, address(listener), payload);
    }

    // ------------------------------------------------------------------ agreement

    function test_L7_passedOnWhenBothDeliveredIt() public {
        Both memory m = _send("hello");
        _attest(m.attested);
        assertEq(listener.count(), 0, "the relayers alone");
        assertTrue(_composite.confirmed(m.id, address(_quorum)), "first");
        assertFalse(_composite.confirmed(m.id, address(gateway)), "not the second yet");
        assertFalse(_composite.delivered(m.id), "not yet");
        _carry(m.carried);
        assertEq(listener.count(), 1, "both");
        assertTrue(_composite.delivered(m.id), "delivered");
        assertEq(listener.last(), m.id, "id");
        assertEq(listener.payload(), "hello", "payload");
        assertEq(listener.sender(), InteroperableAddress.formatEvmV1(HOME, SENDER), "sender");
        assertEq(listener.gateway(), address(_composite), "gateway");
    }

    function testFuzz_L3_inAnyOrderEachOnce(uint256 order) public {
        Both[3] memory sent = [_send("0"), _send("1"), _send("2")];
        uint256 arrived;
        while (arrived != 63) {
            order = uint256(keccak256(abi.encode(order)));
            uint256 i = order % 6;
            if ((arrived >> i) & 1 == 1) continue;
            arrived |= 1 << i;
            Both memory m = sent[i / 2];
            uint256 before = listener.count();
            i % 2 == 0 ? _attest(m.attested) : _carry(m.carried);
            bool both = (arrived >> (i & ~uint256(1))) & 3 == 3;
            assertEq(listener.count(), both ? before + 1 : before, "passed on when both had it");
            if (both) assertEq(listener.last(), m.id, "that one");
        }
        assertEq(listener.count(), 3, "each once");
    }

    function test_L7_eachAloneNever() public {
        Both memory m = _send("hello");
        _attest(m.attested);
        // the same relayers sign it as another message of theirs
        QuorumGateway.Message memory again = _lie(_envelope(1, "hello"));
        _attestReverts(
            again, abi.encodeWithSelector(CompositeGateway.GatewayConfirmed.selector, m.id, address(_quorum))
        );
        assertEq(listener.count(), 0, "relayers alone");

        Both memory other = _send("other");
        _carry(other.carried);
        _carryReverts(
            _lieThroughHyperlane(_envelope(2, "other")),
            abi.encodeWithSelector(CompositeGateway.GatewayConfirmed.selector, other.id, address(gateway))
        );
        assertEq(listener.count(), 0, "validators alone");
    }

    function test_L7_whatOnlyRelayersForgeIsNeverPassedOn() public {
        QuorumGateway.Message memory lie = _lie(_envelope(1, "steal"));
        _attest(lie);
        Both memory m = _send("hello"); // number 1, too
        _carry(m.carried);
        assertEq(listener.count(), 0, "two messages, each told by one");
        _attest(m.attested);
        assertEq(listener.payload(), "hello", "the true one");
        assertEq(listener.count(), 1, "alone");
    }

    function test_L7_whatOnlyValidatorsForgeIsNeverPassedOn() public {
        _carry(_lieThroughHyperlane(_envelope(1, "steal")));
        Both memory m = _send("hello");
        _attest(m.attested);
        assertEq(listener.count(), 0, "two messages, each told by one");
        _carry(m.carried);
        assertEq(listener.payload(), "hello", "the true one");
        assertEq(listener.count(), 1, "alone");
    }

    /// @notice Another number, sender, recipient, payload or chain: another message.
    function test_L7_theSameInEveryPart() public {
        Both memory m = _send("hello");
        _carry(m.carried);
        CompositeGateway.Envelope memory e = _envelope(2, "hello");
        _attest(_lie(e));
        e = _envelope(1, "hello");
        e.sender = STRANGER;
        _attest(_lie(e));
        e = _envelope(1, "hello");
        e.recipient = address(new Listener());
        _attest(_lie(e));
        QuorumGateway.Message memory elsewhere = _lie(_envelope(1, "hello"));
        elsewhere.sourceChainId = 5;
        elsewhere.sender = InteroperableAddress.formatEvmV1(5, address(_composite));
        _attest(elsewhere);
        assertEq(listener.count(), 0, "nothing of that is it");
        assertEq(Listener(e.recipient).count(), 0, "nor for the other");
        _attest(m.attested);
        assertEq(listener.count(), 1, "this is");
    }

    function test_L3_revert_duplicates() public {
        Both memory m = _send("hello");
        _attest(m.attested);
        _carry(m.carried);
        QuorumGateway.Message memory again = _lie(_envelope(1, "hello"));
        _attestReverts(
            again, abi.encodeWithSelector(CompositeGateway.GatewayConfirmed.selector, m.id, address(_quorum))
        );
        _carryReverts(
            _lieThroughHyperlane(_envelope(1, "hello")),
            abi.encodeWithSelector(CompositeGateway.GatewayConfirmed.selector, m.id, address(gateway))
        );
        assertEq(listener.count(), 1, "once, even if both say it twice");
    }

    function test_L9_whatTheRecipientRefusesMayComeAgain() public {
        Both memory m = _send("hello");
        _carry(m.carried);
        listener.refuse(true);
        _attestReverts(m.attested, abi.encodeWithSelector(Listener.Refused.selector));
        assertFalse(_composite.confirmed(m.id, address(_quorum)), "not confirmed");
        listener.refuse(false);
        listener.answerWith(0xdeadbeef);
        _attestReverts(m.attested, abi.encodeWithSelector(CompositeGateway.GatewayNotAccepted.selector, m.id));
        listener.answerWith(listener.receiveMessage.selector);
        _attest(m.attested);
        assertEq(listener.count(), 1, "delivered in the end");
    }

    // ------------------------------------------------------------------ who may speak

    function test_L7_receiveMessage_revert_whoIsNoneOfTheGateways() public {
        bytes memory self = InteroperableAddress.formatEvmV1(HOME, address(_composite));
        bytes memory envelope = abi.encode(_envelope(1, "hello"));
        switchTo(REMOTE);
        vm.expectRevert(
            abi.encodeWithSelector(ERC7786Recipient.ERC7786RecipientUnauthorizedGateway.selector, STRANGER, self)
        );
        vm.prank(STRANGER);
        _composite.receiveMessage(bytes32(uint256(1)), self, envelope);
    }

    /// @notice Anybody may send through either gateway to the composition; only itself, on another chain, is believed.
    function test_L7_receiveMessage_revert_anotherSender() public {
        bytes memory envelope = abi.encode(_envelope(1, "hello"));
        bytes[6] memory senders = [
            InteroperableAddress.formatEvmV1(HOME, STRANGER),
            InteroperableAddress.formatEvmV1(HOME, address(_quorum)),
            InteroperableAddress.formatEvmV1(REMOTE, address(_composite)), // from this very chain
            InteroperableAddress.formatEvmV1(address(_composite)), // from no chain
            abi.encodePacked(InteroperableAddress.formatEvmV1(HOME, address(_composite)), hex"00"),
            bytes("")
        ];
        switchTo(REMOTE);
        for (uint256 i; i < senders.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    ERC7786Recipient.ERC7786RecipientUnauthorizedGateway.selector, address(_quorum), senders[i]
                )
            );
            vm.prank(address(_quorum));
            _composite.receiveMessage(bytes32(uint256(1)), senders[i], envelope);
        }
    }

    function test_receiveMessage_revert_value() public {
        bytes memory self = InteroperableAddress.formatEvmV1(HOME, address(_composite));
        switchTo(REMOTE);
        vm.deal(address(_quorum), 1);
        vm.expectRevert(abi.encodeWithSelector(CompositeGateway.GatewayNoValue.selector, uint256(1)));
        vm.prank(address(_quorum));
        _composite.receiveMessage{value: 1}(bytes32(uint256(1)), self, abi.encode(_envelope(1, "hello")));
    }

    // ------------------------------------------------------------------ sending

    function test_sendMessage_revert_attributes() public {
        bytes[] memory attributes = new bytes[](1);
        attributes[0] = hex"aabbccdd00";
        assertFalse(_composite.supportsAttribute(0xaabbccdd), "supports none");
        vm.expectRevert(abi.encodeWithSelector(IERC7786GatewaySource.UnsupportedAttribute.selector, bytes4(0xaabbccdd)));
        _composite.sendMessage(recipient(), "", attributes);
    }

    function test_sendMessage_revert_toTheSameChain() public {
        vm.expectRevert(CompositeGateway.GatewaySameChain.selector);
        _composite.sendMessage(InteroperableAddress.formatEvmV1(HOME, address(listener)), "", _none);
    }

    /// @notice All of them send, or none.
    function test_sendMessage_revert_whereOneDoesNotGo() public {
        bytes memory elsewhere = InteroperableAddress.formatEvmV1(7, address(listener));
        vm.expectRevert(abi.encodeWithSelector(HyperlaneGateway.GatewayChainUnknown.selector, uint256(7)));
        _composite.sendMessage(elsewhere, "", _none);
        assertEq(_composite.nonce(), 0, "no number is lost");
    }

    function test_sendMessage_announces() public {
        bytes32 id = _composite.messageId(HOME, REMOTE, _envelope(1, "hello"));
        uint256 fee = _composite.price(recipient(), "hello");
        bytes memory from = InteroperableAddress.formatEvmV1(HOME, SENDER);
        vm.expectEmit(address(_composite));
        emit IERC7786GatewaySource.MessageSent(id, from, recipient(), "hello", 0, new bytes[](0));
        vm.prank(SENDER);
        assertEq(_composite.sendMessage{value: fee}(recipient(), "hello", _none), id, "id");
    }

    // ------------------------------------------------------------------ fees

    function test_price_isPaidInAdvanceOrNow() public {
        uint256 fee = _composite.price(recipient(), "hello");
        assertTrue(fee > 0, "Hyperlane's");
        vm.expectRevert(abi.encodeWithSelector(Prepaid.GatewayFee.selector, fee, uint256(0)));
        vm.prank(SENDER);
        _composite.sendMessage(recipient(), "hello", _none);

        _composite.prepay{value: fee + 1}(SENDER);
        vm.expectRevert(abi.encodeWithSelector(Prepaid.GatewayFee.selector, fee, uint256(0)));
        vm.prank(STRANGER); // for whom nobody paid
        _composite.sendMessage(recipient(), "hello", _none);
        vm.prank(SENDER);
        _composite.sendMessage(recipient(), "hello", _none);
        assertEq(_composite.prepaid(SENDER), 1, "left");
        assertEq(address(_composite).balance, 1, "and nothing else");
        assertEq(gateway.prepaid(address(_composite)), 0, "nothing stays on the way");
        assertEq(homeHyperlane.paymaster.balance, fee, "Hyperlane has its fee");
    }

    // ------------------------------------------------------------------ construction

    function test_constructor_revert_gatewaysThatAreNone() public {
        address[] memory one = new address[](1);
        one[0] = address(_quorum);
        vm.expectRevert(abi.encodeWithSelector(CompositeGateway.GatewayCount.selector, 1, 2, 8));
        this.create(one);
        vm.expectRevert(abi.encodeWithSelector(CompositeGateway.GatewayCount.selector, 9, 2, 8));
        this.create(new address[](9));
        address[] memory pair = _pair(address(_quorum), address(gateway));
        (pair[0], pair[1]) = (pair[1], pair[0]);
        vm.expectRevert(abi.encodeWithSelector(CompositeGateway.GatewayInvalid.selector, pair[1]));
        this.create(pair);
        pair[1] = pair[0];
        vm.expectRevert(abi.encodeWithSelector(CompositeGateway.GatewayInvalid.selector, pair[1]));
        this.create(pair);
        vm.expectRevert(abi.encodeWithSelector(CompositeGateway.GatewayInvalid.selector, address(0)));
        this.create(new address[](2));
    }

    function create(address[] calldata gateways) external {
        new CompositeGateway(gateways);
    }

    function test_L7_threeOfThree() public {
        address[] memory pair = _pair(address(_quorum), address(gateway));
        address[] memory three = new address[](3);
        (three[0], three[1], three[2]) = (pair[0], pair[1], address(type(uint160).max));
        _composite = new CompositeGateway(three);
        assertEq(_composite.gateways().length, 3, "three");
        bytes memory self = InteroperableAddress.formatEvmV1(HOME, address(_composite));
        bytes memory envelope = abi.encode(_envelope(1, "hello"));
        switchTo(REMOTE);
        for (uint256 i; i < 3; ++i) {
            assertEq(listener.count(), 0, "not yet");
            vm.prank(three[i]);
            _composite.receiveMessage(bytes32(i), self, envelope);
        }
        assertEq(listener.count(), 1, "all three");
    }
}
