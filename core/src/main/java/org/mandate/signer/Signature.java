package org.mandate.signer;

import java.math.BigInteger;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.web3j.crypto.Sign;

/**
 * A secp256k1 signature. Only the one with the lower {@code s} exists here (EIP-2): the other,
 * equally valid in mathematics, is what contracts refuse and what would give one deed two names.
 *
 * @param yParity 0 or 1
 */
public record Signature(BigInteger r, BigInteger s, int yParity) {
  /** Bytes of {@link #bytes()}. */
  public static final int SIZE = 65;

  /** Bytes of {@link #compact()}. */
  public static final int COMPACT_SIZE = 64;

  private static final BigInteger ORDER = Sign.CURVE_PARAMS.getN();
  private static final BigInteger HALF_ORDER = ORDER.shiftRight(1);

  public Signature {
    if (r.signum() <= 0 || r.compareTo(ORDER) >= 0) {
      throw new IllegalArgumentException("signature: r is outside the curve's order");
    }
    if (s.signum() <= 0 || s.compareTo(HALF_ORDER) > 0) {
      throw new IllegalArgumentException(
          "signature: s is not in the lower half of the curve's order (EIP-2)");
    }
    if (yParity != 0 && yParity != 1) {
      throw new IllegalArgumentException("signature: parity " + yParity + " is neither 0 nor 1");
    }
  }

  /** Reads {@code r ‖ s ‖ v}, 65 bytes, v 27 or 28. */
  public static Signature of(byte[] bytes) {
    if (bytes.length != SIZE) {
      throw new IllegalArgumentException(
          "signature: " + bytes.length + " bytes; r ‖ s ‖ v are " + SIZE);
    }
    int v = bytes[64] & 0xff;
    if (v != 27 && v != 28) {
      throw new IllegalArgumentException("signature: v is " + v + "; 27 or 28 is expected");
    }
    return new Signature(new BigInteger(1, bytes, 0, 32), new BigInteger(1, bytes, 32, 32), v - 27);
  }

  /** Reads a compact signature (ERC-2098): r, and s with the parity in its highest bit. */
  public static Signature ofCompact(byte[] bytes) {
    if (bytes.length != COMPACT_SIZE) {
      throw new IllegalArgumentException(
          "signature: " + bytes.length + " bytes; a compact one has " + COMPACT_SIZE);
    }
    BigInteger vs = new BigInteger(1, bytes, 32, 32);
    return new Signature(
        new BigInteger(1, bytes, 0, 32), vs.clearBit(255), vs.testBit(255) ? 1 : 0);
  }

  public static Signature of(Bytes bytes) {
    return of(bytes.bytes());
  }

  /** {@code r ‖ s ‖ v}, 65 bytes, v 27 or 28. */
  public byte[] bytes() {
    byte[] out = new byte[SIZE];
    Words.put(r, out, 0);
    Words.put(s, out, 32);
    out[64] = (byte) (27 + yParity);
    return out;
  }

  /** As ERC-2098 has it: r, and s with the parity in its highest bit, 64 bytes. */
  public byte[] compact() {
    byte[] out = new byte[COMPACT_SIZE];
    Words.put(r, out, 0);
    Words.put(yParity == 1 ? s.setBit(255) : s, out, 32);
    return out;
  }

  /**
   * What somebody else signed, in the form that counts here: s lowered, the parity found.
   *
   * @param signer whose it must be
   * @return empty when it is no signature of that digest by that key
   */
  public static Optional<Signature> by(Address signer, Hash digest, BigInteger r, BigInteger s) {
    boolean possible =
        r.signum() > 0 && r.compareTo(ORDER) < 0 && s.signum() > 0 && s.compareTo(ORDER) < 0;
    if (!possible) {
      return Optional.empty();
    }
    BigInteger low = s.min(ORDER.subtract(s));
    for (int parity = 0; parity < 2; parity++) {
      Signature signature = new Signature(r, low, parity);
      if (signature.recover(digest).filter(signer::equals).isPresent()) {
        return Optional.of(signature);
      }
    }
    return Optional.empty();
  }

  /** Whose key signed the digest; empty when no key can have. */
  public Optional<Address> recover(Hash digest) {
    return Curve.best().recover(this, digest.bytes()).map(Curve::address);
  }
}
