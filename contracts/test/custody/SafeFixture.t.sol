// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {TestToken} from "../../src/demo/TestToken.sol";
import {ISafe, SafeFixture} from "../lib/SafeFixture.sol";

/// @notice The Safes are Safes: owners decide, modules act, nobody else does. Each holds in both versions.
abstract contract SafeFixtureTest is SafeFixture {
    SafeVersion private immutable _VERSION;
    string private _name;

    ISafe private _shared;
    ISafe private _single;
    TestToken private _token;
    address private immutable _PAYEE = vm.addr(0xFAE);

    constructor(SafeVersion version, string memory name) {
        _VERSION = version;
        _name = name;
    }

    function setUp() public {
        _shared = newSafe2of3(_VERSION);
        _single = newSafe1of1(_VERSION);
        _token = new TestToken(address(_shared), 1000);
        vm.deal(address(_shared), 1 ether);
    }

    function _keys(uint256 a, uint256 b) private pure returns (uint256[] memory keys) {
        keys = new uint256[](2);
        (keys[0], keys[1]) = (safeKeys(3)[a], safeKeys(3)[b]);
    }

    function test_setUp() public view {
        assertEq(_shared.VERSION(), _name, "version");
        assertEq(_shared.getOwners().length, 3, "owners");
        assertEq(_shared.getThreshold(), 2, "threshold");
        assertEq(_single.getThreshold(), 1, "threshold of one");
        assertTrue(address(_shared) != address(_single), "two Safes");
    }

    function test_call_anyTwoOwners_inAnyOrder() public {
        bytes memory data = abi.encodeCall(_token.transfer, (_PAYEE, 100));
        assertTrue(safeCall(_shared, _keys(0, 1), address(_token), 0, data), "first two");
        assertTrue(safeCall(_shared, _keys(2, 0), address(_token), 0, data), "last and first");
        assertTrue(safeCall(_shared, _keys(0, 1), _PAYEE, 1 ether, ""), "ether");
        assertEq(_token.balanceOf(_PAYEE), 200, "tokens");
        assertEq(_PAYEE.balance, 1 ether, "ether");
    }

    function test_call_oneOfTwo_reverts() public {
        bytes memory data = abi.encodeCall(_token.transfer, (_PAYEE, 100));
        bytes memory signatures = safeCallSignatures(_shared, safeKeys(1), address(_token), 0, data);
        vm.expectRevert(bytes("GS020"));
        _shared.execTransaction(address(_token), 0, data, 0, 0, 0, 0, address(0), payable(0), signatures);
    }

    function test_call_stranger_reverts() public {
        uint256[] memory keys = safeKeys(2);
        keys[1] = 0xBAD;
        bytes memory data = abi.encodeCall(_token.transfer, (_PAYEE, 100));
        bytes memory signatures = safeCallSignatures(_shared, keys, address(_token), 0, data);
        vm.expectRevert(bytes("GS026"));
        _shared.execTransaction(address(_token), 0, data, 0, 0, 0, 0, address(0), payable(0), signatures);
    }

    function test_module_actsUntilDisabled() public {
        bytes memory data = abi.encodeCall(_token.transfer, (_PAYEE, 100));
        vm.expectRevert(bytes("GS104"));
        _shared.execTransactionFromModule(address(_token), 0, data, 0);

        enableSafeModule(_shared, safeKeys(2), address(this));
        assertTrue(_shared.isModuleEnabled(address(this)), "enabled");
        assertTrue(_shared.execTransactionFromModule(address(_token), 0, data, 0), "acts");
        assertEq(_token.balanceOf(_PAYEE), 100, "moved");

        disableLastSafeModule(_shared, safeKeys(2), address(this));
        vm.expectRevert(bytes("GS104"));
        _shared.execTransactionFromModule(address(_token), 0, data, 0);
    }

    function test_erc1271_bindsSafeAndHash() public view {
        bytes32 hash = keccak256("approve this");
        bytes memory signature = safeMessageSignature(_shared, _keys(1, 2), hash);
        assertTrue(_shared.isValidSignature(hash, signature) == IERC1271.isValidSignature.selector, "two of three");
        assertTrue(SignatureChecker.isValidSignatureNow(address(_shared), hash, signature), "as contracts ask");

        assertFalse(SignatureChecker.isValidSignatureNow(address(_shared), keccak256("another"), signature), "hash");
        bytes memory one = safeMessageSignature(_shared, safeKeys(1), hash);
        assertFalse(SignatureChecker.isValidSignatureNow(address(_shared), hash, one), "one of two");
        assertTrue(
            SignatureChecker.isValidSignatureNow(
                address(_single), hash, safeMessageSignature(_single, safeKeys(1), hash)
            ),
            "one of one"
        );
        assertFalse(SignatureChecker.isValidSignatureNow(address(_single), hash, one), "signed for another Safe");
    }
}

contract Safe141Test is SafeFixtureTest(SafeFixture.SafeVersion.V1_4_1, "1.4.1") {}

contract Safe150Test is SafeFixtureTest(SafeFixture.SafeVersion.V1_5_0, "1.5.0") {}
