// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentRegistry} from "../src/AgentRegistry.sol";
import {State} from "../src/CrossChainExecutor.sol";
import {HomeExecutor} from "../src/HomeExecutor.sol";
import {Approvers} from "../src/rules/Approvers.sol";
import {MandateRules} from "../src/rules/MandateRules.sol";
import {Intent} from "../src/Intent.sol";
import {PolicyEngine} from "../src/PolicyEngine.sol";
import {Tiers} from "../src/rules/Tiers.sol";
import {Deployed} from "./lib/Deployed.sol";

/// @notice Keeps and reads where intents stand, as executors do and as the compiler would.
contract Keeper is HomeExecutor {
    constructor()
        HomeExecutor(
            address(1),
            block.chainid,
            AgentRegistry(address(1)),
            address(1),
            MandateRules(address(1)),
            Approvers(address(1)),
            new address[](0),
            1 hours,
            1 days
        )
    {}

    function keep(bytes32 id, Progress memory p) external {
        _keep(id, p);
    }

    function assign(bytes32 id, Progress memory p) external {
        _progress[id] = p;
    }

    function read(bytes32 id) external view returns (Progress memory) {
        return _progressOf(id);
    }

    function copied(bytes32 id) external view returns (Progress memory) {
        return _progress[id];
    }
}

/// @notice One word of storage, packed by hand, holds what the compiler would put there: other chains read it from proofs.
contract ProgressWordTest is Deployed {
    Keeper private _keeper;

    function setUp() public {
        deployAll();
        _keeper = new Keeper();
    }

    function _word(bytes32 id) private view returns (uint256) {
        return uint256(vm.load(address(executor), keccak256(abi.encode(id, PROGRESS_SLOT))));
    }

    function test_L7_progress_ofWhatWaitsForApproval() public {
        grade(address(token), Tiers.Thresholds(0, NEVER, 0, 0));
        bytes32 id = submitAdmitted(payment(address(token), 1e6));
        (, bool upheld, uint64 due, bool approval) = executor.progress(id);
        assertTrue(approval && !upheld, "approval");
        uint256 word = uint256(State.ADMITTED) | 1 << 16 | uint256(due) << 32 | time() << 64;
        assertEq(_word(id), word | uint256(registry.walletChanges(agentId)) << 96, "word");
    }

    /// @notice Twice decided and tried in vain before: each stands in a byte of its own, after each is written.
    function test_L7_progress_ofWhatWasUpheldAfterItFailed() public {
        Intent[] memory list = new Intent[](1);
        list[0] = remotePayment(address(token), 1e6);
        bytes32 id = forge(list[0]);
        skip(DISPUTE_WINDOW);
        vm.prank(address(timelock));
        vault.stop(PolicyEngine.Scope.ALL, 0);
        assertFalse(abroad.executeMany(list)[0], "paid");
        assertEq(uint32(_word(id)), uint256(State.QUEUED) | 1 << 24, "failed");
        vm.prank(WATCHDOG);
        abroad.dispute(list[0]);
        assertEq(uint32(_word(id)), uint256(State.DISPUTED) | 1 << 24, "disputed");
        vm.prank(address(timelock));
        abroad.uphold(list[0]);
        assertEq(uint32(_word(id)), uint256(State.QUEUED) | 1 << 8 | 1 << 24, "upheld");
    }

    function testFuzz_L7_progress_isPackedAsTheCompilerDoes(uint256 seed, uint256 beforehand) public {
        (Keeper.Progress memory p, Keeper.Progress memory before) = (_any(seed), _any(beforehand));
        bytes32 slot = keccak256(abi.encode(bytes32("one"), _keeper.PROGRESS_SLOT()));
        bytes32 other = keccak256(abi.encode(bytes32("two"), _keeper.PROGRESS_SLOT()));
        _keeper.assign("one", before);
        _keeper.keep("one", p);
        _keeper.assign("two", p);
        assertEq(vm.load(address(_keeper), slot), vm.load(address(_keeper), other), "word");
        assertEq(abi.encode(_keeper.read("one")), abi.encode(_keeper.copied("two")), "read");
        assertEq(abi.encode(_keeper.read("one")), abi.encode(p), "as it was");
    }

    /// @dev What the seed says, one piece of it after the other.
    function _any(uint256 seed) private pure returns (Keeper.Progress memory p) {
        uint256 states = uint256(type(State).max) + 1;
        p.state = State(seed % states);
        (p.upheld, p.approval, p.failed) = ((seed >> 16) & 1 == 1, (seed >> 17) & 1 == 1, (seed >> 18) & 1 == 1);
        p.outcome = State((seed >> 20) % states);
        (p.due, p.since) = (uint32(seed >> 32), uint32(seed >> 64));
        (p.extra, p.route) = (uint104(seed >> 96), uint48(seed >> 200));
    }
}
