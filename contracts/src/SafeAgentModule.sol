// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Errors} from "@openzeppelin/contracts/utils/Errors.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {AgentModule} from "./AgentModule.sol";
import {AgentRegistry} from "./AgentRegistry.sol";
import {CallGuard} from "./CallGuard.sol";
import {MandateAccount} from "./MandateAccount.sol";
import {PolicyEngine} from "./PolicyEngine.sol";

/// @notice What a module uses of a Safe, of any version from 1.1.1 on.
interface ISafeAccount {
    /// @param operation 0: call, 1: delegatecall
    function execTransactionFromModuleReturnData(address to, uint256 value, bytes calldata data, uint8 operation)
        external
        returns (bool success, bytes memory returnData);

    function isOwner(address owner) external view returns (bool);
}

/// @title A Safe's funds that agents may spend, each within its mandate
/// @notice The Safe's owners enable it with `enableModule`. Each of them alone may stop it, since that takes nothing from anybody;
///         restarting is governance's.
/// @dev What the owners approved before, nobody measures: a contract that an agent may call takes it, if it takes whatever token it is
///      told. Permit such a function with an `assetWord` ({CallRules}) only, take the approval back, or have the token measured
///      ({CallGuard-setMeasured}).
contract SafeAgentModule is AgentModule {
    uint8 private constant _CALL = 0;

    error ModuleAnswerUnreadable(address safe);

    /// @param safe whose funds it moves; deployed already
    constructor(
        address authority_,
        address safe,
        AgentRegistry registry,
        address executor,
        CallGuard guard,
        uint256 homeChainId,
        uint256[] memory otherChainIds
    )
        AccessManaged(authority_)
        MandateAccount(guard)
        PolicyEngine(registry, executor, homeChainId, otherChainIds)
        AgentModule(safe)
    {}

    function _call(address target, uint256 value, bytes memory data) internal override returns (bytes memory answer) {
        address safe = HOLDER;
        bytes4 selector = ISafeAccount.execTransactionFromModuleReturnData.selector;
        bool readable;
        bool success;
        // As `(success, answer) = ISafeAccount(safe).execTransactionFromModuleReturnData(target, value, data, _CALL)`, with the answer
        // left where it was copied to: every payment pays for it.
        assembly ("memory-safe") {
            let p := mload(0x40)
            let length := mload(data)
            mstore(p, selector)
            mstore(add(p, 0x04), target)
            mstore(add(p, 0x24), value)
            mstore(add(p, 0x44), 0x80)
            mstore(add(p, 0x64), _CALL)
            mstore(add(p, 0x84), length)
            mcopy(add(p, 0xa4), add(data, 0x20), length)
            let called := call(gas(), safe, 0, p, add(length, 0xa4), 0, 0)
            let size := returndatasize()
            returndatacopy(p, 0, size)
            if iszero(called) { revert(p, size) }
            mstore(0x40, and(add(add(p, size), 0x1f), not(0x1f)))
            // (bool success, bytes answer) as every compiler lays it out; nothing at all if there is no Safe any more
            answer := add(p, 0x40)
            if gt(size, 0x5f) {
                success := mload(p)
                readable := and(eq(mload(add(p, 0x20)), 0x40), iszero(gt(mload(answer), sub(size, 0x60))))
            }
        }
        require(readable, ModuleAnswerUnreadable(safe));
        if (success) return answer;
        require(answer.length > 0, Errors.FailedCall());
        LowLevelCall.bubbleRevert(answer);
    }

    function _callAs(address target, uint256 value, bytes memory data) internal override returns (bool, bytes memory) {
        (bool success, bytes memory answer) =
            ISafeAccount(HOLDER).execTransactionFromModuleReturnData(target, value, data, _CALL);
        return (success, success || answer.length > MAX_REASON ? new bytes(0) : answer);
    }

    /// @dev A Safe that does not answer has no owners here, but still stops by itself.
    function _isOwner(address caller) internal view override returns (bool) {
        if (caller == HOLDER) return true;
        (bool success, bytes memory answer) = HOLDER.staticcall(abi.encodeCall(ISafeAccount.isOwner, (caller)));
        return success && answer.length >= 32 && abi.decode(answer, (uint256)) == 1;
    }
}
