// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {BudgetWord} from "../src/Budget.sol";
import {State} from "../src/CrossChainExecutor.sol";
import {Headroom} from "../src/MandateLens.sol";
import {Intent} from "../src/Intent.sol";
import {Pace} from "../src/Pace.sol";
import {PolicyEngine} from "../src/PolicyEngine.sol";
import {Rule, Verdict} from "../src/Verdict.sol";
import {Finding} from "../src/rules/MandateRules.sol";
import {Tiers} from "../src/rules/Tiers.sol";
import {Deployed} from "./lib/Deployed.sol";

/// @notice How fast an agent may act, and what the risk level does to windows and waits.
contract PolicyTempoTest is Deployed {
    uint24 private constant BURST_WINDOW = 700; // a bucket is 100 seconds
    uint24 private constant COOLDOWN = 60;

    uint256[] private _times; // of what was admitted
    uint256[] private _amounts;

    function setUp() public {
        deployAll();
        grade(ETH, Tiers.Thresholds(NEVER, NEVER, 0, NEVER));
        _setTerms(1 hours, type(uint16).max, false);
        vm.warp((START / 4_233_600 + 1) * 4_233_600); // a bucket of any window here begins
        PolicyEngine.Terms memory t = lens.headroom(agentId, ETH).terms;
        t.expiry = type(uint32).max;
        vm.prank(address(timelock));
        policy.setTerms(agentId, t);
    }

    function _setTerms(uint24 window, uint16 most, bool basic) private {
        PolicyEngine.Terms memory t = terms();
        (t.frequencyWindow, t.maxTransactions, t.basic, t.expiry) = (window, most, basic, type(uint32).max);
        vm.prank(address(timelock));
        policy.setTerms(agentId, t);
    }

    function _setTempo(uint8 burst, uint24 window, uint24 cooldown) private {
        vm.prank(address(timelock));
        policy.setTempo(agentId, PolicyEngine.Tempo(burst, window, cooldown));
    }

    function _setRisk(uint8 level) private {
        vm.prank(address(timelock));
        registry.setRiskLevel(agentId, level);
    }

    /// @dev Judged and counted, but not paid.
    function _consume(uint256 amount) private returns (Verdict memory) {
        Intent memory intent = payment(ETH, amount);
        vm.prank(address(executor));
        return policy.consume(plain(intent), idFor(intent), intent);
    }

    function _assertRule(Rule rule) private returns (Verdict memory v) {
        v = _consume(1);
        assertEq(uint8(v.rule), uint8(rule), "rule");
    }

    // ------------------------------------------------------------------ cooldown

    function test_L12_cooldown_untilItsLastSecondAtEachRiskLevel() public {
        _setTempo(0, 0, COOLDOWN);
        for (uint8 level; level <= 3; ++level) {
            skip(COOLDOWN << level); // a higher level lasts longer, also for what was done before
            _setRisk(level);
            _assertRule(Rule.NONE);
            uint256 restedAt = time() + (uint256(COOLDOWN) << level);
            assertEq(lens.headroom(agentId, ETH).restedAt, restedAt, "rested");
            for (uint256 i; i < 2; ++i) {
                Verdict memory v = _assertRule(Rule.COOLDOWN);
                assertEq(v.limit, uint256(COOLDOWN) << level, "limit");
                assertEq(v.left, 0, "left");
                assertEq(v.availableAt, restedAt, "available");
                assertFalse(v.tripped, "waiting trips nothing");
                vm.warp(restedAt - 1);
            }
            vm.warp(restedAt);
            assertEq(lens.headroom(agentId, ETH).restedAt, 0, "rested");
        }
        assertFalse(policy.frozen(agentId), "frozen");
        assertEq(policy.stops(agentId), 0, "stops");
    }

    /// @notice What was denied, by cooldown or otherwise, does not begin another.
    function test_cooldown_denialsDoNotCount() public {
        _setTempo(0, 0, COOLDOWN);
        _assertRule(Rule.NONE);
        skip(COOLDOWN - 1);
        _assertRule(Rule.COOLDOWN);
        Finding memory f = plain(payment(ETH, 1));
        f.rule = Rule.RULE_BOOK;
        Intent memory intent = payment(ETH, 1);
        vm.prank(address(executor));
        assertEq(uint8(policy.consume(f, idFor(intent), intent).rule), uint8(Rule.RULE_BOOK), "rule book");
        skip(1);
        _assertRule(Rule.NONE);
    }

    function test_cooldown_endToEnd() public {
        _setTempo(0, 0, COOLDOWN);
        submitAdmitted(payment(ETH, 1));
        submitDenied(payment(ETH, 1), Rule.COOLDOWN);
        submitDenied(remotePayment(address(token), 1), Rule.COOLDOWN); // over all assets and chains
        assertFalse(policy.frozen(agentId), "frozen");
    }

    // ------------------------------------------------------------------ burst

    /// @notice The denial is recorded and the agent stays frozen (L4).
    function test_L4_burst_freezes() public {
        _setTempo(3, BURST_WINDOW, 0);
        for (uint256 i; i < 3; ++i) {
            submitAdmitted(payment(i == 0 ? address(token) : ETH, 1));
        }
        Intent memory intent = payment(ETH, 5);
        bytes32 id = executor.idOf(intent);
        bytes memory proof = sign(intent);
        vm.expectEmit(address(policy));
        emit PolicyEngine.Tripped(agentId, address(executor), Rule.BURST, id, 1, 0);
        (, Verdict memory v) = atHome.submit(intent, proof);
        assertEq(uint8(v.rule), uint8(Rule.BURST), "rule");
        assertTrue(v.tripped, "tripped");
        assertEq(v.limit, 3, "limit");
        assertState(id, State.DENIED);
        assertTrue(policy.frozen(agentId), "frozen");
        assertEq(policy.stops(agentId), 1, "stops");
        submitDenied(payment(ETH, 1), Rule.AGENT_BREAKER);
        assertEq(lens.headroom(agentId, ETH).used, 2 * 10 ** 13, "what was denied is not spent"); // rounded up
    }

    function test_burst_countsNoLongerThanItsWindowAtEachRiskLevel() public {
        for (uint8 level; level <= 3; ++level) {
            skip(uint256(BURST_WINDOW) << 5);
            _setRisk(level);
            _setTempo(2, BURST_WINDOW, 0);
            vm.warp((time() / 4_233_600 + 1) * 4_233_600);
            uint256 length = (uint256(BURST_WINDOW) << level) / 7 + ((uint256(BURST_WINDOW) << level) % 7 == 0 ? 0 : 1);
            uint256 start = time();
            vm.warp((start / length + 1) * length); // the first second of a bucket
            start = time();
            _assertRule(Rule.NONE);
            _assertRule(Rule.NONE);
            assertEq(lens.headroom(agentId, ETH).burstLeft, 0, "left");
            vm.warp(start + 8 * length - 1);
            assertGe(8 * length - 1, uint256(BURST_WINDOW) << level, "the whole window");
            assertEq(lens.headroom(agentId, ETH).burstLeft, 0, "still");
            assertEq(uint8(atHome.preview(payment(ETH, 1)).rule), uint8(Rule.BURST), "still");
            skip(1);
            assertEq(lens.headroom(agentId, ETH).burstLeft, 2, "then");
            _assertRule(Rule.NONE);
        }
    }

    /// @notice The largest burst that can be set is counted without a slip.
    function test_burst_largest() public {
        _setTempo(255, BURST_WINDOW, 0);
        for (uint256 i; i < 255; ++i) {
            assertEq(lens.headroom(agentId, ETH).burstLeft, 255 - i, "left");
            _assertRule(Rule.NONE);
            if (i % 32 == 0) skip(87);
        }
        assertEq(lens.headroom(agentId, ETH).burstLeft, 0, "left");
        assertEq(uint8(atHome.preview(payment(ETH, 1)).rule), uint8(Rule.BURST), "burst");
        _setRisk(3);
        _setRisk(0);
        assertEq(uint8(atHome.preview(payment(ETH, 1)).rule), uint8(Rule.BURST), "burst");
        assertEq(lens.headroom(agentId, ETH).tempo.burst, 255, "burst");
        assertEq(lens.headroom(agentId, ETH).tempo.burstWindow, BURST_WINDOW, "window");
    }

    function test_tempo_basicMandatesIgnoreIt() public {
        _setTempo(1, BURST_WINDOW, COOLDOWN);
        _setTerms(1 hours, type(uint16).max, true);
        for (uint256 i; i < 4; ++i) {
            submitAdmitted(payment(ETH, 1));
            vm.prank(AGENT);
            assertEq(uint8(vault.pay(ETH, 1, PAYEE, agentId)), uint8(Rule.NONE), "direct");
        }
        assertEq(lens.headroom(agentId, ETH).burstLeft, 1, "nothing is counted");
        _setTerms(1 hours, type(uint16).max, false);
        _assertRule(Rule.NONE);
        _assertRule(Rule.COOLDOWN);
        skip(COOLDOWN);
        _assertRule(Rule.BURST);
    }

    /// @notice What was counted before a mandate became basic holds it no more, and is there when it is basic no longer.
    function test_tempo_basicMandatesIgnoreWhatWasCounted() public {
        _setTempo(1, BURST_WINDOW, COOLDOWN);
        _assertRule(Rule.NONE);
        _setTerms(1 hours, type(uint16).max, true);
        _assertRule(Rule.NONE);
        skip(COOLDOWN);
        _assertRule(Rule.NONE);
        _setTerms(1 hours, type(uint16).max, false);
        _assertRule(Rule.BURST);
    }

    // ------------------------------------------------------------------ risk levels (L2)

    function test_risk_scalesEveryWindowAndNoLimit() public {
        _setTempo(5, BURST_WINDOW, COOLDOWN);
        Headroom memory before = lens.headroom(agentId, ETH);
        for (uint8 i; i < 8; ++i) {
            uint8 level = uint8(uint256(0x31203210) >> (4 * i)) & 3;
            _setRisk(level);
            Headroom memory h = lens.headroom(agentId, ETH);
            assertEq(h.riskLevel, level, "level");
            assertEq(abi.encode(h.limit), abi.encode(before.limit), "limit as set");
            assertEq(abi.encode(h.terms), abi.encode(before.terms), "terms as set");
            assertEq(abi.encode(h.tempo), abi.encode(before.tempo), "tempo as set");
        }
        _setRisk(2);
        vm.warp((time() / 4_233_600 + 1) * 4_233_600);
        _consume(1 ether);
        assertGe(lens.headroom(agentId, ETH).moreAt, time() + 4 * uint256(WINDOW), "four times as long");
        assertLe(lens.headroom(agentId, ETH).moreAt, time() + 4 * uint256(WINDOW) * 8 / 7 + 60, "and not much longer");
    }

    /// @notice No sequence of spends, waits and risk levels brings any window of the length that was set above its cap; and no
    ///         change of the risk level makes less count than before.
    function testFuzz_L2_risk_noWindowAboveItsCap(uint256 seed) public {
        uint24 window = uint24(1 + seed % 3000);
        uint24 frequencyWindow = uint24(1 + (seed >> 16) % 3000);
        uint24 burstWindow = uint24(1 + (seed >> 32) % 3000);
        uint16 most = uint16(2 + (seed >> 48) % 6);
        uint8 burst = uint8(2 + (seed >> 56) % 6);
        uint256 cap = 1 + (seed >> 64) % 1000;
        vm.prank(address(timelock));
        policy.setLimit(agentId, ETH, PolicyEngine.Limit(uint104(cap), uint104(cap), window));
        _setTerms(frequencyWindow, most, false);
        _setTempo(burst, burstWindow, 0);
        for (uint256 i; i < 28; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            skip((seed >> 8) % (1 + ((seed >> 40) % 4) * 700));
            if (seed % 3 == 0) {
                Headroom memory before = lens.headroom(agentId, ETH);
                _setRisk(uint8((seed >> 80) % 4));
                Headroom memory h = lens.headroom(agentId, ETH);
                assertGe(h.used, before.used, "spending was forgotten");
                assertLe(h.transactionsLeft, before.transactionsLeft, "transactions were forgotten");
                assertLe(h.burstLeft, before.burstLeft, "a burst was forgotten");
            }
            uint256 asked = 1 + (seed >> 96) % cap;
            if (atHome.preview(payment(ETH, asked)).rule != Rule.NONE) continue;
            assertEq(uint8(_consume(asked).rule), uint8(Rule.NONE), "as previewed");
            _times.push(time());
            _amounts.push(asked);
            assertLe(_spent(window), cap, "spent in a window");
            assertLe(_count(frequencyWindow), most, "transactions in a window");
            assertLe(_count(burstWindow), burst, "transactions in a burst window");
        }
    }

    /// @notice No change of tempo or risk level makes fewer transactions count, nor the time of the last one earlier.
    function testFuzz_L2_burst_neverForgottenByAnyChange(uint256 seed) public {
        _setTempo(uint8(1 + seed % 255), uint24(1 + (seed >> 8) % 4000), 0);
        for (uint256 i; i < 24; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            skip((seed >> 8) % 300);
            (,, Pace before,) = policy.words(agentId, ETH);
            (uint256 count, uint256 last) = (before.count(), before.restedAt(0) - before.cooldown());
            if (seed % 3 == 0) {
                _setTempo(uint8(1 + (seed >> 16) % 255), uint24(1 + (seed >> 24) % 4000), uint24((seed >> 48) % 100));
            } else if (seed % 3 == 1) {
                _setRisk(uint8((seed >> 80) % 4));
            } else {
                if (atHome.preview(payment(ETH, 1)).rule != Rule.NONE) continue;
                _consume(1);
                ++count;
                last = time();
            }
            (,, Pace pace,) = policy.words(agentId, ETH);
            assertEq(pace.count(), count, "transactions");
            assertEq(pace.restedAt(0) - pace.cooldown(), last, "the last one");
        }
    }

    /// @notice At a constant level the whole, longer window counts.
    function testFuzz_L2_risk_longerWindowsCount(uint256 seed, uint8 level) public {
        level = uint8(bound(level, 0, 3));
        uint24 window = uint24(1 + seed % 2000);
        vm.prank(address(timelock));
        policy.setLimit(agentId, ETH, PolicyEngine.Limit(100, 100, window));
        _setTempo(3, window, 0);
        _setRisk(level);
        for (uint256 i; i < 24; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            skip((seed >> 8) % (uint256(window) << level));
            uint256 asked = 1 + (seed >> 96) % 60;
            if (atHome.preview(payment(ETH, asked)).rule != Rule.NONE) continue;
            _consume(asked);
            _times.push(time());
            _amounts.push(asked);
            assertLe(_spent(uint256(window) << level), 100, "spent in a window");
            assertLe(_count(uint256(window) << level), 3, "transactions in a burst window");
        }
    }

    function _spent(uint256 window) private view returns (uint256 sum) {
        for (uint256 i; i < _times.length; ++i) {
            if (_times[i] + window > time()) sum += _amounts[i];
        }
    }

    function _count(uint256 window) private view returns (uint256 count) {
        for (uint256 i; i < _times.length; ++i) {
            if (_times[i] + window > time()) ++count;
        }
    }

    // ------------------------------------------------------------------ direction (L5)

    function test_L5_tempo_eachFieldLoosenedIsGovernances() public {
        _setTempo(5, BURST_WINDOW, COOLDOWN);
        PolicyEngine.Tempo[5] memory looser = [
            PolicyEngine.Tempo(6, BURST_WINDOW, COOLDOWN),
            PolicyEngine.Tempo(0, BURST_WINDOW, COOLDOWN), // no such rule
            PolicyEngine.Tempo(5, BURST_WINDOW - 1, COOLDOWN),
            PolicyEngine.Tempo(5, BURST_WINDOW, COOLDOWN - 1),
            PolicyEngine.Tempo(4, BURST_WINDOW + 1, 0)
        ];
        address[4] memory by = [OWNER, AGENT, WATCHDOG, THIEF];
        for (uint256 i; i < looser.length; ++i) {
            for (uint256 j; j < by.length; ++j) {
                vm.prank(by[j]);
                vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, by[j]));
                policy.setTempo(agentId, looser[i]);
            }
        }
        for (uint256 j; j < 3; ++j) {
            PolicyEngine.Tempo memory t = PolicyEngine.Tempo(uint8(4 - j), BURST_WINDOW + 1, COOLDOWN + 1);
            vm.prank(THIEF);
            vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, THIEF));
            policy.setTempo(agentId, t);
            vm.prank(by[j]);
            vm.expectEmit(address(policy));
            emit PolicyEngine.TempoSet(agentId, t, by[j]);
            policy.setTempo(agentId, t);
        }
    }

    function test_setTempo_revert() public {
        uint256 max = policy.MAX_WINDOW();
        vm.startPrank(address(timelock));
        vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyWindow.selector, uint256(0), max));
        policy.setTempo(agentId, PolicyEngine.Tempo(1, 0, 0));
        vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyWindow.selector, max + 1, max));
        policy.setTempo(agentId, PolicyEngine.Tempo(0, uint24(max + 1), 0));
        vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyAgentUnknown.selector, uint256(0)));
        policy.setTempo(0, PolicyEngine.Tempo(1, 1, 0));
        policy.setTempo(agentId, PolicyEngine.Tempo(255, uint24(max), type(uint24).max));
        registry.setRiskLevel(agentId, 3);
        vm.stopPrank();
        Headroom memory h = lens.headroom(agentId, ETH);
        assertEq(h.tempo.burstWindow, max, "the longest, at the highest level");
        assertEq(h.tempo.cooldown, type(uint24).max, "cooldown");
        assertEq(h.tempo.burst, 255, "burst");
        _assertRule(Rule.NONE);
        assertEq(_assertRule(Rule.COOLDOWN).availableAt, time() + (uint256(type(uint24).max) << 3), "available");
    }

    /// @dev What the tests say is tighter: each field for itself, in their own words.
    function _tighter(PolicyEngine.Tempo memory n, PolicyEngine.Tempo memory o) private pure returns (bool) {
        if (n.cooldown < o.cooldown) return false;
        if (o.burst == 0) return true;
        if (n.burst == 0 || n.burst > o.burst) return false;
        return !(n.burstWindow < o.burstWindow);
    }

    function _tighter(PolicyEngine.Terms memory n, PolicyEngine.Terms memory o) private pure returns (bool) {
        if (n.expiry > o.expiry || n.maxTransactions > o.maxTransactions || n.maxAuditLag > o.maxAuditLag) {
            return false;
        }
        if (n.frequencyWindow < o.frequencyWindow) return false;
        if (n.basic && !o.basic) return false; // asks for less
        return !(n.open && !o.open);
    }

    function _tighter(PolicyEngine.Limit memory n, PolicyEngine.Limit memory o) private pure returns (bool) {
        return !(n.perTransaction > o.perTransaction || n.cap > o.cap || n.window < o.window);
    }

    function _near(uint256 seed, uint256 old, uint256 min, uint256 max) private pure returns (uint256) {
        uint256 way = seed % 5;
        if (way < 2) return old;
        if (way == 2) return old > min ? old - 1 : old;
        if (way == 3) return old < max ? old + 1 : old;
        return min + (seed >> 8) % (max - min + 1);
    }

    function _tempoNear(uint256 seed, PolicyEngine.Tempo memory o) private pure returns (PolicyEngine.Tempo memory) {
        return PolicyEngine.Tempo(
            uint8(_near(seed, o.burst, 0, 255)),
            uint24(_near(seed >> 40, o.burstWindow, 1, (1 << 22) - 1)),
            uint24(_near(seed >> 80, o.cooldown, 0, type(uint24).max))
        );
    }

    function _termsNear(uint256 seed, PolicyEngine.Terms memory o) private view returns (PolicyEngine.Terms memory) {
        return PolicyEngine.Terms(
            uint32(_near(seed, o.expiry, time() - 3, time() + 3)),
            uint24(_near(seed >> 40, o.frequencyWindow, 1, (1 << 22) - 1)),
            uint16(_near(seed >> 80, o.maxTransactions, 0, 5)),
            uint16(_near(seed >> 120, o.maxAuditLag, 0, 5)),
            (seed >> 160) % 2 == 0,
            (seed >> 161) % 2 == 0
        );
    }

    function _limitNear(uint256 seed, PolicyEngine.Limit memory o) private pure returns (PolicyEngine.Limit memory) {
        return PolicyEngine.Limit(
            uint104(BudgetWord.exactPerTransaction(_near(seed, o.perTransaction, 0, 10_000))),
            uint104(BudgetWord.exactCap(_near(seed >> 40, o.cap, 0, 20_000))),
            uint24(_near(seed >> 80, o.window, 1, (1 << 22) - 1))
        );
    }

    function _by(uint256 seed) private view returns (address) {
        return [OWNER, AGENT, WATCHDOG][seed % 3];
    }

    /// @dev A change by a tightener is made if and only if `tighter`; else it is the authority's.
    function _change(address by, bytes memory call, bool tighter) private {
        vm.prank(by);
        (bool made, bytes memory answer) = address(policy).call(call);
        assertTrue(made == tighter, tighter ? "tightening was refused" : "loosening went through");
        if (!made) {
            assertEq(
                answer, abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, by), "another reason"
            );
        }
    }

    function _past(uint256 seed) private {
        _setRisk(uint8(seed % 4));
        for (uint256 i; i < 4; ++i) {
            skip((seed >> (8 * i)) % 200);
            _consume(1 + (seed >> (16 * i)) % 3000);
        }
        if (policy.frozen(agentId)) thaw();
    }

    /// @dev What is admitted now, one bit per request: amounts, recipients, what the other rules say, and the direct path.
    function _admitted(uint256 seed) private returns (uint256 bits) {
        for (uint256 i; i < 12; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            Intent memory intent = payment(ETH, (seed >> 8) % (seed % 2 == 0 ? 10 : 12_000));
            if (seed >> 255 == 1) intent.to = THIEF;
            Finding memory f = plain(intent);
            if ((seed >> 250) % 4 == 0) f.rule = Rule.RULE_BOOK;
            bits = bits << 1 | (policy.preview(intent, f).rule == Rule.NONE ? 1 : 0);
            (, bytes memory answer) = address(this).call(abi.encodeCall(this.tryPay, (intent.amount, intent.to)));
            bits = bits << 1 | (keccak256(answer) == keccak256(abi.encodeWithSelector(Paid.selector)) ? 1 : 0);
        }
    }

    error Paid();

    /// @dev Without effects.
    function tryPay(uint256 amount, address to) external {
        vm.prank(AGENT);
        if (vault.pay(ETH, amount, to, agentId) == Rule.NONE) revert Paid();
        revert();
    }

    /// @notice What a tightener may do, it may do at any moment, and whatever the new mandate then admits the old one did.
    function testFuzz_L5_eachField_noRequestProceedsMoreEasily(uint256 seed, uint256 past, uint256 probe) public {
        PolicyEngine.Terms memory t = _termsNear(seed, terms());
        t.expiry = uint32(time() + 10_000);
        PolicyEngine.Limit memory l = _limitNear(seed >> 1, PolicyEngine.Limit(3000, 9000, 5000));
        PolicyEngine.Tempo memory p = _tempoNear(seed >> 2, PolicyEngine.Tempo(3, 700, 60));
        vm.startPrank(address(timelock));
        policy.setTerms(agentId, t);
        policy.setLimit(agentId, ETH, l);
        policy.setTempo(agentId, p);
        vm.stopPrank();
        _past(past);
        uint256 before = _admitted(probe);
        seed = uint256(keccak256(abi.encode(seed)));
        address by = _by(seed);
        if (past % 3 == 0) {
            PolicyEngine.Terms memory n = _termsNear(seed, t);
            _change(by, abi.encodeCall(policy.setTerms, (agentId, n)), _tighter(n, t));
        } else if (past % 3 == 1) {
            PolicyEngine.Limit memory n = _limitNear(seed, l);
            _change(by, abi.encodeCall(policy.setLimit, (agentId, ETH, n)), _tighter(n, l));
        } else {
            PolicyEngine.Tempo memory n = _tempoNear(seed, p);
            _change(by, abi.encodeCall(policy.setTempo, (agentId, n)), _tighter(n, p));
        }
        assertEq(_admitted(probe) & ~before, 0, "the new mandate admits what the old one did not");
    }

    /// @notice However many steps tighteners take, in whatever order and at whatever risk level, where they arrive is tighter
    ///         than where they began.
    function testFuzz_L5_noWayAroundInManySteps(uint256 seed) public {
        Headroom memory a = lens.headroom(agentId, ETH);
        vm.startPrank(address(timelock));
        a.tempo = _tempoNear(seed, PolicyEngine.Tempo(uint8(seed % 3), 700, 60));
        a.limit = _limitNear(seed >> 1, PolicyEngine.Limit(3000, 9000, 5000));
        a.terms = _termsNear(seed >> 2, terms());
        policy.setTempo(agentId, a.tempo);
        policy.setLimit(agentId, ETH, a.limit);
        policy.setTerms(agentId, a.terms);
        vm.stopPrank();
        Headroom memory h = lens.headroom(agentId, ETH);
        for (uint256 i; i < 8; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            address by = _by(seed);
            PolicyEngine.Tempo memory p = _tempoNear(seed, h.tempo);
            _change(by, abi.encodeCall(policy.setTempo, (agentId, p)), _tighter(p, h.tempo));
            PolicyEngine.Limit memory l = _limitNear(seed >> 1, h.limit);
            _change(by, abi.encodeCall(policy.setLimit, (agentId, ETH, l)), _tighter(l, h.limit));
            PolicyEngine.Terms memory t = _termsNear(seed >> 2, h.terms);
            _change(by, abi.encodeCall(policy.setTerms, (agentId, t)), _tighter(t, h.terms));
            h = lens.headroom(agentId, ETH);
            uint8 level = h.riskLevel;
            vm.prank(by);
            (bool raised,) =
                address(registry).call(abi.encodeCall(registry.setRiskLevel, (agentId, uint8((seed >> 200) % 4))));
            h = lens.headroom(agentId, ETH);
            assertTrue(raised == ((seed >> 200) % 4 >= level), "risk level");
            assertTrue(_tighter(h.tempo, a.tempo), "tempo");
            assertTrue(_tighter(h.limit, a.limit), "limit");
            assertTrue(_tighter(h.terms, a.terms), "terms");
        }
    }
}
