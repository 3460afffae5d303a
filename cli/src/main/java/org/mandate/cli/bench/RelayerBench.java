package org.mandate.cli.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.mandate.chain.Hash;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.Output;
import org.mandate.cli.local.LocalChain;
import org.mandate.cli.local.RelayerSettings;
import org.mandate.cli.local.Service;
import org.mandate.cli.local.Town;
import org.mandate.intent.Intent;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * How many intents a relayer carries: a steady stream of signed payments over REST, each of which
 * must be carried out on chain exactly once.
 */
@Command(
    name = "relayer",
    description = {
      "Measures how many intents one relayer takes over REST and has carried out, with fsync on.",
      "A steady stream of signed token payments of several agents, one Anvil, all on this",
      "machine. Times count from when a request was due, whether the one before was answered or not. At the end each",
      "accepted intent must have been executed exactly once, by its events and by what the payee got.",
      "Exit code 0: so it was; 1: it was not, or an intent was refused."
    })
final class RelayerBench extends Bench {
  private static final String DATABASE = "relayer_1";
  private static final long GAS_LIMIT = 3_000_000_000L;
  private static final int BIGGEST = 1000;
  private static final int TEN = 10; // seconds

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "100",
      description = "Intents per second (default: ${DEFAULT-VALUE}).")
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
      defaultValue = "40",
      description =
          "Seconds before that at the same rate, not counted (default: ${DEFAULT-VALUE}).")
  private int warmUp;

  @Option(
      names = "--agents",
      paramLabel = "N",
      defaultValue = "8",
      description =
          "Who signs them in turn; one may ask 65,535 times an hour (default: ${DEFAULT-VALUE}).")
  private int agents;

  @Option(
      names = "--drain",
      paramLabel = "N",
      defaultValue = "120",
      description =
          "Most seconds until all is executed after the last request (default: ${DEFAULT-VALUE}).")
  private int drain;

  @Option(
      names = "--block-time",
      paramLabel = "N",
      defaultValue = "1",
      description = "Seconds between two blocks (default: ${DEFAULT-VALUE}).")
  private int blockTime;

  @Override
  protected String name() {
    return "relayer";
  }

  @Override
  protected String file() {
    return name() + "-" + rate;
  }

  @Override
  protected Figures measure(Path root) throws Exception {
    if (rate < 1 || seconds < 1 || warmUp < 0 || blockTime < 1) {
      throw new Failure(
          ExitCode.USAGE, "--rate, --seconds and --block-time are at least 1, --warm-up 0");
    }
    var plan =
        new Town.Plan(
            1,
            1,
            LocalChain.Settings.DEFAULT
                .withBlockTime(Duration.ofSeconds(blockTime))
                .withGasLimit(GAS_LIMIT)
                .with("--prune-history", "--transaction-block-keeper", "120"),
            LocalChain.Settings.DEFAULT.withBlockTime(Duration.ofSeconds(10)),
            Duration.ofSeconds(5),
            Duration.ofSeconds(2),
            agents,
            64);
    try (var town = Town.build(root, plan)) {
      return measure(town);
    }
  }

  private Figures measure(Town town) throws Exception {
    var settings =
        RelayerSettings.DEFAULT
            .withIntervals(
                Duration.ofMillis(250),
                Duration.ofSeconds(5),
                Duration.ofSeconds(1),
                Duration.ofSeconds(2),
                Duration.ofSeconds(5))
            .withJvm(jvm());
    var relayer = town.relayers(settings).getFirst();
    // All that is asked comes from here, for few agents.
    relayer.start(
        Map.of(
            "MANDATE_HTTP_REQUESTS_PER_SECOND",
            "1000000",
            "MANDATE_HTTP_CONNECTIONS_PER_CLIENT",
            "1000",
            "MANDATE_HTTP_WAITING_PER_AGENT",
            "20000"));
    relayer.awaitReady();
    var many = rate * (warmUp + seconds);
    progress("signing %d intents", many);
    try (var requests =
            Requests.sign(town.directory().resolve("requests"), many, i -> sign(town, i));
        var blocks = new BlockWatch(URI.create(town.home().chain().url()))) {
      return measure(town, relayer, requests, blocks);
    }
  }

  private static String[] jvm() {
    return System.getProperty("mandate.bench.jvm", String.join(" ", RelayerJvm.OPTIONS)).split(" ");
  }

  private Requests.Signed sign(Town town, int i) {
    var agent = town.agents().get(i % town.agents().size());
    var lifetime = Duration.ofSeconds(warmUp + seconds).plusHours(1);
    Intent intent =
        agent.payment(
            Town.HOME, town.home().token(), town.payee(), BigInteger.valueOf(amount(i)), lifetime);
    return new Requests.Signed(agent.id(intent), agent.sign(intent));
  }

  private static long amount(int i) {
    return 1 + i % BIGGEST;
  }

  private Figures measure(Town town, Service relayer, Requests requests, BlockWatch blocks)
      throws Exception {
    var processes = new LinkedHashMap<String, Long>();
    processes.put("relayer", relayer.pid());
    processes.put("postgresql", town.database().pid());
    processes.put("anvil", town.home().chain().pid());
    processes.put("otherAnvil", town.remote().chain().pid());
    processes.put("load", ProcessHandle.current().pid());
    var load = new OpenLoop(relayer.url(), requests, rate);
    progress("%d intents per second for %d s, after %d s", rate, seconds, warmUp);
    load.start();
    Thread.sleep(Duration.ofSeconds(warmUp));
    var before = Costs.micros(processes);
    var resident = new long[seconds];
    for (int s = 0; s < seconds; s++) {
      Thread.sleep(1000);
      resident[s] = ProcessFigures.residentBytes(relayer.pid()).orElse(0);
    }
    var after = Costs.micros(processes);
    var outcome = load.end();
    var paid = awaitPaid(town, outcome);
    var drained = load.sinceEnd();
    try (var connection = town.database().connect(DATABASE)) {
      var memory = new Memory(resident, ProcessFigures.peakBytes(relayer.pid()).orElse(0));
      return figures(connection, requests, outcome, blocks, before, after, memory, paid, drained);
    }
  }

  /**
   * What is still missing after the patience that was asked for; zero: all was paid, and no more.
   */
  private BigInteger awaitPaid(Town town, OpenLoop.Outcome outcome) throws Exception {
    var expected = BigInteger.ZERO;
    for (int i = 0; i < outcome.due().length; i++) {
      if (outcome.accepted()[i] != 0) expected = expected.add(BigInteger.valueOf(amount(i)));
    }
    var end = System.nanoTime() + Duration.ofSeconds(drain).toNanos();
    var missing = expected.subtract(town.home().dollars(town.payee()));
    while (missing.signum() > 0 && System.nanoTime() < end) {
      Thread.sleep(200);
      missing = expected.subtract(town.home().dollars(town.payee()));
    }
    // The relayer's own view follows the chain's by a moment.
    Thread.sleep(3_000);
    return expected.subtract(town.home().dollars(town.payee()));
  }

  private Figures figures(
      Connection connection,
      Requests requests,
      OpenLoop.Outcome outcome,
      BlockWatch blocks,
      Map<String, Long> before,
      Map<String, Long> after,
      Memory memory,
      BigInteger missing,
      double drained)
      throws SQLException {
    var index = new HashMap<Hash, Integer>();
    for (int i = 0; i < requests.ids().size(); i++) index.put(requests.ids().get(i), i);
    var sent = new long[index.size()];
    read(
        connection,
        "SELECT i.subject, (min(extract(epoch FROM a.sent_at)) * 1000000)::bigint FROM transaction_item i"
            + " JOIN attempt a USING (transaction_id) WHERE i.purpose = 'SUBMIT' GROUP BY 1",
        (id, at) -> {
          if (index.containsKey(id)) sent[index.get(id)] = at;
        });
    var block = new long[index.size()];
    var times = new int[index.size()];
    read(
        connection,
        "SELECT subject, block_number FROM event WHERE kind = 'EXECUTED'",
        (id, number) -> {
          if (!index.containsKey(id)) return;
          block[index.get(id)] = number;
          times[index.get(id)]++;
        });
    var counted = IntStream.range(rate * warmUp, outcome.due().length).toArray();
    int accepted = 0;
    int executed = 0;
    int lost = 0;
    int doubled = 0;
    for (int i = 0; i < outcome.due().length; i++) {
      if (outcome.accepted()[i] != 0) accepted++;
      if (times[i] > 0) executed++;
      if (outcome.accepted()[i] != 0 && times[i] == 0) lost++;
      if (times[i] > 1) doubled++;
    }
    var json = Output.object();
    json.put("rate", rate).put("runSeconds", seconds).put("agents", agents);
    json.put("blockSeconds", blockTime);
    json.put("accepted", accepted).put("executed", executed);
    json.put("refused", outcome.due().length - accepted);
    json.put("lost", lost).put("doubled", doubled).put("missingPay", missing.toString());
    json.put("drainSeconds", drained);
    var latencies = json.putObject("millis");
    var lines = new ArrayList<String>();
    lines.add(
        "%d intents per second for %d s: %d accepted, %d executed, %d lost, %d executed twice"
            .formatted(rate, seconds, accepted, executed, lost, doubled));
    outcome.refusals().forEach((why, n) -> lines.add("  refused %d times: %s".formatted(n, why)));
    latency(latencies, lines, "due to accepted", outcome.accepted(), outcome.due(), counted);
    latency(latencies, lines, "due to sent", sent, outcome.due(), counted);
    latency(latencies, lines, "accepted to sent", sent, outcome.accepted(), counted);
    var seen = new long[block.length];
    for (int i = 0; i < block.length; i++) seen[i] = block[i] == 0 ? 0 : blocks.seen(block[i]);
    latency(latencies, lines, "due to executed", seen, outcome.due(), counted);
    pace(json, lines, seen, outcome.due());
    var processor = json.putObject("processorMillisPerIntent");
    double all = 0;
    var shares = new ArrayList<String>();
    for (var name : before.keySet()) {
      double millis = (after.get(name) - before.get(name)) / 1000.0 / (rate * (double) seconds);
      all += millis;
      processor.put(name, rounded(millis));
      shares.add("%s %.2f".formatted(name, millis));
    }
    processor.put("all", rounded(all));
    lines.add(
        "processor, ms per intent: %s; %.2f in all".formatted(String.join(", ", shares), all));
    memory.tell(json, lines);
    long size = value(connection, "SELECT pg_database_size(current_database())");
    json.put("databaseBytes", size);
    lines.add("the database: %d MiB".formatted(size >> 20));
    long transactions =
        value(connection, "SELECT count(*) FROM transaction WHERE purpose = 'SUBMIT'");
    json.put("transactions", transactions);
    lines.add(
        "%d transactions, %.1f intents each"
            .formatted(transactions, (double) executed / Math.max(1, transactions)));
    var ok = accepted == outcome.due().length && lost == 0 && doubled == 0 && missing.signum() == 0;
    if (missing.signum() != 0) lines.add("the payee lacks " + missing);
    return new Figures(ok, json, lines);
  }

  /**
   * How many were executed in each second of the run, on average and in the ten seconds with the
   * fewest: what is carried out only after the last request is not among them.
   */
  private void pace(ObjectNode json, List<String> lines, long[] executed, long[] due) {
    long begin = due[rate * warmUp];
    var tens = new long[seconds / TEN];
    for (long at : executed) {
      long place = Math.floorDiv(at - begin, TEN * 1_000_000L);
      if (at != 0 && place >= 0 && place < tens.length) tens[(int) place]++;
    }
    if (tens.length == 0) return;
    var all = LongStream.of(tens).sum() / (double) (TEN * tens.length);
    var fewest = LongStream.of(tens).min().orElse(0) / (double) TEN;
    json.put("executedPerSecond", rounded(all));
    json.put("executedPerSecondInTheWorstTen", rounded(fewest));
    lines.add(
        String.format(
            Locale.ROOT,
            "executed per second: %.1f; in the ten seconds with the fewest: %.1f",
            all,
            fewest));
  }

  /**
   * The relayer's resident memory, shared pages in full.
   *
   * @param each bytes, in each second
   * @param most bytes that it ever held
   */
  private record Memory(long[] each, long most) {
    void tell(ObjectNode json, List<String> lines) {
      int quarter = Math.max(1, each.length / 4);
      var first = LongStream.of(each).limit(quarter).average().orElse(0);
      var last = LongStream.of(each).skip(each.length - quarter).average().orElse(0);
      json.put("relayerMostResidentBytes", most);
      json.put("relayerResidentMiBFirstQuarter", mebibytes(first));
      json.put("relayerResidentMiBLastQuarter", mebibytes(last));
      lines.add(
          "the relayer's memory: %d MiB at most; on average %d MiB in the first quarter of the run, %d MiB in the last"
              .formatted(mebibytes(most), mebibytes(first), mebibytes(last)));
    }

    private static long mebibytes(double bytes) {
      return Math.round(bytes / (1 << 20));
    }
  }

  private static double rounded(double value) {
    return Math.round(value * 100) / 100.0;
  }

  private static void latency(
      ObjectNode json, List<String> lines, String name, long[] to, long[] from, int[] counted) {
    var all =
        Percentiles.ofMicros(
            IntStream.of(counted)
                .filter(i -> to[i] != 0 && from[i] != 0)
                .mapToLong(i -> to[i] - from[i]));
    json.set(name, all.toJson());
    lines.add(
        "%-17s p50 %8.1f  p95 %8.1f  p99 %8.1f  max %8.1f ms"
            .formatted(name, all.p50(), all.p95(), all.p99(), all.max()));
  }

  private interface Pair {
    void take(Hash id, long value);
  }

  private static void read(Connection connection, String sql, Pair pair) throws SQLException {
    connection.setAutoCommit(false); // else all rows come at once
    try (var statement = connection.createStatement()) {
      statement.setFetchSize(5_000);
      try (var rows = statement.executeQuery(sql)) {
        while (rows.next()) pair.take(Hash.of(rows.getBytes(1)), rows.getLong(2));
      }
    }
  }

  private static long value(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement();
        var rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    }
  }
}
