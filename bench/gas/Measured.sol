// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

interface SnapshotVm {
    struct Gas {
        uint64 gasLimit;
        uint64 gasTotalUsed;
        uint64 gasMemoryUsed;
        int64 gasRefunded;
        uint64 gasRemaining;
    }

    function lastCallGas() external view returns (Gas memory);
    function snapshotGasLastCall(string calldata group, string calldata name) external returns (uint256);
    function snapshotValue(string calldata group, string calldata name, uint256 value) external;
}

/// @title A table of what calls cost: each a whole transaction, all it touches cold, the second time it happens
/// @notice The profile `bench` isolates every call that a test makes, so the call before {measured} is the transaction that
///         is measured: 21,000 gas, its calldata and its refunds included. The tables are written to
///         contracts/cache-bench/measured, one file per group; `mandate bench gas` puts them together.
abstract contract Measured {
    SnapshotVm private constant _VM = SnapshotVm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @notice The last call was one of ours, which is not bounded.
    function ours(string memory path) internal returns (uint256 gas) {
        return _VM.snapshotGasLastCall("ours", path);
    }

    /// @notice The last call was one of ours, and may cost at most `bound`.
    function ours(string memory path, uint256 bound) internal returns (uint256 gas) {
        _VM.snapshotValue("bounds", path, bound);
        return ours(path);
    }

    /// @notice A figure that follows from several calls of ours, such as what each of a batch costs; at most `bound`.
    function oursIs(string memory path, uint256 gas, uint256 bound) internal {
        _VM.snapshotValue("ours", path, gas);
        _VM.snapshotValue("bounds", path, bound);
    }

    /// @notice What the last call cost, refunds not taken off: not a row, but what a row may be made of.
    function lastCall() internal view returns (uint256 gas) {
        return _VM.lastCallGas().gasTotalUsed;
    }

    /// @notice The last call was somebody else's.
    function peers(string memory path) internal returns (uint256 gas) {
        return _VM.snapshotGasLastCall("peers", path);
    }

    /// @notice A figure that follows from several calls of somebody else's.
    function peersIs(string memory path, uint256 gas) internal {
        _VM.snapshotValue("peers", path, gas);
    }
}
