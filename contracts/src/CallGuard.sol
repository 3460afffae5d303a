// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {CallKind, callKind} from "./CallKind.sol";
import {Holding} from "./Holding.sol";
import {Intent} from "./Intent.sol";
import {Roles} from "./governance/Roles.sol";
import {CallRules} from "./rules/CallRules.sol";

/// @notice What the guard asks an account about itself.
interface IGuardedAccount {
    function HOME_CHAIN_ID() external view returns (uint256);
    function isRecipient(uint256 agentId, uint256 chainId, address recipient) external view returns (bool);
}

/// @title Measures what a contract call takes from an account (L1)
/// @notice Whatever the contract that is called does: only the declared asset goes down, by at most the declared amount, no
///         other asset and no native coin leaves, and nobody may take more afterwards than was declared. Else the account
///         undoes all of it.
/// @dev The account asks {begin}, makes the call as that says, and asks {end}. Neither the contract that is called nor a token's
///      answer to `approve` is believed, only balances and allowances before and after. What a token lies about these, it lies
///      to everybody. What leaves under another intent meanwhile, by reentrance, counts as this one's: so the sum of what
///      both declare is never exceeded.
///      An allowance is exact whatever the balance says. But of a function that takes from its caller without one, as `redeem`
///      does, only the balance tells, and what comes in meanwhile hides as much going out: hold its amount argument
///      ({CallRules}). What somebody other than the spender may take is not seen: only a function of the token itself gives
///      such an allowance, and those that do are forbidden by their selectors.
contract CallGuard is AccessManaged {
    /// @dev What is compared. Lists are in the order of `assets`.
    struct Measure {
        address holder;
        address spender;
        CallKind kind;
        address asset;
        uint256 amount;
        uint256 native;
        address[] assets;
        uint256[] balances;
        uint256[] allowances;
    }

    /// @dev One slot. `stops`: how often it was ended.
    struct Served {
        bool on;
        uint248 stops;
    }

    /// @notice Most assets that are measured for one account.
    uint256 public constant MAX_MEASURED = 32;

    /// @notice Knows what nobody may be permitted to call.
    CallRules public immutable RULES;

    mapping(address account => address[]) private _measured;
    mapping(address account => mapping(address asset => uint256)) private _placePlusOne;
    mapping(address account => mapping(uint256 agentId => Served)) private _served;

    /// @notice Calls of the account may, or may no longer, take `asset`: while they may, it is measured around each of them.
    event MeasuredSet(address indexed account, address indexed asset, bool measured, address indexed by);
    /// @notice Away from home the account makes the agent's calls, or no longer.
    event ServedSet(address indexed account, uint256 indexed agentId, bool served, address indexed by);

    /// @notice The data is no call, or an `approve` that is not exactly one of the asset's own.
    error CallMalformed(address asset, address target);
    /// @notice The account would call itself.
    error CallTargetSelf(address target);
    /// @notice No call of this may be made, nor this spender approved, whoever ordered it.
    error CallForbidden(address target, bytes4 selector);
    /// @notice Governance of this chain did not permit the call, or not so. Away from home only.
    error CallNotPermitted(address target, bytes4 selector);
    /// @notice Governance of this chain did not say that the account makes the agent's calls. Away from home only.
    error CallAgentUnknown(address account, uint256 agentId);
    /// @notice Governance of this chain did not list who would receive, or take, at this account. Away from home only.
    error CallRecipientUnknown(address recipient);
    /// @notice There is no contract: the call would do nothing and succeed.
    error CallTargetEmpty(address target);
    /// @notice The approval in the data is not one of the declared amount.
    error CallApprovalDiffers(uint256 declared, bytes32 spender, uint256 amount);
    /// @notice The call is to carry more of the native coin than there is, or away from home to approve more than there is.
    error CallInsufficient(uint256 asked, uint256 held);
    /// @notice The asset is not among those that are measured.
    error CallAssetUnknown(address asset);
    /// @notice More left than was declared. Zero asset: the native coin.
    error CallMovedMore(address asset, uint256 declared, uint256 left);
    /// @notice An allowance is higher than before, or than declared.
    error CallAllowanceLeft(address token, address spender, uint256 most, uint256 allowance);
    error CallMeasuredFull(uint256 max);
    error CallStopsDiffer(uint256 expectedStops, uint256 stops);

    constructor(address authority_, CallRules rules) AccessManaged(authority_) {
        RULES = rules;
    }

    // ------------------------------------------------------------------ measuring

    /// @notice What the caller, an account, has to do for the call, and how things stand before it.
    /// @param holder who makes the call and has the funds: the account, or the one that it may act for
    /// @param intent with call data; of its asset at most its amount may leave
    /// @return kind as {callKind} says
    /// @return spender who is approved for `amount` before the call; of a PULL the target
    /// @return allowance what the spender may take of the asset before
    /// @return before for {end}
    function begin(address holder, Intent calldata intent)
        external
        view
        returns (CallKind kind, address spender, uint256 allowance, bytes memory before)
    {
        if (block.chainid != IGuardedAccount(msg.sender).HOME_CHAIN_ID()) _requirePermitted(holder, intent);
        (address asset, uint256 amount, address target) = (intent.asset, intent.amount, intent.to);
        bytes calldata data = intent.data;
        kind = callKind(asset, target, data);
        require(kind != CallKind.NONE, CallMalformed(asset, target));
        require(target != holder && target != msg.sender, CallTargetSelf(target));
        require(target.code.length > 0, CallTargetEmpty(target));
        require(kind != CallKind.SEND || amount <= holder.balance, CallInsufficient(amount, holder.balance));
        spender = kind == CallKind.APPROVE ? _spender(data, amount) : target;
        // Whatever was permitted: what governs may have changed since.
        require(
            spender != address(this) && !RULES.isForbidden(spender, bytes4(data)), CallForbidden(spender, bytes4(data))
        );
        address[] memory assets = _measured[msg.sender];
        (uint256[] memory balances, uint256[] memory allowances) = _holdings(holder, spender, assets);
        if (kind != CallKind.SEND) {
            uint256 place = _placePlusOne[msg.sender][asset];
            require(place > 0, CallAssetUnknown(asset));
            allowance = allowances[place - 1];
        }
        before = abi.encode(Measure(holder, spender, kind, asset, amount, holder.balance, assets, balances, allowances));
    }

    /// @notice What the call took. Reverts if that is more than was declared.
    /// @param before what {begin} returned
    /// @return moved what left, asset's smallest unit; of an APPROVE the approved amount, which counts as spent
    function end(bytes calldata before) external view returns (uint256 moved) {
        Measure memory m = abi.decode(before, (Measure));
        (uint256[] memory balances, uint256[] memory allowances) = _holdings(m.holder, m.spender, m.assets);
        moved = _decrease(address(0), m.native, m.holder.balance, m.kind == CallKind.SEND ? m.amount : 0);
        for (uint256 i; i < m.assets.length; ++i) {
            bool declared = m.kind != CallKind.SEND && m.assets[i] == m.asset;
            uint256 most = declared && m.kind == CallKind.PULL ? m.amount : 0;
            uint256 left = _decrease(m.assets[i], m.balances[i], balances[i], most);
            if (declared) moved = left;
            most = declared && m.kind == CallKind.APPROVE ? m.amount : m.allowances[i];
            require(allowances[i] <= most, CallAllowanceLeft(m.assets[i], m.spender, most, allowances[i]));
        }
        if (m.kind == CallKind.APPROVE) moved = m.amount;
    }

    // ------------------------------------------------------------------ what is measured

    /// @notice The caller, an account, has an asset measured around its calls.
    function measure(address asset) external {
        _setMeasured(msg.sender, asset, true);
    }

    /// @notice Has an asset measured around the account's calls, or no longer. Governance only. An account names the assets of its
    ///         mandates by itself; on other chains than home there are none, so they are named here.
    function setMeasured(address account, address asset, bool measured_) external restricted {
        _setMeasured(account, asset, measured_);
    }

    /// @notice The assets that are measured around the account's calls, besides the native coin, which always is.
    function measured(address account) external view returns (address[] memory) {
        return _measured[account];
    }

    // ------------------------------------------------------------------ whose calls are made away from home

    /// @notice Has the account make an agent's calls on this chain, which is not home, or no longer. Governance; guardians say no, at
    ///         once. Home's registry knows whose agent it is, other chains do not, nor that it was suspended or revoked there.
    /// @param expectedStops what {served} said when this was decided: a decision never undoes a no that came after it. A no counts
    ///        whatever is expected
    function setServed(address account, uint256 agentId, bool served_, uint256 expectedStops) external {
        Served storage s = _served[account][agentId];
        if (served_ || !Roles.isGuardian(authority(), msg.sender)) _checkCanCall(msg.sender, msg.data);
        if (served_) require(s.stops == expectedStops, CallStopsDiffer(expectedStops, s.stops));
        else ++s.stops;
        s.on = served_;
        emit ServedSet(account, agentId, served_, msg.sender);
    }

    /// @notice Whether the account makes the agent's calls away from home, and how often that was ended.
    function served(address account, uint256 agentId) external view returns (bool on, uint256 stops) {
        return (_served[account][agentId].on, _served[account][agentId].stops);
    }

    // ------------------------------------------------------------------ internals

    /// @dev A message orders the call, which a lying quorum may have made up: what home judged is asked again, by what governance permitted
    ///      and listed here (L7, L11).
    function _requirePermitted(address holder, Intent calldata intent) private view {
        (bool admitted, address recipient, CallKind kind) = RULES.judge(intent);
        require(admitted, CallNotPermitted(intent.to, bytes4(intent.data)));
        // A permission is the agent's, whatever account a message names.
        require(_served[msg.sender][intent.agentId].on, CallAgentUnknown(msg.sender, intent.agentId));
        require(
            recipient == address(0)
                || IGuardedAccount(msg.sender).isRecipient(intent.agentId, intent.chainId, recipient),
            CallRecipientUnknown(recipient)
        );
        if (kind == CallKind.APPROVE) {
            // No more than what a forged payment takes. But it stands, so it takes as much of what comes in later.
            uint256 held = Holding.balance(intent.asset, holder);
            require(intent.amount <= held, CallInsufficient(intent.amount, held));
        }
    }

    function _decrease(address asset, uint256 before, uint256 after_, uint256 most)
        private
        pure
        returns (uint256 left)
    {
        left = before > after_ ? before - after_ : 0;
        require(left <= most, CallMovedMore(asset, most, left));
    }

    function _holdings(address holder, address spender, address[] memory assets)
        private
        view
        returns (uint256[] memory balances, uint256[] memory allowances)
    {
        (balances, allowances) = (new uint256[](assets.length), new uint256[](assets.length));
        for (uint256 i; i < assets.length; ++i) {
            // A mandate may name tokens of other chains, of which there is nothing here.
            if (assets[i].code.length == 0) continue;
            balances[i] = Holding.balance(assets[i], holder);
            allowances[i] = Holding.allowance(assets[i], holder, spender);
        }
    }

    /// @dev Who is approved by the data of an APPROVE, whose length is known.
    function _spender(bytes calldata data, uint256 amount) private pure returns (address) {
        bytes32 spender = bytes32(data[4:36]);
        uint256 approved = uint256(bytes32(data[36:68]));
        require(
            uint256(spender) <= type(uint160).max && approved == amount, CallApprovalDiffers(amount, spender, approved)
        );
        return address(uint160(uint256(spender)));
    }

    function _setMeasured(address account, address asset, bool on) private {
        uint256 place = _placePlusOne[account][asset];
        if (asset == address(0) || (place > 0) == on) return;
        address[] storage list = _measured[account];
        if (on) {
            require(list.length < MAX_MEASURED, CallMeasuredFull(MAX_MEASURED));
            list.push(asset);
            _placePlusOne[account][asset] = list.length;
        } else {
            address last = list[list.length - 1];
            list[place - 1] = last;
            _placePlusOne[account][last] = place;
            _placePlusOne[account][asset] = 0;
            list.pop();
        }
        emit MeasuredSet(account, asset, on, msg.sender);
    }
}
