package org.mandate.signer;

import java.math.BigInteger;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.web3j.crypto.ECKeyPair;
import org.web3j.crypto.Keys;
import org.web3j.crypto.Sign;

/** Signs with a key in this process's memory. */
public final class PrivateKeySigner implements Signer {
  private final ECKeyPair key;
  private final Address address;

  /**
   * @param privateKey 1 to the curve's order - 1
   */
  public PrivateKeySigner(BigInteger privateKey) {
    if (privateKey.signum() <= 0 || privateKey.compareTo(Sign.CURVE_PARAMS.getN()) >= 0) {
      throw new IllegalArgumentException(
          "private key is outside the curve's order"); // never show it
    }
    key = ECKeyPair.create(privateKey);
    address = Address.of("0x" + Keys.getAddress(key));
  }

  @Override
  public Address address() {
    return address;
  }

  @Override
  public Signature sign(Hash digest) {
    Sign.SignatureData data = Sign.signMessage(digest.bytes(), key, false); // web3j makes s low
    return new Signature(
        new BigInteger(1, data.getR()), new BigInteger(1, data.getS()), data.getV()[0] - 27);
  }

  /** Never the key. */
  @Override
  public String toString() {
    return "signer " + address;
  }
}
