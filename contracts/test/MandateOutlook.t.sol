// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Status} from "../src/AgentRegistry.sol";
import {State} from "../src/CrossChainExecutor.sol";
import {Headroom} from "../src/MandateLens.sol";
import {Intent} from "../src/Intent.sol";
import {PolicyEngine} from "../src/PolicyEngine.sol";
import {Rule, Tier, Verdict} from "../src/Verdict.sol";
import {Tiers} from "../src/rules/Tiers.sol";
import {Deployed} from "./lib/Deployed.sol";
import {FixedRule} from "./lib/HostileRules.sol";

/// @notice What a client is told is what then happens: verdicts, what is left, and when more comes (L12).
contract MandateOutlookTest is Deployed {
    FixedRule private _rule;

    function setUp() public {
        deployAll();
    }

    /// @dev Any mandate: basic or not, open or not, with tempo, tiers, a rule that may refuse, and a risk level.
    function _mandate(uint256 seed) private {
        address usd = tiers.USD();
        if (address(_rule) == address(0)) _rule = new FixedRule(true, 11, 22, uint64(time() + 33));
        PolicyEngine.Terms memory t = PolicyEngine.Terms(
            uint32(time() + ((seed >> 36) % 16 == 0 ? 0 : 1 days + (seed >> 5) % 10 days)),
            uint24(1 + (seed >> 10) % 5000),
            uint16((seed >> 40) % 12),
            uint16(3 + (seed >> 50) % 40),
            seed % 4 == 0,
            (seed >> 2) % 4 == 0
        );
        Tiers.Thresholds memory inEther = Tiers.Thresholds(
            uint112((seed >> 60) % 600), uint112((seed >> 70) % 1200), uint32((seed >> 80) % 900), uint112(1200)
        );
        vm.startPrank(address(timelock));
        policy.setTerms(agentId, t);
        policy.setLimit(
            agentId, ETH, PolicyEngine.Limit(uint104((seed >> 90) % 1500), 4000, uint24(1 + (seed >> 100) % 20_000))
        );
        policy.setTempo(
            agentId,
            PolicyEngine.Tempo(uint8((seed >> 120) % 6), uint24(1 + (seed >> 130) % 4000), uint24((seed >> 150) % 90))
        );
        tiers.setThresholds(agentId, ETH, inEther);
        // Without thresholds in dollars everything needs approvals.
        uint112 inDollars = (seed >> 180) % 4 > 0 ? NEVER : 0;
        tiers.setThresholds(agentId, usd, Tiers.Thresholds(inDollars, inDollars, 0, inDollars));
        if ((seed >> 190) % 2 == 0 && book.rules(agentId).length == 0) book.addRule(agentId, address(_rule));
        registry.setRiskLevel(agentId, uint8((seed >> 200) % 4));
        vm.stopPrank();
    }

    function _any(uint256 seed) private returns (Intent memory intent) {
        intent = payment(seed % 16 == 0 ? DELEGATE : ETH, (seed >> 8) % ((seed >> 4) % 4 == 0 ? 4500 : 900));
        intent.deadline = uint64(time() + 29 days);
        if ((seed >> 60) % 16 == 0) intent.amount = 0;
        if ((seed >> 40) % 4 == 0) intent.chainId = REMOTE;
        if ((seed >> 44) % 12 == 0) intent.chainId = 5;
        if ((seed >> 48) % 6 == 0) intent.to = THIEF;
        if ((seed >> 52) % 16 == 0) intent.to = address(0);
        if ((seed >> 56) % 12 == 0) intent.data = hex"12345678";
    }

    function _meanwhile(uint256 seed) private {
        skip((seed >> 8) % 2000 * ((seed >> 40) % 3));
        _rule.set((seed >> 60) % 4 > 0);
        if (policy.frozen(agentId) && (seed >> 80) % 4 > 0) thaw();
        (, uint256 count, uint256 published) = auditLog.chain(agentId);
        if ((seed >> 100) % 4 == 0 && count > published) {
            vm.prank(PUBLISHER);
            auditLog.publish(agentId, published, count, bytes32(0), bytes32(0));
        }
        if (seed % 6 == 0) {
            vm.prank(address(timelock));
            registry.setRiskLevel(agentId, uint8((seed >> 90) % 4));
        }
        if (seed % 9 == 0) {
            vm.prank(OWNER);
            registry.suspend(agentId);
        } else if (lens.headroom(agentId, ETH).status != Status.ACTIVE) {
            activate(agentId);
        }
    }

    /// @notice The verdict that is predicted is the verdict that is given, word by word, and the intent proceeds as it says.
    function testFuzz_L12_preview_isWhatSubmitDoes(uint256 seed) public {
        _mandate(seed);
        for (uint256 i; i < 6; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            _meanwhile(seed);
            _assertAsPreviewed(_any(uint256(keccak256(abi.encode(seed, "intent")))));
        }
    }

    /// @notice The property above is about every rule and every tier: each of them decides here.
    function test_L12_preview_meetsEveryRuleAndTier() public {
        uint256 met;
        for (uint256 i; i < 600; ++i) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            if (i % 6 == 0) _mandate(seed);
            _meanwhile(uint256(keccak256(abi.encode(seed, "meanwhile"))));
            Verdict memory v = _assertAsPreviewed(_any(uint256(keccak256(abi.encode(seed, "intent")))));
            met |= v.rule == Rule.NONE ? 1 << (32 + uint8(v.tier)) : 1 << uint8(v.rule);
        }
        for (uint8 rule = 1; rule <= uint8(type(Rule).max); ++rule) {
            bool breaker = rule >= uint8(Rule.GLOBAL_BREAKER) && rule <= uint8(Rule.ASSET_BREAKER);
            if (breaker || rule == uint8(Rule.INTENT_NEEDED)) continue; // nobody trips those here, or asks directly
            assertTrue(met >> rule & 1 == 1, string.concat("never met: rule ", vm.toString(rule)));
        }
        assertEq(met >> 32, 15, "each tier");
    }

    function _assertAsPreviewed(Intent memory intent) private returns (Verdict memory v) {
        Verdict memory expected;
        Headroom memory h;
        bytes32 id;
        (expected, h) = lens.outlook(intent);
        assertEq(abi.encode(h), abi.encode(lens.headroom(agentId, intent.asset)), "the outlook is the headroom's");
        (id, v) = submit(intent);
        assertEq(abi.encode(v), abi.encode(expected), "verdict");
        assertTrue(policy.frozen(agentId) == (h.frozen || v.tripped), "breaker");
        assertState(id, _expected(intent, v));
        Headroom memory then = lens.headroom(agentId, intent.asset);
        if (v.rule == Rule.NONE) {
            assertEq(
                then.left,
                _min(h.left == h.limit.perTransaction ? then.left : h.left - intent.amount, then.limit.perTransaction),
                "left"
            );
            assertEq(then.transactionsLeft, h.transactionsLeft - 1, "transactions");
            assertEq(v.eta >= time() ? 1 : 0, 1, "eta");
        } else {
            assertEq(then.used, h.used, "a denial was counted");
            assertEq(then.transactionsLeft, h.transactionsLeft, "a denial was counted");
            assertEq(then.burstLeft, h.burstLeft, "a denial was counted");
            assertEq(v.eta, 0, "eta of a denial");
        }
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    function _expected(Intent memory intent, Verdict memory v) private view returns (State) {
        if (v.rule != Rule.NONE) return State.DENIED;
        if (v.tier == Tier.APPROVAL || v.eta > time()) return State.ADMITTED;
        return intent.chainId == HOME ? State.EXECUTED : State.DISPATCHED;
    }

    /// @notice When a refusal names a second, the request is refused for that rule until just before it, and not then.
    function testFuzz_L12_availableAt_isTheFirstSecond(uint256 seed) public {
        _mandate(seed);
        for (uint256 i; i < 10; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            skip((seed >> 8) % 300);
            if (policy.frozen(agentId)) thaw();
            Intent memory intent = payment(ETH, 1 + (seed >> 40) % 900);
            intent.deadline = uint64(time() + 29 days);
            Verdict memory v = atHome.preview(intent);
            uint256 now_ = time();
            if (v.availableAt > 0 && v.rule != Rule.RULE_BOOK) {
                assertTrue(
                    v.rule == Rule.WINDOW || v.rule == Rule.FREQUENCY || v.rule == Rule.COOLDOWN, "a rule with a time"
                );
                if (v.availableAt - 1 <= lens.headroom(agentId, ETH).terms.expiry) {
                    vm.warp(v.availableAt - 1);
                    assertEq(uint8(atHome.preview(intent).rule), uint8(v.rule), "a second early");
                }
                vm.warp(v.availableAt);
                assertTrue(atHome.preview(intent).rule != v.rule, "then");
                vm.warp(now_);
            }
            submit(intent);
        }
    }

    // ------------------------------------------------------------------ headroom

    /// @notice Exactly what is left is admitted by the caps, one more is not; and what is used gets less at `moreAt`, not before.
    function testFuzz_L12_headroom_leftAndMoreAt(uint256 seed) public {
        _mandate(seed);
        PolicyEngine.Terms memory t = lens.headroom(agentId, ETH).terms;
        (t.open, t.maxTransactions, t.expiry) = (true, 1000, type(uint32).max);
        vm.prank(address(timelock));
        policy.setTerms(agentId, t);
        for (uint256 i; i < 8; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            skip((seed >> 8) % 2000);
            if (policy.frozen(agentId)) thaw();
            Headroom memory h = lens.headroom(agentId, ETH);
            Rule rule = atHome.preview(payment(ETH, h.left)).rule;
            if (h.left > 0) assertTrue(rule != Rule.WINDOW && rule != Rule.PER_TRANSACTION, "left");
            rule = atHome.preview(payment(ETH, h.left + 1)).rule;
            assertTrue(rule == Rule.WINDOW || rule == Rule.PER_TRANSACTION, "one more");
            assertTrue((h.used == 0) == (h.moreAt == 0), "moreAt");
            if (h.used > 0) {
                uint256 now_ = time();
                vm.warp(h.moreAt - 1);
                assertEq(lens.headroom(agentId, ETH).used, h.used, "a second early");
                vm.warp(h.moreAt);
                assertTrue(lens.headroom(agentId, ETH).used < h.used, "then");
                vm.warp(now_);
            }
            Intent memory intent = payment(ETH, 1 + (seed >> 40) % 900);
            intent.deadline = uint64(time() + 29 days);
            submit(intent);
        }
    }

    /// @notice So many transactions fit now, so many until a burst, and at the times that are told.
    function testFuzz_L12_headroom_transactionsAndBurst(uint256 seed) public {
        grade(ETH, Tiers.Thresholds(NEVER, NEVER, 0, NEVER));
        PolicyEngine.Terms memory t = lens.headroom(agentId, ETH).terms;
        (t.maxTransactions, t.frequencyWindow) = (uint16(1 + seed % 8), uint24(1 + (seed >> 8) % 3000));
        uint8 burst = uint8((seed >> 40) % 8);
        vm.startPrank(address(timelock));
        policy.setTerms(agentId, t);
        policy.setTempo(agentId, PolicyEngine.Tempo(burst, uint24(1 + (seed >> 48) % 3000), 0));
        registry.setRiskLevel(agentId, uint8((seed >> 80) % 4));
        vm.stopPrank();
        for (uint256 i; i < 5; ++i) {
            skip((seed >> (88 + 8 * i)) % 400);
            if (atHome.preview(payment(ETH, 1)).rule == Rule.NONE) submitAdmitted(payment(ETH, 1));
        }
        Headroom memory h = lens.headroom(agentId, ETH);
        uint256 fit = burst == 0 ? h.transactionsLeft : _min(h.transactionsLeft, h.burstLeft);
        for (uint256 i; i < fit; ++i) {
            submitAdmitted(payment(ETH, 1));
        }
        h = lens.headroom(agentId, ETH);
        if (h.transactionsLeft > 0) {
            assertTrue(burst > 0 && h.burstLeft == 0, "a burst is next");
            assertEq(h.transactionAt, 0, "now");
            submitDenied(payment(ETH, 1), Rule.BURST);
            return;
        }
        submitDenied(payment(ETH, 1), Rule.FREQUENCY);
        assertTrue(h.transactionAt > time(), "later");
        vm.warp(h.transactionAt - 1);
        assertEq(uint8(atHome.preview(payment(ETH, 1)).rule), uint8(Rule.FREQUENCY), "a second early");
        assertEq(lens.headroom(agentId, ETH).transactionsLeft, 0, "a second early");
        skip(1);
        assertTrue(atHome.preview(payment(ETH, 1)).rule != Rule.FREQUENCY, "then");
        assertGe(lens.headroom(agentId, ETH).transactionsLeft, 1, "then");
        assertEq(lens.headroom(agentId, ETH).transactionAt, 0, "then");
    }

    /// @notice As many records as `recordsLeft` are admitted, and no more.
    function test_L6_headroom_recordsLeft() public {
        PolicyEngine.Terms memory t = terms();
        (t.maxAuditLag, t.maxTransactions) = (3, 100);
        vm.prank(address(timelock));
        policy.setTerms(agentId, t);
        for (uint256 i; i < 4; ++i) {
            assertEq(lens.headroom(agentId, ETH).recordsLeft, 4 - i, "left");
            submitAdmitted(payment(ETH, 1));
        }
        assertEq(lens.headroom(agentId, ETH).recordsLeft, 0, "left");
        submitDenied(payment(ETH, 1), Rule.AUDIT_LAG);
    }
}
