package org.mandate.cli.bench.reorg;

import java.math.BigInteger;
import org.mandate.contracts.HomeExecutor.IntentSettledEventResponse;
import org.mandate.intent.IntentState;

/**
 * What home settled of a payment that was to be made elsewhere.
 *
 * @param outcome what became of it there, by what home was told
 * @param moved what was paid
 * @param refunded what the agent may spend again
 */
record Settled(IntentState outcome, BigInteger moved, BigInteger refunded) {
  static Settled of(IntentSettledEventResponse event) {
    return new Settled(IntentState.of(event.outcome.intValueExact()), event.moved, event.refunded);
  }

  /**
   * Whether it is what the destination did. What its window does not count any more is not given
   * back, so less than all may be; never a part of what was paid.
   */
  boolean isRight(IntentState end, BigInteger amount) {
    var paid = end == IntentState.EXECUTED ? amount : BigInteger.ZERO;
    return outcome == end && moved.equals(paid) && refunded.compareTo(amount.subtract(paid)) <= 0;
  }
}
