package org.mandate.chain;

import java.math.BigInteger;
import java.util.Arrays;

/**
 * Arguments of a call, read as the contracts read theirs (Contract ABI specification, and what
 * Solidity's decoder takes beyond it): by their offsets, wherever these point, back too, and
 * whatever is behind or in between.
 *
 * @param bytes the whole call data
 */
public record CallData(byte[] bytes) {
  private static final int WORD = 32;

  /** Whether these bytes are at that place. */
  public boolean has(byte[] part, int at) {
    return at + part.length <= bytes.length
        && Arrays.equals(bytes, at, at + part.length, part, 0, part.length);
  }

  /**
   * @throws IllegalArgumentException when it is not wholly there
   */
  public BigInteger number(int at) {
    return new BigInteger(1, bytes(at, WORD));
  }

  /**
   * @throws IllegalArgumentException also when it is longer than an address
   */
  public Address address(int at) {
    BigInteger number = number(at);
    if (number.bitLength() > 160) {
      throw new IllegalArgumentException("no address at " + at);
    }
    return Address.of(bytes(at + WORD - 20, 20));
  }

  /**
   * Where the value is whose offset is at {@code at}.
   *
   * @param base what the offset counts from
   */
  public int place(int base, int at) {
    BigInteger place =
        BigInteger.valueOf(base).add(new BigInteger(bytes(at, WORD))); // with its sign
    if (place.signum() < 0 || place.bitLength() > 31) {
      throw new IllegalArgumentException("the offset at " + at + " points out of the call data");
    }
    return place.intValueExact();
  }

  /** The length of what is at {@code at}, at most {@code most}. */
  public int length(int at, int most) {
    BigInteger length = number(at);
    if (length.compareTo(BigInteger.valueOf(most)) > 0) {
      throw new IllegalArgumentException(length + " at " + at + ": more than " + most);
    }
    return length.intValueExact();
  }

  /** Bytes with their length before them. */
  public Bytes dynamic(int at, int most) {
    return Bytes.of(bytes(at + WORD, length(at, most)));
  }

  private byte[] bytes(int at, int length) {
    if (at < 0 || at > bytes.length - length) {
      throw new IllegalArgumentException(length + " bytes at " + at + " are not there");
    }
    return Arrays.copyOfRange(bytes, at, at + length);
  }
}
