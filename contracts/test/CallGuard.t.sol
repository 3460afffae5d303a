// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {CallGuard} from "../src/CallGuard.sol";
import {Holding} from "../src/Holding.sol";
import {MandateAccount} from "../src/MandateAccount.sol";
import {CallRules} from "../src/rules/CallRules.sol";
import {ForbiddenCalls} from "../src/rules/ForbiddenCalls.sol";
import {
    ApproveHookToken,
    BackdoorToken,
    BlocklistApproveToken,
    BurningToken,
    DualToken,
    FalseApproveToken,
    FalsePullToken,
    FeePullToken,
    GenerousToken,
    LoudToken,
    NoZeroToken,
    PlainToken,
    Shares,
    ShrinkingToken,
    SurchargePullToken,
    TalkativeToken,
    TetherToken,
    WrappedCoin
} from "./lib/AllowanceTokens.sol";
import {MintableToken} from "./lib/BadTokens.sol";
import {Governed} from "./lib/Governed.sol";
import {GuardedAccount, GuardedModule, Puppet} from "./lib/Puppet.sol";

/// @notice What a contract call takes from an account, whatever contracts and tokens do (L1): here an account that holds
///         its funds itself.
contract CallGuardTest is Governed {
    address internal constant ETH = address(0);
    bytes internal constant ASK = "play"; // what the puppet is called with
    uint256 internal constant FUNDS = 1_000_000;

    CallGuard internal guard;
    GuardedAccount internal account;
    address internal holder;
    Puppet internal puppet;
    PlainToken internal a; // the declared asset, mostly
    PlainToken internal b; // another one of the mandate
    address internal immutable SPENDER = vm.addr(0xE1);

    function setUp() public virtual {
        _guard();
        _open(new GuardedAccount(guard));
    }

    function _guard() internal {
        govern();
        guard = new CallGuard(address(authority), new CallRules(address(authority), registry));
    }

    function _open(GuardedAccount account_) internal {
        account = account_;
        holder = account.holder();
        puppet = new Puppet();
        (a, b) = (new PlainToken(), new PlainToken());
        _measure(a);
        _measure(b);
        vm.deal(holder, FUNDS);
    }

    // ------------------------------------------------------------------ helpers

    function _measure(MintableToken token) internal {
        account.measure(address(token));
        token.mint(holder, FUNDS);
    }

    function _pull(uint256 amount) private view returns (bytes memory) {
        return abi.encodeCall(IERC20.transferFrom, (holder, address(puppet), amount));
    }

    /// @dev The puppet will pull so much.
    function _willPull(address token, uint256 amount) private {
        puppet.then(token, 0, _pull(amount), true);
    }

    function _make(address asset, uint256 amount) private returns (uint256) {
        return account.make(asset, amount, address(puppet), ASK);
    }

    function _approve(address token, address spender, uint256 amount) private returns (uint256) {
        return account.make(token, amount, token, abi.encodeCall(IERC20.approve, (spender, amount)));
    }

    /// @dev An allowance that stands already.
    function _standing(ERC20 token, address spender, uint256 amount) private {
        vm.prank(holder);
        token.approve(spender, amount);
    }

    function _expect(bytes memory refusal) private {
        vm.expectRevert(refusal);
    }

    function _movedMore(address asset, uint256 declared, uint256 left) private pure returns (bytes memory) {
        return abi.encodeWithSelector(CallGuard.CallMovedMore.selector, asset, declared, left);
    }

    function _failed(bytes memory reason) private view returns (bytes memory) {
        return abi.encodeWithSelector(MandateAccount.AccountCallFailed.selector, address(puppet), _told(reason));
    }

    /// @dev What the account hears of a failure.
    function _told(bytes memory reason) internal view virtual returns (bytes memory) {
        return reason;
    }

    function _assertHolds(uint256 native, uint256 ofA, uint256 ofB) private view {
        assertEq(holder.balance, native, "native coin");
        assertEq(a.balanceOf(holder), ofA, "a");
        assertEq(b.balanceOf(holder), ofB, "b");
        assertEq(a.allowance(holder, address(puppet)), 0, "allowance of a");
        assertEq(b.allowance(holder, address(puppet)), 0, "allowance of b");
    }

    // ------------------------------------------------------------------ PULL

    function test_pull_allOfIt() public {
        _willPull(address(a), 100);
        assertEq(_make(address(a), 100), 100, "moved");
        _assertHolds(FUNDS, FUNDS - 100, FUNDS);
    }

    function test_pull_lessAndTheRestOfTheApprovalIsTakenBack() public {
        _willPull(address(a), 60);
        assertEq(_make(address(a), 100), 60, "moved");
        _assertHolds(FUNDS, FUNDS - 60, FUNDS);
    }

    function test_pull_nothingAndTheApprovalIsTakenBack() public {
        assertEq(_make(address(a), 100), 0, "moved");
        _assertHolds(FUNDS, FUNDS, FUNDS);
    }

    function test_pull_whatComesBackIsNotMoved() public {
        _willPull(address(a), 100);
        puppet.then(address(a), 0, abi.encodeCall(IERC20.transfer, (holder, 30)), true);
        b.mint(address(puppet), 7);
        puppet.then(address(b), 0, abi.encodeCall(IERC20.transfer, (holder, 7)), true);
        assertEq(_make(address(a), 100), 70, "moved");
        _assertHolds(FUNDS, FUNDS - 70, FUNDS + 7);
    }

    function test_pull_moreThanItGivesIsNothingMoved() public {
        a.mint(address(puppet), 50);
        puppet.then(address(a), 0, abi.encodeCall(IERC20.transfer, (holder, 50)), true);
        assertEq(_make(address(a), 100), 0, "moved");
        _assertHolds(FUNDS, FUNDS + 50, FUNDS);
    }

    /// @dev What comes in meanwhile makes no room: an allowance is exact whatever the balance says.
    function test_L1_pull_revert_moreThoughAsMuchCameIn() public {
        a.mint(address(puppet), 1000);
        puppet.then(address(a), 0, abi.encodeCall(IERC20.transfer, (holder, 1000)), true);
        _willPull(address(a), 101);
        vm.expectRevert();
        _make(address(a), 100);
    }

    function test_L1_pull_revert_more() public {
        _willPull(address(a), 101);
        vm.expectRevert(); // the allowance is exact
        _make(address(a), 100);
        _assertHolds(FUNDS, FUNDS, FUNDS);
    }

    function test_L1_pull_revert_twice() public {
        _willPull(address(a), 100);
        _willPull(address(a), 1);
        vm.expectRevert();
        _make(address(a), 100);
    }

    function test_L1_pull_revert_moreByTheAllowanceOfAnother() public {
        Puppet friend = new Puppet();
        _standing(a, address(friend), 1);
        friend.then(address(a), 0, abi.encodeCall(IERC20.transferFrom, (holder, address(friend), 1)), true);
        puppet.then(address(friend), 0, ASK, true);
        _willPull(address(a), 100);
        _expect(_movedMore(address(a), 100, 101));
        _make(address(a), 100);
    }

    function test_L1_pull_revert_anotherAssetByAStandingAllowance() public {
        _standing(b, address(puppet), 10);
        _willPull(address(b), 1);
        _expect(_movedMore(address(b), 0, 1));
        _make(address(a), 100);
    }

    function test_L1_pull_revert_anotherAssetThoughTheDeclaredOneCameBackTwofold() public {
        _standing(b, address(puppet), 10);
        a.mint(address(puppet), 1000);
        puppet.then(address(a), 0, abi.encodeCall(IERC20.transfer, (holder, 1000)), true);
        _willPull(address(b), 10);
        _expect(_movedMore(address(b), 0, 10));
        _make(address(a), 100);
    }

    /// @dev What stood is neither used beyond the amount nor lost: it was counted when it was approved.
    function test_L5_pull_aStandingAllowanceIsUsedAndNotGivenAgain() public {
        _standing(a, address(puppet), 500);
        _willPull(address(a), 100);
        assertEq(_make(address(a), 100), 100, "moved");
        assertEq(a.allowance(holder, address(puppet)), 400, "used, and not given again");
        _willPull(address(a), 1);
        _expect(_movedMore(address(a), 100, 101));
        _make(address(a), 100);
    }

    /// @dev Of its owners', perhaps: a call neither raises it nor takes it away.
    function test_L5_pull_revert_aSmallerAllowanceStands() public {
        _standing(a, address(puppet), 99);
        _willPull(address(a), 50);
        _expect(abi.encodeWithSelector(MandateAccount.AccountAllowanceStands.selector, address(a), address(puppet), 99));
        _make(address(a), 100);
        assertEq(_make(address(a), 99), 50, "moved");
    }

    /// @dev What an agent gave is the next call's to replace: dust that a spender left stops nobody. It was spent when it was approved.
    function test_L5_pull_aSmallerApprovalOfAnAgentIsReplaced() public {
        _approve(address(a), address(puppet), 99);
        _willPull(address(a), 50);
        assertEq(_make(address(a), 100), 50, "moved");
        assertEq(a.allowance(holder, address(puppet)), 0, "nothing is left of either");
        // And it is an agent's no more: what stands then is whoever's gave it.
        _standing(a, address(puppet), 1);
        _expect(abi.encodeWithSelector(MandateAccount.AccountAllowanceStands.selector, address(a), address(puppet), 1));
        _make(address(a), 100);
    }

    /// @dev Whatever an agent approves, what the owners approved is theirs to change; the same amount again changes nothing.
    function test_L5_approve_revert_theOwnersStands() public {
        uint256[3] memory standing = [uint256(1), 99, type(uint256).max];
        for (uint256 i; i < standing.length; ++i) {
            _standing(a, address(puppet), standing[i]);
            _expect(
                abi.encodeWithSelector(
                    MandateAccount.AccountAllowanceStands.selector, address(a), address(puppet), standing[i]
                )
            );
            _approve(address(a), address(puppet), 50);
        }
        _standing(a, address(puppet), 50);
        _approve(address(a), address(puppet), 50);
        assertEq(a.allowance(holder, address(puppet)), 50, "as it was");
        _standing(a, address(puppet), 0);
        _approve(address(a), address(puppet), 50);
        _approve(address(a), address(puppet), 60);
        _approve(address(a), address(puppet), 20);
        assertEq(a.allowance(holder, address(puppet)), 20, "an agent's is an agent's to change");
    }

    /// @dev More than an agent gave is the owners'.
    function test_L5_pull_revert_moreThanAnAgentGaveStands() public {
        _approve(address(a), address(puppet), 98);
        _standing(a, address(puppet), 99);
        _expect(abi.encodeWithSelector(MandateAccount.AccountAllowanceStands.selector, address(a), address(puppet), 99));
        _make(address(a), 100);
    }

    function test_pull_aStandingUnlimitedAllowanceIsExactMeanwhile() public {
        _standing(a, address(puppet), type(uint256).max);
        _willPull(address(a), 101);
        vm.expectRevert();
        _make(address(a), 100);
    }

    function test_pull_revert_targetFails() public {
        puppet.end(3, true);
        _expect(_failed(new bytes(3)));
        _make(address(a), 100);
        _assertHolds(FUNDS, FUNDS, FUNDS);
    }

    function test_L11_revert_assetThatIsNotMeasured() public {
        PlainToken unknown = new PlainToken();
        _expect(abi.encodeWithSelector(CallGuard.CallAssetUnknown.selector, unknown));
        _make(address(unknown), 100);
        _expect(abi.encodeWithSelector(CallGuard.CallAssetUnknown.selector, unknown));
        _approve(address(unknown), SPENDER, 100);
    }

    // ------------------------------------------------------------------ SEND

    function test_send_allOfIt() public {
        assertEq(_make(ETH, 100), 100, "moved");
        _assertHolds(FUNDS - 100, FUNDS, FUNDS);
        assertEq(address(puppet).balance, 100, "arrived");
        assertEq(_make(ETH, FUNDS - 100), FUNDS - 100, "the last coin");
    }

    function test_send_whatComesBackIsNotMoved() public {
        puppet.then(holder, 40, "", true);
        assertEq(_make(ETH, 100), 60, "moved");
        _assertHolds(FUNDS - 60, FUNDS, FUNDS);
    }

    function test_send_revert_moreThanThereIs() public {
        _expect(abi.encodeWithSelector(CallGuard.CallInsufficient.selector, FUNDS + 1, FUNDS));
        _make(ETH, FUNDS + 1);
    }

    function test_L1_send_revert_aTokenLeaves() public {
        _standing(a, address(puppet), 10);
        _willPull(address(a), 1);
        _expect(_movedMore(address(a), 0, 1));
        _make(ETH, 100);
    }

    function test_send_revert_targetFails() public {
        puppet.end(0, true);
        _expect(_failed(""));
        _make(ETH, 100);
    }

    function test_send_wrapsTheCoin() public {
        WrappedCoin w = new WrappedCoin();
        account.measure(address(w));
        assertEq(account.make(ETH, 100, address(w), abi.encodeCall(WrappedCoin.deposit, ())), 100, "moved");
        assertEq(w.balanceOf(holder), 100, "wrapped");
        // Back again: what is burnt needs no approval, and none is left.
        assertEq(account.make(address(w), 70, address(w), abi.encodeCall(WrappedCoin.withdraw, (70))), 70, "moved");
        assertEq(w.balanceOf(holder), 30, "unwrapped");
        assertEq(holder.balance, FUNDS - 30, "coin");
        assertEq(w.allowance(holder, address(w)), 0, "allowance");
        _expect(_movedMore(address(w), 29, 30));
        account.make(address(w), 29, address(w), abi.encodeCall(WrappedCoin.withdraw, (30)));
    }

    // ------------------------------------------------------------------ APPROVE

    function test_approve_countsAsMoved() public {
        assertEq(_approve(address(a), SPENDER, 100), 100, "moved");
        assertEq(a.allowance(holder, SPENDER), 100, "allowance");
        _assertHolds(FUNDS, FUNDS, FUNDS);
    }

    function test_approve_anotherAmountInItsPlace() public {
        _approve(address(a), SPENDER, 100);
        assertEq(_approve(address(a), SPENDER, 30), 30, "less");
        assertEq(a.allowance(holder, SPENDER), 30, "less");
        assertEq(_approve(address(a), SPENDER, 200), 200, "more");
        assertEq(a.allowance(holder, SPENDER), 200, "more");
        assertEq(_approve(address(a), SPENDER, 200), 200, "the same again counts again");
        assertEq(_approve(address(a), SPENDER, 0), 0, "none");
        assertEq(a.allowance(holder, SPENDER), 0, "none");
    }

    /// @dev Zero comes between only where a token wants it.
    function test_approve_onceWhereThatDoes() public {
        _approve(address(a), SPENDER, 100);
        vm.recordLogs();
        _approve(address(a), SPENDER, 200);
        assertEq(vm.getRecordedLogs().length, 1, "approvals");
    }

    function _assertNoApproval(bytes memory data, bytes memory refusal) private {
        _expect(refusal);
        account.make(address(a), 100, address(a), data);
        assertEq(a.allowance(holder, SPENDER), 0, "allowance");
    }

    function test_L1_approve_revert_dataThatSaysSomethingElse() public {
        bytes4 s = IERC20.approve.selector;
        bytes4 differs = CallGuard.CallApprovalDiffers.selector;
        bytes32 spender = bytes32(uint256(uint160(SPENDER)));
        bytes32 dirty = bytes32((1 << 255) | uint256(uint160(SPENDER)));
        _assertNoApproval(
            abi.encodePacked(s, spender, uint256(101)), abi.encodeWithSelector(differs, 100, spender, 101)
        );
        _assertNoApproval(abi.encodePacked(s, spender, uint256(99)), abi.encodeWithSelector(differs, 100, spender, 99));
        _assertNoApproval(abi.encodePacked(s, dirty, uint256(100)), abi.encodeWithSelector(differs, 100, dirty, 100));
        bytes memory malformed = abi.encodeWithSelector(CallGuard.CallMalformed.selector, a, a);
        _assertNoApproval(abi.encodePacked(s, spender, uint256(100), uint8(0)), malformed);
        _assertNoApproval(abi.encodePacked(s, spender, uint248(100)), malformed);
    }

    function test_L1_approve_revert_ofAnotherAssetThanIsDeclared() public {
        bytes memory data = abi.encodeCall(IERC20.approve, (SPENDER, 100));
        _expect(abi.encodeWithSelector(CallGuard.CallMalformed.selector, a, b));
        account.make(address(a), 100, address(b), data);
        _expect(abi.encodeWithSelector(CallGuard.CallMalformed.selector, ETH, b));
        account.make(ETH, 100, address(b), data);
        _expect(abi.encodeWithSelector(CallGuard.CallMalformed.selector, ETH, ETH));
        account.make(ETH, 100, ETH, data);
        assertEq(b.allowance(holder, SPENDER), 0, "allowance");
    }

    // ------------------------------------------------------------------ what isn't called

    function test_revert_noCall() public {
        _expect(abi.encodeWithSelector(CallGuard.CallMalformed.selector, a, puppet));
        account.make(address(a), 100, address(puppet), "abc");
        _expect(abi.encodeWithSelector(CallGuard.CallMalformed.selector, ETH, puppet));
        account.make(ETH, 100, address(puppet), "");
    }

    function test_L1_revert_theAccountAndItsHolder() public {
        _expect(abi.encodeWithSelector(CallGuard.CallTargetSelf.selector, account));
        account.make(address(a), 100, address(account), ASK);
        _expect(abi.encodeWithSelector(CallGuard.CallTargetSelf.selector, holder));
        account.make(ETH, 100, holder, ASK);
    }

    function test_L11_revert_whereNoContractIs() public {
        _expect(abi.encodeWithSelector(CallGuard.CallTargetEmpty.selector, SPENDER));
        account.make(ETH, 100, SPENDER, ASK);
        _expect(abi.encodeWithSelector(CallGuard.CallTargetEmpty.selector, SPENDER));
        account.make(address(a), 100, SPENDER, ASK);
    }

    function _forbidden(address target, bytes4 selector) private pure returns (bytes memory) {
        return abi.encodeWithSelector(CallGuard.CallForbidden.selector, target, selector);
    }

    /// @dev A forged message that reaches a destination takes no right that isn't measured: no amount is declared at all.
    function test_L1_revert_forbiddenSelectors() public {
        bytes4 increase = bytes4(keccak256("increaseAllowance(address,uint256)"));
        bytes4 all = bytes4(keccak256("setApprovalForAll(address,bool)"));
        _expect(_forbidden(address(a), increase));
        account.make(ETH, 0, address(a), abi.encodeWithSelector(increase, SPENDER, FUNDS));
        _expect(_forbidden(address(a), increase));
        account.make(address(a), 0, address(a), abi.encodeWithSelector(increase, SPENDER, FUNDS));
        _expect(_forbidden(address(puppet), all));
        account.make(ETH, 0, address(puppet), abi.encodeWithSelector(all, SPENDER, true));
        _expect(_forbidden(address(a), IERC20.transfer.selector));
        account.make(address(a), 100, address(a), abi.encodeCall(IERC20.transfer, (SPENDER, 100)));
    }

    function test_L1_revert_forbiddenTargetsAndSpenders() public {
        address permit2 = ForbiddenCalls.PERMIT2;
        vm.etch(permit2, address(puppet).code);
        _expect(_forbidden(permit2, bytes4(ASK)));
        account.make(address(a), 100, permit2, ASK);
        _expect(_forbidden(permit2, bytes4(ASK)));
        account.make(ETH, 100, permit2, ASK);
        _expect(_forbidden(permit2, IERC20.approve.selector));
        _approve(address(a), permit2, 100);
        _expect(_forbidden(ETH, IERC20.approve.selector));
        _approve(address(a), address(0), 100);
    }

    /// @dev The executor orders every account: no agent has an account call it, nor approves it.
    function test_L1_revert_theExecutor() public {
        address executor = account.EXECUTOR();
        bytes memory forbidden = abi.encodeWithSelector(MandateAccount.AccountCallForbidden.selector, executor);
        _expect(forbidden);
        account.make(ETH, 100, executor, ASK);
        _expect(forbidden);
        account.make(address(a), 100, executor, ASK);
        _expect(forbidden);
        _approve(address(a), executor, 100);
    }

    /// @dev What the guard measures it is told by the account, not by an agent; and governance is nobody's to call.
    function test_L1_revert_theGuardAndWhatGoverns() public {
        address[4] memory targets = [address(guard), address(guard.RULES()), address(registry), address(authority)];
        for (uint256 i; i < targets.length; ++i) {
            _expect(_forbidden(targets[i], bytes4(ASK)));
            account.make(ETH, 100, targets[i], ASK);
            _expect(_forbidden(targets[i], bytes4(ASK)));
            account.make(address(a), 100, targets[i], ASK);
            _expect(_forbidden(targets[i], IERC20.approve.selector));
            _approve(address(a), targets[i], 100);
        }
    }

    // ------------------------------------------------------------------ shares

    function test_pull_depositsForWhoever() public {
        Shares s = new Shares(a);
        account.measure(address(s));
        // Whoever gets the shares, what left counts: who may get them is for the permission to say.
        assertEq(account.make(address(a), 100, address(s), abi.encodeCall(s.deposit, (100, SPENDER))), 100, "moved");
        assertEq(account.make(address(a), 60, address(s), abi.encodeCall(s.deposit, (60, holder))), 60, "moved");
        assertEq(a.allowance(holder, address(s)), 0, "taken back");
        vm.expectRevert(); // the allowance is exact
        account.make(address(a), 60, address(s), abi.encodeCall(s.deposit, (61, holder)));
        // Back again the shares are the asset that leaves.
        bytes memory redeem = abi.encodeCall(s.redeem, (60, SPENDER, holder));
        _expect(_movedMore(address(s), 59, 60));
        account.make(address(s), 59, address(s), redeem);
        _expect(_movedMore(address(s), 0, 60));
        account.make(address(a), 60, address(s), redeem);
        _expect(_movedMore(address(s), 0, 60));
        account.make(ETH, 0, address(s), redeem);
        assertEq(account.make(address(s), 60, address(s), redeem), 60, "moved");
    }

    /// @dev A known limit: of a function that takes from who calls it without an allowance only the balance tells, and what came in
    ///      meanwhile hides as much. A permission for such a function holds its amount argument.
    function test_pull_whatComesInHidesWhatIsTakenWithoutAnAllowance() public {
        BurningToken t = new BurningToken();
        _measure(t);
        bytes memory burn = abi.encodeCall(BurningToken.burn, (1100, address(puppet)));
        _expect(_movedMore(address(t), 100, 1100));
        account.make(address(t), 100, address(t), burn);
        t.mint(address(puppet), 1000);
        puppet.then(address(t), 0, abi.encodeCall(IERC20.transfer, (holder, 1000)), true);
        assertEq(account.make(address(t), 100, address(t), burn), 100, "moved");
    }

    // ------------------------------------------------------------------ contracts that fight

    /// @dev Another puppet that has the account make a call to it, within the call to the first, and pulls that amount.
    function _within(address asset, uint256 amount) private returns (Puppet inner) {
        inner = new Puppet();
        bytes memory data = abi.encodeCall(IERC20.transferFrom, (holder, address(inner), amount));
        if (asset != ETH) inner.then(asset, 0, data, true);
        puppet.then(address(account), 0, abi.encodeCall(account.make, (asset, amount, address(inner), ASK)), true);
    }

    /// @dev What leaves under another intent within this one counts as this one's too.
    function test_L1_revert_aCallWithinThatTakesTheSameAsset() public {
        _within(address(a), 50);
        _willPull(address(a), 51);
        _expect(_movedMore(address(a), 100, 101));
        _make(address(a), 100);
        _assertHolds(FUNDS, FUNDS, FUNDS);
    }

    function test_L1_aCallWithinNeverMoreThanTheOuterDeclares() public {
        Puppet inner = _within(address(a), 50);
        _willPull(address(a), 50);
        assertEq(_make(address(a), 100), 100, "moved");
        _assertHolds(FUNDS, FUNDS - 100, FUNDS);
        assertEq(a.allowance(holder, address(inner)), 0, "allowance");
    }

    function test_L1_revert_aCallWithinThatTakesAnotherAsset() public {
        _within(address(b), 50);
        _expect(_movedMore(address(b), 0, 50));
        _make(address(a), 100);
        _expect(_movedMore(address(b), 0, 50));
        _make(ETH, 100);
    }

    function test_L1_revert_aCallWithinThatTakesTheCoin() public {
        _within(ETH, 50);
        _expect(_movedMore(ETH, 0, 50));
        _make(address(a), 100);
        _expect(_movedMore(ETH, 100, 150));
        _make(ETH, 100);
        _within(ETH, 51);
        _expect(_movedMore(ETH, 100, 201));
        _make(ETH, 100);
    }

    /// @dev The same contract within itself: the inner call sets its allowance back to what the outer one gave it.
    function test_L1_revert_theSameContractWithinItself() public {
        Nested nested = new Nested(account, address(a));
        nested.plan(50, 50, 100);
        vm.expectRevert(); // the outer one's allowance serves both
        account.make(address(a), 100, address(nested), ASK);
        nested.plan(50, 50, 50);
        assertEq(account.make(address(a), 100, address(nested), ASK), 100, "moved");
        assertEq(a.allowance(holder, address(nested)), 0, "allowance");
        assertEq(a.balanceOf(holder), FUNDS - 100, "left");
    }

    /// @dev Beside a standing allowance: neither call uses it, and it stands as it was.
    function test_L1_theSameContractWithinItselfBesideAStandingAllowance() public {
        Nested nested = new Nested(account, address(a));
        _standing(a, address(nested), 500);
        nested.plan(50, 50, 50);
        assertEq(account.make(address(a), 100, address(nested), ASK), 100, "moved");
        assertEq(a.allowance(holder, address(nested)), 400, "used, and not given again");
        nested.plan(50, 50, 101);
        vm.expectRevert(); // the allowance is exact
        account.make(address(a), 100, address(nested), ASK);
    }

    /// @dev An approval given within a call to the one who gets it.
    function test_L1_revert_anApprovalWithinForTheOneWhoIsCalled() public {
        bytes memory approve = abi.encodeCall(IERC20.approve, (address(puppet), 70));
        puppet.then(address(account), 0, abi.encodeCall(account.make, (address(a), 70, address(a), approve)), true);
        _expect(abi.encodeWithSelector(CallGuard.CallAllowanceLeft.selector, a, puppet, 0, 70));
        _make(ETH, 100);
        _expect(abi.encodeWithSelector(CallGuard.CallAllowanceLeft.selector, a, puppet, 0, 70));
        _make(address(b), 100);
        // Within a PULL of the same asset what that lends stands, which is no agent's to change.
        vm.expectRevert();
        _make(address(a), 100);
        assertEq(a.allowance(holder, address(puppet)), 0, "allowance");
    }

    function test_bombs_returnedAreNotLookedAt() public {
        _make(address(a), 100); // nothing is cold after this
        uint256 gas = gasleft();
        _make(address(a), 100);
        uint256 quiet = gas - gasleft();
        puppet.end(100_000, false);
        gas = gasleft();
        _make(address(a), 100);
        // The puppet pays 28,000 for its own memory, and twice 20,000 when it is asked who governs it; the account pays for none of
        // it again.
        assertLe(gas - gasleft(), quiet + 80_000, "gas");
    }

    function test_bombs_revertedAreCutToNothing() public {
        puppet.end(257, true);
        _expect(_failed(""));
        _make(address(a), 100);
        puppet.end(256, true);
        _expect(_failed(new bytes(256)));
        _make(address(a), 100);
    }

    // ------------------------------------------------------------------ tokens that fight

    function test_token_tether() public {
        TetherToken t = new TetherToken();
        account.measure(address(t));
        t.mint(holder, FUNDS);
        _willPull(address(t), 60);
        assertEq(_make(address(t), 100), 60, "moved");
        assertEq(t.allowance(holder, address(puppet)), 0, "taken back");
        // One standing allowance into another.
        assertEq(_approve(address(t), SPENDER, 100), 100, "approved");
        assertEq(_approve(address(t), SPENDER, 200), 200, "approved");
        assertEq(t.allowance(holder, SPENDER), 200, "approved");
        // Pulled beside a standing one.
        assertEq(_approve(address(t), address(puppet), 500), 500, "approved");
        assertEq(_make(address(t), 100), 60, "moved");
        assertEq(t.allowance(holder, address(puppet)), 440, "used");
    }

    function test_token_thatRefusesZero() public {
        NoZeroToken t = new NoZeroToken();
        _measure(t);
        _willPull(address(t), 100);
        assertEq(_make(address(t), 100), 100, "all of it leaves nothing to take back");
        _approve(address(t), SPENDER, 100);
        assertEq(_approve(address(t), SPENDER, 200), 200, "approved");
        // A rest that can't be taken back is none that may stay.
        _expect(_refused(address(t), address(puppet), 0, 1));
        _make(address(t), 101);
    }

    function _refused(address token, address spender, uint256 asked, uint256 allowance)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(MandateAccount.AccountApprovalRefused.selector, token, spender, asked, allowance);
    }

    function test_token_revert_approvalThatIsNone() public {
        FalseApproveToken t = new FalseApproveToken();
        _measure(t);
        _expect(_refused(address(t), address(puppet), 100, 0));
        _make(address(t), 100);
        _expect(_refused(address(t), SPENDER, 100, 0));
        _approve(address(t), SPENDER, 100);
    }

    function test_L1_token_revert_approvalOfMore() public {
        GenerousToken t = new GenerousToken();
        _measure(t);
        _expect(_refused(address(t), address(puppet), 100, 101));
        _make(address(t), 100);
        _expect(_refused(address(t), SPENDER, 100, 101));
        _approve(address(t), SPENDER, 100);
    }

    function test_token_revert_blocked() public {
        BlocklistApproveToken t = new BlocklistApproveToken();
        _measure(t);
        t.block_(SPENDER);
        _expect(_refused(address(t), SPENDER, 100, 0));
        _approve(address(t), SPENDER, 100);
        assertEq(_approve(address(t), address(puppet), 100), 100, "another isn't");
    }

    function test_L1_token_revert_feeOnTop() public {
        SurchargePullToken t = new SurchargePullToken();
        _measure(t);
        _willPull(address(t), 100);
        _expect(_movedMore(address(t), 100, 101));
        _make(address(t), 100);
        assertEq(_make(address(t), 101), 101, "declared with its fee");
    }

    function test_L1_token_revert_nativeCoinLeavesWithIt() public {
        DualToken t = new DualToken();
        _measure(t);
        _willPull(address(t), 100);
        _expect(_movedMore(ETH, 0, 100));
        _make(address(t), 100);
    }

    function test_token_feeFromTheRecipient() public {
        FeePullToken t = new FeePullToken();
        _measure(t);
        _willPull(address(t), 100);
        assertEq(_make(address(t), 100), 100, "what left counts");
        assertEq(t.balanceOf(address(puppet)), 99, "arrived");
    }

    function test_token_saysFalseAndMovesNothing() public {
        FalsePullToken t = new FalsePullToken();
        _measure(t);
        _willPull(address(t), 100);
        assertEq(_make(address(t), 100), 0, "moved");
        assertEq(t.allowance(holder, address(puppet)), 0, "taken back");
    }

    function test_L1_token_revert_rebases() public {
        ShrinkingToken t = new ShrinkingToken();
        _measure(t);
        _willPull(address(t), 100);
        _expect(_movedMore(address(t), 100, FUNDS - (FUNDS - 100) / 2));
        _make(address(t), 100);
        // Also one that isn't declared.
        _standing(t, address(puppet), 100);
        _expect(_movedMore(address(t), 0, FUNDS - (FUNDS - 100) / 2));
        _make(address(a), 100);
    }

    function test_L1_token_revert_callWithinApprove() public {
        ApproveHookToken t = new ApproveHookToken();
        _measure(t);
        Puppet inner = new Puppet();
        inner.then(address(b), 0, abi.encodeCall(IERC20.transferFrom, (holder, address(inner), 50)), true);
        t.hook(address(account), abi.encodeCall(GuardedAccount.make, (address(b), 50, address(inner), ASK)));
        _expect(_movedMore(address(b), 0, 50));
        _approve(address(t), SPENDER, 100);
        _expect(_movedMore(address(b), 0, 100)); // once there, once back
        _make(address(t), 100);
        assertEq(t.allowance(holder, SPENDER), 0, "allowance");
    }

    /// @dev A spender that takes as soon as it may and is allowed again: what it took shows.
    function test_L1_token_revert_takesWithinItsOwnApproval() public {
        LoudToken t = new LoudToken();
        _measure(t);
        puppet.then(address(t), 0, abi.encodeCall(LoudToken.tell, (ETH, "")), true); // once
        _willPull(address(t), 60);
        t.tell(address(puppet), ASK);
        _expect(_movedMore(address(t), 0, 60));
        _approve(address(t), address(puppet), 100);
        _expect(_movedMore(address(t), 100, 120));
        _make(address(t), 100);
    }

    function test_L1_token_revert_assetLeavesWithinApprove() public {
        ApproveHookToken t = new ApproveHookToken();
        _measure(t);
        _standing(b, address(puppet), 10);
        _willPull(address(b), 10);
        t.hook(address(puppet), ASK);
        _expect(_movedMore(address(b), 0, 10));
        _approve(address(t), SPENDER, 100);
    }

    function test_L1_token_revert_declaredAssetLeavesWithinApprove() public {
        ApproveHookToken t = new ApproveHookToken();
        _measure(t);
        _standing(t, address(puppet), 10);
        _willPull(address(t), 10);
        t.hook(address(puppet), ASK);
        _expect(_movedMore(address(t), 0, 10));
        _approve(address(t), SPENDER, 100);
    }

    function test_L1_token_revert_allowanceRaisedByAFunctionOfItsOwn() public {
        BackdoorToken t = new BackdoorToken();
        _measure(t);
        _expect(abi.encodeWithSelector(CallGuard.CallAllowanceLeft.selector, t, t, 0, FUNDS));
        account.make(ETH, 0, address(t), abi.encodeCall(BackdoorToken.improve, ()));
        _expect(abi.encodeWithSelector(CallGuard.CallAllowanceLeft.selector, t, t, 0, FUNDS));
        account.make(address(a), 100, address(t), abi.encodeCall(BackdoorToken.improve, ()));
        assertEq(t.allowance(holder, address(t)), 0, "allowance");
        // Declared, it is taken back with the approval.
        assertEq(account.make(address(t), 100, address(t), abi.encodeCall(BackdoorToken.improve, ())), 0, "moved");
        assertEq(t.allowance(holder, address(t)), 0, "allowance");
    }

    function test_L11_token_revert_unreadable() public {
        TalkativeToken t = new TalkativeToken();
        _measure(t);
        for (uint256 i; i < 2; ++i) {
            bool about = i == 1;
            uint256[3] memory short = [uint256(0), 1, 31];
            for (uint256 j; j < 3; ++j) {
                t.talk(short[j], false, about);
                _expect(abi.encodeWithSelector(Holding.HoldingUnknown.selector, t, holder));
                _make(address(a), 100);
            }
            t.talk(32, true, about);
            _expect(abi.encodeWithSelector(Holding.HoldingUnknown.selector, t, holder));
            _make(address(a), 100);
        }
        t.talk(100_000, false, true);
        uint256 gas = gasleft();
        _make(address(a), 100);
        assertLe(gas - gasleft(), 300_000, "what it returns beyond a word isn't copied");
    }

    /// @dev A mandate may name a token of another chain.
    function test_token_withoutCodeIsNothing() public {
        account.measure(SPENDER);
        _willPull(address(a), 100);
        assertEq(_make(address(a), 100), 100, "moved");
    }

    function test_assets_theNativeCoinAmongThem() public {
        account.measure(ETH);
        assertEq(_make(ETH, 100), 100, "moved");
        _willPull(address(a), 100);
        assertEq(_make(address(a), 100), 100, "moved");
        _assertHolds(FUNDS - 100, FUNDS - 100, FUNDS);
    }

    // ------------------------------------------------------------------ for all

    /// @dev Any contract, that takes and gives what it can of two assets and the coin: either nothing happened, or only
    ///      what was declared left and no allowance grew.
    function testFuzz_L1_onlyWhatWasDeclaredLeaves(
        uint256 kind,
        uint256 amount,
        uint256[4] memory takes,
        uint256[4] memory gives,
        uint256[2] memory standing
    ) public {
        amount = bound(amount, 0, 2 * FUNDS);
        _standing(a, address(puppet), bound(standing[0], 0, FUNDS));
        _standing(b, address(puppet), bound(standing[1], 0, FUNDS));
        a.mint(address(puppet), 100);
        b.mint(address(puppet), 100);
        vm.deal(address(puppet), 100);
        for (uint256 i; i < 4; ++i) {
            // Takes near the amount, with what it has or is allowed; what it may not take it goes without.
            uint256 near = amount == 0 ? 0 : bound(takes[i], amount - 1, amount + 1);
            ERC20 token = takes[i] % 3 == 0 ? b : a;
            puppet.then(address(token), 0, _pull(takes[i] % 2 == 0 ? near : bound(takes[i], 0, 100)), false);
            if (gives[i] % 3 == 0) puppet.then(holder, bound(gives[i], 0, 100), "", false);
            else puppet.then(address(token), 0, abi.encodeCall(IERC20.transfer, (holder, gives[i] % 101)), false);
        }
        address asset = [ETH, address(a), address(b)][kind % 3];
        uint256[5] memory before = _state();

        try account.make(asset, amount, address(puppet), ASK) returns (uint256 moved) {
            uint256[5] memory after_ = _state();
            uint256 expected;
            for (uint256 i; i < 3; ++i) {
                uint256 left = before[i] > after_[i] ? before[i] - after_[i] : 0;
                if (i == kind % 3) expected = left;
                else assertEq(left, 0, "another asset left");
            }
            assertLe(expected, amount, "more left than was declared");
            assertEq(moved, expected, "moved");
            assertLe(after_[3], before[3], "allowance of a grew");
            assertLe(after_[4], before[4], "allowance of b grew");
        } catch {
            assertEq(abi.encode(_state()), abi.encode(before), "refused, and yet something happened");
        }
    }

    function _state() private view returns (uint256[5] memory) {
        return [
            holder.balance,
            a.balanceOf(holder),
            b.balanceOf(holder),
            a.allowance(holder, address(puppet)),
            b.allowance(holder, address(puppet))
        ];
    }

    function testFuzz_approve_isExactlyWhatStandsAfterwards(uint256 before, uint256 amount, bool tether) public {
        address token = address(a);
        if (tether) {
            token = address(new TetherToken());
            account.measure(token);
        }
        _approve(token, SPENDER, before);
        assertEq(_approve(token, SPENDER, amount), amount, "moved");
        assertEq(IERC20(token).allowance(holder, SPENDER), amount, "allowance");
    }
}

/// @notice Has the account call it a second time within the first call, and takes a part of its allowance in between.
contract Nested {
    GuardedAccount private immutable _ACCOUNT;
    IERC20 private immutable _ASSET;
    uint256 private _inner;
    uint256 private _within;
    uint256 private _after;
    uint256 private _depth;

    constructor(GuardedAccount account, address asset) {
        (_ACCOUNT, _ASSET) = (account, IERC20(asset));
    }

    /// @param inner what the inner call declares
    /// @param within what is taken in it
    /// @param after_ what is taken in the outer one, after it
    function plan(uint256 inner, uint256 within, uint256 after_) external {
        (_inner, _within, _after) = (inner, within, after_);
    }

    fallback() external {
        if (_depth++ == 0) {
            _ACCOUNT.make(address(_ASSET), _inner, address(this), msg.data);
            _ASSET.transferFrom(_ACCOUNT.holder(), address(this), _after);
            _depth = 0;
        } else {
            _ASSET.transferFrom(_ACCOUNT.holder(), address(this), _within);
        }
    }
}

/// @notice The same, where a module moves what a wallet holds.
contract CallGuardModuleTest is CallGuardTest {
    function setUp() public override {
        _guard();
        _open(new GuardedModule(guard));
    }

    function _told(bytes memory) internal pure override returns (bytes memory) {
        return "";
    }

    function test_module_holdsNothingItself() public {
        vm.deal(address(account), 5);
        assertEq(account.make(ETH, 100, address(puppet), ASK), 100, "moved");
        assertEq(address(account).balance, 5, "the module's own");
        assertEq(holder.balance, FUNDS - 100, "the wallet's");
    }
}
