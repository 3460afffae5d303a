// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "../lib/Test.sol";
import {TwoChainActors} from "./TwoChainActors.sol";
import {Across} from "./TwoChainBooks.sol";

/// @notice The laws over two whole chains with messages that arrive as they like (see {TwoChainActors}).
/// forge-config: default.invariant.runs = 8
contract TwoChainInvariantsTest is Test {
    TwoChainActors private _actors;

    function setUp() public {
        _actors = new TwoChainActors();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_actors);
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        // What moves the story on comes more often: a sequence should get somewhere.
        bytes4[24] memory all = [
            _actors.follow.selector,
            _actors.agentAsks.selector,
            _actors.carry.selector,
            _actors.passTime.selector,
            _actors.executeSome.selector,
            _actors.reportSome.selector,
            _actors.settleSome.selector,
            _actors.govern.selector,
            _actors.disputeSome.selector,
            _actors.proveSome.selector,
            _actors.quorumForges.selector,
            _actors.quorumLies.selector,
            _actors.guardianMeddles.selector,
            _actors.bondSome.selector,
            _actors.rotateRelayers.selector,
            _actors.minorityTries.selector,
            _actors.hastenSome.selector,
            _actors.finishSome.selector,
            _actors.upholdSome.selector,
            _actors.pauseSome.selector,
            _actors.outage.selector,
            _actors.resendSome.selector,
            _actors.withdrawSome.selector,
            _actors.agentCancels.selector
        ];
        uint8[16] memory often = [10, 3, 4, 3, 3, 2, 2, 3, 2, 2, 2, 2, 4, 2, 3, 2];
        bytes4[] memory s = new bytes4[](57);
        uint256 count;
        for (uint256 i; i < all.length; ++i) {
            for (uint256 j; j < (i < often.length ? often[i] : 1); ++j) {
                s[count++] = all[i];
            }
        }
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_actors), s);
    }

    /// @notice Each chain's vault paid what executed there, to the last unit.
    function invariant_L1_eachVaultPaysWhatExecutedThere() public {
        _actors.checkVaults();
        _holds(Across.OUTFLOW);
    }

    function invariant_L1_onlyWhatWasSignedAndAdmittedExecutes() public view {
        _holds(Across.SIGNED);
    }

    /// @notice In every window that ends in an admission no more than the cap counts, when what was given back does not.
    function invariant_L2_noWindowAboveTheCapOverBothChains() public view {
        _holds(Across.CAP);
    }

    function invariant_L2_givenBackOnceAndOnlyWhatNeverMoved() public view {
        _holds(Across.REFUND);
    }

    function invariant_L2_whatWasGivenBackNeverExecutes() public view {
        _holds(Across.AFTERLIFE);
    }

    function invariant_L3_executedAtMostOnceOverBothChains() public view {
        _holds(Across.ONCE);
    }

    function invariant_L3_eachNumberOfASourceIsDeliveredOnce() public view {
        _holds(Across.NUMBER);
    }

    function invariant_L3_anIntentMovesOnAndNeverBack() public {
        _actors.checkStates();
        _holds(Across.STATE);
    }

    function invariant_L5_nothingPassesAPause() public view {
        _holds(Across.PAUSED);
    }

    /// @notice No lane stands still for longer than one pause, however guardians follow each other.
    function invariant_L5_pausesEnd() public {
        _actors.checkPauses();
        _holds(Across.PAUSE_ENDS);
    }

    function invariant_L5_relayersAreLoosenedByGovernanceOnly() public {
        _actors.checkRelayers();
        _holds(Across.RELAYERS);
    }

    /// @notice Only more signatures, a vote or a proof make something that waits wait less.
    function invariant_L5_whatWaitsNeverWaitsLess() public {
        _actors.checkWaits();
        _holds(Across.WAIT);
    }

    function invariant_L6_everyStepIsOneRecordOfItsChain() public view {
        _holds(Across.RECORD);
    }

    /// @notice A lying quorum delivers what it likes: with one honest watchdog nothing executes that home never dispatched.
    function invariant_L7_nothingThatHomeNeverSentExecutes() public view {
        _holds(Across.FORGERY);
    }

    /// @notice The window of the amount, the signatures and the guardians, in which the sequencer was up; and a result's at home.
    function invariant_L7_nothingBeforeItsWindowIsOver() public view {
        _holds(Across.WINDOWED);
    }

    function invariant_L7_onlyAQuorumOfOneSetDelivers() public view {
        _holds(Across.QUORUM);
    }

    function invariant_L7_falseResultsNeverSettle() public view {
        _holds(Across.RESULT);
    }

    function invariant_L7_aDisputeTouchesNoOtherIntent() public view {
        _holds(Across.ALONE);
    }

    function invariant_L7_disputesEnd() public view {
        _holds(Across.DISPUTE_ENDS);
    }

    function invariant_L7_bondsConserveWei() public {
        _actors.checkBonds();
        _holds(Across.BONDS);
    }

    function invariant_L7_proofsDecideForTheTruth() public view {
        _holds(Across.PROOF);
    }

    /// @notice What a gateway brought before it was closed, proved by nobody and not sent again, moves nothing.
    function invariant_L7_whatAClosedGatewayBroughtDoesNotExecute() public view {
        _holds(Across.CLOSED);
    }

    /// @notice A long walk of fixed steps: everything the laws speak of really happens in these sequences.
    function test_walk_visitsBothChains() public {
        bytes4[] memory selectors = targetSelectors()[0].selectors;
        uint256 seed = 1;
        for (uint256 i; i < 800; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            (bool ok,) = address(_actors)
                .call(
                    abi.encodeWithSelector(selectors[seed % selectors.length], uint256(keccak256(abi.encode(seed, i))))
                );
            assertTrue(ok, "an actor failed");
            if (i % 50 == 0) _checkAll();
        }
        _checkAll();
        for (uint256 i; i <= uint256(type(Across).max); ++i) {
            _holds(Across(i));
        }
        string[25] memory all = [
            "dispatched",
            "sent again",
            "delivered",
            "batch",
            "executed there",
            "reported",
            "given back",
            "forged",
            "forgery disputed",
            "lied",
            "lie dropped",
            "disputed",
            "disputed with a bond",
            "bond credited",
            "dispute ended",
            "brought again",
            "hastened",
            "confirmed",
            "refuted",
            "upheld",
            "paused",
            "rotated",
            "meddled",
            "outage",
            "slashed"
        ];
        for (uint256 i; i < all.length; ++i) {
            assertGe(_actors.times(all[i]), 1, all[i]);
        }
    }

    function _checkAll() private {
        _actors.checkVaults();
        _actors.checkStates();
        _actors.checkBonds();
        _actors.checkWaits();
        _actors.checkRelayers();
        _actors.checkPauses();
    }

    function _holds(Across claim) private view {
        assertEq(_actors.breach(claim), "", "law broken");
    }
}
