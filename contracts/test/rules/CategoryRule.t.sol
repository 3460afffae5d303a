// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Intent} from "../../src/Intent.sol";
import {CategoryRule} from "../../src/rules/CategoryRule.sol";
import {Tightening} from "../../src/rules/Tightening.sol";
import {Governed} from "../lib/Governed.sol";

contract CategoryRuleTest is Governed {
    bytes32 private constant _COMPUTE = "compute";
    bytes32 private constant _PAYROLL = "payroll";
    address private constant _ETH = address(0);
    address private constant _TOKEN = address(0x70CE);

    CategoryRule private _rule;

    function setUp() public {
        govern();
        _rule = new CategoryRule(address(authority), registry);
        vm.startPrank(GOVERNANCE);
        _rule.setCategory(agentId, HOME, PAYEE, _COMPUTE);
        _rule.setLimit(agentId, _COMPUTE, _TOKEN, 100e6);
        vm.stopPrank();
    }

    function _assertAdmitted(Intent memory intent) private view {
        (bool admitted,,, uint64 availableAt) = _rule.judge(intent, 0);
        assertTrue(admitted, "denied");
        assertEq(availableAt, 0, "availableAt");
    }

    function _assertDenied(Intent memory intent, uint256 limit) private view {
        (bool admitted, uint256 limit_, uint256 left, uint64 availableAt) = _rule.judge(intent, 0);
        assertFalse(admitted, "admitted");
        assertEq(limit_, limit, "limit");
        assertEq(left, limit, "left");
        assertEq(availableAt, 0, "availableAt");
    }

    function _setCategory(address target, bytes32 category) private view returns (bytes memory) {
        return abi.encodeCall(CategoryRule.setCategory, (agentId, HOME, target, category));
    }

    function _setLimit(bytes32 category, address asset, uint256 limit) private view returns (bytes memory) {
        return abi.encodeCall(CategoryRule.setLimit, (agentId, category, asset, limit));
    }

    // ------------------------------------------------------------------ judging

    function test_upToTheLimit() public view {
        _assertAdmitted(payment(_TOKEN, 1));
        _assertAdmitted(payment(_TOKEN, 100e6));
        _assertDenied(payment(_TOKEN, 100e6 + 1), 100e6);
        _assertDenied(payment(_TOKEN, type(uint256).max), 100e6);
    }

    function test_aCallCountsByTheContractThatIsCalled() public view {
        Intent memory intent = payment(_TOKEN, 100e6);
        intent.data = abi.encodeWithSignature("buy(address,uint256)", THIEF, 100e6);
        _assertAdmitted(intent);
        intent.amount = 0;
        _assertAdmitted(intent);
        intent.to = THIEF;
        _assertDenied(intent, 0);
    }

    function test_L11_unknownIsDenied() public view {
        _assertDenied(payment(_ETH, 1), 0); // an asset without limit
        _assertDenied(payment(_ETH, 0), 0);
        Intent memory intent = payment(_TOKEN, 1);
        intent.to = THIEF;
        _assertDenied(intent, 0); // in no category
        intent = payment(_TOKEN, 1);
        intent.chainId = HOME + 1;
        _assertDenied(intent, 0); // in none on that chain
        intent = payment(_TOKEN, 1);
        intent.agentId = agentId + 1;
        _assertDenied(intent, 0); // another agent
    }

    function test_eachCategoryHasItsLimits() public {
        vm.startPrank(GOVERNANCE);
        _rule.setCategory(agentId, HOME, OWNER, _PAYROLL);
        _rule.setLimit(agentId, _PAYROLL, _TOKEN, 5_000e6);
        _rule.setLimit(agentId, _PAYROLL, _ETH, 1 ether);
        vm.stopPrank();
        Intent memory intent = payment(_TOKEN, 5_000e6);
        _assertDenied(intent, 100e6);
        intent.to = OWNER;
        _assertAdmitted(intent);
        intent.asset = _ETH;
        intent.amount = 1 ether;
        _assertAdmitted(intent);
        ++intent.amount;
        _assertDenied(intent, 1 ether);
        assertEq(_rule.categoryOf(agentId, HOME, OWNER), _PAYROLL, "category");
        assertEq(_rule.limitOf(agentId, _PAYROLL, _ETH), 1 ether, "limit");
    }

    /// @dev Any payment, before and after any setting, is admitted just when its category has such a limit.
    function testFuzz_judge(Intent memory intent, bytes32 category, uint256 limit, uint8 riskLevel) public {
        intent.agentId = agentId;
        vm.assume(category != 0 && !(intent.to == PAYEE && intent.chainId == HOME));
        _assertDenied(intent, 0);
        vm.startPrank(GOVERNANCE);
        _rule.setLimit(agentId, category, intent.asset, limit);
        _assertDenied(intent, 0);
        _rule.setCategory(agentId, intent.chainId, intent.to, category);
        vm.stopPrank();
        (bool admitted, uint256 limit_,,) = _rule.judge(intent, riskLevel);
        assertTrue(admitted == (limit != 0 && intent.amount <= limit), "verdict");
        assertEq(limit_, limit, "limit");
    }

    // ------------------------------------------------------------------ L5

    function test_L5_takingOutOfACategoryIsForEach() public {
        for (uint256 i; i < 3; ++i) {
            vm.expectEmit(address(_rule));
            emit CategoryRule.CategorySet(agentId, HOME, PAYEE, 0, tighteners()[i]);
            vm.prank(tighteners()[i]);
            _rule.setCategory(agentId, HOME, PAYEE, 0);
            _assertDenied(payment(_TOKEN, 1), 0);
            assertGovernanceOnly(address(_rule), _setCategory(PAYEE, _COMPUTE)); // no way back
            vm.prank(GOVERNANCE);
            _rule.setCategory(agentId, HOME, PAYEE, _COMPUTE);
        }
        assertRefused(THIEF, address(_rule), _setCategory(PAYEE, 0));
    }

    function test_L5_sortingIsGovernances() public {
        assertGovernanceOnly(address(_rule), _setCategory(THIEF, _COMPUTE));
        assertGovernanceOnly(address(_rule), _setCategory(PAYEE, _PAYROLL));
    }

    function test_L5_loweringALimitIsForEach() public {
        for (uint256 i; i < 3; ++i) {
            vm.expectEmit(address(_rule));
            emit CategoryRule.CategoryLimitSet(agentId, _COMPUTE, _TOKEN, 99e6 - i, tighteners()[i]);
            vm.prank(tighteners()[i]);
            _rule.setLimit(agentId, _COMPUTE, _TOKEN, 99e6 - i);
            assertGovernanceOnly(address(_rule), _setLimit(_COMPUTE, _TOKEN, 99e6 - i + 1));
        }
        assertRefused(THIEF, address(_rule), _setLimit(_COMPUTE, _TOKEN, 0));
    }

    function test_L5_aNewLimitIsGovernances() public {
        assertGovernanceOnly(address(_rule), _setLimit(_COMPUTE, _ETH, 1));
        assertGovernanceOnly(address(_rule), _setLimit(_PAYROLL, _TOKEN, 1));
    }

    function testFuzz_L5_setCategory(bytes32 old, bytes32 new_, uint256 who) public {
        vm.prank(GOVERNANCE);
        _rule.setCategory(agentId, HOME, THIEF, old);
        bool tighter = new_ == 0 || new_ == old;
        assertTrue(_rule.isTighterCategory(new_, old) == tighter, "isTighterCategory");
        if (tighter) {
            vm.prank(tightener(who));
            _rule.setCategory(agentId, HOME, THIEF, new_);
        } else {
            assertRefused(tightener(who), address(_rule), _setCategory(THIEF, new_));
        }
        assertEq(_rule.categoryOf(agentId, HOME, THIEF), tighter ? new_ : old, "category");
    }

    function testFuzz_L5_setLimit(uint256 old, uint256 new_, uint256 who) public {
        vm.prank(GOVERNANCE);
        _rule.setLimit(agentId, _PAYROLL, _TOKEN, old);
        if (who % 4 == 0) new_ = old > 0 ? old - 1 : 0;
        if (who % 4 == 1) new_ = old;
        bool tighter = new_ <= old;
        assertTrue(_rule.isTighterLimit(new_, old) == tighter, "isTighterLimit");
        if (tighter) {
            vm.prank(tightener(who));
            _rule.setLimit(agentId, _PAYROLL, _TOKEN, new_);
        } else {
            assertRefused(tightener(who), address(_rule), _setLimit(_PAYROLL, _TOKEN, new_));
        }
        assertEq(_rule.limitOf(agentId, _PAYROLL, _TOKEN), tighter ? new_ : old, "limit");
    }

    /// @dev Whatever tighteners try, in any order: what was denied is denied.
    function testFuzz_L5_noWayAroundALimit(uint256[16] memory seeds, uint256 amount) public {
        amount = bound(amount, 100e6 + 1, type(uint256).max);
        bytes32[3] memory categories = [bytes32(0), _COMPUTE, _PAYROLL];
        vm.prank(GOVERNANCE);
        _rule.setLimit(agentId, _PAYROLL, _TOKEN, type(uint256).max);
        for (uint256 i; i < seeds.length; ++i) {
            uint256 seed = seeds[i];
            bytes32 category = categories[(seed >> 8) % 3];
            bytes memory call = seed % 2 == 0
                ? _setCategory((seed >> 16) % 2 == 0 ? PAYEE : THIEF, category)
                : _setLimit(category, _TOKEN, seed >> 32);
            vm.prank(tightener(seed >> 24));
            (bool ok,) = address(_rule).call(call);
            ok;
        }
        Intent memory intent = payment(_TOKEN, amount);
        (bool admitted,,,) = _rule.judge(intent, 0);
        assertFalse(admitted, "above the limit");
        intent.to = THIEF;
        intent.amount = 1;
        _assertDenied(intent, 0);
    }

    // ------------------------------------------------------------------ bad settings

    function test_noCategoryHasNoLimit() public {
        vm.expectRevert(abi.encodeWithSelector(CategoryRule.CategoryZero.selector));
        vm.prank(GOVERNANCE);
        _rule.setLimit(agentId, 0, _TOKEN, 1);
    }

    function test_noAgentZero() public {
        vm.startPrank(GOVERNANCE);
        vm.expectRevert(abi.encodeWithSelector(Tightening.TighteningAgentUnknown.selector, 0));
        _rule.setCategory(0, HOME, PAYEE, _COMPUTE);
        vm.expectRevert(abi.encodeWithSelector(Tightening.TighteningAgentUnknown.selector, 0));
        _rule.setLimit(0, _COMPUTE, _TOKEN, 1);
        vm.stopPrank();
    }
}
