// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "./Test.sol";

/// @notice What these tests ask of a Safe: versions 1.4.1 and 1.5.0 alike.
interface ISafe {
    function setup(
        address[] calldata owners,
        uint256 threshold,
        address to,
        bytes calldata data,
        address fallbackHandler,
        address paymentToken,
        uint256 payment,
        address payable paymentReceiver
    ) external;

    function execTransaction(
        address to,
        uint256 value,
        bytes calldata data,
        uint8 operation,
        uint256 safeTxGas,
        uint256 baseGas,
        uint256 gasPrice,
        address gasToken,
        address payable refundReceiver,
        bytes calldata signatures
    ) external payable returns (bool success);

    function getTransactionHash(
        address to,
        uint256 value,
        bytes calldata data,
        uint8 operation,
        uint256 safeTxGas,
        uint256 baseGas,
        uint256 gasPrice,
        address gasToken,
        address refundReceiver,
        uint256 nonce
    ) external view returns (bytes32);

    function enableModule(address module) external;
    function disableModule(address previous, address module) external;
    function isModuleEnabled(address module) external view returns (bool);
    function execTransactionFromModule(address to, uint256 value, bytes calldata data, uint8 operation)
        external
        returns (bool success);
    function execTransactionFromModuleReturnData(address to, uint256 value, bytes calldata data, uint8 operation)
        external
        returns (bool success, bytes memory returnData);

    function setGuard(address guard) external;
    function setFallbackHandler(address handler) external;
    function nonce() external view returns (uint256);
    function getOwners() external view returns (address[] memory);
    function getThreshold() external view returns (uint256);
    function VERSION() external view returns (string memory);

    // Through the CompatibilityFallbackHandler:
    function getMessageHash(bytes calldata message) external view returns (bytes32);
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4);
}

interface ISafeProxyFactory {
    function createProxyWithNonce(address singleton, bytes calldata initializer, uint256 saltNonce)
        external
        returns (address proxy);
}

/// @title Real Safes: the bytes that their npm packages publish, at the addresses where every chain has them
/// @notice {deploySafeContracts} reverts unless the bytes lead to the addresses of the canonical deployment, so what is tested
///         against is what holds people's money. All that a Safe does here, its owners have signed.
abstract contract SafeFixture is Test {
    enum SafeVersion {
        V1_4_1,
        V1_5_0
    }

    struct SafeContracts {
        address singleton;
        address proxyFactory;
        address fallbackHandler;
    }

    /// @dev The account at the head of a Safe's linked lists of owners and modules.
    address internal constant SAFE_SENTINEL = address(1);
    /// @dev Safe's deployer: CREATE2 of what follows a salt. The code is that of the well-known CREATE2 deployer.
    address internal constant SAFE_SINGLETON_FACTORY = 0x914d7Fec6aaC8cd542e72Bca78B30650d45643d7;
    bytes private constant SAFE_SINGLETON_FACTORY_CODE =
        hex"7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3";

    uint256 private _safes;

    // ------------------------------------------------------------------ deployment

    /// @notice Deploys the singleton, the proxy factory and the fallback handler of a version, once.
    function deploySafeContracts(SafeVersion version) internal returns (SafeContracts memory deployed) {
        if (SAFE_SINGLETON_FACTORY.code.length == 0) vm.etch(SAFE_SINGLETON_FACTORY, SAFE_SINGLETON_FACTORY_CODE);
        bool old = version == SafeVersion.V1_4_1;
        deployed.singleton = _deploySafeContract(
            version,
            "Safe.sol/Safe",
            old ? 0x41675C099F32341bf84BFc5382aF534df5C7461a : 0xFf51A5898e281Db6DfC7855790607438dF2ca44b
        );
        deployed.proxyFactory = _deploySafeContract(
            version,
            "proxies/SafeProxyFactory.sol/SafeProxyFactory",
            old ? 0x4e1DCf7AD4e460CfD30791CCC4F9c8a4f820ec67 : 0x14F2982D601c9458F93bd70B218933A6f8165e7b
        );
        deployed.fallbackHandler = _deploySafeContract(
            version,
            "handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler",
            old ? 0xfd0732Dc9E303f09fCEf3a7388Ad10A83459Ec99 : 0x3EfCBb83A4A7AfcB4F68D501E2c2203a38be77f4
        );
    }

    function _deploySafeContract(SafeVersion version, string memory artifact, address canonical)
        private
        returns (address)
    {
        if (canonical.code.length != 0) return canonical;
        string memory package = version == SafeVersion.V1_4_1 ? "safe-contracts" : "safe-smart-account";
        string memory path =
            string.concat("node_modules/@safe-global/", package, "/build/artifacts/contracts/", artifact, ".json");
        bytes memory initCode = vm.parseJsonBytes(vm.readFile(path), ".bytecode");
        (bool created, bytes memory place) = SAFE_SINGLETON_FACTORY.call(abi.encodePacked(bytes32(0), initCode));
        assertTrue(created, "Safe's deployer");
        assertEq(address(bytes20(place)), canonical, artifact);
        vm.label(canonical, artifact);
        return canonical;
    }

    /// @notice A new Safe of the owners with these keys, behind a proxy, with the compatibility fallback handler.
    function newSafe(SafeVersion version, uint256[] memory keys, uint256 threshold) internal returns (ISafe safe) {
        SafeContracts memory deployed = deploySafeContracts(version);
        address[] memory owners = new address[](keys.length);
        for (uint256 i; i < keys.length; ++i) {
            owners[i] = vm.addr(keys[i]);
        }
        bytes memory initializer = abi.encodeCall(
            ISafe.setup,
            (owners, threshold, address(0), "", deployed.fallbackHandler, address(0), 0, payable(address(0)))
        );
        safe = ISafe(
            ISafeProxyFactory(deployed.proxyFactory).createProxyWithNonce(deployed.singleton, initializer, _safes++)
        );
        vm.label(address(safe), "Safe");
    }

    /// @notice A Safe that three owners share; any two of them act, such as those of `safeKeys(2)`.
    function newSafe2of3(SafeVersion version) internal returns (ISafe) {
        return newSafe(version, safeKeys(3), 2);
    }

    /// @notice A Safe that one owner holds.
    function newSafe1of1(SafeVersion version) internal returns (ISafe) {
        return newSafe(version, safeKeys(1), 1);
    }

    /// @notice The keys of the first `count` owners.
    function safeKeys(uint256 count) internal pure returns (uint256[] memory keys) {
        keys = new uint256[](count);
        for (uint256 i; i < count; ++i) {
            keys[i] = 0x5AFE + i;
        }
    }

    // ------------------------------------------------------------------ what owners do

    /// @notice A call by the Safe that the owners with these keys have signed. Anybody may send it; whoever is pranked does.
    function safeCall(ISafe safe, uint256[] memory keys, address to, uint256 value, bytes memory data)
        internal
        returns (bool success)
    {
        bytes memory signatures = safeCallSignatures(safe, keys, to, value, data);
        return safe.execTransaction(to, value, data, 0, 0, 0, 0, address(0), payable(address(0)), signatures);
    }

    /// @notice The signatures for the Safe's next transaction, if it is this call.
    function safeCallSignatures(ISafe safe, uint256[] memory keys, address to, uint256 value, bytes memory data)
        internal
        view
        returns (bytes memory)
    {
        uint256 nonce = safe.nonce();
        return safeSignatures(keys, safe.getTransactionHash(to, value, data, 0, 0, 0, 0, address(0), address(0), nonce));
    }

    function enableSafeModule(ISafe safe, uint256[] memory keys, address module) internal {
        assertTrue(safeCall(safe, keys, address(safe), 0, abi.encodeCall(ISafe.enableModule, (module))), "enable");
    }

    /// @notice Takes the module out that was enabled last.
    function disableLastSafeModule(ISafe safe, uint256[] memory keys, address module) internal {
        bytes memory data = abi.encodeCall(ISafe.disableModule, (SAFE_SENTINEL, module));
        assertTrue(safeCall(safe, keys, address(safe), 0, data), "disable");
    }

    // ------------------------------------------------------------------ signatures

    /// @notice What {ISafe-isValidSignature} (ERC-1271) accepts for `hash`: the owners sign Safe's own message that holds it.
    function safeMessageSignature(ISafe safe, uint256[] memory keys, bytes32 hash)
        internal
        view
        returns (bytes memory)
    {
        return safeSignatures(keys, safe.getMessageHash(abi.encode(hash)));
    }

    /// @notice Signatures of `digest`, in the order that a Safe demands: ascending by owner.
    function safeSignatures(uint256[] memory keys, bytes32 digest) internal pure returns (bytes memory signatures) {
        uint256[] memory sorted = new uint256[](keys.length);
        for (uint256 i; i < keys.length; ++i) {
            uint256 j = i;
            for (; j > 0 && vm.addr(sorted[j - 1]) > vm.addr(keys[i]); --j) {
                sorted[j] = sorted[j - 1];
            }
            sorted[j] = keys[i];
        }
        for (uint256 i; i < sorted.length; ++i) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(sorted[i], digest);
            signatures = abi.encodePacked(signatures, r, s, v);
        }
    }
}
