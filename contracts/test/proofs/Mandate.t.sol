// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentRegistry, Status} from "../../src/AgentRegistry.sol";
import {AgentVault} from "../../src/AgentVault.sol";
import {CallGuard} from "../../src/CallGuard.sol";
import {Intent} from "../../src/Intent.sol";
import {Finding} from "../../src/rules/MandateRules.sol";
import {PolicyEngine} from "../../src/PolicyEngine.sol";
import {Rule, Verdict} from "../../src/Verdict.sol";
import {Test} from "../lib/Test.sol";

/// @notice Authority and registry of an account: one caller is governance, another may tighten, nobody else may anything.
contract Powers {
    address public constant GOVERNANCE = address(0x60);
    address public constant TIGHTENER = address(0x71);

    function canCall(address caller, address, bytes4) external pure returns (bool, uint32) {
        return (caller == GOVERNANCE, 0);
    }

    function hasRole(uint64, address) external pure returns (bool, uint32) {
        return (false, 0);
    }

    function measure(address) external pure {}

    function isTightener(uint256, address caller) external pure returns (bool) {
        return caller == TIGHTENER;
    }

    function agent(uint256) external pure returns (address, Status, uint8) {
        return (address(0), Status.ACTIVE, 0);
    }
}

/// @title The account's setters and verdicts, proved for every value (scripts/prove)
contract MandateProof is Test {
    uint256 private constant REMOTE = 31338;
    uint256 private constant MANDATES = 5; // the slot of `_mandates`
    uint256 private constant TRAILS = 1; // the slot of `_trails`
    uint256 private constant ID = 7;
    address private constant ASSET = address(0xA55E7);

    Powers private immutable _POWERS = new Powers();
    PolicyEngine private immutable _ACCOUNT;

    constructor() {
        uint256[] memory others = new uint256[](1);
        others[0] = REMOTE;
        address powers = address(_POWERS);
        _ACCOUNT = new AgentVault(
            powers, address(this), AgentRegistry(powers), address(this), CallGuard(powers), block.chainid, others
        );
    }

    // ------------------------------------------------------------------ direction (L5)

    /// @notice Terms change at the word of who may tighten exactly when no field is looser; nobody else changes any. That what was set
    ///         is what is compared with later is {MeterProof}'s.
    function check_L5_setTerms_tightensOnly(
        PolicyEngine.Terms memory old,
        PolicyEngine.Terms memory terms,
        address caller
    ) public {
        if (old.frequencyWindow == 0 || terms.frequencyWindow == 0) return;
        if (old.frequencyWindow > _ACCOUNT.MAX_WINDOW() || terms.frequencyWindow > _ACCOUNT.MAX_WINDOW()) return;
        if (old.maxAuditLag == type(uint16).max || terms.maxAuditLag == type(uint16).max) return;
        vm.prank(_POWERS.GOVERNANCE());
        _ACCOUNT.setTerms(ID, old);
        bool looser = terms.expiry > old.expiry || terms.frequencyWindow < old.frequencyWindow
            || terms.maxTransactions > old.maxTransactions || terms.maxAuditLag > old.maxAuditLag
            || (terms.basic && !old.basic) || (terms.open && !old.open);
        bool may = caller == _POWERS.GOVERNANCE() || (caller == _POWERS.TIGHTENER() && !looser);
        vm.prank(caller);
        (bool done,) = address(_ACCOUNT).call(abi.encodeCall(PolicyEngine.setTerms, (ID, terms)));
        assert(done == may);
    }

    /// @notice The same of caps; of numbers that are below the least that would be rounded, so that none is refused as inexact. That
    ///         larger ones are kept and read as they are is {BudgetProof}'s.
    function check_L5_setLimit_capsTightenOnly(uint16[2] memory most, uint16[2] memory cap, address caller) public {
        PolicyEngine.Limit memory old = PolicyEngine.Limit(most[0] >> 2, cap[0], 1 days);
        PolicyEngine.Limit memory limit = PolicyEngine.Limit(most[1] >> 2, cap[1], 1 days);
        _setLimitTightensOnly(old, limit, caller);
    }

    /// @notice And of the window: a second shorter, the same, a second longer.
    function check_L5_setLimit_windowTightensOnly(uint8 which, address caller) public {
        if (which == 0) _windowTightensOnly(1 days - 1, caller);
        if (which == 1) _windowTightensOnly(1 days, caller);
        if (which == 2) _windowTightensOnly(1 days + 1, caller);
    }

    function _windowTightensOnly(uint24 window, address caller) private {
        _setLimitTightensOnly(PolicyEngine.Limit(10, 100, 1 days), PolicyEngine.Limit(10, 100, window), caller);
    }

    function _setLimitTightensOnly(PolicyEngine.Limit memory old, PolicyEngine.Limit memory limit, address caller)
        private
    {
        vm.prank(_POWERS.GOVERNANCE());
        _ACCOUNT.setLimit(ID, ASSET, old);
        bool looser = limit.perTransaction > old.perTransaction || limit.cap > old.cap || limit.window < old.window;
        bool may = caller == _POWERS.GOVERNANCE() || (caller == _POWERS.TIGHTENER() && !looser);
        vm.prank(caller);
        (bool done,) = address(_ACCOUNT).call(abi.encodeCall(PolicyEngine.setLimit, (ID, ASSET, limit)));
        assert(done == may);
    }

    /// @notice A chain and a recipient are taken away by who may tighten, and given by governance alone.
    function check_L5_setAssetChain_tightensOnly(bool old, bool allowed, address caller) public {
        _setAssetChainTightensOnly(block.chainid, REMOTE, old, allowed, caller);
    }

    function check_L5_setAssetChain_tightensOnly_elsewhere(bool old, bool allowed, address caller) public {
        _setAssetChainTightensOnly(REMOTE, block.chainid, old, allowed, caller);
    }

    function _setAssetChainTightensOnly(uint256 chainId, uint256 other, bool old, bool allowed, address caller)
        private
    {
        vm.prank(_POWERS.GOVERNANCE());
        _ACCOUNT.setAssetChain(ID, ASSET, chainId, old);
        bool may = caller == _POWERS.GOVERNANCE() || (caller == _POWERS.TIGHTENER() && !allowed);
        vm.prank(caller);
        (bool done,) = address(_ACCOUNT).call(abi.encodeCall(PolicyEngine.setAssetChain, (ID, ASSET, chainId, allowed)));
        assert(done == may);
        assert(_ACCOUNT.isAssetOnChain(ID, ASSET, chainId) == (done ? allowed : old));
        assert(!_ACCOUNT.isAssetOnChain(ID, ASSET, other));
    }

    function check_L5_setRecipient_tightensOnly(
        bool old,
        bool allowed,
        uint96 chainId,
        address recipient,
        address caller
    ) public {
        vm.prank(_POWERS.GOVERNANCE());
        _ACCOUNT.setRecipient(ID, chainId, recipient, old);
        bool may = caller == _POWERS.GOVERNANCE() || (caller == _POWERS.TIGHTENER() && !allowed);
        vm.prank(caller);
        (bool done,) =
            address(_ACCOUNT).call(abi.encodeCall(PolicyEngine.setRecipient, (ID, chainId, recipient, allowed)));
        assert(done == may);
        assert(_ACCOUNT.isRecipient(ID, chainId, recipient) == (done ? allowed : old));
    }

    /// @notice A recipient of one agent and chain is none of another's.
    function check_L11_setRecipient_isOfOneAgentAndChain(
        uint256 agentId,
        uint96 chainId,
        address recipient,
        uint256 otherAgent,
        uint256 otherChain,
        address other
    ) public {
        if (agentId == 0) return; // no agent
        vm.prank(_POWERS.GOVERNANCE());
        _ACCOUNT.setRecipient(agentId, chainId, recipient, true);
        bool same = agentId == otherAgent && chainId == otherChain && recipient == other;
        assert(_ACCOUNT.isRecipient(otherAgent, otherChain, other) == same);
    }

    /// @notice Who may tighten may freeze, and governance alone thaws, knowing of every freeze.
    function check_L4_thaw_isGovernances(uint256 expectedStops, address caller) public {
        vm.prank(_POWERS.TIGHTENER());
        _ACCOUNT.freeze(ID);
        vm.prank(caller);
        (bool done,) = address(_ACCOUNT).call(abi.encodeCall(PolicyEngine.thaw, (ID, expectedStops)));
        assert(done == (caller == _POWERS.GOVERNANCE() && expectedStops == 1));
        assert(_ACCOUNT.frozen(ID) == !done);
    }

    // ------------------------------------------------------------------ verdicts (L4)

    /// @notice Whatever the words of meter, budget and hash chain, and whatever is asked: there is a verdict, it admits nothing that is
    ///         empty, unlisted or a call, and what trips leaves the agent frozen.
    /// @custom:halmos --array-lengths intent.data={0,32}
    function check_L4_consume_neverReverts(
        uint256 meter,
        uint256 budget,
        uint256 trail,
        bool listed,
        Intent memory intent,
        Finding memory finding,
        uint32 now_
    ) public {
        _consumes(meter, budget, 0, trail, listed, intent, finding, now_);
    }

    /// @custom:halmos --array-lengths intent.data=0
    function deep_L4_consume_neverReverts(
        uint256 meter,
        uint256 budget,
        uint256 trail,
        Intent memory intent,
        Finding memory finding,
        uint32 now_
    ) public {
        for (uint256 exponent = 1; exponent < 32; ++exponent) {
            _consumes(meter, budget, exponent, trail, true, intent, finding, now_);
        }
    }

    /// @notice And {preview} says the same without effect.
    /// @custom:halmos --array-lengths intent.data=0
    function deep_L4_preview_isWhatConsumeSays(
        uint256 meter,
        uint256 budget,
        uint256 trail,
        Intent memory intent,
        Finding memory finding,
        uint32 now_
    ) public {
        _arrange(meter, budget, 0, trail, intent, now_);
        Verdict memory previewed = _ACCOUNT.preview(intent, finding);
        Verdict memory verdict = _ACCOUNT.consume(intent, finding);
        assert(keccak256(abi.encode(verdict)) == keccak256(abi.encode(previewed)));
    }

    function _consumes(
        uint256 meter,
        uint256 budget,
        uint256 exponent,
        uint256 trail,
        bool listed,
        Intent memory intent,
        Finding memory finding,
        uint32 now_
    ) private {
        _arrange(meter, budget, exponent, trail, intent, now_);
        if (listed) {
            vm.prank(_POWERS.GOVERNANCE());
            _ACCOUNT.setRecipient(ID, intent.chainId, intent.to, true);
        }
        try _ACCOUNT.consume(intent, finding) returns (Verdict memory verdict) {
            if (verdict.tripped) assert(_ACCOUNT.frozen(ID));
            if (verdict.rule == Rule.NONE) assert(intent.amount > 0 && finding.rule != Rule.SELECTOR);
        } catch {
            assert(false);
        }
    }

    function _arrange(uint256 meter, uint256 budget, uint256 exponent, uint256 trail, Intent memory intent, uint32 now_)
        private
    {
        vm.warp(now_);
        (intent.agentId, intent.asset, intent.chainId) = (ID, ASSET, block.chainid);
        uint256 exponents = (uint256(31) << 203) | (uint256(31) << 222);
        uint256 mandate = uint256(keccak256(abi.encode(ID, MANDATES)));
        _store(keccak256(abi.encode(address(0), mandate + 1)), meter);
        _store(keccak256(abi.encode(ASSET, mandate + 2)), (budget & ~exponents) | (exponent << 203) | (exponent << 222));
        _store(keccak256(abi.encode(ID, TRAILS)), trail);
        assert(_ACCOUNT.frozen(ID) == ((meter >> 249) & 1 == 1)); // that the words are where they were put
        assert(_ACCOUNT.isAssetOnChain(ID, ASSET, block.chainid) == ((budget >> 251) & 1 == 1));
        assert(_ACCOUNT.unpublished(ID) == (trail >> 16) & type(uint32).max);
    }

    function _store(bytes32 slot, uint256 word) private {
        vm.store(address(_ACCOUNT), slot, bytes32(word));
    }
}
