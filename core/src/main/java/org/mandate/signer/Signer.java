package org.mandate.signer;

import org.mandate.chain.Address;
import org.mandate.chain.Hash;

/** Holds one key, and signs with it. */
public interface Signer {
  /** Whose signatures these are. */
  Address address();

  /** Signs the digest as it is: no prefix, no further hashing. */
  Signature sign(Hash digest);
}
