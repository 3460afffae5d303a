package org.mandate.relayer.send;

import java.math.BigInteger;
import java.time.Duration;
import java.util.Optional;
import org.mandate.chain.Bytes;
import org.mandate.chain.Wei;

/**
 * What a relayer pays on one chain.
 *
 * @param limit most that it bids for a unit of gas
 * @param intentBudget most that one intent may cost it there, over all transactions and attempts
 * @param dataFee what is taken beside the gas
 * @param patience when work waits for cheaper gas; absent: never
 */
public record FeePolicy(
    FeeLimit limit, Wei intentBudget, DataFee dataFee, Optional<Patience> patience) {
  /** Enough for hundreds of payments at usual prices, and for one at the highest. */
  public static final String DEFAULT_BUDGET = "0.5 ether";

  /**
   * Work that can wait does so while gas costs more.
   *
   * @param below wei per gas, the tip included
   * @param atMost how long
   */
  public record Patience(Wei below, Duration atMost) {}

  /** On a chain that takes nothing beside the gas, with the default budget, and at once. */
  public static FeePolicy upTo(FeeLimit limit) {
    return new FeePolicy(limit, Wei.of(DEFAULT_BUDGET), DataFee.NONE, Optional.empty());
  }

  /** The most that a transaction can cost, wei. */
  BigInteger most(Bid bid, long gas, BigInteger dataFee) {
    return bid.max().multiply(BigInteger.valueOf(gas)).add(dataFee);
  }

  /** As {@link DataFee#most}. */
  BigInteger dataFee(Bytes data, long gas) {
    return dataFee.most(data, gas);
  }
}
