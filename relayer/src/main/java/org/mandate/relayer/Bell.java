package org.mandate.relayer;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Wakes the workflows that wait for news, so that nobody waits out an interval. */
public final class Bell {
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

  /** Wakes that one, too, from now on. */
  public void add(Runnable listener) {
    listeners.add(listener);
  }

  public void ring() {
    listeners.forEach(Runnable::run);
  }
}
