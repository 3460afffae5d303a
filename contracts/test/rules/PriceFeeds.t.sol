// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {BoundedCall} from "../../src/rules/BoundedCall.sol";
import {PriceFeeds} from "../../src/rules/PriceFeeds.sol";
import {Governed} from "../lib/Governed.sol";
import {HostileFeed} from "./Feeds.sol";
import {Greedy} from "./Greedy.sol";

contract PriceFeedsTest is Governed {
    address private constant ETH = address(0);
    address private constant USDC = address(0xC0);
    address private constant GREEDY_ASSET = address(0x6A);
    uint256 private constant ETH_PRICE = 2_000e8;
    uint32 private constant MAX_AGE = 1 hours;
    uint32 private constant GRACE = 30 minutes;

    PriceFeeds private _prices;
    HostileFeed private _eth;
    HostileFeed private _uptime;

    function setUp() public {
        govern();
        _prices = new PriceFeeds(address(authority));
        _eth = new HostileFeed();
        _uptime = new HostileFeed();
        _eth.willAnswer(7, ETH_PRICE, START - 60, START - 60, 7);
        _uptime.willAnswer(1, 0, START - 1 days, START - 1 days, 1);
        _set(ETH, _ethFeed());
        _set(GREEDY_ASSET, PriceFeeds.Feed(_greedyFeed(), MAX_AGE, 1, 100, 8, 18, 8, false));
    }

    /// @dev Nothing costs more to look up, for a test that has not touched it: an account that delegates (EIP-7702). Its price
    ///      is what the time is in seconds, about 18 dollars.
    function _greedyFeed() private returns (address feed) {
        feed = address(0x7702);
        vm.etch(feed, abi.encodePacked(hex"ef0100", new Greedy(_prices.FEED_GAS() - 150, START)));
    }

    /// @dev ETH from 100 to 10,000 dollars.
    function _ethFeed() private view returns (PriceFeeds.Feed memory) {
        return PriceFeeds.Feed(address(_eth), MAX_AGE, 100, 10_000, 8, 18, 8, false);
    }

    function _set(address asset, PriceFeeds.Feed memory feed) private {
        uint256 stops = _prices.feedStops(HOME, asset);
        vm.prank(GOVERNANCE);
        _prices.setFeed(HOME, asset, feed, stops);
    }

    function _useSequencer() private {
        PriceFeeds.Feed memory feed = _ethFeed();
        feed.checksSequencer = true;
        _set(ETH, feed);
        vm.prank(GOVERNANCE);
        _prices.setSequencer(PriceFeeds.Sequencer(address(_uptime), GRACE), 0);
    }

    function _assertOk(string memory why) private view {
        (bool ok, uint256 value) = _prices.usd(HOME, ETH, 1 ether);
        assertTrue(ok, why);
        assertEq(value, ETH_PRICE, why);
    }

    function _assertNotOk(string memory why) private view {
        (bool ok, uint256 value) = _prices.usd(HOME, ETH, 1 ether);
        assertFalse(ok, why);
        assertEq(value, 0, why);
    }

    // ------------------------------------------------------------------ values

    function test_usd_roundsUp() public view {
        _assertOk("one ether");
        (, uint256 value) = _prices.usd(HOME, ETH, 0);
        assertEq(value, 0, "nothing is worth nothing");
        (, value) = _prices.usd(HOME, ETH, 1);
        assertEq(value, 1, "a wei is worth something");
        (, value) = _prices.usd(HOME, ETH, 5_000_000);
        assertEq(value, 1, "exactly one");
        (, value) = _prices.usd(HOME, ETH, 5_000_001);
        assertEq(value, 2, "a little more than one");
    }

    function test_usd_anyDecimals() public {
        HostileFeed feed = new HostileFeed();
        feed.setDecimals(18);
        feed.willAnswer(1, 0.9998e18, START, START, 1);
        _set(USDC, PriceFeeds.Feed(address(feed), MAX_AGE, 9_000, 11_000, 14, 6, 18, false));
        (bool ok, uint256 value) = _prices.usd(HOME, USDC, 1_000_000e6);
        assertTrue(ok, "ok");
        assertEq(value, 999_800e8, "a million of a stable coin");

        // No decimals at all, on both sides.
        feed.setDecimals(0);
        feed.willAnswer(1, 3, START, START, 1);
        _set(USDC, PriceFeeds.Feed(address(feed), MAX_AGE, 1, 5, 0, 0, 0, false));
        (, value) = _prices.usd(HOME, USDC, 7);
        assertEq(value, 21e8, "7 of 3 dollars each");
    }

    function test_usd_beyondAllReckoningIsTheMost() public view {
        (bool ok, uint256 value) = _prices.usd(HOME, ETH, type(uint256).max);
        assertTrue(ok, "ok");
        assertEq(value, type(uint256).max, "most");
    }

    function testFuzz_usd_isTheExactValueRoundedUp(uint256 amount, uint256 answer, uint8 decimals, uint8 feedDecimals)
        public
    {
        decimals = uint8(bound(decimals, 0, 36));
        feedDecimals = uint8(bound(feedDecimals, 0, 36));
        answer = bound(answer, 1e36, 65_535e36);
        _eth.setDecimals(feedDecimals);
        _set(ETH, PriceFeeds.Feed(address(_eth), MAX_AGE, 1, 65_535, 36, decimals, feedDecimals, false));
        _eth.willAnswer(1, answer, START, START, 1);

        (bool ok, uint256 value) = _prices.usd(HOME, ETH, amount);
        assertTrue(ok, "ok");
        (uint256 high,) = Math.mul512(amount, answer * 1e8);
        if (high > 0) {
            assertEq(value, type(uint256).max, "most");
        } else {
            assertEq(
                value,
                Math.mulDiv(amount, answer * 1e8, 10 ** (uint256(decimals) + feedDecimals), Math.Rounding.Ceil),
                "value"
            );
        }
    }

    // ------------------------------------------------------------------ answers that do not count

    function test_L11_usd_assetWithoutFeed() public view {
        (bool ok, uint256 value) = _prices.usd(HOME, USDC, 1);
        assertFalse(ok, "no feed");
        assertEq(value, 0, "value");
    }

    function test_L11_usd_staleOrFromTheFuture() public {
        _eth.willAnswer(7, ETH_PRICE, START - MAX_AGE, START - MAX_AGE, 7);
        _assertOk("just fresh enough");
        _eth.willAnswer(7, ETH_PRICE, START - MAX_AGE - 1, START - MAX_AGE - 1, 7);
        _assertNotOk("stale");
        _eth.willAnswer(7, ETH_PRICE, START, START, 7);
        _assertOk("of this block");
        _eth.willAnswer(7, ETH_PRICE, START, START + 1, 7);
        _assertNotOk("from the future");
        _eth.willAnswer(7, ETH_PRICE, START, type(uint256).max, 7);
        _assertNotOk("from the end of time");
    }

    function test_L11_usd_outOfRange() public {
        uint256[2] memory good = [uint256(100e8), 10_000e8];
        uint256[6] memory bad = [
            0,
            100e8 - 1,
            10_000e8 + 1,
            uint256(-int256(ETH_PRICE)),
            uint256(type(int256).min),
            uint256(type(int256).max)
        ];
        for (uint256 i; i < good.length; ++i) {
            _eth.willAnswer(7, good[i], START, START, 7);
            (bool ok, uint256 value) = _prices.usd(HOME, ETH, 1 ether);
            assertTrue(ok, "in range");
            assertEq(value, good[i], "value");
        }
        for (uint256 i; i < bad.length; ++i) {
            _eth.willAnswer(7, bad[i], START, START, 7);
            _assertNotOk(vm.toString(bad[i]));
        }
    }

    function test_L11_usd_incompleteRound() public {
        _eth.willAnswer(7, ETH_PRICE, START, 0, 7);
        _assertNotOk("no time");
        PriceFeeds.Feed memory feed = _ethFeed();
        feed.maxAge = type(uint32).max;
        _set(ETH, feed);
        _assertNotOk("no time, at any age");
        _eth.willAnswer(0, ETH_PRICE, START, START, 0);
        _assertNotOk("no round");
        _eth.willAnswer(7, ETH_PRICE, START, START, 6);
        _assertNotOk("carried over");
        _eth.willAnswer(7, ETH_PRICE, START, START, 1 << 80);
        _assertNotOk("no round number");
        uint256 last = type(uint80).max;
        _eth.willAnswer(last, ETH_PRICE, START, START, last);
        _assertOk("last round");
    }

    function test_L11_usd_garbage() public {
        bytes memory whole = abi.encode(7, ETH_PRICE, START, START, 7);
        _eth.willAnswer("");
        _assertNotOk("empty");
        _eth.willAnswer(abi.encode(7, ETH_PRICE, START, START));
        _assertNotOk("four words");
        _eth.willAnswer(abi.encodePacked(whole, uint8(0)));
        _assertNotOk("a byte too many");
        _eth.willAnswer(abi.encodePacked(whole, whole));
        _assertNotOk("twice");
        _eth.willAnswer(whole);
        _assertOk("exactly five words");
        HostileFeed.Deed[5] memory deeds = [
            HostileFeed.Deed.REVERT,
            HostileFeed.Deed.REVERT_LONG,
            HostileFeed.Deed.BURN,
            HostileFeed.Deed.ANSWER_LONG,
            HostileFeed.Deed.WRITE
        ];
        for (uint256 i; i < deeds.length; ++i) {
            _eth.will(deeds[i]);
            _assertNotOk("bad deed");
        }
        vm.etch(address(_eth), "");
        _assertNotOk("no code");
    }

    function testFuzz_L11_usd_neverFails(bytes calldata answer, uint256 amount) public {
        _eth.willAnswer(answer);
        _uptime.willAnswer(answer);
        _prices.usd(HOME, ETH, amount);
        _useSequencer();
        (bool ok,) = _prices.usd(HOME, ETH, amount);
        assertFalse(ok, "the same words are no price and no status");
    }

    /// @dev Each word anything, near and far from what counts.
    function testFuzz_L11_usd_countsWhatIsWholeFreshAndInRange(uint256[5] calldata seeds, uint256 far) public {
        uint256 roundId = far & 1 == 0 ? bound(seeds[0], 0, 3) : seeds[0];
        uint256 answer = far & 2 == 0 ? bound(seeds[1], 99e8, 10_001e8) : seeds[1];
        uint256 updatedAt = far & 4 == 0 ? bound(seeds[3], START - MAX_AGE - 2, START + 2) : seeds[3];
        uint256 answeredInRound = far & 8 == 0 ? bound(seeds[4], 0, 3) : seeds[4];
        _eth.willAnswer(roundId, answer, seeds[2], updatedAt, answeredInRound);
        bool expected = roundId != 0 && answeredInRound >= roundId && answeredInRound < 1 << 80;
        expected = expected && !(answer < 100e8 || answer > 10_000e8);
        expected = expected && !(updatedAt > START || updatedAt < START - MAX_AGE);
        (bool ok,) = _prices.usd(HOME, ETH, 1 ether);
        assertTrue(ok == expected, "ok");
    }

    // ------------------------------------------------------------------ sequencer

    function test_L11_sequencer_upAfterItsGraceTime() public {
        _useSequencer();
        _assertOk("up for long");
        _uptime.willAnswer(1, 0, START - GRACE - 1, START, 1);
        _assertOk("grace time over");
        _uptime.willAnswer(1, 0, START - GRACE, START, 1);
        _assertNotOk("last second of the grace time");
        _uptime.willAnswer(1, 0, START, START, 1);
        _assertNotOk("just back");
    }

    function test_L11_sequencer_downOrUnknown() public {
        _useSequencer();
        uint256 long = START - 1 days;
        _uptime.willAnswer(1, 1, long, long, 1);
        _assertNotOk("down");
        _uptime.willAnswer(1, 2, long, long, 1);
        _assertNotOk("neither up nor down");
        _uptime.willAnswer(1, type(uint256).max, long, long, 1);
        _assertNotOk("minus one");
        _uptime.willAnswer(1, 0, 0, long, 1);
        _assertNotOk("never told");
        _uptime.willAnswer(1, 0, START + 1, long, 1);
        _assertNotOk("up from tomorrow");
        _uptime.willAnswer(abi.encode(1, 0, long, long));
        _assertNotOk("four words");
        _uptime.willAnswer(abi.encode(1, 0, long, long, 1, 1));
        _assertNotOk("six words");
        _uptime.will(HostileFeed.Deed.BURN);
        _assertNotOk("burns gas");
        vm.etch(address(_uptime), "");
        _assertNotOk("no code");
        vm.prank(GOVERNANCE);
        _prices.setSequencer(PriceFeeds.Sequencer(address(0), 0), 0);
        _assertNotOk("unset");
    }

    function test_sequencer_isAskedOnlyWhereItMatters() public {
        _useSequencer();
        _uptime.willAnswer(1, 1, START, START, 1);
        _assertNotOk("down");
        _set(ETH, _ethFeed());
        _assertOk("a chain without a sequencer");
    }

    // ------------------------------------------------------------------ gas

    /// @dev Whatever gas the asker gives: no answer, or the true one.
    function testFuzz_L4_usd_noStarvedFeedIsNotOk(uint256 gas_) public {
        _useSequencer();
        gas_ = bound(gas_, 0, 200_000);
        (bool answered, bytes memory answer) =
            address(_prices).staticcall{gas: gas_}(abi.encodeCall(_prices.usd, (HOME, ETH, 1 ether)));
        if (answered) {
            (bool ok, uint256 value) = abi.decode(answer, (bool, uint256));
            assertTrue(ok, "starved");
            assertEq(value, ETH_PRICE, "value");
        }
    }

    /// @dev A feed that needs all of its gas but for its way in: it gets it, or there is no answer.
    function testFuzz_L4_usd_aFeedGetsAllOfItsGas(uint256 gas_) public view {
        (bool answered, bytes memory answer) = address(_prices).staticcall{gas: bound(gas_, 65_000, 90_000)}(
            abi.encodeCall(_prices.usd, (HOME, GREEDY_ASSET, 1 ether))
        );
        if (answered) assertEq(answer, abi.encode(true, START), "starved");
    }

    function test_usd_aFeedThatNeedsAllOfItsGasCounts() public view {
        (bool ok, uint256 value) = _prices.usd(HOME, GREEDY_ASSET, 1 ether);
        assertTrue(ok, "ok");
        assertEq(value, START, "value");
    }

    /// @dev What is not asked needs no gas.
    function test_usd_unsetFeedsNeedNoGas() public {
        (bool answered, bytes memory answer) =
            address(_prices).staticcall{gas: 40_000}(abi.encodeCall(_prices.usd, (HOME, USDC, 1)));
        assertTrue(answered, "no feed");
        assertEq(answer, abi.encode(false, 0), "no feed");
        PriceFeeds.Feed memory feed = _ethFeed();
        feed.checksSequencer = true;
        _set(ETH, feed);
        (answered, answer) = address(_prices).staticcall{gas: 40_000}(abi.encodeCall(_prices.usd, (HOME, ETH, 1)));
        assertTrue(answered, "no sequencer feed");
        assertEq(answer, abi.encode(false, 0), "no sequencer feed");
    }

    function test_usd_revert_tooLittleGas() public view {
        (bool answered, bytes memory answer) =
            address(_prices).staticcall{gas: 60_000}(abi.encodeCall(_prices.usd, (HOME, ETH, 1 ether)));
        assertFalse(answered, "answered");
        assertEq(bytes32(bytes4(answer)), bytes32(BoundedCall.BoundedCallGasTooLow.selector), "error");
        (answered,) = address(_prices).staticcall{gas: 90_000}(abi.encodeCall(_prices.usd, (HOME, ETH, 1 ether)));
        assertTrue(answered, "with enough gas");
    }

    function test_usd_hostileFeedsCostNoMoreThanTheirGas() public {
        _useSequencer();
        HostileFeed.Deed[4] memory deeds =
            [HostileFeed.Deed.REVERT_LONG, HostileFeed.Deed.BURN, HostileFeed.Deed.ANSWER_LONG, HostileFeed.Deed.WRITE];
        for (uint256 i; i < deeds.length; ++i) {
            _eth.will(deeds[i]);
            uint256 before = gasleft();
            _prices.usd(HOME, ETH, 1 ether);
            // One feed's gas, the honest sequencer's share, and our own code, which is not optimized here.
            assertLe(before - gasleft(), _prices.FEED_GAS() + 30_000, "gas");
        }
    }

    // ------------------------------------------------------------------ direction

    function test_L11_eachChainHasItsOwnFeeds() public {
        (bool ok,) = _prices.usd(HOME + 1, ETH, 1 ether);
        assertFalse(ok, "home's price elsewhere");
        vm.prank(GOVERNANCE);
        _prices.setFeed(HOME + 1, ETH, _ethFeed(), 0);
        (ok,) = _prices.usd(HOME + 1, ETH, 1 ether);
        assertTrue(ok, "that chain's");
        PriceFeeds.Feed memory off;
        vm.prank(WATCHDOG);
        _prices.tightenFeed(HOME + 1, ETH, off);
        (ok,) = _prices.usd(HOME + 1, ETH, 1 ether);
        assertFalse(ok, "off");
        (ok,) = _prices.usd(HOME, ETH, 1 ether);
        assertTrue(ok, "home's");
        assertEq(_prices.feedStops(HOME + 1, ETH), 1, "stops");
        assertEq(_prices.feedStops(HOME, ETH), 0, "home's stops");
    }

    function test_L5_setFeed_governanceOnly() public {
        assertGovernanceOnly(address(_prices), abi.encodeCall(_prices.setFeed, (HOME, ETH, _ethFeed(), 0)));
        assertGovernanceOnly(
            address(_prices), abi.encodeCall(_prices.setSequencer, (PriceFeeds.Sequencer(address(_uptime), 1), 0))
        );
        vm.expectEmit(address(_prices));
        emit PriceFeeds.FeedSet(HOME, USDC, _ethFeed(), GOVERNANCE);
        _set(USDC, _ethFeed());
        assertEq(abi.encode(_prices.feedOf(HOME, USDC)), abi.encode(_ethFeed()), "feed");
        vm.expectEmit(address(_prices));
        emit PriceFeeds.SequencerSet(PriceFeeds.Sequencer(address(_uptime), 1), GOVERNANCE);
        vm.prank(GOVERNANCE);
        _prices.setSequencer(PriceFeeds.Sequencer(address(_uptime), 1), 0);
        assertEq(abi.encode(_prices.sequencer()), abi.encode(PriceFeeds.Sequencer(address(_uptime), 1)), "sequencer");
    }

    /// @dev A feed is nobody's own: agents and their owners have no say.
    function test_L5_tighten_guardianAndGovernanceOnly() public {
        PriceFeeds.Feed memory off;
        address[3] memory others = [OWNER, AGENT, THIEF];
        for (uint256 i; i < 3; ++i) {
            assertRefused(others[i], address(_prices), abi.encodeCall(_prices.tightenFeed, (HOME, ETH, off)));
            assertRefused(
                others[i],
                address(_prices),
                abi.encodeCall(_prices.tightenSequencer, (PriceFeeds.Sequencer(address(0), 0)))
            );
        }
        _assertOk("still on");
        vm.prank(GOVERNANCE);
        _prices.tightenFeed(HOME, ETH, off);
        _assertNotOk("off by governance");
    }

    function test_L5_guardianSwitchesAFeedOffAtOnce() public {
        PriceFeeds.Feed memory off;
        vm.expectEmit(address(_prices));
        emit PriceFeeds.FeedSet(HOME, ETH, off, WATCHDOG);
        vm.prank(WATCHDOG);
        _prices.tightenFeed(HOME, ETH, off);
        _assertNotOk("off");
        // ... and not on again.
        vm.expectRevert(abi.encodeWithSelector(PriceFeeds.PriceLooser.selector, address(_eth)));
        vm.prank(WATCHDOG);
        _prices.tightenFeed(HOME, ETH, _ethFeed());
        assertRefused(WATCHDOG, address(_prices), abi.encodeCall(_prices.setFeed, (HOME, ETH, _ethFeed(), 1)));
    }

    function test_L5_guardianSwitchesOffAlsoWhenTheFeedHasGone() public {
        PriceFeeds.Feed memory off;
        vm.etch(address(_eth), "");
        vm.prank(WATCHDOG);
        _prices.tightenFeed(HOME, ETH, off);
        assertEq(_prices.feedOf(HOME, ETH).feed, address(0), "feed");
    }

    function test_L5_guardianTightensEachField() public {
        PriceFeeds.Feed memory f = _ethFeed();
        (f.maxAge, f.minAnswer, f.maxAnswer, f.checksSequencer) = (59, 1_900, 2_100, true);
        vm.prank(WATCHDOG);
        _prices.tightenFeed(HOME, ETH, f);
        assertEq(abi.encode(_prices.feedOf(HOME, ETH)), abi.encode(f), "feed");
        assertEq(_prices.feedStops(HOME, ETH), 1, "stops");
        assertEq(_prices.feedStops(HOME, USDC), 0, "stops of another asset");
    }

    function test_L5_guardianLoosensNoField() public {
        _useSequencer();
        for (uint256 field; field < 9; ++field) {
            PriceFeeds.Feed memory f = _prices.feedOf(HOME, ETH);
            // Tighter in everything else.
            (f.maxAge, f.minAnswer, f.maxAnswer) = (59, 1_900, 2_100);
            address other = address(new HostileFeed());
            if (field == 0) f.feed = other;
            if (field == 1) f.maxAge = MAX_AGE + 1;
            if (field == 2) f.minAnswer = 99;
            if (field == 3) f.maxAnswer = 10_001;
            if (field == 4) f.rangeExponent = 9;
            if (field == 5) f.rangeExponent = 7;
            if (field == 6) f.assetDecimals = 19;
            if (field == 7) f.answerDecimals = 9;
            if (field == 8) f.checksSequencer = false;
            vm.expectRevert(abi.encodeWithSelector(PriceFeeds.PriceLooser.selector, f.feed));
            vm.prank(WATCHDOG);
            _prices.tightenFeed(HOME, ETH, f);
        }
    }

    function test_L5_guardianTightensTheSequencer() public {
        _useSequencer();
        PriceFeeds.Sequencer memory s = PriceFeeds.Sequencer(address(_uptime), GRACE - 1);
        vm.startPrank(WATCHDOG);
        vm.expectRevert(abi.encodeWithSelector(PriceFeeds.PriceLooser.selector, address(_uptime)));
        _prices.tightenSequencer(s);
        vm.expectRevert(abi.encodeWithSelector(PriceFeeds.PriceLooser.selector, address(_eth)));
        _prices.tightenSequencer(PriceFeeds.Sequencer(address(_eth), GRACE));
        s.graceTime = 2 days;
        vm.expectEmit(address(_prices));
        emit PriceFeeds.SequencerSet(s, WATCHDOG);
        _prices.tightenSequencer(s);
        _assertNotOk("longer grace time");
        _prices.tightenSequencer(PriceFeeds.Sequencer(address(0), 0));
        vm.expectRevert(abi.encodeWithSelector(PriceFeeds.PriceLooser.selector, address(_uptime)));
        _prices.tightenSequencer(s);
        vm.stopPrank();
        assertEq(_prices.sequencerStops(), 2, "stops");
    }

    function test_L4_aDecisionUndoesNoLaterStop() public {
        PriceFeeds.Feed memory off;
        vm.startPrank(WATCHDOG);
        _prices.tightenFeed(HOME, ETH, off);
        _prices.tightenFeed(HOME, ETH, off);
        _prices.tightenSequencer(PriceFeeds.Sequencer(address(0), 0));
        vm.stopPrank();
        vm.startPrank(GOVERNANCE);
        for (uint256 expected; expected < 4; ++expected) {
            if (expected == 2) continue;
            vm.expectRevert(abi.encodeWithSelector(PriceFeeds.PriceStopsDiffer.selector, expected, 2));
            _prices.setFeed(HOME, ETH, _ethFeed(), expected);
        }
        _prices.setFeed(HOME, ETH, _ethFeed(), 2);
        vm.expectRevert(abi.encodeWithSelector(PriceFeeds.PriceStopsDiffer.selector, 0, 1));
        _prices.setSequencer(PriceFeeds.Sequencer(address(_uptime), GRACE), 0);
        _prices.setSequencer(PriceFeeds.Sequencer(address(_uptime), GRACE), 1);
        vm.stopPrank();
        _assertOk("on again");
    }

    /// @dev Field by field, each compared on its own.
    function testFuzz_L5_isTighter_feed(PriceFeeds.Feed memory next, PriceFeeds.Feed memory old, uint8 same)
        public
        view
    {
        // Two random feeds are never alike in what must be equal.
        if (same & 1 == 0) next.feed = old.feed;
        if (same & 2 == 0) next.assetDecimals = old.assetDecimals;
        if (same & 4 == 0) next.answerDecimals = old.answerDecimals;
        if (same & 8 == 0) next.rangeExponent = old.rangeExponent;
        if (same & 16 == 0) (next.minAnswer, old.minAnswer) = _sorted(next.minAnswer, old.minAnswer);
        if (same & 32 == 0) (old.maxAnswer, next.maxAnswer) = _sorted(next.maxAnswer, old.maxAnswer);
        if (same & 64 == 0 && next.maxAge > old.maxAge) (next.maxAge, old.maxAge) = (old.maxAge, next.maxAge);
        if (same & 128 == 0) next.checksSequencer = next.checksSequencer || old.checksSequencer;

        bool looser = next.feed != old.feed;
        if (next.maxAge > old.maxAge) looser = true;
        if (next.minAnswer < old.minAnswer) looser = true;
        if (next.maxAnswer > old.maxAnswer) looser = true;
        if (next.rangeExponent != old.rangeExponent) looser = true;
        if (next.assetDecimals != old.assetDecimals) looser = true;
        if (next.answerDecimals != old.answerDecimals) looser = true;
        if (old.checksSequencer && !next.checksSequencer) looser = true;
        if (next.feed == address(0)) looser = false;
        assertTrue(_prices.isTighter(next, old) == !looser, "feed");
    }

    /// @dev Larger first.
    function _sorted(uint16 a, uint16 b) private pure returns (uint16, uint16) {
        return a > b ? (a, b) : (b, a);
    }

    /// @dev What the word means: nothing counts afterwards that did not count before, with another value.
    function testFuzz_L5_isTighter_noAnswerCountsThatDidNot(
        uint32 maxAge,
        uint16 minAnswer,
        uint16 maxAnswer,
        bool checksSequencer,
        uint256 answer,
        uint256 age,
        bool up
    ) public {
        answer = bound(answer, 0, 65_535e8);
        age = bound(age, 0, 2 * MAX_AGE);
        _eth.willAnswer(7, answer, START - age, START - age, 7);
        _uptime.willAnswer(1, up ? 0 : 1, START - 1 days, START, 1);
        _useSequencer();
        PriceFeeds.Feed memory old = _ethFeed();
        _set(ETH, old);
        (bool oldOk, uint256 oldValue) = _prices.usd(HOME, ETH, 1 ether);
        PriceFeeds.Feed memory next = old;
        next.maxAge = uint32(bound(maxAge, 1, 2 * MAX_AGE));
        next.minAnswer = uint16(bound(minAnswer, 1, 20_000));
        next.maxAnswer = uint16(bound(maxAnswer, next.minAnswer, 20_000));
        next.checksSequencer = checksSequencer;
        bool tighter = _prices.isTighter(next, _ethFeed());
        _set(ETH, next);
        (bool nextOk, uint256 nextValue) = _prices.usd(HOME, ETH, 1 ether);
        if (tighter && nextOk) {
            assertTrue(oldOk, "did not count before");
            assertEq(nextValue, oldValue, "another value");
        }
    }

    function testFuzz_L5_isTighter_sequencer(address next, address old, uint32 nextGrace, uint32 oldGrace, bool same)
        public
        view
    {
        if (same) next = old;
        bool looser = next != old;
        if (nextGrace < oldGrace) looser = true;
        if (next == address(0)) looser = false;
        assertTrue(
            _prices.isTighter(PriceFeeds.Sequencer(next, nextGrace), PriceFeeds.Sequencer(old, oldGrace)) == !looser,
            "sequencer"
        );
    }

    // ------------------------------------------------------------------ what is refused

    function _expectRefused(PriceFeeds.Feed memory feed, bytes memory error_) private {
        vm.expectRevert(error_);
        vm.prank(GOVERNANCE);
        _prices.setFeed(HOME, ETH, feed, 0);
    }

    function test_setFeed_revert_senseless() public {
        PriceFeeds.Feed memory f = _ethFeed();
        f.maxAge = 0;
        _expectRefused(f, abi.encodeWithSelector(PriceFeeds.PriceAgeZero.selector));
        f = _ethFeed();
        f.minAnswer = 0;
        _expectRefused(f, abi.encodeWithSelector(PriceFeeds.PriceRangeInvalid.selector, 0, 10_000));
        f.minAnswer = 10_001;
        _expectRefused(f, abi.encodeWithSelector(PriceFeeds.PriceRangeInvalid.selector, 10_001, 10_000));
        f = _ethFeed();
        f.rangeExponent = 37;
        _expectRefused(f, abi.encodeWithSelector(PriceFeeds.PriceDecimalsTooMany.selector, 37, 36));
        f = _ethFeed();
        f.assetDecimals = 37;
        _expectRefused(f, abi.encodeWithSelector(PriceFeeds.PriceDecimalsTooMany.selector, 37, 36));
        f = _ethFeed();
        f.answerDecimals = 37;
        _expectRefused(f, abi.encodeWithSelector(PriceFeeds.PriceDecimalsTooMany.selector, 37, 36));
        f = _ethFeed();
        f.answerDecimals = 18;
        _expectRefused(f, abi.encodeWithSelector(PriceFeeds.PriceDecimalsDiffer.selector, address(_eth), 18, 8));
        f = _ethFeed();
        f.feed = address(0xDEAD);
        vm.expectRevert();
        vm.prank(GOVERNANCE);
        _prices.setFeed(HOME, ETH, f, 0);
    }

    function test_tightenFeed_revert_senseless() public {
        PriceFeeds.Feed memory f = _ethFeed();
        f.maxAge = 0;
        vm.expectRevert(abi.encodeWithSelector(PriceFeeds.PriceAgeZero.selector));
        vm.prank(WATCHDOG);
        _prices.tightenFeed(HOME, ETH, f);
    }

    function test_setFeed_zeroTakesThePriceAway() public {
        PriceFeeds.Feed memory off;
        _set(ETH, off);
        _assertNotOk("off");
    }
}
