// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IERC7786Recipient} from "@openzeppelin/contracts/interfaces/draft-IERC7786.sol";
import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {Attestation} from "../../src/IQuorum.sol";
import {QuorumGateway} from "../../src/QuorumGateway.sol";
import {Roles} from "../../src/governance/Roles.sol";
import {Test} from "./Test.sol";

/// @title A gateway with three relayers of which two must sign, and trees of messages
/// @notice One gateway plays all chains: `block.chainid` says which one it is on.
abstract contract GatewayFixture is Test {
    uint256 internal constant HOME = 31337;
    uint256 internal constant REMOTE = 31338;
    uint256 internal constant START = 1_800_000_000;
    /// @dev More than the order of secp256k1 leaves of `s`.
    uint256 internal constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    address internal immutable GOVERNANCE = vm.addr(0xD1);
    address internal immutable WATCHDOG = vm.addr(0xD3);
    address internal immutable WATCHDOG2 = vm.addr(0xD4);
    address internal immutable THIEF = vm.addr(0xD6);
    address internal immutable ANYBODY = vm.addr(0xD7);

    AccessManager internal authority;
    QuorumGateway internal gateway;
    Listener internal listener;
    /// @dev Keys ascending by address. The first three are the relayers.
    uint256[] internal keys;

    function deployGateway() internal {
        vm.chainId(HOME);
        vm.warp(START);
        _makeKeys(8);
        authority = new AccessManager(GOVERNANCE);
        vm.startPrank(GOVERNANCE);
        authority.grantRole(Roles.GUARDIAN, WATCHDOG, 0);
        authority.grantRole(Roles.GUARDIAN, WATCHDOG2, 0);
        vm.stopPrank();
        gateway = new QuorumGateway(address(authority), HOME, range(0, 3), 2);
        listener = new Listener();
    }

    function _makeKeys(uint256 count) internal {
        for (uint256 key = 0xF00 + keys.length; keys.length < count; ++key) {
            keys.push(key);
            for (uint256 i = keys.length - 1; i > 0 && vm.addr(keys[i - 1]) > vm.addr(keys[i]); --i) {
                (keys[i - 1], keys[i]) = (keys[i], keys[i - 1]);
            }
        }
    }

    function relayer(uint256 i) internal view returns (address) {
        return vm.addr(keys[i]);
    }

    /// @dev Relayers `from` to before `to`.
    function range(uint256 from, uint256 to) internal view returns (address[] memory set) {
        set = new address[](to - from);
        for (uint256 i; i < set.length; ++i) {
            set[i] = relayer(from + i);
        }
    }

    /// @dev The relayers of the mask's bits.
    function chosen(uint256 mask) internal view returns (address[] memory set) {
        set = new address[](keys.length);
        uint256 count;
        for (uint256 i; i < set.length; ++i) {
            if ((mask >> i) & 1 == 1) set[count++] = relayer(i);
        }
        assembly ("memory-safe") {
            mstore(set, count)
        }
    }

    function setRelayers(address[] memory set, uint256 threshold, uint64 overlap) internal {
        uint256 stops = gateway.stops();
        vm.prank(GOVERNANCE);
        gateway.setRelayers(set, threshold, overlap, stops);
    }

    function tighten(address[] memory set, uint256 threshold) internal {
        vm.prank(WATCHDOG);
        gateway.tightenRelayers(set, threshold);
    }

    // ------------------------------------------------------------------ messages

    /// @dev A message from `THIEF` at home to a listener on the other chain.
    function messageTo(address recipient, uint256 nonce) internal view returns (QuorumGateway.Message memory) {
        return QuorumGateway.Message(
            HOME,
            nonce,
            InteroperableAddress.formatEvmV1(HOME, THIEF),
            InteroperableAddress.formatEvmV1(REMOTE, recipient),
            abi.encode("payload", nonce)
        );
    }

    function alone() internal pure returns (bytes32[] memory) {
        return new bytes32[](0);
    }

    /// @dev The signature in 64 bytes, as ERC-2098 says.
    function compact(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, uint256(s) | uint256(v - 27) << 255);
    }

    /// @dev What the relayers of the mask's bits sign of the root.
    function signed(bytes32 root, uint256 mask) internal view returns (bytes memory signatures) {
        bytes32 digest = gateway.attestationDigest(root);
        for (uint256 i; i < keys.length; ++i) {
            if ((mask >> i) & 1 == 1) signatures = bytes.concat(signatures, compact(keys[i], digest));
        }
    }

    function attest(QuorumGateway.Message memory m, uint256 mask) internal view returns (bytes memory) {
        return signed(gateway.messageId(m), mask);
    }

    function idsOf(QuorumGateway.Message[] memory messages) internal view returns (bytes32[] memory ids) {
        ids = new bytes32[](messages.length);
        for (uint256 i; i < ids.length; ++i) {
            ids[i] = gateway.messageId(messages[i]);
        }
    }

    // ------------------------------------------------------------------ trees

    /// @dev A complete binary tree: the root first, children of `i` at 2i + 1 and 2i + 2, leaf 0 last.
    function treeOf(bytes32[] memory leaves) internal pure returns (bytes32[] memory tree) {
        tree = new bytes32[](2 * leaves.length - 1);
        for (uint256 i; i < leaves.length; ++i) {
            tree[tree.length - 1 - i] = leaves[i];
        }
        for (uint256 i = leaves.length - 1; i > 0; --i) {
            tree[i - 1] = Hashes.commutativeKeccak256(tree[2 * i - 1], tree[2 * i]);
        }
    }

    function proofOf(bytes32[] memory tree, uint256 leaf) internal pure returns (bytes32[] memory proof) {
        proof = new bytes32[](tree.length);
        uint256 count;
        for (uint256 i = tree.length - 1 - leaf; i > 0; i = (i - 1) / 2) {
            proof[count++] = tree[i % 2 == 0 ? i - 1 : i + 1];
        }
        assembly ("memory-safe") {
            mstore(proof, count)
        }
    }

    /// @dev The proof of the mask's leaves at once, in their order.
    function multiproofOf(bytes32[] memory tree, uint256 mask)
        internal
        pure
        returns (bytes32[] memory proof, bool[] memory flags)
    {
        uint256[] memory queue = new uint256[](2 * tree.length);
        uint256 tail;
        for (uint256 leaf; leaf <= tree.length / 2; ++leaf) {
            if ((mask >> leaf) & 1 == 1) queue[tail++] = tree.length - 1 - leaf;
        }
        (proof, flags) = (new bytes32[](tree.length), new bool[](tree.length));
        uint256 head;
        uint256 given;
        uint256 steps;
        while (queue[head] > 0) {
            uint256 i = queue[head++];
            uint256 sibling = i % 2 == 0 ? i - 1 : i + 1;
            flags[steps] = head < tail && queue[head] == sibling;
            if (flags[steps++]) ++head;
            else proof[given++] = tree[sibling];
            queue[tail++] = (i - 1) / 2;
        }
        assembly ("memory-safe") {
            mstore(proof, given)
            mstore(flags, steps)
        }
    }

    /// @dev A whole tree's multiproof, and the signatures of its root.
    function batch(QuorumGateway.Message[] memory messages, uint256 mask)
        internal
        view
        returns (bytes32[] memory proof, bool[] memory flags, bytes memory signatures)
    {
        bytes32[] memory tree = treeOf(idsOf(messages));
        (proof, flags) = multiproofOf(tree, type(uint256).max);
        signatures = signed(tree[0], mask);
    }
}

/// @notice Receives messages, perhaps refuses, burns gas, or calls somebody meanwhile.
contract Listener is IERC7786Recipient {
    enum Mood {
        ACCEPT,
        ANSWER_WRONG,
        REVERT,
        REVERT_LONG,
        RETURN_BOMB,
        BURN,
        CALL
    }

    error ListenerRefused(uint256 why);

    Mood public mood;
    bytes32 public last;
    bytes public sender;
    bytes public payload;
    uint256 public count;
    bytes public answer;
    bool public answered;
    uint256[3] public attestedBefore; // of `asked`, while this was called
    uint256[3] public attestedAfter; // and after it called somebody
    bytes32 public asked;
    address private _target;
    bytes private _call;

    function become(Mood mood_) external {
        mood = mood_;
    }

    /// @notice Calls somebody at the next message, once.
    function callOut(address target, bytes calldata call_) external {
        (mood, _target, _call) = (Mood.CALL, target, call_);
    }

    function receiveMessage(bytes32 receiveId, bytes calldata sender_, bytes calldata payload_)
        external
        payable
        returns (bytes4)
    {
        Mood mood_ = mood;
        if (mood_ == Mood.REVERT) revert ListenerRefused(7);
        if (mood_ == Mood.REVERT_LONG || mood_ == Mood.RETURN_BOMB) {
            uint256 length = mood_ == Mood.REVERT_LONG ? 1000 : 1_000_000;
            assembly ("memory-safe") {
                let free := mload(0x40)
                mstore(free, not(0))
                revert(free, length)
            }
        }
        if (mood_ == Mood.BURN) while (true) ++count;
        ++count;
        (last, sender, payload, asked) = (receiveId, sender_, payload_, receiveId);
        attestedBefore = _attested(payload_);
        if (mood_ == Mood.CALL) {
            mood = Mood.ACCEPT;
            (answered, answer) = _target.call(_call);
        }
        attestedAfter = _attested(payload_);
        return mood_ == Mood.ANSWER_WRONG ? bytes4(0xffffffff) : IERC7786Recipient.receiveMessage.selector;
    }

    function _attested(bytes calldata payload_) private pure returns (uint256[3] memory a) {
        (a[0], a[1], a[2]) = Attestation.read(payload_);
    }
}
