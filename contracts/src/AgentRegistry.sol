// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Roles} from "./governance/Roles.sol";

/// @notice Where an agent's mandate is: an account that is told at once who acts for the agent and whether it may.
interface MandateHolder {
    /// @notice Registry only.
    function sync(uint256 agentId, address wallet, bool live, uint8 riskLevel) external;
}

/// @notice Whether an agent may act. Only governance moves an agent up; a guardian, the owner or the agent moves it down.
enum Status {
    PENDING, // registered, not yet admitted by governance, which alone moves it on
    ACTIVE,
    SUSPENDED, // by a guardian, the owner or the agent's own key; governance reactivates
    REVOKED // for good
}

/// @title Who the agents are
/// @notice ERC-721 identities with the ERC-8004 identity interface: a token per agent, its URI and metadata, and the
///         wallet key it acts with, proven by the key itself and cleared when the token changes hands.
/// @dev https://eips.ethereum.org/EIPS/eip-8004. Beyond it: status and risk level in governance's hands, and a nonce in
///      the wallet proof, so that a proof is used once.
contract AgentRegistry is ERC721, EIP712, AccessManaged {
    /// @notice One piece of metadata (ERC-8004).
    struct MetadataEntry {
        string metadataKey;
        bytes metadataValue;
    }

    /// @dev One slot: everything that a spend has to know about an agent. `keys` counts the changes of the wallet.
    struct Agent {
        address wallet;
        Status status;
        uint8 riskLevel;
        uint48 stops;
        uint32 keys;
    }

    bytes32 public constant AGENT_WALLET_SET_TYPEHASH =
        keccak256("AgentWalletSet(uint256 agentId,address newWallet,address owner,uint256 nonce,uint256 deadline)");
    /// @notice A wallet proof may be valid for at most this many seconds.
    uint256 public constant MAX_PROOF_AGE = 1 hours;
    /// @notice Highest risk level.
    uint8 public constant MAX_RISK_LEVEL = 3;

    bytes32 private constant _RESERVED_KEY = keccak256("agentWallet");

    uint256 private _count;
    mapping(uint256 agentId => Agent) private _agents;
    mapping(uint256 agentId => string) private _uris;
    mapping(uint256 agentId => mapping(bytes32 keyHash => bytes)) private _metadata;
    mapping(uint256 agentId => uint256) private _walletNonces;
    mapping(uint256 agentId => MandateHolder) private _accounts;
    /// @dev Wallets that the agent had and has no more.
    mapping(uint256 agentId => mapping(address wallet => bool)) private _lost;

    /// @notice ERC-8004: an agent was registered.
    event Registered(uint256 indexed agentId, string agentURI, address indexed owner);
    /// @notice ERC-8004: an agent's URI changed.
    event URIUpdated(uint256 indexed agentId, string newURI, address indexed updatedBy);
    /// @notice ERC-8004: a metadata value changed.
    event MetadataSet(
        uint256 indexed agentId, string indexed indexedMetadataKey, string metadataKey, bytes metadataValue
    );
    /// @notice The key that the agent acts with changed; zero: it has none.
    event AgentWalletSet(uint256 indexed agentId, address indexed wallet, address indexed by);
    /// @notice The agent's status changed.
    event StatusSet(uint256 indexed agentId, Status status, address indexed by);
    /// @notice The agent's mandate is at `account`, for good.
    event AccountSet(uint256 indexed agentId, address indexed account, address indexed by);
    /// @notice The agent's risk level changed.
    event RiskLevelSet(uint256 indexed agentId, uint8 riskLevel);

    error AgentNotOwner(uint256 agentId, address caller);
    error AgentUnauthorized(uint256 agentId, address caller);
    error AgentStopsDiffer(uint256 agentId, uint256 expectedStops, uint256 stops);
    error AgentStatusTransition(uint256 agentId, Status from, Status to);
    error AgentRiskLevelTooHigh(uint8 riskLevel, uint8 max);
    error AgentWalletZero();
    /// @notice The agent had that key before, and lost it: what it signed then would be good again.
    error AgentWalletLost(uint256 agentId, address wallet);
    error AgentProofExpired(uint256 deadline, uint256 now_);
    error AgentProofTooLong(uint256 deadline, uint256 latest);
    error AgentProofInvalid(uint256 agentId, address newWallet);
    error AgentReservedKey();
    error AgentAccountZero();
    error AgentAccountFixed(uint256 agentId, address asked, address account);

    constructor(address authority_)
        ERC721("Mandate Agent", "AGENT")
        EIP712("AgentRegistry", "1")
        AccessManaged(authority_)
    {}

    // ------------------------------------------------------------------ ERC-8004 registration

    /// @notice Registers an agent owned by the caller, PENDING and without a wallet key.
    function register(string calldata agentURI_, MetadataEntry[] calldata metadata) external returns (uint256 agentId) {
        agentId = _register(agentURI_);
        for (uint256 i; i < metadata.length; ++i) {
            _setMetadata(agentId, metadata[i].metadataKey, metadata[i].metadataValue);
        }
    }

    /// @notice Registers an agent owned by the caller, without metadata.
    function register(string calldata agentURI_) external returns (uint256 agentId) {
        return _register(agentURI_);
    }

    /// @notice Registers an agent owned by the caller, without URI and metadata.
    function register() external returns (uint256 agentId) {
        return _register("");
    }

    /// @notice Changes the agent's URI. Owner or approved operator only.
    function setAgentURI(uint256 agentId, string calldata newURI) external onlyOperator(agentId) {
        _uris[agentId] = newURI;
        emit URIUpdated(agentId, newURI, msg.sender);
    }

    /// @notice Sets a metadata value. Owner or approved operator only; the key "agentWallet" is reserved.
    function setMetadata(uint256 agentId, string calldata metadataKey, bytes calldata metadataValue)
        external
        onlyOperator(agentId)
    {
        _setMetadata(agentId, metadataKey, metadataValue);
    }

    /// @notice The metadata value, empty when it was never set.
    function getMetadata(uint256 agentId, string calldata metadataKey) external view returns (bytes memory) {
        if (keccak256(bytes(metadataKey)) == _RESERVED_KEY) {
            address wallet = _agents[agentId].wallet;
            return wallet == address(0) ? bytes("") : abi.encodePacked(wallet);
        }
        return _metadata[agentId][keccak256(bytes(metadataKey))];
    }

    // ------------------------------------------------------------------ wallet key

    /// @notice Sets the key that the agent acts with. The new key proves itself by signing
    ///         `AgentWalletSet(agentId, newWallet, owner, nonce, deadline)` (EIP-712; ERC-1271 for contracts).
    /// @param deadline unix seconds, at most MAX_PROOF_AGE ahead
    function setAgentWallet(uint256 agentId, address newWallet, uint256 deadline, bytes calldata signature)
        external
        onlyOperator(agentId)
    {
        require(newWallet != address(0), AgentWalletZero());
        Status status = _agents[agentId].status;
        require(status != Status.REVOKED, AgentStatusTransition(agentId, status, status));
        require(block.timestamp <= deadline, AgentProofExpired(deadline, block.timestamp));
        require(
            deadline <= block.timestamp + MAX_PROOF_AGE, AgentProofTooLong(deadline, block.timestamp + MAX_PROOF_AGE)
        );
        bytes32 structHash = keccak256(
            abi.encode(
                AGENT_WALLET_SET_TYPEHASH, agentId, newWallet, ownerOf(agentId), _walletNonces[agentId]++, deadline
            )
        );
        require(
            SignatureChecker.isValidSignatureNow(newWallet, _hashTypedDataV4(structHash), signature),
            AgentProofInvalid(agentId, newWallet)
        );
        _setWallet(agentId, newWallet);
    }

    /// @notice Takes the agent's key away. Owner, approved operator or the key itself.
    function unsetAgentWallet(uint256 agentId) external {
        address owner = ownerOf(agentId);
        require(
            msg.sender == _agents[agentId].wallet || _isAuthorized(owner, msg.sender, agentId),
            AgentUnauthorized(agentId, msg.sender)
        );
        _setWallet(agentId, address(0));
    }

    /// @notice The key that the agent acts with; zero when it has none.
    function getAgentWallet(uint256 agentId) external view returns (address) {
        return _agents[agentId].wallet;
    }

    /// @notice The nonce that the next wallet proof must carry.
    function walletNonce(uint256 agentId) external view returns (uint256) {
        return _walletNonces[agentId];
    }

    // ------------------------------------------------------------------ status

    /// @notice Activates a pending or suspended agent. Governance only.
    /// @param account the account that holds its mandate and pays for it; the first activation fixes it for good, so that an agent has
    ///        one mandate and one count of what it spent
    /// @param expectedStops what {stops} said when this was decided, 0 for a fresh agent: a decision never undoes a
    ///        suspension or a change of hands that came after it
    function activate(uint256 agentId, address account, uint256 expectedStops) external restricted {
        _requireOwned(agentId);
        uint256 stops_ = _agents[agentId].stops;
        require(stops_ == expectedStops, AgentStopsDiffer(agentId, expectedStops, stops_));
        Status from = _agents[agentId].status;
        require(from == Status.PENDING || from == Status.SUSPENDED, AgentStatusTransition(agentId, from, Status.ACTIVE));
        _setAccount(agentId, account);
        _setStatus(agentId, Status.ACTIVE);
    }

    /// @notice Suspends an active agent at once. Guardian, governance, owner or the agent's own key. Each time counts, also
    ///         when the agent is suspended already: an activation that was decided before no longer fits.
    function suspend(uint256 agentId) external onlyTightener(agentId) {
        Status from = _agents[agentId].status;
        require(
            from == Status.ACTIVE || from == Status.SUSPENDED, AgentStatusTransition(agentId, from, Status.SUSPENDED)
        );
        ++_agents[agentId].stops;
        _setStatus(agentId, Status.SUSPENDED);
    }

    /// @notice Revokes an admitted agent for good. Owner, the agent's own key, or governance.
    function revoke(uint256 agentId) external {
        if (msg.sender != ownerOf(agentId) && msg.sender != _agents[agentId].wallet) {
            _checkCanCall(msg.sender, msg.data);
        }
        Status from = _agents[agentId].status;
        require(from == Status.ACTIVE || from == Status.SUSPENDED, AgentStatusTransition(agentId, from, Status.REVOKED));
        _setStatus(agentId, Status.REVOKED);
        // Nobody acts for it any more, nor has refusals recorded that others must publish.
        _takeWallet(agentId);
    }

    /// @notice Sets the risk level, 0 (trusted) to MAX_RISK_LEVEL. Higher is tighter: whoever may tighten
    ///         raises it; only governance lowers it.
    function setRiskLevel(uint256 agentId, uint8 riskLevel) external {
        require(riskLevel <= MAX_RISK_LEVEL, AgentRiskLevelTooHigh(riskLevel, MAX_RISK_LEVEL));
        _requireOwned(agentId);
        if (riskLevel < _agents[agentId].riskLevel || !isTightener(agentId, msg.sender)) {
            _checkCanCall(msg.sender, msg.data);
        }
        _agents[agentId].riskLevel = riskLevel;
        emit RiskLevelSet(agentId, riskLevel);
        _sync(agentId);
    }

    /// @notice Everything that a spend has to know: key, status and risk level, in one storage read.
    /// @dev Never reverts: an unknown agent has no wallet and is PENDING.
    function agent(uint256 agentId) external view returns (address wallet, Status status, uint8 riskLevel) {
        Agent storage a = _agents[agentId];
        return (a.wallet, a.status, a.riskLevel);
    }

    /// @notice What {agent} and {accountOf} say, asked at once.
    function standing(uint256 agentId)
        external
        view
        returns (address wallet, Status status, uint8 riskLevel, address account)
    {
        Agent storage a = _agents[agentId];
        return (a.wallet, a.status, a.riskLevel, address(_accounts[agentId]));
    }

    /// @notice How often the agent's wallet changed. What was signed before a change does not come back: a wallet address that the agent lost it
    ///         never gets again. So give it no contract wallet that asks a signer which it had before.
    function walletChanges(uint256 agentId) external view returns (uint32) {
        return _agents[agentId].keys;
    }

    /// @notice The account that holds the agent's mandate; zero before the first activation.
    function accountOf(uint256 agentId) external view returns (address) {
        return address(_accounts[agentId]);
    }

    /// @notice How often the agent was suspended or changed hands.
    function stops(uint256 agentId) external view returns (uint256) {
        return _agents[agentId].stops;
    }

    /// @notice Whether `caller` may tighten the agent's mandate at once: guardian, or, of an agent that governance admitted here, owner or
    ///         the agent's own key. Anybody registers agents, also away from home, where their numbers are those of home's.
    function isTightener(uint256 agentId, address caller) public view returns (bool) {
        if (caller == address(0)) return false;
        bool admitted = address(_accounts[agentId]) != address(0);
        if (admitted && (caller == _ownerOf(agentId) || caller == _agents[agentId].wallet)) return true;
        return Roles.isGuardian(authority(), caller);
    }

    // ------------------------------------------------------------------ ERC-721

    function tokenURI(uint256 agentId) public view override returns (string memory) {
        _requireOwned(agentId);
        return _uris[agentId];
    }

    /// @dev The key of the old owner must not act for the new one, and a mandate was granted to the agent of the old
    ///      owner: governance admits the agent again under the new one.
    function _update(address to, uint256 agentId, address auth) internal override returns (address from) {
        from = super._update(to, agentId, auth);
        if (from == address(0)) return from;
        _takeWallet(agentId);
        ++_agents[agentId].stops;
        if (_agents[agentId].status == Status.ACTIVE) _setStatus(agentId, Status.SUSPENDED);
    }

    // ------------------------------------------------------------------ internals

    modifier onlyOperator(uint256 agentId) {
        require(_isAuthorized(ownerOf(agentId), msg.sender, agentId), AgentNotOwner(agentId, msg.sender));
        _;
    }

    modifier onlyTightener(uint256 agentId) {
        _requireOwned(agentId);
        if (!isTightener(agentId, msg.sender)) _checkCanCall(msg.sender, msg.data);
        _;
    }

    function _register(string memory agentURI_) private returns (uint256 agentId) {
        agentId = ++_count; // ids start at 1: zero is nobody
        _uris[agentId] = agentURI_;
        _mint(msg.sender, agentId);
        emit Registered(agentId, agentURI_, msg.sender);
    }

    function _setMetadata(uint256 agentId, string calldata key, bytes calldata value) private {
        require(keccak256(bytes(key)) != _RESERVED_KEY, AgentReservedKey());
        _metadata[agentId][keccak256(bytes(key))] = value;
        emit MetadataSet(agentId, key, key, value);
    }

    function _takeWallet(uint256 agentId) private {
        if (_agents[agentId].wallet != address(0)) _setWallet(agentId, address(0));
    }

    function _setWallet(uint256 agentId, address wallet) private {
        Agent storage a = _agents[agentId];
        require(!_lost[agentId][wallet], AgentWalletLost(agentId, wallet));
        if (a.wallet != address(0) && a.wallet != wallet) _lost[agentId][a.wallet] = true;
        (a.wallet, a.keys) = (wallet, a.keys + 1);
        emit AgentWalletSet(agentId, wallet, msg.sender);
        _sync(agentId);
    }

    function _setStatus(uint256 agentId, Status status) private {
        _agents[agentId].status = status;
        emit StatusSet(agentId, status, msg.sender);
        _sync(agentId);
    }

    function _setAccount(uint256 agentId, address account) private {
        address fixed_ = address(_accounts[agentId]);
        require(account != address(0), AgentAccountZero());
        if (fixed_ == account) return;
        require(fixed_ == address(0), AgentAccountFixed(agentId, account, fixed_));
        _accounts[agentId] = MandateHolder(account);
        emit AccountSet(agentId, account, msg.sender);
    }

    /// @dev The account knows before this transaction ends: what the agent lost it cannot use any more.
    function _sync(uint256 agentId) private {
        MandateHolder account = _accounts[agentId];
        if (address(account) == address(0)) return;
        Agent memory a = _agents[agentId];
        account.sync(agentId, a.wallet, a.status == Status.ACTIVE, a.riskLevel);
    }
}
