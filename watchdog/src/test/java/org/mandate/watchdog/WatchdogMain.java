package org.mandate.watchdog;

import java.nio.file.Path;

/** Runs a watchdog as a process of its own, for tests that kill it. */
final class WatchdogMain {
  private WatchdogMain() {}

  public static void main(String[] arguments) throws InterruptedException {
    Watchdog.run(Path.of(arguments[0]));
  }
}
