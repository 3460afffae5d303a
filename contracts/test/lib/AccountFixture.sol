// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccountERC7579} from "@openzeppelin/contracts/account/extensions/draft-AccountERC7579.sol";
import {ERC4337Utils} from "@openzeppelin/contracts/account/utils/ERC4337Utils.sol";
import {
    IERC7579Execution,
    IERC7579ModuleConfig,
    MODULE_TYPE_EXECUTOR
} from "@openzeppelin/contracts/interfaces/draft-IERC7579.sol";
import {PackedUserOperation} from "@openzeppelin/contracts/interfaces/IERC4337.sol";
import {SignerECDSA} from "@openzeppelin/contracts/utils/cryptography/signers/SignerECDSA.sol";
import {Test} from "./Test.sol";

/// @notice An ERC-7579 account as OpenZeppelin's contracts make it: its owner's key signs, modules are what it installs.
contract OwnedAccount is AccountERC7579, SignerECDSA {
    constructor(address owner) SignerECDSA(owner) {}

    function _rawSignatureValidation(bytes32 hash, bytes calldata signature)
        internal
        view
        override(AccountERC7579, SignerECDSA)
        returns (bool)
    {
        return SignerECDSA._rawSignatureValidation(hash, signature);
    }
}

/// @title ERC-7579 accounts whose owner signs every user operation
/// @notice The test stands in for the ERC-4337 entry point: it calls the account as the entry point would, first for
///         validation, then to execute, and the account itself judges the signature.
abstract contract AccountFixture is Test {
    /// @dev ERC-7579 modes: one call, or several, and a failure reverts.
    bytes32 internal constant SINGLE_CALL = bytes32(0);
    bytes32 internal constant BATCH_CALL = bytes32(uint256(1) << 248);

    uint256 internal constant ACCOUNT_OWNER_KEY = 0xACC0;

    struct Call {
        address target;
        uint256 value;
        bytes data;
    }

    function newAccount() internal returns (OwnedAccount account) {
        account = new OwnedAccount(vm.addr(ACCOUNT_OWNER_KEY));
        vm.label(address(account), "ERC-7579 account");
    }

    // ------------------------------------------------------------------ what the owner does

    /// @notice One call by the account, which its owner has signed.
    function accountCall(OwnedAccount account, address target, uint256 value, bytes memory data) internal {
        userOperation(
            account,
            ACCOUNT_OWNER_KEY,
            abi.encodeCall(IERC7579Execution.execute, (SINGLE_CALL, abi.encodePacked(target, value, data)))
        );
    }

    /// @notice Several calls by the account, all or none.
    function accountBatch(OwnedAccount account, Call[] memory calls) internal {
        userOperation(
            account, ACCOUNT_OWNER_KEY, abi.encodeCall(IERC7579Execution.execute, (BATCH_CALL, abi.encode(calls)))
        );
    }

    function installExecutor(OwnedAccount account, address module, bytes memory initData) internal {
        userOperation(
            account,
            ACCOUNT_OWNER_KEY,
            abi.encodeCall(IERC7579ModuleConfig.installModule, (MODULE_TYPE_EXECUTOR, module, initData))
        );
    }

    function uninstallExecutor(OwnedAccount account, address module, bytes memory deInitData) internal {
        userOperation(
            account,
            ACCOUNT_OWNER_KEY,
            abi.encodeCall(IERC7579ModuleConfig.uninstallModule, (MODULE_TYPE_EXECUTOR, module, deInitData))
        );
    }

    /// @notice Performs a user operation that `key` signed. Reverts if the account refuses the signature, and with what the
    ///         call itself reverts with.
    function userOperation(OwnedAccount account, uint256 key, bytes memory callData) internal {
        PackedUserOperation memory operation;
        operation.sender = address(account);
        operation.callData = callData;
        bytes32 hash = keccak256(abi.encode(operation, block.chainid)); // the entry point's to define; here, any that binds
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, hash);
        operation.signature = abi.encodePacked(r, s, v);

        address entryPoint = address(account.entryPoint());
        vm.prank(entryPoint);
        uint256 validationData = account.validateUserOp(operation, hash, 0);
        require(validationData == ERC4337Utils.SIG_VALIDATION_SUCCESS, AccountRefusesSignature(validationData));
        vm.prank(entryPoint);
        (bool success, bytes memory reason) = address(account).call(callData);
        if (success) return;
        assembly ("memory-safe") {
            revert(add(reason, 0x20), mload(reason))
        }
    }

    error AccountRefusesSignature(uint256 validationData);
}
