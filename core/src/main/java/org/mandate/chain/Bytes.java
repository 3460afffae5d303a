package org.mandate.chain;

import java.util.Locale;

/**
 * Immutable bytes.
 *
 * @param hex canonical form: {@code 0x} and an even number of lower-case hex digits
 */
public record Bytes(String hex) {
  public static final Bytes EMPTY = new Bytes("0x");

  public Bytes {
    if (!HexText.isCanonical(hex)) {
      throw new IllegalArgumentException(
          "not bytes: " + HexText.shown(hex) + " (0x and an even number of hex digits are)");
    }
  }

  /** Reads hex in any case. */
  public static Bytes of(String hex) {
    return new Bytes(hex.toLowerCase(Locale.ROOT));
  }

  public static Bytes of(byte[] bytes) {
    return new Bytes(HexText.encode(bytes));
  }

  /** A fresh copy. */
  public byte[] bytes() {
    return HexText.decode(hex);
  }

  public int size() {
    return hex.length() / 2 - 1;
  }

  public boolean isEmpty() {
    return size() == 0;
  }

  @Override
  public String toString() {
    return hex;
  }
}
