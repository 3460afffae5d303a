// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @notice A contract wallet that accepts one fixed "signature", unlike any ECDSA signature.
contract ContractWallet is IERC1271 {
    address private immutable _SALT;

    constructor(address salt) {
        _SALT = salt;
    }

    function accepted() public view returns (bytes memory) {
        return abi.encode("accepted", _SALT);
    }

    function isValidSignature(bytes32, bytes calldata signature) external view returns (bytes4) {
        return keccak256(signature) == keccak256(accepted()) ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
