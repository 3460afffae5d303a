// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ReputationRule} from "../../src/rules/ReputationRule.sol";
import {RuleBook} from "../../src/rules/RuleBook.sol";
import {Tightening} from "../../src/rules/Tightening.sol";
import {Governed} from "../lib/Governed.sol";
import {BombRule, BurningRule, InvalidRule, RawRule, WritingRule} from "../lib/HostileRules.sol";
import {ExactRegistry, ReputationRegistry, SayingRegistry} from "../lib/Reputation.sol";

contract ReputationRuleTest is Governed {
    uint256 private constant _IDENTITY = 22; // the agent's id in somebody else's registry
    int128 private constant _GOOD = 80e18;

    ReputationRule private _rule;
    ReputationRegistry private _reputation;
    address private _burning; // no test has looked up its account: that costs most

    function setUp() public {
        govern();
        _burning = address(new InvalidRule());
        _rule = new ReputationRule(address(authority), registry);
        _reputation = new ReputationRegistry();
        _require(_requirement());
    }

    function _client(uint256 i) private pure returns (address) {
        return address(uint160(0xC11E0000 + i));
    }

    /// @dev At least 3 feedbacks of three clients, 80 on average.
    function _requirement() private view returns (ReputationRule.Requirement memory r) {
        r.registry = address(_reputation);
        r.minCount = 3;
        r.identity = _IDENTITY;
        r.minValue = _GOOD;
        r.clients = new address[](3);
        for (uint256 i; i < 3; ++i) {
            r.clients[i] = _client(i);
        }
    }

    function _requirement(address registry_) private view returns (ReputationRule.Requirement memory r) {
        r = _requirement();
        r.registry = registry_;
    }

    function _none() private pure returns (ReputationRule.Requirement memory r) {}

    function _require(ReputationRule.Requirement memory r) private {
        vm.prank(GOVERNANCE);
        _rule.setRequirement(agentId, r);
    }

    function _give(uint256 client, int128 value, uint8 decimals) private {
        _reputation.give(_IDENTITY, _client(client), value, decimals);
    }

    function _assertAdmitted() private view {
        (bool admitted, uint256 limit, uint256 left, uint64 availableAt) = _rule.judge(payment(address(0), 1), 0);
        assertTrue(admitted, "denied");
        assertEq(limit + left + availableAt, 0, "an admission has no words");
    }

    function _assertDenied(uint256 limit, uint256 left) private view {
        (bool admitted, uint256 limit_, uint256 left_, uint64 availableAt) = _rule.judge(payment(address(0), 1), 0);
        assertFalse(admitted, "admitted");
        assertEq(limit_, limit, "limit");
        assertEq(left_, left, "left");
        assertEq(availableAt, 0, "availableAt");
    }

    function _call(ReputationRule.Requirement memory r) private view returns (bytes memory) {
        return abi.encodeCall(ReputationRule.setRequirement, (agentId, r));
    }

    // ------------------------------------------------------------------ judging

    function test_L11_withoutRequirementNothingIsAdmitted() public {
        agentId = 2;
        _assertDenied(0, 0);
    }

    function test_goodFeedbackAdmits() public {
        _assertDenied(3, 0);
        _give(0, 70, 0);
        _give(1, 90, 0);
        _assertDenied(3, 2);
        _give(2, 80, 0);
        _assertAdmitted();
        _give(2, 79, 0); // 79 on average, decimals cut
        _assertDenied(80e18, 79e18);
    }

    function test_moreFeedbackOfOneClientCounts() public {
        for (uint256 i; i < 3; ++i) {
            _give(1, 80, 0);
        }
        _assertAdmitted();
    }

    function test_onlyTrustedClientsCount() public {
        for (uint256 i; i < 10; ++i) {
            _reputation.give(_IDENTITY, THIEF, 100, 0);
        }
        _assertDenied(3, 0);
    }

    function test_anotherIdentityCountsForNothing() public {
        for (uint256 i; i < 3; ++i) {
            _reputation.give(agentId, _client(i), 100, 0);
        }
        _assertDenied(3, 0);
    }

    function test_revokedFeedbackDoesNotCount() public {
        for (uint256 i; i < 3; ++i) {
            _give(i, 80, 0);
        }
        _assertAdmitted();
        _reputation.revoke(_IDENTITY, _client(1), 0);
        _assertDenied(3, 2);
    }

    function test_onlyFeedbackWithTheTagsCounts() public {
        ReputationRule.Requirement memory r = _requirement();
        r.tag1 = "uptime";
        r.tag2 = "an exact length of 31 bytes  ok";
        _require(r);
        for (uint256 i; i < 3; ++i) {
            _reputation.give(_IDENTITY, _client(i), 9977, 2, "uptime", "day");
            _reputation.give(_IDENTITY, _client(i), 9977, 2, "starred", r.tag2);
        }
        _assertDenied(3, 0);
        for (uint256 i; i < 3; ++i) {
            _reputation.give(_IDENTITY, _client(i), 9977, 2, "uptime", r.tag2);
        }
        _assertAdmitted();
        r.minValue = 99.77e18 + 1;
        _require(r);
        _assertDenied(99.77e18 + 1, 99.77e18);
    }

    function test_theRegistryIsAskedAsWritten() public {
        ReputationRule.Requirement memory r = _requirement();
        (r.identity, r.tag1, r.tag2) = (type(uint256).max, "successRate", "week");
        r.registry = address(new ExactRegistry(r.identity, r.clients, r.tag1, r.tag2));
        _require(r);
        _assertAdmitted();
    }

    /// @dev Values have a sign and up to 18 decimals; so has what is required.
    function testFuzz_anyValueAndDecimals(int128 value, uint8 decimals, int128 minValue) public {
        decimals = uint8(bound(decimals, 0, 18));
        SayingRegistry saying = new SayingRegistry();
        // forge-lint: disable-next-line(unsafe-typecast)
        saying.say(3, uint256(int256(value)), decimals);
        ReputationRule.Requirement memory r = _requirement(address(saying));
        r.minValue = minValue;
        _require(r);
        int256 scaled = value;
        for (uint256 i = decimals; i < 18; ++i) {
            scaled *= 10;
        }
        if (scaled >= minValue) _assertAdmitted();
        else _assertDenied(minValue > 0 ? uint128(minValue) : 0, scaled > 0 ? uint256(scaled) : 0);
    }

    /// @dev At the very value, one below and one above.
    function testFuzz_theEdge(int128 minValue) public {
        vm.assume(minValue > type(int128).min && minValue < type(int128).max);
        SayingRegistry saying = new SayingRegistry();
        ReputationRule.Requirement memory r = _requirement(address(saying));
        r.minValue = minValue;
        _require(r);
        for (int256 off = -1; off <= 1; ++off) {
            saying.say(3, uint256(int256(minValue) + off), 18);
            (bool admitted,,,) = _rule.judge(payment(address(0), 1), 0);
            assertTrue(admitted == (off >= 0), "edge");
        }
    }

    function testFuzz_theCount(uint64 minCount, uint64 count) public {
        if (minCount == 0) minCount = 1;
        SayingRegistry saying = new SayingRegistry();
        saying.say(count, 100, 0);
        ReputationRule.Requirement memory r = _requirement(address(saying));
        r.minCount = minCount;
        _require(r);
        if (count >= minCount) _assertAdmitted();
        else _assertDenied(minCount, count);
    }

    // ------------------------------------------------------------------ hostile registries

    /// @dev Denies; in a rule book, too, and does so by itself there: its answer arrives.
    function _assertFailsClosed(address registry_) private {
        _require(_requirement(registry_));
        _assertDeniedWithinTheStipend();
    }

    function _assertDeniedWithinTheStipend() private {
        RuleBook book = new RuleBook(address(authority), registry);
        vm.prank(WATCHDOG);
        book.addRule(agentId, address(_rule));
        (bool admitted, address rule, uint256 limit, uint256 left,) = book.judge(payment(address(0), 1), 0);
        assertFalse(admitted, "admitted");
        assertEq(rule, address(_rule), "rule");
        assertEq(limit, 3, "limit: it did not come to its answer");
        assertEq(left, 0, "left");
    }

    function test_L11_aRevertingRegistryDenies() public {
        _assertFailsClosed(address(new RawRule("", true)));
    }

    function test_L11_aRevertThatLooksLikePraiseDenies() public {
        _assertFailsClosed(address(new RawRule(abi.encode(100, 100, 0), true)));
    }

    function test_L11_aRegistryWithoutCodeDenies() public {
        _assertFailsClosed(THIEF);
    }

    function test_L11_aRegistryThatIsAPrecompileDenies() public {
        for (uint160 i = 1; i <= 17; ++i) {
            _require(_requirement(address(i)));
            (bool admitted,,,) = _rule.judge{gas: 150_000}(payment(address(0), 1), 0);
            assertFalse(admitted, "admitted");
        }
    }

    function test_L11_aBurningRegistryDenies() public {
        _assertFailsClosed(_burning);
        _assertFailsClosed(address(new BurningRule()));
    }

    function test_L11_megabytesDeny() public {
        uint256[4] memory sizes = [uint256(128), 100_000, 200_000, 4_000_000];
        for (uint256 i; i < 8; ++i) {
            _assertFailsClosed(address(new BombRule(sizes[i / 2], i % 2 == 1)));
        }
    }

    function test_L11_aRegistryThatWritesDenies() public {
        _assertFailsClosed(address(new WritingRule()));
    }

    function testFuzz_L11_anAnswerOfTheWrongLengthDenies(uint256 length, bytes32 word) public {
        length = bound(length, 0, 300);
        if (length == 96) ++length;
        bytes memory answer = new bytes(length);
        for (uint256 i = 0x20; i <= length; i += 0x20) {
            assembly {
                mstore(add(answer, i), word)
            }
        }
        SayingRegistry saying = new SayingRegistry();
        saying.sayRaw(answer);
        _assertFailsClosed(address(saying));
    }

    function testFuzz_L11_aCountThatIsNoneDenies(uint256 count) public {
        SayingRegistry saying = new SayingRegistry();
        saying.say(bound(count, uint256(type(uint64).max) + 1, type(uint256).max), 100, 0);
        _assertFailsClosed(address(saying));
    }

    function testFuzz_L11_aValueThatIsNoneDenies(int256 value) public {
        if (value == int128(value)) value += value < 0 ? type(int256).min / 2 : type(int256).max / 2;
        SayingRegistry saying = new SayingRegistry();
        // forge-lint: disable-next-line(unsafe-typecast)
        saying.say(3, uint256(value), 0);
        _assertFailsClosed(address(saying));
    }

    function test_L11_theFirstValuesThatAreNoneDeny() public {
        SayingRegistry saying = new SayingRegistry();
        saying.say(3, uint256(1) << 127, 0);
        _assertFailsClosed(address(saying));
        saying.say(3, (uint256(1) << 127) - 1, 0);
        _assertAdmitted();
    }

    function testFuzz_L11_decimalsThatAreNoneDeny(uint256 decimals) public {
        SayingRegistry saying = new SayingRegistry();
        saying.say(3, uint128(type(int128).max), bound(decimals, 19, type(uint256).max));
        _assertFailsClosed(address(saying));
    }

    function test_aRegistryThatChangesItsMindIsAskedEachTime() public {
        SayingRegistry saying = new SayingRegistry();
        _require(_requirement(address(saying)));
        saying.say(3, 80, 0);
        _assertAdmitted();
        saying.say(3, 79, 0);
        _assertDenied(80e18, 79e18);
        saying.say(2, 80, 0);
        _assertDenied(3, 2);
    }

    /// @dev With whatever gas: an admission only for what the registry says in full.
    function testFuzz_L11_littleGasNeverAdmits(uint256 gas_) public {
        for (uint256 i; i < 3; ++i) {
            _give(i, i == 0 ? int128(10) : int128(100), 0); // 70 on average
        }
        try _rule.judge{gas: bound(gas_, 0, 200_000)}(payment(address(0), 1), 0) returns (
            bool admitted, uint256, uint256, uint64
        ) {
            assertFalse(admitted, "admitted");
        } catch {}
    }

    /// @dev What {ReputationRule} says about gas: as many as these fit, with tags and all clients.
    function test_someFeedbackFitsARulesStipend() public {
        ReputationRule.Requirement memory r = _requirement();
        (r.tag1, r.tag2, r.clients) = ("uptime", "day", new address[](8));
        for (uint256 i; i < 8; ++i) {
            r.clients[i] = _client(i);
            _reputation.give(_IDENTITY, _client(i), 80, 0, "uptime", "day");
        }
        _require(r);
        RuleBook book = new RuleBook(address(authority), registry);
        vm.prank(WATCHDOG);
        book.addRule(agentId, address(_rule));
        (bool admitted,,,,) = book.judge(payment(address(0), 1), 0);
        assertTrue(admitted, "too dear");
    }

    // ------------------------------------------------------------------ L5

    function test_L5_eachFieldLoosenedIsGovernances() public {
        for (uint256 field; field < 10; ++field) {
            assertGovernanceOnly(address(_rule), _call(_changed(_requirement(), field)));
        }
    }

    function test_L5_looserInOneTighterInTheRestIsGovernances() public {
        for (uint256 field; field < 10; ++field) {
            ReputationRule.Requirement memory r = _requirement();
            if (field != 0) ++r.minCount;
            if (field != 1) ++r.minValue;
            assertGovernanceOnly(address(_rule), _call(_changed(r, field)));
        }
    }

    function _changed(ReputationRule.Requirement memory r, uint256 field)
        private
        view
        returns (ReputationRule.Requirement memory)
    {
        if (field == 0) --r.minCount;
        if (field == 1) --r.minValue;
        if (field == 2) r.registry = THIEF;
        if (field == 3) ++r.identity;
        if (field == 4) r.tag1 = "uptime";
        if (field == 5) r.tag2 = "day";
        if (field == 6) (r.clients = new address[](1))[0] = _client(0); // fewer
        if (field == 7) r.clients[2] = THIEF; // another
        if (field == 8) (r.clients[0], r.clients[1], r.clients[2]) = (address(1), _client(0), _client(1));
        if (field == 9) {
            r.clients = new address[](4);
            for (uint256 i; i < 4; ++i) {
                r.clients[i] = _client(i);
            }
        }
        return r;
    }

    function test_L5_tightenedAtOnceByEach() public {
        ReputationRule.Requirement memory r = _requirement();
        for (uint256 i; i < 3; ++i) {
            if (i != 1) ++r.minCount;
            if (i != 2) ++r.minValue;
            vm.expectEmit(address(_rule));
            emit ReputationRule.RequirementSet(agentId, r, tighteners()[i]);
            vm.prank(tighteners()[i]);
            _rule.setRequirement(agentId, r);
            assertEq(abi.encode(_rule.requirement(agentId)), abi.encode(r), "requirement");
        }
        ++r.minCount;
        assertRefused(THIEF, address(_rule), _call(r));
    }

    function test_L5_noneIsTheTightest() public {
        for (uint256 i; i < 3; ++i) {
            vm.prank(tighteners()[i]);
            _rule.setRequirement(agentId, _none());
            for (uint256 j; j < 3; ++j) {
                _give(j, 100, 0);
            }
            _assertDenied(0, 0);
            assertGovernanceOnly(address(_rule), _call(_requirement())); // no way back but governance's
            _require(_requirement());
        }
    }

    /// @dev Against a reference that says it field by field, and against what counts: what the new one admits, the old
    ///      one did, whatever a registry says.
    function testFuzz_L5_setRequirement(uint256 seed, uint64 minCount, int128 minValue, uint64 count, int128 value)
        public
    {
        SayingRegistry saying = new SayingRegistry();
        ReputationRule.Requirement memory old = _requirement(address(saying));
        (old.minCount, old.minValue) = (uint64(bound(seed >> 8, 1, 1000)), int128(uint128(seed >> 32)));
        ReputationRule.Requirement memory r = _requirement(address(saying));
        (r.minCount, r.minValue) = (minCount == 0 ? 1 : minCount, minValue);
        if (seed % 4 == 1) r.minCount = old.minCount;
        if (seed % 4 == 2) r.minValue = old.minValue;
        if (seed % 8 == 3) r = _changed(r, 2 + (seed >> 4) % 8);
        bool same = r.registry == old.registry && r.identity == old.identity
            && keccak256(bytes(r.tag1)) == keccak256(bytes(old.tag1))
            && keccak256(bytes(r.tag2)) == keccak256(bytes(old.tag2))
            && keccak256(abi.encodePacked(r.clients)) == keccak256(abi.encodePacked(old.clients));
        bool tighter = same && r.minCount >= old.minCount && r.minValue >= old.minValue;
        assertTrue(_rule.isTighter(r, old) == tighter, "isTighter");

        _require(old);
        // forge-lint: disable-next-line(unsafe-typecast)
        saying.say(count, uint256(int256(value)), 18);
        (bool before,,,) = _rule.judge(payment(address(0), 1), 0);
        if (!tighter) {
            assertRefused(tightener(seed), address(_rule), _call(r));
            return;
        }
        vm.prank(tightener(seed));
        _rule.setRequirement(agentId, r);
        (bool after_,,,) = _rule.judge(payment(address(0), 1), 0);
        assertTrue(before || !after_, "admits more");
    }

    /// @dev The tags can't be told apart wrongly: what moves from one to the other is another filter.
    function test_L5_tagsAreToldApart() public view {
        ReputationRule.Requirement memory a = _requirement();
        ReputationRule.Requirement memory b = _requirement();
        (a.tag1, a.tag2) = ("up", "time");
        (b.tag1, b.tag2) = ("uptime", "");
        assertFalse(_rule.isTighter(a, b) || _rule.isTighter(b, a), "tags");
        assertTrue(_rule.isTighter(a, a) && _rule.isTighter(_none(), a) && _rule.isTighter(_none(), _none()), "same");
        assertFalse(_rule.isTighter(a, _none()), "from nothing");
    }

    // ------------------------------------------------------------------ bad settings

    function _assertBad(ReputationRule.Requirement memory r, bytes memory expected) private {
        vm.expectRevert(expected);
        vm.prank(GOVERNANCE);
        _rule.setRequirement(agentId, r);
    }

    function test_clientsThatAreNoneTwiceOrTooManyAreRefused() public {
        ReputationRule.Requirement memory r = _requirement();
        r.clients[2] = r.clients[1]; // would count twice
        _assertBad(r, abi.encodeWithSelector(ReputationRule.ReputationClientsNotAscending.selector, _client(1)));
        r.clients[2] = _client(0);
        _assertBad(r, abi.encodeWithSelector(ReputationRule.ReputationClientsNotAscending.selector, _client(0)));
        r.clients[0] = address(0);
        _assertBad(r, abi.encodeWithSelector(ReputationRule.ReputationClientsNotAscending.selector, address(0)));
        r.clients = new address[](0);
        _assertBad(r, abi.encodeWithSelector(ReputationRule.ReputationClients.selector, 0, 8));
        r.clients = new address[](9);
        _assertBad(r, abi.encodeWithSelector(ReputationRule.ReputationClients.selector, 9, 8));
    }

    function test_longTagsAreRefused() public {
        string memory long = "this one is exactly 32 bytes ok?";
        ReputationRule.Requirement memory r = _requirement();
        r.tag1 = long;
        _assertBad(r, abi.encodeWithSelector(ReputationRule.ReputationTagTooLong.selector, long, 31));
        (r.tag1, r.tag2) = ("", long);
        _assertBad(r, abi.encodeWithSelector(ReputationRule.ReputationTagTooLong.selector, long, 31));
    }

    function test_noFeedbackAtAllIsNoRequirement() public {
        ReputationRule.Requirement memory r = _requirement();
        r.minCount = 0;
        _assertBad(r, abi.encodeWithSelector(ReputationRule.ReputationCountZero.selector));
    }

    function test_noRegistryHasNothingElse() public {
        for (uint256 field; field < 6; ++field) {
            ReputationRule.Requirement memory r = _none();
            if (field == 0) r.minCount = 1;
            if (field == 1) r.identity = 1;
            if (field == 2) r.minValue = 1;
            if (field == 3) r.tag1 = "a";
            if (field == 4) r.tag2 = "a";
            if (field == 5) r.clients = new address[](1);
            _assertBad(r, abi.encodeWithSelector(ReputationRule.ReputationNotEmpty.selector));
        }
    }

    function test_noAgentZero() public {
        vm.expectRevert(abi.encodeWithSelector(Tightening.TighteningAgentUnknown.selector, 0));
        vm.prank(GOVERNANCE);
        _rule.setRequirement(0, _requirement());
    }
}
