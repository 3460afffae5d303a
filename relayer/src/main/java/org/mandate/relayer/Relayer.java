package org.mandate.relayer;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.micrometer.MicrometerMetricsFactory;
import io.vertx.micrometer.MicrometerMetricsOptions;
import io.vertx.micrometer.VertxPrometheusOptions;
import io.vertx.openapi.contract.OpenAPIContract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.mandate.audit.BlobStore;
import org.mandate.audit.DirectoryBlobSource;
import org.mandate.audit.EmbeddedBlobStore;
import org.mandate.chain.Address;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Deployment;
import org.mandate.chain.Finality;
import org.mandate.chain.JsonRpcClient;
import org.mandate.chain.NodeException;
import org.mandate.config.Config;
import org.mandate.relayer.RelayerConfig.ChainSettings;
import org.mandate.relayer.Workflows.Workflow;
import org.mandate.relayer.api.Api;
import org.mandate.relayer.api.Health;
import org.mandate.relayer.api.IntentDesk;
import org.mandate.relayer.api.Metrics;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.follow.ReorgAcceptance;
import org.mandate.relayer.follow.SeveralNodes;
import org.mandate.relayer.lead.BlobPlace;
import org.mandate.relayer.lead.Instance;
import org.mandate.relayer.send.TopUp;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.DatabaseBlobStore;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.relayer.store.StoredInstance;
import org.mandate.relayer.store.Task;
import org.mandate.relayer.store.Tx;
import org.mandate.relayer.work.Peers;
import org.mandate.relayer.work.Workplace;
import org.mandate.signer.Key;
import org.mandate.signer.KeySettings;

/**
 * A running relayer: follows its chains, attests, submits, delivers, executes, publishes, and
 * serves the API.
 */
public final class Relayer implements AutoCloseable {
  private static final Journal LOG = Journal.of("relayer");
  private static final Duration RPC_TIMEOUT = Duration.ofSeconds(8);
  private static final Duration NODES_AWAITED = Duration.ofSeconds(30);

  // Of several threads while it starts.
  private final Deque<AutoCloseable> parts = new ConcurrentLinkedDeque<>();
  private final JsonObject readyLine = new JsonObject();

  private Relayer() {}

  /**
   * Starts with the key that is configured, on the system's clock.
   *
   * @throws RuntimeException in words when it cannot start; nothing is left running
   */
  public static Relayer start(RelayerConfig config) {
    Clock clock = Clock.systemUTC();
    Relayer relayer = new Relayer();
    return relayer.started(
        config,
        () -> relayer.open(config.key(), clock),
        config.treasury().map(treasury -> () -> relayer.open(treasury, clock)),
        clock);
  }

  private Key open(KeySettings settings, Clock clock) {
    Key key = settings.open(System.getenv(), clock);
    parts.addLast(key); // closed after everything that signs
    return key;
  }

  /** Starts with that key, and no treasury. */
  public static Relayer start(RelayerConfig config, Key key, Clock clock) {
    return new Relayer().started(config, () -> key, Optional.empty(), clock);
  }

  private Relayer started(
      RelayerConfig config, Callable<Key> key, Optional<Callable<Key>> treasury, Clock clock) {
    try {
      assemble(config, key, treasury, clock);
      return this;
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /**
   * Runs until the process is told to stop: one READY line of JSON on standard output, the log on
   * standard error.
   *
   * @param file the YAML settings, overridden by the environment
   * @param flags by dotted key; they win over both
   */
  public static void run(Path file, Map<String, String> flags) {
    run(Config.load(RelayerConfig.class, Optional.of(file), System.getenv(), flags));
  }

  /** As {@link #run(Path, Map)}, with settings that are read already. */
  public static void run(RelayerConfig config) {
    Journal.captureLibraries();
    Relayer relayer = start(config);
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  relayer.close();
                  stopped.countDown();
                  // An orderly end, not the signal's: whoever restarts it sees that nothing is
                  // lost.
                  Runtime.getRuntime().halt(0);
                },
                "relayer-stop"));
    System.out.println(relayer.readyLine().encode());
    System.out.flush();
    try {
      stopped.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * The way out after a chain reorganized final blocks ({@link ReorgAcceptance}). No relayer may
   * use the data directory meanwhile, and no instance the database.
   *
   * @param block number of the last block that is common
   * @throws RuntimeException in words when it cannot be done; then nothing was
   */
  public static ReorgAcceptance.Accepted acceptReorg(
      RelayerConfig config, long chainId, long block, Clock clock) {
    try (Relayer relayer = new Relayer()) {
      relayer.lock(config.dataDirectory());
      Map<Long, FollowedChain> chains = new LinkedHashMap<>();
      connect(config.chains()).values().forEach(chain -> chains.put(chain.id(), chain));
      Optional.ofNullable(chains.get(chainId)).ifPresent(chain -> awaited(chain.client()));
      Database database = relayer.database(config, "accept-reorg");
      // Who works with it may be of an older version, which refuses newer tables.
      if (config.databaseUrl().isPresent()) database.run(Relayer::requireNobody);
      database.requireDurable();
      database.migrate();
      if (config.databaseUrl().isPresent()) database.run(Relayer::requireNobody);
      return new ReorgAcceptance(chains, database, config.reportInterval(), clock)
          .accept(chainId, block);
    }
  }

  /**
   * As {@link #acceptReorg(RelayerConfig, long, long, Clock)}, with settings as for {@link #run}.
   */
  public static ReorgAcceptance.Accepted acceptReorg(
      Path file, Map<String, String> flags, long chainId, long block) {
    RelayerConfig config =
        Config.load(RelayerConfig.class, Optional.of(file), System.getenv(), flags);
    return acceptReorg(config, chainId, block, Clock.systemUTC());
  }

  private static void requireNobody(Tx tx) {
    int alive = StoredInstance.aliveOfAnySchema(tx, Instance.LEASE).size();
    if (alive > 0)
      throw new IllegalStateException(
          "%d instances work with this database: stop all of them first".formatted(alive));
  }

  /** The API's port. */
  public int port() {
    return readyLine.getInteger("port");
  }

  /**
   * What the READY line says: {@code ready}, {@code component}, {@code http}, {@code port}, {@code
   * address}, {@code instance}, {@code pid}.
   */
  public JsonObject readyLine() {
    return readyLine.copy();
  }

  // ------------------------------------------------------------------ assembly

  /** What others than this process have: all of it was found to be what is configured. */
  private record Surroundings(
      Key key,
      Optional<Key> treasury,
      Map<ChainSettings, FollowedChain> chains,
      Database database,
      Web web) {}

  /** What the API is served with. */
  private record Web(PrometheusMeterRegistry registry, Vertx vertx, OpenAPIContract contract) {}

  /** Opens at the same time what does not need each other; what is wrong is told in that order. */
  private Surroundings surroundings(
      RelayerConfig config, Callable<Key> key, Optional<Callable<Key>> treasury, String id) {
    try (Together steps = new Together()) {
      Supplier<Key> own = steps.begin("key", key);
      Optional<Supplier<Key>> other = treasury.map(opening -> steps.begin("treasury", opening));
      Supplier<Map<ChainSettings, FollowedChain>> chains =
          steps.beginWaiting("chains", () -> connect(config.chains()));
      Supplier<Database> database = steps.begin("database", () -> database(config, id));
      Supplier<Web> web = steps.begin("api", this::web);
      Key opened = own.get();
      Optional<Key> filler = other.map(Supplier::get);
      return new Surroundings(opened, filler, chains.get(), database.get(), web.get());
    }
  }

  private void assemble(
      RelayerConfig config, Callable<Key> opening, Optional<Callable<Key>> filling, Clock clock) {
    lock(config.dataDirectory());
    String id = HexFormat.of().toHexDigits(new SecureRandom().nextLong());
    Surroundings found = surroundings(config, opening, filling, id);
    Key key = found.key();
    Optional<Key> treasury = found.treasury();
    Map<ChainSettings, FollowedChain> chains = found.chains();
    FollowedChain home = home(chains.values().stream().toList());
    // Not before the key and the chains are known to be the right ones.
    Database database = found.database();
    StoredInstance self =
        new StoredInstance(id, key.address(), shared(chains, treasury), blobPlace(config));
    // Nor before the database is known to be nobody else's.
    if (config.databaseUrl().isPresent()) database.run(tx -> self.requireAlike(tx, Instance.LEASE));
    database.requireDurable();
    database.migrate();
    Workflows.register(database, chains.values());
    SigningGate gate = new SigningGate();
    Instance instance =
        opened(
            new Instance(
                self,
                Workflows.lines(config),
                chains.values().stream().map(FollowedChain::id).collect(Collectors.toSet()),
                opened(database.forHeartbeat()),
                gate,
                clock));
    // An embedded database is in the data directory, which this process has locked.
    boolean isFirst = instance.join(config.databaseUrl().isEmpty());
    if (isFirst) Task.takeUp(database, clock.instant());
    BlobStore blobs = blobs(config, database, clock);
    Peers peers = opened(new Peers(config.peers()));
    Workflows workflows =
        new Workflows(config, chains, database, gate, instance, blobs, peers, key, treasury, clock);
    Map<Long, Workplace> places = workflows.places();
    List<Loop> loops = new ArrayList<>();
    instance.heartbeat().ifPresent(loops::add);
    opened(() -> Loop.closeAll(loops.subList(1, loops.size())));
    for (Workflow workflow : workflows.all()) {
      List<Loop> started = started(workflow);
      workflow.bells().forEach(bell -> bell.add(started.getFirst()::wake));
      loops.addAll(started);
    }

    Database guests = opened(database.forGuests());
    Health health =
        new Health(
            guests,
            instance,
            workflows.followers(),
            config.chains().stream()
                .collect(Collectors.toMap(ChainSettings::id, c -> c.balance().limits())),
            loops,
            key.address(),
            gate,
            clock);
    IntentDesk desk =
        new IntentDesk(
            places.get(home.id()),
            places.keySet(),
            guests,
            workflows.work(),
            workflows::handed,
            config.http().waitingPerAgent(),
            clock);
    Api api =
        opened(
            new Api(
                found.web().vertx(),
                guests,
                places.get(home.id()),
                places,
                key.address(),
                blobs,
                health,
                new Metrics(found.web().registry(), guests, health, instance, workflows.worker()),
                desk,
                config.http(),
                clock));
    int port = api.listen(found.web().contract(), config.http().host(), config.http().port());
    opened(() -> api.drain(config.http().drain()));
    readyLine
        .put("ready", true)
        .put("component", "relayer")
        .put("http", "http://" + config.http().host() + ":" + port)
        .put("port", port)
        .put("address", key.address().hex())
        .put("instance", id)
        .put("pid", ProcessHandle.current().pid());
    config.http().readyFile().ifPresent(this::announce);
    LOG.info(
        "ready",
        "http",
        readyLine.getString("http"),
        "address",
        key.address(),
        "chains",
        places.keySet());
  }

  /** What has to be the same in all instances: whoever leads decides with it. */
  private static String shared(Map<ChainSettings, FollowedChain> chains, Optional<Key> treasury) {
    return chains.entrySet().stream()
        .map(
            e ->
                "chain %d (finality %s, executor %s, gateway %s%s)"
                    .formatted(
                        e.getValue().id(),
                        e.getKey().finality(),
                        e.getValue().executor(),
                        e.getValue().gateway(),
                        e.getKey()
                            .balance()
                            .topUp()
                            .flatMap(topUp -> treasury.map(t -> filledUp(t.address(), topUp)))
                            .orElse("")))
        .sorted()
        .collect(Collectors.joining(", "));
  }

  /** Each signs for the same day's limit. */
  private static String filledUp(Address treasury, TopUp topUp) {
    return ", below %s filled up with %s by %s, %s a day"
        .formatted(topUp.below(), topUp.amount(), treasury, topUp.perDay());
  }

  /** The data directory is one process's: a second one would stop the first one's database. */
  private void lock(Path directory) {
    try {
      Files.createDirectories(directory);
      FileChannel channel =
          opened(
              FileChannel.open(
                  directory.resolve("relayer.lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE));
      FileLock lock = channel.tryLock();
      if (lock == null) throw new IllegalStateException(inUse(directory));
    } catch (OverlappingFileLockException e) {
      throw new IllegalStateException(inUse(directory), e);
    } catch (IOException e) {
      throw new UncheckedIOException("data directory " + directory + " cannot be used", e);
    }
  }

  private static String inUse(Path directory) {
    return "data directory "
        + directory
        + " is used by another relayer: give each its own data-directory";
  }

  /**
   * The chains, of which some may be down: each is followed once its nodes answer. All nodes are
   * asked at the same time of which chain they are; who does not answer now is asked before it is
   * heard ({@link SeveralNodes}).
   *
   * @throws IllegalArgumentException when a chain's only node, or more than half of its nodes, are
   *     of another chain than configured, or a deployment is
   */
  private static Map<ChainSettings, FollowedChain> connect(List<ChainSettings> configured) {
    Map<ChainSettings, FollowedChain> chains = new LinkedHashMap<>();
    Map<ChainSettings, List<FutureTask<Optional<BigInteger>>>> checks = new LinkedHashMap<>();
    for (ChainSettings settings : configured) {
      List<FutureTask<Optional<BigInteger>>> ofNodes = new ArrayList<>();
      chains.put(settings, connect(settings, ofNodes));
      checks.put(settings, ofNodes);
    }
    checks.values().forEach(ofNodes -> ofNodes.forEach(Thread::startVirtualThread));
    checks.forEach(
        (settings, ofNodes) ->
            requireChain(settings, ofNodes.stream().map(Relayer::answered).toList()));
    return chains;
  }

  private static <T> T answered(FutureTask<T> question) {
    try {
      return question.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException refused) throw refused;
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while asking the nodes", e);
    }
  }

  /**
   * @param checks gets what each node has to be asked before anything is started
   */
  private static FollowedChain connect(
      ChainSettings settings, List<FutureTask<Optional<BigInteger>>> checks) {
    List<JsonRpcClient> nodes =
        settings.rpcUrls().stream().map(url -> node(settings, url)).toList();
    SeveralNodes client =
        new SeveralNodes(settings.id(), Hosts.shownApart(settings.rpcUrls()), nodes);
    Deployment deployment = Deployment.read(settings.deployment());
    BigInteger id = BigInteger.valueOf(settings.id());
    if (!deployment.chainId().equals(id)) {
      throw new IllegalArgumentException(
          "deployment %s is of chain %s, configured is %s"
              .formatted(settings.deployment(), deployment.chainId(), id));
    }
    for (int i = 0; i < nodes.size(); i++) {
      JsonRpcClient node = nodes.get(i);
      String shown = Hosts.shown(settings.rpcUrls().get(i));
      checks.add(new FutureTask<>(() -> chainOf(node, id, shown)));
    }
    return new FollowedChain(
        settings.id(),
        client,
        Finality.of(settings.finality()),
        deployment.block(),
        deployment.homeChainId().longValueExact(),
        deployment.registry(),
        deployment.executor(),
        deployment.gateway(),
        deployment.account(),
        deployment.lens(),
        deployment.remoteGovernance());
  }

  private static JsonRpcClient node(ChainSettings settings, URI url) {
    JsonRpcClient node = trusted(settings, url);
    return Trap.isSet() ? node.toldTo(Trap.RPC) : node;
  }

  private static JsonRpcClient trusted(ChainSettings settings, URI url) {
    if (!settings.checkHeaders()) return new JsonRpcClient(url, RPC_TIMEOUT);
    String advice =
        "Chain %d: if its headers have such fields, set check-headers: false for it; one node's word is then believed about a block's number, parent and time until most nodes contradict it"
            .formatted(settings.id());
    return JsonRpcClient.checkingHeaders(url, RPC_TIMEOUT, advice);
  }

  /** Which chain the node is of; empty: it does not answer yet. */
  private static Optional<BigInteger> chainOf(ChainClient node, BigInteger id, String shown) {
    try {
      return Optional.of(node.chainId());
    } catch (NodeException e) {
      LOG.warn("a node does not answer yet", "chain", id, "node", shown, "reason", e.getMessage());
      return Optional.empty();
    }
  }

  /**
   * What one node of several says stops no relayer: whoever is of another chain is not heard, and
   * counts against the majority until the settings are corrected.
   *
   * @param told of which chain each node is, as far as it answers
   */
  private static void requireChain(ChainSettings settings, List<Optional<BigInteger>> told) {
    BigInteger id = BigInteger.valueOf(settings.id());
    List<Integer> others =
        IntStream.range(0, told.size())
            .filter(i -> told.get(i).filter(actual -> !actual.equals(id)).isPresent())
            .boxed()
            .toList();
    for (int i : others) {
      String shown = Hosts.shown(settings.rpcUrls().get(i));
      BigInteger actual = told.get(i).orElseThrow();
      if (others.size() * 2 > told.size()) {
        throw new IllegalArgumentException(
            "the node %s is of chain %s, configured is %s: correct its rpc-urls"
                .formatted(shown, actual, id));
      }
      LOG.alarm(
          "a node is of another chain and is not heard: correct its rpc-urls",
          "chain",
          id,
          "node",
          shown,
          "actual",
          actual);
    }
  }

  /** For what a person waits for: a node may be started a little later. */
  private static void awaited(ChainClient client) {
    Instant end = Instant.now().plus(NODES_AWAITED);
    while (true) {
      try {
        client.head();
        return;
      } catch (NodeException e) {
        if (Instant.now().isAfter(end)) throw e;
      }
      try {
        Thread.sleep(Duration.ofMillis(300));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while waiting for the nodes", e);
      }
    }
  }

  private static FollowedChain home(List<FollowedChain> chains) {
    List<FollowedChain> homes = chains.stream().filter(FollowedChain::isHome).toList();
    if (homes.size() != 1) {
      throw new IllegalArgumentException(
          "exactly one configured chain must be the home chain, not " + homes.size());
    }
    FollowedChain home = homes.getFirst();
    for (FollowedChain chain : chains) {
      if (!chain.executor().equals(home.executor())
          || !chain.gateway().equals(home.gateway())
          || !chain.account().equals(home.account())) {
        throw new IllegalArgumentException(
            "chain %d has executor %s, gateway %s and account %s, home has %s, %s and %s: not one deployment"
                .formatted(
                    chain.id(),
                    chain.executor(),
                    chain.gateway(),
                    chain.account(),
                    home.executor(),
                    home.gateway(),
                    home.account()));
      }
    }
    return home;
  }

  /** In the directory that is configured for them; else in the database. */
  private static BlobStore blobs(RelayerConfig config, Database database, Clock clock) {
    return config.blobDirectory().isPresent()
        ? new EmbeddedBlobStore(config.blobs(), clock)
        : new DatabaseBlobStore(database, new DirectoryBlobSource(config.blobs()));
  }

  /** Where instances have to find each other's blobs; in the database they do. */
  private static String blobPlace(RelayerConfig config) {
    return config.blobDirectory().map(BlobPlace::id).orElse("database");
  }

  private static List<Loop> started(Workflow workflow) {
    if (workflow.threads() == 1)
      return List.of(Loop.start(workflow.name(), workflow.interval(), workflow.round()));
    return Loop.crew(workflow.name(), workflow.interval(), workflow.round(), workflow.threads());
  }

  /** Not migrated yet. */
  private Database database(RelayerConfig config, String instance) {
    String url =
        config
            .databaseUrl()
            .map(Relayer::jdbc)
            .orElseGet(
                () ->
                    opened(EmbeddedServer.start(config.dataDirectory().resolve("postgres")))
                        .jdbcUrl());
    return opened(Database.connect(url, instance));
  }

  /** {@code postgresql://user:password@host:port/name?x=y} as JDBC wants it. */
  static String jdbc(URI url) {
    StringBuilder jdbc =
        new StringBuilder("jdbc:postgresql://")
            .append(url.getHost())
            .append(url.getPort() < 0 ? "" : ":" + url.getPort())
            .append(url.getPath())
            .append(url.getRawQuery() == null ? "?" : "?" + url.getRawQuery() + "&");
    if (url.getUserInfo() != null) {
      String[] parts = url.getUserInfo().split(":", 2);
      jdbc.append("user=").append(encoded(parts[0]));
      if (parts.length == 2) jdbc.append("&password=").append(encoded(parts[1]));
    }
    return jdbc.toString();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private Web web() {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Vertx vertx = vertx(registry);
    return new Web(registry, vertx, Api.contract(vertx));
  }

  private Vertx vertx(PrometheusMeterRegistry registry) {
    VertxOptions options =
        new VertxOptions()
            .setEventLoopPoolSize(2)
            .setMetricsOptions(
                new MicrometerMetricsOptions()
                    .setEnabled(true)
                    .setPrometheusOptions(new VertxPrometheusOptions().setEnabled(true)));
    Vertx vertx =
        Vertx.builder().with(options).withMetrics(new MicrometerMetricsFactory(registry)).build();
    parts.push(() -> vertx.close().await());
    return vertx;
  }

  private void announce(Path readyFile) {
    try {
      Path draft = readyFile.resolveSibling(readyFile.getFileName() + ".tmp");
      Files.writeString(draft, readyLine.encode() + "\n");
      Files.move(
          draft, readyFile, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException("ready file " + readyFile + " cannot be written", e);
    }
  }

  private <T extends AutoCloseable> T opened(T part) {
    parts.push(part);
    return part;
  }

  /** Stops everything, the newest part first, and the embedded database last. */
  @Override
  public void close() {
    while (!parts.isEmpty()) {
      AutoCloseable part = parts.pop();
      try {
        part.close();
      } catch (Exception e) {
        LOG.warn(
            "did not close cleanly",
            "part",
            part.getClass().getSimpleName(),
            "reason",
            Journal.reason(e));
      }
    }
  }
}
