// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {AgentVault} from "../src/AgentVault.sol";
import {CallKind} from "../src/CallKind.sol";
import {Holding} from "../src/Holding.sol";
import {Intent} from "../src/Intent.sol";
import {MandateAccount} from "../src/MandateAccount.sol";
import {PolicyEngine} from "../src/PolicyEngine.sol";
import {Rule} from "../src/Verdict.sol";
import {CallRules} from "../src/rules/CallRules.sol";
import {
    BlocklistToken,
    FalseToken,
    FeeToken,
    HookToken,
    LazyToken,
    RebasingToken,
    SilentToken,
    SurchargeToken
} from "./lib/BadTokens.sol";
import {Deployed} from "./lib/Deployed.sol";

/// @notice Sells a receipt that is an ERC-721 token.
contract ReceiptShop is ERC721("Receipt", "RCPT") {
    uint256 public sold;

    function buy() external payable {
        _mint(msg.sender, sold++);
    }
}

/// @notice Custody: who may pay, what may leave, and what it believes (nobody).
contract AgentVaultTest is Deployed {
    function setUp() public {
        deployAll();
    }

    function _pay(address asset, address to, uint256 amount) private returns (uint256) {
        vm.prank(address(executor));
        return vault.payOut(bytes32(0), agentId, asset, to, amount);
    }

    function _movedOther(address asset, uint256 declared, uint256 before, uint256 then)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(MandateAccount.AccountMovedOther.selector, asset, declared, before, then);
    }

    // ------------------------------------------------------------------ pay

    function test_pay_etherAndTokens() public {
        assertEq(_pay(ETH, PAYEE, 1 ether), 1 ether, "moved");
        assertEq(_pay(address(token), PAYEE, 5e6), 5e6, "moved");
        assertEq(PAYEE.balance, 1 ether, "ether");
        assertEq(token.balanceOf(PAYEE), 5e6, "tokens");
    }

    function test_pay_theLastCoin() public {
        _pay(ETH, PAYEE, VAULT_ETH);
        _pay(address(token), PAYEE, VAULT_TOKENS);
        assertEq(address(vault).balance, 0, "ether");
    }

    function test_L1_pay_revert_notTheExecutor() public {
        address[6] memory others = [THIEF, AGENT, OWNER, WATCHDOG, address(timelock), DEPLOYER];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyNotExecutor.selector, others[i]));
            vm.prank(others[i]);
            vault.payOut(bytes32(0), agentId, ETH, PAYEE, 1);
        }
    }

    /// @notice A payment to itself moves nothing, which is not what was declared.
    function test_L1_pay_revert_toItself() public {
        vm.expectRevert(_movedOther(ETH, 1, VAULT_ETH, VAULT_ETH));
        _pay(ETH, address(vault), 1);
        vm.expectRevert(_movedOther(address(token), 1, VAULT_TOKENS, VAULT_TOKENS));
        _pay(address(token), address(vault), 1);
    }

    function test_pay_revert_moreThanItHolds() public {
        vm.expectRevert(
            abi.encodeWithSelector(MandateAccount.AccountInsufficient.selector, ETH, VAULT_ETH + 1, VAULT_ETH)
        );
        _pay(ETH, PAYEE, VAULT_ETH + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                MandateAccount.AccountInsufficient.selector, address(token), VAULT_TOKENS + 1, VAULT_TOKENS
            )
        );
        _pay(address(token), PAYEE, VAULT_TOKENS + 1);
    }

    function test_pay_revert_assetWithoutCode() public {
        vm.expectRevert(abi.encodeWithSelector(Holding.HoldingUnknown.selector, THIEF, vault));
        _pay(THIEF, PAYEE, 1);
    }

    // ------------------------------------------------------------------ bad tokens

    function test_token_withoutReturnValueIsFine() public {
        SilentToken t = new SilentToken();
        t.mint(address(vault), 100);
        assertEq(_pay(address(t), PAYEE, 40), 40, "moved");
        assertEq(t.balanceOf(PAYEE), 40, "arrived");
    }

    function test_token_revert_returnsFalse() public {
        FalseToken t = new FalseToken();
        t.mint(address(vault), 100);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(t)));
        _pay(address(t), PAYEE, 40);
    }

    function test_L1_token_revert_saysTrueAndMovesNothing() public {
        LazyToken t = new LazyToken();
        t.mint(address(vault), 100);
        vm.expectRevert(_movedOther(address(t), 40, 100, 100));
        _pay(address(t), PAYEE, 40);
    }

    /// @notice What a token keeps from the recipient has left for the recipient: no more than declared.
    function test_L1_token_feeFromTheRecipient() public {
        FeeToken t = new FeeToken();
        t.mint(address(vault), 1000);
        assertEq(_pay(address(t), PAYEE, 400), 400, "moved");
        assertEq(t.balanceOf(address(vault)), 600, "left");
    }

    function test_L1_token_revert_feeOnTop() public {
        SurchargeToken t = new SurchargeToken();
        t.mint(address(vault), 1000);
        vm.expectRevert(_movedOther(address(t), 400, 1000, 596));
        _pay(address(t), PAYEE, 400);
    }

    function test_L1_token_revert_rebasesWithinTheTransfer() public {
        RebasingToken shrinks = new RebasingToken(false);
        shrinks.mint(address(vault), 1000);
        vm.expectRevert(_movedOther(address(shrinks), 400, 1000, 300));
        _pay(address(shrinks), PAYEE, 400);
        RebasingToken grows = new RebasingToken(true);
        grows.mint(address(vault), 1000);
        vm.expectRevert(_movedOther(address(grows), 400, 1000, 900));
        _pay(address(grows), PAYEE, 400);
    }

    function test_token_revert_blockedRecipient() public {
        BlocklistToken t = new BlocklistToken();
        t.mint(address(vault), 100);
        t.block_(PAYEE);
        vm.expectRevert(abi.encodeWithSelector(BlocklistToken.Blocked.selector, PAYEE));
        _pay(address(t), PAYEE, 40);
        _pay(address(t), DELEGATE, 40);
    }

    /// @notice A token with hooks gets nothing out of the account that calls it.
    function test_L1_token_reentrancyIsRefused() public {
        HookToken t = new HookToken();
        t.mint(address(vault), 100);
        bytes[3] memory calls = [
            abi.encodeCall(vault.payOut, (bytes32(0), agentId, ETH, THIEF, 1 ether)),
            abi.encodeCall(vault.pay, (ETH, 1 ether, THIEF, agentId)),
            abi.encodeCall(vault.withdraw, (ETH, THIEF, 1 ether))
        ];
        for (uint256 i; i < calls.length; ++i) {
            t.hook(address(vault), calls[i]);
            _pay(address(t), PAYEE, 10);
            assertFalse(t.succeeded(), "paid twice");
        }
        assertEq(THIEF.balance, 0, "ether");
    }

    /// @notice Within a token transfer ether may not leave either, even if somebody found a way.
    function test_L1_token_revert_etherLeftMeanwhile() public {
        HookToken t = new HookToken();
        t.mint(address(vault), 100);
        t.hook(address(vm), abi.encodeWithSignature("deal(address,uint256)", address(vault), VAULT_ETH - 7));
        vm.expectRevert(_movedOther(ETH, 0, VAULT_ETH, VAULT_ETH - 7));
        _pay(address(t), PAYEE, 40);
    }

    // ------------------------------------------------------------------ bad recipients

    function test_L1_ether_recipientReenters() public {
        Reenterer r = new Reenterer(address(vault));
        r.set(abi.encodeCall(vault.payOut, (bytes32(0), agentId, ETH, address(r), 1 ether)));
        _pay(ETH, address(r), 1 ether);
        assertEq(address(r).balance, 1 ether, "once");
        assertEq(
            r.answer(), abi.encodeWithSelector(PolicyEngine.PolicyNotExecutor.selector, address(r)), "not the executor"
        );
    }

    /// @notice A payment within a payment, by an agent that is a contract and its own payee: both are undone.
    function test_L1_ether_revert_agentPaysItselfWithinAPayment() public {
        Reenterer r = new Reenterer(address(vault));
        vm.startPrank(address(timelock));
        policy.setRecipient(agentId, HOME, address(r), true);
        vm.stopPrank();
        vm.prank(address(registry));
        policy.sync(agentId, address(r), true, 0);
        r.set(abi.encodeCall(vault.pay, (ETH, 1 ether, address(r), agentId)));
        vm.expectRevert(_movedOther(ETH, 1 ether, VAULT_ETH, VAULT_ETH - 2 ether));
        vm.prank(address(r));
        vault.pay(ETH, 1 ether, address(r), agentId);
        assertEq(lens.headroom(agentId, ETH).used, 0, "counted");
    }

    function test_L1_ether_revert_recipientSendsSomeBack() public {
        Reenterer r = new Reenterer(address(vault));
        r.sendBack(1);
        vm.expectRevert(_movedOther(ETH, 1 ether, VAULT_ETH, VAULT_ETH - 1 ether + 1));
        _pay(ETH, address(r), 1 ether);
    }

    function test_ether_revert_recipientRefuses() public {
        vm.expectRevert();
        _pay(ETH, address(token), 1);
    }

    // ------------------------------------------------------------------ owner

    function test_withdraw_byTheOwnerEvenWhenStopped() public {
        vm.startPrank(address(timelock));
        vault.stop(PolicyEngine.Scope.ALL, 0);
        vm.expectEmit(address(vault));
        emit AgentVault.Withdrawn(ETH, DELEGATE, 1 ether);
        vault.withdraw(ETH, DELEGATE, 1 ether);
        vault.withdraw(address(token), DELEGATE, VAULT_TOKENS);
        vm.stopPrank();
        assertEq(DELEGATE.balance, 1 ether, "ether");
        assertEq(token.balanceOf(DELEGATE), VAULT_TOKENS, "tokens");
    }

    function test_withdraw_tokensThatPayWouldRefuse() public {
        FeeToken t = new FeeToken();
        t.mint(address(vault), 1000);
        vm.prank(address(timelock));
        vault.withdraw(address(t), DELEGATE, 1000);
        assertEq(t.balanceOf(DELEGATE), 990, "rescued");
    }

    function test_L7_withdraw_revert_notTheOwner() public {
        address[6] memory others = [THIEF, AGENT, OWNER, WATCHDOG, address(executor), DEPLOYER];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(AgentVault.VaultNotOwner.selector, others[i]));
            vm.prank(others[i]);
            vault.withdraw(ETH, others[i], 1);
        }
    }

    function test_receive_announcesTheDeposit() public {
        vm.deal(THIEF, 1 ether);
        vm.expectEmit(address(vault));
        emit AgentVault.Deposited(THIEF, 1 ether);
        vm.prank(THIEF);
        (bool ok,) = address(vault).call{value: 1 ether}("");
        assertTrue(ok, "refused");
    }

    function test_constructor_revert_ownerZero() public {
        vm.expectRevert(abi.encodeWithSelector(AgentVault.VaultNotOwner.selector, address(0)));
        this.create(address(0));
    }

    function create(address owner) external {
        new AgentVault(address(authority), owner, registry, address(executor), guard, HOME, new uint256[](0));
    }

    function test_L1_noStandingApprovals() public view {
        address[5] memory spenders = [address(executor), AGENT, OWNER, PAYEE, address(gateway)];
        for (uint256 i; i < spenders.length; ++i) {
            assertEq(IERC20(address(token)).allowance(address(vault), spenders[i]), 0, "allowance");
        }
    }

    // ------------------------------------------------------------------ what is no ERC-20 token

    /// @notice What a call brought, whatever it is, the owner takes out.
    function test_L1_owner_takesOutWhatACallBrought() public {
        ReceiptShop shop = new ReceiptShop();
        CallRules.Permission memory p =
            CallRules.Permission(CallKind.SEND, calls.ANY(), calls.ANY(), calls.ANY(), false);
        vm.prank(address(timelock));
        calls.setPermission(agentId, HOME, address(shop), shop.buy.selector, p);
        Intent memory intent = payment(ETH, 1 ether);
        (intent.to, intent.data) = (address(shop), abi.encodeCall(shop.buy, ()));
        submitAdmitted(intent);
        assertEq(shop.ownerOf(0), address(vault), "bought");
        bytes memory out = abi.encodeCall(shop.transferFrom, (address(vault), PAYEE, 0));
        vm.prank(WATCHDOG);
        policy.stop(PolicyEngine.Scope.ALL, 0);
        vm.expectEmit(address(vault));
        emit AgentVault.OwnerCalled(address(shop), 0, out);
        vm.prank(address(timelock));
        vault.execute(address(shop), 0, out);
        assertEq(shop.ownerOf(0), PAYEE, "stuck in the vault");
    }

    function test_L1_execute_revert_everybodyButTheOwner() public {
        address[8] memory others =
            [AGENT, OWNER, WATCHDOG, PUBLISHER, THIEF, address(executor), address(registry), address(vault)];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(AgentVault.VaultNotOwner.selector, others[i]));
            vm.prank(others[i]);
            vault.execute(PAYEE, 1, "");
        }
    }

    function test_execute_failsAsTheCallDoes() public {
        vm.startPrank(address(timelock));
        vm.expectRevert(abi.encodeWithSelector(Address.AddressEmptyCode.selector, PAYEE));
        vault.execute(PAYEE, 0, hex"12345678");
        vm.expectRevert(abi.encodeWithSelector(AgentVault.VaultNotOwner.selector, vault));
        vault.execute(address(vault), 0, abi.encodeCall(vault.withdraw, (ETH, PAYEE, 1)));
        vm.stopPrank();
    }
}

/// @notice Calls back when it is paid.
contract Reenterer {
    address private immutable _VAULT;
    bytes private _call;
    bytes public answer;
    uint256 private _back;

    constructor(address vault) {
        _VAULT = vault;
    }

    function set(bytes calldata call) external {
        _call = call;
    }

    function sendBack(uint256 amount) external {
        _back = amount;
    }

    receive() external payable {
        bytes memory call = _call;
        delete _call;
        if (call.length > 0) (, answer) = _VAULT.call(call);
        if (_back > 0) {
            (bool ok,) = _VAULT.call{value: _back}("");
            require(ok);
        }
    }
}
