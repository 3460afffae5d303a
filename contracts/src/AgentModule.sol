// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {MandateAccount} from "./MandateAccount.sol";

/// @title Mandates over funds that stay in somebody else's account, of which this is a module
/// @notice It has that one account pay what a mandate admits, and measures what left it. It moves the funds of no other account, whoever
///         enables it, and holds none itself. The account's owners need nobody to withdraw, to stop, or to remove it.
/// @dev One module serves one account, fixed when it is deployed: nothing is to be looked up when an agent pays, and nobody
///      can point it elsewhere. Removed, it moves nothing: whatever a mandate admits reverts.
abstract contract AgentModule is MandateAccount {
    /// @notice The account whose funds it moves.
    address public immutable HOLDER;

    error ModuleHolderWithoutCode(address holder);

    constructor(address holder) {
        require(holder.code.length > 0, ModuleHolderWithoutCode(holder));
        HOLDER = holder;
    }

    /// @dev Has the account call, without delegating; reverts with the call's own reason when it fails.
    function _call(address target, uint256 value, bytes memory data) internal virtual returns (bytes memory answer);

    function _holder() internal view override returns (address) {
        return HOLDER;
    }

    function _sendCoin(address to, uint256 amount) internal override {
        _call(to, amount, "");
    }

    function _sendToken(address token, address to, uint256 amount) internal override {
        bytes4 selector = IERC20.transfer.selector;
        bytes memory data;
        // As abi.encodeCall(IERC20.transfer, (to, amount)), which costs three times as much: every payment pays for it.
        assembly ("memory-safe") {
            data := mload(0x40)
            mstore(0x40, add(data, 0x80))
            mstore(data, 0x44)
            mstore(add(data, 0x20), selector)
            mstore(add(data, 0x24), to)
            mstore(add(data, 0x44), amount)
        }
        bytes memory answer = _call(token, 0, data);
        bool paid;
        // As answer.length == 0 || (answer.length >= 32 && bytes32(answer) == bytes32(uint256(1))): nothing, or true. The token has
        // code, since it told its balance.
        assembly ("memory-safe") {
            let length := mload(answer)
            paid := or(iszero(length), and(gt(length, 0x1f), eq(mload(add(answer, 0x20)), 1)))
        }
        require(paid, SafeERC20.SafeERC20FailedOperation(token));
    }
}
