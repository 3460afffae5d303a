package org.mandate.watchdog;

import java.time.Duration;

/** Sleeping in a loop that an interrupt ends. */
final class Pause {
  private Pause() {}

  /**
   * @return false when the thread was interrupted and should end
   */
  static boolean of(Duration length) {
    try {
      Thread.sleep(length);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
