package org.mandate.relayer.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/** The relayer's PostgreSQL database, migrated to the newest schema when it is opened. */
public final class Database implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final int CONNECTIONS = 12;
  private static final int GUEST_CONNECTIONS = 4;

  private final DataSource source;
  private final Optional<HikariDataSource> pool;

  private Database(DataSource source, Optional<HikariDataSource> pool) {
    this.source = source;
    this.pool = pool;
  }

  private Database(HikariDataSource pool) {
    this(pool, Optional.of(pool));
  }

  /**
   * A database that is migrated already.
   *
   * @param source of connections that do not commit by themselves; the caller closes it
   */
  public static Database over(DataSource source) {
    return new Database(source, Optional.empty());
  }

  /**
   * Opens and migrates.
   *
   * @param jdbcUrl {@code jdbc:postgresql://host:port/name?user=…}; a password in it never reaches
   *     the log
   * @throws org.flywaydb.core.api.FlywayException when the schema is newer than this program or was
   *     altered
   */
  public static Database open(String jdbcUrl) {
    HikariDataSource source = pool(jdbcUrl, "relayer", CONNECTIONS, Duration.ofSeconds(30));
    try {
      Flyway.configure().dataSource(source).locations("classpath:db/migration").load().migrate();
    } catch (RuntimeException e) {
      source.close();
      throw e;
    }
    return new Database(source);
  }

  /**
   * A few connections of their own to the same database where it has a pool, for requests from
   * outside: they must not hold up the workflows.
   */
  public Database forGuests() {
    return pool.map(
            own ->
                new Database(
                    pool(own.getJdbcUrl(), "api", GUEST_CONNECTIONS, Duration.ofSeconds(5))))
        .orElse(this);
  }

  private static HikariDataSource pool(
      String jdbcUrl, String name, int connections, Duration statement) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(jdbcUrl);
    config.setMaximumPoolSize(connections);
    config.setMinimumIdle(1);
    config.setConnectionTimeout(CONNECT.toMillis());
    config.setAutoCommit(false);
    config.setPoolName(name);
    // No statement may hang a workflow: a lock that is not free within seconds is a defect, not a
    // reason to wait.
    long most = statement.toMillis();
    config.addDataSourceProperty(
        "options", "-c statement_timeout=%d -c lock_timeout=%d".formatted(most, most / 2));
    return new HikariDataSource(config);
  }

  /** Runs the work in one transaction: all of it is stored, or, when it throws, nothing. */
  public <T> T inTransaction(Function<Tx, T> work) {
    try (Connection connection = source.getConnection()) {
      try {
        Tx tx = new Tx(connection);
        T result = work.apply(tx);
        tx.steps().beforeCommit();
        connection.commit();
        tx.steps().afterCommit();
        return result;
      } catch (RuntimeException | Error e) {
        connection.rollback();
        throw e;
      }
    } catch (SQLException e) {
      throw new StoreException(e);
    }
  }

  /** {@link #inTransaction} for work without a result. */
  public void run(Consumer<Tx> work) {
    inTransaction(
        tx -> {
          work.accept(tx);
          return true;
        });
  }

  @Override
  public void close() {
    pool.ifPresent(HikariDataSource::close);
  }
}
