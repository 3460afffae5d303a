// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentRegistry, Status} from "./AgentRegistry.sol";
import {Budget} from "./Budget.sol";
import {HomeExecutor} from "./HomeExecutor.sol";
import {Intent} from "./Intent.sol";
import {MandateAccount} from "./MandateAccount.sol";
import {Meter} from "./Meter.sol";
import {Pace} from "./Pace.sol";
import {PolicyEngine} from "./PolicyEngine.sol";
import {Verdict} from "./Verdict.sol";

/// @notice What an agent may still do with one asset, now.
struct Headroom {
    PolicyEngine.Limit limit;
    uint256 used; // in the current window, each amount rounded up, asset's smallest unit
    uint256 left; // largest amount that the caps admit now: exactly this fits, one more does not
    uint64 moreAt; // unix seconds when some of `used` falls out of the window; 0: nothing is used
    uint256 transactionsLeft;
    uint64 transactionAt; // unix seconds when the next transaction fits; 0: now, or never
    uint256 recordsLeft; // records that the audit lag still admits without a publication
    bool frozen;
    bool halted; // a breaker above the agent is tripped: everything's, or home's
    bool assetHalted; // the asset's breaker is tripped
    Status status;
    uint8 riskLevel;
    PolicyEngine.Terms terms;
    PolicyEngine.Tempo tempo;
    uint64 restedAt; // unix seconds when the cooldown is over; 0: it is, or there is none
    uint256 burstLeft; // transactions until one more is a burst; 0 also without that rule
}

/// @title Everything that a client needs to show or predict, in one call
/// @notice For reading only: nothing relies on it.
contract MandateLens {
    HomeExecutor public immutable EXECUTOR;
    AgentRegistry public immutable REGISTRY;

    constructor(HomeExecutor executor) {
        EXECUTOR = executor;
        REGISTRY = executor.REGISTRY();
    }

    /// @notice The verdict that the intent would get now, with its tier, and what the agent may still do with the asset.
    /// @dev Reverts for an intent that names another account than the agent's.
    function outlook(Intent calldata intent) external view returns (Verdict memory verdict, Headroom memory h) {
        return (EXECUTOR.preview(intent), headroom(intent.agentId, intent.asset));
    }

    /// @notice What the agent may still do with the asset. All zero for an agent without an account.
    function headroom(uint256 agentId, address asset) public view returns (Headroom memory h) {
        (, h.status, h.riskLevel) = REGISTRY.agent(agentId);
        address account = REGISTRY.accountOf(agentId);
        if (account == address(0)) return h;
        (Meter meter, Budget budget, Pace pace, uint256 unpublished) = MandateAccount(account).words(agentId, asset);
        _tellBudget(h, budget);
        _tellMeter(h, meter, unpublished);
        _tellPace(h, pace);
    }

    // Times in seconds, and what was set, fit.
    // forge-lint: disable-start(unsafe-typecast)

    function _tellBudget(Headroom memory h, Budget b) private view {
        h.limit = PolicyEngine.Limit(uint104(b.perTransaction()), uint104(b.cap()), uint24(b.window() >> h.riskLevel));
        (h.used, h.left) = b.usage();
        if (h.left > h.limit.perTransaction) h.left = h.limit.perTransaction;
        if (h.used > 0) h.moreAt = uint64(b.freeAt(0));
        h.assetHalted = b.halted();
    }

    function _tellMeter(Headroom memory h, Meter m, uint256 unpublished) private view {
        h.terms = PolicyEngine.Terms(
            uint32(m.expiry()),
            uint24(m.window() >> h.riskLevel),
            uint16(m.maxTransactions()),
            uint16(m.maxAuditLag()),
            m.basic(),
            m.open()
        );
        (h.frozen, h.halted) = (m.frozen(), m.halted());
        uint256 count = m.count();
        if (count < h.terms.maxTransactions) h.transactionsLeft = h.terms.maxTransactions - count;
        else h.transactionAt = uint64(m.freeAt());
        // As many as the lag may wait, and one more is admitted.
        h.recordsLeft = unpublished > h.terms.maxAuditLag ? 0 : h.terms.maxAuditLag + 1 - unpublished;
    }

    function _tellPace(Headroom memory h, Pace p) private view {
        h.tempo = PolicyEngine.Tempo(uint8(p.burst()), uint24(p.window() >> h.riskLevel), uint24(p.cooldown()));
        uint256 restedAt = p.restedAt(h.riskLevel);
        if (block.timestamp < restedAt) h.restedAt = uint64(restedAt);
        uint256 count = p.count();
        if (count < h.tempo.burst) h.burstLeft = h.tempo.burst - count;
    }
    // forge-lint: disable-end(unsafe-typecast)
}
