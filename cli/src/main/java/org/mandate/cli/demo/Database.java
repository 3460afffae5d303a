package org.mandate.cli.demo;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.mandate.relayer.store.EmbeddedServer;

/** One PostgreSQL server for the demo, with a database per relayer, each with a user of its own. */
final class Database {
  // Three relayers with sixteen each, and us.
  private static final int CONNECTIONS = 64;

  private final EmbeddedServer server;

  private Database(EmbeddedServer server) {
    this.server = server;
  }

  /** Starts a real server of our own in {@code directory}, on a free port. */
  static Database start(Path directory, Reaper reaper) throws IOException {
    return reaper.start(
        () -> {
          reaper.watchPostgres(directory);
          return new Database(EmbeddedServer.start(directory, CONNECTIONS));
        });
  }

  /** Creates a database and its owner, and says how that one connects: with a password in it. */
  URI create(String name) throws SQLException {
    var password = Stage.randomPassphrase();
    try (var connection = connect("postgres");
        var statement = connection.createStatement()) {
      statement.execute("CREATE ROLE %s LOGIN PASSWORD '%s'".formatted(name, password));
      statement.execute("CREATE DATABASE %s OWNER %1$s".formatted(name));
    }
    return URI.create(
        "postgresql://%s:%s@127.0.0.1:%d/%1$s".formatted(name, password, server.port()));
  }

  /** Looks into a database, as its server's administrator. */
  Connection connect(String name) throws SQLException {
    return DriverManager.getConnection(server.jdbcUrl(name));
  }
}
