package org.mandate.chain;

import java.util.HexFormat;

/** Canonical hex: {@code 0x} and lower-case digits. */
final class HexText {
  private static final HexFormat FORMAT = HexFormat.of();

  /** Asked of every digit of everything that is read: a look is cheaper than comparing. */
  private static final boolean[] IS_DIGIT = new boolean[128];

  static {
    for (char c : "0123456789abcdef".toCharArray()) IS_DIGIT[c] = true;
  }

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
      if (c >= 128 || !IS_DIGIT[c]) {
        return false;
      }
    }
    return true;
  }

  /**
   * A text to show in an error: at most 80 characters of it, whatever was sent, and none that
   * terminals obey or databases refuse.
   */
  static String shown(String text) {
    String shown =
        text.length() <= 80 ? text : text.substring(0, 80) + "… (" + text.length() + " characters)";
    return shown.replaceAll("\\p{Cntrl}", " ");
  }
}
