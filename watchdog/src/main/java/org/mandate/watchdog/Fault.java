package org.mandate.watchdog;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a loop does about an {@link Error}: most end a round only; a broken virtual machine ends the
 * process.
 */
final class Fault {
  private static final Logger LOG = LoggerFactory.getLogger(Fault.class);
  private static final int SOFTWARE_FAILURE = 70; // sysexits.h, EX_SOFTWARE

  private Fault() {}

  /**
   * Half a watchdog is worse than one that a supervisor starts again. Input can overflow a stack:
   * that is not fatal.
   */
  static void endIfFatal(Throwable failure) {
    if (!(failure instanceof VirtualMachineError) || failure instanceof StackOverflowError) {
      return;
    }
    try {
      LOG.atError().setCause(failure).log("the virtual machine is broken: the process ends");
    } finally {
      // Without shutdown hooks: they would wait for memory that is not there, and a crash loses
      // nothing (L9).
      Runtime.getRuntime().halt(SOFTWARE_FAILURE);
    }
  }
}
