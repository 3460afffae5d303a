// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {AgentRegistry} from "./AgentRegistry.sol";
import {CallGuard} from "./CallGuard.sol";
import {MandateAccount} from "./MandateAccount.sol";
import {PolicyEngine} from "./PolicyEngine.sol";

/// @title A treasury's funds that its agents may spend, each within its mandate
/// @notice It pays what a mandate admits and measures what left. The owner can always withdraw and always stop.
contract AgentVault is MandateAccount {
    using SafeERC20 for IERC20;

    /// @notice Treasury that owns the funds, such as the DAO's timelock.
    address public immutable OWNER;

    event Deposited(address indexed from, uint256 amount);
    event Withdrawn(address indexed asset, address indexed to, uint256 amount);

    /// @notice The owner had the vault make a call.
    event OwnerCalled(address indexed target, uint256 value, bytes data);

    error VaultNotOwner(address caller);

    /// @param owner may withdraw and stop; must not be zero
    constructor(
        address authority_,
        address owner,
        AgentRegistry registry,
        address executor,
        CallGuard guard,
        uint256 homeChainId,
        uint256[] memory otherChainIds
    ) AccessManaged(authority_) MandateAccount(guard) PolicyEngine(registry, executor, homeChainId, otherChainIds) {
        require(owner != address(0), VaultNotOwner(owner));
        OWNER = owner;
    }

    receive() external payable {
        emit Deposited(msg.sender, msg.value);
    }

    /// @notice Takes funds out. Owner only, at any time, stopped or not.
    function withdraw(address asset, address to, uint256 amount) external {
        require(msg.sender == OWNER, VaultNotOwner(msg.sender));
        if (asset == address(0)) Address.sendValue(payable(to), amount);
        else IERC20(asset).safeTransfer(to, amount);
        emit Withdrawn(asset, to, amount);
    }

    /// @notice Calls a contract as the vault: to take out what is neither a coin nor an ERC-20 token, such as an ERC-721 token or a
    ///         position that is kept under the vault's address. Owner only, at any time, stopped or not. Reverts as the call does.
    function execute(address target, uint256 value, bytes calldata data) external returns (bytes memory answer) {
        require(msg.sender == OWNER, VaultNotOwner(msg.sender));
        answer = Address.functionCallWithValue(target, data, value);
        emit OwnerCalled(target, value, data);
    }

    function _holder() internal view override returns (address) {
        return address(this);
    }

    function _sendCoin(address to, uint256 amount) internal override {
        Address.sendValue(payable(to), amount);
    }

    function _sendToken(address token, address to, uint256 amount) internal override {
        IERC20(token).safeTransfer(to, amount);
    }

    function _callAs(address target, uint256 value, bytes memory data) internal override returns (bool, bytes memory) {
        bool success = LowLevelCall.callNoReturn(target, value, data);
        bool isShort = LowLevelCall.returnDataSize() <= MAX_REASON;
        return (success, success || !isShort ? new bytes(0) : LowLevelCall.returnData());
    }

    function _isOwner(address caller) internal view override returns (bool) {
        return caller == OWNER;
    }
}
