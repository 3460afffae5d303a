package org.mandate.signer;

import java.math.BigInteger;
import java.util.Optional;
import org.web3j.crypto.ECDSASignature;
import org.web3j.crypto.ECKeyPair;
import org.web3j.crypto.Sign;

/** BouncyCastle, as web3j drives it: runs wherever Java does. */
final class JavaCurve implements Curve {
  @Override
  public String name() {
    return "BouncyCastle";
  }

  @Override
  public Signature sign(byte[] digest, byte[] secret, byte[] point) {
    ECKeyPair pair = new ECKeyPair(new BigInteger(1, secret), new BigInteger(1, point));
    Sign.SignatureData data = Sign.signMessage(digest, pair, false); // web3j makes s low
    return new Signature(
        new BigInteger(1, data.getR()), new BigInteger(1, data.getS()), data.getV()[0] - 27);
  }

  @Override
  public Optional<byte[]> recover(Signature signature, byte[] digest) {
    try {
      BigInteger key =
          Sign.recoverFromSignature(
              signature.yParity(), new ECDSASignature(signature.r(), signature.s()), digest);
      if (key == null || key.signum() == 0) { // none, or the point at infinity, which is no key
        return Optional.empty();
      }
      byte[] point = new byte[POINT_SIZE];
      Words.put(key.shiftRight(256), point, 0);
      Words.put(key.mod(BigInteger.ONE.shiftLeft(256)), point, 32);
      return Optional.of(point);
    } catch (IllegalArgumentException e) { // r is not the abscissa of any point
      return Optional.empty();
    }
  }
}
