// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Headroom} from "../../src/MandateLens.sol";
import {Action, AuditLog} from "../../src/AuditLog.sol";
import {AgentRegistry, Status} from "../../src/AgentRegistry.sol";
import {CrossChainExecutor, State} from "../../src/CrossChainExecutor.sol";
import {DestinationExecutor} from "../../src/DestinationExecutor.sol";
import {ExecutorSettings} from "../../src/ExecutorSettings.sol";
import {HomeExecutor} from "../../src/HomeExecutor.sol";
import {BudgetWord} from "../../src/Budget.sol";
import {Intent} from "../../src/Intent.sol";
import {MandateAccount} from "../../src/MandateAccount.sol";
import {PolicyEngine} from "../../src/PolicyEngine.sol";
import {QuorumGateway} from "../../src/QuorumGateway.sol";
import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {Rule, Tier, Verdict} from "../../src/Verdict.sol";
import {Deployed} from "../lib/Deployed.sol";
import {Vm} from "../lib/Test.sol";

/// @notice What each invariant claims.
enum Claim {
    OUTFLOW, // L1: what left is what the agent asked for and the policy admitted
    LISTED, // L1: only listed recipients
    WINDOW, // L2: no window above the cap
    USAGE, // L2: what counts as used is what was, rounded up, and not for longer than a seventh too long
    ONCE, // L3: executed once, there, in time
    NONCE, // L3: a nonce is used once
    TRIP, // L4: breaches freeze, and nothing else does
    BREAKER, // L4: nothing leaves through a tripped breaker
    DIRECTION, // L5: looser by governance only
    LATER_STOP, // L5: no decision undoes a later stop
    RECORD, // L6: every action is one record
    LAG, // L6: no spending while too much is unpublished
    FORGERY, // L7: what home never sent is not executed
    KEYS, // L7: no key but governance's moves more
    LEFT // L12: what is said to be left can be spent, and no more
}

/// @title Everybody who can touch the system, honest or not, in any order; and an observer who keeps his own books
/// @notice Agent (honest, greedy, hijacked), owner, thief, relayers (one, a minority, a lying quorum), a rogue guardian,
///         governance, time, and one honest watchdog who acts before time passes. The observer looks at the events of
///         every step and notes the first breach of each claim in {breach}; he believes no contract's own counters.
contract Actors is Deployed {
    struct Use {
        uint256 when;
        uint256 amount;
    }

    /// @dev Everything that L5 speaks of.
    struct Mandate {
        PolicyEngine.Terms terms;
        PolicyEngine.Limit[2] limits;
        bool[12] allowed;
        bool[5] stopped;
        bool frozen;
        Status status;
        uint8 riskLevel;
        uint64 disputeWindow;
        address[] relayers;
        uint256 threshold;
    }

    /// @notice What broke the claim, empty while it holds.
    mapping(Claim => string) public breach;

    struct Queued {
        bytes32 id;
        Intent intent;
    }

    Queued[] private _queue;
    uint256 private _watched; // of these
    Intent[] private _known;
    bytes[] private _signatures;
    QuorumGateway.Message[] private _messages;
    uint256 private _sentNonce;

    mapping(bytes32 intentId => bool) private _signed;
    mapping(bytes32 intentId => bool) private _consumed;
    mapping(bytes32 intentId => uint256) private _executions;
    mapping(bytes32 intentId => bytes32) private _dispatchedAs;
    mapping(bytes32 intentId => bytes32) private _queuedAs;
    mapping(bytes32 intentId => uint256) private _executableAt;
    mapping(bytes32 intentId => uint256) private _queuedAt; // 0: never, or upheld
    mapping(bytes32 intentId => bool) private _disputed;

    mapping(address asset => Use[]) private _uses;
    mapping(address asset => uint256) private _shortestWindow;
    Use[] private _transactions;
    uint256 private _shortestFrequencyWindow = 1 hours;
    mapping(uint256 chain => mapping(address asset => uint256)) private _outflow;
    mapping(bytes32 intentId => bool) private _undone;
    mapping(bytes32 payment => uint256) private _asked; // of an account, by the agent's key
    mapping(bytes32 breaker => bool) private _stopped;
    mapping(bytes32 breaker => uint256) private _stops;
    mapping(uint256 chain => bytes26) private _heads;
    mapping(uint256 chain => uint256) private _counts;
    bytes32 private _unrecorded;
    bool private _mustBeFrozen;
    uint256 private _trips;
    uint256 private _suspensions;
    /// @dev As governance left it: whatever others did since only tightened it.
    bytes private _granted;
    mapping(uint256 chain => mapping(address => bool)) private _listed;
    mapping(uint256 nonce => bytes32 intentId) private _nonces;
    mapping(uint256 chain => uint256) private _published;
    mapping(address asset => uint256) private _changedAt; // the limit, or the risk level
    // What governance decided: the stops that it knew of.
    uint256 private _decidedTrips;
    uint256 private _decidedSuspensions;

    /// @notice How often something interesting happened: a run in which nothing does proves nothing.
    mapping(string what => uint256) public times;

    constructor() {
        deployAll();
        _shortestWindow[ETH] = WINDOW;
        _shortestWindow[address(token)] = WINDOW;
        (_listed[HOME][PAYEE], _listed[REMOTE][PAYEE]) = (true, true);
        PolicyEngine.Terms memory t = terms();
        t.maxAuditLag = 12; // a sequence should get there
        vm.prank(address(timelock));
        policy.setTerms(agentId, t);
        _granted = abi.encode(_mandate());
    }

    // ------------------------------------------------------------------ the observer

    modifier observed(bool byGovernance) {
        vm.chainId(here); // forge keeps the time between the steps of a sequence, not the chain's id
        if (byGovernance) checkDirection();
        vm.recordLogs();
        _;
        _digest(vm.getRecordedLogs());
        if (byGovernance) _granted = abi.encode(_mandate());
    }

    function _note(Claim claim, string memory what) private {
        if (bytes(breach[claim]).length == 0) breach[claim] = what;
    }

    function _digest(Vm.Log[] memory logs) private {
        for (uint256 i; i < logs.length; ++i) {
            Vm.Log memory log = logs[i];
            if (log.emitter == address(executor)) _executorEvent(log);
            else if (log.emitter == address(vault)) _accountEvent(log);
            else if (log.emitter == address(gateway)) _gatewayEvent(log);
            else if (log.emitter == address(registry)) _registryEvent(log);
        }
        if (_unrecorded != 0) _note(Claim.RECORD, "an action without a record");
        _unrecorded = 0;
    }

    function _executorEvent(Vm.Log memory log) private {
        bytes32 kind = log.topics[0];
        if (kind == ExecutorSettings.DisputeWindowSet.selector) return;
        bytes32 id = log.topics[1];
        Action action;
        bytes memory detail;
        if (kind == CrossChainExecutor.IntentExecuted.selector) {
            // Forge tells also of what was undone: a payment that failed after it had been announced.
            _undone[id] = stateOf(id) != State.EXECUTED;
            if (_undone[id]) return;
            (Intent memory intent, uint256 moved) = abi.decode(log.data, (Intent, uint256));
            (action, detail) = (Action.EXECUTED, abi.encode(intent.account, intent.asset, moved));
            _executed(id, intent, moved);
        } else if (kind == HomeExecutor.IntentDenied.selector) {
            (, Verdict memory v) = abi.decode(log.data, (Intent, Verdict));
            (action, detail) = (Action.DENIED, abi.encode(v));
            if (_isBreach(v.rule)) _mustBeFrozen = true;
            if (v.rule == Rule.AUDIT_LAG) ++times["too much unpublished"];
            ++times["denied"];
        } else if (kind == HomeExecutor.IntentDispatched.selector) {
            (, bytes32 messageId) = abi.decode(log.data, (Intent, bytes32));
            (action, detail) = (Action.DISPATCHED, abi.encode(messageId));
            _dispatchedAs[id] = messageId;
            if (!_consumed[id]) _note(Claim.OUTFLOW, "dispatched without the policy");
            (Intent memory intent,) = abi.decode(log.data, (Intent, bytes32));
            if (!_listed[intent.chainId][intent.to]) _note(Claim.LISTED, "dispatched to who is not listed there");
        } else if (kind == DestinationExecutor.IntentQueued.selector) {
            (Intent memory intent, bytes32 messageId, uint64 executableAt) =
                abi.decode(log.data, (Intent, bytes32, uint64));
            _queue.push(Queued(id, intent));
            (action, detail) = (Action.QUEUED, abi.encode(messageId, executableAt));
            (_queuedAs[id], _executableAt[id], _queuedAt[id]) = (messageId, executableAt, time());
            if (executableAt < time() + DISPUTE_WINDOW) {
                _note(Claim.FORGERY, "queued for less than the dispute window");
            }
            if (here == HOME) _note(Claim.ONCE, "queued at home");
        } else if (kind == DestinationExecutor.IntentDisputed.selector) {
            action = Action.DISPUTED;
            detail = log.data;
            _disputed[id] = true;
            ++times["disputed"];
        } else if (kind == DestinationExecutor.IntentUpheld.selector) {
            action = Action.UPHELD;
            detail = log.data;
            (_disputed[id], _executableAt[id], _queuedAt[id]) = (false, time(), 0);
        } else if (kind == CrossChainExecutor.IntentCancelled.selector) {
            (, address by) = abi.decode(log.data, (Intent, address));
            (action, detail) = (Action.CANCELLED, abi.encode(by));
        } else if (kind == CrossChainExecutor.IntentExpired.selector) {
            action = Action.EXPIRED;
        } else if (kind == HomeExecutor.IntentAdmitted.selector) {
            (, Tier tier, uint64 eta) = abi.decode(log.data, (Intent, Tier, uint64));
            (action, detail) = (Action.ADMITTED, abi.encode(tier, eta));
        }
        if (here == HOME && log.data.length > 32 && (action != Action.EXPIRED && action != Action.DISPUTED)) {
            _nonceUsed(id, abi.decode(log.data, (Intent)).nonce);
        }
        if (_unrecorded != 0) _note(Claim.RECORD, "an action without a record");
        _unrecorded = keccak256(abi.encode(here, uint256(log.topics[2]), action, id, keccak256(detail)));
    }

    /// @dev A basic mandate's intent is over at home with its first event.
    function _nonceUsed(bytes32 id, uint256 nonce) private {
        if (_nonces[nonce] != 0) _note(Claim.NONCE, "a nonce was used twice");
        _nonces[nonce] = id;
        if (!atHome.nonceUsed(agentId, nonce)) _note(Claim.NONCE, "a nonce that may be used again");
    }

    function _executed(bytes32 id, Intent memory intent, uint256 moved) private {
        if (!_signed[id]) _note(Claim.OUTFLOW, "executed what the agent did not sign");
        if (!_consumed[id]) _note(Claim.OUTFLOW, "executed without the policy");
        if (moved > intent.amount) _note(Claim.OUTFLOW, "moved more than declared");
        if (_executions[id]++ > 0) _note(Claim.ONCE, "executed twice");
        if (intent.chainId != here) _note(Claim.ONCE, "executed on another chain");
        if (time() > intent.deadline) _note(Claim.ONCE, "executed past its deadline");
        if (here == REMOTE) {
            if (time() < _executableAt[id]) _note(Claim.FORGERY, "executed within the dispute window");
            if (time() < _queuedAt[id] + executor.disputeWindow()) {
                _note(Claim.FORGERY, "executed within the lengthened window");
            }
            if (_disputed[id]) _note(Claim.FORGERY, "executed while disputed");
            if (_dispatchedAs[id] == 0 || _dispatchedAs[id] != _queuedAs[id]) {
                _note(Claim.FORGERY, "executed a forgery");
            }
            ++times["executed remotely"];
        } else {
            if (_mustBeFrozen) _note(Claim.BREAKER, "a frozen agent spent at home");
            if (!_listed[HOME][intent.to]) _note(Claim.LISTED, "paid to who is not listed");
            ++times["executed at home"];
        }
        if (intent.account != address(vault)) _note(Claim.ONCE, "executed from another account");
        _left(intent.asset, moved);
    }

    function _left(address asset, uint256 amount) private {
        _outflow[here][asset] += amount;
        if (
            _stopped[_breaker(PolicyEngine.Scope.ALL, 0)] || _stopped[_breaker(PolicyEngine.Scope.CHAIN, here)]
                || _stopped[_breaker(PolicyEngine.Scope.ASSET, uint160(asset))]
        ) _note(Claim.BREAKER, "something left through a tripped breaker");
    }

    function _breaker(PolicyEngine.Scope scope, uint256 what) private pure returns (bytes32) {
        return keccak256(abi.encode(scope, what));
    }

    function _auditEvent(Vm.Log memory log) private {
        (uint256 index, Action action, bytes32 recordHash, bytes26 head) =
            abi.decode(log.data, (uint256, Action, bytes32, bytes26));
        if (action == Action.EXECUTED && _undone[log.topics[2]]) return;
        if (recordHash != _unrecorded) _note(Claim.RECORD, "a record without its action, or of another one");
        _unrecorded = 0;
        _recorded(index, recordHash);
        if (head != _heads[here]) _note(Claim.RECORD, "a head that does not extend the chain");
    }

    function _recorded(uint256 index, bytes32 recordHash) private {
        _heads[here] = bytes26(keccak256(abi.encodePacked(_heads[here], recordHash)));
        if (index != _counts[here]++) _note(Claim.RECORD, "an index that does not count up");
    }

    function _accountEvent(Vm.Log memory log) private {
        bytes32 kind = log.topics[0];
        if (kind == AuditLog.Appended.selector) _auditEvent(log);
        if (kind == PolicyEngine.Paid.selector || kind == PolicyEngine.Refused.selector) _directEvent(log);
        if (kind == PolicyEngine.Thawed.selector) _mustBeFrozen = false;
        if (kind == PolicyEngine.LimitSet.selector) _changedAt[address(uint160(uint256(log.topics[2])))] = time();
        if (kind == PolicyEngine.RecipientSet.selector) {
            (bool allowed,) = abi.decode(log.data, (bool, address));
            _listed[uint256(log.topics[2])][address(uint160(uint256(log.topics[3])))] = allowed;
        }
        if (kind == AuditLog.Published.selector) (, _published[here]) = abi.decode(log.data, (uint256, uint256));
        if (kind == PolicyEngine.Tripped.selector) {
            _mustBeFrozen = true;
            ++_trips;
        }
        if (kind == PolicyEngine.Stopped.selector || kind == PolicyEngine.Restarted.selector) {
            bytes32 breaker = _breaker(PolicyEngine.Scope(uint256(log.topics[1])), uint256(log.topics[2]));
            _stopped[breaker] = kind == PolicyEngine.Stopped.selector;
            if (_stopped[breaker]) ++_stops[breaker];
        }
        if (kind == PolicyEngine.Consumed.selector) {
            _consumed[log.topics[2]] = true;
            _spent(address(uint160(uint256(log.topics[3]))), abi.decode(log.data, (uint256)));
        }
    }

    /// @dev Whenever something is admitted: all that was spent within the window that ends now. A use stays counted for the
    ///      shortest window there ever was, at least.
    function _spent(address asset, uint256 amount) private {
        _uses[asset].push(Use(time(), amount));
        _transactions.push(Use(time(), 1));
        Headroom memory h = lens.headroom(agentId, asset);
        if (_counts[HOME] - _published[HOME] > h.terms.maxAuditLag) {
            _note(Claim.LAG, "spent with too much unpublished");
        }
        if (_sum(_uses[asset], time() - _shortestWindow[asset]) > h.limit.cap) {
            _note(Claim.WINDOW, "a window above the cap");
        }
        if (_sum(_transactions, time() - _shortestFrequencyWindow) > h.terms.maxTransactions) {
            _note(Claim.WINDOW, "a window with too many transactions");
        }
        if (amount > h.limit.perTransaction) _note(Claim.WINDOW, "above the cap of one transaction");
    }

    /// @dev What the agent's key asked of the account itself: action and record in one event.
    function _directEvent(Vm.Log memory log) private {
        (address asset, address to, uint256 amount, uint256 index) =
            abi.decode(log.data, (address, address, uint256, uint256));
        bool paid = log.topics[0] == PolicyEngine.Paid.selector;
        bytes memory detail = abi.encode(vault, asset, amount);
        if (paid) {
            if (_mustBeFrozen) _note(Claim.BREAKER, "a frozen agent spent");
            if (!_listed[HOME][to]) _note(Claim.LISTED, "paid directly to who is not listed");
            if (here != HOME) _note(Claim.ONCE, "paid directly on another chain");
            _spent(asset, amount);
            _left(asset, amount);
            ++times["paid directly"];
        } else {
            (,,,, Verdict memory v) = abi.decode(log.data, (address, address, uint256, uint256, Verdict));
            detail = abi.encode(v);
            if (_isBreach(v.rule)) _mustBeFrozen = true;
            if (v.rule == Rule.AUDIT_LAG) ++times["too much unpublished"];
            ++times["refused directly"];
        }
        bytes32 asked = keccak256(abi.encode(asset, to, amount));
        if (_asked[asked] == 0) _note(Claim.OUTFLOW, "judged what the agent's key did not ask for");
        else --_asked[asked];
        if (_unrecorded != 0) _note(Claim.RECORD, "an action without a record");
        bytes32 id = executor.idOf(Intent(agentId, address(vault), here, asset, to, amount, "", index, 0));
        Action action = paid ? Action.EXECUTED : Action.DENIED;
        _recorded(index, keccak256(abi.encode(here, agentId, action, id, keccak256(detail))));
    }

    function _sum(Use[] storage uses, uint256 from) private view returns (uint256 total) {
        for (uint256 i = uses.length; i > 0 && uses[i - 1].when >= from; --i) {
            total += uses[i - 1].amount;
        }
    }

    function _registryEvent(Vm.Log memory log) private {
        if (log.topics[0] == AgentRegistry.RiskLevelSet.selector) {
            (_changedAt[ETH], _changedAt[address(token)]) = (time(), time());
        }
        if (log.topics[0] != AgentRegistry.StatusSet.selector) return;
        if (abi.decode(log.data, (Status)) == Status.SUSPENDED) ++_suspensions;
    }

    function _gatewayEvent(Vm.Log memory log) private {
        bytes32 kind = log.topics[0];
        if (kind == QuorumGateway.NonceAssigned.selector) {
            _sentNonce = abi.decode(log.data, (uint256));
        } else if (kind != QuorumGateway.MessageDelivered.selector && kind != QuorumGateway.RelayersSet.selector) {
            (bytes memory sender, bytes memory recipient, bytes memory payload,,) =
                abi.decode(log.data, (bytes, bytes, bytes, uint256, bytes[]));
            _messages.push(QuorumGateway.Message(here, _sentNonce, sender, recipient, payload));
        }
    }

    function _mandate() private view returns (Mandate memory m) {
        Headroom memory h = lens.headroom(agentId, ETH);
        (m.terms, m.limits[0], m.frozen, m.status) = (h.terms, h.limit, h.frozen, h.status);
        m.limits[1] = lens.headroom(agentId, address(token)).limit;
        for (uint256 i; i < 2; ++i) {
            uint256 chain = i == 0 ? HOME : REMOTE;
            m.allowed[6 * i] = policy.isAssetOnChain(agentId, ETH, chain);
            m.allowed[6 * i + 1] = policy.isAssetOnChain(agentId, address(token), chain);
            m.allowed[6 * i + 2] = policy.isAssetOnChain(agentId, address(votes), chain);
            m.allowed[6 * i + 3] = policy.isRecipient(agentId, chain, PAYEE);
            m.allowed[6 * i + 4] = policy.isRecipient(agentId, chain, THIEF);
            m.allowed[6 * i + 5] = policy.isRecipient(agentId, chain, OWNER);
        }
        (,, m.riskLevel) = registry.agent(agentId);
        m.disputeWindow = executor.disputeWindow();
        (m.relayers, m.threshold) = gateway.quorum();
        for (uint256 i; i < 5; ++i) {
            (m.stopped[i],) = _breakerOf(i);
        }
    }

    /// @dev What the account says of a breaker.
    function _breakerOf(uint256 seed) private view returns (bool tripped, uint256 stops) {
        (PolicyEngine.Scope scope, uint256 what) = _someBreaker(seed);
        return policy.breaker(scope, what);
    }

    function _someBreaker(uint256 seed) private view returns (PolicyEngine.Scope, uint256) {
        uint256 kind = seed % 5;
        if (kind == 0) return (PolicyEngine.Scope.ALL, 0);
        if (kind < 3) return (PolicyEngine.Scope.CHAIN, kind == 1 ? HOME : REMOTE);
        return (PolicyEngine.Scope.ASSET, kind == 3 ? 0 : uint160(address(token)));
    }

    /// @notice Whether breakers and counts of stops are what the events make them.
    function checkStops() external {
        if (policy.stops(agentId) != _trips) _note(Claim.TRIP, "a stop that was not counted, or counted twice");
        if (policy.frozen(agentId) != _mustBeFrozen) {
            _note(Claim.TRIP, "frozen without a breach, or thawed without governance");
        }
        for (uint256 i; i < 5; ++i) {
            (PolicyEngine.Scope scope, uint256 what) = _someBreaker(i);
            (bool tripped, uint256 stops) = policy.breaker(scope, what);
            bytes32 breaker = _breaker(scope, what);
            if (tripped != _stopped[breaker] || stops != _stops[breaker]) {
                _note(Claim.TRIP, "a breaker that nobody heard of");
            }
        }
    }

    /// @notice Whether what governance granted last was only tightened since.
    function checkDirection() public {
        (Mandate memory a, Mandate memory b) = (abi.decode(_granted, (Mandate)), _mandate());
        bool looser = b.terms.expiry > a.terms.expiry || b.terms.frequencyWindow < a.terms.frequencyWindow
            || b.terms.maxTransactions > a.terms.maxTransactions || b.terms.maxAuditLag > a.terms.maxAuditLag
            || (a.frozen && !b.frozen) || (b.status == Status.ACTIVE && a.status != Status.ACTIVE)
            || b.riskLevel < a.riskLevel || b.disputeWindow < a.disputeWindow || b.threshold < a.threshold;
        for (uint256 i; i < 2; ++i) {
            looser = looser || b.limits[i].perTransaction > a.limits[i].perTransaction
                || b.limits[i].cap > a.limits[i].cap || b.limits[i].window < a.limits[i].window;
        }
        for (uint256 i; i < 12; ++i) {
            looser = looser || (b.allowed[i] && !a.allowed[i]);
        }
        for (uint256 i; i < 5; ++i) {
            looser = looser || (a.stopped[i] && !b.stopped[i]);
        }
        for (uint256 i; i < b.relayers.length; ++i) {
            bool member;
            for (uint256 j; j < a.relayers.length; ++j) {
                member = member || b.relayers[i] == a.relayers[j];
            }
            looser = looser || !member;
        }
        if (looser) _note(Claim.DIRECTION, "looser without governance");
    }

    // ------------------------------------------------------------------ what the invariants ask

    /// @notice Whether every suspension was counted, once.
    function checkSuspensions() external {
        if (registry.stops(agentId) != _suspensions) {
            _note(Claim.LATER_STOP, "a suspension that was not counted, or counted twice");
        }
    }

    /// @notice Whether what counts as used is at least what was spent in the window, or more than the cap, and at most what was spent in eight sevenths
    ///         of it (and seven seconds a bucket for rounding), each amount rounded up to units.
    function checkUsage() external {
        for (uint256 i; i < 2; ++i) {
            address asset = i == 0 ? ETH : address(token);
            Headroom memory h = lens.headroom(agentId, asset);
            // Above the cap the figure may be too small: where a smaller unit cannot say what was spent, nothing is left.
            if (h.used <= h.limit.cap && h.used < _sum(_uses[asset], time() - _shortestWindow[asset])) {
                _note(Claim.USAGE, "less counts as used than was");
            }
            uint256 longest = (uint256(h.limit.window) << h.riskLevel) * 8 / 7 + 8;
            // What a change carries over counts from then on.
            if (time() < _changedAt[asset] + longest) continue;
            if (h.used > _roundedSum(_uses[asset], time() - longest, _unitOf(h.limit.cap))) {
                _note(Claim.USAGE, "counts as used for too long, or too much");
            }
        }
    }

    /// @dev The smallest power of ten in which the cap is below 2^19 - 1.
    function _unitOf(uint256 cap) private pure returns (uint256 unit) {
        unit = 1;
        while (cap / unit >= 2 ** 19 - 1) unit *= 10;
    }

    function _roundedSum(Use[] storage uses, uint256 from, uint256 unit) private view returns (uint256 total) {
        for (uint256 i = uses.length; i > 0 && uses[i - 1].when >= from; --i) {
            uint256 rest = uses[i - 1].amount % unit;
            total += uses[i - 1].amount + (rest == 0 ? 0 : unit - rest);
        }
    }

    /// @notice Whether the agent could now spend exactly what the lens says is left.
    function checkLeft() external {
        switchTo(HOME);
        if (_mustBeFrozen) return;
        for (uint256 i; i < 2; ++i) {
            address asset = i == 0 ? ETH : address(token);
            Headroom memory h = lens.headroom(agentId, asset);
            bool stopped = h.status != Status.ACTIVE || time() > h.terms.expiry || h.halted || h.assetHalted
                || !_listed[HOME][PAYEE];
            bool none = h.left == 0 || h.transactionsLeft == 0 || h.recordsLeft == 0;
            if (stopped || none || !policy.isAssetOnChain(agentId, asset, HOME)) continue;
            (bool ok, bytes memory why) = address(this).call(abi.encodeCall(this.spendAndUndo, (asset, h.left)));
            if (ok || bytes4(why) != Undone.selector) _note(Claim.LEFT, "what is left cannot be spent, or more can");
        }
    }

    error Undone();

    /// @dev Always reverts; with {Undone} if one more than `left` is refused, and `left` is paid.
    function spendAndUndo(address asset, uint256 left) external {
        vm.prank(AGENT);
        if (vault.pay(asset, left, PAYEE, agentId) != Rule.NONE) revert("left");
        vm.prank(AGENT);
        // A fraction of a unit more counts as a unit.
        if (vault.pay(asset, 1, PAYEE, agentId) == Rule.NONE) {
            require(lens.headroom(agentId, asset).limit.perTransaction == left, "more");
        }
        revert Undone();
    }

    /// @notice Whether the vault lost, on each chain, exactly what the agent's payments declared.
    function checkBooks() external {
        for (uint256 i; i < 2; ++i) {
            switchTo(here == HOME ? REMOTE : HOME);
            if (address(vault).balance + _outflow[here][ETH] != VAULT_ETH) {
                _note(Claim.OUTFLOW, "ether left unaccounted");
            }
            if (token.balanceOf(address(vault)) + _outflow[here][address(token)] != VAULT_TOKENS) {
                _note(Claim.OUTFLOW, "tokens left unaccounted");
            }
        }
        if (PAYEE.balance != _outflow[HOME][ETH] + _outflow[REMOTE][ETH]) {
            _note(Claim.KEYS, "ether went to somebody else");
        }
        if (token.balanceOf(PAYEE) != _outflow[HOME][address(token)] + _outflow[REMOTE][address(token)]) {
            _note(Claim.KEYS, "tokens went to somebody else");
        }
    }

    /// @notice Whether the log's heads are those recomputed from the events, on both chains.
    function checkHeads() external {
        for (uint256 i; i < 2; ++i) {
            switchTo(here == HOME ? REMOTE : HOME);
            (bytes26 head, uint256 count,) = auditLog.chain(agentId);
            if (head != _heads[here] || count != _counts[here]) {
                _note(Claim.RECORD, "the head is not what the actions make it");
            }
        }
    }

    // ------------------------------------------------------------------ agent, thief

    /// @notice The agent signs and somebody submits: mostly near what is left, sometimes beyond or nonsense.
    function agentPays(uint256 seed) external observed(false) {
        switchTo(HOME);
        Intent memory intent = _intent(seed);
        _remember(intent, sign(intent), true);
        _submit(_known.length - 1, seed);
    }

    function _intent(uint256 seed) private returns (Intent memory intent) {
        address asset = seed % 2 == 0 ? ETH : address(token);
        Headroom memory h = lens.headroom(agentId, asset);
        uint256 left = h.left;
        uint256 how = (seed >> 8) % 16;
        uint256 amount = how < 8 ? left / 2 + (seed >> 64) % (left / 2 + 1) : how < 13 ? left / 7 : left;
        if (how == 14) amount = (seed >> 80) % 2 == 0 ? left + 1 : h.limit.perTransaction;
        intent = (seed >> 16) % 2 == 0 ? payment(asset, amount) : remotePayment(asset, amount);
        uint256 odd = (seed >> 24) % 64;
        if (odd == 0) intent.to = THIEF;
        if (odd == 1) intent.data = hex"01";
        if (odd == 2) intent.asset = address(votes);
        if (odd == 3) intent.chainId = 99;
        if (odd == 4) intent.account = address(timelock);
        if (odd == 5) intent.deadline = uint64(time() + 10);
        if (odd == 6 && _known.length > 0) intent.nonce = _known[(seed >> 40) % _known.length].nonce;
        if (odd > 32) intent.deadline = uint64(time() + executor.MAX_LIFETIME());
    }

    function _remember(Intent memory intent, bytes memory proof, bool signed) private {
        bytes32 id = executor.idOf(intent);
        share(id);
        _known.push(intent);
        _signatures.push(proof);
        if (signed) _signed[id] = true;
    }

    function _submit(uint256 index, uint256 seed) private returns (bool ok) {
        vm.prank(_anybody(seed));
        bytes memory answer;
        (ok, answer) = address(executor).call(abi.encodeCall(atHome.submit, (_known[index], _signatures[index])));
        if (!ok) return false;
        (, Verdict memory v) = abi.decode(answer, (bytes32, Verdict));
        if (v.tripped && !policy.frozen(agentId)) _note(Claim.TRIP, "a breach that froze nobody");
    }

    /// @notice The agent's key asks the account itself, for one payment or for several at once.
    function agentPaysDirectly(uint256 seed) external observed(false) {
        switchTo(HOME);
        MandateAccount.Payment[] memory payments = _payments(seed);
        for (uint256 i; i < payments.length; ++i) {
            ++_asked[keccak256(abi.encode(payments[i].asset, payments[i].to, payments[i].amount))];
        }
        vm.prank(AGENT);
        if (payments.length == 1) {
            MandateAccount.Payment memory p = payments[0];
            Rule rule = vault.pay(p.asset, p.amount, p.to, agentId);
            if (_isBreach(rule) && !policy.frozen(agentId)) _note(Claim.TRIP, "a breach that froze nobody");
        } else {
            Rule[] memory rules = vault.payMany(agentId, payments);
            bool breached;
            for (uint256 i; i < rules.length; ++i) {
                if (breached && rules[i] != Rule.AGENT_BREAKER) _note(Claim.TRIP, "a batch went on after a breach");
                breached = breached || _isBreach(rules[i]);
            }
            if (breached && !policy.frozen(agentId)) _note(Claim.TRIP, "a breach in a batch that froze nobody");
        }
    }

    /// @notice Every other key asks the account for a payment of this agent: it is no answer, and freezes nobody.
    function strangerPaysDirectly(uint256 seed) external observed(false) {
        switchTo(HOME);
        address who = _anybody(seed);
        if (who == AGENT) return;
        bool frozen = policy.frozen(agentId);
        MandateAccount.Payment[] memory payments = _payments(seed);
        bytes memory call_ = payments.length == 1
            ? abi.encodeCall(vault.pay, (payments[0].asset, payments[0].amount, payments[0].to, agentId))
            : abi.encodeCall(vault.payMany, (agentId, payments));
        vm.prank(who);
        (bool ok, bytes memory answer) = address(vault).call(call_);
        if (ok) _note(Claim.OUTFLOW, "judged for a key that is not the agent's");
        if (policy.frozen(agentId) != frozen) _note(Claim.TRIP, "froze the agent by failing on its behalf");
        if (!ok && bytes4(answer) != PolicyEngine.PolicyNotAgent.selector) {
            _note(Claim.OUTFLOW, "refused for another reason");
        }
    }

    function _payments(uint256 seed) private returns (MandateAccount.Payment[] memory payments) {
        uint256 count = seed % 3 == 0 ? 2 + (seed >> 40) % 4 : 1;
        payments = new MandateAccount.Payment[](count);
        for (uint256 i; i < count; ++i) {
            Intent memory intent = _intent(uint256(keccak256(abi.encode(seed, i))));
            payments[i] =
                MandateAccount.Payment(intent.asset, intent.to, count == 1 ? intent.amount : intent.amount / 2);
        }
    }

    function _isBreach(Rule rule) private pure returns (bool) {
        return rule >= Rule.ASSET && rule <= Rule.WINDOW && rule != Rule.AMOUNT;
    }

    /// @notice What the agent never signed, or signed otherwise, is submitted: it is refused and freezes nobody.
    function thiefSubmits(uint256 seed) external observed(false) {
        switchTo(HOME);
        bool frozen = policy.frozen(agentId);
        Intent memory intent = _intent(seed);
        bytes memory proof = _signatures.length > 0 && seed % 3 == 0
            ? _signatures[(seed >> 32) % _signatures.length]
            : signature(0xD6, executor.idOf(intent));
        intent.to = seed % 5 == 0 ? THIEF : intent.to;
        intent.amount = seed % 7 == 0 ? type(uint256).max : intent.amount;
        _remember(intent, proof, false);
        bool ok = _submit(_known.length - 1, seed);
        if (ok) _note(Claim.OUTFLOW, "accepted what the agent did not sign");
        if (policy.frozen(agentId) != frozen) _note(Claim.TRIP, "froze the agent by failing on its behalf");
    }

    /// @notice Anything known is tried again, by anybody, anywhere.
    function replay(uint256 seed) external observed(false) {
        if (_known.length == 0) return;
        uint256 index = (seed >> 8) % _known.length;
        switchTo(seed % 4 == 0 ? REMOTE : HOME);
        _submit(index, seed);
    }

    // ------------------------------------------------------------------ relayers

    /// @notice Two or three honest relayers deliver a message that home sent, perhaps again.
    function relayersDeliver(uint256 seed) external observed(false) {
        if (_messages.length == 0) return;
        switchTo(REMOTE);
        QuorumGateway.Message memory message =
            _messages[seed % 3 == 0 ? (seed >> 8) % _messages.length : _messages.length - 1];
        _deliver(message, attest(message, 2 + (seed >> 16) % 2), seed);
    }

    function _deliver(QuorumGateway.Message memory message, bytes memory signatures, uint256 seed)
        private
        returns (bool ok)
    {
        vm.prank(_anybody(seed));
        (ok,) = address(gateway).call(abi.encodeCall(gateway.deliver, (message, alone(), signatures)));
    }

    /// @notice One relayer's key, however often it signs, delivers nothing.
    function minorityForges(uint256 seed) external observed(false) {
        Intent memory intent = _forgery(seed);
        QuorumGateway.Message memory message = messageOf(intent, seed >> 200);
        bytes memory signatures = attest(message, 1);
        if (seed % 2 == 0) {
            bytes memory other = compact(0xBAD, gateway.attestationDigest(gateway.messageId(message)));
            signatures = bytes.concat(signatures, seed % 4 == 0 ? signatures : other);
        }
        if (_deliver(message, signatures, seed)) _note(Claim.KEYS, "one relayer delivered alone");
    }

    /// @notice A lying quorum delivers what home never dispatched: anything, anywhere.
    function quorumForges(uint256 seed) external observed(false) {
        Intent memory intent = _forgery(seed);
        QuorumGateway.Message memory message = messageOf(intent, seed >> 200);
        if (_deliver(message, attest(message, 3), seed)) ++times["forged"];
    }

    function _forgery(uint256 seed) private returns (Intent memory intent) {
        switchTo(seed % 4 == 0 ? HOME : REMOTE);
        if (_known.length > 0 && seed % 3 == 0) intent = _known[(seed >> 8) % _known.length];
        else intent = (seed >> 4) % 2 == 0 ? payment(ETH, 500 ether) : payment(address(token), 500_000e6);
        if (seed % 5 != 0) {
            intent.chainId = here;
            intent.account = address(vault);
        }
        if (seed % 7 == 0) intent.to = THIEF;
        _remember(intent, "", false);
    }

    // ------------------------------------------------------------------ anybody at the destination

    function executeSome(uint256 seed) external observed(false) {
        _onSome(seed, abroad.execute.selector, State.QUEUED, _anybody(seed));
    }

    function finishSome(uint256 seed) external observed(false) {
        bytes4[3] memory kinds = [abroad.resolve.selector, executor.expire.selector, atHome.proceed.selector];
        State[3] memory states = [State.DISPUTED, State.QUEUED, State.ADMITTED];
        _onSome(seed >> 2, kinds[seed % 3], states[seed % 3], _anybody(seed));
    }

    function cancelSome(uint256 seed) external observed(false) {
        _onSome(seed, atHome.cancel.selector, State.NONE, _anybody(seed));
    }

    /// @notice A guardian who lies, or anybody else, disputes whatever he likes.
    function disputeSome(uint256 seed) external observed(false) {
        address who = (seed >> 64) % 4 == 0 ? WATCHDOG2 : _anybody(seed);
        _onSome(seed, abroad.dispute.selector, State.QUEUED, who);
    }

    /// @notice Governance upholds what was dispatched and disputed wrongly; everybody else tries it in vain.
    function upholdSome(uint256 seed) external observed(false) {
        if (_known.length == 0) return;
        switchTo(REMOTE);
        Intent memory intent = _pick(seed, State.DISPUTED);
        bytes32 id = executor.idOf(intent);
        bool honest = _dispatchedAs[id] != 0 && _dispatchedAs[id] == _queuedAs[id];
        vm.prank(honest ? address(timelock) : _anybody(seed));
        (bool ok,) = address(executor).call(abi.encodeCall(abroad.uphold, (intent)));
        if (ok && !honest) _note(Claim.KEYS, "upheld without governance");
    }

    function _onSome(uint256 seed, bytes4 selector, State state, address who) private returns (bool ok) {
        if (_known.length == 0) return false;
        switchTo(seed % 8 == 0 || selector == atHome.cancel.selector ? HOME : REMOTE);
        Intent memory intent = _pick(seed, state);
        vm.prank(who);
        (ok,) = address(executor).call(abi.encodeWithSelector(selector, intent));
    }

    /// @dev One in four is anyone; else the latest in that state, if there is one.
    function _pick(uint256 seed, State state) private view returns (Intent memory) {
        for (uint256 i = _known.length; (seed >> 5) % 4 > 0 && i > 0 && i + 30 > _known.length; --i) {
            if (stateOf(executor.idOf(_known[i - 1])) == state) return _known[i - 1];
        }
        return _known[(seed >> 8) % _known.length];
    }

    // ------------------------------------------------------------------ the mandate

    /// @notice Anybody but governance changes anything to anything.
    function meddle(uint256 seed) external observed(false) {
        switchTo(HOME);
        address who = _anybody(seed);
        (address target, bytes memory call_) =
            (seed >> 8) % 16 < 6 ? (address(policy), _policyCall(seed)) : _otherCall(seed, who);
        if (call_.length == 0) return;
        vm.prank(who);
        (bool ok,) = target.call(call_);
        if (ok) ++times["meddled"];
        bytes4 selector = bytes4(call_);
        if (ok && (selector == vault.withdraw.selector || selector == vault.payOut.selector)) {
            _note(Claim.KEYS, "a single key moved value");
        }
        if (ok && (selector == vault.sync.selector || selector == vault.consume.selector)) {
            _note(Claim.KEYS, "a single key did what registry and executor do");
        }
    }

    /// @notice A rogue guardian trips a breaker now and then; governance resets what it finds tripped.
    function guardianStops(uint256 seed) external observed(false) {
        if (seed % 3 > 0) return;
        switchTo(HOME);
        (PolicyEngine.Scope scope, uint256 what) = _someBreaker(seed >> 8);
        vm.prank(WATCHDOG2);
        policy.stop(scope, what);
    }

    function _policyCall(uint256 seed) private view returns (bytes memory) {
        address asset = (seed >> 3) % 2 == 0 ? ETH : address(token);
        uint256 chain = (seed >> 4) % 2 == 0 ? HOME : REMOTE;
        bool allowed = (seed >> 16) % 4 > 0;
        uint256 kind = (seed >> 8) % 16;
        if (kind == 0) return abi.encodeCall(policy.setTerms, (agentId, _someTerms(seed)));
        if (kind == 1) return abi.encodeCall(policy.setLimit, (agentId, asset, _someLimit(seed, asset)));
        if (kind == 2) return abi.encodeCall(policy.setAssetChain, (agentId, asset, chain, allowed));
        if (kind == 3) {
            return abi.encodeCall(policy.setRecipient, (agentId, chain, (seed >> 20) % 3 == 0 ? PAYEE : THIEF, allowed));
        }
        if (kind == 4) return seed % 8 == 0 ? abi.encodeCall(policy.freeze, (agentId)) : bytes("");
        return abi.encodeCall(policy.thaw, (agentId, policy.stops(agentId)));
    }

    function _otherCall(uint256 seed, address who) private view returns (address, bytes memory) {
        uint256 kind = (seed >> 8) % 16;
        if (kind == 6) {
            return (address(registry), seed % 8 == 0 ? abi.encodeCall(registry.suspend, (agentId)) : bytes(""));
        }
        if (kind == 7) {
            return
                (
                    address(registry),
                    abi.encodeCall(registry.activate, (agentId, address(vault), registry.stops(agentId)))
                );
        }
        if (kind == 8) {
            return (address(registry), abi.encodeCall(registry.setRiskLevel, (agentId, uint8((seed >> 16) % 4))));
        }
        if (kind == 9) {
            uint64 window = uint64((seed >> 16) % 90);
            return (
                address(executor),
                seed % 2 == 0
                    ? abi.encodeCall(executor.lengthenDisputeWindow, (window))
                    : abi.encodeCall(executor.setDisputeWindow, (window, executor.stops()))
            );
        }
        if (kind == 10) return (address(vault), abi.encodeCall(vault.withdraw, (ETH, who, 1)));
        if (kind == 11) return (address(gateway), _quorumCall(seed));
        if (kind == 12) return (address(vault), abi.encodeCall(vault.payOut, (bytes32(0), agentId, ETH, who, 1)));
        if (kind == 13) return (address(vault), abi.encodeCall(vault.sync, (agentId, who, true, 0)));
        (PolicyEngine.Scope scope, uint256 what) = _someBreaker(seed >> 16);
        if (kind == 14) return (address(vault), seed % 4 == 0 ? abi.encodeCall(vault.stop, (scope, what)) : bytes(""));
        (, uint256 stops) = policy.breaker(scope, what);
        return (address(vault), abi.encodeCall(vault.restart, (scope, what, stops)));
    }

    /// @dev One relayer out, or the threshold up or down, or a stranger in.
    function _quorumCall(uint256 seed) private view returns (bytes memory) {
        (address[] memory set, uint256 threshold) = gateway.quorum();
        uint256 how = (seed >> 16) % 8;
        if (how == 0 && set.length > 1) {
            address[] memory fewer = new address[](set.length - 1);
            for (uint256 i; i < fewer.length; ++i) {
                fewer[i] = set[i];
            }
            return abi.encodeCall(gateway.tightenRelayers, (fewer, threshold));
        }
        if (how == 1) set[set.length - 1] = address(type(uint160).max);
        uint256 other = how == 2 ? threshold + 1 : threshold - 1;
        return how < 5
            ? abi.encodeCall(gateway.tightenRelayers, (set, other))
            : abi.encodeCall(gateway.setRelayers, (set, other, 0, gateway.stops()));
    }

    function _someTerms(uint256 seed) private view returns (PolicyEngine.Terms memory t) {
        t = lens.headroom(agentId, ETH).terms;
        uint256 field = (seed >> 16) % 5;
        uint256 step = (seed >> 24) % 3;
        if (field == 0) t.expiry = t.expiry + 1 - uint32(step);
        if (field == 1) t.frequencyWindow = t.frequencyWindow + 1 - uint24(step);
        if (field == 2) t.maxTransactions = t.maxTransactions + 1 - uint16(t.maxTransactions > 3 ? step : 1);
        if (field == 3) t.maxAuditLag = t.maxAuditLag + 1 - uint16(t.maxAuditLag > 20 ? step : 1);
        if (field == 4) {
            t = PolicyEngine.Terms(
                t.expiry - 1, t.frequencyWindow + 60, t.maxTransactions, t.maxAuditLag + uint16(step), t.basic, t.open
            );
        }
    }

    function _someLimit(uint256 seed, address asset) private view returns (PolicyEngine.Limit memory l) {
        l = lens.headroom(agentId, asset).limit;
        uint256 field = (seed >> 16) % 3;
        bool up = (seed >> 24) % 2 == 0;
        uint256 part = 2 + (seed >> 32) % 8;
        // What can't be kept exactly is refused: a change of nothing would teach nothing.
        if (field == 0) {
            uint256 most =
                up ? l.perTransaction + l.perTransaction / part + 1 : l.perTransaction - l.perTransaction / part;
            l.perTransaction = uint104(BudgetWord.exactPerTransaction(most));
        }
        if (field == 1) l.cap = uint104(BudgetWord.exactCap(up ? l.cap + l.cap / part + 1 : l.cap - l.cap / part));
        if (field == 2) l.window = uint24(up ? l.window + l.window / part : l.window - 1);
        if (l.window > 10 days) l.window = 10 days;
    }

    /// @notice Governance thaws, reactivates, and sets limits as it likes, looser too.
    function govern(uint256 seed) external observed(true) {
        switchTo(HOME);
        vm.startPrank(address(timelock));
        policy.thaw(agentId, policy.stops(agentId));
        (, Status status,) = registry.agent(agentId);
        if (status == Status.SUSPENDED) registry.activate(agentId, address(vault), registry.stops(agentId));
        for (uint256 i; i < 2; ++i) {
            uint256 chain = i == 0 ? HOME : REMOTE;
            policy.setAssetChain(agentId, ETH, chain, true);
            policy.setAssetChain(agentId, address(token), chain, true);
            policy.setRecipient(agentId, chain, PAYEE, true);
        }
        for (uint256 i; i < 5; ++i) {
            (PolicyEngine.Scope scope, uint256 what) = _someBreaker(i);
            (bool tripped, uint256 stops) = policy.breaker(scope, what);
            if (!tripped) continue;
            policy.restart(scope, what, stops);
            ++times["restarted"];
        }
        gateway.setRelayers(relayers(), 2, 0, gateway.stops());
        if (executor.disputeWindow() > 2 minutes) executor.setDisputeWindow(DISPUTE_WINDOW, executor.stops());
        if (seed % 4 == 0) {
            uint256 scale = 1 + (seed >> 8) % 5;
            uint24 window = uint24(1 hours * (1 + (seed >> 16) % 30));
            policy.setLimit(
                agentId, ETH, PolicyEngine.Limit(uint104(scale * 1 ether), uint104(scale * 3 ether), window)
            );
            policy.setLimit(
                agentId, address(token), PolicyEngine.Limit(uint104(scale * 1000e6), uint104(scale * 2500e6), window)
            );
            PolicyEngine.Terms memory t = terms();
            t.frequencyWindow = uint24(10 minutes * (1 + (seed >> 24) % 8));
            t.maxTransactions = uint16(3 + (seed >> 32) % 10);
            t.maxAuditLag = uint16(5 + (seed >> 40) % 12);
            policy.setTerms(agentId, t);
            if (window < _shortestWindow[ETH]) {
                _shortestWindow[ETH] = window;
                _shortestWindow[address(token)] = window;
            }
            if (t.frequencyWindow < _shortestFrequencyWindow) _shortestFrequencyWindow = t.frequencyWindow;
        }
        vm.stopPrank();
    }

    /// @notice Governance decides to let the agent go, and carries out later, perhaps much later, what it decided then.
    function decideAndActLater(uint256 seed) external observed(true) {
        switchTo(HOME);
        if (seed % 3 == 0) {
            (_decidedTrips, _decidedSuspensions) = (policy.stops(agentId), registry.stops(agentId));
            return;
        }
        bool frozen = policy.frozen(agentId);
        vm.startPrank(address(timelock));
        (bool thawed,) = address(policy).call(abi.encodeCall(policy.thaw, (agentId, _decidedTrips)));
        (bool active,) =
            address(registry).call(abi.encodeCall(registry.activate, (agentId, address(vault), _decidedSuspensions)));
        vm.stopPrank();
        if (thawed && _trips != _decidedTrips) {
            _note(Claim.LATER_STOP, "a thaw undid a stop that came after it was decided");
        }
        if (active && _suspensions != _decidedSuspensions) {
            _note(Claim.LATER_STOP, "an activation undid a later suspension");
        }
        if (frozen && !thawed) ++times["acted late"];
    }

    function publishSome(uint256 seed) external observed(false) {
        switchTo(seed % 4 == 0 ? REMOTE : HOME);
        (, uint256 count, uint256 published) = auditLog.chain(agentId);
        if (count == published) return;
        vm.prank(PUBLISHER);
        auditLog.publish(agentId, published, published + 1 + seed % (count - published), bytes32(seed), bytes32(seed));
    }

    // ------------------------------------------------------------------ time and the honest watchdog

    /// @notice Time passes, from a second to more than a day. Before it does, the honest watchdog acts.
    function passTime(uint256 seed) external observed(false) {
        _watch();
        uint256 kind = seed % 8;
        uint256 most = kind < 4 ? 2 minutes : kind < 6 ? 20 minutes : kind == 6 ? 3 hours : 30 hours;
        skip(1 + (seed >> 8) % most);
    }

    /// @dev Believes no relayer: whatever is queued must have left home under that very message id.
    function _watch() private {
        switchTo(REMOTE);
        for (; _watched < _queue.length; ++_watched) {
            bytes32 id = _queue[_watched].id;
            if (stateOf(id) != State.QUEUED || _dispatchedAs[id] == _queuedAs[id]) continue;
            vm.prank(WATCHDOG);
            abroad.dispute(_queue[_watched].intent);
            ++times["forgery stopped"];
        }
    }

    /// @dev Every key but governance's and the honest watchdog's.
    function _anybody(uint256 seed) private view returns (address) {
        address[8] memory all =
            [AGENT, OWNER, WATCHDOG2, THIEF, PUBLISHER, vm.addr(relayerKeys[0]), DEPLOYER, address(executor)];
        return all[(seed >> 128) % 7];
    }
}
