// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";
import {AgentRegistry} from "../../src/AgentRegistry.sol";
import {AgentVault} from "../../src/AgentVault.sol";
import {AuditLog} from "../../src/AuditLog.sol";
import {Create3Factory} from "../../src/Create3Factory.sol";
import {CrossChainExecutor, State} from "../../src/CrossChainExecutor.sol";
import {DestinationExecutor} from "../../src/DestinationExecutor.sol";
import {HomeExecutor} from "../../src/HomeExecutor.sol";
import {CallGuard} from "../../src/CallGuard.sol";
import {MandateLens} from "../../src/MandateLens.sol";
import {Intent, IntentHash} from "../../src/Intent.sol";
import {Meter} from "../../src/Meter.sol";
import {PolicyEngine} from "../../src/PolicyEngine.sol";
import {QuorumGateway} from "../../src/QuorumGateway.sol";
import {TestToken} from "../../src/demo/TestToken.sol";
import {MandateGovernor} from "../../src/governance/MandateGovernor.sol";
import {MandateToken} from "../../src/governance/MandateToken.sol";
import {Roles} from "../../src/governance/Roles.sol";
import {Rule, Verdict} from "../../src/Verdict.sol";
import {Approvers} from "../../src/rules/Approvers.sol";
import {CallRules} from "../../src/rules/CallRules.sol";
import {Finding, MandateRules} from "../../src/rules/MandateRules.sol";
import {PriceFeeds} from "../../src/rules/PriceFeeds.sol";
import {RuleBook} from "../../src/rules/RuleBook.sol";
import {Tiers} from "../../src/rules/Tiers.sol";
import {Test, Vm} from "./Test.sol";

/// @title The whole system, deployed as docs/architecture.md says, with one agent that has a mandate and funds
/// @notice One EVM plays both chains. The contracts stand at the same addresses on both with the same immutables, so
///         switching chains means switching `block.chainid` and the storage that both sides use: the progress of intents
///         and the audit chains. {switchTo} exchanges exactly those slots. The rest of the storage belongs to one side
///         (policy, registry, nonces: home; deliveries: destination) or to governance, which is the same on both.
abstract contract Deployed is Test {
    uint256 internal constant HOME = 31337;
    uint256 internal constant REMOTE = 31338;
    uint256 internal constant START = 1_800_000_000;
    address internal constant CREATE2_DEPLOYER = 0x4e59b44847b379578588920cA78FbF26c0B4956C;
    bytes internal constant CREATE2_DEPLOYER_CODE =
        hex"7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3";

    uint64 internal constant DISPUTE_WINDOW = 30;
    uint64 internal constant RESOLUTION_WINDOW = 3 days;
    uint64 internal constant PAUSE = 2 days;
    bytes32 internal constant PROGRESS_SLOT = bytes32(uint256(5));
    uint256 internal constant TIMELOCK_DELAY = 1 days;
    uint256 internal constant VAULT_ETH = 1000 ether;
    uint256 internal constant VAULT_TOKENS = 1_000_000e6;
    uint24 internal constant WINDOW = 1 days;
    uint24 internal constant LONGEST_WINDOW = (1 << 22) - 1;

    address internal constant ETH = address(0);
    uint112 internal constant NEVER = type(uint112).max; // a threshold that no amount is above
    address internal immutable DEPLOYER = vm.addr(0xD0);
    address internal immutable DELEGATE = vm.addr(0xD1); // holds the votes
    address internal immutable OWNER = vm.addr(0xD2); // owns the agent
    address internal immutable WATCHDOG = vm.addr(0xD3);
    address internal immutable WATCHDOG2 = vm.addr(0xD4);
    address internal immutable PUBLISHER = vm.addr(0xD5);
    address internal immutable THIEF = vm.addr(0xD6);
    address internal immutable PAYEE = vm.addr(0xD7);
    uint256 internal constant AGENT_KEY = 0xA1;
    address internal immutable AGENT = vm.addr(AGENT_KEY);

    Create3Factory internal factory;
    AccessManager internal authority;
    TimelockController internal timelock;
    MandateToken internal votes;
    MandateGovernor internal governor;
    AgentRegistry internal registry;
    PolicyEngine internal policy;
    AuditLog internal auditLog;
    QuorumGateway internal gateway;
    /// @dev The executor, which is one contract at home and another one elsewhere, at the same address.
    CrossChainExecutor internal executor;
    HomeExecutor internal atHome;
    DestinationExecutor internal abroad;
    AgentVault internal vault;
    MandateLens internal lens;
    MandateRules internal rules;
    CallRules internal calls;
    RuleBook internal book;
    Tiers internal tiers;
    PriceFeeds internal prices;
    Approvers internal approvers;
    CallGuard internal guard;
    TestToken internal token;
    uint256 internal agentId;
    uint256[] internal relayerKeys; // ascending by address

    uint256 internal here = HOME;
    uint256 private _nextNonce;
    mapping(uint256 chainId => bytes) private _codeAt; // of the executor

    struct Slot {
        address account;
        bytes32 slot;
    }

    Slot[] private _sharedSlots;
    uint256 private _etherElsewhere; // of the vault
    mapping(address => mapping(bytes32 => bytes32)) private _elsewhere;
    mapping(address => mapping(bytes32 => bool)) private _isShared;

    // ------------------------------------------------------------------ deployment

    function deployAll() internal {
        vm.chainId(HOME);
        vm.warp(START);
        _sortRelayers();
        deploySystem();
        _admitAgent();
        _fund();
        shareAgent(agentId);
    }

    function deploySystem() internal {
        if (CREATE2_DEPLOYER.code.length == 0) vm.etch(CREATE2_DEPLOYER, CREATE2_DEPLOYER_CODE);
        (bool created, bytes memory place) =
            CREATE2_DEPLOYER.call(abi.encodePacked(bytes32(0), type(Create3Factory).creationCode));
        assertTrue(created, "factory");
        factory = Create3Factory(address(bytes20(place)));

        authority = AccessManager(predicted("AccessManager"));
        timelock = TimelockController(payable(predicted("TimelockController")));
        votes = MandateToken(predicted("MandateToken"));
        governor = MandateGovernor(payable(predicted("MandateGovernor")));
        registry = AgentRegistry(predicted("AgentRegistry"));
        vault = AgentVault(payable(predicted("AgentVault")));
        policy = PolicyEngine(address(vault));
        auditLog = AuditLog(address(vault));
        gateway = QuorumGateway(predicted("QuorumGateway"));
        executor = CrossChainExecutor(predicted("CrossChainExecutor"));
        (atHome, abroad) = (HomeExecutor(address(executor)), DestinationExecutor(address(executor)));
        rules = MandateRules(predicted("MandateRules"));
        calls = CallRules(predicted("CallRules"));
        book = RuleBook(predicted("RuleBook"));
        tiers = Tiers(predicted("Tiers"));
        prices = PriceFeeds(predicted("PriceFeeds"));
        approvers = Approvers(predicted("Approvers"));
        guard = CallGuard(predicted("CallGuard"));
        lens = MandateLens(predicted("MandateLens"));

        vm.startPrank(DEPLOYER);
        _create("AccessManager", abi.encodePacked(type(AccessManager).creationCode, abi.encode(DEPLOYER)));
        {
            address[] memory proposers = new address[](1);
            proposers[0] = address(governor);
            _create(
                "TimelockController",
                abi.encodePacked(
                    type(TimelockController).creationCode,
                    abi.encode(TIMELOCK_DELAY, proposers, new address[](1), address(0))
                )
            );
        }
        _create("MandateToken", abi.encodePacked(type(MandateToken).creationCode, abi.encode(DELEGATE, 1_000_000e18)));
        _create(
            "MandateGovernor",
            abi.encodePacked(
                type(MandateGovernor).creationCode, abi.encode(votes, timelock, 1 minutes, 1 hours, 1000e18, 4)
            )
        );
        _create("AgentRegistry", abi.encodePacked(type(AgentRegistry).creationCode, abi.encode(authority)));
        _createRules();
        {
            uint256[] memory others = new uint256[](1);
            others[0] = REMOTE;
            _create(
                "AgentVault",
                abi.encodePacked(
                    type(AgentVault).creationCode,
                    abi.encode(authority, timelock, registry, executor, guard, HOME, others)
                )
            );
        }
        _create(
            "QuorumGateway",
            abi.encodePacked(type(QuorumGateway).creationCode, abi.encode(authority, HOME, relayers(), 2))
        );
        _createExecutors();
        _create("MandateLens", abi.encodePacked(type(MandateLens).creationCode, abi.encode(executor)));

        authority.labelRole(Roles.GUARDIAN, "GUARDIAN");
        authority.labelRole(Roles.PUBLISHER, "PUBLISHER");
        authority.grantRole(Roles.GUARDIAN, WATCHDOG, 0);
        authority.grantRole(Roles.GUARDIAN, WATCHDOG2, 0);
        authority.grantRole(Roles.PUBLISHER, PUBLISHER, 0);
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = AuditLog.publish.selector;
        authority.setTargetFunctionRole(address(auditLog), selectors, Roles.PUBLISHER);
        authority.grantRole(authority.ADMIN_ROLE(), address(timelock), 0);
        authority.renounceRole(authority.ADMIN_ROLE(), DEPLOYER);
        vm.stopPrank();

        vm.prank(DELEGATE);
        votes.delegate(DELEGATE);
        skip(1); // votes count from the next second on
    }

    /// @dev Home's by the factory. The other one's constructor runs at the same address, as if it were on its own chain; both write the
    ///      same settings.
    function _createExecutors() private {
        address[] memory accounts = new address[](1);
        accounts[0] = address(vault);
        _create(
            "CrossChainExecutor",
            abi.encodePacked(
                type(HomeExecutor).creationCode,
                abi.encode(authority, HOME, registry, gateway, rules, approvers, accounts, DISPUTE_WINDOW, PAUSE)
            )
        );
        _codeAt[HOME] = address(executor).code;
        vm.chainId(REMOTE);
        bytes memory arguments = abi.encode(
            authority, HOME, registry, gateway, accounts, DISPUTE_WINDOW, RESOLUTION_WINDOW, PAUSE, timelock
        );
        vm.etch(address(executor), abi.encodePacked(type(DestinationExecutor).creationCode, arguments));
        (bool created, bytes memory code) = address(executor).call("");
        assertTrue(created, "destination");
        _codeAt[REMOTE] = code;
        vm.chainId(HOME);
        vm.etch(address(executor), _codeAt[HOME]);
    }

    function _createRules() private {
        bytes memory common = abi.encode(authority, registry);
        _create("CallRules", abi.encodePacked(type(CallRules).creationCode, common));
        _create("RuleBook", abi.encodePacked(type(RuleBook).creationCode, common));
        _create("Approvers", abi.encodePacked(type(Approvers).creationCode, common));
        _create("PriceFeeds", abi.encodePacked(type(PriceFeeds).creationCode, abi.encode(authority)));
        _create("Tiers", abi.encodePacked(type(Tiers).creationCode, abi.encode(authority, registry, prices)));
        _create("MandateRules", abi.encodePacked(type(MandateRules).creationCode, abi.encode(calls, book, tiers)));
        _create("CallGuard", abi.encodePacked(type(CallGuard).creationCode, abi.encode(authority, calls)));
    }

    function _admitAgent() private {
        vm.prank(OWNER);
        agentId = registry.register("ipfs://agent");
        proveWallet(agentId, OWNER, AGENT_KEY);
        vm.startPrank(address(timelock));
        registry.activate(agentId, address(vault), 0);
        policy.setTerms(agentId, terms());
        policy.setLimit(agentId, ETH, limit(1 ether, 3 ether));
        policy.setAssetChain(agentId, ETH, HOME, true);
        policy.setAssetChain(agentId, ETH, REMOTE, true);
        policy.setRecipient(agentId, HOME, PAYEE, true);
        policy.setRecipient(agentId, REMOTE, PAYEE, true);
        vm.stopPrank();
    }

    function _fund() private {
        token = new TestToken(address(this), 3 * VAULT_TOKENS);
        vm.deal(address(vault), VAULT_ETH);
        token.transfer(address(vault), VAULT_TOKENS);
        _etherElsewhere = VAULT_ETH;
        bytes32 slot = keccak256(abi.encode(vault, 0)); // OpenZeppelin's ERC20: balances first
        assertEq(uint256(vm.load(address(token), slot)), VAULT_TOKENS, "slot of the vault's balance");
        _elsewhere[address(token)][slot] = bytes32(VAULT_TOKENS);
        _share(address(token), slot);
        vm.startPrank(address(timelock));
        policy.setLimit(agentId, address(token), limit(1000e6, 2500e6));
        policy.setAssetChain(agentId, address(token), HOME, true);
        policy.setAssetChain(agentId, address(token), REMOTE, true);
        vm.stopPrank();
    }

    function _create(string memory name, bytes memory initCode) internal returns (address deployed) {
        deployed = factory.create(keccak256(bytes(name)), initCode);
        vm.label(deployed, name);
    }

    function predicted(string memory name) internal view returns (address) {
        return factory.addressOf(DEPLOYER, keccak256(bytes(name)));
    }

    function terms() internal pure returns (PolicyEngine.Terms memory) {
        return PolicyEngine.Terms(uint32(START + 365 days), 1 hours, 10, 50, true, false);
    }

    function limit(uint256 perTransaction, uint256 cap) internal pure returns (PolicyEngine.Limit memory) {
        return PolicyEngine.Limit(uint104(perTransaction), uint104(cap), WINDOW);
    }

    function _sortRelayers() private {
        for (uint256 key = 0xE1; key <= 0xE3; ++key) {
            relayerKeys.push(key);
            for (uint256 i = relayerKeys.length - 1; i > 0; --i) {
                if (vm.addr(relayerKeys[i - 1]) < vm.addr(relayerKeys[i])) break;
                (relayerKeys[i - 1], relayerKeys[i]) = (relayerKeys[i], relayerKeys[i - 1]);
            }
        }
    }

    function relayers() internal view returns (address[] memory set) {
        set = new address[](relayerKeys.length);
        for (uint256 i; i < set.length; ++i) {
            set[i] = vm.addr(relayerKeys[i]);
        }
    }

    // ------------------------------------------------------------------ two chains

    /// @dev Goes to chain `chain`: its id, and its side of the storage that both sides use.
    function switchTo(uint256 chain) internal {
        if (chain == here) return;
        here = chain;
        vm.chainId(chain);
        becomes(chain == HOME ? HOME : REMOTE);
        uint256 ether_ = address(vault).balance;
        vm.deal(address(vault), _etherElsewhere);
        _etherElsewhere = ether_;
        for (uint256 i; i < _sharedSlots.length; ++i) {
            Slot memory s = _sharedSlots[i];
            bytes32 leaving = vm.load(s.account, s.slot);
            vm.store(s.account, s.slot, _elsewhere[s.account][s.slot]);
            _elsewhere[s.account][s.slot] = leaving;
        }
    }

    /// @dev The executor is the one of that chain from now on, whatever chain this is.
    function becomes(uint256 chain) internal {
        vm.etch(address(executor), _codeAt[chain]);
    }

    /// @dev Numbers of the mappings' slots; Fixture.t.sol holds them against the contracts.
    function share(bytes32 intentId) internal {
        _share(address(executor), keccak256(abi.encode(intentId, PROGRESS_SLOT)));
    }

    function shareAgent(uint256 id) internal {
        _share(address(auditLog), keccak256(abi.encode(id, 1)));
        _share(address(auditLog), keccak256(abi.encode(id, 2)));
    }

    function _share(address account, bytes32 slot) private {
        if (_isShared[account][slot]) return;
        _isShared[account][slot] = true;
        _sharedSlots.push(Slot(account, slot));
    }

    // ------------------------------------------------------------------ intents

    /// @dev A payment at home to PAYEE with a fresh nonce, valid for an hour.
    function payment(address asset, uint256 amount) internal returns (Intent memory) {
        return Intent(agentId, address(vault), HOME, asset, PAYEE, amount, "", _nextNonce++, uint64(time() + 1 hours));
    }

    /// @dev The same on the other chain.
    function remotePayment(address asset, uint256 amount) internal returns (Intent memory intent) {
        intent = payment(asset, amount);
        intent.chainId = REMOTE;
    }

    /// @dev The intent's id, without asking anybody, so that it disturbs no prank.
    function idFor(Intent memory intent) internal view returns (bytes32) {
        return IntentHash.id(intent, IntentHash.domainSeparator(HOME, address(executor)));
    }

    function sign(Intent memory intent) internal view returns (bytes memory) {
        return signature(AGENT_KEY, executor.idOf(intent));
    }

    function submit(Intent memory intent) internal returns (bytes32 intentId, Verdict memory verdict) {
        share(executor.idOf(intent));
        return atHome.submit(intent, sign(intent));
    }

    function submitAdmitted(Intent memory intent) internal returns (bytes32 intentId) {
        Verdict memory verdict;
        (intentId, verdict) = submit(intent);
        assertEq(uint8(verdict.rule), uint8(Rule.NONE), "admitted");
    }

    function submitDenied(Intent memory intent, Rule rule) internal returns (Verdict memory verdict) {
        bytes32 intentId;
        (intentId, verdict) = submit(intent);
        assertEq(uint8(verdict.rule), uint8(rule), "denied by");
        assertState(intentId, State.DENIED);
    }

    /// @dev Governance thaws the agent, knowing of every stop so far.
    function thaw() internal {
        uint256 stops = policy.stops(agentId);
        vm.prank(address(timelock));
        policy.thaw(agentId, stops);
    }

    /// @dev Governance activates an agent, knowing of every stop so far.
    function activate(uint256 id) internal {
        uint256 stops = registry.stops(id);
        vm.prank(address(timelock));
        registry.activate(id, address(vault), stops);
    }

    /// @dev The agent's mandate is not basic from now on: its amounts of `asset` proceed by these thresholds, whatever they are worth.
    function grade(address asset, Tiers.Thresholds memory t) internal {
        PolicyEngine.Terms memory now_ = lens.headroom(agentId, asset).terms;
        now_.basic = false;
        address usd = tiers.USD();
        vm.startPrank(address(timelock));
        policy.setTerms(agentId, now_);
        tiers.setThresholds(agentId, asset, t);
        tiers.setThresholds(agentId, usd, Tiers.Thresholds(NEVER, NEVER, 0, NEVER));
        vm.stopPrank();
    }

    /// @dev What the rules beyond the basic ones say of a payment of a basic mandate.
    function plain(Intent memory intent) internal pure returns (Finding memory f) {
        f.recipient = intent.to;
    }

    /// @dev Whether the agent is live, and neither frozen nor halted.
    function running(uint256 id) internal view returns (bool) {
        (Meter meter,,,) = policy.words(id, ETH);
        return meter.running();
    }

    function stateOf(bytes32 intentId) internal view returns (State state) {
        (state,,,) = executor.progress(intentId);
    }

    function assertState(bytes32 intentId, State expected) internal view {
        assertEq(uint8(stateOf(intentId)), uint8(expected), "state");
    }

    /// @dev What {CrossChainExecutor-proceed} says when `rule`, which has no limit, refuses what waited.
    function refused(bytes32 intentId, Rule rule) internal pure returns (bytes memory) {
        Verdict memory v;
        v.rule = rule;
        return abi.encodeWithSelector(HomeExecutor.ExecutorRefused.selector, intentId, v);
    }

    // ------------------------------------------------------------------ messages

    /// @dev The message that home's executor sends for `intent` as the gateway's message number `nonce`.
    function messageOf(Intent memory intent, uint256 nonce) internal view returns (QuorumGateway.Message memory) {
        return QuorumGateway.Message(
            HOME,
            nonce,
            InteroperableAddress.formatEvmV1(HOME, address(executor)),
            InteroperableAddress.formatEvmV1(intent.chainId, address(executor)),
            payloadOf(intent)
        );
    }

    /// @dev What home sends of an intent whose agent has the lowest risk level.
    function payloadOf(Intent memory intent) internal pure returns (bytes memory) {
        return abi.encode(intent, uint8(0));
    }

    /// @dev Submits at home and returns the message that left, read from the events.
    function dispatch(Intent memory intent) internal returns (QuorumGateway.Message memory message) {
        switchTo(HOME);
        vm.recordLogs();
        bytes32 intentId = submitAdmitted(intent);
        assertState(intentId, State.DISPATCHED);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        bool sent;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].emitter != address(gateway)) continue;
            if (logs[i].topics[0] == QuorumGateway.NonceAssigned.selector) {
                message.sourceChainId = HOME;
                message.nonce = abi.decode(logs[i].data, (uint256));
            } else {
                (message.sender, message.recipient, message.payload,,) =
                    abi.decode(logs[i].data, (bytes, bytes, bytes, uint256, bytes[]));
                assertEq(logs[i].topics[1], gateway.messageId(message), "send id");
                sent = true;
            }
        }
        assertTrue(sent, "no message left");
    }

    /// @dev Attestations of the message alone by the first `count` relayers.
    function attest(QuorumGateway.Message memory message, uint256 count) internal view returns (bytes memory) {
        return attestRoot(gateway.messageId(message), count);
    }

    /// @dev Attestations of all messages under the root by the first `count` relayers.
    function attestRoot(bytes32 root, uint256 count) internal view returns (bytes memory signatures) {
        bytes32 digest = gateway.attestationDigest(root);
        for (uint256 i; i < count; ++i) {
            signatures = bytes.concat(signatures, compact(relayerKeys[i], digest));
        }
    }

    /// @dev The proof of a message that is the whole tree.
    function alone() internal pure returns (bytes32[] memory) {
        return new bytes32[](0);
    }

    /// @dev Dispatches at home and delivers on the other chain, where the test then is.
    function deliver(Intent memory intent) internal returns (bytes32 intentId) {
        QuorumGateway.Message memory message = dispatch(intent);
        switchTo(REMOTE);
        gateway.deliver(message, alone(), attest(message, 2));
        intentId = executor.idOf(intent);
        assertState(intentId, State.QUEUED);
    }

    /// @dev Two relayers deliver an intent that home never dispatched, and perhaps nobody signed.
    function forge(Intent memory intent) internal returns (bytes32 intentId) {
        switchTo(intent.chainId);
        intentId = executor.idOf(intent);
        share(intentId);
        QuorumGateway.Message memory message = messageOf(intent, 1_000_000 + intent.nonce);
        gateway.deliver(message, alone(), attest(message, 2));
    }

    // ------------------------------------------------------------------ signatures

    function signature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev The signature in 64 bytes, as ERC-2098 says.
    function compact(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, uint256(s) | uint256(v - 27) << 255);
    }

    function walletProof(uint256 id, uint256 key, address owner, uint256 nonce, uint256 deadline)
        internal
        view
        returns (bytes memory)
    {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("AgentRegistry"),
                keccak256("1"),
                block.chainid,
                registry
            )
        );
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "AgentWalletSet(uint256 agentId,address newWallet,address owner,uint256 nonce,uint256 deadline)"
                ),
                id,
                vm.addr(key),
                owner,
                nonce,
                deadline
            )
        );
        return signature(key, keccak256(abi.encodePacked(hex"1901", domain, structHash)));
    }

    /// @dev The agent lost that key, and never gets it again.
    function assertKeyLost(uint256 id, address owner, uint256 key) internal {
        uint256 deadline = time() + 10 minutes;
        bytes memory proof = walletProof(id, key, owner, registry.walletNonce(id), deadline);
        vm.expectRevert(abi.encodeWithSelector(AgentRegistry.AgentWalletLost.selector, id, vm.addr(key)));
        vm.prank(owner);
        registry.setAgentWallet(id, vm.addr(key), deadline, proof);
    }

    function proveWallet(uint256 id, address owner, uint256 key) internal {
        uint256 deadline = time() + 10 minutes;
        bytes memory proof = walletProof(id, key, owner, registry.walletNonce(id), deadline);
        vm.prank(owner);
        registry.setAgentWallet(id, vm.addr(key), deadline, proof);
    }
}
