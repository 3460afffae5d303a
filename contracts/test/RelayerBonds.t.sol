// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {QuorumGateway} from "../src/QuorumGateway.sol";
import {RelayerBonds} from "../src/RelayerBonds.sol";
import {GatewayFixture} from "./lib/GatewayFixture.sol";

contract RelayerBondsTest is GatewayFixture {
    uint64 private constant _UNBONDING = 8 days;
    uint256 private constant _BOND = 10 ether + 1;

    RelayerBonds private _bonds;
    Purse private _treasury;
    Purse private _payee;
    address private _liar;

    function setUp() public {
        deployGateway();
        (_treasury, _payee) = (new Purse(), new Purse());
        _bonds = new RelayerBonds(gateway, address(_treasury), _UNBONDING);
        _liar = relayer(0);
        vm.deal(address(this), 100 ether);
        _bonds.bond{value: _BOND}(_liar);
        _bonds.bond{value: 3 ether}(relayer(1));
    }

    function _paid() private view returns (address payable) {
        return payable(address(_payee));
    }

    /// @dev A message that home never sent.
    function _forged() private view returns (QuorumGateway.Message memory) {
        return messageTo(address(listener), 5);
    }

    function _slash(QuorumGateway.Message memory m) private {
        _bonds.slashUndispatched(m, alone(), attest(m, 1), _paid());
    }

    function _assertBond(address who, uint256 bonded, uint256 unbonding, uint256 at) private view {
        (uint256 b, uint256 u, uint64 w) = _bonds.bondOf(who);
        assertEq(b, bonded, "bonded");
        assertEq(u, unbonding, "unbonding");
        assertEq(w, at, "withdrawable at");
    }

    // ------------------------------------------------------------------ bonds

    function test_constructor_bounds() public {
        bytes4 unbonding = RelayerBonds.BondsUnbonding.selector;
        uint64[2] memory wrong = [uint64(7 days - 1), 90 days + 1];
        for (uint256 i; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(unbonding, wrong[i], uint64(7 days), uint64(90 days)));
            this.create(address(_treasury), wrong[i]);
        }
        vm.expectRevert(RelayerBonds.BondsZeroAddress.selector);
        this.create(address(0), _UNBONDING);
        this.create(address(_treasury), 7 days);
        this.create(address(_treasury), 90 days);
    }

    function create(address treasury, uint64 unbonding) external {
        new RelayerBonds(gateway, treasury, unbonding);
    }

    function test_bond_adds() public {
        vm.expectEmit(address(_bonds));
        emit RelayerBonds.Bonded(_liar, address(this), 2 ether, _BOND + 2 ether);
        _bonds.bond{value: 2 ether}(_liar);
        _assertBond(_liar, _BOND + 2 ether, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(RelayerBonds.BondsNothing.selector, _liar));
        _bonds.bond(_liar);
        vm.expectRevert(RelayerBonds.BondsZeroAddress.selector);
        _bonds.bond{value: 1}(address(0));
    }

    /// @notice What is taken back waits its whole time, to the second, and more of it makes all of it wait anew.
    function test_L7_withdraw_exactlyAtTheBoundary() public {
        setRelayers(range(1, 4), 2, 0);
        vm.startPrank(_liar);
        vm.expectRevert(abi.encodeWithSelector(RelayerBonds.BondsTooMuch.selector, _BOND + 1, _BOND));
        _bonds.unbond(_BOND + 1);
        vm.expectRevert(abi.encodeWithSelector(RelayerBonds.BondsNothing.selector, _liar));
        _bonds.unbond(0);
        vm.expectRevert(abi.encodeWithSelector(RelayerBonds.BondsNothing.selector, _liar));
        _bonds.withdraw(_paid());
        uint64 at = uint64(time()) + _UNBONDING;
        vm.expectEmit(address(_bonds));
        emit RelayerBonds.Unbonding(_liar, 4 ether, 4 ether, at);
        _bonds.unbond(4 ether);
        skip(_UNBONDING - 1);
        vm.expectRevert(abi.encodeWithSelector(RelayerBonds.BondsTooEarly.selector, at, at - 1));
        _bonds.withdraw(_paid());
        _bonds.unbond(1 ether);
        at = uint64(time()) + _UNBONDING;
        _assertBond(_liar, _BOND - 5 ether, 5 ether, at);
        skip(_UNBONDING - 1);
        vm.expectRevert(abi.encodeWithSelector(RelayerBonds.BondsTooEarly.selector, at, at - 1));
        _bonds.withdraw(_paid());
        skip(1);
        _bonds.withdraw(_paid());
        assertEq(address(_payee).balance, 5 ether, "paid");
        vm.expectRevert(abi.encodeWithSelector(RelayerBonds.BondsNothing.selector, _liar));
        _bonds.withdraw(_paid());
        vm.stopPrank();
        _assertBond(relayer(1), 3 ether, 0, 0);
    }

    /// @notice Who can still attest answers for it with all that lies here: it begins to take nothing back, and takes nothing out
    ///         that it began to before it was named again.
    function test_L7_unbond_revert_whoseSignatureCounts() public {
        bytes memory refusal = abi.encodeWithSelector(RelayerBonds.BondsStillRelayer.selector, _liar);
        _expectRefused(abi.encodeCall(_bonds.unbond, (1)), refusal);
        setRelayers(range(1, 4), 2, 1 days); // counts beside the new ones for a day
        _expectRefused(abi.encodeCall(_bonds.unbond, (1)), refusal);
        skip(1 days - 1);
        _expectRefused(abi.encodeCall(_bonds.unbond, (1)), refusal);
        skip(1);
        vm.prank(_liar);
        _bonds.unbond(_BOND);
        skip(_UNBONDING);
        setRelayers(range(0, 3), 2, 0); // again
        _expectRefused(abi.encodeCall(_bonds.unbond, (1)), refusal);
        _expectRefused(abi.encodeCall(_bonds.withdraw, (_paid())), refusal);
        _assertBond(_liar, 0, _BOND, time());
        vm.expectEmit(address(_bonds));
        emit RelayerBonds.Bonded(_liar, address(this), _BOND, _BOND);
        _bonds.rebond(_liar);
        vm.expectRevert(abi.encodeWithSelector(RelayerBonds.BondsNothing.selector, _liar));
        _bonds.rebond(_liar);
        tighten(range(1, 3), 2); // a guardian took it out: nothing is free
        _expectRefused(
            abi.encodeCall(_bonds.withdraw, (_paid())),
            abi.encodeWithSelector(RelayerBonds.BondsNothing.selector, _liar)
        );
        vm.expectRevert(abi.encodeWithSelector(RelayerBonds.BondsNoRelayer.selector, _liar));
        _bonds.rebond(_liar);
        vm.startPrank(_liar);
        _bonds.unbond(_BOND);
        skip(_UNBONDING);
        _bonds.withdraw(_paid());
        vm.stopPrank();
        assertEq(address(_payee).balance, _BOND, "all of it");
    }

    function _expectRefused(bytes memory call_, bytes memory refusal) private {
        vm.prank(_liar);
        (bool done, bytes memory reason) = address(_bonds).call(call_);
        assertTrue(!done, "done");
        assertEq(reason, refusal, "why");
    }

    // ------------------------------------------------------------------ what home never sent

    function test_L7_slashUndispatched_halfToTheReporter() public {
        QuorumGateway.Message memory m = _forged();
        bytes memory signature = attest(m, 1);
        vm.expectEmit(address(_bonds));
        emit RelayerBonds.Slashed(_liar, gateway.messageId(m), _paid(), 5 ether, 5 ether + 1);
        vm.prank(ANYBODY);
        _bonds.slashUndispatched(m, alone(), signature, _paid());
        assertEq(address(_payee).balance, 5 ether, "reward, rounded down");
        assertEq(_bonds.owedToTreasury(), 5 ether + 1, "owed");
        _assertBond(_liar, 0, 0, 0);
        _assertBond(relayer(1), 3 ether, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(RelayerBonds.BondsNothing.selector, _liar));
        _bonds.slashUndispatched(m, alone(), signature, _paid()); // nothing a second time
        vm.prank(ANYBODY);
        _bonds.collect();
        assertEq(address(_treasury).balance, 5 ether + 1, "treasury");
        vm.expectRevert(abi.encodeWithSelector(RelayerBonds.BondsNothing.selector, address(_treasury)));
        _bonds.collect();
        assertEq(address(_bonds).balance, 3 ether, "the other's");
    }

    function test_L7_slash_whatIsUnbondingToo() public {
        setRelayers(range(1, 4), 2, 0);
        vm.prank(_liar);
        _bonds.unbond(_BOND - 1 ether);
        skip(_UNBONDING); // and could be withdrawn, but was not
        _slash(_forged());
        assertEq(address(_payee).balance, 5 ether, "half of both");
        _assertBond(_liar, 0, 0, 0);
        vm.prank(_liar);
        vm.expectRevert(abi.encodeWithSelector(RelayerBonds.BondsNothing.selector, _liar));
        _bonds.withdraw(payable(_liar));
    }

    function test_L7_slashUndispatched_outOfALargeTree() public {
        bytes32[] memory leaves = new bytes32[](777);
        for (uint256 i; i < leaves.length; ++i) {
            leaves[i] = keccak256(abi.encode(i));
        }
        QuorumGateway.Message memory m = _forged();
        leaves[400] = gateway.messageId(m);
        bytes32[] memory tree = treeOf(leaves);
        bytes32[] memory proof = proofOf(tree, 400);
        bytes memory signature = signed(tree[0], 1);
        bytes32[] memory wrong = proofOf(tree, 401);
        vm.expectRevert(); // some other signer, who has nothing here
        _bonds.slashUndispatched(m, wrong, signature, _paid());
        _bonds.slashUndispatched(m, proof, signature, _paid());
        assertEq(address(_payee).balance, 5 ether, "slashed");
    }

    /// @notice What home did send costs nobody anything, under any proof.
    function test_L7_slashUndispatched_revert_dispatched() public {
        QuorumGateway.Message memory m = messageTo(address(listener), 1);
        vm.prank(THIEF);
        bytes32 id = gateway.sendMessage(m.recipient, m.payload, new bytes[](0));
        assertEq(id, gateway.messageId(m), "sent");
        bytes memory signature = attest(m, 1);
        vm.expectRevert(abi.encodeWithSelector(RelayerBonds.BondsDispatched.selector, id));
        _bonds.slashUndispatched(m, alone(), signature, _paid());
        m.payload = "something else"; // under the number of what was sent
        _slash(m);
        assertEq(address(_payee).balance, 5 ether, "slashed");
    }

    function test_L7_slashUndispatched_revert_notHomes() public {
        QuorumGateway.Message memory m = _forged();
        m.sourceChainId = REMOTE;
        m.sender = InteroperableAddress.formatEvmV1(REMOTE, THIEF);
        bytes memory signature = attest(m, 1);
        vm.expectRevert(abi.encodeWithSelector(RelayerBonds.BondsNotFromHere.selector, REMOTE, HOME));
        _bonds.slashUndispatched(m, alone(), signature, _paid());
        m.sender = "no address at all";
        signature = attest(m, 1);
        vm.expectRevert(abi.encodeWithSelector(RelayerBonds.BondsNotFromHere.selector, REMOTE, HOME));
        _bonds.slashUndispatched(m, alone(), signature, _paid());
    }

    /// @notice A lie about home under another chain's number, or of a sender that is none, is one about home.
    function test_L7_slashUndispatched_liesAboutHomeInAnyForm() public {
        QuorumGateway.Message memory m = _forged();
        m.sourceChainId = REMOTE;
        _slash(m);
        assertEq(address(_payee).balance, 5 ether, "sender of home");
        _bonds.bond{value: 2 ether}(_liar);
        m = _forged();
        m.sender = "no address at all";
        _slash(m);
        assertEq(address(_payee).balance, 6 ether, "number of home");
    }

    // ------------------------------------------------------------------ two contents of one message

    function _two() private view returns (QuorumGateway.Message memory a, QuorumGateway.Message memory b) {
        (a, b) = (_forged(), _forged());
        a.sourceChainId = b.sourceChainId = REMOTE + 5;
        b.payload = "other contents";
    }

    /// @notice Of other chains too, where nobody here knows which of the two was sent.
    function test_L7_slashEquivocation_ofAnyChain() public {
        (QuorumGateway.Message memory a, QuorumGateway.Message memory b) = _two();
        bytes32[] memory leaves = new bytes32[](5);
        leaves[3] = gateway.messageId(b);
        bytes32[] memory tree = treeOf(leaves);
        vm.expectEmit(address(_bonds));
        emit RelayerBonds.Slashed(_liar, gateway.messageId(a), _paid(), 5 ether, 5 ether + 1);
        _bonds.slashEquivocation(a, alone(), attest(a, 1), b, proofOf(tree, 3), signed(tree[0], 1), _paid());
        assertEq(address(_payee).balance, 5 ether, "slashed");
    }

    function test_L7_slashEquivocation_revert_noEvidence() public {
        (QuorumGateway.Message memory a, QuorumGateway.Message memory b) = _two();
        bytes memory sigA = attest(a, 1);
        vm.expectRevert(abi.encodeWithSelector(RelayerBonds.BondsSameMessage.selector, gateway.messageId(a)));
        _bonds.slashEquivocation(a, alone(), sigA, a, alone(), sigA, _paid());
        bytes memory others = attest(b, 2);
        vm.expectRevert(abi.encodeWithSelector(RelayerBonds.BondsOtherSigner.selector, _liar, relayer(1)));
        _bonds.slashEquivocation(a, alone(), sigA, b, alone(), others, _paid());
        b.nonce = 6;
        bytes memory sigB = attest(b, 1);
        bytes4 other = RelayerBonds.BondsOtherNumber.selector;
        vm.expectRevert(abi.encodeWithSelector(other, REMOTE + 5, uint256(5), REMOTE + 5, uint256(6)));
        _bonds.slashEquivocation(a, alone(), sigA, b, alone(), sigB, _paid());
        (b.nonce, b.sourceChainId) = (5, HOME);
        sigB = attest(b, 1);
        vm.expectRevert(abi.encodeWithSelector(other, REMOTE + 5, uint256(5), HOME, uint256(5)));
        _bonds.slashEquivocation(a, alone(), sigA, b, alone(), sigB, _paid());
        _assertBond(_liar, _BOND, 0, 0);
    }

    // ------------------------------------------------------------------ signatures

    /// @notice An honest relayer's signature of something else is no evidence, altered in whatever bit.
    function test_L7_slash_revert_signaturesOfSomethingElse() public {
        QuorumGateway.Message memory m = _forged();
        bytes32 id = gateway.messageId(m);
        bytes memory good = attest(m, 1);
        for (uint256 bit; bit < 512; bit += 7) {
            bytes memory altered = bytes.concat(good);
            altered[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
            vm.expectRevert();
            _bonds.slashUndispatched(m, alone(), altered, _paid());
        }
        bytes memory asMessage = compact(keys[0], id);
        vm.expectRevert();
        _bonds.slashUndispatched(m, alone(), asMessage, _paid());
        QuorumGateway other = new QuorumGateway(address(authority), HOME, range(0, 3), 2);
        bytes memory elsewhere = compact(keys[0], other.attestationDigest(other.messageId(m)));
        vm.expectRevert();
        _bonds.slashUndispatched(m, alone(), elsewhere, _paid());
        bytes memory two = attest(m, 3);
        vm.expectRevert(abi.encodeWithSelector(RelayerBonds.BondsSignatureLength.selector, uint256(128)));
        _bonds.slashUndispatched(m, alone(), two, _paid());
        vm.expectRevert(ECDSA.ECDSAInvalidSignature.selector);
        _bonds.slashUndispatched(m, alone(), new bytes(64), _paid());
        _assertBond(_liar, _BOND, 0, 0);
        _assertBond(relayer(1), 3 ether, 0, 0);
    }

    /// @notice What a relayer signed for a deployment with another home, such as one to develop with, is no evidence here, though that
    ///         one's contracts stand at the same addresses, and its destinations have the same ids and messages.
    function test_L7_slash_revert_signedUnderAnotherHome() public {
        QuorumGateway.Message memory m = _forged();
        bytes32 id = gateway.messageId(m);
        bytes memory code = address(gateway).code;
        bytes memory init =
            abi.encodePacked(type(QuorumGateway).creationCode, abi.encode(authority, HOME + 7, range(0, 3), 2));
        vm.etch(address(gateway), init);
        (, bytes memory other) = address(gateway).call("");
        vm.etch(address(gateway), other);
        assertEq(gateway.HOME_CHAIN_ID(), HOME + 7, "another home");
        assertEq(gateway.messageId(m), id, "the same message");
        bytes memory there = attest(m, 1);
        vm.etch(address(gateway), code);
        assertEq(gateway.HOME_CHAIN_ID(), HOME, "home");
        (bool done,) = address(_bonds).call(abi.encodeCall(_bonds.slashUndispatched, (m, alone(), there, _paid())));
        // Whom it recovers, if anybody, is nobody who has something here.
        assertTrue(!done, "slashed");
        _assertBond(_liar, _BOND, 0, 0);
        _slash(m);
        _assertBond(_liar, 0, 0, 0);
    }

    // ------------------------------------------------------------------ payees

    /// @notice Who is paid and calls back finds nothing more to take.
    function test_L7_slash_reenteredByThePayee() public {
        QuorumGateway.Message memory m = _forged();
        bytes memory signature = attest(m, 1);
        _payee.callOut(address(_bonds), abi.encodeCall(_bonds.slashUndispatched, (m, alone(), signature, _paid())));
        _bonds.slashUndispatched(m, alone(), signature, _paid());
        assertEq(_payee.answer(), abi.encodeWithSelector(RelayerBonds.BondsNothing.selector, _liar), "re-entered");
        assertEq(address(_payee).balance, 5 ether, "once");
        _treasury.callOut(address(_bonds), abi.encodeCall(_bonds.collect, ()));
        _bonds.collect();
        assertEq(
            _treasury.answer(), abi.encodeWithSelector(RelayerBonds.BondsNothing.selector, address(_treasury)), "again"
        );
        assertEq(address(_treasury).balance, 5 ether + 1, "once");
        assertEq(address(_bonds).balance, 3 ether, "the other's");
    }

    function test_L7_withdraw_reentered() public {
        _bonds.bond{value: 2 ether}(address(_payee));
        vm.startPrank(address(_payee));
        _bonds.unbond(2 ether);
        skip(_UNBONDING);
        _payee.callOut(address(_bonds), abi.encodeCall(_bonds.withdraw, (_paid())));
        _bonds.withdraw(_paid());
        vm.stopPrank();
        assertEq(address(_payee).balance, 2 ether, "once");
        assertEq(address(_bonds).balance, _BOND + 3 ether, "the others'");
    }

    /// @notice A payee that takes nothing slashes nobody: the reporter names another. A treasury that does harms no slashing.
    function test_slash_revert_payeeRefuses() public {
        _payee.refuse(true);
        QuorumGateway.Message memory m = _forged();
        bytes memory signature = attest(m, 1);
        vm.expectRevert(abi.encodeWithSelector(RelayerBonds.BondsNotPaid.selector, _payee, 5 ether));
        _bonds.slashUndispatched(m, alone(), signature, _paid());
        vm.expectRevert(RelayerBonds.BondsZeroAddress.selector);
        _bonds.slashUndispatched(m, alone(), signature, payable(address(0)));
        _assertBond(_liar, _BOND, 0, 0);
        _treasury.refuse(true);
        _bonds.slashUndispatched(m, alone(), signature, payable(ANYBODY));
        vm.expectRevert(abi.encodeWithSelector(RelayerBonds.BondsNotPaid.selector, _treasury, 5 ether + 1));
        _bonds.collect();
        assertEq(_bonds.owedToTreasury(), 5 ether + 1, "still owed");
        _treasury.refuse(false);
        _bonds.collect();
    }
}

/// @notice Takes coins, or refuses them, or calls somebody when it gets some.
contract Purse {
    bytes public answer;
    bool private _refuses;
    address private _target;
    bytes private _call;

    function refuse(bool refuses) external {
        _refuses = refuses;
    }

    function callOut(address target, bytes calldata call_) external {
        (_target, _call) = (target, call_);
    }

    receive() external payable {
        require(!_refuses);
        if (_target != address(0)) (, answer) = _target.call(_call);
    }
}
