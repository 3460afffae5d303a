package org.mandate.relayer.send;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.relayer.store.TransactionRow.Purpose;
import org.mandate.signer.ServicePolicy;
import org.mandate.signer.ServicePolicy.Calls;
import org.mandate.signer.ServicePolicy.ChainLimits;
import org.mandate.signer.SigningPolicy;

/**
 * What a treasury's key is for: plain transfers to the relayer's own address, of at most a top-up's
 * amount each. Nothing else, to nobody else, and no message.
 */
public final class TreasuryPolicy {
  private TreasuryPolicy() {}

  /**
   * One chain's.
   *
   * @param limit most that is bid for a unit of gas
   */
  public record OnChain(BigInteger chainId, FeeLimit limit, TopUp topUp) {}

  /**
   * @param relayer who is topped up
   */
  public static SigningPolicy of(Iterable<OnChain> chains, Address relayer) {
    Map<BigInteger, ChainLimits> limits = new HashMap<>();
    for (OnChain chain : chains) {
      Calls transfer = new Calls(Set.of(Bytes.EMPTY), chain.topUp().amount().value());
      limits.put(
          chain.chainId(),
          new ChainLimits(
              Map.of(relayer, transfer),
              chain.limit().max(),
              chain.limit().tip(),
              Purpose.FILL.mostGas()));
    }
    return new ServicePolicy(limits, Set.of());
  }
}
