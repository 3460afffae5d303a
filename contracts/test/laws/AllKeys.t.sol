// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {CrossChainExecutor, Result, State} from "../../src/CrossChainExecutor.sol";
import {ExecutorSettings} from "../../src/ExecutorSettings.sol";
import {Intent} from "../../src/Intent.sol";
import {QuorumGateway} from "../../src/QuorumGateway.sol";
import {RelayerBonds} from "../../src/RelayerBonds.sol";
import {Step} from "../../src/WindowTable.sol";
import {StateProof} from "../../src/proofs/IStateProofs.sol";
import {StateProofs} from "../../src/proofs/StateProofs.sol";
import {Vm} from "../lib/Test.sol";
import {ToldHashes, Tries} from "../lib/Tries.sol";
import {TwoChains} from "./TwoChains.sol";

/// @notice Every relayer's key and one guardian's key are in one hand, over two whole chains: not one unit moves that the mandate did not
///         admit, and what is genuine goes on before a pause would have ended. One guardian is honest, and governance answers.
contract AllKeysTest is TwoChains {
    uint96 private constant BOND = 1 ether;

    ToldHashes private immutable _HASHES = new ToldHashes();
    RelayerBonds private _bonds;
    uint256 private _blocks = 1;
    uint256 private _forged = 1_000_000;

    function setUp() public {
        deployTwoChains();
        _bonds = new RelayerBonds(gateway, address(timelock), 7 days);
        for (uint256 i; i < relayerKeys.length; ++i) {
            vm.deal(address(this), BOND);
            _bonds.bond{value: BOND}(vm.addr(relayerKeys[i]));
        }
        beginStep();
        goTo(REMOTE);
        Step[] memory steps = new Step[](1);
        steps[0] = Step(1000e6, 120, 20);
        vm.startPrank(address(timelock));
        abroad.setWindows(address(token), steps, 0);
        abroad.setStateProofs(new StateProofs(_HASHES));
        vm.stopPrank();
        goTo(HOME);
    }

    function digest(Vm.Log[] memory) internal override {}

    /// @notice WATCHDOG2 is rogue, WATCHDOG honest.
    function test_L7_allRelayersAndOneGuardian() public {
        uint256 start = time();
        Intent memory genuine = _payment(100e6);
        _bring(_dispatch(genuine));

        // The rogue guardian stops all that he can, so that no honest one can pause any more, and disputes what is genuine.
        vm.startPrank(WATCHDOG2);
        executor.pause(0);
        abroad.dispute(genuine);
        goTo(HOME);
        vm.startPrank(WATCHDOG2);
        executor.pause(0);
        vm.stopPrank();

        // All relayers deliver more forgeries than there are disputes, each with every signature: the shortest wait.
        goTo(REMOTE);
        Intent[] memory forgeries = new Intent[](100);
        QuorumGateway.Message memory lie;
        for (uint256 i; i < forgeries.length; ++i) {
            forgeries[i] = _payment(1000e6);
            forgeries[i].to = THIEF;
            lie = messageOf(forgeries[i], ++_forged);
            _bring(lie);
        }
        vm.prank(WATCHDOG);
        executor.closeGateway(address(gateway));

        // The genuine one is proved, long before the pause ends, and executes when it has ended: nobody pauses a second time.
        _confirm(genuine);
        vm.warp(start + PAUSE - 1);
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorPaused.selector, 0, start + PAUSE));
        abroad.execute(genuine);
        vm.expectRevert(abi.encodeWithSelector(ExecutorSettings.ExecutorPauseUsed.selector, 0));
        vm.prank(WATCHDOG2);
        executor.pause(0);
        vm.warp(start + PAUSE);
        abroad.execute(genuine);
        assertEq(token.balanceOf(PAYEE), 100e6, "the genuine one");

        bool[] memory paid = abroad.executeMany(forgeries);
        for (uint256 i; i < paid.length; ++i) {
            assertFalse(paid[i], "a forgery");
        }
        _slash(lie);
        _lieAboutResults(genuine);
        _recover(start);

        // Whatever opens later, they stay what they are.
        paid = abroad.executeMany(forgeries);
        for (uint256 i; i < paid.length; ++i) {
            assertFalse(paid[i], "a forgery, later");
        }
        assertEq(token.balanceOf(THIEF), 0, "stolen");
        assertEq(token.balanceOf(address(vault)), VAULT_TOKENS - 150e6, "left the vault");
        assertEq(address(vault).balance, VAULT_ETH, "coins");
    }

    /// @dev Each relayer's own signature takes its whole bond.
    function _slash(QuorumGateway.Message memory lie) private {
        goTo(HOME);
        for (uint256 i; i < relayerKeys.length; ++i) {
            bytes memory one = compact(relayerKeys[i], gateway.attestationDigest(gateway.messageId(lie)));
            _bonds.slashUndispatched(lie, alone(), one, payable(WATCHDOG));
            (uint256 bonded,,) = _bonds.bondOf(vm.addr(relayerKeys[i]));
            assertEq(bonded, 0, "bond");
        }
        assertEq(WATCHDOG.balance, relayerKeys.length * BOND / 2, "reward");
    }

    /// @dev Home is told that nothing was spent: a guardian looks, so no budget comes back.
    function _lieAboutResults(Intent memory genuine) private {
        Result[] memory results = new Result[](1);
        results[0] = Result(executor.idOf(genuine), State.EXPIRED, 0);
        QuorumGateway.Message memory lie = QuorumGateway.Message(
            REMOTE,
            ++_forged,
            InteroperableAddress.formatEvmV1(REMOTE, address(executor)),
            InteroperableAddress.formatEvmV1(HOME, address(executor)),
            abi.encode(results)
        );
        _bring(lie);
        vm.prank(WATCHDOG);
        atHome.dropResult(results[0].intentId);
        skip(3 days);
        Intent[] memory list = new Intent[](1);
        list[0] = genuine;
        assertFalse(atHome.settle(list)[0], "settled by a lie");
    }

    /// @dev Governance names other relayers, takes the rogue's role, opens the gateway: payments go on.
    function _recover(uint256 start) private {
        for (uint256 i; i < relayerKeys.length; ++i) {
            relayerKeys[i] += 0x100;
        }
        address[] memory fresh = relayers();
        for (uint256 i; i < fresh.length; ++i) {
            for (uint256 j = i; j > 0 && fresh[j - 1] > fresh[j]; --j) {
                (fresh[j - 1], fresh[j]) = (fresh[j], fresh[j - 1]);
                (relayerKeys[j - 1], relayerKeys[j]) = (relayerKeys[j], relayerKeys[j - 1]);
            }
        }
        vm.prank(address(timelock));
        authority.revokeRole(1, WATCHDOG2);
        for (uint256 i; i < 2; ++i) {
            goTo(i == 0 ? HOME : REMOTE);
            uint256 stops = executor.stops();
            uint256 set = gateway.stops();
            vm.startPrank(address(timelock));
            gateway.setRelayers(fresh, 2, 0, set);
            if (i == 1) executor.setGateway(address(gateway), true, stops);
            vm.stopPrank();
        }
        goTo(HOME);
        Intent memory next = _payment(50e6);
        _bring(_dispatch(next));
        skip(20);
        abroad.execute(next);
        assertState(executor.idOf(next), State.EXECUTED);
        assertLe(time(), start + PAUSE + 4 days, "later than votes and results take");
    }

    /// @dev That outlives a pause.
    function _payment(uint256 amount) private returns (Intent memory intent) {
        intent = remotePayment(address(token), amount);
        intent.deadline = uint64(time() + 20 days);
    }

    function _dispatch(Intent memory intent) private returns (QuorumGateway.Message memory) {
        goTo(HOME);
        return dispatch(intent);
    }

    /// @dev With every relayer's signature.
    function _bring(QuorumGateway.Message memory m) private {
        goTo(m.sourceChainId == HOME ? REMOTE : HOME);
        gateway.deliver(m, alone(), attest(m, 3));
    }

    function _confirm(Intent memory intent) private {
        goTo(REMOTE);
        bytes32 slot = keccak256(abi.encode(executor.idOf(intent), PROGRESS_SLOT));
        (StateProof memory proof, bytes32 hash) =
            Tries.prove(address(executor), slot, at(HOME, address(executor), slot), ++_blocks, time());
        _HASHES.tell(HOME, _blocks, hash);
        abroad.confirm(intent, proof);
    }
}
