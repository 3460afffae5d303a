// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Status} from "../../src/AgentRegistry.sol";
import {Test} from "../lib/Test.sol";

/// @notice Halmos' own cheat codes.
interface Svm {
    /// @notice A call of any function of the contract that is not a view, with any arguments.
    function createCalldata(address target) external pure returns (bytes memory);
    /// @notice Equal before and after exactly when nothing was written to the contract's storage, or what was written was reverted.
    function snapshotStorage(address target) external view returns (bytes32);
}

/// @notice Authority and registry of what is proved about: one caller is governance, one is a guardian, one may tighten, nobody else may
///         anything.
contract Powers {
    address public constant GOVERNANCE = address(0x60);
    address public constant GUARDIAN = address(0x6A);
    address public constant TIGHTENER = address(0x71);

    function canCall(address caller, address, bytes4) external pure returns (bool, uint32) {
        return (caller == GOVERNANCE, 0);
    }

    function hasRole(uint64 role, address account) external pure returns (bool, uint32) {
        return (role == 0 ? account == GOVERNANCE : role == 1 && account == GUARDIAN, 0);
    }

    function isTightener(uint256, address caller) external pure returns (bool) {
        return caller == TIGHTENER;
    }

    function agent(uint256) external pure returns (address, Status, uint8) {
        return (address(0), Status.ACTIVE, 0);
    }

    /// @dev As the registry of calls: every asset may be measured.
    function measure(address) external pure {}
}

/// @notice What proofs of setters have in common.
abstract contract Setters is Test {
    Svm internal constant SVM = Svm(address(uint160(uint256(keccak256("svm cheat code")))));
    address internal constant GOVERNANCE = address(0x60);
    address internal constant GUARDIAN = address(0x6A);
    address internal constant TIGHTENER = address(0x71);
    uint256 internal constant ID = 7;

    Powers internal immutable POWERS = new Powers();

    /// @dev The call goes through exactly when it is valid and governance makes it, or who may tighten and it loosens nothing.
    function _tightensOnly(address target, bytes memory data, address caller, bool valid, bool looser)
        internal
        returns (bool done)
    {
        vm.prank(caller);
        (done,) = target.call(data);
        assert(done == (valid && (caller == GOVERNANCE || (caller == TIGHTENER && !looser))));
    }

    function _byGovernance(address target, bytes memory data) internal returns (bool done) {
        vm.prank(GOVERNANCE);
        (done,) = target.call(data);
    }

    function _byTightener(address target, bytes memory data) internal returns (bool done) {
        vm.prank(TIGHTENER);
        (done,) = target.call(data);
    }

    /// @dev No function at all, whatever its arguments, writes anything when somebody calls it who has no power (L7).
    function _strangersWriteNothing(address target, address caller) internal {
        vm.assume(caller != GOVERNANCE && caller != GUARDIAN && caller != TIGHTENER && caller != address(POWERS));
        bytes memory data = SVM.createCalldata(target);
        bytes32 before = SVM.snapshotStorage(target);
        vm.prank(caller);
        (bool done,) = target.call(data);
        assert(SVM.snapshotStorage(target) == before);
        done; // it may succeed, in vain
    }

    // ------------------------------------------------------------------ references, without a branch: each would double the paths

    function _both(bool a, bool b) internal pure returns (bool c) {
        assembly ("memory-safe") {
            c := and(a, b)
        }
    }

    function _either(bool a, bool b) internal pure returns (bool c) {
        assembly ("memory-safe") {
            c := or(a, b)
        }
    }

    function _ascends(address[] memory list) internal pure returns (bool all) {
        all = true;
        address previous;
        for (uint256 i; i < list.length; ++i) {
            all = _both(all, list[i] > previous);
            previous = list[i];
        }
    }

    function _within(address[] memory part, address[] memory whole) internal pure returns (bool all) {
        all = true;
        for (uint256 i; i < part.length; ++i) {
            bool found;
            for (uint256 j; j < whole.length; ++j) {
                found = _either(found, part[i] == whole[j]);
            }
            all = _both(all, found);
        }
    }
}
