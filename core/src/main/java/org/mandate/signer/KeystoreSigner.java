package org.mandate.signer;

import java.nio.file.Path;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;

/** Signs with the key of a Web3 Secret Storage version 3 file, as geth, ethers and web3j write it (scrypt or PBKDF2). */
public final class KeystoreSigner implements Signer {
  private final PrivateKeySigner key;

  private KeystoreSigner(PrivateKeySigner key) {
    this.key = key;
  }

  /**
   * Opens a key file.
   *
   * @param expected whose key it must be: a swapped file is found here, not on chain
   * @throws KeystoreException if the file cannot be read, is not such a file, the passphrase is wrong, or the key is another's
   */
  public static KeystoreSigner open(Path file, Passphrase passphrase, Address expected) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Address address() {
    return key.address();
  }

  @Override
  public Signature sign(Hash digest) {
    return key.sign(digest);
  }
}
