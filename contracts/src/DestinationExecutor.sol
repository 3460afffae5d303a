// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC7786GatewaySource} from "@openzeppelin/contracts/interfaces/draft-IERC7786.sol";
import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {AgentRegistry} from "./AgentRegistry.sol";
import {Action} from "./AuditLog.sol";
import {CrossChainExecutor, Result, State} from "./CrossChainExecutor.sol";
import {DisputeBonds} from "./DisputeBonds.sol";
import {ExecutorSettings, GatewayStatus} from "./ExecutorSettings.sol";
import {Hash} from "./Hash.sol";
import {Intent} from "./Intent.sol";
import {IntentPayload} from "./IntentPayload.sol";
import {Attestation, IQuorum} from "./IQuorum.sol";
import {QuorumGateway} from "./QuorumGateway.sol";
import {SequencerClock} from "./SequencerClock.sol";
import {SettingsWord} from "./SettingsWord.sol";
import {Step, WindowTable} from "./WindowTable.sol";
import {IStateProofs, StateProof} from "./proofs/IStateProofs.sol";

/// @title An intent's life at its destination
/// @notice Queues what gateways deliver, for as long as the amount, the agent's risk level and the number of relayers that vouch for it
///         ask, so that guardians, or anyone with a bond or a proof, can stop what home never sent; then pays, and tells home.
contract DestinationExecutor is CrossChainExecutor, SequencerClock, DisputeBonds {
    /// @dev How many relayers vouch for a message, how many must, and how many there are.
    struct Quorum {
        uint256 signatures;
        uint256 threshold;
        uint256 relayers;
    }

    /// @notice Most that the resolution window may be, seconds; a longer one could make every dispute overflow.
    uint64 public constant MAX_RESOLUTION_WINDOW = 30 days;
    /// @notice Most results in one message.
    uint256 public constant MAX_RESULTS = 64;
    /// @notice Gas that an execution was given at least when its failure is remembered.
    uint256 public constant FAILURE_GAS = 1_000_000;
    /// @dev Bits of a message's id that are kept with the intent.
    uint256 private constant _TAG_BITS = 104;
    /// @dev Bits of an intent's route that tell which opening of which gateway brought it; above them, seconds, the wait that it would
    ///      have with every relayer's signature.
    uint256 private constant _TERM_BITS = 25;

    /// @notice Seconds that governance has to uphold a disputed intent; after them it can only be cancelled.
    uint64 public immutable RESOLUTION_WINDOW;
    /// @dev Keccak-256 of the ERC-7930 address of home's executor.
    bytes32 private immutable _HOME_SENDER;

    mapping(address asset => uint256 word) private _windows;
    address private _reportGateway;
    /// @notice What shows home's storage here; zero: nothing does.
    IStateProofs public stateProofs;

    event IntentQueued(
        bytes32 indexed intentId, uint256 indexed agentId, Intent intent, bytes32 messageId, uint64 executableAt
    );
    event IntentDisputed(bytes32 indexed intentId, uint256 indexed agentId, address by, uint64 resolveBy);
    event IntentUpheld(bytes32 indexed intentId, uint256 indexed agentId, address by, uint64 executableAt);
    /// @notice So many relayers vouch for the intent that it waits no longer than until `executableAt`, unix seconds.
    event IntentHastened(bytes32 indexed intentId, uint256 indexed agentId, uint256 signatures, uint64 executableAt);
    /// @notice Home's storage at its block `number` shows that it dispatched the intent.
    event IntentConfirmed(bytes32 indexed intentId, uint256 indexed agentId, address by, uint256 number);
    /// @notice Home's storage at its block `number` shows that it never sent the message: the intent is as if it had never come.
    event IntentRefuted(
        bytes32 indexed intentId, uint256 indexed agentId, bytes32 messageId, address by, uint256 number
    );
    /// @notice The intent of a batch could not execute, as anybody may have it try: what `reason` begins with says why.
    event IntentFailed(bytes32 indexed intentId, uint256 indexed agentId, bytes reason);
    /// @notice The deadline of an intent passed that could not execute when it was tried.
    event IntentGivenUp(bytes32 indexed intentId, uint256 indexed agentId);
    event ResultsReported(bytes32 indexed messageId, bytes32[] intentIds);
    /// @notice Payments of the asset wait by these steps; without any, for the dispute window.
    event WindowsSet(address indexed asset, Step[] steps, address indexed by);
    /// @notice Nothing that is not upheld executes earlier than this many seconds after it came.
    event FloorSet(uint64 floor, address indexed by);
    event ReportGatewaySet(address indexed gateway, address indexed by);
    event StateProofsSet(address indexed stateProofs, address indexed by);

    error ExecutorAmountZero();
    error ExecutorAmountTooLarge(uint256 amount, uint256 max);
    error ExecutorUpheld(bytes32 intentId);
    error ExecutorResolutionWindow(uint64 asked, uint64 max);
    error ExecutorMessageOther(bytes32 messageId);
    error ExecutorNoProofs();
    /// @notice What was proved does not show that home dispatched the intent and knows of no outcome: that is where it stands there.
    error ExecutorNotDispatched(bytes32 intentId, uint256 state, uint256 outcome);
    /// @notice What was proved may have changed since: the block must be as late as the dispute, or as the intent came, unix seconds.
    error ExecutorProofOld(uint256 timestamp, uint256 earliest);
    /// @notice The gateway that brought it was closed since. A proof that home dispatched it helps, or home sends it again.
    error ExecutorGatewayClosed(bytes32 intentId);
    error ExecutorSignaturesMissing(uint256 signatures, uint256 relayers);
    error ExecutorResults(uint256 results, uint256 max);

    constructor(
        address authority_,
        uint256 homeChainId,
        AgentRegistry registry,
        address gateway,
        address[] memory accounts,
        uint64 disputeWindow_,
        uint64 resolutionWindow,
        uint64 pause_,
        address bondTreasury
    )
        CrossChainExecutor(authority_, homeChainId, registry, gateway, accounts, disputeWindow_, pause_)
        DisputeBonds(bondTreasury)
    {
        require(block.chainid != homeChainId, ExecutorHome(homeChainId));
        require(
            resolutionWindow <= MAX_RESOLUTION_WINDOW, ExecutorResolutionWindow(resolutionWindow, MAX_RESOLUTION_WINDOW)
        );
        RESOLUTION_WINDOW = resolutionWindow;
        _HOME_SENDER = keccak256(InteroperableAddress.formatEvmV1(homeChainId, address(this)));
    }

    // ------------------------------------------------------------------ executing

    /// @notice Executes a delivered intent whose window is over. Anyone may.
    function execute(Intent calldata intent) external nonReentrant returns (bytes32 intentId) {
        Progress memory p;
        (intentId, p) = _ready(intent);
        _pay(intent, intentId, p);
    }

    /// @notice Executes several intents, each as {execute} does; one that reverts leaves the others alone, and may be tried again until
    ///         its deadline.
    /// @dev Each gets its share of the gas that is left: who gives little makes nothing final, and nothing that got less than
    ///      {FAILURE_GAS} counts as a failure.
    function executeMany(Intent[] calldata intents) external nonReentrantView returns (bool[] memory ok) {
        uint256 count = intents.length;
        ok = new bool[](count);
        for (uint256 i; i < count; ++i) {
            uint256 given;
            bytes memory reason;
            (ok[i],, given, reason) = _attempt(this.execute.selector, IntentPayload.encode(intents[i]), count - 1 - i);
            if (!ok[i]) _failed(intents[i], given, reason);
        }
    }

    /// @notice Reverts, and says why, unless {execute} would pay now. What the account says then is not asked.
    function ready(Intent calldata intent) external view returns (bytes32 intentId) {
        (intentId,) = _ready(intent);
    }

    /// @notice Whether the intent was tried when it was due, and could not execute.
    function failed(bytes32 intentId) external view returns (bool) {
        return _progress[intentId].failed;
    }

    /// @notice Closes a delivered intent that waited past its deadline: as FAILED if it could not execute, else as EXPIRED. Anyone may.
    function expire(Intent calldata intent) external override returns (bytes32 intentId) {
        intentId = _idOf(intent);
        Progress memory p = _progressOf(intentId);
        require(p.state == State.QUEUED, ExecutorState(intentId, p.state));
        _checkExpired(intent, intentId);
        _progress[intentId].state = p.failed ? State.FAILED : State.EXPIRED;
        if (p.failed) emit IntentGivenUp(intentId, intent.agentId);
        else emit IntentExpired(intentId, intent.agentId);
        _record(intent, intentId, p.failed ? Action.FAILED : Action.EXPIRED, "");
    }

    /// @notice Tells home what became of intents, in one message. Anyone may, again if need be.
    /// @param intentIds of intents that are EXECUTED, CANCELLED, EXPIRED or FAILED, at most {MAX_RESULTS}
    function report(bytes32[] calldata intentIds) external nonReentrantView returns (bytes32 messageId) {
        require(intentIds.length > 0 && intentIds.length <= MAX_RESULTS, ExecutorResults(intentIds.length, MAX_RESULTS));
        Result[] memory results = new Result[](intentIds.length);
        for (uint256 i; i < intentIds.length; ++i) {
            bytes32 intentId = intentIds[i];
            Progress memory p = _progressOf(intentId);
            bool executed = p.state == State.EXECUTED;
            require(
                executed || p.state == State.CANCELLED || p.state == State.EXPIRED || p.state == State.FAILED,
                ExecutorState(intentId, p.state)
            );
            results[i] = Result(intentId, p.state, executed ? p.extra : 0);
        }
        messageId = IERC7786GatewaySource(reportGateway())
            .sendMessage(
                InteroperableAddress.formatEvmV1(HOME_CHAIN_ID, address(this)), abi.encode(results), new bytes[](0)
            );
        emit ResultsReported(messageId, intentIds);
    }

    // ------------------------------------------------------------------ waiting

    /// @notice Shortens the wait of an intent that {GATEWAY} brought to what it would have been with every relayer's signature, by the
    ///         settings of then. Anyone may.
    /// @dev An attestation that was delivered with fewer signatures than there are costs time until somebody shows the rest.
    /// @param message that brought the intent
    /// @param proof from the message's id to the root that was signed
    /// @param signatures as the gateway takes them, of all relayers of one set
    function hasten(QuorumGateway.Message calldata message, bytes32[] calldata proof, bytes calldata signatures)
        external
        returns (bytes32 intentId)
    {
        (Intent calldata intent,) = IntentPayload.decode(message.payload);
        Progress memory p;
        (intentId, p) = _provable(intent);
        require(p.state == State.QUEUED, ExecutorState(intentId, p.state));
        require(_termOf(p) == _term(false, _word()), ExecutorGatewayClosed(intentId));
        bytes32 messageId = QuorumGateway(GATEWAY).messageId(message);
        _checkBrought(message, messageId, p);
        (uint256 signed,, uint256 relayers) = IQuorum(GATEWAY).verify(messageId, proof, signatures);
        require(signed >= relayers, ExecutorSignaturesMissing(signed, relayers));
        // Until 2106.
        unchecked {
            uint32 due = p.since + uint32(p.route >> _TERM_BITS);
            if (due < p.due) (p.due, _progress[intentId].due) = (due, due);
        }
        emit IntentHastened(intentId, intent.agentId, signed, _due(p));
    }

    /// @notice Disputes a delivered intent. Guardians for nothing, {DISPUTES_PER_HOUR} times an hour each; anyone else with
    ///         {disputeBond} wei, where proofs decide. Only governance, or a proof, can let it through after that, and only until the resolution window ends.
    function dispute(Intent calldata intent) external payable returns (bytes32 intentId) {
        intentId = _idOf(intent);
        Progress memory p = _progressOf(intentId);
        // A bond that no proof can take risks nothing.
        if (msg.value > 0) _proofs();
        _openDispute(intentId);
        require(p.state == State.QUEUED, ExecutorState(intentId, p.state));
        require(!p.upheld, ExecutorUpheld(intentId));
        uint32 resolveBy = _now(RESOLUTION_WINDOW);
        (p.state, p.due) = (State.DISPUTED, resolveBy);
        _keep(intentId, p);
        emit IntentDisputed(intentId, intent.agentId, msg.sender, resolveBy);
        _record(intent, intentId, Action.DISPUTED, abi.encode(msg.sender, resolveBy));
    }

    /// @notice Overrules a dispute: the intent may execute at once, and the bond is the treasury's. Governance only, within the
    ///         resolution window.
    function uphold(Intent calldata intent) external restricted returns (bytes32 intentId) {
        intentId = _idOf(intent);
        Progress memory p = _progressOf(intentId);
        require(p.state == State.DISPUTED && block.timestamp <= p.due, ExecutorState(intentId, p.state));
        _forfeitBond(intentId, address(0));
        _uphold(intent, intentId, p);
    }

    /// @notice Ends a dispute that was not decided in time: the intent is cancelled, the bond goes back. Anyone may.
    function resolve(Intent calldata intent) external returns (bytes32 intentId) {
        intentId = _idOf(intent);
        Progress memory p = _progressOf(intentId);
        require(p.state == State.DISPUTED, ExecutorState(intentId, p.state));
        require(block.timestamp > p.due, ExecutorTooEarly(intentId, p.due, block.timestamp));
        _returnBond(intentId);
        _cancelled(intent, intentId);
    }

    /// @notice Shows by home's storage that it dispatched a delivered intent, and knows of no outcome: it may execute at once, nobody
    ///         disputes it any more, and half of the bond of who did is the caller's, the rest the treasury's, unless home dispatched it
    ///         only after it had come: then it goes back. Anyone may.
    /// @param proof of the slot of home's executor where the intent stands
    function confirm(Intent calldata intent, StateProof calldata proof) external returns (bytes32 intentId) {
        Progress memory p;
        (intentId, p) = _provable(intent);
        (bytes32 value, uint256 timestamp, uint256 number) =
            _proofs().valueAt(HOME_CHAIN_ID, proof, address(this), keccak256(abi.encode(intentId, PROGRESS_SLOT)));
        // The fields of {Progress}.
        uint256 word = uint256(value);
        // forge-lint: disable-next-item(unsafe-typecast)
        (uint256 state, uint256 outcome) = (uint8(word), uint8(word >> 200));
        require(
            state == uint256(State.DISPATCHED) && outcome == uint256(State.NONE),
            ExecutorNotDispatched(intentId, state, outcome)
        );
        // A dispute is due a resolution window after it began.
        unchecked {
            uint256 earliest = p.state == State.DISPUTED ? p.due - RESOLUTION_WINDOW : p.since;
            require(timestamp >= earliest, ExecutorProofOld(timestamp, earliest));
        }
        // Whoever disputed what home dispatched only after it had come was right.
        // forge-lint: disable-next-line(unsafe-typecast)
        if (uint32(word >> 32) > p.since) _returnBond(intentId);
        else _forfeitBond(intentId, msg.sender);
        emit IntentConfirmed(intentId, intent.agentId, msg.sender, number);
        _uphold(intent, intentId, p);
    }

    /// @notice Shows by home's storage that it never sent the message by which {GATEWAY} brought an intent: the intent is as if it had
    ///         never come, and the bond of who disputed it goes back. Anyone may.
    /// @dev The gateway stands at the same address at home. That it sent another message under that number is shown at once; that it had
    ///      not come to that number, by a block that is younger than the message.
    /// @param message that brought the intent
    /// @param proof of the slot of the gateway at home where that number's message is, or of the one with its next number
    function refute(QuorumGateway.Message calldata message, StateProof calldata proof)
        external
        returns (bytes32 intentId)
    {
        (Intent calldata intent,) = IntentPayload.decode(message.payload);
        Progress memory p;
        (intentId, p) = _provable(intent);
        (bytes32 id, uint256 number) = _proofs().requireNotSent(GATEWAY, message, proof, p.since);
        _checkBrought(message, id, p);
        delete _progress[intentId];
        _returnBond(intentId);
        emit IntentRefuted(intentId, intent.agentId, id, msg.sender, number);
        _tellCancelled(intent, intentId);
    }

    // ------------------------------------------------------------------ settings

    /// @notice How long payments of the asset wait, by amount and signatures; nothing: {disputeWindow}, as all that no step covers.
    function windows(address asset) external view returns (Step[] memory) {
        return WindowTable.unpack(_windows[asset]);
    }

    /// @notice Sets how long payments of the asset wait that come from now on. Governance only.
    /// @param steps ascending, at most four; none: all wait for the dispute window
    /// @param expectedStops what {stops} said when this was decided
    function setWindows(address asset, Step[] memory steps, uint256 expectedStops) external restricted {
        _checkStops(expectedStops);
        _windows[asset] = WindowTable.pack(steps);
        // It stays so: nobody knows which others have some.
        if (steps.length > 0) _settings.tabled = true;
        emit WindowsSet(asset, steps, msg.sender);
    }

    /// @notice Seconds that everything waits at least that is not upheld.
    function floor() external view returns (uint64) {
        return _settings.floor;
    }

    /// @notice Sets how long everything waits at least, seconds, what is queued too. Governance only.
    /// @param expectedStops what {stops} said when this was decided: a decision never takes back the time that a guardian
    ///        bought after it
    function setFloor(uint64 floor_, uint256 expectedStops) external restricted {
        _checkStops(expectedStops);
        _setFloor(floor_);
    }

    /// @notice Has everything wait at least that long, at once, what is queued too (L5). Guardians only.
    function lengthenDisputeWindow(uint64 disputeWindow_) external override onlyGuardian {
        uint64 present = _settings.floor;
        require(disputeWindow_ >= present, ExecutorWindowShorter(disputeWindow_, present));
        ++_settings.stops;
        _setFloor(disputeWindow_);
        if (disputeWindow_ > _settings.disputeWindow) _setDisputeWindow(disputeWindow_);
    }

    /// @notice The gateway through which results go home.
    function reportGateway() public view returns (address gateway) {
        gateway = _reportGateway;
        if (gateway == address(0)) gateway = GATEWAY;
    }

    /// @notice Sets through which gateway results go home; zero: {GATEWAY}. Governance only.
    function setReportGateway(address gateway) external restricted {
        _reportGateway = gateway;
        emit ReportGatewaySet(gateway, msg.sender);
    }

    /// @notice Sets what shows home's storage here; zero: nothing does. Governance only.
    function setStateProofs(IStateProofs stateProofs_) external restricted {
        stateProofs = stateProofs_;
        emit StateProofsSet(address(stateProofs_), msg.sender);
    }

    // ------------------------------------------------------------------ internals

    /// @dev In so many seconds from now. Years until 2106 have 32 bits.
    function _now(uint256 later) private view returns (uint32) {
        unchecked {
            // forge-lint: disable-next-line(unsafe-typecast)
            return uint32(block.timestamp + later);
        }
    }

    /// @dev The gateway vouches for the sender; only home's executor, which stands at this very address there, counts.
    function _isAuthorizedGateway(address gateway, bytes calldata sender) internal view override returns (bool) {
        return block.chainid != HOME_CHAIN_ID && gatewayStatus(gateway) == GatewayStatus.OPEN
            && keccak256(sender) == _HOME_SENDER;
    }

    function _processMessage(address gateway, bytes32 receiveId, bytes calldata, bytes calldata payload)
        internal
        override
    {
        (Intent calldata intent, uint8 riskLevel) = IntentPayload.decode(payload);
        uint256 settings = _word();
        require(intent.chainId == block.chainid, ExecutorWrongChain(intent.chainId, block.chainid));
        // An account of whoever forged this would pay for nobody, and lose the record of it.
        require(_isAccount(intent.account, settings), ExecutorAccountUnknown(intent.account));
        _checkData(intent.data.length);
        // Home admits none of nothing, which still calls whoever is paid, and none beyond any budget.
        require(intent.amount > 0, ExecutorAmountZero());
        require(intent.amount <= type(uint104).max, ExecutorAmountTooLarge(intent.amount, type(uint104).max));
        // Home admits no later one, so this is a forgery that would wait for its day; the two clocks may differ.
        _checkLifetime(intent.deadline, _CLOCK_SKEW);
        bytes32 intentId = _idOf(intent);
        Progress memory p = _progressOf(intentId);
        // What a closed gateway brought waits for this.
        require(p.state == State.NONE || _isStale(p, settings), ExecutorState(intentId, p.state));
        uint256 wait;
        (wait, p.route) = _window(intent, riskLevel, _attested(payload), settings);
        p.route = p.route << uint48(_TERM_BITS) | uint48(_term(gateway != GATEWAY, settings));
        (p.state, p.due, p.since, p.extra) = (State.QUEUED, _now(wait), _now(0), _tag(receiveId));
        p.failed = false;
        _keep(intentId, p);
        _tellQueued(intent, intentId, receiveId, _dueBy(p, settings));
    }

    function _tellQueued(Intent calldata intent, bytes32 intentId, bytes32 receiveId, uint256 executableAt) private {
        bytes memory data = IntentPayload.encode(intent, uint256(receiveId), executableAt);
        _emit(IntentQueued.selector, intentId, intent, data);
        _recordHash(intent, intentId, Action.QUEUED, Hash.words(receiveId, bytes32(executableAt)));
    }

    /// @dev How the message that is being delivered was attested; zeros of a gateway that does not tell.
    function _attested(bytes calldata payload) private pure returns (Quorum memory q) {
        (q.signatures, q.threshold, q.relayers) = Attestation.read(payload);
    }

    /// @dev Seconds, now and with every relayer's signature. What a call may take away from the account is not told by its amount alone.
    function _window(Intent calldata intent, uint8 risk, Quorum memory q, uint256 settings)
        private
        view
        returns (uint256 wait, uint48 shortest)
    {
        wait = SettingsWord.disputeWindow(settings);
        uint256 word = intent.data.length > 0 || !SettingsWord.tabled(settings) ? 0 : _windows[intent.asset];
        // At most three days, all of it.
        // forge-lint: disable-next-item(unsafe-typecast)
        if (word == 0) return (wait, uint48(wait));
        uint256 full;
        (wait, full) = WindowTable.windows(word, intent.amount, risk, q.signatures, q.threshold, q.relayers, wait);
        // forge-lint: disable-next-line(unsafe-typecast)
        shortest = uint48(full);
    }

    function _termOf(Progress memory p) private pure returns (uint256) {
        return p.route & ((1 << _TERM_BITS) - 1);
    }

    /// @dev Whether its gateway was closed since it brought the intent, and nothing shows that the intent is genuine.
    function _isStale(Progress memory p, uint256 settings) private pure returns (bool) {
        return p.state == State.QUEUED && !p.upheld && _termOf(p) != _term(p.route & 1 == 1, settings);
    }

    /// @dev That {GATEWAY} brought the message's intent by it. Only the beginning of its id is kept, and messages can be made that begin
    ///      alike: so what else is known of it must be as it was, too. The intent is the message's own; and anybody at home may send
    ///      such a payload, while another gateway may have any id for its messages.
    function _checkBrought(QuorumGateway.Message calldata message, bytes32 id, Progress memory p) private view {
        require(
            _tag(id) == p.extra && p.route & 1 == 0 && keccak256(message.sender) == _HOME_SENDER,
            ExecutorMessageOther(id)
        );
    }

    function _tag(bytes32 id) private pure returns (uint104) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint104(uint256(id) >> (256 - _TAG_BITS));
    }

    /// @dev That the intent may execute now.
    function _ready(Intent calldata intent) private view returns (bytes32 intentId, Progress memory p) {
        intentId = _idOf(intent);
        p = _progressOf(intentId);
        uint256 settings = _word();
        require(p.state == State.QUEUED, ExecutorState(intentId, p.state));
        require(!_isStale(p, settings), ExecutorGatewayClosed(intentId));
        uint64 due = _dueBy(p, settings);
        require(block.timestamp >= due, ExecutorTooEarly(intentId, due, block.timestamp));
        _checkDeadline(intent);
        // It was queued here, or on the chain that this one forked from.
        require(intent.chainId == block.chainid, ExecutorWrongChain(intent.chainId, block.chainid));
        require(_isAccount(intent.account, settings), ExecutorAccountUnknown(intent.account));
        _requireRunning(0);
        if (SettingsWord.watched(settings)) {
            uint256 ran = _upSince(p.since);
            // It came before it is due, and both are seconds since 1970.
            unchecked {
                uint256 window = p.upheld ? 0 : due - p.since;
                require(
                    ran >= window, ExecutorTooEarly(intentId, uint64(block.timestamp + window - ran), block.timestamp)
                );
            }
        }
    }

    /// @dev Whoever gives too little gas has nobody's failure remembered; and what was not ready did not fail.
    function _failed(Intent calldata intent, uint256 given, bytes memory reason) private {
        bytes32 intentId = _idOf(intent);
        emit IntentFailed(intentId, intent.agentId, reason);
        if (given < FAILURE_GAS) return;
        try this.ready(intent) {
            _progress[intentId].failed = true;
        } catch {}
    }

    /// @dev An intent that a proof decides: nothing and nobody did yet.
    function _provable(Intent calldata intent) private view returns (bytes32 intentId, Progress memory p) {
        intentId = _idOf(intent);
        p = _progressOf(intentId);
        require(p.state == State.QUEUED || p.state == State.DISPUTED, ExecutorState(intentId, p.state));
        require(!p.upheld, ExecutorUpheld(intentId));
    }

    function _uphold(Intent calldata intent, bytes32 intentId, Progress memory p) private {
        (p.state, p.upheld, p.due) = (State.QUEUED, true, _now(0));
        _keep(intentId, p);
        emit IntentUpheld(intentId, intent.agentId, msg.sender, p.due);
        _record(intent, intentId, Action.UPHELD, abi.encode(msg.sender, p.due));
    }

    function _proofs() private view returns (IStateProofs proofs) {
        proofs = stateProofs;
        require(address(proofs) != address(0), ExecutorNoProofs());
    }

    function _setFloor(uint64 floor_) private {
        require(floor_ <= MAX_DISPUTE_WINDOW, ExecutorDisputeWindow(floor_, 0, MAX_DISPUTE_WINDOW));
        // forge-lint: disable-next-line(unsafe-typecast)
        _settings.floor = uint32(floor_);
        emit FloorSet(floor_, msg.sender);
    }

    function _due(Progress memory p) internal view override returns (uint64) {
        return _dueBy(p, _word());
    }

    /// @dev What governance or a proof upheld waits no more.
    function _dueBy(Progress memory p, uint256 settings) private pure returns (uint64) {
        if (p.state != State.QUEUED || p.upheld) return p.due;
        unchecked {
            // The floor has 32 bits.
            // forge-lint: disable-next-line(unsafe-typecast)
            uint64 earliest = uint64(p.since) + uint64(SettingsWord.floor(settings));
            return p.due > earliest ? p.due : earliest;
        }
    }

    /// @dev There is one other side: home.
    function _laneOf(uint256 lane) internal view override returns (uint256) {
        require(lane == 0 || lane == HOME_CHAIN_ID, ExecutorLaneUnknown(lane));
        return 0;
    }
}
