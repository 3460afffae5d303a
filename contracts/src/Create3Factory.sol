// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Create3} from "@openzeppelin/contracts/utils/Create3.sol";

/// @title Deploys contracts at addresses that depend on the deployer and a salt only
/// @notice The factory itself stands at the same address on every chain (canonical CREATE2 deployer, no constructor
///         arguments), so a contract gets the same address everywhere although its arguments differ.
/// @dev A salt belongs to the caller: nobody can take an address that another deployer announced.
contract Create3Factory {
    /// @notice `deployed` was created by `deployer` under `salt`.
    event Created(address indexed deployer, bytes32 indexed salt, address deployed);

    /// @notice Creates a contract from `initCode` at `addressOf(msg.sender, salt)`.
    /// @dev Reverts when the salt was used, or with the constructor's own error.
    function create(bytes32 salt, bytes calldata initCode) external returns (address deployed) {
        deployed = Create3.deploy(0, _bind(msg.sender, salt), initCode);
        emit Created(msg.sender, salt, deployed);
    }

    /// @notice Where `deployer` creates under `salt`, whether or not it already did.
    function addressOf(address deployer, bytes32 salt) external view returns (address) {
        return Create3.computeAddress(_bind(deployer, salt));
    }

    function _bind(address deployer, bytes32 salt) private pure returns (bytes32) {
        return keccak256(abi.encode(deployer, salt));
    }
}
