package org.mandate.cli.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.mandate.chain.Deployment;
import org.mandate.chain.JsonRpcClient;
import org.mandate.chain.Log;
import org.mandate.cli.Output;
import org.mandate.cli.local.Agent;
import org.mandate.cli.local.LocalChain;
import org.mandate.cli.local.RelayerSettings;
import org.mandate.cli.local.Service;
import org.mandate.cli.local.Town;
import org.mandate.relayer.store.Blocks;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EventKind;
import org.mandate.relayer.store.StoredEvent;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A relayer with an empty database reads a chain that is thousands of blocks long. */
@Command(
    name = "catchup",
    description = {
      "Measures how fast a relayer with an empty database reads a long chain: blocks per minute, processor time, memory.",
      "A real Anvil, a real PostgreSQL with fsync, a relayer in a process of its own with a small heap.",
      "Exit code 0: it has every block and every event, and its progress was to be seen; 1: something of that is not so."
    })
final class CatchUpBench extends Bench {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration MOST = Duration.ofMinutes(30);

  /** What takes longer must have been seen to go on. */
  private static final Duration SHOWN = Duration.ofSeconds(20);

  private static final Duration LOOK = Duration.ofMillis(200);
  private static final int BLOCKS_A_MINE = 200;
  private static final int READ_AT_ONCE = 5_000;
  private static final BigInteger ETHER = BigInteger.TEN.pow(18);
  private static final String DATABASE = "catchup";

  @Option(
      names = "--blocks",
      defaultValue = "20000",
      paramLabel = "NUMBER",
      description = "How long the chain is. Default: ${DEFAULT-VALUE}.")
  private int blocks;

  @Option(
      names = "--payments",
      defaultValue = "100",
      paramLabel = "NUMBER",
      description = "How many payments are spread over it. Default: ${DEFAULT-VALUE}.")
  private int payments;

  @Option(
      names = "--heap",
      defaultValue = "96",
      paramLabel = "MIB",
      description =
          "The relayer's heap: what it reads must never pile up. Default: ${DEFAULT-VALUE}.")
  private int heap;

  @Override
  protected String name() {
    return "catchup";
  }

  /**
   * How it went.
   *
   * @param looks how often it said how far it is behind, with another number than before
   */
  private record Run(Duration time, long blocks, long cpuMillis, long peakBytes, int looks) {}

  @Override
  protected Figures measure(Path root) throws Exception {
    var plan =
        Town.Plan.DEFAULT
            .withRelayers(1, 1)
            .withAgents(2)
            .withBlocks(
                LocalChain.Settings.DEFAULT
                    .withBlockTime(Duration.ofSeconds(1))
                    // Anvil would keep every block's state.
                    .with("--prune-history", "200"));
    try (var town = Town.build(root, plan)) {
      progress("mining %d blocks with %d payments", blocks, payments);
      mine(town);
      var head = town.home().chain().head();
      var relayer =
          town.relayer(
              DATABASE,
              town.relayerKey(0),
              DATABASE,
              Service.freePort(),
              List.of(),
              RelayerSettings.DEFAULT.withJvm(
                  "-Xmx%dm".formatted(heap), "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError"));
      var run = follow(town, relayer, head);
      try (var database = town.database().open(DATABASE)) {
        var figures = figures(run, differing(town, database, head), absent(town, database, head));
        relayer.stop();
        return figures;
      }
    }
  }

  /** Payments by the agents' own keys, in between as many empty blocks as it takes. */
  private void mine(Town town) throws IOException {
    var chain = town.home().chain();
    var target = chain.head() + blocks;
    var paid = 0;
    while (chain.head() < target) {
      var left = target - chain.head();
      for (var agent : town.agents()) {
        var due =
            (int)
                Math.min(
                    payments - paid,
                    payments * (long) BLOCKS_A_MINE / blocks / town.agents().size() + 1);
        if (due > 0) pay(town, agent, due);
        paid += Math.max(0, due);
      }
      chain.ask("anvil_mine", "0x" + Long.toHexString(Math.min(left, BLOCKS_A_MINE)));
    }
  }

  private static void pay(Town town, Agent agent, int times) throws IOException {
    var chain = town.home().chain();
    var key = agent.key().address().hex();
    var vault = town.home().vault().hex();
    chain.fund(key, ETHER);
    chain.ask("anvil_impersonateAccount", key);
    for (int i = 0; i < times; i++) {
      var payment =
          town.home()
              .account()
              .pay(
                  town.home().token().hex(),
                  BigInteger.valueOf(i + 1L),
                  town.payee().hex(),
                  agent.id());
      chain.ask(
          "eth_sendTransaction",
          Map.of("from", key, "to", vault, "data", payment.encodeFunctionCall(), "gas", "0x7a120"));
    }
  }

  /** From the first block that is stored to the head. */
  private Run follow(Town town, Service relayer, long head) throws Exception {
    var first = Math.max(town.home().deployment().block() - 1, 0);
    relayer.start(Map.of());
    var began = 0L;
    var last = -1L;
    var looks = 0;
    var cpuBefore = 0L; // it is for the start of the process
    var end = System.nanoTime() + MOST.toNanos();
    try (var connection = town.database().connect(DATABASE)) {
      connection.setAutoCommit(true);
      while (true) {
        var stored = stored(connection);
        if (began == 0 && stored >= 0) {
          began = System.nanoTime();
          first = stored;
          cpuBefore = ProcessFigures.cpuMillis(relayer.pid()).orElse(0);
        }
        if (stored >= head) break;
        if (!relayer.isAlive()) throw new IOException("the relayer ended; see " + relayer.log());
        if (System.nanoTime() > end) throw new IOException("not caught up after " + MOST);
        var behind = behind(relayer);
        if (behind != last && behind > 0) looks++;
        last = behind;
        Thread.sleep(LOOK);
      }
    }
    var time = Duration.ofNanos(System.nanoTime() - began);
    return new Run(
        time,
        head - first,
        ProcessFigures.cpuMillis(relayer.pid()).orElse(0) - cpuBefore,
        ProcessFigures.peakBytes(relayer.pid()).orElse(0),
        looks);
  }

  /** Number of the newest block of home that is stored; -1: none yet. */
  private static long stored(Connection connection) {
    try (var statement = connection.createStatement();
        var answer =
            statement.executeQuery(
                "SELECT coalesce(head, -1) FROM chain WHERE chain_id = " + Town.HOME)) {
      return answer.next() ? answer.getLong(1) : -1;
    } catch (SQLException e) {
      return -1; // the relayer has not made its tables yet
    }
  }

  /** How many blocks home is behind, as the relayer says; -1 as long as it says nothing. */
  private static long behind(Service relayer) throws InterruptedException {
    try {
      JsonNode chain =
          JSON.readTree(relayer.get("/health/ready").body())
              .path("chains")
              .path(Long.toString(Town.HOME));
      return chain.path("head").asLong(-1) < 0 ? -1 : chain.path("behind").asLong(-1);
    } catch (IOException e) {
      return -1; // does not listen yet
    }
  }

  /** How many of the chain's logs are not stored, or are and should not be. */
  private static long differing(Town town, Database database, long head) {
    var home = town.home().deployment();
    var node = new JsonRpcClient(URI.create(town.home().chain().url()), Duration.ofSeconds(30));
    var differing = 0L;
    for (long from = 0; from <= head; from += READ_AT_ONCE) {
      var first = from;
      var to = Math.min(head, from + READ_AT_ONCE - 1);
      var stored = database.inTransaction(tx -> StoredEvent.within(tx, Town.HOME, first, to));
      var told =
          node.logs(first, to, List.of(home.executor(), home.gateway(), home.account())).stream()
              .filter(log -> log.blockNumber() >= home.block())
              .filter(log -> kind(home, log).isPresent())
              .toList();
      differing += told.stream().filter(log -> !stored.contains(log)).count();
      differing += stored.stream().filter(log -> !told.contains(log)).count();
    }
    return differing;
  }

  private static Optional<EventKind> kind(Deployment deployment, Log log) {
    var contract =
        log.address().equals(deployment.executor())
            ? EventKind.Contract.EXECUTOR
            : log.address().equals(deployment.gateway())
                ? EventKind.Contract.GATEWAY
                : EventKind.Contract.ACCOUNT;
    return log.topics().stream().findFirst().flatMap(topic -> EventKind.of(contract, topic));
  }

  /** How many of home's blocks are not stored, up to {@code head}. */
  private static long absent(Town town, Database database, long head) {
    var first = Math.max(town.home().deployment().block() - 1, 0);
    var stored = 0L;
    for (long from = first; from <= head; from += READ_AT_ONCE) {
      var some = from;
      stored +=
          database
              .inTransaction(
                  tx -> Blocks.within(tx, Town.HOME, some, Math.min(head, some + READ_AT_ONCE - 1)))
              .size();
    }
    return head - first + 1 - stored;
  }

  private Figures figures(Run run, long differing, long absent) {
    var seconds = Math.max(run.time().toMillis(), 1) / 1000.0;
    var perMinute = Math.round(run.blocks() / seconds * 60);
    var cpuPerThousand = Math.round(run.cpuMillis() * 1000.0 / run.blocks());
    var ok = differing == 0 && absent == 0 && (run.looks() >= 1 || run.time().compareTo(SHOWN) < 0);
    var values =
        Output.object()
            .put("blocks", run.blocks())
            .put("payments", payments)
            .put("catchUpSeconds", seconds)
            .put("blocksPerMinute", perMinute)
            .put("relayerCpuMillisPerThousandBlocks", cpuPerThousand)
            .put("heapLimitBytes", (long) heap << 20)
            .put("peakResidentBytes", run.peakBytes())
            .put("blocksAbsent", absent)
            .put("logsDiffering", differing)
            .put("progressReports", run.looks());
    var lines =
        List.of(
            line("blocks read", "%,d", run.blocks()),
            line("seconds", "%.1f", seconds),
            line("blocks per minute", "%,d", perMinute),
            line("relayer's processor time per 1,000 blocks", "%,d ms", cpuPerThousand),
            line("relayer's heap limit", "%,d MiB", heap),
            line("relayer's most memory, resident", "%,d MiB", run.peakBytes() >> 20),
            line("blocks that are not stored", "%,d", absent),
            line("logs that are not stored, or should not be", "%,d", differing),
            line("times that it said how far behind it is", "%,d", run.looks()));
    return new Figures(ok, values, lines);
  }

  private static String line(String what, String form, Object value) {
    return "%-44s %s".formatted(what, String.format(Locale.ROOT, form, value));
  }
}
