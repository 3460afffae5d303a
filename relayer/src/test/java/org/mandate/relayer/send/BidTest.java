package org.mandate.relayer.send;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BidTest {
  @ParameterizedTest
  @CsvSource({
    // old, estimate, replacement: max(old * 1.1, estimate), unless the old one is three times the
    // estimate already
    "100, 50, 110", // a tenth more, the market asks less
    "100, 500, 500", // the market asks more
    "100, 34, 110", // the tenth may go beyond three times the market
    "100, 33, 100", // three times the market already
    "7, 7, 8", // rounded up
    "0, 0, 0"
  })
  void shouldReplaceByTheRuleWhenPassedOver(long old, long estimate, long replacement) {
    Bid next = bid(old, old).replacedBy(bid(estimate, estimate));
    assertEquals(bid(replacement, replacement), next);
    assertEquals(replacement * 10 >= old * 11, bid(old, old).isReplaceableBy(next));
  }

  @ParameterizedTest
  @CsvSource({"100, 10, 120, 1", "100, 10, 90, 9", "100, 10, 1000, 900"})
  void shouldKeepTheTipWithinTheMaximumWhenReplaced(
      long max, long tip, long estimatedMax, long estimatedTip) {
    Bid next = bid(max, tip).replacedBy(bid(estimatedMax, estimatedTip));
    assertTrue(next.tip().compareTo(next.max()) <= 0);
    assertTrue(next.max().compareTo(BigInteger.valueOf(max)) >= 0);
    assertFalse(next.tip().compareTo(BigInteger.valueOf(tip)) < 0);
  }

  @ParameterizedTest
  @CsvSource({
    "100, 10, 200, 1, 200, 11", // the base fee rises while tips fall
    "100, 10, 50, 40, 110, 40" // tips rise while the base fee falls
  })
  void shouldRaiseBothPartsWhenTheMarketAsksMoreOfOne(
      long max, long tip, long estimatedMax, long estimatedTip, long newMax, long newTip) {
    Bid next = bid(max, tip).replacedBy(bid(estimatedMax, estimatedTip));
    assertEquals(bid(newMax, newTip), next);
    assertTrue(bid(max, tip).isReplaceableBy(next));
  }

  private static Bid bid(long max, long tip) {
    return new Bid(BigInteger.valueOf(max), BigInteger.valueOf(tip));
  }
}
