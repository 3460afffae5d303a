package org.mandate.policy;

import java.math.BigInteger;
import org.mandate.chain.Address;

/**
 * Who says whether the rollup's sequencer is up ({@code PriceFeeds.sol}).
 *
 * @param feed answers 0 for up; zero: unknown, as good as down
 * @param graceTime seconds after the sequencer came back in which no price counts
 */
public record Sequencer(Address feed, long graceTime) {
  public static final Sequencer NONE = new Sequencer(Address.ZERO, 0);

  public Sequencer {
    Bounds.require("graceTime", graceTime, 32);
  }

  boolean isUp(long now, Answers answers) {
    return !feed.equals(Address.ZERO)
        && PriceFeed.round(feed, answers).filter(round -> isUp(round, now)).isPresent();
  }

  private boolean isUp(AnswerWords round, long now) {
    BigInteger since = round.number(2);
    BigInteger passed = BigInteger.valueOf(now).subtract(since);
    return round.number(1).signum() == 0
        && since.signum() > 0
        && passed.compareTo(BigInteger.valueOf(graceTime)) > 0;
  }
}
