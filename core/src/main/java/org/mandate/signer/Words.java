package org.mandate.signer;

import java.math.BigInteger;
import java.util.Arrays;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;

/** 32-byte words, big-endian: how the EVM lays out values side by side. */
final class Words {
  private final byte[] bytes;
  private int at;

  Words(int count) {
    bytes = new byte[32 * count];
  }

  /**
   * @param value 0 to 2^256 - 1
   */
  static void put(BigInteger value, byte[] out, int offset) {
    if (value.signum() < 0 || value.bitLength() > 256) {
      throw new IllegalArgumentException(value + " does not fit into 256 bits");
    }
    byte[] magnitude = value.toByteArray();
    int skip = magnitude.length > 32 ? 1 : 0;
    int length = magnitude.length - skip;
    Arrays.fill(out, offset, offset + 32 - length, (byte) 0);
    System.arraycopy(magnitude, skip, out, offset + 32 - length, length);
  }

  Words add(BigInteger value) {
    put(value, bytes, at);
    at += 32;
    return this;
  }

  Words add(Hash value) {
    System.arraycopy(value.bytes(), 0, bytes, at, 32);
    at += 32;
    return this;
  }

  Words add(Address value) {
    System.arraycopy(value.bytes(), 0, bytes, at + 12, 20);
    at += 32;
    return this;
  }

  byte[] bytes() {
    return bytes;
  }
}
