// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Hash} from "../src/Hash.sol";
import {Intent, IntentHash} from "../src/Intent.sol";
import {Test} from "./lib/Test.sol";

/// @notice What is hashed where it is read, against what the compiler encodes.
contract IntentHashTest is Test {
    function idOf(Intent calldata intent, bytes32 domain) external pure returns (bytes32) {
        return IntentHash.idOf(intent, domain);
    }

    function hashOf(bytes calldata data) external pure returns (bytes32) {
        return Hash.ofCalldata(data);
    }

    /// @notice The id of an intent in call data is its EIP-712 digest.
    function testFuzz_L3_idOf_isTheDigest(Intent calldata intent, bytes32 domain) public view {
        assertEq(this.idOf(intent, domain), IntentHash.id(intent, domain), "id");
    }

    /// @notice Whatever stands where in a call: an intent is read at the same place in the same way, or not at all.
    function testFuzz_L3_idOf_wherever(Intent calldata intent, uint256 gap, bytes32 domain) public view {
        gap = bound(gap, 1, 8);
        bytes memory plain = abi.encodeCall(this.idOf, (intent, domain));
        // The intent lies behind so many words that mean nothing; its place is in the first word.
        bytes memory moved =
            bytes.concat(bytes4(plain), bytes32(0x40 + 32 * gap), domain, new bytes(32 * gap), _from(plain, 4 + 0x40));
        (bool read, bytes memory answer) = address(this).staticcall(moved);
        assertTrue(read, "read");
        assertEq(abi.decode(answer, (bytes32)), IntentHash.id(intent, domain), "id");
    }

    /// @notice Bits above a field's type are no part of any intent: no id, instead of one that nobody signed.
    function testFuzz_L3_idOf_revert_moreBitsThanAType(Intent memory intent, uint256 bit, bytes32 domain) public view {
        uint8[4] memory fields = [1, 3, 4, 8]; // account, asset, to, deadline
        uint256 field = fields[bit % 4];
        bit = field == 8 ? bound(bit >> 2, 64, 255) : bound(bit >> 2, 160, 255);
        bytes memory call_ = abi.encodeCall(this.idOf, (intent, domain));
        uint256 place = 4 + 0x40 + 32 * field;
        assembly ("memory-safe") {
            let word := add(add(call_, 0x20), place)
            mstore(word, or(mload(word), shl(bit, 1)))
        }
        (bool read,) = address(this).staticcall(call_);
        assertFalse(read, "read");
    }

    function testFuzz_hash_isTheCompilers(bytes calldata data, bytes32[6] calldata w) public view {
        assertEq(this.hashOf(data), keccak256(data), "bytes");
        assertEq(Hash.words(w[0], w[1]), keccak256(abi.encode(w[0], w[1])), "two");
        assertEq(
            Hash.words(w[0], w[1], w[2], w[3], w[4], w[5]),
            keccak256(abi.encode(w[0], w[1], w[2], w[3], w[4], w[5])),
            "six"
        );
    }

    function _from(bytes memory data, uint256 start) private pure returns (bytes memory rest) {
        rest = new bytes(data.length - start);
        for (uint256 i; i < rest.length; ++i) {
            rest[i] = data[start + i];
        }
    }
}
