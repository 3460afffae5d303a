package org.mandate.cli.demo;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.sql.SQLException;

/** One PostgreSQL server for the demo, with a database per relayer. */
final class Database {
  private final EmbeddedPostgres server;

  private Database(EmbeddedPostgres server) {
    this.server = server;
  }

  /** Starts a real server of our own in {@code directory}, on a free port. */
  static Database start(Path directory, Reaper reaper) throws IOException {
    reaper.watchPostgres(directory);
    var server =
        EmbeddedPostgres.builder()
            .setDataDirectory(directory)
            .setCleanDataDirectory(false)
            .setRegisterShutdownHook(false)
            .setServerConfig("fsync", "on") // the embedding turns it off, for tests
            .setServerConfig("listen_addresses", "127.0.0.1")
            .setServerConfig("shared_buffers", "32MB")
            .setOutputRedirector(ProcessBuilder.Redirect.DISCARD)
            .setErrorRedirector(ProcessBuilder.Redirect.DISCARD)
            .start();
    return new Database(server);
  }

  /** Creates a database and says where it is. */
  URI create(String name) throws SQLException {
    try (var connection = server.getPostgresDatabase().getConnection();
        var statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name);
    }
    return URI.create("postgresql://postgres:postgres@127.0.0.1:" + server.getPort() + "/" + name);
  }
}
