// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Asking a contract that nobody vouches for
library BoundedCall {
    /// @dev What a call costs before its callee runs: looking up an account, cold and delegated by EIP-7702, is 5,200; the rest
    ///      is for the caller's way there.
    uint256 private constant _LOOKUP_GAS = 10_000;

    error BoundedCallGasTooLow(uint256 gasLeft, uint256 needed);

    /// @notice Reverts unless {ask}, called next, gives its target all of `gas_`, of which a call keeps back 1/64 (EIP-150).
    /// @dev Else whoever pays for the transaction could make any answer fail, and have the failure recorded, by giving
    ///      little gas.
    function demandGas(uint256 gas_) internal view {
        uint256 needed = gas_ + gas_ / 63 + _LOOKUP_GAS;
        require(gasleft() >= needed, BoundedCallGasTooLow(gasleft(), needed));
    }

    /// @notice Calls `target` statically with `gas_` gas, and reads at most five words of its answer, however long it is.
    /// @dev Gives less gas where 63/64 of what is left is less: who minds uses {demandGas} first.
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
