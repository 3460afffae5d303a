package org.mandate.relayer.store;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;

/**
 * One row of a result, read in the relayer's types: what does not fit them fails here, not later.
 */
public final class Row {
  private final ResultSet result;

  Row(ResultSet result) {
    this.result = result;
  }

  public Hash hash(String column) throws SQLException {
    return Hash.of(result.getBytes(column));
  }

  public Optional<Hash> optionalHash(String column) throws SQLException {
    return Optional.ofNullable(result.getBytes(column)).map(Hash::of);
  }

  public Address address(String column) throws SQLException {
    return Address.of(result.getBytes(column));
  }

  public Bytes bytes(String column) throws SQLException {
    return Bytes.of(result.getBytes(column));
  }

  public Optional<Bytes> optionalBytes(String column) throws SQLException {
    return Optional.ofNullable(result.getBytes(column)).map(Bytes::of);
  }

  /** The only column's text. */
  String only() throws SQLException {
    return result.getString(1);
  }

  public String text(String column) throws SQLException {
    return result.getString(column);
  }

  public Optional<String> optionalText(String column) throws SQLException {
    return Optional.ofNullable(result.getString(column));
  }

  public BigInteger big(String column) throws SQLException {
    return result.getBigDecimal(column).toBigIntegerExact();
  }

  public Optional<BigInteger> optionalBig(String column) throws SQLException {
    return Optional.ofNullable(result.getBigDecimal(column)).map(BigDecimal::toBigIntegerExact);
  }

  public long number(String column) throws SQLException {
    return result.getLong(column);
  }

  /** As near as it gets: for what may be beyond a {@code long}, and is only shown. */
  public double real(String column) throws SQLException {
    return result.getDouble(column);
  }

  public Optional<Long> optionalNumber(String column) throws SQLException {
    long value = result.getLong(column);
    return result.wasNull() ? Optional.empty() : Optional.of(value);
  }

  public boolean flag(String column) throws SQLException {
    return result.getBoolean(column);
  }

  public Optional<Boolean> optionalFlag(String column) throws SQLException {
    boolean value = result.getBoolean(column);
    return result.wasNull() ? Optional.empty() : Optional.of(value);
  }

  public Instant time(String column) throws SQLException {
    return result.getObject(column, OffsetDateTime.class).toInstant();
  }

  public Optional<Instant> optionalTime(String column) throws SQLException {
    return Optional.ofNullable(result.getObject(column, OffsetDateTime.class))
        .map(OffsetDateTime::toInstant);
  }
}
