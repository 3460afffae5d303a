// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice What the badly behaved tokens below have in common: anybody mints.
abstract contract MintableToken is ERC20 {
    constructor() ERC20("Bad", "BAD") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @notice Takes its fee from the recipient.
contract FeeToken is MintableToken {
    /// @dev The recipient gets one percent less than what left.
    function transfer(address to, uint256 amount) public override returns (bool) {
        _burn(msg.sender, amount / 100);
        return super.transfer(to, amount - amount / 100);
    }
}

/// @notice The fee comes on top: more leaves the sender than was asked.
contract SurchargeToken is MintableToken {
    function transfer(address to, uint256 amount) public override returns (bool) {
        _burn(msg.sender, amount / 100);
        return ERC20.transfer(to, amount);
    }
}

/// @notice Says true and moves nothing.
contract LazyToken is MintableToken {
    function transfer(address, uint256) public pure override returns (bool) {
        return true;
    }
}

/// @notice Says false instead of reverting.
contract FalseToken is MintableToken {
    function transfer(address, uint256) public pure override returns (bool) {
        return false;
    }
}

/// @notice Every transfer changes all balances: the supply shrinks or grows within it.
contract RebasingToken is MintableToken {
    uint256 private _numerator = 1;
    uint256 private _denominator = 1;
    bool private immutable _GROWS;

    constructor(bool grows) {
        _GROWS = grows;
    }

    function balanceOf(address account) public view override returns (uint256) {
        return super.balanceOf(account) * _numerator / _denominator;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        super.transfer(to, amount);
        (_numerator, _denominator) = _GROWS ? (3, 2) : (1, 2);
        return true;
    }
}

/// @notice Refuses some recipients.
contract BlocklistToken is MintableToken {
    error Blocked(address account);

    mapping(address => bool) public blocked;

    function block_(address account) external {
        blocked[account] = true;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        require(!blocked[to], Blocked(to));
        return ERC20.transfer(to, amount);
    }
}

/// @notice Calls somebody within the transfer, as tokens with hooks do.
contract HookToken is MintableToken {
    address private _target;
    bytes private _call;
    bytes public answer;
    bool public succeeded;

    function hook(address target, bytes calldata call) external {
        (_target, _call) = (target, call);
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        (succeeded, answer) = _target.call(_call);
        return ERC20.transfer(to, amount);
    }
}

/// @notice Takes a transfer with exactly its arguments, and nothing behind them.
contract StrictToken {
    mapping(address => uint256) public balanceOf;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        require(msg.data.length == 68, "length");
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
        return true;
    }
}

/// @notice Takes the native coin, if it comes without a word.
contract SilentPayee {
    receive() external payable {}
}

/// @notice Returns nothing from `transfer`, as a large stablecoin does.
contract SilentToken {
    mapping(address => uint256) public balanceOf;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function transfer(address to, uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }
}
