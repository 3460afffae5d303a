package org.mandate.cli.bench.recovery;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.mandate.cli.Output;
import org.mandate.cli.bench.Figures;
import org.mandate.cli.bench.recovery.Tally.Harm;

/** All seeds, some at a time; after each lot everybody may run, and everything is looked at. */
final class Recovery {
  private static final int LOT = 25;

  /** So many lots on one ground, which is 1,500 blocks. */
  private static final int LOTS = 2;

  private static final int MOST_AGAIN = 4;

  private final Path root;
  private final long first;
  private final int seeds;
  private final Duration patience;
  private final Consumer<String> progress;
  private final Tally tally = new Tally();
  private final List<String> wrong = new ArrayList<>();
  private Ground ground;
  private int lots;

  Recovery(
      Path root, long first, int seeds, Duration patience, BiConsumer<String, Object[]> progress) {
    this.root = root;
    this.first = first;
    this.seeds = seeds;
    this.patience = patience;
    this.progress = line -> progress.accept("%s", new Object[] {line});
  }

  Figures run() throws Exception {
    var seeds = LongStream.range(first, first + this.seeds).boxed().toList();
    try {
      run(seeds);
      // What a seed was too early or too late for is tried again, by other seeds.
      for (int again = 0; again < MOST_AGAIN && isFull(); again++) {
        var round = again;
        run(
            notReached().stream()
                .map(p -> Schedule.others(p, first + this.seeds).skip(round).findFirst())
                .map(OptionalLong::orElseThrow)
                .toList());
      }
    } finally {
      if (ground != null) ground.close();
    }
    return figures();
  }

  private void run(List<Long> seeds) throws Exception {
    for (int from = 0; from < seeds.size() && wrong.isEmpty(); from += LOT) {
      if (lots++ % LOTS == 0) move();
      lot(seeds.subList(from, Math.min(from + LOT, seeds.size())));
    }
  }

  private void move() throws Exception {
    if (ground != null) ground.close();
    ground = null; // not closed twice where the next one cannot be prepared
    progress.accept("setting up: two chains, contracts, PostgreSQL, agents, three relayers");
    ground = Ground.prepare(root, tally);
  }

  /** One after another at each relayer, then what all of them stop for, then a look. */
  private void lot(List<Long> seeds) throws Exception {
    var lot =
        seeds.stream()
            .map(seed -> Schedule.of(seed, ground.relayers().size(), Ground.AGENTS))
            .toList();
    var deep = lot.stream().filter(Schedule::isDeep).toList();
    kill(lot.stream().filter(s -> !s.isDeep()).toList());
    rest(lot);
    if (!deep.isEmpty() && wrong.isEmpty()) {
      new Depths(ground.town(), ground.relayers(), ground.clients(), ground.audit(), tally)
          .run(deep);
      rest(deep);
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
      ground.town().keepDirectory();
      progress.accept("logs: " + ground.town().directory());
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

  /** Each relayer goes through its own seeds; all of them at the same time. */
  private void kill(List<Schedule> lot) throws Exception {
    var relayers = ground.relayers();
    Together.each(
        "a lot of seeds",
        IntStream.range(0, relayers.size()).boxed().toList(),
        victim -> {
          var lane =
              new Lane(ground.town(), relayers.get(victim), ground.clients(), tally, patience);
          var mine = lot.stream().filter(s -> s.victim() == victim).toList();
          if (mine.isEmpty()) relayers.get(victim).start(Map.of()); // the others' peer
          for (var schedule : mine) {
            ground.clients().ask(schedule);
            lane.run(schedule);
          }
        });
  }

  private void rest(List<Schedule> lot) throws Exception {
    var relayers = ground.relayers();
    for (var relayer : relayers) {
      if (!relayer.isAlive()) {
        relayer.start(Map.of());
      }
    }
    for (var relayer : relayers) {
      relayer.awaitReady();
    }
    ground.clients().await();
    var found = ground.audit().look(ground.clients().asked());
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

  private Figures figures() {
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
            .put("payments", tally.payments())
            .put("lost", tally.harms(Harm.LOST))
            .put("doubled", tally.harms(Harm.DOUBLED))
            .put("jammed", tally.harms(Harm.JAMMED))
            .put("nonceGaps", tally.harms(Harm.NONCE_GAP))
            .put("endedByThemselves", tally.ended())
            .put("failpoints", Schedule.all().size())
            .put("failpointsReached", reached);
    var troubles = values.putObject("troubles");
    tally.troubles().forEach(troubles::put);
    var refused = values.putObject("refused");
    tally.refused().forEach(refused::put);
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
    lines.add(line("payments accepted", tally.payments()));
    tally.refused().forEach((what, times) -> lines.add(line("refused: " + what, times)));
    lines.add(line("lost", tally.harms(Harm.LOST)));
    lines.add(line("executed twice", tally.harms(Harm.DOUBLED)));
    lines.add(line("jammed", tally.harms(Harm.JAMMED)));
    lines.add(line("nonce gaps", tally.harms(Harm.NONCE_GAP)));
    all.forEach(fault -> lines.add("WRONG: " + fault));
    return new Figures(all.isEmpty(), values, lines);
  }

  private static String line(String what, long count) {
    return String.format(Locale.ROOT, "%-32s %,9d", what, count);
  }
}
