// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {WindowTable} from "../../src/WindowTable.sol";

/// @title How long what is delivered waits, proved for every word (scripts/prove)
/// @notice Also for words that {WindowTable-pack} never makes.
contract WindowProof {
    /// @notice Whatever the table, the amount, the risk level and whoever vouches: it waits 5 seconds at least and three days at most,
    ///         and to say so never reverts.
    function check_L11_window_staysInBounds(
        uint256 word,
        uint256 amount,
        uint8 risk,
        uint256 signatures,
        uint256 threshold,
        uint256 relayers,
        uint256 top
    ) public pure {
        (uint256 seconds_,) = WindowTable.windows(word, amount, risk, signatures, threshold, relayers, top);
        assert(seconds_ >= 5 && seconds_ <= 3 days);
    }

    /// @notice Who tells of no quorum, and fewer signatures than one, shorten nothing, however many relayers there are said to be.
    function check_L7_window_withoutAQuorumIsBare(
        uint256 word,
        uint256 amount,
        uint8 risk,
        uint256 signatures,
        uint256 threshold,
        uint256 relayers,
        uint256 top
    ) public pure {
        if (threshold > 0 && signatures >= threshold) return;
        (uint256 bare,) = WindowTable.windows(word, amount, risk, 0, 0, 0, top);
        (uint256 duration,) = WindowTable.windows(word, amount, risk, signatures, threshold, relayers, top);
        assert(duration == bare);
    }

    /// @notice What no step covers waits at least `top`, or three days if that is more, whatever the signatures.
    function check_L7_window_withoutATable(
        uint256 amount,
        uint8 risk,
        uint256 signatures,
        uint256 threshold,
        uint256 top
    ) public pure {
        (uint256 seconds_,) = WindowTable.windows(0, amount, risk, signatures, threshold, 64, top);
        assert(seconds_ >= (top < 3 days ? top : 3 days));
    }
}
