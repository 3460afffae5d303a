// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMailbox} from "../../src/gateways/IMailbox.sol";
import {Test, Vm} from "./Test.sol";

/// @notice What these tests ask of a Hyperlane Mailbox.
interface IRealMailbox is IMailbox {
    event Dispatch(address indexed sender, uint32 indexed destination, bytes32 indexed recipient, bytes message);

    function initialize(address owner, address defaultIsm, address defaultHook, address requiredHook) external;
    function process(bytes calldata metadata, bytes calldata message) external payable;
    function delivered(bytes32 id) external view returns (bool);
    function setDefaultIsm(address module) external;
    function VERSION() external view returns (uint8);
}

interface IMerkleTreeHook {
    function latestCheckpoint() external view returns (bytes32 root, uint32 index);
}

interface IMultisigFactory {
    function deploy(address[] calldata validators, uint8 threshold) external returns (address module);
}

interface IGasPaymaster {
    struct DomainGasConfig {
        address gasOracle;
        uint96 gasOverhead;
    }

    struct GasParam {
        uint32 remoteDomain;
        DomainGasConfig config;
    }

    function initialize(address owner, address beneficiary) external;
    function setDestinationGasConfigs(GasParam[] calldata configs) external;
}

interface IGasOracle {
    struct RemoteGasDataConfig {
        uint32 remoteDomain;
        uint128 tokenExchangeRate;
        uint128 gasPrice;
    }

    function setRemoteGasData(RemoteGasDataConfig calldata config) external;
}

/// @title Real Hyperlane: the bytes that its npm package publishes
/// @notice Per chain a Mailbox with a Merkle tree hook that everybody must use, a gas paymaster as the default hook, and a module
///         that two of three validators' signatures convince. What validators and relayers do off-chain is done here.
abstract contract HyperlaneFixture is Test {
    struct Hyperlane {
        IRealMailbox mailbox;
        IMerkleTreeHook tree;
        address paymaster;
        address module; // 2 of 3
        uint32 domain;
    }

    /// @dev Where a message was put into its origin's tree: what validators sign.
    struct Checkpoint {
        uint32 origin;
        bytes32 tree;
        bytes32 root;
        uint32 index;
        bytes32 id;
    }

    /// @dev Wei for a unit of the destination's gas, and gas that Hyperlane itself needs there.
    uint256 internal constant GAS_PRICE = 3 gwei;
    uint96 internal constant GAS_OVERHEAD = 80_000;
    uint256[3] internal validatorKeys = [uint256(0x7A11), 0x7A12, 0x7A13];

    function deployHyperlane(uint32 domain, uint32 other) internal returns (Hyperlane memory h) {
        h.domain = domain;
        h.mailbox = IRealMailbox(_deploy("Mailbox", abi.encode(domain)));
        assertEq(h.mailbox.VERSION(), 3, "version");
        h.tree = IMerkleTreeHook(_deploy("hooks/MerkleTreeHook", abi.encode(h.mailbox)));
        address oracle = _deploy("hooks/igp/StorageGasOracle", "");
        // at par: 1e10
        IGasOracle(oracle).setRemoteGasData(IGasOracle.RemoteGasDataConfig(other, 1e10, uint128(GAS_PRICE)));
        h.paymaster = _deploy("hooks/igp/InterchainGasPaymaster", "");
        IGasPaymaster(h.paymaster).initialize(address(this), address(this));
        IGasPaymaster.GasParam[] memory configs = new IGasPaymaster.GasParam[](1);
        configs[0] = IGasPaymaster.GasParam(other, IGasPaymaster.DomainGasConfig(oracle, GAS_OVERHEAD));
        IGasPaymaster(h.paymaster).setDestinationGasConfigs(configs);
        address factory = _deploy("isms/multisig/StaticMultisigIsm.sol/StaticMessageIdMultisigIsmFactory", "");
        address[] memory validators = new address[](3);
        for (uint256 i; i < 3; ++i) {
            validators[i] = vm.addr(validatorKeys[i]);
        }
        h.module = IMultisigFactory(factory).deploy(validators, 2);
        // The Mailbox's own default admits anything: nothing here may rely on it.
        address credulous = _deploy("isms/NoopIsm", "");
        h.mailbox.initialize(address(this), credulous, h.paymaster, address(h.tree));
    }

    function _deploy(string memory name, bytes memory arguments) private returns (address place) {
        string memory path =
            string.concat("node_modules/@hyperlane-xyz/core/dist/typechain/factories/contracts/", name, "__factory.js");
        string memory code = vm.split(vm.split(vm.readFile(path), "const _bytecode = \"")[1], "\"")[0];
        bytes memory initCode = abi.encodePacked(vm.parseBytes(code), arguments);
        assembly ("memory-safe") {
            place := create(0, add(initCode, 0x20), mload(initCode))
        }
        assertTrue(place != address(0), name);
        vm.label(place, name);
    }

    // ------------------------------------------------------------------ messages

    /// @dev The messages among the logs that left through a Mailbox.
    function dispatched(Vm.Log[] memory logs, Hyperlane memory h) internal pure returns (bytes[] memory messages) {
        messages = new bytes[](logs.length);
        uint256 count;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].emitter == address(h.mailbox) && logs[i].topics[0] == IRealMailbox.Dispatch.selector) {
                messages[count++] = abi.decode(logs[i].data, (bytes));
            }
        }
        assembly ("memory-safe") {
            mstore(messages, count)
        }
    }

    /// @dev What validators see of a message right after it was dispatched.
    function checkpoint(Hyperlane memory origin, bytes memory message) internal view returns (Checkpoint memory c) {
        c.origin = origin.domain;
        c.tree = bytes32(uint256(uint160(address(origin.tree))));
        (c.root, c.index) = origin.tree.latestCheckpoint();
        c.id = keccak256(message);
    }

    /// @dev The module's metadata with signatures of these keys, which must be in the validators' order.
    function metadata(Checkpoint memory c, uint256[] memory keys) internal pure returns (bytes memory data) {
        bytes32 digest = keccak256(
            abi.encodePacked(
                "\x19Ethereum Signed Message:\n32",
                keccak256(
                    abi.encodePacked(keccak256(abi.encodePacked(c.origin, c.tree, "HYPERLANE")), c.root, c.index, c.id)
                )
            )
        );
        data = abi.encodePacked(c.tree, c.root, c.index);
        for (uint256 i; i < keys.length; ++i) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[i], digest);
            data = abi.encodePacked(data, r, s, v);
        }
    }

    /// @dev Keys of validators, by their places.
    function validators2(uint256 first, uint256 second) internal view returns (uint256[] memory keys) {
        keys = new uint256[](2);
        (keys[0], keys[1]) = (validatorKeys[first], validatorKeys[second]);
    }

    function validators1(uint256 only) internal view returns (uint256[] memory keys) {
        keys = new uint256[](1);
        keys[0] = validatorKeys[only];
    }
}
