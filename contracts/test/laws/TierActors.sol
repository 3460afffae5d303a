// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {AgentRegistry, Status} from "../../src/AgentRegistry.sol";
import {CrossChainExecutor} from "../../src/CrossChainExecutor.sol";
import {ExecutorSettings} from "../../src/ExecutorSettings.sol";
import {Approvals, HomeExecutor} from "../../src/HomeExecutor.sol";
import {Intent} from "../../src/Intent.sol";
import {PolicyEngine} from "../../src/PolicyEngine.sol";
import {PriceFeeds} from "../../src/rules/PriceFeeds.sol";
import {Tiers} from "../../src/rules/Tiers.sol";
import {Rule, Tier, Verdict} from "../../src/Verdict.sol";
import {Deployed} from "../lib/Deployed.sol";
import {HostileFeed} from "../rules/Feeds.sol";
import {HostileSigner, TwoOwnerWallet} from "../rules/Signers.sol";

/// @notice What each invariant claims.
enum TierClaim {
    KEY, // L1: what waits stops with the key that signed it
    WINDOW, // L2: what waits, or was cancelled, is spent from the day it was admitted
    TEMPO, // L2: no burst window has too many transactions, no cooldown is cut short
    ONCE, // L3: an approval is for one intent, which executes once
    HARMLESS, // L4: only breaches freeze; a refusal of what waited does not
    DELAY, // L5: nothing before its delay, the longer of then and now
    NOW, // L5: what waits is held to the mandate as it is now
    SETTINGS, // L5: settings change for who may, in the direction in which he may
    RECORD, // L6: every action is one record
    APPROVERS, // L7: nothing that needs approvals without k live approvers, none of them the agent
    PRICE, // L11: without a price that counts, approvals
    BOOK, // L11: nothing that a rule of the book did not admit
    PREVIEW, // L12: the verdict is the one that was told before
    REASON // L12: what is refused is refused for its reason, and what nothing refuses goes through
}

/// @notice A rule that admits, refuses, or fails in some way, as it was told.
contract MoodyRule {
    enum Mood {
        ADMITS,
        REFUSES,
        REVERTS,
        BURNS,
        ANSWERS_SHORT,
        ANSWERS_NONSENSE
    }

    Mood public mood;

    function set(Mood mood_) external {
        mood = mood_;
    }

    fallback() external {
        Mood m = mood;
        if (m == Mood.REVERTS) revert("no");
        if (m == Mood.BURNS) while (true) {}
        uint256 size = m == Mood.ANSWERS_SHORT ? 0x60 : 0x80;
        uint256 first = m == Mood.REFUSES ? 0 : m == Mood.ANSWERS_NONSENSE ? 2 : 1;
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore(p, first)
            return(p, size)
        }
    }
}

/// @title Everybody around an agent whose larger payments wait, and a model of what should come of it
/// @notice Agent, owner, guardian, approvers (keys and contracts), thief, governance, oracles, a rule, and time. The model keeps the
///         settings as they were last set and foretells each outcome from them, with its own arithmetic: what goes through that it
///         refuses, or the other way round, is noted in {breach}.
contract TierActors is Deployed {
    struct Waiting {
        Intent intent;
        bytes32 id;
        uint256 since;
        uint256 delay;
        bool approval;
        uint256 keys;
        bool open;
    }

    struct Approver {
        address who;
        uint256 key; // of a contract: that of its first owner, and the next number is the second's
        bool isContract;
    }

    struct Price {
        HostileFeed feed;
        bool good; // whole, positive, in range
        bool on; // no guardian switched it off
        uint256 answer;
        uint256 updatedAt;
    }

    struct Use {
        uint256 when;
        uint256 amount;
    }

    uint32 private constant MAX_AGE = 20 minutes;
    uint256 private constant LAG = 25;
    uint24 private constant SHORT = 2 hours; // the window: what is spent in a sequence should come back in it
    uint32 private constant GRACE = 10 minutes;
    address private constant USD = address(840);

    /// @notice What broke the claim, empty while it holds.
    mapping(TierClaim => string) public breach;
    /// @notice How often something interesting happened: a run in which nothing does proves nothing.
    mapping(string what => uint256) public times;

    Waiting[] private _waiting;
    mapping(bytes32 id => uint256) private _executions;
    mapping(address asset => Use[]) private _uses;
    uint256[] private _transactions;
    uint256 private _actions; // each is one record
    uint256 private _published; // of these

    // The settings, as they were last set.
    mapping(address asset => Tiers.Thresholds) private _thresholds;
    mapping(address asset => PolicyEngine.Limit) private _limits;
    mapping(address asset => Price) private _prices;
    mapping(address asset => bool) private _assetStopped;
    PolicyEngine.Tempo private _tempo;
    uint256 private _expiry;
    uint8 private _risk;
    bool private _frozen;
    bool private _suspended;
    bool private _isListed = true;
    uint256 private _trips;
    uint256 private _keys; // how often the agent's changed
    uint256 private _key = AGENT_KEY;
    uint256 private _oldKey = 0xA9;
    uint256 private _rotations;
    MoodyRule private _rule;
    bool private _hasRule;
    Approver[] private _all; // ascending by address
    address[] private _panel;
    uint8 private _threshold = 2;
    mapping(bytes32 id => mapping(address => bool)) private _disapproved;
    HostileFeed private _sequencer;
    bool private _sequencerOn = true;
    uint256 private _upSince; // 0: down

    // ------------------------------------------------------------------ how it begins

    constructor() {
        deployAll();
        _expiry = START + 300 days;
        _limits[ETH] = PolicyEngine.Limit(1 ether, 1.5 ether, SHORT);
        _limits[address(token)] = PolicyEngine.Limit(1000e6, 1500e6, SHORT);
        _tempo = PolicyEngine.Tempo(6, 10 minutes, 15);
        _thresholds[ETH] = _usual(ETH);
        _thresholds[address(token)] = _usual(address(token));
        _thresholds[USD] = _usual(USD);
        _rule = new MoodyRule();
        _hasRule = true;
        _makeApprovers();
        _makeFeeds();
        vm.startPrank(address(timelock));
        policy.setTerms(agentId, PolicyEngine.Terms(uint32(_expiry), 1 hours, 30, uint16(LAG), false, false));
        policy.setLimit(agentId, ETH, _limits[ETH]);
        policy.setLimit(agentId, address(token), _limits[address(token)]);
        policy.setTempo(agentId, _tempo);
        tiers.setThresholds(agentId, ETH, _thresholds[ETH]);
        tiers.setThresholds(agentId, address(token), _thresholds[address(token)]);
        tiers.setThresholds(agentId, USD, _thresholds[USD]);
        book.addRule(agentId, address(_rule));
        approvers.setApprovers(agentId, _threshold, _panel);
        vm.stopPrank();
        _keys = registry.walletChanges(agentId);
    }

    function _usual(address asset) private pure returns (Tiers.Thresholds memory) {
        if (asset == ETH) return Tiers.Thresholds(0.1 ether, 0.3 ether, 600, 0.6 ether);
        if (asset == USD) return Tiers.Thresholds(100e8, 500e8, 300, 1500e8);
        return Tiers.Thresholds(100e6, 300e6, 900, 700e6);
    }

    /// @dev Four keys, a contract of two owners, and the agent's own key, which counts for nothing while it is that.
    function _makeApprovers() private {
        for (uint256 key = 0xB1; key <= 0xB4; ++key) {
            _all.push(Approver(vm.addr(key), key, false));
        }
        _all.push(Approver(address(new TwoOwnerWallet(vm.addr(0xB5), vm.addr(0xB6))), 0xB5, true));
        _all.push(Approver(AGENT, AGENT_KEY, false));
        for (uint256 i = 1; i < _all.length; ++i) {
            for (uint256 j = i; j > 0 && _all[j - 1].who > _all[j].who; --j) {
                Approver memory a = _all[j];
                _all[j] = _all[j - 1];
                _all[j - 1] = a;
            }
        }
        _everybody();
    }

    function _everybody() private {
        delete _panel;
        for (uint256 i; i < _all.length; ++i) {
            _panel.push(_all[i].who);
        }
    }

    function _makeFeeds() private {
        _sequencer = new HostileFeed();
        _upSince = time() - 1 days;
        _sequencer.willAnswer(1, 0, _upSince, _upSince, 1);
        _makeFeed(ETH, 2000e8);
        _makeFeed(address(token), 1e8);
        vm.startPrank(address(timelock));
        prices.setSequencer(PriceFeeds.Sequencer(address(_sequencer), GRACE), 0);
        prices.setFeed(HOME, ETH, _feed(ETH), 0);
        prices.setFeed(HOME, address(token), _feed(address(token)), 0);
        vm.stopPrank();
    }

    function _makeFeed(address asset, uint256 answer) private {
        HostileFeed feed = new HostileFeed();
        feed.willAnswer(7, answer, time(), time(), 7);
        _prices[asset] = Price(feed, true, true, answer, time());
    }

    /// @dev ETH from 1,000 to 4,000 dollars, and only with the sequencer; the token from 0.9 to 1.1.
    function _feed(address asset) private view returns (PriceFeeds.Feed memory) {
        address feed = address(_prices[asset].feed);
        return asset == ETH
            ? PriceFeeds.Feed(feed, MAX_AGE, 1000, 4000, 8, 18, 8, true)
            : PriceFeeds.Feed(feed, MAX_AGE, 9000, 11000, 4, 6, 8, false);
    }

    // ------------------------------------------------------------------ the model

    function _note(TierClaim claim, string memory what) private {
        if (bytes(breach[claim]).length == 0) breach[claim] = what;
    }

    /// @dev Whether there is a price that counts, and what the amount is worth, 8 decimals, rounded up.
    function _worth(address asset, uint256 amount) private view returns (bool ok, uint256 value) {
        Price memory p = _prices[asset];
        ok = p.good && p.on && p.updatedAt <= time() && time() - p.updatedAt <= MAX_AGE;
        if (asset == ETH) ok = ok && _sequencerOn && _upSince > 0 && time() > _upSince + GRACE;
        uint256 one = asset == ETH ? 1e18 : 1e6;
        value = (amount * p.answer + one - 1) / one;
    }

    /// @dev How an amount has to proceed now.
    function _due(address asset, uint256 amount) private view returns (Tier tier, uint256 delay, bool priced) {
        (tier, delay) = _by(_thresholds[asset], amount);
        uint256 value;
        (priced, value) = _worth(asset, amount);
        (Tier inUsd, uint256 usdDelay) = _by(_thresholds[USD], priced ? value : type(uint256).max);
        if (inUsd > tier) tier = inUsd;
        if (usdDelay > delay) delay = usdDelay;
    }

    function _by(Tiers.Thresholds memory t, uint256 amount) private view returns (Tier tier, uint256 delay) {
        if (amount > t.notifyAbove) tier = Tier.NOTIFY;
        if (amount > t.delayAbove) (tier, delay) = (Tier.DELAY, uint256(t.delaySeconds) * 2 ** _risk);
        if (amount > t.approvalAbove) tier = Tier.APPROVAL;
        if (delay > 14 days) delay = 14 days;
    }

    function _ruleAdmits() private view returns (bool) {
        return !_hasRule || _rule.mood() == MoodyRule.Mood.ADMITS;
    }

    /// @dev Whether the mandate, as it is now, has nothing against the payment, whatever was spent.
    function _isWithin(address asset, uint256 amount) private view returns (bool) {
        if (_frozen || _suspended || _assetStopped[asset] || !_isListed || _actions - _published > LAG) return false;
        return time() <= _expiry && amount <= _limits[asset].perTransaction && amount <= _limits[asset].cap;
    }

    /// @dev What stands against carrying out what waits: the selector of the error, or zero.
    function _against(Waiting memory w, bool approved) private view returns (bytes4) {
        if (!w.open) return CrossChainExecutor.ExecutorState.selector;
        if (time() > w.intent.deadline) return CrossChainExecutor.ExecutorPastDeadline.selector;
        if (w.keys != _keys) return HomeExecutor.ExecutorKeyChanged.selector;
        if (!_isWithin(w.intent.asset, w.intent.amount) || !_ruleAdmits()) {
            return HomeExecutor.ExecutorRefused.selector;
        }
        (Tier tier, uint256 delay,) = _due(w.intent.asset, w.intent.amount);
        if (time() < w.since + (delay > w.delay ? delay : w.delay)) {
            return CrossChainExecutor.ExecutorTooEarly.selector;
        }
        if ((w.approval || tier == Tier.APPROVAL) && !approved) return HomeExecutor.ExecutorNotApproved.selector;
        return 0;
    }

    /// @dev What it is called when the contract does not mind what the model does.
    function _claimOf(bytes4 refusal) private pure returns (TierClaim) {
        if (refusal == CrossChainExecutor.ExecutorState.selector) return TierClaim.ONCE;
        if (refusal == CrossChainExecutor.ExecutorPastDeadline.selector) return TierClaim.ONCE;
        if (refusal == HomeExecutor.ExecutorKeyChanged.selector) return TierClaim.KEY;
        if (refusal == HomeExecutor.ExecutorRefused.selector) return TierClaim.NOW;
        if (refusal == CrossChainExecutor.ExecutorTooEarly.selector) return TierClaim.DELAY;
        return TierClaim.APPROVERS;
    }

    function _compare(bool ok, bytes memory answer, bytes4 against) private {
        if (ok && against != 0) _note(_claimOf(against), "carried out what the model refuses");
        if (!ok && bytes4(answer) != against) _note(TierClaim.REASON, "refused for another reason than there is");
    }

    // ------------------------------------------------------------------ what the invariants ask

    /// @notice Whether the agent is frozen exactly by its breaches and by who froze it, and each is counted.
    function checkStops() external {
        if (policy.frozen(agentId) != _frozen) _note(TierClaim.HARMLESS, "frozen without a breach, or not by one");
        if (policy.stops(agentId) != _trips) _note(TierClaim.HARMLESS, "stops that the model does not know of");
    }

    /// @notice Whether each setting is what was last set by who may.
    function checkSettings() external {
        address[3] memory assets = [ETH, address(token), USD];
        for (uint256 i; i < 3; ++i) {
            if (
                keccak256(abi.encode(tiers.thresholdsOf(agentId, assets[i])))
                    != keccak256(abi.encode(_thresholds[assets[i]]))
            ) {
                _note(TierClaim.SETTINGS, "thresholds that nobody set");
            }
        }
        (uint8 threshold, address[] memory panel) = approvers.approversOf(agentId);
        if (threshold != _threshold || keccak256(abi.encode(panel)) != keccak256(abi.encode(_panel))) {
            _note(TierClaim.SETTINGS, "approvers that nobody set");
        }
        if (keccak256(abi.encode(lens.headroom(agentId, ETH).tempo)) != keccak256(abi.encode(_tempo))) {
            _note(TierClaim.SETTINGS, "a tempo that nobody set");
        }
        if ((book.rules(agentId).length > 0) != _hasRule) _note(TierClaim.SETTINGS, "a rule that went");
        if ((prices.sequencer().feed != address(0)) != _sequencerOn) {
            _note(TierClaim.SETTINGS, "a sequencer that changed");
        }
        for (uint256 i; i < 2; ++i) {
            bool on = prices.feedOf(HOME, assets[i]).feed != address(0);
            if (on != _prices[assets[i]].on) _note(TierClaim.SETTINGS, "a feed that changed");
        }
        (,, uint8 risk) = registry.agent(agentId);
        if (risk != _risk) _note(TierClaim.SETTINGS, "a risk level that nobody set");
    }

    /// @notice Whether all that was admitted in the window counts as used, what waits and what was cancelled too.
    function checkSpent() external {
        for (uint256 i; i < 2; ++i) {
            address asset = i == 0 ? ETH : address(token);
            if (lens.headroom(agentId, asset).used < _sum(_uses[asset], SHORT)) {
                _note(TierClaim.WINDOW, "less counts as used than was admitted");
            }
        }
    }

    function checkRecords() external {
        (, uint256 count,) = auditLog.chain(agentId);
        if (count != _actions) _note(TierClaim.RECORD, "more or fewer records than actions");
    }

    // ------------------------------------------------------------------ agent

    /// @notice The agent signs a payment, and somebody submits it.
    function agentAsks(uint256 seed) external {
        skip(5 + seed % 90);
        Intent memory intent = _intent(seed);
        if ((seed >> 48) % 2 > 0) _report(intent.asset, _prices[intent.asset].answer);
        // Seldom more than is left: who is frozen for it has no story to tell.
        uint256 left = lens.headroom(agentId, intent.asset).left;
        if (intent.amount > left && (seed >> 40) % 16 > 0) intent.amount = left;
        if (intent.amount == 0) return;
        bytes memory proof = signature(_key, executor.idOf(intent));
        Verdict memory told = atHome.preview(intent);
        (Tier tier, uint256 delay, bool priced) = _due(intent.asset, intent.amount);
        bool within = _isWithin(intent.asset, intent.amount);
        bool live = !_suspended && !_frozen;
        vm.prank(_anybody(seed));
        (bool ok, bytes memory answer) = address(executor).call(abi.encodeCall(atHome.submit, (intent, proof)));
        if (!ok) {
            // The one thing for which a submission of what the agent signed reverts here.
            if (bytes4(answer) != HomeExecutor.ExecutorDeadlineBeforeEta.selector) {
                _note(TierClaim.REASON, "submission refused for another reason");
            }
            if (told.rule != Rule.NONE || time() + delay <= intent.deadline) {
                _note(TierClaim.REASON, "a deadline in time");
            }
            return;
        }
        ++_actions;
        (, Verdict memory v) = abi.decode(answer, (bytes32, Verdict));
        if (keccak256(abi.encode(v)) != keccak256(abi.encode(told))) {
            _note(TierClaim.PREVIEW, "another verdict than told");
        }
        if (v.rule != Rule.NONE) return _denied(v, live);
        if (!within) _note(TierClaim.NOW, "admitted what the mandate does not");
        if (!_ruleAdmits()) _note(TierClaim.BOOK, "admitted what a rule does not");
        if (!priced && v.tier != Tier.APPROVAL) _note(TierClaim.PRICE, "no approvals asked for without a price");
        if (v.tier < tier) _note(TierClaim.APPROVERS, "a tier below what the thresholds say");
        if (v.tier != tier) _note(TierClaim.REASON, "another tier than the thresholds say");
        if (v.eta < time() + delay) _note(TierClaim.DELAY, "admitted for an earlier time than the delay's end");
        _admitted(intent, v.tier, delay);
    }

    function _denied(Verdict memory v, bool live) private {
        bool breached = (v.rule >= Rule.ASSET && v.rule <= Rule.WINDOW && v.rule != Rule.AMOUNT) || v.rule == Rule.BURST;
        if (breached) {
            if (!live) _note(TierClaim.HARMLESS, "a breach by who was stopped");
            (_frozen, _trips) = (true, _trips + 1);
            ++times["breached"];
        }
        if (v.tripped != breached) _note(TierClaim.HARMLESS, "tripped without a breach, or not by one");
        if (v.rule == Rule.RULE_BOOK) ++times["refused by a rule"];
        if (v.rule == Rule.AUDIT_LAG) ++times["too much unpublished"];
        if (v.rule == Rule.COOLDOWN) ++times["refused by the cooldown"];
    }

    function _admitted(Intent memory intent, Tier tier, uint256 delay) private {
        address asset = intent.asset;
        _uses[asset].push(Use(time(), intent.amount));
        if (_sum(_uses[asset], SHORT) > _limits[asset].cap) _note(TierClaim.WINDOW, "a window above the cap");
        _pace();
        bytes32 id = executor.idOf(intent);
        bool waits = tier == Tier.APPROVAL || delay > 0;
        if (!waits) {
            _executed(id);
            ++times["at once"];
        }
        _waiting.push(Waiting(intent, id, time(), delay, tier == Tier.APPROVAL, _keys, waits));
    }

    /// @dev Transactions that were admitted, over all assets.
    function _pace() private {
        uint256 count = _transactions.length;
        uint256 scale = 2 ** _risk;
        if (count > 0 && time() < _transactions[count - 1] + _tempo.cooldown * scale) {
            _note(TierClaim.TEMPO, "sooner than the cooldown");
        }
        _transactions.push(time());
        uint256 within;
        // The shortest that it ever was: one that grew counts only what was still counted then.
        for (uint256 i = count + 1; i > 0 && _transactions[i - 1] + 10 minutes >= time(); --i) {
            ++within;
        }
        if (_tempo.burst > 0 && within > _tempo.burst) _note(TierClaim.TEMPO, "a burst");
    }

    function _sum(Use[] storage uses, uint256 window) private view returns (uint256 total) {
        for (uint256 i = uses.length; i > 0 && uses[i - 1].when + window >= time(); --i) {
            total += uses[i - 1].amount;
        }
    }

    function _executed(bytes32 id) private {
        if (_executions[id]++ > 0) _note(TierClaim.ONCE, "carried out twice");
    }

    function _intent(uint256 seed) private returns (Intent memory intent) {
        address asset = seed % 2 == 0 ? ETH : address(token);
        uint256 most = _limits[asset].perTransaction;
        uint256 amount = 1 + (seed >> 64) % most;
        // Of every tier about as many; exactly at a threshold, or one above, now and then; and above the cap seldom.
        if ((seed >> 8) % 4 < 2) amount = 1 + amount / (2 + (seed >> 16) % 10);
        if ((seed >> 8) % 16 == 3) amount = _thresholds[asset].delayAbove + (seed >> 16) % 2;
        if ((seed >> 8) % 64 == 7) amount = most + 1 + amount % 1000;
        if (amount == 0) amount = 1;
        intent = payment(asset, amount);
        intent.deadline = uint64(time() + ((seed >> 20) % 4 == 0 ? 5 minutes : 3 days));
        if ((seed >> 24) % 64 == 0) intent.to = THIEF;
    }

    /// @notice The agent's key asks the account itself: a mandate with tiers is not spent from so, and that is no breach.
    function agentPaysDirectly(uint256 seed) external {
        address asset = seed % 2 == 0 ? ETH : address(token);
        vm.prank(vm.addr(_key));
        Rule rule = vault.pay(asset, 1, PAYEE, agentId);
        ++_actions;
        if (rule == Rule.NONE) _note(TierClaim.NOW, "paid past its tiers");
        if (_isWithin(asset, 1) && rule != Rule.INTENT_NEEDED) _note(TierClaim.REASON, "another rule");
    }

    /// @notice A thief who has no key but his own, or the one that was the agent's.
    function thiefAsks(uint256 seed) external {
        Intent memory intent = _intent(seed);
        bytes memory proof = signature(seed % 2 == 0 ? _oldKey : 0xD6, executor.idOf(intent));
        vm.prank(THIEF);
        (bool ok, bytes memory answer) = address(executor).call(abi.encodeCall(atHome.submit, (intent, proof)));
        if (ok) {
            _note(TierClaim.KEY, "admitted with a key that is not the agent's");
        } else if (bytes4(answer) != HomeExecutor.ExecutorSignatureInvalid.selector) {
            _note(TierClaim.REASON, "the thief was refused for another reason");
        }
    }

    /// @notice The owner gives the agent another key. What the old one signed ends with it, and that one never comes back.
    function rotateKey(uint256 seed) external {
        if (seed % 12 > 0) return;
        // First those of approvers, one after the other: what they approve while they are the agent's counts for nothing.
        (_oldKey, _key) = (_key, _rotations < 4 ? 0xB1 + _rotations : 0xA100 + _rotations);
        ++_rotations;
        proveWallet(agentId, OWNER, _key);
        ++_keys;
        ++times["key rotated"];
        uint256 deadline = time() + 10 minutes;
        bytes memory proof = walletProof(agentId, _oldKey, OWNER, registry.walletNonce(agentId), deadline);
        vm.prank(OWNER);
        (bool ok, bytes memory answer) = address(registry)
            .call(abi.encodeCall(registry.setAgentWallet, (agentId, vm.addr(_oldKey), deadline, proof)));
        if (ok) _note(TierClaim.KEY, "a lost key came back");
        else if (bytes4(answer) != AgentRegistry.AgentWalletLost.selector) _note(TierClaim.REASON, "a lost key");
    }

    // ------------------------------------------------------------------ what waits

    /// @dev Mostly one that waits, the later the likelier; sometimes any.
    function _pick(uint256 seed, bool forDelay) private view returns (uint256) {
        uint256 count = _waiting.length;
        uint256 from = count > 20 ? count - 20 : 0; // what is older is over
        uint256 start = from + (seed >> 32) % (count - from);
        if (seed % 8 == 0) return start;
        for (uint256 i; i < count - from; ++i) {
            uint256 at = from + (start - from + i) % (count - from);
            if (_waiting[at].open && !(forDelay && _waiting[at].approval)) return at;
        }
        return start;
    }

    function proceedSome(uint256 seed) external {
        if (_waiting.length == 0) return;
        uint256 at = _pick(seed, (seed >> 16) % 8 > 0);
        Waiting memory w = _waiting[at];
        // One in two waits until what it was admitted with is over.
        uint256 due = w.since + w.delay;
        if ((seed >> 20) % 2 == 0 && time() < due && due <= w.intent.deadline) vm.warp(due);
        bytes4 against = _against(w, false);
        vm.prank(_anybody(seed));
        (bool ok, bytes memory answer) = address(executor).call(abi.encodeCall(atHome.proceed, (w.intent)));
        _compare(ok, answer, against);
        if (ok) {
            _carriedOut(at);
            ++times["after a delay"];
        } else {
            if (bytes4(answer) == CrossChainExecutor.ExecutorTooEarly.selector) ++times["too early"];
            if (bytes4(answer) == HomeExecutor.ExecutorRefused.selector) ++times["refused while it waited"];
            if (bytes4(answer) == HomeExecutor.ExecutorKeyChanged.selector) ++times["key gone"];
        }
    }

    function _carriedOut(uint256 at) private {
        ++_actions;
        _executed(_waiting[at].id);
        _waiting[at].open = false;
    }

    /// @notice Somebody comes with approvals, good ones or not.
    function proceedWithApprovals(uint256 seed) external {
        if (_waiting.length == 0) return;
        uint256 at = _pick(seed, false);
        Waiting memory w = _waiting[at];
        (Approvals memory a, bool approved) = _approvals(w.id, seed >> 64);
        bytes4 against = _against(w, approved);
        // It asks for approvals whether the intent needs them or not.
        if (against == 0 && !approved) against = HomeExecutor.ExecutorNotApproved.selector;
        vm.prank(_anybody(seed));
        (bool ok, bytes memory answer) = address(executor).call(abi.encodeCall(atHome.proceedApproved, (w.intent, a)));
        _compare(ok, answer, against);
        if (ok) {
            _carriedOut(at);
            ++times["approved"];
        } else if (bytes4(answer) == HomeExecutor.ExecutorNotApproved.selector) {
            ++times["not approved"];
        }
    }

    /// @dev Approvals in one of many ways, and whether they should do.
    function _approvals(bytes32 id, uint256 seed) private returns (Approvals memory a, bool approved) {
        uint256 how = seed % 16;
        uint256 wanted = how == 8 && _threshold > 0 ? _threshold - 1 : _threshold;
        if (how == 9) wanted = 2; // one twice
        if (wanted > 4) wanted = 4;
        a = Approvals(new address[](wanted), new bytes[](wanted), new uint64[](wanted));
        approved = _threshold > 0 && wanted >= _threshold;
        uint256 next = (seed >> 8) % 3;
        for (uint256 i; i < wanted; ++i) {
            if (!(how == 9 && i > 0)) next = _nextApprover(id, next, how);
            if (next >= _all.length) next = _all.length - 1;
            approved = _approve(a, i, id, next, how == 12 && i == 0 ? 0xBAD : how) && approved;
            if (i > 0 && a.signers[i - 1] >= a.signers[i]) approved = false;
            if (how != 9) ++next;
        }
    }

    /// @dev The next who would do, or, in some ways, whoever comes next.
    function _nextApprover(bytes32 id, uint256 from, uint256 how) private view returns (uint256 i) {
        for (i = from; i < _all.length; ++i) {
            if (how >= 13) return i;
            if (_isOnPanel(_all[i].who) && !_disapproved[id][_all[i].who] && _all[i].who != vm.addr(_key)) return i;
        }
    }

    function _approve(Approvals memory a, uint256 i, bytes32 id, uint256 place, uint256 how)
        private
        returns (bool good)
    {
        Approver memory who = _all[place];
        a.signers[i] = who.who;
        a.deadlines[i] = uint64(how == 11 ? time() - 1 : time() + 1 hours);
        bytes32 other = _waiting[0].id;
        bytes32 named = how == 10 ? other : id;
        bytes32 digest = approvers.approvalDigest(agentId, named, who.who, a.deadlines[i]);
        a.signatures[i] = how == 0xBAD ? signature(0xBAD, digest) : signature(who.key, digest);
        if (who.isContract) a.signatures[i] = bytes.concat(a.signatures[i], signature(who.key + 1, digest));
        good = named == id && how != 11 && how != 0xBAD && _isOnPanel(who.who) && !_disapproved[id][who.who];
        if (who.who == vm.addr(_key)) {
            ++times["the agent approved"];
            good = false;
        }
        if (good && who.isContract) ++times["approved by a contract"];
    }

    function _isOnPanel(address who) private view returns (bool) {
        for (uint256 i; i < _panel.length; ++i) {
            if (_panel[i] == who) return true;
        }
        return false;
    }

    function disapproveSome(uint256 seed) external {
        if (_waiting.length == 0 || seed % 3 > 0) return;
        bytes32 id = _waiting[_pick(seed >> 2, false)].id;
        address who = _all[(seed >> 16) % _all.length].who;
        vm.prank(who);
        approvers.disapprove(id);
        _disapproved[id][who] = true;
    }

    /// @notice Whoever may cancel does, and who may not tries.
    function cancelSome(uint256 seed) external {
        if (_waiting.length == 0) return;
        uint256 at = _pick(seed, false);
        Waiting memory w = _waiting[at];
        address who = _anybody(seed);
        vm.prank(who);
        (bool ok, bytes memory answer) = address(executor).call(abi.encodeCall(atHome.cancel, (w.intent)));
        bytes4 against;
        if (!_isTightener(who)) against = ExecutorSettings.ExecutorUnauthorized.selector;
        else if (time() > w.intent.deadline) against = CrossChainExecutor.ExecutorPastDeadline.selector;
        else if (!w.open) against = CrossChainExecutor.ExecutorState.selector;
        if (bytes4(answer) != against && !ok) _note(TierClaim.REASON, "not cancelled for another reason");
        if (ok && against != 0) _note(TierClaim.SETTINGS, "cancelled by who may not");
        if (!ok) return;
        ++_actions;
        _waiting[at].open = false;
        ++times["cancelled"];
    }

    function expireSome(uint256 seed) external {
        if (_waiting.length == 0) return;
        uint256 at = _pick(seed, false);
        // Any of those that are over will do.
        for (uint256 i; i < _waiting.length && seed % 4 > 0; ++i) {
            if (_waiting[i].open && time() > _waiting[i].intent.deadline) at = i;
        }
        Waiting memory w = _waiting[at];
        if (seed % 16 == 1 && time() <= w.intent.deadline) vm.warp(w.intent.deadline + 1);
        (bool ok, bytes memory answer) = address(executor).call(abi.encodeCall(executor.expire, (w.intent)));
        bytes4 against;
        if (!w.open) against = CrossChainExecutor.ExecutorState.selector;
        else if (time() <= w.intent.deadline) against = CrossChainExecutor.ExecutorNotExpired.selector;
        if (ok != (against == 0) || (!ok && bytes4(answer) != against)) {
            _note(TierClaim.REASON, "expired too early, or not");
        }
        if (!ok) return;
        ++_actions;
        _waiting[at].open = false;
        ++times["expired"];
    }

    // ------------------------------------------------------------------ oracles and rules

    /// @notice A feed answers well, or fails in one of the ways that feeds do.
    function oracleSays(uint256 seed) external {
        address asset = seed % 2 == 0 ? ETH : address(token);
        Price storage p = _prices[asset];
        uint256 answer = asset == ETH ? 1000e8 + (seed >> 32) % 3000e8 : 0.9e8 + (seed >> 32) % 0.2e8;
        uint256 how = (seed >> 8) % 36;
        how = how < 24 ? 0 : how - 12;
        _report(asset, answer);
        p.good = how < 12;
        if (how == 12) p.feed.willAnswer(7, 0, time(), time(), 7);
        else if (how == 13) p.feed.willAnswer(7, uint256(-int256(answer)), time(), time(), 7);
        else if (how == 14) p.feed.willAnswer(7, answer / 100, time(), time(), 7);
        else if (how == 15) p.feed.willAnswer(7, answer * 100, time(), time(), 7);
        else if (how == 16) p.feed.willAnswer(7, answer, time(), time() - MAX_AGE - 1, 7);
        else if (how == 17) p.feed.willAnswer(7, answer, time(), time() + 1, 7);
        else if (how == 18) p.feed.willAnswer(7, answer, time(), time(), 6);
        else if (how == 19) p.feed.willAnswer(abi.encode(7, answer, time(), time()));
        else if (how > 19) p.feed.will(HostileFeed.Deed(how - 19)); // reverts, or burns, or answers without end
        if (how == 17) (p.good, p.updatedAt) = (true, time() + 1); // not yet
        ++times[how < 12 ? "good price" : "bad price"];
    }

    /// @dev What an honest feed says.
    function _report(address asset, uint256 answer) private {
        Price storage p = _prices[asset];
        (p.good, p.answer, p.updatedAt) = (true, answer, time());
        p.feed.willAnswer(7, answer, time(), time(), 7);
    }

    /// @notice The sequencer goes down, comes back, or nobody knows.
    function sequencerSays(uint256 seed) external {
        uint256 how = seed % 24;
        how = how < 16 ? 0 : how - 16;
        if (how < 4) {
            _upSince = how < 3 ? time() - GRACE - 1 - (seed >> 8) % 1 days : time() - (seed >> 8) % GRACE;
            return _sequencer.willAnswer(1, 0, _upSince, _upSince, 1);
        }
        _upSince = 0;
        if (how == 4) _sequencer.willAnswer(1, 1, time() - 1 days, time(), 1);
        else if (how == 5) _sequencer.willAnswer(1, 0, 0, 0, 1);
        else _sequencer.will(how == 6 ? HostileFeed.Deed.REVERT : HostileFeed.Deed.BURN);
    }

    function ruleChangesItsMind(uint256 seed) external {
        uint256 how = seed % 20;
        _rule.set(how < 15 ? MoodyRule.Mood.ADMITS : MoodyRule.Mood(how - 14));
    }

    // ------------------------------------------------------------------ settings

    /// @notice Anybody but governance changes a setting. What tightens is done for those who may; nothing else is.
    function meddle(uint256 seed) external {
        address who = _anybody(seed);
        uint256 kind = (seed >> 8) % 12;
        if (kind < 4) _meddleThresholds(seed, who);
        else if (kind < 6) _meddleApprovers(seed, who);
        else if (kind == 6) _meddleTempo(seed, who);
        else if (kind == 7) _meddleRisk(seed, who);
        else if (kind < 10) _meddlePrices(seed, who);
        else if (kind == 10) _meddleRules(who);
        else _meddleStops(seed, who);
    }

    /// @dev Makes the call, which has to succeed exactly if `may`, and else to fail with that error.
    function _try(address who, address target, bytes memory data, bool may, bytes4 refusal) private returns (bool ok) {
        bytes memory answer;
        vm.prank(who);
        (ok, answer) = target.call(data);
        if (ok && !may) _note(TierClaim.SETTINGS, "changed by who may not, or in the direction in which he may not");
        if (!ok && may) _note(TierClaim.SETTINGS, "not changed by who may");
        if (!ok && bytes4(answer) != refusal) _note(TierClaim.REASON, "a change refused for another reason");
        if (ok) ++times["meddled"];
    }

    function _meddleThresholds(uint256 seed, address who) private {
        address asset = [ETH, address(token), USD][(seed >> 16) % 3];
        Tiers.Thresholds memory old = _thresholds[asset];
        Tiers.Thresholds memory t = _thresholds[asset];
        uint256 field = (seed >> 20) % 4;
        bool up = (seed >> 24) % 2 == 0;
        uint112 step = t.approvalAbove / 16;
        if (field == 0) t.notifyAbove = up ? t.notifyAbove + 1 + step : t.notifyAbove / 2;
        if (field == 1) t.delayAbove = up ? t.delayAbove + 1 + step : t.delayAbove - t.delayAbove / 16;
        if (field == 2) t.delaySeconds = up ? t.delaySeconds + 60 : t.delaySeconds - t.delaySeconds / 2;
        if (field == 3) t.approvalAbove = up ? t.approvalAbove + 1 + step : t.approvalAbove - step;
        bool looser = t.notifyAbove > old.notifyAbove || t.delayAbove > old.delayAbove
            || t.delaySeconds < old.delaySeconds || t.approvalAbove > old.approvalAbove;
        bytes memory data = abi.encodeCall(tiers.setThresholds, (agentId, asset, t));
        if (_try(who, address(tiers), data, !looser && _isTightener(who), _unauthorized())) _thresholds[asset] = t;
    }

    function _meddleApprovers(uint256 seed, address who) private {
        uint256 how = (seed >> 16) % 6;
        uint256 size = _panel.length;
        uint8 k = how == 1 ? _threshold + 1 : how == 2 && _threshold > 0 ? _threshold - 1 : _threshold;
        address[] memory panel = _panel;
        bool looser = how == 2 && _threshold > 0 && k > 0;
        if (how == 3 && size > 4) {
            panel = new address[](size - 1);
            for (uint256 i; i < size - 1; ++i) {
                panel[i] = _panel[i];
            }
        } else if (how > 3) {
            panel = new address[](size + 1);
            for (uint256 i; i < size; ++i) {
                panel[i] = _panel[i];
            }
            panel[size] = address(type(uint160).max);
            looser = true;
        }
        if (k > 4) return; // more than there are would leave nothing to see
        bytes memory data = abi.encodeCall(approvers.setApprovers, (agentId, k, panel));
        if (_try(who, address(approvers), data, !looser && _isTightener(who), _unauthorized())) {
            (_threshold, _panel) = (k, panel);
        }
    }

    function _meddleTempo(uint256 seed, address who) private {
        PolicyEngine.Tempo memory t = _tempo;
        uint256 field = (seed >> 16) % 3;
        bool up = (seed >> 24) % 2 == 0;
        if (field == 0) t.burst = up ? t.burst + 1 : t.burst > 4 ? t.burst - 1 : t.burst;
        if (field == 1) t.burstWindow = up ? t.burstWindow + 30 : t.burstWindow - 30;
        if (field == 2) t.cooldown = up && t.cooldown < 30 ? t.cooldown + 1 : t.cooldown - 1;
        bool looser = t.burst > _tempo.burst || t.burstWindow < _tempo.burstWindow || t.cooldown < _tempo.cooldown;
        bytes memory data = abi.encodeCall(policy.setTempo, (agentId, t));
        if (_try(who, address(policy), data, !looser && _isTightener(who), _unauthorized())) _tempo = t;
    }

    function _meddleRisk(uint256 seed, address who) private {
        uint8 level = uint8((seed >> 16) % 4);
        bytes memory data = abi.encodeCall(registry.setRiskLevel, (agentId, level));
        bool may = level >= _risk && _isTightener(who);
        if (_try(who, address(registry), data, may, _unauthorized())) _risk = level;
    }

    /// @dev A guardian switches a price off, or believes less of it; he makes none count.
    function _meddlePrices(uint256 seed, address who) private {
        bool guardian = who == WATCHDOG || who == WATCHDOG2;
        bytes4 looser = guardian ? PriceFeeds.PriceLooser.selector : _unauthorized();
        address asset = (seed >> 16) % 2 == 0 ? ETH : address(token);
        uint256 how = (seed >> 20) % 5;
        if (how == 0) {
            PriceFeeds.Feed memory none;
            bytes memory off = abi.encodeCall(prices.tightenFeed, (HOME, asset, none));
            if (_try(who, address(prices), off, guardian, looser)) _prices[asset].on = false;
        } else if (how < 3) {
            PriceFeeds.Feed memory f = _feed(asset);
            if (how == 1) f.maxAge += 1;
            else f.feed = address(_sequencer);
            _try(who, address(prices), abi.encodeCall(prices.tightenFeed, (HOME, asset, f)), false, looser);
        } else {
            PriceFeeds.Sequencer memory s;
            if (how == 3) s = PriceFeeds.Sequencer(address(_sequencer), 0);
            bytes memory data = abi.encodeCall(prices.tightenSequencer, (s));
            if (_try(who, address(prices), data, how == 4 && guardian, looser)) _sequencerOn = false;
        }
    }

    function _meddleRules(address who) private {
        if (!_hasRule) return;
        _try(who, address(book), abi.encodeCall(book.removeRule, (agentId, address(_rule))), false, _unauthorized());
    }

    function _meddleStops(uint256 seed, address who) private {
        uint256 how = (seed >> 16) % 12;
        if (how == 0) {
            bytes memory freeze = abi.encodeCall(policy.freeze, (agentId));
            if (_try(who, address(policy), freeze, _isTightener(who), _unauthorized())) {
                (_frozen, _trips) = (true, _trips + 1);
            }
        } else if (how == 1) {
            bytes memory suspend = abi.encodeCall(registry.suspend, (agentId));
            if (_try(who, address(registry), suspend, _isTightener(who), _unauthorized())) _suspended = true;
        } else if (how == 2) {
            address asset = (seed >> 20) % 2 == 0 ? ETH : address(token);
            bytes memory stop = abi.encodeCall(policy.stop, (PolicyEngine.Scope.ASSET, uint160(asset)));
            bool guardian = who == WATCHDOG || who == WATCHDOG2;
            if (_try(who, address(policy), stop, guardian, _unauthorized())) _assetStopped[asset] = true;
        } else if (how == 3) {
            bytes memory unlist = abi.encodeCall(policy.setRecipient, (agentId, HOME, PAYEE, false));
            if (_try(who, address(policy), unlist, _isTightener(who), _unauthorized())) _isListed = false;
        } else {
            bytes memory thaw_ = abi.encodeCall(policy.thaw, (agentId, policy.stops(agentId)));
            _try(who, address(policy), thaw_, false, _unauthorized());
        }
    }

    function _unauthorized() private pure returns (bytes4) {
        return IAccessManaged.AccessManagedUnauthorized.selector;
    }

    /// @notice Governance sets everything as it was, perhaps at another risk level.
    function govern(uint256 seed) external {
        address[3] memory assets = [ETH, address(token), USD];
        vm.startPrank(address(timelock));
        if (_frozen) policy.thaw(agentId, policy.stops(agentId));
        if (_suspended) registry.activate(agentId, address(vault), registry.stops(agentId));
        if (!_isListed) policy.setRecipient(agentId, HOME, PAYEE, true);
        for (uint256 i; i < 3; ++i) {
            _thresholds[assets[i]] = _usual(assets[i]);
            tiers.setThresholds(agentId, assets[i], _thresholds[assets[i]]);
            if (i == 2) break;
            uint256 what = uint160(assets[i]);
            (bool tripped, uint256 stops) = policy.breaker(PolicyEngine.Scope.ASSET, what);
            if (tripped) policy.restart(PolicyEngine.Scope.ASSET, what, stops);
            _assetStopped[assets[i]] = false;
            prices.setFeed(HOME, assets[i], _feed(assets[i]), prices.feedStops(HOME, assets[i]));
            _prices[assets[i]].on = true;
        }
        prices.setSequencer(PriceFeeds.Sequencer(address(_sequencer), GRACE), prices.sequencerStops());
        (_frozen, _suspended, _isListed, _sequencerOn) = (false, false, true, true);
        _everybody();
        _threshold = uint8(2 + seed % 2);
        approvers.setApprovers(agentId, _threshold, _panel);
        _tempo = PolicyEngine.Tempo(6, 10 minutes, 15);
        policy.setTempo(agentId, _tempo);
        _risk = uint8((seed >> 8) % 3);
        registry.setRiskLevel(agentId, _risk);
        vm.stopPrank();
        ++times["governed"];
    }

    /// @notice The publisher publishes everything, or a part.
    function publishSome(uint256 seed) external {
        (, uint256 count, uint256 from) = auditLog.chain(agentId);
        if (count == from) return;
        _published = seed % 2 == 0 ? count : from + 1 + (seed >> 8) % (count - from);
        vm.prank(PUBLISHER);
        auditLog.publish(agentId, from, _published, bytes32(seed), bytes32(seed));
    }

    /// @notice Time passes: seconds, minutes, hours, or more than a day.
    function passTime(uint256 seed) external {
        uint256 kind = seed % 16;
        uint256 most = kind < 4 ? 1 minutes : kind < 12 ? 20 minutes : kind < 15 ? 2 hours : 30 hours;
        skip(1 + (seed >> 8) % most);
    }

    function _isTightener(address who) private view returns (bool) {
        return who == OWNER || who == WATCHDOG || who == WATCHDOG2 || who == vm.addr(_key);
    }

    /// @dev Every key but governance's.
    function _anybody(uint256 seed) private view returns (address) {
        return [vm.addr(_key), OWNER, WATCHDOG, WATCHDOG2, THIEF, PUBLISHER, DEPLOYER, _all[0].who][(seed >> 128) % 8];
    }
}
