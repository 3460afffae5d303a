// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentRegistry} from "../AgentRegistry.sol";
import {Intent} from "../Intent.sol";
import {BoundedCall} from "./BoundedCall.sol";
import {IRule} from "./IRule.sol";
import {Tightening} from "./Tightening.sol";

/// @title The rules that an agent's mandate has beyond the basic ones
/// @notice All of an agent's rules must admit. A rule that fails in any way denies (L11): no rule can pay, block another
///         agent, or make {judge} fail; at worst it costs {STIPEND} gas and denies the agent that it was given to.
/// @dev Adding a rule tightens, taking one out loosens (L5). A full book hinders nobody: who must stop an agent freezes it.
contract RuleBook is Tightening {
    /// @notice Most rules of one agent.
    uint256 public constant MAX_RULES = 8;
    /// @notice Gas that each rule gets, no less and no more, so that its answer does not depend on who asks.
    uint256 public constant STIPEND = 150_000;
    /// @dev What must be left for a rule to get all of its stipend: a call keeps back 1/64, and looking up the rule's
    ///      account costs up to 5,200 (cold, and delegated by EIP-7702), the way there less than the rest.
    uint256 private constant _NEEDED = STIPEND + STIPEND / 63 + 10_000;

    mapping(uint256 agentId => address[]) private _rules;

    event RuleAdded(uint256 indexed agentId, address indexed rule, address indexed by);
    event RuleRemoved(uint256 indexed agentId, address indexed rule, address indexed by);

    error RuleBookFull(uint256 agentId, uint256 max);
    error RuleBookHasRule(uint256 agentId, address rule);
    error RuleBookLacksRule(uint256 agentId, address rule);
    error RuleBookNoContract(address rule);
    error RuleBookGasTooLow(uint256 gasLeft, uint256 needed);

    constructor(address authority_, AgentRegistry registry) Tightening(authority_, registry) {}

    // ------------------------------------------------------------------ judging

    /// @notice Asks the agent's rules one after the other; the first that does not admit decides.
    /// @dev Reverts, and so decides nothing, if there is too little gas to give a rule its stipend: else whoever submits an
    ///      intent could have any rule deny it, for the record, by starving it (L4).
    /// @return admitted whether every rule does; true for an agent without rules
    /// @return rule the rule that denied, else zero
    /// @return limit what that rule says of its limit, in its own unit; 0 if it failed
    /// @return left what it says is left, same unit
    /// @return availableAt unix seconds when it says that it would admit; 0: time alone changes nothing, or it failed
    function judge(Intent calldata intent, uint8 riskLevel)
        external
        view
        returns (bool admitted, address rule, uint256 limit, uint256 left, uint64 availableAt)
    {
        address[] storage agentRules = _rules[intent.agentId];
        uint256 count = agentRules.length;
        if (count == 0) return (true, address(0), 0, 0, 0);
        bytes memory question = abi.encodeCall(IRule.judge, (intent, riskLevel));
        for (uint256 i; i < count; ++i) {
            rule = agentRules[i];
            (admitted, limit, left, availableAt) = _ask(rule, question);
            if (!admitted) return (false, rule, limit, left, availableAt);
        }
        return (true, address(0), 0, 0, 0);
    }

    /// @dev An answer is exactly the four words of {IRule.judge}, each in the range of its type, the time in 32 bits as all times
    ///      here: a refusal is recorded, and no rule makes a record that nobody can read as a time.
    function _ask(address rule, bytes memory question)
        private
        view
        returns (bool admitted, uint256 limit, uint256 left, uint64 availableAt)
    {
        require(gasleft() >= _NEEDED, RuleBookGasTooLow(gasleft(), _NEEDED));
        (uint256 length, uint256[5] memory words) = BoundedCall.ask(rule, STIPEND, question);
        if (length != 0x80 || words[0] > 1 || words[3] > type(uint32).max) return (false, 0, 0, 0);
        // In range, as just checked.
        // forge-lint: disable-next-line(unsafe-typecast)
        return (words[0] == 1, words[1], words[2], uint64(words[3]));
    }

    // ------------------------------------------------------------------ the book

    /// @notice The agent's rules, in the order in which they are asked, which is that in which they were added.
    function rules(uint256 agentId) external view returns (address[] memory) {
        return _rules[agentId];
    }

    /// @notice Gives the agent another rule, at once.
    function addRule(uint256 agentId, address rule) external {
        _authorize(agentId, true);
        address[] storage agentRules = _rules[agentId];
        require(_indexOf(agentRules, rule) == agentRules.length, RuleBookHasRule(agentId, rule));
        require(agentRules.length < MAX_RULES, RuleBookFull(agentId, MAX_RULES));
        require(rule.code.length > 0, RuleBookNoContract(rule));
        agentRules.push(rule);
        emit RuleAdded(agentId, rule, msg.sender);
    }

    /// @notice Takes a rule out; the others keep their order. Governance only.
    function removeRule(uint256 agentId, address rule) external {
        _authorize(agentId, false);
        address[] storage agentRules = _rules[agentId];
        uint256 last = agentRules.length;
        uint256 i = _indexOf(agentRules, rule);
        require(i < last, RuleBookLacksRule(agentId, rule));
        for (--last; i < last; ++i) {
            agentRules[i] = agentRules[i + 1];
        }
        agentRules.pop();
        emit RuleRemoved(agentId, rule, msg.sender);
    }

    /// @dev The number of rules, if it is none of them.
    function _indexOf(address[] storage agentRules, address rule) private view returns (uint256 i) {
        while (i < agentRules.length && agentRules[i] != rule) ++i;
    }
}
