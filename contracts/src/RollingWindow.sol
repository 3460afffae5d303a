// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title A strict rolling window in constant space
/// @notice Eight buckets of `width` bits each, the newest in the lowest bits. A bucket is `length(window)` seconds long
///         and `7 * length >= window`, so any window of that length, wherever it starts, touches at most the eight buckets
///         that are summed: what it sums can be more than what the window holds, never less. A use is thus counted
///         for at most `window + window/7` seconds (plus rounding to whole seconds).
/// @dev Bucket `i` covers the seconds `[i * length, (i + 1) * length)`; `index` is the newest bucket's number. Widths are 3 to
///      27: eight buckets and their sum stay within a word, and the sum of all within twice the width.
library RollingWindow {
    uint256 internal constant BUCKETS = 8;

    /// @notice Seconds per bucket of a window of `window` seconds; at least 1.
    function length(uint256 window) internal pure returns (uint256) {
        // Windows are 25 bits.
        unchecked {
            uint256 rounded = (window + 6) / 7;
            return rounded + SafeCast.toUint(rounded == 0);
        }
    }

    /// @notice The buckets, newest `newest`, as they stand when `index` is the newest: old ones fall out, new ones are empty.
    ///         Unchanged when `index` is not later.
    function advance(uint256 buckets, uint256 width, uint256 newest, uint256 index) internal pure returns (uint256) {
        // A difference that is computed only when it is positive, and a shift that is used only when it is short.
        unchecked {
            uint256 steps = index > newest ? index - newest : 0;
            return steps < BUCKETS ? (buckets << (width * steps)) & ((1 << (width * BUCKETS)) - 1) : 0;
        }
    }

    /// @notice What all buckets hold together.
    /// @dev Neighbours are added into four lanes of twice the width, then one multiplication adds the lanes up in the
    ///      highest; what it adds beyond that lane is cut off. Eight values below 2^width fit a lane of twice the width.
    function sum(uint256 buckets, uint256 width) internal pure returns (uint256) {
        unchecked {
            uint256 ones = 1 | (1 << (2 * width)) | (1 << (4 * width)) | (1 << (6 * width));
            uint256 even = ones * ((1 << width) - 1);
            uint256 pairs = (buckets & even) + ((buckets >> width) & even);
            return ((pairs * ones) >> (6 * width)) & ((1 << (2 * width)) - 1);
        }
    }

    /// @notice First second at which at least `needed` of what the buckets hold has fallen out; 0 if they hold less.
    function freedAt(uint256 buckets, uint256 width, uint256 index, uint256 bucketLength, uint256 needed)
        internal
        pure
        returns (uint256)
    {
        // Eight buckets are far below 2^256, and so is a time: `index` is one, divided by `bucketLength`.
        unchecked {
            uint256 mask = (1 << width) - 1;
            uint256 freed;
            for (uint256 age = BUCKETS; age > 0; --age) {
                freed += (buckets >> (width * (age - 1))) & mask;
                // The bucket of age a (1 is the newest) is out of the sum when the newest index is index + 9 - a.
                if (freed >= needed) return (index + BUCKETS + 1 - age) * bucketLength;
            }
        }
        return 0;
    }
}
