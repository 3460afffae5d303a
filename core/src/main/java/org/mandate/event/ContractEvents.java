package org.mandate.event;

import java.util.Optional;
import org.mandate.chain.Log;

/** Reads our contracts' logs. The caller has checked that the log's address is the contract's. */
public final class ContractEvents {
  private ContractEvents() {}

  /**
   * Empty: another event.
   *
   * @throws IllegalArgumentException if a log has an event's first topic and is not that event
   */
  public static Optional<ExecutorEvent> executor(Log log) {
    throw new UnsupportedOperationException();
  }

  /** As {@link #executor}. */
  public static Optional<AuditEvent> auditLog(Log log) {
    throw new UnsupportedOperationException();
  }

  /** As {@link #executor}. */
  public static Optional<GatewayEvent> gateway(Log log) {
    throw new UnsupportedOperationException();
  }
}
