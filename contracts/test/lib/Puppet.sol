// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {CallGuard} from "../../src/CallGuard.sol";
import {ForbiddenCalls} from "../../src/rules/ForbiddenCalls.sol";

/// @notice A contract that an agent calls, and that does what it was told before, whatever it is asked.
contract Puppet {
    struct Step {
        address to;
        uint256 value;
        bytes data;
        bool must; // revert when it fails
    }

    Step[] private _steps;
    uint256 private _size;
    bool private _reverts;
    /// @notice What came of the last step.
    bool public succeeded;
    bytes public answer;

    /// @notice Adds a step.
    function then(address to, uint256 value, bytes calldata data, bool must) external {
        _steps.push(Step(to, value, data, must));
    }

    /// @notice How it ends: so many bytes returned or reverted with.
    function end(uint256 size, bool reverts) external {
        (_size, _reverts) = (size, reverts);
    }

    receive() external payable {}

    fallback() external payable {
        for (uint256 i; i < _steps.length; ++i) {
            Step memory step = _steps[i];
            (succeeded, answer) = step.to.call{value: step.value}(step.data);
            require(succeeded || !step.must, "step");
        }
        (uint256 size, bool reverts) = (_size, _reverts);
        assembly ("memory-safe") {
            let p := mload(0x40)
            if reverts { revert(p, size) }
            return(p, size)
        }
    }
}

/// @notice An account that holds its funds itself.
contract GuardedAccount is CallGuard, ReentrancyGuardTransient {
    address[] private _assets;
    address private _subject;

    receive() external payable {}

    function measure(address asset) external {
        _assets.push(asset);
    }

    function make(address asset, uint256 amount, address target, bytes calldata data)
        external
        nonReentrant
        returns (uint256)
    {
        return _guardedCall(holder(), asset, amount, target, data, _assets);
    }

    /// @notice Names a contract that obeys this account.
    function rule(address subject_) external {
        _subject = subject_;
    }

    function holder() public view virtual returns (address) {
        return address(this);
    }

    function _isForbidden(address target, bytes4 selector) internal view override returns (bool) {
        return
            target == _subject || ForbiddenCalls.isForbiddenTarget(target)
                || ForbiddenCalls.isForbiddenSelector(selector);
    }
}

/// @notice A wallet that lets one module act, as a Safe does.
contract Wallet {
    address private _module;

    receive() external payable {}

    function enable(address module) external {
        require(_module == address(0));
        _module = module;
    }

    function exec(address target, uint256 value, bytes calldata data) external returns (bool ok) {
        require(msg.sender == _module, "not the module");
        (ok,) = target.call{value: value}(data);
    }
}

/// @notice An account that moves what a wallet holds.
contract GuardedModule is GuardedAccount {
    Wallet public immutable WALLET = new Wallet();

    constructor() {
        WALLET.enable(address(this));
    }

    function holder() public view override returns (address) {
        return address(WALLET);
    }

    function _callAs(address from, address target, uint256 value, bytes memory data)
        internal
        override
        returns (bool success, bytes memory reason)
    {
        return (Wallet(payable(from)).exec(target, value, data), "");
    }
}
