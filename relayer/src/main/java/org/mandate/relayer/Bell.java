package org.mandate.relayer;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Wakes the workflows that wait for news, so that nobody waits out an interval. */
public final class Bell {
  private final List<Loop> listeners = new CopyOnWriteArrayList<>();

  public void add(Loop listener) {
    listeners.add(listener);
  }

  public void ring() {
    listeners.forEach(Loop::wake);
  }
}
