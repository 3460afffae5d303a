package org.mandate.cli.simulation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import org.mandate.chain.Block;
import org.mandate.cli.local.Reaper;
import org.mandate.config.Config;
import org.mandate.relayer.RelayerConfig;
import org.mandate.relayer.store.Database;

/**
 * One simulation: chains, relayers, their databases and everybody who asks something of them, all
 * in virtual time. When nothing is left to happen for a while, time leaps to what comes next.
 */
final class World implements AutoCloseable {
  static final int FINALITY = 4;
  private static final long BLOCK = 12_000;

  /** After the last thing that happened: time enough to become final, and for what follows. */
  private static final long QUIET = (FINALITY + 2) * BLOCK + 40_000;

  /** After a leap: time enough to notice what is due. */
  private static final long LOOK_ROUND = 3 * BLOCK;

  private static final long FIRST_LEAP = Duration.ofHours(1).toMillis();

  /** What is due sooner does not shorten a leap: it is done a little late. */
  private static final long NEAR = Duration.ofMinutes(20).toMillis();

  private static final long MOST_LEAP = Duration.ofHours(24).toMillis();
  private static final long CALM = Duration.ofHours(6).toMillis();
  private static final long MOST_REST = Duration.ofDays(12).toMillis();
  private static final long LOOK_FOR_REST = 60_000;

  private final Ground ground;
  private final Dice dice;
  private final Trace trace = new Trace();
  private final Strands strands;
  private final Map<Long, SimulatedChain> chains = new LinkedHashMap<>();
  private final List<SimulatedRelayer> relayers = new ArrayList<>();
  private final Map<SimulatedRelayer, Look> looks = new LinkedHashMap<>();
  private final TreeSet<Long> appointments = new TreeSet<>();
  private final List<Plan> plans;
  private final Oracle oracle;
  private final Actors actors;
  private final long began;
  private final long ends;
  private long touched;
  private long leapt;
  private long leap = FIRST_LEAP;
  private long looked;
  private int leaps;
  private long millisLeapt;
  private int blocks;
  private int reorgs;
  private int crashes;

  /**
   * @param urls of an empty, migrated database for each relayer
   * @param directory for what relayers keep beside it
   * @param planted at which of its looks the oracle is to find fault, whatever it sees
   */
  World(
      Ground ground,
      Reaper reaper,
      Path root,
      Path directory,
      List<String> urls,
      long seed,
      int intents,
      Duration length,
      OptionalLong planted)
      throws IOException, SQLException {
    this.ground = ground;
    this.dice = new Dice(seed);
    for (int i = 0; i < Ground.CHAINS.size(); i++) {
      long id = Ground.CHAINS.get(i);
      chains.put(
          id,
          SimulatedChain.start(
              root, reaper, id, ground.states().get(i), ground.deployments().get(i)));
    }
    Instant latest =
        chains.values().stream()
            .map(c -> c.head().timestamp())
            .max(Instant::compareTo)
            .orElseThrow();
    this.began = latest.plusSeconds(60).toEpochMilli();
    this.strands = new Strands(began);
    this.plans = Script.of(ground, dice.apart(), intents, began + 10 * BLOCK, length);
    this.ends = plans.getLast().at() + CALM;
    appointments.add(ends);
    int nodes = dice.in1000(300) ? 3 : 1;
    for (int i = 0; i < urls.size(); i++) {
      SimulatedRelayer relayer =
          new SimulatedRelayer(
              this,
              i,
              config(i, directory.resolve("relayer-" + i)),
              urls.get(i),
              directory.resolve("relayer-" + i),
              Duration.ofMillis(dice.between(-1500, 1500)),
              nodes,
              dice.apart());
      relayers.add(relayer);
      looks.put(relayer, new Look(urls.get(i)));
    }
    this.oracle = new Oracle(this, planted);
    this.actors = new Actors(this, dice.apart());
    this.touched = began;
  }

  private static RelayerConfig config(int i, Path directory) throws IOException {
    Files.createDirectories(directory);
    StringBuilder yaml = new StringBuilder("chains:\n");
    for (long chain : Ground.CHAINS) {
      yaml.append(
          """
            - id: %d
              rpc-urls: ["http://127.0.0.1:1"]
              deployment: none.json
              finality: "%d"
              poll-interval: 1s
          """
              .formatted(chain, FINALITY));
    }
    yaml.append(
        """
        key:
          file: none.json
          address: "%s"
          passphrase-variable: NONE
        data-directory: data
        peers: []
        http:
          port: 0
        publish-interval: 1h
        stagger: 20s
        attestation-patience: 5s
        report-interval: 1m
        """
            .formatted(Ground.address(Ground.relayer(i))));
    Path file = directory.resolve("relayer.yaml");
    Files.writeString(file, yaml);
    return Config.load(RelayerConfig.class, Optional.of(file), Map.of(), Map.of());
  }

  Ground ground() {
    return ground;
  }

  Strands strands() {
    return strands;
  }

  long now() {
    return strands.now();
  }

  SimulatedChain chain(long id) {
    return chains.get(id);
  }

  List<SimulatedRelayer> relayers() {
    return relayers;
  }

  List<Plan> plans() {
    return plans;
  }

  /** A relayer's database as it is. */
  Database look(SimulatedRelayer relayer) {
    return looks.get(relayer).database();
  }

  /** What goes wrong now; nothing any more once the script is over. */
  Faults faults() {
    return now() < ends ? Faults.USUAL : Faults.NONE;
  }

  void trace(String who, String what, Object... values) {
    trace.step(now(), who, what, values);
  }

  Trace trace() {
    return trace;
  }

  /** Something happened: what follows from it must not be leapt over. */
  void touch() {
    touched = now();
    leap = FIRST_LEAP;
  }

  /** Time will not leap over that moment. */
  void appoint(long at) {
    appointments.add(at);
  }

  long hours() {
    return Duration.ofMillis(now() - began).toHours();
  }

  /** How often time leapt over what nobody needed. */
  int leaps() {
    return leaps;
  }

  /** Of {@link #hours}, those that it leapt over: nothing happened in them. */
  long hoursLeapt() {
    return Duration.ofMillis(millisLeapt).toHours();
  }

  int blocks() {
    return blocks;
  }

  int reorgs() {
    return reorgs;
  }

  int crashes() {
    return crashes;
  }

  /**
   * Lets it all happen.
   *
   * @throws Throwable what must not happen, as an {@link AssertionError} where a law is broken
   */
  void run() throws Throwable {
    relayers.forEach(SimulatedRelayer::start);
    chains
        .values()
        .forEach(chain -> strands.begin("chain " + chain.id(), BLOCK, () -> makeBlocks(chain)));
    actors.begin(plans);
    strands.run(this::goesOn);
    oracle.end();
  }

  private void makeBlocks(SimulatedChain chain) {
    while (true) {
      Faults faults = faults();
      int depth = (int) dice.between(1, FINALITY);
      if (dice.in1000(faults.reorg()) && chain.head().number() - depth > chain.start()) {
        reorgs++;
        chain.reorg(depth);
        touch();
        trace("chain " + chain.id(), "reorg", depth);
        if (dice.in1000(500)) chain.sendAgain();
      }
      if (dice.in1000(faults.fees())) chain.makeDear(dice.between(2, 8));
      if (chain.mine(now() / 1000)) touch();
      blocks++;
      Block head = chain.head();
      trace("chain " + chain.id(), "block", head.number(), head.hash());
      oracle.step();
      actors.look(chain);
      if (chain.id() == Ground.HOME && dice.in1000(faults.crash() * relayers.size()))
        dice.one(relayers).crashAfter(dice.between(1, 300));
      strands.sleep(BLOCK);
    }
  }

  private boolean goesOn() {
    for (SimulatedRelayer relayer : relayers) {
      if (relayer.revive(dice)) {
        crashes++;
        touch();
      }
    }
    if (now() > ends + MOST_REST)
      throw new AssertionError("it does not come to rest:\n" + oracle.unrest());
    if (now() > ends && now() - looked > LOOK_FOR_REST) {
      looked = now();
      if (oracle.isAtRest()) return false;
    }
    if (now() - touched > QUIET && now() - leapt > LOOK_ROUND) leap();
    return true;
  }

  private void leap() {
    long to = now() + leap;
    Long next = appointments.higher(now());
    if (next != null) to = Math.min(to, next);
    for (SimulatedRelayer relayer : relayers) {
      to = Math.min(to, Oracle.nextDue(look(relayer), now() + NEAR));
    }
    long before = now();
    strands.leap(to);
    leapt = now();
    millisLeapt += leapt - before;
    leap = Math.min(MOST_LEAP, leap * 2);
    leaps++;
  }

  @Override
  public void close() throws SQLException {
    for (Look look : looks.values()) look.close();
    relayers.forEach(SimulatedRelayer::close);
    chains.values().forEach(SimulatedChain::close);
  }
}
