// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC7786Recipient} from "@openzeppelin/contracts/crosschain/ERC7786Recipient.sol";
import {IERC7786GatewaySource} from "@openzeppelin/contracts/interfaces/draft-IERC7786.sol";
import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {GatewayStatus} from "../ExecutorSettings.sol";
import {QuorumGateway} from "../QuorumGateway.sol";
import {IStateProofs, StateProof} from "../proofs/IStateProofs.sol";
import {Roles} from "./Roles.sol";

/// @notice One call of an order.
/// @param value wei, from what this contract holds or is handed with {RemoteGovernance-execute}
struct Call {
    address target;
    uint256 value;
    bytes data;
}

/// @notice Where an order stands at its destination.
enum OrderState {
    NONE,
    WAITING,
    VETOED, // by a guardian; a proof brings it back, or another message
    REFUTED, // home never sent the message that brought it; another one may bring it back
    CANCELLED, // by home; for good
    EXECUTED // for good
}

/// @title One vote at home configures every chain
/// @notice At home the authority orders calls on another chain, here they wait: a lying quorum can order anything too, so each
///         order waits longer than the longest dispute window, and one guardian's veto stops it (L7). A proof that home sent it
///         lifts the veto, so that no guardian holds a chain against home's vote; who proves may lie as well, so two guardians
///         stop what is proven. Where home is dead, the recovery
///         authority orders after {RECOVERY_DELAY}, which guardians cannot stop and home can.
/// @dev Same address on every chain; on all but home the ADMIN of the AccessManager, so it alone calls what is `restricted`, its
///      own functions too. All of an order's calls happen or none.
contract RemoteGovernance is ERC7786Recipient, AccessManaged {
    /// @dev Of a recovery's order, `gateway` and `messageId` are zero, and `term` is the recovery authority's.
    struct Order {
        OrderState state;
        bool proven;
        uint32 term; // which opening of the gateway brought it
        uint64 since; // Unix seconds, as all times
        uint64 wait; // seconds, as decided when it came
        uint64 deadline; // last second of its execution
        address gateway;
        bytes32 messageId;
    }

    /// @dev `term` counts how often it was closed.
    struct Gateway {
        GatewayStatus status;
        uint32 term;
    }

    /// @notice Bounds of the delay, seconds: longer than every dispute window.
    uint64 public constant MIN_DELAY = 3 days;
    uint64 public constant MAX_DELAY = 14 days;
    /// @notice Seconds in which an order must have been executed, from when home sent it.
    uint64 public constant LIFETIME = 45 days;
    /// @notice Seconds that what the recovery authority orders waits, and in which it must then be executed.
    uint64 public constant RECOVERY_DELAY = 30 days;
    uint64 public constant RECOVERY_LIFETIME = 30 days;
    /// @notice Most that the two chains' clocks may differ, seconds.
    uint64 public constant CLOCK_SKEW = 1 hours;
    /// @notice Most calls of an order.
    uint256 public constant MAX_CALLS = 64;

    bytes32 private constant _ORDER = keccak256("MandateOrder");
    bytes32 private constant _RECOVERY = keccak256("MandateRecovery");

    /// @notice The chain whose authority governs.
    uint256 public immutable HOME_CHAIN_ID;
    /// @notice Through which orders are sent unless {setRoute} names another.
    address public immutable GATEWAY;

    /// @notice Seconds that an order waits. Longer: what waits already waits longer too. Shorter: that keeps what it came with.
    uint64 public delay;
    /// @notice Who may order where home cannot; zero: nobody.
    address public recovery;
    /// @notice How often guardians closed a gateway.
    uint256 public stops;
    uint32 private _recoveryTerm;
    /// @notice Who proves what home sent; zero: nobody.
    IStateProofs public stateProofs;
    mapping(bytes32 orderId => Order) private _orders;
    /// @notice Which guardian vetoed an order that is proven: another one's veto stops it.
    mapping(bytes32 orderId => address) public doubtedBy;
    mapping(address gateway => Gateway) private _gateways;
    mapping(uint256 chainId => address) private _routes;

    /// @notice Home sent the order to `chainId`. `messageId` is what the gateway names it by.
    event OrderSent(
        bytes32 indexed orderId,
        uint256 indexed chainId,
        bytes32 indexed messageId,
        address gateway,
        Call[] calls,
        bytes32 salt,
        uint64 deadline
    );
    event OrderReceived(
        bytes32 indexed orderId,
        bytes32 indexed messageId,
        address indexed gateway,
        Call[] calls,
        bytes32 salt,
        uint64 executableAt,
        uint64 deadline
    );
    /// @notice The recovery authority ordered it.
    event OrderProposed(
        bytes32 indexed orderId, Call[] calls, bytes32 salt, uint64 executableAt, uint64 deadline, address indexed by
    );
    event OrderVetoed(bytes32 indexed orderId, address indexed by);
    /// @notice One guardian vetoed an order that is proven: if it is a lie, a second one must.
    event OrderDoubted(bytes32 indexed orderId, address indexed by);
    /// @notice Home did send it: no single veto stops it, nor does the closing of its gateway.
    event OrderConfirmed(bytes32 indexed orderId, bytes32 indexed messageId, address indexed by);
    /// @notice Home never sent the message that brought it.
    event OrderRefuted(bytes32 indexed orderId, bytes32 indexed messageId, address indexed by);
    event OrderCancelled(bytes32 indexed orderId);
    event OrderExecuted(bytes32 indexed orderId, address indexed by);
    event DelaySet(uint64 delay);
    event RecoverySet(address recovery);
    event StateProofsSet(address stateProofs);
    event GatewaySet(address indexed gateway, GatewayStatus status, address indexed by);
    event RouteSet(uint256 indexed chainId, address gateway);

    error RemoteNotHome(uint256 homeChainId);
    error RemoteAtHome();
    error RemoteHomeItself();
    error RemoteCalls(uint256 calls, uint256 max);
    error RemoteState(bytes32 orderId, OrderState state);
    error RemoteTooEarly(bytes32 orderId, uint64 executableAt, uint256 time);
    error RemoteExpired(bytes32 orderId, uint64 deadline, uint256 time);
    /// @notice It would expire before it could be executed.
    error RemoteDeadlineTooNear(uint64 deadline, uint256 earliest);
    /// @notice Home sends none with a later one.
    error RemoteDeadlineTooFar(uint64 deadline, uint256 latest);
    /// @notice The gateway that brought it was closed since. A proof that home sent it helps, or the same order once more.
    error RemoteGatewayClosed(bytes32 orderId, address gateway);
    error RemoteProven(bytes32 orderId);
    /// @notice The recovery authority ordered it: only home stops it, by {cancel}.
    error RemoteNotByMessage(bytes32 orderId);
    error RemoteMessageOther(bytes32 orderId, bytes32 messageId, bytes32 given);
    /// @notice Not from home's governance to this one.
    error RemoteNotAnOrder(uint256 sourceChainId, bytes sender, bytes recipient);
    error RemoteNoProofs();
    error RemoteGatewayUnknown(address gateway);
    error RemoteNotOpen(address gateway);
    error RemoteStopsDiffer(uint256 expectedStops, uint256 stops);
    error RemoteNotRecovery(address caller, address recovery);
    error RemoteRecoveryEnded(bytes32 orderId);
    error RemoteDelay(uint64 delay, uint64 min, uint64 max);
    error RemoteNoCode(uint256 index, address target);
    error RemoteCallFailed(uint256 index, address target, bytes reason);

    /// @param gateway the first one that orders are sent by and taken from
    /// @param delay_ seconds that an order waits, MIN_DELAY to MAX_DELAY
    /// @param recovery_ who may order where home cannot; zero: nobody
    constructor(address authority_, uint256 homeChainId, address gateway, uint64 delay_, address recovery_)
        AccessManaged(authority_)
    {
        HOME_CHAIN_ID = homeChainId;
        GATEWAY = gateway;
        _setGateway(gateway, GatewayStatus.OPEN);
        _setDelay(delay_);
        _setRecovery(recovery_);
    }

    modifier onlyGuardian() {
        require(Roles.isGuardian(authority(), msg.sender), AccessManagedUnauthorized(msg.sender));
        _;
    }

    /// @dev For the native coin that calls send along.
    receive() external payable {}

    // ------------------------------------------------------------------ at home

    /// @notice Orders calls on another chain. Governance only. The same order again sends the message again, for one that was
    ///         lost; it is executed once however often it is sent, so an order that shall happen twice has another salt.
    /// @param calls 1 to MAX_CALLS; all of them happen or none
    /// @return orderId its name there, {idOf}
    /// @return messageId what the gateway names the message by
    function order(uint256 chainId, Call[] calldata calls, bytes32 salt)
        external
        restricted
        returns (bytes32 orderId, bytes32 messageId)
    {
        require(block.chainid == HOME_CHAIN_ID, RemoteNotHome(HOME_CHAIN_ID));
        require(chainId != HOME_CHAIN_ID, RemoteHomeItself());
        _checkCalls(calls.length);
        orderId = idOf(chainId, calls, salt);
        uint64 deadline = uint64(block.timestamp) + LIFETIME;
        address gateway = gatewayTo(chainId);
        messageId = IERC7786GatewaySource(gateway)
            .sendMessage(
                InteroperableAddress.formatEvmV1(chainId, address(this)),
                abi.encode(calls, salt, deadline),
                new bytes[](0)
            );
        emit OrderSent(orderId, chainId, messageId, gateway, calls, salt, deadline);
    }

    /// @notice Through which gateway orders for a chain are sent.
    function gatewayTo(uint256 chainId) public view returns (address) {
        address route = _routes[chainId];
        return route == address(0) ? GATEWAY : route;
    }

    /// @notice Sends orders for a chain through another gateway; zero: through {GATEWAY}. Governance only.
    function setRoute(uint256 chainId, address gateway) external restricted {
        _routes[chainId] = gateway;
        emit RouteSet(chainId, gateway);
    }

    // ------------------------------------------------------------------ orders

    /// @notice The name of an order for a chain. What it calls and its salt make it, not the message that brings it.
    function idOf(uint256 chainId, Call[] memory calls, bytes32 salt) public view returns (bytes32) {
        return _idOf(_ORDER, chainId, calls, salt);
    }

    /// @notice The name of what the recovery authority orders here.
    function recoveryIdOf(Call[] memory calls, bytes32 salt) public view returns (bytes32) {
        return _idOf(_RECOVERY, block.chainid, calls, salt);
    }

    /// @notice Where an order stands here.
    function orderOf(bytes32 orderId) external view returns (Order memory) {
        return _orders[orderId];
    }

    /// @notice From when on the order may be executed, Unix seconds, and until when. Whether it may otherwise, {orderOf} tells.
    function executableAt(bytes32 orderId) external view returns (uint64 from, uint64 deadline) {
        Order storage o = _orders[orderId];
        return (_executableAt(o), o.deadline);
    }

    /// @notice Stops an order; one that is proven only when a second guardian says so as well. Another message may bring it again, and
    ///         waits again. Guardians only.
    function veto(bytes32 orderId) external onlyGuardian {
        Order storage o = _orders[orderId];
        _checkByMessage(orderId, o);
        if (o.proven) {
            address first = doubtedBy[orderId];
            require(first != msg.sender, RemoteProven(orderId));
            if (first == address(0)) {
                doubtedBy[orderId] = msg.sender;
                emit OrderDoubted(orderId, msg.sender);
                return;
            }
        }
        o.state = OrderState.VETOED;
        emit OrderVetoed(orderId, msg.sender);
    }

    /// @notice Shows that home sent an order. It is received by that, and begins to wait, if no gateway brought this message of it; one
    ///         guardian's veto ends and none comes again. Anyone.
    /// @param m by which home sent it through {GATEWAY}: what any other gateway says of itself is no proof
    /// @param p shows `sent(m.nonce)` of the gateway at home
    function confirm(QuorumGateway.Message calldata m, StateProof calldata p) external {
        _checkProofs(m);
        bytes32 messageId = stateProofs.requireSent(GATEWAY, m, p);
        (Call[] memory calls, bytes32 salt, uint64 deadline) = _decode(m.payload);
        bytes32 orderId = idOf(block.chainid, calls, salt);
        Order storage o = _orders[orderId];
        OrderState state = o.state;
        require(state != OrderState.CANCELLED && state != OrderState.EXECUTED, RemoteState(orderId, state));
        bool same = o.messageId == messageId;
        bool over = state == OrderState.NONE || block.timestamp > o.deadline;
        // Two guardians stopped what was proven: another message waits anew.
        bool stopped = o.proven && state == OrderState.VETOED;
        require(!stopped || !same, RemoteProven(orderId));
        // Nobody makes what waits begin again.
        require(
            over || same || state != OrderState.WAITING || o.proven || !_isLive(o),
            RemoteMessageOther(orderId, o.messageId, messageId)
        );
        if (over || stopped || !(o.proven || same)) {
            _receive(orderId, GATEWAY, messageId, calls, salt, deadline);
        } else {
            // Of an order that home sent twice, the later message holds.
            require(!o.proven || deadline > o.deadline, RemoteProven(orderId));
            o.state = OrderState.WAITING;
            (o.deadline, o.gateway, o.messageId) = (deadline, GATEWAY, messageId);
        }
        o.proven = true;
        emit OrderConfirmed(orderId, messageId, msg.sender);
    }

    /// @notice Shows that home never sent the message by which {GATEWAY} brought an order. Anyone.
    /// @param p shows at home `sent(m.nonce)` of the gateway, another message; or its `nextNonce`, not above `m.nonce`, an hour
    ///        after the message came here
    function refute(bytes32 orderId, QuorumGateway.Message calldata m, StateProof calldata p) external {
        Order storage o = _orders[orderId];
        _checkDoubtful(orderId, o);
        require(o.gateway == GATEWAY, RemoteGatewayUnknown(o.gateway));
        _checkProofs(m);
        (bytes32 messageId,) = stateProofs.requireNotSent(GATEWAY, m, p, o.since);
        require(messageId == o.messageId, RemoteMessageOther(orderId, o.messageId, messageId));
        o.state = OrderState.REFUTED;
        emit OrderRefuted(orderId, messageId, msg.sender);
    }

    /// @notice Stops an order or a proposal for good, also one that has not come yet. By home's order only.
    function cancel(bytes32 orderId) external restricted {
        OrderState state = _orders[orderId].state;
        require(state != OrderState.CANCELLED && state != OrderState.EXECUTED, RemoteState(orderId, state));
        _orders[orderId].state = OrderState.CANCELLED;
        emit OrderCancelled(orderId);
    }

    /// @notice Carries out an order that has waited. Anyone. If one of its calls fails none happens, and it may be tried again
    ///         until its deadline.
    function execute(Call[] calldata calls, bytes32 salt) external payable {
        bytes32 orderId = idOf(block.chainid, calls, salt);
        Order storage o = _orders[orderId];
        _checkDue(orderId, o);
        require(o.proven || _isLive(o), RemoteGatewayClosed(orderId, o.gateway));
        _carryOut(orderId, calls);
    }

    // ------------------------------------------------------------------ recovery

    /// @notice Orders calls where home cannot. The recovery authority only. Each once: the same again has another salt.
    function propose(Call[] calldata calls, bytes32 salt) external returns (bytes32 orderId) {
        _checkAway();
        require(msg.sender == recovery && msg.sender != address(0), RemoteNotRecovery(msg.sender, recovery));
        _checkCalls(calls.length);
        orderId = recoveryIdOf(calls, salt);
        Order storage o = _orders[orderId];
        require(o.state == OrderState.NONE, RemoteState(orderId, o.state));
        uint64 time = uint64(block.timestamp);
        uint64 deadline = time + RECOVERY_DELAY + RECOVERY_LIFETIME;
        _orders[orderId] =
            Order(OrderState.WAITING, false, _recoveryTerm, time, RECOVERY_DELAY, deadline, address(0), bytes32(0));
        emit OrderProposed(orderId, calls, salt, time + RECOVERY_DELAY, deadline, msg.sender);
    }

    /// @notice Carries out what the recovery authority ordered and home has not cancelled. Anyone.
    function recover(Call[] calldata calls, bytes32 salt) external payable {
        bytes32 orderId = recoveryIdOf(calls, salt);
        Order storage o = _orders[orderId];
        _checkDue(orderId, o);
        require(o.term == _recoveryTerm, RemoteRecoveryEnded(orderId));
        _carryOut(orderId, calls);
    }

    // ------------------------------------------------------------------ settings

    /// @notice Whether orders are taken from the gateway.
    function gatewayStatus(address gateway) external view returns (GatewayStatus) {
        return _gateways[gateway].status;
    }

    /// @notice Takes orders from a gateway, or no longer. Governance only. What it brought before it was closed stays without
    ///         effect when it is opened again.
    /// @param expectedStops what {stops} said when this was decided: a decision never opens what a guardian closed after it. Not
    ///        asked when it closes
    function setGateway(address gateway, bool open, uint256 expectedStops) external restricted {
        require(!open || stops == expectedStops, RemoteStopsDiffer(expectedStops, stops));
        require(open || _gateways[gateway].status != GatewayStatus.NONE, RemoteGatewayUnknown(gateway));
        _setGateway(gateway, open ? GatewayStatus.OPEN : GatewayStatus.CLOSED);
    }

    /// @notice Takes no orders from a gateway any more, nor carries out those that it brought and nobody proves. Guardians only, at
    ///         once (L5).
    function closeGateway(address gateway) external onlyGuardian {
        require(_gateways[gateway].status == GatewayStatus.OPEN, RemoteNotOpen(gateway));
        ++stops;
        _setGateway(gateway, GatewayStatus.CLOSED);
    }

    /// @notice Sets how long orders wait, seconds. Governance only, so a shorter one has itself waited for the longer.
    function setDelay(uint64 delay_) external restricted {
        _setDelay(delay_);
    }

    /// @notice Appoints another recovery authority; what the one before proposed has no effect any more. Governance only.
    function setRecovery(address recovery_) external restricted {
        _setRecovery(recovery_);
    }

    /// @notice Names who proves what home sent; zero: nobody. Governance only.
    function setStateProofs(address stateProofs_) external restricted {
        stateProofs = IStateProofs(stateProofs_);
        emit StateProofsSet(stateProofs_);
    }

    // ------------------------------------------------------------------ internals

    function _isAuthorizedGateway(address gateway, bytes calldata sender) internal view override returns (bool) {
        return block.chainid != HOME_CHAIN_ID && _gateways[gateway].status == GatewayStatus.OPEN
            && keccak256(sender) == keccak256(_addressOn(HOME_CHAIN_ID));
    }

    /// @dev A message that is refused here may come again: its gateway has not delivered it.
    function _processMessage(address gateway, bytes32 receiveId, bytes calldata, bytes calldata payload)
        internal
        override
    {
        (Call[] memory calls, bytes32 salt, uint64 deadline) = _decode(payload);
        bytes32 orderId = idOf(block.chainid, calls, salt);
        Order storage o = _orders[orderId];
        require(_isReplaceable(o, receiveId), RemoteState(orderId, o.state));
        _receive(orderId, gateway, receiveId, calls, salt, deadline);
    }

    function _receive(
        bytes32 orderId,
        address gateway,
        bytes32 messageId,
        Call[] memory calls,
        bytes32 salt,
        uint64 deadline
    ) private {
        _checkCalls(calls.length);
        uint64 time = uint64(block.timestamp);
        uint64 due = time + delay;
        require(deadline >= due, RemoteDeadlineTooNear(deadline, due));
        // A forgery would wait for its day; the two clocks may differ.
        uint256 latest = time + LIFETIME + CLOCK_SKEW;
        require(deadline <= latest, RemoteDeadlineTooFar(deadline, latest));
        _orders[orderId] =
            Order(OrderState.WAITING, false, _gateways[gateway].term, time, delay, deadline, gateway, messageId);
        delete doubtedBy[orderId];
        emit OrderReceived(orderId, messageId, gateway, calls, salt, due, deadline);
    }

    function _carryOut(bytes32 orderId, Call[] calldata calls) private {
        _orders[orderId].state = OrderState.EXECUTED;
        for (uint256 i; i < calls.length; ++i) {
            Call calldata c = calls[i];
            // A call of what is not there does nothing and says that it did.
            require(c.data.length == 0 || c.target.code.length > 0, RemoteNoCode(i, c.target));
            (bool ok, bytes memory answer) = c.target.call{value: c.value}(c.data);
            require(ok, RemoteCallFailed(i, c.target, answer));
        }
        emit OrderExecuted(orderId, msg.sender);
    }

    function _checkDue(bytes32 orderId, Order storage o) private view {
        require(o.state == OrderState.WAITING, RemoteState(orderId, o.state));
        uint64 from = _executableAt(o);
        require(block.timestamp >= from, RemoteTooEarly(orderId, from, block.timestamp));
        require(block.timestamp <= o.deadline, RemoteExpired(orderId, o.deadline, block.timestamp));
    }

    /// @dev That it waits, by a message that may be a lie.
    function _checkDoubtful(bytes32 orderId, Order storage o) private view {
        _checkByMessage(orderId, o);
        require(!o.proven, RemoteProven(orderId));
    }

    function _checkByMessage(bytes32 orderId, Order storage o) private view {
        require(o.state == OrderState.WAITING, RemoteState(orderId, o.state));
        require(o.gateway != address(0), RemoteNotByMessage(orderId));
    }

    /// @dev What the recovery authority ordered waits longer than any delay.
    function _executableAt(Order storage o) private view returns (uint64) {
        if (o.state == OrderState.NONE) return 0;
        return o.since + (o.wait > delay ? o.wait : delay);
    }

    /// @dev Whether another message may bring the order anew: what is not executed any more blocks no genuine one. Whoever forged a
    ///      message may have copied what home is about to order, and a veto or a refutation is of one message only: other salts
    ///      would get around one that was of the calls.
    function _isReplaceable(Order storage o, bytes32 messageId) private view returns (bool) {
        if (o.state == OrderState.NONE) return true;
        if (o.state == OrderState.WAITING) return block.timestamp > o.deadline || !(o.proven || _isLive(o));
        return (o.state == OrderState.VETOED || o.state == OrderState.REFUTED) && o.messageId != messageId;
    }

    /// @dev Whether its gateway was open all the time since it brought the order.
    function _isLive(Order storage o) private view returns (bool) {
        Gateway storage g = _gateways[o.gateway];
        return g.status == GatewayStatus.OPEN && g.term == o.term;
    }

    /// @dev That there is who proves, and that the message is an order of home's for here.
    function _checkProofs(QuorumGateway.Message calldata m) private view {
        _checkAway();
        require(address(stateProofs) != address(0), RemoteNoProofs());
        require(
            m.sourceChainId == HOME_CHAIN_ID && keccak256(m.sender) == keccak256(_addressOn(HOME_CHAIN_ID))
                && keccak256(m.recipient) == keccak256(_addressOn(block.chainid)),
            RemoteNotAnOrder(m.sourceChainId, m.sender, m.recipient)
        );
    }

    function _checkAway() private view {
        require(block.chainid != HOME_CHAIN_ID, RemoteAtHome());
    }

    function _checkCalls(uint256 calls) private pure {
        require(calls > 0 && calls <= MAX_CALLS, RemoteCalls(calls, MAX_CALLS));
    }

    function _decode(bytes calldata payload) private pure returns (Call[] memory, bytes32, uint64) {
        return abi.decode(payload, (Call[], bytes32, uint64));
    }

    function _idOf(bytes32 kind, uint256 chainId, Call[] memory calls, bytes32 salt) private view returns (bytes32) {
        return keccak256(abi.encode(kind, HOME_CHAIN_ID, chainId, address(this), calls, salt));
    }

    function _addressOn(uint256 chainId) private view returns (bytes memory) {
        return InteroperableAddress.formatEvmV1(chainId, address(this));
    }

    function _setGateway(address gateway, GatewayStatus status) private {
        Gateway storage g = _gateways[gateway];
        if (status == GatewayStatus.CLOSED) ++g.term;
        g.status = status;
        emit GatewaySet(gateway, status, msg.sender);
    }

    function _setDelay(uint64 delay_) private {
        require(delay_ >= MIN_DELAY && delay_ <= MAX_DELAY, RemoteDelay(delay_, MIN_DELAY, MAX_DELAY));
        delay = delay_;
        emit DelaySet(delay_);
    }

    function _setRecovery(address recovery_) private {
        recovery = recovery_;
        ++_recoveryTerm;
        emit RecoverySet(recovery_);
    }
}
