// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentRegistry} from "../../../src/AgentRegistry.sol";
import {Intent} from "../../../src/Intent.sol";
import {RuleBook} from "../../../src/rules/RuleBook.sol";
import {Setters} from "../Powers.sol";
import {Answers} from "./Answers.sol";

/// @title The book of rules, proved for every answer (scripts/prove)
/// @notice Gas is unknown to Halmos: each question may find too little, and then the whole reverts, which decides nothing. A book holds up
///         to eight rules; here there are up to three, of which each is asked in the same loop.
contract RuleBookProof is Setters {
    RuleBook private immutable _BOOK = new RuleBook(address(POWERS), AgentRegistry(address(POWERS)));
    Answers[3] private _rules;

    constructor() {
        for (uint256 i; i < 3; ++i) {
            _rules[i] = new Answers();
        }
    }

    function _add(uint256 i) private view returns (bytes memory) {
        return abi.encodeCall(RuleBook.addRule, (ID, address(_rules[i])));
    }

    function _remove(uint256 i) private view returns (bytes memory) {
        return abi.encodeCall(RuleBook.removeRule, (ID, address(_rules[i])));
    }

    /// @notice Who may tighten adds rules, and takes none out.
    function check_L5_addRule_tightensOnly(bool there, bool remove, address caller) public {
        if (there) _byGovernance(address(_BOOK), _add(0));
        bytes memory data = remove ? _remove(0) : _add(0);
        bool done = _tightensOnly(address(_BOOK), data, caller, remove == there, remove);
        assert(_BOOK.rules(ID).length == (there != done ? 1 : 0));
    }

    /// @notice An intent is admitted exactly when each rule answers four words in range, the first of which is true; else the first rule
    ///         that does not decides (L11). Whatever they answer, it does not revert but for too little gas (L4).
    /// @custom:halmos --array-lengths intent.data=0
    function check_L11_judge_admitsWhatEveryRuleAdmits(
        Intent memory intent,
        uint8 risk,
        uint256[5] memory first,
        uint256[5] memory second,
        uint8[2] memory counts,
        bool[2] memory reverts
    ) public {
        intent.agentId = ID;
        _rules[0].set(first, counts[0], reverts[0]);
        _rules[1].set(second, counts[1], reverts[1]);
        _byGovernance(address(_BOOK), _add(0));
        _byGovernance(address(_BOOK), _add(1));
        try _BOOK.judge(intent, risk) returns (bool admitted, address rule, uint256 limit, uint256 left, uint64 at) {
            bool one = _admits(first, counts[0], reverts[0]);
            assert(admitted == (one && _admits(second, counts[1], reverts[1])));
            if (admitted) assert(rule == address(0) && limit == 0 && left == 0 && at == 0);
            else assert(rule == address(_rules[one ? 1 : 0]));
        } catch (bytes memory reason) {
            assert(bytes4(reason) == RuleBook.RuleBookGasTooLow.selector);
        }
    }

    /// @notice With another rule no intent is admitted that was not before (L5).
    /// @custom:halmos --array-lengths intent.data=0
    function check_L5_added_admitsNoMore(
        Intent memory intent,
        uint8 risk,
        uint256[5] memory first,
        uint256[5] memory added,
        uint8[2] memory counts,
        bool[2] memory reverts
    ) public {
        intent.agentId = ID;
        _rules[0].set(first, counts[0], reverts[0]);
        _rules[2].set(added, counts[1], reverts[1]);
        _byGovernance(address(_BOOK), _add(0));
        (bool before,,,,) = _BOOK.judge(intent, risk);
        bool done = _byTightener(address(_BOOK), _add(2));
        assert(done);
        (bool then,,,,) = _BOOK.judge(intent, risk);
        assert(before || !then);
    }

    function check_L7_strangersWriteNothing(address caller) public {
        _byGovernance(address(_BOOK), _add(0));
        _strangersWriteNothing(address(_BOOK), caller);
    }

    function _admits(uint256[5] memory words, uint8 count, bool reverts) private pure returns (bool) {
        return !reverts && count == 4 && words[0] == 1 && words[3] <= type(uint32).max;
    }
}
