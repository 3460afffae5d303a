// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

// Compiled here so that a deployment and its wrappers come from this build: OpenZeppelin's contracts, unchanged.
// forge-lint: disable-next-line(unused-import)
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
// forge-lint: disable-next-line(unused-import)
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
