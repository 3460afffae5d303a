// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC7786Recipient} from "@openzeppelin/contracts/crosschain/ERC7786Recipient.sol";
import {IERC7786GatewaySource} from "@openzeppelin/contracts/interfaces/draft-IERC7786.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {AgentRegistry, Status} from "./AgentRegistry.sol";
import {Action} from "./AuditLog.sol";
import {Intent, IntentHash} from "./Intent.sol";
import {MandateAccount} from "./MandateAccount.sol";
import {Roles} from "./governance/Roles.sol";
import {Approvers} from "./rules/Approvers.sol";
import {Finding, MandateRules} from "./rules/MandateRules.sol";
import {Rule, Tier, Verdict} from "./Verdict.sol";

/// @notice Where an intent stands on one chain.
enum State {
    NONE,
    DENIED,
    ADMITTED,
    DISPATCHED,
    QUEUED,
    DISPUTED,
    EXECUTED,
    CANCELLED,
    EXPIRED
}

/// @notice Approvals of one intent, as {Approvers-approved} takes them: a signature and its deadline per signer, strictly ascending.
struct Approvals {
    address[] signers;
    bytes[] signatures;
    uint64[] deadlines;
}

/// @title An intent's life, at home and at its destination
/// @notice At home: checks the agent's signature, asks the policy, then executes, waits or dispatches. At the destination:
///         queues what the gateway delivers for the dispute window, in which guardians stop what home never sent.
/// @dev Every state change extends the agent's audit chain in the same transaction (L6). Holds neither funds nor policy.
contract CrossChainExecutor is ERC7786Recipient, AccessManaged, ReentrancyGuardTransient {
    using SafeCast for uint256;

    /// @dev One slot. `due` is the eta of an ADMITTED, executableAt of a QUEUED, resolveBy of a DISPUTED intent;
    ///      `since` is when an ADMITTED or QUEUED one began to wait, and counts while it is not upheld. Unix seconds.
    struct Progress {
        State state;
        bool upheld; // governance decided: it cannot be disputed again
        bool approval; // admitted if approved
        uint32 due;
        uint32 since;
        uint32 keys; // of an ADMITTED one: how often the agent's wallet had changed when it was submitted
    }

    /// @notice An intent's deadline may lie at most this many seconds ahead: as long as the longest resolution window, since an
    ///         upheld intent must still execute before its own deadline. Sign short ones where votes are quick.
    uint256 public constant MAX_LIFETIME = 30 days;
    /// @notice An intent's call data may be at most this long: every record of it is published whole, by everyone's relayers.
    uint256 public constant MAX_DATA_LENGTH = 8192;
    /// @notice Bounds of the dispute window, seconds.
    uint64 public constant MIN_DISPUTE_WINDOW = 5;
    uint64 public constant MAX_DISPUTE_WINDOW = 3 days;
    /// @notice Most that the resolution window may be, seconds; a longer one could make every dispute overflow.
    uint64 public constant MAX_RESOLUTION_WINDOW = 30 days;

    /// @notice The chain where agents, policy and accounting live.
    uint256 public immutable HOME_CHAIN_ID;
    AgentRegistry public immutable REGISTRY;
    address public immutable GATEWAY;
    /// @notice Seconds that governance has to uphold a disputed intent; after them it can only be cancelled.
    uint64 public immutable RESOLUTION_WINDOW;
    /// @notice The rules beyond the basic ones. Asked at home only.
    MandateRules public immutable RULES;
    /// @notice Who must agree to intents of tier APPROVAL. Asked at home only.
    Approvers public immutable APPROVERS;
    bytes32 private immutable _DOMAIN;
    /// @dev Most that a destination's clock may be behind home's, seconds.
    uint256 private constant _CLOCK_SKEW = 1 hours;

    /// @notice Seconds that a delivered intent waits, open to dispute. Longer: what is queued waits longer too. Shorter: what
    ///         is queued keeps what it was queued with.
    uint64 public disputeWindow;
    mapping(bytes32 intentId => Progress) private _progress;
    mapping(uint256 agentId => mapping(uint256 word => uint256)) private _usedNonces;
    /// @notice How often guardians lengthened the dispute window.
    uint256 public stops;
    mapping(address account => bool) private _accounts;

    event IntentAdmitted(bytes32 indexed intentId, uint256 indexed agentId, Intent intent, Tier tier, uint64 eta);
    /// @notice The intent is one that the agent's owner wants to know of, and does not wait: tier NOTIFY, or a delay of nothing.
    event IntentNotified(bytes32 indexed intentId, uint256 indexed agentId, Intent intent);
    event IntentDenied(bytes32 indexed intentId, uint256 indexed agentId, Intent intent, Verdict verdict);
    event IntentDispatched(bytes32 indexed intentId, uint256 indexed agentId, Intent intent, bytes32 messageId);
    event IntentQueued(
        bytes32 indexed intentId, uint256 indexed agentId, Intent intent, bytes32 messageId, uint64 executableAt
    );
    event IntentExecuted(bytes32 indexed intentId, uint256 indexed agentId, Intent intent, uint256 moved);
    event IntentCancelled(bytes32 indexed intentId, uint256 indexed agentId, Intent intent, address by);
    event IntentDisputed(bytes32 indexed intentId, uint256 indexed agentId, address by, uint64 resolveBy);
    event IntentUpheld(bytes32 indexed intentId, uint256 indexed agentId, address by, uint64 executableAt);
    event IntentExpired(bytes32 indexed intentId, uint256 indexed agentId);
    /// @notice Intents may, or may no longer, name `account`.
    event AccountSet(address indexed account, bool allowed, address indexed by);
    event DisputeWindowSet(uint64 disputeWindow, address indexed by);

    error ExecutorNotHome(uint256 homeChainId);
    error ExecutorWrongChain(uint256 chainId, uint256 here);
    error ExecutorPastDeadline(uint64 deadline, uint256 now_);
    error ExecutorDeadlineTooFar(uint64 deadline, uint256 latest);
    error ExecutorDataTooLong(uint256 length, uint256 max);
    error ExecutorNonceUsed(uint256 agentId, uint256 nonce);
    error ExecutorSignatureInvalid(uint256 agentId, address wallet);
    /// @notice The agent's wallet changed since the intent was submitted: the intent can only be cancelled, or expire.
    error ExecutorKeyChanged(bytes32 intentId);
    error ExecutorState(bytes32 intentId, State state);
    error ExecutorTooEarly(bytes32 intentId, uint64 due, uint256 now_);
    error ExecutorNotExpired(bytes32 intentId, uint64 deadline);
    error ExecutorAccountUnknown(address account);
    error ExecutorAccountOther(uint256 agentId, address asked, address account);
    error ExecutorAgentPending(uint256 agentId);
    error ExecutorAgentRevoked(uint256 agentId);
    error ExecutorAmountZero();
    error ExecutorDeadlineBeforeEta(uint64 deadline, uint64 eta);
    error ExecutorRefused(bytes32 intentId, Verdict verdict);
    error ExecutorNotApproved(bytes32 intentId);
    error ExecutorUnauthorized(address caller);
    error ExecutorUpheld(bytes32 intentId);
    error ExecutorDisputeWindow(uint64 asked, uint64 min, uint64 max);
    error ExecutorWindowShorter(uint64 asked, uint64 present);
    error ExecutorStopsDiffer(uint256 expectedStops, uint256 stops);
    error ExecutorResolutionWindow(uint64 asked, uint64 max);
    error ExecutorMovedOther(uint256 declared, uint256 moved);

    constructor(
        address authority_,
        uint256 homeChainId,
        AgentRegistry registry,
        address gateway,
        MandateRules rules,
        Approvers approvers,
        address[] memory accounts,
        uint64 disputeWindow_,
        uint64 resolutionWindow
    ) AccessManaged(authority_) {
        require(
            resolutionWindow <= MAX_RESOLUTION_WINDOW, ExecutorResolutionWindow(resolutionWindow, MAX_RESOLUTION_WINDOW)
        );
        HOME_CHAIN_ID = homeChainId;
        REGISTRY = registry;
        GATEWAY = gateway;
        RULES = rules;
        APPROVERS = approvers;
        RESOLUTION_WINDOW = resolutionWindow;
        _DOMAIN = IntentHash.domainSeparator(homeChainId, address(this));
        for (uint256 i; i < accounts.length; ++i) {
            _setAccount(accounts[i], true);
        }
        _setDisputeWindow(disputeWindow_);
    }

    // ------------------------------------------------------------------ home

    /// @notice Submits an intent that the agent signed. Anyone may.
    /// @dev Reverts for what is not the agent's doing (signature, nonce, deadline), and for an agent that governance never
    ///      admitted: anybody can register one, and relayers pay for publishing every record. A refusal by policy is recorded and
    ///      returned, and uses the nonce up. An admitted intent that need not wait executes or is dispatched here.
    /// @param signature EIP-712 signature of the intent by the agent's wallet (ECDSA, or ERC-1271 for a contract)
    function submit(Intent calldata intent, bytes calldata signature)
        external
        nonReentrant
        returns (bytes32 intentId, Verdict memory verdict)
    {
        require(block.chainid == HOME_CHAIN_ID, ExecutorNotHome(HOME_CHAIN_ID));
        require(block.timestamp <= intent.deadline, ExecutorPastDeadline(intent.deadline, block.timestamp));
        _checkLifetime(intent.deadline, 0);
        _checkData(intent.data.length);
        intentId = IntentHash.id(intent, _DOMAIN);
        (address wallet, Status status, uint8 riskLevel) = REGISTRY.agent(intent.agentId);
        require(status != Status.PENDING, ExecutorAgentPending(intent.agentId));
        _checkAccount(intent);
        require(
            wallet != address(0) && SignatureChecker.isValidSignatureNowCalldata(wallet, intentId, signature),
            ExecutorSignatureInvalid(intent.agentId, wallet)
        );
        _useNonce(intent.agentId, intent.nonce);

        verdict = MandateAccount(intent.account).consume(intent, _finding(intent, riskLevel));
        if (verdict.rule != Rule.NONE) {
            _progress[intentId].state = State.DENIED;
            emit IntentDenied(intentId, intent.agentId, intent, verdict);
            _record(intent, intentId, Action.DENIED, abi.encode(verdict));
        } else if (verdict.tier == Tier.APPROVAL || verdict.eta > block.timestamp) {
            require(verdict.eta <= intent.deadline, ExecutorDeadlineBeforeEta(intent.deadline, verdict.eta));
            (uint32 due, uint32 since) = (uint256(verdict.eta).toUint32(), block.timestamp.toUint32());
            uint32 keys = REGISTRY.walletChanges(intent.agentId);
            _progress[intentId] = Progress(State.ADMITTED, false, verdict.tier == Tier.APPROVAL, due, since, keys);
            emit IntentAdmitted(intentId, intent.agentId, intent, verdict.tier, verdict.eta);
            _record(intent, intentId, Action.ADMITTED, abi.encode(verdict.tier, verdict.eta));
        } else {
            if (verdict.tier != Tier.INSTANT) emit IntentNotified(intentId, intent.agentId, intent);
            _carryOut(intent, intentId);
        }
    }

    /// @notice Carries out an admitted intent whose wait is over. Anyone may, while the mandate, which may be tighter by now, still
    ///         admits it: the delay and the approvals that it asks for now count too.
    function proceed(Intent calldata intent) external nonReentrant returns (bytes32 intentId) {
        bool approval;
        (intentId, approval) = _reviewed(intent);
        require(!approval, ExecutorNotApproved(intentId));
        _carryOut(intent, intentId);
    }

    /// @notice As {proceed}, for an intent that needs approvals.
    /// @param approvals what {Approvers-approved} takes
    function proceedApproved(Intent calldata intent, Approvals calldata approvals)
        external
        nonReentrant
        returns (bytes32 intentId)
    {
        (intentId,) = _reviewed(intent);
        require(
            APPROVERS.approved(intent.agentId, intentId, approvals.signers, approvals.signatures, approvals.deadlines),
            ExecutorNotApproved(intentId)
        );
        _carryOut(intent, intentId);
    }

    /// @notice Cancels an intent before it is carried out, submitted or not: its nonce is used up.
    ///         The agent's key, its owner or a guardian, at home.
    function cancel(Intent calldata intent) external returns (bytes32 intentId) {
        require(block.chainid == HOME_CHAIN_ID, ExecutorNotHome(HOME_CHAIN_ID));
        require(REGISTRY.isTightener(intent.agentId, msg.sender), ExecutorUnauthorized(msg.sender));
        // What is past it needs no cancelling; and a direct payment, whose id has deadline 0, cannot be.
        require(block.timestamp <= intent.deadline, ExecutorPastDeadline(intent.deadline, block.timestamp));
        (, Status status,) = REGISTRY.agent(intent.agentId);
        require(status != Status.PENDING, ExecutorAgentPending(intent.agentId));
        // Also from one that was taken out: whoever may cancel is never later than whoever carries out.
        _checkOwn(intent);
        _checkData(intent.data.length);
        intentId = IntentHash.id(intent, _DOMAIN);
        State state_ = _progress[intentId].state;
        if (state_ == State.NONE) {
            // Nobody signs for it any more, and every record of it is published by others.
            require(status != Status.REVOKED, ExecutorAgentRevoked(intent.agentId));
            _useNonce(intent.agentId, intent.nonce);
        } else {
            require(state_ == State.ADMITTED, ExecutorState(intentId, state_));
        }
        _cancelled(intent, intentId);
    }

    // ------------------------------------------------------------------ destination

    /// @notice Executes a delivered intent whose dispute window is over. Anyone may.
    function execute(Intent calldata intent) external nonReentrant returns (bytes32 intentId) {
        intentId = IntentHash.id(intent, _DOMAIN);
        Progress memory p = _progress[intentId];
        require(p.state == State.QUEUED, ExecutorState(intentId, p.state));
        uint64 due = _due(p);
        require(block.timestamp >= due, ExecutorTooEarly(intentId, due, block.timestamp));
        require(block.timestamp <= intent.deadline, ExecutorPastDeadline(intent.deadline, block.timestamp));
        // It was queued here, or on the chain that this one forked from.
        require(intent.chainId == block.chainid, ExecutorWrongChain(intent.chainId, block.chainid));
        require(_accounts[intent.account], ExecutorAccountUnknown(intent.account));
        _pay(intent, intentId);
    }

    /// @notice Disputes a delivered intent. Guardians only. Only governance can let it through after that, and only until
    ///         the resolution window ends.
    function dispute(Intent calldata intent) external returns (bytes32 intentId) {
        require(Roles.isGuardian(authority(), msg.sender), ExecutorUnauthorized(msg.sender));
        intentId = IntentHash.id(intent, _DOMAIN);
        Progress memory p = _progress[intentId];
        require(p.state == State.QUEUED, ExecutorState(intentId, p.state));
        require(!p.upheld, ExecutorUpheld(intentId));
        uint32 resolveBy = (block.timestamp + RESOLUTION_WINDOW).toUint32();
        _progress[intentId] = Progress(State.DISPUTED, false, false, resolveBy, 0, 0);
        emit IntentDisputed(intentId, intent.agentId, msg.sender, resolveBy);
        _record(intent, intentId, Action.DISPUTED, abi.encode(msg.sender, resolveBy));
    }

    /// @notice Overrules a dispute: the intent may execute at once. Governance only, within the resolution window.
    function uphold(Intent calldata intent) external restricted returns (bytes32 intentId) {
        intentId = IntentHash.id(intent, _DOMAIN);
        Progress memory p = _progress[intentId];
        require(p.state == State.DISPUTED && block.timestamp <= p.due, ExecutorState(intentId, p.state));
        uint32 executableAt = block.timestamp.toUint32();
        _progress[intentId] = Progress(State.QUEUED, true, false, executableAt, 0, 0);
        emit IntentUpheld(intentId, intent.agentId, msg.sender, executableAt);
        _record(intent, intentId, Action.UPHELD, abi.encode(msg.sender, executableAt));
    }

    /// @notice Ends a dispute that governance did not resolve in time: the intent is cancelled. Anyone may.
    function resolve(Intent calldata intent) external returns (bytes32 intentId) {
        intentId = IntentHash.id(intent, _DOMAIN);
        Progress memory p = _progress[intentId];
        require(p.state == State.DISPUTED, ExecutorState(intentId, p.state));
        require(block.timestamp > p.due, ExecutorTooEarly(intentId, p.due, block.timestamp));
        _cancelled(intent, intentId);
    }

    /// @notice Closes an intent that waited past its deadline, on either side. Anyone may.
    function expire(Intent calldata intent) external returns (bytes32 intentId) {
        intentId = IntentHash.id(intent, _DOMAIN);
        State state_ = _progress[intentId].state;
        require(state_ == State.ADMITTED || state_ == State.QUEUED, ExecutorState(intentId, state_));
        require(block.timestamp > intent.deadline, ExecutorNotExpired(intentId, intent.deadline));
        _progress[intentId].state = State.EXPIRED;
        emit IntentExpired(intentId, intent.agentId);
        _record(intent, intentId, Action.EXPIRED, "");
    }

    // ------------------------------------------------------------------ settings

    /// @notice Sets the dispute window, seconds; lengthening covers what is queued, shortening does not, unless it takes
    ///         back a lengthening. Governance only.
    /// @param expectedStops what {stops} said when this was decided: a decision never takes back the time that a guardian
    ///        bought after it
    function setDisputeWindow(uint64 disputeWindow_, uint256 expectedStops) external restricted {
        require(stops == expectedStops, ExecutorStopsDiffer(expectedStops, stops));
        _setDisputeWindow(disputeWindow_);
    }

    /// @notice Lets intents name an account, or no longer. Governance only.
    function setAccount(address account, bool allowed) external restricted {
        _setAccount(account, allowed);
    }

    /// @notice Lengthens the dispute window at once, for what is queued too (L5). Guardians only.
    function lengthenDisputeWindow(uint64 disputeWindow_) external {
        require(Roles.isGuardian(authority(), msg.sender), ExecutorUnauthorized(msg.sender));
        require(disputeWindow_ >= disputeWindow, ExecutorWindowShorter(disputeWindow_, disputeWindow));
        ++stops;
        _setDisputeWindow(disputeWindow_);
    }

    // ------------------------------------------------------------------ reading

    /// @notice Where the intent stands on this chain.
    /// @return state the state
    /// @return upheld governance overruled a dispute, so it cannot be disputed again
    /// @return due eta of an ADMITTED, executableAt of a QUEUED, resolveBy of a DISPUTED intent; unix seconds. Of a QUEUED
    ///         one it moves with the dispute window, never before the executableAt of its event
    /// @return approval it was admitted if approved
    function progress(bytes32 intentId) external view returns (State state, bool upheld, uint64 due, bool approval) {
        Progress memory p = _progress[intentId];
        return (p.state, p.upheld, _due(p), p.approval);
    }

    /// @notice The verdict that {submit} would give now if the agent signed this and the nonce and the deadline are good.
    function preview(Intent calldata intent) external view returns (Verdict memory verdict) {
        (, Status status, uint8 riskLevel) = REGISTRY.agent(intent.agentId);
        if (status != Status.ACTIVE) {
            verdict.rule = Rule.AGENT_STATUS;
            return verdict;
        }
        _checkAccount(intent);
        return MandateAccount(intent.account).preview(intent, _finding(intent, riskLevel));
    }

    /// @notice The intent's id: its EIP-712 digest.
    function idOf(Intent calldata intent) external view returns (bytes32) {
        return IntentHash.id(intent, _DOMAIN);
    }

    /// @notice Whether intents may name the account.
    function isAccount(address account) external view returns (bool) {
        return _accounts[account];
    }

    /// @notice Whether the agent's nonce is used up.
    function nonceUsed(uint256 agentId, uint256 nonce) external view returns (bool) {
        return (_usedNonces[agentId][nonce >> 8] >> (nonce & 0xff)) & 1 == 1;
    }

    // ------------------------------------------------------------------ internals

    /// @dev The gateway vouches for the sender; only home's executor, which stands at this very address there, counts.
    ///      Home sends and never receives: what a lying quorum delivered there would go round policy and nonces (L2, L3).
    function _isAuthorizedGateway(address gateway, bytes calldata sender) internal view override returns (bool) {
        return block.chainid != HOME_CHAIN_ID && gateway == GATEWAY
            && keccak256(sender) == keccak256(InteroperableAddress.formatEvmV1(HOME_CHAIN_ID, address(this)));
    }

    function _processMessage(address, bytes32 receiveId, bytes calldata, bytes calldata payload) internal override {
        Intent memory intent = abi.decode(payload, (Intent));
        require(intent.chainId == block.chainid, ExecutorWrongChain(intent.chainId, block.chainid));
        // An account of whoever forged this would pay for nobody, and lose the record of it.
        require(_accounts[intent.account], ExecutorAccountUnknown(intent.account));
        _checkData(intent.data.length);
        // Home admits none of nothing, which still calls whoever is paid.
        require(intent.amount > 0, ExecutorAmountZero());
        // Home admits no later one, so this is a forgery that would wait for its day; the two clocks may differ.
        _checkLifetime(intent.deadline, _CLOCK_SKEW);
        bytes32 intentId = IntentHash.id(intent, _DOMAIN);
        State state_ = _progress[intentId].state;
        require(state_ == State.NONE, ExecutorState(intentId, state_));
        uint32 queuedAt = block.timestamp.toUint32();
        uint32 executableAt = (block.timestamp + disputeWindow).toUint32();
        _progress[intentId] = Progress(State.QUEUED, false, false, executableAt, queuedAt, 0);
        emit IntentQueued(intentId, intent.agentId, intent, receiveId, executableAt);
        _record(intent, intentId, Action.QUEUED, abi.encode(receiveId, executableAt));
    }

    /// @dev What governance upheld waits no more.
    function _due(Progress memory p) private view returns (uint64) {
        if (p.state != State.QUEUED || p.upheld) return p.due;
        uint64 windowEnd = p.since + disputeWindow;
        return p.due > windowEnd ? p.due : windowEnd;
    }

    /// @dev That the intent was admitted, has waited as long as it must, and is still admitted (L5).
    /// @return intentId the intent's id
    /// @return approval whether it needs approvals
    function _reviewed(Intent calldata intent) private view returns (bytes32 intentId, bool approval) {
        intentId = IntentHash.id(intent, _DOMAIN);
        Progress memory p = _progress[intentId];
        require(p.state == State.ADMITTED, ExecutorState(intentId, p.state));
        // Not on a chain that forked from home.
        require(block.chainid == HOME_CHAIN_ID, ExecutorNotHome(HOME_CHAIN_ID));
        require(block.timestamp <= intent.deadline, ExecutorPastDeadline(intent.deadline, block.timestamp));
        _checkAccount(intent);
        (,, uint8 riskLevel) = REGISTRY.agent(intent.agentId);
        // A key that the agent lost has nothing more done, what it signed before neither. To set the same key again is a change, too.
        require(REGISTRY.walletChanges(intent.agentId) == p.keys, ExecutorKeyChanged(intentId));
        Finding memory f = _finding(intent, riskLevel);
        Verdict memory verdict = MandateAccount(intent.account).review(intent, f);
        require(verdict.rule == Rule.NONE, ExecutorRefused(intentId, verdict));
        uint64 due = uint64(p.since) + f.delay;
        if (due < p.due) due = p.due;
        require(block.timestamp >= due, ExecutorTooEarly(intentId, due, block.timestamp));
        return (intentId, p.approval || f.tier == Tier.APPROVAL);
    }

    /// @dev The rules beyond the basic ones are asked of calls, and of everything unless the mandate is basic.
    function _finding(Intent calldata intent, uint8 riskLevel) private view returns (Finding memory f) {
        bool basic = MandateAccount(intent.account).isBasic(intent.agentId);
        if (intent.data.length > 0 || !basic) return RULES.judge(intent, riskLevel, basic);
        f.recipient = intent.to;
    }

    function _carryOut(Intent calldata intent, bytes32 intentId) private {
        if (intent.chainId == block.chainid) return _pay(intent, intentId);
        _progress[intentId].state = State.DISPATCHED;
        bytes32 messageId = IERC7786GatewaySource(GATEWAY)
            .sendMessage(
                InteroperableAddress.formatEvmV1(intent.chainId, address(this)), abi.encode(intent), new bytes[](0)
            );
        emit IntentDispatched(intentId, intent.agentId, intent, messageId);
        _record(intent, intentId, Action.DISPATCHED, abi.encode(messageId));
    }

    function _pay(Intent calldata intent, bytes32 intentId) private {
        _progress[intentId].state = State.EXECUTED;
        MandateAccount account = MandateAccount(intent.account);
        uint256 moved;
        if (intent.data.length > 0) {
            moved = account.callOut(intent);
            require(moved <= intent.amount, ExecutorMovedOther(intent.amount, moved));
        } else {
            moved = account.payOut(intent.agentId, intent.asset, intent.to, intent.amount);
            require(moved == intent.amount, ExecutorMovedOther(intent.amount, moved));
        }
        emit IntentExecuted(intentId, intent.agentId, intent, moved);
        _record(intent, intentId, Action.EXECUTED, abi.encode(intent.account, intent.asset, moved));
    }

    function _cancelled(Intent calldata intent, bytes32 intentId) private {
        _progress[intentId].state = State.CANCELLED;
        emit IntentCancelled(intentId, intent.agentId, intent, msg.sender);
        _record(intent, intentId, Action.CANCELLED, abi.encode(msg.sender));
    }

    function _record(Intent memory intent, bytes32 intentId, Action action, bytes memory detail) private {
        MandateAccount(intent.account).append(intent.agentId, intentId, action, detail);
    }

    /// @dev One agent, one account: what it spends anywhere is counted in one place (L2).
    function _checkOwn(Intent calldata intent) private view {
        address account = REGISTRY.accountOf(intent.agentId);
        require(intent.account == account, ExecutorAccountOther(intent.agentId, intent.account, account));
    }

    /// @dev And governance lets intents name it.
    function _checkAccount(Intent calldata intent) private view {
        _checkOwn(intent);
        require(_accounts[intent.account], ExecutorAccountUnknown(intent.account));
    }

    function _checkData(uint256 length) private pure {
        require(length <= MAX_DATA_LENGTH, ExecutorDataTooLong(length, MAX_DATA_LENGTH));
    }

    function _checkLifetime(uint64 deadline, uint256 skew) private view {
        uint256 latest = block.timestamp + MAX_LIFETIME + skew;
        require(deadline <= latest, ExecutorDeadlineTooFar(deadline, latest));
    }

    function _useNonce(uint256 agentId, uint256 nonce) private {
        uint256 bit = uint256(1) << (nonce & 0xff);
        uint256 word = _usedNonces[agentId][nonce >> 8];
        require(word & bit == 0, ExecutorNonceUsed(agentId, nonce));
        _usedNonces[agentId][nonce >> 8] = word | bit;
    }

    function _setAccount(address account, bool allowed) private {
        _accounts[account] = allowed;
        emit AccountSet(account, allowed, msg.sender);
    }

    function _setDisputeWindow(uint64 disputeWindow_) private {
        require(
            disputeWindow_ >= MIN_DISPUTE_WINDOW && disputeWindow_ <= MAX_DISPUTE_WINDOW,
            ExecutorDisputeWindow(disputeWindow_, MIN_DISPUTE_WINDOW, MAX_DISPUTE_WINDOW)
        );
        disputeWindow = disputeWindow_;
        emit DisputeWindowSet(disputeWindow_, msg.sender);
    }
}
