// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentRegistry, Status} from "../../src/AgentRegistry.sol";
import {Setters} from "./Powers.sol";

/// @notice An account that believes what the registry says.
contract Believer {
    address public wallet;
    bool public live;
    uint8 public riskLevel;

    function sync(uint256, address wallet_, bool live_, uint8 riskLevel_) external {
        (wallet, live, riskLevel) = (wallet_, live_, riskLevel_);
    }
}

/// @title Who agents are and may be, proved for every value (scripts/prove)
/// @notice The real {AgentRegistry}, with one agent, which {OWNER} registered and which has no key.
contract RegistryProof is Setters {
    address private constant OWNER = address(0x0E);

    AgentRegistry private immutable _REGISTRY = new AgentRegistry(address(POWERS));
    Believer private immutable _ACCOUNT = new Believer();
    uint256 private immutable _AGENT;

    constructor() {
        vm.prank(OWNER);
        _AGENT = _REGISTRY.register();
    }

    function _activate(uint256 expectedStops) private view returns (bytes memory) {
        return abi.encodeCall(AgentRegistry.activate, (_AGENT, address(_ACCOUNT), expectedStops));
    }

    function _mayTighten(address caller) private pure returns (bool) {
        return caller == OWNER || caller == GUARDIAN || caller == GOVERNANCE;
    }

    /// @notice The risk level goes up at the word of who may tighten, and down at governance's alone; the account knows at once.
    function check_L5_setRiskLevel_tightensOnly(uint8 old, uint8 next, bool active, address caller) public {
        if (active) _byGovernance(address(_REGISTRY), _activate(0));
        bytes memory data = abi.encodeCall(AgentRegistry.setRiskLevel, (_AGENT, old));
        if (!_byGovernance(address(_REGISTRY), data)) return;
        vm.prank(caller);
        (bool done,) = address(_REGISTRY).call(abi.encodeCall(AgentRegistry.setRiskLevel, (_AGENT, next)));
        // The owner of an agent that governance did not admit tightens nothing.
        bool mayTighten = _mayTighten(caller) && (active || caller != OWNER);
        assert(done == (next <= 3 && (caller == GOVERNANCE || (mayTighten && next >= old))));
        (,, uint8 level) = _REGISTRY.agent(_AGENT);
        assert(level == (done ? next : old));
        if (active) assert(_ACCOUNT.riskLevel() == level);
    }

    /// @notice Who may tighten suspends, and governance alone activates, knowing of every suspension and change of hands (L4). A revoked
    ///         agent stays so.
    function check_L4_activate_isGovernances(
        uint256 expectedStops,
        bool transfers,
        bool revokes,
        address first,
        address caller
    ) public {
        _byGovernance(address(_REGISTRY), _activate(0));
        assert(_ACCOUNT.live());
        vm.prank(first);
        (bool suspended,) = address(_REGISTRY).call(abi.encodeCall(AgentRegistry.suspend, (_AGENT)));
        assert(suspended == _mayTighten(first));
        if (transfers) {
            vm.prank(OWNER);
            _REGISTRY.transferFrom(OWNER, address(0x0F), _AGENT);
        }
        if (revokes) _byGovernance(address(_REGISTRY), abi.encodeCall(AgentRegistry.revoke, (_AGENT)));
        uint256 stops = (suspended ? 1 : 0) + (transfers ? 1 : 0);
        bool stopped = suspended || transfers;
        vm.prank(caller);
        (bool done,) = address(_REGISTRY).call(_activate(expectedStops));
        assert(done == (caller == GOVERNANCE && expectedStops == stops && stopped && !revokes));
        (, Status status,) = _REGISTRY.agent(_AGENT);
        assert((status == Status.ACTIVE) == _ACCOUNT.live());
        assert(_ACCOUNT.live() == (!revokes && (done || !stopped)));
    }

    /// @notice The account that holds its mandate is governance's to name, once (L2).
    function check_L2_activate_fixesTheAccount(address account, address caller) public {
        _byGovernance(address(_REGISTRY), _activate(0));
        _byGovernance(address(_REGISTRY), abi.encodeCall(AgentRegistry.suspend, (_AGENT)));
        vm.prank(caller);
        (bool done,) = address(_REGISTRY).call(abi.encodeCall(AgentRegistry.activate, (_AGENT, account, 1)));
        assert(done == (caller == GOVERNANCE && account == address(_ACCOUNT)));
        assert(_REGISTRY.accountOf(_AGENT) == address(_ACCOUNT));
    }
}
