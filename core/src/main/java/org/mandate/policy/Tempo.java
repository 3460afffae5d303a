package org.mandate.policy;

/**
 * How fast an agent may act, over all assets. Not asked of a basic mandate.
 *
 * @param burst most transactions in any burst window, in which one more freezes the agent, below
 *     2^8; 0: no such rule
 * @param burstWindow seconds, at most {@link Terms#MAX_WINDOW}; each risk level doubles it
 * @param cooldown least seconds between two transactions, below 2^24; each risk level doubles it
 */
public record Tempo(int burst, int burstWindow, int cooldown) {
  /** Of an agent that may act as fast as its limits allow. */
  public static final Tempo NEVER_SET = new Tempo(0, 0, 0);

  public Tempo {
    Bounds.require("burst", burst, 8);
    Bounds.requireWindow("burstWindow", burstWindow);
    Bounds.require("cooldown", cooldown, 24);
    if (burst > 0 && burstWindow == 0) {
      throw new IllegalArgumentException("a burst needs a burstWindow of at least 1 second");
    }
  }

  /** Whether no field of this is looser than in {@code current} (L5). */
  public boolean loosensNothingOf(Tempo current) {
    boolean calmer =
        current.burst == 0
            || (burst > 0 && burst <= current.burst && burstWindow >= current.burstWindow);
    return calmer && cooldown >= current.cooldown;
  }
}
