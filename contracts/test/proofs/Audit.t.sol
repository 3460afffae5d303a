// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Trail} from "../../src/AuditLog.sol";

/// @title The word of an agent's hash chain, proved for every content (scripts/prove)
contract AuditProof {
    /// @notice Each record has the next number, counts as unpublished, and the head after it is that of head and record (L6).
    function check_L6_extended_isTheNext(uint256 word, bytes32 record) public pure {
        Trail t = Trail.wrap(word);
        if (t.count() == type(uint32).max) return; // out of any chain's reach
        Trail next = t.extended(record);
        assert(next.count() == t.count() + 1);
        uint256 most = type(uint16).max;
        assert(next.unpublished() == (t.unpublished() == most ? most : t.unpublished() + 1));
        assert(next.head() == bytes26(keccak256(abi.encodePacked(t.head(), record))));
    }

    /// @notice Publishing changes what is unpublished and nothing else.
    function check_L6_withPublished_leavesTheChain(uint256 word, uint32 published) public pure {
        Trail t = Trail.wrap(word);
        if (published > t.count()) return; // refused before
        Trail then = t.withPublished(published);
        assert(then.count() == t.count() && then.head() == t.head());
        uint256 open = t.count() - published;
        assert(then.unpublished() == (open < type(uint16).max ? open : type(uint16).max));
    }
}
