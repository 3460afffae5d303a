package org.mandate.cli.demo;

import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.mandate.chain.Address;
import org.mandate.chain.Deployment;
import org.mandate.chain.Hash;
import org.mandate.cli.KeyFile;
import org.mandate.cli.local.LocalChain;
import org.mandate.cli.local.LocalDatabase;
import org.mandate.cli.local.MandateCommand;
import org.mandate.cli.local.Reaper;
import org.mandate.cli.local.Secrets;
import org.mandate.cli.local.Service;
import org.mandate.deploy.DeploymentParameters;
import org.mandate.deploy.DeploymentParameters.AcrossChains;
import org.mandate.deploy.DeploymentParameters.AssetWindows;
import org.mandate.deploy.DeploymentParameters.OwnGovernance;
import org.mandate.deploy.DeploymentParameters.TokenGrant;
import org.mandate.gateway.WindowTable;
import org.slf4j.LoggerFactory;
import org.web3j.crypto.Credentials;

/**
 * Everything the story is played on: chains, database, keys, processes. All of it is gone when the
 * stage closes.
 */
final class Stage implements AutoCloseable {
  static final long HOME = 31337;
  static final long REMOTE = 31338;
  static final int THRESHOLD = 2;
  static final Duration DISPUTE_WINDOW = Duration.ofSeconds(6);

  /** Of what a small payment waits when every relayer vouches for it. */
  static final Duration FULL_WINDOW = Duration.ofSeconds(5);

  /** And with as many as deliver. */
  static final Duration BARE_WINDOW = Duration.ofSeconds(15);

  static final BigInteger ETHER = BigInteger.TEN.pow(18);
  static final BigInteger DOLLAR = BigInteger.TEN.pow(6);

  /** Up to here a payment of dollars is small. */
  static final BigInteger SMALL = DOLLAR.multiply(BigInteger.valueOf(300));

  /** What each relayer has bonded. */
  static final BigInteger BOND = ETHER;

  private static final BigInteger POCKET_MONEY = ETHER.multiply(BigInteger.valueOf(100));

  private final Path root;
  private final Path directory;
  private final Reaper reaper;
  private final Cast cast;
  private final LocalChain home;
  private final LocalChain remote;
  private final CompletableFuture<LocalDatabase> database;
  private final List<Service> relayers = new ArrayList<>();
  private final List<Service> watchdogs = new ArrayList<>();
  private final Map<String, KeptKey> keptKeys = new HashMap<>();
  private final List<URI> databases = new ArrayList<>();
  private String peersOfLast;

  private Stage(
      Path root,
      Reaper reaper,
      Cast cast,
      LocalChain home,
      LocalChain remote,
      CompletableFuture<LocalDatabase> database) {
    this.root = root;
    this.directory = reaper.directory();
    this.reaper = reaper;
    this.cast = cast;
    this.home = home;
    this.remote = remote;
    this.database = database;
  }

  /**
   * Starts both chains; the database gets ready meanwhile.
   *
   * @param root directory with {@code node_modules}
   */
  static Stage build(Path root) throws IOException {
    // Once, before several threads want to log at the same time.
    LoggerFactory.getILoggerFactory();
    var reaper = Reaper.start(Path.of(System.getProperty("java.io.tmpdir")));
    // Ctrl-C and SIGTERM end the JVM without unwinding this stack.
    Runtime.getRuntime().addShutdownHook(new Thread(reaper::close, "demo-cleanup"));
    try {
      var directory = reaper.directory();
      var home = async(() -> LocalChain.start(root, reaper, "home", HOME));
      var remote = async(() -> LocalChain.start(root, reaper, "remote", REMOTE));
      var database = async(() -> LocalDatabase.start(directory.resolve("postgresql"), reaper));
      var cast = Cast.random();
      var stage = new Stage(root, reaper, cast, home.join(), remote.join(), database);
      for (var chain : List.of(stage.home, stage.remote)) {
        for (var sender : cast.senders().toList()) {
          chain.fund(sender.getAddress(), POCKET_MONEY);
        }
      }
      return stage;
    } catch (CompletionException e) {
      reaper.close();
      throw new IOException(e.getCause().getMessage(), e.getCause());
    } catch (IOException e) {
      reaper.close();
      throw e;
    }
  }

  /** Directory of the project. */
  Path root() {
    return root;
  }

  Path directory() {
    return directory;
  }

  Cast cast() {
    return cast;
  }

  LocalChain home() {
    return home;
  }

  LocalChain remote() {
    return remote;
  }

  List<Service> relayers() {
    return relayers;
  }

  List<Service> watchdogs() {
    return watchdogs;
  }

  Path deployments() {
    return directory.resolve("deployments");
  }

  /** The first relayer's store: each has one of its own, and in it the whole trail. */
  Path blobs() {
    return directory.resolve("relayer-1").resolve("blobs");
  }

  DeploymentParameters parameters() {
    return new DeploymentParameters(
        HOME,
        List.of(REMOTE),
        cast.relayers().stream().map(Credentials::getAddress).toList(),
        THRESHOLD,
        cast.watchdogs().stream().map(Credentials::getAddress).toList(),
        DISPUTE_WINDOW,
        Duration.ofHours(2),
        new OwnGovernance(
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            Duration.ofSeconds(4),
            ETHER.multiply(BigInteger.valueOf(10_000)),
            4,
            new TokenGrant(
                cast.delegate().getAddress(), ETHER.multiply(BigInteger.valueOf(1_000_000)))),
        Optional.of(
            new TokenGrant(
                cast.treasury().getAddress(), DOLLAR.multiply(BigInteger.valueOf(1_000_000)))),
        new AcrossChains(
            Duration.ofHours(1),
            Duration.ofDays(7),
            BigInteger.ZERO,
            List.of(
                new AssetWindows(
                    AssetWindows.TEST_TOKEN,
                    new WindowTable(
                        List.of(
                            new WindowTable.Step(
                                SMALL, BARE_WINDOW.toSeconds(), FULL_WINDOW.toSeconds()))))),
            Optional.empty(),
            Optional.empty()));
  }

  /** Writes the deployment files. */
  void write(List<Deployment> deployments) {
    for (var deployment : deployments) {
      deployment.write(deployments().resolve(deployment.chainId() + ".json"));
    }
  }

  /** What the last relayer has in its database for submitting an intent. */
  Optional<StoredTransaction> storedByLastRelayer(Hash intentId) throws SQLException {
    try (var connection = database.join().connect(databaseName(Cast.RELAYERS))) {
      return StoredTransaction.read(connection, intentId);
    }
  }

  /** The nonces that the last relayer stored for a chain, ascending. */
  List<Long> noncesOfLastRelayer(long chainId) throws SQLException {
    try (var connection = database.join().connect(databaseName(Cast.RELAYERS));
        var query =
            connection.prepareStatement(
                "SELECT nonce FROM transaction WHERE chain_id = ? ORDER BY nonce")) {
      query.setLong(1, chainId);
      var nonces = new ArrayList<Long>();
      try (var row = query.executeQuery()) {
        while (row.next()) {
          nonces.add(row.getLong(1));
        }
      }
      return nonces;
    }
  }

  private static String databaseName(int relayer) {
    return "relayer_" + relayer;
  }

  /** Starts three relayers and two watchdogs, each a process with a key file of its own. */
  void startServices() throws IOException, SQLException {
    var server = database.join();
    var ports = new ArrayList<Integer>();
    for (int i = 0; i < Cast.RELAYERS + Cast.WATCHDOGS; i++) {
      ports.add(Service.freePort());
    }
    for (int i = 0; i < Cast.RELAYERS; i++) {
      databases.add(server.create(databaseName(i + 1)));
      relayers.add(relayer(i, "relayer-" + (i + 1), ports.get(i), peers(i, ports)));
    }
    peersOfLast = peers(Cast.RELAYERS - 1, ports);
    for (int i = 0; i < Cast.WATCHDOGS; i++) {
      var name = "watchdog-" + (i + 1);
      watchdogs.add(
          service(
              name,
              "watchdog",
              cast.watchdogs().get(i),
              ports.get(Cast.RELAYERS + i),
              "blob-gateway: http://127.0.0.1:%d%n".formatted(ports.getFirst())));
    }
    for (var service : relayers) {
      service.start(Map.of());
    }
    for (var service : watchdogs) {
      service.start(Map.of());
    }
  }

  /** The other relayers' APIs. */
  private static String peers(int self, List<Integer> ports) {
    return IntStream.range(0, Cast.RELAYERS)
        .filter(i -> i != self)
        .mapToObj(i -> "http://127.0.0.1:" + ports.get(i))
        .collect(Collectors.joining(", "));
  }

  /** One process of the i-th relayer: all of them share its key and its database. */
  private Service relayer(int i, String name, int port, String peers) throws IOException {
    var extra =
        """
        data-directory: %s
        blob-directory: %s
        database-url: %s
        peers: [%s]
        publish-interval: 500ms
        stagger: 1s
        """
            .formatted(
                directory.resolve(name),
                directory.resolve("relayer-" + (i + 1)).resolve("blobs"), // an auditor looks there
                databases.get(i),
                peers);
    return service(name, "relayer", cast.relayers().get(i), port, extra);
  }

  /** Starts a second process of the last relayer. */
  Service startSecondInstance() throws IOException {
    var name = "relayer-" + Cast.RELAYERS + "-second";
    var second = relayer(Cast.RELAYERS - 1, name, Service.freePort(), peersOfLast);
    second.start(Map.of());
    return second;
  }

  private Service service(String name, String kind, Credentials key, int port, String extra)
      throws IOException {
    var kept = keep(name, key);
    var config = directory.resolve(name + ".yaml");
    // The relayers' have the database's password in them.
    KeyFile.writeSecret(
        config,
        """
        chains:
        %s%skey:
          file: %s
          address: "%s"
          passphrase-file: %s
        http:
          host: 127.0.0.1
          port: %d
        %s\
        """
            .formatted(
                chainSection(home),
                chainSection(remote),
                kept.file(),
                kept.address(),
                kept.passphraseFile(),
                port,
                extra));
    var url = URI.create("http://127.0.0.1:" + port);
    return new Service(name, kind, config, url, directory.resolve(name + ".log"), reaper);
  }

  /** A key as somebody keeps it on a disk. */
  record KeptKey(Path file, Path passphraseFile, Address address) {}

  private KeptKey keep(String name, Credentials key) throws IOException {
    var place = Files.createDirectories(directory.resolve(name));
    var file = place.resolve("key.json");
    var passphraseFile = place.resolve("passphrase");
    var passphrase = Secrets.passphrase();
    KeyFile.writeSecret(passphraseFile, passphrase + "\n");
    var address =
        KeyFile.write(file, key.getEcKeyPair(), passphrase.toCharArray(), KeyFile.Strength.LIGHT);
    return new KeptKey(file, passphraseFile, address);
  }

  /** The key of the agent's owner, for commands that she types; written when first asked for. */
  KeptKey ownerKey() throws IOException {
    return kept("owner", cast.owner());
  }

  /** The key of whoever happens by, likewise. */
  KeptKey courierKey() throws IOException {
    return kept("courier", cast.courier());
  }

  private synchronized KeptKey kept(String name, Credentials key) throws IOException {
    if (!keptKeys.containsKey(name)) {
      keptKeys.put(name, keep(name, key));
    }
    return keptKeys.get(name);
  }

  /** The {@code mandate} command. */
  MandateCommand command() {
    return new MandateCommand(reaper);
  }

  private String chainSection(LocalChain chain) {
    return """
      - id: %d
        rpc-urls: [%s]
        deployment: %s
        finality: finalized
        poll-interval: 250ms
    """
        .formatted(chain.chainId(), chain.url(), deployments().resolve(chain.chainId() + ".json"));
  }

  void awaitServices() throws IOException, InterruptedException {
    for (var service : relayers) {
      service.awaitReady();
    }
    for (var service : watchdogs) {
      service.awaitReady();
    }
  }

  interface Step<T> {
    T run() throws Exception;
  }

  /** Runs beside the caller; a failure comes out of {@code join}. */
  static <T> CompletableFuture<T> async(Step<T> step) {
    var future = new CompletableFuture<T>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                future.complete(step.run());
              } catch (Throwable e) { // whoever joins must hear of an Error too, or waits for ever
                future.completeExceptionally(e);
              }
            });
    return future;
  }

  /** What the stage's end must not remove: there is something to look at. */
  void keepDirectory() {
    reaper.keepDirectory();
  }

  @Override
  public void close() {
    home.close();
    remote.close();
    reaper.close();
  }
}
