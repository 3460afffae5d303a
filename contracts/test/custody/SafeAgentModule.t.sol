// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Errors} from "@openzeppelin/contracts/utils/Errors.sol";
import {AgentModule} from "../../src/AgentModule.sol";
import {CallKind} from "../../src/CallKind.sol";
import {Intent} from "../../src/Intent.sol";
import {MandateAccount} from "../../src/MandateAccount.sol";
import {PolicyEngine} from "../../src/PolicyEngine.sol";
import {SafeAgentModule} from "../../src/SafeAgentModule.sol";
import {Rule} from "../../src/Verdict.sol";
import {CallRules} from "../../src/rules/CallRules.sol";
import {AgentModuleTest} from "../lib/AgentModuleTest.sol";
import {PlainToken} from "../lib/AllowanceTokens.sol";
import {ISafe, SafeFixture} from "../lib/SafeFixture.sol";

/// @notice A router as there are many: takes what the caller names, if the caller ever approved it.
contract Router {
    function swap(IERC20 tokenIn, uint256 amountIn, address recipient) external {
        tokenIn.transferFrom(msg.sender, recipient, amountIn);
    }
}

/// @notice A real Safe's module. Each test holds for both versions.
abstract contract SafeAgentModuleTest is AgentModuleTest {
    SafeVersion private immutable _VERSION;

    constructor(SafeVersion version) {
        _VERSION = version;
    }

    function _newHolder() internal override returns (address) {
        return address(newSafe2of3(_VERSION));
    }

    function _newModule(string memory name) internal override returns (MandateAccount) {
        return deploySafeModule(name, holder);
    }

    function _install() internal override {
        enableSafeModule(ISafe(holder), safeKeys(2), address(module));
    }

    function _remove() internal override {
        disableLastSafeModule(ISafe(holder), safeKeys(2), address(module));
    }

    function _byOwners(address to, uint256 value, bytes memory data) internal override {
        assertTrue(safeCall(ISafe(holder), safeKeys(2), to, value, data), "the owners' call");
    }

    function _unknownModule() internal pure override returns (bytes memory) {
        return abi.encodeWithSignature("Error(string)", "GS104");
    }

    // ------------------------------------------------------------------ a Safe's past

    /// @notice A call is held to the asset that it declares, also where the owners approved others long ago.
    function test_L1_call_takesOnlyWhatItDeclared() public {
        Router router = new Router();
        PlainToken gold = new PlainToken();
        gold.mint(holder, 10e8);
        _byOwners(address(gold), 0, abi.encodeCall(gold.approve, (address(router), 2 ** 256 - 1)));
        vm.prank(address(timelock));
        calls.setPermission(
            moduleAgentId,
            HOME,
            address(router),
            router.swap.selector,
            CallRules.Permission(CallKind.PULL, 1, 2, 0, true)
        );
        (Intent memory intent,) = modulePayment(address(token), 1000e6);
        intent.to = address(router);
        intent.data = abi.encodeCall(router.swap, (gold, 1000e6, PAYEE));
        Rule rule = atHome.preview(intent).rule;
        assertEq(uint8(rule), uint8(Rule.SELECTOR), "another token than it declares");
        bytes memory proof = signature(MODULE_AGENT_KEY, executor.idOf(intent));
        atHome.submit(intent, proof);
        assertEq(gold.balanceOf(holder), 10e8, "the gold left");
    }

    /// @notice What the owners approved is theirs to take back.
    function test_L7_revoke_onlyWhatAnAgentGave() public {
        PlainToken gold = new PlainToken();
        _byOwners(address(gold), 0, abi.encodeCall(gold.approve, (PAYEE, 100)));
        address[3] memory stoppers = [WATCHDOG, vm.addr(safeKeys(1)[0]), address(timelock)];
        for (uint256 i; i < stoppers.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(MandateAccount.AccountApprovalUnknown.selector, address(gold), PAYEE)
            );
            vm.prank(stoppers[i]);
            module.revoke(address(gold), PAYEE);
        }
        assertEq(gold.allowance(holder, PAYEE), 100, "changed what the Safe's owners decided");
    }

    // ------------------------------------------------------------------ owners

    /// @notice To stop takes nothing from anybody, so one of three is enough; to let go again is governance's.
    function test_L4_stop_byAnyOneOwner() public {
        for (uint256 i; i < 3; ++i) {
            address owner = vm.addr(safeKeys(3)[i]);
            vm.prank(owner);
            module.stop(PolicyEngine.Scope.ALL, 0);
            vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, owner));
            vm.prank(owner);
            module.restart(PolicyEngine.Scope.ALL, 0, i + 1);
        }
        (bool tripped, uint256 stops) = module.breaker(PolicyEngine.Scope.ALL, 0);
        assertTrue(tripped, "stopped");
        assertEq(stops, 3, "each counted");
    }

    function test_L5_stop_revert_whoIsNoOwnerAnyMore() public {
        ISafe safe = ISafe(holder);
        address[] memory owners = safe.getOwners();
        _byOwners(holder, 0, abi.encodeWithSignature("removeOwner(address,address,uint256)", owners[1], owners[2], 2));
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, owners[2]));
        vm.prank(owners[2]);
        module.stop(PolicyEngine.Scope.ALL, 0);
    }

    // ------------------------------------------------------------------ another Safe

    /// @notice Enabled on another Safe it still moves the funds of its own, and takes no orders from the other's owners.
    function test_L1_secondSafe_staysUntouched() public {
        uint256[] memory strangers = new uint256[](1);
        strangers[0] = 0xBAD;
        ISafe second = newSafe(_VERSION, strangers, 1);
        vm.deal(address(second), 5 ether);
        enableSafeModule(second, strangers, address(module));
        vm.prank(MODULE_AGENT);
        module.pay(ETH, 1 ether, PAYEE, moduleAgentId);
        assertEq(address(second).balance, 5 ether, "the second's stay");
        assertEq(holder.balance, VAULT_ETH - 1 ether, "its own leave");
        address[2] memory others = [address(second), vm.addr(0xBAD)];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, others[i]));
            vm.prank(others[i]);
            module.stop(PolicyEngine.Scope.ALL, 0);
        }
    }

    // ------------------------------------------------------------------ an account that lies

    function _lie(bool success, bytes memory answer) private {
        vm.etch(holder, address(new LyingSafe()).code);
        LyingSafe(payable(holder)).say(success, answer);
    }

    function _expectRevertOfPay(bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(MODULE_AGENT);
        module.pay(ETH, 1 ether, PAYEE, moduleAgentId);
    }

    function test_L1_lie_saysItPaid() public {
        _lie(true, abi.encode(true, ""));
        _expectRevertOfPay(
            abi.encodeWithSelector(MandateAccount.AccountMovedOther.selector, ETH, 1 ether, VAULT_ETH, VAULT_ETH)
        );
    }

    /// @notice What the Safe is told are its arguments and nothing behind them.
    function test_pay_tellsTheSafeNothingElse() public {
        vm.etch(holder, address(new ExactSafe()).code);
        vm.prank(MODULE_AGENT);
        module.pay(ETH, 1 ether, PAYEE, moduleAgentId);
        assertEq(PAYEE.balance, 1 ether, "paid");
    }

    function test_lie_failsWithoutWords() public {
        _lie(true, abi.encode(false, ""));
        _expectRevertOfPay(abi.encodeWithSelector(Errors.FailedCall.selector));
    }

    function test_lie_failsWithWords() public {
        _lie(true, abi.encode(false, bytes("words")));
        _expectRevertOfPay("words");
        _lie(true, abi.encode(false, bytes("!")));
        _expectRevertOfPay("!");
    }

    function test_L11_lie_unreadableAnswers() public {
        bytes[5] memory answers = [
            bytes(""),
            abi.encode(true),
            abi.encode(true, 0x40),
            abi.encode(true, 0x60, 0, 0),
            abi.encode(true, 0x40, 33, 1)
        ];
        for (uint256 i; i < answers.length; ++i) {
            _lie(true, answers[i]);
            _expectRevertOfPay(abi.encodeWithSelector(SafeAgentModule.ModuleAnswerUnreadable.selector, holder));
        }
    }

    function test_L11_safeIsGone() public {
        vm.etch(holder, "");
        _expectRevertOfPay(abi.encodeWithSelector(SafeAgentModule.ModuleAnswerUnreadable.selector, holder));
        _assertOnlyOthersStop();
    }

    /// @notice Who does not say who its owners are has none, and does not keep governance or guardians from stopping.
    function test_L4_lie_aboutOwners() public {
        bytes[4] memory answers = [bytes(""), abi.encodePacked(uint128(1)), abi.encode(2), abi.encode(false)];
        for (uint256 i; i < answers.length; ++i) {
            _lie(true, answers[i]);
            _assertOnlyOthersStop();
        }
        _lie(false, abi.encode(true));
        _assertOnlyOthersStop();
    }

    function _assertOnlyOthersStop() private {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, THIEF));
        vm.prank(THIEF);
        module.stop(PolicyEngine.Scope.ALL, 0);
        address[3] memory may = [address(timelock), WATCHDOG, holder];
        for (uint256 i; i < may.length; ++i) {
            vm.prank(may[i]);
            module.stop(PolicyEngine.Scope.ALL, 0);
        }
    }

    // ------------------------------------------------------------------ deployment

    function test_constructor_revert_noSafeThere() public {
        vm.expectRevert(abi.encodeWithSelector(AgentModule.ModuleHolderWithoutCode.selector, THIEF));
        this.create();
    }

    function create() external {
        new SafeAgentModule(address(authority), THIEF, registry, address(executor), guard, HOME, new uint256[](0));
    }
}

contract SafeAgentModule141Test is SafeAgentModuleTest(SafeFixture.SafeVersion.V1_4_1) {}

contract SafeAgentModule150Test is SafeAgentModuleTest(SafeFixture.SafeVersion.V1_5_0) {}

/// @notice Has what it is asked to be paid, if it is asked in exactly as many bytes as that takes.
contract ExactSafe {
    receive() external payable {}

    fallback(bytes calldata call) external payable returns (bytes memory) {
        require(call.length == 4 + 5 * 32, "length");
        (address to, uint256 value, bytes memory data, uint8 operation) =
            abi.decode(call[4:], (address, uint256, bytes, uint8));
        require(data.length == 0 && operation == 0, "a payment");
        payable(to).transfer(value);
        return abi.encode(true, "");
    }
}

/// @notice Says the same to everybody.
contract LyingSafe {
    bool private _success;
    bytes private _answer;

    function say(bool success, bytes calldata answer) external {
        (_success, _answer) = (success, answer);
    }

    receive() external payable {}

    fallback() external payable {
        bytes memory answer = _answer;
        bool success = _success;
        assembly ("memory-safe") {
            if success { return(add(answer, 0x20), mload(answer)) }
            revert(add(answer, 0x20), mload(answer))
        }
    }
}
