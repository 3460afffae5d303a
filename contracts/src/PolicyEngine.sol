// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentRegistry, Status} from "./AgentRegistry.sol";
import {Action, AuditLog, Trail} from "./AuditLog.sol";
import {Budget, BudgetWord} from "./Budget.sol";
import {Hash} from "./Hash.sol";
import {Intent, IntentHash} from "./Intent.sol";
import {Meter} from "./Meter.sol";
import {Rule, Tier, Verdict} from "./Verdict.sol";
import {Roles} from "./governance/Roles.sol";

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
    /// @param frequencyWindow seconds of the rolling window that counts transactions, 1 to 2^24-1
    /// @param maxTransactions most transactions admitted in any such window
    /// @param maxAuditLag most records that may be unpublished when an intent is admitted, below 2^16-1
    struct Terms {
        uint32 expiry;
        uint24 frequencyWindow;
        uint16 maxTransactions;
        uint16 maxAuditLag;
    }

    /// @notice The part of a mandate that holds for one asset, over all chains.
    /// @param perTransaction most per intent, in the asset's smallest unit; at most four significant digits
    /// @param cap most in any window, same unit; at most five significant digits; 0: none
    /// @param window seconds of the rolling window, 1 to 2^24-1
    struct Limit {
        uint104 perTransaction;
        uint104 cap;
        uint24 window;
    }

    /// @notice What an agent may still do with one asset, now.
    struct Headroom {
        Limit limit;
        uint256 used; // in the current window, each amount rounded up, asset's smallest unit
        uint256 left; // largest amount that the caps admit now: exactly this fits, one more does not
        uint64 moreAt; // unix seconds when some of `used` falls out of the window; 0: nothing is used
        uint256 transactionsLeft;
        uint64 transactionAt; // unix seconds when the next transaction fits; 0: now, or never
        uint256 recordsLeft; // unpublished records that the audit lag still admits
        bool frozen;
        Terms terms;
        Status status;
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

    struct BudgetSlot {
        Budget word;
    }

    /// @dev All that belongs to one agent. `meters` by the key that may turn it; of all but the present key they are empty.
    struct Mandate {
        Key key;
        mapping(address wallet => MeterSlot) meters;
        mapping(address asset => BudgetSlot) budgets;
        mapping(uint256 chainAndRecipient => bool) recipients;
        mapping(address asset => uint256) remoteChains;
        address[] assets;
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

    event ChainRegistered(uint256 indexed chainId, uint256 index);
    event TermsSet(uint256 indexed agentId, Terms terms, address indexed by);
    event LimitSet(uint256 indexed agentId, address indexed asset, Limit limit, address indexed by);
    event AssetChainSet(
        uint256 indexed agentId, address indexed asset, uint256 indexed chainId, bool allowed, address by
    );
    event RecipientSet(
        uint256 indexed agentId, uint256 indexed chainId, address indexed recipient, bool allowed, address by
    );
    /// @notice An admitted intent was counted.
    event Consumed(uint256 indexed agentId, bytes32 indexed intentId, address indexed asset, uint256 amount);
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
    error PolicyWindowZero();
    error PolicyLagTooLong(uint256 asked, uint256 max);
    error PolicyInexact(uint256 asked, uint256 nearest);
    error PolicyChainUnknown(uint256 chainId);
    error PolicyChainKnown(uint256 chainId);
    error PolicyChainsFull(uint256 max);
    error PolicyAssetsFull(uint256 max);
    error PolicyAgentsFull(uint256 max);
    error PolicyStopsDiffer(uint256 agentId, uint256 expectedStops, uint256 stops);
    error PolicyBreakerStopsDiffer(Scope scope, uint256 what, uint256 expectedStops, uint256 stops);
    error PolicyBreakerUnknown(Scope scope, uint256 what);
    error PolicyAgentUnknown(uint256 agentId);
    error PolicyUnauthorized(address caller);

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
    function consume(Intent calldata intent) external onlyExecutor returns (Verdict memory verdict) {
        Mandate storage mandate = _mandates[intent.agentId];
        MeterSlot storage meter = mandate.meters[mandate.key.wallet];
        BudgetSlot storage budget = mandate.budgets[intent.asset];
        (Rule rule, Meter ticked, Budget spent) = _judgeIntent(intent, meter.word, budget.word);
        verdict = _verdict(rule, meter.word, budget.word, intent.amount);
        bytes32 intentId = IntentHash.id(intent, _INTENT_DOMAIN);
        if (rule == Rule.NONE) {
            meter.word = ticked;
            budget.word = spent;
            emit Consumed(intent.agentId, intentId, intent.asset, intent.amount);
        } else if (verdict.tripped) {
            _trip(intent.agentId, rule, intentId, intent.amount, verdict.left);
        }
    }

    /// @notice The verdict that {consume} would give now, without its effects.
    function preview(Intent calldata intent) external view returns (Verdict memory) {
        Meter meter = _meterOf(intent.agentId).word;
        Budget budget = _mandates[intent.agentId].budgets[intent.asset].word;
        (Rule rule,,) = _judgeIntent(intent, meter, budget);
        return _verdict(rule, meter, budget, intent.amount);
    }

    /// @notice Extends the agent's audit chain. Executor only.
    /// @param detail the action's facts, ABI-encoded as docs/architecture.md lists them
    function append(uint256 agentId, bytes32 intentId, Action action, bytes calldata detail) external onlyExecutor {
        _append(agentId, intentId, action, detail);
    }

    /// @dev Judges and counts a payment from here that the caller, who must hold the agent's key, asks for. Whoever does not
    ///      finds no meter, and nobody's failure trips anybody else (L4). What it returns as NONE is recorded as paid:
    ///      the account pays now or reverts.
    function _spend(uint256 agentId, address asset, address to, uint256 amount) internal returns (Rule rule) {
        MeterSlot storage meter;
        BudgetSlot storage budget;
        Budget spent;
        {
            Mandate storage mandate = _mandates[agentId];
            (meter, budget) = (mandate.meters[msg.sender], mandate.budgets[asset]);
            require(Meter.unwrap(meter.word) != 0, PolicyNotAgent(agentId, msg.sender));
            spent = budget.word;
            rule = spent.home() ? _listed(mandate, block.chainid, to) : Rule.CHAIN;
        }
        Meter ticked = meter.word;
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

    /// @dev Of the detail of an EXECUTED record of a payment from here.
    function _paymentHash(address asset, uint256 amount) private view returns (bytes32) {
        return Hash.words(bytes32(uint256(uint160(address(this)))), bytes32(uint256(uint160(asset))), bytes32(amount));
    }

    /// @dev Of the detail of a DENIED record.
    function _denialHash(Verdict memory v) private pure returns (bytes32) {
        return keccak256(abi.encode(v.rule, v.tripped, v.limit, v.left, v.availableAt));
    }

    function _judgeIntent(Intent calldata intent, Meter meter, Budget budget)
        private
        view
        returns (Rule rule, Meter ticked, Budget spent)
    {
        rule = _allowed(intent, budget);
        if (rule == Rule.NONE && intent.data.length > 0) rule = Rule.SELECTOR;
        return _judge(meter, budget, rule, intent.amount, _trail(intent.agentId).word.unpublished());
    }

    /// @dev CHAIN, CHAIN_BREAKER, RECIPIENT or NONE.
    function _allowed(Intent calldata intent, Budget budget) private view returns (Rule) {
        if (intent.chainId == HOME_CHAIN_ID) {
            if (!budget.home()) return Rule.CHAIN;
        } else {
            if (!_isOnRemote(_mandates[intent.agentId], intent.asset, intent.chainId)) return Rule.CHAIN;
            if (_breakers[Scope.CHAIN][intent.chainId].tripped) return Rule.CHAIN_BREAKER;
        }
        return _listed(_mandates[intent.agentId], intent.chainId, intent.to);
    }

    function _listed(Mandate storage mandate, uint256 chainId, address to) private view returns (Rule) {
        return mandate.recipients[_place(chainId, to)] ? Rule.NONE : Rule.RECIPIENT;
    }

    /// @dev The rules in order; the first that refuses decides.
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
        if (budget.isEmpty()) return (Rule.ASSET, ticked, spent);
        if (budget.halted()) return (Rule.ASSET_BREAKER, ticked, spent);
        if (place != Rule.NONE) return (place, ticked, spent);
        if (amount == 0) return (Rule.AMOUNT, ticked, spent);
        if (amount > budget.perTransaction()) return (Rule.PER_TRANSACTION, ticked, spent);
        (fits, spent) = budget.spend(amount);
        if (!fits) return (Rule.WINDOW, ticked, spent);
        (fits, ticked) = meter.tick();
        if (!fits) return (Rule.FREQUENCY, ticked, spent);
        if (lag > meter.maxAuditLag()) return (Rule.AUDIT_LAG, ticked, spent);
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

    /// @dev What an agent within its mandate never asks for. Waiting, or somebody else's doing, trips nothing.
    function _trips(Rule rule) internal pure returns (bool) {
        return rule == Rule.ASSET || rule == Rule.CHAIN || rule == Rule.RECIPIENT || rule == Rule.SELECTOR
            || rule == Rule.PER_TRANSACTION || rule == Rule.WINDOW;
    }

    // ------------------------------------------------------------------ reading

    /// @notice Everything a client needs to show or predict for one asset.
    function headroom(uint256 agentId, address asset) external view returns (Headroom memory h) {
        Meter meter = _meterOf(agentId).word;
        Budget budget = _mandates[agentId].budgets[asset].word;
        h.limit = _limit(budget);
        h.terms = _terms(meter);
        h.frozen = meter.frozen();
        (, h.status,) = REGISTRY.agent(agentId);
        (h.used, h.left) = budget.usage();
        if (h.left > h.limit.perTransaction) h.left = h.limit.perTransaction;
        // Times in seconds fit.
        // forge-lint: disable-next-item(unsafe-typecast)
        if (h.used > 0) h.moreAt = uint64(budget.freeAt(0));
        uint256 count = meter.count();
        if (count < h.terms.maxTransactions) h.transactionsLeft = h.terms.maxTransactions - count;
        // forge-lint: disable-next-item(unsafe-typecast)
        else h.transactionAt = uint64(meter.freeAt());
        uint256 lag = _trail(agentId).word.unpublished();
        h.recordsLeft = lag > h.terms.maxAuditLag ? 0 : h.terms.maxAuditLag - lag;
    }

    /// @notice Whether the agent's breaker is tripped.
    function frozen(uint256 agentId) external view returns (bool) {
        return _meterOf(agentId).word.frozen();
    }

    /// @notice Whether what waited since it was admitted may go on: the agent is live, and no breaker of its own, of home, of the
    ///         asset, of the chain that it goes to, or of everything is tripped.
    function mayProceed(uint256 agentId, address asset, uint256 chainId) external view returns (bool) {
        return _meterOf(agentId).word.running() && !_breakers[Scope.ASSET][uint160(asset)].tripped
            && !_breakers[Scope.CHAIN][chainId].tripped;
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
            : _isOnRemote(_mandates[agentId], asset, chainId);
    }

    /// @notice The assets that the agent's mandate ever had a limit for.
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

    /// @notice Freezes the agent at once. Guardian, the agent's owner or the agent itself. Each time counts, also when the
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
        if (!Roles.isGuardian(authority(), msg.sender) && !_isOwner(msg.sender)) _checkCanCall(msg.sender, msg.data);
        require(
            scope == Scope.ALL
                ? what == 0
                : scope == Scope.CHAIN ? _chainIndexPlusOne[what] > 0 : what <= type(uint160).max,
            PolicyBreakerUnknown(scope, what)
        );
        Breaker storage b = _breakers[scope][what];
        (b.tripped, b.stops) = (true, b.stops + 1);
        _push(scope, what);
        emit Stopped(scope, what, msg.sender);
    }

    /// @notice Resets a breaker above the agents. Governance only.
    /// @param expectedStops what {breaker} said when this was decided: a decision never undoes a stop that came after it
    function restart(Scope scope, uint256 what, uint256 expectedStops) external restricted {
        Breaker storage b = _breakers[scope][what];
        require(b.stops == expectedStops, PolicyBreakerStopsDiffer(scope, what, expectedStops, b.stops));
        b.tripped = false;
        _push(scope, what);
        emit Restarted(scope, what, msg.sender);
    }

    // ------------------------------------------------------------------ standing

    /// @notice The registry tells who acts for the agent from now on, and whether it may. Registry only, at home.
    function sync(uint256 agentId, address wallet, bool live_) external {
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
        mandate.meters[wallet].word = meter.withLive(live_).withHalted(_isHalted());
    }

    // ------------------------------------------------------------------ mandate

    /// @notice Makes a chain known, so that mandates can name it. Governance only; at most 16.
    function registerChain(uint256 chainId) external restricted {
        _registerChain(chainId);
    }

    /// @notice Sets the terms. At once when no field is looser, else by governance only.
    function setTerms(uint256 agentId, Terms calldata terms) external {
        require(terms.frequencyWindow > 0, PolicyWindowZero());
        require(
            terms.maxAuditLag < type(uint16).max, PolicyLagTooLong(terms.maxAuditLag, uint256(type(uint16).max) - 1)
        );
        Mandate storage mandate = _mandates[agentId];
        Key storage key = mandate.key;
        Meter meter = mandate.meters[key.wallet].word;
        _authorize(
            agentId,
            terms.expiry <= meter.expiry() && terms.frequencyWindow >= meter.window()
                && terms.maxTransactions <= meter.maxTransactions() && terms.maxAuditLag <= meter.maxAuditLag()
        );
        key.used = true;
        mandate.meters[key.wallet].word =
            meter.withTerms(terms.expiry, terms.frequencyWindow, terms.maxTransactions, terms.maxAuditLag);
        emit TermsSet(agentId, terms, msg.sender);
    }

    /// @notice Sets an asset's caps. At once when no field is looser, else by governance only.
    /// @dev A cap of 0 ends the asset. What was spent stays counted through every change.
    function setLimit(uint256 agentId, address asset, Limit calldata limit) external {
        require(limit.window > 0, PolicyWindowZero());
        Budget budget = _mandates[agentId].budgets[asset].word;
        _authorize(
            agentId,
            limit.perTransaction <= budget.perTransaction() && limit.cap <= budget.cap()
                && limit.window >= budget.window()
        );
        uint256 exact = BudgetWord.exactPerTransaction(limit.perTransaction);
        require(exact == limit.perTransaction, PolicyInexact(limit.perTransaction, exact));
        exact = BudgetWord.exactCap(limit.cap);
        require(exact == limit.cap, PolicyInexact(limit.cap, exact));
        // A window that is set shows that the asset is in the list.
        if (budget.window() == 0) {
            require(_mandates[agentId].assets.length < MAX_ASSETS, PolicyAssetsFull(MAX_ASSETS));
            _mandates[agentId].assets.push(asset);
            budget = budget.withHalted(_breakers[Scope.ASSET][uint160(asset)].tripped);
        }
        _mandates[agentId].budgets[asset].word = budget.withLimit(limit.perTransaction, limit.cap, limit.window);
        emit LimitSet(agentId, asset, limit, msg.sender);
    }

    /// @notice Allows or forbids to spend an asset on a chain. Forbidding applies at once; allowing is governance's.
    function setAssetChain(uint256 agentId, address asset, uint256 chainId, bool allowed) external {
        _authorize(agentId, !allowed);
        uint256 index = _chainIndexPlusOne[chainId];
        require(index > 0, PolicyChainUnknown(chainId));
        if (chainId == HOME_CHAIN_ID) {
            _mandates[agentId].budgets[asset].word = _mandates[agentId].budgets[asset].word.withHome(allowed);
        } else {
            uint256 bit = 1 << (index - 1);
            uint256 chains = _mandates[agentId].remoteChains[asset];
            _mandates[agentId].remoteChains[asset] = allowed ? chains | bit : chains & ~bit;
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

    /// @dev Whether `caller` owns the funds, and so may always stop.
    function _isOwner(address caller) internal view virtual returns (bool);

    /// @dev Nothing leaves from here while everything, this chain or the asset is stopped.
    function _stoppedFor(address asset) internal view returns (Rule) {
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

    function _isOnRemote(Mandate storage mandate, address asset, uint256 chainId) private view returns (bool) {
        uint256 index = _chainIndexPlusOne[chainId];
        return index > 0 && (mandate.remoteChains[asset] >> (index - 1)) & 1 == 1;
    }

    /// @dev A chain id is below 2^96.
    function _place(uint256 chainId, address recipient) private pure returns (uint256) {
        return (chainId << 160) | uint160(recipient);
    }

    function _limit(Budget b) private pure returns (Limit memory) {
        // What was set fits its type.
        // forge-lint: disable-next-line(unsafe-typecast)
        return Limit(uint104(b.perTransaction()), uint104(b.cap()), uint24(b.window()));
    }

    function _terms(Meter m) private pure returns (Terms memory) {
        // What was set fits its type.
        // forge-lint: disable-next-item(unsafe-typecast)
        return Terms(uint32(m.expiry()), uint24(m.window()), uint16(m.maxTransactions()), uint16(m.maxAuditLag()));
    }
}
