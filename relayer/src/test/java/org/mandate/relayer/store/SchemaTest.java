package org.mandate.relayer.store;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.flywaydb.core.api.FlywayException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Flyway is left alone only when it would find nothing to do, and nothing to object to. */
class SchemaTest {
  private static final String LAST =
      "installed_rank = (SELECT max(installed_rank) FROM flyway_schema_history)";

  @TempDir private static Path directory;
  private static EmbeddedServer server;

  @BeforeAll
  static void start() {
    server = EmbeddedServer.start(directory.resolve("postgres"));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static void isCurrent(String database, boolean expected) throws SQLException {
    try (Connection connection = DriverManager.getConnection(server.jdbcUrl(database))) {
      assertTrue(Schema.isCurrent(connection) == expected, database);
    }
  }

  /** A database that was migrated, and then changed like that. */
  private static String migrated(String database, String... changes) throws SQLException {
    execute("postgres", "CREATE DATABASE " + database);
    isCurrent(database, false);
    Database.open(server.jdbcUrl(database), "test").close();
    isCurrent(database, true);
    execute(database, changes);
    return database;
  }

  private static void execute(String database, String... statements) throws SQLException {
    try (Connection connection = DriverManager.getConnection(server.jdbcUrl(database));
        Statement statement = connection.createStatement()) {
      for (String each : statements) statement.execute(each);
    }
  }

  @Test
  void shouldKnowWhatFlywayMade() throws Exception {
    String database = migrated("known");
    Database.open(server.jdbcUrl(database), "again").close();
    isCurrent(database, true);
  }

  @Test
  void L11_shouldLeaveAnAlteredScriptToFlyway() throws Exception {
    String database =
        migrated("altered", "UPDATE flyway_schema_history SET checksum = 1 WHERE " + LAST);
    isCurrent(database, false);
    assertThrows(
        FlywayException.class, () -> Database.open(server.jdbcUrl(database), "test").close());
  }

  @Test
  void L11_shouldLeaveAFailedScriptToFlyway() throws Exception {
    String database =
        migrated("failed", "UPDATE flyway_schema_history SET success = false WHERE " + LAST);
    isCurrent(database, false);
    assertThrows(
        FlywayException.class, () -> Database.open(server.jdbcUrl(database), "test").close());
  }

  @Test
  void L11_shouldLeaveWhatIsMissingOrNewerToFlyway() throws Exception {
    isCurrent(migrated("missing", "DELETE FROM flyway_schema_history WHERE " + LAST), false);
    isCurrent(
        migrated(
            "newer",
            """
            INSERT INTO flyway_schema_history
            SELECT installed_rank + 1, '1000', 'newer', type, 'V1000__newer.sql', 1, installed_by,
                   installed_on, execution_time, true
            FROM flyway_schema_history WHERE %s
            """
                .formatted(LAST)),
        false);
  }

  @Test
  void shouldConnectWithoutChangingAnything() throws Exception {
    execute("postgres", "CREATE DATABASE untouched");
    Database.connect(server.jdbcUrl("untouched"), "test").close();
    try (Connection connection = DriverManager.getConnection(server.jdbcUrl("untouched"));
        var tables = connection.getMetaData().getTables(null, "public", null, null)) {
      assertFalse(tables.next());
    }
  }
}
