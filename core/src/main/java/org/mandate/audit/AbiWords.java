package org.mandate.audit;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;

/** {@code abi.encode} of static types: one 32-byte word each. */
final class AbiWords {
  private AbiWords() {}

  static Hash of(long value) {
    return of(BigInteger.valueOf(value));
  }

  static Hash of(BigInteger value) {
    if (value.signum() < 0 || value.bitLength() > 256) {
      throw new IllegalArgumentException("not a uint256: " + value);
    }
    return new Hash(
        "0x" + "0".repeat(64 - hexDigits(value)) + (value.signum() == 0 ? "" : value.toString(16)));
  }

  static Hash of(Address value) {
    return new Hash("0x" + "0".repeat(24) + value.hex().substring(2));
  }

  static byte[] encode(Hash... words) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(32 * words.length);
    for (Hash word : words) {
      bytes.writeBytes(word.bytes());
    }
    return bytes.toByteArray();
  }

  private static int hexDigits(BigInteger value) {
    return Math.ceilDiv(value.bitLength(), 4);
  }
}
