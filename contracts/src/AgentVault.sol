// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {MandateAccount} from "./MandateAccount.sol";
import {Roles} from "./governance/Roles.sol";

/// @title Funds that one agent may spend within its mandate
/// @notice The executor pays from here what it has admitted; the vault believes nobody and measures what left. The owner
///         can always withdraw and always stop.
/// @dev Tokens whose transfers move another amount than asked (fees on transfer, rebasing within the transfer) are refused.
contract AgentVault is MandateAccount, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice Treasury that owns the funds, such as the DAO's timelock.
    address public immutable OWNER;
    /// @notice The only contract that may pay from here.
    address public immutable EXECUTOR;
    /// @notice The only agent on whose behalf it may.
    uint256 public immutable AGENT_ID;

    /// @notice While true nothing is paid.
    bool public stopped;
    /// @notice How often it was stopped.
    uint248 public stops;

    event Deposited(address indexed from, uint256 amount);
    event Paid(address indexed asset, address indexed to, uint256 amount);
    event Withdrawn(address indexed asset, address indexed to, uint256 amount);
    event StoppedSet(bool stopped, address indexed by);

    error VaultNotOwner(address caller);
    error VaultNotExecutor(address caller);
    error VaultWrongAgent(uint256 asked, uint256 served);
    error VaultStopped();
    error VaultStopsDiffer(uint256 expectedStops, uint256 stops);
    error VaultRecipientSelf();
    error VaultMovedOther(address asset, uint256 declared, uint256 left, uint256 arrived);
    error VaultInsufficient(address asset, uint256 asked, uint256 held);

    /// @param owner may withdraw, stop and restart; must not be zero
    constructor(address owner, address executor, uint256 agentId) {
        require(owner != address(0), VaultNotOwner(owner));
        OWNER = owner;
        EXECUTOR = executor;
        AGENT_ID = agentId;
    }

    receive() external payable {
        emit Deposited(msg.sender, msg.value);
    }

    /// @inheritdoc MandateAccount
    function pay(uint256 agentId, address asset, address to, uint256 amount)
        external
        nonReentrant
        returns (uint256 moved)
    {
        require(msg.sender == EXECUTOR, VaultNotExecutor(msg.sender));
        require(agentId == AGENT_ID, VaultWrongAgent(agentId, AGENT_ID));
        require(!stopped, VaultStopped());
        require(to != address(this), VaultRecipientSelf());

        uint256 nativeBefore = address(this).balance;
        if (asset == address(0)) {
            require(nativeBefore >= amount, VaultInsufficient(asset, amount, nativeBefore));
            Address.sendValue(payable(to), amount);
            // A recipient may forward what it got at once, so only what left is measured.
            moved = _decrease(nativeBefore, address(this).balance);
            require(moved == amount, VaultMovedOther(asset, amount, moved, amount));
        } else {
            uint256 before = IERC20(asset).balanceOf(address(this));
            require(before >= amount, VaultInsufficient(asset, amount, before));
            uint256 held = IERC20(asset).balanceOf(to);
            IERC20(asset).safeTransfer(to, amount);
            moved = _decrease(before, IERC20(asset).balanceOf(address(this)));
            uint256 arrived = _decrease(IERC20(asset).balanceOf(to), held);
            require(moved == amount && arrived == amount, VaultMovedOther(asset, amount, moved, arrived));
            uint256 native = _decrease(nativeBefore, address(this).balance);
            require(native == 0, VaultMovedOther(address(0), 0, native, 0));
        }
        emit Paid(asset, to, amount);
    }

    /// @notice Takes funds out. Owner only, at any time, stopped or not.
    function withdraw(address asset, address to, uint256 amount) external nonReentrant {
        require(msg.sender == OWNER, VaultNotOwner(msg.sender));
        if (asset == address(0)) Address.sendValue(payable(to), amount);
        else IERC20(asset).safeTransfer(to, amount);
        emit Withdrawn(asset, to, amount);
    }

    /// @notice Stops payments at once. The owner or a guardian. Each time counts, also when they are stopped already.
    function stop() external {
        require(msg.sender == OWNER || _isGuardian(msg.sender), VaultNotOwner(msg.sender));
        stopped = true;
        ++stops;
        emit StoppedSet(true, msg.sender);
    }

    /// @notice Restarts payments. Owner only (L5).
    /// @param expectedStops what {stops} said when this was decided: a decision never undoes a stop that came after it
    function restart(uint256 expectedStops) external {
        require(msg.sender == OWNER, VaultNotOwner(msg.sender));
        require(stops == expectedStops, VaultStopsDiffer(expectedStops, stops));
        stopped = false;
        emit StoppedSet(false, msg.sender);
    }

    /// @dev Guardians are those of the executor's authority: whoever may dispute there may stop here.
    function _isGuardian(address caller) private view returns (bool) {
        return Roles.isGuardian(IAccessManaged(EXECUTOR).authority(), caller);
    }

    function _decrease(uint256 from, uint256 to) private pure returns (uint256) {
        return from > to ? from - to : 0;
    }
}
