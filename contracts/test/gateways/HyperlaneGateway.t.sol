// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC7786GatewaySource} from "@openzeppelin/contracts/interfaces/draft-IERC7786.sol";
import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {HyperlaneGateway} from "../../src/gateways/HyperlaneGateway.sol";
import {Prepaid} from "../../src/gateways/Prepaid.sol";
import {Listener, Transports} from "../lib/Transports.sol";

contract HyperlaneGatewayTest is Transports {
    bytes[] private _none;

    function setUp() public {
        deployTransports();
    }

    function _send(bytes memory payload) private returns (bytes32 id, Carried memory c) {
        switchTo(HOME);
        vm.recordLogs();
        vm.startPrank(SENDER);
        id = gateway.sendMessage{value: gateway.price(recipient(), payload)}(recipient(), payload, _none);
        vm.stopPrank();
        c = carried(vm.getRecordedLogs());
    }

    // ------------------------------------------------------------------ delivery

    function test_L3_aMessageArrivesOnceOverTwoMailboxes() public {
        (bytes32 id, Carried memory c) = _send("hello");
        process(c, validators2(0, 2));
        assertEq(listener.count(), 1, "delivered");
        assertEq(listener.last(), id, "the id of both sides");
        assertEq(listener.payload(), "hello", "payload");
        assertEq(listener.sender(), InteroperableAddress.formatEvmV1(HOME, SENDER), "sender");
        assertEq(listener.gateway(), address(gateway), "gateway");
        assertTrue(gateway.delivered(id), "known as delivered");
        bytes memory signed = metadata(c.seen, validators2(0, 2));
        vm.expectRevert("Mailbox: already delivered");
        remoteHyperlane.mailbox.process(signed, c.message);
    }

    function testFuzz_L3_anyPayloadArrivesAsItWas(bytes calldata payload, uint256 pair) public {
        (bytes32 id, Carried memory c) = _send(payload);
        uint256 first = pair % 2;
        process(c, validators2(first, first + 1 + (first == 0 ? (pair >> 8) % 2 : 0)));
        assertEq(listener.payload(), payload, "payload");
        assertEq(listener.last(), id, "id");
    }

    function test_L7_revert_fewerSignaturesThanTheModuleAsksFor() public {
        (bytes32 id, Carried memory c) = _send("hello");
        uint256[] memory stranger = validators2(0, 1);
        stranger[1] = 0xBAD;
        bytes[5] memory bad = [
            metadata(c.seen, validators1(1)),
            metadata(c.seen, validators2(1, 1)), // one twice
            metadata(c.seen, stranger),
            metadata(c.seen, new uint256[](0)),
            bytes("")
        ];
        switchTo(REMOTE);
        for (uint256 i; i < bad.length; ++i) {
            vm.expectRevert();
            remoteHyperlane.mailbox.process(bad[i], c.message);
        }
        assertEq(listener.count(), 0, "delivered without a quorum");
        assertFalse(gateway.delivered(id), "marked");
        process(c, validators2(0, 1)); // and nothing of that was in its way
        assertEq(listener.count(), 1, "delivered");
    }

    function test_L7_revert_signaturesOfAnotherMessage() public {
        (, Carried memory first) = _send("first");
        (, Carried memory second) = _send("second");
        bytes memory signed = metadata(first.seen, validators2(0, 1));
        switchTo(REMOTE);
        vm.expectRevert("!threshold");
        remoteHyperlane.mailbox.process(signed, second.message);
        assertEq(listener.count(), 0, "delivered");
    }

    /// @notice The Mailbox's own default module, which is its owner's to change, admits anything here.
    function test_L7_theMailboxsDefaultModuleCountsForNothing() public {
        (, Carried memory c) = _send("hello");
        switchTo(REMOTE);
        vm.expectRevert();
        remoteHyperlane.mailbox.process("", c.message);
    }

    function test_L3_inAnyOrder() public {
        (bytes32 id1, Carried memory m1) = _send("1");
        (bytes32 id2, Carried memory m2) = _send("2");
        (bytes32 id3, Carried memory m3) = _send("3");
        assertTrue(id1 != id2 && id2 != id3, "ids differ");
        process(m3, validators2(0, 1));
        assertEq(listener.last(), id3, "third");
        process(m1, validators2(1, 2));
        assertEq(listener.last(), id1, "first");
        process(m2, validators2(0, 2));
        assertEq(listener.last(), id2, "second");
        assertEq(listener.count(), 3, "each once");
    }

    /// @notice The same said twice is two messages.
    function test_L3_theSamePayloadTwiceIsTwoMessages() public {
        (bytes32 id1, Carried memory m1) = _send("again");
        (bytes32 id2, Carried memory m2) = _send("again");
        assertTrue(id1 != id2, "one id");
        process(m1, validators2(0, 1));
        process(m2, validators2(0, 1));
        assertEq(listener.count(), 2, "both");
    }

    /// @notice A Mailbox is upgraded by its owners. One that forgets what it delivered delivers nothing twice.
    function test_L3_revert_twiceByAMailboxThatForgets() public {
        (bytes32 id, Carried memory c) = _send("hello");
        process(c, validators2(0, 1));
        bytes memory body = abi.encode(HyperlaneGateway.Body(1, SENDER, address(listener), "hello"));
        vm.expectRevert(abi.encodeWithSelector(HyperlaneGateway.GatewayDelivered.selector, id));
        vm.prank(address(remoteHyperlane.mailbox));
        gateway.handle(HOME_DOMAIN, bytes32(uint256(uint160(address(gateway)))), body);
    }

    function test_L9_whatTheRecipientRefusesMayComeAgain() public {
        (bytes32 id, Carried memory c) = _send("hello");
        bytes memory signed = metadata(c.seen, validators2(0, 1));
        listener.refuse(true);
        switchTo(REMOTE);
        vm.expectRevert(Listener.Refused.selector);
        remoteHyperlane.mailbox.process(signed, c.message);
        listener.refuse(false);
        listener.answerWith(0xdeadbeef);
        vm.expectRevert(abi.encodeWithSelector(HyperlaneGateway.GatewayNotAccepted.selector, id));
        remoteHyperlane.mailbox.process(signed, c.message);
        listener.answerWith(listener.receiveMessage.selector);
        remoteHyperlane.mailbox.process(signed, c.message);
        assertEq(listener.count(), 1, "delivered in the end");
    }

    // ------------------------------------------------------------------ who may speak

    function test_L11_handle_revert_whoIsNotTheMailbox() public {
        bytes memory body = abi.encode(HyperlaneGateway.Body(1, SENDER, address(listener), "hello"));
        bytes32 self = bytes32(uint256(uint160(address(gateway))));
        switchTo(REMOTE);
        address[2] memory callers = [STRANGER, address(homeHyperlane.mailbox)];
        for (uint256 i; i < callers.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(HyperlaneGateway.GatewayUnauthorized.selector, callers[i]));
            vm.prank(callers[i]);
            gateway.handle(HOME_DOMAIN, self, body);
        }
    }

    /// @notice Anybody sends through Hyperlane to the gateway; only the gateway at the other end is believed.
    function test_L7_handle_revert_anotherSenderThanTheGateway() public {
        bytes32 self = bytes32(uint256(uint160(address(gateway))));
        bytes memory body = abi.encode(HyperlaneGateway.Body(1, address(gateway), address(listener), "forged"));
        vm.recordLogs();
        vm.deal(STRANGER, 1 ether);
        vm.prank(STRANGER);
        homeHyperlane.mailbox.dispatch{value: 1 ether}(REMOTE_DOMAIN, self, body, "");
        Carried memory c = carried(vm.getRecordedLogs());
        bytes memory signed = metadata(c.seen, validators2(0, 1));
        switchTo(REMOTE);
        vm.expectRevert(
            abi.encodeWithSelector(HyperlaneGateway.GatewaySenderUnknown.selector, bytes32(uint256(uint160(STRANGER))))
        );
        remoteHyperlane.mailbox.process(signed, c.message);
        // nor one whose address has more to it
        vm.expectRevert(
            abi.encodeWithSelector(HyperlaneGateway.GatewaySenderUnknown.selector, self | bytes32(uint256(1) << 200))
        );
        vm.prank(address(remoteHyperlane.mailbox));
        gateway.handle(HOME_DOMAIN, self | bytes32(uint256(1) << 200), body);
        assertEq(listener.count(), 0, "believed");
    }

    function test_L11_handle_revert_chainThatNobodyNamed() public {
        (, Carried memory c) = _send("hello");
        bytes memory signed = metadata(c.seen, validators2(0, 1));
        switchTo(REMOTE);
        gateway.setDomain(HOME, 0);
        vm.expectRevert(abi.encodeWithSelector(HyperlaneGateway.GatewayDomainUnknown.selector, HOME_DOMAIN));
        remoteHyperlane.mailbox.process(signed, c.message);
        gateway.setDomain(HOME, HOME_DOMAIN);
        remoteHyperlane.mailbox.process(signed, c.message);
        assertEq(listener.count(), 1, "named again");
    }

    function test_handle_revert_value() public {
        (, Carried memory c) = _send("hello");
        bytes memory signed = metadata(c.seen, validators2(0, 1));
        switchTo(REMOTE);
        vm.deal(address(this), 1);
        vm.expectRevert(abi.encodeWithSelector(HyperlaneGateway.GatewayNoValue.selector, uint256(1)));
        remoteHyperlane.mailbox.process{value: 1}(signed, c.message);
    }

    // ------------------------------------------------------------------ sending

    function test_sendMessage_revert_attributes() public {
        bytes[] memory attributes = new bytes[](1);
        attributes[0] = hex"aabbccdd00";
        assertFalse(gateway.supportsAttribute(0xaabbccdd), "supports none");
        vm.expectRevert(abi.encodeWithSelector(IERC7786GatewaySource.UnsupportedAttribute.selector, bytes4(0xaabbccdd)));
        gateway.sendMessage(recipient(), "", attributes);
    }

    function test_sendMessage_revert_chainThatNobodyNamed() public {
        vm.expectRevert(abi.encodeWithSelector(HyperlaneGateway.GatewayChainUnknown.selector, uint256(7)));
        gateway.sendMessage(InteroperableAddress.formatEvmV1(7, address(listener)), "", _none);
        vm.expectRevert(HyperlaneGateway.GatewaySameChain.selector);
        gateway.sendMessage(InteroperableAddress.formatEvmV1(HOME, address(listener)), "", _none);
    }

    function test_sendMessage_announces() public {
        bytes32 id = gateway.messageId(HOME, REMOTE, HyperlaneGateway.Body(1, SENDER, address(listener), "hello"));
        uint256 fee = gateway.price(recipient(), "hello");
        bytes memory from = InteroperableAddress.formatEvmV1(HOME, SENDER);
        vm.expectEmit(address(gateway));
        emit IERC7786GatewaySource.MessageSent(id, from, recipient(), "hello", 0, new bytes[](0));
        vm.prank(SENDER);
        assertEq(gateway.sendMessage{value: fee}(recipient(), "hello", _none), id, "id");
        assertEq(gateway.nonce(), 1, "one message");
    }

    // ------------------------------------------------------------------ fees

    function test_price_isWhatHyperlaneAsksForGasEnough() public view {
        uint256 gas_ = gateway.GAS() + 100 * gateway.GAS_PER_BYTE() + GAS_OVERHEAD;
        assertEq(gateway.price(recipient(), new bytes(100)), gas_ * GAS_PRICE, "price");
    }

    function test_sendMessage_revert_paidTooLittle() public {
        uint256 fee = gateway.price(recipient(), "hello");
        vm.expectRevert(abi.encodeWithSelector(Prepaid.GatewayFee.selector, fee, fee - 1));
        vm.prank(SENDER);
        gateway.sendMessage{value: fee - 1}(recipient(), "hello", _none);
        vm.expectRevert(abi.encodeWithSelector(Prepaid.GatewayFee.selector, fee, uint256(0)));
        vm.prank(SENDER);
        gateway.sendMessage(recipient(), "hello", _none);
        assertEq(gateway.nonce(), 0, "no number is lost");
    }

    function test_sendMessage_whatIsTooMuchStaysTheSenders() public {
        uint256 fee = gateway.price(recipient(), "hello");
        vm.startPrank(SENDER);
        gateway.sendMessage{value: 2 * fee + 5}(recipient(), "hello", _none);
        assertEq(gateway.prepaid(SENDER), fee + 5, "left");
        assertEq(homeHyperlane.paymaster.balance, fee, "Hyperlane has its fee");
        gateway.sendMessage(recipient(), "hello", _none); // the next one is paid for
        assertEq(gateway.prepaid(SENDER), 5, "left after that");
        uint256 before = SENDER.balance;
        gateway.withdraw(5, payable(SENDER));
        vm.stopPrank();
        assertEq(SENDER.balance, before + 5, "taken back");
        assertEq(address(gateway).balance, 0, "nothing stays");
    }

    function test_prepaid_isSpentByNobodyElse() public {
        uint256 fee = gateway.price(recipient(), "hello");
        gateway.prepay{value: fee}(SENDER);
        vm.startPrank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(Prepaid.GatewayFee.selector, fee, uint256(0)));
        gateway.sendMessage(recipient(), "hello", _none);
        vm.expectRevert(abi.encodeWithSelector(Prepaid.GatewayFee.selector, fee, uint256(0)));
        gateway.withdraw(fee, payable(STRANGER));
        vm.stopPrank();
        vm.prank(SENDER);
        gateway.sendMessage(recipient(), "hello", _none);
        assertEq(gateway.prepaid(SENDER), 0, "used");
    }

    function test_withdraw_revert_whoTakesNothing() public {
        gateway.prepay{value: 1}(address(this));
        vm.expectRevert(abi.encodeWithSelector(Prepaid.GatewayNotPaid.selector, address(listener), uint256(1)));
        gateway.withdraw(1, payable(address(listener)));
    }

    // ------------------------------------------------------------------ settings

    function test_L5_settings_revert_whoIsNotGovernance() public {
        vm.startPrank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, STRANGER));
        gateway.setDomain(5, 5);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, STRANGER));
        gateway.setSecurityModule(address(listener));
        vm.stopPrank();
    }

    function test_L11_setSecurityModule_revert_noContract() public {
        vm.expectRevert(abi.encodeWithSelector(HyperlaneGateway.GatewayModuleInvalid.selector, address(0)));
        gateway.setSecurityModule(address(0));
        vm.expectRevert(abi.encodeWithSelector(HyperlaneGateway.GatewayModuleInvalid.selector, STRANGER));
        gateway.setSecurityModule(STRANGER);
    }

    function test_setDomain_oneChainEach() public {
        vm.expectRevert(abi.encodeWithSelector(HyperlaneGateway.GatewayDomainTaken.selector, REMOTE_DOMAIN, REMOTE));
        gateway.setDomain(7, REMOTE_DOMAIN);
        vm.expectRevert(HyperlaneGateway.GatewaySameChain.selector);
        gateway.setDomain(HOME, 5);
        vm.expectRevert(HyperlaneGateway.GatewaySameChain.selector);
        gateway.setDomain(7, HOME_DOMAIN);
        vm.expectRevert(abi.encodeWithSelector(HyperlaneGateway.GatewayChainUnknown.selector, uint256(0)));
        gateway.setDomain(0, 5);
        gateway.setDomain(REMOTE, 2002);
        assertEq(gateway.domainOf(REMOTE), 2002, "changed");
        gateway.setDomain(7, REMOTE_DOMAIN); // free now
        assertEq(gateway.domainOf(7), REMOTE_DOMAIN, "taken over");
        gateway.setDomain(7, 0);
        assertEq(gateway.domainOf(7), 0, "cut off");
    }
}
