package org.mandate.signer.remote;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;

/** Public keys as others write them. */
final class Points {
  private static final byte UNCOMPRESSED = 4;

  private Points() {}

  /** Of hex with or without 0x, 64 bytes or 65 with SEC 1's prefix; empty: no such key. */
  static Optional<Address> address(String hex) {
    try {
      String text = hex.toLowerCase(Locale.ROOT);
      return address(Bytes.of(text.startsWith("0x") ? text : "0x" + text).bytes());
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** As {@link #address(String)}. */
  static Optional<Address> address(byte[] point) {
    boolean prefixed = point.length == 65 && point[0] == UNCOMPRESSED;
    if (!prefixed && point.length != 64) {
      return Optional.empty();
    }
    byte[] xy = prefixed ? Arrays.copyOfRange(point, 1, 65) : point;
    return Optional.of(Address.of("0x" + Hash.keccak(xy).hex().substring(26)));
  }
}
