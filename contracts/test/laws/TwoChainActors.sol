// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {Result, State} from "../../src/CrossChainExecutor.sol";
import {GatewayStatus} from "../../src/ExecutorSettings.sol";
import {Intent} from "../../src/Intent.sol";
import {QuorumGateway} from "../../src/QuorumGateway.sol";
import {PolicyEngine} from "../../src/PolicyEngine.sol";
import {RelayerBonds} from "../../src/RelayerBonds.sol";
import {Step} from "../../src/WindowTable.sol";
import {StateProof} from "../../src/proofs/IStateProofs.sol";
import {StateProofs} from "../../src/proofs/StateProofs.sol";
import {ToldHashes, Tries} from "../lib/Tries.sol";
import {Across, TwoChainBooks} from "./TwoChainBooks.sol";

/// @notice Tells when the sequencer was up, as Chainlink's feeds do.
contract SequencerFeed {
    uint256[2][] private _rounds; // answer, startedAt

    constructor(uint256 startedAt) {
        _rounds.push([uint256(0), startedAt]);
    }

    function turn(bool down) external {
        _rounds.push([down ? uint256(1) : 0, block.timestamp]);
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return getRoundData(uint80(_rounds.length));
    }

    function getRoundData(uint80 id) public view returns (uint80, int256, uint256, uint256, uint80) {
        uint256[2] memory r = _rounds[id - 1];
        return (id, int256(r[0]), r[1], r[1], id);
    }
}

/// @title Everybody who can touch two chains, and messages between them that arrive as they like
/// @notice An honest agent; relayers who lose, repeat, reorder, delay and, as a lying quorum, forge messages in both directions; a rogue
///         guardian and strangers who dispute; governance, which is honest; provers; a sequencer that fails; time; and one honest
///         watchdog who acts on both chains before time passes.
contract TwoChainActors is TwoChainBooks {
    address internal immutable STRANGER = vm.addr(0xD9);
    uint256 private constant _KEYS = 5;
    uint256 private constant _MOST_FORGERIES = 24; // in an hour: one guardian may dispute 32

    ToldHashes private immutable _HASHES = new ToldHashes();
    SequencerFeed private immutable _FEED;
    RelayerBonds private immutable _BONDS;
    uint64 private constant _UNBONDING = 7 days;
    mapping(address relayer => uint256) private _keyOf;
    address[] private _pool; // ascending
    uint256 private _nonces = 1;
    uint256 private _forged = 1_000_000;
    uint256 private _blocks = 1;
    uint256[] private _forgedAt;
    bytes32 private _story; // whose story is followed
    bool private _ended; // and it is told once more

    /// @dev What was proved of home, when, and how the books stood then.
    struct Shown {
        bytes proof;
        uint256 at;
        uint256 dispatchedAt;
        bool outcome;
    }

    mapping(bytes32 intentId => Shown[]) private _shown;
    bytes[] private _counts; // proofs of home's next number
    mapping(bytes32 root => mapping(address relayer => bool)) private _attests;
    mapping(address relayer => uint256) private _pledged; // at home
    mapping(address relayer => uint256) private _takenBackAt;
    uint256 private _forfeited; // to the treasury, and not collected

    constructor() {
        deployTwoChains();
        _FEED = new SequencerFeed(START - 1 days);
        _BONDS = new RelayerBonds(gateway, address(timelock), _UNBONDING);
        beginStep();
        _sortPool();
        vm.startPrank(address(timelock));
        PolicyEngine.Terms memory t = terms();
        (t.maxAuditLag, t.maxTransactions) = (4000, 60);
        policy.setTerms(agentId, t);
        policy.setLimit(agentId, ETH, PolicyEngine.Limit(0.3 ether, uint104(ETH_CAP), ETH_WINDOW));
        policy.setLimit(agentId, address(token), PolicyEngine.Limit(1000e6, uint104(TOKEN_CAP), TOKEN_WINDOW));
        goTo(REMOTE);
        vm.startPrank(address(timelock));
        Step[] memory steps = new Step[](1);
        steps[0] = Step(uint128(SMALL), BARE, FULL);
        abroad.setWindows(address(token), steps, 0);
        abroad.setDisputeBond(uint96(BOND));
        abroad.setUptimeFeed(address(_FEED), uint32(GRACE));
        abroad.setStateProofs(new StateProofs(_HASHES));
        vm.stopPrank();
        vm.deal(STRANGER, 1000 ether);
        vm.deal(THIEF, 1000 ether);
        goTo(HOME);
        for (uint256 i; i < _KEYS; ++i) {
            _bond(_pool[i], 1 ether + i);
        }
        endStep();
    }

    function _sortPool() private {
        for (uint256 i; i < _KEYS; ++i) {
            address relayer = vm.addr(0xE1 + i);
            _keyOf[relayer] = 0xE1 + i;
            _pool.push(relayer);
            for (uint256 j = _pool.length - 1; j > 0 && _pool[j - 1] > _pool[j]; --j) {
                (_pool[j - 1], _pool[j]) = (_pool[j], _pool[j - 1]);
            }
        }
        Relayers memory r = Relayers(relayers(), 2, 3);
        (present[HOME], present[REMOTE]) = (r, r);
    }

    modifier step() {
        beginStep();
        entitled = address(0);
        _;
        endStep();
    }

    function _try(address by, address to, bytes memory call_) private returns (bool ok) {
        vm.prank(by);
        (ok,) = to.call(call_);
    }

    function _atHome(address by, bytes memory call_) private returns (bool) {
        goTo(HOME);
        return _try(by, address(executor), call_);
    }

    function _there(address by, bytes memory call_) private returns (bool) {
        goTo(REMOTE);
        return _try(by, address(executor), call_);
    }

    function _some(uint256 seed) private view returns (bool any, bytes32 id, Intent memory intent) {
        if (known.length == 0) return (false, 0, intent);
        // rather a young one
        uint256 last = known.length < 8 || seed % 4 == 0 ? known.length : 8;
        uint256 i = known.length - 1 - (seed >> 8) % last;
        return (true, ids[i], known[i]);
    }

    /// @dev Rather one that stands there at the destination.
    function _someIn(State wanted, uint256 seed) private view returns (bool, bytes32, Intent memory) {
        uint256 count = known.length;
        for (uint256 i; i < count && seed % 5 > 0; ++i) {
            uint256 at_ = (i + (seed >> 8) % count) % count;
            if (model[REMOTE][ids[at_]] == wanted) return (true, ids[at_], known[at_]);
        }
        return _some(seed);
    }

    // ------------------------------------------------------------------ agent

    function agentAsks(uint256 seed) external step {
        goTo(HOME);
        if (policy.frozen(agentId)) thaw();
        _count();
        Intent[] memory intents = new Intent[](1 + seed % 3);
        bytes[] memory signatures = new bytes[](intents.length);
        for (uint256 i; i < intents.length; ++i) {
            intents[i] = _intent(uint256(keccak256(abi.encode(seed, i))));
            bytes32 id = learn(intents[i]);
            // Now and then somebody asks in the agent's name.
            if (i == 0 && seed % 7 == 0) signatures[i] = signature(0xBAD, id);
            else (signed[id], signatures[i]) = (true, sign(intents[i]));
        }
        atHome.submitMany(intents, signatures);
    }

    function _intent(uint256 seed) private returns (Intent memory intent) {
        intent.agentId = agentId;
        intent.account = address(vault);
        intent.chainId = seed % 6 == 0 ? HOME : REMOTE;
        bool ether_ = (seed >> 8) % 3 == 0;
        intent.asset = ether_ ? ETH : address(token);
        intent.to = PAYEE;
        // Now and then nobody has so much there, and it fails.
        intent.amount =
            ether_ ? 1e15 * (1 + (seed >> 16) % 300) : 1e6 * ((seed >> 24) % 6 == 0 ? 600 : 1 + (seed >> 16) % 150);
        intent.nonce = _nonces++;
        uint256[6] memory lives = [uint256(3 minutes), 30 minutes, 3 hours, 6 days, 6 days, 6 days];
        intent.deadline = uint64(time() + lives[(seed >> 32) % 6]);
    }

    function agentCancels(uint256 seed) external step {
        (bool any,, Intent memory intent) = _some(seed);
        if (any) _atHome(seed % 2 == 0 ? OWNER : THIEF, abi.encodeCall(atHome.cancel, (intent)));
    }

    function resendSome(uint256 seed) external step {
        (bool any,, Intent memory intent) = _some(seed);
        // Rather one that home waits for.
        for (uint256 i; i < known.length && seed % 4 > 0; ++i) {
            uint256 at_ = (i + (seed >> 8) % known.length) % known.length;
            if (model[HOME][ids[at_]] == State.DISPATCHED) intent = known[at_];
        }
        if (any) _atHome(THIEF, abi.encodeCall(atHome.resend, (intent)));
    }

    // ------------------------------------------------------------------ messages

    /// @notice Any message so far, once or again, in any order, alone or with another one.
    function carry(uint256 seed) external step {
        if (mail.length == 0) return;
        uint256 last = mail.length < 6 || seed % 4 == 0 ? mail.length : 6;
        Mail memory first = mail[mail.length - 1 - (seed >> 8) % last];
        // Rather one that is waited for.
        for (uint256 i; i < mail.length && seed % 4 > 0 && !awaited[first.id]; ++i) {
            first = mail[(i + (seed >> 8) % mail.length) % mail.length];
        }
        Mail memory second = mail[(seed >> 40) % mail.length];
        goTo(first.message.sourceChainId == HOME ? REMOTE : HOME);
        if (_isTooMuch(first) || (seed % 3 == 0 && _isTooMuch(second))) return;
        if (seed % 3 == 0 && first.id != second.id) _carryBoth(first, second, seed);
        else _carryOne(first, seed);
    }

    /// @notice What no quorum _attests: too few, one twice, somebody else, who was replaced or taken out.
    function minorityTries(uint256 seed) external step {
        if (mail.length == 0) return;
        Mail memory m = mail[(seed >> 8) % mail.length];
        goTo(m.message.sourceChainId == HOME ? REMOTE : HOME);
        if ((seed >> 32) % 2 == 0) return _mix(seed);
        address[] memory signers = new address[](1 + (seed >> 16) % 3);
        for (uint256 i; i < signers.length; ++i) {
            signers[i] = _pool[(((seed >> 24) % _KEYS) + i) % _KEYS];
        }
        _deliver(m, _sorted(signers));
    }

    /// @dev Another forgery would be more than one guardian can dispute in an hour.
    function _isTooMuch(Mail memory m) private view returns (bool) {
        if (sentFor[m.id] != 0 || here == HOME) return false;
        return _forgedAt.length >= _MOST_FORGERIES && _forgedAt[_forgedAt.length - _MOST_FORGERIES] + 1 hours > time();
    }

    function _carryOne(Mail memory m, uint256 seed) private returns (bool) {
        return _deliver(m, _signers(seed));
    }

    function _deliver(Mail memory m, address[] memory signers) private returns (bool ok) {
        bool quorum = _judge(signers);
        bytes memory signatures = _signatures(signers, m.id);
        ok = _try(THIEF, address(gateway), abi.encodeCall(gateway.deliver, (m.message, new bytes32[](0), signatures)));
        if (ok && !quorum) note(Across.QUORUM, "delivered without a quorum");
        if (ok) _countForgery(m.id);
    }

    function _carryBoth(Mail memory a, Mail memory b, uint256 seed) private {
        address[] memory signers = _signers(seed);
        bool quorum = _judge(signers);
        QuorumGateway.Message[] memory both = new QuorumGateway.Message[](2);
        (both[0], both[1]) = (a.message, b.message);
        bool[] memory flags = new bool[](1);
        flags[0] = true;
        bytes memory signatures = _signatures(signers, Hashes.commutativeKeccak256(a.id, b.id));
        bool ok = _try(
            THIEF, address(gateway), abi.encodeCall(gateway.deliverMany, (both, new bytes32[](0), flags, signatures))
        );
        if (ok && !quorum) note(Across.QUORUM, "a batch without a quorum");
        if (!ok) return;
        _countForgery(a.id);
        _countForgery(b.id);
        ++times["batch"];
    }

    function _countForgery(bytes32 id) private {
        if (sentFor[id] == 0 && here == REMOTE) _forgedAt.push(time());
    }

    /// @dev As many of the present set as must, or more; or of the one before it.
    function _signers(uint256 seed) private view returns (address[] memory signers) {
        Relayers memory r = (seed >> 64) % 4 == 0 && former[here].members.length > 0 ? former[here] : present[here];
        uint256 count = r.threshold;
        if (r.members.length < count) return r.members;
        count += (seed >> 72) % (r.members.length - count + 1);
        signers = new address[](count);
        uint256 skipped = r.members.length - count;
        uint256 from = (seed >> 80) % (count + 1);
        for (uint256 i; i < count; ++i) {
            signers[i] = r.members[i < from ? i : i + skipped];
        }
    }

    /// @dev Whether they are a quorum, and of which set.
    function _judge(address[] memory signers) private returns (bool) {
        Relayers memory r = present[here];
        uint256 count = signers.length;
        attestedBy = [count, r.threshold, r.named];
        for (uint256 i = 1; i < count; ++i) {
            if (signers[i] <= signers[i - 1]) return false;
        }
        if (count < r.threshold) return false;
        if (_allIn(signers, r.members)) return true;
        r = former[here];
        attestedBy = [count, r.threshold, r.named];
        return time() < formerUntil[here] && count >= r.threshold && _allIn(signers, r.members);
    }

    function _allIn(address[] memory signers, address[] memory set) private pure returns (bool) {
        for (uint256 i; i < signers.length; ++i) {
            if (!isIn(signers[i], set)) return false;
        }
        return true;
    }

    function _sorted(address[] memory a) private pure returns (address[] memory) {
        for (uint256 i = 1; i < a.length; ++i) {
            for (uint256 j = i; j > 0 && a[j - 1] > a[j]; --j) {
                (a[j - 1], a[j]) = (a[j], a[j - 1]);
            }
        }
        return a;
    }

    function _signatures(address[] memory signers, bytes32 root) private returns (bytes memory signatures) {
        bytes32 digest_ = gateway.attestationDigest(root);
        for (uint256 i; i < signers.length; ++i) {
            _attests[root][signers[i]] = true;
            signatures = bytes.concat(signatures, compact(_keyOf[signers[i]], digest_));
        }
    }

    // ------------------------------------------------------------------ lies

    /// @notice A lying quorum brings the destination what home never sent.
    function quorumForges(uint256 seed) external step {
        goTo(REMOTE);
        Intent memory intent;
        if (known.length == 0 || seed % 3 == 0) {
            intent = _intent(seed);
            intent.chainId = REMOTE;
            (intent.to, intent.nonce) = (THIEF, _forged);
        } else {
            (,, intent) = _some(seed >> 8);
            if (seed % 3 == 1) intent.amount += 1; // else the same, under another number
        }
        uint256 number = ++_forged;
        if (mail.length > 0 && (seed >> 40) % 3 == 0) number = mail[(seed >> 48) % mail.length].message.nonce; // a stolen one
        bytes32 id =
            post(QuorumGateway.Message(HOME, number, homeSender(), remoteSender(), abi.encode(intent, uint8(0))));
        Mail memory m = mail[numberOf[id] - 1];
        if (_isTooMuch(m)) return;
        if (_deliver(m, _signers(seed)) && sentFor[m.id] == 0) ++times["forged"];
        // They do not wait for anybody to look.
        _try(THIEF, address(executor), abi.encodeCall(abroad.execute, (intent)));
    }

    /// @notice A lying quorum tells home of what never happened.
    function quorumLies(uint256 seed) external step {
        goTo(HOME);
        (bool any, bytes32 id, Intent memory intent) = _some(seed);
        if (!any) return;
        Result[] memory results = new Result[](1);
        State[5] memory outcomes = [State.EXECUTED, State.CANCELLED, State.EXPIRED, State.FAILED, State.SETTLED];
        uint256 said = (seed >> 32) % 3 == 0 ? 0 : (seed >> 32) % 3 == 1 ? intent.amount / 2 : intent.amount + 1;
        results[0] = Result(id, outcomes[(seed >> 40) % 5], uint104(said));
        bool elsewhere = seed % 5 == 0;
        bytes memory sender = elsewhere ? InteroperableAddress.formatEvmV1(5, address(executor)) : remoteSender();
        id = post(QuorumGateway.Message(elsewhere ? 5 : REMOTE, ++_forged, sender, homeSender(), abi.encode(results)));
        if (_deliver(mail[numberOf[id] - 1], _signers(seed))) ++times["lied"];
        // They do not wait for anybody to look.
        _settleOne(intent);
    }

    // ------------------------------------------------------------------ destination

    function executeSome(uint256 seed) external step {
        goTo(REMOTE);
        (bool any,, Intent memory intent) = _someIn(State.QUEUED, seed);
        if (!any) return;
        if (seed % 3 == 0) {
            _try(THIEF, address(executor), abi.encodeCall(abroad.execute, (intent)));
            return;
        }
        Intent[] memory intents = new Intent[](3);
        intents[0] = intent;
        (,, intents[1]) = _someIn(State.QUEUED, seed >> 64);
        (,, intents[2]) = _someIn(State.QUEUED, seed >> 128);
        _try(THIEF, address(executor), abi.encodeCall(abroad.executeMany, (intents)));
    }

    function finishSome(uint256 seed) external step {
        (bool any,, Intent memory intent) = _someIn(seed % 2 == 0 ? State.DISPUTED : State.QUEUED, seed);
        if (!any) return;
        _there(THIEF, abi.encodeCall(abroad.expire, (intent)));
        _there(THIEF, abi.encodeCall(abroad.resolve, (intent)));
        if (seed % 4 == 0) _atHome(THIEF, abi.encodeCall(atHome.expire, (intent)));
    }

    /// @notice A rogue guardian, strangers with and without a bond.
    function disputeSome(uint256 seed) external step {
        (bool any, bytes32 id, Intent memory intent) = _someIn(State.QUEUED, seed);
        if (!any) return;
        address by = seed % 3 == 0 ? WATCHDOG2 : seed % 3 == 1 ? STRANGER : THIEF;
        _dispute(id, intent, by, seed % 3 == 1 ? BOND : seed % 5 == 0 ? BOND - 1 : 0);
    }

    function _dispute(bytes32 id, Intent memory intent, address by, uint256 sent) private {
        goTo(REMOTE);
        bytes32 others = _others(id);
        vm.prank(by);
        (bool ok,) = address(executor).call{value: sent}(abi.encodeCall(abroad.dispute, (intent)));
        if (_others(id) != others) note(Across.ALONE, "a dispute that touched another intent");
        if (!ok) return;
        if (sent == 0 && by != WATCHDOG2) note(Across.BONDS, "disputed for nothing");
        if (sent > 0 && sent != BOND) note(Across.BONDS, "disputed for less");
        if (sent == 0) return;
        bonds[id] = Bond(by, sent);
        openBonds += sent;
        ++times["disputed with a bond"];
    }

    /// @dev Where all other intents stand at the destination, where the test is: the word that is kept, what is told, and whether each
    ///      would execute now, or why not.
    function _others(bytes32 id) private view returns (bytes32 hash) {
        for (uint256 i; i < known.length; ++i) {
            bytes32 other = ids[i];
            if (other == id || model[REMOTE][other] == State.NONE) continue;
            (, bytes memory told) = address(executor).staticcall(abi.encodeCall(executor.progress, (other)));
            (, bytes memory ready) = address(executor).staticcall(abi.encodeCall(abroad.ready, (known[i])));
            (, bytes memory disputer) = address(executor).staticcall(abi.encodeCall(abroad.disputeOf, (other)));
            hash = keccak256(abi.encode(hash, progressAt(REMOTE, other), told, ready, disputer));
        }
    }

    /// @notice Governance lets through what home did dispatch.
    function upholdSome(uint256 seed) external step {
        (bool any, bytes32 id, Intent memory intent) = _someIn(State.DISPUTED, seed);
        if (!any || !dispatched[id]) return;
        entitled = address(timelock);
        if (_there(address(timelock), abi.encodeCall(abroad.uphold, (intent)))) ++times["upheld"];
    }

    /// @notice Somebody shows more of the signatures, or fewer.
    function hastenSome(uint256 seed) external step {
        (bool any, bytes32 id,) = _someIn(State.QUEUED, seed);
        if (!any || broughtBy[id] == 0) return;
        goTo(REMOTE);
        // The message that brought it, or any other one.
        Mail memory m = mail[(seed % 5 == 0 ? (seed >> 40) % mail.length : numberOf[broughtBy[id]] - 1)];
        _hasten(m, _signers(seed));
    }

    function _hasten(Mail memory m, address[] memory signers) private {
        bool quorum = _judge(signers);
        bytes memory signatures = _signatures(signers, m.id);
        bytes memory call_ = abi.encodeCall(abroad.hasten, (m.message, new bytes32[](0), signatures));
        vm.prank(THIEF);
        (bool ok, bytes memory answer) = address(executor).call(call_);
        if (!ok) return;
        bytes32 id = abi.decode(answer, (bytes32));
        if (!quorum || attestedBy[0] < attestedBy[2]) note(Across.QUORUM, "hastened by fewer than all");
        if (m.id != broughtBy[id]) note(Across.WAIT, "hastened by another message");
        Wait storage w = waits[id];
        if (w.shortest < w.window) (w.window, w.due) = (w.shortest, 0);
        ++times["hastened"];
    }

    /// @notice Somebody proves what home's storage holds, in favour of an intent or against it.
    function proveSome(uint256 seed) external step {
        (bool any, bytes32 id, Intent memory intent) = _someIn(seed % 3 == 0 ? State.QUEUED : State.DISPUTED, seed);
        if (!any || broughtBy[id] == 0) return;
        goTo(REMOTE);
        if (seed % 2 == 0) _confirm(id, intent, seed >> 8);
        else _refute(id, intent, mail[numberOf[broughtBy[id]] - 1].message, seed >> 8);
    }

    function _confirm(bytes32 id, Intent memory intent, uint256 seed) private {
        bytes32 slot = keccak256(abi.encode(id, PROGRESS_SLOT));
        Shown memory now_ = Shown("", time(), dispatchedAt[id], (progressAt(HOME, id) >> 200) & 0xff != 0);
        (bool exists, StateProof memory proof) = _proof(address(executor), slot);
        if (!exists) return;
        now_.proof = abi.encode(proof);
        _shown[id].push(now_);
        // Perhaps what was shown before, of a block that is older.
        Shown memory s = seed % 3 == 0 ? _shown[id][(seed >> 8) % _shown[id].length] : now_;
        proof = abi.decode(s.proof, (StateProof));
        // Who disputed what home had not dispatched then was right.
        if (s.dispatchedAt <= waits[id].since) entitled = STRANGER;
        uint256 earliest = model[REMOTE][id] == State.DISPUTED ? disputedAt[id] : waits[id].since;
        if (!_try(STRANGER, address(executor), abi.encodeCall(abroad.confirm, (intent, proof)))) return;
        if (!dispatched[id]) note(Across.PROOF, "confirmed what home never dispatched");
        if (s.outcome) note(Across.PROOF, "confirmed what home knows an outcome of");
        if (s.at < earliest) note(Across.PROOF, "confirmed by what home held before");
        ++times["confirmed"];
    }

    function _refute(bytes32 id, Intent memory intent, QuorumGateway.Message memory m, uint256 seed) private {
        // How far home has come counts an hour later.
        if (seed % 2 == 0 && time() < waits[id].since + 1 hours) _pass(1 hours);
        goTo(REMOTE);
        StateProof memory next = _count();
        (bool exists, StateProof memory proof) =
            _proof(address(gateway), keccak256(abi.encode(m.nonce, gateway.SENT_SLOT())));
        if (!exists) proof = next;
        // Perhaps how far home had come before.
        if ((seed >> 1) % 2 == 0) proof = abi.decode(_counts[(seed >> 8) % _counts.length], (StateProof));
        // Or another message.
        if (seed % 5 == 0) m = mail[(seed >> 16) % mail.length].message;
        bytes memory call_ = abi.encodeCall(abroad.refute, (m, proof));
        vm.prank(THIEF);
        (bool ok, bytes memory answer) = address(executor).call(call_);
        if (!ok) return;
        id = abi.decode(answer, (bytes32));
        if (sentFor[broughtBy[id]] != 0) note(Across.PROOF, "refuted what home sent");
        ++times["refuted"];
    }

    /// @dev How far home has come, which somebody may show later.
    function _count() private returns (StateProof memory next) {
        (, next) = _proof(address(gateway), gateway.NONCE_SLOT());
        _counts.push(abi.encode(next));
    }

    /// @dev Of a slot of home as it is now. A slot that is zero has no proof.
    function _proof(address account, bytes32 slot) private returns (bool exists, StateProof memory proof) {
        bytes32 value = at(HOME, account, slot);
        if (value == 0) return (false, proof);
        bytes32 hash;
        (proof, hash) = Tries.prove(account, slot, value, ++_blocks, time());
        _HASHES.tell(HOME, _blocks, hash);
        return (true, proof);
    }

    // ------------------------------------------------------------------ stories

    /// @notice Everybody does what comes next for one intent that home dispatched, until it is settled; then all of it once more.
    function follow(uint256 seed) external step {
        for (uint256 i; i < 1 + seed % 3; ++i) {
            if (i > 0) endStep();
            if (i > 0) beginStep();
            entitled = address(0);
            _next(uint256(keccak256(abi.encode(seed, i))));
        }
    }

    function _next(uint256 seed) private {
        if (!_isTold(seed)) return;
        bytes32 id = _story;
        Intent memory intent = known[place[id] - 1];
        State there = model[REMOTE][id];
        if (_ended) _again(id, intent, seed);
        else if (there == State.NONE) _bring(id, intent, seed);
        else if (there == State.QUEUED) _wait(id, intent, seed);
        else if (there == State.DISPUTED) _decide(id, intent, seed);
        else _conclude(id, intent, seed);
        if (!_ended && model[HOME][id] == State.SETTLED) (_ended, times["story"]) = (true, times["story"] + 1);
    }

    /// @dev Goes on with the story, or begins another one.
    function _isTold(uint256 seed) private returns (bool) {
        if (_story != 0 && seed % (_ended ? 3 : 12) > 0) return true;
        (_story, _ended) = (0, false);
        for (uint256 i; i < known.length && _story == 0; ++i) {
            bytes32 id = ids[(i + (seed >> 8) % known.length) % known.length];
            if (model[HOME][id] == State.DISPATCHED) _story = id;
        }
        return _story != 0;
    }

    /// @dev All that was sent for it and did not arrive; if there is nothing, home sends it again.
    function _bring(bytes32 id, Intent memory intent, uint256 seed) private {
        bool any;
        if (seed % 4 == 0) _atHome(THIEF, abi.encodeCall(atHome.resend, (intent)));
        goTo(REMOTE);
        for (uint256 i; i < mail.length && !(any && seed % 2 == 0); ++i) {
            Mail memory m = mail[i];
            if (sentFor[m.id] == id && awaited[m.id] && _carryOne(m, seed)) any = true;
        }
        if (!any) _atHome(THIEF, abi.encodeCall(atHome.resend, (intent)));
    }

    function _wait(bytes32 id, Intent memory intent, uint256 seed) private {
        goTo(REMOTE);
        if (isStale(id)) {
            if (seed % 2 == 0) _tryNow(id, intent);
            else _bring(id, intent, seed);
        } else if ((seed >> 16) % 10 == 0) {
            _closeAndOpen();
            _tryNow(id, intent);
        } else if ((seed >> 16) % 10 == 1) {
            _hasten(mail[numberOf[broughtBy[id]] - 1], present[REMOTE].members);
        } else if ((seed >> 16) % 10 == 2) {
            _pass(intent.deadline > time() ? intent.deadline - time() + 1 : 1);
            _there(THIEF, abi.encodeCall(abroad.expire, (intent)));
        } else if ((seed >> 16) % 10 < 6 && intent.deadline > time() + 4 days) {
            // Another message of it is still on its way when the dispute is decided.
            _atHome(THIEF, abi.encodeCall(atHome.resend, (intent)));
            if ((seed >> 16) % 2 == 0) _dispute(id, intent, WATCHDOG2, 0);
            else _dispute(id, intent, STRANGER, BOND);
        } else if ((seed >> 16) % 10 > 7) {
            // By a block from before the message.
            _refute(id, intent, mail[numberOf[broughtBy[id]] - 1].message, (seed >> 24) << 2);
        } else {
            _tryNow(id, intent);
        }
    }

    /// @dev As soon as it may, and before; now and then the sequencer fails meanwhile.
    function _tryNow(bytes32 id, Intent memory intent) private {
        bytes memory call_ = abi.encodeCall(abroad.execute, (intent));
        if (!isDown() && uint256(id) % 4 == 0 && (outages.length == 0 || outages[outages.length - 1][1] < time())) {
            _turn(true);
            _pass(61);
        }
        if (_there(THIEF, call_)) return;
        if (isDown()) {
            _pass(61);
            _turn(false);
        }
        Wait memory w = waits[id];
        uint256 must = w.decided ? 0 : w.window > floor ? w.window : floor;
        for (uint256 i; i < 3 && upSince(w.since) < must; ++i) {
            uint256 left = must - upSince(w.since);
            if (left > 1) _pass(left - 1);
            if (_there(THIEF, call_)) return;
            _pass(i == 0 ? 1 : GRACE);
        }
        if (!_there(THIEF, call_)) _there(THIEF, abi.encodeCall(abroad.expire, (intent)));
    }

    /// @dev A guardian closes the destination's gateway, and governance opens it again.
    function _closeAndOpen() private {
        if (_try(WATCHDOG2, address(executor), abi.encodeCall(executor.closeGateway, (address(gateway))))) ++closings;
        bytes memory call_ = abi.encodeCall(executor.setGateway, (address(gateway), true, executor.stops()));
        _try(address(timelock), address(executor), call_);
    }

    function _decide(bytes32 id, Intent memory intent, uint256 seed) private {
        goTo(REMOTE);
        uint256 kind = (seed >> 16) % 6;
        if (kind == 0) {
            _confirm(id, intent, seed >> 24);
        } else if (kind == 1) {
            _refute(id, intent, mail[numberOf[broughtBy[id]] - 1].message, seed >> 24);
        } else if (kind < 4) {
            entitled = address(timelock);
            if (_there(address(timelock), abi.encodeCall(abroad.uphold, (intent)))) ++times["upheld"];
        } else {
            uint256 end = disputedAt[id] + RESOLUTION_WINDOW + 1;
            _pass(end > time() ? end - time() : 1);
            _endDisputes();
        }
    }

    /// @dev Tells home what became of it, and settles when the time has come.
    function _conclude(bytes32 id, Intent memory intent, uint256 seed) private {
        _fetch(seed >> 32);
        goTo(HOME);
        (State outcome,, uint64 settleAt) = atHome.resultOf(id);
        if (outcome == State.NONE) {
            goTo(REMOTE);
            bytes32[] memory one = new bytes32[](1);
            one[0] = id;
            if (_try(THIEF, address(executor), abi.encodeCall(abroad.report, (one)))) ++times["reported"];
            goTo(HOME);
            if (mail.length > 0) _carryOne(mail[mail.length - 1], seed);
        } else {
            _pass(settleAt > time() ? settleAt - time() : 1);
            _settleOne(intent);
        }
    }

    function _settleOne(Intent memory intent) private {
        Intent[] memory one = new Intent[](1);
        one[0] = intent;
        _atHome(THIEF, abi.encodeCall(atHome.settle, (one)));
    }

    /// @dev Everything once more, which should change nothing.
    function _again(bytes32 id, Intent memory intent, uint256 seed) private {
        _bring(id, intent, seed);
        goTo(REMOTE);
        if (model[REMOTE][id] == State.QUEUED) _tryNow(id, intent);
        else _there(THIEF, abi.encodeCall(abroad.execute, (intent)));
        _conclude(id, intent, seed);
        _settleOne(intent);
    }

    // ------------------------------------------------------------------ relayers' bonds

    /// @notice At home: relayers give bonds and take them back, and anybody shows what they signed, true or not.
    function bondSome(uint256 seed) external step {
        goTo(HOME);
        address relayer = _pool[(seed >> 8) % _KEYS];
        uint256 kind = seed % 8;
        // Rather one that is no relayer any more, if it is to take something back.
        for (uint256 i; i < _KEYS && (kind == 1 || kind == 2) && (seed >> 16) % 4 > 0 && _isHeard(relayer); ++i) {
            relayer = _pool[i];
        }
        if (kind == 0) _bond(relayer, 1 + (seed >> 16) % 1 ether);
        else if (kind == 1) _unbond(relayer, seed >> 16);
        else if (kind == 2) _takeBack(relayer);
        else if (kind == 3) _collect();
        else if (mail.length > 0) _slash(relayer, seed >> 16);
    }

    function _bond(address relayer, uint256 amount) private {
        vm.prank(STRANGER);
        _BONDS.bond{value: amount}(relayer);
        _pledged[relayer] += amount;
        ++times["bond given"];
    }

    /// @dev Whether home takes its signature.
    function _isHeard(address relayer) private view returns (bool) {
        return
            isIn(relayer, present[HOME].members) || (time() < formerUntil[HOME] && isIn(relayer, former[HOME].members));
    }

    function _unbond(address relayer, uint256 seed) private {
        (uint256 bonded_,,) = _BONDS.bondOf(relayer);
        uint256 amount = seed % 2 == 0 ? bonded_ : (seed >> 8) % (bonded_ + 2);
        if (!_try(relayer, address(_BONDS), abi.encodeCall(_BONDS.unbond, (amount)))) return;
        if (_isHeard(relayer)) note(Across.BONDS, "a relayer began to take its bond back");
        _takenBackAt[relayer] = time();
        ++times["bond unbonding"];
    }

    function _takeBack(address relayer) private {
        uint256 before = PUBLISHER.balance;
        (, uint256 unbonding,) = _BONDS.bondOf(relayer);
        if (!_try(relayer, address(_BONDS), abi.encodeCall(_BONDS.withdraw, (payable(PUBLISHER))))) return;
        if (_isHeard(relayer)) note(Across.BONDS, "a relayer took its bond back");
        if (time() < _takenBackAt[relayer] + _UNBONDING) note(Across.BONDS, "a bond taken back too early");
        uint256 paid = PUBLISHER.balance - before;
        if (paid != unbonding || paid > _pledged[relayer]) note(Across.BONDS, "more taken back than was there");
        _pledged[relayer] -= paid;
        ++times["bond taken back"];
    }

    function _collect() private {
        uint256 before = address(timelock).balance;
        bool ok = _try(THIEF, address(_BONDS), abi.encodeCall(_BONDS.collect, ()));
        uint256 paid = address(timelock).balance - before;
        if (paid != _forfeited || ok != (paid > 0)) note(Across.BONDS, "the treasury was paid another amount");
        _forfeited -= paid;
    }

    /// @dev One message, or two under one number, that the relayer attested or did not.
    function _slash(address relayer, uint256 seed) private {
        Mail memory a = mail[seed % mail.length];
        for (uint256 i; i < mail.length && (seed >> 8) % 4 > 0 && (genuine[a.id] || !_attests[a.id][relayer]); ++i) {
            a = mail[(i + seed % mail.length) % mail.length];
        }
        Mail memory b = mail[(seed >> 16) % mail.length];
        for (uint256 i; i < mail.length; ++i) {
            QuorumGateway.Message memory m = mail[i].message;
            if (m.nonce != a.message.nonce || m.sourceChainId != a.message.sourceChainId || mail[i].id == a.id) {
                continue;
            }
            b = mail[i];
        }
        bytes32[] memory none;
        bytes memory call_;
        bool lied;
        if ((seed >> 24) % 2 == 0) {
            lied = _attests[a.id][relayer] && !genuine[a.id] && a.message.sourceChainId == HOME;
            call_ = abi.encodeCall(
                _BONDS.slashUndispatched, (a.message, none, _evidence(relayer, a.id), payable(PUBLISHER))
            );
        } else {
            lied = _attests[a.id][relayer] && _attests[b.id][relayer] && a.id != b.id
                && a.message.sourceChainId == b.message.sourceChainId && a.message.nonce == b.message.nonce;
            bytes memory other = _evidence(relayer, b.id);
            call_ = abi.encodeCall(
                _BONDS.slashEquivocation,
                (a.message, none, _evidence(relayer, a.id), b.message, none, other, payable(PUBLISHER))
            );
        }
        uint256 before = PUBLISHER.balance;
        bool ok = _try(THIEF, address(_BONDS), call_);
        uint256 paid = PUBLISHER.balance - before;
        if (ok && !lied) note(Across.BONDS, "a bond taken from who did not lie");
        if (lied && ok != (_pledged[relayer] > 0)) note(Across.BONDS, "a lie that cost nothing");
        if (paid != (ok ? _pledged[relayer] / 2 : 0)) note(Across.BONDS, "another reward than half of the bond");
        if (!ok) return;
        _forfeited += _pledged[relayer] - paid;
        _pledged[relayer] = 0;
        ++times["slashed"];
    }

    /// @dev What the relayer signed; of what it did not sign somebody else's signature.
    function _evidence(address relayer, bytes32 id) private view returns (bytes memory) {
        return compact(_attests[id][relayer] ? _keyOf[relayer] : 0xBAD, gateway.attestationDigest(id));
    }

    // ------------------------------------------------------------------ results

    function reportSome(uint256 seed) external step {
        goTo(REMOTE);
        bytes32[] memory ends = new bytes32[](known.length);
        uint256 count;
        for (uint256 i; i < known.length && count < 6; ++i) {
            bytes32 id = ids[(i + seed % known.length) % known.length];
            State s = model[REMOTE][id];
            bool isEnd = s == State.EXECUTED || s == State.CANCELLED || s == State.EXPIRED || s == State.FAILED;
            if ((isEnd && model[HOME][id] == State.DISPATCHED) || seed % 11 == 0) ends[count++] = id;
        }
        if (count == 0) return;
        assembly ("memory-safe") {
            mstore(ends, count)
        }
        if (_try(THIEF, address(executor), abi.encodeCall(abroad.report, (ends)))) ++times["reported"];
    }

    function settleSome(uint256 seed) external step {
        goTo(HOME);
        if (known.length == 0) return;
        Intent[] memory intents = new Intent[](known.length < 12 ? known.length : 12);
        for (uint256 i; i < intents.length; ++i) {
            intents[i] = known[(i + seed % known.length) % known.length];
        }
        _try(THIEF, address(executor), abi.encodeCall(atHome.settle, (intents)));
    }

    // ------------------------------------------------------------------ guardians and governance

    function pauseSome(uint256 seed) external step {
        if ((seed >> 64) % 2 > 0) return;
        bool home = seed % 2 == 0;
        goTo(home ? HOME : REMOTE);
        uint256 lane = home && seed % 4 == 0 ? REMOTE : 0;
        _pause(seed % 3 == 0 ? THIEF : WATCHDOG2, home, lane);
        // One guardian after the other.
        _pause(WATCHDOG, home, lane);
    }

    function _pause(address by, bool home, uint256 lane) private {
        if (!_try(by, address(executor), abi.encodeCall(executor.pause, (lane)))) return;
        if (by == THIEF) note(Across.PAUSE_ENDS, "paused by who is no guardian");
        Pauses storage p = home ? (lane == 0 ? pausedAll : pausedLane) : pausedThere;
        if (p.used) note(Across.PAUSE_ENDS, "paused once more without governance");
        (p.until, p.used) = (time() + PAUSE, true);
        _spend(p);
        if (home && lane == 0 && !pausedLane.used) _spend(pausedLane);
        ++times["paused"];
    }

    function _spend(Pauses storage p) private {
        if (!p.spent) (p.spent, p.limit) = (true, time() + PAUSE);
    }

    /// @notice A rogue guardian tightens whatever he can.
    function guardianMeddles(uint256 seed) external step {
        goTo(seed % 2 == 0 ? HOME : REMOTE);
        address by = (seed >> 8) % 5 == 0 ? THIEF : WATCHDOG2;
        uint256 kind = (seed >> 16) % 5;
        bool ok;
        if (kind == 0) {
            ok = _try(by, address(executor), abi.encodeCall(executor.closeGateway, (address(gateway))));
            if (ok && here == REMOTE) ++closings;
        } else if (kind == 1) {
            ok = _lengthen(by, 5 + (seed >> 24) % ((seed >> 40) % 4 == 0 ? 1000 : 90));
            // And takes some of it back.
            if ((seed >> 48) % 2 == 0) _lengthen(by, 5 + (seed >> 24) % 11);
        } else if (kind == 2) {
            (bool any, bytes32 id,) = _some(seed >> 32);
            if (any && here == HOME) ok = _try(by, address(executor), abi.encodeCall(atHome.dropResult, (id)));
        } else if (kind == 3) {
            ok = _tighten(by, seed >> 24);
        } else {
            ok = _try(by, address(gateway), abi.encodeCall(gateway.endOverlap, ()));
            if (ok) formerUntil[here] = 0;
        }
        if (ok && by == THIEF) note(Across.RELAYERS, "tightened by who is no guardian");
        if (ok) ++times["meddled"];
    }

    function _lengthen(address by, uint256 to) private returns (bool ok) {
        ok = _try(by, address(executor), abi.encodeCall(executor.lengthenDisputeWindow, (uint64(to))));
        if (!ok) return false;
        if (to < (here == HOME ? homeWindow : floor)) note(Across.WAIT, "a guardian shortened what waits");
        if (here == HOME) {
            homeWindow = to;
        } else {
            floor = to;
            if (to > window) window = to;
        }
    }

    /// @dev Takes one out, or raises the threshold, or tries to lower it.
    function _tighten(address by, uint256 seed) private returns (bool ok) {
        Relayers storage r = present[here];
        address[] memory kept = r.members;
        if (seed % 2 == 0) kept = _without(kept, kept[(seed >> 8) % kept.length]);
        uint256 threshold = r.threshold + (seed % 2 == 0 ? (seed >> 16) % 2 : 1);
        if ((seed >> 24) % 2 == 0) threshold = r.threshold - 1;
        ok = _try(by, address(gateway), abi.encodeCall(gateway.tightenRelayers, (kept, threshold)));
        if (!ok) return false;
        // And takes it back.
        if (_try(by, address(gateway), abi.encodeCall(gateway.tightenRelayers, (kept, threshold - 1)))) {
            note(Across.RELAYERS, "a guardian lowered the threshold again");
        }
        if (threshold < r.threshold) note(Across.RELAYERS, "a guardian lowered the threshold");
        address[] memory before = former[here].members;
        for (uint256 i; i < r.members.length; ++i) {
            if (!isIn(r.members[i], kept)) before = _without(before, r.members[i]);
        }
        former[here].members = before;
        if (former[here].threshold < threshold) former[here].threshold = threshold;
        (r.members, r.threshold) = (kept, threshold);
    }

    function _without(address[] memory set, address who) private pure returns (address[] memory rest) {
        if (!isIn(who, set)) return set;
        rest = new address[](set.length - 1);
        uint256 n;
        for (uint256 i; i < set.length; ++i) {
            if (set[i] != who) rest[n++] = set[i];
        }
    }

    function rotateRelayers(uint256 seed) external step {
        goTo(seed % 2 == 0 ? HOME : REMOTE);
        uint256 size = 2 + (seed >> 8) % 3;
        address[] memory set = new address[](size);
        for (uint256 i; i < size; ++i) {
            set[i] = _pool[(i + (seed >> 16)) % _KEYS];
        }
        set = _sorted(set);
        uint256 threshold = size / 2 + 1;
        if ((seed >> 48) % 2 == 0 && threshold < size) ++threshold;
        uint64 overlap = (seed >> 24) % 3 == 0 ? 0 : uint64(1 + (seed >> 32) % 2 days);
        address by = (seed >> 64) % 4 == 0 ? WATCHDOG2 : address(timelock);
        bytes memory call_ = abi.encodeCall(gateway.setRelayers, (set, threshold, overlap, gateway.stops()));
        if (!_try(by, address(gateway), call_)) return;
        if (by != address(timelock)) note(Across.RELAYERS, "others than governance set the relayers");
        former[here] = present[here];
        if (former[here].threshold < threshold) former[here].threshold = threshold;
        formerUntil[here] = overlap == 0 ? 0 : time() + overlap;
        present[here] = Relayers(set, threshold, size);
        ++times["rotated"];
        _mix(seed);
    }

    /// @dev Everybody of both sets signs together.
    function _mix(uint256 seed) private {
        address[] memory signers;
        for (uint256 i; i < _KEYS; ++i) {
            if (!isIn(_pool[i], present[here].members) && !isIn(_pool[i], former[here].members)) continue;
            address[] memory more = new address[](signers.length + 1);
            for (uint256 j; j < signers.length; ++j) {
                more[j] = signers[j];
            }
            more[signers.length] = _pool[i];
            signers = more;
        }
        if (here == HOME) {
            // Results of nothing, which home passes over.
            bytes memory nothing = abi.encode(new Result[](0));
            bytes32 id = post(QuorumGateway.Message(REMOTE, ++_forged, remoteSender(), homeSender(), nothing));
            _deliver(mail[numberOf[id] - 1], signers);
            return;
        }
        bool ok;
        for (uint256 i; i < mail.length && !ok; ++i) {
            Mail memory m = mail[(i + seed % mail.length) % mail.length];
            if (awaited[m.id] && m.message.sourceChainId == HOME) ok = _deliver(m, signers);
        }
    }

    /// @notice Governance mends what guardians did.
    function govern(uint256 seed) external step {
        goTo(HOME);
        _mend(seed);
        goTo(REMOTE);
        _mend(seed >> 16);
    }

    function _mend(uint256 seed) private {
        vm.startPrank(address(timelock));
        if (executor.gatewayStatus(address(gateway)) == GatewayStatus.CLOSED) {
            executor.setGateway(address(gateway), true, executor.stops());
        }
        if (seed % 2 == 0) {
            executor.setDisputeWindow(DISPUTE_WINDOW, executor.stops());
            if (here == HOME) homeWindow = DISPUTE_WINDOW;
            else window = DISPUTE_WINDOW;
        }
        if (here == REMOTE && (seed >> 1) % 2 == 0) {
            abroad.setFloor(0, abroad.stops());
            floor = 0;
            for (uint256 i; i < known.length; ++i) {
                waits[ids[i]].due = 0;
            }
        }
        uint256 lane = (seed >> 2) % 2 == 0 ? 0 : REMOTE;
        if ((seed >> 3) % 4 == 0) _rearm(lane);
        else if ((seed >> 3) % 4 > 1) _unpause(lane);
        vm.stopPrank();
    }

    function _pausesOf(uint256 lane) private view returns (Pauses storage) {
        return here == REMOTE ? pausedThere : lane == 0 ? pausedAll : pausedLane;
    }

    function _rearm(uint256 lane) private {
        executor.rearm(here == REMOTE ? 0 : lane);
        Pauses storage p = _pausesOf(lane);
        (p.used, p.spent) = (false, false);
        if (here == REMOTE) return;
        pausedLane.spent = false;
        // Now what stopped all lanes stops this one, too.
        if (lane == REMOTE && pausedAll.until > pausedLane.limit) pausedLane.limit = pausedAll.until;
    }

    function _unpause(uint256 lane) private {
        executor.unpause(here == REMOTE ? 0 : lane, executor.stops());
        Pauses storage p = _pausesOf(lane);
        p.until = 0;
        if (here == HOME && lane == REMOTE) p.used = true;
    }

    // ------------------------------------------------------------------ time

    function outage(uint256 seed) external step {
        bool down = isDown();
        if (outages.length > 0) {
            uint256[2] storage last = outages[outages.length - 1];
            if (time() == (down ? last[0] : last[1])) return;
        }
        if (!down && seed % 3 > 0) return;
        _turn(!down);
    }

    function _turn(bool down) private {
        _FEED.turn(down);
        if (!down) outages[outages.length - 1][1] = time();
        else outages.push([time(), 0]);
        ++times["outage"];
    }

    /// @notice The honest watchdog acts, then time passes.
    function passTime(uint256 seed) external step {
        uint256[8] memory gaps = [uint256(1), 21, 31, 61, 121, 121, 1 hours, seed % 3 == 0 ? 4 days : 5 minutes];
        _pass(gaps[seed % 8] + (seed >> 8) % 5);
        if (seed % 3 == 0 && isDown()) _turn(false);
        if (seed % 5 == 0) _endDisputes();
    }

    /// @dev What happened until now is told with the time of now.
    function _pass(uint256 seconds_) private {
        _watch();
        endStep();
        skip(seconds_);
        beginStep();
    }

    /// @notice Whoever was right fetches his bonds, and tries once more.
    function withdrawSome(uint256 seed) external step {
        _fetch(seed);
    }

    function _fetch(uint256 seed) private {
        goTo(REMOTE);
        for (uint256 i; i < 2 && bonded.length > 0; ++i) {
            address who = bonded[seed % bonded.length];
            uint256 before = PUBLISHER.balance;
            bool ok = _try(who, address(executor), abi.encodeCall(abroad.withdrawBonds, (payable(PUBLISHER))));
            uint256 paid = PUBLISHER.balance - before;
            if (paid != credited[who] || ok != (paid > 0)) {
                note(Across.BONDS, "paid out another amount than was credited");
            }
            credited[who] -= paid < credited[who] ? paid : credited[who];
            if (abroad.bondsOf(who) != credited[who]) note(Across.BONDS, "credited for longer than it was");
        }
    }

    /// @dev Disputes what home never sent, and drops what is not so.
    function _watch() private {
        goTo(REMOTE);
        for (uint256 i; i < known.length; ++i) {
            bytes32 id = ids[i];
            if (stateAt(REMOTE, id) != State.QUEUED || waits[id].decided || sentFor[broughtBy[id]] == id) continue;
            if (_try(WATCHDOG, address(executor), abi.encodeCall(abroad.dispute, (known[i])))) {
                ++times["forgery disputed"];
            } else if (!dispatched[id]) {
                note(Across.FORGERY, "a forgery that could not be disputed");
            }
        }
        goTo(HOME);
        for (uint256 i; i < known.length; ++i) {
            bytes32 id = ids[i];
            if (stateAt(HOME, id) != State.DISPATCHED) continue;
            (State outcome, uint256 said,) = atHome.resultOf(id);
            if (outcome == State.NONE || (outcome == stateAt(REMOTE, id) && said == moved[id])) continue;
            if (_try(WATCHDOG, address(executor), abi.encodeCall(atHome.dropResult, (id)))) ++times["lie dropped"];
            else note(Across.RESULT, "a lie that could not be dropped");
        }
    }

    /// @dev Whatever was disputed and not decided ends, and anybody can have it end.
    function _endDisputes() private {
        goTo(REMOTE);
        for (uint256 i; i < known.length; ++i) {
            bytes32 id = ids[i];
            if (!isOverdue(id)) continue;
            if (!_try(THIEF, address(executor), abi.encodeCall(abroad.resolve, (known[i])))) {
                note(Across.DISPUTE_ENDS, "a dispute that does not end");
            }
            ++times["dispute ended"];
        }
    }

    // ------------------------------------------------------------------ what holds at every moment

    function checkVaults() external {
        for (uint256 i; i < 2; ++i) {
            uint256 chain = i == 0 ? HOME : REMOTE;
            bytes32 slot = keccak256(abi.encode(vault, 0));
            uint256 tokens = uint256(at(chain, address(token), slot));
            if (tokens + outflow[chain][address(token)] != VAULT_TOKENS) note(Across.OUTFLOW, "tokens left a vault");
            if (etherAt(chain, address(vault)) + outflow[chain][ETH] != VAULT_ETH) {
                note(Across.OUTFLOW, "coins left a vault");
            }
        }
    }

    function checkStates() external {
        for (uint256 i; i < known.length; ++i) {
            bytes32 id = ids[i];
            if (stateAt(HOME, id) != model[HOME][id] || stateAt(REMOTE, id) != model[REMOTE][id]) {
                note(Across.STATE, "a state that nobody was told of");
            }
        }
    }

    function checkBonds() external {
        uint256 sum = openBonds;
        for (uint256 i; i < bonded.length; ++i) {
            sum += credited[bonded[i]];
        }
        _checkPledges();
        if (etherAt(REMOTE, address(executor)) != sum) note(Across.BONDS, "bonds that do not add up");
        if (etherAt(HOME, address(executor)) != 0) note(Across.BONDS, "coins at home");
        for (uint256 i; i < ids.length; ++i) {
            if (bonds[ids[i]].amount > 0 && model[REMOTE][ids[i]] != State.DISPUTED) {
                note(Across.BONDS, "a bond that outlasts its dispute");
            }
        }
    }

    /// @dev Of relayers, at home.
    function _checkPledges() private {
        uint256 sum = _forfeited;
        for (uint256 i; i < _KEYS; ++i) {
            (uint256 bonded_, uint256 unbonding,) = _BONDS.bondOf(_pool[i]);
            if (bonded_ + unbonding != _pledged[_pool[i]]) note(Across.BONDS, "another bond than a relayer has");
            sum += _pledged[_pool[i]];
        }
        if (address(_BONDS).balance != sum) note(Across.BONDS, "relayers' bonds that do not add up");
    }

    function checkWaits() external step {
        goTo(REMOTE);
        for (uint256 i; i < known.length; ++i) {
            bytes32 id = ids[i];
            (State s, bool upheld, uint64 due,) = executor.progress(id);
            Wait storage w = waits[id];
            if (s != State.QUEUED || w.decided) continue;
            if (upheld) note(Across.WAIT, "upheld by nobody");
            if (due < w.due) note(Across.WAIT, "waits less than before");
            if (due < w.since + floor) note(Across.WAIT, "waits less than guardians said");
            w.due = due;
        }
    }

    function checkRelayers() external step {
        for (uint256 i; i < 2; ++i) {
            goTo(here == HOME ? REMOTE : HOME);
            (address[] memory members, uint256 threshold) = gateway.quorum();
            if (threshold < present[here].threshold || 2 * threshold <= members.length) {
                note(Across.RELAYERS, "a threshold lower than governance's");
            }
            if (!_allIn(members, present[here].members)) {
                note(Across.RELAYERS, "a relayer that governance did not name");
            }
            (members, threshold,) = gateway.previousQuorum();
            if (members.length > 0 && (time() >= formerUntil[here] || threshold < former[here].threshold)) {
                note(Across.RELAYERS, "a set that counts for longer, or with fewer");
            }
            if (!_allIn(members, former[here].members)) note(Across.RELAYERS, "a former relayer who never was");
        }
    }

    function checkPauses() external step {
        goTo(HOME);
        if (executor.pausedUntil(0) > pausedAll.limit) {
            note(Across.PAUSE_ENDS, "home stands still for too long");
        }
        if (executor.pausedUntil(REMOTE) > pausedLane.limit) {
            note(Across.PAUSE_ENDS, "the lane stands still for too long");
        }
        goTo(REMOTE);
        if (executor.pausedUntil(0) > pausedThere.limit) {
            note(Across.PAUSE_ENDS, "the destination stands still for too long");
        }
    }
}
