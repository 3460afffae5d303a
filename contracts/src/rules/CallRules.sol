// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {AgentRegistry} from "../AgentRegistry.sol";
import {CallKind, callKind} from "../CallKind.sol";
import {Intent} from "../Intent.sol";
import {BoundedCall} from "./BoundedCall.sol";
import {ForbiddenCalls} from "./ForbiddenCalls.sol";
import {Tightening} from "./Tightening.sol";

/// @title Which contracts and functions an agent may call, with conditions on the amount and the recipient
/// @notice Default deny: an agent may call a function of a contract on a chain only when there is a permission for exactly
///         that. {ForbiddenCalls} lists what can't be permitted at all.
/// @dev Conditions are on words of 32 bytes, counted from 0 behind the selector. The word of an argument has a certain
///      place only when the argument and all before it are in the head of the data: `f(address,uint256)` has its amount in
///      word 1, `g(bytes,uint256)` too, and so has `h((address,uint256))`, whose struct is static. What stands inside
///      `bytes`, `string`, an array of variable length or a struct that contains one is found through an offset that the
///      caller chooses, so that no word is certainly the argument: a condition on it can't be expressed, and the word
///      behind the usual offset must not be granted in its place. The amount is held all the same, by what the account
///      measures; the recipient isn't: don't permit a function whose recipient stands there. Of a function that names
///      several, as `redeem(shares, receiver, owner)` does, one is held.
///      What the account measures are the assets of its mandates: of a function that takes something else (a position, a
///      share that isn't such an asset, a token that the spender was approved for otherwise) the amount isn't held either. Which token
///      is taken is held where one argument in the head names it; a path of tokens, or one inside `bytes`, isn't. And a contract that dispatches by something else than
///      the selector does with any selector what it likes: a permission for one of its functions is one for all.
contract CallRules is Tightening {
    /// @notice What an agent may call: one slot.
    /// @param kind how the amount is taken; NONE: there is no permission
    /// @param amountWord place of the argument that must equal the intent's amount, or ANY
    /// @param recipientWord place of the argument that names who receives, or ANY. It must be an address
    /// @param assetWord place of the argument that must be the intent's asset, or ANY. Of whoever gave approvals by itself, as a Safe's
    ///        owners may have, a function that takes whatever token it is told takes what no mandate names, unless it is held to
    ///        the asset here
    /// @param listed whether the recipient must be on the mandate's list of recipients. So must the account be, or the wallet
    ///        whose funds it moves, where a call is to give something back to it
    struct Permission {
        CallKind kind;
        uint8 amountWord;
        uint8 recipientWord;
        uint8 assetWord;
        bool listed;
    }

    /// @notice In place of a word: no condition.
    uint8 public constant ANY = type(uint8).max;
    /// @dev `timelock()` of a governor.
    bytes4 private constant _TIMELOCK = bytes4(keccak256("timelock()"));
    /// @dev AccessManager's, whose members govern.
    uint64 private constant _ADMIN_ROLE = 0;
    /// @dev Gas for a getter: it reads one slot, and a proxy another.
    uint256 private constant _QUESTION_GAS = 20_000;

    // forgefmt: disable-next-item
    mapping(uint256 agentId => mapping(uint256 chainId => mapping(address target => mapping(bytes4 selector => Permission))))
        private _permissions;

    /// @notice What an agent may call changed; kind NONE: it may no longer.
    event PermissionSet(
        uint256 indexed agentId,
        uint256 indexed chainId,
        address indexed target,
        bytes4 selector,
        Permission permission,
        address by
    );

    error CallRulesTargetForbidden(address target);
    error CallRulesSelectorForbidden(bytes4 selector);
    error CallRulesApproveOnly(bytes4 selector, Permission permission, Permission only);
    error CallRulesWordTwice(uint8 word);
    error CallRulesRecipientUnnamed();

    constructor(address authority_, AgentRegistry registry) Tightening(authority_, registry) {}

    // ------------------------------------------------------------------ judging

    /// @notice Whether the agent may make the call `intent.data` to the contract `intent.to`.
    /// @dev Never reverts, and asks nobody: a spender whose answers changed would make a breach of the agent's next approval (L4). What may
    ///      not be approved by what it answers, {CallGuard} refuses, which trips nothing. Caps, chain and the list of recipients are
    ///      the engine's to judge.
    /// @return admitted the call has a permission and meets its conditions
    /// @return recipient who must be on the list of recipients for the call to be admitted; zero: nobody
    /// @return kind how the amount is taken; NONE in a denial
    function judge(Intent calldata intent) external view returns (bool admitted, address recipient, CallKind kind) {
        kind = callKind(intent.asset, intent.to, intent.data);
        if (kind == CallKind.NONE || intent.to == intent.account) return _denied();
        Permission memory p = _permissions[intent.agentId][intent.chainId][intent.to][bytes4(intent.data)];
        if (p.kind != kind) return _denied();

        if (p.assetWord != ANY) {
            (bool found, uint256 asset) = _word(intent.data, p.assetWord);
            if (!found || asset != uint160(intent.asset)) return _denied();
        }
        if (p.amountWord != ANY) {
            (bool found, uint256 amount) = _word(intent.data, p.amountWord);
            if (!found || amount != intent.amount) return _denied();
        }
        if (p.recipientWord != ANY) {
            (bool found, uint256 word) = _word(intent.data, p.recipientWord);
            // The word is an address when it fits one.
            // forge-lint: disable-next-line(unsafe-typecast)
            recipient = address(uint160(word));
            if (!found || word > type(uint160).max || ForbiddenCalls.isForbiddenTarget(recipient)) return _denied();
        }
        if (kind == CallKind.APPROVE) {
            if (isUnlimited(intent.amount) || recipient == intent.account) return _denied();
        } else if (!p.listed) {
            recipient = address(0);
        }
        admitted = true;
    }

    /// @notice Whether no mandate may have `selector` of `target` called, nor approve `target`, whatever is permitted.
    /// @dev Asked of every call again when it is made: see {CallGuard}.
    function isForbidden(address target, bytes4 selector) external view returns (bool) {
        return _isForbiddenTarget(target) || ForbiddenCalls.isForbiddenSelector(selector);
    }

    /// @notice Whether an approval of `amount` may be one that never runs out.
    /// @dev Most tokens take 2^256-1 for that, COMP and UNI 2^96-1, some everything above what they can count.
    function isUnlimited(uint256 amount) public pure returns (bool) {
        return amount >= type(uint128).max || amount == type(uint96).max;
    }

    /// @notice What the agent may call, with its conditions.
    function permission(uint256 agentId, uint256 chainId, address target, bytes4 selector)
        external
        view
        returns (Permission memory)
    {
        return _permissions[agentId][chainId][target][selector];
    }

    // ------------------------------------------------------------------ permissions

    /// @notice Permits or forbids a function of a contract. At once when no field is looser, else by governance only.
    /// @param p kind NONE forbids, and its other fields don't count
    function setPermission(uint256 agentId, uint256 chainId, address target, bytes4 selector, Permission memory p)
        external
    {
        if (p.kind == CallKind.NONE) p = Permission(CallKind.NONE, 0, 0, 0, false);
        else _check(target, selector, p);
        _authorize(agentId, isTighter(p, _permissions[agentId][chainId][target][selector]));
        _permissions[agentId][chainId][target][selector] = p;
        emit PermissionSet(agentId, chainId, target, selector, p, msg.sender);
    }

    /// @notice Whether `p` admits nothing that `old` doesn't (L5). Field by field: what can't be compared isn't tighter.
    function isTighter(Permission memory p, Permission memory old) public pure returns (bool) {
        if (p.kind == CallKind.NONE) return true;
        return p.kind == old.kind && (p.amountWord == old.amountWord || old.amountWord == ANY)
            && (p.recipientWord == old.recipientWord || old.recipientWord == ANY)
            && (p.assetWord == old.assetWord || old.assetWord == ANY) && (p.listed || !old.listed);
    }

    // ------------------------------------------------------------------ internals

    /// @dev What can't be permitted, whoever asks.
    function _check(address target, bytes4 selector, Permission memory p) private view {
        require(!_isForbiddenTarget(target), CallRulesTargetForbidden(target));
        require(!ForbiddenCalls.isForbiddenSelector(selector), CallRulesSelectorForbidden(selector));
        if (selector == IERC20.approve.selector || p.kind == CallKind.APPROVE) {
            // approve(spender, amount), the spender on the list of recipients: as much as paid to.
            Permission memory only = Permission(CallKind.APPROVE, 1, 0, ANY, true);
            require(
                selector == IERC20.approve.selector && keccak256(abi.encode(p)) == keccak256(abi.encode(only)),
                CallRulesApproveOnly(selector, p, only)
            );
        }
        require(p.amountWord == ANY || p.amountWord != p.recipientWord, CallRulesWordTwice(p.amountWord));
        require(
            p.assetWord == ANY || (p.assetWord != p.amountWord && p.assetWord != p.recipientWord),
            CallRulesWordTwice(p.assetWord)
        );
        require(!p.listed || p.recipientWord != ANY, CallRulesRecipientUnnamed());
    }

    /// @dev The account may be the Safe that governs, own a vault, or be a guardian: what is governed by the same authority, every
    ///      contract of the system among it, isn't an agent's to call or approve. Nor is whoever governs, and what decides for it.
    function _isForbiddenTarget(address target) private view returns (bool) {
        if (ForbiddenCalls.isForbiddenTarget(target)) return true;
        address authority_ = authority();
        return target == authority_ || _asked(target, IAccessManaged.authority.selector) == authority_
            || _governs(authority_, target) || _governs(authority_, _asked(target, _TIMELOCK));
    }

    function _governs(address authority_, address account) private view returns (bool member) {
        if (account != address(0)) (member,) = IAccessManager(authority_).hasRole(_ADMIN_ROLE, account);
    }

    /// @dev The address that the contract answers; zero if it doesn't. With too little gas to ask, it reverts.
    function _asked(address target, bytes4 question) private view returns (address) {
        BoundedCall.demandGas(_QUESTION_GAS);
        (uint256 length, uint256[5] memory words) = BoundedCall.ask(target, _QUESTION_GAS, abi.encodePacked(question));
        // The word is an address when it fits one.
        // forge-lint: disable-next-line(unsafe-typecast)
        return length == 0x20 && words[0] <= type(uint160).max ? address(uint160(words[0])) : address(0);
    }

    function _word(bytes calldata data, uint256 index) private pure returns (bool found, uint256 word) {
        uint256 start = 4 + 32 * index;
        found = data.length >= start + 32;
        if (found) word = uint256(bytes32(data[start:start + 32]));
    }

    function _denied() private pure returns (bool, address, CallKind) {
        return (false, address(0), CallKind.NONE);
    }
}
