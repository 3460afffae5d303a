package org.mandate.relayer.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is committed is there after the server was killed: what follows from it was sent. */
class DurabilityTest {
  private static final int ROWS = 20;

  @TempDir Path directory;

  @Test
  void L9_shouldKeepWhatWasCommittedWhenTheServerIsKilled() throws Exception {
    Path data = directory.resolve("postgres");
    EmbeddedServer server = EmbeddedServer.start(data);
    try (Database database = Database.open(server.jdbcUrl())) {
      lateWriter(server);
      database.run(tx -> tx.update("CREATE TABLE kept (one BIGINT)"));
      commit(database);
      kill(data);
    } finally {
      server.close();
    }
    requireRows(data);
  }

  /** Its administrator may have told it so for others: this program asks for itself. */
  @Test
  void L9_shouldKeepItAlsoOnAServerThatCallsStoredWhatIsNot() throws Exception {
    Path data = directory.resolve("postgres");
    EmbeddedServer server = EmbeddedServer.start(data);
    execute(server, "ALTER ROLE postgres SET synchronous_commit = off");
    try (Database database = Database.open(server.jdbcUrl())) {
      lateWriter(server);
      database.run(tx -> tx.update("CREATE TABLE kept (one BIGINT)"));
      commit(database);
      kill(data);
    } finally {
      server.close();
    }
    requireRows(data);
  }

  @Test
  void L9_shouldRefuseAServerThatForgets() throws Exception {
    try (EmbeddedServer server = EmbeddedServer.start(directory.resolve("postgres"))) {
      String forgetful = server.jdbcUrl() + "&options=-c%20synchronous_commit=off";
      try (Database database = Database.connect(forgetful, "test")) {
        String why =
            assertThrows(IllegalStateException.class, database::requireDurable).getMessage();
        assertTrue(why.contains("synchronous_commit"), why);
      }
      try (Database database = Database.connect(server.jdbcUrl(), "test")) {
        database.requireDurable();
      }
    }
  }

  private static void commit(Database database) {
    for (int i = 0; i < ROWS; i++) database.run(tx -> tx.update("INSERT INTO kept VALUES (1)"));
  }

  /** What is not written by a commit itself is written ten seconds later. */
  private static void lateWriter(EmbeddedServer server) throws SQLException {
    execute(server, "ALTER SYSTEM SET wal_writer_delay = '10s'", "SELECT pg_reload_conf()");
  }

  private static void execute(EmbeddedServer server, String... statements) throws SQLException {
    try (Connection connection = DriverManager.getConnection(server.jdbcUrl());
        Statement statement = connection.createStatement()) {
      for (String each : statements) statement.execute(each);
    }
  }

  /** All of it at once: its parts write what they have when they see that it is gone. */
  private static void kill(Path data) throws Exception {
    String pid = Files.readAllLines(data.resolve("postmaster.pid")).getFirst().trim();
    ProcessHandle server = ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
    List<ProcessHandle> parts = server.descendants().toList();
    server.destroyForcibly();
    parts.forEach(ProcessHandle::destroyForcibly);
    server.onExit().get(60, TimeUnit.SECONDS);
    for (ProcessHandle part : parts) part.onExit().get(60, TimeUnit.SECONDS);
  }

  private static void requireRows(Path data) {
    try (EmbeddedServer next = EmbeddedServer.start(data);
        Database database = Database.open(next.jdbcUrl())) {
      assertEquals(
          List.of((long) ROWS),
          database.inTransaction(
              tx -> tx.list("SELECT count(*) AS n FROM kept", row -> row.number("n"))));
    }
  }
}
