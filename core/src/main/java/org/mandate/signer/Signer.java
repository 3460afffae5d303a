package org.mandate.signer;

import org.mandate.chain.Address;

/**
 * Signs for one key, and is told what: never a bare digest, which could be anything. Everybody who
 * needs a signature asks here.
 */
public interface Signer {
  /** Whose signatures these are. */
  Address address();

  /**
   * Signs a transaction.
   *
   * @throws SigningRefusedException when the key is not for this
   * @throws KeyException when the key cannot be used now
   */
  Transactions.Signed sign(Transactions.Request transaction);

  /**
   * Signs an EIP-712 message.
   *
   * @throws SigningRefusedException when the key is not for this
   * @throws KeyException when the key cannot be used now
   */
  Signature sign(TypedData.Message message);
}
