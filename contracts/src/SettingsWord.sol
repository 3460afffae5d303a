// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What an executor's settings say, by the word in which {ExecutorSettings} keeps them
/// @notice Every message and every payment asks for several of them: the word is read once.
library SettingsWord {
    /// @notice Seconds.
    function disputeWindow(uint256 settings) internal pure returns (uint256) {
        return settings & type(uint32).max;
    }

    /// @notice Seconds.
    function floor(uint256 settings) internal pure returns (uint256) {
        return (settings >> 32) & type(uint32).max;
    }

    /// @notice Whether intents may name the first account.
    function account(uint256 settings) internal pure returns (bool) {
        return (settings >> 112) & 0xff != 0;
    }

    /// @notice Whether there is an uptime feed.
    function watched(uint256 settings) internal pure returns (bool) {
        return (settings >> 120) & 0xff != 0;
    }

    /// @notice How often GATEWAY was closed.
    function term(uint256 settings) internal pure returns (uint256) {
        return (settings >> 160) & type(uint24).max;
    }

    /// @notice How often any other gateway was.
    function otherTerm(uint256 settings) internal pure returns (uint256) {
        return (settings >> 184) & type(uint24).max;
    }

    /// @notice Whether an asset has, or had, windows of its own.
    function tabled(uint256 settings) internal pure returns (bool) {
        return (settings >> 240) & 0xff != 0;
    }
}
