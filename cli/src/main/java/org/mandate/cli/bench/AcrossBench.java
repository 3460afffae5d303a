package org.mandate.cli.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.mandate.chain.Hash;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.Output;
import org.mandate.cli.local.LocalChain;
import org.mandate.cli.local.RelayerSettings;
import org.mandate.cli.local.Town;
import org.mandate.intent.Intent;
import org.mandate.relayer.store.Database;
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
      defaultValue = "60",
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
        var homeBlocks = new BlockWatch(URI.create(town.home().chain().url()));
        var remoteBlocks = new BlockWatch(URI.create(town.remote().chain().url()))) {
      var load = new OpenLoop(relayers.getFirst().url(), requests, rate);
      progress("%d payments per second for %d s, after %d s", rate, seconds, warmUp);
      load.start();
      Thread.sleep(Duration.ofSeconds(warmUp));
      var marks = marks(town);
      Thread.sleep(Duration.ofSeconds(seconds));
      var outcome = load.end();
      awaitPaid(town, outcome);
      return figures(town, requests, outcome, marks, homeBlocks, remoteBlocks);
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

  /** An intent's way: the event that ends a step, and on which chain. */
  private enum Step {
    SUBMITTED("DISPATCHED", Town.HOME),
    DELIVERED("QUEUED", Town.REMOTE),
    EXECUTED("EXECUTED", Town.REMOTE);

    private final String event;
    private final long chain;

    Step(String event, long chain) {
      this.event = event;
      this.chain = chain;
    }
  }

  /**
   * @param at when the block of the step was seen, microseconds since 1970, by intent; 0: never
   * @param times how often it was done
   */
  private record Seen(long[] at, int[] times) {}

  private static Seen seen(
      Database database, Map<Hash, Integer> index, Step step, BlockWatch blocks) {
    var seen = new Seen(new long[index.size()], new int[index.size()]);
    database.run(
        tx ->
            tx.list(
                    "SELECT subject, block_number FROM event WHERE kind = ? AND chain_id = ?",
                    row -> Map.entry(row.hash("subject"), row.number("block_number")),
                    step.event,
                    step.chain)
                .forEach(
                    event -> {
                      var i = index.get(event.getKey());
                      if (i == null) return;
                      seen.at()[i] = blocks.seen(event.getValue());
                      seen.times()[i]++;
                    }));
    return seen;
  }

  private static List<Database> databases(Town town) {
    return IntStream.rangeClosed(1, town.plan().relayers())
        .mapToObj(i -> town.database().open("relayer_" + i))
        .toList();
  }

  /**
   * The newest transaction of each relayer: what was sent while processes were cold is not counted.
   */
  private static List<Long> marks(Town town) {
    var databases = databases(town);
    try {
      return databases.stream().map(Sends::newest).toList();
    } finally {
      databases.forEach(Database::close);
    }
  }

  private Figures figures(
      Town town,
      Requests requests,
      OpenLoop.Outcome outcome,
      List<Long> marks,
      BlockWatch homeBlocks,
      BlockWatch remoteBlocks)
      throws Exception {
    var index = new HashMap<Hash, Integer>();
    for (int i = 0; i < requests.ids().size(); i++) index.put(requests.ids().get(i), i);
    var databases = new ArrayList<Database>();
    var steps = new EnumMap<Step, Seen>(Step.class);
    Sends sends;
    try {
      databases.addAll(databases(town));
      for (var step : Step.values()) {
        var blocks = step.chain == Town.HOME ? homeBlocks : remoteBlocks;
        steps.put(step, seen(databases.getFirst(), index, step, blocks));
      }
      sends = Sends.since(databases, marks);
    } finally {
      databases.forEach(Database::close);
    }
    var paid = steps.get(Step.EXECUTED);
    var missing = due(outcome).subtract(town.remote().dollars(town.payee()));
    var accepted = accepted(outcome, i -> true);
    var lost = accepted(outcome, i -> paid.times()[i] == 0);
    var doubled = (int) IntStream.of(paid.times()).filter(n -> n > 1).count();
    var json =
        Output.object()
            .put("rate", rate)
            .put("runSeconds", seconds)
            .put("windowSeconds", window)
            .put("accepted", accepted)
            .put("refused", index.size() - accepted)
            .put("lost", lost)
            .put("doubled", doubled)
            .put("missingPay", missing.toString());
    var lines = new ArrayList<String>();
    lines.add(
        "%d payments per second for %d s, window %d s: %d accepted, %d lost, %d executed twice"
            .formatted(rate, seconds, window, accepted, lost, doubled));
    outcome.refusals().forEach((why, n) -> lines.add("  refused %d times: %s".formatted(n, why)));
    var before = outcome.due();
    for (var step : Step.values()) {
      tell(json, lines, step.name().toLowerCase(Locale.ROOT), before, steps.get(step).at());
      before = steps.get(step).at();
    }
    tell(json, lines, "dueToExecuted", outcome.due(), paid.at());
    json.put("sendsEach", sends.each());
    json.set("sends", sends.toJson());
    lines.add(
        String.format(
            Locale.ROOT, "each thing was sent %.3f times: %s", sends.each(), sends.words()));
    if (missing.signum() != 0) lines.add("the payee lacks " + missing);
    var ok = accepted == index.size() && lost == 0 && doubled == 0 && missing.signum() == 0;
    return new Figures(ok, json, List.copyOf(lines));
  }

  private void tell(ObjectNode json, List<String> lines, String what, long[] from, long[] until) {
    var latency =
        Percentiles.ofMicros(
            IntStream.range(rate * warmUp, from.length)
                .filter(i -> from[i] != 0 && until[i] != 0)
                .mapToLong(i -> until[i] - from[i]));
    json.set(what, latency.toJson());
    lines.add(
        String.format(
            Locale.ROOT,
            "%-15s p50 %8.1f  p95 %8.1f  p99 %8.1f  max %8.1f ms",
            what,
            latency.p50(),
            latency.p95(),
            latency.p99(),
            latency.max()));
  }

  private static int accepted(OpenLoop.Outcome outcome, IntPredicate which) {
    return (int)
        IntStream.range(0, outcome.accepted().length)
            .filter(i -> outcome.accepted()[i] != 0 && which.test(i))
            .count();
  }
}
