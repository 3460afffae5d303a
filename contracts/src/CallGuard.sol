// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {CallKind, callKind} from "./CallKind.sol";

/// @title Makes a contract call and measures what it took (L1)
/// @notice Whatever the contract that is called does: only the declared asset goes down, by at most the declared amount, no
///         other asset and no native coin leaves, and nobody may take more afterwards than was declared. Else all of it is
///         undone.
/// @dev It believes neither the contract that is called nor a token's answer to `approve`, only balances and allowances before
///      and after. What a token lies about these, it lies to everybody. The account that inherits it must
///      1. ask for a call only that was judged and admitted at home, or delivered and undisputed: the guard holds what a
///         call takes, it permits none;
///      2. have counted `amount` before, not what the call then returns as moved: what comes back isn't given back to the cap,
///         and an approval is spent when it is made;
///      3. have written everything that must not happen twice before;
///      4. let nobody enter meanwhile: one reentrancy guard is around the caller of {_guardedCall} and every other function that
///         moves funds. What leaves under another intent would be taken for this one's;
///      5. list in `assets` all that any of its mandates is about, on this chain: what isn't listed isn't measured. Each costs
///         four reads, so the list is bounded;
///      6. say in {_isForbidden} what is never called;
///      7. act in {_callAs} as the holder and answer false, not revert, when the call fails.
///      It reverts when the call fails or takes more; then nothing happened, and the intent may be carried out later.
///      It doesn't see what somebody other than the spender is allowed to take. Only a function of the token itself gives such
///      an allowance; the known ones are forbidden by their selectors, a token's own invention isn't: permit no function of
///      a token that isn't understood.
abstract contract CallGuard {
    /// @dev What the holder has, and what the spender may take of it. Lists are in the order of the assets.
    struct Holdings {
        uint256 native;
        uint256[] balances;
        uint256[] allowances;
    }

    uint256 private constant _MAX_REASON = 256;

    /// @notice The data is no call, or an `approve` that isn't exactly one of the asset's own.
    error CallMalformed(address asset, address target);
    /// @notice The account would call itself.
    error CallTargetSelf(address target);
    /// @notice No call of this may be made, nor this spender approved, whoever ordered it.
    error CallForbidden(address target, bytes4 selector);
    /// @notice There is no contract: the call would do nothing and succeed.
    error CallTargetEmpty(address target);
    /// @notice The approval in the data isn't one of the declared amount.
    error CallApprovalDiffers(uint256 declared, bytes32 spender, uint256 amount);
    /// @notice The call is to carry more of the native coin than there is.
    error CallInsufficient(uint256 asked, uint256 held);
    /// @notice The contract refused. `reason` is what it said, empty when that was more than 256 bytes.
    error CallFailed(address target, bytes reason);
    /// @notice The asset isn't among those that are measured.
    error CallAssetUnknown(address asset);
    /// @notice A token doesn't tell a balance or an allowance.
    error CallUnreadable(address token);
    /// @notice A token doesn't set an allowance to what was asked.
    error CallApprovalRefused(address token, address spender, uint256 asked, uint256 allowance);
    /// @notice More left than was declared. Zero asset: the native coin.
    error CallMovedMore(address asset, uint256 declared, uint256 left);
    /// @notice An allowance is higher than before, or than declared.
    error CallAllowanceLeft(address token, address spender, uint256 most, uint256 allowance);

    /// @dev Makes the call `data` to `target` as {callKind} says, and measures.
    ///      An allowance that `target` had before is the same afterwards: a PULL can use no more than `amount` of it.
    /// @param holder who makes the call and has the funds: this contract, or the account that it may act for
    /// @param asset ERC-20 contract, or the zero address for the native coin
    /// @param amount most that may leave, in the asset's smallest unit
    /// @param assets all assets that must not leave; `asset`, if it is a token, among them, each once. An account that holds
    ///        funds for several agents lists the assets of all of them
    /// @return moved what left, same unit; of an APPROVE the approved amount, which counts as spent
    function _guardedCall(
        address holder,
        address asset,
        uint256 amount,
        address target,
        bytes calldata data,
        address[] memory assets
    ) internal returns (uint256 moved) {
        CallKind kind = callKind(asset, target, data);
        require(kind != CallKind.NONE, CallMalformed(asset, target));
        require(target != holder && target != address(this), CallTargetSelf(target));
        require(target.code.length > 0, CallTargetEmpty(target));
        address spender = kind == CallKind.APPROVE ? _spender(data, amount) : target;
        require(!_isForbidden(spender, bytes4(data)), CallForbidden(spender, bytes4(data)));
        Holdings memory before = _holdings(holder, spender, assets);

        if (kind == CallKind.SEND) {
            require(amount <= before.native, CallInsufficient(amount, before.native));
            _make(holder, target, amount, data);
        } else {
            uint256 allowance = before.allowances[_indexOf(asset, assets)];
            _allow(holder, asset, spender, amount);
            if (kind == CallKind.PULL) {
                _make(holder, target, 0, data);
                _allow(holder, asset, spender, allowance);
            }
        }

        return _compare(before, _holdings(holder, spender, assets), kind, asset, amount, spender, assets);
    }

    /// @dev Whether the account never calls `selector` of `target`, nor approves `target`, whatever it is ordered: at least what
    ///      {CallRules-isForbidden} says, which every chain has, and whatever obeys the account or its holder, such as its
    ///      executor. Home's permissions can't name the former; a destination has nobody else to ask than this.
    function _isForbidden(address target, bytes4 selector) internal view virtual returns (bool);

    /// @dev A call by `holder`. An account that moves another's funds overrides this to act through that one.
    /// @return success whether it returned; what it returned doesn't count
    /// @return reason with which it reverted, empty when that was longer than 256 bytes
    function _callAs(address, address target, uint256 value, bytes memory data)
        internal
        virtual
        returns (bool success, bytes memory reason)
    {
        success = LowLevelCall.callNoReturn(target, value, data);
        if (!success && LowLevelCall.returnDataSize() <= _MAX_REASON) reason = LowLevelCall.returnData();
    }

    // ------------------------------------------------------------------ internals

    function _make(address holder, address target, uint256 value, bytes calldata data) private {
        (bool success, bytes memory reason) = _callAs(holder, target, value, data);
        require(success, CallFailed(target, reason));
    }

    /// @dev Sets the allowance. Some tokens return nothing, some false: only what is then allowed counts. Some change no
    ///      allowance that isn't zero into another (USDT), some refuse zero (BNB), so zero comes between only if it must.
    function _allow(address holder, address token, address spender, uint256 amount) private {
        if (_allowance(token, holder, spender) == amount) return;
        _callAs(holder, token, 0, abi.encodeCall(IERC20.approve, (spender, amount)));
        if (_allowance(token, holder, spender) == amount) return;
        _callAs(holder, token, 0, abi.encodeCall(IERC20.approve, (spender, 0)));
        _callAs(holder, token, 0, abi.encodeCall(IERC20.approve, (spender, amount)));
        uint256 allowance = _allowance(token, holder, spender);
        require(allowance == amount, CallApprovalRefused(token, spender, amount, allowance));
    }

    /// @dev The law: what may be less and what may be more afterwards.
    function _compare(
        Holdings memory before,
        Holdings memory after_,
        CallKind kind,
        address asset,
        uint256 amount,
        address spender,
        address[] memory assets
    ) private pure returns (uint256 moved) {
        moved = _decrease(address(0), before.native, after_.native, kind == CallKind.SEND ? amount : 0);
        for (uint256 i; i < assets.length; ++i) {
            bool declared = assets[i] == asset && asset != address(0);
            uint256 most = declared && kind == CallKind.PULL ? amount : 0;
            uint256 left = _decrease(assets[i], before.balances[i], after_.balances[i], most);
            if (declared) moved = left;

            uint256 allowance = after_.allowances[i];
            most = declared && kind == CallKind.APPROVE ? amount : before.allowances[i];
            require(allowance <= most, CallAllowanceLeft(assets[i], spender, most, allowance));
        }
        if (kind == CallKind.APPROVE) moved = amount;
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
        returns (Holdings memory h)
    {
        h = Holdings(holder.balance, new uint256[](assets.length), new uint256[](assets.length));
        for (uint256 i; i < assets.length; ++i) {
            if (assets[i] == address(0)) continue; // always there
            h.balances[i] = _read(assets[i], abi.encodeCall(IERC20.balanceOf, (holder)));
            h.allowances[i] = _allowance(assets[i], holder, spender);
        }
    }

    function _allowance(address token, address holder, address spender) private view returns (uint256) {
        return _read(token, abi.encodeCall(IERC20.allowance, (holder, spender)));
    }

    /// @dev One word, however much a token returns.
    function _read(address token, bytes memory data) private view returns (uint256) {
        (bool success, bytes32 word,) = LowLevelCall.staticcallReturn64Bytes(token, data);
        require(success && LowLevelCall.returnDataSize() >= 32, CallUnreadable(token));
        return uint256(word);
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

    function _indexOf(address asset, address[] memory assets) private pure returns (uint256 i) {
        while (i < assets.length && assets[i] != asset) ++i;
        require(i < assets.length, CallAssetUnknown(asset));
    }
}
