package org.mandate.cli.bench.recovery;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.mandate.cli.Output;
import org.mandate.cli.bench.Figures;
import org.mandate.cli.local.LocalChain;
import org.mandate.cli.local.MandateCommand;
import org.mandate.cli.local.RelayerSettings;
import org.mandate.cli.local.Service;
import org.mandate.cli.local.Town;

/** All seeds, some at a time; after each lot everybody may run, and everything is looked at. */
final class Recovery {
  private static final int LOT = 25;
  private static final int AGENTS = 5;
  private static final int MOST_AGAIN = 4;
  private static final Duration REST = Duration.ofMinutes(5);

  private final Path root;
  private final long first;
  private final int seeds;
  private final Duration patience;
  private final Consumer<String> progress;
  private final Tally tally = new Tally();
  private final List<String> wrong = new ArrayList<>();

  Recovery(
      Path root, long first, int seeds, Duration patience, BiConsumer<String, Object[]> progress) {
    this.root = root;
    this.first = first;
    this.seeds = seeds;
    this.patience = patience;
    this.progress = line -> progress.accept("%s", new Object[] {line});
  }

  Figures run() throws Exception {
    progress.accept("setting up: two chains, contracts, PostgreSQL, agents, three relayers");
    // The finalized block is four behind the head: a reorg of two is none of what is final.
    var blocks =
        LocalChain.Settings.DEFAULT.withBlockTime(Duration.ofMillis(250)).withSlotsInEpoch(2);
    try (var town = Town.build(root, Town.Plan.DEFAULT.withBlocks(blocks).withAgents(AGENTS));
        var pins = new Pins()) {
      var relayers = town.relayers(settings(pins));
      var clients = new Clients(town, relayers, tally);
      var audit = new Audit(town, relayers, REST);
      for (long from = first; from < first + seeds && wrong.isEmpty(); from += LOT) {
        run(
            town,
            relayers,
            clients,
            audit,
            LongStream.range(from, Math.min(from + LOT, first + seeds)));
      }
      // What a seed was too early or too late for is tried again, by other seeds.
      for (int again = 0; again < MOST_AGAIN && isFull() && wrong.isEmpty(); again++) {
        var round = again;
        var missed = notReached();
        for (int from = 0; from < missed.size() && wrong.isEmpty(); from += LOT) {
          var some = missed.subList(from, Math.min(from + LOT, missed.size()));
          run(
              town,
              relayers,
              clients,
              audit,
              some.stream()
                  .mapToLong(
                      p ->
                          Schedule.others(p, first + seeds).skip(round).findFirst().orElseThrow()));
        }
      }
      return figures(clients, audit);
    }
  }

  /** A lot: one after another at each relayer, then what all of them stop for, then a look. */
  private void run(
      Town town, List<Service> relayers, Clients clients, Audit audit, LongStream seeds)
      throws Exception {
    var lot = seeds.mapToObj(seed -> Schedule.of(seed, relayers.size(), AGENTS)).toList();
    var deep = lot.stream().filter(Schedule::isDeep).toList();
    kill(town, relayers, clients, lot.stream().filter(s -> !s.isDeep()).toList());
    rest(relayers, clients, audit, lot);
    if (!deep.isEmpty() && wrong.isEmpty()) {
      new Depths(town, relayers, clients, audit, tally).run(deep);
      rest(relayers, clients, audit, deep);
    }
    progress.accept(
        "seeds %d to %d: %d kills so far, %d of %d failpoints, %s"
            .formatted(
                lot.getFirst().seed(),
                lot.getLast().seed(),
                tally.allKills(),
                Schedule.all().size() - notReached().size(),
                Schedule.all().size(),
                wrong.isEmpty() ? "nothing wrong" : wrong.size() + " things wrong"));
    if (!wrong.isEmpty()) { // what is wrong now would be found wrong again and again
      town.keepDirectory();
      progress.accept("logs: " + town.directory());
    }
  }

  /** Whether every failpoint must be reached. */
  private boolean isFull() {
    return seeds >= Schedule.all().size();
  }

  private List<String> notReached() {
    var kills = tally.kills();
    return Schedule.all().stream().filter(p -> !kills.containsKey(p)).toList();
  }

  private static RelayerSettings settings(Pins pins) {
    return RelayerSettings.DEFAULT
        .withIntervals(
            Duration.ofMillis(100),
            Duration.ofMillis(500),
            Duration.ofMillis(500),
            Duration.ofMillis(500),
            Duration.ofSeconds(1))
        .with("ipfs-api: " + pins.url(), "")
        .withJvm(MandateCommand.SMALL.toArray(String[]::new));
  }

  /** Each relayer goes through its own seeds; all of them at the same time. */
  private void kill(Town town, List<Service> relayers, Clients clients, List<Schedule> lot)
      throws Exception {
    Together.each(
        "a lot of seeds",
        IntStream.range(0, relayers.size()).boxed().toList(),
        victim -> {
          var lane = new Lane(town, relayers.get(victim), clients, tally, patience);
          var mine = lot.stream().filter(s -> s.victim() == victim).toList();
          if (mine.isEmpty()) relayers.get(victim).start(Map.of()); // the others' peer
          for (var schedule : mine) {
            clients.ask(schedule);
            lane.run(schedule);
          }
        });
  }

  private void rest(List<Service> relayers, Clients clients, Audit audit, List<Schedule> lot)
      throws Exception {
    for (var relayer : relayers) {
      if (!relayer.isAlive()) {
        relayer.start(Map.of());
      }
    }
    for (var relayer : relayers) {
      relayer.awaitReady();
    }
    clients.await();
    var found = audit.look(clients.accepted());
    wrong.addAll(found);
    if (!found.isEmpty()) {
      found.forEach(progress);
      lot.forEach(schedule -> progress.accept(schedule.words()));
    }
    for (var relayer : relayers) {
      relayer.kill();
      tally.killedIdle();
    }
  }

  private Figures figures(Clients clients, Audit audit) {
    var all = new ArrayList<>(wrong);
    all.addAll(tally.faults());
    var kills = tally.kills();
    var missed = notReached();
    if (isFull()) {
      missed.forEach(point -> all.add("nobody was killed at " + point));
    }
    var reached = Schedule.all().size() - missed.size();
    var values =
        Output.object()
            .put("seeds", seeds)
            .put("firstSeed", first)
            .put("kills", tally.allKills())
            .put("idleKills", tally.idleKills())
            .put("killsWhileRecovering", tally.twice())
            .put("payments", clients.accepted().size())
            .put("lost", audit.lost())
            .put("doubled", audit.doubled())
            .put("jammed", audit.jammed())
            .put("nonceGaps", audit.nonceGaps())
            .put("endedByThemselves", tally.ended())
            .put("failpoints", Schedule.all().size())
            .put("failpointsReached", reached);
    var troubles = values.putObject("troubles");
    tally.troubles().forEach(troubles::put);
    var byFailpoint = values.putObject("byFailpoint");
    kills.forEach(byFailpoint::put);
    var unreached = values.putArray("notReached");
    missed.forEach(unreached::add);
    var byTest = values.putObject("killedByTests");
    new TreeMap<>(Schedule.BY_TEST).forEach(byTest::put);
    var faults = values.putArray("faults");
    all.forEach(faults::add);
    var lines = new ArrayList<String>();
    lines.add(line("seeds", seeds));
    lines.add(line("kills with SIGKILL", tally.allKills()));
    lines.add(line("  of them while recovering", tally.twice()));
    lines.add(line("beside: when all was quiet", tally.idleKills()));
    lines.add(line("failpoints reached", reached) + " of " + Schedule.all().size());
    lines.add(line("  others, by tests of their own", Schedule.BY_TEST.size()));
    tally.troubles().forEach((what, times) -> lines.add(line("beside: " + what, times)));
    lines.add(line("payments accepted", clients.accepted().size()));
    lines.add(line("lost", audit.lost()));
    lines.add(line("executed twice", audit.doubled()));
    lines.add(line("jammed", audit.jammed()));
    lines.add(line("nonce gaps", audit.nonceGaps()));
    all.forEach(fault -> lines.add("WRONG: " + fault));
    return new Figures(all.isEmpty(), values, lines);
  }

  private static String line(String what, long count) {
    return String.format(Locale.ROOT, "%-32s %,9d", what, count);
  }
}
