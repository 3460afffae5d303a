// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentRegistry, Status} from "./AgentRegistry.sol";
import {Action, AuditLog, Trail} from "./AuditLog.sol";
import {Budget, BudgetWord} from "./Budget.sol";
import {Hash} from "./Hash.sol";
import {Intent, IntentHash} from "./Intent.sol";
import {Meter} from "./Meter.sol";
import {Pace} from "./Pace.sol";
import {Rule, Tier, Verdict} from "./Verdict.sol";
import {Roles} from "./governance/Roles.sol";
import {Finding} from "./rules/MandateRules.sol";

/// @title The mandate: what an agent may spend, on what, where and how fast
/// @notice Default deny. A refusal is returned, never reverted, so that the breaker it trips stays tripped (L4). What tightens a
///         mandate applies at once, for a guardian, the agent's owner or the agent itself; everything else waits for the
///         authority (L5), which is decided here, field by field.
/// @dev Part of every account, so that a payment passes through one contract. Used on the home chain, where all spending of all
///      chains is counted, so a cap holds across chains (L2); elsewhere no agent is live. An agent's meter is filed under
///      the key that may turn it: a stranger's key finds an empty word, which admits nothing.
abstract contract PolicyEngine is AuditLog {
    /// @notice The part of a mandate that holds for all assets.
    /// @param expiry unix seconds after which nothing is admitted (0: the mandate was never set)
    /// @param frequencyWindow seconds of the rolling window that counts transactions, 1 to {MAX_WINDOW}; each risk level
    ///        doubles it
    /// @param maxTransactions most transactions admitted in any such window
    /// @param maxAuditLag most records that may be unpublished when an intent is admitted, below 2^16-1
    /// @param basic only the rules of this contract are asked: no tiers, no rule book, no pace
    /// @param open recipients are not held against the list
    struct Terms {
        uint32 expiry;
        uint24 frequencyWindow;
        uint16 maxTransactions;
        uint16 maxAuditLag;
        bool basic;
        bool open;
    }

    /// @notice The part of a mandate that holds for one asset, over all chains.
    /// @param perTransaction most per intent, in the asset's smallest unit; at most four significant digits
    /// @param cap most in any window, same unit; at most five significant digits; 0: none
    /// @param window seconds of the rolling window, 1 to {MAX_WINDOW}; each risk level doubles it
    struct Limit {
        uint104 perTransaction;
        uint104 cap;
        uint24 window;
    }

    /// @notice How fast an agent may act, over all assets. Not asked of a basic mandate.
    /// @param burst most transactions in any burst window, in which one more freezes the agent; 0: no such rule
    /// @param burstWindow seconds, at most {MAX_WINDOW}; each risk level doubles it
    /// @param cooldown least seconds between two transactions; each risk level doubles it
    struct Tempo {
        uint8 burst;
        uint24 burstWindow;
        uint24 cooldown;
    }

    /// @notice Which agents a breaker stops.
    enum Scope {
        ALL, // everything, here and what leaves from here
        CHAIN, // what is spent on one chain
        ASSET // one asset, on all chains
    }

    /// @dev Words with a place: what reads and writes one looks for it once.
    struct MeterSlot {
        Meter word;
    }

    /// @dev The second slot is read for what leaves home, and for what comes back: `redatedAt` is when what was spent was last dated anew,
    ///      unix seconds.
    struct BudgetSlot {
        Budget word;
        uint16 remoteChains; // by their index
        uint40 redatedAt;
    }

    /// @dev All that belongs to one agent. `meters` by the key that may turn it; of all but the present key they are empty.
    struct Mandate {
        Key key;
        mapping(address wallet => MeterSlot) meters;
        mapping(address asset => BudgetSlot) budgets;
        mapping(uint256 chainAndRecipient => bool) recipients;
        address[] assets;
        Pace pace;
    }

    /// @dev One slot: where the meter is, and what a freeze counts. `used` spares the first freeze a fresh slot.
    struct Key {
        address wallet;
        uint16 place; // in the list of live agents, from 1; 0: not live
        uint72 stops;
        bool used;
    }

    struct Breaker {
        bool tripped;
        uint248 stops;
    }

    uint256 private constant _MAX_CHAINS = 16;
    /// @notice Most agents that are live at a time: all of them are stopped in one transaction.
    uint256 public constant MAX_LIVE = 1024;
    /// @notice Most assets of a mandate.
    uint256 public constant MAX_ASSETS = 16;
    /// @notice Longest window that can be set, seconds: 48 days, a month with room for its rounding.
    uint256 public constant MAX_WINDOW = (1 << 22) - 1;

    AgentRegistry public immutable REGISTRY;
    /// @notice The only contract that may consume and append.
    address public immutable EXECUTOR;
    /// @notice The chain where agents, policy and accounting live.
    uint256 public immutable HOME_CHAIN_ID;
    bytes32 private immutable _INTENT_DOMAIN;

    uint256[] private _chainIds;
    mapping(uint256 chainId => uint256) private _chainIndexPlusOne;
    mapping(uint256 agentId => Mandate) private _mandates;
    mapping(Scope => mapping(uint256 what => Breaker)) private _breakers;
    uint256[] private _live;
    /// @dev How many of {_breakers} are tripped: while none is, nothing that pays looks at one.
    uint256 private _tripped;

    event ChainRegistered(uint256 indexed chainId, uint256 index);
    event TermsSet(uint256 indexed agentId, Terms terms, address indexed by);
    event LimitSet(uint256 indexed agentId, address indexed asset, Limit limit, address indexed by);
    /// @notice The asset is not in the mandate any more, nor may it be spent on any chain.
    event AssetDropped(uint256 indexed agentId, address indexed asset, address indexed by);
    event TempoSet(uint256 indexed agentId, Tempo tempo, address indexed by);
    event AssetChainSet(
        uint256 indexed agentId, address indexed asset, uint256 indexed chainId, bool allowed, address by
    );
    event RecipientSet(
        uint256 indexed agentId, uint256 indexed chainId, address indexed recipient, bool allowed, address by
    );
    /// @notice An admitted intent was counted.
    event Consumed(uint256 indexed agentId, bytes32 indexed intentId, address indexed asset, uint256 amount);
    /// @notice Of what was counted at `consumedAt` (unix seconds), `amount` counts no more: it never left.
    event Refunded(uint256 indexed agentId, address indexed asset, uint256 amount, uint256 consumedAt);
    /// @notice The agent's key had `amount` of `asset` paid from here. It is EXECUTED record `index` of the agent's chain, of the
    ///         intent that {IntentHash.paymentId} names, with detail `(this account, asset, amount)`.
    event Paid(uint256 indexed agentId, address asset, address to, uint256 amount, uint256 index);
    /// @notice The agent's key asked for a payment that was refused. It is DENIED record `index` of the agent's chain.
    event Refused(uint256 indexed agentId, address asset, address to, uint256 amount, uint256 index, Verdict verdict);
    /// @notice The agent's breaker tripped, perhaps again: {stops} counts these events.
    /// @param by who froze the agent: who had the breach judged, or who did it by hand
    /// @param rule the rule that was breached; NONE when somebody froze the agent by hand
    /// @param intentId the breaching intent; zero when somebody froze the agent by hand
    /// @param asked what the intent asked for, in the rule's unit
    /// @param left what was left of the limit, same unit
    event Tripped(
        uint256 indexed agentId, address indexed by, Rule rule, bytes32 indexed intentId, uint256 asked, uint256 left
    );
    event Thawed(uint256 indexed agentId, address indexed by);
    /// @notice A breaker above the agents tripped, perhaps again. `what` is a chain id or an asset; 0 for everything.
    event Stopped(Scope indexed scope, uint256 indexed what, address indexed by);
    event Restarted(Scope indexed scope, uint256 indexed what, address indexed by);

    error PolicyNotExecutor(address caller);
    error PolicyNotRegistry(address caller);
    error PolicyNotHome(uint256 homeChainId);
    error PolicyNotAgent(uint256 agentId, address caller);
    error PolicyWindow(uint256 asked, uint256 max);
    error PolicyLagTooLong(uint256 asked, uint256 max);
    error PolicyInexact(uint256 asked, uint256 nearest);
    error PolicyChainUnknown(uint256 chainId);
    error PolicyChainKnown(uint256 chainId);
    error PolicyChainsFull(uint256 max);
    error PolicyAssetsFull(uint256 max);
    /// @notice An asset is dropped when it has a limit, whose cap is 0, and nothing of it is used in the window.
    error PolicyAssetInUse(address asset, uint256 cap, uint256 used);
    error PolicyAgentsFull(uint256 max);
    error PolicyStopsDiffer(uint256 agentId, uint256 expectedStops, uint256 stops);
    error PolicyBreakerStopsDiffer(Scope scope, uint256 what, uint256 expectedStops, uint256 stops);
    error PolicyBreakerUnknown(Scope scope, uint256 what);
    error PolicyAgentUnknown(uint256 agentId);

    /// @param homeChainId chain whose id is in the intents' EIP-712 domain; gets chain index 0
    constructor(AgentRegistry registry, address executor, uint256 homeChainId, uint256[] memory otherChainIds) {
        REGISTRY = registry;
        EXECUTOR = executor;
        HOME_CHAIN_ID = homeChainId;
        _INTENT_DOMAIN = IntentHash.domainSeparator(homeChainId, executor);
        _registerChain(homeChainId);
        for (uint256 i; i < otherChainIds.length; ++i) {
            _registerChain(otherChainIds[i]);
        }
    }

    modifier onlyExecutor() {
        require(msg.sender == EXECUTOR, PolicyNotExecutor(msg.sender));
        _;
    }

    // ------------------------------------------------------------------ judging

    /// @notice Judges the intent, counts it when admitted, trips the agent's breaker when it breaches the mandate.
    /// @dev Executor only, which has authenticated the agent's signature: nobody else's failure can trip (L4).
    ///      The order of the parameters gives it a low selector, as {append}.
    /// @param f what the rules beyond the basic ones say about the intent
    /// @param intentId of the intent
    function consume(Finding calldata f, bytes32 intentId, Intent calldata intent)
        external
        onlyExecutor
        returns (Verdict memory verdict)
    {
        Mandate storage mandate = _mandates[intent.agentId];
        MeterSlot storage meter = mandate.meters[mandate.key.wallet];
        BudgetSlot storage budget = mandate.budgets[intent.asset];
        (Rule rule, Meter ticked, Budget spent, Pace paced) = _judgeIntent(intent, f, meter.word, budget.word);
        verdict = _intentVerdict(rule, intent, f, meter.word, budget.word);
        if (rule == Rule.NONE) {
            meter.word = ticked;
            budget.word = spent;
            if (!ticked.basic()) mandate.pace = paced;
            emit Consumed(intent.agentId, intentId, intent.asset, intent.amount);
        } else if (verdict.tripped) {
            _trip(intent.agentId, rule, intentId, rule == Rule.BURST ? 1 : intent.amount, verdict.left);
        }
    }

    /// @notice Gives back what an intent was counted for and did not move. Executor only, and for each intent at most what it was
    ///         counted for. Transactions stay counted: the frequency, and how fast an agent acts, get nothing back.
    /// @param amount asset's smallest unit
    /// @param consumedAt unix seconds when the intent was counted
    /// @return refunded what counts no more: whole units of the budget, and nothing where what was spent then is not told apart
    ///         any more: it was dated anew since, it is out of the window, or its bucket is full
    function refund(uint256 agentId, address asset, uint256 amount, uint256 consumedAt)
        external
        onlyExecutor
        returns (uint256 refunded)
    {
        BudgetSlot storage budget = _mandates[agentId].budgets[asset];
        if (consumedAt <= budget.redatedAt) return 0;
        (budget.word, refunded) = budget.word.refund(amount, consumedAt);
        if (refunded > 0) emit Refunded(agentId, asset, refunded, consumedAt);
    }

    /// @notice The verdict that {consume} would give now, without its effects.
    function preview(Intent calldata intent, Finding calldata f) external view returns (Verdict memory) {
        Meter meter = _meterOf(intent.agentId).word;
        Budget budget = _mandates[intent.agentId].budgets[intent.asset].word;
        (Rule rule,,,) = _judgeIntent(intent, f, meter, budget);
        return _intentVerdict(rule, intent, f, meter, budget);
    }

    /// @notice What the mandate says now of an intent that it admitted and counted before, and that waited: it may be tighter by
    ///         now (L5). Such a refusal trips nothing.
    function review(Intent calldata intent, Finding calldata f) external view returns (Verdict memory verdict) {
        // It was counted when it was admitted, so it is judged as if nothing else had been.
        Meter meter = _meterOf(intent.agentId).word.unused();
        Budget budget = _mandates[intent.agentId].budgets[intent.asset].word.unused();
        Rule rule = _placeRule(intent, f, meter, budget);
        (rule,,) = _judge(meter, budget, rule, intent.amount, _trail(intent.agentId).word.unpublished());
        if (rule == Rule.NONE) rule = f.rule;
        verdict = _intentVerdict(rule, intent, f, meter, budget);
        verdict.tripped = false;
    }

    /// @notice Extends the agent's audit chain. Executor only.
    /// @param detailHash Keccak-256 of the action's facts, ABI-encoded as docs/architecture.md lists them
    /// @dev The order of the parameters gives it a low selector, which is found early, as that of {MandateAccount-pay}.
    function append(Action action, uint256 agentId, bytes32 intentId, bytes32 detailHash) external onlyExecutor {
        _append(agentId, intentId, action, detailHash);
    }

    /// @dev Judges and counts a payment from here that the caller, who must hold the agent's key, asks for. Whoever does not
    ///      finds no meter, and nobody's failure trips anybody else (L4). What it returns as NONE is recorded as paid:
    ///      the account pays now or reverts. Home only: on a chain that forked from it no stop reaches an agent's words.
    function _spend(uint256 agentId, address asset, address to, uint256 amount) internal returns (Rule rule) {
        require(block.chainid == HOME_CHAIN_ID, PolicyNotHome(HOME_CHAIN_ID));
        MeterSlot storage meter;
        BudgetSlot storage budget;
        Meter ticked;
        Budget spent;
        {
            Mandate storage mandate = _mandates[agentId];
            (meter, budget) = (mandate.meters[msg.sender], mandate.budgets[asset]);
            (ticked, spent) = (meter.word, budget.word);
            if (ticked.basic()) {
                rule = spent.home() ? _listed(mandate, ticked, HOME_CHAIN_ID, to) : Rule.CHAIN;
            } else {
                require(Meter.unwrap(ticked) != 0, PolicyNotAgent(agentId, msg.sender));
                rule = Rule.INTENT_NEEDED;
            }
        }
        TrailSlot storage trail = _trail(agentId);
        Trail before = trail.word;
        (rule, ticked, spent) = _judge(ticked, spent, rule, amount, before.unpublished());
        // The payment's id, then its record's hash.
        bytes32 hash = IntentHash.paymentId(agentId, address(this), asset, to, amount, before.count(), _INTENT_DOMAIN);
        if (rule == Rule.NONE) {
            meter.word = ticked;
            budget.word = spent;
            emit Paid(agentId, asset, to, amount, before.count());
            hash = _recordHash(agentId, hash, Action.EXECUTED, _paymentHash(asset, amount));
        } else {
            Verdict memory v = _verdict(rule, meter.word, budget.word, amount);
            if (v.tripped) _trip(agentId, rule, hash, amount, v.left);
            emit Refused(agentId, asset, to, amount, before.count(), v);
            hash = _recordHash(agentId, hash, Action.DENIED, _denialHash(v));
        }
        trail.word = before.extended(hash);
    }

    /// @dev Of the detail of an EXECUTED record of a payment from here: abi.encode(account, asset, moved).
    function _paymentHash(address asset, uint256 amount) internal view returns (bytes32) {
        return Hash.words(bytes32(uint256(uint160(address(this)))), bytes32(uint256(uint160(asset))), bytes32(amount));
    }

    /// @dev Of the detail of a DENIED record.
    function _denialHash(Verdict memory v) private pure returns (bytes32) {
        return keccak256(abi.encode(v));
    }

    function _judgeIntent(Intent calldata intent, Finding calldata f, Meter meter, Budget budget)
        private
        view
        returns (Rule rule, Meter ticked, Budget spent, Pace paced)
    {
        rule = _placeRule(intent, f, meter, budget);
        (rule, ticked, spent) = _judge(meter, budget, rule, intent.amount, _trail(intent.agentId).word.unpublished());
        if (rule != Rule.NONE || meter.basic()) return (rule, ticked, spent, paced);
        if (f.rule != Rule.NONE) return (f.rule, ticked, spent, paced);
        Pace pace = _mandates[intent.agentId].pace;
        if (block.timestamp < pace.restedAt(meter.riskLevel())) return (Rule.COOLDOWN, ticked, spent, paced);
        bool fits;
        (fits, paced) = pace.tick();
        if (!fits) rule = Rule.BURST;
    }

    /// @dev CHAIN, CHAIN_BREAKER, SELECTOR, RECIPIENT or NONE.
    function _placeRule(Intent calldata intent, Finding calldata f, Meter meter, Budget budget)
        private
        view
        returns (Rule)
    {
        Mandate storage mandate = _mandates[intent.agentId];
        if (intent.chainId == HOME_CHAIN_ID) {
            if (!budget.home()) return Rule.CHAIN;
        } else {
            if (!_isOnRemote(mandate.budgets[intent.asset], intent.chainId)) return Rule.CHAIN;
            if (_breakers[Scope.CHAIN][intent.chainId].tripped) return Rule.CHAIN_BREAKER;
        }
        if (f.rule == Rule.SELECTOR) return Rule.SELECTOR;
        // Only a call may name nobody.
        if (f.recipient == address(0) && intent.data.length > 0) return Rule.NONE;
        return _listed(mandate, meter, intent.chainId, f.recipient);
    }

    function _listed(Mandate storage mandate, Meter meter, uint256 chainId, address to) private view returns (Rule) {
        if (mandate.recipients[_place(chainId, to)]) return Rule.NONE;
        return meter.open() ? Rule.NONE : Rule.RECIPIENT;
    }

    /// @dev The basic rules in order; the first that refuses decides.
    /// @param place what the rules about chain, recipient and selector say
    /// @param lag records of the agent that are not published
    /// @return rule the rule that refuses, or NONE
    /// @return ticked the meter with the request counted, when none refuses
    /// @return spent the budget with the request counted, when none refuses
    function _judge(Meter meter, Budget budget, Rule place, uint256 amount, uint256 lag)
        private
        view
        returns (Rule rule, Meter ticked, Budget spent)
    {
        bool fits;
        if (!meter.running()) return (_stopped(meter), ticked, spent);
        if (block.timestamp > meter.expiry()) return (Rule.EXPIRY, ticked, spent);
        if (budget.halted()) return (_orAsset(Rule.ASSET_BREAKER, budget), ticked, spent);
        if (place != Rule.NONE) return (_orAsset(place, budget), ticked, spent);
        unchecked {
            // Zero is more than any cap here.
            if (amount - 1 >= budget.perTransaction()) {
                rule = amount == 0 ? Rule.AMOUNT : Rule.PER_TRANSACTION;
                return (_orAsset(rule, budget), ticked, spent);
            }
        }
        (fits, spent) = budget.spend(amount);
        if (!fits) return (_orAsset(Rule.WINDOW, budget), ticked, spent);
        (fits, ticked) = meter.tick();
        if (!fits) return (Rule.FREQUENCY, ticked, spent);
        if (lag > meter.maxAuditLag()) return (Rule.AUDIT_LAG, ticked, spent);
    }

    /// @dev Without a cap an asset is refused as such, whatever else refuses it. Nothing fits it, so it is looked at only then.
    function _orAsset(Rule rule, Budget budget) private pure returns (Rule) {
        return budget.isEmpty() ? Rule.ASSET : rule;
    }

    function _stopped(Meter meter) private view returns (Rule) {
        if (!meter.live()) return Rule.AGENT_STATUS;
        if (meter.frozen()) return Rule.AGENT_BREAKER;
        return _breakers[Scope.ALL][0].tripped ? Rule.GLOBAL_BREAKER : Rule.CHAIN_BREAKER;
    }

    /// @dev The words for what {_judge} decided: the limit, what is left, and when more comes (L12).
    function _verdict(Rule rule, Meter meter, Budget budget, uint256 amount) private view returns (Verdict memory v) {
        v.rule = rule;
        v.tripped = _trips(rule);
        // A time in seconds fits.
        // forge-lint: disable-next-item(unsafe-typecast)
        if (rule == Rule.NONE) {
            v.eta = uint64(block.timestamp);
        } else if (rule == Rule.EXPIRY) {
            v.limit = meter.expiry();
        } else if (rule == Rule.PER_TRANSACTION || rule == Rule.WINDOW) {
            (, v.left) = budget.usage();
            if (rule == Rule.WINDOW) {
                (v.limit, v.availableAt) = (budget.cap(), uint64(budget.freeAt(amount)));
            } else {
                v.limit = budget.perTransaction();
                if (v.left > v.limit) v.left = v.limit;
            }
        } else if (rule == Rule.FREQUENCY) {
            (v.limit, v.availableAt) = (meter.maxTransactions(), uint64(meter.freeAt()));
        } else if (rule == Rule.AUDIT_LAG) {
            v.limit = meter.maxAuditLag();
        }
    }

    /// @dev As {_verdict}, with the words for the rules beyond the basic ones.
    function _intentVerdict(Rule rule, Intent calldata intent, Finding calldata f, Meter meter, Budget budget)
        private
        view
        returns (Verdict memory v)
    {
        v = _verdict(rule, meter, budget, intent.amount);
        if (rule == Rule.NONE) {
            (v.tier, v.eta) = (f.tier, v.eta + f.delay);
        } else if (rule == Rule.RULE_BOOK) {
            (v.source, v.limit, v.left, v.availableAt) = (f.source, f.limit, f.left, f.availableAt);
        } else if (rule == Rule.COOLDOWN) {
            uint8 riskLevel = meter.riskLevel();
            Pace pace = _mandates[intent.agentId].pace;
            v.limit = pace.cooldown() << riskLevel;
            // A time in seconds fits.
            // forge-lint: disable-next-line(unsafe-typecast)
            v.availableAt = uint64(pace.restedAt(riskLevel));
        } else if (rule == Rule.BURST) {
            v.limit = _mandates[intent.agentId].pace.burst();
        }
    }

    /// @dev What an agent within its mandate never asks for. Waiting, or somebody else's doing, trips nothing; but whoever submits chooses the
    ///      moment: intents that were signed in time may be too many together (WINDOW, BURST), and one that was signed before the mandate
    ///      was tightened breaches what holds now. Cancel what is signed and not submitted before tightening.
    function _trips(Rule rule) internal pure returns (bool) {
        return rule == Rule.ASSET || rule == Rule.CHAIN || rule == Rule.RECIPIENT || rule == Rule.SELECTOR
            || rule == Rule.PER_TRANSACTION || rule == Rule.WINDOW || rule == Rule.BURST;
    }

    // ------------------------------------------------------------------ reading

    /// @notice The agent's words for an asset as they stand, which {MandateLens} tells in figures: see {Meter}, {Budget} and {Pace};
    ///         and how many of its records here are unpublished.
    function words(uint256 agentId, address asset)
        external
        view
        returns (Meter meter, Budget budget, Pace pace, uint256 unpublished)
    {
        Mandate storage mandate = _mandates[agentId];
        meter = mandate.meters[mandate.key.wallet].word;
        return (meter, mandate.budgets[asset].word, mandate.pace, _trail(agentId).word.unpublished());
    }

    /// @notice Whether the agent's mandate asks for the rules of this contract only.
    function isBasic(uint256 agentId) external view returns (bool) {
        return _meterOf(agentId).word.basic();
    }

    /// @notice Whether the agent's breaker is tripped.
    function frozen(uint256 agentId) external view returns (bool) {
        return _meterOf(agentId).word.frozen();
    }

    /// @notice How often the agent's breaker tripped or was tripped by hand.
    function stops(uint256 agentId) external view returns (uint256) {
        return _mandates[agentId].key.stops;
    }

    /// @notice A breaker above the agents, and how often it was tripped. `what` is a chain id or an asset; 0 for everything.
    function breaker(Scope scope, uint256 what) external view returns (bool tripped, uint256 stops_) {
        Breaker memory b = _breakers[scope][what];
        return (b.tripped, b.stops);
    }

    /// @notice Whether the agent may pay `recipient` on chain `chainId`.
    function isRecipient(uint256 agentId, uint256 chainId, address recipient) external view returns (bool) {
        return chainId <= type(uint96).max && _mandates[agentId].recipients[_place(chainId, recipient)];
    }

    /// @notice Whether the agent may spend `asset` on chain `chainId`.
    function isAssetOnChain(uint256 agentId, address asset, uint256 chainId) external view returns (bool) {
        return chainId == HOME_CHAIN_ID
            ? _mandates[agentId].budgets[asset].word.home()
            : _isOnRemote(_mandates[agentId].budgets[asset], chainId);
    }

    /// @notice The assets that the agent's mandate has a limit for, if only of 0.
    function assetsOf(uint256 agentId) external view returns (address[] memory) {
        return _mandates[agentId].assets;
    }

    /// @notice The chains that mandates can name, in the order of their index; the first is home.
    function chainIds() external view returns (uint256[] memory) {
        return _chainIds;
    }

    /// @notice The agents that are live.
    function live() external view returns (uint256[] memory) {
        return _live;
    }

    // ------------------------------------------------------------------ breakers

    /// @notice Freezes the agent at once. Whoever may tighten: see {AgentRegistry-isTightener}. Each time counts, also when the
    ///         agent is frozen already: a thaw that was decided before no longer fits.
    function freeze(uint256 agentId) external {
        // Guardians first: they freeze in a hurry, and knowing them takes no look into the registry.
        if (!Roles.isGuardian(authority(), msg.sender) && !REGISTRY.isTightener(agentId, msg.sender)) {
            _checkCanCall(msg.sender, msg.data);
        }
        _trip(agentId, Rule.NONE, bytes32(0), 0, 0);
    }

    /// @notice Resets the agent's breaker. Governance only.
    /// @param expectedStops what {stops} said when this was decided: a decision never undoes a stop that came after it
    function thaw(uint256 agentId, uint256 expectedStops) external restricted {
        Mandate storage mandate = _mandates[agentId];
        Key memory key = mandate.key;
        require(key.stops == expectedStops, PolicyStopsDiffer(agentId, expectedStops, key.stops));
        MeterSlot storage meter = mandate.meters[key.wallet];
        meter.word = meter.word.withFrozen(false);
        emit Thawed(agentId, msg.sender);
    }

    /// @notice Trips a breaker above the agents at once. Guardians, governance, and who owns the funds. Each time counts.
    /// @param what 0, a chain id that is registered, or an asset, as `scope` says
    function stop(Scope scope, uint256 what) public {
        _checkStopper();
        Breaker storage b = _breaker(scope, what);
        if (!b.tripped) ++_tripped;
        (b.tripped, b.stops) = (true, b.stops + 1);
        _push(scope, what);
        emit Stopped(scope, what, msg.sender);
    }

    /// @notice Resets a breaker above the agents. Governance only.
    /// @param expectedStops what {breaker} said when this was decided: a decision never undoes a stop that came after it
    function restart(Scope scope, uint256 what, uint256 expectedStops) external restricted {
        Breaker storage b = _breaker(scope, what);
        require(b.stops == expectedStops, PolicyBreakerStopsDiffer(scope, what, expectedStops, b.stops));
        if (b.tripped) --_tripped;
        b.tripped = false;
        _push(scope, what);
        emit Restarted(scope, what, msg.sender);
    }

    // ------------------------------------------------------------------ standing

    /// @notice The registry tells who acts for the agent from now on, and whether it may. Registry only, at home.
    function sync(uint256 agentId, address wallet, bool live_, uint8 riskLevel) external {
        require(msg.sender == address(REGISTRY), PolicyNotRegistry(msg.sender));
        require(block.chainid == HOME_CHAIN_ID, PolicyNotHome(HOME_CHAIN_ID));
        Mandate storage mandate = _mandates[agentId];
        Key storage key = mandate.key;
        Meter meter = mandate.meters[key.wallet].word;
        if (wallet != key.wallet) {
            mandate.meters[key.wallet].word = Meter.wrap(0);
            key.wallet = wallet;
        }
        if (live_ && key.place == 0) {
            require(_live.length < MAX_LIVE, PolicyAgentsFull(MAX_LIVE));
            _live.push(agentId);
            // MAX_LIVE fits.
            // forge-lint: disable-next-line(unsafe-typecast)
            key.place = uint16(_live.length);
            _pushAssets(agentId);
        } else if (!live_ && key.place > 0) {
            uint256 last = _live[_live.length - 1];
            _live[key.place - 1] = last;
            _mandates[last].key.place = key.place;
            key.place = 0;
            _live.pop();
        }
        uint8 before = meter.riskLevel();
        if (riskLevel != before) _rescale(mandate, before, riskLevel);
        mandate.meters[wallet].word = meter.withRiskLevel(riskLevel).withLive(live_).withHalted(_isHalted());
    }

    /// @dev Windows grow and shrink with the risk level. What was spent stays counted.
    function _rescale(Mandate storage mandate, uint8 before, uint8 level) private {
        for (uint256 i; i < mandate.assets.length; ++i) {
            BudgetSlot storage budget = mandate.budgets[mandate.assets[i]];
            Budget b = budget.word;
            _setLimit(budget, b, b.perTransaction(), b.cap(), (b.window() >> before) << level);
        }
        Pace p = mandate.pace;
        mandate.pace = p.withLimits(p.burst(), (p.window() >> before) << level, p.cooldown());
    }

    /// @dev Of a budget whose word is `b`. A window that changes dates anew what was spent.
    function _setLimit(BudgetSlot storage budget, Budget b, uint256 perTransaction, uint256 cap, uint256 window)
        private
    {
        // A time in seconds fits.
        // forge-lint: disable-next-line(unsafe-typecast)
        if (window != b.window()) budget.redatedAt = uint40(block.timestamp);
        budget.word = b.withLimit(perTransaction, cap, window);
    }

    // ------------------------------------------------------------------ mandate

    /// @notice Makes a chain known, so that mandates can name it. Governance only; at most 16.
    function registerChain(uint256 chainId) external restricted {
        _registerChain(chainId);
    }

    /// @notice Sets the terms. At once when no field is looser, else by governance only.
    function setTerms(uint256 agentId, Terms memory terms) external {
        _checkWindow(terms.frequencyWindow, 1);
        require(
            terms.maxAuditLag < type(uint16).max, PolicyLagTooLong(terms.maxAuditLag, uint256(type(uint16).max) - 1)
        );
        Mandate storage mandate = _mandates[agentId];
        Key storage key = mandate.key;
        Meter meter = mandate.meters[key.wallet].word;
        _authorize(agentId, isTighter(terms, _terms(meter)));
        key.used = true;
        uint256 window = uint256(terms.frequencyWindow) << meter.riskLevel();
        meter = meter.withTerms(terms.expiry, window, terms.maxTransactions, terms.maxAuditLag);
        mandate.meters[key.wallet].word = meter.withBasic(terms.basic).withOpen(terms.open);
        emit TermsSet(agentId, terms, msg.sender);
    }

    /// @notice Whether `next` admits nothing that `old` does not (L5), field by field.
    function isTighter(Terms memory next, Terms memory old) internal pure returns (bool) {
        return next.expiry <= old.expiry && next.frequencyWindow >= old.frequencyWindow
            && next.maxTransactions <= old.maxTransactions && next.maxAuditLag <= old.maxAuditLag
            && (old.basic || !next.basic) && (old.open || !next.open);
    }

    /// @notice Sets an asset's caps. At once when no field is looser, else by governance only.
    /// @dev A cap of 0 ends the asset. What was spent stays counted through every change.
    function setLimit(uint256 agentId, address asset, Limit memory limit) external {
        _checkWindow(limit.window, 1);
        uint256 exact = BudgetWord.exactPerTransaction(limit.perTransaction);
        require(exact == limit.perTransaction, PolicyInexact(limit.perTransaction, exact));
        exact = BudgetWord.exactCap(limit.cap);
        require(exact == limit.cap, PolicyInexact(limit.cap, exact));
        Mandate storage mandate = _mandates[agentId];
        BudgetSlot storage slot = mandate.budgets[asset];
        Budget budget = slot.word;
        uint8 riskLevel = _meterOf(agentId).word.riskLevel();
        // Only governance puts an asset into the list: nobody fills it up.
        _authorize(agentId, budget.window() > 0 && isTighter(limit, _limit(budget, riskLevel)));
        // A window that is set shows that the asset is in the list.
        if (budget.window() == 0) {
            require(mandate.assets.length < MAX_ASSETS, PolicyAssetsFull(MAX_ASSETS));
            mandate.assets.push(asset);
            _onAsset(asset);
            budget = budget.withHalted(_breakers[Scope.ASSET][uint160(asset)].tripped);
        }
        _setLimit(slot, budget, limit.perTransaction, limit.cap, uint256(limit.window) << riskLevel);
        emit LimitSet(agentId, asset, limit, msg.sender);
    }

    /// @notice Whether `next` admits nothing that `old` does not (L5), field by field.
    /// @dev Of the same usage. What is used is dated anew when the window changes, and may so be free again up to one bucket earlier
    ///      than in the shorter window; never before a whole window, the new one, has passed (L2).
    function isTighter(Limit memory next, Limit memory old) internal pure returns (bool) {
        return next.perTransaction <= old.perTransaction && next.cap <= old.cap && next.window >= old.window;
    }

    /// @notice Takes an asset out of the mandate's list, so that there is room for another. Governance only, and only what has no cap and
    ///         nothing used in the window any more: nothing that counts is forgotten. Chains are to be allowed anew.
    function dropAsset(uint256 agentId, address asset) external restricted {
        Mandate storage mandate = _mandates[agentId];
        Budget budget = mandate.budgets[asset].word;
        (uint256 used,) = budget.usage();
        require(budget.window() > 0 && budget.isEmpty() && used == 0, PolicyAssetInUse(asset, budget.cap(), used));
        address[] storage assets = mandate.assets;
        uint256 i;
        while (assets[i] != asset) ++i;
        assets[i] = assets[assets.length - 1];
        assets.pop();
        // When it is put in again, that is when its usage is dated.
        delete mandate.budgets[asset];
        emit AssetDropped(agentId, asset, msg.sender);
    }

    /// @notice Sets how fast the agent may act. At once when no field is looser, else by governance only.
    function setTempo(uint256 agentId, Tempo memory tempo) external {
        _checkWindow(tempo.burstWindow, tempo.burst > 0 ? 1 : 0);
        uint8 riskLevel = _meterOf(agentId).word.riskLevel();
        Pace pace = _mandates[agentId].pace;
        _authorize(agentId, isTighter(tempo, _tempo(pace, riskLevel)));
        _mandates[agentId].pace = pace.withLimits(tempo.burst, uint256(tempo.burstWindow) << riskLevel, tempo.cooldown);
        emit TempoSet(agentId, tempo, msg.sender);
    }

    /// @notice Whether `next` admits nothing that `old` does not (L5), field by field.
    function isTighter(Tempo memory next, Tempo memory old) internal pure returns (bool) {
        bool burst =
            old.burst == 0 || (next.burst > 0 && next.burst <= old.burst && next.burstWindow >= old.burstWindow);
        return burst && next.cooldown >= old.cooldown;
    }

    /// @notice Allows or forbids to spend an asset on a chain. Forbidding applies at once; allowing is governance's.
    function setAssetChain(uint256 agentId, address asset, uint256 chainId, bool allowed) external {
        _authorize(agentId, !allowed);
        uint256 index = _chainIndexPlusOne[chainId];
        require(index > 0, PolicyChainUnknown(chainId));
        BudgetSlot storage budget = _mandates[agentId].budgets[asset];
        if (chainId == HOME_CHAIN_ID) {
            budget.word = budget.word.withHome(allowed);
        } else {
            // Chains are as many as there are bits.
            // forge-lint: disable-next-line(unsafe-typecast)
            uint16 bit = uint16(1 << (index - 1));
            budget.remoteChains = allowed ? budget.remoteChains | bit : budget.remoteChains & ~bit;
        }
        emit AssetChainSet(agentId, asset, chainId, allowed, msg.sender);
    }

    /// @notice Allows or forbids a recipient on a chain. Forbidding applies at once; allowing is governance's.
    function setRecipient(uint256 agentId, uint256 chainId, address recipient, bool allowed) external {
        _authorize(agentId, !allowed);
        require(chainId <= type(uint96).max, PolicyChainUnknown(chainId));
        _mandates[agentId].recipients[_place(chainId, recipient)] = allowed;
        emit RecipientSet(agentId, chainId, recipient, allowed, msg.sender);
    }

    // ------------------------------------------------------------------ internals

    /// @dev An asset that no limit was set for before.
    function _onAsset(address asset) internal virtual;

    /// @dev Whether `caller` owns the funds, and so may always stop.
    function _isOwner(address caller) internal view virtual returns (bool);

    /// @dev Guardians, who owns the funds, and governance.
    function _checkStopper() internal {
        if (!Roles.isGuardian(authority(), msg.sender) && !_isOwner(msg.sender)) _checkCanCall(msg.sender, msg.data);
    }

    /// @dev Nothing leaves from here while everything, this chain or the asset is stopped.
    function _stoppedFor(address asset) internal view returns (Rule) {
        if (_tripped == 0) return Rule.NONE;
        if (_breakers[Scope.ALL][0].tripped) return Rule.GLOBAL_BREAKER;
        if (_breakers[Scope.CHAIN][block.chainid].tripped) return Rule.CHAIN_BREAKER;
        if (_breakers[Scope.ASSET][uint160(asset)].tripped) return Rule.ASSET_BREAKER;
        return Rule.NONE;
    }

    /// @dev L5: a change that loosens nothing may also come from those who may tighten.
    function _authorize(uint256 agentId, bool tighter) private {
        require(agentId != 0, PolicyAgentUnknown(agentId));
        if (!tighter || !REGISTRY.isTightener(agentId, msg.sender)) _checkCanCall(msg.sender, msg.data);
    }

    function _trip(uint256 agentId, Rule rule, bytes32 intentId, uint256 asked, uint256 left) private {
        Mandate storage mandate = _mandates[agentId];
        Key storage key = mandate.key;
        ++key.stops;
        MeterSlot storage meter = mandate.meters[key.wallet];
        meter.word = meter.word.withFrozen(true);
        emit Tripped(agentId, msg.sender, rule, intentId, asked, left);
    }

    /// @dev A breaker has one name, and what has none is no breaker.
    function _breaker(Scope scope, uint256 what) private view returns (Breaker storage) {
        require(
            scope == Scope.ALL
                ? what == 0
                : scope == Scope.CHAIN ? _chainIndexPlusOne[what] > 0 : what <= type(uint160).max,
            PolicyBreakerUnknown(scope, what)
        );
        return _breakers[scope][what];
    }

    /// @dev Brings a breaker's state into the words that payments read: none of them pays for reading the breaker itself.
    function _push(Scope scope, uint256 what) private {
        if (block.chainid != HOME_CHAIN_ID || (scope == Scope.CHAIN && what != HOME_CHAIN_ID)) return;
        bool on = scope == Scope.ASSET ? _breakers[scope][what].tripped : _isHalted();
        for (uint256 i; i < _live.length; ++i) {
            uint256 agentId = _live[i];
            if (scope == Scope.ASSET) {
                // An asset's number is at most 160 bits.
                // forge-lint: disable-next-line(unsafe-typecast)
                _pushAsset(agentId, address(uint160(what)), on);
            } else {
                MeterSlot storage meter = _meterOf(agentId);
                meter.word = meter.word.withHalted(on);
            }
        }
    }

    function _pushAssets(uint256 agentId) private {
        address[] storage assets = _mandates[agentId].assets;
        for (uint256 i; i < assets.length; ++i) {
            _pushAsset(agentId, assets[i], _breakers[Scope.ASSET][uint160(assets[i])].tripped);
        }
    }

    function _pushAsset(uint256 agentId, address asset, bool on) private {
        Budget budget = _mandates[agentId].budgets[asset].word;
        if (budget.window() > 0 && budget.halted() != on) {
            _mandates[agentId].budgets[asset].word = budget.withHalted(on);
        }
    }

    function _meterOf(uint256 agentId) private view returns (MeterSlot storage) {
        Mandate storage mandate = _mandates[agentId];
        return mandate.meters[mandate.key.wallet];
    }

    function _isHalted() private view returns (bool) {
        return _breakers[Scope.ALL][0].tripped || _breakers[Scope.CHAIN][HOME_CHAIN_ID].tripped;
    }

    function _registerChain(uint256 chainId) private {
        require(chainId <= type(uint96).max, PolicyChainUnknown(chainId));
        require(_chainIndexPlusOne[chainId] == 0, PolicyChainKnown(chainId));
        require(_chainIds.length < _MAX_CHAINS, PolicyChainsFull(_MAX_CHAINS));
        _chainIds.push(chainId);
        _chainIndexPlusOne[chainId] = _chainIds.length;
        emit ChainRegistered(chainId, _chainIds.length - 1);
    }

    function _isOnRemote(BudgetSlot storage budget, uint256 chainId) private view returns (bool) {
        uint256 index = _chainIndexPlusOne[chainId];
        return index > 0 && (budget.remoteChains >> (index - 1)) & 1 == 1;
    }

    /// @dev A chain id is below 2^96.
    function _place(uint256 chainId, address recipient) private pure returns (uint256) {
        return (chainId << 160) | uint160(recipient);
    }

    function _checkWindow(uint256 window, uint256 min) private pure {
        require(window >= min && window <= MAX_WINDOW, PolicyWindow(window, MAX_WINDOW));
    }

    function _limit(Budget b, uint8 riskLevel) private pure returns (Limit memory) {
        // What was set fits its type.
        // forge-lint: disable-next-line(unsafe-typecast)
        return Limit(uint104(b.perTransaction()), uint104(b.cap()), uint24(b.window() >> riskLevel));
    }

    function _tempo(Pace p, uint8 riskLevel) private pure returns (Tempo memory) {
        // What was set fits its type.
        // forge-lint: disable-next-line(unsafe-typecast)
        return Tempo(uint8(p.burst()), uint24(p.window() >> riskLevel), uint24(p.cooldown()));
    }

    function _terms(Meter m) private pure returns (Terms memory) {
        // What was set fits its type.
        // forge-lint: disable-next-item(unsafe-typecast)
        return Terms(
            uint32(m.expiry()),
            uint24(m.window() >> m.riskLevel()),
            uint16(m.maxTransactions()),
            uint16(m.maxAuditLag()),
            m.basic(),
            m.open()
        );
    }
}
