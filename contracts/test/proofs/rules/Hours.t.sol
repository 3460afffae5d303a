// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentRegistry} from "../../../src/AgentRegistry.sol";
import {Intent} from "../../../src/Intent.sol";
import {HoursRule} from "../../../src/rules/HoursRule.sol";
import {Setters} from "../Powers.sol";

/// @title Hours and weekdays, proved for every window (scripts/prove)
contract HoursProof is Setters {
    HoursRule private immutable _RULE = new HoursRule(address(POWERS), AgentRegistry(address(POWERS)));

    function _set(HoursRule.Window[] memory windows) private pure returns (bytes memory) {
        return abi.encodeCall(HoursRule.setWindows, (ID, windows));
    }

    /// @notice Who may tighten only sets windows that the rule itself calls tighter: what that means is what the next proof says.
    /// @custom:halmos --array-lengths old={0,1},next={0,1}
    function check_L5_setWindows_tightensOnly(
        HoursRule.Window[] memory old,
        HoursRule.Window[] memory next,
        address caller
    ) public {
        if (!_byGovernance(address(_RULE), _set(old))) return;
        bool valid = true;
        for (uint256 i; i < next.length; ++i) {
            valid = valid && _isValid(next[i]);
        }
        bool done = _tightensOnly(address(_RULE), _set(next), caller, valid, !_RULE.isTighter(next, old));
        assert(keccak256(abi.encode(_RULE.windows(ID))) == keccak256(abi.encode(done ? next : old)));
    }

    /// @notice Whatever second of whatever weekday is open under a tighter window is open under the one that it lies in. That a list is
    ///         tighter when each of its windows lies in one of the other's is {deep_L5_tighterList_isEachWithinOne}'s.
    function check_L5_tighterWindow_isOpenNoLonger(
        HoursRule.Window memory old,
        HoursRule.Window memory next,
        uint8 weekday,
        uint24 second
    ) public view {
        if (!_isValid(old) || !_isValid(next) || weekday > 6 || second >= 1 days) return;
        if (!_RULE.isTighter(_list(next), _list(old))) return;
        assert(_isOpen(old, weekday, second) || !_isOpen(next, weekday, second));
    }

    /// @custom:halmos --array-lengths next={0,1,2},old={0,1,2}
    function deep_L5_tighterList_isEachWithinOne(HoursRule.Window[] memory next, HoursRule.Window[] memory old)
        public
        view
    {
        bool each = true;
        for (uint256 i; i < next.length; ++i) {
            bool one;
            for (uint256 j; j < old.length; ++j) {
                one = one || _RULE.isTighter(_list(next[i]), _list(old[j]));
            }
            each = each && one;
        }
        assert(_RULE.isTighter(next, old) == each);
    }

    /// @notice {HoursRule-judge} admits exactly what is open, and else names a second ahead, within a week.
    ///         It never reverts. On each weekday, of a window of whatever weekdays and duration, that opens at midnight, in the morning or
    ///         with the last second: at these seconds, and at those before and after them. To divide other times is too hard for the solver.
    function deep_L11_judge_admitsWhatIsOpen(HoursRule.Window memory window, uint8 day, uint8 opens, uint8 second)
        public
    {
        uint24[3] memory openings = [uint24(0), 9 hours, 1 days - 1];
        uint24[6] memory seconds_ = [uint24(0), 1, 9 hours - 1, 9 hours, 9 hours + 1, 1 days - 1];
        for (uint256 i; i < 3; ++i) {
            if (opens != i) continue;
            window.opens = openings[i];
            if (!_byGovernance(address(_RULE), _set(_list(window)))) return;
            for (uint256 j; j < 6; ++j) {
                if (second == j) return _admitsWhatIsOpen(window, day, seconds_[j]);
            }
            return;
        }
    }

    function _admitsWhatIsOpen(HoursRule.Window memory window, uint8 day, uint256 second) private {
        for (uint256 weekday; weekday < 7; ++weekday) {
            if (day != weekday) continue;
            // 20,400 days after the epoch was a Saturday.
            vm.warp((20_400 + weekday) * 1 days + second);
            Intent memory intent;
            intent.agentId = ID;
            (bool admitted,,, uint64 availableAt) = _RULE.judge(intent, 0);
            assert(admitted == _isOpen(window, (weekday + 5) % 7, second));
            if (!admitted) assert(availableAt > block.timestamp && availableAt <= block.timestamp + 7 days);
            return;
        }
    }

    // ------------------------------------------------------------------ the reference

    /// @dev A window is open from its beginning on one of its days, and past midnight into the day after it.
    function _isOpen(HoursRule.Window memory w, uint256 weekday, uint256 second) private pure returns (bool) {
        bool today = (w.weekdays >> weekday) & 1 == 1 && second >= w.opens && second < uint256(w.opens) + w.duration;
        bool dayBefore = (w.weekdays >> ((weekday + 6) % 7)) & 1 == 1;
        return today || (dayBefore && second + 1 days < uint256(w.opens) + w.duration);
    }

    function _isValid(HoursRule.Window memory w) private pure returns (bool) {
        return w.weekdays > 0 && w.weekdays < 128 && w.opens < 1 days && w.duration > 0 && w.duration <= 1 days;
    }

    function _list(HoursRule.Window memory window) private pure returns (HoursRule.Window[] memory list) {
        list = new HoursRule.Window[](1);
        list[0] = window;
    }
}
