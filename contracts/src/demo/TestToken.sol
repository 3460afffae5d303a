// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title A worthless ERC-20 for demonstrations and tests, six decimals like the common stablecoins
contract TestToken is ERC20 {
    constructor(address holder, uint256 supply) ERC20("Test Dollar", "TUSD") {
        _mint(holder, supply);
    }

    function decimals() public pure override returns (uint8) {
        return 6;
    }
}
