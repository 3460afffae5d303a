// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Budget} from "../../src/Budget.sol";
import {Intent} from "../../src/Intent.sol";
import {Meter} from "../../src/Meter.sol";
import {Pace} from "../../src/Pace.sol";
import {PolicyEngine} from "../../src/PolicyEngine.sol";
import {Rule, Verdict} from "../../src/Verdict.sol";
import {Finding} from "../../src/rules/MandateRules.sol";
import {Account} from "./Account.sol";

/// @title The account's verdicts, proved for every content of its words (scripts/prove)
/// @notice Whatever meter, budget, pace, hash chain, allowed chains and recipient lists hold, whatever the rules beyond found, and whatever
///         is asked.
contract VerdictProof is Account {
    address private constant PAYEE = address(0xBEEF);

    /// @notice That the words are where these proofs put them.
    function deep_words_areWhereTheyArePut(uint256 meter, uint256 budget, uint256 pace, uint256 trail, bool tripped)
        public
    {
        _put(meter, budget, pace, trail);
        _putBreaker(PolicyEngine.Scope.CHAIN, REMOTE, tripped);
        (Meter m, Budget b, Pace p, uint256 open) = ACCOUNT.words(ID, ASSET);
        assert(Meter.unwrap(m) == meter && Budget.unwrap(b) == budget & ~EXPONENTS && Pace.unwrap(p) == pace);
        assert(open == trail & type(uint16).max);
        (bool stopped,) = ACCOUNT.breaker(PolicyEngine.Scope.CHAIN, REMOTE);
        assert(stopped == tripped);
        _list(REMOTE, PAYEE, true);
        assert(ACCOUNT.isRecipient(ID, REMOTE, PAYEE) && !ACCOUNT.isRecipient(ID, block.chainid, PAYEE));
        _putChains(2);
        assert(ACCOUNT.isAssetOnChain(ID, ASSET, REMOTE));
    }

    // ------------------------------------------------------------------ never a revert (L4)

    /// @notice {PolicyEngine-consume} gives a verdict, in which nothing is admitted that is empty or a call without permission, and what
    ///         trips leaves the agent frozen.
    /// @custom:halmos --array-lengths intent.data=0
    function check_L4_consume_neverReverts(
        uint256[4] memory words,
        Intent memory intent,
        Finding memory finding,
        uint32 now_
    ) public {
        _arrange(words, 0, false, intent, finding, now_);
        try ACCOUNT.consume(intent, finding) returns (Verdict memory v) {
            if (v.tripped) assert(ACCOUNT.frozen(ID) && v.rule != Rule.NONE);
            if (v.rule == Rule.NONE) {
                assert(intent.amount > 0 && finding.rule != Rule.SELECTOR && v.tier == finding.tier);
            }
        } catch {
            assert(false);
        }
    }

    /// @notice For another chain.
    /// @custom:halmos --array-lengths intent.data={0,32}
    function deep_L4_consume_neverReverts_elsewhere(
        uint256[4] memory words,
        uint256 chains,
        Intent memory intent,
        Finding memory finding,
        uint32 now_
    ) public {
        _arrange(words, chains, true, intent, finding, now_);
        try ACCOUNT.consume(intent, finding) {}
        catch {
            assert(false);
        }
    }

    /// @notice In every unit.
    /// @custom:halmos --array-lengths intent.data=0
    function deep_L4_consume_neverReverts_inEveryUnit(
        uint256[4] memory words,
        Intent memory intent,
        Finding memory finding,
        uint32 now_
    ) public {
        for (uint256 exponent = 1; exponent < 32; ++exponent) {
            _arrange(words, 0, false, intent, finding, now_);
            _putBudget(ASSET, (words[1] & ~EXPONENTS) | (exponent << 203) | (exponent << 222));
            try ACCOUNT.consume(intent, finding) {}
            catch {
                assert(false);
            }
        }
    }

    /// @notice So does {PolicyEngine-review}, of what waited, and it trips nothing.
    /// @custom:halmos --array-lengths intent.data=0
    function check_L4_review_neverReverts(
        uint256[4] memory words,
        Intent memory intent,
        Finding memory finding,
        uint32 now_
    ) public {
        _arrange(words, 0, false, intent, finding, now_);
        try ACCOUNT.review(intent, finding) returns (Verdict memory v) {
            assert(!v.tripped);
            if (v.rule == Rule.NONE) assert(finding.rule == Rule.NONE && intent.amount > 0);
        } catch {
            assert(false);
        }
    }

    /// @notice And {MandateAccount-pay}, of a key that has a meter: of the native coin, which is there, to somebody who takes it.
    function deep_L4_pay_neverReverts(uint256[4] memory words, bool listed, uint256 amount, uint32 now_) public {
        vm.warp(now_);
        _put(words[0], words[1], words[2], words[3]);
        _putBudget(address(0), words[1] & ~EXPONENTS);
        if (words[0] == 0) return; // a key that no agent has: it reverts
        _list(block.chainid, PAYEE, listed);
        vm.deal(address(ACCOUNT), type(uint128).max);
        vm.deal(PAYEE, 0);
        vm.prank(KEY);
        try ACCOUNT.pay(address(0), amount, PAYEE, ID) returns (Rule rule) {
            assert(PAYEE.balance == (rule == Rule.NONE ? amount : 0));
            Meter m = Meter.wrap(words[0]);
            if (rule == Rule.NONE) assert(amount > 0 && m.running() && m.basic() && (listed || m.open()));
        } catch {
            assert(false);
        }
    }

    /// @notice Only the key that has the meter is heard.
    function check_L1_pay_strangersRevert(uint256[4] memory words, address caller, address asset, uint256 amount)
        public
    {
        if (caller == KEY) return;
        _put(words[0], words[1], words[2], words[3]);
        vm.prank(caller);
        try ACCOUNT.pay(asset, amount, PAYEE, ID) {
            assert(false);
        } catch {}
    }

    /// @notice {PolicyEngine-preview} says what {PolicyEngine-consume} then says.
    /// @custom:halmos --array-lengths intent.data=0
    function deep_L4_preview_isWhatConsumeSays(
        uint256[4] memory words,
        uint256 chains,
        bool elsewhere,
        Intent memory intent,
        Finding memory finding,
        uint32 now_
    ) public {
        _arrange(words, chains, elsewhere, intent, finding, now_);
        Verdict memory previewed = ACCOUNT.preview(intent, finding);
        Verdict memory verdict = ACCOUNT.consume(intent, finding);
        assert(keccak256(abi.encode(verdict)) == keccak256(abi.encode(previewed)));
    }

    // ------------------------------------------------------------------ tighter words admit no more (L5)

    /// @notice A meter which is nowhere looser than another admits nothing that the other does not. {MeterProof} says that tighter terms
    ///         and a higher risk level make such a one.
    /// @custom:halmos --array-lengths intent.data=0
    function deep_L5_tighterMeter_admitsNoMore(
        uint256[4] memory words,
        uint256 tighter,
        Intent memory intent,
        Finding memory finding,
        uint32 now_
    ) public {
        _arrange(words, 0, false, intent, finding, now_);
        (Meter then, Meter before) = (Meter.wrap(tighter), Meter.wrap(words[0]));
        _putMeter(tighter);
        if (ACCOUNT.preview(intent, finding).rule != Rule.NONE) return;
        (bool fits,) = before.tick();
        vm.assume(fits && before.running());
        vm.assume(then.expiry() <= before.expiry() && then.maxAuditLag() <= before.maxAuditLag());
        vm.assume((before.basic() || !then.basic()) && (before.open() || !then.open()));
        vm.assume(then.riskLevel() >= before.riskLevel());
        _putMeter(words[0]);
        assert(ACCOUNT.preview(intent, finding).rule == Rule.NONE);
    }

    /// @notice So does a budget; {BudgetProof} says that tighter limits make such a one.
    /// @custom:halmos --array-lengths intent.data=0
    function deep_L5_tighterBudget_admitsNoMore(
        uint256[4] memory words,
        uint256 tighter,
        Intent memory intent,
        Finding memory finding,
        uint32 now_
    ) public {
        _arrange(words, 0, false, intent, finding, now_);
        (Budget then, Budget before) = (Budget.wrap(tighter & ~EXPONENTS), Budget.wrap(words[1] & ~EXPONENTS));
        _putBudget(tighter);
        if (ACCOUNT.preview(intent, finding).rule != Rule.NONE) return;
        (bool fits,) = before.spend(intent.amount);
        vm.assume(fits && !before.halted() && (before.home() || !then.home()));
        vm.assume(then.perTransaction() <= before.perTransaction());
        _putBudget(words[1]);
        assert(ACCOUNT.preview(intent, finding).rule == Rule.NONE);
    }

    /// @notice And a pace; {PaceProof} says that a tighter tempo makes such a one.
    /// @custom:halmos --array-lengths intent.data=0
    function deep_L5_tighterPace_admitsNoMore(
        uint256[4] memory words,
        uint256 tighter,
        Intent memory intent,
        Finding memory finding,
        uint32 now_
    ) public {
        _arrange(words, 0, false, intent, finding, now_);
        (Pace then, Pace before) = (Pace.wrap(tighter), Pace.wrap(words[2]));
        _putPace(tighter);
        if (ACCOUNT.preview(intent, finding).rule != Rule.NONE) return;
        (bool fits,) = before.tick();
        uint8 risk = Meter.wrap(words[0]).riskLevel();
        vm.assume(fits && then.restedAt(risk) >= before.restedAt(risk));
        _putPace(words[2]);
        assert(ACCOUNT.preview(intent, finding).rule == Rule.NONE);
    }

    /// @notice A recipient or a chain that is taken away admits no more, nor does any breaker; nor a finding of the rules beyond that refuses.
    /// @custom:halmos --array-lengths intent.data=0
    function deep_L5_takenAway_admitsNoMore(
        uint256[4] memory words,
        uint256 chains,
        Intent memory intent,
        Finding memory finding,
        uint256 fewer,
        bool stopped,
        bool listed,
        uint32 now_
    ) public {
        _arrange(words, chains & fewer, true, intent, finding, now_);
        _putBreaker(PolicyEngine.Scope.CHAIN, REMOTE, stopped);
        _list(intent.chainId, PAYEE, listed);
        if (ACCOUNT.preview(intent, finding).rule != Rule.NONE) return;
        _putChains(chains);
        _putBreaker(PolicyEngine.Scope.CHAIN, REMOTE, false);
        _list(intent.chainId, PAYEE, true);
        finding.rule = Rule.NONE;
        assert(ACCOUNT.preview(intent, finding).rule == Rule.NONE);
    }

    // ------------------------------------------------------------------ helpers

    function _put(uint256 meter, uint256 budget, uint256 pace, uint256 trail) private {
        _putMeter(meter);
        _putBudget(budget);
        _putPace(pace);
        _putTrail(trail);
    }

    /// @dev The recipient, of the two that there are here, is listed or not; which does not matter where the mandate is open.
    function _arrange(
        uint256[4] memory words,
        uint256 chains,
        bool elsewhere,
        Intent memory intent,
        Finding memory finding,
        uint32 now_
    ) private {
        vm.warp(now_);
        _here(intent, elsewhere);
        // What {MandateRules} finds, as {MandateRulesProof} says.
        vm.assume(finding.rule == Rule.NONE || finding.rule == Rule.SELECTOR || finding.rule == Rule.RULE_BOOK);
        _put(words[0], words[1], words[2], words[3]);
        _putChains(chains);
        _list(intent.chainId, PAYEE, true);
        if (intent.data.length == 0) finding.recipient = intent.to;
    }
}
