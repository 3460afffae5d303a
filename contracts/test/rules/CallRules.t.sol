// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {CallKind} from "../../src/CallKind.sol";
import {Intent} from "../../src/Intent.sol";
import {CallRules} from "../../src/rules/CallRules.sol";
import {Tightening} from "../../src/rules/Tightening.sol";
import {Governed} from "../lib/Governed.sol";

interface Shop {
    function buy(uint256 item, uint256 price, address receiver) external payable;
}

/// @notice Says what it was told to, to every question.
contract Answering {
    bytes private _answer;
    uint256 private _rounds;

    function answer(bytes calldata answer_, uint256 rounds) external {
        (_answer, _rounds) = (answer_, rounds);
    }

    fallback() external {
        bytes32 x;
        for (uint256 i; i < _rounds; ++i) {
            x = keccak256(abi.encode(x));
        }
        bytes memory a = _answer;
        assembly ("memory-safe") {
            return(add(a, 0x20), mload(a))
        }
    }
}

/// @notice Which calls are admitted, on which conditions, and who may change that (L5).
contract CallRulesTest is Governed {
    uint8 private constant ANY = 0xff;
    address private constant ETH = address(0);
    address private constant PERMIT2 = 0x000000000022D473030F116dDEE9F6B43aC78BA3;

    CallRules private _rules;
    address private immutable _SHOP = vm.addr(0xE1);
    address private immutable _TOKEN = vm.addr(0xE2);
    address private immutable _ACCOUNT = vm.addr(0xE3);
    bytes4 private constant _BUY = Shop.buy.selector;

    function setUp() public {
        govern();
        _rules = new CallRules(address(authority), registry);
    }

    // ------------------------------------------------------------------ helpers

    function _permission(CallKind kind) private pure returns (CallRules.Permission memory) {
        return CallRules.Permission(kind, 1, 2, ANY, true);
    }

    function _grant(address target, bytes4 selector, CallRules.Permission memory p) private {
        vm.prank(GOVERNANCE);
        _rules.setPermission(agentId, HOME, target, selector, p);
    }

    function _grantBuy(CallKind kind) private {
        _grant(_SHOP, _BUY, _permission(kind));
    }

    function _grantApprove() private {
        _grant(_TOKEN, IERC20.approve.selector, CallRules.Permission(CallKind.APPROVE, 1, 0, ANY, true));
    }

    function _call(address asset, address to, uint256 amount, bytes memory data) private view returns (Intent memory) {
        return Intent(agentId, _ACCOUNT, HOME, asset, to, amount, data, 0, uint64(time() + 1 hours));
    }

    function _buy(address asset, uint256 amount) private view returns (Intent memory) {
        return _call(asset, _SHOP, amount, abi.encodeCall(Shop.buy, (7, amount, PAYEE)));
    }

    function _approval(address spender, uint256 amount) private view returns (Intent memory) {
        return _call(_TOKEN, _TOKEN, amount, abi.encodeCall(IERC20.approve, (spender, amount)));
    }

    function _assertAdmitted(Intent memory intent, address recipient, CallKind kind) private view {
        (bool admitted, address recipient_, CallKind kind_) = _rules.judge(intent);
        assertTrue(admitted, "denied");
        assertEq(recipient_, recipient, "recipient");
        assertTrue(kind_ == kind, "kind");
    }

    function _assertDenied(Intent memory intent, string memory why) private view {
        (bool admitted, address recipient, CallKind kind) = _rules.judge(intent);
        assertFalse(admitted, why);
        assertTrue(recipient == address(0) && kind == CallKind.NONE, "a denial says no more");
    }

    // ------------------------------------------------------------------ admitted

    function test_pull_withItsRecipient() public {
        _grantBuy(CallKind.PULL);
        _assertAdmitted(_buy(_TOKEN, 5), PAYEE, CallKind.PULL);
        _assertAdmitted(_buy(_TOKEN, 6), PAYEE, CallKind.PULL);
    }

    function test_send_withItsRecipient() public {
        _grantBuy(CallKind.SEND);
        _assertAdmitted(_buy(ETH, 5), PAYEE, CallKind.SEND);
    }

    function test_approve_withItsSpender() public {
        _grantApprove();
        _assertAdmitted(_approval(PAYEE, 5), PAYEE, CallKind.APPROVE);
    }

    /// @dev The account may be a module, which must not receive what belongs to its wallet.
    function test_recipient_theAccountItselfIsOneLikeAnother() public {
        _grantBuy(CallKind.PULL);
        Intent memory intent = _call(_TOKEN, _SHOP, 5, abi.encodeCall(Shop.buy, (7, 5, _ACCOUNT)));
        _assertAdmitted(intent, _ACCOUNT, CallKind.PULL);
    }

    function test_recipient_ofShares() public {
        bytes4 deposit = IERC4626.deposit.selector;
        _grant(_SHOP, deposit, CallRules.Permission(CallKind.PULL, 0, 1, ANY, true));
        _assertAdmitted(_call(_TOKEN, _SHOP, 5, abi.encodeCall(IERC4626.deposit, (5, PAYEE))), PAYEE, CallKind.PULL);
        _assertDenied(_call(_TOKEN, _SHOP, 5, abi.encodeCall(IERC4626.deposit, (6, PAYEE))), "another amount");
        _assertDenied(_call(_TOKEN, _SHOP, 5, abi.encodeCall(IERC4626.mint, (5, PAYEE))), "another function");
        // The first of two: who receives, not who owns.
        _grant(_SHOP, IERC4626.redeem.selector, CallRules.Permission(CallKind.PULL, 0, 1, ANY, true));
        Intent memory intent = _call(_SHOP, _SHOP, 5, abi.encodeCall(IERC4626.redeem, (5, PAYEE, _ACCOUNT)));
        _assertAdmitted(intent, PAYEE, CallKind.PULL);
    }

    /// @dev Where an offset leads doesn't matter: the words are those of the head.
    function test_words_behindAnOffsetThatLies() public {
        _grant(_SHOP, _BUY, CallRules.Permission(CallKind.PULL, 1, 2, ANY, true));
        uint256[4] memory offsets = [uint256(0), 32, 96, type(uint256).max];
        for (uint256 i; i < offsets.length; ++i) {
            bytes memory data = abi.encodePacked(_BUY, offsets[i], uint256(5), uint256(uint160(PAYEE)), uint256(6));
            _assertAdmitted(_call(_TOKEN, _SHOP, 5, data), PAYEE, CallKind.PULL);
            _assertDenied(_call(_TOKEN, _SHOP, 6, data), "an amount that stands elsewhere");
        }
    }

    function test_recipient_anyWhenNotListed() public {
        _grant(_SHOP, _BUY, CallRules.Permission(CallKind.PULL, 1, 2, ANY, false));
        _assertAdmitted(_buy(_TOKEN, 5), address(0), CallKind.PULL);
    }

    function test_words_anyArgument() public {
        _grant(_SHOP, _BUY, CallRules.Permission(CallKind.SEND, ANY, ANY, ANY, false));
        _assertAdmitted(_call(ETH, _SHOP, 5, abi.encodePacked(_BUY)), address(0), CallKind.SEND);
        _assertAdmitted(_call(ETH, _SHOP, 5, abi.encodePacked(_BUY, "anything")), address(0), CallKind.SEND);
    }

    function test_words_moreBehindThem() public {
        _grantBuy(CallKind.PULL);
        Intent memory intent = _buy(_TOKEN, 5);
        intent.data = abi.encodePacked(intent.data, "and more");
        _assertAdmitted(intent, PAYEE, CallKind.PULL);
    }

    function test_words_theLastThatAPermissionCanName() public {
        _grant(_SHOP, _BUY, CallRules.Permission(CallKind.PULL, 254, ANY, ANY, false));
        bytes memory data = abi.encodePacked(_BUY, new bytes(254 * 32), uint256(5));
        _assertAdmitted(_call(_TOKEN, _SHOP, 5, data), address(0), CallKind.PULL);
        _assertDenied(_call(_TOKEN, _SHOP, 6, data), "another amount");
    }

    // ------------------------------------------------------------------ denied

    /// @notice The argument that names a token must name the asset: whole, and where it was permitted to stand.
    function test_L1_denied_anotherAsset() public {
        _grant(_SHOP, _BUY, CallRules.Permission(CallKind.PULL, 1, 2, 0, true));
        uint256 asset = uint160(_TOKEN);
        _assertAdmitted(_call(_TOKEN, _SHOP, 5, abi.encodeWithSelector(_BUY, asset, 5, PAYEE)), PAYEE, CallKind.PULL);
        uint256[4] memory others = [uint256(0), uint160(_SHOP), (1 << 160) | asset, asset << 96];
        for (uint256 i; i < others.length; ++i) {
            _assertDenied(_call(_TOKEN, _SHOP, 5, abi.encodeWithSelector(_BUY, others[i], 5, PAYEE)), "another asset");
        }
        _grant(_SHOP, _BUY, CallRules.Permission(CallKind.PULL, ANY, ANY, 3, false));
        _assertDenied(_call(_TOKEN, _SHOP, 5, abi.encodeWithSelector(_BUY, asset, 5, PAYEE)), "not there");
        _grant(_SHOP, _BUY, CallRules.Permission(CallKind.SEND, 1, 2, 0, true));
        _assertAdmitted(_call(ETH, _SHOP, 5, abi.encodeWithSelector(_BUY, 0, 5, PAYEE)), PAYEE, CallKind.SEND);
        _assertDenied(_call(ETH, _SHOP, 5, abi.encodeWithSelector(_BUY, asset, 5, PAYEE)), "a token for the coin");
    }

    function test_L11_denied_withoutPermission() public {
        _assertDenied(_buy(_TOKEN, 5), "never permitted");
        _grantBuy(CallKind.PULL);
        Intent memory intent = _buy(_TOKEN, 5);
        intent.agentId += 1;
        _assertDenied(intent, "another agent");
        intent = _buy(_TOKEN, 5);
        intent.chainId += 1;
        _assertDenied(intent, "another chain");
        intent = _buy(_TOKEN, 5);
        intent.to = _TOKEN;
        _assertDenied(intent, "another contract");
        intent = _buy(_TOKEN, 5);
        intent.data[3] ^= 0x01;
        _assertDenied(intent, "another function");
    }

    function test_L11_denied_withoutSelector() public {
        // A permission for the selector zero isn't one for no selector at all.
        _grant(_SHOP, bytes4(0), CallRules.Permission(CallKind.SEND, ANY, ANY, ANY, false));
        _assertAdmitted(_call(ETH, _SHOP, 5, hex"00000000"), address(0), CallKind.SEND);
        _assertDenied(_call(ETH, _SHOP, 5, hex"000000"), "three bytes");
        _assertDenied(_call(ETH, _SHOP, 5, ""), "no data");
    }

    function test_denied_anotherKind() public {
        _grantBuy(CallKind.PULL);
        _assertDenied(_buy(ETH, 5), "native coin for a PULL");
        _grantBuy(CallKind.SEND);
        _assertDenied(_buy(_TOKEN, 5), "token for a SEND");
    }

    function test_L1_denied_anotherAmount() public {
        _grantBuy(CallKind.PULL);
        Intent memory intent = _buy(_TOKEN, 5);
        intent.amount = 4;
        _assertDenied(intent, "less declared");
        intent.amount = 6;
        _assertDenied(intent, "more declared");
    }

    function test_L11_denied_wordsThatAreNotThere() public {
        _grantBuy(CallKind.PULL);
        Intent memory intent = _call(_TOKEN, _SHOP, 5, abi.encodeWithSelector(_BUY, 7, 5));
        _assertDenied(intent, "no recipient");
        intent.data = abi.encodePacked(abi.encodeWithSelector(_BUY, 7, 5), new bytes(12), bytes19(bytes20(PAYEE)));
        _assertDenied(intent, "a byte of the recipient is missing");
        _grant(_SHOP, _BUY, CallRules.Permission(CallKind.PULL, 2, ANY, ANY, false));
        intent.data = abi.encodePacked(_BUY, new bytes(64), uint248(0));
        intent.amount = 0;
        _assertDenied(intent, "a byte of the amount is missing");
    }

    function test_denied_recipientThatIsNone() public {
        _grantBuy(CallKind.PULL);
        uint256[4] memory words = [0, (1 << 160) | uint160(PAYEE), type(uint256).max, uint160(PERMIT2)];
        for (uint256 i; i < words.length; ++i) {
            _assertDenied(_call(_TOKEN, _SHOP, 5, abi.encodeWithSelector(_BUY, 7, 5, words[i])), "recipient");
        }
        // Nor where anybody may receive.
        _grant(_SHOP, _BUY, CallRules.Permission(CallKind.PULL, 1, 2, ANY, false));
        for (uint256 i; i < words.length; ++i) {
            _assertDenied(_call(_TOKEN, _SHOP, 5, abi.encodeWithSelector(_BUY, 7, 5, words[i])), "recipient");
        }
    }

    function test_denied_theAccountItself() public {
        _grant(_ACCOUNT, _BUY, _permission(CallKind.PULL));
        Intent memory intent = _buy(_TOKEN, 5);
        intent.to = _ACCOUNT;
        _assertDenied(intent, "the account calls itself");
    }

    function test_approve_denied_unlimited() public {
        _grantApprove();
        uint256[4] memory amounts =
            [uint256(type(uint96).max), type(uint128).max, uint256(type(uint128).max) + 1, type(uint256).max];
        for (uint256 i; i < amounts.length; ++i) {
            assertTrue(_rules.isUnlimited(amounts[i]), "unlimited");
            _assertDenied(_approval(PAYEE, amounts[i]), "unlimited");
        }
        uint256[3] memory exact = [uint256(type(uint96).max) - 1, uint256(type(uint96).max) + 1, type(uint128).max - 1];
        for (uint256 i; i < exact.length; ++i) {
            _assertAdmitted(_approval(PAYEE, exact[i]), PAYEE, CallKind.APPROVE);
        }
    }

    function test_approve_denied_inAnotherShape() public {
        _grantApprove();
        Intent memory intent = _approval(PAYEE, 5);
        intent.asset = _SHOP;
        _assertDenied(intent, "of another asset than is declared");
        intent.asset = ETH;
        _assertDenied(intent, "of the native coin");
        intent = _approval(PAYEE, 5);
        intent.amount = 4;
        _assertDenied(intent, "of more than is declared");
        intent = _approval(PAYEE, 5);
        intent.data = abi.encodePacked(intent.data, uint8(0));
        _assertDenied(intent, "with a byte behind it");
        intent.data = abi.encodeWithSelector(IERC20.approve.selector, PAYEE);
        _assertDenied(intent, "without an amount");
        _assertDenied(_approval(PERMIT2, 5), "to Permit2");
        _assertDenied(_approval(address(0), 5), "to nobody");
        _assertDenied(_approval(_ACCOUNT, 5), "to the account itself");
        intent = _approval(PAYEE, 5);
        intent.data = abi.encodeWithSelector(IERC20.approve.selector, (1 << 160) | uint160(PAYEE), 5);
        _assertDenied(intent, "to what isn't an address");
    }

    // ------------------------------------------------------------------ what can't be permitted

    function _assertImpossible(
        address target,
        bytes4 selector,
        CallRules.Permission memory p,
        bytes memory refusal,
        string memory why
    ) private {
        vm.prank(GOVERNANCE);
        (bool ok, bytes memory answer) =
            address(_rules).call(abi.encodeCall(CallRules.setPermission, (agentId, HOME, target, selector, p)));
        assertFalse(ok, why);
        assertEq(answer, refusal, why);
    }

    function test_impossible_targets() public {
        address[6] memory targets = [
            address(0),
            PERMIT2,
            0xcA11bde05977b3631167028862bE2a173976CA11,
            address(_rules),
            address(registry),
            address(authority)
        ];
        for (uint256 i; i < targets.length; ++i) {
            bytes memory refusal = abi.encodeWithSelector(CallRules.CallRulesTargetForbidden.selector, targets[i]);
            _assertImpossible(targets[i], _BUY, _permission(CallKind.PULL), refusal, "target");
            _assertImpossible(targets[i], _BUY, _permission(CallKind.SEND), refusal, "target");
            CallRules.Permission memory only = CallRules.Permission(CallKind.APPROVE, 1, 0, ANY, true);
            _assertImpossible(targets[i], IERC20.approve.selector, only, refusal, "target");
            assertTrue(_rules.isForbidden(targets[i], _BUY), "forbidden");
        }
        assertFalse(_rules.isForbidden(_SHOP, _BUY), "any other");
        assertFalse(_rules.isForbidden(_TOKEN, IERC20.approve.selector), "an approval has its own rules");
    }

    /// @notice Whatever a contract answers that is asked who governs it, only our authority as one word is an answer, and whoever
    ///         starves the question decides nothing.
    function test_impossible_whatOurAuthorityGoverns() public {
        Answering other = new Answering();
        assertFalse(_rules.isForbidden(address(other), _BUY), "nothing");
        other.answer(abi.encode(authority), 0);
        assertTrue(_rules.isForbidden(address(other), _BUY), "ours");
        for (uint256 gas = 1000; gas < 60_000; gas += 500) {
            try _rules.isForbidden{gas: gas}(address(other), _BUY) returns (bool forbidden) {
                assertTrue(forbidden, "starved");
            } catch {}
        }
        bytes[5] memory others = [
            abi.encode(THIEF),
            abi.encode((1 << 160) | uint160(address(authority))),
            abi.encode(authority, 0),
            abi.encodePacked(address(authority)),
            new bytes(100_000)
        ];
        for (uint256 i; i < others.length; ++i) {
            other.answer(others[i], 0);
            assertFalse(_rules.isForbidden(address(other), _BUY), "another answer");
        }
        other.answer(abi.encode(authority), 100_000);
        assertFalse(_rules.isForbidden(address(other), _BUY), "too late");
        other.answer(abi.encode(GOVERNANCE), 0);
        assertTrue(_rules.isForbidden(address(other), _BUY), "decides for who governs");
        assertTrue(_rules.isForbidden(GOVERNANCE, _BUY), "governs");
    }

    function test_impossible_approveInAnotherShape() public {
        CallRules.Permission memory only = CallRules.Permission(CallKind.APPROVE, 1, 0, ANY, true);
        bytes4 approve = IERC20.approve.selector;
        CallRules.Permission[7] memory wrong = [
            CallRules.Permission(CallKind.PULL, 1, 0, ANY, true),
            CallRules.Permission(CallKind.SEND, 1, 0, ANY, true),
            CallRules.Permission(CallKind.APPROVE, ANY, 0, ANY, true),
            CallRules.Permission(CallKind.APPROVE, 0, 1, ANY, true),
            CallRules.Permission(CallKind.APPROVE, 1, ANY, ANY, true),
            CallRules.Permission(CallKind.APPROVE, 1, 0, ANY, false),
            CallRules.Permission(CallKind.APPROVE, 2, 0, ANY, true)
        ];
        for (uint256 i; i < wrong.length; ++i) {
            bytes memory refusal =
                abi.encodeWithSelector(CallRules.CallRulesApproveOnly.selector, approve, wrong[i], only);
            _assertImpossible(_TOKEN, approve, wrong[i], refusal, "shape");
        }
        bytes memory other = abi.encodeWithSelector(CallRules.CallRulesApproveOnly.selector, _BUY, only, only);
        _assertImpossible(_TOKEN, _BUY, only, other, "another function as APPROVE");
    }

    function test_impossible_oneWordForBoth() public {
        bytes memory refusal = abi.encodeWithSelector(CallRules.CallRulesWordTwice.selector, 3);
        _assertImpossible(_SHOP, _BUY, CallRules.Permission(CallKind.PULL, 3, 3, ANY, true), refusal, "one word");
    }

    function test_impossible_oneWordForTheAsset() public {
        bytes memory refusal = abi.encodeWithSelector(CallRules.CallRulesWordTwice.selector, 3);
        _assertImpossible(_SHOP, _BUY, CallRules.Permission(CallKind.PULL, 3, 2, 3, true), refusal, "the amount's");
        _assertImpossible(_SHOP, _BUY, CallRules.Permission(CallKind.PULL, 1, 3, 3, true), refusal, "the recipient's");
    }

    function test_impossible_listedNobody() public {
        bytes memory refusal = abi.encodeWithSelector(CallRules.CallRulesRecipientUnnamed.selector);
        _assertImpossible(_SHOP, _BUY, CallRules.Permission(CallKind.PULL, 3, ANY, ANY, true), refusal, "listed nobody");
    }

    function test_impossible_kindThatIsNone() public {
        bytes memory data =
            abi.encodeWithSelector(CallRules.setPermission.selector, agentId, HOME, _SHOP, _BUY, 4, 1, 2, 0, true);
        vm.prank(GOVERNANCE);
        (bool ok,) = address(_rules).call(data);
        assertFalse(ok, "a fifth kind");
    }

    function test_impossible_agentZero() public {
        vm.expectRevert(abi.encodeWithSelector(Tightening.TighteningAgentUnknown.selector, 0));
        vm.prank(GOVERNANCE);
        _rules.setPermission(0, HOME, _SHOP, _BUY, _permission(CallKind.PULL));
    }

    // ------------------------------------------------------------------ direction

    function test_set_tellsAndStores() public {
        CallRules.Permission memory p = _permission(CallKind.PULL);
        vm.expectEmit(address(_rules));
        emit CallRules.PermissionSet(agentId, HOME, _SHOP, _BUY, p, GOVERNANCE);
        _grant(_SHOP, _BUY, p);
        assertEq(abi.encode(_rules.permission(agentId, HOME, _SHOP, _BUY)), abi.encode(p), "stored");
    }

    function test_L5_forbiddenAtOnceByEach() public {
        for (uint256 i; i < 3; ++i) {
            _grantBuy(CallKind.PULL);
            CallRules.Permission memory none = CallRules.Permission(CallKind.NONE, 0, 0, 0, false);
            vm.expectEmit(address(_rules));
            emit CallRules.PermissionSet(agentId, HOME, _SHOP, _BUY, none, tighteners()[i]);
            vm.prank(tighteners()[i]);
            // What stands beside NONE doesn't count.
            _rules.setPermission(agentId, HOME, _SHOP, _BUY, CallRules.Permission(CallKind.NONE, 9, 9, ANY, true));
            _assertDenied(_buy(_TOKEN, 5), "in force at once");
            assertEq(abi.encode(_rules.permission(agentId, HOME, _SHOP, _BUY)), abi.encode(none), "nothing is left");
            // No two steps: what was there before is looser than nothing.
            _assertGovernances(_permission(CallKind.PULL));
        }
    }

    function _assertGovernances(CallRules.Permission memory p) private {
        assertGovernanceOnly(address(_rules), abi.encodeCall(CallRules.setPermission, (agentId, HOME, _SHOP, _BUY, p)));
    }

    function test_L5_eachFieldLoosenedIsGovernances() public {
        _grantBuy(CallKind.PULL);
        _assertGovernances(CallRules.Permission(CallKind.SEND, 1, 2, ANY, true));
        _assertGovernances(CallRules.Permission(CallKind.PULL, 0, 2, ANY, true));
        _assertGovernances(CallRules.Permission(CallKind.PULL, ANY, 2, ANY, true));
        _assertGovernances(CallRules.Permission(CallKind.PULL, 1, 0, ANY, true));
        _assertGovernances(CallRules.Permission(CallKind.PULL, 1, 2, ANY, false));
        _assertGovernances(CallRules.Permission(CallKind.PULL, 1, ANY, ANY, false));
    }

    function test_L5_eachFieldTightenedAtOnce() public {
        CallRules.Permission[5] memory steps = [
            CallRules.Permission(CallKind.PULL, 1, ANY, ANY, false),
            CallRules.Permission(CallKind.PULL, 1, 2, ANY, false),
            CallRules.Permission(CallKind.PULL, 1, 2, ANY, true),
            CallRules.Permission(CallKind.PULL, 1, 2, 0, true),
            CallRules.Permission(CallKind.PULL, 1, 2, 0, true) // the same again
        ];
        _grant(_SHOP, _BUY, CallRules.Permission(CallKind.PULL, ANY, ANY, ANY, false));
        for (uint256 i; i < steps.length; ++i) {
            vm.prank(tightener(i));
            _rules.setPermission(agentId, HOME, _SHOP, _BUY, steps[i]);
            assertEq(abi.encode(_rules.permission(agentId, HOME, _SHOP, _BUY)), abi.encode(steps[i]), "step");
        }
    }

    function test_L5_looserInOneTighterInTheRestIsGovernances() public {
        _grant(_SHOP, _BUY, CallRules.Permission(CallKind.PULL, ANY, 2, ANY, false));
        _assertGovernances(CallRules.Permission(CallKind.PULL, 1, 3, ANY, true));
        _assertGovernances(CallRules.Permission(CallKind.PULL, 1, ANY, ANY, false));
        _assertGovernances(CallRules.Permission(CallKind.SEND, 1, 2, ANY, true));
    }

    function test_L5_anotherAssetsPlaceIsGovernances() public {
        _grant(_SHOP, _BUY, CallRules.Permission(CallKind.PULL, 1, 2, 0, true));
        _assertGovernances(CallRules.Permission(CallKind.PULL, 1, 2, ANY, true));
        _assertGovernances(CallRules.Permission(CallKind.PULL, 1, 2, 3, true));
    }

    function test_L5_nobodyElseForbids() public {
        _grantBuy(CallKind.PULL);
        CallRules.Permission memory none;
        assertRefused(
            THIEF, address(_rules), abi.encodeCall(CallRules.setPermission, (agentId, HOME, _SHOP, _BUY, none))
        );
    }

    // ------------------------------------------------------------------ for all

    /// @dev Small numbers, so that two permissions have something in common.
    function _any(uint256 seed) private pure returns (CallRules.Permission memory p) {
        p.kind = CallKind(seed % 4);
        p.amountWord = (seed >> 8) % 4 == 3 ? ANY : uint8((seed >> 8) % 4);
        p.recipientWord = (seed >> 16) % 4 == 3 ? ANY : uint8((seed >> 16) % 4);
        p.listed = (seed >> 24) % 2 == 1;
        uint256 asset = (seed >> 32) % 8;
        p.assetWord = asset > 0 && asset < 4 ? uint8(asset - 1) : ANY;
    }

    /// @dev The same question, a field at a time.
    function _reference(CallRules.Permission memory p, CallRules.Permission memory old) private pure returns (bool) {
        if (p.kind == CallKind.NONE) return true; // nothing is admitted
        if (old.kind == CallKind.NONE) return false; // nothing was
        if (p.kind != old.kind) return false; // another way to take
        if (old.amountWord != ANY && p.amountWord != old.amountWord) return false; // the condition went or moved
        if (old.recipientWord != ANY && p.recipientWord != old.recipientWord) return false;
        if (old.assetWord != ANY && p.assetWord != old.assetWord) return false;
        if (old.listed && !p.listed) return false;
        return true;
    }

    function testFuzz_L5_isTighter_fieldByField(uint256 seed, uint256 old) public view {
        assertTrue(_rules.isTighter(_any(seed), _any(old)) == _reference(_any(seed), _any(old)), "direction");
    }

    function test_L5_isTighter_fieldByField_all() public view {
        // 4 kinds, 4 places each, listed or not: all pairs.
        for (uint256 i; i < 128; ++i) {
            CallRules.Permission memory p = _any((i % 4) | ((i / 4) % 4) << 8 | ((i / 16) % 4) << 16 | (i / 64) << 24);
            for (uint256 j; j < 128; ++j) {
                CallRules.Permission memory old =
                    _any((j % 4) | ((j / 4) % 4) << 8 | ((j / 16) % 4) << 16 | (j / 64) << 24);
                assertTrue(_rules.isTighter(p, old) == _reference(p, old), "direction");
            }
        }
    }

    /// @dev Whether governance can set it at all, for a function that isn't `approve`.
    function _isPossible(CallRules.Permission memory p) private pure returns (bool) {
        if (p.kind == CallKind.APPROVE) return false;
        if (p.assetWord != ANY && (p.assetWord == p.amountWord || p.assetWord == p.recipientWord)) return false;
        return (p.amountWord == ANY || p.amountWord != p.recipientWord) && (!p.listed || p.recipientWord != ANY);
    }

    /// @dev What "tighter" means: whatever the new permission admits the old one did, asking for the same recipient.
    function testFuzz_L5_tighterAdmitsNothingMore(uint256 seed, uint256 oldSeed, uint256[3] calldata words, uint8 cut)
        public
    {
        CallRules.Permission memory p = _any(seed);
        CallRules.Permission memory old = _any(oldSeed);
        vm.assume(_isPossible(p) && _isPossible(old));
        uint256 amount = words[seed % 3];
        bytes memory data = abi.encodeWithSelector(_BUY, words[0], _word(words[1]), _word(words[2]));
        if (cut < data.length) {
            assembly ("memory-safe") {
                mstore(data, sub(mload(data), cut))
            }
        }
        Intent memory intent = _call(oldSeed % 2 == 0 ? ETH : _TOKEN, _SHOP, amount, data);
        _grant(_SHOP, _BUY, old);
        (bool before, address recipientBefore,) = _rules.judge(intent);

        vm.prank(tightener(seed));
        (bool ok,) = address(_rules).call(abi.encodeCall(CallRules.setPermission, (agentId, HOME, _SHOP, _BUY, p)));
        assertTrue(ok == _reference(p, old), "went through when and only when it is tighter");
        if (!ok) return;
        (bool after_, address recipientAfter,) = _rules.judge(intent);
        if (!after_) return;
        assertTrue(before, "admitted more");
        assertTrue(recipientBefore == address(0) || recipientBefore == recipientAfter, "asks for less");
    }

    /// @dev Often an address, so that conditions are met.
    function _word(uint256 word) private view returns (uint256) {
        if (word % 4 == 0) return word;
        return word % 4 == 1 ? uint160(_ACCOUNT) : uint160(PAYEE);
    }

    function testFuzz_L11_judge_neverReverts(Intent memory intent, uint256 seed, bytes4 selector) public {
        CallRules.Permission memory p = _any(seed);
        if (seed % 3 == 0) {
            // An approval, or nearly one.
            intent.asset = intent.to;
            intent.data = abi.encodePacked(IERC20.approve.selector, intent.data);
            selector = IERC20.approve.selector;
            if (seed % 2 == 0) p = CallRules.Permission(CallKind.APPROVE, 1, 0, ANY, true);
        } else if (intent.data.length >= 4) {
            selector = bytes4(intent.data);
        }
        // Where it can be permitted it is.
        vm.prank(GOVERNANCE);
        (bool permitted,) = address(_rules)
            .call(abi.encodeCall(CallRules.setPermission, (intent.agentId, intent.chainId, intent.to, selector, p)));
        (bool ok, bytes memory answer) = address(_rules).staticcall(abi.encodeCall(CallRules.judge, (intent)));
        assertTrue(ok, "reverted");
        (bool admitted,, CallKind kind) = abi.decode(answer, (bool, address, CallKind));
        assertTrue(!admitted || (permitted && kind == p.kind && kind != CallKind.NONE), "admitted without permission");
    }

    function testFuzz_L1_judge_whatIsAdmittedMeetsItsConditions(
        uint256 seed,
        uint256 amount,
        bytes calldata tail,
        bytes32[3] memory words
    ) public {
        CallRules.Permission memory p = _any(seed);
        vm.assume(p.kind != CallKind.NONE && _isPossible(p));
        _grant(_SHOP, _BUY, p);
        if (p.amountWord != ANY && seed % 5 != 0) words[p.amountWord] = bytes32(amount);
        if (p.recipientWord != ANY && seed % 7 != 0) words[p.recipientWord] = bytes32(uint256(uint160(PAYEE)));
        address asset = p.kind == CallKind.SEND ? ETH : _TOKEN;
        if (p.assetWord != ANY && seed % 11 != 0) words[p.assetWord] = bytes32(uint256(uint160(asset)));
        bytes memory data = abi.encodePacked(_BUY, words, tail);
        Intent memory intent = _call(asset, _SHOP, amount, data);

        bool amountMet = p.amountWord == ANY || uint256(words[p.amountWord]) == amount;
        if (p.assetWord != ANY && words[p.assetWord] != bytes32(uint256(uint160(asset)))) amountMet = false;
        bool recipientMet = p.recipientWord == ANY;
        address recipient;
        if (!recipientMet) {
            uint256 word = uint256(words[p.recipientWord]);
            recipientMet = word != 0 && word >> 160 == 0;
            recipient = p.listed ? address(uint160(word)) : address(0);
        }
        if (amountMet && recipientMet) _assertAdmitted(intent, recipient, p.kind);
        else _assertDenied(intent, "conditions");
    }
}
