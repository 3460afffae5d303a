package org.mandate.watchdog;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.Deployment;
import org.mandate.chain.Hash;
import org.mandate.contracts.AgentRegistry;
import org.mandate.contracts.AgentVault;
import org.mandate.contracts.CallRules;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.HomeExecutor;
import org.mandate.contracts.PostedHashes;
import org.mandate.contracts.QuorumGateway;
import org.mandate.contracts.RelayerBonds;
import org.mandate.contracts.RemoteGovernance;
import org.mandate.contracts.TestToken;
import org.mandate.deploy.AgentSetup;
import org.mandate.deploy.Call;
import org.mandate.deploy.Deployer;
import org.mandate.deploy.DeploymentParameters;
import org.mandate.deploy.DeploymentParameters.AcrossChains;
import org.mandate.deploy.DeploymentParameters.ExistingAuthority;
import org.mandate.deploy.Sender;
import org.mandate.deploy.StateOverrideCall;
import org.mandate.event.ContractEvents;
import org.mandate.event.GatewayEvent;
import org.mandate.event.IntentEvent;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.AttestationDomain;
import org.mandate.gateway.InteroperableAddress;
import org.mandate.gateway.Message;
import org.mandate.gateway.MessageAbi;
import org.mandate.gateway.MessageTree;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentDomain;
import org.mandate.intent.IntentState;
import org.mandate.intent.Result;
import org.mandate.intent.SignedIntent;
import org.mandate.policy.CallKind;
import org.mandate.proof.ProofAbi;
import org.mandate.proof.Prover;
import org.mandate.proof.Slots;
import org.mandate.signer.PrivateKeySigner;
import org.mandate.signer.Signer;
import org.web3j.crypto.Credentials;
import org.web3j.crypto.Wallet;
import org.web3j.protocol.core.methods.response.TransactionReceipt;
import org.web3j.tx.RawTransactionManager;
import org.web3j.utils.Numeric;

/**
 * Two real chains with everything deployed, one agent with a mandate in native coin, and relayers'
 * keys to misuse.
 */
final class World implements AutoCloseable {
  static final long HOME = 31337;
  static final long REMOTE = 31338;
  static final Duration WINDOW = Duration.ofSeconds(10);

  /** A pause of one second, so that it is soon used up and closing gateways is all that is left. */
  static final AcrossChains PAUSING_BRIEFLY =
      new AcrossChains(
          Duration.ofSeconds(1),
          AcrossChains.DEFAULT.unbonding(),
          BigInteger.ZERO,
          List.of(),
          Optional.empty(),
          Optional.empty());

  /** For what must become true, no matter when: as long as a busy machine may take. */
  static final Duration PATIENCE = Duration.ofSeconds(90);

  static final BigInteger AGENT = BigInteger.ONE;
  static final BigInteger ETHER = BigInteger.TEN.pow(18);
  static final BigInteger CAP = ETHER;
  static final Credentials STRANGER_KEY = key(0xbad);
  static final Signer STRANGER = signer(STRANGER_KEY);
  static final Address RECIPIENT = Address.of("0x00000000000000000000000000000000000beef1");
  private static final char[] PASSPHRASE = "correct horse".toCharArray();
  static final Credentials RICH =
      Credentials.create("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
  private static final Credentials AUTHORITY = key(42);
  private static final List<Credentials> RELAYERS = List.of(key(1), key(2), key(3));
  private static final List<Credentials> WATCHDOGS = List.of(key(11), key(12), key(13));
  static final Signer AGENT_KEY = signer(key(0xa1));

  final Anvil home;
  final Anvil remote;
  final Deployment homeDeployment;
  final Deployment remoteDeployment;
  final IntentDomain domain;
  private final Path directory;
  private final AcrossChains across;
  private final AtomicLong nonces = new AtomicLong(1);
  private final AtomicLong messages = new AtomicLong(1_000_000);

  private World(Path directory, Anvil home, Anvil remote, AcrossChains across) throws Exception {
    this.directory = directory;
    this.across = across;
    this.home = home;
    this.remote = remote;
    for (Anvil chain : List.of(home, remote)) {
      Sender rich = new Sender(chain.web3j, RICH);
      List<Call> funds = new ArrayList<>();
      funds.add(
          new Call("fund authority", AUTHORITY.getAddress(), ETHER.multiply(BigInteger.TEN), "0x"));
      for (Credentials key : WATCHDOGS) {
        funds.add(new Call("fund watchdog", key.getAddress(), ETHER, "0x"));
      }
      rich.sendAll(funds);
    }
    homeDeployment = deploy(home);
    remoteDeployment = deploy(remote);
    domain = new IntentDomain(BigInteger.valueOf(HOME), homeDeployment.executor());
    mandate();
    home.mineEverySecond();
    remote.mineEverySecond();
  }

  static World start(Path directory) throws Exception {
    return start(directory, AcrossChains.DEFAULT);
  }

  static World start(Path directory, AcrossChains across) throws Exception {
    return new World(directory, Anvil.start(HOME), Anvil.start(REMOTE), across);
  }

  private Deployment deploy(Anvil chain) throws IOException {
    Sender sender = new Sender(chain.web3j, RICH);
    // A key with code stands in for a timelock whose delay a test has no time for.
    chain.rpc("anvil_setCode", AUTHORITY.getAddress(), "0x00");
    Deployer deployer = new Deployer(sender, new StateOverrideCall(chain.service), line -> {});
    Deployment deployment =
        deployer.deploy(
            new DeploymentParameters(
                HOME,
                List.of(REMOTE),
                RELAYERS.stream().map(Credentials::getAddress).toList(),
                2,
                WATCHDOGS.stream().limit(2).map(Credentials::getAddress).toList(),
                WINDOW,
                Duration.ofHours(1).plus(across.remote().map(r -> r.delay()).orElse(Duration.ZERO)),
                ExistingAuthority.delayingItself(AUTHORITY.getAddress()),
                Optional.empty(),
                across));
    sender.send(
        new Call("fund account", deployment.account().hex(), ETHER.multiply(BigInteger.TEN), "0x"));
    deployment.write(directory.resolve(deployment.chainId() + ".json"));
    return deployment;
  }

  private void mandate() {
    Sender owner = new Sender(home.web3j, RICH);
    Sender authority = new Sender(home.web3j, AUTHORITY);
    AgentSetup setup = new AgentSetup(homeDeployment.registry().hex());
    if (!setup.register(owner, "").equals(AGENT)) {
      throw new IllegalStateException("the agent's id is not " + AGENT);
    }
    setup.setWallet(owner, AGENT, AGENT_KEY);
    AgentRegistry registry =
        AgentRegistry.load(
            homeDeployment.registry().hex(), home.web3j, authority.reader(), Sender.NO_GAS);
    authority.send(
        Call.of(
            "activate",
            homeDeployment.registry().hex(),
            registry.activate(AGENT, homeDeployment.account().hex(), BigInteger.ZERO)));
    BigInteger year = BigInteger.valueOf(Instant.now().plus(Duration.ofDays(300)).getEpochSecond());
    governance(
        account()
            .setTerms(
                AGENT,
                new AgentVault.Terms(
                    year,
                    BigInteger.valueOf(3600),
                    BigInteger.valueOf(1000),
                    BigInteger.valueOf(1000),
                    true,
                    false)));
    governance(
        account()
            .setLimit(
                AGENT,
                Address.ZERO.hex(),
                new AgentVault.Limit(
                    CAP, CAP.multiply(BigInteger.valueOf(4)), BigInteger.valueOf(3600))));
    for (long chain : new long[] {HOME, REMOTE}) {
      governance(
          account().setAssetChain(AGENT, Address.ZERO.hex(), BigInteger.valueOf(chain), true));
      governance(account().setRecipient(AGENT, BigInteger.valueOf(chain), RECIPIENT.hex(), true));
    }
  }

  /** A restricted call of home's account, by the authority. */
  void governance(org.web3j.protocol.core.RemoteFunctionCall<?> call) {
    governance(home, call);
  }

  /** A restricted call of the account on that chain, by the authority. */
  void governance(Anvil chain, org.web3j.protocol.core.RemoteFunctionCall<?> call) {
    new Sender(chain.web3j, AUTHORITY)
        .send(Call.of("governance", homeDeployment.account().hex(), call));
  }

  /** A new token at home, all of it the account's, of which the agent may spend any amount. */
  TestToken token(BigInteger supply) throws Exception {
    String account = homeDeployment.account().hex();
    var rich = new RawTransactionManager(home.web3j, RICH, HOME, 300, 200);
    TestToken token = TestToken.deploy(home.web3j, rich, Sender.NO_GAS, account, supply).send();
    governance(
        account()
            .setLimit(
                AGENT,
                token.getContractAddress(),
                new AgentVault.Limit(supply, supply, BigInteger.valueOf(3600))));
    governance(
        account().setAssetChain(AGENT, token.getContractAddress(), BigInteger.valueOf(HOME), true));
    return token;
  }

  /** The agent may approve that spender for the token, as much as it may pay. */
  void permitApproval(TestToken token, Address spender) {
    CallRules.Permission approvals =
        new CallRules.Permission(
            BigInteger.valueOf(CallKind.APPROVE.ordinal()),
            BigInteger.ONE,
            BigInteger.ZERO,
            BigInteger.valueOf(255), // any asset: it is the token itself
            true);
    governance(
        homeDeployment.address("CallRules"),
        wrapper(CallRules.class, "CallRules")
            .setPermission(
                AGENT,
                BigInteger.valueOf(HOME),
                token.getContractAddress(),
                Numeric.hexStringToByteArray("0x095ea7b3"),
                approvals));
    governance(account().setRecipient(AGENT, BigInteger.valueOf(HOME), spender.hex(), true));
  }

  /** An approval at home that nobody has given yet. */
  Intent approval(TestToken token, Address spender, BigInteger amount) {
    Intent usual = payment(HOME, amount);
    Address asset = Address.of(token.getContractAddress());
    return new Intent(
        AGENT,
        usual.account(),
        usual.chainId(),
        asset,
        asset,
        amount,
        Bytes.of(token.approve(spender.hex(), amount).encodeFunctionCall()),
        usual.nonce(),
        usual.deadline());
  }

  /** A restricted call of any contract of home, by the authority. */
  void governance(Address contract, org.web3j.protocol.core.RemoteFunctionCall<?> call) {
    new Sender(home.web3j, AUTHORITY).send(Call.of("governance", contract.hex(), call));
  }

  /** A call of a contract of home by anybody. */
  TransactionReceipt send(Address contract, org.web3j.protocol.core.RemoteFunctionCall<?> call) {
    return new Sender(home.web3j, RICH).send(Call.of("send", contract.hex(), call));
  }

  /** A contract of home, to encode calls of it. */
  <T> T wrapper(Class<T> type, String name) {
    try {
      return type.cast(
          type.getMethod(
                  "load",
                  String.class,
                  org.web3j.protocol.Web3j.class,
                  org.web3j.tx.TransactionManager.class,
                  org.web3j.tx.gas.ContractGasProvider.class)
              .invoke(
                  null,
                  homeDeployment.address(name).hex(),
                  home.web3j,
                  new Sender(home.web3j, RICH).reader(),
                  Sender.NO_GAS));
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException(name + " has no wrapper " + type, e);
    }
  }

  /** The message with which home sent that intent away. */
  Message sentFor(Intent intent) {
    Hash transaction =
        home.client.logs(0, home.client.head().number(), List.of(domain.executor())).stream()
            .flatMap(log -> ContractEvents.executor(log).stream())
            .filter(
                event ->
                    event instanceof IntentEvent.Dispatched
                        && event.intentId().equals(intent.id(domain)))
            .map(event -> event.log().transaction())
            .findFirst()
            .orElseThrow(() -> new AssertionError("never dispatched"));
    return sent(transaction);
  }

  /** Governance thaws the agent, knowing of every stop so far. */
  void thaw() {
    governance(account().thaw(AGENT, stops()));
  }

  /** How often the agent was frozen. */
  BigInteger stops() {
    try {
      return account().stops(AGENT).send();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  AgentVault account() {
    return AgentVault.load(
        homeDeployment.account().hex(),
        home.web3j,
        new Sender(home.web3j, AUTHORITY).reader(),
        Sender.NO_GAS);
  }

  boolean frozen() {
    try {
      return account().frozen(AGENT).send();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** A payment in native coin that nobody has used yet. */
  Intent payment(long chainId, BigInteger amount) {
    return payment(chainId, amount, Duration.ofHours(1));
  }

  /** As {@link #payment(long, BigInteger)}, with a deadline so far ahead. */
  Intent payment(long chainId, BigInteger amount, Duration lifetime) {
    return new Intent(
        AGENT,
        homeDeployment.account(),
        BigInteger.valueOf(chainId),
        Address.ZERO,
        RECIPIENT,
        amount,
        Bytes.EMPTY,
        BigInteger.valueOf(nonces.getAndIncrement()),
        BigInteger.valueOf(Instant.now().plus(lifetime).getEpochSecond()));
  }

  /** Governs, and owns the funds. */
  Address authority() {
    return Address.of(AUTHORITY.getAddress());
  }

  /** Submits at home, signed by the agent. */
  TransactionReceipt submit(Intent intent) {
    return submit(intent, AGENT_KEY);
  }

  /** The message that home really sent in that transaction. */
  Message sent(TransactionReceipt receipt) {
    return sent(Hash.of(receipt.getTransactionHash()));
  }

  private Message sent(Hash transaction) {
    return sent(home, transaction);
  }

  private Message sent(Anvil chain, Hash transaction) {
    var logs = chain.client.receipt(transaction).orElseThrow().logs();
    List<GatewayEvent> events =
        logs.stream()
            .filter(log -> log.address().equals(homeDeployment.gateway()))
            .flatMap(log -> ContractEvents.gateway(log).stream())
            .toList();
    BigInteger nonce = ((GatewayEvent.NonceAssigned) events.get(0)).nonce();
    GatewayEvent.MessageSent sent = (GatewayEvent.MessageSent) events.get(1);
    return new Message(
        chain.client.chainId(), nonce, sent.sender(), sent.recipient(), sent.payload());
  }

  /** A message that claims to come from home's executor. */
  Message forged(Intent intent) {
    Bytes sender = new InteroperableAddress(BigInteger.valueOf(HOME), domain.executor()).encode();
    Bytes recipient =
        new InteroperableAddress(BigInteger.valueOf(REMOTE), domain.executor()).encode();
    return new Message(
        BigInteger.valueOf(HOME),
        BigInteger.valueOf(messages.getAndIncrement()),
        sender,
        recipient,
        IntentAbi.encode(intent, 0));
  }

  /**
   * Two of the three relayers sign whatever it is, and deliver it. Returns the block that queued
   * it.
   */
  long deliver(Message message) {
    return deliver(remote, message).getBlockNumber().longValueExact();
  }

  /** As {@link #deliver(Message)}, many of one root. */
  TransactionReceipt deliverMany(List<Message> messages) {
    return deliverMany(messages, 0, 2);
  }

  /** As {@link #deliverMany(List)}, signed by these relayers. */
  TransactionReceipt deliverMany(List<Message> messages, int... relayers) {
    Address at = remoteDeployment.gateway();
    Map<Hash, Message> byId = new HashMap<>();
    messages.forEach(message -> byId.put(message.id(at), message));
    MessageTree tree = MessageTree.over(byId.keySet());
    MessageTree.Multiproof proof = tree.multiproof(byId.keySet());
    Sender sender = new Sender(remote.web3j, RICH);
    QuorumGateway gateway =
        QuorumGateway.load(at.hex(), remote.web3j, sender.reader(), Sender.NO_GAS);
    return sender.send(
        Call.of(
            "deliver many",
            at.hex(),
            gateway.deliverMany(
                proof.ids().stream().map(byId::get).map(MessageAbi::toGateway).toList(),
                MessageAbi.toContract(proof.proof()),
                proof.flags(),
                attested(tree.root(), relayers).bytes())));
  }

  /** What these relayers sign that root with, as the gateway takes it. */
  private Bytes attested(Hash root, int... relayers) {
    AttestationDomain domain = AttestationDomain.of(remoteDeployment);
    return Attestation.forDelivery(
        domain,
        IntStream.of(relayers)
            .mapToObj(relayer -> Attestation.sign(domain, root, signer(RELAYERS.get(relayer))))
            .toList());
  }

  private RemoteGovernance remoteGovernance(Anvil chain) {
    return RemoteGovernance.load(
        governanceAddress().hex(),
        chain.web3j,
        new Sender(chain.web3j, AUTHORITY).reader(),
        Sender.NO_GAS);
  }

  private Address governanceAddress() {
    return remoteDeployment.remoteGovernance().orElseThrow();
  }

  /** Home's governance orders calls on the remote chain: the message with that. */
  Message order(List<RemoteGovernance.Call> calls, Hash salt) {
    TransactionReceipt receipt =
        new Sender(home.web3j, AUTHORITY)
            .send(
                Call.of(
                    "order",
                    governanceAddress().hex(),
                    remoteGovernance(home).order(BigInteger.valueOf(REMOTE), calls, salt.bytes())));
    return sent(home, Hash.of(receipt.getTransactionHash()));
  }

  /** A message that claims to be an order of home's. */
  Message forgedOrder(Message like) {
    return new Message(
        like.sourceChainId(),
        BigInteger.valueOf(messages.getAndIncrement()),
        like.sender(),
        like.recipient(),
        like.payload());
  }

  /** As {@link #forgedOrder(Message)}, of the same calls under another salt. */
  Message forgedOrder(Message like, Hash salt) {
    byte[] payload = like.payload().bytes(); // (Call[], bytes32 salt, uint64)
    System.arraycopy(salt.bytes(), 0, payload, 32, 32);
    Message forged = forgedOrder(like);
    return new Message(
        forged.sourceChainId(),
        forged.nonce(),
        forged.sender(),
        forged.recipient(),
        Bytes.of(payload));
  }

  /** The order as the remote chain knows it. */
  RemoteGovernance.Order orderOf(List<RemoteGovernance.Call> calls, Hash salt) {
    try {
      RemoteGovernance there = remoteGovernance(remote);
      byte[] id = there.idOf(BigInteger.valueOf(REMOTE), calls, salt.bytes()).send();
      return there.orderOf(id).send();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** What who carries out home's orders on the remote chain says of the gateway. */
  BigInteger gatewayOfOrders() {
    try {
      return remoteGovernance(remote).gatewayStatus(remoteDeployment.gateway().hex()).send();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Somebody shows the remote chain that home sent the message, by what home's storage says now:
   * also what it never sent, as if who posts its hashes lied together with the relayers.
   */
  void confirmFalsely(Message message) {
    Address gateway = remoteDeployment.gateway();
    Hash slot = Slots.sent(message.nonce());
    home.rpc("anvil_setStorageAt", gateway.hex(), slot.hex(), message.id(gateway).hex());
    home.rpc("evm_mine");
    Block head = home.client.head();
    postHash(head.number(), head.hash());
    Prover.Shown shown = new Prover(home.client).prove(gateway, slot, head.hash());
    new Sender(remote.web3j, RICH)
        .send(
            Call.of(
                "confirm",
                governanceAddress().hex(),
                remoteGovernance(remote)
                    .confirm(MessageAbi.toRemote(message), ProofAbi.toRemote(shown.proof()))));
  }

  /** The second watchdog's key, a guardian, vetoes an order. */
  void vetoBySecond(List<RemoteGovernance.Call> calls, Hash salt) throws Exception {
    RemoteGovernance there = remoteGovernance(remote);
    byte[] id = there.idOf(BigInteger.valueOf(REMOTE), calls, salt.bytes()).send();
    new Sender(remote.web3j, WATCHDOGS.get(1))
        .send(Call.of("veto", governanceAddress().hex(), there.veto(id)));
  }

  /** Which guardian vetoed what is proven; the zero address: none. */
  Address doubtedBy(List<RemoteGovernance.Call> calls, Hash salt) {
    try {
      return Address.of(remoteGovernance(remote).doubtedBy(orderId(calls, salt).bytes()).send());
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  Hash orderId(List<RemoteGovernance.Call> calls, Hash salt) throws Exception {
    return Hash.of(
        Bytes.of(
                remoteGovernance(remote)
                    .idOf(BigInteger.valueOf(REMOTE), calls, salt.bytes())
                    .send())
            .hex());
  }

  /** Carries an order out on the remote chain; throws when the contract refuses. */
  void carryOut(List<RemoteGovernance.Call> calls, Hash salt) {
    new Sender(remote.web3j, RICH)
        .send(
            Call.of(
                "carry out",
                governanceAddress().hex(),
                remoteGovernance(remote).execute(calls, salt.bytes(), BigInteger.ZERO)));
  }

  /** Governance, knowing of every stop, has the remote chain take messages again. */
  void openGateway() throws Exception {
    governRemote(
        destination()
            .setGateway(remoteDeployment.gateway().hex(), true, destination().stops().send()));
  }

  /** The second watchdog's key, a guardian, pauses the remote chain. */
  void pauseBySecond() {
    new Sender(remote.web3j, WATCHDOGS.get(1))
        .send(Call.of("pause", domain.executor().hex(), destination().pause(BigInteger.ZERO)));
  }

  /** Number of the contract's {@code OrderState} on the remote chain. */
  int orderState(List<RemoteGovernance.Call> calls, Hash salt) {
    return orderOf(calls, salt).state.intValueExact();
  }

  /** The oracle, which is the authority here, posts home's newest block. */
  void postHash() {
    Block head = home.client.head();
    postHash(head.number(), head.hash());
  }

  /** As {@link #postHash()}, whatever it is. */
  void postHash(long number, Hash hash) {
    new Sender(remote.web3j, RICH)
        .send(
            Call.of(
                "post",
                remoteDeployment.postedHashes().orElseThrow().hex(),
                postedHashes().post(BigInteger.valueOf(number), hash.bytes())));
  }

  PostedHashes postedHashes() {
    return PostedHashes.load(
        remoteDeployment.postedHashes().orElseThrow().hex(),
        remote.web3j,
        new Sender(remote.web3j, RICH).reader(),
        Sender.NO_GAS);
  }

  /** Posts home's block hashes. */
  static String oracle() {
    return RICH.getAddress();
  }

  /** The second watchdog's key, a guardian, disputes. */
  void disputeBySecond(Intent intent) {
    new Sender(remote.web3j, WATCHDOGS.get(1))
        .send(
            Call.of(
                "dispute",
                domain.executor().hex(),
                destination().dispute(IntentAbi.toDestination(intent), BigInteger.ZERO)));
  }

  /** A relayer's bond at home. */
  void bond(int relayer, BigInteger amount) {
    RelayerBonds bonds = wrapper(RelayerBonds.class, "RelayerBonds");
    new Sender(home.web3j, RICH)
        .send(
            new Call(
                "bond",
                homeDeployment.address("RelayerBonds").hex(),
                amount,
                bonds.bond(relayer(relayer).hex(), amount).encodeFunctionCall()));
  }

  /** As {@link #bond}, of a key that never attested anything that counts. */
  void bondStranger(BigInteger amount) {
    RelayerBonds bonds = wrapper(RelayerBonds.class, "RelayerBonds");
    new Sender(home.web3j, RICH)
        .send(
            new Call(
                "bond",
                homeDeployment.address("RelayerBonds").hex(),
                amount,
                bonds.bond(STRANGER_KEY.getAddress(), amount).encodeFunctionCall()));
  }

  BigInteger bonded(int relayer) {
    return bonded(relayer(relayer));
  }

  BigInteger bonded(Address signer) {
    try {
      return wrapper(RelayerBonds.class, "RelayerBonds").bondOf(signer.hex()).send().component1();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Wei that the relayer called back. */
  BigInteger unbonding(int relayer) {
    try {
      return wrapper(RelayerBonds.class, "RelayerBonds")
          .bondOf(relayer(relayer).hex())
          .send()
          .component2();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** A relayer calls its bond back; it must not be one at home. */
  void unbond(int relayer, BigInteger amount) {
    Sender sender = new Sender(home.web3j, RELAYERS.get(relayer));
    new Sender(home.web3j, RICH).send(new Call("fund relayer", sender.address(), ETHER, "0x"));
    sender.send(
        Call.of(
            "unbond",
            homeDeployment.address("RelayerBonds").hex(),
            wrapper(RelayerBonds.class, "RelayerBonds").unbond(amount)));
  }

  /** Governance names home's relayers. */
  void nameRelayers(int... numbers) throws Exception {
    QuorumGateway gateway =
        QuorumGateway.load(
            homeDeployment.gateway().hex(),
            home.web3j,
            new Sender(home.web3j, RICH).reader(),
            Sender.NO_GAS);
    governance(
        homeDeployment.gateway(),
        gateway.setRelayers(
            IntStream.of(numbers).mapToObj(one -> relayer(one).hex()).sorted().toList(),
            BigInteger.TWO,
            BigInteger.ZERO,
            gateway.stops().send()));
  }

  Address relayer(int number) {
    return Address.of(RELAYERS.get(number).getAddress());
  }

  /** A restricted call of the remote chain's executor, by the authority. */
  void governRemote(org.web3j.protocol.core.RemoteFunctionCall<?> call) {
    new Sender(remote.web3j, AUTHORITY).send(Call.of("governance", domain.executor().hex(), call));
  }

  /** A call of the remote chain's executor by anybody. */
  void sendRemote(org.web3j.protocol.core.RemoteFunctionCall<?> call) {
    new Sender(remote.web3j, RICH).send(Call.of("send", domain.executor().hex(), call));
  }

  /** The remote chain's clock runs ahead from now on. */
  void passRemote(Duration time) {
    remote.rpc("evm_increaseTime", time.toSeconds());
  }

  /** A contract that takes any message, at an address of its own on both chains. */
  Address taker() {
    Address at = Address.of("0x00000000000000000000000000000000007a4e12");
    String selector =
        Hash.keccak("receiveMessage(bytes32,bytes,bytes)").hex().substring(0, 10).substring(2);
    for (Anvil chain : List.of(home, remote)) {
      chain.rpc("anvil_setCode", at.hex(), "0x63" + selector + "60e01b60005260206000f3");
    }
    return at;
  }

  /** That relayer's word for a message. */
  Attestation attestation(Hash root, int relayer) {
    return Attestation.sign(
        AttestationDomain.of(remoteDeployment), root, signer(RELAYERS.get(relayer)));
  }

  /** As {@link #deliver(Message)}, at home. */
  TransactionReceipt deliverHome(Message message) {
    return deliver(home, message);
  }

  private TransactionReceipt deliver(Anvil chain, Message message) {
    Bytes signatures = attested(message.id(remoteDeployment.gateway()), 0, 2);
    QuorumGateway gateway =
        QuorumGateway.load(
            remoteDeployment.gateway().hex(),
            chain.web3j,
            new Sender(chain.web3j, RICH).reader(),
            Sender.NO_GAS);
    return new Sender(chain.web3j, RICH)
        .send(
            Call.of(
                "deliver",
                remoteDeployment.gateway().hex(),
                gateway.deliver(
                    new QuorumGateway.Message(
                        message.sourceChainId(),
                        message.nonce(),
                        message.sender().bytes(),
                        message.recipient().bytes(),
                        message.payload().bytes()),
                    List.of(),
                    signatures.bytes())));
  }

  /** Home sends a dispatched intent once more. */
  TransactionReceipt resend(Intent intent) {
    return send(domain.executor(), executor().resend(IntentAbi.toHome(intent)));
  }

  /** Closes an intent at the remote chain whose deadline is over. */
  void expire(Intent intent) {
    new Sender(remote.web3j, RICH)
        .send(
            Call.of(
                "expire",
                domain.executor().hex(),
                destination().expire(IntentAbi.toDestination(intent))));
  }

  /** The remote chain tells home what became of the intent: the message with that. */
  Message report(Intent intent) {
    TransactionReceipt receipt =
        new Sender(remote.web3j, RICH)
            .send(
                Call.of(
                    "report",
                    domain.executor().hex(),
                    destination().report(List.of(intent.id(domain).bytes()))));
    return sent(remote, Hash.of(receipt.getTransactionHash()));
  }

  /** A message that claims to say, from the remote chain, what became of an intent. */
  Message forgedResult(Intent intent, IntentState outcome, BigInteger moved) {
    return new Message(
        BigInteger.valueOf(REMOTE),
        BigInteger.valueOf(messages.getAndIncrement()),
        new InteroperableAddress(BigInteger.valueOf(REMOTE), domain.executor()).encode(),
        new InteroperableAddress(BigInteger.valueOf(HOME), domain.executor()).encode(),
        IntentAbi.encodeResults(List.of(new Result(intent.id(domain), outcome, moved))));
  }

  /** What home was told became of the intent: NONE if nothing. */
  IntentState told(Intent intent) {
    try {
      return IntentState.of(
          executor().resultOf(intent.id(domain).bytes()).send().component1().intValueExact());
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Until home's clock says that the intent's result may be settled. */
  void awaitSettleable(Intent intent) throws InterruptedException {
    Instant due =
        new ExecutorState(home.client, domain.executor()).progress(intent.id(domain)).due();
    await(
        "it is " + due + " at home", PATIENCE, () -> !home.client.head().timestamp().isBefore(due));
  }

  /** Settles at home; throws when nothing is settled. */
  IntentEvent.Settled settle(Intent intent) {
    TransactionReceipt receipt =
        send(domain.executor(), executor().settleOne(IntentAbi.toHome(intent)));
    return home.client.receipt(Hash.of(receipt.getTransactionHash())).orElseThrow().logs().stream()
        .flatMap(log -> ContractEvents.executor(log).stream())
        .filter(IntentEvent.Settled.class::isInstance)
        .map(IntentEvent.Settled.class::cast)
        .findFirst()
        .orElseThrow(() -> new AssertionError("not settled"));
  }

  /** Executes at the remote chain; throws when the contract refuses. */
  TransactionReceipt execute(Intent intent) {
    return new Sender(remote.web3j, RICH)
        .send(
            Call.of(
                "execute",
                domain.executor().hex(),
                destination().execute(IntentAbi.toDestination(intent))));
  }

  /** The second watchdog's key, a guardian, lengthens the remote chain's dispute window. */
  void lengthenWindow(Duration window) {
    new Sender(remote.web3j, WATCHDOGS.get(1))
        .send(
            Call.of(
                "dispute window",
                domain.executor().hex(),
                destination().lengthenDisputeWindow(BigInteger.valueOf(window.toSeconds()))));
  }

  /** Governance sets the remote chain's dispute window, which may shorten it. */
  void setWindow(Duration window) throws Exception {
    DestinationExecutor executor = destination();
    new Sender(remote.web3j, AUTHORITY)
        .send(
            Call.of(
                "dispute window",
                domain.executor().hex(),
                executor.setDisputeWindow(
                    BigInteger.valueOf(window.toSeconds()), executor.stops().send())));
  }

  /**
   * Has a chain that mines nothing by itself mine one block for the transaction that this sends, so
   * that the block is the newest however slow the machine is.
   */
  static <T> T mined(Anvil chain, Supplier<T> send) throws Exception {
    CompletableFuture<T> sent = CompletableFuture.supplyAsync(send, Thread::startVirtualThread);
    await("it is sent, or refused", PATIENCE, () -> sent.isDone() || chain.hasPending());
    if (!sent.isDone()) {
      chain.rpc("evm_mine");
    }
    return sent.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  /** As {@link #mined}, of a transaction that a watchdog sends of its own accord. */
  static void mineNext(Anvil chain) throws InterruptedException {
    await("a transaction waits", PATIENCE, chain::hasPending);
    chain.rpc("evm_mine");
  }

  /** Until the remote chain's clock, not this machine's, says that the intent may execute. */
  void awaitDue(Intent intent) throws InterruptedException {
    Instant due = due(intent);
    await(
        "it is " + due + " on the remote chain",
        PATIENCE,
        () -> !remote.client.head().timestamp().isBefore(due));
  }

  /** When a queued intent may execute. */
  Instant due(Intent intent) {
    return new ExecutorState(remote.client, domain.executor()).progress(intent.id(domain)).due();
  }

  DestinationExecutor destination() {
    return DestinationExecutor.load(
        domain.executor().hex(),
        remote.web3j,
        new Sender(remote.web3j, RICH).reader(),
        Sender.NO_GAS);
  }

  HomeExecutor executor() {
    return HomeExecutor.load(
        domain.executor().hex(), home.web3j, new Sender(home.web3j, RICH).reader(), Sender.NO_GAS);
  }

  /** A transaction of a contract itself, as if its code were another. */
  void as(
      Anvil chain,
      Address contract,
      Address to,
      org.web3j.protocol.core.RemoteFunctionCall<?> call) {
    chain.rpc("anvil_impersonateAccount", contract.hex());
    chain.rpc("anvil_setBalance", contract.hex(), "0x" + ETHER.toString(16));
    String transaction =
        chain
            .rpc(
                "eth_sendTransaction",
                java.util.Map.of(
                    "from",
                    contract.hex(),
                    "to",
                    to.hex(),
                    "data",
                    call.encodeFunctionCall(),
                    "gas",
                    "0x7a120"))
            .asText();
    chain.rpc("anvil_stopImpersonatingAccount", contract.hex());
    Instant end = Instant.now().plus(PATIENCE);
    while (chain.client.receipt(Hash.of(transaction)).isEmpty()) {
      if (Instant.now().isAfter(end)) {
        throw new AssertionError("transaction " + transaction + " was not mined");
      }
      java.util.concurrent.locks.LockSupport.parkNanos(100_000_000);
    }
    if (!chain.client.receipt(Hash.of(transaction)).orElseThrow().succeeded()) {
      throw new AssertionError("transaction " + transaction + " reverted");
    }
  }

  /** The agent's key asks the account for a payment directly, at home. */
  TransactionReceipt pay(BigInteger amount) {
    return pay(amount, key(0xa1));
  }

  /** As {@link #pay(BigInteger)}, with any key. */
  TransactionReceipt pay(BigInteger amount, Credentials key) {
    new Sender(home.web3j, RICH)
        .send(new Call("fund payer", key.getAddress(), ETHER.divide(BigInteger.TEN), "0x"));
    return new Sender(home.web3j, key)
        .send(
            Call.of(
                "pay",
                homeDeployment.account().hex(),
                account().pay(Address.ZERO.hex(), amount, RECIPIENT.hex(), AGENT)));
  }

  /** Submits at home, signed by somebody. */
  TransactionReceipt submit(Intent intent, Signer signer) {
    return new Sender(home.web3j, RICH).send(submission(intent, signer));
  }

  /** What submits it, signed by the agent. */
  Call submission(Intent intent) {
    return submission(intent, AGENT_KEY);
  }

  private Call submission(Intent intent, Signer signer) {
    SignedIntent signed = SignedIntent.sign(intent, domain, signer);
    return Call.of(
        "submit",
        domain.executor().hex(),
        executor().submit(IntentAbi.toHome(intent), signed.signature().bytes()));
  }

  /** Has home mine one block of these calls of one account, in this order. */
  void inOneBlock(Call... calls) {
    home.rpc("evm_setIntervalMining", 0);
    try {
      for (Call call : calls) {
        home.rpc(
            "eth_sendTransaction",
            java.util.Map.of(
                "from", RICH.getAddress(), "to", call.to(), "data", call.data(), "gas", "0xf4240"));
      }
      home.rpc("evm_mine");
    } finally {
      home.mineEverySecond();
    }
  }

  /** Publishes whatever it is as a batch, with a relayer's key. */
  void publish(BigInteger from, BigInteger to, Hash root, Hash manifest) {
    Sender relayer = new Sender(home.web3j, RELAYERS.getFirst());
    AgentVault log =
        AgentVault.load(
            homeDeployment.account().hex(), home.web3j, relayer.reader(), Sender.NO_GAS);
    new Sender(home.web3j, RICH).send(new Call("fund relayer", relayer.address(), ETHER, "0x"));
    relayer.send(
        Call.of(
            "publish",
            homeDeployment.account().hex(),
            log.publish(AGENT, from, to, root.bytes(), manifest.bytes())));
  }

  IntentState state(Intent intent) {
    return new ExecutorState(remote.client, domain.executor()).progress(intent.id(domain)).state();
  }

  /** Whether the gateway that brought the intent to the remote chain was closed since. */
  boolean isEnded(Intent intent) {
    return new ExecutorState(remote.client, domain.executor()).isEnded(intent);
  }

  BigInteger received() {
    return remote.client.balance(RECIPIENT);
  }

  /** When the intent was disputed, by the remote chain's clock. */
  Instant disputedAt(Intent intent) {
    return remote.client.block(disputedIn(intent)).orElseThrow().timestamp();
  }

  /** Number of the block in which the intent was disputed. */
  long disputedIn(Intent intent) {
    long head = remote.client.head().number();
    return remote.client.logs(0, head, List.of(domain.executor())).stream()
        .flatMap(log -> ContractEvents.executor(log).stream())
        .filter(
            event ->
                event instanceof IntentEvent.Disputed && event.intentId().equals(intent.id(domain)))
        .map(event -> event.log().blockNumber())
        .findFirst()
        .orElseThrow(() -> new AssertionError("never disputed"));
  }

  Watchdog watchdog(int number) throws Exception {
    return Watchdog.start(config(number, home.url, Optional.empty()));
  }

  /**
   * @param homeUrl where it looks for home
   */
  WatchdogConfig config(
      int number, java.net.URI homeUrl, Optional<WatchdogConfig.WebhookSettings> webhook)
      throws Exception {
    return config(number, homeUrl, webhook, Optional.empty());
  }

  WatchdogConfig config(
      int number,
      java.net.URI homeUrl,
      Optional<WatchdogConfig.WebhookSettings> webhook,
      Optional<java.net.URI> blobs)
      throws Exception {
    Credentials key = WATCHDOGS.get(number);
    Path file = directory.resolve("watchdog-" + number + ".json");
    Path passphrase = directory.resolve("passphrase");
    if (!Files.exists(file)) {
      Files.writeString(
          file,
          new com.fasterxml.jackson.databind.ObjectMapper()
              .writeValueAsString(Wallet.createLight(new String(PASSPHRASE), key.getEcKeyPair())));
      Files.writeString(passphrase, new String(PASSPHRASE) + "\n");
    }
    return new WatchdogConfig(
        List.of(chain(HOME, homeUrl), chain(REMOTE, remote.url)),
        org.mandate.signer.KeySettings.keystore(
            file, Address.of(key.getAddress()), Optional.of(passphrase), Optional.empty()),
        new WatchdogConfig.HttpSettings("127.0.0.1", 0),
        webhook,
        blobs,
        Duration.ofSeconds(30),
        Duration.ofMinutes(2),
        WatchdogConfig.WhenHomeIsSilent.DISPUTE,
        BigInteger.valueOf(2_000_000_000_000L),
        BigInteger.valueOf(200_000_000_000L),
        BigInteger.valueOf(10_000_000_000_000_000L),
        BigInteger.ZERO,
        List.of());
  }

  /** One with these nodes of home, and of the remote chain. */
  WatchdogConfig config(
      int number,
      List<java.net.URI> homeUrls,
      List<java.net.URI> remoteUrls,
      List<java.net.URI> relayers)
      throws Exception {
    WatchdogConfig usual = config(number, home.url, Optional.empty());
    return new WatchdogConfig(
        List.of(chain(HOME, homeUrls), chain(REMOTE, remoteUrls)),
        usual.key(),
        usual.http(),
        usual.webhook(),
        usual.blobGateway(),
        usual.homeLag(),
        usual.safetyMargin(),
        usual.whenHomeIsSilent(),
        usual.maxFeePerGas(),
        usual.maxTipPerGas(),
        usual.minimumBalance(),
        usual.disputeBonds(),
        relayers);
  }

  /** One that asks these relayers. */
  Watchdog watchdog(List<java.net.URI> relayers) throws Exception {
    WatchdogConfig usual = config(0, home.url, Optional.empty());
    return Watchdog.start(
        new WatchdogConfig(
            usual.chains(),
            usual.key(),
            usual.http(),
            usual.webhook(),
            usual.blobGateway(),
            usual.homeLag(),
            usual.safetyMargin(),
            usual.whenHomeIsSilent(),
            usual.maxFeePerGas(),
            usual.maxTipPerGas(),
            usual.minimumBalance(),
            usual.disputeBonds(),
            relayers));
  }

  /** One whose key is no guardian's, and who may stake so much. */
  Watchdog stranger(BigInteger bonds) throws Exception {
    WatchdogConfig usual = config(2, home.url, Optional.empty());
    return Watchdog.start(
        new WatchdogConfig(
            usual.chains(),
            usual.key(),
            usual.http(),
            usual.webhook(),
            usual.blobGateway(),
            usual.homeLag(),
            usual.safetyMargin(),
            usual.whenHomeIsSilent(),
            usual.maxFeePerGas(),
            usual.maxTipPerGas(),
            usual.minimumBalance(),
            bonds,
            List.of()));
  }

  private WatchdogConfig.ChainSettings chain(long id, java.net.URI url) {
    return chain(id, List.of(url));
  }

  private WatchdogConfig.ChainSettings chain(long id, List<java.net.URI> urls) {
    return new WatchdogConfig.ChainSettings(
        id,
        urls,
        directory.resolve(id + ".json"),
        "finalized",
        Duration.ofMillis(200),
        Duration.ofSeconds(3),
        Duration.ofMinutes(2));
  }

  /** These nodes of home, each asked by itself. */
  Jury jury(java.net.URI... urls) {
    return new Jury(
        new Jury.Place(
            HOME,
            Stream.of(urls)
                .map(
                    url ->
                        new Jury.Node(
                            url.toString(), NodePool.of(HOME, List.of(url), Duration.ofSeconds(3))))
                .toList(),
            homeDeployment.executor(),
            homeDeployment.gateway(),
            homeDeployment.block(),
            new Findings(finding -> {}),
            java.time.Clock.systemUTC()));
  }

  /** Waits for something that must become true. */
  static void await(String what, Duration limit, BooleanSupplier condition)
      throws InterruptedException {
    Instant end = Instant.now().plus(limit);
    while (!condition.getAsBoolean()) {
      if (Instant.now().isAfter(end)) {
        throw new AssertionError("after " + limit + " still not: " + what);
      }
      Thread.sleep(100);
    }
  }

  private static Credentials key(int number) {
    return Credentials.create(
        Numeric.toHexStringWithPrefixZeroPadded(BigInteger.valueOf(number), 64));
  }

  private static Signer signer(Credentials key) {
    return new PrivateKeySigner(key.getEcKeyPair().getPrivateKey());
  }

  @Override
  public void close() {
    home.close();
    remote.close();
  }
}
