// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {IERC7786GatewaySource} from "@openzeppelin/contracts/interfaces/draft-IERC7786.sol";
import {Action, AuditLog} from "../../src/AuditLog.sol";
import {CrossChainExecutor, State} from "../../src/CrossChainExecutor.sol";
import {DestinationExecutor} from "../../src/DestinationExecutor.sol";
import {DisputeBonds} from "../../src/DisputeBonds.sol";
import {HomeExecutor} from "../../src/HomeExecutor.sol";
import {Intent} from "../../src/Intent.sol";
import {PolicyEngine} from "../../src/PolicyEngine.sol";
import {QuorumGateway} from "../../src/QuorumGateway.sol";
import {Vm} from "../lib/Test.sol";
import {TwoChains} from "./TwoChains.sol";

/// @notice What each invariant over two chains claims.
enum Across {
    OUTFLOW, // L1: each vault paid what executed there
    SIGNED, // L1: what executes the agent signed and the policy admitted
    CAP, // L2: no window above the cap, what was given back counted
    REFUND, // L2: given back once, and only what never moved
    AFTERLIFE, // L2: what was given back never executes
    ONCE, // L3: executed once over both chains, there, in time
    NUMBER, // L3: each number of a source is delivered once
    STATE, // L3: an intent moves on and never back
    RECORD, // L6: every step is one record of its chain
    PAUSED, // L5: nothing passes a pause
    PAUSE_ENDS, // L5: guardians alone stop no lane for longer than one pause
    RELAYERS, // L5: relayers and thresholds are loosened by governance only
    WAIT, // L5: what waits never waits less but by signatures, votes and proofs
    FORGERY, // L7: what home never sent does not execute
    WINDOWED, // L7: nothing executes before its window is over, outages left out
    QUORUM, // L7: a quorum of one set delivers, and nobody else
    RESULT, // L7: a false result never settles
    ALONE, // L7: a dispute touches no other intent
    DISPUTE_ENDS, // L7: a dispute has an end
    BONDS, // L7: bonds conserve wei
    PROOF, // L7: proofs decide for the truth
    CLOSED // L7: what a gateway brought before it was closed does not execute unproved
}

/// @title An observer of both chains who keeps his own books
/// @notice He sees the events of each chain, balances and states, and believes none of the contracts' own counters. The first breach of each claim is in {breach}.
abstract contract TwoChainBooks is TwoChains {
    /// @dev What was counted and not given back.
    struct Use {
        uint256 when;
        uint256 amount;
    }

    struct Mail {
        QuorumGateway.Message message;
        bytes32 id;
    }

    /// @dev How long a queued intent must wait.
    struct Wait {
        uint256 since;
        uint256 window; // by the table and the signatures of its delivery, or of all
        uint256 shortest; // with every signature, by the table of when it came
        uint256 due; // as was last seen
        uint256 closings; // of its gateway, when it came
        bool decided; // by governance or a proof
    }

    struct Relayers {
        address[] members;
        uint256 threshold;
        uint256 named;
    }

    struct Bond {
        address by;
        uint256 amount;
    }

    /// @dev A lane's pause.
    struct Pauses {
        uint256 until;
        bool used;
        uint256 limit; // until when guardians may have it stand still
        bool spent; // they have, since governance last allowed it
    }

    uint256 internal constant BOND = 0.1 ether;
    uint256 internal constant GRACE = 60;
    /// @dev Longer than a dispute: what was cancelled is given back, too.
    uint24 internal constant TOKEN_WINDOW = 6 days;
    /// @dev So short and so small that the agent often asks for more than is left.
    uint24 internal constant ETH_WINDOW = 1 hours;
    uint256 internal constant ETH_CAP = 0.6 ether;
    uint256 internal constant TOKEN_CAP = 3000e6;
    uint32 internal constant BARE = 120;
    uint32 internal constant FULL = 20;
    /// @dev Token payments of at most this much wait by their signatures.
    uint256 internal constant SMALL = 500e6;

    /// @notice What broke the claim, empty while it holds.
    mapping(Across => string) public breach;
    /// @notice How often something interesting happened: a run in which nothing does proves nothing.
    mapping(string what => uint256) public times;

    Mail[] internal mail;
    mapping(bytes32 messageId => bytes32 intentId) internal sentFor; // by home's executor
    mapping(bytes32 messageId => uint256) internal numberOf; // in mail, from 1 up
    Intent[] internal known;
    bytes32[] internal ids; // of these
    mapping(bytes32 intentId => uint256) internal place; // in known, from 1 up
    mapping(bytes32 intentId => bytes32) internal broughtBy;
    mapping(bytes32 messageId => bool) internal awaited; // sent, and not delivered yet
    mapping(bytes32 messageId => bool) internal genuine; // its source's gateway sent it
    uint256 private _sentNonce;

    mapping(bytes32 intentId => bool) internal signed;
    mapping(bytes32 intentId => uint256) private _useOf; // from 1 up
    mapping(bytes32 intentId => bool) internal dispatched;
    mapping(bytes32 intentId => uint256) internal dispatchedAt; // as home remembers it
    uint256 internal closings; // of the destination's gateway
    mapping(bytes32 intentId => uint256) private _executions;
    mapping(bytes32 intentId => uint256) internal moved;
    mapping(bytes32 intentId => bool) internal givenBack;
    mapping(bytes32 intentId => bool) private _settled;
    mapping(uint256 chain => mapping(bytes32 intentId => State)) internal model;
    mapping(bytes32 intentId => Wait) internal waits;
    mapping(address asset => Use[]) private _uses;
    mapping(uint256 chain => mapping(address asset => uint256)) internal outflow;
    mapping(uint256 chain => mapping(uint256 source => mapping(uint256 nonce => bool))) private _arrived;
    mapping(uint256 chain => bytes26) internal heads;
    mapping(uint256 chain => uint256) internal records;
    uint256 private _unrecorded;

    mapping(uint256 chain => Relayers) internal present;
    mapping(uint256 chain => Relayers) internal former;
    mapping(uint256 chain => uint256) internal formerUntil;
    mapping(bytes32 intentId => Bond) internal bonds;
    uint256 internal openBonds;
    mapping(address => uint256) internal credited;
    address[] internal bonded; // who was ever credited
    /// @dev Of a chain's lane 0, and of home's lane to the other chain.
    Pauses internal pausedAll;
    Pauses internal pausedLane;
    Pauses internal pausedThere;
    mapping(bytes32 intentId => uint256) internal resultAt;
    mapping(bytes32 intentId => uint256) internal disputedAt;
    uint256 internal homeWindow = DISPUTE_WINDOW;
    uint256 internal floor; // of the destination
    uint256 internal window = DISPUTE_WINDOW; // of the destination
    uint256[2][] internal outages; // begin, end (0: not yet)
    /// @dev The quorum of the delivery that happens: signatures, threshold, relayers.
    uint256[3] internal attestedBy;

    function note(Across claim, string memory what) internal {
        if (bytes(breach[claim]).length == 0) breach[claim] = what;
    }

    // ------------------------------------------------------------------ events

    function digest(Vm.Log[] memory logs) internal override {
        for (uint256 i; i < logs.length; ++i) {
            Vm.Log memory log = logs[i];
            if (log.emitter == address(executor)) _executorEvent(log);
            else if (log.emitter == address(vault)) _vaultEvent(log);
            else if (log.emitter == address(gateway)) _gatewayEvent(log);
        }
        if (_unrecorded > 0) note(Across.RECORD, "a step without a record");
        _unrecorded = 0;
    }

    function _executorEvent(Vm.Log memory log) private {
        if (log.topics.length < 2) return;
        bytes32 kind = log.topics[0];
        bytes32 id = log.topics[1];
        if (kind == HomeExecutor.IntentDispatched.selector) _dispatchedEvent(id, log.data);
        else if (kind == HomeExecutor.IntentDenied.selector) _step(id, State.DENIED);
        else if (kind == HomeExecutor.IntentResent.selector) _resentEvent(id, log.data);
        else if (kind == HomeExecutor.ResultReceived.selector) resultAt[id] = time();
        else if (kind == HomeExecutor.ResultDropped.selector) dispatchedAt[id] = time();
        else if (kind == HomeExecutor.IntentSettled.selector) _settledEvent(id, log.data);
        else if (kind == DestinationExecutor.IntentQueued.selector) _queuedEvent(id, log.data);
        else if (kind == DestinationExecutor.IntentDisputed.selector) _disputedEvent(id, log.data);
        else if (kind == DestinationExecutor.IntentUpheld.selector) _upheldEvent(id);
        else if (kind == DestinationExecutor.IntentGivenUp.selector) _step(id, State.FAILED);
        else if (kind == CrossChainExecutor.IntentExpired.selector) _step(id, State.EXPIRED);
        else if (kind == CrossChainExecutor.IntentCancelled.selector) _cancelledEvent(id);
        else if (kind == DestinationExecutor.IntentRefuted.selector) _refuted = id;
        else if (kind == CrossChainExecutor.IntentExecuted.selector) _executedEvent(id, log.data);
        else if (kind == DisputeBonds.BondCredited.selector) _creditedEvent(id, log);
    }

    bytes32 private _refuted;
    mapping(bytes32 intentId => bool) private _undone;

    /// @dev A step of an intent, which one record must follow.
    function _step(bytes32 id, State to) private {
        if (_unrecorded > 0) note(Across.RECORD, "a step without a record");
        _unrecorded = 1;
        State from = model[here][id];
        if (!_mayMove(from, to)) note(Across.STATE, "an intent that moved back, or from its end");
        if (here == HOME ? _isDestinations(to) : _isHomes(to)) note(Across.STATE, "a state of the other chain");
        model[here][id] = to;
    }

    function _isHomes(State s) private pure returns (bool) {
        return s == State.DENIED || s == State.ADMITTED || s == State.DISPATCHED || s == State.SETTLED;
    }

    function _isDestinations(State s) private pure returns (bool) {
        return s == State.QUEUED || s == State.DISPUTED || s == State.FAILED;
    }

    function _mayMove(State from, State to) private pure returns (bool) {
        if (from == State.NONE) {
            return to == State.DENIED || to == State.DISPATCHED || to == State.EXECUTED || to == State.QUEUED
                || to == State.CANCELLED;
        }
        if (from == State.DISPATCHED) return to == State.SETTLED;
        if (from == State.QUEUED) {
            return to == State.DISPUTED || to == State.EXECUTED || to == State.EXPIRED || to == State.FAILED
                || to == State.QUEUED || to == State.NONE;
        }
        return from == State.DISPUTED && (to == State.QUEUED || to == State.CANCELLED || to == State.NONE);
    }

    function _dispatchedEvent(bytes32 id, bytes memory data) private {
        (, bytes32 messageId) = abi.decode(data, (Intent, bytes32));
        _step(id, State.DISPATCHED);
        if (!signed[id] || _useOf[id] == 0) note(Across.SIGNED, "dispatched what was not signed, or not admitted");
        if (paused()) note(Across.PAUSED, "dispatched in a pause");
        (dispatched[id], dispatchedAt[id]) = (true, time());
        sentFor[messageId] = id;
        ++times["dispatched"];
    }

    function _resentEvent(bytes32 id, bytes memory data) private {
        sentFor[abi.decode(data, (bytes32))] = id;
        if (!dispatched[id]) note(Across.FORGERY, "sent again what was never sent");
        if (paused()) note(Across.PAUSED, "sent again in a pause");
        ++times["sent again"];
    }

    function _queuedEvent(bytes32 id, bytes memory data) private {
        (Intent memory intent, bytes32 messageId, uint64 executableAt) = abi.decode(data, (Intent, bytes32, uint64));
        if (model[here][id] == State.QUEUED) {
            if (!isStale(id)) note(Across.STATE, "brought twice");
            ++times["brought again"];
        }
        _step(id, State.QUEUED);
        learn(intent);
        broughtBy[id] = messageId;
        Wait memory w;
        (w.since, w.window, w.due) = (time(), windowOf(intent), executableAt);
        (w.shortest, w.closings) = (_shortestOf(intent), closings);
        waits[id] = w;
        if (executableAt != time() + (w.window > floor ? w.window : floor)) {
            note(Across.WINDOWED, "queued for another window");
        }
    }

    function isStale(bytes32 id) internal view returns (bool) {
        return !waits[id].decided && waits[id].closings != closings;
    }

    function _disputedEvent(bytes32 id, bytes memory data) private {
        _step(id, State.DISPUTED);
        (, uint64 resolveBy) = abi.decode(data, (address, uint64));
        if (resolveBy > time() + RESOLUTION_WINDOW) note(Across.DISPUTE_ENDS, "a dispute for longer than it may last");
        disputedAt[id] = time();
        if (waits[id].decided) note(Across.STATE, "disputed what was decided");
        ++times["disputed"];
    }

    /// @dev Whether the dispute had its time.
    function isOverdue(bytes32 id) internal view returns (bool) {
        return model[REMOTE][id] == State.DISPUTED && time() > disputedAt[id] + RESOLUTION_WINDOW;
    }

    function _upheldEvent(bytes32 id) private {
        _step(id, State.QUEUED);
        (waits[id].decided, waits[id].due) = (true, time());
    }

    function _cancelledEvent(bytes32 id) private {
        _step(id, _refuted == id ? State.NONE : State.CANCELLED);
        if (_refuted == id) delete waits[id];
        _refuted = 0;
    }

    function _executedEvent(bytes32 id, bytes memory data) private {
        (Intent memory intent, uint256 amount) = abi.decode(data, (Intent, uint256));
        // Forge tells also of what was undone: a payment that failed after it had been announced.
        _undone[id] = stateAt(here, id) != State.EXECUTED;
        if (_undone[id]) return;
        _step(id, State.EXECUTED);
        if (!signed[id] || _useOf[id] == 0) note(Across.SIGNED, "executed what was not signed, or not admitted");
        if (amount > intent.amount) note(Across.SIGNED, "moved more than was signed");
        if (_executions[id]++ > 0) note(Across.ONCE, "executed twice");
        if (intent.chainId != here) note(Across.ONCE, "executed on another chain");
        if (time() > intent.deadline) note(Across.ONCE, "executed past its deadline");
        if (givenBack[id]) note(Across.AFTERLIFE, "executed after its budget was given back");
        if (here == REMOTE ? paused() : time() < pausedAll.until) note(Across.PAUSED, "executed in a pause");
        moved[id] = amount;
        outflow[here][intent.asset] += amount;
        if (here == REMOTE) _executedThere(id);
    }

    function _executedThere(bytes32 id) private {
        if (!dispatched[id]) note(Across.FORGERY, "executed what home never sent");
        if (isStale(id)) note(Across.CLOSED, "executed what a closed gateway brought");
        Wait memory w = waits[id];
        uint256 must = w.decided ? 0 : w.window > floor ? w.window : floor;
        if (upSince(w.since) < must) note(Across.WINDOWED, "executed before its window was over");
        if (isDown()) note(Across.WINDOWED, "executed while the sequencer was down");
        ++times["executed there"];
    }

    function _settledEvent(bytes32 id, bytes memory data) private {
        (State outcome, uint256 said, uint256 refunded) = abi.decode(data, (State, uint256, uint256));
        _step(id, State.SETTLED);
        if (_settled[id]) note(Across.REFUND, "settled twice");
        _settled[id] = true;
        if (paused()) note(Across.PAUSED, "settled in a pause");
        if (time() < resultAt[id] + homeWindow) note(Across.WINDOWED, "settled before its window was over");
        if (model[REMOTE][id] != outcome || said != moved[id]) note(Across.RESULT, "settled by a false result");
        Intent memory intent = known[place[id] - 1];
        if (refunded > intent.amount - moved[id]) note(Across.REFUND, "gave back what had moved");
        if (refunded == 0) return;
        givenBack[id] = true;
        _uses[intent.asset][_useOf[id] - 1].amount -= refunded;
        ++times["given back"];
    }

    function _creditedEvent(bytes32 id, Vm.Log memory log) private {
        address to = address(uint160(uint256(log.topics[2])));
        Bond memory b = bonds[id];
        uint256 amount = abi.decode(log.data, (uint256));
        address due = entitled == address(0) ? b.by : entitled;
        // Who proves shares with the treasury, which comes after him.
        bool shared = entitled != address(0) && entitled != address(timelock);
        uint256 part = shared ? b.amount / 2 : b.amount;
        if (amount != part || amount == 0) note(Across.BONDS, "credited another bond");
        if (to != due) note(Across.BONDS, "credited to who was not right");
        openBonds -= amount;
        if (amount == b.amount) {
            delete bonds[id];
        } else {
            bonds[id].amount -= amount;
            entitled = address(timelock);
        }
        _list(to);
        credited[to] += amount;
        ++times["bond credited"];
    }

    /// @dev Once, however often it fetches what is credited to it.
    function _list(address to) private {
        for (uint256 i; i < bonded.length; ++i) {
            if (bonded[i] == to) return;
        }
        bonded.push(to);
    }

    /// @dev Whose the bond becomes when this step ends its dispute; zero: who gave it.
    address internal entitled;

    function _vaultEvent(Vm.Log memory log) private {
        bytes32 kind = log.topics[0];
        if (kind == AuditLog.Appended.selector) {
            (uint256 index, uint8 action, bytes32 recordHash, bytes26 head) =
                abi.decode(log.data, (uint256, uint8, bytes32, bytes26));
            if (action == uint8(Action.EXECUTED) && _undone[log.topics[2]]) return;
            if (_unrecorded != 1) note(Across.RECORD, "a record without a step");
            _unrecorded = 0;
            heads[here] = bytes26(keccak256(abi.encodePacked(heads[here], recordHash)));
            if (head != heads[here] || index != records[here]++) note(Across.RECORD, "a chain of records that breaks");
        } else if (kind == PolicyEngine.Consumed.selector) {
            _counted(log.topics[2], address(uint160(uint256(log.topics[3]))), abi.decode(log.data, (uint256)));
        }
    }

    /// @dev Whenever something is admitted: all that counts of the window that ends now.
    function _counted(bytes32 id, address asset, uint256 amount) private {
        // Forge tells also of what was reverted later, as a submission is whose gateway is closed.
        if (stateAt(HOME, id) == State.NONE) return;
        Use[] storage uses = _uses[asset];
        uses.push(Use(time(), amount));
        if (_useOf[id] != 0) note(Across.SIGNED, "counted twice");
        _useOf[id] = uses.length;
        uint256 sum;
        uint256 length = asset == ETH ? ETH_WINDOW : TOKEN_WINDOW;
        for (uint256 i = uses.length; i > 0 && uses[i - 1].when >= time() - length; --i) {
            sum += uses[i - 1].amount;
        }
        if (sum > (asset == ETH ? ETH_CAP : TOKEN_CAP)) note(Across.CAP, "a window above the cap");
    }

    function _gatewayEvent(Vm.Log memory log) private {
        bytes32 kind = log.topics[0];
        if (kind == QuorumGateway.NonceAssigned.selector) {
            _sentNonce = abi.decode(log.data, (uint256));
        } else if (kind == IERC7786GatewaySource.MessageSent.selector) {
            (bytes memory sender, bytes memory recipient, bytes memory payload,,) =
                abi.decode(log.data, (bytes, bytes, bytes, uint256, bytes[]));
            bytes32 id = post(QuorumGateway.Message(here, _sentNonce, sender, recipient, payload));
            (awaited[id], genuine[id]) = (true, true);
            if (id != log.topics[1]) note(Across.NUMBER, "sent as another message");
        } else if (kind == QuorumGateway.MessageDelivered.selector) {
            QuorumGateway.Message memory m = mail[numberOf[log.topics[1]] - 1].message;
            if (_arrived[here][m.sourceChainId][m.nonce]) note(Across.NUMBER, "a number was delivered twice");
            _arrived[here][m.sourceChainId][m.nonce] = true;
            awaited[log.topics[1]] = false;
            ++times["delivered"];
        }
    }

    // ------------------------------------------------------------------ books

    function post(QuorumGateway.Message memory m) internal returns (bytes32 id) {
        id = gateway.messageId(m);
        if (numberOf[id] != 0) return id;
        mail.push(Mail(m, id));
        numberOf[id] = mail.length;
    }

    function learn(Intent memory intent) internal returns (bytes32 id) {
        id = executor.idOf(intent);
        if (place[id] != 0) return id;
        known.push(intent);
        ids.push(id);
        place[id] = known.length;
    }

    /// @dev Between the two chains. A lane that had its own pause is not stopped by the one of all.
    function paused() internal view returns (bool) {
        if (here == REMOTE) return time() < pausedThere.until;
        return time() < pausedLane.until || (!pausedLane.used && time() < pausedAll.until);
    }

    /// @dev Seconds that a payment waits which is delivered now, by arithmetic of its own.
    function windowOf(Intent memory intent) internal view returns (uint256) {
        if (intent.asset == ETH) return window;
        if (intent.amount > SMALL) return window > BARE ? window : BARE;
        (uint256 count, uint256 threshold, uint256 named) = (attestedBy[0], attestedBy[1], attestedBy[2]);
        if (count >= named) return FULL;
        return BARE - uint256(BARE - FULL) * (count - threshold) / (named - threshold);
    }

    /// @dev Seconds that it would wait if all relayers had signed.
    function _shortestOf(Intent memory intent) private view returns (uint256) {
        return intent.asset != ETH && intent.amount <= SMALL ? FULL : windowOf(intent);
    }

    function isDown() internal view returns (bool) {
        return outages.length > 0 && outages[outages.length - 1][1] == 0;
    }

    /// @dev Seconds since then in which the sequencer was up, and no grace ran.
    function upSince(uint256 since) internal view returns (uint256 up) {
        uint256 from = since;
        for (uint256 i; i < outages.length; ++i) {
            (uint256 begin, uint256 end) = (outages[i][0], outages[i][1]);
            if (begin > from) up += begin - from;
            if (end == 0) return up;
            if (end + GRACE > from) from = end + GRACE;
        }
        if (time() > from) up += time() - from;
    }

    function isIn(address who, address[] memory set) internal pure returns (bool) {
        for (uint256 i; i < set.length; ++i) {
            if (set[i] == who) return true;
        }
        return false;
    }

    /// @dev The word that stands on a chain for an intent.
    function progressAt(uint256 chain, bytes32 id) internal view returns (uint256) {
        return uint256(at(chain, address(executor), keccak256(abi.encode(id, PROGRESS_SLOT))));
    }

    function stateAt(uint256 chain, bytes32 id) internal view returns (State) {
        return State(progressAt(chain, id) & 0xff);
    }

    function homeSender() internal view returns (bytes memory) {
        return InteroperableAddress.formatEvmV1(HOME, address(executor));
    }

    function remoteSender() internal view returns (bytes memory) {
        return InteroperableAddress.formatEvmV1(REMOTE, address(executor));
    }
}
