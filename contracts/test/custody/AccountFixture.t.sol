// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Account} from "@openzeppelin/contracts/account/Account.sol";
import {ERC7579Utils} from "@openzeppelin/contracts/account/utils/draft-ERC7579Utils.sol";
import {IERC7579Module, MODULE_TYPE_EXECUTOR} from "@openzeppelin/contracts/interfaces/draft-IERC7579.sol";
import {TestToken} from "../../src/demo/TestToken.sol";
import {AccountFixture, OwnedAccount} from "../lib/AccountFixture.sol";

/// @notice An executor that does what it is told, by anybody.
contract ObedientExecutor is IERC7579Module {
    bytes public installedWith;
    bytes public removedWith;

    function onInstall(bytes calldata data) external {
        installedWith = data;
    }

    function onUninstall(bytes calldata data) external {
        removedWith = data;
    }

    function isModuleType(uint256 moduleType) external pure returns (bool) {
        return moduleType == MODULE_TYPE_EXECUTOR;
    }

    function act(OwnedAccount account, address target, uint256 value, bytes calldata data) external {
        account.executeFromExecutor(bytes32(0), abi.encodePacked(target, value, data));
    }
}

/// @notice The account is one: its owner decides, installed executors act, nobody else does.
contract AccountFixtureTest is AccountFixture {
    OwnedAccount private _account;
    ObedientExecutor private _executor;
    TestToken private _token;
    address private immutable _PAYEE = vm.addr(0xFAE);

    function setUp() public {
        _account = newAccount();
        _executor = new ObedientExecutor();
        _token = new TestToken(address(_account), 1000);
        vm.deal(address(_account), 1 ether);
    }

    function _transfer(uint256 amount) private view returns (bytes memory) {
        return abi.encodeCall(_token.transfer, (_PAYEE, amount));
    }

    function _uninstalled() private view returns (bytes memory) {
        return abi.encodeWithSelector(
            ERC7579Utils.ERC7579UninstalledModule.selector, MODULE_TYPE_EXECUTOR, address(_executor)
        );
    }

    function test_ownerCalls() public {
        accountCall(_account, address(_token), 0, _transfer(100));
        accountCall(_account, _PAYEE, 1 ether, "");
        assertEq(_token.balanceOf(_PAYEE), 100, "tokens");
        assertEq(_PAYEE.balance, 1 ether, "ether");
    }

    function test_ownerBatches_allOrNone() public {
        Call[] memory calls = new Call[](2);
        calls[0] = Call(address(_token), 0, _transfer(100));
        calls[1] = Call(address(_token), 0, _transfer(901));
        vm.expectRevert();
        this.batch(calls);
        assertEq(_token.balanceOf(_PAYEE), 0, "none");
        calls[1] = Call(address(_token), 0, _transfer(900));
        this.batch(calls);
        assertEq(_token.balanceOf(_PAYEE), 1000, "all");
    }

    function test_strangersSignature_isRefused() public {
        vm.expectRevert(abi.encodeWithSelector(AccountRefusesSignature.selector, 1));
        this.operate(0xBAD, abi.encodeCall(_account.execute, (SINGLE_CALL, abi.encodePacked(_PAYEE, uint256(1)))));
    }

    function test_stranger_cannotCall() public {
        vm.expectRevert(abi.encodeWithSelector(Account.AccountUnauthorized.selector, address(this)));
        _account.execute(SINGLE_CALL, abi.encodePacked(_PAYEE, uint256(1)));
    }

    function test_executor_actsUntilUninstalled() public {
        vm.expectRevert(_uninstalled());
        _executor.act(_account, address(_token), 0, _transfer(100));

        installExecutor(_account, address(_executor), hex"01");
        assertTrue(_account.isModuleInstalled(MODULE_TYPE_EXECUTOR, address(_executor), ""), "installed");
        assertEq(_executor.installedWith(), hex"01", "told so");
        _executor.act(_account, address(_token), 0, _transfer(100));
        _executor.act(_account, _PAYEE, 1 ether, "");
        assertEq(_token.balanceOf(_PAYEE), 100, "tokens");
        assertEq(_PAYEE.balance, 1 ether, "ether");

        uninstallExecutor(_account, address(_executor), hex"02");
        assertEq(_executor.removedWith(), hex"02", "told so");
        vm.expectRevert(_uninstalled());
        _executor.act(_account, address(_token), 0, _transfer(100));
    }

    // Calls of their own, so that a revert can be expected.

    function batch(Call[] memory calls) external {
        accountBatch(_account, calls);
    }

    function operate(uint256 key, bytes memory callData) external {
        userOperation(_account, key, callData);
    }
}
