package org.mandate.cli.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.Output;
import org.mandate.cli.local.RelayerSettings;
import org.mandate.cli.local.Service;
import org.mandate.cli.local.Town;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A relayer is started again and again on the database that it left. */
@Command(
    name = "start",
    description = {
      "Measures how long a relayer takes from the start of its process until it is ready.",
      "Two real chains, a real PostgreSQL with fsync, a process as the launcher starts it. Its first start makes the",
      "tables and is told apart; then it is stopped and started on the database that it left.",
      "Exit code 0: it was ready each time; 4: it was not within three minutes, or could not be started."
    })
final class StartBench extends Bench {
  private static final String DATABASE = "start";
  private static final Duration LOOK = Duration.ofMillis(20);
  private static final Duration MOST = Duration.ofMinutes(3);

  @Option(
      names = "--starts",
      defaultValue = "10",
      paramLabel = "NUMBER",
      description = "How often, after the first time. Default: ${DEFAULT-VALUE}.")
  private int starts;

  @Override
  protected String name() {
    return "start";
  }

  /** One start. */
  private record Start(long millis, long cpuMillis) {}

  @Override
  protected Figures measure(Path root) throws Exception {
    if (starts < 1) throw new Failure(ExitCode.USAGE, "--starts is at least 1, not " + starts);
    try (var town = Town.build(root, Town.Plan.DEFAULT.withRelayers(1, 1).withAgents(1))) {
      var relayer =
          town.relayer(
              DATABASE,
              town.relayerKey(0),
              DATABASE,
              Service.freePort(),
              List.of(),
              RelayerSettings.DEFAULT.withJvm(RelayerJvm.OPTIONS.toArray(String[]::new)));
      progress("starting it %d times", starts + 1);
      var first = start(relayer);
      var again = new Start[starts];
      for (int i = 0; i < starts; i++) {
        relayer.stop();
        again[i] = start(relayer);
      }
      relayer.stop();
      return figures(first, List.of(again));
    }
  }

  private static Start start(Service relayer) throws IOException, InterruptedException {
    var began = System.nanoTime();
    relayer.start(Map.of());
    while (!relayer.isReady()) {
      if (!relayer.isAlive()) throw new IOException("the relayer ended; see " + relayer.log());
      if (System.nanoTime() - began > MOST.toNanos()) {
        throw new IOException("the relayer is not ready after " + MOST);
      }
      Thread.sleep(LOOK);
    }
    var millis = (System.nanoTime() - began) / 1_000_000;
    return new Start(millis, ProcessFigures.cpuMillis(relayer.pid()).orElse(0));
  }

  private static Figures figures(Start first, List<Start> again) {
    var times = again.stream().mapToLong(Start::millis).sorted().toArray();
    var cpu = (long) again.stream().mapToLong(Start::cpuMillis).average().orElse(0);
    var median = times[times.length / 2];
    var slowest = times[times.length - 1];
    var values =
        Output.object()
            .put("starts", times.length)
            .put("medianSeconds", median / 1000.0)
            .put("slowestSeconds", slowest / 1000.0)
            .put("cpuSeconds", cpu / 1000.0)
            .put("firstStartSeconds", first.millis() / 1000.0);
    var lines =
        List.of(
            "starts on a database that was there   %d".formatted(times.length),
            line("until ready, median", median),
            line("until ready, slowest", slowest),
            line("processor time of a start", cpu),
            line("first start, which makes the tables", first.millis()));
    return new Figures(true, values, lines);
  }

  private static String line(String what, long millis) {
    return "%-37s %s".formatted(what, String.format(Locale.ROOT, "%.2f s", millis / 1000.0));
  }
}
