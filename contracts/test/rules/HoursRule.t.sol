// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {HoursRule} from "../../src/rules/HoursRule.sol";
import {Tightening} from "../../src/rules/Tightening.sol";
import {Governed} from "../lib/Governed.sol";

contract HoursRuleTest is Governed {
    uint256 private constant _MONDAY = 1_799_625_600; // 2027-01-11 00:00 UTC
    uint8 private constant _WORKDAYS = 0x1f;
    uint8 private constant _ALL_DAYS = 0x7f;

    HoursRule private _rule;

    function setUp() public {
        govern();
        _rule = new HoursRule(address(authority), registry);
    }

    // ------------------------------------------------------------------ what hours mean, said otherwise

    /// @dev Straight from the definition: did the window begin today or yesterday, on one of its days, and not yet end?
    function _isOpen(HoursRule.Window memory w, uint256 t) private pure returns (bool) {
        uint256 midnight = t - t % 1 days;
        for (uint256 daysAgo; daysAgo < 2; ++daysAgo) {
            uint256 begins = midnight - daysAgo * 1 days + w.opens;
            if (_begins(w, begins) && begins <= t && t < begins + w.duration) return true;
        }
        return false;
    }

    /// @dev Whether `t`, its time of day being the window's, is on one of its weekdays.
    function _begins(HoursRule.Window memory w, uint256 t) private pure returns (bool) {
        uint256 mondays = _MONDAY - 2000 weeks; // before all times here
        return (w.weekdays >> (((t - mondays) / 1 days) % 7)) & 1 == 1;
    }

    function _isOpen(HoursRule.Window[] memory ws, uint256 t) private pure returns (bool) {
        for (uint256 i; i < ws.length; ++i) {
            if (_isOpen(ws[i], t)) return true;
        }
        return false;
    }

    /// @dev Each time of a week and a bit at which something opens or closes, where a difference would show first.
    function _edges(HoursRule.Window[] memory ws, uint256 from) private pure returns (uint256[] memory times) {
        times = new uint256[](ws.length * 10 * 2);
        uint256 midnight = from - from % 1 days - 1 days;
        for (uint256 i; i < ws.length; ++i) {
            for (uint256 day; day < 10; ++day) {
                times[(i * 10 + day) * 2] = midnight + day * 1 days + ws[i].opens;
                times[(i * 10 + day) * 2 + 1] = midnight + day * 1 days + ws[i].opens + ws[i].duration;
            }
        }
    }

    /// @dev Whether whenever `a` is open, `b` is: if not, then first where `a` opens or where `b` closes.
    function _isSubset(HoursRule.Window[] memory a, HoursRule.Window[] memory b) private pure returns (bool) {
        for (uint256 k; k < 2; ++k) {
            uint256[] memory times = _edges(k == 0 ? a : b, START);
            for (uint256 i; i < times.length; ++i) {
                if (_isOpen(a, times[i]) && !_isOpen(b, times[i])) return false;
            }
        }
        return true;
    }

    // ------------------------------------------------------------------ helpers

    function _window(uint256 weekdays, uint256 opens, uint256 duration) private pure returns (HoursRule.Window memory) {
        return HoursRule.Window(uint8(weekdays), uint24(opens), uint24(duration));
    }

    function _one(uint256 weekdays, uint256 opens, uint256 duration)
        private
        pure
        returns (HoursRule.Window[] memory ws)
    {
        ws = new HoursRule.Window[](1);
        ws[0] = _window(weekdays, opens, duration);
    }

    /// @dev A window from any number; `grain` divides all its times.
    function _any(uint256 seed, uint256 grain) private pure returns (HoursRule.Window memory) {
        return _window(
            1 + seed % _ALL_DAYS, (seed >> 16) % (1 days / grain) * grain, (1 + (seed >> 48) % (1 days / grain)) * grain
        );
    }

    function _several(uint256[3] memory seeds, uint256 count, uint256 grain)
        private
        pure
        returns (HoursRule.Window[] memory ws)
    {
        ws = new HoursRule.Window[](bound(count, 0, 3));
        for (uint256 i; i < ws.length; ++i) {
            ws[i] = _any(seeds[i], grain);
            // Short ones, too, so that something is closed.
            if (seeds[i] >> 255 == 1) ws[i].duration = uint24(grain * (1 + (seeds[i] >> 80) % 4));
        }
    }

    function _govern(HoursRule.Window[] memory ws) private {
        vm.prank(GOVERNANCE);
        _rule.setWindows(agentId, ws);
    }

    function _judge() private view returns (bool admitted, uint64 availableAt) {
        uint256 limit;
        uint256 left;
        (admitted, limit, left, availableAt) = _rule.judge(payment(address(0), 1), 0);
        assertEq(limit + left, 0, "hours have no limit");
    }

    function _assertOpen(uint256 t) private {
        vm.warp(t);
        (bool admitted, uint64 availableAt) = _judge();
        assertTrue(admitted, "closed");
        assertEq(availableAt, 0, "availableAt of an admission");
    }

    function _assertClosedUntil(uint256 t, uint256 until) private {
        vm.warp(t);
        (bool admitted, uint64 availableAt) = _judge();
        assertFalse(admitted, "open");
        assertEq(availableAt, until, "availableAt");
    }

    function _call(HoursRule.Window[] memory ws) private view returns (bytes memory) {
        return abi.encodeCall(HoursRule.setWindows, (agentId, ws));
    }

    // ------------------------------------------------------------------ judging

    function test_L11_withoutHoursNothingIsAdmitted() public {
        _assertClosedUntil(START, 0);
    }

    function test_officeHours() public {
        _govern(_one(_WORKDAYS, 9 hours, 8 hours));
        _assertClosedUntil(_MONDAY, _MONDAY + 9 hours);
        _assertClosedUntil(_MONDAY + 9 hours - 1, _MONDAY + 9 hours);
        _assertOpen(_MONDAY + 9 hours);
        _assertOpen(_MONDAY + 17 hours - 1);
        _assertClosedUntil(_MONDAY + 17 hours, _MONDAY + 1 days + 9 hours);
        _assertOpen(_MONDAY + 4 days + 17 hours - 1);
        _assertClosedUntil(_MONDAY + 4 days + 17 hours, _MONDAY + 7 days + 9 hours); // Friday evening
        _assertClosedUntil(_MONDAY + 6 days + 12 hours, _MONDAY + 7 days + 9 hours); // Sunday
    }

    function test_aWindowWrapsMidnight() public {
        _govern(_one(1 << 6, 22 hours, 8 hours)); // Sunday night
        _assertClosedUntil(_MONDAY + 6 hours, _MONDAY + 6 days + 22 hours);
        _assertClosedUntil(_MONDAY + 6 days + 22 hours - 1, _MONDAY + 6 days + 22 hours);
        _assertOpen(_MONDAY + 6 days + 22 hours);
        _assertOpen(_MONDAY + 7 days);
        _assertOpen(_MONDAY + 7 days + 6 hours - 1);
        _assertClosedUntil(_MONDAY + 7 days + 6 hours, _MONDAY + 13 days + 22 hours);
        _assertClosedUntil(_MONDAY + 5 days + 23 hours, _MONDAY + 6 days + 22 hours); // not on Saturday night
    }

    function test_aWholeDay() public {
        _govern(_one(1 << 2, 0, 1 days)); // Wednesday
        _assertClosedUntil(_MONDAY + 2 days - 1, _MONDAY + 2 days);
        _assertOpen(_MONDAY + 2 days);
        _assertOpen(_MONDAY + 3 days - 1);
        _assertClosedUntil(_MONDAY + 3 days, _MONDAY + 9 days);
    }

    function test_oneSecondAWeek() public {
        _govern(_one(1, 1 days - 1, 1));
        _assertClosedUntil(_MONDAY + 1 days - 2, _MONDAY + 1 days - 1);
        _assertOpen(_MONDAY + 1 days - 1);
        _assertClosedUntil(_MONDAY + 1 days, _MONDAY + 8 days - 1);
    }

    function test_severalWindows() public {
        HoursRule.Window[] memory ws = new HoursRule.Window[](3);
        ws[0] = _window(1 << 5, 10 hours, 4 hours); // Saturday
        ws[1] = _window(_WORKDAYS, 13 hours, 5 hours);
        ws[2] = _window(_WORKDAYS, 9 hours, 3 hours);
        _govern(ws);
        _assertClosedUntil(_MONDAY + 12 hours, _MONDAY + 13 hours); // lunch
        _assertOpen(_MONDAY + 11 hours);
        _assertOpen(_MONDAY + 17 hours);
        _assertClosedUntil(_MONDAY + 4 days + 18 hours, _MONDAY + 5 days + 10 hours);
        _assertOpen(_MONDAY + 5 days + 10 hours);
        _assertClosedUntil(_MONDAY + 5 days + 14 hours, _MONDAY + 7 days + 9 hours);
    }

    function test_always() public {
        _govern(_one(_ALL_DAYS, 7 hours, 1 days));
        for (uint256 t = _MONDAY; t < _MONDAY + 1 weeks; t += 1 hours) {
            _assertOpen(t);
        }
    }

    function test_agentsHaveTheirOwnHours() public {
        _govern(_one(_ALL_DAYS, 0, 1 days));
        _assertOpen(START);
        agentId = 2;
        _assertClosedUntil(START, 0);
    }

    /// @dev The last weeks that a 64-bit time can tell, and the first.
    function testFuzz_atTheEndsOfTime(uint256 seed, uint256 t) public {
        _govern(_oneOf(_any(seed, 1)));
        vm.warp(t % 2 == 0 ? t % 3 weeks : type(uint64).max - 2 weeks + t % 1 weeks);
        (bool admitted, uint64 availableAt) = _judge();
        if (admitted) return;
        assertTrue(availableAt > time() && availableAt <= time() + 8 days, "availableAt");
    }

    function _oneOf(HoursRule.Window memory w) private pure returns (HoursRule.Window[] memory ws) {
        ws = new HoursRule.Window[](1);
        ws[0] = w;
    }

    /// @dev Quarters of an hour, tried one after the other: what the rule says is the first that is open.
    function testFuzz_L12_availableAtIsFoundByTrying(uint256[3] memory seeds, uint256 count, uint256 t) public {
        HoursRule.Window[] memory ws = _several(seeds, count, 15 minutes);
        _govern(ws);
        t = START + bound(t, 0, 3 weeks) / 15 minutes * 15 minutes;
        uint256 expected = t;
        while (!_isOpen(ws, expected) && expected < t + 8 days) {
            expected += 15 minutes;
        }
        if (expected == t) _assertOpen(t);
        else _assertClosedUntil(t, ws.length == 0 ? 0 : expected);
    }

    /// @dev Any seconds: open as defined; else nothing opens earlier than the rule says, and then something does.
    function testFuzz_L12_availableAtIsExact(uint256[3] memory seeds, uint256 count, uint256 t) public {
        HoursRule.Window[] memory ws = _several(seeds, count, 1);
        _govern(ws);
        _assertExact(ws, START + bound(t, 0, 3 weeks));
    }

    /// @dev The same just where something opens or closes, where a mistake by one would show.
    function testFuzz_L12_availableAtIsExactAtTheEdges(uint256[3] memory seeds, uint256 count, uint256 edge) public {
        HoursRule.Window[] memory ws = _several(seeds, bound(count, 1, 3), 1);
        _govern(ws);
        uint256[] memory times = _edges(ws, START);
        uint256 t = times[edge % times.length];
        _assertExact(ws, t - 1);
        _assertExact(ws, t);
        _assertExact(ws, t + 1);
    }

    function _assertExact(HoursRule.Window[] memory ws, uint256 t) private {
        vm.warp(t);
        (bool admitted, uint64 availableAt) = _judge();
        assertTrue(admitted == _isOpen(ws, t), "open and closed");
        if (admitted || ws.length == 0) {
            assertEq(availableAt, 0, "availableAt");
            return;
        }
        assertTrue(_isOpen(ws, availableAt), "closed when it should be available");
        uint256[] memory times = _edges(ws, t);
        for (uint256 i; i < times.length; ++i) {
            if (t < times[i] && times[i] < availableAt) assertFalse(_isOpen(ws, times[i]), "open before");
        }
    }

    /// @dev Every single second of the wait.
    function test_L12_availableAtSecondBySecond() public {
        HoursRule.Window[] memory ws = new HoursRule.Window[](2);
        ws[0] = _window(1 << 1, 3 hours + 17, 61);
        ws[1] = _window(1, 23 hours + 1, 2 hours + 1801);
        _govern(ws);
        uint256 from = _MONDAY + 22 hours;
        uint256 opens = 0;
        for (uint256 t = from + 6 hours; t > from; --t) {
            if (_isOpen(ws, t)) opens = t;
            if (opens == t) _assertOpen(t);
            else if (opens != 0) _assertClosedUntil(t, opens);
        }
        assertEq(opens, _MONDAY + 23 hours + 1, "the test tells nothing");
    }

    // ------------------------------------------------------------------ L5

    function test_L5_eachFieldLoosenedIsGovernances() public {
        _govern(_one(_WORKDAYS, 9 hours, 8 hours));
        HoursRule.Window[][6] memory looser = [
            _one(_WORKDAYS | 1 << 5, 9 hours, 8 hours), // a day more
            _one(1 << 5, 9 hours, 8 hours), // another day
            _one(_WORKDAYS, 9 hours - 1, 8 hours), // opens earlier
            _one(_WORKDAYS, 9 hours, 8 hours + 1), // closes later
            _one(_WORKDAYS, 9 hours + 1, 8 hours), // so does this
            _one(_WORKDAYS, 8 hours, 1) // before it opens
        ];
        for (uint256 i; i < looser.length; ++i) {
            assertFalse(_rule.isTighter(looser[i], _rule.windows(agentId)), "tighter");
            assertGovernanceOnly(address(_rule), _call(looser[i]));
            _govern(looser[i]);
            _govern(_one(_WORKDAYS, 9 hours, 8 hours));
        }
    }

    function test_L5_oneLooserAmongTighterIsGovernances() public {
        _govern(_one(_WORKDAYS, 9 hours, 8 hours));
        HoursRule.Window[] memory mixed = new HoursRule.Window[](2);
        mixed[0] = _window(1, 10 hours, 1 hours);
        mixed[1] = _window(1, 17 hours, 1);
        assertGovernanceOnly(address(_rule), _call(mixed));
        (mixed[0], mixed[1]) = (mixed[1], mixed[0]);
        assertGovernanceOnly(address(_rule), _call(mixed));
    }

    function test_L5_tightenedAtOnceByEach() public {
        _govern(_one(_WORKDAYS, 9 hours, 8 hours));
        HoursRule.Window[][3] memory tighter =
            [_one(0x0f, 9 hours, 8 hours), _one(0x0f, 10 hours, 7 hours), _one(0x0f, 10 hours, 6 hours)];
        for (uint256 i; i < 3; ++i) {
            vm.expectEmit(address(_rule));
            emit HoursRule.HoursSet(agentId, tighter[i], tighteners()[i]);
            vm.prank(tighteners()[i]);
            _rule.setWindows(agentId, tighter[i]);
            assertEq(abi.encode(_rule.windows(agentId)), abi.encode(tighter[i]), "windows");
        }
        assertRefused(THIEF, address(_rule), _call(new HoursRule.Window[](0)));
    }

    function test_L5_noneIsTheTightest() public {
        _govern(_one(_WORKDAYS, 9 hours, 8 hours));
        vm.prank(OWNER);
        _rule.setWindows(agentId, new HoursRule.Window[](0));
        _assertClosedUntil(_MONDAY + 9 hours, 0);
        assertGovernanceOnly(address(_rule), _call(_one(1, 9 hours, 1))); // no way back but governance's
    }

    function test_L5_whatWrapsLiesWithinTheDayBefore() public view {
        HoursRule.Window[] memory night = _one(1 << 6, 22 hours, 8 hours); // Sunday to Monday
        assertTrue(_rule.isTighter(_one(1, 0, 6 hours), night), "Monday morning");
        assertTrue(_rule.isTighter(_one(1 << 6, 23 hours, 7 hours), night), "later");
        assertFalse(_rule.isTighter(_one(1 << 6, 0, 6 hours), night), "Sunday morning");
        assertFalse(_rule.isTighter(_one(1, 0, 6 hours + 1), night), "too long");
        assertFalse(_rule.isTighter(_one(1, 22 hours, 1 hours), night), "Monday night");
        assertFalse(_rule.isTighter(_one(1, 21 hours, 1 hours), _one(1 << 6, 22 hours, 23 hours - 1)), "a day later");
    }

    /// @dev Of single windows with a gap between them, it says yes just when it is true, second by second.
    function testFuzz_L5_isTighterOfOneWindow(uint256 newSeed, uint256 oldSeed, uint256 shrink) public view {
        HoursRule.Window[] memory old = _oneOf(_any(oldSeed, 1));
        if (old[0].duration == 1 days) --old[0].duration; // else windows of successive days touch
        HoursRule.Window[] memory new_ = _oneOf(_related(old[0], newSeed, shrink));
        assertTrue(_rule.isTighter(new_, old) == _isSubset(new_, old), "isTighter");
    }

    /// @dev A window like `w`, mostly within it.
    function _related(HoursRule.Window memory w, uint256 seed, uint256 how)
        private
        pure
        returns (HoursRule.Window memory r)
    {
        if (how % 8 == 0) return _any(seed, 1);
        r = _window(w.weekdays, w.opens, w.duration);
        uint256 later = how % 3 == 0 ? 0 : seed % w.duration;
        r.duration = uint24(w.duration - later);
        if (how % 5 == 0) r.duration = uint24(1 + seed % r.duration);
        if (how % 7 == 0 && r.duration < 1 days) ++r.duration;
        later += w.opens;
        if (later >= 1 days && how % 11 != 0) r.weekdays = uint8((w.weekdays << 1 | w.weekdays >> 6) & _ALL_DAYS);
        r.opens = uint24(later % 1 days);
        if (how % 13 == 0) r.weekdays = uint8(1 + seed % _ALL_DAYS);
        else if (how % 2 == 0 && r.weekdays & uint8(seed) != 0) r.weekdays &= uint8(seed);
    }

    /// @dev Of any windows, it never says yes when it is not true; and always of a list's own windows, cut short.
    function testFuzz_L5_isTighterErrsTowardsNo(
        uint256[3] memory oldSeeds,
        uint256[3] memory newSeeds,
        uint256[2] memory counts,
        uint256 how
    ) public view {
        HoursRule.Window[] memory old = _several(oldSeeds, counts[0], 1);
        HoursRule.Window[] memory new_ = _several(newSeeds, counts[1], 1);
        if (how % 4 != 0 && old.length > 0) {
            for (uint256 i; i < new_.length; ++i) {
                new_[i] = _related(old[i % old.length], newSeeds[i], how % 4 == 1 ? 2 * 3 : how);
            }
        }
        bool tighter = _rule.isTighter(new_, old);
        if (tighter) assertTrue(_isSubset(new_, old), "looser, and called tighter");
        if (how % 4 == 1 && old.length > 0) assertTrue(tighter, "shorter days, and called looser");
    }

    /// @dev The setter does what `isTighter` says, and after it no second is open that was not.
    function testFuzz_L5_setWindows(uint256[3] memory oldSeeds, uint256[3] memory newSeeds, uint256 how) public {
        HoursRule.Window[] memory old = _several(oldSeeds, how % 4, 1);
        HoursRule.Window[] memory new_ = _several(newSeeds, how / 4 % 4, 1);
        for (uint256 i; i < new_.length && old.length > 0; ++i) {
            new_[i] = _related(old[i % old.length], newSeeds[i], how / 16);
        }
        _govern(old);
        if (_rule.isTighter(new_, old)) {
            vm.prank(tightener(how / 16));
            _rule.setWindows(agentId, new_);
            assertTrue(_isSubset(_rule.windows(agentId), old), "looser");
        } else {
            assertRefused(tightener(how / 16), address(_rule), _call(new_));
            assertEq(abi.encode(_rule.windows(agentId)), abi.encode(old), "changed");
        }
    }

    // ------------------------------------------------------------------ bad settings

    function test_windowsThatAreNoneAreRefused() public {
        HoursRule.Window[][6] memory bad = [
            _one(0, 9 hours, 8 hours),
            _one(0x80, 9 hours, 8 hours),
            _one(0xff, 9 hours, 8 hours),
            _one(1, 1 days, 8 hours),
            _one(1, 9 hours, 0),
            _one(1, 9 hours, 1 days + 1)
        ];
        for (uint256 i; i < bad.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(HoursRule.HoursWindowInvalid.selector, bad[i][0]));
            vm.prank(GOVERNANCE);
            _rule.setWindows(agentId, bad[i]);
        }
    }

    function test_tooManyWindowsAreRefused() public {
        HoursRule.Window[] memory ws = new HoursRule.Window[](9);
        for (uint256 i; i < 9; ++i) {
            ws[i] = _window(1, i * 1 hours, 1 hours);
        }
        vm.expectRevert(abi.encodeWithSelector(HoursRule.HoursTooManyWindows.selector, 9, 8));
        vm.prank(GOVERNANCE);
        _rule.setWindows(agentId, ws);
    }

    function test_noAgentZero() public {
        vm.expectRevert(abi.encodeWithSelector(Tightening.TighteningAgentUnknown.selector, 0));
        vm.prank(GOVERNANCE);
        _rule.setWindows(0, _one(1, 0, 1));
    }
}
