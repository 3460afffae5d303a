package org.mandate.chain;

import java.util.HexFormat;

/** Canonical hex: {@code 0x} and lower-case digits. */
final class HexText {
  private static final HexFormat FORMAT = HexFormat.of();

  private HexText() {}

  static String encode(byte[] bytes) {
    return "0x" + FORMAT.formatHex(bytes);
  }

  static byte[] decode(String canonical) {
    return FORMAT.parseHex(canonical, 2, canonical.length());
  }

  static boolean isCanonical(String text) {
    if (text.length() % 2 != 0 || !text.startsWith("0x")) {
      return false;
    }
    for (int i = 2; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!(c >= '0' && c <= '9' || c >= 'a' && c <= 'f')) {
        return false;
      }
    }
    return true;
  }

  /** A text to show in an error: at most 80 characters of it, whatever was sent. */
  static String shown(String text) {
    return text.length() <= 80
        ? text
        : text.substring(0, 80) + "… (" + text.length() + " characters)";
  }
}
