package org.mandate.relayer.store;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;

/**
 * One database transaction. Whatever happens before the unit of work ends is stored together or not
 * at all.
 */
public final class Tx {
  /** A JSON document. */
  public record Json(String value) {}

  /**
   * Values of one column for many rows: as a parameter for {@code unnest(?)}, so that one prepared
   * statement serves any number of rows.
   *
   * @param type the elements' PostgreSQL type
   */
  public record Column(String type, List<?> values) {}

  /** Reads one row. */
  @FunctionalInterface
  public interface Reader<T> {
    T read(Row row) throws SQLException;
  }

  /** Of one statement. */
  private static final int MOST_ROWS = 5_000;

  /** That are read at a time. */
  private static final int FEW_ROWS = 500;

  private final WriteSteps steps = new WriteSteps();
  private static final Pattern WRITES =
      Pattern.compile("\\b(INSERT|UPDATE|DELETE|MERGE|LOCK|TRUNCATE)\\b");

  private final Connection connection;
  private final Optional<Lease> fence;
  private boolean holds;

  /**
   * @param fence under which lease it writes; empty: anybody may
   */
  Tx(Connection connection, Optional<Lease> fence) {
    this.connection = connection;
    this.fence = fence;
  }

  WriteSteps steps() {
    return steps;
  }

  public static Json json(String value) {
    return new Json(value);
  }

  public static Column column(String type, List<?> values) {
    return new Column(type, values);
  }

  /**
   * What this transaction does may be lost when the server's machine dies, never a part of it: for
   * what is only remembered to save work, and would be found out again. Later transactions are no
   * less durable for it.
   */
  public void mayBeForgotten() {
    try (var statement = connection.createStatement()) {
      statement.execute("SET LOCAL synchronous_commit = off");
    } catch (SQLException e) {
      throw new StoreException(e);
    }
  }

  public <T> List<T> list(String sql, Reader<T> reader, Object... parameters) {
    try (PreparedStatement statement = prepare(sql, parameters);
        var result = statement.executeQuery()) {
      List<T> rows = new ArrayList<>();
      Row row = new Row(result);
      while (result.next()) rows.add(reader.read(row));
      return rows;
    } catch (SQLException e) {
      throw new StoreException(e);
    }
  }

  /** Reads one row, for what it brings with it. */
  @FunctionalInterface
  interface Visitor {
    void visit(Row row) throws SQLException;
  }

  /** As {@link #list}, without holding more than a few rows at a time. */
  void each(String sql, Visitor visitor, Object... parameters) {
    try (PreparedStatement statement = prepare(sql, parameters)) {
      statement.setFetchSize(FEW_ROWS);
      try (var result = statement.executeQuery()) {
        Row row = new Row(result);
        while (result.next()) visitor.visit(row);
      }
    } catch (SQLException e) {
      throw new StoreException(e);
    }
  }

  public <T> Optional<T> one(String sql, Reader<T> reader, Object... parameters) {
    List<T> rows = list(sql, reader, parameters);
    if (rows.size() > 1)
      throw new IllegalStateException("one row expected, got " + rows.size() + ": " + sql);
    return rows.stream().findFirst();
  }

  public int update(String sql, Object... parameters) {
    try (PreparedStatement statement = prepare(sql, parameters)) {
      return statement.executeUpdate();
    } catch (SQLException e) {
      throw new StoreException(e);
    }
  }

  /**
   * Stores many rows with one statement, which reads them from {@code unnest} of one parameter per
   * column: one plan and one answer, however many there are.
   *
   * @param columns the columns' types, of PostgreSQL's names
   * @param rows each with a value per column
   */
  public void updateAll(String sql, List<String> columns, List<Object[]> rows) {
    steps.note(sql);
    for (int from = 0; from < rows.size(); from += MOST_ROWS) {
      List<Object[]> some = rows.subList(from, Math.min(rows.size(), from + MOST_ROWS));
      try (PreparedStatement statement = statement(sql)) {
        for (int i = 0; i < columns.size(); i++) {
          int column = i;
          Object[] values = array(columns.get(i), some.stream().map(row -> row[column]).toList());
          statement.setArray(i + 1, connection.createArrayOf(columns.get(i), values));
        }
        statement.executeUpdate();
      } catch (SQLException e) {
        throw new StoreException(e);
      }
    }
  }

  private static Object[] array(String type, List<Object> values) {
    return switch (type) {
      case "bytea" -> values.stream().map(Tx::bytes).toArray(byte[][]::new);
      case "bigint" -> values.toArray(Long[]::new);
      case "integer" -> values.toArray(Integer[]::new);
      default -> values.stream().map(Tx::text).toArray(String[]::new);
    };
  }

  private static byte[] bytes(Object value) {
    return switch (value) {
      case null -> null;
      case Optional<?> optional -> bytes(optional.orElse(null));
      case Hash hash -> hash.bytes();
      case Address address -> address.bytes();
      case Bytes bytes -> bytes.bytes();
      default -> throw new IllegalArgumentException(value.getClass() + " are no bytes");
    };
  }

  private static String text(Object value) {
    return switch (value) {
      case null -> null;
      case Optional<?> optional -> text(optional.orElse(null));
      case Instant time -> time.atOffset(ZoneOffset.UTC).toString();
      default -> value.toString();
    };
  }

  /**
   * All statements are made here. The first that may write holds the lease: epochs only grow, so
   * what was read in this transaction before was read under it, too.
   */
  private PreparedStatement statement(String sql) throws SQLException {
    if (fence.isPresent() && !holds && WRITES.matcher(sql).find()) {
      holds = true;
      fence.get().hold(this);
    }
    return connection.prepareStatement(sql);
  }

  private PreparedStatement prepare(String sql, Object... parameters) throws SQLException {
    steps.note(sql);
    PreparedStatement statement = statement(sql);
    for (int i = 0; i < parameters.length; i++) bind(statement, i + 1, parameters[i]);
    return statement;
  }

  private void bind(PreparedStatement statement, int index, Object value) throws SQLException {
    switch (value) {
      case null -> statement.setObject(index, null);
      case Optional<?> optional -> bind(statement, index, optional.orElse(null));
      case Hash hash -> statement.setBytes(index, hash.bytes());
      case Address address -> statement.setBytes(index, address.bytes());
      case Bytes bytes -> statement.setBytes(index, bytes.bytes());
      case Json json -> statement.setObject(index, json.value(), java.sql.Types.OTHER);
      case byte[] bytes -> statement.setBytes(index, bytes);
      case Column column -> statement.setArray(index, array(column));
      case BigInteger big -> statement.setBigDecimal(index, new BigDecimal(big));
      case Instant time -> statement.setObject(index, time.atOffset(ZoneOffset.UTC));
      default -> statement.setObject(index, value);
    }
  }

  private Array array(Column column) throws SQLException {
    if (column.type().equals("bytea")) {
      return connection.createArrayOf(
          "bytea", column.values().stream().map(Tx::octets).toArray(byte[][]::new));
    }
    return connection.createArrayOf(
        column.type(), column.values().stream().map(Tx::element).toArray());
  }

  private static byte[] octets(Object value) {
    return switch (value) {
      case null -> null;
      case Optional<?> optional -> octets(optional.orElse(null));
      case Hash hash -> hash.bytes();
      case Address address -> address.bytes();
      case Bytes bytes -> bytes.bytes();
      case byte[] bytes -> bytes;
      default -> throw new IllegalArgumentException("not octets: " + value.getClass());
    };
  }

  private static Object element(Object value) {
    return switch (value) {
      case null -> null;
      case Optional<?> optional -> element(optional.orElse(null));
      case BigInteger big -> new BigDecimal(big);
      case Instant time -> time.atOffset(ZoneOffset.UTC).toString();
      default -> value;
    };
  }
}
