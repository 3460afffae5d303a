package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Deployment;
import org.mandate.chain.Hash;
import org.mandate.config.Config;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.signer.Key;
import org.mandate.signer.KeyException;
import org.mandate.signer.Signature;
import org.web3j.crypto.Credentials;
import org.web3j.crypto.Wallet;

/** What is looked at when a relayer starts, at the same time, and what that changes: nothing. */
class StartTest {
  private static final long HOME = 31337;
  private static final String PASSPHRASE = "correct horse battery staple";
  private static final Credentials OWN = Credentials.create("0x" + "01".repeat(32));
  private static final String OTHER = "0x" + "22".repeat(20);
  private static final String NOBODY = "http://127.0.0.1:1";

  @TempDir private static Path directory;
  private static Anvil home;
  private static Anvil another;
  private static EmbeddedServer server;

  @BeforeAll
  static void prepare() throws Exception {
    server = EmbeddedServer.start(directory.resolve("postgres"));
    home = Anvil.start(HOME);
    another = Anvil.start(HOME + 1);
    home.ask("anvil_setBalance", OWN.getAddress(), "0xde0b6b3a7640000");
    new ObjectMapper()
        .writeValue(
            directory.resolve("key.json").toFile(),
            Wallet.createLight(PASSPHRASE, OWN.getEcKeyPair()));
    Files.writeString(directory.resolve("passphrase"), PASSPHRASE);
    deployment().write(directory.resolve("deployment.json"));
  }

  private static Deployment deployment() {
    Map<String, Deployment.Contract> contracts = new HashMap<>();
    for (String name :
        List.of("AgentRegistry", "AgentVault", "HomeExecutor", "MandateLens", "QuorumGateway")) {
      Address address = Address.of("0x%040x".formatted(contracts.size() + 1_000_000));
      contracts.put(name, new Deployment.Contract(address, Hash.ZERO, Bytes.EMPTY));
    }
    BigInteger id = BigInteger.valueOf(HOME);
    return new Deployment(id, id, 0, contracts);
  }

  @AfterAll
  static void close() {
    home.close();
    another.close();
    server.close();
  }

  private static RelayerConfig config(String database, String key, String... nodes)
      throws Exception {
    try (Connection connection = DriverManager.getConnection(server.jdbcUrl());
        Statement statement = connection.createStatement()) {
      if (!exists(statement, database)) statement.execute("CREATE DATABASE " + database);
    }
    Path file = directory.resolve(database + ".yaml");
    Files.writeString(
        file,
        """
        chains:
          - id: %d
            rpc-urls: [%s]
            deployment: deployment.json
            poll-interval: 100ms
        key:
          file: key.json
          address: "%s"
          passphrase-file: passphrase
        http:
          drain: 0ms
        data-directory: data-%s
        database-url: "%s"
        """
            .formatted(
                HOME,
                String.join(", ", nodes),
                key,
                database,
                server.jdbcUrl(database).substring("jdbc:".length())));
    return Config.load(RelayerConfig.class, Optional.of(file), Map.of(), Map.of());
  }

  private static boolean exists(Statement statement, String database) throws Exception {
    try (ResultSet found =
        statement.executeQuery("SELECT FROM pg_database WHERE datname = '" + database + "'")) {
      return found.next();
    }
  }

  /** Tables of ours in that database, and connections to it beside the one that asks. */
  private static List<Long> traces(String database) throws Exception {
    try (Connection connection = DriverManager.getConnection(server.jdbcUrl(database));
        Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery(
                "SELECT (SELECT count(*) FROM pg_tables WHERE schemaname = 'public'),"
                    + " (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    + " AND pid <> pg_backend_pid())")) {
      found.next();
      return List.of(found.getLong(1), found.getLong(2));
    }
  }

  private static void refuses(
      Class<? extends RuntimeException> kind,
      RelayerConfig config,
      String database,
      String... words)
      throws Exception {
    RuntimeException refused = assertThrows(kind, () -> Relayer.start(config).close());
    for (String word : words) assertTrue(refused.getMessage().contains(word), refused.getMessage());
    Instant end = Instant.now().plusSeconds(30); // the server notices a moment later who has gone
    while (traces(database).get(1) > 0 && Instant.now().isBefore(end)) Thread.sleep(50);
    assertEquals(List.of(0L, 0L), traces(database), "nothing is made, nothing stays open");
  }

  @Test
  void L11_shouldChangeNothingWithTheKeyOfAnother() throws Exception {
    RelayerConfig config = config("another_key", OTHER, home.url().toString());
    refuses(KeyException.class, config, "another_key", Address.of(OTHER).checksummed());
  }

  @Test
  void L11_shouldChangeNothingWithTheNodeOfAnotherChain() throws Exception {
    RelayerConfig config = config("another_chain", OWN.getAddress(), another.url().toString());
    refuses(
        IllegalArgumentException.class,
        config,
        "another_chain",
        "chain " + (HOME + 1),
        "configured is " + HOME);
  }

  @Test
  void L11_shouldChangeNothingWhereMostNodesAreOfAnotherChain() throws Exception {
    String other = another.url().toString();
    RelayerConfig config =
        config("most_are_others", OWN.getAddress(), home.url().toString(), other, other);
    refuses(
        IllegalArgumentException.class, config, "most_are_others", other, "configured is " + HOME);
  }

  @Test
  void L9_shouldStartThoughOneOfItsNodesIsOfAnotherChain() throws Exception {
    String right = home.url().toString();
    RelayerConfig config =
        config("one_is_another", OWN.getAddress(), right, right, another.url().toString());
    try (Relayer relayer = Relayer.start(config)) {
      URI ready = URI.create("http://127.0.0.1:" + relayer.port() + "/health/ready");
      awaitReady(ready);
      String words = "of chain %d, configured is %d".formatted(HOME + 1, HOME);
      await(ready, answer -> answer.body().contains(words));
    }
  }

  /** It is another operator's, who did not want newer tables. */
  @Test
  void L11_shouldChangeNothingInADatabaseThatAnotherWorksWith() throws Exception {
    RelayerConfig config = config("anothers", OWN.getAddress(), home.url().toString());
    Flyway.configure()
        .dataSource(server.jdbcUrl("anothers"), null, null)
        .locations("classpath:db/migration")
        .target("17")
        .load()
        .migrate();
    execute(
        "anothers",
        "INSERT INTO instance VALUES ('another', decode(repeat('22', 20), 'hex'), 'like this',"
            + " 'there', now(), now() + interval '1 hour')");
    String before = history("anothers");
    RuntimeException refused =
        assertThrows(IllegalStateException.class, () -> Relayer.start(config).close());
    assertTrue(
        refused.getMessage().contains("give each operator a database of its own"),
        refused.getMessage());
    assertEquals(before, history("anothers"));
    refused =
        assertThrows(
            IllegalStateException.class,
            () -> Relayer.acceptReorg(config, HOME, 1, Clock.systemUTC()));
    assertTrue(refused.getMessage().contains("stop all of them first"), refused.getMessage());
    assertEquals(before, history("anothers"));
  }

  private static void execute(String database, String sql) throws Exception {
    try (Connection connection = DriverManager.getConnection(server.jdbcUrl(database));
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String history(String database) throws Exception {
    try (Connection connection = DriverManager.getConnection(server.jdbcUrl(database));
        Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery(
                "SELECT string_agg(version, ' ' ORDER BY installed_rank)"
                    + " FROM flyway_schema_history")) {
      found.next();
      return found.getString(1);
    }
  }

  @Test
  void L12_shouldSayAtOnceWhatIsWrongWithTheKeyThoughNoNodeAnswers() throws Exception {
    RelayerConfig config = config("nobody", OTHER, NOBODY);
    Instant begin = Instant.now();
    refuses(KeyException.class, config, "nobody", Address.of(OTHER).checksummed());
    Duration taken = Duration.between(begin, Instant.now());
    assertTrue(taken.toSeconds() < 20, "after " + taken);
  }

  @Test
  void L9_shouldStartOnTheDatabaseThatItLeft() throws Exception {
    RelayerConfig config = config("warm", OWN.getAddress(), home.url().toString());
    for (int i = 0; i < 3; i++) {
      try (Relayer relayer = Relayer.start(config)) {
        awaitReady(URI.create("http://127.0.0.1:" + relayer.port() + "/health/ready"));
      }
    }
    assertTrue(traces("warm").getFirst() > 0);
  }

  /** Whatever it fails of: what it opened is closed, and it can be started again. */
  @Test
  void L9_shouldLeaveTheDataDirectoryWhenMemoryRunsOut() throws Exception {
    RelayerConfig config = config("exhausted", OWN.getAddress(), home.url().toString());
    Key key =
        new Key() {
          @Override
          public Address address() {
            throw new OutOfMemoryError("as it were");
          }

          @Override
          public Signature sign(byte[] preimage) {
            throw new AssertionError("nothing is signed");
          }
        };
    assertThrows(
        OutOfMemoryError.class, () -> Relayer.start(config, key, Clock.systemUTC()).close());
    Relayer.start(config).close();
  }

  private static void awaitReady(URI at) throws Exception {
    await(at, answer -> answer.statusCode() == 200);
  }

  private static void await(URI at, Predicate<HttpResponse<String>> wanted) throws Exception {
    Instant end = Instant.now().plusSeconds(60);
    try (HttpClient http = HttpClient.newHttpClient()) {
      while (true) {
        HttpResponse<String> answer =
            http.send(HttpRequest.newBuilder(at).build(), HttpResponse.BodyHandlers.ofString());
        if (wanted.test(answer)) return;
        assertTrue(Instant.now().isBefore(end), answer.body());
        Thread.sleep(50);
      }
    }
  }
}
