// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IERC7786GatewaySource, IERC7786Recipient} from "@openzeppelin/contracts/interfaces/draft-IERC7786.sol";
import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {QuorumGateway} from "../../src/QuorumGateway.sol";
import {Call, OrderState, RemoteGovernance} from "../../src/governance/RemoteGovernance.sol";
import {Roles} from "../../src/governance/Roles.sol";
import {StateProof} from "../../src/proofs/IStateProofs.sol";
import {StateProofs} from "../../src/proofs/StateProofs.sol";
import {Test} from "./Test.sol";
import {ToldHashes, Tries} from "./Tries.sol";

/// @dev A gateway without a quorum: whoever asks has any message delivered. It keeps what it sent as {QuorumGateway} does.
contract LyingGateway is IERC7786GatewaySource {
    using InteroperableAddress for bytes;

    // solhint-disable-next-line const-name-snakecase
    bytes32 public constant NONCE_SLOT = bytes32(uint256(0));
    // solhint-disable-next-line const-name-snakecase
    bytes32 public constant SENT_SLOT = bytes32(uint256(1));
    uint256 public nextNonce = 1;
    mapping(uint256 nonce => bytes32 id) public sent;
    bytes private _last;

    function supportsAttribute(bytes4) external pure returns (bool) {
        return false;
    }

    function sendMessage(bytes calldata recipient, bytes calldata payload, bytes[] calldata attributes)
        external
        payable
        returns (bytes32 id)
    {
        bytes memory sender = InteroperableAddress.formatEvmV1(block.chainid, msg.sender);
        QuorumGateway.Message memory m = QuorumGateway.Message(block.chainid, nextNonce++, sender, recipient, payload);
        id = messageId(m);
        sent[m.nonce] = id;
        _last = abi.encode(m);
        emit MessageSent(id, sender, recipient, payload, 0, attributes);
    }

    function last() external view returns (QuorumGateway.Message memory) {
        return abi.decode(_last, (QuorumGateway.Message));
    }

    function messageId(QuorumGateway.Message memory m) public view returns (bytes32) {
        return keccak256(abi.encode(address(this), m));
    }

    function deliver(QuorumGateway.Message calldata m) external {
        (, address recipient) = m.recipient.parseEvmV1Calldata();
        IERC7786Recipient(recipient).receiveMessage(messageId(m), m.sender, m.payload);
    }
}

/// @dev What orders are about.
contract Target {
    uint256 public value;
    bool public broken;

    error TargetBroken();

    function set(uint256 value_) external payable {
        require(!broken, TargetBroken());
        value = value_;
    }

    function breakDown(bool broken_) external {
        broken = broken_;
    }
}

/// @title RemoteGovernance on a home chain and two others, played by one EVM
/// @notice The contract stands at one address with one code. {goTo} exchanges the chain's id and the authority; what else it
///         stores is used on one side only.
abstract contract OrderChains is Test {
    uint256 internal constant HOME = 31337;
    uint256 internal constant REMOTE = 31338;
    uint256 internal constant OTHER = 31339;
    uint256 internal constant START = 1_800_000_000;
    uint64 internal constant DELAY = 3 days;

    address internal immutable TIMELOCK = vm.addr(0xC1);
    address internal immutable GUARDIAN = vm.addr(0xC2);
    address internal immutable GUARDIAN2 = vm.addr(0xC3);
    address internal immutable RECOVERY = vm.addr(0xC4);
    address internal immutable THIEF = vm.addr(0xC5);

    AccessManager internal homeAuthority;
    AccessManager internal authority;
    LyingGateway internal gateway;
    LyingGateway internal gateway2;
    RemoteGovernance internal remote;
    ToldHashes internal hashes;
    Target internal target;
    uint256 private _block = 100;

    function deployChains() internal {
        vm.chainId(HOME);
        vm.warp(START);
        homeAuthority = new AccessManager(TIMELOCK);
        authority = new AccessManager(address(this));
        gateway = new LyingGateway();
        gateway2 = new LyingGateway();
        remote = new RemoteGovernance(address(homeAuthority), HOME, address(gateway), DELAY, RECOVERY);
        target = new Target();
        hashes = new ToldHashes();
        StateProofs proofs = new StateProofs(hashes);
        authority.grantRole(Roles.GUARDIAN, GUARDIAN, 0);
        authority.grantRole(Roles.GUARDIAN, GUARDIAN2, 0);
        authority.grantRole(0, address(remote), 0);
        authority.renounceRole(0, address(this));
        goTo(REMOTE);
        byItself(abi.encodeCall(remote.setStateProofs, (address(proofs))));
        goTo(HOME);
    }

    function goTo(uint256 chain) internal {
        vm.chainId(chain);
        address there = address(chain == HOME ? homeAuthority : authority);
        uint256 rest = uint256(vm.load(address(remote), 0)) >> 160;
        vm.store(address(remote), 0, bytes32((rest << 160) | uint160(there)));
        assertEq(remote.authority(), there, "slot of the authority");
    }

    /// @dev As an order that was carried out does.
    function byItself(bytes memory call) internal {
        vm.prank(address(remote));
        (bool ok,) = address(remote).call(call);
        assertTrue(ok, "a call by itself");
    }

    // ------------------------------------------------------------------ orders

    function one(address to, bytes memory data) internal pure returns (Call[] memory calls) {
        calls = new Call[](1);
        calls[0] = Call(to, 0, data);
    }

    /// @dev The target's value becomes `value`.
    function setting(uint256 value) internal view returns (Call[] memory) {
        return one(address(target), abi.encodeCall(Target.set, (value)));
    }

    /// @dev Home's vote orders it; ends at home.
    function send(Call[] memory calls, bytes32 salt) internal returns (QuorumGateway.Message memory) {
        return sendTo(REMOTE, calls, salt);
    }

    function sendTo(uint256 chain, Call[] memory calls, bytes32 salt) internal returns (QuorumGateway.Message memory) {
        goTo(HOME);
        vm.prank(TIMELOCK);
        remote.order(chain, calls, salt);
        return LyingGateway(remote.gatewayTo(chain)).last();
    }

    /// @dev Orders and delivers; ends on the other chain.
    function bring(Call[] memory calls, bytes32 salt) internal returns (bytes32 orderId) {
        QuorumGateway.Message memory m = send(calls, salt);
        goTo(REMOTE);
        gateway.deliver(m);
        return remote.idOf(REMOTE, calls, salt);
    }

    /// @dev What a lying quorum would deliver as message `nonce`.
    function forged(Call[] memory calls, bytes32 salt, uint256 nonce, uint64 deadline)
        internal
        view
        returns (QuorumGateway.Message memory)
    {
        return QuorumGateway.Message(
            HOME, nonce, at(HOME, address(remote)), at(REMOTE, address(remote)), abi.encode(calls, salt, deadline)
        );
    }

    /// @dev A lying quorum's order is delivered; ends on the other chain.
    function forge(Call[] memory calls, bytes32 salt, uint256 nonce)
        internal
        returns (bytes32 orderId, QuorumGateway.Message memory m)
    {
        goTo(REMOTE);
        m = forged(calls, salt, nonce, uint64(time()) + remote.LIFETIME());
        gateway.deliver(m);
        orderId = remote.idOf(REMOTE, calls, salt);
    }

    function at(uint256 chain, address account) internal pure returns (bytes memory) {
        return InteroperableAddress.formatEvmV1(chain, account);
    }

    // ------------------------------------------------------------------ proofs

    /// @dev Of a slot of a gateway at home, at a block with this time.
    function proveSlot(address account, bytes32 slot, bytes32 value, uint256 timestamp)
        internal
        returns (StateProof memory p)
    {
        bytes32 hash;
        (p, hash) = Tries.prove(account, slot, value, ++_block, timestamp);
        hashes.tell(HOME, _block, hash);
    }

    /// @dev Of what home's gateway has under `nonce`.
    function proveSent(LyingGateway from, uint256 nonce) internal returns (StateProof memory) {
        bytes32 slot = keccak256(abi.encode(nonce, from.SENT_SLOT()));
        return proveSlot(address(from), slot, vm.load(address(from), slot), time());
    }

    function proveNextNonce(LyingGateway from, uint256 timestamp) internal returns (StateProof memory) {
        bytes32 slot = from.NONCE_SLOT();
        return proveSlot(address(from), slot, vm.load(address(from), slot), timestamp);
    }

    // ------------------------------------------------------------------ assertions

    function assertOrder(bytes32 orderId, OrderState expected) internal view {
        assertEq(uint8(remote.orderOf(orderId).state), uint8(expected), "state of the order");
    }

    function state(bytes32 orderId, OrderState state_) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(RemoteGovernance.RemoteState.selector, orderId, state_);
    }
}
