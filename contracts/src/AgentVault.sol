// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {AgentRegistry} from "./AgentRegistry.sol";
import {CallGuard} from "./CallGuard.sol";
import {Holding} from "./Holding.sol";
import {MandateAccount} from "./MandateAccount.sol";
import {PolicyEngine} from "./PolicyEngine.sol";

/// @title A treasury's funds that its agents may spend, each within its mandate
/// @notice It pays what a mandate admits and measures what left. The owner can always withdraw and always stop.
/// @dev Tokens whose transfers move another amount than asked (fees on transfer, rebasing within the transfer) are refused. State is
///      written before anything is called, and what is called cannot pay from here unseen: a payment within a payment
///      makes the outer one's measure wrong, which reverts both.
contract AgentVault is MandateAccount {
    using SafeERC20 for IERC20;

    /// @notice Treasury that owns the funds, such as the DAO's timelock.
    address public immutable OWNER;

    event Deposited(address indexed from, uint256 amount);
    event Withdrawn(address indexed asset, address indexed to, uint256 amount);

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

    function _move(uint256, address asset, address to, uint256 amount) internal override {
        uint256 native = address(this).balance;
        if (asset == address(0)) {
            require(native >= amount, AccountInsufficient(asset, amount, native));
            Address.sendValue(payable(to), amount);
            _requireMoved(asset, amount, native, address(this).balance);
        } else {
            uint256 held = Holding.balance(asset, address(this));
            require(held >= amount, AccountInsufficient(asset, amount, held));
            IERC20(asset).safeTransfer(to, amount);
            _requireMoved(asset, amount, held, Holding.balance(asset, address(this)));
            require(address(this).balance >= native, AccountMovedOther(address(0), 0, native, address(this).balance));
        }
    }

    function _requireMoved(address asset, uint256 declared, uint256 before, uint256 then) private pure {
        // At least `declared` was there, so a balance that went up never looks as if it went down by that much.
        unchecked {
            require(before - then == declared, AccountMovedOther(asset, declared, before, then));
        }
    }

    function _callAs(address target, uint256 value, bytes memory data) internal override returns (bool, bytes memory) {
        bool success = LowLevelCall.callNoReturn(target, value, data);
        bool isShort = LowLevelCall.returnDataSize() <= MAX_REASON;
        return (success, success || !isShort ? new bytes(0) : LowLevelCall.returnData());
    }

    function _holder() internal view override returns (address) {
        return address(this);
    }

    function _isOwner(address caller) internal view override returns (bool) {
        return caller == OWNER;
    }
}
