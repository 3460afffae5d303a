// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Whether messages are taken from a gateway.
enum GatewayStatus {
    NONE, // never were
    OPEN,
    CLOSED // were, and are no more
}
