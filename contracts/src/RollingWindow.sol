// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title A strict rolling window in constant space
/// @notice Eight buckets of `width` bits each, the newest in the lowest bits. A bucket is `length(window)` seconds long
///         and `7 * length >= window`, so any window of that length, wherever it starts, touches at most the eight buckets
///         that are summed: what it sums can be more than what the window holds, never less. A use is thus counted
///         for at most `window + window/7` seconds (plus rounding to whole seconds).
/// @dev Bucket `i` covers the seconds `[i * length, (i + 1) * length)`; `index` is the newest bucket's number.
library RollingWindow {
    uint256 internal constant BUCKETS = 8;

    /// @notice Seconds per bucket of a window of `window` seconds; at least 1.
    function length(uint256 window) internal pure returns (uint256) {
        return window == 0 ? 1 : (window + 6) / 7;
    }

    /// @notice The buckets as they stand `steps` buckets later: old ones fall out, new ones are empty.
    function advance(uint256 buckets, uint256 width, uint256 steps) internal pure returns (uint256) {
        if (steps >= BUCKETS) return 0;
        return (buckets << (width * steps)) & ((1 << (width * BUCKETS)) - 1);
    }

    /// @notice What all buckets hold together.
    function sum(uint256 buckets, uint256 width) internal pure returns (uint256 total) {
        uint256 mask = (1 << width) - 1;
        // Eight values below 2^width with width <= 32 cannot overflow.
        unchecked {
            for (uint256 b = buckets; b != 0; b >>= width) {
                total += b & mask;
            }
        }
    }

    /// @notice First second at which at least `needed` of what the buckets hold has fallen out; 0 if they hold less.
    function freedAt(uint256 buckets, uint256 width, uint256 index, uint256 bucketLength, uint256 needed)
        internal
        pure
        returns (uint256)
    {
        uint256 mask = (1 << width) - 1;
        uint256 freed;
        for (uint256 age = BUCKETS; age > 0; --age) {
            freed += (buckets >> (width * (age - 1))) & mask;
            // The bucket of age a (1 is the newest) is out of the sum when the newest index is index + 9 - a.
            if (freed >= needed) return (index + BUCKETS + 1 - age) * bucketLength;
        }
        return 0;
    }
}
