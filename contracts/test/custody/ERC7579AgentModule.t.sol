// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC7579Utils} from "@openzeppelin/contracts/account/utils/draft-ERC7579Utils.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC7579Execution, MODULE_TYPE_EXECUTOR} from "@openzeppelin/contracts/interfaces/draft-IERC7579.sol";
import {AgentModule} from "../../src/AgentModule.sol";
import {ERC7579AgentModule} from "../../src/ERC7579AgentModule.sol";
import {MandateAccount} from "../../src/MandateAccount.sol";
import {PolicyEngine} from "../../src/PolicyEngine.sol";
import {AgentModuleTest} from "../lib/AgentModuleTest.sol";
import {OwnedAccount} from "../lib/AccountFixture.sol";

/// @notice The executor module of an ERC-7579 account that OpenZeppelin's contracts make.
contract ERC7579AgentModuleTest is AgentModuleTest {
    function _newHolder() internal override returns (address) {
        return address(newAccount());
    }

    function _newModule(string memory name) internal override returns (MandateAccount) {
        return deployAccountModule(name, holder);
    }

    function _account() private view returns (OwnedAccount) {
        return OwnedAccount(payable(holder));
    }

    function _module() private view returns (ERC7579AgentModule) {
        return ERC7579AgentModule(address(module));
    }

    function _install() internal override {
        installExecutor(_account(), address(module), "");
    }

    function _remove() internal override {
        uninstallExecutor(_account(), address(module), "whatever");
    }

    function _byOwners(address to, uint256 value, bytes memory data) internal override {
        accountCall(_account(), to, value, data);
    }

    function _unknownModule() internal view override returns (bytes memory) {
        return
            abi.encodeWithSelector(
                ERC7579Utils.ERC7579UninstalledModule.selector, MODULE_TYPE_EXECUTOR, address(module)
            );
    }

    // ------------------------------------------------------------------ module

    function test_isModuleType_executorOnly() public view {
        for (uint256 moduleType; moduleType < 10; ++moduleType) {
            assertTrue(_module().isModuleType(moduleType) == (moduleType == MODULE_TYPE_EXECUTOR), "type");
        }
    }

    function test_onInstall_revert_anotherAccount() public {
        OwnedAccount second = newAccount();
        bytes memory reason =
            abi.encodeWithSelector(ERC7579AgentModule.ModuleForAnotherAccount.selector, address(second), holder);
        vm.expectRevert(reason);
        this.install(second, "");
        vm.expectRevert(abi.encodeWithSelector(ERC7579AgentModule.ModuleForAnotherAccount.selector, THIEF, holder));
        vm.prank(THIEF);
        _module().onInstall("");
    }

    /// @notice Who passes settings is told that there are none, instead of believing that they hold.
    function test_onInstall_revert_data() public {
        _remove();
        vm.expectRevert(abi.encodeWithSelector(ERC7579AgentModule.ModuleTakesNoData.selector, 3));
        this.install(_account(), "abc");
        _install();
    }

    function install(OwnedAccount account, bytes calldata data) external {
        installExecutor(account, address(module), data);
    }

    function test_onUninstall_isNobodysPower() public {
        vm.prank(THIEF);
        _module().onUninstall("");
        vm.prank(MODULE_AGENT);
        module.pay(ETH, 1, PAYEE, moduleAgentId);
        assertEq(PAYEE.balance, 1, "still installed");
    }

    // ------------------------------------------------------------------ owners

    /// @notice Its owner's key acts through the account, as for everything else.
    function test_stop_revert_ownersKeyItself() public {
        address owner = vm.addr(ACCOUNT_OWNER_KEY);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, owner));
        vm.prank(owner);
        module.stop(PolicyEngine.Scope.ALL, 0);
    }

    // ------------------------------------------------------------------ an account that lies

    function test_L1_lie_saysItPaid() public {
        bytes[] memory answers = new bytes[](1);
        vm.mockCall(holder, abi.encodeWithSelector(IERC7579Execution.executeFromExecutor.selector), abi.encode(answers));
        vm.expectRevert(
            abi.encodeWithSelector(MandateAccount.AccountMovedOther.selector, ETH, 1 ether, VAULT_ETH, VAULT_ETH)
        );
        vm.prank(MODULE_AGENT);
        module.pay(ETH, 1 ether, PAYEE, moduleAgentId);
    }

    function test_L11_lie_answersOfOtherCalls() public {
        for (uint256 count; count < 3; count += 2) {
            bytes[] memory answers = new bytes[](count);
            vm.mockCall(
                holder, abi.encodeWithSelector(IERC7579Execution.executeFromExecutor.selector), abi.encode(answers)
            );
            vm.expectRevert(abi.encodeWithSelector(ERC7579AgentModule.ModuleAnswers.selector, count));
            vm.prank(MODULE_AGENT);
            module.pay(ETH, 1 ether, PAYEE, moduleAgentId);
        }
        vm.mockCall(holder, abi.encodeWithSelector(IERC7579Execution.executeFromExecutor.selector), "garbage");
        vm.expectRevert();
        vm.prank(MODULE_AGENT);
        module.pay(ETH, 1 ether, PAYEE, moduleAgentId);
    }

    // ------------------------------------------------------------------ deployment

    function test_constructor_revert_noAccountThere() public {
        vm.expectRevert(abi.encodeWithSelector(AgentModule.ModuleHolderWithoutCode.selector, THIEF));
        this.create();
        vm.etch(THIEF, hex"00"); // any code will do: whose it is is the deployer's business
        this.create();
    }

    function create() external {
        new ERC7579AgentModule(address(authority), THIEF, registry, address(executor), guard, HOME, new uint256[](0));
    }
}
