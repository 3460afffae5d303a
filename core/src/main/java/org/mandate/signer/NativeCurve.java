package org.mandate.signer;

import fr.acinq.secp256k1.Secp256k1;
import fr.acinq.secp256k1.Secp256k1Exception;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Optional;
import org.mandate.chain.Hash;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Bitcoin Core's libsecp256k1: constant-time, and many times as fast as Java. */
final class NativeCurve implements Curve {
  private static final Logger LOG = LoggerFactory.getLogger(NativeCurve.class);
  private static final byte[] KNOWN = new byte[32];

  static {
    KNOWN[31] = 1;
  }

  private final Secp256k1 library;

  private NativeCurve(Secp256k1 library) {
    this.library = library;
  }

  /**
   * Loads the library, which unpacks itself into {@code java.io.tmpdir}, and has it sign once.
   * Empty when it is not made for this machine, may not be unpacked or executed, or answers
   * otherwise than Java does: then everything works as before, slower.
   */
  static Optional<Curve> load() {
    try {
      Curve loaded = new NativeCurve(Secp256k1.get());
      Curve java = new JavaCurve();
      byte[] digest = Hash.keccak("native").bytes();
      byte[] point = point(((NativeCurve) loaded).library.pubkeyCreate(KNOWN));
      Signature signature = loaded.sign(digest, KNOWN, point);
      if (signature.equals(java.sign(digest, KNOWN, point))
          && loaded.recover(signature, digest).filter(p -> Arrays.equals(p, point)).isPresent()) {
        return Optional.of(loaded);
      }
      LOG.error("native secp256k1 answers otherwise than BouncyCastle: it is not used");
    } catch (Exception | LinkageError e) {
      LOG.atWarn()
          .addKeyValue("reason", e.toString())
          .log("native secp256k1 cannot be loaded: signatures are made in Java, some times slower");
    }
    return Optional.empty();
  }

  @Override
  public String name() {
    return "libsecp256k1";
  }

  /** The library does not say which of the two points signed: it is found by recovering. */
  @Override
  public Signature sign(byte[] digest, byte[] secret, byte[] point) {
    byte[] compact = library.sign(digest, secret, null);
    BigInteger r = new BigInteger(1, compact, 0, 32);
    BigInteger s = new BigInteger(1, compact, 32, 32);
    for (int parity = 0; parity < 2; parity++) {
      if (recover(compact, digest, parity).filter(p -> Arrays.equals(p, point)).isPresent()) {
        return new Signature(r, s, parity);
      }
    }
    // A fault of the machine, or memory that was written to: such a signature can give a key away.
    throw new KeyException("a signature just made is not its key's: it was thrown away");
  }

  @Override
  public Optional<byte[]> recover(Signature signature, byte[] digest) {
    byte[] compact = new byte[64];
    Words.put(signature.r(), compact, 0);
    Words.put(signature.s(), compact, 32);
    return recover(compact, digest, signature.yParity());
  }

  private Optional<byte[]> recover(byte[] compact, byte[] digest, int parity) {
    try {
      return Optional.of(point(library.ecdsaRecover(compact, digest, parity)));
    } catch (Secp256k1Exception e) { // no such point
      return Optional.empty();
    }
  }

  /** Without the prefix of an uncompressed point. */
  private static byte[] point(byte[] uncompressed) {
    return Arrays.copyOfRange(uncompressed, 1, 65);
  }
}
