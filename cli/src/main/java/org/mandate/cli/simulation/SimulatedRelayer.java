package org.mandate.cli.simulation;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.mandate.audit.EmbeddedBlobStore;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Deployment;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.gateway.Attestation;
import org.mandate.relayer.Journal;
import org.mandate.relayer.Loop;
import org.mandate.relayer.RelayerConfig;
import org.mandate.relayer.RelayerConfig.ChainSettings;
import org.mandate.relayer.Workflows;
import org.mandate.relayer.Workflows.Workflow;
import org.mandate.relayer.api.IntentDesk;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.follow.SeveralNodes;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.StoredMessage;
import org.mandate.relayer.work.Workplace;

/** A relayer: its database outlives its processes, of which there is one at a time. */
final class SimulatedRelayer {
  /** Workflows look that much more seldom than in earnest: what counts is that news wakes them. */
  private static final int SLOWER = 8;

  private static final Duration LEAST = Duration.ofSeconds(4);
  private static final Duration MOST = Duration.ofSeconds(30);

  private final World world;
  private final int index;
  private final RelayerConfig config;
  private final String url;
  private final Path directory;
  private final Duration skew;
  private final int nodes;
  private final Dice dice;
  private final Deque<Connection> connections = UnreliableDatabase.connections();
  private final List<Strands.Strand> strands = new ArrayList<>();
  private final Map<String, String> failures = new TreeMap<>();
  private Optional<Life> life = Optional.empty();
  private Optional<IntentDesk> desk = Optional.empty();
  private int lives;
  private boolean deskTaken;

  /**
   * @param url of its database
   * @param skew how far its clock is off
   * @param nodes how many of each chain it asks
   */
  SimulatedRelayer(
      World world,
      int index,
      RelayerConfig config,
      String url,
      Path directory,
      Duration skew,
      int nodes,
      Dice dice) {
    this.world = world;
    this.index = index;
    this.config = config;
    this.url = url;
    this.directory = directory;
    this.skew = skew;
    this.nodes = nodes;
    this.dice = dice;
  }

  String name() {
    return "r" + index;
  }

  String url() {
    return url;
  }

  int lives() {
    return lives;
  }

  /** Whose rounds failed last, and why. */
  Map<String, String> failures() {
    return Map.copyOf(failures);
  }

  /** Takes intents and approvals; empty while no process runs. */
  Optional<IntentDesk> desk() {
    return life.filter(l -> !l.isOver()).flatMap(l -> desk);
  }

  /**
   * One asks after the other: the desk lets those wait for each other who ask for the same, which
   * nobody here may do but by sleeping. Answers whether anybody was there to ask.
   */
  boolean atDesk(Consumer<IntentDesk> request) {
    while (deskTaken) world.strands().sleep(10);
    Optional<IntentDesk> open = desk();
    if (open.isEmpty()) return false;
    deskTaken = true;
    try {
      request.accept(open.get());
      return true;
    } finally {
      deskTaken = false;
    }
  }

  /** Starts a process, which starts again after a while when it cannot come up. */
  void start() {
    Life own = new Life(name() + "." + ++lives, world.strands());
    life = Optional.of(own);
    failures.clear();
    strands.clear();
    world.touch();
    strands.add(
        world
            .strands()
            .begin(
                own.name() + " start",
                0,
                () -> {
                  try {
                    assemble(own);
                  } catch (RuntimeException e) {
                    world.trace(own.name(), "does not start", Journal.reason(e));
                    restart(own, 5_000);
                  }
                }));
  }

  /** It is to crash after so many steps; after a while another process is started. */
  void crashAfter(long steps) {
    life.ifPresent(l -> l.dieAfter(steps));
  }

  /** If its process has died, another one is started after a while. */
  boolean revive(Dice chance) {
    Optional<Life> dead = life.filter(Life::isOver);
    dead.ifPresent(l -> restart(l, chance.between(1_000, chance.in1000(200) ? 3_600_000 : 60_000)));
    return dead.isPresent();
  }

  void close() {
    life.ifPresent(Life::end);
    for (Connection connection : connections) {
      try {
        connection.close();
      } catch (SQLException e) {
        // It is not needed any more.
      }
    }
  }

  private void restart(Life own, long after) {
    own.end();
    desk = Optional.empty();
    life = Optional.empty();
    List<Strands.Strand> dying = List.copyOf(strands);
    dying.forEach(Strands.Strand::hurry);
    world.trace(own.name(), "ended");
    world
        .strands()
        .begin(
            name() + " supervisor",
            after,
            () -> {
              while (!dying.stream().allMatch(Strands.Strand::hasEnded)) {
                dying.forEach(Strands.Strand::hurry);
                world.strands().sleep(1_000);
              }
              start();
            });
  }

  private void assemble(Life own) {
    Clock clock = world.strands().clock(skew);
    Dice own2 = dice.apart();
    Database database =
        Database.over(new UnreliableDatabase(world, own, own2.apart(), url, connections));
    Map<ChainSettings, FollowedChain> chains = new LinkedHashMap<>();
    for (ChainSettings settings : config.chains()) {
      chains.put(settings, followed(own, settings, own2));
    }
    Workflows workflows =
        new Workflows(
            config,
            chains,
            database,
            new EmbeddedBlobStore(directory.resolve("blobs"), clock),
            (root, taker, until) -> ask(own, own2, root, taker, until),
            Ground.key(Ground.relayer(index)),
            clock);
    Workplace home = workflows.places().get(Ground.HOME);
    desk =
        Optional.of(
            new IntentDesk(
                home,
                Set.copyOf(Ground.CHAINS),
                database,
                workflows.work(),
                workflows::handed,
                config.http().waitingPerAgent(),
                clock));
    for (Workflow workflow : workflows.all()) {
      Strands.Crew crew = world.strands().new Crew();
      workflow.bells().forEach(bell -> bell.add(crew::wake));
      for (int i = 0; i < workflow.threads(); i++) {
        String name = workflow.threads() == 1 ? workflow.name() : workflow.name() + "-" + i;
        Strands.Strand strand =
            world
                .strands()
                .begin(crew, own.name() + " " + name, 1, () -> repeat(own, name, workflow));
        strands.add(strand);
      }
    }
  }

  private FollowedChain followed(Life own, ChainSettings settings, Dice own2) {
    SimulatedChain chain = world.chain(settings.id());
    List<ChainClient> clients = new ArrayList<>();
    for (int i = 0; i < nodes; i++) {
      clients.add(
          UnreliableNode.of(
              world, own, own.name() + " node " + settings.id() + "/" + i, chain, own2.apart()));
    }
    Deployment deployment = world.ground().of(settings.id());
    return new FollowedChain(
        settings.id(),
        new SeveralNodes(clients, () -> world.now() * 1_000_000, Runnable::run),
        Finality.of(settings.finality()),
        chain.start(),
        Ground.HOME,
        deployment.registry(),
        deployment.executor(),
        deployment.gateway(),
        deployment.account(),
        deployment.lens(),
        deployment.remoteGovernance());
  }

  /** As {@link Loop} does it, in virtual time. */
  private void repeat(Life own, String name, Workflow workflow) {
    long interval = slower(workflow.interval());
    long pause = interval;
    while (!own.isOver()) {
      try {
        boolean more = workflow.round().run();
        failures.remove(name);
        pause = more ? 0 : interval;
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      } catch (RuntimeException | Error e) {
        if (Loop.isFatal(e)) throw e;
        failures.put(name, Journal.reason(e));
        world.trace(own.name(), name + " failed", e);
        pause = Math.min(Math.max(pause, 1_000) * 2, MOST.toMillis());
      }
      if (pause == 0) own.sleep(0);
      else world.strands().rest(pause);
    }
  }

  private static long slower(Duration interval) {
    Duration each = interval.multipliedBy(SLOWER);
    if (each.compareTo(LEAST) < 0) each = LEAST;
    return (each.compareTo(MOST) > 0 ? MOST : each).toMillis();
  }

  /** What the others have signed, as far as their answers arrive in time. */
  private void ask(
      Life own, Dice own2, Hash root, Consumer<Attestation> taker, Supplier<Instant> until) {
    for (SimulatedRelayer peer : world.relayers()) {
      if (peer == this) continue;
      own.sleep(own2.between(1, 300));
      boolean lost = peer.desk().isEmpty() || own2.in1000(world.faults().peer());
      if (lost) own.sleep(2_000);
      if (world.strands().clock(skew).instant().isAfter(until.get())) return;
      if (lost) continue;
      List<StoredMessage.Signed> known =
          world.look(peer).inTransaction(tx -> StoredMessage.attestations(tx, root));
      world.trace(own.name(), "peer " + peer.name(), known.size());
      for (StoredMessage.Signed one : known) {
        taker.accept(one.attestation());
        if (own2.in1000(world.faults().twice())) taker.accept(one.attestation());
      }
    }
  }
}
