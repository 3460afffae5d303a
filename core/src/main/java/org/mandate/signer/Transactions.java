package org.mandate.signer;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Fees;
import org.mandate.chain.Hash;
import org.web3j.rlp.RlpEncoder;
import org.web3j.rlp.RlpList;
import org.web3j.rlp.RlpString;
import org.web3j.rlp.RlpType;

/** Signed EIP-1559 transactions. */
public final class Transactions {
  private static final byte TYPE = 2;

  private Transactions() {}

  /**
   * A transaction to sign.
   *
   * @param chainId EIP-155
   * @param nonce 0 to 2^63 - 1
   * @param gasLimit 1 or more
   * @param to whom; creation of contracts goes through factories
   * @param value wei
   */
  public record Request(
      BigInteger chainId,
      long nonce,
      Fees fees,
      long gasLimit,
      Address to,
      BigInteger value,
      Bytes data) {
    public Request {
      if (chainId.signum() <= 0
          || nonce < 0
          || gasLimit <= 0
          || value.signum() < 0
          || value.bitLength() > 256) {
        throw new IllegalArgumentException(
            "transaction: chain "
                + chainId
                + ", nonce "
                + nonce
                + ", gas "
                + gasLimit
                + ", value "
                + value
                + ": chain and gas must be above zero, nonce and value at least zero");
      }
    }
  }

  /**
   * @param hash the transaction's id, known before it is sent
   */
  public record Signed(Bytes raw, Hash hash) {}

  /**
   * Signs whatever it is: of what a key is for, {@link GuardedSigner} makes sure. The same request
   * signed by the same key in memory is the same transaction: those signatures are deterministic
   * (RFC 6979).
   */
  static Signed sign(Request request, Key key) {
    List<RlpType> fields = new ArrayList<>();
    fields.add(RlpString.create(request.chainId()));
    fields.add(RlpString.create(request.nonce()));
    fields.add(RlpString.create(request.fees().maxPriorityFee()));
    fields.add(RlpString.create(request.fees().maxFee()));
    fields.add(RlpString.create(request.gasLimit()));
    fields.add(RlpString.create(request.to().bytes()));
    fields.add(RlpString.create(request.value()));
    fields.add(RlpString.create(request.data().bytes()));
    fields.add(new RlpList()); // access list
    Signature signature = key.sign(envelope(fields));
    fields.add(RlpString.create(signature.yParity()));
    fields.add(RlpString.create(signature.r()));
    fields.add(RlpString.create(signature.s()));
    byte[] raw = envelope(fields);
    return new Signed(Bytes.of(raw), Hash.keccak(raw));
  }

  private static byte[] envelope(List<RlpType> fields) {
    byte[] list = RlpEncoder.encode(new RlpList(fields));
    byte[] out = new byte[list.length + 1];
    out[0] = TYPE;
    System.arraycopy(list, 0, out, 1, list.length);
    return out;
  }
}
