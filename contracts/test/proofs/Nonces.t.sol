// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentRegistry, Status} from "../../src/AgentRegistry.sol";
import {Action} from "../../src/AuditLog.sol";
import {HomeExecutor} from "../../src/HomeExecutor.sol";
import {Approvers} from "../../src/rules/Approvers.sol";
import {Finding, MandateRules} from "../../src/rules/MandateRules.sol";
import {Intent} from "../../src/Intent.sol";
import {Rule, Verdict} from "../../src/Verdict.sol";
import {Test} from "../lib/Test.sol";

/// @notice Everything that the executor talks to, saying yes to all it asks and answering the verdict it was given: what is
///         proved of nonces is proved whatever registry, wallet, account and gateway say.
contract Surroundings {
    Verdict private _verdict;
    /// @notice How often something was paid or sent.
    uint256 public carriedOut;

    function answer(Verdict calldata verdict) external {
        _verdict = verdict;
    }

    function standing(uint256) external view returns (address wallet, Status status, uint8 riskLevel, address account) {
        return (address(this), Status.ACTIVE, 0, address(this));
    }

    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return this.isValidSignature.selector;
    }

    function walletChanges(uint256) external pure returns (uint32) {
        return 0;
    }

    function review(Intent calldata, Finding calldata) external view returns (Verdict memory) {
        return _verdict;
    }

    function isTightener(uint256, address) external pure returns (bool) {
        return true;
    }

    function isBasic(uint256) external pure returns (bool) {
        return true;
    }

    function consume(Finding calldata, bytes32, Intent calldata) external view returns (Verdict memory) {
        return _verdict;
    }

    function append(Action, uint256, bytes32, bytes32) external {}

    function payOut(bytes32, uint256, address, address, uint256 amount) external returns (uint256) {
        ++carriedOut;
        return amount;
    }

    function sendMessage(bytes calldata, bytes calldata, bytes[] calldata) external payable returns (bytes32) {
        ++carriedOut;
        return bytes32(uint256(1));
    }
}

/// @title A nonce is used once (scripts/prove)
/// @notice For any two intents whatever and any verdict on them. Signatures are checked elsewhere; here all are good.
contract NonceProof is Test {
    Surroundings private immutable _WORLD = new Surroundings();
    HomeExecutor private immutable _EXECUTOR;

    constructor() {
        address[] memory accounts = new address[](1);
        accounts[0] = address(_WORLD);
        _EXECUTOR = new HomeExecutor(
            address(this),
            block.chainid,
            AgentRegistry(address(_WORLD)),
            address(_WORLD),
            MandateRules(address(_WORLD)),
            Approvers(address(_WORLD)),
            accounts,
            5,
            1 days
        );
    }

    /// @notice What was submitted is not admitted again under its nonce, by the same or any other intent of the agent; and no
    ///         other nonce of any agent is used up by it.
    /// @custom:halmos --array-lengths first.data=0,second.data=0
    function check_L3_submit_usesItsNonceAndNoOther(
        Intent memory first,
        Intent memory second,
        Verdict memory verdict,
        uint256 agentId,
        uint256 nonce
    ) public {
        _WORLD.answer(verdict);
        (first.chainId, second.chainId) = (_place(first.chainId), _place(second.chainId));
        first.account = second.account = address(_WORLD);
        _EXECUTOR.submit(first, "");
        bool own = agentId == first.agentId && nonce == first.nonce;
        assert(_EXECUTOR.nonceUsed(agentId, nonce) == own);
        _submittedOnlyUnderAnotherNonce(first, second);
    }

    /// @notice Nor is anything admitted under the nonce of what was cancelled before anybody submitted it.
    /// @custom:halmos --array-lengths first.data=0,second.data=0
    function check_L3_cancel_usesItsNonceAndNoOther(
        Intent memory first,
        Intent memory second,
        Verdict memory verdict,
        uint256 agentId,
        uint256 nonce
    ) public {
        _WORLD.answer(verdict);
        second.chainId = _place(second.chainId);
        first.account = second.account = address(_WORLD);
        _EXECUTOR.cancel(first);
        bool own = agentId == first.agentId && nonce == first.nonce;
        assert(_EXECUTOR.nonceUsed(agentId, nonce) == own);
        _submittedOnlyUnderAnotherNonce(first, second);
    }

    /// @notice What was submitted is carried out at most once, whether at once, after a wait, or as often as anybody has it proceed; and what
    ///         was cancelled or denied never is.
    /// @custom:halmos --array-lengths intent.data=0
    function check_L3_proceed_once(Intent memory intent, Verdict memory verdict, bool cancels, uint32[2] memory later)
        public
    {
        _WORLD.answer(verdict);
        intent.chainId = _place(intent.chainId);
        intent.account = address(_WORLD);
        _EXECUTOR.submit(intent, "");
        if (cancels) {
            try _EXECUTOR.cancel(intent) {} catch {}
        }
        uint256 done = _WORLD.carriedOut();
        assert(done <= 1 && (done == 0 || verdict.rule == Rule.NONE));
        for (uint256 i; i < 2; ++i) {
            vm.warp(later[i]);
            try _EXECUTOR.proceed(intent) {
                assert(done == 0 && !cancels);
            } catch {}
            done = _WORLD.carriedOut();
        }
        assert(done <= 1);
    }

    function _submittedOnlyUnderAnotherNonce(Intent memory first, Intent memory second) private {
        try _EXECUTOR.submit(second, "") {
            assert(second.agentId != first.agentId || second.nonce != first.nonce);
        } catch {}
    }

    /// @dev Here or one other chain: the length of a message's address depends on the chain's number, which Halmos cannot
    ///      leave open.
    function _place(uint256 chainId) private view returns (uint256) {
        return chainId == block.chainid ? block.chainid : 31338;
    }
}
