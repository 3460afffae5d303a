// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Intent} from "./Intent.sol";

/// @title An intent as home sends it to its destination: abi.encode(Intent, uint8 riskLevel), and in no other form
library IntentPayload {
    uint256 private constant _INTENT_AT = 0x40;
    uint256 private constant _DATA_AT = 0x120; // within the intent
    uint256 private constant _HEAD = 0x180; // up to the first byte of the call data

    /// @notice The payload is not what home's executor makes of any intent.
    error ExecutorPayload(uint256 length);

    /// @notice abi.encode(intent, word), as events and payloads have it. The intent's fields must be clean, as they are once
    ///         {IntentHash-idOf} took its id: they are copied.
    /// @param word in a payload the risk level of the agent when the intent was dispatched
    function encode(Intent calldata intent, uint256 word) internal pure returns (bytes memory encoded) {
        encoded = _encode(intent, 1);
        assembly ("memory-safe") {
            mstore(add(encoded, 0x40), word)
        }
    }

    /// @notice What {encode} made of an intent and a word, with another word: the same bytes.
    function withWord(bytes memory encoded, uint256 word) internal pure returns (bytes memory) {
        assembly ("memory-safe") {
            mstore(add(encoded, 0x40), word)
        }
        return encoded;
    }

    /// @notice abi.encode(intent, a, b), as {encode}.
    function encode(Intent calldata intent, uint256 a, uint256 b) internal pure returns (bytes memory encoded) {
        encoded = _encode(intent, 2);
        assembly ("memory-safe") {
            mstore(add(encoded, 0x40), a)
            mstore(add(encoded, 0x60), b)
        }
    }

    /// @notice abi.encode(intent), as {encode}; as what comes from elsewhere, it may have fields that are not clean, and keeps them.
    function encode(Intent calldata intent) internal pure returns (bytes memory) {
        return _encode(intent, 0);
    }

    /// @notice abi.encode(intent, signature), as {encode} of one alone.
    function encode(Intent calldata intent, bytes calldata signature) internal pure returns (bytes memory encoded) {
        encoded = _encode(intent, 1);
        assembly ("memory-safe") {
            let length := mload(encoded)
            let end := add(add(encoded, 0x20), length)
            let padded := and(add(signature.length, 0x1f), not(0x1f))
            mstore(add(encoded, 0x40), length)
            mstore(add(end, padded), 0) // what the signature leaves of its last word
            mstore(end, signature.length)
            calldatacopy(add(end, 0x20), signature.offset, signature.length)
            mstore(encoded, add(length, add(padded, 0x20)))
            mstore(0x40, add(end, add(padded, 0x20)))
        }
    }

    /// @dev With so many words after the intent's place, which are left to be written.
    function _encode(Intent calldata intent, uint256 words) private pure returns (bytes memory encoded) {
        bytes calldata data = intent.data;
        assembly ("memory-safe") {
            encoded := mload(0x40)
            let head := shl(5, add(words, 1))
            let start := add(add(encoded, 0x20), head) // of the intent
            let padded := and(add(data.length, 0x1f), not(0x1f))
            mstore(encoded, add(add(head, 0x140), padded))
            mstore(add(encoded, 0x20), head)
            calldatacopy(start, intent, _DATA_AT)
            mstore(add(start, 0xc0), _DATA_AT)
            mstore(add(start, add(_DATA_AT, padded)), 0) // what the data leaves of its last word
            mstore(add(start, _DATA_AT), data.length)
            calldatacopy(add(start, 0x140), data.offset, data.length)
            mstore(0x40, add(start, add(0x140, padded)))
        }
    }

    /// @notice The intent and the risk level, read where they are.
    /// @dev Offsets and lengths are exactly as the compiler writes them, so that nothing of an intent lies outside its payload.
    function decode(bytes calldata payload) internal pure returns (Intent calldata intent, uint8 riskLevel) {
        bool sound;
        uint256 risk;
        assembly ("memory-safe") {
            intent := add(payload.offset, _INTENT_AT)
            if iszero(lt(payload.length, _HEAD)) {
                risk := calldataload(add(payload.offset, 0x20))
                let length := calldataload(add(intent, _DATA_AT))
                sound := and(
                    and(eq(calldataload(payload.offset), _INTENT_AT), eq(calldataload(add(intent, 0xc0)), _DATA_AT)),
                    and(
                        and(lt(risk, 0x100), lt(length, payload.length)),
                        eq(payload.length, add(_HEAD, and(add(length, 0x1f), not(0x1f))))
                    )
                )
            }
        }
        require(sound, ExecutorPayload(payload.length));
        // Below 2^8, as was looked.
        // forge-lint: disable-next-line(unsafe-typecast)
        riskLevel = uint8(risk);
    }
}
