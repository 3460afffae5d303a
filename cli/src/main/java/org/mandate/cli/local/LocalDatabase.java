package org.mandate.cli.local;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;

/**
 * One real PostgreSQL server with fsync on, a process of its own that outlives the relayers which
 * use it, with as many databases as there are operators, each with a user of its own.
 */
public final class LocalDatabase {
  // Three relayers with sixteen each, and us.
  private static final int CONNECTIONS = 64;
  private static final Duration END = Duration.ofSeconds(20);
  private static final Duration START = Duration.ofSeconds(60);

  private final Path directory;
  private final Reaper reaper;
  private final EmbeddedServer server;

  private LocalDatabase(Path directory, Reaper reaper, EmbeddedServer server) {
    this.directory = directory;
    this.reaper = reaper;
    this.server = server;
  }

  /** Starts a real server of our own in {@code directory}, on a free port. */
  public static LocalDatabase start(Path directory, Reaper reaper) throws IOException {
    return start(directory, reaper, CONNECTIONS);
  }

  /**
   * As {@link #start(Path, Reaper)}.
   *
   * @param connections most that there can be at once
   */
  public static LocalDatabase start(Path directory, Reaper reaper, int connections)
      throws IOException {
    return reaper.start(
        () -> {
          reaper.watchPostgres(directory);
          return new LocalDatabase(directory, reaper, EmbeddedServer.start(directory, connections));
        });
  }

  /** Creates a database and its owner, and says how that one connects: with a password in it. */
  public URI create(String name) throws SQLException {
    var password = Secrets.passphrase();
    try (var connection = connect("postgres");
        var statement = connection.createStatement()) {
      statement.execute("CREATE ROLE %s LOGIN PASSWORD '%s'".formatted(name, password));
      statement.execute("CREATE DATABASE %s OWNER %1$s".formatted(name));
    }
    return URI.create(
        "postgresql://%s:%s@127.0.0.1:%d/%1$s".formatted(name, password, server.port()));
  }

  /** Looks into a database, as its server's administrator. */
  public Connection connect(String name) throws SQLException {
    return DriverManager.getConnection(server.jdbcUrl(name));
  }

  /** Opens a relayer's database as its relayer does, as the server's administrator. */
  public Database open(String name) {
    return Database.open(server.jdbcUrl(name));
  }

  /** SIGKILL to the server and all its processes, as when the machine loses power. */
  public void kill() throws IOException, InterruptedException {
    var postmaster =
        ProcessHandle.of(pid())
            .orElseThrow(() -> new IOException("PostgreSQL in " + directory + " does not run"));
    var all = new ArrayList<ProcessHandle>(List.of(postmaster));
    postmaster.descendants().forEach(all::add);
    all.forEach(ProcessHandle::destroyForcibly); // the first one first: it starts no others then
    for (var process : all) {
      awaitEnd(process);
    }
  }

  /** Starts the server again that was killed, as it was started: the same port, the same data. */
  public void restart() throws IOException, InterruptedException {
    // What PostgreSQL writes down of how it was started is a command line for a shell.
    var command = Files.readString(directory.resolve("postmaster.opts")).strip();
    var log = ProcessBuilder.Redirect.appendTo(directory.resolveSibling("postgresql.log").toFile());
    var process =
        reaper.start(
            () ->
                new ProcessBuilder(shell("exec " + command))
                    .redirectOutput(log)
                    .redirectError(log)
                    .start());
    process.getOutputStream().close();
    var end = System.nanoTime() + START.toNanos();
    while (!answers()) {
      if (!process.isAlive()) {
        throw new IOException("PostgreSQL in %s ended at once".formatted(directory));
      }
      if (System.nanoTime() > end) {
        throw new IOException(
            "PostgreSQL in %s does not come back within %s".formatted(directory, START));
      }
      Thread.sleep(20);
    }
  }

  // PostgreSQL refuses to run as root; in a user namespace of its own root is nobody.
  private static List<String> shell(String command) {
    var asRoot = "root".equals(System.getProperty("user.name"));
    return Stream.concat(
            asRoot ? Stream.of("unshare", "-U") : Stream.of(), Stream.of("sh", "-c", command))
        .toList();
  }

  /** Whether the server takes connections. */
  public boolean answers() {
    try (var connection = connect("postgres")) {
      return connection.isValid(1);
    } catch (SQLException e) {
      return false;
    }
  }

  /** The process number of the server. */
  public long pid() throws IOException {
    try (var lines = Files.lines(directory.resolve("postmaster.pid"))) {
      return Long.parseLong(lines.findFirst().orElseThrow().trim());
    }
  }

  private static void awaitEnd(ProcessHandle process) throws IOException, InterruptedException {
    try {
      process.onExit().get(END.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException | ExecutionException e) {
      throw new IOException("PostgreSQL's process " + process.pid() + " does not end", e);
    }
  }
}
