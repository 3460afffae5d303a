package org.mandate.chain;

import java.util.Locale;

/**
 * An account or contract.
 *
 * @param hex canonical form: {@code 0x} and 40 lower-case hex digits
 */
public record Address(String hex) implements Comparable<Address> {
  public static final Address ZERO = new Address("0x" + "0".repeat(40));

  public Address {
    if (hex.length() != 42 || !HexText.isCanonical(hex)) {
      throw new IllegalArgumentException(
          "not an address: " + HexText.shown(hex) + " (0x and 40 hex digits are)");
    }
  }

  /**
   * Reads an address in lower case, in upper case, or in mixed case with a right checksum (ERC-55).
   *
   * @throws IllegalArgumentException if it is none, or its checksum is wrong
   */
  public static Address of(String hex) {
    Address address = new Address(hex.toLowerCase(Locale.ROOT));
    String digits = hex.substring(2);
    boolean mixed =
        !digits.equals(digits.toLowerCase(Locale.ROOT))
            && !digits.equals(digits.toUpperCase(Locale.ROOT));
    if (mixed && !digits.equals(address.checksummed().substring(2))) {
      throw new IllegalArgumentException(
          "address "
              + hex
              + " has a wrong checksum (ERC-55): copy it again, or write it in lower case");
    }
    return address;
  }

  /**
   * @param bytes exactly 20
   */
  public static Address of(byte[] bytes) {
    return new Address(HexText.encode(bytes));
  }

  /** A fresh copy, 20 bytes. */
  public byte[] bytes() {
    return HexText.decode(hex);
  }

  /** Mixed case, ERC-55. */
  public String checksummed() {
    String digits = hex.substring(2);
    String hash = Hash.keccak(digits).hex().substring(2);
    StringBuilder out = new StringBuilder("0x");
    for (int i = 0; i < digits.length(); i++) {
      char c = digits.charAt(i);
      out.append(Character.digit(hash.charAt(i), 16) >= 8 ? Character.toUpperCase(c) : c);
    }
    return out.toString();
  }

  @Override
  public int compareTo(Address other) {
    return hex.compareTo(other.hex);
  }

  @Override
  public String toString() {
    return hex;
  }
}
