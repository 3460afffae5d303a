package org.mandate.relayer.send;

import java.math.BigInteger;
import org.mandate.chain.Hash;
import org.mandate.chain.Wei;

/**
 * An intent that cannot bear its part of a transaction's cost.
 *
 * @param subject what the transaction is for: the intent, or a message that tells of it
 * @param limit most that an intent may cost there
 * @param spent so far
 * @param asked the most that its part of what was about to be signed can cost
 */
public record Overrun(Hash subject, Hash intent, long chainId, Wei limit, Wei spent, Wei asked) {
  static boolean isOne(Wei limit, BigInteger spent, BigInteger asked) {
    return spent.add(asked).compareTo(limit.value()) > 0;
  }

  /** What it may still cost. */
  public Wei left() {
    return new Wei(limit.value().subtract(spent.value()).max(BigInteger.ZERO));
  }

  /** The rule, the values and the limit. */
  public String message() {
    return "intent %s on chain %d: it cost %s so far and this could cost %s more, an intent may cost %s"
        .formatted(intent, chainId, spent, asked, limit);
  }
}
