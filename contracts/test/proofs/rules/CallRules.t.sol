// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentRegistry} from "../../../src/AgentRegistry.sol";
import {CallKind} from "../../../src/CallKind.sol";
import {Intent} from "../../../src/Intent.sol";
import {BoundedCall} from "../../../src/rules/BoundedCall.sol";
import {CallRules} from "../../../src/rules/CallRules.sol";
import {Setters} from "../Powers.sol";

/// @title Permissions for calls, proved for every value (scripts/prove)
contract CallRulesProof is Setters {
    address private constant TARGET = address(0x7A26E7);
    bytes4 private constant SELECTOR = 0x12345678;
    bytes4 private constant APPROVE = 0x095ea7b3;
    uint8 private constant ANY = type(uint8).max;

    CallRules private immutable _RULES = new CallRules(address(POWERS), AgentRegistry(address(POWERS)));

    function _set(bytes4 selector, CallRules.Permission memory p) private pure returns (bytes memory) {
        return abi.encodeCall(CallRules.setPermission, (ID, 1, TARGET, selector, p));
    }

    // ------------------------------------------------------------------ direction (L5)

    /// @notice A permission changes at the word of who may tighten exactly when it is taken away, or every condition stays and others come
    ///         to it.
    function check_L5_setPermission_tightensOnly(uint40 word, CallRules.Permission memory next, address caller) public {
        if (uint8(word) > 2 || word >> 32 > 1) return; // what no permission of this function is
        bytes32 slot = keccak256(abi.encode(ID, uint256(1)));
        slot = keccak256(abi.encode(TARGET, keccak256(abi.encode(uint256(1), slot))));
        vm.store(address(_RULES), keccak256(abi.encode(SELECTOR, slot)), bytes32(uint256(word)));
        CallRules.Permission memory old = _RULES.permission(ID, 1, TARGET, SELECTOR);
        assert(uint8(old.kind) == uint8(word) && old.listed == (word >> 32 == 1)); // that the word is where it was put
        bool looser = next.kind != CallKind.NONE && (next.kind != old.kind || !_holds(next, old));
        _tightens(_set(SELECTOR, next), caller, _isValid(next), looser);
    }

    /// @notice What was permitted is what is judged by later; of what is forbidden nothing is left.
    function check_setPermission_isKept(CallRules.Permission memory p) public {
        if (!_byGovernance(address(_RULES), _set(SELECTOR, p))) return;
        CallRules.Permission memory kept = _RULES.permission(ID, 1, TARGET, SELECTOR);
        assert(kept.kind == p.kind);
        if (p.kind == CallKind.NONE) return;
        assert(kept.amountWord == p.amountWord && kept.recipientWord == p.recipientWord);
        assert(kept.assetWord == p.assetWord && kept.listed == p.listed);
    }

    /// @notice Of `approve` there is one permission only, which nobody can loosen or alter; who may tighten takes it away. That it is
    ///         compared by its hash is no difference, as long as no two permissions have one.
    function check_L1_setPermission_oneFormOfApprove(bool there, CallRules.Permission memory next, address caller)
        public
    {
        CallRules.Permission memory only = CallRules.Permission(CallKind.APPROVE, 1, 0, ANY, true);
        there = there && _byGovernance(address(_RULES), _set(APPROVE, only));
        bool same = next.kind == CallKind.APPROVE && next.amountWord == 1 && next.recipientWord == 0;
        same = same && next.assetWord == ANY && next.listed;
        vm.assume((keccak256(abi.encode(next)) == keccak256(abi.encode(only))) == same);
        bool valid = next.kind == CallKind.NONE || same;
        _tightens(_set(APPROVE, next), caller, valid, same && !there);
    }

    /// @notice What can't be permitted is permitted by nobody, governance included.
    function check_L1_forbidden_nobodyPermits(bytes4 selector, CallRules.Permission memory p, address caller) public {
        if (!_RULES.isForbidden(TARGET, selector) || p.kind == CallKind.NONE) return;
        vm.prank(caller);
        (bool done,) = address(_RULES).call(_set(selector, p));
        assert(!done);
    }

    // ------------------------------------------------------------------ judging (L5, L11)

    /// @notice A call that a tighter permission admits, the old one admitted, and demanded no other recipient on the list: with each word in
    ///         every place that three words of data have, one behind them, and none, one word at a time.
    /// @custom:halmos --array-lengths intent.data={0,32,64,96}
    function check_L5_tighterAmount_admitsNoMore(Intent memory intent, uint8 place) public {
        _admitsNoMoreOfEach(intent, ANY, 1, ANY, place, 0);
    }

    /// @custom:halmos --array-lengths intent.data={0,32,64,96}
    function check_L5_tighterRecipient_admitsNoMore(Intent memory intent, uint8 place) public {
        _admitsNoMoreOfEach(intent, 1, ANY, ANY, place, 1);
    }

    /// @custom:halmos --array-lengths intent.data={0,32,64,96}
    function check_L5_tighterAsset_admitsNoMore(Intent memory intent, uint8 place) public {
        _admitsNoMoreOfEach(intent, ANY, 1, ANY, place, 2);
    }

    /// @custom:halmos --array-lengths intent.data={0,32,64,96}
    function check_L5_tighterListed_admitsNoMore(Intent memory intent) public {
        _admitsNoMoreOfEach(intent, ANY, 1, ANY, 0, 3);
    }

    /// @dev A permission is a number here, kind included: where a word lies follows from it.
    function _admitsNoMoreOfEach(
        Intent memory intent,
        uint8 amountWord,
        uint8 recipientWord,
        uint8 assetWord,
        uint8 place,
        uint256 which
    ) private {
        CallKind kind = CallKind.PULL;
        if (intent.asset == address(0)) kind = CallKind.SEND;
        if (kind == CallKind.SEND) {
            _admitsNoMore(
                intent, CallRules.Permission(CallKind.SEND, amountWord, recipientWord, assetWord, false), place, which
            );
        } else {
            _admitsNoMore(
                intent, CallRules.Permission(CallKind.PULL, amountWord, recipientWord, assetWord, false), place, which
            );
        }
    }

    function _admitsNoMore(Intent memory intent, CallRules.Permission memory p, uint8 place, uint256 which) private {
        (intent.agentId, intent.chainId, intent.to) = (ID, 1, TARGET);
        intent.data = bytes.concat(SELECTOR, intent.data);
        if (!_byGovernance(address(_RULES), _set(SELECTOR, p))) return;
        (bool before, address recipient,) = _RULES.judge(intent);
        for (uint8 i; i < 4; ++i) {
            if (place != i) continue;
            if (which == 0) p.amountWord = i;
            if (which == 1) p.recipientWord = i;
            if (which == 2) p.assetWord = i;
            if (which == 3) p.listed = true;
            if (!_byTightener(address(_RULES), _set(SELECTOR, p))) return;
            (bool then, address demanded,) = _RULES.judge(intent);
            assert(before || !then);
            if (then) assert(recipient == address(0) || recipient == demanded);
        }
    }

    /// @notice What is admitted has a permission of its kind and meets each condition; without a permission nothing is (L11).
    /// @custom:halmos --array-lengths intent.data={0,32,64,96}
    function check_L11_judge_admitsWhatMeetsTheConditions(Intent memory intent, bool there, bool listed) public {
        (intent.agentId, intent.chainId, intent.to) = (ID, 1, TARGET);
        intent.data = bytes.concat(SELECTOR, intent.data);
        CallRules.Permission memory p = CallRules.Permission(CallKind.PULL, 1, 0, 2, false);
        if (intent.asset == address(0)) p.kind = CallKind.SEND;
        if (listed) p.listed = true;
        if (there) _byGovernance(address(_RULES), _set(SELECTOR, p));
        (bool admitted, address recipient, CallKind kind) = _RULES.judge(intent);
        if (!admitted) {
            assert(recipient == address(0) && kind == CallKind.NONE);
            return;
        }
        assert(there && kind == p.kind && intent.data.length == 100);
        assert(_word(intent.data, 0) <= type(uint160).max && _word(intent.data, 0) != 0);
        assert(_word(intent.data, 1) == intent.amount);
        assert(_word(intent.data, 2) == uint160(intent.asset) && intent.account != TARGET);
        assert(recipient == (listed ? address(uint160(_word(intent.data, 0))) : address(0)));
    }

    function check_L7_strangersWriteNothing(address caller) public {
        _byGovernance(address(_RULES), _set(SELECTOR, CallRules.Permission(CallKind.PULL, 1, 0, ANY, true)));
        _strangersWriteNothing(address(_RULES), caller);
    }

    // ------------------------------------------------------------------ helpers

    /// @dev As {_tightensOnly}; but gas is unknown to Halmos, and with too little of it to ask who the target is, nothing changes.
    function _tightens(bytes memory data, address caller, bool valid, bool looser) private {
        vm.prank(caller);
        (bool done, bytes memory reason) = address(_RULES).call(data);
        if (!done && bytes4(reason) == BoundedCall.BoundedCallGasTooLow.selector) return;
        assert(done == (valid && (caller == GOVERNANCE || (caller == TIGHTENER && !looser))));
    }

    function _holds(CallRules.Permission memory next, CallRules.Permission memory old) private pure returns (bool) {
        return _holds(next.amountWord, old.amountWord) && _holds(next.recipientWord, old.recipientWord)
            && _holds(next.assetWord, old.assetWord) && (next.listed || !old.listed);
    }

    function _holds(uint8 next, uint8 old) private pure returns (bool) {
        return next == old || old == ANY;
    }

    function _isValid(CallRules.Permission memory p) private pure returns (bool) {
        if (p.kind == CallKind.NONE) return true;
        if (p.kind == CallKind.APPROVE) return false;
        bool apart = (p.amountWord == ANY || p.amountWord != p.recipientWord)
            && (p.assetWord == ANY || (p.assetWord != p.amountWord && p.assetWord != p.recipientWord));
        return apart && (!p.listed || p.recipientWord != ANY);
    }

    function _word(bytes memory data, uint256 index) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(data, 0x24), mul(index, 0x20)))
        }
    }
}
