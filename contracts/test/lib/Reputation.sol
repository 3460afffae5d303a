// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IReputationRegistry} from "../../src/rules/ReputationRule.sol";

/// @notice Stands in for the ERC-8004 reputation registry of somebody else: feedback is kept and averaged as the ERC says.
/// @dev https://eips.ethereum.org/EIPS/eip-8004, without what only matters to readers of feedback. The ERC leaves open how
///      values of different decimals are averaged: here as the deployed ones do, with the decimals that most of them have.
contract ReputationRegistry is IReputationRegistry {
    struct Feedback {
        int128 value;
        uint8 decimals;
        bool revoked;
        string tag1;
        string tag2;
    }

    mapping(uint256 agentId => mapping(address client => Feedback[])) private _feedback;

    error NoClients();

    /// @dev What `giveFeedback` of the ERC stores; it takes the caller for the client.
    function give(uint256 agentId, address client, int128 value, uint8 decimals, string memory tag1, string memory tag2)
        public
    {
        require(decimals <= 18);
        _feedback[agentId][client].push(Feedback(value, decimals, false, tag1, tag2));
    }

    function give(uint256 agentId, address client, int128 value, uint8 decimals) external {
        give(agentId, client, value, decimals, "", "");
    }

    function revoke(uint256 agentId, address client, uint256 index) external {
        _feedback[agentId][client][index].revoked = true;
    }

    function getSummary(uint256 agentId, address[] calldata clientAddresses, string calldata tag1, string calldata tag2)
        external
        view
        returns (uint64 count, int128 summaryValue, uint8 summaryValueDecimals)
    {
        require(clientAddresses.length > 0, NoClients());
        int256 sum;
        uint64[19] memory counts;
        for (uint256 i; i < clientAddresses.length; ++i) {
            sum += _add(_feedback[agentId][clientAddresses[i]], counts, tag1, tag2);
        }
        for (uint8 d; d <= 18; ++d) {
            count += counts[d];
            if (counts[d] > counts[summaryValueDecimals]) summaryValueDecimals = d;
        }
        if (count == 0) return (0, 0, 0);
        // An average is in the range of what it is of.
        // forge-lint: disable-next-line(unsafe-typecast)
        summaryValue = int128(sum / int256(uint256(count)) / int256(10 ** (18 - summaryValueDecimals)));
    }

    /// @dev The sum of what counts, with 18 decimals; adds to `counts`, by decimals.
    function _add(Feedback[] storage feedback, uint64[19] memory counts, string calldata tag1, string calldata tag2)
        private
        view
        returns (int256 sum)
    {
        for (uint256 i; i < feedback.length; ++i) {
            Feedback storage f = feedback[i];
            if (f.revoked || !_matches(tag1, f.tag1) || !_matches(tag2, f.tag2)) continue;
            sum += f.value * int256(10 ** (18 - f.decimals));
            ++counts[f.decimals];
        }
    }

    function _matches(string calldata wanted, string memory tag) private pure returns (bool) {
        return bytes(wanted).length == 0 || keccak256(bytes(wanted)) == keccak256(bytes(tag));
    }
}

/// @notice A registry whose words are set by hand, also such as no registry says.
contract SayingRegistry {
    bytes private _answer;

    function say(uint256 count, uint256 value, uint256 decimals) external {
        _answer = abi.encode(count, value, decimals);
    }

    function sayRaw(bytes calldata answer) external {
        _answer = answer;
    }

    fallback() external {
        bytes memory answer = _answer;
        assembly {
            return(add(answer, 0x20), mload(answer))
        }
    }
}

/// @notice Answers just the question that it knows.
contract ExactRegistry is IReputationRegistry {
    bytes32 private immutable _QUESTION;

    constructor(uint256 agentId, address[] memory clients, string memory tag1, string memory tag2) {
        _QUESTION = keccak256(abi.encode(agentId, clients, tag1, tag2));
    }

    function getSummary(uint256 agentId, address[] calldata clients, string calldata tag1, string calldata tag2)
        external
        view
        returns (uint64, int128, uint8)
    {
        return keccak256(abi.encode(agentId, clients, tag1, tag2)) == _QUESTION
            ? (type(uint64).max, type(int128).max, 0)
            : (0, int128(0), 0);
    }
}
