package org.mandate.cli.demo;

import static org.mandate.cli.demo.Stage.DOLLAR;
import static org.mandate.cli.demo.Stage.ETHER;
import static org.mandate.cli.demo.Stage.async;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.cli.local.Ledger;
import org.mandate.cli.local.LocalChain;
import org.mandate.cli.local.Service;
import org.mandate.cli.relayers.Delivery;
import org.mandate.contracts.AgentRegistry;
import org.mandate.contracts.AgentVault;
import org.mandate.contracts.TestToken;
import org.mandate.deploy.AgentSetup;
import org.mandate.deploy.Call;
import org.mandate.deploy.Contracts;
import org.mandate.deploy.Deployer;
import org.mandate.deploy.DeploymentCheck;
import org.mandate.deploy.Deviation;
import org.mandate.deploy.GovernanceProposal;
import org.mandate.deploy.Role;
import org.mandate.deploy.Sender;
import org.mandate.gateway.AttestationDomain;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentDomain;
import org.mandate.intent.IntentJson;
import org.mandate.intent.IntentState;
import org.mandate.intent.SignedIntent;
import org.mandate.signer.GuardedSigner;
import org.mandate.signer.PrivateKey;
import org.mandate.signer.Signer;
import org.mandate.signer.SigningPolicy;
import org.web3j.crypto.Credentials;
import org.web3j.protocol.core.methods.response.Log;

/** What the scenes share: the stage when it is set, and the things that people do in the story. */
final class Play {
  static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final SecureRandom RANDOM = new SecureRandom();

  // The mandate that governance gives to the agent.
  static final BigInteger COIN_PER_TRANSACTION = ETHER;
  static final BigInteger COIN_CAP = ETHER.multiply(BigInteger.TWO);
  static final BigInteger DOLLARS_PER_TRANSACTION = DOLLAR.multiply(BigInteger.valueOf(500));
  static final BigInteger DOLLARS_CAP = DOLLAR.multiply(BigInteger.valueOf(1000));
  static final int WINDOW_SECONDS = 86_400;

  /** How many of the Safe's owners must sign. */
  static final int SAFE_THRESHOLD = 2;

  private final Stage stage;
  private final Story story;
  private Ledger home;
  private Ledger remote;
  private Safe safe;
  private long agentId;
  private CompletableFuture<Boolean> armed = CompletableFuture.completedFuture(false);

  Play(Stage stage, Story story) {
    this.stage = stage;
    this.story = story;
  }

  Stage stage() {
    return stage;
  }

  Story story() {
    return story;
  }

  Ledger home() {
    return home;
  }

  Ledger remote() {
    return remote;
  }

  Safe safe() {
    return safe;
  }

  long agentId() {
    return agentId;
  }

  // ------------------------------------------------------------------ setting the stage

  /** Contracts on both chains, and the Safe that will have a say at home. */
  void deploy() {
    story.say("deploying to chain %d (home) and chain %d (remote)", Stage.HOME, Stage.REMOTE);
    var atHome = async(() -> deploy(stage.home()));
    var atRemote = async(() -> deploy(stage.remote()));
    var owners = stage.cast().safeOwners().stream().map(Play::address).toList();
    var created =
        async(
            () ->
                Safe.create(
                    stage.root(),
                    stage.home(),
                    stage.home().sender(stage.cast().treasury()),
                    owners,
                    SAFE_THRESHOLD));
    home = atHome.join();
    remote = atRemote.join();
    safe = created.join();
  }

  private Ledger deploy(LocalChain chain) {
    var deployer =
        new Deployer(chain.sender(stage.cast().deployer()), chain.overrides(), line -> {});
    return new Ledger(chain, deployer.deploy(stage.parameters()));
  }

  /** The agent's identity, owned by its owner, without a key yet. */
  void registerAgent() {
    agentId = agentSetup().register(owner(), "https://agents.example/travel.json").longValueExact();
  }

  /** The agent's key, which proves itself by a signature. */
  void proveAgentKey() {
    agentSetup().setWallet(owner(), BigInteger.valueOf(agentId), agentSigner());
  }

  private AgentSetup agentSetup() {
    return new AgentSetup(home.deployment().registry().hex());
  }

  private Sender owner() {
    return stage.home().sender(stage.cast().owner());
  }

  /** Money from the treasury for the vault on both chains. */
  void fundVaults() {
    var there =
        async(
            () -> {
              fundVault(remote);
              return true;
            });
    fundVault(home);
    there.join();
  }

  private void fundVault(Ledger ledger) {
    var chain = ledger.chain();
    var vault = ledger.vault().hex();
    var treasury = chain.sender(stage.cast().treasury());
    var token =
        TestToken.load(ledger.token().hex(), chain.web3j(), treasury.reader(), Sender.NO_GAS);
    treasury.sendAll(
        List.of(
            new Call("coin for the vault", vault, ETHER.multiply(BigInteger.TEN), "0x"),
            Call.of(
                "dollars for the vault",
                ledger.token().hex(),
                token.transfer(vault, dollars(5_000)))));
  }

  /** Each relayer's own coins, before its process has the key. */
  void bondRelayers() {
    var address = home.deployment().relayerBonds().orElseThrow().hex();
    var bonding =
        stage.cast().relayers().stream()
            .map(
                relayer ->
                    async(
                        () ->
                            stage
                                .home()
                                .sender(relayer)
                                .send(
                                    new Call(
                                        "bond",
                                        address,
                                        Stage.BOND,
                                        home.bonds()
                                            .bond(relayer.getAddress(), BigInteger.ZERO)
                                            .encodeFunctionCall()))))
            .toList();
    bonding.forEach(CompletableFuture::join);
  }

  // ------------------------------------------------------------------ governance

  /** Makes the delegate's votes count. */
  void delegateVotes() {
    GovernanceProposal.delegateToSelf(
        delegate(), Contracts.votingToken(home.deployment()).orElseThrow().hex());
  }

  GovernanceProposal.Outcome pass(String description, List<Call> calls) {
    return new GovernanceProposal(
            Contracts.governor(home.deployment()).orElseThrow().hex(),
            calls,
            description,
            Address.of(delegate().address()))
        .pass(delegate(), PATIENCE);
  }

  /** The mandate: what the agent may spend, where, how fast and to whom. */
  List<Call> mandate() throws IOException {
    var id = BigInteger.valueOf(agentId);
    var policyAddress = home.deployment().account().hex();
    var policy =
        AgentVault.load(policyAddress, stage.home().web3j(), delegate().reader(), Sender.NO_GAS);
    var registryAddress = home.deployment().registry().hex();
    var registry =
        AgentRegistry.load(
            registryAddress, stage.home().web3j(), delegate().reader(), Sender.NO_GAS);
    var window = BigInteger.valueOf(WINDOW_SECONDS);
    var expiry = BigInteger.valueOf(stage.home().now() + 30 * 86_400);
    var payee = payee().hex();
    var coin = Address.ZERO.hex();
    var dollar = home.token().hex();
    var calls = new ArrayList<Call>();
    calls.add(
        Call.of(
            "activate the agent",
            registryAddress,
            registry.activate(id, policyAddress, BigInteger.ZERO)));
    calls.add(
        Call.of(
            "terms",
            policyAddress,
            policy.setTerms(
                id,
                new AgentVault.Terms(
                    expiry,
                    window,
                    BigInteger.valueOf(100),
                    BigInteger.valueOf(64),
                    false,
                    false))));
    calls.add(
        Call.of(
            "limit for coin",
            policyAddress,
            policy.setLimit(
                id, coin, new AgentVault.Limit(COIN_PER_TRANSACTION, COIN_CAP, window))));
    calls.add(
        Call.of(
            "limit for dollars",
            policyAddress,
            policy.setLimit(
                id, dollar, new AgentVault.Limit(DOLLARS_PER_TRANSACTION, DOLLARS_CAP, window))));
    for (var chain : List.of(Stage.HOME, Stage.REMOTE)) {
      var chainId = BigInteger.valueOf(chain);
      for (var asset : List.of(coin, dollar)) {
        calls.add(
            Call.of(
                "asset on chain", policyAddress, policy.setAssetChain(id, asset, chainId, true)));
      }
      calls.add(Call.of("recipient", policyAddress, policy.setRecipient(id, chainId, payee, true)));
    }
    calls.addAll(Waits.calls(home, agentId, safe.address()));
    return List.copyOf(calls);
  }

  /**
   * @param stops how often the agent was stopped when this was decided
   */
  List<Call> thaw(BigInteger stops) {
    var address = home.deployment().account().hex();
    var policy = AgentVault.load(address, stage.home().web3j(), delegate().reader(), Sender.NO_GAS);
    return List.of(
        Call.of("thaw the agent", address, policy.thaw(BigInteger.valueOf(agentId), stops)));
  }

  /** What is not as it must be in the deployment of this chain. */
  List<Deviation> findings(Ledger ledger) {
    return check(ledger).findings(stage.parameters());
  }

  private static DeploymentCheck check(Ledger ledger) {
    return new DeploymentCheck(
        ledger.chain().web3j(), ledger.chain().overrides(), ledger.deployment());
  }

  Set<String> admins(Ledger ledger) {
    return check(ledger).holders().accessManager().get(Role.ADMIN);
  }

  /** How many roles of the AccessManager and the timelock the deployer holds, read back. */
  long deployerRoles(Ledger ledger) {
    var deployer = Contracts.deployer(ledger.deployment()).hex();
    var holders = check(ledger).holders();
    return Stream.concat(
            holders.accessManager().values().stream(), holders.timelock().values().stream())
        .filter(accounts -> accounts.contains(deployer))
        .count();
  }

  // ------------------------------------------------------------------ the agent

  /** A payment that the agent signs. */
  SignedIntent sign(Ledger destination, Address asset, BigInteger amount) throws IOException {
    return SignedIntent.sign(intent(destination, asset, payee(), amount), domain(), agentSigner());
  }

  /** A payment that the agent signs, which nobody may carry out after that time. */
  SignedIntent signUntil(Ledger destination, Address asset, BigInteger amount, long deadline)
      throws IOException {
    var intent = intent(destination, asset, payee(), amount);
    return SignedIntent.sign(
        new Intent(
            intent.agentId(),
            intent.account(),
            intent.chainId(),
            intent.asset(),
            intent.to(),
            intent.amount(),
            intent.data(),
            intent.nonce(),
            BigInteger.valueOf(deadline)),
        domain(),
        agentSigner());
  }

  Intent intent(Ledger destination, Address asset, Address to, BigInteger amount)
      throws IOException {
    return new Intent(
        BigInteger.valueOf(agentId),
        destination.vault(),
        destination.deployment().chainId(),
        asset,
        to,
        amount,
        Bytes.EMPTY,
        new BigInteger(256, RANDOM),
        BigInteger.valueOf(stage.home().now() + 900));
  }

  Hash id(SignedIntent signed) {
    return signed.intent().id(domain());
  }

  IntentDomain domain() {
    return new IntentDomain(home.deployment().chainId(), home.deployment().executor());
  }

  /** Hands the intent to a relayer's REST API and returns its answer. */
  JsonNode submit(Service relayer, SignedIntent signed) throws IOException, InterruptedException {
    var response = post(relayer, signed);
    story.must(
        response.status() == 202,
        "%s answers %d: %s",
        relayer.name(),
        response.status(),
        response.body().toString());
    story.mustEqual(
        id(signed).hex(), response.body().path("intentId").asText(), "intent id in the answer");
    return response.body();
  }

  /** What a relayer shows of an intent, when it has come to that state. */
  JsonNode awaitShown(Service relayer, Hash id, String state) throws Exception {
    await(
        "%s to show the intent %s".formatted(relayer.name(), state),
        PATIENCE,
        () -> state.equals(shown(relayer, id).path("state").asText()));
    return shown(relayer, id);
  }

  JsonNode shown(Service relayer, Hash id) throws IOException, InterruptedException {
    return JSON.readTree(relayer.get("/v1/intents/" + id).body());
  }

  /** A signed intent in a file, as its signer hands it around. */
  Path write(SignedIntent signed) throws IOException {
    var file =
        stage.directory().resolve("intent-%s.json".formatted(id(signed).hex().substring(2, 10)));
    return Files.writeString(file, json(signed));
  }

  private static String json(SignedIntent signed) {
    var json = JSON.createObjectNode();
    json.set("intent", IntentJson.write(signed.intent()));
    return json.put("signature", signed.signature().hex()).toString();
  }

  /**
   * Brings an intent that policy will refuse onto the chain: through the relayer, or, when that
   * refuses to waste gas on it, by an account of ours. Anybody may submit what the agent signed.
   */
  void submitBreach(Service relayer, SignedIntent signed) throws IOException, InterruptedException {
    var answer = post(relayer, signed);
    if (answer.status() == 202) {
      return;
    }
    story.mustEqual(422, answer.status(), "%s's answer to a breach".formatted(relayer.name()));
    story.say(
        "%s will not submit it (%s); anybody can, and somebody does",
        relayer.name(), answer.body().at("/error/message").asText());
    submitByCourier(signed);
  }

  /** Submits at home what the agent signed, past all relayers: anybody may. */
  void submitByCourier(SignedIntent signed) {
    courier(home)
        .send(
            Call.of(
                "submit",
                home.deployment().executor().hex(),
                home.homeExecutor()
                    .submit(IntentAbi.toHome(signed.intent()), signed.signature().bytes())));
  }

  /** Why a relayer refuses an intent. */
  record Refusal(String rule, String words) {}

  /** Hands a relayer an intent that it must refuse. */
  Refusal refuse(Service relayer, SignedIntent signed) throws IOException, InterruptedException {
    var answer = post(relayer, signed);
    story.mustEqual(
        422, answer.status(), "%s's answer to a refused intent".formatted(relayer.name()));
    var error = answer.body().path("error");
    return new Refusal(
        error.path("rule").asText(),
        error.path("message").asText() + "; " + error.path("next").asText());
  }

  /** Relayers whose signatures the delivering transaction carries. */
  Set<String> attestedBy(Log delivery) throws IOException {
    var transaction = Hash.of(delivery.getTransactionHash());
    var input = remote.transaction(transaction).orElseThrow().getInput();
    var relayers = stage.cast().relayers().stream().map(Play::address).toList();
    var signers = new LinkedHashSet<String>(); // one that signs twice counts once
    for (var signer : Delivery.read(AttestationDomain.of(remote.deployment()), input).signers()) {
      story.must(relayers.contains(signer), "%s signed the message and is no relayer", signer);
      signers.add(signer.hex());
    }
    return Collections.unmodifiableSet(signers);
  }

  /** A relayer's answer. */
  record Answer(int status, JsonNode body) {}

  Answer post(Service relayer, SignedIntent signed) throws IOException, InterruptedException {
    var response = relayer.post("/v1/intents", json(signed));
    return new Answer(response.statusCode(), JSON.readTree(response.body()));
  }

  // ------------------------------------------------------------------ crashing

  /** The relayer that will crash. */
  Service lastRelayer() {
    return stage.relayers().getLast();
  }

  /**
   * Restarts the last relayer so that it stops dead at that step. Nothing else may be on its way
   * then: it has to stop at the payment of the crash, not at a batch of records.
   */
  void armLastRelayer(String failpoint) {
    armed =
        async(
            () -> {
              awaitPublished();
              lastRelayer().stop();
              lastRelayer().start(Map.of("MANDATE_FAILPOINT", failpoint));
              lastRelayer().awaitReady();
              return true;
            });
  }

  /** Stops the last relayer, as its operator does. */
  void stopLastRelayer() throws IOException, InterruptedException {
    lastRelayer().stop();
  }

  /** Starts it again, and waits until it is there. */
  void startLastRelayer() throws IOException, InterruptedException {
    lastRelayer().start(Map.of());
    lastRelayer().awaitReady();
  }

  /** Waits until the last relayer is armed. */
  void awaitArmed() {
    armed.join();
  }

  // ------------------------------------------------------------------ waiting

  /** Waits until something read from a chain is so. */
  void await(String what, Duration timeout, Callable<Boolean> holds) throws Exception {
    var end = System.nanoTime() + timeout.toNanos();
    while (!holds.call()) {
      story.must(System.nanoTime() < end, "waited %d s for %s", timeout.toSeconds(), what);
      Thread.sleep(100);
    }
  }

  void awaitState(Ledger ledger, Hash intentId, IntentState state, Duration timeout)
      throws Exception {
    await(
        "the intent to be %s on chain %d".formatted(state, ledger.chain().chainId()),
        timeout,
        () -> ledger.state(intentId) == state);
  }

  /**
   * Waits until every record of the agent is published on both chains, and the chain itself calls
   * that final.
   */
  void awaitPublished() throws Exception {
    for (var ledger : List.of(home, remote)) {
      await(
          "the records of chain %d to be published".formatted(ledger.chain().chainId()),
          PATIENCE,
          () -> ledger.records(agentId).published() == ledger.records(agentId).count());
      var last = ledger.chain().head();
      await("a final block", PATIENCE, () -> ledger.chain().finalized() >= last);
    }
  }

  // ------------------------------------------------------------------ people

  Signer agentSigner() {
    return signer(stage.cast().agent());
  }

  Sender delegate() {
    return stage.home().sender(stage.cast().delegate());
  }

  Sender courier(Ledger ledger) {
    return ledger.chain().sender(stage.cast().courier());
  }

  Address payee() {
    return address(stage.cast().payee());
  }

  static Address address(Credentials key) {
    return Address.of(key.getAddress());
  }

  /** Signs what people and agents sign. */
  static Signer signer(Credentials key) {
    return new GuardedSigner(key(key), SigningPolicy.ofPerson());
  }

  static PrivateKey key(Credentials key) {
    return new PrivateKey(key.getEcKeyPair().getPrivateKey());
  }

  // ------------------------------------------------------------------ words

  static BigInteger dollars(long amount) {
    return DOLLAR.multiply(BigInteger.valueOf(amount));
  }

  static String coinWords(BigInteger wei) {
    return new BigDecimal(wei).movePointLeft(18).stripTrailingZeros().toPlainString() + " ETH";
  }

  static String dollarWords(BigInteger millionths) {
    return new BigDecimal(millionths).movePointLeft(6).stripTrailingZeros().toPlainString()
        + " TUSD";
  }

  static String brief(String hex) {
    return hex.toLowerCase(Locale.ROOT).substring(0, 10) + "…";
  }
}
