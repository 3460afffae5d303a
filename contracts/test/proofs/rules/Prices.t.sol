// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {PriceFeeds} from "../../../src/rules/PriceFeeds.sol";
import {Setters} from "../Powers.sol";
import {Answers} from "./Answers.sol";

/// @title Prices, proved for every answer of a feed (scripts/prove)
/// @notice Feeds answer whatever words they like, as many as they like, or revert. What counts is in the full set only,
///         of prices that are numbers: the solver would have to divide by them.
contract PricesProof is Setters {
    address private constant ASSET = address(0xA55E7);

    PriceFeeds private immutable _PRICES = new PriceFeeds(address(POWERS));
    Answers private immutable _FEED = new Answers();
    Answers private immutable _UPTIME = new Answers();

    // ------------------------------------------------------------------ direction (L5)

    /// @notice Guardians believe less of the same feed or none of it, at once; governance says what is believed, knowing of each time.
    function check_L5_feed_guardiansTightenOnly(
        PriceFeeds.Feed memory old,
        PriceFeeds.Feed memory next,
        bool replaces,
        bool stopped,
        uint256 expectedStops,
        address caller
    ) public {
        if (!_set(old)) return;
        if (stopped) {
            vm.prank(GUARDIAN);
            _PRICES.tightenFeed(1, ASSET, _PRICES.feedOf(1, ASSET));
        }
        bytes memory data = replaces
            ? abi.encodeCall(PriceFeeds.setFeed, (1, ASSET, next, expectedStops))
            : abi.encodeCall(PriceFeeds.tightenFeed, (1, ASSET, next));
        if (next.feed != address(_FEED)) next.feed = address(0); // it, or none
        vm.prank(caller);
        (bool done,) = address(_PRICES).call(data);
        if (!done) return;
        assert(caller == GOVERNANCE || (caller == GUARDIAN && !replaces));
        if (replaces) assert(expectedStops == (stopped ? 1 : 0));
        else assert(_isTighter(next, old) && _PRICES.feedStops(1, ASSET) == (stopped ? 2 : 1));
        assert(keccak256(abi.encode(_PRICES.feedOf(1, ASSET))) == keccak256(abi.encode(next)));
    }

    /// @notice The comparison is of every field: what cannot be compared is not tighter.
    function check_L5_feed_isTighterFieldByField(PriceFeeds.Feed memory next, PriceFeeds.Feed memory old) public view {
        assert(_PRICES.isTighter(next, old) == _isTighter(next, old));
    }

    function check_L5_sequencer_guardiansTightenOnly(
        PriceFeeds.Sequencer memory old,
        PriceFeeds.Sequencer memory next,
        bool replaces,
        uint256 expectedStops,
        address caller
    ) public {
        _byGovernance(address(_PRICES), abi.encodeCall(PriceFeeds.setSequencer, (old, 0)));
        bytes memory data = replaces
            ? abi.encodeCall(PriceFeeds.setSequencer, (next, expectedStops))
            : abi.encodeCall(PriceFeeds.tightenSequencer, (next));
        vm.prank(caller);
        (bool done,) = address(_PRICES).call(data);
        bool tighter = next.feed == address(0) || (next.feed == old.feed && next.graceTime >= old.graceTime);
        if (replaces) assert(done == (caller == GOVERNANCE && expectedStops == 0));
        else assert(done == ((caller == GOVERNANCE || caller == GUARDIAN) && tighter));
    }

    // ------------------------------------------------------------------ what counts (L5, L11)

    /// @notice By a tighter feed no answer counts that did not count before, at any time. What counts is worth what it was worth
    ///         before, since nothing that it is reckoned with may change ({check_L5_feed_isTighterFieldByField}).
    /// @custom:halmos --solver z3
    function deep_L5_tighterFeed_believesNoMore(
        PriceFeeds.Feed memory old,
        PriceFeeds.Feed memory next,
        uint256[5] memory round,
        uint8 which,
        uint32 now_
    ) public {
        vm.warp(now_);
        (old.rangeExponent, old.assetDecimals, old.answerDecimals, old.checksSequencer) = (4, 6, 8, false);
        if (!_set(old)) return;
        _answer(round, which, 5, false);
        (bool before,) = _PRICES.usd(1, ASSET, 0);
        (next.rangeExponent, next.assetDecimals, next.answerDecimals, next.checksSequencer) = (4, 6, 8, false);
        next.feed = address(_FEED);
        vm.prank(GUARDIAN);
        try _PRICES.tightenFeed(1, ASSET, next) {
            (bool then,) = _PRICES.usd(1, ASSET, 0);
            assert(before || !then);
        } catch {}
    }

    /// @notice What counts is whole, fresh, not from the future, and in the range (L11).
    /// @custom:halmos --solver z3
    function deep_L11_usd_believesOnlyWhatIsSure(
        PriceFeeds.Feed memory feed,
        uint256[5] memory round,
        uint8 which,
        uint8 count,
        bool reverts,
        uint32 now_
    ) public {
        vm.warp(now_);
        (feed.rangeExponent, feed.assetDecimals, feed.answerDecimals, feed.checksSequencer) = (4, 6, 8, false);
        if (!_set(feed)) return;
        _answer(round, which, count, reverts);
        try _PRICES.usd(1, ASSET, 0) returns (bool ok, uint256) {
            if (!ok) return;
            assert(count == 5 && !reverts && round[0] > 0 && round[4] >= round[0]);
            assert(round[3] > 0 && round[3] <= now_ && now_ - round[3] <= feed.maxAge);
            assert(round[1] >= uint256(feed.minAnswer) * 10 ** 4 && round[1] <= uint256(feed.maxAnswer) * 10 ** 4);
        } catch (bytes memory reason) {
            assert(bytes4(reason) == bytes4(keccak256("BoundedCallGasTooLow(uint256,uint256)")));
        }
        (bool elsewhere,) = _PRICES.usd(2, ASSET, 0);
        assert(!elsewhere);
    }

    /// @notice A longer grace time, or none that knows of the sequencer, makes no price count that did not; while it is down or has just come
    ///         back, none does.
    /// @custom:halmos --solver z3
    function deep_L5_tighterSequencer_isUpNoLonger(
        PriceFeeds.Sequencer memory old,
        PriceFeeds.Sequencer memory next,
        uint256[5] memory round,
        uint256[5] memory uptime,
        uint8 count,
        bool reverts,
        uint32 now_
    ) public {
        vm.warp(now_);
        if (!_set(PriceFeeds.Feed(address(_FEED), type(uint32).max, 1, 10, 8, 6, 8, true))) return;
        round[1] = 5e8;
        _FEED.set(round, 5, false);
        _UPTIME.set(uptime, count, reverts);
        if (old.feed != address(0)) old.feed = address(_UPTIME);
        if (next.feed != address(0)) next.feed = address(_UPTIME);
        _byGovernance(address(_PRICES), abi.encodeCall(PriceFeeds.setSequencer, (old, 0)));
        (bool before,) = _PRICES.usd(1, ASSET, 0);
        if (before) {
            assert(old.feed != address(0) && count == 5 && !reverts && uptime[1] == 0);
            assert(uptime[2] > 0 && uptime[2] <= now_ && now_ - uptime[2] > old.graceTime);
        }
        vm.prank(GUARDIAN);
        try _PRICES.tightenSequencer(next) {
            (bool then,) = _PRICES.usd(1, ASSET, 0);
            assert(before || !then);
        } catch {}
    }

    function deep_L7_strangersWriteNothing(PriceFeeds.Sequencer memory old, address caller) public {
        _byGovernance(address(_PRICES), abi.encodeCall(PriceFeeds.setSequencer, (old, 0)));
        _strangersWriteNothing(address(_PRICES), caller);
    }

    // ------------------------------------------------------------------ helpers

    /// @dev The feed's answer. The price in it is one of six numbers, since it is divided by; the range that it must lie in is open.
    function _answer(uint256[5] memory round, uint8 which, uint8 count, bool reverts) private {
        uint256[6] memory prices = [uint256(0), 1, 10_000, 1_2345_6789, 65_535 * 10_000 + 1, 1 << 255];
        for (uint256 i; i < 6; ++i) {
            if (which != i) continue;
            round[1] = prices[i];
            return _FEED.set(round, count, reverts);
        }
        vm.assume(false);
    }

    /// @dev Governance names the feed; its decimals are what the feed itself says.
    function _set(PriceFeeds.Feed memory feed) private returns (bool) {
        if (feed.feed == address(0)) {
            return _byGovernance(address(_PRICES), abi.encodeCall(PriceFeeds.setFeed, (1, ASSET, feed, 0)));
        }
        feed.feed = address(_FEED);
        uint256[5] memory decimals;
        decimals[0] = feed.answerDecimals;
        _FEED.set(decimals, 1, false);
        return _byGovernance(address(_PRICES), abi.encodeCall(PriceFeeds.setFeed, (1, ASSET, feed, 0)));
    }

    function _isTighter(PriceFeeds.Feed memory next, PriceFeeds.Feed memory old) private pure returns (bool tighter) {
        if (next.feed == address(0)) return true;
        tighter = next.feed == old.feed && next.assetDecimals == old.assetDecimals;
        tighter = tighter && next.answerDecimals == old.answerDecimals && next.rangeExponent == old.rangeExponent;
        tighter = tighter && next.maxAge <= old.maxAge && next.minAnswer >= old.minAnswer;
        return tighter && next.maxAnswer <= old.maxAnswer && (next.checksSequencer || !old.checksSequencer);
    }
}
