// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentRegistry} from "../AgentRegistry.sol";
import {Intent} from "../Intent.sol";
import {BoundedCall} from "./BoundedCall.sol";
import {IRule} from "./IRule.sol";
import {Tightening} from "./Tightening.sol";

/// @notice The part of the ERC-8004 reputation registry that is asked here. https://eips.ethereum.org/EIPS/eip-8004
interface IReputationRegistry {
    /// @notice The average of the feedback that `clientAddresses` gave and did not revoke, as `summaryValue` times
    ///         10^-`summaryValueDecimals`, decimals at most 18.
    /// @param tag1 only feedback with that first tag; empty: any
    /// @param tag2 only feedback with that second tag; empty: any
    function getSummary(uint256 agentId, address[] calldata clientAddresses, string calldata tag1, string calldata tag2)
        external
        view
        returns (uint64 count, int128 summaryValue, uint8 summaryValueDecimals);
}

/// @title What others must say of an agent before it may act
/// @notice Asks an ERC-8004 reputation registry for what clients that governance trusts say of the agent on average.
///         Anybody may give feedback there, so that of anybody else counts for nothing. A registry that doesn't answer
///         properly within its gas denies, and so does a requirement that was never set (L11).
/// @dev The registry adds up all feedback of the trusted clients at each question. Where that has become too much for
///      the gas of a rule, trust a client that aggregates, or an adapter with this interface that keeps the sum.
contract ReputationRule is IRule, Tightening {
    /// @notice What is required of one agent.
    /// @param registry ERC-8004 reputation registry; zero: nothing was set, or the agent may not act; the rest is then zero
    /// @param minCount least number of feedbacks, at least 1
    /// @param identity the agent's id in the identity registry that `registry` refers to, which may differ from that here
    /// @param minValue least average, with 18 decimals
    /// @param tag1 first tag of the feedback that counts, at most 31 bytes; empty: any
    /// @param tag2 second tag, likewise
    /// @param clients whose feedback counts, 1 to 8, ascending
    struct Requirement {
        address registry;
        uint64 minCount;
        uint256 identity;
        int128 minValue;
        string tag1;
        string tag2;
        address[] clients;
    }

    /// @notice Most clients whose feedback counts.
    uint256 public constant MAX_CLIENTS = 8;
    /// @notice Most bytes of a tag.
    uint256 public constant MAX_TAG = 31;
    /// @notice Most decimals that ERC-8004 admits.
    uint256 public constant MAX_DECIMALS = 18;
    /// @dev Gas kept for an answer when the registry burns all that it got. Up to 5,200 of it go for looking up its account
    ///      (cold, and delegated by EIP-7702).
    uint256 private constant _RESERVE = 10_000;

    mapping(uint256 agentId => Requirement) private _requirements;

    event RequirementSet(uint256 indexed agentId, Requirement requirement, address indexed by);

    error ReputationNotEmpty();
    error ReputationCountZero();
    error ReputationTagTooLong(string tag, uint256 max);
    error ReputationClients(uint256 count, uint256 max);
    error ReputationClientsNotAscending(address client);

    constructor(address authority_, AgentRegistry registry) Tightening(authority_, registry) {}

    /// @inheritdoc IRule
    /// @dev The limit is the least count and what is left the count, if that is too low; else the least average and the
    ///      average, with 18 decimals, as far as they are positive. Time alone changes nothing.
    function judge(Intent calldata intent, uint8)
        external
        view
        returns (bool admitted, uint256 limit, uint256 left, uint64 availableAt)
    {
        Requirement memory r = _requirements[intent.agentId];
        if (r.registry == address(0)) return (false, 0, 0, 0);
        (uint256 count, int256 value) = _summary(r);
        if (count < r.minCount) return (false, r.minCount, count, 0);
        if (value < r.minValue) return (false, _positive(r.minValue), _positive(value), 0);
        return (true, 0, 0, 0);
    }

    /// @notice What is required of the agent.
    function requirement(uint256 agentId) external view returns (Requirement memory) {
        return _requirements[agentId];
    }

    /// @notice Sets what is required of the agent. At once when it stops the agent, or only raises the least count and
    ///         average, else by governance only.
    function setRequirement(uint256 agentId, Requirement calldata r) external {
        _check(r);
        _authorize(agentId, isTighter(r, _requirements[agentId]));
        _requirements[agentId] = r;
        emit RequirementSet(agentId, r, msg.sender);
    }

    /// @notice Whether `newRequirement` admits nothing that `oldRequirement` does not, whatever the feedback. Who is asked
    ///         for what may not differ: leaving out a harsh client may raise the average.
    function isTighter(Requirement memory newRequirement, Requirement memory oldRequirement)
        public
        pure
        returns (bool)
    {
        if (newRequirement.registry == address(0)) return true;
        return newRequirement.registry == oldRequirement.registry && newRequirement.identity == oldRequirement.identity
            && newRequirement.minCount >= oldRequirement.minCount && newRequirement.minValue >= oldRequirement.minValue
            && _filter(newRequirement) == _filter(oldRequirement);
    }

    function _filter(Requirement memory r) private pure returns (bytes32) {
        return keccak256(abi.encode(r.tag1, r.tag2, r.clients));
    }

    /// @dev An order is the simplest proof that nobody is named, and so counted, twice.
    function _check(Requirement calldata r) private pure {
        if (r.registry == address(0)) {
            require(
                r.minCount == 0 && r.identity == 0 && r.minValue == 0 && bytes(r.tag1).length == 0
                    && bytes(r.tag2).length == 0 && r.clients.length == 0,
                ReputationNotEmpty()
            );
            return;
        }
        require(r.minCount > 0, ReputationCountZero());
        require(bytes(r.tag1).length <= MAX_TAG, ReputationTagTooLong(r.tag1, MAX_TAG));
        require(bytes(r.tag2).length <= MAX_TAG, ReputationTagTooLong(r.tag2, MAX_TAG));
        require(
            r.clients.length > 0 && r.clients.length <= MAX_CLIENTS, ReputationClients(r.clients.length, MAX_CLIENTS)
        );
        address last;
        for (uint256 i; i < r.clients.length; ++i) {
            require(r.clients[i] > last, ReputationClientsNotAscending(r.clients[i]));
            last = r.clients[i];
        }
    }

    /// @dev What the registry says, with 18 decimals; no feedback at all, if that is not what its interface says.
    function _summary(Requirement memory r) private view returns (uint256 count, int256 value) {
        bytes memory question = abi.encodeCall(IReputationRegistry.getSummary, (r.identity, r.clients, r.tag1, r.tag2));
        if (gasleft() <= _RESERVE) return (0, 0);
        (uint256 length, uint256[5] memory words) = BoundedCall.ask(r.registry, gasleft() - _RESERVE, question);
        if (length != 0x60 || words[0] > type(uint64).max || words[2] > MAX_DECIMALS) return (0, 0);
        // Two's complement: that the word is an int128's is what is checked here.
        // forge-lint: disable-next-line(unsafe-typecast)
        value = int256(words[1]);
        if (value != int128(value)) return (0, 0);
        // Below 2^127 * 10^18 < 2^187 in either direction.
        return (words[0], value * int256(10 ** (MAX_DECIMALS - words[2])));
    }

    function _positive(int256 value) private pure returns (uint256) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return value > 0 ? uint256(value) : 0;
    }
}
