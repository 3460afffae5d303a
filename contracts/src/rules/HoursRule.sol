// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentRegistry} from "../AgentRegistry.sol";
import {Intent} from "../Intent.sol";
import {IRule} from "./IRule.sol";
import {Tightening} from "./Tightening.sol";

/// @title When an agent may act: weekdays and times of day, in UTC
/// @notice An agent that was given no window may not act at all (L11). What counts is when the intent is judged: when it is
///         submitted and again when it proceeds. Only at another chain it may leave the account outside the hours.
contract HoursRule is IRule, Tightening {
    /// @notice A span of time on certain days of each week. It may run past midnight; the day is that of its beginning.
    /// @param weekdays the days on which it begins, bit 0: Monday, to bit 6: Sunday
    /// @param opens second of the day when it begins, 0 to 86,399
    /// @param duration its seconds, 1 to 86,400: it ends before, not at, `opens + duration`
    struct Window {
        uint8 weekdays;
        uint24 opens;
        uint24 duration;
    }

    /// @notice Most windows of one agent.
    uint256 public constant MAX_WINDOWS = 8;

    uint256 private constant _WEEK = 7;
    /// @dev Days are counted from a Monday, the last before the epoch, which was a Thursday.
    uint256 private constant _DAYS_TO_EPOCH = 3;

    mapping(uint256 agentId => Window[]) private _windows;

    event HoursSet(uint256 indexed agentId, Window[] windows, address indexed by);

    error HoursTooManyWindows(uint256 windows, uint256 max);
    error HoursWindowInvalid(Window window);

    constructor(address authority_, AgentRegistry registry) Tightening(authority_, registry) {}

    /// @inheritdoc IRule
    /// @dev `availableAt` is the first second at which one of the windows is open. The rule has no limit.
    function judge(Intent calldata intent, uint8)
        external
        view
        returns (bool admitted, uint256 limit, uint256 left, uint64 availableAt)
    {
        Window[] storage agentWindows = _windows[intent.agentId];
        uint256 count = agentWindows.length;
        uint256 next = type(uint256).max;
        for (uint256 i; i < count; ++i) {
            uint256 open = _openAt(agentWindows[i], block.timestamp);
            if (open <= block.timestamp) return (true, 0, 0, 0);
            if (open < next) next = open;
        }
        // A week at most after a time that fits.
        // forge-lint: disable-next-line(unsafe-typecast)
        availableAt = count == 0 ? 0 : uint64(next);
    }

    /// @notice The agent's windows.
    function windows(uint256 agentId) external view returns (Window[] memory) {
        return _windows[agentId];
    }

    /// @notice Replaces the agent's windows; none at all stop it. At once when each lies within an old one, else by
    ///         governance only.
    function setWindows(uint256 agentId, Window[] calldata newWindows) external {
        require(newWindows.length <= MAX_WINDOWS, HoursTooManyWindows(newWindows.length, MAX_WINDOWS));
        for (uint256 i; i < newWindows.length; ++i) {
            Window calldata w = newWindows[i];
            require(
                w.weekdays > 0 && w.weekdays < 1 << _WEEK && w.opens < 1 days && w.duration > 0 && w.duration <= 1 days,
                HoursWindowInvalid(w)
            );
        }
        _authorize(agentId, isTighter(newWindows, _windows[agentId]));
        delete _windows[agentId];
        for (uint256 i; i < newWindows.length; ++i) {
            _windows[agentId].push(newWindows[i]);
        }
        emit HoursSet(agentId, newWindows, msg.sender);
    }

    /// @notice Whether no second is open under `newWindows` that is not under `oldWindows`.
    /// @dev Each new window must lie within a single old one, so it errs towards no where old windows overlap or touch.
    function isTighter(Window[] memory newWindows, Window[] memory oldWindows) public pure returns (bool) {
        for (uint256 i; i < newWindows.length; ++i) {
            bool within;
            for (uint256 j; j < oldWindows.length && !within; ++j) {
                within = _isWithin(newWindows[i], oldWindows[j]);
            }
            if (!within) return false;
        }
        return true;
    }

    /// @dev Whenever `inner` is open, so is `outer`, as one that began at or before it: on the same day, or, if `outer`
    ///      opens later in the day, on the day before.
    function _isWithin(Window memory inner, Window memory outer) private pure returns (bool) {
        uint256 weekdays = outer.weekdays;
        uint256 ends = uint256(outer.opens) + outer.duration;
        if (inner.opens < outer.opens) {
            weekdays = weekdays << 1 | weekdays >> (_WEEK - 1);
            ends = ends > 1 days ? ends - 1 days : 0;
        }
        return inner.weekdays & ~weekdays == 0 && uint256(inner.opens) + inner.duration <= ends;
    }

    /// @dev The first second, from `time` on, at which the window is open. It opens at most once in any 24 hours, for at
    ///      most these: what counts is the last time before, and the next one on one of its weekdays.
    function _openAt(Window memory window, uint256 time) private pure returns (uint256) {
        uint256 shifted = time + _DAYS_TO_EPOCH * 1 days - window.opens;
        uint256 day = shifted / 1 days;
        if (_isOn(window, day) && shifted % 1 days < window.duration) return time;
        do {
            ++day;
        } while (!_isOn(window, day));
        return (day - _DAYS_TO_EPOCH) * 1 days + window.opens;
    }

    function _isOn(Window memory window, uint256 day) private pure returns (bool) {
        return window.weekdays & 1 << (day % _WEEK) != 0;
    }
}
