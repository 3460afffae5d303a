package org.mandate.policy;

/**
 * The part of a mandate that holds for all assets.
 *
 * @param expiry unix seconds after which nothing is admitted, below 2^32; 0: the mandate was never
 *     set
 * @param frequencyWindow seconds of the rolling window that counts transactions, at most {@link
 *     #MAX_WINDOW}; each risk level doubles it
 * @param maxTransactions most transactions admitted in any such window, below 2^16
 * @param maxAuditLag most records that may be unpublished when an intent is admitted, below 2^16-1:
 *     the contract counts no further than that
 * @param basic only the basic rules are asked: no tiers, no rule book, no tempo
 * @param open recipients are not held against the list
 */
public record Terms(
    long expiry,
    int frequencyWindow,
    int maxTransactions,
    int maxAuditLag,
    boolean basic,
    boolean open) {
  /** The longest window that can be set, in seconds. */
  public static final int MAX_WINDOW = (1 << 22) - 1;

  /** The longest lag that terms may admit, in records. */
  public static final int MAX_AUDIT_LAG = 65_534;

  /** Of an agent that has no mandate: nothing is admitted. */
  public static final Terms NEVER_SET = new Terms(0, 0, 0, 0, false, false);

  public Terms {
    Bounds.require("expiry", expiry, 32);
    Bounds.requireWindow("frequencyWindow", frequencyWindow);
    Bounds.require("maxTransactions", maxTransactions, 16);
    Bounds.require("maxAuditLag", maxAuditLag, 16);
    if (maxAuditLag > MAX_AUDIT_LAG) {
      throw new IllegalArgumentException(
          "maxAuditLag must be at most " + MAX_AUDIT_LAG + ", not " + maxAuditLag);
    }
  }

  /** Whether no field of this is looser than in {@code current} (L5). */
  public boolean loosensNothingOf(Terms current) {
    return expiry <= current.expiry
        && frequencyWindow >= current.frequencyWindow
        && maxTransactions <= current.maxTransactions
        && maxAuditLag <= current.maxAuditLag
        && (current.basic || !basic)
        && (current.open || !open);
  }
}
