// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAggregatorV3} from "../../src/rules/IAggregatorV3.sol";

/// @notice A feed as oracle networks deploy it: the number of the newest round in one slot, each round in another.
contract Aggregator is IAggregatorV3 {
    struct Round {
        int192 answer;
        uint32 startedAt;
        uint32 updatedAt;
    }

    uint8 public immutable decimals;
    uint80 private _latest;
    mapping(uint80 roundId => Round) private _rounds;

    constructor(uint8 decimals_) {
        decimals = decimals_;
    }

    function report(int192 answer, uint32 startedAt, uint32 updatedAt) external {
        _rounds[++_latest] = Round(answer, startedAt, updatedAt);
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        Round memory r = _rounds[_latest];
        return (_latest, r.answer, r.startedAt, r.updatedAt, _latest);
    }
}

/// @notice The address that stays while aggregators are exchanged behind it.
contract FeedProxy is IAggregatorV3 {
    uint16 private _phase = 1;
    IAggregatorV3 private _aggregator;

    constructor(IAggregatorV3 aggregator) {
        _aggregator = aggregator;
    }

    function decimals() external view returns (uint8) {
        return _aggregator.decimals();
    }

    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        uint80 phase = uint80(_phase) << 64;
        (roundId, answer, startedAt, updatedAt, answeredInRound) = _aggregator.latestRoundData();
        (roundId, answeredInRound) = (roundId | phase, answeredInRound | phase);
    }
}

/// @notice A feed that does what the test says.
contract HostileFeed {
    enum Deed {
        ANSWER,
        REVERT,
        REVERT_LONG,
        BURN,
        ANSWER_LONG,
        WRITE
    }

    uint8 public decimals = 8;
    Deed private _deed;
    bytes private _answer;
    uint256 public written;

    function setDecimals(uint8 decimals_) external {
        decimals = decimals_;
    }

    function will(Deed deed) external {
        _deed = deed;
    }

    function willAnswer(bytes memory answer) public {
        (_deed, _answer) = (Deed.ANSWER, answer);
    }

    /// @dev Words of any value: no type is in the way.
    function willAnswer(uint256 roundId, uint256 answer, uint256 startedAt, uint256 updatedAt, uint256 answeredInRound)
        external
    {
        willAnswer(abi.encode(roundId, answer, startedAt, updatedAt, answeredInRound));
    }

    fallback() external {
        if (_deed == Deed.REVERT) revert("no");
        if (_deed == Deed.REVERT_LONG) {
            assembly ("memory-safe") {
                revert(0, 80000)
            }
        }
        if (_deed == Deed.BURN) while (true) {}
        if (_deed == Deed.ANSWER_LONG) {
            assembly ("memory-safe") {
                return(0, 80000)
            }
        }
        if (_deed == Deed.WRITE) ++written;
        bytes memory answer = _answer;
        assembly ("memory-safe") {
            return(add(answer, 0x20), mload(answer))
        }
    }
}
