package org.mandate.chain;

import java.time.Instant;

/** A block's header, as far as following a chain needs it. */
public record Block(long number, Hash hash, Hash parent, Instant timestamp) {
  public Block {
    if (number < 0) {
      throw new IllegalArgumentException("block number " + number + " is negative");
    }
  }
}
