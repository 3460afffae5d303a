package org.mandate.relayer.store;

import java.time.Instant;

/** A time that a contract's event or answer names: any 64 bits, which no calendar has to hold. */
public final class ChainTime {
  /** Nobody waits for longer, and the database holds it. */
  private static final Instant LAST = Instant.parse("9999-01-01T00:00:00Z");

  private ChainTime() {}

  /**
   * That time, or the year 9999 when it is later.
   *
   * @param seconds since 1970; below it counts as 1970
   */
  public static Instant of(long seconds) {
    return Instant.ofEpochSecond(Math.clamp(seconds, 0, LAST.getEpochSecond()));
  }
}
