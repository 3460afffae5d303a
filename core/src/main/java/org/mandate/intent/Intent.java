package org.mandate.intent;

import java.math.BigInteger;
import java.time.Instant;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.signer.TypedData;

/**
 * What an agent asks for: move at most {@code amount} of {@code asset} out of {@code account}. The
 * same as the contracts' struct {@code Intent}, field by field, and able to hold whatever the
 * contracts accept: a forged intent must be readable to be disputed.
 *
 * @param agentId ERC-721 id of the agent in home's registry, uint256
 * @param account custody account on the destination chain
 * @param chainId EIP-155 id of the destination chain, uint256
 * @param asset ERC-20 contract, or zero for the chain's own coin
 * @param to who is paid; with {@code data}, the contract that is called
 * @param amount in the asset's smallest unit, uint256
 * @param data call data for {@code to}; empty for a payment
 * @param nonce any unused number, uint256; unordered, per agent
 * @param deadline unix seconds, uint64; nothing happens with the intent after it
 */
public record Intent(
    BigInteger agentId,
    Address account,
    BigInteger chainId,
    Address asset,
    Address to,
    BigInteger amount,
    Bytes data,
    BigInteger nonce,
    BigInteger deadline) {
  private static final String TYPE =
      "Intent(uint256 agentId,address account,uint256 chainId,address asset,address to,uint256"
          + " amount,bytes data,uint256 nonce,uint64 deadline)";

  public Intent {
    requireUint("agentId", agentId, 256);
    requireUint("chainId", chainId, 256);
    requireUint("amount", amount, 256);
    requireUint("nonce", nonce, 256);
    requireUint("deadline", deadline, 64);
  }

  /** The intent's id: its EIP-712 digest, which the agent signs. */
  public Hash id(IntentDomain domain) {
    return message(domain).digest();
  }

  /** What the agent signs. */
  TypedData.Message message(IntentDomain domain) {
    return TypedData.struct(TYPE)
        .uint(agentId)
        .address(account)
        .uint(chainId)
        .address(asset)
        .address(to)
        .uint(amount)
        .bytes(data)
        .uint(nonce)
        .uint(deadline)
        .in(domain.typedData());
  }

  /** Whether the deadline has passed: a block of that very second still counts. */
  public boolean expiredAt(Instant now) {
    return BigInteger.valueOf(now.getEpochSecond()).compareTo(deadline) > 0;
  }

  private static void requireUint(String field, BigInteger value, int bits) {
    if (value.signum() < 0 || value.bitLength() > bits) {
      throw new IllegalArgumentException(
          "intent." + field + ": " + value + " is not from 0 to 2^" + bits + " - 1");
    }
  }
}
