// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {SettingsWord} from "./SettingsWord.sol";
import {Roles} from "./governance/Roles.sol";

/// @notice Whether messages are taken from a gateway.
enum GatewayStatus {
    NONE, // never was
    OPEN,
    CLOSED // not any more, nor does what it delivered count that a proof did not confirm
}

/// @title What governance sets of an executor, and what guardians may tighten at once
/// @notice Which accounts and gateways there are, how long guardians have to look, and pauses, which end by themselves.
/// @dev What every message and every payment reads is in one slot: the first gateway and the first account have their place there.
abstract contract ExecutorSettings is AccessManaged {
    /// @dev One slot. Seconds. {SettingsWord} reads it as it lies there.
    struct Settings {
        uint32 disputeWindow;
        uint32 floor;
        uint32 pausedUntil; // lane 0
        bool pauseUsed; // lane 0
        GatewayStatus gateway; // of GATEWAY
        bool account; // whether intents may name the first account
        bool watched; // there is an uptime feed
        uint32 stops;
        uint24 term; // how often GATEWAY was closed
        uint24 otherTerm; // how often any other gateway was
        uint32 closedAt; // when any of them was closed last
        bool tabled; // an asset has, or had, windows of its own
    }

    /// @dev A lane's own pause.
    struct Lane {
        uint32 pausedUntil;
        bool used;
    }

    /// @notice Bounds of the dispute window, seconds.
    uint64 public constant MIN_DISPUTE_WINDOW = 5;
    uint64 public constant MAX_DISPUTE_WINDOW = 3 days;
    /// @notice Most that a pause may last, seconds.
    uint64 public constant MAX_PAUSE = 7 days;

    /// @notice The chain where agents, policy and accounting live.
    uint256 public immutable HOME_CHAIN_ID;
    /// @notice The gateway that was there from the beginning.
    address public immutable GATEWAY;
    /// @notice Seconds that a guardian's pause lasts.
    uint64 public immutable PAUSE;
    address private immutable _FIRST;

    Settings internal _settings;
    mapping(address account => bool) private _accounts;
    mapping(address gateway => GatewayStatus) private _gateways;
    mapping(uint256 lane => Lane) private _lanes;

    /// @notice Intents may, or may no longer, name `account`.
    event AccountSet(address indexed account, bool allowed, address indexed by);
    event DisputeWindowSet(uint64 disputeWindow, address indexed by);
    event GatewaySet(address indexed gateway, GatewayStatus status, address indexed by);
    /// @notice Nothing goes over the lane until `until`, unix seconds. Lane 0: over none.
    event LanePaused(uint256 indexed lane, uint64 until, address indexed by);
    event LaneUnpaused(uint256 indexed lane, address indexed by);
    /// @notice Guardians may pause the lane again, once.
    event LaneRearmed(uint256 indexed lane, address indexed by);

    error ExecutorUnauthorized(address caller);
    error ExecutorDisputeWindow(uint64 asked, uint64 min, uint64 max);
    error ExecutorWindowShorter(uint64 asked, uint64 present);
    error ExecutorStopsDiffer(uint256 expectedStops, uint256 stops);
    error ExecutorGatewayUnknown(address gateway);
    error ExecutorGatewayNotOpen(address gateway);
    error ExecutorPauseTooLong(uint64 pause, uint64 max);
    error ExecutorPaused(uint256 lane, uint64 until);
    /// @notice Guardians paused the lane, or all of them, since governance last allowed it.
    error ExecutorPauseUsed(uint256 lane);
    error ExecutorLaneUnknown(uint256 lane);

    constructor(uint256 homeChainId, address gateway, address[] memory accounts, uint64 disputeWindow_, uint64 pause_) {
        require(pause_ <= MAX_PAUSE, ExecutorPauseTooLong(pause_, MAX_PAUSE));
        HOME_CHAIN_ID = homeChainId;
        GATEWAY = gateway;
        PAUSE = pause_;
        _FIRST = accounts.length > 0 ? accounts[0] : address(0);
        for (uint256 i; i < accounts.length; ++i) {
            _setAccount(accounts[i], true);
        }
        _setGateway(gateway, GatewayStatus.OPEN);
        _setDisputeWindow(disputeWindow_);
    }

    modifier onlyGuardian() {
        _checkGuardian();
        _;
    }

    // ------------------------------------------------------------------ dispute window

    /// @notice Seconds that guardians have to look: at a result that comes home before it settles, at an intent that is delivered
    ///         before it executes where nothing shorter is set for its asset.
    function disputeWindow() external view returns (uint64) {
        return _settings.disputeWindow;
    }

    /// @notice How often guardians tightened something.
    function stops() external view returns (uint256) {
        return _settings.stops;
    }

    /// @notice Sets the dispute window, seconds. Governance only.
    /// @param expectedStops what {stops} said when this was decided: a decision never takes back the time that a guardian
    ///        bought after it
    function setDisputeWindow(uint64 disputeWindow_, uint256 expectedStops) external restricted {
        _checkStops(expectedStops);
        _setDisputeWindow(disputeWindow_);
    }

    // ------------------------------------------------------------------ accounts

    /// @notice Whether intents may name the account.
    function isAccount(address account) public view returns (bool) {
        return _isAccount(account, _word());
    }

    /// @notice Lets intents name an account, or no longer. Governance only.
    function setAccount(address account, bool allowed) external restricted {
        _setAccount(account, allowed);
    }

    // ------------------------------------------------------------------ gateways

    /// @notice Whether messages are taken from the gateway.
    function gatewayStatus(address gateway) public view returns (GatewayStatus) {
        return gateway == GATEWAY ? _settings.gateway : _gateways[gateway];
    }

    /// @notice Takes messages from a gateway, or no longer. Governance only. What it delivered before it was closed does not execute when
    ///         it is opened again: home sends it anew.
    /// @param expectedStops what {stops} said when this was decided: a decision never opens what a guardian closed after it. Not
    ///        asked when it closes
    function setGateway(address gateway, bool open, uint256 expectedStops) external restricted {
        if (open) _checkStops(expectedStops);
        require(open || gatewayStatus(gateway) != GatewayStatus.NONE, ExecutorGatewayUnknown(gateway));
        _setGateway(gateway, open ? GatewayStatus.OPEN : GatewayStatus.CLOSED);
    }

    /// @notice Takes no messages from a gateway any more, nor executes those of GATEWAY, or of all others, that nobody proved: however
    ///         many a lying quorum delivered, one call stops them (L5, L7). Guardians only, at once.
    function closeGateway(address gateway) external onlyGuardian {
        _checkOpen(gateway);
        ++_settings.stops;
        _setGateway(gateway, GatewayStatus.CLOSED);
    }

    // ------------------------------------------------------------------ pauses

    /// @notice Until when nothing goes over the lane, unix seconds.
    /// @param lane chain id of the other side; 0: all of them
    function pausedUntil(uint256 lane) external view returns (uint64) {
        return _pausedUntil(_laneOf(lane));
    }

    /// @notice Whether guardians may pause the lane.
    function armed(uint256 lane) external view returns (bool) {
        return _armed(_laneOf(lane));
    }

    /// @notice Pauses a lane, or with 0 all that had no pause of their own, for {PAUSE}: once, until governance allows it again. Guardians only.
    /// @dev No lane ever stands still for longer than {PAUSE} by guardians alone, however they follow each other.
    function pause(uint256 lane) external onlyGuardian {
        lane = _laneOf(lane);
        require(_armed(lane), ExecutorPauseUsed(lane));
        ++_settings.stops;
        // Until 2106.
        // forge-lint: disable-next-line(unsafe-typecast)
        uint32 until = uint32(block.timestamp + PAUSE);
        if (lane == 0) (_settings.pausedUntil, _settings.pauseUsed) = (until, true);
        else _lanes[lane] = Lane(until, true);
        emit LanePaused(lane, until, msg.sender);
    }

    /// @notice Ends a pause; of a lane also what lane 0 paused. Guardians may pause it again after {rearm} only. Governance only.
    /// @param expectedStops what {stops} said when this was decided: a decision never ends a pause that began after it
    function unpause(uint256 lane, uint256 expectedStops) external restricted {
        _checkStops(expectedStops);
        lane = _laneOf(lane);
        if (lane == 0) _settings.pausedUntil = 0;
        else _lanes[lane] = Lane(0, true);
        emit LaneUnpaused(lane, msg.sender);
    }

    /// @notice Lets guardians pause a lane once more. Governance only.
    function rearm(uint256 lane) external restricted {
        lane = _laneOf(lane);
        if (lane == 0) _settings.pauseUsed = false;
        else _lanes[lane].used = false;
        emit LaneRearmed(lane, msg.sender);
    }

    // ------------------------------------------------------------------ internals

    /// @dev The lane by the name that it is kept under, or reverts.
    function _laneOf(uint256 lane) internal view virtual returns (uint256);

    /// @dev A lane that had its own pause is not paused by the one of all: its guardians' time is used up.
    function _pausedUntil(uint256 lane) private view returns (uint32 until) {
        until = _settings.pausedUntil;
        if (lane == 0) return until;
        Lane memory l = _lanes[lane];
        if (l.used || l.pausedUntil > until) until = l.pausedUntil;
    }

    function _armed(uint256 lane) private view returns (bool) {
        return !_settings.pauseUsed && (lane == 0 || !_lanes[lane].used);
    }

    /// @dev {Settings}, read at once: a message and a payment ask for several of them.
    function _word() internal view returns (uint256 word) {
        assembly ("memory-safe") {
            word := sload(_settings.slot)
        }
    }

    function _isAccount(address account, uint256 settings) internal view returns (bool) {
        return account == _FIRST ? SettingsWord.account(settings) : _accounts[account];
    }

    function _requireRunning(uint256 lane) internal view {
        uint64 until = _pausedUntil(lane);
        require(block.timestamp >= until, ExecutorPaused(lane, until));
    }

    function _checkGuardian() internal view {
        require(Roles.isGuardian(authority(), msg.sender), ExecutorUnauthorized(msg.sender));
    }

    function _checkStops(uint256 expectedStops) internal view {
        uint256 stops_ = _settings.stops;
        require(stops_ == expectedStops, ExecutorStopsDiffer(expectedStops, stops_));
    }

    function _checkOpen(address gateway) internal view {
        require(gatewayStatus(gateway) == GatewayStatus.OPEN, ExecutorGatewayNotOpen(gateway));
    }

    function _setAccount(address account, bool allowed) private {
        if (account == _FIRST) _settings.account = allowed;
        else _accounts[account] = allowed;
        emit AccountSet(account, allowed, msg.sender);
    }

    /// @dev Which opening of a gateway brings what it delivers now; the lowest bit tells GATEWAY from the others, which close together.
    function _term(bool other, uint256 settings) internal pure returns (uint256) {
        return other ? SettingsWord.otherTerm(settings) << 1 | 1 : SettingsWord.term(settings) << 1;
    }

    function _setGateway(address gateway, GatewayStatus status) private {
        bool closed = status == GatewayStatus.CLOSED;
        // Until 2106.
        // forge-lint: disable-next-line(unsafe-typecast)
        if (closed) _settings.closedAt = uint32(block.timestamp);
        if (gateway == GATEWAY) {
            _settings.gateway = status;
            if (closed) ++_settings.term;
        } else {
            _gateways[gateway] = status;
            if (closed) ++_settings.otherTerm;
        }
        emit GatewaySet(gateway, status, msg.sender);
    }

    function _setDisputeWindow(uint64 disputeWindow_) internal {
        require(
            disputeWindow_ >= MIN_DISPUTE_WINDOW && disputeWindow_ <= MAX_DISPUTE_WINDOW,
            ExecutorDisputeWindow(disputeWindow_, MIN_DISPUTE_WINDOW, MAX_DISPUTE_WINDOW)
        );
        // At most three days, as was just looked.
        // forge-lint: disable-next-line(unsafe-typecast)
        _settings.disputeWindow = uint32(disputeWindow_);
        emit DisputeWindowSet(disputeWindow_, msg.sender);
    }
}
