package org.mandate.signer;

import java.util.Arrays;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;

/**
 * Arithmetic on secp256k1, in one of two libraries that give the same answers: the native one,
 * where it can be loaded, or the one in Java, which runs everywhere.
 */
interface Curve {
  /** Bytes of a point, x and y, without the prefix byte of SEC 1. */
  int POINT_SIZE = 64;

  /** What is loaded here, for logs and measurements. */
  String name();

  /**
   * Signs by RFC 6979, s in the lower half.
   *
   * @param digest 32 bytes
   * @param secret 32 bytes, a valid key
   * @param point that key's, {@link #POINT_SIZE} bytes
   */
  Signature sign(byte[] digest, byte[] secret, byte[] point);

  /**
   * The point that signed, {@link #POINT_SIZE} bytes; empty when there is none.
   *
   * @param digest 32 bytes
   */
  Optional<byte[]> recover(Signature signature, byte[] digest);

  /** The best that loads here, found once. */
  static Curve best() {
    return Loaded.BEST;
  }

  /** The account of a point. */
  static Address address(byte[] point) {
    byte[] hash = org.web3j.crypto.Hash.sha3(point);
    return Address.of(Bytes.of(Arrays.copyOfRange(hash, 12, 32)).hex());
  }

  /** Loads on first use. */
  final class Loaded {
    private static final Curve BEST = NativeCurve.load().orElseGet(JavaCurve::new);

    private Loaded() {}
  }
}
