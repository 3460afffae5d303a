package org.mandate.audit;

import java.util.Arrays;
import java.util.HexFormat;
import org.mandate.chain.Hash;

/**
 * An agent's hash chain as {@code AuditLog} keeps it: {@code head' = bytes26(keccak256(head ‖
 * recordHash))}, from a head of zeros.
 *
 * @param head lower-case 0x hex of 26 bytes
 * @param count how many records the head stands for, 0 to 2^32-1
 */
public record HashChain(String head, long count) {
  public static final int HEAD_BYTES = 26;
  private static final long MAX_COUNT = (1L << 32) - 1;

  /** The chain of an agent that has done nothing. */
  public static final HashChain EMPTY = new HashChain("0x" + "00".repeat(HEAD_BYTES), 0);

  public HashChain {
    if (!head.matches("0x[0-9a-f]{52}")) {
      throw new IllegalArgumentException(
          "a chain head is 26 bytes of lower-case 0x hex, not " + head);
    }
    if (count < 0 || count > MAX_COUNT) {
      throw new IllegalArgumentException("a chain has 0 to 2^32-1 records, not " + count);
    }
  }

  /** The chain with one more record. */
  public HashChain append(Hash recordHash) {
    byte[] preimage =
        Arrays.copyOf(HexFormat.of().parseHex(head, 2, head.length()), HEAD_BYTES + 32);
    System.arraycopy(recordHash.bytes(), 0, preimage, HEAD_BYTES, 32);
    byte[] next = Arrays.copyOf(Hash.keccak(preimage).bytes(), HEAD_BYTES);
    return new HashChain("0x" + HexFormat.of().formatHex(next), count + 1);
  }
}
