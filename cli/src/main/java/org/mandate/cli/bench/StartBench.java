package org.mandate.cli.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.KeyFile;
import org.mandate.cli.Output;
import org.mandate.cli.local.Agent;
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
      "tables and is told apart; then it is stopped and started on the database that it left, after as many payments as",
      "--payments says, with a key file of the strength that --key says.",
      "Exit code 0: it was ready each time; 4: it was not within three minutes, or could not be started."
    })
final class StartBench extends Bench {
  private static final String DATABASE = "start";
  private static final Duration LOOK = Duration.ofMillis(20);
  private static final Duration MOST = Duration.ofMinutes(3);
  private static final Duration MOST_PAYING = Duration.ofMinutes(30);
  private static final int AGENTS = 4;

  @Option(
      names = "--starts",
      defaultValue = "10",
      paramLabel = "NUMBER",
      description = "How often, after the first time. Default: ${DEFAULT-VALUE}.")
  private int starts;

  @Option(
      names = "--payments",
      defaultValue = "0",
      paramLabel = "NUMBER",
      description =
          "How many payments were executed before, which its database holds. Default:"
              + " ${DEFAULT-VALUE}.")
  private int payments;

  @Option(
      names = "--key",
      defaultValue = "LIGHT",
      paramLabel = "STRENGTH",
      description =
          "Of its key file: STANDARD, as an operator's (scrypt with N = 2^18), or LIGHT (N = 2^12)."
              + " Default: ${DEFAULT-VALUE}.")
  private KeyFile.Strength key;

  @Override
  protected String name() {
    return "start";
  }

  /** One start. */
  private record Start(long millis, long cpuMillis) {}

  @Override
  protected Figures measure(Path root) throws Exception {
    if (starts < 1) throw new Failure(ExitCode.USAGE, "--starts is at least 1, not " + starts);
    if (payments < 0)
      throw new Failure(ExitCode.USAGE, "--payments is not below 0, as " + payments);
    try (var town = Town.build(root, Town.Plan.DEFAULT.withRelayers(1, 1).withAgents(AGENTS))) {
      var relayer =
          town.relayer(
              DATABASE,
              town.relayerKey(0),
              DATABASE,
              Service.freePort(),
              List.of(),
              RelayerSettings.DEFAULT
                  .withKey(key)
                  .withJvm(RelayerJvm.OPTIONS.toArray(String[]::new)));
      progress("starting it %d times", starts + 1);
      var first = start(relayer);
      if (payments > 0) {
        progress("%d payments", payments);
        pay(town, relayer);
      }
      var again = new Start[starts];
      for (int i = 0; i < starts; i++) {
        relayer.stop();
        again[i] = start(relayer);
      }
      relayer.stop();
      return figures(first, List.of(again), bytes(town));
    }
  }

  /** Has all of them executed and final. */
  private void pay(Town town, Service relayer) throws Exception {
    var all = new ArrayList<CompletableFuture<Void>>();
    for (int i = 0; i < AGENTS; i++) {
      var agent = town.agents().get(i);
      var share = payments / AGENTS + (i < payments % AGENTS ? 1 : 0);
      all.add(
          CompletableFuture.runAsync(
              () -> {
                for (int n = 0; n < share; n++) submit(town, relayer, agent);
              },
              task -> Thread.ofVirtual().start(task)));
    }
    try {
      all.forEach(CompletableFuture::join);
    } catch (CompletionException e) {
      throw new IOException("payments are not taken: " + e.getCause().getMessage(), e.getCause());
    }
    var until = System.nanoTime() + MOST_PAYING.toNanos();
    while (open(town) > 0) {
      if (System.nanoTime() > until)
        throw new IOException(
            "%d payments are not final after %s".formatted(open(town), MOST_PAYING));
      Thread.sleep(1_000);
    }
  }

  private static void submit(Town town, Service relayer, Agent agent) {
    var payment =
        agent.payment(
            Town.HOME, town.home().token(), town.payee(), BigInteger.ONE, Duration.ofHours(2));
    var body = Agent.json(agent.sign(payment));
    try {
      while (true) {
        var answer = relayer.post("/v1/intents", body);
        if (answer.statusCode() == 202) return;
        if (answer.statusCode() != 429 && answer.statusCode() != 503)
          throw new IllegalStateException(answer.body());
        Thread.sleep(200); // as many as it takes at a time
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** How many payments are not final yet. */
  private long open(Town town) throws SQLException {
    var executed =
        number(
            town,
            """
            SELECT count(*) FROM event e JOIN chain c ON c.chain_id = e.chain_id
             WHERE e.kind = 'EXECUTED' AND e.block_number <= c.finalized
            """);
    return Math.max(
        payments - executed, number(town, "SELECT count(*) FROM transaction WHERE state = 'OPEN'"));
  }

  private static long bytes(Town town) throws SQLException {
    return number(town, "SELECT pg_database_size(current_database())");
  }

  private static long number(Town town, String sql) throws SQLException {
    try (var connection = town.database().connect(DATABASE);
        var statement = connection.createStatement();
        var row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
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

  private Figures figures(Start first, List<Start> again, long bytes) {
    var times = again.stream().mapToLong(Start::millis).sorted().toArray();
    var cpu = (long) again.stream().mapToLong(Start::cpuMillis).average().orElse(0);
    var median = times[times.length / 2];
    var slowest = times[times.length - 1];
    var values =
        Output.object()
            .put("starts", times.length)
            .put("key", key.name())
            .put("payments", payments)
            .put("databaseMegabytes", bytes / 1_000_000)
            .put("medianSeconds", median / 1000.0)
            .put("slowestSeconds", slowest / 1000.0)
            .put("cpuSeconds", cpu / 1000.0)
            .put("firstStartSeconds", first.millis() / 1000.0);
    var lines =
        List.of(
            "starts on a database that was there   %d".formatted(times.length),
            "payments in it, and its size          %,d, %d MB"
                .formatted(payments, bytes / 1_000_000),
            "key file                              " + key,
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
