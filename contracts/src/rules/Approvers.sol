// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {AgentRegistry} from "../AgentRegistry.sol";
import {BoundedCall} from "./BoundedCall.sol";
import {Tightening} from "./Tightening.sol";

/// @title Who must agree to what an agent may not do alone
/// @notice Per agent k of n approvers, keys or contracts (ERC-1271). An approval is an EIP-712 signature for one intent of
///         one agent, on this chain, with a deadline; it is used once because its intent executes once (L3). Its approver can
///         take it back for good, as long as the intent has not executed.
/// @dev No approvers, k of 0, or k above n: nothing is ever approved (L11).
contract Approvers is EIP712, Tightening {
    /// @dev Ascending and distinct, so one walk compares two lists.
    struct Panel {
        uint8 threshold;
        address[] approvers;
    }

    /// @notice Most approvers of one agent.
    uint256 public constant MAX_APPROVERS = 16;
    /// @notice Gas that a contract gets to check its signature; a Safe with 20 owners needs about a third of it.
    uint256 public constant SIGNATURE_GAS = 500_000;
    bytes32 public constant APPROVAL_TYPEHASH =
        keccak256("Approval(bytes32 intentId,uint256 agentId,address approver,uint64 deadline)");

    mapping(uint256 agentId => Panel) private _panels;
    mapping(bytes32 intentId => mapping(address approver => bool)) private _disapproved;

    event ApproversSet(uint256 indexed agentId, uint8 threshold, address[] approvers, address indexed by);
    /// @notice The approver took back what it may have signed for that intent, for good.
    event Disapproved(bytes32 indexed intentId, address indexed approver);

    error ApproversTooMany(uint256 approvers, uint256 max);
    error ApproversOrder(address previous, address approver);

    constructor(address authority_, AgentRegistry registry)
        EIP712("MandateApprovers", "1")
        Tightening(authority_, registry)
    {}

    // ------------------------------------------------------------------ approvals

    /// @notice Whether enough of the agent's approvers agree to the intent. All that is given must be valid.
    /// @dev Reverts only with too little gas ({BoundedCall-BoundedCallGasTooLow}): a signature is not made invalid by
    ///      starving the contract that checks it. False means "not shown", never "refused". The agent's own key approves
    ///      nothing, wherever it is listed: who spends does not agree to it as well (L7).
    /// @param intentId EIP-712 digest of the intent
    /// @param signers approvers, strictly ascending
    /// @param signatures of {approvalDigest}, one per signer: 65 bytes `r ‖ s ‖ v`, or what the contract takes
    /// @param deadlines unix seconds, one per signer, as signed
    function approved(
        uint256 agentId,
        bytes32 intentId,
        address[] calldata signers,
        bytes[] calldata signatures,
        uint64[] calldata deadlines
    ) external view returns (bool) {
        uint256 threshold = _panels[agentId].threshold;
        if (threshold == 0 || signers.length < threshold) return false;
        if (signatures.length != signers.length || deadlines.length != signers.length) return false;
        if (!_isSubset(signers, _panels[agentId].approvers)) return false;
        address agent = REGISTRY.getAgentWallet(agentId);
        for (uint256 i; i < signers.length; ++i) {
            if (signers[i] == agent || _disapproved[intentId][signers[i]]) return false;
            if (block.timestamp > deadlines[i]) return false;
            bytes32 digest = approvalDigest(agentId, intentId, signers[i], deadlines[i]);
            if (!_isSigned(signers[i], digest, signatures[i])) return false;
        }
        return true;
    }

    /// @notice What an approver signs: the EIP-712 digest of its approval, for this chain and this contract.
    function approvalDigest(uint256 agentId, bytes32 intentId, address approver, uint64 deadline)
        public
        view
        returns (bytes32)
    {
        return _hashTypedDataV4(keccak256(abi.encode(APPROVAL_TYPEHASH, intentId, agentId, approver, deadline)));
    }

    /// @notice Takes back the caller's approval of an intent, given or not, for good.
    function disapprove(bytes32 intentId) external {
        _disapproved[intentId][msg.sender] = true;
        emit Disapproved(intentId, msg.sender);
    }

    /// @notice Whether the approver took back its approval of the intent.
    function disapproved(bytes32 intentId, address approver) external view returns (bool) {
        return _disapproved[intentId][approver];
    }

    // ------------------------------------------------------------------ approvers

    /// @notice The agent's approvers, and how many of them must agree; 0: nothing is approved.
    function approversOf(uint256 agentId) external view returns (uint8 threshold, address[] memory approvers) {
        return (_panels[agentId].threshold, _panels[agentId].approvers);
    }

    /// @notice Sets who must agree. At once when it only takes approvers away or asks for more of them, else by governance.
    /// @param threshold how many must agree; 0, or more than there are: nothing is approved
    /// @param approvers strictly ascending, not zero, at most {MAX_APPROVERS}
    function setApprovers(uint256 agentId, uint8 threshold, address[] calldata approvers) external {
        require(approvers.length <= MAX_APPROVERS, ApproversTooMany(approvers.length, MAX_APPROVERS));
        address previous;
        for (uint256 i; i < approvers.length; ++i) {
            require(previous < approvers[i], ApproversOrder(previous, approvers[i]));
            previous = approvers[i];
        }
        Panel storage panel = _panels[agentId];
        _authorize(agentId, isTighter(threshold, approvers, panel.threshold, panel.approvers));
        panel.threshold = threshold;
        panel.approvers = approvers;
        emit ApproversSet(agentId, threshold, approvers, msg.sender);
    }

    /// @notice Whether nothing is approved by `next` approvers that was not by the `old` ones (L5).
    /// @dev Both lists strictly ascending. A threshold of 0 is out of reach, so it is the highest.
    function isTighter(uint8 nextThreshold, address[] memory next, uint8 oldThreshold, address[] memory old)
        public
        pure
        returns (bool)
    {
        if (!_isSubset(next, old)) return false;
        return nextThreshold == 0 || (oldThreshold != 0 && nextThreshold >= oldThreshold);
    }

    // ------------------------------------------------------------------ internals

    /// @dev Whether `part` is strictly ascending and all of it is in `whole`, which is strictly ascending: each look goes on
    ///      behind the last find.
    function _isSubset(address[] memory part, address[] memory whole) private pure returns (bool) {
        uint256 j;
        for (uint256 i; i < part.length; ++i) {
            while (j < whole.length && whole[j] < part[i]) ++j;
            if (j == whole.length || whole[j] != part[i]) return false;
            ++j;
        }
        return true;
    }

    /// @dev Like OpenZeppelin's SignatureChecker, which gives a contract all gas there is: here a hostile one can waste its
    ///      own share only. An account with code, also by EIP-7702, speaks by its code alone.
    function _isSigned(address signer, bytes32 digest, bytes calldata signature) private view returns (bool) {
        if (signer.code.length == 0) {
            (address recovered, ECDSA.RecoverError err,) = ECDSA.tryRecoverCalldata(digest, signature);
            return err == ECDSA.RecoverError.NoError && recovered == signer;
        }
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        BoundedCall.demandGas(SIGNATURE_GAS);
        (uint256 length, uint256[5] memory words) = BoundedCall.ask(signer, SIGNATURE_GAS, question);
        return length >= 0x20 && words[0] == uint256(bytes32(IERC1271.isValidSignature.selector));
    }
}
