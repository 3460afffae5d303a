// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What this project asks of a Chainlink-style feed
/// @dev https://docs.chain.link/data-feeds/api-reference and, of a feed that tells whether a rollup's sequencer is up,
///      https://docs.chain.link/data-feeds/l2-sequencer-feeds
interface IAggregatorV3 {
    /// @notice How many decimals an answer has.
    function decimals() external view returns (uint8);

    /// @param roundId number of the round
    /// @param answer the price; of a sequencer feed 0 for up, 1 for down
    /// @param startedAt unix seconds when the round began; of a sequencer feed when the status changed, 0: never told
    /// @param updatedAt unix seconds of the answer; 0: the round has none yet
    /// @param answeredInRound round in which the answer was found; lower than `roundId` if it was only carried over
    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
}
