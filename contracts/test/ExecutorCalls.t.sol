// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {Action, AuditLog} from "../src/AuditLog.sol";
import {CallKind} from "../src/CallKind.sol";
import {CrossChainExecutor, Result, State} from "../src/CrossChainExecutor.sol";
import {Intent} from "../src/Intent.sol";
import {CallRules} from "../src/rules/CallRules.sol";
import {Deployed} from "./lib/Deployed.sol";
import {Puppet} from "./lib/Puppet.sol";
import {Vm} from "./lib/Test.sol";

/// @notice Intents that call contracts, from their submission to what is told of them: what moved, not what might have.
contract ExecutorCallsTest is Deployed {
    uint256 private constant DECLARED = 100e6;

    Puppet private _puppet;

    function setUp() public {
        deployAll();
        _puppet = new Puppet();
        CallRules.Permission memory p =
            CallRules.Permission(CallKind.PULL, calls.ANY(), calls.ANY(), calls.ANY(), false);
        vm.startPrank(address(timelock));
        calls.setPermission(agentId, HOME, address(_puppet), "play", p);
        calls.setPermission(agentId, REMOTE, address(_puppet), "play", p);
        guard.setServed(address(vault), agentId, true, 0);
        vm.stopPrank();
    }

    /// @dev A call of which `moved` of the declared amount is taken.
    function _intent(uint256 chainId, uint256 moved) private returns (Intent memory intent) {
        _puppet.then(
            address(token), 0, abi.encodeCall(IERC20.transferFrom, (address(vault), address(_puppet), moved)), true
        );
        intent = payment(address(token), DECLARED);
        (intent.chainId, intent.to, intent.data) = (chainId, address(_puppet), "play");
    }

    /// @dev The last record of the agent that says that an intent was executed.
    function _assertRecorded(Intent memory intent, uint256 moved) private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        bytes32 detail = keccak256(abi.encode(intent.account, intent.asset, moved));
        uint256 told;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] == CrossChainExecutor.IntentExecuted.selector) {
                (Intent memory said, uint256 amount) = abi.decode(logs[i].data, (Intent, uint256));
                assertEq(abi.encode(said), abi.encode(intent), "intent");
                assertEq(amount, moved, "moved, in the event");
                ++told;
            }
            if (logs[i].topics[0] != AuditLog.Appended.selector) continue;
            (, Action action, bytes32 recordHash,) = abi.decode(logs[i].data, (uint256, Action, bytes32, bytes26));
            if (action != Action.EXECUTED) continue;
            bytes32 record =
                keccak256(abi.encode(block.chainid, agentId, Action.EXECUTED, executor.idOf(intent), detail));
            assertEq(recordHash, record, "record");
            ++told;
        }
        assertEq(told, 2, "an event and a record");
    }

    function testFuzz_L6_call_whatMovedIsRecorded(uint256 moved) public {
        moved = bound(moved, 0, DECLARED);
        Intent memory intent = _intent(HOME, moved);
        vm.recordLogs();
        bytes32 id = submitAdmitted(intent);
        assertState(id, State.EXECUTED);
        _assertRecorded(intent, moved);
        assertEq(token.balanceOf(address(_puppet)), moved, "taken");
    }

    /// @notice Home gives back what did not move: so the destination must tell how much did.
    function testFuzz_L2_call_whatMovedIsReported(uint256 moved) public {
        moved = bound(moved, 0, DECLARED);
        Intent memory intent = _intent(REMOTE, moved);
        bytes32 id = deliver(intent);
        skip(DISPUTE_WINDOW);
        vm.recordLogs();
        abroad.execute(intent);
        _assertRecorded(intent, moved);
        Result[] memory results = new Result[](1);
        results[0] = Result(id, State.EXECUTED, uint104(moved));
        bytes memory home = InteroperableAddress.formatEvmV1(HOME, address(executor));
        vm.expectCall(
            address(gateway), abi.encodeCall(gateway.sendMessage, (home, abi.encode(results), new bytes[](0))), 1
        );
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = id;
        abroad.report(ids);
    }

    /// @notice Data of one byte is no selector: it is neither a call nor a payment.
    function test_L7_call_ofOneByteIsNothing() public {
        Intent memory intent = remotePayment(address(token), DECLARED);
        intent.data = hex"00";
        forge(intent);
        skip(DISPUTE_WINDOW);
        vm.expectRevert();
        abroad.execute(intent);
        assertEq(token.balanceOf(PAYEE), 0, "paid");
    }
}
