package org.mandate.watchdog;

/**
 * One remedy's share of a {@link Budget}: each of its transactions needs one more, so that none is
 * followed by others at will when it comes to nothing.
 */
final class Ration implements AutoCloseable {
  private final Budget budget;
  private boolean taken;

  Ration(Budget budget) {
    this.budget = budget;
  }

  /**
   * Whether there is one for the next transaction; takes it.
   *
   * @param urgent whether it would be too late when it waits
   */
  synchronized boolean isTaken(boolean urgent) {
    taken = taken || budget.take(urgent);
    return taken;
  }

  /** A transaction was sent. */
  synchronized void spend() {
    taken = false;
  }

  /** What was taken and not spent is given back. */
  @Override
  public synchronized void close() {
    if (taken) {
      budget.giveBack();
    }
    taken = false;
  }
}
