// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";

/// @title What an account holds of a token, and what others may take of that
library Holding {
    /// @notice The token did not say what `account` has: no contract, a revert, or too short an answer.
    error HoldingUnknown(address token, address account);

    /// @notice `account`'s balance of ERC-20 `token`, smallest unit.
    function balance(address token, address account) internal view returns (uint256 held) {
        bool known;
        // As IERC20(token).balanceOf(account), without allocating memory: every payment asks twice.
        assembly ("memory-safe") {
            mstore(0, 0x70a0823100000000000000000000000000000000000000000000000000000000)
            mstore(4, account)
            known := staticcall(gas(), token, 0, 0x24, 0, 0x20)
            known := and(known, gt(returndatasize(), 0x1f))
            held := mload(0)
        }
        require(known, HoldingUnknown(token, account));
    }

    /// @notice What `spender` may take of `account`'s ERC-20 `token`, smallest unit.
    function allowance(address token, address account, address spender) internal view returns (uint256 allowed) {
        (bool success, bytes32 word,) =
            LowLevelCall.staticcallReturn64Bytes(token, abi.encodeCall(IERC20.allowance, (account, spender)));
        require(success && LowLevelCall.returnDataSize() >= 32, HoldingUnknown(token, account));
        return uint256(word);
    }
}
