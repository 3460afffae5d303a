// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Create3} from "@openzeppelin/contracts/utils/Create3.sol";
import {Errors} from "@openzeppelin/contracts/utils/Errors.sol";
import {AgentVault} from "../src/AgentVault.sol";
import {Create3Factory} from "../src/Create3Factory.sol";
import {TestToken} from "../src/demo/TestToken.sol";
import {Deployed} from "./lib/Deployed.sol";

contract Create3FactoryTest is Deployed {
    bytes32 private constant SALT = keccak256("salt");

    function setUp() public {
        deployAll();
    }

    function _code(uint256 supply) private view returns (bytes memory) {
        return abi.encodePacked(type(TestToken).creationCode, abi.encode(PAYEE, supply));
    }

    function test_create_atThePredictedAddress() public {
        address expected = factory.addressOf(THIEF, SALT);
        vm.expectEmit(address(factory));
        emit Create3Factory.Created(THIEF, SALT, expected);
        vm.prank(THIEF);
        assertEq(factory.create(SALT, _code(1)), expected, "address");
        assertEq(TestToken(expected).totalSupply(), 1, "works");
    }

    /// @notice The address depends on deployer and salt only, not on code or arguments: the same on every chain.
    function test_create_sameAddressWithOtherArguments() public {
        Create3Factory other = new Create3Factory();
        vm.etch(address(0xFAC), address(other).code);
        address expected = Create3Factory(address(0xFAC)).addressOf(THIEF, SALT);
        vm.prank(THIEF);
        assertEq(Create3Factory(address(0xFAC)).create(SALT, _code(123)), expected, "address");
    }

    function test_addressOf_differsByDeployerAndSalt() public view {
        assertTrue(factory.addressOf(THIEF, SALT) != factory.addressOf(DEPLOYER, SALT), "deployer");
        assertTrue(factory.addressOf(THIEF, SALT) != factory.addressOf(THIEF, keccak256("other")), "salt");
    }

    /// @notice Nobody can take the address that another deployer announced.
    function test_create_saltBelongsToItsDeployer() public {
        address announced = factory.addressOf(DEPLOYER, SALT);
        vm.prank(THIEF);
        assertTrue(factory.create(SALT, _code(1)) != announced, "taken");
        vm.prank(DEPLOYER);
        assertEq(factory.create(SALT, _code(2)), announced, "still free");
    }

    function test_create_revert_saltUsed() public {
        vm.startPrank(THIEF);
        factory.create(SALT, _code(1));
        vm.expectRevert(Errors.FailedDeployment.selector);
        factory.create(SALT, _code(2));
    }

    function test_create_revert_constructorsOwnError() public {
        bytes memory code = abi.encodePacked(
            type(AgentVault).creationCode,
            abi.encode(address(1), address(0), address(1), address(1), uint256(1), new uint256[](0))
        );
        vm.expectRevert(abi.encodeWithSelector(AgentVault.VaultNotOwner.selector, address(0)));
        factory.create(SALT, code);
        factory.create(SALT, _code(1)); // the salt is still free
    }

    function test_create_revert_noCode() public {
        vm.expectRevert(Create3.Create3EmptyBytecode.selector);
        factory.create(SALT, "");
    }
}
