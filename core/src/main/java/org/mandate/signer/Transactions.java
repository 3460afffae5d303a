package org.mandate.signer;

import java.math.BigInteger;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Fees;
import org.mandate.chain.Hash;

/** Signed EIP-1559 transactions. */
public final class Transactions {
  private Transactions() {}

  /**
   * A transaction to sign.
   *
   * @param to whom; creation of contracts goes through factories
   * @param value wei
   */
  public record Request(BigInteger chainId, long nonce, Fees fees, long gasLimit, Address to, BigInteger value, Bytes data) {
    public Request {
      if (chainId.signum() <= 0 || nonce < 0 || gasLimit <= 0 || value.signum() < 0) {
        throw new IllegalArgumentException(
            "transaction: chain " + chainId + ", nonce " + nonce + ", gas " + gasLimit + ", value " + value + " must not be negative");
      }
    }
  }

  /** @param hash the transaction's id, known before it is sent */
  public record Signed(Bytes raw, Hash hash) {}

  public static Signed sign(Request request, Signer signer) {
    throw new UnsupportedOperationException();
  }
}
