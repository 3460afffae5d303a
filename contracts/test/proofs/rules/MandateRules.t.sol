// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CallKind} from "../../../src/CallKind.sol";
import {Intent} from "../../../src/Intent.sol";
import {Rule, Tier} from "../../../src/Verdict.sol";
import {CallRules} from "../../../src/rules/CallRules.sol";
import {Finding, MandateRules} from "../../../src/rules/MandateRules.sol";
import {RuleBook} from "../../../src/rules/RuleBook.sol";
import {Tiers} from "../../../src/rules/Tiers.sol";

/// @notice Permissions, book and tiers that say whatever they were told to.
contract Beyond {
    bool private _permitted;
    bool private _booked;
    address private _recipient;
    Tier private _tier;
    uint32 private _delay;

    function answer(bool permitted, bool booked, address recipient, Tier tier, uint32 delay) external {
        (_permitted, _booked, _recipient, _tier, _delay) = (permitted, booked, recipient, tier, delay);
    }

    function judge(Intent calldata) external view returns (bool, address, CallKind) {
        return (_permitted, _recipient, CallKind.PULL);
    }

    function judge(Intent calldata, uint8) external view returns (bool, address, uint256, uint256, uint64) {
        return (_booked, address(this), 1, 2, 3);
    }

    function tierOf(uint256, uint256, address, uint256, uint8) external view returns (Tier, uint32) {
        return (_tier, _delay);
    }
}

/// @title What the rules beyond find together (scripts/prove)
contract MandateRulesProof {
    Beyond private immutable _BEYOND = new Beyond();
    MandateRules private immutable _RULES =
        new MandateRules(CallRules(address(_BEYOND)), RuleBook(address(_BEYOND)), Tiers(address(_BEYOND)));

    /// @notice Of a mandate that is not basic no more is admitted than if it were, by no easier a tier, for the same recipient (L5); and a
    ///         call is never admitted without a permission, whatever the mandate is (L11).
    /// @custom:halmos --array-lengths intent.data={0,4}
    function check_L5_notBasic_admitsNoMore(
        Intent memory intent,
        uint8 risk,
        bool permitted,
        bool booked,
        address recipient,
        Tier tier,
        uint32 delay
    ) public {
        _BEYOND.answer(permitted, booked, recipient, tier, delay);
        Finding memory basic = _RULES.judge(intent, risk, true);
        Finding memory full = _RULES.judge(intent, risk, false);
        assert(full.rule != Rule.NONE || basic.rule == Rule.NONE);
        assert(full.tier >= basic.tier && full.delay >= basic.delay && full.recipient == basic.recipient);
        if (intent.data.length > 0 && !permitted) assert(basic.rule == Rule.SELECTOR && full.rule == Rule.SELECTOR);
        assert(full.rule == Rule.NONE || full.rule == Rule.SELECTOR || full.rule == Rule.RULE_BOOK);
        if (full.rule == Rule.NONE) assert(booked && full.tier == tier && full.delay == delay);
    }
}
