package org.mandate.cli.bench.recovery;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.mandate.cli.Output;
import org.mandate.cli.bench.Figures;
import org.mandate.cli.bench.recovery.Tally.Harm;
import org.mandate.cli.local.Service;

/** Payments of all kinds, attackers side by side, and somebody who starts again what ended. */
final class Siege {
  private static final int ATTACKERS = 2;

  /** Each asks for four payments or more, of all kinds. */
  private static final Duration BETWEEN_SEEDS = Duration.ofSeconds(4);

  /** In so long a time each kind of attack happens. */
  private static final Duration LONG = Duration.ofMinutes(10);

  private static final int BETWEEN_ATTACKS_MILLIS = 3_000;

  /** As a service manager does it. */
  private static final Duration RESTART = Duration.ofSeconds(1);

  private final Path root;
  private final Duration time;
  private final long seed;
  private final Consumer<String> progress;
  private final Tally tally = new Tally();
  private final AtomicBoolean over = new AtomicBoolean();
  private List<String> neverDone = List.of();

  Siege(Path root, Duration time, long seed, Consumer<String> progress) {
    this.root = root;
    this.time = time;
    this.seed = seed;
    this.progress = progress;
  }

  Figures run() throws Exception {
    progress.accept("setting up: two chains, contracts, PostgreSQL, agents, four processes");
    try (var ground = Ground.prepare(root, tally)) {
      var services = new ArrayList<>(ground.relayers());
      services.add(ground.secondOfFirst());
      for (var service : services) service.start(Map.of());
      for (var service : services) service.awaitReady();
      var keeper = begin("keeper", () -> keep(services));
      var attackers = new ArrayList<Attempt>();
      for (int i = 0; i < ATTACKERS; i++) {
        var attacks = new Attacks(ground, services, tally, new Random(seed * ATTACKERS + i));
        neverDone = attacks.names(); // so far
        attackers.add(begin("attacker", () -> attack(attacks, new Random(seed))));
      }
      try {
        ask(ground);
      } finally {
        over.set(true);
      }
      for (var attacker : attackers) attacker.join();
      var done = tally.troubles().keySet();
      neverDone = neverDone.stream().filter(name -> !done.contains(name)).toList();
      keeper.join();
      progress.accept("all attacks are over: whatever was accepted must come to its end");
      for (var service : services) {
        if (!service.isAlive()) service.start(Map.of());
        service.awaitReady();
      }
      ground.clients().await();
      var wrong = ground.audit().look(ground.clients().asked());
      if (!wrong.isEmpty()) {
        ground.town().keepDirectory();
        progress.accept("logs: " + ground.town().directory());
      }
      for (var service : services) service.stop();
      return figures(wrong);
    }
  }

  private void ask(Ground ground) throws InterruptedException {
    var end = System.nanoTime() + time.toNanos();
    var told = System.nanoTime();
    for (long i = 0; System.nanoTime() < end; i++) {
      ground
          .clients()
          .ask(Schedule.of(seed * 1_000_000 + i, ground.relayers().size(), Ground.AGENTS));
      Thread.sleep(BETWEEN_SEEDS);
      if (System.nanoTime() - told > Duration.ofMinutes(1).toNanos()) {
        told = System.nanoTime();
        progress.accept(
            "%d minutes left, %d payments, %d attacks"
                .formatted(
                    Duration.ofNanos(end - told).toMinutes(),
                    tally.payments(),
                    tally.troubles().values().stream().mapToInt(n -> n).sum()));
      }
    }
  }

  private void attack(Attacks attacks, Random random) throws InterruptedException {
    while (!over.get()) {
      attacks.one();
      Thread.sleep(random.nextInt(BETWEEN_ATTACKS_MILLIS));
    }
  }

  /** Starts again what ended, whoever ended it. */
  private void keep(List<Service> services) throws InterruptedException, IOException {
    while (!over.get()) {
      for (var service : services) {
        if (!service.isAlive()) service.start(Map.of());
      }
      Thread.sleep(RESTART);
    }
  }

  private interface Step {
    void run() throws Exception;
  }

  /** Something that runs beside, and whose failure is told. */
  private record Attempt(Thread thread) {
    void join() throws InterruptedException {
      thread.join();
    }
  }

  private Attempt begin(String who, Step step) {
    return new Attempt(
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    step.run();
                  } catch (Exception | Error e) {
                    tally.fault(who + " broke off: " + e);
                  }
                }));
  }

  private Figures figures(List<String> wrong) {
    var all = new ArrayList<>(wrong);
    all.addAll(tally.faults());
    if (time.compareTo(LONG) >= 0) neverDone.forEach(name -> all.add("never done: " + name));
    var values =
        Output.object()
            .put("minutes", time.toMinutes())
            .put("seed", seed)
            .put("payments", tally.payments())
            .put("lost", tally.harms(Harm.LOST))
            .put("doubled", tally.harms(Harm.DOUBLED))
            .put("jammed", tally.harms(Harm.JAMMED))
            .put("nonceGaps", tally.harms(Harm.NONCE_GAP));
    var attacks = values.putObject("attacks");
    tally.troubles().forEach(attacks::put);
    var notDone = values.putObject("attacksNotDone");
    tally.notDone().forEach(notDone::put);
    var never = values.putArray("neverDone");
    neverDone.forEach(never::add);
    var refused = values.putObject("refused");
    tally.refused().forEach(refused::put);
    var faults = values.putArray("faults");
    all.forEach(faults::add);
    var lines = new ArrayList<String>();
    tally.troubles().forEach((what, times) -> lines.add(line(what, times)));
    tally.notDone().forEach((what, times) -> lines.add(line("not done: " + what, times)));
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
    return String.format(Locale.ROOT, "%-40s %,9d", what, count);
  }
}
