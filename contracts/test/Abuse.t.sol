// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {AgentRegistry, Status} from "../src/AgentRegistry.sol";
import {CallGuard} from "../src/CallGuard.sol";
import {CallKind} from "../src/CallKind.sol";
import {State} from "../src/CrossChainExecutor.sol";
import {DestinationExecutor} from "../src/DestinationExecutor.sol";
import {HomeExecutor} from "../src/HomeExecutor.sol";
import {Intent} from "../src/Intent.sol";
import {MandateAccount} from "../src/MandateAccount.sol";
import {PolicyEngine} from "../src/PolicyEngine.sol";
import {QuorumGateway} from "../src/QuorumGateway.sol";
import {Rule, Verdict} from "../src/Verdict.sol";
import {CallRules} from "../src/rules/CallRules.sol";
import {Tiers} from "../src/rules/Tiers.sol";
import {Custody} from "./lib/Custody.sol";
import {Puppet} from "./lib/Puppet.sol";
import {ISafe, SafeFixture} from "./lib/SafeFixture.sol";

/// @notice A payee that is a contract, and one day answers as if it belonged to the system.
contract Turncoat {
    address public authority;

    function turn(address to) external {
        authority = to;
    }
}

/// @notice What many treasuries own: a token that its owner mints.
contract Minted {
    address public immutable OWNER = msg.sender;
    mapping(address => uint256) public balanceOf;

    function mint(address to, uint256 amount) external {
        require(msg.sender == OWNER);
        balanceOf[to] += amount;
    }
}

/// @notice What a hostile reader of the contracts would try, each from beginning to end.
contract AbuseTest is Custody, SafeFixture {
    bytes internal constant ASK = "play";
    uint8 private constant ANY = type(uint8).max;
    Puppet private _puppet;

    function setUp() public {
        deployAll();
        _puppet = new Puppet();
        holder = address(newSafe2of3(SafeFixture.SafeVersion.V1_4_1));
        admitModuleAgent(deploySafeModule("module", holder), holder);
        enableSafeModule(ISafe(holder), safeKeys(2), address(module));
    }

    function _call(address asset, uint256 amount, address to, bytes memory data)
        private
        returns (Intent memory intent)
    {
        intent = payment(asset, amount);
        (intent.to, intent.data) = (to, data);
    }

    function _order(address asset, uint256 amount, address to, bytes memory data) private returns (uint256) {
        Intent memory intent = _call(asset, amount, to, data);
        vm.prank(address(executor));
        return vault.callOut(intent);
    }

    function _orderModule(MandateAccount m, address asset, uint256 amount, address to, bytes memory data) private {
        (Intent memory intent,) = modulePayment(asset, amount);
        (intent.account, intent.to, intent.data) = (address(m), to, data);
        vm.prank(address(executor));
        m.callOut(intent);
    }

    function _permitApprove() private {
        vm.prank(address(timelock));
        calls.setPermission(
            agentId,
            HOME,
            address(token),
            IERC20.approve.selector,
            CallRules.Permission(CallKind.APPROVE, 1, 0, ANY, true)
        );
    }

    function _safeTx(address to, bytes memory data) private view returns (bytes memory) {
        bytes memory signatures = safeCallSignatures(ISafe(holder), safeKeys(2), to, 0, data);
        return
            abi.encodeCall(
                ISafe.execTransaction, (to, 0, data, 0, 0, 0, 0, address(0), payable(address(0)), signatures)
            );
    }

    /// @notice A payee on the list answers `authority()` with the system's: the agent's next honest approval is a breach, and freezes it.
    function test_L4_judge_aSpenderFreezesNobody() public {
        Turncoat spender = new Turncoat();
        vm.prank(address(timelock));
        policy.setRecipient(agentId, HOME, address(spender), true);
        _permitApprove();
        bytes memory data = abi.encodeCall(IERC20.approve, (address(spender), 5e6));
        submitAdmitted(_call(address(token), 5e6, address(token), data));
        vm.prank(THIEF); // whoever rules the spender
        spender.turn(address(authority));
        Intent memory next = _call(address(token), 5e6, address(token), data);
        bytes memory proof = sign(next);
        vm.expectRevert(abi.encodeWithSelector(CallGuard.CallForbidden.selector, spender, IERC20.approve.selector));
        atHome.submit(next, proof);
        assertFalse(policy.frozen(agentId), "frozen by what somebody else did");
    }

    /// @notice What the owner decided, anybody may have done: within a call that sets the allowance back, it is done and undone.
    function test_L5_execute_takesAnApprovalBackAlsoWithinACall() public {
        _order(address(token), 500, address(token), abi.encodeCall(IERC20.approve, (address(_puppet), 500)));
        bytes memory data =
            abi.encodeCall(vault.execute, (address(token), 0, abi.encodeCall(IERC20.approve, (address(_puppet), 0))));
        vm.prank(address(governor));
        timelock.schedule(address(vault), 0, data, 0, 0, TIMELOCK_DELAY);
        skip(TIMELOCK_DELAY);
        bytes32 id = timelock.hashOperation(address(vault), 0, data, 0, 0);
        _puppet.then(address(timelock), 0, abi.encodeCall(timelock.execute, (address(vault), 0, data, 0, 0)), false);
        _order(address(token), 100, address(_puppet), ASK);
        assertFalse(
            timelock.isOperationDone(id) && token.allowance(address(vault), address(_puppet)) > 0, "done and undone"
        );
    }

    /// @notice The same of what a Safe's owners signed.
    function test_L5_safe_takesAnApprovalBackAlsoWithinACall() public {
        assertTrue(
            safeCall(
                ISafe(holder),
                safeKeys(2),
                address(token),
                0,
                abi.encodeCall(IERC20.approve, (address(_puppet), type(uint256).max))
            ),
            "the owners' approval"
        );
        uint256 nonce = ISafe(holder).nonce();
        _puppet.then(holder, 0, _safeTx(address(token), abi.encodeCall(IERC20.approve, (address(_puppet), 0))), false);
        _orderModule(module, address(token), 100, address(_puppet), ASK);
        bool done = ISafe(holder).nonce() > nonce;
        assertFalse(done && token.allowance(holder, address(_puppet)) > 0, "done and undone");
    }

    /// @notice The same of a `revoke` by another module of the same Safe: its {AccountCalling} does not know of this one's call.
    function test_L5_secondModule_revokesAlsoWithinACall() public {
        MandateAccount second = deploySafeModule("second", holder);
        enableSafeModule(ISafe(holder), safeKeys(2), address(second));
        vm.startPrank(address(timelock));
        guard.setMeasured(address(second), address(token), true);
        vm.stopPrank();
        _orderModule(
            second, address(token), 500, address(token), abi.encodeCall(IERC20.approve, (address(_puppet), 500))
        );
        _puppet.then(
            holder,
            0,
            _safeTx(address(second), abi.encodeCall(second.revoke, (address(token), address(_puppet)))),
            false
        );
        vm.recordLogs();
        _orderModule(module, address(token), 100, address(_puppet), ASK);
        vm.expectRevert(); // it counts as taken back
        vm.prank(WATCHDOG);
        second.revoke(address(token), address(_puppet));
        assertEq(token.allowance(holder, address(_puppet)), 0, "done, undone, and nobody can again");
    }

    /// @notice An agent's approval that is used up was one: a guardian, or one owner of three, takes back the owners' later one.
    function test_L7_revoke_notWhatTheOwnersApprovedSince() public {
        _orderModule(module, address(token), 100, address(token), abi.encodeCall(IERC20.approve, (address(this), 100)));
        token.transferFrom(holder, PAYEE, 100);
        assertEq(token.allowance(holder, address(this)), 0, "used up");
        assertTrue(
            safeCall(
                ISafe(holder), safeKeys(2), address(token), 0, abi.encodeCall(IERC20.approve, (address(this), 7e6))
            ),
            "the owners'"
        );
        vm.prank(WATCHDOG);
        (bool went,) = address(module).call(abi.encodeCall(module.revoke, (address(token), address(this))));
        went;
        assertEq(token.allowance(holder, address(this)), 7e6, "a guardian took back what the owners approved");
    }

    /// @notice A mandate over a token of another chain: the account measures it at home, where it isn't, and no call is made any more.
    function test_calls_goOnWhenAMandateNamesATokenOfAnotherChain() public {
        address elsewhere = address(0xE15E);
        vm.startPrank(address(timelock));
        policy.setLimit(agentId, elsewhere, limit(1000, 100_000));
        policy.setAssetChain(agentId, elsewhere, REMOTE, true);
        vm.stopPrank();
        Intent memory intent = _call(address(token), 100, address(_puppet), ASK);
        vm.prank(address(executor));
        (bool went,) = address(vault).call(abi.encodeCall(vault.callOut, (intent)));
        assertTrue(went, "no call at home, for any agent of the account");
    }

    /// @notice What was signed before the key was taken away does not come back: neither does the key.
    function test_L5_submit_notWhatWasSignedBeforeTheKeyWasTakenAway() public {
        Intent memory intent = payment(ETH, 1 ether);
        intent.deadline = uint64(time() + 30 days);
        bytes memory proof = sign(intent); // somebody keeps it
        vm.prank(OWNER);
        registry.unsetAgentWallet(agentId);
        proveWallet(agentId, OWNER, 0xB2);
        assertKeyLost(agentId, OWNER, AGENT_KEY);
        vm.prank(THIEF);
        (bool went,) = address(executor).call(abi.encodeCall(atHome.submit, (intent, proof)));
        went;
        assertEq(PAYEE.balance, 0, "came back");
    }

    /// @notice The same for a former owner, who had the agent sign before it was sold, key and all.
    function test_L5_submit_notForTheAgentsFormerOwner() public {
        Intent memory intent = payment(ETH, 1 ether);
        intent.deadline = uint64(time() + 30 days);
        bytes memory proof = sign(intent);
        vm.prank(OWNER);
        registry.transferFrom(OWNER, DELEGATE, agentId);
        assertKeyLost(agentId, DELEGATE, AGENT_KEY);
        activate(agentId);
        vm.prank(OWNER);
        (bool went,) = address(executor).call(abi.encodeCall(atHome.submit, (intent, proof)));
        went;
        assertEq(PAYEE.balance, 0, "came back");
    }

    /// @notice A destination forks: what was queued there is paid on both sides, though it names one chain.
    function test_L3_execute_notOnAFork() public {
        Intent memory intent = remotePayment(ETH, 1 ether);
        deliver(intent);
        skip(DISPUTE_WINDOW);
        vm.chainId(REMOTE + 1_000_000); // the branch that took another id
        (bool went,) = address(executor).call(abi.encodeCall(abroad.execute, (intent)));
        went;
        assertEq(PAYEE.balance, 0, "paid on a chain that the intent does not name");
    }

    /// @notice Home forks: what waited for its delay is dispatched, by a chain that is not home, and for good.
    function test_L3_proceed_notOnAFork() public {
        grade(ETH, Tiers.Thresholds(0, 0, 60, NEVER));
        Intent memory intent = payment(ETH, 1 ether);
        (bytes32 id,) = submit(intent);
        assertState(id, State.ADMITTED);
        skip(60);
        vm.chainId(HOME + 1_000_000);
        (bool went,) = address(executor).call(abi.encodeCall(atHome.proceed, (intent)));
        went;
        assertState(id, State.ADMITTED);
    }

    /// @notice Who rules over what the account rules: beside `transferOwnership` and `upgradeToAndCall` their elder sisters.
    function test_L7_calls_upgradesAndAdminsCannotBePermitted() public view {
        bytes4[8] memory selectors = [
            bytes4(keccak256("upgradeTo(address)")), // UUPS and transparent proxies, OpenZeppelin 4
            bytes4(keccak256("upgrade(address,address)")), // its ProxyAdmin
            bytes4(keccak256("changeAdmin(address)")),
            bytes4(keccak256("changeProxyAdmin(address,address)")),
            bytes4(keccak256("setAdmin(address)")),
            bytes4(keccak256("setPendingAdmin(address)")), // Compound's Timelock
            bytes4(keccak256("beginDefaultAdminTransfer(address)")), // AccessControlDefaultAdminRules
            bytes4(keccak256("setAuthority(address)")) // DSAuth, Solmate; and AccessManaged
        ];
        for (uint256 i; i < selectors.length; ++i) {
            assertTrue(calls.isForbidden(address(0xdead), selectors[i]), vm.toString(i));
        }
    }

    /// @notice Home never admits an unlimited approval; a forgery that nobody disputed in time leaves one, which takes every later deposit too.
    function test_L7_remote_revert_unlimitedApprovalThatNothingCanPermit() public {
        Intent memory intent = remotePayment(address(token), type(uint256).max);
        (intent.to, intent.data) = (address(token), abi.encodeCall(IERC20.approve, (THIEF, type(uint256).max)));
        switchTo(REMOTE);
        QuorumGateway.Message memory message = messageOf(intent, 1_000_000);
        bytes memory signatures = attest(message, 2);
        vm.expectRevert(
            abi.encodeWithSelector(
                DestinationExecutor.ExecutorAmountTooLarge.selector, type(uint256).max, type(uint104).max
            )
        );
        gateway.deliver(message, alone(), signatures);
        intent.amount = type(uint104).max;
        forge(intent);
        skip(DISPUTE_WINDOW);
        (bool went,) = address(executor).call(abi.encodeCall(abroad.execute, (intent)));
        went;
        assertEq(token.allowance(address(vault), THIEF), 0, "for ever, whatever comes in");
    }

    /// @notice An "approval" of what the owners approved anyway changes nothing, and makes theirs an agent's.
    function test_L7_revoke_notTheOwnersApprovalThatAnAgentRepeated() public {
        assertTrue(
            safeCall(
                ISafe(holder), safeKeys(2), address(token), 0, abi.encodeCall(IERC20.approve, (address(this), 500))
            ),
            "the owners'"
        );
        _orderModule(module, address(token), 500, address(token), abi.encodeCall(IERC20.approve, (address(this), 500)));
        vm.prank(WATCHDOG);
        (bool went,) = address(module).call(abi.encodeCall(module.revoke, (address(token), address(this))));
        went;
        assertEq(token.allowance(holder, address(this)), 500, "a guardian took back what the owners approved");
    }

    /// @notice Away from home anybody registers an agent of the same number: that takes nothing away that governance permitted there.
    function test_L7_remote_strangersAgentsTightenNothing() public {
        vm.prank(THIEF);
        uint256 id = registry.register();
        vm.prank(address(timelock));
        policy.setRecipient(id, REMOTE, PAYEE, true);
        assertFalse(registry.isTightener(id, THIEF), "of an agent that nobody admitted");
        vm.expectRevert(); // the authority does not know the caller
        vm.prank(THIEF);
        policy.setRecipient(id, REMOTE, PAYEE, false);
    }

    /// @notice An agent that was revoked for good gets no other key that would write records.
    function test_L6_revokedAgentGetsNoKey() public {
        vm.prank(OWNER);
        registry.revoke(agentId);
        uint256 deadline = time() + 10 minutes;
        bytes memory proof = walletProof(agentId, 0xA7, OWNER, registry.walletNonce(agentId), deadline);
        vm.expectRevert(
            abi.encodeWithSelector(
                AgentRegistry.AgentStatusTransition.selector, agentId, Status.REVOKED, Status.REVOKED
            )
        );
        vm.prank(OWNER);
        registry.setAgentWallet(agentId, vm.addr(0xA7), deadline, proof);
    }

    /// @notice Nor does who owned it, or a guardian, write records of intents that nobody submitted.
    function test_L6_revokedAgentsCancelNothingNew() public {
        grade(ETH, Tiers.Thresholds(0, 0, 60, NEVER));
        Intent memory waits = payment(ETH, 1 ether);
        submit(waits);
        vm.prank(OWNER);
        registry.revoke(agentId);
        Intent memory fresh = payment(ETH, 1);
        vm.expectRevert(abi.encodeWithSelector(HomeExecutor.ExecutorAgentRevoked.selector, agentId));
        vm.prank(OWNER);
        atHome.cancel(fresh);
        vm.expectRevert(abi.encodeWithSelector(HomeExecutor.ExecutorAgentRevoked.selector, agentId));
        vm.prank(WATCHDOG);
        atHome.cancel(fresh);
        vm.prank(OWNER);
        assertState(atHome.cancel(waits), State.CANCELLED);
    }

    /// @notice One account's agent may call a contract over there: a forgery has another account call it, which serves other agents.
    function test_L7_remote_anotherAccountMakesNoCallOfAnAgents() public {
        vm.prank(address(timelock));
        calls.setPermission(
            agentId, REMOTE, address(_puppet), bytes4(ASK), CallRules.Permission(CallKind.SEND, ANY, ANY, ANY, false)
        );
        vm.prank(address(timelock));
        guard.setServed(address(vault), agentId, true, 0);
        vm.deal(holder, 1 ether);
        (Intent memory intent,) = modulePayment(ETH, 1 ether);
        (intent.agentId, intent.chainId, intent.to, intent.data) = (agentId, REMOTE, address(_puppet), ASK);
        vm.chainId(REMOTE);
        vm.expectRevert(abi.encodeWithSelector(CallGuard.CallAgentUnknown.selector, module, agentId));
        vm.prank(address(executor));
        module.callOut(intent);
        intent.account = address(vault);
        vm.prank(address(executor));
        assertEq(vault.callOut(intent), 1 ether, "the account that serves it");
    }

    /// @notice An agent that was revoked for good has its key write records for ever, which relayers archive and publish.
    function test_L6_revokedAgentWritesNoRecords() public {
        vm.prank(OWNER);
        registry.revoke(agentId);
        (, uint256 before,) = vault.chain(agentId);
        for (uint256 i; i < 50; ++i) {
            vm.prank(AGENT);
            (bool went,) = address(vault).call(abi.encodeCall(vault.pay, (ETH, 1, PAYEE, agentId)));
            went;
        }
        (, uint256 count,) = vault.chain(agentId);
        assertEq(count, before, "records of who is nobody any more");
    }

    /// @notice "What a successful forgery can take is the vault's balance on that chain": it does whatever the account may do, too.
    ///         Home admits no call without a permission; a destination makes it.
    function test_L11_remote_revert_callThatHomeCouldNotAdmit() public {
        vm.prank(address(vault)); // the treasury's token
        Minted minted = new Minted();
        Intent memory intent = remotePayment(ETH, 1);
        (intent.to, intent.data) = (address(minted), abi.encodeCall(minted.mint, (THIEF, 1e30)));
        forge(intent);
        skip(DISPUTE_WINDOW);
        (bool went,) = address(executor).call(abi.encodeCall(abroad.execute, (intent)));
        went;
        assertEq(minted.balanceOf(THIEF), 0, "more than any balance");
    }

    /// @notice Home admits nothing of amount zero; a destination has the account send nothing to whomever, which still calls them.
    function test_L11_remote_paymentOfNothingIsNotQueued() public {
        Intent memory intent = remotePayment(ETH, 0);
        switchTo(REMOTE);
        QuorumGateway.Message memory message = messageOf(intent, 1_000_000);
        bytes memory signatures = attest(message, 2);
        vm.expectRevert(DestinationExecutor.ExecutorAmountZero.selector);
        gateway.deliver(message, alone(), signatures);
    }

    /// @notice Who is called is not thereby somebody who may receive, nor take: what lies loose in the contract anybody sweeps.
    function test_L11_remote_whoIsCalledIsNoRecipient() public {
        bytes4 unstake = bytes4(keccak256("unstake(uint256,address)"));
        vm.startPrank(address(timelock));
        guard.setMeasured(address(vault), address(token), true);
        guard.setServed(address(vault), agentId, true, 0);
        calls.setPermission(
            agentId, REMOTE, address(_puppet), unstake, CallRules.Permission(CallKind.PULL, 0, 1, ANY, true)
        );
        calls.setPermission(
            agentId,
            REMOTE,
            address(token),
            IERC20.approve.selector,
            CallRules.Permission(CallKind.APPROVE, 1, 0, ANY, true)
        );
        vm.stopPrank();
        _assertNoRecipient(address(_puppet), abi.encodeWithSelector(unstake, 500, _puppet));
        _assertNoRecipient(address(token), abi.encodeCall(IERC20.approve, (address(_puppet), 500)));
    }

    function _assertNoRecipient(address target, bytes memory data) private {
        Intent memory intent = remotePayment(address(token), 500);
        (intent.to, intent.data) = (target, data);
        forge(intent);
        skip(DISPUTE_WINDOW);
        vm.expectRevert(abi.encodeWithSelector(CallGuard.CallRecipientUnknown.selector, _puppet));
        abroad.execute(intent);
    }
}
