package org.mandate.cli.simulation;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.mandate.cli.local.Reaper;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;

/**
 * Simulations one after the other, over one PostgreSQL server and one set of deployed contracts. A
 * seed decides all of one: it is the same each time, whatever ran before it.
 */
public final class Simulation implements AutoCloseable {
  private static final int CONNECTIONS = 96;

  private final Path root;
  private final Reaper reaper;
  private final EmbeddedServer server;
  private final Ground ground;
  private int runs;

  private Simulation(Path root, Reaper reaper, EmbeddedServer server, Ground ground) {
    this.root = root;
    this.reaper = reaper;
    this.server = server;
    this.ground = ground;
  }

  /**
   * What came of one seed.
   *
   * @param hours of virtual time
   * @param leaps how often time leapt over what nobody needed
   * @param hoursLeapt of those hours, in which nothing happened
   * @param steps how many things happened
   * @param digest of all of them, in order
   * @param failure what must not happen and did
   * @param last the last things that happened, when something must not have
   */
  public record Outcome(
      long seed,
      long hours,
      int leaps,
      long hoursLeapt,
      int intents,
      int blocks,
      int reorgs,
      int crashes,
      long steps,
      String digest,
      Optional<String> failure,
      List<String> last) {
    public Outcome {
      last = List.copyOf(last);
    }

    public boolean ok() {
      return failure.isEmpty();
    }
  }

  /**
   * @param root directory with {@code node_modules}
   */
  public static Simulation prepare(Path root) throws IOException {
    Reaper reaper = Reaper.start(Path.of(System.getProperty("java.io.tmpdir")));
    Runtime.getRuntime().addShutdownHook(new Thread(reaper::close, "simulation-cleanup"));
    try {
      Path data = reaper.directory().resolve("postgresql");
      EmbeddedServer server =
          reaper.start(
              () -> {
                reaper.watchPostgres(data);
                return EmbeddedServer.start(data, CONNECTIONS);
              });
      Simulation simulation = new Simulation(root, reaper, server, Ground.build(root, reaper));
      simulation.prepareDatabase();
      return simulation;
    } catch (IOException | RuntimeException e) {
      reaper.close();
      throw e;
    }
  }

  private void prepareDatabase() throws IOException {
    // What the server does by itself would come at its own time.
    execute(
        "ALTER SYSTEM SET autovacuum = off", "SELECT pg_reload_conf()", "CREATE DATABASE pattern");
    Database.open(server.jdbcUrl("pattern")).close();
  }

  /**
   * Runs one seed.
   *
   * @param relayers at least two, so that messages are delivered
   */
  public Outcome run(long seed, int relayers, int intents, Duration length) throws IOException {
    return run(seed, relayers, intents, length, OptionalLong.empty());
  }

  /**
   * As above, and it fails.
   *
   * @param planted at which of its looks the oracle is to find fault, whatever it sees
   */
  Outcome run(long seed, int relayers, int intents, Duration length, OptionalLong planted)
      throws IOException {
    int run = runs++;
    List<String> urls = new ArrayList<>();
    for (int i = 0; i < relayers; i++) {
      String name = "run_%d_%d".formatted(run, i);
      execute("CREATE DATABASE %s TEMPLATE pattern".formatted(name));
      urls.add(server.jdbcUrl(name));
    }
    Path directory = reaper.directory().resolve("run-" + run);
    try (World world =
        new World(ground, reaper, root, directory, urls, seed, intents, length, planted)) {
      Optional<String> failure = Optional.empty();
      try {
        world.run();
      } catch (Throwable e) {
        failure = Optional.of(words(e));
      }
      return new Outcome(
          seed,
          world.hours(),
          world.leaps(),
          world.hoursLeapt(),
          intents,
          world.blocks(),
          world.reorgs(),
          world.crashes(),
          world.trace().steps(),
          world.trace().digest(),
          failure,
          failure.isPresent() ? world.trace().last() : List.of());
    } catch (SQLException e) {
      throw new IOException(e);
    } finally {
      for (int i = 0; i < relayers; i++) {
        execute("DROP DATABASE IF EXISTS run_%d_%d WITH (FORCE)".formatted(run, i));
      }
    }
  }

  private static String words(Throwable e) {
    if (e instanceof AssertionError) return String.valueOf(e.getMessage());
    StringBuilder words = new StringBuilder(e.toString());
    for (StackTraceElement at : e.getStackTrace()) words.append("\n  at ").append(at);
    if (e.getCause() != null) words.append("\nbecause of ").append(words(e.getCause()));
    return words.toString();
  }

  private void execute(String... statements) throws IOException {
    try (Connection connection = DriverManager.getConnection(server.jdbcUrl());
        Statement statement = connection.createStatement()) {
      for (String one : statements) statement.execute(one);
    } catch (SQLException e) {
      throw new IOException(e);
    }
  }

  @Override
  public void close() {
    server.close();
    reaper.close();
  }
}
