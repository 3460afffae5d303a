package org.mandate.audit;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.mandate.chain.Hash;

/**
 * SHA-256 (FIPS 180-4), the hash of blobs and of Merkle batches; what is on chain is hashed with
 * Keccak-256.
 */
final class Sha256 {
  private Sha256() {}

  /** The digest of the parts' concatenation. */
  static Hash of(byte[]... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (byte[] part : parts) {
        digest.update(part);
      }
      return Hash.of(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
