package org.mandate.signer;

import org.mandate.chain.Address;

/**
 * One secp256k1 key, wherever it is kept: in this process's memory, in another process, in a
 * hardware module. It signs whatever it is given, so nobody but a {@link GuardedSigner}, which
 * knows what the key is for, should hold one.
 */
public interface Key extends AutoCloseable {
  /**
   * Whose signatures these are: as pinned when the key was opened, and held against every answer.
   */
  Address address();

  /**
   * Signs keccak256 of these bytes. Not of a digest: some keepers of keys hash by themselves, and
   * take nothing else. The answer recovers to {@link #address}.
   *
   * @throws KeyUnavailableException when the key's keeper does not answer in time, or refuses for
   *     now; the same may be asked again
   * @throws KeyException when it answers what it should not: another key's signature, or none
   */
  Signature sign(byte[] preimage);

  /** Lets go of connections; a key in memory has none. */
  @Override
  default void close() {}
}
