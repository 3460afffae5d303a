package org.mandate.gateway;

import java.math.BigInteger;
import java.util.Arrays;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;

/**
 * An account on a chain of the EVM kind (ERC-7930 version 1, chain type {@code eip155}).
 *
 * @param chainId EIP-155, 1 to 2^256 - 1
 */
public record InteroperableAddress(BigInteger chainId, Address address) {
  private static final int ADDRESS_SIZE = 20;

  public InteroperableAddress {
    if (chainId.signum() <= 0 || chainId.bitLength() > 256) {
      throw new IllegalArgumentException(
          "interoperable address: chain id " + chainId + " is not from 1 to 2^256 - 1");
    }
  }

  /**
   * {@code version 0x0001 ‖ chain type 0x0000 ‖ length of chain ‖ chain ‖ length of address ‖
   * address}.
   */
  public Bytes encode() {
    byte[] chain = chainId.toByteArray();
    int skip = chain[0] == 0 ? 1 : 0; // BigInteger's sign byte
    int length = chain.length - skip;
    byte[] out = new byte[6 + length + ADDRESS_SIZE];
    out[1] = 1;
    out[4] = (byte) length;
    System.arraycopy(chain, skip, out, 5, length);
    out[5 + length] = ADDRESS_SIZE;
    System.arraycopy(address.bytes(), 0, out, 6 + length, ADDRESS_SIZE);
    return Bytes.of(out);
  }

  /**
   * Reads the one encoding that {@link #encode} writes: two encodings of one account would be two
   * message ids.
   *
   * @throws IllegalArgumentException for anything else
   */
  public static InteroperableAddress decode(Bytes encoded) {
    byte[] in = encoded.bytes();
    int length = in.length > 4 ? in[4] & 0xff : 0;
    boolean header = in.length > 5 && in[0] == 0 && in[1] == 1 && in[2] == 0 && in[3] == 0;
    if (!header
        || length < 1
        || length > 32
        || in[5] == 0
        || in.length != 6 + length + ADDRESS_SIZE
        || in[5 + length] != ADDRESS_SIZE) {
      throw new IllegalArgumentException(
          "not an ERC-7930 version 1 address of an EVM chain (" + encoded.size() + " bytes)");
    }
    return new InteroperableAddress(
        new BigInteger(1, in, 5, length),
        Address.of(Arrays.copyOfRange(in, 6 + length, in.length)));
  }
}
