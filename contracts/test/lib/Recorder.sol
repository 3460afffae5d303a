// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Action, AuditLog, Trail} from "../../src/AuditLog.sol";
import {Hash} from "../../src/Hash.sol";
import {IntentHash} from "../../src/Intent.sol";
import {PolicyEngine} from "../../src/PolicyEngine.sol";

/// @notice The part of a payment that records and announces it, and one that only announces it.
contract Recorder is AuditLog {
    bytes32 private immutable _DOMAIN = IntentHash.domainSeparator(31_337, address(this));

    /// @dev {PolicyEngine.Paid} if there were no records.
    event PaidUnrecorded(uint256 indexed agentId, address asset, address to, uint256 amount);

    constructor(address authority_) AccessManaged(authority_) {}

    function record(uint256 agentId, address asset, address to, uint256 amount) external {
        TrailSlot storage trail = _trail(agentId);
        Trail before = trail.word;
        bytes32 id = IntentHash.paymentId(agentId, address(this), asset, to, amount, before.count(), _DOMAIN);
        emit PolicyEngine.Paid(agentId, asset, to, amount, before.count());
        bytes32 detail =
            Hash.words(bytes32(uint256(uint160(address(this)))), bytes32(uint256(uint160(asset))), bytes32(amount));
        trail.word = before.extended(_recordHash(agentId, id, Action.EXECUTED, detail));
    }

    function announce(uint256 agentId, address asset, address to, uint256 amount) external {
        emit PaidUnrecorded(agentId, asset, to, amount);
    }
}
