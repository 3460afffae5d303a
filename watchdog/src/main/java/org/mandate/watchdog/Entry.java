package org.mandate.watchdog;

import java.math.BigInteger;
import org.mandate.chain.Address;
import org.mandate.chain.Log;
import org.mandate.event.AuditEvent;
import org.mandate.event.ExecutorEvent;

/** One log that matters to the watchdog, read. */
sealed interface Entry {
  Log log();

  /** A step in an intent's life. */
  record Executor(ExecutorEvent event) implements Entry {
    @Override
    public Log log() {
      return event.log();
    }
  }

  /** A record, or a published batch. */
  record Audit(AuditEvent event) implements Entry {
    @Override
    public Log log() {
      return event.log();
    }
  }

  /** Something that the policy engine said. */
  record Policy(Log log) implements Entry {}

  /** Something that the registry said. */
  record Registry(Log log) implements Entry {}

  /**
   * A vault paid.
   *
   * @param agentId whose vault it is
   */
  record Paid(Log log, BigInteger agentId, Address asset, Address to, BigInteger amount)
      implements Entry {
    Address vault() {
      return log.address();
    }
  }

  /**
   * A log of one of our contracts that cannot be read: a node lies, or this program is too old for
   * the contract.
   */
  record Unreadable(Log log, String reason) implements Entry {}
}
