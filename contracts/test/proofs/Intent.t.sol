// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Intent, IntentHash} from "../../src/Intent.sol";

/// @title One id, one intent (scripts/prove)
/// @notice Keccak is taken to be free of collisions; what is proved is that the encoding under it confuses nothing: two intents
///         that differ anywhere, or are meant for different executors or home chains, have different ids.
contract IntentProof {
    /// @custom:halmos --array-lengths a.data={0,1,32,33},b.data={0,1,32,33}
    function check_L3_id_isOfOneIntent(Intent memory a, Intent memory b, bytes32 domain) public pure {
        if (IntentHash.id(a, domain) != IntentHash.id(b, domain)) return;
        assert(a.agentId == b.agentId);
        assert(a.account == b.account);
        assert(a.chainId == b.chainId);
        assert(a.asset == b.asset);
        assert(a.to == b.to);
        assert(a.amount == b.amount);
        assert(a.nonce == b.nonce);
        assert(a.deadline == b.deadline);
        assert(keccak256(a.data) == keccak256(b.data));
    }

    /// @custom:halmos --array-lengths intent.data={0,32}
    function check_L3_id_isOfOneExecutor(Intent memory intent, uint256 homeA, uint256 homeB, address a, address b)
        public
        pure
    {
        bytes32 idA = IntentHash.id(intent, IntentHash.domainSeparator(homeA, a));
        bytes32 idB = IntentHash.id(intent, IntentHash.domainSeparator(homeB, b));
        assert((idA == idB) == (homeA == homeB && a == b));
    }

    /// @notice Two direct payments of one id are one payment: also the number of its record is the same, and an agent's chain has
    ///         each number once ({AuditProof}).
    function check_L3_paymentId_isOfOnePayment(Payment memory a, Payment memory b, bytes32 domain) public view {
        if (_paymentId(a, domain) != _paymentId(b, domain)) return;
        assert(keccak256(abi.encode(a)) == keccak256(abi.encode(b)));
    }

    /// @notice The id is that of the intent which says the same; so no intent that can be submitted, whose deadline is not past, has it.
    /// @custom:halmos --array-lengths intent.data={0,32}
    function check_L3_paymentId_isOfNoSignedIntent(Payment memory p, Intent memory intent, bytes32 domain) public view {
        Intent memory same = Intent(p.agentId, p.account, block.chainid, p.asset, p.to, p.amount, "", p.recordIndex, 0);
        assert(_paymentId(p, domain) == IntentHash.id(same, domain));
        if (intent.deadline > 0) assert(_paymentId(p, domain) != IntentHash.id(intent, domain));
    }

    struct Payment {
        uint256 agentId;
        address account;
        address asset;
        address to;
        uint256 amount;
        uint256 recordIndex;
    }

    function _paymentId(Payment memory p, bytes32 domain) private view returns (bytes32) {
        return IntentHash.paymentId(p.agentId, p.account, p.asset, p.to, p.amount, p.recordIndex, domain);
    }
}
