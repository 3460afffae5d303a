// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Headroom} from "../src/MandateLens.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {AgentRegistry} from "../src/AgentRegistry.sol";
import {AuditLog} from "../src/AuditLog.sol";
import {PolicyEngine} from "../src/PolicyEngine.sol";
import {Roles} from "../src/governance/Roles.sol";
import {Rule} from "../src/Verdict.sol";
import {Deployed} from "./lib/Deployed.sol";

/// @notice Who holds power after a deployment (the timelock, nobody else), and that a vote does exactly what it says.
contract GovernanceTest is Deployed {
    function setUp() public {
        deployAll();
    }

    /// @dev Everybody who could conceivably have kept a role.
    function _everybody() private view returns (address[14] memory) {
        return [
            DEPLOYER,
            DELEGATE,
            OWNER,
            WATCHDOG,
            WATCHDOG2,
            PUBLISHER,
            THIEF,
            AGENT,
            address(this),
            address(factory),
            address(governor),
            address(timelock),
            address(executor),
            address(0)
        ];
    }

    // ------------------------------------------------------------------ role holders

    function test_deploy_everyRoleOfTheAccessManager() public view {
        address[14] memory all = _everybody();
        for (uint256 i; i < all.length; ++i) {
            _assertRole(authority.ADMIN_ROLE(), all[i], all[i] == address(timelock));
            _assertRole(Roles.GUARDIAN, all[i], all[i] == WATCHDOG || all[i] == WATCHDOG2);
            _assertRole(Roles.PUBLISHER, all[i], all[i] == PUBLISHER);
        }
        for (uint64 role = 1; role <= 2; ++role) {
            assertEq(authority.getRoleAdmin(role), authority.ADMIN_ROLE(), "role admin");
            assertEq(authority.getRoleGuardian(role), authority.ADMIN_ROLE(), "role guardian");
        }
    }

    function _assertRole(uint64 role, address who, bool expected) private view {
        (bool member,) = authority.hasRole(role, who);
        assertTrue(member == expected, string.concat("role ", vm.toString(role)));
    }

    function test_deploy_everyRestrictedFunctionIsTheTimelocks() public view {
        address[14] memory all = _everybody();
        address[5] memory targets =
            [address(policy), address(registry), address(executor), address(gateway), address(auditLog)];
        bytes4[9] memory selectors = [
            PolicyEngine.thaw.selector,
            PolicyEngine.setTerms.selector,
            PolicyEngine.setLimit.selector,
            PolicyEngine.setAssetChain.selector,
            PolicyEngine.setRecipient.selector,
            PolicyEngine.registerChain.selector,
            registry.activate.selector,
            abroad.uphold.selector,
            gateway.setRelayers.selector
        ];
        for (uint256 t; t < targets.length; ++t) {
            assertEq(IAccessManaged(targets[t]).authority(), address(authority), "authority");
            assertFalse(authority.isTargetClosed(targets[t]), "closed");
            for (uint256 s; s < selectors.length; ++s) {
                for (uint256 i; i < all.length; ++i) {
                    (bool may,) = authority.canCall(all[i], targets[t], selectors[s]);
                    assertTrue(may == (all[i] == address(timelock)), "restricted");
                }
            }
            for (uint256 i; i < all.length; ++i) {
                (bool may,) = authority.canCall(all[i], targets[t], AuditLog.publish.selector);
                bool expected = targets[t] == address(auditLog) ? all[i] == PUBLISHER : all[i] == address(timelock);
                assertTrue(may == expected, "publish");
            }
        }
    }

    function test_deploy_everyRoleOfTheTimelock() public view {
        address[14] memory all = _everybody();
        for (uint256 i; i < all.length; ++i) {
            assertTrue(
                timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), all[i]) == (all[i] == address(timelock)), "admin"
            );
            assertTrue(timelock.hasRole(timelock.PROPOSER_ROLE(), all[i]) == (all[i] == address(governor)), "proposer");
            assertTrue(
                timelock.hasRole(timelock.CANCELLER_ROLE(), all[i]) == (all[i] == address(governor)), "canceller"
            );
            assertTrue(timelock.hasRole(timelock.EXECUTOR_ROLE(), all[i]) == (all[i] == address(0)), "executor");
        }
        assertEq(timelock.getMinDelay(), TIMELOCK_DELAY, "delay");
        assertEq(governor.timelock(), address(timelock), "governor's timelock");
        assertEq(vault.OWNER(), address(timelock), "vault");
    }

    /// @notice The contracts found each other although each was built before the others existed.
    function test_deploy_wiring() public view {
        assertEq(address(policy.REGISTRY()), address(registry), "policy registry");
        assertEq(policy.EXECUTOR(), address(executor), "policy executor");
        assertEq(policy.HOME_CHAIN_ID(), HOME, "home");
        assertEq(address(executor.REGISTRY()), address(registry), "executor registry");
        assertTrue(executor.isAccount(address(vault)), "executor account");
        assertEq(executor.GATEWAY(), address(gateway), "executor gateway");
        assertEq(executor.HOME_CHAIN_ID(), HOME, "home");
        assertEq(executor.PAUSE(), PAUSE, "pause");
        assertEq(vault.EXECUTOR(), address(executor), "vault executor");
        assertEq(registry.accountOf(agentId), address(vault), "the agent's account");
        assertEq(policy.chainIds()[0], HOME, "chains");
        assertEq(policy.chainIds()[1], REMOTE, "chains");
        assertTrue(address(executor).code.length > 0 && address(governor).code.length > 0, "code");
    }

    function test_L7_deployer_canDoNothingAnyMore() public {
        vm.startPrank(DEPLOYER);
        vm.expectRevert();
        authority.grantRole(Roles.GUARDIAN, DEPLOYER, 0);
        vm.expectRevert();
        timelock.updateDelay(0);
        vm.expectRevert();
        timelock.schedule(address(vault), 0, "", 0, 0, TIMELOCK_DELAY);
        vm.expectRevert();
        factory.create(keccak256("AgentVault"), hex"00"); // replace a contract
        vm.stopPrank();
    }

    // ------------------------------------------------------------------ a vote

    function test_vote_setsAMandate() public {
        vm.prank(THIEF);
        uint256 id = registry.register();
        proveWallet(id, THIEF, AGENT_KEY);

        address[] memory targets = new address[](5);
        bytes[] memory calls = new bytes[](5);
        (targets[0], calls[0]) = (address(registry), abi.encodeCall(registry.activate, (id, address(vault), 0)));
        (targets[1], calls[1]) = (address(policy), abi.encodeCall(policy.setTerms, (id, terms())));
        (targets[2], calls[2]) = (address(policy), abi.encodeCall(policy.setLimit, (id, ETH, limit(1 ether, 2 ether))));
        (targets[3], calls[3]) = (address(policy), abi.encodeCall(policy.setAssetChain, (id, ETH, HOME, true)));
        (targets[4], calls[4]) = (address(policy), abi.encodeCall(policy.setRecipient, (id, HOME, PAYEE, true)));
        _vote(targets, calls, "Mandate");

        Headroom memory h = lens.headroom(id, ETH);
        assertEq(h.left, 1 ether, "limit");
        assertEq(abi.encode(h.terms), abi.encode(terms()), "terms");
        assertTrue(policy.isAssetOnChain(id, ETH, HOME), "chain");
        assertTrue(policy.isRecipient(id, HOME, PAYEE), "recipient");
    }

    function test_vote_thawsAnAgent() public {
        submitDenied(payment(ETH, 2 ether), Rule.PER_TRANSACTION);
        submitDenied(payment(ETH, 1), Rule.AGENT_BREAKER);
        (address[] memory targets, bytes[] memory calls) =
            _one(address(policy), abi.encodeCall(policy.thaw, (agentId, policy.stops(agentId))));
        _vote(targets, calls, "Thaw");
        submitAdmitted(payment(ETH, 1));
    }

    /// @notice The agent is frozen already: the guardian's freeze during the timelock's delay still counts, and the thaw
    ///         that was voted for the breach before does not undo it, however often it is tried.
    function test_L4_vote_thawDoesNotUndoALaterFreeze() public {
        submitDenied(payment(ETH, 2 ether), Rule.PER_TRANSACTION);
        _revertsWhenStoppedMeanwhile(
            address(policy),
            abi.encodeCall(policy.thaw, (agentId, 1)),
            WATCHDOG,
            abi.encodeCall(policy.freeze, (agentId)),
            abi.encodeWithSelector(PolicyEngine.PolicyStopsDiffer.selector, agentId, 1, 2)
        );
        assertTrue(policy.frozen(agentId), "frozen");
        (address[] memory targets, bytes[] memory calls) =
            _one(address(policy), abi.encodeCall(policy.thaw, (agentId, 2)));
        _vote(targets, calls, "Thaw, knowing of the freeze");
        assertFalse(policy.frozen(agentId), "thawed");
    }

    function test_L5_vote_activateDoesNotUndoALaterSuspension() public {
        vm.prank(OWNER);
        registry.suspend(agentId);
        _revertsWhenStoppedMeanwhile(
            address(registry),
            abi.encodeCall(registry.activate, (agentId, address(vault), 1)),
            WATCHDOG,
            abi.encodeCall(registry.suspend, (agentId)),
            abi.encodeWithSelector(AgentRegistry.AgentStopsDiffer.selector, agentId, 1, 2)
        );
        (address[] memory targets, bytes[] memory calls) =
            _one(address(registry), abi.encodeCall(registry.activate, (agentId, address(vault), 2)));
        _vote(targets, calls, "Activate, knowing of it");
    }

    /// @notice Governance admitted the agent of its owner: not the one of whoever buys it before the vote is executed.
    function test_L5_vote_activateDoesNotFollowTheTokenToANewOwner() public {
        vm.prank(OWNER);
        uint256 id = registry.register();
        _revertsWhenStoppedMeanwhile(
            address(registry),
            abi.encodeCall(registry.activate, (id, address(vault), 0)),
            OWNER,
            abi.encodeCall(registry.transferFrom, (OWNER, THIEF, id)),
            abi.encodeWithSelector(AgentRegistry.AgentStopsDiffer.selector, id, 0, 1)
        );
    }

    function _revertsWhenStoppedMeanwhile(
        address target,
        bytes memory decided,
        address who,
        bytes memory stop,
        bytes memory reason
    ) private {
        (address[] memory targets, bytes[] memory calls) = _one(target, decided);
        _proposeAndPass(targets, calls, "Decided before");
        governor.queue(targets, new uint256[](1), calls, keccak256("Decided before"));
        vm.prank(who);
        (bool ok,) = target.call(stop);
        assertTrue(ok, "stopped");
        skip(TIMELOCK_DELAY);
        for (uint256 i; i < 2; ++i) {
            vm.expectRevert(reason);
            governor.execute(targets, new uint256[](1), calls, keccak256("Decided before"));
            skip(365 days);
        }
    }

    function test_L5_vote_waitsForTheTimelock() public {
        (address[] memory targets, bytes[] memory calls) =
            _one(address(policy), abi.encodeCall(policy.setLimit, (agentId, ETH, limit(100 ether, 100 ether))));
        uint256[] memory values = new uint256[](1);
        bytes32 description = keccak256("More");
        uint256 id = _proposeAndPass(targets, calls, "More");
        vm.expectRevert(); // not queued
        governor.execute(targets, values, calls, description);
        governor.queue(targets, values, calls, description);
        skip(TIMELOCK_DELAY - 1);
        vm.expectRevert(); // a second early
        governor.execute(targets, values, calls, description);
        assertEq(lens.headroom(agentId, ETH).limit.cap, 3 ether, "not yet");
        skip(1);
        vm.prank(THIEF); // anyone executes what was decided
        governor.execute(targets, values, calls, description);
        assertEq(lens.headroom(agentId, ETH).limit.cap, 100 ether, "now");
        assertEq(uint8(governor.state(id)), uint8(IGovernor.ProposalState.Executed), "executed");
    }

    function test_vote_revert_defeated() public {
        (address[] memory targets, bytes[] memory calls) =
            _one(address(policy), abi.encodeCall(policy.thaw, (agentId, policy.stops(agentId))));
        vm.prank(DELEGATE);
        uint256 id = governor.propose(targets, new uint256[](1), calls, "No");
        skip(1 minutes + 1);
        vm.prank(DELEGATE);
        governor.castVote(id, 0);
        skip(1 hours + 1);
        assertEq(uint8(governor.state(id)), uint8(IGovernor.ProposalState.Defeated), "defeated");
        vm.expectRevert();
        governor.queue(targets, new uint256[](1), calls, keccak256("No"));
    }

    function test_vote_revert_withoutVotesOrQuorum() public {
        (address[] memory targets, bytes[] memory calls) =
            _one(address(policy), abi.encodeCall(policy.thaw, (agentId, policy.stops(agentId))));
        vm.expectRevert();
        vm.prank(THIEF); // below the proposal threshold
        governor.propose(targets, new uint256[](1), calls, "Thief");
        vm.prank(DELEGATE);
        uint256 id = governor.propose(targets, new uint256[](1), calls, "Nobody comes");
        skip(1 minutes + 1);
        vm.prank(THIEF);
        governor.castVote(id, 1);
        skip(1 hours + 1);
        assertEq(uint8(governor.state(id)), uint8(IGovernor.ProposalState.Defeated), "no quorum");
    }

    function test_vote_withdrawsFromTheVault() public {
        (address[] memory targets, bytes[] memory calls) =
            _one(address(vault), abi.encodeCall(vault.withdraw, (ETH, DELEGATE, 1 ether)));
        _vote(targets, calls, "Withdraw");
        assertEq(DELEGATE.balance, 1 ether, "withdrawn");
    }

    function _one(address target, bytes memory call_)
        private
        pure
        returns (address[] memory targets, bytes[] memory calls)
    {
        (targets, calls) = (new address[](1), new bytes[](1));
        (targets[0], calls[0]) = (target, call_);
    }

    function _proposeAndPass(address[] memory targets, bytes[] memory calls, string memory description)
        private
        returns (uint256 id)
    {
        vm.prank(DELEGATE);
        id = governor.propose(targets, new uint256[](targets.length), calls, description);
        skip(1 minutes + 1);
        vm.prank(DELEGATE);
        governor.castVote(id, 1);
        skip(1 hours + 1);
        assertEq(uint8(governor.state(id)), uint8(IGovernor.ProposalState.Succeeded), "succeeded");
    }

    function _vote(address[] memory targets, bytes[] memory calls, string memory description) private {
        _proposeAndPass(targets, calls, description);
        uint256[] memory values = new uint256[](targets.length);
        governor.queue(targets, values, calls, keccak256(bytes(description)));
        skip(TIMELOCK_DELAY);
        governor.execute(targets, values, calls, keccak256(bytes(description)));
    }
}
