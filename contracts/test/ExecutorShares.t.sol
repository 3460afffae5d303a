// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CallKind} from "../src/CallKind.sol";
import {State} from "../src/CrossChainExecutor.sol";
import {Intent} from "../src/Intent.sol";
import {CallRules} from "../src/rules/CallRules.sol";
import {Deployed} from "./lib/Deployed.sol";

/// @notice Remembers how much gas each call had, or burns all of it.
contract Furnace {
    uint256[] public had;
    bool private _burns;

    function burn(bool burns) external {
        _burns = burns;
    }

    fallback() external {
        had.push(gasleft());
        if (!_burns) return;
        assembly ("memory-safe") {
            invalid()
        }
    }
}

/// @notice What each intent of a batch has of its gas.
contract ExecutorSharesTest is Deployed {
    uint256 private constant KEPT = 60_000;
    uint256 private constant COUNT = 3;

    Furnace private _furnace;
    Furnace private _meter;

    function setUp() public {
        deployAll();
        (_furnace, _meter) = (new Furnace(), new Furnace());
        _furnace.burn(true);
        CallRules.Permission memory p =
            CallRules.Permission(CallKind.PULL, calls.ANY(), calls.ANY(), calls.ANY(), false);
        vm.startPrank(address(timelock));
        calls.setPermission(agentId, REMOTE, address(_furnace), "play", p);
        calls.setPermission(agentId, REMOTE, address(_meter), "play", p);
        guard.setServed(address(vault), agentId, true, 0);
        vm.stopPrank();
    }

    function _delivered(address to) private returns (Intent memory intent) {
        intent = remotePayment(address(token), 1e6);
        if (to != PAYEE) (intent.to, intent.data) = (to, "play");
        forge(intent);
    }

    function _of(address first, address second, address third) private returns (Intent[] memory list) {
        list = new Intent[](COUNT);
        (list[0], list[1], list[2]) = (_delivered(first), _delivered(second), _delivered(third));
        skip(DISPUTE_WINDOW);
    }

    /// @notice Whoever burns all that it gets, first or last, takes nobody else's and ends nobody's batch.
    function test_L7_executeMany_whoBurnsAllGasTakesNobodyElses() public {
        Intent[] memory list = _of(address(_furnace), PAYEE, address(_furnace));
        bool[] memory ok = abroad.executeMany{gas: 2_500_000}(list);
        assertTrue(!ok[0] && ok[1] && !ok[2], "the one between");
        assertEq(token.balanceOf(PAYEE), 1e6, "paid");
        assertFalse(abroad.failed(idFor(list[0])), "with less than what shows a failure");
    }

    /// @notice What comes afterwards is kept back when there is too little for all: the batch ends well, and nothing counts as tried.
    function test_L10_executeMany_tooLittleGasShowsNoFailure() public {
        address to = address(_furnace);
        Intent[] memory list = _of(to, to, to);
        bool[] memory ok = abroad.executeMany{gas: 150_000}(list);
        assertFalse(ok[0] || ok[1] || ok[2], "executed");
        for (uint256 i; i < COUNT; ++i) {
            assertState(idFor(list[i]), State.QUEUED);
            assertFalse(abroad.failed(idFor(list[i])), "failed");
        }
    }

    /// @notice Each is given an equal part of what is left, after what is kept back for what comes after each.
    function test_L7_executeMany_eachIsGivenItsShare() public {
        address to = address(_meter);
        Intent[] memory list = _of(to, to, to);
        abroad.execute(list[2]); // from now on nothing is touched for the first time
        list[2] = _delivered(to);
        Intent memory alone_ = _delivered(to);
        skip(DISPUTE_WINDOW);
        uint256 share = 1_000_000;
        abroad.execute{gas: share}(alone_);
        uint256 spent = share - _meter.had(1); // until it is called
        uint256 all = COUNT * (share + KEPT);
        abroad.executeMany{gas: all}(list);
        uint256 given = _meter.had(2) + spent;
        assertGe(given + 12_000, share, "the first one's");
        assertLe(given, share, "and never more");
    }
}
