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
    // old, estimate, replacement: max(min(max(old * 1.1, estimate), 3 * estimate), old)
    "100, 50, 110", // a tenth more, the market asks less
    "100, 500, 500", // the market asks more
    "100, 36, 108", // three times the market at most
    "100, 20, 100", // never below the last bid
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
  void shouldKeepTheTipWithinTheMaximumWhenReplaced(long max, long tip, long estimatedMax, long estimatedTip) {
    Bid next = bid(max, tip).replacedBy(bid(estimatedMax, estimatedTip));
    assertTrue(next.tip().compareTo(next.max()) <= 0);
    assertTrue(next.max().compareTo(BigInteger.valueOf(max)) >= 0);
    assertFalse(next.tip().compareTo(BigInteger.valueOf(tip)) < 0);
  }

  private static Bid bid(long max, long tip) {
    return new Bid(BigInteger.valueOf(max), BigInteger.valueOf(tip));
  }
}
