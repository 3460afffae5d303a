// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {AgentRegistry, MandateHolder} from "../../src/AgentRegistry.sol";
import {Intent} from "../../src/Intent.sol";
import {Roles} from "../../src/governance/Roles.sol";
import {Test} from "./Test.sol";

/// @title An authority, a registry, and one active agent with its owner and a guardian
/// @notice What a contract needs whose settings obey L5, and no more. The test itself is the agent's account.
abstract contract Governed is Test, MandateHolder {
    uint256 internal constant HOME = 31337;
    uint256 internal constant START = 1_800_000_000; // Friday, 15 January 2027, 08:00 UTC
    uint256 internal constant AGENT_KEY = 0xA1;

    address internal immutable GOVERNANCE = vm.addr(0xD1);
    address internal immutable OWNER = vm.addr(0xD2);
    address internal immutable WATCHDOG = vm.addr(0xD3);
    address internal immutable THIEF = vm.addr(0xD6);
    address internal immutable PAYEE = vm.addr(0xD7);
    address internal immutable AGENT = vm.addr(AGENT_KEY);

    AccessManager internal authority;
    AgentRegistry internal registry;
    uint256 internal agentId;

    function govern() internal {
        vm.chainId(HOME);
        vm.warp(START);
        authority = new AccessManager(GOVERNANCE);
        registry = new AgentRegistry(address(authority));
        vm.prank(GOVERNANCE);
        authority.grantRole(Roles.GUARDIAN, WATCHDOG, 0);
        vm.prank(OWNER);
        agentId = registry.register("ipfs://agent");
        _proveWallet();
        vm.prank(GOVERNANCE);
        registry.activate(agentId, address(this), 0);
    }

    /// @inheritdoc MandateHolder
    function sync(uint256, address, bool, uint8) external {}

    function _proveWallet() private {
        uint256 deadline = time() + 10 minutes;
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("AgentRegistry"),
                keccak256("1"),
                block.chainid,
                registry
            )
        );
        bytes32 structHash =
            keccak256(abi.encode(registry.AGENT_WALLET_SET_TYPEHASH(), agentId, AGENT, OWNER, 0, deadline));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(AGENT_KEY, keccak256(abi.encodePacked(hex"1901", domain, structHash)));
        vm.prank(OWNER);
        registry.setAgentWallet(agentId, AGENT, deadline, abi.encodePacked(r, s, v));
    }

    /// @dev Who may tighten, each in its own way.
    function tighteners() internal view returns (address[3] memory) {
        return [AGENT, OWNER, WATCHDOG];
    }

    /// @dev Any of them, for a fuzz test.
    function tightener(uint256 seed) internal view returns (address) {
        return tighteners()[seed % 3];
    }

    function unauthorized(address caller) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, caller);
    }

    /// @dev `call` on `target` reverts for each tightener, as the authority's business.
    function assertGovernanceOnly(address target, bytes memory call) internal {
        for (uint256 i; i < 3; ++i) {
            assertRefused(tighteners()[i], target, call);
        }
    }

    function assertRefused(address caller, address target, bytes memory call) internal {
        vm.prank(caller);
        (bool ok, bytes memory answer) = target.call(call);
        assertFalse(ok, "a change for governance alone went through");
        assertEq(answer, unauthorized(caller), "refused for another reason");
    }

    /// @dev A payment of `amount` to PAYEE at home.
    function payment(address asset, uint256 amount) internal view returns (Intent memory) {
        return Intent(agentId, address(this), HOME, asset, PAYEE, amount, "", 0, uint64(time() + 1 hours));
    }
}
