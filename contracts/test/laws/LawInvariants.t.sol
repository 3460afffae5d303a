// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "../lib/Test.sol";
import {Actors, Claim} from "./Actors.sol";

/// @notice The laws under random sequences of everything that anybody can do (see {Actors}).
contract LawInvariantsTest is Test {
    Actors private _actors;

    function setUp() public {
        _actors = new Actors();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_actors);
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](27);
        // What moves the story on comes more than once: a sequence should get somewhere.
        selectors[0] = Actors.agentPays.selector;
        selectors[1] = Actors.agentPays.selector;
        selectors[2] = Actors.agentPays.selector;
        selectors[3] = Actors.relayersDeliver.selector;
        selectors[4] = Actors.relayersDeliver.selector;
        selectors[5] = Actors.passTime.selector;
        selectors[6] = Actors.passTime.selector;
        selectors[7] = Actors.executeSome.selector;
        selectors[8] = Actors.executeSome.selector;
        selectors[9] = Actors.govern.selector;
        selectors[10] = Actors.thiefSubmits.selector;
        selectors[11] = Actors.replay.selector;
        selectors[12] = Actors.minorityForges.selector;
        selectors[13] = Actors.quorumForges.selector;
        selectors[14] = Actors.finishSome.selector;
        selectors[15] = Actors.cancelSome.selector;
        selectors[16] = Actors.disputeSome.selector;
        selectors[17] = Actors.upholdSome.selector;
        selectors[18] = Actors.meddle.selector;
        selectors[19] = Actors.publishSome.selector;
        selectors[20] = Actors.decideAndActLater.selector;
        selectors[21] = Actors.agentPaysDirectly.selector;
        selectors[22] = Actors.agentPaysDirectly.selector;
        selectors[23] = Actors.strangerPaysDirectly.selector;
        selectors[24] = Actors.meddle.selector;
        selectors[25] = Actors.meddle.selector;
        selectors[26] = Actors.guardianStops.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_actors), selectors);
    }

    /// @notice Value leaves a vault only for what the agent signed and the policy admitted, to the last unit.
    function invariant_L1_outflowIsWhatSignedIntentsDeclared() public {
        _actors.checkBooks();
        _holds(Claim.OUTFLOW);
    }

    /// @notice Nothing is paid, here or elsewhere, to anybody who was not on that chain's list when it was admitted.
    function invariant_L1_onlyListedRecipientsArePaid() public view {
        _holds(Claim.LISTED);
    }

    /// @notice In every window that ends in an admission, all chains together, no more than the cap was admitted.
    function invariant_L2_noWindowAboveTheCap() public view {
        _holds(Claim.WINDOW);
    }

    /// @notice What counts as used is never less than what was spent, and nothing is denied for longer than a seventh of the window too
    ///         long.
    function invariant_L2_whatCountsIsWhatWasSpentRoundedUp() public {
        _actors.checkUsage();
        _holds(Claim.USAGE);
    }

    function invariant_L3_executedAtMostOnceOnTheRightChainInTime() public view {
        _holds(Claim.ONCE);
    }

    function invariant_L3_noncesAreUsedOnce() public view {
        _holds(Claim.NONCE);
    }

    function invariant_L4_breachesFreezeAndNothingElseDoes() public {
        _actors.checkStops();
        _holds(Claim.TRIP);
    }

    /// @notice Frozen, or stopped for everything, the chain or the asset: nothing is spent.
    function invariant_L4_nothingLeavesThroughATrippedBreaker() public view {
        _holds(Claim.BREAKER);
    }

    /// @notice Every setting is as tight as governance left it last, or tighter, whoever did what since.
    function invariant_L5_nothingLooserWithoutGovernance() public {
        _actors.checkDirection();
        _holds(Claim.DIRECTION);
    }

    function invariant_L5_noDecisionUndoesALaterStop() public {
        _actors.checkSuspensions();
        _holds(Claim.LATER_STOP);
    }

    function invariant_L6_everyActionIsOneRecord() public {
        _actors.checkHeads();
        _holds(Claim.RECORD);
    }

    function invariant_L6_nothingIsSpentBeyondTheAuditLag() public view {
        _holds(Claim.LAG);
    }

    /// @notice A lying quorum delivers what it likes: with one honest watchdog none of it executes, and what is honest waits.
    function invariant_L7_noForgeryExecutes() public view {
        _holds(Claim.FORGERY);
    }

    /// @notice Agent, owner, guardian, publisher, relayers (even all of them): with one honest watchdog nothing leaves
    ///         beyond the mandate.
    function invariant_L7_noKeysButGovernancesMoveMore() public {
        _actors.checkBooks();
        _holds(Claim.KEYS);
    }

    /// @notice The agent can spend what the lens says is left, and not a unit more.
    function invariant_L12_whatIsLeftCanBeSpent() public {
        _actors.checkLeft();
        _holds(Claim.LEFT);
    }

    /// @notice A long walk of fixed steps: everything the laws speak of really happens in these sequences.
    function test_walk_visitsEverything() public {
        bytes4[] memory selectors = targetSelectors()[0].selectors;
        uint256 seed = 1;
        for (uint256 i; i < 2500; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            (bool ok,) = address(_actors)
                .call(
                    abi.encodeWithSelector(selectors[seed % selectors.length], uint256(keccak256(abi.encode(seed, i))))
                );
            assertTrue(ok, "an actor failed");
            if (i % 50 == 0) _checkAll();
        }
        _checkAll();
        for (uint256 i; i <= uint256(type(Claim).max); ++i) {
            _holds(Claim(i));
        }
        string[12] memory all = [
            "executed at home",
            "executed remotely",
            "denied",
            "disputed",
            "forged",
            "forgery stopped",
            "meddled",
            "acted late",
            "paid directly",
            "refused directly",
            "restarted",
            "too much unpublished"
        ];
        for (uint256 i; i < all.length; ++i) {
            assertGe(_actors.times(all[i]), 5, all[i]);
        }
    }

    function _checkAll() private {
        _actors.checkBooks();
        _actors.checkUsage();
        _actors.checkStops();
        _actors.checkDirection();
        _actors.checkSuspensions();
        _actors.checkHeads();
        _actors.checkLeft();
    }

    function _holds(Claim claim) private view {
        assertEq(_actors.breach(claim), "", "law broken");
    }
}
