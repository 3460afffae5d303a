package org.mandate.relayer.store;

import java.sql.SQLException;
import java.util.Set;

/** The database refused or failed. The unit of work it happened in was rolled back as a whole. */
public sealed class StoreException extends RuntimeException permits StaleLeaseException {
  private static final long serialVersionUID = 1L;
  private static final String UNIQUE_VIOLATION = "23505";

  /** Connections, serialization, resources, an operator's intervention. */
  private static final Set<String> OF_THE_DATABASE = Set.of("08", "40", "53", "57");

  private final String sqlState;

  StoreException(SQLException cause) {
    super("database: " + cause.getMessage(), cause);
    this.sqlState = cause.getSQLState() == null ? "" : cause.getSQLState();
  }

  StoreException(String message) {
    super(message);
    this.sqlState = "";
  }

  /**
   * Whether the database as such failed, or this process may not write any more, so that nothing
   * else succeeds now either; else what was asked of it was refused. By the class of its SQLSTATE
   * (PostgreSQL, appendix A); without one nobody answered.
   */
  public boolean isOfTheDatabase() {
    return sqlState.length() < 2 || OF_THE_DATABASE.contains(sqlState.substring(0, 2));
  }

  /** Whether a uniqueness constraint refused the row: somebody else stored it first. */
  public boolean isDuplicate() {
    return UNIQUE_VIOLATION.equals(sqlState);
  }
}
