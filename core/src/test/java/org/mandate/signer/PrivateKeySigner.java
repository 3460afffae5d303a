package org.mandate.signer;

import java.math.BigInteger;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;

/** A key in memory that signs whatever a test wants, lies and bare digests too. */
public final class PrivateKeySigner implements Key, Signer {
  private final PrivateKey key;

  public PrivateKeySigner(BigInteger privateKey) {
    key = new PrivateKey(privateKey);
  }

  @Override
  public Address address() {
    return key.address();
  }

  @Override
  public Signature sign(byte[] preimage) {
    return key.sign(preimage);
  }

  @Override
  public Transactions.Signed sign(Transactions.Request transaction) {
    return Transactions.sign(transaction, key);
  }

  @Override
  public Signature sign(TypedData.Message message) {
    return key.sign(message.preimage());
  }

  public Signature sign(Hash digest) {
    return key.signDigest(digest);
  }

  @Override
  public String toString() {
    return key.toString();
  }
}
