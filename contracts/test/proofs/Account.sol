// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentRegistry} from "../../src/AgentRegistry.sol";
import {AgentVault} from "../../src/AgentVault.sol";
import {CallGuard} from "../../src/CallGuard.sol";
import {Intent} from "../../src/Intent.sol";
import {PolicyEngine} from "../../src/PolicyEngine.sol";
import {Setters} from "./Powers.sol";

/// @notice The real {AgentVault}, into whose storage any words can be put. The proof itself is its executor.
/// @dev Of a budget the exponents are zero unless a proof says otherwise: a power of ten is a number only where its exponent is.
abstract contract Account is Setters {
    uint256 internal constant REMOTE = 31338;
    address internal constant ASSET = address(0xA55E7);
    address internal constant KEY = address(0x4E);
    address internal constant OWNER = address(0x0E);
    uint256 internal constant EXPONENTS = (uint256(31) << 203) | (uint256(31) << 222);
    uint256 private constant _TRAILS = 1; // slots
    uint256 private constant _MANDATES = 5;
    uint256 private constant _BREAKERS = 6;

    AgentVault internal immutable ACCOUNT;

    constructor() {
        uint256[] memory others = new uint256[](1);
        others[0] = REMOTE;
        address powers = address(POWERS);
        ACCOUNT = new AgentVault(
            powers, OWNER, AgentRegistry(powers), address(this), CallGuard(powers), block.chainid, others
        );
    }

    /// @dev Of the agent's key, which is {KEY}.
    function _putMeter(uint256 word) internal {
        _store(bytes32(_mandate()), uint160(KEY));
        _store(keccak256(abi.encode(KEY, _mandate() + 1)), word);
    }

    function _putBudget(uint256 word) internal {
        _putBudget(ASSET, word & ~EXPONENTS);
    }

    function _putBudget(address asset, uint256 word) internal {
        _store(keccak256(abi.encode(asset, _mandate() + 2)), word);
    }

    function _putChains(uint256 word) internal {
        _store(bytes32(uint256(keccak256(abi.encode(ASSET, _mandate() + 2))) + 1), word);
    }

    function _putPace(uint256 word) internal {
        _store(bytes32(_mandate() + 5), word);
    }

    function _putTrail(uint256 word) internal {
        _store(keccak256(abi.encode(ID, _TRAILS)), word);
    }

    function _putBreaker(PolicyEngine.Scope scope, uint256 what, bool tripped) internal {
        _store(keccak256(abi.encode(what, keccak256(abi.encode(scope, _BREAKERS)))), tripped ? 1 : 0);
    }

    /// @dev Lists a recipient on one of the two chains, or takes it off the list.
    function _list(uint256 chainId, address recipient, bool listed) internal {
        _store(keccak256(abi.encode((chainId << 160) | uint160(recipient), _mandate() + 3)), listed ? 1 : 0);
    }

    function _mandate() private pure returns (uint256) {
        return uint256(keccak256(abi.encode(ID, _MANDATES)));
    }

    function _store(bytes32 slot, uint256 word) private {
        vm.store(address(ACCOUNT), slot, bytes32(word));
    }

    function _here(Intent memory intent, bool elsewhere) internal view {
        (intent.agentId, intent.asset) = (ID, ASSET);
        intent.chainId = elsewhere ? REMOTE : block.chainid;
    }
}
