// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentVault} from "../../src/AgentVault.sol";
import {Action} from "../../src/AuditLog.sol";
import {Budget} from "../../src/Budget.sol";
import {Intent} from "../../src/Intent.sol";
import {MandateAccount} from "../../src/MandateAccount.sol";
import {Meter} from "../../src/Meter.sol";
import {Pace} from "../../src/Pace.sol";
import {PolicyEngine} from "../../src/PolicyEngine.sol";
import {Finding} from "../../src/rules/MandateRules.sol";
import {Account} from "./Account.sol";

/// @title The account's setters, proved for every value (scripts/prove)
/// @notice Each goes through exactly when it is valid and governance calls it, or who may tighten and no field is looser than what
///         holds: in whatever state the words are. That no tighter word admits more is {MeterProof}'s, {BudgetProof}'s, {PaceProof}'s and
///         {VerdictProof}'s.
contract MandateProof is Account {
    uint256 private constant MAX_WINDOW = (1 << 22) - 1;

    // ------------------------------------------------------------------ direction (L5)

    function check_L5_setTerms_tightensOnly(uint256 word, PolicyEngine.Terms memory terms, address caller) public {
        _putMeter(word);
        Meter m = Meter.wrap(word);
        if (!_isSettable(m.window(), m.riskLevel())) return;
        bool valid = terms.frequencyWindow > 0 && terms.frequencyWindow <= MAX_WINDOW && terms.maxAuditLag < 2 ** 16 - 1;
        bool looser = terms.expiry > m.expiry() || terms.frequencyWindow < m.window() >> m.riskLevel();
        looser = looser || terms.maxTransactions > m.maxTransactions() || terms.maxAuditLag > m.maxAuditLag();
        looser = looser || (terms.basic && !m.basic()) || (terms.open && !m.open());
        bytes memory data = abi.encodeCall(PolicyEngine.setTerms, (ID, terms));
        if (!_tightensOnly(address(ACCOUNT), data, caller, valid, looser)) return;
        (Meter then,,,) = ACCOUNT.words(ID, ASSET);
        assert(then.basic() == terms.basic && then.open() == terms.open && then.riskLevel() == m.riskLevel());
        assert(then.window() == uint256(terms.frequencyWindow) << m.riskLevel() && then.running() == m.running());
    }

    function check_L5_setTempo_tightensOnly(uint256 word, uint8 risk, PolicyEngine.Tempo memory tempo, address caller)
        public
    {
        if (risk > 3) return; // two bits
        _putMeter(uint256(risk) << 254);
        _putPace(word);
        Pace p = Pace.wrap(word);
        if (!_isSettable(p.window(), risk)) return;
        bool valid = tempo.burstWindow <= MAX_WINDOW && (tempo.burst == 0 || tempo.burstWindow > 0);
        bool burst = tempo.burst == 0 || tempo.burst > p.burst() || tempo.burstWindow < p.window() >> risk;
        bool looser = (p.burst() > 0 && burst) || tempo.cooldown < p.cooldown();
        bytes memory data = abi.encodeCall(PolicyEngine.setTempo, (ID, tempo));
        if (!_tightensOnly(address(ACCOUNT), data, caller, valid, looser)) return;
        (,, Pace then,) = ACCOUNT.words(ID, ASSET);
        assert(then.burst() == tempo.burst && then.cooldown() == tempo.cooldown);
        assert(then.window() == uint256(tempo.burstWindow) << risk);
    }

    /// @notice Of caps below the least number that would be rounded, so that none is refused as inexact; that larger ones are kept and read
    ///         as they are is {BudgetProof}'s. At each risk level.
    function check_L5_setLimit_capsTightenOnly(uint16[2] memory most, uint16[2] memory cap, uint8 risk, address caller)
        public
    {
        for (uint256 level; level < 4; ++level) {
            if (risk != level) continue;
            PolicyEngine.Limit memory old = PolicyEngine.Limit(most[0] >> 2, cap[0], 1 days);
            PolicyEngine.Limit memory limit = PolicyEngine.Limit(most[1] >> 2, cap[1], 1 days);
            _setLimitTightensOnly(old, limit, level, caller);
        }
    }

    /// @notice And of the window: a second shorter, the same, a second longer, the longest, and one too long.
    function check_L5_setLimit_windowTightensOnly(uint8 which, uint8 risk, address caller) public {
        uint24[5] memory windows = [1 days - 1, 1 days, 1 days + 1, uint24(MAX_WINDOW), uint24(MAX_WINDOW + 1)];
        for (uint256 level; level < 4; ++level) {
            if (risk != level) continue;
            for (uint256 i; i < windows.length; ++i) {
                if (which != i) continue;
                PolicyEngine.Limit memory limit = PolicyEngine.Limit(10, 100, windows[i]);
                _setLimitTightensOnly(PolicyEngine.Limit(10, 100, 1 days), limit, level, caller);
            }
        }
    }

    function _setLimitTightensOnly(
        PolicyEngine.Limit memory old,
        PolicyEngine.Limit memory limit,
        uint256 risk,
        address caller
    ) private {
        _putMeter(risk << 254);
        _byGovernance(address(ACCOUNT), abi.encodeCall(PolicyEngine.setLimit, (ID, ASSET, old)));
        bool looser = limit.perTransaction > old.perTransaction || limit.cap > old.cap || limit.window < old.window;
        bytes memory data = abi.encodeCall(PolicyEngine.setLimit, (ID, ASSET, limit));
        bool done = _tightensOnly(address(ACCOUNT), data, caller, limit.window <= MAX_WINDOW, looser);
        (, Budget then,,) = ACCOUNT.words(ID, ASSET);
        assert(then.window() == uint256((done ? limit : old).window) << risk);
    }

    /// @dev A word's window is one that was set, doubled by each risk level.
    function _isSettable(uint256 window, uint256 risk) private pure returns (bool) {
        return (window >> risk) << risk == window && window >> risk <= MAX_WINDOW;
    }

    /// @notice The first limit of an asset is governance's, however small it is.
    function check_L5_setLimit_theFirstIsGovernances(uint16 most, uint16 cap, bool home, address caller) public {
        _putBudget(home ? 1 << 252 : 0);
        bytes memory data =
            abi.encodeCall(PolicyEngine.setLimit, (ID, ASSET, PolicyEngine.Limit(most >> 2, cap, 1 days)));
        _tightensOnly(address(ACCOUNT), data, caller, true, true);
    }

    /// @notice An asset goes at governance's word only, when it has no cap and nothing used; nothing of it stays.
    function check_L5_dropAsset_isGovernancesAndOfWhatIsUnused(
        uint256 word,
        uint256 chains,
        address caller,
        uint32 now_
    ) public {
        bytes memory data = abi.encodeCall(PolicyEngine.setLimit, (ID, ASSET, PolicyEngine.Limit(1, 1, 1)));
        _byGovernance(address(ACCOUNT), data);
        vm.warp(now_);
        _putBudget(word);
        _putChains(chains);
        Budget b = Budget.wrap(word & ~EXPONENTS);
        (uint256 used,) = b.usage();
        bool valid = b.window() > 0 && b.isEmpty() && used == 0;
        data = abi.encodeCall(PolicyEngine.dropAsset, (ID, ASSET));
        if (!_tightensOnly(address(ACCOUNT), data, caller, valid, true)) return;
        assert(ACCOUNT.assetsOf(ID).length == 0);
        assert(!ACCOUNT.isAssetOnChain(ID, ASSET, block.chainid) && !ACCOUNT.isAssetOnChain(ID, ASSET, REMOTE));
    }

    /// @notice A chain and a recipient are taken away by who may tighten, and given by governance alone.
    function check_L5_setAssetChain_tightensOnly(
        bool elsewhere,
        uint256 word,
        uint256 chains,
        bool allowed,
        address caller
    ) public {
        (uint256 chainId, uint256 other) = elsewhere ? (REMOTE, block.chainid) : (block.chainid, REMOTE);
        _putBudget(word);
        _putChains(chains);
        (bool old, bool there) = (ACCOUNT.isAssetOnChain(ID, ASSET, chainId), ACCOUNT.isAssetOnChain(ID, ASSET, other));
        bytes memory data = abi.encodeCall(PolicyEngine.setAssetChain, (ID, ASSET, chainId, allowed));
        bool done = _tightensOnly(address(ACCOUNT), data, caller, true, allowed);
        assert(ACCOUNT.isAssetOnChain(ID, ASSET, chainId) == (done ? allowed : old));
        assert(ACCOUNT.isAssetOnChain(ID, ASSET, other) == there);
    }

    function check_L5_setRecipient_tightensOnly(
        bool old,
        bool allowed,
        uint96 chainId,
        address recipient,
        address caller
    ) public {
        _byGovernance(address(ACCOUNT), abi.encodeCall(PolicyEngine.setRecipient, (ID, chainId, recipient, old)));
        bytes memory data = abi.encodeCall(PolicyEngine.setRecipient, (ID, chainId, recipient, allowed));
        bool done = _tightensOnly(address(ACCOUNT), data, caller, true, allowed);
        assert(ACCOUNT.isRecipient(ID, chainId, recipient) == (done ? allowed : old));
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
        _byGovernance(address(ACCOUNT), abi.encodeCall(PolicyEngine.setRecipient, (agentId, chainId, recipient, true)));
        bool same = agentId == otherAgent && chainId == otherChain && recipient == other;
        assert(ACCOUNT.isRecipient(otherAgent, otherChain, other) == same);
    }

    /// @notice Chains that mandates can name are governance's to add.
    function check_L5_registerChain_isGovernances(uint96 chainId, address caller) public {
        bool known = chainId == block.chainid || chainId == REMOTE;
        bytes memory data = abi.encodeCall(PolicyEngine.registerChain, (chainId));
        _tightensOnly(address(ACCOUNT), data, caller, !known, true);
    }

    // ------------------------------------------------------------------ breakers (L4)

    /// @notice Who may tighten may freeze, guardians too, and governance alone thaws, knowing of every freeze.
    function check_L4_thaw_isGovernances(uint256 word, uint256 expectedStops, address first, address caller) public {
        _putMeter(word);
        vm.prank(first);
        (bool froze,) = address(ACCOUNT).call(abi.encodeCall(PolicyEngine.freeze, (ID)));
        assert(froze == (first == TIGHTENER || first == GUARDIAN || first == GOVERNANCE));
        if (!froze) return;
        bytes memory data = abi.encodeCall(PolicyEngine.thaw, (ID, expectedStops));
        bool done = _tightensOnly(address(ACCOUNT), data, caller, expectedStops == 1, true);
        assert(ACCOUNT.frozen(ID) == !done);
    }

    /// @notice Guardians and the owner of the funds stop, governance alone restarts, knowing of every stop.
    function check_L4_restart_isGovernances(uint8 which, uint256 expectedStops, address first, address caller) public {
        for (uint8 i; i < 3; ++i) {
            if (which != i) continue;
            PolicyEngine.Scope scope = PolicyEngine.Scope(i);
            uint256 what = i == 0 ? 0 : i == 1 ? REMOTE : uint160(ASSET);
            vm.prank(first);
            (bool stopped,) = address(ACCOUNT).call(abi.encodeCall(PolicyEngine.stop, (scope, what)));
            assert(stopped == (first == OWNER || first == GUARDIAN || first == GOVERNANCE));
            if (!stopped) return;
            bytes memory data = abi.encodeCall(PolicyEngine.restart, (scope, what, expectedStops));
            bool done = _tightensOnly(address(ACCOUNT), data, caller, expectedStops == 1, true);
            (bool tripped,) = ACCOUNT.breaker(scope, what);
            assert(tripped == !done);
        }
    }

    // ------------------------------------------------------------------ everybody else (L1, L7)

    /// @notice There is no function of the account without data of variable length, setter or other, by which somebody without any power
    ///         changes an agent's words, its record or a breaker: whatever selector, whatever arguments. A key that is not the agent's finds no meter.
    function deep_L7_strangersChangeNothing(bytes4 selector, uint256[6] memory arguments, uint256 meter, address caller)
        public
    {
        _putMeter(meter);
        vm.assume(caller != KEY && caller != OWNER && caller != address(this));
        vm.assume(caller != GOVERNANCE && caller != GUARDIAN && caller != TIGHTENER && caller != address(POWERS));
        // Whose exactness is a loop over an unknown; {check_L5_setLimit_tightensOnly} says who sets it.
        vm.assume(selector != PolicyEngine.setLimit.selector);
        // The next proof's, the owner's, the modules', and views.
        vm.assume(selector != MandateAccount.payMany.selector && selector != MandateAccount.callOut.selector);
        vm.assume(selector != PolicyEngine.consume.selector && selector != PolicyEngine.append.selector);
        vm.assume(selector != PolicyEngine.preview.selector && selector != PolicyEngine.review.selector);
        vm.assume(selector != AgentVault.execute.selector);
        vm.prank(caller);
        (bool done,) = address(ACCOUNT).call(abi.encodePacked(selector, arguments));
        done; // a view
        (Meter m, Budget b, Pace p, uint256 unpublished) = ACCOUNT.words(ID, ASSET);
        assert(Meter.unwrap(m) == meter && Budget.unwrap(b) == 0 && Pace.unwrap(p) == 0 && unpublished == 0);
        (, uint256 records,) = ACCOUNT.chain(ID);
        (bool stopped, uint256 stops) = ACCOUNT.breaker(PolicyEngine.Scope.ALL, 0);
        assert(records == 0 && !stopped && stops == 0 && ACCOUNT.stops(ID) == 0);
        assert(ACCOUNT.chainIds().length == 2 && !ACCOUNT.isAssetOnChain(ID, ASSET, REMOTE));
    }

    /// @notice What has data of variable length is the executor's, the owner's, or the agent's key's.
    /// @custom:halmos --array-lengths intent.data={0,4},data={0,4}
    function deep_L7_whatTakesData_revertsForStrangers(
        Intent memory intent,
        Finding memory finding,
        bytes memory data,
        address caller,
        uint8 which
    ) public {
        vm.assume(caller != KEY && caller != OWNER && caller != address(this));
        bytes memory call_;
        if (which == 0) {
            call_ = abi.encodeCall(PolicyEngine.consume, (finding, bytes32(0), intent));
        } else if (which == 1) {
            call_ = abi.encodeCall(MandateAccount.callOut, (intent));
        } else if (which == 2) {
            call_ = abi.encodeCall(PolicyEngine.append, (Action.EXECUTED, ID, bytes32(0), keccak256(data)));
        } else if (which == 3) {
            call_ = abi.encodeCall(AgentVault.execute, (intent.to, intent.amount, data));
        } else {
            call_ = abi.encodeCall(MandateAccount.payMany, (ID, new MandateAccount.Payment[](1)));
        }
        vm.prank(caller);
        (bool done,) = address(ACCOUNT).call(call_);
        assert(!done);
    }
}
