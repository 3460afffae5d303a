// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Intent} from "../../contracts/src/Intent.sol";
import {Deployed} from "../../contracts/test/lib/Deployed.sol";
import {Measured} from "./Measured.sol";

/// @notice What a payment under a mandate costs. A row is a function: prepare, call once, call again, `ours(path, bound)`.
contract OursBench is Deployed, Measured {
    function setUp() public {
        deployAll();
    }

    function test_submit() public {
        for (uint256 i; i < 2; ++i) {
            Intent memory intent = payment(address(token), 100e6);
            bytes memory proof = sign(intent);
            executor.submit(intent, proof);
        }
        ours("Mandate: ERC-20 from the vault, by an intent that anybody submits");
        assertEq(token.balanceOf(PAYEE), 200e6, "both moved");
    }
}
