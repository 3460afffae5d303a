// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {IntentPayload} from "../src/IntentPayload.sol";
import {Intent} from "../src/Intent.sol";
import {Attestation} from "../src/IQuorum.sol";
import {Place} from "../src/Place.sol";
import {Test} from "./lib/Test.sol";

/// @notice What is read and written by hand, against what the library and the compiler read and write.
contract PlaceTest is Test {
    function parse(bytes calldata place) external pure returns (uint256, address) {
        return Place.parse(place);
    }

    function parseAsTheLibrary(bytes calldata place) external pure returns (uint256, address) {
        return InteroperableAddress.parseEvmV1Calldata(place);
    }

    function _assertAlike(bytes memory place) private view {
        (bool a, bytes memory one) = address(this).staticcall(abi.encodeCall(this.parse, (place)));
        (bool b, bytes memory other) = address(this).staticcall(abi.encodeCall(this.parseAsTheLibrary, (place)));
        assertTrue(a == b, "read");
        assertEq(one, other, "what");
    }

    function testFuzz_L3_format_isTheLibrarys(uint256 chainId, uint8 bits, address account) public view {
        chainId >>= bits;
        bytes memory place = InteroperableAddress.formatEvmV1(chainId, account);
        assertEq(Place.format(chainId, account), place, "written");
        _assertAlike(place);
    }

    function test_L3_format_everyLength() public view {
        for (uint256 bits; bits < 256; ++bits) {
            for (uint256 less; less < 2; ++less) {
                uint256 chainId = (uint256(1) << bits) - less;
                bytes memory place = InteroperableAddress.formatEvmV1(chainId, address(this));
                assertEq(Place.format(chainId, address(this)), place, "written");
                _assertAlike(place);
            }
        }
    }

    /// @notice Any bytes whatever, and an address that is altered in one byte, cut off or longer: read by both alike, or by none.
    function testFuzz_L3_parse_isTheLibrarys(bytes memory any, uint48 chainId, uint256 where, bytes1 what) public view {
        _assertAlike(any);
        bytes memory place = InteroperableAddress.formatEvmV1(chainId, address(this));
        place[where % place.length] = what;
        _assertAlike(place);
        _assertAlike(bytes.concat(place, any));
        assembly ("memory-safe") {
            mstore(place, mod(where, mload(place)))
        }
        _assertAlike(place);
    }

    // ------------------------------------------------------------------ intents

    function encode(Intent calldata intent, bytes calldata more, uint256 a, uint256 b)
        external
        pure
        returns (bytes memory, bytes memory, bytes memory, bytes memory)
    {
        return (
            IntentPayload.encode(intent),
            IntentPayload.encode(intent, a),
            IntentPayload.encode(intent, a, b),
            IntentPayload.encode(intent, more)
        );
    }

    function testFuzz_L6_encode_isTheCompilers(Intent calldata intent, bytes calldata more, uint256 a, uint256 b)
        public
        view
    {
        (bytes memory one, bytes memory two, bytes memory three, bytes memory signed) = this.encode(intent, more, a, b);
        assertEq(one, abi.encode(intent), "alone");
        assertEq(two, abi.encode(intent, a), "and a word");
        assertEq(three, abi.encode(intent, a, b), "and two");
        assertEq(signed, abi.encode(intent, more), "and bytes");
    }

    // ------------------------------------------------------------------ attestations

    function read(bytes calldata payload) external pure returns (uint256, uint256, uint256) {
        return Attestation.read(payload);
    }

    function testFuzz_L7_attestation_behindThePayload(
        bytes calldata payload,
        uint8 a,
        uint8 b,
        uint8 c,
        bytes calldata tail
    ) public view {
        bytes memory call_ = abi.encodeCall(this.read, (payload));
        (, bytes memory answer) = address(this).staticcall(bytes.concat(call_, bytes32(Attestation.pack(a, b, c))));
        assertEq(answer, abi.encode(a, b, c), "told");
        (, answer) = address(this).staticcall(call_);
        assertEq(answer, new bytes(0x60), "not told");
        if (tail.length == 32) return;
        (, answer) = address(this).staticcall(bytes.concat(call_, tail));
        assertEq(answer, new bytes(0x60), "something else");
    }
}
