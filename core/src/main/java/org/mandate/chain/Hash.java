package org.mandate.chain;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * 32 bytes: a block, a transaction, an intent, a message, an event's topic.
 *
 * @param hex canonical form: {@code 0x} and 64 lower-case hex digits
 */
public record Hash(String hex) implements Comparable<Hash> {
  public static final Hash ZERO = new Hash("0x" + "0".repeat(64));

  public Hash {
    if (hex.length() != 66 || !HexText.isCanonical(hex)) {
      throw new IllegalArgumentException(
          "not a hash: " + HexText.shown(hex) + " (0x and 64 hex digits are)");
    }
  }

  /** Reads hex in any case. */
  public static Hash of(String hex) {
    return new Hash(hex.toLowerCase(Locale.ROOT));
  }

  /**
   * @param bytes exactly 32
   */
  public static Hash of(byte[] bytes) {
    return new Hash(HexText.encode(bytes));
  }

  /** Keccak-256. */
  public static Hash keccak(byte[] input) {
    return of(org.web3j.crypto.Hash.sha3(input));
  }

  /** Keccak-256 of the text in UTF-8. */
  public static Hash keccak(String text) {
    return keccak(text.getBytes(StandardCharsets.UTF_8));
  }

  /** A fresh copy. */
  public byte[] bytes() {
    return HexText.decode(hex);
  }

  @Override
  public int compareTo(Hash other) {
    return hex.compareTo(other.hex);
  }

  @Override
  public String toString() {
    return hex;
  }
}
