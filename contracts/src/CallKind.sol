// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice How a contract call takes the amount that its intent declares.
enum CallKind {
    NONE, // not at all: such a call is never made
    PULL, // the contract takes a token by itself: by what it may take already, else by one that ends with the call
    SEND, // the amount goes with the call, in the chain's native coin
    APPROVE // a spender may take the amount from now on: it counts as spent when it is approved
}

/// @notice The kind of a call to `target` with `data` that declares an amount of `asset`.
/// @dev It follows from the call alone, so that a destination, which has no mandate, makes a call as home judged it.
/// @param asset ERC-20 contract, or the zero address for the chain's native coin
function callKind(address asset, address target, bytes calldata data) pure returns (CallKind) {
    if (data.length < 4) return CallKind.NONE;
    if (bytes4(data) == IERC20.approve.selector) {
        // The asset's own approve(spender, amount) and nothing behind it.
        return asset != address(0) && target == asset && data.length == 68 ? CallKind.APPROVE : CallKind.NONE;
    }
    return asset == address(0) ? CallKind.SEND : CallKind.PULL;
}
