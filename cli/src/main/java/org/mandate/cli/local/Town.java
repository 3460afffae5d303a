package org.mandate.cli.local;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.mandate.chain.Address;
import org.mandate.contracts.AgentRegistry;
import org.mandate.contracts.AgentVault;
import org.mandate.contracts.TestToken;
import org.mandate.contracts.Tiers;
import org.mandate.deploy.AgentSetup;
import org.mandate.deploy.Call;
import org.mandate.deploy.Deployer;
import org.mandate.deploy.DeploymentParameters;
import org.mandate.deploy.DeploymentParameters.AcrossChains;
import org.mandate.deploy.DeploymentParameters.ExistingAuthority;
import org.mandate.deploy.DeploymentParameters.TokenGrant;
import org.mandate.deploy.Sender;
import org.mandate.intent.IntentDomain;
import org.mandate.policy.Thresholds;
import org.mandate.signer.GuardedSigner;
import org.mandate.signer.PrivateKey;
import org.mandate.signer.Signer;
import org.mandate.signer.SigningPolicy;
import org.slf4j.LoggerFactory;
import org.web3j.crypto.Credentials;

/**
 * Where relayers are measured: two real chains with the whole deployment, a real PostgreSQL, agents
 * with mandates so wide that no limit is in the way, funded vaults, and a key for each relayer. The
 * relayers are started by whoever measures them ({@link #relayer}).
 *
 * <p>One thing is not as in the world: governance is a single key that passes for a contract, since
 * nobody waits for a vote here.
 */
public final class Town implements AutoCloseable {
  public static final long HOME = 31337;
  public static final long REMOTE = 31338;

  /** What a payment may at most be, in the token's smallest unit. */
  public static final BigInteger MOST = BigInteger.TEN.pow(12);

  /** A payment of tokens at home above this waits for {@link Plan#delay}. */
  public static final BigInteger DELAYED_ABOVE = BigInteger.TEN.pow(9);

  /** A payment of tokens at home above this needs {@link #approvers} to agree, all of them. */
  public static final BigInteger APPROVED_ABOVE = BigInteger.TEN.pow(11);

  private static final int APPROVERS = 2;
  private static final BigInteger ETHER = BigInteger.TEN.pow(18);
  private static final BigInteger POCKET_MONEY = ETHER.multiply(BigInteger.valueOf(10_000));
  private static final int WINDOW = 3600;
  private static final int MOST_TRANSACTIONS = 65_535;
  private static final int MOST_UNPUBLISHED = 65_534;

  /** Stands for all assets together, in US dollars: nobody prices anything here. */
  private static final Address USD = Address.of("0x%040x".formatted(840));

  private final Path root;
  private final Reaper reaper;
  private final Plan plan;
  private final LocalDatabase database;
  private final Ledger home;
  private final Ledger remote;
  private final List<Credentials> relayers;
  private final List<Agent> agents;
  private final List<Signer> approvers;
  private final Signer guardian;
  private final Signer governance;
  private final Address payee;
  private final RelayerFiles files;

  private Town(
      Path root,
      Reaper reaper,
      Plan plan,
      LocalDatabase database,
      Ledger home,
      Ledger remote,
      List<Credentials> relayers,
      List<Agent> agents,
      List<Signer> approvers,
      Signer guardian,
      Signer governance,
      Address payee) {
    this.root = root;
    this.reaper = reaper;
    this.plan = plan;
    this.database = database;
    this.home = home;
    this.remote = remote;
    this.relayers = relayers;
    this.agents = agents;
    this.approvers = approvers;
    this.guardian = guardian;
    this.governance = governance;
    this.payee = payee;
    this.files = new RelayerFiles(this);
  }

  /**
   * What is to be built.
   *
   * @param relayers how many keys the quorum has
   * @param threshold how many of them deliver
   * @param home how the home chain makes its blocks
   * @param remote likewise
   * @param window how long what comes from home waits at the other chain, at least 5 seconds
   * @param delay how long payments at home above {@link #DELAYED_ABOVE} wait
   * @param agents at least one; each has a mandate and key of its own
   * @param connections most that PostgreSQL takes
   */
  public record Plan(
      int relayers,
      int threshold,
      LocalChain.Settings home,
      LocalChain.Settings remote,
      Duration window,
      Duration delay,
      int agents,
      int connections) {
    /** Three relayers of which two deliver. */
    public static final Plan DEFAULT =
        new Plan(
            3,
            2,
            LocalChain.Settings.DEFAULT,
            LocalChain.Settings.DEFAULT,
            Duration.ofSeconds(5),
            Duration.ofSeconds(2),
            4,
            96);

    public Plan {
      if (threshold < 1 || threshold > relayers || agents < 1) {
        throw new IllegalArgumentException(
            "%d of %d relayers and %d agents are no town".formatted(threshold, relayers, agents));
      }
    }

    /** With another quorum. */
    public Plan withRelayers(int many, int threshold) {
      return new Plan(many, threshold, home, remote, window, delay, agents, connections);
    }

    /** With other blocks, on both chains. */
    public Plan withBlocks(LocalChain.Settings blocks) {
      return new Plan(relayers, threshold, blocks, blocks, window, delay, agents, connections);
    }

    /** With another wait at the other chain, and at home. */
    public Plan withWaits(Duration window, Duration delay) {
      return new Plan(relayers, threshold, home, remote, window, delay, agents, connections);
    }

    public Plan withAgents(int many) {
      return new Plan(relayers, threshold, home, remote, window, delay, many, connections);
    }

    public Plan withConnections(int most) {
      return new Plan(relayers, threshold, home, remote, window, delay, agents, most);
    }
  }

  /**
   * Builds it, which takes some ten to twenty seconds.
   *
   * @param root directory with {@code node_modules}
   * @throws IOException when it cannot be built; nothing stays behind
   */
  public static Town build(Path root, Plan plan) throws IOException {
    LoggerFactory.getILoggerFactory(); // once, before several threads want to log at the same time
    var reaper = Reaper.start(Path.of(System.getProperty("java.io.tmpdir")));
    // Ctrl-C and SIGTERM end the JVM without unwinding this stack.
    Runtime.getRuntime().addShutdownHook(new Thread(reaper::close, "town-cleanup"));
    try {
      var database =
          async(
              () ->
                  LocalDatabase.start(
                      reaper.directory().resolve("postgresql"), reaper, plan.connections()));
      var home = async(() -> LocalChain.start(root, reaper, "home", HOME, plan.home()));
      var remote = async(() -> LocalChain.start(root, reaper, "remote", REMOTE, plan.remote()));
      return new Builder(plan, reaper, home.join(), remote.join()).build(root, database);
    } catch (CompletionException e) {
      reaper.close();
      throw new IOException(
          "the chains or contracts cannot be set up: " + e.getCause().getMessage(), e.getCause());
    } catch (RuntimeException e) {
      reaper.close();
      throw e;
    }
  }

  private static final class Builder {
    private final Plan plan;
    private final Reaper reaper;
    private final LocalChain home;
    private final LocalChain remote;
    private final Credentials deployer = Secrets.key();
    private final Credentials authority = Secrets.key();
    private final Signer guardian = person();
    private final List<Credentials> relayers;
    private final Address payee = address(Secrets.key());

    /** As the contract wants them: in the order of their addresses. */
    private final List<Signer> approvers =
        Stream.generate(Builder::person)
            .limit(APPROVERS)
            .sorted(Comparator.comparing(Signer::address))
            .toList();

    Builder(Plan plan, Reaper reaper, LocalChain home, LocalChain remote) {
      this.plan = plan;
      this.reaper = reaper;
      this.home = home;
      this.remote = remote;
      this.relayers = Stream.generate(Secrets::key).limit(plan.relayers()).toList();
    }

    Town build(Path root, CompletableFuture<LocalDatabase> database) {
      var atHome = async(() -> deploy(home));
      var atRemote = async(() -> deploy(remote));
      var there = atRemote.thenApply(this::fund);
      var here = atHome.join();
      var agents = register(here);
      grant(here, agents);
      fund(here);
      there.join();
      return new Town(
          root,
          reaper,
          plan,
          database.join(),
          here,
          atRemote.join(),
          relayers,
          agents,
          approvers,
          guardian,
          person(authority),
          payee);
    }

    private Ledger deploy(LocalChain chain) throws IOException {
      for (var key : Stream.concat(Stream.of(deployer, authority), relayers.stream()).toList()) {
        chain.fund(key.getAddress(), POCKET_MONEY);
      }
      chain.fund(guardian.address().hex(), POCKET_MONEY);
      chain.ask("anvil_setCode", authority.getAddress(), "0x00"); // passes for a contract
      var parameters =
          new DeploymentParameters(
              HOME,
              List.of(REMOTE),
              relayers.stream().map(Credentials::getAddress).toList(),
              plan.threshold(),
              List.of(guardian.address().hex()),
              plan.window(),
              plan.window(),
              ExistingAuthority.delayingItself(authority.getAddress()),
              Optional.of(new TokenGrant(authority.getAddress(), MOST.multiply(MOST))),
              AcrossChains.DEFAULT);
      var deployment =
          new Deployer(chain.sender(deployer), chain.overrides(), line -> {}).deploy(parameters);
      deployment.write(
          reaper.directory().resolve("deployments").resolve(chain.chainId() + ".json"));
      return new Ledger(chain, deployment);
    }

    private List<Agent> register(Ledger ledger) {
      var sender = ledger.chain().sender(authority);
      var setup = new AgentSetup(ledger.deployment().registry().hex());
      var agents = new ArrayList<Agent>();
      for (int i = 0; i < plan.agents(); i++) {
        var id = setup.register(sender, "");
        var key = person();
        setup.setWallet(sender, id, key);
        agents.add(new Agent(id, key, ledger.vault(), domain(ledger)));
      }
      return List.copyOf(agents);
    }

    private static Signer person() {
      return person(Secrets.key());
    }

    private static Signer person(Credentials key) {
      return new GuardedSigner(
          new PrivateKey(key.getEcKeyPair().getPrivateKey()), SigningPolicy.ofPerson());
    }

    private void grant(Ledger ledger, List<Agent> agents) {
      var sender = ledger.chain().sender(authority);
      for (var agent : agents) {
        sender.sendAll(mandate(ledger, sender, agent.id()));
      }
    }

    private List<Call> mandate(Ledger ledger, Sender sender, BigInteger agent) {
      var registry = ledger.deployment().registry().hex();
      var vault = ledger.vault().hex();
      var engine = AgentVault.load(vault, sender.web3j(), sender.reader(), Sender.NO_GAS);
      var book = AgentRegistry.load(registry, sender.web3j(), sender.reader(), Sender.NO_GAS);
      var calls = new ArrayList<Call>();
      calls.add(Call.of("activate", registry, book.activate(agent, vault, BigInteger.ZERO)));
      calls.add(
          Call.of(
              "terms",
              vault,
              engine.setTerms(
                  agent,
                  new AgentVault.Terms(
                      BigInteger.valueOf(4_000_000_000L),
                      BigInteger.ONE, // so short that no count of transactions is in the way
                      BigInteger.valueOf(MOST_TRANSACTIONS),
                      BigInteger.valueOf(MOST_UNPUBLISHED),
                      false,
                      false))));
      for (var asset : List.of(Address.ZERO, ledger.token())) {
        calls.add(
            Call.of(
                "limit",
                vault,
                engine.setLimit(
                    agent,
                    asset.hex(),
                    new AgentVault.Limit(
                        MOST, MOST.multiply(BigInteger.TEN.pow(9)), BigInteger.valueOf(WINDOW)))));
        for (var chain : List.of(HOME, REMOTE)) {
          calls.add(
              Call.of(
                  "chain",
                  vault,
                  engine.setAssetChain(agent, asset.hex(), BigInteger.valueOf(chain), true)));
        }
      }
      for (var chain : List.of(HOME, REMOTE)) {
        calls.add(
            Call.of(
                "recipient",
                vault,
                engine.setRecipient(agent, BigInteger.valueOf(chain), payee.hex(), true)));
      }
      var delay = BigInteger.valueOf(plan.delay().toSeconds());
      var never = Thresholds.NEVER;
      calls.add(waits(ledger, agent, Address.ZERO, never, BigInteger.ZERO, never));
      calls.add(waits(ledger, agent, ledger.token(), DELAYED_ABOVE, delay, APPROVED_ABOVE));
      calls.add(waits(ledger, agent, USD, never, BigInteger.ZERO, never));
      var panel = ledger.deployment().address("Approvers").hex();
      calls.add(
          Call.of(
              "approvers",
              panel,
              ledger
                  .approvers()
                  .setApprovers(
                      agent,
                      BigInteger.valueOf(APPROVERS),
                      approvers.stream().map(a -> a.address().hex()).toList())));
      return calls;
    }

    private static Call waits(
        Ledger ledger,
        BigInteger agent,
        Address asset,
        BigInteger above,
        BigInteger seconds,
        BigInteger approved) {
      var address = ledger.deployment().address("Tiers").hex();
      var tiers = Tiers.load(address, ledger.chain().web3j(), ledger.reader(), Sender.NO_GAS);
      return Call.of(
          "what waits",
          address,
          tiers.setThresholds(
              agent,
              asset.hex(),
              new Tiers.Thresholds(Thresholds.NEVER, above, seconds, approved)));
    }

    private Ledger fund(Ledger ledger) {
      var sender = ledger.chain().sender(authority);
      var token = ledger.token().hex();
      var dollars = TestToken.load(token, sender.web3j(), sender.reader(), Sender.NO_GAS);
      var vault = ledger.vault().hex();
      sender.sendAll(
          List.of(
              new Call("fund", vault, ETHER.multiply(BigInteger.valueOf(100)), "0x"),
              Call.of("fund", token, dollars.transfer(vault, MOST.multiply(MOST.shiftRight(1))))));
      return ledger;
    }
  }

  private static IntentDomain domain(Ledger home) {
    return new IntentDomain(home.deployment().chainId(), home.deployment().executor());
  }

  private static Address address(Credentials key) {
    return Address.of(key.getAddress());
  }

  // ------------------------------------------------------------------ what there is

  /** Directory of the project. */
  public Path root() {
    return root;
  }

  /** Ours, gone when the town is closed. */
  public Path directory() {
    return reaper.directory();
  }

  public Plan plan() {
    return plan;
  }

  public LocalDatabase database() {
    return database;
  }

  public Ledger home() {
    return home;
  }

  public Ledger remote() {
    return remote;
  }

  /** Of that chain. */
  public Ledger ledger(long chainId) {
    if (chainId == HOME) {
      return home;
    }
    if (chainId == REMOTE) {
      return remote;
    }
    throw new IllegalArgumentException("there is no chain " + chainId);
  }

  public List<Agent> agents() {
    return agents;
  }

  /** People who agree to payments above {@link #APPROVED_ABOVE}, of whichever agent. */
  public List<Signer> approvers() {
    return approvers;
  }

  /** Who disputes, cancels and freezes, on both chains. */
  public Signer guardian() {
    return guardian;
  }

  /** The one key that is governance here, on both chains. */
  public Signer governance() {
    return governance;
  }

  /** Who gets all payments, on both chains. */
  public Address payee() {
    return payee;
  }

  /** The i-th relayer's key, from 0. */
  public Credentials relayerKey(int i) {
    return relayers.get(i);
  }

  public Reaper reaper() {
    return reaper;
  }

  // ------------------------------------------------------------------ relayers

  /**
   * All relayers of the quorum, each with a database, key and directory of its own, as peers of one
   * another; not started.
   */
  public List<Service> relayers(RelayerSettings settings) throws IOException, SQLException {
    var ports = new ArrayList<Integer>();
    for (int i = 0; i < plan.relayers(); i++) {
      ports.add(Service.freePort());
    }
    var services = new ArrayList<Service>();
    for (int i = 0; i < plan.relayers(); i++) {
      var self = i;
      var peers =
          IntStream.range(0, plan.relayers()).filter(j -> j != self).mapToObj(ports::get).toList();
      services.add(
          relayer(
              "relayer-" + (i + 1),
              relayers.get(i),
              "relayer_" + (i + 1),
              ports.get(i),
              peers,
              settings));
    }
    return List.copyOf(services);
  }

  /**
   * One relayer's process, not started.
   *
   * @param name of its directory and log
   * @param key what it signs with; several processes of one operator share it
   * @param databaseName made when it is not there; several processes of one operator share it
   * @param port where its API listens
   * @param peers ports of the others' APIs
   */
  public Service relayer(
      String name,
      Credentials key,
      String databaseName,
      int port,
      List<Integer> peers,
      RelayerSettings settings)
      throws IOException, SQLException {
    return files.service(name, key, databaseName, port, peers, settings);
  }

  // ------------------------------------------------------------------ helpers

  /** Runs beside the caller; a failure comes out of {@code join}. */
  static <T> CompletableFuture<T> async(Callable<T> step) {
    var future = new CompletableFuture<T>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                future.complete(step.call());
              } catch (Throwable e) { // whoever joins must hear of an Error too, or waits for ever
                future.completeExceptionally(e);
              }
            });
    return future;
  }

  /** What the end must not remove: there is something to look at. */
  public void keepDirectory() {
    reaper.keepDirectory();
  }

  @Override
  public void close() {
    home.chain().close();
    remote.chain().close();
    reaper.close();
  }
}
