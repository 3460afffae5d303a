// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Intent} from "../Intent.sol";

/// @title A rule that a mandate can be given beyond the basic ones
/// @notice Anybody writes one; governance and those who may tighten put it into an agent's {RuleBook}, which asks it
///         without trusting it: whatever is not a well-formed admission within its gas is a denial.
/// @dev Whoever submits an intent chooses its moment and its transaction. So judge by the intent, by the time, and by what
///      no stranger can swing, such as a pool's price; and need no more gas than {RuleBook-STIPEND} where all is cold.
interface IRule {
    /// @notice Whether the rule admits the intent, now.
    /// @param intent what the agent asks for: no direct payment, which only a basic mandate admits
    /// @param riskLevel the agent's, 0 (trusted) to 3
    /// @return admitted whether it does; if so, the rest means nothing, but the time must be below 2^32 all the same
    /// @return limit the limit that refused, in the rule's own unit; 0 if it has none
    /// @return left what is left of it now, same unit
    /// @return availableAt unix seconds when the same request could be admitted, below 2^32; 0 if time alone
    ///         changes nothing
    function judge(Intent calldata intent, uint8 riskLevel)
        external
        view
        returns (bool admitted, uint256 limit, uint256 left, uint64 availableAt);
}
