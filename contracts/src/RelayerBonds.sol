// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {QuorumGateway} from "./QuorumGateway.sol";

/// @title What relayers lose when they lie
/// @notice A relayer's own signature is the evidence: on a message that home never sent, or on two contents of one message of
///         any chain. Whoever shows it has half of the relayer's bond at once, the treasury the rest. Nobody decides (L7).
/// @dev Stands on home. Amounts in wei of home's coin. Whoever was a relayer once stays answerable with what lies here, and nobody
///      takes anything back who is one: a lie of the last moment still costs what lay here all the time.
contract RelayerBonds {
    using InteroperableAddress for bytes;
    using SafeCast for uint256;

    /// @dev One slot.
    struct Bond {
        uint104 bonded;
        uint104 unbonding;
        uint48 withdrawableAt; // unix seconds; of what is unbonding
    }

    /// @notice Bounds of {UNBONDING}, seconds: longer than every dispute window, and not for ever.
    uint64 public constant MIN_UNBONDING = 7 days;
    uint64 public constant MAX_UNBONDING = 90 days;

    QuorumGateway public immutable GATEWAY;
    address public immutable TREASURY;
    /// @notice Seconds that a bond can still be taken after its relayer began to take it back.
    uint64 public immutable UNBONDING;

    mapping(address relayer => Bond) private _bonds;
    /// @notice What {collect} pays the treasury, wei.
    uint256 public owedToTreasury;

    event Bonded(address indexed relayer, address indexed by, uint256 amount, uint256 bonded);
    event Unbonding(address indexed relayer, uint256 amount, uint256 unbonding, uint64 withdrawableAt);
    event Withdrawn(address indexed relayer, address indexed to, uint256 amount);
    /// @notice The relayer attested `messageId`, which is false. `reward` and `toTreasury` together are all that it had here.
    event Slashed(
        address indexed relayer, bytes32 indexed messageId, address indexed payee, uint256 reward, uint256 toTreasury
    );
    event Collected(uint256 amount);

    error BondsUnbonding(uint64 asked, uint64 min, uint64 max);
    error BondsZeroAddress();
    error BondsNothing(address relayer);
    error BondsNoRelayer(address relayer);
    /// @notice The relayer's signature still counts at home's gateway: first it leaves the set.
    error BondsStillRelayer(address relayer);
    error BondsTooMuch(uint256 asked, uint256 bonded);
    error BondsTooEarly(uint64 withdrawableAt, uint256 now_);
    error BondsNotFromHere(uint256 sourceChainId, uint256 here);
    error BondsDispatched(bytes32 messageId);
    error BondsSameMessage(bytes32 messageId);
    error BondsOtherNumber(uint256 sourceChainId, uint256 nonce, uint256 otherSourceChainId, uint256 otherNonce);
    error BondsOtherSigner(address signer, address other);
    error BondsSignatureLength(uint256 length);
    error BondsNotPaid(address to, uint256 amount);

    /// @param gateway home's
    /// @param unbonding seconds, MIN_UNBONDING to MAX_UNBONDING
    constructor(QuorumGateway gateway, address treasury, uint64 unbonding) {
        require(address(gateway) != address(0) && treasury != address(0), BondsZeroAddress());
        require(
            unbonding >= MIN_UNBONDING && unbonding <= MAX_UNBONDING,
            BondsUnbonding(unbonding, MIN_UNBONDING, MAX_UNBONDING)
        );
        GATEWAY = gateway;
        TREASURY = treasury;
        UNBONDING = unbonding;
    }

    // ------------------------------------------------------------------ bonds

    /// @notice Adds the value sent to the relayer's bond. Anyone may; it is the relayer's from then on.
    function bond(address relayer) external payable {
        require(relayer != address(0), BondsZeroAddress());
        require(msg.value > 0, BondsNothing(relayer));
        Bond storage b = _bonds[relayer];
        b.bonded = (b.bonded + msg.value).toUint104();
        emit Bonded(relayer, msg.sender, msg.value, b.bonded);
    }

    /// @notice Begins to take back a part of the caller's bond, who is no relayer any more. The wait begins anew for all that is
    ///         unbonding already.
    /// @param amount wei, at most what is bonded
    function unbond(uint256 amount) external {
        _checkLeft();
        Bond memory b = _bonds[msg.sender];
        require(amount > 0, BondsNothing(msg.sender));
        require(amount <= b.bonded, BondsTooMuch(amount, b.bonded));
        // Neither overflows: the amount is part of what fits, and both parts together came in as coins.
        b.bonded -= uint104(amount);
        b.unbonding += uint104(amount);
        b.withdrawableAt = (block.timestamp + UNBONDING).toUint48();
        _bonds[msg.sender] = b;
        emit Unbonding(msg.sender, amount, b.unbonding, b.withdrawableAt);
    }

    /// @notice Takes into the bond again what its owner began to take back before it was named a relayer: else that would be free in the
    ///         second in which it is taken out. Anyone may.
    function rebond(address relayer) external {
        require(GATEWAY.isRelayer(relayer), BondsNoRelayer(relayer));
        Bond storage b = _bonds[relayer];
        uint104 amount = b.unbonding;
        require(amount > 0, BondsNothing(relayer));
        (b.bonded, b.unbonding) = (b.bonded + amount, 0);
        emit Bonded(relayer, msg.sender, amount, b.bonded);
    }

    /// @notice Pays out all of the caller's that was unbonding for long enough, unless it is a relayer again.
    function withdraw(address payable to) external {
        _checkLeft();
        Bond storage b = _bonds[msg.sender];
        (uint256 amount, uint64 withdrawableAt) = (b.unbonding, b.withdrawableAt);
        require(amount > 0, BondsNothing(msg.sender));
        require(block.timestamp >= withdrawableAt, BondsTooEarly(withdrawableAt, block.timestamp));
        b.unbonding = 0;
        emit Withdrawn(msg.sender, to, amount);
        _pay(to, amount);
    }

    /// @notice Pays the treasury its share of what was slashed. Anyone may.
    function collect() external {
        uint256 amount = owedToTreasury;
        require(amount > 0, BondsNothing(TREASURY));
        owedToTreasury = 0;
        emit Collected(amount);
        _pay(payable(TREASURY), amount);
    }

    /// @notice What the relayer has here, wei; all of it can be slashed.
    /// @return bonded of which nothing is being taken back
    /// @return unbonding what {withdraw} pays from `withdrawableAt` on, unix seconds
    function bondOf(address relayer) external view returns (uint256 bonded, uint256 unbonding, uint64 withdrawableAt) {
        Bond memory b = _bonds[relayer];
        return (b.bonded, b.unbonding, b.withdrawableAt);
    }

    // ------------------------------------------------------------------ evidence

    /// @notice Slashes who attested a message that says it comes from this chain, which never sent it. Anyone may.
    /// @dev It says so by its number's chain or by its sender's: the gateway here sends none in which they differ.
    /// @param proof from the message's id to the root that was signed
    /// @param signature 64 bytes (ERC-2098) over {QuorumGateway-attestationDigest} of the root
    /// @param payee whom the reward is paid
    function slashUndispatched(
        QuorumGateway.Message calldata message,
        bytes32[] calldata proof,
        bytes calldata signature,
        address payable payee
    ) external {
        require(_isFromHere(message), BondsNotFromHere(message.sourceChainId, block.chainid));
        bytes32 id = GATEWAY.messageId(message);
        require(GATEWAY.sent(message.nonce) != id, BondsDispatched(id));
        _slash(_signer(id, proof, signature), id, payee);
    }

    /// @notice Slashes who attested two messages of one number of one chain, whichever of them was sent. Anyone may.
    /// @param a one of them, with its proof and signature as {slashUndispatched} takes them
    /// @param b the other one
    /// @param payee whom the reward is paid
    function slashEquivocation(
        QuorumGateway.Message calldata a,
        bytes32[] calldata proofA,
        bytes calldata signatureA,
        QuorumGateway.Message calldata b,
        bytes32[] calldata proofB,
        bytes calldata signatureB,
        address payable payee
    ) external {
        require(
            a.sourceChainId == b.sourceChainId && a.nonce == b.nonce,
            BondsOtherNumber(a.sourceChainId, a.nonce, b.sourceChainId, b.nonce)
        );
        bytes32 id = GATEWAY.messageId(a);
        address signer = _signer(id, proofA, signatureA);
        bytes32 otherId = GATEWAY.messageId(b);
        require(id != otherId, BondsSameMessage(id));
        address other = _signer(otherId, proofB, signatureB);
        require(signer == other, BondsOtherSigner(signer, other));
        _slash(signer, id, payee);
    }

    // ------------------------------------------------------------------ internals

    function _checkLeft() private view {
        require(!GATEWAY.isRelayer(msg.sender), BondsStillRelayer(msg.sender));
    }

    function _isFromHere(QuorumGateway.Message calldata message) private view returns (bool) {
        if (message.sourceChainId == block.chainid) return true;
        (bool parsed, uint256 senderChainId,) = message.sender.tryParseEvmV1Calldata();
        return parsed && senderChainId == block.chainid;
    }

    function _signer(bytes32 id, bytes32[] calldata proof, bytes calldata signature) private view returns (address) {
        require(signature.length == 64, BondsSignatureLength(signature.length));
        bytes32 digest = GATEWAY.attestationDigest(MerkleProof.processProofCalldata(proof, id));
        return ECDSA.recover(digest, bytes32(signature[:32]), bytes32(signature[32:]));
    }

    function _slash(address relayer, bytes32 messageId, address payable payee) private {
        Bond memory b = _bonds[relayer];
        uint256 all = uint256(b.bonded) + b.unbonding;
        require(all > 0, BondsNothing(relayer));
        delete _bonds[relayer];
        uint256 reward = all / 2;
        owedToTreasury += all - reward;
        emit Slashed(relayer, messageId, payee, reward, all - reward);
        _pay(payee, reward);
    }

    function _pay(address payable to, uint256 amount) private {
        require(to != address(0), BondsZeroAddress());
        (bool paid,) = to.call{value: amount}("");
        require(paid, BondsNotPaid(to, amount));
    }
}
