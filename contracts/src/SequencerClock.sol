// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ExecutorSettings} from "./ExecutorSettings.sol";
import {BoundedCall} from "./rules/BoundedCall.sol";
import {IAggregatorV3} from "./rules/IAggregatorV3.sol";

/// @notice What a Chainlink-style feed tells of its past.
interface IFeedHistory {
    /// @notice As {IAggregatorV3-latestRoundData}, of a round before.
    function getRoundData(uint80 roundId)
        external
        view
        returns (uint80, int256 answer, uint256 startedAt, uint256 updatedAt, uint80);
}

/// @title A clock that stops while a rollup's sequencer is down
/// @notice Who cannot send a transaction cannot dispute. What counts as waited is the time in which the sequencer was up, without a
///         while of grace after each outage.
/// @dev https://docs.chain.link/data-feeds/l2-sequencer-feeds: answer 0 up, 1 down, `startedAt` when that began. Time that the feed does
///      not tell of counts as down.
abstract contract SequencerClock is ExecutorSettings {
    /// @dev One slot.
    struct Uptime {
        address feed;
        uint32 grace;
    }

    /// @notice Most seconds of grace.
    uint32 public constant MAX_GRACE = 1 days;
    /// @dev Rounds that are looked at; what was before them counts as down.
    uint256 private constant _MOST_ROUNDS = 16;
    /// @dev Gas that the feed gets for each.
    uint256 private constant _FEED_GAS = 100_000;

    Uptime private _uptime;

    event UptimeFeedSet(address indexed feed, uint32 grace, address indexed by);

    /// @notice The feed says that the sequencer is down, or nothing that can be read.
    error ExecutorSequencerDown(address feed);
    error ExecutorGraceTooLong(uint32 grace, uint32 max);

    /// @notice The feed that tells whether the sequencer is up (zero: there is none), and the seconds of grace after an outage.
    function uptimeFeed() external view returns (address feed, uint32 grace) {
        return (_uptime.feed, _uptime.grace);
    }

    /// @notice Sets the feed and the grace; the zero address: none. Governance only.
    function setUptimeFeed(address feed, uint32 grace) external restricted {
        require(grace <= MAX_GRACE, ExecutorGraceTooLong(grace, MAX_GRACE));
        _uptime = Uptime(feed, grace);
        _settings.watched = feed != address(0);
        emit UptimeFeedSet(feed, grace, msg.sender);
    }

    /// @dev Seconds since `since` in which the sequencer was up and no grace ran. Reverts unless it is up now.
    function _upSince(uint256 since) internal view returns (uint256 ran) {
        Uptime memory u = _uptime;
        (bool told, uint256 roundId, uint256 answer, uint256 startedAt) =
            _round(u.feed, abi.encodeCall(IAggregatorV3.latestRoundData, ()));
        require(told && answer == 0 && startedAt <= block.timestamp, ExecutorSequencerDown(u.feed));
        uint256 end = block.timestamp;
        for (uint256 i; i < _MOST_ROUNDS; ++i) {
            if (answer == 0) {
                uint256 from = startedAt + u.grace;
                if (from < since) from = since;
                if (end > from) ran += end - from;
            }
            if (startedAt <= since || roundId == 0) break;
            end = startedAt;
            // Round ids have 80 bits.
            // forge-lint: disable-next-line(unsafe-typecast)
            bytes memory question = abi.encodeCall(IFeedHistory.getRoundData, (uint80(--roundId)));
            (told,, answer, startedAt) = _round(u.feed, question);
            if (!told || startedAt > end) break;
        }
    }

    /// @dev Given too little gas a round is not told, which makes nothing executable earlier.
    function _round(address feed, bytes memory question)
        private
        view
        returns (bool told, uint256 roundId, uint256 answer, uint256 startedAt)
    {
        (uint256 length, uint256[5] memory words) = BoundedCall.ask(feed, _FEED_GAS, question);
        told = length >= 0xa0 && words[0] <= type(uint80).max && words[2] != 0 && words[3] != 0;
        return (told, words[0], words[1], words[2]);
    }
}
