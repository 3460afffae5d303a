// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {StateProof} from "../../src/proofs/IStateProofs.sol";
import {SentProofs} from "../../src/proofs/SentProofs.sol";

/// @notice Stands in for proofs: what home's storage holds is what it was told. A slot of which nothing was told has no proof.
contract Witness is SentProofs {
    struct Told {
        bool known;
        bytes32 value;
        uint256 timestamp;
    }

    uint256 private immutable _CHAIN_ID;
    mapping(address account => mapping(bytes32 slot => Told)) private _told;

    error WitnessNothing(address account, bytes32 slot);

    constructor(uint256 chainId) {
        _CHAIN_ID = chainId;
    }

    function tell(address account, bytes32 slot, bytes32 value, uint256 timestamp) external {
        _told[account][slot] = Told(true, value, timestamp);
    }

    function valueAt(uint256 chainId, StateProof calldata, address account, bytes32 slot)
        external
        view
        returns (bytes32 value, uint256 timestamp, uint256 number)
    {
        Told memory t = _told[account][slot];
        require(t.known && chainId == _CHAIN_ID, WitnessNothing(account, slot));
        return (t.value, t.timestamp, 7);
    }
}

/// @notice A feed that tells whether a sequencer is up, with all of its past.
contract UptimeFeed {
    struct Round {
        int256 answer;
        uint256 startedAt;
    }

    Round[] private _rounds; // from number 1 on
    bool private _silent;

    function set(int256 answer, uint256 startedAt) external {
        _rounds.push(Round(answer, startedAt));
    }

    function silence(bool silent) external {
        _silent = silent;
    }

    /// @notice Forgets all rounds but the last.
    function forget() external {
        for (uint256 i; i + 1 < _rounds.length; ++i) {
            _rounds[i].startedAt = 0;
        }
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return getRoundData(uint80(_rounds.length));
    }

    function getRoundData(uint80 id) public view returns (uint80, int256, uint256, uint256, uint80) {
        require(!_silent && id > 0 && id <= _rounds.length, "no data");
        Round memory r = _rounds[id - 1];
        return (id, r.answer, r.startedAt, r.startedAt, id);
    }
}
