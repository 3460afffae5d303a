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

    /// @param riskLevel of the agent when the intent was dispatched
    function encode(Intent calldata intent, uint8 riskLevel) internal pure returns (bytes memory) {
        return abi.encode(intent, riskLevel);
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
