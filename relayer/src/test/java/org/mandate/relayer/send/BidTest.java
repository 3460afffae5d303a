package org.mandate.relayer.send;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BidTest {
  private static final BigInteger THREE = BigInteger.valueOf(3);

  @ParameterizedTest
  @CsvSource({
    // old, estimate, replacement: max(min(max(old * 1.1, estimate), 3 * estimate), old)
    "100, 50, 110", // a tenth more, the market asks less
    "100, 500, 500", // the market asks more
    "100, 37, 110", // three times the market is 111
    "100, 36, 100", // and here 108: nodes take no rise of less than a tenth
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

  /** What keeps it out of blocks is not the bid. */
  @Test
  void shouldStopWhereOnePartIsThreeTimesTheMarketWhateverTheOther() {
    assertEquals(bid(300, 10), bid(300, 10).replacedBy(bid(100, 10)), "the tip alone may not rise");
    assertEquals(bid(100, 30), bid(100, 30).replacedBy(bid(100, 10)), "nor the maximum alone");
  }

  /** In a market that stands, each part comes to at most three times what it asks, and stays. */
  @ParameterizedTest
  @CsvSource({"2000, 1", "2000, 1000", "2000, 2000", "7, 1", "1, 1", "1000000007, 1000003"})
  void shouldNeverBidMoreThanThreeTimesAMarketThatStands(long max, long tip) {
    Bid market = bid(max, tip);
    for (long divisor : List.of(1L, 2L, 3L, 10L, 1000L)) {
      for (Bid start : List.of(bid(max / divisor, 0), bid(max, tip / divisor), market)) {
        Bid bid = start;
        for (int i = 0; i < 400; i++) bid = bid.replacedBy(market);
        assertTrue(bid.max().compareTo(market.max().multiply(THREE)) <= 0, start + " " + bid);
        assertTrue(bid.tip().compareTo(market.tip().multiply(THREE)) <= 0, start + " " + bid);
        assertEquals(bid, bid.replacedBy(market), "it has come to an end");
      }
    }
  }

  /** Over hundreds of raises, however the market goes. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void shouldPassItsCapOnlyByTheTenthThatNodesDemandWhileTheOtherPartIsBelowTheMarket(long seed) {
    Random random = new Random(seed);
    Bid bid = bid(1_000, 100);
    Bid highest = bid;
    for (int i = 0; i < 500; i++) {
      long tip = 1 + random.nextInt(300);
      Bid market = bid(tip + random.nextInt(3_000), tip);
      highest = highest.atLeast(market);
      Bid next = bid.replacedBy(market);
      if (next.equals(bid)) continue;
      assertTrue(bid.isReplaceableBy(next), "nodes take it");
      boolean tipIsShort = bid.tip().compareTo(market.tip()) < 0;
      boolean maxIsShort = bid.max().compareTo(market.max()) < 0;
      assertWithin(bid.max(), next.max(), market.max(), tipIsShort);
      assertWithin(bid.tip(), next.tip(), market.tip(), maxIsShort);
      bid = next;
    }
    BigInteger most = THREE.multiply(THREE);
    assertTrue(bid.max().compareTo(highest.max().multiply(most)) <= 0, bid + " of " + highest);
    assertTrue(bid.tip().compareTo(highest.tip().multiply(most)) <= 0, bid + " of " + highest);
  }

  private static void assertWithin(
      BigInteger old, BigInteger next, BigInteger market, boolean otherIsShort) {
    BigInteger tenthMore = old.multiply(BigInteger.valueOf(11)).add(BigInteger.valueOf(9));
    boolean isWithin = next.compareTo(market.multiply(THREE)) <= 0;
    boolean isForced = otherIsShort && next.equals(tenthMore.divide(BigInteger.TEN));
    assertTrue(isWithin || isForced, old + " -> " + next + " where the market asks " + market);
  }

  private static Bid bid(long max, long tip) {
    return new Bid(BigInteger.valueOf(max), BigInteger.valueOf(tip));
  }
}
