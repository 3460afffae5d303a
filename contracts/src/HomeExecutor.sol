// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC7786GatewaySource} from "@openzeppelin/contracts/interfaces/draft-IERC7786.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {AgentRegistry, Status} from "./AgentRegistry.sol";
import {Action} from "./AuditLog.sol";
import {CrossChainExecutor, Result, State} from "./CrossChainExecutor.sol";
import {GatewayStatus} from "./ExecutorSettings.sol";
import {Hash} from "./Hash.sol";
import {Intent} from "./Intent.sol";
import {IntentPayload} from "./IntentPayload.sol";
import {MandateAccount} from "./MandateAccount.sol";
import {Place} from "./Place.sol";
import {Approvers} from "./rules/Approvers.sol";
import {Finding, MandateRules} from "./rules/MandateRules.sol";
import {Rule, Tier, Verdict} from "./Verdict.sol";

/// @notice Approvals of one intent, as {Approvers-approved} takes them: a signature and its deadline per signer, strictly ascending.
struct Approvals {
    address[] signers;
    bytes[] signatures;
    uint64[] deadlines;
}

/// @title An intent's life at home
/// @notice Checks the agent's signature, asks the policy, then executes, waits or dispatches; takes back what other chains say became
///         of what was dispatched, and gives back, after guardians had time to look, the budget that was not spent.
contract HomeExecutor is CrossChainExecutor {
    using InteroperableAddress for bytes;
    using SafeCast for uint256;

    /// @notice The rules beyond the basic ones.
    MandateRules public immutable RULES;
    /// @notice Who must agree to intents of tier APPROVAL.
    Approvers public immutable APPROVERS;

    mapping(uint256 agentId => mapping(uint256 word => uint256)) private _usedNonces;
    mapping(uint256 chainId => address) private _routes;

    event IntentAdmitted(bytes32 indexed intentId, uint256 indexed agentId, Intent intent, Tier tier, uint64 eta);
    /// @notice The intent is one that the agent's owner wants to know of, and does not wait: tier NOTIFY, or a delay of nothing.
    event IntentNotified(bytes32 indexed intentId, uint256 indexed agentId, Intent intent);
    event IntentDenied(bytes32 indexed intentId, uint256 indexed agentId, Intent intent, Verdict verdict);
    event IntentDispatched(bytes32 indexed intentId, uint256 indexed agentId, Intent intent, bytes32 messageId);
    /// @notice The intent, dispatched before, was sent once more: this message is as genuine as the first.
    event IntentResent(bytes32 indexed intentId, uint256 indexed agentId, bytes32 messageId);
    /// @notice Element `index` of a batch was refused; the others are not touched by it.
    event IntentRefused(uint256 indexed index, bytes reason);
    /// @notice A destination says what became of the intent; from `settleAt`, unix seconds, it may be settled.
    event ResultReceived(bytes32 indexed intentId, State outcome, uint256 moved, uint64 settleAt);
    /// @notice A guardian does not believe what was said, or it cannot be; it may be said again.
    event ResultDropped(bytes32 indexed intentId, address indexed by);
    /// @notice Of the intent's amount `moved` was spent; `refunded` of the rest may be spent again. Asset's smallest unit.
    event IntentSettled(
        bytes32 indexed intentId, uint256 indexed agentId, State outcome, uint256 moved, uint256 refunded
    );
    /// @notice Messages to `chainId` go through `gateway`.
    event RouteSet(uint256 indexed chainId, address indexed gateway, address indexed by);

    error ExecutorNonceUsed(uint256 agentId, uint256 nonce);
    error ExecutorSignatureInvalid(uint256 agentId, address wallet);
    /// @notice The agent's wallet changed since the intent was submitted: the intent can only be cancelled, or expire.
    error ExecutorKeyChanged(bytes32 intentId);
    error ExecutorAccountOther(uint256 agentId, address asked, address account);
    error ExecutorAgentPending(uint256 agentId);
    error ExecutorAgentRevoked(uint256 agentId);
    error ExecutorAgentInactive(uint256 agentId);
    error ExecutorDeadlineBeforeEta(uint64 deadline, uint64 eta);
    error ExecutorRefused(bytes32 intentId, Verdict verdict);
    error ExecutorNotApproved(bytes32 intentId);
    error ExecutorNoResult(bytes32 intentId);
    /// @notice A gateway was closed, unix seconds, since the result came: it must be reported again.
    error ExecutorResultStale(bytes32 intentId, uint256 closedAt);

    constructor(
        address authority_,
        uint256 homeChainId,
        AgentRegistry registry,
        address gateway,
        MandateRules rules,
        Approvers approvers,
        address[] memory accounts,
        uint64 disputeWindow_,
        uint64 pause_
    ) CrossChainExecutor(authority_, homeChainId, registry, gateway, accounts, disputeWindow_, pause_) {
        _checkHome();
        RULES = rules;
        APPROVERS = approvers;
    }

    // ------------------------------------------------------------------ submitting

    /// @notice Submits an intent that the agent signed. Anyone may.
    /// @dev Reverts for what is not the agent's doing (signature, nonce, deadline, pauses), and for an agent that governance never
    ///      admitted: anybody can register one, and relayers pay for publishing every record. A refusal by policy is recorded and
    ///      returned, and uses the nonce up. An admitted intent that need not wait executes or is dispatched here.
    /// @param signature EIP-712 signature of the intent by the agent's wallet (ECDSA, or ERC-1271 for a contract)
    function submit(Intent calldata intent, bytes calldata signature)
        external
        nonReentrant
        returns (bytes32 intentId, Verdict memory verdict)
    {
        _checkHome();
        _requireOpenTo(intent.chainId);
        _checkDeadline(intent);
        _checkLifetime(intent.deadline, 0);
        _checkData(intent.data.length);
        intentId = _idOf(intent);
        (address wallet, Status status, uint8 riskLevel, address account) = REGISTRY.standing(intent.agentId);
        require(status != Status.PENDING, ExecutorAgentPending(intent.agentId));
        _checkAccount(intent, account);
        require(
            wallet != address(0) && SignatureChecker.isValidSignatureNowCalldata(wallet, intentId, signature),
            ExecutorSignatureInvalid(intent.agentId, wallet)
        );
        _useNonce(intent.agentId, intent.nonce);

        Progress memory p;
        verdict = MandateAccount(intent.account).consume(_finding(intent, riskLevel), intentId, intent);
        if (verdict.rule != Rule.NONE) {
            _progress[intentId].state = State.DENIED;
            emit IntentDenied(intentId, intent.agentId, intent, verdict);
            _record(intent, intentId, Action.DENIED, abi.encode(verdict));
        } else if (verdict.tier == Tier.APPROVAL || verdict.eta > block.timestamp) {
            require(verdict.eta <= intent.deadline, ExecutorDeadlineBeforeEta(intent.deadline, verdict.eta));
            (p.state, p.approval) = (State.ADMITTED, verdict.tier == Tier.APPROVAL);
            (p.due, p.since) = (uint256(verdict.eta).toUint32(), block.timestamp.toUint32());
            p.extra = REGISTRY.walletChanges(intent.agentId);
            _keep(intentId, p);
            emit IntentAdmitted(intentId, intent.agentId, intent, verdict.tier, verdict.eta);
            _record(intent, intentId, Action.ADMITTED, abi.encode(verdict.tier, verdict.eta));
        } else {
            if (verdict.tier != Tier.INSTANT) emit IntentNotified(intentId, intent.agentId, intent);
            p.since = block.timestamp.toUint32();
            _carryOut(intent, intentId, riskLevel, p);
        }
    }

    /// @notice Submits several intents, each as {submit} does; one that reverts leaves the others alone.
    /// @dev Each gets its share of the gas that is left.
    /// @return ids of the intents, also of refused ones
    /// @return ok whether it was submitted, and either carried out, admitted or denied
    function submitMany(Intent[] calldata intents, bytes[] calldata signatures)
        external
        nonReentrantView
        returns (bytes32[] memory ids, bool[] memory ok)
    {
        require(intents.length == signatures.length, ExecutorLengths(intents.length, signatures.length));
        ids = new bytes32[](intents.length);
        ok = new bool[](intents.length);
        for (uint256 i; i < intents.length; ++i) {
            (ok[i], ids[i]) =
                _one(this.submit.selector, IntentPayload.encode(intents[i], signatures[i]), i, intents.length);
            if (!ok[i]) ids[i] = _idOf(intents[i]);
        }
    }

    /// @notice Carries out an admitted intent whose wait is over. Anyone may, while the mandate, which may be tighter by now, still
    ///         admits it: the delay and the approvals that it asks for now count too.
    function proceed(Intent calldata intent) external nonReentrant returns (bytes32 intentId) {
        Progress memory p;
        uint8 riskLevel;
        bool approval;
        (intentId, approval, riskLevel, p) = _reviewed(intent);
        require(!approval, ExecutorNotApproved(intentId));
        _carryOut(intent, intentId, riskLevel, p);
    }

    /// @notice Has several intents proceed, each as {proceed} does; one that reverts leaves the others alone.
    function proceedMany(Intent[] calldata intents) external nonReentrantView returns (bool[] memory ok) {
        ok = new bool[](intents.length);
        for (uint256 i; i < intents.length; ++i) {
            (ok[i],) = _one(this.proceed.selector, IntentPayload.encode(intents[i]), i, intents.length);
        }
    }

    /// @notice As {proceed}, for an intent that needs approvals.
    /// @param approvals what {Approvers-approved} takes
    function proceedApproved(Intent calldata intent, Approvals calldata approvals)
        external
        nonReentrant
        returns (bytes32 intentId)
    {
        Progress memory p;
        uint8 riskLevel;
        (intentId,, riskLevel, p) = _reviewed(intent);
        require(
            APPROVERS.approved(intent.agentId, intentId, approvals.signers, approvals.signatures, approvals.deadlines),
            ExecutorNotApproved(intentId)
        );
        _carryOut(intent, intentId, riskLevel, p);
    }

    /// @notice Cancels an intent before it is carried out, submitted or not: its nonce is used up.
    ///         The agent's key, its owner or a guardian, at home.
    function cancel(Intent calldata intent) external returns (bytes32 intentId) {
        _checkHome();
        require(REGISTRY.isTightener(intent.agentId, msg.sender), ExecutorUnauthorized(msg.sender));
        // What is past it needs no cancelling; and a direct payment, whose id has deadline 0, cannot be.
        _checkDeadline(intent);
        (, Status status,, address account) = REGISTRY.standing(intent.agentId);
        require(status != Status.PENDING, ExecutorAgentPending(intent.agentId));
        // Also from one that was taken out: whoever may cancel is never later than whoever carries out.
        _checkOwn(intent, account);
        _checkData(intent.data.length);
        intentId = _idOf(intent);
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

    /// @notice Closes an admitted intent that waited past its deadline. Anyone may.
    function expire(Intent calldata intent) external override returns (bytes32 intentId) {
        intentId = _idOf(intent);
        State state_ = _progress[intentId].state;
        require(state_ == State.ADMITTED, ExecutorState(intentId, state_));
        _checkExpired(intent, intentId);
        _progress[intentId].state = State.EXPIRED;
        emit IntentExpired(intentId, intent.agentId);
        _record(intent, intentId, Action.EXPIRED, "");
    }

    /// @notice Sends a dispatched intent once more, when its message was lost, or a false one took its place, or its gateway was closed.
    ///         Anyone may, until the deadline while the agent is active, an hour after it always: then it expires there, and what it would have
    ///         spent comes back. It executes once all the same: its destination knows it by its id (L3).
    function resend(Intent calldata intent) external nonReentrant returns (bytes32 messageId) {
        _checkHome();
        _requireOpenTo(intent.chainId);
        bytes32 intentId = _idOf(intent);
        State state_ = _progress[intentId].state;
        require(state_ == State.DISPATCHED, ExecutorState(intentId, state_));
        (, Status status, uint8 riskLevel) = REGISTRY.agent(intent.agentId);
        require(
            status == Status.ACTIVE || block.timestamp > intent.deadline + _CLOCK_SKEW,
            ExecutorAgentInactive(intent.agentId)
        );
        messageId = _send(intent.chainId, IntentPayload.encode(intent, riskLevel));
        emit IntentResent(intentId, intent.agentId, messageId);
    }

    // ------------------------------------------------------------------ results

    /// @notice What a destination says became of the intent.
    /// @return outcome EXECUTED, CANCELLED, EXPIRED or FAILED; NONE: nothing was said
    /// @return moved asset's smallest unit
    /// @return settleAt unix seconds from which it may be settled; 0 when it was
    function resultOf(bytes32 intentId) external view returns (State outcome, uint256 moved, uint64 settleAt) {
        Progress memory p = _progressOf(intentId);
        if (p.outcome != State.NONE) return (p.outcome, p.extra, _due(p));
    }

    /// @notice Settles results whose window is over, each as {settleOne} does; one that reverts leaves the others alone.
    function settle(Intent[] calldata intents) external nonReentrantView returns (bool[] memory ok) {
        ok = new bool[](intents.length);
        for (uint256 i; i < intents.length; ++i) {
            (ok[i],) = _one(this.settleOne.selector, IntentPayload.encode(intents[i]), i, intents.length);
        }
    }

    /// @notice Gives back what a dispatched intent did not spend, once, after the dispute window of its result. Anyone may.
    /// @return refunded what may be spent again, asset's smallest unit: never more than its window still counts (L2)
    function settleOne(Intent calldata intent) external nonReentrant returns (uint256 refunded) {
        bytes32 intentId = _idOf(intent);
        Progress memory p = _progressOf(intentId);
        require(p.state == State.DISPATCHED, ExecutorState(intentId, p.state));
        _checkHome();
        require(p.outcome != State.NONE, ExecutorNoResult(intentId));
        _requireRunning(intent.chainId);
        require(!_isStale(p), ExecutorResultStale(intentId, _settings.closedAt));
        uint64 due = _due(p);
        require(block.timestamp >= due, ExecutorTooEarly(intentId, due, block.timestamp));
        uint256 moved = p.extra;
        // That cannot be: it is not true.
        if (moved > intent.amount) {
            _drop(intentId);
            return 0;
        }
        p.state = State.SETTLED;
        _keep(intentId, p);
        uint256 rest = intent.amount - moved;
        if (rest > 0) refunded = MandateAccount(intent.account).refund(intent.agentId, intent.asset, rest, p.since);
        emit IntentSettled(intentId, intent.agentId, p.outcome, moved, refunded);
        _record(intent, intentId, Action.SETTLED, abi.encode(p.outcome, moved, refunded));
    }

    /// @notice Takes out a result that is not true, before it is settled: it may be said again. Guardians only.
    function dropResult(bytes32 intentId) external onlyGuardian {
        Progress memory p = _progressOf(intentId);
        require(p.state == State.DISPATCHED, ExecutorState(intentId, p.state));
        require(p.outcome != State.NONE, ExecutorNoResult(intentId));
        _drop(intentId);
    }

    // ------------------------------------------------------------------ settings

    /// @notice The gateway through which messages go to a chain.
    function gatewayTo(uint256 chainId) public view returns (address gateway) {
        gateway = _routes[chainId];
        if (gateway == address(0)) gateway = GATEWAY;
    }

    /// @notice Sets through which gateway messages go to a chain; zero: {GATEWAY}. Governance only.
    function setRoute(uint256 chainId, address gateway) external restricted {
        _routes[chainId] = gateway;
        emit RouteSet(chainId, gateway, msg.sender);
    }

    /// @notice Lengthens the dispute window at once, for results that wait, too (L5). Guardians only.
    function lengthenDisputeWindow(uint64 disputeWindow_) external override onlyGuardian {
        uint64 present = _settings.disputeWindow;
        require(disputeWindow_ >= present, ExecutorWindowShorter(disputeWindow_, present));
        ++_settings.stops;
        _setDisputeWindow(disputeWindow_);
    }

    // ------------------------------------------------------------------ reading

    /// @notice The verdict that {submit} would give now if the agent signed this and the nonce and the deadline are good.
    function preview(Intent calldata intent) external view returns (Verdict memory verdict) {
        (, Status status, uint8 riskLevel, address account) = REGISTRY.standing(intent.agentId);
        if (status != Status.ACTIVE) {
            verdict.rule = Rule.AGENT_STATUS;
            return verdict;
        }
        _checkAccount(intent, account);
        return MandateAccount(intent.account).preview(intent, _finding(intent, riskLevel));
    }

    /// @notice Whether the agent's nonce is used up.
    function nonceUsed(uint256 agentId, uint256 nonce) external view returns (bool) {
        return (_usedNonces[agentId][nonce >> 8] >> (nonce & 0xff)) & 1 == 1;
    }

    // ------------------------------------------------------------------ internals

    /// @dev The gateway vouches for the sender; only executors, which stand at this very address everywhere, count. What they say moves
    ///      nothing here: it can only settle what was dispatched to that chain.
    function _isAuthorizedGateway(address gateway, bytes calldata sender) internal view override returns (bool) {
        if (block.chainid != HOME_CHAIN_ID) return false;
        (bool parsed, uint256 chainId, address executor) = sender.tryParseEvmV1Calldata();
        return parsed && executor == address(this) && chainId != block.chainid
            && gatewayStatus(gateway) == GatewayStatus.OPEN
            && keccak256(sender) == keccak256(Place.format(chainId, executor));
    }

    /// @dev What is not waited for is passed over, each for itself: it came twice, or it is not true.
    function _processMessage(address, bytes32, bytes calldata sender, bytes calldata payload) internal override {
        (uint256 chainId,) = Place.parse(sender);
        Result[] memory results = abi.decode(payload, (Result[]));
        for (uint256 i; i < results.length; ++i) {
            Result memory r = results[i];
            Progress memory p = _progressOf(r.intentId);
            if (p.state != State.DISPATCHED || p.route != _lane(chainId)) continue;
            if (p.outcome != State.NONE && !_isStale(p)) continue;
            if (r.outcome == State.EXECUTED) p.extra = r.moved;
            else if (_isUnspent(r.outcome) && r.moved == 0) p.extra = 0;
            else continue;
            (p.outcome, p.due) = (r.outcome, block.timestamp.toUint32());
            _keep(r.intentId, p);
            emit ResultReceived(r.intentId, r.outcome, r.moved, _due(p));
        }
    }

    /// @dev Whether a result came before a gateway was closed, which may have brought it: it does not settle any more, and another one takes
    ///      its place.
    function _isStale(Progress memory p) private view returns (bool) {
        return p.due <= _settings.closedAt;
    }

    function _isUnspent(State outcome) private pure returns (bool) {
        return outcome == State.CANCELLED || outcome == State.EXPIRED || outcome == State.FAILED;
    }

    /// @dev The lowest bits tell chains apart: no more is believed of a message than that a quorum signed it.
    function _lane(uint256 chainId) private pure returns (uint48) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint48(chainId);
    }

    function _drop(bytes32 intentId) private {
        Progress storage p = _progress[intentId];
        // When it was dispatched is not known any more: not later than now.
        (p.outcome, p.extra, p.due) = (State.NONE, 0, block.timestamp.toUint32());
        emit ResultDropped(intentId, msg.sender);
    }

    /// @dev A result's window begins when it came.
    function _due(Progress memory p) internal view override returns (uint64) {
        if (p.state == State.SETTLED) return 0;
        if (p.outcome == State.NONE) return p.state == State.DISPATCHED ? 0 : p.due;
        return uint64(p.due) + _settings.disputeWindow;
    }

    /// @dev Payments at home go over no lane: only the pause of everything stops them.
    function _laneOf(uint256 lane) internal view override returns (uint256) {
        require(lane != HOME_CHAIN_ID, ExecutorLaneUnknown(lane));
        return lane;
    }

    function _requireOpenTo(uint256 chainId) private view {
        _requireRunning(chainId == HOME_CHAIN_ID ? 0 : chainId);
    }

    function _checkHome() private view {
        require(block.chainid == HOME_CHAIN_ID, ExecutorNotHome(HOME_CHAIN_ID));
    }

    /// @dev Element `index` of `count` of a batch.
    function _one(bytes4 selector, bytes memory arguments, uint256 index, uint256 count)
        private
        returns (bool ok, bytes32 answer)
    {
        bytes memory reason;
        (ok, answer,, reason) = _attempt(selector, arguments, count - 1 - index);
        if (!ok) emit IntentRefused(index, reason);
    }

    /// @dev That the intent was admitted, has waited as long as it must, and is still admitted (L5).
    /// @return intentId the intent's id
    /// @return approval whether it needs approvals
    /// @return riskLevel of its agent, now
    /// @return p where it stands
    function _reviewed(Intent calldata intent)
        private
        view
        returns (bytes32 intentId, bool approval, uint8 riskLevel, Progress memory p)
    {
        intentId = _idOf(intent);
        p = _progressOf(intentId);
        require(p.state == State.ADMITTED, ExecutorState(intentId, p.state));
        // Not on a chain that forked from home.
        _checkHome();
        _requireOpenTo(intent.chainId);
        _checkDeadline(intent);
        {
            address account;
            (,, riskLevel, account) = REGISTRY.standing(intent.agentId);
            _checkAccount(intent, account);
        }
        // A key that the agent lost has nothing more done, what it signed before neither. To set the same key again is a change, too.
        require(REGISTRY.walletChanges(intent.agentId) == p.extra, ExecutorKeyChanged(intentId));
        Finding memory f = _finding(intent, riskLevel);
        Verdict memory verdict = MandateAccount(intent.account).review(intent, f);
        require(verdict.rule == Rule.NONE, ExecutorRefused(intentId, verdict));
        uint64 due = uint64(p.since) + f.delay;
        if (due < p.due) due = p.due;
        require(block.timestamp >= due, ExecutorTooEarly(intentId, due, block.timestamp));
        approval = p.approval || f.tier == Tier.APPROVAL;
    }

    /// @dev The rules beyond the basic ones are asked of calls, and of everything unless the mandate is basic.
    function _finding(Intent calldata intent, uint8 riskLevel) private view returns (Finding memory f) {
        bool basic = MandateAccount(intent.account).isBasic(intent.agentId);
        if (intent.data.length > 0 || !basic) return RULES.judge(intent, riskLevel, basic);
        f.recipient = intent.to;
    }

    function _carryOut(Intent calldata intent, bytes32 intentId, uint8 riskLevel, Progress memory p) private {
        if (intent.chainId == block.chainid) return _pay(intent, intentId, p);
        // When it was dispatched is for destinations to see, by proof.
        (p.state, p.approval, p.due, p.extra) = (State.DISPATCHED, false, block.timestamp.toUint32(), 0);
        p.route = _lane(intent.chainId);
        _keep(intentId, p);
        bytes memory payload = IntentPayload.encode(intent, riskLevel);
        bytes32 messageId = _send(intent.chainId, payload);
        // The event says the same of the message's id as the payload of the risk level.
        _emit(IntentDispatched.selector, intentId, intent, IntentPayload.withWord(payload, uint256(messageId)));
        _recordHash(intent, intentId, Action.DISPATCHED, Hash.words(messageId));
    }

    /// @dev Not through a gateway whose messages nobody should take.
    function _send(uint256 chainId, bytes memory payload) private returns (bytes32 messageId) {
        address gateway = gatewayTo(chainId);
        _checkOpen(gateway);
        return IERC7786GatewaySource(gateway).sendMessage(Place.format(chainId, address(this)), payload, new bytes[](0));
    }

    /// @dev One agent, one account: what it spends anywhere is counted in one place (L2).
    /// @param account the agent's
    function _checkOwn(Intent calldata intent, address account) private pure {
        require(intent.account == account, ExecutorAccountOther(intent.agentId, intent.account, account));
    }

    /// @dev And governance lets intents name it.
    function _checkAccount(Intent calldata intent, address account) private view {
        _checkOwn(intent, account);
        require(isAccount(intent.account), ExecutorAccountUnknown(intent.account));
    }

    function _useNonce(uint256 agentId, uint256 nonce) private {
        uint256 bit = uint256(1) << (nonce & 0xff);
        uint256 word = _usedNonces[agentId][nonce >> 8];
        require(word & bit == 0, ExecutorNonceUsed(agentId, nonce));
        _usedNonces[agentId][nonce >> 8] = word | bit;
    }
}
