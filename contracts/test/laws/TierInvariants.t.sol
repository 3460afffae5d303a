// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "../lib/Test.sol";
import {TierActors, TierClaim} from "./TierActors.sol";

/// @notice The laws where payments wait, for a delay or for approvals, among broken oracles and rules (see {TierActors}).
contract TierInvariantsTest is Test {
    TierActors private _actors;

    function setUp() public {
        _actors = new TierActors();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_actors);
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](28);
        // What moves the story on comes more than once: a sequence should get somewhere.
        for (uint256 i; i < 6; ++i) {
            selectors[i] = TierActors.agentAsks.selector;
        }
        for (uint256 i = 6; i < 9; ++i) {
            selectors[i] = TierActors.proceedSome.selector;
            selectors[i + 3] = TierActors.proceedWithApprovals.selector;
            selectors[i + 6] = TierActors.passTime.selector;
        }
        selectors[15] = TierActors.oracleSays.selector;
        selectors[16] = TierActors.oracleSays.selector;
        selectors[17] = TierActors.sequencerSays.selector;
        selectors[18] = TierActors.ruleChangesItsMind.selector;
        selectors[19] = TierActors.meddle.selector;
        selectors[20] = TierActors.meddle.selector;
        selectors[21] = TierActors.govern.selector;
        selectors[22] = TierActors.cancelSome.selector;
        selectors[23] = TierActors.expireSome.selector;
        selectors[24] = TierActors.disapproveSome.selector;
        selectors[25] = TierActors.rotateKey.selector;
        selectors[26] = TierActors.govern.selector;
        selectors[27] = TierActors.publishSome.selector;
        targets = new FuzzSelector[](2);
        targets[0] = FuzzSelector(address(_actors), selectors);
        bytes4[] memory vain = new bytes4[](2);
        vain[0] = TierActors.thiefAsks.selector;
        vain[1] = TierActors.agentPaysDirectly.selector;
        targets[1] = FuzzSelector(address(_actors), vain);
    }

    /// @notice What waits stops with the key that signed it, which never comes back; no other key asks for anything.
    function invariant_L1_whatWaitsStopsWithItsKey() public view {
        _holds(TierClaim.KEY);
    }

    /// @notice What waits, or was cancelled while it did, is spent from the day it was admitted: no window above the cap.
    function invariant_L2_whatWaitsIsSpentWhenAdmitted() public {
        _actors.checkSpent();
        _holds(TierClaim.WINDOW);
    }

    function invariant_L2_noBurstAndNoHurry() public view {
        _holds(TierClaim.TEMPO);
    }

    /// @notice An approval counts for one intent, and no intent is carried out twice, nor past its deadline.
    function invariant_L3_anApprovalIsForOneExecution() public view {
        _holds(TierClaim.ONCE);
    }

    /// @notice Only a breach, or who may, freezes; not what a rule, an oracle or the time refuses, nor what waited.
    function invariant_L4_whatIsNoBreachFreezesNobody() public {
        _actors.checkStops();
        _holds(TierClaim.HARMLESS);
    }

    /// @notice Nothing before its delay at the risk level and by the thresholds of the moment, or of when it was admitted.
    function invariant_L5_nothingBeforeItsDelay() public view {
        _holds(TierClaim.DELAY);
    }

    function invariant_L5_whatWaitsIsHeldToTheMandateOfNow() public view {
        _holds(TierClaim.NOW);
    }

    /// @notice Thresholds, approvers, tempo, rules, feeds, risk level: tighter for those who may, looser by governance only.
    function invariant_L5_rulesAreLoosenedByGovernanceOnly() public {
        _actors.checkSettings();
        _holds(TierClaim.SETTINGS);
    }

    function invariant_L6_everyStepOfAnIntentIsOneRecord() public {
        _actors.checkRecords();
        _holds(TierClaim.RECORD);
    }

    /// @notice Nothing that needs approvals without k live approvers, each once, and none of them the agent.
    function invariant_L7_nothingWithoutItsApprovers() public view {
        _holds(TierClaim.APPROVERS);
    }

    /// @notice Stale, zero, negative, out of range, unfinished, failing, greedy, or the sequencer down: approvals.
    function invariant_L11_withoutAPriceApprovalsAreNeeded() public view {
        _holds(TierClaim.PRICE);
    }

    /// @notice A rule that refuses or fails, in whatever way, denies.
    function invariant_L11_nothingThatARuleDidNotAdmit() public view {
        _holds(TierClaim.BOOK);
    }

    function invariant_L12_theVerdictIsTheOneForetold() public view {
        _holds(TierClaim.PREVIEW);
    }

    /// @notice What is refused is refused for its reason, and what nothing is against goes through.
    function invariant_L12_refusalsHaveTheirReason() public view {
        _holds(TierClaim.REASON);
    }

    /// @notice A long walk of fixed steps: everything the claims speak of really happens in these sequences.
    function test_walk_visitsEverything() public {
        FuzzSelector[] memory targets = targetSelectors();
        uint256 seed = 1;
        for (uint256 i; i < 3000; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            bytes4[] memory selectors = targets[seed % 16 == 0 ? 1 : 0].selectors;
            uint256 argument = uint256(keccak256(abi.encode(seed, i)));
            (bool ok,) =
                address(_actors).call(abi.encodeWithSelector(selectors[(seed >> 8) % selectors.length], argument));
            assertTrue(ok, "an actor failed");
            if (i % 20 == 0) _checkAll();
        }
        _checkAll();
        string[19] memory all = [
            "at once",
            "after a delay",
            "approved",
            "not approved",
            "too early",
            "refused while it waited",
            "key gone",
            "the agent approved",
            "approved by a contract",
            "breached",
            "too much unpublished",
            "refused by a rule",
            "refused by the cooldown",
            "good price",
            "bad price",
            "meddled",
            "governed",
            "cancelled",
            "expired"
        ];
        for (uint256 i; i < all.length; ++i) {
            assertGe(_actors.times(all[i]), 5, all[i]);
        }
    }

    function _checkAll() private {
        _actors.checkStops();
        _actors.checkSettings();
        _actors.checkRecords();
        _actors.checkSpent();
        for (uint256 i; i <= uint256(type(TierClaim).max); ++i) {
            _holds(TierClaim(i));
        }
    }

    function _holds(TierClaim claim) private view {
        assertEq(_actors.breach(claim), "", "law broken");
    }
}
