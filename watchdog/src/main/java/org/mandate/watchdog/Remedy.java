package org.mandate.watchdog;

import java.math.BigInteger;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;

/** A change on one chain that must come about, by whomever. */
interface Remedy {
  /** In words, for example {@code dispute}. */
  String what();

  Address to();

  Bytes data();

  /** Wei that are sent along. */
  default BigInteger value() {
    return BigInteger.ZERO;
  }

  /** How it stands, read back from the chain; empty: it has not come about yet. */
  Optional<Settled> settled();

  /** Whether it may be sent now; if not, it is asked again. */
  default boolean ready() {
    return true;
  }

  /** Is told that a transaction was sent for it: not again when that one only bids more. */
  default void sent() {}

  /**
   * Is told that it would revert.
   *
   * @param reason in words, see {@link org.mandate.chain.RevertReason}
   * @return whether that was to be expected: people need not be told
   */
  default boolean refused(String reason) {
    return false;
  }

  /**
   * The end of a remedy: it came about, or it no longer can. A reorg may undo that.
   *
   * @param outcome what was read back, in words
   */
  record Settled(String outcome) {}
}
