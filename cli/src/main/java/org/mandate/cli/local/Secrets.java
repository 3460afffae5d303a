package org.mandate.cli.local;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.web3j.crypto.Credentials;
import org.web3j.crypto.Keys;

/** Fresh random ones, for what lives as long as a demonstration. */
public final class Secrets {
  private Secrets() {}

  /** 24 random bytes in hex. */
  public static String passphrase() {
    var bytes = new byte[24];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /** A key of secp256k1. */
  public static Credentials key() {
    try {
      return Credentials.create(Keys.createEcKeyPair());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no secp256k1 keys", e);
    }
  }
}
