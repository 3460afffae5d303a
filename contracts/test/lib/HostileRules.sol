// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Intent} from "../../src/Intent.sol";
import {IRule} from "../../src/rules/IRule.sol";
import {RuleBook} from "../../src/rules/RuleBook.sol";

/// @notice Says what it is told to.
contract FixedRule is IRule {
    bool public admits;
    uint256 public limit;
    uint256 public left;
    uint64 public availableAt;

    constructor(bool admits_, uint256 limit_, uint256 left_, uint64 availableAt_) {
        (admits, limit, left, availableAt) = (admits_, limit_, left_, availableAt_);
    }

    function set(bool admits_) external {
        admits = admits_;
    }

    function judge(Intent calldata, uint8) external view returns (bool, uint256, uint256, uint64) {
        return (admits, limit, left, availableAt);
    }
}

/// @notice Admits just the intent and the risk level that it knows: what arrives is what was asked.
contract EchoRule is IRule {
    bytes32 private immutable _EXPECTED;

    constructor(Intent memory intent, uint8 riskLevel) {
        _EXPECTED = keccak256(abi.encode(intent, riskLevel));
    }

    function judge(Intent calldata intent, uint8 riskLevel) external view returns (bool, uint256, uint256, uint64) {
        return (keccak256(abi.encode(intent, riskLevel)) == _EXPECTED, 0, 0, 0);
    }
}

/// @notice Answers with the bytes that it was given, whatever it is asked, or fails with them.
contract RawRule {
    bytes private _answer;
    bool private _fails;

    constructor(bytes memory answer, bool fails) {
        (_answer, _fails) = (answer, fails);
    }

    fallback() external {
        bytes memory answer = _answer;
        bool fails = _fails;
        assembly {
            if fails { revert(add(answer, 0x20), mload(answer)) }
            return(add(answer, 0x20), mload(answer))
        }
    }
}

/// @notice Answers, or fails, with as many zero bytes as its gas can pay for, or with `size` ones.
contract BombRule {
    uint256 private immutable _SIZE;
    bool private immutable _FAILS;

    constructor(uint256 size, bool fails) {
        (_SIZE, _FAILS) = (size, fails);
    }

    fallback() external {
        uint256 size = _SIZE;
        bool fails = _FAILS;
        assembly {
            mstore(0, 1) // the first word admits
            if fails { revert(0, size) }
            return(0, size)
        }
    }
}

/// @notice Never comes back.
contract BurningRule {
    fallback() external {
        while (true) {}
    }
}

/// @notice Burns all at once.
contract InvalidRule {
    fallback() external {
        assembly {
            invalid()
        }
    }
}

/// @notice Admits if it has the gas for `work`, and dies without.
contract WorkingRule is IRule {
    uint256 private immutable _WORK;

    constructor(uint256 work) {
        _WORK = work;
    }

    function judge(Intent calldata, uint8) external view returns (bool, uint256, uint256, uint64) {
        uint256 start = gasleft();
        while (start - gasleft() < _WORK) {}
        return (true, 0, 0, 0);
    }
}

/// @notice Denies, and tells how much gas it got.
contract GasTellingRule is IRule {
    function judge(Intent calldata, uint8) external view returns (bool, uint256, uint256, uint64) {
        return (false, gasleft(), 0, 0);
    }
}

/// @notice Would count how often it is asked.
contract WritingRule {
    uint256 public asked;

    function judge(Intent calldata, uint8) external returns (bool, uint256, uint256, uint64) {
        ++asked;
        return (true, 0, 0, 0);
    }
}

/// @notice Asks the book that asks it, and changes it, if it can.
contract ReenteringRule {
    RuleBook private immutable _BOOK;

    constructor(RuleBook book) {
        _BOOK = book;
    }

    function judge(Intent calldata intent, uint8 riskLevel)
        external
        returns (bool admitted, uint256 limit, uint256 left, uint64 availableAt)
    {
        try _BOOK.removeRule(intent.agentId, address(this)) {
            return (true, 0, 0, 0);
        } catch {}
        (admitted,, limit, left, availableAt) = _BOOK.judge(intent, riskLevel);
    }
}
