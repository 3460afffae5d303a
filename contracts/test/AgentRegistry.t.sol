// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {AgentRegistry, Status} from "../src/AgentRegistry.sol";
import {PolicyEngine} from "../src/PolicyEngine.sol";
import {Deployed} from "./lib/Deployed.sol";
import {ContractWallet} from "./lib/Recipients.sol";

contract AgentRegistryTest is Deployed {
    uint256 private constant NEW_KEY = 0xA2;
    address private immutable NEW_WALLET = vm.addr(NEW_KEY);

    function setUp() public {
        deployAll();
    }

    function _unauthorized(address caller) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, caller);
    }

    function _notOwner(address caller) private view returns (bytes memory) {
        return abi.encodeWithSelector(AgentRegistry.AgentNotOwner.selector, agentId, caller);
    }

    function _assertStatus(Status expected) private view {
        (, Status status,) = registry.agent(agentId);
        assertEq(uint8(status), uint8(expected), "status");
    }

    // ------------------------------------------------------------------ register

    function test_register_startsPendingWithoutKey() public {
        vm.expectEmit(address(registry));
        emit AgentRegistry.Registered(agentId + 1, "ipfs://x", THIEF);
        vm.prank(THIEF);
        uint256 id = registry.register("ipfs://x");
        assertEq(id, agentId + 1, "ids count up");
        assertEq(registry.ownerOf(id), THIEF, "owner");
        assertEq(registry.tokenURI(id), "ipfs://x", "uri");
        (address wallet, Status status, uint8 risk) = registry.agent(id);
        assertEq(wallet, address(0), "wallet");
        assertEq(uint8(status), uint8(Status.PENDING), "status");
        assertEq(risk, 0, "risk");
    }

    function test_register_withMetadata() public {
        AgentRegistry.MetadataEntry[] memory entries = new AgentRegistry.MetadataEntry[](2);
        entries[0] = AgentRegistry.MetadataEntry("model", "m1");
        entries[1] = AgentRegistry.MetadataEntry("version", hex"01");
        vm.expectEmit(address(registry));
        emit AgentRegistry.MetadataSet(agentId + 1, "model", "model", "m1");
        uint256 id = registry.register("u", entries);
        assertEq(registry.getMetadata(id, "model"), "m1", "model");
        assertEq(registry.getMetadata(id, "version"), hex"01", "version");
        assertEq(registry.getMetadata(id, "other"), "", "never set");
    }

    function test_register_revert_reservedKey() public {
        AgentRegistry.MetadataEntry[] memory entries = new AgentRegistry.MetadataEntry[](1);
        entries[0] = AgentRegistry.MetadataEntry("agentWallet", abi.encodePacked(THIEF));
        vm.expectRevert(AgentRegistry.AgentReservedKey.selector);
        registry.register("u", entries);
    }

    function test_register_withoutUri() public {
        uint256 id = registry.register();
        assertEq(registry.tokenURI(id), "", "uri");
    }

    // ------------------------------------------------------------------ URI and metadata

    function test_setAgentURI() public {
        vm.expectEmit(address(registry));
        emit AgentRegistry.URIUpdated(agentId, "new", OWNER);
        vm.prank(OWNER);
        registry.setAgentURI(agentId, "new");
        assertEq(registry.tokenURI(agentId), "new", "uri");
    }

    function test_setAgentURI_byAnApprovedOperator() public {
        vm.prank(OWNER);
        registry.approve(PAYEE, agentId);
        vm.prank(PAYEE);
        registry.setAgentURI(agentId, "new");
    }

    function test_setAgentURI_revert_others() public {
        address[4] memory others = [THIEF, AGENT, WATCHDOG, address(timelock)];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(_notOwner(others[i]));
            vm.prank(others[i]);
            registry.setAgentURI(agentId, "new");
        }
    }

    function test_tokenURI_revert_unknown() public {
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, uint256(99)));
        registry.tokenURI(99);
    }

    function test_setMetadata() public {
        vm.expectEmit(address(registry));
        emit AgentRegistry.MetadataSet(agentId, "k", "k", "v");
        vm.prank(OWNER);
        registry.setMetadata(agentId, "k", "v");
        assertEq(registry.getMetadata(agentId, "k"), "v", "value");
        vm.expectRevert(AgentRegistry.AgentReservedKey.selector);
        vm.prank(OWNER);
        registry.setMetadata(agentId, "agentWallet", "v");
        vm.expectRevert(_notOwner(THIEF));
        vm.prank(THIEF);
        registry.setMetadata(agentId, "k", "w");
    }

    function test_getMetadata_agentWalletIsTheKeyOrEmpty() public {
        assertEq(registry.getMetadata(agentId, "agentWallet"), abi.encodePacked(AGENT), "wallet");
        vm.prank(OWNER);
        registry.unsetAgentWallet(agentId);
        assertEq(registry.getMetadata(agentId, "agentWallet"), "", "no wallet");
    }

    // ------------------------------------------------------------------ wallet proof

    function test_setAgentWallet_withAProof() public {
        uint256 deadline = time() + 1 hours;
        bytes memory proof = walletProof(agentId, NEW_KEY, OWNER, registry.walletNonce(agentId), deadline);
        vm.expectEmit(address(registry));
        emit AgentRegistry.AgentWalletSet(agentId, NEW_WALLET, OWNER);
        vm.prank(OWNER);
        registry.setAgentWallet(agentId, NEW_WALLET, deadline, proof);
        assertEq(registry.getAgentWallet(agentId), NEW_WALLET, "wallet");
        assertEq(registry.walletNonce(agentId), 2, "nonce");
        _assertStatus(Status.ACTIVE);
    }

    function test_setAgentWallet_revert_replay() public {
        uint256 deadline = time() + 1 hours;
        bytes memory proof = walletProof(agentId, NEW_KEY, OWNER, 1, deadline);
        vm.startPrank(OWNER);
        registry.setAgentWallet(agentId, NEW_WALLET, deadline, proof);
        registry.unsetAgentWallet(agentId);
        vm.expectRevert(_invalid());
        registry.setAgentWallet(agentId, NEW_WALLET, deadline, proof);
    }

    function _invalid() private view returns (bytes memory) {
        return abi.encodeWithSelector(AgentRegistry.AgentProofInvalid.selector, agentId, NEW_WALLET);
    }

    function test_setAgentWallet_revert_proofOfSomethingElse() public {
        uint256 deadline = time() + 1 hours;
        bytes[6] memory proofs = [
            walletProof(agentId + 1, NEW_KEY, OWNER, 1, deadline), // another agent
            walletProof(agentId, NEW_KEY, THIEF, 1, deadline), // another owner
            walletProof(agentId, NEW_KEY, OWNER, 2, deadline), // another nonce
            walletProof(agentId, NEW_KEY, OWNER, 1, deadline - 1), // another deadline
            walletProof(agentId, AGENT_KEY, OWNER, 1, deadline), // another key
            bytes("")
        ];
        for (uint256 i; i < proofs.length; ++i) {
            vm.expectRevert(_invalid());
            vm.prank(OWNER);
            registry.setAgentWallet(agentId, NEW_WALLET, deadline, proofs[i]);
        }
        assertEq(registry.walletNonce(agentId), 1, "a failed proof uses nothing up");
    }

    function test_setAgentWallet_revert_proofForAnotherChain() public {
        uint256 deadline = time() + 1 hours;
        vm.chainId(REMOTE);
        bytes memory proof = walletProof(agentId, NEW_KEY, OWNER, 1, deadline);
        vm.chainId(HOME);
        vm.expectRevert(_invalid());
        vm.prank(OWNER);
        registry.setAgentWallet(agentId, NEW_WALLET, deadline, proof);
    }

    function test_setAgentWallet_revert_expiredOrTooLong() public {
        uint256 late = time() + 1 hours + 1;
        bytes memory proof = walletProof(agentId, NEW_KEY, OWNER, 1, late);
        vm.startPrank(OWNER);
        vm.expectRevert(abi.encodeWithSelector(AgentRegistry.AgentProofTooLong.selector, late, late - 1));
        registry.setAgentWallet(agentId, NEW_WALLET, late, proof);
        vm.warp(late + 1);
        vm.expectRevert(abi.encodeWithSelector(AgentRegistry.AgentProofExpired.selector, late, late + 1));
        registry.setAgentWallet(agentId, NEW_WALLET, late, proof);
        vm.warp(late);
        registry.setAgentWallet(agentId, NEW_WALLET, late, proof);
    }

    function test_setAgentWallet_revert_zeroOrNotOperator() public {
        uint256 deadline = time() + 1 hours;
        vm.expectRevert(AgentRegistry.AgentWalletZero.selector);
        vm.prank(OWNER);
        registry.setAgentWallet(agentId, address(0), deadline, new bytes(65));
        bytes memory proof = walletProof(agentId, NEW_KEY, OWNER, 1, deadline);
        address[4] memory others = [THIEF, AGENT, WATCHDOG, address(timelock)];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(_notOwner(others[i]));
            vm.prank(others[i]);
            registry.setAgentWallet(agentId, NEW_WALLET, deadline, proof);
        }
    }

    function test_setAgentWallet_contractWallet() public {
        ContractWallet wallet = new ContractWallet(AGENT);
        bytes memory accepted = wallet.accepted();
        vm.startPrank(OWNER);
        vm.expectRevert(abi.encodeWithSelector(AgentRegistry.AgentProofInvalid.selector, agentId, address(wallet)));
        registry.setAgentWallet(agentId, address(wallet), time() + 60, "refused");
        registry.setAgentWallet(agentId, address(wallet), time() + 60, accepted);
        assertEq(registry.getAgentWallet(agentId), address(wallet), "wallet");
    }

    function test_unsetAgentWallet_byOwnerOrTheKeyItself() public {
        vm.expectRevert(abi.encodeWithSelector(AgentRegistry.AgentUnauthorized.selector, agentId, THIEF));
        vm.prank(THIEF);
        registry.unsetAgentWallet(agentId);
        vm.expectEmit(address(registry));
        emit AgentRegistry.AgentWalletSet(agentId, address(0), AGENT);
        vm.prank(AGENT);
        registry.unsetAgentWallet(agentId);
        assertEq(registry.getAgentWallet(agentId), address(0), "wallet");
        proveWallet(agentId, OWNER, NEW_KEY);
        vm.prank(OWNER);
        registry.unsetAgentWallet(agentId);
        assertEq(registry.getAgentWallet(agentId), address(0), "wallet");
    }

    // ------------------------------------------------------------------ transfer

    function test_L7_transfer_clearsTheKeyAndSuspends() public {
        vm.expectEmit(address(registry));
        emit AgentRegistry.AgentWalletSet(agentId, address(0), OWNER);
        vm.expectEmit(address(registry));
        emit AgentRegistry.StatusSet(agentId, Status.SUSPENDED, OWNER);
        vm.prank(OWNER);
        registry.transferFrom(OWNER, THIEF, agentId);
        assertEq(registry.getAgentWallet(agentId), address(0), "the old key is gone");
        _assertStatus(Status.SUSPENDED);
        proveWallet(agentId, THIEF, 0xD6);
        _assertStatus(Status.SUSPENDED); // the new owner needs governance
    }

    function test_transfer_keepsPendingAndRevoked() public {
        vm.startPrank(OWNER);
        uint256 id = registry.register();
        registry.transferFrom(OWNER, THIEF, id);
        (, Status status,) = registry.agent(id);
        assertEq(uint8(status), uint8(Status.PENDING), "pending stays");
        registry.revoke(agentId);
        registry.transferFrom(OWNER, THIEF, agentId);
        _assertStatus(Status.REVOKED);
    }

    /// @notice Even to oneself: a proof or a vote for the agent of before does not carry over.
    function test_transfer_toOneself() public {
        vm.prank(OWNER);
        registry.transferFrom(OWNER, OWNER, agentId);
        assertEq(registry.getAgentWallet(agentId), address(0), "wallet");
        _assertStatus(Status.SUSPENDED);
    }

    function test_transfer_revert_withoutApproval() public {
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InsufficientApproval.selector, AGENT, agentId));
        vm.prank(AGENT);
        registry.transferFrom(OWNER, AGENT, agentId);
    }

    // ------------------------------------------------------------------ status

    function test_activate_byGovernanceOnly() public {
        vm.prank(OWNER);
        registry.suspend(agentId);
        address[5] memory others = [THIEF, AGENT, OWNER, WATCHDOG, DEPLOYER];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(_unauthorized(others[i]));
            vm.prank(others[i]);
            registry.activate(agentId, address(vault), 1);
        }
        vm.expectEmit(address(registry));
        emit AgentRegistry.StatusSet(agentId, Status.ACTIVE, address(timelock));
        activate(agentId);
    }

    /// @notice An agent's mandate is in one place for good: another account would count anew what was spent.
    function test_L2_activate_revert_anotherAccount() public {
        assertEq(registry.accountOf(agentId), address(vault), "account");
        vm.prank(OWNER);
        registry.suspend(agentId);
        vm.startPrank(address(timelock));
        vm.expectRevert(
            abi.encodeWithSelector(AgentRegistry.AgentAccountFixed.selector, agentId, address(executor), address(vault))
        );
        registry.activate(agentId, address(executor), 1);
        vm.expectRevert(AgentRegistry.AgentAccountZero.selector);
        registry.activate(agentId, address(0), 1);
        registry.activate(agentId, address(vault), 1);
        vm.stopPrank();
    }

    function test_activate_fixesTheAccount() public {
        vm.prank(OWNER);
        uint256 id = registry.register();
        assertEq(registry.accountOf(id), address(0), "none yet");
        vm.startPrank(address(timelock));
        vm.expectRevert(AgentRegistry.AgentAccountZero.selector);
        registry.activate(id, address(0), 0);
        vm.expectRevert(); // no contract: it would never hear of a change
        registry.activate(id, THIEF, 0);
        vm.expectEmit(address(registry));
        emit AgentRegistry.AccountSet(id, address(vault), address(timelock));
        registry.activate(id, address(vault), 0);
        vm.stopPrank();
        assertEq(registry.accountOf(id), address(vault), "account");
    }

    /// @notice The account knows of every change of key and status in the same transaction.
    function test_L7_account_isToldAtOnce() public {
        assertTrue(running(agentId), "live");
        vm.prank(OWNER);
        registry.unsetAgentWallet(agentId);
        vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyNotAgent.selector, agentId, AGENT));
        vm.prank(AGENT);
        vault.pay(address(0), 1, PAYEE, agentId);
        vm.prank(WATCHDOG);
        registry.suspend(agentId);
        assertFalse(running(agentId), "suspended");
        assertEq(policy.live().length, 0, "in the list");
        activate(agentId);
        assertTrue(running(agentId), "live again");
    }

    function test_activate_revert_activeRevokedOrUnknown() public {
        vm.startPrank(address(timelock));
        vm.expectRevert(
            abi.encodeWithSelector(AgentRegistry.AgentStatusTransition.selector, agentId, Status.ACTIVE, Status.ACTIVE)
        );
        registry.activate(agentId, address(vault), 0);
        registry.revoke(agentId);
        vm.expectRevert(
            abi.encodeWithSelector(AgentRegistry.AgentStatusTransition.selector, agentId, Status.REVOKED, Status.ACTIVE)
        );
        registry.activate(agentId, address(vault), 0);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, uint256(99)));
        registry.activate(99, address(vault), 0);
    }

    function test_suspend_byEveryTightener() public {
        address[5] memory allowed = [AGENT, OWNER, WATCHDOG, WATCHDOG2, address(timelock)];
        for (uint256 i; i < allowed.length; ++i) {
            vm.expectEmit(address(registry));
            emit AgentRegistry.StatusSet(agentId, Status.SUSPENDED, allowed[i]);
            vm.prank(allowed[i]);
            registry.suspend(agentId);
            activate(agentId);
        }
    }

    function test_suspend_revert_others() public {
        address[3] memory others = [THIEF, PUBLISHER, DEPLOYER];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(_unauthorized(others[i]));
            vm.prank(others[i]);
            registry.suspend(agentId);
        }
    }

    /// @notice Suspended again: nothing changes but the counter, so that an activation decided before no longer fits.
    function test_L5_suspend_countsAgainWhenSuspended() public {
        for (uint256 i; i < 3; ++i) {
            assertEq(registry.stops(agentId), i, "stops");
            vm.expectEmit(address(registry));
            emit AgentRegistry.StatusSet(agentId, Status.SUSPENDED, WATCHDOG);
            vm.prank(WATCHDOG);
            registry.suspend(agentId);
            _assertStatus(Status.SUSPENDED);
        }
        (address wallet,, uint8 riskLevel) = registry.agent(agentId);
        assertEq(wallet, vm.addr(AGENT_KEY), "wallet");
        assertEq(riskLevel, 0, "risk level");
    }

    /// @notice Only what was decided knowing of every stop so far, neither fewer nor more.
    function test_L5_activate_revert_stoppedSinceItWasDecided() public {
        vm.startPrank(OWNER);
        registry.suspend(agentId);
        registry.suspend(agentId);
        vm.stopPrank();
        vm.startPrank(address(timelock));
        uint256[4] memory others = [uint256(0), 1, 3, type(uint256).max];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(AgentRegistry.AgentStopsDiffer.selector, agentId, others[i], uint256(2))
            );
            registry.activate(agentId, address(vault), others[i]);
        }
        registry.activate(agentId, address(vault), 2);
        _assertStatus(Status.ACTIVE);
        assertEq(registry.stops(agentId), 2, "an activation is no stop");
    }

    /// @notice A change of hands counts whatever the status is; raising the risk level, a new key and a new activation do
    ///         not.
    function test_L5_stops_countEveryChangeOfHands() public {
        vm.prank(WATCHDOG);
        registry.setRiskLevel(agentId, 3);
        vm.prank(OWNER);
        registry.unsetAgentWallet(agentId);
        assertEq(registry.stops(agentId), 0, "no stop");
        vm.prank(OWNER);
        registry.transferFrom(OWNER, THIEF, agentId);
        assertEq(registry.stops(agentId), 1, "was active");
        vm.prank(THIEF);
        registry.transferFrom(THIEF, OWNER, agentId);
        assertEq(registry.stops(agentId), 2, "was suspended");
        vm.startPrank(OWNER);
        uint256 id = registry.register();
        assertEq(registry.stops(id), 0, "fresh");
        registry.transferFrom(OWNER, THIEF, id);
        assertEq(registry.stops(id), 1, "was pending");
    }

    function test_revoke_forGood() public {
        vm.expectRevert(_unauthorized(WATCHDOG)); // a guardian suspends, it does not end
        vm.prank(WATCHDOG);
        registry.revoke(agentId);
        vm.expectRevert(_unauthorized(THIEF));
        vm.prank(THIEF);
        registry.revoke(agentId);
        vm.expectEmit(address(registry));
        emit AgentRegistry.StatusSet(agentId, Status.REVOKED, AGENT);
        vm.prank(AGENT);
        registry.revoke(agentId);
        vm.expectRevert(
            abi.encodeWithSelector(
                AgentRegistry.AgentStatusTransition.selector, agentId, Status.REVOKED, Status.REVOKED
            )
        );
        vm.prank(OWNER);
        registry.revoke(agentId);
        vm.expectRevert(
            abi.encodeWithSelector(
                AgentRegistry.AgentStatusTransition.selector, agentId, Status.REVOKED, Status.SUSPENDED
            )
        );
        vm.prank(WATCHDOG);
        registry.suspend(agentId);
    }

    /// @notice Whatever leaves PENDING was admitted by governance: nobody makes an agent that has records but never had
    ///         a mandate.
    function test_L6_pendingBecomesActiveOrNothing() public {
        vm.prank(OWNER);
        uint256 id = registry.register();
        proveWallet(id, OWNER, NEW_KEY);
        address[4] memory all = [OWNER, vm.addr(NEW_KEY), WATCHDOG, address(timelock)];
        for (uint256 i; i < all.length; ++i) {
            vm.startPrank(all[i]);
            bool stranger = i < 2; // owner and key of what nobody admitted
            vm.expectRevert(
                stranger
                    ? _unauthorized(all[i])
                    : abi.encodeWithSelector(
                        AgentRegistry.AgentStatusTransition.selector, id, Status.PENDING, Status.SUSPENDED
                    )
            );
            registry.suspend(id);
            if (all[i] == WATCHDOG) {
                vm.expectRevert(_unauthorized(WATCHDOG));
            } else {
                vm.expectRevert(
                    abi.encodeWithSelector(
                        AgentRegistry.AgentStatusTransition.selector, id, Status.PENDING, Status.REVOKED
                    )
                );
            }
            registry.revoke(id);
            vm.stopPrank();
        }
        vm.prank(OWNER);
        registry.transferFrom(OWNER, THIEF, id);
        (, Status status,) = registry.agent(id);
        assertEq(uint8(status), uint8(Status.PENDING), "status");
    }

    // ------------------------------------------------------------------ risk level

    function test_L5_riskLevel_upAtOnceDownByGovernance() public {
        address[3] memory tighteners = [AGENT, OWNER, WATCHDOG];
        for (uint8 i; i < 3; ++i) {
            vm.expectEmit(address(registry));
            emit AgentRegistry.RiskLevelSet(agentId, i + 1);
            vm.prank(tighteners[i]);
            registry.setRiskLevel(agentId, i + 1);
        }
        for (uint256 i; i < 3; ++i) {
            vm.expectRevert(_unauthorized(tighteners[i]));
            vm.prank(tighteners[i]);
            registry.setRiskLevel(agentId, 2);
        }
        vm.prank(address(timelock));
        registry.setRiskLevel(agentId, 0);
        vm.expectRevert(_unauthorized(THIEF));
        vm.prank(THIEF);
        registry.setRiskLevel(agentId, 1);
        vm.expectRevert(abi.encodeWithSelector(AgentRegistry.AgentRiskLevelTooHigh.selector, uint8(4), uint8(3)));
        vm.prank(WATCHDOG);
        registry.setRiskLevel(agentId, 4);
    }

    function test_isTightener() public view {
        assertTrue(registry.isTightener(agentId, OWNER), "owner");
        assertTrue(registry.isTightener(agentId, AGENT), "agent");
        assertTrue(registry.isTightener(agentId, WATCHDOG), "guardian");
        assertFalse(registry.isTightener(agentId, THIEF), "thief");
        assertFalse(registry.isTightener(agentId, address(0)), "zero is nobody");
        assertFalse(registry.isTightener(99, address(0)), "zero is nobody's owner");
        assertFalse(registry.isTightener(99, OWNER), "owner of another");
    }

    /// @notice A guardian who must wait is none: what acts at once may not be scheduled round the wait.
    function test_isTightener_notAGuardianWithADelay() public {
        vm.prank(address(timelock));
        authority.grantRole(1, THIEF, 60);
        assertFalse(registry.isTightener(agentId, THIEF), "delayed");
    }

    function test_supportsInterface() public view {
        assertTrue(registry.supportsInterface(type(IERC721).interfaceId), "ERC-721");
        assertFalse(registry.supportsInterface(0xffffffff), "nothing");
    }
}
