// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @notice A contract wallet of two owners, who must both sign: their signatures, one after the other.
contract TwoOwnerWallet is IERC1271 {
    address private immutable _FIRST;
    address private immutable _SECOND;

    constructor(address first, address second) {
        (_FIRST, _SECOND) = (first, second);
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        if (signature.length != 130) return 0xffffffff;
        (address first,,) = ECDSA.tryRecoverCalldata(digest, signature[:65]);
        (address second,,) = ECDSA.tryRecoverCalldata(digest, signature[65:]);
        return first == _FIRST && second == _SECOND ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}

/// @notice A contract that answers as the test says, whatever it is asked.
contract HostileSigner {
    enum Deed {
        ANSWER,
        REVERT_WITH_ANSWER,
        REVERT_LONG,
        BURN,
        ANSWER_LONG,
        WRITE
    }

    Deed private _deed;
    bytes private _answer;
    uint256 public written;

    function will(Deed deed, bytes calldata answer) external {
        (_deed, _answer) = (deed, answer);
    }

    fallback() external {
        bytes memory answer = _answer;
        if (_deed == Deed.REVERT_WITH_ANSWER) {
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
        if (_deed == Deed.REVERT_LONG) {
            assembly ("memory-safe") {
                revert(0, 200000)
            }
        }
        if (_deed == Deed.BURN) while (true) {}
        if (_deed == Deed.ANSWER_LONG) {
            // Magic value first, then a lot.
            assembly ("memory-safe") {
                mstore(0, mload(add(answer, 0x20)))
                return(0, 200000)
            }
        }
        if (_deed == Deed.WRITE) ++written;
        assembly ("memory-safe") {
            return(add(answer, 0x20), mload(answer))
        }
    }
}
