// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Approvers} from "../../src/rules/Approvers.sol";
import {BoundedCall} from "../../src/rules/BoundedCall.sol";
import {Tightening} from "../../src/rules/Tightening.sol";
import {Governed} from "../lib/Governed.sol";
import {ISafe, SafeFixture} from "../lib/SafeFixture.sol";
import {Greedy} from "./Greedy.sol";
import {HostileSigner, TwoOwnerWallet} from "./Signers.sol";

contract ApproversTest is Governed, SafeFixture {
    bytes32 private constant INTENT = keccak256("intent");
    uint256 private constant CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    Approvers private _approvers;
    uint256[] private _keys; // ascending by address
    uint64 private _deadline;
    Greedy private _greedy;

    /// @dev What is handed to {Approvers-approved}.
    struct Shown {
        address[] signers;
        bytes[] signatures;
        uint64[] deadlines;
    }

    function setUp() public {
        govern();
        _approvers = new Approvers(address(authority), registry);
        _deadline = uint64(START + 1 hours);
        for (uint256 key = 0xB1; key <= 0xB5; ++key) {
            _keys.push(key);
            for (uint256 i = _keys.length - 1; i > 0 && vm.addr(_keys[i - 1]) > vm.addr(_keys[i]); --i) {
                (_keys[i - 1], _keys[i]) = (_keys[i], _keys[i - 1]);
            }
        }
        _set(2, _panel(3));
        _greedy = new Greedy(_approvers.SIGNATURE_GAS() - 150, uint256(bytes32(IERC1271.isValidSignature.selector)));
    }

    /// @dev The first `n` keys.
    function _panel(uint256 n) private view returns (address[] memory panel) {
        panel = new address[](n);
        for (uint256 i; i < n; ++i) {
            panel[i] = vm.addr(_keys[i]);
        }
    }

    function _one(address approver) private pure returns (address[] memory panel) {
        panel = new address[](1);
        panel[0] = approver;
    }

    function _set(uint8 threshold, address[] memory panel) private {
        vm.prank(GOVERNANCE);
        _approvers.setApprovers(agentId, threshold, panel);
    }

    function _shown(uint256 n) private pure returns (Shown memory) {
        return Shown(new address[](n), new bytes[](n), new uint64[](n));
    }

    /// @dev Valid approvals of the first `n` keys.
    function _approvals(uint256 n) private view returns (Shown memory s) {
        s = _shown(n);
        for (uint256 i; i < n; ++i) {
            _approve(s, i, _keys[i]);
        }
    }

    function _approve(Shown memory s, uint256 i, uint256 key) private view {
        (s.signers[i], s.deadlines[i]) = (vm.addr(key), _deadline);
        s.signatures[i] = _sign(key, _approvers.approvalDigest(agentId, INTENT, vm.addr(key), _deadline));
    }

    function _sign(uint256 key, bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function _isApproved(Shown memory s) private view returns (bool) {
        return _approvers.approved(agentId, INTENT, s.signers, s.signatures, s.deadlines);
    }

    function _assertApproved(Shown memory s, string memory why) private view {
        assertTrue(_isApproved(s), why);
    }

    function _assertNotApproved(Shown memory s, string memory why) private view {
        assertFalse(_isApproved(s), why);
    }

    // ------------------------------------------------------------------ k of n

    function test_approved_byKOrMore() public view {
        _assertNotApproved(_approvals(0), "none");
        _assertNotApproved(_approvals(1), "one of two");
        _assertApproved(_approvals(2), "two");
        _assertApproved(_approvals(3), "all three");
    }

    function test_approved_byAnyK() public view {
        Shown memory s = _shown(2);
        _approve(s, 0, _keys[0]);
        _approve(s, 1, _keys[2]);
        _assertApproved(s, "first and third");
        _approve(s, 0, _keys[1]);
        _assertApproved(s, "second and third");
    }

    function test_L11_approved_neverWithoutAPanel() public view {
        Shown memory s = _approvals(2);
        assertFalse(_approvers.approved(agentId + 1, INTENT, s.signers, s.signatures, s.deadlines), "another agent");
        s = _shown(0);
        assertFalse(_approvers.approved(agentId + 1, INTENT, s.signers, s.signatures, s.deadlines), "nobody needed");
    }

    function test_L11_approved_neverWithKOfZeroOrAboveN() public {
        _set(0, _panel(3));
        _assertNotApproved(_approvals(0), "k = 0, none");
        _assertNotApproved(_approvals(3), "k = 0, all");
        _set(4, _panel(3));
        _assertNotApproved(_approvals(3), "k = n + 1");
        _set(255, _panel(3));
        _assertNotApproved(_approvals(3), "k = 255");
        _set(0, _panel(0));
        _assertNotApproved(_approvals(0), "0 of 0");
        _set(1, _panel(0));
        _assertNotApproved(_approvals(0), "1 of 0");
    }

    function test_approved_sixteen() public {
        address[] memory panel = new address[](16);
        uint256[] memory keys = new uint256[](16);
        for (uint256 n; n < 16; ++n) {
            uint256 i = n;
            for (; i > 0 && vm.addr(keys[i - 1]) > vm.addr(0xC00 + n); --i) {
                keys[i] = keys[i - 1];
            }
            keys[i] = 0xC00 + n;
        }
        Shown memory s = _shown(16);
        for (uint256 i; i < 16; ++i) {
            panel[i] = vm.addr(keys[i]);
            _approve(s, i, keys[i]);
        }
        _set(16, panel);
        _assertApproved(s, "16 of 16");
        s.signatures[15] = s.signatures[14];
        _assertNotApproved(s, "15 of 16");
    }

    // ------------------------------------------------------------------ who signs

    function test_L7_approved_oneApproverCountsOnce() public view {
        Shown memory s = _shown(2);
        _approve(s, 0, _keys[0]);
        _approve(s, 1, _keys[0]);
        _assertNotApproved(s, "twice");
        s = _shown(3);
        _approve(s, 0, _keys[0]);
        _approve(s, 1, _keys[1]);
        _approve(s, 2, _keys[1]);
        _assertNotApproved(s, "enough, and one twice");
    }

    function test_approved_unsorted() public view {
        Shown memory s = _shown(2);
        _approve(s, 0, _keys[1]);
        _approve(s, 1, _keys[0]);
        _assertNotApproved(s, "descending");
    }

    function test_approved_foreignSigner() public view {
        Shown memory s = _shown(2);
        _approve(s, 0, _keys[0]);
        for (uint256 i = 3; i < 5; ++i) {
            _approve(s, 1, _keys[i]);
            _assertNotApproved(s, "one is a stranger");
        }
        s = _approvals(4);
        _assertNotApproved(s, "enough, and a stranger");
        s = _shown(2);
        _approve(s, 1, _keys[0]);
        _assertNotApproved(s, "nobody");
    }

    /// @dev Not even where governance made it an approver, or the owner an approver's key the agent's.
    function test_L7_approved_notByTheAgentItself() public {
        _set(1, _one(AGENT));
        Shown memory s = _shown(1);
        _approve(s, 0, AGENT_KEY);
        _assertNotApproved(s, "the agent's key");
        vm.prank(OWNER);
        registry.unsetAgentWallet(agentId);
        _assertApproved(s, "no longer the agent's key");
    }

    function test_approved_anotherOnesSignature() public view {
        Shown memory s = _approvals(2);
        (s.signatures[0], s.signatures[1]) = (s.signatures[1], s.signatures[0]);
        _assertNotApproved(s, "exchanged");
        s = _approvals(2);
        // Signed by a stranger in the name of an approver.
        s.signatures[1] = _sign(_keys[4], _approvers.approvalDigest(agentId, INTENT, s.signers[1], _deadline));
        _assertNotApproved(s, "forged");
    }

    function test_approved_oneInvalidSpoilsTheRest() public view {
        Shown memory s = _approvals(3);
        s.signatures[2] = "";
        _assertNotApproved(s, "two valid, one empty");
    }

    function test_approved_lengthsDiffer() public view {
        for (uint256 n; n < 5; ++n) {
            if (n == 3) continue;
            Shown memory s = _approvals(3);
            s.signatures = new bytes[](n);
            _assertNotApproved(s, "signatures");
            s = _approvals(3);
            s.deadlines = new uint64[](n);
            _assertNotApproved(s, "deadlines");
        }
    }

    // ------------------------------------------------------------------ signatures

    function test_approved_oneSpellingOfASignature() public view {
        Shown memory s = _approvals(2);
        (uint8 v, bytes32 r, bytes32 low) =
            vm.sign(_keys[0], _approvers.approvalDigest(agentId, INTENT, s.signers[0], _deadline));
        s.signatures[0] = abi.encodePacked(r, low, v);
        _assertApproved(s, "as signed");
        uint8 flipped = v == 27 ? 28 : 27;
        s.signatures[0] = abi.encodePacked(r, CURVE_ORDER - uint256(low), flipped);
        _assertNotApproved(s, "the other half of the curve");
        s.signatures[0] = abi.encodePacked(r, low, v - 27);
        _assertNotApproved(s, "v of 0 or 1");
        s.signatures[0] = abi.encodePacked(r, uint256(low) | (v == 28 ? 1 << 255 : 0));
        _assertNotApproved(s, "compact (ERC-2098)");
        s.signatures[0] = abi.encodePacked(r, low, v, uint8(0));
        _assertNotApproved(s, "a byte too many");
        s.signatures[0] = abi.encodePacked(r, low, flipped);
        _assertNotApproved(s, "another key");
        s.signatures[0] = new bytes(65);
        _assertNotApproved(s, "zeros");
    }

    function testFuzz_approved_noBitMayChange(uint256 bit) public view {
        Shown memory s = _approvals(2);
        bit = bound(bit, 0, 65 * 8 - 1);
        s.signatures[1][bit / 8] = s.signatures[1][bit / 8] ^ bytes1(uint8(1 << (bit % 8)));
        _assertNotApproved(s, "altered");
    }

    function testFuzz_L11_approved_neverFails(
        uint256 agent,
        bytes32 intentId,
        address[] calldata signers,
        bytes[] calldata signatures,
        uint64[] calldata deadlines
    ) public view {
        assertFalse(_approvers.approved(agent, intentId, signers, signatures, deadlines), "random");
    }

    // ------------------------------------------------------------------ bound to one intent, here

    function test_approved_deadline() public {
        Shown memory s = _approvals(2);
        vm.warp(_deadline);
        _assertApproved(s, "last second");
        vm.warp(_deadline + 1);
        _assertNotApproved(s, "too late");
        s.deadlines[0] = s.deadlines[1] = _deadline + 1;
        _assertNotApproved(s, "a deadline that was not signed");
    }

    function test_L3_approved_notForAnotherIntent() public view {
        Shown memory s = _approvals(2);
        assertFalse(_approvers.approved(agentId, ~INTENT, s.signers, s.signatures, s.deadlines), "intent");
    }

    function test_L3_approved_notForAnotherAgent() public {
        vm.prank(GOVERNANCE);
        _approvers.setApprovers(agentId + 1, 2, _panel(3));
        Shown memory s = _approvals(2);
        assertFalse(_approvers.approved(agentId + 1, INTENT, s.signers, s.signatures, s.deadlines), "agent");
    }

    function test_L3_approved_notOnAnotherChain() public {
        Shown memory s = _approvals(2);
        vm.chainId(HOME + 1);
        _assertNotApproved(s, "chain");
        vm.chainId(HOME);
        _assertApproved(s, "home");
    }

    function test_L3_approved_notByAnotherContract() public {
        Shown memory s = _approvals(2);
        Approvers other = new Approvers(address(authority), registry);
        vm.prank(GOVERNANCE);
        other.setApprovers(agentId, 2, _panel(3));
        assertFalse(other.approved(agentId, INTENT, s.signers, s.signatures, s.deadlines), "contract");
    }

    /// @dev What wallets show and sign: computed here from the words alone.
    function test_approvalDigest() public view {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("MandateApprovers"),
                keccak256("1"),
                HOME,
                address(_approvers)
            )
        );
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Approval(bytes32 intentId,uint256 agentId,address approver,uint64 deadline)"),
                INTENT,
                agentId,
                PAYEE,
                _deadline
            )
        );
        assertEq(
            _approvers.approvalDigest(agentId, INTENT, PAYEE, _deadline),
            keccak256(abi.encodePacked(hex"1901", domain, structHash)),
            "digest"
        );
    }

    // ------------------------------------------------------------------ contracts that sign

    /// @dev A wallet of the fourth and fifth key.
    function _useWallet() private returns (Shown memory s) {
        address wallet = address(new TwoOwnerWallet(vm.addr(_keys[3]), vm.addr(_keys[4])));
        _set(1, _one(wallet));
        bytes32 digest = _approvers.approvalDigest(agentId, INTENT, wallet, _deadline);
        s = _shown(1);
        (s.signers[0], s.deadlines[0]) = (wallet, _deadline);
        s.signatures[0] = abi.encodePacked(_sign(_keys[3], digest), _sign(_keys[4], digest));
    }

    function test_approved_byAContract() public {
        Shown memory s = _useWallet();
        _assertApproved(s, "both owners");
        bytes memory both = s.signatures[0];
        bytes32 digest = _approvers.approvalDigest(agentId, INTENT, s.signers[0], _deadline);
        s.signatures[0] = abi.encodePacked(_sign(_keys[4], digest), _sign(_keys[3], digest));
        _assertNotApproved(s, "exchanged");
        s.signatures[0] = _sign(_keys[3], digest);
        _assertNotApproved(s, "one owner");
        s.signatures[0] = both;
        s.deadlines[0] += 1;
        _assertNotApproved(s, "a deadline that was not signed");
    }

    /// @dev An owner of two wallets, or an approver who owns a wallet too, does not sign for both at once.
    function test_L7_approved_aContractsSignatureIsNotItsOwners() public {
        Shown memory s = _useWallet();
        address other = address(new TwoOwnerWallet(vm.addr(_keys[3]), vm.addr(_keys[4])));
        _set(1, _one(other));
        s.signers[0] = other;
        _assertNotApproved(s, "another wallet of the same owners");
    }

    function test_approved_keysAndContractsTogether() public {
        Shown memory wallet = _useWallet();
        address key = vm.addr(_keys[0]);
        bool first = key < wallet.signers[0];
        address[] memory panel = new address[](2);
        (panel[0], panel[1]) = first ? (key, wallet.signers[0]) : (wallet.signers[0], key);
        _set(2, panel);
        Shown memory s = _shown(2);
        _approve(s, first ? 0 : 1, _keys[0]);
        uint256 i = first ? 1 : 0;
        (s.signers[i], s.signatures[i], s.deadlines[i]) = (wallet.signers[0], wallet.signatures[0], _deadline);
        _assertApproved(s, "key and contract");
    }

    /// @dev The owners sign in Safe's own way; what they sign holds for their Safe, this intent and this deadline.
    function test_approved_byARealSafe() public {
        SafeVersion[2] memory versions = [SafeVersion.V1_4_1, SafeVersion.V1_5_0];
        for (uint256 i; i < versions.length; ++i) {
            ISafe safe = newSafe2of3(versions[i]);
            _set(1, _one(address(safe)));
            Shown memory s = _shown(1);
            (s.signers[0], s.deadlines[0]) = (address(safe), _deadline);
            bytes32 digest = _approvers.approvalDigest(agentId, INTENT, address(safe), _deadline);
            s.signatures[0] = safeMessageSignature(safe, safeKeys(2), digest);
            _assertApproved(s, "two of three owners");
            s.deadlines[0] += 1;
            _assertNotApproved(s, "a deadline that was not signed");
            s.deadlines[0] -= 1;
            s.signatures[0] = safeMessageSignature(safe, safeKeys(1), digest);
            _assertNotApproved(s, "one owner");
            // Without a signature a Safe looks for what it signed on chain; this one signed nothing.
            s.signatures[0] = "";
            _assertNotApproved(s, "nothing");
            // What the owners sign for themselves is not what their Safe signs.
            s.signatures[0] = safeSignatures(safeKeys(2), digest);
            _assertNotApproved(s, "not as a message of the Safe");
        }
    }

    /// @dev A Safe takes its approval back by a transaction of its owners.
    function test_disapprove_byARealSafe() public {
        ISafe safe = newSafe2of3(SafeVersion.V1_4_1);
        _set(1, _one(address(safe)));
        Shown memory s = _shown(1);
        (s.signers[0], s.deadlines[0]) = (address(safe), _deadline);
        s.signatures[0] = safeMessageSignature(
            safe, safeKeys(2), _approvers.approvalDigest(agentId, INTENT, address(safe), _deadline)
        );
        _assertApproved(s, "signed");
        safeCall(safe, safeKeys(2), address(_approvers), 0, abi.encodeCall(_approvers.disapprove, (INTENT)));
        _assertNotApproved(s, "taken back");
    }

    /// @dev The gas that a signer gets is enough for a Safe with 20 owners, each of whom must sign.
    function test_approved_byALargeSafe() public {
        ISafe safe = newSafe(SafeVersion.V1_4_1, safeKeys(20), 20);
        _set(1, _one(address(safe)));
        Shown memory s = _shown(1);
        (s.signers[0], s.deadlines[0]) = (address(safe), _deadline);
        s.signatures[0] = safeMessageSignature(
            safe, safeKeys(20), _approvers.approvalDigest(agentId, INTENT, address(safe), _deadline)
        );
        uint256 before = gasleft();
        _assertApproved(s, "20 of 20 owners");
        assertLe(before - gasleft(), _approvers.SIGNATURE_GAS() / 2, "gas, with room for more");
    }

    /// @dev A key whose account has code speaks by its code alone.
    function test_approved_accountThatGotCode() public {
        Shown memory s = _approvals(2);
        vm.etch(s.signers[0], hex"00");
        _assertNotApproved(s, "its code knows no signatures");
    }

    function test_L11_approved_hostileContracts() public {
        HostileSigner signer = new HostileSigner();
        _set(1, _one(address(signer)));
        Shown memory s = _shown(1);
        (s.signers[0], s.deadlines[0], s.signatures[0]) = (address(signer), _deadline, hex"00");
        bytes4 magic = IERC1271.isValidSignature.selector;

        signer.will(HostileSigner.Deed.ANSWER, abi.encode(magic));
        _assertApproved(s, "the magic value");
        bytes[8] memory garbage = [
            bytes(""),
            abi.encodePacked(magic), // four bytes are no word
            abi.encodePacked(magic, bytes27(0)), // 31 bytes
            abi.encodePacked(magic, bytes27(0), uint8(1)), // a dirty word
            abi.encode(true),
            abi.encode(bytes4(0xffffffff)),
            abi.encode(uint32(magic)), // on the wrong side of its word
            abi.encode(bytes32(type(uint256).max))
        ];
        for (uint256 i; i < garbage.length; ++i) {
            signer.will(HostileSigner.Deed.ANSWER, garbage[i]);
            _assertNotApproved(s, "garbage");
        }
        HostileSigner.Deed[4] memory deeds = [
            HostileSigner.Deed.REVERT_WITH_ANSWER,
            HostileSigner.Deed.REVERT_LONG,
            HostileSigner.Deed.BURN,
            HostileSigner.Deed.WRITE
        ];
        for (uint256 i; i < deeds.length; ++i) {
            signer.will(deeds[i], abi.encode(magic));
            uint256 before = gasleft();
            _assertNotApproved(s, "bad deed");
            assertLe(before - gasleft(), _approvers.SIGNATURE_GAS() + 100_000, "gas");
        }
        // A long answer costs its author's gas, and is read no further than its first word.
        signer.will(HostileSigner.Deed.ANSWER_LONG, abi.encode(magic));
        uint256 left = gasleft();
        _assertApproved(s, "long");
        assertLe(left - gasleft(), _approvers.SIGNATURE_GAS() + 100_000, "gas");
    }

    function _askWith(uint256 gas_, Shown memory s) private view returns (bool answered, bytes memory answer) {
        return address(_approvers).staticcall{gas: gas_}(
            abi.encodeCall(_approvers.approved, (agentId, INTENT, s.signers, s.signatures, s.deadlines))
        );
    }

    /// @dev Whatever gas the asker gives: no answer, or the true one.
    function testFuzz_L4_approved_noStarvedContractIsRefused(uint256 gas_) public {
        Shown memory s = _useWallet();
        (bool answered, bytes memory answer) = _askWith(bound(gas_, 0, 700_000), s);
        if (answered) assertEq(answer, abi.encode(true), "starved");
    }

    function testFuzz_L4_approved_noStarvedKeyIsRefused(uint256 gas_) public view {
        Shown memory s = _approvals(2);
        (bool answered, bytes memory answer) = _askWith(bound(gas_, 0, 100_000), s);
        if (answered) assertEq(answer, abi.encode(true), "starved");
    }

    /// @dev A signer that needs all of its gas but for its way in: it gets it, or there is no answer. Nothing costs more to
    ///      look up than what an account delegates to (EIP-7702), if nobody has touched it.
    function testFuzz_L4_approved_aContractGetsAllOfItsGas(uint256 gas_) public {
        Shown memory s = _useGreedySigner();
        (bool answered, bytes memory answer) = _askWith(bound(gas_, 510_000, 560_000), s);
        if (answered) assertEq(answer, abi.encode(true), "starved");
    }

    function test_approved_aContractThatNeedsAllOfItsGas() public {
        _assertApproved(_useGreedySigner(), "all of its gas");
    }

    function _useGreedySigner() private returns (Shown memory s) {
        address signer = address(0x7702);
        vm.etch(signer, abi.encodePacked(hex"ef0100", _greedy));
        _set(1, _one(signer));
        s = _shown(1);
        (s.signers[0], s.deadlines[0]) = (signer, _deadline);
    }

    function test_approved_revert_tooLittleGas() public {
        Shown memory s = _useWallet();
        (bool answered, bytes memory answer) = _askWith(500_000, s);
        assertFalse(answered, "answered");
        assertEq(bytes32(bytes4(answer)), bytes32(BoundedCall.BoundedCallGasTooLow.selector), "error");
        (answered, answer) = _askWith(600_000, s);
        assertEq(answer, abi.encode(true), "with enough gas");
    }

    // ------------------------------------------------------------------ taking back

    function test_disapprove_forGood() public {
        Shown memory s = _approvals(2);
        address approver = s.signers[1];
        vm.expectEmit(address(_approvers));
        emit Approvers.Disapproved(INTENT, approver);
        vm.prank(approver);
        _approvers.disapprove(INTENT);
        _assertNotApproved(s, "taken back");
        assertTrue(_approvers.disapproved(INTENT, approver), "disapproved");
        assertFalse(_approvers.disapproved(INTENT, s.signers[0]), "another approver");
        _deadline += 1;
        _assertNotApproved(_approvals(2), "signed again");
        _assertNotApproved(_approvals(3), "enough others, and it");
        // The others still can.
        s = _shown(2);
        _approve(s, 0, _keys[0]);
        _approve(s, 1, _keys[2]);
        _assertApproved(s, "the others");
    }

    function test_disapprove_thisIntentAndThisApproverOnly() public {
        vm.prank(vm.addr(_keys[0]));
        _approvers.disapprove(~INTENT);
        vm.prank(THIEF);
        _approvers.disapprove(INTENT);
        _assertApproved(_approvals(2), "nothing was taken back");
    }

    // ------------------------------------------------------------------ direction

    function test_setApprovers_governance() public {
        vm.expectEmit(address(_approvers));
        emit Approvers.ApproversSet(agentId, 3, _panel(5), GOVERNANCE);
        _set(3, _panel(5));
        (uint8 threshold, address[] memory approvers) = _approvers.approversOf(agentId);
        assertEq(threshold, 3, "threshold");
        assertEq(abi.encode(approvers), abi.encode(_panel(5)), "approvers");
        // The shorter list leaves nobody behind.
        _set(1, _panel(1));
        (, approvers) = _approvers.approversOf(agentId);
        assertEq(abi.encode(approvers), abi.encode(_panel(1)), "approvers");
    }

    function test_L5_tightenedAtOnceByEach() public {
        _set(1, _panel(5));
        for (uint256 i; i < 3; ++i) {
            vm.prank(tighteners()[i]);
            _approvers.setApprovers(agentId, uint8(2 + i), _panel(4 - i));
            (uint8 threshold, address[] memory approvers) = _approvers.approversOf(agentId);
            assertEq(threshold, 2 + i, "threshold");
            assertEq(approvers.length, 4 - i, "approvers");
        }
        // The highest of all.
        vm.prank(OWNER);
        _approvers.setApprovers(agentId, 0, _panel(0));
    }

    function _call(uint8 threshold, address[] memory panel) private view returns (bytes memory) {
        return abi.encodeCall(_approvers.setApprovers, (agentId, threshold, panel));
    }

    function test_L5_looserIsGovernances() public {
        assertGovernanceOnly(address(_approvers), _call(1, _panel(3))); // fewer must agree
        assertGovernanceOnly(address(_approvers), _call(2, _panel(4))); // more may
        assertGovernanceOnly(address(_approvers), _call(3, _panel(4))); // both at once
        assertGovernanceOnly(address(_approvers), _call(0, _panel(4)));
        address[] memory exchanged = _panel(3);
        exchanged[2] = vm.addr(_keys[3]);
        assertGovernanceOnly(address(_approvers), _call(3, exchanged)); // another instead
    }

    function test_L5_outOfReachIsTheHighest() public {
        vm.prank(OWNER);
        _approvers.setApprovers(agentId, 0, _panel(3));
        for (uint8 threshold = 1; threshold < 5; ++threshold) {
            assertGovernanceOnly(address(_approvers), _call(threshold, _panel(3)));
        }
    }

    /// @dev Not one step is looser, and where they lead nothing is approved that was not before.
    function test_L5_noWayBackInTwoSteps() public {
        vm.startPrank(OWNER);
        _approvers.setApprovers(agentId, 4, _panel(3));
        vm.stopPrank();
        assertGovernanceOnly(address(_approvers), _call(2, _panel(3)));
        vm.prank(OWNER);
        _approvers.setApprovers(agentId, 4, _panel(2));
        assertGovernanceOnly(address(_approvers), _call(4, _panel(3)));
    }

    function test_L5_firstApproversAreGovernances() public {
        vm.prank(OWNER);
        uint256 other = registry.register();
        bytes memory first = abi.encodeCall(_approvers.setApprovers, (other, 1, _panel(1)));
        assertRefused(OWNER, address(_approvers), first);
        assertRefused(WATCHDOG, address(_approvers), first);
        assertRefused(THIEF, address(_approvers), _call(3, _panel(3)));
    }

    function test_setApprovers_revert() public {
        vm.startPrank(GOVERNANCE);
        address[] memory panel = new address[](17);
        for (uint256 i; i < 17; ++i) {
            panel[i] = address(uint160(i + 1));
        }
        vm.expectRevert(abi.encodeWithSelector(Approvers.ApproversTooMany.selector, 17, 16));
        _approvers.setApprovers(agentId, 1, panel);
        panel = _panel(3);
        (panel[1], panel[2]) = (panel[2], panel[1]);
        vm.expectRevert(abi.encodeWithSelector(Approvers.ApproversOrder.selector, panel[1], panel[2]));
        _approvers.setApprovers(agentId, 1, panel);
        panel[2] = panel[1];
        vm.expectRevert(abi.encodeWithSelector(Approvers.ApproversOrder.selector, panel[1], panel[1]));
        _approvers.setApprovers(agentId, 1, panel);
        vm.expectRevert(abi.encodeWithSelector(Approvers.ApproversOrder.selector, address(0), address(0)));
        _approvers.setApprovers(agentId, 1, new address[](1));
        vm.expectRevert(abi.encodeWithSelector(Tightening.TighteningAgentUnknown.selector, 0));
        _approvers.setApprovers(0, 1, _panel(1));
        vm.stopPrank();
    }

    /// @dev The members of a set of eight, given as bits.
    function _list(uint8 set) private pure returns (address[] memory list) {
        uint256 n;
        for (uint256 i; i < 8; ++i) {
            if (set >> i & 1 == 1) ++n;
        }
        list = new address[](n);
        n = 0;
        for (uint256 i; i < 8; ++i) {
            if (set >> i & 1 == 1) list[n++] = address(uint160(i + 1));
        }
    }

    /// @dev Thresholds and sets, each compared on its own; sets as bits.
    function testFuzz_L5_isTighter_fieldByField(uint8 nextK, uint8 next, uint8 oldK, uint8 old, bool inside)
        public
        view
    {
        if (inside) next &= old;
        (nextK, oldK) = (nextK % 10, oldK % 10);
        bool looser;
        if (next & ~old != 0) looser = true;
        if ((nextK == 0 ? 256 : nextK) < (oldK == 0 ? 256 : uint256(oldK))) looser = true;
        assertTrue(_approvers.isTighter(nextK, _list(next), oldK, _list(old)) == !looser, "isTighter");
    }

    /// @dev What the word means: whoever could approve afterwards could before.
    function testFuzz_L5_isTighter_nobodyNewApproves(uint8 nextK, uint8 next, uint8 oldK, uint8 old, bool inside)
        public
        view
    {
        if (inside) next &= old;
        (nextK, oldK) = (nextK % 10, oldK % 10);
        if (!_approvers.isTighter(nextK, _list(next), oldK, _list(old))) return;
        for (uint256 signers; signers < 256; ++signers) {
            if (_suffices(signers, nextK, next)) assertTrue(_suffices(signers, oldK, old), "new");
        }
    }

    function _suffices(uint256 signers, uint8 k, uint8 panel) private pure returns (bool) {
        uint256 n;
        for (uint256 i; i < 8; ++i) {
            if (signers & panel & (1 << i) != 0) ++n;
        }
        return k > 0 && n >= k;
    }
}
