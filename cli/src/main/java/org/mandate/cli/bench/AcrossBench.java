package org.mandate.cli.bench;

import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.mandate.chain.Hash;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.Output;
import org.mandate.cli.local.LocalChain;
import org.mandate.cli.local.RelayerSettings;
import org.mandate.cli.local.Town;
import org.mandate.intent.Intent;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How long a payment to another chain takes, from the request to the block that pays. */
@Command(
    name = "across",
    description = {
      "Measures how long payments to another chain take, with three relayers of which two must agree.",
      "A steady stream of signed token payments over REST to the first relayer; two real chains with two blocks per",
      "second, final two blocks later; each payment is open to dispute at its destination for the window. Times count",
      "from when a request was due to when the block that pays was seen.",
      "Exit code 0: each was paid exactly once; 1: one was not, or was refused."
    })
final class AcrossBench extends Bench {
  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "2",
      description = "Payments per second (default: ${DEFAULT-VALUE}).")
  private int rate;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "60",
      description = "For how long (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      defaultValue = "15",
      description =
          "Seconds before that at the same rate, not counted (default: ${DEFAULT-VALUE}).")
  private int warmUp;

  @Option(
      names = "--window",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description =
          "How long a payment is open to dispute, at least 5 (default: ${DEFAULT-VALUE}).")
  private int window;

  @Option(
      names = "--drain",
      paramLabel = "N",
      defaultValue = "120",
      description =
          "Most seconds until all is paid after the last request (default: ${DEFAULT-VALUE}).")
  private int drain;

  @Override
  protected String name() {
    return "across";
  }

  @Override
  protected Figures measure(Path root) throws Exception {
    if (rate < 1 || seconds < 1 || warmUp < 0 || window < 5) {
      throw new Failure(
          ExitCode.USAGE, "--rate and --seconds are at least 1, --warm-up 0, --window 5");
    }
    var waits = Duration.ofSeconds(window);
    var plan =
        Town.Plan.DEFAULT
            .withWaits(waits, Duration.ofSeconds(2))
            .withBlocks(LocalChain.Settings.DEFAULT);
    try (var town = Town.build(root, plan)) {
      return measure(town);
    }
  }

  private Figures measure(Town town) throws Exception {
    var relayers =
        town.relayers(RelayerSettings.DEFAULT.withJvm(RelayerJvm.OPTIONS.toArray(String[]::new)));
    for (var relayer : relayers) {
      relayer.start(Map.of());
    }
    for (var relayer : relayers) {
      relayer.awaitReady();
    }
    int many = rate * (warmUp + seconds);
    progress("signing %d intents", many);
    try (var requests =
            Requests.sign(town.directory().resolve("requests"), many, i -> sign(town, i));
        var blocks = new BlockWatch(URI.create(town.remote().chain().url()))) {
      var load = new OpenLoop(relayers.getFirst().url(), requests, rate);
      progress("%d payments per second for %d s, after %d s", rate, seconds, warmUp);
      load.start();
      Thread.sleep(Duration.ofSeconds(warmUp + seconds));
      var outcome = load.end();
      awaitPaid(town, outcome);
      try (var connection = town.database().connect("relayer_1")) {
        return figures(town, connection, requests, outcome, blocks);
      }
    }
  }

  private Requests.Signed sign(Town town, int i) {
    var agent = town.agents().get(i % town.agents().size());
    var lifetime = Duration.ofSeconds(warmUp + seconds).plusHours(1);
    Intent intent =
        agent.payment(
            Town.REMOTE,
            town.home().token(),
            town.payee(),
            BigInteger.valueOf(amount(i)),
            lifetime);
    return new Requests.Signed(agent.id(intent), agent.sign(intent));
  }

  private static long amount(int i) {
    return 1 + i;
  }

  private static BigInteger due(OpenLoop.Outcome outcome) {
    return BigInteger.valueOf(
        IntStream.range(0, outcome.due().length)
            .filter(i -> outcome.accepted()[i] != 0)
            .mapToLong(AcrossBench::amount)
            .sum());
  }

  private void awaitPaid(Town town, OpenLoop.Outcome outcome) throws Exception {
    var end = System.nanoTime() + Duration.ofSeconds(drain).toNanos();
    while (town.remote().dollars(town.payee()).compareTo(due(outcome)) < 0
        && System.nanoTime() < end) {
      Thread.sleep(500);
    }
    Thread.sleep(3_000); // the relayer's own view follows the chain's by a moment
  }

  private Figures figures(
      Town town,
      Connection connection,
      Requests requests,
      OpenLoop.Outcome outcome,
      BlockWatch blocks)
      throws Exception {
    var index = new HashMap<Hash, Integer>();
    for (int i = 0; i < requests.ids().size(); i++) index.put(requests.ids().get(i), i);
    var paid = new long[index.size()];
    var times = new int[index.size()];
    try (var statement = connection.createStatement();
        var rows =
            statement.executeQuery(
                "SELECT subject, block_number FROM event WHERE kind = 'EXECUTED' AND chain_id = "
                    + Town.REMOTE)) {
      while (rows.next()) {
        var i = index.get(Hash.of(rows.getBytes(1)));
        if (i == null) continue;
        paid[i] = blocks.seen(rows.getLong(2));
        times[i]++;
      }
    }
    var missing = due(outcome).subtract(town.remote().dollars(town.payee()));
    int accepted =
        (int) IntStream.range(0, times.length).filter(i -> outcome.accepted()[i] != 0).count();
    int lost =
        (int)
            IntStream.range(0, times.length)
                .filter(i -> outcome.accepted()[i] != 0 && times[i] == 0)
                .count();
    int doubled = (int) IntStream.of(times).filter(n -> n > 1).count();
    var latency =
        Percentiles.ofMicros(
            IntStream.range(rate * warmUp, times.length)
                .filter(i -> paid[i] != 0)
                .mapToLong(i -> paid[i] - outcome.due()[i]));
    var sent = sends(town);
    var json =
        Output.object()
            .put("rate", rate)
            .put("runSeconds", seconds)
            .put("windowSeconds", window)
            .put("accepted", accepted)
            .put("refused", times.length - accepted)
            .put("lost", lost)
            .put("doubled", doubled)
            .put("missingPay", missing.toString());
    json.set("dueToExecuted", latency.toJson());
    var each = json.putObject("transactions");
    sent.forEach(each::put);
    var lines = new ArrayList<String>();
    lines.add(
        "%d payments per second for %d s, window %d s: %d accepted, %d lost, %d executed twice"
            .formatted(rate, seconds, window, accepted, lost, doubled));
    outcome.refusals().forEach((why, n) -> lines.add("  refused %d times: %s".formatted(n, why)));
    lines.add(
        "due to executed   p50 %8.1f  p95 %8.1f  p99 %8.1f  max %8.1f ms"
            .formatted(latency.p50(), latency.p95(), latency.p99(), latency.max()));
    lines.add("transactions of all relayers: " + sent);
    if (missing.signum() != 0) lines.add("the payee lacks " + missing);
    var ok = accepted == times.length && lost == 0 && doubled == 0 && missing.signum() == 0;
    return new Figures(ok, json, List.copyOf(lines));
  }

  /** Transactions of all relayers, by what they are for. */
  private static Map<String, Long> sends(Town town) throws SQLException {
    var sends = new TreeMap<String, Long>();
    for (int i = 1; i <= town.plan().relayers(); i++) {
      try (var connection = town.database().connect("relayer_" + i);
          var statement = connection.createStatement();
          var rows =
              statement.executeQuery("SELECT purpose, count(*) FROM transaction GROUP BY 1")) {
        while (rows.next()) sends.merge(rows.getString(1), rows.getLong(2), Long::sum);
      }
    }
    return sends;
  }
}
