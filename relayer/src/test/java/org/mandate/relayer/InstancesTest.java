package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mandate.chain.BlockTag;
import org.mandate.chain.Hash;
import org.mandate.intent.Intent;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;

/**
 * Three processes of one relayer on one PostgreSQL, under load, are killed, paused and restarted.
 * {@code -Dmandate.pause=60} pauses for a minute.
 */
class InstancesTest {
  private static final Duration SOON = Duration.ofSeconds(180);
  private static final Duration BETWEEN = Duration.ofMillis(600);
  private static final Duration PAUSE = Duration.ofSeconds(Integer.getInteger("mandate.pause", 6));
  private static final int MOST_PAUSES = 8;
  private static final long AMOUNT = 3;

  private static Town town;
  private static EmbeddedServer server;
  private static Database database;
  private static final Map<String, RelayerProcess> INSTANCES = new LinkedHashMap<>();
  private Load load;

  @BeforeAll
  static void build() throws Exception {
    town = Town.build(1, 1);
    server = EmbeddedServer.start(town.directory.resolve("postgres"), 100);
    database = Database.open(server.jdbcUrl(), "test");
    for (String name : List.of("a", "b", "c")) start(name);
  }

  @AfterAll
  static void close() throws Exception {
    INSTANCES.values().forEach(RelayerProcess::close);
    database.close();
    server.close();
    town.close();
  }

  @BeforeEach
  void begin() throws Exception {
    for (String name : List.of("a", "b", "c")) if (!INSTANCES.containsKey(name)) start(name);
    awaitTrue("three that share", () -> leaders().size() == 3);
    load = new Load();
  }

  @AfterEach
  void end() throws Exception {
    load.stop();
  }

  private static void start(String name) throws Exception {
    URI url = URI.create(server.jdbcUrl().substring("jdbc:".length()));
    Map<String, String> query = new HashMap<>();
    for (String pair : url.getQuery().split("&"))
      query.put(pair.split("=", 2)[0], pair.split("=", 2)[1]);
    URI shared =
        URI.create(
            "postgresql://%s:%s@127.0.0.1:%d%s"
                .formatted(query.get("user"), query.get("password"), url.getPort(), url.getPath()));
    RelayerProcess process = RelayerProcess.instance(town, 0, name, shared);
    INSTANCES.put(name, process);
    process.port();
  }

  // ------------------------------------------------------------------ what is seen

  /** Which instances, by their ids, lead what. */
  private static Map<String, Set<String>> leaders() {
    Map<String, Set<String>> leaders = new HashMap<>();
    database.run(
        tx ->
            tx.list(
                "SELECT line, holder FROM lease WHERE until > clock_timestamp() AND holder IS NOT"
                    + " NULL",
                row ->
                    leaders
                        .computeIfAbsent(row.text("holder"), h -> new HashSet<>())
                        .add(row.text("line"))));
    return leaders;
  }

  private static Optional<String> leader(String line) {
    return leaders().entrySet().stream()
        .filter(e -> e.getValue().contains(line))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  private static String idOf(String name) throws Exception {
    return new JsonObject(town.get(INSTANCES.get(name).port(), "/health/ready").body())
        .getString("instance");
  }

  private static String named(String id) throws Exception {
    for (String name : INSTANCES.keySet()) if (idOf(name).equals(id)) return name;
    throw new AssertionError("no process is instance " + id);
  }

  private static long refused(String name) throws Exception {
    String metrics = town.get(INSTANCES.get(name).port(), "/metrics").body();
    Matcher lines =
        Pattern.compile(
                "^mandate_(?:lead_refused|work_overtaken)_total(?:\\{[^}]*})? (\\S+)$",
                Pattern.MULTILINE)
            .matcher(metrics);
    double sum = 0;
    int found = 0;
    for (; lines.find(); found++) sum += Double.parseDouble(lines.group(1));
    assertTrue(found > 1, metrics);
    return (long) sum;
  }

  private static void awaitTrue(String what, Callable<Boolean> condition) throws Exception {
    Instant end = Instant.now().plus(SOON);
    while (!condition.call()) {
      assertTrue(Instant.now().isBefore(end), "not within " + SOON + ": " + what + " " + leaders());
      Thread.sleep(50);
    }
  }

  /**
   * An agent that hands payments to whichever instance takes them, and asks again when there is no
   * answer.
   */
  private static final class Load {
    private final ConcurrentLinkedQueue<Hash> accepted = new ConcurrentLinkedQueue<>();
    private final AtomicInteger cut = new AtomicInteger();
    private final BigInteger before = town.received(town.home);
    private final Thread thread;
    private volatile boolean closed;
    private volatile Throwable failure;

    Load() throws Exception {
      thread = Thread.ofVirtual().start(this::run);
    }

    private void run() {
      try {
        for (int i = 0; !closed; i++) {
          submit(i);
          Thread.sleep(BETWEEN);
        }
      } catch (Exception | Error e) {
        failure = e;
      }
    }

    private void submit(int first) throws Exception {
      Intent intent = town.payment(Town.HOME, town.token, AMOUNT);
      String body = town.body(town.signed(intent)).encode();
      Instant end = Instant.now().plus(SOON);
      for (int i = first; ; i++) {
        List<RelayerProcess> all = List.copyOf(INSTANCES.values());
        try {
          HttpResponse<String> answer =
              town.post(all.get(i % all.size()).port(), "/v1/intents", body, Duration.ofSeconds(5));
          if (answer.statusCode() == 202) {
            accepted.add(intent.id(town.domain()));
            return;
          }
          if (answer.statusCode() < 500) throw new AssertionError(answer.body());
        } catch (java.net.ConnectException e) {
          // Nobody listens there.
        } catch (IOException e) {
          cut.incrementAndGet();
        }
        if (Instant.now().isAfter(end)) throw new AssertionError("nobody takes it");
        Thread.sleep(50);
      }
    }

    /** What was cut off before it was answered. */
    int cut() {
      return cut.get();
    }

    int count() {
      return accepted.size();
    }

    void stop() throws Exception {
      closed = true;
      thread.join();
      if (failure != null) throw new AssertionError(failure);
    }
  }

  /** A payment that is handed in now is executed. */
  private static void requireWork() throws Exception {
    RelayerProcess any = null;
    for (RelayerProcess process : INSTANCES.values()) if (any == null) any = process;
    Hash id = town.submit(any.port(), town.payment(Town.HOME, town.token, AMOUNT));
    town.awaitState(any.port(), id, "EXECUTED", SOON);
  }

  /** All that was accepted is executed, once, and no nonce was left out. */
  private void requireAllOnce(int others) throws Exception {
    load.stop();
    int port = INSTANCES.values().iterator().next().port();
    Set<Hash> all = new HashSet<>(load.accepted);
    assertEquals(load.count(), all.size());
    for (Hash id : all) town.awaitState(port, id, "EXECUTED", SOON);
    BigInteger expected = BigInteger.valueOf(AMOUNT * (all.size() + others));
    assertEquals(load.before.add(expected), town.received(town.home));
    awaitTrue(
        "all settled",
        () ->
            database
                    .inTransaction(
                        tx ->
                            tx.one(
                                "SELECT count(*) AS n FROM transaction WHERE state = 'OPEN' AND"
                                    + " purpose = 'SUBMIT'",
                                row -> row.number("n")))
                    .orElseThrow()
                == 0);
    database.run(
        tx -> {
          assertEquals(
              List.of(),
              tx.list(
                  "SELECT subject FROM transaction WHERE purpose = 'SUBMIT' AND state = 'SUCCEEDED'"
                      + " GROUP BY subject HAVING count(*) > 1",
                  row -> row.hash("subject")),
              "nothing was submitted twice");
          assertEquals(
              List.of(),
              tx.list(
                  "SELECT chain_id FROM transaction GROUP BY chain_id HAVING count(*) <> max(nonce)"
                      + " - min(nonce) + 1",
                  row -> row.number("chain_id")),
              "no nonce was left out");
          assertEquals(
              List.of(),
              tx.list(
                  "SELECT nonce FROM transaction WHERE purpose = 'FILL' OR state IN ('REVERTED',"
                      + " 'DISPLACED')",
                  row -> row.number("nonce")));
        });
    long sent = town.home.client().nonce(Town.relayer(0).address(), BlockTag.LATEST);
    long stored =
        database
            .inTransaction(
                tx ->
                    tx.one(
                        "SELECT next FROM signer_nonce WHERE chain_id = " + Town.HOME,
                        row -> row.number("next")))
            .orElseThrow();
    assertTrue(sent <= stored && stored - sent < 5, "stored " + stored + ", mined " + sent);
  }

  // ------------------------------------------------------------------ what is done to them

  @Test
  void L9_shouldGoOnWhenTheLeaderIsKilled() throws Exception {
    List<String> took = new ArrayList<>();
    int others = 0;
    for (long chain : List.of(Town.HOME, Town.REMOTE)) {
      awaitTrue("three that share", () -> leaders().size() == 3);
      for (String what : List.of("send-", "follow-")) {
        Map<String, Set<String>> leaders = leaders();
        String id =
            leaders.keySet().stream()
                .filter(holder -> leaders.get(holder).contains(what + chain))
                .findFirst()
                .orElseThrow();
        String name = named(id);
        if (took.contains(name)) continue;
        Set<String> led = leaders.get(id);
        INSTANCES.get(name).kill();
        Instant killed = Instant.now();
        INSTANCES.remove(name);
        awaitTrue(
            "others lead",
            () ->
                led.stream().allMatch(line -> leader(line).filter(l -> !l.equals(id)).isPresent()));
        took.add(name);
        System.err.printf(
            "killed the leader of %s%d: others lead its %d lines after %d ms%n",
            what, chain, led.size(), Duration.between(killed, Instant.now()).toMillis());
        requireWork();
        others++;
        System.err.printf(
            "a new payment was executed after %d ms%n",
            Duration.between(killed, Instant.now()).toMillis());
        start(name);
      }
    }
    assertFalse(took.isEmpty());
    requireAllOnce(others);
  }

  @Test
  void L9_shouldStoreAndSendNothingStaleAfterAPause() throws Exception {
    long refused = 0;
    int others = 0;
    for (int i = 0; i < MOST_PAUSES && (refused == 0 || i < 2); i++) {
      awaitTrue("three that share", () -> leaders().size() == 3);
      String line = (i % 2 == 0 ? "send-" : "follow-") + Town.HOME;
      String id = leader(line).orElseThrow();
      String name = named(id);
      long epoch = epoch(line);
      RelayerProcess paused = INSTANCES.remove(name);
      paused.pause(true);
      try {
        Instant since = Instant.now();
        awaitTrue("another leads", () -> leader(line).filter(l -> !l.equals(id)).isPresent());
        System.err.printf(
            "paused the leader of %s: another leads after %d ms%n",
            line, Duration.between(since, Instant.now()).toMillis());
        requireWork();
        others++;
        Duration left = PAUSE.minus(Duration.between(since, Instant.now()));
        if (left.isPositive()) Thread.sleep(left);
      } finally {
        paused.pause(false);
        INSTANCES.put(name, paused);
      }
      assertNotEquals(epoch, epoch(line));
      awaitTrue("the paused one is back", () -> leaders().containsKey(id));
      refused = Math.max(refused, refused(name));
      System.err.printf("resumed: %d stale writes refused%n", refused(name));
    }
    assertTrue(refused > 0, "what a paused process had begun was refused");
    requireAllOnce(others);
  }

  private static long epoch(String line) {
    return database
        .inTransaction(
            tx ->
                tx.one("SELECT epoch FROM lease WHERE line = ?", row -> row.number("epoch"), line))
        .orElseThrow();
  }

  @Test
  void shouldLoseNoRequestWhenRestartedOneAfterTheOther() throws Exception {
    for (String name : List.of("a", "b", "c")) {
      RelayerProcess old = INSTANCES.get(name);
      String id = idOf(name);
      int before = load.count();
      assertEquals(0, old.stop(), old.log());
      assertFalse(leaders().containsKey(id), "what it led it gave back");
      INSTANCES.remove(name);
      start(name);
      awaitTrue("more was taken", () -> load.count() > before + 3);
    }
    System.err.printf("%d accepted, %d cut off%n", load.count(), load.cut());
    requireAllOnce(0);
    assertEquals(0, load.cut(), "what was asked was answered");
  }
}
