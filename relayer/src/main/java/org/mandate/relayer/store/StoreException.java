package org.mandate.relayer.store;

import java.sql.SQLException;

/** The database refused or failed. The unit of work it happened in was rolled back as a whole. */
public sealed class StoreException extends RuntimeException permits StaleLeaseException {
  private static final long serialVersionUID = 1L;
  private static final String UNIQUE_VIOLATION = "23505";

  private final String sqlState;

  StoreException(SQLException cause) {
    super("database: " + cause.getMessage(), cause);
    this.sqlState = cause.getSQLState() == null ? "" : cause.getSQLState();
  }

  StoreException(String message) {
    super(message);
    this.sqlState = "";
  }

  /** Whether a uniqueness constraint refused the row: somebody else stored it first. */
  public boolean isDuplicate() {
    return UNIQUE_VIOLATION.equals(sqlState);
  }
}
