package org.mandate.gateway;

import java.math.BigInteger;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.signer.TypedData;

/**
 * A message on its way, as the gateway's struct {@code Message}.
 *
 * @param sourceChainId where it was sent, uint256
 * @param nonce its number at the source gateway, uint256
 * @param sender ERC-7930 address of the contract that sent it
 * @param recipient ERC-7930 address of the contract that receives it
 */
public record Message(
    BigInteger sourceChainId, BigInteger nonce, Bytes sender, Bytes recipient, Bytes payload) {
  private static final String TYPE =
      "Message(uint256 sourceChainId,uint256 nonce,bytes sender,bytes recipient,bytes payload)";

  public Message {
    requireUint("sourceChainId", sourceChainId);
    requireUint("nonce", nonce);
  }

  /**
   * The message's id: its EIP-712 digest under the domain of its destination. Relayers attest it.
   *
   * @param gateway its address, the same on every chain
   * @throws IllegalArgumentException if the recipient is no account of an EVM chain
   */
  public Hash id(Address gateway) {
    return TypedData.struct(TYPE)
        .uint(sourceChainId)
        .uint(nonce)
        .bytes(sender)
        .bytes(recipient)
        .bytes(payload)
        .in(new AttestationDomain(destination().chainId(), gateway).typedData())
        .digest();
  }

  /** Where it goes. */
  public InteroperableAddress destination() {
    return InteroperableAddress.decode(recipient);
  }

  private static void requireUint(String field, BigInteger value) {
    if (value.signum() < 0 || value.bitLength() > 256) {
      throw new IllegalArgumentException(
          "message." + field + ": " + value + " is not from 0 to 2^256 - 1");
    }
  }
}
