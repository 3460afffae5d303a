// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Asking a contract that nobody vouches for
library BoundedCall {
    /// @notice Calls `target` statically with `gas_` gas, and reads at most five words of its answer, however long it is.
    /// @dev Gives less gas where 63/64 of what is left is less: who minds looks at `gasleft()` first.
    /// @return length bytes that it answered; 0 if it failed, has no code, or said nothing
    /// @return words the first five words; only what is within `length` was answered
    function ask(address target, uint256 gas_, bytes memory question)
        internal
        view
        returns (uint256 length, uint256[5] memory words)
    {
        // Reads `question` and writes `words`, both in memory that Solidity has allocated.
        assembly ("memory-safe") {
            if staticcall(gas_, target, add(question, 0x20), mload(question), words, 0xa0) {
                length := returndatasize()
            }
        }
    }
}
