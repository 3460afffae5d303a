package org.mandate.relayer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Hash;
import org.mandate.chain.Wei;
import org.mandate.deploy.Call;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.relayer.store.Task;

/**
 * What an operator is woken by: metrics, warnings and alarms of a relayer whose node lies, and that
 * runs out of coins.
 */
class AlertsTest {
  private static final Duration SOON = Duration.ofSeconds(120);
  private static final Path RULES =
      Path.of(System.getProperty("mandate.root", ".."), "docs", "alerts.yaml");

  /** What has to have an alert. */
  private static final Set<String> ALARMING =
      Set.of(
          "mandate_ready",
          "mandate_signs",
          "mandate_lines_unled",
          "mandate_lead_refused_total",
          "mandate_node_disagreements",
          "mandate_chain",
          "mandate_parked",
          "mandate_oldest_waiting_seconds",
          "mandate_alarms_total");

  private static final ByteArrayOutputStream LOG = new ByteArrayOutputStream();
  private static PrintStream err;
  private static Town town;
  private static EmbeddedServer server;
  private static final List<LyingNode> NODES = new ArrayList<>();
  private static Relayer relayer;

  @BeforeAll
  static void start() throws Exception {
    err = System.err;
    System.setErr(new PrintStream(both(err, LOG), true, UTF_8));
    town = Town.build(1, 1);
    server = EmbeddedServer.start(town.directory.resolve("postgres"));
    for (int i = 0; i < 3; i++) NODES.add(LyingNode.before(town.home.url()));
    List<URI> home = NODES.stream().map(LyingNode::url).toList();
    RelayerConfig several = town.config(0, List.of(), home, List.of(town.remote.url()), 0);
    RelayerConfig shared = town.config(0, List.of(), server);
    relayer =
        Relayer.start(
            new RelayerConfig(
                several.chains(),
                several.key(),
                several.dataDirectory(),
                shared.databaseUrl(),
                several.blobDirectory(),
                several.ipfsApi(),
                several.http(),
                several.peers(),
                several.publishInterval(),
                several.stagger(),
                several.attestationPatience(),
                several.reportInterval(),
                several.treasury()),
            Town.relayer(0),
            Clock.systemUTC());
  }

  @AfterAll
  static void stop() throws Exception {
    System.setErr(err);
    relayer.close();
    NODES.forEach(LyingNode::close);
    server.close();
    town.close();
  }

  private static OutputStream both(OutputStream one, OutputStream two) {
    return new OutputStream() {
      @Override
      public void write(int b) throws java.io.IOException {
        one.write(b);
        two.write(b);
      }

      @Override
      public void write(byte[] bytes, int from, int length) throws java.io.IOException {
        one.write(bytes, from, length);
        two.write(bytes, from, length);
      }
    };
  }

  // ------------------------------------------------------------------ what is seen

  private static String metrics() throws Exception {
    return town.get(relayer.port(), "/metrics").body();
  }

  /** The values of that metric, of the series whose labels contain that. */
  private static List<Double> values(String name, String labels) throws Exception {
    Matcher lines =
        Pattern.compile("^" + name + "(\\{[^}]*})? (\\S+)$", Pattern.MULTILINE).matcher(metrics());
    List<Double> values = new ArrayList<>();
    while (lines.find())
      if (Optional.ofNullable(lines.group(1)).orElse("").contains(labels))
        values.add(Double.parseDouble(lines.group(2)));
    return values;
  }

  private static JsonObject health() throws Exception {
    return new JsonObject(town.get(relayer.port(), "/health/ready").body());
  }

  private static boolean warns(String of) throws Exception {
    return health().getJsonArray("warnings").stream().anyMatch(w -> w.toString().contains(of));
  }

  private static boolean isLogged(String level, Predicate<String> line) {
    return LOG.toString(UTF_8)
        .lines()
        .anyMatch(l -> l.contains("\"level\":\"" + level + "\"") && line.test(l));
  }

  private static void awaitTrue(String what, Callable<Boolean> condition) throws Exception {
    Instant end = Instant.now().plus(SOON);
    while (!condition.call()) {
      assertTrue(Instant.now().isBefore(end), () -> "not within " + SOON + ": " + what);
      Thread.sleep(200);
    }
  }

  // ------------------------------------------------------------------ what is done to it

  @Test
  void L10_shouldTellOperatorsOfANodeThatContradictsTheOthers() throws Exception {
    String liar = "127.0.0.1:" + NODES.get(1).url().getPort();
    assertFalse(warns(liar));
    double alarms = values("mandate_alarms_total", "").getFirst();
    NODES.get(1).tell(LyingNode.Lie.NO_LOGS);
    try {
      for (int i = 0; i < 3; i++) {
        Hash id = town.submit(relayer.port(), town.payment(Town.HOME, town.token, 1));
        town.awaitState(relayer.port(), id, "EXECUTED", SOON);
      }
      awaitTrue(
          "counted",
          () -> values("mandate_node_disagreements", liar).stream().anyMatch(n -> n > 0));
    } finally {
      NODES.get(1).tell(LyingNode.Lie.NONE);
    }
    assertTrue(
        values("mandate_node_disagreements", "").stream().filter(n -> n > 0).count() >= 1
            && values("mandate_node_disagreements", "127.0.0.1:" + NODES.get(0).url().getPort())
                .stream()
                .allMatch(n -> n == 0),
        "of the liar alone");
    assertTrue(warns(liar + " contradicted most others"), health().encode());
    assertTrue(
        isLogged("alarm", l -> l.contains("contradicts most others") && l.contains(liar)), "alarm");
    assertTrue(values("mandate_alarms_total", "").getFirst() > alarms);
  }

  @Test
  void L9_shouldWarnOfCoinsThatRunLowUntilThereAreMore() throws Exception {
    String chain = "chain=\"" + Town.REMOTE + "\"";
    String key = Town.relayer(0).address().hex();
    awaitTrue("enough", () -> level(chain) == 0);
    assertFalse(warns("send coins to it"));
    has(Wei.of("0.03 ether"));
    awaitTrue("low", () -> level(chain) == 1);
    assertTrue(warns("chain " + Town.REMOTE + ": " + key + " has less than"), health().encode());
    assertEquals(
        3e16, values("mandate_chain", chain + ",what=\"balance_wei\"").getFirst(), "in wei");
    JsonObject told = health().getJsonObject("chains").getJsonObject(Long.toString(Town.REMOTE));
    assertEquals("LOW", told.getString("balanceLevel"));
    awaitTrue("logged", () -> isLogged("warn", l -> l.contains("run low")));
    has(Wei.of("0.005 ether"));
    awaitTrue("alarming", () -> level(chain) == 2);
    assertTrue(warns("nearly used up"));
    awaitTrue("alarm", () -> isLogged("alarm", l -> l.contains("nearly used up")));
    town.remote
        .sender(Town.credentials(0))
        .send(new Call("top up", key, BigInteger.TEN.pow(17), "0x"));
    awaitTrue("enough again", () -> level(chain) == 0);
    assertFalse(warns("send coins to it"), health().encode());
    awaitTrue("logged", () -> isLogged("info", l -> l.contains("enough coins again")));
  }

  private static void has(Wei wei) {
    town.remote.ask(
        "anvil_setBalance", Town.relayer(0).address().hex(), "0x" + wei.value().toString(16));
  }

  private static double level(String chain) throws Exception {
    return values("mandate_chain", chain + ",what=\"balance_level\"").stream()
        .findFirst()
        .orElse(-1.0);
  }

  /** Each name and each label that is asked for with that value is told by a relayer. */
  @Test
  void shouldShipAlertsOnMetricsThatThereAre() throws Exception {
    parked();
    NODES.get(2).tell(LyingNode.Lie.NO_LOGS);
    Hash id = town.submit(relayer.port(), town.payment(Town.HOME, town.token, 1));
    town.awaitState(relayer.port(), id, "EXECUTED", SOON);
    awaitTrue("all of them", () -> values("mandate_node_disagreements", "").size() > 0);
    NODES.get(2).tell(LyingNode.Lie.NONE);
    awaitTrue("parked", () -> values("mandate_parked", "").size() > 0);
    String told = metrics();
    Set<String> used = new TreeSet<>();
    for (JsonNode group : new YAMLMapper().readTree(RULES.toFile()).path("groups")) {
      for (JsonNode rule : group.path("rules")) {
        assertFalse(rule.path("annotations").path("summary").asText().isBlank(), rule.toString());
        Matcher names =
            Pattern.compile("(mandate_\\w+)(?:\\{([^}]*)})?").matcher(rule.path("expr").asText());
        assertTrue(names.find(), rule.toString());
        do {
          used.add(names.group(1));
          String labels = Optional.ofNullable(names.group(2)).orElse("");
          assertTrue(isTold(told, names.group(1), labels), names.group() + " is not in\n" + told);
        } while (names.find());
      }
    }
    assertEquals(new TreeSet<>(ALARMING), used);
  }

  private static boolean isTold(String metrics, String name, String labels) {
    String equal = labels.matches("\\w+=\"[^\"]*\"") ? Pattern.quote(labels) : "";
    return Pattern.compile("^" + name + "(\\{[^}]*" + equal + "[^}]*})? \\S+$", Pattern.MULTILINE)
        .matcher(metrics)
        .results()
        .anyMatch(line -> equal.isEmpty() || line.group().contains(labels));
  }

  /** Something stands in the way of work that nobody looks at meanwhile. */
  private static void parked() {
    try (Database database = Database.open(server.jdbcUrl(), "test")) {
      Instant later = Instant.now().plus(Duration.ofHours(1));
      database.run(
          tx -> {
            Hash subject = Hash.keccak("parked");
            Task.open(tx, Task.Kind.PROCEED, Town.HOME, subject, later, Instant.now());
            Task.park(tx, Town.HOME, subject, later, "{\"rule\":\"BUDGET\"}");
          });
    }
  }
}
