// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentRegistry} from "../../src/AgentRegistry.sol";
import {CrossChainExecutor} from "../../src/CrossChainExecutor.sol";
import {ExecutorSettings} from "../../src/ExecutorSettings.sol";
import {HomeExecutor} from "../../src/HomeExecutor.sol";
import {Approvers} from "../../src/rules/Approvers.sol";
import {MandateRules} from "../../src/rules/MandateRules.sol";
import {Setters} from "./Powers.sol";

/// @title The executor's settings, proved for every value (scripts/prove)
contract ExecutorProof is Setters {
    uint64 private constant WINDOW = 1 hours;

    HomeExecutor private immutable _EXECUTOR = new HomeExecutor(
        address(POWERS),
        block.chainid,
        AgentRegistry(address(POWERS)),
        address(POWERS),
        MandateRules(address(POWERS)),
        Approvers(address(POWERS)),
        new address[](0),
        WINDOW,
        1 days
    );

    /// @notice Guardians lengthen the dispute window and do nothing else to it; governance sets it, knowing of each time.
    function check_L5_disputeWindow_guardiansLengthenOnly(
        uint64 longer,
        uint64 next,
        bool sets,
        uint256 expectedStops,
        address caller
    ) public {
        vm.prank(GUARDIAN);
        (bool lengthened,) = address(_EXECUTOR).call(abi.encodeCall(CrossChainExecutor.lengthenDisputeWindow, (longer)));
        assert(lengthened == (longer >= WINDOW && longer <= 3 days));
        uint64 old = lengthened ? longer : WINDOW;
        vm.prank(caller);
        (bool done,) = address(_EXECUTOR)
            .call(
                sets
                    ? abi.encodeCall(ExecutorSettings.setDisputeWindow, (next, expectedStops))
                    : abi.encodeCall(CrossChainExecutor.lengthenDisputeWindow, (next))
            );
        if (sets) {
            bool valid = next >= 5 && next <= 3 days && expectedStops == (lengthened ? 1 : 0);
            assert(done == (caller == GOVERNANCE && valid));
        } else {
            assert(done == (caller == GUARDIAN && next >= old && next <= 3 days));
        }
        assert(_EXECUTOR.disputeWindow() == (done ? next : old));
    }

    /// @notice Which accounts intents may name is governance's to say.
    function check_L5_setAccount_isGovernances(address account, bool allowed, address caller) public {
        vm.prank(caller);
        (bool done,) = address(_EXECUTOR).call(abi.encodeCall(ExecutorSettings.setAccount, (account, allowed)));
        assert(done == (caller == GOVERNANCE));
        assert(_EXECUTOR.isAccount(account) == (done && allowed));
    }
}
