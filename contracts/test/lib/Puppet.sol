// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {AgentRegistry} from "../../src/AgentRegistry.sol";
import {CallGuard} from "../../src/CallGuard.sol";
import {Intent} from "../../src/Intent.sol";
import {MandateAccount} from "../../src/MandateAccount.sol";
import {PolicyEngine} from "../../src/PolicyEngine.sol";

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

/// @notice An executor that orders whatever it is asked to, as often as it is asked: it judges nothing and may be entered again.
contract Orders {
    function make(address asset, uint256 amount, address target, bytes calldata data) external returns (uint256) {
        return MandateAccount(msg.sender)
            .callOut(Intent(1, msg.sender, block.chainid, asset, target, amount, data, 0, type(uint64).max));
    }
}

/// @notice An account that holds its funds itself.
contract GuardedAccount is MandateAccount {
    constructor(CallGuard guard)
        AccessManaged(guard.authority())
        MandateAccount(guard)
        PolicyEngine(AgentRegistry(address(0)), address(new Orders()), block.chainid, new uint256[](0))
    {}

    receive() external payable {}

    /// @notice As when a mandate gets its first limit for the asset.
    function measure(address asset) external {
        _onAsset(asset);
    }

    /// @notice Has the executor order a call: anybody may ask, at any time.
    function make(address asset, uint256 amount, address target, bytes calldata data) external returns (uint256) {
        return Orders(EXECUTOR).make(asset, amount, target, data);
    }

    function holder() public view virtual returns (address) {
        return address(this);
    }

    function _holder() internal view override returns (address) {
        return holder();
    }

    function _callAs(address target, uint256 value, bytes memory data)
        internal
        virtual
        override
        returns (bool success, bytes memory reason)
    {
        success = LowLevelCall.callNoReturn(target, value, data);
        if (!success && LowLevelCall.returnDataSize() <= MAX_REASON) reason = LowLevelCall.returnData();
    }

    function _isOwner(address) internal pure override returns (bool) {
        return false;
    }

    /// @dev It makes calls only: a payment would revert for not having been made.
    function _sendCoin(address, uint256) internal pure override {}

    function _sendToken(address, address, uint256) internal pure override {}
}

/// @notice A wallet that lets one module act, as a Safe does.
contract Wallet {
    address private _module;

    receive() external payable {}

    function enable(address module) external {
        require(_module == address(0));
        _module = module;
    }

    function exec(address target, uint256 value, bytes calldata data) external returns (bool) {
        require(msg.sender == _module, "not the module");
        return LowLevelCall.callNoReturn(target, value, data);
    }
}

/// @notice An account that moves what a wallet holds.
contract GuardedModule is GuardedAccount {
    Wallet public immutable WALLET = new Wallet();

    constructor(CallGuard guard) GuardedAccount(guard) {
        WALLET.enable(address(this));
    }

    function holder() public view override returns (address) {
        return address(WALLET);
    }

    function _callAs(address target, uint256 value, bytes memory data) internal override returns (bool, bytes memory) {
        return (WALLET.exec(target, value, data), "");
    }
}
