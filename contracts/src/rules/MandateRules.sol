// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Intent} from "../Intent.sol";
import {Rule, Tier} from "../Verdict.sol";
import {CallRules} from "./CallRules.sol";
import {RuleBook} from "./RuleBook.sol";
import {Tiers} from "./Tiers.sol";

/// @notice What the rules beyond the basic ones say about a request.
/// @param rule SELECTOR, RULE_BOOK, or NONE
/// @param source the rule contract that refused; else zero
/// @param limit the limit that refused, in the rule's own unit
/// @param left what is left of it now, same unit
/// @param availableAt unix seconds when it could be admitted; 0: time alone changes nothing
/// @param tier how the request proceeds when it is admitted
/// @param delay seconds to wait before it does
/// @param recipient who must be on the mandate's list of recipients; zero: nobody
struct Finding {
    Rule rule;
    address source;
    uint256 limit;
    uint256 left;
    uint64 availableAt;
    Tier tier;
    uint32 delay;
    address recipient;
}

/// @title The rules beyond the basic ones, asked with one call
/// @notice Permissions for contract calls, the agent's rule book, and its tiers.
contract MandateRules {
    CallRules public immutable CALLS;
    RuleBook public immutable BOOK;
    Tiers public immutable TIERS;

    constructor(CallRules calls, RuleBook book, Tiers tiers) {
        CALLS = calls;
        BOOK = book;
        TIERS = tiers;
    }

    /// @notice What the rules say about the request, now.
    /// @dev Reverts only when there is too little gas to ask, which decides nothing.
    /// @param basic the mandate asks for neither rule book nor tiers
    function judge(Intent calldata intent, uint8 riskLevel, bool basic) external view returns (Finding memory f) {
        f.recipient = intent.to;
        bool admitted;
        if (intent.data.length > 0) {
            (admitted, f.recipient,) = CALLS.judge(intent);
            if (!admitted) {
                f.rule = Rule.SELECTOR;
                return f;
            }
        }
        if (basic) return f;
        (admitted, f.source, f.limit, f.left, f.availableAt) = BOOK.judge(intent, riskLevel);
        if (!admitted) {
            f.rule = Rule.RULE_BOOK;
            return f;
        }
        (f.tier, f.delay) = TIERS.tierOf(intent.agentId, intent.chainId, intent.asset, intent.amount, riskLevel);
    }
}
