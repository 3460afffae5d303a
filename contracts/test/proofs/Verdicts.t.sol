// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Budget} from "../../src/Budget.sol";
import {Intent} from "../../src/Intent.sol";
import {Meter} from "../../src/Meter.sol";
import {Pace} from "../../src/Pace.sol";
import {PolicyEngine} from "../../src/PolicyEngine.sol";
import {RollingWindow} from "../../src/RollingWindow.sol";
import {Rule, Verdict} from "../../src/Verdict.sol";
import {Finding} from "../../src/rules/MandateRules.sol";
import {Account} from "./Account.sol";

/// @title The account's verdicts, proved for every content of its words (scripts/prove)
/// @notice Whatever meter, budget, pace, hash chain, allowed chains and recipient lists hold, whatever the rules beyond found, and whatever
///         is asked.
contract VerdictProof is Account {
    address private constant PAYEE = address(0xBEEF);
    uint256 private constant NOW = 1_800_000_000;
    uint256 private constant METER_WINDOW = 192; // where the windows lie in their words, 25 bits each
    uint256 private constant BUDGET_WINDOW = 227;
    uint256 private constant PACE_WINDOW = 96;
    // Seven buckets of a power of two of seconds: to the solver, dividing a time by that is nothing.
    uint256 private constant ABOUT_TEN_MINUTES = 7 << 6;
    uint256 private constant ABOUT_AN_HOUR = 7 << 9;
    uint256 private constant ABOUT_A_DAY = 7 << 14;

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
        try ACCOUNT.consume(finding, bytes32(0), intent) returns (Verdict memory v) {
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
        _arrange(_inWindows(words), chains, true, intent, finding, now_);
        try ACCOUNT.consume(finding, bytes32(0), intent) {}
        catch {
            assert(false);
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
        _inWindows(words);
        _put(words[0], words[1], words[2], words[3]);
        _putBudget(address(0), words[1] & ~EXPONENTS);
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

    /// @notice {PolicyEngine-preview} says what {PolicyEngine-consume} then says. What was used is in one bucket: each more would be one more
    ///         moment at which something fits again, in either.
    /// @custom:halmos --array-lengths c.intent.data=0
    function deep_L4_preview_isWhatConsumeSays(Case memory c) public {
        _emptyButOneBucket(c.words);
        _arrange(c, false);
        _saysTheSame(c);
    }

    /// @custom:halmos --array-lengths c.intent.data=0
    function deep_L4_preview_isWhatConsumeSays_elsewhere(Case memory c) public {
        _emptyButOneBucket(c.words);
        _arrange(c, true);
        _saysTheSame(c);
    }

    function _emptyButOneBucket(uint256[4] memory words) private pure {
        words[0] &= ~uint256(type(uint128).max) | type(uint16).max;
        words[1] &= ~uint256((1 << 152) - 1) | ((1 << 19) - 1);
        words[2] &= ~uint256(type(uint64).max) | type(uint8).max;
    }

    function _saysTheSame(Case memory c) private {
        Verdict memory a = ACCOUNT.preview(c.intent, c.finding);
        Verdict memory b = ACCOUNT.consume(c.finding, bytes32(0), c.intent);
        bool same = _both(a.rule == b.rule, _both(a.tripped == b.tripped, a.tier == b.tier));
        same = _both(same, _both(a.eta == b.eta, _both(a.limit == b.limit, a.left == b.left)));
        assert(_both(same, _both(a.availableAt == b.availableAt, a.source == b.source)));
    }

    // ------------------------------------------------------------------ what is admitted (L11), and that tighter words admit no more (L5)

    /// @notice Everything that a verdict depends on. The time, the windows and how old the newest buckets are, are numbers; what the buckets
    ///         hold is open. Of every time, window and age, {RollingWindowProof} and the words' proofs say what counts.
    struct Case {
        uint256[4] words; // meter, budget, pace, trail
        uint256 chains;
        bool elsewhere;
        bool stopped;
        bool listed;
        Intent intent;
        Finding finding;
    }

    /// @notice What {PolicyEngine-preview} admits meets every condition of {_isAdmissible}.
    /// @custom:halmos --array-lengths c.intent.data={0,4}
    function deep_L11_admitted_meetsEachCondition(Case memory c) public {
        _arrange(c, false);
        if (ACCOUNT.preview(c.intent, c.finding).rule == Rule.NONE) assert(_isAdmissible(c));
    }

    /// @custom:halmos --array-lengths c.intent.data={0,4}
    function deep_L11_admitted_meetsEachCondition_elsewhere(Case memory c) public {
        _arrange(c, true);
        if (ACCOUNT.preview(c.intent, c.finding).rule == Rule.NONE) assert(_isAdmissible(c));
    }

    /// @notice And what meets every condition is admitted.
    /// @custom:halmos --array-lengths c.intent.data={0,4}
    function deep_L11_admissible_isAdmitted(Case memory c) public {
        _arrange(c, false);
        _assume(c);
        assert(ACCOUNT.preview(c.intent, c.finding).rule == Rule.NONE);
    }

    /// @custom:halmos --array-lengths c.intent.data={0,4}
    function deep_L11_admissible_isAdmitted_elsewhere(Case memory c) public {
        _arrange(c, true);
        _assume(c);
        assert(ACCOUNT.preview(c.intent, c.finding).rule == Rule.NONE);
    }

    /// @notice So a tighter word admits no more if that is so of the conditions, which is what the next four say. A meter that is nowhere
    ///         looser than another admits nothing that the other does not. {MeterProof} says that tighter terms and a higher risk level make
    ///         such a one.
    /// @custom:halmos --array-lengths c.intent.data={0,4}
    function deep_L5_tighterMeter_admitsNoMore(Case memory c, uint256 tighter) public {
        _steady(c.words);
        uint256 word = c.words[0];
        c.words[0] = _at(tighter, METER_WINDOW, 2 * ABOUT_AN_HOUR, 128);
        (Meter then, Meter before) = (Meter.wrap(c.words[0]), Meter.wrap(word));
        _assume(c);
        (bool fits,) = before.tick();
        vm.assume(fits && before.running());
        vm.assume(then.expiry() <= before.expiry() && then.maxAuditLag() <= before.maxAuditLag());
        vm.assume((before.basic() || !then.basic()) && (before.open() || !then.open()));
        vm.assume(then.riskLevel() >= before.riskLevel());
        c.words[0] = word;
        assert(_isAdmissible(c));
    }

    /// @notice So does a budget; {BudgetProof} says that tighter limits make such a one.
    /// @custom:halmos --array-lengths c.intent.data={0,4}
    function deep_L5_tighterBudget_admitsNoMore(Case memory c, uint256 tighter) public {
        _steady(c.words);
        uint256 word = c.words[1];
        c.words[1] = _at(tighter, BUDGET_WINDOW, 2 * ABOUT_A_DAY, 152);
        (Budget then, Budget before) = (Budget.wrap(c.words[1] & ~EXPONENTS), Budget.wrap(word & ~EXPONENTS));
        _assume(c);
        (bool fits,) = before.spend(c.intent.amount);
        vm.assume(fits && !before.halted() && (before.home() || !then.home()));
        vm.assume(then.perTransaction() <= before.perTransaction());
        c.words[1] = word;
        assert(_isAdmissible(c));
    }

    /// @notice And a pace; {PaceProof} says that a tighter tempo makes such a one.
    /// @custom:halmos --array-lengths c.intent.data={0,4}
    function deep_L5_tighterPace_admitsNoMore(Case memory c, uint256 tighter) public {
        _steady(c.words);
        uint256 word = c.words[2];
        c.words[2] = _at(tighter, PACE_WINDOW, 2 * ABOUT_TEN_MINUTES, 64);
        (Pace then, Pace before) = (Pace.wrap(c.words[2]), Pace.wrap(word));
        _assume(c);
        (bool fits,) = before.tick();
        uint8 risk = Meter.wrap(c.words[0]).riskLevel();
        vm.assume(fits && then.restedAt(risk) >= before.restedAt(risk));
        c.words[2] = word;
        assert(_isAdmissible(c));
    }

    /// @notice A recipient or a chain that is taken away admits no more, nor does any breaker; nor a finding of the rules beyond that refuses.
    /// @custom:halmos --array-lengths c.intent.data={0,4}
    function deep_L5_takenAway_admitsNoMore(Case memory c, uint256 fewer) public {
        _steady(c.words);
        uint256 chains = c.chains;
        c.chains = chains & fewer;
        _assume(c);
        (c.chains, c.stopped, c.listed, c.finding.rule) = (chains, false, true, Rule.NONE);
        assert(_isAdmissible(c));
    }

    /// @dev The conditions, each for itself. What a word holds is what {MeterProof}, {BudgetProof} and {PaceProof} say. Without a branch, which
    ///      would double the paths.
    function _conditions(Case memory c) private view returns (bool[10] memory met) {
        (Meter m, Budget b, Pace p) =
            (Meter.wrap(c.words[0]), Budget.wrap(c.words[1] & ~EXPONENTS), Pace.wrap(c.words[2]));
        met[0] = m.running();
        met[1] = block.timestamp <= m.expiry();
        met[2] = !b.halted();
        if (c.elsewhere) met[3] = _both((c.chains >> 1) & 1 == 1, !c.stopped);
        else met[3] = b.home();
        met[4] = c.finding.rule != Rule.SELECTOR;
        bool unnamed = _both(c.finding.recipient == address(0), c.intent.data.length > 0);
        bool listed = _both(c.listed, c.finding.recipient == PAYEE);
        met[5] = _either(_either(unnamed, listed), m.open());
        met[6] = _both(c.intent.amount > 0, c.intent.amount <= b.perTransaction());
        (met[7],) = b.spend(c.intent.amount);
        (bool fits,) = m.tick();
        met[8] = _both(fits, c.words[3] & type(uint16).max <= m.maxAuditLag());
        (fits,) = p.tick();
        bool paced = _both(fits, block.timestamp >= p.restedAt(m.riskLevel()));
        met[9] = _either(_both(paced, c.finding.rule == Rule.NONE), m.basic());
    }

    function _isAdmissible(Case memory c) private view returns (bool all) {
        bool[10] memory met = _conditions(c);
        all = true;
        for (uint256 i; i < met.length; ++i) {
            all = _both(all, met[i]);
        }
    }

    function _assume(Case memory c) private view {
        bool[10] memory met = _conditions(c);
        for (uint256 i; i < met.length; ++i) {
            vm.assume(met[i]);
        }
    }

    function _arrange(Case memory c, bool elsewhere) private {
        c.elsewhere = elsewhere;
        _arrange(_steady(c.words), c.chains, elsewhere, c.intent, c.finding, uint32(NOW));
        if (elsewhere) _putBreaker(PolicyEngine.Scope.CHAIN, REMOTE, c.stopped);
        _list(c.intent.chainId, PAYEE, c.listed);
    }

    // ------------------------------------------------------------------ helpers

    /// @dev The words, changed in place, now: with windows and newest buckets that are numbers.
    function _steady(uint256[4] memory words) private returns (uint256[4] memory) {
        vm.warp(NOW);
        words[0] = _at(words[0], METER_WINDOW, ABOUT_AN_HOUR, 128);
        words[1] = _at(words[1], BUDGET_WINDOW, ABOUT_A_DAY, 152);
        words[2] = _at(words[2], PACE_WINDOW, ABOUT_TEN_MINUTES, 64);
        return words;
    }

    /// @dev The word within a window, its newest bucket, a number of 32 bits, two buckets ago.
    function _at(uint256 word, uint256 windowAt, uint256 window, uint256 indexAt) private pure returns (uint256) {
        uint256 index = NOW / RollingWindow.length(window) - 2;
        return (_inWindow(word, windowAt, window) & ~(uint256(type(uint32).max) << indexAt)) | (index << indexAt);
    }

    /// @dev The words, changed in place, with windows that are numbers.
    function _inWindows(uint256[4] memory words) private pure returns (uint256[4] memory) {
        words[0] = _inWindow(words[0], METER_WINDOW, ABOUT_AN_HOUR);
        words[1] = _inWindow(words[1], BUDGET_WINDOW, ABOUT_A_DAY);
        words[2] = _inWindow(words[2], PACE_WINDOW, ABOUT_TEN_MINUTES);
        return words;
    }

    function _inWindow(uint256 word, uint256 windowAt, uint256 window) private pure returns (uint256) {
        return (word & ~(uint256((1 << 25) - 1) << windowAt)) | (window << windowAt);
    }

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
        bool nothing = finding.rule == Rule.NONE;
        vm.assume(_either(_either(nothing, finding.rule == Rule.SELECTOR), finding.rule == Rule.RULE_BOOK));
        _put(words[0], words[1], words[2], words[3]);
        _putChains(chains);
        _list(intent.chainId, PAYEE, true);
        if (intent.data.length == 0) finding.recipient = intent.to;
    }
}
