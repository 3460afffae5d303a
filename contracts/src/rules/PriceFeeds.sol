// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Roles} from "../governance/Roles.sol";
import {BoundedCall} from "./BoundedCall.sol";
import {IAggregatorV3} from "./IAggregatorV3.sol";

/// @title What an amount is worth in US dollars
/// @notice Reads Chainlink-style feeds and believes an answer only if it is whole, fresh and in the range that governance
///         expects (L11). Whatever a feed does, {usd} says "not ok" instead of failing.
/// @dev Governance names the feeds. A guardian may tighten what is asked of one, or switch it off, at once (L5); it can
///      make no answer count that did not count before. All of it holds for every agent. The feeds are home's, the assets of any
///      chain: the native coin is the zero address on each, and what a token is worth here says nothing of one that is at its
///      address elsewhere.
contract PriceFeeds is AccessManaged {
    /// @notice How one asset is priced. One storage slot. The range is in units of 10^`rangeExponent` of the answer: an
    ///         answer of 8 decimals that must lie between 0.9 and 1.1 has the exponent 4, min 9,000 and max 11,000.
    /// @param feed an {IAggregatorV3} that answers in US dollars; zero: the asset has no price
    /// @param maxAge most seconds since the answer, at least 1
    /// @param minAnswer lowest answer that is believed, at least 1
    /// @param maxAnswer highest answer that is believed
    /// @param rangeExponent of the power of ten that both are multiplied by, at most 36
    /// @param assetDecimals decimals of the asset, at most 36
    /// @param answerDecimals decimals of the feed's answers, at most 36
    /// @param checksSequencer whether an answer counts only while {sequencer} is up: on every rollup
    struct Feed {
        address feed;
        uint32 maxAge;
        uint16 minAnswer;
        uint16 maxAnswer;
        uint8 rangeExponent;
        uint8 assetDecimals;
        uint8 answerDecimals;
        bool checksSequencer;
    }

    /// @notice Who says whether the rollup's sequencer is up.
    /// @param feed an {IAggregatorV3} that answers 0 for up since `startedAt`; zero: unknown, as good as down
    /// @param graceTime seconds after the sequencer came back in which no price counts
    struct Sequencer {
        address feed;
        uint32 graceTime;
    }

    /// @notice Gas that a feed gets. One behind a proxy, with nothing warm, uses about a third of it.
    uint256 public constant FEED_GAS = 60_000;
    uint8 private constant _USD_DECIMALS = 8;
    /// @dev Of an asset, an answer, a range.
    uint8 private constant _MAX_DECIMALS = 36;
    /// @dev Bytes of an answer: five words, no more and no less.
    uint256 private constant _ANSWER_LENGTH = 0xa0;

    mapping(uint256 chainId => mapping(address asset => Feed)) private _feeds;
    Sequencer private _sequencer;
    /// @notice How often a guardian tightened the feed of an asset on a chain.
    mapping(uint256 chainId => mapping(address asset => uint256)) public feedStops;
    /// @notice How often a guardian tightened the sequencer's feed.
    uint256 public sequencerStops;

    event FeedSet(uint256 indexed chainId, address indexed asset, Feed feed, address indexed by);
    event SequencerSet(Sequencer sequencer, address indexed by);

    error PriceAgeZero();
    error PriceRangeInvalid(uint256 minAnswer, uint256 maxAnswer);
    error PriceDecimalsTooMany(uint8 decimals, uint8 max);
    error PriceDecimalsDiffer(address feed, uint8 given, uint8 answered);
    error PriceLooser(address feed);
    error PriceStopsDiffer(uint256 expectedStops, uint256 stops);

    constructor(address authority_) AccessManaged(authority_) {}

    // ------------------------------------------------------------------ prices

    /// @notice What `amount` of `asset` on chain `chainId` is worth now.
    /// @dev Reverts, and so decides nothing, only with too little gas ({BoundedCall-BoundedCallGasTooLow}): else whoever
    ///      submits an intent could make any price "not ok" by starving its feed.
    /// @param asset ERC-20 contract, or the zero address for the native coin
    /// @param amount in the asset's smallest unit
    /// @return ok whether there is a price that counts
    /// @return value US dollars with 8 decimals, rounded up; 2^256-1 if it is beyond all reckoning; 0 if not ok
    function usd(uint256 chainId, address asset, uint256 amount) external view returns (bool ok, uint256 value) {
        Feed memory f = _feeds[chainId][asset];
        if (f.feed == address(0)) return (false, 0);
        if (f.checksSequencer && !_isSequencerUp()) return (false, 0);
        (uint256 length, uint256[5] memory round) = BoundedCall.ask(f.feed, FEED_GAS, _question());
        if (!_counts(f, length, round)) return (false, 0);
        return (true, _worth(amount, round[1], uint256(f.assetDecimals) + f.answerDecimals));
    }

    /// @dev Each word of the round may be anything. A negative answer, as a number without a sign, is above every range.
    function _counts(Feed memory f, uint256 length, uint256[5] memory round) private view returns (bool) {
        (uint256 roundId, uint256 answer, uint256 updatedAt, uint256 answeredInRound) =
            (round[0], round[1], round[3], round[4]);
        if (length != _ANSWER_LENGTH) return false;
        if (roundId == 0 || roundId > answeredInRound || answeredInRound > type(uint80).max) return false;
        if (updatedAt == 0 || updatedAt > block.timestamp || block.timestamp - updatedAt > f.maxAge) return false;
        // The exponent is at most 36, and 2^16 * 10^36 below 2^136.
        unchecked {
            uint256 unit = 10 ** f.rangeExponent;
            return answer >= f.minAnswer * unit && answer <= f.maxAnswer * unit;
        }
    }

    function _isSequencerUp() private view returns (bool) {
        Sequencer memory s = _sequencer;
        if (s.feed == address(0)) return false;
        (uint256 length, uint256[5] memory round) = BoundedCall.ask(s.feed, FEED_GAS, _question());
        (uint256 down, uint256 since) = (round[1], round[2]);
        if (length != _ANSWER_LENGTH || down != 0) return false;
        return since > 0 && since <= block.timestamp && block.timestamp - since > s.graceTime;
    }

    /// @dev What a feed is asked, if enough gas is left to ask it.
    function _question() private view returns (bytes memory) {
        BoundedCall.demandGas(FEED_GAS);
        return abi.encodeCall(IAggregatorV3.latestRoundData, ());
    }

    /// @dev An answer is below 2^16 * 10^36, so only `amount` can make the product too large.
    function _worth(uint256 amount, uint256 answer, uint256 decimals) private pure returns (uint256) {
        (bool fits, uint256 product) = Math.tryMul(amount, answer * 10 ** _USD_DECIMALS);
        return fits ? Math.ceilDiv(product, 10 ** decimals) : type(uint256).max;
    }

    // ------------------------------------------------------------------ feeds

    /// @notice How the asset is priced that is on chain `chainId`.
    function feedOf(uint256 chainId, address asset) external view returns (Feed memory) {
        return _feeds[chainId][asset];
    }

    /// @notice Who says whether the sequencer is up.
    function sequencer() external view returns (Sequencer memory) {
        return _sequencer;
    }

    /// @notice Says how an asset of a chain is priced. Governance only.
    /// @param expectedStops what {feedStops} said when this was decided: a decision never undoes a stop that came after it
    function setFeed(uint256 chainId, address asset, Feed calldata feed, uint256 expectedStops) external restricted {
        _checkStops(expectedStops, feedStops[chainId][asset]);
        if (feed.feed != address(0)) {
            _checkDecimals(feed.assetDecimals);
            _checkDecimals(feed.answerDecimals);
            uint8 answered = IAggregatorV3(feed.feed).decimals();
            require(feed.answerDecimals == answered, PriceDecimalsDiffer(feed.feed, feed.answerDecimals, answered));
        }
        _setFeed(chainId, asset, feed);
    }

    /// @notice Believes less of the same feed, or, with the zero feed, none of it. Guardian or governance, at once.
    function tightenFeed(uint256 chainId, address asset, Feed calldata feed) external {
        _checkGuardian();
        require(isTighter(feed, _feeds[chainId][asset]), PriceLooser(feed.feed));
        ++feedStops[chainId][asset];
        _setFeed(chainId, asset, feed);
    }

    /// @notice Says who knows whether the sequencer is up. Governance only.
    /// @param expectedStops what {sequencerStops} said when this was decided
    function setSequencer(Sequencer calldata sequencer_, uint256 expectedStops) external restricted {
        _checkStops(expectedStops, sequencerStops);
        _setSequencer(sequencer_);
    }

    /// @notice Waits longer after an outage, or, with the zero feed, takes the sequencer for down. Guardian or governance,
    ///         at once.
    function tightenSequencer(Sequencer calldata sequencer_) external {
        _checkGuardian();
        require(isTighter(sequencer_, _sequencer), PriceLooser(sequencer_.feed));
        ++sequencerStops;
        _setSequencer(sequencer_);
    }

    /// @notice Whether `next` lets no answer count that `old` did not (L5).
    function isTighter(Feed memory next, Feed memory old) public pure returns (bool) {
        if (next.feed == address(0)) return true;
        return next.feed == old.feed && next.assetDecimals == old.assetDecimals
            && next.answerDecimals == old.answerDecimals && next.rangeExponent == old.rangeExponent
            && next.maxAge <= old.maxAge && next.minAnswer >= old.minAnswer && next.maxAnswer <= old.maxAnswer
            && (next.checksSequencer || !old.checksSequencer);
    }

    /// @notice Whether `next` takes the sequencer for up at no time when `old` did not (L5).
    function isTighter(Sequencer memory next, Sequencer memory old) public pure returns (bool) {
        return next.feed == address(0) || (next.feed == old.feed && next.graceTime >= old.graceTime);
    }

    // ------------------------------------------------------------------ internals

    function _setFeed(uint256 chainId, address asset, Feed calldata feed) private {
        if (feed.feed != address(0)) {
            require(feed.maxAge > 0, PriceAgeZero());
            require(
                0 < feed.minAnswer && feed.minAnswer <= feed.maxAnswer,
                PriceRangeInvalid(feed.minAnswer, feed.maxAnswer)
            );
            _checkDecimals(feed.rangeExponent);
        }
        _feeds[chainId][asset] = feed;
        emit FeedSet(chainId, asset, feed, msg.sender);
    }

    function _setSequencer(Sequencer calldata sequencer_) private {
        _sequencer = sequencer_;
        emit SequencerSet(sequencer_, msg.sender);
    }

    function _checkGuardian() private {
        if (!Roles.isGuardian(authority(), msg.sender)) _checkCanCall(msg.sender, msg.data);
    }

    function _checkStops(uint256 expected, uint256 stops) private pure {
        require(stops == expected, PriceStopsDiffer(expected, stops));
    }

    function _checkDecimals(uint8 decimals) private pure {
        require(decimals <= _MAX_DECIMALS, PriceDecimalsTooMany(decimals, _MAX_DECIMALS));
    }
}
