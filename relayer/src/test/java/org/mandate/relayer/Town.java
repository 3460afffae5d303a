package org.mandate.relayer;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Deployment;
import org.mandate.chain.Hash;
import org.mandate.contracts.AgentRegistry;
import org.mandate.contracts.AgentVault;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.TestToken;
import org.mandate.deploy.AgentSetup;
import org.mandate.deploy.Call;
import org.mandate.deploy.Contracts;
import org.mandate.deploy.Deployer;
import org.mandate.deploy.DeploymentParameters;
import org.mandate.deploy.DeploymentParameters.AcrossChains;
import org.mandate.deploy.Sender;
import org.mandate.deploy.StateOverrideCall;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentDomain;
import org.mandate.intent.IntentJson;
import org.mandate.intent.SignedIntent;
import org.mandate.relayer.RelayerConfig.ChainSettings;
import org.mandate.relayer.RelayerConfig.HttpSettings;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.signer.KeySettings;
import org.mandate.signer.PrivateKeySigner;
import org.web3j.crypto.Credentials;

/**
 * Two real chains with the whole deployment, one agent with a mandate and a funded vault on both,
 * and keys for relayers.
 */
final class Town implements AutoCloseable {
  static final long HOME = 31337;
  static final long REMOTE = 31338;
  static final BigInteger CAP = BigInteger.valueOf(1_000_000);

  /** With a relayer's answer: a busy machine may be slow. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final Duration MOST = Duration.ofSeconds(120);

  private static final List<String> KEYS =
      List.of(
          "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
          "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
          "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
          "7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
          "47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a",
          "8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba",
          "92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e",
          "4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356",
          "dbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97",
          "2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6");

  final Anvil home;
  final Anvil remote;
  final Path directory;
  final Deployment atHome;
  final Deployment atRemote;
  final BigInteger agentId;
  final Address vault;
  final Address token;
  final Address recipient = key(7).address();
  private final HttpClient http = HttpClient.newHttpClient();
  private final SecureRandom random = new SecureRandom();

  private Town(
      Anvil home,
      Anvil remote,
      Path directory,
      Deployment atHome,
      Deployment atRemote,
      BigInteger agentId) {
    this.home = home;
    this.remote = remote;
    this.directory = directory;
    this.atHome = atHome;
    this.atRemote = atRemote;
    this.agentId = agentId;
    this.vault = atHome.account();
    this.token = Contracts.testToken(atHome).orElseThrow();
  }

  static PrivateKeySigner key(int index) {
    return new PrivateKeySigner(new BigInteger(KEYS.get(index), 16));
  }

  static Credentials credentials(int index) {
    return Credentials.create(KEYS.get(index));
  }

  /** The i-th relayer's key, from 0; there are five. */
  static PrivateKeySigner relayer(int i) {
    return key(i < 3 ? 3 + i : 5 + i);
  }

  /**
   * @param threshold of the relayers' quorum, of {@code relayers} keys
   */
  static Town build(int relayers, int threshold) throws Exception {
    return build(relayers, threshold, AcrossChains.DEFAULT);
  }

  /** As {@link #build(int, int)}, with other settings of what goes to other chains. */
  static Town build(int relayers, int threshold, AcrossChains across) throws Exception {
    Anvil home = Anvil.start(HOME);
    Anvil remote = Anvil.start(REMOTE);
    Path directory = Files.createTempDirectory("relayer-test");
    DeploymentParameters parameters =
        new DeploymentParameters(
            HOME,
            List.of(REMOTE),
            IntStream.range(0, relayers).mapToObj(i -> relayer(i).address().hex()).toList(),
            threshold,
            List.of(key(2).address().hex()),
            Duration.ofSeconds(5),
            across.remote().map(r -> r.delay().plusHours(1)).orElse(Duration.ofSeconds(5)),
            DeploymentParameters.ExistingAuthority.delayingItself(key(1).address().hex()),
            Optional.of(
                new DeploymentParameters.TokenGrant(key(1).address().hex(), CAP.multiply(CAP))),
            across);
    // A key with code stands in for a timelock whose delay a test has no time for.
    home.ask("anvil_setCode", key(1).address().hex(), "0x00");
    remote.ask("anvil_setCode", key(1).address().hex(), "0x00");
    Deployment atHome = deployer(home).deploy(parameters);
    Deployment atRemote = deployer(remote).deploy(parameters);

    Sender authority = home.sender(credentials(1));
    AgentSetup setup = new AgentSetup(atHome.registry().hex());
    BigInteger agentId = setup.register(authority, "");
    setup.setWallet(authority, agentId, key(6));
    Town town = new Town(home, remote, directory, atHome, atRemote, agentId);
    town.grant(authority);
    town.fund(authority);
    town.fund(remote.sender(credentials(1)));
    atHome.write(directory.resolve("deployments").resolve(HOME + ".json"));
    atRemote.write(directory.resolve("deployments").resolve(REMOTE + ".json"));
    return town;
  }

  private static Deployer deployer(Anvil chain) {
    return new Deployer(
        chain.sender(credentials(0)), new StateOverrideCall(chain.service()), line -> {});
  }

  private void grant(Sender authority) {
    String registry = atHome.registry().hex();
    AgentRegistry agents =
        AgentRegistry.load(registry, authority.web3j(), authority.reader(), Sender.NO_GAS);
    AgentVault engine = account();
    String policy = vault.hex();
    List<Call> calls = new ArrayList<>();
    calls.add(
        Call.of("activate", registry, agents.activate(agentId, vault.hex(), BigInteger.ZERO)));
    calls.add(
        Call.of(
            "terms",
            policy,
            engine.setTerms(
                agentId,
                new AgentVault.Terms(
                    BigInteger.valueOf(4_000_000_000L),
                    BigInteger.valueOf(3600),
                    BigInteger.valueOf(1000),
                    BigInteger.valueOf(1000),
                    true,
                    false))));
    for (String asset : List.of(Address.ZERO.hex(), token.hex())) {
      calls.add(
          Call.of(
              "limit",
              policy,
              engine.setLimit(
                  agentId,
                  asset,
                  new AgentVault.Limit(
                      CAP, CAP.multiply(BigInteger.TEN), BigInteger.valueOf(3600)))));
      for (long chain : List.of(HOME, REMOTE)) {
        calls.add(
            Call.of(
                "chain",
                policy,
                engine.setAssetChain(agentId, asset, BigInteger.valueOf(chain), true)));
      }
    }
    for (long chain : List.of(HOME, REMOTE)) {
      calls.add(
          Call.of(
              "recipient",
              policy,
              engine.setRecipient(agentId, BigInteger.valueOf(chain), recipient.hex(), true)));
    }
    authority.sendAll(calls);
  }

  private void fund(Sender authority) {
    TestToken dollars =
        TestToken.load(token.hex(), authority.web3j(), authority.reader(), Sender.NO_GAS);
    authority.sendAll(
        List.of(
            new Call("fund", vault.hex(), BigInteger.TEN.pow(18), "0x"),
            Call.of(
                "fund",
                token.hex(),
                dollars.transfer(vault.hex(), CAP.multiply(BigInteger.valueOf(100))))));
  }

  /** A contract of this code is the agent's wallet from now on, which takes any signature now. */
  void contractWallet(String contract, String code) throws Exception {
    home.ask("anvil_setCode", contract, code);
    Sender owner = home.sender(credentials(1));
    AgentRegistry registry =
        AgentRegistry.load(atHome.registry().hex(), owner.web3j(), owner.reader(), Sender.NO_GAS);
    BigInteger deadline =
        BigInteger.valueOf(home.client().head().timestamp().getEpochSecond() + 600);
    govern(
        "wallet",
        atHome.registry(),
        registry.setAgentWallet(agentId, contract, deadline, new byte[] {1}));
  }

  /** A call that the authority may make at home, where everybody's waiting is an EOA's. */
  void govern(String what, Address to, org.web3j.protocol.core.RemoteFunctionCall<?> call) {
    home.sender(credentials(1)).send(Call.of(what, to.hex(), call));
  }

  /** A call of the executor's governance on the remote chain. */
  interface Governed {
    org.web3j.protocol.core.RemoteFunctionCall<?> call(DestinationExecutor executor)
        throws Exception;
  }

  void atRemote(Governed governed) throws Exception {
    remote
        .sender(credentials(1))
        .send(Call.of("govern", atRemote.executor().hex(), governed.call(destination())));
  }

  DestinationExecutor destination() {
    Sender reader = remote.sender(credentials(1));
    return DestinationExecutor.load(
        atRemote.executor().hex(), reader.web3j(), reader.reader(), Sender.NO_GAS);
  }

  AgentVault account() {
    Sender authority = home.sender(credentials(1));
    return AgentVault.load(vault.hex(), authority.web3j(), authority.reader(), Sender.NO_GAS);
  }

  RelayerConfig config(int i, List<URI> peers) {
    return config(i, peers, home.url(), remote.url(), 0);
  }

  RelayerConfig config(int i, List<URI> peers, URI homeRpc, URI remoteRpc, int port) {
    return config(i, peers, List.of(homeRpc), List.of(remoteRpc), port);
  }

  RelayerConfig config(int i, List<URI> peers, List<URI> homeRpcs, List<URI> remoteRpcs, int port) {
    Path own = directory.resolve("relayer-" + i);
    return new RelayerConfig(
        List.of(chain(HOME, homeRpcs), chain(REMOTE, remoteRpcs)),
        KeySettings.keystore(
            own.resolve("key.json"), relayer(i).address(), Optional.empty(), Optional.of("UNUSED")),
        own,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        new HttpSettings("127.0.0.1", port, Optional.empty(), 100, 200, 2_000, Duration.ZERO),
        peers,
        Duration.ofSeconds(1),
        Duration.ofSeconds(4),
        Duration.ofSeconds(2),
        Duration.ofSeconds(5),
        Optional.empty());
  }

  /** With its database on that server. */
  RelayerConfig config(int i, List<URI> peers, EmbeddedServer server) {
    RelayerConfig own = config(i, peers);
    return new RelayerConfig(
        own.chains(),
        own.key(),
        own.dataDirectory(),
        Optional.of(URI.create(server.jdbcUrl().substring("jdbc:".length()))),
        own.blobDirectory(),
        own.ipfsApi(),
        own.http(),
        own.peers(),
        own.publishInterval(),
        own.stagger(),
        own.attestationPatience(),
        own.reportInterval(),
        own.treasury());
  }

  private ChainSettings chain(long id, List<URI> rpcs) {
    return new ChainSettings(
        id,
        rpcs,
        directory.resolve("deployments").resolve(id + ".json"),
        "finalized",
        Duration.ofMillis(250),
        500,
        50,
        true,
        RelayerConfig.FeeSettings.DEFAULT,
        RelayerConfig.BalanceSettings.DEFAULT);
  }

  // ------------------------------------------------------------------ the agent

  Intent payment(long chainId, Address asset, long amount) {
    return payment(chainId, asset, amount, Duration.ofMinutes(10));
  }

  Intent payment(long chainId, Address asset, long amount, Duration lifetime) {
    return new Intent(
        agentId,
        vault,
        BigInteger.valueOf(chainId),
        asset,
        recipient,
        BigInteger.valueOf(amount),
        Bytes.EMPTY,
        new BigInteger(256, random),
        BigInteger.valueOf(Instant.now().plus(lifetime).getEpochSecond()));
  }

  /**
   * The agent's key has the account pay tokens at home; answers the intent that says the same.
   *
   * @param index how many records the agent has
   */
  Intent payDirectly(long amount, BigInteger index) {
    BigInteger tokens = BigInteger.valueOf(amount);
    home.sender(credentials(6))
        .send(
            Call.of(
                "pay", vault.hex(), account().pay(token.hex(), tokens, recipient.hex(), agentId)));
    return new Intent(
        agentId,
        vault,
        BigInteger.valueOf(HOME),
        token,
        recipient,
        tokens,
        Bytes.EMPTY,
        index,
        BigInteger.ZERO);
  }

  IntentDomain domain() {
    return new IntentDomain(BigInteger.valueOf(HOME), atHome.executor());
  }

  SignedIntent signed(Intent intent) {
    return SignedIntent.sign(intent, domain(), key(6));
  }

  JsonObject body(SignedIntent signed) {
    return new JsonObject()
        .put("intent", new JsonObject(IntentJson.write(signed.intent()).toString()))
        .put("signature", signed.signature().hex());
  }

  /** Hands the intent to a relayer and answers its id. */
  Hash submit(int port, Intent intent) throws Exception {
    return submit(port, intent, PATIENCE);
  }

  private Hash submit(int port, Intent intent, Duration patience) throws Exception {
    HttpResponse<String> answer =
        post(port, "/v1/intents", body(signed(intent)).encode(), patience);
    if (answer.statusCode() != 202)
      throw new IllegalStateException(answer.statusCode() + " " + answer.body());
    return Hash.of(new JsonObject(answer.body()).getString("intentId"));
  }

  /**
   * As {@link #submit(int, Intent)}, and asks again where there is no answer, as an agent may.
   *
   * @param stopped whether there will never be one
   * @return whether it was taken
   */
  boolean submitUnless(Callable<Boolean> stopped, int port, Intent intent) throws Exception {
    Instant end = Instant.now().plus(MOST);
    while (!stopped.call()) {
      try {
        submit(port, intent, Duration.ofSeconds(3));
        return true;
      } catch (HttpTimeoutException e) {
        if (Instant.now().isAfter(end)) throw e;
      }
    }
    return false;
  }

  HttpResponse<String> post(int port, String path, String body) throws Exception {
    return post(port, path, body, PATIENCE);
  }

  HttpResponse<String> post(int port, String path, String body, Duration patience)
      throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .timeout(patience)
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> get(int port, String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(PATIENCE)
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  JsonObject intent(int port, Hash id) throws Exception {
    return new JsonObject(get(port, "/v1/intents/" + id).body());
  }

  /** Asks until the intent is as wanted. */
  JsonObject await(int port, Hash id, Duration most, Predicate<JsonObject> wanted)
      throws Exception {
    Instant end = Instant.now().plus(most);
    JsonObject view = intent(port, id);
    while (!wanted.test(view)) {
      if (Instant.now().isAfter(end))
        throw new AssertionError("after " + most + " still " + view.encodePrettily());
      Thread.sleep(200);
      view = intent(port, id);
    }
    return view;
  }

  /** Asks until the intent waits for that reason. */
  JsonObject awaitParked(int port, Hash id, String rule, Duration most) throws Exception {
    return await(
        port,
        id,
        most,
        view ->
            view.containsKey("parked")
                && rule.equals(view.getJsonObject("parked").getString("rule")));
  }

  JsonObject awaitState(int port, Hash id, String state, Duration most) throws Exception {
    return await(port, id, most, view -> state.equals(view.getString("state")));
  }

  /** What the recipient holds of the token, in its smallest unit. */
  BigInteger received(Anvil chain) throws Exception {
    return held(chain, recipient);
  }

  BigInteger held(Anvil chain, Address holder) throws Exception {
    return dollars(chain).balanceOf(holder.hex()).send();
  }

  TestToken dollars() {
    return dollars(home);
  }

  private TestToken dollars(Anvil chain) {
    Sender reader = chain.sender(credentials(1));
    return TestToken.load(token.hex(), reader.web3j(), reader.reader(), Sender.NO_GAS);
  }

  @Override
  public void close() throws IOException {
    home.close();
    remote.close();
    http.close();
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(f -> f.toFile().delete());
    }
  }
}
