// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {Action, AuditLog} from "../src/AuditLog.sol";
import {Intent} from "../src/Intent.sol";
import {PolicyEngine} from "../src/PolicyEngine.sol";
import {Deployed} from "./lib/Deployed.sol";

contract AuditLogTest is Deployed {
    function setUp() public {
        deployAll();
    }

    function _append(uint256 id, bytes32 intentId, Action action, bytes memory detail) private {
        vm.prank(address(executor));
        policy.append(action, id, intentId, keccak256(detail));
    }

    function _recordHash(uint256 id, bytes32 intentId, uint8 action, bytes memory detail)
        private
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, id, action, intentId, keccak256(detail)));
    }

    /// @notice Fixed values, computed apart from Solidity: what every other implementation must arrive at.
    function test_L6_append_documentedValues() public {
        bytes32 intentId = 0x1111111111111111111111111111111111111111111111111111111111111111;
        bytes memory detail = abi.encode(
            address(0x00000000000000000000000000000000000000A1),
            address(0x00000000000000000000000000000000000000A2),
            uint256(5)
        );
        bytes32 recordHash = 0x3892d8a51ccb6bcea1f3b360e8c6ebbf7a7c05fe874d127046f99a21767e3ec2;
        bytes26 head = hex"80c99617e400bde166d7a396e4da876c58fded472cb82f03ee6d";
        vm.expectEmit(address(auditLog));
        emit AuditLog.Appended(7, intentId, 0, Action.EXECUTED, recordHash, head);
        _append(7, intentId, Action.EXECUTED, detail);
    }

    function testFuzz_L6_append_extendsTheChain(bytes32[4] memory ids, uint8[4] memory actions, bytes memory detail)
        public
    {
        bytes26 head;
        for (uint256 i; i < 4; ++i) {
            uint8 action = uint8(bound(actions[i], 1, 9));
            bytes32 recordHash = _recordHash(agentId, ids[i], action, detail);
            head = bytes26(keccak256(abi.encodePacked(head, recordHash)));
            vm.expectEmit(address(auditLog));
            emit AuditLog.Appended(agentId, ids[i], i, Action(action), recordHash, head);
            _append(agentId, ids[i], Action(action), detail);
        }
        (bytes26 head_, uint256 count, uint256 published) = auditLog.chain(agentId);
        assertEq(bytes32(head_), bytes32(head), "head");
        assertEq(count, 4, "count");
        assertEq(published, 0, "published");
        assertEq(auditLog.unpublished(agentId), 4, "unpublished");
    }

    function test_append_chainsOfAgentsAreApart() public {
        _append(1, bytes32(uint256(1)), Action.EXECUTED, "");
        (bytes26 head, uint256 count,) = auditLog.chain(2);
        assertEq(bytes32(head), bytes32(0), "head");
        assertEq(count, 0, "count");
    }

    function test_append_chainsOfChainsDiffer() public {
        _append(1, bytes32(uint256(1)), Action.EXECUTED, "");
        (bytes26 home,,) = auditLog.chain(1);
        vm.chainId(REMOTE);
        _append(2, bytes32(uint256(1)), Action.EXECUTED, "");
        (bytes26 remote,,) = auditLog.chain(2);
        assertTrue(home != remote, "chain id is in the record");
    }

    function test_L6_append_revert_notTheExecutor() public {
        address[6] memory others = [THIEF, AGENT, OWNER, WATCHDOG, PUBLISHER, address(timelock)];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyNotExecutor.selector, others[i]));
            vm.prank(others[i]);
            policy.append(Action.EXECUTED, agentId, bytes32(0), 0);
        }
    }

    // ------------------------------------------------------------------ publish

    function _appendMany(uint256 count) private {
        for (uint256 i; i < count; ++i) {
            _append(agentId, bytes32(i), Action.EXECUTED, "");
        }
    }

    /// @notice Who vouches for a batch stands in its event, and cannot hide behind the manager.
    function test_L6_publish_revert_throughTheManager() public {
        bytes memory batch = abi.encodeCall(auditLog.publish, (agentId, 0, 1, bytes32(uint256(1)), bytes32(uint256(2))));
        vm.expectRevert(AuditLog.AuditPublisherUnnamed.selector);
        vm.prank(PUBLISHER);
        authority.execute(address(auditLog), batch);
    }

    function test_publish_consecutiveRanges() public {
        _appendMany(5);
        vm.startPrank(PUBLISHER);
        vm.expectEmit(address(auditLog));
        emit AuditLog.Published(agentId, 0, 3, bytes32(uint256(1)), bytes32(uint256(2)), PUBLISHER);
        auditLog.publish(agentId, 0, 3, bytes32(uint256(1)), bytes32(uint256(2)));
        assertEq(auditLog.unpublished(agentId), 2, "two left");
        auditLog.publish(agentId, 3, 5, bytes32(uint256(3)), bytes32(uint256(4)));
        assertEq(auditLog.unpublished(agentId), 0, "none left");
    }

    function test_publish_revert_gapOrOverlap() public {
        _appendMany(5);
        vm.startPrank(PUBLISHER);
        vm.expectRevert(abi.encodeWithSelector(AuditLog.AuditRangeStart.selector, agentId, uint256(1), uint256(0)));
        auditLog.publish(agentId, 1, 3, 0, 0);
        auditLog.publish(agentId, 0, 3, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(AuditLog.AuditRangeStart.selector, agentId, uint256(0), uint256(3)));
        auditLog.publish(agentId, 0, 3, 0, 0);
    }

    function test_publish_revert_emptyBackwardsOrBeyond() public {
        _appendMany(5);
        vm.startPrank(PUBLISHER);
        uint256[2] memory ends = [uint256(0), 6];
        for (uint256 i; i < ends.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(AuditLog.AuditRangeEnd.selector, agentId, ends[i], uint256(5)));
            auditLog.publish(agentId, 0, ends[i], 0, 0);
        }
    }

    function test_L6_publish_revert_notAPublisher() public {
        _appendMany(1);
        address[5] memory others = [THIEF, AGENT, OWNER, WATCHDOG, address(executor)];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, others[i]));
            vm.prank(others[i]);
            auditLog.publish(agentId, 0, 1, 0, 0);
        }
    }
}
