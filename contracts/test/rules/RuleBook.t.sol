// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Intent} from "../../src/Intent.sol";
import {RuleBook} from "../../src/rules/RuleBook.sol";
import {Governed} from "../lib/Governed.sol";
import {
    BombRule,
    BurningRule,
    EchoRule,
    FixedRule,
    GasTellingRule,
    InvalidRule,
    RawRule,
    ReenteringRule,
    WorkingRule,
    WritingRule
} from "../lib/HostileRules.sol";

contract RuleBookTest is Governed {
    uint256 private constant _COLD = 50; // agents with a rule each that no test has looked up
    uint256 private constant _DELEGATED = 51;

    RuleBook private _book;

    function setUp() public {
        govern();
        _book = new RuleBook(address(authority), registry);
        address heavy = address(new WorkingRule(_book.STIPEND() - 2_000));
        address delegated = _admitting();
        vm.startPrank(GOVERNANCE);
        _book.addRule(_COLD, heavy);
        _book.addRule(_DELEGATED, delegated);
        vm.stopPrank();
        vm.etch(delegated, abi.encodePacked(hex"ef0100", heavy));
    }

    function _add(address rule) private returns (address) {
        vm.prank(WATCHDOG);
        _book.addRule(agentId, rule);
        return rule;
    }

    function _admitting() private returns (address) {
        return address(new FixedRule(true, 0, 0, 0));
    }

    function _intent() private view returns (Intent memory) {
        return payment(address(0), 1 ether);
    }

    function _assertAdmitted() private view {
        (bool admitted, address rule, uint256 limit, uint256 left, uint64 when) = _book.judge(_intent(), 0);
        assertTrue(admitted, "denied");
        assertEq(rule, address(0), "rule");
        assertEq(limit + left + when, 0, "an admission has no words");
    }

    function _assertDenied(address by, uint256 limit, uint256 left, uint64 when) private view {
        (bool admitted, address rule, uint256 limit_, uint256 left_, uint64 when_) = _book.judge(_intent(), 0);
        assertFalse(admitted, "admitted");
        assertEq(rule, by, "rule");
        assertEq(limit_, limit, "limit");
        assertEq(left_, left, "left");
        assertEq(when_, when, "availableAt");
    }

    /// @dev The rule denies, at the cost of its stipend at most, its own agent, and no other.
    function _assertFails(address rule) private {
        _add(rule);
        uint256 before = gasleft();
        _assertDenied(rule, 0, 0, 0);
        assertLe(before - gasleft(), _book.STIPEND() + 60_000, "gas");
        Intent memory other = _intent();
        other.agentId = 100;
        (bool admitted,,,,) = _book.judge(other, 0);
        assertTrue(admitted, "another agent pays for it");
    }

    // ------------------------------------------------------------------ judging

    function test_anEmptyBookAdmits() public view {
        _assertAdmitted();
    }

    function test_allRulesMustAdmit() public {
        FixedRule[] memory rules = new FixedRule[](8);
        for (uint256 i; i < 8; ++i) {
            rules[i] = new FixedRule(true, i, 10 + i, uint64(100 + i));
            _add(address(rules[i]));
        }
        _assertAdmitted();
        for (uint256 i; i < 8; ++i) {
            rules[i].set(false);
            _assertDenied(address(rules[i]), i, 10 + i, uint64(100 + i));
            rules[i].set(true);
        }
        rules[2].set(false);
        rules[5].set(false);
        _assertDenied(address(rules[2]), 2, 12, 102);
    }

    function testFuzz_L12_theRulesWordsArePassedOn(uint256 limit, uint256 left, uint32 when) public {
        _assertDeniedAfterAdding(address(new FixedRule(false, limit, left, when)), limit, left, when);
    }

    function _assertDeniedAfterAdding(address rule, uint256 limit, uint256 left, uint64 when) private {
        _assertDenied(_add(rule), limit, left, when);
    }

    function testFuzz_theRuleIsAskedAboutThisIntent(Intent memory intent, uint8 riskLevel) public {
        intent.agentId = agentId;
        _add(address(new EchoRule(intent, riskLevel)));
        (bool admitted,,,,) = _book.judge(intent, riskLevel);
        assertTrue(admitted, "not what was asked");
        unchecked {
            ++intent.nonce;
        }
        (admitted,,,,) = _book.judge(intent, riskLevel);
        assertFalse(admitted, "the test tells nothing");
    }

    // ------------------------------------------------------------------ hostile rules

    function test_L11_aRevertingRuleDenies() public {
        _assertFails(address(new RawRule("", true)));
    }

    function test_L11_aRevertThatLooksLikeAnAdmissionDenies() public {
        _assertFails(address(new RawRule(abi.encode(true, 0, 0, 0), true)));
    }

    function test_L11_aSilentRuleDenies() public {
        _assertFails(address(new RawRule("", false)));
    }

    function testFuzz_L11_anAnswerOfTheWrongLengthDenies(uint256 length) public {
        length = bound(length, 0, 300);
        if (length == 128) ++length;
        bytes memory answer = new bytes(length);
        if (length >= 32) answer[31] = 0x01;
        _assertFails(address(new RawRule(answer, false)));
    }

    function testFuzz_L11_anAdmissionThatIsNoBoolDenies(uint256 word) public {
        if (word < 2) word += 2;
        _assertFails(address(new RawRule(abi.encode(word, 1, 2, 3), false)));
    }

    function testFuzz_L11_aTimeThatIsNoneDenies(uint256 when) public {
        when = bound(when, uint256(type(uint32).max) + 1, type(uint256).max);
        _assertFails(address(new RawRule(abi.encode(when % 2, 1, 2, when), false)));
    }

    function test_aRawAnswerOfFourWordsIsTaken() public {
        _add(address(new RawRule(abi.encode(true, type(uint256).max, type(uint256).max, type(uint32).max), false)));
        _assertAdmitted();
    }

    function test_L11_aLoopingRuleDenies() public {
        _assertFails(address(new BurningRule()));
    }

    function test_L11_anInvalidRuleDenies() public {
        _assertFails(address(new InvalidRule()));
    }

    function test_L11_returnBombsDeny() public {
        uint256[4] memory sizes = [uint256(160), 100_000, 200_000, 4_000_000];
        for (uint256 i; i < 8; ++i) {
            vm.prank(OWNER);
            agentId = registry.register();
            _assertFails(address(new BombRule(sizes[i / 2], i % 2 == 1)));
        }
    }

    function test_L11_aRuleWithoutCodeDenies() public {
        address rule = _add(_admitting());
        _assertAdmitted();
        vm.etch(rule, "");
        _assertDenied(rule, 0, 0, 0);
    }

    function test_L11_aRuleThatWritesDenies() public {
        WritingRule rule = new WritingRule();
        _assertFails(address(rule));
        assertEq(rule.asked(), 0, "it wrote");
    }

    function test_L11_aReenteringRuleDeniesAndChangesNothing() public {
        address rule = address(new ReenteringRule(_book));
        vm.prank(GOVERNANCE);
        authority.grantRole(0, rule, 0); // even one with all rights
        _assertFails(rule);
        assertEq(_book.rules(agentId).length, 1, "it took itself out");
    }

    function test_aRuleThatChangesItsMindIsAskedEachTime() public {
        FixedRule rule = new FixedRule(true, 0, 0, 0);
        _add(address(rule));
        _assertAdmitted();
        rule.set(false);
        _assertDenied(address(rule), 0, 0, 0);
        rule.set(true);
        _assertAdmitted();
    }

    function test_aFailingRuleDoesNotHideThatOneBeforeDenied() public {
        address first = _add(address(new FixedRule(false, 1, 2, 3)));
        _add(address(new InvalidRule()));
        _assertDenied(first, 1, 2, 3);
    }

    /// @dev Its question and its name are those of a rule, but not its answer.
    function test_L11_aBookIsNoRule() public {
        _assertFails(address(_book));
        RuleBook another = new RuleBook(address(authority), registry);
        vm.prank(OWNER);
        agentId = registry.register();
        _assertFails(address(another));
    }

    /// @dev What the engine relies on: given gas for all stipends, the book answers, whatever its rules are and say, in
    ///      exactly five words, each in the range of its type; and it admits just when each rule does.
    function testFuzz_L4_whateverTheRulesTheBookAnswers(uint256 seed, bytes[8] memory answers) public {
        uint256 denying = type(uint256).max;
        address denies;
        for (uint256 i; i < 8; ++i) {
            uint256 kind = (seed >> i * 8) % 16;
            address rule = _add(_ofKind(kind, answers[i]));
            // Every other kind denies.
            if (kind < 10 || denying != type(uint256).max) continue;
            (denying, denies) = (i, rule);
        }
        (bool ok, bytes memory answer) = address(_book).staticcall{gas: 8 * (_book.STIPEND() + 15_000)}(
            abi.encodeCall(RuleBook.judge, (_intent(), 0))
        );
        assertTrue(ok, "reverted");
        assertEq(answer.length, 160, "length");
        (bool admitted, address by,,,) = abi.decode(answer, (bool, address, uint256, uint256, uint64));
        assertTrue(admitted == (denies == address(0)), "verdict");
        assertEq(by, denies, "rule");
    }

    function _ofKind(uint256 kind, bytes memory answer) private returns (address) {
        if (kind < 8) return _admitting();
        if (kind < 10) return address(new WorkingRule(_book.STIPEND() - 2_000));
        if (kind == 10) return address(new RawRule(answer.length == 128 ? bytes("") : answer, false));
        if (kind == 11) return address(new RawRule(answer, true));
        if (kind == 12) return address(new BurningRule());
        if (kind == 13) return address(new InvalidRule());
        if (kind == 14) return address(new BombRule(100_000, false));
        return address(new BombRule(4_000_000, true));
    }

    // ------------------------------------------------------------------ gas

    /// @dev Long data make all memory dearer, between the look at what gas is left and the call, too. Around the least gas
    ///      with which anything is decided, nothing is but the truth.
    function testFuzz_L4_nobodyStarvesARuleByLongData(uint256 length) public {
        _add(address(new WorkingRule(_book.STIPEND() - 2_000)));
        Intent memory intent = _intent();
        intent.data = new bytes(bound(length, 0, 500_000));
        bytes memory question = abi.encodeCall(RuleBook.judge, (intent, uint8(0)));
        (uint256 tooLittle, uint256 enough) = (0, 10_000_000);
        assertTrue(_admits(question, enough), "the edge is elsewhere");
        while (enough - tooLittle > 1) {
            uint256 gas_ = (tooLittle + enough) / 2;
            if (_admits(question, gas_)) enough = gas_;
            else tooLittle = gas_;
        }
        for (uint256 gas_ = enough - 200; gas_ < enough + 200; gas_ += 7) {
            assertTrue(_admits(question, gas_) == (gas_ >= enough), "no edge");
        }
    }

    /// @dev False if it reverts; that it denies fails the test.
    function _admits(bytes memory question, uint256 gas_) private view returns (bool ok) {
        bytes memory answer;
        (ok, answer) = address(_book).staticcall{gas: gas_}(question);
        if (ok) assertTrue(abi.decode(answer, (bool)), "denied for want of gas");
        else assertLe(answer.length, 68, "words of the revert");
    }

    /// @dev A rule that needs nearly all of its stipend can't be made to deny by giving {judge} less gas: it admits, or
    ///      nothing is decided.
    function testFuzz_L4_nobodyStarvesARule(uint256 gas_, uint256 position) public {
        uint256 rules = bound(position, 1, 8);
        for (uint256 i = 1; i < rules; ++i) {
            _add(_admitting());
        }
        _add(address(new WorkingRule(_book.STIPEND() - 2_000)));
        gas_ = bound(gas_, 0, 400_000);
        try _book.judge{gas: gas_}(_intent(), 0) returns (bool admitted, address, uint256, uint256, uint64) {
            assertTrue(admitted, "denied for want of gas");
        } catch {}
    }

    /// @dev Around the edge, where nobody has looked up the rule's account before in the transaction.
    function testFuzz_L4_nobodyStarvesAColdRule(uint256 gas_) public view {
        _assertNotStarved(_COLD, gas_);
    }

    /// @dev The same where the account has delegated to another contract (EIP-7702), which must be looked up, too.
    function testFuzz_L4_nobodyStarvesADelegatedRule(uint256 gas_) public view {
        _assertNotStarved(_DELEGATED, gas_);
    }

    function _assertNotStarved(uint256 agent, uint256 gas_) private view {
        Intent memory intent = _intent();
        intent.agentId = agent;
        gas_ = bound(gas_, 150_000, 175_000);
        try _book.judge{gas: gas_}(intent, 0) returns (bool admitted, address, uint256, uint256, uint64) {
            assertTrue(admitted, "denied for want of gas");
        } catch {
            (bool admitted,,,,) = _book.judge{gas: 200_000}(intent, 0);
            assertTrue(admitted, "the edge is elsewhere");
        }
    }

    /// @dev What a rule gets is the same to the last unit, so that none can tell one caller from another by it.
    function testFuzz_L4_theStipendIsAlwaysTheSame(uint256 gas_) public {
        _add(address(new GasTellingRule()));
        Intent memory intent = _intent();
        (,, uint256 expected,,) = _book.judge(intent, 0);
        assertLe(expected, _book.STIPEND(), "more than the stipend");
        assertGe(expected, _book.STIPEND() - 2_000, "less than the stipend");
        gas_ = bound(gas_, 100_000, 200_000);
        try _book.judge{gas: gas_}(intent, 0) returns (bool, address, uint256 got, uint256, uint64) {
            assertEq(got, expected, "gas");
        } catch {
            assertLe(gas_, 180_000, "enough, and refused");
        }
    }

    function test_L4_tooLittleGasSaysSo() public {
        _add(_admitting());
        Intent memory intent = _intent();
        (bool ok, bytes memory answer) =
            address(_book).call{gas: 100_000}(abi.encodeCall(RuleBook.judge, (intent, uint8(0))));
        assertFalse(ok, "decided");
        assertEq(bytes32(answer), bytes32(RuleBook.RuleBookGasTooLow.selector), "error");
    }

    function test_aFullBookOfTheWorstCostsItsStipends() public {
        for (uint256 i; i < 8; ++i) {
            _add(address(new WorkingRule(_book.STIPEND() - 2_000)));
        }
        Intent memory intent = _intent();
        uint256 before = gasleft();
        (bool admitted,,,,) = _book.judge(intent, 0);
        assertTrue(admitted, "denied");
        assertLe(before - gasleft(), 8 * (_book.STIPEND() + 10_000) + 20_000, "gas");
    }

    // ------------------------------------------------------------------ the book (L5)

    function test_L5_addingIsForEachTightener() public {
        for (uint256 i; i < 3; ++i) {
            address rule = _admitting();
            vm.expectEmit(address(_book));
            emit RuleBook.RuleAdded(agentId, rule, tighteners()[i]);
            vm.prank(tighteners()[i]);
            _book.addRule(agentId, rule);
            assertEq(_book.rules(agentId)[i], rule, "rule");
        }
        assertRefused(THIEF, address(_book), abi.encodeCall(RuleBook.addRule, (agentId, _admitting())));
        address another = _admitting();
        vm.prank(GOVERNANCE);
        _book.addRule(agentId, another);
        assertEq(_book.rules(agentId).length, 4, "governance");
    }

    function test_L5_removingIsGovernances() public {
        address rule = _add(_admitting());
        assertGovernanceOnly(address(_book), abi.encodeCall(RuleBook.removeRule, (agentId, rule)));
        assertRefused(rule, address(_book), abi.encodeCall(RuleBook.removeRule, (agentId, rule)));
        vm.expectEmit(address(_book));
        emit RuleBook.RuleRemoved(agentId, rule, GOVERNANCE);
        vm.prank(GOVERNANCE);
        _book.removeRule(agentId, rule);
        assertEq(_book.rules(agentId).length, 0, "rules");
    }

    /// @dev Whatever tighteners do, in any order: each rule that governance gave is still asked.
    function testFuzz_L5_noWayAroundARule(uint256[12] memory seeds) public {
        address rule = address(new FixedRule(false, 0, 0, 0));
        vm.prank(GOVERNANCE);
        _book.addRule(agentId, rule);
        for (uint256 i; i < seeds.length; ++i) {
            bytes memory call = seeds[i] % 2 == 0
                ? abi.encodeCall(RuleBook.addRule, (agentId, _admitting()))
                : abi.encodeCall(RuleBook.removeRule, (agentId, seeds[i] % 4 == 1 ? rule : THIEF));
            vm.prank(tightener(seeds[i] / 4));
            (bool ok,) = address(_book).call(call);
            ok;
        }
        _assertDenied(rule, 0, 0, 0);
    }

    function testFuzz_removingKeepsTheOrder(uint256 count, uint256 index) public {
        count = bound(count, 1, 8);
        index = bound(index, 0, count - 1);
        address[] memory added = new address[](count);
        for (uint256 i; i < count; ++i) {
            added[i] = _add(_admitting());
        }
        vm.prank(GOVERNANCE);
        _book.removeRule(agentId, added[index]);
        address[] memory rest = _book.rules(agentId);
        assertEq(rest.length, count - 1, "count");
        for (uint256 i; i < rest.length; ++i) {
            assertEq(rest[i], added[i < index ? i : i + 1], "order");
        }
    }

    function test_twiceIsRefused() public {
        address rule = _add(_admitting());
        vm.expectRevert(abi.encodeWithSelector(RuleBook.RuleBookHasRule.selector, agentId, rule));
        vm.prank(GOVERNANCE);
        _book.addRule(agentId, rule);
    }

    function test_aNinthIsRefused() public {
        for (uint256 i; i < 8; ++i) {
            _add(_admitting());
        }
        address ninth = _admitting();
        vm.expectRevert(abi.encodeWithSelector(RuleBook.RuleBookFull.selector, agentId, 8));
        vm.prank(GOVERNANCE);
        _book.addRule(agentId, ninth);
    }

    function test_whatHasNoCodeIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(RuleBook.RuleBookNoContract.selector, THIEF));
        vm.prank(OWNER);
        _book.addRule(agentId, THIEF);
    }

    function test_removingWhatIsNotThereIsRefused() public {
        _add(_admitting());
        vm.expectRevert(abi.encodeWithSelector(RuleBook.RuleBookLacksRule.selector, agentId, THIEF));
        vm.prank(GOVERNANCE);
        _book.removeRule(agentId, THIEF);
    }

    function test_agentsHaveTheirOwnBooks() public {
        _add(_admitting());
        assertEq(_book.rules(100).length, 0, "another agent's");
    }
}
