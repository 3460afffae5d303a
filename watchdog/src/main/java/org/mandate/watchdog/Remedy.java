package org.mandate.watchdog;

import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;

/** A change on one chain that must come about, by whomever. */
interface Remedy {
  /** In words, for example {@code dispute}. */
  String what();

  Address to();

  Bytes data();

  /** How it stands, read back from the chain; empty: it has not come about yet. */
  Optional<Settled> settled();

  /**
   * The end of a remedy: it came about, or it no longer can. A reorg may undo that.
   *
   * @param outcome what was read back, in words
   */
  record Settled(String outcome) {}
}
