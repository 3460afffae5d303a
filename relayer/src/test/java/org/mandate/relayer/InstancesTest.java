package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.math.BigInteger;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
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
 * {@code -Dmandate.pause=N} pauses for N seconds.
 */
class InstancesTest {
  private static final Duration SOON = Duration.ofSeconds(180);
  private static final Duration BETWEEN = Duration.ofMillis(600);

  /** Longer than a worker's claim (30 s) and any time-out of the database (60 s). */
  private static final Duration PAUSE = Duration.ofSeconds(Integer.getInteger("mandate.pause", 65));

  private static final int CLIENTS = 24;

  /** Of each client: 80 a second of all, on a machine that keeps up. */
  private static final Duration EACH = Duration.ofMillis(300);

  /** So many are answered by the others and by its successor before the next one is restarted. */
  private static final int LEAST = 400;

  /** One request in so many is a payment, the others are about those that were taken. */
  private static final int PAYS_EVERY = 40;

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
    awaitShared();
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

  /** Nothing is given back, or taken, until somebody comes or goes. */
  private static void awaitShared() throws Exception {
    awaitTrue(
        "three that share",
        () -> {
          List<Integer> shares = leaders().values().stream().map(Set::size).toList();
          int lines = (int) lines();
          return shares.size() == 3
              && shares.stream().mapToInt(n -> n).sum() == lines
              && shares.stream().allMatch(n -> n <= Math.ceilDiv(lines, 3));
        });
  }

  private static long lines() {
    return database
        .inTransaction(tx -> tx.one("SELECT count(*) AS n FROM lease", row -> row.number("n")))
        .orElseThrow();
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

  /** What it was refused since another one leads the line: by the check of the epoch alone. */
  private static long refused(String name, String line) throws Exception {
    String metrics = town.get(INSTANCES.get(name).port(), "/metrics").body();
    Matcher found =
        Pattern.compile(
                "^mandate_lead_refused_total\\{line=\"" + line + "\"} (\\S+)$", Pattern.MULTILINE)
            .matcher(metrics);
    assertTrue(found.find(), metrics);
    return (long) Double.parseDouble(found.group(1));
  }

  private static void awaitTrue(String what, Callable<Boolean> condition) throws Exception {
    Instant end = Instant.now().plus(SOON);
    while (!condition.call()) {
      assertTrue(Instant.now().isBefore(end), "not within " + SOON + ": " + what + " " + leaders());
      Thread.sleep(50);
    }
  }

  /**
   * Agents that hand payments to whichever instance takes them, and ask for what became of them,
   * each over a connection that it keeps as long as it is let. What is not answered is asked again:
   * an intent is the same one however often it is handed in.
   */
  private static final class Load {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final List<Hash> accepted = Collections.synchronizedList(new ArrayList<>());
    private final Map<Hash, String> bodies = new ConcurrentHashMap<>();
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger answered = new AtomicInteger();

    /** How often was asked again, and why. */
    private final Map<String, Integer> again = new ConcurrentSkipListMap<>();

    private final AtomicInteger cut = new AtomicInteger();
    private final BigInteger before = town.received(town.home);
    private final List<Thread> threads = new ArrayList<>();
    private final Instant begin = Instant.now();
    private final int paysEvery;
    private volatile boolean closed;
    private volatile Throwable failure;

    /**
     * @param each how long a client is from one request to the next one, whatever that takes
     * @param paysEvery one request in so many is a payment
     */
    Load(int clients, Duration each, int paysEvery) throws Exception {
      this.paysEvery = paysEvery;
      for (int i = 0; i < clients; i++) {
        int client = i;
        threads.add(Thread.ofVirtual().start(() -> run(client, each)));
      }
    }

    private void run(int client, Duration each) {
      // The JDK's client repeats a GET by itself, once, where a kept connection turns out closed.
      try (HttpClient http =
          HttpClient.newBuilder()
              .version(HttpClient.Version.HTTP_1_1)
              .connectTimeout(PATIENCE)
              .build()) {
        Instant due = Instant.now();
        for (int i = client; !closed; i++) {
          if (i % paysEvery == 0 || accepted.isEmpty()) pay(http, client);
          else if (i % 2 == 0) require(202, payAgain(any()), http, client);
          else require(200, view(any()), http, client);
          due = due.plus(each);
          Thread.sleep(
              Duration.ofMillis(Math.max(0, Duration.between(Instant.now(), due).toMillis())));
        }
      } catch (Exception | Error e) {
        failure = e;
      }
    }

    private Hash any() {
      return accepted.get(ThreadLocalRandom.current().nextInt(accepted.size()));
    }

    private void pay(HttpClient http, int client) throws Exception {
      Intent intent = town.payment(Town.HOME, town.token, AMOUNT);
      Hash id = intent.id(town.domain());
      bodies.put(id, town.body(town.signed(intent)).encode());
      require(202, payAgain(id), http, client);
      accepted.add(id);
    }

    private Function<Integer, HttpRequest> payAgain(Hash id) {
      return port ->
          request(port, "/v1/intents")
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(bodies.get(id)))
              .build();
    }

    private static Function<Integer, HttpRequest> view(Hash id) {
      return port -> request(port, "/v1/intents/" + id).build();
    }

    private static HttpRequest.Builder request(int port, String path) {
      return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
          .timeout(PATIENCE);
    }

    /** Stays with one instance as long as that answers, as a client that keeps its connection. */
    private void require(
        int status, Function<Integer, HttpRequest> request, HttpClient http, int client)
        throws Exception {
      asked.incrementAndGet();
      Instant end = Instant.now().plus(SOON);
      for (int i = client; ; i++) {
        List<RelayerProcess> all = List.copyOf(INSTANCES.values());
        try {
          HttpResponse<String> answer =
              http.send(
                  request.apply(all.get(i % all.size()).port()),
                  HttpResponse.BodyHandlers.ofString());
          if (answer.statusCode() == status) {
            answered.incrementAndGet();
            return;
          }
          if (answer.statusCode() < 500)
            throw new AssertionError(answer.statusCode() + " " + answer.body());
          again.merge("answered " + answer.statusCode(), 1, Integer::sum);
        } catch (ConnectException | HttpConnectTimeoutException e) {
          again.merge("nobody listened", 1, Integer::sum); // nothing was sent
        } catch (IOException e) {
          again.merge("sent, and not answered: " + e, 1, Integer::sum);
          cut.incrementAndGet();
        }
        if (Instant.now().isAfter(end)) throw new AssertionError("nobody answers");
        Thread.sleep(50);
      }
    }

    /** What was cut off after it was sent, and before it was answered. */
    int cut() {
      return cut.get();
    }

    int count() {
      return accepted.size();
    }

    /** Answers a second, so far. */
    double rate() {
      return answered.get() * 1000.0 / Duration.between(begin, Instant.now()).toMillis();
    }

    String told() {
      return "%d requests, %.1f answered a second; %d payments taken; asked again: %s"
          .formatted(asked.get(), rate(), count(), again);
    }

    void stop() throws Exception {
      closed = true;
      for (Thread thread : threads) thread.join();
      if (failure != null) throw new AssertionError(failure);
      assertEquals(asked.get(), answered.get(), "each request has an answer");
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
    load = new Load(1, BETWEEN, 1);
    List<String> took = new ArrayList<>();
    int others = 0;
    for (long chain : List.of(Town.HOME, Town.REMOTE)) {
      for (String what : List.of("send-", "follow-")) {
        awaitShared();
        String id = leader(what + chain).orElseThrow();
        String name = named(id);
        if (took.contains(name)) continue;
        Set<String> led = leaders().get(id);
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

  /** Each is paused in the middle of a round: the first thing it does on waking is stale. */
  @Test
  void L9_shouldStoreAndSendNothingStaleAfterAPause() throws Exception {
    load = new Load(1, BETWEEN, 1);
    int others = 0;
    Map<String, Failpoint> middles = new LinkedHashMap<>();
    middles.put("send-" + Town.HOME, Failpoint.AFTER_TRANSACTION_SENT);
    middles.put("archive-" + Town.HOME, Failpoint.AFTER_BLOB_STORED);
    for (String line : middles.keySet()) {
      awaitShared();
      String id = leader(line).orElseThrow();
      String name = named(id);
      long epoch = epoch(line);
      long before = refused(name, line);
      RelayerProcess paused = INSTANCES.get(name);
      paused.holdAt(middles.get(line).label());
      awaitTrue("it is in the middle of a round", paused::isHeld);
      assertEquals(Optional.of(id), leader(line), "it leads still");
      INSTANCES.remove(name);
      paused.pause(true);
      paused.letGo(); // it goes on when it wakes
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
      awaitTrue("what it had begun was refused", () -> refused(name, line) > before);
      System.err.printf("resumed: %d writes refused%n", refused(name, line) - before);
    }
    requireAllOnce(others);
  }

  /**
   * Signing is claimed work and no line's: who is paused between the nonce it looked up and the row
   * that holds the bytes has lost its claim when it wakes. Another instance has signed by then.
   */
  @Test
  void L9_shouldSignNothingStaleAfterAPause() throws Exception {
    load = new Load(1, BETWEEN, 1);
    awaitShared();
    String name = INSTANCES.keySet().iterator().next();
    RelayerProcess paused = INSTANCES.get(name);
    String id = idOf(name);
    List<Hash> claimed;
    do { // what it publishes is signed too, and nobody's payment
      paused.holdAt(Failpoint.BEFORE_TRANSACTION_STORED.label());
      awaitTrue("it is about to store what it signed", paused::isHeld);
      claimed = claimed(id);
      if (claimed.isEmpty()) paused.letGo();
    } while (claimed.isEmpty());
    List<Hash> held = claimed;
    INSTANCES.remove(name);
    paused.pause(true);
    paused.letGo();
    try {
      Instant since = Instant.now();
      awaitTrue("others signed it", () -> areSigned(held));
      System.err.printf(
          "paused while it signed: others signed that after %d ms%n",
          Duration.between(since, Instant.now()).toMillis());
      requireWork();
      Duration left = PAUSE.minus(Duration.between(since, Instant.now()));
      if (left.isPositive()) Thread.sleep(left);
    } finally {
      paused.pause(false);
      INSTANCES.put(name, paused);
    }
    awaitTrue("the paused one is back", () -> leaders().containsKey(id));
    requireAllOnce(1);
  }

  /** Payments that the instance claims. */
  private static List<Hash> claimed(String id) {
    return database.inTransaction(
        tx ->
            tx.list(
                "SELECT subject FROM task WHERE kind = 'SUBMIT' AND claimed_by = ? AND claimed_until >"
                    + " clock_timestamp()",
                row -> row.hash("subject"),
                id));
  }

  private static boolean areSigned(List<Hash> ids) {
    Set<Hash> signed = new HashSet<>();
    database.run(
        tx ->
            signed.addAll(
                tx.list(
                    "SELECT subject FROM transaction_item WHERE purpose = 'SUBMIT'",
                    row -> row.hash("subject"))));
    return signed.containsAll(ids);
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
    load = new Load(CLIENTS, EACH, PAYS_EVERY);
    for (String name : List.of("a", "b", "c")) {
      RelayerProcess old = INSTANCES.get(name);
      String id = idOf(name);
      int taken = load.count();
      int answered = load.answered.get();
      assertEquals(0, old.stop(), old.log());
      assertFalse(leaders().containsKey(id), "what it led it gave back");
      INSTANCES.remove(name);
      start(name);
      awaitTrue(
          "more was taken and answered",
          () -> load.count() > taken + 3 && load.answered.get() > answered + LEAST);
    }
    System.err.println(load.told());
    requireAllOnce(0);
    // A connection that is idle when it is closed may be used in that very moment: once a restart.
    assertTrue(load.cut() <= 3 * CLIENTS, load.told());
  }
}
