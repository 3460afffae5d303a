// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";
import {StateProof} from "../src/proofs/IStateProofs.sol";
import {StateProofs} from "../src/proofs/StateProofs.sol";
import {OrderChains} from "./lib/OrderChains.sol";
import {Tries} from "./lib/Tries.sol";

/// @notice Orders that never came, and tries that no chain has.
contract OrderEdgesTest is OrderChains {
    function setUp() public {
        deployChains();
    }

    function test_executableAt_whatNeverCame() public {
        goTo(REMOTE);
        (uint64 from, uint64 deadline) = remote.executableAt("nothing");
        assertEq(from + deadline, 0, "never");
    }

    /// @notice A trie that keeps a zero is no chain's: what it shows is not shown.
    function test_L11_valueAt_revert_aZeroThatIsThere() public {
        StateProofs proofs = new StateProofs(hashes);
        bytes32 slot = bytes32(uint256(3));
        (StateProof memory p, bytes32 blockHash) = Tries.prove(address(remote), slot, 0, 77, time());
        hashes.tell(HOME, 77, blockHash);
        vm.expectRevert(
            abi.encodeWithSelector(
                StateProofs.StateProofsSlot.selector, address(remote), slot, TrieProof.ProofError.EMPTY_VALUE
            )
        );
        proofs.valueAt(HOME, p, address(remote), slot);
    }
}
