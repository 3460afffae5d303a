package org.mandate.signer;

import java.math.BigInteger;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.web3j.crypto.Sign;

/** A key in this process's memory. Signatures are deterministic (RFC 6979). */
public final class PrivateKey implements Key {
  private final Curve curve;
  private final byte[] secret = new byte[32];
  private final byte[] point;
  private final Address address;

  /**
   * @param privateKey 1 to the curve's order - 1
   */
  public PrivateKey(BigInteger privateKey) {
    this(privateKey, Curve.best());
  }

  PrivateKey(BigInteger privateKey, Curve curve) {
    if (privateKey.signum() <= 0 || privateKey.compareTo(Sign.CURVE_PARAMS.getN()) >= 0) {
      throw new IllegalArgumentException(
          "private key is outside the curve's order"); // never show it
    }
    this.curve = curve;
    Words.put(privateKey, secret, 0);
    byte[] xy = new byte[64];
    BigInteger number = Sign.publicKeyFromPrivate(privateKey);
    Words.put(number.shiftRight(256), xy, 0);
    Words.put(number.mod(BigInteger.ONE.shiftLeft(256)), xy, 32);
    point = xy;
    address = Curve.address(point);
  }

  @Override
  public Address address() {
    return address;
  }

  @Override
  public Signature sign(byte[] preimage) {
    return signDigest(Hash.keccak(preimage));
  }

  /** Signs the digest as it is: no prefix, no further hashing. */
  public Signature signDigest(Hash digest) {
    return curve.sign(digest.bytes(), secret, point);
  }

  /** The key itself, 32 bytes, to be encrypted: a copy, which the caller wipes. */
  public byte[] bytes() {
    return secret.clone();
  }

  /** Never the key. */
  @Override
  public String toString() {
    return "key of " + address;
  }
}
