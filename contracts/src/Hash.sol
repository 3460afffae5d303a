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

    function words(bytes32 a) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0, a)
            hash := keccak256(0, 0x20)
        }
    }

    function words(bytes32 a, bytes32 b) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0, a)
            mstore(0x20, b)
            hash := keccak256(0, 0x40)
        }
    }

    function words(bytes32 a, bytes32 b, bytes32 c, bytes32 d, bytes32 e, bytes32 f)
        internal
        pure
        returns (bytes32 hash)
    {
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore(p, a)
            mstore(add(p, 0x20), b)
            mstore(add(p, 0x40), c)
            mstore(add(p, 0x60), d)
            mstore(add(p, 0x80), e)
            mstore(add(p, 0xa0), f)
            hash := keccak256(p, 0xc0)
        }
    }

    /// @notice Keccak-256 of bytes that are read where they are.
    function ofCalldata(bytes calldata data) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let p := mload(0x40)
            calldatacopy(p, data.offset, data.length)
            hash := keccak256(p, data.length)
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
