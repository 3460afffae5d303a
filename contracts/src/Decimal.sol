// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Amounts as people write them: a few digits and a power of ten
library Decimal {
    /// @notice Largest exponent that is used; 10^31 times any mantissa of a budget is far below 2^256.
    uint256 internal constant MAX_EXPONENT = 31; // all ones: it is a mask, too

    /// @notice The smallest exponent with which `value`, rounded up, is below `limit` mantissas. `value` is below 2^128.
    function exponentOf(uint256 value, uint256 limit) internal pure returns (uint256 exponent) {
        uint256 unit = 1;
        while (toUnits(value, unit) >= limit) {
            (exponent, unit) = (exponent + 1, unit * 10);
        }
    }

    /// @notice The largest value that is not above `value` and is fewer than `limit` units of a power of ten.
    function exact(uint256 value, uint256 limit) internal pure returns (uint256) {
        uint256 unit = 1;
        while (value / unit >= limit) unit *= 10;
        return value / unit * unit;
    }

    /// @notice `amount`, below 2^255, in units of at most 10^31, rounded up.
    function toUnits(uint256 amount, uint256 unit) internal pure returns (uint256) {
        unchecked {
            return (amount + unit - 1) / unit;
        }
    }
}
