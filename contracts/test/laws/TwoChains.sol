// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Deployed} from "../lib/Deployed.sol";
import {Vm} from "../lib/Test.sol";

/// @dev What forge tells of each storage access. Each struct ends where nothing more of it is needed.
interface StateDiffs {
    struct StorageAccess {
        address account;
        bytes32 slot;
        bool isWrite;
        bytes32 previousValue;
        bytes32 newValue;
        bool reverted;
    }

    struct AccountAccess {
        uint256 forkId;
        uint256 chainId;
        uint8 kind;
        address account;
        address accessor;
        bool initialized;
        uint256 oldBalance;
        uint256 newBalance;
        bytes deployedCode;
        uint256 value;
        bytes data;
        bool reverted;
        StorageAccess[] storageAccesses;
    }

    function startStateDiffRecording() external;
    function stopAndReturnStateDiff() external returns (AccountAccess[] memory);
}

/// @title Two whole chains in one EVM
/// @notice Executor, gateway, vault and token have everything of their own on each chain: {goTo} exchanges their whole storage, their
///         coins, and the executor's code, at the same addresses. Registry, rules and the authority, whose decisions are the
///         same on both, are shared.
/// @dev Which slots there are forge tells: whatever is written for the first time is one from then on, and the other chain has what
///      was there before.
abstract contract TwoChains is Deployed {
    StateDiffs private constant _DIFFS = StateDiffs(address(vm));

    Slot[] private _slots;
    mapping(address account => mapping(bytes32 slot => bool)) private _isOwn;
    mapping(address account => mapping(bytes32 slot => bytes32)) private _there;
    mapping(address account => uint256) private _etherThere;
    mapping(uint256 chain => bytes) private _code;
    address[4] private _twins;

    function deployTwoChains() internal {
        deployAll();
        _code[HOME] = address(executor).code;
        switchTo(REMOTE);
        _code[REMOTE] = address(executor).code;
        switchTo(HOME);
        _twins = [address(executor), address(gateway), address(vault), address(token)];
        _etherThere[address(vault)] = VAULT_ETH;
    }

    /// @dev Before a step: forge keeps neither the chain's id nor what it records between two steps.
    function beginStep() internal {
        vm.chainId(here);
        vm.recordLogs();
        _DIFFS.startStateDiffRecording();
    }

    /// @dev After a step, and before another chain is gone to.
    function endStep() internal {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        StateDiffs.AccountAccess[] memory calls_ = _DIFFS.stopAndReturnStateDiff();
        for (uint256 i; i < calls_.length; ++i) {
            StateDiffs.StorageAccess[] memory accesses = calls_[i].storageAccesses;
            for (uint256 j; j < accesses.length; ++j) {
                if (accesses[j].isWrite && !accesses[j].reverted) _own(accesses[j]);
            }
        }
        digest(logs);
    }

    /// @dev What happened on the chain where the test is.
    function digest(Vm.Log[] memory logs) internal virtual;

    function goTo(uint256 chain) internal {
        if (chain == here) return;
        endStep();
        here = chain;
        vm.etch(address(executor), _code[chain]);
        for (uint256 i; i < _twins.length; ++i) {
            address twin = _twins[i];
            uint256 ether_ = twin.balance;
            vm.deal(twin, _etherThere[twin]);
            _etherThere[twin] = ether_;
        }
        for (uint256 i; i < _slots.length; ++i) {
            Slot memory s = _slots[i];
            bytes32 leaving = vm.load(s.account, s.slot);
            bytes32 arriving = _there[s.account][s.slot];
            if (arriving == leaving) continue;
            vm.store(s.account, s.slot, arriving);
            _there[s.account][s.slot] = leaving;
        }
        beginStep();
    }

    /// @dev What a slot of a twin holds on a chain.
    function at(uint256 chain, address account, bytes32 slot) internal view returns (bytes32) {
        return chain == here || !_isOwn[account][slot] ? vm.load(account, slot) : _there[account][slot];
    }

    function etherAt(uint256 chain, address account) internal view returns (uint256) {
        return chain == here ? account.balance : _etherThere[account];
    }

    function _own(StateDiffs.StorageAccess memory access) private {
        address account = access.account;
        if (_isOwn[account][access.slot]) return;
        for (uint256 i; i < _twins.length; ++i) {
            if (_twins[i] != account) continue;
            _isOwn[account][access.slot] = true;
            _slots.push(Slot(account, access.slot));
            _there[account][access.slot] = access.previousValue;
        }
    }
}
