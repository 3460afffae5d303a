// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {AgentRegistry, Status} from "./AgentRegistry.sol";
import {AuditLog} from "./AuditLog.sol";
import {Intent, IntentHash} from "./Intent.sol";
import {RollingWindow} from "./RollingWindow.sol";
import {Rule, Tier, Verdict} from "./Verdict.sol";
import {Roles} from "./governance/Roles.sol";

/// @title The mandate: what an agent may spend, on what, where and how fast
/// @notice Default deny. {consume} judges an intent and counts it; a refusal is returned, never reverted, so that the
///         breaker it trips stays tripped (L4). What tightens a mandate applies at once, for a guardian, the agent's owner or
///         the agent itself; everything else waits for the authority (L5), which is decided here, field by field.
/// @dev Used on the home chain, where all spending of all chains is counted, so a cap holds across chains (L2).
contract PolicyEngine is AccessManaged {
    /// @notice The part of a mandate that holds for all assets.
    /// @param expiry unix seconds after which nothing is admitted (0: the mandate was never set)
    /// @param frequencyWindow seconds of the rolling window that counts transactions, 1 to 2^24-1
    /// @param maxTransactions most transactions admitted in any such window
    /// @param maxAuditLag most records that may be unpublished when an intent is admitted
    struct Terms {
        uint32 expiry;
        uint24 frequencyWindow;
        uint16 maxTransactions;
        uint16 maxAuditLag;
    }

    /// @notice The part of a mandate that holds for one asset, over all chains.
    /// @param perTransaction most per intent, in the asset's smallest unit
    /// @param cap most in any window, same unit; 0: none
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

    /// @dev One slot: terms, breaker, and the transactions of the last window, eight buckets of 16 bits.
    struct Agent {
        uint128 counts;
        uint32 index; // number of the newest bucket
        uint32 expiry;
        uint24 frequencyWindow;
        uint16 maxTransactions;
        uint16 maxAuditLag;
        bool frozen;
    }

    /// @dev One slot, apart from {Agent}, so that admitting does not read it. `used` is set with the first terms: no trip
    ///      pays for a fresh slot.
    struct Stops {
        uint248 count;
        bool used;
    }

    /// @dev Two slots. `usage` is eight buckets of 27 bits, below the number of the newest bucket. They count units of
    ///      10^exponent, the finest in which the cap fits: people write decimal amounts, and up to eight significant
    ///      digits are counted exactly. Beyond these an amount is rounded up and the cap down (L2).
    struct Asset {
        uint104 perTransaction;
        uint104 cap;
        uint24 window;
        uint8 exponent;
        uint16 chains; // bit i: may be spent on the chain with index i
        uint256 usage;
    }

    uint256 private constant _COUNT_BITS = 16;
    uint256 private constant _USAGE_BITS = 27;
    uint256 private constant _USAGE_MASK = (1 << (_USAGE_BITS * RollingWindow.BUCKETS)) - 1;
    uint256 private constant _MAX_CHAINS = 16;

    AgentRegistry public immutable REGISTRY;
    AuditLog public immutable AUDIT_LOG;
    /// @notice The only contract that may consume.
    address public immutable EXECUTOR;
    bytes32 private immutable _INTENT_DOMAIN;

    uint256[] private _chainIds;
    mapping(uint256 chainId => uint256) private _chainIndexPlusOne;
    mapping(uint256 agentId => Agent) private _agents;
    mapping(uint256 agentId => Stops) private _stops;
    mapping(uint256 agentId => mapping(address asset => Asset)) private _assets;
    mapping(uint256 agentId => mapping(uint256 chainId => mapping(address recipient => bool))) private _recipients;

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
    /// @notice The agent's breaker tripped, perhaps again: {stops} counts these events.
    /// @param by the executor for a breach, else who froze the agent
    /// @param rule the rule that was breached; NONE when somebody froze the agent by hand
    /// @param intentId the breaching intent; zero when somebody froze the agent by hand
    /// @param asked what the intent asked for, in the rule's unit
    /// @param left what was left of the limit, same unit
    event Tripped(
        uint256 indexed agentId, address indexed by, Rule rule, bytes32 indexed intentId, uint256 asked, uint256 left
    );
    event Thawed(uint256 indexed agentId, address indexed by);

    error PolicyNotExecutor(address caller);
    error PolicyWindowZero();
    error PolicyChainUnknown(uint256 chainId);
    error PolicyChainKnown(uint256 chainId);
    error PolicyChainsFull(uint256 max);
    error PolicyStopsDiffer(uint256 agentId, uint256 expectedStops, uint256 stops);
    error PolicyAgentUnknown(uint256 agentId);

    /// @param homeChainId chain whose id is in the intents' EIP-712 domain; gets chain index 0
    constructor(
        address authority_,
        AgentRegistry registry,
        AuditLog auditLog,
        address executor,
        uint256 homeChainId,
        uint256[] memory otherChainIds
    ) AccessManaged(authority_) {
        REGISTRY = registry;
        AUDIT_LOG = auditLog;
        EXECUTOR = executor;
        _INTENT_DOMAIN = IntentHash.domainSeparator(homeChainId, executor);
        _registerChain(homeChainId);
        for (uint256 i; i < otherChainIds.length; ++i) {
            _registerChain(otherChainIds[i]);
        }
    }

    // ------------------------------------------------------------------ judging

    /// @notice Judges the intent, counts it when admitted, trips the agent's breaker when it breaches the mandate.
    /// @dev Executor only, which has authenticated the agent's signature: nobody else's failure can trip (L4).
    function consume(Intent calldata intent) external returns (Verdict memory verdict) {
        require(msg.sender == EXECUTOR, PolicyNotExecutor(msg.sender));
        uint256 index;
        uint256 usage;
        uint256 counts;
        (verdict, usage, index, counts) = _judge(intent);
        if (verdict.rule == Rule.NONE) {
            Agent storage agent = _agents[intent.agentId];
            _assets[intent.agentId][intent.asset].usage = usage;
            // `counts` is masked to 8 * 16 bits, `index` is a time in seconds at most.
            // forge-lint: disable-next-line(unsafe-typecast)
            (agent.counts, agent.index) = (uint128(counts), uint32(index));
            emit Consumed(intent.agentId, IntentHash.id(intent, _INTENT_DOMAIN), intent.asset, intent.amount);
        } else if (verdict.tripped) {
            _trip(intent.agentId, verdict.rule, IntentHash.id(intent, _INTENT_DOMAIN), intent.amount, verdict.left);
        }
    }

    /// @notice The verdict that {consume} would give now, without its effects.
    function preview(Intent calldata intent) external view returns (Verdict memory verdict) {
        (verdict,,,) = _judge(intent);
    }

    /// @dev The rules in the order of {Rule}; the first that refuses decides.
    /// @return verdict the verdict
    /// @return usage the asset's usage word with the intent counted
    /// @return index number of the newest transaction bucket
    /// @return counts transaction buckets with the intent counted
    function _judge(Intent calldata intent)
        private
        view
        returns (Verdict memory verdict, uint256 usage, uint256 index, uint256 counts)
    {
        Agent memory agent = _agents[intent.agentId];
        (, Status status,) = REGISTRY.agent(intent.agentId);
        if (status != Status.ACTIVE) return (_deny(Rule.AGENT_STATUS, false, 0, 0, 0), 0, 0, 0);
        if (agent.frozen) return (_deny(Rule.AGENT_BREAKER, false, 0, 0, 0), 0, 0, 0);
        if (block.timestamp > agent.expiry) return (_deny(Rule.EXPIRY, false, agent.expiry, 0, 0), 0, 0, 0);

        Asset memory asset = _assets[intent.agentId][intent.asset];
        if (asset.cap == 0) return (_deny(Rule.ASSET, true, 0, 0, 0), 0, 0, 0);
        if (!_isOn(asset.chains, intent.chainId)) return (_deny(Rule.CHAIN, true, 0, 0, 0), 0, 0, 0);
        if (!_recipients[intent.agentId][intent.chainId][intent.to]) {
            return (_deny(Rule.RECIPIENT, true, 0, 0, 0), 0, 0, 0);
        }
        if (intent.data.length != 0) return (_deny(Rule.SELECTOR, true, 0, 0, 0), 0, 0, 0);
        if (intent.amount == 0) return (_deny(Rule.AMOUNT, false, 0, 0, 0), 0, 0, 0);

        (verdict, usage) = _judgeAmount(asset, intent.amount);
        if (verdict.rule != Rule.NONE) return (verdict, 0, 0, 0);
        (verdict, index, counts) = _judgeFrequency(agent);
        if (verdict.rule != Rule.NONE) return (verdict, 0, 0, 0);

        uint256 lag = AUDIT_LOG.unpublished(intent.agentId);
        if (lag > agent.maxAuditLag) return (_deny(Rule.AUDIT_LAG, false, agent.maxAuditLag, 0, 0), 0, 0, 0);
        verdict = Verdict(Rule.NONE, false, Tier.INSTANT, uint64(block.timestamp), 0, 0, 0);
    }

    function _judgeAmount(Asset memory asset, uint256 amount)
        private
        view
        returns (Verdict memory verdict, uint256 usage)
    {
        uint256 length = RollingWindow.length(asset.window);
        uint256 now_ = block.timestamp / length;
        uint256 buckets = _usageAt(asset.usage, now_);
        uint256 used = RollingWindow.sum(buckets, _USAGE_BITS);
        uint256 unit = 10 ** asset.exponent;
        uint256 cap = asset.cap / unit;
        uint256 left = cap > used ? (cap - used) * unit : 0;
        if (amount > asset.perTransaction) {
            return (
                _deny(
                    Rule.PER_TRANSACTION,
                    true,
                    asset.perTransaction,
                    left < asset.perTransaction ? left : asset.perTransaction,
                    0
                ),
                0
            );
        }
        uint256 units = _toUnits(amount, unit);
        if (used + units > cap) {
            // Never, when the cap itself is smaller than the amount.
            uint256 availableAt =
                units > cap ? 0 : RollingWindow.freedAt(buckets, _USAGE_BITS, now_, length, used + units - cap);
            return (_deny(Rule.WINDOW, true, asset.cap, left, availableAt), 0);
        }
        usage = (now_ << (_USAGE_BITS * RollingWindow.BUCKETS)) | (buckets + units);
    }

    function _judgeFrequency(Agent memory agent)
        private
        view
        returns (Verdict memory verdict, uint256 index, uint256 counts)
    {
        uint256 length = RollingWindow.length(agent.frequencyWindow);
        index = block.timestamp / length;
        counts = _countsAt(agent, index);
        if (RollingWindow.sum(counts, _COUNT_BITS) >= agent.maxTransactions) {
            uint256 excess = RollingWindow.sum(counts, _COUNT_BITS) + 1;
            uint256 availableAt = agent.maxTransactions == 0
                ? 0
                : RollingWindow.freedAt(counts, _COUNT_BITS, index, length, excess - agent.maxTransactions);
            return (_deny(Rule.FREQUENCY, false, agent.maxTransactions, 0, availableAt), 0, 0);
        }
        counts += 1;
    }

    function _deny(Rule rule, bool tripped, uint256 limit_, uint256 left, uint256 availableAt)
        private
        pure
        returns (Verdict memory)
    {
        // forge-lint: disable-next-line(unsafe-typecast)
        return Verdict(rule, tripped, Tier.INSTANT, 0, limit_, left, uint64(availableAt));
    }

    // ------------------------------------------------------------------ reading

    /// @notice Everything a client needs to show or predict for one asset.
    function headroom(uint256 agentId, address asset) external view returns (Headroom memory h) {
        Agent memory agent = _agents[agentId];
        Asset memory a = _assets[agentId][asset];
        h.limit = Limit(a.perTransaction, a.cap, a.window);
        h.terms = Terms(agent.expiry, agent.frequencyWindow, agent.maxTransactions, agent.maxAuditLag);
        h.frozen = agent.frozen;
        (, h.status,) = REGISTRY.agent(agentId);

        uint256 length = RollingWindow.length(a.window);
        uint256 buckets = _usageAt(a.usage, block.timestamp / length);
        uint256 used = RollingWindow.sum(buckets, _USAGE_BITS);
        uint256 unit = 10 ** a.exponent;
        uint256 cap = a.cap / unit;
        h.used = used * unit;
        h.left = cap > used ? (cap - used) * unit : 0;
        if (h.left > a.perTransaction) h.left = a.perTransaction;
        // forge-lint: disable-next-line(unsafe-typecast)
        h.moreAt =
            used == 0 ? 0 : uint64(RollingWindow.freedAt(buckets, _USAGE_BITS, block.timestamp / length, length, 1));

        length = RollingWindow.length(agent.frequencyWindow);
        uint256 counts = _countsAt(agent, block.timestamp / length);
        uint256 count = RollingWindow.sum(counts, _COUNT_BITS);
        if (count < agent.maxTransactions) {
            h.transactionsLeft = agent.maxTransactions - count;
        } else if (agent.maxTransactions > 0) {
            // forge-lint: disable-next-line(unsafe-typecast)
            h.transactionAt = uint64(
                RollingWindow.freedAt(
                    counts, _COUNT_BITS, block.timestamp / length, length, count + 1 - agent.maxTransactions
                )
            );
        }
        uint256 lag = AUDIT_LOG.unpublished(agentId);
        h.recordsLeft = lag > agent.maxAuditLag ? 0 : agent.maxAuditLag - lag;
    }

    /// @notice Whether the agent's breaker is tripped.
    function frozen(uint256 agentId) external view returns (bool) {
        return _agents[agentId].frozen;
    }

    /// @notice How often the agent's breaker tripped or was tripped by hand.
    function stops(uint256 agentId) external view returns (uint256) {
        return _stops[agentId].count;
    }

    /// @notice Whether the agent may pay `recipient` on chain `chainId`.
    function isRecipient(uint256 agentId, uint256 chainId, address recipient) external view returns (bool) {
        return _recipients[agentId][chainId][recipient];
    }

    /// @notice Whether the agent may spend `asset` on chain `chainId`.
    function isAssetOnChain(uint256 agentId, address asset, uint256 chainId) external view returns (bool) {
        return _isOn(_assets[agentId][asset].chains, chainId);
    }

    /// @notice The chains that mandates can name, in the order of their index; the first is home.
    function chainIds() external view returns (uint256[] memory) {
        return _chainIds;
    }

    // ------------------------------------------------------------------ breaker

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
        uint256 stops_ = _stops[agentId].count;
        require(stops_ == expectedStops, PolicyStopsDiffer(agentId, expectedStops, stops_));
        _agents[agentId].frozen = false;
        emit Thawed(agentId, msg.sender);
    }

    // ------------------------------------------------------------------ mandate

    /// @notice Makes a chain known, so that mandates can name it. Governance only; at most 16.
    function registerChain(uint256 chainId) external restricted {
        _registerChain(chainId);
    }

    /// @notice Sets the terms. At once when no field is looser, else by governance only.
    function setTerms(uint256 agentId, Terms calldata terms) external {
        Agent storage agent = _agents[agentId];
        require(terms.frequencyWindow > 0, PolicyWindowZero());
        _authorize(
            agentId,
            terms.expiry <= agent.expiry && terms.frequencyWindow >= agent.frequencyWindow
                && terms.maxTransactions <= agent.maxTransactions && terms.maxAuditLag <= agent.maxAuditLag
        );
        if (agent.frequencyWindow == 0) _stops[agentId].used = true;
        if (terms.frequencyWindow != agent.frequencyWindow) {
            // What was counted stays counted, as if it had happened now: a change of window never frees anything early.
            uint256 counts = _countsAt(agent, block.timestamp / RollingWindow.length(agent.frequencyWindow));
            // The sum is at most the largest maxTransactions ever set, 16 bits; the index is at most a time in seconds.
            // forge-lint: disable-next-line(unsafe-typecast)
            (agent.counts, agent.index) =
            (
                uint128(RollingWindow.sum(counts, _COUNT_BITS)),
                uint32(block.timestamp / RollingWindow.length(terms.frequencyWindow))
            );
        }
        agent.expiry = terms.expiry;
        agent.frequencyWindow = terms.frequencyWindow;
        agent.maxTransactions = terms.maxTransactions;
        agent.maxAuditLag = terms.maxAuditLag;
        emit TermsSet(agentId, terms, msg.sender);
    }

    /// @notice Sets an asset's caps. At once when no field is looser, else by governance only.
    /// @dev A cap of 0 ends the asset. What was spent stays counted through every change.
    function setLimit(uint256 agentId, address asset, Limit calldata limit) external {
        Asset storage a = _assets[agentId][asset];
        require(limit.window > 0, PolicyWindowZero());
        _authorize(agentId, limit.perTransaction <= a.perTransaction && limit.cap <= a.cap && limit.window >= a.window);
        (a.usage, a.exponent) = _carryOver(a, limit);
        a.perTransaction = limit.perTransaction;
        a.cap = limit.cap;
        a.window = limit.window;
        emit LimitSet(agentId, asset, limit, msg.sender);
    }

    /// @notice Allows or forbids to spend an asset on a chain. Forbidding applies at once; allowing is governance's.
    function setAssetChain(uint256 agentId, address asset, uint256 chainId, bool allowed) external {
        _authorize(agentId, !allowed);
        uint256 index = _chainIndexPlusOne[chainId];
        require(index > 0, PolicyChainUnknown(chainId));
        // An index is below 16.
        // forge-lint: disable-next-line(unsafe-typecast)
        uint16 bit = uint16(1 << (index - 1));
        Asset storage a = _assets[agentId][asset];
        a.chains = allowed ? a.chains | bit : a.chains & ~bit;
        emit AssetChainSet(agentId, asset, chainId, allowed, msg.sender);
    }

    /// @notice Allows or forbids a recipient on a chain. Forbidding applies at once; allowing is governance's.
    function setRecipient(uint256 agentId, uint256 chainId, address recipient, bool allowed) external {
        _authorize(agentId, !allowed);
        _recipients[agentId][chainId][recipient] = allowed;
        emit RecipientSet(agentId, chainId, recipient, allowed, msg.sender);
    }

    // ------------------------------------------------------------------ internals

    /// @dev L5: a change that loosens nothing may also come from those who may tighten.
    function _authorize(uint256 agentId, bool tighter) private {
        require(agentId != 0, PolicyAgentUnknown(agentId));
        if (!tighter || !REGISTRY.isTightener(agentId, msg.sender)) _checkCanCall(msg.sender, msg.data);
    }

    function _trip(uint256 agentId, Rule rule, bytes32 intentId, uint256 asked, uint256 left) private {
        _agents[agentId].frozen = true;
        ++_stops[agentId].count;
        emit Tripped(agentId, msg.sender, rule, intentId, asked, left);
    }

    function _registerChain(uint256 chainId) private {
        require(_chainIndexPlusOne[chainId] == 0, PolicyChainKnown(chainId));
        require(_chainIds.length < _MAX_CHAINS, PolicyChainsFull(_MAX_CHAINS));
        _chainIds.push(chainId);
        _chainIndexPlusOne[chainId] = _chainIds.length;
        emit ChainRegistered(chainId, _chainIds.length - 1);
    }

    function _isOn(uint16 chains, uint256 chainId) private view returns (bool) {
        uint256 index = _chainIndexPlusOne[chainId];
        return index > 0 && (chains >> (index - 1)) & 1 == 1;
    }

    /// @dev The usage buckets as they stand when `index` is the newest bucket.
    function _usageAt(uint256 usage, uint256 index) private pure returns (uint256) {
        uint256 newest = usage >> (_USAGE_BITS * RollingWindow.BUCKETS);
        uint256 steps = index > newest ? index - newest : 0;
        return RollingWindow.advance(usage & _USAGE_MASK, _USAGE_BITS, steps);
    }

    function _countsAt(Agent memory agent, uint256 index) private pure returns (uint256) {
        uint256 steps = index > agent.index ? index - agent.index : 0;
        return RollingWindow.advance(agent.counts, _COUNT_BITS, steps);
    }

    /// @dev Rounded up (L2); amounts here are below 2^105.
    function _toUnits(uint256 amount, uint256 unit) private pure returns (uint256) {
        return (amount + unit - 1) / unit;
    }

    /// @dev The usage in the units and buckets of a new limit: nothing is forgotten and no value is cut off.
    function _carryOver(Asset memory a, Limit calldata limit) private view returns (uint256 usage, uint8 exponent) {
        uint256 index = block.timestamp / RollingWindow.length(a.window);
        uint256 buckets = _usageAt(a.usage, index);
        uint256 oldUnit = 10 ** a.exponent;
        uint256 used = RollingWindow.sum(buckets, _USAGE_BITS) * oldUnit;
        uint256 unit;
        (exponent, unit) = _unitFor(limit.cap > used ? limit.cap : used);
        if (limit.window != a.window) {
            // As if all of it had been spent now: a change of window never frees anything early.
            index = block.timestamp / RollingWindow.length(limit.window);
            return ((index << (_USAGE_BITS * RollingWindow.BUCKETS)) | _toUnits(used, unit), exponent);
        }
        uint256 mask = (1 << _USAGE_BITS) - 1;
        usage = index;
        for (uint256 i = RollingWindow.BUCKETS; i > 0; --i) {
            uint256 value = ((buckets >> (_USAGE_BITS * (i - 1))) & mask) * oldUnit;
            usage = (usage << _USAGE_BITS) | _toUnits(value, unit);
        }
    }

    /// @dev The smallest power of ten in which `most`, rounded up, fits a bucket. It is a cap, below 2^104, or what was
    ///      admitted under one and rounded up, so below 2^105: at most 24 steps.
    function _unitFor(uint256 most) private pure returns (uint8 exponent, uint256 unit) {
        unit = 1;
        while (_toUnits(most, unit) >= (1 << _USAGE_BITS)) (exponent, unit) = (exponent + 1, unit * 10);
    }
}
