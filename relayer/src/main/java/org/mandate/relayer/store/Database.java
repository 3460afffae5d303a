package org.mandate.relayer.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.sql.DataSource;

/** The relayer's PostgreSQL database, migrated to the newest schema when it is opened. */
public final class Database implements AutoCloseable {
  private static final int CONNECTIONS = 12;
  private static final int GUEST_CONNECTIONS = 4;
  private static final int HEARTBEAT_CONNECTIONS = 1;
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration HEARTBEAT = Duration.ofSeconds(2);

  /**
   * A process that is paused inside a transaction holds locks that its fellows need: the server
   * ends the transaction. No round of ours thinks for so long inside one.
   */
  private static final Duration IDLE_IN_TRANSACTION = Duration.ofSeconds(3);

  private final DataSource source;
  private final Optional<HikariDataSource> pool;
  private final String instance;
  private final Optional<Lease> fence;

  private Database(
      DataSource source, Optional<HikariDataSource> pool, String instance, Optional<Lease> fence) {
    this.source = source;
    this.pool = pool;
    this.instance = instance;
    this.fence = fence;
  }

  private Database(HikariDataSource pool, String instance) {
    this(pool, Optional.of(pool), instance, Optional.empty());
  }

  /**
   * A database that is migrated already.
   *
   * @param source of connections that do not commit by themselves; the caller closes it
   */
  public static Database over(DataSource source) {
    return new Database(source, Optional.empty(), "alone", Optional.empty());
  }

  /** As {@link #open(String, String)}, for a process that is alone. */
  public static Database open(String jdbcUrl) {
    return open(jdbcUrl, "alone");
  }

  /**
   * Opens and migrates: {@link #connect} and {@link #migrate}.
   *
   * @throws org.flywaydb.core.api.FlywayException when the schema is newer than this program or was
   *     altered
   */
  public static Database open(String jdbcUrl, String instance) {
    Database database = connect(jdbcUrl, instance);
    try {
      database.migrate();
      return database;
    } catch (RuntimeException e) {
      database.close();
      throw e;
    }
  }

  /**
   * Connects, and changes nothing there; {@link #migrate} before anything else is done with it.
   *
   * @param jdbcUrl {@code jdbc:postgresql://host:port/name?user=…}; a password in it never reaches
   *     the log
   * @param instance id of this process among those that share the database
   */
  public static Database connect(String jdbcUrl, String instance) {
    HikariDataSource source =
        pool(jdbcUrl, instance, "relayer", CONNECTIONS, CONNECT, Duration.ofSeconds(30));
    return new Database(source, instance);
  }

  /**
   * Makes the schema this program's, unless it is already.
   *
   * @throws org.flywaydb.core.api.FlywayException when the schema is newer than this program or was
   *     altered
   */
  public void migrate() {
    // Connections of its own: a migration may take longer than a workflow's statement may, and
    // leaves one idle meanwhile.
    if (!isCurrent()) Schema.migrate(pool.orElseThrow().getJdbcUrl());
  }

  /**
   * Refuses a server that may have forgotten after a crash what it called committed: nonces would
   * be given out twice, and intents lost that a client was told are taken.
   *
   * @throws IllegalStateException when it is one
   */
  public void requireDurable() {
    List<String> off =
        inTransaction(
            tx ->
                tx.list(
                    "SELECT name FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit') AND"
                        + " setting = 'off'",
                    row -> row.text("name")));
    if (!off.isEmpty())
      throw new IllegalStateException(
          "the database server has %s off: it may forget in a crash what it called stored; turn it on there, and start again"
              .formatted(String.join(" and ", off)));
  }

  private boolean isCurrent() {
    try (Connection connection = source.getConnection()) {
      try {
        return Schema.isCurrent(connection);
      } finally {
        connection.rollback();
      }
    } catch (SQLException e) {
      throw new StoreException(e);
    }
  }

  /**
   * A few connections of their own to the same database where it has a pool, for requests from
   * outside: they must not hold up the workflows.
   */
  public Database forGuests() {
    return beside("api", GUEST_CONNECTIONS, CONNECT, Duration.ofSeconds(5));
  }

  /** A connection of its own that never waits for long, to tell that this process is there. */
  public Database forHeartbeat() {
    return beside("heartbeat", HEARTBEAT_CONNECTIONS, HEARTBEAT, HEARTBEAT);
  }

  private Database beside(String name, int connections, Duration connect, Duration statement) {
    return pool.map(
            own ->
                new Database(
                    pool(own.getJdbcUrl(), instance, name, connections, connect, statement),
                    instance))
        .orElse(this);
  }

  /**
   * The same database for the work that the lease is for. A transaction that writes holds the lease
   * before its first write and until it ends ({@link Lease}); one that only reads is as before, and
   * costs nothing more.
   */
  public Database fenced(Lease lease) {
    return new Database(source, Optional.empty(), instance, Optional.of(lease));
  }

  /**
   * Call right before something leaves this process that others may do by now: throws when they
   * may. Does nothing to a database that is not fenced.
   *
   * @throws StaleLeaseException when another instance leads
   */
  public void requireLead() {
    fence.ifPresent(
        lease -> {
          if (!inTransaction(lease::isHeld)) throw new StaleLeaseException(lease);
        });
  }

  /** As the server lists the connections of that instance. */
  static String applicationName(String instance) {
    return "mandate-relayer " + instance;
  }

  private static HikariDataSource pool(
      String jdbcUrl,
      String instance,
      String name,
      int connections,
      Duration connect,
      Duration statement) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(jdbcUrl);
    config.setMaximumPoolSize(connections);
    config.setMinimumIdle(1);
    config.setConnectionTimeout(connect.toMillis());
    config.setAutoCommit(false);
    config.setPoolName(name);
    // No statement may hang a workflow: a lock that is not free within seconds is a defect, not a
    // reason to wait. What the server ends late or cannot tell of, because the network is gone, the
    // client ends; and the server ends what a client is gone from, or does not read.
    long most = statement.toMillis();
    config.addDataSourceProperty(
        "options",
        // What is committed is sent, and must not be forgotten, whatever the server does for
        // others.
        // Plans are made while tables are nearly empty, and kept: each is to use an index from the
        // first, and one after another: only such a scan forgets where rows were that are gone.
        ("-c synchronous_commit=on -c enable_seqscan=off -c enable_bitmapscan=off -c statement_timeout=%d -c lock_timeout=%d -c idle_in_transaction_session_timeout=%d -c"
                + " tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 -c"
                + " tcp_user_timeout=10000")
            .formatted(most, most / 2, IDLE_IN_TRANSACTION.toMillis()));
    config.addDataSourceProperty("ApplicationName", applicationName(instance));
    config.addDataSourceProperty("tcpKeepAlive", "true");
    config.addDataSourceProperty("connectTimeout", seconds(connect));
    config.addDataSourceProperty("socketTimeout", seconds(statement.multipliedBy(2)));
    return new HikariDataSource(config);
  }

  private static String seconds(Duration duration) {
    return Long.toString(Math.max(1, duration.toSeconds()));
  }

  /** Runs the work in one transaction: all of it is stored, or, when it throws, nothing. */
  public <T> T inTransaction(Function<Tx, T> work) {
    try (Connection connection = source.getConnection()) {
      try {
        Tx tx = new Tx(connection, fence);
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
