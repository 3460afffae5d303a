// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CallGuard} from "../../src/CallGuard.sol";
import {CallKind} from "../../src/CallKind.sol";
import {CallRules} from "../../src/rules/CallRules.sol";
import {ForbiddenCalls} from "../../src/rules/ForbiddenCalls.sol";
import {PlainToken} from "../lib/AllowanceTokens.sol";
import {Governed} from "../lib/Governed.sol";
import {GuardedAccount, Puppet} from "../lib/Puppet.sol";

/// @notice What no configuration permits: each function by its signature and by the selector that its users know it by.
contract ForbiddenCallsTest is Governed {
    struct Known {
        bytes4 selector;
        string signature;
    }

    Known[] private _known;
    mapping(bytes4 selector => bool) private _isKnown;
    CallRules private _rules;
    address private immutable _TARGET = vm.addr(0xE1);

    function setUp() public {
        govern();
        _rules = new CallRules(address(authority), registry);
        _is(0xd505accf, "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)");
        _is(0x9fd5a6cf, "permit(address,address,uint256,uint256,bytes)");
        _is(0x8fcbaf0c, "permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)");
        _is(0x745a41bc, "permit(address,uint256,uint256,bytes)");
        _is(0x7ac2ff7b, "permit(address,uint256,uint256,uint8,bytes32,bytes32)");
        _is(0x0f5730f1, "permit(address,uint256,uint256,uint256,bytes)");
        _is(0x3aea60f0, "permitForAll(address,address,bool,uint256,uint256,bytes)");
        _is(0x2b67b570, "permit(address,((address,uint160,uint48,uint48),address,uint256),bytes)");
        _is(0x2a2d80d1, "permit(address,((address,uint160,uint48,uint48)[],address,uint256),bytes)");
        _is(0x002a3e3a, "permitBatch(address,((address,uint160,uint48,uint48)[],address,uint256),bytes)");
        _is(0xf3995c67, "selfPermit(address,uint256,uint256,uint8,bytes32,bytes32)");
        _is(0xc2e3140a, "selfPermitIfNecessary(address,uint256,uint256,uint8,bytes32,bytes32)");
        _is(0x4659a494, "selfPermitAllowed(address,uint256,uint256,uint8,bytes32,bytes32)");
        _is(0xa4a78f0c, "selfPermitAllowedIfNecessary(address,uint256,uint256,uint8,bytes32,bytes32)");
        _is(0x87517c45, "approve(address,address,uint160,uint48)");
        _is(0x426a8493, "approve(address,uint256,uint256)");
        _is(0x5c17f9f4, "approve(address,uint256,bytes)");
        _is(0x3177029f, "approveAndCall(address,uint256)");
        _is(0xcae9ca51, "approveAndCall(address,uint256,bytes)");
        _is(0x42232a4c, "temporaryApprove(address,uint256)");
        _is(0x39509351, "increaseAllowance(address,uint256)");
        _is(0xa457c2d7, "decreaseAllowance(address,uint256)");
        _is(0xd73dd623, "increaseApproval(address,uint256)");
        _is(0x66188463, "decreaseApproval(address,uint256)");
        _is(0xa22cb465, "setApprovalForAll(address,bool)");
        _is(0x558a7297, "setOperator(address,bool)");
        _is(0x959b8c3f, "authorizeOperator(address)");
        _is(0x103ef9e1, "authorizeOperatorByPartition(bytes32,address)");
        _is(0x29965a1d, "setInterfaceImplementer(address,bytes32,address)");
        _is(0x5df8122f, "setManager(address,address)");
        _is(0xc04a8a10, "approveDelegation(address,uint256)");
        _is(0x0b52d558, "delegationWithSig(address,address,uint256,uint256,uint8,bytes32,bytes32)");
        _is(0x110496e5, "allow(address,bool)");
        _is(0xbb24d994, "allowBySig(address,address,bool,uint256,uint256,uint8,bytes32,bytes32)");
        _is(0xeecea000, "setAuthorization(address,bool)");
        _is(0x8069218f, "setAuthorizationWithSig((address,address,bool,uint256,uint256),(uint8,bytes32,bytes32))");
        _is(0xfa6e671d, "setRelayerApproval(address,address,bool)");
        _is(0x9f5c462a, "setAccountOperator(address,address,bool)");
        _is(0xc14c11bf, "setOperator(bytes19,address,uint256)");
        _is(0xa3b22fc4, "hope(address)");
        _is(0x1d2747d4, "set_approve_deposit(address,bool)");
        _is(0xc368516c, "enableController(address,address)");
        _is(0x0b63fb62, "cdpAllow(uint256,address,uint256)");
        _is(0xb68f4004, "urnAllow(address,uint256)");
        _is(0xfcafcc68, "give(uint256,address)");
        _is(0x38c74dd9, "approvePlugin(address)");
        _is(0xbc87acbf, "approveAllDelegatePowers(address)");
        _is(0x447fbc63, "approveExchangeOnBehalf(address)");
        _is(0x9f61d336, "approveIssueOnBehalf(address)");
        _is(0x9c79ce35, "approveBurnOnBehalf(address)");
        _is(0x4180e5b5, "approveClaimOnBehalf(address)");
        _is(0xa9059cbb, "transfer(address,uint256)");
        _is(0x23b872dd, "transferFrom(address,address,uint256)");
        _is(0xbe45fd62, "transfer(address,uint256,bytes)");
        _is(0x1296ee62, "transferAndCall(address,uint256)");
        _is(0x4000aea0, "transferAndCall(address,uint256,bytes)");
        _is(0xd8fbe994, "transferFromAndCall(address,address,uint256)");
        _is(0xc1d34b89, "transferFromAndCall(address,address,uint256,bytes)");
        _is(0x42842e0e, "safeTransferFrom(address,address,uint256)");
        _is(0xb88d4fde, "safeTransferFrom(address,address,uint256,bytes)");
        _is(0xf242432a, "safeTransferFrom(address,address,uint256,uint256,bytes)");
        _is(0x2eb2c2d6, "safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)");
        _is(0x095bcdb6, "transfer(address,uint256,uint256)");
        _is(0xfe99049a, "transferFrom(address,address,uint256,uint256)");
        _is(0x9bd9bbc6, "send(address,uint256,bytes)");
        _is(0x62ad1b83, "operatorSend(address,address,uint256,bytes,bytes)");
        _is(0xfc673c4f, "operatorBurn(address,uint256,bytes,bytes)");
        _is(
            0xe3ee160e,
            "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"
        );
        _is(0xcf092995, "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)");
        _is(
            0xef55bec6,
            "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"
        );
        _is(0x88b7ab63, "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)");
        _is(0x36c78516, "transferFrom(address,address,uint160,address)");
        _is(0x0d58b1db, "transferFrom((address,address,uint160,address)[])");
        _is(0x30f28b7a, "permitTransferFrom(((address,uint256),uint256,uint256),(address,uint256),address,bytes)");
        _is(0xedd9444b, "permitTransferFrom(((address,uint256)[],uint256,uint256),(address,uint256)[],address,bytes)");
        _is(
            0x137c29fe,
            "permitWitnessTransferFrom(((address,uint256),uint256,uint256),(address,uint256),address,bytes32,string,bytes)"
        );
        _is(
            0xfe8ec1a7,
            "permitWitnessTransferFrom(((address,uint256)[],uint256,uint256),(address,uint256)[],address,bytes32,string,bytes)"
        );
        _is(0xac9650d8, "multicall(bytes[])");
        _is(0x5ae401dc, "multicall(uint256,bytes[])");
        _is(0x1f0464d1, "multicall(bytes32,bytes[])");
        _is(0x63fb0b96, "multicall(address[],bytes[])");
        _is(0xcaa5c23f, "multicall((address,bytes)[])");
        _is(0x374f435d, "multicall((address,bytes,uint256,bool,bytes32)[])");
        _is(0xd2423b51, "batch(bytes[],bool)");
        _is(0xc16ae7a4, "batch((address,address,uint256,bytes)[])");
        _is(0x1f8b5215, "call(address,address,uint256,bytes)");
        _is(0x555029a6, "invoke(bytes32[],bytes[])");
        _is(0x8f6f0332, "invoke(address,uint256,bytes)");
        _is(0x252dba42, "aggregate((address,bytes)[])");
        _is(0xbce38bd7, "tryAggregate(bool,(address,bytes)[])");
        _is(0xc3077fa9, "blockAndAggregate((address,bytes)[])");
        _is(0x399542e9, "tryBlockAndAggregate(bool,(address,bytes)[])");
        _is(0x82ad56cb, "aggregate3((address,bool,bytes)[])");
        _is(0x174dea71, "aggregate3Value((address,bool,uint256,bytes)[])");
        _is(0x6a761202, "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)");
        _is(0x468721a7, "execTransactionFromModule(address,uint256,bytes,uint8)");
        _is(0x5229073f, "execTransactionFromModuleReturnData(address,uint256,bytes,uint8)");
        _is(0xc6fe8747, "execTransactionWithRole(address,uint256,bytes,uint8,bytes32,bool)");
        _is(0x2b99e506, "execTransactionWithRoleReturnData(address,uint256,bytes,uint8,bytes32,bool)");
        _is(0x6928e74b, "execTransactionWithRole(address,uint256,bytes,uint8,uint16,bool)");
        _is(0xb0c19912, "execTransactionWithRoleReturnData(address,uint256,bytes,uint8,uint16,bool)");
        _is(0xd4d9bdcd, "approveHash(bytes32)");
        _is(0x8d80ff0a, "multiSend(bytes)");
        _is(0xb4faba09, "simulateAndRevert(address,bytes)");
        _is(0xb61d27f6, "execute(address,uint256,bytes)");
        _is(0x51945447, "execute(address,uint256,bytes,uint8)");
        _is(0x18dfb3c7, "executeBatch(address[],bytes[])");
        _is(0x47e1da2a, "executeBatch(address[],uint256[],bytes[])");
        _is(0x34fcd5be, "executeBatch((address,uint256,bytes)[])");
        _is(0x2c2abd1e, "executeWithoutChainIdValidation(bytes[])");
        _is(0xe9ae5c53, "execute(bytes32,bytes)");
        _is(0xd691c964, "executeFromExecutor(bytes32,bytes)");
        _is(0x8dd7712f, "executeUserOp((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes),bytes32)");
        _is(
            0x1fad948c,
            "handleOps((address,uint256,bytes,bytes,uint256,uint256,uint256,uint256,uint256,bytes,bytes)[],address)"
        );
        _is(0x765e827f, "handleOps((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes)[],address)");
        _is(
            0x4b1d7cf5,
            "handleAggregatedOps(((address,uint256,bytes,bytes,uint256,uint256,uint256,uint256,uint256,bytes,bytes)[],address,bytes)[],address)"
        );
        _is(
            0xdbed18e0,
            "handleAggregatedOps(((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes)[],address,bytes)[],address)"
        );
        _is(0x9517e29f, "installModule(uint256,address,bytes)");
        _is(0xa71763a8, "uninstallModule(uint256,address,bytes)");
        _is(0xcef6d209, "redeemDelegations(bytes[],bytes32[],bytes[])");
        _is(0x44c028fe, "execute(uint256,address,uint256,bytes)");
        _is(0x31858452, "executeBatch(uint256[],address[],uint256[],bytes[])");
        _is(0x1cff79cd, "execute(address,bytes)");
        _is(0x1f6a1eb9, "execute(bytes,bytes)");
        _is(0xf801a698, "schedule(address,bytes,uint48)");
        _is(0x01d5062a, "schedule(address,uint256,bytes,bytes32,bytes32,uint256)");
        _is(0x8f2a0bb0, "scheduleBatch(address[],uint256[],bytes[],bytes32,bytes32,uint256)");
        _is(0x134008d3, "execute(address,uint256,bytes,bytes32,bytes32)");
        _is(0xe38335e5, "executeBatch(address[],uint256[],bytes[],bytes32,bytes32)");
        _is(0x2656227d, "execute(address[],uint256[],bytes[],bytes32)");
        _is(0xc28bc2fa, "relay(address,uint256,bytes)");
        _is(0xdf905caf, "execute((address,address,uint256,uint256,uint48,bytes,bytes))");
        _is(0xccf96b4a, "executeBatch((address,address,uint256,uint256,uint48,bytes,bytes)[],address)");
        _is(0x24856bc3, "execute(bytes,bytes[])");
        _is(0x3593564c, "execute(bytes,bytes[],uint256)");
        _is(0x6e0aacf7, "delegatecall(address,bytes)");
        _is(0x56e7b7aa, "delegateCall(address,bytes)");
        _is(0xcdfe7f5c, "sendMessage(bytes,bytes,bytes[])");
        _is(0x439e2e45, "transferAsset(address,address,uint256)");
        _is(0xc1ee2c18, "transferAssetFrom(address,address,address,uint256)");
        _is(0x8fcb4e5b, "transferShares(address,uint256)");
        _is(0x6d780459, "transferSharesFrom(address,address,uint256)");
        _is(0xb753a98c, "push(address,uint256)");
        _is(0xf2d5d56b, "pull(address,uint256)");
        _is(0xbb35783b, "move(address,address,uint256)");
        _is(0xdaea85c5, "approve(address)");
        _is(0xdd46508f, "modifyLiquidities(bytes,uint256)");
        _is(0x4afe393c, "modifyLiquiditiesWithoutUnlock(bytes,bytes[])");
        _is(
            0x19c6989f,
            "permitBatchAndCall((address,address,address,uint256,uint256,uint256)[],bytes[],((address,uint160,uint48,uint48)[],address,uint256),bytes,bytes[])"
        );
        _is(0x3a66f901, "queueTransaction(address,uint256,string,bytes,uint256)");
        _is(0x0825f38f, "executeTransaction(address,uint256,string,bytes,uint256)");
        _is(0xc71bf324, "execute(bytes32,(address,uint256,bytes)[],uint256)");
        _is(0xd948d468, "forward(bytes)");
        _is(0x4f1ef286, "upgradeToAndCall(address,bytes)");
        _is(0x9623609d, "upgradeAndCall(address,address,bytes)");
        _is(0x1f931c1c, "diamondCut((address,uint8,bytes4[])[],address,bytes)");
        _is(0x3dbb202b, "sendMessage(address,bytes,uint32)");
        _is(0xe9e05c42, "depositTransaction(address,uint256,uint64,bool,bytes)");
        _is(0x679b6ded, "createRetryableTicket(address,uint256,uint256,address,address,uint256,uint256,bytes)");
        _is(0x6e6e8a6a, "unsafeCreateRetryableTicket(address,uint256,uint256,address,address,uint256,uint256,bytes)");
        _is(0x928c169a, "sendTxToL1(address,bytes)");
        _is(0xdc8601b3, "requireToPassMessage(address,bytes,uint256)");
        _is(0xeb672419, "requestL2Transaction(address,uint256,bytes,uint256,uint256,bytes[],address)");
        _is(
            0xd52471c1,
            "requestL2TransactionDirect((uint256,uint256,address,uint256,bytes,uint256,uint256,bytes[],address))"
        );
        _is(
            0x24fd57fb,
            "requestL2TransactionTwoBridges((uint256,uint256,uint256,uint256,uint256,address,address,uint256,bytes))"
        );
        _is(0x1c92115f, "callContract(string,string,bytes)");
        _is(0xb5417084, "callContractWithToken(string,string,bytes,string,uint256)");
        _is(0xb19a437e, "publishMessage(uint32,bytes,uint8)");
        _is(0x9f3ce55a, "sendMessage(address,uint256,bytes)");
        _is(0xb2267a7b, "sendMessage(address,uint256,bytes,uint256)");
        _is(0x5f7b1577, "sendMessage(address,uint256,bytes,uint256,address)");
        _is(0x2637a450, "send((uint32,bytes32,bytes,bytes,bool),address)");
        _is(0x10b83dc0, "dispatch(uint32,bytes32,bytes,bytes,address)");
        _is(0xf1739cae, "transferProxyOwnership(address)");
        _is(0xc42069ec, "setPendingOwner(address)");
        _is(0x7bb37428, "executeUserOp(address,uint256,bytes,uint8)");
        _is(0x541d63c8, "executeUserOpWithErrorString(address,uint256,bytes,uint8)");
        _is(0x5c19a95c, "delegate(address)");
        _is(0x026e402b, "delegate(address,uint256)");
        _is(0xc3cda520, "delegateBySig(address,uint256,uint256,uint8,bytes32,bytes32)");
        _is(0xdc937e1c, "delegateByType(address,uint8)");
        _is(0xbd86e508, "setDelegate(bytes32,address)");
        _is(0x685ee3e8, "delegateForAll(address,bool)");
        _is(0x30ff3140, "delegateAll(address,bytes32,bool)");
        _is(0x56781388, "castVote(uint256,uint8)");
        _is(0x15373e3d, "castVote(uint256,bool)");
        _is(0x3bccf4fd, "castVoteBySig(uint256,uint8,uint8,bytes32,bytes32)");
        _is(0x8ff262e3, "castVoteBySig(uint256,uint8,address,bytes)");
        _is(0x7b3c71d3, "castVoteWithReason(uint256,uint8,string)");
        _is(0x5f398a14, "castVoteWithReasonAndParams(uint256,uint8,string,bytes)");
        _is(0x5b8d0e0d, "castVoteWithReasonAndParamsBySig(uint256,uint8,address,string,bytes,bytes)");
        _is(0x7d5e81e2, "propose(address[],uint256[],bytes[],string)");
        _is(0xda95691a, "propose(address[],uint256[],string[],bytes[],string)");
        _is(0x610b5925, "enableModule(address)");
        _is(0xe19a9dd9, "setGuard(address)");
        _is(0xe068df37, "setModuleGuard(address)");
        _is(0xf08a0323, "setFallbackHandler(address)");
        _is(0x0d582f13, "addOwnerWithThreshold(address,uint256)");
        _is(0xe318b52b, "swapOwner(address,address,address)");
        _is(0xe71bdf41, "addDelegate(address)");
        _is(0xbeaeb388, "setAllowance(address,address,uint96,uint16,uint32)");
        _is(0xf2fde38b, "transferOwnership(address)");
        _is(0x13af4035, "setOwner(address)");
        _is(0x2f2ff15d, "grantRole(bytes32,address)");
        _is(0x25c471a0, "grantRole(uint64,address,uint32)");
    }

    function _is(bytes4 selector, string memory signature) private {
        _known.push(Known(selector, signature));
        _isKnown[selector] = true;
    }

    function test_L1_eachIsRefusedToGovernanceItself() public {
        assertEq(_known.length, 205, "known");
        for (uint256 i; i < _known.length; ++i) {
            Known memory k = _known[i];
            assertTrue(bytes4(keccak256(bytes(k.signature))) == k.selector, k.signature);
            _assertRefused(k, CallRules.Permission(CallKind.PULL, 0, 1, _rules.ANY(), true));
            _assertRefused(k, CallRules.Permission(CallKind.SEND, _rules.ANY(), _rules.ANY(), _rules.ANY(), false));
            _assertRefused(k, CallRules.Permission(CallKind.APPROVE, 1, 0, _rules.ANY(), true));
            assertTrue(_rules.isForbidden(_TARGET, k.selector), k.signature);
        }
    }

    /// @dev An account refuses them whoever ordered the call: where a message arrives nobody else asks.
    function test_L1_eachIsRefusedByAnAccount() public {
        GuardedAccount account = new GuardedAccount(new CallGuard(address(authority), _rules));
        address token = address(new PlainToken());
        account.measure(token);
        address puppet = address(new Puppet());
        for (uint256 i; i < _known.length; ++i) {
            Known memory k = _known[i];
            // In the native coin, in a token, and of the token itself.
            _assertRefused(account, k, address(0), puppet);
            _assertRefused(account, k, token, puppet);
            _assertRefused(account, k, token, token);
        }
    }

    function _assertRefused(GuardedAccount account, Known memory k, address asset, address target) private {
        bytes memory data = abi.encodePacked(k.selector, new bytes(320));
        vm.expectRevert(abi.encodeWithSelector(CallGuard.CallForbidden.selector, target, k.selector));
        account.make(asset, 0, target, data);
    }

    function _assertRefused(Known memory k, CallRules.Permission memory p) private {
        vm.prank(GOVERNANCE);
        (bool ok, bytes memory answer) =
            address(_rules).call(abi.encodeCall(CallRules.setPermission, (agentId, HOME, _TARGET, k.selector, p)));
        assertFalse(ok, k.signature);
        assertEq(answer, abi.encodeWithSelector(CallRules.CallRulesSelectorForbidden.selector, k.selector), k.signature);
    }

    /// @dev The list refuses what it lists, not whatever it meets.
    function testFuzz_othersAreNot(bytes4 selector) public view {
        assertTrue(ForbiddenCalls.isForbiddenSelector(selector) == _isKnown[selector], "forbidden or not");
        assertTrue(_rules.isForbidden(_TARGET, selector) == _isKnown[selector], "the same for accounts");
    }

    function test_targets() public view {
        assertTrue(ForbiddenCalls.isForbiddenTarget(0x000000000022D473030F116dDEE9F6B43aC78BA3), "Permit2");
        assertTrue(ForbiddenCalls.isForbiddenTarget(0xcA11bde05977b3631167028862bE2a173976CA11), "Multicall3");
        assertTrue(ForbiddenCalls.isForbiddenTarget(address(0)), "nobody");
        assertTrue(ForbiddenCalls.isForbiddenTarget(0x5FF137D4b0FDCD49DcA30c7CF57E578a026d2789), "entry point 0.6");
        assertTrue(ForbiddenCalls.isForbiddenTarget(0x0000000071727De22E5E9d8BAf0edAc6f37da032), "entry point 0.7");
        assertTrue(ForbiddenCalls.isForbiddenTarget(0x4337084D9E255Ff0702461CF8895CE9E3b5Ff108), "entry point 0.8");
        assertTrue(ForbiddenCalls.isForbiddenTarget(0x433709009B8330FDa32311DF1C2AFA402eD8D009), "entry point 0.9");
        assertFalse(ForbiddenCalls.isForbiddenTarget(_TARGET), "any other");
    }
}
