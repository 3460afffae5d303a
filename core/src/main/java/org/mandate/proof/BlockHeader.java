package org.mandate.proof;

import java.time.Instant;
import java.util.List;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.chain.Rlp;

/**
 * A block's header.
 *
 * @param rlp the whole of it; its Keccak-256 is the block's hash
 * @param hash of the block
 */
public record BlockHeader(
    Bytes rlp, Hash hash, Hash parent, Hash stateRoot, long number, Instant timestamp) {
  /** Fields that every header has. */
  private static final int LEAST_FIELDS = 15;

  /** Forks append; far more than they did. */
  private static final int MOST_FIELDS = 32;

  /**
   * Reads a header.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static BlockHeader decode(Bytes rlp) {
    List<Rlp.Item> fields = Rlp.decode(rlp.bytes()).items();
    if (fields.size() < LEAST_FIELDS || fields.size() > MOST_FIELDS) {
      throw new IllegalArgumentException(
          "a block header does not have " + fields.size() + " fields");
    }
    return new BlockHeader(
        rlp,
        Hash.keccak(rlp.bytes()),
        Hash.of(fields.get(0).bytes()),
        Hash.of(fields.get(3).bytes()),
        small(fields.get(8), "number"),
        Instant.ofEpochSecond(small(fields.get(11), "timestamp")));
  }

  private static long small(Rlp.Item field, String name) {
    java.math.BigInteger value = Rlp.number(field);
    if (value.bitLength() > 40) { // the year 36812, or more than a block per millisecond
      throw new IllegalArgumentException("a block header's " + name + " is too large: " + value);
    }
    return value.longValue();
  }
}
