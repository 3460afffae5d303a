// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {BlocklistToken, MintableToken} from "./BadTokens.sol";
import {Vm} from "./Test.sol";

/// @notice An honest token.
contract PlainToken is MintableToken {}

/// @notice Returns nothing, and changes no allowance that isn't zero into another, as a large stablecoin does.
contract TetherToken {
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    error ZeroFirst();

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external {
        require(amount == 0 || allowance[msg.sender][spender] == 0, ZeroFirst());
        allowance[msg.sender][spender] = amount;
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @notice Refuses to approve zero.
contract NoZeroToken is MintableToken {
    error Zero();

    function approve(address spender, uint256 amount) public override returns (bool) {
        require(amount != 0, Zero());
        return super.approve(spender, amount);
    }
}

/// @notice Says false to an approval and sets nothing.
contract FalseApproveToken is MintableToken {
    function approve(address, uint256) public pure override returns (bool) {
        return false;
    }
}

/// @notice Says true to an approval and sets something else.
contract GenerousToken is MintableToken {
    function approve(address spender, uint256 amount) public override returns (bool) {
        return super.approve(spender, amount + 1);
    }
}

/// @notice Takes one percent on top when it is pulled.
contract SurchargePullToken is MintableToken {
    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        _burn(from, amount / 100);
        return super.transferFrom(from, to, amount);
    }
}

/// @notice Gives one percent less than was pulled.
contract FeePullToken is MintableToken {
    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        super.transferFrom(from, to, amount);
        _burn(to, amount / 100);
        return true;
    }
}

/// @notice Takes the native coin with it when it is pulled, as where a chain's coin is a token too.
contract DualToken is MintableToken {
    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        Vm(address(uint160(uint256(keccak256("hevm cheat code"))))).deal(from, from.balance - amount);
        return super.transferFrom(from, to, amount);
    }
}

/// @notice Says false when it is pulled and moves nothing.
contract FalsePullToken is MintableToken {
    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return false;
    }
}

/// @notice Halves all balances when it is pulled.
contract ShrinkingToken is MintableToken {
    uint256 private _divisor = 1;

    function balanceOf(address account) public view override returns (uint256) {
        return super.balanceOf(account) / _divisor;
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        _divisor *= 2;
        return super.transferFrom(from, to, amount);
    }
}

/// @notice Refuses to approve who is blocked.
contract BlocklistApproveToken is BlocklistToken {
    function approve(address spender, uint256 amount) public override returns (bool) {
        require(!blocked[spender], Blocked(spender));
        return super.approve(spender, amount);
    }
}

/// @notice Calls somebody within `approve`.
contract ApproveHookToken is MintableToken {
    address private _target;
    bytes private _call;
    bytes public answer;
    bool public succeeded = true;

    function hook(address target, bytes calldata call) external {
        (_target, _call) = (target, call);
    }

    function approve(address spender, uint256 amount) public override returns (bool) {
        if (_target != address(0)) {
            (bool ok, bytes memory said) = _target.call(_call);
            if (!ok) (succeeded, answer) = (false, said);
        }
        return super.approve(spender, amount);
    }
}

/// @notice Tells somebody of each transfer and approval, once it is done, as tokens with hooks do.
contract LoudToken is MintableToken {
    address private _listener;
    bytes private _words;

    function tell(address listener, bytes calldata words) external {
        (_listener, _words) = (listener, words);
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        super.transfer(to, amount);
        return _tell();
    }

    function approve(address spender, uint256 amount) public override returns (bool) {
        super.approve(spender, amount);
        return _tell();
    }

    function _tell() private returns (bool) {
        LowLevelCall.callNoReturn(_listener, 0, _words);
        return true;
    }
}

/// @notice Has a function of its own that raises an allowance of whoever calls it.
contract BackdoorToken is MintableToken {
    function improve() external {
        _approve(msg.sender, address(this), balanceOf(msg.sender));
    }
}

/// @notice Answers questions with as many bytes as it was told, or not at all.
contract TalkativeToken is MintableToken {
    uint256 private _size;
    bool private _reverts;
    bool private _about;

    /// @param about true: about allowances, false: about balances
    function talk(uint256 size, bool reverts, bool about) external {
        (_size, _reverts, _about) = (size, reverts, about);
    }

    function balanceOf(address account) public view override returns (uint256) {
        if (!_about) _talk();
        return super.balanceOf(account);
    }

    function allowance(address owner, address spender) public view override returns (uint256) {
        if (_about) _talk();
        return super.allowance(owner, spender);
    }

    function _talk() private view {
        (uint256 size, bool reverts) = (_size, _reverts);
        if (size == type(uint256).max) return; // an honest answer
        assembly ("memory-safe") {
            let p := mload(0x40)
            if reverts { revert(p, size) }
            return(p, size)
        }
    }
}

/// @notice Burns what its holder says, without an approval, and tells somebody.
contract BurningToken is MintableToken {
    function burn(uint256 amount, address told) external {
        _burn(msg.sender, amount);
        LowLevelCall.callNoReturn(told, 0, "play");
    }
}

/// @notice Wraps the native coin, one to one: what is unwrapped is burnt without an approval.
contract WrappedCoin is MintableToken {
    function deposit() external payable {
        _mint(msg.sender, msg.value);
    }

    function withdraw(uint256 amount) external {
        _burn(msg.sender, amount);
        (bool ok,) = msg.sender.call{value: amount}("");
        require(ok);
    }
}

/// @notice Shares of a pool of another token.
contract Shares is ERC4626 {
    constructor(IERC20 asset_) ERC20("Shares", "S") ERC4626(asset_) {}
}
