// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Answers five times the same word, and only to who gives it enough gas. Needs no storage, so that accounts can
///         delegate to it.
contract Greedy {
    uint256 private immutable _NEEDED_GAS;
    uint256 private immutable _WORD;

    constructor(uint256 neededGas, uint256 word) {
        (_NEEDED_GAS, _WORD) = (neededGas, word);
    }

    function decimals() external pure returns (uint8) {
        return 8;
    }

    fallback() external {
        require(gasleft() >= _NEEDED_GAS, "hungry");
        uint256 word = _WORD;
        bytes memory answer = abi.encode(word, word, word, word, word);
        assembly ("memory-safe") {
            return(add(answer, 0x20), mload(answer))
        }
    }
}
