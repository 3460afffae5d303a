// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice A token that is honest, or bad in whichever way it was told to be: what several tokens do in life.
contract MoodyToken is ERC20 {
    enum Mood {
        HONEST,
        RETURNS_NOTHING, // from all it does, as a large stablecoin does
        RETURNS_FALSE, // and does nothing
        SAYS_TRUE, // and does nothing
        FEE, // from the recipient
        SURCHARGE, // on top, from the sender
        SHRINKS, // all balances, within the transfer
        BLOCKS, // everybody
        REENTERS, // calls somebody before it moves anything
        GENEROUS, // approves more than was asked
        ZERO_FIRST // changes no allowance that isn't zero into another
    }

    error Moody();

    Mood public mood;
    uint256 private _divisor = 1;
    address private _target;
    bytes private _data;

    constructor() ERC20("Moody", "MOOD") {}

    function set(Mood mood_) external {
        mood = mood_;
    }

    /// @notice Whom it calls when it reenters.
    function hook(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function balanceOf(address account) public view override returns (uint256) {
        return super.balanceOf(account) / _divisor;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (_before(msg.sender, amount)) super.transfer(to, _net(amount));
        return _answer();
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (_before(from, amount)) {
            _spendAllowance(from, msg.sender, amount);
            _transfer(from, to, _net(amount));
        }
        return _answer();
    }

    function approve(address spender, uint256 amount) public override returns (bool) {
        require(mood != Mood.BLOCKS, Moody());
        require(mood != Mood.ZERO_FIRST || amount == 0 || allowance(msg.sender, spender) == 0, Moody());
        if (mood == Mood.REENTERS) _call();
        if (mood != Mood.RETURNS_FALSE && mood != Mood.SAYS_TRUE) {
            super.approve(spender, mood == Mood.GENEROUS ? amount + 1 : amount);
        }
        return _answer();
    }

    /// @dev Whether it moves anything.
    function _before(address from, uint256 amount) private returns (bool) {
        require(mood != Mood.BLOCKS, Moody());
        if (mood == Mood.REENTERS) _call();
        if (mood == Mood.SURCHARGE) _burn(from, amount / 100 + 1);
        if (mood == Mood.FEE) _burn(from, amount - _net(amount));
        if (mood == Mood.SHRINKS) ++_divisor;
        return mood != Mood.RETURNS_FALSE && mood != Mood.SAYS_TRUE;
    }

    function _net(uint256 amount) private view returns (uint256) {
        return mood == Mood.FEE ? amount - amount / 100 : amount;
    }

    function _call() private {
        (bool ok,) = _target.call(_data);
        ok;
    }

    function _answer() private view returns (bool) {
        if (mood == Mood.RETURNS_NOTHING) {
            assembly ("memory-safe") {
                return(0, 0)
            }
        }
        return mood != Mood.RETURNS_FALSE;
    }
}

/// @notice A contract that agents call: it takes what it may, or tries to take more, as it was told.
contract Taker {
    enum Mood {
        TAKES_ALL,
        TAKES_LESS,
        TAKES_NOTHING,
        TAKES_MORE,
        TAKES_TWICE,
        TAKES_ANOTHER,
        REENTERS,
        REVERTS
    }

    error TakerReverts();

    Mood public mood;
    ERC20 private _other;
    address private _target;
    bytes private _data;

    function set(Mood mood_, ERC20 other) external {
        (mood, _other) = (mood_, other);
    }

    function hook(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
    }

    /// @notice Takes `amount` of `asset` from the caller, or what its mood says.
    function take(ERC20 asset, uint256 amount) external {
        require(mood != Mood.REVERTS, TakerReverts());
        if (mood == Mood.REENTERS) _call();
        if (mood == Mood.TAKES_NOTHING) return;
        uint256 taken = mood == Mood.TAKES_LESS ? amount / 2 : mood == Mood.TAKES_MORE ? amount + 1 : amount;
        ERC20 what = mood == Mood.TAKES_ANOTHER ? _other : asset;
        _take(what, taken);
        if (mood == Mood.TAKES_TWICE) _take(asset, taken);
    }

    /// @notice Takes the native coin that comes with the call.
    function takeCoin() external payable {
        require(mood != Mood.REVERTS, TakerReverts());
        if (mood == Mood.REENTERS) _call();
        // Some comes back: it is not counted as spent less than nothing.
        if (mood == Mood.TAKES_LESS) {
            (bool ok,) = msg.sender.call{value: msg.value / 2}("");
            ok;
        }
        if (mood == Mood.TAKES_ANOTHER) _take(_other, 1);
    }

    /// @notice Nobody permits this one.
    function drain(ERC20 asset, uint256 amount) external {
        _take(asset, amount);
    }

    function _take(ERC20 asset, uint256 amount) private {
        (bool ok,) = address(asset).call(abi.encodeCall(asset.transferFrom, (msg.sender, address(this), amount)));
        ok;
    }

    function _call() private {
        (bool ok,) = _target.call(_data);
        ok;
    }
}
