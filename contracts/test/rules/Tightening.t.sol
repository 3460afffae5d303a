// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentRegistry} from "../../src/AgentRegistry.sol";
import {Tightening} from "../../src/rules/Tightening.sol";
import {Governed} from "../lib/Governed.sol";

/// @notice A setting per agent where less is tighter.
contract Dial is Tightening {
    mapping(uint256 agentId => uint256) public value;

    constructor(address authority_, AgentRegistry registry) Tightening(authority_, registry) {}

    function set(uint256 agentId, uint256 value_) external {
        _authorize(agentId, value_ <= value[agentId]);
        value[agentId] = value_;
    }
}

contract TighteningTest is Governed {
    Dial private _dial;

    function setUp() public {
        govern();
        _dial = new Dial(address(authority), registry);
        vm.prank(GOVERNANCE);
        _dial.set(agentId, 100);
    }

    function _set(uint256 value) private view returns (bytes memory) {
        return abi.encodeCall(Dial.set, (agentId, value));
    }

    function test_L5_tightensAtOnceForEach() public {
        for (uint256 i; i < 3; ++i) {
            vm.prank(tighteners()[i]);
            _dial.set(agentId, 99 - i);
            assertEq(_dial.value(agentId), 99 - i, "value");
        }
    }

    function test_L5_loosensForGovernanceOnly() public {
        assertGovernanceOnly(address(_dial), _set(101));
        vm.prank(GOVERNANCE);
        _dial.set(agentId, 101);
        assertEq(_dial.value(agentId), 101, "value");
    }

    function test_L5_nobodyElseTightens() public {
        assertRefused(THIEF, address(_dial), _set(99));
        // Owner and key of one agent are nobody to another.
        vm.prank(THIEF);
        uint256 other = registry.register();
        assertRefused(OWNER, address(_dial), abi.encodeCall(Dial.set, (other, 0)));
        assertRefused(AGENT, address(_dial), abi.encodeCall(Dial.set, (other, 0)));
    }

    function test_L5_aGuardianWithADelayIsNone() public {
        vm.prank(GOVERNANCE);
        authority.grantRole(1, THIEF, 1 days);
        assertRefused(THIEF, address(_dial), _set(99));
    }

    function test_L5_aFormerOwnerAndKeyAreNobody() public {
        vm.prank(OWNER);
        registry.transferFrom(OWNER, PAYEE, agentId);
        assertRefused(OWNER, address(_dial), _set(99));
        assertRefused(AGENT, address(_dial), _set(99));
        vm.prank(PAYEE);
        _dial.set(agentId, 99);
    }

    /// @dev An authority with an execution delay schedules what loosens; what it scheduled is done once, and no other.
    function test_L5_aDelayedAuthorityLoosensAfterItsDelay() public {
        uint64 admin = authority.ADMIN_ROLE();
        vm.prank(GOVERNANCE);
        authority.grantRole(admin, PAYEE, 1 days);
        vm.startPrank(PAYEE);
        vm.expectRevert();
        _dial.set(agentId, 101);
        authority.schedule(address(_dial), _set(101), 0);
        vm.expectRevert();
        _dial.set(agentId, 101);
        skip(1 days);
        vm.expectRevert();
        _dial.set(agentId, 102);
        _dial.set(agentId, 101);
        assertEq(_dial.value(agentId), 101, "value");
        vm.expectRevert();
        _dial.set(agentId, 102);
        vm.stopPrank();
    }

    function test_noAgentZero() public {
        vm.expectRevert(abi.encodeWithSelector(Tightening.TighteningAgentUnknown.selector, 0));
        vm.prank(GOVERNANCE);
        _dial.set(0, 0);
    }

    function testFuzz_L5_direction(uint256 old, uint256 value, uint256 who) public {
        vm.prank(GOVERNANCE);
        _dial.set(agentId, old);
        if (value > old) {
            assertRefused(tightener(who), address(_dial), _set(value));
        } else {
            vm.prank(tightener(who));
            _dial.set(agentId, value);
            assertEq(_dial.value(agentId), value, "value");
        }
    }
}
