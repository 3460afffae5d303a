// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice A contract that answers whatever it was told to: up to five words, or with a revert. What is proved of who asks it is proved of
///         every contract in its place that gives the same answer to the same question.
contract Answers {
    uint256[5] private _words;
    uint8 private _count;
    bool private _reverts;

    function set(uint256[5] memory words, uint8 count, bool reverts) external {
        (_words, _count, _reverts) = (words, count, reverts);
    }

    fallback() external {
        uint256[5] memory words = _words;
        (uint8 count, bool reverts) = (_count, _reverts);
        // Lengths are numbers where they are used.
        for (uint256 n; n < 6; ++n) {
            if (count != n) continue;
            assembly ("memory-safe") {
                if reverts { revert(words, mul(n, 0x20)) }
                return(words, mul(n, 0x20))
            }
        }
    }
}
