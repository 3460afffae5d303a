package org.mandate.cli.simulation;

import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.logging.Logger;
import javax.sql.DataSource;

/**
 * A real database as one process of a relayer reaches it: it may take no connection, not commit, or
 * commit and not say so. Who dies in the middle of a transaction leaves nothing of it.
 */
final class UnreliableDatabase implements DataSource {
  private static final ThreadLocal<Integer> OPEN = ThreadLocal.withInitial(() -> 0);

  private final World world;
  private final Life life;
  private final Dice dice;
  private final String url;

  /** Outlives the process, as a server does. */
  private final Deque<Connection> idle;

  UnreliableDatabase(World world, Life life, Dice dice, String url, Deque<Connection> idle) {
    this.world = world;
    this.life = life;
    this.dice = dice;
    this.url = url;
    this.idle = idle;
  }

  static Deque<Connection> connections() {
    return new ArrayDeque<>();
  }

  /** Whether who asks holds a transaction open: others that wait for its locks must not go on. */
  static boolean isInTransaction() {
    return OPEN.get() > 0;
  }

  @Override
  public Connection getConnection() throws SQLException {
    if (isInTransaction()) life.step();
    else life.sleep(dice.between(0, 2));
    if (dice.in1000(world.faults().connection())) {
      world.trace(life.name(), "no connection");
      throw new SQLException("simulated: no connection", "08001");
    }
    Connection connection = idle.isEmpty() ? open() : idle.pop();
    OPEN.set(OPEN.get() + 1);
    return (Connection)
        Proxy.newProxyInstance(
            Connection.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            new Transaction(connection)::invoke);
  }

  private Connection open() throws SQLException {
    Connection connection = DriverManager.getConnection(url);
    connection.setAutoCommit(false);
    return connection;
  }

  private final class Transaction {
    private final Connection real;
    private final List<String> statements = new ArrayList<>();

    Transaction(Connection real) {
      this.real = real;
    }

    Object invoke(Object proxy, Method method, Object[] given) throws Throwable {
      switch (method.getName()) {
        case "commit" -> {
          commit();
          return null;
        }
        case "close" -> {
          close();
          return null;
        }
        case "prepareStatement" -> statements.add((String) given[0]);
        default -> {}
      }
      try {
        return method.invoke(real, given);
      } catch (InvocationTargetException e) {
        world.trace(life.name(), "database", e);
        throw e.getCause();
      }
    }

    private void commit() throws SQLException {
      life.step();
      Faults faults = world.faults();
      if (dice.in1000(faults.abort())) {
        real.rollback();
        world.trace(life.name(), "aborted", statements.hashCode());
        throw new SQLException("simulated: could not serialize access", "40001");
      }
      real.commit();
      world.trace(life.name(), "committed", statements.hashCode());
      if (dice.in1000(faults.lostCommit())) {
        world.trace(life.name(), "commit's answer lost");
        throw new SQLException("simulated: connection lost after commit", "08006");
      }
      life.step();
    }

    private void close() throws SQLException {
      real.rollback();
      idle.push(real);
      OPEN.set(OPEN.get() - 1);
      if (!isInTransaction() && !life.isOver()) life.sleep(dice.between(0, 1));
    }
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    return getConnection();
  }

  @Override
  public PrintWriter getLogWriter() {
    return null;
  }

  @Override
  public void setLogWriter(PrintWriter out) {}

  @Override
  public void setLoginTimeout(int seconds) {}

  @Override
  public int getLoginTimeout() {
    return 0;
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw new SQLFeatureNotSupportedException();
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    throw new SQLException("wraps nothing");
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return false;
  }
}
