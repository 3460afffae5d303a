// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ExecutorSettings} from "./ExecutorSettings.sol";
import {Roles} from "./governance/Roles.sol";

/// @title Who may dispute, and what it costs
/// @notice Guardians dispute for nothing, so many in an hour; anyone else with a bond in the native coin, which goes to whoever was
///         right: back to who disputed what was not upheld; to the treasury when governance upheld it, which shares with who proved that a
///         disputed intent is genuine. So nobody who disputes what is genuine, and proves it himself, has it back whole.
/// @dev Bonds are credited and fetched: nobody's refusal to take coins holds anything up.
abstract contract DisputeBonds is ExecutorSettings {
    /// @dev One slot. Who disputed an intent, with what.
    struct Dispute {
        address by;
        uint96 bond;
    }

    /// @dev When a guardian disputed the last times, the oldest at `next`.
    struct Quota {
        uint32[32] times;
        uint8 next;
    }

    /// @notice Most disputes of one guardian within an hour.
    uint256 public constant DISPUTES_PER_HOUR = 32;
    /// @notice Who gets the bonds of disputes that governance overruled, and half of those that a proof did.
    address public immutable BOND_TREASURY;

    /// @notice What a dispute costs who is no guardian, wei; 0: only guardians dispute.
    uint96 public disputeBond;
    mapping(address guardian => Quota) private _quotas;
    mapping(bytes32 intentId => Dispute) private _disputes;
    /// @notice What is credited, wei.
    mapping(address owner => uint256) public bondsOf;

    event DisputeBondSet(uint96 bond, address indexed by);
    /// @notice So much of the bond of the dispute of that intent is `to`'s, wei.
    event BondCredited(bytes32 indexed intentId, address indexed to, uint256 amount);
    event BondsWithdrawn(address indexed owner, address indexed to, uint256 amount);

    error ExecutorDisputesUsed(address guardian, uint256 limit, uint256 availableAt);
    error ExecutorDisputeBond(uint256 sent, uint256 bond);
    error ExecutorNoBonds(address owner);
    error ExecutorBondsRefused(address to, uint256 amount);
    error ExecutorTreasuryMissing();

    constructor(address bondTreasury) {
        require(bondTreasury != address(0), ExecutorTreasuryMissing());
        BOND_TREASURY = bondTreasury;
    }

    /// @notice Who disputes the intent, and the bond, wei. Zeros: nobody.
    function disputeOf(bytes32 intentId) external view returns (address by, uint256 bond) {
        Dispute memory d = _disputes[intentId];
        return (d.by, d.bond);
    }

    /// @notice Sets what a dispute costs who is no guardian, wei; 0: only guardians dispute. Governance only.
    function setDisputeBond(uint96 bond) external restricted {
        disputeBond = bond;
        emit DisputeBondSet(bond, msg.sender);
    }

    /// @notice Pays out what is credited to the caller.
    function withdrawBonds(address payable to) external {
        uint256 amount = bondsOf[msg.sender];
        require(amount > 0, ExecutorNoBonds(msg.sender));
        bondsOf[msg.sender] = 0;
        emit BondsWithdrawn(msg.sender, to, amount);
        (bool taken,) = to.call{value: amount}("");
        require(taken, ExecutorBondsRefused(to, amount));
    }

    /// @dev Takes the caller's bond, or one of a guardian's disputes of this hour.
    function _openDispute(bytes32 intentId) internal {
        if (msg.value > 0 || !Roles.isGuardian(authority(), msg.sender)) {
            uint256 bond = disputeBond;
            require(msg.value > 0 || bond > 0, ExecutorUnauthorized(msg.sender));
            require(msg.value == bond, ExecutorDisputeBond(msg.value, bond));
        } else {
            Quota storage quota = _quotas[msg.sender];
            uint256 next = quota.next;
            uint256 availableAt = quota.times[next];
            if (availableAt > 0) availableAt += 1 hours;
            require(block.timestamp >= availableAt, ExecutorDisputesUsed(msg.sender, DISPUTES_PER_HOUR, availableAt));
            // Until 2106.
            // forge-lint: disable-next-line(unsafe-typecast)
            quota.times[next] = uint32(block.timestamp);
            // Below 32.
            // forge-lint: disable-next-line(unsafe-typecast)
            quota.next = uint8((next + 1) % DISPUTES_PER_HOUR);
        }
        // The bond, which has 96 bits, or nothing.
        // forge-lint: disable-next-line(unsafe-typecast)
        _disputes[intentId] = Dispute(msg.sender, uint96(msg.value));
    }

    /// @dev Ends the dispute; the bond goes back to who gave it.
    function _returnBond(bytes32 intentId) internal {
        Dispute memory d = _takeDispute(intentId);
        _credit(intentId, d.by, d.bond);
    }

    /// @dev Ends the dispute; half of the bond is the prover's, if there is one, the rest the treasury's.
    function _forfeitBond(bytes32 intentId, address prover) internal {
        uint256 bond = _takeDispute(intentId).bond;
        uint256 half = prover == address(0) ? 0 : bond / 2;
        _credit(intentId, prover, half);
        _credit(intentId, BOND_TREASURY, bond - half);
    }

    function _takeDispute(bytes32 intentId) private returns (Dispute memory d) {
        d = _disputes[intentId];
        delete _disputes[intentId];
    }

    function _credit(bytes32 intentId, address to, uint256 amount) private {
        if (amount == 0) return;
        bondsOf[to] += amount;
        emit BondCredited(intentId, to, amount);
    }
}
