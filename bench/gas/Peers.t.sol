// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {TestToken} from "../../contracts/src/demo/TestToken.sol";
import {ISafe, SafeFixture} from "../../contracts/test/lib/SafeFixture.sol";
import {Measured} from "./Measured.sol";

interface IRoles {
    struct Condition {
        uint8 parent;
        uint8 paramType;
        uint8 operator;
        bytes compValue;
    }

    function assignRoles(address module, bytes32[] calldata roleKeys, bool[] calldata memberOf) external;
    function scopeTarget(bytes32 roleKey, address target) external;
    function scopeFunction(
        bytes32 roleKey,
        address target,
        bytes4 selector,
        Condition[] calldata conditions,
        uint8 options
    ) external;
    function setAllowance(
        bytes32 key,
        uint128 balance,
        uint128 maxRefill,
        uint128 refill,
        uint64 period,
        uint64 timestamp
    ) external;
    function execTransactionWithRole(
        address to,
        uint256 value,
        bytes calldata data,
        uint8 operation,
        bytes32 roleKey,
        bool shouldRevert
    ) external returns (bool success);
}

interface IDelay {
    function enableModule(address module) external;
    function execTransactionFromModule(address to, uint256 value, bytes calldata data, uint8 operation)
        external
        returns (bool success);
    function executeNextTx(address to, uint256 value, bytes calldata data, uint8 operation) external;
}

interface IDelegationManager {
    struct Caveat {
        address enforcer;
        bytes terms;
        bytes args;
    }

    struct Delegation {
        address delegate;
        address delegator;
        bytes32 authority;
        Caveat[] caveats;
        uint256 salt;
        bytes signature;
    }

    function getDelegationHash(Delegation calldata delegation) external view returns (bytes32);
    function getDomainHash() external view returns (bytes32);
    function ROOT_AUTHORITY() external view returns (bytes32);
    function redeemDelegations(bytes[] calldata contexts, bytes32[] calldata modes, bytes[] calldata executions)
        external;
}

interface ISchemaRegistry {
    function register(string calldata schema, address resolver, bool revocable) external returns (bytes32);
}

interface IEAS {
    struct AttestationData {
        address recipient;
        uint64 expirationTime;
        bool revocable;
        bytes32 refUID;
        bytes data;
        uint256 value;
    }

    struct Attestation {
        bytes32 schema;
        AttestationData data;
    }

    function attest(Attestation calldata request) external payable returns (bytes32);
}

/// @notice The factory of ERC-2470, which Roles expects on a chain and uses while it is set up.
contract SingletonFactory {
    function deploy(bytes memory initCode, bytes32 salt) external returns (address deployed) {
        assembly ("memory-safe") {
            deployed := create2(0, add(initCode, 0x20), mload(initCode), salt)
        }
    }
}

/// @notice What the same jobs cost with contracts of others, as their npm packages publish them (peers.mjs reads them), and
///         set up in their favour: without the proxies that most of them stand behind in practice.
contract PeersBench is SafeFixture, Measured {
    uint256 private constant _AMOUNT = 100e6;
    uint256 private constant _FUNDS = 1_000_000e6;
    uint256 private constant _START = 1_800_000_000;

    address private immutable _AGENT = vm.addr(0xA1);
    address private immutable _PAYEE = vm.addr(0xFAE);

    string private _peers;
    TestToken private _token;

    function setUp() public {
        vm.warp(_START);
        _peers = vm.readFile("contracts/cache-bench/peers.json");
        _token = new TestToken(address(this), 10 * _FUNDS);
    }

    function _deploy(string memory name, bytes memory arguments) private returns (address deployed) {
        bytes memory initCode = bytes.concat(vm.parseJsonBytes(_peers, string.concat(".", name)), arguments);
        assembly ("memory-safe") {
            deployed := create(0, add(initCode, 0x20), mload(initCode))
        }
        assertTrue(deployed.code.length != 0, name);
        vm.label(deployed, name);
    }

    function _transfer() private view returns (bytes memory) {
        return abi.encodeCall(_token.transfer, (_PAYEE, _AMOUNT));
    }

    function _assertPaid(uint256 times) private view {
        assertEq(_token.balanceOf(_PAYEE), times * _AMOUNT, "paid");
    }

    // ------------------------------------------------------------------ nothing checked

    function test_erc20() public {
        _token.transfer(_AGENT, _FUNDS);
        for (uint256 i; i < 2; ++i) {
            vm.prank(_AGENT);
            _token.transfer(_PAYEE, _AMOUNT);
        }
        peers("ERC-20 transfer by a key that holds the tokens: nothing checked");
        _assertPaid(2);
    }

    // ------------------------------------------------------------------ Safe

    function test_safe141() public {
        _safe(SafeVersion.V1_4_1, "Safe 1.4.1: ERC-20 transfer that 2 of 3 owners signed");
    }

    function test_safe150() public {
        _safe(SafeVersion.V1_5_0, "Safe 1.5.0: ERC-20 transfer that 2 of 3 owners signed");
    }

    function _safe(SafeVersion version, string memory path) private {
        ISafe safe = newSafe2of3(version);
        _token.transfer(address(safe), _FUNDS);
        for (uint256 i; i < 2; ++i) {
            assertTrue(safeCall(safe, safeKeys(2), address(_token), 0, _transfer()), path);
        }
        peers(path);
        _assertPaid(2);
    }

    // ------------------------------------------------------------------ Zodiac

    uint8 private constant _NONE = 0;
    uint8 private constant _STATIC = 1;
    uint8 private constant _CALLDATA = 5;
    uint8 private constant _AND = 1;
    uint8 private constant _MATCHES = 5;
    uint8 private constant _EQUAL_TO = 16;
    uint8 private constant _LESS_THAN = 18;
    uint8 private constant _WITHIN_ALLOWANCE = 28;
    uint8 private constant _CALL_WITHIN_ALLOWANCE = 30;

    /// @dev Where peers.mjs links the libraries of Roles.
    address private constant _INTEGRITY = address(0xa11b1);
    address private constant _PACKER = address(0xa11b2);
    address private constant _ERC2470 = 0xce0042B868300000d44A59004Da54A005ffdcf9f;

    function test_zodiacRoles() public {
        vm.etch(_INTEGRITY, _deploy("integrity", "").code);
        vm.etch(_PACKER, _deploy("packer", "").code);
        vm.etch(_ERC2470, address(new SingletonFactory()).code);
        ISafe safe = newSafe2of3(SafeVersion.V1_4_1);
        _token.transfer(address(safe), _FUNDS);
        IRoles roles = IRoles(_deploy("roles", abi.encode(address(this), safe, safe)));
        enableSafeModule(safe, safeKeys(2), address(roles));

        bytes32 role = "agent";
        bytes32[] memory keys = new bytes32[](1);
        bool[] memory member = new bool[](1);
        (keys[0], member[0]) = (role, true);
        roles.assignRoles(_AGENT, keys, member);
        roles.setAllowance("daily", 2500e6, 2500e6, 2500e6, 1 days, uint64(_START));
        roles.setAllowance("hourly", 10, 10, 10, 1 hours, uint64(_START));
        roles.scopeTarget(role, address(_token));

        IRoles.Condition[] memory conditions = new IRoles.Condition[](6);
        conditions[0] = IRoles.Condition(0, _CALLDATA, _MATCHES, "");
        conditions[1] = IRoles.Condition(0, _STATIC, _EQUAL_TO, abi.encode(_PAYEE));
        conditions[2] = IRoles.Condition(0, _NONE, _AND, "");
        conditions[3] = IRoles.Condition(0, _NONE, _CALL_WITHIN_ALLOWANCE, abi.encode(bytes32("hourly")));
        conditions[4] = IRoles.Condition(2, _STATIC, _LESS_THAN, abi.encode(1000e6 + 1));
        conditions[5] = IRoles.Condition(2, _STATIC, _WITHIN_ALLOWANCE, abi.encode(bytes32("daily")));
        roles.scopeFunction(role, address(_token), _token.transfer.selector, conditions, 0);

        for (uint256 i; i < 2; ++i) {
            skip(1 minutes);
            vm.prank(_AGENT);
            roles.execTransactionWithRole(address(_token), 0, _transfer(), 0, role, true);
        }
        peers("Zodiac Roles on a Safe: ERC-20 to one recipient, per transaction, fixed daily, hourly count");
        _assertPaid(2);
        vm.prank(_AGENT);
        vm.expectRevert();
        roles.execTransactionWithRole(
            address(_token), 0, abi.encodeCall(_token.transfer, (address(this), _AMOUNT)), 0, role, true
        );
    }

    function test_zodiacDelay() public {
        ISafe safe = newSafe2of3(SafeVersion.V1_4_1);
        _token.transfer(address(safe), _FUNDS);
        IDelay delay = IDelay(_deploy("delay", abi.encode(address(this), safe, safe, 1 hours, 0)));
        enableSafeModule(safe, safeKeys(2), address(delay));
        delay.enableModule(_AGENT);
        for (uint256 i; i < 2; ++i) {
            vm.prank(_AGENT);
            delay.execTransactionFromModule(address(_token), 0, _transfer(), 0);
        }
        peers("Zodiac Delay on a Safe: queue an ERC-20 transfer");
        vm.expectRevert();
        delay.executeNextTx(address(_token), 0, _transfer(), 0);
        skip(1 hours);
        for (uint256 i; i < 2; ++i) {
            delay.executeNextTx(address(_token), 0, _transfer(), 0);
        }
        peers("Zodiac Delay on a Safe: execute what was queued");
        _assertPaid(2);
    }

    // ------------------------------------------------------------------ MetaMask

    uint256 private constant _DELEGATOR_KEY = 0xDE1E;

    function test_metamask() public {
        IDelegationManager manager = IDelegationManager(_deploy("delegationManager", abi.encode(address(this))));
        address entryPoint = vm.addr(0xE9);
        address delegator = vm.addr(_DELEGATOR_KEY);
        // An account of EIP-7702: the key's own address runs MetaMask's code.
        vm.etch(
            delegator, abi.encodePacked(hex"ef0100", _deploy("statelessDeleGator", abi.encode(manager, entryPoint)))
        );
        _token.transfer(delegator, _FUNDS);

        IDelegationManager.Delegation memory delegation;
        delegation.delegate = _AGENT;
        delegation.delegator = delegator;
        delegation.authority = manager.ROOT_AUTHORITY();
        delegation.caveats = new IDelegationManager.Caveat[](3);
        delegation.caveats[0] = IDelegationManager.Caveat(
            _deploy("erc20TransferAmountEnforcer", ""), abi.encodePacked(_token, uint256(2500e6)), ""
        );
        delegation.caveats[1] = IDelegationManager.Caveat(
            _deploy("allowedCalldataEnforcer", ""), abi.encodePacked(uint256(4), abi.encode(_PAYEE)), ""
        );
        delegation.caveats[2] =
            IDelegationManager.Caveat(_deploy("limitedCallsEnforcer", ""), abi.encode(uint256(10)), "");
        bytes32 digest =
            MessageHashUtils.toTypedDataHash(manager.getDomainHash(), manager.getDelegationHash(delegation));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_DELEGATOR_KEY, digest);
        delegation.signature = abi.encodePacked(r, s, v);

        IDelegationManager.Delegation[] memory chain = new IDelegationManager.Delegation[](1);
        chain[0] = delegation;
        bytes[] memory contexts = new bytes[](1);
        contexts[0] = abi.encode(chain);
        bytes[] memory executions = new bytes[](1);
        executions[0] = abi.encodePacked(_token, uint256(0), _transfer());
        for (uint256 i; i < 2; ++i) {
            vm.prank(_AGENT);
            manager.redeemDelegations(contexts, new bytes32[](1), executions);
        }
        peers("MetaMask delegation: ERC-20 to one recipient, cap for life, count for life");
        _assertPaid(2);
        executions[0] = abi.encodePacked(_token, uint256(0), abi.encodeCall(_token.transfer, (address(this), 1)));
        vm.prank(_AGENT);
        vm.expectRevert();
        manager.redeemDelegations(contexts, new bytes32[](1), executions);
    }

    // ------------------------------------------------------------------ OpenZeppelin

    function test_timelock() public {
        address[] memory proposers = new address[](1);
        proposers[0] = address(this);
        TimelockController timelock = new TimelockController(1 hours, proposers, proposers, address(0));
        _token.transfer(address(timelock), _FUNDS);
        for (uint256 i; i < 2; ++i) {
            timelock.schedule(address(_token), 0, _transfer(), 0, bytes32(i), 1 hours);
        }
        peers("OpenZeppelin TimelockController: schedule an ERC-20 transfer");
        skip(1 hours);
        for (uint256 i; i < 2; ++i) {
            timelock.execute(address(_token), 0, _transfer(), 0, bytes32(i));
        }
        peers("OpenZeppelin TimelockController: execute what was scheduled");
        _assertPaid(2);
    }

    // ------------------------------------------------------------------ EAS

    function test_eas() public {
        ISchemaRegistry registry = ISchemaRegistry(_deploy("schemaRegistry", ""));
        IEAS eas = IEAS(_deploy("eas", abi.encode(registry)));
        bytes32 schema = registry.register("bytes32 record", address(0), false);
        bytes32[2] memory ids;
        for (uint256 i; i < 2; ++i) {
            bytes memory data = abi.encode(keccak256(abi.encode(i)));
            vm.prank(_AGENT);
            ids[i] = eas.attest(IEAS.Attestation(schema, IEAS.AttestationData(_PAYEE, 0, false, 0, data, 0)));
        }
        peers("EAS: an attestation of 32 bytes, on chain");
        assertTrue(ids[1] != 0 && ids[1] != ids[0], "two attestations");
    }
}
