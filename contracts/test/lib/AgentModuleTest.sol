// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Errors} from "@openzeppelin/contracts/utils/Errors.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {AgentModule} from "../../src/AgentModule.sol";
import {Holding} from "../../src/Holding.sol";
import {Intent} from "../../src/Intent.sol";
import {MandateAccount} from "../../src/MandateAccount.sol";
import {PolicyEngine} from "../../src/PolicyEngine.sol";
import {Rule} from "../../src/Verdict.sol";
import {AccountFixture, OwnedAccount} from "./AccountFixture.sol";
import {
    BlocklistToken,
    FalseToken,
    FeeToken,
    HookToken,
    LazyToken,
    MintableToken,
    RebasingToken,
    SilentPayee,
    SilentToken,
    StrictToken,
    SurchargeToken
} from "./BadTokens.sol";
import {Custody} from "./Custody.sol";
import {Puppet} from "./Puppet.sol";
import {ISafe, SafeFixture} from "./SafeFixture.sol";

/// @notice What holds of every module, whatever account it acts for: who may pay, what may leave, and that the account's owners
///         need nobody.
abstract contract AgentModuleTest is Custody, SafeFixture, AccountFixture {
    function setUp() public {
        deployAll();
        holder = _newHolder();
        admitModuleAgent(_newModule("module"), holder);
        _install();
    }

    // ------------------------------------------------------------------ what differs

    function _newHolder() internal virtual returns (address);

    /// @dev A module for {holder}.
    function _newModule(string memory name) internal virtual returns (MandateAccount);

    function _install() internal virtual;

    function _remove() internal virtual;

    /// @dev The owners have the account call.
    function _byOwners(address to, uint256 value, bytes memory data) internal virtual;

    /// @dev What the account says to a module that it does not have.
    function _unknownModule() internal view virtual returns (bytes memory);

    // ------------------------------------------------------------------ words

    function _pay(address asset, address to, uint256 amount) private returns (Rule) {
        vm.prank(MODULE_AGENT);
        return module.pay(asset, amount, to, moduleAgentId);
    }

    function _assertPaid(address asset, uint256 amount) private {
        assertEq(uint8(_pay(asset, PAYEE, amount)), uint8(Rule.NONE), "refused");
    }

    function _assertRefused(Rule rule, address asset, address to, uint256 amount) private {
        assertEq(uint8(_pay(asset, to, amount)), uint8(rule), "rule");
    }

    function _expectRevertOfPay(bytes memory reason, address asset, address to, uint256 amount) private {
        uint256 used = lens.headroom(moduleAgentId, asset).used;
        vm.expectRevert(reason);
        _pay(asset, to, amount);
        assertEq(lens.headroom(moduleAgentId, asset).used, used, "counted");
    }

    function _movedOther(address asset, uint256 declared, uint256 before, uint256 then)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(MandateAccount.AccountMovedOther.selector, asset, declared, before, then);
    }

    function _records() private view returns (uint256 count) {
        (, count,) = module.chain(moduleAgentId);
    }

    /// @dev The holder has 1000 of the token, and the agent may spend them.
    function _admit(address asset) private {
        MintableToken(asset).mint(holder, 1000);
        admitAsset(asset, 1000, 1000);
    }

    // ------------------------------------------------------------------ paying

    function test_pay_etherAndTokensOutOfTheHolder() public {
        _assertPaid(ETH, 1 ether);
        _assertPaid(address(token), 5e6);
        assertEq(PAYEE.balance, 1 ether, "ether arrived");
        assertEq(holder.balance, VAULT_ETH - 1 ether, "ether left");
        assertEq(token.balanceOf(PAYEE), 5e6, "tokens arrived");
        assertEq(token.balanceOf(holder), VAULT_TOKENS - 5e6, "tokens left");
        assertEq(address(module).balance + token.balanceOf(address(module)), 0, "the module holds nothing");
        assertEq(address(vault).balance, VAULT_ETH, "the vault's stay");
    }

    function test_L6_pay_isOneRecord() public {
        _assertPaid(ETH, 1);
        _assertRefused(Rule.AMOUNT, ETH, PAYEE, 0);
        assertEq(_records(), 2, "records");
    }

    function test_pay_byAnIntentThatAnybodySubmits() public {
        (Intent memory intent, bytes memory proof) = modulePayment(address(token), 5e6);
        vm.prank(THIEF);
        atHome.submit(intent, proof);
        assertEq(token.balanceOf(PAYEE), 5e6, "arrived");
        assertEq(token.balanceOf(holder), VAULT_TOKENS - 5e6, "left");
    }

    function test_pay_onAnotherChain() public {
        vm.chainId(REMOTE);
        vm.prank(address(executor));
        assertEq(module.payOut(bytes32(0), moduleAgentId, ETH, PAYEE, 1 ether), 1 ether, "moved");
        assertEq(PAYEE.balance, 1 ether, "arrived");
    }

    function testFuzz_L1_exactlyWhatWasDeclaredLeaves(bool native, uint256 amount) public {
        if (native) {
            amount = bound(amount, 1, 1 ether);
            _assertPaid(ETH, amount);
            assertEq(holder.balance, VAULT_ETH - amount, "left");
            assertEq(token.balanceOf(holder), VAULT_TOKENS, "tokens stay");
        } else {
            amount = bound(amount, 1, 1000e6);
            _assertPaid(address(token), amount);
            assertEq(token.balanceOf(holder), VAULT_TOKENS - amount, "left");
            assertEq(holder.balance, VAULT_ETH, "ether stays");
        }
    }

    function test_L1_pay_revert_strangers() public {
        address[6] memory others = [THIEF, AGENT, OWNER, WATCHDOG, address(timelock), holder];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyNotAgent.selector, moduleAgentId, others[i]));
            vm.prank(others[i]);
            module.pay(ETH, 1, PAYEE, moduleAgentId);
            vm.expectRevert(abi.encodeWithSelector(PolicyEngine.PolicyNotExecutor.selector, others[i]));
            vm.prank(others[i]);
            module.payOut(bytes32(0), moduleAgentId, ETH, PAYEE, 1);
        }
        assertFalse(module.frozen(moduleAgentId), "their failure is not the agent's");
    }

    function test_L1_pay_revert_toTheHolderItself() public {
        admitRecipient(holder);
        _expectRevertOfPay(_movedOther(ETH, 1, VAULT_ETH, VAULT_ETH), ETH, holder, 1);
        _expectRevertOfPay(_movedOther(address(token), 1, VAULT_TOKENS, VAULT_TOKENS), address(token), holder, 1);
    }

    function test_pay_revert_moreThanTheHolderHas() public {
        vm.deal(holder, 5);
        _expectRevertOfPay(
            abi.encodeWithSelector(MandateAccount.AccountInsufficient.selector, ETH, 6, 5), ETH, PAYEE, 6
        );
        _byOwners(address(token), 0, abi.encodeCall(token.transfer, (DELEGATE, VAULT_TOKENS - 5)));
        _expectRevertOfPay(
            abi.encodeWithSelector(MandateAccount.AccountInsufficient.selector, address(token), 6, 5),
            address(token),
            PAYEE,
            6
        );
        _assertPaid(ETH, 5);
        _assertPaid(address(token), 5);
    }

    function test_pay_revert_assetWithoutCode() public {
        admitAsset(THIEF, 10, 10);
        _expectRevertOfPay(abi.encodeWithSelector(Holding.HoldingUnknown.selector, THIEF, holder), THIEF, PAYEE, 1);
    }

    // ------------------------------------------------------------------ bad tokens

    function test_token_withoutReturnValueIsFine() public {
        SilentToken t = new SilentToken();
        _admit(address(t));
        _assertPaid(address(t), 40);
        assertEq(t.balanceOf(PAYEE), 40, "arrived");
        assertEq(t.balanceOf(holder), 960, "left");
    }

    function test_token_revert_returnsFalse() public {
        FalseToken t = new FalseToken();
        _admit(address(t));
        _expectRevertOfPay(
            abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(t)), address(t), PAYEE, 40
        );
    }

    /// @notice Whatever is not exactly true is not true, though the tokens moved.
    function test_token_revert_returnsSomethingElse() public {
        bytes[4] memory answers =
            [abi.encode(2), bytes(hex"01"), abi.encodePacked(uint248(1)), abi.encodePacked(bytes1(0x01), bytes31(0))];
        for (uint256 i; i < answers.length; ++i) {
            AnsweringToken t = new AnsweringToken(answers[i]);
            _admit(address(t));
            _expectRevertOfPay(
                abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(t)), address(t), PAYEE, 40
            );
        }
        AnsweringToken longer = new AnsweringToken(abi.encode(1, 2, 3));
        _admit(address(longer));
        _assertPaid(address(longer), 40);
    }

    function test_L1_token_revert_saysTrueAndMovesNothing() public {
        LazyToken t = new LazyToken();
        _admit(address(t));
        _expectRevertOfPay(_movedOther(address(t), 40, 1000, 1000), address(t), PAYEE, 40);
    }

    /// @notice What a token keeps from the recipient has left for the recipient: no more than declared.
    function test_L1_token_feeFromTheRecipient() public {
        FeeToken t = new FeeToken();
        _admit(address(t));
        _assertPaid(address(t), 400);
        assertEq(t.balanceOf(holder), 600, "left");
    }

    function test_L1_token_revert_feeOnTop() public {
        SurchargeToken t = new SurchargeToken();
        _admit(address(t));
        _expectRevertOfPay(_movedOther(address(t), 400, 1000, 596), address(t), PAYEE, 400);
    }

    function test_L1_token_revert_rebasesWithinTheTransfer() public {
        RebasingToken shrinks = new RebasingToken(false);
        _admit(address(shrinks));
        _expectRevertOfPay(_movedOther(address(shrinks), 400, 1000, 300), address(shrinks), PAYEE, 400);
        RebasingToken grows = new RebasingToken(true);
        _admit(address(grows));
        _expectRevertOfPay(_movedOther(address(grows), 400, 1000, 900), address(grows), PAYEE, 400);
    }

    /// @notice The token's own words reach the agent through the account.
    function test_L12_token_revert_blockedRecipient() public {
        BlocklistToken t = new BlocklistToken();
        _admit(address(t));
        t.block_(PAYEE);
        _expectRevertOfPay(abi.encodeWithSelector(BlocklistToken.Blocked.selector, PAYEE), address(t), PAYEE, 40);
        admitRecipient(DELEGATE);
        assertEq(uint8(_pay(address(t), DELEGATE, 40)), uint8(Rule.NONE), "others are paid");
    }

    /// @notice A token with hooks gets nothing out of module or account, although both call it.
    function test_L1_token_reentrancyIsRefused() public {
        HookToken t = new HookToken();
        _admit(address(t));
        address[2] memory targets = [address(module), holder];
        bytes[3] memory calls = [
            abi.encodeCall(module.payOut, (bytes32(0), moduleAgentId, ETH, THIEF, 1 ether)),
            abi.encodeCall(module.pay, (ETH, 1 ether, THIEF, moduleAgentId)),
            abi.encodeCall(ISafe.execTransactionFromModule, (THIEF, 1 ether, "", 0))
        ];
        for (uint256 i; i < targets.length * calls.length; ++i) {
            t.hook(targets[i % 2], calls[i / 2]);
            _assertPaid(address(t), 10);
            assertFalse(t.succeeded(), "paid twice");
        }
        assertEq(THIEF.balance, 0, "ether");
    }

    /// @notice Within a token transfer ether may not leave either, even if somebody found a way.
    function test_L1_token_revert_etherLeftMeanwhile() public {
        HookToken t = new HookToken();
        _admit(address(t));
        t.hook(address(vm), abi.encodeWithSignature("deal(address,uint256)", holder, VAULT_ETH - 7));
        _expectRevertOfPay(_movedOther(ETH, 0, VAULT_ETH, VAULT_ETH - 7), address(t), PAYEE, 40);
    }

    // ------------------------------------------------------------------ bad recipients

    function test_ether_revert_recipientRefuses() public {
        admitRecipient(address(token));
        _expectRevertOfPay(abi.encodeWithSelector(Errors.FailedCall.selector), ETH, address(token), 1);
    }

    function test_L1_ether_recipientReenters() public {
        CallingPayee p = new CallingPayee();
        admitRecipient(address(p));
        p.set(address(module), 0, abi.encodeCall(module.payOut, (bytes32(0), moduleAgentId, ETH, address(p), 1 ether)));
        assertEq(uint8(_pay(ETH, address(p), 1 ether)), uint8(Rule.NONE), "refused");
        assertEq(address(p).balance, 1 ether, "once");
        assertEq(
            p.answer(), abi.encodeWithSelector(PolicyEngine.PolicyNotExecutor.selector, address(p)), "not the executor"
        );
    }

    /// @notice A payment within a payment, by an agent that is a contract and its own payee: both are undone.
    function test_L1_ether_revert_agentPaysItselfWithinAPayment() public {
        CallingPayee p = new CallingPayee();
        admitRecipient(address(p));
        vm.prank(address(registry));
        module.sync(moduleAgentId, address(p), true, 0);
        p.set(address(module), 0, abi.encodeCall(module.pay, (ETH, 1 ether, address(p), moduleAgentId)));
        vm.expectRevert(_movedOther(ETH, 1 ether, VAULT_ETH, VAULT_ETH - 2 ether));
        vm.prank(address(p));
        module.pay(ETH, 1 ether, address(p), moduleAgentId);
        assertEq(lens.headroom(moduleAgentId, ETH).used, 0, "counted");
    }

    function test_L1_ether_revert_recipientSendsSomeBack() public {
        CallingPayee p = new CallingPayee();
        admitRecipient(address(p));
        p.set(holder, 1, "");
        _expectRevertOfPay(_movedOther(ETH, 1 ether, VAULT_ETH, VAULT_ETH - 1 ether + 1), ETH, address(p), 1 ether);
    }

    // ------------------------------------------------------------------ trips

    function _assertTripped() private {
        assertTrue(module.frozen(moduleAgentId), "frozen");
        _assertRefused(Rule.AGENT_BREAKER, ETH, PAYEE, 1);
    }

    function test_L4_pay_tripOutlivesTheRefusal() public {
        _assertRefused(Rule.PER_TRANSACTION, ETH, PAYEE, 1 ether + 1);
        _assertTripped();
        assertEq(holder.balance, VAULT_ETH, "nothing left");
        assertEq(_records(), 2, "both recorded");
    }

    function test_L4_pay_toAStrangerTrips() public {
        _assertRefused(Rule.RECIPIENT, address(token), THIEF, 1);
        _assertTripped();
    }

    function test_L4_submit_tripOutlivesTheRefusal() public {
        (Intent memory intent, bytes memory proof) = modulePayment(ETH, 2 ether);
        atHome.submit(intent, proof);
        _assertTripped();
    }

    function test_L4_payMany_tripOutlivesTheRestOfTheBatch() public {
        MandateAccount.Payment[] memory payments = new MandateAccount.Payment[](3);
        payments[0] = MandateAccount.Payment(ETH, PAYEE, 1 ether);
        payments[1] = MandateAccount.Payment(address(token), PAYEE, 1001e6);
        payments[2] = MandateAccount.Payment(ETH, PAYEE, 1 ether);
        vm.prank(MODULE_AGENT);
        Rule[] memory rules = module.payMany(moduleAgentId, payments);
        assertEq(uint8(rules[0]), uint8(Rule.NONE), "first");
        assertEq(uint8(rules[1]), uint8(Rule.PER_TRANSACTION), "breach");
        assertEq(uint8(rules[2]), uint8(Rule.AGENT_BREAKER), "rest");
        assertEq(PAYEE.balance, 1 ether, "what was within the mandate is paid");
        _assertTripped();
    }

    /// @notice Each call of a batch has its own arguments and nothing else, whatever the ones before it left in memory.
    function test_payMany_eachCallIsExact() public {
        StrictToken strict = new StrictToken();
        _admit(address(strict));
        SilentPayee payee = new SilentPayee();
        vm.prank(address(timelock));
        module.setRecipient(moduleAgentId, HOME, address(payee), true);
        MandateAccount.Payment[] memory payments = new MandateAccount.Payment[](6);
        for (uint256 i; i < payments.length; ++i) {
            payments[i] = i % 2 == 0
                ? MandateAccount.Payment(address(strict), address(payee), 1 + i)
                : MandateAccount.Payment(ETH, address(payee), 1 + i);
        }
        vm.prank(MODULE_AGENT);
        Rule[] memory rules = module.payMany(moduleAgentId, payments);
        for (uint256 i; i < rules.length; ++i) {
            assertEq(uint8(rules[i]), uint8(Rule.NONE), "paid");
        }
        assertEq(strict.balanceOf(address(payee)), 1 + 3 + 5, "tokens");
        assertEq(address(payee).balance, 2 + 4 + 6, "ether");
    }

    /// @notice An agent whose key is a Safe: its owners' transaction succeeds, and the trip stays.
    function test_L4_agentIsASafe() public {
        ISafe agent = newSafe1of1(SafeVersion.V1_4_1);
        vm.prank(address(registry));
        module.sync(moduleAgentId, address(agent), true, 0);
        bytes memory data = abi.encodeCall(module.pay, (ETH, 2 ether, PAYEE, moduleAgentId));
        assertTrue(safeCall(agent, safeKeys(1), address(module), 0, data), "the Safe's call");
        assertTrue(module.frozen(moduleAgentId), "frozen");
    }

    /// @notice An agent whose key is an ERC-7579 account, which batches: the trip does not undo the rest, nor the rest the trip.
    function test_L4_agentIsAnAccountThatBatches() public {
        OwnedAccount agent = newAccount();
        vm.prank(address(registry));
        module.sync(moduleAgentId, address(agent), true, 0);
        Call[] memory calls = new Call[](3);
        calls[0] = Call(address(module), 0, abi.encodeCall(module.pay, (ETH, 1 ether, PAYEE, moduleAgentId)));
        calls[1] = Call(address(module), 0, abi.encodeCall(module.pay, (ETH, 2 ether, PAYEE, moduleAgentId)));
        calls[2] = Call(address(module), 0, abi.encodeCall(module.pay, (ETH, 1 ether, PAYEE, moduleAgentId)));
        accountBatch(agent, calls);
        assertTrue(module.frozen(moduleAgentId), "frozen");
        assertEq(PAYEE.balance, 1 ether, "once");
    }

    // ------------------------------------------------------------------ calling

    function _order(address asset, uint256 amount, Puppet puppet) private returns (uint256) {
        (Intent memory intent,) = modulePayment(asset, amount);
        (intent.to, intent.data) = (address(puppet), "play");
        vm.prank(address(executor));
        return module.callOut(intent);
    }

    /// @notice The account itself calls, and what left it is measured there.
    function test_L1_call_takesFromTheHolderWhatIsDeclared() public {
        Puppet puppet = new Puppet();
        bytes memory pull = abi.encodeCall(token.transferFrom, (holder, address(puppet), 4e6));
        puppet.then(address(token), 0, pull, true);
        assertEq(_order(address(token), 5e6, puppet), 4e6, "moved");
        assertEq(token.balanceOf(address(puppet)), 4e6, "arrived");
        assertEq(token.balanceOf(holder), VAULT_TOKENS - 4e6, "left");
        assertEq(token.allowance(holder, address(puppet)), 0, "the rest of the approval");
        assertEq(_order(ETH, 1 ether, new Puppet()), 1 ether, "moved");
        assertEq(holder.balance, VAULT_ETH - 1 ether, "left");
    }

    /// @notice A call that failed takes nothing, and says why in at most 256 bytes, though the account stands between.
    function test_L12_call_revert_withTheReason() public {
        uint256[3] memory sizes = [uint256(32), 256, 257];
        for (uint256 i; i < sizes.length; ++i) {
            Puppet puppet = new Puppet();
            puppet.end(sizes[i], true);
            bytes memory reason = new bytes(sizes[i] > 256 ? 0 : sizes[i]);
            (Intent memory intent,) = modulePayment(ETH, 1 ether);
            (intent.to, intent.data) = (address(puppet), "play");
            vm.expectRevert(abi.encodeWithSelector(MandateAccount.AccountCallFailed.selector, address(puppet), reason));
            vm.prank(address(executor));
            module.callOut(intent);
        }
        assertEq(holder.balance, VAULT_ETH, "left");
    }

    // ------------------------------------------------------------------ owners

    function test_owners_withdrawEvenWhenStopped() public {
        _byOwners(address(module), 0, abi.encodeCall(module.stop, (PolicyEngine.Scope.ALL, 0)));
        _assertRefused(Rule.GLOBAL_BREAKER, ETH, PAYEE, 1);
        _byOwners(DELEGATE, VAULT_ETH, "");
        _byOwners(address(token), 0, abi.encodeCall(token.transfer, (DELEGATE, VAULT_TOKENS)));
        assertEq(DELEGATE.balance, VAULT_ETH, "ether");
        assertEq(token.balanceOf(DELEGATE), VAULT_TOKENS, "tokens");
        _remove();
    }

    function test_L4_owners_stopAndOnlyGovernanceRestarts() public {
        _byOwners(address(module), 0, abi.encodeCall(module.stop, (PolicyEngine.Scope.ASSET, uint160(address(token)))));
        _assertRefused(Rule.ASSET_BREAKER, address(token), PAYEE, 1);
        vm.expectRevert(abi.encodeWithSelector(MandateAccount.AccountStopped.selector, Rule.ASSET_BREAKER));
        vm.prank(address(executor));
        module.payOut(bytes32(0), moduleAgentId, address(token), PAYEE, 1);
        _assertPaid(ETH, 1);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, holder));
        vm.prank(holder);
        module.restart(PolicyEngine.Scope.ASSET, uint160(address(token)), 1);
        vm.prank(address(timelock));
        module.restart(PolicyEngine.Scope.ASSET, uint160(address(token)), 1);
        _assertPaid(address(token), 1);
    }

    function test_L4_stop_revert_strangers() public {
        address[4] memory others = [THIEF, MODULE_AGENT, OWNER, PUBLISHER];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, others[i]));
            vm.prank(others[i]);
            module.stop(PolicyEngine.Scope.ALL, 0);
        }
    }

    function test_L1_removedModule_movesNothing() public {
        _assertPaid(ETH, 1);
        _remove();
        _expectRevertOfPay(_unknownModule(), ETH, PAYEE, 1);
        _expectRevertOfPay(_unknownModule(), address(token), PAYEE, 1);
        vm.expectRevert(_unknownModule());
        vm.prank(address(executor));
        module.payOut(bytes32(0), moduleAgentId, ETH, PAYEE, 1);
        (Intent memory intent, bytes memory proof) = modulePayment(ETH, 1);
        vm.expectRevert(_unknownModule());
        atHome.submit(intent, proof);
    }

    /// @notice A module that is not there any more still judges, records and freezes; put back, it remembers.
    function test_L4_removedModule_stillTrips() public {
        _remove();
        _assertRefused(Rule.PER_TRANSACTION, ETH, PAYEE, 2 ether);
        _install();
        _assertTripped();
    }

    function test_L1_noStandingApprovals() public {
        _assertPaid(address(token), 5e6);
        address[4] memory spenders = [address(module), address(executor), MODULE_AGENT, PAYEE];
        for (uint256 i; i < spenders.length; ++i) {
            assertEq(token.allowance(holder, spenders[i]), 0, "allowance");
        }
    }

    // ------------------------------------------------------------------ deployment

    function test_holderIsFixed() public view {
        assertEq(AgentModule(address(module)).HOLDER(), holder, "holder");
    }

    /// @notice Another chain's account may have another address: the module's is the same, since arguments are not part of it.
    function test_create3_sameAddressForAnotherHolder() public {
        address expected = address(_newModule("same"));
        assertEq(expected, predicted("same"), "predicted");
        assertEq(AgentModule(expected).HOLDER(), holder, "this chain's");
    }
}

/// @notice Moves tokens, and answers whatever it was told to.
contract AnsweringToken is MintableToken {
    bytes private _answer;

    constructor(bytes memory answer) {
        _answer = answer;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        super.transfer(to, amount);
        bytes memory answer = _answer;
        assembly ("memory-safe") {
            return(add(answer, 0x20), mload(answer))
        }
    }
}

/// @notice Calls somebody when it is paid.
contract CallingPayee {
    address private _target;
    uint256 private _value;
    bytes private _data;
    bool private _armed;
    bytes public answer;

    function set(address target, uint256 value, bytes calldata data) external {
        (_target, _value, _data, _armed) = (target, value, data, true);
    }

    receive() external payable {
        if (!_armed) return;
        _armed = false;
        (, answer) = _target.call{value: _value}(_data);
    }
}
