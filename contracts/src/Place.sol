// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";

/// @title ERC-7930 addresses of contracts on EVM chains, as {InteroperableAddress} reads and writes them
/// @notice Of chain ids up to six bytes all is in one word, which is read and written at once: every message pays for it.
library Place {
    using InteroperableAddress for bytes;

    /// @notice The contract and its chain. Reverts if it is no such address.
    function parse(bytes calldata place) internal pure returns (uint256 chainId, address account) {
        bool plain;
        // Version (2 bytes), kind of chain (2), length of the chain id (1), chain id, length of the address (1), address.
        assembly ("memory-safe") {
            let word := calldataload(place.offset)
            let size := byte(4, word) // of the chain id
            plain := and(
                and(eq(shr(224, word), 0x00010000), lt(sub(size, 1), 6)),
                and(eq(place.length, add(size, 26)), eq(byte(add(size, 5), word), 20))
            )
            chainId := shr(sub(256, shl(3, size)), shl(40, word))
            account := shr(96, shl(add(48, shl(3, size)), word))
        }
        if (!plain) return place.parseEvmV1Calldata();
    }

    /// @notice The address of `account` on chain `chainId`.
    function format(uint256 chainId, address account) internal pure returns (bytes memory place) {
        if (chainId == 0 || chainId >> 48 != 0) return InteroperableAddress.formatEvmV1(chainId, account);
        assembly ("memory-safe") {
            let size := add(add(gt(chainId, 0xff), gt(chainId, 0xffff)), add(gt(chainId, 0xffffff), 1))
            size := add(size, add(gt(chainId, 0xffffffff), gt(chainId, 0xffffffffff)))
            let bits := shl(3, size)
            let start := or(shl(224, 0x00010000), shl(216, size))
            let end := or(shl(sub(208, bits), 20), shl(sub(48, bits), account))
            place := mload(0x40)
            mstore(place, add(size, 26))
            mstore(add(place, 0x20), or(or(start, shl(sub(216, bits), chainId)), end))
            mstore(0x40, add(place, 0x40))
        }
    }
}
