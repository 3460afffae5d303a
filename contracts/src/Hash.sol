// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Keccak-256 of a few words, as `keccak256(abi.encode(...))` gives it
/// @notice For what every payment hashes: the encoding is written where free memory begins, and left there to be overwritten.
library Hash {
    function words(bytes32 a, bytes32 b, bytes32 c) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore(p, a)
            mstore(add(p, 0x20), b)
            mstore(add(p, 0x40), c)
            hash := keccak256(p, 0x60)
        }
    }

    function words(bytes32 a, bytes32 b, bytes32 c, bytes32 d, bytes32 e) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore(p, a)
            mstore(add(p, 0x20), b)
            mstore(add(p, 0x40), c)
            mstore(add(p, 0x60), d)
            mstore(add(p, 0x80), e)
            hash := keccak256(p, 0xa0)
        }
    }

    /// @notice Keccak-256 of the 58 bytes `head ‖ next`.
    function chained(bytes26 head, bytes32 next) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0, head)
            mstore(26, next)
            hash := keccak256(0, 58)
        }
    }
}
