package org.mandate.watchdog;

import java.time.Duration;
import org.mandate.chain.NodeException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Work on a virtual thread of its own that is tried again until it is done. Whatever goes wrong
 * ends one try only; see {@link Fault} for what ends the process.
 */
final class Errand {
  private static final Logger LOG = LoggerFactory.getLogger(Errand.class);

  /** One try. */
  @FunctionalInterface
  interface Round {
    /**
     * @return whether it is done
     */
    boolean run() throws InterruptedException;
  }

  private Errand() {}

  /**
   * @param pause between two tries
   */
  static Thread start(String name, Duration pause, Round round) {
    return Thread.ofVirtual().name(name).start(() -> work(name, pause, round));
  }

  private static void work(String name, Duration pause, Round round) {
    do {
      try {
        if (round.run()) {
          return;
        }
      } catch (InterruptedException e) {
        return;
      } catch (NodeException e) {
        LOG.atDebug().addKeyValue("errand", name).log(e.getMessage());
      } catch (Throwable e) {
        Fault.endIfFatal(e);
        LOG.atError().addKeyValue("errand", name).setCause(e).log("failed; trying again");
      }
    } while (Pause.of(pause));
  }
}
