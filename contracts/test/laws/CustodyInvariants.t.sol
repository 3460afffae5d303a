// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "../lib/Test.sol";
import {CustodyActors, CustodyClaim} from "./CustodyActors.sol";

/// @notice The laws of custody: a vault, a Safe and an ERC-7579 account, bad tokens, hostile contracts, keys that change hands (see
///         {CustodyActors}).
contract CustodyInvariantsTest is Test {
    CustodyActors private _actors;

    function setUp() public {
        _actors = new CustodyActors();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_actors);
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](25);
        // What moves the story on comes more than once: a sequence should get somewhere.
        for (uint256 i; i < 4; ++i) {
            selectors[i] = CustodyActors.agentPays.selector;
            selectors[4 + i] = CustodyActors.agentCalls.selector;
            selectors[8 + i] = CustodyActors.agentCalls.selector;
        }
        selectors[12] = CustodyActors.spenderTakes.selector;
        selectors[13] = CustodyActors.spenderTakes.selector;
        selectors[14] = CustodyActors.revokeSome.selector;
        selectors[15] = CustodyActors.tokenChangesItsMind.selector;
        selectors[16] = CustodyActors.installOrRemove.selector;
        selectors[17] = CustodyActors.permitSome.selector;
        selectors[18] = CustodyActors.transferAgent.selector;
        selectors[19] = CustodyActors.proveKey.selector;
        selectors[20] = CustodyActors.forfeit.selector;
        selectors[21] = CustodyActors.govern.selector;
        selectors[22] = CustodyActors.govern.selector;
        selectors[23] = CustodyActors.thiefPays.selector;
        selectors[24] = CustodyActors.passTime.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_actors), selectors);
    }

    /// @notice Whatever tokens and contracts do, of the declared asset leaves what was declared, of no other anything.
    function invariant_L1_whatLeavesIsWhatWasDeclared() public view {
        _holds(CustodyClaim.OUTFLOW);
    }

    /// @notice Nobody may take more than agents were debited for, and a call leaves no allowance behind.
    function invariant_L1_allowancesAreDebited() public {
        _actors.checkAllowances();
        _holds(CustodyClaim.ALLOWANCE);
    }

    function invariant_L1_nothingStaysOnTheWay() public {
        _actors.checkEmpty();
        _holds(CustodyClaim.EMPTY);
    }

    /// @notice Payments, calls and approvals together: no window above the cap.
    function invariant_L2_approvalsAndCallsCountAsSpending() public {
        _actors.checkSpent();
        _holds(CustodyClaim.WINDOW);
    }

    /// @notice A nonce is used by what has an answer, not by what reverted; a key's proof is used once.
    function invariant_L3_noncesAndProofsAreUsedOnce() public view {
        _holds(CustodyClaim.NONCE);
    }

    /// @notice What reverts is not counted and freezes nobody; what is refused moves nothing.
    function invariant_L4_allOrNothing() public {
        _actors.checkStanding();
        _holds(CustodyClaim.ALL_OR_NOTHING);
    }

    function invariant_L5_revokedIsForGood() public {
        _actors.checkStanding();
        _holds(CustodyClaim.REVOKED);
    }

    function invariant_L6_everyAnswerIsOneRecord() public {
        _actors.checkStanding();
        _holds(CustodyClaim.RECORD);
    }

    /// @notice The key is cleared when the agent changes hands, and neither it nor a stranger's does anything.
    function invariant_L7_theKeyGoesWithTheToken() public {
        _actors.checkStanding();
        _holds(CustodyClaim.KEY);
    }

    /// @notice At any moment the owners could stop the account and take everything out.
    function invariant_L7_ownersStopAndWithdrawAlways() public {
        _actors.checkOwners();
        _holds(CustodyClaim.OWNERS);
    }

    function invariant_L11_noCallWithoutPermission() public view {
        _holds(CustodyClaim.PERMITTED);
    }

    /// @notice A long walk of fixed steps: everything the claims speak of really happens in these sequences.
    function test_walk_visitsEverything() public {
        bytes4[] memory selectors = targetSelectors()[0].selectors;
        uint256 seed = 1;
        for (uint256 i; i < 2500; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 argument = uint256(keccak256(abi.encode(seed, i)));
            (bool ok,) = address(_actors).call(abi.encodeWithSelector(selectors[seed % selectors.length], argument));
            assertTrue(ok, "an actor failed");
            if (i % 20 == 19) _checkAll();
        }
        string[14] memory all = [
            "paid",
            "payment reverted",
            "refused",
            "pulled",
            "sent with a call",
            "approved",
            "call reverted",
            "taken",
            "taken back",
            "installed or removed",
            "changed hands",
            "key proved",
            "old proof refused",
            "lost key refused"
        ];
        for (uint256 i; i < all.length; ++i) {
            assertGe(_actors.times(all[i]), 5, all[i]);
        }
        assertGe(_actors.times("revoked"), 1, "revoked");
        assertGe(_actors.times("key of a revoked one refused"), 1, "key of a revoked one refused");
    }

    function _checkAll() private {
        _actors.checkAllowances();
        _actors.checkEmpty();
        _actors.checkSpent();
        _actors.checkStanding();
        _actors.checkOwners();
        for (uint256 i; i <= uint256(type(CustodyClaim).max); ++i) {
            _holds(CustodyClaim(i));
        }
    }

    function _holds(CustodyClaim claim) private view {
        assertEq(_actors.breach(claim), "", "law broken");
    }
}
