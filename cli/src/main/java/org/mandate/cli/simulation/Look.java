package org.mandate.cli.simulation;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.mandate.relayer.store.Database;

/** Looks into a relayer's database, from outside: nothing goes wrong, and no time passes. */
final class Look implements AutoCloseable {
  private final Connection connection;
  private final Database database;

  Look(String url) throws SQLException {
    this.connection = DriverManager.getConnection(url);
    connection.setAutoCommit(false);
    Connection kept =
        (Connection)
            Proxy.newProxyInstance(
                Connection.class.getClassLoader(),
                new Class<?>[] {Connection.class},
                (proxy, method, given) -> {
                  try {
                    if (!method.getName().equals("close")) return method.invoke(connection, given);
                    connection.rollback();
                    return null;
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
    this.database =
        Database.over(
            (DataSource)
                Proxy.newProxyInstance(
                    DataSource.class.getClassLoader(),
                    new Class<?>[] {DataSource.class},
                    (proxy, method, given) -> kept));
  }

  Database database() {
    return database;
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
