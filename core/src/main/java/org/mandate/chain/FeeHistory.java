package org.mandate.chain;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A bid from the last blocks' fees: the median tip of blocks that held transactions, over twice the
 * next base fee.
 */
final class FeeHistory {
  /** Blocks looked back at. */
  static final int BLOCKS = 10;

  /** Of the tips within one block, by gas. */
  static final int PERCENTILE = 50;

  /** Wei per gas; nodes' pools refuse a tip of zero. */
  private static final BigInteger LEAST_TIP = BigInteger.valueOf(1_000_000);

  private FeeHistory() {}

  static Fees fees(JsonNode history) {
    JsonNode baseFees = history.path("baseFeePerGas");
    if (!baseFees.isArray() || baseFees.isEmpty() || baseFees.size() > BLOCKS + 1) {
      throw new IllegalArgumentException("baseFeePerGas is not a list of 1 to " + (BLOCKS + 1));
    }
    BigInteger baseFee = RpcValue.quantity(baseFees.get(baseFees.size() - 1), "baseFeePerGas");
    List<BigInteger> tips = new ArrayList<>();
    for (int i = 0; i < history.path("reward").size() && i < BLOCKS; i++) {
      if (history.path("gasUsedRatio").path(i).asDouble(0) > 0) {
        tips.add(RpcValue.quantity(history.get("reward").get(i).path(0), "reward"));
      }
    }
    Collections.sort(tips);
    BigInteger tip = tips.isEmpty() ? LEAST_TIP : tips.get(tips.size() / 2).max(LEAST_TIP);
    return new Fees(baseFee, tip, baseFee.shiftLeft(1).add(tip));
  }
}
